"""There is one class weight for each class."""

import torch
from torch import nn

counts = torch.tensor([900.0, 100.0])
head = nn.Linear(16, 3)
criterion = nn.CrossEntropyLoss(weight=counts.sum() / counts)
features, labels = torch.randn(8, 16), torch.randint(0, 2, (8,))
loss = criterion(head(features), labels)  # raises
