import torch
from torch import nn


class Patches(nn.Module):
    def __init__(self, size=16, dim=192):
        super().__init__()
        self.size, self.dim = size, dim
        self.proj = nn.Conv2d(3, dim, size, stride=size)

    def forward(self, x):
        n, c, h, w = x.shape
        x = self.proj(x)
        x = x.view(n, self.dim, h * w // self.size)  # raises
        return x.transpose(1, 2)


tokens = Patches()(torch.rand(2, 3, 224, 224))
