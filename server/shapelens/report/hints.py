"""The hints of a file: where each stands and what it says."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from shapelens.analysis.facts import Fact, FileAnalysis, Shown
from shapelens.dims import Symbol, symbols
from shapelens.report.lines import split_lines
from shapelens.report.places import name_span
from shapelens.report.shapes import GAP, DtypeShown, Names, Written, dim_texts, written
from shapelens.values.shapes import Open, Shape

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


class Labels:
    """What stands at line ends, kept from one analysis of a file to the next: most of them say the same again.

    A label is used again for facts of the same names with the very same shapes, whose symbols are still called so.
    Those of the analysis before last are gone.
    """

    def __init__(self, settings: HintSettings) -> None:
        self.settings = settings
        self._now: dict[tuple[object, ...], _Kept] = {}
        self._before: dict[tuple[object, ...], _Kept] = {}
        self._names: Names | None = None

    def of(self, facts: Sequence[Fact], names: Names) -> tuple[str, tuple[Fact, ...]]:
        """See `line_label`. Each analysis has `names` of its own."""
        if names is not self._names:
            self._names, self._before, self._now = names, self._now, {}
        key: list[object] = []
        for fact in facts:
            key += fact.name, fact.kind
            key += map(id, fact.values)
        found = tuple(key)
        kept = self._now.get(found)
        if kept is None:
            kept = self._before.get(found)
            if kept is not None:
                self._now[found] = kept
        if kept is None or not _called_alike(kept, names):
            label, shown = line_label(facts, names, self.settings)
            values = tuple(value for fact in facts for value in fact.values)
            known = {symbol: names(symbol) for value in values for symbol in _symbols(value.shape)}
            told = tuple(i for i, fact in enumerate(facts) if any(fact is each for each in shown))
            kept = self._now[found] = _Kept(label, told, values, tuple(known.items()))
        return kept.label, tuple([facts[i] for i in kept.told])


@dataclass(frozen=True)
class _Kept:
    """A label, which of the facts it tells of, their values (whose identities are the key), their symbols' names."""

    label: str
    told: tuple[int, ...]
    values: tuple[Shown, ...]
    names: tuple[tuple[Symbol, str], ...]


def _called_alike(kept: _Kept, names: Names) -> bool:
    for symbol, name in kept.names:
        if names(symbol) != name:
            return False
    return True


def _symbols(shape: Shape) -> Iterator[Symbol]:
    dims = (*shape.prefix, *shape.suffix) if isinstance(shape, Open) else shape or ()
    return (symbol for dim in dims if not isinstance(dim, int) for symbol in symbols(dim))


def hints(
    analysis: FileAnalysis,
    settings: HintSettings | None = None,
    first: int = 1,
    last: int | None = None,
    labels: Labels | None = None,
) -> list[Hint]:
    """The hints on the lines `first` to `last`, in order of place; one for a line end.

    `labels` are those of earlier analyses of the file, with the same settings.
    """
    settings = settings or HintSettings()
    labels = labels or Labels(settings)
    lines = split_lines(analysis.text)
    last = len(lines) if last is None else min(last, len(lines))
    found: list[Hint] = []
    at_ends: dict[int, list[Fact]] = {}
    for at in range(bisect_left(analysis.facts, first, key=_line), len(analysis.facts)):
        fact = analysis.facts[at]
        line = fact.span.line
        if line > last:
            break
        if fact.obvious or fact.kind not in settings.kinds or fact.span.file != analysis.path:
            continue
        span = name_span(fact, lines) if settings.position == "name" else None
        if span is None:
            at_ends.setdefault(line, []).append(fact)
        else:
            found += _at_name(fact, span.end_column, analysis.names, settings)
    for line, facts in at_ends.items():
        label, shown = labels.of(facts, analysis.names)
        if label:
            found.append(Hint(line, len(lines[line - 1]), label, shown))
    return sorted(found, key=lambda hint: (hint.line, hint.column)) if settings.position == "name" else found


def _line(fact: Fact) -> int:
    return fact.span.line


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


# -- parts of a label ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A stretch of a label; one that is a dim says whose, and which: from the front, or below 0 from the back."""

    text: str
    fact: Fact | None = None
    dim: str = ""
    index: int = 0


def label_parts(hint: Hint, names: Names) -> list[Part]:
    """The label cut into its dims and what stands between them."""
    parts: list[Part] = []
    pieces = _cut_at_dims(hint.label)
    named = {each.name: each for each in hint.facts}
    fact = hint.facts[0] if hint.facts else None
    index, is_cut = 0, False
    for number, (text, is_dim) in enumerate(pieces):
        if not is_dim:
            fact = next((named[word] for word in reversed(_WORD.findall(text)) if word in named), fact)
            index, is_cut = (0, False) if "(" in text else (index, is_cut)
            is_cut = is_cut or GAP in text.rpartition("(")[2]
            parts.append(Part(text))
            continue
        dim = text.partition("|")[0].strip()
        owner = next((each for each in ([fact] if fact else []) + list(hint.facts) if _has(each, dim, names)), None)
        at = -_dims_left(pieces[number:]) if is_cut else index
        parts.append(Part(text, owner, dim, at) if owner is not None else Part(text))
        index += 1
    return parts


