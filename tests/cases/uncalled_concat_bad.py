import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(16, 16, 3, padding=1)
        self.b = nn.Conv2d(16, 16, 3)

    def forward(self, x):
        y = self.b(self.a(x).relu())
        return torch.cat([x, y], dim=1)  # raises


# try: Block()(torch.randn(2, 16, 32, 32))
