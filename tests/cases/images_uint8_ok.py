"""Images in bytes are scaled before a convolution sees them."""

import torch
from torch import nn

images = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
conv = nn.Conv2d(3, 8, 3)
features = conv(images.float().div(255))
