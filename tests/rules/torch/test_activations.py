"""Activations, softmaxes, dropouts and distances, held against torch on every dtype and rank."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.rules.torch.activations import _ACTIVATIONS, _ELSEWHERE, _FUNCTIONAL, _IN_PLACE
from shapelens.values import Hole, Open, Store, Tensor, Unknown
from tests.rules.torch.harness import Shaped, call, check, check_layer
from tests.rules.torch.test_linear import made, run

F = "torch.nn.functional."
DTYPES = (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int8, torch.uint8,
    torch.bool, torch.complex64,
)  # fmt: skip
some = st.integers(1, 4)
shapes = st.lists(st.integers(1, 3), max_size=5)
NAMES = [row[0] for row in _ACTIVATIONS]
NEEDED = {"Threshold": (0.5, 2.0)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_activation_dtypes(name: str, dtype: torch.dtype) -> None:
    x, more = torch.ones(2, 4).to(dtype), NEEDED.get(name, ())
    # A uint8 tensor is refused for the value of an argument, -1, which is not ours to know.
    miss = name == "Hardtanh" and dtype == torch.uint8
    check_layer(f"torch.nn.{name}", more, {}, x, may_miss=miss)
    check(F + _FUNCTIONAL.get(name, name.lower()), x, *more, may_miss=miss)
    for other, paths, _ in _ELSEWHERE:
        if other == name:
            for path in paths.split("|"):
                check(path, x.clone(), *more, may_miss=miss)


@pytest.mark.parametrize("path", _IN_PLACE)
@pytest.mark.parametrize("dtype", DTYPES)
def test_in_place_dtypes(path: str, dtype: torch.dtype) -> None:
    check(path, torch.ones(2, 3).to(dtype))


@given(st.sampled_from(NAMES), shapes)
def test_activations_keep_shapes(name: str, shape: list[int]) -> None:
    check_layer(f"torch.nn.{name}", NEEDED.get(name, ()), {}, torch.ones(shape))


@pytest.mark.parametrize("low", [-2.0, 0.0, 2.0])
def test_hardtanh_limits(low: float) -> None:
    check_layer("torch.nn.Hardtanh", (low, 1.0), {}, torch.ones(2))


@given(shapes, st.integers(-6, 5), st.sampled_from((torch.float32, torch.float16, torch.int64, torch.bool)))
def test_softmax(shape: list[int], dim: int, dtype: torch.dtype) -> None:
    x = torch.ones(shape).to(dtype)
    for name in ("softmax", "log_softmax"):
        for path in (F, "torch.", "torch.Tensor."):
            check(path + name, x, dim)
            check(path + name, x, dim=dim, dtype=torch.float64)
    check(F + "softmin", x, dim)
    for layer in ("Softmax", "LogSoftmax", "Softmin"):
        check_layer(f"torch.nn.{layer}", (dim,), {}, x)
    if dtype == torch.float32:
        check(F + "gumbel_softmax", x, dim=dim)


def test_softmax_without_dim_and_with_axis() -> None:
    check(F + "softmax", torch.ones(2, 3))
    check("torch.softmax", torch.ones(2, 3), axis=1)
    check("torch.softmax", torch.ones(2, 3), 0, dtype=torch.int64)


@given(shapes)
def test_softmax2d(shape: list[int]) -> None:
    check_layer("torch.nn.Softmax2d", (), {}, torch.ones(shape))


@given(st.lists(st.integers(0, 5), max_size=4), st.integers(-5, 4))
def test_glu(shape: list[int], dim: int) -> None:
    check(F + "glu", torch.ones(shape), dim)
    check_layer("torch.nn.GLU", (dim,), {}, torch.ones(shape))


def test_glu_of_open_and_symbolic_shapes() -> None:
    store = Store()
    hole = Hole("x")
    out = apply_rule(Call(store), rules[F + "glu"], [Unknown(hole=hole), -1], {})
    assert isinstance(out.shape, Open)
    d = symbol("D")
    assert call(F + "glu", Tensor((3, 2 * d), "float32")).shape == (3, d)
    with pytest.raises(Failure):
        call(F + "glu", Tensor((3, 2 * d + 1), "float32"))


@given(st.lists(some, max_size=4), some, st.sampled_from((torch.float32, torch.float64, torch.int64)))
def test_prelu(shape: list[int], slopes: int, dtype: torch.dtype) -> None:
    x = torch.ones(shape).to(dtype)
    check_layer("torch.nn.PReLU", (slopes,), {}, x)
    check(F + "prelu", x, torch.ones(slopes))
    check("torch.prelu", torch.ones(shape), torch.ones([slopes] * (slopes - 1)))


def test_prelu_teaches_the_channels() -> None:
    store, layer = made("torch.nn.PReLU", 64)
    hole = Hole("x")
    run(store, layer, Unknown(hole=hole))
    assert store.value(store.hole(hole)).shape.prefix[1] == 64
    with pytest.raises(Failure) as caught:
        run(store, layer, Tensor((2, 32), "float32"))
    assert str(caught.value) == (
        "PReLU has 64 slopes (num_parameters), one for each channel, got 32 channels in (2, 32)"
    )
    assert caught.value.fixes[0].argument == "num_parameters"


DROPOUTS = ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")


@given(st.sampled_from(DROPOUTS), shapes, st.sampled_from((-0.1, 0, 0.5, 1.0, 1.5)))
def test_dropout(name: str, shape: list[int], p: float) -> None:
    check_layer(f"torch.nn.{name}", (p,), {}, torch.ones(shape))
    functional = {"AlphaDropout": "alpha_dropout", "FeatureAlphaDropout": "feature_alpha_dropout"}
    path = F + functional.get(name, name.lower())
    check(path, torch.ones(shape), p, False)
    check(path, torch.ones(shape), p, True, may_miss=True)  # whole channels need rank 2 in training


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("training", [True, False])
def test_dropout_dtypes(dtype: torch.dtype, training: bool) -> None:
    check(F + "dropout", torch.ones(2, 3).to(dtype), 0.5, training)
    check("torch.dropout", torch.ones(2, 3).to(dtype), 0.5, training, may_miss=True)


def test_native_dropout() -> None:
    check("torch.native_dropout", torch.ones(2, 3), 0.5, True)


@st.composite
def broadcastable(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Two shapes that mostly broadcast."""
    common = draw(st.lists(some, max_size=3))
    first, second = ([draw(st.sampled_from((1, n, n))) for n in common] for _ in range(2))
    drop = draw(st.integers(0, len(common)))
    if draw(st.booleans()) and second:
        second[0] += draw(st.integers(0, 1))
    return first, second[drop:]


