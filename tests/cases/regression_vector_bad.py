"""A column of one feature, not a vector of 100."""

import numpy as np
import torch
from torch import nn

x = np.linspace(-1, 1, 100)
inputs = torch.from_numpy(x.astype(np.float32))
model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
prediction = model(inputs)  # raises
