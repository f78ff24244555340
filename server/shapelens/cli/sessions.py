"""Sessions for the command line, with their errors as one line for a person."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shapelens.cli.status import UsageError

if TYPE_CHECKING:
    from shapelens.analysis.facts import FileAnalysis
    from shapelens.analysis.session import Session


def session_for(roots: Sequence[Path], python: str | None) -> Session:
    """A session on these projects and the user's interpreter. Raises EnvironmentNotFound for a bad choice."""
    from shapelens.analysis.session import Session

    session = Session(roots, python)
    if python is not None:
        _ = session.environment  # A bad choice is said before anything else, and not only where it matters.
    return session


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
