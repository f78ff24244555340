"""Elements picked or placed by index: gather, scatter, masks, where, embeddings."""

from __future__ import annotations

from collections.abc import Sequence

from shapelens.dims import Dim, less_equal, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import axis_of, known, made, operands, paths, refuse, sizes
from shapelens.rules.tensorflow.tensor import masked
from shapelens.values import Open, Shape, Tensor
from shapelens.values.dtypes import INTEGERS


def _whole(c: Call, indices: Tensor) -> None:
    refuse(c, indices.dtype, INTEGERS, indices)


@rule(*paths("gather"))
def gather(
    c: Call,
    params: Tensor,
    indices: Tensor,
    validate_indices: object = None,
    axis: object = None,
    batch_dims: object = 0,
    name: object = None,
) -> Tensor:
    """The indices' shape in place of one axis; the first `batch_dims` axes belong together."""
    _whole(c, indices)
    return made(gathered(c, params, indices, axis, batch_dims), params.dtype)


def gathered(c: Call, params: Tensor, indices: Tensor, axis: object, batch_dims: object) -> Shape:
    """The shape of tf.gather's result."""
    shape, places = c.shape(params), c.shape(indices)
    batch = known(c, batch_dims)
    value = c.store.value(axis)
    if isinstance(places, Open) and isinstance(shape, tuple) and batch == 0 and value in (None, 0):
        return Open(places.prefix, places.var, (*places.suffix, *shape[1:]))
    dims, picks = c.dims(params), c.dims(indices)
    if not dims:
        c.fail("rank-mismatch", f"{c.name}: a scalar has no axis to pick from", params)
    if batch < 0:
        batch += len(picks)
    at = batch if value is None else axis_of(c, value, len(dims), params)
    if batch > at or batch > len(picks) or batch < 0:
        raise NotKnown
    for i in range(batch):
        c.require(
            dims[i],
            picks[i],
            "batch-mismatch",
            f"{c.name}: batch axis {i} of {c.text(params)} and of the indices {c.text(indices)} differ",
            params,
            indices,
        )
    _check_numbers(c, params, dims[at], indices)
    return (*dims[:at], *picks[batch:], *dims[at + 1 :])


def _check_numbers(c: Call, params: Tensor, size: Dim, indices: Tensor) -> None:
    """Known indices must lie within the axis; negative ones are not taken."""
    numbers = indices.scalars if isinstance(indices.scalars, list) else [indices.scalars]
    for one in numbers:
        if type(one) is int and (one < 0 or less_equal(size, one) is True):
            c.fail("index-out-of-range", f"{c.name}: index {one} is not in [0, {c.dim_text(size)})", params)


@rule(*paths("gather_nd"))
def gather_nd(
    c: Call,
    params: Tensor,
    indices: Tensor,
    batch_dims: object = 0,
    name: object = None,
    bad_indices_policy: object = "",
) -> Tensor:
    """The last axis of the indices says where in the first axes of the tensor."""
    _whole(c, indices)
    dims, picks = c.dims(params), c.dims(indices)
    batch = known(c, batch_dims)
    if not picks or batch > len(picks) - 1:
        raise NotKnown
    depth = picks[-1]
    if not isinstance(depth, int):
        raise NotKnown
    if depth + batch > len(dims):
        c.fail(
            "index-mismatch",
            f"gather_nd: indices of {depth} numbers for {c.text(params)} of rank {len(dims)}",
            params,
            indices,
        )
    for i in range(batch):
        c.require(dims[i], picks[i], "batch-mismatch", f"gather_nd: batch axis {i} differs", params, indices)
    _check_places(c, dims[batch:], indices.scalars, indices)
    return made((*picks[:-1], *dims[batch + depth :]), params.dtype)


def _check_places(c: Call, dims: Sequence[Dim], numbers: object, indices: Tensor) -> None:
    """Known places, lists of one number for each of the first axes, must lie within these axes."""
    if not isinstance(numbers, list):
        return
    if any(isinstance(n, list) for n in numbers):
        for row in numbers:
            _check_places(c, dims, row, indices)
        return
    for axis, (size, one) in enumerate(zip(dims, numbers)):
        if type(one) is int and (one < 0 or less_equal(size, one) is True):
            c.fail(
                "index-out-of-range", f"{c.name}: index {one} is not in [0, {c.dim_text(size)}), axis {axis}", indices
            )


