"""Sorting, searching, sets, counting."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, equal, less, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array, as_array, operand
from shapelens.rules.numpy.dtypes import divided, promoted
from shapelens.rules.registry import rule
from shapelens.rules.torch.reductions import check_axis
from shapelens.values import Named, Tensor
from shapelens.values.dtypes import category


@rule("numpy.sort", "numpy.argsort", "numpy.ndarray.argsort")
def sorted_along(c: Call, a: Array, axis: int | None = -1, kind: object = None, order: object = None,
                 **others: object) -> Tensor:  # fmt: skip
    """The same shape; `argsort` gives places. With no axis, the flattened array."""
    dtype = "int64" if c.name == "argsort" else a.dtype
    if axis is None:
        return array((product(c.dims(a)),), dtype)
    if c.shape(a) == ():
        raise NotKnown
    check_axis(c, a, axis)
    return array(c.shape(a), dtype)


@rule("numpy.partition", "numpy.argpartition", "numpy.ndarray.argpartition")
def partition(
    c: Call, a: Array, kth: object, axis: int | None = -1, kind: object = None, order: object = None
) -> Tensor:
    """The same shape, in part sorted around the k-th."""
    dims = c.dims(a)
    dtype = "int64" if c.name == "argpartition" else a.dtype
    if axis is None:
        dims = (product(dims),)
    if not dims:
        raise NotKnown
    size = dims[c.axis(-1 if axis is None else axis, len(dims), a)]
    place = c.store.value(kth)
    if isinstance(place, int) and isinstance(size, int) and 0 not in dims and not -size <= place < size:
        c.fail("index-out-of-range", f"{c.name}: {place} is out of range for {c.text(a)}", a)
    return array(dims, dtype)


@rule("numpy.ndarray.sort", "numpy.ndarray.partition")
def sort_in_place(c: Call, self: Tensor, *args: object, **kwargs: object) -> object:
    """In place, the shape stays; nothing comes back."""
    self.scalars = None
    axis = kwargs.get("axis", args[0] if args and c.name == "sort" else -1)
    if isinstance(axis, int) and c.shape(self) != ():
        check_axis(c, self, axis)
    return None


@rule("numpy.sort_complex")
def sort_complex(c: Call, a: Array) -> Tensor:
    """Complex numbers, sorted."""
    small = a.dtype in ("uint8", "int8", "uint16", "int16", "complex64")
    return array(c.shape(a), None if a.dtype is None else "complex64" if small else "complex128")


@rule("numpy.lexsort")
def lexsort(c: Call, keys: Array, axis: int = -1) -> Tensor:
    """The order by several keys, the last of which counts most: the shape of one key."""
    dims = c.dims(keys)
    if len(dims) < 1:
        raise NotKnown
    if len(dims) > 1:
        c.axis(axis, len(dims) - 1, keys)
    return array(dims[1:], "int64")


@rule("numpy.searchsorted", "numpy.ndarray.searchsorted")
def searchsorted(c: Call, a: Array, v: object, side: object = "left", sorter: object = None) -> Tensor:
    """Where each would be put in: the shape of `v`."""
    if len(c.dims(a)) != 1:
        c.fail("rank-mismatch", f"searchsorted needs a vector, got {c.text(a)}", a)
    value = operand(c, v)
    return array(c.shape(value) if isinstance(value, Tensor) else (), "int64")


@rule("numpy.digitize")
def digitize(c: Call, x: Array, bins: Array, right: object = False) -> Tensor:
    """In which bin each is."""
    if x.dtype is not None and category(x.dtype) == 3:
        c.fail("dtype-mismatch", f"digitize is not defined for {x.dtype}", x)
    if len(c.dims(bins)) != 1:
        c.fail("rank-mismatch", f"digitize needs a vector of bins, got {c.text(bins)}", bins)
    return array(c.shape(x), "int64")


@rule("numpy.argwhere")
def argwhere(c: Call, a: Array) -> Tensor:
    """A row for each place that holds, of as many columns as there are axes."""
    return array((c.fresh("n", 0), len(c.dims(a))), "int64")


@rule("numpy.flatnonzero")
def flatnonzero(c: Call, a: Array) -> Tensor:
    """Where the flattened array is not zero."""
    return array((c.fresh("n", 0),), "int64")


@rule("numpy.extract")
def extract(c: Call, condition: Array, arr: Array) -> Tensor:
    """The elements for which the condition holds."""
    return array((c.fresh("n", 0),), arr.dtype)


@rule("numpy.compress", "numpy.ndarray.compress")
def compress(c: Call, condition: object, a: object, axis: int | None = None, out: object = None) -> Tensor:
    """The parts along an axis for which the condition holds, or elements of the flattened array."""
    if c.path.startswith("numpy.ndarray"):
        condition, a = a, condition
    given, mask = as_array(c, a), as_array(c, condition)
    if len(c.dims(mask)) != 1:
        c.fail("rank-mismatch", f"compress needs a vector of booleans, got {c.text(mask)}", mask)
    dims = c.dims(given)
    size: Dim = c.fresh("n", 0)
    if isinstance(mask.scalars, list) and all(isinstance(v, bool) for v in mask.scalars):
        size = sum(mask.scalars)
    if axis is None:
        return array((size,), given.dtype)
    at = c.axis(axis, len(dims), given)
    return array((*dims[:at], size, *dims[at + 1 :]), given.dtype)


# -- sets ----------------------------------------------------------------------------------------------------------


@rule("numpy.unique")
def unique(c: Call, ar: Array, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
           axis: int | None = None, *, equal_nan: object = True, sorted: object = True) -> object:  # fmt: skip
    """The distinct elements, of which only the run knows how many there are; with an axis, the distinct parts."""
    dims, count = c.dims(ar), c.fresh("n", 0)
    if axis is not None and not dims:
        raise NotKnown
    at = 0 if axis is None else c.axis(axis, len(dims), ar)
    known = ar.scalars if isinstance(ar.scalars, list) and axis is None else None
    made = array((count,) if axis is None else (*dims[:at], count, *dims[at + 1 :]), ar.dtype)
    if known is not None and all(isinstance(v, (int, float)) for v in known):
        values = _distinct(known)
        count, made = len(values), array((len(values),), ar.dtype, values)  # type: ignore[assignment]
    places = array((count,), "int64")
    inverse = array(dims if axis is None else (dims[at],), "int64")
    asked = [(return_index, places), (return_inverse, inverse), (return_counts, places)]
    more = [tensor for wanted, tensor in asked if wanted]
    return (made, *more) if more else made


def _distinct(values: list[Any]) -> list[Any]:
    return sorted(set(values))


@rule("numpy.unique_all", "numpy.unique_counts", "numpy.unique_inverse", "numpy.unique_values")
def unique_all(c: Call, x: Array) -> object:
    """The distinct elements, with what the name says."""
    count = c.fresh("n", 0)
    values, places = array((count,), x.dtype), array((count,), "int64")
    inverse = array(c.shape(x), "int64")
    if c.name == "unique_values":
        return values
    if c.name == "unique_counts":
        return Named.of(values=values, counts=places)
    if c.name == "unique_inverse":
        return Named.of(values=values, inverse_indices=inverse)
    return Named.of(values=values, indices=places, inverse_indices=inverse, counts=places)


@rule("numpy.intersect1d", "numpy.union1d", "numpy.setdiff1d", "numpy.setxor1d")
def set_of_two(c: Call, ar1: Array, ar2: Array, assume_unique: object = False, return_indices: bool = False) -> object:
    """What is in both, in one, or in one alone."""
    dtype = ar1.dtype if c.name == "setdiff1d" else promoted(ar1.dtype, ar2.dtype)
    count = c.fresh("n", 0)
    made = array((count,), dtype)
    return (made, array((count,), "int64"), array((count,), "int64")) if return_indices else made


@rule("numpy.isin", "numpy.in1d")
def isin(c: Call, element: Array, test_elements: object, *others: object, **options: object) -> Tensor:
    """Of each element, whether it is in the other."""
    shape = c.shape(element)
    return array((c.store.numel(shape),) if c.name == "in1d" and shape is not None else shape, "bool")


# -- counting ------------------------------------------------------------------------------------------------------


@rule("numpy.bincount")
def bincount(c: Call, x: Array, weights: object = None, minlength: object = 0) -> Tensor:
    """How often each number occurs: as many as the largest says, at least `minlength`."""
    if len(c.dims(x)) != 1:
        c.fail("rank-mismatch", f"bincount needs a vector, got {c.text(x)}", x)
    if x.dtype is not None and category(x.dtype) > 1 and c.dims(x) != (0,):  # an empty list is of floats
        c.fail("dtype-mismatch", f"bincount counts integers, got {x.dtype}", x)
    given = c.store.value(weights)
    if given is not None:
        weighing = as_array(c, given)
        wrong = equal(product(c.dims(weighing)), c.dims(x)[0]) is False or len(c.dims(weighing)) != 1
        if wrong and c.dims(x) != (0,):
            c.fail("size-mismatch", f"bincount: weights of {c.text(weighing)} for {c.text(x)}", x, weighing)
    return array((c.fresh("n", 0),), "int64" if given is None else "float64")


def _bins(c: Call, bins: object) -> tuple[Dim, str | None]:
    """How many bins there are, and the dtype of given edges."""
    value = c.store.value(bins)
    if isinstance(value, str):
        return c.fresh("n", 1), None
    if isinstance(value, (list, tuple, range)) or isinstance(value, Tensor) and c.shape(value) != ():
        edges = as_array(c, value)
        if len(c.dims(edges)) != 1:
            c.fail("rank-mismatch", f"{c.name} needs a vector of edges, got {c.text(edges)}", edges)
        return c.dims(edges)[0] - 1, edges.dtype
    count = c.dim(value)
    if less(count, 1) is True:
        c.fail("argument-value", f"{c.name} needs at least one bin, got {c.dim_text(count)}")
    return count, None


@rule("numpy.histogram")
def histogram(c: Call, a: Array, bins: object = 10, range: object = None, density: object = None,
              weights: object = None) -> object:  # fmt: skip
    """How many are in each bin, and the edges of the bins, one more."""
    count, dtype = _bins(c, bins)
    given = None if c.store.value(weights) is None else as_array(c, weights)
    if given is not None and isinstance(c.shape(given), tuple) and isinstance(c.shape(a), tuple):
        if len(c.dims(given)) != len(c.dims(a)) or any(equal(x, y) is False for x, y in zip(c.dims(given), c.dims(a))):
            c.fail("size-mismatch", f"histogram: weights of {c.text(given)} for {c.text(a)}", a, given)
    dense = c.store.value(density)
    counted = "int64" if given is None else given.dtype
    counted = counted if dense in (None, False) else "float64" if dense is True else None
    edges = dtype if dtype is not None else divided(a.dtype) if range is None else None
    return array((count,), counted if given is None or dense else None), array((count + 1,), edges)


@rule("numpy.histogram_bin_edges")
def histogram_bin_edges(c: Call, a: Array, bins: object = 10, range: object = None, weights: object = None) -> Tensor:
    """The edges of the bins."""
    count, dtype = _bins(c, bins)
    return array((count + 1,), dtype if dtype is not None else divided(a.dtype) if range is None else None)


@rule("numpy.histogram2d")
def histogram2d(c: Call, x: Array, y: Array, bins: object = 10, *others: object, **options: object) -> object:
    """How many pairs are in each cell, and the edges along both axes."""
    if len(c.dims(x)) != 1 or len(c.dims(y)) != 1 or c.equate(c.dims(x)[0], c.dims(y)[0]) is False:
        c.fail("size-mismatch", f"histogram2d needs two vectors of one size, got {c.text(x)} and {c.text(y)}", x, y)
    value = c.store.value(bins)
    if isinstance(value, (list, tuple)) and len(value) == 2:
        (rows, _), (columns, _) = _bins(c, value[0]), _bins(c, value[1])
    elif isinstance(value, int):
        rows = columns = value
    else:
        raise NotKnown
    return array((rows, columns), "float64"), array((rows + 1,), None), array((columns + 1,), None)


@rule("numpy.histogramdd")
def histogramdd(c: Call, sample: Array, bins: object = 10, *others: object, **options: object) -> object:
    """How many rows are in each cell, and the edges along each axis."""
    dims, value = c.dims(sample), c.store.value(bins)
    if len(dims) != 2 or not isinstance(dims[1], int):
        raise NotKnown
    if isinstance(value, int):
        counts: list[Dim] = [value] * dims[1]
    elif isinstance(value, (list, tuple)) and len(value) == dims[1]:
        counts = [_bins(c, v)[0] for v in value]
    else:
        raise NotKnown
    edges: Any = tuple([array((n + 1,), None) for n in counts])
    return array(tuple(counts), "float64"), edges


@rule("numpy.take_along_axis")
def take_along_axis(c: Call, arr: Array, indices: Array, axis: int | None = -1) -> Tensor:
    """The shape of the indices, broadcast against the array in all axes but one."""
    dims, picks = c.dims(arr), c.dims(indices)
    if indices.dtype is not None and category(indices.dtype) != 1:
        c.fail("index-dtype", f"take_along_axis: the indices must be integers, got {indices.dtype}", indices)
    if axis is None:
        if len(picks) != 1:
            c.fail(
                "rank-mismatch",
                f"take_along_axis without an axis needs a vector of indices, got {c.text(indices)}",
                indices,
            )
        return array(picks, arr.dtype)
    if not dims or not picks:
        raise NotKnown
    at = c.axis(axis, len(dims), arr)
    if len(dims) != len(picks):
        c.fail("rank-mismatch", f"take_along_axis: {c.text(arr)} and {c.text(indices)} differ in rank", arr, indices)
    others = [array((*s[:at], 1, *s[at + 1 :]), None) for s in (dims, picks)]
    made = common_shape(c, others, "take_along_axis")
    if not isinstance(made, tuple):
        raise NotKnown
    return array((*made[:at], picks[at], *made[at + 1 :]), arr.dtype)


@rule("numpy.put_along_axis")
def put_along_axis(c: Call, arr: Array, indices: Array, values: object, axis: int | None) -> object:
    """In place where the indices say."""
    take_along_axis(c, arr, indices, axis)
    arr.scalars = None
    return None
