"""A checkpoint's head has as many classes as its own model had, whether strict or not."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 32), nn.ReLU())
        self.head = nn.Linear(32, classes)

    def forward(self, x):
        return self.head(self.body(x))


state = Net(1000).state_dict()
model = Net(7)
model.load_state_dict(state, strict=False)  # raises
y = model(torch.randn(2, 16))
