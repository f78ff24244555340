import numpy as np

rows, columns = 20, 30
grid = np.zeros(rows, columns)  # raises
print(grid.shape)
