"""A model is built by its registered name."""

import torch
from torch import nn

MODELS = {}


def register(cls):
    MODELS[cls.__name__.lower()] = cls
    return cls


@register
class Small(nn.Module):
    def __init__(self, width=16, num_classes=10):
        super().__init__()
        self.out_features = width
        self.stem = nn.Linear(8, width)

    def forward(self, x):
        return torch.relu(self.stem(x))


def create_model(name, **kwargs):
    if name not in MODELS:
        raise ValueError(name)
    return MODELS[name](**kwargs)


backbone = create_model("small", width=24)
head = nn.Linear(16, 10)
logits = head(backbone(torch.randn(4, 8)))  # raises
