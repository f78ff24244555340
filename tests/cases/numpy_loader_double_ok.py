"""What a TensorDataset is made of decides what the loader gives."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(0)
features = rng.normal(size=(256, 8))
labels = rng.integers(0, 2, size=256)
dataset = TensorDataset(torch.tensor(features, dtype=torch.float32), torch.tensor(labels))
model = nn.Linear(8, 2)
for x, y in DataLoader(dataset, batch_size=32):
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
