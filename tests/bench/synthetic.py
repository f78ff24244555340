"""A long file of ordinary models."""

from __future__ import annotations

_HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
_MODEL = """

class Block{n}(nn.Module):
    def __init__(self, channels, expansion=4, stride=1):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, channels * expansion, 3, stride=stride, padding=1)
        self.conv2 = nn.Conv2d(channels * expansion, channels, 1)
        self.skip = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        y = self.norm(x)
        y = F.gelu(self.conv1(y))
        y = self.conv2(y)
        return y + self.skip(x)


class Model{n}(nn.Module):
    def __init__(self, width={width}, classes={classes}):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 4, stride=4)
        self.blocks = nn.Sequential(*[Block{n}(width, stride=2 if i == 1 else 1) for i in range(3)])
        self.attend = nn.MultiheadAttention(width, 4, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, images):
        x = self.stem(images)
        x = self.blocks(x)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.attend(tokens, tokens, tokens)[0]
        pooled = tokens.mean(dim=1)
        return self.head(pooled)


def loss{n}(model, images, labels):
    logits = model(images)
    probabilities = logits.softmax(-1)
    best = probabilities.argmax(-1)
    accuracy = (best == labels).float().mean()
    return F.cross_entropy(logits, labels), accuracy
"""


def synthetic(lines: int) -> str:
    """A Python file of about so many lines."""
    text, number = _HEAD, 0
    while text.count("\n") < lines - 3:
        text += _MODEL.format(n=number, width=16 * (number % 5 + 1), classes=10 + number)
        number += 1
    return text + "\n\nout = Model0()(torch.randn(2, 3, 64, 64))\n"
