import torch
import torch.nn.functional as F

logits = torch.randn(10, 4)
labels = torch.randint(0, 4, (10,))
target = F.one_hot(labels, 5).float()
loss = F.cross_entropy(logits, target)  # raises
