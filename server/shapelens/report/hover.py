"""What is known of the expression under the cursor, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapelens.analysis.facts import Expression, Fact, FileAnalysis, Shown, Span
from shapelens.dims import Dim, TooComplex, product, text
from shapelens.report.contexts import call_title
from shapelens.report.lines import split_lines
from shapelens.report.places import name_span
from shapelens.report.shapes import Names, full_text, is_known, written
from shapelens.report.story import fact_of, segment, story
from shapelens.values.dtypes import BYTES
from shapelens.values.text import size_text

_MOST_VALUES = 12
_MOST_STEPS = 6
_LONGEST_CODE = 64
_MARKUP = re.compile(r"[`<>\[\]!*\\&|\n]|://|www\.")
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
    candidates: list[tuple[Span, Expression | Fact]] = []
    for expression in analysis.expressions:
        if _holds(expression.span, at):
            candidates.append((expression.span, expression))
    for fact in analysis.facts:
        span = name_span(fact, lines)
        if span is not None and _holds(span, at):
            candidates.append((span, fact))
    candidates = [each for each in candidates if each[1].about or any(is_known(v.shape) for v in each[1].values)]
    if not candidates:
        return None
    # Between two characters, the one behind the place is meant; at the end of an expression, that one.
    span, found = min(candidates, key=lambda each: (_ends_at(each[0], at), _size(each[0])))
    if isinstance(found, Fact):
        return Hover(fact_tooltip(found, analysis), span)
    told = markdown(found.values, found.about, "", analysis.names)
    named = fact_of(analysis, span, segment(lines, span))
    if found.made is not None and found.made.file == analysis.path:
        made = " ".join(segment(lines, found.made).split())
        told += f"\n\nMade in line {found.made.line}: `{_cut(made)}`"
    elif named is not None and set(found.values) <= set(named.values):
        told += _story_text(analysis, named)
    return Hover(told, span)


def fact_tooltip(fact: Fact, analysis: FileAnalysis) -> str:
    """The whole of what a hint says in short: each shape and which call has it, and how it came about."""
    calls = {call.site: call_title(call) for contexts in analysis.contexts for call in contexts.calls}
    titles = [", ".join(sorted({_inline(calls[site]) for site in sites if site in calls})) for sites in fact.sites]
    told = markdown(fact.values, "", fact.name, analysis.names, titles)
    return told + _story_text(analysis, fact) + (f"\n\n{fact.about}" if fact.about else "")


def _story_text(analysis: FileAnalysis, fact: Fact) -> str:
    """How a shape came about, line by line; "" where there is nothing to tell."""
    told, lines = story(analysis, fact), split_lines(analysis.text)
    if len(told) < 2:
        return ""
    listed = []
    for each in told[-_MOST_STEPS:]:
        shape = written(each.values, analysis.names)
        code = each.name if each.kind == "param" else " ".join(segment(lines, each.span).split())
        listed.append(f"- line {each.span.line}: `{_cut(code)}`" + (f" → `{shape.text()}`" if shape else ""))
    return "\n\nHow it came about:\n\n" + "\n".join(listed)


def _inline(code: str) -> str:
    """Code within a sentence; as code where some of it could be taken for an image, a link or other markup."""
    return f"`{code.replace('`', chr(39))}`" if _MARKUP.search(code) else code


def _cut(code: str) -> str:
    code = code.replace("`", "'")
    return code if len(code) <= _LONGEST_CODE else code[: _LONGEST_CODE - 1] + "…"


def markdown(values: Sequence[Shown], about: str, name: str, names: Names, titles: Sequence[str] | None = None) -> str:
    """Each distinct shape with its memory and the calls that have it, then what adds to it."""
    parts: list[str] = []
    found: dict[str, list[str]] = {}
    for value, title in zip(values, titles or [""] * len(values)):
        if is_known(value.shape):
            found.setdefault(_line(value, names), []).append(title)
    distinct = [" · ".join([line, *filter(None, dict.fromkeys(said))]) for line, said in found.items()]
    if len(distinct) == 1:
        distinct = list(found)  # all calls have it
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
    return "".join(f"\\{character}" if character in "_*[]`\\<>!&" else character for character in name)
