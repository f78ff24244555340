import torch
import torch.nn.functional as F
from torch import nn

head = nn.Linear(40, 7)
targets = torch.rand(9, 7)
scores = head(torch.randn(9, 40))
loss = F.cross_entropy(scores, targets)
print(loss.item())
