"""The table of an embedding has as many rows as there are ids."""

import torch
from torch import nn

vocab = 5000
model = nn.Sequential(nn.Embedding(vocab, 32), nn.Flatten(), nn.Linear(32 * 12, 2))
ids = torch.randint(0, vocab, (16, 12))
logits = model(ids)
