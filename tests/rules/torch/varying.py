"""Variations of a call: other sizes, ranks, dtypes and numbers, so that some calls work and some must fail.

`vary(sample, chance)` changes up to three leaves of a sample's arguments. What a tensor holds is kept where it can be (a longer
dim repeats its elements), so that indices stay in range and probabilities stay probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import torch

from tests.rules.torch.calls import Sample

DTYPES = (
    torch.float32,
    torch.float32,
    torch.float64,
    torch.int64,
    torch.bool,
    torch.complex64,
    torch.uint8,
    torch.int32,
)
SIZES = (0, 1, 1, 2, 3, 4)
MOST_DIMS = 5


def vary(sample: Sample, chance: Random) -> Sample:
    """The sample with nothing, one leaf, two or three changed."""
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        places = [
            (part, place)
            for part, value in (("args", sample.args), ("kwargs", sample.kwargs), ("made", sample.made))
            for place in _places(value)
        ]
        if not places:
            break
        part, place = chance.choice(places)
        sample = replace(sample, **{part: _changed(getattr(sample, part), place, chance)})
    return sample


def fresh(value: Any) -> Any:
    """A copy with tensors of its own memory, for calls that write."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad) if value.is_leaf else value.clone()
    if type(value) in (tuple, list):
        return type(value)(fresh(v) for v in value)
    if isinstance(value, dict):
        return {k: fresh(v) for k, v in value.items()}
    return value


def _places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the leaves are that can be changed, as the keys that lead there."""
    if isinstance(value, torch.Tensor):
        return [here] if value.layout is torch.strided and not value.is_quantized else []
    if isinstance(value, (bool, int)):
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
        if isinstance(value, dict):
            return {**value, key: _changed(value[key], tuple(rest), chance)}
        listed = list(value)
        listed[key] = _changed(listed[key], tuple(rest), chance)
        return type(value)(listed)
    if isinstance(value, torch.Tensor):
        return chance.choice(_TENSOR)(value, chance)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chance.choice((value + 1, value - 1, -value, 0, 1, 2, 3, -1, -2))
    if chance.random() < 0.5 and len(value) < MOST_DIMS:
        return type(value)((*value, chance.choice(value)))
    return type(value)(value[1:])


def _resized(x: torch.Tensor, chance: Random) -> torch.Tensor:
    if not x.dim():
        return x
    dim = chance.randrange(x.dim())
    size = x.shape[dim]
    wanted = chance.choice((*SIZES, size + 1, max(size - 1, 0), x.shape[chance.randrange(x.dim())]))
    if size == 0 or x.numel() // size * wanted > 4096:
        return x.new_zeros([*x.shape[:dim], min(wanted, 4), *x.shape[dim + 1 :]])
    return x.index_select(dim, torch.arange(wanted) % size)


def _less(x: torch.Tensor, chance: Random) -> torch.Tensor:
    if not x.dim() or not x.numel():
        return x
    return x.select(chance.randrange(x.dim()), 0).clone()


def _more(x: torch.Tensor, chance: Random) -> torch.Tensor:
    if x.dim() >= MOST_DIMS or x.numel() > 1024:
        return x
    dim = chance.randrange(x.dim() + 1)
    x = x.unsqueeze(dim)
    return x.expand([chance.choice((1, 2, 3)) if i == dim else s for i, s in enumerate(x.shape)]).clone()


def _cast(x: torch.Tensor, chance: Random) -> torch.Tensor:
    dtype = chance.choice(DTYPES)
    return (x.real if x.is_complex() and not dtype.is_complex else x).to(dtype).clone()


def _turned(x: torch.Tensor, chance: Random) -> torch.Tensor:
    if x.dim() < 2:
        return x
    return x.transpose(0, chance.randrange(1, x.dim())).contiguous()


_TENSOR: tuple[Callable[[torch.Tensor, Random], torch.Tensor], ...] = (
    _resized,
    _resized,
    _resized,
    _less,
    _more,
    _cast,
    _cast,
    _turned,
)
