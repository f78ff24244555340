"""torch: reductions over one, several or all dims, and running sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from shapelens.dims import Dim, Expr, less, maximum, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule, rules
from shapelens.rules.torch.elementwise import BOOL, COMPLEX, INT, as_float, refuse, unary_dtype
from shapelens.values import List, Named, Open, Shape, Tensor
from shapelens.values.dtypes import category, promote

# -- shapes ----------------------------------------------------------------------------------------------------------


def known_axes(dim: object) -> tuple[int, ...]:
    """A dim argument as plain ints; NotKnown where one is not known."""
    listed = (dim,) if isinstance(dim, int) else dim
    if not isinstance(listed, (tuple, list)) or (isinstance(listed, List) and listed.rest is not None):
        raise NotKnown
    if not all(isinstance(a, int) for a in listed):
        raise NotKnown
    return tuple(listed)


def with_dims(c: Call, tensor: Tensor, axes: Sequence[int], change: Callable[[Dim], tuple[Dim, ...]]) -> Shape:
    """The tensor's shape with `change` applied to each of these dims: it gives none, one or several dims in its place.

    An open shape is taught that it has them, where that is unambiguous. Rank 0 counts as no dims at all.
    """
    shape = c.shape(tensor)
    if shape is None:
        return None
    if isinstance(shape, Open):
        return _with_open_dims(c, shape, axes, change)
    found = c.axes(tuple(axes), len(shape), tensor)
    if not shape:
        return ()
    made: list[Dim] = []
    for i, dim in enumerate(shape):
        made.extend(change(dim) if i in found else (dim,))
    return tuple(made)


def _with_open_dims(c: Call, shape: Open, axes: Sequence[int], change: Callable[[Dim], tuple[Dim, ...]]) -> Open:
    front = max([a + 1 for a in axes if a >= 0], default=0)
    back = max([-a for a in axes if a < 0], default=0)
    more_front, more_back = front > len(shape.prefix), back > len(shape.suffix)
    if (more_front and (shape.suffix or back)) or (more_back and (shape.prefix or front)):
        raise NotKnown  # the dims counted from the front and those from the back may be the same ones
    shape = c.store.at_least(shape, front, back)
    prefix: list[Dim] = []
    suffix: list[Dim] = []
    for i, dim in enumerate(shape.prefix):
        prefix.extend(change(dim) if i in axes else (dim,))
    for i, dim in enumerate(shape.suffix):
        suffix.extend(change(dim) if i - len(shape.suffix) in axes else (dim,))
    return Open(tuple(prefix), shape.var, tuple(suffix))


def reduced_shape(c: Call, tensor: Tensor, dim: object, keepdim: bool) -> Shape:
    """The shape after reducing these dims; all of them for None or an empty tuple."""
    if dim is None or (isinstance(dim, (tuple, list)) and not isinstance(dim, List) and not dim) or dim == []:
        if not keepdim:
            return ()
        shape = c.shape(tensor)
        return (1,) * len(shape) if isinstance(shape, tuple) else None
    return with_dims(c, tensor, known_axes(dim), lambda _: (1,) if keepdim else ())


def _refuse_empty(c: Call, tensor: Tensor, dim: object) -> None:
    """Fail where a reduction that needs elements gets none."""
    shape = c.shape(tensor)
    if not isinstance(shape, tuple):
        return
    axes = range(len(shape)) if dim is None or dim in ((), []) else c.axes(known_axes(dim), len(shape), tensor)
    if shape and any(shape[a] == 0 for a in axes):
        c.fail("empty-reduction", f"{c.name} of no elements: a reduced dim of {c.text(tensor)} has size 0", tensor)


def _is_empty(c: Call, tensor: Tensor) -> bool:
    shape = c.shape(tensor)
    return isinstance(shape, tuple) and 0 in shape


def check_axis(c: Call, tensor: Tensor, dim: object) -> None:
    """Fail where the tensor has not the dim that a shape-keeping function works along."""
    with_dims(c, tensor, known_axes(dim), lambda d: (d,))


def _made(tensor: Tensor, shape: Shape, dtype: str | None) -> Tensor:
    return Tensor(shape, dtype, tensor.library, tensor.device)


def _named(*paths: str) -> tuple[str, ...]:
    return tuple(f"{place}.{name}" for name in paths for place in ("torch", "torch.Tensor"))


def summed_dtype(dtype: str | None) -> str | None:
    """Integers and bools are summed as int64."""
    return "int64" if dtype is not None and category(dtype) < 2 else dtype


def _float_only(c: Call, tensor: Tensor, dtype: str | None) -> str | None:
    if dtype is not None and category(dtype) in (BOOL, INT):
        c.fail("dtype-mismatch", f"{c.name} needs a float tensor, got {dtype}; convert it with .float()", tensor)
    return dtype


# -- one result ------------------------------------------------------------------------------------------------------


@rule(*_named("sum", "nansum"))
def sum_(c: Call, input: Tensor, dim: object = None, keepdim: bool = False, *, dtype: object = None) -> Tensor:
    return _made(input, reduced_shape(c, input, dim, keepdim), c.dtype(dtype, summed_dtype(input.dtype)))


@rule(*_named("mean", "nanmean"))
def mean(c: Call, input: Tensor, dim: object = None, keepdim: bool = False, *, dtype: object = None) -> Tensor:
    """Of floats only, unless a float dtype is given."""
    made = _float_only(c, input, c.dtype(dtype, input.dtype))
    return _made(input, reduced_shape(c, input, dim, keepdim), made)


@rule(*_named("prod"))
def prod(c: Call, input: Tensor, dim: object = None, keepdim: bool = False, *, dtype: object = None) -> Tensor:
    return sum_(c, input, dim, keepdim, dtype=dtype)


def _spread(c: Call, input: Tensor, dim: object, unbiased: object, keepdim: bool) -> Tensor:
    """std and var: `std(True)` is the form that has only `unbiased`."""
    dtype = _float_only(c, input, input.dtype)
    shape = reduced_shape(c, input, None if isinstance(dim, bool) else dim, keepdim)
    return _made(input, shape, unary_dtype("real", dtype))


@rule(*_named("std", "var"))
def std(
    c: Call, input: Tensor, dim: object = None, unbiased: object = True, keepdim: bool = False,
    *, correction: object = 1,
) -> Tensor:  # fmt: skip
    return _spread(c, input, dim, unbiased, keepdim)


@rule("torch.std_mean", "torch.var_mean")
def std_mean(
    c: Call, input: Tensor, dim: object = None, unbiased: object = True, keepdim: bool = False,
    *, correction: object = 1,
) -> object:  # fmt: skip
    spread = _spread(c, input, dim, unbiased, keepdim)
    return spread, spread.with_(dtype=input.dtype)


@rule(*_named("amax", "amin"))
def amax(c: Call, input: Tensor, dim: object = None, keepdim: bool = False) -> Tensor:
    _refuse_empty(c, input, dim)
    return _made(input, reduced_shape(c, input, dim, keepdim), input.dtype)


@rule(*_named("aminmax"))
def aminmax(c: Call, input: Tensor, *, dim: object = None, keepdim: bool = False) -> object:
    _refuse_empty(c, input, dim)
    made = _made(input, reduced_shape(c, input, dim, keepdim), input.dtype)
    return Named.of(min=made, max=made)


@rule(*_named("argmax", "argmin"))
def argmax(c: Call, input: Tensor, dim: object = None, keepdim: bool = False) -> Tensor:
    """Without dim the index into the flattened tensor."""
    _refuse_empty(c, input, dim)
    refuse(c, input.dtype, (BOOL, COMPLEX), input)
    return _made(input, reduced_shape(c, input, dim, keepdim), "int64")


@rule(*_named("any", "all"))
def any_(c: Call, input: Tensor, dim: object = None, keepdim: bool = False) -> Tensor:
    """bool, but uint8 of uint8. An empty tuple of dims reduces none."""
    shape = input.shape if isinstance(dim, (tuple, list)) and known_axes(dim) == () else None
    if shape is None:
        shape = reduced_shape(c, input, dim, keepdim)
    return _made(input, shape, "uint8" if input.dtype == "uint8" else "bool")


@rule(*_named("logsumexp"), "torch.special.logsumexp")
def logsumexp(c: Call, input: Tensor, dim: object, keepdim: bool = False) -> Tensor:
    if not isinstance(dim, int) and not known_axes(dim):
        raise NotKnown
    return _made(input, reduced_shape(c, input, dim, keepdim), as_float(input.dtype, c.floating))


@rule(*_named("count_nonzero"))
def count_nonzero(c: Call, input: Tensor, dim: object = None) -> Tensor:
    return _made(input, reduced_shape(c, input, dim, False), "int64")


@rule(*_named("norm"))
def norm(
    c: Call, input: Tensor, p: object = "fro", dim: object = None, keepdim: bool = False, dtype: object = None
) -> Tensor:
    made = _float_only(c, input, c.dtype(dtype, input.dtype))
    return _made(input, reduced_shape(c, input, dim, keepdim), unary_dtype("real", made))


@rule(*_named("quantile", "nanquantile"))
def quantile(
    c: Call, input: Tensor, q: object, dim: object = None, keepdim: bool = False, *, interpolation: object = "linear"
) -> Tensor:
    """A tensor of n quantiles gives a leading dim of size n."""
    dtype = input.dtype
    if dtype is not None and dtype not in ("float32", "float64"):
        c.fail("dtype-mismatch", f"{c.name} needs a float32 or float64 tensor, got {dtype}", input)
    if _is_empty(c, input):
        c.fail("empty-reduction", f"{c.name} of no elements: {c.text(input)}", input)
    shape = reduced_shape(c, input, dim, keepdim)
    if isinstance(q, (int, float)):
        return _made(input, shape, dtype)
    levels = c.dims(c.tensor(q))
    if len(levels) > 1:
        c.fail("rank-mismatch", f"{c.name}: q must be a number or have one dim, got {c.text(levels)}")
    if c.tensor(q).dtype not in (None, dtype) and dtype is not None:
        c.fail("dtype-mismatch", f"{c.name}: q must have the dtype of the tensor, {dtype}", input, c.tensor(q))
    return _made(input, levels + shape if isinstance(shape, tuple) else None, dtype)


@rule(*_named("dist"))
def dist(c: Call, input: Tensor, other: Tensor, p: object = 2) -> Tensor:
    common_shape(c, (input, other))
    return _made(input, (), input.dtype if input.dtype == other.dtype else None)


# -- values and indices ----------------------------------------------------------------------------------------------


def _pair(c: Call, input: Tensor, dim: object, keepdim: bool) -> Named:
    _refuse_empty(c, input, dim)
    shape = reduced_shape(c, input, dim, keepdim)
    return Named.of(values=_made(input, shape, input.dtype), indices=_made(input, shape, "int64"))


@rule(*_named("max", "min"))
def max_(c: Call, input: Tensor, dim: object = None, keepdim: bool = False, *, other: object = None) -> object:
    """`max(x)`, `max(x, dim)` with its values and indices, and `max(x, y)` of two tensors."""
    second = other if other is not None else dim
    if isinstance(second, Tensor):
        return rules["torch.maximum"].function(c, input, second)
    refuse(c, input.dtype, (COMPLEX,), input)
    if dim is None:
        _refuse_empty(c, input, None)
        return _made(input, (), input.dtype)
    return _pair(c, input, _one(dim), keepdim)


def _one(dim: object) -> int:
    if not isinstance(dim, int):
        raise NotKnown
    return dim


@rule(*_named("median", "nanmedian"))
def median(c: Call, input: Tensor, dim: object = None, keepdim: bool = False) -> object:
    if dim is None:
        return _made(input, (), input.dtype)
    return _pair(c, input, _one(dim), keepdim)


@rule(*_named("mode"))
def mode(c: Call, input: Tensor, dim: object = -1, keepdim: bool = False) -> object:
    return _pair(c, input, _one(dim), keepdim)


@rule(*_named("cummax", "cummin"))
def cummax(c: Call, input: Tensor, dim: object) -> object:
    if not _is_empty(c, input):  # torch does not look at dim then
        check_axis(c, input, dim)
    return Named.of(values=input.with_(), indices=_made(input, input.shape, "int64"))


# -- running ---------------------------------------------------------------------------------------------------------


@rule(*_named("cumsum", "cumprod"))
def cumsum(c: Call, input: Tensor, dim: object, *, dtype: object = None) -> Tensor:
    check_axis(c, input, dim)
    return _made(input, input.shape, c.dtype(dtype, summed_dtype(input.dtype)))


@rule(*_named("logcumsumexp"))
def logcumsumexp(c: Call, input: Tensor, dim: object) -> Tensor:
    check_axis(c, input, dim)
    return input.with_()


@rule(*_named("diff"))
def diff(
    c: Call, input: Tensor, n: object = 1, dim: object = -1, prepend: object = None, append: object = None
) -> Tensor:
    """The dim loses one element a turn, after prepend and append were joined to it."""
    if not isinstance(n, int):
        raise NotKnown
    if n < 0:
        c.fail("argument-value", f"diff: n must not be negative, got {n}")
    axis = _one(dim)
    dtype = input.dtype
    if input.shape == ():
        c.fail("rank-mismatch", "diff needs a tensor of at least one dim", input)
    if n == 0:
        return input.with_()
    more: Dim = -n
    for extra in (prepend, append):
        if extra is not None:
            joined = c.tensor(extra)
            if len(c.dims(joined)) != len(c.dims(input)):
                raise NotKnown
            more = more + c.dims(joined)[c.axis(axis, len(c.dims(joined)), joined)]
            dtype = promote(dtype, joined.dtype)
    return _made(input, with_dims(c, input, (axis,), lambda d: (maximum(d + more, 0),)), dtype)


def _places(c: Call, y: Tensor, x: Tensor | None) -> None:
    """NotKnown unless the places of the values are a vector or of the shape of the values."""
    if x is not None and len(c.dims(x)) != 1 and c.dims(x) != c.dims(y):
        raise NotKnown
    if x is not None and 1 in (*c.dims(x), *c.dims(y)):
        raise NotKnown  # it broadcasts with them


@rule("torch.trapezoid", "torch.trapz")
def trapezoid(c: Call, y: Tensor, x: Tensor | None = None, *, dx: object = None, dim: int = -1) -> Tensor:
    """The dim goes; x, the places of the values, is a vector for that dim or broadcasts with y."""
    _places(c, y, x)
    dtype = as_float(y.dtype, c.floating) if x is None or x.dtype == y.dtype else None
    return _made(y, reduced_shape(c, y, dim, False), dtype)


@rule("torch.cumulative_trapezoid")
def cumulative_trapezoid(c: Call, y: Tensor, x: Tensor | None = None, *, dx: object = None, dim: int = -1) -> Tensor:
    """The dim loses one element."""
    _places(c, y, x)
    dtype = as_float(y.dtype, c.floating) if x is None or x.dtype == y.dtype else None
    return _made(y, with_dims(c, y, (dim,), lambda d: (maximum(d - 1, 0),)), dtype)


@rule(*_named("renorm"))
def renorm(c: Call, input: Tensor, p: object, dim: int, maxnorm: object) -> Tensor:
    shape = c.shape(input)
    if isinstance(shape, tuple) and len(shape) < 2:
        c.fail("rank-mismatch", f"renorm needs at least two dims, got {c.text(input)}", input)
    check_axis(c, input, dim)
    return input.with_()


# -- sizes that depend on the data -----------------------------------------------------------------------------------


@rule(*_named("unique"))
def unique(
    c: Call, input: Tensor, sorted: object = True, return_inverse: bool = False, return_counts: bool = False,
    dim: object = None,
) -> object:  # fmt: skip
    """A fresh dim for how many there are. The inverse has the input's shape, or with dim its size there."""
    known = input.scalars
    if isinstance(known, list) and return_inverse is False and dim is None and _are_numbers(known):
        return _counted(input, known, bool(return_counts))
    return _unique(c, input, return_inverse, return_counts, dim)


