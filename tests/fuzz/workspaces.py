"""A server while somebody works in several folders: files that import one another, a notebook, and what comes and goes on disk.

As in `editing`, all is drawn from a seed, and after a while what the server says must be what new sessions say of the same
texts, cells, folders and files.
"""

from __future__ import annotations

import os
import queue
import random
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Session
from shapelens.lsp.documents import Document, joined, path_of, position
from shapelens.lsp.folders import Folders
from shapelens.report.cells import Cells
from shapelens.report.hints import hints
from shapelens.report.problems import reported
from tests.fuzz.edits import EDITS, Text
from tests.fuzz.incremental import PROJECTS
from tests.fuzz.mutations import MUTATIONS
from tests.lsp.client import SHAPELENS, Client, ResponseError, capabilities, hint_params

WAIT = 120.0
_DEFECTS = (b"Traceback", b" ERROR ", b" CRITICAL ")
_USE = "import torch\nfrom model import Net\nfrom sizes import WIDTH\n\ny = Net()(torch.zeros(WIDTH, 3, 32, 32))\n"
_CELLS = (
    "%matplotlib inline\nimport torch\nfrom torch import nn\nfrom sizes import WIDTH, CLASSES",
    "class Head(nn.Module):\n    def __init__(self, width=WIDTH):\n        super().__init__()\n"
    "        self.fc = nn.Linear(width, CLASSES)\n\n    def forward(self, x):\n        return self.fc(x)",
    "x = torch.rand(4, WIDTH)\ny = Head()(x)",
    "from blocks import conv\nz = conv(3, WIDTH)(torch.rand(2, 3, 8, 8))",
    "bad = Head()(torch.rand(2, 5))",
)
_COMPLETED = 1.5
"""Seconds after which the server has looked at what it left out while somebody typed."""
_CREATED, _CHANGED, _DELETED = 1, 2, 3


class Failure(AssertionError):
    """What went wrong, with what had been done."""


