"""Layers that prepare images, categories, words and sound against Keras."""

from __future__ import annotations

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.rules.keras.augmentation import _SAME
from shapelens.values import Tensor
from tests.rules.keras.harness import Either, Layer, X, check_layer

sizes = st.integers(1, 9)
ARGUMENTS = {
    "MaxNumBoundingBoxes": (3,),
    "RandomPosterization": (4,),
    "RandomTranslation": (0.1, 0.1),
    **dict.fromkeys(
        ["RandomBrightness", "RandomColorDegeneration", "RandomContrast", "RandomHue", "RandomRotation", "RandomSaturation",
         "RandomSharpness", "RandomZoom"],
        (0.2,),
    ),
}  # fmt: skip


def words(*shape):
    """A tensor of strings."""
    return Either(tf.fill(shape, "a word"), Tensor(tuple(shape), "string", "tensorflow"))


@pytest.mark.parametrize("name", sorted(_SAME))
@pytest.mark.parametrize("shape", [(2, 8, 9, 3), (8, 9, 3), (9, 3), (2, 1, 8, 9, 3)])
def test_augmentation(name, shape):
    layer = f"keras.layers.{name}"
    check_layer(layer, ARGUMENTS.get(name, ()), {}, X(shape), training=False, allow_unknown=len(shape) not in (3, 4))


