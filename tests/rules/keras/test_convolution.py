"""Convolutions of one, two and three spatial dims against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.interpreter.keras.graph import weights
from shapelens.rules.call import Failure
from shapelens.rules.registry import call_layer
from shapelens.rules.work import Counter
from shapelens.values import Store, Tensor
from shapelens.values.shapes import Open, ShapeVar
from tests.rules.keras.harness import Layer, X, caller, check_layer

sizes = st.integers(1, 9)
small = st.integers(1, 4)
formats = st.sampled_from([None, "channels_last", "channels_first"])
paddings = st.sampled_from(["valid", "same", "VALID"])
dtypes = st.sampled_from(["float32", "float32", "float32", "float64", "uint8", "int32", "float16"])


@st.composite
def spatial(draw, n, channels=small):
    """An input of n spatial dims (sometimes one too many or too few), with which axes are None."""
    rank = draw(st.sampled_from([n, n, n, n, n, n - 1, n + 1]))
    dims = draw(st.lists(sizes, min_size=rank, max_size=rank))
    data_format = draw(formats)
    channel = draw(channels)
    shape = (2, channel, *dims) if data_format == "channels_first" else (2, *dims, channel)
    start = 2 if data_format == "channels_first" else 1
    none = draw(st.lists(st.sampled_from([0, *range(start, start + rank)]), max_size=2))
    return X(shape, draw(dtypes) if draw(st.booleans()) else "float32", none=none), data_format


@st.composite
def options(draw, n, **more):
    """Options of a convolution, most of them left out most of the time."""

    def size(limit=3):
        return st.one_of(st.integers(1, limit), st.tuples(*[st.integers(1, limit)] * n))

    table = {"strides": size(), "padding": paddings, "dilation_rate": size(2), "use_bias": st.booleans(), **more}
    return {k: draw(v) for k, v in table.items() if draw(st.booleans())}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_convolutions(n):
    @given(spatial(n), st.integers(1, 6), small, options(n, groups=st.integers(1, 3), activation=st.just("relu")))
    def run(given_input, filters, kernel, kwargs):
        x, data_format = given_input
        if n == 3 and data_format == "channels_first":
            data_format = None  # compiled by XLA: seconds for each
        if kwargs.get("groups", 1) > 1:
            kwargs.pop("dilation_rate", None)
        check_layer(f"keras.layers.Conv{n}D", (filters, kernel), {"data_format": data_format, **kwargs}, x)

    run()


@given(spatial(1), small, small, st.integers(1, 2))
def test_causal(given_input, kernel, strides, dilation):
    x, data_format = given_input
    kwargs = {"padding": "causal", "strides": strides, "dilation_rate": dilation, "data_format": data_format}
    check_layer("keras.layers.Conv1D", (3, kernel), kwargs, x)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_transposed_convolutions(n):
    @given(spatial(n), small, small, options(n, output_padding=st.integers(0, 2)))
    def run(given_input, filters, kernel, kwargs):
        x, _ = given_input
        check_layer(f"keras.layers.Conv{n}DTranspose", (filters, kernel), kwargs, x)

    run()


@pytest.mark.parametrize("n", [1, 2])
def test_depthwise_convolutions(n):
    @given(spatial(n), small, options(n, depth_multiplier=small))
    def run(given_input, kernel, kwargs):
        x, data_format = given_input
        check_layer(f"keras.layers.DepthwiseConv{n}D", (kernel,), {"data_format": data_format, **kwargs}, x)

    run()


@pytest.mark.parametrize("n", [1, 2])
def test_separable_convolutions(n):
    @given(spatial(n), small, small, options(n, depth_multiplier=small))
    def run(given_input, filters, kernel, kwargs):
        x, data_format = given_input
        check_layer(f"keras.layers.SeparableConv{n}D", (filters, kernel), {"data_format": data_format, **kwargs}, x)

    run()


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((0, 3), {}),
        ((-2, 3), {}),
        ((8, 0), {}),
        ((8, (3,)), {}),
        ((8, (3, 3, 3)), {}),
        ((8, 3), {"strides": 0}),
        ((8, 3), {"strides": (1, -1)}),
        ((8, 3), {"strides": 2, "dilation_rate": 2}),
        ((8, 3), {"groups": 3}),
        ((8, 3), {"groups": 0}),
        ((8, 3), {"padding": "sme"}),
        ((8, 3), {"padding": "causal"}),
        ((8, 3), {"data_format": "NHWC"}),
        ((8, 3), {"activation": "rleu"}),
        ((8, 3), {"kernel_initializer": "he"}),
        ((8, None), {}),
        ((8, "3"), {}),
        ((8, [3, 3]), {"padding": "Same", "activation": "glu"}),
        ((8, 3), {"activation": lambda x: x}),
        ((8, 3), {"kernel_initializer": "HeNormal"}),
    ],
)
def test_arguments(args, kwargs):
    # A symbolic call takes the shape from compute_output_shape, which leaves the activation out.
    check_layer("keras.layers.Conv2D", args, kwargs, X((2, 7, 7, 3)), symbolic=kwargs.get("activation") != "glu")


@given(small, small)
def test_a_convolution_keeps_its_channels(first, second):
    check_layer("keras.layers.Conv2D", (4, 3), {}, X((2, 5, 5, first)), again=[X((3, 6, 6, second))])


def _called(path, args, shape, kwargs=None):
    store = Store()
    layer = Layer(path, args, kwargs or {}).ours(store)
    c = caller(store, path)
    return store, layer, call_layer(c, path, layer, [Tensor(shape, "float32", "tensorflow")], {})


def test_messages():
    with pytest.raises(Failure) as found:
        _called("keras.layers.Conv2D", (8, 5), (1, 3, 3, 1))
    assert found.value.code == "kernel-too-large"
    assert found.value.message == "Conv2D: kernel 5×5 is larger than the input 3×3, got (1, 3, 3, 1)"
    with pytest.raises(Failure) as found:
        _called("keras.layers.Conv2D", (8, 5), (28, 28, 1))
    assert found.value.code == "rank-mismatch"
    with pytest.raises(Failure) as found:
        Layer("keras.layers.Conv2D", (8, 3), {"activation": "Relu"}).ours()
    assert found.value.code == "argument-value"
    assert found.value.message == "Conv2D: 'Relu' is no activation of Keras (activation); did you mean 'relu'?"


def test_an_open_input_is_taught_its_rank():
    shape = Open((), ShapeVar(), ())
    store, layer, result = _called("keras.layers.Conv2D", (8, 3), shape, {"padding": "same"})
    taught = store.shape(shape)
    assert len(taught) == 4
    assert store.shape(result.shape) == (*taught[:3], 8)
    assert [str(w.shape[-1]) for w in weights(layer)] == ["8", "8"]


# Multiply-adds by hand: outputs times the products that each is a sum of (transposed: inputs, likewise).
@pytest.mark.parametrize(
    ("name", "args", "kwargs", "shape", "expected"),
    [
        ("Conv2D", (8, 3), {}, (2, 28, 28, 1), 2 * 26 * 26 * 8 * 9),
        ("Conv2D", (8, 3), {"groups": 2, "padding": "same"}, (1, 6, 6, 4), 6 * 6 * 8 * 9 * 2),
        ("Conv2D", (8, 3), {"data_format": "channels_first"}, (1, 4, 6, 6), 4 * 4 * 8 * 9 * 4),
        ("Conv1D", (8, 3), {"strides": 2}, (1, 9, 4), 4 * 8 * 3 * 4),
        ("DepthwiseConv2D", (3,), {"depth_multiplier": 2}, (1, 6, 6, 4), 4 * 4 * 9 * 4 * 2),
        ("SeparableConv2D", (8, 3), {}, (1, 6, 6, 4), 4 * 4 * (9 * 4 + 4 * 8)),
        ("Conv2DTranspose", (8, 2), {"strides": 2}, (1, 5, 5, 4), 5 * 5 * 4 * 8 * 4),
        ("Dense", (10,), {}, (2, 3, 7), 6 * 7 * 10),
        ("EinsumDense", ("abc,cde->abde", (None, 2, 5)), {}, (2, 3, 4), 2 * 3 * 4 * 2 * 5),
    ],
)
def test_multiply_adds(name, args, kwargs, shape, expected):
    store, path = Store(), f"keras.layers.{name}"
    layer = Layer(path, args, kwargs).ours(store)
    c = caller(store, path)
    c.work = []
    call_layer(c, path, layer, [Tensor(shape, "float32", "tensorflow")], {})
    assert Counter(c).total(c.work) == expected
