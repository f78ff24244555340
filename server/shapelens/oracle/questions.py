"""A library call as a question: plain data with canonical symbols; and an answer as a value of the interpreter.

The same call with other names of its dims is the same question, so that its answer is found again. A dim of which
nothing else in the call depends on the same symbols is one symbol, however it came about: `⌈H/32⌉` is just a size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from shapelens.dims import Dim, Expr, FloorDiv, Symbol, as_symbol, ascii_text, bounds, evaluate, symbols
from shapelens.dims.expr import walk_atoms
from shapelens.oracle.fitting import MOST_SYMBOLS, Point, value
from shapelens.values import UNKNOWN, Lib, List, Named, Size, Tensor, Unknown
from shapelens.values.dtypes import ALIASES, NAMES

Answer: TypeAlias = Any
"""Plain data: `["x", formulas, dtype or None]`, `["t", answers, names or None]`, `["l", answers]`, `["n"]`, `["?"]`."""

# Whose tensors a question of a library may be about.
_LIBRARIES = {"torch": frozenset(("torch",)), "keras": frozenset(("keras", "tensorflow"))}
_LONGEST_KEY = 2000
_MOST_ITEMS = 64
_DROPPED = frozenset(("device", "requires_grad", "pin_memory", "generator"))  # they do not touch shapes
_ATTRIBUTES = frozenset(
    f"torch.{name}" for name in "strided contiguous_format preserve_format channels_last channels_last_3d".split()
)
_LARGEST_NUMBER = 1 << 40


class _NoQuestion(Exception):
    """Something in the call is not known, or is no plain data."""


@dataclass(frozen=True)
class Question:
    """One call. `groups` are its argument lists and keyword tables in turn: two of them, four for a layer that is
    made and called. `made` are its dims that are made of several symbols, or of one that it has elsewhere. `dims` is
    what the symbols, and then those, stand for in the program; `minimums[i]` is the least value of symbol `i`.
    `numbers` are the known sizes and integers in it; `is_typed` is False where a tensor's dtype is not known.
    """

    path: str
    key: str
    groups: tuple[Any, ...]
    symbols: tuple[Symbol, ...]
    made: tuple[Expr, ...]
    dims: tuple[Dim, ...]
    minimums: tuple[int, ...]
    numbers: tuple[int, ...]
    is_typed: bool

    @property
    def is_layer(self) -> bool:
        """Whether a layer is made and then called."""
        return len(self.groups) == 4

    def whole(self, point: Point) -> Point:
        """The point with the values of `made`. Raises ZeroDivisionError."""
        at = dict(zip(self.symbols, point))
        return (*point, *(evaluate(dim, at) for dim in self.made))

    def call(self, point: Point, dtype: str) -> list[Any]:
        """The argument lists of the protocol with the sizes of a point; `dtype` where a tensor's is not known."""
        at = dict(zip(self.symbols, point))

        def put(given: Any) -> Any:
            if isinstance(given, Expr):
                return evaluate(given, at)
            if isinstance(given, list):
                return [put(each) for each in given]
            if isinstance(given, dict):
                put_in = {name: put(each) for name, each in given.items()}
                if "x" in put_in and put_in["d"] is None:
                    put_in["d"] = dtype
                return put_in
            return given

        return [put(group) for group in self.groups]


def question(
    path: str, args: Sequence[Any], kwargs: Mapping[str, Any], made_of: tuple[Sequence[Any], Mapping[str, Any]] | None
) -> Question | None:
    """The question that a call is; None where not all of it is known. `made_of`: the layer's own arguments."""
    reading = _Reading(_LIBRARIES["keras" if path.startswith("keras.") else "torch"])
    try:
        groups: list[Any] = []
        for each_args, each_kwargs in ([made_of] if made_of is not None else []) + [(args, kwargs)]:
            groups.append([reading.plain(each) for each in each_args])
            groups.append({name: reading.plain(each) for name, each in each_kwargs.items() if name not in _DROPPED})
        return reading.question(path, groups)
    except (_NoQuestion, ZeroDivisionError):
        return None


