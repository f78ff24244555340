"""Every rule of TensorFlow against TensorFlow: the calls of calls.py as they stand, and changed at random."""

from __future__ import annotations

from collections import Counter

import pytest

from shapelens.rules.registry import attributes, rules
from tests.rules.tensorflow.calls import SILENT, UNCALLED, UNSURE, called, calls
from tests.rules.tensorflow.harness import Ours, agree, mutants, scope

OURS, NAMES = Ours(), scope()
GROUPS = 24
# Zero-sized transforms end the process.
UNCHANGED = ("irfft",)


def paths() -> list[str]:
    own = ("tensorflow.keras.", "tensorflow.placeholder")
    return sorted(p for p in {*rules, *attributes} if p.startswith("tensorflow.") and not p.startswith(own))


@pytest.mark.parametrize("group", range(GROUPS))
def test_as_they_stand(group: int) -> None:
    for text in calls()[group::GROUPS]:
        if text not in SILENT:
            agree(OURS, NAMES, text, exact=text not in UNSURE, data=True)


@pytest.mark.parametrize("group", range(GROUPS))
def test_changed(group: int) -> None:
    found: Counter[bool | None] = Counter()
    for text in calls()[group::GROUPS]:
        if not any(name in text for name in UNCHANGED):
            found.update(agree(OURS, NAMES, changed, exact=False) for changed in mutants(text, 3))
    assert found[False] >= 2 * found[None]  # most of what fails is noticed


def test_no_rule_without_a_call() -> None:
    known = called()
    assert [p for p in paths() if p not in known and p not in UNCALLED] == []
