"""F.pad and torch.nn's padding layers.

Pads are given from the last dim backwards, two numbers a dim: (left, right, top, bottom, front, back). Each dim becomes
`size + before + after`; negative numbers crop. Source: the torch.nn.functional.pad page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, less, less_equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import layer, rule
from shapelens.rules.torch.spatial import BOOL, LAYOUT, count, no_dtypes
from shapelens.values import Instance, List, Open, Shape, Tensor, Unknown

_MODES = ("constant", "reflect", "replicate", "circular")


def padded(c: Call, input: Tensor, pads: Sequence[Dim | None] | None, mode: str | None) -> Tensor:
    """The input with pads in F.pad's order. A pad, all pads or a mode of None are not known."""
    if pads is None:
        return _unsized(c, input)
    if len(pads) % 2:
        c.fail("argument-value", f"{c.name}: pad needs two numbers a dim, got {len(pads)}")
    if mode is not None and mode not in _MODES:
        c.fail("argument-value", f"{c.name}: mode must be one of {', '.join(map(repr, _MODES))}, got {mode!r}")
    n = len(pads) // 2
    shape = _shape(c, input, n, mode)
    if isinstance(shape, Open) and mode is None:
        raise NotKnown
    dims = shape.suffix if isinstance(shape, Open) else shape
    if n > len(dims):
        c.fail("rank-mismatch", f"{c.name}: {len(pads)} pads are for the last {n} dims, got {c.text(input)}", input)
    if mode not in (None, "constant") and isinstance(shape, tuple):
        _demands(c, input, shape, n, mode)
    out = list(dims)
    for i in range(n):
        before, after, at = pads[2 * i], pads[2 * i + 1], len(dims) - 1 - i
        if before is None or after is None:
            out[at] = c.fresh("n", 0)
            continue
        out[at] = dims[at] + before + after
        if mode is not None:
            _limits(c, input, dims[at], before, after, out[at], mode, -1 - i)
    if mode in ("reflect", "replicate") and n and all(less(d, 1) for d in out[-n:]):
        c.fail("argument-value", f"{c.name}: nothing of {c.text(input)} is left", input)
    found: Shape = Open(shape.prefix, shape.var, tuple(out)) if isinstance(shape, Open) else tuple(out)
    return Tensor(found, input.dtype, device=input.device)


def _unsized(c: Call, input: Tensor) -> Tensor:
    """The rank stays, whatever the pads."""
    shape = c.shape(input)
    if not isinstance(shape, tuple):
        raise NotKnown
    return Tensor(tuple([c.fresh("n", 0) for _ in shape]), input.dtype, device=input.device)


def _shape(c: Call, input: Tensor, n: int, mode: str | None) -> tuple[Dim, ...] | Open:
    shape = c.shape(input)
    if shape is None:
        raise NotKnown
    if isinstance(shape, Open):
        if mode in (None, "constant"):
            return c.store.at_least(shape, 0, n)
        if n in LAYOUT:
            return c.dims(input, LAYOUT[n])
        raise NotKnown
    return shape


def _demands(c: Call, input: Tensor, dims: tuple[Dim, ...], n: int, mode: str) -> None:
    """What every mode but 'constant' asks of the rank, the sizes and the dtype."""
    if n not in LAYOUT or not n + 1 <= len(dims) <= n + 2:
        takes = {2: "2", 3: "2 or 4", 4: "4 or 6", 5: "6"}.get(len(dims))
        hint = f": it takes {takes} pads" if takes else ""
        c.fail("rank-mismatch", f"{c.name}: {2 * n} pads in mode {mode!r} do not go with {c.text(input)}{hint}", input)
    if mode == "circular":
        return
    no_dtypes(c, input, BOOL)
    if any(size == 0 for size in dims[-n - 1 :]):
        c.fail("argument-value", f"{c.name}: mode {mode!r} needs sizes of at least 1, got {c.text(input)}", input)


