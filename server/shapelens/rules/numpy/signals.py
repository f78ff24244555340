"""Padding, convolution, interpolation, packed bits."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, ceildiv, less, maximum, minimum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array, operand
from shapelens.rules.numpy.dtypes import promoted
from shapelens.rules.registry import rule
from shapelens.values import Tensor
from shapelens.values.dtypes import category


@rule("numpy.pad")
def pad(c: Call, array: Array, pad_width: object, mode: object = "constant", **kwargs: object) -> Tensor:
    """Each axis with so many before and behind it: one number for all, a pair for all, or a pair for each."""
    dims = c.dims(array)
    pairs = _pairs(c, array, pad_width, len(dims))
    if any(isinstance(n, int) and n < 0 for pair in pairs for n in pair):
        c.fail("argument-value", f"pad: a width must not be negative, got {pairs}", array)
    if mode in ("reflect", "symmetric", "edge", "wrap", "maximum", "mean", "median", "minimum"):
        for i, (size, pair) in enumerate(zip(dims, pairs)):
            if size == 0 and any(less(0, n) for n in pair):
                c.fail(
                    "size-too-small", f"pad: axis {i} of {c.text(array)} is empty, mode {mode!r} needs elements", array
                )
    made = tuple([before + size + after for size, (before, after) in zip(dims, pairs)])
    return Tensor(made, array.dtype, "numpy")


def _pairs(c: Call, array: Tensor, width: object, rank: int) -> list[tuple[Dim, Dim]]:
    value: Any = c.store.value(width)
    if isinstance(value, dict):
        raise NotKnown
    if isinstance(value, Tensor) and isinstance(value.scalars, (int, list)):
        value = value.scalars
    if isinstance(value, float):
        c.fail("argument-value", f"pad: a width must be an int, got {value}", array)
    if not isinstance(value, (list, tuple)):
        return [(c.dim(value),) * 2] * rank
    if getattr(value, "rest", None) is not None or not value:
        raise NotKnown
    parts = [c.store.value(v) for v in value]
    if any(isinstance(p, (list, tuple)) != isinstance(parts[0], (list, tuple)) for p in parts):
        raise NotKnown
    if not isinstance(parts[0], (list, tuple)):
        if len(parts) > 2:
            c.fail("argument-value", f"pad: {len(parts)} widths, it takes one, a pair, or a pair for each axis", array)
        return [(c.dim(parts[0]), c.dim(parts[-1]))] * rank
    pairs = [(c.dim(p[0]), c.dim(p[-1])) for p in parts if 0 < len(p) < 3]
    if len(pairs) != len(parts):
        raise NotKnown
    if len(pairs) == 1:
        return pairs * rank
    if len(pairs) != rank:
        if rank == 1 and len(pairs) == 2 or rank == 2 and all(len(p) == 1 for p in parts):
            raise NotKnown
        c.fail("rank-mismatch", f"pad: {len(pairs)} pairs of widths for {c.text(array)} of rank {rank}", array)
    if any(len(p) == 1 for p in parts) and any(len(p) == 2 for p in parts):
        raise NotKnown
    return pairs


@rule("numpy.convolve", "numpy.correlate")
def convolve(c: Call, a: Array, v: Array, mode: object = None) -> Tensor:
    """Of two vectors: all overlaps ("full"), as many as the longer has ("same"), or the complete ones ("valid")."""
    kind = c.store.value(mode) or ("full" if c.name == "convolve" else "valid")
    x, y = c.dims(a), c.dims(v)
    if len(x) > 1 or len(y) > 1:
        c.fail("rank-mismatch", f"{c.name} takes vectors, got {c.text(a)} and {c.text(v)}", a, v)
    m, n = x[0] if x else 1, y[0] if y else 1
    if m == 0 or n == 0:
        c.fail("size-too-small", f"{c.name} of no elements", a, v)
    if kind not in ("full", "same", "valid"):
        raise NotKnown
    longer, shorter = maximum(m, n), minimum(m, n)
    size = {"full": m + n - 1, "same": longer, "valid": longer - shorter + 1}[str(kind)]
    return array((size,), promoted(a.dtype, v.dtype))


@rule("numpy.interp")
def interp(
    c: Call, x: object, xp: Array, fp: Array, left: object = None, right: object = None, period: object = None
) -> Tensor:
    """The value at each place, from two vectors of one size."""
    for each in (xp, fp):
        if len(c.dims(each)) != 1:
            c.fail("rank-mismatch", f"interp takes vectors of points, got {c.text(each)}", each)
    message = f"interp: {c.text(xp)} places for {c.text(fp)} values"
    c.require(c.dims(xp)[0], c.dims(fp)[0], "size-mismatch", message, xp, fp)
    given = operand(c, x)
    whole = "complex128" if fp.dtype is not None and category(fp.dtype) == 3 else "float64"
    return array(c.shape(given) if isinstance(given, Tensor) else (), None if fp.dtype is None else whole)


@rule("numpy.packbits")
def packbits(c: Call, a: Array, axis: int | None = None, bitorder: object = "big") -> Tensor:
    """Eight to a byte along an axis, or of the flattened array."""
    if a.dtype is not None and category(a.dtype) > 1:
        c.fail("dtype-mismatch", f"packbits packs integers and booleans, got {a.dtype}", a)
    if axis is None:
        shape = c.shape(a)
        return array((ceildiv(c.store.numel(shape), 8),) if shape is not None else None, "uint8")
    dims = c.dims(a)
    if not dims:
        raise NotKnown
    at = c.axis(axis, len(dims), a)
    return array((*dims[:at], ceildiv(dims[at], 8), *dims[at + 1 :]), "uint8")


@rule("numpy.unpackbits")
def unpackbits(c: Call, a: Array, axis: int | None = None, count: object = None, bitorder: object = "big") -> Tensor:
    """Eight of each byte along an axis, or of the flattened array; `count` of them."""
    if a.dtype is not None and a.dtype != "uint8":
        c.fail("dtype-mismatch", f"unpackbits needs uint8, got {a.dtype}", a)
    wanted = c.store.value(count)
    if wanted is not None and not (isinstance(wanted, int) and wanted >= 0):
        raise NotKnown
    dims = c.dims(a)
    if axis is None:
        shape = c.shape(a)
        return array((c.store.numel(shape) * 8 if wanted is None else wanted,) if shape is not None else None, "uint8")
    if not dims:
        raise NotKnown
    at = c.axis(axis, len(dims), a)
    return array((*dims[:at], dims[at] * 8 if wanted is None else wanted, *dims[at + 1 :]), "uint8")


@rule("numpy.lib.stride_tricks.sliding_window_view")
def sliding_window_view(c: Call, x: Array, window_shape: object, axis: object = None, **options: object) -> Tensor:
    """The places of a window along axes, then the window."""
    dims = list(c.dims(x))
    window = c.ints(c.store.value(window_shape))
    value = c.store.value(axis)
    named = range(len(dims)) if value is None else (value,) if isinstance(value, int) else value
    if not isinstance(named, (range, tuple, list)) or not all(isinstance(i, int) for i in named):
        raise NotKnown
    axes = [c.axis(i, len(dims), x) for i in named]
    if len(axes) != len(window):
        c.fail("argument-value", f"sliding_window_view: {len(window)} window sizes for {len(axes)} axes", x)
    for i, size in zip(axes, window):
        if less(dims[i], size) is True:
            c.fail("size-too-small", f"a window of {c.dim_text(size)} is larger than axis {i} of {c.text(x)}", x)
        dims[i] = dims[i] - size + 1
    return array((*dims, *window), x.dtype)


@rule("numpy.lib.stride_tricks.as_strided")
def as_strided(c: Call, x: Array, shape: object = None, strides: object = None, **options: object) -> Tensor:
    """Of the given shape."""
    value = c.store.value(shape)
    return array(c.shape(x) if value is None else c.ints(value), x.dtype)
