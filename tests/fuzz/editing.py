"""Editing through the protocol: a real server over stdio, edits as ranges, and requests in between.

After a while the editor saves and waits. Then every request must have been answered, the log must hold no defect, and what
the server says must be what a new session says of the same texts. All drawn from a seed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp

from shapelens.analysis.session import Session
from shapelens.lsp.documents import Document, joined, position
from shapelens.report.hints import hints
from shapelens.report.problems import reported
from shapelens.source.positions import Encoding, to_client
from tests.fuzz.edits import EDITS, Text
from tests.fuzz.incremental import Subject, subjects
from tests.fuzz.mutations import MUTATIONS
from tests.fuzz.odd import ODD, pasted
from tests.lsp.client import SHAPELENS, Client, ResponseError, hint_params

ENCODINGS: tuple[Encoding, ...] = ("utf-16", "utf-8", "utf-32")
WAIT = 120.0
_ACCEPTED = {-32800, -32801, -32802}
"""Cancelled, content modified, server cancelled: what a request may end with that is no answer."""
_DEFECTS = (b"Traceback", b" ERROR ", b" CRITICAL ")
_COMMANDS = ("summary", "toggleHints", "chooseContext", "rulePage", "nothing")
LARGEST = 300_000
"""Characters at which a text is put back as it was: pasting must not make each run slower than the last."""


@dataclass(frozen=True)
class Action:
    """One thing the editor did: an edit to this text (in one range or several), or something by name."""

    kind: str
    file: Path
    text: str = ""


@dataclass
class Failure(Exception):
    """What went wrong, and what had been done."""

    what: str
    subject: Subject
    encoding: Encoding
    actions: list[Action] = field(repr=False, default_factory=list)

    def __str__(self) -> str:
        return self.what


class Editor:
    """One server with the files of a subject open."""

    def __init__(self, subject: Subject, encoding: Encoding) -> None:
        self.subject, self.encoding = subject, encoding
        os.environ["SHAPELENS_STRICT"] = "1"
        self.client = Client(SHAPELENS, encoding, {"shapelens": {"python": sys.executable}})
        self.client.start(pull=True, root=subject.root, options={"python": sys.executable})
        self.texts: dict[Path, str] = {}
        self.waiting: dict[int, str] = {}
        self.actions: list[Action] = []

    def fail(self, what: str) -> Failure:
        """A failure, with all that was done."""
        return Failure(what, self.subject, self.encoding, list(self.actions))

    # -- what an editor does -----------------------------------------------------------------------------------------

    def do(self, action: Action, draw: random.Random) -> None:
        """Send it, without waiting for anything."""
        self.actions.append(action)
        uri = action.file.as_uri()
        if action.kind == "open":
            self.texts[action.file] = action.text
            self.client.open(uri, action.text)
        elif action.kind == "close":
            self.texts.pop(action.file, None)
            self.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        elif action.kind == "save":
            self.client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        elif action.kind == "edit":
            before = self.texts[action.file]
            self.texts[action.file] = action.text
            whole = draw.random() < 0.03
            self.client.change(uri, *([action.text] if whole else changes(draw, before, action.text, self.encoding)))

    def ask(self, draw: random.Random) -> None:
        """A request about some document, maybe one that is not open, and maybe taken back at once."""
        file = draw.choice(self.subject.files)
        text = self.texts.get(file, "")
        lines = text.count("\n") + text.count("\r") + 1
        uri = file.as_uri()
        place = {"line": draw.randrange(lines + 2), "character": draw.choice([0, 4, 12, 30, 90, 10**6])}
        other = {"line": place["line"] + draw.choice([0, 0, 1, 30]), "character": draw.choice([0, 20])}
        document = {"textDocument": {"uri": uri}}
        area = {**document, "range": {"start": place, "end": other}}
        method, params = draw.choice([
            ("textDocument/inlayHint", hint_params(uri)),
            ("textDocument/inlayHint", area),
            ("textDocument/hover", {**document, "position": place}),
            ("textDocument/hover", {**document, "position": place}),
            ("textDocument/codeAction", {**area, "context": {"diagnostics": []}}),
            ("textDocument/codeLens", document),
            ("textDocument/diagnostic", document),
            ("textDocument/documentSymbol", document),
            ("workspace/executeCommand", {"command": f"shapelens.{draw.choice(_COMMANDS)}", "arguments": [{"uri": uri}]}),
        ])  # fmt: skip
        number = self.client.ask(method, params)
        self.waiting[number] = method
        if draw.random() < 0.15:
            self.client.notify("$/cancelRequest", {"id": number})

    def resolve(self, draw: random.Random) -> None:
        """Ask for the rest of a code action and of a hint."""
        file = draw.choice(sorted(self.texts) or [self.subject.files[0]])
        lines = self.texts.get(file, "").count("\n") + 1
        with contextlib.suppress(ResponseError):
            for action in (self.client.actions(file.as_uri(), draw.randrange(lines)) or [])[:1]:
                self.waiting[self.client.ask("codeAction/resolve", action)] = "codeAction/resolve"
            for hint in (self.client.hints(file.as_uri()) or [])[:1]:
                self.waiting[self.client.ask("inlayHint/resolve", hint)] = "inlayHint/resolve"

    def settle(self) -> None:
        """Wait for all answers. Raises Failure where one is missing or wrong, the server is gone, or its log tells of a
        defect."""
        for number, method in self.waiting.items():
            try:
                self.client.answer(number, WAIT)
            except queue.Empty:
                raise self.fail(f"{method} is not answered; log: {self.log()}") from None
            except ResponseError as error:
                unknown = method == "textDocument/documentSymbol" and error.code == -32601
                command = method == "workspace/executeCommand" and error.code in (-32602, -32803)
                if error.code not in _ACCEPTED and not unknown and not command:
                    raise self.fail(f"{method} is answered with {error} {error.data}; log: {self.log()}") from None
        self.waiting.clear()
        if self.client.process.poll() is not None:
            raise self.fail(f"the server ended with {self.client.process.returncode}; log: {self.log()}")
        if any(word in self.client.log for word in _DEFECTS):
            raise self.fail(f"a defect is logged: {self.log()}")

    def log(self) -> str:
        """The end of the server's log."""
        return self.client.log.decode("utf-8", "replace")[-3000:]

    # -- what it sees ------------------------------------------------------------------------------------------------

    def seen(self, file: Path) -> dict[str, Any]:
        """Hints and diagnostics as the server tells them."""
        uri = file.as_uri()
        try:
            listed = self.client.hints(uri)
            problems = self.client.pull(uri)["items"]
        except ResponseError as error:
            raise self.fail(f"hints or diagnostics are answered with {error}") from None
        except queue.Empty:
            raise self.fail(f"hints or diagnostics are not answered; log: {self.log()}") from None
        return {
            "hints": sorted((h["position"]["line"], h["position"]["character"], h["label"]) for h in listed or []),
            "problems": sorted((_place(d["range"]), d["code"], d["severity"], d["message"]) for d in problems),
        }

    def differences(self, file: Path) -> list[str]:
        """How this differs from what a new session says; hints beside broken code, which stay as they were, are left out."""
        session = Session((self.subject.root,), sys.executable)
        for each, text in self.texts.items():
            session.update(str(each), text)
        wanted, broken = _expected(session, file, self.texts[file], self.encoding)
        seen = self.seen(file)
        found = []
        for part, expected in wanted.items():
            if broken and part == "hints":
                continue
            found += [f"{file.name}: {part} only of the server: {each}" for each in seen[part] if each not in expected]
            found += [f"{file.name}: {part} of a new session: {each}" for each in expected if each not in seen[part]]
        return found

    def compare(self) -> None:
        """Raises Failure where the server says something else of an open file than a new session."""
        shown = {"command": "shapelens.toggleHints", "arguments": [{"enabled": True}]}
        self.client.request("workspace/executeCommand", shown)
        for file in sorted(self.texts):
            self.client.notify("textDocument/didSave", {"textDocument": {"uri": file.as_uri()}})
        for file in sorted(self.texts):
            found = self.differences(file)
            if found:
                raise self.fail("\n".join(found[:10]))

    def memory(self) -> int:
        """What the server holds, in MB."""
        status = Path(f"/proc/{self.client.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) // 1024

    def close(self) -> int:
        """Close all and end the server; what it held before it went, in MB. Raises Failure where it does not end well."""
        for file in sorted(self.texts):
            self.client.notify("textDocument/didClose", {"textDocument": {"uri": file.as_uri()}})
        self.client.hints("file:///none.py")
        time.sleep(0.5)  # it tidies up by itself
        held = self.memory()
        if self.client.stop() != 0:
            raise self.fail(f"the server ended with {self.client.process.returncode}")
        return held


def _place(where: dict[str, Any]) -> tuple[int, int, int, int]:
    start, end = where["start"], where["end"]
    return start["line"], start["character"], end["line"], end["character"]


def _expected(session: Session, file: Path, text: str, encoding: Encoding) -> tuple[dict[str, Any], bool]:
    analysis = session.analyse(str(file))
    lines = Document(file.as_uri(), 1, text).lines
    shown = []
    for hint in hints(analysis):
        at = position(lines, hint.line, hint.column, encoding)
        shown.append((at.line, at.character, hint.label))
    problems = []
    for problem in reported(analysis):
        span = problem.span
        start, end = (
            position(lines, span.line, span.column, encoding),
            position(lines, span.end_line, span.end_column, encoding),
        )
        if start == end:
            end = position(lines, span.line, len(lines[min(span.line, len(lines)) - 1]), encoding)
        severity = getattr(lsp.DiagnosticSeverity, problem.severity.capitalize()).value
        problems.append(
            ((start.line, start.character, end.line, end.character), problem.code, severity, problem.message)
        )
    return {"hints": sorted(shown), "problems": sorted(problems)}, bool(analysis.broken)


# -- edits as ranges -----------------------------------------------------------------------------------------------------


def changes(draw: random.Random, before: str, after: str, encoding: Encoding) -> list[Any]:
    """The ranges that make one text of another, each counted in the text that those before it have made."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    # No place is between the two characters of a line end.
    while start and (before[start - 1] == "\r" or after[start - 1] == "\r"):
        start -= 1
    while end and (before[len(before) - end] == "\n" or after[len(after) - end] == "\n"):
        end -= 1
    new = after[start : len(after) - end]
    stop = len(before) - end
    if draw.random() < 0.3 and new and stop > start:  # taken away first, then written
        gone = before[:start] + before[stop:]
        return [
            (*place(before, start, encoding), *place(before, stop, encoding), ""),
            (*place(gone, start, encoding) * 2, new),
        ]
    return [(*place(before, start, encoding), *place(before, stop, encoding), new)]


def place(text: str, offset: int, encoding: Encoding) -> tuple[int, int]:
    """The line and the client's column of an offset."""
    said = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    line = said[said.rfind("\n") + 1 :]
    return said.count("\n"), to_client(line, len(line), encoding)


# -- a run ---------------------------------------------------------------------------------------------------------------


@dataclass
class Report:
    """What a run did, and what the server held: at the start, at times, and after all was closed, in MB."""

    edits: int = 0
    requests: int = 0
    comparisons: int = 0
    memory: list[int] = field(default_factory=list)
    closed: int = 0


def drawn_subject(draw: random.Random, large: bool) -> Subject:
    """One of the projects or small programs, or files of installed packages."""
    return draw.choice(subjects(large))


def _texts_after(draw: random.Random, text: str, past: list[str], whole: str, others: Sequence[str]) -> Iterator[str]:
    """The texts of one edit."""
    parsed, luck = Text.of(text), draw.random()
    if len(text) > LARGEST:
        yield whole
    elif luck < 0.15 and past:
        yield past.pop(draw.randrange(-min(4, len(past)), 0))
    elif luck < 0.35 and parsed is None:
        yield whole
    elif luck < 0.45:
        yield draw.choice(MUTATIONS)(draw, text)
    elif luck < 0.48:
        yield pasted(draw, text, others)
    elif luck < 0.65 or parsed is None:
        yield draw.choice(ODD)(draw, text)
    else:
        yield from draw.choice(EDITS)(draw, parsed)


def run(seed: int, edits: int, large: bool = False, often: int = 25, report: Report | None = None) -> Report:
    """So many edits of one subject, compared after every `often` of them. Raises Failure."""
    draw = random.Random(seed)
    report = report or Report()
    subject = drawn_subject(draw, large)
    editor = Editor(subject, draw.choice(ENCODINGS))
    try:
        others = [file.read_text(encoding="utf-8") for each in subjects(False)[::40] for file in each.files]
        first = {file: file.read_bytes().decode("utf-8-sig") for file in subject.files}
        past: dict[Path, list[str]] = {file: [] for file in subject.files}
        for file in subject.files:
            editor.do(Action("open", file, first[file]), draw)
        editor.compare()
        report.memory.append(editor.memory())
        done = 0
        while done < edits:
            file = draw.choice(subject.files)
            for text in map(joined, _texts_after(draw, editor.texts[file], past[file], first[file], others)):
                past[file] = [*past[file][-30:], editor.texts[file]]
                editor.do(Action("edit", file, text), draw)
                done += 1
                for _ in range(draw.choice([0, 0, 1, 1, 3])):
                    editor.ask(draw)
                    report.requests += 1
                if done % often == 0:
                    editor.settle()
                    editor.compare()
                    report.comparisons += len(editor.texts)
                if done % 250 == 0:
                    report.memory.append(editor.memory())
            luck = draw.random()
            if luck < 0.03:
                editor.resolve(draw)
            elif luck < 0.05:
                text = editor.texts[file]
                editor.do(Action("close", file), draw)
                editor.ask(draw)
                editor.do(Action("open", file, text), draw)
            elif luck < 0.1:
                editor.do(Action("save", file), draw)
        editor.settle()
        editor.compare()
        report.edits += done
        report.memory.append(editor.memory())
        report.closed = editor.close()
    finally:
        editor.client.kill()
    return report


# -- shrinking -----------------------------------------------------------------------------------------------------------


def fails(failure: Failure, actions: Sequence[Action]) -> str:
    """What goes wrong when these are done and the hints of all are asked for after each; "" where nothing does."""
    editor = Editor(failure.subject, failure.encoding)
    draw = random.Random(0)
    try:
        for action in actions:
            if action.kind == "open" or action.file in editor.texts:
                editor.do(action, draw)
                if action.file in editor.texts:
                    editor.waiting[editor.client.ask("textDocument/inlayHint", hint_params(action.file.as_uri()))] = (
                        "hints"
                    )
        editor.settle()
        editor.compare()
    except Failure as found:
        return found.what
    finally:
        editor.client.kill()
    return ""


def shrunk(failure: Failure, attempts: int = 60) -> tuple[list[Action], str]:
    """Fewer actions that still fail, and how; the failure's own where it does not come back."""
    best, how = failure.actions, fails(failure, failure.actions)
    if not how:
        return failure.actions, failure.what
    size = max(len(best) // 2, 1)
    while attempts > 0:
        start = 0
        while start < len(best) and attempts > 0:
            attempts -= 1
            candidate = best[:start] + best[start + size :]
            found = fails(failure, candidate)
            if found:
                best, how = candidate, found
            else:
                start += size
        if size == 1:
            break
        size //= 2
    return best, how
