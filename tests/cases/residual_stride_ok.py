import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(cin, cout, 3, stride, 1, bias=False),
            nn.BatchNorm2d(cout),
            nn.ReLU(),
            nn.Conv2d(cout, cout, 3, 1, 1, bias=False),
            nn.BatchNorm2d(cout),
        )
        self.skip = nn.Identity()
        if cin != cout or stride != 1:
            self.skip = nn.Conv2d(cin, cout, 1, stride)

    def forward(self, x):
        return torch.relu(self.main(x) + self.skip(x))


body = nn.Sequential(Residual(16, 16), Residual(16, 16, 2), Residual(16, 32, 2))
body(torch.randn(2, 16, 32, 32))
