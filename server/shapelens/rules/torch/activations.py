"""Activations, softmaxes, dropouts and the distances along a dim: torch.nn, torch.nn.functional, torch, torch.Tensor.

Most keep the shape of their input; glu halves a dim, cosine_similarity and pairwise_distance lose one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim, divides, exact_quotient, floordiv, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import declare, layer, rule
from shapelens.rules.torch.linear import needed, unclear
from shapelens.rules.torch.spatial import BOOL, COMPLEX, NOT_FLOAT, differ, layer_fix, no_dtypes, same_dtype
from shapelens.values import Instance, Open, Tensor
from shapelens.values.dtypes import category, promote

_F = "torch.nn.functional."
_INTS = NOT_FLOAT - BOOL - COMPLEX

# Which dtypes have no kernel, and whether integers become float32. Seen by running torch 2.13 on every dtype.
_FLOAT_ONLY = NOT_FLOAT, False
_COMPLEX_TOO = _INTS | BOOL, False
_NUMBERS = BOOL | COMPLEX, False
_PROMOTING = frozenset[str](), True
_PROMOTING_NUMBERS = BOOL, True

# The class, its constructor, its functional's parameters after the input, and dtypes.
_ACTIVATIONS: tuple[tuple[str, str, str, tuple[frozenset[str], bool]], ...] = (
    ("CELU", "alpha=1.0, inplace=False", "alpha=1.0, inplace=False", _FLOAT_ONLY),
    ("ELU", "alpha=1.0, inplace=False", "alpha=1.0, inplace=False", _FLOAT_ONLY),
    ("GELU", "approximate='none'", "*, approximate='none'", _FLOAT_ONLY),
    ("Hardshrink", "lambd=0.5", "lambd=0.5", _FLOAT_ONLY),
    ("Hardsigmoid", "inplace=False", "inplace=False", _FLOAT_ONLY),
    ("Hardswish", "inplace=False", "inplace=False", _FLOAT_ONLY),
    ("Hardtanh", "min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None",
     "min_val=-1.0, max_val=1.0, inplace=False", _NUMBERS),
    ("LeakyReLU", "negative_slope=0.01, inplace=False", "negative_slope=0.01, inplace=False", _FLOAT_ONLY),
    ("LogSigmoid", "", "", _FLOAT_ONLY),
    ("Mish", "inplace=False", "inplace=False", _FLOAT_ONLY),
    ("RReLU", "lower=0.125, upper=1 / 3, inplace=False", "lower=0.125, upper=1 / 3, training=False, inplace=False",
     _FLOAT_ONLY),
    ("ReLU", "inplace=False", "inplace=False", _NUMBERS),
    ("ReLU6", "inplace=False", "inplace=False", _NUMBERS),
    ("SELU", "inplace=False", "inplace=False", _FLOAT_ONLY),
    ("SiLU", "inplace=False", "inplace=False", _COMPLEX_TOO),
    ("Sigmoid", "", "", _PROMOTING),
    ("Softplus", "beta=1.0, threshold=20.0", "beta=1.0, threshold=20.0", _FLOAT_ONLY),
    ("Softshrink", "lambd=0.5", "lambd=0.5", _FLOAT_ONLY),
    ("Softsign", "", "", _PROMOTING_NUMBERS),
    ("Tanh", "", "", _PROMOTING),
    ("Tanhshrink", "", "", _PROMOTING_NUMBERS),
    ("Threshold", "threshold, value, inplace=False", "threshold, value, inplace=False", _NUMBERS),
)  # fmt: skip
_FUNCTIONAL = {"LeakyReLU": "leaky_relu"}

# The same functions under other names, in torch and as methods of Tensor, and their in-place forms.
_ELSEWHERE = (
    ("ReLU", "torch.relu|torch.relu_|torch.Tensor.relu|torch.Tensor.relu_|torch.nn.functional.relu_", ""),
    ("Sigmoid", "torch.sigmoid|torch.Tensor.sigmoid|torch.special.expit", "*, out=None"),
    ("Tanh", "torch.tanh|torch.Tensor.tanh", "*, out=None"),
    ("Hardshrink", "torch.hardshrink|torch.Tensor.hardshrink", "lambd=0.5, *, out=None"),
    ("SELU", "torch.selu|torch.selu_|torch.nn.functional.selu_", ""),
    ("CELU", "torch.celu|torch.celu_|torch.nn.functional.celu_", "alpha=1.0"),
    ("ELU", "torch.nn.functional.elu_", "alpha=1.0"),
    ("LeakyReLU", "torch.nn.functional.leaky_relu_", "negative_slope=0.01"),
    ("RReLU", "torch.rrelu|torch.rrelu_|torch.nn.functional.rrelu_", "lower=0.125, upper=1 / 3, training=False, "
     "generator=None"),
    ("Hardtanh", "torch.nn.functional.hardtanh_", "min_val=-1.0, max_val=1.0"),
    ("Threshold", "torch.threshold|torch.threshold_|torch.nn.functional.threshold_", "threshold, value"),
)  # fmt: skip
_IN_PLACE = ("torch.sigmoid_", "torch.Tensor.sigmoid_", "torch.tanh_", "torch.Tensor.tanh_")


def _activated(c: Call, input: Tensor, dtypes: tuple[frozenset[str], bool]) -> Tensor:
    """A tensor of the input's shape; fails on a dtype that has no kernel."""
    dtype = input.dtype
    if dtype is not None and dtype != "float32":
        no_dtypes(c, input, dtypes[0])
        if dtypes[1] and category(dtype) < 2:
            dtype = "float32"
    return Tensor(input.shape, dtype, device=input.device)


