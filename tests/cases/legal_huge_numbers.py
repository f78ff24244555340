import torch
from torch import nn

N = 10**8
x = torch.empty(N, 3, device="meta")
steps = torch.arange(N, device="meta")
grid = torch.linspace(0, 1, N, device="meta")
print(torch.stack([steps, grid], 1).shape, x[::2].shape, x.view(-1, 30).shape)
text = "%1000d" % 3 + "=" * 1000
bits = 1 << 200
digits = len(str(3**1000))
table = nn.Embedding(10**6, 2, device="meta")
print(table(steps).shape, bits % 7, digits, text[-1])
halves = x.split(N // 2)
print(len(halves), halves[0].shape)
