"""Layers and functions that merge several tensors against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from shapelens.rules.registry import call_layer
from shapelens.values import Store, Tensor
from tests.rules.keras.harness import Layer, X, caller, check, check_layer

ELEMENTWISE = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]


@st.composite
def similar(draw, count, ones=True):
    """Shapes that often broadcast: of one another with dims left out, set to 1, or changed."""
    base = draw(st.lists(st.sampled_from([1, 2, 3, 4]), max_size=3))
    batch = draw(st.sampled_from([6, 7]))  # one of 1 or of another axis' size meets a defect of keras.ops.add
    found = []
    for _ in range(count):
        dims = list(base)
        change = draw(st.sampled_from(["", "", "", "one", "other", "shorter", "batch"]))
        if dims and change in ("one", "other"):
            at = draw(st.integers(0, len(dims) - 1))
            dims[at] = 1 if change == "one" and ones else draw(st.sampled_from([2, 3, 5]))
        if change == "shorter":
            dims = dims[1:]
        size = 3 if change == "batch" else batch
        none = draw(st.lists(st.integers(0, len(dims)), max_size=1))
        found.append(X((size, *dims), draw(st.sampled_from(["float32", "float32", "float64", "int32"])), none=none))
    return found


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name):
    @given(st.integers(2, 3).flatmap(similar))
    def run(inputs):
        check_layer(f"keras.layers.{name}", (), {}, inputs, allow_unknown=len({x.dtype for x in inputs}) > 1 or
                    name == "Average")  # fmt: skip

    run()
    check_layer(f"keras.layers.{name}", (), {}, X((2, 3)))
    check_layer(f"keras.layers.{name}", (), {}, [X((2, 3))])
    check(f"keras.layers.{name.lower()}", [X((2, 3)), X((2, 3))])
    check(f"keras.layers.{name.lower()}", [X((2, 3)), X((2, 4))])


@given(st.integers(2, 3).flatmap(lambda n: similar(n, ones=False)), st.integers(-4, 4))
def test_concatenate(inputs, axis):
    check_layer("keras.layers.Concatenate", (axis,), {}, inputs, allow_unknown=len({x.dtype for x in inputs}) > 1)


def test_concatenate_function():
    check("keras.layers.concatenate", [X((2, 3)), X((2, 5))])
    check("keras.layers.concatenate", [X((2, 3, 4)), X((2, 5, 4))], axis=1)
    check("keras.layers.concatenate", [X((2, 3, 4)), X((2, 5, 4))])
    check_layer("keras.layers.Concatenate", (), {}, X((2, 3)))
    check_layer("keras.layers.Concatenate", (), {}, [X((2, 3))])


@given(similar(2), st.one_of(st.integers(-3, 3), st.tuples(st.integers(-2, 3), st.integers(-2, 3))), st.booleans())
def test_dot(inputs, axes, normalize):
    pair = (axes, axes) if isinstance(axes, int) else axes
    is_batch = any(a in (0, -len(x.shape)) or len(x.shape) < 2 for a, x in zip(pair, inputs))
    given_inputs = [X(x.shape, none=x.none) for x in inputs]
    kwargs = {"normalize": normalize}
    check_layer("keras.layers.Dot", (axes,), kwargs, given_inputs, allow_unknown=is_batch, may_miss=is_batch)


@pytest.mark.parametrize("axes", [1.5, None, (1, 2, 3), "1"])
def test_axes_of_dot(axes):
    check_layer("keras.layers.Dot", (axes,), {}, [X((2, 3)), X((2, 3))])


def test_messages():
    store, path = Store(), "keras.layers.Concatenate"
    layer = Layer(path, (), {"axis": -1}).ours(store)
    inputs = [Tensor((2, 28, 28, 8), "float32", "keras"), Tensor((2, 14, 14, 8), "float32", "keras")]
    with pytest.raises(Failure) as found:
        call_layer(caller(store, path), path, layer, [inputs], {})
    assert found.value.code == "concat-mismatch"
    assert found.value.message == (
        "Concatenate: (2, 28, 28, 8) and (2, 14, 14, 8) differ in axis 1: 28 against 14; only axis -1 may"
    )
    path = "keras.layers.Add"
    layer = Layer(path).ours(store)
    with pytest.raises(Failure) as found:
        call_layer(caller(store, path), path, layer, [inputs], {})
    assert found.value.code == "broadcast-mismatch"
    assert found.value.message == (
        "Add: (2, 28, 28, 8) and (2, 14, 14, 8) cannot be broadcast: 28 against 14 in axis -2"
    )
