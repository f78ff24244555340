"""Sessions for the command line, with their errors as one line for a person."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shapelens.cli.status import UsageError

if TYPE_CHECKING:
    from shapelens.analysis.session import Session


def session_for(roots: Sequence[Path], python: str | None) -> Session:
    """A session on these projects and the user's interpreter."""
    from shapelens.analysis.session import Session

    return Session(roots, python)


@contextlib.contextmanager
def source_errors() -> Iterator[None]:
    """Turns what cannot be read or found into a UsageError."""
    from shapelens.source.environments import EnvironmentNotFound
    from shapelens.source.reading import SourceError

    try:
        yield
    except (SourceError, EnvironmentNotFound) as error:
        raise UsageError(str(error)) from None