def _counted(input: Tensor, known: list[object], with_counts: bool) -> object:
    """The distinct ones of known numbers, in order."""
    counts = sorted(Counter(known).items())
    values = _made(input, (len(counts),), input.dtype)
    values.scalars = [value for value, _ in counts]
    if not with_counts:
        return values
    return values, Tensor((len(counts),), "int64", scalars=[count for _, count in counts])


def _are_numbers(values: list[object]) -> bool:
    return all(isinstance(v, (int, float)) for v in values)


@rule(*_named("unique_consecutive"))
def unique_consecutive(
    c: Call, input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: object = None
) -> object:
    return _unique(c, input, return_inverse, return_counts, dim)


def _unique(c: Call, input: Tensor, return_inverse: bool, return_counts: bool, dim: object) -> object:
    count = c.fresh("unique", 0)
    shape: Shape = (count,)
    inverse = input.shape
    if dim is not None:
        shape = with_dims(c, input, (_one(dim),), lambda _: (count,))
        whole = c.shape(input)
        if whole == ():
            c.fail("rank-mismatch", f"{c.name}: dim {_one(dim)} of a tensor that has no dims", input)
        inverse = (whole[_one(dim)],) if isinstance(whole, tuple) else None
    found = [_made(input, shape, input.dtype)]
    if return_inverse:
        found.append(_made(input, inverse, "int64"))
    if return_counts:
        found.append(_made(input, (count,), "int64"))
    return found[0] if len(found) == 1 else tuple(found)


