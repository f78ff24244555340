"""What is known of the expression under the cursor, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapelens.analysis.facts import Fact, FileAnalysis, Shown, Span
from shapelens.dims import Dim, TooComplex, product, text
from shapelens.report.lines import split_lines
from shapelens.report.places import name_span
from shapelens.report.shapes import Names, full_text, is_known
from shapelens.values.dtypes import BYTES
from shapelens.values.text import size_text

_MOST_VALUES = 12
INFERRED_NOTE = (
    "≈ inferred: sizes that fit what the layers ask, or that a comment or docstring states; no call says so."
)


@dataclass(frozen=True)
class Hover:
    """Markdown, and what it is about."""

    markdown: str
    span: Span


def hover(analysis: FileAnalysis, line: int, column: int) -> Hover | None:
    """What to show at a place (line from 1, column in code points from 0); the innermost expression counts."""
    at = (line, column)
    lines = split_lines(analysis.text)
    candidates: list[tuple[Span, Sequence[Shown], str, str]] = []
    for expression in analysis.expressions:
        if _holds(expression.span, at):
            candidates.append((expression.span, expression.values, expression.about, ""))
    for fact in analysis.facts:
        span = name_span(fact, lines)
        if span is not None and _holds(span, at):
            candidates.append((span, fact.values, fact.about, fact.name))
    candidates = [each for each in candidates if each[2] or any(is_known(value.shape) for value in each[1])]
    if not candidates:
        return None
    # Between two characters, the one behind the place is meant; at the end of an expression, that one.
    span, values, about, name = min(candidates, key=lambda each: (_ends_at(each[0], at), _size(each[0])))
    return Hover(markdown(values, about, name, analysis.names), span)


def fact_tooltip(fact: Fact, names: Names) -> str:
    """The whole of what a hint says in short."""
    return markdown(fact.values, fact.about, fact.name, names)


def markdown(values: Sequence[Shown], about: str, name: str, names: Names) -> str:
    """Each distinct shape with its memory, then what adds to it."""
    parts: list[str] = []
    distinct = list(dict.fromkeys(_line(value, names) for value in values if is_known(value.shape)))
    unknown = any(not is_known(value.shape) for value in values)
    if distinct:
        label = f"**{_escaped(name)}** " if name else ""
        if len(distinct) == 1 and not unknown:
            parts.append(label + distinct[0])
        else:
            known = f"{len(distinct)} known shape{'s' if distinct[1:] else ''}"
            parts.append(f"{label}has {known} here, in the order met:\n\n{_bullets(distinct, unknown)}")
    if any(value.inferred for value in values):
        parts.append(f"_{INFERRED_NOTE}_")
    if about:
        parts.append(about)
    return "\n\n".join(parts)


def _bullets(lines: Sequence[str], unknown: bool) -> str:
    listed = list(lines[:_MOST_VALUES])
    if len(lines) > _MOST_VALUES:
        listed.append(f"and {len(lines) - _MOST_VALUES} more")
    if unknown:
        listed.append("and calls of which the shape is not known")
    return "\n".join(f"- {line}" for line in listed)


def _line(value: Shown, names: Names) -> str:
    memory = memory_text(value, names)
    return f"`{full_text(value, names)}`" + (f" — {memory}" if memory else "")


def memory_text(value: Shown, names: Names) -> str:
    """The bytes of a tensor: `3.1 MiB`, `3.1 MiB · B` where a size is symbolic; "" where it is not known."""
    if not isinstance(value.shape, tuple) or value.dtype not in BYTES:
        return ""
    known, symbolic = _split(value.shape)
    size = size_text(known * BYTES[value.dtype])
    if not symbolic:
        return size
    try:
        times = product(symbolic)
    except TooComplex:
        return ""
    written = text(times, names)
    return f"{size} · {written}" if " " not in written else f"{size} · ({written})"


def _split(shape: Iterable[Dim]) -> tuple[int, list[Dim]]:
    known, symbolic = 1, list[Dim]()
    for dim in shape:
        if isinstance(dim, int):
            known *= dim
        else:
            symbolic.append(dim)
    return known, symbolic


def _holds(span: Span, at: tuple[int, int]) -> bool:
    return (span.line, span.column) <= at <= (span.end_line, span.end_column)


def _ends_at(span: Span, at: tuple[int, int]) -> bool:
    return (span.end_line, span.end_column) == at


def _size(span: Span) -> tuple[int, int]:
    lines = span.end_line - span.line
    return lines, span.end_column - (0 if lines else span.column)


def _escaped(name: str) -> str:
    return "".join(f"\\{character}" if character in "_*[]`\\" else character for character in name)
