"""Dense and the other basic layers against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from shapelens.rules.registry import call_layer
from shapelens.values import Lib, Store, Tensor
from tests.rules.keras.harness import Layer, X, caller, check_layer

sizes = st.integers(1, 5)
dtypes = st.sampled_from(["float32", "float32", "float64", "int32", "uint8", "float16"])


@st.composite
def inputs(draw, low=0, high=4):
    """An input of any rank, with which axes are None."""
    shape = tuple(draw(st.lists(sizes, min_size=low, max_size=high)))
    return X(shape, draw(dtypes), none=draw(st.lists(st.integers(0, max(0, len(shape) - 2)), max_size=2)))


@given(inputs(), sizes, st.booleans(), st.sampled_from([None, "relu", "softmax", lambda x: x]))
def test_dense(x, units, use_bias, activation):
    check_layer("keras.layers.Dense", (units,), {"use_bias": use_bias, "activation": activation}, x)


@given(sizes, sizes)
def test_a_dense_layer_keeps_its_features(first, second):
    check_layer("keras.layers.Dense", (4,), {}, X((2, first)), again=[X((3, second))])


def test_a_dense_layer_of_several_inputs():
    check_layer("keras.layers.Dense", (4,), {}, [X((2, 3)), X((2, 3))])
    check_layer("keras.layers.Dense", (4,), {}, X((2, 3)), training=True)


@pytest.mark.parametrize("dtype", ["float16", "mixed_float16", "bfloat16", "float64"])
def test_dtypes(dtype):
    check_layer("keras.layers.Dense", (4,), {"dtype": dtype}, X((2, 3)))
    check_layer("keras.layers.Embedding", (10, 4), {"dtype": dtype}, X((2, 3), "int32"))


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("Dense", (0,), {}),
        ("Dense", (2.5,), {}),
        ("Dense", ("4",), {}),
        ("Dense", (4,), {"activation": "rlu"}),
        ("Dense", (4,), {"activation": "ReLU"}),
        ("Dense", (4,), {"kernel_initializer": "xavier"}),
        ("Dense", (4,), {"kernel_regularizer": "l2", "name": "out"}),
        ("Dense", (), {}),
        ("Dense", (4,), {"unit": 3}),
        ("Embedding", (0, 3), {}),
        ("Embedding", (10, -1), {}),
        ("Embedding", (10.0, 3), {}),
        ("Embedding", (10, 3), {"mask_zero": True}),
        ("Activation", ("sigmod",), {}),
        ("Activation", ("linear",), {}),
        ("Activation", (None,), {}),
    ],
)
def test_arguments(name, args, kwargs):
    check_layer(f"keras.layers.{name}", args, kwargs, X((2, 3)))


@given(inputs())
def test_embedding(x):
    check_layer("keras.layers.Embedding", (10, 4), {}, x)


@given(inputs(), st.booleans(), st.booleans())
def test_reversible_embedding(x, reverse, tie_weights):
    kwargs = {"tie_weights": tie_weights}
    check_layer("keras.layers.ReversibleEmbedding", (10, 4), kwargs, x, reverse=reverse, allow_unknown=reverse)


EQUATIONS = [
    ("ab,bc->ac", (5,), "c"),
    ("abc,cd->abd", (None, 5), "d"),
    ("abc,cd->abd", (3, 5), None),
    ("abc,cde->abde", (None, 2, 5), "de"),
    ("abcd,cde->abe", (None, 5), "e"),
    ("...x,xy->...y", 5, "y"),
    ("...ab,abc->...c", (5,), "c"),
    ("abc...,cd->abd...", (None, 5), "d"),
    ("ab,bc", (5,), None),
    ("ab,bc->ad", (5,), None),
    ("ab,bcd->ac", (5,), None),
    ("ab,bc->ac", (5,), "z"),
]


@pytest.mark.parametrize(("equation", "output_shape", "bias_axes"), EQUATIONS)
def test_einsum_dense(equation, output_shape, bias_axes):
    @given(st.lists(st.integers(2, 4), min_size=1, max_size=4))
    def run(shape):
        none = tuple(i for i in (0, 1) if len(shape) > 2 and equation.startswith("abc"))[: len(shape) - 1]
        args, kwargs = (equation, output_shape), {"bias_axes": bias_axes}
        # TensorFlow's backend takes some equations for a matrix product, which any input of a higher rank fits.
        rank = len(equation.partition(",")[0].replace("...", ""))
        higher = len(shape) == rank if equation.startswith("...") else "..." not in equation and len(shape) > rank
        x = X(tuple(shape), none=none or (0,))
        known = {"allow_unknown": higher, "may_miss": higher, "weights": not higher}
        # compute_output_shape puts the axes of a leading ellipsis in the wrong order: from three on that shows.
        symbolic = not (equation.startswith("...") and len(shape) - rank > 2)
        check_layer("keras.layers.EinsumDense", args, kwargs, x, symbolic=symbolic, **known)

    run()


@given(inputs(), st.sampled_from(["relu", "softmax", "linear", "tanh"]))
def test_activation(x, name):
    check_layer("keras.layers.Activation", (name,), {}, x, allow_unknown=not x.dtype.startswith("float"), may_miss=True)


@given(inputs())
def test_what_keeps_the_shape(x):
    check_layer("keras.layers.Identity", (), {}, x)
    if x.dtype != "uint8":  # which Keras compares with 0.0 after a warning
        check_layer("keras.layers.Masking", (), {}, x)


def test_lambda():
    path = "keras.layers.Lambda"
    check_layer(path, (lambda x: x,), {}, X((2, 3, 4)))
    check_layer(path, (lambda x: x,), {"output_shape": (3, 4)}, X((2, 3, 4)))
    check_layer(path, (lambda x: x,), {"output_shape": (5,)}, X((2, 3, 4)), eager=False)
    check_layer(path, (lambda x: x[0],), {}, [X((2, 3)), X((2, 4))])


@pytest.mark.parametrize(
    "name", ["tensorflow.nn.relu", "tensorflow.keras.activations.softmax", "keras.activations.gelu"]
)
def test_activations_of_the_library(name):
    store, path = Store(), "keras.layers.Dense"
    layer = Layer(path, (10,), {"activation": Lib(name)}).ours(store)
    result = call_layer(caller(store, path), path, layer, [Tensor((2, 3), "float32", "tensorflow")], {})
    assert (result.shape, result.dtype) == ((2, 10), "float32")


def test_messages():
    store, path = Store(), "keras.layers.Dense"
    layer = Layer(path, (10,)).ours(store)
    c = caller(store, path)
    call_layer(c, path, layer, [Tensor((2, 256), "float32", "tensorflow")], {})
    with pytest.raises(Failure) as found:
        call_layer(c, path, layer, [Tensor((2, 128), "float32", "tensorflow")], {})
    assert found.value.code == "feature-mismatch"
    assert found.value.message == "Dense expects 256 features (axis -1, as it was built), got 128 in (2, 128)"
