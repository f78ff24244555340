"""keras.ops: what is computed element by element, of one tensor or of two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import (
    DtypeOf,
    dtype_name,
    kind_of,
    made,
    of_keras,
    op,
    operand,
    promoted,
    together,
)
from shapelens.rules.keras.ops.promotion import counted, floating, is_real_float, is_whole, real, result_type
from shapelens.rules.registry import rule
from shapelens.values import List, Tensor
from shapelens.values.dtypes import BOOL

# -- of one tensor -------------------------------------------------------------------------------------------------


def same(dtype: str | None, symbolic: bool) -> str | None:
    """As it is."""
    return dtype


def same_real(dtype: str | None, symbolic: bool) -> str | None:
    return real(dtype)


def as_float(dtype: str | None, symbolic: bool) -> str | None:
    """Integers become float32."""
    return floating(dtype)


def as_real_float(dtype: str | None, symbolic: bool) -> str | None:
    return floating(real(dtype))


def as_double(dtype: str | None, symbolic: bool) -> str | None:
    """As as_float, but int64 becomes float64."""
    return "float64" if dtype == "int64" else None if dtype == "uint64" else floating(real(dtype))


def only_float(dtype: str | None, symbolic: bool) -> str | None:
    """Floats stay. A KerasTensor of integers stays one; what a tensor of integers gives depends on the backend."""
    return dtype if symbolic or is_real_float(dtype) else None


def as_truth(dtype: str | None, symbolic: bool) -> str | None:
    return "bool"


def as_count(dtype: str | None, symbolic: bool) -> str | None:
    return counted(dtype)


def promoted_if_symbolic(dtype: str | None, symbolic: bool) -> str | None:
    """A KerasTensor of integers becomes float32."""
    return floating(dtype) if symbolic else only_float(dtype, symbolic)


def always_float32(dtype: str | None, symbolic: bool) -> str | None:
    """A KerasTensor is float32 whatever went in."""
    return "float32" if symbolic else dtype if not is_whole(dtype) else None


def elementwise(dtype_of: DtypeOf) -> Callable[..., Tensor]:
    """The rule of a function of one tensor; further arguments change nothing."""

    def apply(c: Call, x: Tensor, *others: object) -> Tensor:
        return made(x.shape, dtype_of(x.dtype, of_keras(x)))

    return apply


_UNARY: dict[DtypeOf, tuple[str, ...]] = {
    same: (
        "conj|conjugate|negative|sign|copy|bitwise_invert|bitwise_not",
    ),
    same_real: ("abs|absolute|imag|real|trunc", "round(x, decimals=0)", "relu|relu6", "nan_to_num(x, nan=0.0, posinf=None, neginf=None)"),
    as_float: (
        "arccos|arccosh|arcsin|arcsinh|arctan|arctanh|cos|cosh|exp|exp2|expm1|log|log10|log1p|log2|sin|sinc|sinh|sqrt|tan|tanh",
    ),
    as_real_float: ("angle|ceil|floor|fabs",),
    as_double: ("cbrt|deg2rad|rad2deg",),
    as_count: ("square",),
    as_truth: ("isfinite|isinf|isnan|isneginf|isposinf|isreal|logical_not|signbit",),
    only_float: (
        "erf|erfinv|rsqrt|hard_sigmoid|hard_silu|hard_swish|hard_tanh|log_sigmoid|selu|softplus|softsign|sigmoid|silu|swish",
        "tanh_shrink|sparse_plus|sparse_sigmoid", "celu|elu(x, alpha=1.0)", "gelu(x, approximate=True)",
        "soft_shrink|hard_shrink(x, threshold=0.5)", "squareplus(x, b=4)", "leaky_relu(x, negative_slope=0.2)",
        "threshold(x, threshold, default_value)",
    ),
    always_float32: ("reciprocal",),
    promoted_if_symbolic: ("erfc",),
}  # fmt: skip
for _dtype_of, _calls in _UNARY.items():
    for _call in _calls:
        op(_call if "(" in _call else f"{_call}(x)", elementwise(_dtype_of))
op("stop_gradient(variable)", elementwise(same))


@rule("keras.ops.i0")
def i0(c: Call, x: Tensor) -> Tensor:
    return made(x.shape, as_double(x.dtype, False) if x.dtype != "bfloat16" else None)


@rule("keras.ops.clip")
def clip(c: Call, x: Tensor, x_min: object, x_max: object) -> Tensor:
    """The bounds broadcast; those of a KerasTensor do not change its shape."""
    bounds = [operand(c, v) for v in (x_min, x_max) if c.store.value(v) is not None]
    tensors = [x, *[b for b in bounds if isinstance(b, Tensor)]]
    if of_keras(x) or all(c.shape(t) == () for t in tensors[1:]):
        return made(x.shape, counted(x.dtype) if of_keras(x) or not bounds else _clipped(c, x, bounds))
    return made(common_shape(c, tensors), None)


def _clipped(c: Call, x: Tensor, bounds: list[Any]) -> str | None:
    plain = [b for b in bounds if not isinstance(b, Tensor)]
    if len(plain) != len(bounds):
        return None
    return result_type(counted(x.dtype), *(kind_of(c, b) for b in plain))


# -- casts ---------------------------------------------------------------------------------------------------------


@rule("keras.ops.cast", "keras.ops.saturate_cast")
def cast(c: Call, x: Tensor, dtype: object) -> Tensor:
    """The same shape in another dtype."""
    return made(x.shape, dtype_name(c, dtype), x.scalars if dtype_name(c, dtype) == x.dtype else None)


@rule("keras.ops.convert_to_tensor", "keras.ops.array")
def convert_to_tensor(c: Call, x: object, dtype: object = None, sparse: object = None, ragged: object = None) -> Tensor:
    """Data as a tensor: arrays keep their dtype; plain ints are int32, floats float32."""
    found = converted(c, x)
    wanted = dtype_name(c, dtype, found.dtype)
    if wanted == found.dtype and found.library == "keras":
        return found
    return made(found.shape, wanted, found.scalars if wanted == found.dtype else None)


@rule("keras.ops.convert_to_numpy")
def convert_to_numpy(c: Call, x: Tensor) -> Tensor:
    """An array."""
    if of_keras(x):
        raise NotKnown
    return Tensor(x.shape, x.dtype, "numpy", scalars=x.scalars)


@rule("keras.ops.view_as_complex")
def view_as_complex(c: Call, x: Tensor) -> Tensor:
    """(*batch, 2) to complex (*batch,)."""
    dims = c.dims(x)
    if not dims:
        c.fail("rank-mismatch", f"{c.name} needs a last dim of size 2, got a tensor of rank 0", x)
    if not of_keras(x):
        c.require(dims[-1], 2, "shape-mismatch", f"{c.name} needs a last dim of size 2, got {c.text(x)}", x)
    return made(dims[:-1], "complex64" if x.dtype in ("float32", "float16", "bfloat16") or of_keras(x) else None)


@rule("keras.ops.view_as_real")
def view_as_real(c: Call, x: Tensor) -> Tensor:
    """Complex (*batch,) to (*batch, 2)."""
    return made((*c.dims(x), 2), "float32" if x.dtype == "complex64" or of_keras(x) else None)


# -- of two tensors ------------------------------------------------------------------------------------------------


def _number(*dtypes: str | None) -> str | None:
    return result_type(*dtypes)


def _divided(*dtypes: str | None) -> str | None:
    return result_type(*dtypes, "float")


def _truth(*dtypes: str | None) -> str | None:
    return "bool"


def _remainder(*dtypes: str | None) -> str | None:
    return counted(result_type(*dtypes))


def _doubled(*dtypes: str | None) -> str | None:
    found = result_type(*dtypes)
    return None if found == BOOL or found == "uint64" else "float64" if found == "int64" else floating(found)


def _unless_weak(*dtypes: str | None) -> str | None:
    """Of plain numbers Keras itself is of two minds."""
    return None if {"int", "float"} & {d for d in dtypes if d} else result_type(*dtypes)


# What they give; whether plain numbers are converted before they meet a tensor, as the TensorFlow backend does.
_BINARY: dict[str, tuple[Callable[..., str | None], bool]] = {
    "add|subtract|multiply|floor_divide|power|maximum|minimum|fmax|fmin": (_number, False),
    "divide|true_divide|divide_no_nan": (_divided, False),
    "mod|fmod": (_remainder, True),
    "equal|not_equal|less|less_equal|greater|greater_equal|logical_and|logical_or|logical_xor": (_truth, False),
    "arctan2": (_divided, True),
    "logaddexp|logaddexp2|nextafter": (_divided, True),
    "hypot|heaviside": (_doubled, True),
    "gcd|lcm": (_unless_weak, False),
    "ldexp": (lambda a, b: floating(a) if is_whole(a) and is_whole(b) else None, True),
}  # fmt: skip

SIGNS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "floor_divide": "//", "mod": "%",
    "power": "**", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=", "equal": "==", "not_equal": "!=",
    "logical_and": "&", "logical_or": "|", "logical_xor": "^",
}  # fmt: skip


def binary(dtype_of: Callable[..., str | None], strong: bool) -> Callable[..., Tensor]:
    """The rule of a function of two operands that broadcast."""

    def apply(c: Call, x1: object, x2: object) -> Tensor:
        a, b = operand(c, x1), operand(c, x2)
        shape = together(c, (a, b), SIGNS.get(c.name.strip("_"), ""))
        symbolic = of_keras(a, b)
        kinds = [kind_of(c, v, strong and not symbolic) for v in (a, b)]
        if symbolic and strong and not all(isinstance(v, Tensor) for v in (a, b)) and c.name in _MIXED:
            return made(shape, None)
        return made(shape, dtype_of(*kinds))

    return apply


_MIXED = ("arctan2", "hypot", "heaviside", "ldexp", "nextafter")  # what a KerasTensor gives with a number differs

for _names, (_of, _strong) in _BINARY.items():
    op(f"{_names}(x1, x2)", binary(_of, _strong), "Tensor", "object")


def _bits(c: Call, x: object, y: object) -> Tensor:
    """Of integers; a KerasTensor keeps the shape of the first."""
    a, b = operand(c, x), operand(c, y)
    shape = together(c, (a, b))
    if of_keras(a, b) and not (isinstance(a, Tensor) and c.shape(a) == shape):
        raise NotKnown
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return made(shape, None)
    return made(shape, promoted(c, a, b))


op("bitwise_and|bitwise_or|bitwise_xor|left_shift|right_shift|bitwise_left_shift|bitwise_right_shift(x, y)", _bits,
   "Tensor", "object")  # fmt: skip


@rule("keras.ops.isclose", "keras.ops.allclose")
def isclose(
    c: Call, x1: object, x2: object, rtol: object = 1e-5, atol: object = 1e-8, equal_nan: object = False
) -> Tensor:
    shape = together(c, (operand(c, x1), operand(c, x2)))
    return made(shape if c.name == "isclose" else (), "bool")


@rule("keras.ops.isin")
def isin(c: Call, x1: object, x2: object, assume_unique: object = False, invert: object = False) -> Tensor:
    """The shape of the first."""
    a = operand(c, x1)
    return made(c.shape(a) if isinstance(a, Tensor) else (), "bool")


@rule("keras.ops.where")
def where(c: Call, condition: object, x1: object = None, x2: object = None) -> object:
    """Of three their common shape; of one, the places that hold."""
    found = operand(c, condition)
    if (c.store.value(x1) is None) != (c.store.value(x2) is None):
        c.fail("call-arguments", "where needs both x1 and x2, or neither of them")
    if c.store.value(x1) is None:
        if not isinstance(found, Tensor) or of_keras(found):
            raise NotKnown
        count = c.fresh("n", 0)
        return tuple([made((count,), "int32") for _ in c.dims(found)])
    a, b = operand(c, x1), operand(c, x2)
    return made(together(c, (found, a, b)), promoted(c, a, b))


@rule("keras.ops.select")
def select(c: Call, condlist: object, choicelist: object, default: object = 0) -> Tensor:
    """The common shape of conditions and choices; of KerasTensors that of the first choice."""
    lists = [c.store.value(v) for v in (condlist, choicelist)]
    if not all(isinstance(v, (list, tuple)) and not (isinstance(v, List) and v.rest is not None) for v in lists):
        raise NotKnown
    if len(lists[0]) != len(lists[1]):
        c.fail("call-arguments", f"select: {len(lists[0])} conditions for {len(lists[1])} choices")
    conditions, choices = ([operand(c, v) for v in values] for values in lists)
    shape = together(c, [*conditions, *choices, operand(c, default)])
    dtypes = {kind_of(c, v) for v in choices}
    return made(shape, dtypes.pop() if len(dtypes) == 1 and all(isinstance(v, Tensor) for v in choices) else None)


@rule("keras.ops.polar")
def polar(c: Call, abs_: object, angle: object) -> Tensor:
    """A complex number of a length and an angle."""
    a, b = operand(c, abs_), operand(c, angle)
    return made(together(c, (a, b)), None)
