"""The problems of a file that are reported, and how they are written as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shapelens.analysis.facts import FileAnalysis, Problem, Span
from shapelens.report.lines import split_lines


def reported(analysis: FileAnalysis) -> list[Problem]:
    """The problems in order of place, each once, without those that a `# shapelens: ignore` comment silences."""
    silent = _ignores(analysis.text)
    found = dict.fromkeys(analysis.problems)
    kept = [problem for problem in found if not _is_silenced(problem, silent)]
    return sorted(kept, key=lambda problem: (problem.span.file, problem.span.line, problem.span.column, problem.code))


def _ignores(text: str) -> dict[int, frozenset[str] | None]:
    if "shapelens:" not in text:
        return {}
    # Only where there are such comments: a cold command line pays for each import.
    from shapelens.source.comments import ignores

    return ignores(text)


def _is_silenced(problem: Problem, silent: dict[int, frozenset[str] | None]) -> bool:
    for line in range(problem.span.line, problem.span.end_line + 1):
        if line in silent:
            codes = silent[line]
            if codes is None or problem.code in codes:
                return True
    return False


def problem_lines(problem: Problem, text: str, path: Callable[[str], str]) -> Iterator[str]:
    """A problem as the command line prints it: the message, the source line with a caret, the related places.

    `path` says how a file is named.
    """
    span = problem.span
    message, *more = problem.message.split("\n")
    yield f"{path(span.file)}:{span.line}:{span.column + 1}: {problem.severity}[{problem.code}] {message}"
    for line in more:
        yield f"  {line}"
    yield from _excerpt(span, text)
    for place in problem.related:
        yield f"  {path(place.span.file)}:{place.span.line}:{place.span.column + 1}: note: {place.message}"
    for fix in problem.fixes:
        yield f"  fix: {fix.title}"


def _excerpt(span: Span, text: str) -> Iterator[str]:
    lines = split_lines(text)
    if not 0 < span.line <= len(lines):
        return
    line = lines[span.line - 1]
    end = span.end_column if span.end_line == span.line else len(line)
    # Tabs stay tabs below the line, so that the caret stands right whatever their width.
    before = "".join(character if character == "\t" else " " for character in line[: span.column])
    yield f"    {line}"
    yield f"    {before}{'^' * max(1, min(end, len(line)) - span.column)}"
