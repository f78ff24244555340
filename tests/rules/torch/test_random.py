"""Random sampling against torch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Failure
from shapelens.values import Tensor
from tests.rules.torch.harness import call, check

dtypes = st.sampled_from([torch.bool, torch.int64, torch.float32, torch.float64])
shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)


def tensor(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    return torch.ones(shape).to(dtype)


@given(shapes, dtypes)
def test_same_shape(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    check("torch.bernoulli", tensor(shape, dtype))
    check("torch.bernoulli", tensor(shape, dtype), 0.5)
    check("torch.Tensor.bernoulli", tensor(shape, dtype))
    check("torch.poisson", tensor(shape, torch.float32))
    check("torch.binomial", tensor(shape, torch.float32), tensor(shape, torch.float32))


@given(shapes, dtypes, st.integers(1, 5), st.booleans())
def test_multinomial(shape: tuple[int, ...], dtype: torch.dtype, n: int, replacement: bool) -> None:
    check("torch.multinomial", tensor(shape, dtype), n, replacement)
    check("torch.Tensor.multinomial", tensor(shape, dtype), num_samples=n)


@given(shapes, shapes)
def test_normal(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    check("torch.normal", torch.zeros(a), torch.ones(b))
    check("torch.normal", torch.zeros(a), 1.0)
    check("torch.normal", 0.0, torch.ones(b))
    check("torch.normal", 0.0, 1.0, a)
    check("torch.normal", 0.0, 1.0, size=a, dtype=torch.float64)


def test_symbolic() -> None:
    batch = symbol("B")
    assert call("torch.multinomial", Tensor((batch, 10), "float32"), 3).shape == (batch, 3)
    with pytest.raises(Failure, match="multinomial: 11 samples of 10 categories without replacement"):
        call("torch.multinomial", Tensor((batch, 10), "float32"), 11)
