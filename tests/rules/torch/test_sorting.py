"""Sorting and searching against torch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Failure
from shapelens.values import Open, ShapeVar, Tensor
from tests.rules.torch.harness import Shaped, call, check

dtypes = st.sampled_from([torch.bool, torch.uint8, torch.int64, torch.float16, torch.float32, torch.complex64])
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
axes = st.integers(-4, 4)


def tensor(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    return torch.ones(shape).to(dtype)


@given(shapes, dtypes, axes)
def test_sort(shape: tuple[int, ...], dtype: torch.dtype, dim: int) -> None:
    x = tensor(shape, dtype)
    for place in ("torch", "torch.Tensor"):
        check(f"{place}.sort", x, dim)
        check(f"{place}.sort", x, descending=True)
        check(f"{place}.argsort", x, dim=dim)
        check(f"{place}.msort", x, may_miss=dtype == torch.complex64)
    check("torch.sort", x, dim=dim, stable=True)


@given(shapes, dtypes, st.integers(-1, 5), axes, st.booleans())
def test_largest(shape: tuple[int, ...], dtype: torch.dtype, k: int, dim: int, keepdim: bool) -> None:
    x = tensor(shape, dtype)
    check("torch.topk", x, k, dim, may_miss=dtype == torch.bool)
    check("torch.Tensor.topk", x, k, may_miss=dtype == torch.bool)
    check("torch.kthvalue", x, k, dim, keepdim, may_miss=0 in shape)
    check("torch.Tensor.kthvalue", x, k=k, keepdim=keepdim, may_miss=0 in shape)


@given(shapes, shapes, st.booleans(), dtypes)
def test_searching(a: tuple[int, ...], b: tuple[int, ...], small: bool, dtype: torch.dtype) -> None:
    complex_ = dtype == torch.complex64
    for sequence in (a, b[:-1] + a[-1:]):
        check("torch.searchsorted", tensor(sequence, dtype), tensor(b, dtype), out_int32=small, may_miss=complex_)
    check("torch.searchsorted", tensor(a[:1], torch.float32), tensor(b, dtype), may_miss=complex_)
    check("torch.searchsorted", tensor((3,), torch.float32), 0.5)
    check("torch.bucketize", tensor(b, dtype), tensor(a, dtype), out_int32=small, may_miss=complex_)
    check("torch.bucketize", 0.5, tensor((3,), torch.float32), right=True)


B, V = symbol("B"), symbol("V")


def test_symbolic_and_open() -> None:
    assert call("torch.topk", Tensor((B, V), "float32"), 5)[0].shape == (B, 5)
    assert call("torch.topk", Tensor((B, V), "float32"), V)[1] == Shaped((B, V), "int64")
    assert call("torch.topk", Tensor(Open((), ShapeVar(), (10,)), "float32"), 3)[0].shape.suffix == (3,)
    with pytest.raises(Failure, match=r"topk: k = 11 is out of range for dim -1 of size 10 in \(B, 10\)"):
        call("torch.topk", Tensor((B, 10), "float32"), 11)
