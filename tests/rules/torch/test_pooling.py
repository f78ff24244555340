"""Pooling layers and functions against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Failure
from shapelens.rules.registry import call_layer
from shapelens.values import UNKNOWN, Hole, Tensor, Unknown
from tests.rules.torch.harness import check, check_layer
from tests.rules.torch.symbolic import agrees, layer_run, made

DTYPES = [
    torch.float16,
    torch.float32,
    torch.float64,
    torch.int64,
    torch.int32,
    torch.uint8,
    torch.bool,
    torch.complex64,
]
ranks = st.integers(1, 3)


def many(draw: Any, n: int, low: int, high: int) -> Any:
    """One int, or a tuple of n, or now and then of a wrong length."""
    value = st.integers(low, high)
    if draw(st.integers(0, 9)) < 6:
        return draw(value)
    length = n if draw(st.integers(0, 4)) else draw(st.integers(1, 4))
    return tuple(draw(value) for _ in range(length))


@st.composite
def inputs(draw: Any, n: int) -> torch.Tensor:
    """A tensor (B, C, *spatial), now and then without B, of another rank or dtype, or empty."""
    odd = draw(st.integers(0, 11))
    low = 0 if odd == 0 else 1
    shape = [draw(st.integers(0, 2)), draw(st.integers(low, 2)), *draw(st.tuples(*[st.integers(low, 8)] * n))]
    shape = shape[draw(st.integers(0, 3)) // 3 :]
    if odd == 1:
        shape = draw(st.lists(st.integers(1, 4), max_size=6))
    return torch.zeros(shape, dtype=draw(st.sampled_from(DTYPES)) if odd == 2 else torch.float32)


@st.composite
def windows(draw: Any) -> tuple[int, torch.Tensor, dict[str, Any]]:
    """n, an input and the arguments of a pool, legal more often than not."""
    n = draw(ranks)
    odd = draw(st.integers(0, 11)) == 0
    kernel = many(draw, n, 0 if odd else 1, 4)
    kwargs = {"kernel_size": kernel}
    if draw(st.booleans()):
        kwargs["stride"] = many(draw, n, 0 if odd else 1, 3)
    kwargs["padding"] = many(draw, n, -1 if odd else 0, 2 if draw(st.integers(0, 3)) == 0 else 1)
    kwargs["ceil_mode"] = draw(st.booleans())
    return n, draw(inputs(n)), kwargs


def is_half_average(x: torch.Tensor, n: int) -> bool:
    """float16 on a CPU, where alone torch cannot average volumes."""
    return n == 3 and x.dtype == torch.float16


@given(windows(), st.integers(0, 2), st.booleans(), st.data())
def test_max_pool(case: Any, dilation: int, indices: bool, data: Any) -> None:
    n, x, kwargs = case
    kwargs |= {"dilation": dilation, "return_indices": indices}
    check_layer(f"torch.nn.MaxPool{n}d", (), kwargs, x)
    check(f"torch.nn.functional.max_pool{n}d", x, **kwargs)
    check(f"torch.nn.functional.max_pool{n}d_with_indices", x, **kwargs)
    if n == 1:
        del kwargs["return_indices"]
        check("torch.max_pool1d_with_indices", x, **kwargs)
        check("torch.max_pool1d", x, **kwargs)


@given(windows())
def test_avg_pool(case: Any) -> None:
    n, x, kwargs = case
    assume(not is_half_average(x, n))
    check_layer(f"torch.nn.AvgPool{n}d", (), kwargs, x)
    check(f"torch.nn.functional.avg_pool{n}d", x, **kwargs)
    if n == 1:
        check("torch.avg_pool1d", x, **kwargs)


@given(windows(), st.sampled_from([1.0, 2, 3.5, float("inf")]))
def test_lp_pool(case: Any, norm: float) -> None:
    n, x, kwargs = case
    assume(not is_half_average(x, n))
    del kwargs["padding"]
    whole = not x.dtype.is_floating_point
    check_layer(f"torch.nn.LPPool{n}d", (norm,), kwargs, x, allow_unknown=whole, may_miss=whole)
    check(f"torch.nn.functional.lp_pool{n}d", x, norm, **kwargs, allow_unknown=whole, may_miss=whole)


@given(ranks, st.data())
def test_adaptive(n: int, data: Any) -> None:
    x = data.draw(inputs(n))
    size = st.one_of(
        st.integers(-1, 9), st.integers(1, 5), st.none() if n > 1 or data.draw(st.booleans()) else st.just(2)
    )
    length = n if data.draw(st.integers(0, 5)) else data.draw(st.integers(0, 4))
    out = data.draw(size) if data.draw(st.booleans()) else tuple(data.draw(size) for _ in range(length))
    indices = data.draw(st.booleans())
    few = x.dtype == torch.complex64
    check_layer(f"torch.nn.AdaptiveAvgPool{n}d", (out,), {}, x, may_miss=few)
    check(f"torch.nn.functional.adaptive_avg_pool{n}d", x, out, may_miss=few)
    check_layer(f"torch.nn.AdaptiveMaxPool{n}d", (out, indices), {}, x)
    check(f"torch.nn.functional.adaptive_max_pool{n}d", x, out, return_indices=indices)
    check(f"torch.nn.functional.adaptive_max_pool{n}d_with_indices", x, out)
    if n == 1:
        check("torch.adaptive_avg_pool1d", x, out, may_miss=few)
        check("torch.adaptive_max_pool1d", x, out)


@given(st.integers(2, 3), st.data())
def test_fractional(n: int, data: Any) -> None:
    x = data.draw(inputs(n))
    kernel = many(data.draw, n, 1, 4)
    ratio = st.sampled_from([0.5, 0.3, 0.75, 1 / 3, 0.9, 1.2])
    kwargs: dict[str, Any] = {"return_indices": data.draw(st.booleans())}
    if data.draw(st.integers(0, 9)):
        kwargs["output_size"] = many(data.draw, n, 0, 5)
    if data.draw(st.integers(0, 4)) == 0 or "output_size" not in kwargs:
        kwargs["output_ratio"] = (
            tuple(data.draw(ratio) for _ in range(n)) if data.draw(st.booleans()) else data.draw(ratio)
        )
    check_layer(f"torch.nn.FractionalMaxPool{n}d", (kernel,), kwargs, x)
    check(f"torch.nn.functional.fractional_max_pool{n}d", x, kernel, **kwargs)
    check(f"torch.nn.functional.fractional_max_pool{n}d_with_indices", x, kernel, **kwargs)


@given(ranks, st.data())
def test_unpool(n: int, data: Any) -> None:
    x = data.draw(inputs(n))
    indices = torch.zeros(x.shape, dtype=torch.int64)
    odd = data.draw(st.integers(0, 9))
    if odd == 0:
        indices = indices.int()
    elif odd == 1:
        indices = torch.zeros(data.draw(st.lists(st.integers(1, 3), max_size=5)), dtype=torch.int64)
    kwargs: dict[str, Any] = {"kernel_size": many(data.draw, n, 1, 3), "padding": many(data.draw, n, 0, 1)}
    if data.draw(st.booleans()):
        kwargs["stride"] = many(data.draw, n, 1, 3)
    extra: dict[str, Any] = {}
    if data.draw(st.booleans()):
        size = data.draw(st.lists(st.integers(1, 12), min_size=max(n - 1, 1), max_size=n + 2))
        k, s = kwargs["kernel_size"], kwargs.get("stride", kwargs["kernel_size"])
        if data.draw(st.booleans()) and isinstance(k, int) and isinstance(s, int) and x.dim() > n:
            size = [(d - 1) * s + k + data.draw(st.integers(-2, 2)) for d in x.shape[-n:]]
        extra["output_size"] = size
    check_layer(f"torch.nn.MaxUnpool{n}d", (), kwargs, x, indices, **extra)
    check(f"torch.nn.functional.max_unpool{n}d", x, indices, **kwargs, **extra)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_dtypes(n: int, dtype: torch.dtype) -> None:
    x = torch.zeros(1, 2, *[4] * n, dtype=dtype)
    for kind in ("max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool"):
        if not (kind == "avg_pool" and is_half_average(x, n)):
            check(f"torch.nn.functional.{kind}{n}d", x, 2, may_miss=kind == "adaptive_avg_pool" and x.is_complex())
    check(f"torch.nn.functional.max_pool{n}d", x, 2, return_indices=True)
    check(f"torch.nn.functional.max_unpool{n}d", x, torch.zeros(x.shape, dtype=torch.int64), 2)


@pytest.mark.parametrize("kwargs", [
    {"kernel_size": 2.0}, {"kernel_size": 2, "stride": 1.5}, {"kernel_size": 0}, {"kernel_size": -1},
    {"kernel_size": ()},
    {"kernel_size": 2, "stride": []}, {"kernel_size": 2, "padding": 0.5}, {"kernel_size": True}, {"kernel_size": None},
    {"kernel_size": [2, 3]}, {"kernel_size": 9, "ceil_mode": True}, {"kernel_size": 2, "padding": -1},
])  # fmt: skip
def test_arguments(kwargs: dict[str, Any]) -> None:
    x = torch.zeros(1, 2, 6, 6)
    for kind in ("Max", "Avg"):
        check_layer(f"torch.nn.{kind}Pool2d", (), kwargs, x)
    for divisor in (0, 2, -1, None):
        check_layer("torch.nn.AvgPool2d", (2,), {"divisor_override": divisor}, x)


@pytest.mark.parametrize("size", [None, 2.0, True, "7", [3, 3], (2.0, 2), (None, None)])
def test_adaptive_arguments(size: Any) -> None:
    x = torch.zeros(1, 2, 6, 6)
    check_layer("torch.nn.AdaptiveAvgPool2d", (size,), {}, x)
    check_layer("torch.nn.AdaptiveMaxPool2d", (size,), {}, x)


@given(windows(), st.integers(1, 2), st.data())
def test_symbolic(case: Any, dilation: int, data: Any) -> None:
    n, x, kwargs = case
    assume(x.dim() in (n + 1, n + 2) and x.dtype == torch.float32)
    shape = tuple(x.shape)
    agrees(layer_run(f"torch.nn.AvgPool{n}d", **kwargs), shape)
    agrees(layer_run(f"torch.nn.MaxPool{n}d", **kwargs, dilation=dilation, return_indices=True), shape)
    out = tuple(data.draw(st.sampled_from([1, 3, None] if n > 1 else [1, 3])) for _ in range(n))
    agrees(layer_run(f"torch.nn.AdaptiveAvgPool{n}d", out), shape)
    if n > 1:
        ratio = data.draw(st.sampled_from([0.5, 0.25, 0.3]))
        agrees(layer_run(f"torch.nn.FractionalMaxPool{n}d", 2, output_ratio=ratio), shape, exact=ratio != 0.3)


def test_what_is_shown() -> None:
    x = Tensor((symbol("B"), 64, symbol("H"), symbol("W")), "float32")
    for kwargs, shown in (
        ({"kernel_size": 2}, "(B, 64, ⌊H/2⌋, ⌊W/2⌋)"),
        ({"kernel_size": 3, "stride": 2, "padding": 1}, "(B, 64, ⌈H/2⌉, ⌈W/2⌉)"),
        ({"kernel_size": 3, "stride": 2, "ceil_mode": True}, "(B, 64, ⌊H/2⌋, ⌊W/2⌋)"),
        ({"kernel_size": 2, "ceil_mode": True}, "(B, 64, ⌈H/2⌉, ⌈W/2⌉)"),
    ):
        c, pool = made("torch.nn.MaxPool2d", **kwargs)
        assert c.text(call_layer(c, "torch.nn.MaxPool2d", pool, [x], {})) == shown


def test_an_open_input_is_taught() -> None:
    c, pool = made("torch.nn.AdaptiveAvgPool2d", 7)
    x = Unknown("x", Hole("x"))
    assert c.text(call_layer(c, "torch.nn.AdaptiveAvgPool2d", pool, [x], {})) == "(B, C, 7, 7)"
    assert c.text(c.tensor(x)) == "(B, C, H, W)"


def test_messages() -> None:
    def message(path: str, shape: tuple[int, ...], *args: Any, **kwargs: Any) -> tuple[str, str]:
        c, pool = made(path, *args, **kwargs)
        with pytest.raises(Failure) as caught:
            call_layer(c, path, pool, [Tensor(shape, "float32")], {})
        return caught.value.code, caught.value.message

    assert message("torch.nn.MaxPool2d", (8, 16, 1, 1), 2) == (
        "kernel-too-large", "MaxPool2d: kernel 2×2 is larger than the input 1×1"
    )  # fmt: skip
    assert message("torch.nn.MaxPool2d", (8, 16, 9, 9), 2, padding=2) == (
        "argument-value", "MaxPool2d: padding 2 is more than half the kernel 2"
    )  # fmt: skip
    assert message("torch.nn.AdaptiveAvgPool2d", (8, 16, 9, 9), (1,)) == (
        "argument-value", "AdaptiveAvgPool2d: output_size must be one int or 2, got 1 sizes"
    )  # fmt: skip


def test_what_is_not_known_raises_nothing() -> None:
    x = Tensor((8, 16, 9, 9), "float32")
    c, pool = made("torch.nn.MaxPool2d", UNKNOWN)
    assert call_layer(c, "torch.nn.MaxPool2d", pool, [x], {}).shape[:2] == (8, 16)
    c, pool = made("torch.nn.MaxPool2d", 2, return_indices=UNKNOWN)
    assert isinstance(call_layer(c, "torch.nn.MaxPool2d", pool, [x], {}), Unknown)
    c, pool = made("torch.nn.MaxPool2d", 2, return_indices=True)
    values, indices = call_layer(c, "torch.nn.MaxPool2d", pool, [Tensor(None, "float32")], {})
    assert (values.shape, indices.dtype) == (None, "int64")
