"""keras.utils and keras.datasets: labels, sequences, images and datasets of files, held against Keras."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.dims import Expr
from shapelens.rules.call import Call, Failure
from shapelens.rules.keras.datasets import WORD
from shapelens.rules.registry import apply_rule, rules
from shapelens.values import Instance, Lib, List, Many, Scalar, Store, Tensor
from tests.rules.keras.harness import mapped, real_function

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def call(path: str, *args: Any, **kwargs: Any) -> Any:
    """Our rule on real arguments."""
    given = [mapped(a, lambda x: x, True) for a in args]
    named = {k: mapped(v, lambda x: x, True) for k, v in kwargs.items()}
    return apply_rule(Call(Store(), path), rules[path], given, named)


def same(path: str, *args: Any, **kwargs: Any) -> None:
    """Our rule and Keras give arrays of one shape and dtype, or both fail."""
    try:
        real = real_function(path)(*args, **kwargs)
    except (ValueError, TypeError, IndexError):
        with pytest.raises(Failure):
            call(path, *args, **kwargs)
        return
    ours = call(path, *args, **kwargs)
    assert (ours.shape, ours.dtype) == (
        tuple(real.shape),
        np.dtype(real.dtype).name if not hasattr(real.dtype, "name") else real.dtype.name,
    )
    assert ours.library == ("numpy" if isinstance(real, np.ndarray) else "tensorflow")


@settings(max_examples=25)
@given(SHAPES, st.sampled_from([None, 3, 7]), st.booleans())
def test_to_categorical(shape, classes, listed):
    labels = np.arange(int(np.prod(shape))).reshape(shape) % 3
    same("keras.utils.to_categorical", labels.tolist() if listed else labels, classes)


def test_to_categorical_of_unknown_labels_has_classes_of_its_own():
    found = apply_rule(Call(Store()), rules["keras.utils.to_categorical"], [Tensor((60000,), "uint8", "numpy")], {})
    assert found.shape[0] == 60000
    assert isinstance(found.shape[1], Expr)
    assert found.dtype == "float64"


@settings(max_examples=20)
@given(SHAPES, st.sampled_from(["float32", "float64", "int32"]), st.sampled_from([-1, 0, 1]))
def test_normalize(shape, dtype, axis):
    same("keras.utils.normalize", np.ones(shape, dtype), axis=axis)


@settings(max_examples=20)
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.sampled_from([None, 3, 8]),
    st.sampled_from(["pre", "post", "mid"]),
)
def test_pad_sequences(lengths, maxlen, padding):
    same("keras.utils.pad_sequences", [[1] * n for n in lengths], maxlen=maxlen, padding=padding)


def test_pad_sequences_of_arrays():
    same("keras.utils.pad_sequences", np.ones((3, 4)), maxlen=6, dtype="float32")
    same("keras.utils.pad_sequences", [[[1, 2]], [[3, 4], [5, 6]]], maxlen=6)


@settings(max_examples=15)
@given(SHAPES, st.sampled_from([None, "channels_first"]))
def test_img_to_array(shape, layout):
    same("keras.utils.img_to_array", np.ones(shape, "uint8"), data_format=layout)


@pytest.mark.parametrize("shape", [(4, 5, 3), (4, 5, 1), (4, 5, 4), (4, 5, 2), (4, 5), (1, 4, 5, 3)])
def test_images_there_and_back(shape):
    try:
        image = keras.utils.array_to_img(np.ones(shape))
    except ValueError:
        with pytest.raises(Failure):
            call("keras.utils.array_to_img", np.ones(shape))
        return
    ours = call("keras.utils.array_to_img", np.ones(shape))
    assert (ours.attrs["size"], ours.attrs["mode"]) == (image.size, image.mode)
    back = call("keras.utils.img_to_array", ours)
    assert back.shape == keras.utils.img_to_array(image).shape


@pytest.mark.parametrize("mode", ["rgb", "rgba", "grayscale", "bgr"])
def test_load_img(tmp_path, mode):
    path = str(tmp_path / "a.png")
    keras.utils.save_img(path, np.ones((6, 8, 3)))
    try:
        real = keras.utils.load_img(path, color_mode=mode, target_size=(4, 5))
    except ValueError:
        with pytest.raises(Failure):
            call("keras.utils.load_img", path, color_mode=mode, target_size=(4, 5))
        return
    ours = call("keras.utils.load_img", path, color_mode=mode, target_size=(4, 5))
    assert ours.attrs["size"] == real.size
    assert call("keras.utils.img_to_array", ours).shape == keras.utils.img_to_array(real).shape


# -- datasets of files ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Two classes of three images, sounds and texts each."""
    root = tmp_path_factory.mktemp("files")
    for kind in ("images", "texts", "sounds"):
        for name in ("cats", "dogs"):
            (root / kind / name).mkdir(parents=True)
            for i in range(3):
                if kind == "images":
                    keras.utils.save_img(str(root / kind / name / f"{i}.png"), np.ones((6, 8, 3)))
                elif kind == "texts":
                    (root / kind / name / f"{i}.txt").write_text("a b c")
                else:
                    sound = tf.audio.encode_wav(np.zeros((50, 1), "float32"), 16000)
                    (root / kind / name / f"{i}.wav").write_bytes(sound.numpy())
    return root


