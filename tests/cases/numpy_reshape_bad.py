import numpy as np

images = np.random.rand(100, 32, 32, 1)
labels = np.random.randint(0, 10, 100)
images = images.reshape(100, 28, 28, 1)  # raises
print(images.shape, labels.shape)
