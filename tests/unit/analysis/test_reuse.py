"""An edit runs again what it touches, and nothing else; what is said is what a new session says."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapelens.analysis.contexts import Roots
from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Session
from shapelens.dims import text
from shapelens.interpreter import calls, importing
from shapelens.values.text import shape_text

MODEL = """import torch
from torch import nn

WIDTH = 8

class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        y = self.conv(x)
        return y + x

    def extra(self, z):
        return self.conv(z).mean()


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(WIDTH, 2)

    def forward(self, x):
        return self.fc(x)


REGISTRY = {"Head": Head}


class Net(nn.Module):
    \"\"\"Some net.\"\"\"

    def __init__(self, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 3)
        self.block = Block(WIDTH)
        self.fc = nn.Linear(WIDTH, classes)

    def forward(self, x):
        x = self.stem(x)
        x = self.block(x)
        x = x.mean((2, 3))
        return self.fc(x)


def small():
    net = Net(classes=3)
    return net


def alone(a):
    b = nn.Linear(5, 6)(a)
    return b
"""


def said(analysis: FileAnalysis) -> list[object]:
    """What a person sees."""
    facts = [
        (f.span, f.name, f.kind, sorted((shape_text(v.shape, analysis.names), str(v.dtype)) for v in f.values))
        for f in analysis.facts
    ]
    problems = [(p.span, p.code, p.message, [r.span for r in p.related]) for p in analysis.problems]
    hovers = sorted((e.span.line, e.span.column, len(e.values), e.about) for e in analysis.expressions)
    models = [
        (m.span, m.name, m.parameters if m.parameters is None else text(m.parameters, analysis.names))
        for m in analysis.models
    ]
    return [facts, problems, hovers, models]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first lines of the functions and classes that were run on their own."""
    made: list[str] = []
    original = Roots._run

    def run(self, chunk, body, again=None):  # type: ignore[no-untyped-def]
        made.append(next(line for line in chunk.text.splitlines() if line[0] != "@").split("(")[0].split()[1])
        return original(self, chunk, body, again)

    monkeypatch.setattr(Roots, "_run", run)
    return made


class Edited:
    """A file that is open in a session, and what a new session says of the same text."""

    def __init__(self, folder: Path, version: str) -> None:
        self.path = str(folder / "net.py")
        self.folder, self.session = folder, Session((folder,))
        self.to(version)

    def to(self, version: str) -> FileAnalysis:
        self.session.update(self.path, version)
        return self.session.analyse(self.path)

    def fresh(self, version: str) -> FileAnalysis:
        session = Session((self.folder,))
        session.update(self.path, version)
        return session.analyse(self.path)


