"""The mean of integers needs floats."""

import torch

pred, target = torch.randn(8, 3).argmax(1), torch.randint(0, 3, (8,))
hits = pred == target
accuracy = hits.float().mean().item()
