"""Copies of lists, dicts and objects."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable
from typing import Any

from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import native
from shapelens.values import UNKNOWN, Bound, Choice, Dict, Instance, List, Many, Partial, Tensor


@native("copy.deepcopy", "copy.copy", "torch.clone")
def _copy(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return copied(m, args[0]) if args else UNKNOWN


def copied(m: Machine, value: Any, since: int = 0) -> Any:
    """A deep copy, paid for by what was copied."""
    made: dict[int, Any] = {}
    twin = clone(value, made, since, m.tick)
    m.copies += len(made)
    m.burn(len(made))
    return twin


def clone(
    value: Any, made: dict[int, Any] | None = None, since: int = 0, tick: Callable[[], None] | None = None
) -> Any:
    """A deep copy of lists, dicts and objects made after the serial `since`; everything else is shared."""
    made = {} if made is None else made
    kind = type(value)
    if kind is Instance or kind is List or kind is Dict:
        if value.born < since:
            return value
        twin = made.get(id(value))
        if twin is not None:
            return twin
    if kind is Instance:
        if tick is not None:
            tick()
        twin = made[id(value)] = Instance(value.cls, {}, value.origin)
        attrs = twin.attrs
        for name, held in value.attrs.items():
            attrs[name] = clone(held, made, since, tick) if type(held) in _CLONED else held
        if value.payload is not None:
            twin.payload = clone(value.payload, made, since, tick)
        return twin
    if kind is List:
        twin = made[id(value)] = List(_each(value, made, since, tick))
        twin.rest, twin.count = clone(value.rest, made, since, tick), value.count
        return twin
    if kind is Dict:
        twin = made[id(value)] = Dict(zip(value, _each(value.values(), made, since, tick)))
        twin.rest, twin.factory = clone(value.rest, made, since, tick), value.factory
        return twin
    if kind is tuple:
        if not any(type(v) in _CLONED for v in value):
            return value
        known = made.get(id(value))
        if known is None:
            known = made[id(value)] = tuple(_each(value, made, since, tick))
        return known
    if kind is Bound:
        return Bound(value.function, clone(value.receiver, made, since, tick))
    if kind is Tensor:
        # Two modules of one kind have weights of their own, but what one of them shares with itself stays shared.
        twin = made.get(id(value))
        if twin is None:
            kept = {"parameter": value.parameter, "origin": value.origin, "scalars": value.scalars}
            twin = made[id(value)] = value.with_(**kept)
        return twin
    if kind is Partial:
        return Partial(
            clone(value.function, made, since, tick),
            clone(value.args, made, since, tick),
            dict(zip(value.keywords, _each(value.keywords.values(), made, since, tick))),
        )
    if kind is Choice:
        return Choice(tuple(_each(value.values, made, since, tick)))
    if kind is Many:
        return Many(clone(value.element, made, since, tick), value.length, value.last)
    return copy.copy(value) if kind is set else value


def _each(values: Iterable[Any], made: dict[int, Any], since: int, tick: Callable[[], None] | None) -> list[Any]:
    return [clone(v, made, since, tick) if type(v) in _CLONED else v for v in values]


_CLONED = frozenset((Instance, List, Dict, Tensor, tuple, Bound, Partial, Choice, Many, set))
