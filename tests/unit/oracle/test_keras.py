"""The worker that asks Keras, with the real Keras: what it answers, what it refuses, and how the interpreter gets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shapelens.analysis.session import Session
from shapelens.dims import symbol
from shapelens.oracle.asking import Oracle, Oracles
from shapelens.oracle.process import Worker
from shapelens.values import Lib, Tensor

from .conftest import PYTHON, SITES, tensor


@pytest.fixture(scope="module")
def keras_worker() -> Iterator[Worker]:
    made = Worker(PYTHON, SITES, library="keras")
    yield made
    made.close()


@pytest.fixture(scope="module")
def oracles(keras_worker: Worker, tmp_path_factory: pytest.TempPathFactory) -> Oracles:
    cache = tmp_path_factory.mktemp("cache")
    keras = Oracle(PYTHON, SITES, cache, start=lambda: keras_worker, library="keras")
    return Oracles(Oracle(PYTHON, [], cache), keras)


def results(worker: Worker, path: str, *calls: Any, layer: bool = False, check: tuple[int, ...] = ()) -> Any:
    return worker.ask({"call": path, "layer": layer, "calls": list(calls), "check": list(check)}, 30)


def test_functions_and_layers(keras_worker: Worker) -> None:
    import keras

    assert keras_worker.hello.version == keras.__version__
    found = results(keras_worker, "keras.ops.matmul", [[tensor(5, 3), tensor(3, 2)], {}], check=(0,))
    assert found["results"] == [["x", [5, 2], "float32"]]
    assert found["checks"] == [[0, ["x", [5, 2], "float32"]]]
    dense = [[4], {"use_bias": False}, [tensor(7, 3)], {}]
    assert results(keras_worker, "keras.layers.Dense", dense, layer=True)["results"] == [["x", [7, 4], "float32"]]


def test_what_raises_is_told_and_no_more(keras_worker: Worker) -> None:
    (found,) = results(keras_worker, "keras.ops.matmul", [[tensor(5, 3), tensor(4, 2)], {}])["results"]
    assert found[0] == "!"


@pytest.mark.parametrize(
    "path",
    [
        "keras.layers.TFSMLayer", "keras.layers.TorchModuleWrapper", "keras.layers.Lambda", "keras.layers.Layer",
        "keras.layers.StringLookup", "keras.layers.deserialize", "keras.ops.map", "keras.ops.custom_gradient",
        "keras.models.load_model", "keras.saving.load_model", "keras.utils.get_file", "keras.config.set_floatx",
        "keras.backend.clear_session", "keras.random.uniform", "torch.roll", "os.system", "",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused(keras_worker: Worker, path: str) -> None:
    for layer in (False, True):
        given = [["name"], {}] * (2 if layer else 1)
        assert results(keras_worker, path, given, layer=layer).get("refused") == path


def test_formulas_of_symbolic_sizes(oracles: Oracles) -> None:
    b = symbol("B", 1)
    x = Tensor((b, 9, 3), "float32", "keras")
    for _ in range(2):
        found = oracles.ask("keras.ops.flip", [x], {})
        pooled = oracles.ask("keras.layers.MaxPooling1D", [x], {}, made_of=([2], {}))
        assert oracles.wait(60)
    assert found.shape == (b, 9, 3)
    assert pooled.shape == (b, 4, 3)


def test_each_library_is_asked_for_its_own(oracles: Oracles) -> None:
    assert oracles.problem == ""  # there is no torch in that environment, but there is Keras
    assert oracles.may_ask("keras.ops.flip")
    assert not oracles.may_ask("torch.roll")
    assert not oracles.may_ask("keras.models.load_model")
    assert not oracles.may_ask("tensorflow.io.read_file")
    assert oracles.ask("keras.ops.flip", [Tensor((2, 3), "float32", "torch")], {}) is None
    assert oracles.ask("keras.ops.flip", [Lib("torch.float32")], {}) is None


def test_a_rule_that_is_taken_away(oracles: Oracles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Keras says takes its place, and a model is built through it."""
    import shapelens.rules.keras  # noqa: F401
    from shapelens.rules import registry

    monkeypatch.delitem(registry.rules, "keras.ops.roll")
    monkeypatch.delitem(registry.layers, "keras.layers.RepeatVector")
    path = tmp_path / "program.py"
    path.write_text(
        "import keras\nx = keras.Input((5,))\ny = keras.ops.roll(x, 1)\nz = keras.layers.RepeatVector(4)(y)\n"
        "w = keras.layers.Dense(2)(z)\nm = keras.Model(x, w)\n"
    )
    ranks: dict[str, int] = {}
    for _ in range(4):
        session = Session([tmp_path])
        session.oracle = oracles
        found = session.analyse(str(path))
        assert not found.problems
        for fact in found.facts:
            for value in fact.values:
                if isinstance(value.shape, tuple):
                    ranks[fact.name] = len(value.shape)
                    if fact.name == "w":
                        assert value.shape[1:] == (4, 2)
        assert oracles.wait(60)
    del ranks["Dense"]  # the layer's own output
    assert ranks == {"x": 2, "y": 2, "z": 3, "w": 3}
