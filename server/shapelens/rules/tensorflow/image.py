"""tf.image: pictures (H, W, C) and batches of them (B, H, W, C); colours, crops, sizes, files."""

from __future__ import annotations

from shapelens.dims import Dim, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import made, named, need_rank, number, operands, paths, refuse, sizes
from shapelens.rules.tensorflow.convolution import Window, slid
from shapelens.values import Named, Open, Tensor
from shapelens.values.dtypes import FLOATS

_NAMES = ("B", "H", "W", "C")


def _picture(c: Call, image: Tensor) -> tuple[tuple[Dim, ...], Dim, Dim, Dim]:
    """The batch axis if there is one, height, width, channels; fails for other ranks than 3 and 4."""
    dims = need_rank(c, image, 3, 4)
    return dims[:-3], dims[-3], dims[-2], dims[-1]


def _channels(c: Call, image: Tensor, count: int) -> None:
    """The last axis must have so many channels, as far as it is known."""
    shape = c.shape(image)
    if shape == ():
        c.fail("rank-mismatch", f"{c.name}: needs an image, got a scalar", image)
    last = (
        shape[-1]
        if isinstance(shape, tuple)
        else shape.suffix[-1]
        if isinstance(shape, Open) and shape.suffix
        else None
    )
    if last is not None:
        c.require(last, count, "channel-mismatch", f"{c.name}: needs {count} channels last, got {c.text(image)}", image)


# -- sizes ---------------------------------------------------------------------------------------------------------


@rule("tensorflow.image.resize")
def resize(
    c: Call,
    images: Tensor,
    size: object,
    method: object = "bilinear",
    preserve_aspect_ratio: object = False,
    antialias: object = False,
    name: object = None,
) -> Tensor:
    """To (height, width), in float32 unless by the nearest pixel."""
    wanted = sizes(c, size)
    if len(wanted) != 2:
        c.fail("argument-value", f"resize: size needs (height, width), got {c.text(wanted)}", images)
    batch, _, _, channels = _picture(c, images)
    kept = c.store.value(preserve_aspect_ratio)
    if kept is not False:
        wanted = (c.fresh("H"), c.fresh("W"))
    way = c.store.value(method)
    way = getattr(way, "name", way)
    dtype = images.dtype if isinstance(way, str) and way.lower().startswith("nearest") else "float32"
    if not isinstance(way, str):
        dtype = None
    return made((*batch, *wanted, channels), dtype)


@rule("tensorflow.image.resize_with_pad", "tensorflow.image.resize_with_crop_or_pad")
def resize_with(
    c: Call, image: Tensor, target_height: object, target_width: object, *args: object, **kwargs: object
) -> Tensor:
    batch, _, _, channels = _picture(c, image)
    dtype = image.dtype
    if c.name == "resize_with_pad":
        way = c.store.value(args[0] if args else kwargs.get("method", "bilinear"))
        way = getattr(way, "name", way)
        dtype = None if not isinstance(way, str) else image.dtype if way.lower().startswith("nearest") else "float32"
    return made((*batch, number(c, target_height), number(c, target_width), channels), dtype)


@rule("tensorflow.image.crop_to_bounding_box")
def crop(
    c: Call, image: Tensor, offset_height: object, offset_width: object, target_height: object, target_width: object
) -> Tensor:
    """A part, which must lie within."""
    batch, height, width, channels = _picture(c, image)
    high, wide = number(c, target_height), number(c, target_width)
    for start, length, size in ((offset_height, high, height), (offset_width, wide, width)):
        if less(size, number(c, start) + length) is True:
            c.fail(
                "crop-too-large",
                f"{c.name}: {c.dim_text(length)} pixels from {c.dim_text(number(c, start))} on, {c.text(image)} has {c.dim_text(size)}",
                image,
            )
    return made((*batch, high, wide, channels), image.dtype)


@rule("tensorflow.image.pad_to_bounding_box")
def pad_to(
    c: Call, image: Tensor, offset_height: object, offset_width: object, target_height: object, target_width: object
) -> Tensor:
    """Into a larger picture."""
    batch, height, width, channels = _picture(c, image)
    high, wide = number(c, target_height), number(c, target_width)
    for start, length, size in ((offset_height, high, height), (offset_width, wide, width)):
        if less(length, number(c, start) + size) is True:
            c.fail(
                "size-too-small",
                f"{c.name}: {c.text(image)} does not fit into ({c.dim_text(high)}, {c.dim_text(wide)})",
                image,
            )
    return made((*batch, high, wide, channels), image.dtype)


