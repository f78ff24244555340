"""Arrays joined along an axis they have, or a new one; and cut into parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from shapelens.dims import Dim, divides, exact_quotient, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array, as_array, into, operand
from shapelens.rules.numpy.dtypes import asked, promoted, together
from shapelens.rules.numpy.ranges import steps
from shapelens.rules.registry import rule
from shapelens.rules.torch import joining
from shapelens.rules.torch.indexing import sliced
from shapelens.values import List, Many, Tensor


def _arrays(c: Call, arrays: object) -> tuple[Any, str | None]:
    """The arrays of a sequence, with their dtype set aside, and what they promote to."""
    value = c.store.value(arrays)
    if isinstance(value, Tensor):
        return _rows(c, value), value.dtype
    rest = value.element if isinstance(value, Many) else getattr(value, "rest", None)
    items = [] if isinstance(value, Many) else list(value) if isinstance(value, (tuple, list)) else None
    if items is None:
        raise NotKnown
    found = [as_array(c, v) for v in (*items, *([] if rest is None else [rest]))]
    if not found and items == [] and rest is None:
        c.fail("argument-value", f"{c.name} needs at least one array")
    if not found or items and rest is not None:
        raise NotKnown
    dtype = reduce(promoted, [t.dtype for t in found])
    plain = [_bare(t) for t in found]
    if rest is None:
        return plain, dtype
    made = List()
    made.rest, made.count = plain[0], value.length if isinstance(value, Many) else value.count
    return made, dtype


def _bare(tensor: Tensor) -> Tensor:
    return tensor.with_(library="numpy", dtype=None, origin=tensor.origin)


def _rows(c: Call, value: Tensor) -> Any:
    """An array is the sequence of its rows."""
    dims = c.dims(value)
    if not dims:
        c.fail("rank-mismatch", f"{c.name} needs a sequence of arrays, got a number", value)
    made = List()
    made.rest, made.count = array(dims[1:], None), dims[0]
    return made


@rule("numpy.concatenate", "numpy.concat")
def concatenate(c: Call, arrays: object, axis: int | None = 0, out: object = None, *, dtype: object = None,
                casting: object = None) -> Tensor:  # fmt: skip
    """The sizes along an axis added; all others must agree. With no axis all are flattened."""
    given, found = _arrays(c, arrays)
    if not isinstance(given, List) and axis is not None:
        _one_rank(c, given)
    if axis is None:
        if isinstance(given, List):
            raise NotKnown
        made = array((_sum([product(c.dims(t)) for t in given]),), None)
    else:
        made = joining.cat(c, given, axis)
    return into(c, array(made.shape, asked(c, dtype, found)), out, exact=True)


def _one_rank(c: Call, arrays: Sequence[Tensor]) -> None:
    """Empty vectors join with vectors alone, other than in torch."""
    shapes = [s for t in arrays if isinstance(s := c.shape(t), tuple)]
    first = shapes[0] if shapes else ()
    for tensor, shape in zip(arrays, shapes):
        if len(shapes) == len(arrays) and len(shape) != len(first):
            message = f"{c.name}: {c.text(first)} and {c.text(shape)} differ in rank"
            c.fail("concat-mismatch", message, arrays[0], tensor)


def _sum(sizes: Sequence[Dim]) -> Dim:
    total: Dim = 0
    for size in sizes:
        total = total + size
    return total


@rule("numpy.stack")
def stack(c: Call, arrays: object, axis: int = 0, out: object = None, *, dtype: object = None,
          casting: object = None) -> Tensor:  # fmt: skip
    """A new dim of as many as there are arrays."""
    given, found = _arrays(c, arrays)
    return into(c, array(joining.stack(c, given, axis).shape, asked(c, dtype, found)), out, exact=True)


@rule("numpy.vstack", "numpy.row_stack", "numpy.hstack", "numpy.dstack", "numpy.column_stack")
def stacked(c: Call, tup: object, *, dtype: object = None, casting: object = None) -> Tensor:
    """Below, beside or behind each other; too few dims are put in first."""
    given, found = _arrays(c, tup)
    if isinstance(given, List):
        given = _raised_rows(c, given)
    else:
        given = [_raised(c, t) for t in given]
        _one_rank(c, given)
    rank = len(c.dims(c.tensor(given.rest) if isinstance(given, List) else given[0]))
    axis = {"hstack": 0 if rank == 1 else 1, "dstack": 2, "column_stack": 1}.get(c.name, 0)
    return array(joining.cat(c, given, axis).shape, asked(c, dtype, found))


def _raised_rows(c: Call, rows: List) -> List:
    made = List()
    made.rest, made.count = _raised(c, c.tensor(rows.rest)), rows.count
    return made


def _raised(c: Call, tensor: Tensor) -> Tensor:
    """The array with the dims that such a stack asks for."""
    dims = c.dims(tensor)
    if c.name == "hstack":
        dims = dims or (1,)
    elif c.name == "column_stack":
        dims = (*(dims or (1,)), 1) if len(dims) < 2 else dims
    elif c.name == "dstack":
        dims = {0: (1, 1, 1), 1: (1, *dims, 1), 2: (*dims, 1)}.get(len(dims), dims)
    else:
        dims = (*(1,) * (2 - len(dims)), *dims)
    return tensor.with_(shape=dims, origin=tensor.origin)


@rule("numpy.append")
def append(c: Call, arr: Array, values: Array, axis: int | None = None) -> Tensor:
    """Joined along an axis; flattened where none is given."""
    return concatenate(c, (arr, values), axis)


@rule("numpy.block")
def block(c: Call, arrays: object) -> Tensor:
    """Nested lists of arrays: the innermost joined along the last axis."""
    value = c.store.value(arrays)
    depth = _depth(c, value)
    made, dtype = _blocks(c, value, depth, 0)
    return array(made, dtype)


def _depth(c: Call, value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        if not value or getattr(value, "rest", None) is not None:
            raise NotKnown
        value, depth = c.store.value(value[0]), depth + 1
    return depth


def _blocks(c: Call, value: Any, depth: int, level: int) -> tuple[tuple[Dim, ...], str | None]:
    c.tick()
    value = c.store.value(value)
    if level == depth:
        tensor = as_array(c, value)
        dims = c.dims(tensor)
        return (*(1,) * (depth - len(dims)), *dims), tensor.dtype
    if not isinstance(value, list) or not value or getattr(value, "rest", None) is not None:
        raise NotKnown
    parts = [_blocks(c, v, depth, level + 1) for v in value]
    rank = max(len(dims) for dims, _ in parts)
    raised = [array((*(1,) * (rank - len(dims)), *dims), None) for dims, _ in parts]
    return c.dims(joining.cat(c, raised, level - depth)), reduce(promoted, [d for _, d in parts])


@rule("numpy.r_.__getitem__", "numpy.c_.__getitem__")
def by_index(c: Call, index: object) -> Tensor:
    """`np.r_[a, b]` joins along the first axis, `np.c_[a, b]` along the last, vectors as columns; slices are ranges."""
    parts = [c.store.value(v) for v in (index if isinstance(index, tuple) else (index,))]
    if any(isinstance(v, str) for v in parts) or not parts:
        raise NotKnown
    given = [steps(c, v) if isinstance(v, slice) else operand(c, v) for v in parts]
    shapes = [c.dims(v) or (1,) if isinstance(v, Tensor) else (1,) for v in given]
    columns = c.path.startswith("numpy.c_")
    if columns:
        shapes = [(*dims, 1) if len(dims) == 1 else dims for dims in shapes]
    arrays = [array(dims, None) for dims in shapes]
    _one_rank(c, arrays)
    return array(joining.cat(c, arrays, -1 if columns else 0).shape, together(given))


# -- parts ---------------------------------------------------------------------------------------------------------


@rule("numpy.split", "numpy.array_split", "numpy.vsplit", "numpy.hsplit", "numpy.dsplit")
def split(c: Call, ary: Array, indices_or_sections: object, axis: int = 0) -> object:
    """Into so many parts of one size, or at the given places; `array_split` takes parts of two sizes too."""
    dims = c.dims(ary)
    least = {"vsplit": 2, "hsplit": 1, "dsplit": 3}.get(c.name, 1)
    if len(dims) < least:
        c.fail("rank-mismatch", f"{c.name} needs at least {least} dims, got {c.text(ary)}", ary)
    axis = {"vsplit": 0, "hsplit": 0 if len(dims) == 1 else 1, "dsplit": 2}.get(c.name, axis)
    at = c.axis(axis, len(dims), ary)
    value = c.store.value(indices_or_sections)
    if isinstance(value, Tensor) and isinstance(value.scalars, (int, list)):
        value = value.scalars
    if isinstance(value, (list, tuple, range)) and getattr(value, "rest", None) is None:
        sizes = _between(c, ary, dims[at], [c.store.value(v) for v in value])
    elif isinstance(value, int):
        sizes = _parts(c, ary, dims[at], value, at)
    else:
        raise NotKnown
    return List([array((*dims[:at], size, *dims[at + 1 :]), ary.dtype) for size in sizes])


def _between(c: Call, ary: Tensor, size: Dim, places: Sequence[Any]) -> list[Dim]:
    ends = [None, *places, None]
    return [sliced(c, size, slice(a if a is not None else 0, b), ary) for a, b in zip(ends, ends[1:])]


def _parts(c: Call, ary: Tensor, size: Dim, count: int, at: int) -> list[Dim]:
    if count <= 0:
        c.fail("split-mismatch", f"{c.name} needs a positive number of parts, got {count}", ary)
    if count > 4096:
        raise NotKnown
    fits = divides(count, size)
    if fits:
        return [exact_quotient(size, count)] * count
    if c.name != "array_split":
        if fits is False:
            text = c.dim_text(size)
            c.fail("split-mismatch", f"{c.name}: axis {at} of {c.text(ary)} is {text}, not a multiple of {count}", ary)
        return [exact_quotient(size, count)] * count
    if not isinstance(size, int):
        raise NotKnown
    return [size // count + (i < size % count) for i in range(count)]


@rule("numpy.unstack")
def unstack(c: Call, x: Array, *, axis: int = 0) -> object:
    """The parts along an axis, which is gone."""
    dims = c.dims(x)
    if not dims:
        c.fail("rank-mismatch", "unstack needs an array of at least one dim", x)
    at = c.axis(axis, len(dims), x)
    size = dims[at]
    if not isinstance(size, int) or size > 4096:
        return Many(array((*dims[:at], *dims[at + 1 :]), x.dtype), size)
    return tuple([array((*dims[:at], *dims[at + 1 :]), x.dtype) for _ in range(size)])
