"""Changing a tensor's shape but not its elements: view, flatten, permute, squeeze, expand, repeat … and casts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, divides, equal, exact_quotient, less, product
from shapelens.rules.call import Call, NotKnown, flat
from shapelens.rules.registry import attribute, layer, rule
from shapelens.values import Instance, Lib, Open, Scalar, Tensor, Unknown
from shapelens.values.dtypes import ALIASES, BYTES

# -- view and reshape ----------------------------------------------------------------------------------------------


def _target(c: Call, sizes: Sequence[Any]) -> tuple[list[Dim], bool]:
    """The sizes asked for, and whether all are certain: an unknown int may be -1."""
    found: list[Dim] = []
    certain = True
    for size in flat(sizes):
        value = c.store.value(size)
        if isinstance(value, Unknown):
            certain = False
            if value.hole is not None and not isinstance(value, Scalar):
                found.append(c.dim(value))
                certain = True
            else:
                found.append(c.fresh("n"))
        else:
            found.append(c.dim(value))
    return found, certain


@rule("torch.Tensor.view", "torch.Tensor.reshape")
def view(c: Call, self: Tensor, *shape: object) -> Tensor:
    """The same elements in another shape; one size may be -1 (torch.Tensor.view page)."""
    if len(shape) == 1 and isinstance(shape[0], Lib) and c.name == "view":
        return _view_dtype(c, self, shape[0])
    return _reshaped(c, self, shape)


@rule("torch.reshape")
def reshape(c: Call, input: Tensor, shape: object) -> Tensor:
    """As the method, with the sizes in one tuple."""
    return _reshaped(c, input, (shape,) if isinstance(shape, (tuple, list)) else (c.dim(shape),))


def _reshaped(c: Call, tensor: Tensor, sizes: Sequence[Any]) -> Tensor:
    dims, certain = _target(c, sizes)
    for dim in dims:
        if isinstance(dim, int) and dim < -1:
            c.fail("reshape-mismatch", f"{c.name}: invalid size {dim}", tensor)
    shape = c.shape(tensor)
    places = [i for i, d in enumerate(dims) if isinstance(d, int) and d == -1]
    if len(places) > 1:
        c.fail("reshape-mismatch", f"{c.name}: only one size can be -1", tensor)
    if not places:
        if shape is not None and certain:
            _same_count(c, tensor, c.store.numel(shape), dims)
        return tensor.with_(shape=tuple(dims))
    at = places[0]
    rest = product(d for i, d in enumerate(dims) if i != at)
    if shape is None or not certain:
        dims[at] = c.fresh("n")
        return tensor.with_(shape=tuple(dims))
    total = c.store.numel(shape)
    rest = c.store.dim(rest)
    if isinstance(total, int) and isinstance(rest, int):
        if rest == 0 or total % rest:
            _count_failure(c, tensor, total, dims, rest)
        dims[at] = total // rest
        return tensor.with_(shape=tuple(dims))
    if divides(rest, total) is False:
        _count_failure(c, tensor, total, dims, rest)
    dims[at] = exact_quotient(total, rest)
    return tensor.with_(shape=tuple(dims))


def _same_count(c: Call, tensor: Tensor, total: Dim, dims: Sequence[Dim]) -> None:
    wanted = product(dims)
    if total is wanted or total == wanted:
        return
    if c.store.equate(total, wanted) is False:
        _count_failure(c, tensor, total, dims, wanted)


def _count_failure(c: Call, tensor: Tensor, total: Dim, dims: Sequence[Dim], wanted: Dim) -> None:
    asked = ", ".join(c.dim_text(d) for d in dims)
    need = "a multiple of " if any(d == -1 for d in dims if isinstance(d, int)) else ""
    c.fail(
        "reshape-mismatch",
        f"{c.name}({asked}) needs {need}{c.dim_text(wanted)} elements, {c.text(tensor)} has {c.dim_text(total)}",
        tensor,
    )


def _view_dtype(c: Call, tensor: Tensor, dtype: Lib) -> Tensor:
    name = c.dtype(dtype)
    if name is None or tensor.dtype is None:
        raise NotKnown
    dims = c.dims(tensor)
    before, after = BYTES[tensor.dtype], BYTES[name]
    if before == after:
        return tensor.with_(dtype=name)
    if not dims:
        raise NotKnown
    if before > after:
        return tensor.with_(dtype=name, shape=(*dims[:-1], dims[-1] * (before // after)))
    ratio = after // before
    last = dims[-1]
    if divides(ratio, last) is False:
        c.fail("reshape-mismatch", f"view({name}): the last dim {last} is no multiple of {ratio}", tensor)
    return tensor.with_(dtype=name, shape=(*dims[:-1], exact_quotient(last, ratio)))


@rule("torch.Tensor.view_as", "torch.Tensor.reshape_as")
def view_as(c: Call, self: Tensor, other: Tensor) -> Tensor:
    """The other tensor's shape."""
    return _reshaped(c, self, c.dims(other))


