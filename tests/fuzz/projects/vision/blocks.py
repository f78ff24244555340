import torch
from torch import nn

from sizes import WIDTH, doubled


def conv(c_in, c_out, stride=1):
    return nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False)


class Block(nn.Module):
    expansion = 1

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.conv1 = conv(c_in, c_out, stride)
        self.norm = nn.BatchNorm2d(c_out)
        self.conv2 = conv(c_out, c_out * self.expansion)
        self.skip = nn.Identity()
        if stride != 1 or c_in != c_out * self.expansion:
            self.skip = nn.Conv2d(c_in, c_out * self.expansion, 1, stride)

    def forward(self, x):
        y = torch.relu(self.norm(self.conv1(x)))
        y = self.conv2(y)
        return torch.relu(y + self.skip(x))


class Wide(Block):
    expansion = 2


class Gate(nn.Module):
    def __init__(self, channels=doubled(WIDTH)):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.down = nn.Linear(channels, channels // 4)
        self.up = nn.Linear(channels // 4, channels)

    def forward(self, x):
        b, c = x.shape[:2]
        s = self.pool(x).view(b, c)
        s = torch.sigmoid(self.up(torch.relu(self.down(s))))
        return x * s[:, :, None, None]
