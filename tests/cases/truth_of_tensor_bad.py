import torch
from torch import nn

model = nn.Linear(8, 3)
inputs, labels = torch.randn(16, 8), torch.randint(0, 3, (16,))
predicted = model(inputs).argmax(dim=1)
correct = 0
if predicted == labels:  # raises
    correct += 1
print(correct)