@rule(*_named("bincount"))
def bincount(c: Call, input: Tensor, weights: Tensor | None = None, minlength: object = 0) -> Tensor:
    """As long as the largest value needs, at least minlength."""
    shape = c.dims(input, ("N",))
    if len(shape) != 1:
        c.fail("rank-mismatch", f"bincount needs a tensor of one dim, got {c.text(input)}", input)
    refuse(c, input.dtype, (2, COMPLEX), input)
    dtype: str | None = "int64"
    if weights is not None and shape[0] == 0:
        dtype = None  # torch does not look at the weights then
    elif weights is not None:
        sizes = c.dims(weights, ("N",))
        if len(sizes) != 1:
            c.fail("rank-mismatch", f"bincount needs weights of one dim, got {c.text(weights)}", weights)
        c.require(
            shape[0], sizes[0], "shape-mismatch",
            f"bincount: weights {c.text(weights)} and input {c.text(input)} differ in length", input, weights,
        )  # fmt: skip
        dtype = weights.dtype and ("float32" if weights.dtype == "float32" else "float64")
    return _made(input, (c.fresh("bins", 0),), dtype)


@rule(*_named("histc"))
def histc(c: Call, input: Tensor, bins: Dim = 100, min: object = 0, max: object = 0) -> Tensor:
    return _made(input, (bins,), input.dtype)


