import torch
from torch import nn


class SqueezeExcite(nn.Module):
    def __init__(self, channels=64, ratio=16):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // ratio), nn.ReLU(), nn.Linear(channels // ratio, channels), nn.Sigmoid()
        )
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        x = self.conv(x)
        b, c, _, _ = x.size()
        y = self.fc(self.pool(x).view(b, c))
        return x * y.view(b, c, 1, 1)


# try: SqueezeExcite()(torch.randn(2, 64, 8, 8))
