"""How the cost of an analysis, and of one after an edit, grows with what the file holds.

Processor time of a session in this process, so that other programs on the machine count little. The exponent is the slope
of a line through the logarithms of the larger half: about 1 where the cost is in proportion to the size.
"""

from __future__ import annotations

import gc
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shapelens.analysis.session import Session
from shapelens.cli.main import COLLECTIONS
from tests.bench.edits import kinds_of
from tests.bench.files import keras_script, library, synthetic

_HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"
_KINDS = ("number in a function in the middle", "new line in a function", "at the end of the file")


def measured(is_quick: bool = False, only: str = "") -> dict[str, Any]:
    """For each way to grow: the sizes, milliseconds of a whole analysis and of one after an edit, and the exponents."""
    found: dict[str, Any] = {}
    gc.set_threshold(*COLLECTIONS)
    for name, (make, sizes) in _WAYS.items():
        if only.lower() not in name.lower():
            continue
        sizes = sizes[:2] if is_quick else sizes
        print(name, file=sys.stderr)
        costs = [_cost(make, size) for size in sizes]
        whole, edits = [cost[0] for cost in costs], [cost[1] for cost in costs]
        found[name] = {
            "sizes": sizes,
            "whole": whole,
            "edit": edits,
            "exponents": [exponent(sizes, values) for values in (whole, edits)],
        }
    return found


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The slope of the line that fits the logarithms of the larger half best."""
    half = len(sizes) // 2 if len(sizes) > 2 else 0
    xs, ys = [math.log(s) for s in sizes[half:]], [math.log(max(c, 1e-3)) for c in costs[half:]]
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def _cost(make: Callable[[Path, int], Path], size: int) -> tuple[float, float]:
    """Milliseconds of the first analysis of the file of this size, and of one after an edit."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        path = make(root, size)
        text = path.read_text("utf-8")
        session = Session((root,))
        session.update(str(path), text)
        whole = _milliseconds(lambda: session.analyse(str(path)))
        edits = []
        for kind, texts in kinds_of(text, 3).items():
            for changed in texts if kind in _KINDS else ():
                session.update(str(path), changed)
                edits.append(_milliseconds(lambda: session.analyse(str(path))))
        return whole, statistics.fmean(edits)


def _milliseconds(action: Callable[[], object]) -> float:
    gc.collect()  # What earlier sizes left behind is none of this one's cost.
    started = time.process_time()
    action()
    return (time.process_time() - started) * 1000


def _text(make: Callable[[int], str]) -> Callable[[Path, int], Path]:
    def write(root: Path, size: int) -> Path:
        path = root / f"grown_{size}.py"
        path.write_text(_HEAD + make(size), encoding="utf-8")
        return path

    return write


def _functions(count: int) -> str:
    parts = [
        f"def step{n}(x, width={n % 7 + 2}):\n    w = torch.randn(x.shape[-1], width)\n    y = x @ w\n    return y.relu()\n\n\n"
        for n in range(count)
    ]
    return "".join(parts) + "".join(f"out{n} = step{n}(torch.randn({n + 1}, 8))\n" for n in range(count))


_STEP = "def step(x, width=4):\n    w = torch.randn(x.shape[-1], width)\n    y = x @ w\n    return y.relu()\n\n\n"


def _calls(count: int) -> str:
    return _STEP + "".join(f"out{n} = step(torch.randn({n + 2}, {n % 9 + 1}))\n" for n in range(count))


def _calls_of_model(count: int) -> str:
    calls = "".join(f"out{n} = net(torch.randn({n + 1}, 3, 32, 32))\n" for n in range(count))
    return _NET + "net = Net(16)\n" + calls


_NET = """class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = x.mean(dim=(2, 3))
        return self.head(x)


"""


def _models(count: int) -> str:
    return _NET + "".join(f"net{n} = Net({n + 1})\nout{n} = net{n}(torch.randn(2, 3, 32, 32))\n" for n in range(count))


