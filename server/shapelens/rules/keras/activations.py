"""What the `activation=` of a layer does to its output; keras.activations; the activations that are layers.

All keep the shape but glu, which halves the last axis.
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, divides, exact_quotient
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.layer import built, compute_dtype, keras_layer, output_dtype, weight
from shapelens.rules.keras.options import ACTIVATIONS
from shapelens.rules.registry import canonical, declare
from shapelens.values import Instance, Lib, List, Open, Tensor, Unknown
from shapelens.values.dtypes import FLOATS

# The modules whose functions of these names are activations that keep the shape.
_MODULES = (
    "keras.activations",
    "keras.ops",
    "tensorflow.nn",
    "tensorflow.keras.activations",
    "tensorflow",
    "keras.ops.nn",
)


def activated(c: Call, function: Any, value: Tensor) -> Tensor:
    """The output of a layer after its activation: a name, a function of the program or the library, a layer, or None."""
    function = c.store.value(function)
    if function is None:
        return value
    name = activation_name(function)
    if name is not None:
        return halved(c, value) if name == "glu" else value
    if isinstance(function, Unknown) or isinstance(function, (str, int, float)):
        return Tensor(None, value.dtype, value.library)
    result = c.store.value(c.invoke(function, value))
    return result if isinstance(result, Tensor) else Tensor(None, None, value.library)


def activation_name(function: Any) -> str | None:
    """Which of Keras' activations a string or a library function is; None for any other."""
    if isinstance(function, str):
        return function if function in ACTIVATIONS else None
    if isinstance(function, Lib):
        module, _, name = canonical(function.path).rpartition(".")
        return name if name in ACTIVATIONS and module in _MODULES else None
    return None


def halved(c: Call, value: Tensor) -> Tensor:
    """glu: one half of the last axis gates the other."""
    dims = c.dims(value)
    if not dims:
        raise NotKnown
    if divides(2, dims[-1]) is False:
        c.fail(
            "shape-mismatch", f"{c.name}: glu halves the last axis, which has {c.dim_text(dims[-1])} elements", value
        )
    return value.with_(shape=(*dims[:-1], exact_quotient(dims[-1], 2)))


# -- keras.activations ---------------------------------------------------------------------------------------------


def _function(c: Call, x: object, *_: object) -> Tensor:
    """An activation of a tensor; of integers the dtype is not known."""
    value = converted(c, x)
    made = halved(c, value) if c.name == "glu" else value.with_(shape=c.shape(value))
    return made if made.dtype in FLOATS else made.with_(dtype=None)


_DECLARED = {
    "relu": "x, negative_slope=0.0, max_value=None, threshold=0.0",
    "leaky_relu": "x, negative_slope=0.2",
    "elu": "x, alpha=1.0",
    "celu": "x, alpha=1.0",
    "gelu": "x, approximate=False",
    "glu": "x, axis=-1",
    "hard_shrink": "x, threshold=0.5",
    "soft_shrink": "x, threshold=0.5",
    "softmax": "x, axis=-1",
    "log_softmax": "x, axis=-1",
    "sparsemax": "x, axis=-1",
    "squareplus": "x, b=4",
    "threshold": "x, threshold, default_value",
}
for _name in sorted(ACTIVATIONS):
    declare(f"keras.activations.{_name}({_DECLARED.get(_name, 'x')})", _function, "Tensor", "object")


# -- layers --------------------------------------------------------------------------------------------------------


def _not_negative(c: Call, self: Instance) -> None:
    for argument, may_be_none in (("max_value", True), ("negative_slope", False), ("threshold", False)):
        value = c.store.value(self.attrs.get(argument, 0.0))
        if isinstance(value, (int, float)) and value < 0 or value is None and not may_be_none:
            c.fail("argument-value", f"{c.name}: {argument} must not be negative{'' if may_be_none else ' or None'}, "
                   f"got {value}")  # fmt: skip


def _activated_layer(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """Each element by itself."""
    dtype = output_dtype(c, self, inputs)
    return Tensor(c.shape(inputs), dtype if dtype in FLOATS else None)


_activated_layer.__annotations__["return"] = "Tensor"
keras_layer("ReLU", "max_value=None, negative_slope=0.0, threshold=0.0", setup=_not_negative)(_activated_layer)
keras_layer("LeakyReLU", "negative_slope=0.3, alpha=0.3", setup=_not_negative)(_activated_layer)
keras_layer("ELU", "alpha=1.0")(_activated_layer)


@keras_layer("Softmax", "axis=-1")
def softmax_layer(c: Call, self: Instance, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
    """Over one axis or several; `mask` has the input's sizes or 1, and no more axes."""
    shape = c.shape(inputs)
    if isinstance(shape, tuple):
        axis = c.store.value(self.attrs.get("axis"))
        for each in axis if isinstance(axis, (tuple, list)) else (axis,):
            if isinstance(each, int) and shape and inputs.library != "keras":
                c.axis(each, len(shape), inputs)
        if mask is not None and inputs.library != "keras":
            _check_mask(c, inputs, shape, mask)
    dtype = output_dtype(c, self, inputs)
    return Tensor(shape, dtype if dtype in FLOATS else None)


def _check_mask(c: Call, inputs: Tensor, shape: tuple[Dim, ...], mask: Tensor) -> None:
    dims = c.shape(mask)
    if not isinstance(dims, tuple):
        return
    fits = len(dims) <= len(shape) and all(
        d == 1 or not (isinstance(d, int) and isinstance(s, int) and d != s) for d, s in zip(dims[::-1], shape[::-1])
    )
    if not fits:
        c.fail("mask-mismatch", f"{c.name}: a mask {c.text(mask)} does not fit an input {c.text(inputs)}", mask, inputs)


@keras_layer("PReLU", "alpha_initializer='Zeros', alpha_regularizer=None, alpha_constraint=None, shared_axes=None")
def prelu(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """With a slope for each element of a sample; `shared_axes` (from 1 on) have one slope for all."""
    shape = c.shape(inputs)
    if isinstance(shape, Open):
        return Tensor(shape, compute_dtype(c, self))
    dims = c.dims(inputs)
    value = c.store.value(self.attrs.get("shared_axes"))
    shared: Any = () if value is None else value if isinstance(value, (tuple, list)) else (value,)
    if not all(isinstance(a, int) for a in shared) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    sizes = list(dims[1:])
    for axis in shared:
        if not -len(sizes) < axis <= len(sizes):
            c.fail(
                "axis-out-of-range", f"{c.name}: shared_axes names axis {axis}, which {c.text(inputs)} does not have"
            )
        sizes[axis - 1] = 1
    for i in range(1, len(dims)):
        if i not in shared:
            built(c, self, inputs, i)
    weight(c, self, "alpha", tuple(sizes))
    return Tensor(shape, output_dtype(c, self, inputs) if inputs.dtype in FLOATS else None)
