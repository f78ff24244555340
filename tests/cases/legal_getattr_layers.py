import torch
from torch import nn


class Named(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.depth = len(widths) - 1
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            setattr(self, f"layer{i}", nn.Linear(a, b))
            self.add_module(f"norm{i}", nn.LayerNorm(b))

    def forward(self, x):
        for i in range(self.depth):
            x = getattr(self, f"layer{i}")(x)
            x = self._modules[f"norm{i}"](x)
        return x


class Lookup(nn.Module):
    choices = {"relu": nn.ReLU, "gelu": nn.GELU, "glu": lambda: nn.GLU(dim=-1)}

    def __init__(self, width, activation):
        super().__init__()
        self.up = nn.Linear(width, 2 * width)
        self.act = self.choices[activation]()
        self.down = nn.Linear(width if activation == "glu" else 2 * width, width)

    def forward(self, x):
        return self.down(self.act(self.up(x)))


print(Named([5, 9, 3])(torch.randn(2, 5)).shape)
for name in Lookup.choices:
    assert Lookup(6, name)(torch.randn(4, 6)).shape == (4, 6)
loss_name = "CrossEntropyLoss"
loss = getattr(nn, loss_name)(reduction="none")(torch.randn(3, 5), torch.tensor([0, 4, 2]))
optimiser = getattr(torch.optim, "AdamW")(Named([2, 2]).parameters(), lr=1e-3)
print(loss.shape, optimiser.param_groups[0]["lr"], hasattr(torch, "compile"))
pool = getattr(nn, f"MaxPool{len((4, 4))}d")(2)
print(pool(torch.zeros(1, 1, 4, 4)).shape)
