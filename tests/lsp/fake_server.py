"""The server with a pretended analysis, so that the protocol is tested without the engine.

A line `code  #! x 2,B float32` has the fact that `x` is so; `code  #? message` has a problem on the whole code, with
line 1 as related place and a fix that replaces the code by `fixed`. SLOW in the text makes the analysis take 20
seconds unless it is cancelled; HIDDEN is a fact that only a slow search finds; BOOM makes it raise; COUNT adds to messages how many analyses were run to their end.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from shapelens.analysis.facts import Edit, Expression, Fact, FileAnalysis, Place, Problem, Shown, Span
from shapelens.dims import symbol
from shapelens.lsp.server import create_server
from shapelens.report.lines import split_lines
from shapelens.source.environments import EnvironmentNotFound

_FACT = re.compile(r"#! (\w+) (\S*) ?(\w+)?")
_PROBLEM = re.compile(r"#\? (.*)")


class FakeSession:
    def __init__(self, roots: Sequence[Path], python: str | None) -> None:
        if python == "/nowhere":
            raise EnvironmentNotFound("/nowhere: no Python there")
        self.python, self.texts, self.runs = python, dict[str, str](), 0
        self.changed: list[str] = []
        self.has_learnt = False

    def update(self, path: str, text: str | None) -> None:
        if text is None:
            self.texts.pop(path, None)
        else:
            self.texts[path] = text

    def files_changed(self, paths: Sequence[str]) -> None:
        self.changed += paths

    complaints = ()

    def limit(self, **budgets):
        pass

    def mended(self, analysis, problem, seconds, cancelled=None):
        return problem

    def look_at_disk(self) -> bool:
        return False

    def learn_slowly(self) -> bool:
        learnt = not self.has_learnt and any("HIDDEN" in text for text in self.texts.values())
        self.has_learnt = self.has_learnt or learnt
        return learnt

    def adopted(self, analysis, line):
        return None

    def analyse(
        self, path: str, cancelled: Callable[[], bool] = lambda: False, *, thorough: bool = True
    ) -> FileAnalysis:
        text = self.texts[path]
        end = time.monotonic() + 20
        while "SLOW" in text and time.monotonic() < end:
            if cancelled():
                raise RuntimeError("cancelled")
            time.sleep(0.005)
        if "BOOM" in text:
            raise ValueError("boom")
        self.runs += 1
        text = text.replace("HIDDEN", "#! found 2,3" if self.has_learnt else "")
        facts, problems, expressions = [], [], []
        for number, line in enumerate(split_lines(text), 1):
            for name, dims, dtype in _FACT.findall(line):
                shape = tuple(int(d) if d.isdigit() else symbol(d) for d in dims.split(",") if d)
                column = line.index(name)
                span = Span(path, number, column, number, column + len(name))
                facts.append(Fact(span, name, "assign", (Shown(shape, dtype or None),)))
                expressions.append(Expression(span, (Shown(shape, dtype or None),), "about it"))
            found = _PROBLEM.search(line)
            if found:
                message = f"{found.group(1)} {self.runs}" if "COUNT" in text else found.group(1)
                code = line[: found.start()].rstrip()
                span = Span(path, number, len(code) - len(code.lstrip()), number, len(code))
                first = Place(Span(path, 1, 0, 1, len(split_lines(text)[0])), "made here")
                fixes = (Edit("Write fixed", span, "fixed"),)
                problems.append(Problem("channel-mismatch", "error", message, span, (first,), fixes))
        return FileAnalysis(path, text, tuple(facts), tuple(problems), tuple(expressions))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    create_server(FakeSession).start_io()
