"""Notebooks as VS Code sends them: the cells are one program in order, and each gets what belongs to it."""

from __future__ import annotations

import pytest
from client import SHAPELENS, Client
from test_editors import VSCODE

CELLS = (
    "%matplotlib inline\n!pip install torch\nimport torch\nfrom torch import nn",
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(6, 10)\n\n"
    "    def forward(self, x):\n        return self.fc(x)",
    "é = torch.rand(2, 6)\n%time y = Net()(é)\nfiles = !ls",
    "z = y.T\nbad = Net()(torch.rand(2, 5))",
)


class Notebook:
    def __init__(self, client, path, texts):
        self.client, self.uri, self.version = client, path.as_uri(), 1
        self.cells = [f"vscode-notebook-cell:{path}#W{i}sZmlsZQ" for i in range(len(texts))]
        client.versions.update(dict.fromkeys(self.cells, 1))
        self.made = len(texts)
        listed = [{"kind": 2, "document": uri} for uri in self.cells]
        listed.insert(1, {"kind": 1, "document": "vscode-notebook-cell:markdown"})
        self.markdown = 1
        notebook = {"uri": self.uri, "notebookType": "jupyter-notebook", "version": 1, "cells": listed}
        texts = [self.item(uri, text) for uri, text in zip(self.cells, texts)]
        client.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})

    @staticmethod
    def item(uri, text):
        return {"uri": uri, "languageId": "python", "version": 1, "text": text}

    def change(self, cells):
        self.version += 1
        identifier = {"uri": self.uri, "version": self.version}
        params = {"notebookDocument": identifier, "change": {"cells": cells}}
        self.client.notify("notebookDocument/didChange", params)

    def edit(self, number, text):
        uri = self.cells[number]
        self.client.versions[uri] += 1
        document = {"uri": uri, "version": self.client.versions[uri]}
        self.change({"textContent": [{"document": document, "changes": [{"text": text}]}]})

    def labels(self, number):
        return [(line, label) for line, _, label in self.client.labels(self.cells[number])]

    def diagnostics(self, number):
        uri = self.cells[number]
        if self.client.pulls:
            return self.client.pull(uri)["items"]
        return self.client.published(uri, self.client.versions[uri])

    def pushed(self, number):
        """What was pushed last for a cell."""
        params = [m["params"] for m in self.client.notifications if m["method"] == "textDocument/publishDiagnostics"]
        return [each["diagnostics"] for each in params if each["uri"] == self.cells[number]][-1]

    def close(self):
        cells = [{"uri": uri} for uri in self.cells]
        self.client.notify(
            "notebookDocument/didClose", {"notebookDocument": {"uri": self.uri}, "cellTextDocuments": cells}
        )


def pushing():
    document = {name: what for name, what in VSCODE["textDocument"].items() if name != "diagnostic"}
    return {**VSCODE, "textDocument": document}


@pytest.fixture(scope="module", params=[True, False], ids=["pull", "push"])
def client(request, tmp_path_factory):
    made = Client(SHAPELENS)
    made.root, made.pulls = tmp_path_factory.mktemp("project"), request.param
    answered = made.start(root=made.root, editor=VSCODE if made.pulls else pushing())
    made.offered = answered["capabilities"]["notebookDocumentSync"]["notebookSelector"]
    yield made
    assert made.stop() == 0


@pytest.fixture
def notebook(client):
    made = Notebook(client, client.root / "train.ipynb", CELLS)
    yield made
    made.close()


def test_the_cells_are_one_program(client, notebook):
    assert {"notebook": "jupyter-notebook", "cells": [{"language": "python"}]} in client.offered
    assert notebook.labels(0) == []
    assert notebook.labels(1) == [(3, "→ (2, 10) or (…)"), (5, "x (2, 6|5)"), (6, "→ (2, 10) or (…)")]
    assert notebook.labels(2) == [(1, "→ (2, 10)")]
    assert notebook.labels(3) == [(0, "→ (10, 2)")]


