import numpy as np

short, long = np.zeros((16000,)), np.zeros((22050,))
batch = np.stack([np.pad(short, (0, 22050 - 16000)), long])
print(batch.shape)
