import numpy as np

buffer = np.zeros((10, 6))
state = np.arange(4.0)
buffer[0] = state  # raises
print(buffer.sum())
