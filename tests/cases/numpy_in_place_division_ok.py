import numpy as np

image = np.random.randint(0, 256, (64, 64, 3))
image = image / 255
print(image.max())
