"""keras.ops: what picks or places elements by index."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import axis_in, made, of_keras, size, sizes
from shapelens.rules.keras.ops.promotion import is_real_float
from shapelens.rules.registry import rule
from shapelens.rules.torch import indexing
from shapelens.values import Tensor


def _indices(c: Call, value: object) -> Tensor:
    return converted(c, c.store.value(value))


@rule("keras.ops.get_item")
def get_item(c: Call, x: Tensor, key: object) -> Tensor:
    """`x[key]`."""
    return taken(c, x, key)


def taken(c: Call, x: Tensor, key: Any) -> Tensor:
    """`x[key]` of ints, slices, None and the ellipsis; TensorFlow takes no index tensors there."""
    items = key if isinstance(key, tuple) else (key,)
    if any(isinstance(c.store.value(i), (Tensor, list)) for i in items):
        raise NotKnown
    if any(isinstance(i, slice) and isinstance(i.step, int) and i.step < 0 for i in items):
        raise NotKnown
    # Slices are cut as torch's are, negative steps apart.
    shape = indexing.selected(c, x.with_(library="torch", origin=x.origin), key)
    return made(shape, x.dtype, None if x.scalars is None else _picked(x.scalars, items))


def _picked(scalars: Any, items: tuple[Any, ...]) -> Any:
    if len(items) == 1 and isinstance(items[0], int) and isinstance(scalars, list):
        return scalars[items[0]] if -len(scalars) <= items[0] < len(scalars) else None
    return None


@rule("keras.ops.take")
def take(c: Call, x: Tensor, indices: object, axis: int | None = None) -> Tensor:
    """The dims of the indices in the axis' place; without one, of the flattened tensor."""
    found = _indices(c, indices)
    if axis is None:
        return made(c.shape(found), x.dtype)
    dims = c.dims(x)
    at = axis_in(c, axis, len(dims), x)
    return made((*dims[:at], *c.dims(found), *dims[at + 1 :]), x.dtype)


@rule("keras.ops.take_along_axis")
def take_along_axis(c: Call, x: Tensor, indices: object, axis: int | None = -1) -> Tensor:
    """The shape of the indices; the other dims broadcast."""
    found = _indices(c, indices)
    if axis is None:
        return made(found.shape, x.dtype)
    mine, other = c.dims(x), c.dims(found)
    if len(mine) != len(other):
        c.fail("rank-mismatch", f"take_along_axis: indices {c.text(found)} for {c.text(x)}: the ranks differ", x, found)
    at = axis_in(c, axis, len(mine), x)
    left, right = (*mine[:at], 1, *mine[at + 1 :]), (*other[:at], 1, *other[at + 1 :])
    rest = c.broadcast(left, right, tensors=(x, found))
    return made((*rest[:at], other[at], *rest[at + 1 :]), x.dtype)


@rule("keras.ops.slice")
def slice_(c: Call, inputs: Tensor, start_indices: object, shape: object) -> Tensor:
    """A part of the given shape; -1 takes all that is left of a dim."""
    wanted, starts = sizes(c, shape), c.store.value(start_indices)
    dims = c.dims(inputs, [f"d{i}" for i in range(len(wanted))])
    if len(wanted) != len(dims):
        c.fail("rank-mismatch", f"slice: a shape of {len(wanted)} sizes for {c.text(inputs)}", inputs)
    known: list[Dim | None] = [None] * len(dims)
    if isinstance(starts, (tuple, list)) and getattr(starts, "rest", None) is None:
        if len(starts) != len(dims):
            c.fail("rank-mismatch", f"slice: {len(starts)} starts for {c.text(inputs)}", inputs)
        known = [None if isinstance(c.store.value(s), Tensor) else c.dim(s) for s in starts]
    made_of: list[Dim] = []
    for i, (dim, start, asked) in enumerate(zip(dims, known, wanted)):
        if asked == -1:
            if start is None or not isinstance(dim, int):
                made_of.append(c.fresh("n", 0))
            else:
                made_of.append(dim - start)
            continue
        if start is not None and not of_keras(inputs) and less(dim, start + asked) is True:
            c.fail(
                "index-out-of-range",
                f"slice: {c.dim_text(asked)} from {c.dim_text(start)} goes beyond axis {i} of {c.text(inputs)}", inputs,
            )  # fmt: skip
        made_of.append(asked)
    return made(tuple(made_of), inputs.dtype)


