"""Anchor, positive and negative come from one space."""

import torch
from torch import nn

small, large = nn.Linear(32, 64), nn.Linear(32, 128)
a, p, n = torch.randn(16, 32), torch.randn(16, 32), torch.randn(16, 32)
criterion = nn.TripletMarginLoss(margin=1.0)
loss = criterion(large(a), large(p), large(n))
loss.backward()
