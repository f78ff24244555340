"""NumPy makes float64, layers take float32."""

import numpy as np
import torch
from torch import nn

X = np.random.rand(100, 20)
y = (X.sum(axis=1) > 10).astype(np.int64)
inputs, targets = torch.from_numpy(X).float(), torch.from_numpy(y)
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 2))
loss = nn.functional.cross_entropy(model(inputs), targets)
