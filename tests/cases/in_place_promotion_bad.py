"""An integer tensor cannot take a float in place."""

import torch

counts = torch.zeros(10, dtype=torch.long)
counts += 1
counts /= counts.sum()  # raises
