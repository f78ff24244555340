"""keras.ops.nn: convolutions, pools, normalizations, one-hot encodings, attention.

Images are (B, H, W, C), or (B, C, H, W) with data_format="channels_first"; kernels (*window, in, out).
"""

from __future__ import annotations

from collections.abc import Sequence

from shapelens.dims import Dim, divides, equal, exact_quotient, floordiv, product
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.convolution import enlarged, joined, slid
from shapelens.rules.keras.ops.common import (
    axes_in,
    axis_in,
    axis_list,
    dims_of_rank,
    dtype_name,
    is_first,
    made,
    of_keras,
    per_axis,
)
from shapelens.rules.keras.ops.promotion import is_real_float, result_type
from shapelens.rules.registry import rule
from shapelens.values import Tensor

# -- windows -------------------------------------------------------------------------------------------------------


def _layout(c: Call, inputs: Tensor, data_format: object) -> tuple[tuple[Dim, ...], int]:
    """The spatial dims of a batch, and the axis of its channels: -1 or 1."""
    dims = c.dims(inputs)
    if len(dims) not in (3, 4, 5):
        raise NotKnown
    return (dims[2:], 1) if is_first(c, data_format) else (dims[1:-1], -1)


def _mode(c: Call, padding: object) -> str:
    value = c.store.value(padding)
    if not isinstance(value, str):
        raise NotKnown
    value = value.lower()
    if value not in ("valid", "same"):
        c.fail("argument-value", f"{c.name}: padding must be 'valid' or 'same', got '{value}'")
    return value


def _kernel(c: Call, inputs: Tensor, kernel: object, spatial: Sequence[Dim]) -> tuple[Tensor, tuple[Dim, ...]]:
    """A kernel of as many spatial axes as the input has, and two more."""
    found = converted(c, c.store.value(kernel))
    dims = c.dims(found)
    if len(dims) != len(spatial) + 2:
        c.fail(
            "rank-mismatch",
            f"{c.name}: a kernel of rank {len(spatial) + 2} is needed for {c.text(inputs)}, got {c.text(found)}",
            found,
            inputs,
        )
    return found, dims


def _require_channels(c: Call, inputs: Tensor, kernel: Tensor, channels: Dim, wanted: Dim, grouped: bool) -> None:
    """As many channels as the kernel takes, or with groups a multiple of them."""
    if grouped and divides(wanted, channels) is not False:
        return
    if equal(channels, wanted) is False:
        c.fail(
            "channel-mismatch",
            f"{c.name}: the kernel {c.text(kernel)} takes {c.counted(wanted, 'channel')}, got {c.dim_text(channels)} "
            f"in {c.text(inputs)}",
            inputs,
            kernel,
        )


def _positions(c: Call, inputs: Tensor, spatial: Sequence[Dim], window: Sequence[Dim], strides: Sequence[Dim],
               dilation: Sequence[Dim], padding: str) -> list[Dim]:  # fmt: skip
    """How often a window fits. One that is larger than the input only by its dilation is let pass by TensorFlow."""
    try:
        return slid(c, inputs, spatial, window, strides, dilation, padding)
    except Failure:
        if not of_keras(inputs) and any(d != 1 for d in dilation):
            raise NotKnown from None
        raise


@rule("keras.ops.conv")
def conv(c: Call, inputs: Tensor, kernel: object, strides: object = 1, padding: object = "valid",
         data_format: object = None, dilation_rate: object = 1) -> Tensor:  # fmt: skip
    """(B, *spatial, in) with a kernel (*window, in, out) to (B, *positions, out)."""
    spatial, axis = _layout(c, inputs, data_format)
    found, window = _kernel(c, inputs, kernel, spatial)
    dims = c.dims(inputs)
    _require_channels(c, inputs, found, dims[axis], window[-2], not of_keras(inputs, found))
    steps, spread = per_axis(c, strides, len(spatial)), per_axis(c, dilation_rate, len(spatial))
    out = _positions(c, inputs, spatial, window[:-2], steps, spread, _mode(c, padding))
    return made(joined(dims[0], out, window[-1], axis), inputs.dtype)


