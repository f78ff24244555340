"""Names that are changed by way of `globals()`, and methods that stand before modules of their name."""

import torch
from torch import nn

scale = 0.0


def settings():
    return {"scale": 2.0} if torch.rand(()) > -1 else {}


globals().update(settings())
print(1 / scale)
globals()["size"] = 5
x = torch.zeros(size)  # noqa: F821
assert x.shape == (5,)


class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(3, 4)

    def pool(self, x):
        return x.mean((2, 3))

    def forward(self, x):
        return self.fc(self.pool(x))


assert Pooled()(torch.zeros(2, 3, 8, 8)).shape == (2, 4)
adaptive = nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 6])
projection = list(adaptive.parameters())[3]
y = projection @ torch.zeros(4, 2) if projection.shape[1] == 4 else projection.sum()
