"""The line that says how much of a file is known."""

from __future__ import annotations

import pytest

from shapelens.analysis.facts import Fact, FileAnalysis, Gap, Shown, Span
from shapelens.report.status import Status, status, status_text


def span(line: int) -> Span:
    return Span("a.py", line, 0, line, 5)


def fact(line: int, *shapes: object, kind: str = "assign") -> Fact:
    return Fact(span(line), "x", kind, tuple(Shown(shape) for shape in shapes))


def test_lines_count_once_and_are_known_if_all_of_them_is() -> None:
    facts = (fact(1, (2,)), fact(1, (3,)), fact(2, (2,), None), fact(3, None), fact(9, (4,), kind="layer"))
    gaps = (Gap(span(1), "torch.a"), Gap(span(3), "torch.b"), Gap(span(4), "torch.c"), Gap(span(5), "numpy.d"))
    assert status(FileAnalysis("a.py", "", facts, gaps=gaps)) == Status(known=1, total=5, needs=2)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Status(12, 14, 2), "12 of 14 tensor lines known; 2 need torch in the interpreter"),
        (Status(2, 3, 1), "2 of 3 tensor lines known; 1 needs torch in the interpreter"),
        (Status(2, 3, 0), "2 of 3 tensor lines known"),
        (Status(1, 1, 0), "1 of 1 tensor line known"),
        (Status(0, 0, 0), "no tensors in this file"),
    ],
)
def test_what_is_said(found: Status, text: str) -> None:
    assert status_text(found, "torch in the interpreter") == text
