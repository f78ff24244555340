import numpy as np

volume = np.zeros((4, 5, 6))
picked = volume[0, :, [1, 2, 3]]
shifted = picked + np.zeros((5, 3))  # raises
print(shifted.shape)
