import torch
from torch import nn
import torch.nn.functional as F
def flexible(x):
    if x.ndim == 1:
        x = x[None]
    if x.dim() == 2:
        x = x.unsqueeze(1)
    while x.dim() < 4:
        x = x.unsqueeze(1)
    if x.shape[1] == 1:
        x = x.expand(-1, 3, *x.shape[2:])
    return x
for s in [(4,), (2, 4), (2, 3, 4), (2, 3, 4, 4)]:
    print(flexible(torch.rand(s)).shape)
class Up(nn.Module):
    def __init__(self, cin, cskip, cout):
        super().__init__()
        self.up = nn.ConvTranspose2d(cin, cin // 2, 2, 2)
        self.conv = nn.Conv2d(cin // 2 + cskip, cout, 3, padding=1)
    def forward(self, x, skip):
        x = self.up(x)
        dy, dx = skip.size(2) - x.size(2), skip.size(3) - x.size(3)
        if dy != 0 or dx != 0:
            x = F.pad(x, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        return self.conv(torch.cat([skip, x], dim=1))
print(Up(8, 4, 4)(torch.rand(1, 8, 5, 5), torch.rand(1, 4, 11, 11)).shape)
def pad_to_multiple(x, m):
    n = x.shape[-1]
    rem = n % m
    return x if rem == 0 else F.pad(x, (0, m - rem))
print(pad_to_multiple(torch.rand(2, 10), 4).view(2, -1, 4).shape, pad_to_multiple(torch.rand(2, 8), 4).view(2, -1, 4).shape)
def match(a, b):
    if a.shape == b.shape:
        return a + b
    if a.numel() == b.numel():
        return a.reshape_as(b) + b
    if a.size(0) == b.size(0):
        return torch.cat([a.flatten(1), b.flatten(1)], 1)
    raise ValueError(f"{a.shape} {b.shape}")
print(match(torch.rand(2, 3), torch.rand(3, 2)).shape, match(torch.rand(2, 3), torch.rand(2, 2, 2)).shape)
class Res(nn.Module):
    def __init__(self, a, b, s=1):
        super().__init__()
        self.c = nn.Conv2d(a, b, 3, s, 1)
        self.down = nn.Conv2d(a, b, 1, s) if s != 1 or a != b else None
    def forward(self, x):
        y = self.c(x)
        if y.shape != x.shape:
            x = self.down(x)
        return y + x
print(Res(3, 3)(torch.rand(1, 3, 4, 4)).shape, Res(3, 6, 2)(torch.rand(1, 3, 4, 4)).shape)
