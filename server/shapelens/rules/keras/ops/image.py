"""keras.ops.image: images of rank 3 (H, W, C) or 4 (B, H, W, C); with "channels_first" (C, H, W) and (B, C, H, W)."""

from __future__ import annotations

from shapelens.dims import Dim, ceildiv, equal, floordiv, less, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import is_first, made, of_keras, per_axis, size, sizes
from shapelens.rules.keras.ops.promotion import is_real_float
from shapelens.rules.registry import declare, rule
from shapelens.values import Tensor

_I = "keras.ops.image."
_LAST = {3: ("H", "W", "C"), 4: ("B", "H", "W", "C")}


def _images(c: Call, images: Tensor) -> tuple[Dim, ...]:
    """The dims of one image or a batch; fails for any other rank."""
    dims = c.dims(images, _LAST[4])
    if len(dims) not in (3, 4):
        c.fail("rank-mismatch", f"{c.name} takes images of rank 3 or 4, got {c.text(images)}", images)
    return dims


def _axes(c: Call, data_format: object) -> tuple[int, int, int]:
    """Where height, width and channels are."""
    return (-2, -1, -3) if is_first(c, data_format) else (-3, -2, -1)


def _put(dims: tuple[Dim, ...], places: tuple[int, ...], values: tuple[Dim, ...]) -> tuple[Dim, ...]:
    made_of = list(dims)
    for at, value in zip(places, values):
        made_of[at] = value
    return tuple(made_of)


@rule(f"{_I}resize")
def resize(c: Call, images: Tensor, size: object, interpolation: object = "bilinear", antialias: object = False,
           crop_to_aspect_ratio: object = False, pad_to_aspect_ratio: object = False, fill_mode: object = "constant",
           fill_value: object = 0.0, data_format: object = None) -> Tensor:  # fmt: skip
    """Height and width become `size`."""
    dims = _images(c, images)
    height, width, _ = _axes(c, data_format)
    wanted = sizes(c, size)
    if len(wanted) != 2:
        c.fail("argument-value", f"resize: size must be (height, width), got {len(wanted)} numbers")
    return made(_put(dims, (height, width), wanted), images.dtype)


def _channels(c: Call, images: Tensor, data_format: object, *allowed: int) -> tuple[tuple[Dim, ...], int]:
    dims = _images(c, images)
    at = _axes(c, data_format)[2]
    if all(equal(dims[at], n) is False for n in allowed):
        wanted = " or ".join(map(str, allowed))
        c.fail("channel-mismatch", f"{c.name} takes images of {wanted} channels, got {c.text(images)}", images)
    return dims, at


@rule(f"{_I}rgb_to_grayscale")
def rgb_to_grayscale(c: Call, images: Tensor, data_format: object = None) -> Tensor:
    """Three channels to one."""
    dims, at = _channels(c, images, data_format, 1, 3)
    return made(_put(dims, (at,), (1,)), images.dtype)


@rule(f"{_I}rgb_to_hsv", f"{_I}hsv_to_rgb")
def rgb_to_hsv(c: Call, images: Tensor, data_format: object = None) -> Tensor:
    """Three channels stay three."""
    dims, _ = _channels(c, images, data_format, 3)
    return made(dims, images.dtype)


def _same(c: Call, images: Tensor, *others: object) -> Tensor:
    return made(_images(c, images), images.dtype if is_real_float(images.dtype) else None)


declare(f"{_I}gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None)", _same)
declare(
    f"{_I}elastic_transform(images, alpha=20.0, sigma=5.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, "
    "seed=None, data_format=None)",
    _same,
)


@rule(f"{_I}affine_transform")
def affine_transform(c: Call, images: Tensor, transform: object, interpolation: object = "bilinear",
                     fill_mode: object = "constant", fill_value: object = 0, data_format: object = None) -> Tensor:  # fmt: skip
    """The shape stays; transforms are (8,) or (B, 8)."""
    dims = _images(c, images)
    found = converted(c, c.store.value(transform))
    shape = c.shape(found)
    if isinstance(shape, tuple) and len(shape) not in (1, 2):
        c.fail("rank-mismatch", f"affine_transform: transforms are of rank 1 or 2, got {c.text(found)}", found)
    return made(dims, images.dtype if is_real_float(images.dtype) else None)


