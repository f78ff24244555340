"""Joining and splitting: cat, stack, split, chunk, unbind and their relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.values import List, Many, Open, Tensor
from shapelens.values.dtypes import promote

_MAX_PARTS = 4096


def _sequence(c: Call, tensors: object) -> tuple[tuple[Tensor, ...], Dim | None]:
    """The tensors of a known list and None, or the one that all are like and how many there are."""
    if isinstance(tensors, Many) or isinstance(tensors, List) and tensors.rest is not None and not tensors:
        element = tensors.element if isinstance(tensors, Many) else tensors.rest
        count: Any = tensors.length if isinstance(tensors, Many) else tensors.count
        if not isinstance(element, Tensor):
            raise NotKnown
        return (element,), count if isinstance(count, (int, Expr)) else c.fresh("n")
    return c.tensors(tensors), None


def _common_dtype(tensors: Sequence[Tensor]) -> str | None:
    found = tensors[0].dtype
    for tensor in tensors[1:]:
        if tensor.dtype != found:
            found = promote(found, tensor.dtype)
    return found


def _shapes(c: Call, tensors: Sequence[Tensor]) -> list[tuple[Dim, ...]]:
    """The dims of each; one that is open takes the rank of the others."""
    shapes = [c.shape(t) for t in tensors]
    ranks = {len(s) for s in shapes if isinstance(s, tuple) and s != (0,)}
    if len(ranks) == 1 and any(isinstance(s, Open) for s in shapes):
        names = ["D"] * ranks.pop()
        return [c.dims(t, names) for t in tensors]
    return [c.dims(t) for t in tensors]


@rule("torch.cat", "torch.concat", "torch.concatenate")
def cat(c: Call, tensors: object, dim: int = 0, *, axis: object = None, out: object = None) -> Tensor:
    """The sizes along `dim` added; all other dims must agree (torch.cat page)."""
    if isinstance(axis, int):
        dim = axis
    given, count = _sequence(c, tensors)
    if not given:
        c.fail("argument-value", f"{c.name} needs at least one tensor")
    shapes = _shapes(c, given)
    kept = [(s, t) for s, t in zip(shapes, given) if s != (0,)] or [(shapes[0], given[0])]
    first, first_tensor = kept[0]
    if len(first) == 0:
        c.fail("rank-mismatch", f"{c.name}: a tensor of rank 0 cannot be joined", first_tensor)
    at = c.axis(dim, len(first), first_tensor)
    total: Dim = first[at]
    result = list(first)
    for shape, tensor in kept[1:]:
        if len(shape) != len(first):
            c.fail(
                "concat-mismatch",
                f"{c.name}: {c.text(first)} and {c.text(shape)} differ in rank",
                first_tensor,
                tensor,
            )
        for i, (a, b) in enumerate(zip(result, shape)):
            if i != at and a is not b and a != b and c.equate(a, b) is False:
                c.fail(
                    "concat-mismatch",
                    f"{c.name}: dim {at} is joined, all others must agree; {c.text(first)} and {c.text(shape)} "
                    f"differ in dim {i} ({c.dim_text(a)} against {c.dim_text(b)})",
                    first_tensor,
                    tensor,
                )
            if i != at and isinstance(b, int) and not isinstance(a, int):
                result[i] = b
        total = total + shape[at]
    result[at] = total if count is None else total * count
    return first_tensor.with_(shape=tuple(result), dtype=_common_dtype(given))


@rule("torch.stack")
def stack(c: Call, tensors: object, dim: int = 0, *, out: object = None) -> Tensor:
    """A new dim of as many as there are tensors, which must all have one shape."""
    given, count = _sequence(c, tensors)
    if not given:
        c.fail("argument-value", "stack needs at least one tensor")
    shapes = _shapes(c, given)
    first = shapes[0]
    for shape, tensor in zip(shapes[1:], given[1:]):
        if len(shape) != len(first) or any(c.equate(a, b) is False for a, b in zip(first, shape)):
            c.fail(
                "stack-mismatch",
                f"stack needs tensors of one shape, got {c.text(first)} and {c.text(shape)}",
                given[0],
                tensor,
            )
    at = c.axis(dim, len(first) + 1, given[0])
    size: Dim = len(given) if count is None else count
    return given[0].with_(shape=(*first[:at], size, *first[at:]), dtype=_common_dtype(given))


def _stacked(name: str, lift: int, axis: int) -> None:
    """hstack, vstack, dstack: each tensor gets at least `lift` dims, then they are joined along `axis`."""

    def apply(c: Call, tensors: object, *, out: object = None) -> Tensor:
        lifted = []
        for tensor in c.tensors(tensors):
            dims = c.dims(tensor)
            if len(dims) == 0:
                dims = (1,)
            if lift >= 2 and len(dims) == 1:
                dims = (1, *dims) if name != "column_stack" else (dims[0], 1)
            if lift == 3 and len(dims) == 2:
                dims = (*dims, 1)
            lifted.append(tensor.with_(shape=dims))
        at = axis if name != "hstack" or len(c.dims(lifted[0])) > 1 else 0
        return cat(c, lifted, at)

    for path in (f"torch.{name}", *(("torch.row_stack",) if name == "vstack" else ())):
        rule(path)(apply)


_stacked("hstack", 1, 1)
_stacked("vstack", 2, 0)
_stacked("dstack", 3, 2)
_stacked("column_stack", 2, 1)


@rule("torch.split", "torch.Tensor.split", "torch.split_with_sizes", "torch.Tensor.split_with_sizes",
      "torch.unsafe_split")  # fmt: skip
def split(c: Call, tensor: Tensor, split_size: object, dim: int = 0) -> object:
    """Parts of a given size, the last one smaller where it does not divide; or of the given sizes."""
    dims = c.dims(tensor)
    at = c.axis(dim, len(dims), tensor)
    if isinstance(split_size, (list, tuple)):
        sizes = c.ints(split_size)
        total: Dim = sum(sizes) if sizes else 0
        if c.equate(total, dims[at]) is False:
            c.fail(
                "split-mismatch",
                f"{c.name}: the sizes {tuple(c.dim_text(s) for s in sizes)} add up to {c.dim_text(total)}, "
                f"dim {at} of {c.text(tensor)} has {c.dim_text(dims[at])}".replace("'", ""),
                tensor,
            )
        return _parts(tensor, dims, at, sizes)
    step, size = c.dim(split_size), c.store.dim(dims[at])
    if isinstance(step, int) and isinstance(size, int):
        if step <= 0:
            c.fail("argument-value", f"{c.name}: split_size must be positive, got {step}", tensor)
        sizes = tuple([step] * (size // step) + ([size % step] if size % step else [])) or (0,)
        return _parts(tensor, dims, at, sizes) if len(sizes) <= _MAX_PARTS else Many(tensor.with_(shape=None))
    count = _exact_count(size, step)
    if isinstance(count, int):
        return _parts(tensor, dims, at, (step,) * count)
    part = tensor.with_(shape=(*dims[:at], c.fresh("n"), *dims[at + 1 :]))
    return Many(part, count)


def _exact_count(size: Dim, step: Dim) -> Dim | None:
    count = size // step
    return count if equal(count * step, size) else None


def _parts(tensor: Tensor, dims: tuple[Dim, ...], at: int, sizes: Sequence[Dim]) -> tuple[Tensor, ...]:
    return tuple([tensor.with_(shape=(*dims[:at], s, *dims[at + 1 :])) for s in sizes])


@rule("torch.chunk", "torch.Tensor.chunk", "torch.unsafe_chunk")
def chunk(c: Call, input: Tensor, chunks: int, dim: int = 0) -> object:
    """Parts of ceil(size / chunks); there may be fewer than asked for (torch.chunk page)."""
    shape = c.shape(input)
    if isinstance(shape, Open):
        raise NotKnown
    dims = c.dims(input)
    at = c.axis(dim, len(dims), input)
    if chunks <= 0:
        c.fail("argument-value", f"chunk needs a positive number of chunks, got {chunks}", input)
    size = c.store.dim(dims[at])
    step = ceildiv(size, chunks)
    if isinstance(size, int) and isinstance(step, int):
        if size == 0:
            return _parts(input, dims, at, [0] * chunks)
        sizes = [step] * (size // step) + ([size % step] if size % step else [])
        return _parts(input, dims, at, sizes)
    exact = size // chunks
    if equal(exact * chunks, size):
        return _parts(input, dims, at, [exact] * chunks)
    # The number of parts is what was asked for unless the dim is smaller than that: the last may be smaller.
    last = size - step * (chunks - 1)
    if less(0, last):
        return _parts(input, dims, at, [*[step] * (chunks - 1), last])
    raise NotKnown


@rule("torch.tensor_split", "torch.Tensor.tensor_split")
def tensor_split(c: Call, input: Tensor, indices_or_sections: object, dim: int = 0) -> object:
    """Nearly equal sections, or cuts at indices."""
    dims = c.dims(input)
    at = c.axis(dim, len(dims), input)
    size = dims[at]
    if not isinstance(size, int):
        raise NotKnown
    if isinstance(indices_or_sections, int):
        n = indices_or_sections
        if n <= 0:
            c.fail("argument-value", f"tensor_split needs a positive number of sections, got {n}", input)
        return _parts(input, dims, at, [size // n + (i < size % n) for i in range(n)])
    cuts = c.known_ints(indices_or_sections)
    spans = [slice(a, b) for a, b in zip((0, *cuts), (*cuts, None))]
    return _parts(input, dims, at, [len(range(*s.indices(size))) for s in spans])


def _axis_split(name: str, axis: int, least: int) -> None:
    def apply(c: Call, input: Tensor, indices_or_sections: object) -> object:
        dims = c.dims(input)
        if len(dims) < least:
            c.fail("rank-mismatch", f"{name} needs a tensor of rank {least} or more, got {c.text(input)}", input)
        at = 0 if name == "hsplit" and len(dims) == 1 else axis
        size = dims[at]
        if isinstance(indices_or_sections, int) and isinstance(size, int) and indices_or_sections > 0:
            if size % indices_or_sections:
                c.fail(
                    "split-mismatch", f"{name}: {size} does not divide into {indices_or_sections} equal parts", input
                )
        return tensor_split(c, input, indices_or_sections, at)

    rule(f"torch.{name}", f"torch.Tensor.{name}")(apply)


_axis_split("hsplit", 1, 1)
_axis_split("vsplit", 0, 2)
_axis_split("dsplit", 2, 3)


@rule("torch.unbind", "torch.Tensor.unbind")
def unbind(c: Call, input: Tensor, dim: int = 0) -> object:
    """One tensor for each index of a dim."""
    shape = c.shape(input)
    if isinstance(shape, Open):
        if dim < 0:
            raise NotKnown
        taught = c.store.at_least(shape, dim + 1, 0)
        left = Open((*taught.prefix[:dim], *taught.prefix[dim + 1 :]), taught.var, taught.suffix)
        return Many(input.with_(shape=left), taught.prefix[dim])
    dims = c.dims(input)
    if not dims:
        c.fail("rank-mismatch", f"{c.name}: a tensor of rank 0 has nothing to iterate over", input)
    at = c.axis(dim, len(dims), input)
    part = input.with_(shape=(*dims[:at], *dims[at + 1 :]))
    size = c.store.dim(dims[at])
    if isinstance(size, int) and size <= _MAX_PARTS:
        return (part,) * size
    return Many(part, size)


@rule("torch.Tensor.__iter__")
def iterate(c: Call, self: Tensor) -> object:
    """Iterating over a tensor: one tensor for each index of the first dim."""
    if isinstance(self.scalars, (list, tuple)) and all(isinstance(s, (int, float)) for s in self.scalars):
        return tuple([Tensor((), self.dtype, self.library, scalars=s) for s in self.scalars])
    return unbind(c, self, 0)


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
    return Tensor((rows, columns), _common_dtype(tensors) if tensors else "float32")
