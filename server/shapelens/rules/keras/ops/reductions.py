"""keras.ops: sums, means, extremes and the like over axes; what is sorted or accumulated along one."""

from __future__ import annotations

from collections.abc import Callable

from shapelens.dims import Dim, less, maximum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import (
    DtypeOf,
    changed,
    dtype_name,
    kept,
    made,
    of_keras,
    op,
    operand,
    rank_at_least,
    reduced,
)
from shapelens.rules.keras.ops.elementwise import as_float, as_real_float, as_truth, only_float, same, same_real
from shapelens.rules.keras.ops.promotion import counted, floating, real, result_type, widened
from shapelens.rules.registry import rule
from shapelens.values import Tensor


def _summed(dtype: str | None, symbolic: bool) -> str | None:
    return None if dtype == "uint64" else widened(dtype)


def _places(dtype: str | None, symbolic: bool) -> str | None:
    return "int32"


def _log_summed(dtype: str | None, symbolic: bool) -> str | None:
    return "float32" if symbolic else only_float(dtype, symbolic)


def _nan_extreme(dtype: str | None, symbolic: bool) -> str | None:
    return None if dtype == "uint64" else real(dtype)


def reduction(dtype_of: DtypeOf) -> Callable[..., Tensor]:
    """The rule of a reduction over `axis`."""

    def apply(c: Call, x: Tensor, axis: object = None, keepdims: object = False, *others: object) -> Tensor:
        keepdims = c.store.value(keepdims)
        if not isinstance(keepdims, bool):
            raise NotKnown
        return made(reduced(c, x, axis, keepdims), dtype_of(x.dtype, of_keras(x)))

    return apply


_REDUCTIONS: dict[DtypeOf, str] = {
    as_truth: "all|any",
    same_real: "amax|amin|ptp",
    _nan_extreme: "nanmax|nanmin",
    as_float: "mean|var",
    as_real_float: "std|nanmean|nanstd|nanvar|median|nanmedian",
    _summed: "sum|nansum|nanprod",
    _places: "argmax|argmin|nanargmax|nanargmin",
    _log_summed: "logsumexp",
}
for _of, _names in _REDUCTIONS.items():
    op(f"{_names}(x, axis=None, keepdims=False)", reduction(_of))
op("max|min(x, axis=None, keepdims=False, initial=None)", reduction(same_real))


@rule("keras.ops.prod")
def prod(c: Call, x: Tensor, axis: object = None, keepdims: bool = False, dtype: object = None) -> Tensor:
    found = None if x.dtype == "uint64" else widened(x.dtype)
    return made(reduced(c, x, axis, keepdims), dtype_name(c, dtype, found))


@rule("keras.ops.count_nonzero")
def count_nonzero(c: Call, x: Tensor, axis: object = None) -> Tensor:
    return made(reduced(c, x, axis, False), "int32")


@rule("keras.ops.norm")
def norm(c: Call, x: Tensor, ord: object = None, axis: object = None, keepdims: bool = False) -> Tensor:
    """Of vectors along an axis, or of matrices along two."""
    shape = c.shape(x)
    if axis is None and not of_keras(x) and not (isinstance(shape, tuple) and len(shape) < 3):
        raise NotKnown
    return made(reduced(c, x, axis, keepdims), floating(x.dtype))


@rule("keras.ops.average")
def average(c: Call, x: Tensor, axis: object = None, weights: object = None) -> Tensor:
    """Weights have the shape of x, or are those along the axis."""
    dtype, axis = floating(x.dtype), c.store.value(axis)
    if c.store.value(weights) is not None:
        given = converted(c, c.store.value(weights))
        dtype = result_type(x.dtype, given.dtype, "float")
        mine, other = c.dims(x), c.dims(given)
        if mine != other:
            if axis is None:
                raise NotKnown
            shape = reduced(c, x, axis, False)
            at = axis % len(mine) if isinstance(axis, int) else None
            if at is None or len(other) != 1:
                raise NotKnown
            c.require(
                mine[at], other[0], "weight-mismatch",
                f"average: {c.text(given)} weights for axis {axis} of {c.text(x)}", x, given,
            )  # fmt: skip
            return made(shape, dtype)
    return made(reduced(c, x, axis, False), dtype)


