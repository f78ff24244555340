"""keras.utils and keras.preprocessing: labels, sequences and images as arrays, and datasets of directories of files.

A dataset is that of rules/tensorflow/data.py: `element` is one batch, `length` how many there are, where that is known.
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, minimum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.datasets import WORD, texts
from shapelens.rules.keras.ops.common import axis_in, dtype_name
from shapelens.rules.numpy.dtypes import named
from shapelens.rules.registry import alias, attribute, layer, rule
from shapelens.rules.torch.data import is_image
from shapelens.rules.torchvision.images import array_of, make_image
from shapelens.values import UNKNOWN, Dict, Instance, Lib, List, Many, Scalar, Tensor, Unknown

_U = "keras.utils."
_P = "keras.preprocessing."


def _array(shape: Any, dtype: str | None) -> Tensor:
    return Tensor(shape, dtype, "numpy")


# -- labels --------------------------------------------------------------------------------------------------------


@rule(f"{_U}to_categorical")
def to_categorical(c: Call, x: object, num_classes: object = None) -> Tensor:
    """Classes (*batch,) or (*batch, 1) as one-hot vectors (*batch, classes); float64 of arrays, float32 of tensors."""
    value = c.store.value(x)
    labels = converted(c, value)
    count = c.store.value(num_classes)
    dims = c.dims(labels)
    if len(dims) > 1:
        single = equal(dims[-1], 1)
        if single is None:
            raise NotKnown
        dims = dims[:-1] if single else dims
    of_arrays = not (isinstance(value, Tensor) and value.library != "numpy")
    classes: Dim
    if count is None or count == 0:
        if not of_arrays:
            raise NotKnown
        classes = _classes(c, labels)
    elif isinstance(count, Tensor):
        classes = count.scalars if isinstance(count.scalars, int) else c.fresh("classes")
    else:
        classes = c.dim(count)
    return _array((*dims, classes), "float64") if of_arrays else Tensor((*dims, classes), "float32", "tensorflow")


def _classes(c: Call, labels: Tensor) -> Dim:
    """As many as the largest label and one."""
    numbers = labels.scalars
    while isinstance(numbers, list) and numbers and isinstance(numbers[0], list):
        numbers = [n for part in numbers for n in part]
    if isinstance(numbers, list) and numbers and all(isinstance(n, int) for n in numbers):
        return int(max(numbers)) + 1
    return c.fresh("classes")


@rule(f"{_U}normalize")
def normalize(c: Call, x: Tensor, axis: object = -1, order: object = 2) -> Tensor:
    """The shape stays; arrays of integers become float64.

    The norms of an array are put in as the last axis where `axis` is 0, and broadcast: a vector becomes a matrix.
    """
    at = c.store.value(axis)
    dims = c.dims(x)
    if x.library != "numpy":
        if isinstance(at, int):
            axis_in(c, at, len(dims), x)
        return Tensor(dims, x.dtype if x.library == "tensorflow" else "float32", "tensorflow")
    if not isinstance(at, int):
        raise NotKnown
    i = axis_in(c, at, len(dims), x)
    norms = (*dims[:i], *dims[i + 1 :]) or (1,)
    place = (at or -1) % (len(norms) + 1)
    floats = x.dtype is not None and x.dtype.startswith("float")
    shape = c.broadcast(dims, (*norms[:place], 1, *norms[place:]), tensors=(x,))
    return _array(shape, x.dtype if floats else None if x.dtype is None else "float64")


# -- sequences -----------------------------------------------------------------------------------------------------


@rule(f"{_U}pad_sequences", f"{_P}sequence.pad_sequences")
def pad_sequences(c: Call, sequences: object, maxlen: object = None, dtype: object = "int32", padding: object = "pre",
                  truncating: object = "pre", value: object = 0.0) -> Tensor:  # fmt: skip
    """Sequences of a length of their own as one array (n, maxlen, *rest)."""
    given = c.store.value(sequences)
    count, longest, rest = _lengths(c, given)
    length = c.store.value(maxlen)
    if length is None:
        length = longest
    for name, way in (("padding", padding), ("truncating", truncating)):
        found = c.store.value(way)
        if isinstance(found, str) and found not in ("pre", "post"):
            c.fail("argument-value", f"pad_sequences: {name} must be 'pre' or 'post', got '{found}'")
    return _array((count, c.dim(length), *rest), named(c.store.value(dtype)))


def _lengths(c: Call, value: Any) -> tuple[Dim, Dim, tuple[Dim, ...]]:
    """How many sequences there are, the longest one's length, and the shape of what they are of."""
    if isinstance(value, Tensor):
        dims = c.dims(value)
        if len(dims) < 2:
            c.fail("rank-mismatch", f"pad_sequences takes sequences of sequences, got {c.text(value)}", value)
        return dims[0], dims[1], dims[2:]
    if isinstance(value, Many):
        count = c.store.value(value.length)
        inner = _part(c, value.element)
        return count if isinstance(count, (int, Expr)) else c.fresh("n", 0), c.fresh("n", 0), inner[1]
    if isinstance(value, (List, list, tuple)):
        parts = [_part(c, v) for v in value]
        rest = getattr(value, "rest", None)
        if rest is not None:
            parts.append(_part(c, rest))
        if not parts or any(p[1] != parts[0][1] for p in parts):
            raise NotKnown
        sizes = [p[0] for p in parts]
        known = [s for s in sizes if isinstance(s, int)]
        longest: Dim = max(known) if len(known) == len(sizes) and rest is None else c.fresh("n", 0)
        if rest is None:
            return len(value), longest, parts[0][1]
        count = getattr(value, "count", None)
        return count if isinstance(count, (int, Expr)) and not value else c.fresh("n", 0), longest, parts[0][1]
    raise NotKnown