@pytest.mark.parametrize("name", ["RandomFlip", "RandomBrightness", "RandomContrast", "MixUp", "Equalization"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_dtypes_of_images(name, dtype):
    x = X((2, 8, 9, 3), dtype)
    check_layer(f"keras.layers.{name}", ARGUMENTS.get(name, ()), {}, x, training=False, allow_unknown=True)


@given(
    st.lists(sizes, min_size=3, max_size=4), sizes, sizes, st.sampled_from(["channels_first", "channels_last"]),
    st.sampled_from(["Resizing", "CenterCrop", "RandomCrop"]), st.booleans(), st.sampled_from(["float32", "uint8"]),
)  # fmt: skip
def test_sizes(shape, height, width, data_format, name, training, dtype):
    symbolic = name != "RandomCrop" or training
    x, args = X(tuple(shape), dtype, none=(0,) if len(shape) == 4 else ()), (height, width)
    kwargs = {"data_format": data_format}
    check_layer(
        f"keras.layers.{name}", args, kwargs, x, training=training, symbolic=symbolic, allow_unknown=dtype == "uint8"
    )


def test_dictionaries():
    given = {"images": X((2, 8, 9, 3)), "labels": X((2, 5))}
    check_layer("keras.layers.RandomFlip", (), {}, given, symbolic=False)
    check_layer("keras.layers.Resizing", (4, 4), {}, given, symbolic=False)


def test_pipeline():
    layers = [Layer("keras.layers.Resizing", (4, 5)), Layer("keras.layers.Rescaling", (2.0,))]
    check_layer("keras.layers.Pipeline", (layers,), {}, X((2, 8, 9, 3)))


@given(st.lists(sizes, max_size=4), st.sampled_from(["float32", "int32"]), st.sampled_from([0.5, [1.0, 2.0, 3.0]]))
def test_rescaling(shape, dtype, scale):
    check_layer("keras.layers.Rescaling", (scale,), {}, X(tuple(shape), dtype), allow_unknown=isinstance(scale, list),
                may_miss=isinstance(scale, list))  # fmt: skip


@given(st.lists(sizes, min_size=1, max_size=4), st.sampled_from([-1, 1, None, [1, 2], [-1], 5]), st.booleans())
@settings(max_examples=12)
def test_normalization(shape, axis, is_given):
    kwargs = {"axis": axis, **({"mean": 0.0, "variance": 1.0} if is_given else {})}
    check_layer("keras.layers.Normalization", (), kwargs, X(tuple(shape)), may_miss=True)


@pytest.mark.parametrize("again", [(4, 3), (4, 1), (4, 5), (2, 6, 3)])
def test_normalization_again(again):
    check_layer(
        "keras.layers.Normalization", (), {}, X((2, 3)), again=[X(again)], allow_unknown=again in ((4, 1), (4, 5))
    )


modes = st.sampled_from(["int", "one_hot", "multi_hot", "count", "binary", "tf_idf"])
categories = st.one_of(
    st.just(()), st.tuples(sizes), st.tuples(sizes, st.integers(1, 3)), st.tuples(sizes, st.integers(1, 3), st.just(2))
)


@given(categories, modes, st.integers(0, 5))
def test_category_encoding(shape, mode, tokens):
    check_layer(
        "keras.layers.CategoryEncoding", (tokens,), {"output_mode": mode}, X(shape, "int32"), allow_unknown=True
    )


@given(categories, modes, st.booleans())
def test_discretization(shape, mode, has_bounds):
    kwargs = {"bin_boundaries": [0.0, 1.0, 2.0]} if has_bounds else {"num_bins": 4}
    check_layer(
        "keras.layers.Discretization",
        (),
        {**kwargs, "output_mode": mode},
        X(shape),
        eager=has_bounds,
        allow_unknown=True,
    )


@given(categories, modes, st.integers(0, 5))
@settings(max_examples=12)
def test_hashing(shape, mode, bins):
    check_layer(
        "keras.layers.Hashing", (bins,), {"output_mode": mode}, X(shape, "int64"), allow_unknown=True, may_miss=True
    )


@given(categories, modes, st.integers(1, 3))
@settings(max_examples=12)
def test_hashed_crossing(shape, mode, count):
    inputs = [X(shape, "int64")] * count
    check_layer("keras.layers.HashedCrossing", (5,), {"output_mode": mode}, inputs, allow_unknown=True, may_miss=True)


@given(categories, modes, st.booleans())
@settings(max_examples=12)
def test_lookups(shape, mode, is_padded):
    kwargs = {"output_mode": mode, **({"pad_to_max_tokens": True, "max_tokens": 9} if is_padded else {})}
    if mode == "tf_idf":
        kwargs["idf_weights"] = [1.0, 1.0]
    check_layer("keras.layers.StringLookup", (), {**kwargs, "vocabulary": ["a", "b"]}, words(*shape), symbolic=False,
                allow_unknown=True)  # fmt: skip
    check_layer(
        "keras.layers.IntegerLookup", (), {**kwargs, "vocabulary": [1, 2]}, X(shape, "int64"), allow_unknown=True
    )


def test_known_lookups():
    kwargs = {"vocabulary": ["a", "b"], "output_mode": "one_hot"}
    check_layer("keras.layers.StringLookup", (), kwargs, words(4, 3), symbolic=False)
    check_layer("keras.layers.StringLookup", (), kwargs, Either(["a", "c"], ["a", "c"]), symbolic=False)
    check_layer("keras.layers.StringLookup", (), {"vocabulary": ["a"]}, words(4, 3), symbolic=False)


@pytest.mark.parametrize("shape", [(), (4,), (4, 1), (4, 2)])
@pytest.mark.parametrize("kwargs", [{}, {"output_sequence_length": 7}, {"output_mode": "multi_hot"},
                                    {"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True},
                                    {"output_mode": "multi_hot", "output_sequence_length": 7},
                                    {"split": "character", "output_sequence_length": 3}])  # fmt: skip
def test_text_vectorization(shape, kwargs):
    layer = "keras.layers.TextVectorization"
    check_layer(layer, (), {"vocabulary": ["a", "b"], **kwargs}, words(*shape), symbolic=False, allow_unknown=True)


@settings(max_examples=15)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 3)),
    st.sampled_from(["log", "magnitude", "psd", "real", "imag", "angle", "stft", "none"]), st.integers(2, 16),
    st.sampled_from([None, 1, 4, 20]), st.sampled_from([None, 16, 4]), st.sampled_from(["valid", "same"]), st.booleans(),
)  # fmt: skip
def test_stft_spectrogram(shape, mode, length, step, fft, padding, expand):
    kwargs = {"mode": mode, "frame_length": length, "frame_step": step, "fft_length": fft, "padding": padding,
              "expand_dims": expand, "window": None}  # fmt: skip
    check_layer("keras.layers.STFTSpectrogram", (), kwargs, X(shape), allow_unknown=length > shape[1], may_miss=True)


@given(st.lists(st.integers(300, 700), min_size=1, max_size=2), st.integers(60, 130))
@settings(max_examples=3)
def test_mel_spectrogram(shape, stride):
    shape = (*(2 for _ in shape[1:]), shape[0])
    kwargs = {"fft_length": 256, "sequence_stride": stride, "num_mel_bins": 12}
    check_layer(
        "keras.layers.MelSpectrogram", (), kwargs, X(shape, none=(0,) if len(shape) > 1 else ()), allow_unknown=True
    )
