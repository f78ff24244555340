"""Whether values of two runs of one file are the same."""

from __future__ import annotations

from typing import Any

from shapelens.values import (
    Bound,
    Descriptor,
    Dict,
    Function,
    Instance,
    Lib,
    List,
    Partial,
    Scalar,
    Size,
    Tensor,
    Unknown,
)

_MOST_COMPARED = 2_000
PLAIN = frozenset((int, str, bool, float, complex, bytes))


class Comparison:
    """Whether values of two runs of one file are the same, as far as functions that use them can tell."""

    def __init__(self) -> None:
        self._pairs: set[tuple[int, int]] = set()
        self._left = _MOST_COMPARED

    def alike(self, a: Any, b: Any) -> bool:
        """Never True for what is not: what is not known to be the same counts as changed."""
        if a is b:
            return True
        known = set(self._pairs)
        self._left = _MOST_COMPARED
        found = self._alike(a, b)
        if not found:
            self._pairs = known  # some of what seemed alike did so because this did
        return found

    def _alike(self, a: Any, b: Any) -> bool:
        if a is b:
            return True
        kind = type(a)
        if kind is not type(b):
            return False
        if kind in PLAIN:
            return bool(a == b) or kind is float and a != a and b != b
        pair = id(a), id(b)
        if pair in self._pairs:
            return True  # known, or being compared further up
        self._left -= 1
        if self._left < 0:
            return False
        self._pairs.add(pair)
        found = self._compared(kind, a, b)
        if not found:
            self._pairs.discard(pair)
        return found

    def _compared(self, kind: type, a: Any, b: Any) -> bool:
        alike = self._alike
        if kind is tuple or kind is Size or kind is list:
            return len(a) == len(b) and all(map(alike, a, b))
        if kind is List:
            return len(a) == len(b) and alike(a.rest, b.rest) and alike(a.count, b.count) and all(map(alike, a, b))
        if kind is Dict:
            return alike(a.rest, b.rest) and alike(a.factory, b.factory) and self._tables(a, b)
        if kind is dict:
            return self._tables(a, b)
        if kind is Function:
            return (
                a.node is b.node
                and a.module is b.module
                and alike(a.owner, b.owner)
                and alike(a.defaults, b.defaults)
                and self._tables(a.kw_defaults, b.kw_defaults)
                and self._tables(a.attrs, b.attrs)
                and len(a.cells) == len(b.cells)
                and all(map(self._tables, a.cells, b.cells))
            )
        if kind is Bound:
            return alike(a.function, b.function) and alike(a.receiver, b.receiver)
        if kind is Partial:
            return alike(a.function, b.function) and alike(a.args, b.args) and self._tables(a.keywords, b.keywords)
        if kind is Descriptor:
            return all(alike(getattr(a, name), getattr(b, name)) for name in Descriptor.__slots__)
        if kind is Tensor:
            return (
                a == b
                and a.written == b.written
                and (a.parameter, a.frozen) == (b.parameter, b.frozen)
                and a.history is None
                and b.history is None
            )
        if kind is Instance:
            return (
                alike(a.cls, b.cls)
                and (a.cls is b.cls or isinstance(a.cls, Lib))
                and alike(a.payload, b.payload)
                and self._tables(a.attrs, b.attrs)
            )
        if kind is Unknown:
            return a.hole is None and b.hole is None and a.why == b.why
        if kind is Scalar:
            return a.type == b.type and a.why == b.why and a.relation is None and b.relation is None
        return False

    def _tables(self, a: dict[Any, Any], b: dict[Any, Any]) -> bool:
        if len(a) != len(b):
            return False
        for (key, value), (other, held) in zip(a.items(), b.items()):
            plain = type(key) is type(other) and (isinstance(key, (str, int)) or key is None) and key == other
            if not (plain or self._alike(key, other)) or not self._alike(value, held):
                return False
        return True
