import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(32 * 7 * 7, 64),  # also
    nn.ReLU(),
    nn.Linear(64, 10),
)
images = torch.randn(16, 3, 32, 32)
logits = model(images)  # raises
print(logits.argmax(1))
