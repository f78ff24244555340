"""Programs with calls that have no rule, and the user's own torch to ask."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Session
from shapelens.rules import registry
from shapelens.values.text import shape_text

RULELESS = (
    "torch.roll",
    "torch.Tensor.roll",
    "torch.kron",
    "torch.Tensor.kron",
    "torch.Tensor.msort",
    "torch.linalg.svd",
)
LAYERLESS = ("torch.nn.Bilinear", "torch.nn.Softplus")


@pytest.fixture(scope="module", autouse=True)
def _no_rules() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for path in RULELESS:
            patch.delitem(registry.rules, path, raising=False)
        for path in LAYERLESS:
            patch.delitem(registry.layers, path)
        yield


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        made = Session([], sys.executable)
        oracle = made.consult()
        assert oracle is not None
        yield made
        oracle.close()


Run = Callable[..., FileAnalysis]


@pytest.fixture
def analyse(tmp_path: Path, session: Session) -> Run:
    """The analysis of a program, once the oracle has said all that it was asked."""

    def run(text: str, name: str = "program.py") -> FileAnalysis:
        path = tmp_path / name
        path.write_text("import torch\nimport torch.nn as nn\n" + textwrap.dedent(text))
        oracle = session.oracle
        assert oracle is not None
        session.files_changed([str(path)])
        while True:
            known = oracle.generation
            analysis = session.analyse(str(path))
            assert oracle.wait(60)
            if oracle.generation == known:
                assert not oracle.problem
                return analysis

    return run


def shapes(analysis: FileAnalysis) -> dict[str, str]:
    """The last shape and dtype that each assigned name was seen with."""
    return {
        f.name: f"{shape_text(f.values[-1].shape)} {f.values[-1].dtype}" for f in analysis.facts if f.kind == "assign"
    }


def test_functions_and_methods(analyse: Run) -> None:
    found = shapes(
        analyse("""
        x = torch.rand(4, 6)
        a = torch.roll(x, 1, 0)
        b = x.roll(1)
        c = torch.kron(a, b).flatten()
        u, s, vh = torch.linalg.svd(x)
        t = torch.linalg.svd(x).S
        """)
    )
    assert found["a"] == found["b"] == "(4, 6) float32"
    assert found["c"] == "(576,) float32"
    assert (found["u"], found["s"], found["vh"]) == ("(4, 4) float32", "(4,) float32", "(6, 6) float32")
    assert found["t"] == "(4,) float32"


def test_layers(analyse: Run) -> None:
    found = shapes(
        analyse("""
        class Net(nn.Module):
            def __init__(self, features):
                super().__init__()
                self.pair = nn.Bilinear(features, 5, features * 2)
                self.act = nn.Softplus()

            def forward(self, x, y):
                z = self.act(self.pair(x, y))
                return z

        out = Net(3)(torch.rand(7, 3), torch.rand(7, 5))
        """)
    )
    assert found["z"] == found["out"] == "(7, 6) float32"


def test_open_inputs_in_their_own_dims(analyse: Run) -> None:
    found = shapes(
        analyse("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)

            def forward(self, images):
                y = torch.roll(self.conv(images), 1, 2)
                return y
        """)
    )
    assert found["y"] == "(B, 8, ⌈H/2⌉, ⌈W/2⌉) float32"


def test_a_later_problem_is_found(analyse: Run) -> None:
    analysis = analyse("""
        x = torch.roll(torch.rand(4, 6), 1)
        y = nn.Linear(5, 2)(x)
        """)
    assert [(p.span.line, p.code) for p in analysis.problems] == [(5, "feature-mismatch")]


@pytest.mark.parametrize(
    "call",
    [
        "torch.kron(x)",
        "torch.kron(x, 'a')",
        "torch.roll(x, 1, 9)",
        "torch.roll(x, unknown)",
        "x.roll(1, 9)",
        "nn.Bilinear(3, 4, 5)(x, x)",
        "nn.Bilinear(3)(x, x)",
        "torch.roll(x, 1, out=x)",
        "torch.no_such(x)",
        "x.no_such(1)",
    ],
)
def test_what_fails_there_is_unknown_and_no_problem(analyse: Run, call: str) -> None:
    analysis = analyse(f"x = torch.rand(4, 6)\ny = {call}\n")
    assert "y" not in shapes(analysis) or shapes(analysis)["y"].startswith("(…)")
    assert not analysis.problems


def test_what_writes_in_place_is_not_asked(analyse: Run, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    oracle = session.oracle
    assert oracle is not None
    monkeypatch.setattr(oracle, "ask", lambda path, *_, **__: asked.append(path))
    analyse("""
        x = torch.rand(4, 6)
        x.roll_(1)
        torch.roll(x, 1, out=x)
        torch.kron(x, x, inplace=True)
        torch.kron(x, x)
        """)
    assert asked == ["torch.kron"]


def test_inside_autocast_the_dtype_is_open(analyse: Run) -> None:
    found = shapes(
        analyse("""
        x = torch.rand(4, 6)
        with torch.autocast("cuda"):
            y = torch.kron(x, x)
        """)
    )
    assert found["y"] == "(16, 36) None"


def test_modules_that_were_followed_before_the_answer(analyse: Run, tmp_path: Path) -> None:
    (tmp_path / "tables.py").write_text("import torch\nTABLE = torch.kron(torch.rand(2, 3), torch.rand(5, 7))\n")
    found = shapes(analyse("from tables import TABLE\ny = TABLE.flatten()\n"))
    assert found["y"] == "(210,) float32"


def test_without_an_oracle_all_stays_unknown(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("import torch\nx = torch.roll(torch.rand(4, 6), 1)\ny = torch.rand(3).roll(1)\n")
    analysis = Session([tmp_path]).analyse(str(path))
    assert not {"x", "y"} & set(shapes(analysis))


def test_no_interpreter_no_oracle(tmp_path: Path) -> None:
    assert Session([tmp_path], str(tmp_path / "python")).consult() is None
