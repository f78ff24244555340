"""Edits that mean something: what a person does to a program while working on it, drawn at random.

An edit gives the texts that the editor goes through, one for each keystroke that is worth an analysis; nothing where the
text has no place for it.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Edit = Callable[[random.Random, "Text"], "list[str]"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class Text:
    """A text that parses, and where its nodes stand."""

    text: str
    tree: ast.Module

    def __post_init__(self) -> None:
        self.lines = [line for line in _LINE.findall(self.text) if line]
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.nodes = list(ast.walk(self.tree))

    @staticmethod
    def of(text: str) -> Text | None:
        """None where it does not parse."""
        try:
            return Text(text, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def offset(self, line: int, column: int) -> int:
        """The offset in code points of a place as ast counts: lines from 1, columns in UTF-8 bytes."""
        if line > len(self.lines):
            return len(self.text)
        said = self.lines[line - 1].encode("utf-8", "surrogatepass")[:column]
        return self.starts[line - 1] + len(said.decode("utf-8", "ignore"))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The offsets where a node starts and ends."""
        where: ast.expr = node  # type: ignore[assignment]
        return self.offset(where.lineno, where.col_offset), self.offset(
            where.end_lineno or 0, where.end_col_offset or 0
        )

    def whole_lines(self, node: ast.stmt) -> tuple[int, int]:
        """The offsets of a statement's lines, decorators and the line's end included."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        return self.starts[first - 1], self.starts[min(node.end_lineno or first, len(self.lines))]

    def put(self, span: tuple[int, int], text: str) -> list[str]:
        """The text with something else at a place."""
        return [self.text[: span[0]] + text + self.text[span[1] :]]

    def said(self, span: tuple[int, int]) -> str:
        """What stands there."""
        return self.text[span[0] : span[1]]

    def bodies(self) -> list[list[ast.stmt]]:
        """Every block of statements."""
        found = [getattr(node, name, None) for node in self.nodes for name in ("body", "orelse", "finalbody")]
        return [body for body in found if isinstance(body, list) and body and isinstance(body[0], ast.stmt)]

    def of_type(self, *types: type) -> list[ast.AST]:
        """The nodes of these types."""
        return [node for node in self.nodes if isinstance(node, types)]


def _picked(draw: random.Random, found: Sequence[ast.AST]) -> ast.AST | None:
    return draw.choice(found) if found else None


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip(" \t"))]


# -- values --------------------------------------------------------------------------------------------------------------


def number_changed(draw: random.Random, at: Text) -> list[str]:
    """Another number in the place of one: a layer's size, a dim, a default, a global constant."""
    numbers = [n for n in at.of_type(ast.Constant) if type(n.value) in (int, float)]  # type: ignore[attr-defined]
    node = _picked(draw, numbers)
    if node is None:
        return []
    value = node.value  # type: ignore[attr-defined]
    other = draw.choice(numbers).value  # type: ignore[attr-defined]
    new = draw.choice([value + 1, value - 1, value * 2, value // 2, 0, 1, -1, other, other, None])
    return at.put(at.span(node), repr(new))


def constant_changed(draw: random.Random, at: Text) -> list[str]:
    """A name's value at the top of the file is another."""
    found = [n for n in at.tree.body if isinstance(n, (ast.Assign, ast.AnnAssign)) and n.value is not None]
    node = _picked(draw, found)
    if node is None:
        return []
    values = ["8", "12", "None", "(4, 4)", "[16, 32]", "{'width': 8}", "torch.zeros(2, 3)", "unknown()", "'b c h w'"]
    return at.put(at.span(node.value), draw.choice(values))  # type: ignore[attr-defined]


def text_changed(draw: random.Random, at: Text) -> list[str]:
    """Another string: a pattern, a dtype, a mode."""
    node = _picked(draw, [n for n in at.of_type(ast.Constant) if isinstance(n.value, str)])  # type: ignore[attr-defined]
    if node is None:
        return []
    new = draw.choice(["same", "valid", "b c h w -> b (h w) c", "float16", "mean", "none", "__main__", "(B, 3, H, W)"])
    return at.put(at.span(node), repr(new))


def operator_changed(draw: random.Random, at: Text) -> list[str]:
    """`a + b` becomes `a @ b`."""
    node = _picked(draw, at.of_type(ast.BinOp))
    if node is None:
        return []
    between = at.span(node.left)[1], at.span(node.right)[0]  # type: ignore[attr-defined]
    said = at.said(between)
    new = re.sub(r"[-+*/@%]+", draw.choice(["+", "@", "*", "//", "-"]), said, count=1)
    return at.put(between, new)


# -- names ---------------------------------------------------------------------------------------------------------------


def renamed(draw: random.Random, at: Text) -> list[str]:
    """A name is another one: everywhere, or at one place after the other."""
    names = sorted({n for n in _NAME.findall(at.text) if not n.startswith("__")})
    if not names:
        return []
    old, new = draw.choice(names), draw.choice([*names[:: len(names) // 4 + 1], "renamed", "x", "y"])
    places = list(re.finditer(rf"\b{old}\b", at.text))
    if draw.random() < 0.4 or len(places) > 6:
        return [re.sub(rf"\b{old}\b", new, at.text)]
    texts, text = [], at.text
    for place in reversed(places):
        text = text[: place.start()] + new + text[place.end() :]
        texts.append(text)
    return texts[:6]


def name_changed(draw: random.Random, at: Text) -> list[str]:
    """Another name, or another attribute, in one place."""
    node = _picked(draw, at.of_type(ast.Name, ast.Attribute))
    if node is None:
        return []
    if isinstance(node, ast.Attribute):
        others = [n.attr for n in at.of_type(ast.Attribute)]  # type: ignore[attr-defined]
        end = at.span(node)[1]
        return at.put((end - len(node.attr), end), draw.choice(others))
    others = [n.id for n in at.of_type(ast.Name)]  # type: ignore[attr-defined]
    return at.put(at.span(node), draw.choice(others))


# -- statements ----------------------------------------------------------------------------------------------------------


def statement_deleted(draw: random.Random, at: Text) -> list[str]:
    """A statement goes, with its lines."""
    node = _picked(draw, [n for body in at.bodies() for n in body])
    return at.put(at.whole_lines(node), "") if isinstance(node, ast.stmt) else []


def statement_doubled(draw: random.Random, at: Text) -> list[str]:
    """A statement is there twice, or a copy of it somewhere else in its block."""
    bodies = at.bodies()
    if not bodies:
        return []
    body = draw.choice(bodies)
    span, where = at.whole_lines(draw.choice(body)), at.whole_lines(draw.choice(body))[1]
    return at.put((where, where), at.said(span))


def statements_swapped(draw: random.Random, at: Text) -> list[str]:
    """Two neighbours change places: statements, methods, functions."""
    bodies = [body for body in at.bodies() if len(body) > 1]
    if not bodies:
        return []
    body = draw.choice(bodies)
    i = draw.randrange(len(body) - 1)
    one, other = at.whole_lines(body[i]), at.whole_lines(body[i + 1])
    if one[1] > other[0]:
        return []
    swapped = at.said(other) + at.said((one[1], other[0])) + at.said(one)
    return at.put((one[0], other[1]), swapped)


def definition_moved(draw: random.Random, at: Text) -> list[str]:
    """A function or a class moves to another place in the file, cut first and pasted then."""
    found = [n for n in at.tree.body if isinstance(n, _SCOPES)]
    if len(found) < 2:
        return []
    node, before = draw.sample(found, 2)
    span, where = at.whole_lines(node), at.whole_lines(before)[0]
    cut, said = at.put(span, "")[0], at.said(span)
    where = where if where <= span[0] else where - (span[1] - span[0])
    return [cut, cut[:where] + said + "\n\n" + cut[where:]]


_ADDED = """x = x.transpose(0, 1)
x = x.view(-1)
print(x.shape)
x = torch.zeros(2, 3)
y = x + 1
x = x[0]
return x
del x
x = None
x = nn.Linear(8, 8)(x)
x = torch.cat([x, x], dim=1)
x = unknown(x)
self.extra = x
self.extra = nn.Linear(3, 4)
global WIDTH
x.append(1)
x += 1
assert x.shape[0] == 2
raise ValueError(x)
import numpy as np
x = np.zeros((4, 5))
for i in range(3): x = x * 2
if x is None: x = torch.ones(4)
x: "Float[Tensor, 'b c']" = x
with torch.no_grad(): y = x.sum(0)
x = [x for _ in range(3)]
try: x = x @ x
from torch import nn
pass""".splitlines()


def statement_added(draw: random.Random, at: Text) -> list[str]:
    """A new line before or after another one, of the names that are there."""
    bodies = at.bodies()
    if not bodies:
        return []
    node = draw.choice(draw.choice(bodies))
    start, end = at.whole_lines(node)
    names = sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name)}) or ["x"]
    line = re.sub(r"\bx\b", draw.choice(names), draw.choice(_ADDED))
    where = draw.choice([start, end])
    before = "" if at.text[:where].endswith(("\n", "\r")) or not where else "\n"
    return at.put((where, where), before + _indent(at.lines[node.lineno - 1]) + line + "\n")


def line_typed(draw: random.Random, at: Text) -> list[str]:
    """A line is taken away and typed again, half a token at a time."""
    node = _picked(draw, [n for body in at.bodies() for n in body if n.lineno == n.end_lineno])
    if not isinstance(node, ast.stmt):
        return []
    start, end = at.span(node)
    said = at.said((start, end))
    stops = sorted({draw.randrange(len(said) + 1) for _ in range(draw.choice([2, 3, 5]))} | {0, len(said)})
    return [at.put((start, end), said[:stop])[0] for stop in stops]


def wrapped(draw: random.Random, at: Text) -> list[str]:
    """A statement stands in an `if`, a loop or a `try` now."""
    node = _picked(draw, [n for body in at.bodies() for n in body])
    if not isinstance(node, ast.stmt):
        return []
    span = at.whole_lines(node)
    indent = _indent(at.lines[node.lineno - 1])
    block = "".join(f"    {line}" if line.strip() else line for line in _LINE.findall(at.said(span)))
    block = block if block.endswith(("\n", "\r")) else block + "\n"
    head = draw.choice(
        ["if flag:", "if True:", "if False:", "for _ in range(2):", "while flag:", "with torch.no_grad():"]
    )
    if draw.random() < 0.2:
        return at.put(span, f"{indent}try:\n{block}{indent}except Exception:\n{indent}    pass\n")
    return at.put(span, f"{indent}{head}\n{block}")


# -- calls and definitions -----------------------------------------------------------------------------------------------


def argument_changed(draw: random.Random, at: Text) -> list[str]:
    """An argument of a call goes, comes twice, or is another."""
    calls = [n for n in at.of_type(ast.Call) if n.args]  # type: ignore[attr-defined]
    node = _picked(draw, calls)
    if not isinstance(node, ast.Call):
        return []
    span = at.span(draw.choice(node.args))
    other = draw.choice(draw.choice(calls).args)  # type: ignore[attr-defined]
    said = at.said(span)
    return at.put(span, draw.choice(["", f"{said}, {said}", at.said(at.span(other)), f"key={said}", f"*{said}"]))


def default_changed(draw: random.Random, at: Text) -> list[str]:
    """A default is another, or a parameter has one now."""
    found = [n for n in at.of_type(ast.FunctionDef) if n.args.args]  # type: ignore[attr-defined]
    node = _picked(draw, found)
    if not isinstance(node, ast.FunctionDef):
        return []
    new = draw.choice(["None", "8", "3", "()", "nn.ReLU", "0", "False"])
    if node.args.defaults and draw.random() < 0.7:
        return at.put(at.span(draw.choice(node.args.defaults)), new)
    end = at.span(node.args.args[-1])[1]
    return at.put(
        (end, end), draw.choice([f"={new}", f", extra={new}", ", extra", ": int", ": torch.Tensor", ", **more"])
    )


def base_changed(draw: random.Random, at: Text) -> list[str]:
    """A class inherits from another."""
    node = _picked(draw, [n for n in at.of_type(ast.ClassDef) if n.bases])  # type: ignore[attr-defined]
    if not isinstance(node, ast.ClassDef):
        return []
    names = [n.name for n in at.of_type(ast.ClassDef)]  # type: ignore[attr-defined]
    new = draw.choice([*names, "nn.Module", "object", "nn.Sequential", "keras.Model", "unknown"])
    return at.put(at.span(draw.choice(node.bases)), new)


def decorated(draw: random.Random, at: Text) -> list[str]:
    """A decorator comes or goes."""
    node = _picked(draw, at.of_type(*_SCOPES))
    if not isinstance(node, _SCOPES):
        return []
    if node.decorator_list and draw.random() < 0.6:
        decorator = draw.choice(node.decorator_list)
        return at.put((at.starts[decorator.lineno - 1], at.starts[decorator.end_lineno or 0]), "")
    names = ["staticmethod", "classmethod", "property", "torch.no_grad()", "unknown", "dataclass", "functools.cache"]
    start = at.whole_lines(node)[0]
    return at.put((start, start), f"{_indent(at.lines[node.lineno - 1])}@{draw.choice(names)}\n")


_IMPORTS = (
    "import torch\n", "from torch import nn\n", "import torch.nn.functional as F\n", "from torch import *\n", "import missing\n",
    "from missing import thing\n", "import numpy as np\n", "from functools import partial\n", "from sizes import *\n",
)  # fmt: skip


def import_changed(draw: random.Random, at: Text) -> list[str]:
    """An import goes, is another, or comes."""
    found = at.of_type(ast.Import, ast.ImportFrom)
    if found and draw.random() < 0.7:
        node = draw.choice(found)
        new = draw.choice(["", draw.choice(_IMPORTS)])
        return at.put(at.whole_lines(node), new) if isinstance(node, ast.stmt) else []
    where = draw.choice([0, *(at.whole_lines(node)[0] for node in at.tree.body)])
    return at.put((where, where), draw.choice(_IMPORTS))


# -- what says nothing, or should ----------------------------------------------------------------------------------------

_COMMENTS = (
    "# TODO", "# (B, 3, 32, 32)", "# (B, C, H, W)", "# shapelens: ignore", "# type: ignore", "# x: B T C", "# é 𝔸 ‮ ﷽", "#",
)  # fmt: skip


def commented(draw: random.Random, at: Text) -> list[str]:
    """A comment at the end of a line, on a line of its own, or a line made a comment."""
    lines = list(at.lines) or [""]
    n = draw.randrange(len(lines))
    body = lines[n].rstrip("\r\n")
    end = lines[n][len(body) :] or "\n"
    comment, kind = draw.choice(_COMMENTS), draw.random()
    if kind < 0.4:
        lines[n] = f"{body.split('  #')[0]}  {comment}{end}"
    elif kind < 0.6:
        lines[n] = f"{_indent(body)}{comment}{end}{lines[n]}"
    elif kind < 0.8:
        lines[n] = f"{_indent(body)}# {body.lstrip()}{end}"
    else:
        lines[n] = re.sub(r"\s*#.*", "", body) + end
    return ["".join(lines)]


def blank_lines(draw: random.Random, at: Text) -> list[str]:
    """Empty lines come or go: everything below moves."""
    lines = list(at.lines) or [""]
    n = draw.randrange(len(lines))
    if not lines[n].strip():
        return ["".join(lines[:n] + lines[n + 1 :])]
    return ["".join([*lines[:n], *["\n"] * draw.choice([1, 2, 9]), *lines[n:]])]


def documented(draw: random.Random, at: Text) -> list[str]:
    """A function has a docstring that speaks of shapes."""
    node = _picked(draw, at.of_type(ast.FunctionDef))
    if not isinstance(node, ast.FunctionDef) or node.body[0].lineno == node.lineno:
        return []
    name = node.args.args[-1].arg if node.args.args else "x"
    start = at.whole_lines(node.body[0])[0]
    text = draw.choice(['"""What it does."""', f'"""Args:\n        {name}: tensor of shape (B, 3, 8, 8)\n    """'])
    return at.put((start, start), f"{_indent(at.lines[node.body[0].lineno - 1])}{text}\n")


EDITS: tuple[Edit, ...] = (
    number_changed, number_changed, number_changed, constant_changed, text_changed, operator_changed, renamed, renamed,
    name_changed, name_changed, statement_deleted, statement_deleted, statement_doubled, statements_swapped,
    definition_moved, statement_added, statement_added, statement_added, line_typed, line_typed, wrapped,
    argument_changed, argument_changed, default_changed, base_changed, decorated, import_changed, commented, commented,
    blank_lines, documented,
)  # fmt: skip
