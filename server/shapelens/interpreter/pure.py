"""Pure functions of Python's and NumPy's mathematics: computed where all that goes in is known."""

from __future__ import annotations

import ast
import builtins as python
import math
import operator
from collections.abc import Callable
from typing import Any

from shapelens.dims import Expr, ceildiv, floordiv
from shapelens.interpreter import plain, regexes
from shapelens.interpreter.machine import Frame, Machine
from shapelens.values import MAYBE_ARRAY, UNKNOWN, Ratio, Scalar, Tensor, Unknown

PURE: dict[str, tuple[Callable[..., Any], str]] = {}
for _name in (
    "ceil comb cos cosh degrees dist erf exp expm1 fabs factorial floor fmod frexp gamma gcd hypot isclose isfinite isinf "
    "isnan isqrt lcm ldexp log log10 log1p log2 modf perm pow prod radians sin sinh sqrt tan tanh trunc"
).split():
    if hasattr(math, _name):
        _kind = (
            "int"
            if _name in ("ceil", "floor", "isqrt", "gcd", "lcm", "trunc", "factorial", "comb")
            else ""
            if _name == "prod"
            else "float"
        )
        PURE[f"math.{_name}"] = (getattr(math, _name), _kind)
        PURE.setdefault(f"numpy.{_name}", (getattr(math, _name), _kind))
for _name in "abs round divmod chr ord hash hex oct bin repr ascii format pow complex bytes".split():
    _kind = (
        "int"
        if _name in ("ord", "hash")
        else ""
        if _name in ("abs", "round", "divmod", "pow", "complex", "bytes")
        else "str"
    )
    PURE[f"builtins.{_name}"] = (getattr(python, _name), _kind)
for _name in "add sub mul matmul floordiv mod neg truediv pow eq ne lt le gt ge and_ or_ xor".split():
    PURE[f"operator.{_name}"] = (getattr(operator, _name), "")
PURE["numpy.prod"] = (math.prod, "int")
# What NumPy gives a number of its own for, which counts by its dtype: `float32_array * np.sqrt(2)` is of float64.
NUMBERS_OF_NUMPY = frozenset(
    f"numpy.{name}"
    for name in "ceil cos cosh degrees exp expm1 fabs floor fmod hypot log log10 log1p log2 radians sin sinh sqrt tan tanh trunc".split()
)
PURE["os.path.join"] = (lambda *a: "/".join(a), "str")
PURE.update(regexes.PURE)


# What can make much of little is computed as the operators are, with their limits.
_GROWING = frozenset(f"operator.{name}" for name in ("add", "mul", "mod", "pow"))


def call(
    m: Machine,
    f: Frame,
    node: ast.AST,
    path: str,
    pure: tuple[Callable[..., Any], str],
    args: list[Any],
    kwargs: dict[str, Any],
) -> Any:
    """A pure function: computed where all is known, else an unknown number (or an exact dim where that is easy)."""
    function, kind = pure
    args = [plain_number(m.store.value(a)) for a in args]
    if path in _GROWING and len(args) == 2:
        from shapelens.interpreter.expressions import binary

        return binary(m, f, node, path.rpartition(".")[2], function, *args)
    if path == "builtins.bytes" and args and isinstance(args[0], int) and args[0] > plain.LARGEST:
        return UNKNOWN
    if all(map(plain.is_plain, args)) and all(map(plain.is_plain, kwargs.values())):
        if path.endswith((".factorial", ".pow", ".perm", ".comb")) and any(
            isinstance(a, int) and abs(a) > 2000 for a in args
        ):
            return UNKNOWN
        if path.endswith((".prod", ".lcm", ".format")) and sum(map(plain.weight, args)) > 512:
            return Scalar(kind) if kind else UNKNOWN  # the result may be far larger than what goes in
        if path == "builtins.format" and len(args) == 2 and plain.may_grow(str(args[1])):
            return Scalar("str")
        return plain.compute(function, args, kwargs)
    name = path.rpartition(".")[2]
    if len(args) == 1 and isinstance(args[0], Ratio):
        if name == "ceil":
            return divided(m, ceildiv, args[0])
        if name in ("floor", "trunc"):
            return divided(m, floordiv, args[0])
    if len(args) == 1 and isinstance(args[0], Expr) and name in ("ceil", "floor", "trunc", "round"):
        return args[0]
    if name == "prod" and len(args) == 1 and isinstance(args[0], (tuple, list)):
        if getattr(args[0], "rest", None) is None and all(isinstance(a, (int, Expr)) for a in args[0]):
            result: Any = 1
            for a in args[0]:
                result = result * a
            return result
    if path.startswith("operator.") and len(args) == 2:
        from shapelens.interpreter.expressions import binary, compare_by_name

        if name in ("eq", "ne", "lt", "le", "gt", "ge"):
            return compare_by_name(m, f, node, name, *args)

        return binary(m, f, node, name.rstrip("_"), function, *args)
    if args and isinstance(args[0], Tensor) and path == "builtins.round":
        return args[0].with_(dtype=args[0].dtype if args[0].shape != () else None)
    if any(isinstance(a, Tensor) for a in args):
        return Tensor(None, library="numpy") if path.startswith("numpy") else Scalar(kind or "float")
    if (
        kind
        and path.startswith("numpy.")
        and any(type(a) is Unknown or getattr(a, "why", "") == MAYBE_ARRAY for a in args)
    ):
        return Scalar(kind, MAYBE_ARRAY)
    return Scalar(kind) if kind else UNKNOWN


def plain_number(value: Any) -> Any:
    """A number of NumPy that is known as the plain number that it is."""
    if isinstance(value, Tensor) and value.library == "numpy" and isinstance(value.scalars, (int, float)):
        return value.scalars
    return value


def divided(m: Machine, divide: Callable[[Any, Any], Any], ratio: Ratio) -> Any:
    """A division rounded as `divide` does; some int where it cannot be worked out."""
    try:
        return divide(m.store.dim(ratio.numerator), m.store.dim(ratio.denominator))
    except (ZeroDivisionError, ValueError):
        return Scalar("int")
