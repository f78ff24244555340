"""keras.layers for images: resizing, cropping, augmentation.

Resizing, CenterCrop, RandomCrop   (B, H, W, C) or (H, W, C)  ->  (B?, height, width, C)
Random*, MixUp, CutMix and others  keep the shape

All take a batch of images, a single one, or a dict with `images` and what belongs to them. RandomCrop leaves images as they
are where the model is not trained. Source: keras.src.layers.preprocessing.image_preprocessing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim, equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.layer import compute_dtype, keras_layer
from shapelens.rules.keras.options import is_channels_first, positive
from shapelens.values import UNKNOWN, Dict, Instance, List, Open, Tensor
from shapelens.values.dtypes import FLOATS

_COMMON = "factor=None, bounding_box_format=None, data_format=None"
_RANGE = "value_range=(0, 255)"
_TAIL = "data_format=None, seed=None"
_FILL = "fill_mode='reflect', interpolation='bilinear', seed=None, fill_value=0.0, data_format=None"

# What keeps the shape, by its constructor.
_SAME = {
    "AugMix": f"{_RANGE}, num_chains=3, chain_depth=3, factor=0.3, alpha=1.0, all_ops=True, interpolation='bilinear', "
    "seed=None, data_format=None",
    "AutoContrast": _RANGE,
    "ContrastLimitedAdaptiveHistogramEqualization": f"{_RANGE}, clip_limit=4.0, tile_grid_size=(8, 8), data_format=None",
    "CutMix": "factor=1.0, seed=None, data_format=None",
    "Equalization": f"{_RANGE}, bins=256, data_format=None",
    "MaxNumBoundingBoxes": "max_number, fill_value=-1",
    "MixUp": "alpha=0.2, data_format=None, seed=None",
    "RandAugment": f"{_RANGE}, num_ops=2, factor=0.5, interpolation='bilinear', seed=None, data_format=None",
    "RandomBrightness": f"factor, {_RANGE}, seed=None",
    "RandomColorDegeneration": f"factor, {_RANGE}, {_TAIL}",
    "RandomColorJitter": f"{_RANGE}, brightness_factor=None, contrast_factor=None, saturation_factor=None, "
    "hue_factor=None, seed=None, data_format=None",
    "RandomContrast": f"factor, {_RANGE}, seed=None",
    "RandomElasticTransform": "factor=1.0, scale=1.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, "
    f"{_RANGE}, seed=None, data_format=None",
    "RandomErasing": f"factor=1.0, scale=(0.02, 0.33), fill_value=None, {_RANGE}, seed=None, data_format=None",
    "RandomFlip": "mode='horizontal_and_vertical', seed=None, data_format=None",
    "RandomGaussianBlur": f"factor=1.0, kernel_size=3, sigma=1.0, {_RANGE}, {_TAIL}",
    "RandomGrayscale": f"factor=0.5, {_TAIL}",
    "RandomHue": f"factor, {_RANGE}, {_TAIL}",
    "RandomInvert": f"factor=1.0, {_RANGE}, seed=None, data_format=None",
    "RandomPerspective": "factor=1.0, scale=1.0, interpolation='bilinear', fill_value=0.0, seed=None, data_format=None",
    "RandomPosterization": f"factor, {_RANGE}, {_TAIL}",
    "RandomRotation": f"factor, {_FILL}",
    "RandomSaturation": f"factor, {_RANGE}, {_TAIL}",
    "RandomSharpness": f"factor, {_RANGE}, {_TAIL}",
    "RandomShear": "x_factor=0.0, y_factor=0.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, "
    "data_format=None, seed=None",
    "RandomTranslation": f"height_factor, width_factor, {_FILL}",
    "RandomZoom": f"height_factor, width_factor=None, {_FILL}",
    "Solarization": f"addition_factor=0.0, threshold_factor=0.0, {_RANGE}, seed=None",
}
# These may give integers for integers, which depends on `training` and on whether a tf.data pipeline calls them.
_KEEPING = frozenset((
    "ContrastLimitedAdaptiveHistogramEqualization", "Equalization", "MaxNumBoundingBoxes", "MixUp", "RandomBrightness",
    "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop", "RandomGrayscale", "RandomHue",
    "RandomInvert", "RandomPosterization", "RandomSaturation", "Resizing",
))  # fmt: skip
_CHANGES_LABELS = frozenset(("CutMix", "MixUp"))


def _declared(own: str) -> str:
    names = {part.partition("=")[0].strip() for part in own.split(",")}
    rest = [p for p in _COMMON.split(", ") if p.partition("=")[0] not in names]
    return f"{own}, *, {', '.join(rest)}"


def _applied(c: Call, self: Instance, data: object, images: Callable[[Tensor], Tensor]) -> object:
    """What a layer gives for images, or for a dict with them."""
    data = c.store.value(data)
    if not isinstance(data, dict):
        return images(_images(c, data))
    if isinstance(data, Dict) and data.rest is not None or "images" not in data:
        raise NotKnown
    given = _images(c, data["images"])
    if given.library == "keras":
        raise NotKnown  # the layers say the shape of images alone
    made: dict[Any, Any] = dict.fromkeys(data, UNKNOWN)
    made["images"] = images(given)
    if "labels" in data and c.name not in _CHANGES_LABELS:
        made["labels"] = data["labels"]
    return Dict(made)


def _images(c: Call, value: object) -> Tensor:
    """The images as a tensor of rank 3 or 4; fails for those that have another."""
    value = c.store.value(value)
    if isinstance(value, (list, tuple)) and any(isinstance(c.store.value(v), (Tensor, List)) for v in value):
        raise NotKnown
    tensor = converted(c, value)
    shape = c.shape(tensor)
    if isinstance(shape, tuple) and len(shape) not in (3, 4):
        if tensor.library == "keras":
            raise NotKnown  # some of these layers build for any rank, and fail when the model runs
        c.fail(
            "rank-mismatch",
            f"{c.name} expects images of rank 4 (batched) or 3, got {c.text(tensor)} of rank {len(shape)}",
            tensor,
        )
    return tensor


def _dtype(c: Call, self: Instance, images: Tensor) -> str | None:
    if images.dtype in FLOATS or images.dtype is not None and c.name not in _KEEPING:
        return compute_dtype(c, self)
    return None


def _same(c: Call, self: Instance, data: object, training: object = None) -> object:
    """Images of the shape that they have."""
    return _applied(c, self, data, lambda x: Tensor(c.shape(x), _dtype(c, self, x)))


for _name, _own in _SAME.items():
    keras_layer(_name, _declared(_own))(_same)


# -- sizes ---------------------------------------------------------------------------------------------------------


def _check_size(c: Call, self: Instance) -> None:
    positive(c, self, "height")
    positive(c, self, "width")


def _sized(c: Call, self: Instance, images: Tensor, size: tuple[Dim, Dim]) -> Tensor:
    """The images with another height and width."""
    shape = c.shape(images)
    if isinstance(shape, Open):
        raise NotKnown  # a batch or a single image
    dims, (height, width) = c.dims(images), size
    if is_channels_first(c, self):
        made: tuple[Dim, ...] = (*dims[:-2], height, width)
    else:
        made = (*dims[:-3], height, width, dims[-1])
    return Tensor(made, _dtype(c, self, images) if images.library != "keras" else compute_dtype(c, self))


def _own_size(c: Call, self: Instance) -> tuple[Dim, Dim]:
    if self.attrs.get("height") is None or self.attrs.get("width") is None:
        raise NotKnown
    return c.dim(self.attrs["height"]), c.dim(self.attrs["width"])


@keras_layer(
    "Resizing",
    _declared(
        "height, width, interpolation='bilinear', crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, "
        "fill_mode='constant', fill_value=0.0, antialias=False, data_format=None"
    ),
    setup=_check_size,
)
def resizing(c: Call, self: Instance, data: object, training: object = None) -> object:
    """(B?, H, W, C) to (B?, height, width, C), whatever the aspect ratio."""
    return _applied(c, self, data, lambda x: _sized(c, self, x, _own_size(c, self)))


@keras_layer("CenterCrop", _declared("height, width, data_format=None"), setup=_check_size)
def center_crop(c: Call, self: Instance, data: object, training: object = None) -> object:
    """(B?, H, W, C) to (B?, height, width, C); images that are too small are resized."""

    def crop(images: Tensor) -> Tensor:
        made = _sized(c, self, images, _own_size(c, self))
        return made.with_(dtype=compute_dtype(c, self))

    return _applied(c, self, data, crop)


@keras_layer("RandomCrop", _declared("height, width, seed=None, data_format=None, name=None"), setup=_check_size)
def random_crop(c: Call, self: Instance, data: object, training: object = None) -> object:
    """(B?, H, W, C) to (B?, height, width, C) in training, else as it is."""

    def crop(images: Tensor) -> Tensor:
        size = _own_size(c, self)
        if images.library == "keras" or training is True:
            return _sized(c, self, images, size).with_(dtype=compute_dtype(c, self))
        if training is False:
            return Tensor(c.shape(images), images.dtype)
        dims = c.dims(images)
        now = dims[-2:] if is_channels_first(c, self) else dims[-3:-1]
        if all(equal(a, b) for a, b in zip(now, size)):
            return _sized(c, self, images, size)
        return _sized(c, self, images, (c.fresh("H"), c.fresh("W")))

    return _applied(c, self, data, crop)


# -- others --------------------------------------------------------------------------------------------------------


@keras_layer("Rescaling", "scale, offset=0.0")
def rescaling(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """inputs · scale + offset, in the compute dtype; numbers that are given for each channel have as many."""
    shape = c.shape(inputs)
    for name in ("scale", "offset"):
        value = c.store.value(self.attrs.get(name))
        if isinstance(value, (int, float)) or inputs.library == "keras":
            continue
        if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
            raise NotKnown
        if not isinstance(shape, tuple) or not shape or equal(shape[-1], len(value)) is not True:
            raise NotKnown
    return Tensor(shape, compute_dtype(c, self))


@keras_layer("Pipeline", "layers, name=None", convert=False)
def pipeline(c: Call, self: Instance, inputs: object, training: object = True, mask: object = None) -> object:
    """One layer after the other."""
    layers = c.store.value(self.attrs.get("layers"))
    if not isinstance(layers, (list, tuple)) or isinstance(layers, List) and layers.rest is not None:
        raise NotKnown
    for layer in layers:
        inputs = c.invoke(c.store.value(layer), inputs)
    return inputs
