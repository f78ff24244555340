"""A hint's label in parts is the very label, and each dim in it knows where it stands and where it was born."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapelens.analysis.facts import Fact, Shown, Span
from shapelens.analysis.session import Session
from shapelens.report.hints import Hint, HintSettings, hints, label_parts
from shapelens.report.story import birth

CASES = sorted((Path(__file__).parents[2] / "cases").glob("legal_*.py"))[::6]


def fact(name: str, *shapes: tuple[int, ...]) -> Fact:
    return Fact(Span("a.py", 1, 0, 1, 5), name, "assign", tuple(Shown(shape) for shape in shapes))


@pytest.mark.parametrize(
    ("label", "facts", "dims"),
    [
        ("→ (2, 64)", [fact("x", (2, 64))], [("2", "x", 0), ("64", "x", 1)]),
        ("→ (2, …, 7, 8)", [fact("x", (2, 3, 4, 7, 8))], [("2", "x", 0), ("7", "x", -2), ("8", "x", -1)]),
        ("→ (…, 8)", [fact("x", (2, 3, 8))], [("8", "x", -1)]),
        ("→ (2|5, 8)", [fact("x", (2, 8), (5, 8))], [("2", "x", 0), ("8", "x", 1)]),
        ("→ (5,) int64", [fact("x", (5,))], [("5", "x", 0)]),
        ("→ (5,) or (2, 3)", [fact("x", (5,), (2, 3))], [("5", "x", 0), ("2", "x", 0), ("3", "x", 1)]),
        ("x, y (2, 3), z (3,)", [fact("x", (2, 3)), fact("y", (2, 3)), fact("z", (3,))],
         [("2", "y", 0), ("3", "y", 1), ("3", "z", 0)]),
        (": ≈(1, 9)", [fact("x", (1, 9))], [("1", "x", 0), ("9", "x", 1)]),
        ("→ ()", [fact("x", ())], []),
    ],
)  # fmt: skip
def test_the_dims_of_a_label(label: str, facts: list[Fact], dims: list[tuple[str, str, int]]) -> None:
    parts = label_parts(Hint(1, 0, label, tuple(facts)), str)
    assert "".join(part.text for part in parts) == label
    assert [(part.dim, part.fact.name, part.index) for part in parts if part.fact is not None] == dims


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_labels_of_programs_in_parts(path: Path) -> None:
    analysis = Session().analyse(str(path))
    for limit in (None, 20):
        for hint in hints(analysis, HintSettings(max_length=limit)):
            parts = label_parts(hint, analysis.names)
            assert "".join(part.text for part in parts) == hint.label
            for part in parts:
                if part.fact is None:
                    continue
                place = birth(analysis, part.fact, part.dim, part.index)
                assert place is not None
                assert place.file != analysis.path or 1 <= place.line <= analysis.text.count("\n") + 1
