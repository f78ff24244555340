"""keras.ops: the same elements in another shape or order, repeated, padded or split."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, Expr, equal, floordiv, less
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import (
    axes_in,
    axis_in,
    axis_list,
    changed,
    kept,
    made,
    of_keras,
    op,
    rank_at_least,
    sequence,
    size,
    sizes,
)
from shapelens.rules.keras.ops.promotion import result_type, widened
from shapelens.rules.registry import rule
from shapelens.rules.torch import info, joining, reshaping
from shapelens.values import UNKNOWN, List, Open, Scalar, Tensor, Unknown

# -- shape ---------------------------------------------------------------------------------------------------------


@rule("keras.ops.reshape")
def reshape(c: Call, x: Tensor, newshape: object) -> Tensor:
    """The same elements in another shape; one size may be -1, one alone is a vector's."""
    value = c.store.value(newshape)
    if isinstance(value, Tensor):
        value = sizes(c, value)
    if value is None or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    if isinstance(value, (tuple, list)) and any(c.store.value(v) is None for v in value):
        raise NotKnown
    try:
        return reshaping.reshape(c, x, value)
    except Failure:
        shape = c.shape(x)
        if of_keras(x) and isinstance(shape, tuple) and not all(isinstance(d, int) for d in shape):
            if -1 in (asked := sizes(c, value)):
                raise NotKnown from None
            return x.with_(shape=asked)  # Keras compares known sizes only
        raise


@rule("keras.ops.ravel")
def ravel(c: Call, x: Tensor) -> Tensor:
    """One vector of all elements."""
    return reshaping.flattened(c, x, 0, -1)


@rule("keras.ops.transpose")
def transpose(c: Call, x: Tensor, axes: object = None) -> Tensor:
    """The dims in another order; in reverse if none is given."""
    order = c.store.value(axes)
    if order is None:
        return x.with_(shape=c.dims(x)[::-1])
    return reshaping.permute(c, x, *axis_list(c, order))


@rule("keras.ops.swapaxes")
def swapaxes(c: Call, x: Tensor, axis1: int, axis2: int) -> Tensor:
    """Two dims change places."""
    if isinstance(c.shape(x), tuple):
        for axis in (axis1, axis2):
            axis_in(c, axis, len(c.dims(x)), x)
    return reshaping.transpose(c, x, axis1, axis2)


@rule("keras.ops.moveaxis")
def moveaxis(c: Call, x: Tensor, source: object, destination: object) -> Tensor:
    """Some dims at other places."""
    rank = len(c.dims(x))
    for axes in (source, destination):
        axes_in(c, axes, rank, x)
    return reshaping.movedim(c, x, axis_list(c, source), axis_list(c, destination))


@rule("keras.ops.expand_dims")
def expand_dims(c: Call, x: Tensor, axis: object) -> Tensor:
    """Dims of size 1 put in; several axes are those of the result."""
    value = c.store.value(axis)
    if isinstance(value, int):
        return reshaping.unsqueeze(c, x, value)
    listed, dims = axis_list(c, value), list(c.dims(x))
    rank = len(dims) + len(listed)
    places = sorted(axis_in(c, a, rank, x) for a in listed)
    if len(set(places)) != len(places):
        raise NotKnown
    for at in places:
        dims.insert(at, 1)
    return x.with_(shape=tuple(dims))


@rule("keras.ops.squeeze")
def squeeze(c: Call, x: Tensor, axis: object = None) -> Tensor:
    """Dims of size 1 removed. A named dim that is not 1 raises; an unknown one of a KerasTensor is not 1."""
    value = c.store.value(axis)
    dims = c.dims(x)
    if value is None:
        if of_keras(x):
            return x.with_(shape=tuple([d for d in dims if d != 1]))
        return reshaping.squeeze(c, x)
    axes = axes_in(c, value, len(dims), x)
    for i in axes:
        one = equal(dims[i], 1)
        if one is False:
            c.fail("expand-mismatch", f"squeeze: axis {i} of {c.text(x)} is {c.dim_text(dims[i])}, not 1", x)
        if one is None:
            raise NotKnown
    return x.with_(shape=tuple([d for i, d in enumerate(dims) if i not in axes]))


