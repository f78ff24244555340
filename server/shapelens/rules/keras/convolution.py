"""keras.layers' convolutions, for one, two and three spatial dims and both data formats.

    convolution   (B, H, W, C) -> (B, (H - dilation·(kernel - 1) - 1) // strides + 1, …, filters)   padding="valid"
                  (B, H, W, C) -> (B, ⌈H / strides⌉, …, filters)                                     "same", "causal"
    transposed    (B, H, W, C) -> (B, (H - 1)·strides + max(kernel, strides), …, filters)            "valid"
                  (B, H, W, C) -> (B, H·strides, …, filters)                                         "same"

Source: keras.src.ops.operation_utils.compute_conv_output_shape, keras.src.backend.common.backend_utils.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shapelens.dims import Dim, ceildiv, divides, exact_quotient, floordiv, less, maximum, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.keras.activations import activated
from shapelens.rules.keras.layer import built, floating, keras_layer, weight
from shapelens.rules.keras.options import (
    argument_fix,
    choice,
    dim_of,
    flag,
    is_channels_first,
    keep_sizes,
    positive,
    sizes_of,
)
from shapelens.rules.registry import alias
from shapelens.rules.work import formula
from shapelens.values import Instance, Tensor

SPATIAL = {1: ("T",), 2: ("H", "W"), 3: ("D", "H", "W")}

_TAIL = (
    "activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', "
    "kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None"
)
_DEPTHWISE = (
    "activation=None, use_bias=True, depthwise_initializer='glorot_uniform', bias_initializer='zeros', "
    "depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, "
    "bias_constraint=None"
)
_SEPARABLE = (
    "activation=None, use_bias=True, depthwise_initializer='glorot_uniform', pointwise_initializer='glorot_uniform', "
    "bias_initializer='zeros', depthwise_regularizer=None, pointwise_regularizer=None, bias_regularizer=None, "
    "activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None"
)
_CONV = f"filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, groups=1, {_TAIL}"
_TRANSPOSED = {
    n: f"filters, kernel_size, strides=1, padding='valid', {order}, dilation_rate=1, {_TAIL}"
    for n, order in (
        (1, "output_padding=None, data_format=None"),
        (2, "output_padding=None, data_format=None"),
        (3, "data_format=None, output_padding=None"),
    )
}


# -- layouts -------------------------------------------------------------------------------------------------------


def split(c: Call, self: Instance, inputs: Tensor) -> tuple[tuple[Dim, ...], int]:
    """The spatial dims of a batched input, and the axis of its channels: -1 or 1."""
    dims = c.dims(inputs)
    return (dims[2:], 1) if is_channels_first(c, self) else (dims[1:-1], -1)


def joined(batch: Dim, spatial: Sequence[Dim], channels: Dim, axis: int) -> tuple[Dim, ...]:
    """The shape of an output with these channels at that axis."""
    return (batch, channels, *spatial) if axis == 1 else (batch, *spatial, channels)


# -- windows -------------------------------------------------------------------------------------------------------


def slid(
    c: Call,
    inputs: Tensor,
    spatial: Sequence[Dim],
    kernel: Sequence[Dim],
    strides: Sequence[Dim],
    dilation: Sequence[Dim],
    padding: object,
) -> list[Dim]:
    """How often a window fits along each spatial dim. Fails where it does not fit at all."""
    if padding in ("same", "causal"):
        return [ceildiv(size, s) for size, s in zip(spatial, strides)]
    if padding != "valid":
        raise NotKnown
    found: list[Dim] = []
    for size, k, s, d in zip(spatial, kernel, strides, dilation):
        room = size - d * (k - 1) - 1
        if less(room, 0):
            shown = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
            dilated = " with its dilation" if any(d != 1 for d in dilation) else ""
            c.fail(
                "kernel-too-large",
                f"{c.name}: kernel {times(c, shown)}{dilated} is larger than the input {times(c, spatial)}, "
                f"got {c.text(inputs)}",
                inputs,
                fixes=argument_fix(c, "padding", "same"),
            )
        found.append(floordiv(room, s) + 1)
    return found


def times(c: Call, dims: Sequence[Dim]) -> str:
    """`7×7`, as in a message."""
    return "×".join(c.dim_text(d) for d in dims)


def _slid_or_fresh(c: Call, self: Instance, inputs: Tensor, n: int, spatial: Sequence[Dim]) -> Sequence[Dim]:
    """The spatial dims of a convolution's output; new ones where its arguments are not known."""
    try:
        kernel, strides, dilation = (sizes_of(c, self, a, n) for a in ("kernel_size", "strides", "dilation_rate"))
        return slid(c, inputs, spatial, kernel, strides, dilation, c.store.value(self.attrs["padding"]))
    except NotKnown:
        return [c.fresh(s, 1) for s in SPATIAL[n]]


def _channels(c: Call, self: Instance, inputs: Tensor, axis: int) -> Dim:
    return built(c, self, inputs, axis, "channels", "channel-mismatch")


