"""Layers that reshape, pad, crop and repeat against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from shapelens.rules.registry import call_layer
from shapelens.values import Store, Tensor
from tests.rules.keras.harness import Layer, X, caller, check_layer

formats = st.sampled_from([None, "channels_last", "channels_first"])
dtypes = st.sampled_from(["float32", "float32", "float64", "int32", "uint8"])


@st.composite
def inputs(draw, low=0, high=4, sizes=st.integers(1, 6)):
    """An input of any rank, with which axes are None."""
    shape = tuple(draw(st.lists(sizes, min_size=low, max_size=high)))
    return X(shape, draw(dtypes), none=draw(st.lists(st.integers(0, max(0, len(shape) - 1)), max_size=2)))


def spatial(n):
    """An input of n spatial dims, seldom of another rank."""
    return st.sampled_from([n, n, n, n, n, n + 1, n - 1]).flatmap(lambda rank: inputs(rank + 2, rank + 2))


@given(inputs(), formats)
def test_flatten(x, data_format):
    check_layer("keras.layers.Flatten", (), {"data_format": data_format}, x)


targets = st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12]), max_size=3).map(tuple)


@given(inputs(1, 4, st.sampled_from([1, 2, 3, 4, 6, 12])), targets)
def test_reshape(x, target):
    check_layer("keras.layers.Reshape", (target,), {}, x)


@given(st.permutations([1, 2, 3, 4]), st.integers(0, 4), inputs(1, 4))
def test_permute(order, count, x):
    check_layer("keras.layers.Permute", (tuple(order[:count]),), {}, x)
    check_layer("keras.layers.Permute", (tuple(v for v in order if v < len(x.shape)),), {}, x)


@given(st.integers(0, 4), inputs(1, 3))
def test_repeat_vector(n, x):
    check_layer("keras.layers.RepeatVector", (n,), {}, x)


def pairs(n):
    """One int, n of them, or n pairs."""
    size = st.integers(0, 2)
    pair = st.tuples(size, size)
    return st.one_of(size, st.tuples(*[size] * n), st.tuples(*[pair] * n), st.tuples(*[size] * (n + 1)))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_cropping(n):
    @given(
        spatial(n), pairs(n) if n > 1 else st.one_of(st.integers(0, 2), st.tuples(*[st.integers(0, 2)] * 2)), formats
    )
    def run(x, cropping, data_format):
        kwargs = {} if n == 1 else {"data_format": data_format}
        check_layer(f"keras.layers.Cropping{n}D", (cropping,), kwargs, x)

    run()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_zero_padding(n):
    @given(spatial(n), pairs(n), formats)
    def run(x, padding, data_format):
        check_layer(f"keras.layers.ZeroPadding{n}D", (padding,), {"data_format": data_format}, x)

    run()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_up_sampling(n):
    size = st.integers(1, 3)

    @given(spatial(n), size if n == 1 else st.one_of(size, st.tuples(*[size] * n)), formats, st.booleans())
    def run(x, factor, data_format, is_bilinear):
        kwargs = {} if n == 1 else {"data_format": data_format}
        if n == 2 and is_bilinear:
            kwargs["interpolation"] = "bilinear"
        check_layer(f"keras.layers.UpSampling{n}D", (factor,), kwargs, x, allow_unknown=is_bilinear)

    run()


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("Reshape", (5,)),
        ("Reshape", ((-1, -1),)),
        ("Reshape", ((-2, 3),)),
        ("Permute", ((0, 1, 2),)),
        ("Permute", ((1, 1, 2),)),
        ("UpSampling2D", (0,)),
        ("UpSampling2D", ((1, 2, 3),)),
        ("UpSampling1D", ((2,),)),
        ("RepeatVector", (2.5,)),
        ("ZeroPadding2D", ("1",)),
        ("Cropping2D", (-1,)),
        ("Cropping2D", (((1, 1), (1, -1)),)),
    ],
)
def test_arguments(name, args):
    check_layer(f"keras.layers.{name}", args, {}, X((2, 4, 4, 3)))


def test_messages():
    store, path = Store(), "keras.layers.Reshape"
    layer = Layer(path, ((7, 7, 64),)).ours(store)
    c = caller(store, path)
    with pytest.raises(Failure) as found:
        call_layer(c, path, layer, [Tensor((2, 6272), "float32", "tensorflow")], {})
    assert found.value.code == "reshape-mismatch"
    assert found.value.message == (
        "Reshape: (2, 6272) has 6272 elements in each sample, target_shape (7, 7, 64) asks for 3136"
    )