def compare_elements(ours: Any, real: Any) -> None:
    """One batch of each, the number of classes and the length of a sound being unknown to us."""
    if isinstance(real, tuple):
        assert len(ours) == len(real)
        for a, b in zip(ours, real):
            compare_elements(a, b)
        return
    assert len(ours.shape) == len(real.shape)
    assert all(isinstance(a, Expr) or a == b for a, b in zip(ours.shape, real.shape))
    assert ours.dtype == (real.dtype.name if real.dtype != tf.string else None)


@pytest.mark.parametrize("mode", ["int", "categorical", "binary", None, "other"])
def test_image_dataset_from_directory(directory, mode):
    options = {"label_mode": mode, "image_size": (5, 7), "batch_size": 3, "color_mode": "grayscale"}
    check_dataset("image", directory / "images", options)


@pytest.mark.parametrize("options", [{"batch_size": 2}, {"batch_size": None}, {"class_names": ["cats", "dogs"], "label_mode": "categorical", "batch_size": 6}])  # fmt: skip
def test_options_of_image_datasets(directory, options):
    check_dataset("image", directory / "images", options)


def test_text_dataset_from_directory(directory):
    check_dataset("text", directory / "texts", {"batch_size": 3})


def test_audio_dataset_from_directory(directory):
    check_dataset("audio", directory / "sounds", {"batch_size": 3, "output_sequence_length": 40})


def check_dataset(kind: str, directory: Any, options: dict[str, Any]) -> None:
    """One element of each side."""
    path = f"keras.utils.{kind}_dataset_from_directory"
    try:
        real = real_function(path)(str(directory), verbose=False, **options)
    except ValueError:
        with pytest.raises(Failure):
            call(path, str(directory), **options)
        return
    ours = call(path, str(directory), **options)
    compare_elements(ours.attrs["element"], next(iter(real)))
    names = ours.attrs["class_names"]
    assert list(names) == real.class_names or names.rest is not None


def test_both_subsets(directory):
    options = {"validation_split": 0.5, "subset": "both", "seed": 1, "batch_size": 3}
    real = keras.utils.image_dataset_from_directory(str(directory / "images"), verbose=False, **options)
    ours = call("keras.utils.image_dataset_from_directory", str(directory / "images"), **options)
    assert len(ours) == len(real) == 2


