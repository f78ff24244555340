"""Inlay hints as an editor of today gets them: labels in parts, places to go to, and what stays while one types."""

from __future__ import annotations

import pytest
from client import SHAPELENS, Client, label_of

NET = """\
import torch
from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 32, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(32 * 225, 10)

    def forward(self, x):
        x = F.relu(self.conv(x))
        x = self.pool(x)
        x = x.flatten(1)
        return self.fc(x)


y = Net()(torch.rand(32, 3, 32, 32))
"""
LINES = NET.split("\n")
HINTS = {
    8: "→ (32, 32, 30, 30)",
    9: "→ (32, 32, 15, 15)",
    10: "→ (32, 10)",
    12: "x (32, 3, 32, 32)",
    13: "→ (32, 32, 30, 30)",
    14: "→ (32, 32, 15, 15)",
    15: "→ (32, 7200)",
    16: "→ (32, 10)",
    19: "→ (32, 10)",
}


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    client = Client(SHAPELENS)
    client.root = tmp_path_factory.mktemp("project")
    lazily = ["tooltip", "textEdits", "label.tooltip", "label.location", "label.command"]
    client.start(root=client.root, document={"inlayHint": {"resolveSupport": {"properties": lazily}}})
    yield client
    assert client.stop() == 0


@pytest.fixture
def client(started):
    yield started
    if started.settings:
        configure(started)
        started.settings = {}
    started.reset()


def configure(client, **hints):
    """Change the settings, and wait until they count."""
    before = client.asked("workspace/inlayHint/refresh")
    client.settings = {"shapelens": {"inlayHints": hints}}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh") > before)


@pytest.fixture
def uri(client):
    return (client.root / "net.py").as_uri()


def labels(client, uri):
    return {line: label for line, _, label in client.labels(uri)}


def places(client, hint):
    """What each dim of a hint leads to: its text with the code there."""
    found = client.request("inlayHint/resolve", hint)
    return [
        (part["value"], code(part["location"]["range"]))
        for part in found["label"]
        if isinstance(part, dict) and part.get("location")
    ]


def code(span):
    start, end = span["start"], span["end"]
    assert start["line"] == end["line"]
    return LINES[start["line"]][start["character"] : end["character"]]


def test_each_dim_leads_to_where_it_was_born(client, uri):
    client.open(uri, NET)
    hints = {hint["position"]["line"]: hint for hint in client.hints(uri)}
    assert {line: label_of(hint) for line, hint in hints.items()} == HINTS
    assert [part["value"] for part in hints[13]["label"]] == [
        "→ (", "32", ", ", "32", ", ", "30", ", ", "30", ")"
    ]  # fmt: skip
    assert not any("location" in part or "tooltip" in part for hint in hints.values() for part in hint["label"])
    conv, pool = "nn.Conv2d(3, 32, 3)", "nn.MaxPool2d(2)"
    assert places(client, hints[13]) == [("32", "x"), ("32", conv), ("30", conv), ("30", conv)]
    assert places(client, hints[14]) == [("32", "x"), ("32", conv), ("15", pool), ("15", pool)]
    assert places(client, hints[15]) == [("32", "x"), ("7200", "x.flatten(1)")]
    assert places(client, hints[16]) == [("32", "x"), ("10", "nn.Linear(32 * 225, 10)")]


def test_the_tooltip_tells_the_story(client, uri):
    client.open(uri, NET)
    (hint,) = client.hints(uri, 14, 15)
    told = client.request("inlayHint/resolve", hint)["tooltip"]["value"]
    assert told == (
        "**x** `(32, 32, 15, 15) float32` — 900 KiB\n\n"
        "How it came about:\n\n"
        "- line 13: `x` → `(32, 3, 32, 32)`\n"
        "- line 14: `x = F.relu(self.conv(x))` → `(32, 32, 30, 30)`\n"
        "- line 15: `x = self.pool(x)` → `(32, 32, 15, 15)`"
    )


def test_dims_left_out_in_the_middle_are_counted_from_the_back(client, uri):
    configure(client, maxLength=14)
    client.open(uri, NET)
    hints = {hint["position"]["line"]: hint for hint in client.hints(uri)}
    assert label_of(hints[14]) == "→ (32, …, 15)"
    assert places(client, hints[14]) == [("32", "x"), ("15", "nn.MaxPool2d(2)")]


def test_hints_stay_while_a_line_is_broken_and_move_with_the_text(client, uri):
    client.open(uri, NET)
    assert labels(client, uri) == HINTS
    end = len(LINES[13])
    client.change(uri, (13, end - 1, 13, end, ""))  # the last parenthesis
    assert labels(client, uri) == HINTS
    client.change(uri, (0, 0, 0, 0, "# 𝔸\n"))
    moved = {line + 1: label for line, label in HINTS.items()}
    assert labels(client, uri) == moved
    found = client.hints(uri, 14, 15)
    assert found[0]["position"] == {"line": 14, "character": end - 1}
    client.change(uri, (14, end - 1, 14, end - 1, "\n        y = ("))
    now = labels(client, uri)
    assert now[14] == HINTS[13]
    assert {line: label for line, label in now.items() if line > 15} == {
        line + 2: label for line, label in HINTS.items() if line > 13
    }
    client.change(uri, NET)
    assert labels(client, uri) == HINTS


def test_hints_of_another_place_do_not_stay(client, uri):
    client.open(uri, NET)
    assert labels(client, uri) == HINTS
    client.change(uri, NET.replace("x = F.relu(self.conv(x))", "").replace("y = Net()", "y = Net("))
    now = labels(client, uri)
    assert 13 not in now
    assert now[14] != HINTS[14]
    client.open(uri, "def f(:\n")
    assert labels(client, uri) == {}


def test_obvious_lines_are_quiet_and_kinds_can_be_switched_off(client, uri):
    client.open(uri, "import torch\nx = torch.zeros(2, 3)\ny = x.T\n")
    assert labels(client, uri) == {2: "→ (3, 2)"}
    client.change(uri, NET)
    for kind, lines in (
        ("layers", {8, 9, 10}),
        ("parameters", {12}),
        ("returns", {16}),
        ("assignments", {13, 14, 15}),
    ):
        configure(client, **{kind: False})
        assert set(HINTS) - set(labels(client, uri)) == lines


def test_hints_behind_the_names_stay_too(client, uri):
    configure(client, position="name")
    client.open(uri, NET)
    assert (14, 9, ": (32, 32, 15, 15)") in client.labels(uri)
    client.change(uri, (14, 12, 14, 12, "("))
    assert (14, 9, ": (32, 32, 15, 15)") in client.labels(uri)


def test_nothing_is_asked_again_for_mere_typing(client, uri):
    client.open(uri, NET)
    labels(client, uri)
    for _ in range(5):
        client.change(uri, (13, 0, 13, 0, " "), (13, 0, 13, 1, ""))
        labels(client, uri)
    assert not [m for m in client.requests if m["method"].endswith("/refresh")]
