import numpy as np

length = 100
window = np.floor(length / 8)
kernel = np.ones(window) / window  # raises
print(kernel.sum())
