"""torch.fft, and the short-time Fourier transform."""

from __future__ import annotations

from collections.abc import Callable

from shapelens.dims import Dim, floordiv, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.rules.torch.elementwise import as_float
from shapelens.rules.torch.reductions import check_axis, known_axes, with_dims
from shapelens.values import Tensor
from shapelens.values.dtypes import COMPLEX_OF, REAL_OF, category


def _complex(dtype: str | None) -> str | None:
    dtype = as_float(dtype)
    return None if dtype is None else COMPLEX_OF.get(dtype, dtype)


def _real(dtype: str | None) -> str | None:
    dtype = as_float(dtype)
    return None if dtype is None else REAL_OF.get(dtype, dtype)


def half(n: Dim) -> Dim:
    """The number of frequencies of n real values: n // 2 + 1."""
    return floordiv(n, 2) + 1


# The size of the last transformed dim after the transform, from its size m before it, and from n where n is given.
_LAST: dict[str, tuple[Callable[[Dim], Dim], Callable[[Dim], Dim], bool, bool]] = {
    # name: (from m, from n, input must be real, output is real)
    "fft": (lambda m: m, lambda n: n, False, False),
    "ifft": (lambda m: m, lambda n: n, False, False),
    "rfft": (half, half, True, False),
    "irfft": (lambda m: 2 * (m - 1), lambda n: n, False, True),
    "hfft": (lambda m: 2 * (m - 1), lambda n: n, False, True),
    "ihfft": (half, half, True, False),
}


def _require_points(c: Call, input: Tensor, n: Dim) -> Dim:
    if less(n, 1) is True:
        c.fail("call-arguments", f"{c.name}: {c.dim_text(n)} data points in {c.text(input)}", input)
    return n


def _transform(c: Call, kind: str, input: Tensor, sizes: list[Dim | None], axes: tuple[int, ...]) -> Tensor:
    """Transform along axes with the given sizes; the last axis is the one that halves or doubles."""
    from_size, from_n, real_in, real_out = _LAST[kind]
    if real_in and input.dtype is not None and category(input.dtype) == 3:
        c.fail("dtype-mismatch", f"{c.name} needs a real tensor, got {input.dtype}", input)
    if c.shape(input) == () and axes:
        c.fail("axis-out-of-range", f"{c.name}: dim {axes[0]} of a tensor that has no dims", input)
    shape = c.shape(input)
    if isinstance(shape, tuple):
        c.axes(axes, len(shape), input)
    for axis, size in zip(axes, sizes):
        last = axis == axes[-1]

        def change(dim: Dim, size: Dim | None = size, last: bool = last) -> tuple[Dim, ...]:
            if size is None:
                points = 2 * (dim - 1) if last and real_out else dim
                _require_points(c, input, points)
                return (from_size(dim) if last else dim,)
            _require_points(c, input, size)
            return (from_n(size) if last else size,)

        shape = with_dims(c, Tensor(shape), (axis,), change)
    dtype = _real(input.dtype) if real_out else _complex(input.dtype)
    return Tensor(shape, dtype, input.library, input.device)


def one(kind: str) -> Callable[..., Tensor]:
    """The rule of a transform along one axis."""

    def apply(c: Call, input: Tensor, n: Dim | None = None, dim: int = -1, norm: object = None) -> Tensor:
        return _transform(c, kind, input, [n], (dim,))

    return apply


def several(kind: str, two: bool) -> Callable[..., Tensor]:
    """The rule of a transform along several axes: the last two, or all."""

    def apply(c: Call, input: Tensor, s: object = None, dim: object = None, norm: object = None) -> Tensor:
        given = None if s is None else c.ints(s)
        sizes: list[Dim | None] = [] if given is None else [None if n == -1 else n for n in given]
        if dim is not None:
            axes = known_axes(dim)
        elif two:
            axes = (-2, -1)
        else:
            rank = len(c.dims(input))
            axes = tuple(range(-len(sizes) if given is not None else -rank, 0))
            if given is not None and len(sizes) > rank:
                c.fail("rank-mismatch", f"{c.name}: {len(sizes)} sizes for {c.text(input)}", input)
        if not axes:
            raise NotKnown
        if given is not None and len(sizes) != len(axes):
            c.fail("call-arguments", f"{c.name}: {len(sizes)} sizes for {len(axes)} dims")
        return _transform(c, kind, input, sizes or [None] * len(axes), axes)

    return apply


for _kind in _LAST:
    rule(f"torch.fft.{_kind}")(one(_kind))
    rule(f"torch.fft.{_kind}2")(several(_kind, True))
    rule(f"torch.fft.{_kind}n")(several(_kind, False))


@rule("torch.fft.fftshift", "torch.fft.ifftshift")
def fftshift(c: Call, input: Tensor, dim: object = None) -> Tensor:
    for axis in () if dim is None else known_axes(dim):
        check_axis(c, input, axis)
    if c.shape(input) == ():
        c.fail("rank-mismatch", f"{c.name} needs a tensor of at least one dim", input)
    return input.with_()


