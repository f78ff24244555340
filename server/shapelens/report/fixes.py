"""Edits that a person may adopt: the fixes of a problem, and a shape written down as a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapelens.analysis.adopting import Adoption
from shapelens.analysis.facts import Edit, Fact, FileAnalysis, Problem, Span
from shapelens.dims import ascii_text
from shapelens.report.lines import split_lines
from shapelens.report.shapes import Names
from shapelens.source.lexing import comments

_IGNORED = re.compile(r"#\s*shapelens:\s*ignore\s*\[([^\]]*)\]")


@dataclass(frozen=True)
class Offer:
    """An edit with the problem that it mends; none for a mere convenience."""

    edit: Edit
    problem: Problem | None = None
    preferred: bool = False
    more: tuple[Edit, ...] = ()
    """Edits that go with it."""


def touches(problem: Problem, path: str, first: int, last: int) -> bool:
    """Whether a problem of a file is on one of the lines `first` to `last`."""
    return problem.span.file == path and problem.span.line <= last and problem.span.end_line >= first


def fixes(problems: Iterable[Problem]) -> list[Offer]:
    """The fixes of problems; one that is the only one is preferred. The same edit mends several problems at once."""
    offers: dict[Edit, Offer] = {}
    for problem in problems:
        for edit in problem.fixes:
            offers.setdefault(edit, Offer(edit, problem, preferred=len(problem.fixes) == 1))
    return list(offers.values())


def silencers(problems: Iterable[Problem], lines: Sequence[str]) -> list[Offer]:
    """A `# shapelens: ignore[code]` comment for each code, behind the first line of a problem that can have one."""
    offers: dict[tuple[str, int], Offer] = {}
    for problem in problems:
        span = problem.span
        for number in range(span.line, min(span.end_line, len(lines)) + 1):
            edit = _silencing(problem, number, lines)
            if edit is not None:
                offers.setdefault((problem.code, number), Offer(edit, problem))
                break
    return list(offers.values())


def _silencing(problem: Problem, number: int, lines: Sequence[str]) -> Edit | None:
    title = f"Disable {problem.code} for this line"
    code = lines[number - 1]
    end = len(code.rstrip())
    start = sum(len(line) + 1 for line in lines[: number - 1])
    comment = next((at - start for at, _ in comments("\n".join(lines)) if start <= at <= start + len(code)), None)
    if comment is None:
        inserted = f"  # shapelens: ignore[{problem.code}]"
        if not _is_comment_there(lines, number, code[:end] + inserted, end + 2):
            return None
        return Edit(title, Span(problem.span.file, number, end, number, len(code)), inserted)
    known = _IGNORED.search(code, comment)
    if known:  # other codes are ignored here already
        codes = f"{known.group(1).strip().rstrip(',')}, {problem.code}" if known.group(1).strip() else problem.code
        return Edit(title, Span(problem.span.file, number, known.start(1), number, known.end(1)), codes)
    # Behind the comment that is there: `# type: ignore` and its like must come first.
    return Edit(
        title, Span(problem.span.file, number, end, number, len(code)), f"  # shapelens: ignore[{problem.code}]"
    )


def signature(adoption: Adoption | None) -> list[Offer]:
    """Write the shapes of a function into its signature."""
    if adoption is None:
        return []
    first, *more = adoption.edits
    return [Offer(Edit(adoption.title, first.span, first.text), more=tuple(more))]


def shape_comment(analysis: FileAnalysis, line: int) -> Offer | None:
    """Write the shapes of a line behind it as a comment; None where there is none, or no room for a comment."""
    facts = [
        fact
        for fact in analysis.facts
        if fact.span.line == line and fact.span.file == analysis.path and fact.kind != "layer"
    ]
    comment = _comment(facts, analysis.names)
    lines = split_lines(analysis.text)
    if comment is None or not 0 < line <= len(lines):
        return None
    code = lines[line - 1]
    end = len(code.rstrip())
    inserted = f"  # {comment}"
    if not code.strip() or not _is_comment_there(lines, line, code[:end] + inserted, end + 2):
        return None
    span = Span(analysis.path, line, end, line, len(code))
    return Offer(Edit(f"Add comment: # {comment}", span, inserted))


def _comment(facts: Sequence[Fact], names: Names) -> str | None:
    """`(B, 64, 28, 28)` for one value, `x: (B, 3), y: (B,)` for several names."""
    stated: dict[str, str] = {}
    for fact in facts:
        shapes = list(dict.fromkeys(value.shape for value in fact.values))
        if len(shapes) != 1 or not isinstance(shapes[0], tuple):
            return None
        dims = [ascii_text(dim, names) for dim in shapes[0]]
        stated[fact.name] = f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"
    if not stated:
        return None
    if len(stated) == 1 and facts[0].kind != "param":
        return next(iter(stated.values()))
    if not all(name.isidentifier() for name in stated):
        return None
    return ", ".join(f"{name}: {shape}" for name, shape in stated.items())


def _is_comment_there(lines: Sequence[str], number: int, changed: str, column: int) -> bool:
    """Whether the line, changed so, has a comment that starts at the column: not in a string, behind no other one."""
    if lines[number - 1].rstrip().endswith("\\"):
        return False
    offset = sum(len(line) + 1 for line in lines[: number - 1]) + column
    text = "\n".join([*lines[: number - 1], changed, *lines[number:]])
    return any(start == offset for start, _ in comments(text))
