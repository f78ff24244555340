"""Reductions, running sums and data-dependent sizes against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Failure
from shapelens.values import Named, Open, ShapeVar, Tensor
from tests.rules.torch.harness import Shaped, call, check

DTYPES = [torch.bool, torch.uint8, torch.int64, torch.float16, torch.float32, torch.float64, torch.complex64]
dtypes = st.sampled_from(DTYPES)
shapes = st.lists(st.integers(0, 3), max_size=4).map(tuple)
axes = st.integers(-4, 4)
several = st.one_of(st.none(), axes, st.lists(axes, max_size=3).map(tuple), st.lists(axes, max_size=3))
REDUCING = ["sum", "nansum", "mean", "nanmean", "amax", "amin", "any", "all", "std", "var", "logsumexp", "norm"]


def tensor(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    return torch.ones(shape).to(dtype)


def lenient(dtype: torch.dtype) -> bool:
    return dtype == torch.complex64


@pytest.mark.parametrize("name", REDUCING)
@given(shapes, dtypes, several, st.booleans())
def test_reduction(name: str, shape: tuple[int, ...], dtype: torch.dtype, dim: Any, keepdim: bool) -> None:
    x = tensor(shape, dtype)
    if dim is None:
        if name != "logsumexp":
            check(f"torch.{name}", x, may_miss=lenient(dtype))
        return
    if name == "logsumexp" and dim in ((), []):
        return
    check(f"torch.{name}", x, dim=dim, keepdim=keepdim, may_miss=lenient(dtype))
    check(f"torch.Tensor.{name}", x, dim, may_miss=lenient(dtype) or name == "norm")


@given(shapes, dtypes, st.sampled_from(DTYPES), st.sampled_from(["sum", "mean", "prod", "cumsum", "cumprod"]))
def test_dtype_argument(shape: tuple[int, ...], dtype: torch.dtype, other: torch.dtype, name: str) -> None:
    along = {"dim": 0} if name.startswith("cum") else {}
    check(f"torch.{name}", tensor(shape, dtype), **along, dtype=other, may_miss=lenient(dtype))


@given(shapes, several, st.booleans())
def test_numpy_names(shape: tuple[int, ...], dim: Any, keepdim: bool) -> None:
    if dim is not None:
        check("torch.sum", tensor(shape, torch.float32), axis=dim, keepdims=keepdim)


@given(shapes, dtypes, st.one_of(st.none(), axes), st.booleans(), st.sampled_from(["argmax", "argmin"]))
def test_argmax(shape: tuple[int, ...], dtype: torch.dtype, dim: Any, keepdim: bool, name: str) -> None:
    check(f"torch.{name}", tensor(shape, dtype), dim=dim, keepdim=keepdim)
    check(f"torch.Tensor.{name}", tensor(shape, dtype))


PAIRS = ["max", "min", "median", "nanmedian", "mode"]


@pytest.mark.parametrize("name", PAIRS)
@given(shapes, dtypes, axes, st.booleans())
def test_values_and_indices(name: str, shape: tuple[int, ...], dtype: torch.dtype, dim: int, keepdim: bool) -> None:
    check(f"torch.{name}", tensor(shape, dtype), dim, keepdim, may_miss=lenient(dtype))
    check(f"torch.Tensor.{name}", tensor(shape, dtype), dim=dim, keepdim=keepdim, may_miss=lenient(dtype))
    if name != "mode":
        check(f"torch.{name}", tensor(shape, dtype), may_miss=lenient(dtype))


@given(shapes, shapes, dtypes, dtypes)
def test_max_of_two(a: tuple[int, ...], b: tuple[int, ...], left: torch.dtype, right: torch.dtype) -> None:
    check("torch.max", tensor(a, left), tensor(b, right), may_miss=lenient(left))
    check("torch.Tensor.min", tensor(a, left), other=tensor(b, right), may_miss=lenient(left))


def test_names() -> None:
    found = call("torch.max", Tensor((2, 3), "float32"), 1)
    assert isinstance(found, Named)
    assert found.names == ("values", "indices")
    assert call("torch.aminmax", Tensor((2, 3), "float32")).names == ("min", "max")


@given(shapes, dtypes, axes)
def test_running(shape: tuple[int, ...], dtype: torch.dtype, dim: int) -> None:
    for name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"):
        check(f"torch.{name}", tensor(shape, dtype), dim, may_miss=lenient(dtype))
        check(f"torch.Tensor.{name}", tensor(shape, dtype), dim=dim, may_miss=lenient(dtype))


@given(shapes, dtypes, axes, st.integers(0, 3))
def test_diff(shape: tuple[int, ...], dtype: torch.dtype, dim: int, n: int) -> None:
    check("torch.diff", tensor(shape, dtype), n, dim)


@given(shapes, st.sampled_from([torch.float32, torch.float16, torch.int64]), st.one_of(st.none(), axes), st.booleans())
def test_aminmax_and_spread(shape: tuple[int, ...], dtype: torch.dtype, dim: Any, keepdim: bool) -> None:
    x = tensor(shape, dtype)
    if dim is not None or not keepdim:
        check("torch.aminmax", x, dim=dim, keepdim=keepdim)
    check("torch.std_mean", x, dim=dim, keepdim=keepdim)
    check("torch.var_mean", x)
    check("torch.var", x, dim, unbiased=False)
    check("torch.std", x, False)


@given(shapes, several)
def test_count_nonzero(shape: tuple[int, ...], dim: Any) -> None:
    check("torch.count_nonzero", tensor(shape, torch.int64), dim)


@given(shapes, st.one_of(st.none(), axes), st.booleans(), st.integers(0, 3), dtypes)
def test_quantile(shape: tuple[int, ...], dim: Any, keepdim: bool, n: int, dtype: torch.dtype) -> None:
    check("torch.quantile", tensor(shape, dtype), 0.5, dim=dim, keepdim=keepdim)
    check("torch.quantile", tensor(shape, torch.float32), torch.rand(n), dim=dim, keepdim=keepdim)
    check("torch.nanquantile", tensor(shape, torch.float32), torch.rand((1,) * n), dim)


@given(shapes, st.booleans(), st.booleans(), st.one_of(st.none(), axes))
def test_unique(shape: tuple[int, ...], inverse: bool, counts: bool, dim: Any) -> None:
    x = tensor(shape, torch.float32)
    options = {"return_inverse": inverse, "return_counts": counts, "dim": dim}
    check("torch.unique", x, **options, allow_unknown=True, may_miss=0 in shape)
    check("torch.unique_consecutive", x, **options, allow_unknown=True, may_miss=0 in shape)


@given(shapes, shapes, dtypes)
def test_bincount(a: tuple[int, ...], b: tuple[int, ...], dtype: torch.dtype) -> None:
    check("torch.bincount", tensor(a, torch.int64), allow_unknown=True)
    check("torch.bincount", tensor(a, torch.int64), tensor(b, dtype), allow_unknown=True, may_miss=True)
    check("torch.bincount", tensor(a[:1], dtype), allow_unknown=True)


def test_histograms() -> None:
    x = torch.rand(3, 4)
    check("torch.histc", x)
    check("torch.histc", x, bins=7, min=0, max=1)
    check("torch.histogram", x, 5)
    check("torch.histogram", x, torch.arange(4.0))


@given(shapes, dtypes)
def test_statistics(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    check("torch.cov", tensor(shape, dtype), may_miss=lenient(dtype))
    check("torch.corrcoef", tensor(shape, dtype), may_miss=lenient(dtype))


@given(shapes, axes)
def test_integrals_and_renorm(shape: tuple[int, ...], dim: int) -> None:
    x = tensor(shape, torch.float32)
    check("torch.renorm", x, 2, dim, 1.0)
    if shape:
        check("torch.trapezoid", x, dim=dim)
        check("torch.trapz", x, dx=0.5, dim=dim)
        check("torch.cumulative_trapezoid", x, dim=dim, may_miss=0 in shape)


@given(shapes, shapes)
def test_dist(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    check("torch.dist", tensor(a, torch.float32), tensor(b, torch.float32))


# -- symbolic and open shapes ----------------------------------------------------------------------------------------

B, T = symbol("B"), symbol("T")


def test_symbolic() -> None:
    x = Tensor((B, T, 64), "float32")
    assert call("torch.mean", x, 1).shape == (B, 64)
    assert call("torch.sum", x, (0, 2), True).shape == (1, T, 1)
    assert call("torch.diff", x, dim=1).shape[1].__class__.__name__ != "int"
    assert call("torch.max", x, -1)[1] == Shaped((B, T), "int64")


def test_open() -> None:
    x = Tensor(Open((), ShapeVar(), (64,)), "float32")
    assert call("torch.sum", x, -1).shape.suffix == ()
    assert call("torch.sum", x, -1, True).shape.suffix == (1,)
    assert call("torch.sum", x).shape == ()
    taught = call("torch.mean", x, (-2, -1), True).shape
    assert taught.suffix == (1, 1)
    assert call("torch.sum", x, 1).shape is None  # it may be the last dim
    front = call("torch.sum", Tensor(Open((), ShapeVar(), ()), "float32"), 1).shape
    assert len(front.prefix) == 1
    with pytest.raises(Failure, match="mean needs a float tensor, got int64"):
        call("torch.mean", x.with_(dtype="int64"))
