"""What is typed in when keys are timed: a model of 60 lines, and torchvision's resnet.py.

In both, `0` behind the 64 of the first convolution changes its hint, and makes the layer after it a problem.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

BLOCK = """\
    def block_{0}(self, x):
        y = self.conv_{0}(x)
        y = torch.relu(y)
        return x + y

"""


@dataclass(frozen=True)
class Sample:
    """A file, and where a key is pressed in it. Lines count from 1."""

    name: str
    text: str
    typed: str
    """What is on that one line up to the key."""
    called: str
    """Such a line has a hint that changes, the one that follows a problem."""
    after: str
    """What that hint then says, and no other."""

    @property
    def typed_line(self) -> int:
        """Where the key is pressed."""
        return self._line(self.typed)

    @property
    def called_line(self) -> int:
        """Where the hint is that changes."""
        return self._line(self.called)

    def _line(self, text: str) -> int:
        (found,) = (i for i, line in enumerate(self.text.split("\n"), 1) if text in line)
        return found


def samples() -> tuple[Sample, ...]:
    """Both. torchvision is not imported: only its source is wanted."""
    spec = find_spec("torchvision")
    assert spec is not None
    assert spec.origin is not None
    source = (Path(spec.origin).parent / "models" / "resnet.py").read_text()
    source = source.replace("from ..", "from torchvision.").replace("from .", "from torchvision.models.")
    resnet = source.replace("nn.Conv2d(3, self.inplanes", "nn.Conv2d(3, 64")
    return (
        Sample("60-line model", _sixty_lines(), "nn.Conv2d(3, 64", "x = self.stem(x)", "(2, 640, "),
        Sample("torchvision's resnet.py", resnet, "nn.Conv2d(3, 64", "x = self.conv1(x)", "(B, 640, "),
    )


def _sixty_lines() -> str:
    made = "".join(f"        self.conv_{i} = nn.Conv2d(64, 64, 3, padding=1)\n" for i in range(6))
    called = "".join(f"        x = self.block_{i}(x)\n" for i in range(6))
    blocks = "".join(BLOCK.format(i) for i in range(6))
    return (
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.stem = nn.Conv2d(3, 64, 3)\n{made}        self.fc = nn.Linear(64, 10)\n\n{blocks}"
        f"    def forward(self, x):\n        x = self.stem(x)\n{called}        x = x.mean((2, 3))\n"
        "        return self.fc(x)\n\n\ny = Net()(torch.rand(2, 3, 32, 32))\n"
    )


def summary(milliseconds: Sequence[float]) -> str:
    """Median and 95th percentile, for a person."""
    ordered = sorted(milliseconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"median {statistics.median(ordered):.0f} ms, 95th percentile {p95:.0f} ms, of {len(ordered)}"