def _activation(dtypes: tuple[frozenset[str], bool]) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    def forward(c: Call, self: Instance, input: Tensor) -> Tensor:
        return _activated(c, input, dtypes)

    def function(c: Call, input: Tensor, *_: object, **options: object) -> Tensor:
        return _activated(c, input, dtypes)

    return forward, function


def _activation_setup(c: Call, self: Instance) -> None:
    a = self.attrs
    if c.name == "Hardtanh":
        for old, new in (("min_value", "min_val"), ("max_value", "max_val")):
            value = a.pop(old)
            a[new] = a[new] if value is None else value
        low, high = a["min_val"], a["max_val"]
        if isinstance(low, (int, float)) and isinstance(high, (int, float)) and not high > low:
            c.fail("argument-value", f"{c.name}: max_val {high} must be greater than min_val {low}")


for _name, _made, _given, _dtypes in _ACTIVATIONS:
    _forward, _function = _activation(_dtypes)
    _bases = ("torch.nn.Hardtanh",) if _name == "ReLU6" else ("torch.nn.Module",)
    layer(f"torch.nn.{_name}", _made, setup=_activation_setup, bases=_bases)(_forward)
    declare(f"{_F}{_FUNCTIONAL.get(_name, _name.lower())}(input, {_given})", _function)
    for _other, _paths, _parameters in _ELSEWHERE:
        if _other == _name:
            declare(f"{_paths}(input, {_parameters})", _function)


@rule(*_IN_PLACE)
def _in_place(c: Call, input: Tensor) -> Tensor:
    no_dtypes(c, input, _INTS | BOOL)
    return Tensor(input.shape, input.dtype, device=input.device)


# -- softmax -------------------------------------------------------------------------------------------------------


def softmax(c: Call, input: Tensor, dim: object, dtype: object = None) -> Tensor:
    """(*) -> (*); fails where the tensor has no dim `dim`, and on integers unless a float dtype is asked for."""
    shape = c.shape(input)
    if type(dim) is int and isinstance(shape, tuple):
        c.axis(dim, len(shape), input)
    if dtype is None:
        found = input.dtype
    else:
        found = c.dtype(dtype)
    if found in NOT_FLOAT:
        c.fail("dtype-mismatch", f"{c.name} is not implemented for {found}", input)
    return Tensor(shape, found, device=input.device)


