import numpy as np

video = np.zeros((16, 64, 64, 3))
clip = video.transpose(0, 3, 1, 2)
print(clip.shape)
