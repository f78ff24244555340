"""What Shapelens says of a mutant, held against what torch said."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from shapelens.analysis.facts import Problem
from shapelens.analysis.session import InputSpec, Session
from shapelens.report.problems import reported
from tests.mutation.mutants import Mutant
from tests.mutation.subjects import Subject


@dataclass(frozen=True)
class Judged:
    """A mutant and both sides' words; `verdict` is found, elsewhere, missed, quiet or alarm."""

    subject: Subject
    mutant: Mutant
    torch: Any
    problems: tuple[Problem, ...]

    @property
    def verdict(self) -> str:
        """Found: an error on a line of the traceback in the program's own files, or on the changed line."""
        if self.torch is None:
            return "alarm" if self.problems else "quiet"
        if not self.problems:
            return "missed"
        lines = {(str(self.subject.root / file), line) for file, first, last in self.torch["frames"]
                 for line in range(first, last + 1)}  # fmt: skip
        lines.add((str(self.subject.path), self.mutant.line))
        return "found" if any((p.span.file, p.span.line) in lines for p in self.problems) else "elsewhere"


def judge(subject: Subject, mutant: Mutant, torch: Any, session: Session) -> Judged:
    """Analyse a mutant as an editor would that has it open."""
    text = mutant.applied(subject.path.read_text(encoding="utf-8"))
    assert text is not None, f"{subject.name}:{mutant.line} is no longer what was recorded"
    return Judged(subject, mutant, torch, tuple(errors(subject, text, session)))


def errors(subject: Subject, text: str, session: Session) -> list[Problem]:
    """The problems of error severity. What a script's `# try:` comments call is called for us as for torch."""
    path = str(subject.path)
    if not subject.module:
        text = f"{text}\n{subject.entry}\n"
    session.update(path, text)
    try:
        if subject.module:
            inputs = [InputSpec.parse(text) for text in subject.inputs]
            analyses = session.run_entry(path, subject.entry, inputs).analyses
        else:
            analyses = (session.analyse(path),)
    finally:
        session.update(path, None)
    return [p for analysis in analyses for p in reported(analysis) if p.severity == "error"]


def new_session() -> Session:
    """A session on this interpreter's packages."""
    return Session((), sys.executable)
