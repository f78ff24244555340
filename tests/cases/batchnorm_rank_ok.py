import torch
from torch import nn

net = nn.Sequential(
    nn.Linear(20, 50),
    nn.BatchNorm1d(50),
    nn.ReLU(),
    nn.Linear(50, 2),
)
print(net(torch.randn(10, 20)))
