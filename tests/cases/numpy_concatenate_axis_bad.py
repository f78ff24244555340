import numpy as np

features = np.random.rand(50, 12)
bias = np.ones((50, 1))
design = np.concatenate([features, bias])  # raises
print(design.shape)