def flattened(c: Call, tensor: Tensor, start: int, end: int) -> Tensor:
    """The dims from start to end made one; of an open shape, a symbol that stands for their product."""
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        if end != -1 or start < 0:
            raise NotKnown
        known = c.store.at_least(shape, start, 0)
        count = c.store.numel(Open(known.prefix[start:], known.var, known.suffix))
        return tensor.with_(shape=(*known.prefix[:start], count))
    dims = c.dims(tensor)
    if not dims:
        return tensor.with_(shape=(1,))
    first, last = c.axis(start, len(dims), tensor), c.axis(end, len(dims), tensor)
    if first > last:
        c.fail("axis-out-of-range", f"{c.name}: start_dim {start} comes after end_dim {end}", tensor)
    return tensor.with_(shape=(*dims[:first], product(dims[first : last + 1]), *dims[last + 1 :]))


@rule("torch.flatten", "torch.Tensor.flatten")
def flatten(c: Call, input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Several dims made one (torch.flatten page)."""
    return flattened(c, input, start_dim, end_dim)


@rule("torch.ravel", "torch.Tensor.ravel")
def ravel(c: Call, input: Tensor) -> Tensor:
    """All dims made one."""
    return flattened(c, input, 0, -1)


@layer("torch.nn.Flatten", "start_dim=1, end_dim=-1")
def flatten_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """As torch.flatten, keeping the batch."""
    start, end = self.attrs["start_dim"], self.attrs["end_dim"]
    if not isinstance(start, int) or not isinstance(end, int):
        raise NotKnown
    return flattened(c, input, start, end)


def unflattened(c: Call, tensor: Tensor, dim: object, sizes: object) -> Tensor:
    """One dim made several; one of the sizes may be -1."""
    dims = c.dims(tensor)
    if not isinstance(dim, int):
        raise NotKnown
    at = c.axis(dim, len(dims), tensor)
    parts = list(c.ints(sizes))
    size = dims[at]
    if -1 in [p for p in parts if isinstance(p, int)]:
        i = parts.index(-1)
        rest = product(p for j, p in enumerate(parts) if j != i)
        if isinstance(size, int) and isinstance(rest, int) and (rest == 0 or size % rest):
            c.fail("reshape-mismatch", f"{c.name}: {size} does not divide by {rest} in {c.text(tensor)}", tensor)
        if divides(rest, size) is False:
            c.fail("reshape-mismatch", f"{c.name}: {c.dim_text(size)} does not divide by {c.dim_text(rest)}", tensor)
        parts[i] = exact_quotient(size, rest)
    elif c.equate(product(parts), size) is False:
        made = "·".join(c.dim_text(p) for p in parts)
        c.fail(
            "reshape-mismatch",
            f"{c.name}: {made} is {c.dim_text(product(parts))}, dim {at} of {c.text(tensor)} has {c.dim_text(size)}",
            tensor,
        )
    return tensor.with_(shape=(*dims[:at], *parts, *dims[at + 1 :]))


@rule("torch.unflatten", "torch.Tensor.unflatten")
def unflatten(c: Call, input: Tensor, dim: object, sizes: object) -> Tensor:
    """One dim made several (torch.unflatten page)."""
    return unflattened(c, input, dim, sizes)


@layer("torch.nn.Unflatten", "dim, unflattened_size")
def unflatten_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """As torch.unflatten."""
    return unflattened(c, input, self.attrs["dim"], self.attrs["unflattened_size"])


# -- the order of dims ---------------------------------------------------------------------------------------------


@rule("torch.Tensor.permute")
def permute(c: Call, self: Tensor, *dims: object) -> Tensor:
    """The dims in another order; an open shape is taught its rank."""
    order = flat(dims)
    if not all(isinstance(i, int) for i in order):
        raise NotKnown
    shape = c.dims(self, [("B", "C", "H", "W", "D")[i] if i < 5 else "n" for i in range(len(order))])
    if len(order) != len(shape):
        c.fail(
            "rank-mismatch",
            f"permute names {len(order)} dims, {c.text(self)} has {len(shape)}",
            self,
        )
    axes = c.axes(tuple(order), len(shape), self) if order else ()
    return self.with_(shape=tuple([shape[i] for i in axes]))


@rule("torch.permute")
def permute_function(c: Call, input: Tensor, dims: object) -> Tensor:
    """As the method, with the order in one tuple."""
    return permute(c, input, dims)


@rule("torch.transpose", "torch.Tensor.transpose", "torch.swapaxes", "torch.Tensor.swapaxes", "torch.swapdims",
      "torch.Tensor.swapdims", "torch.Tensor.transpose_")  # fmt: skip
def transpose(c: Call, input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dims exchanged."""
    shape = c.shape(input)
    if isinstance(shape, Open) and (dim0 < 0) == (dim1 < 0):
        front, back = max(dim0, dim1, -1) + 1, max(-dim0, -dim1, 0)
        known = c.store.at_least(shape, front, back)
        part = list(known.prefix if dim0 >= 0 else known.suffix)
        part[dim0], part[dim1] = part[dim1], part[dim0]
        ends = (tuple(part), known.suffix) if dim0 >= 0 else (known.prefix, tuple(part))
        return input.with_(shape=Open(ends[0], known.var, ends[1]))
    dims = list(c.dims(input))
    a, b = c.axis(dim0, len(dims), input), c.axis(dim1, len(dims), input)
    if dims:
        dims[a], dims[b] = dims[b], dims[a]
    return input.with_(shape=tuple(dims))


@rule("torch.t", "torch.Tensor.t", "torch.Tensor.t_")
def t(c: Call, input: Tensor) -> Tensor:
    """A matrix transposed; at most two dims."""
    dims = c.dims(input, ("n", "m"))
    if len(dims) > 2:
        c.fail("rank-mismatch", f"t() takes at most two dims, got {c.text(input)}", input)
    return input.with_(shape=dims[::-1])


@attribute("torch.Tensor.T")
def transposed(c: Call, self: Tensor) -> Tensor:
    """All dims in reverse."""
    return self.with_(shape=c.dims(self)[::-1])


@attribute("torch.Tensor.mT", "torch.Tensor.mH")
@rule("torch.adjoint", "torch.Tensor.adjoint")
def matrix_transposed(c: Call, self: Tensor) -> Tensor:
    """The last two dims exchanged."""
    dims = c.dims(self)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"mT needs at least two dims, got {c.text(self)}", self)
    return self.with_(shape=(*dims[:-2], dims[-1], dims[-2]))


