"""tf.nn: what has the shape of its input, losses, normalization, dropout."""

from __future__ import annotations

from shapelens.dims import Dim
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import (
    axis_of,
    divided,
    is_tensor,
    made,
    need_rank,
    operands,
    paths,
    refuse,
)
from shapelens.rules.tensorflow.reductions import reduced
from shapelens.values import Open, Tensor
from shapelens.values.dtypes import FLOATS, INTEGERS


@rule(*paths("math.softmax log_softmax"))
def softmax(c: Call, logits: Tensor, axis: object = None, name: object = None) -> Tensor:
    """Along the last axis unless said."""
    shape = c.shape(logits)
    if logits.library != "keras":
        refuse(c, logits.dtype, FLOATS, logits)
    if isinstance(shape, tuple):
        if not shape:
            c.fail("rank-mismatch", f"{c.name}: a scalar has no axis", logits)
        value = c.store.value(axis)
        if value is not None:
            axis_of(c, value, len(shape), logits)
    return made(shape, logits.dtype)


@rule("tensorflow.nn.crelu")
def crelu(c: Call, features: Tensor, axis: object = -1, name: object = None) -> Tensor:
    """Twice as many along the axis."""
    dims = c.dims(features)
    at = axis_of(c, axis, len(dims), features)
    return made((*dims[:at], dims[at] * 2, *dims[at + 1 :]), features.dtype)


@rule("tensorflow.nn.bias_add")
def bias_add(c: Call, value: Tensor, bias: Tensor, data_format: object = None, name: object = None) -> Tensor:
    """A vector onto the channels."""
    (x, b), dtype = operands(c, value, bias)
    size = need_rank(c, b, 1, names=("C",))[0]
    form = c.store.value(data_format)
    shape = c.shape(x)
    if isinstance(shape, tuple) and len(shape) < 2:
        c.fail("rank-mismatch", f"bias_add: needs a tensor of rank 2 or more, got {c.text(x)}", x)
    if form is not None and not isinstance(form, str):
        raise NotKnown
    at = 1 if form is not None and form.startswith("NC") else -1
    if isinstance(shape, Open):
        shape = c.at_least(shape, 0, 1) if at == -1 else shape
        channels: Dim = shape.suffix[-1] if at == -1 else size
    elif isinstance(shape, tuple):
        channels = shape[at]
    else:
        return made(None, dtype)
    c.require(
        channels,
        size,
        "channel-mismatch",
        f"bias_add: a bias of {c.text(b)} for {c.dim_text(channels)} channels of {c.text(x)}",
        x,
        b,
    )
    return made(c.shape(x), dtype)


@rule("tensorflow.nn.dropout")
def dropout(
    c: Call, x: Tensor, rate: object, noise_shape: object = None, seed: object = None, name: object = None
) -> Tensor:
    value = c.store.value(rate)
    if isinstance(value, (int, float)) and not 0 <= value < 1:
        c.fail("argument-value", f"dropout: the rate must be in [0, 1), got {value}")
    if x.library != "keras":
        refuse(c, x.dtype, FLOATS, x)
    return made(x.shape, x.dtype)


@rule("tensorflow.nn.experimental.stateless_dropout")
def stateless_dropout(c: Call, x: Tensor, rate: object, seed: object, *args: object, **kwargs: object) -> Tensor:
    return made(x.shape, x.dtype)


@rule("tensorflow.nn.local_response_normalization", "tensorflow.nn.isotonic_regression")
def same(c: Call, input: Tensor, *args: object, **kwargs: object) -> object:
    if c.name == "isotonic_regression":
        dims = c.dims(input)
        return made(dims, input.dtype if input.dtype in FLOATS else None), made(dims, "int32")
    need_rank(c, input, 4, names=("B", "H", "W", "C"))
    return made(input.shape, input.dtype if input.library == "tensorflow" else None)


