"""torch.nn's linear layers, Identity, and their functional forms.

linear     (*batch, in), weight (out, in)                             -> (*batch, out)
bilinear   (*batch, in1), (*batch, in2), weight (out, in1, in2)       -> (*batch, out)
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, equal, symbol
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import layer, rule
from shapelens.rules.torch.spatial import count, differ, flag, layer_fix, least, same_dtype, weight_of
from shapelens.values import Instance, Open, Shape, ShapeVar, Tensor

# What torch.autocast computes in a dtype of its own choice.
_CAST = frozenset(("float16", "bfloat16", "float32"))


def common_dtype(c: Call, input: Tensor, other: Tensor, what: str) -> str | None:
    """The dtype of a product of two tensors that must have the same one; unknown where torch.autocast chooses it."""
    dtype = input.dtype
    if dtype is None or dtype != other.dtype:
        dtype = same_dtype(c, input, other, what)
    return None if c.autocast and dtype in _CAST else dtype


def split_last(c: Call, input: Tensor, name: str = "D") -> tuple[Shape, Dim]:
    """A shape without its last dim, and that dim; an open shape is taught that it has one. Rank 0 fails."""
    shape = c.shape(input)
    if isinstance(shape, Open):
        try:
            shape = c.at_least(shape, 0, 1)
        except NotKnown:  # the last dim may be one that is known from the front
            return Open(shape.prefix[:1], ShapeVar(), ()), c.fresh(name)
        return Open(shape.prefix, shape.var, shape.suffix[:-1]), shape.suffix[-1]
    if shape is None:
        raise NotKnown
    if not shape:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of (…, {name}), got a tensor of rank 0", input)
    return shape[:-1], shape[-1]


def append(shape: Shape, *dims: Dim) -> Shape:
    """A shape with more dims at its end."""
    if isinstance(shape, Open):
        return Open(shape.prefix, shape.var, shape.suffix + dims)
    return None if shape is None else shape + dims


def features(c: Call, input: Tensor, came: Dim, expected: Dim, weight: Tensor | None, argument: str) -> None:
    """Fails where the last dim of an input is not the size that the layer, or the weight, says."""
    if came is expected or not differ(c, expected, came):
        return
    expected, came = c.store.dim(expected), c.store.dim(came)
    said_by = argument if c.layer is not None or weight is None else f"weight {c.text(weight)}"
    what = "features" if argument.endswith("features") else "in the last dim"
    c.fail(
        "feature-mismatch",
        f"{c.name} expects {c.dim_text(expected)} {what} ({said_by}), got {c.dim_text(came)} in {c.text(input)}",
        *((input,) if c.layer is not None or weight is None else (input, weight)),
        fixes=layer_fix(c, argument, came),
    )


def _is_usual(bias: Any, weight: Tensor) -> bool:
    """Whether a bias is as a layer makes it, so that nothing is to be looked at."""
    shape = weight.shape
    return bias is None or isinstance(shape, tuple) and bias.shape == shape[:1] and bias.dtype == weight.dtype


def linear(c: Call, input: Tensor, weight: Tensor, bias: Any = None) -> Tensor:
    """(*batch, in) with a weight (out, in) gives (*batch, out)."""
    shape, filters = input.shape, weight.shape
    if type(shape) is tuple and shape and type(filters) is tuple and len(filters) == 2 and _is_usual(bias, weight):
        if type(shape[-1]) is int and shape[-1] == filters[1] and input.dtype == weight.dtype and not c.autocast:
            return Tensor((*shape[:-1], filters[0]), input.dtype, device=input.device)
    filters = c.dims(weight, ("out", "in"))
    if len(filters) not in (1, 2):
        c.fail("rank-mismatch", f"{c.name} needs a weight of (out, in), got {c.text(weight)}", weight)
    batch, last = split_last(c, input, "in_features")
    features(c, input, last, filters[-1], weight, "in_features")
    dtype = common_dtype(c, input, weight, "weight")
    if dtype == "bool":
        c.fail("dtype-mismatch", f"{c.name} is not implemented for bool", input)
    if isinstance(bias, Tensor):
        if len(filters) == 1:
            c.fail("rank-mismatch", f"{c.name} with a bias needs a weight of (out, in), got {c.text(weight)}", weight)
        same_dtype(c, input, bias, "bias")
        size = c.shape(bias)
        if isinstance(size, tuple) and len(size) == 1 and size[0] is not filters[0]:
            if equal(size[0], 1) is False and differ(c, size[0], filters[0]):
                c.fail(
                    "feature-mismatch",
                    f"{c.name} expects a bias of ({c.dim_text(filters[0])},), got {c.text(bias)}",
                    bias,
                    weight,
                )
    return Tensor(append(batch, *filters[:-1]), dtype, device=input.device)


@rule("torch.nn.functional.linear")
def _functional_linear(c: Call, input: Tensor, weight: Tensor, bias: object = None) -> Tensor:
    return linear(c, input, weight, c.store.value(bias))


def bilinear(c: Call, input1: Tensor, input2: Tensor, weight: Tensor, bias: Any = None) -> Tensor:
    """(*batch, in1) and (*batch, in2) with a weight (out, in1, in2) give (*batch, out)."""
    filters = c.dims(weight, ("out", "in1", "in2"))
    if len(filters) != 3:
        c.fail("rank-mismatch", f"{c.name} needs a weight of (out, in1, in2), got {c.text(weight)}", weight)
    batch1, last1 = split_last(c, input1, "in1_features")
    batch2, last2 = split_last(c, input2, "in2_features")
    if isinstance(batch1, tuple) and isinstance(batch2, tuple):
        if len(batch1) != len(batch2) or any(differ(c, a, b) for a, b in zip(batch1, batch2)):
            c.fail(
                "batch-mismatch",
                f"{c.name}: {c.text(input1)} and {c.text(input2)} must have the same dims before the last",
                input1,
                input2,
            )
        batch: Shape = c.store.dims(batch1)
    else:
        batch = batch1 if isinstance(batch1, tuple) else batch2
    features(c, input1, last1, filters[1], weight, "in1_features")
    features(c, input2, last2, filters[2], weight, "in2_features")
    dtype = common_dtype(c, input1, input2, "the second input")
    dtype = common_dtype(c, input1, weight, "weight") or dtype
    if isinstance(bias, Tensor):
        same_dtype(c, input1, bias, "bias")
        size = c.shape(bias)
        if isinstance(size, tuple) and size and differ(c, size[0], filters[0]):
            c.fail(
                "feature-mismatch",
                f"{c.name} expects a bias of ({c.dim_text(filters[0])},), got {c.text(bias)}",
                bias,
                weight,
            )
    return Tensor(append(batch, filters[0]), dtype, device=input1.device)


@rule("torch.nn.functional.bilinear", "torch.bilinear")
def _functional_bilinear(c: Call, input1: Tensor, input2: Tensor, weight: Tensor, bias: object = None) -> Tensor:
    return bilinear(c, input1, input2, weight, c.store.value(bias))


# -- layers --------------------------------------------------------------------------------------------------------


def whole_numbers(c: Call, self: Instance, *names: str) -> None:
    """Resolve the constructor's sizes; fails where one is not an int, or negative."""
    for name in names:
        value = self.attrs[name]
        if type(value) is int and value >= 0:
            continue
        if isinstance(value, bool):
            c.fail("argument-value", f"{c.name}: {name} must be an int, got {value!r}")
        value = self.attrs[name] = count(c, value, name)
        least(c, (value,), 0, name)


