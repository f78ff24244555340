"""A hidden state of a fixed batch size fails on the last and smaller batch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.randn(100, 12, 8), torch.randn(100, 1)), batch_size=64)


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(8, 32, batch_first=True)
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        h0 = torch.zeros(1, 64, 32)
        out, _ = self.gru(x, h0)  # raises
        return self.head(out[:, -1])


model = Forecaster()
for i, (x, y) in enumerate(loader):
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
