"""torchvision.transforms and torchvision.transforms.v2: the size and channels that each gives, for PIL images and
tensors (…, C, H, W). A transform of something else is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, Expr, equal, less
from shapelens.rules.call import Call, Fix, NotKnown
from shapelens.rules.registry import alias, layer, rule
from shapelens.rules.torch.data import alike, is_image
from shapelens.rules.torchvision.images import Picture, make_image, picture
from shapelens.values import Instance, Lib, List, Scalar, Tensor, Unknown
from shapelens.values.dtypes import FLOATS
from shapelens.values.text import dim_text

V1, V2 = "torchvision.transforms", "torchvision.transforms.v2"
_FUNCTIONAL = (f"{V1}.functional", f"{V2}.functional")
_BASE = f"{V2}.Transform"
# v1 classes that are no torch.nn.Module.
_PLAIN = frozenset("Compose Lambda ToTensor PILToTensor ToPILImage RandomChoice RandomOrder".split())

Apply = Callable[..., Any]


@layer(_BASE, "", bases=("torch.nn.Module",))
def _unknown(c: Call, self: Instance, *inpt: object) -> object:
    raise NotKnown


def _make(
    name: str, declared: str, apply: Apply, v2: str | None = None, setup: Callable[..., None] | None = None
) -> None:
    """Register a transform in both versions: `apply(c, attrs, img)`; `v2` the parameters there, "-" for none."""

    def forward(c: Call, self: Instance, img: object) -> object:
        return apply(c, self.attrs, c.store.value(img))

    if declared != "-":
        bases = () if name in _PLAIN else ("torch.nn.Module",)
        layer(f"{V1}.{name}", declared, bases=bases, setup=setup)(forward)
    if v2 != "-":

        def forward_v2(c: Call, self: Instance, *inpt: object) -> object:
            if len(inpt) != 1:
                raise NotKnown
            return apply(c, self.attrs, c.store.value(inpt[0]))

        layer(f"{V2}.{name}", declared if v2 is None else v2, bases=(_BASE,), setup=setup)(forward_v2)


def _function(*names: str) -> Callable[[Apply], Apply]:
    """Register a function of torchvision.transforms.functional and its v2."""
    return rule(*(f"{module}.{name}" for module in _FUNCTIONAL for name in names))


def _is_v2(c: Call) -> bool:
    return c.path.startswith(V2)


def _seen(c: Call, img: object) -> Picture:
    """The image; fails for a NumPy array, which v1 transforms do not take and v2's leave as it is."""
    if isinstance(img, Tensor) and img.library == "numpy" and img.dtype is not None and not _is_v2(c):
        if isinstance(c.shape(img), tuple):
            c.fail(
                "image-type",
                f"{c.name} needs a PIL image or a tensor, got a NumPy array: put ToPILImage() or ToTensor() before it",
                img,
            )
    return picture(c, img)


# -- sizes ---------------------------------------------------------------------------------------------------------


def pair(c: Call, size: object) -> tuple[Dim | None, Dim | None]:
    """A size argument as (height, width): one number stands for both. None where not known."""
    size = c.store.value(size)
    if isinstance(size, (tuple, list)):
        if getattr(size, "rest", None) is not None:
            return None, None
        if len(size) not in (1, 2):
            c.fail("argument-value", f"{c.name}: size must be one number or (height, width), got {len(size)} numbers")
        found = [_side(c, s) for s in size]
        return found[0], found[-1]
    side = _side(c, size)
    return side, side


def _side(c: Call, size: object) -> Dim | None:
    size = c.store.value(size)
    if isinstance(size, bool):
        return None
    if isinstance(size, (int, Expr)):
        return size
    if isinstance(size, float):
        return int(size)
    return c.dim(size) if isinstance(size, Scalar) and size.type == "int" else None


def _with_fresh(c: Call, sides: tuple[Dim | None, Dim | None]) -> tuple[Dim, Dim]:
    height, width = sides
    return c.fresh("H") if height is None else height, c.fresh("W") if width is None else width


