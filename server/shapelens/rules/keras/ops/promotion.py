"""The dtypes that Keras computes in.

Source: keras.src.backend.common.dtypes, with the TensorFlow backend's 64-bit types and `floatx` at float32.
"""

from __future__ import annotations

from functools import lru_cache

from shapelens.values.dtypes import BOOL, COMPLEXES, FLOATS, INTEGERS

# Each dtype and what stands just above it; "int" and "float" are those of Python's numbers.
_ABOVE: dict[str, tuple[str, ...]] = {
    "bool": ("int",), "uint8": ("int16", "uint16"), "uint16": ("int32", "uint32"), "uint32": ("int64", "uint64"),
    "uint64": ("float",), "int": ("uint8", "int8", "complex64"), "int8": ("int16",), "int16": ("int32",), "int32": ("int64",),
    "int64": ("float",), "float": ("bfloat16", "float16"), "bfloat16": ("float32",), "float16": ("float32",),
    "float32": ("float64", "complex64"), "float64": ("complex128",), "complex64": ("complex128",), "complex128": (),
}  # fmt: skip
_WEAK = {"int": "int32", "float": "float32"}


@lru_cache(maxsize=64)
def _bounds(dtype: str) -> frozenset[str]:
    return frozenset((dtype,)).union(*(_bounds(above) for above in _ABOVE[dtype]))


def result_type(*dtypes: str | None) -> str | None:
    """What these dtypes give together; None where one is unknown or there is none."""
    if None in dtypes or not all(d in _ABOVE for d in dtypes):
        return dtypes[0] if len(set(dtypes)) == 1 else None
    return _joined(frozenset(d for d in dtypes if d is not None))


@lru_cache(maxsize=512)
def _joined(dtypes: frozenset[str]) -> str | None:
    if dtypes <= set(_WEAK):
        return "float32" if "float" in dtypes else "int32"
    common = frozenset.intersection(*(_bounds(d) for d in dtypes))
    least = [d for d in common if common <= _bounds(d)]
    return _WEAK.get(least[0], least[0]) if len(least) == 1 else None


def floating(dtype: str | None) -> str | None:
    """Integers and bools become float32, the others stay."""
    return "float32" if dtype is not None and (dtype in INTEGERS or dtype == BOOL) else dtype


def real(dtype: str | None) -> str | None:
    """As it is; of complex numbers it differs from function to function."""
    return None if dtype in COMPLEXES else dtype


def is_whole(dtype: str | None) -> bool:
    """Whether it is known to be of integers or bools."""
    return dtype is not None and (dtype in INTEGERS or dtype == BOOL)


def is_real_float(dtype: str | None) -> bool:
    """Whether it is known to be floating."""
    return dtype in FLOATS


def widened(dtype: str | None) -> str | None:
    """What small integers are summed in: int32, or uint32 without a sign."""
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if dtype in ("uint8", "uint16") else dtype


def counted(dtype: str | None) -> str | None:
    """Bools are counted as int32."""
    return "int32" if dtype == BOOL else dtype
