"""Random edits of real files: analysis never raises, and never runs away."""

from __future__ import annotations

import sys

import pytest

from shapelens.analysis.session import Session
from shapelens.report.annotate import annotated
from shapelens.report.jsonface import diagnostics, rows
from shapelens.report.problems import reported
from tests.fuzz.mutations import ROOT, mutated

SEEDS_EACH = 50


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the interpreter's own defects through, which it hides from a person at the keyboard."""
    monkeypatch.setenv("SHAPELENS_STRICT", "1")


@pytest.mark.parametrize("block", range(8))
def test_answers_whatever_is_typed(block: int) -> None:
    session = Session((ROOT,), sys.executable)
    for seed in range(block * SEEDS_EACH, (block + 1) * SEEDS_EACH):
        path, text = mutated(seed)
        session.update(str(path), text)
        try:
            analysis = session.analyse(str(path))
            list(annotated(analysis))
            rows([analysis])
            diagnostics(reported(analysis))
        except Exception as error:
            raise AssertionError(f"`python -m tests.fuzz {seed}` fails on an edit of {path.name}") from error
        session.update(str(path), None)
