"""A session as editors of today start it, each with what it says that it can do, and what the person then gets."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from client import FAKE, SHAPELENS, Client, ResponseError, label_of

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(9, 10)

    def forward(self, x):
        x = self.conv(x).mean((2, 3))  # (B, 8, 1, 1)
        return self.fc(x)
"""

# What VS Code 1.100 (vscode-languageclient 9), Neovim 0.11 and Emacs 30 (eglot) say, without what does not concern us.
VSCODE = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True, "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}}},
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "configuration": True,
        "workspaceFolders": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "codeLens": {"refreshSupport": True},
        "executeCommand": {"dynamicRegistration": True},
        "inlayHint": {"refreshSupport": True},
        "diagnostics": {"refreshSupport": True},
    },
    "notebookDocument": {"synchronization": {"dynamicRegistration": True, "executionSummarySupport": True}},
    "textDocument": {
        "publishDiagnostics": {
            "relatedInformation": True,
            "versionSupport": False,
            "tagSupport": {"valueSet": [1, 2]},
            "codeDescriptionSupport": True,
            "dataSupport": True,
        },
        "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
        "codeAction": {
            "isPreferredSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor"]}},
        },
        "codeLens": {"dynamicRegistration": True},
        "inlayHint": {
            "dynamicRegistration": True,
            "resolveSupport": {
                "properties": ["tooltip", "textEdits", "label.tooltip", "label.location", "label.command"]
            },
        },
        "diagnostic": {
            "dynamicRegistration": True,
            "relatedDocumentSupport": False,
            "tagSupport": {"valueSet": [1, 2]},
        },
    },
}
NEOVIM = {
    "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
    "window": {"workDoneProgress": True, "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}}},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "didChangeConfiguration": {"dynamicRegistration": False},
        "didChangeWatchedFiles": {"dynamicRegistration": False, "relativePatternSupport": True},
        "inlayHint": {"refreshSupport": True},
        "workspaceEdit": {"resourceOperations": ["rename", "create", "delete"]},
    },
    "textDocument": {
        "publishDiagnostics": {"relatedInformation": True, "tagSupport": {"valueSet": [1, 2]}, "dataSupport": True},
        "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
        "codeAction": {
            "isPreferredSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit", "command"]},
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor"]}},
        },
        "codeLens": {"dynamicRegistration": False, "resolveSupport": {"properties": ["command"]}},
        "inlayHint": {
            "dynamicRegistration": True,
            "resolveSupport": {"properties": ["textEdits", "tooltip", "location", "command"]},
        },
        "diagnostic": {"dynamicRegistration": False, "tagSupport": {"valueSet": [1, 2]}},
    },
}
EMACS = {
    "general": {"positionEncodings": ["utf-32", "utf-8", "utf-16"]},
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True},
        "executeCommand": {"dynamicRegistration": False},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "textDocument": {
        "publishDiagnostics": {
            "relatedInformation": False,
            "codeDescriptionSupport": False,
            "tagSupport": {"valueSet": [1, 2]},
        },
        "hover": {"dynamicRegistration": False, "contentFormat": ["markdown", "plaintext"]},
        "codeAction": {
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit", "command"]},
            "isPreferredSupport": True,
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}},
        },
        "inlayHint": {"dynamicRegistration": False},
    },
}
EDITORS = {"vscode": VSCODE, "neovim": NEOVIM, "emacs": EMACS}


@pytest.fixture(scope="module", params=EDITORS)
def client(request, tmp_path_factory):
    made = Client(SHAPELENS)
    made.root = tmp_path_factory.mktemp("project")
    made.editor = request.param
    made.answered = made.start(root=made.root, editor=EDITORS[request.param])["capabilities"]
    made.pulls = "diagnosticProvider" in made.answered
    made.uri = (made.root / "net.py").as_uri()
    made.open(made.uri, NET)
    yield made
    assert made.stop() == 0


def diagnostics(client):
    return client.pull(client.uri)["items"] if client.pulls else client.published(client.uri, 1)


