"""Sums, means, extremes and the like, over all axes or some; and what is accumulated along one."""

from __future__ import annotations

from collections.abc import Callable

from shapelens.dims import Dim, equal, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array, as_array, into, operand
from shapelens.rules.numpy.dtypes import asked, divided, promoted, real, summed, together
from shapelens.rules.registry import rule
from shapelens.rules.torch.reductions import check_axis, reduced_shape
from shapelens.values import Tensor
from shapelens.values.dtypes import category


def _same(dtype: str | None) -> str | None:
    return dtype


def _places(dtype: str | None) -> str:
    return "int64"


def _truth(dtype: str | None) -> str:
    return "bool"


def _spread(dtype: str | None) -> str | None:
    return divided(real(dtype))


_DTYPES: dict[str, Callable[[str | None], str | None]] = {
    **dict.fromkeys("sum prod nansum nanprod cumsum cumprod nancumsum nancumprod trace".split(), summed),
    **dict.fromkeys("mean nanmean median nanmedian".split(), divided),
    **dict.fromkeys("std var nanstd nanvar".split(), _spread),
    **dict.fromkeys("max min amax amin nanmax nanmin ptp".split(), _same),
    **dict.fromkeys("argmax argmin nanargmax nanargmin count_nonzero".split(), _places),
    **dict.fromkeys("any all".split(), _truth),
}
_NEED_ELEMENTS = frozenset("max min amax amin nanmax nanmin ptp argmax argmin nanargmax nanargmin".split())


def reduced(name: str, dtype: str | None) -> str | None:
    """The dtype of a reduction."""
    return _DTYPES[name](dtype)


def axes_of(c: Call, a: Tensor, axis: object) -> object:
    """An axis argument: None, an int or a tuple of ints. Fails for a list, which NumPy's own reductions refuse."""
    if isinstance(axis, float):
        c.fail("argument-value", f"{c.name}: an axis must be an int, got {axis}", a)
    return axis


def over(c: Call, a: Tensor, axis: object, keepdims: bool, dtype: str | None) -> Tensor:
    """The array that is left of the axes; none at all are reduced for an empty tuple."""
    axis = axes_of(c, a, axis)
    if isinstance(axis, tuple) and not axis:
        return array(c.shape(a), dtype)
    return array(reduced_shape(c, a, axis, keepdims), dtype)


def _refuse_empty(c: Call, a: Tensor, axis: object) -> None:
    dims = c.shape(a)
    if not isinstance(dims, tuple) or 0 not in dims or not (axis is None or isinstance(axis, (int, tuple))):
        return
    axes = range(len(dims)) if axis is None else c.axes(axis, len(dims), a)
    rest = [d for i, d in enumerate(dims) if i not in axes]
    if any(dims[i] == 0 for i in axes) and 0 not in rest and all(isinstance(d, int) for d in rest):
        c.fail("empty-reduction", f"{c.name} of no elements: a reduced axis of {c.text(a)} has size 0", a)


def _named(names: str, methods: str) -> tuple[str, ...]:
    return (*(f"numpy.{n}" for n in names.split()), *(f"numpy.ndarray.{n}" for n in methods.split()))


@rule(*_named("sum prod nansum nanprod max min amax amin nanmax nanmin any all", "sum prod max min any all"))
def sum(c: Call, a: Array, axis: object = None, dtype: object = None, out: object = None, keepdims: bool = False,
        initial: object = None, where: object = True, **others: object) -> Tensor:  # fmt: skip
    """Over all axes, or one, or several."""
    if _DTYPES[c.name] is not summed and out is None and isinstance(c.store.value(dtype), Tensor):
        dtype, out = None, dtype  # the third parameter of those that take no dtype
    axis = c.store.value(axis)
    if c.name in _NEED_ELEMENTS and initial is None:
        _refuse_empty(c, a, axis)
    return into(c, over(c, a, axis, keepdims, asked(c, dtype, reduced(c.name, a.dtype))), out, exact=True)


@rule(*_named("mean std var nanmean nanstd nanvar", "mean std var"))
def mean(c: Call, a: Array, axis: object = None, dtype: object = None, out: object = None, ddof: object = 0,
         keepdims: bool = False, *, where: object = True, mean: object = None, correction: object = 0) -> Tensor:  # fmt: skip
    """Averages in float64, for integers."""
    found = asked(c, dtype, reduced(c.name, a.dtype))
    if dtype is not None and c.name not in ("mean", "nanmean"):
        found = real(found)
    return into(c, over(c, a, c.store.value(axis), keepdims, found), out, exact=True)


