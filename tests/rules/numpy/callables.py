"""Which callables of NumPy have a rule: `python -m tests.rules.numpy.callables [--write]` makes docs/coverage-numpy.md."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

import shapelens.rules.numpy  # noqa: F401  registers the rules
from shapelens.interpreter import pure
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import attributes, layers, rules
from tests.rules.coverage import INTERPRETER, NOTHING, RULE, UNKNOWN, Coverage, Entry, file_of

FAMILIES: dict[str, Any] = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.fft": np.fft,
    "numpy.random": np.random,
    "numpy.random.Generator": np.random.Generator,
    "numpy.random.RandomState": np.random.RandomState,
    "numpy.ndarray": np.ndarray,
}
# Why what gives arrays has no rule.
REASONS = {
    "reads files or other libraries' memory, of which only the run knows how much there is": "load loadtxt genfromtxt fromregex from_dlpack",
    "dates and times": "busday_count busday_offset is_busday datetime_as_string isnat",
    "subclasses of arrays, with rules of their own": "asmatrix bmat matrix recarray",
    "wraps a Python function, or iterates in an order of its own": "frompyfunc mask_indices nditer nested_iters flatiter broadcast",
    "polynomials as objects": "poly1d",
    "the fields of structured arrays": "getfield setfield",
}  # fmt: skip
# Types, settings, texts, files that are written, questions answered by yes or no.
_NO_ARRAY = frozenset(
    "array2string array_equal array_equiv array_repr array_str base_repr binary_repr busdaycalendar bytes_ can_cast character "
    "clongdouble common_type complex256 complexfloating datetime64 datetime_data einsum_path errstate flexible float128 floating "
    "format_float_positional format_float_scientific generic get_include get_printoptions getbufsize geterr geterrcall inexact "
    "info integer iscomplexobj isdtype isfortran isrealobj isscalar issubdtype iterable longdouble may_share_memory "
    "min_scalar_type mintypecode number object_ printoptions record save savetxt savez savez_compressed set_printoptions "
    "setbufsize seterr seterrcall shares_memory show_config show_runtime signedinteger str_ test timedelta64 typename ufunc "
    "unsignedinteger void LinAlgError BitGenerator MT19937 PCG64 PCG64DXSM Philox SFC64 SeedSequence bytes get_bit_generator "
    "get_state set_bit_generator set_state seed spawn dump dumps tobytes tofile finfo iinfo dtype".split()
)


@cache
def entries() -> tuple[Entry, ...]:
    """Every public callable of the families, and every attribute of arrays."""
    found = []
    for family, owner in FAMILIES.items():
        for name in dir(owner):
            value = getattr(owner, name)
            if (
                name.startswith("_")
                or isinstance(value, ModuleType)
                or not callable(value)
                and family != "numpy.ndarray"
            ):
                continue
            found.append(_entry(family, name))
    return tuple(found)


def _entry(family: str, name: str) -> Entry:
    path = f"{family}.{name}"
    if (
        name in _NO_ARRAY
        and family != "numpy.ndarray"
        or family == "numpy.ndarray"
        and name in ("dump", "dumps", "tobytes", "tofile")
    ):
        return Entry(family, name, NOTHING, "")
    known = rules.get(path) or attributes.get(path)
    if known is not None:
        return Entry(family, name, RULE, file_of(known.function))
    if path in layers:
        return Entry(family, name, RULE, "numpy/ufuncs.py" if name == "vectorize" else "numpy/random.py")
    if path in NATIVES or path in pure.PURE:
        return Entry(family, name, RULE, INTERPRETER)
    reason = next((why for why, names in REASONS.items() if name in names.split()), "")
    return Entry(family, name, UNKNOWN if reason else "", reason)


COVERAGE = Coverage(
    "numpy", "NumPy", np.__version__, "coverage-numpy.md", tuple(FAMILIES), entries, REASONS,
    ["Each rule is held against NumPy by `tests/rules/numpy/test_every_numpy_rule.py`."],
    [
        "*No array*: types, settings, texts, files that are written, yes and no. What gives arrays and has no rule is unknown, and",
        "nothing is said of it. Besides: the operators of arrays, indexing, `reduce`, `accumulate`, `outer` and `at` of the universal",
        "functions, `np.r_`, `np.c_`, `np.mgrid`, `np.ogrid`, `np.s_`, and in `np.lib.stride_tricks` sliding windows and strides.",
    ],
    "array",
)  # fmt: skip

if __name__ == "__main__":
    COVERAGE.main()
