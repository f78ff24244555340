"""An index is of integers."""

import torch

q = torch.randn(32, 4)
actions = torch.zeros(32, 1, dtype=torch.int64)
chosen = q.gather(1, actions)
