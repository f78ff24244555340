"""torch: pointwise functions, the operators of tensors, and their in-place forms.

The tables give one row a family: how the dtype of the result comes about, and which kinds of operands are refused.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shapelens.dims import Expr
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown, Operand
from shapelens.rules.registry import rule
from shapelens.values import Named, Open, Scalar, Tensor
from shapelens.values.dtypes import COMPLEX_OF, REAL_OF, category, promote, promote_weak, scalar_dtype

BOOL, INT, FLOAT, COMPLEX = range(4)
_KINDS = ("bool", "integer", "float", "complex")
_SCALARS = {"bool": "bool", "int": "int64", "float": "float32", "complex": "complex64"}
_UNSET = ""


# -- dtypes ----------------------------------------------------------------------------------------------------------


def number_dtype(value: object) -> str | None:
    """The dtype that a plain number counts as; None where its type is not known."""
    if isinstance(value, Expr):
        return "int64"
    if isinstance(value, Scalar):
        return _SCALARS.get(value.type)
    return scalar_dtype(value)


def result_dtype(c: Call, *operands: object) -> str | None:
    """torch.result_type: tensors with dims count before those without, and those before plain numbers."""
    levels: list[list[str | None]] = [[], [], []]
    unsure: list[str | None] = []
    for value in operands:
        if not isinstance(value, Tensor):
            levels[2].append(number_dtype(value))
            continue
        shape = c.shape(value)
        if isinstance(shape, tuple):
            levels[0 if shape else 1].append(value.dtype)
        elif isinstance(shape, Open) and (shape.prefix or shape.suffix):
            levels[0].append(value.dtype)
        else:
            unsure.append(value.dtype)
    found = set()
    for choice in itertools.product((0, 1), repeat=len(unsure)):
        parts = [levels[i] + [d for d, level in zip(unsure, choice) if level == i] for i in range(3)]
        found.add(functools.reduce(_weaken, (_merged(part) for part in parts)))
    dtype = found.pop() if len(found) == 1 else None
    if dtype == "float32" != c.floating and not any(isinstance(v, Tensor) and v.dtype == dtype for v in operands):
        return c.floating  # integers with a Python float
    return dtype


def _merged(dtypes: list[str | None]) -> str | None:
    return functools.reduce(promote, dtypes) if dtypes else _UNSET


def _weaken(strong: str | None, weak: str | None) -> str | None:
    if strong == _UNSET or weak == _UNSET:
        return weak if strong == _UNSET else strong
    return promote_weak(strong, weak)


def as_float(dtype: str | None, floating: str | None = "float32") -> str | None:
    """Integers and bools become the default float type."""
    return floating if dtype is not None and category(dtype) < FLOAT else dtype


def shown(c: Call) -> str:
    """The operator sign or the name of what was called."""
    return _SIGNS.get(c.name, c.name)


def refuse(c: Call, dtype: str | None, kinds: tuple[int, ...], *tensors: Tensor) -> None:
    """Fail with `dtype-mismatch` where the dtype is of one of these kinds."""
    if kinds and dtype is not None and category(dtype) in kinds:
        c.fail("dtype-mismatch", f"{shown(c)} does not take {_KINDS[category(dtype)]} tensors (got {dtype})", *tensors)


# -- one tensor ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Family:
    """Functions of one sort: `result` is "promote" (dtype kept), "float", "real", "bool", "square" or "double"."""

    names: str
    result: str
    refused: tuple[int, ...] = ()
    same: bool = False  # the dtypes of both operands must be one
    tensors: str = ""  # which operands may not be plain numbers: "both", or the "first" of the function


UNARY = (
    Family(
        "acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh cos cosh exp exp2 expm1 log "
        "log10 log1p log2 reciprocal rsqrt sin sinc sinh sqrt tan",
        "float",
    ),
    Family("deg2rad rad2deg digamma erf erfc erfinv i0 lgamma", "float", (COMPLEX,)),
    Family("angle", "angle"),
    Family("abs absolute", "real"),
    Family("isfinite isinf isnan isreal logical_not", "bool"),
    Family("isneginf isposinf signbit", "bool", (COMPLEX,)),
    Family("ceil fix floor trunc", "promote", (COMPLEX,)),
    Family("frac", "promote", (COMPLEX,)),
    Family("sign", "promote", (COMPLEX,)),
    Family("sgn conj conj_physical resolve_conj resolve_neg", "promote"),
    Family("neg negative positive", "promote", (BOOL,)),
    Family("bitwise_not", "promote", (FLOAT, COMPLEX)),
    Family("square", "square"),
)


def unary_dtype(result: str, dtype: str | None, floating: str | None = "float32") -> str | None:
    """The dtype that a function of one tensor gives."""
    if result == "bool":
        return "bool"
    if dtype is None or result == "promote":
        return dtype
    if result == "float":
        return as_float(dtype, floating)
    if result == "real":
        return REAL_OF.get(dtype, dtype)
    if result == "angle":
        return REAL_OF.get(dtype, as_float(dtype, floating))
    return "int64" if dtype == "bool" else dtype  # square


def unary(family: Family) -> Callable[..., Tensor]:
    """The rule of a function of one tensor: the shape stays. Further parameters are plain numbers."""
    result, refused = family.result, family.refused

    def apply(c: Call, input: Tensor) -> Tensor:
        if refused:
            refuse(c, input.dtype, refused, input)
        return Tensor(input.shape, unary_dtype(result, input.dtype, c.floating), input.library, input.device)

    return apply


@rule("torch.mvlgamma", "torch.Tensor.mvlgamma", "torch.special.multigammaln")
def mvlgamma(c: Call, input: Tensor, p: object) -> Tensor:
    if isinstance(p, int) and p < 1:
        c.fail("argument-value", f"{c.name}: p must be at least 1, got {p}", input)
    return input.with_(dtype=as_float(input.dtype, c.floating))


@rule("torch.polygamma", "torch.special.polygamma")
def polygamma(c: Call, n: object, input: Tensor) -> Tensor:
    if isinstance(n, int) and n < 0:
        c.fail("argument-value", f"{c.name}: n must not be negative, got {n}", input)
    return input.with_(dtype=as_float(input.dtype, c.floating))


@rule("torch.Tensor.polygamma")
def polygamma_method(c: Call, self: Tensor, n: object) -> Tensor:
    return polygamma(c, n, self)


@rule("torch.real", "torch.imag")
def real(c: Call, input: Tensor) -> Tensor:
    if c.name == "imag":
        refuse(c, input.dtype, (BOOL, INT, FLOAT), input)
    return input.with_(dtype=unary_dtype("real", input.dtype))


# -- two tensors -----------------------------------------------------------------------------------------------------

_COMPARED = (COMPLEX,)
BINARY = (
    Family("add mul multiply", "promote"),
    Family("sub subtract rsub", "promote"),  # a bool operand is refused, see `binary`
    Family("maximum minimum fmax fmin", "promote", (COMPLEX,), tensors="both"),
    Family("fmod", "promote", (COMPLEX,), tensors="first"),
    Family("remainder floor_divide", "promote", (COMPLEX,)),
    Family("true_divide", "float"),
    Family("atan2 arctan2", "float", (COMPLEX,), tensors="both"),
    Family("copysign", "float", (COMPLEX,), tensors="first"),
    Family("xlogy", "float", (COMPLEX,)),
    Family("pow", "promote"),
    Family("float_power", "double"),
    Family("bitwise_and bitwise_or bitwise_xor", "promote", (FLOAT, COMPLEX)),
    Family("bitwise_left_shift bitwise_right_shift", "promote", (BOOL, FLOAT, COMPLEX)),
    Family("gcd lcm", "promote", (BOOL, FLOAT, COMPLEX), tensors="both"),
    Family("hypot nextafter igamma igammac logaddexp2", "promote", (BOOL, INT, COMPLEX), tensors="both"),
    Family("logaddexp", "promote", (BOOL, INT), tensors="both"),
    Family("heaviside", "promote", (COMPLEX,), same=True, tensors="both"),
    Family("eq ne not_equal", "bool", tensors="first"),
    Family("lt le gt ge less less_equal greater greater_equal", "bool", _COMPARED, tensors="first"),
    Family("logical_and logical_or logical_xor", "bool", tensors="both"),
)

OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "true_divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
    "lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "eq": "eq", "ne": "ne",
}  # fmt: skip
_UNARY_OPERATORS = {"neg": "neg", "pos": "positive", "invert": "bitwise_not", "abs": "abs"}
_SIGNS = {
    f"__{prefix}{name}__": sign + ("=" if prefix else "")
    for name, sign in {
        "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "and": "&",
        "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>", "matmul": "@",
    }.items()
    for prefix in ("", "i")
} | {
    "__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">=", "__eq__": "==", "__ne__": "!=",
    "__neg__": "-", "__pos__": "+", "__invert__": "~", "__abs__": "abs",
}  # fmt: skip


FILLING = (
    "zero_", "fill_", "normal_", "uniform_", "random_", "bernoulli_", "exponential_", "geometric_", "cauchy_",
    "log_normal_", "apply_",
)  # fmt: skip


def _device(a: Tensor, b: Tensor) -> str | None:
    if a.device == b.device:
        return a.device
    if isinstance(a.shape, tuple) and isinstance(b.shape, tuple) and bool(a.shape) != bool(b.shape):
        return a.device if a.shape else b.device
    return None


def pointwise_shape(c: Call, a: object, b: object) -> tuple[Any, str, str | None]:
    """The shape, the library and the device of an operation on two operands, one of which is a tensor."""
    if type(a) is not Tensor:
        if type(b) is not Tensor:
            raise NotKnown
        return b.shape, b.library, b.device
    if type(b) is not Tensor:
        return a.shape, a.library, a.device
    shape = a.shape if a.shape == b.shape else common_shape(c, (a, b), shown(c))
    return shape, a.library, a.device if a.device is b.device else _device(a, b)


def _pow_check(c: Call, input: object, exponent: object, common: str | None) -> None:
    if common is not None and category(common) == INT and isinstance(exponent, int) and exponent < 0:
        c.fail("dtype-mismatch", f"{shown(c)}: integers to negative integer powers are not allowed")


def binary(family: Family) -> Callable[..., Tensor]:
    """The rule of a function of two operands: broadcast shape, promoted dtype."""
    result, refused, same, tensors = family.result, family.refused, family.same, family.tensors
    no_bool, power = "sub" in family.names.split(), family.names == "pow"

    def apply(c: Call, input: Operand, other: Operand) -> Tensor:
        shape, library, device = pointwise_shape(c, input, other)
        if tensors and (type(input) is not Tensor or type(other) is not Tensor):
            _refuse_numbers(c, tensors, input, other)
        dtype: str | None
        if type(input) is not Tensor:
            dtype = promote_weak(other.dtype, number_dtype(input)) if type(other) is Tensor else None
        elif type(other) is not Tensor:
            dtype = promote_weak(input.dtype, number_dtype(other))
        elif input.dtype == other.dtype:
            dtype = input.dtype
        else:
            dtype = result_dtype(c, input, other)
            if same:
                require_same_dtype(c, input, other)
        if no_bool:
            _refuse_bool(c, input, other)
        if refused:
            refuse(c, dtype, refused, *_tensors(input, other))
        if power:
            _pow_check(c, input, other, dtype)
        if result == "bool":
            dtype = "bool"
        elif result == "float":
            dtype = as_float(dtype, c.floating)
        elif result == "double" and dtype is not None:
            dtype = "complex128" if category(dtype) == COMPLEX else "float64"
        return Tensor(shape, dtype, library, device)

    return apply


def _refuse_numbers(c: Call, tensors: str, input: object, other: object) -> None:
    """Fail where a function that takes tensors alone gets a number. The operators of Python turn their operands."""
    if c.name.startswith("__") or not c.path.startswith("torch."):
        return
    for place, value in (("first", input), ("second", other)):
        if isinstance(value, (int, float)) and tensors in ("both", place):
            c.fail(
                "call-arguments",
                f"{c.name}: the {place} argument must be a tensor, got the number {value}; use torch.tensor({value})",
            )


def _tensors(*operands: object) -> Iterator[Tensor]:
    return (v for v in operands if isinstance(v, Tensor))


def _refuse_bool(c: Call, *operands: object) -> None:
    if any((v.dtype if type(v) is Tensor else number_dtype(v)) == "bool" for v in operands):
        hint = "; use ~ or logical_not to invert a mask" if any(type(v) is not Tensor for v in operands) else ""
        c.fail("dtype-mismatch", f"{shown(c)} does not take bool tensors{hint}", *_tensors(*operands))


def require_same_dtype(c: Call, *operands: object, code: str = "dtype-mismatch") -> None:
    """Fail unless all tensors have one dtype (an unknown one fits)."""
    tensors = [v for v in operands if isinstance(v, Tensor) and v.dtype is not None]
    for tensor in tensors[1:]:
        if tensor.dtype != tensors[0].dtype:
            c.fail(code, f"{shown(c)} needs tensors of one dtype, got {tensors[0].dtype} and {tensor.dtype}", *tensors)


# -- in place --------------------------------------------------------------------------------------------------------


def store_into(c: Call, target: Tensor, value: Tensor) -> Tensor:
    """The target of an in-place operation that computed `value`: its shape and dtype stay, so the value must fit."""
    if value.dtype is not None and target.dtype is not None and category(value.dtype) > category(target.dtype):
        c.fail(
            "dtype-mismatch",
            f"{shown(c)}: a {value.dtype} result cannot be stored in a {target.dtype} tensor",
            target,
        )
    fit_into(c, target, value)
    return target if target.scalars is None else target.with_(parameter=target.parameter)


def fit_into(c: Call, target: Tensor, value: Tensor) -> None:
    """Fail where the target of an in-place operation would have to grow to the value's shape."""
    into, came = c.shape(target), c.shape(value)
    if not isinstance(into, tuple) or not isinstance(came, tuple) or into == came:
        return
    message = f"{shown(c)}: the result {c.text(came)} does not fit the tensor {c.text(into)} that it is stored in"
    if len(came) != len(into) or any(c.equate(a, b) is False for a, b in zip(into, came)):
        c.fail("broadcast-mismatch", message, target, value)


