"""The labels of a GAN are made for a full batch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

batch_size = 16
discriminator = nn.Sequential(nn.Linear(64, 1), nn.Sigmoid())
criterion = nn.BCELoss()
real = torch.ones(batch_size, 1)
loader = DataLoader(TensorDataset(torch.randn(100, 64)), batch_size=batch_size, drop_last=True)
for (images,) in loader:
    loss = criterion(discriminator(images), real)
    loss.backward()