@rule(*(_F + n for n in ("softmax", "log_softmax", "softmin")))
def _functional_softmax(
    c: Call, input: Tensor, dim: object = None, _stacklevel: object = 3, dtype: object = None
) -> Tensor:
    return softmax(c, input, dim, dtype)


@rule(*(f"torch.{place}{n}" for place in ("", "Tensor.", "special.") for n in ("softmax", "log_softmax")))
def _torch_softmax(
    c: Call, input: Tensor, dim: object = None, dtype: object = None, *, axis: object = None, out: object = None
) -> Tensor:
    return softmax(c, input, axis if dim is None else dim, dtype)


@rule(_F + "gumbel_softmax")
def _gumbel_softmax(
    c: Call, logits: Tensor, tau: object = 1, hard: object = False, eps: object = 1e-10, dim: object = -1
) -> Tensor:
    return softmax(c, logits, dim)


def _softmax_forward(c: Call, self: Instance, input: Tensor) -> Tensor:
    return softmax(c, input, self.attrs["dim"])


for _name in ("Softmax", "LogSoftmax", "Softmin"):
    layer(f"torch.nn.{_name}", "dim=None")(_softmax_forward)


@layer("torch.nn.Softmax2d", "")
def _softmax2d(c: Call, self: Instance, input: Tensor) -> Tensor:
    dims = c.dims(input, ("B", "C", "H", "W"))
    if len(dims) not in (3, 4):
        c.fail("rank-mismatch", f"{c.name} expects (B, C, H, W) or (C, H, W), got {c.text(input)}", input)
    return softmax(c, input, -3)


# -- glu and prelu -------------------------------------------------------------------------------------------------


@rule(_F + "glu")
def glu(c: Call, input: Tensor, dim: object = -1) -> Tensor:
    """(*, D, *) -> (*, D / 2, *)."""
    no_dtypes(c, input, NOT_FLOAT)
    shape = c.shape(input)
    if type(dim) is not int:
        raise NotKnown
    if isinstance(shape, Open) and dim < 0:
        shape = c.store.at_least(shape, 0, -dim)
        back = len(shape.suffix) + dim
        half = _half(c, input, shape.suffix[back], dim)
        suffix = (*shape.suffix[:back], half, *shape.suffix[back + 1 :])
        return Tensor(Open(shape.prefix, shape.var, suffix), input.dtype, device=input.device)
    dims = c.dims(input)
    if not dims:
        c.fail("rank-mismatch", f"{c.name} needs a dim to halve, got a tensor of rank 0", input)
    axis = c.axis(dim, len(dims), input)
    halved = (*dims[:axis], _half(c, input, dims[axis], dim), *dims[axis + 1 :])
    return Tensor(halved, input.dtype, device=input.device)


def _half(c: Call, input: Tensor, size: Dim, dim: int) -> Dim:
    if divides(2, size) is False:
        c.fail(
            "argument-value",
            f"{c.name} halves dim {dim}, which is odd: {c.dim_text(size)} in {c.text(input)}",
            input,
        )
    half = exact_quotient(size, 2)
    return floordiv(size, 2) if half is None else half


@layer("torch.nn.GLU", "dim=-1")
def _glu_forward(c: Call, self: Instance, input: Tensor) -> Tensor:
    return glu(c, input, self.attrs["dim"])


