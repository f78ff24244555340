"""Indexing in all its forms, and the functions that pick or place elements by index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, less, less_equal, maximum, minimum, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.registry import apply_rule, rule, rules
from shapelens.rules.strides import cut, without
from shapelens.rules.torch.elementwise import BOOL, COMPLEX, FLOAT, refuse
from shapelens.rules.torch.reshaping import axis_of
from shapelens.values import List, Named, Open, Ratio, Scalar, Shape, Tensor, Unknown

_FULL = slice(None, None, None)
_MASKS = ("bool", "uint8")
_INTEGERS = ("int64", "int32")


# -- slices --------------------------------------------------------------------------------------------------------


def sliced(c: Call, size: Dim, index: slice, tensor: Tensor) -> Dim:
    """How many elements a slice takes of a dim; a dim of its own where that depends on an unknown number."""
    parts = [_end(c, p, tensor) for p in (index.start, index.stop, index.step)]
    start, stop, step = parts
    step = 1 if step is None else step
    if isinstance(step, int) and step < 0 and tensor.library == "numpy":
        if start is None and stop is None:
            return size if step == -1 else ceildiv(size, -step)
        if type(size) is int and size >= 0 and type(start) in _PLAIN and type(stop) in _PLAIN:
            return len(range(*slice(start, stop, step).indices(size)))
        return c.fresh("n", 0)
    if isinstance(step, int) and step <= 0:
        if tensor.library == "numpy":
            c.fail("argument-value", "slice step must not be zero", tensor)
        _only_of_torch(tensor)
        c.fail("argument-value", f"slice step must be positive, got {step}", tensor)
    is_plain = type(start) in _PLAIN and type(stop) in _PLAIN and type(step) is int
    if type(size) is int and size >= 0 and is_plain:
        return len(range(*slice(start, stop, step).indices(size)))
    if any(isinstance(p, Unknown) for p in parts):
        return c.fresh("n", 0)
    length = _span(start, stop, size)
    if length is None or less_equal(1, step) is not True:
        return c.fresh("n", 0)
    return ceildiv(length, step)


_PLAIN = (int, type(None))


def _only_of_torch(tensor: Tensor) -> None:
    """What was only taken for a tensor by its uses may be an array or a table, which takes other indices too."""
    if tensor.dtype is None or tensor.library != "torch":
        raise NotKnown


def _end(c: Call, value: Any, tensor: Tensor) -> Any:
    """A part of a slice: None, an int, a symbolic dim, or an Unknown that stands for an int."""
    if value is None or type(value) is int:
        return value
    value = c.store.value(value)
    if isinstance(value, Tensor):
        value = value.scalars if isinstance(value.scalars, int) else Scalar("int")
    if isinstance(value, (float, Ratio)) or (isinstance(value, Scalar) and value.type == "float"):
        shown = f"{value}" if isinstance(value, float) else "a float (`/` gives one, `//` does not)"
        c.fail("argument-value", f"the ends of a slice must be ints, got {shown}", tensor)
    if isinstance(value, Unknown):
        return c.dim(value) if value.hole is not None and not isinstance(value, Scalar) else value
    return value if value is None else c.dim(value)


def _span(start: Any, stop: Any, size: Dim) -> Dim | None:
    """The length of `start:stop`; None where the sign of an end is not known."""
    if stop is None and start is not None and less(start, 0) is True:
        return minimum(0 - start, size)
    low, high = _counted(start, size, 0), _counted(stop, size, size)
    if low is None or high is None:
        return None
    high = minimum(high, size)
    return high - low if less_equal(low, high) is True else maximum(high - low, 0)


def _counted(value: Any, size: Dim, default: Dim) -> Dim | None:
    """One end of a slice counted from the front; None where its sign is not known."""
    if value is None:
        return default
    if less(value, 0) is True:
        return maximum(size + value, 0)
    return value if less_equal(0, value) is True else None


# -- x[index] ------------------------------------------------------------------------------------------------------


class Pick:
    """Where an index tensor stands among the dims of a result, and its shape."""

    __slots__ = ("shape",)

    def __init__(self, shape: Shape) -> None:
        self.shape = shape


def selected(c: Call, tensor: Tensor, index: Any) -> Shape:
    """The shape of `tensor[index]`.

    Ints, slices, None and the ellipsis are applied first, then all index tensors at once; where those stand side by
    side their common shape takes their place, otherwise it goes to the front (python_variable_indexing.cpp).
    """
    shape = tensor.shape if type(tensor.shape) is tuple else c.shape(tensor)
    items = list(index) if isinstance(index, tuple) else [_alone(index)]
    items = [i if i is None or type(i) in _SIMPLE else _item(c, tensor, i) for i in items]
    used = sum([1 if type(i) in _ONE else _uses(c, i) for i in items])
    cut = next((i for i, x in enumerate(items) if x is Ellipsis), None)
    if isinstance(shape, Open):
        return _open_selected(c, tensor, shape, items, cut)
    if shape is None:
        raise NotKnown
    if used > len(shape):
        c.fail("index-out-of-range", f"{used} indices for {c.text(tensor)}, which has {len(shape)} dims", tensor)
    fill = [_FULL] * (len(shape) - used)
    if cut is None:
        items += fill
    else:
        if items.count(Ellipsis) > 1:
            raise NotKnown
        items[cut : cut + 1] = fill
    return placed(c, _slots(c, tensor, shape, items))


_ONE = (slice, int)
_SIMPLE = (slice, int, type(Ellipsis))


def _alone(index: Any) -> Any:
    """An index that is no tuple. What torch makes of a list that holds more than numbers depends on its version."""
    if isinstance(index, list) and any(not isinstance(i, (int, Expr, Scalar)) for i in index):
        raise NotKnown
    return index


def _item(c: Call, tensor: Tensor, item: Any) -> Any:
    """One part of an index, resolved: an int of any kind, a slice, None, Ellipsis, a bool, a tensor or a list."""
    item = c.store.value(item)
    if isinstance(item, (tuple, range)):
        item = list(item)
    if isinstance(item, (float, str)) or (isinstance(item, Scalar) and item.type in ("float", "str")):
        _only_of_torch(tensor)
        shown = repr(item) if isinstance(item, (float, str)) else f"a {item.type}"
        c.fail("index-dtype", f"an index must be of integers or booleans, got {shown}", tensor)
    if isinstance(item, Tensor):
        if item.dtype is None:
            raise NotKnown
        if (item.dtype not in (*_MASKS, *_INTEGERS) and item.library == "torch") or item.dtype.startswith(_NO_INDEX):
            c.fail("index-dtype", f"an index must be of int64, int32 or bool, got {item.dtype}", tensor, item)
        if item.dtype in _INTEGERS and c.shape(item) == ():
            return item.scalars if isinstance(item.scalars, int) else Scalar("int")
        return item
    if isinstance(item, Unknown) and not (isinstance(item, Scalar) and item.type == "int"):
        raise NotKnown
    if item is None or isinstance(item, (int, Expr, Scalar, slice, list)) or item is Ellipsis:
        return item
    raise NotKnown


_NO_INDEX = ("float", "bfloat", "complex")


def _uses(c: Call, item: Any) -> int:
    """How many dims a part of an index takes."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    return len(c.dims(item)) if isinstance(item, Tensor) and item.dtype in _MASKS else 1


