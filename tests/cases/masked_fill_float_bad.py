"""masked_fill takes a mask of booleans."""

import torch

scores = torch.randn(2, 4, 8, 8)
mask = torch.tril(torch.ones(8, 8))
scores = scores.masked_fill(1 - mask, float("-inf"))  # raises
weights = scores.softmax(-1)
