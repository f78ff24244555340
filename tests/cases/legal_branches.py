import torch
import torch.nn as nn


class Stem(nn.Module):
    def __init__(self, kind):
        super().__init__()
        if kind == "deep":
            self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 32, 3, 2, 1))
            self.out = 32
        else:
            self.stem = nn.Conv2d(3, 24, 7, 4, 3)
            self.out = 24

    def forward(self, x):
        if x.dim() == 3:
            x = x.unsqueeze(0)
        if x.shape[1] == 1:
            x = x.expand(-1, 3, -1, -1)
        elif x.size(1) == 4:
            x = x[:, :3]
        return self.stem(x)


class Net(nn.Module):
    def __init__(self, kind="deep", aux=False):
        super().__init__()
        self.stem = Stem(kind)
        self.head = nn.Linear(self.stem.out, 2)
        if aux:
            self.aux = nn.Linear(self.stem.out, 5)

    def forward(self, x, return_features=False):
        features = self.stem(x).mean((2, 3))
        if return_features:
            return features
        out = self.head(features)
        if self.training and hasattr(self, "aux"):
            return out, self.aux(features)
        return out


for kind in ("deep", "plain"):
    for channels in (1, 3, 4):
        print(Net(kind)(torch.rand(2, channels, 32, 32)).shape)
out, extra = Net(aux=True)(torch.rand(3, 32, 32))
print(out.shape, extra.shape, Net("plain")(torch.rand(1, 32, 32), return_features=True).shape)


def merge(a, b=None, mode="sum"):
    if b is None:
        return a
    if mode == "sum":
        return a + b
    if mode == "cat":
        return torch.cat([a, b], dim=-1)
    return torch.matmul(a, b.transpose(-1, -2))


a = torch.randn(2, 5)
print(merge(a).shape, merge(a, a).shape, merge(a, torch.zeros(2, 3), "cat").shape, merge(a, torch.ones(7, 5), "dot").shape)
flag = torch.rand(1).item() > 0.5
width = 10 if flag else 20
hidden = torch.zeros(3, width)
layer = nn.Linear(10, 4) if flag else nn.Linear(20, 4)
print(layer(hidden).shape)
