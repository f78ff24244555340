"""A variance for each number, or one for each row."""

import torch
from torch import nn

trunk, mean = nn.Linear(8, 16), nn.Linear(16, 2)
variance = nn.Linear(16, 2)
h = torch.relu(trunk(torch.randn(8, 8)))
loss = nn.GaussianNLLLoss()(mean(h), torch.randn(8, 2), variance(h).exp())
