import numpy as np

data = np.arange(100).reshape(50, 2)
folds = np.array_split(data, 4)
print(len(folds))
