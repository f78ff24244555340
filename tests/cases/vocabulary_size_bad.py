"""The table of an embedding has as many rows as there are ids."""

import torch
from torch import nn

vocab, model = 5000, nn.Sequential(nn.Embedding(500, 32), nn.Flatten(), nn.Linear(32 * 12, 2))
ids = torch.randint(0, vocab, (16, 12))
logits = model(ids)  # raises
