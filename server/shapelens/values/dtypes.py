"""dtypes as plain names, and PyTorch's promotion of them.

Source of the lattice: the "Type promotion" section of the torch.Tensor attributes page.
"""

from __future__ import annotations

BOOL = "bool"
INTEGERS = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")
FLOATS = ("float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2")
COMPLEXES = ("complex32", "complex64", "complex128")
BYTES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex32": 4, "complex64": 8, "complex128": 16,
    "float8_e4m3fn": 1, "float8_e5m2": 1,
}  # fmt: skip

ALIASES = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32", "short": "int16",
    "cfloat": "complex64", "cdouble": "complex128", "chalf": "complex32",
}  # fmt: skip

NAMES = frozenset(BYTES)
COMPLEX_OF = {"float16": "complex32", "bfloat16": "complex64", "float32": "complex64", "float64": "complex128"}
REAL_OF = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_UNPROMOTED = frozenset(("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"))  # torch refuses to mix these
_WIDTH = {"int8": 1, "int16": 2, "int32": 3, "int64": 4}


def category(dtype: str) -> int:
    """0 for bool, 1 for integers, 2 for floats, 3 for complex numbers."""
    if dtype == BOOL:
        return 0
    if dtype in INTEGERS:
        return 1
    return 2 if dtype in FLOATS else 3


def is_float(dtype: str | None) -> bool | None:
    """Whether a dtype is floating point; None where the dtype is unknown."""
    return None if dtype is None else dtype in FLOATS


def promote(a: str | None, b: str | None) -> str | None:
    """The dtype of an operation on two tensors that both have dims."""
    if a is None or b is None:
        return None
    if a == b:
        return a
    if a in _UNPROMOTED or b in _UNPROMOTED:
        return None
    low, high = sorted((a, b), key=category)
    kinds = category(low), category(high)
    if kinds[0] < kinds[1]:
        return promote(COMPLEX_OF.get(low, "complex64"), high) if kinds == (2, 3) else high
    if kinds[1] == 1:
        if "uint8" in (a, b):
            other = b if a == "uint8" else a
            return "int16" if other == "int8" else other
        return max(a, b, key=_WIDTH.__getitem__)
    if kinds[1] == 2:
        if {a, b} == {"float16", "bfloat16"}:
            return "float32"
        return max(a, b, key=BYTES.__getitem__)
    return max(a, b, key=BYTES.__getitem__)


def scalar_dtype(value: object) -> str | None:
    """The default dtype of a tensor made of this Python number."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float32"
    return "complex64" if isinstance(value, complex) else None


def promote_weak(strong: str | None, weak: str | None) -> str | None:
    """The dtype where one side is a Python number or a tensor of rank 0: it counts only by its category.

    Source: `combine_categories` in ATen/native/TypeProperties.cpp.
    """
    if strong is None or weak is None:
        return None
    kinds = category(strong), category(weak)
    if kinds[0] >= kinds[1]:
        return strong
    if kinds == (2, 3):
        return COMPLEX_OF.get(strong, "complex64")
    return promote(strong, weak)
