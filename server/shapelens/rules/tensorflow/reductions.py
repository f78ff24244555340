"""Reductions, running sums, positions of the largest, norms and counts."""

from __future__ import annotations

from shapelens.dims import Dim, Expr, equal, less, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import axes_of, axis_of, known, made, named, number, operands, paths, refuse
from shapelens.values import Open, Shape, Tensor
from shapelens.values.dtypes import COMPLEXES, FLOATS, REAL_OF

_FLOATING = (*FLOATS, *COMPLEXES)


def reduced(c: Call, tensor: Tensor, axis: object, keepdims: object) -> Shape:
    """The shape without the axes, or with 1 in their place."""
    keep = bool(c.store.value(keepdims)) if isinstance(c.store.value(keepdims), (bool, int, type(None))) else None
    if keep is None:
        raise NotKnown
    shape = c.shape(tensor)
    value = c.store.value(axis)
    if value is None:
        if not keep:
            return ()
        return tuple([1] * len(c.dims(tensor)))
    if isinstance(shape, Open):
        from shapelens.rules.torch.reductions import reduced_shape

        return reduced_shape(c, tensor, _plain_axes(c, value), keep)
    dims = c.dims(tensor)
    axes = axes_of(c, value, len(dims), tensor)
    if len(set(axes)) < len(axes):
        c.fail("axis-out-of-range", f"{c.name}: the same axis stands twice in {value}", tensor)
    if keep:
        return tuple([1 if i in axes else d for i, d in enumerate(dims)])
    return tuple([d for i, d in enumerate(dims) if i not in axes])


def _plain_axes(c: Call, value: object) -> object:
    if isinstance(value, (list, tuple)):
        return tuple([known(c, v) for v in value])
    return known(c, value)


@rule(
    *paths(
        "math.reduce_sum reduce_prod reduce_max reduce_min reduce_mean reduce_any reduce_all reduce_logsumexp reduce_std reduce_variance reduce_euclidean_norm"
    )
)
def reduce(c: Call, input_tensor: Tensor, axis: object = None, keepdims: object = False, name: object = None) -> Tensor:
    """Over some axes or all; the dtype stays, of a mean of integers too."""
    x = input_tensor
    dtype = x.dtype
    if c.name in ("reduce_any", "reduce_all"):
        refuse(c, dtype, ("bool",), x)
        dtype = "bool"
    elif c.name in ("reduce_logsumexp", "reduce_std", "reduce_variance") and x.library != "keras":
        refuse(c, dtype, _FLOATING, x)
    elif dtype == "bool" and x.library != "keras":
        c.fail("dtype-mismatch", f"{c.name}: bool is not among the dtypes that it takes; tf.cast converts", x)
    if c.name in ("reduce_std", "reduce_variance"):
        dtype = REAL_OF.get(dtype or "", dtype)
    return made(reduced(c, x, axis, keepdims), dtype)


@rule("tensorflow.math.count_nonzero")
def count_nonzero(
    c: Call, input: Tensor, axis: object = None, keepdims: object = None, dtype: object = "int64", name: object = None
) -> Tensor:
    return made(reduced(c, input, axis, keepdims), named(c, dtype))


@rule("tensorflow.math.zero_fraction")
def zero_fraction(c: Call, value: Tensor, name: object = None) -> Tensor:
    return made((), "float32")


@rule(*paths("math.argmax argmin"))
def argmax(c: Call, input: Tensor, axis: object = None, output_type: object = "int64", name: object = None) -> Tensor:
    """Along one axis, the first unless said."""
    value = c.store.value(axis)
    at = 0 if value is None else value
    if c.shape(input) == () and value in (None, 0, -1):
        c.fail("rank-mismatch", f"{c.name}: needs at least one axis, got a scalar", input)
    return made(reduced(c, input, at, False), named(c, output_type))


@rule(*paths("argsort", "sort"))
def sort(
    c: Call, values: Tensor, axis: object = -1, direction: object = "ASCENDING", *rest: object, **more: object
) -> Tensor:
    dims = c.dims(values)
    axis_of(c, axis, len(dims), values)
    return made(dims, "int32" if c.name == "argsort" else values.dtype)


