"""The recorded examples, and what Shapelens says of each."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapelens.analysis.session import Session
from shapelens.report.jsonface import diagnostics, rows
from shapelens.report.problems import reported
from tests.docs_examples.extract import PRELUDE, Example, examples, program
from tests.truth.comparer import Comparison, compare

RECORDED = Path(__file__).with_name("recorded.json")


@dataclass(frozen=True)
class Recorded:
    """A program made of an example, and the rows of its real run: [line, name, kind, [[shape, dtype]…]]."""

    name: str
    text: str
    rows: Sequence[Any]


def recorded() -> Iterator[Recorded]:
    """The recorded examples whose text the installed libraries still have."""
    stored = json.loads(RECORDED.read_text(encoding="utf-8"))
    for example in examples():
        entry = stored.get(example.name)
        if entry is not None and entry["stamp"] == stamp(example):
            yield Recorded(example.name, program(example, entry["kept"]), entry["rows"])


def stamp(example: Example) -> str:
    """What tells whether an example is still the one that was recorded."""
    return hashlib.sha256("\n".join((PRELUDE, *example.statements)).encode()).hexdigest()[:12]


def comparison(one: Recorded, session: Session | None = None) -> Comparison:
    """What Shapelens says of a program against its run."""
    session = session or Session((), sys.executable)
    path = f"{one.name}.py"
    session.update(path, one.text)
    try:
        found = session.analyse(path)
    finally:
        session.update(path, None)
    truth = [{"file": path, "line": line, "name": name, "kind": kind, "values": v} for line, name, kind, v in one.rows]
    return compare(truth, {"hints": rows([found]), "diagnostics": diagnostics(reported(found))})
