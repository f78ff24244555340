"""keras.layers that act in training alone: dropout, noise, penalties. The shape stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.rules.call import Call
from shapelens.rules.keras.layer import keras_layer, output_dtype
from shapelens.rules.keras.options import within
from shapelens.values import Instance, List, Tensor


def _passed(c: Call, self: Instance, inputs: Tensor, training: object = False) -> Tensor:
    """The input, some elements of which may be dropped or changed."""
    return Tensor(c.shape(inputs), output_dtype(c, self, inputs))


def _fraction(argument: str) -> Callable[[Call, Instance], None]:
    """Fail where a rate is certainly not from 0 to 1."""

    def check(c: Call, self: Instance) -> None:
        value = c.store.value(self.attrs.get(argument))
        if value is None or isinstance(value, (str, tuple, list)):
            c.fail("argument-value", f"{c.name}: {argument} must be a number between 0 and 1, got {value!r}")
        within(c, self, argument, 0, 1)
        if c.name == "Dropout":
            _check_noise(c, c.store.value(self.attrs.get("noise_shape")))

    return check


def _check_noise(c: Call, value: Any) -> None:
    if value is None or isinstance(value, (tuple, list)) and not (isinstance(value, List) and value.rest is not None):
        for dim in value or ():
            if isinstance(dim, (float, str)) or isinstance(dim, int) and dim <= 0:
                c.fail("argument-value", f"{c.name}: noise_shape has {dim!r}, which is no size")
    elif isinstance(value, (int, float, str)):
        c.fail("argument-value", f"{c.name}: noise_shape must be a tuple, got {value!r}")


keras_layer("Dropout", "rate, noise_shape=None, seed=None", setup=_fraction("rate"))(_passed)
keras_layer("AlphaDropout", "rate, noise_shape=None, seed=None", setup=_fraction("rate"))(_passed)
keras_layer("GaussianDropout", "rate, seed=None", setup=_fraction("rate"))(_passed)
keras_layer("GaussianNoise", "stddev, seed=None", setup=_fraction("stddev"))(_passed)
keras_layer("ActivityRegularization", "l1=0.0, l2=0.0")(_passed)
keras_layer("SpatialDropout1D", "rate, seed=None", ndim=3, setup=_fraction("rate"))(_passed)
for _n in (2, 3):
    keras_layer(f"SpatialDropout{_n}D", "rate, data_format=None, seed=None", ndim=_n + 2, setup=_fraction("rate"))(
        _passed
    )
