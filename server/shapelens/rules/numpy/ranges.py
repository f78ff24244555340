"""numpy.linspace and numpy.arange: float64 and int64 vectors whose known numbers are kept."""

from __future__ import annotations

import math

from shapelens.dims import Dim
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.values import Tensor

_MOST = 256


def _vector(values: list[float]) -> Tensor:
    dtype = "int64" if all(isinstance(v, int) for v in values) else "float64"
    return Tensor((len(values),), dtype, "numpy", scalars=values if len(values) <= _MOST else None)


@rule("numpy.linspace")
def linspace(c: Call, start: object, stop: object, num: Dim = 50, endpoint: bool = True, retstep: bool = False,
             dtype: object = None, axis: int = 0) -> Tensor:  # fmt: skip
    """`num` numbers from start to stop."""
    if retstep or dtype is not None:
        raise NotKnown
    if isinstance(start, (int, float)) and isinstance(stop, (int, float)) and isinstance(num, int) and num <= _MOST:
        parts = max(num - 1 if endpoint else num, 1)
        return _vector([float(start) + (stop - start) * i / parts for i in range(num)])
    if isinstance(start, (int, float)) and isinstance(stop, (int, float)):
        return Tensor((num,), "float64", "numpy")
    raise NotKnown


@rule("numpy.arange")
def arange(c: Call, start: object, stop: object = None, step: object = 1, dtype: object = None) -> Tensor:
    """⌈(stop - start) / step⌉ numbers."""
    low, high = (0, start) if stop is None else (start, stop)
    if dtype is not None or not all(isinstance(v, (int, float)) for v in (low, high, step)) or step == 0:
        raise NotKnown
    assert isinstance(low, (int, float)) and isinstance(high, (int, float)) and isinstance(step, (int, float))
    count = max(math.ceil((high - low) / step), 0)
    if count > _MOST:
        return Tensor((count,), "int64" if isinstance(low + step, int) else "float64", "numpy")
    return _vector([low + i * step for i in range(count)])