@rule(f"{_I}perspective_transform")
def perspective_transform(c: Call, images: Tensor, start_points: object, end_points: object,
                          interpolation: object = "bilinear", fill_value: object = 0,
                          data_format: object = None) -> Tensor:  # fmt: skip
    """The shape stays; points are (4, 2) or (B, 4, 2)."""
    dims = _images(c, images)
    for value in (start_points, end_points):
        found = converted(c, c.store.value(value))
        shape = c.shape(found)
        if isinstance(shape, tuple) and (
            len(shape) not in (2, 3) or any(equal(a, b) is False for a, b in zip(shape[-2:], (4, 2)))
        ):
            c.fail(
                "shape-mismatch", f"perspective_transform: points are (4, 2) or (B, 4, 2), got {c.text(found)}", found
            )
    return made(dims, images.dtype if is_real_float(images.dtype) else None)


@rule(f"{_I}sobel_edges")
def sobel_edges(c: Call, images: Tensor, data_format: object = None) -> Tensor:
    """(B, H, W, C) to (B, H, W, C, 2)."""
    dims = c.dims(images, _LAST[4])
    if len(dims) != 4:
        c.fail("rank-mismatch", f"sobel_edges takes a batch of images of rank 4, got {c.text(images)}", images)
    return made((*dims, 2), images.dtype if is_real_float(images.dtype) else None)


@rule(f"{_I}ssim")
def ssim(c: Call, image1: Tensor, image2: Tensor, max_val: object = 1.0, filter_size: object = 11, filter_sigma: object = 1.5,
         k1: object = 0.01, k2: object = 0.03, data_format: object = None) -> Tensor:  # fmt: skip
    """One number for each image."""
    one, two = _images(c, image1), _images(c, image2)
    if len(one) != len(two) or not all(equal(a, b) for a, b in zip(one, two)):
        raise NotKnown
    return made(one[:-3], image1.dtype if image1.dtype == image2.dtype and is_real_float(image1.dtype) else None)


@rule(f"{_I}map_coordinates")
def map_coordinates(c: Call, inputs: Tensor, coordinates: object, order: object, fill_mode: object = "constant",
                    fill_value: object = 0) -> Tensor:  # fmt: skip
    """Coordinates (rank, *places) give (*places)."""
    found = converted(c, c.store.value(coordinates))
    dims, rank = c.dims(found), len(c.dims(inputs))
    if not dims:
        raise NotKnown
    if equal(dims[0], rank) is False:
        c.fail("index-mismatch", f"map_coordinates: {c.text(inputs)} needs coordinates ({rank}, …), got {c.text(found)}",
               inputs, found)  # fmt: skip
    if len(dims) < 2:
        c.fail("rank-mismatch", f"map_coordinates: coordinates are of rank 2 or more, got {c.text(found)}", found)
    return made(dims[1:], inputs.dtype if is_real_float(inputs.dtype) or of_keras(inputs) else None)


@rule(f"{_I}scale_and_translate")
def scale_and_translate(c: Call, images: Tensor, output_shape: object, scale: object, translation: object,
                        spatial_dims: object, method: object, antialias: object = True) -> Tensor:  # fmt: skip
    """Of the shape asked for."""
    return made(sizes(c, output_shape), images.dtype if is_real_float(images.dtype) else None)


# -- padding and cropping ------------------------------------------------------------------------------------------


def _given(c: Call, value: object) -> Dim | None:
    value = c.store.value(value)
    return None if value is None else size(c, value)


def _span(
    c: Call, images: Tensor, whole: Dim, before: Dim | None, after: Dim | None, target: Dim | None, sign: int
) -> Dim:
    """The size of an axis with so much put in (sign 1) or cut off (-1); two of the three are given."""
    if [before, after, target].count(None) != 1:
        c.fail("argument-value", f"{c.name}: for each axis exactly two of both ends and the target are given")
    if target is None:
        assert before is not None
        assert after is not None
        wanted = whole + sign * (before + after)
        if sign < 0 and less(wanted, 0) is True:
            raise NotKnown
        return wanted
    change = (target - whole) * sign - (before if before is not None else after or 0)
    if less(change, 0) is True:
        verb = "padded" if sign > 0 else "cropped"
        c.fail(
            "argument-value",
            f"{c.name}: {c.dim_text(whole)} of {c.text(images)} cannot be {verb} to {c.dim_text(target)}",
            images,
        )
    return target