def _slots(c: Call, tensor: Tensor, dims: Sequence[Dim], items: Sequence[Any]) -> list[Any]:
    """The dims that the parts of an index leave, with a Pick for each index tensor."""
    slots: list[Any] = []
    late: Failure | None = None
    at = 0
    for item in items:
        kind = type(item)
        if kind is slice:
            slots.append(dims[at] if item == _FULL else sliced(c, dims[at], item, tensor))
            at += 1
        elif item is None:
            slots.append(1)
        elif kind is bool:
            slots.append(Pick((int(item),)))
        elif kind is int or isinstance(item, (Expr, Scalar)):
            check_index(c, tensor, dims[at], at, item)
            at += 1
        elif isinstance(item, list):
            try:
                slots.append(Pick(_listed(c, tensor, dims[at], at, item)))
            except Failure as failure:
                if failure.code != "index-out-of-range":
                    raise
                late = late or failure
                slots.append(Pick((1,)))
            at += 1
        elif item.dtype in _MASKS:
            at += check_mask(c, tensor, dims, at, c.dims(item), item)
            slots.append(Pick((c.fresh("n", 0),)))
        else:
            if isinstance(item.scalars, list):
                try:
                    _listed(c, tensor, dims[at], at, item.scalars)
                except Failure as failure:
                    late = late or failure
            slots.append(Pick(c.shape(item)))
            at += 1
    if late is not None:
        sizes = [d for s in slots for d in (c.dims(Tensor(s.shape)) if type(s) is Pick else (s,))]
        if all(less(0, d) is True for d in sizes):
            raise late
        raise NotKnown  # torch does not look at the numbers where nothing is picked
    return slots