def _dims_left(pieces: Sequence[tuple[str, bool]]) -> int:
    """How many dims there are up to the closing parenthesis."""
    count = 0
    for text, is_dim in pieces:
        count += is_dim
        if not is_dim and ")" in text:
            break
    return count


def _has(fact: Fact, dim: str, names: Names) -> bool:
    return any(dim in dim_texts(value.shape, names) for value in fact.values)


_WORD = re.compile(r"\w+")


def _cut_at_dims(label: str) -> list[tuple[str, bool]]:
    """The label in pieces, each with whether it is a dim: what stands between commas in the outer parentheses."""
    pieces: list[tuple[str, bool]] = []
    depth, start = 0, 0
    for i, character in enumerate(label):
        if character == "(":
            depth += 1
            if depth == 1:
                pieces.append((label[start : i + 1], False))
                start = i + 1
        elif depth == 1 and character in ",)":
            pieces.append((label[start:i], True))
            start = i
        elif depth == 1 and label[start:i] in (",", ", ") and character != " ":
            pieces.append((label[start:i], False))
            start = i
        if character == ")":
            depth -= 1
    pieces.append((label[start:], False))
    joined: list[tuple[str, bool]] = []
    for text, is_dim in pieces:
        is_dim = is_dim and text not in ("", ",", GAP, "?")
        if not is_dim and joined and not joined[-1][1]:
            joined[-1] = joined[-1][0] + text, False
        elif text:
            joined.append((text, is_dim))
    return joined


# -- while a line is broken ------------------------------------------------------------------------------------------


_LARGEST_DIFFERENCE = 400  # lines between the first and the last change that are compared one by one
_AT_WORK = 10
"""Lines that one is at work on, at most; where more have changed, what other lines showed may be out of date."""


def kept_hints(
    earlier: Sequence[Hint], before: str, analysis: FileAnalysis, shown: Sequence[Hint]
) -> tuple[list[Hint], list[Hint]]:
    """The hints to show while some lines do not parse: those of now, and those of the earlier text that stay.

    Lines that were not touched keep what they said, as long as one is at work on one place, which does not parse. Else
    only hints stay that were lost with a statement that does not parse. They move with the text.
    """
    old, new = split_lines(before), split_lines(analysis.text)
    moved, touched, gone = _moves(old, new)
    broken, lost = _lines(analysis.broken), _lines(analysis.lost)
    at_work = (
        len(touched) <= _AT_WORK
        and all(line in broken for line in touched if _is_code(new[line - 1]))
        and all(moved_to in broken for line, moved_to in gone if _is_code(old[line - 1]))
    )
    now = {hint.line for hint in shown}
    kept = []
    for hint in earlier:
        line = moved.get(hint.line)
        if line is None or not new[line - 1].strip():
            continue
        if not (line not in now and line in broken or at_work and (line in lost or line not in touched)):
            continue
        if hint.at_line_end:
            kept.append(replace(hint, line=line, column=len(new[line - 1])))
        elif new[line - 1].startswith(old[hint.line - 1][: hint.column]):
            kept.append(replace(hint, line=line))
    staying = {hint.line for hint in kept}
    return [h for h in shown if h.line not in staying and not (at_work and h.line not in touched)], kept


def _lines(ranges: Sequence[tuple[int, int]]) -> set[int]:
    return {line for first, last in ranges for line in range(first, last + 2)}


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _moves(old: Sequence[str], new: Sequence[str]) -> tuple[dict[int, int], set[int], list[tuple[int, int]]]:
    """Where each old line is now, the new lines that were not there, and the old ones that are gone (from, to)."""
    front = _alike(old, new)
    back = _alike(old[front:][::-1], new[front:][::-1])
    moved = {line: line for line in range(1, front + 1)}
    moved |= {line: line + len(new) - len(old) for line in range(len(old) - back + 1, len(old) + 1)}
    touched: set[int] = set()
    gone: list[tuple[int, int]] = []
    matcher = SequenceMatcher(None, old[front : len(old) - back], new[front : len(new) - back], autojunk=False)
    small = max(len(old), len(new)) - front - back <= _LARGEST_DIFFERENCE
    whole = [("replace", 0, len(old) - back - front, 0, len(new) - back - front)]
    for kind, i1, i2, j1, j2 in matcher.get_opcodes() if small else whole:
        for i in range(i1, i2):
            if j1 + i - i1 < j2:
                moved[front + i + 1] = front + j1 + i - i1 + 1
            if kind != "equal":
                gone.append((front + i + 1, front + min(j1 + i - i1, j2) + 1))
        if kind != "equal":
            touched.update(range(front + j1 + 1, front + j2 + 1))
    return moved, touched, gone


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines at the start are the same."""
    count = 0
    for a, b in zip(old, new):
        if a != b:
            break
        count += 1
    return count
