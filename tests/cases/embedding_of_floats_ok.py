import torch
from torch import nn

table = nn.Embedding(100, 16)
positions = torch.arange(100)
vectors = table(positions)