def _listed(c: Call, tensor: Tensor, size: Dim, at: int, items: list[Any], inside: bool = False) -> tuple[Dim, ...]:
    """The shape of an index given as a list: of ints, of lists of them, or of bools (a mask)."""
    if isinstance(items, List) and items.rest is not None:
        if items or not isinstance(c.store.value(items.rest), (int, Expr, Scalar)):
            raise NotKnown
        return (items.count if isinstance(items.count, (int, Expr)) else c.fresh("n", 0),)
    if not items:
        return (0,)
    inner: set[tuple[Dim, ...]] = set()
    for item in items:
        item = c.store.value(item)
        if isinstance(item, (list, tuple)):
            inner.add(_listed(c, tensor, size, at, list(item), True))
        elif isinstance(item, bool) or not isinstance(item, (int, Expr, Scalar)):
            inner.add((-1,))
        else:
            check_index(c, tensor, size, at, item)
            inner.add(())
    if inner == {(-1,)} and not inside and all(isinstance(i, bool) for i in items):
        check_mask(c, tensor, (size,), 0, (len(items),), None, at)
        return (sum(items),)
    if len(inner) != 1 or (-1,) in inner:
        raise NotKnown
    return (len(items), *inner.pop())


def check_mask(
    c: Call, tensor: Tensor, dims: Sequence[Dim], at: int, mask: Sequence[Dim], item: Tensor | None, first: int = 0
) -> int:
    """A mask must have the very sizes of the dims that it masks. Gives how many dims those are."""
    for i, size in enumerate(mask):
        if c.equate(size, dims[at + i]) is False:
            c.fail(
                "mask-mismatch",
                f"a mask of {c.text(tuple(mask))} does not fit dim {first + at + i} of {c.text(tensor)}",
                tensor,
                *((item,) if item is not None else ()),
            )
    return len(mask)


def check_index(c: Call, tensor: Tensor, size: Dim, at: int, index: Any) -> None:
    """Fail where an int is certainly out of range for a dim."""
    if size == 0 and tensor.library == "numpy":
        raise NotKnown  # an array made of a list that is filled elsewhere
    if type(index) is int and type(size) is int:
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


def placed(c: Call, slots: list[Any]) -> Shape:
    """The shape with the common shape of all index tensors put where it belongs."""
    places = [i for i, s in enumerate(slots) if type(s) is Pick]
    if not places:
        return tuple(slots)
    side_by_side = places[-1] - places[0] == len(places) - 1
    rest = [s for s in slots if type(s) is not Pick]
    at = places[0] if side_by_side else 0
    front, back = tuple(rest[:at]), tuple(rest[at:])
    shapes = [slots[i].shape for i in places]
    if len(shapes) == 1 and isinstance(shapes[0], Open):
        return Open((*front, *shapes[0].prefix), shapes[0].var, (*shapes[0].suffix, *back))
    if not all(isinstance(s, tuple) for s in shapes):
        raise NotKnown
    return (*front, *c.broadcast(*shapes, what="the indices"), *back)


def _open_selected(c: Call, tensor: Tensor, shape: Open, items: list[Any], cut: int | None) -> Open:
    """Of a tensor whose rank is not known: what stands before an ellipsis takes its first dims, the rest its last."""
    head = items if cut is None else items[:cut]
    tail = [] if cut is None else items[cut + 1 :]
    if Ellipsis in tail:
        raise NotKnown
    front, back = sum(_uses(c, i) for i in head), sum(_uses(c, i) for i in tail)
    if shape.suffix and front > len(shape.prefix):
        raise NotKnown  # of a vector, `x[0]` takes the dim that is known
    known = c.at_least(shape, front, back)
    kept = len(known.suffix) - back
    first = _slots(c, tensor, known.prefix[:front], head)
    last = _slots(c, tensor, known.suffix[kept:], tail)
    picks = [i for i, s in enumerate(last) if type(s) is Pick]
    if picks and (any(type(s) is Pick for s in first) or picks[-1] - picks[0] != len(picks) - 1):
        raise NotKnown
    prefix, suffix = placed(c, first), placed(c, last)
    if not isinstance(prefix, tuple) or not isinstance(suffix, tuple):
        raise NotKnown
    return Open(prefix + known.prefix[front:], known.var, known.suffix[:kept] + suffix)