def _cut(
    c: Call, images: Tensor, ends: tuple[object, ...], targets: tuple[object, object], data_format: object, sign: int
) -> Tensor:
    dims = _images(c, images)
    height, width, _ = _axes(c, data_format)
    top, left, bottom, right = (_given(c, v) for v in ends)
    tall, wide = (_given(c, v) for v in targets)
    out = (
        _span(c, images, dims[height], top, bottom, tall, sign),
        _span(c, images, dims[width], left, right, wide, sign),
    )
    return made(_put(dims, (height, width), out), images.dtype)


@rule(f"{_I}pad_images")
def pad_images(c: Call, images: Tensor, top_padding: object = None, left_padding: object = None,
               bottom_padding: object = None, right_padding: object = None, target_height: object = None,
               target_width: object = None, data_format: object = None) -> Tensor:  # fmt: skip
    """Rows and columns put in."""
    ends = (top_padding, left_padding, bottom_padding, right_padding)
    return _cut(c, images, ends, (target_height, target_width), data_format, 1)


@rule(f"{_I}crop_images")
def crop_images(c: Call, images: Tensor, top_cropping: object = None, left_cropping: object = None,
                bottom_cropping: object = None, right_cropping: object = None, target_height: object = None,
                target_width: object = None, data_format: object = None) -> Tensor:  # fmt: skip
    """Rows and columns cut off."""
    ends = (top_cropping, left_cropping, bottom_cropping, right_cropping)
    return _cut(c, images, ends, (target_height, target_width), data_format, -1)


# -- patches -------------------------------------------------------------------------------------------------------


def _patches(c: Call, images: Tensor, n: int, size: object, strides: object, dilation: object, padding: object,
             data_format: object) -> Tensor:  # fmt: skip
    dims = c.dims(images)
    if len(dims) not in (n + 1, n + 2):
        raise NotKnown
    front = dims[: len(dims) - n - 1]
    first = is_first(c, data_format)
    spatial, channels = (dims[-n:], dims[-n - 1]) if first else (dims[-n - 1 : -1], dims[-1])
    window = per_axis(c, size, n)
    steps = window if c.store.value(strides) is None else per_axis(c, strides, n)
    spread = per_axis(c, dilation, n)
    mode = c.store.value(padding)
    out: list[Dim] = []
    for whole, k, s, d in zip(spatial, window, steps, spread):
        if mode == "same":
            out.append(ceildiv(whole, s))
        elif mode == "valid" and less(whole, (k - 1) * d + 1) is not True:
            out.append(floordiv(whole - (k - 1) * d - 1, s) + 1)
        else:
            raise NotKnown
    filters = product(window) * channels
    dtype = images.dtype if is_real_float(images.dtype) else None
    return made((*front, filters, *out) if first else (*front, *out, filters), dtype)


@rule(f"{_I}extract_patches")
def extract_patches(c: Call, images: Tensor, size: object, strides: object = None, dilation_rate: object = 1,
                    padding: object = "valid", data_format: object = None) -> Tensor:  # fmt: skip
    """(B, H, W, C) to (B, rows, columns, patch · C)."""
    wanted = c.store.value(size)
    n = 3 if isinstance(wanted, (tuple, list)) and len(wanted) == 3 else 2
    return _patches(c, images, n, size, strides, dilation_rate, padding, data_format)


@rule(f"{_I}extract_patches_3d")
def extract_patches_3d(c: Call, volumes: Tensor, size: object, strides: object = None, dilation_rate: object = 1,
                       padding: object = "valid", data_format: object = None) -> Tensor:  # fmt: skip
    """(B, D, H, W, C) to (B, planes, rows, columns, patch · C)."""
    return _patches(c, volumes, 3, size, strides, dilation_rate, padding, data_format)
