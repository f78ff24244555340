"""What a parameter's annotation says of its value: jaxtyping and torchtyping shapes, plain types."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.dims import Dim, symbol
from shapelens.interpreter.expressions import ev
from shapelens.interpreter.machine import Frame, Machine
from shapelens.values import Hole, Lib, Open, Scalar, ShapeVar, Tensor, Unknown
from shapelens.values.dtypes import FLOATS, INTEGERS

_JAXTYPING_DTYPES = {
    "Float": None, "Float16": "float16", "Float32": "float32", "Float64": "float64", "BFloat16": "bfloat16",
    "Half": "float16", "Int": None, "Int8": "int8", "Int16": "int16", "Int32": "int32", "Int64": "int64", "Integer": None,
    "UInt8": "uint8", "UInt": None, "Bool": "bool", "Complex": None, "Num": None, "Real": None, "Inexact": None,
    "Shaped": None, "Complex64": "complex64", "Complex128": "complex128", "Key": None,
}  # fmt: skip
# The kinds whose dtype is any of a family: the usual member stands for it.
_USUAL = {"Float": "float32", "Int": "int64", "Integer": "int64"}
_TENSORS = ("torch.Tensor", "torch.FloatTensor", "torch.LongTensor", "torch.nn.Parameter", "numpy.ndarray")
_SCALARS = {"builtins.int": "int", "builtins.float": "float", "builtins.bool": "bool", "builtins.str": "str"}


class Axes:
    """The dims that one signature's axis names stand for, shared by its parameters and its return."""

    def __init__(self) -> None:
        self.dims: dict[str, Dim] = {}
        self.runs: dict[str, ShapeVar] = {}


def shape_of(m: Machine, node: ast.expr | None, f: Frame) -> tuple[str, str] | None:
    """The kind ("Float") and axis text of a jaxtyping-like annotation; None for any other."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return None
    if not isinstance(node, ast.Subscript):
        return None
    base = ev(m, node.value, f)
    if not isinstance(base, Lib):
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if base.path.startswith("jaxtyping.") and base.name in _JAXTYPING_DTYPES and len(parts) == 2:
        text = parts[1]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            return base.name, text.value
        if isinstance(text, ast.JoinedStr):
            value = ev(m, text, f)
            return (base.name, value) if isinstance(value, str) else None
    if base.path in ("typing.Annotated", "typing_extensions.Annotated"):
        for part in parts[1:]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                return "Shaped", part.value
    if base.path.startswith("torchtyping.") and base.name == "TensorType":
        words = []
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, (str, int)):
                words.append(str(part.value))
            elif isinstance(part, ast.Constant) and part.value is Ellipsis:
                words.append("...")
        return "Shaped", " ".join(words)
    return None


def tensor_of(m: Machine, kind: str, text: str, axes: Axes, f: Frame) -> Tensor | None:
    """The tensor that an annotation such as `Float[Tensor, "b n d"]` describes; None where it is not understood."""
    dims: list[Dim] = []
    run: ShapeVar | None = None
    prefix: list[Dim] = []
    for word in text.split():
        name = word.partition("=")[2] or word
        name = name.lstrip("#?")
        if name.startswith("*") or name == "...":
            if run is not None:
                return None
            run = axes.runs.setdefault(name, ShapeVar()) if name != "..." else ShapeVar()
            prefix, dims = dims, []
            continue
        dim = _axis(m, name, axes, f)
        if dim is None:
            return None
        dims.append(symbol("n") if word.startswith("#") and not name.isdigit() else dim)
    dtype = _JAXTYPING_DTYPES[kind] or _USUAL.get(kind)
    if run is not None:
        return Tensor(Open(tuple(prefix), run, tuple(dims)), dtype)
    return Tensor(tuple(dims), dtype)


def _axis(m: Machine, name: str, axes: Axes, f: Frame) -> Dim | None:
    if name.isdigit():
        return int(name)
    if name.startswith("_") or name == "":
        return symbol(name.lstrip("_") or "n")
    if name.isidentifier():
        if name not in axes.dims:
            axes.dims[name] = symbol(name)
        return axes.dims[name]
    if name.startswith("{"):
        return None
    try:
        node = ast.parse(name, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return _evaluate(node, axes)


def _evaluate(node: ast.expr, axes: Axes) -> Dim | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in axes.dims:
            axes.dims[node.id] = symbol(node.id)
        return axes.dims[node.id]
    if isinstance(node, ast.BinOp):
        left, right = _evaluate(node.left, axes), _evaluate(node.right, axes)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.FloorDiv):
            return left // right
    return None


def value_of(m: Machine, name: str, node: ast.expr | None, axes: Axes, f: Frame) -> Any:
    """What a parameter that nobody called with holds: by its annotation, else open."""
    known = shape_of(m, node, f)
    if known is not None:
        tensor = tensor_of(m, *known, axes, f)
        if tensor is not None:
            return tensor
    if node is not None and not isinstance(node, ast.Constant):
        kind = ev(m, node, f) if isinstance(node, (ast.Name, ast.Attribute)) else None
        if isinstance(kind, Lib):
            if kind.path in _TENSORS:
                dtype = "int64" if kind.name == "LongTensor" else None
                return Unknown(name, Hole(name)) if dtype is None else Tensor(Open((), ShapeVar(), ()), dtype)
            if kind.path == "builtins.int":
                return symbol(name)
            if kind.path in _SCALARS:
                return Scalar(_SCALARS[kind.path], name)
    return Unknown(name, Hole(name))


def allows(kind: str, dtype: str) -> bool:
    """Whether a jaxtyping kind admits a dtype."""
    exact = _JAXTYPING_DTYPES.get(kind)
    if exact is not None:
        return dtype == exact
    if kind in ("Float", "Inexact", "Real"):
        return dtype in FLOATS or kind == "Real" and dtype in INTEGERS
    if kind in ("Int", "Integer", "UInt"):
        return dtype in INTEGERS
    return True
