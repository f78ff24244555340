"""What is computed element by element: the operators of arrays, and the functions of one or two of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.numpy.creation import array
from shapelens.rules.numpy.dtypes import divided, floating, plain, promoted, together
from shapelens.rules.registry import rule
from shapelens.rules.torch.matmul import matmul
from shapelens.values import Tensor, Unknown
from shapelens.values.dtypes import category


def _arrays(c: Call, *operands: object) -> list[Any]:
    """The operands of one operation: arrays and plain numbers, at least one of them an array."""
    values = [c.store.value(v) for v in operands]
    found: list[Any] = []
    for value in values:
        if isinstance(value, Tensor) or plain(value):
            found.append(value)
        elif isinstance(value, (list, tuple)) or isinstance(value, Unknown):
            raise NotKnown
        else:
            raise NotKnown
    if not any(isinstance(v, Tensor) for v in found) or any(
        isinstance(v, Tensor) and v.library != "numpy" for v in found
    ):
        raise NotKnown
    return found


def _together(c: Call, what: str, dtype: Callable[[str | None], str | None], *operands: object) -> Tensor:
    values = _arrays(c, *operands)
    shape = common_shape(c, [v for v in values if isinstance(v, Tensor)], what)
    return array(shape, dtype(together(c, *values)))


def _number(dtype: str | None) -> str | None:
    """The dtype of `+`, `-` and the like: booleans have rules of their own."""
    return None if dtype == "bool" else dtype


def _compared(dtype: str | None) -> str:
    return "bool"


_OPERATORS: dict[str, tuple[str, Callable[[str | None], str | None]]] = {
    "add": ("+", _number), "sub": ("-", _number), "mul": ("*", _number), "truediv": ("/", divided),
    "floordiv": ("//", _number), "mod": ("%", _number), "pow": ("**", _number), "and": ("&", lambda d: d),
    "or": ("|", lambda d: d), "xor": ("^", lambda d: d), "lt": ("<", _compared), "le": ("<=", _compared),
    "gt": (">", _compared), "ge": (">=", _compared), "eq": ("==", _compared), "ne": ("!=", _compared),
}  # fmt: skip


def _operator(name: str, sign: str, dtype: Callable[[str | None], str | None]) -> None:
    @rule(f"numpy.ndarray.__{name}__")
    def apply(c: Call, self: object, other: object) -> Tensor:
        try:
            return _together(c, sign, dtype, self, other)
        except Failure:
            if name in ("eq", "ne"):  # older versions warned and gave False
                raise NotKnown from None
            raise


for _name, (_sign, _dtype) in _OPERATORS.items():
    _operator(_name, _sign, _dtype)


@rule("numpy.ndarray.__matmul__", "numpy.matmul", "numpy.dot", "numpy.ndarray.dot")
def product(c: Call, a: Tensor, b: Tensor) -> Tensor:
    """As torch's; `dot` agrees with it up to rank 2."""
    first, second = _arrays(c, a, b)
    if c.name == "dot" and not all(isinstance(c.shape(t), tuple) and 0 < len(c.dims(t)) < 3 for t in (first, second)):
        raise NotKnown
    made = matmul(c, first.with_(dtype=None, origin=first.origin), second.with_(dtype=None, origin=second.origin))
    return array(made.shape, promoted(first.dtype, second.dtype))


@rule("numpy.ndarray.__neg__", "numpy.ndarray.__pos__", "numpy.ndarray.__invert__", "numpy.ndarray.__abs__")
def signed(c: Call, self: Tensor) -> Tensor:
    return array(self.shape, self.dtype)


_FLOAT = (
    "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1 log log2 log10 log1p sqrt "
    "cbrt degrees radians deg2rad rad2deg"
)
_SAME = "abs absolute fabs floor ceil rint trunc fix negative positive square sign conj nan_to_num flip fliplr flipud"
_TRUTH = "isnan isinf isfinite logical_not signbit"
_TWO: dict[str, Callable[[str | None], str | None]] = {
    **dict.fromkeys(("add", "subtract", "multiply", "floor_divide", "mod", "remainder", "power", "maximum", "minimum", "fmax", "fmin", "bitwise_and", "bitwise_or"), _number),
    "divide": divided, "true_divide": divided, "arctan2": floating, "hypot": floating,
    **dict.fromkeys(("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor"), _compared),
}  # fmt: skip


def _function(name: str, dtype: Callable[[str | None], str | None]) -> None:
    @rule(f"numpy.{name}")
    def apply(c: Call, x: Tensor, *args: object, **kwargs: object) -> Tensor:
        if args or kwargs:
            raise NotKnown
        # A tensor goes in as an array and comes back as a tensor.
        return x.with_(dtype=dtype(x.dtype))


for _names, _kind in ((_FLOAT, floating), (_SAME, lambda d: d), (_TRUTH, _compared)):
    for _name in _names.split():
        _function(_name, _kind)


def _two(name: str, dtype: Callable[[str | None], str | None]) -> None:
    @rule(f"numpy.{name}")
    def apply(c: Call, x1: object, x2: object) -> Tensor:
        return _together(c, name, dtype, x1, x2)


for _name, _dtype in _TWO.items():
    _two(_name, _dtype)


@rule("numpy.clip", "numpy.ndarray.clip")
def clip(c: Call, a: Tensor, a_min: object = None, a_max: object = None, **others: object) -> Tensor:
    bounds = [c.store.value(v) for v in (a_min, a_max)]
    if others or any(v is not None and not plain(v) for v in bounds):
        raise NotKnown
    whole = a.dtype is not None and category(a.dtype) == 1 and all(v is None or isinstance(v, int) for v in bounds)
    return array(a.shape, a.dtype if whole or a.dtype in ("float16", "float32", "float64") else None)


@rule("numpy.where")
def where(c: Call, condition: object, x: object = None, y: object = None) -> object:
    """Of three the common shape; of one, the places that hold."""
    if x is None or y is None:
        raise NotKnown
    values = _arrays(c, condition, x, y)
    shape = common_shape(c, [v for v in values if isinstance(v, Tensor)], "where")
    sides = values[1:]
    if any(isinstance(v, Tensor) for v in sides):
        return array(shape, together(c, *sides))
    if all(isinstance(v, bool) for v in sides):
        return array(shape, "bool")
    return array(shape, "float64" if any(isinstance(v, float) for v in sides) else "int64" if _whole(sides) else None)


def _whole(values: list[Any]) -> bool:
    return all(type(v) is int for v in values)
