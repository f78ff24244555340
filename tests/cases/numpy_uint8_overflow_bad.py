import numpy as np

image = np.full((8, 8), 200, dtype=np.uint8)
inverted = image * -1 + 255  # raises
print(inverted.dtype)
