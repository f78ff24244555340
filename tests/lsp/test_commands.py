"""The commands and the status, with the real analysis: what a summary view and a status item have to show."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from client import SHAPELENS, Client, ResponseError

RESIDUAL = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return torch.relu(x + self.conv(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.blocks = nn.Sequential(Block(8), Block(8))
        self.head = nn.Linear(8, 10)

    def forward(self, image):
        y = self.blocks(self.stem(image))
        return self.head(y.mean((2, 3)))


out = Net()(torch.rand(4, 3, 32, 32))
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    client = Client(SHAPELENS, "utf-8")
    client.root = tmp_path_factory.mktemp("project")
    client.start(root=client.root, options={"status": True})
    yield client
    assert client.stop() == 0


@pytest.fixture
def client(started):
    yield started
    started.reset()


@pytest.fixture
def uri(client):
    return (client.root / "net.py").as_uri()


def command(client, name, arguments=None):
    given = {} if arguments is None else {"arguments": [arguments]}
    return client.request("workspace/executeCommand", {"command": f"shapelens.{name}", **given})


def test_a_summary_has_the_layers_with_their_places(client, uri):
    client.open(uri, RESIDUAL)
    found = command(client, "summary", {"uri": uri})
    assert (found["model"], found["models"], found["error"]) == ("Net", ["Net", "Block"], "")
    summary = found["summary"]
    rows = {row["name"]: row for row in summary["layers"]}
    assert rows["stem"]["output"]["text"] == "(4, 8, 30, 30)"
    assert (rows["stem"]["params"], rows["stem"]["mult_adds"]) == (3 * 8 * 9 + 8, 4 * 30 * 30 * 8 * 27)
    assert rows["stem"]["made"]["range"]["start"] == {"line": 16, "character": 20}
    assert summary["total_params"] == 224 + 2 * 584 + 90
    assert "Conv2d (stem)" in summary["text"]


def test_the_flow_goes_around_a_residual_block(client, uri):
    client.open(uri, RESIDUAL)
    flow = command(client, "summary", {"uri": uri})["flow"]
    nodes = {node["id"]: node for node in flow["nodes"]}
    said = [(node["role"], node["name"] or node["type"], node["parent"]) for node in flow["nodes"]]
    blocks = next(node["id"] for node in flow["nodes"] if node["name"] == "blocks")
    first = next(node["id"] for node in flow["nodes"] if node["parent"] == blocks)
    assert said[:4] == [("input", "input", None), ("layer", "stem", None), ("group", "blocks", None), ("group", "0", 2)]
    assert said[4:7] == [("layer", "conv", first), ("operation", "+", first), ("operation", "relu", first)]
    assert said[-3:] == [("operation", "mean", None), ("layer", "head", None), ("output", "output", None)]
    edges = {(nodes[e["from"]]["name"], e["from"], nodes[e["to"]]["name"], e["to"]): e["label"] for e in flow["edges"]}
    assert edges["input", 0, "stem", 1] == "(4, 3, 32, 32)"
    assert edges["stem", 1, "conv", 4] == edges["stem", 1, "+", 5] == edges["conv", 4, "+", 5] == "(4, 8, 30, 30)"
    assert edges["relu", 6, "conv", 8] == edges["relu", 6, "+", 9] == "(4, 8, 30, 30)"
    assert [label for (_, _, end, _), label in edges.items() if end in ("head", "output")] == ["(4, 8)", "(4, 10)"]
    assert nodes[5]["place"]["range"]["start"] == {"line": 10, "character": 26}
    assert not any(nodes[e[side]]["role"] == "group" for e in flow["edges"] for side in ("from", "to"))


KERAS = """\
import keras
from keras import layers

