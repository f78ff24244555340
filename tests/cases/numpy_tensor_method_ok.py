import numpy as np

image = np.zeros((32, 48, 3), dtype=np.uint8)
batch = image.transpose(2, 0, 1)[None]
print(batch.shape)
