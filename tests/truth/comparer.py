"""Sorts each recorded point by what the tool claims of it.

exact    the claimed shapes are the recorded ones, no more and no fewer
partial  nothing claimed contradicts the run, but a shape is missing or has a dim known only by name
missing  nothing is claimed
wrong    a shape is claimed that never occurred

A dtype counts on exact points only. Every diagnostic on a model that runs is a false alarm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Shape = Sequence[Any] | None
CLASSES = ("exact", "partial", "missing", "wrong")


@dataclass(frozen=True)
class Comparison:
    """How the claims about one model stand; `verdicts` are (class, recorded row, claimed values) in order of place."""

    verdicts: tuple[tuple[str, Row, Sequence[Any]], ...]
    alarms: tuple[Row, ...]
    dtypes: int

    @property
    def counts(self) -> Counter[str]:
        """How many points are in each class."""
        return Counter(verdict for verdict, _, _ in self.verdicts)

    @property
    def exact(self) -> float:
        """The share of exact points."""
        return self.counts["exact"] / len(self.verdicts) if self.verdicts else 0.0


def compare(recorded: Sequence[Row], claims: Mapping[str, Any]) -> Comparison:
    """Hold the answer of `hints --json` against recorded rows."""
    claimed: dict[tuple[str, int, str, str], list[Any]] = {}
    for row in claims["hints"]:
        claimed.setdefault(_key(row), []).extend(row["values"])
    verdicts, dtypes = [], 0
    for row in recorded:
        values = claimed.get(_key(row), [])
        verdict = _verdict([shape for shape, _ in row["values"]], [shape for shape, _ in values])
        verdicts.append((verdict, row, values))
        dtypes += verdict == "exact" and {_pair(v) for v in row["values"]} == {_pair(v) for v in values}
    return Comparison(tuple(verdicts), tuple(claims["diagnostics"]), dtypes)


def _key(row: Row) -> tuple[str, int, str, str]:
    return Path(row["file"]).resolve().as_posix(), row["line"], row["name"], row["kind"]


def _pair(value: Sequence[Any]) -> tuple[tuple[Any, ...] | None, str]:
    shape, dtype = value
    return None if shape is None else tuple(None if isinstance(d, str) else d for d in shape), dtype


def _verdict(recorded: Sequence[Sequence[int]], claimed: Sequence[Shape]) -> str:
    if all(shape is None for shape in claimed):
        return "missing"
    if not all(any(_may_be(shape, real) for real in recorded) for shape in claimed):
        return "wrong"
    known = [shape for shape in claimed if shape is not None]
    everything = all(any(_same(shape, real) for shape in known) for real in recorded)
    return "exact" if everything and all(any(_same(s, real) for real in recorded) for s in known) else "partial"


def _same(claimed: Sequence[Any], real: Sequence[Any]) -> bool:
    """Whether nothing is left open: a size of None, in Keras, has a name."""
    return len(claimed) == len(real) and all(
        isinstance(c, str) and c != "..." if r is None else c == r for c, r in zip(claimed, real)
    )


def _may_be(claimed: Shape, real: Sequence[int]) -> bool:
    """Whether the claimed shape, with its names and unknown runs, can stand for the real one."""
    if claimed is None:
        return True
    if "..." in claimed:
        gap = list(claimed).index("...")
        before, after = claimed[:gap], claimed[gap + 1 :]
        if len(before) + len(after) > len(real):
            return False
        return _may_be(before, real[:gap]) and _may_be(after, real[len(real) - len(after) :])
    return len(claimed) == len(real) and all(isinstance(c, str) or c == r for c, r in zip(claimed, real))