def plainly(shape: tuple[Dim, ...], index: tuple[Any, ...]) -> tuple[Dim, ...] | None:
    """The shape for plain ints, slices, None and an ellipsis; None where a closer look is needed, as for a failure."""
    made: list[Dim] = []
    at, rank = 0, len(shape)
    for i, part in enumerate(index):
        kind = type(part)
        if part is None:
            made.append(1)
            continue
        if part is Ellipsis:
            behind = [p for p in index[i + 1 :] if p is not None]
            end = rank - len(behind)
            if end < at or any(p is Ellipsis for p in behind):
                return None
            made += shape[at:end]
            at = end
            continue
        if at >= rank:
            return None
        size = shape[at]
        if kind is slice:
            start, stop, step = part.start, part.stop, part.step
            if start is None and stop is None and step is None:
                made.append(size)
            elif type(size) is not int or type(start) not in _PLAIN or type(stop) not in _PLAIN:
                return None
            elif step is None or type(step) is int and step > 0:
                made.append(len(range(*part.indices(size))))
            else:
                return None
        elif kind is not int or type(size) is not int or not -size <= part < size:
            return None
        at += 1
    return (*made, *shape[at:])


@rule("torch.Tensor.__getitem__")
def getitem(c: Call, self: Tensor, index: object) -> Tensor:
    """`self[index]`; numbers that are known are picked too."""
    shape = self.shape
    if type(shape) is tuple and self.scalars is None:
        found = plainly(shape, index if type(index) is tuple else (index,))
        if found is not None:
            made = Tensor(found, self.dtype, self.library, self.device)
            if self.strides is not None:
                made.strides = cut(c, self, index)
            return made
    return self.with_(shape=selected(c, self, index), scalars=picked(self.scalars, index), strides=cut(c, self, index))


def picked(scalars: Any, index: Any) -> Any:
    """The known numbers that plain ints and slices pick out of known ones."""
    if not isinstance(scalars, list):
        return None
    for part in index if isinstance(index, tuple) else (index,):
        if type(part) is slice and all(type(p) in _PLAIN for p in (part.start, part.stop, part.step)):
            if isinstance(index, tuple):
                return None
        elif type(part) is not int:
            return None
        try:
            scalars = scalars[part]
        except (IndexError, TypeError):
            return None
    return scalars


@rule("torch.Tensor.__setitem__")
def setitem(c: Call, self: Tensor, index: object, value: object) -> object:
    """`self[index] = value`: the value must broadcast to what is selected."""
    self.scalars = None
    value = c.store.value(value)
    if self.library == "torch" and self.dtype is not None and (kind := _unassignable(c, value)):
        c.fail(
            "call-arguments", f"{kind} cannot be assigned to a part of a tensor, only a tensor or a number can", self
        )
    _written(c, self, index, value)
    return None


def _unassignable(c: Call, value: Any) -> str:
    """What a value is that torch refuses to put into a tensor, whatever its elements are; "" for others."""
    if isinstance(value, Named):
        return f"a tuple of {' and '.join(value.names)}"
    for kind in (list, tuple, str, dict):
        if isinstance(value, kind):
            return f"a {kind.__name__}"
    if isinstance(value, Tensor) and value.library == "numpy" and c.shape(value) not in ((), None):
        return "a NumPy array"
    return "None" if value is None else ""


@rule("torch.index_put", "torch.Tensor.index_put")
def index_put(c: Call, input: Tensor, indices: object, values: Tensor, accumulate: object = False) -> Tensor:
    """As `input[indices] = values`."""
    if isinstance(indices, (tuple, list)) and getattr(indices, "rest", None) is None:
        _written(c, input, tuple(indices), values)
    return input.with_()


