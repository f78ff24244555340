"""How a Keras layer is declared, and what all of them do with their input.

`keras_layer("Dense", "units, activation=None, …", min_ndim=2)` decorates the layer's call: a rule function
`(c, self, inputs, …)`. Before it runs, floating inputs are cast to the layer's compute dtype and the rank is checked, as
keras.Layer.__call__ does. A layer's weights are made by its first input: `built` keeps the size of an axis then, and
holds later inputs against it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shapelens.dims import Dim
from shapelens.rules.call import Call, Fix
from shapelens.rules.conversion import converted
from shapelens.rules.registry import layer
from shapelens.values import Dict, Instance, Lib, List, Open, Tensor, Unknown
from shapelens.values.dtypes import FLOATS, NAMES

F = TypeVar("F", bound=Callable[..., Any])
LAYER = "keras.layers.Layer"

# What every layer takes besides its own arguments. Source: keras.layers.Layer.
COMMON = (
    "activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None, input_shape=None, input_dim=None, "
    "batch_size=None, batch_input_shape=None, input_length=None, weights=None"
)

# The axes of an input that nothing else is known of, by rank and data format.
CHANNELS_LAST = {
    1: ("B",),
    2: ("B", "D"),
    3: ("B", "T", "C"),
    4: ("B", "H", "W", "C"),
    5: ("B", "D", "H", "W", "C"),
}
CHANNELS_FIRST = {**CHANNELS_LAST, 3: ("B", "C", "T"), 4: ("B", "C", "H", "W"), 5: ("B", "C", "D", "H", "W")}


def keras_layer(
    name: str,
    declared: str = "",
    *,
    ndim: int | None = None,
    min_ndim: int | None = None,
    setup: Callable[..., None] | None = None,
    convert: bool = True,
    bases: Sequence[str] = (LAYER,),
) -> Callable[[F], F]:
    """Register keras.layers.<name> with the parameters of its constructor, those of every layer apart.

    `ndim` and `min_ndim` are the rank that the layer's input must have (its InputSpec). With `convert` off the inputs are
    given as they come (layers that take strings, or that keep integers).
    """
    separator = "" if not declared else ", " if "*" in declared else ", *, "
    everything = f"{declared}{separator or '*, '}{COMMON}"

    def register(function: F) -> F:
        def forward(c: Call, self: Instance, *args: Any) -> Any:
            inputs = [cast_input(c, self, a) for a in args] if convert else list(args)
            if ndim is not None or min_ndim is not None:
                check_rank(c, self, inputs[0], ndim, min_ndim)
            return function(c, self, *inputs)

        import inspect

        own = list(inspect.signature(function).parameters.values())
        forward.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
        forward.__annotations__ = function.__annotations__
        layer(f"keras.layers.{name}", everything, setup=setup, bases=bases)(forward)
        return function

    return register


def compute_dtype(c: Call, self: Instance) -> str | None:
    """The dtype that a layer computes in: its own or its policy's, else float32; None where it is not known."""
    return _policy_dtype(c, self, 0)


def variable_dtype(c: Call, self: Instance) -> str | None:
    """The dtype of a layer's weights."""
    return _policy_dtype(c, self, 1)


def _policy_dtype(c: Call, self: Instance, which: int) -> str | None:
    policy = c.store.value(self.attrs.get("dtype"))
    if policy is None:
        policy = c.keras_policy
    if isinstance(policy, Instance):
        policy = policy.attrs.get("name")
    if isinstance(policy, Lib):
        policy = policy.name
    if not isinstance(policy, str):
        return None
    if policy.startswith("mixed_"):
        return "float32" if which else policy[len("mixed_") :]
    return policy if policy in NAMES else None


def cast_input(c: Call, self: Instance, value: Any) -> Any:
    """An input as the layer sees it: arrays as tensors, floats in the compute dtype; lists and dicts element by element.

    Source: keras.DTypePolicy.convert_input.
    """
    if type(value) is tuple:
        return tuple([cast_input(c, self, v) for v in value])
    if isinstance(value, List) and value.rest is None:
        return List([cast_input(c, self, v) for v in value])
    if isinstance(value, Dict) and value.rest is None:
        return Dict({k: cast_input(c, self, v) for k, v in value.items()})
    if not isinstance(value, Tensor):
        return value
    if value.library == "numpy":
        value = value.with_(library="tensorflow", origin=value.origin)
    wanted = compute_dtype(c, self)
    if self.attrs.get("autocast") is False or value.dtype is None or value.dtype == wanted:
        return value
    if value.dtype in FLOATS and (wanted is None or wanted in FLOATS):
        return value.with_(dtype=wanted, origin=value.origin)
    return value


def check_rank(c: Call, self: Instance, value: Any, ndim: int | None, min_ndim: int | None) -> None:
    """Fail where the input has not the rank that the layer's InputSpec asks for; teach an open shape its rank."""
    if not isinstance(value, Tensor):
        return
    shape = c.shape(value)
    if isinstance(shape, Open):
        names = CHANNELS_FIRST if self.attrs.get("data_format") == "channels_first" else CHANNELS_LAST
        if ndim is not None:
            c.dims(value, names.get(ndim, tuple(f"d{i}" for i in range(ndim))))
        return
    if shape is None:
        return
    least = ndim if ndim is not None else min_ndim
    assert least is not None
    if len(shape) != least and (ndim is not None or len(shape) < least):
        c.fail(
            "rank-mismatch",
            f"{c.name} expects an input of rank {least}{'' if ndim is not None else ' or more'} "
            f"(batch axis included), got {c.text(value)} of rank {len(shape)}",
            value,
        )


def built(
    c: Call,
    self: Instance,
    inputs: Tensor,
    axis: int = -1,
    noun: str = "features",
    code: str = "feature-mismatch",
    key: str = "",
) -> Dim:
    """The size of an axis, held against the one that the layer's weights were made for by its first input.

    `key` tells the inputs of a layer with several apart.
    """
    dims = c.dims(inputs)
    size = dims[axis]
    name = f"_built{key}{axis}"
    known = self.attrs.get(name)
    if known is None:
        self.attrs[name] = size
        if inputs.origin is not None:
            self.attrs.setdefault(f"{name}_by", inputs)
        return size
    if c.equate(known, size) is False:
        by = self.attrs.get(f"{name}_by")
        c.fail(
            code,
            f"{c.name} expects {c.dim_text(known)} {noun} (axis {axis}, as it was built), "
            f"got {c.dim_text(size)} in {c.text(inputs)}",
            *((inputs, by) if isinstance(by, Tensor) else (inputs,)),
        )
    return size


def weight(c: Call, self: Instance, name: str, shape: tuple[Dim, ...]) -> Tensor:
    """The layer's weight of that name, made by its first input."""
    known = self.attrs.get(name)
    if isinstance(known, Tensor):
        return known
    made = Tensor(shape, variable_dtype(c, self), "tensorflow", parameter=True)
    self.attrs[name] = made
    return made


def floating(c: Call, self: Instance, inputs: Tensor) -> str | None:
    """The dtype of an output that is computed with the layer's weights, which are cast to the compute dtype.

    An integer input is promoted: int32 with a float32 kernel is float32.
    """
    wanted = compute_dtype(c, self)
    return None if inputs.dtype is None else wanted


def is_known(value: object) -> bool:
    """Whether a configuration value is known."""
    return not isinstance(value, Unknown)


__all__ = [
    "Fix",
    "built",
    "cast_input",
    "check_rank",
    "compute_dtype",
    "converted",
    "floating",
    "keras_layer",
    "weight",
]
