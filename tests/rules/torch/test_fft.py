"""Fourier transforms against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import as_symbol, evaluate, floordiv, symbol
from shapelens.rules.call import Failure
from shapelens.values import Tensor
from tests.rules.torch.harness import call, check

shapes = st.lists(st.integers(1, 5), max_size=3).map(tuple)
dtypes = st.sampled_from([torch.bool, torch.int64, torch.float32, torch.float64, torch.complex64])
KINDS = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]


def tensor(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.ones(tuple(shape)).to(dtype)


@pytest.mark.parametrize("kind", KINDS)
@given(shapes, dtypes, st.one_of(st.none(), st.integers(0, 6)), st.integers(-3, 3))
def test_one_dim(kind: str, shape: Any, dtype: torch.dtype, n: Any, dim: int) -> None:
    check(f"torch.fft.{kind}", tensor(shape, dtype), n, dim)


several = st.one_of(st.none(), st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple))
axes = st.one_of(st.none(), st.lists(st.integers(-3, 2), min_size=1, max_size=3).map(tuple))


@pytest.mark.parametrize("kind", KINDS)
@given(shapes, dtypes, several, axes)
def test_several_dims(kind: str, shape: Any, dtype: torch.dtype, s: Any, dim: Any) -> None:
    x = tensor(shape, dtype)
    check(f"torch.fft.{kind}2", x, s=s)
    check(f"torch.fft.{kind}n", x, s=s, dim=dim, allow_unknown=not shape, may_miss=not shape)


@given(shapes, st.integers(1, 6), axes)
def test_helpers(shape: Any, n: int, dim: Any) -> None:
    check("torch.fft.fftfreq", n)
    check("torch.fft.rfftfreq", n, d=0.5)
    check("torch.fft.fftshift", tensor(shape), dim)
    check("torch.fft.ifftshift", tensor(shape))


lengths = st.integers(1, 40)


@given(
    st.lists(st.integers(1, 3), max_size=2), lengths, st.integers(1, 16), st.one_of(st.none(), st.integers(0, 8)),
    st.one_of(st.none(), st.integers(1, 16)), st.booleans(), st.sampled_from([None, True, False]),
    st.sampled_from([None, True, False]), st.sampled_from([torch.float32, torch.complex64, torch.int64]), st.booleans(),
)  # fmt: skip
def test_stft(
    batch: Any, length: int, n_fft: int, hop: Any, win: Any, center: bool, onesided: Any, complex_: Any,
    dtype: torch.dtype, windowed: bool,
) -> None:  # fmt: skip
    window = torch.ones(win or 9) if windowed else None
    check(
        "torch.stft", tensor((*batch, length), dtype), n_fft, hop, win, window, center, "reflect", False, onesided,
        complex_, may_miss=dtype == torch.complex64,
    )  # fmt: skip


@given(
    st.lists(st.integers(1, 3), max_size=2), st.integers(1, 12), st.integers(1, 6), st.integers(1, 12),
    st.one_of(st.none(), st.integers(1, 6)), st.booleans(), st.sampled_from([None, True, False]),
    st.one_of(st.none(), st.integers(1, 20)),
)  # fmt: skip
def test_istft(
    batch: Any, rows: int, frames: int, n_fft: int, hop: Any, center: bool, onesided: Any, length: Any
) -> None:
    # An overlap that cannot be inverted is a matter of values, as is a length longer than the frames give.
    for count in (rows, n_fft // 2 + 1, n_fft):
        x = tensor((*batch, count, frames), torch.complex64)
        check(
            "torch.istft", x, n_fft, hop, None, torch.ones(n_fft), center, False, onesided, length, may_miss=True
        )  # fmt: skip


def test_symbolic() -> None:
    length = symbol("L")
    found = call("torch.stft", Tensor((2, length), "float32"), 400, 160, return_complex=True).shape
    assert found[:2] == (2, 201)
    assert evaluate(found[2], {as_symbol(length): 16000}) == 101
    assert call("torch.fft.rfft", Tensor((2, length), "float32")).shape == (2, floordiv(length, 2) + 1)
    with pytest.raises(Failure, match="the window must be"):
        call("torch.stft", Tensor((2, length), "float32"), 400, window=Tensor((300,), "float32"), return_complex=True)