def _written(c: Call, target: Tensor, index: Any, value: Any) -> None:
    shape = selected(c, target, index)
    parts = index if isinstance(index, tuple) else (index,)
    if not isinstance(value, Tensor) or value.library != "torch" or any(i is False for i in parts):
        return  # torch does not look at the value behind a False
    by_tensor = any(isinstance(i, (list, tuple, range)) or isinstance(i, Tensor) and c.shape(i) != () for i in parts)
    given = c.shape(value)
    if isinstance(shape, tuple) and isinstance(given, tuple):
        _fits(c, given, shape, value, target)
        if (
            by_tensor
            and given
            and not c.autocast
            and value.dtype != target.dtype
            and None not in (value.dtype, target.dtype)
            and not (any(_is_mask(i) for i in parts) and equal(product(given), 1) is not False)
        ):
            c.fail(
                "dtype-mismatch",
                f"writing by an index tensor needs one dtype, got {value.dtype} for {target.dtype}",
                value,
                target,
            )


def _is_mask(item: Any) -> bool:
    """Whether part of an index may be a mask: torch fills one number in through a mask whatever its dtype."""
    if isinstance(item, Tensor):
        return item.dtype in (*_MASKS, None)
    return isinstance(item, (bool, Unknown)) or isinstance(item, list) and not (item and type(item[0]) is int)


def _fits(c: Call, given: tuple[Dim, ...], shape: tuple[Dim, ...], value: Tensor, target: Tensor) -> None:
    while len(given) > len(shape) and equal(given[0], 1) is not False:
        given = given[1:]
    bad = len(given) > len(shape)
    for a, b in zip(reversed(given), reversed(shape)):
        if a is not b and equal(a, 1) is False and c.equate(a, b) is False:
            bad = True
    if bad:
        c.fail("broadcast-mismatch", f"{c.text(value)} cannot be written into {c.text(shape)}", value, target)


# -- by a dim and an index tensor ----------------------------------------------------------------------------------


def _index_dtype(c: Call, index: Tensor, allowed: Sequence[str] = _INTEGERS) -> None:
    if index.dtype is not None and index.dtype not in allowed:
        c.fail("dtype-mismatch", f"{c.name}: the index must be int64, got {index.dtype}", index)


def _vector(c: Call, index: Tensor) -> Dim:
    """The length of an index that must be a vector or a single number."""
    dims = c.dims(index, ("n",))
    if len(dims) > 1:
        c.fail("rank-mismatch", f"{c.name}: the index must be a vector, got {c.text(index)}", index)
    return dims[0] if dims else 1


def _one_dtype(c: Call, a: Tensor, b: Tensor, what: str) -> None:
    if a.dtype != b.dtype and not c.autocast and None not in (a.dtype, b.dtype):
        c.fail("dtype-mismatch", f"{c.name}: {what} is {b.dtype}, the tensor {a.dtype}", b, a)


@rule("torch.index_select", "torch.Tensor.index_select")
def index_select(c: Call, input: Tensor, dim: int, index: Tensor) -> Tensor:
    """As many elements of a dim as the index has."""
    _index_dtype(c, index)
    count = _vector(c, index)
    if c.shape(input) == ():
        c.axis(dim, 0, input)
        if equal(count, 1) is False:
            c.fail("index-mismatch", f"{c.name}: {c.dim_text(count)} indices into a tensor of rank 0", index, input)
        return input.with_()
    return input.with_(shape=axis_of(c, input, dim)[1](count))


@rule("torch.select", "torch.Tensor.select")
def select(c: Call, input: Tensor, dim: int, index: object) -> Tensor:
    """One index of a dim, which goes."""
    size, replaced = axis_of(c, input, dim)
    index = c.store.value(index)
    if isinstance(index, (int, Expr)):
        check_index(c, input, size, dim, index)
    return input.with_(shape=replaced(), strides=without(c, input, dim))


@rule("torch.take", "torch.Tensor.take")
def take(c: Call, input: Tensor, index: Tensor) -> Tensor:
    """Elements of the flattened tensor, in the index's shape."""
    _index_dtype(c, index, ("int64",))
    return input.with_(shape=c.shape(index))


