"""Small legal programs on which something was once reported, or a shape shown that is not so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Session

PRELUDE = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
LEGAL = {
    "a table is indexed by names": "def f(load):\n  t = load()\n  n = t.size\n  return t.view(1)['x'], t[::-1]",
    "an array is reversed": "def f(scores):\n  order = scores.argsort()[::-1]\n  return order[0]",
    "an unknown object has a method of tensors": "import lib\nfor t in lib.Fuzzer().take(3): x = t['x']",
    "the old order of embedding_bag": "F.embedding_bag(torch.rand(10, 3), torch.tensor([1, 2, 4]), torch.tensor([0]))",
    "a name that exec makes": "ns = {}\nexec('def f(): return 1', ns)\nf = ns['f']",
    "a name of a star import": "from numpy import *\ndef f(name):\n  return globals()[name]\nf('add')",
    "an axis far out of a table": "def f(keep):\n  assert keep.shape[10_000_000] == 1",
    "a sketch": "class A(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.a = nn.Linear(...)",
    "complex weights": "x = nn.Linear(2, 2).to(torch.cdouble)(torch.ones(3, 2, dtype=torch.cdouble))",
    "an optional number of a subclass by its full name": "from torch.nn.modules.module import Module\nclass Up(Module):\n"
    "  def __init__(self, size=None, scale=None):\n    super().__init__()\n    self.size, self.scale = size, scale\n"
    "  def forward(self, x): return F.interpolate(x, self.size, self.scale)",
    "buffers that are no floats": "net = nn.BatchNorm1d(3)\nfor v in net.state_dict().values():\n"
    "  if v.dtype.is_floating_point:\n    v *= 0.5",
    "a list of tensors written by its place": "class A(nn.Module):\n  def __init__(self):\n    super().__init__()\n"
    "    self.c = nn.Conv2d(8, 16, 1)\n  def forward(self, x):\n    x[0] = self.c(x[0])\n    b, _, h, w = x[0].shape\n"
    "    x[0] = x[0].view(b, 2, 8, h, w)\n    return x[0].split(1, 4)",
    "a number that only keywords give": "from lib import exists\nclass A(nn.Module):\n  def __init__(self, *, dim=None):\n"
    "    super().__init__()\n    self.a = nn.Linear(dim, 3) if exists(dim) else None",
    "elements of a list of which one may be missing": "a, b, c = torch.zeros(1), torch.zeros(2), torch.zeros(3)\nxs = []\n"
    "if input(): xs.append(a)\nxs.append(b)\nxs.append(c)\nx, y = xs\nnn.Linear(2, 4)(x), nn.Linear(3, 4)(y)\n"
    "nn.Linear(2, 4)(xs[-2]), nn.Linear(3, 4)(xs[-1])",
    "a size without default behind a decorator": "import functools\nfrom lib import settle\ndef kept(init):\n"
    "  @functools.wraps(init)\n  def inner(self, *args, **kwargs): settle(self, init, *args, **kwargs)\n  return inner\n"
    "class A(nn.Module):\n  @kept\n  def __init__(self, n=None):\n    super().__init__()\n    self.a = nn.Linear(n, 3)",
    "what a hook puts into a table": "class A:\n  def __init__(self, net):\n    self.net, self.seen = net, {}\n"
    "    net[0].register_forward_hook(self.keep)\n  def keep(self, m, x, y): self.seen[0] = y\n  def last(self, x):\n"
    "    self.seen.clear()\n    self.net(x)\n    return self.seen[0]\n"
    "net = nn.Sequential(nn.Linear(2, 2))\nA(net).last(torch.zeros(1, 2))",
    "a class method as forward": "class A(torch.autograd.Function):\n  @classmethod\n  def forward(cls, ctx, *xs):\n"
    "    return tuple(x.detach() for x in xs)\nx, y = A.apply(torch.zeros(2), torch.zeros(3))",
    "a setting of another length in a branch": "class A(nn.Module):\n  def __init__(self, sizes=(1, 1)):\n"
    "    super().__init__()\n    self.sizes = sizes\n  def forward(self, x):\n    if x.ndim == 5: a, b, c = self.sizes\n"
    "    else: a, b = self.sizes\n    return x.shape[0] * a",
    "a recursion that shares a table": "class A(nn.Module):\n  def __init__(self, heads):\n    super().__init__()\n"
    "    self.out = [torch.rand(1)] * 2\n    def make(i, rest):\n      if len(rest) == 0: return nn.Identity()\n"
    "      return B(self.out, make(i + 1, rest[1:]), i)\n    self.skip = make(0, heads)\n  def forward(self, x):\n"
    "    x = self.skip(x)\n    return [F.interpolate(y, (4, 4)) for y in self.out]\nclass B(nn.Module):\n"
    "  def __init__(self, out, inner, i):\n    super().__init__()\n    self.out, self.inner, self.i = out, inner, i\n"
    "  def forward(self, x):\n    if self.i > 2: self.out[self.i - 3] = x\n    return self.inner(x)",
    "such elements with one layer each": "xs, layers = [], [nn.Linear(2, 4), nn.Linear(3, 4)]\n"
    "if input(): xs.append(torch.zeros(1))\nxs += [torch.zeros(2), torch.zeros(3)]\nfor f, x in zip(layers, xs): f(x)",
}  # fmt: skip
SHAPES = {
    "yields of an unknown number of turns": (
        "def g(n):\n  for i in range(n):\n    yield torch.zeros(2, 3)\nx = torch.cat(list(g(int(input()))))",
        ("n", 3),
    ),
    "data_parallel": ("x = nn.parallel.data_parallel(nn.Linear(3, 4), torch.zeros(2, 3))", (2, 4)),
    "the first yield of a choice": (
        "def g(c):\n  if c: yield torch.zeros(2)\n  yield torch.zeros(3)\nx = next(g(input()))",
        ("n",),
    ),
    "an item of a vector": ("def f(z):\n  s = torch.linalg.svd(z)[1]\n  x = s[0]\n", None),
}


def analysed(text: str) -> FileAnalysis:
    """What is said of a program."""
    session = Session((), sys.executable)
    session.update("program.py", PRELUDE + text + "\n")
    return session.analyse("program.py")


@pytest.mark.parametrize("text", LEGAL.values(), ids=LEGAL)
def test_nothing_is_reported(text: str) -> None:
    assert [problem.message for problem in analysed(text).problems] == []


@pytest.mark.parametrize(("text", "shape"), SHAPES.values(), ids=SHAPES)
def test_only_what_is_sure_is_shown(text: str, shape: tuple[object, ...] | None) -> None:
    found = [shown.shape for fact in analysed(text).facts if fact.name == "x" for shown in fact.values]
    if shape is None:
        assert not any(isinstance(one, tuple) for one in found)
    else:
        assert [[dim if isinstance(dim, int) else "n" for dim in one] for one in found] == [list(shape)]


def test_a_branch_elsewhere_is_not_the_call(tmp_path: Path) -> None:
    (tmp_path / "blocks.py").write_text(
        "from torch import nn\ndef block(kind, n, dim=None):\n"
        "  if kind == 'bare': return nn.Linear(n, 3)\n  return nn.Linear(dim, 3)\n"
    )
    program = tmp_path / "program.py"
    program.write_text("from blocks import block\ndef make(kind): return block(kind, 2)\nblock('dim', 2)\n")
    found = Session((tmp_path,), sys.executable).analyse(str(program))
    assert [problem.span.line for problem in found.problems] == [3]
