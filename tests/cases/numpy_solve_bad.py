import numpy as np

A = np.random.rand(20, 5)
b = np.random.rand(20)
x = np.linalg.solve(A, b)  # raises
print(x.shape)
