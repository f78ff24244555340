import copy
import json
from types import SimpleNamespace

import torch
from torch import nn

DEFAULTS = {
    "model": {"kind": "cnn", "channels": [1, 8, 16], "kernel": 3, "dropout": None},
    "data": {"size": 28, "batch": 4},
}
OVERRIDES = '{"model": {"kind": "mlp", "hidden": [64, 32]}, "data": {"batch": 2}}'


def merged(base, changes):
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def make(config):
    size = config["data"]["size"]
    spec = SimpleNamespace(**config["model"])
    if spec.kind == "cnn":
        layers = []
        for a, b in zip(spec.channels, spec.channels[1:]):
            layers += [nn.Conv2d(a, b, spec.kernel), nn.ReLU(), nn.MaxPool2d(2)]
            size = (size - spec.kernel + 1) // 2
        if spec.dropout:
            layers.append(nn.Dropout(spec.dropout))
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(spec.channels[-1] * size * size, 10))
    widths = [size * size, *spec.hidden, 10]
    return nn.Sequential(nn.Flatten(), *(nn.Linear(a, b) for a, b in zip(widths, widths[1:])))


for config in (DEFAULTS, merged(DEFAULTS, json.loads(OVERRIDES))):
    batch = torch.randn(config["data"]["batch"], 1, config["data"]["size"], config["data"]["size"])
    assert make(config)(batch).shape == (config["data"]["batch"], 10)
