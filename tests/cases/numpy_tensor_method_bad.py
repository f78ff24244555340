import numpy as np

image = np.zeros((32, 48, 3), dtype=np.uint8)
batch = image.permute(2, 0, 1)[None]  # raises
print(batch.shape)
