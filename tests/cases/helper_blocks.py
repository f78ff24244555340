import torch
from torch import nn


class Gate(nn.Module):
    """Squeeze and excite; `channels` must be what comes in."""

    def __init__(self, channels, ratio=4):
        super().__init__()
        self.down = nn.Conv2d(channels, channels // ratio, 1)
        self.up = nn.Conv2d(channels // ratio, channels, 1)

    def forward(self, x):
        s = x.mean((2, 3), keepdim=True)
        s = torch.relu(self.down(s))  # raises
        return x * self.up(s).sigmoid()


def conv_bn(cin, cout, kernel=3, stride=1):
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(cout), nn.ReLU())
