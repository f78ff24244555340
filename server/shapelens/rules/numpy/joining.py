"""Arrays joined along an axis they have, or a new one."""

from __future__ import annotations

from functools import reduce
from typing import Any

from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.dtypes import promoted
from shapelens.rules.registry import rule
from shapelens.rules.torch import joining
from shapelens.values import List, Many, Tensor


def _arrays(c: Call, arrays: object) -> tuple[Any, str | None]:
    """The arrays of a sequence, with their dtype set aside, and what they promote to."""
    value = c.store.value(arrays)
    rest = value.element if isinstance(value, Many) else getattr(value, "rest", None)
    items = [] if isinstance(value, Many) else list(value) if isinstance(value, (tuple, list)) else None
    if items is None:
        raise NotKnown
    found = [c.tensor(v) for v in (*items, *([] if rest is None else [rest]))]
    if not found or items and rest is not None:
        raise NotKnown
    dtype = reduce(promoted, [t.dtype for t in found])
    plain = [t.with_(library="numpy", dtype=None, origin=t.origin) for t in found]
    if rest is None:
        return plain, dtype
    made = List()
    made.rest, made.count = plain[0], value.length if isinstance(value, Many) else value.count
    return made, dtype


@rule("numpy.concatenate")
def concatenate(c: Call, arrays: object, axis: int = 0, out: object = None, **others: object) -> Tensor:
    """The sizes along an axis added; all others must agree."""
    given, dtype = _arrays(c, arrays)
    return joining.cat(c, given, axis).with_(library="numpy", dtype=dtype)


@rule("numpy.stack")
def stack(c: Call, arrays: object, axis: int = 0, out: object = None, **others: object) -> Tensor:
    """A new dim of as many as there are arrays."""
    given, dtype = _arrays(c, arrays)
    return joining.stack(c, given, axis).with_(library="numpy", dtype=dtype)


@rule("numpy.vstack", "numpy.hstack", "numpy.dstack", "numpy.column_stack")
def stacked(c: Call, tup: object, **others: object) -> Tensor:
    given, dtype = _arrays(c, tup)
    return joining.stacked(c, given).with_(library="numpy", dtype=dtype)
