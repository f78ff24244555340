"""Programs made to hurt get an answer within their budget, and what is known around them is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shapelens.interpreter.machine import slowness
from tests.hurt.apart import Runner
from tests.hurt.programs import PROGRAMS
from tests.hurt.running import MEGABYTES, SECONDS, STEPS
from tests.hurt.served import served

QUICK = sorted(PROGRAMS)[::5]
"""What each change is held against; `python -m tests.hurt` runs all."""
QUICK_SERVED = (
    "thousands of problems of a model",
    "imports in cycles",
    "pyproject of dotted keys",
    "notebook of 2000 cells",
)


_NOISE = 1.25
"""What other programs on a machine may cost one beyond its slowness: memory and caches that are shared."""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as runner:
        yield runner


@pytest.mark.parametrize("name", QUICK)
def test_answers_in_time(runner: Runner, name: str) -> None:
    outcome = runner.run(("cold", "good"), name)
    assert not outcome.wrong
    assert outcome.megabytes < MEGABYTES
    # The machine may be slower than the one that the budgets were made for, just then or throughout.
    slow = max(outcome.slowness, slowness())
    assert outcome.worst < _NOISE * SECONDS * slow
    assert outcome.steps["good"] < SECONDS / 3 * slow


@pytest.mark.parametrize("name", QUICK_SERVED)
def test_a_server_answers_in_time(name: str) -> None:
    outcome = served(name)
    assert outcome.megabytes < MEGABYTES
    assert outcome.worst < _NOISE * SECONDS * max(outcome.slowness, slowness()), outcome


def test_says_what_was_not_looked_at(runner: Runner) -> None:
    assert runner.run(("cold",), "ackermann").unfinished
    assert runner.run(("cold",), "list of a million").unfinished
    assert not runner.run(STEPS, text="x = 1\n").unfinished
