"""keras.layers that normalize: the shape stays, weights have the size of the normalized axis.

BatchNormalization   gamma, beta, moving_mean, moving_variance: (C,) each, the last two not trainable
LayerNormalization   gamma, beta of the sizes of its axes        GroupNormalization   gamma, beta: (C,)
RMSNormalization     scale of the sizes of its axes              UnitNormalization    none
SpectralNormalization   a layer, with a vector (1, C) beside its kernel
"""

from __future__ import annotations

import math
from typing import Any

from shapelens.dims import Dim, divides, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.keras.layer import LAYER, built, compute_dtype, keras_layer, output_dtype, weight
from shapelens.rules.keras.options import argument_fix, dim_of, flag, positive
from shapelens.values import Instance, List, Open, Tensor, Unknown
from shapelens.values.dtypes import FLOATS

_SCALED = (
    "epsilon=0.001, center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', beta_regularizer=None, "
    "gamma_regularizer=None, beta_constraint=None, gamma_constraint=None"
)


def _axes(c: Call, self: Instance, inputs: Tensor) -> tuple[int, ...]:
    """The axes that are normalized, as they are given."""
    value = c.store.value(self.attrs.get("axis"))
    if isinstance(value, List) and value.rest is not None:
        raise NotKnown
    axes: Any = value if isinstance(value, (tuple, list)) else (value,)
    if not all(type(a) is int for a in axes):
        raise NotKnown
    rank = len(c.dims(inputs))
    for axis in axes:
        if not -rank <= axis < rank:
            c.fail(
                "axis-out-of-range",
                f"{c.name}: axis {axis} is out of range for an input {c.text(inputs)} of rank {rank}",
                inputs,
            )
    return tuple(axes)


def _one_axis(c: Call, self: Instance, inputs: Tensor) -> int:
    axes = _axes(c, self, inputs)
    if len(axes) != 1:
        raise NotKnown
    return axes[0]


