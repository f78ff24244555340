"""`python -m tests.editors.neovim`: from a key to what Neovim draws of it. Neovim itself waits 150 ms before it tells."""

from __future__ import annotations

import statistics
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.editors.neovim.test_neovim import run

BLOCK = """\
    def block_{0}(self, x):
        y = self.conv_{0}(x)
        y = torch.relu(y)
        return x + y

"""


def sixty_lines() -> str:
    """A model of about 60 lines: the width of its first layer is typed, its last line shows it."""
    made = "".join(f"        self.conv_{i} = nn.Conv2d(64, 64, 3, padding=1)\n" for i in range(5))
    called = "".join(f"        x = self.block_{i}(x)\n" for i in range(5))
    blocks = "".join(BLOCK.format(i) for i in range(5))
    return (
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.stem = nn.Conv2d(3, 64, 3)\n{made}        self.fc = nn.Linear(64, 10)\n\n{blocks}"
        f"    def forward(self, x):\n        x = self.stem(x)\n{called}        x = x.mean((2, 3))\n"
        "        return self.fc(x)\n\n\ny = Net()(torch.rand(2, 3, 32, 32))\n"
    )


def measured(name: str, text: str, typed: tuple[str, str, str], shown: str, edits: int) -> None:
    """Print the times for one file: `typed` is a line, and what is typed in it back and forth."""
    lines = text.split("\n")
    line = next(i for i, each in enumerate(lines) if typed[0] in each)
    hint = next(i for i, each in enumerate(lines) if shown in each)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        (project / "pyproject.toml").write_text("")
        (project / "net.py").write_text(text)
        told = run(
            Path(folder) / "neovim",
            "measure.lua",
            project / "net.py",
            MEASURE_LINE=str(line),
            MEASURE_HINT=str(hint),
            MEASURE_FROM=typed[1],
            MEASURE_TO=typed[2],
            MEASURE_EDITS=str(edits),
            VIRTUAL_ENV=sys.prefix,
        )
    print(f"{name}: {len(lines)} lines, {edits} edits")
    print(f"  start of Neovim to first hints {told['first_hints']:.0f} ms")
    for what in ("hints", "problems"):
        times = sorted(told[what])
        p95 = times[int(len(times) * 0.95)]
        print(f"  key to {what}: median {statistics.median(times):.0f} ms, 95th percentile {p95:.0f} ms")
    print(f"  memory {told['memory_before']:.0f} MiB, after the edits {told['memory_after']:.0f} MiB")


if __name__ == "__main__":
    spec = find_spec("torchvision")  # not imported: only its source is wanted
    assert spec is not None
    assert spec.origin is not None
    stem, resnet = "self.stem = nn.Conv2d", Path(spec.origin).parent / "models" / "resnet.py"
    measured("60-line model", sixty_lines(), (stem, "64, 3)", "63, 3)"), "x = self.stem(x)", 500)
    source = resnet.read_text().replace("from ..", "from torchvision.").replace("from .", "from torchvision.models.")
    first = "self.conv1 = nn.Conv2d(3, self.inplanes"
    measured("torchvision's resnet.py", source, (first, "self.inplanes", "63"), "x = self.conv1(x)", 100)