def _bias(c: Call, self: Instance, size: Dim) -> None:
    if flag(c, self, "use_bias"):
        weight(c, self, "bias", (size,))


def _finished(c: Call, self: Instance, inputs: Tensor, shape: tuple[Dim, ...]) -> Tensor:
    return activated(c, self.attrs.get("activation"), Tensor(shape, floating(c, self, inputs)))


# -- constructors --------------------------------------------------------------------------------------------------


def _setup(n: int, causal: bool = False) -> Callable[[Call, Instance], None]:
    """What all convolutions ask of their arguments at once."""
    paddings = ("valid", "same", "causal") if causal else ("valid", "same")

    def check(c: Call, self: Instance) -> None:
        for argument in ("kernel_size", "strides", "dilation_rate"):
            keep_sizes(c, self, argument, n)
        if self.attrs.get("output_padding") is not None:
            keep_sizes(c, self, "output_padding", n, allow_zero=True)
        choice(c, self, "padding", paddings)
        for argument in ("filters", "groups", "depth_multiplier"):
            if argument in self.attrs:
                positive(c, self, argument)
        filters, groups = self.attrs.get("filters"), self.attrs.get("groups")
        if isinstance(filters, int) and isinstance(groups, int) and filters % groups:
            c.fail("groups-mismatch", f"{c.name}: {filters} filters cannot be split into {groups} groups")
        if "filters" in self.attrs and "depth_multiplier" not in self.attrs:
            _either(c, self)
        _output_padding(c, self)

    return check


def _either(c: Call, self: Instance) -> None:
    """A convolution may skip positions or spread its kernel, not both."""
    found = [c.store.value(self.attrs[a]) for a in ("strides", "dilation_rate")]
    if all(isinstance(v, tuple) and any(isinstance(d, int) and d > 1 for d in v) for v in found):
        c.fail("argument-value", f"{c.name}: strides {found[0]} cannot go with dilation_rate {found[1]}")


def _output_padding(c: Call, self: Instance) -> None:
    extra, strides = self.attrs.get("output_padding"), self.attrs.get("strides")
    if isinstance(extra, tuple) and isinstance(strides, tuple):
        for e, s in zip(extra, strides):
            if isinstance(e, int) and isinstance(s, int) and e >= s:
                c.fail("argument-value", f"{c.name}: output_padding {e} must be less than strides {s}")


# -- layers --------------------------------------------------------------------------------------------------------


def _conv(n: int) -> None:
    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, *spatial, C) to (B, *out, filters)."""
        spatial, axis = split(c, self, inputs)
        channels, groups, filters = (
            _channels(c, self, inputs, axis),
            dim_of(c, self, "groups"),
            dim_of(c, self, "filters"),
        )
        if groups != 1 and divides(groups, channels) is False:
            c.fail(
                "groups-mismatch",
                f"{c.name}: {c.dim_text(channels)} channels in {c.text(inputs)} cannot be split into "
                f"{c.dim_text(groups)} groups",
                inputs,
            )
        out = _slid_or_fresh(c, self, inputs, n, spatial)
        kernel = sizes_of(c, self, "kernel_size", n) if self.attrs.get("kernel") is None else ()
        weight(c, self, "kernel", (*kernel, channels if groups == 1 else exact_quotient(channels, groups), filters))
        _bias(c, self, filters)
        return _finished(c, self, inputs, joined(c.dims(inputs)[0], out, filters, axis))

    keras_layer(f"Conv{n}D", _CONV, ndim=n + 2, setup=_setup(n, causal=n == 1))(forward)


def _transposed(n: int) -> None:
    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, *spatial, C) to (B, *larger, filters)."""
        spatial, axis = split(c, self, inputs)
        channels, filters = _channels(c, self, inputs, axis), dim_of(c, self, "filters")
        kernel = sizes_of(c, self, "kernel_size", n)
        weight(c, self, "kernel", (*kernel, filters, channels))
        _bias(c, self, filters)
        try:
            out = _enlarged(c, self, n, spatial)
        except NotKnown:
            out = [c.fresh(s, 1) for s in SPATIAL[n]]
        return _finished(c, self, inputs, joined(c.dims(inputs)[0], out, filters, axis))

    keras_layer(f"Conv{n}DTranspose", _TRANSPOSED[n], ndim=n + 2, setup=_setup(n))(forward)


def _enlarged(c: Call, self: Instance, n: int, spatial: Sequence[Dim]) -> list[Dim]:
    """The spatial dims of a transposed convolution's output."""
    padding = c.store.value(self.attrs["padding"])
    if padding not in ("valid", "same"):
        raise NotKnown
    kernel, strides, dilation = (sizes_of(c, self, a, n) for a in ("kernel_size", "strides", "dilation_rate"))
    extra: Sequence[Dim] | None = None
    if c.store.value(self.attrs.get("output_padding")) is not None:
        extra = sizes_of(c, self, "output_padding", n)
    return enlarged(spatial, kernel, strides, dilation, extra, padding)


