"""Printing for whatever terminal there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shapelens.report.lines import plain

_SIGNS = "→≈…⌈⌉⌊⌋·×²"


def say(line: str) -> None:
    """Print a line, in ASCII where the terminal cannot write our signs."""
    print(line if _knows_signs() else plain(line))


def _knows_signs() -> bool:
    try:
        _SIGNS.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def has_colour() -> bool:
    """Whether standard output is a terminal that wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def shown_path(path: str) -> str:
    """A path as people name it: relative to the working directory where it lies below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path
