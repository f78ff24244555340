"""Programs made to hurt get an answer within their budget, and what is known around them is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shapelens.interpreter.machine import slowness
from tests.hurt.apart import Runner
from tests.hurt.programs import PROGRAMS
from tests.hurt.running import MEGABYTES, SECONDS, STEPS

QUICK = sorted(PROGRAMS)[::4]
"""What each change is held against; `python -m tests.hurt` runs all."""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as runner:
        yield runner


@pytest.mark.parametrize("name", QUICK)
def test_answers_in_time(runner: Runner, name: str) -> None:
    outcome = runner.run(("cold", "good"), name)
    assert not outcome.wrong
    assert outcome.megabytes < MEGABYTES
    # The machine may be slower than the one that the budgets were made for.
    assert outcome.worst < 3 * SECONDS * slowness()
    assert outcome.steps["good"] < SECONDS / 3 * slowness()


def test_says_what_was_not_looked_at(runner: Runner) -> None:
    assert runner.run(("cold",), "ackermann").unfinished
    assert runner.run(("cold",), "list of a million").unfinished
    assert not runner.run(STEPS, text="x = 1\n").unfinished