image = keras.Input((32, 32, 3))
x = layers.Conv2D(8, 3)(image)
y = layers.Conv2D(8, 1)(x)
z = layers.Add()([x, y])
model = keras.Model(image, layers.Dense(10)(layers.Flatten()(z)))
"""


def test_the_flow_of_a_functional_keras_model(client, uri):
    client.open(uri, KERAS)
    flow = command(client, "summary", {"uri": uri, "model": "model"})["flow"]
    nodes = {node["id"]: node["type"] or node["role"] for node in flow["nodes"]}
    assert [(nodes[e["from"]], nodes[e["to"]], e["label"]) for e in flow["edges"]] == [
        ("input", "Conv2D", "(B, 32, 32, 3)"),
        ("Conv2D", "Conv2D", "(B, 30, 30, 8)"),
        ("Conv2D", "Add", "(B, 30, 30, 8)"),
        ("Conv2D", "Add", "(B, 30, 30, 8)"),
        ("Add", "Flatten", "(B, 30, 30, 8)"),
        ("Flatten", "Dense", "(B, 7200)"),
        ("Dense", "output", "(B, 10)"),
    ]
    assert flow["nodes"][2]["place"]["range"]["start"]["line"] == 5


def test_a_summary_of_another_model_with_an_input_of_ones_own(client, uri):
    client.open(uri, RESIDUAL)
    found = command(client, "summary", {"uri": uri, "model": "Block(5)", "input": ["2,5,9,9"]})
    assert found["summary"]["output"]["text"] == "(2, 5, 9, 9)"
    found = command(client, "summary", {"uri": uri, "model": "Block(5)", "input": ["2,4,9,9"]})
    (problem,) = found["diagnostics"]
    assert problem["code"] == "channel-mismatch"
    assert problem["range"]["start"]["line"] == 10
    found = command(client, "summary", {"uri": uri, "input": ["two"]})
    assert found["error"] == "an input is dims such as 2,3,224,224, not 'two'"
    client.change(uri, "x = 1\n")
    assert command(client, "summary", {"uri": uri})["error"] == "there is no model in this file"


def test_hints_are_toggled_until_the_settings_change(client, uri):
    client.open(uri, RESIDUAL)
    assert client.hints(uri)
    assert command(client, "toggleHints") == {"enabled": False}
    assert client.hints(uri) == []
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    assert command(client, "toggleHints", {"enabled": True}) == {"enabled": True}
    assert client.hints(uri)
    assert command(client, "toggleHints") == {"enabled": False}
    client.settings = {"shapelens": {"inlayHints": {"maxLength": 60}}}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh") >= 4)
    assert client.hints(uri)


def test_a_rules_page(client):
    page = command(client, "rulePage", {"code": "channel-mismatch"})["markdown"]
    assert page.startswith("# channel-mismatch")
    with pytest.raises(ResponseError):
        command(client, "rulePage", {"code": "../../README"})


def test_what_is_wrong_with_a_command_is_said(client):
    for name, arguments in [
        ("nothing", {}),
        ("summary", {}),
        ("summary", {"uri": "file:///none.py"}),
        ("summary", [1]),
    ]:
        with pytest.raises(ResponseError) as raised:
            command(client, name, arguments)
        assert raised.value.code == -32602


def said_of(client, uri):
    params = [m["params"] for m in client.notifications if m["method"] == "shapelens/status"]
    return [each["text"] for each in params if each["uri"] == uri]


def test_the_status_says_what_is_known(tmp_path):
    client = Client([sys.executable, str(Path(__file__).parents[1] / "ruleless.py"), "server"])
    client.start(root=tmp_path, options={"status": True})
    uri = (tmp_path / "net.py").as_uri()
    client.open(uri, "import torch\nx = torch.rand(4, 6)\ny = torch.roll(x, 1)\nz = x.T\n")
    client.labels(uri)
    assert said_of(client, uri) == ["2 of 3 tensor lines known; 1 needs torch in a trusted workspace"]
    client.change(uri, (3, 0, 3, 7, "z = x.T.T"))
    client.labels(uri)
    assert len(said_of(client, uri)) == 1
    client.change(uri, "x = 1\n")
    client.labels(uri)
    assert said_of(client, uri)[-1] == "no tensors in this file"
    assert client.stop() == 0


# -- which call is shown ---------------------------------------------------------------------------------------------

CALLS = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.head = nn.Linear(features, 10)

    def forward(self, x):
        return self.head(x)


small = Net(4)(torch.rand(2, 4))
net = Net(8)
large = net(torch.rand(3, 8))
"""


