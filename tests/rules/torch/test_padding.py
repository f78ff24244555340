"""F.pad and the padding layers against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.values import UNKNOWN, Hole, Open, ShapeVar, Tensor, Unknown
from tests.rules.torch.harness import call, check, check_layer
from tests.rules.torch.symbolic import agrees, rule_run

MODES = ["constant", "reflect", "replicate", "circular"]
DTYPES = [torch.float16, torch.float32, torch.int64, torch.bool, torch.complex64]


@st.composite
def shapes(draw: Any) -> tuple[int, ...]:
    low = 0 if draw(st.integers(0, 7)) == 0 else 1
    return tuple(draw(st.lists(st.integers(low, 5), max_size=6)))


@st.composite
def pads(draw: Any, rank: int) -> tuple[int, ...]:
    """Mostly two numbers a dim, some of them negative."""
    count = 2 * draw(st.integers(0, 3)) + (draw(st.integers(0, 9)) == 0)
    if draw(st.booleans()) and rank:
        count = 2 * min(rank, 3) - 2 * draw(st.integers(0, 1))
    low = -3 if draw(st.integers(0, 2)) == 0 else 0
    return tuple(draw(st.lists(st.integers(low, 4), min_size=count, max_size=count)))


def mixed_circular(shape: tuple[int, ...], pad: tuple[int, ...], mode: str) -> bool:
    """Circular pads of which one crops and one wraps: torch copies over what is left, and may not."""
    return mode == "circular" and any(a * b < 0 for a, b in zip(pad[::2], pad[1::2]))


@given(shapes(), st.sampled_from(MODES), st.sampled_from(DTYPES), st.data())
def test_pad(shape: tuple[int, ...], mode: str, dtype: torch.dtype, data: Any) -> None:
    pad = data.draw(pads(len(shape)))
    check(
        "torch.nn.functional.pad", torch.zeros(shape, dtype=dtype), pad, mode, may_miss=mixed_circular(shape, pad, mode)
    )
    check("torch.constant_pad_nd", torch.zeros(shape, dtype=dtype), list(pad))


@given(st.integers(1, 3), st.sampled_from(["Constant", "Zero", "Reflection", "Replication", "Circular"]), st.data())
def test_layers(n: int, kind: str, data: Any) -> None:
    rank = n + data.draw(st.integers(1, 2)) if data.draw(st.integers(0, 4)) else data.draw(st.integers(0, 6))
    shape = data.draw(st.lists(st.integers(1, 4), min_size=rank, max_size=rank))
    pad: Any = data.draw(st.one_of(st.integers(-2, 3), pads(rank)))
    if data.draw(st.booleans()) and isinstance(pad, tuple):
        pad = data.draw(st.lists(st.integers(-1, 2), min_size=2 * n, max_size=2 * n).map(tuple))
    args = (pad, 0.0) if kind == "Constant" else (pad,)
    miss = isinstance(pad, tuple) and mixed_circular(tuple(shape), pad, kind.lower())
    check_layer(f"torch.nn.{kind}Pad{n}d", args, {}, torch.zeros(shape), may_miss=miss)


@pytest.mark.parametrize("args", [
    (1,), ((1.0, 1),), ((1, 1), "edge"), ((1, 1), "foo"), ([1, 1],), (torch.Size([1, 1]),), ((1, 1), "reflect", 1),
    ((1, 1), "reflect", 0), ((1, 1), "constant", 1.5), ((),),
])  # fmt: skip
def test_arguments(args: tuple[Any, ...]) -> None:
    check("torch.nn.functional.pad", torch.zeros(1, 2, 5), *args)


@pytest.mark.parametrize("padding", [1.0, (1, 1.0), "same", None])
def test_layer_arguments(padding: Any) -> None:
    check_layer("torch.nn.ZeroPad2d", (padding,), {}, torch.zeros(1, 2, 5, 5))


@given(
    st.tuples(*[st.integers(1, 6)] * 4), st.sampled_from(MODES), st.lists(st.integers(-2, 3), min_size=4, max_size=4)
)
def test_symbolic(shape: tuple[int, ...], mode: str, pad: list[int]) -> None:
    agrees(rule_run("torch.nn.functional.pad", tuple(pad), mode), shape)


def test_an_open_shape_keeps_what_is_in_front() -> None:
    c = Call(None)  # type: ignore[arg-type]
    x = Tensor(Open((), ShapeVar(), (symbol("H"), 8)), "float32")
    found = call("torch.nn.functional.pad", x, (1, 2))
    assert isinstance(found.shape, Open)
    assert found.shape.suffix[-1] == 11
    assert c.name == ""
    taught = call("torch.nn.functional.pad", Unknown("x", Hole("x")), (1, 1, 1, 1), "reflect")
    assert len(taught.shape) == 4


def test_messages() -> None:
    with pytest.raises(Failure) as caught:
        call("torch.nn.functional.pad", Tensor((1, 3, 4, 4), "float32"), (4, 4, 4, 4), "reflect")
    assert caught.value.code == "padding-too-large"
    assert caught.value.message == "pad: reflecting 4 needs a dim larger than that, got 4 in dim -1 of (1, 3, 4, 4)"
    with pytest.raises(Failure) as caught:
        call("torch.nn.functional.pad", Tensor((1, 3, 4, 4), "float32"), (1, 1), "reflect")
    assert caught.value.code == "rank-mismatch"
    assert caught.value.message.endswith("do not go with (1, 3, 4, 4): it takes 4 or 6 pads")


def test_what_is_not_known_raises_nothing() -> None:
    x = Tensor((1, 3, 4, 4), "float32")
    found = call("torch.nn.functional.pad", x, (1, UNKNOWN, 2, 2))
    assert found.shape[:3] == (1, 3, 8)
    assert not isinstance(found.shape[3], int)
    assert len(call("torch.nn.functional.pad", x, UNKNOWN).shape) == 4
    assert call("torch.nn.functional.pad", x, (1, 1), UNKNOWN).shape == (1, 3, 4, 6)
    assert call("torch.nn.functional.pad", Tensor(None), (1, 1)).shape is None


def test_padding_one_map_to_the_size_of_another() -> None:
    """As U-Nets do before they concatenate."""
    height, other = symbol("H"), symbol("H2")
    more = other - height
    found = call("torch.nn.functional.pad", Tensor((1, 3, 4, height)), (more // 2, more - more // 2))
    assert found.shape == (1, 3, 4, other)
