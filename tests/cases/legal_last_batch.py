"""A smaller last batch that the code expects."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.randn(100, 7, 5), torch.randint(0, 2, (100,))), batch_size=64)
rnn, head = nn.GRU(5, 16, batch_first=True), nn.Linear(16, 2)
state = torch.zeros(1, 64, 16)
for x, y in loader:
    if x.size(0) != 64:
        continue
    out, _ = rnn(x, state)
for i, (x, y) in enumerate(loader):
    out, _ = rnn(x, state if x.shape[0] == 64 else torch.zeros(1, x.shape[0], 16))
    loss = nn.functional.cross_entropy(head(out[:, -1]), y)
for x, y in loader:
    out, _ = rnn(x, state[:, : x.size(0)])
for x, y in loader:
    out, _ = rnn(x, state)
    break
for x, y in DataLoader(loader.dataset, batch_size=64, drop_last=True):
    out, _ = rnn(x, state)
for x, y in loader:
    try:
        out, _ = rnn(x, state)
    except RuntimeError:
        out, _ = rnn(x)
outputs = torch.cat([rnn(x)[0] for x, _ in loader])
assert outputs.size(0) == 100

# what a loop leaves behind is of the last batch, the smaller one
for left, _ in DataLoader(TensorDataset(torch.randn(10, 4), torch.zeros(10)), batch_size=4):
    kept = left * 2
both = kept + torch.zeros(2, 4), left @ torch.zeros(4, 3) - torch.ones(2, 1)
