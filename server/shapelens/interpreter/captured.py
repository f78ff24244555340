"""What a function that somebody else holds may change at any time: the lists and tables that it fills.

A hook (`lambda module, inputs, output: seen.append(output)`) or a callback runs whenever its holder calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, TypeAlias

from shapelens.interpreter.machine import Machine
from shapelens.values import UNKNOWN, Bound, Dict, Function, Instance, List, Partial

_FILLING = frozenset(
    "append extend insert add update setdefault appendleft extendleft pop popleft remove clear".split()
)


def release(m: Machine, value: Any) -> None:
    """Make unknown what the lists and tables hold that a function fills, now that somebody else may call it."""
    if isinstance(value, Partial):
        release(m, value.function)
        return
    receiver = value.receiver if isinstance(value, Bound) else None
    function = value.function if isinstance(value, Bound) else value
    if not isinstance(function, Function):
        return
    names, fields = filled(function.node)
    for scope in (*function.cells, function.module.namespace) if names or fields else ():
        for name in names:
            _forget(m, scope.get(name))
        for owner, field in fields:
            held = scope.get(owner)
            if isinstance(held, Instance):
                _forget(m, held.attrs.get(field))
    if isinstance(receiver, Instance):
        for _, field in fields:
            _forget(m, receiver.attrs.get(field))


def _forget(m: Machine, held: Any) -> None:
    if isinstance(held, (List, Dict)):
        m.touch(held)
        held.clear()
        held.rest = UNKNOWN
        m.captured[id(held)] = held


Filled: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


def filled(node: ast.AST) -> Filled:
    """The names that a function's body fills, and the attributes, each with the name of their owner."""
    known: Filled | None = getattr(node, "_filled", None)  # kept with the node: it goes with it
    if known is None:
        known = node._filled = _filled(node)  # type: ignore[attr-defined]
    return known


def _filled(node: ast.AST) -> Filled:
    names: dict[str, None] = {}
    fields: dict[tuple[str, str], None] = {}
    for target in _targets(node):
        if isinstance(target, ast.Name):
            names[target.id] = None
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            fields[target.value.id, target.attr] = None
    return tuple(names), tuple(fields)


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in _FILLING:
            target = each.func.value
        elif isinstance(each, ast.Subscript) and not isinstance(each.ctx, ast.Load):
            target = each.value
        elif isinstance(each, ast.AugAssign):
            target = each.target
        else:
            continue
        while isinstance(target, ast.Subscript):
            target = target.value
        yield target
