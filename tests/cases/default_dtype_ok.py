"""A default dtype of float64 is that of the layers made then."""

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
layer = nn.Linear(3, 2)
torch.set_default_dtype(torch.float32)
x = torch.rand(4, 3)
y = layer(x.double())
