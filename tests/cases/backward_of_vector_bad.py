"""backward needs one number; a loss that is not reduced has one for each item."""

import torch
from torch import nn

model = nn.Linear(10, 3)
criterion = nn.CrossEntropyLoss(reduction="none")
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
optimizer.zero_grad()
loss = criterion(model(torch.randn(8, 10)), torch.randint(0, 3, (8,)))
loss.backward()  # raises
optimizer.step()
