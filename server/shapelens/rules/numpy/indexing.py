"""Indexing: `x[index]` read and written, and the functions that pick by index.

Where an array is among the parts of an index, ints count as arrays of rank 0, other than in torch; lists of lists are
arrays. Source: "Advanced indexing" in NumPy's user guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array, as_array, fit_into, into, operand
from shapelens.rules.numpy.dtypes import out_of_bounds
from shapelens.rules.registry import rule
from shapelens.rules.torch import indexing as torch_indexing
from shapelens.rules.torch.indexing import Pick, check_index, check_mask, picked, placed, plainly, sliced
from shapelens.values import List, Open, Ratio, Scalar, Shape, Tensor, Unknown
from shapelens.values.dtypes import category

_FULL = slice(None, None, None)


@rule("numpy.ndarray.__getitem__")
def getitem(c: Call, self: Tensor, index: object) -> Tensor:
    """`self[index]`; numbers that are known are picked too."""
    shape = self.shape
    if type(shape) is tuple and self.scalars is None:
        found = plainly(shape, index if type(index) is tuple else (index,))
        if found is not None:
            return array(found, self.dtype)
    return array(selected(c, self, index), self.dtype, picked(self.scalars, index))


@rule("numpy.ndarray.__setitem__")
def setitem(c: Call, self: Tensor, index: object, value: object) -> object:
    """`self[index] = value`: the value must broadcast to what is selected; ones in front of it do not count."""
    self.scalars = None
    room = selected(c, self, index)
    given = operand(c, value)
    if not isinstance(given, Tensor):
        if out_of_bounds(self.dtype, given):
            c.fail("dtype-mismatch", f"{given} is out of bounds for an array of {self.dtype}", self)
        return None
    shape = c.shape(given)
    if not isinstance(shape, tuple) or not isinstance(room, tuple):
        return None
    if self.dtype is None and (not room or isinstance(value, tuple)):
        return None  # An array of objects takes any into one of its elements, one of records takes tuples.
    while len(shape) > len(room) and shape[0] == 1:
        shape = shape[1:]
    message = f"a value of {c.text(given)} does not fit the {c.text(room)} that it is written to"
    fit_into(c, shape, room, message, given, self)
    return None


def selected(c: Call, tensor: Tensor, index: Any) -> Shape:
    """The shape of `tensor[index]`."""
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        return torch_indexing.selected(c, tensor, index)
    if shape is None:
        raise NotKnown
    items = [_item(c, tensor, i) for i in (index if isinstance(index, tuple) else (index,))]
    used = sum(_uses(c, i) for i in items)
    if used > len(shape):
        c.fail("index-out-of-range", f"{used} indices for {c.text(tensor)}, which has {len(shape)} dims", tensor)
    places = [i for i, x in enumerate(items) if x is Ellipsis]
    if len(places) > 1:
        c.fail("argument-value", "an index can only have one ellipsis", tensor)
    at = places[0] if places else len(items)
    items[at : at + 1] = [_FULL] * (len(shape) - used)
    return placed(c, _slots(c, tensor, shape, items))


def _item(c: Call, tensor: Tensor, item: Any) -> Any:
    """One part of an index: an int of any kind, a slice, None, Ellipsis or an array."""
    item = c.store.value(item)
    if isinstance(item, (list, tuple, range)):
        item = _indices(c, item)
    if isinstance(item, Tensor):
        if item.dtype is None:
            raise NotKnown
        if category(item.dtype) > 1:
            c.fail("index-dtype", f"an index must be of integers or booleans, got {item.dtype}", tensor, item)
        if c.shape(item) == ():
            if item.dtype == "bool":
                raise NotKnown
            return item.scalars if isinstance(item.scalars, int) else Scalar("int")
        return item
    if isinstance(item, (float, str, Ratio)):
        if tensor.dtype is None:
            raise NotKnown  # the fields of a structured array have names
        shown = "a float (`/` gives one, `//` does not)" if isinstance(item, Ratio) else repr(item)
        c.fail("index-dtype", f"an index must be of integers or booleans, got {shown}", tensor)
    if isinstance(item, bool) or isinstance(item, Unknown) and not (isinstance(item, Scalar) and item.type == "int"):
        raise NotKnown
    if item is None or isinstance(item, (int, Expr, Scalar, slice)) or item is Ellipsis:
        return item
    raise NotKnown


def _indices(c: Call, items: Any) -> Tensor:
    if isinstance(items, List) and items.rest is not None or any(isinstance(c.store.value(i), slice) for i in items):
        made = as_array(c, items)
    else:
        made = as_array(c, items) if len(items) else array((0,), "int64")
    return made


def _uses(c: Call, item: Any) -> int:
    """How many axes a part of an index takes."""
    if item is None or item is Ellipsis:
        return 0
    return len(c.dims(item)) if isinstance(item, Tensor) and item.dtype == "bool" else 1


def _slots(c: Call, tensor: Tensor, dims: Sequence[Dim], items: Sequence[Any]) -> list[Any]:
    """The dims that the parts of an index leave, with a Pick for each array, and for each int beside one."""
    advanced = any(isinstance(i, Tensor) for i in items)
    slots: list[Any] = []
    at = 0
    for item in items:
        if item is None:
            slots.append(1)
        elif isinstance(item, slice):
            slots.append(dims[at] if item == _FULL else sliced(c, dims[at], item, tensor))
            at += 1
        elif not isinstance(item, Tensor):
            check_index(c, tensor, dims[at], at, item)
            if advanced:
                slots.append(Pick(()))
            at += 1
        elif item.dtype == "bool":
            if 0 in c.dims(item):
                raise NotKnown  # NumPy does not always look at the other sizes then
            at += check_mask(c, tensor, dims, at, c.dims(item), item)
            slots.append(Pick((_held(c, item),)))
        else:
            for number in _numbers(item.scalars):
                check_index(c, tensor, dims[at], at, number)
            slots.append(Pick(c.shape(item)))
            at += 1
    return slots


def _held(c: Call, mask: Tensor) -> Dim:
    """How many places of a mask hold."""
    known: list[Any] = mask.scalars if isinstance(mask.scalars, list) else [None]
    return sum(known) if all(isinstance(v, bool) for v in known) else c.fresh("n", 0)


def _numbers(scalars: Any) -> list[int]:
    if isinstance(scalars, list):
        return [n for each in scalars for n in _numbers(each)]
    return [scalars] if type(scalars) is int else []


@rule("numpy.take", "numpy.ndarray.take")
def take(
    c: Call, a: Array, indices: object, axis: int | None = None, out: object = None, mode: object = "raise"
) -> Tensor:
    """The indices in the place of an axis; without one, of the flattened array."""
    picks = operand(c, indices)
    shape = c.shape(picks) if isinstance(picks, Tensor) else ()
    if isinstance(picks, Tensor) and picks.dtype is not None and category(picks.dtype) > 1 and shape != (0,):
        c.fail("index-dtype", f"take: the indices must be integers, got {picks.dtype}", picks)
    dims = c.dims(a)
    if not isinstance(shape, tuple):
        raise NotKnown
    if axis is None:
        return into(c, array(shape, a.dtype), out)
    at = c.axis(axis, len(dims), a)
    for number in _numbers(picks.scalars if isinstance(picks, Tensor) else picks) if mode == "raise" and dims else ():
        check_index(c, a, dims[at], at, number)
    return into(c, array((*dims[:at], *shape, *dims[at + 1 :]), a.dtype), out)
