"""Polynomials as vectors of coefficients, the highest power first."""

from __future__ import annotations

from shapelens.dims import Dim, equal, maximum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array, as_array
from shapelens.rules.numpy.dtypes import promoted
from shapelens.rules.numpy.reductions import shorter
from shapelens.rules.registry import rule
from shapelens.values import Tensor


def _length(c: Call, a: Tensor) -> Dim:
    dims = c.dims(a)
    if len(dims) > 1:
        raise NotKnown
    return dims[0] if dims else 1


@rule("numpy.polyfit")
def polyfit(c: Call, x: Array, y: Array, deg: object, rcond: object = None, full: object = False, w: object = None,
            cov: object = False) -> object:  # fmt: skip
    """`deg + 1` coefficients, for each column of `y`."""
    places, values, degree = c.dims(x), c.dims(y), c.store.value(deg)
    if len(places) != 1:
        c.fail("rank-mismatch", f"polyfit needs a vector of places, got {c.text(x)}", x)
    if len(values) not in (1, 2):
        c.fail("rank-mismatch", f"polyfit needs values of one or two dims, got {c.text(y)}", y)
    message = f"polyfit: {c.text(x)} places for {c.text(y)} values"
    c.require(places[0], values[0], "size-mismatch", message, x, y)
    if isinstance(degree, int) and degree < 0:
        c.fail("argument-value", f"polyfit: the degree must not be negative, got {degree}")
    count = c.dim(degree) + 1
    dtype = promoted("float64", promoted(x.dtype, y.dtype))
    if "float16" in (x.dtype, y.dtype):
        dtype = None
    made = array((count, *values[1:]), dtype)
    options = c.store.value(full), c.store.value(cov)
    if options[0] is False and options[1] is False:
        return made
    if options[0] is False and options[1] is True:
        return made, array((count, count, *values[1:]), None)
    raise NotKnown


@rule("numpy.polyval")
def polyval(c: Call, p: Array, x: object) -> Tensor:
    """The value at each place."""
    given = as_array(c, x)
    if equal(_length(c, p), 0) is not False:
        raise NotKnown
    return array(c.shape(given), promoted(p.dtype, given.dtype))


@rule("numpy.polyadd", "numpy.polysub")
def polyadd(c: Call, a1: Array, a2: Array) -> Tensor:
    """As long as the longer one."""
    dtype = promoted(a1.dtype, a2.dtype)
    if c.name == "polysub" and dtype == "bool":
        c.fail("dtype-mismatch", "polysub is not defined for bool", a1, a2)
    return array((maximum(_length(c, a1), _length(c, a2)),), dtype)


@rule("numpy.polymul")
def polymul(c: Call, a1: Array, a2: Array) -> Tensor:
    """The degrees added; zeros in front may be left out."""
    return _product(c, a1, a2)


def _product(c: Call, a: Tensor, b: Tensor) -> Tensor:
    sizes = _length(c, a), _length(c, b)
    known = all(isinstance(t.scalars, list) and t.scalars and t.scalars[0] for t in (a, b))
    return array((sizes[0] + sizes[1] - 1 if known else c.fresh("n", 1),), promoted(a.dtype, b.dtype))


@rule("numpy.polyder")
def polyder(c: Call, p: Array, m: int = 1) -> Tensor:
    """One shorter each time."""
    if m < 0:
        c.fail("argument-value", f"polyder: the order must not be negative, got {m}")
    return array((shorter(_length(c, p), m),), promoted(p.dtype, "int64") if m else p.dtype)


@rule("numpy.polyint")
def polyint(c: Call, p: Array, m: int = 1, k: object = None) -> Tensor:
    """One longer each time."""
    if m < 0:
        c.fail("argument-value", f"polyint: the order must not be negative, got {m}")
    if m == 0:
        return array(c.shape(p), p.dtype)
    return array((_length(c, p) + m,), promoted(p.dtype, "float64") if k is None and m else None)


@rule("numpy.poly")
def poly(c: Call, seq_of_zeros: Array) -> Tensor:
    """From its zeros, or those of a square matrix: one more than there are."""
    dims = c.dims(seq_of_zeros)
    if len(dims) == 2:
        message = f"poly takes zeros or a square matrix, got {c.text(seq_of_zeros)}"
        c.require(dims[0], dims[1], "not-square", message, seq_of_zeros)
    elif len(dims) > 2:
        c.fail("rank-mismatch", f"poly takes zeros or a square matrix, got {c.text(seq_of_zeros)}", seq_of_zeros)
    size = dims[0] if dims else 1
    if equal(size, 0) is not False:
        raise NotKnown
    return array((size + 1,), None)


@rule("numpy.roots")
def roots(c: Call, p: Array) -> Tensor:
    """The zeros, of which only the run knows how many there are, and whether they are complex."""
    dims = c.dims(p)
    if len(dims) > 1:
        c.fail("rank-mismatch", f"roots takes a vector of coefficients, got {c.text(p)}", p)
    known = isinstance(p.scalars, list) and bool(p.scalars) and bool(p.scalars[0])
    return array((dims[0] - 1 if dims and known else c.fresh("n", 0),), None)


@rule("numpy.polydiv")
def polydiv(c: Call, u: Array, v: Array) -> object:
    """The quotient and the rest."""
    _length(c, u), _length(c, v)
    return array((c.fresh("n", 1),), None), array((c.fresh("n", 1),), None)
