"""What the `activation=` of a layer does to its output."""

from __future__ import annotations

from typing import Any

from shapelens.dims import divides, exact_quotient
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.keras.options import ACTIVATIONS
from shapelens.values import Lib, Tensor, Unknown

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
        module, _, name = function.name.rpartition(".")
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
