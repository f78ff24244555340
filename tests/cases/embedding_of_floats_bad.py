import torch
from torch import nn

table = nn.Embedding(100, 16)
positions = torch.linspace(0, 99, 100)
vectors = table(positions)  # raises
