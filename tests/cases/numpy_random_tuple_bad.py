import numpy as np

shape = (4, 5)
noise = np.random.randn(shape)  # raises
print(noise.shape)
