"""Binary cross entropy takes its labels as floats."""

import torch
from torch import nn

model = nn.Sequential(nn.Linear(10, 1), nn.Sigmoid())
x = torch.randn(32, 10)
y = torch.randint(0, 2, (32, 1)).float()
loss = nn.BCELoss()(model(x), y)