class _Reading:
    """Reads values as plain data, with dims still as they are in the program, and notes what it met."""

    def __init__(self, libraries: frozenset[str]) -> None:
        self.libraries = libraries
        self.exprs: dict[Expr, None] = {}
        self.sizes: set[Expr] = set()
        self.numbers: set[int] = set()
        self.tensors = 0
        self.is_typed = True

    def plain(self, given: Any) -> Any:
        """One value of the protocol. Raises _NoQuestion."""
        kind = type(given)
        if given is None or kind is bool or kind is str:
            return given
        if kind is int:
            return self.dim(given)
        if kind is float:
            return given if math.isfinite(given) else {"f": str(given)}
        if kind is complex:
            return {"c": [given.real, given.imag]}
        if kind is Tensor:
            return self.tensor(given)
        if isinstance(given, Expr):
            return self.dim(given)
        if kind is tuple or kind is Size or kind is Named:
            return {"t": self.items(given)}
        if kind is list or kind is List and given.rest is None:
            return self.items(given)
        if isinstance(given, Lib):
            name = ALIASES.get(given.name, given.name)
            if name in NAMES and given.path.startswith("torch."):
                return {"d": name}
            if given.path in _ATTRIBUTES:
                return {"a": given.name}
        raise _NoQuestion

    def items(self, given: Sequence[Any]) -> list[Any]:
        if len(given) > _MOST_ITEMS:
            raise _NoQuestion
        return [self.plain(each) for each in given]

    def tensor(self, given: Tensor) -> dict[str, Any]:
        if given.library not in self.libraries or not isinstance(given.shape, tuple):
            raise _NoQuestion
        self.tensors += 1
        self.is_typed = self.is_typed and given.dtype is not None
        self.sizes.update(dim for dim in given.shape if isinstance(dim, Expr))
        return {"x": [self.dim(dim) for dim in given.shape], "d": given.dtype}

    def dim(self, given: Dim) -> Dim:
        if isinstance(given, Expr):
            self.exprs[given] = None
        elif abs(given) > _LARGEST_NUMBER:
            raise _NoQuestion
        else:
            self.numbers.add(given)
        return given

    def question(self, path: str, groups: list[Any]) -> Question:
        stands_for = self.stand_ins()
        found: dict[Symbol, None] = {}
        for dim in self.exprs:
            found.update(dict.fromkeys(sorted(symbols(stands_for.get(dim, dim)), key=lambda each: each.id)))
        if len(found) > MOST_SYMBOLS:
            raise _NoQuestion
        order = {each: index for index, each in enumerate(found)}
        replaced = _mapped(groups, lambda dim: stands_for.get(dim, dim))
        minimums = tuple(0 if each.minimum is None else max(each.minimum, 0) for each in found)
        names = {each: f"s{index}" for each, index in order.items()}
        keyed = _mapped(replaced, lambda dim: {"e": ascii_text(dim, names.__getitem__)})
        key = json.dumps([path, *keyed, minimums], separators=(",", ":"), sort_keys=True)
        if len(key) > _LONGEST_KEY:
            raise _NoQuestion
        back: dict[Symbol, Dim] = {}
        for dim, stand_in in stands_for.items():
            symbol = as_symbol(stand_in)
            assert symbol is not None
            back[symbol] = dim
        made = tuple(dim for dim in self.exprs if dim not in stands_for and as_symbol(dim) is None)
        dims = (*(back.get(each, Expr({(each,): 1})) for each in found), *made)
        return Question(
            path, key, tuple(replaced), tuple(found), made, dims, minimums, tuple(sorted(self.numbers)), self.is_typed
        )

    def stand_ins(self) -> dict[Expr, Expr]:
        """A symbol for each dim that shares its own symbols with no other. Raises _NoQuestion for what has no value."""
        found: dict[Expr, Expr] = {}
        for dim in self.exprs:
            if as_symbol(dim) is not None:
                least = bounds(dim)[0]
                if least is None and dim not in self.sizes:
                    raise _NoQuestion  # it may be negative
                continue
            own = symbols(dim)
            if any(other is not dim and not own.isdisjoint(symbols(other)) for other in self.exprs):
                if any(isinstance(atom, FloorDiv) and atom.exact for atom in walk_atoms(dim)):
                    raise _NoQuestion  # only some values of the symbols are possible
                continue
            least = bounds(dim)[0]
            if least is None or least < 0:
                if dim not in self.sizes:
                    raise _NoQuestion
                least = 0
            found[dim] = Expr({(Symbol("s", least),): 1})
        return found


def _mapped(given: Any, change: Callable[[Expr], Any]) -> Any:
    if isinstance(given, Expr):
        return change(given)
    if isinstance(given, list):
        return [_mapped(each, change) for each in given]
    if isinstance(given, dict):
        return {name: _mapped(each, change) for name, each in given.items()}
    return given


# -- answers -----------------------------------------------------------------------------------------------------------


def answered(asked: Question, answer: Answer) -> Any:
    """The value that an answer is, in the program's own dims; None where it is not known."""
    try:
        found = _value(answer, asked.dims)
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError):
        return None  # A cache that somebody damaged.
    return None if isinstance(found, Unknown) else found


def _value(answer: Answer, dims: Sequence[Dim]) -> Any:
    kind, *parts = answer
    if kind == "x":
        shape, dtype = parts
        if dtype is not None and dtype not in NAMES:
            raise ValueError(dtype)
        return Tensor(tuple([value(each, dims) for each in shape]), dtype)
    if kind == "t":
        items, names = parts
        values = [_value(each, dims) for each in items]
        return Named.of(**dict(zip(names, values, strict=True))) if names else tuple(values)
    if kind == "l":
        return List([_value(each, dims) for each in parts[0]])
    return None if kind == "n" else UNKNOWN