def resized(c: Call, seen: Picture, size: object, max_size: object) -> tuple[Dim | None, Dim | None]:
    """The size that Resize gives: one number is that of the shorter side, the other keeps the aspect ratio."""
    size, max_size = c.store.value(size), c.store.value(max_size)
    if isinstance(size, (tuple, list)) and len(size) != 1:
        return pair(c, size)
    if size is None:
        return None, None
    side, _ = pair(c, size)
    h, w = seen.height, seen.width
    limit = max_size if isinstance(max_size, int) else None
    if isinstance(side, int) and limit is not None and limit <= side:
        c.fail("argument-value", f"{c.name}: max_size {limit} must be larger than size {side}")
    if side is None or max_size is not None and limit is None:
        return None, None
    if isinstance(h, int) and isinstance(w, int) and isinstance(side, int) and h > 0 and w > 0:
        short, long = min(h, w), max(h, w)
        new_short, new_long = side, int(side * long / short)
        if limit is not None and new_long > limit:
            new_short, new_long = int(limit * new_short / new_long), limit
        return (new_long, new_short) if w <= h else (new_short, new_long)
    if equal(h, w) is True and (limit is None or isinstance(side, int)):
        return side, side
    return None, None


def padded(c: Call, seen: Picture, padding: object) -> tuple[Dim | None, Dim | None]:
    """The size after padding by one number, (left and right, top and bottom) or (left, top, right, bottom)."""
    padding = c.store.value(padding)
    if isinstance(padding, (tuple, list)):
        if getattr(padding, "rest", None) is not None:
            return None, None
        sides = [_side(c, p) for p in padding]
        if len(sides) not in (1, 2, 4):
            c.fail("argument-value", f"{c.name}: padding must be 1, 2 or 4 numbers, got {len(sides)}")
    else:
        sides = [_side(c, padding)]
    if any(s is None for s in sides):
        return None, None
    known: list[Any] = sides
    left, top, right, bottom = (known * (4 // len(known))) if len(known) < 4 else known
    return seen.height + top + bottom, seen.width + left + right


def cropped(c: Call, seen: Picture, size: object, img: object, h: Dim | None, w: Dim | None) -> tuple[Dim, Dim]:
    """The size of a crop out of an image (h, w); fails where the image is certainly smaller."""
    sides = pair(c, size)
    for have, wanted in ((h, sides[0]), (w, sides[1])):
        if have is not None and wanted is not None and less(have, wanted) is True:
            shown = f"{_text(c, sides[0])}×{_text(c, sides[1])}"
            c.fail(
                "crop-too-large",
                f"{c.name}: a crop of {shown} does not fit into an image of {_text(c, h)}×{_text(c, w)}",
                *([img] if isinstance(img, Tensor) else []),
            )
    return _with_fresh(c, sides)


def _text(c: Call, dim: Dim | None) -> str:
    return "?" if dim is None else dim_text(c.store.dim(dim))


# -- what changes the size -----------------------------------------------------------------------------------------


def _check_size(c: Call, self: Instance) -> None:
    pair(c, self.attrs["size"])


def _resize(c: Call, a: dict[str, Any], img: Any) -> Any:
    seen = _seen(c, img)
    return seen.remade(c, *resized(c, seen, a["size"], a["max_size"]))


def _to_size(c: Call, a: dict[str, Any], img: Any) -> Any:
    """CenterCrop (which pads a smaller image) and RandomResizedCrop: always the size asked for."""
    return _seen(c, img).remade(c, *pair(c, a["size"]))


def _random_crop(c: Call, a: dict[str, Any], img: Any) -> Any:
    seen = _seen(c, img)
    h: Dim | None = seen.height
    w: Dim | None = seen.width
    if c.store.value(a["padding"]) is not None:
        h, w = padded(c, seen, a["padding"])
    if c.store.value(a["pad_if_needed"]) is not False:
        h, w = None, None
    return seen.remade(c, *cropped(c, seen, a["size"], img, h, w))


def _pad(c: Call, a: dict[str, Any], img: Any) -> Any:
    seen = _seen(c, img)
    return seen.remade(c, *padded(c, seen, a["padding"]))


def _corners(count: int) -> Apply:
    def apply(c: Call, a: dict[str, Any], img: Any) -> Any:
        seen = _seen(c, img)
        h, w = cropped(c, seen, a["size"], img, seen.height, seen.width)
        return tuple([seen.remade(c, h, w) for _ in range(count)])

    return apply


def _rotated(c: Call, a: dict[str, Any], img: Any) -> Any:
    if c.store.value(a["expand"]) is False:
        return _same(c, a, img)
    return picture(c, img).remade(c, None, None)


def _other_size(c: Call, a: dict[str, Any], img: Any) -> Any:
    return picture(c, img).remade(c, None, None)


_MODE = "interpolation=None"  # its default is an InterpolationMode, which says nothing of a shape
_make("Resize", f"size, {_MODE}, max_size=None, antialias=True", _resize, setup=_check_size)
_make("CenterCrop", "size", _to_size, setup=_check_size)
_make(
    "RandomResizedCrop",
    f"size, scale=(0.08, 1.0), ratio=(0.75, 1.3333333333333333), {_MODE}, antialias=True",
    _to_size,
    setup=_check_size,
)
_make(
    "RandomCrop",
    "size, padding=None, pad_if_needed=False, fill=0, padding_mode='constant'",
    _random_crop,
    setup=_check_size,
)
_make("Pad", "padding, fill=0, padding_mode='constant'", _pad)
_make("FiveCrop", "size", _corners(5), setup=_check_size)
_make("TenCrop", "size, vertical_flip=False", _corners(10), setup=_check_size)
_make("RandomRotation", f"degrees, {_MODE}, expand=False, center=None, fill=0", _rotated)
for _name, _declared in (
    ("ScaleJitter", f"target_size, scale_range=(0.1, 2.0), {_MODE}, antialias=True"),
    ("RandomResize", f"min_size, max_size, {_MODE}, antialias=True"),
    ("RandomShortestSize", f"min_size, max_size=None, {_MODE}, antialias=True"),
    ("RandomZoomOut", "fill=0, side_range=(1.0, 4.0), p=0.5"),
    (
        "RandomIoUCrop",
        "min_scale=0.3, max_scale=1.0, min_aspect_ratio=0.5, max_aspect_ratio=2.0, sampler_options=None, trials=40",
    ),
):
    _make(_name, "-", _other_size, _declared)


# -- what keeps the size -------------------------------------------------------------------------------------------


def _same(c: Call, a: dict[str, Any], img: Any) -> Any:
    if isinstance(img, Tensor) and img.library == "torch":
        return img.with_()
    seen = picture(c, img)
    return seen.remade(c, seen.height, seen.width)


_JITTER = "brightness={0}, contrast={0}, saturation={0}, hue={0}"
for _name, _declared, _v2 in (
    ("RandomHorizontalFlip", "p=0.5", None),
    ("RandomVerticalFlip", "p=0.5", None),
    ("RandomAffine", f"degrees, translate=None, scale=None, shear=None, {_MODE}, fill=0, center=None", None),
    ("RandomPerspective", f"distortion_scale=0.5, p=0.5, {_MODE}, fill=0", None),
    ("ElasticTransform", f"alpha=50.0, sigma=5.0, {_MODE}, fill=0", None),
    ("ColorJitter", _JITTER.format(0), _JITTER.format(None)),
    ("RandomGrayscale", "p=0.1", None),
    ("GaussianBlur", "kernel_size, sigma=(0.1, 2.0)", None),
    ("RandomInvert", "p=0.5", None),
    ("RandomPosterize", "bits, p=0.5", None),
    ("RandomSolarize", "threshold, p=0.5", None),
    ("RandomAdjustSharpness", "sharpness_factor, p=0.5", None),
    ("RandomAutocontrast", "p=0.5", None),
    ("RandomEqualize", "p=0.5", None),
    ("RandomErasing", "p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False", None),
    ("AutoAugment", f"policy=None, {_MODE}, fill=None", None),
    ("RandAugment", f"num_ops=2, magnitude=9, num_magnitude_bins=31, {_MODE}, fill=None", None),
    ("TrivialAugmentWide", f"num_magnitude_bins=31, {_MODE}, fill=None", None),
    ("AugMix", f"severity=3, mixture_width=3, chain_depth=-1, alpha=1.0, all_ops=True, {_MODE}, fill=None", None),
    ("RandomPhotometricDistort", "-", "brightness=None, contrast=None, saturation=None, hue=None, p=0.5"),
    ("RandomChannelPermutation", "-", ""),
    ("GaussianNoise", "-", "mean=0.0, sigma=0.1, clip=True"),
    ("JPEG", "-", "quality"),
    ("Identity", "-", ""),
    ("ToPureTensor", "-", ""),
):
    _make(_name, _declared, _same, _v2)


def _grey(c: Call, a: dict[str, Any], img: Any) -> Any:
    seen, n = _seen(c, img), c.store.value(a["num_output_channels"])
    if isinstance(n, int) and n not in (1, 3):
        c.fail("argument-value", f"{c.name}: num_output_channels must be 1 or 3, got {n}")
    if seen.tensor is not None and isinstance(seen.channels, int) and seen.channels not in (1, 3):
        c.fail("channel-mismatch", f"{c.name} expects 1 or 3 channels, got {seen.channels}", seen.tensor)
    if seen.tensor is not None and n == 3 and not _is_v2(c):
        return img.with_()  # v1 expands the grey image to the shape that it had: one channel stays one
    return seen.remade(c, seen.height, seen.width, n if isinstance(n, int) else c.fresh("C"))


_make("Grayscale", "num_output_channels=1", _grey)


def _rgb(c: Call, a: dict[str, Any], img: Any) -> Any:
    seen = picture(c, img)
    if seen.tensor is None or seen.channels == 1:
        return seen.remade(c, seen.height, seen.width, 3)
    return img if less(2, seen.channels) is True else c.unknown()


_make("RGB", "-", _rgb, "")


# -- to and from tensors -------------------------------------------------------------------------------------------


def _to_tensor(c: Call, a: dict[str, Any], img: Any) -> Any:
    """A PIL image or an array (H, W, C) as a tensor (C, H, W): uint8 is scaled to float32."""
    if is_image(img):
        seen = picture(c, img)
        return Tensor((seen.channels, seen.height, seen.width), _scaled_dtype(seen.mode))
    if isinstance(img, Tensor) and img.library == "numpy":
        dtype = "float32" if img.dtype == "uint8" else img.dtype
        return Tensor(_channels_first(c, img), dtype)
    if isinstance(img, Tensor):
        if _is_v2(c):
            return img
        if isinstance(c.shape(img), tuple) and img.dtype is not None:
            c.fail("image-type", f"{c.name} needs a PIL image or a NumPy array, got a tensor: leave it out", img)
        raise NotKnown
    if _is_v2(c):
        raise NotKnown
    return Tensor((c.fresh("C"), c.fresh("H"), c.fresh("W")))


def _scaled_dtype(mode: str | None) -> str | None:
    return None if mode is None else {"I": "int32", "I;16": "int16"}.get(mode, "float32")


def _channels_first(c: Call, img: Tensor) -> tuple[Dim, ...]:
    shape = c.shape(img)
    if not isinstance(shape, tuple):
        return c.fresh("C"), c.fresh("H"), c.fresh("W")
    if len(shape) not in (2, 3):
        c.fail("rank-mismatch", f"{c.name} needs an array (H, W, C) or (H, W), got {c.text(img)}", img)
    return (shape[2] if len(shape) == 3 else 1), shape[0], shape[1]


def _pil_to_tensor(c: Call, a: dict[str, Any], img: Any) -> Any:
    if isinstance(img, Tensor):
        if _is_v2(c):
            return img
        if isinstance(c.shape(img), tuple) and img.dtype is not None:
            kind = "a NumPy array" if img.library == "numpy" else "a tensor"
            c.fail("image-type", f"{c.name} needs a PIL image, got {kind}", img)
    if is_image(img):
        seen = picture(c, img)
        dtypes = {"1": "bool", "I": "int32", "F": "float32", "I;16": "uint16"}
        dtype = None if seen.mode is None else dtypes.get(seen.mode, "uint8")
        return Tensor((seen.channels, seen.height, seen.width), dtype)
    if _is_v2(c):
        raise NotKnown
    return Tensor((c.fresh("C"), c.fresh("H"), c.fresh("W")))


def _to_image(c: Call, a: dict[str, Any], img: Any) -> Any:
    """v2.ToImage: as a tensor (C, H, W), nothing scaled."""
    if is_image(img):
        return _pil_to_tensor(c, a, img)
    if isinstance(img, Tensor) and img.library == "numpy":
        return Tensor(_channels_first(c, img), img.dtype)
    if isinstance(img, Tensor) and isinstance(c.shape(img), tuple):
        shape = c.dims(img)
        return Tensor((1, *shape) if len(shape) == 2 else shape, img.dtype)
    raise NotKnown


def _to_pil(c: Call, a: dict[str, Any], img: Any) -> Any:
    """A tensor (C, H, W) or an array (H, W, C) as a PIL image. Source: torchvision's to_pil_image."""
    if is_image(img):
        if not _is_v2(c):
            c.fail("image-type", f"{c.name} needs a tensor or a NumPy array, got a PIL image: leave it out")
        return img
    mode = c.store.value(a["mode"])
    given = mode if isinstance(mode, str) else None
    if not isinstance(img, Tensor) or not isinstance(c.shape(img), tuple):
        if isinstance(img, Tensor) or not _is_v2(c):
            return make_image(c, given, None, None)
        raise NotKnown
    shape = c.dims(img)
    last = img.library == "numpy"
    if len(shape) not in (2, 3):
        layout = "(H, W, C)" if last else "(C, H, W)"
        c.fail("rank-mismatch", f"{c.name} needs one image {layout} or (H, W), got {c.text(img)}", img)
    channels, h, w = (1, *shape) if len(shape) == 2 else (shape[2], *shape[:2]) if last else shape
    if less(4, channels) is True:
        c.fail("channel-mismatch", f"{c.name} takes at most 4 channels, got {c.dim_text(channels)}", img)
    if given is None and mode is None and isinstance(channels, int):
        if img.dtype == "uint8" or img.dtype in FLOATS:
            given = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}.get(channels)
        elif channels == 1:
            given = {"int16": "I;16", "int32": "I"}.get(img.dtype or "")
    return make_image(c, given, h, w, channels)


def _cast(c: Call, a: dict[str, Any], img: Any) -> Any:
    """ConvertImageDtype and v2.ToDtype: a tensor with another dtype."""
    if is_image(img):
        if not _is_v2(c):
            c.fail("image-type", f"{c.name} needs a tensor, got a PIL image: put ToTensor() or PILToTensor() before it")
        return img
    if not isinstance(img, Tensor) or img.library != "torch":
        raise NotKnown
    dtype = c.store.value(a["dtype"])
    if isinstance(dtype, dict) or dtype is None:
        raise NotKnown
    return img.with_(dtype=c.dtype(dtype))


_make("ToTensor", "", _to_tensor)
_make("PILToTensor", "", _pil_to_tensor)
_make("ToImage", "-", _to_image, "")
_make("ToPILImage", "mode=None", _to_pil)
_make("ConvertImageDtype", "dtype", _cast, "dtype='float32'")
_make("ToDtype", "-", _cast, "dtype, scale=False")


# -- values --------------------------------------------------------------------------------------------------------


def _normalize(c: Call, a: dict[str, Any], img: Any) -> Any:
    """(…, C, H, W) less one mean a channel, by one std a channel. Source: torchvision's normalize."""
    if is_image(img):
        c.fail("normalize-before-tensor", f"{c.name} needs a tensor: put ToTensor() before it")
    if not isinstance(img, Tensor):
        raise NotKnown
    if img.library == "numpy":
        if _is_v2(c) or img.dtype is None or not isinstance(c.shape(img), tuple):
            raise NotKnown
        c.fail("normalize-before-tensor", f"{c.name} needs a tensor, got a NumPy array: put ToTensor() before it", img)
    if img.dtype is not None and img.dtype not in FLOATS:
        c.fail("dtype-mismatch", f"{c.name} needs a float tensor, got {img.dtype}", img)
    shape = c.shape(img)
    if not isinstance(shape, tuple):
        return img.with_()
    if len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name} expects (…, C, H, W), got {c.text(img)}", img)
    channels = shape[-3]
    counts = {name: _entries(c, a[name]) for name in ("mean", "std")}
    if _is_v2(c) and c.store.value(a["inplace"]) is not True and counts["mean"] not in (None, 1):
        # v2 subtracts out of place first, so one channel becomes as many as there are means.
        channels = _spread(c, channels, counts["mean"])
    for name, count in counts.items():
        if count is not None and count != 1 and c.equate(channels, count) is False:
            verb = "channel" if channels == 1 else "channels"
            c.fail(
                "channel-mismatch",
                f"{c.name}: {name} has {count} numbers, the image {c.text(img)} has {c.dim_text(channels)} {verb}",
                img,
                fixes=_one_each(c, a, name, channels),
            )
    std = c.store.value(a["std"])
    if isinstance(std, (tuple, list)) and any(isinstance(v, (int, float)) and v == 0 for v in std):
        c.fail("argument-value", f"{c.name}: std must not be zero")
    return img.with_(shape=(*shape[:-3], channels, *shape[-2:]))


