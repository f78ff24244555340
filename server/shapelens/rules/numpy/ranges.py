"""numpy.linspace, numpy.arange and their like: vectors whose known numbers are kept."""

from __future__ import annotations

import math
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, less_equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import array, operand
from shapelens.rules.numpy.dtypes import divided, named, number_dtype, promoted, together
from shapelens.rules.registry import rule
from shapelens.values import Ratio, Tensor, Unknown
from shapelens.values.dtypes import category

_MOST = 256


def _vector(values: list[float], dtype: str | None) -> Tensor:
    found = "int64" if all(isinstance(v, int) for v in values) else "float64"
    kept = len(values) <= _MOST and (dtype is None or category(dtype) == category(found))
    return array((len(values),), dtype or found, values if kept else None)


def _asked(c: Call, dtype: object) -> str | None:
    """The dtype asked for, None where none is; NotKnown for one that is not known."""
    value = c.store.value(dtype)
    found = named(value)
    if value is not None and found is None:
        raise NotKnown
    return found


@rule("numpy.linspace")
def linspace(c: Call, start: object, stop: object, num: Dim = 50, endpoint: bool = True, retstep: bool = False,
             dtype: object = None, axis: int = 0) -> object:  # fmt: skip
    """`num` numbers from start to stop; of arrays, along an axis of their own."""
    if isinstance(num, int) and num < 0:
        c.fail("argument-value", f"linspace: the number of samples must not be negative, got {num}")
    asked = _asked(c, dtype)
    start, stop = operand(c, start), operand(c, stop)
    if not isinstance(start, Tensor) and not isinstance(stop, Tensor):
        made = _line(start, stop, num, endpoint, asked)
    else:
        made = _between(c, start, stop, num, asked, axis)
    return (made, array(c.dims(made)[1:], made.dtype)) if retstep else made


def _line(start: Any, stop: Any, num: Dim, endpoint: bool, asked: str | None) -> Tensor:
    dtype = asked or promoted("float64", promoted(number_dtype(start), number_dtype(stop)))
    if isinstance(start, (int, float)) and isinstance(stop, (int, float)) and isinstance(num, int) and num <= _MOST:
        parts = max(num - 1 if endpoint else num, 1)
        values: list[float] = [float(start) + (stop - start) * i / parts for i in range(num)]
        made = _vector([math.floor(v) for v in values] if dtype == "int64" else values, asked)
        made.dtype = dtype
        return made
    return array((num,), dtype)


def _between(c: Call, start: Any, stop: Any, num: Dim, asked: str | None, axis: int) -> Tensor:
    dims = c.broadcast(*[c.dims(v) for v in (start, stop) if isinstance(v, Tensor)], what=c.name)
    at = c.axis(axis, len(dims) + 1)
    return array((*dims[:at], num, *dims[at:]), asked or divided(together([start, stop])))


@rule("numpy.logspace", "numpy.geomspace")
def logspace(c: Call, start: object, stop: object, num: Dim = 50, endpoint: object = True, *others: object,
             dtype: object = None, axis: int = 0, base: object = 10.0) -> Tensor:  # fmt: skip
    """`num` numbers, evenly spaced on a logarithmic scale."""
    asked = _asked(c, dtype)
    start, stop = operand(c, start), operand(c, stop)
    if others or isinstance(operand(c, base), Tensor):
        raise NotKnown
    if not isinstance(start, Tensor) and not isinstance(stop, Tensor):
        return array((num,), asked or promoted("float64", promoted(number_dtype(start), number_dtype(stop))))
    made = _between(c, start, stop, num, asked, axis)
    return made if asked else array(made.shape, None)


@rule("numpy.arange")
def arange(c: Call, start: object = None, stop: object = None, step: object = 1, dtype: object = None,
           **others: object) -> Tensor:  # fmt: skip
    """⌈(stop - start) / step⌉ numbers."""
    asked = _asked(c, dtype)
    low, high = (0, start) if c.store.value(stop) is None else (start, stop)
    step = 1 if step is None else step
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and isinstance(step, (int, float)):
        if not step:
            c.fail("argument-value", "arange: the step must not be zero")
        return _known(low, high, step, asked)
    ends = [_number(c, v) for v in (low, high, step)]
    dtype_ = asked if asked is not None else together(ends)
    if any(isinstance(v, float) for v in ends) or any(isinstance(v, Ratio) for v in ends):
        return array((c.fresh("n", 0),), dtype_)
    if any(isinstance(v, Unknown) and v.hole is None and getattr(v, "type", "") != "int" for v in ends):
        return array((c.fresh("n", 0),), dtype_)
    if any(isinstance(v, Tensor) for v in ends):
        return array((c.fresh("n", 0),), dtype_)
    first, last = c.dim(ends[0]), c.dim(ends[1])
    if not isinstance(ends[2], int) or ends[2] < 1 or less_equal(first, last) is not True:
        return array((c.fresh("n", 0),), dtype_)
    return array((ceildiv(last - first, ends[2]),), asked or "int64")


def _number(c: Call, value: object) -> Any:
    value = c.store.value(value)
    if isinstance(value, Tensor) and isinstance(value.scalars, (int, float)):
        return value.scalars
    if type(value) is Unknown and value.hole is not None:
        return c.dim(value)
    if isinstance(value, Tensor) and c.shape(value) != ():
        raise NotKnown
    return value if isinstance(value, (Tensor, Expr)) else operand(c, value)


def _known(low: float, high: float, step: float, asked: str | None) -> Tensor:
    count = max(math.ceil((high - low) / step), 0)
    whole = all(isinstance(v, int) for v in (low, high, step))
    if count > _MOST:
        return array((count,), asked or ("int64" if whole else "float64"))
    values: list[float] = [low + i * step for i in range(count)]
    if not whole:
        values = [float(v) for v in values]
    made = _vector(values, asked)
    made.dtype = asked or ("int64" if whole else "float64")
    return made


# -- grids that are made by an index -------------------------------------------------------------------------------


def steps(c: Call, part: object) -> Tensor:
    """The vector that a slice stands for: numbers by a step, or so many of them where the step is complex."""
    if not isinstance(part, slice):
        raise NotKnown
    start, stop, step = (c.store.value(v) for v in (part.start, part.stop, part.step))
    start, step = 0 if start is None else start, 1 if step is None else step
    if isinstance(step, complex):
        return array((int(abs(step)),), "float64")
    return arange(c, start, stop, step)


@rule("numpy.mgrid.__getitem__", "numpy.ogrid.__getitem__")
def grid(c: Call, index: object) -> object:
    """One grid for each slice, one above the other; in an open grid each along an axis of its own."""
    open_ = c.path.startswith("numpy.ogrid")
    if not isinstance(index, tuple):
        return steps(c, index)
    vectors = [steps(c, part) for part in index]
    dims = [c.dims(v)[0] for v in vectors]
    dtype: str | None = "int64"
    for each in vectors:
        dtype = promoted(dtype, each.dtype)
    if open_:
        shapes = [tuple([d if i == j else 1 for j in range(len(dims))]) for i, d in enumerate(dims)]
        return tuple([array(shape, dtype) for shape in shapes])
    return array((len(dims), *dims), dtype)


@rule("numpy.s_.__getitem__", "numpy.index_exp.__getitem__")
def index_itself(c: Call, index: object) -> object:
    """The index as a value."""
    return index if c.path.startswith("numpy.s_") or isinstance(index, tuple) else (index,)