@attribute("torch.Tensor.H")
def hermitian(c: Call, self: Tensor) -> Tensor:
    """A matrix transposed (and conjugated)."""
    dims = c.dims(self)
    if len(dims) not in (0, 2):
        c.fail("rank-mismatch", f"H takes matrices, got {c.text(self)}", self)
    return self.with_(shape=dims[::-1])


@rule("torch.movedim", "torch.Tensor.movedim", "torch.moveaxis", "torch.Tensor.moveaxis")
def movedim(c: Call, input: Tensor, source: object, destination: object) -> Tensor:
    """Some dims moved to other places, the others in their order."""
    dims = c.dims(input)
    sources, targets = c.axes(source, len(dims), input), c.axes(destination, len(dims), input)
    if len(sources) != len(targets):
        c.fail("argument-value", f"{c.name}: {len(sources)} sources for {len(targets)} destinations", input)
    rest = iter(i for i in range(len(dims)) if i not in sources)
    placed = dict(zip(targets, sources))
    return input.with_(shape=tuple([dims[placed[i] if i in placed else next(rest)] for i in range(len(dims))]))


# -- dims of size one ----------------------------------------------------------------------------------------------


@rule("torch.squeeze", "torch.Tensor.squeeze", "torch.Tensor.squeeze_")
def squeeze(c: Call, input: Tensor, dim: object = None) -> Tensor:
    """Dims of size 1 removed: all of them, or the named ones that are (torch.squeeze page)."""
    dims = c.store.dims(c.dims(input))
    if dim is None:
        if any(_may_be_one(d) for d in dims):
            raise NotKnown
        return input.with_(shape=tuple([d for d in dims if d != 1]))
    axes = c.axes(dim, len(dims), input)
    if not dims:
        return input
    if any(_may_be_one(dims[i]) for i in axes):
        raise NotKnown
    return input.with_(shape=tuple([d for i, d in enumerate(dims) if i not in axes or d != 1]))


