import torch
from torch import nn


class Gated(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.hidden = hidden
        self.proj = nn.Linear(width, hidden * 2 + 1)
        self.out = nn.Linear(hidden, width)

    def forward(self, x):
        y = self.proj(x)
        value, gate = y.split([self.hidden, self.hidden], dim=-1)  # raises
        return self.out(value * gate.sigmoid())


Gated(12, 30)(torch.randn(2, 12))
