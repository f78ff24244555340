"""PIL images, and what transforms see of an image of any kind: its channels, height and width.

A PIL image is an `Instance` of `PIL.Image.Image` with `size` (width, height), `width`, `height` and `mode` as PIL
names them; its `channels` are what a tensor made of it has. The mode is a str, or unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shapelens.dims import Dim, Expr, equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import plain_bases, rule
from shapelens.rules.torch.data import IMAGE, is_image
from shapelens.values import UNKNOWN, Choice, Instance, Lib, List, Scalar, Tensor

plain_bases[IMAGE.path] = ()

CHANNELS = {
    "1": 1, "L": 1, "P": 1, "I": 1, "F": 1, "I;16": 1, "LA": 2, "PA": 2, "La": 2, "RGB": 3, "YCbCr": 3, "LAB": 3,
    "HSV": 3, "RGBA": 4, "RGBX": 4, "RGBa": 4, "CMYK": 4,
}  # fmt: skip
# What numpy.array makes of an image; uint8 for all other modes.
_DTYPES = {"1": "bool", "I": "int32", "F": "float32", "I;16": "uint16"}


def make_image(
    c: Call, mode: str | None, height: Dim | None, width: Dim | None, channels: Dim | None = None
) -> Instance:
    """A PIL image; what is None is not known."""
    h, w = c.fresh("H") if height is None else height, c.fresh("W") if width is None else width
    if channels is None:
        channels = CHANNELS.get(mode) if mode is not None else None
    made = Instance(IMAGE, {"size": (w, h), "width": w, "height": h, "mode": mode or Scalar("str")})
    made.attrs["channels"] = c.fresh("C") if channels is None else channels
    return made


@dataclass(frozen=True)
class Picture:
    """An image: a PIL image of some mode, or a tensor (*front, channels, height, width)."""

    channels: Dim
    height: Dim
    width: Dim
    mode: str | None = None
    tensor: Tensor | None = None
    front: tuple[Dim, ...] = ()

    def remade(self, c: Call, height: Dim | None, width: Dim | None, channels: Dim | None = None) -> Any:
        """An image of the same kind with another size; None: not known."""
        if self.tensor is None:
            mode = (
                self.mode if channels is None else {1: "L", 3: "RGB"}.get(channels if isinstance(channels, int) else 0)
            )
            return make_image(c, mode, height, width, self.channels if channels is None else channels)
        h, w = c.fresh("H") if height is None else height, c.fresh("W") if width is None else width
        shape = (*self.front, self.channels if channels is None else channels, h, w)
        return Tensor(shape, self.tensor.dtype, device=self.tensor.device)


def picture(c: Call, value: Any) -> Picture:
    """What a transform sees of a PIL image or a tensor (…, C, H, W); NotKnown for anything else."""
    value = c.store.value(value)
    if is_image(value):
        if isinstance(value, Choice):
            return _joined(c, [picture(c, v) for v in value.values])
        return _of_image(c, value)
    if isinstance(value, Tensor) and value.library == "torch":
        shape = c.shape(value)
        if isinstance(shape, tuple) and len(shape) >= 3:
            return Picture(shape[-3], shape[-2], shape[-1], None, value, shape[:-3])
    raise NotKnown


def _of_image(c: Call, value: Instance) -> Picture:
    a = value.attrs
    size, mode = c.store.value(a.get("size")), a.get("mode")
    channels = c.store.value(a.get("channels"))
    if a.get("?") is not None or not isinstance(size, tuple) or len(size) != 2:
        size = c.fresh("W"), c.fresh("H")
    if not isinstance(channels, (int, Expr)) or a.get("?") is not None:
        channels = c.fresh("C")
    width, height = (d if isinstance(d, (int, Expr)) else c.fresh(n) for d, n in zip(size, "WH"))
    return Picture(channels, height, width, mode if isinstance(mode, str) and a.get("?") is None else None)


def _either(c: Call, a: Dim, b: Dim, name: str) -> Dim:
    return a if equal(a, b) is True else c.fresh(name)


def _joined(c: Call, several: list[Picture]) -> Picture:
    first = several[0]
    for other in several[1:]:
        first = Picture(
            _either(c, first.channels, other.channels, "C"),
            _either(c, first.height, other.height, "H"),
            _either(c, first.width, other.width, "W"),
            first.mode if first.mode == other.mode else None,
        )
    return first


def array_of(c: Call, value: Any) -> Tensor:
    """numpy.array(image): (H, W, C), or (H, W) where the mode has one channel."""
    seen = picture(c, value)
    if seen.tensor is not None:
        raise NotKnown
    dtype = None if seen.mode is None else _DTYPES.get(seen.mode, "uint8")
    if seen.channels == 1:
        return Tensor((seen.height, seen.width), dtype, "numpy")
    if not isinstance(seen.channels, int):
        return Tensor(None, dtype, "numpy")
    return Tensor((seen.height, seen.width, seen.channels), dtype, "numpy")


# -- PIL -----------------------------------------------------------------------------------------------------------


@rule("PIL.Image.open")
def open_image(c: Call, fp: object, mode: object = "r", formats: object = None) -> object:
    return make_image(c, None, None, None)


@rule("PIL.Image.new")
def new(c: Call, mode: object, size: object, color: object = 0) -> object:
    height, width = _height_width(c, size)
    return make_image(c, _text(c, mode), height, width)


@rule("PIL.Image.fromarray")
def fromarray(c: Call, obj: object, mode: object = None) -> object:
    """The image of an array (H, W) or (H, W, C). Source: PIL.Image.fromarray."""
    mode, obj = c.store.value(mode), c.store.value(obj)
    shape = c.shape(obj) if isinstance(obj, Tensor) else None
    if not isinstance(obj, Tensor) or not isinstance(shape, tuple) or len(shape) not in (2, 3):
        return make_image(c, _text(c, mode), None, None)
    channels = shape[2] if len(shape) == 3 else 1
    name = _text(c, mode) if mode is not None else None
    if mode is None and isinstance(channels, int):
        if obj.dtype == "uint8":
            name = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}.get(channels)
        elif channels == 1:
            name = {"bool": "1", "int32": "I", "float32": "F", "uint16": "I;16"}.get(obj.dtype or "")
    return make_image(c, name, shape[0], shape[1], None if name or mode is not None else channels)


@rule("PIL.Image.Image.convert")
def convert(c: Call, self: object, mode: object = None, *rest: object) -> object:
    seen = picture(c, self)
    return make_image(c, _text(c, mode), seen.height, seen.width)


@rule("PIL.Image.Image.resize")
def resize(
    c: Call, self: object, size: object, resample: object = None, box: object = None, reducing_gap: object = None
) -> object:
    return picture(c, self).remade(c, *_height_width(c, size))


@rule("PIL.Image.Image.crop")
def crop(c: Call, self: object, box: object = None) -> object:
    seen, box = picture(c, self), c.store.value(box)
    if box is None:
        return seen.remade(c, seen.height, seen.width)
    if isinstance(box, (tuple, list)) and len(box) == 4 and all(isinstance(v, (int, Expr)) for v in box):
        return seen.remade(c, box[3] - box[1], box[2] - box[0])
    return seen.remade(c, None, None)


@rule("PIL.Image.Image.rotate")
def rotate(
    c: Call,
    self: object,
    angle: object,
    resample: object = 0,
    expand: object = False,
    center: object = None,
    translate: object = None,
    fillcolor: object = None,
) -> object:
    seen = picture(c, self)
    same = c.store.value(expand) in (False, 0)
    return seen.remade(c, seen.height if same else None, seen.width if same else None)


@rule("PIL.Image.Image.transpose")
def transpose(c: Call, self: object, method: object) -> object:
    seen = picture(c, self)
    if isinstance(method, Lib) and method.name.startswith("FLIP"):
        return seen.remade(c, seen.height, seen.width)
    if isinstance(method, Lib) and method.name in ("ROTATE_90", "ROTATE_270", "TRANSPOSE", "TRANSVERSE"):
        return seen.remade(c, seen.width, seen.height)
    return seen.remade(c, None, None)


@rule("PIL.Image.Image.copy", "PIL.Image.Image.filter")
def copied(c: Call, self: object, *rest: object, **more: object) -> object:
    seen = picture(c, self)
    return seen.remade(c, seen.height, seen.width)


@rule("PIL.Image.Image.thumbnail", "PIL.Image.Image.putalpha", "PIL.Image.Image.draft")
def changed(c: Call, self: object, *rest: object, **more: object) -> object:
    """What changes an image in place: its size or mode is not known from here on."""
    fresh = make_image(c, None, None, None)
    for name in ("size", "width", "height", "mode", "channels"):
        c.invoke(Lib("builtins.setattr"), self, name, fresh.attrs[name])
    return None


@rule("PIL.Image.Image.load", "PIL.Image.Image.getpixel", "PIL.Image.Image.getdata")
def read(c: Call, self: object, *rest: object) -> object:
    return UNKNOWN


def _text(c: Call, value: object) -> str | None:
    value = c.store.value(value)
    return value if isinstance(value, str) else None


def _height_width(c: Call, size: object) -> tuple[Dim | None, Dim | None]:
    """PIL's (width, height) the other way round; None where not known."""
    size = c.store.value(size)
    if not isinstance(size, (tuple, list)) or len(size) != 2 or isinstance(size, List) and size.rest is not None:
        return None, None
    width, height = (v if isinstance(v, (int, Expr)) else None for v in (c.store.value(s) for s in size))
    return height, width
