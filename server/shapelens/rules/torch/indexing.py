"""Indexing in all its forms, and the functions that pick or place elements by index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, equal, less, less_equal, maximum, minimum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.values import List, Open, Scalar, Tensor, Unknown

_FULL = slice(None, None, None)


def _sliced(c: Call, size: Dim, index: slice, tensor: Tensor) -> Dim:
    """How many elements a slice takes of a dim."""
    parts = [c.store.value(p) for p in (index.start, index.stop, index.step)]
    parts = [p.scalars if isinstance(p, Tensor) and isinstance(p.scalars, int) else p for p in parts]
    start, stop, step = parts
    if start is None and stop is None and step is None:
        return size
    if step is None:
        step = 1
    if isinstance(step, int) and step <= 0:
        c.fail("argument-value", f"slice step must be positive, got {step}", tensor)
    if isinstance(size, int) and all(p is None or isinstance(p, int) for p in parts):
        return len(range(*slice(start, stop, step).indices(size)))
    for part in (start, stop):
        if part is not None and not isinstance(part, (int, Expr)):
            if isinstance(part, Unknown) and part.hole is not None:
                continue
            return c.fresh("n", 0)
    if not isinstance(step, (int, Expr)):
        return c.fresh("n", 0)
    ends = [_bound(c, p, size, d) for p, d in ((start, 0), (stop, size))]
    if ends[0] is None or ends[1] is None:
        return c.fresh("n", 0)
    low, high = ends
    if less_equal(low, high) is True:
        length = high - low
    else:
        length = maximum(high - low, 0)
    return length if isinstance(step, int) and step == 1 else -((-length) // step)


def _bound(c: Call, value: Any, size: Dim, default: Dim) -> Dim | None:
    """One end of a slice counted from the front and kept within the dim; None where its sign is not known."""
    if value is None:
        return default
    bound = c.dim(value)
    if less(bound, 0) is True:
        moved = size + bound
        return moved if less_equal(0, moved) is True else maximum(moved, 0)
    if less_equal(0, bound) is not True:
        return None
    if less_equal(bound, size) is True:
        return bound
    return minimum(bound, size)


def _is_advanced(index: Any) -> bool:
    return isinstance(index, (Tensor, list)) or isinstance(index, range)


def _index_shape(c: Call, index: Any) -> tuple[Dim, ...]:
    """The shape of an integer index given as a tensor or as nested lists."""
    if isinstance(index, Tensor):
        return c.dims(index)
    if isinstance(index, range):
        return (len(index),)
    if isinstance(index, List) and index.rest is not None:
        raise NotKnown
    if isinstance(index, (list, tuple)):
        if not index:
            return (0,)
        return (len(index), *_index_shape(c, index[0]))
    if isinstance(index, (int, Expr, Scalar)):
        return ()
    raise NotKnown


def _is_mask(index: Any) -> bool:
    if isinstance(index, Tensor):
        return index.dtype in ("bool", "uint8")
    return isinstance(index, list) and bool(index) and isinstance(index[0], bool)


def selected(c: Call, tensor: Tensor, index: Any) -> tuple[Dim, ...] | Open:
    """The shape of `tensor[index]` (NumPy's rules, of the torch.Tensor indexing page)."""
    items = list(index) if isinstance(index, tuple) else [index]
    items = [c.store.value(i) if isinstance(i, (Unknown, Expr)) else i for i in items]
    for item in items:
        if type(item) is Unknown or isinstance(item, Scalar) and item.type not in ("int", "bool"):
            raise NotKnown
        if isinstance(item, Tensor) and item.dtype is None:
            raise NotKnown
        if (
            isinstance(item, Tensor)
            and item.dtype is not None
            and item.dtype.startswith(("float", "bfloat", "complex"))
        ):
            c.fail("index-dtype", f"an index must be of integers or booleans, got {item.dtype}", tensor, item)
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        return _open_selected(c, tensor, shape, items)
    dims = c.dims(tensor)
    used = sum(_uses(c, i) for i in items)
    if used > len(dims):
        c.fail("index-out-of-range", f"{used} indices for {c.text(tensor)}, which has {len(dims)} dims", tensor)
    ellipses = [i for i, x in enumerate(items) if x is Ellipsis]
    fill = [_FULL] * (len(dims) - used)
    if ellipses:
        items[ellipses[0] : ellipses[0] + 1] = fill
        items = [i for i in items if i is not Ellipsis]
    else:
        items += fill
    return _selected(c, tensor, dims, items)


def _uses(c: Call, item: Any) -> int:
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if _is_mask(item):
        return len(_index_shape(c, item)) if isinstance(item, Tensor) else 1
    return 1


def _selected(c: Call, tensor: Tensor, dims: Sequence[Dim], items: Sequence[Any]) -> tuple[Dim, ...]:
    result: list[Dim] = []
    advanced: list[tuple[Dim, ...]] = []
    first_place = -1
    split = False
    at = 0
    gap = False
    for item in items:
        if item is None:
            result.append(1)
            gap = True
        elif isinstance(item, slice):
            size = c.store.dim(dims[at]) if not isinstance(dims[at], int) else dims[at]
            result.append(_sliced(c, size, item, tensor))
            at += 1
            gap = True
        elif isinstance(item, bool):
            raise NotKnown
        elif isinstance(item, int) or isinstance(item, (Expr, Scalar)):
            _check_index(c, tensor, dims, at, item)
            at += 1
            if any(_is_advanced(i) for i in items):
                advanced.append(())
                if first_place < 0:
                    first_place = len(result)
                elif gap:
                    split = True
                gap = False
        elif _is_mask(item):
            mask = _index_shape(c, item)
            for i, size in enumerate(mask):
                if c.equate(size, dims[at + i]) is False:
                    c.fail(
                        "mask-mismatch",
                        f"a mask of {c.text(mask)} does not fit dim {at + i} of {c.text(tensor)}",
                        tensor,
                        *([item] if isinstance(item, Tensor) else []),
                    )
            at += max(len(mask), 1) if not isinstance(item, Tensor) else len(mask)
            if isinstance(item, Tensor) and not mask:
                raise NotKnown
            advanced.append((c.fresh("n", 0),))
            if first_place < 0:
                first_place = len(result)
            elif gap:
                split = True
            gap = False
        elif _is_advanced(item):
            advanced.append(_index_shape(c, item))
            at += 1
            if first_place < 0:
                first_place = len(result)
            elif gap:
                split = True
            gap = False
        else:
            raise NotKnown
    if advanced and any(_is_advanced(i) for i in items):
        common = c.broadcast(*advanced, what="index")
        place = 0 if split else first_place
        result[place:place] = common
    return tuple(result)


def _check_index(c: Call, tensor: Tensor, dims: Sequence[Dim], at: int, index: Any) -> None:
    size = dims[at]
    if isinstance(index, int) and isinstance(size, int):
        bad = not -size <= index < size
    elif isinstance(index, Scalar):
        return
    else:
        bad = less_equal(size, index) is True or less(index, -size) is True
    if bad:
        c.fail(
            "index-out-of-range",
            f"index {c.dim_text(index)} is out of range for dim {at} of {c.text(tensor)}",
            tensor,
        )


def _open_selected(c: Call, tensor: Tensor, shape: Open, items: list[Any]) -> tuple[Dim, ...] | Open:
    """Indexing a tensor whose rank is not known: what stands before an ellipsis is taught, and what behind it."""
    if any(_is_advanced(i) or isinstance(i, bool) for i in items):
        raise NotKnown
    cut = next((i for i, x in enumerate(items) if x is Ellipsis), None)
    head = items if cut is None else items[:cut]
    tail = [] if cut is None else items[cut + 1 :]
    front, back = sum(i is not None for i in head), sum(i is not None for i in tail)
    if front and back or front > 1 and shape.suffix and not shape.prefix:
        raise NotKnown
    known = c.store.at_least(shape, front, back)
    prefix = _selected(c, tensor, known.prefix[:front], head) + known.prefix[front:]
    suffix = known.suffix[: len(known.suffix) - back] + _selected(
        c, tensor, known.suffix[len(known.suffix) - back :], tail
    )
    return Open(prefix, known.var, suffix)


@rule("torch.Tensor.__getitem__")
def getitem(c: Call, self: Tensor, index: object) -> Tensor:
    """`self[index]`; numbers that are known are picked too."""
    if isinstance(self.scalars, list) and isinstance(index, (int, slice)):
        try:
            picked = self.scalars[index]
        except (IndexError, TypeError, ValueError):
            picked = None
        shape = selected(c, self, index)
        return self.with_(shape=shape, scalars=picked)
    return self.with_(shape=selected(c, self, index))


@rule("torch.Tensor.__setitem__")
def setitem(c: Call, self: Tensor, index: object, value: object) -> object:
    """`self[index] = value`: the value must broadcast to what is selected."""
    shape = selected(c, self, index)
    self.scalars = None
    value = c.store.value(value)
    if isinstance(value, Tensor) and isinstance(shape, tuple):
        given = c.shape(value)
        if isinstance(given, tuple):
            while len(given) > len(shape) and equal(given[0], 1):
                given = given[1:]
            _fits(c, given, shape, value, self)
    return None


def _fits(c: Call, given: tuple[Dim, ...], shape: tuple[Dim, ...], value: Tensor, target: Tensor) -> None:
    bad = len(given) > len(shape)
    for a, b in zip(reversed(given), reversed(shape)):
        if equal(a, b) is False and equal(a, 1) is False:
            bad = True
    if bad:
        c.fail("broadcast-mismatch", f"{c.text(value)} cannot be written into {c.text(shape)}", value, target)


# -- by a dim and an index tensor ------------------------------------------------------------------------------------


def _index_dtype(c: Call, index: Tensor, allowed: Sequence[str] = ("int32", "int64")) -> None:
    if index.dtype is not None and index.dtype not in allowed:
        c.fail("dtype-mismatch", f"{c.name}: the index must be int64, got {index.dtype}", index)


@rule("torch.index_select", "torch.Tensor.index_select")
def index_select(c: Call, input: Tensor, dim: int, index: Tensor) -> Tensor:
    """As many elements of a dim as the index has."""
    dims, chosen = c.dims(input), c.dims(index)
    _index_dtype(c, index)
    if len(chosen) > 1:
        c.fail("rank-mismatch", f"index_select: the index must be a vector, got {c.text(index)}", index)
    at = c.axis(dim, len(dims), input)
    if not dims:
        return input.with_()
    return input.with_(shape=(*dims[:at], chosen[0] if chosen else 1, *dims[at + 1 :]))


@rule("torch.select", "torch.Tensor.select")
def select(c: Call, input: Tensor, dim: int, index: object) -> Tensor:
    """One index of a dim, which goes."""
    dims = c.dims(input)
    if not dims:
        c.fail("rank-mismatch", "select needs at least one dim, got ()", input)
    at = c.axis(dim, len(dims), input)
    if isinstance(index, (int, Expr)):
        _check_index(c, input, dims, at, index)
    return input.with_(shape=(*dims[:at], *dims[at + 1 :]))


@rule("torch.take", "torch.Tensor.take")
def take(c: Call, input: Tensor, index: Tensor) -> Tensor:
    """Elements of the flattened tensor, in the index's shape."""
    _index_dtype(c, index, ("int64",))
    return input.with_(shape=c.dims(index))


@rule("torch.take_along_dim", "torch.Tensor.take_along_dim")
def take_along_dim(c: Call, input: Tensor, indices: Tensor, dim: object = None) -> Tensor:
    """Elements along a dim; the other dims broadcast."""
    _index_dtype(c, indices, ("int64",))
    dims, index = c.dims(input), c.dims(indices)
    if dim is None:
        from shapelens.dims import product

        return input.with_(shape=(product(index),))
    if not isinstance(dim, int):
        raise NotKnown
    if len(dims) != len(index):
        c.fail("rank-mismatch", f"take_along_dim: {c.text(input)} and {c.text(indices)} differ in rank", input, indices)
    at = c.axis(dim, len(dims), input)
    common = list(
        c.broadcast((*dims[:at], 1, *dims[at + 1 :]), (*index[:at], 1, *index[at + 1 :]), tensors=(input, indices))
    )
    common[at] = index[at]
    return input.with_(shape=tuple(common))


def _within(c: Call, index: Tensor, other: Tensor, skip: int, what: str) -> None:
    """The index may not be larger than the other tensor, except along the dim."""
    for i, (a, b) in enumerate(zip(c.dims(index), c.dims(other))):
        if i != skip and less(b, a) is True:
            c.fail(
                "index-mismatch",
                f"{c.name}: the index {c.text(index)} is larger than {what} {c.text(other)} in dim {i}",
                index,
                other,
            )


def _ranks(c: Call, a: Tensor, b: Tensor, what: str) -> int:
    first, second = len(c.dims(a)), len(c.dims(b))
    if max(first, 1) != max(second, 1):
        c.fail("rank-mismatch", f"{c.name}: the index {c.text(b)} and {what} {c.text(a)} differ in rank", a, b)
    return first


@rule("torch.gather", "torch.Tensor.gather")
def gather(c: Call, input: Tensor, dim: int, index: Tensor, *, sparse_grad: object = False) -> Tensor:
    """The index's shape (torch.gather page)."""
    _index_dtype(c, index)
    if 0 in c.dims(index):
        return input.with_(shape=c.dims(index))
    rank = _ranks(c, input, index, "the input")
    at = c.axis(dim, rank, input)
    _within(c, index, input, at, "the input")
    return input.with_(shape=c.dims(index))


def _scatter(c: Call, tensor: Tensor, dim: int, index: Tensor, src: object) -> Tensor:
    _index_dtype(c, index)
    if 0 in c.dims(index):
        return tensor.with_()
    rank = _ranks(c, tensor, index, "the target")
    at = c.axis(dim, rank, tensor)
    _within(c, index, tensor, at, "the target")
    if isinstance(src, Tensor) and c.shape(src) is not None:
        if c.shape(src) != () or rank == 0:
            _ranks(c, src, index, "src")
            _within(c, index, src, -1, "src")
        if None not in (src.dtype, tensor.dtype) and src.dtype != tensor.dtype:
            c.fail("dtype-mismatch", f"{c.name}: src is {src.dtype}, the target {tensor.dtype}", src, tensor)
    return tensor.with_()


@rule("torch.scatter", "torch.Tensor.scatter")
def scatter(c: Call, input: Tensor, dim: int, index: Tensor, src: object = None, *, value: object = None,
            reduce: object = None) -> Tensor:  # fmt: skip
    """The target's shape."""
    return _scatter(c, input, dim, index, src)


@rule("torch.scatter_add", "torch.Tensor.scatter_add")
def scatter_add(c: Call, input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The target's shape."""
    return _scatter(c, input, dim, index, src)


@rule("torch.scatter_reduce", "torch.Tensor.scatter_reduce")
def scatter_reduce(c: Call, input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: object,
                   *, include_self: object = True) -> Tensor:  # fmt: skip
    """The target's shape."""
    return _scatter(c, input, dim, index, src)


@rule("torch.index_fill", "torch.Tensor.index_fill")
def index_fill(c: Call, input: Tensor, dim: int, index: Tensor, value: object) -> Tensor:
    """The same shape."""
    _index_dtype(c, index)
    c.axis(dim, len(c.dims(input)), input)
    if len(c.dims(index)) > 1:
        c.fail("rank-mismatch", f"{c.name}: the index must be a vector, got {c.text(index)}", index)
    return input.with_()


@rule("torch.index_add", "torch.Tensor.index_add", "torch.index_copy", "torch.Tensor.index_copy")
def index_add(c: Call, input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: object = 1) -> Tensor:
    """The same shape; the source has as many slices along the dim as the index has elements."""
    _index_dtype(c, index, ("int64",) if "copy" in c.path else ("int32", "int64"))
    dims, given, count = c.dims(input), c.dims(source), c.dims(index)
    at = c.axis(dim, len(dims), input)
    if len(count) > 1:
        c.fail("rank-mismatch", f"{c.name}: the index must be a vector, got {c.text(index)}", index)
    if dims and given and count and len(dims) == len(given):
        if c.equate(given[at], count[0]) is False:
            c.fail(
                "index-mismatch",
                f"{c.name}: {c.dim_text(count[0])} indices for {c.text(source)} along dim {at}",
                index,
                source,
            )
    return input.with_()


@rule("torch.masked_fill", "torch.Tensor.masked_fill")
def masked_fill(c: Call, input: Tensor, mask: Tensor, value: object) -> Tensor:
    """The tensor and the mask broadcast; the mask must be of booleans."""
    if mask.dtype is not None and mask.dtype != "bool":
        c.fail("dtype-mismatch", f"masked_fill: the mask must be bool, got {mask.dtype}", mask)
    shape = c.shape(input)
    if isinstance(shape, Open) or c.shape(mask) is None or isinstance(c.shape(mask), Open):
        if shape is None:
            raise NotKnown
        return input.with_(shape=shape)
    return input.with_(shape=c.broadcast(c.dims(input), c.dims(mask), tensors=(input, mask)))


@rule("torch.masked_scatter", "torch.Tensor.masked_scatter")
def masked_scatter(c: Call, input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor and the mask broadcast."""
    if mask.dtype is not None and mask.dtype != "bool":
        c.fail("dtype-mismatch", f"masked_scatter: the mask must be bool, got {mask.dtype}", mask)
    return input.with_(shape=c.broadcast(c.dims(input), c.dims(mask), tensors=(input, mask)))


@rule("torch.masked_select", "torch.Tensor.masked_select")
def masked_select(c: Call, input: Tensor, mask: Tensor) -> Tensor:
    """As many elements as the mask has true ones."""
    if mask.dtype is not None and mask.dtype != "bool":
        c.fail("dtype-mismatch", f"masked_select: the mask must be bool, got {mask.dtype}", mask)
    c.broadcast(c.dims(input), c.dims(mask), tensors=(input, mask))
    return input.with_(shape=(c.fresh("n", 0),))


@rule("torch.nonzero", "torch.Tensor.nonzero")
def nonzero(c: Call, input: Tensor, *, as_tuple: object = False) -> object:
    """One row for each element that is not zero, or one vector for each dim."""
    rank = len(c.dims(input))
    count = c.fresh("n", 0)
    if as_tuple is True:
        return tuple([input.with_(shape=(count,), dtype="int64")] * max(rank, 1))
    return input.with_(shape=(count, rank), dtype="int64")


@rule("torch.argwhere", "torch.Tensor.argwhere")
def argwhere(c: Call, input: Tensor) -> Tensor:
    """One row for each element that is not zero."""
    return input.with_(shape=(c.fresh("n", 0), len(c.dims(input))), dtype="int64")
