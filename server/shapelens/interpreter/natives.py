"""Library names that the interpreter itself knows: what a call of one does where it is more than shapes.

A rule says what a call does to shapes. What needs the program as well (`map`, `functools.partial`, `tf.cond`, a decorator)
is a native: a function that is given the machine, the frame and the node of the call. They are found by the library they
belong to: `builtins`, `stdlib`, `functional`, `torch_state`, `tensorflow_control`, `keras/backend`, `packages`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from shapelens.interpreter.machine import Frame, Machine
from shapelens.values import Bound, Class, Descriptor, Function, Lib, Partial, Plain

Native = Callable[[Machine, Frame, ast.AST, list[Any], dict[str, Any]], Any]
NATIVES: dict[str, Native] = {}
"""By the canonical name that is called; a method's gets its receiver first."""

UNCHANGED = Lib("functools.wraps()")
"""A decorator that gives what it decorates."""


def native(*paths: str) -> Callable[[Native], Native]:
    """Register what a library name does in the interpreter."""

    def register(function: Native) -> Native:
        NATIVES.update(dict.fromkeys(paths, function))
        return function

    return register


# -- what many of them do ------------------------------------------------------------------------------------------


def nothing(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call whose result is None, and whose effect concerns no shape."""
    return None


def first_argument(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A decorator, or another function that gives back what it was handed."""
    return args[0] if args else UNCHANGED


def decorator_or_factory(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What decorates with arguments and without (`@lru_cache`, `@lru_cache(8)`), and leaves what it decorates as it is."""
    return args[0] if is_decorated(args) else UNCHANGED


def is_decorated(args: Sequence[Any]) -> bool:
    """Whether what may be a decorator or make one was handed what it decorates."""
    return len(args) == 1 and isinstance(args[0], (Function, Class, Bound, Partial, Descriptor, Plain))
