import numpy as np

rows = [[1, 2, 3], [4, 5], [6]]
table = np.array(rows)  # raises
print(table.shape)
