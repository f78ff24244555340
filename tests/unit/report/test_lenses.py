"""The line above a model's class, and what a hover says of layers."""

from __future__ import annotations

import pytest

from shapelens.analysis.session import Session
from shapelens.report.hover import hover
from shapelens.report.lenses import lenses

NET = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.conv = nn.Conv2d(1, width, 5)
        self.fc = nn.Linear(width * 24 * 24, 10)
        self.fc.requires_grad_(False)

    def forward(self, x):
        x = self.conv(x)
        return self.fc(x.flatten(1))
"""


def analysed(tmp_path, source):
    path = tmp_path / "net.py"
    path.write_text(source, encoding="utf-8")
    return Session([tmp_path]).analyse(str(path))


def titles(tmp_path, source):
    return [(lens.span.line, lens.title) for lens in lenses(analysed(tmp_path, source))]


def test_inferred(tmp_path):
    title = "≈(B, 1, 28, 28) → (B, 10) · 34,726 parameters · 120960·B multiply-adds"
    assert titles(tmp_path, NET) == [(5, title)]


def test_called(tmp_path):
    title = "(4, 1, 28, 28) → (4, 10) · 34,726 parameters · 483,840 multiply-adds"
    assert titles(tmp_path, NET + "\nNet()(torch.zeros(4, 1, 28, 28))\n") == [(5, title)]


def test_called_with_several_inputs(tmp_path):
    calls = "\nnet = Net()\nfor n in (4, 5, 6):\n    net(torch.zeros(n, 1, 28, 28))\n"
    ((_, title),) = titles(tmp_path, NET + calls)
    assert title.startswith("(4, 1, 28, 28) → (4, 10)") and title.endswith("· and 2 other inputs")


@pytest.mark.parametrize("forward", ["return unheard.of(x)", "pass"])
def test_nothing_where_nothing_is_known(tmp_path, forward):
    source = f"import torch.nn as nn\nimport unheard\n\n\nclass Net(nn.Module):\n    def forward(self, x):\n        {forward}\n"
    assert titles(tmp_path, source) == []


@pytest.mark.parametrize(
    ("calls", "at", "words"),
    [
        ("", "self.conv(", ["torch.nn.Conv2d", "156 parameters (624 bytes)", "86400·B multiply-adds", "output 13824·B bytes"]),
        ("", "self.fc(", ["34,570 parameters (135 KiB), 34,570 of them frozen", "34560·B multiply-adds"]),
        ("\nnet = Net()\nout = net(torch.zeros(4, 1, 28, 28))\n", "net(torch", ["`Net`", "34,726 parameters", "483,840 multiply-adds", "output 160 bytes"]),
    ],
)  # fmt: skip
def test_a_hover_says_what_a_layer_costs(tmp_path, calls, at, words):
    source = NET + calls
    lines = source.splitlines()
    line = max(i for i, text in enumerate(lines) if at in text)
    found = hover(analysed(tmp_path, source), line + 1, lines[line].index(at) + at.index("(") - 1)
    assert found is not None and all(word in found.markdown for word in words), found


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("nn.Conv2d(3, 8, 3, bias=False)", "torch.nn.Conv2d(in_channels=3, out_channels=8, kernel_size=(3, 3), bias=False)"),
        ("nn.Conv2d(3, 8, (3, 1), padding='same')", "kernel_size=(3, 1), padding='same')"),
        ("nn.Linear(bias=True, out_features=2 * 4, in_features=3)", "torch.nn.Linear(in_features=3, out_features=8)"),
        ("nn.ReLU()", "torch.nn.ReLU()"),
        ("nn.Linear(3, unheard.of)", "torch.nn.Linear"),
        ("nn.Upsample(mode='`[a](b)`')", "torch.nn.Upsample(mode=…)"),
        ("nn.Softmax(10 ** 5000)", "torch.nn.Softmax(dim=…)"),
    ],
)  # fmt: skip
def test_a_hover_says_how_a_layer_is_made(tmp_path, made, said):
    analysis = analysed(tmp_path, f"import torch.nn as nn\nimport unheard\n\nlayer = {made}\n")
    found = hover(analysis, 4, len("layer = nn."))
    assert found is not None and f"{said}`" in found.markdown, found
