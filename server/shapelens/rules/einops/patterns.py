"""The einops language: `"b c (h p) (w q) -> b (h w) (p q c)"`, and holding a shape against one side of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shapelens.dims import Dim, divides, exact_quotient, product
from shapelens.rules.call import Call, NotKnown
from shapelens.values import Open, Shape, Tensor

CODE = "einops-mismatch"
DOTS = "..."
_LONGEST = 4_000
_TOKEN = re.compile(r"\s*(\.\.\.|\(|\)|\w+)")

Axis = str  # a name, a number such as "1", or DOTS
Group = tuple[Axis, ...]
Sizes = dict[str, Any]  # the size of each name; of DOTS the dims that it stands for


class Malformed(Exception):
    """The pattern cannot be read: einops raises too."""


@dataclass(frozen=True)
class Side:
    """The groups of one side: one for each dim, `(h p)` being a group of two, `()` and `1` of none."""

    text: str
    groups: tuple[Group, ...]
    bare: tuple[bool, ...]  # whether the group stands without parentheses

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All axes in order."""
        return tuple(a for group in self.groups for a in group)

    @property
    def names(self) -> list[str]:
        """The axes that are names."""
        return [a for a in self.axes if not a.isdigit() and a != DOTS]


@lru_cache(maxsize=1024)
def parse_side(text: str) -> Side:
    """Raises Malformed."""
    groups: list[Group] = []
    bare: list[bool] = []
    inside: list[Axis] | None = None
    place, stripped = 0, text.rstrip()
    while place < len(stripped):
        found = _TOKEN.match(stripped, place)
        if found is None:
            raise Malformed(f"'{stripped[place:].strip()[:1]}' is no part of a pattern")
        token, place = found.group(1), found.end()
        if token == "(":
            if inside is not None:
                raise Malformed("parentheses cannot be nested")
            inside = []
        elif token == ")":
            if inside is None:
                raise Malformed("the parentheses do not match")
            groups.append(tuple(inside))
            bare.append(False)
            inside = None
        else:
            _check_axis(token)
            if token == "1":
                if inside is None:
                    groups.append(())
                    bare.append(True)
            elif inside is None:
                groups.append((token,))
                bare.append(True)
            else:
                inside.append(token)
    if inside is not None:
        raise Malformed("the parentheses do not match")
    side = Side(stripped.strip(), tuple(groups), tuple(bare))
    for name, count in Counter(a for a in side.axes if not a.isdigit()).items():
        if count > 1:
            raise Malformed(f"'{name}' is there twice")
    return side


def _check_axis(token: str) -> None:
    if token == DOTS or (token.isdigit() and int(token) > 0):
        return
    if not token.isidentifier() or token.startswith("_") or token.endswith("_"):
        raise Malformed(f"'{token}' is no name of an axis")


@lru_cache(maxsize=1024)
def parse(pattern: str) -> tuple[Side, Side]:
    """Both sides of a pattern. Raises Malformed."""
    left, arrow, right = pattern.partition("->")
    if not arrow or "->" in right:
        raise Malformed("it needs one '->'")
    sides = parse_side(left), parse_side(right)
    if any(DOTS in group and not bare for group, bare in zip(sides[0].groups, sides[0].bare)):
        raise Malformed("'...' cannot be in parentheses on the left")
    if DOTS in sides[1].axes and DOTS not in sides[0].axes:
        raise Malformed("'...' is on the right only")
    return sides


def sides_of(c: Call, pattern: str) -> tuple[Side, Side]:
    """Both sides, failing where einops would. Raises NotKnown for a pattern that nobody writes by hand."""
    if len(pattern) > _LONGEST:
        raise NotKnown
    try:
        return parse(pattern)
    except Malformed as error:
        c.fail(CODE, f"{c.name}: '{pattern}': {error}")


def lengths(c: Call, pattern: str, given: Mapping[str, object], *sides: Side) -> Sizes:
    """The sizes given by keyword. Each must be an axis of the pattern."""
    known: Sizes = {}
    for name, value in given.items():
        if not any(name in side.names for side in sides):
            c.fail(CODE, f"{c.name}: axis {name} is not in '{pattern}'")
        known[name] = c.dim(value)
    return known


