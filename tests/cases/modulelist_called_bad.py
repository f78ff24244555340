import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, dim=8, depth=3):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(depth)])

    def forward(self, x):
        return self.layers(x)  # raises


Net()(torch.randn(2, 8))
