import torch
from torch import nn


class DenseStack(nn.Module):
    def __init__(self, start, growth, depth):
        super().__init__()
        self.layers = nn.ModuleList()
        for i in range(depth):
            self.layers.append(nn.Conv2d(start + i * growth // 2, growth, 3, padding=1))

    def forward(self, x):
        features = [x]
        for layer in self.layers:
            features.append(torch.relu(layer(torch.cat(features, 1))))  # raises
        return torch.cat(features, 1)


DenseStack(16, 12, 4)(torch.randn(1, 16, 8, 8))
