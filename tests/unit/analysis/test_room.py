"""Calls at any depth of an analysis cost the same."""

from __future__ import annotations

import resource
import threading

import pytest

from shapelens.analysis.room import roomy

_CALLS = 300


def _leaf(n: int) -> int:
    return n


def _faults(depth: int) -> int:
    """How much memory the system had to find for calls that are so deep."""
    if depth:
        return _faults(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for n in range(_CALLS):
        _leaf(n)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@roomy
def _most_faults() -> int:
    return max(_faults(depth) for depth in range(400))


def test_no_call_within_asks_for_memory_again_and_again() -> None:
    assert _most_faults() < _CALLS // 2
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(_most_faults()))
    thread.start()
    thread.join()
    assert found[0] < _CALLS // 2


def test_what_it_gives_and_raises_is_the_functions_own() -> None:
    @roomy
    def divided(a: int, *, by: int) -> float:
        """A quotient."""
        return a / by

    assert divided(6, by=3) == 2
    assert divided.__doc__ == "A quotient."
    with pytest.raises(ZeroDivisionError):
        divided(6, by=0)
