"""tf.nn: convolutions and pools, over one to three spatial axes, with the channels last or first.

Sizes follow "Notes on padding" of the tf.nn page: SAME gives ceil(in / stride), VALID ceil((in - (k - 1)·d) / stride).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shapelens.dims import Dim, ceildiv, equal, floordiv, less, maximum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import made, named, need_rank, operands, paths, refuse, sizes
from shapelens.values import Tensor
from shapelens.values.dtypes import FLOATS

NAMES = {1: ("B", "T", "C"), 2: ("B", "H", "W", "C"), 3: ("B", "D", "H", "W", "C")}


@dataclass(frozen=True)
class Window:
    """How a window slides: one number for each spatial axis; `pads` are (before, after) or the name of a mode."""

    size: tuple[Dim, ...]
    strides: tuple[Dim, ...]
    dilations: tuple[Dim, ...]
    pads: str | tuple[tuple[Dim, Dim], ...]


def slid(c: Call, spatial: Sequence[Dim], window: Window, tensor: Tensor) -> tuple[Dim, ...]:
    """The spatial sizes that come out; fails where a window does not fit."""
    found: list[Dim] = []
    for i, (size, kernel, stride, dilation) in enumerate(zip(spatial, window.size, window.strides, window.dilations)):
        if window.pads == "SAME":
            found.append(ceildiv(size, stride))
            continue
        padded = size
        if not isinstance(window.pads, str):
            padded = size + window.pads[i][0] + window.pads[i][1]
        reach = (kernel - 1) * dilation + 1
        if less(padded + stride, reach) is True and _is_negative(padded, reach, stride):
            c.fail(
                "kernel-too-large",
                f"{c.name}: a window of {c.dim_text(reach)} does not fit in {c.dim_text(padded)}, "
                f"spatial axis {i} of {c.text(tensor)}",
                tensor,
            )
        if less(padded, reach) is True:
            raise NotKnown  # no elements; the CPU's own kernels give something else
        found.append(maximum(floordiv(padded - reach, stride) + 1, 0))
    return tuple(found)


def _is_negative(padded: Dim, reach: Dim, stride: Dim) -> bool:
    """A window that does not fit gives no element, and fails only where it is too large by a stride more.

    Source: GetWindowedOutputSizeVerbose in core/framework/kernel_shape_util.cc, which rounds towards zero.
    """
    short = reach - padded - stride
    return less(short, stride) is False


def per_axis(c: Call, value: object, n: int, first: bool, default: Dim | None = None) -> tuple[Dim, ...]:
    """Strides, dilations or window sizes: one number, one for each spatial axis, or those of batch and channels too."""
    value = c.store.value(value)
    if value is None:
        if default is None:
            raise NotKnown
        return (default,) * n
    given = sizes(c, value)
    if any(isinstance(size, int) and size < 1 for size in given) and c.name in ("dilation2d", "erosion2d"):
        raise NotKnown
    if any(isinstance(size, int) and size < 1 for size in given):
        c.fail("argument-value", f"{c.name}: strides and windows must be positive, got {c.text(given)}")
    if len(given) == 1:
        return given * n
    if len(given) == n + 2:
        return given[2:] if first else given[1:-1]
    if len(given) != n:
        c.fail("argument-value", f"{c.name}: needs 1, {n} or {n + 2} numbers, got {c.text(given)}")
    return given


def mode_of(c: Call, padding: object, n: int, first: bool) -> str | tuple[tuple[Dim, Dim], ...]:
    """SAME, VALID, or pairs for each axis."""
    value = c.store.value(padding)
    if isinstance(value, str):
        mode = value.upper()
        if mode not in ("SAME", "VALID"):
            c.fail("argument-value", f"{c.name}: padding must be SAME or VALID, got '{value}'")
        return mode
    if isinstance(value, (list, tuple)) and len(value) == n + 2:
        rows = [sizes(c, row) for row in value]
        if all(len(r) == 2 for r in rows):
            kept = rows[2:] if first else rows[1:-1]
            return tuple([(r[0], r[1]) for r in kept])
    raise NotKnown


def channels_first(c: Call, data_format: object, default: bool = False) -> bool:
    """Whether the channels come before the spatial axes."""
    value = c.store.value(data_format)
    if value is None:
        return default
    if not isinstance(value, str):
        raise NotKnown
    return value.startswith("NC")


def _taken_apart(
    c: Call, tensor: Tensor, n: int, first: bool, more: bool = False
) -> tuple[tuple[Dim, ...], tuple[Dim, ...], Dim]:
    """The batch axes, the spatial sizes and the channels; `more` batch axes may be there."""
    names = NAMES[n] if not first else (NAMES[n][0], "C", *NAMES[n][1:-1])
    shape = c.shape(tensor)
    if more and isinstance(shape, tuple) and len(shape) > n + 2 and not first:
        return shape[: -n - 1], shape[-n - 1 : -1], shape[-1]
    dims = need_rank(c, tensor, n + 2, names=names)
    return (dims[:1], dims[2:], dims[1]) if first else (dims[:1], dims[1:-1], dims[-1])


def _put_together(batch: tuple[Dim, ...], spatial: tuple[Dim, ...], channels: Dim, first: bool) -> tuple[Dim, ...]:
    return (*batch, channels, *spatial) if first else (*batch, *spatial, channels)


def convolve(
    c: Call,
    input: object,
    filters: object,
    n: int,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
) -> Tensor:
    """(batch, *spatial, in) with filters (*kernel, in / groups, out)."""
    (x, w), dtype = operands(c, input, filters)
    refuse(c, dtype, (*FLOATS, "int32", "complex64", "complex128"), x, w)
    first = channels_first(c, data_format)
    kernel = need_rank(c, w, n + 2, names=(*[f"k{i}" for i in range(n)], "in", "out"))
    batch, spatial, channels = _taken_apart(c, x, n, first, True)
    _check_channels(c, x, w, channels, kernel[-2], kernel[-1])
    window = Window(
        kernel[:n],
        per_axis(c, strides, n, first, 1),
        per_axis(c, dilations, n, first, 1),
        mode_of(c, padding, n, first),
    )
    return made(_put_together(batch, slid(c, spatial, window, x), kernel[-1], first), dtype)


def _check_channels(c: Call, x: Tensor, w: Tensor, channels: Dim, expected: Dim, outputs: Dim) -> None:
    if isinstance(channels, int) and isinstance(expected, int):
        if expected < 1 or channels % expected:
            c.conflict = channels, expected
            c.fail(
                "channel-mismatch",
                f"{c.name}: the filters {c.text(w)} take {c.counted(expected, 'channel')}, "
                f"{c.text(x)} has {c.dim_text(channels)}",
                x,
                w,
            )
        if isinstance(outputs, int) and outputs % (channels // expected):
            c.fail(
                "groups-mismatch",
                f"{c.name}: {outputs} filters cannot be divided into {channels // expected} groups",
                w,
            )
    elif equal(channels, expected) is None and isinstance(expected, int):
        # What may be grouped is not taught.
        return


def _conv(n: int) -> None:
    stride = "stride" if n == 1 else "strides"
    default = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[n]
    from shapelens.rules.registry import declare

    def apply(
        c: Call, input: object, filters: object, strides: object, padding: object, data_format: object,
        dilations: object, name: object,
    ) -> Tensor:  # fmt: skip
        return convolve(c, input, filters, n, strides, padding, data_format, dilations)

    declare(
        f"tensorflow.nn.conv{n}d(input, filters, {stride}, padding, data_format='{default}', dilations=None, name=None)",
        apply, "Tensor", "object",
    )  # fmt: skip


for _n in (1, 2, 3):
    _conv(_n)


@rule("tensorflow.nn.convolution")
def convolution(
    c: Call,
    input: object,
    filters: object,
    strides: object = None,
    padding: object = "VALID",
    data_format: object = None,
    dilations: object = None,
    name: object = None,
) -> Tensor:
    """Of as many spatial axes as the filters have."""
    rank = len(c.dims(converted(c, filters)))
    if rank - 2 not in NAMES:
        c.fail("rank-mismatch", f"convolution: needs filters of rank 3 to 5, got {rank}")
    return convolve(c, input, filters, rank - 2, strides, padding, data_format, dilations)


@rule("tensorflow.nn.atrous_conv2d")
def atrous(c: Call, value: object, filters: object, rate: object, padding: object, name: object = None) -> Tensor:
    return convolve(c, value, filters, 2, 1, padding, "NHWC", rate)


@rule("tensorflow.nn.depthwise_conv2d")
def depthwise(
    c: Call,
    input: object,
    filter: object,
    strides: object,
    padding: object,
    data_format: object = None,
    dilations: object = None,
    name: object = None,
) -> Tensor:
    """Filters (h, w, in, multiplier): in · multiplier channels come out."""
    (x, w), dtype = operands(c, input, filter)
    first = channels_first(c, data_format)
    kernel = need_rank(c, w, 4, names=("h", "w", "in", "multiplier"))
    batch, spatial, channels = _taken_apart(c, x, 2, first)
    c.require(
        channels,
        kernel[2],
        "channel-mismatch",
        f"{c.name}: the filters {c.text(w)} take {c.counted(kernel[2], 'channel')}, {c.text(x)} has {c.dim_text(channels)}",
        x,
        w,
    )
    window = Window(
        kernel[:2], per_axis(c, strides, 2, first), per_axis(c, dilations, 2, first, 1), mode_of(c, padding, 2, first)
    )
    return made(_put_together(batch, slid(c, spatial, window, x), channels * kernel[3], first), dtype)


@rule("tensorflow.nn.separable_conv2d")
def separable(
    c: Call,
    input: object,
    depthwise_filter: object,
    pointwise_filter: object,
    strides: object,
    padding: object,
    data_format: object = None,
    dilations: object = None,
    name: object = None,
) -> Tensor:
    """A depthwise convolution, then one of kernel 1."""
    between = depthwise(c, input, depthwise_filter, strides, padding, data_format, dilations)
    return convolve(c, between, pointwise_filter, 2, 1, "VALID", data_format, 1)


# -- the other way round -------------------------------------------------------------------------------------------


def transposed(
    c: Call,
    input: object,
    filters: object,
    n: int,
    output_shape: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
) -> Tensor:
    """Filters (*kernel, out, in); the output's shape is given, and must be one whose convolution gives the input."""
    (x, w), dtype = operands(c, input, filters)
    first = channels_first(c, data_format)
    kernel = need_rank(c, w, n + 2, names=(*[f"k{i}" for i in range(n)], "out", "in"))
    batch, spatial, channels = _taken_apart(c, x, n, first)
    c.require(
        channels,
        kernel[-1],
        "channel-mismatch",
        f"{c.name}: the filters {c.text(w)} take {c.counted(kernel[-1], 'channel')}, {c.text(x)} has {c.dim_text(channels)}",
        x,
        w,
    )
    wanted = sizes(c, output_shape)
    if len(wanted) == n:
        wanted = _put_together(batch, wanted, kernel[-2], first)
    if len(wanted) != n + 2:
        c.fail("rank-mismatch", f"{c.name}: output_shape needs {n + 2} numbers, got {c.text(wanted)}", x)
    window = Window(
        kernel[:n],
        per_axis(c, strides, n, first, 1),
        per_axis(c, dilations, n, first, 1),
        mode_of(c, padding, n, first),
    )
    target = wanted[2:] if first else wanted[1:-1]
    depth = wanted[1] if first else wanted[-1]
    c.require(
        depth,
        kernel[-2],
        "channel-mismatch",
        f"{c.name}: output_shape has {c.dim_text(depth)} channels, the filters give {c.dim_text(kernel[-2])}",
        x,
        w,
    )
    for size, back in zip(spatial, slid(c, target, window, x)):
        if equal(size, back) is False:
            c.fail(
                "shape-mismatch",
                f"{c.name}: output_shape {c.text(wanted)} does not come from {c.text(x)} with these strides",
                x,
            )
    c.require(
        wanted[0],
        batch[0],
        "batch-mismatch",
        f"{c.name}: output_shape {c.text(wanted)} has another batch than {c.text(x)}",
        x,
    )
    return made(wanted, dtype)