# -- statistics ----------------------------------------------------------------------------------------------------


@rule("tensorflow.nn.moments")
def moments(
    c: Call, x: Tensor, axes: object, shift: object = None, keepdims: object = False, name: object = None
) -> object:
    """Mean and variance over the axes."""
    shape = reduced(c, x, axes, keepdims)
    return made(shape, x.dtype), made(shape, x.dtype)


@rule("tensorflow.nn.weighted_moments")
def weighted_moments(
    c: Call, x: Tensor, axes: object, frequency_weights: object, keepdims: object = False, name: object = None
) -> object:
    value, weights, dtype = x, converted(c, frequency_weights), x.dtype
    shape = common_shape(c, (value, weights), "weighted_moments")
    found = made(reduced(c, made(shape, dtype), axes, keepdims), dtype)
    return found, made(found.shape, dtype)


@rule("tensorflow.nn.sufficient_statistics")
def sufficient_statistics(
    c: Call, x: Tensor, axes: object, shift: object = None, keepdims: object = False, name: object = None
) -> object:
    """The count, the sums, the sums of squares, and the shift."""
    shape = reduced(c, x, axes, keepdims)
    moved = c.store.value(shift)
    return (
        made((), x.dtype),
        made(shape, x.dtype),
        made(shape, x.dtype),
        None if moved is None else converted(c, moved),
    )


@rule("tensorflow.nn.normalize_moments")
def normalize_moments(
    c: Call, counts: Tensor, mean_ss: Tensor, variance_ss: Tensor, shift: object, name: object = None
) -> object:
    moved = [] if c.store.value(shift) is None else [converted(c, shift)]
    mean = made(common_shape(c, [counts, mean_ss, *moved]), mean_ss.dtype)
    return mean, made(common_shape(c, [counts, variance_ss, mean]), mean_ss.dtype)


@rule("tensorflow.nn.batch_normalization")
def batch_normalization(
    c: Call,
    x: Tensor,
    mean: object,
    variance: object,
    offset: object,
    scale: object,
    variance_epsilon: object,
    name: object = None,
) -> Tensor:
    """All broadcast together."""
    given, _ = operands(c, *[v for v in (mean, variance, offset, scale) if c.store.value(v) is not None])
    return made(common_shape(c, [x, *given], "batch_normalization"), x.dtype)


@rule("tensorflow.nn.batch_norm_with_global_normalization")
def global_normalization(c: Call, input: Tensor, *args: object, **kwargs: object) -> Tensor:
    return made(input.shape, input.dtype)


# -- losses --------------------------------------------------------------------------------------------------------


def _pair(c: Call, labels: object, logits: object) -> tuple[Tensor, Tensor, str | None]:
    if c.store.value(labels) is None or c.store.value(logits) is None:
        c.fail("call-arguments", f"{c.name}: needs both labels= and logits=")
    (a, b), dtype = operands(c, labels, logits)
    return a, b, dtype