def in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The in-place twin of a rule: the first operand is the result."""

    @functools.wraps(function)
    def apply(c: Call, input: Any, *args: Any, **kwargs: Any) -> Tensor:
        value = function(c, input, *args, **kwargs)
        return store_into(c, input, value) if isinstance(input, Tensor) else value

    return apply


# -- registration ----------------------------------------------------------------------------------------------------

_NO_IN_PLACE = frozenset((  # torch has no in-place method of these
    "isfinite", "isinf", "isnan", "isreal", "isneginf", "isposinf", "signbit", "angle", "conj", "resolve_conj",
    "resolve_neg", "positive", "maximum", "minimum", "fmax", "fmin", "logaddexp", "logaddexp2", "rsub", "float_power",
))  # fmt: skip
_OWN_RULE = ["add", "sub", "subtract", "rsub", "eq", "ne"]  # they have more parameters, or are rules further down
_computes: dict[str, Callable[..., Tensor]] = {}


def register(name: str, function: Callable[..., Tensor]) -> None:
    """Register a function, its method and its in-place method."""
    rule(*[f"{place}.{name}" for place in ("torch", "torch.Tensor") if name != "rsub" or place == "torch"])(function)
    if name not in _NO_IN_PLACE:
        rule(f"torch.Tensor.{name}_")(in_place(function))


for _make, _families in ((unary, UNARY), (binary, BINARY)):
    for _family in _families:
        _made = _make(_family)
        for _name in _family.names.split():
            _computes[_name] = _made
            if _name not in _OWN_RULE:
                register(_name, _made)
for _sign, _name in (_UNARY_OPERATORS | OPERATORS).items():
    if _name not in ("eq", "ne"):
        rule(f"torch.Tensor.__{_sign}__")(_computes[_name])
    if _sign in OPERATORS and _name not in ("eq", "ne", "lt", "le", "gt", "ge"):
        rule(f"torch.Tensor.__i{_sign}__")(in_place(_computes[_name]))


# -- those with parameters of their own ------------------------------------------------------------------------------


def _with_alpha(name: str) -> Callable[..., Tensor]:
    compute = _computes[name]

    def apply(c: Call, input: Operand, other: Operand, *, alpha: object = 1) -> Tensor:
        found = compute(c, input, other)
        if type(alpha) is float and found.dtype is not None and category(found.dtype) < FLOAT:
            c.fail("dtype-mismatch", f"{c.name}: alpha must be an integer for {found.dtype} tensors, got {alpha}")
        return found

    return apply


def _nan_to_num(c: Call, input: Tensor, nan: object = None, posinf: object = None, neginf: object = None) -> Tensor:
    return input.with_()


def _round(c: Call, input: Tensor, *, decimals: object = 0) -> Tensor:
    refuse(c, input.dtype, (COMPLEX,), input)
    return input.with_()


def _logit(c: Call, input: Tensor, eps: object = None) -> Tensor:
    refuse(c, input.dtype, (COMPLEX,), input)
    return input.with_(dtype=as_float(input.dtype, c.floating))


register("nan_to_num", _nan_to_num)
register("round", _round)
register("logit", _logit)
for _name in ("add", "sub", "subtract", "rsub"):
    register(_name, _with_alpha(_name))


def _equality(c: Call, input: object, other: object) -> Any:
    if other is None or input is None or isinstance(other, (str, tuple, list)):
        return c.name == "__ne__"  # torch gives NotImplemented, so Python compares identities
    if isinstance(input, (Tensor, int, float, complex, Expr, Scalar)):
        if isinstance(other, (Tensor, int, float, complex, Expr, Scalar)):
            return _computes["eq"](c, input, other)
    raise NotKnown


rule("torch.Tensor.__eq__", "torch.Tensor.__ne__")(_equality)
for _name in ("eq", "ne"):
    register(_name, _computes[_name])


def _div(c: Call, input: Operand, other: Operand, *, rounding_mode: object = None) -> Tensor:
    if rounding_mode is None:
        return _computes["true_divide"](c, input, other)
    if rounding_mode in ("floor", "trunc"):
        return _computes["floor_divide"](c, input, other)
    if isinstance(rounding_mode, str):
        c.fail("call-arguments", f"{c.name}: rounding_mode must be None, 'trunc' or 'floor', got '{rounding_mode}'")
    return _computes["mul"](c, input, other).with_(dtype=None)


register("div", _div)
register("divide", _div)


def _ldexp(c: Call, input: Tensor, other: Tensor) -> Tensor:
    found = _computes["mul"](c, input, other)
    return found.with_(dtype=as_float(found.dtype, c.floating))


register("ldexp", _ldexp)


def _bounds(c: Call, input: Tensor, *limits: Any) -> Tensor:
    given = [v for v in limits if v is not None]
    if not given:
        c.fail("call-arguments", f"{c.name}: at least one of min and max must be given")
    dtype = result_dtype(c, input, *given)
    refuse(c, dtype, (COMPLEX,), input)
    shape = common_shape(c, [input, *_tensors(*given)], c.name)
    return Tensor(shape, dtype, input.library, input.device)


def _clamp(c: Call, input: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    return _bounds(c, input, min, max)


def _clamp_min(c: Call, input: Tensor, min: Operand) -> Tensor:
    return _bounds(c, input, min)


def _clamp_max(c: Call, input: Tensor, max: Operand) -> Tensor:
    return _bounds(c, input, max)


for _name, _made in {"clamp": _clamp, "clip": _clamp, "clamp_min": _clamp_min, "clamp_max": _clamp_max}.items():
    register(_name, _made)


def _where(c: Call, condition: Tensor, input: Operand, other: Operand) -> Tensor:
    if condition.dtype is not None and condition.dtype not in ("bool", "uint8"):
        c.fail("dtype-mismatch", f"where: the condition must be a bool tensor, got {condition.dtype}", condition)
    tensors = list(_tensors(condition, input, other))
    return Tensor(common_shape(c, tensors, "where"), result_dtype(c, input, other), "torch", condition.device)


@rule("torch.where")
def where(c: Call, condition: Tensor, input: Operand | None = None, other: Operand | None = None) -> object:
    """With three arguments a choice per element; with the condition alone the indices, as `nonzero(as_tuple=True)`."""
    if input is not None and other is not None:
        return _where(c, condition, input, other)
    shape = c.dims(condition)
    count = c.fresh("nonzero", 0)
    return tuple([Tensor((count,), "int64", "torch", condition.device) for _ in shape or (1,)])


@rule("torch.Tensor.where")
def where_method(c: Call, self: Tensor, condition: Tensor, other: Operand) -> Tensor:
    return _where(c, condition, self, other)


def _lerp(c: Call, input: Tensor, end: Tensor, weight: Operand) -> Tensor:
    whole = isinstance(weight, Tensor) and c.shape(weight) != () and c.shape(weight) is not None
    require_same_dtype(c, input, end, *([weight] if whole else []))
    tensors = list(_tensors(input, end, weight))
    dtype = result_dtype(c, *tensors)
    return Tensor(common_shape(c, tensors, "lerp"), dtype, "torch", input.device)


def _addcmul(c: Call, input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: object = 1) -> Tensor:
    dtype = result_dtype(c, input, tensor1, tensor2)
    return Tensor(common_shape(c, (input, tensor1, tensor2), c.name), dtype, "torch", input.device)


def _addcdiv(c: Call, input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: object = 1) -> Tensor:
    divided = tensor1.dtype, tensor2.dtype
    if all(d is not None and category(d) < FLOAT for d in divided):
        c.fail("dtype-mismatch", f"addcdiv does not divide integers, got {divided[0]} and {divided[1]}", tensor1)
    return _addcmul(c, input, tensor1, tensor2)


register("lerp", _lerp)
register("addcmul", _addcmul)
register("addcdiv", _addcdiv)


@rule("torch.isclose", "torch.Tensor.isclose")
def isclose(
    c: Call, input: Tensor, other: Tensor, rtol: object = 1e-5, atol: object = 1e-8, equal_nan: object = False
) -> Tensor:
    require_same_dtype(c, input, other)
    return Tensor(common_shape(c, (input, other)), "bool", "torch", input.device)


@rule("torch.allclose", "torch.Tensor.allclose")
def allclose(
    c: Call, input: Tensor, other: Tensor, rtol: object = 1e-5, atol: object = 1e-8, equal_nan: object = False
) -> Scalar:
    isclose(c, input, other)
    return Scalar("bool")


@rule("torch.equal", "torch.Tensor.equal")
def equal_(c: Call, input: Tensor, other: Tensor) -> Scalar:
    return Scalar("bool")


@rule("torch.isin")
def isin(
    c: Call, elements: Operand, test_elements: Operand, *, assume_unique: object = False, invert: object = False
) -> Tensor:
    """For each element whether it is among the others."""
    shape = elements.shape if isinstance(elements, Tensor) else ()
    return Tensor(shape, "bool", "torch", next(_tensors(elements, test_elements)).device)


@rule("torch.frexp", "torch.Tensor.frexp")
def frexp(c: Call, input: Tensor) -> object:
    refuse(c, input.dtype, (BOOL, INT, COMPLEX), input)
    return Named.of(mantissa=input.with_(), exponent=input.with_(dtype="int32"))


@rule("torch.complex", "torch.polar")
def complex_(c: Call, real: Tensor, imag: Tensor) -> Tensor:
    """Two float tensors make a complex one."""
    require_same_dtype(c, real, imag)
    dtype = real.dtype if real.dtype is not None else imag.dtype
    refuse(c, dtype, (BOOL, INT, COMPLEX), real, imag)
    return Tensor(common_shape(c, (real, imag)), None if dtype is None else COMPLEX_OF.get(dtype), "torch", real.device)


# -- in-place methods without a plain twin ---------------------------------------------------------------------------


@rule("torch.Tensor.copy_")
def copy_(c: Call, self: Tensor, src: Operand, non_blocking: object = False) -> Tensor:
    """Any dtype is cast; the source is broadcast to the shape of the target."""
    if isinstance(src, Tensor):
        value = Tensor(common_shape(c, (self, src), "copy_"))
        fit_into(c, self, value)
    return self.with_(parameter=self.parameter)


# What the second number must be, or the first where there is one alone. Source: the pages of these methods.
_POSITIVE = {"cauchy_": 1, "log_normal_": 1, "exponential_": 0}


def _bounds_of(c: Call, args: Sequence[object]) -> None:
    place = _POSITIVE.get(c.name)
    value = args[place] if place is not None and len(args) > place else None
    if isinstance(value, (int, float)) and not value > 0:
        c.fail("argument-value", f"{c.name}: {value} must be above 0")
    low, high = (args[0], args[1]) if len(args) > 1 else (None, None)
    if c.name == "uniform_" and isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
        c.fail("argument-value", f"uniform_: the lower bound {low} is above the upper one {high}")
    if c.name == "normal_" and isinstance(high, (int, float)) and high < 0:
        c.fail("argument-value", f"normal_: the standard deviation cannot be negative, got {high}")
    if c.name == "geometric_" and isinstance(args[0] if args else None, (int, float)) and not 0 < args[0] < 1:  # type: ignore[operator]
        c.fail("argument-value", f"geometric_: p must be between 0 and 1, got {args[0]}")


@rule(*[f"torch.Tensor.{n}" for n in FILLING])
def filling(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
    """Methods that write into the tensor: shape and dtype stay."""
    _bounds_of(c, args)
    return self.with_(parameter=self.parameter)