def _spread(c: Call, channels: Dim, means: Any) -> Dim:
    """The channels after as many means were subtracted: one channel is broadcast."""
    return means if channels == 1 or not isinstance(channels, int) and less(1, channels) is not True else channels


def _entries(c: Call, value: object) -> int | None:
    value = c.store.value(value)
    if isinstance(value, (tuple, list)) and getattr(value, "rest", None) is None:
        return len(value) or None
    if isinstance(value, Tensor):
        shape = c.shape(value)
        if isinstance(shape, tuple) and len(shape) == 1 and isinstance(shape[0], int):
            return shape[0]
    return None


def _one_each(c: Call, a: dict[str, Any], name: str, channels: Dim) -> list[Fix]:
    """The fix that writes as many numbers as there are channels, where only one of mean and std is wrong."""
    value = c.store.value(a[name])
    other = _entries(c, a["std" if name == "mean" else "mean"])
    if c.layer is None or c.layer.origin is None or not isinstance(channels, int) or other not in (1, channels):
        return []
    if not isinstance(value, (tuple, list)) or not all(isinstance(v, (int, float)) for v in value):
        return []
    if len(set(value)) != 1:
        return []
    text = "(" + ", ".join([repr(value[0])] * channels) + ("," if channels == 1 else "") + ")"
    return [Fix(f"Give {name} {channels} numbers", c.layer.origin, name, text)]