@rule(*paths("math.cumsum cumprod cumulative_logsumexp"))
def running(
    c: Call,
    x: Tensor,
    axis: object = 0,
    exclusive: object = False,
    reverse: object = False,
    name: object = None,
) -> Tensor:
    shape = c.shape(x)
    if isinstance(shape, tuple):
        axis_of(c, axis, len(shape), x)
    return made(shape, x.dtype)


@rule("tensorflow.math.top_k", "tensorflow.math.approx_max_k")
def top_k(c: Call, input: Tensor, k: object = 1, *rest: object, **more: object) -> object:
    """The k largest along the last axis, and where they are."""
    from shapelens.values import Named

    dims = c.dims(input)
    index = "int32"
    if c.name == "top_k" and "index_type" in more:
        index = named(c, more["index_type"]) or "int32"
    if rest or set(more) - {"sorted", "index_type", "name"}:
        if c.name != "top_k":
            raise NotKnown
    if not dims:
        c.fail("rank-mismatch", f"{c.name}: needs at least one axis, got a scalar", input)
    count = number(c, k)
    if less(dims[-1], count) is True:
        c.fail(
            "index-out-of-range",
            f"{c.name}: k={c.dim_text(count)} is more than the {c.dim_text(dims[-1])} elements of the last axis",
            input,
        )
    shape = (*dims[:-1], count)
    return Named.of(values=made(shape, input.dtype), indices=made(shape, index))


@rule("tensorflow.math.in_top_k")
def in_top_k(c: Call, targets: Tensor, predictions: Tensor, k: object, name: object = None) -> Tensor:
    a, b = c.dims(targets, ("B",)), c.dims(predictions, ("B", "classes"))
    if len(a) != 1 or len(b) != 2:
        c.fail(
            "rank-mismatch",
            f"in_top_k: needs targets (B,) and predictions (B, classes), got {c.text(a)} and {c.text(b)}",
            targets,
            predictions,
        )
    c.require(
        a[0], b[0], "batch-mismatch", f"in_top_k: {c.text(a)} targets for {c.text(b)} predictions", targets, predictions
    )
    return made((a[0],), "bool")


@rule(*paths("linalg.norm"))
def norm(
    c: Call,
    tensor: Tensor,
    ord: object = "euclidean",
    axis: object = None,
    keepdims: object = None,
    name: object = None,
) -> Tensor:
    refuse(c, tensor.dtype, _FLOATING, tensor)
    return made(reduced(c, tensor, axis, keepdims), tensor.dtype)


@rule("tensorflow.linalg.normalize")
def normalize(c: Call, tensor: Tensor, ord: object = "euclidean", axis: object = None, name: object = None) -> object:
    """The tensor divided by its norm, and the norm."""
    return made(tensor.shape, tensor.dtype), made(reduced(c, tensor, axis, True), tensor.dtype)


@rule(*paths("math.l2_normalize"))
def l2_normalize(
    c: Call, x: Tensor, axis: object = None, epsilon: object = 1e-12, name: object = None, dim: object = None
) -> Tensor:
    if c.store.value(axis) is not None:
        reduced(c, x, axis, True)
    return made(x.shape, x.dtype)


@rule("tensorflow.nn.l2_loss")
def l2_loss(c: Call, t: Tensor, name: object = None) -> Tensor:
    return made((), t.dtype)


@rule("tensorflow.math.lbeta")
def lbeta(c: Call, x: Tensor, name: object = None) -> Tensor:
    dims = c.dims(x)
    return made(dims[:-1], x.dtype)


@rule("tensorflow.math.confusion_matrix")
def confusion_matrix(
    c: Call,
    labels: Tensor,
    predictions: Tensor,
    num_classes: object = None,
    weights: object = None,
    dtype: object = "int32",
    name: object = None,
) -> Tensor:
    """Classes against classes; as many as the data says unless said."""
    a, b = c.shape(labels), c.shape(predictions)
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b) == 1 and c.equate(a[0], b[0]) is False:
        c.fail(
            "batch-mismatch", f"confusion_matrix: {c.text(a)} labels for {c.text(b)} predictions", labels, predictions
        )
    value = c.store.value(num_classes)
    classes: Dim = c.fresh("classes", 0) if value is None else number(c, value)
    return made((classes, classes), named(c, dtype))


