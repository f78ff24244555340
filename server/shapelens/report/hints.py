"""The hints of a file: where each stands and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shapelens.analysis.facts import Fact, FileAnalysis
from shapelens.report.lines import split_lines
from shapelens.report.places import name_span
from shapelens.report.shapes import GAP, DtypeShown, Names, Written, written

KINDS = ("assign", "param", "return", "layer")
ARROW = "→"


@dataclass(frozen=True)
class HintSettings:
    """What the user wants to see. `max_length` is of the whole label; None: any length."""

    position: Literal["lineEnd", "name"] = "lineEnd"
    kinds: frozenset[str] = frozenset(KINDS)
    max_length: int | None = 43
    dtype: DtypeShown = "nonDefault"


@dataclass(frozen=True)
class Hint:
    """A label at a place: the line counts from 1, the column in code points from 0."""

    line: int
    column: int
    label: str
    facts: tuple[Fact, ...]
    at_line_end: bool = True


def hints(
    analysis: FileAnalysis, settings: HintSettings | None = None, first: int = 1, last: int | None = None
) -> list[Hint]:
    """The hints on the lines `first` to `last`, in order of place; one for a line end."""
    settings = settings or HintSettings()
    lines = split_lines(analysis.text)
    last = len(lines) if last is None else min(last, len(lines))
    found: list[Hint] = []
    at_ends: dict[int, list[Fact]] = {}
    for fact in sorted(analysis.facts, key=lambda fact: (fact.span.line, fact.span.column)):
        line = fact.span.line
        if not first <= line <= last or fact.obvious or fact.kind not in settings.kinds:
            continue
        if fact.span.file != analysis.path:
            continue
        span = name_span(fact, lines) if settings.position == "name" else None
        if span is None:
            at_ends.setdefault(line, []).append(fact)
        else:
            found += _at_name(fact, span.end_column, analysis.names, settings)
    for line, facts in at_ends.items():
        label, shown = line_label(facts, analysis.names, settings)
        if label:
            found.append(Hint(line, len(lines[line - 1]), label, shown))
    return sorted(found, key=lambda hint: (hint.line, hint.column))


def line_label(facts: Sequence[Fact], names: Names, settings: HintSettings) -> tuple[str, tuple[Fact, ...]]:
    """What stands at the end of a line for its facts, and the facts that it tells of; "" where nothing is known."""
    pieces: list[tuple[Fact, Written]] = []
    for fact in facts:
        text = written(fact.values, names, settings.dtype)
        if text is not None:
            pieces.append((fact, text))
    if any(fact.kind != "layer" for fact, _ in pieces):
        # Layers made and called on the line: what is bound there tells enough.
        pieces = [(fact, text) for fact, text in pieces if fact.kind != "layer"]
    shown = tuple(fact for fact, _ in pieces)
    if not pieces:
        return "", ()
    texts = [text for _, text in pieces]
    if all(fact.kind == "layer" for fact in shown):
        return _fitted(_chain, [""] * len(texts), texts, settings.max_length), shown
    if len(pieces) == 1 and shown[0].kind != "param":
        return _fitted(_chain, [""], texts, settings.max_length), shown
    # Names of the same shapes share them; once they are shortened, others may look the same that are not.
    named: dict[Written, list[str]] = {}
    for fact, text in pieces:
        alike = named.setdefault(text, [])
        if fact.name not in alike:
            alike.append(fact.name)
    listed = [", ".join(alike) for alike in named.values()]
    return _fitted(_list, listed, list(named), settings.max_length), shown


def _at_name(fact: Fact, column: int, names: Names, settings: HintSettings) -> list[Hint]:
    text = written(fact.values, names, settings.dtype)
    if text is None:
        return []
    label = _fitted(_colon, [""], [text], settings.max_length)
    return [Hint(fact.span.line, column, label, (fact,), at_line_end=False)]


_Join: TypeAlias = Callable[[Sequence[str], Sequence[str]], str]

# -- writing several shapes in one label -----------------------------------------------------------------------------


def _chain(_: Sequence[str], texts: Sequence[str]) -> str:
    """`→ (B, 8, 26, 26) → (B, 8, 13, 13)`: what one layer after the other gives."""
    distinct = [text for i, text in enumerate(texts) if i == 0 or text != texts[i - 1]]
    return " ".join(f"{ARROW} {text}" for text in distinct)


def _colon(_: Sequence[str], texts: Sequence[str]) -> str:
    return f": {texts[0]}"


def _list(names: Sequence[str], texts: Sequence[str]) -> str:
    """`x, y (B, 3), z (B,)`."""
    return ", ".join(f"{name} {text}" for name, text in zip(names, texts))


def _fitted(join: _Join, names: Sequence[str], texts: Sequence[Written], limit: int | None) -> str:
    """The label, with middle dims left out of the longest shapes until it is short enough."""
    current = [text.text() for text in texts]
    label = join(names, current)
    if limit is None or len(label) <= limit:
        return label
    shorter = [text.shorter() for text in texts]
    while len(label) > limit:
        for i in sorted(range(len(texts)), key=lambda i: -len(current[i])):
            text = next(shorter[i], None)
            if text is not None:
                current[i] = text
                break
        else:
            return _cut(join, names, current, limit)
        label = join(names, current)
    return label


def _cut(join: _Join, names: Sequence[str], texts: Sequence[str], limit: int) -> str:
    """The label with the last names left out, at least one staying."""
    for count in range(len(texts) - 1, 0, -1):
        label = f"{join(names[:count], texts[:count])} {GAP}"
        if len(label) <= limit or count == 1:
            return label
    return join(names, texts)