def test_what_is_offered(client):
    encodings = {"vscode": "utf-16", "neovim": "utf-8", "emacs": "utf-32"}
    assert client.answered["positionEncoding"] == encodings[client.editor]
    assert client.pulls is (client.editor != "emacs")
    assert client.answered["codeActionProvider"]["resolveProvider"]
    assert client.answered["inlayHintProvider"]["resolveProvider"]
    assert "shapelens.summary" in client.answered["executeCommandProvider"]["commands"]


def test_hints_in_the_form_that_the_editor_takes(client):
    hints = client.hints(client.uri)
    assert [(h["position"]["line"], label_of(h)) for h in hints] == [
        (7, "→ (B, 8, H - 2, W - 2)"),
        (10, "x (B, 3, H, W)"),
        (11, "→ (B, 8)"),
    ]
    assert isinstance(hints[2]["label"], list) is (client.editor == "vscode")
    assert ("tooltip" in hints[2]) is (client.editor == "emacs")
    full = client.request("inlayHint/resolve", hints[2])
    assert full["tooltip"]["value"].startswith("**x** `(B, 8) float32`")
    if client.editor == "vscode":
        assert full["label"][3]["location"]["range"]["start"] == {"line": 7, "character": 20}


def test_problems_with_their_pages_tags_and_places(client):
    comment, mismatch = diagnostics(client)
    assert (comment["code"], comment["tags"]) == ("comment-mismatch", [1])
    assert (mismatch["code"], mismatch["severity"], mismatch.get("tags")) == ("feature-mismatch", 1, None)
    assert mismatch["codeDescription"]["href"].endswith("/feature-mismatch.md")
    if client.editor == "emacs":
        assert "9: Linear is made here" in mismatch["message"]
    else:
        first = mismatch["relatedInformation"][0]
        assert (first["message"], first["location"]["range"]["start"]["line"]) == ("Linear is made here", 8)


def edits(client, action):
    """The edits of an action, asked for as the editor would."""
    assert "edit" not in action
    edit = client.request("codeAction/resolve", action)["edit"]
    return edit["documentChanges"][0]["edits"] if "documentChanges" in edit else edit["changes"][client.uri]


def test_fixes_come_without_edits_until_one_is_chosen(client):
    fix, *others, silence = client.actions(client.uri, 12, ["quickfix"])
    assert fix["title"] == "Change in_features to 8 in fc (line 9)"
    (edit,) = edits(client, fix)
    assert edit == {
        "range": {"start": {"line": 8, "character": 28}, "end": {"line": 8, "character": 29}},
        "newText": "8",
    }
    assert edits(client, silence)[0]["newText"] == "  # shapelens: ignore[feature-mismatch]"
    comment, *_ = client.actions(client.uri, 7, ["refactor"]) or client.actions(client.uri, 10, ["refactor"])
    assert edits(client, comment)[0]["newText"].startswith("  # x: (B, 3, H, W)")


def test_an_action_of_an_older_text_is_not_applied(client):
    action, *_ = client.actions(client.uri, 12, ["quickfix"])
    action["data"]["version"] = 0
    with pytest.raises(ResponseError) as raised:
        client.request("codeAction/resolve", action)
    assert raised.value.code == -32801


# -- folders, the disk, progress -------------------------------------------------------------------------------------


def test_two_folders_have_their_own_configuration_and_modules(tmp_path: Path):
    text = "import torch\nfrom layers import size\ny = torch.rand(2, size)\nz = torch.nn.Linear(3, 4)(y)\n"
    for name, size, ignored in (("one", 5, "[]"), ("two", 7, '["feature-mismatch"]')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "layers.py").write_text(f"size = {size}\n")
        (tmp_path / name / "pyproject.toml").write_text(f"[tool.shapelens]\nignore = {ignored}\n")
    client = Client(SHAPELENS)
    client.start(roots=[tmp_path / "one", tmp_path / "two"], editor=VSCODE)
    one, two = ((tmp_path / name / "net.py").as_uri() for name in ("one", "two"))
    client.open(one, text)
    client.open(two, text)
    assert (2, "→ (2, 5)") in [(line, label) for line, _, label in client.labels(one)]
    assert (2, "→ (2, 7)") in [(line, label) for line, _, label in client.labels(two)]
    assert [d["code"] for d in client.pull(one)["items"]] == ["feature-mismatch"]
    assert client.pull(two)["items"] == []
    event = {"added": [], "removed": [{"uri": (tmp_path / "two").as_uri(), "name": "two"}]}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    assert [d["code"] for d in client.pull(one)["items"]] == ["feature-mismatch"]
    assert client.stop() == 0


