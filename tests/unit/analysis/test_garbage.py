"""What an analysis has made goes as soon as the next one is there: nothing of it waits for the garbage collector."""

from __future__ import annotations

import gc

from shapelens.analysis.session import Session

TEXT = """\
import torch
from torch import nn


def blocks(sizes):
    return nn.Sequential(*[nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])


class Net(nn.Module):
    def __init__(self, sizes=((8, 16), [16, 32])):
        super().__init__()
        self.first = blocks(sizes[0])
        self.second = blocks([n for size in sizes for n in size][2:])
        self.wrong = nn.Linear(7, 3)

    def forward(self, x, mask=None):
        x = self.first(x)
        if mask is not None:
            x = x * mask
        elif x.sum() > 0:
            raise ValueError(x.shape)
        try:
            y = self.wrong(x)
        except RuntimeError:
            y = x
        return self.wrong(self.second(y))


net = Net()
out = net(torch.rand(NUMBER, 8))
torch.rand(2, 3) @ torch.rand(NUMBER, 3)
"""


def test_an_analysis_leaves_no_cycles():
    session = Session()
    gc.collect()
    gc.disable()
    try:
        for number in range(5, 15):
            session.update("net.py", TEXT.replace("NUMBER", str(number)))
            analysis = session.analyse("net.py")
            assert len(analysis.problems) == 2
        assert gc.collect() < 100
    finally:
        gc.enable()
