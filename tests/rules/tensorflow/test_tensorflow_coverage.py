"""docs/coverage-tensorflow.md: true for the installed TensorFlow, every callable in a class, enough of them with a rule."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tests.rules.tensorflow.callables import FAMILIES, PAGE, REASONS, entries, page, share

VERSION = PAGE.read_text(encoding="utf-8").partition("from TensorFlow ")[2].partition(" ")[0]
pinned = pytest.mark.skipif(tf.__version__ != VERSION, reason="the page is of another version of TensorFlow")


@pinned
def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.rules.tensorflow.callables --write"


@pinned
def test_every_callable_has_a_class() -> None:
    assert [e.path for e in entries() if not e.kind] == []


@pinned
def test_reasons_name_what_there_is() -> None:
    for reason in REASONS:
        assert any(e.note == reason for e in entries()), reason


@pytest.mark.parametrize("family", FAMILIES)
def test_share(family: str) -> None:
    assert share(family) >= 0.85


def test_share_of_all() -> None:
    assert share(*FAMILIES) >= 0.93
