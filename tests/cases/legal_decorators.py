import functools
import time

import torch
from torch import nn


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        result = function(*args, **kwargs)
        print(function.__name__, round(time.perf_counter() - start, 1))
        return result

    return wrapper


def batched(function):
    def wrapper(x, *rest):
        single = x.dim() == 1
        out = function(x[None] if single else x, *rest)
        return out[0] if single else out

    return wrapper


class register:
    table = {}

    def __init__(self, name):
        self.name = name

    def __call__(self, cls):
        self.table[self.name] = cls
        return cls


@torch.jit.script
def fused(x, bias):
    return torch.relu(x + bias)


@torch.no_grad()
@timed
def evaluate(model, x):
    return model(x).argmax(-1)


@batched
def whiten(x, scale):
    return (x - x.mean(1, keepdim=True)) * scale


@register("mlp")
class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    @property
    def width(self):
        return self.fc.in_features

    @torch.inference_mode()
    def predict(self, x):
        return self(x)

    def forward(self, x):
        return fused(self.fc(x), torch.zeros(self.width))

    @staticmethod
    def loss(a, b):
        return (a - b).abs().mean()

    @classmethod
    def small(cls):
        return cls(4)


model = register.table["mlp"].small()
evaluate(model, torch.randn(5, model.width))
print(Mlp.loss(model.predict(torch.randn(3, 4)), torch.zeros(4)))
print(whiten(torch.randn(6), 2.0).shape, whiten(torch.randn(2, 6), torch.ones(6)).shape)
