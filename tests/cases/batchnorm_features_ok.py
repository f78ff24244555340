import torch
from torch import nn


class Block(nn.Module):
    expansion = 4

    def __init__(self, inplanes, planes):
        super().__init__()
        self.reduce = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.expand = nn.Conv2d(planes, planes * self.expansion, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes * self.expansion)

    def forward(self, x):
        out = self.bn1(self.reduce(x)).relu()
        out = self.bn2(self.expand(out))
        return out.relu()


Block(64, 16)(torch.randn(2, 64, 14, 14))