@rule("numpy.median", "numpy.nanmedian")
def median(c: Call, a: Array, axis: object = None, out: object = None, overwrite_input: object = False,
           keepdims: bool = False) -> Tensor:  # fmt: skip
    """The middle of what is sorted."""
    axis = c.store.value(axis)
    axis = tuple(axis) if isinstance(axis, list) and getattr(axis, "rest", None) is None else axis
    return into(c, over(c, a, axis, keepdims, divided(a.dtype)), out)


@rule("numpy.ptp")
def ptp(c: Call, a: Array, axis: object = None, out: object = None, keepdims: bool = False) -> Tensor:
    """The largest less the smallest."""
    if a.dtype == "bool":
        c.fail("dtype-mismatch", "ptp is not defined for bool", a)
    axis = c.store.value(axis)
    _refuse_empty(c, a, axis)
    return into(c, over(c, a, axis, keepdims, a.dtype), out, exact=True)


@rule(*_named("argmax argmin nanargmax nanargmin", "argmax argmin"))
def argmax(c: Call, a: Array, axis: int | None = None, out: object = None, *, keepdims: bool = False) -> Tensor:
    """Where the largest is, along one axis or in the flattened array."""
    _refuse_empty(c, a, axis)
    return into(c, over(c, a, axis, keepdims, "int64"), out, exact=True)


@rule("numpy.count_nonzero")
def count_nonzero(c: Call, a: Array, axis: object = None, *, keepdims: bool = False) -> Tensor:
    """How many are not zero; a plain int where the whole array is counted."""
    return over(c, a, c.store.value(axis), keepdims, "int64")


@rule("numpy.average")
def average(c: Call, a: Array, axis: object = None, weights: object = None, returned: bool = False, *,
            keepdims: bool = False) -> object:  # fmt: skip
    """The weighted mean, with the sum of the weights where `returned`."""
    axis, given = c.store.value(axis), c.store.value(weights)
    dtype = divided(a.dtype)
    if given is not None:
        weighing = as_array(c, given)
        dtype = promoted(dtype, weighing.dtype)
        _check_weights(c, a, weighing, axis)
    made = over(c, a, axis, keepdims, dtype)
    return (made, array(made.shape, dtype)) if returned else made


def _check_weights(c: Call, a: Tensor, weights: Tensor, axis: object) -> None:
    dims, weighing = c.dims(a), c.dims(weights)
    if len(dims) == len(weighing) and all(equal(x, y) for x, y in zip(dims, weighing)):
        return
    if axis is None:
        if len(dims) != len(weighing) or any(equal(x, y) is False for x, y in zip(dims, weighing)):
            c.fail("size-mismatch", f"average: weights of {c.text(weights)} for {c.text(a)} need an axis", a, weights)
        return
    axes = c.axes(axis, len(dims), a)
    wanted = tuple([dims[i] for i in axes])
    if len(weighing) != len(axes) or any(equal(x, y) is False for x, y in zip(weighing, wanted)):
        c.fail("size-mismatch", f"average: weights of {c.text(weights)} for {c.text(wanted)} elements", a, weights)


@rule("numpy.quantile", "numpy.percentile", "numpy.nanquantile", "numpy.nanpercentile")
def quantile(c: Call, a: Array, q: object, axis: object = None, out: object = None, overwrite_input: object = False,
             method: object = "linear", keepdims: bool = False, **others: object) -> Tensor:  # fmt: skip
    """The dims of `q`, then what is left of the array."""
    parts = operand(c, q)
    if isinstance(parts, bool) or isinstance(parts, Tensor) and parts.dtype == "bool":
        raise NotKnown  # With both of booleans it is defined.
    if a.dtype is not None and category(a.dtype) in (0, 3):
        c.fail("dtype-mismatch", f"{c.name} is not defined for {a.dtype}", a)
    front = c.dims(parts) if isinstance(parts, Tensor) else ()
    axis = c.store.value(axis)
    made = over(c, a, tuple(axis) if isinstance(axis, list) else axis, keepdims, None)
    if len(front) > 1 or c.name.startswith("nan") and 0 in c.dims(a):
        raise NotKnown
    if not isinstance(parts, Tensor):
        parts = 0.5  # an int of a percentile counts as a float
    elif parts.dtype is not None and category(parts.dtype) == 1:
        parts = array(front, "float64")
    plain_method = method == "linear" and not others
    dtype = divided(together([a, parts])) if plain_method else None
    return into(c, array((*front, *c.dims(made)), dtype), out)


