import torch
from torch import nn


class Separable(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.depth = nn.Conv2d(cin, cin, 3, padding=1, groups=cin)
        self.point = nn.Conv2d(cin, cout, 1)

    def forward(self, x):
        return self.point(self.depth(x))


net = nn.Sequential(nn.Conv2d(3, 32, 3), nn.PixelUnshuffle(2), Separable(128, 64))
net(torch.randn(2, 3, 34, 34))
