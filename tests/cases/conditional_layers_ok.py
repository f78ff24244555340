import torch
from torch import nn


class Flexible(nn.Module):
    def __init__(self, cin=3, use_bn=True, pooling="max"):
        super().__init__()
        self.conv = nn.Conv2d(cin, 20, 3)
        if use_bn:
            self.norm = nn.BatchNorm2d(20)
        else:
            self.norm = None
        if pooling == "max":
            self.pool = nn.AdaptiveMaxPool2d(3)
        elif pooling == "avg":
            self.pool = nn.AdaptiveAvgPool2d(3)
        else:
            raise ValueError(pooling)
        self.fc = nn.Linear(20 * 3 * 3, 6)

    def forward(self, x):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        x = self.pool(x).flatten(start_dim=1)
        return self.fc(x)


Flexible(use_bn=False, pooling="avg")(torch.randn(2, 3, 16, 16))
