"""A segmentation target holds classes, without a channel dim."""

import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 21, 1))
images = torch.randn(2, 3, 64, 64)
masks = torch.randint(0, 21, (2, 1, 64, 64))
criterion = nn.CrossEntropyLoss(ignore_index=255)
loss = criterion(net(images), masks)  # raises
