"""Resizing and rearranging of images: interpolate, pixel and channel shuffle, grid sampling, fold and unfold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, divides, exact_quotient, floordiv, less, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import layer, rule
from shapelens.rules.torch.spatial import (
    INTS,
    LAYOUT,
    NOT_FLOAT,
    SPATIAL,
    count,
    differ,
    is_empty,
    least,
    no_dtypes,
    not_empty,
    same_dtype,
    scaled,
    sizes,
    times,
)
from shapelens.values import Instance, List, Open, Scalar, Tensor, Unknown

# -- interpolate ---------------------------------------------------------------------------------------------------

# The ranks that each mode takes.
_RANKS: dict[str, tuple[int, ...]] = {
    "nearest": (3, 4, 5),
    "nearest-exact": (3, 4, 5),
    "area": (3, 4, 5),
    "linear": (3,),
    "bilinear": (4,),
    "bicubic": (4,),
    "lanczos": (4,),
    "trilinear": (5,),
}
_PLAIN = ("nearest", "nearest-exact", "area")
_BYTES = ("nearest", "nearest-exact", "bilinear", "bicubic", "lanczos")


def _resized(
    c: Call,
    input: Tensor,
    size: Any,
    factor: Any,
    mode: Any,
    align_corners: Any,
    recompute: Any = None,
    antialias: Any = False,
) -> Tensor:
    """(B, C, H, W) -> (B, C, *size) or sizes times a factor, rounded down. Source: torch.nn.functional.interpolate."""
    if not isinstance(mode, str):
        raise NotKnown
    size, factor = c.store.value(size), c.store.value(factor)
    if size is None and factor is None:
        c.fail("argument-value", f"{c.name} needs a size or a scale_factor")
    if size is not None and factor is not None and not isinstance(size, Unknown) and not isinstance(factor, Unknown):
        c.fail("argument-value", f"{c.name} takes a size or a scale_factor, not both")
    if mode not in _RANKS:
        c.fail("argument-value", f"{c.name}: mode must be one of {', '.join(map(repr, _RANKS))}, got {mode!r}")
    dims = _resizable(c, input, mode, size, factor)
    _options(c, mode, len(dims), size, align_corners, recompute, antialias)
    spatial, n = dims[2:], len(dims) - 2
    given = size if size is not None else factor
    if isinstance(given, (tuple, list)):
        if isinstance(given, List) and given.rest is not None:
            return _unsized(c, input, dims)
        if len(given) != n:
            what = "size" if size is not None else "scale_factor"
            c.fail(
                "argument-value", f"{c.name}: {what} must be one number or {n} for {c.text(input)}, got {len(given)}",
                input,
            )  # fmt: skip
        parts = list(given)
    else:
        parts = [given] * n
    out: list[Dim] = []
    for part, old, name in zip(parts, spatial, SPATIAL[n]):
        part = c.store.value(part)
        if isinstance(part, Tensor) or _not_known(part, size is None):
            out.append(c.fresh(name))
        elif size is not None:
            out.append(count(c, part, "size"))
        elif isinstance(part, (int, float)):
            out.append(scaled(c, old, part))
        elif isinstance(part, Expr):
            out.append(old * part)
        else:
            raise NotKnown
    if 0 not in out and not (antialias is True and out == list(spatial)):  # the latter is a copy
        no_dtypes(c, input, NOT_FLOAT - {"uint8"} if mode in _BYTES else NOT_FLOAT)
    if mode != "area" or len(dims) == 5:
        not_empty(c, input, dims[1:])
    elif out != [1] * n:
        not_empty(c, input, dims[2:])
    for o in out:
        if less(o, 0 if mode == "area" else 1):
            c.fail("argument-value", f"{c.name}: {times(spatial, c)} would become {times(out, c)}", input)
    return Tensor((*dims[:2], *out), input.dtype, device=input.device)


def _not_known(value: Any, is_factor: bool) -> bool:
    """Whether nothing can be said of a size or factor; an unknown int has a name at least."""
    if not isinstance(value, Unknown):
        return False
    return is_factor or (value.hole is None and not isinstance(value, Scalar))


def _unsized(c: Call, input: Tensor, dims: tuple[Dim, ...]) -> Tensor:
    return Tensor((*dims[:2], *(c.fresh(s) for s in SPATIAL[len(dims) - 2])), input.dtype, device=input.device)


def _resizable(c: Call, input: Tensor, mode: str, size: Any, factor: Any) -> tuple[Dim, ...]:
    """The input's dims; an open shape is taught a rank where the mode or the number of sizes says which."""
    ranks = _RANKS[mode]
    shape = c.shape(input)
    if isinstance(shape, Open) and len(ranks) > 1:
        given = size if size is not None else factor
        known = isinstance(given, (tuple, list)) and len(given) in LAYOUT and getattr(given, "rest", None) is None
        if not known:
            raise NotKnown
        ranks = (len(given) + 2,)
    dims = c.dims(input, LAYOUT[ranks[0] - 2])
    if len(dims) not in ranks:
        wanted = " or ".join(f"({', '.join(LAYOUT[r - 2])})" for r in ranks)
        c.fail("rank-mismatch", f"{c.name}: mode {mode!r} expects {wanted}, got {c.text(input)}", input)
    return dims