@rule("tensorflow.image.central_crop")
def central_crop(c: Call, image: Tensor, central_fraction: object) -> Tensor:
    """The middle: int((size - size · fraction) / 2) off at each end."""
    batch, height, width, channels = _picture(c, image)
    fraction = c.store.value(central_fraction)
    if isinstance(fraction, (int, float)) and not 0 < fraction <= 1:
        c.fail("argument-value", f"central_crop: the fraction must be in (0, 1], got {fraction}")
    found: list[Dim] = []
    for size in (height, width):
        if isinstance(size, int) and isinstance(fraction, (int, float)):
            found.append(size - 2 * int((size - size * float(fraction)) / 2))
        else:
            found.append(size if fraction == 1 else c.fresh("n", 0))
    return made((*batch, *found, channels), image.dtype)


@rule("tensorflow.image.random_crop", "tensorflow.image.stateless_random_crop")
def random_crop(c: Call, value: Tensor, size: object, seed: object = None, name: object = None) -> Tensor:
    """Of the size that is given, channels and batch included."""
    wanted = sizes(c, size)
    dims = need_rank(c, value, len(wanted))
    for have, want in zip(dims, wanted):
        if less(have, want) is True:
            c.fail("crop-too-large", f"{c.name}: {c.text(wanted)} is larger than {c.text(value)}", value)
    return made(wanted, value.dtype)


@rule("tensorflow.image.crop_and_resize")
def crop_and_resize(
    c: Call,
    image: Tensor,
    boxes: Tensor,
    box_indices: Tensor,
    crop_size: object,
    method: object = "bilinear",
    extrapolation_value: object = 0.0,
    name: object = None,
) -> Tensor:
    """A crop of one size for each box."""
    dims = need_rank(c, image, 4, names=_NAMES)
    rows = need_rank(c, boxes, 2, names=("n", "4"))
    c.require(rows[1], 4, "shape-mismatch", f"crop_and_resize: a box has 4 numbers, got {c.text(boxes)}", boxes)
    count = need_rank(c, box_indices, 1, names=("n",))[0]
    c.require(
        rows[0],
        count,
        "batch-mismatch",
        f"crop_and_resize: {c.text(boxes)} boxes, {c.text(box_indices)} indices",
        boxes,
        box_indices,
    )
    wanted = sizes(c, crop_size)
    if len(wanted) != 2:
        c.fail("argument-value", f"crop_and_resize: crop_size needs (height, width), got {c.text(wanted)}")
    return made((rows[0], *wanted, dims[3]), "float32")


@rule("tensorflow.image.extract_glimpse")
def extract_glimpse(c: Call, input: Tensor, size: object, offsets: object, *args: object, **kwargs: object) -> Tensor:
    dims = need_rank(c, input, 4, names=_NAMES)
    wanted = sizes(c, size)
    if len(wanted) != 2:
        raise NotKnown
    return made((dims[0], *wanted, dims[3]), "float32")


@rule("tensorflow.image.extract_patches")
def extract_patches(
    c: Call, images: Tensor, sizes: object, strides: object, rates: object, padding: object, name: object = None
) -> Tensor:
    """(B, rows, columns, height · width · C) of a sliding window."""
    from shapelens.rules.tensorflow.common import sizes as listed

    dims = need_rank(c, images, 4, names=_NAMES)
    given = [listed(c, v) for v in (sizes, strides, rates)]
    if any(len(g) != 4 for g in given):
        c.fail("argument-value", "extract_patches: sizes, strides and rates need 4 numbers", images)
    mode = c.store.value(padding)
    if not isinstance(mode, str):
        raise NotKnown
    window = Window(given[0][1:3], given[1][1:3], given[2][1:3], mode.upper())
    kernel = given[0]
    spatial = slid(c, dims[1:3], window, images)
    return made((dims[0], *spatial, kernel[1] * kernel[2] * dims[3]), images.dtype)