def _conv_transpose(n: int) -> None:
    default = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[n]
    from shapelens.rules.registry import declare

    def apply(
        c: Call, input: object, filters: object, output_shape: object, strides: object, padding: object,
        data_format: object, dilations: object, name: object,
    ) -> Tensor:  # fmt: skip
        return transposed(c, input, filters, n, output_shape, strides, padding, data_format, dilations)

    declare(
        f"tensorflow.nn.conv{n}d_transpose(input, filters, output_shape, strides, padding='SAME', "
        f"data_format='{default}', dilations=None, name=None)", apply, "Tensor", "object",
    )  # fmt: skip


for _n in (1, 2, 3):
    _conv_transpose(_n)


@rule("tensorflow.nn.conv_transpose")
def conv_transpose(
    c: Call,
    input: object,
    filters: object,
    output_shape: object,
    strides: object,
    padding: object = "SAME",
    data_format: object = None,
    dilations: object = None,
    name: object = None,
) -> Tensor:
    rank = len(c.dims(converted(c, filters)))
    if rank - 2 not in NAMES:
        raise NotKnown
    return transposed(c, input, filters, rank - 2, output_shape, strides, padding, data_format, dilations)


@rule("tensorflow.nn.atrous_conv2d_transpose")
def atrous_transpose(
    c: Call, value: object, filters: object, output_shape: object, rate: object, padding: object, name: object = None
) -> Tensor:
    return made(sizes(c, output_shape), converted(c, value).dtype)