@settings(max_examples=15)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.sampled_from([4, None]), st.booleans())
def test_timeseries(length, stride, rate, batch, with_targets):
    data, targets = np.zeros((20, 2), "float32"), np.zeros((18, 3)) if with_targets else None
    args = (data, targets, length)
    options = {"sequence_stride": stride, "sampling_rate": rate, "batch_size": batch}
    real = keras.utils.timeseries_dataset_from_array(*args, **options)
    ours = call("keras.utils.timeseries_dataset_from_array", *args, **options)
    compare_elements(ours.attrs["element"], next(iter(real)))
    assert ours.attrs["length"] == len(list(real))


def test_split_dataset():
    arrays = (np.zeros((10, 3), "float32"), np.zeros((10,), "int64"))
    left, right = keras.utils.split_dataset(arrays, left_size=0.8)
    ours = call("keras.utils.split_dataset", arrays, left_size=0.8)
    for real, mine in zip((left, right), ours):
        compare_elements(mine.attrs["element"], next(iter(real)))


def test_packing():
    x, y = np.zeros((2, 3)), np.zeros((2,))
    for data in ((x,), (x, y), (x, y, y), x):
        assert len(call("keras.utils.unpack_x_y_sample_weight", data)) == 3
    assert call("keras.utils.pack_x_y_sample_weight", 1, 2) == keras.utils.pack_x_y_sample_weight(1, 2)


# -- keras.datasets ------------------------------------------------------------------------------------------------

PAIRS = ("x_train", "y_train", "x_test", "y_test")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "cifar100"])
def test_datasets_are_as_documented(name):
    module = getattr(keras.datasets, name)
    stated = dict(re.findall(r"assert (\w+)\.shape == (\(.*\))", module.load_data.__doc__))
    (x_train, y_train), (x_test, y_test) = call(f"keras.datasets.{name}.load_data")
    for variable, array in zip(PAIRS, (x_train, y_train, x_test, y_test)):
        assert array.shape == ast.literal_eval(stated[variable])
        assert array.library == "numpy"


@pytest.mark.parametrize(("name", "rows", "columns"), [("boston_housing", 506, 13), ("california_housing", 20640, 8)])
@pytest.mark.parametrize("part", [0.2, 0.33])
def test_houses(tmp_path, monkeypatch, name, rows, columns, part):
    path = tmp_path / "houses.npz"
    np.savez(path, x=np.zeros((rows, columns)), y=np.zeros(rows))
    module = __import__(f"keras.src.datasets.{name}", fromlist=["load_data"])
    monkeypatch.setattr(module, "get_file", lambda *args, **kwargs: str(path))
    real = module.load_data(test_split=part)
    ours = call(f"keras.datasets.{name}.load_data", test_split=part)
    assert [a.shape for pair in ours for a in pair] == [a.shape for pair in real for a in pair]


def test_texts_are_padded_to_arrays():
    (x_train, y_train), _ = call("keras.datasets.imdb.load_data", num_words=10000)
    assert isinstance(x_train, Many)
    padded = apply_rule(Call(Store()), rules["keras.utils.pad_sequences"], [x_train], {"maxlen": 200})
    assert (padded.shape, padded.dtype) == ((25000, 200), "int32")
    assert y_train.shape == (25000,)
    joined = apply_rule(Call(Store()), rules["numpy.concatenate"], [(x_train, x_train)], {})
    assert not isinstance(joined, Tensor) or joined.shape is None  # an array of lists has no second axis


def test_newswires_are_split():
    (x_train, _), (x_test, y_test) = call("keras.datasets.reuters.load_data")
    assert (x_train.length, x_test.length, y_test.shape) == (8982, 2246, (2246,))
    assert isinstance(call("keras.datasets.reuters.load_data", maxlen=100)[0][0].length, Expr)


def test_generator_of_images():
    given = [Instance(Lib("keras.preprocessing.image.ImageDataGenerator"))]
    path = "keras.preprocessing.image.ImageDataGenerator.flow_from_directory"
    found = apply_rule(Call(Store()), rules[path], [*given, "d"], {"target_size": (64, 48), "class_mode": "binary"})
    images, labels = found.attrs["element"]
    assert (images.shape, labels.shape) == ((32, 64, 48, 3), (32,))