def _linear(c: Call, a: dict[str, Any], img: Any) -> Any:
    """(…, C, H, W) as one vector of C·H·W numbers times a matrix."""
    if is_image(img):
        c.fail("normalize-before-tensor", f"{c.name} needs a tensor: put ToTensor() before it")
    if not isinstance(img, Tensor) or img.library != "torch":
        raise NotKnown
    shape, matrix = c.shape(img), c.store.value(a["transformation_matrix"])
    if isinstance(shape, tuple) and len(shape) >= 3 and isinstance(matrix, Tensor):
        rows = c.shape(matrix)
        features = shape[-3] * shape[-2] * shape[-1]
        if isinstance(rows, tuple) and len(rows) == 2 and c.equate(features, rows[0]) is False:
            c.fail(
                "feature-mismatch",
                f"{c.name}: the matrix is for {c.dim_text(rows[0])} numbers, an image {c.text(img)} has "
                f"{c.dim_text(features)}",
                img,
            )
    return img.with_()


_make("Normalize", "mean, std, inplace=False", _normalize)
_make("LinearTransformation", "transformation_matrix, mean_vector", _linear)


# -- transforms of transforms --------------------------------------------------------------------------------------


def _listed(c: Call, transforms: object) -> list[Any]:
    """The transforms in a list, tuple or ModuleList; NotKnown where they are not all known."""
    found = c.invoke(Lib("builtins.list"), transforms)
    if not isinstance(found, List) or found.rest is not None:
        raise NotKnown
    return list(found)


