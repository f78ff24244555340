"""keras.ops: tensors from sizes, ranges and the likeness of others."""

from __future__ import annotations

import math
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.keras.ops.common import dtype_name, kind_of, made, of_keras, op, operand, sizes
from shapelens.rules.keras.ops.promotion import result_type
from shapelens.rules.registry import rule
from shapelens.values import List, Tensor

_MOST = 256


def _filled(c: Call, shape: object, dtype: object = None) -> Tensor:
    return made(sizes(c, shape), dtype_name(c, dtype, "float32"))


op("zeros|ones|empty(shape, dtype=None)", _filled, "Tensor", "object")


@rule("keras.ops.full")
def full(c: Call, shape: object, fill_value: object, dtype: object = None) -> Tensor:
    return made(sizes(c, shape), dtype_name(c, dtype, "float32"))


def _like(c: Call, x: Tensor, dtype: object = None) -> Tensor:
    return made(x.shape, dtype_name(c, dtype, x.dtype))


op("zeros_like|ones_like|empty_like(x, dtype=None)", _like)


@rule("keras.ops.full_like")
def full_like(c: Call, x: Tensor, fill_value: object, dtype: object = None) -> Tensor:
    return made(x.shape, dtype_name(c, dtype, x.dtype))


@rule("keras.ops.eye", "keras.ops.tri")
def eye(c: Call, N: Dim, M: Dim | None = None, k: object = 0, dtype: object = None) -> Tensor:
    return made((N, N if M is None else M), dtype_name(c, dtype, "float32"))


@rule("keras.ops.identity")
def identity(c: Call, n: Dim, dtype: object = None) -> Tensor:
    return made((n, n), dtype_name(c, dtype, "float32"))


@rule("keras.ops.arange")
def arange(c: Call, start: object, stop: object = None, step: object = None, dtype: object = None) -> Tensor:
    """⌈(stop - start) / step⌉ numbers."""
    given = [operand(c, v) for v in (start, stop, step) if c.store.value(v) is not None]
    if c.store.value(start) is None:
        raise NotKnown
    found = dtype_name(c, dtype, _range_dtype(c, given) if dtype is None else None)
    values: list[Any] = [v.scalars if isinstance(v, Tensor) else v for v in given]
    if c.store.value(stop) is None and c.store.value(step) is not None:
        values = [values[0], values[1]]
        low: Any = 0
        high, by = values[0], values[1]
    else:
        low, high, by = (
            (0, values[0], 1) if len(values) == 1 else (values[0], values[1], values[2] if len(values) > 2 else 1)
        )
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (low, high, by)) and by:
        count = max(math.ceil((high - low) / by), 0)
        whole = all(isinstance(v, int) for v in (low, high, by)) and found is not None and "int" in found
        scalars = [low + i * by for i in range(count)] if whole and count <= _MOST else None
        return made((count,), found, scalars)
    if isinstance(by, int) and by > 0 and low == 0 and isinstance(high, (int, Expr)):
        return made((ceildiv(c.dim(high), by),), found)
    return made((c.fresh("n", 0),), found)


def _range_dtype(c: Call, given: list[Any]) -> str | None:
    return result_type(*(kind_of(c, v) for v in given), *(("int",) if len(given) < 3 else ()))


@rule("keras.ops.linspace", "keras.ops.logspace", "keras.ops.geomspace")
def linspace(c: Call, start: object, stop: object, num: Dim = 50, endpoint: object = True, retstep: object = False,
             dtype: object = None, axis: int = 0, *, base: object = 10) -> object:  # fmt: skip
    """`num` numbers from start to stop, in a new axis."""
    if c.store.value(retstep) is not False:
        raise NotKnown
    return _spaced(c, start, stop, num, dtype, axis)


def _spaced(c: Call, start: object, stop: object, num: Dim, dtype: object, axis: int) -> Tensor:
    a, b = operand(c, start), operand(c, stop)
    tensors = [v for v in (a, b) if isinstance(v, Tensor)]
    shape = common_shape(c, tensors) if tensors else ()
    if not isinstance(shape, tuple):
        raise NotKnown
    rank = len(shape) + 1
    if not -rank <= axis < rank:
        c.fail("axis-out-of-range", f"{c.name}: axis {axis} is out of range for a result of rank {rank}")
    at = axis % rank
    plain = all(not isinstance(v, Tensor) for v in (a, b))
    if c.store.value(dtype) is not None:
        found = dtype_name(c, dtype)
        if of_keras(a, b):
            found = result_type(found, "float")
    else:
        found = "float32" if plain else result_type(kind_of(c, a), kind_of(c, b), "float")
        if not plain and kind_of(c, a) != kind_of(c, b):
            found = None
    return made((*shape[:at], num, *shape[at:]), found)


@rule("keras.ops.meshgrid")
def meshgrid(c: Call, *x: object, indexing: object = "xy") -> object:
    """Each vector spread over the grid of all; with "xy" the first two axes change places."""
    tensors = [operand(c, v) for v in x]
    if not all(isinstance(t, Tensor) for t in tensors) or len(tensors) < 2:
        raise NotKnown
    counts: list[Dim] = []
    for tensor in tensors:
        shape = c.shape(tensor)
        if shape is None:
            raise NotKnown
        counts.append(c.store.numel(shape))
    mode = c.store.value(indexing)
    if mode not in ("xy", "ij"):
        if isinstance(mode, str):
            c.fail("argument-value", f"meshgrid: indexing must be 'xy' or 'ij', got '{mode}'")
        raise NotKnown
    if mode == "xy":
        counts[0], counts[1] = counts[1], counts[0]
    kinds = [None if mode == "ij" and of_keras(*tensors) and t.dtype != "float32" else t.dtype for t in tensors]
    return List([made(tuple(counts), kind) for kind in kinds])


def _window(c: Call, x: object, *others: object) -> Tensor:
    value = operand(c, x)
    if isinstance(value, Tensor):
        if of_keras(value):
            raise NotKnown
        if not isinstance(value.scalars, int):
            return made((c.fresh("n", 0),), "float32")
        value = value.scalars
    return made((c.dim(value),), "float32")


op("bartlett|blackman|hamming|hanning(x)", _window, "Tensor", "object")
op("kaiser(x, beta)", _window, "Tensor", "object")
