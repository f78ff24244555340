"""torch: functions that do what another one does, in place, into a copy, or with numbers for its words.

    x.scatter_(…), torch.exp_(x)     what scatter gives must fit into x
    torch.expand_copy(x, …)          expand, but no view
    torch.kl_div(x, y, reduction=2)  torch.nn.functional.kl_div(x, y, reduction="sum")
    torch.hspmm(a, b)                mm of sparse matrices

Registered last: the rules that they are twins of are in the other files.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from shapelens.dims import less
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import apply_rule, declare, rule, rules
from shapelens.rules.torch.convolution import convolved
from shapelens.rules.torch.convolution import transposed as transposed_convolution
from shapelens.rules.torch.elementwise import store_into
from shapelens.values import Tensor
from shapelens.values.dtypes import FLOATS

_F = "torch.nn.functional."


def twin(new: str, path: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None) -> None:
    """Register a callable as another name of one that has a rule, with the same parameters."""
    if new in rules:
        raise ValueError(f"two rules for {new}")
    known = rules[path]
    rules[new] = dataclasses.replace(known, path=new, function=wrap(known.function) if wrap else known.function)


def _stored(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def apply(c: Call, input: Tensor, *args: Any, **kwargs: Any) -> Any:
        value = function(c, input, *args, **kwargs)
        return store_into(c, input, value) if isinstance(value, Tensor) else input

    return apply


# -- in place --------------------------------------------------------------------------------------------------------

for _name in (
    "addmm", "addmv", "addr", "baddbmm", "cumprod", "cumsum", "index_add", "index_copy",
    "index_fill", "index_put", "index_reduce", "masked_scatter", "mvlgamma", "polygamma", "put", "renorm", "scatter",
    "scatter_add", "scatter_reduce", "tril", "triu",
):  # fmt: skip
    twin(f"torch.Tensor.{_name}_", f"torch.Tensor.{_name}", _stored)


def _of_copy(function: Callable[..., Any]) -> Callable[..., Any]:
    """How the elements of a copy lie is not worked out."""

    @functools.wraps(function)
    def apply(c: Call, input: Tensor, *args: Any, **kwargs: Any) -> Any:
        return function(c, input.with_(origin=input.origin, scalars=input.scalars), *args, **kwargs)

    return apply


def _stored_double(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def apply(c: Call, input: Tensor, *args: Any, **kwargs: Any) -> Any:
        value = function(c, input, *args, **kwargs)
        if isinstance(value, Tensor) and None not in (value.dtype, input.dtype) and value.dtype != input.dtype:
            c.fail("dtype-mismatch", f"{c.name}: the result is {value.dtype}, the tensor {input.dtype}", input)
        return store_into(c, input, value)

    return apply


twin("torch.Tensor.float_power_", "torch.Tensor.float_power", _stored_double)

# Those that give the tensor itself another shape: the interpreter takes it from what the plain one gives.
for _name in ("as_strided", "squeeze", "swapaxes", "swapdims", "t", "transpose", "unsqueeze"):
    twin(f"torch.Tensor.{_name}_", f"torch.Tensor.{_name}")

for _name in (
    "abs acos acosh addmv arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil clamp clamp_max "
    "clamp_min clip conj_physical cos cosh deg2rad detach erf erfc exp exp2 expm1 fill fix floor frac gcd i0 index_put "
    "lcm ldexp log log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal round rsqrt sin sinc sinh sqrt "
    "square tan trunc xlogy zero"
).split():
    twin(f"torch.{_name}_", f"torch.Tensor.{_name}_")


# -- copies ----------------------------------------------------------------------------------------------------------

for _name in (
    "as_strided diagonal expand permute select squeeze t transpose unfold unsqueeze view_as_complex view_as_real view "
    "detach split split_with_sizes unbind"
).split():
    twin(f"torch.{_name}_copy", f"torch.{_name}" if _name.startswith("view_as") else f"torch.Tensor.{_name}", _of_copy)
twin("torch.alias_copy", "torch.clone")
twin("torch.dequantize", "torch.Tensor.dequantize")
twin("torch.unsafe_split_with_sizes", "torch.split_with_sizes")
twin("torch.Tensor.unsafe_split_with_sizes", "torch.Tensor.split_with_sizes")


# -- pooling of quantized tensors ------------------------------------------------------------------------------------

for _n in (1, 2, 3):
    twin(f"torch.quantized_max_pool{_n}d", f"torch.max_pool{_n}d")


# -- products of sparse matrices -------------------------------------------------------------------------------------

for _name in ("dsmm", "hsmm", "hspmm", "smm", "spmm"):
    twin(f"torch.{_name}", "torch.mm")
twin("torch.Tensor.smm", "torch.Tensor.mm")
twin("torch.saddmm", "torch.addmm")
twin("torch.sspaddmm", "torch.addmm")
twin("torch.Tensor.sspaddmm", "torch.Tensor.addmm")


# -- the functions below those of torch.nn.functional ----------------------------------------------------------------

_REDUCTIONS = ("none", "mean", "sum")


def _reduction(value: object) -> str:
    """The word for the number of a reduction. Source: `at::Reduction` of ATen."""
    if isinstance(value, int) and 0 <= value < len(_REDUCTIONS):
        return _REDUCTIONS[value]
    raise NotKnown


def _loss(call: str) -> None:
    """A loss whose reduction is a number. Left out it is 0, whatever torch's stubs say."""
    path = call.partition("(")[0]
    name = path.rpartition(".")[2]
    words = [p.partition("=")[0].strip() for p in call.partition("(")[2].rstrip(")").split(",")]
    positional = words[: words.index("*")] if "*" in words else words

    def apply(c: Call, *args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(positional, args)), **kwargs}
        given["reduction"] = _reduction(given["reduction"])
        return apply_rule(c, rules[_F + name], (), given)

    declare(call, apply, "Tensor")


