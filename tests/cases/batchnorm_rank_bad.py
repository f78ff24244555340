import torch
from torch import nn

net = nn.Sequential(
    nn.Linear(20, 50),
    nn.BatchNorm2d(50),  # also
    nn.ReLU(),
    nn.Linear(50, 2),
)
print(net(torch.randn(10, 20)))  # raises