# -- pools ---------------------------------------------------------------------------------------------------------


def pool(
    c: Call,
    x: Tensor,
    n: int,
    ksize: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object = 1,
) -> Tensor:
    """A window over the spatial axes; the channels stay."""
    refuse(c, x.dtype, (*FLOATS, "int8", "uint8", "int16", "uint16", "int32", "int64"), x)
    first = channels_first(c, data_format)
    batch, spatial, channels = _taken_apart(c, x, n, first)
    window = Window(
        per_axis(c, ksize, n, first),
        per_axis(c, strides, n, first, 1),
        per_axis(c, dilations, n, first, 1),
        mode_of(c, padding, n, first),
    )
    return made(_put_together(batch, slid(c, spatial, window, x), channels, first), x.dtype)


def _pools(n: int) -> None:
    default = {1: "NWC", 2: "NHWC", 3: "NDHWC"}[n]
    from shapelens.rules.registry import declare

    def apply(
        c: Call, input: Tensor, ksize: object, strides: object, padding: object, data_format: object, name: object
    ) -> Tensor:
        return pool(c, input, n, ksize, strides, padding, data_format)

    for kind in ("avg", "max"):
        declare(
            f"tensorflow.nn.{kind}_pool{n}d(input, ksize, strides, padding, data_format='{default}', name=None)", apply
        )


