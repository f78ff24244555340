"""Several tensors as one, and one as several."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, equal, floordiv
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import (
    axis_of,
    bare,
    items_of,
    known,
    made,
    operands,
    paths,
    sizes,
)
from shapelens.rules.torch import joining
from shapelens.values import List, Many, Tensor


def _many(c: Call, values: object) -> Any:
    """A list whose length is not known, with its elements as bare shapes; None for a known list."""
    value = c.store.value(values)
    if isinstance(value, List) and value.rest is not None or isinstance(value, Many):
        return value
    return None


@rule(*paths("concat"))
def concat(c: Call, values: object, axis: object, name: object = None) -> Tensor:
    """Along an axis that they have; all others must agree, and the dtypes."""
    many = _many(c, values)
    if many is not None:
        element = many.rest if isinstance(many, List) else many.element
        if isinstance(element, Tensor) and not (isinstance(many, List) and many):
            dims = list(c.dims(element))
            dims[axis_of(c, axis, len(dims), element)] = c.fresh("n", 0)
            return made(tuple(dims), element.dtype)
        raise NotKnown
    given = c.store.value(values)
    if isinstance(given, Tensor):
        return made(given.shape, given.dtype)  # one tensor is a list of itself
    tensors, dtype = operands(c, *items_of(c, given))
    if not tensors:
        c.fail("argument-value", "concat: needs at least one tensor")
    at = known(c, axis)
    for each in tensors:
        if c.shape(each) == () and len(tensors) > 1:
            c.fail("rank-mismatch", "concat: a scalar cannot be joined, tf.stack takes scalars", each)
    if len(tensors) == 1:
        return made(tensors[0].shape, dtype)
    ranks = [c.shape(t) for t in tensors]
    known_ranks = [(t, len(s)) for t, s in zip(tensors, ranks) if isinstance(s, tuple)]
    for each, rank in known_ranks[1:]:
        if rank != known_ranks[0][1]:
            first = known_ranks[0][0]
            c.fail("concat-mismatch", f"concat: {c.text(first)} and {c.text(each)} differ in rank", first, each)
    scalars: Any = None
    if all(isinstance(t.scalars, list) and c.shape(t) == (len(t.scalars),) for t in tensors):
        scalars = [v for t in tensors for v in t.scalars]  # type: ignore[attr-defined]
    return made(joining.cat(c, List([_plain(t) for t in tensors]), at).shape, dtype, scalars)


def _plain(tensor: Tensor) -> Tensor:
    """As a tensor of one dtype: those of the operands were compared already. A (0,) is not special here."""
    return bare(tensor)


@rule(*paths("stack"))
def stack(c: Call, values: object, axis: object = 0, name: object = None) -> Tensor:
    """Along a new axis; all shapes must be the same."""
    many = _many(c, values)
    at = known(c, axis)
    if many is not None:
        element = many.rest if isinstance(many, List) else many.element
        count = many.count if isinstance(many, List) else many.length
        if not isinstance(element, Tensor) or isinstance(many, List) and many:
            raise NotKnown
        dims = c.dims(element)
        place = axis_of(c, at, len(dims) + 1, element)
        size: Any = count if count is not None else c.fresh("n", 0)
        return made((*dims[:place], c.dim(size), *dims[place:]), element.dtype)
    given = c.store.value(values)
    if isinstance(given, Tensor):
        dims = c.dims(given)
        place = axis_of(c, at, len(dims), given)
        return made((*dims[1 : place + 1], dims[0], *dims[place + 1 :]), given.dtype)
    tensors, dtype = operands(c, *items_of(c, given))
    if not tensors:
        raise NotKnown
    scalars = [t.scalars for t in tensors] if all(c.shape(t) == () for t in tensors) else None
    if scalars is not None and None in scalars:
        scalars = None
    return made(joining.stack(c, List([_plain(t) for t in tensors]), at).shape, dtype, scalars)


@rule(*paths("unstack"))
def unstack(c: Call, value: Tensor, num: object = None, axis: object = 0, name: object = None) -> object:
    """The tensors along one axis."""
    dims = c.dims(value)
    if not dims:
        c.fail("rank-mismatch", "unstack: a scalar has no axis", value)
    at = axis_of(c, axis, len(dims), value)
    count, asked = dims[at], c.store.value(num)
    rest = (*dims[:at], *dims[at + 1 :])
    if isinstance(asked, int):
        if equal(count, asked) is False:
            c.fail("split-mismatch", f"unstack: axis {at} of {c.text(value)} has not {asked} elements", value)
        count = asked
    if isinstance(count, int) and count <= 4096:
        numbers = value.scalars if isinstance(value.scalars, list) and len(dims) == 1 else [None] * count
        return List([made(rest, value.dtype, n) for n in numbers])
    found = List()
    found.rest, found.count = made(rest, value.dtype), count
    return found


@rule(*paths("split"))
def split(
    c: Call, value: Tensor, num_or_size_splits: object, axis: object = 0, num: object = None, name: object = None
) -> object:
    """Into so many equal parts, or into parts of these sizes; one size may be -1."""
    dims = c.dims(value)
    if not dims:
        c.fail("rank-mismatch", "split: a scalar has no axis", value)
    at = axis_of(c, axis, len(dims), value)
    asked = c.store.value(num_or_size_splits)
    if isinstance(asked, (list, tuple)) or isinstance(asked, Tensor) and c.shape(asked) != ():
        parts = list(sizes(c, asked))
        rest = [i for i, p in enumerate(parts) if isinstance(p, int) and p == -1]
        total: Dim = 0
        for i, part in enumerate(parts):
            total = total if i in rest else total + part
        if len(rest) == 1:
            parts[rest[0]] = dims[at] - total
        else:
            c.require(
                total,
                dims[at],
                "split-mismatch",
                f"split: the sizes {c.text(tuple(parts))} do not add up to axis {at} of {c.text(value)}",
                value,
            )
    else:
        count = known(c, asked)
        if count < 1:
            c.fail("argument-value", f"split: the number of parts must be positive, got {count}", value)
        size = dims[at]
        if isinstance(size, int) and size % count:
            c.fail(
                "split-mismatch", f"split: axis {at} of {c.text(value)} cannot be split into {count} equal parts", value
            )
        parts = [floordiv(size, count)] * count
    return List([made((*dims[:at], p, *dims[at + 1 :]), value.dtype) for p in parts])


@rule(*paths("dynamic_partition"))
def dynamic_partition(c: Call, data: Tensor, partitions: Tensor, num_partitions: int, name: object = None) -> object:
    """Rows sorted into so many parts, of which the data says how large they are."""
    dims, places = c.dims(data), c.dims(partitions)
    if len(places) > len(dims) or any(c.equate(a, b) is False for a, b in zip(dims, places)):
        c.fail("shape-mismatch", f"dynamic_partition: {c.text(places)} does not fit {c.text(data)}", data, partitions)
    rest = dims[len(places) :]
    return List([made((c.fresh("n", 0), *rest), data.dtype) for _ in range(num_partitions)])


@rule(*paths("dynamic_stitch"))
def dynamic_stitch(c: Call, indices: object, data: object, name: object = None) -> Tensor:
    """Rows put at their places, of which the data says how many there are."""
    from shapelens.rules.conversion import converted

    places = [converted(c, v) for v in items_of(c, indices)]
    rows = [converted(c, v) for v in items_of(c, data)]
    if not places or not rows:
        raise NotKnown
    dims, at = c.dims(rows[0]), c.dims(places[0])
    return made((c.fresh("n", 0), *dims[len(at) :]), rows[0].dtype)
