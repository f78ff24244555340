"""The cells of a notebook: one program in order for the analysis, and each cell's part of what is known of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from shapelens.analysis.facts import CallSite, Contexts, Edit, FileAnalysis, Later, Place, Problem, Span
from shapelens.report.lines import split_lines
from shapelens.source.magics import without_magics


class Cells:
    """The cells of one version of a notebook: the path of each and its text, and the path of the whole."""

    def __init__(self, path: str, cells: Sequence[tuple[str, str]]) -> None:
        self.path, self.cells = path, tuple(cells)
        self._starts: list[int] = []
        texts, line = [], 0
        for _, text in cells:
            self._starts.append(line)
            texts.append(without_magics(text))
            line += len(split_lines(text))
        self.text = "\n".join(texts)
        self._ends = [*self._starts[1:], line]

    def part(self, analysis: FileAnalysis, path: str) -> FileAnalysis:
        """What is known of one cell, as if it were a file of its own."""
        number = next(i for i, (each, _) in enumerate(self.cells) if each == path)

        def here(span: Span) -> bool:
            return span.file == self.path and self._starts[number] < span.line <= self._ends[number]

        def lines(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
            start, end = self._starts[number], self._ends[number]
            return tuple((max(a - start, 1), min(b, end) - start) for a, b in ranges if a <= end and b > start)

        return replace(
            analysis,
            path=path,
            text=self.cells[number][1],
            facts=tuple(replace(fact, span=self.placed(fact.span)) for fact in analysis.facts if here(fact.span)),
            problems=tuple(self.problem(problem) for problem in analysis.problems if here(problem.span)),
            expressions=Later(
                lambda: [
                    replace(e, span=self.placed(e.span), made=self.placed(e.made) if e.made is not None else None)
                    for e in analysis.expressions
                    if here(e.span)
                ]
            ),
            models=Later(lambda: [replace(m, span=self.placed(m.span)) for m in analysis.models if here(m.span)]),
            gaps=Later(lambda: [replace(gap, span=self.placed(gap.span)) for gap in analysis.gaps if here(gap.span)]),
            contexts=Later(lambda: [self._contexts(each) for each in analysis.contexts if here(each.span)]),
            broken=lines(analysis.broken),
            lost=lines(analysis.lost),
        )

    def placed(self, span: Span) -> Span:
        """A span of the whole as one of the cell that it is in; one of another file as it is."""
        if span.file != self.path or not self.cells:
            return span
        number = max(bisect_right(self._starts, span.line - 1) - 1, 0)
        start, end = self._starts[number], self._ends[number]
        path, text = self.cells[number]
        if span.end_line <= end:
            return Span(path, span.line - start, span.column, span.end_line - start, span.end_column)
        return Span(path, span.line - start, span.column, end - start, len(split_lines(text)[-1]))

    def line(self, path: str, line: int) -> int:
        """The line of the whole for one of a cell."""
        return next(start for start, (each, _) in zip(self._starts, self.cells) if each == path) + line

    def problem(self, problem: Problem) -> Problem:
        """A problem of the whole as one of its cell."""
        return replace(
            problem,
            span=self.placed(problem.span),
            related=tuple(Place(self.placed(place.span), place.message) for place in problem.related),
            fixes=tuple(self.edit(edit) for edit in problem.fixes),
        )

    def edit(self, edit: Edit) -> Edit:
        """An edit of the whole as one of its cell."""
        return replace(edit, span=self.placed(edit.span))

    def _contexts(self, contexts: Contexts) -> Contexts:
        calls = tuple(CallSite(call.site, self.placed(call.span), call.text) for call in contexts.calls)
        return Contexts(contexts.name, self.placed(contexts.span), calls)
