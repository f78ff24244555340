"""How a Keras layer is declared, and what all of them do with their input.

`keras_layer("Dense", "units, activation=None, …", min_ndim=2)` decorates the layer's call: a rule function
`(c, self, inputs, …)`. Before it runs, floating inputs are cast to the layer's compute dtype and the rank is checked, as
keras.Layer.__call__ does. A layer's weights are made by its first input: `built` keeps the size of an axis then, and
holds later inputs against it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shapelens.dims import Dim, Expr, symbols
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted, symbolic
from shapelens.rules.keras.options import check_names
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
    own_names = {part.partition("=")[0].strip() for part in declared.split(",")}
    common = ", ".join(p for p in COMMON.split(", ") if p.partition("=")[0] not in own_names)
    separator = "" if not declared else ", " if "*" in declared else ", *, "
    everything = f"{declared}{separator or '*, '}{common}"

    def check(c: Call, self: Instance, *star: Any) -> None:
        previous, c.layer = c.layer, self
        try:
            check_names(c, self)
            if setup is not None:
                setup(c, self, *star)
        finally:
            c.layer = previous

    def register(function: F) -> F:
        own = list(inspect.signature(function).parameters.values())
        tensors = {p.name: p.default for p in own[2:] if str(p.annotation).startswith("Tensor") and p.kind in _PLAIN}
        names = [p.name for p in own[2:] if p.kind in _PLAIN]
        takes_training = any(p.name == "training" for p in own)
        is_added_last = not takes_training and all(p.kind in _PLAIN for p in own)

        def forward(c: Call, self: Instance, *args: Any, **kwargs: Any) -> Any:
            given = list(args[: len(names)] if is_added_last else args)
            if not takes_training:
                kwargs.pop("training", None)
            for i, name in enumerate(names[: len(given)]):
                if name in tensors and not (given[i] is None and tensors[name] is None):
                    given[i] = _one_tensor(c, given[i], i == 0 and (ndim is not None or min_ndim is not None))
                if convert:
                    given[i] = cast_input(c, self, given[i])
            if ndim is not None or min_ndim is not None:
                check_rank(c, self, given[0], ndim, min_ndim)
            result = function(c, self, *given, **kwargs)
            return result.with_() if type(result) is Tensor and any(result is v for v in given) else result

        forward.__signature__ = inspect.Signature(_with_training(own))  # type: ignore[attr-defined]
        forward.__annotations__ = function.__annotations__
        layer(f"keras.layers.{name}", everything, setup=check, bases=bases)(forward)
        return function

    return register


_PLAIN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _with_training(own: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """The parameters of a rule as the registry sees them: tensors are converted here, and every layer takes `training`.

    Source: keras.Layer.__call__ drops a `training` that the layer's call does not have.
    """
    found = [
        p.replace(annotation="object") if str(p.annotation).startswith("Tensor") and p.kind in _PLAIN else p
        for p in own
    ]
    if any(p.name == "training" for p in own):
        return found
    is_plain = all(p.kind in _PLAIN for p in own)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if is_plain else inspect.Parameter.KEYWORD_ONLY
    end = len(found) - (found[-1].kind is inspect.Parameter.VAR_KEYWORD)
    found.insert(end, inspect.Parameter("training", kind, default=None, annotation="object"))
    return found


def _one_tensor(c: Call, value: Any, has_spec: bool) -> Tensor:
    """The tensor that a layer of one input is given; fails for several where the layer says that it takes one."""
    value = c.store.value(value)
    if isinstance(value, (list, tuple)):
        count = len([v for v in value if isinstance(c.store.value(v), Tensor)])
        if has_spec and count > 1 and count == len(value) and (not isinstance(value, List) or value.rest is None):
            c.fail("call-arguments", f"{c.name} expects 1 input, got {count} tensors", *value)
        if count:
            raise NotKnown
    return converted(c, value)


LATE = "_late"
"""Where a layer keeps (symbolic input, code, message) of what fails only when a model of it runs."""


def refuse(c: Call, self: Instance, code: str, text: str, *tensors: Tensor) -> None:
    """Fail; for symbolic inputs, of which the layer asks nothing, keep that a model made of the first of them will."""
    parents = symbolic(tensors)
    if not parents:
        c.fail(code, text, *tensors)
    self.attrs[LATE] = (*self.attrs.get(LATE, ()), (parents[0], code, text))


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
    known = c.store.value(self.attrs.get(name))
    if known is not None and not isinstance(known, (int, Expr)):
        return size  # built by one branch or another
    if known is None:
        if inputs.library == "keras" and c.nones and symbols(c.store.dim(size)) & c.nones:
            c.fail(
                code,
                f"{c.name} must know its number of {noun} (axis {axis}) to make its weights, and a None of Input leaves it "
                f"open: got {c.text(inputs)}",
                inputs,
            )
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


def weight(
    c: Call, self: Instance, name: str, shape: tuple[Dim, ...], trainable: bool = True, dtype: str | None = None
) -> Tensor:
    """The layer's weight of that name, made by its first input; `dtype` where it is not that of the policy."""
    known = self.attrs.get(name)
    if isinstance(known, Tensor):
        return known
    made = Tensor(shape, dtype or variable_dtype(c, self), "tensorflow", parameter=True)
    made.frozen = not trainable
    self.attrs[name] = made
    return made


def floating(c: Call, self: Instance, inputs: Tensor) -> str | None:
    """The dtype of an output that is computed with the layer's weights, which are cast to the compute dtype.

    An integer input is promoted: int32 with a float32 kernel is float32.
    """
    wanted = compute_dtype(c, self)
    return None if inputs.dtype is None else wanted


def output_dtype(c: Call, self: Instance, inputs: Tensor) -> str | None:
    """The dtype of an output that has the input's elements: for a symbolic input Keras names the compute dtype.

    Source: keras.Layer.compute_output_spec, of the layers that have a compute_output_shape.
    """
    return compute_dtype(c, self) if inputs.library == "keras" else inputs.dtype


def is_known(value: object) -> bool:
    """Whether a configuration value is known."""
    return not isinstance(value, Unknown)


__all__ = [
    "built",
    "cast_input",
    "check_rank",
    "compute_dtype",
    "converted",
    "floating",
    "keras_layer",
    "output_dtype",
    "weight",
]
