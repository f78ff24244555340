"""A syntax error costs the statement that it is in, and nothing else moves."""

from __future__ import annotations

import ast
import random
from collections import Counter
from pathlib import Path

import pytest

from shapelens.source.recovery import LOST
from shapelens.source.tree import Chunk, Tree, parse

CLASS = '''import torch


class Net(nn.Module):
    """A docstring

    over lines."""

    def __init__(self, n):
        super().__init__()
        self.conv1 = nn.Conv2d(3, n, 7)
        self.layers = nn.Sequential(
            nn.Linear(1, 2),
            nn.ReLU(),
        )

    @property
    def size(self):
        return 1

    def forward(self, x):
        """Runs."""
        a = self.conv1(x)
        {broken}
        if a.shape[0]:
            b = a + 1
        else:
            b = a
        return b

    def last(self):
        """Also
        documented.
        """
        return 2


def after(x):
    """Text"""
    return x


net = Net(4)
'''

HALF_TYPED = [
    "x = self.conv1(",
    "x = self.conv1(a, [1, {2: ",
    "x = ",
    "x.",
    "x = y.",
    "x = a[",
    "x = a[1:",
    "x = 'abc",
    'x = "abc',
    "x = f'{a",
    'x = """abc',
    "x = '''",
    "def f(",
    "def f",
    "def",
    "def f(a, b",
    "for",
    "for i",
    "for i in",
    "for i in range(",
    "if x",
    "if",
    "if x:",
    "while x",
    "with",
    "with torch.no_grad(",
    "with torch.no_grad():",
    "class A(",
    "class A",
    "class",
    "try:",
    "else:",
    "elif x:",
    "except:",
    "finally:",
    "lambda",
    "lambda x",
    "return x +",
    "import",
    "from a import",
    "from a import (b,",
    "from",
    ")",
    "x = a)",
    "x = (a]",
    "x = a b",
    "a, b = ",
    "x += ",
    "self.y = ",
    "x: int = ",
    "@",
    "@torch.",
    "x = [i for i in",
    "assert x,",
    "raise",
    "x = await",
    "print(x",
    "x = 1 +",
    "not",
    "x = $",
    "x = a if b",
    "del",
    "match x:",
    "case 1:",
    "x = \\",
    "x = 0123",
    "?",
    "é = (",
]


def definitions(tree: Tree) -> dict[str, tuple[int, str]]:
    """Each function by its dotted name: its absolute line, and what it says."""
    found: dict[str, tuple[int, str]] = {}

    def walk(body: list[ast.stmt], path: str, chunk: Chunk) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{path}{node.name}.", chunk)
            elif isinstance(node, ast.FunctionDef):
                line = node.lineno + chunk.part(node).line - 1
                found.setdefault(path + node.name, (line, ast.dump(node)))

    for chunk in tree.chunks:
        walk(list(chunk.tree), "", chunk)
    return found


def simple_statements(tree: Tree) -> Counter[tuple[int, int, str]]:
    """Each statement without a block, with its absolute place."""
    return Counter(
        (node.lineno + part.line - 1, node.col_offset, ast.dump(node))
        for chunk in tree.chunks
        for part, node in chunk.nodes()
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and not isinstance(node, ast.Match)
    )


GOOD = CLASS.replace("{broken}", "pass")


@pytest.mark.parametrize("code", HALF_TYPED)
def test_half_typed_code_costs_its_statement(code: str) -> None:
    text = CLASS.replace("{broken}", code)
    tree = parse(text, parse(GOOD))
    before, after = definitions(parse(GOOD)), definitions(tree)
    del before["Net.forward"]
    assert {name: after.get(name) for name in before} == before
    place = GOOD.split("\n").index("        pass") + 1
    kept = Counter({key: n for key, n in simple_statements(parse(GOOD)).items() if key[0] != place})
    assert not kept - simple_statements(tree)
    try:
        ast.parse(text)
    except SyntaxError:
        assert place in {problem.line for problem in tree.problems}
        assert len(tree.problems) <= 2


