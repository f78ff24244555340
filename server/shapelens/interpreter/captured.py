"""What a function that somebody else holds may change at any time: the lists and tables that it fills.

A hook (`lambda module, inputs, output: seen.append(output)`) or a callback runs whenever its holder calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from shapelens.interpreter import classes
from shapelens.interpreter.machine import Machine
from shapelens.values import UNKNOWN, Bound, Class, Dict, Function, Instance, List, Partial

_FILLING = frozenset(
    "append extend insert add update setdefault appendleft extendleft pop popleft remove clear".split()
)


def release(m: Machine, value: Any, among: frozenset[int] = frozenset(), first: Any = None) -> None:
    """Make unknown what the lists and tables hold that a function fills, now that somebody else may call it.

    `among` are the functions that led here, `first` is what it will be called with, in the first place, if that is known.
    """
    if isinstance(value, Partial):
        release(m, value.function, among, None if value.args else first)
        return
    receiver = value.receiver if isinstance(value, Bound) else None
    function = value.function if isinstance(value, Bound) else value
    if not isinstance(function, Function) or id(function) in among or len(among) > _DEPTH:
        return
    found = filled(function.node)
    names, fields, called, methods, stored = found
    among |= {id(function)}
    for scope in (*function.cells, function.module.namespace) if any(found) else ():
        for name in names:
            forget(m, scope.get(name))
        for owner, field in fields:
            _forget_field(m, scope.get(owner), field)
        for owner, field in stored:
            _forget_value(m, scope.get(owner), field)
        for name in called:
            _release_method(m, scope.get(name), "__call__", among)
        for owner, method in methods:
            _release_method(m, scope.get(owner), method, among)
    parameters = [each.arg for each in function.node.args.args][receiver is not None :]
    for owner, field in fields if parameters and isinstance(first, Instance) else ():
        if owner == parameters[0]:
            _forget_field(m, first, field)
    for owner, field in stored if parameters and isinstance(first, Instance) else ():
        if owner == parameters[0]:
            _forget_value(m, first, field)
    if isinstance(receiver, Instance):
        for _, field in fields:
            _forget_field(m, receiver, field)
        for _, method in methods:
            _release_method(m, receiver, method, among)


# Calls from one function to the next that are looked through for what they fill.
_DEPTH = 4


def _release_method(m: Machine, owner: Any, name: str, among: frozenset[int]) -> None:
    """Release what a method of an object of the program fills."""
    if isinstance(owner, Instance) and isinstance(owner.cls, Class):
        method = classes.find_in_class(owner.cls, name)[0]
        if isinstance(method, Function):
            release(m, Bound(method, owner), among)


def _forget_field(m: Machine, owner: Any, field: str) -> None:
    if isinstance(owner, Instance):
        m.captured_fields.add((owner.born, field))
        forget(m, owner.attrs.get(field))


def _forget_value(m: Machine, owner: Any, field: str) -> None:
    """An attribute that somebody else may set, to anything but another object."""
    if isinstance(owner, Instance) and not isinstance(owner.attrs.get(field), (Instance, Function, Class)):
        m.captured_values.add((owner.born, field))
        if field in owner.attrs:
            m.touch(owner)
            owner.attrs[field] = UNKNOWN


def forget(m: Machine, held: Any) -> None:
    """A list or table that somebody else may fill holds one does not know what."""
    if isinstance(held, (List, Dict)):
        m.touch(held)
        held.clear()
        held.rest = UNKNOWN
        m.captured[id(held)] = held


class Filled(NamedTuple):
    """What a function's body fills and calls, by name or by the name of an owner and an attribute."""

    names: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    called: tuple[str, ...]
    methods: tuple[tuple[str, str], ...]
    stored: tuple[tuple[str, str], ...]


def filled(node: ast.AST) -> Filled:
    """What a function's body fills and calls, worked out once for its node."""
    known: Filled | None = getattr(node, "_filled", None)
    if known is None:
        known = node._filled = _filled(node)  # type: ignore[attr-defined]
    return known


def _filled(node: ast.AST) -> Filled:
    """The names that a function's body fills, and the attributes, each with the name of their owner; and what it calls."""
    filling, calling = list(_targets(node)), [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    storing = [each for each in ast.walk(node) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)]
    return Filled(_names(filling), _fields(filling), _names(calling), _fields(calling), _fields(storing))


def _names(targets: Iterable[ast.expr]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(target.id for target in targets if isinstance(target, ast.Name)))


def _fields(targets: Iterable[ast.expr]) -> tuple[tuple[str, str], ...]:
    found = (t for t in targets if isinstance(t, ast.Attribute))
    return tuple(dict.fromkeys((t.value.id, t.attr) for t in found if isinstance(t.value, ast.Name)))


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