def _options(c: Call, mode: str, rank: int, size: Any, align_corners: Any, recompute: Any, antialias: Any) -> None:
    if mode in _PLAIN and isinstance(align_corners, bool):
        c.fail("argument-value", f"{c.name}: align_corners does not go with mode {mode!r}")
    if recompute is True and size is not None and not isinstance(size, Unknown):
        c.fail("argument-value", f"{c.name}: recompute_scale_factor does not go with a size")
    if antialias is True and (mode not in ("bilinear", "bicubic", "lanczos") or rank != 4):
        c.fail("argument-value", f"{c.name}: antialias does not go with mode {mode!r}")
    if mode == "lanczos" and (antialias is False or align_corners is True):
        c.fail("argument-value", f"{c.name}: mode 'lanczos' needs antialias=True and no align_corners")


@rule("torch.nn.functional.interpolate")
def interpolate(
    c: Call,
    input: Tensor,
    size: object = None,
    scale_factor: object = None,
    mode: object = "nearest",
    align_corners: object = None,
    recompute_scale_factor: object = None,
    antialias: object = False,
) -> Tensor:
    """(B, C, H, W) -> (B, C, *size)."""
    return _resized(c, input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)


@rule("torch.nn.functional.upsample")
def upsample(
    c: Call,
    input: Tensor,
    size: object = None,
    scale_factor: object = None,
    mode: object = "nearest",
    align_corners: object = None,
) -> Tensor:
    """As interpolate."""
    return _resized(c, input, size, scale_factor, mode, align_corners)


@rule("torch.nn.functional.upsample_nearest")
def upsample_nearest(c: Call, input: Tensor, size: object = None, scale_factor: object = None) -> Tensor:
    """As interpolate with mode 'nearest'."""
    return _resized(c, input, size, scale_factor, "nearest", None)


@rule("torch.nn.functional.upsample_bilinear")
def upsample_bilinear(c: Call, input: Tensor, size: object = None, scale_factor: object = None) -> Tensor:
    """As interpolate with mode 'bilinear' and aligned corners."""
    return _resized(c, input, size, scale_factor, "bilinear", True)


def _upsample_setup(c: Call, self: Instance) -> None:
    """The scale factor as a float or a tuple of floats, and none where it is 0, as torch.nn.Upsample keeps it."""
    factor = c.store.value(self.attrs["scale_factor"])
    if isinstance(factor, list):
        c.fail("argument-value", f"{c.name}: scale_factor must be a number or a tuple, got a list")
    if isinstance(factor, tuple):
        factor = tuple(float(f) if isinstance(f, (int, float)) else f for f in factor)
    elif isinstance(factor, (int, float)):
        factor = float(factor) if factor else None
    self.attrs["scale_factor"] = factor
    defaults = {"mode": "nearest", "align_corners": None, "recompute_scale_factor": None}
    if c.name == "UpsamplingBilinear2d":
        defaults |= {"mode": "bilinear", "align_corners": True}  # type: ignore[dict-item]
    self.attrs.update({k: v for k, v in defaults.items() if k not in self.attrs})


def _upsample_forward(c: Call, self: Instance, input: Tensor) -> Tensor:
    a = self.attrs
    return _resized(c, input, a["size"], a["scale_factor"], a["mode"], a["align_corners"], a["recompute_scale_factor"])


layer(
    "torch.nn.Upsample",
    "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None",
    setup=_upsample_setup,
)(_upsample_forward)
for _kind in ("Nearest", "Bilinear"):
    layer(
        f"torch.nn.Upsampling{_kind}2d",
        "size=None, scale_factor=None",
        setup=_upsample_setup,
        bases=("torch.nn.Upsample",),
    )(_upsample_forward)


# -- shuffles ------------------------------------------------------------------------------------------------------