for _n in (1, 2, 3):
    _pools(_n)


@rule("tensorflow.nn.avg_pool", "tensorflow.nn.max_pool")
def pool_of_rank(
    c: Call,
    input: Tensor,
    ksize: object,
    strides: object,
    padding: object,
    data_format: object = None,
    name: object = None,
) -> Tensor:
    """Over as many axes as the input has."""
    rank = len(c.dims(input))
    if rank - 2 not in NAMES:
        c.fail("rank-mismatch", f"{c.name}: needs a tensor of rank 3 to 5, got {c.text(input)}", input)
    return pool(c, input, rank - 2, ksize, strides, padding, data_format)


@rule("tensorflow.nn.pool")
def general_pool(
    c: Call,
    input: Tensor,
    window_shape: object,
    pooling_type: object,
    strides: object = None,
    padding: object = "VALID",
    data_format: object = None,
    dilations: object = None,
    name: object = None,
) -> Tensor:
    n = len(sizes(c, window_shape))
    if n not in NAMES:
        raise NotKnown
    return pool(c, input, n, window_shape, strides, padding, data_format, dilations)


@rule("tensorflow.nn.max_pool_with_argmax")
def max_pool_with_argmax(
    c: Call,
    input: Tensor,
    ksize: object,
    strides: object,
    padding: object,
    data_format: object = "NHWC",
    output_dtype: object = "int64",
    include_batch_in_index: object = False,
    name: object = None,
) -> object:
    from shapelens.values import Named

    found = pool(c, input, 2, ksize, strides, padding, data_format)
    return Named.of(output=found, argmax=made(found.shape, named(c, output_dtype)))