_loss("torch.cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0)")
_loss("torch.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=0, zero_infinity=False)")
_loss("torch.hinge_embedding_loss(input, target, margin=1.0, reduction=0)")
_loss("torch.kl_div(input, target, reduction=0, *, log_target=False)")
_loss("torch.poisson_nll_loss(input, target, log_input, full, eps, reduction)")
_loss("torch.triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-06, swap=False, reduction=0)")


@rule("torch.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    c: Call, input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None,
    reduction: object = 0,
) -> Tensor:  # fmt: skip
    """Input and target broadcast, which the functional does not allow."""
    kind = _reduction(reduction)
    shape = common_shape(c, [t for t in (input, target, weight, pos_weight) if t is not None], c.name)
    same = target.dtype == input.dtype and weight is None and pos_weight is None
    return Tensor(shape if kind == "none" else (), input.dtype if same else None, "torch", input.device)


@rule("torch.margin_ranking_loss")
def margin_ranking_loss(
    c: Call, input1: Tensor, input2: Tensor, target: Tensor, margin: object = 0.0, reduction: object = 0
) -> Tensor:
    """All three broadcast, which the functional does not allow."""
    kind = _reduction(reduction)
    shape = common_shape(c, (input1, input2, target), c.name)
    same = input1.dtype == input2.dtype == target.dtype
    return Tensor(shape if kind == "none" else (), input1.dtype if same else None, "torch", input1.device)


@rule("torch.Tensor.addbmm_")
def addbmm_(c: Call, self: Tensor, batch1: Tensor, batch2: Tensor, *, beta: object = 1, alpha: object = 1) -> Tensor:
    """Unlike others in place, it gives a tensor of fewer dims the shape of the result."""
    made = apply_rule(c, rules["torch.addbmm"], (self, batch1, batch2), {})
    if c.shape(made) != c.shape(self):
        raise NotKnown
    return self


@rule("torch.grid_sampler", "torch.grid_sampler_2d", "torch.grid_sampler_3d")
def grid_sampler(
    c: Call, input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: object
) -> object:
    """grid_sample, whose modes are numbers here. Source: `GridSamplerInterpolation` of ATen."""
    if interpolation_mode not in (0, 1, 2) or padding_mode not in (0, 1, 2):
        raise NotKnown
    modes = ("bilinear", "nearest", "bicubic")[interpolation_mode], ("zeros", "border", "reflection")[padding_mode]
    return apply_rule(c, rules[_F + "grid_sample"], (input, grid, *modes, align_corners), {})


@rule("torch.affine_grid_generator")
def affine_grid_generator(c: Call, theta: Tensor, size: object, align_corners: object) -> object:
    if any(less(d, 1) is not False for d in c.ints(size)):
        raise NotKnown  # only the functional looks at them
    if theta.dtype is not None and theta.dtype not in FLOATS:
        raise NotKnown
    return apply_rule(c, rules[_F + "affine_grid"], (theta, size, align_corners), {})


@rule("torch.embedding_bag")
def embedding_bag(
    c: Call, weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq: object = False, mode: int = 0,
    sparse: object = False, per_sample_weights: object = None, include_last_offset: object = False,
    padding_idx: object = None,
) -> object:  # fmt: skip
    """The bags, and three tensors for the backward pass."""
    if mode not in (0, 1, 2) or len(c.dims(indices)) != 1:
        raise NotKnown
    bags = apply_rule(c, rules[_F + "embedding_bag"], (indices, weight), {
        "offsets": offsets, "mode": ("sum", "mean", "max")[mode], "per_sample_weights": per_sample_weights,
        "include_last_offset": include_last_offset,
    })  # fmt: skip
    return bags, Tensor(None, indices.dtype), Tensor(None, indices.dtype), Tensor(None, indices.dtype)


@rule("torch.convolution")
def general_convolution(
    c: Call, input: Tensor, weight: Tensor, bias: object, stride: object, padding: object, dilation: object,
    transposed: bool, output_padding: object, groups: object,
) -> Tensor:  # fmt: skip
    """conv1d, conv2d, conv3d and their transposes, by the rank of the weight."""
    n = len(c.dims(weight)) - 2
    if n not in (1, 2, 3) or len(c.dims(input)) != n + 2:
        raise NotKnown
    given = None if bias is None else c.tensor(bias)
    if transposed:
        return transposed_convolution(c, n, input, weight, given, stride, padding, output_padding, groups, dilation)
    return convolved(c, n, input, weight, given, stride, padding, dilation, groups)
