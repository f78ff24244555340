"""Holds a rule against the real NumPy: the same shape and dtype where NumPy answers, a failure where it raises."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import shapelens.rules.numpy  # noqa: F401  registers the rules
from shapelens.dims import Expr
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, attributes, rules
from shapelens.values import Instance, Lib, List, Many, Scalar, Store, Tensor, Unknown

ERRORS = (ValueError, IndexError, TypeError, ArithmeticError, AttributeError, RuntimeError, AssertionError)


class Disagreement(AssertionError):
    """Our rule and NumPy do not say the same."""


@dataclass(frozen=True)
class Sample:
    """The arguments of one call."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


def abstract(value: Any) -> Any:
    """The value as the interpreter would hold it."""
    if isinstance(value, (np.ndarray, np.generic)):
        numbers = value.tolist() if value.dtype.kind in "bi" and value.size <= 8 else None
        return Tensor(value.shape, value.dtype.name, "numpy", scalars=numbers)
    if isinstance(value, np.dtype) or isinstance(value, type) and issubclass(value, np.generic):
        return Lib(f"numpy.{np.dtype(value).name}")
    if isinstance(value, tuple):
        return tuple(abstract(v) for v in value)
    if isinstance(value, list):
        return List([abstract(v) for v in value])
    if isinstance(value, slice):
        return slice(abstract(value.start), abstract(value.stop), abstract(value.step))
    return value


def real_function(path: str) -> Callable[..., Any]:
    """NumPy's callable of a dotted path; a method of a generator of its own."""
    owner, _, name = path.rpartition(".")
    if owner == "numpy.random.Generator":
        return getattr(np.random.default_rng(0), name)  # type: ignore[no-any-return]
    if owner == "numpy.random.RandomState":
        return getattr(np.random.RandomState(0), name)  # type: ignore[no-any-return]
    if name in ("sort", "argsort") and owner == "numpy.ndarray":
        return lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs)
    return functools.reduce(getattr, path.split(".")[1:], np)  # type: ignore[arg-type]


def ours(path: str, sample: Sample) -> Any:
    """What our rule gives for the call. Raises Failure."""
    args = [abstract(a) for a in sample.args]
    owner = path.rpartition(".")[0]
    if owner in ("numpy.random.Generator", "numpy.random.RandomState"):
        args = [Instance(Lib(owner)), *args]
    call = Call(Store(), path)
    call.invoke = _invoke
    return apply_rule(call, rules[path], args, {k: abstract(v) for k, v in sample.kwargs.items()})


def _invoke(function: Any, *args: Any, **kwargs: Any) -> Any:
    """A function of the program, here one that a rule answers."""
    return ours(f"numpy.{function.__name__}", Sample(args, kwargs))


def our_attribute(name: str, value: np.ndarray) -> Any:
    """What an attribute of an array gives."""
    path = f"numpy.ndarray.{name}"
    return apply_rule(Call(Store(), path), attributes[path], [abstract(value)], {})


def known(value: Any) -> bool:
    """Whether a result says the rank of an array, or of one of several."""
    if isinstance(value, Unknown):
        return isinstance(value, Scalar)
    if isinstance(value, Tensor):
        return value.shape is not None
    return not value or any(known(v) for v in value) if isinstance(value, (tuple, list)) else True


def agree(found: Any, real: Any, place: str) -> None:
    """Raise Disagreement unless all that we say is so. Of a symbolic size only that it is one is said."""
    if isinstance(real, (np.ndarray, np.generic)):
        if isinstance(found, Unknown) or isinstance(found, Tensor) and found.shape is None:
            return
        if isinstance(found, (bool, int, float)) and real.shape == () and found == real:
            return
        if not isinstance(found, Tensor) or not isinstance(found.shape, tuple):
            raise Disagreement(f"{place}: NumPy gives {real.shape}, our rule {found!r}")
        if len(found.shape) != real.ndim or any(
            not isinstance(a, Expr) and a != b for a, b in zip(found.shape, real.shape)
        ):
            raise Disagreement(f"{place}: NumPy gives {real.shape}, our rule {found.shape}")
        if found.dtype is not None and found.dtype != real.dtype.name:
            raise Disagreement(f"{place}: NumPy gives {real.dtype.name}, our rule {found.dtype}")
        if found.scalars is not None and real.size and not np.allclose(found.scalars, real, equal_nan=True):
            raise Disagreement(f"{place}: NumPy gives {real}, our rule {found.scalars}")
        return
    if isinstance(real, (tuple, list)):
        if isinstance(found, (Unknown, Many)):
            return
        if not isinstance(found, (tuple, list)) or len(found) != len(real):
            raise Disagreement(f"{place}: NumPy gives {len(real)} things, our rule {found!r}")
        for i, (a, b) in enumerate(zip(found, real)):
            agree(a, b, f"{place}[{i}]")
        return
    if isinstance(found, (Unknown, Expr)) or isinstance(real, np.dtype):
        return
    if isinstance(found, Tensor) and found.shape == () and isinstance(real, (bool, int, float)):
        return
    if found != real:
        raise Disagreement(f"{place}: NumPy gives {real!r}, our rule {found!r}")


def _fresh(value: Any) -> Any:
    """A copy with arrays of its own, for calls that write."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (tuple, list):
        return type(value)(_fresh(v) for v in value)
    return value


def outcome(path: str, sample: Sample) -> str:
    """How the call went: "known" or "unknown", "raised" by both or "missed" by the rule. Raises Disagreement."""
    shown = f"{path}{abstract(sample.args)}{abstract(sample.kwargs) or ''}"
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            expected = real_function(path)(*_fresh(sample.args), **{k: _fresh(v) for k, v in sample.kwargs.items()})
    except ERRORS as error:
        try:
            found = ours(path, sample)
        except Failure as failure:
            assert failure.code and failure.message
            return "raised"
        return f"missed: {shown}: {error}" if known(found) else "raised"
    try:
        found = ours(path, sample)
    except Failure as failure:
        raise Disagreement(f"{shown}: NumPy accepts it; our rule says {failure.code}: {failure.message}") from None
    agree(found, expected, shown)
    return "known" if known(found) else "unknown"
