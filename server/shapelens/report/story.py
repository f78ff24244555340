"""How a shape came about: the statements that led to it, and where each of its dims was born."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from shapelens.analysis.facts import Expression, Fact, FileAnalysis, Shown, Span
from shapelens.report.lines import split_lines
from shapelens.report.shapes import Names, dim_texts

_LONGEST = 24  # statements that are followed back


def birth(analysis: FileAnalysis, fact: Fact, dim: str, index: int) -> Span | None:
    """Where a dim of a fact first came up: a parameter, a call, or where the called layer is made.

    `dim` is as it is written, `index` counts from the front, or below 0 from the back.
    """
    rank = max((len(dims) for dims in _dims(fact.values, analysis.names)), default=0)

    def holds(values: Iterable[Shown]) -> bool:
        """Whether one of the shapes has the dim: at the same place, if the rank is the same."""
        return any(
            dims[index] == dim if len(dims) == rank and -rank <= index < rank else dim in dims
            for dims in _dims(values, analysis.names)
        )

    lines = tuple(split_lines(analysis.text))
    seen: set[Span] = set()
    for _ in range(_LONGEST):
        if fact.kind != "assign" and fact.kind != "return" or fact.span in seen:
            return fact.span
        seen.add(fact.span)
        inside = [e for e in analysis.expressions if _within(e.span, fact.span)]
        holding = [e for e in inside if holds(e.values)]
        if not holding:
            return fact.span
        first = min(holding, key=lambda e: (e.span.end_line, e.span.end_column, _size(e.span)))
        before = _before(analysis, fact, segment(lines, first.span))
        if before is None or not holds(before.values):
            return _made(first, inside) or first.span
        fact = before
    return fact.span


def story(analysis: FileAnalysis, fact: Fact) -> list[Fact]:
    """The facts that led to one, the first one first: a parameter, and what was made of it line by line."""
    lines = tuple(split_lines(analysis.text))
    found = [fact]
    while len(found) < _LONGEST and found[0].kind in ("assign", "return"):
        used = _names_used(segment(lines, found[0].span))
        earlier = [before for name in used if (before := _before(analysis, found[0], name)) is not None]
        if not earlier:
            break
        # Of several, the one that was made last: the others are told by their own hovers.
        found.insert(0, max(earlier, key=lambda each: (each.span.line, each.span.column)))
    return found


def fact_of(analysis: FileAnalysis, span: Span, name: str) -> Fact | None:
    """The fact that a name at a place is about: its own, or that of the statement which gave it."""
    own = [fact for fact in analysis.facts if fact.name == name and _within(span, fact.span) and fact.kind != "layer"]
    if own:
        return min(own, key=lambda fact: _size(fact.span))
    return _latest(analysis, (span.line, span.column), name)


def segment(lines: Sequence[str], span: Span) -> str:
    """The text of a span."""
    if not 0 < span.line <= span.end_line <= len(lines):
        return ""
    if span.line == span.end_line:
        return lines[span.line - 1][span.column : span.end_column]
    first, *middle, last = lines[span.line - 1 : span.end_line]
    return "\n".join([first[span.column :], *middle, last[: span.end_column]])


def _made(called: Expression, inside: Iterable[Expression]) -> Span | None:
    """Where the layer is made whose call an expression is."""
    start = (called.span.line, called.span.column)
    return next(
        (
            e.made
            for e in inside
            if e.made is not None and (e.span.line, e.span.column) == start and e.span != called.span
        ),
        None,
    )


def _before(analysis: FileAnalysis, fact: Fact, name: str) -> Fact | None:
    if not name.isidentifier():
        return None
    return _latest(analysis, (fact.span.line, fact.span.column), name)


def _latest(analysis: FileAnalysis, at: tuple[int, int], name: str) -> Fact | None:
    """The last fact of a name before a place, in the function that the place is in."""
    start = _function_start(analysis.text, at[0])
    earlier = [
        fact
        for fact in analysis.facts
        if fact.name == name
        and fact.kind in ("assign", "param")
        and start <= fact.span.line
        and (fact.span.line, fact.span.column) < at
        and _function_start(analysis.text, fact.span.line) == start
    ]
    return max(earlier, key=lambda fact: (fact.span.line, fact.span.column), default=None)


@lru_cache(maxsize=4)
def _functions(text: str) -> tuple[tuple[int, int], ...]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return tuple((node.lineno, node.end_lineno or node.lineno) for node in ast.walk(tree) if isinstance(node, kinds))


def _function_start(text: str, line: int) -> int:
    return max((start for start, end in _functions(text) if start <= line <= end), default=0)


def _names_used(code: str) -> list[str]:
    """The names that a statement reads, in order."""
    try:
        (statement,) = ast.parse(textwrap.dedent(code)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    value = getattr(statement, "value", None)
    reads = [n for n in ast.walk(value) if isinstance(n, ast.Name)] if isinstance(value, ast.AST) else []
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        reads.append(statement.target)
    return list(dict.fromkeys(node.id for node in reads))


def _dims(values: Iterable[Shown], names: Names) -> Iterator[tuple[str, ...]]:
    return (dim_texts(value.shape, names) for value in values)


def _within(inner: Span, outer: Span) -> bool:
    return (
        inner.file == outer.file
        and (outer.line, outer.column) <= (inner.line, inner.column)
        and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    )


def _size(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column
