"""The server with the real analysis: what a person sees in an un-annotated model."""

from __future__ import annotations

import time

import pytest
from client import SHAPELENS, Client

LENET = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        é = "𝔸"; x = F.relu(self.conv1(x))  # 漢 𝔸
        x = F.relu(self.conv2(x))
        x = x.mean(dim=(2, 3))
        return self.fc(x)
"""
HINTS = {
    8: "→ (B, 6, H - 4, W - 4)",
    9: "→ (B, 16, H - 8, W - 8)",
    10: "→ (B, 10)",
    12: "x (B, 3, H, W)",
    13: "→ (B, 6, H - 4, W - 4)",
    14: "→ (B, 16, H - 8, W - 8)",
    15: "→ (B, 16)",
    16: "→ (B, 10)",
}
WIDTHS = {"utf-8": lambda c: len(c.encode()), "utf-16": lambda c: len(c.encode("utf-16-le")) // 2, "utf-32": len}
LINES = LENET.split("\n")


@pytest.fixture(
    scope="module",
    params=[("utf-8", True), ("utf-16", False), ("utf-16", True), ("utf-32", False)],
    ids=lambda kind: f"{kind[0]}-{'pull' if kind[1] else 'push'}",
)
def started(request, tmp_path_factory):
    encoding, pulls = request.param
    client = Client(SHAPELENS, encoding)
    client.root = tmp_path_factory.mktemp("project")
    client.pulls = pulls
    client.start(pull=pulls, root=client.root)
    yield client
    assert client.stop() == 0


@pytest.fixture
def client(started):
    yield started
    started.reset()


@pytest.fixture
def uri(client):
    return (client.root / "lé net.py").as_uri()


def diagnostics(client, uri):
    return client.pull(uri)["items"] if client.pulls else client.published(uri, client.versions[uri])


def column(client, line, text, lines=LINES):
    """The client's column of a text in a line."""
    return WIDTHS[client.encoding](lines[line][: lines[line].index(text)])


def test_each_hint_and_its_place(client, uri):
    client.open(uri, LENET)
    wide = WIDTHS[client.encoding]
    assert client.labels(uri) == [(line, wide(LINES[line]), label) for line, label in HINTS.items()]
    assert diagnostics(client, uri) == []


def test_hover(client, uri):
    client.open(uri, LENET)
    start = column(client, 13, "self.conv1(x)")
    found = client.hover(uri, 13, start + len("self.conv1("))
    assert "`(B, 3, H, W)" in found["contents"]["value"]
    found = client.hover(uri, 13, start + len("self.conv1"))
    assert "`(B, 6, H - 4, W - 4) float32`" in found["contents"]["value"]
    assert found["range"]["start"] == {"line": 13, "character": start}
    assert found["range"]["end"] == {"line": 13, "character": start + len("self.conv1(x)")}


def test_an_error_comes_and_goes_with_edits(client, uri):
    client.open(uri, LENET)
    assert diagnostics(client, uri) == []
    at = column(client, 9, "6, 16")
    client.change(uri, (9, at, 9, at + 1, "7"))
    (found,) = diagnostics(client, uri)
    assert (found["code"], found["severity"], found["range"]["start"]["line"]) == ("channel-mismatch", 1, 14)
    assert "7" in found["message"]
    assert "6" in found["message"]
    lines = [each["location"]["range"]["start"]["line"] for each in found["relatedInformation"]]
    assert 9 in lines
    fixes = client.actions(uri, 14, ["quickfix"])
    assert [fix["title"] for fix in fixes] == [
        "Change in_channels to 6 in conv2 (line 10)",
        "Change out_channels to 7 in conv1 (line 9)",
        "Disable channel-mismatch for this line",
    ]
    (change,) = fixes[0]["edit"]["documentChanges"][0]["edits"]
    assert change == {
        "range": {"start": {"line": 9, "character": at}, "end": {"line": 9, "character": at + 1}},
        "newText": "6",
    }
    client.change(uri, (9, at, 9, at + 1, "6"))
    assert diagnostics(client, uri) == []
    assert client.labels(uri)[-1][2] == "→ (B, 10)"


def test_shapes_of_a_function_are_written_into_its_head(client, uri):
    client.open(uri, LENET)
    (action,) = [a for a in client.actions(uri, 12, ["refactor"]) if "jaxtyping" in a["title"]]
    assert (action["title"], action["kind"]) == ("Annotate forward with its shapes (jaxtyping)", "refactor.rewrite")
    edits = action["edit"]["documentChanges"][0]["edits"]
    assert [edit["newText"] for edit in edits] == [
        "from jaxtyping import Float, Shaped\nfrom torch import Tensor\n",
        ': Shaped[Tensor, "B 3 H W"]',
        ' -> Float[Tensor, "B 10"]',
    ]
    at = column(client, 12, "x):")
    assert edits[1]["range"]["start"] == {"line": 12, "character": at + 1}
    assert not any("jaxtyping" in a["title"] for a in client.actions(uri, 13, ["refactor"]))


