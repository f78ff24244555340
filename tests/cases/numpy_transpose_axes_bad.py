import numpy as np

video = np.zeros((16, 64, 64, 3))
clip = video.transpose(2, 0, 1)  # raises
print(clip.shape)
