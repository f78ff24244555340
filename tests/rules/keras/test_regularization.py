"""Layers that keep the shape against Keras: dropout, noise, activations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.keras.harness import X, check, check_layer


@st.composite
def inputs(draw, low=0, high=5):
    """An input of any rank, with which axes are None."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=low, max_size=high)))
    none = draw(st.lists(st.integers(0, max(0, len(shape) - 1)), max_size=2))
    return X(shape, draw(st.sampled_from(["float32", "float32", "float64", "int32"])), none=none)


rates = st.sampled_from([0, 0.0, 0.25, 0.5, 1, 1.5, -0.1, 50])


@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"])
def test_dropout(name):
    @given(inputs(), rates, st.booleans())
    def run(x, rate, training):
        x = X(x.shape, "float32", none=x.none) if training else x
        if rate == 1 and name == "GaussianDropout":
            training = False  # divides by zero
        check_layer(f"keras.layers.{name}", (rate,), {}, x, training=training)

    run()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_spatial_dropout(n):
    @given(inputs(n + 1, n + 3), rates, st.sampled_from([None, "channels_first"]))
    def run(x, rate, data_format):
        kwargs = {} if n == 1 else {"data_format": data_format}
        check_layer(f"keras.layers.SpatialDropout{n}D", (rate,), kwargs, x)

    run()


@pytest.mark.parametrize("rate", [None, "0.5", (0.5,)])
def test_rates(rate):
    check_layer("keras.layers.Dropout", (rate,), {}, X((2, 3)))


@pytest.mark.parametrize("noise_shape", [(None, 1), (2, 0), "ab", 3, [2, 1], (1, 2.5)])
def test_noise_shapes(noise_shape):
    check_layer("keras.layers.Dropout", (0.5,), {"noise_shape": noise_shape}, X((2, 3)))


@given(inputs())
def test_activity_regularization(x):
    check_layer("keras.layers.ActivityRegularization", (0.1, 0.2), {}, X(x.shape, "float32", none=x.none))


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("ReLU", {}),
        ("ReLU", {"max_value": 6.0}),
        ("ReLU", {"max_value": -1.0}),
        ("ReLU", {"negative_slope": None}),
        ("ReLU", {"threshold": -0.5}),
        ("LeakyReLU", {}),
        ("LeakyReLU", {"alpha": 0.2}),
        ("LeakyReLU", {"negative_slope": -0.2}),
        ("ELU", {"alpha": 0.5}),
    ],
)
def test_activations(name, kwargs):
    @given(inputs())
    def run(x):
        check_layer(f"keras.layers.{name}", (), kwargs, x, allow_unknown=x.dtype == "int32")

    run()


@given(inputs(1), st.one_of(st.integers(-3, 3), st.just([-1]), st.just([1, 2])))
def test_softmax(x, axis):
    check_layer("keras.layers.Softmax", (axis,), {}, x, allow_unknown=x.dtype == "int32", may_miss=x.dtype == "int32")


@given(st.sampled_from([(2, 3), (3,), (2, 1), (1, 3), (2, 2), (3, 2, 3), (2,)]))
def test_masks(shape):
    check_layer("keras.layers.Softmax", (), {}, X((2, 3)), mask=X(shape, "bool", none=()), symbolic=False)


@given(inputs(2), st.sampled_from([None, 1, [1], [1, 2], [2, 3]]))
def test_prelu(x, shared_axes):
    x = X(x.shape, x.dtype)
    check_layer("keras.layers.PReLU", (), {"shared_axes": shared_axes}, x, allow_unknown=x.dtype == "int32",
                may_miss=x.dtype == "int32")  # fmt: skip


@pytest.mark.parametrize(
    "name", ["relu", "gelu", "softmax", "glu", "leaky_relu", "linear", "hard_sigmoid", "sparsemax"]
)
def test_functions(name):
    check(f"keras.activations.{name}", X((2, 3, 4)))
    check(f"keras.activations.{name}", X((2, 3)), may_miss=True, eager=name != "glu")
