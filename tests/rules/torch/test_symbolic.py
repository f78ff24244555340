"""Pointwise functions, reductions, products, sorting, linear algebra and transforms on symbolic sizes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.rules.torch.harness import check_symbolic


def ones(*shape: int) -> torch.Tensor:
    return torch.ones(shape)


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("torch.exp", (ones(2, 3),), {}),
    ("torch.Tensor.__add__", (ones(5, 2, 3), ones(2, 1)), {}),
    ("torch.Tensor.__iadd__", (ones(5, 2, 3), ones(2, 1)), {}),
    ("torch.where", (ones(2, 3) > 0, ones(2, 1), 0.0), {}),
    ("torch.clamp", (ones(2, 3), ones(3), None), {}),
    ("torch.sum", (ones(2, 3, 4), (0, 2)), {}),
    ("torch.mean", (ones(2, 3, 4), -1, True), {}),
    ("torch.max", (ones(2, 3, 4), 1), {}),
    ("torch.quantile", (ones(2, 3), ones(5), 1), {}),
    ("torch.cumsum", (ones(2, 3), 1), {}),
    ("torch.diff", (ones(2, 3), 2), {}),
    ("torch.cov", (ones(2, 3),), {}),
    ("torch.sort", (ones(2, 3),), {}),
    ("torch.topk", (ones(2, 7), 2), {}),
    ("torch.searchsorted", (ones(2, 7), ones(2, 3)), {}),
    ("torch.multinomial", (ones(2, 7), 2), {}),
    ("torch.matmul", (ones(2, 3, 4, 5), ones(3, 5, 7)), {}),
    ("torch.matmul", (ones(4), ones(3, 4, 7)), {}),
    ("torch.bmm", (ones(2, 3, 4), ones(2, 4, 5)), {}),
    ("torch.addmm", (ones(5), ones(3, 4), ones(4, 5)), {}),
    ("torch.tensordot", (ones(2, 3, 4), ones(3, 4, 5)), {}),
    ("torch.kron", (ones(2, 3), ones(4, 5)), {}),
    ("torch.cdist", (ones(2, 3, 4), ones(2, 5, 4)), {}),
    ("torch.einsum", ("bhqd,bhkd->bhqk", ones(2, 3, 4, 5), ones(2, 3, 7, 5)), {}),
    ("torch.einsum", ("...ij,jk", ones(2, 3, 4), ones(4, 5)), {}),
    ("torch.linalg.svd", (ones(2, 5, 3),), {"full_matrices": False}),
    ("torch.linalg.qr", (ones(2, 5, 3),), {}),
    ("torch.linalg.pinv", (ones(2, 5, 3),), {}),
    ("torch.linalg.solve", (ones(2, 3, 3), ones(2, 3, 4)), {}),
    ("torch.linalg.lstsq", (ones(2, 5, 3), ones(2, 5, 4)), {}),
    ("torch.linalg.matrix_norm", (ones(2, 5, 3),), {}),
    ("torch.fft.rfft", (ones(2, 9),), {}),
    ("torch.fft.irfft2", (ones(2, 9, 5),), {}),
    ("torch.stft", (ones(2, 90), 16), {"return_complex": True}),
]


@pytest.mark.parametrize(("path", "args", "kwargs"), CALLS, ids=[c[0] for c in CALLS])
def test_symbols_say_what_numbers_say(path: str, args: Any, kwargs: Any) -> None:
    check_symbolic(path, *args, **kwargs)
