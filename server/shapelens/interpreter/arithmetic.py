"""Sizes as annotations, comments and docstrings write them: `2*d`, `h//2`, `min(a, b)`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim, TooComplex, exact_quotient, maximum, minimum

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Dim | None]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Div: exact_quotient,
    ast.Pow: lambda base, power: base**power if isinstance(power, int) and 0 <= power <= 8 else None,
}


def expression_of(text: str) -> ast.expr | None:
    """The expression that a text is, if it is one."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def written_size(text: str, named: Callable[[str], Dim | None]) -> Dim | None:
    """The size that a text says, `named` being what a name stands for; None where it says none that is known."""
    node = expression_of(text)
    try:
        return None if node is None else _size(node, named)
    except (TooComplex, ZeroDivisionError, ValueError):
        return None


def _size(node: ast.expr, named: Callable[[str], Dim | None]) -> Dim | None:
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        return named(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        dims = [_size(a, named) for a in node.args]
        known = [d for d in dims if d is not None]
        if len(known) < len(dims) or len(dims) < 2 or node.keywords:
            return None
        return minimum(*known) if node.func.id == "min" else maximum(*known)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _size(node.operand, named)
        return None if value is None else -value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _size(node.left, named), _size(node.right, named)
        return None if left is None or right is None else _OPERATORS[type(node.op)](left, right)
    return None