def _compose(c: Call, a: dict[str, Any], img: Any) -> Any:
    value, transforms = img, _listed(c, a["transforms"])
    for i, transform in enumerate(transforms):
        if type(value) is Unknown and _takes_image(c, transforms[i:]):
            value = make_image(c, None, None, None)
        value = c.store.value(c.invoke(transform, value))
    return value


def _takes_image(c: Call, transforms: Sequence[Any]) -> bool:
    """Whether these v1 transforms work for a PIL image alone: the first that makes a tensor is ToTensor.

    A tensor is refused there, an array by what stands before it; where that is left to chance, an array gives no
    other shape than an image of which nothing is known.
    """
    for transform in transforms:
        name = _v1_name(transform)
        if name in ("ToTensor", "PILToTensor"):
            return transform is not transforms[0]
        if not _keeps(c, transform):
            return False
    return False


def _keeps(c: Call, transform: Any) -> bool:
    """Whether a v1 transform gives an image of the same kind as it takes."""
    name = _v1_name(transform)
    if name in ("RandomApply", "RandomChoice", "RandomOrder"):
        return all(_keeps(c, t) for t in _listed(c, transform.attrs["transforms"]))
    return name in _KEEPS


def _v1_name(transform: Any) -> str:
    if not isinstance(transform, Instance) or not isinstance(transform.cls, Lib):
        return ""
    module, _, name = transform.cls.path.rpartition(".")
    return name if module == V1 and transform.attrs.get("?") is None else ""


