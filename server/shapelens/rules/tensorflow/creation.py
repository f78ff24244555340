"""Tensors from sizes, from data and from numbers; casts; what a tensor says of its shape as a tensor."""

from __future__ import annotations

import math
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import (
    axis_of,
    known,
    made,
    named,
    number,
    operands,
    paths,
    refuse,
    shape_like,
    sizes,
)
from shapelens.values import List, Open, Scalar, Tensor, Unknown
from shapelens.values.dtypes import FLOATS, INTEGERS, category


@rule(*paths("zeros ones"))
def zeros(c: Call, shape: object, dtype: object = "float32", name: object = None, layout: object = None) -> Tensor:
    """Of a shape; of a tensor's numbers where that is one."""
    return made(shape_like(c, shape), named(c, dtype))


@rule(*paths("fill"))
def fill(c: Call, dims: object, value: object, name: object = None, layout: object = None) -> Tensor:
    """Of the dtype of the one number."""
    return made(shape_like(c, dims), converted(c, value).dtype)


@rule(*paths("zeros_like ones_like"))
def zeros_like(c: Call, input: Tensor, dtype: object = None, name: object = None, layout: object = None) -> Tensor:
    return made(input.shape, named(c, dtype, input.dtype))


@rule(*paths("constant"))
def constant(c: Call, value: object, dtype: object = None, shape: object = None, name: object = None) -> Tensor:
    """Nested lists, numbers, arrays; with a shape, one number fills it and a list is reshaped."""
    found = from_data(c, value, dtype)
    if shape is None:
        return found
    wanted, count = sizes(c, shape), c.store.numel(c.dims(found))
    if count != 1 and equal(count, product(wanted)) is False:
        c.fail("reshape-mismatch", f"constant: {c.text(found)} cannot have the shape {c.text(wanted)}", found)
    return made(wanted, found.dtype)


@rule(*paths("convert_to_tensor"))
def convert_to_tensor(
    c: Call, value: object, dtype: object = None, dtype_hint: object = None, name: object = None
) -> Tensor:
    """A tensor keeps its dtype; another may not be asked for."""
    return from_data(c, value, dtype)


def from_data(c: Call, value: object, dtype: object) -> Tensor:
    """A tensor of data, in the dtype asked for."""
    value = c.store.value(value)
    asked = c.store.value(dtype)
    try:
        found = converted(c, value)
    except NotKnown:
        _refuse_ragged(c, value)
        texts = _texts(c, value)
        if texts is not None:
            return made(texts, None)
        return made(None, named(c, asked))
    wanted = named(c, asked, found.dtype)
    if isinstance(value, Tensor) and value.library == "tensorflow" and wanted and found.dtype not in (None, wanted):
        c.fail("dtype-mismatch", f"{c.name}: the tensor is {found.dtype}, not {wanted}; tf.cast converts", value)
    scalars = found.scalars
    if wanted is None or found.dtype is None or category(wanted) != category(found.dtype):
        scalars = None
    return made(found.shape, wanted, scalars)


def _texts(c: Call, value: object) -> tuple[int, ...] | None:
    """The shape of a text, or of nested lists of texts; None for anything else."""
    if isinstance(value, str) or isinstance(value, Scalar) and value.type == "str":
        return ()
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None or not value:
        return None
    parts = {_texts(c, c.store.value(v)) for v in value}
    inner = parts.pop() if len(parts) == 1 else None
    return None if inner is None else (len(value), *inner)


def _refuse_ragged(c: Call, value: object) -> None:
    """Lists of different lengths, known to the last element, make no tensor."""
    if _lengths(c, value) is None and _is_plain(c, value):
        c.fail("ragged-data", f"{c.name}: the nested lists differ in length; tf.ragged.constant takes them")


def _is_plain(c: Call, value: object) -> bool:
    value = c.store.value(value)
    if isinstance(value, List) and value.rest is not None:
        return False
    if isinstance(value, (list, tuple)):
        return all(_is_plain(c, v) for v in value)
    return isinstance(value, (bool, int, float, str))