EDITS = {
    "a comment": ("WIDTH = 8\n", "WIDTH = 8\n# ..\n", set()),
    "the docstring of a module": ("import torch\n", '"""Doc."""\nimport torch\n', set()),
    "a function of its own": ("Linear(5, 6)", "Linear(5, 7)", {"alone"}),
    "a method that nothing else calls": ("mean()", "sum()", {"Block"}),
    "a forward": ("x.mean((2, 3))", "x.sum((2, 3))", {"Net"}),
    "a forward that others call": ("return y + x", "return y - x", {"Net", "Block"}),
    "a constructor": ("nn.Linear(WIDTH, classes)", "nn.Linear(WIDTH, classes, False)", {"Net", "small", "Block"}),
    "a default": ("classes=10", "classes=11", {"Net", "small", "Block"}),
    "a line above": ("def small():\n", "\n\ndef small():\n", set()),
    "an argument": ("Net(classes=3)", "Net(classes=4)", {"Net", "small", "Block"}),
    "a half-typed line": ("return y + x", "return y + (x", {"Net", "Block"}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_runs_what_it_touches(tmp_path: Path, runs: list[str], edit: str) -> None:
    old, new, touched = EDITS[edit]
    file = Edited(tmp_path, MODEL)
    assert said(file.to(MODEL + "\n")) == said(file.fresh(MODEL + "\n"))
    runs.clear()
    edited = MODEL.replace(old, new, 1)
    found = file.to(edited)
    assert set(runs) <= touched
    assert said(found) == said(file.fresh(edited))
    assert said(file.to(MODEL)) == said(file.fresh(MODEL))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("WIDTH = 8", "WIDTH = 16"),
        ("nn.Conv2d(3, WIDTH, 3)", "nn.Conv2d(3, 9, 3)"),
        ("class Block(nn.Module)", "class Block(nn.Sequential)"),
        ("self.block = Block(WIDTH)", "self.block = REGISTRY['Head']()"),
        ("    def forward(self, x):\n        y", "    @property\n    def forward(self, x):\n        y"),
        ("    def extra", "    def __call__"),
        ("def small():\n    net", "Net.forward = alone\n\ndef small():\n    net"),
        ("def small():\n    net", "globals()['Block'] = Head\n\ndef small():\n    net"),
        ("def small", "small = 3\n\ndef Net"),
        ("class Head", "@REGISTRY.setdefault('a', []).append\nclass Head"),
        ("return self.fc(x)", "self.block = None\n        return self.fc(x)"),
        ("from torch import nn", "from torch import nn, Tensor as Block"),
    ],
)
def test_what_changes_much_is_said_as_a_new_session_says_it(tmp_path: Path, old: str, new: str) -> None:
    file = Edited(tmp_path, MODEL)
    edited = MODEL.replace(old, new, 1)
    assert edited != MODEL
    assert said(file.to(edited)) == said(file.fresh(edited))
    assert said(file.to(MODEL)) == said(file.fresh(MODEL))


BUILDERS = """import torch
from torch import nn


def conv(a, b):
    return nn.Conv2d(a, b, 3, padding=1)


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = conv(channels, channels)

    def forward(self, x):
        return self.conv(x) + x


class Net(nn.Module):
    def __init__(self, widths, classes=10):
        super().__init__()
        self.stem = conv(3, widths[0])
        self.blocks = nn.Sequential(*[Block(widths[0]) for _ in widths])
        self.fc = nn.Linear(widths[0], classes)

    def forward(self, x):
        x = self.stem(x)
        x = self.blocks(x)
        x = x.mean((2, 3))
        return self.fc(x)


def build(widths, **kwargs):
    model = Net(widths, **kwargs)
    return model


def small():
    return build([8, 8])


def large():
    return build([32, 32, 32], classes=5)
"""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the classes whose constructors were run."""
    found: list[str] = []
    original = calls.run_function

    def run(m, function, bound):  # type: ignore[no-untyped-def]
        if function.name == "__init__" and function.code.focus:
            found.append(function.owner.name)
        return original(m, function, bound)

    monkeypatch.setattr(calls, "run_function", run)
    return found


MAKINGS = {
    "a statement of who asks for them": ("    return model", "    model.eval()\n    return model", set()),
    "a statement that changes them": (
        "    return model",
        "    model.fc = nn.Linear(model.fc.in_features, 2)\n    return model",
        set(),
    ),
    "a comment beside": ("    return model", "    # done\n    return model", set()),
    "one argument": ("[8, 8]", "[8, 8, 8]", {"Net"}),
    "a forward": ("x.mean((2, 3))", "x.sum((2, 3))", set()),
    "their own constructor": ("nn.Linear(widths[0], classes)", "nn.Linear(widths[0], 7)", {"Net"}),
    "a part": ("self.conv = conv(channels", "self.conv = conv(channels + 0", {"Net", "Block"}),
    "a function that they call": ("3, padding=1", "5, padding=2", {"Net", "Block"}),
    "what one of them uses becoming another": ("def build", "conv = nn.Conv1d\n\n\ndef build", {"Net", "Block"}),
}


@pytest.mark.parametrize("edit", MAKINGS)
def test_a_model_is_made_again_when_what_it_depends_on_was_edited(tmp_path: Path, made: list[str], edit: str) -> None:
    old, new, touched = MAKINGS[edit]
    file = Edited(tmp_path, BUILDERS)
    file.to(BUILDERS + "\n")
    made.clear()
    edited = BUILDERS.replace(old, new, 1)
    found = file.to(edited)
    assert set(made) == touched
    assert said(found) == said(file.fresh(edited))
    assert said(file.to(BUILDERS)) == said(file.fresh(BUILDERS))


SCRIPT = """import numpy as np
import torch
from torch import nn

