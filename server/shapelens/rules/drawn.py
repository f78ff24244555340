"""Random integers: `torch.randint(0, 1000, …)` as ids of a table of 100 rows fails, whatever is drawn.

A tensor of integers keeps the range that it was drawn from (`Tensor.drawn`) through calls that only move its elements.
That none of n numbers drawn evenly from `high - low` lies outside a smaller range has the probability (inside / range)ⁿ;
where that is below one in a thousand, the program is taken to fail. Numbers that are known are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shapelens.dims import product
from shapelens.rules.call import Call
from shapelens.values import Tensor

_RARE = 1e-3

_MOVED = frozenset(
    "view reshape flatten ravel unflatten unsqueeze squeeze transpose permute t movedim swapaxes contiguous clone detach "
    "long int to cpu cuda type numpy from_numpy tensor as_tensor LongTensor astype narrow chunk split requires_grad_ "
    "expand repeat __getitem__ expand_as roll flip select Flatten Unflatten Identity".split()
)


def drawn_by(c: Call, path: str, args: Sequence[Any], given: Sequence[Any]) -> tuple[int, int] | None:
    """The range that a call's result was drawn from: low and the first number that is too high."""
    name = path.rpartition(".")[2]
    if name in ("randint", "integers"):
        ends = [c.store.value(v) for v in args[:2]]
        if path in ("torch.randint", "numpy.random.randint", "numpy.random.Generator.integers"):
            return _ends([e for e in ends if not isinstance(e, (tuple, list))])
        return None
    if name in _MOVED and given and isinstance(given[0], Tensor):
        return given[0].drawn
    return None


def _ends(ends: list[Any]) -> tuple[int, int] | None:
    if not ends or not all(type(e) is int for e in ends):
        return None
    low, high = (0, ends[0]) if len(ends) == 1 else ends
    return (low, high) if low < high else None


def needed(tensor: Tensor) -> int:
    """How many rows a table needs for the indices that are known or may be drawn."""
    return max([*(value + 1 for value in _numbers(tensor.scalars)), tensor.drawn[1] if tensor.drawn else 0])


def outside(c: Call, tensor: Tensor, count: int, ignored: object = None) -> str:
    """What is certainly not among 0 … count - 1, as it is said in a message; "" where nothing is known to be."""
    for value in _numbers(tensor.scalars):
        if value != ignored and not 0 <= value < count:
            return f"index {value} does not exist"
    shape = c.shape(tensor)
    if tensor.drawn is None or c.rewritten or not isinstance(shape, tuple):
        return ""
    low, high = tensor.drawn
    number = product(shape)
    if not isinstance(number, int) or low < 0 or isinstance(ignored, int) and low <= ignored < high:
        return ""
    inside = max(0, min(high, count) - low)
    return (
        f"indices drawn from {low} to {high - 1} do not all exist" if (inside / (high - low)) ** number < _RARE else ""
    )


def _numbers(scalars: Any) -> Iterator[int]:
    if isinstance(scalars, list):
        for each in scalars:
            yield from _numbers(each)
    elif type(scalars) is int:
        yield scalars


def written_to(path: str, given: Sequence[Any]) -> bool:
    """Whether a call writes into a tensor that was drawn."""
    name = path.rpartition(".")[2]
    if not given or not isinstance(given[0], Tensor) or given[0].drawn is None:
        return False
    in_place = name.endswith("_") and not name.endswith("__")
    return (
        in_place
        and name not in ("requires_grad_", "detach_", "unsqueeze_", "squeeze_", "t_", "transpose_")
        or (
            name == "__setitem__"
            or name.startswith("__i")
            and name not in ("__invert__", "__iter__", "__index__", "__int__")
        )
    )
