"""Programs that would take for ever, or all memory, if they were followed as they are: their cost is bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from shapelens.analysis.session import Cancelled, Session
from shapelens.interpreter.machine import Patience

PRELUDE = "import torch, math, itertools, re\nfrom torch import nn\n"
PROGRAMS = {
    "chunk": "x = torch.zeros(10**9, 3).chunk(10**8)",
    "tensor_split": "x = torch.tensor_split(torch.zeros(10**9, 3), 10**8)",
    "split": "x = torch.zeros(10**9, 3).split(1)",
    "split in a loop": "for x in torch.zeros(10**9, 3).split(1): y = x + 1",
    "recurrent layers": "x = nn.LSTM(3, 3, num_layers=10**8)(torch.zeros(2, 3, 3))",
    "nested data": "x = torch.tensor([[0] * 10000] * 10000)",
    "deeper data": "x = torch.tensor([[[0] * 1000] * 1000] * 1000)",
    "doubled lists": "x = [1]\nfor i in range(60): x = [x, x]\ny = x == x\nz = torch.tensor(x)\nt = str(x)",
    "doubled tuples": "x = (1,)\nfor i in range(60): x = (x, x)\ny = hash(x)\nz = {x: 1}\nt = f'{x}'",
    "added lists": "x = [1]\nfor i in range(60): x = x + x\ny = [1]\nfor i in range(60): y += y",
    "a list in itself": "x = []\nx.append(x)\ny = str(x)\nz = x == [x]\nt = torch.tensor(x)",
    "format": "a = f'{1:1000000000}'\nb = '%1000000000d' % 1\nc = '{:1000000000}'.format(1)\nd = f'{1.5:.1000000000f}'",
    "format by arguments": "w = 10**9\na = f'{1:{w}}'\nb = '%*d' % (w, 1)\nc = '{0:>{1}}'.format(1, w)\nd = format(1, str(w))",
    "texts": "a = 'a' * 10**10\nb = b'a' * 10**10\nc = 'a'.zfill(10**10)\nd = 'a'.ljust(10**10) + 'a'.center(10**10)",
    "grown texts": "x = 'ab'\nfor i in range(60): x += x\ny = ('a' * 4000).replace('a', 'b' * 4000).replace('b', x)",
    "bytes": "a = bytes(10**11)\nb = bytes(range(256)) * 10**9",
    "powers": "a = 10**10**10\nb = 2 << 10**10\nc = pow(7, 10**9)\nd = 3\nfor i in range(64): d = d * d",
    "math": "a = math.factorial(10**6)\nb = math.prod(range(1, 10**9))\nc = math.prod([10**9] * 10**5)\nd = math.comb(10**6, 10**5)",
    "ranges": "a = list(range(10**12))\nb = sum(range(10**12))\nc = range(10**12).count(5.5)\nd = list(range(10**30))",
    "loops": "for i in range(10**30): x = i\nwhile True: x = 1",
    "iterators": "a = next(iter(range(10**12)))\nb = list(zip(range(10**12), range(10**12)))\nc = list(map(str, range(10**12)))",
    "itertools": "a = list(itertools.product(range(1000), repeat=4))\nb = list(itertools.permutations(range(20)))\n"
    "c = list(itertools.count())\nd = list(itertools.repeat(1, 10**12))",
    "regular expressions": "x = re.match('(a+)+$', 'a' * 40 + 'b')",
    "compared rows": "a = max([[1] * 10**4] * 10**4)\nb = sorted([[1] * 10**4] * 10**4)\nc = set([(1,) * 10**4] * 10**4)",
    "symbolic sizes": "def f(x, y):\n  n = x.shape[0] + y.shape[0]\n  for i in range(100): n = n * (n + x.shape[1])\n  return x.view(n)",
    "triangles": "x = torch.tril_indices(10**9, 10**9)",
    "self reference": "class A:\n  def __init__(self): self.a = A()\nclass B(nn.Module):\n  def forward(self, x): return self(x)\n"
    "x = A()\ny = B()(torch.zeros(1))",
    "recursion": "def f(n): return f(n - 1) + f(n - 2)\nx = f(40)\ndef g():\n  yield from g()\ny = list(g())",
    "inheritance": "class A0: pass\n" + "".join(f"class A{i + 1}(A{i}): pass\n" for i in range(1000)),
    "no arguments": "".join(
        f"try: {name}()\nexcept TypeError: pass\n"
        for name in "enumerate zip map filter reversed sorted len range sum min max iter next isinstance getattr type [1].remove "
        "[1].index [].append {}.get {}.pop ''.join int.from_bytes itertools.chain itertools.repeat torch.zeros".split()
    ),
}  # fmt: skip

_RUN = """
import json, resource, sys, time
from shapelens.analysis.session import Cancelled, Session
from shapelens.interpreter.machine import Patience
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
session = Session((), sys.executable)
for name, text in json.load(sys.stdin).items():
    session.update("program.py", text)
    started = time.process_time()
    session.analyse("program.py")
    print(json.dumps([name, time.process_time() - started]), flush=True)
