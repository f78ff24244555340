"""NumPy's dtypes: how they are written, and what two of them promote to.

Source: the "Data type promotion in NumPy" page (NEP 50).
"""

from __future__ import annotations

from shapelens.dims import Expr
from shapelens.rules.call import Call
from shapelens.values import Lib, Scalar, Tensor
from shapelens.values.dtypes import BYTES, NAMES, category

# NumPy's own names of dtypes, and those of strings; on a 64-bit platform.
_NAMED = {
    "single": "float32", "double": "float64", "half": "float16", "float": "float64", "float_": "float64",
    "int": "int64", "int_": "int64", "intp": "int64", "long": "int64", "longlong": "int64", "intc": "int32",
    "short": "int16", "byte": "int8", "ubyte": "uint8", "uint": "uint64", "bool_": "bool", "csingle": "complex64",
    "complex": "complex128", "complex_": "complex128", "cdouble": "complex128", "f": "float32", "d": "float64",
    "e": "float16", "f2": "float16", "f4": "float32", "f8": "float64", "i1": "int8", "i2": "int16", "i4": "int32",
    "i8": "int64", "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64", "?": "bool",
}  # fmt: skip
_KNOWN = NAMES - {"bfloat16", "complex32", "float8_e4m3fn", "float8_e5m2"}
_SIGNED = {1: "int8", 2: "int16", 4: "int32", 8: "int64"}


def named(value: object, default: str | None = None) -> str | None:
    """A dtype argument as a name; the default where it was left out; None where it is not known."""
    if value is None:
        return default
    if isinstance(value, type):
        return {bool: "bool", int: "int64", float: "float64", complex: "complex128"}.get(value)
    name = value.name if isinstance(value, Lib) else value if isinstance(value, str) else ""
    if isinstance(value, Lib) and not value.path.startswith(("numpy.", "builtins.")):
        return None
    name = _NAMED.get(name.lstrip("<=|"), name)
    return name if name in _KNOWN else None


def promoted(a: str | None, b: str | None) -> str | None:
    """What arrays of the two dtypes give together."""
    if a is None or b is None or a == b:
        return a if a == b else None
    low, high = sorted((a, b), key=category)
    kinds = category(low), category(high)
    if kinds[1] == 3:
        return None
    if kinds[0] == 0:
        return high
    if kinds == (1, 2):
        return max(high, {1: "float16", 2: "float32"}.get(BYTES[low], "float64"), key=BYTES.__getitem__)
    if kinds == (2, 2):
        return max(a, b, key=BYTES.__getitem__)
    unsigned, signed = [n for n in (a, b) if n.startswith("u")], [n for n in (a, b) if not n.startswith("u")]
    if not unsigned or not signed:
        return max(a, b, key=BYTES.__getitem__)
    size = max(BYTES[unsigned[0]] * 2, BYTES[signed[0]])
    return _SIGNED.get(size, "float64")


def weakly(dtype: str | None, number: object) -> str | None:
    """What an array of a dtype gives with a plain Python number, which counts only by its kind."""
    if dtype is None or isinstance(number, bool):
        return dtype
    kind = number.type if isinstance(number, Scalar) else "int" if isinstance(number, (int, Expr)) else ""
    if isinstance(number, float) or kind == "float":
        return "float64" if category(dtype) < 2 else dtype
    if kind == "int":
        return "int64" if dtype == "bool" else dtype
    return dtype if kind == "bool" else None


def together(c: Call, *operands: object) -> str | None:
    """The dtype of an operation on arrays and plain numbers; None where it is not known."""
    arrays = [v for v in operands if isinstance(v, Tensor)]
    found = arrays[0].dtype
    for array in arrays[1:]:
        found = promoted(found, array.dtype)
    for number in operands:
        if not isinstance(number, Tensor):
            found = weakly(found, number)
    return found


def floating(dtype: str | None) -> str | None:
    """What a function of real numbers, such as `sin`, gives for a dtype."""
    if dtype is None or category(dtype) > 1:
        return dtype
    return {1: "float16", 2: "float32"}.get(BYTES[dtype], "float64")


def divided(dtype: str | None) -> str | None:
    """What true division gives for the promoted dtype of its operands."""
    return "float64" if dtype is not None and category(dtype) < 2 else dtype


def plain(value: object) -> bool:
    """Whether a value is a plain number, known or not."""
    return isinstance(value, (bool, int, float, Expr)) or isinstance(value, Scalar) and value.type != "str"
