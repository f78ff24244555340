"""What is computed element by element: the universal functions, the operators of arrays, and `where=`, `out=`, `dtype=`.

What a function does to dtypes is one of a few kinds; each is held against NumPy for every pair of dtypes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, Arrays, array, as_array, fit_into, into, operand
from shapelens.rules.numpy.dtypes import (
    asked,
    divided,
    floating,
    is_kept,
    kind_of,
    out_of_bounds,
    promoted,
    real,
    together,
)
from shapelens.rules.numpy.indexing import selected
from shapelens.rules.numpy.reductions import accumulated, over, reduced
from shapelens.rules.registry import layer, rule
from shapelens.values import Instance, List, Scalar, Tensor
from shapelens.values.dtypes import category

Dtype = Callable[[Sequence[Any]], "str | None"]
BOOL, INT, FLOAT, COMPLEX = range(4)


@dataclass(frozen=True)
class Kind:
    """What functions do to dtypes: what the results have, and which categories of the common dtype they refuse."""

    results: tuple[Dtype, ...]
    refused: tuple[int, ...] = ()


def _same(operands: Sequence[Any]) -> str | None:
    return together(list(operands))


def _no_bool(operands: Sequence[Any]) -> str | None:
    """Numbers stay what they are; there is no such function of booleans, which count as int8."""
    found = together(list(operands))
    return "int8" if found == "bool" else found


def _floating(operands: Sequence[Any]) -> str | None:
    """Each array of integers counts as the smallest float that holds it."""
    if len(operands) == 1 or not all(isinstance(v, Tensor) for v in operands):
        return floating(together(list(operands)))
    found = floating(operands[0].dtype)
    for each in operands[1:]:
        found = promoted(found, floating(each.dtype))
    return found


def _divided(operands: Sequence[Any]) -> str | None:
    return divided(together(list(operands)))


def _wide(operands: Sequence[Any]) -> str | None:
    found = together(list(operands))
    return None if found is None else "complex128" if category(found) == COMPLEX else "float64"


def _always(dtype: str) -> Dtype:
    return lambda operands: dtype


_truth, _small, _exponent = _always("bool"), _always("uint8"), _always("int32")

_KINDS: dict[Kind, str] = {
    Kind((lambda v: real(_same(v)),)): "abs absolute",
    Kind((_floating,)): "arccos arccosh arcsin arcsinh arctan arctanh acos acosh asin asinh atan atanh cos cosh exp exp2 "
    "expm1 log log10 log1p log2 rint sin sinh sqrt tan tanh",
    Kind((_floating,), (COMPLEX,)): "cbrt deg2rad degrees fabs rad2deg radians spacing arctan2 atan2 copysign heaviside "
    "hypot logaddexp logaddexp2 nextafter",
    Kind((_small,), (FLOAT, COMPLEX)): "bitwise_count",
    Kind((_same,), (FLOAT, COMPLEX)): "bitwise_and bitwise_or bitwise_xor bitwise_invert bitwise_not invert",
    Kind((_no_bool,), (FLOAT, COMPLEX)): "bitwise_left_shift bitwise_right_shift left_shift right_shift",
    Kind((_same,), (BOOL, FLOAT, COMPLEX)): "gcd lcm",
    Kind((_same,), (COMPLEX,)): "ceil floor trunc fix",
    Kind((_same,)): "add fmax fmin maximum minimum multiply",
    Kind((_same,), (BOOL,)): "subtract negative positive sign",
    Kind((_no_bool,)): "conj conjugate reciprocal square pow power",
    Kind((_no_bool,), (COMPLEX,)): "floor_divide fmod mod remainder",
    Kind((_no_bool, _no_bool), (COMPLEX,)): "divmod",
    Kind((_divided,)): "divide true_divide",
    Kind((_wide,)): "float_power",
    Kind((_truth,)): "equal greater greater_equal less less_equal logical_and logical_or logical_xor not_equal isfinite "
    "isinf isnan logical_not",
    Kind((_truth,), (COMPLEX,)): "signbit isneginf isposinf",
    Kind((_floating, _exponent), (COMPLEX,)): "frexp",
    Kind((_floating, _floating), (COMPLEX,)): "modf",
    Kind((lambda v: _floating(v[:1]) if isinstance(v[0], Tensor) else None,), (COMPLEX,)): "ldexp",
}  # fmt: skip
UFUNCS = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_TWO = frozenset(
    "arctan2 atan2 copysign heaviside hypot logaddexp logaddexp2 nextafter bitwise_and bitwise_or bitwise_xor "
    "bitwise_left_shift bitwise_right_shift left_shift right_shift gcd lcm add fmax fmin maximum minimum multiply "
    "subtract pow power floor_divide fmod mod remainder divmod divide true_divide float_power equal greater "
    "greater_equal less less_equal logical_and logical_or logical_xor not_equal ldexp".split()
)
_COMPARISONS = frozenset("equal not_equal less less_equal greater greater_equal".split())
_ORDERED = frozenset(
    "arctan2 atan2 copysign divide float_power floor_divide fmod heaviside mod nextafter pow power remainder "
    "subtract true_divide".split()
)
# Sums and products are made in a wide dtype: the rest of them reduce in their own.
_WIDENED = frozenset(("add", "multiply"))


def computed(
    c: Call, name: str, what: str, operands: Sequence[Any], where: object = None, dtype: object = None
) -> tuple[Tensor, ...]:
    """The results of a universal function of arrays and plain numbers. Fails where shapes or dtypes do not go."""
    kind = UFUNCS[name]
    arrays = [v for v in operands if isinstance(v, Tensor)]
    library = "numpy"
    if any(v.library != "numpy" for v in arrays):
        if len(operands) > 1:
            raise NotKnown
        library = arrays[0].library  # A tensor goes in as an array and comes back as a tensor.
    masks = [where] if isinstance(where, Tensor) else []
    shape = common_shape(c, [*arrays, *masks], what) if arrays or masks else ()
    wanted = asked(c, dtype)
    if dtype is not None and wanted is None:
        return tuple(array(shape, None) for _ in kind.results)
    if wanted is None:
        _refuse(c, name, what, kind, operands)
    dtypes = [result(operands) for result in kind.results]
    if wanted is not None:
        dtypes = [wanted if result is not _truth else "bool" for result in kind.results]
    return tuple(Tensor(shape, found, library) for found in dtypes)


def _refuse(c: Call, name: str, what: str, kind: Kind, operands: Sequence[Any]) -> None:
    arrays = [v for v in operands if isinstance(v, Tensor)]
    common = together(list(operands[:1] if name == "ldexp" else operands))
    if common is not None and category(common) in kind.refused and all(v.library == "numpy" for v in arrays):
        better = ": use ^ or logical_xor" if name == "subtract" else ": use ~" if name == "negative" else ""
        c.fail("dtype-mismatch", f"{what} is not defined for {common}{better}", *arrays)
    exponent = together(list(operands[1:])) if name == "ldexp" else None
    if exponent is not None and (category(exponent) > INT or exponent == "uint64"):
        c.fail("dtype-mismatch", f"ldexp needs exponents of integers, got {exponent}", *arrays)
    power = operands[-1]
    if name in ("power", "pow") and type(power) is int and power < 0 and common is not None and category(common) == INT:
        c.fail("argument-value", f"{what}: integers have no powers of {power}: make them floats first", *arrays)
    if name not in _COMPARISONS and len(arrays) == 1 and len(operands) == 2:
        number = operands[1] if operands[0] is arrays[0] else operands[0]
        if out_of_bounds(arrays[0].dtype, number) and UFUNCS[name].results[0] in (_same, _no_bool):
            c.fail("dtype-mismatch", f"{what}: {number} is out of bounds for {arrays[0].dtype}", arrays[0])


def _given(results: tuple[Tensor, ...]) -> Any:
    return results[0] if len(results) == 1 else results


@rule(*(f"numpy.{name}" for name in UFUNCS))
def ufunc(c: Call, *operands: object, out: object = None, where: object = True, dtype: object = None,
          **options: object) -> object:  # fmt: skip
    """Arrays broadcast together; `out` may be given behind the operands too."""
    count = 2 if c.name in _TWO else 1
    if len(operands) == count + 1 and out is None:
        operands, out = operands[:count], operands[count]
    if len(operands) != count or "axes" in options:
        raise NotKnown
    mask = c.store.value(where)
    given = [operand(c, v) for v in operands]
    results = computed(c, c.name, c.name, given, None if mask is True else operand(c, mask), c.store.value(dtype))
    if out is None:
        return _given(results)
    if len(results) > 1:
        raise NotKnown
    return into(c, results[0], out)


# -- the operators -------------------------------------------------------------------------------------------------

_OPERATORS = {
    "add": ("+", "add"), "sub": ("-", "subtract"), "mul": ("*", "multiply"), "truediv": ("/", "divide"),
    "floordiv": ("//", "floor_divide"), "mod": ("%", "remainder"), "pow": ("**", "power"), "and": ("&", "bitwise_and"),
    "or": ("|", "bitwise_or"), "xor": ("^", "bitwise_xor"), "lshift": ("<<", "left_shift"),
    "rshift": (">>", "right_shift"), "lt": ("<", "less"), "le": ("<=", "less_equal"), "gt": (">", "greater"),
    "ge": (">=", "greater_equal"), "eq": ("==", "equal"), "ne": ("!=", "not_equal"),
}  # fmt: skip
_UNARY = {"neg": ("-", "negative"), "pos": ("+", "positive"), "invert": ("~", "invert"), "abs": ("abs", "absolute")}


@rule(*(f"numpy.ndarray.__{name}__" for name in _OPERATORS))
def operator(c: Call, self: object, other: object) -> Tensor:
    """`self op other`, either of which is an array."""
    sign, name = _OPERATORS[c.name.strip("_")]
    first, second = operand(c, self), operand(c, other)
    made = computed(c, name, sign, [first, second])[0]
    if name == "power" and isinstance(first, Tensor) and first.dtype == "bool" and not isinstance(second, Tensor):
        made.dtype = None  # squares have a way of their own
    return made


@rule(*(f"numpy.ndarray.__{name}__" for name in _UNARY))
def unary(c: Call, self: Array) -> Tensor:
    """`op self`."""
    sign, name = _UNARY[c.name.strip("_")]
    return computed(c, name, sign, [self])[0]


@rule("numpy.ndarray.__divmod__")
def divided_with_rest(c: Call, self: object, other: object) -> object:
    """The quotients and the remainders."""
    return computed(c, "divmod", "divmod", [operand(c, self), operand(c, other)])


_IN_PLACE = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift")


@rule(*(f"numpy.ndarray.__i{name}__" for name in _IN_PLACE))
def in_place(c: Call, self: Array, other: object) -> Tensor:
    """`self op= other`: the result must go into the array, whose shape and dtype stay. A NumPy number is made anew."""
    sign, name = _OPERATORS[c.name.strip("_")[1:]]
    made = computed(c, name, f"{sign}=", [self, operand(c, other)])[0]
    self.scalars = None
    shape, room = c.shape(made), c.shape(self)
    if room == ():
        return made
    if isinstance(shape, tuple) and isinstance(room, tuple):
        fit_into(c, shape, room, f"{sign}=: the result {c.text(shape)} does not fit in {c.text(room)}", self)
    if made.dtype is not None and self.dtype is not None and not is_kept(made.dtype, self.dtype):
        better = ": x = x / … makes a new array, //= keeps integers" if sign == "/" else ""
        message = f"{sign}=: the result is {made.dtype}, which an array of {self.dtype} cannot hold{better}"
        c.fail("dtype-mismatch", message, self)
    return array(room, self.dtype)


# -- their methods -------------------------------------------------------------------------------------------------

METHODS = tuple(f"numpy.{name}" for name in sorted(_TWO - _COMPARISONS) if name not in ("divmod", "ldexp"))


def _name(c: Call) -> str:
    return c.path.split(".")[1]


def _summed(c: Call, dtype: object, a: Tensor) -> str | None:
    name = _name(c)
    made = computed(c, name, name, [array((), a.dtype), array((), a.dtype)])[0].dtype
    return asked(c, dtype, reduced("sum", a.dtype) if name in _WIDENED else made)


@rule(*(f"{path}.reduce" for path in METHODS))
def reduce(c: Call, array: Array, axis: object = 0, dtype: object = None, out: object = None, keepdims: bool = False,
           initial: object = None, where: object = True) -> Tensor:  # fmt: skip
    """Along one axis unless told otherwise. Several only where the order does not matter."""
    wanted, rank = c.store.value(axis), len(c.dims(array))
    if _name(c) in _ORDERED and (len(wanted) if isinstance(wanted, tuple) else rank if wanted is None else 1) > 1:
        c.fail("argument-value", f"{_name(c)}.reduce goes along one axis only", array)
    return into(c, over(c, array, wanted, keepdims, _summed(c, dtype, array)), out, exact=True)


@rule(*(f"{path}.accumulate" for path in METHODS))
def accumulate(c: Call, array: Array, axis: int = 0, dtype: object = None, out: object = None) -> Tensor:
    """The results so far, along an axis."""
    return into(c, accumulated(c, array, axis, _summed(c, dtype, array)), out)


@rule(*(f"{path}.outer" for path in METHODS))
def outer(c: Call, A: Array, B: Array, dtype: object = None, **others: object) -> Tensor:
    """Of each pair: the dims of the first, then those of the second."""
    made = computed(c, _name(c), _name(c), [array((), A.dtype), array((), B.dtype)], None, c.store.value(dtype))[0]
    return array((*c.dims(A), *c.dims(B)), made.dtype)


@rule(*(f"{path}.at" for path in METHODS))
def at(c: Call, a: Array, indices: object, b: object) -> object:
    """In place where the indices say: what is put there must fit."""
    a.scalars = None
    room = selected(c, a, indices)
    given = operand(c, b)
    computed(c, _name(c), f"{_name(c)}.at", [array((), a.dtype), 1 if isinstance(given, int) else given])
    if isinstance(room, tuple) and isinstance(given, Tensor):
        message = f"{_name(c)}.at: {c.text(given)} does not fit the {c.text(room)} that it is put in"
        fit_into(c, c.dims(given), room, message, given, a)
    return None


# -- what is made of them ------------------------------------------------------------------------------------------


@rule("numpy.where")
def where(c: Call, condition: object, x: object = None, y: object = None) -> object:
    """Of three the common shape; of one, the places that hold: as many vectors as there are axes."""
    mask = operand(c, condition)
    if x is None and y is None:
        return nonzero(c, as_array(c, mask))
    sides = [operand(c, v) for v in (x, y)]
    if any(isinstance(v, Tensor) and v.library != "numpy" for v in (mask, *sides)):
        raise NotKnown
    arrays = [v for v in (mask, *sides) if isinstance(v, Tensor)]
    return array(common_shape(c, arrays, "where") if arrays else (), together(sides))


@rule("numpy.nonzero", "numpy.ndarray.nonzero")
def nonzero(c: Call, a: Array) -> object:
    """Where an array is not zero: a vector for each axis, all of one unknown length."""
    dims = c.dims(a)
    if not dims:
        c.fail("rank-mismatch", f"{c.name} needs an array of at least one dim", a)
    count = c.fresh("n", 0)
    return tuple([array((count,), "int64") for _ in dims])


@rule("numpy.clip", "numpy.ndarray.clip")
def clip(c: Call, a: Array, a_min: object = None, a_max: object = None, out: object = None, *, min: object = None,
         max: object = None, dtype: object = None, **others: object) -> Tensor:  # fmt: skip
    """Within bounds that are broadcast to it."""
    bounds = [operand(c, v) for v in (a_min, a_max, min, max) if c.store.value(v) is not None]
    if any(kind_of(v) == "" for v in bounds if not isinstance(v, Tensor)):
        raise NotKnown
    given = [a, *bounds]
    shape = common_shape(c, [v for v in given if isinstance(v, Tensor)], "clip")
    return into(c, array(shape, asked(c, dtype, together(given))), out)


@layer("numpy.vectorize", "pyfunc=None, otypes=None, doc=None, excluded=None, cache=False, signature=None", bases=())
def vectorize(c: Call, self: Instance, *args: object, **kwargs: object) -> Tensor:
    """A function of numbers on each element of arrays that are broadcast; what it gives, only the run knows."""
    if kwargs or self.attrs.get("signature") is not None or self.attrs.get("excluded") is not None:
        raise NotKnown
    arrays = [v for v in (operand(c, a) for a in args) if isinstance(v, Tensor)]
    return array(common_shape(c, arrays, "vectorize") if arrays else (), None)


def _alike(*paths: str) -> Callable[[Callable[[Call, Tensor], str | None]], None]:
    """Functions of one array whose result has its shape."""

    def register(dtype: Callable[[Call, Tensor], str | None]) -> None:
        @rule(*paths)
        def apply(c: Call, x: Array, *args: object, **kwargs: object) -> Tensor:
            made = array(c.shape(x), dtype(c, x))
            return into(c, made, kwargs.get("out"))

    return register


@_alike("numpy.nan_to_num", "numpy.ndarray.byteswap")
def _itself(c: Call, x: Tensor) -> str | None:
    return x.dtype


@_alike("numpy.round", "numpy.around", "numpy.ndarray.round")
def _rounded(c: Call, x: Tensor) -> str | None:
    return "float16" if x.dtype == "bool" else x.dtype


@_alike("numpy.real", "numpy.imag")
def _part(c: Call, x: Tensor) -> str | None:
    return real(x.dtype)


@_alike("numpy.angle")
def _angle(c: Call, x: Tensor) -> str | None:
    return "float64" if x.dtype == "bool" else floating(real(x.dtype))


@_alike("numpy.sinc")
def _sinc(c: Call, x: Tensor) -> str | None:
    return divided(x.dtype)


@rule("numpy.unwrap")
def unwrap(c: Call, p: Array, *args: object, **kwargs: object) -> Tensor:
    """The same shape; with a period of integers the dtype is their own."""
    made = _of_reals(c, p)
    if c.shape(p) == ():
        c.fail("rank-mismatch", "unwrap needs an array of at least one dim", p)
    return array(c.shape(p), None if kwargs or args else made)


@_alike("numpy.i0")
def _floats(c: Call, x: Tensor) -> str | None:
    return _of_reals(c, x)


def _of_reals(c: Call, x: Tensor) -> str | None:
    if x.dtype is not None and category(x.dtype) == COMPLEX:
        c.fail("dtype-mismatch", f"{c.name} is not defined for {x.dtype}", x)
    return divided(x.dtype)


@_alike("numpy.iscomplex", "numpy.isreal")
def _truths(c: Call, x: Tensor) -> str | None:
    return "bool"


@_alike("numpy.ndarray.conj", "numpy.ndarray.conjugate")
def _conjugated(c: Call, x: Tensor) -> str | None:
    return x.dtype


@rule("numpy.real_if_close")
def real_if_close(c: Call, a: Array, tol: object = 100) -> Tensor:
    """Real where all imaginary parts are close to zero, which only the run knows."""
    return array(c.shape(a), a.dtype if a.dtype is not None and category(a.dtype) < COMPLEX else None)


@rule("numpy.isclose")
def isclose(
    c: Call, a: object, b: object, rtol: object = 1e-05, atol: object = 1e-08, equal_nan: object = False
) -> Tensor:
    """Of each pair of elements."""
    given = [operand(c, v) for v in (a, b)]
    arrays = [v for v in given if isinstance(v, Tensor)]
    return array(common_shape(c, arrays, "isclose") if arrays else (), "bool")


@rule("numpy.allclose")
def allclose(c: Call, a: object, b: object, *others: object, **options: object) -> object:
    """One truth; the arrays must be broadcast."""
    isclose(c, a, b)
    return Scalar("bool")


@rule("numpy.broadcast_arrays")
def broadcast_arrays(c: Call, *args: Array, subok: object = False) -> object:
    """Each in the common shape."""
    given = [as_array(c, v) for v in args]
    shape = common_shape(c, given, "broadcast_arrays") if given else ()
    return tuple([array(shape, v.dtype) for v in given])


@rule("numpy.broadcast_shapes")
def broadcast_shapes(c: Call, *args: object) -> object:
    """The common shape of shapes."""
    from shapelens.rules.numpy.arrays import sizes

    return c.broadcast(*[sizes(c, v) for v in args], what="broadcast_shapes") if args else ()


@rule("numpy.select")
def select(c: Call, condlist: Arrays, choicelist: object, default: object = 0) -> Tensor:
    """From one of several arrays, where its condition holds."""
    choices = c.store.value(choicelist)
    if not isinstance(choices, (List, tuple, list)) or getattr(choices, "rest", None) is not None:
        raise NotKnown
    given = [operand(c, v) for v in (*choices, default)]
    if len(choices) != len(condlist):
        c.fail("argument-value", f"select: {len(condlist)} conditions for {len(choices)} choices")
    arrays = [v for v in (*condlist, *given) if isinstance(v, Tensor)]
    return array(common_shape(c, arrays, "select"), together(given))


@rule("numpy.piecewise")
def piecewise(c: Call, x: Array, condlist: object, funclist: object, *args: object, **kw: object) -> Tensor:
    """The shape and dtype of `x`, whatever the functions give."""
    return array(c.shape(x), x.dtype)


@rule("numpy.choose", "numpy.ndarray.choose")
def choose(c: Call, a: Array, choices: Arrays, out: object = None, mode: object = "raise") -> Tensor:
    """From one of several arrays, by its number."""
    return into(c, array(common_shape(c, [a, *choices], "choose"), together(list(choices))), out)