@dataclass
class Workspace:
    """Two folders on disk, a server that has them open, and what its client knows of both."""

    folder: Path
    draw: random.Random
    texts: dict[Path, str] = field(default_factory=dict)
    past: dict[str, list[str]] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)
    cell_texts: dict[str, str] = field(default_factory=dict)
    waiting: list[int] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.alpha, self.beta = self.folder / "alpha", self.folder / "beta"
        shutil.copytree(PROJECTS / "vision", self.alpha)
        shutil.copytree(PROJECTS / "letters", self.beta)
        (self.beta / "use.py").write_text(_USE)
        self.first = {path: path.read_text() for root in (self.alpha, self.beta) for path in sorted(root.glob("*.py"))}
        self.roots = [self.alpha, self.beta]
        self.notebook, self.version = self.alpha / "train.ipynb", 1
        os.environ["SHAPELENS_STRICT"] = "1"
        self.client = Client(SHAPELENS, settings={"shapelens": {"python": sys.executable}})
        asked = capabilities(pull=True, workspaceFolders=True)
        asked["notebookDocument"] = {"synchronization": {}}
        self.client.start(roots=self.roots, editor=asked, options={"python": sys.executable})

    # -- files -------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Open a file that is on disk, or close one."""
        path = self.draw.choice(sorted(self.first))
        if path in self.texts:
            del self.texts[path]
            self.client.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})
        elif path.exists():
            self.texts[path] = path.read_text("utf-8")
            self.client.open(path.as_uri(), self.texts[path])

    def edit(self) -> None:
        """An edit of an open file, some of them taken back."""
        if not self.texts:
            return
        path = self.draw.choice(sorted(self.texts))
        for text in self.edited(str(path), self.texts[path], self.first[path]):
            self.texts[path] = text
            self.client.change(path.as_uri(), text)
            self.ask()

    def edited(self, key: str, text: str, whole: str) -> list[str]:
        """The texts of one edit of what has this key."""
        past, parsed = self.past.setdefault(key, []), Text.of(text)
        luck = self.draw.random()
        if luck < 0.2 and past:
            return [past.pop()]
        past[:] = [*past[-20:], text]
        if parsed is None and luck < 0.6 or len(text) > 20_000:
            return [whole]
        if parsed is None or luck > 0.9:
            return [joined(self.draw.choice(MUTATIONS)(self.draw, text))]
        return [joined(each) for each in self.draw.choice(EDITS)(self.draw, parsed)]

    def save(self) -> None:
        """Write an open file, and say so twice, as editors and their watchers do."""
        if not self.texts:
            return
        path = self.draw.choice(sorted(self.texts))
        kind = _CHANGED if path.exists() else _CREATED
        path.write_text(self.texts[path], "utf-8", "surrogatepass")
        self.client.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
        self.changed((path, kind))

    def disk(self) -> None:
        """A file on disk is another, goes, comes back, or changes its name with another."""
        path, other = self.draw.sample(sorted(self.first), 2)
        luck = self.draw.random()
        if not path.exists():
            path.write_text(self.first[path])
            self.changed((path, _CREATED))
        elif luck < 0.35:
            path.unlink()
            self.changed((path, _DELETED))
        elif luck < 0.6:
            before = other.exists()
            path.rename(other)
            self.changed((path, _DELETED), (other, _CHANGED if before else _CREATED))
        else:
            texts = self.edited(f"disk {path}", path.read_text("utf-8"), self.first[path])
            if texts:
                path.write_text(texts[-1], "utf-8", "surrogatepass")
                self.changed((path, _CHANGED))

    def changed(self, *files: tuple[Path, int]) -> None:
        """Tell what the watcher of the files has seen."""
        listed = [{"uri": path.as_uri(), "type": kind} for path, kind in files]
        self.client.notify("workspace/didChangeWatchedFiles", {"changes": listed})

    def folders(self) -> None:
        """The second folder goes or comes."""
        said = {"uri": self.beta.as_uri(), "name": "beta"}
        is_there = self.beta in self.roots
        event = {"added": [] if is_there else [said], "removed": [said] if is_there else []}
        self.roots = [self.alpha] if is_there else [self.alpha, self.beta]
        self.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    # -- the notebook ------------------------------------------------------------------------------------------------

    def cell(self) -> None:
        """Open the notebook, or edit, add, move or take away one of its cells; now and then it is closed."""
        luck, count = self.draw.random(), len(self.cells)
        if not count:
            self._open_notebook()
        elif luck < 0.05:
            listed = [{"uri": uri} for uri in self.cells]
            self.client.notify(
                "notebookDocument/didClose",
                {"notebookDocument": {"uri": self.notebook.as_uri()}, "cellTextDocuments": listed},
            )
            self.cells.clear()
        elif luck < 0.6:
            uri = self.draw.choice(self.cells)
            for text in self.edited(uri, self.cell_texts[uri], self.draw.choice(_CELLS)):
                self.cell_texts[uri] = text
                self.client.versions[uri] += 1
                document = {"uri": uri, "version": self.client.versions[uri]}
                self._tell({"textContent": [{"document": document, "changes": [{"text": text}]}]})
                self.ask()
        elif luck < 0.75 or count == 1:
            uri, at = self._new_cell(self.draw.choice(_CELLS)), self.draw.randrange(count + 1)
            array = {"start": at, "deleteCount": 0, "cells": [{"kind": 2, "document": uri}]}
            self.cells.insert(at, uri)
            self._tell({"structure": {"array": array, "didOpen": [self._item(uri)]}})
        elif luck < 0.87:
            at = self.draw.randrange(count)
            gone = self.cells.pop(at)
            self._tell({"structure": {"array": {"start": at, "deleteCount": 1}, "didClose": [{"uri": gone}]}})
        else:
            at = self.draw.randrange(count - 1)
            self.cells[at : at + 2] = self.cells[at : at + 2][::-1]
            moved = [{"kind": 2, "document": uri} for uri in self.cells[at : at + 2]]
            self._tell({"structure": {"array": {"start": at, "deleteCount": 2, "cells": moved}}})

    def _open_notebook(self) -> None:
        self.cells = [self._new_cell(text) for text in _CELLS]
        listed = [{"kind": 2, "document": uri} for uri in self.cells]
        notebook = {"uri": self.notebook.as_uri(), "notebookType": "jupyter-notebook", "version": 1, "cells": listed}
        texts = [self._item(uri) for uri in self.cells]
        self.client.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})

    def _new_cell(self, text: str) -> str:
        self.made += 1
        uri = f"vscode-notebook-cell:{self.notebook}#W{self.made}"
        self.cell_texts[uri], self.client.versions[uri] = text, 1
        return uri

    def _item(self, uri: str) -> dict[str, Any]:
        return {"uri": uri, "languageId": "python", "version": 1, "text": self.cell_texts[uri]}

    def _tell(self, cells: dict[str, Any]) -> None:
        self.version += 1
        identifier = {"uri": self.notebook.as_uri(), "version": self.version}
        self.client.notify("notebookDocument/didChange", {"notebookDocument": identifier, "change": {"cells": cells}})

    # -- what is seen ------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """A request about something that is open, or was."""
        uri = self.draw.choice([*(path.as_uri() for path in self.first), *(self.cells or ["file:///none.py"])])
        if self.draw.random() < 0.5:
            self.waiting.append(self.client.ask("textDocument/inlayHint", hint_params(uri)))
        if self.draw.random() < 0.2:
            self.waiting.append(self.client.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}}))

    def fail(self, what: str) -> Failure:
        """A failure, with the end of all that was done and of the log."""
        log = self.client.log.decode("utf-8", "replace")[-2000:]
        return Failure(f"{what}\nlast done: {', '.join(self.done[-30:])}\nlog: {log}")

    def settle(self) -> None:
        """Wait for all answers. Raises Failure where one is missing, the server is gone, or its log tells of a defect."""
        for number in self.waiting:
            try:
                self.client.answer(number, WAIT)
            except queue.Empty:
                raise self.fail("a request is not answered") from None
            except ResponseError as error:
                if error.code not in (-32800, -32801, -32802):
                    raise self.fail(f"a request is answered with {error}") from None
        self.waiting.clear()
        if self.client.process.poll() is not None or any(word in self.client.log for word in _DEFECTS):
            raise self.fail("the server ended, or a defect is logged")

    def compare(self) -> int:
        """Hold all that is open against new sessions; how much was. Raises Failure where they differ."""
        self.settle()

        def one(ordered: Sequence[Path]) -> Session:
            return Session(ordered, sys.executable, False)

        fresh: Any = Folders(self.roots, one) if len(self.roots) > 1 else one(self.roots)
        for path, text in self.texts.items():
            fresh.update(str(path), text)
        whole = Cells(str(self.notebook), [(path_of(uri), self.cell_texts[uri]) for uri in self.cells])
        if self.cells:
            fresh.update(whole.path, whole.text)
        wanted = {path.as_uri(): (fresh.analyse(str(path)), self.texts[path]) for path in sorted(self.texts)}
        if self.cells:
            analysis = fresh.analyse(whole.path)
            wanted |= {uri: (whole.part(analysis, path_of(uri)), self.cell_texts[uri]) for uri in self.cells}
        for uri in wanted:
            if not uri.startswith("vscode"):
                self.client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        for uri, (analysis, text) in wanted.items():
            expected, seen = _said(uri, analysis, text), self.seen(uri)
            for part in ("problems",) if analysis.broken else ("problems", "hints"):
                if expected[part] != seen[part]:
                    time.sleep(_COMPLETED)
                    seen = self.seen(uri)
                if expected[part] != seen[part]:
                    only = [each for each in seen[part] if each not in expected[part]]
                    missing = [each for each in expected[part] if each not in seen[part]]
                    raise self.fail(f"{uri}: {part} only of the server: {only}; of a new session: {missing}\n{text}")
        return len(wanted)

    def seen(self, uri: str) -> dict[str, list[Any]]:
        """Hints and problems as the server tells them."""
        listed, problems = self.client.hints(uri), self.client.pull(uri)["items"]
        starts = [(d["range"]["start"]["line"], d["range"]["start"]["character"]) for d in problems]
        return {
            "hints": sorted((h["position"]["line"], h["position"]["character"], h["label"]) for h in listed or []),
            "problems": sorted((*start, d["code"], d["message"]) for start, d in zip(starts, problems)),
        }


