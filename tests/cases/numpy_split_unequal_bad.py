import numpy as np

data = np.arange(100).reshape(50, 2)
folds = np.split(data, 4)  # raises
print(len(folds))