def lenses(client, uri):
    return client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})


def test_the_lens_names_the_call_and_a_click_chooses_another(client, uri):
    client.open(uri, CALLS)
    assert (9, "x (2|3, 4|8)") in [(line, label) for line, _, label in client.labels(uri)]
    model, lens = lenses(client, uri)
    assert model["range"]["start"]["line"] == 4
    assert model["command"]["command"] == ""
    assert lens["range"]["start"] == {"line": 9, "character": 4}
    title = "shown for all 2 calls: Net(4)(torch.rand(2, 4)) at line 14 · 1 more"
    assert lens["command"] == {
        "title": title,
        "command": "shapelens.chooseContext",
        "arguments": [{"uri": uri, "line": 9}],
    }
    client.replies["window/showMessageRequest"] = {"title": "net(torch.rand(3, 8)) at line 16"}
    found = command(client, "chooseContext", lens["command"]["arguments"][0])
    (asked,) = [m["params"] for m in client.requests if m["method"] == "window/showMessageRequest"]
    assert [each["title"] for each in asked["actions"]] == [
        "Net(4)(torch.rand(2, 4)) at line 14",
        "net(torch.rand(3, 8)) at line 16",
        "All calls",
    ]
    assert (found["function"], found["chosen"]) == ("Net.forward", 1)
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    assert (9, "x (3, 8)") in [(line, label) for line, _, label in client.labels(uri)]
    client.change(uri, (0, 0, 0, 0, "# moved\n"))
    assert (10, "x (3, 8)") in [(line, label) for line, _, label in client.labels(uri)]
    assert lenses(client, uri)[1]["command"]["title"] == "shown for net(torch.rand(3, 8)) at line 17 · 1 more"


def test_contexts_are_listed_and_chosen_by_number(client, uri):
    client.open(uri, CALLS)
    listed = command(client, "chooseContext", {"uri": uri, "line": 10, "list": True})
    assert [(each["id"], each["range"]["start"]["line"]) for each in listed["contexts"]] == [(0, 13), (1, 15)]
    assert listed["chosen"] is None
    assert command(client, "chooseContext", {"uri": uri, "line": 10, "context": 0})["chosen"] == 0
    assert (10, "→ (2, 10)") in [(line, label) for line, _, label in client.labels(uri)]
    assert command(client, "chooseContext", {"uri": uri, "line": 10, "context": None})["chosen"] is None
    assert (10, "→ (2|3, 10)") in [(line, label) for line, _, label in client.labels(uri)]
    assert command(client, "chooseContext", {"uri": uri, "line": 0, "context": 0})["function"] is None


def test_a_hover_tells_the_calls_and_the_story(client, uri):
    client.open(uri, CALLS.replace("return self.head(x)", "y = self.head(x)\n        return y.exp()"))
    said = client.hover(uri, 10, 8)["contents"]["value"]
    assert said == (
        "**y** has 2 known shapes here, in the order met:\n\n"
        "- `(2, 10) float32` — 80 bytes · Net(4)(torch.rand(2, 4)) at line 15\n"
        "- `(3, 10) float32` — 120 bytes · net(torch.rand(3, 8)) at line 17\n\n"
        "How it came about:\n\n"
        "- line 10: `x` → `(2|3, 4|8)`\n"
        "- line 11: `y = self.head(x)` → `(2|3, 10)`"
    )
