"""torch.nn's pooling layers and their functional forms.

A window that slides, as the torch.nn.MaxPool2d and AvgPool2d pages have it, for one, two and three spatial dims:

    (B, C, H, W) -> (B, C, (H + 2·padding - dilation·(kernel - 1) - 1) // stride + 1, …)

rounded up with ceil_mode, but never so far that a window starts behind the padded input.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from shapelens.dims import Dim, ceildiv, floordiv, less, less_equal, minimum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import layer, rule
from shapelens.rules.torch.spatial import (
    BOOL,
    COMPLEX,
    INTS,
    LAYOUT,
    NOT_FLOAT,
    SPATIAL,
    count,
    differ,
    flag,
    laid_out,
    least,
    no_dtypes,
    not_empty,
    scaled,
    sizes,
    times,
)
from shapelens.values import Instance, List, Tensor, Unknown
from shapelens.values.dtypes import FLOATS

_AVERAGED = BOOL | COMPLEX | (INTS - {"int64"})


# -- windows -------------------------------------------------------------------------------------------------------


def pooled(
    c: Call,
    n: int,
    input: Tensor,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: Any,
    dtypes: Collection[str],
    fits: bool = False,
) -> Tensor:
    """What a pool over `n` spatial dims gives. `fits`: the kernel may not be larger than the bare input."""
    dims = laid_out(c, input, n)
    if input.dtype in dtypes:
        no_dtypes(c, input, dtypes)
    not_empty(c, input, dims[-n - 1 :])
    kernels = sizes(c, kernel, n, "kernel_size")
    strides = kernels if stride is None or stride == () or stride == [] else sizes(c, stride, n, "stride")
    paddings = sizes(c, padding, n, "padding")
    dilations = sizes(c, dilation, n, "dilation")
    up = flag(c.store.value(ceil_mode))
    if kernels is None or strides is None or paddings is None or dilations is None or up is None:
        return Tensor((*dims[:-n], *(c.fresh(s) for s in SPATIAL[n])), input.dtype, device=input.device)
    out: list[Dim] = []
    for size, k, s, p, d in zip(dims[-n:], kernels, strides, paddings, dilations):
        if not type(s) is type(k) is type(d) is type(p) is int or s < 1 or d < 1 or not 0 <= p <= k // 2 or k < 1:
            _limits(c, kernels, strides, paddings, dilations)
        room: Dim = size + 2 * p - d * (k - 1) - 1
        if not up:
            found = floordiv(room, s) + 1
        else:
            found = ceildiv(room, s) + 1
            last = floordiv(size + p - 1, s) + 1
            if less_equal(found, last) is not True:
                found = minimum(found, last)
        if found < 1 if isinstance(found, int) else less(found, 1):
            _too_large(c, input, dims[-n:], kernels, paddings)
        if fits and less(size, k):
            _too_large(c, input, dims[-n:], kernels, (0,) * n)
        out.append(found)
    return Tensor((*dims[:-n], *out), input.dtype, device=input.device)


def _limits(
    c: Call, kernel: Sequence[Dim], strides: Sequence[Dim], paddings: Sequence[Dim], dilations: Sequence[Dim]
) -> None:
    least(c, kernel, 1, "kernel_size")
    least(c, strides, 1, "stride")
    least(c, paddings, 0, "padding")
    least(c, dilations, 1, "dilation")
    for k, p in zip(kernel, paddings):
        if less(floordiv(k, 2), p):
            c.fail("argument-value", f"{c.name}: padding {c.dim_text(p)} is more than half the kernel {c.dim_text(k)}")


def _too_large(c: Call, input: Tensor, spatial: Sequence[Dim], kernel: Sequence[Dim], paddings: Sequence[Dim]) -> None:
    c.fail(
        "kernel-too-large",
        f"{c.name}: kernel {times(kernel, c)} is larger than the {'padded ' if any(p != 0 for p in paddings) else ''}"
        f"input {times([size + 2 * p for size, p in zip(spatial, paddings)], c)}",
        input,
    )


def _with_indices(c: Call, wanted: Any, dtype: str | None, shape: Callable[[], Tensor]) -> Any:
    """The result of a max pool: with `return_indices` the pair of values and int64 indices."""
    pair = flag(c.store.value(wanted))
    try:
        found = shape()
    except NotKnown:
        found = Tensor(None, dtype)
    if pair is None:
        raise NotKnown
    return (found, found.with_(dtype="int64")) if pair else found


def _max_pooled(
    c: Call, n: int, input: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: Any, indices: Any
) -> Any:
    dtypes = NOT_FLOAT if n == 1 and indices is False else BOOL | COMPLEX
    return _with_indices(
        c, indices, input.dtype, lambda: pooled(c, n, input, kernel, stride, padding, dilation, ceil, dtypes)
    )


def _lp_pooled(c: Call, n: int, input: Tensor, norm: Any, kernel: Any, stride: Any, ceil: Any) -> Tensor:
    """(Σ x^p)^(1/p) over a window; integers come out as floats."""
    kernel, norm = c.store.value(kernel), c.store.value(norm)
    finite = isinstance(norm, (int, float)) and abs(norm) != float("inf")
    if isinstance(kernel, (tuple, list)) and (finite if n == 1 else len(kernel) != n):
        wanted = "an int" if n == 1 else f"one int or {n}"
        c.fail("argument-value", f"{c.name}: kernel_size must be {wanted}, got a sequence of {len(kernel)}")
    found = pooled(c, n, input, kernel, stride, 0, 1, ceil, COMPLEX if finite else (), fits=n == 3 and finite)
    if input.dtype is None or input.dtype in FLOATS:
        return found
    return found.with_(dtype="float32" if isinstance(norm, float) and finite else None)


# -- adaptive ------------------------------------------------------------------------------------------------------


def _adapted(c: Call, n: int, input: Tensor, output_size: Any, largest: bool) -> Tensor:
    """(B, C, H, W) -> (B, C, *output_size), None keeping a dim. Source: the torch.nn.AdaptiveAvgPool2d page."""
    is_mean = not largest and n > 1 and (output_size == 1 or output_size == (1,) * n)  # torch then averages any rank
    dims = c.dims(input, LAYOUT[n])
    if not (n if is_mean else n + 1) <= len(dims) <= (len(dims) if is_mean else n + 2):
        laid_out(c, input, n)
    if type(output_size) is int:
        out: list[Dim] = [output_size] * n
    else:
        out = _wanted(c, n, dims[-n:], output_size)
    for o in out:
        if o < 0 if isinstance(o, int) else less(o, 0):
            least(c, out, 0, "output_size")
    if input.dtype in NOT_FLOAT and 0 not in out:
        no_dtypes(c, input, NOT_FLOAT if largest or n == 1 else INTS | BOOL)
    if largest or (n == 3 and not is_mean):
        not_empty(c, input, dims[1:])
    elif out != [1] * n:
        not_empty(c, input, dims[-n:])
    return Tensor((*dims[:-n], *out), input.dtype, device=input.device)


def _wanted(c: Call, n: int, spatial: tuple[Dim, ...], output_size: Any) -> list[Dim]:
    output_size = c.store.value(output_size)
    if type(output_size) is Unknown and output_size.hole is None:
        return [c.fresh(s) for s in SPATIAL[n]]
    if not isinstance(output_size, (tuple, list)):
        return [count(c, output_size, "output_size")] * n
    if isinstance(output_size, List) and output_size.rest is not None:
        raise NotKnown
    if len(output_size) != n:
        c.fail("argument-value", f"{c.name}: output_size must be one int or {n}, got {len(output_size)} sizes")
    return [size if o is None and n > 1 else count(c, o, "output_size") for o, size in zip(output_size, spatial)]


# -- fractional ----------------------------------------------------------------------------------------------------


def _fractional(c: Call, n: int, input: Tensor, kernel: Any, output_size: Any, ratio: Any) -> Tensor:
    """(B, C, H, W) -> (B, C, *output_size), or each size times its ratio, rounded down."""
    dims = laid_out(c, input, n)
    not_empty(c, input, dims[1:])
    output_size, ratio = c.store.value(output_size), c.store.value(ratio)
    if isinstance(kernel, (tuple, list)) and len(kernel) != n:
        c.fail("argument-value", f"{c.name}: kernel_size must be one int or {n}, got {len(kernel)} sizes")
    kernels = sizes(c, kernel, n, "kernel_size")
    out: Sequence[Dim] | None
    if output_size is not None:
        if isinstance(output_size, (tuple, list)) and len(output_size) != n:
            c.fail("argument-value", f"{c.name}: output_size must be one int or {n}, got {len(output_size)} sizes")
        out = sizes(c, output_size, n, "output_size")
    elif ratio is None:
        c.fail("argument-value", f"{c.name} needs output_size or output_ratio")
    else:
        ratios = ratio if isinstance(ratio, (tuple, list)) else (ratio,) * n
        if isinstance(ratio, (int, float)) and n == 2 and c.layer is None:
            c.fail("argument-value", f"{c.name}: output_ratio must be a tuple of two floats, got {ratio}")
        if len(ratios) < n or not all(isinstance(r, (int, float)) for r in ratios):
            raise NotKnown
        out = [scaled(c, size, r) for size, r in zip(dims[-n:], ratios)]
    if out is None:
        return Tensor((*dims[:-n], *(c.fresh(s) for s in SPATIAL[n])), input.dtype, device=input.device)
    least(c, out, 0, "output_size")
    if 0 not in out:
        no_dtypes(c, input, NOT_FLOAT)
    if kernels is not None:
        for size, k, o in zip(dims[-n:], kernels, out):
            if less(size + (1 if n == 2 else 0), o + k):
                c.fail(
                    "kernel-too-large", f"{c.name}: kernel {times(kernels, c)} and output {times(out, c)} are too "
                    f"large for the input {times(dims[-n:], c)}", input,
                )  # fmt: skip
    return Tensor((*dims[:-n], *out), input.dtype, device=input.device)


# -- unpooling -----------------------------------------------------------------------------------------------------


def _unpooled(
    c: Call, n: int, input: Tensor, indices: Tensor, kernel: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    """(B, C, H, W) -> (B, C, (H - 1)·stride - 2·padding + kernel, …), or output_size where that is near enough."""
    dims = laid_out(c, input, n)
    if indices.dtype not in (None, "int64"):
        c.fail("dtype-mismatch", f"{c.name}: indices must be int64, got {indices.dtype}", indices)
    not_empty(c, input, dims[1:])
    shape = c.shape(indices)
    if isinstance(shape, tuple) and (len(shape) != len(dims) or any(differ(c, a, b) for a, b in zip(dims, shape))):
        c.fail(
            "shape-mismatch", f"{c.name}: indices must have the input's shape {c.text(input)}, got {c.text(indices)}",
            input, indices,
        )  # fmt: skip
    if n < 3:  # what a tuple has beyond the last dim is not looked at
        stride, padding = (v[:n] if isinstance(v, (tuple, list)) else v for v in (stride, padding))
    for value, what in ((kernel, "kernel_size"), (stride, "stride"), (padding, "padding")):
        if isinstance(value, (tuple, list)) and len(value) != n:
            c.fail("argument-value", f"{c.name}: {what} must be one int or {n}, got {len(value)} sizes")
    kernels = sizes(c, kernel, n, "kernel_size")
    strides = kernels if stride is None else sizes(c, stride, n, "stride")
    paddings = sizes(c, padding, n, "padding")
    if kernels is None or strides is None or paddings is None:
        return Tensor((*dims[:-n], *(c.fresh(s) for s in SPATIAL[n])), input.dtype, device=input.device)
    if n == 3:
        least(c, strides, 1, "stride")
    out: Sequence[Dim] = [(size - 1) * s + k - 2 * p for size, k, s, p in zip(dims[-n:], kernels, strides, paddings)]
    output_size = c.store.value(output_size)
    if output_size is not None:
        if isinstance(output_size, int):
            c.fail("argument-value", f"{c.name}: output_size must be a tuple, got {output_size}")
        wanted = c.ints(output_size)
        wanted = wanted[2:] if len(wanted) == n + 2 else wanted
        if len(wanted) != n:
            c.fail("argument-value", f"{c.name}: output_size needs {n} or {n + 2} sizes, got {len(wanted)}")
        for size, middle, s in zip(wanted, out, strides):
            if less_equal(size, middle - s) or less_equal(middle + s, size):
                c.fail(
                    "argument-value", f"{c.name}: output_size {times(wanted, c)} is not near {times(out, c)}: each "
                    "size may differ by less than the stride", input,
                )  # fmt: skip
        out = wanted
    least(c, out, 0, "output_size")
    if 0 not in out:
        no_dtypes(c, input, NOT_FLOAT)
    return Tensor((*dims[:-n], *out), input.dtype, device=input.device)


# -- functions -----------------------------------------------------------------------------------------------------


def _functions(n: int) -> None:
    nn = "torch.nn.functional"

    @rule(f"{nn}.max_pool{n}d")
    def max_pool(
        c: Call,
        input: Tensor,
        kernel_size: object,
        stride: object = None,
        padding: object = 0,
        dilation: object = 1,
        ceil_mode: object = False,
        return_indices: object = False,
    ) -> object:
        return _max_pooled(c, n, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)

    @rule(f"torch.max_pool{n}d")
    def torch_max_pool(
        c: Call,
        input: Tensor,
        kernel_size: object,
        stride: object = (),
        padding: object = 0,
        dilation: object = 1,
        ceil_mode: object = False,
    ) -> Tensor:
        return _max_pooled(c, n, input, kernel_size, stride, padding, dilation, ceil_mode, False)  # type: ignore[no-any-return]

    @rule(f"{nn}.max_pool{n}d_with_indices", *(["torch.max_pool1d_with_indices"] if n == 1 else []))
    def max_pool_with_indices(
        c: Call,
        input: Tensor,
        kernel_size: object,
        stride: object = None,
        padding: object = 0,
        dilation: object = 1,
        ceil_mode: object = False,
        return_indices: object = False,
    ) -> object:
        return _max_pooled(c, n, input, kernel_size, stride, padding, dilation, ceil_mode, True)

    @rule(f"{nn}.avg_pool{n}d", *(["torch.avg_pool1d"] if n == 1 else []))
    def avg_pool(
        c: Call,
        input: Tensor,
        kernel_size: object,
        stride: object = None,
        padding: object = 0,
        ceil_mode: object = False,
        count_include_pad: object = True,
        divisor_override: object = None,
    ) -> Tensor:
        return _averaged(c, n, input, kernel_size, stride, padding, ceil_mode, divisor_override)

    @rule(f"{nn}.lp_pool{n}d")
    def lp_pool(
        c: Call, input: Tensor, norm_type: object, kernel_size: object, stride: object = None, ceil_mode: object = False
    ) -> Tensor:
        return _lp_pooled(c, n, input, norm_type, kernel_size, stride, ceil_mode)

    @rule(f"{nn}.adaptive_avg_pool{n}d", *(["torch.adaptive_avg_pool1d"] if n == 1 else []))
    def adaptive_avg_pool(c: Call, input: Tensor, output_size: object) -> Tensor:
        return _adapted(c, n, input, output_size, largest=False)

    @rule(f"{nn}.adaptive_max_pool{n}d")
    def adaptive_max_pool(c: Call, input: Tensor, output_size: object, return_indices: object = False) -> object:
        return _with_indices(c, return_indices, input.dtype, lambda: _adapted(c, n, input, output_size, largest=True))

    @rule(f"{nn}.adaptive_max_pool{n}d_with_indices", *(["torch.adaptive_max_pool1d"] if n == 1 else []))
    def adaptive_max_pool_with_indices(
        c: Call, input: Tensor, output_size: object, return_indices: object = False
    ) -> object:
        return _with_indices(c, True, input.dtype, lambda: _adapted(c, n, input, output_size, largest=True))

    @rule(f"{nn}.max_unpool{n}d")
    def max_unpool(
        c: Call,
        input: Tensor,
        indices: Tensor,
        kernel_size: object,
        stride: object = None,
        padding: object = 0,
        output_size: object = None,
    ) -> Tensor:
        return _unpooled(c, n, input, indices, kernel_size, stride, padding, output_size)

    if n == 1:
        return

    @rule(f"{nn}.fractional_max_pool{n}d")
    def fractional_max_pool(
        c: Call,
        input: Tensor,
        kernel_size: object,
        output_size: object = None,
        output_ratio: object = None,
        return_indices: object = False,
        _random_samples: object = None,
    ) -> object:
        return _with_indices(
            c, return_indices, input.dtype, lambda: _fractional(c, n, input, kernel_size, output_size, output_ratio)
        )

    @rule(f"{nn}.fractional_max_pool{n}d_with_indices")
    def fractional_max_pool_with_indices(
        c: Call,
        input: Tensor,
        kernel_size: object,
        output_size: object = None,
        output_ratio: object = None,
        return_indices: object = False,
        _random_samples: object = None,
    ) -> object:
        return _with_indices(
            c, True, input.dtype, lambda: _fractional(c, n, input, kernel_size, output_size, output_ratio)
        )


def _averaged(
    c: Call, n: int, input: Tensor, kernel: Any, stride: Any, padding: Any, ceil: Any, divisor: Any = None
) -> Tensor:
    if type(divisor) is int and divisor == 0:
        c.fail("argument-value", f"{c.name}: divisor_override must not be 0")
    return pooled(c, n, input, kernel, stride, padding, 1, ceil, _AVERAGED, fits=n == 3)


# -- layers --------------------------------------------------------------------------------------------------------


def _tuples(n: int, *names: str) -> Callable[[Call, Instance], None]:
    """A setup that sets the stride to the kernel's where it was left out, and makes tuples of these arguments."""

    def setup(c: Call, self: Instance) -> None:
        a = self.attrs
        if "stride" in a and a["stride"] is None:
            a["stride"] = a["kernel_size"]
        for name in names:
            value = c.store.value(a[name])
            if isinstance(value, list) and not (isinstance(value, List) and value.rest is not None):
                a[name] = tuple(value)
            elif value is not None and type(value) is not Unknown and not isinstance(value, (tuple, list)):
                a[name] = (value,) * n

    return setup