@rule("torch.take_along_dim", "torch.Tensor.take_along_dim")
def take_along_dim(c: Call, input: Tensor, indices: Tensor, dim: object = None) -> Tensor:
    """Elements along a dim; the other dims broadcast."""
    _index_dtype(c, indices)
    if dim is None:
        shape = c.shape(indices)
        return input.with_(shape=None if shape is None else (c.store.numel(shape),))
    dims, index = c.dims(input), c.dims(indices)
    if not isinstance(dim, int):
        raise NotKnown
    if len(dims) != len(index):
        c.fail("rank-mismatch", f"take_along_dim: {c.text(input)} and {c.text(indices)} differ in rank", input, indices)
    if not dims:
        c.fail("rank-mismatch", "take_along_dim: a tensor of rank 0 has no dims", input)
    at = c.axis(dim, len(dims), input)
    others = [(*s[:at], 1, *s[at + 1 :]) for s in (dims, index)]
    common = c.broadcast(*others, tensors=(input, indices))
    return input.with_(shape=(*common[:at], index[at], *common[at + 1 :]))


def _ranks(c: Call, a: Tensor, index: Tensor, what: str) -> int | None:
    """The rank that a tensor and its index must share, 0 counting as 1; None where one is not known."""
    shapes = c.shape(a), c.shape(index)
    if not isinstance(shapes[0], tuple) or not isinstance(shapes[1], tuple):
        return None
    if max(len(shapes[0]), 1) != max(len(shapes[1]), 1):
        c.fail("rank-mismatch", f"{c.name}: the index {c.text(index)} and {what} {c.text(a)} differ in rank", a, index)
    return len(shapes[0])


def _within(c: Call, index: Tensor, other: Tensor, skip: int, what: str) -> None:
    """The index may not be larger than the other tensor, except along the dim."""
    for i, (a, b) in enumerate(zip(c.dims(index) or (1,), c.dims(other) or (1,))):
        if i != skip and less(b, a) is True:
            c.fail(
                "index-mismatch",
                f"{c.name}: the index {c.text(index)} is larger than {what} {c.text(other)} in dim {i}",
                index,
                other,
            )


def _along(c: Call, tensor: Tensor, dim: object, index: Tensor, what: str) -> int | None:
    """Checks a tensor against the index of a gather or scatter; the rank where it is known."""
    rank = _ranks(c, tensor, index, what)
    if rank is not None and isinstance(dim, int):
        _within(c, index, tensor, c.axis(dim, rank, tensor), what)
    return rank


@rule("torch.gather", "torch.Tensor.gather")
def gather(c: Call, input: Tensor, dim: object, index: Tensor, *, sparse_grad: object = False) -> Tensor:
    """The index's shape (torch.gather page)."""
    _index_dtype(c, index)
    shape = c.shape(index)
    if isinstance(shape, tuple) and 0 in shape:
        return input.with_(shape=shape)
    if isinstance(shape, Open) and isinstance(c.shape(input), tuple):
        c.dims(index, ["D"] * max(1, len(c.dims(input))))
    _along(c, input, dim, index, "the input")
    return input.with_(shape=c.shape(index))


def _scatter(c: Call, tensor: Tensor, dim: object, index: Tensor, src: object) -> Tensor:
    _index_dtype(c, index)
    src = c.store.value(src)
    if isinstance(src, Tensor):
        _one_dtype(c, tensor, src, "src")
    shape = c.shape(index)
    if isinstance(shape, tuple) and 0 in shape:
        return tensor.with_()
    _along(c, tensor, dim, index, "the tensor")
    if isinstance(src, Tensor) and _ranks(c, src, index, "src") is not None:
        _within(c, index, src, -1, "src")
    return tensor.with_()


@rule("torch.scatter", "torch.Tensor.scatter")
def scatter(
    c: Call, input: Tensor, dim: object, index: Tensor, src: object = None, *, value: object = None,
    reduce: object = None,
) -> Tensor:  # fmt: skip
    """The tensor's shape."""
    return _scatter(c, input, dim, index, src)


@rule("torch.scatter_add", "torch.Tensor.scatter_add")
def scatter_add(c: Call, input: Tensor, dim: object, index: Tensor, src: Tensor) -> Tensor:
    """The tensor's shape."""
    return _scatter(c, input, dim, index, src)