def enlarged(
    spatial: Sequence[Dim],
    kernel: Sequence[Dim],
    strides: Sequence[Dim],
    dilation: Sequence[Dim],
    extra: Sequence[Dim] | None,
    padding: object,
) -> list[Dim]:
    """The size of each spatial dim behind a transposed convolution; `extra` is its output_padding."""
    found: list[Dim] = []
    for i, (size, k, s, d) in enumerate(zip(spatial, kernel, strides, dilation)):
        reach = (k - 1) * d + 1
        if padding == "valid":
            found.append((size - 1) * s + (maximum(reach, s) if extra is None else reach + extra[i]))
        elif extra is None:
            found.append(size * s)
        elif isinstance(reach, int):
            found.append((size - 1) * s + reach % 2 + extra[i])
        else:
            raise NotKnown
    return found


def _depthwise(n: int) -> None:
    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, *spatial, C) to (B, *out, C·depth_multiplier)."""
        spatial, axis = split(c, self, inputs)
        channels, multiplier = _channels(c, self, inputs, axis), dim_of(c, self, "depth_multiplier")
        out = _slid_or_fresh(c, self, inputs, n, spatial)
        weight(c, self, "kernel", (*sizes_of(c, self, "kernel_size", n), channels, multiplier))
        _bias(c, self, channels * multiplier)
        return _finished(c, self, inputs, joined(c.dims(inputs)[0], out, channels * multiplier, axis))

    declared = (
        "kernel_size, strides=1, padding='valid', depth_multiplier=1, data_format=None, dilation_rate=1, " + _DEPTHWISE
    )
    keras_layer(f"DepthwiseConv{n}D", declared, ndim=n + 2, setup=_setup(n))(forward)


def _separable(n: int) -> None:
    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, *spatial, C) to (B, *out, filters): a depthwise and then a pointwise convolution."""
        spatial, axis = split(c, self, inputs)
        channels, multiplier = _channels(c, self, inputs, axis), dim_of(c, self, "depth_multiplier")
        filters = dim_of(c, self, "filters")
        out = _slid_or_fresh(c, self, inputs, n, spatial)
        weight(c, self, "depthwise_kernel", (*sizes_of(c, self, "kernel_size", n), channels, multiplier))
        weight(c, self, "pointwise_kernel", (*(1,) * n, channels * multiplier, filters))
        _bias(c, self, filters)
        return _finished(c, self, inputs, joined(c.dims(inputs)[0], out, filters, axis))

    declared = (
        "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, depth_multiplier=1, "
        + _SEPARABLE
    )
    keras_layer(f"SeparableConv{n}D", declared, ndim=n + 2, setup=_setup(n))(forward)


for _n in (1, 2, 3):
    _conv(_n)
    _transposed(_n)
    alias(f"keras.layers.Convolution{_n}D", f"keras.layers.Conv{_n}D")
    alias(f"keras.layers.Convolution{_n}DTranspose", f"keras.layers.Conv{_n}DTranspose")
for _n in (1, 2):
    _depthwise(_n)
    _separable(_n)
    alias(f"keras.layers.SeparableConvolution{_n}D", f"keras.layers.SeparableConv{_n}D")


# -- multiply-adds -------------------------------------------------------------------------------------------------
# A sum over kernel · channels / groups products for each output; transposed, for each input. The convention is that of
# rules/work.py.


def _dims(c: Call, value: object) -> tuple[Dim, ...]:
    value = c.store.value(value)
    if not isinstance(value, Tensor):
        raise NotKnown
    return c.dims(value)


def _positions(c: Call, self: Instance, value: object) -> Dim:
    dims = _dims(c, value)
    return dims[0] * product(dims[2:] if is_channels_first(c, self) else dims[1:-1])


@formula(*(f"keras.layers.{kind}Conv{n}D" for kind in ("", "Depthwise") for n in (1, 2, 3) if n < 3 or not kind))
def conv_layer(c: Call, result: object, self: Instance, *_: object) -> Dim:
    """Of a convolution: its kernel once for each position of the output."""
    return product(_dims(c, self.attrs.get("kernel"))) * _positions(c, self, result)


@formula(*(f"keras.layers.Conv{n}DTranspose" for n in (1, 2, 3)))
def transposed_layer(c: Call, result: object, self: Instance, inputs: object, *_: object) -> Dim:
    """Of a transposed convolution: its kernel once for each position of the input."""
    return product(_dims(c, self.attrs.get("kernel"))) * _positions(c, self, inputs)


@formula("keras.layers.SeparableConv1D", "keras.layers.SeparableConv2D")
def separable_layer(c: Call, result: object, self: Instance, *_: object) -> Dim:
    """Of both convolutions, which have the same output positions."""
    kernels = (product(_dims(c, self.attrs.get(f"{name}_kernel"))) for name in ("depthwise", "pointwise"))
    return sum(kernels, start=0) * _positions(c, self, result)