_KEEPS = frozenset(
    "Resize CenterCrop RandomCrop RandomResizedCrop Pad Grayscale ColorJitter RandomRotation RandomAffine GaussianBlur "
    "RandomHorizontalFlip RandomVerticalFlip RandomPerspective ElasticTransform RandomGrayscale RandomInvert AugMix "
    "RandomPosterize RandomSolarize RandomAdjustSharpness RandomAutocontrast RandomEqualize AutoAugment RandAugment "
    "TrivialAugmentWide".split()
)


def _either(c: Call, values: Sequence[Any]) -> Any:
    """One image or tensor that stands for each of these."""
    if all(is_image(v) for v in values):
        seen = [picture(c, v) for v in values]
        first = seen[0]
        same = [
            getattr(first, n)
            if all(equal(getattr(first, n), getattr(s, n)) is True for s in seen)
            else c.fresh(n[0].upper())
            for n in ("channels", "height", "width")
        ]
        mode = first.mode if all(s.mode == first.mode for s in seen) else None
        return make_image(c, mode, same[1], same[2], same[0])
    return alike(c, values)


def _maybe(c: Call, a: dict[str, Any], img: Any) -> Any:
    """RandomApply: all of them in order, or none."""
    p, value = c.store.value(a["p"]), img
    if p == 0 and isinstance(p, (int, float)):
        return img
    for transform in _listed(c, a["transforms"]):
        value = c.store.value(c.invoke(transform, value))
    return value if isinstance(p, (int, float)) and p == 1 else _either(c, [img, value])


