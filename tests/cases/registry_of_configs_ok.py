"""A registry class builds what a config names."""

import torch
from torch import nn


class Registry:
    def __init__(self):
        self._classes = {}

    def register(self, name=None):
        def wrap(cls):
            self._classes[name or cls.__name__] = cls
            return cls

        return wrap

    def build(self, config):
        config = dict(config)
        return self._classes[config.pop("type")](**config)


LAYERS = Registry()


@LAYERS.register()
class Block(nn.Module):
    def __init__(self, dim, ratio=4):
        super().__init__()
        self.up = nn.Linear(dim, dim * ratio)
        self.down = nn.Linear(dim * ratio, dim)

    def forward(self, x):
        return x + self.down(torch.relu(self.up(x)))


block = LAYERS.build({"type": "Block", "dim": 32, "ratio": 2})
y = block(torch.randn(2, 32))