@rule(_F + "prelu", "torch.prelu", "torch.Tensor.prelu")
def prelu(c: Call, input: Tensor, weight: Tensor) -> Tensor:
    """(B, C, *) with a weight of (C,), or of one element, keeps its shape."""
    dtype = same_dtype(c, input, weight, "weight")
    no_dtypes(c, input, NOT_FLOAT)
    slopes, shape = c.shape(weight), c.shape(input)
    if not isinstance(slopes, tuple):
        return Tensor(shape, dtype, device=input.device)
    if len(slopes) == 1 and less(1, slopes[0]):
        if isinstance(shape, Open) and len(shape.prefix) < 2:
            shape = c.store.at_least(shape, 2, 0)
        channels: Dim | None = None
        if isinstance(shape, Open):
            channels = shape.prefix[1]
        elif isinstance(shape, tuple):
            if not shape:
                c.fail("rank-mismatch", f"{c.name} with {c.text(weight)} slopes needs (B, C, …), got rank 0", input)
            channels = shape[1] if len(shape) > 1 else 1
        if channels is not None and differ(c, slopes[0], channels):
            _prelu_channels(c, input, weight, channels)
    elif len(slopes) > 1:
        c.fail("rank-mismatch", f"{c.name} expects a weight of (C,) or of one number, got {c.text(weight)}", weight)
    return Tensor(shape, dtype, device=input.device)


def _prelu_channels(c: Call, input: Tensor, weight: Tensor, channels: Dim) -> None:
    slopes = c.dims(weight)[0]
    c.fail(
        "channel-mismatch",
        f"{c.name} has {c.dim_text(slopes)} slopes (num_parameters), one for each channel, got "
        f"{c.dim_text(channels)} channels in {c.text(input)}",
        input,
        *([] if c.layer is not None else [weight]),
        fixes=layer_fix(c, "num_parameters", channels),
    )


@layer(
    "torch.nn.PReLU", "num_parameters=1, init=0.25, device=None, dtype=None", parameters={"weight": "num_parameters"}
)
def _prelu_forward(c: Call, self: Instance, input: Tensor) -> Tensor:
    return prelu(c, input, needed(c, "weight"))


# -- dropout -------------------------------------------------------------------------------------------------------


def dropout(c: Call, input: Tensor, p: object, training: object, ranks: tuple[int, ...] = ()) -> Tensor:
    """(*) -> (*). `ranks` are those that the dropout of whole channels accepts."""
    _probability(c, p)
    shape = c.shape(input)
    if ranks and isinstance(shape, tuple) and len(shape) not in ranks:
        wanted = " or ".join(str(r) for r in ranks)
        c.fail("rank-mismatch", f"{c.name} expects a tensor of rank {wanted}, got {c.text(input)}", input)
    if training is True and isinstance(p, (int, float)) and 0 < p < 1:
        no_dtypes(c, input, _INTS | BOOL)
    return Tensor(shape, input.dtype, device=input.device)


def _probability(c: Call, p: object) -> None:
    if isinstance(p, (int, float)) and not 0 <= p <= 1:
        c.fail("argument-value", f"{c.name}: p must be between 0 and 1, got {p}")


_RANKS = {"1d": (2, 3)}


def _channel_dropout(kind: str) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    ranks = _RANKS.get(kind, ())

    def forward(c: Call, self: Instance, input: Tensor) -> Tensor:
        return dropout(c, input, self.attrs["p"], None, ranks)

    def function(c: Call, input: Tensor, p: object, training: object, inplace: object) -> Tensor:
        return dropout(c, input, p, training, ranks)

    return forward, function


def _dropout_setup(c: Call, self: Instance) -> None:
    _probability(c, self.attrs["p"])


for _name, _kind, _training in (
    ("Dropout", "", True),
    ("Dropout1d", "1d", True),
    ("Dropout2d", "2d", True),
    ("Dropout3d", "3d", True),
    ("AlphaDropout", "", False),
    ("FeatureAlphaDropout", "", False),
):
    _forward, _function = _channel_dropout(_kind)
    _short = {"AlphaDropout": "alpha_dropout", "FeatureAlphaDropout": "feature_alpha_dropout"}.get(_name, _name.lower())
    layer(f"torch.nn.{_name}", "p=0.5, inplace=False", setup=_dropout_setup)(_forward)
    declare(f"{_F}{_short}(input, p=0.5, training={_training}, inplace=False)", _function)