@rule("tensorflow.math.bincount")
def bincount(
    c: Call,
    arr: Tensor,
    weights: Tensor | None = None,
    minlength: object = None,
    maxlength: object = None,
    dtype: object = "int32",
    name: object = None,
    axis: object = None,
    binary_output: object = False,
) -> Tensor:
    """How often each number is there; the largest one is in the data."""
    if c.store.value(axis) is not None:
        raise NotKnown
    low, high = c.store.value(minlength), c.store.value(maxlength)
    size: Dim = low if isinstance(low, (int, Expr)) and low == high else c.fresh("n", 0)
    return made((size,), named(c, dtype) if weights is None else weights.dtype)


@rule(*paths("unique unique_with_counts"))
def unique(c: Call, x: Tensor, out_idx: object = "int32", name: object = None) -> object:
    """How many there are depends on the data."""
    from shapelens.values import Named

    dims = c.dims(x, ("n",))
    if len(dims) != 1:
        c.fail("rank-mismatch", f"{c.name}: needs a vector, got {c.text(x)}", x)
    count = c.fresh("n", 0)
    index = named(c, out_idx)
    if c.name == "unique":
        return Named.of(y=made((count,), x.dtype), idx=made(dims, index))
    return Named.of(y=made((count,), x.dtype), idx=made(dims, index), count=made((count,), index))


@rule(*paths("searchsorted"))
def searchsorted(
    c: Call,
    sorted_sequence: Tensor,
    values: Tensor,
    side: object = "left",
    out_type: object = "int32",
    name: object = None,
) -> Tensor:
    """Of the shape of the values; the axes before the last are those of the sequence."""
    a, b = c.shape(sorted_sequence), c.shape(values)
    if isinstance(a, tuple) and isinstance(b, tuple):
        if equal(product(a[:-1]), product(b[:-1])) is False:
            c.fail(
                "shape-mismatch",
                f"searchsorted: {c.text(values)} does not fit {c.text(sorted_sequence)}",
                values,
                sorted_sequence,
            )
    operands(c, sorted_sequence, values)
    return made(values.shape, named(c, out_type))


@rule(*paths("histogram_fixed_width histogram_fixed_width_bins"))
def histogram(
    c: Call, values: Tensor, value_range: object, nbins: object = 100, dtype: object = "int32", name: object = None
) -> Tensor:
    if c.name.endswith("bins"):
        return made(values.shape, named(c, dtype))
    return made((number(c, nbins),), named(c, dtype))


# -- segments ------------------------------------------------------------------------------------------------------


@rule(*paths("math.segment_max segment_mean segment_min segment_prod segment_sum"))
def segment(c: Call, data: Tensor, segment_ids: Tensor, name: object = None) -> Tensor:
    """One row for each segment, of which the data says how many there are."""
    dims, ids = c.dims(data), c.dims(segment_ids, ("n",))
    if len(ids) != 1:
        c.fail("rank-mismatch", f"{c.name}: segment_ids must be a vector, got {c.text(ids)}", segment_ids)
    if not dims:
        raise NotKnown
    c.require(
        dims[0], ids[0], "size-mismatch", f"{c.name}: {c.text(ids)} segment_ids for {c.text(dims)}", data, segment_ids
    )
    return made((c.fresh("n", 0), *dims[1:]), data.dtype)


@rule(
    *paths(
        "math.unsorted_segment_max unsorted_segment_mean unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n unsorted_segment_sum"
    )
)
def unsorted_segment(c: Call, data: Tensor, segment_ids: Tensor, num_segments: object, name: object = None) -> Tensor:
    dims, ids = c.dims(data), c.dims(segment_ids)
    if len(ids) > len(dims) or any(c.equate(a, b) is False for a, b in zip(dims, ids)):
        c.fail("shape-mismatch", f"{c.name}: segment_ids {c.text(ids)} do not fit {c.text(dims)}", data, segment_ids)
    return made((number(c, num_segments), *dims[len(ids) :]), data.dtype)