def match(c: Call, side: Side, tensor: Tensor, sizes: Sizes) -> None:
    """Find the size of each axis of the side in the tensor's shape; an open shape is taught its rank.

    Fails with `einops-mismatch` where a dim does not fit or cannot be split.
    """
    shape = _shape(c, side, tensor)
    dots = side.groups.index((DOTS,)) if (DOTS,) in side.groups else None
    if dots is None:
        dims: Sequence[Dim] = shape  # type: ignore[assignment]
        groups: Sequence[Group] = side.groups
    else:
        back = len(side.groups) - dots - 1
        if isinstance(shape, Open):
            sizes[DOTS] = Open(shape.prefix[dots:], shape.var, shape.suffix[: len(shape.suffix) - back])
            dims = shape.prefix[:dots] + shape.suffix[len(shape.suffix) - back :]
        else:
            assert isinstance(shape, tuple)
            sizes[DOTS] = shape[dots : len(shape) - back]
            dims = shape[:dots] + shape[len(shape) - back :]
        groups = side.groups[:dots] + side.groups[dots + 1 :]
    for group, dim in zip(groups, dims):
        _split(c, group, dim, tensor, sizes)


def _shape(c: Call, side: Side, tensor: Tensor) -> tuple[Dim, ...] | Open:
    shape: Shape = c.shape(tensor)
    count = len(side.groups)
    if shape is None:
        raise NotKnown
    if isinstance(shape, Open):
        if DOTS not in side.axes:
            return c.dims(tensor, [g[0] if len(g) == 1 and not g[0].isdigit() else "D" for g in side.groups])
        dots = side.groups.index((DOTS,))
        if dots and count - dots - 1 and (len(shape.prefix) < dots or len(shape.suffix) < count - dots - 1):
            names = [g[0] if len(g) == 1 else "D" for g in side.groups[:dots]]
            return c.store.at_least(shape, dots, count - dots - 1, names)
        return c.store.at_least(shape, dots, count - dots - 1)
    fits = len(shape) >= count - 1 if DOTS in side.axes else len(shape) == count
    if not fits:
        c.fail(CODE, f"{c.name}: '{side.text}' has {count} dims, got {c.text(tensor)}", tensor)
    return shape


def _split(c: Call, group: Group, dim: Dim, tensor: Tensor, sizes: Sizes) -> None:
    """Learn the one axis of a group whose size is not known; all others must multiply to the dim."""
    unknown = [a for a in group if not a.isdigit() and a not in sizes]
    if len(unknown) > 1:
        c.fail(CODE, f"{c.name}: the sizes of {' and '.join(unknown)} in ({' '.join(group)}) cannot be told", tensor)
    known = product(tuple(int(a) if a.isdigit() else sizes[a] for a in group if a not in unknown))
    text = f"({' '.join(group)})" if len(group) != 1 else group[0]
    if not unknown:
        message = f"{c.name}: {text} is {c.dim_text(known)}, got {c.dim_text(dim)} in {c.text(tensor)}"
        c.require(known, dim, CODE, message, tensor)
    elif known == 1:
        sizes[unknown[0]] = dim
    elif divides(known, dim) is False:
        c.fail(CODE, f"{c.name}: {text}: {c.dim_text(dim)} of {c.text(tensor)} is not divisible by {known}", tensor)
    else:
        sizes[unknown[0]] = exact_quotient(dim, known)


def shape_of(c: Call, side: Side, sizes: Sizes) -> Shape:
    """The shape that a side describes when the size of each axis is known."""
    front: list[Dim] = []
    open_run: Open | None = None
    made: list[Dim] = front
    for group, bare in zip(side.groups, side.bare):
        run = sizes.get(DOTS) if DOTS in group else None
        if isinstance(run, Open):
            if not bare:
                raise NotKnown
            open_run, made = run, []
        elif DOTS in group and bare:
            made.extend(run or ())
        else:
            parts: list[Dim] = []
            for axis in group:
                parts.extend(sizes[DOTS] if axis == DOTS else (int(axis) if axis.isdigit() else sizes[axis],))
            made.append(product(tuple(parts)))
    if open_run is None:
        return tuple(front)
    return Open((*front, *open_run.prefix), open_run.var, (*open_run.suffix, *made))