@rule("numpy.trace", "numpy.ndarray.trace")
def trace(c: Call, a: Array, offset: object = 0, axis1: int = 0, axis2: int = 1, dtype: object = None,
          out: object = None) -> Tensor:  # fmt: skip
    """The sum along the diagonals of two axes."""
    dims = c.dims(a)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"trace needs at least two dims, got {c.text(a)}", a)
    axes = c.axes((axis1, axis2), len(dims), a)
    left = tuple([d for i, d in enumerate(dims) if i not in axes])
    return into(c, array(left, asked(c, dtype, summed(a.dtype))), out)


# -- along an axis -------------------------------------------------------------------------------------------------


def accumulated(c: Call, a: Tensor, axis: object, dtype: str | None) -> Tensor:
    """The shape of the array, or, for no axis, of the flattened one."""
    if axis is None:
        shape = c.shape(a)
        return array((c.store.numel(shape),) if shape is not None else None, dtype)
    check_axis(c, a, axis)
    return array(c.shape(a), dtype)


@rule(*_named("cumsum cumprod nancumsum nancumprod", "cumsum cumprod"))
def cumsum(c: Call, a: Array, axis: int | None = None, dtype: object = None, out: object = None) -> Tensor:
    """The sums so far along an axis, or of the flattened array."""
    if axis is not None and c.shape(a) == ():
        check_axis(c, array((1,), None), axis)
        return into(c, array((1,), asked(c, dtype, summed(a.dtype))), out)
    return into(c, accumulated(c, a, axis, asked(c, dtype, summed(a.dtype))), out)


@rule("numpy.cumulative_sum", "numpy.cumulative_prod")
def cumulative_sum(c: Call, x: Array, *, axis: int | None = None, dtype: object = None, out: object = None,
                   include_initial: bool = False) -> Tensor:  # fmt: skip
    """As cumsum of a vector or along an axis; one longer with the initial value."""
    dims = c.dims(x)
    if axis is None and len(dims) > 1:
        c.fail("argument-value", f"{c.name} of {c.text(x)} needs an axis", x)
    dims = dims or (1,)
    at = c.axis(axis or 0, len(dims), x)
    sizes = [d + 1 if include_initial and i == at else d for i, d in enumerate(dims)]
    return into(c, array(tuple(sizes), asked(c, dtype, summed(x.dtype))), out)


@rule("numpy.diff")
def diff(c: Call, a: Array, n: int = 1, axis: int = -1, prepend: object = None, append: object = None) -> Tensor:
    """One less along the axis each time, of what was put before and behind it."""
    dims = list(c.dims(a))
    if n == 0:
        return array(tuple(dims), a.dtype)
    if not dims:
        c.fail("rank-mismatch", "diff needs an array of at least one dim", a)
    at = c.axis(axis, len(dims), a)
    if n < 0:
        c.fail("argument-value", f"diff: n must not be negative, got {n}", a)
    dtype = a.dtype
    for more in (prepend, append):
        if c.store.value(more) is not None:
            added = as_array(c, more)
            shape = c.dims(added)
            dims[at] = dims[at] + (shape[at] if len(shape) == len(dims) else 1)
            dtype = promoted(dtype, added.dtype)
    dims[at] = shorter(dims[at], n)
    return array(tuple(dims), dtype)


def shorter(size: Dim, n: int) -> Dim:
    """`n` less, but not less than nothing."""
    from shapelens.dims import less_equal, maximum

    return size - n if less_equal(n, size) is True else maximum(size - n, 0)


@rule("numpy.ediff1d")
def ediff1d(c: Call, ary: Array, to_end: object = None, to_begin: object = None) -> Tensor:
    """The differences of all elements, with what is put around them."""
    if ary.dtype == "bool":
        c.fail("dtype-mismatch", "ediff1d is not defined for bool", ary)
    size = shorter(product(c.dims(ary)), 1)
    for more in (to_end, to_begin):
        if c.store.value(more) is not None:
            size = size + product(c.dims(as_array(c, more)))
    return array((size,), ary.dtype)


@rule("numpy.gradient")
def gradient(c: Call, f: Array, *varargs: object, axis: object = None, edge_order: object = 1) -> object:
    """The shape of the array for each axis: one array of a vector, a tuple of several."""
    if f.dtype == "bool":
        c.fail("dtype-mismatch", "gradient is not defined for bool", f)
    dims = c.dims(f)
    wanted = c.store.value(axis)
    axes = range(len(dims)) if wanted is None else c.axes(wanted, len(dims), f)
    least = 3 if edge_order == 2 else 2
    for i in axes:
        size = dims[i]
        if isinstance(size, int) and size < least:
            c.fail("size-too-small", f"gradient needs at least {least} elements along axis {i} of {c.text(f)}", f)
    made = array(dims, divided(f.dtype) if not varargs else None)
    if len(axes) == 1:
        return made
    return tuple([array(dims, made.dtype) for _ in axes])