def _may_be_one(dim: Dim) -> bool:
    """Whether a symbolic dim is not known to be more than one."""
    return not isinstance(dim, int) and less(1, dim) is not True


@rule("torch.unsqueeze", "torch.Tensor.unsqueeze", "torch.Tensor.unsqueeze_")
def unsqueeze(c: Call, input: Tensor, dim: int) -> Tensor:
    """A dim of size 1 put in."""
    shape = c.shape(input)
    if isinstance(shape, Open):
        front, back = (dim, 0) if dim >= 0 else (0, -dim - 1)
        known = c.store.at_least(shape, front, back)
        if dim >= 0:
            return input.with_(shape=Open((*known.prefix[:dim], 1, *known.prefix[dim:]), known.var, known.suffix))
        at = len(known.suffix) - back
        return input.with_(shape=Open(known.prefix, known.var, (*known.suffix[:at], 1, *known.suffix[at:])))
    dims = c.dims(input)
    if not -len(dims) - 1 <= dim <= len(dims):
        c.fail("axis-out-of-range", f"unsqueeze: dim {dim} is out of range for {c.text(input)}", input)
    at = dim if dim >= 0 else dim + len(dims) + 1
    return input.with_(shape=(*dims[:at], 1, *dims[at:]))


# -- repeating -----------------------------------------------------------------------------------------------------


@rule("torch.Tensor.expand")
def expand(c: Call, self: Tensor, *size: object) -> Tensor:
    """Dims of size 1 made larger; -1 keeps one (torch.Tensor.expand page)."""
    return _expanded(c, self, [c.dim(s) for s in flat(size)])


def _expanded(c: Call, tensor: Tensor, sizes: list[Dim]) -> Tensor:
    dims = c.dims(tensor)
    if len(sizes) < len(dims):
        c.fail("expand-mismatch", f"{c.name} to {c.text(tuple(sizes))} has fewer dims than {c.text(tensor)}", tensor)
    lead = len(sizes) - len(dims)
    made: list[Dim] = []
    for i, size in enumerate(sizes):
        keep = isinstance(size, int) and size == -1
        if i < lead:
            if keep:
                c.fail("expand-mismatch", f"{c.name}: -1 is not allowed for the new dim {i}", tensor)
            made.append(size)
            continue
        dim = c.store.dim(dims[i - lead])
        if keep or dim is size or dim == size:
            made.append(dim)
            continue
        if dim != 1:
            if isinstance(dim, int) or less(1, dim):
                if c.equate(dim, size) is False:
                    c.fail(
                        "expand-mismatch",
                        f"{c.name} to {c.text(tuple(sizes))}: dim {i - lead} of {c.text(tensor)} is "
                        f"{c.dim_text(dim)}, not 1 or {c.dim_text(size)}",
                        tensor,
                    )
        made.append(size)
    return tensor.with_(shape=tuple(made))


