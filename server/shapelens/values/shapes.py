"""Shapes: a tuple of dims; an `Open` shape whose rank is not known yet; None where nothing is known.

An `Open` shape is `prefix`, then any number of dims that a `ShapeVar` stands for, then `suffix`. It is what a
parameter of an un-annotated forward has until a layer teaches its rank.
"""

from __future__ import annotations

import itertools
from typing import TypeAlias

from shapelens.dims import Dim

_serials = itertools.count()


class ShapeVar:
    """Stands for the unknown run of dims in one open shape; bound in a Store.

    `computed`: the tensor is no input of a function but came of a calculation, so that nothing is taken for granted.
    """

    __slots__ = ("computed", "serial")

    def __init__(self, computed: bool = False) -> None:
        self.serial, self.computed = next(_serials), computed

    def __repr__(self) -> str:
        return f"*s{self.serial}"


class Open:
    """A shape of unknown rank: known dims in front, an unknown run, known dims at the end."""

    __slots__ = ("prefix", "suffix", "var")

    def __init__(self, prefix: tuple[Dim, ...], var: ShapeVar, suffix: tuple[Dim, ...]) -> None:
        self.prefix, self.var, self.suffix = prefix, var, suffix

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Open)
            and self.var is other.var
            and self.prefix == other.prefix
            and self.suffix == other.suffix
        )

    def __hash__(self) -> int:
        return hash((self.prefix, self.var.serial, self.suffix))

    def __repr__(self) -> str:
        return f"Open({self.prefix}, {self.var}, {self.suffix})"


Dims: TypeAlias = tuple[Dim, ...]
Shape: TypeAlias = "tuple[Dim, ...] | Open | None"