@rule(
    *(f"torch.{n}{end}" for end in ("", "_") for n in ("dropout", "alpha_dropout", "feature_dropout")),
    "torch.feature_alpha_dropout",
    "torch.feature_alpha_dropout_",
)
def _torch_dropout(c: Call, input: Tensor, p: object, train: object) -> Tensor:
    return dropout(c, input, p, None)


@rule("torch.native_dropout")
def _native_dropout(c: Call, input: Tensor, p: object, train: object) -> object:
    kept = "bool" if train is True or train is None else None
    return Tensor(input.shape, input.dtype, device=input.device), Tensor(input.shape, kept, device=input.device)


# -- distances -----------------------------------------------------------------------------------------------------


_MODULUS = {"complex64": "float32", "complex128": "float64"}


def _common(c: Call, x1: Tensor, x2: Tensor) -> tuple[Dim, ...]:
    """The broadcast dims of two tensors."""
    return c.broadcast(c.dims(x1), c.dims(x2), tensors=(x1, x2))


def _distance_dtype(x1: Tensor, x2: Tensor) -> str | None:
    """The dtype of a difference: a tensor of rank 0 counts only by its category, which is not modelled."""
    return None if x1.shape == () or x2.shape == () else promote(x1.dtype, x2.dtype)


@rule(_F + "cosine_similarity", "torch.cosine_similarity")
def cosine_similarity(c: Call, x1: Tensor, x2: Tensor, dim: object = 1, eps: object = 1e-8) -> Tensor:
    """The broadcast shape without `dim`."""
    dims = _common(c, x1, x2)
    dtype = _distance_dtype(x1, x2)
    if dtype in NOT_FLOAT:
        c.fail("dtype-mismatch", f"{c.name} needs floating point, got {dtype}", x1, x2)
    if type(dim) is not int:
        raise NotKnown
    axis = c.axis(dim, len(dims), Tensor(dims))
    return Tensor(dims[:axis] + dims[axis + 1 :], dtype, device=x1.device)


@layer("torch.nn.CosineSimilarity", "dim=1, eps=1e-8")
def _cosine_forward(c: Call, self: Instance, x1: Tensor, x2: Tensor) -> Tensor:
    return cosine_similarity(c, x1, x2, self.attrs["dim"])


@rule(_F + "pairwise_distance", "torch.pairwise_distance")
def pairwise_distance(
    c: Call, x1: Tensor, x2: Tensor, p: object = 2.0, eps: object = 1e-6, keepdim: object = False
) -> Tensor:
    """The broadcast shape without its last dim, or with a 1 there."""
    dims = _common(c, x1, x2)
    dtype = _distance_dtype(x1, x2)
    if dtype == "bool":
        c.fail("dtype-mismatch", f"{c.name} does not subtract bool tensors", x1, x2)
    if dtype is not None:
        dtype = (
            "float32" if category(dtype) < 2 else {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
        )
    if unclear(keepdim):
        raise NotKnown
    return Tensor(dims[:-1] + ((1,) if keepdim and dims else ()), dtype, device=x1.device)


@layer("torch.nn.PairwiseDistance", "p=2.0, eps=1e-6, keepdim=False", setup=lambda c, self: _rename_norm(self.attrs))
def _pairwise_forward(c: Call, self: Instance, x1: Tensor, x2: Tensor) -> Tensor:
    return pairwise_distance(c, x1, x2, keepdim=self.attrs["keepdim"])


def _rename_norm(attrs: dict[str, Any]) -> None:
    attrs["norm"] = attrs.pop("p")  # torch's own name for it


@rule(_F + "pdist", "torch.pdist")
def pdist(c: Call, input: Tensor, p: object = 2) -> Tensor:
    """(N, D) -> (N (N - 1) / 2,)."""
    dims = c.dims(input, ("N", "D"))
    if len(dims) != 2:
        c.fail("rank-mismatch", f"{c.name} expects (N, D), got {c.text(input)}", input)
    no_dtypes(c, input, NOT_FLOAT)
    n = dims[0]
    return Tensor((floordiv(n * (n - 1), 2),), input.dtype, device=input.device)