def _image(c: Call, input: Tensor) -> tuple[tuple[Dim, ...] | Open, tuple[Dim, ...]]:
    """What is in front of (C, H, W), and these three."""
    shape = c.shape(input)
    if shape is None:
        raise NotKnown
    if isinstance(shape, Open):
        return _taught_image(c, shape)
    if len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of (…, C, H, W), got {c.text(input)}", input)
    return shape[:-3], shape[-3:]


def _taught_image(c: Call, shape: Open) -> tuple[Open, tuple[Dim, ...]]:
    shape = c.store.at_least(shape, 0, 3)
    return Open(shape.prefix, shape.var, shape.suffix[:-3]), shape.suffix[-3:]


def _with_image(front: tuple[Dim, ...] | Open, image: tuple[Dim, ...], input: Tensor) -> Tensor:
    shape = Open(front.prefix, front.var, front.suffix + image) if isinstance(front, Open) else front + image
    return Tensor(shape, input.dtype, device=input.device)


@rule("torch.pixel_shuffle", "torch.nn.functional.pixel_shuffle")
def pixel_shuffle(c: Call, input: Tensor, upscale_factor: object) -> Tensor:
    """(*, C·r², H, W) -> (*, C, H·r, W·r). Source: the torch.nn.PixelShuffle page."""
    r = count(c, upscale_factor, "upscale_factor")
    front, (channels, height, width) = _image(c, input)
    least(c, (r,), 1, "upscale_factor")
    if divides(r * r, channels) is False:
        c.fail(
            "channel-mismatch", f"{c.name} expects channels divisible by {c.dim_text(r)}² = {c.dim_text(r * r)}, got "
            f"{c.dim_text(channels)} in {c.text(input)}", input,
        )  # fmt: skip
    return _with_image(front, (exact_quotient(channels, r * r), height * r, width * r), input)


@rule("torch.pixel_unshuffle", "torch.nn.functional.pixel_unshuffle")
def pixel_unshuffle(c: Call, input: Tensor, downscale_factor: object) -> Tensor:
    """(*, C, H·r, W·r) -> (*, C·r², H, W). Source: the torch.nn.PixelUnshuffle page."""
    r = count(c, downscale_factor, "downscale_factor")
    front, (channels, height, width) = _image(c, input)
    least(c, (r,), 1, "downscale_factor")
    if is_empty(c, input):
        raise NotKnown  # torch then divides the sizes in another way
    for size, what in ((height, "height"), (width, "width")):
        if divides(r, size) is False:
            c.fail(
                "feature-mismatch", f"{c.name} expects a {what} divisible by {c.dim_text(r)}, got {c.dim_text(size)} "
                f"in {c.text(input)}", input,
            )  # fmt: skip
    return _with_image(front, (channels * r * r, exact_quotient(height, r), exact_quotient(width, r)), input)


@rule(
    "torch.channel_shuffle",
    "torch.native_channel_shuffle",
    "torch.nn.functional.channel_shuffle",
    "torch.nn.functional.native_channel_shuffle",
)
def channel_shuffle(c: Call, input: Tensor, groups: object) -> Tensor:
    """(B, C, *) -> the same, C divisible by the groups. Source: the torch.nn.ChannelShuffle page."""
    shape = c.shape(input)
    number = count(c, groups, "groups")
    if shape is None or (isinstance(shape, Open) and len(shape.prefix) < 2):
        raise NotKnown
    if isinstance(shape, tuple) and len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of (B, C, …) of rank 3 or more, got {c.text(input)}", input)
    least(c, (number,), 1, "groups")
    channels = (shape.prefix if isinstance(shape, Open) else shape)[1]
    if divides(number, channels) is False:
        c.fail(
            "groups-mismatch", f"{c.name}: {c.dim_text(channels)} channels in {c.text(input)} are not divisible by "
            f"groups = {c.dim_text(number)}", input,
        )  # fmt: skip
    return Tensor(shape, input.dtype, device=input.device)


@layer("torch.nn.PixelShuffle", "upscale_factor")
def pixel_shuffle_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(*, C·r², H, W) -> (*, C, H·r, W·r)."""
    return pixel_shuffle(c, input, self.attrs["upscale_factor"])


@layer("torch.nn.PixelUnshuffle", "downscale_factor")
def pixel_unshuffle_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(*, C, H·r, W·r) -> (*, C·r², H, W)."""
    return pixel_unshuffle(c, input, self.attrs["downscale_factor"])


