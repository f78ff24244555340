"""What is computed element by element, of one tensor or of several that broadcast."""

from __future__ import annotations

from collections.abc import Callable

from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call
from shapelens.rules.conversion import converted
from shapelens.rules.registry import declare, rule
from shapelens.rules.tensorflow.common import divided, items_of, made, operands, paths, refuse
from shapelens.rules.tensorflow.tensor import together
from shapelens.values import List, Tensor
from shapelens.values.dtypes import COMPLEXES, INTEGERS, REAL_OF

_REAL_FLOATS = ("bfloat16", "float16", "float32", "float64")
_FLOATING = (*_REAL_FLOATS, "complex64", "complex128")

_FLOAT_ONLY = paths(
    "math.acos acosh asin asinh atan atanh bessel_i0 bessel_i0e bessel_i1 bessel_i1e cos cosh digamma erf erfc erfcinv "
    "erfinv exp expm1 lgamma log log1p ndtri rsqrt sigmoid sin sinh sqrt tan tanh log_sigmoid softplus softsign rint "
    "reciprocal_no_nan ceil floor",
    "nn.elu gelu selu silu",
)
_COMPLEX_TOO = frozenset(
    "acos acosh asin asinh atan atanh cos cosh exp expm1 log log1p rsqrt sigmoid sin sinh sqrt tan tanh silu "
    "reciprocal_no_nan".split()
)
_ANY = paths(
    "math.abs conj negative reciprocal round sign square invert_permutation",
    "nn.relu relu6 leaky_relu",
    "bitwise.invert",
)
_TRUTH = paths("math.is_finite is_inf is_nan logical_not")


def _floating(name: str) -> Callable[..., Tensor]:
    allowed = _FLOATING if name in _COMPLEX_TOO else _REAL_FLOATS

    def apply(c: Call, x: Tensor, *rest: object) -> Tensor:
        if x.library != "keras":
            refuse(c, x.dtype, allowed, x)
        return made(x.shape, x.dtype)

    return apply


_MORE = {"gelu": ", approximate=False", "silu": ", beta=1.0", "leaky_relu": ", alpha=0.2"}
_FIRST = {
    **dict.fromkeys(("softplus", "softsign", "elu", "gelu", "selu", "silu", "relu", "relu6", "leaky_relu"), "features"),
    "conj": "x",
}
for _path in _FLOAT_ONLY:
    _name = _path.rpartition(".")[2]
    declare(f"{_path}({_FIRST.get(_name, 'x')}{_MORE.get(_name, '')}, name=None)", _floating(_name))


def _any(c: Call, x: Tensor, *rest: object) -> Tensor:
    dtype = x.dtype
    if c.name == "abs" and dtype in COMPLEXES:
        dtype = REAL_OF[dtype]
    if "relu" in c.name and x.library != "keras":
        refuse(c, dtype, (*INTEGERS, *_REAL_FLOATS), x)
        if c.name == "leaky_relu" and dtype in INTEGERS:
            dtype = "float32"
    return made(x.shape, dtype)


for _path in _ANY:
    _name = _path.rpartition(".")[2]
    declare(f"{_path}({_FIRST.get(_name, 'x')}{_MORE.get(_name, '')}, name=None)", _any)


def _truth(c: Call, x: Tensor, *rest: object) -> Tensor:
    if x.library != "keras":
        refuse(c, x.dtype, ("bool",) if c.name == "logical_not" else _REAL_FLOATS, x)
    return made(x.shape, "bool")


for _path in _TRUTH:
    declare(f"{_path}(x, name=None)", _truth)


@rule(*paths("math.real imag angle"))
def parts(c: Call, input: Tensor, name: object = None) -> Tensor:
    """The parts of complex numbers."""
    dtype = REAL_OF.get(input.dtype or "", input.dtype)
    return made(input.shape, dtype)


@rule(*paths("math.is_non_decreasing is_strictly_increasing"))
def ordered(c: Call, x: Tensor, name: object = None) -> Tensor:
    return made((), "bool")


# -- of two --------------------------------------------------------------------------------------------------------

_SAME = (
    "math.add subtract multiply floordiv floormod maximum minimum pow squared_difference atan2",
    "truncatediv truncatemod realdiv", "bitwise.bitwise_and bitwise_or bitwise_xor left_shift right_shift",
)  # fmt: skip
_FLOAT_PAIRS = ("math.multiply_no_nan igamma igammac xdivy xlog1py xlogy zeta polygamma",)
_COMPARED = ("math.greater greater_equal less less_equal logical_and logical_or logical_xor",)
_FIRSTS = {"atan2": "y, x", "igamma": "a, x", "igammac": "a, x", "zeta": "x, q", "polygamma": "a, x"}


def _two(result: Callable[[str | None], str | None], allowed: tuple[str, ...] = ()) -> Callable[..., Tensor]:
    def apply(c: Call, x: object, y: object, *rest: object) -> Tensor:
        return together(c, x, y, result, allowed)

    return apply


