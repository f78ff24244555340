"""Booleans are inverted with ~, not subtracted."""

import torch

lengths = torch.tensor([3, 5, 2])
padding = torch.arange(5)[None, :] >= lengths[:, None]
keep = 1 - padding  # raises
total = keep.sum()
