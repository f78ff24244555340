import numpy as np

q, k = np.random.rand(2, 8, 10, 16), np.random.rand(2, 8, 12, 16)
scores = np.einsum("bhqd,bhkd->bhqk", q, k)
print(scores.shape)