@rule("torch.scatter_reduce", "torch.Tensor.scatter_reduce")
def scatter_reduce(
    c: Call, input: Tensor, dim: object, index: Tensor, src: Tensor, reduce: object, *, include_self: object = True
) -> Tensor:
    """The tensor's shape."""
    return _scatter(c, input, dim, index, src)


@rule("torch.index_fill", "torch.Tensor.index_fill")
def index_fill(c: Call, input: Tensor, dim: object, index: Tensor, value: object) -> Tensor:
    """The same shape."""
    _index_dtype(c, index)
    _single(c, value)
    _vector(c, index)
    shape = c.shape(input)
    if isinstance(shape, tuple) and isinstance(dim, int):
        c.axis(dim, len(shape), input)
    return input.with_()


def _indexed(c: Call, input: Tensor, dim: object, index: Tensor, source: Tensor) -> Tensor:
    """The source has a slice along the dim for each index, and the tensor's sizes in all other dims."""
    _one_dtype(c, input, source, "the source")
    count = _vector(c, index)
    dims, given = c.shape(input), c.shape(source)
    if not isinstance(dims, tuple) or not isinstance(given, tuple) or not isinstance(dim, int):
        return input.with_()
    at = c.axis(dim, len(dims), input)
    if not dims or not given:
        return input.with_()
    if len(dims) != len(given):
        c.fail("rank-mismatch", f"{c.name}: {c.text(source)} and {c.text(input)} differ in rank", source, input)
    for i, (a, b) in enumerate(zip((*dims[:at], count, *dims[at + 1 :]), given)):
        if c.equate(a, b) is False:
            c.fail(
                "index-mismatch",
                f"{c.name}: the source {c.text(source)} must have {c.dim_text(a)} in dim {i} "
                f"({'as many as there are indices' if i == at else f'as {c.text(input)}'})",
                source,
                index if i == at else input,
            )
    return input.with_()


@rule("torch.index_add", "torch.Tensor.index_add")
def index_add(c: Call, input: Tensor, dim: object, index: Tensor, source: Tensor, *, alpha: object = 1) -> Tensor:
    """The same shape."""
    _index_dtype(c, index)
    return _indexed(c, input, dim, index, source)


@rule("torch.index_copy", "torch.Tensor.index_copy")
def index_copy(c: Call, input: Tensor, dim: object, index: Tensor, source: Tensor) -> Tensor:
    """The same shape."""
    _index_dtype(c, index, ("int64",))
    return _indexed(c, input, dim, index, source)


@rule("torch.index_reduce", "torch.Tensor.index_reduce")
def index_reduce(
    c: Call, input: Tensor, dim: object, index: Tensor, source: Tensor, reduce: object, *, include_self: object = True
) -> Tensor:
    """The same shape."""
    _index_dtype(c, index)
    return _indexed(c, input, dim, index, source)


@rule("torch.select_scatter", "torch.Tensor.select_scatter")
def select_scatter(c: Call, input: Tensor, src: Tensor, dim: int, index: object) -> Tensor:
    """The same shape; the source has that of what select gives."""
    _same_as(c, src, select(c, input, dim, index))
    return input.with_()


@rule("torch.slice_scatter", "torch.Tensor.slice_scatter")
def slice_scatter(
    c: Call, input: Tensor, src: Tensor, dim: int = 0, start: object = None, end: object = None, step: object = 1
) -> Tensor:
    """The same shape; the source has that of the slice."""
    size, replaced = axis_of(c, input, dim)
    _same_as(c, src, input.with_(shape=replaced(sliced(c, size, slice(start, end, step), input))))
    return input.with_()


def _same_as(c: Call, src: Tensor, part: Tensor) -> None:
    given, wanted = c.shape(src), c.shape(part)
    if isinstance(given, tuple) and isinstance(wanted, tuple):
        if len(given) != len(wanted) or any(c.equate(a, b) is False for a, b in zip(given, wanted)):
            c.fail("shape-mismatch", f"{c.name}: src must be of {c.text(part)}, got {c.text(src)}", src)


@rule("torch.put", "torch.Tensor.put")
def put(c: Call, input: Tensor, index: Tensor, source: Tensor, accumulate: object = False) -> Tensor:
    """Elements put where an index into the flattened tensor says: as many as there are indices."""
    _index_dtype(c, index, ("int64",))
    _one_dtype(c, input, source, "source")
    places, came = product(c.dims(index)), product(c.dims(source))
    message = f"{c.name}: {c.text(index)} indices for {c.text(source)} elements"
    c.require(places, came, "index-mismatch", message, index, source)
    return input.with_()


