"""The search for fixes: proposals in order, each tried by an analysis of the edited text."""

from __future__ import annotations

import ast
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from shapelens.analysis.facts import Edit, FileAnalysis, Problem
from shapelens.analysis.mending import layouts, numbers, signatures
from shapelens.analysis.mending.sources import Proposal, Source, changed
from shapelens.interpreter.machine import Cancelled
from shapelens.source.tree import Tree
from shapelens.values import Open, Shape

MOST_FIXES = 4
MOST_TRIES = 200
"""Analyses that the search for one problem's fixes may cost."""

Trial = Callable[[str, Callable[[], bool]], FileAnalysis]
"""The analysis of the file with another text; it raises Cancelled once the other says so."""
_Key = tuple[str, int, str]
_Dims = tuple[object, ...]


def fixes(
    problem: Problem,
    analysis: FileAnalysis,
    tree: Tree,
    trial: Trial,
    seconds: float,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Edit, ...]:
    """The edits each of which alone makes the problem go and brings no other; the best first.

    The search ends after `seconds`.
    """
    if problem.clue is None or problem.span.file != analysis.path:
        return ()
    end = time.monotonic() + seconds
    check = _Check(problem, analysis, trial, lambda: time.monotonic() > end or cancelled is not None and cancelled())
    source = Source(analysis, tree)
    node = source.at(problem.span)
    if node is None:
        return ()
    made = source.at(problem.clue.made) if problem.clue.made is not None else None
    found = _mending(check, _likely(source, problem, node, made))
    for proposals in _last_resorts(source, problem, node, made):
        if found:
            break
        found = _mending(check, proposals)
    return tuple(found[:MOST_FIXES])


def _likely(source: Source, problem: Problem, node: ast.AST, made: ast.AST | None) -> Iterator[Proposal]:
    """What people mend such problems with."""
    layer = made if isinstance(made, ast.Call) and made is not node else None
    yield from layouts.of_flattening(source, problem, node)
    yield from numbers.of_batches(source, problem)
    yield from numbers.at_the_use(source, problem, node)
    if isinstance(made, ast.Call) and made is node:
        yield from numbers.wanted(source, problem, made)
    if layer is not None:
        yield from layouts.in_the_definition(source, problem, layer)
        yield from numbers.in_the_definition(source, problem, layer)
    yield from numbers.smaller(source, problem, layer, node)
    yield from layouts.at_the_use(source, problem, node)
    yield from numbers.elsewhere(source, problem, node, layer)
    yield from numbers.divisors(source, problem, node, layer)
    yield from layouts.of_letters(source, problem, node)
    yield from layouts.of_names(source, problem, node)
    yield from signatures.of_results(source, problem, node, source.names)


def _last_resorts(
    source: Source, problem: Problem, node: ast.AST, made: ast.AST | None
) -> Iterator[Iterable[Proposal]]:
    """What is offered only if nothing else mends the problem; the first kind that does."""
    yield numbers.derived(source, problem, node, made)
    yield numbers.windows(source, problem, node)
    yield numbers.in_data(source, problem, node)


def _mending(check: _Check, proposals: Iterable[Proposal]) -> list[Edit]:
    """The edits that mend the problem; of those that share a choice, one only if it is the only one."""
    found: list[Proposal] = []
    for proposal in proposals:
        if check.is_over:
            break
        if proposal.first and any(other.choice == proposal.choice for other in found):
            continue
        if check.mends(proposal.edit):
            found.append(proposal)
    return [proposal.edit for proposal in found if _is_chosen(proposal, found)]


def _is_chosen(proposal: Proposal, found: list[Proposal]) -> bool:
    if not proposal.choice:
        return True
    rivals = [other for other in found if other.choice == proposal.choice]
    rivals = [other for other in rivals if other.kind == rivals[0].kind]
    return rivals[0] is proposal and (len(rivals) == 1 or proposal.first)


