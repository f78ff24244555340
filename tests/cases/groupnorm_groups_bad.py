import torch
from torch import nn


def conv_block(cin, cout, groups=8):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1),
        nn.GroupNorm(groups, cout),  # raises
        nn.ReLU(inplace=True),
    )


widths = [3, 16, 36, 64]
net = nn.Sequential(*[conv_block(a, b) for a, b in zip(widths, widths[1:])])
net(torch.randn(1, 3, 16, 16))
