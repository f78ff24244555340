import torch
from torch import nn


class TwoPath(nn.Module):
    def __init__(self):
        super().__init__()
        self.near = nn.Conv2d(8, 8, 3, padding=1)
        self.far = nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.wide = nn.Conv2d(8, 8, 5, padding=1)
        self.mix = nn.Conv2d(24, 8, 1)

    def forward(self, x):
        paths = [self.near(x), self.far(x), self.wide(x)]
        joined = torch.cat(paths, dim=1)  # raises
        return self.mix(joined)


y = TwoPath()(torch.randn(2, 8, 20, 20))
