import torch
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, width=256, heads=8):
        super().__init__()
        self.heads, self.depth = heads, width // heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def split(self, x):
        n, t, _ = x.size()
        return x.view(n, t, self.heads, self.depth).permute(0, 2, 1, 3)

    def forward(self, x):
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        weights = torch.softmax(q @ k.transpose(2, 3) / self.depth**0.5, dim=-1)
        x = (weights @ v).permute(0, 2, 1, 3)
        x = x.flatten(2)
        return self.out(x)


# try: SelfAttention()(torch.randn(2, 10, 256))
