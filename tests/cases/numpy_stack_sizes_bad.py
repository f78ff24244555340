import numpy as np

short, long = np.zeros((16000,)), np.zeros((22050,))
batch = np.stack([short, long])  # raises
print(batch.shape)
