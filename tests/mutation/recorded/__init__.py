"""Torch's words on the mutants, one file for each kind of program, one line for each mutant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant

HERE = Path(__file__).parent
Words = dict[str, list[tuple[Mutant, Any]]]


def read() -> Words:
    """The recorded mutants of each program, with what torch said of them."""
    words: Words = {}
    for path in sorted(HERE.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, row, said = json.loads(line)
            words.setdefault(name, []).append((Mutant(*row), said))
    return words


def write(words: Words) -> None:
    """Keep them."""
    groups: dict[str, list[str]] = {}
    for name, some in sorted(words.items()):
        for mutant, said in sorted(some, key=lambda pair: pair[0]):
            row = [mutant.line, mutant.start, mutant.end, mutant.old, mutant.new, mutant.kind]
            groups.setdefault(name.partition("/")[0], []).append(json.dumps([name, row, said], separators=(",", ":")))
    for group, lines in groups.items():
        (HERE / f"{group}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
