"""Images from NumPy have their channels last."""

import numpy as np
import torch
from torch import nn

batch = np.stack([np.random.randint(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(4)])
images = torch.from_numpy(batch.transpose(0, 3, 1, 2).copy()).float() / 255
conv = nn.Conv2d(3, 8, 3)
features = conv(images)