@rule("torch.diagonal_scatter", "torch.Tensor.diagonal_scatter")
def diagonal_scatter(
    c: Call, input: Tensor, src: Tensor, offset: object = 0, dim1: object = 0, dim2: object = 1
) -> Tensor:
    """A copy of the tensor with another diagonal."""
    part = apply_rule(c, rules["torch.diagonal"], (input, offset, dim1, dim2), {})
    if not isinstance(part, Tensor):
        raise NotKnown
    _same_as(c, src, part)
    return input.with_()


# -- by a mask -----------------------------------------------------------------------------------------------------


def _mask_dtype(c: Call, mask: Tensor, allowed: Sequence[str] = ("bool",)) -> None:
    if mask.dtype is not None and mask.dtype not in allowed:
        c.fail("dtype-mismatch", f"{c.name}: the mask must be bool, got {mask.dtype}", mask)


def _single(c: Call, value: object) -> None:
    value = c.store.value(value)
    if isinstance(value, Tensor) and isinstance(c.shape(value), tuple) and c.shape(value) != ():
        c.fail("rank-mismatch", f"{c.name}: the value must be a single number, got {c.text(value)}", value)


@rule("torch.masked_fill", "torch.Tensor.masked_fill")
def masked_fill(c: Call, input: Tensor, mask: Tensor, value: object) -> Tensor:
    """The tensor and the mask broadcast; the mask must be of booleans."""
    _mask_dtype(c, mask)
    _single(c, value)
    return input.with_(shape=common_shape(c, (input, mask)))


@rule("torch.Tensor.masked_fill_")
def masked_fill_in_place(c: Call, self: Tensor, mask: Tensor, value: object) -> Tensor:
    """The tensor itself; the mask must broadcast to it."""
    _mask_dtype(c, mask)
    _single(c, value)
    shape = common_shape(c, (self, mask))
    own = c.shape(self)
    if isinstance(shape, tuple) and isinstance(own, tuple):
        if len(shape) != len(own) or any(equal(a, b) is False for a, b in zip(shape, own)):
            c.fail("broadcast-mismatch", f"{c.name}: a mask of {c.text(mask)} does not fit {c.text(self)}", self, mask)
    self.scalars = None
    return self


@rule("torch.masked_scatter", "torch.Tensor.masked_scatter")
def masked_scatter(c: Call, input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor and the mask broadcast."""
    _mask_dtype(c, mask)
    _one_dtype(c, input, source, "the source")
    return input.with_(shape=common_shape(c, (input, mask)))


@rule("torch.masked_select", "torch.Tensor.masked_select")
def masked_select(c: Call, input: Tensor, mask: Tensor) -> Tensor:
    """As many elements as the mask has true ones."""
    _mask_dtype(c, mask)
    common_shape(c, (input, mask))
    return input.with_(shape=(c.fresh("n", 0),))


@rule("torch.nonzero", "torch.Tensor.nonzero")
def nonzero(c: Call, input: Tensor, *, as_tuple: bool = False) -> object:
    """One row for each element that is not zero, or one vector for each dim."""
    rank = len(c.dims(input))
    count = c.fresh("n", 0)
    if as_tuple:
        return tuple([input.with_(shape=(count,), dtype="int64")] * max(rank, 1))
    return input.with_(shape=(count, rank), dtype="int64")


@rule("torch.argwhere", "torch.Tensor.argwhere")
def argwhere(c: Call, input: Tensor) -> Tensor:
    """One row for each element that is not zero."""
    return input.with_(shape=(c.fresh("n", 0), len(c.dims(input))), dtype="int64")


@rule("torch.unravel_index")
def unravel_index(c: Call, indices: Tensor, shape: object) -> object:
    """One tensor of coordinates for each dim of the shape."""
    refuse(c, indices.dtype, (BOOL, FLOAT, COMPLEX), indices)
    sizes = c.ints(shape)
    if any(less(d, 0) is True for d in sizes):
        c.fail("argument-value", f"unravel_index: sizes cannot be negative, got {c.text(sizes)}", indices)
    return tuple([indices.with_(dtype="int64")] * len(sizes))