def test_each_folder_has_the_interpreter_that_its_settings_say(tmp_path: Path):
    """A venv of one folder holds a package that the other does not see."""
    text = "import torch\nfrom sizes import size\ny = torch.ones(1, size).T\n"
    client = Client(SHAPELENS, settings={"shapelens": {}})
    for name, size in (("one", 5), ("two", 7)):
        packages = tmp_path / f"{name}-env" / "lib" / "python3.11" / "site-packages"
        packages.mkdir(parents=True)
        (packages / "sizes.py").write_text(f"import torch\nsize = {size}\n")
        (tmp_path / f"{name}-env" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11\n")
        (tmp_path / f"{name}-env" / "bin").mkdir()
        (tmp_path / f"{name}-env" / "bin" / "python").symlink_to(sys.executable)
        (tmp_path / name).mkdir()
        client.scoped[(tmp_path / name).as_uri()] = {"shapelens": {"python": str(tmp_path / f"{name}-env")}}
    client.start(roots=[tmp_path / "one", tmp_path / "two"], editor=VSCODE)
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    for name, shape in (("one", "→ (5, 1)"), ("two", "→ (7, 1)")):
        uri = (tmp_path / name / "net.py").as_uri()
        client.open(uri, text)
        assert [label for *_, label in client.labels(uri)] == [shape]
    assert client.stop() == 0


def test_each_folder_has_its_own_settings(tmp_path: Path):
    text = "import torch\n\na = torch.zeros(2, 3).t()\nb = a @ a\n\n\ndef f(x):\n    return x\n"
    client = Client(SHAPELENS, settings={"shapelens": {}})
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    mine = {"inlayHints": {"position": "name"}, "diagnostics": {"enabled": False}}
    client.scoped[(tmp_path / "one").as_uri()] = {"shapelens": mine}
    client.start(roots=[tmp_path / "one", tmp_path / "two"], editor=NEOVIM)
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    shown = {}
    for name in ("one", "two"):
        uri = (tmp_path / name / "net.py").as_uri()
        client.open(uri, text)
        shown[name] = client.labels(uri)[0], [each["code"] for each in client.pull(uri)["items"]]
    assert shown["one"] == ((2, 1, ": (3, 2)"), [])
    assert shown["two"] == ((2, 25, "→ (3, 2)"), ["matmul-mismatch"])
    assert client.stop() == 0


def test_where_the_editor_watches_no_files_the_server_looks_itself(tmp_path: Path):
    (tmp_path / "layers.py").write_text("size = 5\n")
    client = Client(SHAPELENS)
    client.start(root=tmp_path, editor=NEOVIM)
    uri = (tmp_path / "net.py").as_uri()
    client.open(uri, "import torch\nfrom layers import size\ny = torch.ones(1, size).T\n")
    assert client.labels(uri) == [(2, 25, "→ (5, 1)")]
    assert not client.asked("client/registerCapability")
    (tmp_path / "layers.py").write_text("size = 77\n")
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    assert client.labels(uri) == [(2, 25, "→ (77, 1)")]
    assert client.stop() == 0


def progress(client):
    return [m["params"]["value"]["kind"] for m in client.notifications if m["method"] == "$/progress"]


def test_what_takes_long_is_told(tmp_path: Path):
    client = Client(FAKE)
    client.start(editor=NEOVIM)
    uri = "file:///tmp/net.py"
    client.open(uri, "x = 1  #! x 2\n")
    client.labels(uri)
    time.sleep(1.2)
    assert not client.asked("window/workDoneProgress/create")
    client.change(uri, "SLOW\n")
    client.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}})
    client.wait_for(lambda: progress(client) == ["begin"])
    begun = next(m["params"] for m in client.notifications if m["method"] == "$/progress")
    assert begun["value"]["title"] == "Shapelens: analysing net.py"
    client.change(uri, "x = 1  #! x 2\n")
    client.wait_for(lambda: progress(client) == ["begin", "end"])
    client.kill()
