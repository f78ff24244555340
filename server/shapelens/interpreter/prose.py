"""What comments and docstrings say of shapes: evidence where nothing stronger is known, never the ground of an error.

A size that prose states is a symbol with that size as an assumption: what the layers ask for overrules it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from shapelens.dims import Dim
from shapelens.interpreter import importing
from shapelens.interpreter.arithmetic import written_size
from shapelens.interpreter.machine import Frame, Machine
from shapelens.source.comments import ShapeComment, shape_comments
from shapelens.source.docstrings import docstring_shapes
from shapelens.values import Function, Instance, Open, ShapeVar, Tensor, Unknown

# How dims that prose gives as a bare number are called, where that number turns out to be wrong.
_NAMES = {1: "B", 2: "B C", 3: "B T C", 4: "B C H W", 5: "B C D H W"}
_NAME = re.compile(r"[A-Za-z_]\w*'?\Z")
_NO_TENSOR = re.compile(r"List|Tuple|Dict|Sequence|list|tuple|dict|Union|Callable")


class Stated(NamedTuple):
    """The axes that prose gives a parameter, and a dtype where it says one."""

    axes: tuple[str, ...]
    dtype: str | None = None


def stated_parameters(function: Function, owner: ast.AST | None, above: Sequence[str]) -> dict[str, Stated]:
    """What comments and docstrings say of a function's parameters.

    `above` are the comment lines before the chunk, for a function that starts it; `owner` is the class whose docstring
    may speak of its forward.
    """
    node = function.node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return {}
    arguments = node.args
    parameters = [a for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs) if _may_be_tensor(a)]
    if not parameters:
        return {}
    names = tuple(a.arg for a in parameters)
    found: dict[str, Stated] = {}
    for name, axes in _commented(function, node, parameters, above):
        found.setdefault(name, Stated(axes))
    for doc in (_docstring(node), _docstring(owner) if node.name in ("forward", "__call__", "call") else ""):
        if doc:
            for name, shape in docstring_shapes(doc, names).items():
                found.setdefault(name, Stated(shape.axes, shape.dtype))
    return found


def _may_be_tensor(a: ast.arg) -> bool:
    if a.arg in ("self", "cls"):
        return False
    if a.annotation is None:
        return True
    text = ast.unparse(a.annotation)
    return "Tensor" in text and not _NO_TENSOR.search(text)


def _docstring(node: Any) -> str:
    if node is None or not node.body:
        return ""
    first = node.body[0]
    value = first.value if isinstance(first, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _commented(
    function: Function, node: ast.FunctionDef | ast.AsyncFunctionDef, parameters: list[ast.arg], above: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    parsed, shift = function.code.chunk.parsed, function.code.chunk.shift
    comments: dict[int, tuple[ShapeComment, ...]] = parsed.shape_comments
    if not comments and not above:
        return []
    names = {a.arg for a in parameters}
    found: list[tuple[str, tuple[str, ...]]] = []

    def take(comment: ShapeComment, unnamed: list[ast.arg]) -> None:
        if comment.axes is None:
            return
        if comment.name in names:
            found.append((comment.name, comment.axes))
        elif comment.name is None and len(unnamed) == 1:
            found.append((unnamed[0].arg, comment.axes))

    lone = [a for a in parameters if a in node.args.args or a in node.args.posonlyargs]
    required = lone[: max(0, len(lone) - len(node.args.defaults))]
    body = node.body[1:] if _docstring(node) else node.body
    end = body[0].lineno if body else node.body[0].lineno
    # A comment behind `def f(x): return …` is of what is returned.
    for line in range(node.lineno, end) if node.body[0].lineno > node.lineno else ():
        for comment in comments.get(line + shift, ()):
            own = parsed.lines[line + shift - 1].lstrip().startswith("#")
            here = [] if own else [a for a in parameters if a.lineno == line]
            take(comment, here if len(here) == 1 else [a for a in here if a in required])
    only = required if len(required) == 1 else lone
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    line = first + shift - 1
    while line >= 1 and parsed.lines[line - 1].lstrip().startswith("#"):
        for comment in comments.get(line, ()):
            take(comment, only)
        line -= 1
    for text in above if first + shift == 1 else ():
        for comment in shape_comments(text).get(1, ()):
            take(comment, only)
    return found


# -- values --------------------------------------------------------------------------------------------------------


class Names:
    """The dims that the names of one function's prose stand for."""

    def __init__(self, m: Machine, f: Frame, receiver: Any = None) -> None:
        self.m, self.f, self.receiver = m, f, receiver
        self.dims: dict[str, Dim] = {}

    def dim(self, name: str) -> Dim:
        """The dim of a name; where the object or the module has an int of that name, that is assumed."""
        if name not in self.dims:
            value = None
            if isinstance(self.receiver, Instance):
                value = self.receiver.attrs.get(name.removeprefix("self."))
            if value is None:
                value = self.f.module.namespace.get(name)
            known = value if type(value) is int and value > 0 else None
            self.dims[name] = self.m.store.state(name, known)
        return self.dims[name]

    def tensor(self, axes: Sequence[str], dtype: str | None = None) -> Tensor | None:
        """The tensor that axes such as `("B", "3", "H/2")` describe; None where they are no shape."""
        runs = [i for i, axis in enumerate(axes) if axis in ("...", "…") or axis.startswith("*")]
        if len(runs) > 1:
            return None
        letters = _NAMES.get(len(axes), "").split() or [f"d{i}" for i in range(len(axes))]
        dims = [self._axis(axis, letters[i]) for i, axis in enumerate(axes)]
        self.m.trusted = True
        library = importing.tensor_library(self.f)
        if library is None:
            return None
        if runs:
            return Tensor(Open(tuple(dims[: runs[0]]), ShapeVar(), tuple(dims[runs[0] + 1 :])), dtype, library)
        return Tensor(tuple(dims), dtype, library)

    def _axis(self, text: str, letter: str) -> Dim:
        text = text.strip("#")
        if text.isdigit():
            return self.m.store.state(letter, int(text)) if int(text) else 0
        if text.startswith("self.") or _NAME.match(text):
            return self.m.store.state("n") if text == "_" else self.dim(text)
        if text in ("-1", "?", "...", "…") or text.startswith("*"):
            return self.m.store.state(letter)
        dim = self._evaluated(text)
        return self.m.store.state(text.replace(" ", "")) if dim is None else dim

    def _evaluated(self, text: str) -> Dim | None:
        """`2*d` or `H/2` of names that stand for something already."""
        plain = re.sub(r"[×·]|(?<=[\w)])\s*x\s*(?=[\w(])", "*", text).replace("//", "/").replace("/", "//")
        size = written_size(plain, self.dims.get)
        return None if isinstance(size, int) and size < 0 else size


def assigned(m: Machine, f: Frame, node: ast.Assign, value: Any) -> Any:
    """The value of an assignment; where nothing is known of it, what a comment behind it says."""
    if type(value) is Unknown:
        if value.hole is not None:
            return value
    elif not (isinstance(value, Tensor) and value.shape is None):
        return value
    if not f.place.focus:
        return value
    comments = f.place.chunk.parsed.shape_comments
    line = (node.end_lineno or node.lineno) + f.place.chunk.shift
    if line not in comments or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        return value
    axes = None
    for comment in comments[line]:
        if comment.name in (None, node.targets[0].id):
            axes = comment.axes if comment.arrow_axes is None else comment.arrow_axes
    if axes is None:
        return value
    if f.names is None:
        function, names = m.named
        own = function is not None and f.function is function
        f.names = names if own else Names(m, f, f.locals.get("self"))
    tensor: Tensor | None = f.names.tensor(axes)
    if tensor is None or not isinstance(value, Tensor):
        return tensor or value
    return value.with_(shape=tensor.shape, origin=value.origin)
