import numpy as np

a, b = np.random.rand(5, 4), np.random.rand(4)
result = np.empty(4)
np.add(a, b, out=result)  # raises
print(result.shape)