def test_tokenizer():
    texts = List(["a b", "c"])
    made = Instance(Lib("keras.preprocessing.text.Tokenizer"), {"num_words": 50})
    path = "keras.preprocessing.text.Tokenizer."
    sequences = apply_rule(Call(Store()), rules[path + "texts_to_sequences"], [made, texts], {})
    assert sequences.length == 2
    assert apply_rule(Call(Store()), rules[path + "fit_on_texts"], [made, texts], {}) is None
    assert apply_rule(Call(Store()), rules[path + "fit_on_sequences"], [made, sequences], {}) is None
    assert apply_rule(Call(Store()), rules[path + "sequences_to_matrix"], [made, sequences], {}).shape == (2, 50)
    assert sequences.element.rest is WORD
    assert apply_rule(Call(Store()), rules[path + "texts_to_matrix"], [made, texts], {}).shape == (2, 50)


def test_every_rule_is_tested_here():
    text = Path(__file__).read_text(encoding="utf-8")
    places = ("keras.utils.", "keras.datasets.", "keras.preprocessing.")
    names = sorted({p.rpartition(".")[2] for p in rules if p.startswith(places)})
    assert [n for n in names if n not in text] == []


NOTHING = ("set_random_seed", "clear_session", "save_img", "disable_interactive_logging", "enable_interactive_logging")


def test_what_gives_no_tensor():
    for name in NOTHING:
        assert call(f"keras.utils.{name}", "a", np.ones((2, 2, 3))) is None
    assert isinstance(call("keras.utils.get_file", "a", "https://example.org/a"), Scalar)
    assert call("keras.utils.is_keras_tensor", np.ones(3)) is False
    assert isinstance(call("keras.datasets.imdb.get_word_index").rest, Scalar)
    assert len(call("keras.datasets.reuters.get_label_names")) == 46


@pytest.mark.parametrize("shape", [(4, 5, 3), (2, 4, 5, 3), (4, 5)])
def test_smart_resize(shape):
    path = "keras.preprocessing.image.smart_resize"
    try:
        real = keras.preprocessing.image.smart_resize(np.ones(shape, "float32"), (6, 7))
    except ValueError:
        with pytest.raises(Failure):
            call(path, np.ones(shape, "float32"), (6, 7))
        return
    assert call(path, np.ones(shape, "float32"), (6, 7)).shape == real.shape


def test_generator_of_arrays():
    made = Instance(Lib("keras.preprocessing.image.ImageDataGenerator"))
    path = "keras.preprocessing.image.ImageDataGenerator."
    x, y = Tensor((100, 8, 8, 3), "uint8", "numpy"), Tensor((100, 10), "float64", "numpy")
    flow = apply_rule(Call(Store()), rules[path + "flow"], [made, x, y], {"batch_size": 16})
    assert [t.shape for t in flow.attrs["element"]] == [(16, 8, 8, 3), (16, 10)]
    for way, extra in (("__next__", []), ("next", []), ("__getitem__", [0])):
        found = apply_rule(Call(Store()), rules[f"keras.preprocessing.image.Iterator.{way}"], [flow, *extra], {})
        assert found == flow.attrs["element"]
    batches = apply_rule(Call(Store()), rules["keras.preprocessing.image.Iterator.__iter__"], [flow], {})
    assert batches.element == flow.attrs["element"]
    assert apply_rule(Call(Store()), rules[path + "fit"], [made, x], {}) is None
    table = apply_rule(Call(Store()), rules[path + "flow_from_dataframe"], [made, None], {"class_mode": None})
    assert table.attrs["element"].shape == (32, 256, 256, 3)
    with pytest.raises(Failure):
        apply_rule(Call(Store()), rules[path + "flow"], [made, Tensor((100, 8, 8), "uint8", "numpy")], {})
