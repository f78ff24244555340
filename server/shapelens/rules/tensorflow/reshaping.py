"""Tensors in another shape: reshape, transpose, pad, tile, slices, and moving space into the batch."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, Expr, equal, floordiv, less, less_equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import (
    axes_of,
    axis_of,
    bare,
    known,
    made,
    need_rank,
    no_single,
    number,
    paths,
    sizes,
)
from shapelens.rules.torch import reshaping
from shapelens.rules.torch.indexing import sliced
from shapelens.values import List, Open, Scalar, Tensor, Unknown


@rule(*paths("reshape"))
def reshape(c: Call, tensor: Tensor, shape: object, name: object = None) -> Tensor:
    """The same elements; one size may be -1."""
    wanted = c.store.value(shape)
    if isinstance(wanted, Unknown) and isinstance(wanted.why, tuple) and wanted.why[0] == "shape of":
        other = c.shape(wanted.why[1])
        if isinstance(other, Open):
            return made(other, tensor.dtype)
    found = reshaping.reshape(c, bare(tensor), *_asked(c, wanted))
    scalars = tensor.scalars if isinstance(tensor.scalars, list) and found.shape == c.shape(tensor) else None
    return made(found.shape, tensor.dtype, scalars)


def _asked(c: Call, shape: object) -> list[Any]:
    """The sizes of a reshape; one that is not known at all may be -1."""
    if isinstance(shape, Tensor) and not isinstance(shape.scalars, (list, int, Expr)):
        return list(sizes(c, shape))
    if isinstance(shape, Tensor):
        shape = shape.scalars
    if isinstance(shape, List) and shape.rest is not None:
        raise NotKnown
    items = [c.store.value(v) for v in shape] if isinstance(shape, (list, tuple)) else [shape]
    found = []
    for item in items:
        if isinstance(item, Tensor):
            item = item.scalars if isinstance(item.scalars, (int, Expr)) else Scalar("int")
        if not isinstance(item, (int, Expr, Unknown)):
            raise NotKnown
        found.append(item)
    return found


@rule(*paths("transpose"))
def transpose(c: Call, a: Tensor, perm: object = None, conjugate: object = False, name: object = None) -> Tensor:
    """The axes in another order; in reverse if none is given."""
    order = c.store.value(perm)
    if order is None:
        return made(c.dims(a)[::-1], a.dtype)
    axes = [_int(v) for v in sizes(c, order)]
    shape = c.shape(a)
    if isinstance(shape, Open):
        shape = c.dims(a, [f"d{i}" for i in range(len(axes))])
    if not isinstance(shape, tuple):
        return made(tuple([c.fresh("n", 0) for _ in axes]), a.dtype)
    if len(axes) != len(shape):
        c.fail("rank-mismatch", f"transpose: perm has {len(axes)} axes, {c.text(a)} has {len(shape)}", a)
    places = [axis_of(c, i, len(shape), a) for i in axes]
    if len(set(places)) != len(places):
        c.fail("argument-value", f"transpose: perm names an axis twice: {tuple(axes)}", a)
    return made(tuple([shape[i] for i in places]), a.dtype)


def _int(value: Dim) -> int:
    if not isinstance(value, int):
        raise NotKnown
    return value


@rule("tensorflow.linalg.matrix_transpose", "tensorflow.linalg.adjoint")
def matrix_transpose(c: Call, a: Tensor, name: object = None, conjugate: object = False) -> Tensor:
    dims = c.dims(a)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"{c.name}: needs a matrix, got {c.text(a)}", a)
    return made((*dims[:-2], dims[-1], dims[-2]), a.dtype)


@rule(*paths("expand_dims"))
def expand_dims(c: Call, input: Tensor, axis: object, name: object = None) -> Tensor:
    """A new axis of size 1."""
    shape = c.shape(input)
    at = known(c, axis)
    if isinstance(shape, Open):
        return made(reshaping.unsqueeze(c, bare(input), at).shape, input.dtype)
    dims = c.dims(input)
    place = axis_of(c, at, len(dims) + 1, input)
    return made((*dims[:place], 1, *dims[place:]), input.dtype)


@rule(*paths("squeeze"))
def squeeze(c: Call, input: Tensor, axis: object = None, name: object = None) -> Tensor:
    """Without its axes of size 1, or without those that are named, which must be of size 1."""
    dims = c.dims(input)
    value = c.store.value(axis)
    if value is None or value == [] or value == ():
        if any(not isinstance(d, int) and equal(d, 1) is not False for d in dims):
            raise NotKnown
        return made(tuple([d for d in dims if equal(d, 1) is not True]), input.dtype)
    places = axes_of(c, value, len(dims), input)
    for i in places:
        if c.equate(dims[i], 1) is False:
            c.fail("expand-mismatch", f"squeeze: axis {i} of {c.text(input)} is {c.dim_text(dims[i])}, not 1", input)
    return made(tuple([d for i, d in enumerate(dims) if i not in places]), input.dtype)


@rule(*paths("broadcast_to"))
def broadcast_to(c: Call, input: Tensor, shape: object, name: object = None) -> Tensor:
    return made(reshaping.broadcast_to(c, bare(input), sizes(c, no_single(c, shape))).shape, input.dtype)


@rule(*paths("tile"))
def tile(c: Call, input: Tensor, multiples: object, name: object = None) -> Tensor:
    """Each axis so many times: one number for each."""
    times = sizes(c, no_single(c, multiples))
    dims = need_rank(c, input, len(times))
    return made(tuple([d * t for d, t in zip(dims, times)]), input.dtype)


@rule(*paths("repeat"))
def repeat(c: Call, input: Tensor, repeats: object, axis: object = None, name: object = None) -> Tensor:
    """Each element of an axis so many times; of all elements where no axis is named."""
    value = c.store.value(axis)
    dims = c.dims(input)
    counts = converted(c, repeats)
    shape = c.shape(counts)
    if value is None:
        total: Dim = c.store.numel(dims)
        place, base = 0, (*dims[:0], total)
    else:
        if not dims:
            raise NotKnown
        place, base = axis_of(c, value, len(dims), input), dims
    size: Dim
    if shape == ():
        size = base[place] * number(c, repeats)
    else:
        listed = counts.scalars
        if shape == (1,) and isinstance(listed, list):
            size = base[place] * listed[0]
        else:
            if isinstance(shape, tuple) and len(shape) == 1 and equal(shape[0], 1) is False:
                c.require(
                    shape[0],
                    base[place],
                    "repeat-mismatch",
                    f"repeat: {c.text(shape)} repeats for axis {place} of {c.text(input)}",
                    input,
                )
            plain = isinstance(listed, list) and all(type(v) is int for v in listed)
            size = sum(listed) if plain and isinstance(listed, list) else c.fresh("n", 0)
    return made((*base[:place], size, *base[place + 1 :]), input.dtype)


@rule(*paths("reverse"))
def reverse(c: Call, tensor: Tensor, axis: object, name: object = None) -> Tensor:
    dims = c.dims(tensor)
    axes_of(c, axis, len(dims), tensor)
    return made(dims, tensor.dtype)


@rule(*paths("reverse_sequence"))
def reverse_sequence(
    c: Call, input: Tensor, seq_lengths: object, seq_axis: object = None, batch_axis: object = None, name: object = None
) -> Tensor:
    return made(input.shape, input.dtype)


@rule(*paths("roll"))
def roll(c: Call, input: Tensor, shift: object, axis: object, name: object = None) -> Tensor:
    shape = c.shape(input)
    if isinstance(shape, tuple):
        axes_of(c, axis, len(shape), input)
    return made(shape, input.dtype)


@rule(*paths("pad"))
def pad(
    c: Call,
    tensor: Tensor,
    paddings: object,
    mode: object = "CONSTANT",
    constant_values: object = 0,
    name: object = None,
) -> Tensor:
    """Rows of (before, after), one for each axis."""
    rows = _pairs(c, paddings)
    dims = need_rank(c, tensor, len(rows))
    found = []
    kind = c.store.value(mode)
    for i, (size, (before, after)) in enumerate(zip(dims, rows)):
        if isinstance(kind, str) and kind.upper() in ("REFLECT", "SYMMETRIC"):
            most = size - 1 if kind.upper() == "REFLECT" else size
            if any(less(most, p) is True for p in (before, after)):
                c.fail(
                    "padding-too-large",
                    f"pad: {kind} takes at most {c.dim_text(most)} on axis {i} of {c.text(tensor)}",
                    tensor,
                )
        found.append(size + before + after)
    return made(tuple(found), tensor.dtype)


def _pairs(c: Call, value: object) -> list[tuple[Dim, Dim]]:
    value = c.store.value(value)
    if isinstance(value, Tensor):
        value = value.scalars
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    found = []
    for row in value:
        pair = sizes(c, row)
        if len(pair) != 2:
            raise NotKnown
        found.append((pair[0], pair[1]))
    return found


# -- slices --------------------------------------------------------------------------------------------------------


@rule(*paths("slice"))
def slice_(c: Call, input_: Tensor, begin: object, size: object, name: object = None) -> Tensor:
    """From `begin` on, so many of each axis; -1 takes the rest."""
    starts, counts = sizes(c, begin), sizes(c, size)
    dims = need_rank(c, input_, len(starts))
    if len(counts) != len(starts):
        c.fail("rank-mismatch", f"slice: begin has {len(starts)} numbers, size {len(counts)}", input_)
    found: list[Dim] = []
    for i, (dim, start, count) in enumerate(zip(dims, starts, counts)):
        length = dim - start if isinstance(count, int) and count == -1 else count
        if less(dim, start + length) is True or less(start, 0) is True or less(length, 0) is True:
            c.fail(
                "index-out-of-range",
                f"slice: {c.dim_text(length)} from {c.dim_text(start)} on is beyond axis {i} of {c.text(input_)}",
                input_,
            )
        found.append(length)
    return made(tuple(found), input_.dtype)


@rule(*paths("strided_slice"))
def strided_slice(
    c: Call,
    input_: Tensor,
    begin: object,
    end: object,
    strides: object = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: object = None,
    name: object = None,
) -> Tensor:
    """As indexing with slices; the masks say which ends were left out and which axes go."""
    if ellipsis_mask or new_axis_mask:
        raise NotKnown
    starts, ends = sizes(c, begin), sizes(c, end)
    steps = sizes(c, strides) if c.store.value(strides) is not None else (1,) * len(starts)
    dims = c.dims(input_)
    if len(starts) > len(dims):
        c.fail("rank-mismatch", f"strided_slice: {len(starts)} axes of {c.text(input_)}", input_)
    if not len(starts) == len(ends) == len(steps):
        raise NotKnown
    found: list[Dim] = []
    for i, dim in enumerate(dims):
        if i >= len(starts):
            found.append(dim)
            continue
        if shrink_axis_mask >> i & 1:
            if less_equal(dim, starts[i]) is True:
                c.fail(
                    "index-out-of-range", f"strided_slice: {c.dim_text(starts[i])} is beyond {c.text(input_)}", input_
                )
            continue
        first = None if begin_mask >> i & 1 else starts[i]
        last = None if end_mask >> i & 1 else ends[i]
        step = steps[i]
        if all(v is None or isinstance(v, int) for v in (dim, first, last, step)) and step != 0:
            found.append(len(range(*slice(first, last, step).indices(dim))))  # type: ignore[arg-type]
        elif isinstance(step, int) and step > 0:
            found.append(sliced(c, dim, slice(first, last, step), bare(input_)))
        else:
            found.append(c.fresh("n", 0))
    return made(tuple(found), input_.dtype)


# -- space and batch -----------------------------------------------------------------------------------------------


@rule(*paths("nn.space_to_batch", "space_to_batch_nd"))
def space_to_batch(c: Call, input: Tensor, block_shape: object, paddings: object, name: object = None) -> Tensor:
    """Blocks of the padded spatial axes go into the batch."""
    blocks, rows = sizes(c, block_shape), _pairs(c, paddings)
    dims = c.dims(input)
    if len(dims) < len(blocks) + 1 or len(rows) != len(blocks):
        raise NotKnown
    batch: Dim = dims[0]
    spatial: list[Dim] = []
    for size, block, (before, after) in zip(dims[1:], blocks, rows):
        padded = size + before + after
        _divides(c, padded, block, input)
        spatial.append(floordiv(padded, block))
        batch = batch * block
    return made((batch, *spatial, *dims[1 + len(blocks) :]), input.dtype)


@rule(*paths("batch_to_space"))
def batch_to_space(c: Call, input: Tensor, block_shape: object, crops: object, name: object = None) -> Tensor:
    blocks, rows = sizes(c, block_shape), _pairs(c, crops)
    dims = c.dims(input)
    if len(dims) < len(blocks) + 1 or len(rows) != len(blocks):
        raise NotKnown
    count: Dim = 1
    spatial: list[Dim] = []
    for size, block, (before, after) in zip(dims[1:], blocks, rows):
        spatial.append(size * block - before - after)
        count = count * block
    _divides(c, dims[0], count, input)
    return made((floordiv(dims[0], count), *spatial, *dims[1 + len(blocks) :]), input.dtype)


def _divides(c: Call, size: Dim, block: Dim, tensor: Tensor) -> None:
    if isinstance(size, int) and isinstance(block, int) and (block < 1 or size % block):
        c.fail(
            "shape-mismatch", f"{c.name}: {size} of {c.text(tensor)} cannot be divided into blocks of {block}", tensor
        )


def _format(c: Call, data_format: object) -> str:
    value = c.store.value(data_format)
    if not isinstance(value, str):
        raise NotKnown
    return value


@rule("tensorflow.nn.space_to_depth", "tensorflow.nn.depth_to_space")
def space_to_depth(
    c: Call, input: Tensor, block_size: object, data_format: object = "NHWC", name: object = None
) -> Tensor:
    """Blocks of height and width to channels, or back."""
    block, form = number(c, block_size), _format(c, data_format)
    if form not in ("NHWC", "NCHW"):
        raise NotKnown
    dims = need_rank(c, input, 4, names=("B", "H", "W", "C"))
    batch, *rest = dims
    height, width, channels = rest if form == "NHWC" else (rest[1], rest[2], rest[0])
    if c.name == "space_to_depth":
        for size in (height, width):
            _divides(c, size, block, input)
        height, width, channels = floordiv(height, block), floordiv(width, block), channels * block * block
    else:
        _divides(c, channels, block * block, input)
        height, width, channels = height * block, width * block, floordiv(channels, block * block)
    spatial = (height, width)
    return made((batch, *spatial, channels) if form == "NHWC" else (batch, channels, *spatial), input.dtype)


@rule(*paths("required_space_to_batch_paddings"))
def required_paddings(
    c: Call, input_shape: object, block_shape: object, base_paddings: object = None, name: object = None
) -> object:
    """The paddings and crops, a row for each block."""
    count = len(sizes(c, block_shape))
    return made((count, 2), "int32"), made((count, 2), "int32")
