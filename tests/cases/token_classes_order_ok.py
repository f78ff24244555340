"""cross_entropy wants the classes in dim 1, a tagger has them last."""

import torch
import torch.nn.functional as F
from torch import nn

tagger = nn.Sequential(nn.Embedding(1000, 32), nn.Linear(32, 9))
tokens = torch.randint(0, 1000, (4, 20))
tags = torch.randint(0, 9, (4, 20))
scores = tagger(tokens)
loss = F.cross_entropy(scores.transpose(1, 2), tags)
