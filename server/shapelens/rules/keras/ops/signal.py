"""keras.ops.math: Fourier transforms of pairs (real, imaginary), and windows of sequences."""

from __future__ import annotations

from shapelens.dims import Dim, floordiv, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import made, of_keras, op, rank_at_least, size
from shapelens.rules.registry import rule
from shapelens.values import List, Tensor


def _complex(c: Call, x: object, least: int) -> tuple[Tensor, Tensor]:
    """The real and the imaginary part, of one shape."""
    value = c.store.value(x)
    if not isinstance(value, (tuple, list)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    if len(value) != 2:
        c.fail("call-arguments", f"{c.name} takes a pair of real and imaginary part, got {len(value)} values")
    real, imag = (converted(c, c.store.value(v)) for v in value)
    a, b = c.shape(real), c.shape(imag)
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b) or any(c.equate(x, y) is False for x, y in zip(a, b)):
            c.fail(
                "shape-mismatch",
                f"{c.name}: real part {c.text(real)} and imaginary part {c.text(imag)} differ",
                real,
                imag,
            )
    rank_at_least(c, real, least)
    return real, imag


def _dtype(x: Tensor) -> str | None:
    return x.dtype if of_keras(x) or x.dtype in ("float32", "float64") else None


def _transformed(c: Call, x: object) -> object:
    real, imag = _complex(c, x, 1 if c.name == "fft" else 2)
    return (made(real.shape, _dtype(real)), made(real.shape, _dtype(imag)))


op("fft|fft2|ifft2(x)", _transformed, "object", "object")


@rule("keras.ops.rfft")
def rfft(c: Call, x: Tensor, fft_length: Dim | None = None) -> object:
    """(*batch, n) to a pair (*batch, n // 2 + 1)."""
    rank_at_least(c, x, 1)
    dims = c.dims(x)
    points = dims[-1] if fft_length is None else fft_length
    shape = (*dims[:-1], floordiv(points, 2) + 1)
    return (made(shape, _dtype(x)), made(shape, _dtype(x)))


@rule("keras.ops.irfft")
def irfft(c: Call, x: object, fft_length: Dim | None = None) -> Tensor:
    """A pair (*batch, m) to (*batch, 2 · (m - 1))."""
    real, _ = _complex(c, x, 1)
    dims = c.dims(real)
    points = 2 * (dims[-1] - 1) if fft_length is None else fft_length
    if isinstance(points, int) and points < 1:
        raise NotKnown
    return made((*dims[:-1], points), _dtype(real))


@rule("keras.ops.stft")
def stft(c: Call, x: Tensor, sequence_length: Dim, sequence_stride: Dim, fft_length: Dim, window: object = "hann",
         center: bool = True) -> object:  # fmt: skip
    """(*batch, samples) to a pair (*batch, windows, fft_length // 2 + 1)."""
    rank_at_least(c, x, 1)
    if not of_keras(x) and less(fft_length, sequence_length) is True:
        c.fail("argument-value", f"stft: fft_length {c.dim_text(fft_length)} is less than sequence_length "
               f"{c.dim_text(sequence_length)}")  # fmt: skip
    dims = c.dims(x)
    padded = dims[-1] + floordiv(fft_length, 2) * 2 if center else dims[-1]
    if less(padded, fft_length) is True:
        raise NotKnown
    count = floordiv(padded - fft_length, sequence_stride) + 1
    shape = (*dims[:-1], count, floordiv(fft_length, 2) + 1)
    return (made(shape, _dtype(x)), made(shape, _dtype(x)))


@rule("keras.ops.istft")
def istft(c: Call, x: object, sequence_length: Dim, sequence_stride: Dim, fft_length: Dim, length: object = None,
          window: object = "hann", center: bool = True) -> Tensor:  # fmt: skip
    """A pair (*batch, windows, bins) to (*batch, samples)."""
    real, _ = _complex(c, x, 2)
    dims = c.dims(real)
    samples = (dims[-2] - 1) * sequence_stride + fft_length
    if center:
        samples = samples - floordiv(fft_length, 2) * 2
    if c.store.value(length) is not None:
        wanted = size(c, length)
        if less(samples, wanted) is not False:
            raise NotKnown  # there are fewer, whatever Keras says of a KerasTensor
        samples = wanted
    return made((*dims[:-2], samples), _dtype(real))


@rule("keras.ops.extract_sequences")
def extract_sequences(c: Call, x: Tensor, sequence_length: Dim, sequence_stride: Dim) -> Tensor:
    """(*batch, n) to (*batch, windows, sequence_length)."""
    rank_at_least(c, x, 1)
    dims = c.dims(x)
    if less(dims[-1], sequence_length) is True:
        raise NotKnown
    count = floordiv(dims[-1] - sequence_length, sequence_stride) + 1
    return made((*dims[:-1], count, sequence_length), x.dtype)
