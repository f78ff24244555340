"""The last cast of a module counts."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)  # raises


net = Net().double()
y = net(torch.rand(3, 4, dtype=torch.float64))
net.to(torch.float32)
z = net(torch.rand(3, 4, dtype=torch.float64))
