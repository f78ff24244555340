"""What Shapelens says of a program, held against its run."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import random
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shapelens.analysis.session import Session
from shapelens.interpreter.machine import seconds_used
from shapelens.report.annotate import annotated
from shapelens.report.jsonface import diagnostics, rows
from shapelens.report.problems import reported
from tests.mutation.mutants import mutants
from tests.truth.comparer import _may_be, _same

SLOW = 1.0
"""Seconds of processor time after which an answer is too late."""

FILE = "program.py"
_NOT_OURS = ("NameError", "UnboundLocalError", "TimeoutError", "MemoryError")
"""What a program raises that is no matter of shapes; nothing is expected of us there."""


@dataclass(frozen=True)
class Disagreement:
    """Something that we say and the run does not; `kind` is wrong, dtype, alarm, elsewhere, defect or slow."""

    kind: str
    line: int
    about: str

    def like(self, other: Disagreement) -> bool:
        """Whether it may be the same one in a smaller program."""
        return self.kind == other.kind and self.about.partition("|")[0] == other.about.partition("|")[0]

    def __str__(self) -> str:
        text = self.about.replace("|", " ")
        return f"{self.kind} at line {self.line}: {text}"[:400]


@dataclass
class Judged:
    """One program: what is wrong, and how much was known."""

    disagreements: list[Disagreement] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    missed: str = ""


class Worker:
    """The process with the framework in it; started again when it dies or hangs."""

    def __init__(self, grammar: str) -> None:
        self.grammar = grammar
        self.process: subprocess.Popen[str] | None = None
        self.asked = 0

    def ask(self, **question: Any) -> dict[str, Any]:
        """The answer to one question; {"late": True} where there is none."""
        if self.process is None or self.asked >= 2000:
            self.close()
            command = [sys.executable, "-m", "tests.fuzz.grammar.worker", self.grammar]
            environment = {**os.environ, "PYTHONHASHSEED": "0"}
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self.asked = 0
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.asked += 1
        answer = ""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(question) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        if not answer:
            self.close()
            return {"late": True}
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        self.process = None


def nudged(text: str, rng: random.Random, lines: Sequence[int]) -> str | None:
    """The program with a number changed in a statement that runs."""
    found = mutants(text, lines)
    return rng.choice(found).applied(text) if found else None


def judge(text: str, truth: dict[str, Any]) -> Judged:
    """Hold our answer on a program against its run."""
    found = Judged()
    session = Session((), sys.executable)
    session.update(FILE, text)
    started = seconds_used()
    try:
        analysis = session.analyse(FILE)
        took = seconds_used() - started
        list(annotated(analysis))
        hints = rows([analysis])
        said = [p for p in diagnostics(reported(analysis)) if p["severity"] == "error"]
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        about = f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}|{error}"
        found.disagreements.append(Disagreement("defect", 0, about))
        return found
    if took > SLOW:
        found.disagreements.append(Disagreement("slow", 0, f"|{took:.1f} s"))
    _shapes(found, text, truth, hints)
    _errors(found, text, truth, said)
    return found


def _fits(claimed: Any, real: Sequence[Any]) -> bool:
    """Whether a claimed shape can stand for the real one; a size that is None in a trace may be any."""
    if claimed is not None and None in real and "..." not in claimed and len(claimed) == len(real):
        return all(r is None or isinstance(c, str) or c == r for c, r in zip(claimed, real))
    return _may_be(claimed, real)


def _maybe(text: str) -> set[int]:
    """The lines that some calls may have passed by: those in branches."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.If, ast.Try, ast.While, ast.Match)):
            found.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return found


def _shapes(found: Judged, text: str, truth: dict[str, Any], hints: Sequence[Any]) -> None:
    maybe = _maybe(text)
    claimed: dict[tuple[int, str, str], list[Any]] = {}
    for row in hints:
        claimed.setdefault((row["line"], row["name"], row["kind"]), []).extend(row["values"])
    for line, name, kind, values in truth["rows"]:
        real = [v for v in values if v is not None]
        ours = claimed.get((line, name, kind), [])
        if None in values:
            # A function whose calls fail is looked at on its own, too, with sizes that have names.
            ours = [[s, t] for s, t in ours if s is None or all(isinstance(d, int) for d in s)]
        about = f"{kind}|{name}: we say {ours}, it is {values}"
        if truth["raised"] is not None:
            # What a later line asks for decides sizes that were open before, also where it fails.
            ours = []
        if line in maybe and any(s is None or any(_fits(s, r) for r, _ in real) for s, _ in ours):
            ours = [[s, t] for s, t in ours if s is None or any(_fits(s, r) for r, _ in real)]
        if any(shape is not None and not any(_fits(shape, r) for r, _ in real) for shape, _ in ours):
            found.disagreements.append(Disagreement("wrong", line, about))
            continue
        if any(dtype and not any(_fits(s, r) and dtype == t for r, t in real) for s, dtype in ours if s is not None):
            found.disagreements.append(Disagreement("dtype", line, about))
            continue
        if kind == "assign" and real and None not in values and truth["raised"] is None:
            found.counts["variables"] += 1
            shapes = [s for s, _ in ours if s is not None]
            known = bool(shapes) and all(any(_same(s, r) or None in r and _fits(s, r) for s in shapes) for r, _ in real)
            found.counts["known"] += known
            found.counts["typed"] += known and all(t is not None for _, t in ours)
            if not known:
                found.unknown.append((line, f"{name}: we say {ours}, it is {values}"))


def _either(text: str) -> set[int]:
    """The lines where an expression may be passed by."""
    conditional = (ast.IfExp, ast.BoolOp)
    return {node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, conditional)}


def _again(text: str) -> set[int]:
    """The lines that may run more than once: those of functions and loops."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.For, ast.While)):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def _errors(found: Judged, text: str, truth: dict[str, Any], said: Sequence[Any]) -> None:
    raised = truth["raised"]
    again = _again(text)
    ran, done = set(truth["ran"]), {line for line, *_ in truth["rows"]} - again
    lines = [(p["line"], p["end_line"], p) for p in said]
    if raised is None:
        # Of code that never runs nothing is known here, nor of a call that goes another way than the one before.
        ways = again & (_maybe(text) | _either(text))
        for begin, end, problem in lines:
            if not ran.isdisjoint(range(begin, end + 1)) and begin not in ways:
                about = f"{problem['code']}|{problem['message']}"
                found.disagreements.append(Disagreement("alarm", problem["line"], about))
        return
    ours = raised["error"].partition(":")[0] not in _NOT_OURS
    found.counts["raising"] += ours
    first, last = raised["line"]
    later = f"; it raises at line {first}: {raised['error']}"
    if any(begin <= last and end >= first for begin, end, _ in lines):
        found.counts["found"] += ours
    elif ours:
        found.missed = raised["error"]
    for begin, end, problem in lines:
        about = f"{problem['code']}|{problem['message']}{later}"
        if any(begin <= b and end >= a for a, b in raised["lines"]):
            if found.missed:
                found.disagreements.append(Disagreement("elsewhere", problem["line"], about))
        elif any(begin <= line <= end for line in done):
            # The statement ran to its end, once and for all; the program raises only later.
            found.disagreements.append(Disagreement("alarm", problem["line"], about))
