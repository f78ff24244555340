import torch
from torch import nn

CONFIGS = {
    "tiny": {"depths": [1, 1], "widths": [32, 64], "classes": 10},
    "small": {"depths": [2, 2], "widths": [48, 96], "classes": 10},
}


class Backbone(nn.Module):
    def __init__(self, depths, widths, classes):
        super().__init__()
        stages, cin = [], 3
        for depth, width in zip(depths, widths):
            for _ in range(depth):
                stages.append(nn.Conv2d(cin, width, 3, padding=1))
                stages.append(nn.GELU())
                cin = width
            stages.append(nn.MaxPool2d(2))
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = self.stages(x).mean(dim=(-2, -1))
        return self.head(x)


def build(name, **overrides):
    config = {**CONFIGS[name], **overrides}
    return Backbone(**config)


build("tiny")(torch.randn(2, 3, 32, 32))
build("small", classes=100)(torch.randn(2, 3, 32, 32))