SIZES = [8, 8]


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stem = nn.Linear(4, width)
        self.fc = nn.Linear(width, 2)

    def forward(self, x):
        return self.fc(self.stem(x))


def batch(count):
    return torch.randn(count, 4)


net = Net(SIZES[0])
x = batch(16)
found = []
y = net(x)
found.append(y)
z = torch.cat(found)
net.eval()
last = net(x).argmax(1)
data = np.zeros((3, 4))
"""


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements outside of definitions that were run."""
    found: list[str] = []
    original = importing.run_chunk

    def run(m, module, place):  # type: ignore[no-untyped-def]
        found.append(place.chunk.text)
        original(m, module, place)

    monkeypatch.setattr(importing, "run_chunk", run)
    return found


# What changes something older is run each time, and so is what depends on an object that it put there.
STATEMENTS = {
    "a line at the end": ("data = ", "more = 1\ndata = ", {"more = 1"}),
    "a comment": ("data = ", "# so\ndata = ", set()),
    "a number that nothing uses": ("np.zeros((3, 4))", "np.zeros((3, 5))", {"data = np.zeros((3, 5))"}),
    "what others are made of": ("batch(16)", "batch(17)", {"x = batch(17)", "y = net(x)", "last = net(x).argmax(1)"}),
    "a function that is called": ("torch.randn(count, 4)", "torch.ones(count, 4)", {"x = batch(16)", "y = net(x)", "last = net(x).argmax(1)"}),
    "a forward": ("self.fc(self.stem(x))", "self.fc(self.stem(x + 1))", {"y = net(x)", "last = net(x).argmax(1)"}),
    "a list in between": ("net = Net", "SIZES[0] = 9\nnet = Net", {"SIZES[0] = 9", "net = Net(SIZES[0])", "y = net(x)", "last = net(x).argmax(1)"}),
    "a layer put in": (
        "net.eval()",
        "net.fc = nn.Linear(8, 3)\nnet.eval()",
        {"net.fc = nn.Linear(8, 3)", "last = net(x).argmax(1)"},
    ),
    "no mode": ("net.eval()\n", "", {"last = net(x).argmax(1)"}),
    "another module of a name": ("import numpy as np", "import numpy as torch\nimport numpy as np\nimport torch", set()),
}  # fmt: skip


