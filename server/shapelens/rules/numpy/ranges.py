"""numpy.linspace and numpy.arange: float64 and int64 vectors whose known numbers are kept."""

from __future__ import annotations

import math

from shapelens.dims import Dim, Expr, ceildiv
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.dtypes import named
from shapelens.rules.registry import rule
from shapelens.values import Scalar, Tensor
from shapelens.values.dtypes import category

_MOST = 256


def _vector(values: list[float], dtype: str | None) -> Tensor:
    found = "int64" if all(isinstance(v, int) for v in values) else "float64"
    kept = len(values) <= _MOST and (dtype is None or category(dtype) == category(found))
    return Tensor((len(values),), dtype or found, "numpy", scalars=values if kept else None)


def _asked(c: Call, dtype: object) -> str | None:
    """The dtype asked for, None where none is; NotKnown for one that is not known."""
    value = c.store.value(dtype)
    found = named(value)
    if value is not None and found is None:
        raise NotKnown
    return found


@rule("numpy.linspace")
def linspace(c: Call, start: object, stop: object, num: Dim = 50, endpoint: bool = True, retstep: bool = False,
             dtype: object = None, axis: int = 0) -> Tensor:  # fmt: skip
    """`num` numbers from start to stop."""
    asked = _asked(c, dtype)
    if retstep:
        raise NotKnown
    if isinstance(start, (int, float)) and isinstance(stop, (int, float)) and isinstance(num, int) and num <= _MOST:
        parts = max(num - 1 if endpoint else num, 1)
        return _vector([float(start) + (stop - start) * i / parts for i in range(num)], asked)
    numbers = (int, float, Expr, Scalar)
    if isinstance(c.store.value(start), numbers) and isinstance(c.store.value(stop), numbers):
        return Tensor((num,), asked or "float64", "numpy")
    raise NotKnown


@rule("numpy.logspace", "numpy.geomspace")
def logspace(c: Call, start: object, stop: object, num: Dim = 50, endpoint: object = True, base: object = 10.0,
             dtype: object = None, axis: object = 0) -> Tensor:  # fmt: skip
    """`num` numbers, evenly spaced on a logarithmic scale."""
    if not isinstance(start, (int, float)) or not isinstance(stop, (int, float)):
        raise NotKnown
    return Tensor((num,), _asked(c, dtype) or "float64", "numpy")


@rule("numpy.arange")
def arange(c: Call, start: object, stop: object = None, step: object = 1, dtype: object = None) -> Tensor:
    """⌈(stop - start) / step⌉ numbers."""
    asked = _asked(c, dtype)
    low, high = (0, start) if stop is None else (start, stop)
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and isinstance(step, (int, float)) and step:
        count = max(math.ceil((high - low) / step), 0)
        if count > _MOST:
            whole = all(isinstance(v, int) for v in (low, high, step))
            return Tensor((count,), asked or ("int64" if whole else "float64"), "numpy")
        values: list[float] = [low + i * step for i in range(count)]
        if any(isinstance(v, float) for v in (low, high, step)):
            values = [float(v) for v in values]
        return _vector(values, asked if values else asked or "int64")
    low, high = c.dim(low), c.dim(high)
    if not isinstance(step, int) or step < 1 or low != 0:
        return Tensor((c.fresh("n", 0),), asked, "numpy")
    return Tensor((ceildiv(high, step),), asked or "int64", "numpy")