def _same(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """The output: the input's shape in the compute dtype."""
    return Tensor(c.shape(inputs), compute_dtype(c, self))


def _scale_and_shift(c: Call, self: Instance, shape: tuple[Dim, ...]) -> None:
    if flag(c, self, "scale"):
        weight(c, self, "gamma", shape)
    if flag(c, self, "center"):
        weight(c, self, "beta", shape)


@keras_layer(
    "BatchNormalization",
    "axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', "
    "moving_mean_initializer='zeros', moving_variance_initializer='ones', beta_regularizer=None, gamma_regularizer=None, "
    "beta_constraint=None, gamma_constraint=None, renorm=False, renorm_clipping=None, renorm_momentum=0.99, "
    "synchronized=False",
)
def batch_normalization(
    c: Call, self: Instance, inputs: Tensor, training: object = None, mask: object = None
) -> Tensor:
    """Over all axes but one. Later inputs have the rank of the first, and its size of that axis."""
    if isinstance(c.shape(inputs), Open):
        return _same(c, self, inputs)
    axis = _one_axis(c, self, inputs)
    _same_rank(c, self, inputs)
    size = built(c, self, inputs, axis, "channels", "channel-mismatch")
    _scale_and_shift(c, self, (size,))
    frozen = ["moving_mean", "moving_variance"]
    if flag(c, self, "renorm"):
        frozen += ["moving_stddev", "renorm_mean", "renorm_stddev"]
    for name in frozen:
        weight(c, self, name, (size,), trainable=False)
    return _same(c, self, inputs)


def _same_rank(c: Call, self: Instance, inputs: Tensor) -> None:
    rank = len(c.dims(inputs))
    known = self.attrs.setdefault("_built_rank", rank)
    if isinstance(known, int) and known != rank:
        c.fail(
            "rank-mismatch",
            f"{c.name} expects an input of rank {known}, as it was built, got {c.text(inputs)} of rank {rank}",
            inputs,
        )


@keras_layer("LayerNormalization", f"axis=-1, {_SCALED}, rms_scaling=False")
def layer_normalization(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """Over the axes given, for each sample."""
    if isinstance(c.shape(inputs), Open):
        return _same(c, self, inputs)
    axes, dims = _axes(c, self, inputs), c.dims(inputs)
    if flag(c, self, "rms_scaling"):
        weight(c, self, "gamma", tuple(dims[a] for a in sorted(axes)))
        return _same(c, self, inputs)
    if flag(c, self, "scale") or flag(c, self, "center"):
        for axis in axes:
            built(c, self, inputs, axis)
    _scale_and_shift(c, self, tuple(dims[a] for a in sorted(axes)))
    return _same(c, self, inputs)


def _check_groups(c: Call, self: Instance) -> None:
    value = c.store.value(self.attrs.get("groups"))
    if isinstance(value, (float, str, type(None))) or isinstance(value, int) and value <= 0 and value != -1:
        c.fail(
            "argument-value", f"{c.name}: groups must be an int above 0 or -1 (each channel by itself), got {value!r}"
        )


@keras_layer("GroupNormalization", f"groups=32, axis=-1, {_SCALED}", setup=_check_groups)
def group_normalization(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """Over groups of channels, for each sample."""
    if isinstance(c.shape(inputs), Open):
        return _same(c, self, inputs)
    axis = _one_axis(c, self, inputs)
    _same_rank(c, self, inputs)
    channels = built(c, self, inputs, axis, "channels", "channel-mismatch")
    groups = dim_of(c, self, "groups")
    if groups != -1 and (divides(groups, channels) is False or less(channels, groups)):
        known = isinstance(groups, int) and isinstance(channels, int) and channels > 0
        c.fail(
            "groups-mismatch",
            f"{c.name}: {c.dim_text(channels)} channels (axis {axis}) in {c.text(inputs)} cannot be split into "
            f"{c.dim_text(groups)} groups",
            inputs,
            fixes=argument_fix(c, "groups", math.gcd(groups, channels)) if known else (),  # type: ignore[arg-type]
        )
    _scale_and_shift(c, self, (channels,))
    return _same(c, self, inputs)


@keras_layer("RMSNormalization", "axis=-1, epsilon=1e-06")
def rms_normalization(c: Call, self: Instance, x: Tensor) -> Tensor:
    """Over the axes given, for each sample."""
    if isinstance(c.shape(x), Open):
        return _same(c, self, x)
    axes, dims = _axes(c, self, x), c.dims(x)
    for axis in axes:
        built(c, self, x, axis)
    weight(c, self, "scale", tuple(dims[a] for a in sorted(axes)))
    return _same(c, self, x)


@keras_layer("UnitNormalization", "axis=-1")
def unit_normalization(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """Each sample has the length 1 along the axes given."""
    if isinstance(c.shape(inputs), tuple):
        _axes(c, self, inputs)
    dtype = output_dtype(c, self, inputs)
    return Tensor(c.shape(inputs), dtype if dtype in FLOATS else None)


def _check_iterations(c: Call, self: Instance) -> None:
    positive(c, self, "power_iterations")


@keras_layer(
    "SpectralNormalization", "layer, power_iterations=1", setup=_check_iterations, bases=("keras.layers.Wrapper", LAYER)
)
def spectral_normalization(c: Call, self: Instance, inputs: Tensor, training: object = False) -> Tensor:
    """What the layer gives, whose kernel is divided by its largest singular value."""
    held = c.store.value(self.attrs.get("layer"))
    if not isinstance(held, Instance):
        raise NotKnown
    result = c.store.value(c.invoke(held, inputs))
    kernel = held.attrs.get("kernel", held.attrs.get("embeddings"))
    if isinstance(kernel, Tensor) and isinstance(c.shape(kernel), tuple):
        weight(c, self, "vector_u", (1, c.dims(kernel)[-1]), trainable=False)
    if isinstance(result, Unknown) or not isinstance(result, Tensor):
        raise NotKnown
    return Tensor(c.shape(result), output_dtype(c, self, inputs))