@rule("tensorflow.extract_volume_patches")
def extract_volume_patches(
    c: Call, input: Tensor, ksizes: object, strides: object, padding: object, name: object = None
) -> Tensor:
    dims = need_rank(c, input, 5)
    kernel, steps = sizes(c, ksizes), sizes(c, strides)
    mode = c.store.value(padding)
    if len(kernel) != 5 or len(steps) != 5 or not isinstance(mode, str):
        raise NotKnown
    window = Window(kernel[1:4], steps[1:4], (1, 1, 1), mode.upper())
    return made((dims[0], *slid(c, dims[1:4], window, input), kernel[1] * kernel[2] * kernel[3] * dims[4]), input.dtype)


# -- turned --------------------------------------------------------------------------------------------------------


@rule(*paths(
    "image.flip_left_right flip_up_down random_flip_left_right random_flip_up_down "
    "stateless_random_flip_left_right stateless_random_flip_up_down"
))  # fmt: skip
def flip(c: Call, image: Tensor, seed: object = None) -> Tensor:
    shape = c.shape(image)
    if isinstance(shape, tuple):
        _picture(c, image)
    return made(shape, image.dtype)


@rule("tensorflow.image.rot90")
def rot90(c: Call, image: Tensor, k: object = 1, name: object = None) -> Tensor:
    """An odd number of turns swaps height and width."""
    batch, height, width, channels = _picture(c, image)
    turns = c.store.value(k)
    if not isinstance(turns, int):
        if height == width:
            return made(image.shape, image.dtype)
        return made((*batch, c.fresh("H"), c.fresh("W"), channels), image.dtype)
    return made((*batch, *((width, height) if turns % 2 else (height, width)), channels), image.dtype)


@rule("tensorflow.image.transpose")
def transpose(c: Call, image: Tensor, name: object = None) -> Tensor:
    batch, height, width, channels = _picture(c, image)
    return made((*batch, width, height, channels), image.dtype)


# -- colours -------------------------------------------------------------------------------------------------------


@rule(*paths("image.adjust_brightness adjust_gamma random_brightness stateless_random_brightness"))
def adjusted(c: Call, image: Tensor, *args: object, **kwargs: object) -> Tensor:
    return made(image.shape, image.dtype)


@rule(
    "tensorflow.image.adjust_contrast", "tensorflow.image.random_contrast", "tensorflow.image.stateless_random_contrast"
)
def contrast(c: Call, image: Tensor, *args: object, **kwargs: object) -> Tensor:
    shape = c.shape(image)
    if isinstance(shape, tuple) and len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name}: needs an image (H, W, C), got {c.text(image)}", image)
    return made(shape, image.dtype)


@rule(
    *paths(
        "image.adjust_hue adjust_saturation random_hue random_saturation stateless_random_hue stateless_random_saturation"
    )
)
def hue(c: Call, image: Tensor, *args: object, **kwargs: object) -> Tensor:
    shape = c.shape(image)
    if isinstance(shape, tuple) and len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name}: needs an image (H, W, C), got {c.text(image)}", image)
    _channels(c, image, 3)
    return made(c.shape(image), image.dtype)


@rule(*paths("image.adjust_jpeg_quality random_jpeg_quality stateless_random_jpeg_quality"))
def jpeg_quality(c: Call, image: Tensor, *args: object, **kwargs: object) -> Tensor:
    need_rank(c, image, 3, names=_NAMES[1:])
    return made(c.shape(image), image.dtype)


@rule(*paths("image.rgb_to_hsv hsv_to_rgb rgb_to_yiq rgb_to_yuv yiq_to_rgb yuv_to_rgb"))
def colours(c: Call, images: Tensor) -> Tensor:
    refuse(c, images.dtype, FLOATS, images)
    _channels(c, images, 3)
    return made(c.shape(images), images.dtype)


def _last(c: Call, images: Tensor, before: int, after: int) -> Tensor:
    _channels(c, images, before)
    shape = c.shape(images)
    if isinstance(shape, Open) and shape.suffix:
        return made(Open(shape.prefix, shape.var, (*shape.suffix[:-1], after)), images.dtype)
    dims = c.dims(images)
    return made((*dims[:-1], after), images.dtype)


@rule("tensorflow.image.rgb_to_grayscale")
def rgb_to_grayscale(c: Call, images: Tensor, name: object = None) -> Tensor:
    """Three channels become one."""
    return _last(c, images, 3, 1)


