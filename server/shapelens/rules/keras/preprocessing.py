"""ImageDataGenerator: its iterators over (x, y) batches of pictures.

An iterator is an Instance whose `element` is one batch and whose `length` is the number of batches or None, as of a
tf.data.Dataset (see rules/tensorflow/data.py); it has the attributes that Keras' iterators have besides.

    flow_from_directory(target_size=(H, W))  ->  x (B, H, W, C), y (B, classes), (B,) or absent, by class_mode
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, ceildiv, less_equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import alias, rule
from shapelens.values import UNKNOWN, Instance, Lib, Many, Scalar, Tensor, Unknown

_GENERATOR = "keras.preprocessing.image.ImageDataGenerator"
_ITERATOR = "keras.preprocessing.image.Iterator"
_CHANNELS = {"rgb": 3, "grayscale": 1, "rgba": 4}

for _name in ("ImageDataGenerator",):
    alias(f"keras.legacy.preprocessing.image.{_name}", _GENERATOR)
    alias(f"keras.src.legacy.preprocessing.image.{_name}", _GENERATOR)


@rule(_GENERATOR)
def generator(c: Call, *args: object, **kwargs: object) -> object:
    """What it does to pictures leaves their shape."""
    return Instance(Lib(_GENERATOR), {"data_format": c.store.value(kwargs.get("data_format"))})


def _array(shape: tuple[Dim, ...], dtype: str | None = "float32") -> Tensor:
    return Tensor(shape, dtype, "numpy")


def _iterator(element: Any, length: Dim | None = None, **attrs: Any) -> Instance:
    return Instance(Lib(_ITERATOR), {"element": element, "length": length, **attrs})


def _pictures(c: Call, self: Instance, size: Dim, target_size: object, color_mode: object) -> Tensor:
    """A batch of pictures."""
    wanted = c.ints(c.store.value(target_size), 2)
    mode = c.store.value(color_mode)
    channels: Dim = _CHANNELS.get(mode, 0) if isinstance(mode, str) else c.fresh("C")
    if channels == 0:
        c.fail("argument-value", f"{c.name}: color_mode must be rgb, rgba or grayscale, got '{mode}'")
    form = self.attrs.get("data_format")
    if form == "channels_first":
        return _array((size, channels, *wanted))
    if form not in (None, "channels_last"):
        raise NotKnown
    return _array((size, *wanted, channels))


def _labelled(c: Call, x: Tensor, class_mode: object, classes: object) -> Any:
    """One batch: pictures with labels by the class mode."""
    mode, names = c.store.value(class_mode), c.store.value(classes)
    rows = c.dims(x)[0]
    if mode is None:
        return x
    if mode == "input":
        return x, x
    if mode in ("binary", "sparse"):
        return x, _array((rows,))
    if mode == "categorical":
        known = isinstance(names, (list, tuple)) and names and getattr(names, "rest", None) is None
        return x, _array((rows, len(names) if known and isinstance(names, (list, tuple)) else c.fresh("classes", 1)))
    return x, UNKNOWN


def _from_files(
    c: Call, self: Instance, target_size: object, color_mode: object, classes: object, class_mode: object, batch: object
) -> Instance:
    size = c.dim(c.store.value(batch))
    x = _pictures(c, self, size, target_size, color_mode)
    return _iterator(
        _labelled(c, x, class_mode, classes),
        None,
        image_shape=tuple(c.dims(x)[1:]),
        batch_size=size,
        target_size=c.store.value(target_size),
        num_classes=Scalar("int"),
        samples=Scalar("int"),
        n=Scalar("int"),
        class_indices=Unknown("class_indices"),
        classes=Unknown("classes"),
        labels=Unknown("labels"),
        filenames=Unknown("filenames"),
        filepaths=Unknown("filepaths"),
    )


@rule(f"{_GENERATOR}.flow_from_directory")
def flow_from_directory(
    c: Call,
    self: Instance,
    directory: object,
    target_size: object = (256, 256),
    color_mode: object = "rgb",
    classes: object = None,
    class_mode: object = "categorical",
    batch_size: object = 32,
    *args: object,
    **kwargs: object,
) -> object:
    """Pictures of one size, a folder for each class."""
    return _from_files(c, self, target_size, color_mode, classes, class_mode, batch_size)


@rule(f"{_GENERATOR}.flow_from_dataframe")
def flow_from_dataframe(
    c: Call,
    self: Instance,
    dataframe: object,
    directory: object = None,
    x_col: object = "filename",
    y_col: object = "class",
    weight_col: object = None,
    target_size: object = (256, 256),
    color_mode: object = "rgb",
    classes: object = None,
    class_mode: object = "categorical",
    batch_size: object = 32,
    *args: object,
    **kwargs: object,
) -> object:
    """Pictures whose names stand in a table."""
    if c.store.value(weight_col) is not None:
        return _iterator(UNKNOWN)
    return _from_files(c, self, target_size, color_mode, classes, class_mode, batch_size)


@rule(f"{_GENERATOR}.flow")
def flow(
    c: Call,
    self: Instance,
    x: object,
    y: object = None,
    batch_size: object = 32,
    shuffle: object = True,
    sample_weight: object = None,
    *args: object,
    **kwargs: object,
) -> object:
    """Rows of an array (N, H, W, C), with as many labels."""
    pictures, labels = c.store.value(x), c.store.value(y)
    if not isinstance(pictures, Tensor) or c.store.value(sample_weight) is not None:
        return _iterator(UNKNOWN)
    dims = c.dims(pictures)
    if len(dims) != 4:
        c.fail("rank-mismatch", f"flow: needs pictures of rank 4, (N, H, W, C), got {c.text(pictures)}", pictures)
    size = c.dim(c.store.value(batch_size))
    rows = dims[0] if less_equal(dims[0], size) is True else size
    batch = _array((rows, *dims[1:]))
    length = ceildiv(dims[0], size)
    if labels is None:
        return _iterator(batch, length, batch_size=size, n=dims[0])
    if not isinstance(labels, Tensor):
        return _iterator((batch, UNKNOWN), length, batch_size=size, n=dims[0])
    given = c.dims(labels)
    if given:
        c.require(
            dims[0],
            given[0],
            "size-mismatch",
            f"flow: {c.dim_text(dims[0])} pictures and {c.dim_text(given[0])} labels: {c.text(pictures)} and {c.text(labels)}",
            pictures,
            labels,
        )
    return _iterator((batch, _array((rows, *given[1:]), labels.dtype)), length, batch_size=size, n=dims[0])


@rule(f"{_GENERATOR}.fit")
def fit(c: Call, self: Instance, x: object, *args: object, **kwargs: object) -> object:
    return None


@rule(*(f"{_GENERATOR}.{name}" for name in ("random_transform", "apply_transform", "standardize")))
def transformed(c: Call, self: Instance, x: Tensor, *args: object, **kwargs: object) -> Tensor:
    """One picture in the same shape."""
    return _array(c.dims(x), x.dtype)


# -- iterators -----------------------------------------------------------------------------------------------------


@rule(f"{_ITERATOR}.next", f"{_ITERATOR}.__next__", f"{_ITERATOR}.__getitem__")
def batch_of(c: Call, self: Instance, *args: object) -> object:
    return c.store.value(self.attrs["element"])


@rule(f"{_ITERATOR}.__iter__")
def iterate(c: Call, self: Instance) -> object:
    """Batches without end."""
    return Many(c.store.value(self.attrs["element"]))


@rule(f"{_ITERATOR}.__len__")
def length(c: Call, self: Instance) -> object:
    found = c.store.value(self.attrs.get("length"))
    return Scalar("int") if found is None else found


@rule(f"{_ITERATOR}.reset", f"{_ITERATOR}.on_epoch_end")
def quiet(c: Call, self: Instance) -> object:
    return None
