import numpy as np

image = np.random.randint(0, 256, (64, 64, 3))
image /= 255  # raises
print(image.max())