@rule("torch.Tensor.expand_as")
def expand_as(c: Call, self: Tensor, other: Tensor) -> Tensor:
    """To the other tensor's shape."""
    return _expanded(c, self, list(c.dims(other)))


@rule("torch.broadcast_to", "torch.Tensor.broadcast_to")
def broadcast_to(c: Call, input: Tensor, size: object) -> Tensor:
    """As expand."""
    return _expanded(c, input, list(c.ints(size)))


@rule("torch.broadcast_tensors")
def broadcast_tensors(c: Call, *tensors: Tensor) -> object:
    """All tensors in their common shape."""
    common = c.broadcast(*[c.dims(t) for t in tensors], tensors=tensors)
    return tuple([t.with_(shape=common) for t in tensors])


@rule("torch.Tensor.repeat")
def repeat(c: Call, self: Tensor, *repeats: object) -> Tensor:
    """Each dim repeated; more repeats than dims put new ones in front."""
    return _repeated(c, self, [c.dim(r) for r in flat(repeats)], True)


@rule("torch.tile", "torch.Tensor.tile")
def tile(c: Call, input: Tensor, *dims: object) -> Tensor:
    """As repeat, but fewer repeats than dims are allowed."""
    return _repeated(c, input, [c.dim(r) for r in flat(dims)], False)


def _repeated(c: Call, tensor: Tensor, repeats: list[Dim], strict: bool) -> Tensor:
    dims = list(c.dims(tensor))
    if len(repeats) < len(dims):
        if strict:
            c.fail("rank-mismatch", f"repeat names {len(repeats)} dims, {c.text(tensor)} has {len(dims)}", tensor)
        repeats = [1] * (len(dims) - len(repeats)) + repeats
    dims = [1] * (len(repeats) - len(dims)) + dims
    if any(isinstance(r, int) and r < 0 for r in repeats):
        c.fail("argument-value", f"{c.name}: a number of repeats is negative", tensor)
    return tensor.with_(shape=tuple([d * r for d, r in zip(dims, repeats)]))


@rule("torch.repeat_interleave", "torch.Tensor.repeat_interleave")
def repeat_interleave(
    c: Call, input: Tensor, repeats: object, dim: object = None, *, output_size: object = None
) -> Tensor:
    """Each element repeated along a dim, or of the flattened tensor."""
    dims = c.dims(input)
    if dim is None:
        dims, at = (product(dims),), 0
    elif isinstance(dim, int):
        at = c.axis(dim, len(dims), input)
    else:
        raise NotKnown
    if isinstance(repeats, Tensor):
        count = c.shape(repeats)
        if count in ((), (1,)):
            return input.with_(shape=(*dims[:at], c.fresh("n", 0), *dims[at + 1 :]))
        if isinstance(count, tuple) and (len(count) != 1 or c.equate(count[0], dims[at] if dims else 1) is False):
            c.fail(
                "repeat-mismatch",
                f"repeat_interleave: {c.text(repeats)} repeats for {c.dim_text(dims[at])} elements in dim {at}",
                repeats,
                input,
            )
        size: Dim = c.dim(output_size) if isinstance(output_size, (int, Expr)) else c.fresh("n", 0)
        return input.with_(shape=(*dims[:at], size, *dims[at + 1 :]))
    times = c.dim(repeats)
    if isinstance(times, int) and times < 0:
        c.fail("argument-value", "repeat_interleave: repeats must not be negative", input)
    return input.with_(shape=(*dims[:at], (dims[at] if dims else 1) * times, *dims[at + 1 :]))


# -- parts and orders that keep the shape ------------------------------------------------------------------------------


