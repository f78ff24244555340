"""Joining and splitting: cat, stack, split, chunk, unbind and their relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, floordiv, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.rules.strides import steps, without
from shapelens.rules.torch.indexing import sliced
from shapelens.rules.torch.reshaping import Replace, axis_of, size_list
from shapelens.values import List, Many, Open, Shape, Tensor, Unknown, turns
from shapelens.values.dtypes import promote, promote_weak

_MAX_PARTS = 4096


# -- joining -------------------------------------------------------------------------------------------------------


def _sequence(c: Call, tensors: object) -> tuple[tuple[Tensor, ...], Dim | None]:
    """The tensors of a known list and None, or the one that all are like and how many there are."""
    tensors = c.store.value(tensors)
    if isinstance(tensors, Many) or (isinstance(tensors, List) and tensors.rest is not None and not tensors):
        element = tensors.element if isinstance(tensors, Many) else tensors.rest
        count: Any = tensors.length if isinstance(tensors, Many) else tensors.count
        element = c.store.value(element)
        if not isinstance(element, Tensor):
            raise NotKnown
        count = turns(count)
        return (element,), c.store.dim(count) if isinstance(count, (int, Expr)) else c.fresh("n")
    if isinstance(tensors, Tensor) and tensors.library == "torch" and c.name in ("cat", "stack"):
        c.fail("call-arguments", f"{c.name} takes a list or tuple of tensors, got one of {c.text(tensors)}", tensors)
    found = c.tensors(tensors)
    if not found:
        c.fail("argument-value", f"{c.name} needs at least one tensor")
    return found, None


def _common_dtype(tensors: Sequence[Tensor]) -> str | None:
    found = tensors[0].dtype
    for tensor in tensors[1:]:
        if tensor.dtype != found:
            found = promote(found, tensor.dtype)
    return found


def _aligned(c: Call, tensors: Sequence[Tensor], joined: int | None) -> list[Shape]:
    """The shape of each tensor. Open ones take the rank of the others, or else share one open run.

    `joined` is the axis along which the sizes may differ.
    """
    shapes = [c.shape(t) for t in tensors]
    if not any(isinstance(s, Open) for s in shapes):
        return shapes
    ranks = {len(s) for s in shapes if isinstance(s, tuple) and s != (0,)}
    if len(ranks) == 1:
        names = ("B", "C", "H", "W", "D")[: ranks.pop()]
        return [c.dims(t, names) for t in tensors]
    if ranks or not all(isinstance(s, Open) for s in shapes):
        raise NotKnown
    opened: list[Open] = [s for s in shapes if isinstance(s, Open)]
    lasts = [s.suffix[-1] for s in opened if s.suffix]
    if joined is not None and joined > 0 and any(equal(lasts[0], d) is False for d in lasts[1:]):
        # The last dims differ, so the last is the one that is joined.
        names = ("B", "C", "H", "W", "D")[: joined + 1]
        return [c.dims(t, names) for t in tensors]
    front = max([joined + 1 if joined is not None and joined >= 0 else 0, *[len(s.prefix) for s in opened]])
    back = max([-joined if joined is not None and joined < 0 else 0, *[len(s.suffix) for s in opened]])
    for tensor in tensors:
        for ends in ((front, 0), (0, back)):
            shape = c.shape(tensor)
            assert isinstance(shape, Open)
            c.at_least(shape, *ends)
    first = c.shape(tensors[0])
    for tensor in tensors[1:]:
        shape = c.shape(tensor)
        if isinstance(first, Open) and isinstance(shape, Open) and shape.var is not first.var:
            c.store.bind_run(shape.var, Open((), first.var, ()))
    return [c.shape(t) for t in tensors]


def _agree(c: Call, a: Sequence[Dim], b: Sequence[Dim], skip: int = -1) -> int | None:
    """Learn that two runs of dims are the same but for one; the first place where they cannot be."""
    for i, (one, other) in enumerate(zip(a, b)):
        if i != skip and one is not other and one != other and c.equate(one, other) is False:
            return i
    return None


@rule("torch.cat", "torch.concat", "torch.concatenate")
def cat(c: Call, tensors: object, dim: int = 0, *, out: object = None) -> Tensor:
    """The sizes along `dim` added; all other dims must agree (torch.cat page)."""
    given, count = _sequence(c, tensors)
    dtype = _common_dtype(given) if out is None else c.tensor(out).dtype
    shapes = _aligned(c, given, dim)
    # A tensor of shape (0,) goes with any other: what is left of the days before empty tensors had a rank.
    kept = [(s, t) for s, t in zip(shapes, given) if s != (0,)] or [(shapes[0], given[0])]
    first, first_tensor = kept[0]
    if isinstance(first, Open):
        return first_tensor.with_(shape=_open_joined(c, [s for s, _ in kept], dim, count), dtype=dtype)
    if any(not isinstance(s, tuple) for s, _ in kept):
        raise NotKnown
    assert isinstance(first, tuple)
    if kept[0][0] == (0,) and all(s == (0,) for s in shapes):
        return first_tensor.with_(dtype=dtype)
    if len(first) == 0:
        c.fail("rank-mismatch", f"{c.name}: a tensor of rank 0 cannot be joined", first_tensor)
    at = c.axis(dim, len(first), first_tensor)
    total: Dim = first[at]
    result = list(first)
    for shape, tensor in kept[1:]:
        assert isinstance(shape, tuple)
        if len(shape) != len(first):
            if any(len(s) == 1 and less(0, s[0]) is not True for s in (first, shape)):
                raise NotKnown  # one of them may be a (0,)
            c.fail(
                "concat-mismatch",
                f"{c.name}: {c.text(first)} and {c.text(shape)} differ in rank",
                first_tensor,
                tensor,
            )
        wrong = _agree(c, result, shape, at)
        if wrong is not None:
            c.fail(
                "concat-mismatch",
                f"{c.name}: dim {at} is joined, all others must agree; {c.text(first)} and {c.text(shape)} "
                f"differ in dim {wrong} ({c.dim_text(result[wrong])} against {c.dim_text(shape[wrong])})",
                first_tensor,
                tensor,
            )
        result = [b if isinstance(b, int) else a for a, b in zip(result, shape)]
        total = total + shape[at]
    result[at] = total if count is None else _times(c, total, count)
    if count is not None and _is_uneven(c, tensors):
        result[at] = c.fresh("n", 0)  # the last batch may be smaller
    return first_tensor.with_(shape=tuple(result), dtype=dtype)


def _is_uneven(c: Call, tensors: object) -> bool:
    """Whether the tensors of an unknown number need not all be as large: of that, only a known number is sure."""
    value = c.store.value(tensors)
    return not isinstance(value.length if isinstance(value, Many) else getattr(value, "count", None), (int, Expr))


def _times(c: Call, size: Dim, count: Dim) -> Dim:
    """The size of so many parts together; a symbolic size may be another one in each part."""
    return size * count if isinstance(size, int) else c.fresh("n", 0)


def _open_joined(c: Call, shapes: Sequence[Shape], dim: int, count: Dim | None) -> Open:
    """Open shapes with one run in common, joined along a dim that all are known to have."""
    opened = [s for s in shapes if isinstance(s, Open)]
    first = opened[0]
    ends = [(*s.prefix, *s.suffix) for s in opened]
    at = dim if dim >= 0 else len(ends[0]) + dim
    for shape, end in zip(opened[1:], ends[1:]):
        wrong = _agree(c, ends[0], end, at)
        if wrong is not None:
            c.fail(
                "concat-mismatch",
                f"{c.name}: dim {dim} is joined, all others must agree; {c.text(first)} and {c.text(shape)} differ "
                f"({c.dim_text(ends[0][wrong])} against {c.dim_text(end[wrong])})",
            )
    total: Dim = 0
    for end in ends:
        total = total + end[at]
    joined = (*ends[0][:at], total if count is None else _times(c, total, count), *ends[0][at + 1 :])
    return Open(joined[: len(first.prefix)], first.var, joined[len(first.prefix) :])


@rule("torch.stack")
def stack(c: Call, tensors: object, dim: int = 0, *, out: object = None) -> Tensor:
    """A new dim of as many as there are tensors, which must all have one shape."""
    given, count = _sequence(c, tensors)
    shapes = _aligned(c, given, None)
    first = shapes[0]
    size: Dim = len(given) if count is None else count
    dtype = _common_dtype(given)
    if any(s is None for s in shapes):
        raise NotKnown
    for shape, tensor in zip(shapes[1:], given[1:]):
        a = first if isinstance(first, tuple) else (*first.prefix, *first.suffix)  # type: ignore[union-attr]
        b = shape if isinstance(shape, tuple) else (*shape.prefix, *shape.suffix)  # type: ignore[union-attr]
        if len(a) != len(b) or _agree(c, a, b) is not None:
            c.fail(
                "stack-mismatch",
                f"{c.name} needs tensors of one shape, got {c.text(first)} and {c.text(shape)}",
                given[0],
                tensor,
            )
    if isinstance(first, Open):
        return given[0].with_(shape=_put_in(c, first, dim, size), dtype=dtype)
    assert first is not None
    at = c.axis(dim, len(first) + 1, given[0])
    return given[0].with_(shape=(*first[:at], size, *first[at:]), dtype=dtype)


def _put_in(c: Call, shape: Open, dim: int, size: Dim) -> Open:
    """An open shape with one more dim."""
    known = c.at_least(shape, dim, 0) if dim >= 0 else c.at_least(shape, 0, -dim - 1)
    if dim >= 0:
        return Open((*known.prefix[:dim], size, *known.prefix[dim:]), known.var, known.suffix)
    at = len(known.suffix) + dim + 1
    return Open(known.prefix, known.var, (*known.suffix[:at], size, *known.suffix[at:]))


def _lifted(name: str, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """A shape as hstack, vstack, dstack and column_stack first make it."""
    if name == "hstack":
        return dims or (1,)
    if name == "column_stack":
        return (*dims, 1) if len(dims) == 1 else dims or (1, 1)
    dims = (1,) * (2 - len(dims)) + dims
    return (*dims, 1) if name == "dstack" and len(dims) == 2 else dims


@rule("torch.hstack", "torch.vstack", "torch.dstack", "torch.column_stack", "torch.row_stack")
def stacked(c: Call, tensors: object, *, out: object = None) -> Tensor:
    """Each tensor gets the dims that it lacks, then they are joined."""
    given, count = _sequence(c, tensors)
    made = [t.with_(shape=_lifted(c.name, c.dims(t)), origin=t.origin) for t in given]
    axis = {"vstack": 0, "row_stack": 0, "dstack": 2}.get(c.name, 1)
    if c.name == "hstack" and len(c.dims(made[0])) == 1:
        axis = 0
    return cat(c, made if count is None else Many(made[0], count), axis)


@rule("torch.block_diag")
def block_diag(c: Call, *tensors: Tensor) -> Tensor:
    """Matrices along a diagonal: the sizes add up."""
    rows: Dim = 0
    columns: Dim = 0
    for tensor in tensors:
        dims = c.dims(tensor)
        if len(dims) > 2:
            c.fail("rank-mismatch", f"block_diag takes matrices, got {c.text(tensor)}", tensor)
        padded = (1,) * (2 - len(dims)) + dims
        rows, columns = rows + padded[0], columns + padded[1]
    if not tensors:
        return Tensor((1, 0), "float32")
    numbers = [t for t in tensors if c.shape(t) == ()]
    others = [t for t in tensors if c.shape(t) != ()]
    if numbers and others:
        return Tensor((rows, columns), promote_weak(_common_dtype(others), _common_dtype(numbers)))
    return Tensor((rows, columns), _common_dtype(tensors))


# -- splitting -----------------------------------------------------------------------------------------------------


def _parts(c: Call, tensor: Tensor, replaced: Replace, sizes: Sequence[Dim]) -> tuple[Tensor, ...]:
    strides = steps(c, tensor)
    return tuple([tensor.with_(shape=replaced(s), strides=strides) for s in sizes])


@rule("torch.split_with_sizes", "torch.Tensor.split_with_sizes")
def split_with_sizes(c: Call, input: Tensor, split_sizes: object, dim: int = 0) -> object:
    """Parts of the given sizes, which must add up."""
    size, replaced = axis_of(c, input, dim)
    sizes = [c.dim(s) for s in size_list(c, (split_sizes,))]
    shown = c.text(tuple(sizes))
    if any(isinstance(s, int) and s < 0 for s in sizes):
        c.fail("split-mismatch", f"{c.name}: a size is negative in {shown}", input)
    total: Dim = 0
    for one in sizes:
        total = total + one
    if c.equate(total, size) is False:
        c.fail(
            "split-mismatch",
            f"{c.name}: the sizes {shown} add up to {c.dim_text(total)}, "
            f"dim {dim} of {c.text(input)} has {c.dim_text(size)}",
            input,
        )
    return _parts(c, input, replaced, sizes)


@rule("torch.split", "torch.unsafe_split")
def split(c: Call, tensor: Tensor, split_size_or_sections: object, dim: int = 0) -> object:
    """Parts of one size, the last one smaller where it does not divide; or of the given sizes."""
    if isinstance(split_size_or_sections, (list, tuple)):
        return split_with_sizes(c, tensor, split_size_or_sections, dim)
    size, replaced = axis_of(c, tensor, dim)
    if type(split_size_or_sections) is Unknown:
        split_size_or_sections = c.store.value(split_size_or_sections)
        if type(split_size_or_sections) is Unknown:
            raise NotKnown  # one size, or a list of them
    step = c.dim(split_size_or_sections)
    if isinstance(step, int) and (step < 0 or (step == 0 and equal(size, 0) is False)):
        c.fail("argument-value", f"{c.name}: the size of a part must be positive, got {step}", tensor)
    if size == 0:
        return _parts(c, tensor, replaced, [0])
    if step == 0:
        raise NotKnown
    count = ceildiv(size, step)
    if isinstance(count, int) and count <= _MAX_PARTS:
        return _parts(c, tensor, replaced, [*[step] * (count - 1), size - step * (count - 1)])
    # All but the last part are of `step`: a size of its own stands for each.
    even = equal(floordiv(size, step) * step, size)
    return Many(tensor.with_(shape=replaced(step if even else c.fresh("n"))), count)


@rule("torch.Tensor.split", "torch.Tensor.unsafe_split")
def split_method(c: Call, self: Tensor, split_size: object, dim: int = 0) -> object:
    """As torch.split."""
    return split(c, self, split_size, dim)


@rule("torch.chunk", "torch.Tensor.chunk", "torch.unsafe_chunk", "torch.Tensor.unsafe_chunk")
def chunk(c: Call, input: Tensor, chunks: int, dim: int = 0) -> object:
    """Parts of ⌈size / chunks⌉, the last one smaller; there may be fewer than asked for (torch.chunk page).

    Of a symbolic size they are taken to be as many as asked for: otherwise unpacking or indexing them fails.
    """
    size, replaced = axis_of(c, input, dim)
    if chunks <= 0:
        c.fail("argument-value", f"{c.name} needs a positive number of chunks, got {chunks}", input)
    step = ceildiv(size, chunks)
    if isinstance(size, int) and isinstance(step, int):
        if size == 0:
            if chunks > _MAX_PARTS:
                return Many(input.with_(shape=replaced(0)), chunks)
            return _parts(c, input, replaced, [0] * chunks)
        count = -(-size // step)
        if count > _MAX_PARTS:
            return Many(input.with_(shape=replaced(step if step * count == size else c.fresh("n"))), count)
        return _parts(c, input, replaced, [*[step] * (count - 1), size - step * (count - 1)])
    if chunks > _MAX_PARTS:
        return Many(input.with_(shape=replaced(c.fresh("n", 0))), chunks)
    exact = floordiv(size, chunks)
    if equal(exact * chunks, size):
        return _parts(c, input, replaced, [exact] * chunks)
    last = exact if chunks == 2 else size - step * (chunks - 1)
    if less(last, 1) is True:
        raise NotKnown
    return _parts(c, input, replaced, [*[step] * (chunks - 1), last])


@rule("torch.tensor_split", "torch.Tensor.tensor_split")
def tensor_split(
    c: Call,
    input: Tensor,
    indices_or_sections: object = None,
    dim: int = 0,
    *,
    indices: object = None,
    sections: object = None,
) -> object:
    """Nearly equal sections, the first ones larger by one; or cuts at indices (torch.tensor_split page)."""
    if indices_or_sections is None:
        indices_or_sections = sections if indices is None else indices
    size, replaced = axis_of(c, input, dim)
    cuts = c.store.value(indices_or_sections)
    if isinstance(cuts, Tensor):
        cuts = cuts.scalars
    if isinstance(cuts, int):
        if cuts <= 0:
            c.fail("argument-value", f"{c.name} needs a positive number of sections, got {cuts}", input)
        even = equal(floordiv(size, cuts) * cuts, size)
        if cuts > _MAX_PARTS:
            return Many(input.with_(shape=replaced(floordiv(size, cuts) if even else c.fresh("n", 0))), cuts)
        return _parts(c, input, replaced, [floordiv(size if even else size + cuts - 1 - i, cuts) for i in range(cuts)])
    if not isinstance(cuts, (list, tuple)) or (isinstance(cuts, List) and cuts.rest is not None):
        raise NotKnown
    spans = [slice(a, b) for a, b in zip((0, *cuts), (*cuts, None))]
    return _parts(c, input, replaced, [sliced(c, size, s, input) for s in spans])


def _axis_split(name: str, axis: int, least: int) -> None:
    def apply(c: Call, input: Tensor, indices_or_sections: object) -> object:
        shape = c.shape(input)
        if isinstance(shape, tuple) and len(shape) < least:
            c.fail("rank-mismatch", f"{name} needs a tensor of rank {least} or more, got {c.text(input)}", input)
        if name == "hsplit" and not isinstance(shape, tuple):
            raise NotKnown
        at = 0 if name == "hsplit" and isinstance(shape, tuple) and len(shape) == 1 else axis
        size, _ = axis_of(c, input, at)
        sections = indices_or_sections
        if isinstance(sections, int) and isinstance(size, int) and (sections <= 0 or size % sections):
            c.fail("split-mismatch", f"{name}: {size} does not divide into {sections} equal parts", input)
        return tensor_split(c, input, sections, at)

    rule(f"torch.{name}", f"torch.Tensor.{name}")(apply)


_axis_split("hsplit", 1, 1)
_axis_split("vsplit", 0, 2)
_axis_split("dsplit", 2, 3)


@rule("torch.unbind", "torch.Tensor.unbind")
def unbind(c: Call, input: Tensor, dim: int = 0) -> object:
    """One tensor for each index of a dim."""
    size, replaced = axis_of(c, input, dim)
    part = input.with_(shape=replaced(), strides=without(c, input, dim))
    if isinstance(size, int) and size <= _MAX_PARTS:
        return (part,) * size
    return Many(part, size)


@rule("torch.Tensor.__iter__")
def iterate(c: Call, self: Tensor) -> object:
    """Iterating over a tensor: one tensor for each index of the first dim."""
    if isinstance(self.scalars, list) and self.scalars:
        shape = c.dims(self)[1:]
        return tuple([Tensor(shape, self.dtype, self.library, self.device, scalars=s) for s in self.scalars])
    if c.shape(self) == ():
        c.fail("rank-mismatch", "a tensor of rank 0 cannot be iterated over", self)
    return unbind(c, self, 0)