@layer("torch.nn.ChannelShuffle", "groups")
def channel_shuffle_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(B, C, *) -> the same."""
    return channel_shuffle(c, input, self.attrs["groups"])


# -- grids ---------------------------------------------------------------------------------------------------------


@rule("torch.nn.functional.grid_sample")
def grid_sample(
    c: Call,
    input: Tensor,
    grid: Tensor,
    mode: object = "bilinear",
    padding_mode: object = "zeros",
    align_corners: object = None,
) -> Tensor:
    """(B, C, H, W), (B, H', W', 2) -> (B, C, H', W'); with one dim more for volumes."""
    if isinstance(mode, str) and mode not in ("bilinear", "nearest", "bicubic"):
        c.fail("argument-value", f"{c.name}: mode must be 'bilinear', 'nearest' or 'bicubic', got {mode!r}")
    if isinstance(padding_mode, str) and padding_mode not in ("zeros", "border", "reflection"):
        modes = "'zeros', 'border' or 'reflection'"
        c.fail("argument-value", f"{c.name}: padding_mode must be {modes}, got {padding_mode!r}")
    dtype = input.dtype
    if not is_empty(c, grid):
        no_dtypes(c, input, NOT_FLOAT)
        dtype = same_dtype(c, input, grid, "grid")
    shape, points = c.shape(input), c.shape(grid)
    known = shape if isinstance(shape, tuple) else points
    if not isinstance(known, tuple):
        raise NotKnown
    if len(known) not in (4, 5):
        tensor = input if known is shape else grid
        c.fail("rank-mismatch", f"{c.name} expects (B, C, H, W) or (B, C, D, H, W), got {c.text(tensor)}", tensor)
    n = len(known) - 2
    shape = c.dims(input, LAYOUT[n])
    if points is None:
        return Tensor((*shape[:2], *(c.fresh(s, 0) for s in SPATIAL[n])), dtype, device=input.device)
    points = c.dims(grid, ("B", *SPATIAL[n], "P"))
    wanted = f"(B, {', '.join(SPATIAL[n])}, {n})"
    if len(points) != len(shape):
        c.fail(
            "rank-mismatch", f"{c.name} of {c.text(input)} expects a grid of {wanted}, got {c.text(grid)}", input, grid
        )
    if n == 3 and mode == "bicubic":
        c.fail("argument-value", f"{c.name}: mode 'bicubic' does not go with {c.text(input)}", input)
    c.require(points[-1], n, "feature-mismatch", f"{c.name} expects a grid of {wanted}, got {c.text(grid)}", grid)
    c.require(
        shape[0], points[0], "batch-mismatch",
        f"{c.name}: input {c.text(input)} and grid {c.text(grid)} differ in batch", input, grid,
    )  # fmt: skip
    not_empty(c, input, shape[2:])
    return Tensor((*c.store.dims(shape[:2]), *points[1:-1]), dtype, device=input.device)


@rule("torch.nn.functional.affine_grid")
def affine_grid(c: Call, theta: Tensor, size: object, align_corners: object = None) -> Tensor:
    """(B, 2, 3), size (B, C, H, W) -> (B, H, W, 2); (B, 3, 4), size (B, C, D, H, W) -> (B, D, H, W, 3)."""
    no_dtypes(c, theta, NOT_FLOAT)
    wanted = c.ints(size)
    if len(wanted) not in (4, 5):
        c.fail("argument-value", f"{c.name}: size must have 4 or 5 numbers, got {len(wanted)}")
    n = len(wanted) - 2
    least(c, wanted[2:], 1, "size")
    dims = c.dims(theta, ("B", "n", "m"))
    message = f"{c.name} expects theta of (B, {n}, {n + 1}) for a size of {len(wanted)} numbers, got {c.text(theta)}"
    if len(dims) != 3:
        c.fail("rank-mismatch", message, theta)
    c.require(dims[1], n, "feature-mismatch", message, theta)
    c.require(dims[2], n + 1, "feature-mismatch", message, theta)
    c.require(
        dims[0], wanted[0], "batch-mismatch",
        f"{c.name}: theta {c.text(theta)} and size differ in batch: {c.dim_text(wanted[0])}", theta,
    )  # fmt: skip
    return Tensor((wanted[0], *wanted[2:], n), theta.dtype, device=theta.device)


# -- fold and unfold -----------------------------------------------------------------------------------------------


def _blocks(
    c: Call, spatial: Sequence[Dim], kernel: Sequence[Dim], dilation: Sequence[Dim], padding: Sequence[Dim],
    stride: Sequence[Dim],
) -> list[Dim]:  # fmt: skip
    """How many blocks there are along each spatial dim."""
    least(c, kernel, 1, "kernel_size")
    least(c, dilation, 1, "dilation")
    least(c, padding, 0, "padding")
    least(c, stride, 1, "stride")
    found: list[Dim] = []
    for size, k, d, p, s in zip(spatial, kernel, dilation, padding, stride):
        blocks = floordiv(size + 2 * p - d * (k - 1) - 1, s) + 1
        if less(blocks, 1):
            padded = times([x + 2 * q for x, q in zip(spatial, padding)], c)
            c.fail(
                "kernel-too-large", f"{c.name}: kernel {times(kernel, c)} is larger than the "
                f"{'padded ' if any(q != 0 for q in padding) else ''}image {padded}",
            )  # fmt: skip
        found.append(blocks)
    return found


def _pairs(c: Call, **values: Any) -> list[tuple[Dim, ...]]:
    found = []
    for what, value in values.items():
        if isinstance(value, (tuple, list)) and len(value) != 2 and getattr(value, "rest", None) is None:
            c.fail("argument-value", f"{c.name}: {what} must be one int or 2 ints, got {len(value)}")
        pair = sizes(c, value, 2, what)
        if pair is None:
            raise NotKnown
        found.append(pair)
    return found


@rule("torch.nn.functional.unfold")
def unfold(
    c: Call, input: Tensor, kernel_size: object, dilation: object = 1, padding: object = 0, stride: object = 1
) -> Tensor:
    """(B, C, H, W) -> (B, C·k·k, blocks), or both without B. Source: the torch.nn.Unfold page."""
    dims = c.dims(input, LAYOUT[2])
    if len(dims) not in (3, 4):
        c.fail("rank-mismatch", f"{c.name} expects (B, C, H, W) or (C, H, W), got {c.text(input)}", input)
    no_dtypes(c, input, INTS)
    not_empty(c, input, dims[-3:])
    kernel, dilations, paddings, strides = _pairs(
        c, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    blocks = _blocks(c, dims[-2:], kernel, dilations, paddings, strides)
    return Tensor((*dims[:-3], dims[-3] * product(kernel), product(blocks)), input.dtype, device=input.device)


@rule("torch.nn.functional.fold")
def fold(
    c: Call,
    input: Tensor,
    output_size: object,
    kernel_size: object,
    dilation: object = 1,
    padding: object = 0,
    stride: object = 1,
) -> Tensor:
    """(B, C·k·k, blocks) -> (B, C, *output_size), or both without B. Source: the torch.nn.Fold page."""
    dims = c.dims(input, ("B", "C", "L"))
    if len(dims) not in (2, 3):
        c.fail("rank-mismatch", f"{c.name} expects (B, C·k·k, blocks) or (C·k·k, blocks), got {c.text(input)}", input)
    no_dtypes(c, input, INTS)
    not_empty(c, input, dims[-2:])
    output, kernel, dilations, paddings, strides = _pairs(
        c, output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    least(c, output, 1, "output_size")
    area = product(kernel)
    blocks = _blocks(c, output, kernel, dilations, paddings, strides)
    if divides(area, dims[-2]) is False:
        c.fail(
            "channel-mismatch", f"{c.name} expects channels divisible by the kernel's {times(kernel, c)} = "
            f"{c.dim_text(area)}, got {c.dim_text(dims[-2])} in {c.text(input)}", input,
        )  # fmt: skip
    if differ(c, product(blocks), dims[-1]):
        c.fail(
            "feature-mismatch", f"{c.name} expects {times(blocks, c)} = {c.dim_text(product(blocks))} blocks, got "
            f"{c.dim_text(dims[-1])} in {c.text(input)}", input,
        )  # fmt: skip
    return Tensor((*dims[:-2], exact_quotient(dims[-2], area), *output), input.dtype, device=input.device)


@layer("torch.nn.Unfold", "kernel_size, dilation=1, padding=0, stride=1")
def unfold_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, C·k·k, blocks)."""
    a = self.attrs
    return unfold(c, input, a["kernel_size"], a["dilation"], a["padding"], a["stride"])


@layer("torch.nn.Fold", "output_size, kernel_size, dilation=1, padding=0, stride=1")
def fold_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(B, C·k·k, blocks) -> (B, C, *output_size)."""
    a = self.attrs
    return fold(c, input, a["output_size"], a["kernel_size"], a["dilation"], a["padding"], a["stride"])