@pytest.mark.parametrize("code", HALF_TYPED)
def test_half_typed_code_at_the_top_costs_its_statement(code: str) -> None:
    lines = GOOD.split("\n")
    place = lines.index("def after(x):")
    lines.insert(place, code)
    tree = parse("\n".join(lines))
    before = {name: (line + (line > place), dump) for name, (line, dump) in definitions(parse(GOOD)).items()}
    after = definitions(tree)
    if code.startswith("@"):
        before.pop("after")
    assert {name: after.get(name) for name in before} == before
    assert not [chunk.line for chunk in tree.chunks if "net" in chunk.names_bound and chunk.broken]


@pytest.mark.parametrize("code", HALF_TYPED)
def test_half_typed_code_at_the_end_of_the_file(code: str) -> None:
    for margin in ("", "    ", "        "):
        tree = parse(GOOD.rstrip("\n") + "\n" + margin + code)
        before, after = definitions(parse(GOOD)), definitions(tree)
        assert {name: after.get(name) for name in before} == before


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("x = f(", [f"x = {LOST}"]),
        ("x = y = f(", [f"x = y = {LOST}"]),
        ("a, b = f(", [f"(a, b) = {LOST}"]),
        ("(a, b) = f(", [f"(a, b) = {LOST}"]),
        ("self.x[0] = f(", [f"self.x[0] = {LOST}"]),
        ("x += f(", [f"x = {LOST}"]),
        ("x @= f(", [f"x = {LOST}"]),
        ("x: int = f(", [f"x = {LOST}"]),
        ("x == f(", ["pass"]),
        ("f(x=1", ["pass"]),
        ("return f(", ["pass"]),
        ("def f(self, x\n    return x", ["def f(self, x):\n    return x"]),
        ("def f(\n    return x", [f"def f(*{LOST}, **__lost_keywords__):\n    return x"]),
        ("def f(a, b:\n    return a", [f"def f(*{LOST}, **__lost_keywords__):\n    return a"]),
        ("class A(nn.Module\n    x = 1", ["class A(nn.Module):\n    x = 1"]),
        ("class A(\n    x = 1", [f"class A({LOST}):\n    x = 1"]),
        ("class A(nn.\n    x = 1", [f"class A({LOST}):\n    x = 1"]),
        ("if x\n    y = 1", ["if x:\n    y = 1"]),
        ("if f(\n    y = 1\nelse:\n    y = 2", [f"if {LOST}:\n    y = 1\nelse:\n    y = 2"]),
        ("if a:\n    b\nelif f(\n    c\nelse:\n    d", [f"if a:\n    b\nelif {LOST}:\n    c\nelse:\n    d"]),
        ("for i, j in f(\n    y = 1", [f"for i, j in {LOST}:\n    y = 1"]),
        ("with f( as g\n    y = 1", [f"with {LOST} as g:\n    y = 1"]),
        ("while\n    y = 1", [f"while {LOST}:\n    y = 1"]),
        ("try:\n    a\nexcept (B as\n    c", ["try:\n    a\nexcept:\n    c"]),
        ("try:\n    a\nb", ["a", "b"]),
        ("else:\n    a", [f"if {LOST}:\n    a"]),
        (
            "match x:\n    case A(:\n        b\n    case 2:\n        c = (",
            [f"match x:\n    case _:\n        b\n    case 2:\n        c = {LOST}"],
        ),
        ("@f(\ndef g():\n    return 1", [f"@{LOST}\ndef g():\n    return 1"]),
        ("if x: y = f(", ["if x:\n    pass"]),
        ("def f():", ["def f():\n    pass"]),
        ("    x = 1\n    y = 2", ["x = 1", "y = 2"]),
        ("x = 1\n    y = 2\nz = 3", ["x = 1", "y = 2", "z = 3"]),
        ("def f():\n        x = 1\n    y = 2\n        z = 3", ["def f():\n    x = 1\n    y = 2\n    z = 3"]),
        ("x = f(\n    a,\n    b\ny = 2", [f"x = {LOST}", "y = 2"]),
        ("x = f(\ny = 2\ndef g(): pass", [f"x = {LOST}", "y = 2", "def g():\n    pass"]),
        ("x = 1)\ny = 2", [f"x = {LOST}", "y = 2"]),
    ],
)
def test_what_stands_for_what_was_lost(text: str, left: list[str]) -> None:
    tree = parse(text)
    assert tree.problems
    found = [ast.dump(node) for chunk in tree.chunks for node in chunk.tree]
    assert found == [ast.dump(node) for part in left for node in ast.parse(part).body]


