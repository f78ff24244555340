"""Sessions for the command line, with their errors as one line for a person."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from shapelens.cli.output import complain
from shapelens.cli.status import UsageError

if TYPE_CHECKING:
    from shapelens.analysis.facts import FileAnalysis, Problem
    from shapelens.analysis.session import Session

T = TypeVar("T")
_ORACLE_SECONDS, _ORACLE_ROUNDS = 20.0, 5
"""How long one command waits for the oracle in all, and how often it analyses one file anew for its answers."""


def session_for(roots: Sequence[Path], python: str | None) -> Session:
    """A session on these projects and the user's interpreter. Raises EnvironmentNotFound for a bad choice."""
    from shapelens.analysis.session import Session

    session = Session(roots, python)
    for complaint in session.complaints:
        complain(complaint)
    if python is not None:
        _ = session.environment  # A bad choice is said before anything else, and not only where it matters.
    return session


_SECONDS = 1.0
"""How long the search for the fixes of one problem may take."""


def mended(session: Session, analysis: FileAnalysis, problem: Problem) -> Problem:
    """The problem with its fixes."""
    if problem.severity == "information":
        return problem
    return session.mended(analysis, problem, _SECONDS)


class Asking:
    """Analyses with the answers of the user's own torch, where `--oracle` says so: analyses, waits, analyses again."""

    def __init__(self, session: Session, wanted: bool) -> None:
        self._oracle = session.consult() if wanted else None
        self._left = _ORACLE_SECONDS
        if wanted and self._oracle is None:
            complain("--oracle: no interpreter that could be asked")

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *_: object) -> None:
        if self._oracle is not None:
            if self._oracle.problem:
                complain(f"--oracle: {self._oracle.problem}")
            self._oracle.close()

    def run(self, analyse: Callable[[], T]) -> T:
        """What an analysis shows with all answers that came in time."""
        oracle = self._oracle
        if oracle is None:
            return analyse()
        for _ in range(_ORACLE_ROUNDS):
            known = oracle.generation
            result = analyse()
            started = time.monotonic()
            oracle.wait(max(self._left, 0))
            self._left -= time.monotonic() - started
            if oracle.generation == known:
                return result
        return analyse()


@contextlib.contextmanager
def source_errors() -> Iterator[None]:
    """Turns what cannot be read or found into a UsageError."""
    from shapelens.source.environments import EnvironmentNotFound
    from shapelens.source.reading import SourceError

    try:
        yield
    except (SourceError, EnvironmentNotFound) as error:
        raise UsageError(str(error)) from None


def module_path(session: Session, name: str) -> Path:
    """The file of a module, as the user's interpreter would import it."""
    found = session.resolver.find(name, None)
    if found is None or found.path is None:
        raise UsageError(
            f"{name}: no such file, and no module of this name for {session.environment.python or 'Python'}"
        )
    return Path(found.path)


def entry_analyses(
    session: Session, target: str, entry: str, inputs: Sequence[str], keras: bool
) -> Sequence[FileAnalysis]:
    """What one run of the entry shows, file by file."""
    from shapelens.analysis.session import InputSpec

    try:
        specs = [InputSpec.parse(spec) for spec in inputs]
        return session.run_entry(target, entry, specs, keras).analyses
    except ValueError as error:
        raise UsageError(str(error)) from None
