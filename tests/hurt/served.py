"""What is made to hurt and needs a server: notebooks, projects, views of models, and what is asked of many problems."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shapelens.interpreter.machine import slowness
from tests.bench.editor import Editor
from tests.bench.own import COMMAND, environment
from tests.hurt.running import Outcome

_PAUSE = 0.2
_MOST_PAUSES = 40
_GOOD = "import torch\nfrom torch import nn\n\nx = nn.Linear(8, 4)(torch.zeros(3, 8))\ny = x @ torch.zeros(4, 5)\n"


class Served:
    """An editor with a server, and what each thing that was asked took of the processors, at most."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.steps: dict[str, float] = {}

    @contextmanager
    def took(self, step: str) -> Iterator[None]:
        """Note what the server uses meanwhile."""
        before = self.editor.processor_seconds()
        yield
        used = self.editor.processor_seconds() - before
        self.steps[step] = max(self.steps.get(step, 0.0), round(used, 3))

    def rest(self) -> None:
        """Let the server do what it does when nobody types; that is no answer, and not counted."""
        used = self.editor.processor_seconds()
        for _ in range(_MOST_PAUSES):
            time.sleep(_PAUSE * 4)
            before, used = used, self.editor.processor_seconds()
            if used - before < 0.01:
                return

    def ask(self, path: Path, method: str, line: int, character: int = 4) -> Any:
        """Something about one place of a document."""
        place = {"line": line, "character": character}
        document = {"uri": path.as_uri()}
        if method == "codeAction":
            asked = {"textDocument": document, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        else:
            asked = {"textDocument": document, "position": place}
        return self.editor.request(f"textDocument/{method}", asked)

    def look(self, path: Path) -> Any:
        """All hints and problems."""
        problems, hints = self.editor.ask_problems(path), self.editor.ask_hints(path)
        self.editor.wait([problems, hints])

    def go_on(self, path: Path) -> None:
        """Edits at the end, at the start, and a small program in the place of all."""
        text = path.read_text("utf-8")
        for step, changed in (("after", f"{text}\nz = 1\n"), ("before", f"import math\n{text}"), ("good", _GOOD)):
            with self.took(step):
                self.editor.change(path, changed)
                self.look(path)
        with self.took("good"):
            hints = self.editor.hints(path)
        assert any("(3, 4)" in str(hint["label"]) for hint in hints), hints


def served(name: str) -> Outcome:
    """What becomes of one of them in a folder of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve() / "project"
        folder.mkdir()
        return _in_folder(name, folder)


def _in_folder(name: str, folder: Path) -> Outcome:
    make, ask = SERVED[name]
    path = make(folder)
    before = slowness()
    first = folder / "first.py"
    first.write_text(_GOOD)
    with Editor(COMMAND, environment(folder.parent), folder) as editor:
        run = Served(editor)
        editor.open(first)  # what a server loads with its first file is none of the cost of those behind it
        editor.hints(first)
        ask(run, path)
        largest = editor.memory()[1]
    return Outcome(run.steps, largest, slowness=max(before, slowness()))


def _script(text: Callable[[], str]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "script.py"
        path.write_text("import torch\nfrom torch import nn\n" + text(), encoding="utf-8")
        return path

    return make


def _open_and_edit(run: Served, path: Path) -> None:
    with run.took("open"):
        run.editor.open(path)
        run.look(path)
    run.go_on(path)


# -- problems ------------------------------------------------------------------------------------------------------


def _many_problems() -> str:
    return "".join(f"y{i} = torch.zeros(2, {i}) @ torch.zeros({i + 1}, 5)\n" for i in range(4_000))


def _many_problems_of_a_model() -> str:
    layers = "".join(f"        x = nn.Linear({i + 3}, 4)(torch.zeros(2, 4)) + x\n" for i in range(2, 2_500))
    return f"class Net(nn.Module):\n    def forward(self, x):\n{layers}        return x\n\nnet = Net()(torch.zeros(2, 4))\n"


def _ask_of_problems(run: Served, path: Path) -> None:
    with run.took("open"):
        run.editor.open(path)
        run.look(path)
    run.rest()
    with run.took("again"):
        run.look(path)
    last = path.read_text("utf-8").count("\n")
    for line in range(10, last, last // 20):
        for method in ("hover", "codeAction"):
            with run.took(method):
                run.ask(path, method, line, 9)
    with run.took("codeLens"):
        run.editor.request("textDocument/codeLens", {"textDocument": {"uri": path.as_uri()}})
    run.go_on(path)


# -- models --------------------------------------------------------------------------------------------------------

_MANY_LAYERS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(4_000)])

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x)) + x
        return x


net = Net()
y = net(torch.zeros(2, 4))
"""
_MANY_CALLS = """
class Block(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.inner = Block(depth - 1) if depth else nn.Linear(4, 4)

    def forward(self, x):
        return self.inner(self.inner(x)) + self.inner(x)


net = Block(20)
y = net(torch.zeros(2, 4))
"""


def _ask_for_views(run: Served, path: Path) -> None:
    with run.took("open"):
        run.editor.open(path)
        run.look(path)
    run.rest()
    command = {"command": "shapelens.summary", "arguments": [{"uri": path.as_uri(), "model": "net"}]}
    with run.took("summary"):
        answer = run.editor.request("workspace/executeCommand", command)
    assert answer.get("summary") or answer.get("error"), answer
    run.go_on(path)


# -- projects ------------------------------------------------------------------------------------------------------


def _cycles(star: bool) -> Callable[[Path], Path]:
    """Hundreds of modules that import one another."""
    count = 300

    def make(folder: Path) -> Path:
        package = folder / "package"
        package.mkdir()
        (package / "__init__.py").write_text("")
        for i in range(count):
            others = [(i + k) % count for k in (1, 2, 3, 7, 50, count - 1)]
            lines = [f"from package.m{k} import {'*' if star else f'f{k}, A{k}'}" for k in others]
            calls = " + ".join(f"f{k}(x)" for k in others)
            body = f"\n\nclass A{i}(nn.Module):\n    def forward(self, x):\n        return {calls}\n\n\ndef f{i}(x):\n    return {calls}\n\n\nV{i} = f{others[0]}(torch.zeros(2, 3))\n"
            (package / f"m{i}.py").write_text("import torch\nfrom torch import nn\n" + "\n".join(lines) + body)
        path = folder / "script.py"
        path.write_text(
            f"import torch\nfrom package.m0 import *\nfrom package.m{count - 1} import *\ny = f0(torch.zeros(2, 3))\nz = A5()(y)\n"
        )
        return path

    return make


def _project(text: Callable[[], str]) -> Callable[[Path], Path]:
    """A project with such a pyproject.toml."""

    def make(folder: Path) -> Path:
        (folder / "pyproject.later").write_text(text(), encoding="utf-8")
        path = folder / "script.py"
        path.write_text(_GOOD + "".join(f"v{i} = torch.zeros({i}, 2)\n" for i in range(300)))
        return path

    return make


def _change_project(run: Served, path: Path) -> None:
    run.editor.open(path)
    run.look(path)
    project = path.parent / "pyproject.toml"
    (path.parent / "pyproject.later").rename(project)
    with run.took("changed"):
        run.editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": project.as_uri(), "type": 1}]})
        run.look(path)
    run.go_on(path)


def _globs() -> str:
    patterns = ", ".join(f'"{"*a" * 20}{i}*[!b]"' for i in range(14_000))
    return f"[tool.shapelens]\nexclude = [{patterns}]\n"


def _inputs() -> str:
    entries = ", ".join(f'"models.Net{i}.forward" = ["B,3,H{i},{i}", "i:B,16"]' for i in range(15_000))
    return f"[tool.shapelens]\ninputs = {{ {entries} }}\n"


def _axes() -> str:
    return f'[tool.shapelens]\ninputs = {{ "f" = ["{"B," * 400_000}3"] }}\n'


def _nested() -> str:
    return f"[tool.shapelens]\nignore = {'[' * 900}{']' * 900}\nx = {'[' * 200_000}\n"


def _dotted() -> str:
    deep = ".".join("a" * 400)
    return "[tool.shapelens]\n" + "".join(f"k{i}.{deep} = 1\n" for i in range(1_000))


def _unknown() -> str:
    return "[tool.shapelens]\n" + "".join(f'k{i} = "{"x" * 20}"\n' for i in range(25_000))


# -- notebooks -----------------------------------------------------------------------------------------------------


def _notebook(folder: Path) -> Path:
    return folder / "book.ipynb"


def _ask_of_cells(run: Served, path: Path) -> None:
    cells = [
        f"# cell {i}\nx{i} = torch.zeros({i % 50 + 1}, 3)\nw{i} = x{i} @ torch.zeros({3 + (i % 9 == 0)}, 5)\nw{i}"
        for i in range(2_000)
    ]
    cells[0] = "import torch\n" + cells[0]
    uris = [f"vscode-notebook-cell:{path}#c{i}" for i in range(len(cells))]
    notebook = {
        "uri": path.as_uri(),
        "notebookType": "jupyter-notebook",
        "version": 1,
        "cells": [{"kind": 2, "document": uri} for uri in uris],
    }
    documents = [{"uri": uri, "languageId": "python", "version": 1, "text": text} for uri, text in zip(uris, cells)]
    seen = [0, 1, 2, 999, 1000, 1998, 1999]

    def look() -> None:
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
        for i in seen:
            run.editor.request("textDocument/inlayHint", {"textDocument": {"uri": uris[i]}, "range": whole})
            run.editor.request("textDocument/diagnostic", {"textDocument": {"uri": uris[i]}})

    with run.took("open"):
        run.editor.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": documents})
        look()
    run.rest()
    with run.took("again"):
        look()
    for version, (step, i) in enumerate((("before", 0), ("middle", 1000), ("after", 1999)), 2):
        change = {"document": {"uri": uris[i], "version": version}, "changes": [{"text": cells[i] + "\nq = 1"}]}
        said = {
            "notebookDocument": {"uri": path.as_uri(), "version": version},
            "change": {"cells": {"textContent": [change]}},
        }
        with run.took(step):
            run.editor.notify("notebookDocument/didChange", said)
            look()
    moved = {
        "structure": {
            "array": {"start": 500, "deleteCount": 1000},
            "didClose": [{"uri": uri} for uri in uris[500:1500]],
        }
    }
    seen[:] = [0, 1, 1998]
    with run.took("fewer"):
        run.editor.notify(
            "notebookDocument/didChange",
            {"notebookDocument": {"uri": path.as_uri(), "version": 9}, "change": {"cells": moved}},
        )
        look()


SERVED: dict[str, tuple[Callable[[Path], Path], Callable[[Served, Path], None]]] = {
    "thousands of problems": (_script(_many_problems), _ask_of_problems),
    "thousands of problems of a model": (_script(_many_problems_of_a_model), _ask_of_problems),
    "view of thousands of layers": (_script(lambda: _MANY_LAYERS), _ask_for_views),
    "view of billions of calls": (_script(lambda: _MANY_CALLS), _ask_for_views),
    "imports in cycles": (_cycles(False), _open_and_edit),
    "imports of all names in cycles": (_cycles(True), _open_and_edit),
    "pyproject of globs": (_project(_globs), _change_project),
    "pyproject of inputs": (_project(_inputs), _change_project),
    "pyproject of axes": (_project(_axes), _change_project),
    "pyproject nested": (_project(_nested), _change_project),
    "pyproject of dotted keys": (_project(_dotted), _change_project),
    "pyproject of unknown keys": (_project(_unknown), _change_project),
    "notebook of 2000 cells": (_notebook, _ask_of_cells),
}
"""The situations by name: what writes the files, and what is asked."""