@pytest.mark.parametrize("edit", STATEMENTS)
def test_a_statement_runs_again_when_what_it_uses_was_edited(tmp_path: Path, ran: list[str], edit: str) -> None:
    old, new, touched = STATEMENTS[edit]
    always = {"found.append(y)", "z = torch.cat(found)", "net.eval()"}
    file = Edited(tmp_path, SCRIPT)
    file.to(SCRIPT)
    edited = SCRIPT.replace(old, new, 1)
    ran.clear()
    found = file.to(edited)
    statements = {text for text in ran if not text.startswith(("import", "from", "class", "def"))}
    assert statements - always == touched
    assert said(found) == said(file.fresh(edited))
    assert said(file.to(SCRIPT)) == said(file.fresh(SCRIPT))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("y = net(x)", "x.unsqueeze_(0)\ny = net(x)"),
        ("y = net(x)", "y = net(unbound)"),
        ("y = net(x)", "assert unbound.shape == (5, 4)\ny = net(unbound)"),
        ("found.append(y)", "for i in range(3):\n    found.append(y[i:])"),
        ("found = []", "found = SIZES"),
        ("net.eval()", "net.stem.weight.requires_grad = False"),
        ("net.eval()", "torch.set_default_dtype(torch.float64)"),
        ("net = Net(SIZES[0])", "net = Net(SIZES.pop())"),
        ("def batch", "@torch.no_grad()\ndef batch"),
        ("last = net(x)", "last = globals()['net'](x)"),
        ("import numpy as np", "import torch as np"),
        ("y = net(x)", "del x\ny = net(x)"),
    ],
)
def test_a_script_that_was_edited_is_told_as_a_new_session_tells_it(tmp_path: Path, old: str, new: str) -> None:
    file = Edited(tmp_path, SCRIPT)
    edited = SCRIPT.replace(old, new, 1)
    for version in (SCRIPT, edited, edited + "\n", SCRIPT, edited, SCRIPT + "\n"):
        assert said(file.to(version)) == said(file.fresh(version))


KERAS = """import numpy as np
from tensorflow import keras
from tensorflow.keras import layers


def build(width):
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(width, 3)(inputs)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(10)(x))


first = build(4)
second = build(6)
third = keras.Sequential([layers.Dense(4), layers.Dense(2)])
third.fit(np.zeros((5, 3)), np.zeros((5, 2)))
scores = second.predict(np.zeros((2, 8, 8, 3)))
picked = third(np.zeros((5, 3)))
name = second.layers[1].name
"""


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("name = ", "\nname = ", set()),
        ("name = ", "a = 1\nname = ", {"a = 1"}),
        ("Dense(2)", "Dense(7)", {"third = keras"}),
        ("first = build(4)\n", "", {"second = build", "third = keras", "scores = second", "name = second"}),
        ("second = build(6)", "second = build(3)", {"second = build", "scores = second", "name = second"}),
    ],
)  # fmt: skip
def test_a_script_of_keras_runs_what_an_edit_touches(
    tmp_path: Path, ran: list[str], old: str, new: str, again: set[str]
) -> None:
    file = Edited(tmp_path, KERAS)
    file.to(KERAS)
    edited = KERAS.replace(old, new, 1)
    ran.clear()
    found = file.to(edited)
    statements = {text.partition("(")[0].partition(".")[0] for text in ran if text[0] not in "fid" or "=" in text}
    always = {"third", "picked = third"}  # `fit` builds its layers
    assert statements - always == again
    assert said(found) == said(file.fresh(edited))
    assert said(file.to(KERAS)) == said(file.fresh(KERAS))


def test_what_one_run_changes_another_does_not_see(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("""import torch
sizes = [3]

def grow():
    sizes.append(4)
    return torch.zeros(sizes)

def use():
    return torch.ones(sizes)
""")
    facts = Session((tmp_path,)).analyse(str(tmp_path / "a.py")).facts
    assert [[v.shape for v in f.values] for f in facts] == [[(3, 4)], [(3,)]]


def test_a_function_that_showed_nothing_waits_until_nobody_types(tmp_path: Path) -> None:
    quiet = "import torch\n\ndef helper(a, b):\n    c = a + LIMIT\n    return c\n\nLIMIT = 3\n"
    loud = quiet.replace("c = a + LIMIT", "c = torch.zeros(2)")
    path = str(tmp_path / "a.py")
    session = Session((tmp_path,))
    for version in (quiet, quiet + "\n"):
        session.update(path, version)
        assert not session.analyse(path).facts
    session.update(path, quiet.replace("LIMIT = 3", "LIMIT = 4"))
    hasty = session.analyse(path, thorough=False)
    assert hasty.waiting
    assert not session.analyse(path).waiting
    session.update(path, loud)
    assert [f.name for f in session.analyse(path, thorough=False).facts] == ["c", "return"]
