"""docs/coverage-numpy.md: true for the installed NumPy, every callable in a class, and enough of them with a rule."""

from __future__ import annotations

import numpy as np
import pytest

from tests.rules.numpy.callables import FAMILIES, PAGE, REASONS, UNKNOWN, entries, page, share

VERSION = PAGE.read_text(encoding="utf-8").partition("from NumPy ")[2].partition(" ")[0]
pinned = pytest.mark.skipif(np.__version__ != VERSION, reason="the page is of another version of NumPy")


@pinned
def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.rules.numpy.callables --write"


@pinned
def test_every_callable_has_a_class() -> None:
    assert [e.path for e in entries() if not e.kind] == []


@pinned
def test_reasons_name_what_there_is() -> None:
    for reason in REASONS:
        assert any(e.note == reason and e.kind == UNKNOWN for e in entries()), reason


@pytest.mark.parametrize("family", FAMILIES)
def test_share(family: str) -> None:
    assert share(family) >= 0.9
