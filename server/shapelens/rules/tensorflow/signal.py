"""tf.signal: Fourier transforms, frames and windows."""

from __future__ import annotations

from shapelens.dims import Dim, ceildiv, floordiv, less, maximum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import (
    axes_of,
    axis_of,
    known,
    made,
    named,
    number,
    paths,
    refuse,
    sizes,
)
from shapelens.values import Tensor
from shapelens.values.dtypes import COMPLEX_OF, REAL_OF

_COMPLEX = ("complex64", "complex128")
_FLOAT = ("float32", "float64")
_COUNT = {"2d": 2, "3d": 3}


def _turned(tensor: Tensor, table: dict[str, str]) -> str | None:
    """The dtype between real and complex numbers; an array may be cast first."""
    return table.get(tensor.dtype or "") if tensor.library == "tensorflow" else None


def _axes(c: Call) -> int:
    return _COUNT.get(c.name[-2:], 1)


def _need(c: Call, tensor: Tensor, count: int) -> tuple[Dim, ...]:
    dims = c.dims(tensor)
    if len(dims) < count:
        c.fail("rank-mismatch", f"{c.name}: needs {count} axes or more, got {c.text(tensor)}", tensor)
    return dims


@rule(*paths("signal.fft fft2d fft3d ifft ifft2d ifft3d"))
def fft(c: Call, input: Tensor, name: object = None) -> Tensor:
    """Of complex numbers, the same shape."""
    refuse(c, input.dtype, _COMPLEX, input)
    _need(c, input, _axes(c))
    return made(input.shape, input.dtype if input.dtype in _COMPLEX else None)


def _lengths(c: Call, dims: tuple[Dim, ...], count: int, fft_length: object) -> list[Dim] | None:
    value = c.store.value(fft_length)
    if value is None:
        return None
    found = list(sizes(c, value))
    if len(found) != count:
        c.fail("argument-value", f"{c.name}: fft_length needs {count} numbers, got {len(found)}")
    return found


@rule(*paths("signal.rfft rfft2d rfft3d"))
def rfft(c: Call, input_tensor: Tensor, fft_length: object = None, name: object = None) -> Tensor:
    """Of real numbers: half of the last axis and one."""
    refuse(c, input_tensor.dtype, _FLOAT, input_tensor)
    count = _axes(c)
    dims = _need(c, input_tensor, count)
    asked = _lengths(c, dims, count, fft_length) or list(dims[-count:])
    last = floordiv(asked[-1], 2) + 1
    return made((*dims[:-count], *asked[:-1], last), _turned(input_tensor, COMPLEX_OF))


@rule(*paths("signal.irfft irfft2d irfft3d"))
def irfft(c: Call, input_tensor: Tensor, fft_length: object = None, name: object = None) -> Tensor:
    refuse(c, input_tensor.dtype, _COMPLEX, input_tensor)
    count = _axes(c)
    dims = _need(c, input_tensor, count)
    asked = _lengths(c, dims, count, fft_length)
    if asked is None:
        asked = [*dims[-count:-1], maximum((dims[-1] - 1) * 2, 0)]
    return made((*dims[:-count], *asked), _turned(input_tensor, REAL_OF))


@rule(*paths("signal.fftshift ifftshift"))
def fftshift(c: Call, x: Tensor, axes: object = None, name: object = None) -> Tensor:
    shape, value = c.shape(x), c.store.value(axes)
    if isinstance(shape, tuple) and value is not None:
        axes_of(c, value, len(shape), x)
    return made(shape, x.dtype)


@rule(*paths("signal.dct idct"))
def dct(
    c: Call,
    input: Tensor,
    type: object = 2,
    n: object = None,
    axis: object = -1,
    norm: object = None,
    name: object = None,
) -> Tensor:
    """Along the last axis, of length n where it is given."""
    if known(c, axis) != -1:
        raise NotKnown
    dims = _need(c, input, 1)
    length = c.store.value(n)
    last = dims[-1] if length is None else number(c, length)
    return made((*dims[:-1], last), input.dtype)


# -- frames --------------------------------------------------------------------------------------------------------


def _frames(c: Call, size: Dim, length: Dim, step: Dim, pad_end: object) -> Dim:
    padded = c.store.value(pad_end)
    if not isinstance(padded, bool):
        raise NotKnown
    if padded:
        return ceildiv(size, step)
    if less(size, length) is True:
        return 0
    return maximum(floordiv(size - length, step) + 1, 0)


