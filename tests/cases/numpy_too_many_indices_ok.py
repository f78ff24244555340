import numpy as np

gray = np.random.rand(64, 64)
red = gray[:, :]
print(red.shape)