@rule("torch.roll", "torch.Tensor.roll")
def roll(c: Call, input: Tensor, shifts: object, dims: object = None) -> Tensor:
    """The same shape."""
    shape = c.shape(input)
    if isinstance(shape, tuple) and dims not in (None, (), []):
        if isinstance(dims, (int, tuple, list)):
            for one in (dims,) if isinstance(dims, int) else dims:
                if isinstance(one, int):
                    c.axis(one, len(shape), input)
            wanted = 1 if isinstance(dims, int) else len(dims)
            given = len(shifts) if isinstance(shifts, (tuple, list)) else 1
            if wanted != given:
                c.fail("argument-value", f"roll: {given} shifts for {wanted} dims", input)
    return input.with_()


@rule("torch.flip", "torch.Tensor.flip")
def flip(c: Call, input: Tensor, *dims: object) -> Tensor:
    """The same shape."""
    shape = c.shape(input)
    if isinstance(shape, tuple):
        c.axes(tuple(flat(dims)), len(shape), input)
    return input.with_()


@rule("torch.fliplr", "torch.Tensor.fliplr")
def fliplr(c: Call, input: Tensor) -> Tensor:
    """The same shape; at least two dims."""
    if len(c.dims(input)) < 2:
        c.fail("rank-mismatch", f"fliplr needs at least two dims, got {c.text(input)}", input)
    return input.with_()


@rule("torch.flipud", "torch.Tensor.flipud")
def flipud(c: Call, input: Tensor) -> Tensor:
    """The same shape; at least one dim."""
    if len(c.dims(input)) < 1:
        c.fail("rank-mismatch", "flipud needs at least one dim, got ()", input)
    return input.with_()


@rule("torch.rot90", "torch.Tensor.rot90")
def rot90(c: Call, input: Tensor, k: int = 1, dims: object = (0, 1)) -> Tensor:
    """Two dims exchanged at odd quarter turns."""
    shape = list(c.dims(input))
    axes = c.axes(dims, len(shape), input)
    if len(axes) != 2:
        c.fail("argument-value", f"rot90 turns in two dims, got {len(axes)}", input)
    if len(shape) < 2:
        c.fail("rank-mismatch", f"rot90 needs at least two dims, got {c.text(input)}", input)
    a, b = axes
    if k % 2:
        shape[a], shape[b] = shape[b], shape[a]
    return input.with_(shape=tuple(shape))