@rule("keras.ops.broadcast_to")
def broadcast_to(c: Call, x: Tensor, shape: object) -> Tensor:
    """Dims of size 1 made larger."""
    return reshaping.expand(c, x, sizes(c, shape))


@rule("keras.ops.view")
def view(c: Call, x: Tensor, dtype: object = None) -> Tensor:
    """The same memory read as another dtype; only of one size."""
    if c.store.value(dtype) is not None:
        raise NotKnown
    return made(x.shape, x.dtype)


# -- repeated, rolled, padded --------------------------------------------------------------------------------------


@rule("keras.ops.repeat")
def repeat(c: Call, x: Tensor, repeats: object, axis: object = None) -> Tensor:
    """Each element as often as told, along an axis or of the flattened tensor."""
    value, at = c.store.value(repeats), c.store.value(axis)
    shape = c.shape(x)
    if at is None:
        if shape is None:
            raise NotKnown
        total = c.store.numel(shape)
        return x.with_(shape=(_repeated(c, x, total, value, "all elements"),))
    if not isinstance(at, int):
        raise NotKnown
    return x.with_(shape=changed(c, x, (at,), lambda d: (_repeated(c, x, d, value, f"axis {at}"),)))


def _repeated(c: Call, x: Tensor, dim: Dim, value: Any, where: str) -> Dim:
    if isinstance(value, Tensor):
        value = value.scalars
    if isinstance(value, (int, Expr)):
        return dim * c.dim(value)
    if not isinstance(value, (list, tuple)) or not value or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    counts = [c.dim(v) for v in value]
    if len(counts) == 1:
        return dim * counts[0]
    if c.equate(dim, len(counts)) is False:
        c.fail("repeat-mismatch", f"repeat: {len(counts)} counts for {c.dim_text(dim)} in {where} of {c.text(x)}", x)
    total: Dim = 0
    for count in counts:
        total = total + count
    return total


@rule("keras.ops.tile")
def tile(c: Call, x: Tensor, repeats: object) -> Tensor:
    """Copies side by side; the shorter of shape and repeats gets ones in front."""
    return reshaping.tile(c, x, *sizes(c, repeats))


@rule("keras.ops.roll")
def roll(c: Call, x: Tensor, shift: object, axis: object = None) -> Tensor:
    return made(x.shape if c.store.value(axis) is None else kept(c, x, axis), x.dtype)


@rule("keras.ops.flipud", "keras.ops.fliplr")
def flipud(c: Call, x: Tensor) -> Tensor:
    return made(x.shape, x.dtype)


@rule("keras.ops.flip")
def flip(c: Call, x: Tensor, axis: object = None) -> Tensor:
    return made(x.shape if c.store.value(axis) is None else kept(c, x, axis), x.dtype)


@rule("keras.ops.rot90")
def rot90(c: Call, array: Tensor, k: int = 1, axes: object = (0, 1)) -> Tensor:
    """Two dims change places for an odd k. Of a KerasTensor Keras says so for any k."""
    dims = list(c.dims(array))
    if len(dims) < 2:
        c.fail("rank-mismatch", f"rot90 needs at least two dims, got {c.text(array)}", array)
    listed = axis_list(c, axes)
    if len(listed) != 2:
        c.fail("argument-value", f"rot90 turns a plane of two axes, got {len(listed)}", array)
    a, b = (axis_in(c, v, len(dims), array) for v in listed)
    if a == b:
        c.fail("argument-value", f"rot90: the axes {listed} are the same", array)
    if k % 2 or of_keras(array) and dims[a] != dims[b]:
        if not k % 2:
            raise NotKnown
        dims[a], dims[b] = dims[b], dims[a]
    return made(tuple(dims), array.dtype)


