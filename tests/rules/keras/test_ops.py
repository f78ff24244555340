"""Every rule of keras.ops, held against Keras on tensors and on symbolic inputs."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.rules.keras.harness import check, check_layer
from tests.rules.keras.ops_samples import SAMPLES

import shapelens.rules.keras  # noqa: F401  registers the rules
from shapelens.rules.registry import canonical, layers, rules

METHODS = ("keras.random.SeedGenerator.next",)
PHASES = (Phase.generate, Phase.shrink)
PATHS = sorted(p for p in rules if p.startswith(("keras.ops.", "keras.random.")) and p not in METHODS)


def test_every_rule_has_a_sample():
    assert [p for p in PATHS if not SAMPLES.get(p)] == []
    assert [p for p in SAMPLES if p not in rules] == []


@pytest.mark.parametrize("path", PATHS)
def test_ops(path: str):
    @settings(max_examples=5, phases=PHASES)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(SAMPLES[path]))(data.draw)
        check(path, *call.args, allow_unknown=call.loose, may_miss=call.loose, **call.kwargs)

    run()


@pytest.mark.parametrize("name", sorted(p.rpartition(".")[2] for p in layers if p.startswith("keras.initializers.")))
@pytest.mark.parametrize("shape", [(), (3,), (3, 4), (2, 3, 4)])
def test_initializers(name: str, shape: tuple[int, ...]):
    if name == "Initializer":
        pytest.skip("is a base class")
    check_layer(f"keras.initializers.{name}", (), {}, shape, weights=False, symbolic=False)


def test_modules_below_keras_ops_are_the_same_functions():
    for path in ("keras.ops.numpy.sum", "keras.ops.nn.relu", "keras.src.ops.numpy.sum", "keras.ops.linalg.det"):
        assert canonical(path) in rules


def test_nearly_all_of_keras_ops_has_rules():
    import keras

    names = [n for n in dir(keras.ops) if not n.startswith("_") and inspect.isfunction(getattr(keras.ops, n))]
    missing = [n for n in names if f"keras.ops.{n}" not in rules]
    assert missing == ["jvp", "vectorize"]
    images = [n for n in dir(keras.ops.image) if inspect.isfunction(getattr(keras.ops.image, n))]
    assert [n for n in images if f"keras.ops.image.{n}" not in rules] == []