@rule("torch.Tensor.unfold")
def unfold(c: Call, self: Tensor, dimension: int, size: Dim, step: Dim) -> Tensor:
    """Windows of a dim: their number in its place, their size as a new last dim (torch.Tensor.unfold page)."""
    dims = c.dims(self)
    at = c.axis(dimension, len(dims), self)
    length = dims[at] if dims else 1
    if isinstance(step, int) and step <= 0:
        c.fail("argument-value", f"unfold: step must be positive, got {step}", self)
    if isinstance(size, int) and size < 0:
        c.fail("argument-value", f"unfold: size must not be negative, got {size}", self)
    if less(length, size):
        c.fail(
            "kernel-too-large",
            f"unfold: a window of {c.dim_text(size)} is larger than dim {dimension} of {c.text(self)}",
            self,
        )
    if not dims:
        return self.with_(shape=(size,))
    return self.with_(shape=(*dims[:at], (length - size) // step + 1, *dims[at + 1 :], size))


@rule("torch.narrow", "torch.Tensor.narrow", "torch.narrow_copy", "torch.Tensor.narrow_copy")
def narrow(c: Call, input: Tensor, dim: int, start: object, length: Dim) -> Tensor:
    """`length` elements of a dim from `start` on."""
    dims = c.dims(input)
    at = c.axis(dim, len(dims), input)
    if not dims:
        c.fail("rank-mismatch", "narrow needs at least one dim, got ()", input)
    size = dims[at]
    if isinstance(start, int) and isinstance(size, int):
        if not -size <= start <= size:
            c.fail(
                "index-out-of-range", f"narrow: start {start} is out of range for dim {dim} of {c.text(input)}", input
            )
        start = start + size if start < 0 else start
    if isinstance(start, int) and start >= 0 and less(size, length + start):
        c.fail(
            "index-out-of-range",
            f"narrow: {start} + {c.dim_text(length)} exceeds dim {dim} of {c.text(input)}",
            input,
        )
    if isinstance(length, int) and length < 0:
        c.fail("argument-value", f"narrow: length must not be negative, got {length}", input)
    return input.with_(shape=(*dims[:at], length, *dims[at + 1 :]))


@rule("torch.tril", "torch.Tensor.tril", "torch.triu", "torch.Tensor.triu")
def triangle(c: Call, input: Tensor, diagonal: object = 0) -> Tensor:
    """The same shape; at least two dims."""
    shape = c.shape(input)
    if isinstance(shape, tuple) and len(shape) < 2:
        c.fail("rank-mismatch", f"{c.name} needs at least two dims, got {c.text(input)}", input)
    return input.with_()


def _diagonal_length(c: Call, rows: Dim, columns: Dim, offset: int) -> Dim:
    from shapelens.dims import maximum, minimum

    if offset >= 0:
        return maximum(minimum(rows, columns - offset), 0)
    return maximum(minimum(rows + offset, columns), 0)


@rule("torch.diagonal", "torch.Tensor.diagonal", "torch.linalg.diagonal")
def diagonal(c: Call, input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Two dims replaced by their diagonal, put last."""
    dims = c.dims(input)
    if c.path == "torch.linalg.diagonal" and (dim1, dim2) == (0, 1):
        dim1, dim2 = -2, -1
    a, b = c.axes((dim1, dim2), len(dims), input)
    length = _diagonal_length(c, dims[a], dims[b], offset)
    return input.with_(shape=(*[d for i, d in enumerate(dims) if i not in (a, b)], length))


@rule("torch.diag", "torch.Tensor.diag")
def diag(c: Call, input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as a matrix's diagonal, or a matrix's diagonal as a vector."""
    dims = c.dims(input)
    if len(dims) == 1:
        size = dims[0] + abs(diagonal)
        return input.with_(shape=(size, size))
    if len(dims) != 2:
        c.fail("rank-mismatch", f"diag takes a vector or a matrix, got {c.text(input)}", input)
    rows, columns = dims
    if isinstance(rows, int) and isinstance(columns, int) and not -rows <= diagonal <= columns:
        raise NotKnown
    return input.with_(shape=(_diagonal_length(c, rows, columns, diagonal),))


@rule("torch.diag_embed", "torch.Tensor.diag_embed")
def diag_embed(c: Call, input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The last dim as the diagonal of two new ones."""
    dims = c.dims(input)
    if not dims:
        raise NotKnown
    rank = len(dims) + 1
    axes = sorted(c.axes((dim1, dim2), rank, input))
    size = dims[-1] + abs(offset)
    made = list(dims[:-1])
    for at in axes:
        made.insert(at, size)
    return input.with_(shape=tuple(made))


def _at_least(rank: int) -> None:
    def apply(c: Call, *tensors: object) -> object:
        given = c.tensors(flat(tensors)) if len(tensors) != 1 or not isinstance(tensors[0], Tensor) else tensors
        made = []
        for tensor in given:
            dims = c.dims(c.tensor(tensor))
            if rank == 3 and len(dims) < 3:
                dims = {0: (1, 1, 1), 1: (1, *dims, 1), 2: (*dims, 1)}[len(dims)]
            else:
                dims = (1,) * (rank - len(dims)) + dims
            made.append(c.tensor(tensor).with_(shape=dims))
        return made[0] if len(tensors) == 1 and isinstance(tensors[0], Tensor) else tuple(made)

    rule(f"torch.atleast_{rank}d")(apply)


for _rank in (1, 2, 3):
    _at_least(_rank)


# -- the same shape in another dtype, place or memory ---------------------------------------------------------------


@rule(*(f"torch.Tensor.{name}" for name in (
    "contiguous", "clone", "detach", "detach_", "requires_grad_", "cpu", "cuda", "pin_memory", "xpu", 
    "refine_names", "rename", "align_as", "to_dense", "coalesce", "as_subclass", 
    "record_stream",
)), "torch.clone", "torch.detach", )  # fmt: skip
def same(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
    """The same shape and dtype."""
    return self.with_(scalars=self.scalars, origin=self.origin)


def _cast(method: str, dtype: str) -> None:
    def apply(c: Call, self: Tensor, memory_format: object = None) -> Tensor:
        return self.with_(dtype=dtype, origin=self.origin)

    rule(f"torch.Tensor.{method}")(apply)


for _method in ("float", "double", "half", "long", "int", "short", "bool", "bfloat16", "cfloat", "cdouble", "chalf"):
    _cast(_method, ALIASES.get(_method, _method))
_cast("byte", "uint8")
_cast("char", "int8")


@rule("torch.Tensor.to")
def to(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
    """Another dtype (given as such or by another tensor), another device, or both."""
    dtype = self.dtype
    for arg in (*args, kwargs.get("dtype"), kwargs.get("other")):
        if isinstance(arg, Tensor):
            dtype = arg.dtype
        elif isinstance(arg, Lib):
            name = c.dtype(arg)
            dtype = name if name is not None else dtype
        elif type(arg) is Unknown:
            # A device as likely as a dtype.
            dtype = dtype if _names_device(arg) else None
    return self.with_(dtype=dtype, scalars=self.scalars if dtype == self.dtype else None, origin=self.origin)


def _names_device(value: Unknown) -> bool:
    name = value.hole.name if value.hole is not None else value.why
    return isinstance(name, str) and ("device" in name or name in ("cuda", "gpu", "rank", "local_rank"))


@rule("torch.Tensor.type")
def type_(c: Call, self: Tensor, dtype: object = None, non_blocking: object = False) -> object:
    """Without an argument the name of the type, with one a cast."""
    if dtype is None:
        return Scalar("str")
    name = c.dtype(dtype)
    if name is None and isinstance(dtype, Lib) and dtype.name.endswith("Tensor"):
        kind = dtype.name[: -len("Tensor")].lower()
        name = {"byte": "uint8", "char": "int8", "bool": "bool", "bfloat16": "bfloat16"}.get(kind) or ALIASES.get(kind)
    return self.with_(dtype=name)


@rule("torch.Tensor.type_as")
def type_as(c: Call, self: Tensor, other: Tensor) -> Tensor:
    """The other tensor's dtype."""
    return self.with_(dtype=other.dtype)


@rule("torch.Tensor.resize_", "torch.Tensor.resize")
def resize(c: Call, self: Tensor, *sizes: object, memory_format: object = None) -> Tensor:
    """Whatever shape is asked for."""
    return self.with_(shape=tuple(c.ints(flat(sizes))))


@rule("torch.as_strided", "torch.Tensor.as_strided")
def as_strided(c: Call, input: Tensor, size: object, stride: object, storage_offset: object = None) -> Tensor:
    """Whatever shape is asked for."""
    return input.with_(shape=tuple(c.ints(size)))


@rule("torch.view_as_real")
def view_as_real(c: Call, input: Tensor) -> Tensor:
    """A last dim of two parts."""
    parts = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
    if input.dtype is not None and input.dtype not in parts:
        c.fail("dtype-mismatch", f"view_as_real takes complex tensors, got {input.dtype}", input)
    return input.with_(shape=(*c.dims(input), 2), dtype=parts.get(input.dtype or ""))


@rule("torch.view_as_complex")
def view_as_complex(c: Call, input: Tensor) -> Tensor:
    """The last dim, of two, made one complex number."""
    kinds = {"float16": "complex32", "float32": "complex64", "float64": "complex128"}
    dims = c.dims(input)
    if not dims or equal(dims[-1], 2) is False:
        c.fail("shape-mismatch", f"view_as_complex needs a last dim of 2, got {c.text(input)}", input)
    return input.with_(shape=dims[:-1], dtype=kinds.get(input.dtype or ""))
