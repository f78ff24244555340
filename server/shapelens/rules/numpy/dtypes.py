"""NumPy's dtypes: how they are written, and what two of them promote to.

Source: the "Data type promotion in NumPy" page (NEP 50).
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Expr
from shapelens.rules.call import Call
from shapelens.values import MAYBE_ARRAY, Lib, Ratio, Scalar, Tensor, Unknown
from shapelens.values.dtypes import BYTES, NAMES, category

# NumPy's own names of dtypes, and those of strings; on a 64-bit platform.
_NAMED = {
    "single": "float32", "double": "float64", "half": "float16", "float": "float64", "float_": "float64",
    "int": "int64", "int_": "int64", "intp": "int64", "long": "int64", "longlong": "int64", "intc": "int32",
    "short": "int16", "byte": "int8", "ubyte": "uint8", "ushort": "uint16", "uintc": "uint32", "ulong": "uint64",
    "ulonglong": "uint64", "uintp": "uint64", "uint": "uint64", "bool_": "bool", "csingle": "complex64",
    "complex": "complex128", "complex_": "complex128", "cdouble": "complex128", "f": "float32", "d": "float64",
    "e": "float16", "f2": "float16", "f4": "float32", "f8": "float64", "i1": "int8", "i2": "int16", "i4": "int32",
    "i8": "int64", "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64", "b1": "bool", "?": "bool",
    "c8": "complex64", "c16": "complex128", "F": "complex64", "D": "complex128", "b": "int8", "B": "uint8", "h": "int16",
    "H": "uint16", "i": "int32", "I": "uint32", "l": "int64", "L": "uint64", "q": "int64", "Q": "uint64", "p": "int64",
}  # fmt: skip
KNOWN = NAMES - {"bfloat16", "complex32", "float8_e4m3fn", "float8_e5m2"}
_SIGNED = {1: "int8", 2: "int16", 4: "int32", 8: "int64"}
_RANGES = {
    name: (0, 2 ** (8 * BYTES[name]) - 1)
    if name.startswith("u")
    else (-(2 ** (8 * BYTES[name] - 1)), 2 ** (8 * BYTES[name] - 1) - 1)
    for name in KNOWN
    if category(name) == 1
}
REAL = {"complex64": "float32", "complex128": "float64"}
COMPLEX = {"float32": "complex64", "float16": "complex64"}


def dtype_value(dtype: str | None) -> Unknown:
    """The dtype of an array as a value: it is compared with names, types and other dtypes, which is not followed."""
    return Unknown("dtype" if dtype is None else ("dtype", dtype))  # type: ignore[arg-type]


def named(value: object, default: str | None = None) -> str | None:
    """A dtype argument as a name; the default where it was left out; None where it is not known."""
    if value is None:
        return default
    if isinstance(value, type):
        return {bool: "bool", int: "int64", float: "float64", complex: "complex128"}.get(value)
    if type(value) is Unknown and isinstance(value.why, tuple) and value.why[0] == "dtype":
        return str(value.why[1])
    name = value.name if isinstance(value, Lib) else value if isinstance(value, str) else ""
    if isinstance(value, Lib) and not value.path.startswith(("numpy.", "builtins.")):
        return None
    name = _NAMED.get(name.lstrip("<=|>"), name)
    return name if name in KNOWN else None


def asked(c: Call, dtype: object, default: str | None = None) -> str | None:
    """A dtype argument as a name, the default where it is None. Fails for a number: `np.zeros(3, 4)`."""
    value = c.store.value(dtype)
    if type(value) is int or isinstance(value, Expr):
        c.fail("call-arguments", f"{c.name}: {c.dim_text(value)} is no dtype; a shape is one argument, as in ((3, 4))")
    return named(value, default)


def promoted(a: str | None, b: str | None) -> str | None:
    """What arrays of the two dtypes give together."""
    if a is None or b is None or a == b:
        return a if a == b else None
    low, high = sorted((a, b), key=category)
    kinds = category(low), category(high)
    if kinds[0] == 0:
        return high
    if kinds[1] == 3:
        parts = promoted(REAL.get(low, low), REAL[high])
        return None if parts is None else COMPLEX.get(parts, "complex128")
    if kinds == (1, 2):
        return max(high, {1: "float16", 2: "float32"}.get(BYTES[low], "float64"), key=BYTES.__getitem__)
    if kinds == (2, 2):
        return max(a, b, key=BYTES.__getitem__)
    unsigned, signed = [n for n in (a, b) if n.startswith("u")], [n for n in (a, b) if not n.startswith("u")]
    if not unsigned or not signed:
        return max(a, b, key=BYTES.__getitem__)
    size = max(BYTES[unsigned[0]] * 2, BYTES[signed[0]])
    return _SIGNED.get(size, "float64")


def kind_of(number: object) -> str:
    """The Python type of a plain number, which may be known by that alone: "bool", "int", "float", "complex" or ""."""
    if isinstance(number, (float, Ratio)):
        return "float"
    if isinstance(number, Scalar):
        return number.type
    if isinstance(number, (bool, int, Expr)):
        return "bool" if isinstance(number, bool) else "int"
    return "complex" if isinstance(number, complex) else ""


def number_dtype(number: object) -> str | None:
    """The dtype of an array that is made of a plain number."""
    return {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}.get(kind_of(number))


def weakly(dtype: str | None, number: object) -> str | None:
    """What an array of a dtype gives with a plain Python number, which counts only by its kind."""
    kind = kind_of(number)
    if dtype is None or kind == "bool":
        return dtype
    if kind == "complex":
        return {"float16": "complex64", "float32": "complex64", "complex64": "complex64"}.get(dtype, "complex128")
    if kind == "float":
        return "float64" if category(dtype) < 2 else dtype
    return None if kind != "int" else "int64" if category(dtype) == 0 else dtype


def together(operands: list[Any]) -> str | None:
    """The dtype of an operation on arrays and plain numbers."""
    arrays = [v for v in operands if isinstance(v, Tensor)]
    numbers = [v for v in operands if not isinstance(v, Tensor)]
    if not arrays:
        found = number_dtype(numbers[0])
        for number in numbers[1:]:
            found = promoted(found, number_dtype(number))
        return found
    found = arrays[0].dtype
    for array in arrays[1:]:
        found = promoted(found, array.dtype)
    for number in numbers:
        found = weakly(found, number)
    return found


def out_of_bounds(dtype: str | None, number: object) -> bool:
    """Whether an int does not fit a dtype of integers: NumPy 2 refuses to compute with it."""
    if type(number) is not int or dtype not in _RANGES:
        return False
    low, high = _RANGES[dtype]
    return not low <= number <= high


def floating(dtype: str | None) -> str | None:
    """What a function of real numbers, such as `sin`, gives for a dtype."""
    if dtype is None or category(dtype) > 1:
        return dtype
    return {1: "float16", 2: "float32"}.get(BYTES[dtype], "float64")


def divided(dtype: str | None) -> str | None:
    """What true division gives for the promoted dtype of its operands."""
    return "float64" if dtype is not None and category(dtype) < 2 else dtype


def real(dtype: str | None) -> str | None:
    """The dtype of the parts of a complex number."""
    return None if dtype is None else REAL.get(dtype, dtype)


def solved(dtype: str | None) -> str | None:
    """What numpy.linalg computes in: float32, float64 and their complex kinds; other numbers become float64."""
    return "float64" if dtype is not None and category(dtype) < 2 else dtype


def summed(dtype: str | None) -> str | None:
    """Small integers are summed in the widest type of their sign."""
    if dtype is None or category(dtype) > 1:
        return dtype
    return "uint64" if dtype.startswith("u") else "int64"


def is_kept(source: str, target: str) -> bool:
    """Whether a result of one dtype may be put in an array of another ("same_kind" casting)."""
    kinds = category(source), category(target)
    if kinds == (1, 1):
        return source.startswith("u") or not target.startswith("u")
    return kinds[0] <= kinds[1]


def plain(value: object) -> bool:
    """Whether a value is a plain number, known or not. The truth of an unknown comparison may be an array."""
    unknown = isinstance(value, Scalar) and value.type in ("int", "float", "complex") and value.why != MAYBE_ARRAY
    return unknown or isinstance(value, (bool, int, float, complex, Expr))
