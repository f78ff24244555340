"""Recurrent layers, their cells and wrappers against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.keras.harness import Layer, X, check_layer

sizes = st.integers(1, 4)
KINDS = ("SimpleRNN", "GRU", "LSTM")
flags = st.fixed_dictionaries(
    {},
    optional={
        "return_sequences": st.booleans(),
        "return_state": st.booleans(),
        "go_backwards": st.booleans(),
        "use_bias": st.booleans(),
        "dtype": st.sampled_from(["float16", "float64", "mixed_float16"]),
    },
)


@settings(max_examples=12)
@given(st.sampled_from(KINDS), sizes, flags, st.lists(sizes, min_size=2, max_size=4), st.booleans())
def test_layers(kind, units, kwargs, shape, is_open):
    x = X(tuple(shape), none=(0, 1) if is_open and len(shape) > 1 else (0,))
    check_layer(f"keras.layers.{kind}", (units,), kwargs, x)


@pytest.mark.parametrize("kind", KINDS)
def test_features_are_kept(kind):
    check_layer(f"keras.layers.{kind}", (3,), {}, X((2, 4, 5)), again=[X((2, 3, 5))])
    check_layer(f"keras.layers.{kind}", (3,), {}, X((2, 4, 5)), again=[X((2, 3, 6))])
    check_layer(f"keras.layers.{kind}", (0,), {}, X((2, 4, 5)))
    check_layer(f"keras.layers.{kind}", (3,), {"activation": "tnah"}, X((2, 4, 5)))
    check_layer(f"keras.layers.{kind}", (3,), {"return_sequence": True}, X((2, 4, 5)))


def test_options_of_gru():
    check_layer("keras.layers.GRU", (3,), {"reset_after": False}, X((2, 4, 5)))


@pytest.mark.parametrize("size", [3, 4])
def test_states(size):
    state = X((2, size))
    check_layer("keras.layers.LSTM", (3,), {"return_state": True}, X((2, 4, 5)), initial_state=[state, state])
    check_layer("keras.layers.GRU", (3,), {}, X((2, 4, 5)), initial_state=state)


@pytest.mark.parametrize("kind", KINDS)
def test_cells(kind):
    states = [X((2, 3))] * (2 if kind == "LSTM" else 1)
    check_layer(f"keras.layers.{kind}Cell", (3,), {}, X((2, 5)), states)
    if kind != "LSTM":
        check_layer(f"keras.layers.{kind}Cell", (3,), {}, X((2, 5)), X((2, 3)))


@pytest.mark.parametrize("kwargs", [{}, {"return_sequences": True}, {"return_state": True}])
@pytest.mark.parametrize(
    "cell",
    [
        Layer("keras.layers.LSTMCell", (3,)),
        Layer("keras.layers.GRUCell", (4,)),
        [Layer("keras.layers.LSTMCell", (3,)), Layer("keras.layers.LSTMCell", (2,))],
        Layer(
            "keras.layers.StackedRNNCells",
            ([Layer("keras.layers.GRUCell", (3,)), Layer("keras.layers.GRUCell", (2,))],),
        ),
    ],
    ids=["lstm", "gru", "list", "stacked"],
)
def test_rnn(cell, kwargs):
    check_layer("keras.layers.RNN", (cell,), kwargs, X((2, 4, 5)))


def test_rnn_of_too_low_a_rank():
    check_layer("keras.layers.RNN", (Layer("keras.layers.GRUCell", (4,)),), {}, X((2, 4)))


@settings(max_examples=8)
@given(
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from(["valid", "same"]),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
)
def test_convolutional(rank, kernel, padding, strides, sequences, state):
    kwargs = {"padding": padding, "strides": strides, "return_sequences": sequences, "return_state": state}
    check_layer(f"keras.layers.ConvLSTM{rank}D", (3, kernel), kwargs, X((2, 3, *[6, 7][:rank], 2)))


def test_three_dimensional():
    check_layer("keras.layers.ConvLSTM3D", (2, 2), {}, X((1, 2, 4, 5, 6, 3)))


@settings(max_examples=10)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(["concat", "sum", "mul", "ave", None, "cat"]),
    st.booleans(),
    st.booleans(),
)
def test_bidirectional(kind, mode, sequences, state):
    inner = Layer(f"keras.layers.{kind}", (3,), {"return_sequences": sequences, "return_state": state})
    check_layer("keras.layers.Bidirectional", (inner,), {"merge_mode": mode}, X((2, 4, 5)))


def test_bidirectional_of_no_layer():
    check_layer("keras.layers.Bidirectional", (3,), {}, X((2, 4, 5)))


@pytest.mark.parametrize("shape", [(2, 3, 8), (2, 3, 6, 7, 2), (2, 3)])
def test_time_distributed(shape):
    check_layer("keras.layers.TimeDistributed", (Layer("keras.layers.Dense", (4,)),), {}, X(shape))


def test_convolution_of_each_frame():
    inner = Layer("keras.layers.Conv2D", (4, 3))
    check_layer("keras.layers.TimeDistributed", (inner,), {}, X((2, 3, 6, 7, 2)))