@rule("keras.ops.quantile", "keras.ops.percentile", "keras.ops.nanquantile", "keras.ops.nanpercentile")
def quantile(
    c: Call, x: Tensor, q: object, axis: object = None, method: object = "linear", keepdims: bool = False
) -> Tensor:
    """One result for a plain q; with a vector of them a first dim of as many."""
    shape = reduced(c, x, axis, keepdims)
    found = operand(c, q)
    if not isinstance(found, Tensor) or c.shape(found) == ():
        return made(shape, floating(x.dtype))
    dims = c.dims(found)
    if len(dims) != 1 or not isinstance(shape, tuple) or dims == (1,):
        raise NotKnown
    return made((*dims, *shape), floating(x.dtype))


@rule("keras.ops.moments")
def moments(c: Call, x: Tensor, axes: object, keepdims: bool = False, synchronized: object = False) -> object:
    """Mean and variance."""
    shape = reduced(c, x, axes, keepdims)
    return (made(shape, x.dtype), made(shape, x.dtype))


# -- along one axis ------------------------------------------------------------------------------------------------


def _flat(c: Call, x: Tensor) -> tuple[Dim, ...]:
    shape = c.shape(x)
    if shape is None:
        raise NotKnown
    return (c.store.numel(shape),)


def _along(dtype_of: DtypeOf) -> Callable[..., Tensor]:
    def apply(c: Call, x: Tensor, axis: object, *others: object) -> Tensor:
        axis = c.store.value(axis)
        if x.shape == () and not of_keras(x):
            raise NotKnown  # Which of them take a scalar is up to the backend.
        shape = _flat(c, x) if axis is None else kept(c, x, axis)
        return made(shape, dtype_of(x.dtype, of_keras(x)))

    return apply


def _cumulated(c: Call, x: Tensor, axis: object = None, dtype: object = None) -> Tensor:
    axis = c.store.value(axis)
    ignored = of_keras(x) and c.name.startswith("nan")  # Keras does not look at the axis then
    shape = _flat(c, x) if axis is None else x.shape if ignored else kept(c, x, axis)
    return made(shape, counted(dtype_name(c, dtype, x.dtype)))


op("cumsum|cumprod|nancumsum|nancumprod(x, axis=None, dtype=None)", _cumulated)
op("sort(x, axis=-1)", _along(same))
op("argsort(x, axis=-1)", _along(_places))
op("argpartition(x, kth, axis=-1)", lambda c, x, kth, axis: _along(_places)(c, x, axis))
op("softmax|log_softmax|sparsemax(x, axis=-1)", lambda c, x, axis: _softmax(c, x, axis))


def _softmax(c: Call, x: Tensor, axis: object) -> Tensor:
    """The shape stays; over all axes if none is named."""
    axis = c.store.value(axis)
    return made(x.shape if axis is None else kept(c, x, axis), only_float(x.dtype, of_keras(x)))


@rule("keras.ops.normalize")
def normalize(c: Call, x: Tensor, axis: object = -1, order: object = 2, epsilon: object = None) -> Tensor:
    axis = c.store.value(axis)
    return made(x.shape if axis is None else kept(c, x, axis), _log_summed(x.dtype, of_keras(x)))


@rule("keras.ops.diff")
def diff(c: Call, a: Tensor, n: int = 1, axis: int = -1) -> Tensor:
    """n fewer along the axis, none at the least."""
    return made(changed(c, a, (axis,), lambda d: (_less(d, n),)), a.dtype)


def _less(dim: Dim, n: int) -> Dim:
    return maximum(dim - n, 0)


@rule("keras.ops.trapezoid")
def trapezoid(c: Call, y: Tensor, x: object = None, dx: object = 1.0, axis: int = -1) -> Tensor:
    """The axis is integrated away."""
    shape = reduced(c, y, axis, False)
    return made(shape, "float32" if y.dtype == "float32" and c.store.value(x) is None else None)


@rule("keras.ops.top_k")
def top_k(c: Call, x: Tensor, k: Dim, sorted: object = True) -> object:
    """The k largest along the last axis, and where they are."""
    rank_at_least(c, x, 1)

    def taken(dim: Dim) -> tuple[Dim, ...]:
        if not of_keras(x) and less(dim, k) is True:
            c.fail("index-out-of-range", f"top_k: the {c.dim_text(k)} largest of {c.dim_text(dim)} in {c.text(x)}", x)
        return (k,)

    shape = changed(c, x, (-1,), taken)
    return (made(shape, x.dtype), made(shape, "int32"))


