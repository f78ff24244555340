"""Which callables of NumPy have a rule: `python -m tests.rules.numpy.callables [--write]` makes docs/coverage-numpy.md."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import shapelens.rules.numpy  # noqa: F401  registers the rules
from shapelens.interpreter import pure
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import attributes, layers, rules

PAGE = Path(__file__).parents[3] / "docs" / "coverage-numpy.md"
FAMILIES: dict[str, Any] = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.fft": np.fft,
    "numpy.random": np.random,
    "numpy.random.Generator": np.random.Generator,
    "numpy.random.RandomState": np.random.RandomState,
    "numpy.ndarray": np.ndarray,
}
RULE, NO_ARRAY, UNKNOWN = "rule", "no array", "unknown"
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


@dataclass(frozen=True)
class Entry:
    """One callable, or attribute of arrays. `note`: the file of its rule, or why there is none; "" if nobody said."""

    family: str
    name: str
    kind: str
    note: str

    @property
    def path(self) -> str:
        """Its full name."""
        return f"{self.family}.{self.name}"


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
        return Entry(family, name, NO_ARRAY, "")
    known = rules.get(path) or attributes.get(path)
    if known is not None:
        return Entry(family, name, RULE, f"{known.function.__module__.rpartition('.')[2]}.py")
    if path in layers:
        return Entry(family, name, RULE, "ufuncs.py" if name == "vectorize" else "random.py")
    if path in NATIVES or path in pure.PURE:
        return Entry(family, name, RULE, "interpreter")
    reason = next((why for why, names in REASONS.items() if name in names.split()), "")
    return Entry(family, name, UNKNOWN if reason else "", reason)


def counts(*families: str) -> Counter[str]:
    """How many entries of the families there are of each kind."""
    return Counter(e.kind for e in entries() if e.family in families)


def share(*families: str) -> float:
    """Rules over all that gives arrays or that shapes depend on."""
    found = counts(*families)
    return found[RULE] / (found[RULE] + found[UNKNOWN])


def page() -> str:
    """docs/coverage-numpy.md."""
    lines = [
        "# Which callables of NumPy have a rule",
        "",
        f"Made from NumPy {np.__version__} by `python -m tests.rules.numpy.callables --write`; not edited by hand.",
        "Each rule is held against NumPy by `tests/rules/numpy/test_every_numpy_rule.py`.",
        "",
        "| family | callables | rule | no array | unknown | of those that give arrays |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_row(f"`{family}`", family) for family in FAMILIES),
        _row("all", *FAMILIES),
        "",
        "*No array*: types, settings, texts, files that are written, yes and no. What gives arrays and has no rule is unknown, and",
        "nothing is said of it. Besides: the operators of arrays, indexing, `reduce`, `accumulate`, `outer` and `at` of the universal",
        "functions, `np.r_`, `np.c_`, `np.mgrid`, `np.ogrid`, `np.s_`, and in `np.lib.stride_tricks` sliding windows and strides.",
        "",
        "## Unknown, and why",
        "",
    ]  # fmt: skip
    for reason in REASONS:
        names = [e.path.removeprefix("numpy.") for e in entries() if e.note == reason and e.kind == UNKNOWN]
        if names:
            lines.append(f"- {reason[0].upper()}{reason[1:]}: {_joined(names)}.")
    for family in FAMILIES:
        lines += ["", f"## {family}", ""]
        mine = [e for e in entries() if e.family == family]
        for file in sorted({e.note for e in mine if e.kind == RULE}):
            place = (
                f"[{file}](../server/shapelens/rules/numpy/{file})"
                if file.endswith(".py")
                else "the interpreter itself"
            )
            lines.append(f"- {place}: {_joined([e.name for e in mine if e.kind == RULE and e.note == file])}")
        rest = [e.name for e in mine if e.kind == NO_ARRAY]
        if rest:
            lines.append(f"- no array: {_joined(rest)}")
    return "\n".join(lines) + "\n"


def _row(title: str, *families: str) -> str:
    c = counts(*families)
    return f"| {title} | {c.total()} | {c[RULE]} | {c[NO_ARRAY]} | {c[UNKNOWN]} | {share(*families):.1%} |"


def _joined(names: list[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())
    for entry in entries():
        if not entry.kind:
            print("unclassified:", entry.path, file=sys.stderr)