"""


def test_what_would_take_for_ever_is_bounded() -> None:
    programs = {name: PRELUDE + text + "\n" for name, text in PROGRAMS.items()}
    run = subprocess.run(
        [sys.executable, "-c", _RUN], input=json.dumps(programs), capture_output=True, text=True, timeout=240,
        env={**os.environ, "SHAPELENS_STRICT": "1"},
    )  # fmt: skip
    done = [json.loads(line) for line in run.stdout.splitlines()]
    assert [name for name, _ in done] == list(PROGRAMS), run.stderr[-2000:]
    # Each takes milliseconds where it is bounded, and far more than this where it is not.
    assert [name for name, seconds in done if seconds > 20] == []


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("x = torch.tensor([[0] * 20_000] * 3)", (3, 20_000)),
        ("x = torch.zeros(len([0] * 50_000))", (50_000,)),
        ("x = torch.zeros(len(range(10**12)) // 10**10)", (100,)),
        ("x = torch.zeros(10**6, 3).chunk(10**6)[5]", (1, 3)),
    ],
)
def test_what_is_too_long_to_hold_keeps_its_length(text: str, shape: tuple[int, ...]) -> None:
    from shapelens.analysis.session import Session

    session = Session((), sys.executable)
    session.update("program.py", PRELUDE + text + "\n")
    (fact,) = [fact for fact in session.analyse("program.py").facts if fact.name == "x"]
    assert [shown.shape for shown in fact.values] == [shape]


def test_long_code_without_tensors_leaves_the_budget_to_models(tmp_path: Path) -> None:
    walk = "def walk{n}(x):\n    y = x\n    for i in range(100):\n        for j in range(100):\n            for k in range(100):\n                y = (i, j, k, x)\n    return y\n\n\n"
    model = """
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)
            self.head = nn.Linear(8, 10)

        def forward(self, x):
            y = self.conv(x).mean((2, 3))
            return self.head(y)
    """
    path = tmp_path / "program.py"
    path.write_text("".join(walk.format(n=n) for n in range(6)) + textwrap.dedent(model))
    analysis = Session((tmp_path,)).analyse(str(path))
    assert not analysis.unfinished
    assert [f.name for f in analysis.facts if f.kind == "assign" and f.name == "y"] == ["y"]


_SLOW = """
import torch

SIZES = [n * n % 7 for n in range(20)]
for a in range(100):
    for b in range(100):
        SIZES = SIZES[1:] + [a * b % 7 + 1]
WIDTH = 3


def made(x):
    for a in range(100):
        for b in range(20):
            x = x + a % 2 - b % 3
    return torch.zeros(WIDTH, 4)
"""


@pytest.mark.parametrize("where", ["in the file", "in a module that is followed"])
def test_what_a_quick_look_has_no_time_for_is_seen_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    file = tmp_path / "script.py"
    text = _SLOW
    if where != "in the file":
        (tmp_path / "slow.py").write_text(_SLOW)
        text = "import torch\nfrom slow import WIDTH\n\n\ndef made(x):\n    return torch.zeros(WIDTH, 4)\n"
    text += "\n\nb = torch.zeros(2, 1)\nc = torch.zeros(WIDTH, 5)\n"
    session = Session((tmp_path,))
    session.update(str(file), text)
    monkeypatch.setattr("shapelens.analysis.session.QUICK", Patience(0.01, 0.01, 0.01, True))
    monkeypatch.setattr("shapelens.interpreter.machine.slowness", lambda: 1.0)
    hasty = session.analyse(str(file), thorough=False)
    assert hasty.waiting
    assert hasty.unfinished
    whole = session.analyse(str(file))
    assert not whole.waiting
    assert not whole.unfinished
    shown = {fact.name: fact.values[0].shape for fact in whole.facts}
    assert (shown["b"], shown["c"], shown["return"]) == ((2, 1), (3, 5), (3, 4))
    assert {fact.name: fact.values[0].shape for fact in hasty.facts}.items() <= shown.items()


def test_one_statement_that_is_nested_too_deeply_does_not_end_the_file(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(
        f"import torch\nkept = [1, 2]\nx = torch.zeros(2)\nx = (kept{'.copy()' * 3_000}, kept.append(3))\n"
        "y = torch.zeros(2, 3) @ torch.zeros(4, 5)\nz = torch.zeros(len(kept))\n"
    )
    analysis = Session((tmp_path,)).analyse(str(file))
    assert [problem.code for problem in analysis.problems] == ["matmul-mismatch"]
    shown = {fact.name: fact.values[-1].shape for fact in analysis.facts}
    assert shown.get("z") != (2,)


def test_a_module_that_half_ran_when_somebody_stopped_it_is_run_again(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(_SLOW)
    file = tmp_path / "script.py"
    file.write_text("import torch\nfrom slow import WIDTH\nc = torch.zeros(WIDTH, 5)\n")
    session = Session((tmp_path,))
    looks = iter(range(10**9))
    with pytest.raises(Cancelled):
        session.analyse(str(file), lambda: next(looks) > 3)
    assert [fact.values[0].shape for fact in session.analyse(str(file)).facts] == [(3, 5)]
