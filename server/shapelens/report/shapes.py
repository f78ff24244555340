"""How the shapes that one name has are written in one short label.

`(B, 64, 112, 112)`; `(B, 64|128, H, W)` where calls differ in one dim; `(B, 64) or (B, 3, H, W)` where they differ in
rank; a leading `≈` where sizes are inferred; the dtype behind it where it is not the usual one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shapelens.analysis.facts import Shown
from shapelens.dims import Symbol
from shapelens.values.shapes import Open, Shape
from shapelens.values.text import dim_text, shape_text

Names: TypeAlias = Callable[[Symbol], str]
DtypeShown: TypeAlias = Literal["nonDefault", "always", "never"]

INFERRED = "≈"
GAP = "…"
_MOST_ALTERNATIVES = 3
_MOST_RANKS = 2
# What an array or tensor holds where nobody asked for anything else: it is not written behind its shape.
_USUAL_DTYPES = {"numpy": "float64"}
_USUAL_DTYPE = "float32"


@dataclass(frozen=True)
class Group:
    """Shapes of one rank, written as one: each dim as text, `…` for a run of unknown length."""

    dims: tuple[str, ...]
    inferred: bool = False

    def text(self, kept: int | None = None) -> str:
        """All of it, or only `kept` of its dims, from both ends."""
        dims = self.dims if kept is None else _without_middle(self.dims, kept)
        inner = f"{dims[0]}," if len(dims) == 1 and dims[0] != GAP else ", ".join(dims)
        return f"{INFERRED if self.inferred else ''}({inner})"


@dataclass(frozen=True)
class Written:
    """The shapes of one name: the groups by rank, and what stands behind them."""

    groups: tuple[Group, ...]
    more: bool = False
    dtype: str = ""

    def text(self, kept: int | None = None) -> str:
        """The whole, or with at most `kept` dims in each shape."""
        shapes = [group.text(kept) for group in self.groups] + ([GAP] if self.more else [])
        return " or ".join(shapes) + (f" {self.dtype}" if self.dtype else "")

    @property
    def rank(self) -> int:
        """The most dims that one of the shapes has."""
        return max((len(group.dims) for group in self.groups), default=0)

    def shorter(self) -> Iterator[str]:
        """Ever shorter texts: fewer middle dims, then the rank alone."""
        length = len(self.text())
        for kept in range(self.rank - 1, 0, -1):
            text = self.text(kept)
            if len(text) < length:
                length = len(text)
                yield text


def is_known(shape: Shape) -> bool:
    """Whether there is anything to show of a shape."""
    return bool(shape.prefix or shape.suffix) if isinstance(shape, Open) else shape is not None


def written(values: Sequence[Shown], names: Names, dtype: DtypeShown = "nonDefault") -> Written | None:
    """What to write for the values of one name; None where nothing is known of any of them."""
    if not any(is_known(value.shape) for value in values):
        return None
    by_rank: dict[object, list[Shown]] = {}
    for value in values:
        by_rank.setdefault(_rank(value.shape), []).append(value)
    groups = tuple(_group(alike, names) for alike in list(by_rank.values())[:_MOST_RANKS])
    return Written(groups, len(by_rank) > _MOST_RANKS, _dtype_text(values, dtype))


def full_text(value: Shown, names: Names) -> str:
    """One shape in full, with its dtype: `≈(B, 1, 28, 28) float32`."""
    mark = INFERRED if value.inferred else ""
    return f"{mark}{shape_text(value.shape, names)}{' ' + value.dtype if value.dtype else ''}"


def _rank(shape: Shape) -> object:
    if isinstance(shape, Open):
        return len(shape.prefix), len(shape.suffix)
    return None if shape is None else len(shape)


def dim_texts(shape: Shape, names: Names) -> tuple[str, ...]:
    """The dims as they are written; `…` where their number is not known."""
    if shape is None:
        return (GAP,)
    if isinstance(shape, Open):
        return (*(dim_text(d, names) for d in shape.prefix), GAP, *(dim_text(d, names) for d in shape.suffix))
    return tuple(dim_text(d, names) for d in shape)


def _group(values: Sequence[Shown], names: Names) -> Group:
    columns = zip(*(dim_texts(value.shape, names) for value in values))
    return Group(tuple(_alternatives(column) for column in columns), any(value.inferred for value in values))


def _alternatives(texts: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(texts))
    if len(distinct) > _MOST_ALTERNATIVES:
        return "?"
    return (" | " if any(" " in text for text in distinct) else "|").join(distinct) if distinct[1:] else distinct[0]


def _is_usual(value: Shown) -> bool:
    return value.dtype == _USUAL_DTYPES.get(value.library, _USUAL_DTYPE)


def _dtype_text(values: Sequence[Shown], shown: DtypeShown) -> str:
    distinct = list(dict.fromkeys(value.dtype for value in values if is_known(value.shape)))
    if shown == "never" or None in distinct:
        return ""
    if shown == "nonDefault" and all(_is_usual(value) for value in values if is_known(value.shape)):
        return ""
    if len(distinct) > _MOST_ALTERNATIVES:
        return ""
    return "|".join(str(dtype) for dtype in distinct)


def _without_middle(dims: Sequence[str], kept: int) -> tuple[str, ...]:
    if len(dims) <= kept:
        return tuple(dims)
    front, back = (kept + 1) // 2, kept // 2
    shortened = [*dims[:front], GAP, *dims[len(dims) - back :]]
    return tuple(dim for i, dim in enumerate(shortened) if dim != GAP or i == 0 or shortened[i - 1] != GAP)
