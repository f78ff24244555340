"""numpy.fft: the shapes are those of torch.fft, the dtypes NumPy's own."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, floordiv
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array, into
from shapelens.rules.numpy.dtypes import COMPLEX, divided, real
from shapelens.rules.registry import rule
from shapelens.rules.torch import fft as transforms
from shapelens.values import Tensor

_REAL_OUT = ("irfft", "hfft")
_KINDS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")


def _dtype(kind: str, dtype: str | None) -> str | None:
    if dtype is None or dtype == "complex128" and kind not in _REAL_OUT:
        return dtype
    if kind in _REAL_OUT:
        return real(divided(dtype))
    return dtype if dtype == "complex64" else COMPLEX.get(dtype, "complex128")


def _kind(c: Call) -> str:
    return c.name.rstrip("2n") if c.name not in _KINDS else c.name


def _made(c: Call, a: Tensor, made: Tensor, out: object) -> Tensor:
    dtype = _dtype(_kind(c), a.dtype)
    several = c.name != _kind(c)
    return into(c, array(made.shape, None if dtype == "float16" and several else dtype), out, exact=True)


@rule(*(f"numpy.fft.{name}" for name in _KINDS))
def one(c: Call, a: Array, n: Dim | None = None, axis: int = -1, norm: object = None, out: object = None) -> Tensor:
    """Along one axis."""
    return _made(c, a, transforms.one(_kind(c))(c, a, n, axis), out)


_DEFAULT: Any = (-2, -1)


@rule(*(f"numpy.fft.{name}2" for name in ("fft", "ifft", "rfft", "irfft")))
def two(
    c: Call, a: Array, s: object = None, axes: object = _DEFAULT, norm: object = None, out: object = None
) -> Tensor:
    """Along two axes."""
    return _several(c, a, s, axes, out)


@rule(*(f"numpy.fft.{name}n" for name in ("fft", "ifft", "rfft", "irfft")))
def several(
    c: Call, a: Array, s: object = None, axes: object = None, norm: object = None, out: object = None
) -> Tensor:
    """Along all axes, or some."""
    return _several(c, a, s, axes, out)


def _several(c: Call, a: Tensor, s: object, axes: object, out: object) -> Tensor:
    along, given = c.store.value(axes), c.store.value(s)
    rank = len(c.dims(a))
    if isinstance(along, (tuple, list)) and len({i % max(rank, 1) for i in along if isinstance(i, int)}) != len(along):
        raise NotKnown  # the same axis may be transformed twice
    if isinstance(given, Tensor) or isinstance(given, (tuple, list)) and -1 in given:
        raise NotKnown
    return _made(c, a, transforms.several(_kind(c), False)(c, a, given, along), out)


@rule("numpy.fft.fftshift", "numpy.fft.ifftshift")
def fftshift(c: Call, x: Array, axes: object = None) -> Tensor:
    """The zero frequency moved; the shape stays."""
    value = c.store.value(axes)
    if value is not None:
        for axis in (value,) if isinstance(value, int) else value if isinstance(value, (tuple, list)) else ():
            if isinstance(axis, int):
                c.axis(axis, len(c.dims(x)), x)
    return array(c.shape(x), x.dtype)


@rule("numpy.fft.fftfreq", "numpy.fft.rfftfreq")
def fftfreq(c: Call, n: Dim, d: object = 1.0, device: object = None) -> Tensor:
    """The frequencies of n points; of a real transform, those from zero."""
    return array((n if c.name == "fftfreq" else floordiv(n, 2) + 1,), "float64")