def _updates(c: Call, indices: Tensor, updates: Tensor, shape: tuple[Dim, ...]) -> None:
    """The updates must be as many as the indices, each of what the indices leave of the shape."""
    picks, given = c.shape(indices), c.shape(updates)
    if not isinstance(picks, tuple) or not isinstance(given, tuple) or not picks or not isinstance(picks[-1], int):
        return
    if picks[-1] > len(shape):
        c.fail("index-mismatch", f"{c.name}: indices of {picks[-1]} numbers for a shape {c.text(shape)}", indices)
    _check_places(c, shape, indices.scalars, indices)
    wanted = (*picks[:-1], *shape[picks[-1] :])
    if len(wanted) != len(given) or any(c.equate(a, b) is False for a, b in zip(wanted, given)):
        c.fail(
            "index-mismatch",
            f"{c.name}: the updates must be {c.text(wanted)} for indices {c.text(indices)}, got {c.text(updates)}",
            updates,
            indices,
        )


@rule(*paths("scatter_nd"))
def scatter_nd(
    c: Call, indices: Tensor, updates: Tensor, shape: object, name: object = None, bad_indices_policy: object = ""
) -> Tensor:
    """Zeros of the shape, with the updates at their places."""
    wanted = sizes(c, shape)
    _whole(c, indices)
    _updates(c, indices, updates, wanted)
    return made(wanted, updates.dtype)


@rule(
    *paths(
        "tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update"
    )
)
def tensor_scatter(
    c: Call, tensor: Tensor, indices: Tensor, updates: object, name: object = None, bad_indices_policy: object = ""
) -> Tensor:
    (_, given), dtype = operands(c, tensor, updates)
    _whole(c, indices)
    shape = c.shape(tensor)
    if isinstance(shape, tuple):
        _updates(c, indices, given, shape)
    return made(shape, dtype)


@rule(*paths("boolean_mask"))
def boolean_mask(c: Call, tensor: Tensor, mask: Tensor, axis: object = None, name: object = None) -> Tensor:
    """The rows for which the mask holds: how many is in the data."""
    shape = c.shape(mask)
    if shape == ():
        c.fail("rank-mismatch", "boolean_mask: the mask must have at least one axis", mask)
    dims = c.shape(tensor)
    value = c.store.value(axis)
    at = 0
    if value is not None and isinstance(dims, tuple):
        at = axis_of(c, value, len(dims), tensor)
    return made(masked(c, tensor, mask, at), tensor.dtype)


@rule(*paths("where"))
def where(c: Call, condition: Tensor, x: object = None, y: object = None, name: object = None) -> Tensor:
    """Of three the common shape; of one, the places that hold: (n, rank)."""
    if c.store.value(x) is None and c.store.value(y) is None:
        shape = c.shape(condition)
        rank: Dim = len(shape) if isinstance(shape, tuple) else c.fresh("rank", 0)
        return made((c.fresh("n", 0), rank), "int64")
    (first, second), dtype = operands(c, x, y)
    if condition.library != "keras":
        refuse(c, condition.dtype, ("bool",), condition)
    return made(common_shape(c, (condition, first, second), "where"), dtype)


@rule("tensorflow.nn.embedding_lookup")
def embedding_lookup(c: Call, params: object, ids: Tensor, max_norm: object = None, name: object = None) -> Tensor:
    """(rows, features) and (*) give (*, features)."""
    table = c.store.value(params)
    if isinstance(table, (list, tuple)):
        raise NotKnown
    found = converted(c, table)
    _whole(c, ids)
    return made(gathered(c, found, ids, 0, 0), found.dtype)


@rule(*paths("unravel_index"))
def unravel_index(c: Call, indices: Tensor, dims: object, name: object = None) -> Tensor:
    count = len(sizes(c, dims))
    shape = c.dims(indices)
    return made((count, product(shape)) if shape else (count,), indices.dtype)
