"""The common shape of tensors that may be open or unknown; torch, numpy and keras share the rule."""

from __future__ import annotations

from collections.abc import Sequence

from shapelens.dims import Dim, less
from shapelens.rules.call import Call
from shapelens.values import Open, Shape, ShapeVar, Tensor


def common_shape(c: Call, tensors: Sequence[Tensor], what: str = "") -> Shape:
    """The broadcast shape; None where it is not known. Fails with `broadcast-mismatch` where there is none.

    An open shape keeps its run beside a shape that lies within its known last dims: `(…, 64) + (64,)` is `(…, 64)`.
    """
    result = c.shape(tensors[0])
    for tensor in tensors[1:]:
        other = c.shape(tensor)
        if isinstance(result, tuple) and isinstance(other, tuple):
            result = result if result == other else c.broadcast(result, other, what=what, tensors=tensors)
        elif result is None or other is None:
            result = None
        elif result != other:
            result = _with_open(c, result, other, what, tensors)
    return result


def _with_open(c: Call, a: Shape, b: Shape, what: str, tensors: Sequence[Tensor]) -> Shape:
    if isinstance(a, Open) and isinstance(b, Open):
        if a.var is not b.var or len(a.suffix) != len(b.suffix):
            return None
        prefix = c.broadcast(a.prefix, b.prefix, what=what, tensors=tensors)
        return Open(prefix, a.var, c.broadcast(a.suffix, b.suffix, what=what, tensors=tensors))
    known, open_ = (a, b) if isinstance(a, tuple) else (b, a)
    assert isinstance(known, tuple)
    assert isinstance(open_, Open)
    count = len(open_.suffix)
    last = known[max(0, len(known) - count) :]
    suffix = c.broadcast(last, open_.suffix, what=what, tensors=tensors)
    front = known[: len(known) - len(last)]
    if not front:
        return Open(open_.prefix, open_.var, suffix)
    return _reaching(front, suffix)


def _reaching(front: tuple[Dim, ...], suffix: tuple[Dim, ...]) -> Shape:
    """The result where a known shape reaches into the open run: its dims above 1 stand whatever the run is."""
    kept = 0
    while kept < len(front) and less(1, front[len(front) - 1 - kept]) is True:
        kept += 1
    suffix = front[len(front) - kept :] + suffix
    return Open((), ShapeVar(), suffix) if suffix else None
