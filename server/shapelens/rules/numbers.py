"""Small tensors of known numbers keep them: models compute widths and depths with `torch.arange`, `round`, `diff` …

Each function takes the plain values of the arguments (a number, or a flat list for a tensor of rank 1) and gives the
plain value of the result. Results of a floating dtype are rounded to it, so that they are what the run has.
"""

from __future__ import annotations

import itertools
import math
import operator
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shapelens.dims import Expr, TooComplex
from shapelens.values import Tensor
from shapelens.values.dtypes import FLOATS, INTEGERS

_MOST = 256
Numbers = Any


def _each(function: Callable[..., Any]) -> Callable[..., Numbers]:
    """Elementwise, a number or a list of one standing for all elements."""

    def apply(*values: Numbers) -> Numbers:
        lengths = {len(v) for v in values if isinstance(v, list)} - {1}
        if not any(isinstance(v, list) for v in values):
            return function(*values)
        if len(lengths) > 1:
            return None
        count = lengths.pop() if lengths else 1
        columns = [(v if len(v) == count else v * count) if isinstance(v, list) else [v] * count for v in values]
        return [function(*row) for row in zip(*columns)]

    return apply


def _whole(function: Callable[[list[Any]], Any]) -> Callable[..., Numbers]:
    """Of a whole list, without further arguments."""
    return lambda *values: function(values[0]) if len(values) == 1 and isinstance(values[0], list) else None


def _linspace(start: float, end: float, steps: int) -> Numbers:
    if steps == 1:
        return [start]
    return [start + (end - start) * i / (steps - 1) for i in range(steps)]


def _arange(*bounds: float) -> Numbers:
    start, end, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    return [start + i * step for i in range(math.ceil((end - start) / step))]


_UNARY: dict[str, Callable[[Any], Any]] = {
    "round": round, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "log": math.log, "log2": math.log2,
    "log10": math.log10, "exp": math.exp, "sqrt": math.sqrt, "abs": abs, "neg": operator.neg, "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x, "clone": lambda x: x, "detach": lambda x: x, "contiguous": lambda x: x,
}  # fmt: skip
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "multiply": operator.mul, "div": operator.truediv,
    "divide": operator.truediv, "true_divide": operator.truediv, "floor_divide": operator.floordiv, "pow": operator.pow,
    "remainder": operator.mod, "maximum": max, "minimum": min,
}  # fmt: skip
_OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": operator.add, "__sub__": operator.sub, "__mul__": operator.mul, "__truediv__": operator.truediv,
    "__floordiv__": operator.floordiv, "__mod__": operator.mod, "__pow__": operator.pow, "__neg__": operator.neg,
}  # fmt: skip
_WHOLE: dict[str, Callable[[list[Any]], Any]] = {
    "diff": lambda v: [b - a for a, b in zip(v, v[1:])],
    "sum": sum,
    "prod": math.prod,
    "max": max,
    "min": min,
    "unique": lambda v: sorted(set(v)),
    "cumsum": lambda v: list(itertools.accumulate(v)),
}
_CASTS = ("int", "long", "short", "float", "double", "half", "bfloat16", "cpu", "cuda", "to")

FUNCTIONS: dict[str, Callable[..., Numbers]] = {"torch.linspace": _linspace, "torch.arange": _arange}
_lifted: dict[str, Callable[..., Numbers]] = {
    **{name: _each(function) for name, function in _UNARY.items()},
    **{name: _each(function) for name, function in _BINARY.items()},
    **{name: _whole(function) for name, function in _WHOLE.items()},
}
for _name, _function in _lifted.items():
    FUNCTIONS[f"torch.{_name}"] = FUNCTIONS[f"torch.Tensor.{_name}"] = _function
for _name, _operator in _OPERATORS.items():
    FUNCTIONS[f"torch.Tensor.{_name}"] = _each(_operator)