def unclear(*flags: object) -> bool:
    """Whether one of the flags is not a known value."""
    return any(flag(value) is None for value in flags)


def needed(c: Call, name: str) -> Tensor:
    """A weight of the layer that is called; NotKnown where it was taken away."""
    weight = weight_of(c, name)
    if weight is None:
        raise NotKnown
    return weight


def _linear_weights(c: Call, self: Instance) -> dict[str, Any]:
    a = self.attrs
    shapes: dict[str, Any] = {"weight": (a["out_features"], a["in_features"])}
    if flag(a["bias"]) is not None:
        shapes["bias"] = (a["out_features"],) if a["bias"] else None
    return shapes


def _linear_setup(c: Call, self: Instance) -> None:
    whole_numbers(c, self, "in_features", "out_features")


def _lazy_setup(c: Call, self: Instance) -> None:
    # The first call says how many features there are, and every later one is held to it.
    self.attrs["in_features"] = symbol("in_features", 0)
    whole_numbers(c, self, "out_features")


def _bilinear_setup(c: Call, self: Instance) -> None:
    whole_numbers(c, self, "in1_features", "in2_features", "out_features")
    least(c, (self.attrs["in1_features"],), 1, "in1_features")


def _bilinear_weights(c: Call, self: Instance) -> dict[str, Any]:
    a = self.attrs
    shapes: dict[str, Any] = {"weight": (a["out_features"], a["in1_features"], a["in2_features"])}
    if flag(a["bias"]) is not None:
        shapes["bias"] = (a["out_features"],) if a["bias"] else None
    return shapes


def _layer_forward(c: Call, self: Instance, input: Tensor) -> Tensor:
    bias = weight_of(c, "bias")
    return linear(c, input, needed(c, "weight"), bias if isinstance(bias, Tensor) else None)


_LINEAR = "in_features, out_features, bias=True, device=None, dtype=None"
for _name, _declared, _setup, _bases in (
    ("Linear", _LINEAR, _linear_setup, "Module"),
    ("modules.linear.NonDynamicallyQuantizableLinear", _LINEAR, _linear_setup, "Linear"),
    ("LazyLinear", "out_features, bias=True, device=None, dtype=None", _lazy_setup, "Linear"),
):
    layer(f"torch.nn.{_name}", _declared, parameters=_linear_weights, setup=_setup, bases=[f"torch.nn.{_bases}"])(
        _layer_forward
    )


@layer(
    "torch.nn.Bilinear",
    "in1_features, in2_features, out_features, bias=True, device=None, dtype=None",
    parameters=_bilinear_weights,
    setup=_bilinear_setup,
)
def _bilinear_forward(c: Call, self: Instance, input1: Tensor, input2: Tensor) -> Tensor:
    return bilinear(c, input1, input2, needed(c, "weight"))


@layer("torch.nn.Identity", "*args, **kwargs", setup=lambda c, self, args: self.attrs.pop("kwargs", None))
def _identity(c: Call, self: Instance, input: object) -> object:
    return input