@rule("keras.ops.in_top_k")
def in_top_k(c: Call, targets: Tensor, predictions: Tensor, k: object) -> Tensor:
    """targets (B,) in the top k of predictions (B, C)."""
    dims = c.shape(targets), c.shape(predictions)
    if isinstance(dims[0], tuple) and isinstance(dims[1], tuple) and not of_keras(targets, predictions):
        for tensor, shape, rank in ((targets, dims[0], 1), (predictions, dims[1], 2)):
            if len(shape) != rank:
                c.fail("rank-mismatch", f"in_top_k needs {'targets' if rank == 1 else 'predictions'} of rank {rank}, "
                       f"got {c.text(tensor)}", tensor)  # fmt: skip
        c.require(
            dims[0][0], dims[1][0], "target-mismatch",
            f"in_top_k: {c.text(targets)} targets for predictions {c.text(predictions)}", targets, predictions,
        )  # fmt: skip
    return made(dims[0], "bool")


# -- counting ------------------------------------------------------------------------------------------------------


@rule("keras.ops.unique")
def unique(c: Call, x: Tensor, sorted: object = True, return_index: bool = False, return_inverse: bool = False,
           return_counts: bool = False, axis: int | None = None, size: Dim | None = None,
           fill_value: object = None) -> object:  # fmt: skip
    """How many there are depends on the data, unless `size` says it."""
    count: Dim = c.fresh("n", 0) if size is None else size
    values = made((count,) if axis is None else changed(c, x, (axis,), lambda d: (count,)), x.dtype)
    found = [values]
    if return_index:
        found.append(made((count,), "int32"))
    if return_inverse:
        dims = c.dims(x)
        if not of_keras(x):
            raise NotKnown
        found.append(made(dims if axis is None else (dims[axis],), "int32"))
    if return_counts:
        found.append(made((count,), "int32"))
    return found[0] if len(found) == 1 else tuple(found)


@rule("keras.ops.nonzero")
def nonzero(c: Call, x: Tensor) -> object:
    """For each dim where the elements are that are not 0."""
    count = c.fresh("n", 0)
    return tuple([made((count,), "int32") for _ in c.dims(x)])


@rule("keras.ops.bincount")
def bincount(c: Call, x: Tensor, weights: object = None, minlength: object = 0, sparse: object = False) -> Tensor:
    """(*batch, n) to (*batch, classes); how many classes depends on the data."""
    dims = c.dims(x)
    if c.store.value(weights) is not None:
        given = converted(c, c.store.value(weights))
        found = result_type(x.dtype, given.dtype)
        return made((*dims[:-1], c.fresh("n", 0)), found)
    return made((*dims[:-1], c.fresh("n", 0)), "int32")


@rule("keras.ops.histogram")
def histogram(c: Call, x: Tensor, bins: Dim = 10, range: object = None) -> object:
    """Counts of `bins`, and their edges."""
    symbolic = of_keras(x)
    dtype = x.dtype if symbolic else None
    return (made((bins,), dtype), made((bins + 1,), dtype))


@rule("keras.ops.digitize")
def digitize(c: Call, x: Tensor, bins: object) -> Tensor:
    """The bin of each element."""
    edges = converted(c, c.store.value(bins))
    shape = c.shape(edges)
    if isinstance(shape, tuple) and len(shape) > 1:
        c.fail("rank-mismatch", f"digitize: bins must be a vector, got {c.text(edges)}", edges)
    return made(x.shape, "int32")


@rule("keras.ops.searchsorted")
def searchsorted(c: Call, sorted_sequence: object, values: object, side: object = "left") -> Tensor:
    """Where each value would be put in."""
    edges, found = (converted(c, c.store.value(v)) for v in (sorted_sequence, values))
    shape = c.shape(edges)
    if isinstance(shape, tuple) and len(shape) != 1:
        c.fail("rank-mismatch", f"searchsorted: the sequence must be a vector, got {c.text(edges)}", edges)
    if isinstance(shape, tuple) and isinstance(shape[0], int) and shape[0] < 2**31 - 1:
        return made(found.shape, "int32")
    return made(found.shape, "int32" if of_keras(edges, found) else None)
