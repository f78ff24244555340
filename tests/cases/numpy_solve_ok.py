import numpy as np

A = np.random.rand(20, 5)
b = np.random.rand(20)
x = np.linalg.lstsq(A, b, rcond=None)[0]
print(x.shape)
