"""torch.special against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.rules.torch.special import BINARY, UNARY
from tests.rules.torch.harness import check

DTYPES = [torch.int64, torch.float32, torch.float64]


@pytest.mark.parametrize("name", [*UNARY.names.split(), "round", "logit"])
def test_unary(name: str) -> None:
    for dtype in DTYPES:
        check(f"torch.special.{name}", torch.ones(2, 3).to(dtype))


@pytest.mark.parametrize("name", BINARY.names.split())
@given(
    st.sampled_from([(), (1,), (3,), (2, 1), (2, 3)]), st.sampled_from([(3,), (2, 3), (4,)]), st.sampled_from(DTYPES)
)
def test_binary(name: str, a: Any, b: Any, dtype: torch.dtype) -> None:
    check(f"torch.special.{name}", torch.ones(a).to(dtype), torch.ones(b), may_miss=True)


def test_others() -> None:
    check("torch.special.multigammaln", torch.ones(2) * 3, 2)
    check("torch.special.polygamma", 1, torch.ones(2))
    check("torch.special.logsumexp", torch.ones(2, 3), 1)
