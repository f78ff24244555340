"""Random integers as indices: what is reported fails in torch, and what fails for all but a thousandth is reported."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from tests.rules.torch.harness import abstract, call


def _drawn(low: int, high: int, shape: tuple[int, ...]) -> object:
    return call("torch.randint", low, high, shape)


def _fails(path: str, *args: object) -> bool:
    try:
        call(path, *args)
    except Failure as failure:
        assert failure.code == "index-out-of-range"
        return True
    return False


@given(
    st.integers(0, 4), st.integers(1, 40), st.integers(1, 40), st.integers(1, 4), st.integers(1, 50), st.integers(0, 99)
)
def test_indices_and_classes(low: int, more: int, count: int, rows: int, columns: int, seed: int) -> None:
    high = low + more
    torch.manual_seed(seed)
    ids = torch.randint(low, high, (rows, columns))
    inside = (max(0, min(high, count) - low) / more) ** ids.numel()
    expected = inside < 1e-3
    ours = call("torch.Tensor.long", call("torch.Tensor.transpose", _drawn(low, high, (rows, columns)), 0, 1))
    table, scores = torch.rand(count, 3), torch.rand(columns, count, rows)
    assert _fails("torch.nn.functional.embedding", ours, abstract(table)) == expected
    assert _fails("torch.nn.functional.one_hot", ours, count) == expected
    assert _fails("torch.nn.functional.cross_entropy", abstract(scores), ours) == expected
    if expected:
        with pytest.raises(IndexError):
            torch.nn.functional.embedding(ids, table)
        with pytest.raises(IndexError):
            torch.nn.functional.cross_entropy(scores, ids.T)


def test_numbers_that_are_known() -> None:
    assert _fails("torch.nn.functional.embedding", call("torch.tensor", [0, 7]), abstract(torch.rand(7, 2)))
    assert not _fails("torch.nn.functional.embedding", call("torch.tensor", [0, 6]), abstract(torch.rand(7, 2)))


def test_what_was_written_to_is_not_known() -> None:
    from tests.rules.torch.harness import Call, Store, apply_rule, rules

    c = Call(Store(), "")
    ids = apply_rule(c, rules["torch.randint"], (0, 1000, (64,)), {})
    apply_rule(c, rules["torch.Tensor.clamp_"], (ids, 0, 9), {})
    apply_rule(c, rules["torch.nn.functional.embedding"], (ids, abstract(torch.rand(10, 2))), {})
