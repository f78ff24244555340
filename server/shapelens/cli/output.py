"""Printing for whatever terminal there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from shapelens.report.lines import harmless, plain

_SIGNS = "→≈…⌈⌉⌊⌋·×²"


def say(line: str, is_ours: bool = False) -> None:
    """Print a line, in ASCII where the terminal cannot write our signs, and with nothing in it that is obeyed.

    `is_ours`: it has colours, or is a command to who reads the log; what it shows of others is harmless already.
    """
    if not is_ours:
        line = _inert(harmless(line))
    print(line if _knows_signs() else plain(line))


def say_data(data: Any, indent: int | None = None) -> None:
    """Print data as JSON, in ASCII."""
    text = json.dumps(data, indent=indent)
    print(text.replace("##", "#\\u0023") if _is_build() else text)


def complain(message: str) -> None:
    """Print one line to standard error."""
    print(f"shapelens: {_inert(harmless(message))}", file=sys.stderr)


# What those who run builds take for a command where it stands in a log: `::set-output …`, `##vso[task.setvariable …]`.
_COMMAND = re.compile(r"^\s*(?=::)|##(?=\w*\[)")


def _inert(line: str) -> str:
    return _COMMAND.sub(lambda found: found.group() + "\\", line) if _is_build() else line


def _is_build() -> bool:
    return any(name in os.environ for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"))


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


class Progress:
    """How far a command is, on one line of standard error that goes away; only where that is a terminal."""

    def __init__(self, count: int) -> None:
        self._count, self._drawn = count, False
        self._wanted = count > 1 and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def show(self, number: int, what: str) -> None:
        """So many are done, this one last."""
        if self._wanted:
            self._drawn = True
            width = max(shutil.get_terminal_size().columns - 1, 20)
            line = plain(harmless(f"{number}/{self._count} {what}"))[:width]
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
