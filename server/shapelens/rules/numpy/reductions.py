"""Sums, means, extremes and the like, over all axes or some; and what is sorted or accumulated along one."""

from __future__ import annotations

from collections.abc import Callable

from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.creation import array
from shapelens.rules.numpy.dtypes import divided, named
from shapelens.rules.registry import rule
from shapelens.rules.torch.reductions import reduced_shape
from shapelens.values import Tensor
from shapelens.values.dtypes import category


def summed(dtype: str | None) -> str | None:
    """Small integers are summed in the widest type of their sign."""
    if dtype is None or category(dtype) > 1:
        return dtype
    return "uint64" if dtype.startswith("u") else "int64"


def _same(dtype: str | None) -> str | None:
    return dtype


def _places(dtype: str | None) -> str:
    return "int64"


def _truth(dtype: str | None) -> str:
    return "bool"


_REDUCTIONS: dict[str, Callable[[str | None], str | None]] = {
    "sum": summed, "nansum": summed, "prod": summed, "mean": divided, "nanmean": divided, "std": divided,
    "var": divided, "nanstd": divided, "max": _same, "min": _same, "amax": _same, "amin": _same, "nanmax": _same,
    "nanmin": _same, "ptp": _same, "argmax": _places, "argmin": _places, "any": _truth, "all": _truth,
    "median": divided, "count_nonzero": _places,
}  # fmt: skip


def _reduction(name: str, dtype_of: Callable[[str | None], str | None], *paths: str) -> None:
    @rule(*paths)
    def apply(c: Call, a: Tensor, axis: object = None, dtype: object = None, out: object = None,
              keepdims: object = False, **others: object) -> Tensor:  # fmt: skip
        if not isinstance(keepdims, bool) or a.library != "numpy":
            raise NotKnown
        found = named(c.store.value(dtype), dtype_of(a.dtype)) if name in ("sum", "prod", "mean") else dtype_of(a.dtype)
        if dtype is not None and name not in ("sum", "prod", "mean"):
            raise NotKnown
        return array(reduced_shape(c, a, c.store.value(axis), keepdims), found)


for _name, _dtype in _REDUCTIONS.items():
    _methods = (
        ()
        if _name.startswith("nan") or _name in ("amax", "amin", "median", "count_nonzero", "ptp")
        else (f"numpy.ndarray.{_name}",)
    )
    _reduction(_name, _dtype, f"numpy.{_name}", *_methods)


@rule("numpy.linalg.norm")
def norm(c: Call, x: Tensor, ord: object = None, axis: object = None, keepdims: object = False) -> Tensor:
    if not isinstance(keepdims, bool):
        raise NotKnown
    return array(reduced_shape(c, x, c.store.value(axis), keepdims), divided(x.dtype))


def _along(dtype_of: Callable[[str | None], str | None], *paths: str) -> None:
    @rule(*paths)
    def apply(c: Call, a: Tensor, axis: object = None, *args: object, **kwargs: object) -> Tensor:
        """The same shape along an axis."""
        if axis is None or args or kwargs:
            raise NotKnown
        return array(a.shape, dtype_of(a.dtype))


_along(summed, "numpy.cumsum", "numpy.cumprod", "numpy.ndarray.cumsum", "numpy.ndarray.cumprod")


@rule("numpy.sort", "numpy.argsort", "numpy.ndarray.argsort")
def sorted_along(c: Call, a: Tensor, axis: object = -1, kind: object = None, **others: object) -> Tensor:
    """The same shape; `argsort` gives places."""
    if axis is None:
        raise NotKnown
    return array(a.shape, "int64" if c.name == "argsort" else a.dtype)
