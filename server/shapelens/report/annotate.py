"""A source file with its shapes at the line ends, for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from shapelens.analysis.facts import FileAnalysis
from shapelens.report.hints import HintSettings, hints
from shapelens.report.lines import harmless, split_lines
from shapelens.report.shapes import INFERRED

_WIDEST = 68
_SHAPE, _INFERRED, _OFF = "\x1b[36m", "\x1b[33m", "\x1b[0m"


def annotated(analysis: FileAnalysis, colour: bool = False) -> Iterator[str]:
    """The lines of the file; those with hints end with them, in one column where the lines are not too long."""
    settings = HintSettings(max_length=None)
    labels = {hint.line: hint.label for hint in hints(analysis, settings)}
    lines = [harmless(line) for line in split_lines(analysis.text)]
    if lines and not lines[-1]:
        lines.pop()
    widths = [_width(lines[number - 1].rstrip()) for number in labels]
    column = max([width for width in widths if width <= _WIDEST], default=0) + 2
    for number, line in enumerate(lines, 1):
        label = labels.get(number)
        if label is None:
            yield line
            continue
        code = line.rstrip()
        room = max(column - _width(code), 2)
        yield f"{code}{' ' * room}{_coloured(label) if colour else label}"


def _coloured(label: str) -> str:
    return f"{_INFERRED if INFERRED in label else _SHAPE}{label}{_OFF}"


def _width(line: str) -> int:
    """The columns that a line takes on a terminal."""
    line = line.expandtabs(8)
    if line.isascii():
        return len(line)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in line
    )
