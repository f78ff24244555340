"""torch.nn's convolutions and their functional forms.

Shapes are those of the torch.nn.Conv2d and ConvTranspose2d pages, for one, two and three spatial dims:

    convolution   (B, C, H, W) -> (B, O, (H + 2·padding - dilation·(kernel - 1) - 1) // stride + 1, …)
    transposed    (B, C, H, W) -> (B, O, (H - 1)·stride - 2·padding + dilation·(kernel - 1) + output_padding + 1, …)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, divides, exact_quotient, floordiv, less, maximum, symbol
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import layer, rule
from shapelens.rules.torch.padding import padded
from shapelens.rules.torch.spatial import (
    BOOL,
    LAYOUT,
    SPATIAL,
    count,
    differ,
    flag,
    laid_out,
    layer_fix,
    least,
    maybe_weight,
    no_dtypes,
    not_empty,
    same_dtype,
    sizes,
    times,
    vector,
    weight_of,
)
from shapelens.values import Instance, Tensor, Unknown

_MODES = ("zeros", "reflect", "replicate", "circular")
_CONV = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, "
    "padding_mode='zeros', device=None, dtype=None"
)
_TRANSPOSED = (
    "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, "
    "dilation=1, padding_mode='zeros', device=None, dtype=None"
)


# -- shapes --------------------------------------------------------------------------------------------------------


def convolved(
    c: Call,
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: Any,
) -> Tensor:
    """What a convolution over `n` spatial dims gives; weight is (O, C / groups, *kernel)."""
    dims = laid_out(c, input, n)
    filters = _filters(c, n, weight, ("O", "C"))
    dtype = input.dtype
    if dtype != weight.dtype or dtype is None:
        dtype = same_dtype(c, input, weight, "weight")
    elif dtype in BOOL:
        no_dtypes(c, input, BOOL)
    if type(groups) is not int or groups < 1:
        groups = _groups(c, groups)
    strides = sizes(c, stride, n, "stride")
    dilations = sizes(c, dilation, n, "dilation")
    _channels(c, n, input, dims, filters[1] * groups if groups != 1 else filters[1], groups, weight)
    _outputs(c, filters[0], groups, weight)
    if bias is not None:
        vector(c, bias, filters[0], "bias", input)
        same_dtype(c, input, bias, "bias")
    front = dims[: -n - 1]
    if isinstance(padding, str):
        return Tensor(
            (*front, filters[0], *_padded_by_name(c, dims[-n:], filters[2:], strides, dilations, padding)),
            dtype,
            device=input.device,
        )
    paddings = sizes(c, padding, n, "padding")
    if strides is None or dilations is None or paddings is None:
        return Tensor((*front, filters[0], *(c.fresh(s) for s in SPATIAL[n])), dtype, device=input.device)
    out = _slid(c, dims[-n:], filters[2:], strides, paddings, dilations)
    if 0 in dims[-n:] and dims[0] != 0:
        not_empty(c, input, dims[-n:])
    return Tensor((*front, filters[0], *out), dtype, device=input.device)


def _slid(
    c: Call,
    spatial: Sequence[Dim],
    kernel: Sequence[Dim],
    strides: Sequence[Dim],
    paddings: Sequence[Dim],
    dilations: Sequence[Dim],
) -> list[Dim]:
    """How often a kernel fits along each spatial dim."""
    found: list[Dim] = []
    for size, k, s, p, d in zip(spatial, kernel, strides, paddings, dilations):
        if not type(s) is type(k) is type(d) is type(p) is int or s < 1 or k < 1 or d < 1 or p < 0:
            _limits(c, kernel, strides, paddings, dilations)
        room: Dim = size + 2 * p - d * (k - 1) - 1
        if room < 0 if isinstance(room, int) else less(room, 0):
            _too_large(c, spatial, kernel, paddings, dilations)
        found.append(floordiv(room, s) + 1)
    return found


def _padded_by_name(
    c: Call,
    spatial: Sequence[Dim],
    kernel: Sequence[Dim],
    strides: Sequence[Dim] | None,
    dilations: Sequence[Dim] | None,
    padding: str,
) -> Sequence[Dim]:
    if padding == "same":
        if strides is not None and any(less(1, s) or s == 0 for s in strides):
            c.fail("argument-value", f"{c.name}: padding='same' needs stride 1, got {times(strides, c)}")
        if any(size == 0 for size in spatial):
            c.fail("kernel-too-large", f"{c.name}: an input of {times(spatial, c)} has no elements")
        return spatial
    if padding != "valid":
        c.fail("argument-value", f"{c.name}: padding must be 'same', 'valid' or ints, got {padding!r}")
    if strides is None or dilations is None:
        return [c.fresh(s) for s in SPATIAL[len(spatial)]]
    return _slid(c, spatial, kernel, strides, (0,) * len(spatial), dilations)


def _filters(c: Call, n: int, weight: Tensor, names: tuple[str, str]) -> tuple[Dim, ...]:
    filters = c.dims(weight, (*names, *(f"k{s}" for s in SPATIAL[n])))
    if len(filters) != n + 2:
        if c.layer is not None:
            c.fail("argument-value", f"{c.name}: kernel_size must be one int or {n}, got {len(filters) - 2} sizes")
        c.fail("rank-mismatch", f"{c.name} needs a weight of rank {n + 2}, got {c.text(weight)}", weight)
    return filters


def _groups(c: Call, groups: Any) -> Dim:
    found = count(c, groups, "groups")
    least(c, (found,), 1, "groups")
    return found


def _channels(
    c: Call, n: int, input: Tensor, dims: tuple[Dim, ...], expected: Dim, groups: Dim, weight: Tensor
) -> None:
    got = dims[-n - 1]
    if got == 0:
        raise NotKnown  # without channels torch gives none either, whatever the filters
    if not differ(c, expected, got):
        if groups != 1 and divides(groups, got) is False:  # only a lazy layer has not asked that before
            c.fail("groups-mismatch", f"{c.name}: {c.dim_text(got)} channels in {c.text(input)} are not divisible by "
                   f"groups = {c.dim_text(groups)}", input)  # fmt: skip
        return
    expected, got = c.store.dim(expected), c.store.dim(got)
    lazy = c.name.startswith("Lazy")
    said_by = f"weight {c.text(weight)}" if c.layer is None else "its first call" if lazy else "in_channels"
    message = f"{c.name} expects {c.counted(expected, 'channel')} ({said_by}), got {c.dim_text(got)} in {c.text(input)}"
    if len(dims) == n + 1:
        message += f", read as an unbatched ({', '.join(LAYOUT[n][1:])})"
    elif dims[-1] == expected:
        order = ", ".join(str(i) for i in (0, n + 1, *range(1, n + 1)))
        message += f"; its last dim is {c.dim_text(expected)}: permute({order}) puts the channels first"
    fits = isinstance(got, int) and isinstance(groups, int) and got > 0 and got % groups == 0
    fits = fits and (groups == 1 or groups != expected)  # a depthwise layer's groups follow its channels
    fixes = layer_fix(c, "in_channels", got) if fits and not lazy else []
    c.fail("channel-mismatch", message, input, *([] if c.layer is not None else [weight]), fixes=fixes)


def _outputs(c: Call, outputs: Dim, groups: Dim, weight: Tensor) -> None:
    """Fails where the groups do not divide the filters evenly."""
    if outputs == 0:
        c.fail("argument-value", f"{c.name} has no output channels: weight is {c.text(weight)}", weight)
    if groups != 1 and divides(groups, outputs) is False:
        c.fail(
            "groups-mismatch", f"{c.name}: {c.dim_text(outputs)} filters cannot be split into {c.dim_text(groups)} "
            "groups", weight,
        )  # fmt: skip


def _limits(
    c: Call, kernel: Sequence[Dim], strides: Sequence[Dim], paddings: Sequence[Dim], dilations: Sequence[Dim]
) -> None:
    least(c, kernel, 1, "kernel_size")
    least(c, strides, 1, "stride")
    least(c, paddings, 0, "padding")
    least(c, dilations, 1, "dilation")


def _too_large(
    c: Call, spatial: Sequence[Dim], kernel: Sequence[Dim], paddings: Sequence[Dim], dilations: Sequence[Dim]
) -> None:
    dilated = f" (dilated to {times([d * (k - 1) + 1 for k, d in zip(kernel, dilations)], c)})"
    c.fail(
        "kernel-too-large",
        f"{c.name}: kernel {times(kernel, c)}{'' if all(d == 1 for d in dilations) else dilated} is larger than the "
        f"{'padded ' if any(p != 0 for p in paddings) else ''}input "
        f"{times([size + 2 * p for size, p in zip(spatial, paddings)], c)}",
    )


def transposed(
    c: Call,
    n: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: Any,
    dilation: Any,
    output_size: Any = None,
) -> Tensor:
    """What a transposed convolution over `n` spatial dims gives; weight is (C, O / groups, *kernel)."""
    dims = laid_out(c, input, n)
    filters = _filters(c, n, weight, ("C", "O"))
    dtype = same_dtype(c, input, weight, "weight")
    no_dtypes(c, input, BOOL | {"uint8", "int8", "int16", "int32"})
    groups = _groups(c, groups)
    strides = sizes(c, stride, n, "stride")
    paddings = sizes(c, padding, n, "padding")
    dilations = sizes(c, dilation, n, "dilation")
    extra = sizes(c, output_padding, n, "output_padding")
    _channels(c, n, input, dims, filters[0], groups, weight)
    _outputs(c, filters[0], groups, weight)
    out_channels = filters[1] * groups
    if out_channels == 0:
        _outputs(c, out_channels, groups, weight)
    if bias is not None:
        vector(c, bias, out_channels, "bias", input)
    front, spatial, kernel = (*dims[: -n - 1], out_channels), dims[-n:], filters[2:]
    if strides is None or paddings is None or dilations is None:
        return Tensor((*front, *(c.fresh(s) for s in SPATIAL[n])), dtype, device=input.device)
    _limits(c, kernel, strides, paddings, dilations)
    smallest = [
        (size - 1) * s - 2 * p + d * (k - 1) + 1
        for size, k, s, p, d in zip(spatial, kernel, strides, paddings, dilations)
    ]
    if output_size is not None:
        extra = _requested(c, n, input, dims, smallest, strides, output_size)
    if extra is None:
        return Tensor((*front, *(c.fresh(s) for s in SPATIAL[n])), dtype, device=input.device)
    out = [s + e for s, e in zip(smallest, extra)]
    for e, s, d in zip(extra, strides, dilations):
        least(c, (e,), 0, "output_padding")
        if dims[0] != 0 and less(e, maximum(s, d)) is False:
            c.fail(
                "argument-value", f"{c.name}: output_padding {c.dim_text(e)} must be smaller than the stride "
                f"{c.dim_text(s)} or the dilation {c.dim_text(d)}",
            )  # fmt: skip
    # Some backends give an empty output where it comes to 0, others raise.
    if dims[0] != 0 and (0 in spatial or any(less(o, 0) for o in out)):
        c.fail(
            "kernel-too-large", f"{c.name}: an input of {times(spatial, c)} would give an output of {times(out, c)}",
            input,
        )  # fmt: skip
    return Tensor((*front, *out), dtype, device=input.device)


def _requested(
    c: Call,
    n: int,
    input: Tensor,
    dims: tuple[Dim, ...],
    smallest: list[Dim],
    strides: Sequence[Dim],
    output_size: Any,
) -> tuple[Dim, ...]:
    """The output padding that gives the `output_size` of the call, which may name all dims or the spatial ones."""
    wanted = c.ints(output_size)
    if len(wanted) == len(dims):
        wanted = wanted[-n:]
    if len(wanted) != n:
        c.fail(
            "argument-value", f"{c.name}: output_size needs {n} or {len(dims)} sizes for {c.text(input)}, "
            f"got {len(wanted)}", input,
        )  # fmt: skip
    for size, low, s in zip(wanted, smallest, strides):
        if less(size, low) or less(low + s - 1, size):
            largest = [a + b - 1 for a, b in zip(smallest, strides)]
            c.fail(
                "argument-value",
                f"{c.name}: output_size {times(wanted, c)} is not between {times(smallest, c)} and {times(largest, c)}",
                input,
            )
    return tuple([size - low for size, low in zip(wanted, smallest)])


# -- functions -----------------------------------------------------------------------------------------------------


def _functions(n: int) -> None:
    @rule(f"torch.conv{n}d", f"torch.nn.functional.conv{n}d")
    def conv(
        c: Call,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: object = 1,
        padding: object = 0,
        dilation: object = 1,
        groups: object = 1,
    ) -> Tensor:
        return convolved(c, n, input, weight, bias, stride, padding, dilation, groups)

    @rule(f"torch.conv_transpose{n}d", f"torch.nn.functional.conv_transpose{n}d")
    def conv_transpose(
        c: Call,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: object = 1,
        padding: object = 0,
        output_padding: object = 0,
        groups: object = 1,
        dilation: object = 1,
    ) -> Tensor:
        return transposed(c, n, input, weight, bias, stride, padding, output_padding, groups, dilation)


@rule("torch.conv_tbc", "torch.nn.functional.conv_tbc")
def conv_tbc(c: Call, input: Tensor, weight: Tensor, bias: Tensor, pad: Dim = 0) -> Tensor:
    """(T, B, C) with weight (K, C, O) -> (T + 2·pad - K + 1, B, O), which may be empty."""
    time, batch, channels = _three(c, input, ("T", "B", "C"))
    kernel, expected, outputs = _three(c, weight, ("K", "C", "O"))
    dtype = same_dtype(c, input, weight, "weight")
    if differ(c, expected, channels):
        message = f"conv_tbc expects {c.counted(expected, 'channel')}, got {c.dim_text(channels)} in {c.text(input)}"
        c.fail("channel-mismatch", message, input, weight)
    vector(c, bias, outputs, "bias", input)
    if less(time + 2 * pad, kernel - 1):
        _too_large(c, (time,), (kernel,), (pad,), (1,))
    return Tensor((time + 2 * pad - kernel + 1, batch, outputs), dtype, device=input.device)


def _three(c: Call, tensor: Tensor, names: tuple[str, str, str]) -> tuple[Dim, ...]:
    dims = c.dims(tensor, names)
    if len(dims) != 3:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of ({', '.join(names)}), got {c.text(tensor)}", tensor)
    return dims


# -- layers --------------------------------------------------------------------------------------------------------


def _setup(n: int, is_transposed: bool, lazy: bool) -> Callable[[Call, Instance], None]:
    def setup(c: Call, self: Instance) -> None:
        a = self.attrs
        if lazy:
            # The first call says how many channels there are, and every later one is held to it.
            a["in_channels"] = symbol("C", 0)
        channels = a["in_channels"] = count(c, a["in_channels"], "in_channels")
        outputs = a["out_channels"] = count(c, a["out_channels"], "out_channels")
        groups = a["groups"] = _groups(c, a["groups"])
        a["kernel_size"] = _kernel(c, a["kernel_size"], n)
        for name in ("stride", "padding", "dilation"):
            a[name] = _repeated(a[name], n)
        a["output_padding"] = _repeated(a.get("output_padding", 0), n)
        a["transposed"] = is_transposed
        least(c, (channels,), 0, "in_channels")
        least(c, (outputs,), 0, "out_channels")
        for name, number in (("in_channels", channels), ("out_channels", outputs)):
            if groups != 1 and divides(groups, number) is False:
                c.fail("groups-mismatch", f"{c.name}: {name} = {c.dim_text(number)} is not divisible by "
                       f"groups = {c.dim_text(groups)}")  # fmt: skip
        _names(c, a, is_transposed)

    return setup


def _names(c: Call, a: dict[str, Any], is_transposed: bool) -> None:
    """Fails on a padding or padding_mode that the constructor refuses."""
    mode, padding = a["padding_mode"], a["padding"]
    modes = _MODES[:1] if is_transposed else _MODES
    if isinstance(mode, str) and mode not in modes:
        c.fail("argument-value", f"{c.name}: padding_mode must be {' or '.join(map(repr, modes))}, got {mode!r}")
    if isinstance(padding, str) and not is_transposed:
        if padding not in ("same", "valid"):
            c.fail("argument-value", f"{c.name}: padding must be 'same', 'valid' or ints, got {padding!r}")
        stride = a["stride"]
        if padding == "same" and isinstance(stride, tuple) and any(isinstance(s, int) and s != 1 for s in stride):
            c.fail("argument-value", f"{c.name}: padding='same' needs stride 1, got {times(stride, c)}")


def _kernel(c: Call, value: Any, n: int) -> tuple[Dim, ...]:
    """The kernel as a tuple, of the user's length; sizes that are not known get a name."""
    value = c.store.value(value)
    found = sizes(c, value, len(value) if isinstance(value, (tuple, list)) and len(value) else n, "kernel_size")
    if found is None:
        return tuple(symbol("k") for _ in range(n))
    least(c, found, 0, "kernel_size")
    return found


