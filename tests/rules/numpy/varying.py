"""Variations of a call of NumPy: other sizes, ranks, dtypes and numbers, so that some calls work and some must fail."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from tests.rules.numpy.harness import Sample

DTYPES = "float64 float64 float32 float16 int64 int64 int32 uint8 int8 bool complex128 complex64 uint16 uint64".split()
SIZES = (0, 1, 1, 2, 3, 4, 5)
MOST_DIMS = 5


def vary(sample: Sample, chance: Random) -> Sample:
    """The sample with nothing, one leaf, two or three changed."""
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        whole: dict[Any, Any] = {**dict(enumerate(sample.args)), **sample.kwargs}
        places = [place for place in _places(whole) if place]
        if not places:
            break
        whole = _changed(whole, chance.choice(places), chance)
        args = tuple(whole[i] for i in range(len(sample.args)))
        sample = Sample(args, {k: v for k, v in whole.items() if isinstance(k, str)})
    return sample


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the leaves are that can be changed, as the keys that lead there."""
    if isinstance(value, (np.ndarray, bool, int)):
        return [here]
    if type(value) in (tuple, list):
        own = [here] if value and all(type(v) is int for v in value) else []
        return own + [p for i, v in enumerate(value) for p in _places(v, (*here, i))]
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in _places(v, (*here, k))]
    return []


def _changed(value: Any, place: tuple[Any, ...], chance: Random) -> Any:
    if place:
        key, *rest = place
        made = dict(value) if isinstance(value, dict) else list(value)
        made[key] = _changed(value[key], tuple(rest), chance)
        return type(value)(made)
    if isinstance(value, np.ndarray):
        return chance.choice(_ARRAY)(value, chance)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.choice((-2, -1, 1, 2))
    if chance.random() < 0.5 and len(value) > 1:
        return type(value)(list(value)[1:])
    return type(value)([*value, chance.choice((0, 1, 2))])


def _resized(array: np.ndarray, chance: Random) -> np.ndarray:
    """One axis of another size, its elements repeated."""
    if not array.ndim:
        return array
    axis, size = chance.randrange(array.ndim), chance.choice(SIZES)
    if not array.shape[axis]:
        return np.zeros((*array.shape[:axis], size, *array.shape[axis + 1 :]), array.dtype)
    return np.take(array, np.arange(size) % array.shape[axis], axis)


def _raised(array: np.ndarray, chance: Random) -> np.ndarray:
    if array.ndim >= MOST_DIMS:
        return array
    return np.repeat(np.expand_dims(array, chance.randrange(array.ndim + 1)), chance.choice((1, 1, 2, 3)), 0)


def _lowered(array: np.ndarray, chance: Random) -> np.ndarray:
    if not array.ndim or 0 in array.shape:
        return array
    return np.array(np.take(array, 0, chance.randrange(array.ndim)))


def _cast(array: np.ndarray, chance: Random) -> np.ndarray:
    return array.astype(chance.choice(DTYPES)) if array.dtype.kind != "c" else array.real.astype(chance.choice(DTYPES))


_ARRAY: tuple[Callable[[np.ndarray, Random], np.ndarray], ...] = (
    _resized,
    _resized,
    _resized,
    _raised,
    _lowered,
    _cast,
    _cast,
)
