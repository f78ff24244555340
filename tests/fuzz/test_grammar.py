"""Random programs, run by the real frameworks: what we say of them is true, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.fuzz.grammar.command import cases, figures, small
from tests.fuzz.grammar.judging import Worker

SEEDS = {"torch": 300, "numpy": 300, "keras": 24}
"""How many seeds of each grammar; about half of them are run a second time, with a number changed."""

KNOWN = {"torch": 0.9, "numpy": 0.85, "keras": 0.85}
"""The least share of variables whose shape is known."""

FOUND = {"torch": 0.6, "numpy": 0.6, "keras": 0.5}
"""The least share of raising programs where the line is found."""


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the interpreter's own defects through."""
    monkeypatch.setenv("SHAPELENS_STRICT", "1")


@pytest.fixture
def worker(grammar: str) -> Iterator[Worker]:
    """The process that runs the programs."""
    pytest.importorskip({"keras": "tensorflow"}.get(grammar, grammar))
    made = Worker(grammar)
    yield made
    made.close()


@pytest.mark.parametrize("grammar", list(SEEDS))
def test_says_what_the_run_says(grammar: str, worker: Worker) -> None:
    counts: Counter[str] = Counter()
    for seed in range(SEEDS[grammar]):
        for case in cases(worker, seed):
            counts["programs"] += 1
            counts["lines"] += case.text.count("\n")
            counts.update(case.judged.counts)
            for what in case.judged.disagreements:
                text, now = small(worker, case, what, 60)
                raise AssertionError(f"{now}\n`python -m tests.fuzz grammar --grammar {grammar} --seed {seed}`\n{text}")
    print(figures(counts))
    assert counts["programs"] >= SEEDS[grammar], figures(counts)
    assert counts["known"] >= KNOWN[grammar] * counts["variables"], figures(counts)
    assert counts["found"] >= FOUND[grammar] * counts["raising"], figures(counts)
