"""A batch size in a view fails on the last and smaller batch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.randn(100, 1, 28, 28), torch.randint(0, 10, (100,)))
loader = DataLoader(dataset, batch_size=32, shuffle=True)
model = nn.Linear(784, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for x, y in loader:
        x = x.view(32, -1)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)  # raises
        loss.backward()
        optimizer.step()
