"""torch.linalg and its older twins against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Failure
from shapelens.rules.torch.linalg import TABLE
from shapelens.values import Named, Open, ShapeVar, Tensor
from tests.rules.torch.harness import call, check

sizes = st.integers(1, 3)
shapes = st.lists(sizes, max_size=4).map(tuple)
batches = st.lists(sizes, max_size=2).map(tuple)
dtypes = st.sampled_from([torch.float32, torch.float64, torch.complex64, torch.int64])


def tensor(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """A tensor whose square matrices are positive definite."""
    made = torch.rand(tuple(shape), generator=torch.Generator().manual_seed(0))
    if made.dim() > 1 and made.shape[-1] == made.shape[-2]:
        made = made @ made.mT + torch.eye(made.shape[-1])
    return (made * 10).to(dtype)


@pytest.mark.parametrize("path", [p for row in TABLE for p in row.names.split()])
@given(batches, sizes, sizes, dtypes)
def test_table(path: str, batch: Any, n: int, m: int, dtype: torch.dtype) -> None:
    power = (2,) if path.endswith("matrix_power") else ()
    for shape in ((*batch, n, m), (*batch, n, n), (n,), ()):
        check(path, tensor(shape, dtype), *power)


def test_field_names() -> None:
    for path in ("linalg.eigh", "slogdet", "linalg.svd", "linalg.qr", "linalg.lu", "svd", "qr", "linalg.lu_factor"):
        real = eval(f"torch.{path}")(tensor((3, 3)))
        ours = call(f"torch.{path}", Tensor((3, 3), "float32"))
        assert isinstance(ours, Named)
        assert [getattr(real, name).shape for name in ours.names] == [t.shape for t in ours]


@given(shapes, dtypes, st.booleans(), st.booleans())
def test_decompositions(shape: Any, dtype: torch.dtype, first: bool, second: bool) -> None:
    x = tensor(shape, dtype)
    check("torch.linalg.svd", x, full_matrices=first)
    check("torch.svd", x, some=first, compute_uv=second)
    for mode in ("reduced", "complete", "r"):
        check("torch.linalg.qr", x, mode)
    check("torch.qr", x, some=first)
    if dtype != torch.int64:
        check("torch.linalg.lu", x)
    check("torch.linalg.cond", x)
    check("torch.linalg.cond", x, 1)


@given(batches, sizes, sizes)
def test_low_rank(batch: Any, n: int, m: int) -> None:
    x = torch.rand((*batch, n, m))
    check("torch.pca_lowrank", x, q=1)
    check("torch.pca_lowrank", x)
    check("torch.svd_lowrank", x, q=min(n, m))


@given(batches, sizes, shapes, sizes, st.booleans())
def test_solve(batch: Any, n: int, other: Any, k: int, left: bool) -> None:
    A = tensor((*batch, n, n))
    for B in ((*batch, n, k), (n, k), (n,), (*batch, n), (*batch[1:], n, k), other):
        check("torch.linalg.solve", A, tensor(B))
        check("torch.linalg.solve_triangular", A, tensor(B), upper=True, left=left)
        check("torch.cholesky_solve", tensor(B), A)
    check("torch.linalg.solve", A, tensor((*batch, k, n)), left=False, allow_unknown=True, may_miss=True)
    check("torch.linalg.solve", tensor((n, k)), tensor((n,)))
    check("torch.linalg.solve_ex", A, tensor((*batch, n, k)))
    check("torch.linalg.solve", A, tensor((*batch, n, k), torch.float64))


@given(batches, sizes, sizes, sizes)
def test_lstsq(batch: Any, n: int, m: int, k: int) -> None:
    A = tensor((*batch, n, m))
    for B in ((*batch, n, k), (*batch, n), (*batch, k)):
        check("torch.linalg.lstsq", A, tensor(B), allow_unknown=True, may_miss=True)


@given(shapes, st.integers(0, 3), st.integers(1, 4))
def test_others(shape: Any, ind: int, n: int) -> None:
    check("torch.linalg.vander", tensor(shape), N=n)
    check("torch.linalg.vander", tensor(shape, torch.int64))
    check("torch.linalg.tensorinv", torch.eye(6).reshape(2, 3, 6), ind=ind)
    check("torch.linalg.tensorinv", tensor(shape), ind=ind, may_miss=True)


axes = st.one_of(st.none(), st.integers(-3, 3), st.lists(st.integers(-3, 3), min_size=1, max_size=3).map(tuple))


@given(shapes, axes, st.booleans(), dtypes)
def test_norms(shape: Any, dim: Any, keepdim: bool, dtype: torch.dtype) -> None:
    x = tensor(shape, dtype)
    check("torch.linalg.vector_norm", x, dim=dim, keepdim=keepdim)
    check("torch.linalg.norm", x, dim=dim, keepdim=keepdim, may_miss=True)
    check("torch.linalg.norm", x, 2, dim=dim, keepdim=keepdim)
    check("torch.linalg.norm", x, "fro", may_miss=True)
    check("torch.linalg.matrix_norm", x, keepdim=keepdim)
    if isinstance(dim, tuple):
        check("torch.linalg.matrix_norm", x, dim=dim, keepdim=keepdim)


B, N, M = symbol("B"), symbol("N"), symbol("M")


def test_symbolic_and_open() -> None:
    assert call("torch.linalg.svd", Tensor((B, 5, 3), "float32"), False)[0].shape == (B, 5, 3)
    assert call("torch.linalg.pinv", Tensor((B, N, M), "float32")).shape == (B, M, N)
    assert call("torch.inverse", Tensor((B, N, N), "float32")).shape == (B, N, N)
    var = ShapeVar()
    assert call("torch.linalg.det", Tensor(Open((), var, (3, 3)), "float32")).shape == Open((), var, ())
    with pytest.raises(Failure, match=r"inverse needs square matrices, got 3 by 4 in \(B, 3, 4\)"):
        call("torch.inverse", Tensor((B, 3, 4), "float32"))
