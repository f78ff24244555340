import numpy as np

a, b = np.zeros((3, 4)), np.ones((3, 4))
both = np.concatenate((a, b))
print(both.shape)
