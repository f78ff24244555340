"""Programs made to hurt get an answer within their budget, and what is known around them is shown."""

from __future__ import annotations

import pytest

import shapelens.rules.keras
import shapelens.rules.tensorflow  # noqa: F401  forked from here
from tests.hurt import running
from tests.hurt.programs import PROGRAMS
from tests.hurt.running import MEGABYTES, SECONDS, run

QUICK = sorted(PROGRAMS)[::4]
"""What each change is held against; `python -m tests.hurt` runs all."""


@pytest.mark.parametrize("name", QUICK)
def test_answers_in_time(name: str) -> None:
    outcome = run(PROGRAMS[name](), steps=("cold", "good"))
    assert not outcome.wrong
    assert outcome.megabytes < MEGABYTES
    # The machine may be slower than the one that the budgets were made for.
    assert outcome.worst < 3 * SECONDS
    assert outcome.steps["good"] < SECONDS / 3


def test_says_what_was_not_looked_at() -> None:
    assert run(PROGRAMS["ackermann"](), steps=("cold",)).unfinished
    assert run(PROGRAMS["list of a million"](), steps=("cold",)).unfinished
    assert not run("x = 1\n", steps=running.STEPS).unfinished
