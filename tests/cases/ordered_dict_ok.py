from collections import OrderedDict

import torch
from torch import nn


class Transition(nn.Sequential):
    def __init__(self, cin, cout):
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(cin))
        self.add_module("conv", nn.Conv2d(cin, cout, kernel_size=1, bias=False))
        self.add_module("pool", nn.AvgPool2d(2, 2))


net = nn.Sequential(
    OrderedDict(
        [
            ("stem", nn.Conv2d(3, 64, 7, 2, 3)),
            ("t1", Transition(64, 32)),
            ("t2", Transition(32, 16)),
            ("gap", nn.AdaptiveAvgPool2d(1)),
        ]
    )
)
print(net(torch.randn(1, 3, 64, 64)).flatten(1).shape)
