import torch
from torch import nn


class Inception(nn.Module):
    def __init__(self, cin, n1, n3_reduce, n3, n5_reduce, n5, pool):
        super().__init__()
        self.b1 = nn.Conv2d(cin, n1, 1)
        self.b3 = nn.Sequential(nn.Conv2d(cin, n3_reduce, 1), nn.Conv2d(n3_reduce, n3, 3, padding=1))
        self.b5 = nn.Sequential(nn.Conv2d(cin, n5_reduce, 1), nn.Conv2d(n5_reduce, n5, 5, padding=2))
        self.bp = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(cin, pool, 1))

    def forward(self, x):
        return torch.cat([self.b1(x), self.b3(x), self.b5(x), self.bp(x)], 1)  # raises


class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Inception(192, 64, 96, 128, 16, 32, 32)
        self.second = Inception(240, 128, 128, 192, 32, 96, 64)

    def forward(self, x):
        x = self.first(x)
        return self.second(x)  # also


# try: Stack()(torch.randn(1, 192, 14, 14))