def _one_of(c: Call, a: dict[str, Any], img: Any) -> Any:
    return _either(c, [c.store.value(c.invoke(t, img)) for t in _listed(c, a["transforms"])])


def _any_order(c: Call, a: dict[str, Any], img: Any) -> Any:
    """RandomOrder: known where none of them changes the size."""
    before = picture(c, img)
    for transform in _listed(c, a["transforms"]):
        after = picture(c, c.invoke(transform, img))
        if (after.tensor is None) is not (before.tensor is None) or not all(
            equal(x, y) is True
            for x, y in zip((before.channels, before.height, before.width), (after.channels, after.height, after.width))
        ):
            raise NotKnown
    return before.remade(c, before.height, before.width)


def _lambda(c: Call, a: dict[str, Any], img: Any) -> Any:
    return c.invoke(a["lambd"], img)


_make("Compose", "transforms", _compose)
_make("RandomApply", "transforms, p=0.5", _maybe)
_make("RandomChoice", "transforms, p=None", _one_of)
_make("RandomOrder", "transforms", _any_order)
_make("Lambda", "lambd", _lambda, "lambd, *types")


# -- functions -----------------------------------------------------------------------------------------------------


@_function("to_tensor")
def to_tensor(c: Call, pic: object) -> object:
    return _to_tensor(c, {}, c.store.value(pic))


@_function("pil_to_tensor")
def pil_to_tensor(c: Call, pic: object) -> object:
    return _pil_to_tensor(c, {}, c.store.value(pic))


@_function("to_image")
def to_image(c: Call, inpt: object) -> object:
    return _to_image(c, {}, c.store.value(inpt))


