"""A multi-label target has a column for each label."""

import torch
from torch import nn

model = nn.Linear(64, 14)
targets = torch.randint(0, 2, (8, 15)).float()
logits = model(torch.randn(8, 64))
loss = nn.BCEWithLogitsLoss(pos_weight=torch.ones(14))(logits, targets)  # raises
