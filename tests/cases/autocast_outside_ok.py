"""What autocast made in bfloat16 is still that outside of it."""

import torch
from torch import nn

encoder, head = nn.Linear(16, 32), nn.Linear(32, 4)
x = torch.randn(8, 16)
with torch.autocast("cpu", dtype=torch.bfloat16):
    h = encoder(x)
y = head(h.float())
