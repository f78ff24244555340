"""Python's random: a number of a known type, one element of a sequence, several of them."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.dims import Expr
from shapelens.interpreter import iteration
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import native
from shapelens.values import UNKNOWN, List, Scalar

_MOST = 128
"""A longer sample has no elements of their own."""
_INTEGERS = ("randint", "randrange", "getrandbits")
_FLOATS = (
    "random uniform gauss normalvariate triangular betavariate expovariate gammavariate lognormvariate paretovariate "
    "vonmisesvariate weibullvariate"
).split()


@native(*(f"random.{name}" for name in _INTEGERS))
def _integer(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("int")


@native(*(f"random.{name}" for name in _FLOATS))
def _float(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("float")


def _any_of(m: Machine, f: Frame, node: ast.AST, sequence: Any) -> Any:
    """An element of a sequence, which one is not known."""
    return iteration.get_item(m, f, node, sequence, Scalar("int"))


@native("random.choice")
def _choice(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return _any_of(m, f, node, m.store.value(args[0] if args else kwargs.get("seq", UNKNOWN)))


@native("random.sample", "random.choices")
def _sample(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    population = m.store.value(args[0] if args else kwargs.get("population", UNKNOWN))
    count = m.store.value(args[1] if len(args) > 1 and "k" not in kwargs else kwargs.get("k", UNKNOWN))
    made = List()
    if type(count) is int and 0 <= count <= _MOST:
        list.extend(made, [_any_of(m, f, node, population) for _ in range(count)])
    else:
        made.rest = _any_of(m, f, node, population)
        made.count = count if isinstance(count, (int, Expr)) else None
    return made


@native("random.shuffle")
def _shuffle(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """In place: each element may then be any."""
    table = m.store.value(args[0]) if args else None
    if isinstance(table, List) and len(table) > 1:
        one = _any_of(m, f, node, table)
        m.touch(table)
        list.__setitem__(table, slice(None), [one] * len(table))
    return None
