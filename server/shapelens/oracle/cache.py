"""Answers on disk: one file for each version of torch and of Keras, a line of JSON for each answer.

It is a cache, so nothing in it or about it is an error: what cannot be read is not there, and what cannot be written is
asked again another time.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LARGEST_FILE = 4 << 20
MOST_FILES = 6
_LONGEST_LINE = 200_000
_FORMAT = 1
_NAMES = "names"


class Cache:
    """The answers of one version of a library. `answers` maps a question's key to its answer; None: it has none."""

    def __init__(self, folder: Path, version: str, library: str = "torch") -> None:
        self._library = library
        self.path = folder / f"{library}-{re.sub(r'[^A-Za-z0-9.+]', '_', version)[:60]}-{_FORMAT}.jsonl"

    def load(self) -> tuple[dict[str, Any], frozenset[str] | None]:
        """The answers, and the names that may be asked (None: not known yet)."""
        answers: dict[str, Any] = {}
        names: frozenset[str] | None = None
        for key, value in self._lines():
            if key == _NAMES:
                if isinstance(value, list):
                    names = frozenset(each for each in value if isinstance(each, str))
            else:
                answers[key] = value
        return answers, names

    def _lines(self) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        with contextlib.suppress(OSError), open(self.path, encoding="utf-8", errors="replace") as file:
            for line in file.read(2 * LARGEST_FILE).splitlines():
                with contextlib.suppress(ValueError, RecursionError):
                    entry = json.loads(line)
                    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str):
                        found.append((entry[0], entry[1]))
        return found

    def add(self, entries: Mapping[str, Any]) -> None:
        """Keep these too. Whole lines are appended, so that several processes may do so."""
        written = "".join(_line(key, value) for key, value in entries.items())
        with contextlib.suppress(OSError):
            os.makedirs(self.path.parent, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size + len(written) > LARGEST_FILE:
                self._halve()
            if not self.path.exists():
                self._thin()
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(written)

    def add_names(self, names: frozenset[str]) -> None:
        """Keep which names may be asked."""
        self.add({_NAMES: sorted(names)})

    def _halve(self) -> None:
        """Keep the newer half."""
        entries = dict(self._lines())
        names = entries.pop(_NAMES, None)
        kept = dict(list(entries.items())[len(entries) // 2 :])
        if names is not None:
            kept[_NAMES] = names
        temporary = self.path.with_suffix(f".{os.getpid()}")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write("".join(_line(key, value) for key, value in kept.items()))
        os.replace(temporary, self.path)

    def _thin(self) -> None:
        """Before a further version's file is made: no more than a few versions are kept."""
        files = sorted(self.path.parent.glob(f"{self._library}-*.jsonl"), key=lambda each: each.stat().st_mtime)
        for old in files[: max(0, len(files) - MOST_FILES + 1)]:
            old.unlink()


def _line(key: str, value: Any) -> str:
    line = json.dumps([key, value], separators=(",", ":")) + "\n"
    return line if len(line) <= _LONGEST_LINE else ""


def size(folder: Path) -> tuple[int, int]:
    """How many files there are in a folder of such caches, and their bytes."""
    sizes: list[int] = []
    with contextlib.suppress(OSError):
        sizes = [each.stat().st_size for each in folder.glob("*-*.jsonl")]
    return len(sizes), sum(sizes)