def test_a_line_in_the_wrong_column_does_not_end_the_class() -> None:
    text = CLASS.replace("        {broken}", "x = ")
    tree = parse(text)
    before, after = definitions(parse(GOOD)), definitions(tree)
    del before["Net.forward"]
    assert {name: after.get(name) for name in before} == before
    assert not {"forward", "last"} & set(after)


def test_lost_names_are_not_told() -> None:
    (chunk,) = parse("x = f(").chunks
    assert chunk.names_bound == {"x"}
    assert chunk.names_used == frozenset()


def test_what_is_told_of_a_problem() -> None:
    tree = parse("import a\n\ndef f():\n    é = 'é' + g(  # (\n    return é\n")
    (problem,) = tree.problems
    assert (problem.line, problem.column, problem.end_line, problem.end_column) == (4, 4, 4, 16)
    assert problem.message == "'(' was never closed"


def test_newer_syntax_costs_its_statement_at_most() -> None:
    text = "class A[T]:\n    x = 1\n\ntype B = int\n\ndef f[T](x: T):\n    return x\n\ny = f'{'a' + f'{1}'}'\nz = 1\n"
    tree = parse(text)
    bound = set().union(*(chunk.names_bound for chunk in tree.chunks))
    assert {"A", "f", "y", "z"} <= bound
    for version_dependent in tree.problems:
        assert version_dependent.line in (1, 4, 6, 9)


SOURCES = [
    Path(ast.__file__),
    Path(random.__file__),
    Path(pytest.__file__).parent.parent / "_pytest" / "fixtures.py",
    Path(pytest.__file__).parent.parent / "_pytest" / "doctest.py",
]
INSERTED = [
    "x = f(",
    "x = 'a",
    'x = """a',
    "x = ",
    "x.",
    "x = a)",
    "del",
    "while x",
    "def f(",
    "for",
    "if x",
    "class A(",
    "a b",
]


def broken_versions(seed: int) -> tuple[str, str, int, int]:
    """A source, the same with one line broken or put in, that line's index, and how far later lines moved."""
    chance = random.Random(seed)
    good = chance.choice(SOURCES).read_text(encoding="utf-8")
    tree = ast.parse(good)
    spots = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and not isinstance(n, ast.Expr)]
    spot = chance.choice(spots)
    lines = good.split("\n")
    at = spot.lineno - 1
    line = lines[at]
    margin = line[: len(line) - len(line.lstrip())]
    if seed % 3 or spot.lineno != spot.end_lineno:
        return good, "\n".join([*lines[:at], margin + chance.choice(INSERTED), *lines[at:]]), at, 1
    cut = len(margin) + chance.randrange(1, len(line) - len(margin)) if len(line) - len(margin) > 1 else len(line)
    rest = "" if seed % 2 else line[cut + chance.randrange(1, 4) :]
    return good, "\n".join([*lines[:at], line[:cut] + rest, *lines[at + 1 :]]), at, 0


@pytest.mark.parametrize("seed", range(60))
def test_one_broken_statement_costs_no_other(seed: int) -> None:
    good, broken, at, moved = broken_versions(seed)
    try:
        ast.parse(broken)
    except SyntaxError:
        pass
    else:
        return
    tree = parse(broken, parse(good))
    expected = Counter(
        {
            (line + (moved if line > at else 0), column, dump): n
            for (line, column, dump), n in simple_statements(parse(good)).items()
            if moved or line != at + 1
        }
    )
    assert not expected - simple_statements(tree)
    inside = {
        node.lineno
        for node in ast.walk(ast.parse(good))
        if isinstance(node, ast.FunctionDef) and node.lineno <= at + 1 <= (node.end_lineno or 0) + 1
    }
    after = definitions(tree)
    for name, (line, dump) in definitions(parse(good)).items():
        if line not in inside:
            assert after.get(name) == (line + (moved if line > at else 0), dump)
