import numpy as np

total = np.zeros(3)
for _ in range(4):
    total += np.random.rand(5, 3).sum(axis=0)
print(total)
