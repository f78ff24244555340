"""What a branch may have added to a dict or set, and what one alternative of a value alone would fail with."""

import os
import random

import torch
from torch import nn


def has_option(module, name):
    return name in module.__init__.__code__.co_varnames


def make_norm(kind, channels):
    options = {}
    if has_option(kind, "num_features"):
        options["num_features"] = channels
    if has_option(kind, "num_channels"):
        options["num_groups"] = 2
        options["num_channels"] = channels
    return kind(**options)


x = torch.zeros(2, 4, 8)
x = make_norm(nn.BatchNorm1d, 4)(x)
x = make_norm(nn.GroupNorm, 4)(x)

seen = set()
if os.environ.get("SHAPELENS_NO_SUCH_VARIABLE"):
    seen.add("wide")
width = 7 if "wide" in seen else 8
y = x @ torch.zeros(width, 3)


def head(kind):
    if kind == "linear":
        return nn.Linear, {"in_features": 8, "out_features": 2}
    return nn.Conv1d, {"in_channels": 4, "out_channels": 2, "kernel_size": 1}


layer, options = head(random.choice(["linear", "conv"]))
z = layer(**options)(x)


class Decoder(nn.Module):
    def __init__(self, skips):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Conv1d(4 + skip, 4, 3, padding=1) for skip in skips)

    def forward(self, x, skips):
        for block, skip in zip(self.blocks, skips):
            x = block(x if skip is None else torch.cat([x, skip], dim=1))
        return x


decoder = Decoder([int(word) for word in os.environ.get("SHAPELENS_NO_SUCH_VARIABLE", "4 0").split()])
w = decoder(x, [x, None])
