"""Pools of one, two and three spatial dims against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.keras.harness import X, check_layer

formats = st.sampled_from([None, "channels_last", "channels_first"])


@st.composite
def inputs(draw, n):
    """An input of n spatial dims, sometimes of another rank."""
    rank = draw(st.sampled_from([n, n, n, n, n - 1, n + 1]))
    shape = (2, *draw(st.lists(st.integers(1, 7), min_size=rank + 1, max_size=rank + 1)))
    none = draw(st.lists(st.integers(0, rank + 1), max_size=2))
    return X(shape, draw(st.sampled_from(["float32", "float32", "float64"])), none=none)


def sizes(n, limit=3, low=1):
    """One int, or n of them."""
    return st.one_of(st.integers(low, limit), st.tuples(*[st.integers(low, limit)] * n))


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_windows(kind, n):
    @given(inputs(n), sizes(n, 4), st.one_of(st.none(), sizes(n)), st.sampled_from(["valid", "same", "SAME"]), formats)
    def run(x, pool_size, strides, padding, data_format):
        kwargs = {"strides": strides, "padding": padding, "data_format": data_format}
        largest = pool_size if isinstance(pool_size, int) else max(pool_size)
        is_empty = padding == "valid" and largest > min(x.shape[1:])  # TensorFlow's kernels divide by zero then
        check_layer(f"keras.layers.{kind}Pooling{n}D", (pool_size,), kwargs, x, eager=not is_empty)

    run()


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_global_pools(kind, n):
    @given(inputs(n), st.booleans(), formats)
    def run(x, keepdims, data_format):
        kwargs = {"keepdims": keepdims, "data_format": data_format}
        check_layer(f"keras.layers.Global{kind}Pooling{n}D", (), kwargs, x)

    run()


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Max", "Average"])
def test_adaptive_pools(kind, n):
    @given(inputs(n), sizes(n), formats)
    def run(x, output_size, data_format):
        # TensorFlow's kernels divide by zero on small inputs: the symbolic call alone, which asks no rank.
        path, kwargs = f"keras.layers.Adaptive{kind}Pooling{n}D", {"data_format": data_format}
        check_layer(path, (output_size,), kwargs, x, eager=False, allow_unknown=len(x.shape) != n + 2)

    run()
    x = X((2, *(8,) * n, 3))
    check_layer(f"keras.layers.Adaptive{kind}Pooling{n}D", (4,), {}, x)
    check_layer(f"keras.layers.Adaptive{kind}Pooling{n}D", ((4,) * n,), {"data_format": "channels_last"}, x)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"pool_size": 0},
        {"pool_size": (2, 2, 2)},
        {"pool_size": 2.0},
        {"strides": -1},
        {"padding": "sme"},
        {"padding": "causal"},
        {"data_format": "channel_last"},
        {},
    ],
)
def test_arguments(kwargs):
    check_layer("keras.layers.MaxPooling2D", (), kwargs, X((2, 7, 7, 3)))