@rule("torch.fft.fftfreq", "torch.fft.rfftfreq")
def fftfreq(c: Call, n: Dim, d: object = 1.0, *, dtype: object = None, device: object = None) -> Tensor:
    """(n,) frequencies; of a real transform (n // 2 + 1,)."""
    if less(n, 0) is True:
        raise NotKnown
    return Tensor((half(n) if c.name == "rfftfreq" else n,), c.dtype(dtype, c.floating))


# -- short time ------------------------------------------------------------------------------------------------------


def _check_window(c: Call, window: Tensor | None, length: Dim) -> None:
    if window is None:
        return
    shape = c.dims(window, ("W",))
    if len(shape) != 1 or c.equate(shape[0], length) is False:
        c.fail(
            "shape-mismatch",
            f"{c.name}: the window must be ({c.dim_text(length)},) as win_length says, got {c.text(window)}",
            window,
        )


@rule("torch.stft", "torch.Tensor.stft")
def stft(
    c: Call, input: Tensor, n_fft: Dim, hop_length: Dim | None = None, win_length: Dim | None = None,
    window: Tensor | None = None, center: bool = True, pad_mode: object = "reflect", normalized: object = False,
    onesided: bool | None = None, return_complex: bool | None = None, align_to_window: object = None,
) -> Tensor:  # fmt: skip
    """(B?, L) gives (B?, n_fft // 2 + 1, frames), frames = 1 + (L + 2·(n_fft // 2) − n_fft) // hop when centred.

    Source: the documentation of torch.stft and SpectralOps.cpp.
    """
    shape = c.dims(input)
    if len(shape) not in (1, 2):
        c.fail("rank-mismatch", f"stft needs a (B?, L) tensor, got {c.text(input)}", input)
    complex_in = input.dtype is not None and category(input.dtype) == 3
    if window is not None and window.dtype is not None and category(window.dtype) == 3:
        complex_in = True
    if return_complex is None and input.dtype is not None and not complex_in:
        if window is None or window.dtype is not None:
            c.fail("call-arguments", "stft of a real tensor needs return_complex=True or False")
        raise NotKnown
    if input.dtype is not None and category(input.dtype) < 2:
        c.fail("dtype-mismatch", f"stft needs a float or complex tensor, got {input.dtype}", input)
    hop = floordiv(n_fft, 4) if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if less(hop, 1) is True:
        c.fail("call-arguments", f"stft: hop_length must be positive, got {c.dim_text(hop)}")
    if less(width, 1) is True or less(n_fft, width) is True:
        c.fail("call-arguments", f"stft: win_length must be between 1 and n_fft, got {c.dim_text(width)}")
    _check_window(c, window, width)
    length = shape[-1]
    pad = floordiv(n_fft, 2) if center else 0
    if center and pad_mode == "reflect" and less(pad, length) is False:
        c.fail("size-too-small", f"stft: {c.text(input)} is too short to be padded by {c.dim_text(pad)}", input)
    if less(length + 2 * pad, n_fft) is True:
        c.fail("size-too-small", f"stft: {c.text(input)} is shorter than n_fft = {c.dim_text(n_fft)}", input)
    if onesided is None and input.dtype is None:
        raise NotKnown
    one_side = not complex_in if onesided is None else onesided
    rows = half(n_fft) if one_side else n_fft
    made = (*shape[:-1], rows, floordiv(length + 2 * pad - n_fft, hop) + 1)
    if return_complex is False:
        return Tensor((*made, 2), _real(input.dtype), "torch", input.device)
    return Tensor(made, _complex(input.dtype), "torch", input.device)


@rule("torch.istft", "torch.Tensor.istft")
def istft(
    c: Call, input: Tensor, n_fft: Dim, hop_length: Dim | None = None, win_length: Dim | None = None,
    window: Tensor | None = None, center: bool = True, normalized: object = False, onesided: bool | None = None,
    length: Dim | None = None, return_complex: bool = False,
) -> Tensor:  # fmt: skip
    """(B?, n_fft // 2 + 1, frames) gives (B?, length), or hop · (frames − 1) values, n_fft % 2 more, when centred."""
    shape = c.dims(input)
    if input.dtype is not None and category(input.dtype) != 3:
        c.fail("dtype-mismatch", f"istft needs a complex tensor, got {input.dtype}", input)
    if len(shape) not in (2, 3):
        c.fail("rank-mismatch", f"istft needs a (B?, frequencies, frames) tensor, got {c.text(input)}", input)
    if onesided is not False:
        expected = half(n_fft)
        if onesided or c.store.dim(shape[-2]) != n_fft:
            message = (
                f"istft: n_fft = {c.dim_text(n_fft)} makes {c.dim_text(expected)} frequencies, got {c.text(input)}"
            )
            c.require(shape[-2], expected, "shape-mismatch", message, input)
    else:
        message = f"istft: n_fft = {c.dim_text(n_fft)} frequencies expected, got {c.text(input)}"
        c.require(shape[-2], n_fft, "shape-mismatch", message, input)
    hop = floordiv(n_fft, 4) if hop_length is None else hop_length
    _check_window(c, window, n_fft if win_length is None else win_length)
    whole = n_fft + hop * (shape[-1] - 1)
    values = length if length is not None else whole - 2 * floordiv(n_fft, 2) if center else whole
    return Tensor((*shape[:-2], values), input.dtype if return_complex else _real(input.dtype), "torch", input.device)