@rule("tensorflow.image.grayscale_to_rgb")
def grayscale_to_rgb(c: Call, images: Tensor, name: object = None) -> Tensor:
    return _last(c, images, 1, 3)


@rule("tensorflow.image.convert_image_dtype")
def convert_image_dtype(c: Call, image: Tensor, dtype: object, saturate: object = False, name: object = None) -> Tensor:
    return made(image.shape, named(c, dtype))


@rule("tensorflow.image.per_image_standardization")
def standardized(c: Call, image: Tensor) -> Tensor:
    shape = c.shape(image)
    if isinstance(shape, tuple) and len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name}: needs an image (H, W, C), got {c.text(image)}", image)
    dtype = image.dtype
    return made(shape, dtype if dtype in (None, "float16", "float32") else "float32")


@rule("tensorflow.image.draw_bounding_boxes")
def draw_bounding_boxes(c: Call, images: Tensor, boxes: Tensor, colors: object, name: object = None) -> Tensor:
    need_rank(c, images, 4, names=_NAMES)
    need_rank(c, boxes, 3, names=("B", "n", "4"))
    return made(c.shape(images), images.dtype if images.library == "tensorflow" else None)


# -- measures ------------------------------------------------------------------------------------------------------


@rule("tensorflow.image.image_gradients")
def image_gradients(c: Call, image: Tensor) -> object:
    need_rank(c, image, 4, names=_NAMES)
    shape = c.shape(image)
    return made(shape, image.dtype), made(shape, image.dtype)


@rule("tensorflow.image.sobel_edges")
def sobel_edges(c: Call, image: Tensor) -> Tensor:
    """Both directions, last."""
    return made((*need_rank(c, image, 4, names=_NAMES), 2), image.dtype)


@rule("tensorflow.image.total_variation")
def total_variation(c: Call, images: Tensor, name: object = None) -> Tensor:
    return made(_picture(c, images)[0], images.dtype)


@rule(*paths("image.psnr ssim ssim_multiscale"))
def similarity(c: Call, img1: object, img2: object, max_val: object, *args: object, **kwargs: object) -> Tensor:
    """One number for each pair of pictures; the last three axes must agree."""
    (a, b), _ = operands(c, img1, img2)
    one, two = c.dims(a), c.dims(b)
    for each, dims in ((a, one), (b, two)):
        if len(dims) < 3:
            c.fail("rank-mismatch", f"{c.name}: needs images (H, W, C), got {c.text(each)}", each)
    if any(c.equate(x, y) is False for x, y in zip(one[-3:], two[-3:])):
        c.fail("shape-mismatch", f"{c.name}: {c.text(a)} and {c.text(b)} differ", a, b)
    if kwargs.get("return_index_map"):
        raise NotKnown
    return made(c.broadcast(one[:-3], two[:-3], what=c.name, tensors=(a, b)), "float32")


# -- files ---------------------------------------------------------------------------------------------------------


@rule(*paths("image.decode_jpeg decode_png decode_bmp decode_webp decode_and_crop_jpeg"))
def decode(c: Call, contents: object, *args: object, **kwargs: object) -> Tensor:
    """(H, W, channels): as many channels as are asked for, else as the file has."""
    crop = c.name == "decode_and_crop_jpeg"
    if crop and args:
        args = args[1:]
    asked = c.store.value(args[0] if args else kwargs.get("channels", 0))
    channels: Dim = asked if isinstance(asked, int) and asked else c.fresh("C")
    dtype = kwargs.get("dtype", args[1] if len(args) > 1 and c.name in ("decode_png", "decode_webp") else None)
    frames = (c.fresh("frames"),) if c.name == "decode_webp" else ()
    return made((*frames, c.fresh("H"), c.fresh("W"), channels), named(c, dtype, "uint8"))


@rule("tensorflow.image.decode_gif")
def decode_gif(c: Call, contents: object, name: object = None) -> Tensor:
    return made((c.fresh("frames"), c.fresh("H"), c.fresh("W"), 3), "uint8")