def test_a_syntax_error_costs_its_statement_only(client, uri):
    client.open(uri, LENET)
    before = {line: label for line, _, label in client.labels(uri)}
    end = WIDTHS[client.encoding](LINES[14])
    client.change(uri, (14, end, 14, end, "\n        y = self.conv2("))
    after = {line: label for line, _, label in client.labels(uri)}
    assert {line: after.get(line) for line in before if line < 14} == {n: t for n, t in before.items() if n < 14}
    assert after.get(17) == "→ (B, 10)"
    assert diagnostics(client, uri) == []


def test_hints_follow_what_is_typed_above(client, uri):
    client.open(uri, LENET)
    client.change(uri, (0, 0, 0, 0, "# 𝔸\r\n\n"))
    assert [(line, label) for line, _, label in client.labels(uri)] == [(n + 2, label) for n, label in HINTS.items()]
    client.change(uri, (0, 0, 2, 0, ""))
    assert [(line, label) for line, _, label in client.labels(uri)] == list(HINTS.items())


def test_a_hundred_quick_edits_end_in_the_last_ones_hints(client, uri):
    client.open(uri, LENET)
    at = column(client, 10, "10)")
    for number in range(100):
        client.change(uri, (10, at, 10, at + 2, str(10 + number % 90)))
        if number % 10 == 0:
            client.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": whole()})
    start = time.monotonic()
    assert client.labels(uri)[-1][2] == f"→ (B, {10 + 99 % 90})"
    assert time.monotonic() - start < 10


def whole():
    return {"start": {"line": 0, "character": 0}, "end": {"line": 1000, "character": 0}}


def test_a_shape_is_written_down_as_a_comment(client, uri):
    client.open(uri, LENET)
    (action,) = client.actions(uri, 14, ["refactor"])
    assert action["title"] == "Add comment: # (B, 16, H-8, W-8)"
    (change,) = action["edit"]["documentChanges"][0]["edits"]
    assert change["newText"] == "  # (B, 16, H-8, W-8)"
    assert change["range"]["start"] == {"line": 14, "character": WIDTHS[client.encoding](LINES[14])}


@pytest.mark.parametrize("other", ["untitled:Untitled-1", "vscode-notebook-cell:/tmp/n.ipynb#W0s"])
def test_documents_that_are_no_files(client, other):
    client.open(other, LENET)
    assert [label for _, _, label in client.labels(other)] == list(HINTS.values())


def test_a_followed_file_counts_as_the_editor_has_it(client):
    layers, model = (client.root / name for name in ("layers.py", "model.py"))
    text = "import torch.nn as nn\n\ndef head(n):\n    return nn.Linear(n, 10)\n"
    layers.write_text(text)
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": layers.as_uri(), "type": 1}]})
    client.open(model.as_uri(), "import torch\nfrom layers import head\ny = head(4)(torch.randn(2, 4))\n")
    assert client.labels(model.as_uri()) == [(2, 30, "→ (2, 10)")]
    client.open(layers.as_uri(), text.replace("10", "20"))
    assert client.labels(model.as_uri()) == [(2, 30, "→ (2, 20)")]
    client.notify("textDocument/didClose", {"textDocument": {"uri": layers.as_uri()}})
    assert client.labels(model.as_uri()) == [(2, 30, "→ (2, 10)")]
    layers.write_text(text.replace("10", "300"))
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": layers.as_uri(), "type": 2}]})
    assert client.labels(model.as_uri()) == [(2, 30, "→ (2, 300)")]


def test_a_code_lens_above_the_model(client, uri):
    client.open(uri, LENET)
    (lens,) = client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert lens["range"]["start"] == {"line": 5, "character": 0}
    assert lens["command"]["title"].startswith("(B, 3, H, W) → (B, 10) · 3,042 parameters")


def test_what_a_keystroke_left_out_is_shown_a_moment_later(client, uri):
    text = "import torch\n\nLIMIT = 3\n\n\ndef helper(a):\n    b = LIMIT\n    return b\n"
    client.open(uri, text)
    client.hints(uri)
    client.change(uri, text + "\n")
    assert client.labels(uri) == []
    client.change(uri, text.replace("LIMIT = 3", "LIMIT = torch.arange(3) * 2"))
    shown, asked, end = [], 0, time.monotonic() + 60
    while shown != ["→ (3,) int64"] and time.monotonic() < end:
        # A client asks once, and again when it is told that there is more.
        shown = [label for line, _, label in client.labels(uri) if line == 6]
        if not shown:
            client.wait_for(lambda asked=asked: client.asked("workspace/inlayHint/refresh") > asked)
            asked = client.asked("workspace/inlayHint/refresh")
    assert shown == ["→ (3,) int64"]