def _fractional_setup(n: int) -> Callable[[Call, Instance], None]:
    tuples = _tuples(n, "kernel_size", "output_size", "output_ratio")

    def setup(c: Call, self: Instance) -> None:
        tuples(c, self)
        output, ratio = self.attrs["output_size"], self.attrs["output_ratio"]
        if output is None and ratio is None:
            c.fail("argument-value", f"{c.name} needs output_size or output_ratio")
        if output is not None and ratio is not None and not isinstance(output, Unknown) and type(ratio) is tuple:
            c.fail("argument-value", f"{c.name} takes output_size or output_ratio, not both")
        if isinstance(ratio, tuple) and any(isinstance(r, (int, float)) and not 0 < r < 1 for r in ratio[:n]):
            c.fail("argument-value", f"{c.name}: output_ratio must be between 0 and 1, got {ratio}")
        kernel = self.attrs["kernel_size"]
        if n == 3 and isinstance(kernel, tuple) and any(isinstance(k, int) and k <= 0 for k in kernel):
            c.fail("argument-value", f"{c.name}: kernel_size must be at least 1, got {kernel}")

    return setup


def _layers(n: int) -> None:
    @layer(
        f"torch.nn.MaxPool{n}d",
        "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False",
        setup=_tuples(n),
        bases=("torch.nn.modules.pooling._MaxPoolNd", "torch.nn.Module"),
    )
    def max_pool(c: Call, self: Instance, input: Tensor) -> object:
        a = self.attrs
        return _max_pooled(
            c, n, input, a["kernel_size"], a["stride"], a["padding"], a["dilation"], a["ceil_mode"], a["return_indices"]
        )

    @layer(
        f"torch.nn.AvgPool{n}d",
        "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"
        + ("" if n == 1 else ", divisor_override=None"),
        setup=_tuples(n, "kernel_size", "stride", "padding") if n == 1 else _tuples(n),
        bases=("torch.nn.modules.pooling._AvgPoolNd", "torch.nn.Module"),
    )
    def avg_pool(c: Call, self: Instance, input: Tensor) -> Tensor:
        a = self.attrs
        return _averaged(
            c, n, input, a["kernel_size"], a["stride"], a["padding"], a["ceil_mode"], a.get("divisor_override")
        )

    @layer(f"torch.nn.LPPool{n}d", "norm_type, kernel_size, stride=None, ceil_mode=False")
    def lp_pool(c: Call, self: Instance, input: Tensor) -> Tensor:
        a = self.attrs
        norm = c.store.value(a["norm_type"])
        norm = float(norm) if isinstance(norm, (int, float)) else norm
        return _lp_pooled(c, n, input, norm, a["kernel_size"], a["stride"], a["ceil_mode"])

    @layer(
        f"torch.nn.AdaptiveAvgPool{n}d",
        "output_size",
        bases=("torch.nn.modules.pooling._AdaptiveAvgPoolNd", "torch.nn.Module"),
    )
    def adaptive_avg_pool(c: Call, self: Instance, input: Tensor) -> Tensor:
        return _adapted(c, n, input, self.attrs["output_size"], largest=False)

    @layer(
        f"torch.nn.AdaptiveMaxPool{n}d",
        "output_size, return_indices=False",
        bases=("torch.nn.modules.pooling._AdaptiveMaxPoolNd", "torch.nn.Module"),
    )
    def adaptive_max_pool(c: Call, self: Instance, input: Tensor) -> object:
        a = self.attrs
        return _with_indices(
            c, a["return_indices"], input.dtype, lambda: _adapted(c, n, input, a["output_size"], largest=True)
        )

    @layer(
        f"torch.nn.MaxUnpool{n}d",
        "kernel_size, stride=None, padding=0",
        setup=_tuples(n, "kernel_size", "stride", "padding"),
    )
    def max_unpool(c: Call, self: Instance, input: Tensor, indices: Tensor, output_size: object = None) -> Tensor:
        a = self.attrs
        return _unpooled(c, n, input, indices, a["kernel_size"], a["stride"], a["padding"], output_size)

    if n == 1:
        return

    @layer(
        f"torch.nn.FractionalMaxPool{n}d",
        "kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None",
        setup=_fractional_setup(n),
    )
    def fractional(c: Call, self: Instance, input: Tensor) -> object:
        a = self.attrs
        return _with_indices(
            c, a["return_indices"], input.dtype,
            lambda: _fractional(c, n, input, a["kernel_size"], a["output_size"], a["output_ratio"]),
        )  # fmt: skip


for _n in (1, 2, 3):
    _functions(_n)
    _layers(_n)
