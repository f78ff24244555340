"""What convolutions, pools and their relatives share: sizes as torch reads them, layouts, dtypes, failures."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from shapelens.dims import Dim, floordiv, less
from shapelens.rules.call import Call, Fix, NotKnown
from shapelens.values import List, Tensor, Unknown
from shapelens.values.dtypes import FLOATS, INTEGERS

# The names of the spatial dims, and of a whole batched input, by the number of spatial dims.
SPATIAL = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
LAYOUT = {n: ("B", "C", *names) for n, names in SPATIAL.items()}

# dtypes that an operation has no kernel for, on any device.
BOOL = frozenset(("bool",))
COMPLEX = frozenset(("complex32", "complex64", "complex128"))
INTS = frozenset(INTEGERS)
NOT_FLOAT = BOOL | COMPLEX | INTS
_LOW = ("float16", "bfloat16")
_MISSING = object()


def sizes(c: Call, value: Any, n: int, what: str) -> tuple[Dim, ...] | None:
    """A size argument as `n` dims: one int stands for all. None where it is not known; fails where torch would."""
    if type(value) is int:
        return (value,) * n
    if type(value) is tuple and len(value) == n:
        for v in value:
            if type(v) is not int:
                break
        else:
            return value
    value = c.store.value(value)
    if isinstance(value, (tuple, list)):
        if isinstance(value, List) and value.rest is not None:
            return None
        if len(value) not in (1, n):
            c.fail("argument-value", f"{c.name}: {what} must be one int or {n} ints, got {_shown(value)}")
        if any(type(v) is Unknown for v in value):
            return None
        return tuple(count(c, v, what) for v in value) * (n // len(value))
    if type(value) is Unknown and value.hole is None:
        return None
    return (count(c, value, what),) * n


def count(c: Call, value: Any, what: str) -> Dim:
    """An int argument as a dim; fails on a float, a str and None."""
    if type(value) is int:
        return value
    if value is None or isinstance(value, (float, str, bool)):
        c.fail("argument-value", f"{c.name}: {what} must be an int, got {value!r}")
    return c.dim(value)


def flag(value: Any) -> bool | None:
    """A flag such as `bias=`; None where it is not known."""
    return bool(value) if value is None or isinstance(value, (bool, int, str)) else None


def least(c: Call, dims: Sequence[Dim], limit: int, what: str) -> None:
    """Fails where one of the dims is certainly below the limit."""
    for dim in dims:
        if dim < limit if isinstance(dim, int) else less(dim, limit):
            shown = c.dim_text(dims[0]) if len(set(dims)) == 1 else _shown(tuple(dims))
            c.fail("argument-value", f"{c.name}: {what} must be at least {limit}, got {shown}")


def _shown(value: Sequence[Any]) -> str:
    return "(" + ", ".join("…" if isinstance(v, Unknown) else str(v) for v in value) + ")"


def times(dims: Sequence[Dim], c: Call) -> str:
    """`7×7`, as in a message."""
    return "×".join(c.dim_text(d) for d in dims)


def layout_text(n: int) -> str:
    """`(B, C, H, W) or (C, H, W)`."""
    names = LAYOUT[n]
    return f"({', '.join(names)}) or ({', '.join(names[1:])})"


def laid_out(c: Call, input: Tensor, n: int) -> tuple[Dim, ...]:
    """The dims of an input (B, C, *spatial) or (C, *spatial); an open shape is taught the first."""
    dims = c.dims(input, LAYOUT[n])
    if not n + 1 <= len(dims) <= n + 2:
        c.fail("rank-mismatch", f"{c.name} expects {layout_text(n)}, got {c.text(input)}", input)
    return dims


def same_dtype(c: Call, input: Tensor, other: Tensor, what: str, low: bool = False) -> str | None:
    """The dtype of a result, `other` being a weight that must have the input's dtype.

    With `low`, float32 weights may go with a float16 or bfloat16 input. Inside torch.autocast floats are cast first.
    """
    a, b = input.dtype, other.dtype
    if a is None or b is None or a == b:
        return a or b
    if low and a in _LOW and b == "float32":
        return a
    if c.autocast and a in FLOATS and b in FLOATS:
        return None
    if is_empty(c, input):
        return None
    return c.fail("dtype-mismatch", f"{c.name}: input is {a}, {what} is {b}: they must be the same", input, other)


def no_dtypes(c: Call, input: Tensor, dtypes: Collection[str]) -> None:
    """Fails where the input has a dtype that the operation has no kernel for."""
    if input.dtype in dtypes and not is_empty(c, input):
        c.fail("dtype-mismatch", f"{c.name} is not implemented for {input.dtype}", input)


def is_empty(c: Call, input: Tensor) -> bool:
    """Whether the input has no elements: then few operations look at its dtype."""
    shape = c.shape(input)
    return isinstance(shape, tuple) and 0 in shape


def layer_fix(c: Call, argument: str, value: Dim) -> list[Fix]:
    """The fix that writes a number into the constructor of the layer that is called."""
    if c.layer is None or c.layer.origin is None or not isinstance(value, int) or argument not in c.layer.attrs:
        return []
    return [Fix(f"Change {argument} to {value} in {c.name}", c.layer.origin, argument, str(value))]


def differ(c: Call, a: Dim, b: Dim) -> bool:
    """Learn that two dims are equal; whether they cannot be."""
    if type(a) is int and type(b) is int:
        if a == b:
            return False
        c.conflict = a, b
        return True
    return c.equate(a, b) is False


def vector(c: Call, weight: Tensor | None, size: Dim, what: str, input: Tensor) -> None:
    """Fails where a per-channel vector (a bias, running statistics) is not of shape (size,)."""
    if weight is None or weight.shape == (size,):
        return
    shape = c.store.shape(weight.shape)
    if not isinstance(shape, tuple):
        return
    if len(shape) != 1 or differ(c, shape[0], size):
        c.fail("channel-mismatch", f"{c.name} expects a {what} of shape ({c.dim_text(size)},), got {c.text(weight)}",
               weight, input)  # fmt: skip


def weight_of(c: Call, name: str) -> Tensor | None:
    """A parameter or buffer of the layer that is called: None where it is absent; NotKnown where that is unknown."""
    assert c.layer is not None
    value = c.layer.attrs.get(name, _MISSING)
    if value is None or type(value) is Tensor:
        return value
    if value is _MISSING:
        raise NotKnown
    value = c.store.value(value)
    if value is None or isinstance(value, Tensor):
        return value
    raise NotKnown


def maybe_weight(c: Call, name: str) -> Tensor | None:
    """As `weight_of`, None also where it is not known."""
    try:
        return weight_of(c, name)
    except NotKnown:
        return None


def not_empty(c: Call, input: Tensor, dims: Sequence[Dim]) -> None:
    """Fails where one of these dims of the input is 0."""
    for dim in dims:
        if type(dim) is int and dim == 0:
            c.fail("argument-value", f"{c.name} needs sizes of at least 1, got {c.text(input)}", input)


def scaled(c: Call, size: Dim, factor: float) -> Dim:
    """`floor(size * factor)` in floating point; a dim of its own where that is not certain."""
    if isinstance(size, int):
        return math.floor(size * factor)
    if math.isfinite(factor):
        numerator, denominator = factor.as_integer_ratio()
        if denominator <= 4096:  # the product is exact then
            return floordiv(size * numerator, denominator)
    return c.fresh("n", 0)
