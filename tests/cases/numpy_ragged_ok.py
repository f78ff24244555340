import numpy as np

rows = [[1, 2, 3], [4, 5], [6]]
table = np.array([row + [0] * (3 - len(row)) for row in rows])
print(table.shape)
