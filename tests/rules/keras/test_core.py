"""Dense and the other basic layers against Keras."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.rules.keras.harness import X, check_layer

sizes = st.integers(1, 5)
shapes = st.lists(sizes, min_size=0, max_size=4).map(tuple)
dtypes = st.sampled_from(["float32", "float32", "float64", "int32", "uint8", "float16"])


@given(shapes, sizes, st.booleans(), dtypes)
def test_dense(shape, units, use_bias, dtype):
    check_layer("keras.layers.Dense", (units,), {"use_bias": use_bias}, X(shape, dtype))


@given(sizes, sizes)
def test_a_dense_layer_keeps_its_features(first, second):
    check_layer("keras.layers.Dense", (4,), {}, X((2, first)), again=[X((3, second))])


def test_a_dense_layer_of_several_inputs():
    check_layer("keras.layers.Dense", (4,), {}, [X((2, 3)), X((2, 3))])
    check_layer("keras.layers.Dense", (4,), {}, X((2, 3)), training=True)