@rule("tensorflow.signal.frame")
def frame(
    c: Call,
    signal: Tensor,
    frame_length: object,
    frame_step: object,
    pad_end: object = False,
    pad_value: object = 0,
    axis: object = -1,
    name: object = None,
) -> Tensor:
    """An axis becomes two: frames, and samples in each."""
    dims = _need(c, signal, 1)
    at = axis_of(c, axis, len(dims), signal)
    length, step = number(c, frame_length), number(c, frame_step)
    count = _frames(c, dims[at], length, step, pad_end)
    return made((*dims[:at], count, length, *dims[at + 1 :]), signal.dtype)


def _enclosing(c: Call, length: Dim) -> Dim:
    """The smallest power of two that is not smaller."""
    if not isinstance(length, int):
        return c.fresh("n")
    found = 1
    while found < length:
        found *= 2
    return found


@rule("tensorflow.signal.stft")
def stft(
    c: Call,
    signals: Tensor,
    frame_length: object,
    frame_step: object,
    fft_length: object = None,
    window_fn: object = None,
    pad_end: object = False,
    name: object = None,
) -> Tensor:
    """(*, samples) to (*, frames, fft_length // 2 + 1); the length is the next power of two unless said."""
    dims = _need(c, signals, 1)
    length = number(c, frame_length)
    value = c.store.value(fft_length)
    bins = _enclosing(c, length) if value is None else number(c, value)
    count = _frames(c, dims[-1], length, number(c, frame_step), pad_end)
    return made((*dims[:-1], count, floordiv(bins, 2) + 1), COMPLEX_OF.get(signals.dtype or "", None))


@rule("tensorflow.signal.inverse_stft")
def inverse_stft(
    c: Call,
    stfts: Tensor,
    frame_length: object,
    frame_step: object,
    fft_length: object = None,
    window_fn: object = None,
    name: object = None,
) -> Tensor:
    dims = _need(c, stfts, 2)
    length = number(c, frame_length)
    samples = (dims[-2] - 1) * number(c, frame_step) + length
    return made((*dims[:-2], samples), REAL_OF.get(stfts.dtype or "", None))


@rule("tensorflow.signal.overlap_and_add")
def overlap_and_add(c: Call, signal: Tensor, frame_step: object, name: object = None) -> Tensor:
    dims = _need(c, signal, 2)
    return made((*dims[:-2], (dims[-2] - 1) * number(c, frame_step) + dims[-1]), signal.dtype)


@rule("tensorflow.signal.mdct")
def mdct(
    c: Call,
    signals: Tensor,
    frame_length: object,
    window_fn: object = None,
    pad_end: object = False,
    norm: object = None,
    name: object = None,
) -> Tensor:
    """Frames that overlap by half."""
    dims = _need(c, signals, 1)
    length = number(c, frame_length)
    half = floordiv(length, 2)
    return made((*dims[:-1], _frames(c, dims[-1], length, half, pad_end), half), signals.dtype)


@rule("tensorflow.signal.inverse_mdct")
def inverse_mdct(c: Call, mdcts: Tensor, window_fn: object = None, norm: object = None, name: object = None) -> Tensor:
    dims = _need(c, mdcts, 2)
    return made((*dims[:-2], (dims[-2] + 1) * dims[-1]), mdcts.dtype)


@rule("tensorflow.signal.mfccs_from_log_mel_spectrograms")
def mfccs(c: Call, log_mel_spectrograms: Tensor, name: object = None) -> Tensor:
    return made(log_mel_spectrograms.shape, log_mel_spectrograms.dtype)


@rule("tensorflow.signal.linear_to_mel_weight_matrix")
def mel_matrix(
    c: Call,
    num_mel_bins: object = 20,
    num_spectrogram_bins: object = 129,
    sample_rate: object = 8000,
    lower_edge_hertz: object = 125.0,
    upper_edge_hertz: object = 3800.0,
    dtype: object = "float32",
    name: object = None,
) -> Tensor:
    return made((number(c, num_spectrogram_bins), number(c, num_mel_bins)), named(c, dtype))


@rule(*paths("signal.hamming_window hann_window"))
def window(
    c: Call, window_length: object, periodic: object = True, dtype: object = "float32", name: object = None
) -> Tensor:
    return made((number(c, window_length),), named(c, dtype))


@rule(*paths("signal.kaiser_window kaiser_bessel_derived_window"))
def kaiser_window(
    c: Call, window_length: object, beta: object = 12.0, dtype: object = "float32", name: object = None
) -> Tensor:
    length = number(c, window_length)
    if c.name == "kaiser_bessel_derived_window":
        length = floordiv(length, 2) * 2
    return made((length,), named(c, dtype))


@rule("tensorflow.signal.vorbis_window")
def vorbis_window(c: Call, window_length: object, dtype: object = "float32", name: object = None) -> Tensor:
    return made((number(c, window_length),), named(c, dtype))