def _repeated(value: Any, n: int) -> Any:
    """As torch.nn.modules.utils does: a tuple of what is no iterable; strings and what is unknown as they are."""
    if type(value) is Unknown or isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return value if getattr(value, "rest", None) is not None else tuple(value)
    return (value,) * n


def _weights(is_transposed: bool) -> Callable[[Call, Instance], dict[str, Any]]:
    def shapes(c: Call, self: Instance) -> dict[str, Any]:
        a = self.attrs
        channels, outputs, groups = a["in_channels"], a["out_channels"], a["groups"]
        pair = (channels, _over(outputs, groups)) if is_transposed else (outputs, _over(channels, groups))
        found: dict[str, Any] = {"weight": (*pair, *a["kernel_size"])}
        bias = flag(c.store.value(a["bias"]))
        if bias is not None:
            found["bias"] = (outputs,) if bias else None
        return found

    return shapes


def _over(number: Dim, groups: Dim) -> Dim:
    return number if groups == 1 else exact_quotient(number, groups)


def _layers(n: int) -> None:
    base = "torch.nn.modules.conv._ConvNd"
    bases = (base, "torch.nn.Module")

    def forward(c: Call, self: Instance, input: Tensor) -> Tensor:
        a = self.attrs
        weight = weight_of(c, "weight")
        if weight is None:
            raise NotKnown
        padding, mode = a["padding"], a["padding_mode"]
        if mode != "zeros":
            input = _padded_by_mode(c, n, input, weight, padding, mode, a["dilation"])
            padding = 0
        return convolved(c, n, input, weight, maybe_weight(c, "bias"), a["stride"], padding, a["dilation"], a["groups"])

    def forward_transposed(c: Call, self: Instance, input: Tensor, output_size: object = None) -> Tensor:
        a = self.attrs
        weight = weight_of(c, "weight")
        if weight is None:
            raise NotKnown
        return transposed(
            c, n, input, weight, maybe_weight(c, "bias"), a["stride"], a["padding"], a["output_padding"], a["groups"],
            a["dilation"], output_size,
        )  # fmt: skip

    for prefix, lazy in (("", False), ("Lazy", True)):
        for kind, declared, back in (("Conv", _CONV, False), ("ConvTranspose", _TRANSPOSED, True)):
            layer(
                f"torch.nn.{prefix}{kind}{n}d",
                declared.replace("in_channels, ", "") if lazy else declared,
                parameters=_weights(back),
                setup=_setup(n, back, lazy),
                bases=(f"torch.nn.{kind}{n}d",) if lazy else bases,
            )(forward_transposed if back else forward)


def _padded_by_mode(c: Call, n: int, input: Tensor, weight: Tensor, padding: Any, mode: Any, dilation: Any) -> Tensor:
    """The input of a convolution whose padding_mode is not 'zeros', padded as F.pad does."""
    if not isinstance(mode, str):
        raise NotKnown
    if padding == "valid":
        pads: list[tuple[Dim, Dim]] | None = [(0, 0)] * n
    elif padding == "same":
        filters, dilations = _filters(c, n, weight, ("O", "C")), sizes(c, dilation, n, "dilation")
        totals = None if dilations is None else [d * (k - 1) for d, k in zip(dilations, filters[2:])]
        pads = None if totals is None else [(floordiv(t, 2), t - floordiv(t, 2)) for t in totals]
    else:
        # A tuple of another length pads as many dims as it is long.
        both = sizes(c, padding, len(padding) if isinstance(padding, tuple) else n, "padding")
        pads = None if both is None else [(p, p) for p in both]
    if pads is None:
        raise NotKnown
    laid_out(c, input, n)
    return padded(c, input, [p for pair in reversed(pads) for p in pair], mode)


for _n in (1, 2, 3):
    _functions(_n)
    _layers(_n)
