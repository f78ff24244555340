"""Layers that normalize against Keras, with their weights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from shapelens.rules.registry import call_layer
from shapelens.values import Store, Tensor
from tests.rules.keras.harness import Layer, X, caller, check_layer

sizes = st.integers(2, 6)
axes = st.sampled_from([-1, -1, -1, 1, 2, 3, -5, 4])
several = st.one_of(axes, st.sampled_from([[1], [-1], [1, 2], [2, 1]]))


@st.composite
def inputs(draw, low=2, high=4):
    """An input of any rank; which axes are None is left at the batch, as weights need the others."""
    shape = tuple(draw(st.lists(sizes, min_size=low, max_size=high)))
    return X(shape, draw(st.sampled_from(["float32", "float32", "float64", "float16"])))


@given(inputs(), axes, st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_batch_normalization(x, axis, center, scale, renorm, training):
    kwargs = {"axis": axis, "center": center, "scale": scale, "renorm": renorm}
    check_layer("keras.layers.BatchNormalization", (), kwargs, x, training=training)


@given(inputs(), inputs())
def test_batch_normalization_again(x, y):
    check_layer("keras.layers.BatchNormalization", (), {}, x, again=[y])


@given(inputs(), several, st.booleans(), st.booleans())
def test_layer_normalization(x, axis, center, scale):
    kwargs = {"axis": axis, "center": center, "scale": scale}
    check_layer("keras.layers.LayerNormalization", (), kwargs, x)


@given(st.sampled_from([2, 3, 4, 6, 8, 12]), st.sampled_from([-1, 1, 2, 3, 4, 5, 32]), st.booleans())
def test_group_normalization(channels, groups, scale):
    check_layer("keras.layers.GroupNormalization", (groups,), {"scale": scale}, X((2, 4, 4, channels)))
    kwargs = {"axis": 1, "center": scale}
    check_layer("keras.layers.GroupNormalization", (groups,), kwargs, X((2, channels, 3)))


@given(inputs(), axes)
def test_others(x, axis):
    check_layer("keras.layers.RMSNormalization", (axis,), {}, x)
    check_layer("keras.layers.UnitNormalization", (axis,), {}, x)


@pytest.mark.parametrize("name", ["LayerNormalization", "RMSNormalization", "GroupNormalization"])
def test_a_norm_keeps_its_features(name):
    for size in (4, 6):
        kwargs = {"groups": 2} if name.startswith("Group") else {}
        check_layer(f"keras.layers.{name}", (), kwargs, X((2, 4)), again=[X((3, size))])


def test_spectral_normalization():
    dense = Layer("keras.layers.Dense", (5,))
    check_layer("keras.layers.SpectralNormalization", (dense,), {}, X((2, 3)))
    conv = Layer("keras.layers.Conv2D", (5, 3), {"padding": "same"})
    check_layer("keras.layers.SpectralNormalization", (conv,), {"power_iterations": 2}, X((2, 8, 8, 3)))
    check_layer("keras.layers.SpectralNormalization", (dense,), {"power_iterations": 0}, X((2, 3)))


@pytest.mark.parametrize("groups", [0, -2, 2.5, None])
def test_arguments(groups):
    check_layer("keras.layers.GroupNormalization", (groups,), {}, X((2, 4, 4, 8)))


def test_several_axes_where_there_is_one():
    check_layer("keras.layers.BatchNormalization", ([1, 2],), {}, X((2, 3, 4)), may_miss=True, symbolic=False)
    check_layer("keras.layers.GroupNormalization", (2, (1, 2)), {}, X((2, 4, 4)), may_miss=True, symbolic=False)


def test_messages():
    store, path = Store(), "keras.layers.GroupNormalization"
    layer = Layer(path).ours(store)
    with pytest.raises(Failure) as found:
        call_layer(caller(store, path), path, layer, [Tensor((2, 8, 8, 48), "float32", "tensorflow")], {})
    assert found.value.code == "groups-mismatch"
    assert found.value.message == (
        "GroupNormalization: 48 channels (axis -1) in (2, 8, 8, 48) cannot be split into 32 groups"
    )
