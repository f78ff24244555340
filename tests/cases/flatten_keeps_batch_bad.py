import torch
from torch import nn


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(28 * 28, 128)
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        x = torch.flatten(x)
        x = self.hidden(x).relu()  # raises
        return self.out(x)


mlp = Mlp()
for step in range(3):
    out = mlp(torch.randn(64, 1, 28, 28))