@rule("keras.ops.pad")
def pad(c: Call, x: Tensor, pad_width: object, mode: object = "constant", constant_values: object = None) -> Tensor:
    """Each dim longer by (before, after); one pair, or one number, stands for all dims."""
    dims = c.dims(x)
    value = c.store.value(pad_width)
    if isinstance(value, Tensor):
        value = value.scalars
    if isinstance(value, (int, Expr)):
        pairs = [(c.dim(value), c.dim(value))]
    else:
        if not isinstance(value, (tuple, list)) or isinstance(value, List) and value.rest is not None:
            raise NotKnown
        items = [c.store.value(v) for v in value]
        if len(items) == 2 and all(isinstance(v, (int, Expr)) for v in items):
            pairs = [(c.dim(items[0]), c.dim(items[1]))]
        else:
            pairs = [_pair(c, v) for v in items]
    if len(pairs) == 1:
        pairs *= len(dims)
    if len(pairs) != len(dims):
        c.fail("rank-mismatch", f"pad: {len(pairs)} pairs for the {len(dims)} dims of {c.text(x)}", x)
    return made(tuple([d + before + after for d, (before, after) in zip(dims, pairs)]), x.dtype)


def _pair(c: Call, value: Any) -> tuple[Dim, Dim]:
    if isinstance(value, (int, Expr)):
        return c.dim(value), c.dim(value)
    found = sizes(c, value)
    if len(found) == 1:
        return found[0], found[0]
    if len(found) != 2:
        raise NotKnown
    return found[0], found[1]


# -- triangles and diagonals ---------------------------------------------------------------------------------------


@rule("keras.ops.tril", "keras.ops.triu")
def tril(c: Call, x: Tensor, k: object = 0) -> Tensor:
    """The shape stays."""
    if not of_keras(x):
        rank_at_least(c, x, 2, "matrices")
    return made(x.shape, x.dtype)


def _diagonal(c: Call, rows: Dim, columns: Dim, offset: int) -> Dim:
    if offset > 0:
        columns = columns - offset
    else:
        rows = rows + offset
    if isinstance(rows, int) and isinstance(columns, int):
        return max(min(rows, columns), 0)
    if equal(rows, columns) and less(rows, 0) is False:
        return rows
    return c.fresh("n", 0)


