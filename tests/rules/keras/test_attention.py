"""Attention layers against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.keras.harness import X, check_layer

sizes = st.integers(1, 4)


@settings(max_examples=10)
@given(
    sizes,
    sizes,
    sizes,
    sizes,
    sizes,
    st.sampled_from([None, 3]),
    st.sampled_from([None, 5, (2, 3)]),
    st.booleans(),
    st.booleans(),
)
def test_multi_head(heads, key_dim, steps, others, width, value_dim, output_shape, use_bias, scores):
    kwargs = {"value_dim": value_dim, "output_shape": output_shape, "use_bias": use_bias}
    x, y = X((2, steps, width)), X((2, others, width + 1))
    # Of a model that is built, Keras says that the scores have the steps of the query twice: that is not held here.
    check_layer(
        "keras.layers.MultiHeadAttention",
        (heads, key_dim),
        kwargs,
        x,
        y,
        return_attention_scores=scores,
        symbolic=not scores or steps == others,
    )


@pytest.mark.parametrize("key", [(2, 6, 3), (2, 5, 3)])
def test_key_and_value(key):
    check_layer("keras.layers.MultiHeadAttention", (2, 4), {}, X((2, 4, 8)), X((2, 6, 5)), X(key))


def test_axes():
    x = X((2, 3, 4, 8))
    path, kwargs = "keras.layers.MultiHeadAttention", {"attention_axes": (1, 2)}
    check_layer(path, (2, 4), kwargs, x, x, return_attention_scores=True, symbolic=False)
    check_layer(path, (2, 4), {"attention_axes": (2,)}, x, x)
    check_layer(path, (2, 4), {}, x, x)


def test_multi_head_keeps_its_features():
    x, y = X((2, 4, 8)), X((2, 4, 7))
    check_layer("keras.layers.MultiHeadAttention", (2, 4), {}, x, x, again=[x, x])
    check_layer("keras.layers.MultiHeadAttention", (2, 4), {}, x, x, again=[y, y])


@pytest.mark.parametrize("scores", [False, True])
def test_group_query(scores):
    x, y = X((2, 4, 8)), X((2, 6, 5))
    check_layer("keras.layers.GroupQueryAttention", (4, 4, 2), {}, x, y, return_attention_scores=scores)


@settings(max_examples=12)
@given(st.sampled_from(["Attention", "AdditiveAttention"]), sizes, sizes, sizes, sizes, st.booleans(), st.booleans())
def test_dot_and_additive(name, steps, others, width, other_width, scores, use_scale):
    inputs = [X((2, steps, width)), X((2, others, other_width)), X((2, others, width))]
    path, kwargs = f"keras.layers.{name}", {"use_scale": use_scale}
    check_layer(path, (), kwargs, inputs, return_attention_scores=scores)
    check_layer(path, (), kwargs, [inputs[0], inputs[2]], return_attention_scores=scores)


@pytest.mark.parametrize("shapes", [[(2, 3, 4), (2, 5, 6)], [(2, 3, 4), (2, 5, 6), (2, 4, 4)], [(2, 3, 4)]])
def test_attention_of_other_sizes(shapes):
    check_layer("keras.layers.Attention", (), {}, [X(shape) for shape in shapes])
    check_layer("keras.layers.Attention", (), {}, X(shapes[0]))
