import itertools

import torch
from torch import nn


def batches(x, y, size):
    order = torch.randperm(len(x))
    for start in range(0, len(x), size):
        index = order[start : start + size]
        yield x[index], y[index]


def forever(iterable):
    while True:
        yield from iterable


def windows(series, length, stride=1):
    for end in range(length, len(series) + 1, stride):
        yield series[end - length : end]


x, y = torch.randn(50, 3), torch.randn(50, 1)
net = nn.Linear(3, 1)
for xb, yb in batches(x, y, 16):
    loss = ((net(xb) - yb) ** 2).mean()
    loss.backward()

stream = forever([torch.zeros(2, 3), torch.ones(5, 3)])
total = sum(net(batch).sum() for batch in itertools.islice(stream, 7))
stacked = torch.stack(list(windows(torch.arange(20.0), 5, 3)))
print(stacked.shape, total.shape)
first = next(batches(x, y, 10))
print(first[0].shape)
pairs = ((a, b) for a in (1, 2) for b in (3, 4))
print(torch.cat([torch.zeros(a, b).flatten() for a, b in pairs]).shape)
chunks = iter(torch.randn(7, 4).split(3))
print([tuple(c.shape) for c in chunks])
