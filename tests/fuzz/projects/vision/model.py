import torch
import torch.nn as nn
import torch.nn.functional as F

import sizes
from blocks import Block, Gate, Wide, conv
from sizes import CLASSES, STAGES


def head(features, classes=CLASSES):
    return nn.Sequential(nn.Linear(features, features // 2), nn.ReLU(), nn.Linear(features // 2, classes))


class Net(nn.Module):
    def __init__(self, block=Block, stages=STAGES):
        super().__init__()
        channels = sizes.WIDTH
        self.stem = conv(sizes.IMAGE[0], channels)
        layers = []
        for width, stride in stages:
            layers.append(block(channels, width, stride))
            channels = width * block.expansion
        self.layers = nn.Sequential(*layers)
        self.gate = Gate(channels)
        self.head = head(channels)

    def features(self, x):
        x = self.stem(x)
        x = self.layers(x)
        return self.gate(x)

    def forward(self, x):
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, 1)
        x = torch.flatten(x, 1)
        return self.head(x)


def wide(**kwargs):
    return Net(block=Wide, **kwargs)


def unused(x, y):
    a = torch.cat([x, y], dim=1)
    return nn.Linear(24, 8)(a)
