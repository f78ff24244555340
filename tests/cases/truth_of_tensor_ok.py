import torch
from torch import nn

model = nn.Linear(8, 3)
inputs, labels = torch.randn(16, 8), torch.randint(0, 3, (16,))
predicted = model(inputs).argmax(dim=1)
correct = (predicted == labels).sum()
if correct and (predicted == labels).all() or not (predicted == labels).any():
    print("all alike")
print(correct)