def _in_sequence(count: int) -> str:
    layers = "".join(f"            nn.Linear({n % 5 + 8}, {(n + 1) % 5 + 8}),\n" for n in range(count))
    text = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.layers = nn.Sequential(\n"
    text += layers + "        )\n\n    def forward(self, x):\n        y = self.layers(x)\n        return y\n\n\n"
    return text + "out = Net()(torch.randn(2, 8))\n"


def _in_a_row(count: int) -> str:
    made = "".join(f"        self.layer{n} = nn.Linear({n % 5 + 8}, {(n + 1) % 5 + 8})\n" for n in range(count))
    used = "".join(f"        x = F.relu(self.layer{n}(x))\n" for n in range(count))
    text = f"class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{made}\n    def forward(self, x):\n{used}        return x\n\n\n"
    return text + "out = Net()(torch.randn(2, 8))\n"


def _open_row(count: int) -> str:
    """As above, with an input that nobody gives: it is to be found from what the layers ask for."""
    made = "".join(
        f"        self.conv{n} = nn.Conv2d({3 if n == 0 else 8}, 8, 3, stride=1, padding=1)\n" for n in range(count)
    )
    used = "".join(f"        x = F.relu(self.conv{n}(x))\n" for n in range(count))
    return f"class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n{made}\n    def forward(self, x):\n{used}        return x\n"


def _nested(count: int) -> str:
    """Blocks in blocks: each class holds one of the class before it."""
    text = _BLOCK
    for n in range(1, count):
        text += _OUTER.format(n=n, inner=n - 1)
    return text + f"out = Block{count - 1}(8)(torch.randn(2, 8))\n"


_BLOCK = """class Block0(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(width, width)

    def forward(self, x):
        y = F.relu(self.layer(x))
        return x + y


"""
_OUTER = """class Block{n}(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = Block{inner}(width)
        self.second = nn.Linear(width, width)

    def forward(self, x):
        y = self.first(x)
        y = self.second(y)
        return x + y


"""


def _call_depth(count: int) -> str:
    text = "def step0(x):\n    y = x * 2\n    return y\n\n\n"
    for n in range(1, count):
        text += f"def step{n}(x):\n    y = step{n - 1}(x)\n    return y + 1\n\n\n"
    return text + f"out = step{count - 1}(torch.randn(2, 3))\n"


def _repeated(count: int) -> str:
    """A model of one block, made so many times in a loop, each with another width."""
    text = _BLOCK + "class Net(nn.Module):\n    def __init__(self, depth):\n        super().__init__()\n"
    text += "        self.blocks = nn.ModuleList([Block0(8) for _ in range(depth)])\n"
    text += "        self.grow = nn.ModuleList([nn.Linear(8 + i, 9 + i) for i in range(depth)])\n\n    def forward(self, x):\n"
    text += "        for block in self.blocks:\n            x = block(x)\n        for grow in self.grow:\n            x = grow(x)\n"
    return text + f"        return x\n\n\nout = Net({count})(torch.randn(2, 8))\n"


def _joined(count: int) -> str:
    """Tensors of sizes that are not known, joined one after the other: dims that grow."""
    text = "def join(x):\n    out = x\n"
    text += "".join(f"    y{n} = x[:, {n}:]\n    out = torch.cat([out, y{n}], dim=1)\n" for n in range(count))
    return text + "    return out\n"


def _branches(count: int) -> str:
    text = "def choose(x, flag):\n    y = x\n"
    text += "".join(f"    if flag > {n}:\n        y = y + {n}\n    else:\n        y = y * 2\n" for n in range(count))
    return text + "    return y\n\n\nout = choose(torch.randn(2, 3), int(input()))\n"


_WAYS: dict[str, tuple[Callable[[Path, int], Path], list[int]]] = {
    "lines of models": (_text(lambda size: synthetic(size).removeprefix(_HEAD)), [250, 500, 1000, 2000, 4000]),
    "Keras script, parts": (_text(keras_script), [1, 2, 4, 8]),
    "functions, each called once": (_text(_functions), [50, 100, 200, 400]),
    "calls of one function": (_text(_calls), [50, 100, 200, 400, 800]),
    "calls of one model": (_text(_calls_of_model), [25, 50, 100, 200, 400]),
    "models of one class": (_text(_models), [25, 50, 100, 200]),
    "layers in a Sequential": (_text(_in_sequence), [25, 50, 100, 200, 400]),
    "layers in a row": (_text(_in_a_row), [25, 50, 100, 200, 400]),
    "layers in a row, input open": (_text(_open_row), [25, 50, 100, 200]),
    "blocks in a loop": (_text(_repeated), [16, 32, 64, 128]),
    "blocks nested": (_text(_nested), [6, 12, 24, 48]),
    "depth of calls": (_text(_call_depth), [6, 12, 24, 48]),
    "joins of unknown sizes": (_text(_joined), [10, 20, 40, 80]),
    "branches one after another": (_text(_branches), [25, 50, 100, 200]),
    "imported files": (library, [15, 30, 60, 120]),
}


def show(found: Mapping[str, Any]) -> None:
    """Print the figures."""
    print("\nprocessor time in ms of a whole analysis, of one after an edit (mean), and the exponents of both")
    for name, said in found.items():
        print(f"{name:32}{'size':>6}", *(f"{size:8}" for size in said["sizes"]))
        for kind, power in zip(("whole", "edit"), said["exponents"]):
            print(f"{'':32}{kind:>6}", *(f"{cost:8.1f}" for cost in said[kind]), f"   ^{power:.2f}")