@rule(*paths("nn.fractional_avg_pool fractional_max_pool"))
def fractional(c: Call, value: Tensor, pooling_ratio: object, *args: object, **kwargs: object) -> object:
    """floor(size / ratio) of each axis, and the borders of the windows."""
    ratio = c.store.value(pooling_ratio)
    ratios: list[Any] = (
        [1.0, ratio, ratio, 1.0]
        if isinstance(ratio, (int, float))
        else list(ratio)
        if isinstance(ratio, (list, tuple))
        else []
    )
    dims = need_rank(c, value, 4)
    if len(ratios) == 1:
        ratios = [1.0, ratios[0], ratios[0], 1.0]
    if len(ratios) != 4 or not all(isinstance(r, (int, float)) for r in ratios):
        raise NotKnown
    if not all(isinstance(d, int) for d in dims[1:3]):
        raise NotKnown
    spatial = [int(d / r) for d, r in zip(dims[1:3], ratios[1:3])]
    return (
        made((dims[0], *spatial, dims[3]), value.dtype),
        made((spatial[0] + 1,), "int64"),
        made((spatial[1] + 1,), "int64"),
    )


def _morphology(c: Call, x: Tensor, filters: Tensor, strides: object, padding: object, dilations: object) -> Tensor:
    """Filters (h, w, channels), one for each channel."""
    kernel = need_rank(c, filters, 3, names=("h", "w", "C"))
    batch, spatial, channels = _taken_apart(c, x, 2, False)
    c.require(
        channels, kernel[2], "channel-mismatch", f"{c.name}: {c.text(filters)} does not fit {c.text(x)}", x, filters
    )
    window = Window(
        kernel[:2], per_axis(c, strides, 2, False), per_axis(c, dilations, 2, False), mode_of(c, padding, 2, False)
    )
    return made(_put_together(batch, slid(c, spatial, window, x), channels, False), x.dtype)


@rule("tensorflow.nn.dilation2d")
def dilation2d(
    c: Call, input: Tensor, filters: Tensor, strides: object, padding: object, data_format: object, dilations: object,
    name: object = None,
) -> Tensor:  # fmt: skip
    return _morphology(c, input, filters, strides, padding, dilations)


@rule("tensorflow.nn.erosion2d")
def erosion2d(
    c: Call, value: Tensor, filters: Tensor, strides: object, padding: object, data_format: object, dilations: object,
    name: object = None,
) -> Tensor:  # fmt: skip
    return _morphology(c, value, filters, strides, padding, dilations)