@rule("keras.ops.slice_update")
def slice_update(c: Call, inputs: Tensor, start_indices: object, updates: object) -> Tensor:
    """The shape of the inputs."""
    found = converted(c, c.store.value(updates))
    mine, other = c.shape(inputs), c.shape(found)
    if isinstance(mine, tuple) and isinstance(other, tuple) and not of_keras(inputs, found):
        if len(mine) != len(other):
            c.fail("rank-mismatch", f"slice_update: {c.text(found)} written into {c.text(inputs)}", inputs, found)
        if any(less(a, b) is True for a, b in zip(mine, other)):
            c.fail("shape-mismatch", f"slice_update: {c.text(found)} is larger than {c.text(inputs)}", inputs, found)
    return made(mine, inputs.dtype)


def _depth(c: Call, indices: Tensor) -> tuple[tuple[Dim, ...], int]:
    dims = c.dims(indices)
    if not dims or not isinstance(dims[-1], int):
        raise NotKnown
    return dims[:-1], dims[-1]


def _values_fit(c: Call, indices: Tensor, values: Tensor, target: tuple[Dim, ...]) -> None:
    """indices (*n, depth) place values (*n, *target[depth:])."""
    if of_keras(indices, values):
        return
    places, depth = _depth(c, indices)
    if depth > len(target):
        c.fail("index-mismatch", f"{c.name}: {depth} indices each for {c.text(target)}", indices)
    wanted, shape = (*places, *target[depth:]), c.shape(values)
    if not isinstance(shape, tuple):
        return
    if len(shape) != len(wanted) or any(c.equate(a, b) is False for a, b in zip(shape, wanted)):
        if all(d == 1 for d in shape):
            raise NotKnown
        c.fail("index-mismatch", f"{c.name}: values {c.text(values)}, the indices {c.text(indices)} need {c.text(wanted)}",
               indices, values)  # fmt: skip


@rule("keras.ops.scatter")
def scatter(c: Call, indices: object, values: object, shape: object) -> Tensor:
    """Zeros of a shape with values (*n, *shape[depth:]) at indices (*n, depth)."""
    places, found = _indices(c, indices), converted(c, c.store.value(values))
    target = sizes(c, shape)
    _values_fit(c, places, found, target)
    return made(target, found.dtype)


@rule("keras.ops.scatter_update")
def scatter_update(c: Call, inputs: Tensor, indices: object, updates: object, reduction: object = None) -> Tensor:
    """The inputs with updates at some places."""
    places, found = _indices(c, indices), converted(c, c.store.value(updates))
    shape = c.shape(inputs)
    if isinstance(shape, tuple) and not of_keras(inputs):
        _values_fit(c, places, found, shape)
    return made(shape, inputs.dtype)


@rule("keras.ops.unravel_index")
def unravel_index(c: Call, indices: object, shape: object) -> object:
    """The index in each dim."""
    found = _indices(c, indices)
    dtype = None if is_real_float(found.dtype) else found.dtype
    return tuple([made(found.shape, dtype) for _ in sizes(c, shape)])


def segments(c: Call, data: Tensor, segment_ids: object, num_segments: object = None, sorted: object = False) -> Tensor:
    """data (n, *rest) by segment_ids (n,) to (num_segments, *rest)."""
    ids = _indices(c, segment_ids)
    shape, dims = c.shape(ids), c.dims(data)
    if isinstance(shape, tuple):
        if len(shape) > 1:
            c.fail("rank-mismatch", f"{c.name}: segment_ids must be a vector, got {c.text(ids)}", ids)
        if shape and dims:
            c.require(
                shape[0], dims[0], "index-mismatch",
                f"{c.name}: {c.text(ids)} segment_ids for data {c.text(data)}", data, ids,
            )  # fmt: skip
    if not dims:
        raise NotKnown
    count: Dim = c.fresh("n", 0) if c.store.value(num_segments) is None else size(c, num_segments)
    return made((count, *dims[1:]), data.dtype)


for _name in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
    rule(f"keras.ops.{_name}")(segments)