@_function("to_pil_image")
def to_pil_image(c: Call, pic: object, mode: object = None) -> object:
    return _to_pil(c, {"mode": mode}, c.store.value(pic))


@_function("normalize")
def normalize(c: Call, tensor: object, mean: object, std: object, inplace: object = False) -> object:
    return _normalize(c, {"mean": mean, "std": std, "inplace": inplace}, c.store.value(tensor))


@_function("convert_image_dtype")
def convert_image_dtype(c: Call, image: object, dtype: object = "float32") -> object:
    return _cast(c, {"dtype": dtype}, c.store.value(image))


@_function("to_dtype")
def to_dtype(c: Call, inpt: object, dtype: object = "float32", scale: object = False) -> object:
    return _cast(c, {"dtype": dtype}, c.store.value(inpt))


@_function("resize")
def resize(
    c: Call,
    img: object,
    size: object,
    interpolation: object = None,
    max_size: object = None,
    antialias: object = True,
) -> object:
    return _resize(c, {"size": size, "max_size": max_size}, c.store.value(img))


@_function("center_crop")
def center_crop(c: Call, img: object, output_size: object) -> object:
    return _to_size(c, {"size": output_size}, c.store.value(img))


@_function("crop")
def crop(c: Call, img: object, top: object, left: object, height: object, width: object) -> object:
    return _seen(c, c.store.value(img)).remade(c, _side(c, height), _side(c, width))


@_function("resized_crop")
def resized_crop(
    c: Call,
    img: object,
    top: object,
    left: object,
    height: object,
    width: object,
    size: object,
    interpolation: object = None,
    antialias: object = True,
) -> object:
    return _to_size(c, {"size": size}, c.store.value(img))


@_function("pad")
def pad(c: Call, img: object, padding: object, fill: object = 0, padding_mode: object = "constant") -> object:
    return _pad(c, {"padding": padding}, c.store.value(img))


@_function("rotate")
def rotate(
    c: Call,
    img: object,
    angle: object,
    interpolation: object = None,
    expand: object = False,
    center: object = None,
    fill: object = None,
) -> object:
    return _rotated(c, {"expand": expand}, c.store.value(img))


@_function("rgb_to_grayscale")
def rgb_to_grayscale(c: Call, img: object, num_output_channels: object = 1) -> object:
    return _grey(c, {"num_output_channels": num_output_channels}, c.store.value(img))


@_function("five_crop")
def five_crop(c: Call, img: object, size: object) -> object:
    return _corners(5)(c, {"size": size}, c.store.value(img))


@_function("ten_crop")
def ten_crop(c: Call, img: object, size: object, vertical_flip: object = False) -> object:
    return _corners(10)(c, {"size": size}, c.store.value(img))


@_function(
    "hflip", "vflip", "horizontal_flip", "vertical_flip", "affine", "perspective", "adjust_brightness", "adjust_contrast",
    "adjust_gamma", "adjust_hue", "adjust_saturation", "adjust_sharpness", "autocontrast", "elastic_transform", "equalize",
    "erase", "gaussian_blur", "invert", "posterize", "solarize",
)  # fmt: skip
def same(c: Call, img: object, *rest: object, **more: object) -> object:
    return _same(c, {}, c.store.value(img))


@_function("get_dimensions")
def get_dimensions(c: Call, img: object) -> object:
    seen = picture(c, img)
    return List([seen.channels, seen.height, seen.width])


@_function("get_image_size")
def get_image_size(c: Call, img: object) -> object:
    seen = picture(c, img)
    return List([seen.width, seen.height])


alias(f"{V1}.transforms", V1)
alias(f"{V1}.functional.to_grayscale", f"{V1}.functional.rgb_to_grayscale")


@layer(
    f"{V1}._presets.ImageClassification",
    "*, crop_size, resize_size=256, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), interpolation=None, "
    "antialias=True",
)
def image_classification(c: Call, self: Instance, img: object) -> object:
    """What `weights.transforms()` of a classification model gives: resized, cropped, as normalized float32."""
    seen = picture(c, img)
    size = _with_fresh(c, pair(c, self.attrs["crop_size"]))
    return _normalize(c, {**self.attrs, "inplace": False}, Tensor((*seen.front, seen.channels, *size), "float32"))
