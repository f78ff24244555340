"""Programs made to hurt: short ones in short.txt, and those that are large made here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_HERE = Path(__file__).parent


def _short(name: str) -> dict[str, Callable[[], str]]:
    parts = re.split(r"^## (.*)\n", (_HERE / name).read_text(), flags=re.MULTILINE)
    return {title: (lambda text=text: text) for title, text in zip(parts[1::2], parts[2::2])}  # type: ignore[misc]


def _lines(count: int, line: str) -> str:
    """That many lines, `#` being the number of each."""
    return "\n".join(line.replace("#", str(i)) for i in range(count)) + "\n"


def _nest(count: int, before: str, middle: str, after: str) -> str:
    return before * count + middle + after * count


def _blocks(count: int, header: str, last: str = "pass") -> str:
    return "".join(" " * i + header.replace("#", str(i)) + "\n" for i in range(count)) + " " * count + last + "\n"


def _function(body: str, head: str = "def f(x, y):") -> str:
    return head + "\n" + "".join(f"    {line}\n" for line in body.splitlines())


def _ifs(count: int, then: str = "x = x + 1", otherwise: str = "x = torch.cat([x, x])") -> str:
    return _lines(count, f"if unknown#:\n    {then}\nelse:\n    {otherwise}")


_LAYERS = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
_KERAS = "import keras, tensorflow as tf\nfrom keras import layers\n"

_LONG: dict[str, Callable[[], str]] = {
    # branches
    "ifs in sequence": lambda: "x = torch.zeros(2, 3)\n" + _ifs(30),
    "ifs in sequence, many": lambda: "x = torch.zeros(2, 3)\n" + _ifs(3000),
    "ifs in a function": lambda: _function(_ifs(200) + "return x"),
    "ifs with returns": lambda: _function(_lines(500, "if c#:\n    return torch.zeros(#, 2)") + "return x"),
    "ifs with raises": lambda: _function(
        _lines(500, "if c#:\n    raise ValueError\nelif d#:\n    return x\nx = x[None]") + "return x"
    ),
    "ifs nested": lambda: (
        "x = 1\n"
        + "".join(" " * i + f"if c{i}:\n" + " " * (i + 1) + f"x = torch.zeros({i})\n" for i in range(90))
        + " " * 90
        + "y = x\n"
    ),
    "ifs nested both ways": lambda: "x = torch.zeros(2)\n" + _both(11),
    "ifs calling on": lambda: (
        "".join(
            f"def f{i}(x):\n    if c{i}: return f{i + 1}(x)\n    elif d{i}: return f{i + 1}(x[None])\n    else: return f{i + 1}(x + 1)\n"
            for i in range(50)
        )
        + "def f50(x): return x\ny = f0(torch.zeros(2))\n"
    ),
    "ifs in a loop": lambda: (
        "x = torch.zeros(2, 3)\nfor i in range(100):\n" + "".join(f"    {line}\n" for line in _ifs(20).splitlines())
    ),
    "ifs with appends": lambda: "a = []\n" + _ifs(200, "a.append(a)", "a = [a, a]") + "b = a\n",
    "conditional expressions": lambda: "x = " + " if a else ".join(f"torch.zeros({i})" for i in range(900)) + "\n",
    "conditional expressions nested": lambda: "x = " + _nest(80, "(1 if a else ", "2", ") if b else 3") + "\n",
    "boolean chain": lambda: (
        "x = " + " and ".join(f"u{i}" for i in range(20000)) + "\ny = " + " or ".join(["q"] * 20000)
    ),
    "comparison chain": lambda: "x = " + " < ".join(f"u{i}" for i in range(20000)) + "\n",
    "elif chain": lambda: "if a: x = 1\n" + _lines(5000, "elif c#: x = torch.zeros(#)") + "else: x = 3\ny = x\n",
    "elif chain known": lambda: "n = 7\nif n == -1: x = 1\n" + _lines(5000, "elif n == #: x = torch.zeros(#)"),
    "try chain": lambda: _lines(3000, "try: x# = torch.zeros(#)\nexcept E#: x# = torch.zeros(3)\nfinally: y = 1"),
    "try nested": lambda: (
        "".join(" " * i + "try:\n" for i in range(90))
        + " " * 90
        + "x = 1\n"
        + "".join(" " * i + "except E:\n" + " " * (i + 1) + "x = torch.zeros(3)\n" for i in reversed(range(90)))
    ),
    "try with handlers": lambda: "try: x = f()\n" + _lines(3000, "except E#: x = torch.zeros(#)") + "y = x\n",
    "match of thousands": lambda: "match q:\n" + _lines(3000, "  case [a#, #, *_]: x = torch.zeros(#)") + "y = x\n",
    "match nested": lambda: "match q:\n  case " + _nest(90, "[a, ", "b", "]") + ": x = 1\n",
    "match alternatives": lambda: "match q:\n  case " + " | ".join(map(str, range(10000))) + ": x = 1\n",
    "withs": lambda: _lines(3000, "with c# as d#: x = d#.foo(torch.zeros(2))"),
    "with many": lambda: "with " + ", ".join(f"c{i} as d{i}" for i in range(3000)) + ": x = 1\n",
    # nesting
    "brackets": lambda: "x = " + _nest(190, "[", "1", "]") + "\n",
    "brackets beyond the parser": lambda: "x = " + _nest(100000, "[", "1", "]") + "\n",
    "brackets open": lambda: "x = " + "[" * 100000 + "\n",
    "brackets open, each on its line": lambda: "x = [\n" * 5000,
    "brackets closed": lambda: "]" * 100000 + "\n",
    "brackets mixed": lambda: "([{" * 30000 + "\n" + ")]}" * 1000 + "\nz = 1\n",
    "parentheses": lambda: "x = " + _nest(190, "(", "1", ")") + "\n",
    "calls nested": lambda: "x = " + _nest(190, "f(", "torch.zeros(2)", ")") + "\n",
    "calls nested, known": lambda: "def f(x): return x + x\nx = " + _nest(90, "f(", "torch.zeros(2)", ")") + "\n",
    "calls in a chain": lambda: "x = torch.zeros(2)" + ".abs()" * 30000 + "\n",
    "calls in a short chain": lambda: "x = torch.zeros(2)" + ".abs()" * 900 + "\n",
    "attributes in a chain": lambda: "x = a" + ".b" * 50000 + "\n",
    "subscripts in a chain": lambda: "x = a" + "[0]" * 50000 + "\ny = torch.zeros(2)" + "[None]" * 900 + "\n",
    "sum of thousands": lambda: "x = " + " + ".join(["torch.zeros(2)"] * 20000) + "\n",
    "sum of hundreds": lambda: "x = " + " + ".join(["torch.zeros(2)"] * 900) + "\n",
    "sum in brackets": lambda: "x = " + _nest(90, "(1 + ", "2", ")") + "\n",
    "minus of minus": lambda: "x = " + "-" * 100000 + "1\n",
    "not of not": lambda: "x = " + "not " * 50000 + "1\n",
    "stars": lambda: "x = " + "**".join(["2"] * 5000) + "\n",
    "lambdas": lambda: "x = " + "lambda: " * 5000 + "1\n",
    "lambdas called": lambda: "x = " + _nest(90, "(lambda x: x + ", "1", ")(2)") + "\n",
    "awaits": lambda: "async def f():\n    return " + "await " * 5000 + "x\n",
    "walruses": lambda: "x = " + _nest(90, "(a := ", "1", ")") + "\n" + _lines(3000, "(a# := torch.zeros(#))"),
    "f-strings": lambda: (
        "x = " + "f'{" * 3 + "1" + "}'" * 3 + "\ny = f'" + "{1}" * 30000 + "'\nz = f'" + "{" * 50000 + "'\n"
    ),
    "f-string of many": lambda: "x = 1\ny = f'" + "{x:{x}}" * 5000 + "'\n",
    "strings in a row": lambda: "x = " + "'a' " * 100000 + "\n",
    "string of megabytes": lambda: "x = '" + "a" * 5_000_000 + "'\ny = x + x\n",
    "string never closed": lambda: "x = '''" + "a\n" * 300000,
    "quotes": lambda: "'''" * 100001 + "\n" + '"' * 100001 + "\n",
    "backslashes": lambda: "x = 1 + \\\n" * 20000 + "2\n",
    "blocks of if": lambda: _blocks(95, "if c#:"),
    "blocks beyond the parser": lambda: _blocks(1000, "if c#:"),
    "blocks of for": lambda: _blocks(19, "for i# in range(100):", "x = torch.zeros(i1)"),
    "blocks of for over unknowns": lambda: _blocks(19, "for i# in u#:", "x = torch.zeros(3)"),
    "blocks of while": lambda: _blocks(19, "while u#:", "x = torch.zeros(3)"),
    "blocks of for, one element": lambda: _blocks(19, "for i# in [1]:", "x = torch.zeros(3)"),
    "blocks of def": lambda: _blocks(90, "def f#(x):", "return x"),
    "blocks of class": lambda: _blocks(90, "class A#(nn.Module):", "x = 1"),
    "blocks of with": lambda: _blocks(19, "with c# as d#:", "x = torch.zeros(3)"),
    "indents of megabytes": lambda: "if a:\n" + " " * 3_000_000 + "x = 1\n",
    "indents at random": lambda: "".join(" " * (i * 7919 % 97) + f"x{i} = 1\n" for i in range(10000)),
    "tabs and spaces": lambda: "".join(("\t" if i % 2 else " " * 8) * (i % 9) + f"if x{i}:\n" for i in range(5000)),
    "comprehension of many fors": lambda: "x = [1 " + "for a in [1, 2] " * 19 + "]\n",
    "comprehensions nested": lambda: "x = " + _nest(40, "[", "1", " for a in [1, 2]]") + "\n",
    "comprehensions nested over unknowns": lambda: "x = " + _nest(40, "[", "1", " for a in u if v]") + "\n",
    # sizes
    "list of a million": lambda: "x = [" + "1, " * 1_000_000 + "]\n",
    "list of tensors": lambda: "x = [" + "torch.zeros(2), " * 20_000 + "]\ny = torch.stack(x)\n",
    "list of names": lambda: "x = [" + ", ".join(f"a{i}" for i in range(100_000)) + "]\n",
    "list of lists": lambda: (
        "x = [" + "[1, 2, 3, 4, 5, 6, 7, 8], " * 50_000 + "]\ny = torch.tensor(x)\nz = np.array(x)\n"
    ),
    "dict of many": lambda: "x = {" + ", ".join(f"'k{i}': {i}" for i in range(200_000)) + "}\ny = x['k3']\n",
    "set of many": lambda: "x = {" + ", ".join(map(str, range(200_000))) + "}\ny = 3 in x\n",
    "number of megabytes": lambda: "x = " + "9" * 1_000_000 + "\ny = 0x" + "f" * 1_000_000 + "\n",
    "number in thousands of digits": lambda: "x = " + "9" * 4000 + "\n" + "x = x * x\n" * 100 + "y = torch.zeros(x)\n",
    "bytes of megabytes": lambda: "x = b'" + "\\x00" * 1_000_000 + "'\n",
    "one long line": lambda: "x = 1; " * 700_000 + "\n",
    "one long line of calls": lambda: "x = torch.zeros(2, 3).sum(0); " * 5_000 + "\n",
    "one long comment": lambda: "# " + "(B, C, H, W) " * 400_000 + "\n",
    "lines": lambda: "\n" * 3_000_000 + "x = 1\n",
    "lines of carriage returns": lambda: "\r" * 1_000_000 + "\r\n" * 1_000_000 + "x = 1\n",
    "form feeds": lambda: "\f" * 1_000_000 + "x = 1\n",
    "zeros": lambda: "x = 1\n" + "\0" * 1_000_000,
    "combining marks": lambda: "x = 'e" + "\u0301" * 500_000 + "'\nнаме = 1\n" + "\u202e" * 100_000,
    "statements": lambda: _lines(100_000, "x# = #"),
    "statements of tensors": lambda: _lines(20_000, "x# = torch.zeros(#, 2)"),
    "statements of functions": lambda: _function(_lines(30_000, "x# = x + y")),
    "functions": lambda: _lines(20_000, "def f#(x): return x + #"),
    "functions with layers": lambda: _lines(5_000, "def f#(x): return nn.Linear(#, 2)(x.view(-1, #))"),
    "functions in a chain": lambda: _lines(5_000, "def f#(x): return f{}(x)").replace("{}", "0") + "y = f4000(1)\n",
    "functions each calling the next": lambda: (
        "".join(f"def f{i}(x): return f{i + 1}(x) + f{i + 2}(x)\n" for i in range(3000)) + "y = f0(torch.zeros(2))\n"
    ),
    "functions each calling the last": lambda: (
        "def f0(x): return x\n"
        + "".join(f"def f{i}(x): return f{i - 1}(f{i - 1}(x)) + 1\n" for i in range(1, 3000))
        + "y = f2999(torch.zeros(2))\n"
    ),
    "classes": lambda: _lines(10_000, "class A#: pass"),
    "classes of modules": lambda: _lines(
        2_000,
        "class A#(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.l = nn.Linear(#, 3)\n    def forward(self, x): return self.l(x)",
    ),
    "classes in a chain": lambda: (
        "class A0: pass\n" + "".join(f"class A{i}(A{i - 1}): pass\n" for i in range(1, 5000)) + "x = A4999().foo\n"
    ),
    "classes of all before": lambda: (
        "class A0: pass\n"
        + "".join(f"class A{i}({', '.join(f'A{k}' for k in reversed(range(i)))}): pass\n" for i in range(1, 150))
        + "x = A149().foo\n"
    ),
    "classes in a diamond": lambda: (
        "class A0: pass\n"
        + "".join(
            f"class L{i}(A{i}): pass\nclass R{i}(A{i}): pass\nclass A{i + 1}(L{i}, R{i}): pass\n" for i in range(1000)
        )
        + "x = A1000().foo\n"
    ),
    "classes calling super": lambda: (
        "class A0:\n    def f(self, x): return x\n"
        + "".join(
            f"class A{i}(A{i - 1}):\n    def f(self, x): return super().f(x) + super().f(x)\n" for i in range(1, 500)
        )
        + "x = A499().f(torch.zeros(2))\n"
    ),
    "methods": lambda: (
        "class A(nn.Module):\n" + _lines(10_000, "    def f#(self, x): return self.f{}(x)").replace("{}", "1")
    ),
    "attributes": lambda: (
        _LAYERS
        + _lines(5_000, "        self.l# = nn.Linear(4, 4)")
        + "    def forward(self, x):\n"
        + _lines(5_000, "        x = self.l#(x)")
        + "        return x\n"
    ),
    "fields": lambda: (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n" + _lines(10_000, "    a#: int = #") + "x = A()\n"
    ),
    "enum": lambda: "from enum import Enum\nclass A(Enum):\n" + _lines(10_000, "    a# = #") + "x = list(A)\n",
    "parameters": lambda: (
        "def f(" + ", ".join(f"a{i}" for i in range(10_000)) + "): return a0\ny = f(*range(10_000))\n"
    ),
    "arguments": lambda: (
        "x = f("
        + ", ".join(f"a{i}" for i in range(100_000))
        + ")\ny = print("
        + ", ".join(f"k{i}=1" for i in range(10_000))
        + ")\n"
    ),
    "targets": lambda: (
        "x = "
        + " = ".join(f"a{i}" for i in range(10_000))
        + " = 1\n"
        + ", ".join(f"b{i}" for i in range(20_000))
        + " = c\n"
    ),
    "targets of one another": lambda: "x = [1]\n" + _lines(5_000, "x[0], x = x, [x, x]"),
    "imports": lambda: _lines(5_000, "import nowhere#.a.b.c"),
    "imports from": lambda: (
        "from nowhere import "
        + ", ".join(f"a{i}" for i in range(50_000))
        + "\n"
        + _lines(3_000, "from torch.nn import Linear as L#")
    ),
    "decorators": lambda: (
        "def d(f): return lambda *a: f(*a)\n" + "@d\n" * 1_000 + "def f(x): return x\ny = f(torch.zeros(2))\n"
    ),
    "decorators unknown": lambda: "@d(1)\n" * 3_000 + "def f(x): return x\ny = f(torch.zeros(2))\n",
    "decorators with wraps": lambda: (
        "def d(f):\n    @functools.wraps(f)\n    def g(*a, **k): return f(*a, **k)\n    return g\n"
        + "@d\n" * 1_000
        + "def f(x): return x\ny = f(torch.zeros(2))\n"
    ),
    "problems": lambda: _lines(3_000, "y# = torch.zeros(2, 3) @ torch.zeros(4, #)"),
    "problems in a function": lambda: _function(_lines(3_000, "torch.zeros(2, 3) @ torch.zeros(4, #)")),
    "problems in functions": lambda: _lines(1_000, "def f#(x): return torch.zeros(2, #) @ torch.zeros(#1, 5)"),
    "problems of one class": lambda: (
        _LAYERS
        + "        self.l = nn.Linear(3, 4)\n    def forward(self, x):\n"
        + _lines(2_000, "        a# = self.l(self.l(x))")
    ),
    "syntax errors": lambda: _lines(5_000, "x# = = torch.zeros(#"),
    "syntax errors in a function": lambda: _function(_lines(3_000, "x# = (= #")),
    "syntax errors in a class": lambda: "class A:\n" + _lines(2_000, "    def f#(self, x:\n        return x +"),
    "syntax errors with strings": lambda: _lines(3_000, 'x# = \'abc # """ y'),
    "syntax errors with quotes": lambda: _lines(3_000, 'def f#(x):\n    """ doc\n    return x'),
    "syntax errors of brackets": lambda: _lines(3_000, "x# = f(a, [b, {c"),
    "half a bracket": lambda: "x = f(\n" + _lines(20_000, "y# = #"),
    "half a string": lambda: "x = '''\n" + _lines(20_000, "y# = #"),
    "half a def": lambda: "def f(\n" + _lines(10_000, "    y# = #"),
    "comments of shapes": lambda: _lines(5_000, "x# = foo(#)  # (B, C, H#, W)"),
    "comments of odd shapes": lambda: _lines(2_000, "x# = foo()  # (" + "(" * 50 + "B*C+D//2, " * 50 + ")" * 50 + ")"),
    "comment of a huge shape": lambda: "x = foo()  # (" + ", ".join(f"a{i}" for i in range(50_000)) + ")\ny = x + 1\n",
    "comment of shapes in a function": lambda: _function(_lines(1_000, "y = x.foo()  # (B, C, H#, W)") + "return y"),
    "docstring": lambda: (
        'def f(x):\n    """Args:\n'
        + _lines(20_000, "        x (Tensor): of shape (B, C, H#, W)")
        + '    """\n    return x\n'
    ),
    "docstring of brackets": lambda: (
        'def f(x):\n    """Args:\n        x: ' + "(" * 100_000 + "B" + ")" * 100_000 + '\n    """\n    return x\n'
    ),
    "docstring of spaces": lambda: (
        'def f(x):\n    """Args:\n        x: shape '
        + " " * 300_000
        + "("
        + "B , " * 50_000
        + '\n    """\n    return x\n'
    ),
    "docstrings": lambda: _lines(
        1_000,
        'def f#(x):\n    """Do.\n\n    Args:\n        x: tensor of shape (B, #, H)\n    """\n    return x.view(-1, #)',
    ),
    "annotation of many axes": lambda: (
        "from jaxtyping import Float\nfrom torch import Tensor\ndef f(x: Float[Tensor, '"
        + " ".join(f"a{i}" for i in range(10_000))
        + "']) -> Float[Tensor, '"
        + " ".join(f"a{i}" for i in range(10_000))
        + "']: return x\ny = f(torch.zeros(2))\n"
    ),
    "annotation of arithmetic": lambda: (
        "from jaxtyping import Float\nfrom torch import Tensor\ndef f(x: Float[Tensor, '"
        + "*".join(f"(a{i}+b{i})" for i in range(200))
        + "']): return x\ny = f(torch.zeros(2))\n"
    ),
    "annotation of brackets": lambda: (
        "from jaxtyping import Float\nfrom torch import Tensor\ndef f(x: Float[Tensor, '"
        + "(" * 5_000
        + "a"
        + ")" * 5_000
        + "']): return x\ny = f(torch.zeros(2))\n"
    ),
    "annotations nested": lambda: (
        "from typing import *\ndef f(x: "
        + _nest(90, "Optional[", "int", "]")
        + "): return x\ndef g(x: '"
        + _nest(5_000, "List[", "int", "]")
        + "'): return x\ny = f(1); z = g(1)\n"
    ),
    "annotations in a union": lambda: (
        "def f(x: " + " | ".join(f"A{i}" for i in range(3_000)) + "): return x\ny = f(1)\n"
    ),
    "annotations": lambda: (
        "from jaxtyping import Float\nfrom torch import Tensor\n"
        + _lines(1_000, "def f#(x: Float[Tensor, 'a b# c']) -> Float[Tensor, 'c a b#']: return x.permute(2, 0, 1)")
    ),
    "einsum of many": lambda: (
        "x = torch.einsum('" + ",".join(["ij"] * 300) + "->ij', " + "torch.zeros(2, 2), " * 300 + ")\n"
    ),
    "globals": lambda: "def f():\n    global " + ", ".join(f"a{i}" for i in range(20_000)) + "\n    a0 = 1\nf()\n",
    "dels": lambda: "x = 1\n" + "del x\n" * 20_000,
    "asserts": lambda: _function(_lines(3_000, "assert x.shape[0] == y.shape[1] + # and x.shape[1] % 2 == 0")),
    "asserts of shapes": lambda: _function(
        "\n".join(f"assert x.shape[{i % 4}] * y.shape[{i % 3}] == x.size({i % 5}) + {i}" for i in range(300))
        + "\nreturn x @ y"
    ),
    "symbols": lambda: _function(
        "a, b, c, d = x.shape\n"
        + _lines(
            300, "y# = torch.zeros(a + #, b * #, c // 2 ** (# % 9), d)\nz# = torch.cat([y#, y#])\nw# = z#.view(-1, a)"
        )
        + "return x"
    ),
    "symbols in a chain": lambda: _function(
        "a, b, c, d = x.shape\n"
        + _lines(300, "a = (a + b) * (c + #) // (d + 1)\nb = a % (c + #)\nx = torch.zeros(a, b)\nx = x.view(-1, b + 1)")
        + "return x"
    ),
    "layers of a net": lambda: (
        _LAYERS
        + _lines(400, "        self.c# = nn.Conv2d(8, 8, 3, stride=1 + # % 2, padding=# % 3)")
        + "    def forward(self, x):\n"
        + _lines(400, "        x = self.c#(x)")
        + "        return x\n"
    ),
    "nets in nets": lambda: (
        "".join(
            f"class N{i}(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = {f'N{i - 1}()' if i else 'nn.Linear(4, 4)'}\n        self.b = {f'N{i - 1}()' if i else 'nn.Linear(4, 4)'}\n    def forward(self, x): return self.b(self.a(x)) + 1\n"
            for i in range(40)
        )
        + "y = N39()(torch.zeros(2, 4))\n"
    ),
    "nets in nets, with numbers": lambda: (
        "".join(
            f"class N{i}(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n        self.a = {f'N{i - 1}(2 * n)' if i else 'nn.Linear(4, 4)'}\n        self.b = {f'N{i - 1}(2 * n + 1)' if i else 'nn.Linear(4, 4)'}\n        self.n = n\n    def forward(self, x): return self.b(self.a(x)) + self.n\n"
            for i in range(40)
        )
        + "y = N39(1)(torch.zeros(2, 4))\n"
    ),
    # Keras
    "keras functional": lambda: (
        _KERAS
        + "x = i = keras.Input((4,))\nfor _ in range(10**5): x = layers.Dense(4)(x)\nm = keras.Model(i, x)\ny = m(tf.zeros((2, 4)))\n"
    ),
    "keras functional of lines": lambda: (
        _KERAS
        + "x = i = keras.Input((4,))\n"
        + "x = layers.Dense(4)(x)\n" * 3_000
        + "m = keras.Model(i, x)\ny = m(tf.zeros((2, 4)))\nm.summary()\nm.compile(loss='mse')\nm.fit(np.zeros((8, 4)), np.zeros((8, 4)))\n"
    ),
    "keras shared layer": lambda: (
        _KERAS
        + "x = i = keras.Input((4,))\nd = layers.Dense(4)\nfor _ in range(10**5): x = d(x)\nm = keras.Model(i, x)\ny = m(tf.zeros((2, 4)))\n"
    ),
    "keras shared layer of lines": lambda: (
        _KERAS
        + "x = i = keras.Input((4,))\nd = layers.Dense(4)\n"
        + "x = d(x)\n" * 3_000
        + "m = keras.Model(i, x)\ny = m(tf.zeros((2, 4)))\n"
    ),
    "keras nested models": lambda: (
        _KERAS
        + "m = keras.Sequential([keras.Input((4,)), layers.Dense(4)])\nfor _ in range(100): m = keras.Sequential([keras.Input((4,)), m, m])\ny = m(tf.zeros((2, 4)))\nm.summary(); w = m.weights; n = m.count_params()\n"
    ),
    "keras nested functional": lambda: (
        _KERAS
        + "i = keras.Input((4,)); m = keras.Model(i, layers.Dense(4)(i))\nfor _ in range(100):\n    i = keras.Input((4,)); m = keras.Model(i, m(m(i)))\ny = m(tf.zeros((2, 4)))\nm.compile(loss='mse'); m.fit(np.zeros((8, 4)), np.zeros((8, 4)))\n"
    ),
    "keras doubled graph": lambda: (
        _KERAS
        + "x = i = keras.Input((4,))\nfor _ in range(100): x = layers.Add()([x, layers.Dense(4)(x)])\nm = keras.Model(i, x)\ny = m(tf.zeros((2, 4)))\nz = m(keras.Input((4,)))\nfor _ in range(100): z = x + x; x = layers.Concatenate()([z, x, x])\n"
    ),
    "keras sequential": lambda: (
        _KERAS
        + "m = keras.Sequential([layers.Dense(4) for _ in range(10**6)])\ny = m(tf.zeros((2, 4)))\nn = keras.Sequential()\nfor _ in range(10**5): n.add(layers.Dense(4))\nn.build((None, 4))\nz = n(tf.zeros((2, 4)))\nn.add(n)\n"
    ),
    "keras sequential of thousands": lambda: (
        _KERAS
        + "m = keras.Sequential([keras.Input((4,))] + [layers.Dense(4) for _ in range(3000)])\ny = m(tf.zeros((2, 4)))\nm.compile(loss='mse')\nm.fit(np.zeros((8, 4)), np.zeros((8, 4)))\nm.predict(np.zeros((3, 4)))\n"
    ),
    "keras absurd data": lambda: (
        _KERAS
        + "m = keras.Sequential([keras.Input((4,)), layers.Dense(4)])\nm.compile(loss='mse')\nm.fit(np.zeros((10**18, 4)), np.zeros((10**18, 4)), batch_size=10**9, epochs=10**9, validation_split=1e-18)\nm.fit([np.zeros((2, 4))] * 10**6, [[1] * 1000] * 1000)\nm.predict(list(range(10**9)))\nm.evaluate(tf.data.Dataset.range(10**18).batch(10**9))\n"
    ),
    "keras model in itself": lambda: (
        _KERAS
        + "class M(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.m = M()\n        self.d = layers.Dense(4)\n    def call(self, x): return self.m(self(self.d(x)))\ny = M()(tf.zeros((2, 4)))\nM().fit(np.zeros((8, 4)), np.zeros((8, 4)))\n"
    ),
    "keras layers": lambda: (
        _KERAS
        + "x = layers.Conv2D(10**18, 10**9, padding='same')(tf.zeros((1, 10**9, 10**9, 10**9)))\ny = layers.Flatten()(keras.Input((10**18,) * 100)); z = layers.Embedding(10**30, 10**30)(tf.zeros((2, 3))); w = layers.LSTM(10**18, return_sequences=True)(keras.Input((None, 10**18)))\nv = layers.UpSampling2D(10**18)(keras.Input((3, 3, 3))); u = layers.Reshape((-1,) + (10,) * 1000)(keras.Input((10**18,))); t = layers.StackedRNNCells([layers.LSTMCell(3) for _ in range(10**6)]); s = layers.RNN([layers.LSTMCell(3)] * 4000)(keras.Input((5, 3)))\nr = keras.applications.ResNet152()(tf.zeros((1, 224, 224, 3)))\n"
    ),
    "tf data": lambda: (
        _KERAS
        + "d = tf.data.Dataset.range(10**18)\nfor _ in range(1000): d = d.map(lambda x: x + 1).batch(2).repeat().shuffle(10**9).prefetch(3).flat_map(lambda x: tf.data.Dataset.from_tensors(x))\nfor x in d: y = x\ne = tf.data.Dataset.zip((d,) * 1000)\nfor _ in range(60): e = e.concatenate(e)\nfor _ in range(60): e = tf.data.Dataset.zip((e, e))\nfor z in e: pass\nf = tf.data.Dataset.from_tensor_slices(list(range(10**6))); g = tf.data.Dataset.from_generator(lambda: iter(int, 1), tf.int32); h = list(d.take(10**9)); i = list(f.as_numpy_iterator()); j = d.window(3).reduce(0, lambda a, b: a + b)\n"
    ),
    "tf loops": lambda: (
        _KERAS
        + "@tf.function\ndef f(x):\n    for i in tf.range(10**9): x = tf.concat([x, x], 0)\n    while x > 0: x = f(x)\n    return tf.while_loop(lambda x: f(x), lambda x: f(x), [x])\ny = f(tf.zeros(3))\nz = tf.stack([tf.zeros(3)] * 10**6); w = tf.unstack(tf.zeros((10**9, 2))); v = tf.split(tf.zeros(10**9), 10**9); u = tf.range(10**12); t = tf.tile(tf.zeros(3), [10**18]); s = tf.meshgrid(*[tf.range(10)] * 100); r = tf.zeros([2] * 5000); q = tf.constant([[1] * 1000] * 1000); p = tf.eye(10**9, batch_shape=[10**9] * 100); o = tf.map_fn(lambda x: x, tf.zeros((10**9, 2))); n = tf.einsum(','.join(['ij'] * 3000), *[tf.zeros((2, 2))] * 3000); m = tf.scan(lambda a, x: a + x, tf.zeros((10**9, 2)))\n"
    ),
}


def _both(depth: int) -> str:
    """Branches within both sides of branches."""
    if not depth:
        return "x = torch.cat([x, x])\n"
    inner = "".join(f" {line}\n" for line in _both(depth - 1).splitlines())
    return f"if u{depth}:\n{inner}else:\n{inner}"


PROGRAMS: dict[str, Callable[[], str]] = {**_short("short.txt"), **_LONG}
"""The programs by name; each is made when it is asked for."""