def test_problems_and_their_related_places_are_in_their_cells(client, notebook):
    assert notebook.diagnostics(0) == notebook.diagnostics(2) == notebook.diagnostics(3) == []
    (found,) = notebook.diagnostics(1)
    assert (found["code"], found["range"]["start"]) == ("feature-mismatch", {"line": 6, "character": 15})
    places = {(r["location"]["uri"], r["location"]["range"]["start"]["line"]) for r in found["relatedInformation"]}
    assert places == {(notebook.cells[1], 3), (notebook.cells[3], 1)}


def test_hover_fixes_lenses_and_the_summary_in_a_cell(client, notebook):
    uri = notebook.cells[2]
    found = client.hover(uri, 1, 16)
    assert found["contents"]["value"].startswith("`(2, 6) float32`")
    assert found["range"]["start"] == {"line": 1, "character": 16}
    fix, *_ = client.actions(notebook.cells[1], 6, ["quickfix"])
    (change,) = client.request("codeAction/resolve", fix)["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": notebook.cells[3], "version": 1}
    assert change["edits"][0]["range"]["start"]["line"] == 1
    lens, *_ = client.request("textDocument/codeLens", {"textDocument": {"uri": notebook.cells[1]}})
    assert lens["range"]["start"]["line"] == 0
    assert "70 parameters" in lens["command"]["title"]
    arguments = [{"uri": notebook.cells[1]}]
    found = client.request("workspace/executeCommand", {"command": "shapelens.summary", "arguments": arguments})
    made = found["summary"]["layers"][1]["made"]
    assert (made["uri"], made["range"]["start"]) == (notebook.cells[1], {"line": 3, "character": 18})


def test_an_edit_shows_in_the_cells_after_it(client, notebook):
    assert notebook.labels(3) == [(0, "→ (10, 2)")]
    before = client.asked("workspace/inlayHint/refresh")
    notebook.edit(2, CELLS[2].replace("rand(2", "rand(7"))
    assert notebook.labels(3) == [(0, "→ (10, 7)")]
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh") > before)
    notebook.edit(3, CELLS[3].replace("5", "6"))
    if client.pulls:
        assert notebook.diagnostics(1) == []
    else:
        client.wait_for(lambda: notebook.pushed(1) == [])
    assert notebook.labels(3) == [(0, "→ (10, 7)"), (1, "→ (2, 10)")]
    notebook.edit(3, "z = y.T\nbad = Net()(torch.rand(2, 6)")
    assert notebook.labels(3) == [(0, "→ (10, 7)"), (1, "→ (2, 10)")]
    assert notebook.labels(2) == [(1, "→ (7, 10)")]


def test_cells_are_added_moved_and_taken_away(client, notebook):
    new = "vscode-notebook-cell:/new#X"
    client.versions[new] = 1
    array = {"start": 3, "deleteCount": 0, "cells": [{"kind": 2, "document": new}]}
    item = notebook.item(new, "y = torch.rand(5, 3)")
    notebook.change({"structure": {"array": array, "didOpen": [item]}})
    notebook.cells.insert(2, new)
    assert notebook.labels(3) == [(1, "→ (2, 10)")]
    array = {"start": 3, "deleteCount": 2, "cells": [{"kind": 2, "document": u} for u in notebook.cells[3:1:-1]]}
    notebook.change({"structure": {"array": array}})
    notebook.cells[2:4] = notebook.cells[3:1:-1]
    assert notebook.labels(4) == [(0, "→ (3, 5)")]
    array = {"start": 4, "deleteCount": 1}
    notebook.change({"structure": {"array": array, "didClose": [{"uri": new}]}})
    notebook.cells.remove(new)
    assert notebook.labels(3) == [(0, "→ (10, 2)")]
    assert client.hints(new) is None


def test_a_closed_notebook_is_forgotten(client):
    notebook = Notebook(client, client.root / "other.ipynb", CELLS)
    assert notebook.labels(3)
    notebook.close()
    assert client.hints(notebook.cells[3]) is None
    assert client.hints(notebook.uri) is None
