"""No alarm and no wrong shape on the documentation's own examples."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from shapelens.analysis.session import Session
from tests.docs_examples.checking import comparison, recorded
from tests.docs_examples.extract import statements_of

installed = pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")


@installed
def test_no_alarm_and_no_wrong_shape() -> None:
    session = Session((), sys.executable)
    programs = points = 0
    bad = []
    for one in recorded():
        found = comparison(one, session)
        programs += 1
        points += len(found.verdicts)
        bad += [(one.name, alarm["line"], alarm["message"]) for alarm in found.alarms]
        bad += [(one.name, row["line"], row["name"], claimed) for v, row, claimed in found.verdicts if v == "wrong"]
    assert not bad
    # Another version than the recorded one has other texts; most are the same for years.
    assert programs > 300 and points > 1000


@pytest.mark.parametrize(
    ("doc", "statements"),
    [
        ("Adds.\n\n    >>> a = f(1)\n    >>> a + 1\n    2\n", ["a = f(1)", "shown = a + 1"]),
        ("    >>> class A:\n    >>>     x = 1\n    >>> print(A)\n", ["class A:\n    x = 1", "print(A)"]),
        (">>> y = f(\n...     1,\n... )\ntext\n>>> if y\n>>> z = 2\n", ["y = f(\n    1,\n)", "z = 2"]),
        ("Example::\n\n    a = 1\n    b = a\n\nprose", ["a = 1", "b = a"]),
        ("No code: x = 1", []),
    ],
)
def test_example_code_of_a_docstring(doc: str, statements: list[str]) -> None:
    assert list(statements_of(doc)) == statements