FUNCTIONS.update({f"torch.Tensor.{name}": lambda *values: values[0] for name in _CASTS})
# NumPy's are the same but for their results' dtypes, which the rules know.
_NUMPY = ("round", "floor", "ceil", "trunc", "log", "log2", "log10", "exp", "sqrt", "abs", "square", "diff", "sum", "prod",
          "max", "min", "cumsum", "maximum", "minimum")  # fmt: skip
FUNCTIONS.update({f"numpy.{name}": FUNCTIONS[f"torch.{name}"] for name in _NUMPY})
FUNCTIONS.update({f"numpy.ndarray.{name}": FUNCTIONS[f"torch.Tensor.{name}"] for name in _OPERATORS})
_COMPARISONS = ("__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__")
FUNCTIONS.update({f"numpy.ndarray.{name}": _each(getattr(operator, name)) for name in _COMPARISONS})
FUNCTIONS["numpy.ndarray.__abs__"] = _each(abs)
_REAL = ("cos", "cosh", "degrees", "expm1", "fabs", "fmod", "hypot", "log1p", "radians", "sin", "sinh", "tan", "tanh")
FUNCTIONS.update({f"numpy.{name}": _each(getattr(math, name)) for name in _REAL})
FUNCTIONS.update({f"tensorflow.Tensor.{name}": _each(function) for name, function in _OPERATORS.items()})
_TENSORFLOW = {
    "range": _arange, **{name: _each(function) for name, function in _BINARY.items()}, "subtract": _each(operator.sub),
    "reduce_sum": FUNCTIONS["torch.sum"], "reduce_prod": FUNCTIONS["torch.prod"], "reduce_max": FUNCTIONS["torch.max"],
    "reduce_min": FUNCTIONS["torch.min"], "floordiv": _each(operator.floordiv),
}  # fmt: skip
FUNCTIONS.update({f"tensorflow.{name}": function for name, function in _TENSORFLOW.items()})
FUNCTIONS.update({f"tensorflow.math.{name}": function for name, function in _TENSORFLOW.items()})


def _plain(value: Any) -> Numbers:
    if isinstance(value, Tensor):
        return value.scalars
    return value if isinstance(value, (int, float, Expr)) else None


def carried(path: str, result: Tensor, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Numbers:
    """The known numbers of a call's result; None where they are not known."""
    function = FUNCTIONS.get(path)
    if function is None or not isinstance(result.shape, tuple) or len(result.shape) > 1:
        return None
    if result.shape and not (isinstance(result.shape[0], int) and result.shape[0] <= _MOST):
        return None
    values = [_plain(a) for a in (*args, *(kwargs[k] for k in ("end", "steps", "exponent", "other") if k in kwargs))]
    casts = path.rpartition(".")[2] in _CASTS
    if casts:
        values = values[:1]
    if any(v is None for v in values) or any(isinstance(v, list) and len(v) > _MOST for v in values):
        return None
    if any(isinstance(v, list) and any(isinstance(x, list) for x in v) for v in values):
        return None
    try:
        made = function(*values)
    except (ValueError, ZeroDivisionError, OverflowError, TypeError, TooComplex):
        return None
    shape = () if not isinstance(made, list) else (len(made),)
    if made is None or shape != result.shape or shape and shape[0] > _MOST:
        return None
    return _rounded(made, result.dtype)


def _rounded(made: Numbers, dtype: str | None) -> Numbers:
    if isinstance(made, Expr):
        return made if dtype in INTEGERS else None
    if isinstance(made, list):
        parts = [_rounded(v, dtype) for v in made]
        return None if any(p is None for p in parts) else parts
    try:
        if dtype == "float32":
            return struct.unpack("f", struct.pack("f", made))[0]
        if dtype == "float64":
            return float(made)
        if dtype in INTEGERS:
            return int(made)
    except (OverflowError, ValueError):
        return None
    return None if dtype in FLOATS or dtype is None else made