@rule("keras.ops.diagonal")
def diagonal(c: Call, x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Two dims become one at the end."""
    dims, a, b = _plane(c, x, axis1, axis2)
    rest = tuple([d for i, d in enumerate(dims) if i not in (a, b)])
    return made((*rest, _diagonal(c, dims[a], dims[b], offset)), x.dtype)


def _plane(c: Call, x: Tensor, axis1: int, axis2: int) -> tuple[tuple[Dim, ...], int, int]:
    rank_at_least(c, x, 2, "matrices")
    dims = c.dims(x)
    a, b = axis_in(c, axis1, len(dims), x), axis_in(c, axis2, len(dims), x)
    if a == b:
        c.fail("argument-value", f"{c.name}: axis1 and axis2 are the same dim of {c.text(x)}", x)
    return dims, a, b


@rule("keras.ops.trace")
def trace(c: Call, x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sum of a diagonal."""
    dims, a, b = _plane(c, x, axis1, axis2)
    return made(tuple([d for i, d in enumerate(dims) if i not in (a, b)]), widened(x.dtype))


@rule("keras.ops.diag")
def diag(c: Call, x: Tensor, k: int = 0) -> Tensor:
    """Of a vector the matrix, of a matrix the diagonal."""
    dims = c.dims(x)
    if len(dims) == 1:
        return made((dims[0] + abs(k), dims[0] + abs(k)), x.dtype)
    if len(dims) != 2:
        c.fail("rank-mismatch", f"diag takes a vector or a matrix, got {c.text(x)}", x)
    return made((_diagonal(c, dims[0], dims[1], k),), x.dtype)


@rule("keras.ops.diagflat")
def diagflat(c: Call, x: Tensor, k: int = 0) -> Tensor:
    """All elements on the diagonal of a matrix."""
    shape = c.shape(x)
    if shape is None:
        raise NotKnown
    side = c.store.numel(shape) + abs(k)
    return made((side, side), x.dtype)


# -- joined --------------------------------------------------------------------------------------------------------


def _joined(c: Call, xs: object) -> Any:
    """What is joined: a known list, or an unknown number of tensors that are all alike."""
    value = c.store.value(xs)
    if (
        isinstance(value, (list, tuple))
        and not (isinstance(value, List) and value.rest is not None)
        or isinstance(value, Tensor)
    ):
        found = sequence(c, value)
        if not found:
            raise NotKnown
        return found
    return value


@rule("keras.ops.concatenate")
def concatenate(c: Call, xs: object, axis: int = 0) -> Tensor:
    """The sizes along the axis added; all other dims must agree."""
    found = _joined(c, xs)
    if type(found) is list:
        if len(found) == 1 and not of_keras(found[0]):
            return made(found[0].shape, found[0].dtype)  # TensorFlow does not look at the axis then
        _check_axis(c, found[0], axis, 0)
        if any(c.shape(t) == (0,) for t in found) and len({len(c.dims(t)) for t in found}) > 1:
            c.fail(
                "concat-mismatch", f"concatenate: {c.text(found[0])} and {c.text(found[-1])} differ in rank", *found[:2]
            )
        made_of = joining.cat(c, found, axis)
        return made(made_of.shape, result_type(*(t.dtype for t in found)))
    return joining.cat(c, found, axis)


def _check_axis(c: Call, x: Tensor, axis: int, extra: int) -> None:
    shape = c.shape(x)
    if isinstance(shape, tuple):
        rank = len(shape) + extra
        if not -rank <= axis < rank:
            c.fail(
                "axis-out-of-range", f"{c.name}: axis {axis} is out of range for {c.text(x)} of rank {len(shape)}", x
            )


@rule("keras.ops.stack")
def stack(c: Call, x: object, axis: int = 0) -> Tensor:
    """A new dim of as many as there are tensors of one shape."""
    found = _joined(c, x)
    if type(found) is list:
        _check_axis(c, found[0], axis, 1)
        made_of = joining.stack(c, found, axis)
        return made(made_of.shape, result_type(*(t.dtype for t in found)))
    return joining.stack(c, found, axis)


def _stacked(c: Call, xs: object) -> Tensor:
    found = _joined(c, xs)
    if type(found) is not list:
        raise NotKnown
    if (of_keras(*found) or c.name != "hstack") and any(len(c.dims(t)) < 2 for t in found):
        raise NotKnown  # what Keras makes of vectors depends on the backend
    result = joining.stacked(c, found)
    return made(result.shape, result_type(*(t.dtype for t in found)))


op("hstack|vstack|dstack(xs)", _stacked, "Tensor", "object")


@rule("keras.ops.append")
def append(c: Call, x1: object, x2: object, axis: int | None = None) -> Tensor:
    """Joined along an axis, or both flattened."""
    a, b = (converted(c, c.store.value(v)) for v in (x1, x2))
    dtype = result_type(a.dtype, b.dtype)
    if axis is None:
        shapes = c.shape(a), c.shape(b)
        if shapes[0] is None or shapes[1] is None:
            raise NotKnown
        return made((c.store.numel(shapes[0]) + c.store.numel(shapes[1]),), dtype)
    _check_axis(c, a, axis, 0)
    return made(joining.cat(c, [a, b], axis).shape, dtype)


# -- split ---------------------------------------------------------------------------------------------------------


def _cut(c: Call, x: Tensor, parts: object, axis: int, uneven: bool = False) -> Any:
    dims = c.dims(x)
    if uneven and of_keras(x) and not -len(dims) <= axis < len(dims):
        raise NotKnown  # Keras does not look at the axis then
    at = axis_in(c, axis, len(dims), x)
    whole, value = dims[at], c.store.value(parts)
    if isinstance(value, Tensor):
        value = value.scalars

    def piece(dim: Dim) -> Tensor:
        return x.with_(shape=(*dims[:at], dim, *dims[at + 1 :]))

    if isinstance(value, bool) or not isinstance(value, (int, list, tuple)):
        raise NotKnown
    if isinstance(value, int):
        if value < 1 or value > 4096:
            raise NotKnown
        if isinstance(whole, int):
            if uneven:
                small, more = divmod(whole, value)
                return List([piece(small + (i < more)) for i in range(value)])
            if whole % value:
                c.fail(
                    "split-mismatch",
                    f"{c.name}: {whole} in axis {axis} of {c.text(x)} cannot be divided into {value} equal parts", x,
                )  # fmt: skip
        elif uneven:
            return List([piece(c.fresh("n", 0)) for _ in range(value)])
        return List([piece(floordiv(whole, value)) for _ in range(value)])
    if isinstance(value, List) and value.rest is not None:
        raise NotKnown
    ends = [size(c, v) for v in value]
    if any(not isinstance(e, int) or e < 0 for e in ends) or ends != sorted(
        ends, key=lambda e: e if isinstance(e, int) else 0
    ):
        raise NotKnown
    if ends and isinstance(whole, int) and isinstance(ends[-1], int) and ends[-1] > whole:
        raise NotKnown
    edges: list[Dim] = [0, *ends, whole]
    found = [piece(b - a) for a, b in zip(edges, edges[1:])]
    return List(found)


@rule("keras.ops.split")
def split(c: Call, x: Tensor, indices_or_sections: object, axis: int = 0) -> object:
    """Into so many equal parts, or at the given places."""
    return _cut(c, x, indices_or_sections, axis)


@rule("keras.ops.array_split")
def array_split(c: Call, x: Tensor, indices_or_sections: object, axis: int = 0) -> object:
    """As split, but the first parts may be longer by one."""
    return _cut(c, x, indices_or_sections, axis, True)


@rule("keras.ops.hsplit", "keras.ops.vsplit", "keras.ops.dsplit")
def hsplit(c: Call, x: Tensor, indices_or_sections: object) -> object:
    """Along the axis of the name; hsplit of a vector along its only one."""
    axis = {"hsplit": 1, "vsplit": 0, "dsplit": 2}[c.name]
    rank_at_least(c, x, {"hsplit": 1, "vsplit": 2 if of_keras(x) else 1, "dsplit": 3}[c.name])
    if c.name == "hsplit" and len(c.dims(x)) == 1:
        axis = 0
    return _cut(c, x, indices_or_sections, axis)


@rule("keras.ops.unstack")
def unstack(c: Call, x: Tensor, num: object = None, axis: int = 0) -> object:
    """The tensors along an axis."""
    dims = c.dims(x)
    at = axis_in(c, axis, len(dims), x)
    asked = c.store.value(num)
    count = dims[at] if asked is None else asked
    if not isinstance(count, int) or count > 4096:
        raise NotKnown
    if isinstance(dims[at], int) and count != dims[at]:
        if of_keras(x):
            raise NotKnown
        c.fail("split-mismatch", f"unstack: {count} tensors of {c.dim_text(dims[at])} in axis {axis} of {c.text(x)}", x)
    return List([made((*dims[:at], *dims[at + 1 :]), x.dtype) for _ in range(count)])


# -- what a tensor says of itself ----------------------------------------------------------------------------------


@rule("keras.ops.shape")
def shape(c: Call, x: Tensor) -> object:
    """A tuple of sizes; unpacking that of an open shape tells its rank."""
    if isinstance(c.shape(x), Open):
        return Unknown(("shape of", x))  # type: ignore[arg-type]
    return info.shape(c, x)


@rule("keras.ops.ndim")
def ndim(c: Call, x: Tensor) -> object:
    """The rank."""
    found = c.shape(x)
    return len(found) if isinstance(found, tuple) and not of_keras(x) else UNKNOWN


@rule("keras.ops.size")
def number_of_elements(c: Call, x: Tensor) -> Tensor:
    """How many elements there are, as a tensor."""
    found = c.shape(x)
    total = c.store.numel(found) if isinstance(found, (tuple, Open)) else None
    return made((), "int32", total if isinstance(total, int) and not of_keras(x) else None)


@rule("keras.ops.dtype")
def dtype(c: Call, x: Tensor) -> object:
    """Its name."""
    return x.dtype if x.dtype is not None else Scalar("str")


@rule("keras.ops.is_tensor", "keras.utils.is_keras_tensor")
def is_tensor(c: Call, x: object) -> object:
    value = c.store.value(x)
    if isinstance(value, Unknown):
        return Scalar("bool")
    if c.name == "is_keras_tensor":
        return of_keras(value)
    return isinstance(value, Tensor) and value.library == "tensorflow"