def _said(uri: str, analysis: FileAnalysis, text: str) -> dict[str, list[Any]]:
    lines = Document(uri, 1, text).lines
    shown = [(position(lines, h.line, h.column, "utf-16"), h.label) for h in hints(analysis)]
    told = [(position(lines, p.span.line, p.span.column, "utf-16"), p) for p in reported(analysis)]
    return {
        "hints": sorted((at.line, at.character, label) for at, label in shown),
        "problems": sorted((at.line, at.character, p.code, p.message) for at, p in told),
    }


def run(seed: int, actions: int, folder: Path, often: int = 20) -> int:
    """So much done in a workspace of its own, compared after every `often`; how many documents were. Raises Failure."""
    draw = random.Random(seed)
    workspace = Workspace(folder, draw)
    kinds = ["edit"] * 10 + ["cell"] * 8 + ["open"] * 3 + ["save"] * 2 + ["disk"] * 3 + ["folders"]
    compared = 0
    try:
        for _ in range(3):
            workspace.open()
        for number in range(1, actions + 1):
            kind = draw.choice(kinds)
            workspace.done.append(kind)
            getattr(workspace, kind)()
            workspace.ask()
            if number % often == 0 or number == actions:
                compared += workspace.compare()
        if workspace.client.stop() != 0:
            raise workspace.fail("the server did not end well")
    finally:
        workspace.client.kill()
    return compared
