import torch
from torch import nn

vocabulary = 500
embed = nn.Embedding(vocabulary, 64)
ids = torch.randint(vocabulary, (8, vocabulary))
print(embed(ids).shape)
