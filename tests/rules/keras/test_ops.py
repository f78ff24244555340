"""Every rule of keras.ops, held against Keras on tensors and on symbolic inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import shapelens.rules.keras  # noqa: F401  registers the rules
from shapelens.rules.call import Call
from shapelens.rules.registry import apply_rule, attributes, canonical, layers, rules
from shapelens.values import Store
from tests.rules.keras.harness import Inputs, X, check, check_layer, compare, mapped
from tests.rules.keras.ops_samples import SAMPLES, a_shape, like, one_of

METHODS = ("keras.random.SeedGenerator.next",)
PHASES = (Phase.generate, Phase.shrink)
PATHS = sorted(p for p in rules if p.startswith(("keras.ops.", "keras.random.")) and p not in METHODS)


def test_every_rule_has_a_sample():
    assert [p for p in PATHS if not SAMPLES.get(p)] == []
    assert [p for p in SAMPLES if p not in rules] == []


@pytest.mark.parametrize("path", PATHS)
def test_ops(path: str):
    @settings(max_examples=4, phases=PHASES)
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
    names = [n for n in dir(keras.ops) if not n.startswith("_") and inspect.isfunction(getattr(keras.ops, n))]
    missing = [n for n in names if f"keras.ops.{n}" not in rules]
    assert missing == ["jvp", "vectorize"]
    images = [n for n in dir(keras.ops.image) if inspect.isfunction(getattr(keras.ops.image, n))]
    assert [n for n in images if f"keras.ops.image.{n}" not in rules] == []


# -- KerasTensor ---------------------------------------------------------------------------------------------------

T = "keras.KerasTensor"
OPERATORS = sorted(p for p in rules if p.startswith(f"{T}.__") and p not in (f"{T}.__getitem__", f"{T}.__pos__"))


@pytest.mark.parametrize("path", OPERATORS)
def test_operators_of_symbolic_tensors(path: str):
    name = path.rpartition(".")[2]
    operator = getattr(keras.KerasTensor, name)
    one_operand = name.strip("_") in ("neg", "abs", "round", "invert")

    @settings(max_examples=10, phases=PHASES)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        shape = a_shape(data.draw, 1)
        left = X(shape, one_of(data.draw, "float32", "float32", "int32"), none=(0,))
        numbers = () if "matmul" in name else (2, 2.5)
        right = X(like(data.draw, shape), "float32", none=(0,))
        other = () if one_operand else (one_of(data.draw, right, right, *numbers),)
        compare_symbolic(lambda *args: operator(*args), path, left, *other)

    run()


KEYS = (
    0,
    -1,
    slice(None),
    slice(1, None),
    (slice(None), 0),
    (Ellipsis, 0),
    (slice(None), None),
    None,
    (0, 1, 2, 3),
    Ellipsis,
)


@pytest.mark.parametrize("key", KEYS, ids=repr)
@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2), (4,)])
def test_indexing_of_symbolic_tensors(key, shape):
    compare_symbolic(lambda x, k: x[k], f"{T}.__getitem__", X(shape), key)


def test_methods_of_symbolic_tensors():
    compare_symbolic(lambda x, s: x.reshape(s), f"{T}.reshape", X((4, 6)), (-1, 2, 3))
    compare_symbolic(lambda x: x.squeeze(), f"{T}.squeeze", X((4, 1, 6)))
    way = Inputs(True)
    for path in (f"{T}.ndim", f"{T}.dtype"):
        ours = apply_rule(Call(Store(), path), attributes[path], [way.ours(X((4, 6), "int32"))], {})
        assert ours == getattr(keras.KerasTensor((None, 6), "int32"), path.rpartition(".")[2])
    made = apply_rule(Call(Store(), T), rules[T], [(None, 6)], {"dtype": "int32"})
    assert (made.shape[1], made.dtype, made.library) == (6, "int32", "keras")
    assert apply_rule(Call(Store(), T), rules[f"{T}.__pos__"], [made], {}).shape == made.shape


def compare_symbolic(function: Callable[..., Any], path: str, *args: Any) -> None:
    """A method of KerasTensor and our rule of it, on symbolic tensors."""
    way, store = Inputs(True), Store()
    given = [mapped(a, way.ours, True) for a in args]
    compare(
        lambda: apply_rule(Call(store, path), rules[path], given, {}),
        lambda: function(*[mapped(a, way.real, False) for a in args]),
        f"{path}{args}", store, way, allow_unknown=True, may_miss=True,
    )  # fmt: skip
