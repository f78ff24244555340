"""How much of a file is known, in one line."""

from __future__ import annotations

from dataclasses import dataclass

from shapelens.analysis.facts import FileAnalysis
from shapelens.report.shapes import is_known

_ASKED = "torch."  # the library that may be asked


@dataclass(frozen=True)
class Status:
    """Lines with tensors: how many there are, of how many the shapes are known, how many need the library itself."""

    known: int
    total: int
    needs: int


def status(analysis: FileAnalysis) -> Status:
    """The lines of the file's facts, and of the calls that no rule answers."""
    lines: dict[int, bool] = {}
    for fact in analysis.facts:
        if fact.span.file == analysis.path and fact.kind != "layer":
            line = fact.span.line
            lines[line] = lines.get(line, True) and all(is_known(value.shape) for value in fact.values)
    gaps = [gap for gap in analysis.gaps if gap.span.file == analysis.path and not lines.get(gap.span.line, False)]
    lines.update((gap.span.line, False) for gap in gaps)
    needs = {gap.span.line for gap in gaps if gap.path.startswith(_ASKED)}
    return Status(sum(lines.values()), len(lines), len(needs))


def status_text(found: Status, why: str) -> str:
    """`12 of 14 tensor lines known; 2 need torch in the interpreter`; `why` says what is missing, for several."""
    if not found.total:
        return "no tensors in this file"
    noun = "line" if found.total == 1 else "lines"
    text = f"{found.known} of {found.total} tensor {noun} known"
    if found.needs and why:
        text += f"; {found.needs} need{'s' if found.needs == 1 else ''} {why}"
    return text
