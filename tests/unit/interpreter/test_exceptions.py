"""Exceptions that nothing catches: told where every run raises them, and only there."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from shapelens.analysis.session import InputSpec, Session

HEAD = """\
import contextlib, os, random, sys
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width, stride=1):
        super().__init__()
        if stride not in (1, 2):
            raise ValueError("illegal stride")
        self.conv = nn.Conv2d(width, width, 3, stride, groups=4)

    def forward(self, x):
        assert x.shape[1] % 8 == 0
        return self.conv(x)

class Mine(ValueError):
    pass

def maybe(flag):
    if flag:
        return 1
    raise RuntimeError("no flag")

def numbers():
    yield 1
    raise ValueError("taken too far")

"""
LINES = HEAD.count("\n")


def problems(folder: Path, text: str) -> list[tuple[int, str]]:
    path = folder / "program.py"
    path.write_text(HEAD + textwrap.dedent(text))
    return [(p.span.line, p.message) for p in Session(roots=[folder]).analyse(str(path)).problems]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Block(8, 3)", 9, "this raises ValueError: illegal stride"),
        ("Block(4)(torch.zeros(1, 4, 8, 8))", 13, "this raises AssertionError"),
        ("maybe(False)", 22, "this raises RuntimeError: no flag"),
        ("Block()", LINES + 1, "this raises TypeError: __init__() missing argument 'width'"),
        ("layers = [\n    8,\n    16,\n]\nlayers[\n2]", LINES + 5, "this raises IndexError"),
        ("sizes = dict(a=1)\nx = torch.zeros(\n    2, sizes['b'])", LINES + 3, "this raises KeyError"),
        ("torch._assert(torch.zeros(3).dim() == 2, 'a matrix')", LINES + 1, "this raises AssertionError: a matrix"),
        ("1 / (len([1]) - 1)", LINES + 1, "this raises ZeroDivisionError"),
        ("norm = None\nnorm(8)", LINES + 2, "this raises TypeError: 'NoneType' object is not callable"),
        ("with torch.no_grad():\n    Block(8, 3)", 9, "this raises ValueError: illegal stride"),
        ("try:\n    Block(8, 3)\nexcept KeyError:\n    pass", 9, "this raises ValueError: illegal stride"),
        (
            "try:\n    Block(8, 3)\nexcept ValueError as error:\n    raise error",
            9,
            "this raises ValueError: illegal stride",
        ),
        ("try:\n    Block(8, 3)\nexcept ValueError:\n    raise", 9, "this raises ValueError: illegal stride"),
    ],
)
def test_told(tmp_path: Path, text: str, line: int, said: str) -> None:
    assert problems(tmp_path, text) == [(line, said)]


@pytest.mark.parametrize(
    "text",
    [
        "Block(8, 2)(torch.zeros(1, 8, 8, 8))",
        "try:\n    Block(8, 3)\nexcept ValueError:\n    pass",
        "try:\n    raise Mine\nexcept ValueError:\n    pass",
        "try:\n    maybe(False)\nexcept Exception:\n    pass",
        "with contextlib.suppress(ValueError):\n    Block(8, 3)",
        "import other\nwith other.forgiving():\n    Block(8, 3)",
        "if len(sys.argv) > 2:\n    Block(8, 3)",
        "for name in os.listdir():\n    Block(8, 3)",
        "blocks = [Block(8, 3) for name in os.listdir()]",
        "blocks = (Block(8, s) for s in (1, 2, 3))",
        "blocks = map(lambda s: Block(8, s), (1, 2, 3))",
        "maybe(random.random() > 0.5)",
        "def first(flags):\n    for flag in flags:\n        if random.random() > 0.5:\n            break\n"
        "        raise ValueError\n    return 1\nfirst([1, 2])",
        "next(numbers())",
        "def unused(width):\n    raise NotImplementedError",
        "sys.exit('usage: …')",
        "raise SystemExit(1)",
        "raise ImportError('install it')",
        "assert torch.__version__ == '1.13.1'",
        "if torch.__version__ != '1.13.1':\n    raise RuntimeError('this needs another version')",
        "table = {'a': 1, 'b': 2}\nfor name in os.listdir():\n    del table[name]\nif table:\n    raise ValueError('left')",
        "int('ff', 16) + int('0b1', base=0)",
        "class Plugin:\n    def __init_subclass__(cls, name=None, **kwargs):\n        super().__init_subclass__(**kwargs)\n"
        "        if name is None:\n            raise TypeError('name it')\nclass One(Plugin, name='one'):\n    pass\n",
        "import unicodedata\nassert unicodedata.unidata_version >= '3'",
        "import hub\nfailed = hub.failure()\nraise failed",
        "import hub\ntry:\n    hub.load()\nexcept (OSError, ValueError) as error:\n    raise error",
        "try:\n    raise ImportError('install it')\nexcept ImportError as error:\n    last = error\n    raise last",
        "try:\n    raise ImportError('install it')\nexcept ImportError:\n    raise",
        "def load(table):\n    try:\n        found = table['new']\n    except KeyError:\n        found = table['old']\n"
        "    else:\n        raise NotImplementedError\n    return found\nimport hub\nload(hub.table)",
    ],
)
def test_not_told(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == []


def test_a_call_goes_on_where_a_branch_returned_before_the_raise(tmp_path: Path) -> None:
    assert problems(tmp_path, "n = maybe(random.random() > 0.5)\nnn.Linear(3, n)(torch.zeros(2, 4))") == [
        (LINES + 2, "Linear expects 3 features (in_features), got 4 in (2, 4)")
    ]


def test_an_entry_that_raises_while_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(HEAD)
    for entry, line, code in (("Block(8, 3)", 9, "uncaught-exception"), ("Block(6)", 10, "groups-mismatch")):
        result = Session(roots=[tmp_path]).run_entry(str(path), entry, [InputSpec((1, 8, 8, 8))])
        assert [(p.span.line, p.code) for a in result.analyses for p in a.problems][:1] == [(line, code)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q, k, v = map(float, [1, 2])", "2 values cannot be unpacked into 3 names"),
        ("q, k, v = (t + 1 for t in torch.zeros(4, 6).chunk(2, dim=-1))", "2 values cannot be unpacked into 3 names"),
        ("x, y = torch.zeros(12096, 2).unbind(0)", "12096 values cannot be unpacked into 2 names"),
    ],
)
def test_too_many_or_too_few_to_unpack(tmp_path: Path, text: str, said: str) -> None:
    assert problems(tmp_path, text) == [(LINES + 1, said)]


def test_an_iterator_that_was_read_from_is_not_counted(tmp_path: Path) -> None:
    text = "pairs = zip([1, 2], [3, 4])\nfor pair in pairs:\n    break\n((a, b),) = pairs\n"
    assert problems(tmp_path, text) == []