@given(broadcastable(), st.integers(-4, 3), st.booleans())
def test_distances(pair: tuple[list[int], list[int]], dim: int, keepdim: bool) -> None:
    a, b = torch.ones(pair[0]), torch.ones(pair[1])
    check(F + "cosine_similarity", a, b, dim, allow_unknown=True)
    check("torch.cosine_similarity", b, a, dim=dim, allow_unknown=True)
    check_layer("torch.nn.CosineSimilarity", (dim,), {}, a, b, allow_unknown=True)
    check(F + "pairwise_distance", a, b, keepdim=keepdim, allow_unknown=True)
    check("torch.pairwise_distance", b, a, keepdim=keepdim, allow_unknown=True)
    check_layer("torch.nn.PairwiseDistance", (), {"keepdim": keepdim}, a, b, allow_unknown=True)


@pytest.mark.parametrize("a", DTYPES)
@pytest.mark.parametrize("b", DTYPES)
def test_distance_dtypes(a: torch.dtype, b: torch.dtype) -> None:
    x, y = torch.ones(2, 3).to(a), torch.ones(2, 3).to(b)
    check(F + "cosine_similarity", x, y)
    check(F + "pairwise_distance", x, y, may_miss=torch.bool in (a, b))


@given(st.lists(st.integers(0, 4), max_size=3))
def test_pdist(shape: list[int]) -> None:
    check(F + "pdist", torch.ones(shape))
    check("torch.pdist", torch.ones(shape))


@pytest.mark.parametrize(
    ("path", "args"),
    [("torch.nn.ReLU", ()), ("torch.nn.Softmax", (-1,)), ("torch.nn.Dropout", (0.1,))],
)
def test_open_and_symbolic_shapes_pass_through(path: str, args: tuple[Any, ...]) -> None:
    store, layer = made(path, *args)
    b = symbol("B")
    assert run(store, layer, Tensor((b, 4), "float32")) == Shaped((b, 4), "float32")
    assert isinstance(run(store, layer, Unknown(hole=Hole("x"))).shape, Open)
    assert run(store, layer, Tensor(None)).shape is None
