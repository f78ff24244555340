import torch
from torch import nn


class Chain(nn.ModuleList):
    def forward(self, x):
        for layer in self:
            x = layer(x)
        return x


class Net(nn.Module):
    def __init__(self, dim=8, depth=3):
        super().__init__()
        self.layers = Chain([nn.Linear(dim, dim) for _ in range(depth)])

    def forward(self, x):
        return self.layers(x)


Net()(torch.randn(2, 8))
table = nn.ModuleDict({"a": nn.ReLU()})
try:
    table(torch.ones(3))
except NotImplementedError:
    table["a"](torch.ones(3))
