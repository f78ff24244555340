"""docs/coverage.md: true for the installed torch, every callable in a class, and enough of them with a rule."""

from __future__ import annotations

import pytest
import torch

from tests.rules.torch.callables import COMPLETE, PAGE, REASONS, UNKNOWN, counts, entries, page, share
from tests.rules.torch.harness import real_function

VERSION = PAGE.read_text().partition("from torch ")[2].partition(" ")[0]
pinned = pytest.mark.skipif(
    torch.__version__.partition("+")[0] != VERSION, reason="the page is of another version of torch"
)


@pinned
def test_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run python tests/rules/torch/callables.py --write"


@pinned
def test_every_callable_has_a_class() -> None:
    assert [e.path for e in entries() if not e.kind] == []


@pinned
def test_reasons_name_what_there_is() -> None:
    for reason in REASONS:
        assert any(e.note == reason for e in entries()), reason


@pytest.mark.parametrize("family", COMPLETE)
def test_complete_families(family: str) -> None:
    assert counts(family)[UNKNOWN] == 0


def test_share_of_the_rest() -> None:
    """Of all that gives tensors in these, backends' kernels and sparse internals included."""
    assert share("torch", "torch.Tensor", "torch.linalg", "torch.fft", "torch.special") >= 0.95


def test_modules_and_functionals() -> None:
    """Counted in another way than the page does: by what they are."""
    for entry in entries():
        value = real_function(entry.path)
        if entry.family == "torch.nn" and isinstance(value, type) and issubclass(value, torch.nn.Module):
            assert entry.kind == "rule" or entry.name == "Container", entry.path
