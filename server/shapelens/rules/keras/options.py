"""The arguments of a Keras layer's constructor: what Keras makes of them at once, and what it refuses at once.

Sizes (`strides=2`, `pool_size=(2, 2)`) are kept as tuples, names (`padding="SAME"`) in lower case, as Keras keeps them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

from shapelens.dims import Dim, less, less_equal
from shapelens.rules.call import Call, Fix, NotKnown
from shapelens.values import Instance, Lib, List, Tensor, Unknown

# The functions of keras.activations, by which strings name them. All but glu keep the shape.
ACTIVATIONS = frozenset((
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
    "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh",
    "tanh_shrink", "threshold",
))  # fmt: skip
INITIALIZERS = frozenset((
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer", "Initializer",
    "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform", "STFT",
    "STFTInitializer", "TruncatedNormal", "VarianceScaling", "Zeros", "constant", "glorot_normal", "glorot_uniform",
    "he_normal", "he_uniform", "identity", "initializer", "lecun_normal", "lecun_uniform", "normal", "one", "ones",
    "orthogonal", "random_normal", "random_uniform", "stft", "truncated_normal", "uniform", "variance_scaling", "zero",
    "zeros",
))  # fmt: skip
_NAMED = {"activation": ACTIVATIONS, "initializer": INITIALIZERS}
_FORMATS = ("channels_last", "channels_first")


def check_names(c: Call, self: Instance) -> None:
    """Fail where a string names no activation or initializer of Keras, or no data format."""
    for name, value in self.attrs.items():
        known = _NAMED.get(name.rpartition("_")[2])
        if known is not None and isinstance(value, str) and value not in known:
            _unknown_name(c, self, name, value, known)
    value = self.attrs.get("data_format")
    if isinstance(value, str):
        choice(c, self, "data_format", _FORMATS)


def _unknown_name(c: Call, self: Instance, name: str, value: str, known: Collection[str]) -> None:
    near = get_close_matches(value.lower(), known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    kind = name.rpartition("_")[2]
    c.fail(
        "argument-value",
        f"{c.name}: {value!r} is no {kind} of Keras ({name}){hint}",
        fixes=name_fix(c, self, name, near),
    )


def name_fix(c: Call, self: Instance, argument: str, names: Sequence[str]) -> list[Fix]:
    """The fix that writes a string into the constructor."""
    if self.origin is None or not names:
        return []
    return [Fix(f"Change {argument} to {names[0]!r} in {c.name}", self.origin, argument, f'"{names[0]}"')]


def choice(c: Call, self: Instance, argument: str, known: Collection[str], lower: bool = True) -> None:
    """Keep a string argument as Keras does; fail where it is a string that Keras does not know."""
    value = c.store.value(self.attrs.get(argument))
    if not isinstance(value, str):
        return
    value = value.lower() if lower else value
    if value not in known:
        listed = " or ".join(repr(k) for k in known)
        near = get_close_matches(value, known, 1)
        c.fail(
            "argument-value",
            f"{c.name}: {argument} must be {listed}, got {self.attrs[argument]!r}",
            fixes=name_fix(c, self, argument, near),
        )
    self.attrs[argument] = value


def keep_sizes(c: Call, self: Instance, argument: str, n: int, allow_zero: bool = False) -> None:
    """Keep a size argument as a tuple of `n`, one int standing for all; fail where Keras refuses it.

    An argument that is not known stays as it is. Source: keras.src.utils.argument_validation.standardize_tuple.
    """
    value = c.store.value(self.attrs.get(argument))
    made = as_sizes(c, value, n, argument, allow_zero)
    if made is not None:
        self.attrs[argument] = made


def as_sizes(c: Call, value: Any, n: int, what: str, allow_zero: bool = False) -> tuple[Dim, ...] | None:
    """A size argument as a tuple of `n`; None where it is not known."""
    value = c.store.value(value)
    if value is None or isinstance(value, (float, str)):
        c.fail("argument-value", f"{c.name}: {what} must be an int or {n} ints, got {value!r}")
    if isinstance(value, (tuple, list)):
        if isinstance(value, List) and value.rest is not None:
            return None
        if len(value) != n:
            c.fail("argument-value", f"{c.name}: {what} must be an int or {n} ints, got {len(value)}")
        parts: Sequence[Any] = value
    elif type(value) is Unknown or isinstance(value, (Tensor, Instance)):
        return None
    else:
        parts = (value,) * n
    try:
        made = tuple(c.dim(v) for v in parts)
    except NotKnown:
        return None
    limit = 0 if allow_zero else 1
    for dim in made:
        if less(dim, limit):
            c.fail("argument-value", f"{c.name}: {what} must be at least {limit}, got {c.dim_text(dim)}")
    return made


def sizes_of(c: Call, self: Instance, argument: str, n: int) -> tuple[Dim, ...]:
    """A size argument that was kept; NotKnown where it is not known."""
    made = as_sizes(c, self.attrs.get(argument), n, argument, allow_zero=True)
    if made is None:
        raise NotKnown
    return made


def positive(c: Call, self: Instance, argument: str) -> None:
    """Fail where a number argument is certainly not above 0."""
    value = c.store.value(self.attrs.get(argument))
    if isinstance(value, (int, float)) and value <= 0:
        c.fail("argument-value", f"{c.name}: {argument} must be above 0, got {value}")
    if not isinstance(value, (int, float, str, type(None), Unknown, Lib, tuple, list, Tensor, Instance)):
        try:
            dim = c.dim(value)
        except NotKnown:
            return
        if less_equal(dim, 0):
            c.fail("argument-value", f"{c.name}: {argument} must be above 0, got {c.dim_text(dim)}")


def within(c: Call, self: Instance, argument: str, low: float, high: float) -> None:
    """Fail where a known number lies outside of what Keras takes."""
    value = c.store.value(self.attrs.get(argument))
    if isinstance(value, (int, float)) and not low <= value <= high:
        c.fail("argument-value", f"{c.name}: {argument} must be between {low:g} and {high:g}, got {value}")


def dim_of(c: Call, self: Instance, argument: str) -> Dim:
    """An int argument as a dim."""
    return c.dim(self.attrs.get(argument))


def flag(c: Call, self: Instance, argument: str) -> bool:
    """A flag as a bool; NotKnown where it is not known."""
    value = c.store.value(self.attrs.get(argument))
    if value is None or isinstance(value, (bool, int)):
        return bool(value)
    raise NotKnown


def is_channels_first(c: Call, self: Instance) -> bool:
    """The layer's data format; NotKnown where it is not known."""
    value = c.store.value(self.attrs.get("data_format"))
    value = c.image_data_format if value is None else value
    if value in _FORMATS:
        return bool(value == "channels_first")
    raise NotKnown


def argument_fix(c: Call, argument: str, value: Dim | str) -> list[Fix]:
    """The fix that writes a number or a string into the constructor of the layer that is called."""
    if c.layer is None or c.layer.origin is None or argument not in c.layer.attrs or not isinstance(value, (int, str)):
        return []
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return [Fix(f"Change {argument} to {text} in {c.name}", c.layer.origin, argument, text)]