class _Check:
    """Whether an edit mends the problem, by an analysis of the text with it; each text is tried once."""

    def __init__(self, problem: Problem, analysis: FileAnalysis, trial: Trial, stopped: Callable[[], bool]) -> None:
        self._text, self._trial, self._stopped = analysis.text, trial, stopped
        # Problems of the same two sizes have one cause: an edit that mends but one of them mends nothing.
        same = [p for p in analysis.problems if p.clue and p.clue.conflict and _conflict(p) == _conflict(problem)]
        self._places = {(p.code, p.span.line) for p in (problem, *same)}
        self._problems = _problems(analysis)
        self._known = _known(analysis)
        self._inputs, self._sizes = _inputs(analysis), _open_sizes(analysis)
        self._tried = {analysis.text}

    @property
    def is_over(self) -> bool:
        """Whether no more is to be tried."""
        return len(self._tried) > MOST_TRIES or self._stopped()

    def mends(self, edit: Edit) -> bool:
        """Whether the problem is gone with the edit, no other has come, and as much is known as before."""
        text = changed(self._text, edit)
        if text in self._tried:
            return False
        self._tried.add(text)
        try:
            analysis = self._trial(text, self._stopped)
        except Cancelled:
            return False
        problems = _problems(analysis)
        if self._places & problems.keys() or any(count > self._problems.get(at, 0) for at, count in problems.items()):
            return False
        if not self._known <= _known(analysis):
            return False
        inputs, sizes = _inputs(analysis), _open_sizes(analysis)
        if any(inputs.get(key) != dims for key, dims in self._inputs.items()):
            return False
        return not self._inputs or not any(_settles(dims, sizes.get(key, dims)) for key, dims in self._sizes.items())


def _conflict(problem: Problem) -> set[int]:
    return set(problem.clue.conflict or ()) if problem.clue is not None else set()


def _problems(analysis: FileAnalysis) -> dict[tuple[str, int], int]:
    """How many places there are with a problem, by code and line."""
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    for problem in analysis.problems:
        found[problem.code, problem.span.line].add(problem.span.column)
    return {at: len(columns) for at, columns in found.items()}


def _known(analysis: FileAnalysis) -> set[_Key]:
    """The facts that have a shape."""
    return {
        (fact.name, fact.span.line, fact.kind)
        for fact in analysis.facts
        if fact.kind != "layer" and all(isinstance(value.shape, tuple) for value in fact.values)
    }


def _open_sizes(analysis: FileAnalysis) -> dict[_Key, tuple[_Dims, ...]]:
    """The shapes with sizes that are left open: a fix does not settle what is fed to a function that nobody calls."""
    found = {}
    for fact in analysis.facts:
        shown = [_dims(value.shape) for value in fact.values if not value.inferred]
        if fact.kind != "layer" and len(shown) == len(fact.values):
            found[fact.name, fact.span.line, fact.kind] = tuple(shown)
    return found


def _dims(shape: Shape) -> _Dims:
    """The dims with None for an open one, and ... for an open run."""
    if isinstance(shape, Open):
        return (*_dims(shape.prefix), ..., *_dims(shape.suffix))
    return tuple(dim if isinstance(dim, int) else None for dim in shape or ())


def _settles(before: tuple[_Dims, ...], now: tuple[_Dims, ...]) -> bool:
    """Whether a size that was open is a number now."""
    if len(before) != len(now):
        return False
    return any(
        len(old) == len(new) and any(a is None and isinstance(b, int) for a, b in zip(old, new))
        for old, new in zip(before, now)
    )


def _inputs(analysis: FileAnalysis) -> dict[_Key, tuple[_Dims, ...]]:
    """The sizes that functions which nobody calls ask of their parameters: a fix does not change what is fed."""
    return {
        key: dims
        for key, dims in _open_sizes(analysis).items()
        if key[2] == "param" and all(None in one or ... in one for one in dims)
    }