@rule("tensorflow.nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy(c: Call, labels: object = None, logits: object = None, name: object = None) -> Tensor:
    """Of one shape, and that comes out."""
    a, b, dtype = _pair(c, labels, logits)
    _alike(c, a, b)
    return made(c.shape(b), dtype)


@rule("tensorflow.nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy(c: Call, labels: object, logits: object, pos_weight: object, name: object = None) -> Tensor:
    a, b, dtype = _pair(c, labels, logits)
    _alike(c, a, b)
    tensors, _ = operands(c, b, pos_weight)
    return made(common_shape(c, tensors, c.name), dtype)


def _alike(c: Call, a: Tensor, b: Tensor) -> None:
    one, two = c.shape(a), c.shape(b)
    if isinstance(one, tuple) and isinstance(two, tuple):
        if len(one) != len(two) or any(c.equate(x, y) is False for x, y in zip(one, two)):
            c.fail("target-mismatch", f"{c.name}: logits {c.text(b)} and labels {c.text(a)} must have one shape", b, a)


@rule("tensorflow.nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy(c: Call, labels: object, logits: object, axis: object = -1, name: object = None) -> Tensor:
    """The class axis goes; labels and logits broadcast."""
    given = [c.store.value(labels), c.store.value(logits)]
    tensors = [converted(c, v) for v in given]
    dtype = tensors[1].dtype
    if is_tensor(given[1]) and given[1].library == "tensorflow":
        refuse(c, dtype, FLOATS, tensors[1])
    shape = common_shape(c, tensors, c.name)
    if not isinstance(shape, tuple):
        raise NotKnown
    if not shape:
        c.fail("rank-mismatch", f"{c.name}: a scalar has no class axis", tensors[1])
    at = axis_of(c, axis, len(shape), tensors[1])
    return made((*shape[:at], *shape[at + 1 :]), dtype)


@rule("tensorflow.nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy(c: Call, labels: Tensor, logits: Tensor, name: object = None) -> Tensor:
    """Labels (*batch), logits (*batch, classes)."""
    a, b = c.shape(labels), c.shape(logits)
    if labels.dtype is not None and labels.dtype not in INTEGERS:
        c.fail("dtype-mismatch", f"{c.name}: the labels must be integers, got {labels.dtype}", labels)
    if b == ():
        c.fail("rank-mismatch", f"{c.name}: the logits have no class axis", logits)
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b) - 1 or any(c.equate(x, y) is False for x, y in zip(a, b)):
            c.fail(
                "target-mismatch",
                f"{c.name}: labels {c.text(labels)} must be {c.text(b[:-1])}, one class index for each of {c.text(logits)}",
                logits,
                labels,
            )
    return made(a, logits.dtype)


@rule("tensorflow.nn.log_poisson_loss")
def log_poisson_loss(
    c: Call, targets: object, log_input: object, compute_full_loss: object = False, name: object = None
) -> Tensor:
    a, b, dtype = _pair(c, targets, log_input)
    _alike(c, a, b)
    return made(c.shape(b), dtype)


@rule("tensorflow.nn.ctc_loss")
def ctc_loss(
    c: Call,
    labels: object,
    logits: Tensor,
    label_length: object,
    logit_length: object,
    logits_time_major: object = True,
    unique: object = None,
    blank_index: object = None,
    name: object = None,
) -> Tensor:
    """One loss for each of the batch."""
    dims = need_rank(c, logits, 3, names=("T", "B", "C"))
    major = c.store.value(logits_time_major)
    if not isinstance(major, bool):
        raise NotKnown
    return made((dims[1] if major else dims[0],), logits.dtype)


@rule("tensorflow.nn.nce_loss", "tensorflow.nn.sampled_softmax_loss")
def sampled_loss(
    c: Call, weights: object, biases: object, labels: Tensor, inputs: Tensor, *args: object, **kwargs: object
) -> Tensor:
    dims = c.dims(inputs)
    return made(dims[:1], inputs.dtype)


@rule("tensorflow.nn.compute_average_loss", "tensorflow.nn.scale_regularization_loss")
def average_loss(c: Call, per_example_loss: Tensor, *args: object, **kwargs: object) -> Tensor:
    return made((), divided(per_example_loss.dtype))


@rule("tensorflow.nn.ctc_unique_labels")
def ctc_unique_labels(c: Call, labels: Tensor, name: object = None) -> object:
    dims = need_rank(c, labels, 2)
    return made((dims[0], c.fresh("n", 0)), "int64"), made(dims, "int32")


@rule("tensorflow.nn.collapse_repeated")
def collapse_repeated(c: Call, labels: Tensor, seq_length: Tensor, name: object = None) -> object:
    dims = need_rank(c, labels, 2)
    return made((dims[0], c.fresh("n", 0)), labels.dtype), made(seq_length.shape, seq_length.dtype)