def _part(c: Call, value: Any) -> tuple[Dim | None, tuple[Dim, ...]]:
    """One sequence's length, and the shape of each of its elements."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        dims = c.dims(value)
        if not dims:
            raise NotKnown
        return dims[0], dims[1:]
    if isinstance(value, (list, tuple)):
        inside = [*value, *([value.rest] if isinstance(value, List) and value.rest is not None else [])]
        if all(v is WORD or isinstance(c.store.value(v), (int, float, Expr, Scalar)) for v in inside):
            return (None if isinstance(value, List) and value.rest is not None else len(value)), ()
        if isinstance(value, List) and value.rest is not None:
            raise NotKnown
        found = converted(c, value)
        return c.dims(found)[0], c.dims(found)[1:]
    raise NotKnown


_TOKENIZER = f"{_P}text.Tokenizer"
alias("keras.src.legacy.preprocessing.text.Tokenizer", _TOKENIZER)


@layer(
    _TOKENIZER,
    "num_words=None, filters='', lower=True, split=' ', char_level=False, oov_token=None, analyzer=None, **kwargs",
    bases=(),
)
def _tokenizer(c: Call, self: Instance, *args: object) -> object:
    raise NotKnown


@rule(f"{_TOKENIZER}.fit_on_texts", f"{_TOKENIZER}.fit_on_sequences")
def fit_on_texts(c: Call, self: object, texts: object) -> object:
    return None


@rule(f"{_TOKENIZER}.texts_to_sequences")
def texts_to_sequences(c: Call, self: object, given: object) -> object:
    """A list of word numbers for each text."""
    return texts(_count(c, given))


@rule(f"{_TOKENIZER}.texts_to_matrix", f"{_TOKENIZER}.sequences_to_matrix")
def texts_to_matrix(c: Call, self: Any, given: object, mode: object = "binary") -> Tensor:
    """(n, words)."""
    words = c.store.value(self.attrs.get("num_words"))
    count = _count(c, given)
    return _array(
        (c.fresh("n", 0) if count is None else count, c.fresh("words") if words is None else c.dim(words)), "float64"
    )


def _count(c: Call, value: object) -> Dim | None:
    value = c.store.value(value)
    if isinstance(value, Tensor):
        shape = c.shape(value)
        return shape[0] if isinstance(shape, tuple) and shape else None
    if isinstance(value, Many):
        found = c.store.value(value.length)
        return found if isinstance(found, (int, Expr)) else None
    if isinstance(value, (list, tuple)) and getattr(value, "rest", None) is None:
        return len(value)
    return None


# -- images --------------------------------------------------------------------------------------------------------

_MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}


def _color(c: Call, color_mode: object) -> str:
    mode = c.store.value(color_mode)
    if not isinstance(mode, str):
        raise NotKnown
    if mode not in _MODES:
        c.fail("argument-value", f"{c.name}: color_mode must be 'grayscale', 'rgb' or 'rgba', got {mode!r}")
    return mode


def _pair(c: Call, value: object) -> tuple[Dim, Dim]:
    """(height, width)."""
    value = c.store.value(value)
    if isinstance(value, int):
        return value, value
    height, width = c.ints(value, 2)
    return height, width


@rule(f"{_U}load_img", f"{_P}image.load_img")
def load_img(c: Call, path: object, color_mode: object = "rgb", target_size: object = None,
             interpolation: object = "nearest", keep_aspect_ratio: object = False) -> object:  # fmt: skip
    """A PIL image, of target_size (height, width) if that is given."""
    mode = _MODES[_color(c, color_mode)]
    wanted = c.store.value(target_size)
    if wanted is None:
        return make_image(c, mode if mode != "L" else None, None, None, _CHANNELS["grayscale"] if mode == "L" else None)
    if isinstance(wanted, int):
        raise NotKnown
    sizes = c.ints(wanted)
    if len(sizes) < 2:
        raise NotKnown
    return make_image(c, mode, sizes[0], sizes[1])


def _first(c: Call, data_format: object) -> bool:
    """Whether channels come first."""
    found = c.store.value(data_format)
    if found is not None and not isinstance(found, str):
        raise NotKnown
    return found == "channels_first"


@rule(f"{_U}img_to_array", f"{_P}image.img_to_array")
def img_to_array(c: Call, img: object, data_format: object = None, dtype: object = None) -> Tensor:
    """An image as an array (height, width, channels), float32 unless told otherwise."""
    value = c.store.value(img)
    if not is_image(value) and not isinstance(value, Tensor):
        raise NotKnown
    pixels = array_of(c, value) if is_image(value) else value
    dims = c.dims(pixels)
    if len(dims) not in (2, 3):
        c.fail("rank-mismatch", f"img_to_array takes one image of rank 2 or 3, got {c.text(pixels)}", pixels)
    if len(dims) == 2:
        dims = (*dims, 1)
    if _first(c, data_format):
        dims = (dims[2], dims[0], dims[1])
    return _array(dims, dtype_name(c, dtype, "float32"))


@rule(f"{_U}array_to_img", f"{_P}image.array_to_img")
def array_to_img(c: Call, x: object, data_format: object = None, scale: object = True, dtype: object = None) -> object:
    """The image of an array of rank 3."""
    pixels = converted(c, c.store.value(x))
    dims = c.dims(pixels, ("H", "W", "C"))
    if len(dims) != 3:
        c.fail("rank-mismatch", f"array_to_img takes one image of rank 3, got {c.text(pixels)}", pixels)
    if _first(c, data_format):
        dims = (dims[1], dims[2], dims[0])
    if all(equal(dims[2], n) is False for n in (1, 3, 4)):
        c.fail("channel-mismatch", f"array_to_img: an image has 1, 3 or 4 channels, got {c.text(pixels)}", pixels)
    mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(dims[2]) if isinstance(dims[2], int) else None
    return make_image(c, mode, dims[0], dims[1], dims[2])


@rule(f"{_P}image.smart_resize")
def smart_resize(c: Call, x: Tensor, size: object, interpolation: object = "bilinear", data_format: object = "channels_last",
                 **others: object) -> Tensor:  # fmt: skip
    """(…, height, width, channels) in another size."""
    height, width = _pair(c, size)
    dims = list(c.dims(x))
    if len(dims) not in (3, 4):
        c.fail("rank-mismatch", f"smart_resize takes images of rank 3 or 4, got {c.text(x)}", x)
    at = -2 if _first(c, data_format) else -3
    dims[at], dims[at + 1] = height, width
    return Tensor(tuple(dims), None, x.library)


# -- datasets of files ---------------------------------------------------------------------------------------------

_DATASET = Lib("tensorflow.data.Dataset")
_LABELS = ("int", "categorical", "binary")


def dataset(element: Any, length: Any = None) -> Instance:
    """A tf.data.Dataset of such elements."""
    return Instance(_DATASET, {"element": element, "length": length})


def _tensor(shape: tuple[Dim, ...], dtype: str | None) -> Tensor:
    return Tensor(shape, dtype, "tensorflow")


def _from_directory(
    c: Call, sample: Tensor, labels: object, label_mode: object, class_names: object, batch_size: object, subset: object
) -> object:
    """Batches of samples with the labels that the names of their directories are."""
    mode, given = c.store.value(label_mode), c.store.value(labels)
    if mode is not None and not isinstance(mode, str) or isinstance(given, Unknown):
        raise NotKnown
    if mode is not None and mode not in _LABELS:
        c.fail("argument-value", f"{c.name}: label_mode must be 'int', 'categorical', 'binary' or None, got {mode!r}")
    names = c.store.value(class_names)
    known = isinstance(names, (list, tuple)) and getattr(names, "rest", None) is None
    classes: Dim = len(names) if known else c.fresh("classes")
    batch = c.store.value(batch_size)
    front: tuple[Dim, ...] = () if batch is None else (c.dim(batch),)

    def made() -> Instance:
        x = _tensor((*front, *c.dims(sample)), sample.dtype)
        if mode is None or given is None:
            found = dataset(x)
        else:
            label = {"int": (), "categorical": (classes,), "binary": (1,)}[mode]
            found = dataset((x, _tensor((*front, *label), "int32" if mode == "int" else "float32")))
        listed = List(names if known else ())
        if not known:
            listed.rest, listed.count = Scalar("str"), classes
        found.attrs["class_names"], found.attrs["file_paths"] = listed, UNKNOWN
        return found

    part = c.store.value(subset)
    if isinstance(part, Unknown):
        raise NotKnown
    return List([made(), made()]) if part == "both" else made()


@rule(f"{_U}image_dataset_from_directory", f"{_P}image_dataset_from_directory")
def image_dataset_from_directory(
    c: Call, directory: object, labels: object = "inferred", label_mode: object = "int", class_names: object = None,
    color_mode: object = "rgb", batch_size: object = 32, image_size: object = (256, 256), shuffle: object = True,
    seed: object = None, validation_split: object = None, subset: object = None, interpolation: object = "bilinear",
    follow_links: object = False, crop_to_aspect_ratio: object = False, pad_to_aspect_ratio: object = False,
    data_format: object = None, format: object = "tf", verbose: object = True,
) -> object:  # fmt: skip
    """Batches of images (B, height, width, channels) in float32, and labels."""
    channels = _CHANNELS[_color(c, color_mode)]
    height, width = _pair(c, image_size)
    shape = (channels, height, width) if _first(c, data_format) else (height, width, channels)
    return _from_directory(c, _tensor(shape, "float32"), labels, label_mode, class_names, batch_size, subset)


@rule(f"{_U}text_dataset_from_directory", f"{_P}text_dataset_from_directory")
def text_dataset_from_directory(
    c: Call, directory: object, labels: object = "inferred", label_mode: object = "int", class_names: object = None,
    batch_size: object = 32, max_length: object = None, shuffle: object = True, seed: object = None,
    validation_split: object = None, subset: object = None, follow_links: object = False, format: object = "tf",
    verbose: object = True,
) -> object:  # fmt: skip
    """Batches of texts (B,), and labels."""
    return _from_directory(c, _tensor((), None), labels, label_mode, class_names, batch_size, subset)


@rule(f"{_U}audio_dataset_from_directory")
def audio_dataset_from_directory(
    c: Call, directory: object, labels: object = "inferred", label_mode: object = "int", class_names: object = None,
    batch_size: object = 32, sampling_rate: object = None, output_sequence_length: object = None, ragged: object = False,
    shuffle: object = True, seed: object = None, validation_split: object = None, subset: object = None,
    follow_links: object = False, verbose: object = True,
) -> object:  # fmt: skip
    """Batches of sounds (B, length, channels), and labels."""
    if c.store.value(ragged) is not False:
        raise NotKnown
    asked = c.store.value(output_sequence_length)
    length = c.fresh("T") if asked is None or c.store.value(sampling_rate) is not None else c.dim(asked)
    sample = _tensor((length, c.fresh("channels")), "float32")
    return _from_directory(c, sample, labels, label_mode, class_names, batch_size, subset)


@rule(f"{_U}timeseries_dataset_from_array", f"{_P}timeseries_dataset_from_array")
def timeseries_dataset_from_array(
    c: Call, data: object, targets: object, sequence_length: Dim, sequence_stride: Dim = 1, sampling_rate: Dim = 1,
    batch_size: object = 128, shuffle: object = False, seed: object = None, start_index: object = None,
    end_index: object = None, format: object = "tf",
) -> object:  # fmt: skip
    """Windows (B, sequence_length, *rest) of data (N, *rest), with targets (B, *rest)."""
    series = converted(c, c.store.value(data))
    dims = c.dims(series)
    if not dims:
        raise NotKnown
    wanted, batch = c.store.value(targets), c.store.value(batch_size)
    if isinstance(wanted, Unknown):
        raise NotKnown
    front: tuple[Dim, ...] = () if batch is None else (c.dim(batch),)
    window = _tensor((*front, sequence_length, *dims[1:]), series.dtype)
    if wanted is None:
        element: Any = window
    else:
        goals = converted(c, wanted)
        element = (window, _tensor((*front, *c.dims(goals)[1:]), goals.dtype))
    length = None
    if c.store.value(start_index) is None and c.store.value(end_index) is None:
        count = dims[0] - (sequence_length - 1) * sampling_rate
        if wanted is not None:
            count = minimum(count, c.dims(converted(c, wanted))[0])
        if isinstance(count, int) and isinstance(sequence_stride, int) and count > 0 and sequence_stride > 0:
            length = ceildiv(count, sequence_stride)
            length = length if batch is None else ceildiv(length, front[0])
    return dataset(element, length)


@rule(f"{_U}split_dataset")
def split_dataset(c: Call, dataset_: object, left_size: object = None, right_size: object = None, shuffle: object = False,
                  seed: object = None, preferred_backend: object = None) -> object:  # fmt: skip
    """Two datasets of such elements; of arrays (N, *rest) the elements are (*rest)."""
    value = c.store.value(dataset_)
    if isinstance(value, Instance) and "element" in value.attrs:
        element = value.attrs["element"]
    elif isinstance(value, (Tensor, tuple)):
        element = _rows(c, value)
    else:
        raise NotKnown
    return (dataset(element), dataset(element))


def _rows(c: Call, value: Any) -> Any:
    value = c.store.value(value)
    if isinstance(value, tuple):
        return tuple([_rows(c, v) for v in value])
    if not isinstance(value, Tensor) or not c.dims(value):
        raise NotKnown
    return _tensor(c.dims(value)[1:], value.dtype)


# -- the generator of images of Keras 2 ----------------------------------------------------------------------------

_GENERATOR = f"{_P}image.ImageDataGenerator"
_FLOW = f"{_P}image.Iterator"
alias("keras.src.legacy.preprocessing.image.ImageDataGenerator", _GENERATOR)


@layer(
    _GENERATOR,
    "featurewise_center=False, samplewise_center=False, featurewise_std_normalization=False, "
    "samplewise_std_normalization=False, zca_whitening=False, zca_epsilon=1e-6, rotation_range=0, width_shift_range=0.0, "
    "height_shift_range=0.0, brightness_range=None, shear_range=0.0, zoom_range=0.0, channel_shift_range=0.0, "
    "fill_mode='nearest', cval=0.0, horizontal_flip=False, vertical_flip=False, rescale=None, "
    "preprocessing_function=None, data_format=None, validation_split=0.0, interpolation_order=1, dtype=None",
    bases=(),
)
def _generator(c: Call, self: Instance, *args: object) -> object:
    raise NotKnown


def _channels_last(c: Call, generator: object) -> None:
    """NotKnown for a generator that puts the channels first."""
    asked = generator.attrs.get("data_format") if isinstance(generator, Instance) else None
    if c.store.value(asked) not in (None, "channels_last"):
        raise NotKnown


def _flow(element: Any, **attrs: Any) -> Instance:
    return Instance(Lib(_FLOW), {"element": element, **attrs})


@rule(f"{_GENERATOR}.fit")
def fit(c: Call, self: object, x: object, augment: object = False, rounds: object = 1, seed: object = None) -> object:
    return None


@rule(f"{_GENERATOR}.flow")
def flow(c: Call, self: object, x: object, y: object = None, batch_size: Dim = 32, shuffle: object = True,
         sample_weight: object = None, **others: object) -> object:  # fmt: skip
    """Batches of arrays (B, height, width, channels) and labels."""
    value = c.store.value(x)
    if isinstance(value, (tuple, list)) or c.store.value(sample_weight) is not None:
        raise NotKnown
    images = converted(c, value)
    dims = c.dims(images, ("N", "H", "W", "C"))
    if len(dims) != 4:
        c.fail(
            "rank-mismatch", f"flow needs images of rank 4 (N, height, width, channels), got {c.text(images)}", images
        )
    batch = _array((batch_size, *dims[1:]), "float32")
    labels = c.store.value(y)
    if labels is None:
        return _flow(batch)
    goals = converted(c, labels)
    if not c.dims(goals):
        raise NotKnown
    c.require(dims[0], c.dims(goals)[0], "size-mismatch",
              f"flow: {c.text(images)} images for {c.text(goals)} labels", images, goals)  # fmt: skip
    return _flow((batch, _array((batch_size, *c.dims(goals)[1:]), goals.dtype)))


@rule(f"{_GENERATOR}.flow_from_directory")
def flow_from_directory(
    c: Call, self: object, directory: object, target_size: object = (256, 256), color_mode: object = "rgb",
    classes: object = None, class_mode: object = "categorical", batch_size: Dim = 32, shuffle: object = True,
    **others: object,
) -> object:  # fmt: skip
    """Batches of images with the labels that the names of their directories are."""
    _channels_last(c, self)
    names = c.store.value(classes)
    known = isinstance(names, (list, tuple)) and getattr(names, "rest", None) is None
    return _labelled(c, target_size, color_mode, class_mode, batch_size, len(names) if known else c.fresh("classes"))


@rule(f"{_GENERATOR}.flow_from_dataframe")
def flow_from_dataframe(
    c: Call, self: object, dataframe: object, directory: object = None, x_col: object = "filename", y_col: object = "class",
    weight_col: object = None, target_size: object = (256, 256), color_mode: object = "rgb", classes: object = None,
    class_mode: object = "categorical", batch_size: Dim = 32, **others: object,
) -> object:  # fmt: skip
    """Batches of the images that a table names."""
    _channels_last(c, self)
    if c.store.value(class_mode) == "raw" or c.store.value(weight_col) is not None:
        raise NotKnown
    return _labelled(c, target_size, color_mode, class_mode, batch_size, c.fresh("classes"))


def _labelled(
    c: Call, target_size: object, color_mode: object, class_mode: object, batch_size: Dim, classes: Dim
) -> Instance:
    height, width = _pair(c, target_size)
    images = _array((batch_size, height, width, _CHANNELS[_color(c, color_mode)]), "float32")
    mode = c.store.value(class_mode)
    shapes: dict[object, tuple[Dim, ...]] = {
        "categorical": (batch_size, classes), "binary": (batch_size,), "sparse": (batch_size,)
    }  # fmt: skip
    attrs = {"num_classes": classes, "class_indices": UNKNOWN, "classes": UNKNOWN, "samples": Scalar("int")}
    if mode is None:
        return _flow(images, **attrs)
    if mode == "input":
        return _flow((images, images), **attrs)
    if not isinstance(mode, str) or mode not in shapes:
        raise NotKnown
    return _flow((images, _array(shapes[mode], "float32")), **attrs)


@rule(f"{_FLOW}.__iter__")
def iterate(c: Call, self: Any) -> object:
    """Batches without end."""
    return Many(self.attrs["element"])


@rule(f"{_FLOW}.__next__", f"{_FLOW}.next")
def next_batch(c: Call, self: Any) -> object:
    return self.attrs["element"]


@rule(f"{_FLOW}.__getitem__")
def batch_at(c: Call, self: Any, idx: object) -> object:
    return self.attrs["element"]


@attribute(*(f"{_FLOW}.{name}" for name in ("n", "batch_size", "image_shape", "filenames", "labels", "filepaths")))
def of_flow(c: Call, self: Any) -> object:
    return UNKNOWN


# -- the rest ------------------------------------------------------------------------------------------------------


@layer(f"{_U}PyDataset", "workers=1, use_multiprocessing=False, max_queue_size=10", bases=())
def py_dataset(c: Call, self: Instance, *args: object) -> object:
    """A dataset of the program: its `__getitem__` gives a batch."""
    raise NotKnown


alias(f"{_U}Sequence", f"{_U}PyDataset")


@layer(
    "keras.callbacks.LambdaCallback",
    "on_epoch_begin=None, on_epoch_end=None, on_train_begin=None, on_train_end=None, on_train_batch_begin=None, "
    "on_train_batch_end=None, **kwargs",
    bases=("keras.callbacks.Callback",),
)
def lambda_callback(c: Call, self: Instance, *args: object) -> object:
    """A callback that holds its hooks: `fit` calls them."""
    raise NotKnown


@rule(f"{_U}get_file")
def get_file(c: Call, *args: object, **kwargs: object) -> object:
    """A path."""
    return Scalar("str")


@rule(*(f"{_U}{name}" for name in ("set_random_seed", "clear_session", "save_img", "disable_interactive_logging",
                                   "enable_interactive_logging")), f"{_P}image.save_img")  # fmt: skip
def nothing(c: Call, *args: object, **kwargs: object) -> object:
    return None


@rule(f"{_U}unpack_x_y_sample_weight")
def unpack(c: Call, data: object) -> object:
    """(x, y, sample_weight), None for what is missing."""
    value = c.store.value(data)
    if isinstance(value, tuple) and 0 < len(value) < 4:
        return (*value, *(None,) * (3 - len(value)))
    if isinstance(value, (Tensor, List, Dict)):
        return (value, None, None)
    raise NotKnown


@rule(f"{_U}pack_x_y_sample_weight")
def pack(c: Call, x: object, y: object = None, sample_weight: object = None) -> object:
    """A tuple of what there is."""
    if c.store.value(sample_weight) is not None:
        return (x, y, sample_weight)
    if c.store.value(y) is not None:
        return (x, y)
    return x if not isinstance(c.store.value(x), (tuple, list)) else (x,)
