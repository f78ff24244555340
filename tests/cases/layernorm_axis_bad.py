import torch
from torch import nn


class Mixer(nn.Module):
    def __init__(self, tokens, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.tokens = nn.Linear(tokens, tokens)

    def forward(self, x):
        y = x.transpose(1, 2)
        y = self.tokens(self.norm(y))  # raises
        return x + y.transpose(1, 2)


Mixer(49, 96)(torch.randn(2, 49, 96))
