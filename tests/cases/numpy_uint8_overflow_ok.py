import numpy as np

image = np.full((8, 8), 200, dtype=np.uint8)
inverted = 255 - image
print(inverted.dtype)
