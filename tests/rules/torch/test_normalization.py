"""Normalizations against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Failure
from shapelens.rules.registry import call_layer
from shapelens.values import UNKNOWN, Hole, Open, Origin, ShapeVar, Tensor, Unknown
from tests.rules.torch.harness import Shaped, call, check, check_layer
from tests.rules.torch.symbolic import agrees, layer_run, made

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64]
dtypes = st.sampled_from([torch.float32] * 8 + DTYPES)
shapes = st.lists(st.integers(0, 3), max_size=6).map(tuple)


def loose(x: torch.Tensor, miss: bool = False, unknown: bool = False) -> dict[str, bool]:
    """Of a tensor without elements torch checks little: we must not alarm, but may know less."""
    return {"may_miss": miss or x.numel() == 0, "allow_unknown": unknown or x.numel() == 0}


@st.composite
def channelled(draw: Any, low: int = 2, high: int = 5) -> tuple[tuple[int, ...], int]:
    """A shape and the number of channels that a layer would want of it, mostly those in dim 1."""
    shape = draw(st.lists(st.integers(1 if draw(st.integers(0, 5)) else 0, 4), min_size=low, max_size=high))
    if draw(st.integers(0, 9)) == 0:
        shape = draw(shapes)
    channels = shape[1] if len(shape) > 1 and draw(st.integers(0, 4)) else draw(st.integers(1, 4))
    return tuple(shape), channels


@pytest.mark.parametrize("kind", ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"])
@given(channelled(), st.booleans(), st.booleans(), st.booleans(), dtypes)
def test_batch_norm(kind: str, case: Any, affine: bool, track: bool, bias: bool, dtype: torch.dtype) -> None:
    shape, channels = case
    rank = {"BatchNorm1d": 3, "BatchNorm2d": 4, "BatchNorm3d": 5}.get(kind)
    if rank is not None and shape and shape[0]:
        shape = (*shape[:rank], *(2,) * (rank - len(shape)))
    kwargs = {"affine": affine, "track_running_stats": track, "bias": bias}
    x = torch.zeros(shape, dtype=dtype)
    # Without statistics of its own a layer needs more than one value, as in training, where we do not look.
    check_layer(f"torch.nn.{kind}", (channels,), kwargs, x, **loose(x, not track))
    if kind != "SyncBatchNorm":
        check_layer(f"torch.nn.Lazy{kind}", (), kwargs, x, **loose(x, not track))


@given(channelled(2, 5), st.sampled_from([1, 2, 3]), st.booleans(), st.booleans(), st.booleans(), dtypes)
def test_instance_norm(case: Any, n: int, affine: bool, track: bool, unbatched: bool, dtype: torch.dtype) -> None:
    shape, channels = case
    shape = (*shape[: n + 2], *(2,) * (n + 2 - len(shape)))
    if unbatched:
        shape = shape[1:]
    if len(shape) > 1 and shape[0] == 0:
        shape = (1, *shape[1:])
    kwargs = {"affine": affine, "track_running_stats": track}
    x = torch.zeros(shape, dtype=dtype)
    check_layer(f"torch.nn.InstanceNorm{n}d", (channels,), kwargs, x, **loose(x))
    check_layer(f"torch.nn.LazyInstanceNorm{n}d", (), kwargs, x, **loose(x, unbatched, unbatched))


@given(
    channelled(1, 5), st.sets(st.sampled_from(["running_mean", "running_var", "weight", "bias"])), st.booleans(), dtypes
)
def test_functional_norms(case: Any, given: set[str], training: bool, dtype: torch.dtype) -> None:
    shape, channels = case
    x, vector = torch.zeros(shape, dtype=dtype), torch.zeros(channels)
    values = [vector if name in given else None for name in ("running_mean", "running_var", "weight", "bias")]
    one = ("running_mean" in given) != ("running_var" in given)
    check("torch.nn.functional.batch_norm", x, *values, training=training, **loose(x, one))
    check("torch.nn.functional.instance_norm", x, *values, use_input_stats=training, **loose(x, one))
    if len(shape) > 1:
        last = (True, 0.1, 1e-5, True)
        check("torch.batch_norm", x, *values[2:], *values[:2], *last, **loose(x, True))
        check("torch.instance_norm", x, *values[2:], *values[:2], *last, **loose(x, True))


@given(channelled(1, 5), st.integers(1, 4), st.booleans(), st.booleans(), dtypes)
def test_group_norm(case: Any, groups: int, affine: bool, bias: bool, dtype: torch.dtype) -> None:
    shape, channels = case
    x = torch.zeros(shape, dtype=dtype)
    check_layer("torch.nn.GroupNorm", (groups, channels), {"affine": affine, "bias": bias}, x, **loose(x))
    weight = torch.zeros(channels) if affine else None
    check("torch.nn.functional.group_norm", x, groups, weight, weight if bias else None, **loose(x))
    check("torch.group_norm", x, groups, weight, weight if bias else None, **loose(x))


@given(shapes, st.integers(0, 3), st.booleans(), st.booleans(), dtypes, st.data())
def test_layer_norm(shape: tuple[int, ...], k: int, affine: bool, bias: bool, dtype: torch.dtype, data: Any) -> None:
    wanted: Any = shape[len(shape) - min(k, len(shape)) :]
    if data.draw(st.integers(0, 4)) == 0:
        wanted = tuple(data.draw(st.lists(st.integers(1, 3), max_size=3)))
    if len(wanted) == 1 and data.draw(st.booleans()):
        wanted = wanted[0]
    x = torch.zeros(shape, dtype=dtype)
    kwargs = {"elementwise_affine": affine}
    check_layer("torch.nn.LayerNorm", (wanted,), {**kwargs, "bias": bias}, x, **loose(x))
    mixed = dtype != torch.float32
    check_layer("torch.nn.RMSNorm", (wanted,), kwargs, x, **loose(x, False, mixed))
    size = data.draw(st.sampled_from([wanted, (2,)])) if isinstance(wanted, tuple) else (wanted,)
    weight = torch.zeros(size) if affine else None
    check("torch.nn.functional.layer_norm", x, wanted, weight, weight if bias else None, **loose(x))
    check("torch.nn.functional.rms_norm", x, wanted, weight, **loose(x, False, mixed))
    check("torch.layer_norm", x, wanted, weight, **loose(x))
    check("torch.rms_norm", x, wanted, weight, **loose(x, False, mixed))


@given(shapes, st.integers(0, 4), dtypes)
def test_response_norms(shape: tuple[int, ...], size: int, dtype: torch.dtype) -> None:
    x = torch.zeros(shape, dtype=dtype)
    if dtype in (torch.float16, torch.bfloat16) and len(shape) > 3:
        return  # only a CPU cannot do that
    check_layer("torch.nn.LocalResponseNorm", (size,), {}, x, **loose(x))
    check("torch.nn.functional.local_response_norm", x, max(size, 1), **loose(x))
    if dtype.is_floating_point and size:
        check_layer("torch.nn.CrossMapLRN2d", (size,), {}, x, **loose(x))


@given(shapes, st.one_of(st.integers(-4, 4), st.lists(st.integers(-3, 3), max_size=3).map(tuple)), dtypes)
def test_normalize(shape: tuple[int, ...], dim: Any, dtype: torch.dtype) -> None:
    x = torch.zeros(shape, dtype=dtype)
    check("torch.nn.functional.normalize", x, dim=dim, **loose(x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weight", [torch.float16, torch.float32, torch.float64])
def test_dtypes(dtype: torch.dtype, weight: torch.dtype) -> None:
    x, w = torch.zeros(2, 4, 4, dtype=dtype), torch.zeros(4, dtype=weight)
    check("torch.nn.functional.batch_norm", x, w, w, w, w)
    check("torch.nn.functional.instance_norm", x, w, w, w, w)
    check("torch.nn.functional.group_norm", x, 2, w, w)
    check("torch.nn.functional.layer_norm", x, (4,), w, w)
    check("torch.nn.functional.rms_norm", x, (4,), w, allow_unknown=dtype != weight)


@pytest.mark.parametrize("args", [(4.0,), ((4.0,),), ("4",), (-1,), ([],), ((),), ([2, 4],), (5,), ((4, 2),)])
def test_layer_norm_arguments(args: tuple[Any, ...]) -> None:
    check_layer("torch.nn.LayerNorm", args, {}, torch.zeros(3, 2, 4))
    check_layer("torch.nn.RMSNorm", args, {}, torch.zeros(3, 2, 4))
    check("torch.nn.functional.layer_norm", torch.zeros(3, 2, 4), *args)


@pytest.mark.parametrize("args", [(3, 4), (2, 4), (64, 32), (-2, 4), (2.0, 4), (2, 4.0), (2, -4), (1, 0)])
def test_group_norm_arguments(args: tuple[Any, ...]) -> None:
    check_layer("torch.nn.GroupNorm", args, {}, torch.zeros(3, 4, 4))


@pytest.mark.parametrize("args", [(3.0,), (-1,), ("3",), (None,), (0,)])
def test_batch_norm_arguments(args: tuple[Any, ...]) -> None:
    check_layer("torch.nn.BatchNorm2d", args, {}, torch.zeros(3, 3, 4, 4))


@given(st.tuples(*[st.integers(1, 4)] * 4))
def test_symbolic(shape: tuple[int, ...]) -> None:
    agrees(layer_run("torch.nn.BatchNorm2d", shape[1]), shape)
    agrees(layer_run("torch.nn.InstanceNorm2d", shape[1], affine=True), shape)
    agrees(layer_run("torch.nn.GroupNorm", 1, shape[1]), shape)
    agrees(layer_run("torch.nn.LayerNorm", shape[2:]), shape)
    agrees(layer_run("torch.nn.LocalResponseNorm", 2), shape)


def test_an_open_input_is_taught() -> None:
    for path, args, shown in (
        ("torch.nn.BatchNorm2d", (64,), "(B, 64, H, W)"),
        ("torch.nn.BatchNorm1d", (64,), "(B, 64, …)"),
        ("torch.nn.InstanceNorm1d", (64,), "(B, C, L)"),
        ("torch.nn.GroupNorm", (8, 64), "(B, 64, …)"),
        ("torch.nn.LayerNorm", (64,), "(…, 64)"),
    ):
        c, norm = made(path, *args)
        x = Unknown("x", Hole("x"))
        found = call_layer(c, path, norm, [x], {})
        assert c.text(c.tensor(x)) == c.text(found) == shown


def test_features_known_at_the_end_are_not_taken_for_channels() -> None:
    c, norm = made("torch.nn.BatchNorm1d", 32)
    x = Tensor(Open((), ShapeVar(), (32,)), "float32")
    assert c.text(call_layer(c, "torch.nn.BatchNorm1d", norm, [x], {})) == "(…, 32)"


def test_reading_back_what_was_configured() -> None:
    _, norm = made("torch.nn.BatchNorm2d", 64)
    for name in ("weight", "bias", "running_mean", "running_var"):
        assert norm.attrs[name] == Shaped((64,), "float32")
    assert norm.attrs["weight"].parameter
    assert not norm.attrs["running_mean"].parameter
    assert norm.attrs["num_batches_tracked"] == Shaped((), "int64")
    _, norm = made("torch.nn.InstanceNorm2d", 64)
    assert [norm.attrs[n] for n in ("weight", "bias", "running_mean")] == [None] * 3
    _, norm = made("torch.nn.LayerNorm", 64, bias=False)
    assert (norm.attrs["normalized_shape"], norm.attrs["bias"]) == ((64,), None)
    _, norm = made("torch.nn.RMSNorm", [4, 64])
    assert (norm.attrs["weight"].shape, "bias" in norm.attrs) == ((4, 64), False)


def test_messages() -> None:
    def failure(path: str, shape: tuple[int, ...], *args: Any) -> Failure:
        c, norm = made(path, *args)
        norm.origin = Origin(None, "made")
        with pytest.raises(Failure) as caught:
            call_layer(c, path, norm, [Tensor(shape, "float32")], {})
        return caught.value

    found = failure("torch.nn.BatchNorm2d", (8, 32, 4, 4), 64)
    assert found.code == "channel-mismatch"
    assert found.message == "BatchNorm2d expects 64 channels (num_features), got 32 in (8, 32, 4, 4)"
    assert [(f.argument, f.text) for f in found.fixes] == [("num_features", "32")]
    found = failure("torch.nn.BatchNorm2d", (8, 64), 64)
    assert (found.code, found.message) == ("rank-mismatch", "BatchNorm2d expects (B, C, H, W), got (8, 64)")
    found = failure("torch.nn.LayerNorm", (8, 64, 4, 4), 64)
    assert found.code == "feature-mismatch"
    assert found.message == (
        "LayerNorm expects 64 features (normalized_shape), got 4 in dim -1 of (8, 64, 4, 4); "
        "dim 1 has 64: are the channels meant?"
    )
    assert [(f.argument, f.text) for f in found.fixes] == [("normalized_shape", "4")]
    found = failure("torch.nn.GroupNorm", (8, 30, 4, 4), 8, 64)
    assert found.message == "GroupNorm expects 64 channels (num_channels), got 30 in (8, 30, 4, 4)"
    with pytest.raises(Failure, match="GroupNorm: num_channels = 48 is not divisible by num_groups = 32"):
        made("torch.nn.GroupNorm", 32, 48)


def test_what_is_not_known_raises_nothing() -> None:
    x = Tensor((8, 32, 4, 4), None)
    for path, args in (
        ("torch.nn.BatchNorm2d", (UNKNOWN,)), ("torch.nn.GroupNorm", (UNKNOWN, UNKNOWN)),
        ("torch.nn.LayerNorm", (UNKNOWN,)), ("torch.nn.GroupNorm", (symbol("g"), 32)),
    ):  # fmt: skip
        c, norm = made(path, *args)
        assert call_layer(c, path, norm, [x], {}).shape == x.shape
    c, norm = made("torch.nn.BatchNorm2d", 64, affine=UNKNOWN, track_running_stats=UNKNOWN)
    assert call_layer(c, "torch.nn.BatchNorm2d", norm, [x], {}).shape == x.shape


def test_weight_norm_and_spectral_norm_give_the_module() -> None:
    _, conv = made("torch.nn.Conv2d", 3, 8, 5)
    assert call("torch.nn.utils.weight_norm", conv, dim=1) is conv
    assert conv.attrs["weight_g"].shape == (1, 3, 1, 1)
    assert conv.attrs["weight_v"].shape == (8, 3, 5, 5)
    assert call("torch.nn.utils.parametrizations.spectral_norm", conv, n_power_iterations=2) is conv