@rule("tensorflow.image.decode_image")
def decode_image(
    c: Call,
    contents: object,
    channels: object = None,
    dtype: object = "uint8",
    name: object = None,
    expand_animations: object = True,
) -> Tensor:
    """Of rank 3 if animations are not expanded; else a GIF is of rank 4."""
    if c.store.value(expand_animations) is not False:
        return made(None, named(c, dtype))
    asked = c.store.value(channels)
    return made(
        (c.fresh("H"), c.fresh("W"), asked if isinstance(asked, int) and asked else c.fresh("C")), named(c, dtype)
    )


@rule("tensorflow.image.encode_jpeg")
def encode_jpeg(c: Call, image: Tensor, *args: object, **kwargs: object) -> Tensor:
    """One string."""
    need_rank(c, image, 3, names=_NAMES[1:])
    return made((), None)


@rule("tensorflow.image.encode_png")
def encode_png(c: Call, image: Tensor, compression: object = -1, name: object = None) -> Tensor:
    """One string for each picture."""
    dims = c.dims(image)
    if len(dims) < 3:
        c.fail("rank-mismatch", f"encode_png: needs an image (H, W, C), got {c.text(image)}", image)
    return made(dims[:-3], None)


@rule(*paths("io.read_file serialize_tensor"))
def one_string(c: Call, *args: object, **kwargs: object) -> Tensor:
    return made((), None)


@rule("tensorflow.image.extract_jpeg_shape")
def extract_jpeg_shape(c: Call, contents: object, output_type: object = "int32", name: object = None) -> Tensor:
    return made((3,), named(c, output_type))


@rule("tensorflow.image.is_jpeg")
def is_jpeg(c: Call, contents: object, name: object = None) -> Tensor:
    return made((), "bool")


# -- boxes ---------------------------------------------------------------------------------------------------------


@rule("tensorflow.image.non_max_suppression", "tensorflow.image.non_max_suppression_overlaps")
def non_max_suppression(
    c: Call, boxes: Tensor, scores: Tensor, max_output_size: object, *args: object, **kwargs: object
) -> Tensor:
    """Indices of the boxes that are kept: how many is in the data."""
    _boxes(c, boxes, scores)
    return made((c.fresh("n", 0),), "int32")


def _boxes(c: Call, boxes: Tensor, scores: Tensor) -> None:
    rows, count = need_rank(c, boxes, 2, names=("n", "4")), need_rank(c, scores, 1, names=("n",))
    c.require(
        rows[0], count[0], "batch-mismatch", f"{c.name}: {c.text(boxes)} boxes, {c.text(scores)} scores", boxes, scores
    )
    if not c.name.endswith("overlaps"):
        c.require(rows[1], 4, "shape-mismatch", f"{c.name}: a box has 4 numbers, got {c.text(boxes)}", boxes)


@rule("tensorflow.image.non_max_suppression_with_scores")
def nms_with_scores(
    c: Call, boxes: Tensor, scores: Tensor, max_output_size: object, *args: object, **kwargs: object
) -> object:
    _boxes(c, boxes, scores)
    count = c.fresh("n", 0)
    return made((count,), "int32"), made((count,), scores.dtype)


@rule("tensorflow.image.combined_non_max_suppression")
def combined_nms(
    c: Call,
    boxes: Tensor,
    scores: Tensor,
    max_output_size_per_class: object,
    max_total_size: object,
    *args: object,
    **kwargs: object,
) -> object:
    """Boxes, scores and classes of the best of each picture, and how many are valid."""
    if kwargs.get("pad_per_class") or len(args) > 2:
        raise NotKnown
    batch = need_rank(c, boxes, 4)[0]
    count = number(c, max_total_size)
    return Named.of(
        nmsed_boxes=made((batch, count, 4), "float32"),
        nmsed_scores=made((batch, count), "float32"),
        nmsed_classes=made((batch, count), "float32"),
        valid_detections=made((batch,), "int32"),
    )


@rule("tensorflow.image.sample_distorted_bounding_box", "tensorflow.image.stateless_sample_distorted_bounding_box")
def distorted_box(c: Call, image_size: Tensor, bounding_boxes: object, *args: object, **kwargs: object) -> object:
    """begin, size, and the box."""
    return Named.of(
        begin=made((3,), image_size.dtype), size=made((3,), image_size.dtype), bboxes=made((1, 1, 4), "float32")
    )
