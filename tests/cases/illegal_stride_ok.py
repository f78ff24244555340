import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2, not {stride}")
        self.conv = nn.Conv2d(c_in, c_out, 3, stride, 1)

    def forward(self, x):
        return self.conv(x)


SETTINGS = [(16, 1), (32, 2), (64, 2)]
layers, width = [], 3
for channels, stride in SETTINGS:
    layers.append(Block(width, channels, stride))
    width = channels
net = nn.Sequential(*layers)
print(net(torch.zeros(1, 3, 32, 32)).shape)
