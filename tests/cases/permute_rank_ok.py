import numpy as np
import torch

image = torch.zeros(480, 640, 3, dtype=torch.uint8)
frame = image.permute(2, 0, 1).float() / 255
batch = frame.unsqueeze(0).permute(0, 2, 3, 1)
print(batch.shape, np.e)