@rule("keras.ops.depthwise_conv")
def depthwise_conv(c: Call, inputs: Tensor, kernel: object, strides: object = 1, padding: object = "valid",
                   data_format: object = None, dilation_rate: object = 1) -> Tensor:  # fmt: skip
    """A kernel (*window, in, multiplier) gives in · multiplier channels."""
    spatial, axis = _layout(c, inputs, data_format)
    found, window = _kernel(c, inputs, kernel, spatial)
    dims = c.dims(inputs)
    _require_channels(c, inputs, found, dims[axis], window[-2], False)
    steps, spread = per_axis(c, strides, len(spatial)), per_axis(c, dilation_rate, len(spatial))
    out = _positions(c, inputs, spatial, window[:-2], steps, spread, _mode(c, padding))
    return made(joined(dims[0], out, window[-1] * window[-2], axis), inputs.dtype)


@rule("keras.ops.separable_conv")
def separable_conv(c: Call, inputs: Tensor, depthwise_kernel: object, pointwise_kernel: object, strides: object = 1,
                   padding: object = "valid", data_format: object = None, dilation_rate: object = 1) -> Tensor:  # fmt: skip
    """A depthwise convolution, then one of windows of 1."""
    spatial, axis = _layout(c, inputs, data_format)
    within = depthwise_conv(c, inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    point, window = _kernel(c, inputs, pointwise_kernel, spatial)
    dims = list(c.dims(within))
    if not of_keras(inputs, point):
        _require_channels(c, within, point, dims[axis], window[-2], False)
    dims[axis] = window[-1]
    return made(tuple(dims), inputs.dtype)


@rule("keras.ops.conv_transpose")
def conv_transpose(c: Call, inputs: Tensor, kernel: object, strides: object = 1, padding: object = "valid",
                   output_padding: object = None, data_format: object = None, dilation_rate: object = 1) -> Tensor:  # fmt: skip
    """A kernel (*window, out, in) spreads the input."""
    spatial, axis = _layout(c, inputs, data_format)
    found, window = _kernel(c, inputs, kernel, spatial)
    dims, n = c.dims(inputs), len(spatial)
    _require_channels(c, inputs, found, dims[axis], window[-1], False)
    extra = None if c.store.value(output_padding) is None else per_axis(c, output_padding, n)
    steps, spread = per_axis(c, strides, n), per_axis(c, dilation_rate, n)
    out = enlarged(spatial, window[:-2], steps, spread, extra, _mode(c, padding))
    return made(joined(dims[0], out, window[-2], axis), inputs.dtype)


@rule("keras.ops.max_pool", "keras.ops.average_pool")
def pool(c: Call, inputs: Tensor, pool_size: object, strides: object = None, padding: object = "valid",
         data_format: object = None) -> Tensor:  # fmt: skip
    """Each window to one value; the strides are those of the windows unless given."""
    spatial, axis = _layout(c, inputs, data_format)
    for given in (pool_size, strides):
        value = c.store.value(given)
        if isinstance(value, (tuple, list)) and len(value) > len(spatial):
            raise NotKnown  # TensorFlow takes one number for each axis too, and reads them its own way.
    window = per_axis(c, pool_size, len(spatial))
    steps = window if c.store.value(strides) is None else per_axis(c, strides, len(spatial))
    out = slid(c, inputs, spatial, window, steps, (1,) * len(spatial), _mode(c, padding))
    dims = c.dims(inputs)
    dtype = inputs.dtype if is_real_float(inputs.dtype) or of_keras(inputs) else None
    return made(joined(dims[0], out, dims[axis], axis), dtype)


@rule("keras.ops.adaptive_average_pool", "keras.ops.adaptive_max_pool")
def adaptive_pool(c: Call, inputs: Tensor, output_size: object, data_format: object = None) -> Tensor:
    """(B, *spatial, C) to (B, *output_size, C)."""
    spatial, axis = _layout(c, inputs, data_format)
    if of_keras(inputs):
        raise NotKnown  # what Keras says of KerasTensors is not what it does
    out, dims = per_axis(c, output_size, len(spatial)), c.dims(inputs)
    return made(joined(dims[0], out, dims[axis], axis), inputs.dtype if is_real_float(inputs.dtype) else None)


def _two(c: Call, value: object) -> tuple[Dim, Dim]:
    first, second = per_axis(c, value, 2)
    return first, second


@rule("keras.ops.unfold")
def unfold(
    c: Call, x: Tensor, kernel_size: object, dilation: object = 1, padding: object = 0, stride: object = 1
) -> Tensor:
    """(N, C, H, W) to (N, C · window, positions)."""
    dims = dims_of_rank(c, x, 4, ("N", "C", "H", "W"), "images")
    window, spread, pads, steps = (_two(c, v) for v in (kernel_size, dilation, padding, stride))
    out = [
        floordiv(size + 2 * p - d * (k - 1) - 1, s) + 1
        for size, k, d, p, s in zip(dims[2:], window, spread, pads, steps)
    ]
    if any(isinstance(n, int) and n < 1 for n in out):
        raise NotKnown
    return made((dims[0], dims[1] * product(window), product(out)), x.dtype)


@rule("keras.ops.fold")
def fold(c: Call, x: Tensor, output_size: object, kernel_size: object, dilation: object = 1, padding: object = 0,
         stride: object = 1) -> Tensor:  # fmt: skip
    """(N, C · window, positions) to (N, C, *output_size)."""
    dims = dims_of_rank(c, x, 3, ("N", "C", "L"), "columns")
    window, out = product(_two(c, kernel_size)), _two(c, output_size)
    if divides(window, dims[1]) is False:
        if not of_keras(x):
            raise NotKnown
        c.fail("shape-mismatch", f"fold: {c.dim_text(dims[1])} rows of {c.text(x)} are no multiple of the window", x)
    return made((dims[0], exact_quotient(dims[1], window), *out), x.dtype)


def _blocks(c: Call, x: Tensor, data_format: object) -> tuple[tuple[Dim, ...], bool]:
    first = is_first(c, data_format)
    dims = dims_of_rank(c, x, 4, ("B", "C", "H", "W") if first else ("B", "H", "W", "C"), "images")
    return (dims if first else (dims[0], dims[3], dims[1], dims[2])), first


@rule("keras.ops.depth_to_space")
def depth_to_space(c: Call, x: Tensor, block_size: int, data_format: object = "channels_last") -> Tensor:
    """Channels become blocks of pixels."""
    (batch, channels, height, width), first = _blocks(c, x, data_format)
    area = block_size * block_size
    if divides(area, channels) is False:
        c.fail(
            "channel-mismatch",
            f"depth_to_space: {c.dim_text(channels)} channels are no multiple of {area}, got {c.text(x)}",
            x,
        )
    out = (height * block_size, width * block_size)
    return made(joined(batch, out, exact_quotient(channels, area), 1 if first else -1), x.dtype)


@rule("keras.ops.space_to_depth")
def space_to_depth(c: Call, x: Tensor, block_size: int, data_format: object = "channels_last") -> Tensor:
    """Blocks of pixels become channels."""
    (batch, channels, height, width), first = _blocks(c, x, data_format)
    for size in (height, width):
        if divides(block_size, size) is False:
            c.fail(
                "shape-mismatch",
                f"space_to_depth: {c.dim_text(size)} pixels are no multiple of {block_size}, got {c.text(x)}",
                x,
            )
    out = (exact_quotient(height, block_size), exact_quotient(width, block_size))
    return made(joined(batch, out, channels * (block_size * block_size), 1 if first else -1), x.dtype)


# -- gates, normalization ------------------------------------------------------------------------------------------


@rule("keras.ops.glu")
def glu(c: Call, x: Tensor, axis: int = -1) -> Tensor:
    """One half of an axis gates the other."""
    dims = list(c.dims(x))
    at = axis_in(c, axis, len(dims), x)
    if divides(2, dims[at]) is False:
        c.fail(
            "shape-mismatch", f"glu halves axis {axis}, which has {c.dim_text(dims[at])} elements, got {c.text(x)}", x
        )
    dims[at] = exact_quotient(dims[at], 2)
    return made(tuple(dims), x.dtype if is_real_float(x.dtype) or of_keras(x) else None)


@rule("keras.ops.layer_normalization")
def layer_normalization(c: Call, x: Tensor, gamma: object = None, beta: object = None, axis: object = -1,
                        epsilon: object = None, **others: object) -> Tensor:  # fmt: skip
    return _normalized(c, x, axis, gamma, beta)


@rule("keras.ops.rms_normalization")
def rms_normalization(c: Call, x: Tensor, scale: object = None, axis: object = -1, epsilon: object = None) -> Tensor:
    return _normalized(c, x, axis, scale)


def _normalized(c: Call, x: Tensor, axis: object, *weights: object) -> Tensor:
    """The shape stays; the weights are of the axes."""
    shape = c.shape(x)
    symbolic = of_keras(x)
    if isinstance(shape, tuple) and not symbolic:
        at = axes_in(c, axis, len(shape), x)
        for weight in weights:
            if c.store.value(weight) is None:
                continue
            found = converted(c, c.store.value(weight))
            own = c.shape(found)
            if not isinstance(own, tuple) or len(at) != 1 or len(own) != 1:
                return made(None if own is None else shape, None)
            if (
                equal(own[0], 1) is False
                and equal(own[0], shape[at[0]]) is False
                and at[0] == len(shape) - 1
                and shape[at[0]] != 1
            ):
                c.fail("feature-mismatch", f"{c.name}: weights {c.text(found)} for axis {axis_list(c, axis)[0]} of {c.text(x)}",
                       x, found)  # fmt: skip
            if own != (shape[at[0]],):
                raise NotKnown
    return made(shape, x.dtype if is_real_float(x.dtype) else None if not symbolic else x.dtype)


@rule("keras.ops.batch_normalization")
def batch_normalization(c: Call, x: Tensor, mean: object, variance: object, axis: int, offset: object = None,
                        scale: object = None, epsilon: object = 0.001) -> Tensor:  # fmt: skip
    """The shape stays; the statistics are of one axis."""
    dims = c.dims(x)
    at = axis_in(c, axis, len(dims), x)
    for weight in (mean, variance, offset, scale):
        if c.store.value(weight) is None:
            continue
        found = converted(c, c.store.value(weight))
        own = c.dims(found)
        if len(own) != 1 or equal(own[0], dims[at]) is False:
            if dims[at] == 1 or len(own) != 1 or own[0] == 1:
                raise NotKnown
            c.fail("channel-mismatch", f"batch_normalization: {c.text(found)} for axis {axis} of {c.text(x)}", x, found)
    return made(dims, x.dtype if is_real_float(x.dtype) else None)


# -- encodings -----------------------------------------------------------------------------------------------------


@rule("keras.ops.one_hot")
def one_hot(
    c: Call, x: object, num_classes: Dim, axis: int = -1, dtype: object = None, sparse: object = False
) -> Tensor:
    """A new axis of the classes."""
    found = converted(c, c.store.value(x))
    dims = c.dims(found)
    rank = len(dims)
    last = rank - 1 if of_keras(found) else rank
    if axis < -1 or axis > last:
        c.fail("axis-out-of-range", f"one_hot: axis {axis} is out of range for {c.text(found)}", found)
    at = rank if axis == -1 else axis
    return made((*dims[:at], num_classes, *dims[at:]), dtype_name(c, dtype, "float32"))


@rule("keras.ops.multi_hot")
def multi_hot(c: Call, inputs: object, num_classes: Dim | None = None, axis: int = -1, dtype: object = None,
              sparse: object = False, **others: object) -> Tensor:  # fmt: skip
    """(B, n) classes to (B, classes); (n,) to (classes,)."""
    found = converted(c, c.store.value(inputs))
    dims = c.dims(found)
    if num_classes is None or axis != -1 or len(dims) not in (1, 2):
        raise NotKnown
    kind = found.dtype if of_keras(found) else dtype_name(c, dtype, "float32")
    return made((*dims[:-1], num_classes), kind)


# -- attention and sequences ---------------------------------------------------------------------------------------


@rule("keras.ops.dot_product_attention")
def dot_product_attention(c: Call, query: Tensor, key: Tensor, value: Tensor, bias: object = None, mask: object = None,
                          scale: object = None, is_causal: object = False, flash_attention: object = None,
                          attn_logits_soft_cap: object = None) -> Tensor:  # fmt: skip
    """query (B, T, heads, D), key and value (B, S, heads, D), to (B, T, heads, D)."""
    names = ("B", "T", "heads", "D")
    dtype = result_type(query.dtype, key.dtype, value.dtype)
    if of_keras(query, key, value):
        return made(c.shape(query), dtype)
    shapes = [
        dims_of_rank(c, t, 4, names, f"a {noun}") for t, noun in ((query, "query"), (key, "key"), (value, "value"))
    ]
    q, k, v = shapes
    c.require(q[3], k[3], "matmul-mismatch", f"dot_product_attention: query {c.text(query)} and key {c.text(key)} "
              "differ in their last axis", query, key)  # fmt: skip
    c.require(k[1], v[1], "matmul-mismatch", f"dot_product_attention: key {c.text(key)} and value {c.text(value)} "
              "differ in length", key, value)  # fmt: skip
    if not (equal(q[0], k[0]) and equal(k[0], v[0]) and equal(q[2], k[2]) and equal(k[2], v[2])):
        raise NotKnown
    return made((*q[:3], v[3]), dtype)


@rule("keras.ops.ctc_loss")
def ctc_loss(c: Call, target: Tensor, output: Tensor, target_length: object, output_length: object,
             mask_index: object = 0) -> Tensor:  # fmt: skip
    """target (B, L) and output (B, T, classes), to (B,)."""
    one, two = c.dims(target), c.dims(output)
    if len(one) != 2 or len(two) != 3:
        raise NotKnown
    c.require(
        one[0],
        two[0],
        "target-mismatch",
        f"ctc_loss: targets {c.text(target)} for output {c.text(output)}",
        target,
        output,
    )
    return made((one[0],), result_type(output.dtype, "float32"))


@rule("keras.ops.ctc_decode")
def ctc_decode(c: Call, inputs: Tensor, sequence_lengths: object, strategy: str = "greedy", beam_width: object = 100,
               top_paths: Dim = 1, merge_repeated: object = True, mask_index: object = 0) -> object:  # fmt: skip
    """(B, T, classes) to sequences (paths, B, T) and scores (B, paths)."""
    if strategy not in ("greedy", "beam_search"):
        if of_keras(inputs):
            raise NotKnown
        c.fail("argument-value", f"ctc_decode: strategy must be 'greedy' or 'beam_search', got '{strategy}'")
    dims = dims_of_rank(c, inputs, 3, ("B", "T", "C"))
    paths = 1 if strategy == "greedy" else top_paths
    return (made((paths, dims[0], dims[1]), "int32"), made((dims[0], paths), result_type(inputs.dtype, "float32")))


@rule("keras.ops.psnr")
def psnr(c: Call, x1: Tensor, x2: Tensor, max_val: object) -> Tensor:
    """One number of two images of one shape."""
    one, two = c.shape(x1), c.shape(x2)
    if isinstance(one, tuple) and isinstance(two, tuple):
        wrong = len(one) != len(two) or not of_keras(x1, x2) and any(c.equate(a, b) is False for a, b in zip(one, two))
        if wrong:
            c.fail("shape-mismatch", f"psnr: {c.text(x1)} and {c.text(x2)} differ", x1, x2)
    return made((), "float32" if of_keras(x1, x2) or x1.dtype == x2.dtype == "float32" else None)