@rule("numpy.trapezoid", "numpy.trapz")
def trapezoid(c: Call, y: Array, x: object = None, dx: object = 1.0, axis: int = -1) -> Tensor:
    """The integral along an axis."""
    given = None if c.store.value(x) is None else as_array(c, x)
    step = operand(c, dx)
    if isinstance(step, Tensor) and c.shape(step) != ():
        raise NotKnown
    if c.shape(y) == ():
        raise NotKnown
    made = over(c, y, axis, False, divided(y.dtype))
    if given is None:
        return made if not isinstance(step, Tensor) else array(made.shape, None)
    dims, places = c.dims(y), c.dims(given)
    at = c.axis(axis, len(dims), y)
    if len(places) == 1:
        size = dims[at]
        if (
            places[0] != 0
            and equal(places[0], size) is False
            and equal(places[0], 2) is False
            and equal(size, 2) is False
        ):
            c.conflict = places[0], size
            c.fail("broadcast-mismatch", f"trapezoid: {c.text(given)} places for {c.text(y)}", y, given)
    elif len(places) != len(dims):
        raise NotKnown
    else:
        common_shape(c, [y, given], "trapezoid")
    return array(made.shape, divided(promoted(y.dtype, given.dtype)))


@rule("numpy.cov", "numpy.corrcoef")
def cov(c: Call, m: Array, y: object = None, rowvar: object = True, bias: object = False, *others: object,
        **options: object) -> Tensor:  # fmt: skip
    """A square of as many as there are variables: rows, or columns if not `rowvar`; a number for one variable."""
    rows = c.store.value(rowvar)
    if not isinstance(rows, (bool, int)) or options or others:
        raise NotKnown
    dims = c.dims(m)
    if len(dims) > 2:
        c.fail("rank-mismatch", f"{c.name} takes at most two dims, got {c.text(m)}", m)
    dtype = promoted(m.dtype, "float64")
    if 0 in dims:
        raise NotKnown
    count, samples = _variables(dims, bool(rows))
    other = c.store.value(y)
    if other is not None:
        second = as_array(c, other)
        if len(c.dims(second)) > 2:
            c.fail("rank-mismatch", f"{c.name} takes at most two dims, got {c.text(second)}", second)
        more, others_ = _variables(c.dims(second), bool(rows))
        if equal(samples, others_) is False:
            c.conflict = samples, others_
            c.fail("size-mismatch", f"{c.name}: {c.text(m)} and {c.text(second)} differ in observations", m, second)
        count, dtype = count + more, promoted(dtype, second.dtype)
    if not isinstance(count, int):
        if equal(count, 1) is not False:
            raise NotKnown
    return array(() if count == 1 else (count, count), dtype)


def _variables(dims: tuple[Dim, ...], rows: bool) -> tuple[Dim, Dim]:
    if len(dims) < 2:
        return 1, dims[0] if dims else 1
    return (dims[0], dims[1]) if rows else (dims[1], dims[0])


@rule("numpy.apply_along_axis")
def apply_along_axis(c: Call, func1d: object, axis: int, arr: Array, *args: object, **kwargs: object) -> Tensor:
    """What the function makes of one vector along the axis, in the place of the axis."""
    dims = c.dims(arr)
    if not dims:
        c.fail("rank-mismatch", "apply_along_axis needs an array of at least one dim", arr)
    at = c.axis(axis, len(dims), arr)
    made = operand(c, c.invoke(func1d, array((dims[at],), arr.dtype), *args, **kwargs))
    inner = c.dims(made) if isinstance(made, Tensor) else ()
    found = made.dtype if isinstance(made, Tensor) else as_array(c, made).dtype
    return array((*dims[:at], *inner, *dims[at + 1 :]), found)


@rule("numpy.apply_over_axes")
def apply_over_axes(c: Call, func: object, a: Array, axes: object) -> Tensor:
    """Each axis reduced to 1, as by a function that reduces."""
    dims = list(c.dims(a))
    named = c.store.value(axes)
    for axis in (named,) if isinstance(named, int) else named if isinstance(named, (tuple, list)) else ():
        if not isinstance(axis, int):
            raise NotKnown
        if not -len(dims) <= axis < len(dims):
            raise NotKnown
        dims[axis] = 1
    return array(tuple(dims), None)