def _limits(c: Call, input: Tensor, size: Dim, before: Dim, after: Dim, out: Dim, mode: str, axis: int) -> None:
    """Fails where a dim cannot be padded by so much, or cropped by so much."""
    if mode in ("reflect", "circular"):
        for pad in (before, after):
            if less_equal(size, pad) if mode == "reflect" else less(size, pad):
                c.fail(
                    "padding-too-large",
                    f"{c.name}: {'reflecting' if mode == 'reflect' else 'wrapping'} {c.dim_text(pad)} needs a dim "
                    f"{'larger than' if mode == 'reflect' else 'of at least'} that, got {c.dim_text(size)} in dim "
                    f"{axis} of {c.text(input)}",
                    input,
                )
    left = out
    if isinstance(before, int) and isinstance(after, int):
        if mode == "constant" or (mode == "circular" and before * after >= 0):
            left = size + min(before, 0) + min(after, 0)  # cropping comes before padding
    if less(left, 0):
        c.fail(
            "argument-value", f"{c.name}: cannot crop {c.dim_text(size)} in dim {axis} of {c.text(input)} by "
            f"({c.dim_text(before)}, {c.dim_text(after)})", input,
        )  # fmt: skip


def _pads(c: Call, value: Any) -> list[Dim | None] | None:
    value = c.store.value(value)
    if isinstance(value, (int, float, str)):
        c.fail("argument-value", f"{c.name}: pad must be a tuple of ints, got {value!r}")
    if not isinstance(value, (tuple, list)) or (isinstance(value, List) and value.rest is not None):
        return None
    return [None if type(v) is Unknown and v.hole is None else count(c, v, "pad") for v in value]


@rule("torch.nn.functional.pad")
def pad(c: Call, input: Tensor, pad: object, mode: object = "constant", value: object = None) -> Tensor:
    """(*, H, W) -> (*, H + top + bottom, W + left + right)."""
    mode = c.store.value(mode)
    if isinstance(mode, str) and mode != "constant" and isinstance(value, (int, float)) and value != 0:
        c.fail("argument-value", f"pad: mode {mode!r} takes no value, got {value}")
    return padded(c, input, _pads(c, pad), mode if isinstance(mode, str) else None)


@rule("torch.constant_pad_nd")
def constant_pad_nd(c: Call, input: Tensor, pad: object, value: object = 0) -> Tensor:
    """As F.pad with mode 'constant'."""
    return padded(c, input, _pads(c, pad), "constant")


def _setup(n: int) -> Callable[[Call, Instance], None]:
    def setup(c: Call, self: Instance) -> None:
        value = c.store.value(self.attrs["padding"])
        if isinstance(value, (tuple, list)):
            self.attrs["padding"] = value if isinstance(value, List) and value.rest is not None else tuple(value)
        elif type(value) is not Unknown:
            self.attrs["padding"] = (value,) * 2 * n

    return setup


def _layers(n: int) -> None:
    for kind, mode, declared in (
        ("Constant", "constant", "padding, value"),
        ("Zero", "constant", "padding"),
        ("Reflection", "reflect", "padding"),
        ("Replication", "replicate", "padding"),
        ("Circular", "circular", "padding"),
    ):
        bases = (f"torch.nn.ConstantPad{n}d",) if kind == "Zero" else ("torch.nn.Module",)
        layer(f"torch.nn.{kind}Pad{n}d", declared, setup=_setup(n), bases=bases)(_forward(n, mode))


def _forward(n: int, mode: str) -> Callable[..., Tensor]:
    def forward(c: Call, self: Instance, input: Tensor) -> Tensor:
        pads = _pads(c, self.attrs["padding"])
        if mode == "circular":
            dims = c.dims(input, LAYOUT[n])
            if not n + 1 <= len(dims) <= n + 2:
                c.fail("rank-mismatch", f"{c.name} expects rank {n + 1} or {n + 2}, got {c.text(input)}", input)
        return padded(c, input, pads, mode)

    return forward


for _n in (1, 2, 3):
    _layers(_n)