@rule(*_named("histogram"))
def histogram(
    c: Call, input: Tensor, bins: object, *, range: object = None, weight: object = None, density: object = False
) -> object:
    """n bins have n + 1 edges."""
    if isinstance(bins, (int, Expr)):
        count: Dim = bins
    else:
        edges = c.dims(c.tensor(bins), ("E",))
        if len(edges) != 1:
            raise NotKnown
        count = edges[0] - 1
    return Named.of(hist=_made(input, (count,), input.dtype), bin_edges=_made(input, (count + 1,), input.dtype))


# -- statistics of variables -----------------------------------------------------------------------------------------


@rule(*_named("cov", "corrcoef"))
def cov(c: Call, input: Tensor, *, correction: object = 1, fweights: object = None, aweights: object = None) -> Tensor:
    """Variables in rows, observations in columns; of one variable a number."""
    refuse(c, input.dtype, (BOOL,), input)
    shape = c.dims(input, ("V", "N"))
    if len(shape) > 2:
        c.fail("rank-mismatch", f"{c.name} needs at most two dims, got {c.text(input)}", input)
    observations = shape[-1] if shape else 1
    dtype = as_float(input.dtype, c.floating)
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        weights = c.store.value(given)
        if not isinstance(weights, Tensor):
            continue
        if name == "aweights" and weights.dtype != dtype:
            dtype = None
        if len(c.dims(weights)) > 1:
            c.fail("rank-mismatch", f"cov: {name} must have one dim, got {c.text(weights)}", weights)
        number = product(c.dims(weights))
        message = f"cov: {c.dim_text(observations)} observations in {c.text(input)}, {name} of {c.text(weights)}"
        c.require(number, observations, "shape-mismatch", message, input, weights)
    if len(shape) < 2 or shape[0] == 1:
        return _made(input, (), dtype)
    if less(shape[0], 1) is not True and less(1, shape[0]) is not True:
        raise NotKnown
    return _made(input, (shape[0], shape[0]), dtype)