def _lengths(c: Call, value: object) -> tuple[int, ...] | None:
    value = c.store.value(value)
    if not isinstance(value, (list, tuple)):
        return ()
    parts = {_lengths(c, v) for v in value}
    if len(parts) > 1 or None in parts:
        return None
    return (len(value), *(parts.pop() or () if parts else ()))


@rule(*paths("range"))
def range_(
    c: Call, start: object, limit: object = None, delta: object = 1, dtype: object = None, name: object = None
) -> Tensor:
    """From 0 where only the limit is given; floats anywhere make floats."""
    first, last, step = [_plain(c, v) for v in (start, limit, delta)]
    if last is None:
        first, last = 0, first
    floats = any(isinstance(v, float) for v in (first, last, step))
    given = [v.dtype for v in (c.store.value(start), c.store.value(limit)) if isinstance(v, Tensor) and v.dtype]
    found = "float32" if floats else given[0] if given else "int32"
    wanted = named(c, dtype, found)
    if isinstance(step, (int, float)) and step == 0:
        c.fail("argument-value", "range: delta must not be 0")
    if all(isinstance(v, (int, float)) for v in (first, last, step)):
        if floats and not all(map(math.isfinite, (first, last, step))):
            return made((c.fresh("n", 0),), wanted)
        count = max(0, math.ceil((last - first) / step) if floats else -((first - last) // step))
        numbers = [first + i * step for i in range(count)] if not floats and count <= 256 else None
        return made((count,), wanted, numbers)
    if isinstance(step, int) and step == 1 and isinstance(first, (int, Expr)) and isinstance(last, (int, Expr)):
        return made((last - first,), wanted)
    if isinstance(step, int) and step > 0 and isinstance(first, (int, Expr)) and isinstance(last, (int, Expr)):
        return made((ceildiv(last - first, step),), wanted)
    return made((c.fresh("n", 0),), wanted if dtype is not None else None)


def _plain(c: Call, value: object) -> Any:
    value = c.store.value(value)
    if isinstance(value, Tensor):
        if isinstance(value.scalars, (int, float, Expr)):
            return value.scalars
        return Scalar("int")
    return value


@rule(*paths("linspace"))
def linspace(c: Call, start: object, stop: object, num: object, name: object = None, axis: object = 0) -> Tensor:
    """`num` numbers between; between tensors along a new axis."""
    (first, last), dtype = operands(c, start, stop)
    shape = common_shape(c, (first, last))
    if dtype in INTEGERS:
        dtype = "float64"
    if not isinstance(shape, tuple):
        raise NotKnown
    at = axis_of(c, axis, len(shape) + 1, first)
    return made((*shape[:at], number(c, num), *shape[at:]), dtype)


@rule(*paths("linalg.eye"))
def eye(
    c: Call,
    num_rows: object,
    num_columns: object = None,
    batch_shape: object = None,
    dtype: object = "float32",
    name: object = None,
) -> Tensor:
    rows = number(c, num_rows)
    columns = rows if c.store.value(num_columns) is None else number(c, num_columns)
    batch = () if c.store.value(batch_shape) is None else sizes(c, batch_shape)
    return made((*batch, rows, columns), named(c, dtype))


@rule(*paths("one_hot"))
def one_hot(
    c: Call,
    indices: Tensor,
    depth: object,
    on_value: object = None,
    off_value: object = None,
    axis: object = None,
    dtype: object = None,
    name: object = None,
) -> Tensor:
    """A new axis of `depth` classes, the last unless said."""
    refuse(c, indices.dtype, INTEGERS, indices)
    given = [c.store.value(v) for v in (on_value, off_value)]
    found: str | None = "float32"
    for value in given:
        if value is not None:
            found = converted(c, value).dtype
            break
    size = number(c, depth)
    dtype_ = named(c, dtype, found)
    at = -1 if c.store.value(axis) is None else known(c, axis)
    shape = c.shape(indices)
    if isinstance(shape, Open) and at == -1:
        return made(Open(shape.prefix, shape.var, (*shape.suffix, size)), dtype_)
    dims = c.dims(indices)
    at = axis_of(c, at, len(dims) + 1, indices)
    return made((*dims[:at], size, *dims[at:]), dtype_)


@rule(*paths("sequence_mask"))
def sequence_mask(
    c: Call, lengths: Tensor, maxlen: object = None, dtype: object = "bool", name: object = None
) -> Tensor:
    """One row of flags for each length; as long as the longest unless said."""
    shape = c.dims(lengths)
    value = c.store.value(maxlen)
    longest: Dim
    if value is None:
        flat = lengths.scalars if isinstance(lengths.scalars, list) else None
        longest = max(flat) if flat and all(type(v) is int for v in flat) else c.fresh("n", 0)
    else:
        longest = number(c, value)
    return made((*shape, longest), named(c, dtype))


@rule(*paths("meshgrid"))
def meshgrid(c: Call, *args: Tensor, indexing: object = "xy", name: object = None) -> object:
    """A grid from vectors; `xy` swaps the first two."""
    lengths: list[Dim] = []
    for each in args:
        shape = c.dims(each)
        lengths.append(product(shape))
    kinds = {each.dtype for each in args if each.dtype not in (None, "bool")}
    if len(kinds) > 1 and all(each.library == "tensorflow" for each in args):
        c.fail("dtype-mismatch", "meshgrid: TensorFlow does not mix dtypes", *args)
    order = c.store.value(indexing)
    if order not in ("xy", "ij"):
        if isinstance(order, str):
            c.fail("argument-value", f"meshgrid: indexing must be 'xy' or 'ij', got '{order}'")
        raise NotKnown
    if order == "xy" and len(lengths) > 1:
        lengths[0], lengths[1] = lengths[1], lengths[0]
    given = {each.dtype for each in args}
    common = given.pop() if len(given) == 1 else None
    return List([made(tuple(lengths), common) for _ in args])


# -- the same in another dtype -------------------------------------------------------------------------------------


@rule(*paths("cast saturate_cast"))
def cast(c: Call, x: object, dtype: object, name: object = None) -> Tensor:
    given = c.store.value(dtype)
    if isinstance(given, Tensor):
        c.fail(
            "call-arguments", f"cast: dtype is a tensor, {c.text(given)}: the tensor comes first, then the dtype", given
        )
    x, wanted = converted(c, x), named(c, dtype)
    kept = x.scalars if wanted in INTEGERS and x.dtype in INTEGERS else None
    if wanted in FLOATS and isinstance(x.scalars, (int, float)):
        kept = float(x.scalars)
    return made(x.shape, wanted, kept)


@rule(*paths("bitcast"))
def bitcast(c: Call, input: Tensor, type: object, name: object = None) -> Tensor:
    """The same bits; a smaller dtype adds an axis, a larger one takes one."""
    from shapelens.values.dtypes import BYTES

    wanted = named(c, type)
    if wanted is None or input.dtype is None:
        raise NotKnown
    before, after = BYTES[input.dtype], BYTES[wanted]
    if before == after:
        return made(input.shape, wanted)
    dims = c.dims(input)
    if before > after:
        return made((*dims, before // after), wanted)
    if not dims or equal(dims[-1], after // before) is False:
        c.fail("shape-mismatch", f"bitcast: {c.text(input)} must end in {after // before} to become {wanted}", input)
    return made(dims[:-1], wanted)


@rule(*paths("complex"))
def complex_(c: Call, real: object, imag: object, name: object = None) -> Tensor:
    (a, b), dtype = operands(c, real, imag)
    return made(common_shape(c, (a, b), "complex"), {"float32": "complex64", "float64": "complex128"}.get(dtype or ""))


@rule(*paths("identity stop_gradient guarantee_const", "debugging.check_numerics"))
def identity(c: Call, input: Tensor, *args: object, **kwargs: object) -> Tensor:
    return made(input.shape, input.dtype, input.scalars)


@rule(*paths("identity_n", "tuple"))
def identity_n(c: Call, input: object, *args: object, **kwargs: object) -> object:
    """Each of several as it is."""
    value = c.store.value(input)
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    return List([identity(c, converted(c, v)) for v in value])


@rule(*paths("ensure_shape"))
def ensure_shape(c: Call, x: Tensor, shape: object, name: object = None) -> Tensor:
    """Fails where the shape is another; None stands for any size."""
    value = c.store.value(shape)
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
        return made(x.shape, x.dtype)
    dims = c.shape(x)
    if isinstance(dims, Open):
        dims = c.dims(x, [f"d{i}" for i in range(len(value))])
    if not isinstance(dims, tuple):
        return made(None, x.dtype)
    wanted = [None if c.store.value(v) is None else number(c, v) for v in value]
    if len(wanted) != len(dims) or any(w is not None and c.equate(d, w) is False for d, w in zip(dims, wanted)):
        shown = "(" + ", ".join("any" if w is None else c.dim_text(w) for w in wanted) + ")"
        c.fail("shape-mismatch", f"ensure_shape: {c.text(x)} is not {shown}", x)
    return made(x.shape, x.dtype)


# -- shapes as tensors ---------------------------------------------------------------------------------------------


@rule(*paths("shape"))
def shape_of(c: Call, input: Tensor, out_type: object = None, name: object = None) -> object:
    """The sizes as a tensor of known numbers."""
    dims = c.shape(input)
    if isinstance(dims, Open):
        return Unknown(("shape of", input))  # type: ignore[arg-type]  # unpacking it tells its rank
    if dims is None:
        return made(None, named(c, out_type, "int32"))
    return made((len(dims),), named(c, out_type, "int32"), list(dims))


@rule(*paths("shape_n"))
def shape_n(c: Call, input: object, out_type: object = "int32", name: object = None) -> object:
    value = c.store.value(input)
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    return List([shape_of(c, converted(c, v), out_type) for v in value])


@rule(*paths("size"))
def size(c: Call, input: Tensor, out_type: object = None, name: object = None) -> Tensor:
    """The number of elements."""
    shape = c.shape(input)
    count = c.store.numel(shape) if isinstance(shape, tuple) else None
    return made((), named(c, out_type, "int32"), count)


@rule(*paths("rank"))
def rank(c: Call, input: Tensor, name: object = None) -> Tensor:
    shape = c.shape(input)
    return made((), "int32", len(shape) if isinstance(shape, tuple) else None)


@rule(*paths("broadcast_dynamic_shape broadcast_static_shape"))
def broadcast_shape(c: Call, shape_x: object, shape_y: object) -> object:
    """The common shape of two shapes."""
    found = c.broadcast(sizes(c, shape_x), sizes(c, shape_y), what=c.name)
    if c.name == "broadcast_static_shape":
        from shapelens.values import Size

        return Size(found)
    return made((len(found),), "int32", list(found))


@rule(*paths("is_tensor"))
def is_tensor(c: Call, x: object) -> object:
    value = c.store.value(x)
    if isinstance(value, Tensor):
        return True if value.library in ("tensorflow", "keras") else Scalar("bool")
    return Scalar("bool") if isinstance(value, Unknown) else False


@rule(*paths("placeholder"))
def placeholder(c: Call, dtype: object, shape: object = None, name: object = None) -> Tensor:
    """Of a graph of TensorFlow 1: sizes that are None are not known."""
    value = c.store.value(shape)
    if value is None:
        return made(None, named(c, dtype))
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    dims = [
        c.fresh("B" if i == 0 else "n", 1) if c.store.value(v) is None else number(c, v) for i, v in enumerate(value)
    ]
    return made(tuple(dims), named(c, dtype))
