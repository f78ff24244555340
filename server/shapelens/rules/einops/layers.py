"""einops.layers.torch: Rearrange, Reduce, EinMix."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.einops.functions import rearranged, reduced
from shapelens.rules.einops.patterns import CODE, Sizes, lengths, match, parse_side, shape_of, sides_of
from shapelens.rules.registry import layer
from shapelens.rules.work import formula
from shapelens.values import Instance, Tensor


def _given(self: Instance) -> dict[str, Any]:
    found = self.attrs.get("axes_lengths")
    if not isinstance(found, dict):
        raise NotKnown
    return dict(found)


def _text(self: Instance, name: str) -> str:
    found = self.attrs.get(name)
    if not isinstance(found, str):
        raise NotKnown
    return found


def _check_pattern(c: Call, self: Instance) -> None:
    """einops reads the pattern when the layer is made."""
    if isinstance(self.attrs.get("pattern"), str):
        sides_of(c, self.attrs["pattern"])


@layer("einops.layers.torch.Rearrange", "pattern, **axes_lengths", setup=_check_pattern)
def rearrange_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    return rearranged(c, input, _text(self, "pattern"), _given(self))


@layer("einops.layers.torch.Reduce", "pattern, reduction, **axes_lengths", setup=_check_pattern)
def reduce_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    return reduced(c, input, _text(self, "pattern"), self.attrs.get("reduction"), _given(self))


def _mix_parameters(c: Call, self: Instance) -> dict[str, Any]:
    """The weight has the axes of weight_shape; the bias those of the output, of size 1 where bias_shape lacks them."""
    sizes = {name: c.dim(value) for name, value in _given(self).items()}
    found: dict[str, Any] = {"weight": _sized(c, _text(self, "weight_shape"), sizes), "bias": None}
    if self.attrs.get("bias_shape") is not None:
        bias = parse_side(_text(self, "bias_shape")).names
        _sized(c, _text(self, "bias_shape"), sizes)
        right = sides_of(c, _text(self, "pattern"))[1]
        if "..." in right.axes:
            raise NotKnown
        found["bias"] = tuple(sizes[a] if a in bias else 1 for a in right.axes)
    return found


def _sized(c: Call, text: str, sizes: Sizes) -> tuple[Any, ...]:
    names = parse_side(text).axes
    missing = [n for n in names if n not in sizes]
    if missing:
        c.fail(CODE, f"{c.name}: the size of {', '.join(missing)} in '{text}' must be given")
    return tuple(sizes[n] for n in names)


@layer(
    "einops.layers.torch.EinMix",
    "pattern, weight_shape, bias_shape=None, **axes_lengths",
    parameters=_mix_parameters,
    setup=_check_pattern,
)
def ein_mix(c: Call, self: Instance, input: Tensor) -> Tensor:
    """A linear map over named axes: those of the weight that are not on the right are summed over."""
    pattern, given = _text(self, "pattern"), _given(self)
    left, right = sides_of(c, pattern)
    weight = parse_side(_text(self, "weight_shape"))
    sizes = lengths(c, pattern, given, left, right, weight)
    match(c, left, input, sizes)
    return input.with_(shape=shape_of(c, right, sizes))


@formula("einops.layers.torch.EinMix")
def ein_mix_cost(c: Call, result: object, self: Instance, input: Tensor) -> Dim:
    """Each number of the weight once for each position along the axes that it does not have."""
    pattern = _text(self, "pattern")
    left, right = sides_of(c, pattern)
    weight = parse_side(_text(self, "weight_shape"))
    if "..." in (*left.axes, *right.axes):
        raise NotKnown
    sizes = lengths(c, pattern, _given(self), left, right, weight)
    match(c, left, input, sizes)
    return product([sizes[name] for name in {*left.names, *right.names, *weight.names} if name in sizes])
