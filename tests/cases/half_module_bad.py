"""A module in half precision takes inputs in half precision."""

import torch
from torch import nn

model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4)).half()
x = torch.randn(8, 16)
y = model(x)  # raises