for _path in paths(*_SAME):
    declare(
        f"{_path}({_FIRSTS.get(_path.rpartition('.')[2], 'x, y')}, name=None)", _two(lambda d: d), "Tensor", "object"
    )
for _path in paths(*_COMPARED):
    declare(f"{_path}(x, y, name=None)", _two(lambda d: "bool"), "Tensor", "object")
for _path in paths(*_FLOAT_PAIRS):
    declare(
        f"{_path}({_FIRSTS.get(_path.rpartition('.')[2], 'x, y')}, name=None)",
        _two(lambda d: d, _FLOATING),
        "Tensor",
        "object",
    )
for _path in paths("math.divide truediv divide_no_nan"):
    declare(f"{_path}(x, y, name=None)", _two(divided), "Tensor", "object")
declare("tensorflow.math.nextafter(x1, x2, name=None)", _two(lambda d: d), "Tensor", "object")


@rule(*paths("math.equal not_equal"))
def equal_(c: Call, x: object, y: object, name: object = None) -> Tensor:
    """Shapes that do not broadcast fail here."""
    return together(c, x, y, lambda d: "bool")


@rule("tensorflow.math.scalar_mul")
def scalar_mul(c: Call, scalar: object, x: Tensor, name: object = None) -> Tensor:
    (number, tensor), dtype = operands(c, scalar, x)
    if isinstance(c.shape(number), tuple) and c.shape(number) != ():
        c.fail("rank-mismatch", f"scalar_mul: needs a scalar first, got {c.text(number)}", number)
    return made(tensor.shape, dtype)


@rule("tensorflow.math.betainc")
def betainc(c: Call, a: object, b: object, x: object, name: object = None) -> Tensor:
    tensors, dtype = operands(c, a, b, x)
    return made(common_shape(c, tensors, "betainc"), dtype)


@rule("tensorflow.math.polyval")
def polyval(c: Call, coeffs: object, x: object, name: object = None) -> Tensor:
    """A polynomial at x."""
    terms = items_of(c, coeffs)
    tensors, dtype = operands(c, *terms, x)
    return made(common_shape(c, tensors, "polyval") if terms else tensors[-1].shape, dtype)


@rule("tensorflow.math.add_n", "tensorflow.math.accumulate_n")
def add_n(c: Call, inputs: object, *args: object, **kwargs: object) -> Tensor:
    """Tensors of one shape: nothing is broadcast."""
    given = c.store.value(inputs)
    terms = [given] if isinstance(given, Tensor) else items_of(c, given)
    tensors, dtype = operands(c, *terms)
    if not tensors:
        c.fail("argument-value", f"{c.name}: needs at least one tensor")
    first = c.shape(tensors[0])
    for other in tensors[1:]:
        shape = c.shape(other)
        if isinstance(first, tuple) and isinstance(shape, tuple):
            if len(first) != len(shape) or any(c.equate(a, b) is False for a, b in zip(first, shape)):
                c.fail(
                    "shape-mismatch", f"{c.name}: {c.text(tensors[0])} and {c.text(other)} differ", tensors[0], other
                )
    return made(first, dtype)


@rule(*paths("clip_by_value"))
def clip_by_value(c: Call, t: Tensor, clip_value_min: object, clip_value_max: object, name: object = None) -> Tensor:
    """The bounds broadcast to the tensor, never beyond it."""
    tensors, dtype = operands(c, t, clip_value_min, clip_value_max)
    shape = common_shape(c, tensors, "clip_by_value")
    own = c.shape(t)
    if isinstance(shape, tuple) and isinstance(own, tuple) and len(shape) != len(own):
        c.fail("broadcast-mismatch", f"clip_by_value: the bounds are larger than {c.text(t)}", t)
    return made(own, dtype)


@rule(*paths("clip_by_norm"))
def clip_by_norm(c: Call, t: Tensor, clip_norm: object, axes: object = None, name: object = None) -> Tensor:
    return made(t.shape, t.dtype)


@rule(*paths("clip_by_global_norm"))
def clip_by_global_norm(
    c: Call, t_list: object, clip_norm: object, use_norm: object = None, name: object = None
) -> object:
    """The tensors as they are, and the norm of all."""
    found: list[Tensor | None] = []
    for value in items_of(c, t_list):
        if value is None:
            found.append(None)
            continue
        each = converted(c, value)
        found.append(made(each.shape, each.dtype))
    dtype = next((t.dtype for t in found if t is not None), None)
    return List(found), made((), dtype)


@rule("tensorflow.linalg.global_norm")
def global_norm(c: Call, t_list: object, name: object = None) -> Tensor:
    dtypes = {converted(c, v).dtype for v in items_of(c, t_list) if v is not None}
    return made((), dtypes.pop() if len(dtypes) == 1 else None)
