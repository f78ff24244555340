import torch
from torch import nn


class AutoHead(nn.Module):
    """Finds the width of its head by a dry run."""

    def __init__(self, shape=(3, 40, 40)):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(shape[0], 6, 5, 2), nn.ELU(), nn.Conv2d(6, 9, 3, 2), nn.ELU())
        with torch.no_grad():
            width = self.features(torch.zeros(1, *shape)).view(1, -1).shape[1]
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        x = self.features(x)
        return self.head(x.view(x.size(0), -1))


class Late(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = None

    def forward(self, x):
        if self.proj is None:
            self.proj = nn.Linear(x.shape[-1], 2)
        return self.proj(x)


class Numel(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self._width = None
        self._probe(torch.randn(20, 20).view(-1, 1, 20, 20))
        self.fc = nn.Linear(self._width, 2)

    def _probe(self, x):
        x = torch.max_pool2d(self.conv(x), 2)
        if self._width is None:
            self._width = x[0].shape[0] * x[0].shape[1] * x[0].shape[2]
        return x

    def forward(self, x):
        return self.fc(self._probe(x).view(-1, self._width))


print(AutoHead()(torch.randn(2, 3, 40, 40)).shape, AutoHead((1, 30, 50))(torch.randn(2, 1, 30, 50)).shape)
print(Late()(torch.randn(3, 7)).shape, Late()(torch.randn(3, 9)).shape, Numel()(torch.randn(5, 1, 20, 20)).shape)
lazy = nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))
print(lazy(torch.randn(2, 3, 12, 12)).shape, nn.Flatten(0)(torch.ones(2, 3)).shape)
