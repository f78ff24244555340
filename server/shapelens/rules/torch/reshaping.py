"""Changing a tensor's shape but not its elements: view, flatten, permute, squeeze, expand, repeat … and casts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import (
    Dim,
    Expr,
    divides,
    equal,
    exact_quotient,
    floordiv,
    less,
    less_equal,
    maximum,
    minimum,
    product,
)
from shapelens.rules.call import Call, NotKnown, flat
from shapelens.rules.devices import device_kind
from shapelens.rules.registry import attribute, layer, reshaping_in_place, rule, signature
from shapelens.rules.strides import fits, grown, is_packed, ordered, steps
from shapelens.values import Instance, Lib, Open, Ratio, Scalar, Shape, Size, Tensor, Unknown
from shapelens.values.dtypes import ALIASES, BYTES, category
from shapelens.values.tensor import PACKED, Strides

for _name in "t transpose swapaxes swapdims unsqueeze squeeze resize resize_as set as_strided".split():
    reshaping_in_place[f"torch.Tensor.{_name}_"] = True

Replace = Callable[..., Shape]


def axis_of(c: Call, tensor: Tensor, axis: int) -> tuple[Dim, Replace]:
    """The size of a tensor's axis, and a function that gives the shape with other dims in that axis' place.

    An open shape is taught that it has the axis. Fails where there is no such axis, and for rank 0.
    """
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        known = c.at_least(shape, axis + 1, 0) if axis >= 0 else c.at_least(shape, 0, -axis)
        ends = known.prefix if axis >= 0 else known.suffix
        front, back = ends[:axis], ends[axis + 1 :] if axis != -1 else ()
        if axis >= 0:
            return ends[axis], lambda *dims: Open((*front, *dims, *back), known.var, known.suffix)
        return ends[axis], lambda *dims: Open(known.prefix, known.var, (*front, *dims, *back))
    if shape is None:
        raise NotKnown
    if not shape:
        c.fail("rank-mismatch", f"{c.name} needs a tensor of at least one dim, got a tensor of rank 0", tensor)
    at = c.axis(axis, len(shape), tensor)
    return shape[at], lambda *dims: (*shape[:at], *dims, *shape[at + 1 :])


# -- size arguments ------------------------------------------------------------------------------------------------


def size_list(c: Call, given: Sequence[Any]) -> list[Any]:
    """The sizes of `view(2, 3)` or `view((2, 3))`: each a dim, or an Unknown that stands for an int."""
    if len(given) == 1 and isinstance(given[0], Unknown):
        given = (c.store.value(given[0]),)
    return [v if type(v) is int else _size(c, v) for v in flat(given)]


def _size(c: Call, value: Any) -> Any:
    value = c.store.value(value)
    if isinstance(value, Tensor):
        value = value.scalars if isinstance(value.scalars, (int, float)) else Scalar("int")
    if isinstance(value, (float, Ratio)) or (isinstance(value, Scalar) and value.type == "float"):
        shown = f"{value}" if isinstance(value, float) else "a float (`/` gives one, `//` does not)"
        c.fail("argument-value", f"{c.name}: a size must be an int, got {shown}")
    if isinstance(value, Unknown) and (value.hole is None or isinstance(value, Scalar)):
        return value
    return c.dim(value)


def like(c: Call, given: Sequence[Any]) -> Shape:
    """The shape that `view(x.shape)` names where the rank of x is not known yet; None for any other argument."""
    if len(given) == 1 and type(given[0]) is Unknown and isinstance(given[0].why, tuple):
        what, tensor = given[0].why
        return c.shape(tensor) if what == "shape of" else None
    return None


# -- view and reshape ----------------------------------------------------------------------------------------------


@rule("torch.Tensor.view")
def view(c: Call, self: Tensor, *size: object, dtype: object = None) -> Tensor:
    """The same elements in another shape; one size may be -1. Or the same memory read as another dtype."""
    if dtype is not None:
        size = (dtype,)
    if len(size) == 1 and isinstance(size[0], Lib):
        return _view_dtype(c, self, size[0])
    return _viewed(c, self, _reshaped(c, self, size))


@rule("torch.reshape", "torch.Tensor.reshape")
def reshape(c: Call, input: Tensor, *shape: object) -> Tensor:
    """The same elements in another shape; one size may be -1 (torch.reshape page)."""
    return _copied(c, input, _reshaped(c, input, shape))


def _viewed(c: Call, tensor: Tensor, made: Tensor) -> Tensor:
    """The result of `view`, which copies nothing: fails where the elements do not lie as the new shape needs it."""
    if tensor.strides is None or not isinstance(made.shape, tuple):
        return made
    strides = fits(c, tensor, made.shape)
    if strides is False:
        c.fail(
            "not-contiguous",
            f"{c.name} cannot make {c.text(made)} of {c.text(tensor)}: its dims were reordered, cut or "
            f"expanded, so that their elements do not lie in this order in memory; use reshape, or contiguous() before {c.name}",
            tensor,
        )
    made.strides = strides
    return made


def _copied(c: Call, tensor: Tensor, made: Tensor) -> Tensor:
    """The result of `reshape`, which copies where it must."""
    if tensor.strides is not None and isinstance(made.shape, tuple):
        strides = fits(c, tensor, made.shape)
        made.strides = PACKED if strides is False else strides
    return made


def _plain(shape: Shape, given: Sequence[Any]) -> tuple[int, ...] | None:
    """The shape that known sizes give, the usual case done fast; None for any other, and where it fails."""
    sizes: Any = given[0] if len(given) == 1 and type(given[0]) in (tuple, Size) else given
    if type(shape) is not tuple or set(map(type, shape + tuple(sizes))) != {int}:
        return None
    total, count = math.prod(shape), math.prod(sizes)
    if count == total and count > 0 and min(sizes, default=1) > 0:
        return tuple(sizes)
    if count < 0 and min(sizes) == -1 and sizes.count(-1) == 1 and total % count == 0:
        return tuple([total // -count if size == -1 else size for size in sizes])
    return None


def _reshaped(c: Call, tensor: Tensor, given: Sequence[Any]) -> Tensor:
    plain = _plain(tensor.shape, given)
    if plain is not None:
        return tensor.with_(shape=plain)
    target = like(c, given)
    if target is not None:
        return _counted(c, tensor, target)
    sizes = size_list(c, given)
    for size in sizes:
        if isinstance(size, int) and size < -1:
            c.fail("reshape-mismatch", f"{c.name}: invalid size {size}", tensor)
    places = [i for i, d in enumerate(sizes) if d == -1]
    if len(places) > 1:
        c.fail("reshape-mismatch", f"{c.name}: only one size can be -1", tensor)
    if any(isinstance(s, Unknown) for s in sizes):
        # An unknown int may be -1.
        return tensor.with_(shape=tuple([c.fresh("n") if isinstance(s, Unknown) or s == -1 else s for s in sizes]))
    if not places:
        return _counted(c, tensor, tuple(sizes))
    at = places[0]
    shape = c.shape(tensor)
    if shape is None:
        sizes[at] = c.fresh("n")
        return tensor.with_(shape=tuple(sizes))
    total, rest = c.store.numel(shape), c.store.dim(product([*sizes[:at], *sizes[at + 1 :]]))
    if rest == 0 or divides(rest, total) is False:
        _count_failure(c, tensor, total, sizes, rest)
    sizes[at] = exact_quotient(total, rest)
    return tensor.with_(shape=tuple(sizes))


def _counted(c: Call, tensor: Tensor, target: tuple[Dim, ...] | Open) -> Tensor:
    """A shape without -1: fails where the numbers of elements differ."""
    shape = c.shape(tensor)
    if shape is not None and shape != target:
        total, wanted = c.store.numel(shape), c.store.numel(target)
        if total is not wanted and c.store.equate(total, wanted) is False:
            _count_failure(c, tensor, total, [] if isinstance(target, Open) else target, wanted)
    return tensor.with_(shape=target)


def _count_failure(c: Call, tensor: Tensor, total: Dim, dims: Sequence[Dim], wanted: Dim) -> None:
    asked = ", ".join(c.dim_text(d) for d in dims)
    need = "a multiple of " if any(d == -1 for d in dims) else ""
    c.fail(
        "reshape-mismatch",
        f"{c.name}({asked}) needs {need}{c.dim_text(wanted)} elements, {c.text(tensor)} has {c.dim_text(total)}",
        tensor,
        asked=dims,
    )


def _view_dtype(c: Call, tensor: Tensor, dtype: Lib) -> Tensor:
    name = c.dtype(dtype)
    if name is None or tensor.dtype is None:
        raise NotKnown
    before, after = BYTES[tensor.dtype], BYTES[name]
    if before == after:
        return tensor.with_(dtype=name)
    last, replaced = axis_of(c, tensor, -1)
    if before > after:
        return tensor.with_(dtype=name, shape=replaced(last * (before // after)))
    ratio = after // before
    if divides(ratio, last) is False:
        c.fail("reshape-mismatch", f"view({name}): the last dim of {c.text(tensor)} is no multiple of {ratio}", tensor)
    return tensor.with_(dtype=name, shape=replaced(exact_quotient(last, ratio)))


@rule("torch.Tensor.view_as")
def view_as(c: Call, self: Tensor, other: Tensor) -> Tensor:
    """The other tensor's shape."""
    target = c.shape(other)
    return self.with_(shape=None) if target is None else _viewed(c, self, _counted(c, self, target))


@rule("torch.Tensor.reshape_as")
def reshape_as(c: Call, self: Tensor, other: Tensor) -> Tensor:
    """The other tensor's shape."""
    target = c.shape(other)
    return self.with_(shape=None) if target is None else _copied(c, self, _counted(c, self, target))


def flattened(c: Call, tensor: Tensor, start: int, end: int) -> Tensor:
    """The dims from start to end made one; of an open shape, a symbol that stands for their product."""
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        return tensor.with_(shape=_open_flattened(c, shape, start, end))
    dims = c.dims(tensor)
    first, last = c.axis(start, len(dims), tensor), c.axis(end, len(dims), tensor)
    if first > last:
        c.fail("axis-out-of-range", f"{c.name}: start_dim {start} comes after end_dim {end}", tensor)
    made = tensor.with_(shape=(*dims[:first], product(dims[first : last + 1]), *dims[last + 1 :]))
    return _copied(c, tensor, made)


def _open_flattened(c: Call, shape: Open, start: int, end: int) -> Shape:
    if (start >= 0 and end >= 0) or (start < 0 and end < 0):
        if start > end:
            raise NotKnown
        known = c.at_least(shape, end + 1, 0) if start >= 0 else c.at_least(shape, 0, -start)
        part = known.prefix if start >= 0 else known.suffix
        stop = len(part) if end == -1 else end + 1
        made = (*part[:start], product(part[start:stop]), *part[stop:])
        return Open(made, known.var, known.suffix) if start >= 0 else Open(known.prefix, known.var, made)
    if end >= 0:
        raise NotKnown
    known = c.at_least(shape, start, -1 - end)
    cut = len(known.suffix) + 1 + end
    count = c.store.numel(Open(known.prefix[start:], known.var, known.suffix[:cut]))
    return (*known.prefix[:start], count, *known.suffix[cut:])


@rule("torch.flatten", "torch.Tensor.flatten")
def flatten(c: Call, input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Several dims made one (torch.flatten page)."""
    return flattened(c, input, start_dim, end_dim)


@rule("torch.ravel", "torch.Tensor.ravel")
def ravel(c: Call, input: Tensor) -> Tensor:
    """All dims made one."""
    made = flattened(c, input, 0, -1)
    made.strides = PACKED
    return made


@layer("torch.nn.Flatten", "start_dim=1, end_dim=-1")
def flatten_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """As torch.flatten, keeping the batch."""
    start, end = self.attrs["start_dim"], self.attrs["end_dim"]
    if not isinstance(start, int) or not isinstance(end, int):
        raise NotKnown
    return flattened(c, input, start, end)


def unflattened(c: Call, tensor: Tensor, dim: object, sizes: object) -> Tensor:
    """One dim made several; one of the sizes may be -1."""
    if not isinstance(dim, int):
        raise NotKnown
    size, replaced = axis_of(c, tensor, dim)
    parts = size_list(c, (sizes,))
    places = [i for i, p in enumerate(parts) if p == -1]
    if any(isinstance(p, int) and p < -1 for p in parts):
        c.fail("reshape-mismatch", f"{c.name}: a size is negative", tensor)
    if not parts or len(places) > 1:
        c.fail("reshape-mismatch", f"{c.name}: " + ("only one size can be -1" if parts else "no sizes given"), tensor)
    if any(isinstance(p, Unknown) for p in parts):
        return tensor.with_(shape=replaced(*[c.fresh("n") if isinstance(p, Unknown) or p == -1 else p for p in parts]))
    if places:
        at = places[0]
        rest = product([*parts[:at], *parts[at + 1 :]])
        if rest == 0 or divides(rest, size) is False:
            c.fail(
                "reshape-mismatch",
                f"{c.name}: {c.dim_text(size)} does not divide by {c.dim_text(rest)} in dim {dim} of {c.text(tensor)}",
                tensor,
            )
        parts[at] = exact_quotient(size, rest)
    elif c.equate(product(parts), size) is False:
        made = "·".join(c.dim_text(p) for p in parts)
        c.fail(
            "reshape-mismatch",
            f"{c.name}: {made} is {c.dim_text(product(parts))}, dim {dim} of {c.text(tensor)} has {c.dim_text(size)}",
            tensor,
        )
    return tensor.with_(shape=replaced(*parts))


@rule("torch.unflatten", "torch.Tensor.unflatten")
def unflatten(c: Call, input: Tensor, dim: object, sizes: object) -> Tensor:
    """One dim made several (torch.unflatten page)."""
    return unflattened(c, input, dim, sizes)


@layer("torch.nn.Unflatten", "dim, unflattened_size")
def unflatten_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """As torch.unflatten."""
    return unflattened(c, input, self.attrs["dim"], self.attrs["unflattened_size"])


# -- the order of dims ---------------------------------------------------------------------------------------------


@rule("torch.permute", "torch.Tensor.permute")
def permute(c: Call, input: Tensor, *dims: object) -> Tensor:
    """The dims in another order; an open shape is taught its rank."""
    order = flat(dims)
    for i in order:
        if type(i) is not int:
            raise NotKnown
    shape = input.shape
    if type(shape) is not tuple:
        shape = c.dims(input, [("B", "C", "H", "W", "D")[i] if i < 5 else "n" for i in range(len(order))])
    if len(order) != len(shape):
        c.fail("rank-mismatch", f"permute names {len(order)} dims, {c.text(input)} has {len(shape)}", input)
    axes = c.axes(order, len(shape), input)
    return input.with_(shape=tuple([shape[i] for i in axes]), strides=ordered(c, input, axes))


@rule("torch.transpose", "torch.Tensor.transpose", "torch.swapdims", "torch.Tensor.swapdims")
def transpose(c: Call, input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dims exchanged."""
    shape = c.shape(input)
    if isinstance(shape, Open):
        if (dim0 < 0) != (dim1 < 0):
            raise NotKnown
        known = c.at_least(shape, max(dim0, dim1, -1) + 1, max(-dim0, -dim1, 0))
        part = list(known.prefix if dim0 >= 0 else known.suffix)
        part[dim0], part[dim1] = part[dim1], part[dim0]
        ends = (tuple(part), known.suffix) if dim0 >= 0 else (known.prefix, tuple(part))
        return input.with_(shape=Open(ends[0], known.var, ends[1]))
    dims = list(c.dims(input))
    a, b = c.axis(dim0, len(dims), input), c.axis(dim1, len(dims), input)
    axes = list(range(len(dims)))
    if dims:
        dims[a], dims[b] = dims[b], dims[a]
        axes[a], axes[b] = b, a
    return input.with_(shape=tuple(dims), strides=ordered(c, input, axes))


@rule("torch.swapaxes", "torch.Tensor.swapaxes")
def swapaxes(c: Call, input: Tensor, axis0: int, axis1: int) -> Tensor:
    """As transpose."""
    return transpose(c, input, axis0, axis1)


@rule("torch.t", "torch.Tensor.t")
def t(c: Call, input: Tensor) -> Tensor:
    """A matrix transposed; at most two dims."""
    dims = c.dims(input, ("n", "m"))
    if len(dims) > 2:
        c.fail("rank-mismatch", f"t() takes at most two dims, got {c.text(input)}", input)
    return input.with_(shape=dims[::-1], strides=ordered(c, input, range(len(dims) - 1, -1, -1)))


@attribute("torch.Tensor.T")
def transposed(c: Call, self: Tensor) -> Tensor:
    """All dims in reverse."""
    dims = c.dims(self)
    return self.with_(shape=dims[::-1], strides=ordered(c, self, range(len(dims) - 1, -1, -1)))


@attribute("torch.Tensor.mT", "torch.Tensor.mH")
@rule("torch.adjoint", "torch.Tensor.adjoint")
def matrix_transposed(c: Call, self: Tensor) -> Tensor:
    """The last two dims exchanged; a scalar stays what it is."""
    shape = c.shape(self)
    if isinstance(shape, tuple) and len(shape) == 1:
        c.fail("rank-mismatch", f"{c.name} needs at least two dims, got {c.text(self)}", self)
    return self.with_() if shape == () else transpose(c, self, -2, -1)


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
    order = [placed[i] if i in placed else next(rest) for i in range(len(dims))]
    return input.with_(shape=tuple([dims[i] for i in order]), strides=ordered(c, input, order))


# -- dims of size one ----------------------------------------------------------------------------------------------


@rule("torch.squeeze", "torch.Tensor.squeeze")
def squeeze(c: Call, input: Tensor, dim: object = None) -> Tensor:
    """Dims of size 1 removed: all of them, or the named ones that are (torch.squeeze page)."""
    shape = c.shape(input)
    if isinstance(shape, Open) and isinstance(dim, int):
        size, replaced = axis_of(c, input, dim)
        if _may_be_one(size):
            raise NotKnown
        return input.with_(shape=replaced() if size == 1 else shape)
    dims = c.dims(input)
    axes = range(len(dims)) if dim is None else c.axes(dim, len(dims), input)
    if not dims:
        return input.with_()
    if any(_may_be_one(dims[i]) for i in axes):
        raise NotKnown
    kept = [i for i, d in enumerate(dims) if i not in axes or d != 1]
    return input.with_(shape=tuple([dims[i] for i in kept]), strides=ordered(c, input, kept))


def _may_be_one(dim: Dim) -> bool:
    """Whether a symbolic dim is not known to be other than one."""
    return not isinstance(dim, int) and equal(dim, 1) is not False


@rule("torch.unsqueeze", "torch.Tensor.unsqueeze")
def unsqueeze(c: Call, input: Tensor, dim: int) -> Tensor:
    """A dim of size 1 put in."""
    shape = c.shape(input)
    if isinstance(shape, Open):
        front, back = (dim, 0) if dim >= 0 else (0, -dim - 1)
        known = c.at_least(shape, front, back)
        if dim >= 0:
            return input.with_(shape=Open((*known.prefix[:dim], 1, *known.prefix[dim:]), known.var, known.suffix))
        at = len(known.suffix) - back
        return input.with_(shape=Open(known.prefix, known.var, (*known.suffix[:at], 1, *known.suffix[at:])))
    dims = c.dims(input)
    if not -len(dims) - 1 <= dim <= len(dims):
        c.fail("axis-out-of-range", f"unsqueeze: dim {dim} is out of range for {c.text(input)}", input)
    at = dim if dim >= 0 else dim + len(dims) + 1
    strides = input.strides
    if strides is not PACKED and (lie := steps(c, input)) is not None:
        strides = (*lie[:at], 0, *lie[at:])  # the step of a dim of 1 is never taken
    return input.with_(shape=(*dims[:at], 1, *dims[at:]), strides=strides)


# -- repeating -----------------------------------------------------------------------------------------------------


@rule("torch.Tensor.expand")
def expand(c: Call, self: Tensor, *size: object, implicit: object = False) -> Tensor:
    """Dims of size 1 made larger; -1 keeps one (torch.Tensor.expand page)."""
    target = like(c, size)
    if target is not None:
        return self.with_(shape=target)
    return _expanded(c, self, size_list(c, size))


def _expanded(c: Call, tensor: Tensor, sizes: Sequence[Any]) -> Tensor:
    """An Unknown among the sizes is an int that may be -1."""
    shape = c.shape(tensor)
    if not isinstance(shape, tuple):
        if any(isinstance(s, Unknown) or s == -1 for s in sizes):
            raise NotKnown
        return tensor.with_(shape=tuple(sizes))
    lead = len(sizes) - len(shape)
    shown = ", ".join("?" if isinstance(s, Unknown) else c.dim_text(s) for s in sizes)
    if lead < 0:
        c.fail("expand-mismatch", f"{c.name} to ({shown}) has fewer dims than {c.text(tensor)}", tensor)
    made: list[Dim] = []
    for i, size in enumerate(sizes):
        dim = None if i < lead else shape[i - lead]
        if isinstance(size, int) and (size < -1 or (size == -1 and dim is None)):
            if 0 in sizes:
                raise NotKnown  # torch lets it pass where there are no elements
            c.fail("expand-mismatch", f"{c.name}: {size} is not allowed for dim {i}", tensor)
        if isinstance(size, Unknown):
            made.append(c.fresh("n") if dim is None or equal(dim, 1) is not False else dim)
        elif dim is None or dim == 1:
            made.append(1 if size == -1 else size)
        elif size == -1 or dim is size or dim == size:
            made.append(dim)
        else:
            if equal(dim, 1) is False and c.equate(dim, size) is False:
                c.fail(
                    "expand-mismatch",
                    f"{c.name} to ({shown}): dim {i - lead} of {c.text(tensor)} is "
                    f"{c.dim_text(dim)}, not 1 or {c.dim_text(size)}",
                    tensor,
                )
            made.append(size)
    return tensor.with_(shape=tuple(made), strides=grown(c, tensor, made))


@rule("torch.Tensor.expand_as")
def expand_as(c: Call, self: Tensor, other: Tensor) -> Tensor:
    """To the other tensor's shape."""
    target = c.shape(other)
    return _expanded(c, self, target) if isinstance(target, tuple) else self.with_(shape=target)


@rule("torch.broadcast_to", "torch.Tensor.broadcast_to")
def broadcast_to(c: Call, input: Tensor, size: object) -> Tensor:
    """As expand."""
    return expand(c, input, size)


@rule("torch.broadcast_tensors")
def broadcast_tensors(c: Call, *tensors: Tensor) -> object:
    """All tensors in their common shape."""
    if not tensors:
        return ()
    common = c.broadcast(*[c.dims(t) for t in tensors], tensors=tensors)
    return tuple([t.with_(shape=common) for t in tensors])


@rule("torch.Tensor.repeat")
def repeat(c: Call, self: Tensor, *repeats: object) -> Tensor:
    """Each dim repeated; more repeats than dims put new ones in front."""
    return _repeated(c, self, [c.dim(r) for r in size_list(c, repeats)], True)


@rule("torch.tile", "torch.Tensor.tile")
def tile(c: Call, input: Tensor, *dims: object) -> Tensor:
    """As repeat, but fewer repeats than dims are allowed."""
    return _repeated(c, input, [c.dim(r) for r in size_list(c, dims)], False)


def _repeated(c: Call, tensor: Tensor, repeats: Sequence[Dim], strict: bool) -> Tensor:
    dims = c.dims(tensor)
    missing = len(dims) - len(repeats)
    if missing > 0 and strict:
        c.fail("rank-mismatch", f"repeat names {len(repeats)} dims, {c.text(tensor)} has {len(dims)}", tensor)
    padded = (*[1] * -missing, *dims)
    made = tuple([d * r for d, r in zip(padded, (*[1] * missing, *repeats))])
    if any(less(d, 0) is True for d in made):
        c.fail("argument-value", f"{c.name}: a number of repeats is negative", tensor)
    return tensor.with_(shape=made)


@rule("torch.repeat_interleave", "torch.Tensor.repeat_interleave")
def repeat_interleave(
    c: Call, input: Tensor, repeats: object = None, dim: object = None, *, output_size: object = None
) -> Tensor:
    """Each element repeated along a dim, or of the flattened tensor; alone, a tensor of counts gives indices."""
    if repeats is None:
        if len(c.dims(input, ("n",))) != 1:
            c.fail("rank-mismatch", f"repeat_interleave takes a vector of counts, got {c.text(input)}", input)
        total = sum(input.scalars) if isinstance(input.scalars, list) else c.fresh("n", 0)
        return input.with_(shape=(total,))
    if dim is None:
        shape = c.shape(input)
        size: Dim = c.fresh("n") if shape is None else c.store.numel(shape)
        replaced: Replace = lambda *dims: dims  # noqa: E731
        at = "all elements"
    elif isinstance(dim, int):
        size, replaced = axis_of(c, input, dim)
        at = f"dim {dim}"
    else:
        raise NotKnown
    times = c.store.value(repeats)
    if isinstance(times, (list, tuple)):
        raise NotKnown
    if not isinstance(times, Tensor):
        count = c.dim(times)
        if isinstance(count, int) and count < 0:
            c.fail("argument-value", "repeat_interleave: repeats must not be negative", input)
        return input.with_(shape=replaced(size * count))
    counts = c.shape(times)
    one_for_all = counts in ((), (1,))
    if not one_for_all and isinstance(counts, tuple) and (len(counts) != 1 or equal(counts[0], 1) is False):
        if len(counts) != 1 or c.equate(counts[0], size) is False:
            c.fail(
                "repeat-mismatch",
                f"repeat_interleave: {c.text(times)} repeats for {c.dim_text(size)} in {at} of {c.text(input)}",
                times,
                input,
            )
    known = [times.scalars] if isinstance(times.scalars, int) else times.scalars
    if isinstance(output_size, (int, Expr)):
        return input.with_(shape=replaced(c.dim(output_size)))
    if isinstance(known, list) and all(isinstance(n, int) for n in known):
        return input.with_(shape=replaced(size * known[0] if one_for_all else sum(known)))
    return input.with_(shape=replaced(c.fresh("n", 0)))


# -- parts and orders that keep the shape ------------------------------------------------------------------------------


@rule("torch.roll", "torch.Tensor.roll")
def roll(c: Call, input: Tensor, shifts: object, dims: object = ()) -> Tensor:
    """The same shape."""
    shape = c.shape(input)
    moved = 1 if isinstance(dims, int) else len(dims) if isinstance(dims, (tuple, list)) else None
    given = len(shifts) if isinstance(shifts, (tuple, list)) else 1 if isinstance(shifts, (int, Expr)) else None
    if moved is not None and given is not None and moved != given and (moved or given != 1):
        c.fail("argument-value", f"roll: {given} shifts for {moved} dims", input)
    if isinstance(shape, tuple) and moved and 0 not in shape:
        for one in (dims,) if isinstance(dims, int) else dims:  # type: ignore[attr-defined]
            if isinstance(one, int) and shape:
                c.axis(one, len(shape), input)
            elif isinstance(one, int):
                c.fail("rank-mismatch", "roll: a tensor of rank 0 has no dims", input)
    return input.with_()


@rule("torch.flip", "torch.Tensor.flip")
def flip(c: Call, input: Tensor, *dims: object) -> Tensor:
    """The same shape."""
    shape = c.shape(input)
    if isinstance(shape, tuple):
        c.axes(flat(dims), len(shape), input)
    return input.with_()


@rule("torch.flipud", "torch.Tensor.flipud", "torch.fliplr", "torch.Tensor.fliplr")
def flip_rows_or_columns(c: Call, input: Tensor) -> Tensor:
    """The same shape; a matrix or more for its columns."""
    shape, least = c.shape(input), 1 if c.name == "flipud" else 2
    if isinstance(shape, tuple) and len(shape) < least:
        c.fail("rank-mismatch", f"{c.name} needs at least {least} dims, got {c.text(input)}", input)
    return input.with_()


signature(
    "torch.tril|torch.Tensor.tril|torch.triu|torch.Tensor.triu(input, diagonal=0)",
    "*batch rows columns -> *batch rows columns",
)


@rule("torch.rot90", "torch.Tensor.rot90")
def rot90(c: Call, input: Tensor, k: object = 1, dims: object = (0, 1)) -> Tensor:
    """Two dims exchanged at odd quarter turns."""
    shape = list(c.dims(input))
    if not isinstance(dims, (tuple, list)) or not isinstance(k, int):
        raise NotKnown
    if len(dims) != 2 or len(shape) < 2:
        c.fail("rank-mismatch", f"rot90 turns two dims, got {len(dims)} of {c.text(input)}", input)
    a, b = c.axes(dims, len(shape), input)
    if k % 2:
        shape[a], shape[b] = shape[b], shape[a]
    return input.with_(shape=tuple(shape))


@rule("torch.Tensor.unfold")
def unfold(c: Call, self: Tensor, dimension: int, size: Dim, step: Dim) -> Tensor:
    """Windows of a dim: their number in its place, their size as a new last dim (torch.Tensor.unfold page)."""
    if isinstance(step, int) and step <= 0:
        c.fail("argument-value", f"unfold: step must be positive, got {step}", self)
    if isinstance(size, int) and size < 0:
        c.fail("argument-value", f"unfold: size must not be negative, got {size}", self)
    scalar = c.shape(self) == ()
    length, replaced = axis_of(c, self.with_(shape=(1,)) if scalar else self, dimension)
    if less(length, size) is True:
        c.fail(
            "kernel-too-large",
            f"unfold: a window of {c.dim_text(size)} is larger than dim {dimension} of {c.text(self)}",
            self,
        )
    if scalar:
        return self.with_(shape=(size,))
    shape = replaced(floordiv(length - size, step) + 1)
    if isinstance(shape, Open):
        return self.with_(shape=Open(shape.prefix, shape.var, (*shape.suffix, size)))
    assert shape is not None
    return self.with_(shape=(*shape, size))


@rule("torch.narrow", "torch.Tensor.narrow", "torch.narrow_copy", "torch.Tensor.narrow_copy")
def narrow(c: Call, input: Tensor, dim: int, start: object, length: Dim) -> Tensor:
    """`length` elements of a dim from `start` on."""
    size, replaced = axis_of(c, input, dim)
    if isinstance(length, int) and length < 0:
        c.fail("argument-value", f"narrow: length must not be negative, got {length}", input)
    start = c.store.value(start)
    if isinstance(start, Tensor):
        start = start.scalars
    if isinstance(start, (int, Expr)):
        if less(start, 0) is True:
            if less(start, -size) is True:
                _narrow_failure(c, input, dim, start, length)
            start = size + start
        if less_equal(0, start) is True and less(size, start + length) is True:
            _narrow_failure(c, input, dim, start, length)
    return input.with_(shape=replaced(length))


def _narrow_failure(c: Call, input: Tensor, dim: int, start: Dim, length: Dim) -> None:
    c.fail(
        "index-out-of-range",
        f"narrow: {c.dim_text(length)} elements from {c.dim_text(start)} on exceed dim {dim} of {c.text(input)}",
        input,
    )


# -- diagonals -----------------------------------------------------------------------------------------------------


def _diagonal_length(rows: Dim, columns: Dim, offset: int) -> Dim:
    shorter = minimum(rows, columns - offset) if offset >= 0 else minimum(rows + offset, columns)
    return maximum(shorter, 0)


@rule("torch.diagonal", "torch.Tensor.diagonal")
def diagonal(c: Call, input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Two dims replaced by their diagonal, put last."""
    dims = c.dims(input)
    a, b = c.axes((dim1, dim2), len(dims), input)
    length = _diagonal_length(dims[a], dims[b], offset)
    return input.with_(shape=(*[d for i, d in enumerate(dims) if i not in (a, b)], length))


@rule("torch.linalg.diagonal")
def linalg_diagonal(c: Call, A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """As torch.diagonal, of the last two dims."""
    return diagonal(c, A, offset, dim1, dim2)


@rule("torch.diag", "torch.Tensor.diag")
def diag(c: Call, input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as a matrix's diagonal, or a matrix's diagonal as a vector."""
    dims = c.dims(input)
    if len(dims) == 1:
        size = dims[0] + abs(diagonal)
        return input.with_(shape=(size, size))
    if len(dims) != 2:
        c.fail("rank-mismatch", f"diag takes a vector or a matrix, got {c.text(input)}", input)
    return input.with_(shape=(_diagonal_length(*dims, diagonal),))


@rule("torch.diagflat", "torch.Tensor.diagflat")
def diagflat(c: Call, input: Tensor, offset: int = 0) -> Tensor:
    """All elements as the diagonal of a matrix."""
    size = product(c.dims(input)) + abs(offset)
    return input.with_(shape=(size, size))


@rule("torch.diag_embed", "torch.Tensor.diag_embed")
def diag_embed(c: Call, input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The last dim as the diagonal of two new ones."""
    dims = c.dims(input)
    axes = sorted(c.axes((dim1, dim2), len(dims) + 1, input))
    if not dims:
        raise NotKnown
    size = dims[-1] + abs(offset)
    made = list(dims[:-1])
    for at in axes:
        made.insert(at, size)
    return input.with_(shape=tuple(made))


def _at_least(rank: int) -> None:
    def lifted(c: Call, tensor: Tensor) -> Tensor:
        dims = c.dims(tensor)
        if rank == 3 and len(dims) in (1, 2):
            return tensor.with_(shape=(1, *dims, 1) if len(dims) == 1 else (*dims, 1))
        return tensor.with_(shape=(1,) * (rank - len(dims)) + dims)

    def apply(c: Call, *tensors: object) -> object:
        if len(tensors) == 1 and isinstance(tensors[0], (Tensor, Unknown)):
            return lifted(c, c.tensor(tensors[0]))
        return tuple([lifted(c, t) for t in c.tensors(flat(tensors))])

    rule(f"torch.atleast_{rank}d")(apply)


for _rank in (1, 2, 3):
    _at_least(_rank)


# -- the same shape in another dtype, place or memory ---------------------------------------------------------------


def device_of(c: Call, value: object, default: str | None = None) -> str | None:
    """The kind of a device argument ("cuda" for "cuda:1"); None where it is not known."""
    return default if value is None else device_kind(c, value)


@rule(*(f"torch.Tensor.{name}" for name in (
    "contiguous", "clone", "detach", "detach_", "pin_memory", "refine_names", "rename", "align_as",
    "coalesce", "as_subclass", "share_memory_",
)), "torch.clone", "torch.detach")  # fmt: skip
def same(c: Call, input: Tensor, *args: object, **kwargs: object) -> Tensor:
    """The same shape and dtype."""
    return input.with_(scalars=input.scalars, origin=input.origin, strides=_kept(c, input))


def _kept(c: Call, tensor: Tensor) -> Strides:
    """The strides of what shares the tensor's memory, or copies it as it lies."""
    if c.name in ("detach", "detach_"):
        return tensor.strides
    return PACKED if tensor.strides is not None and is_packed(c, tensor) else None


@rule("torch.Tensor.requires_grad_")
def requires_grad_(c: Call, self: Tensor, requires_grad: object = True) -> Tensor:
    """The tensor itself; only floating point ones can require gradients."""
    if requires_grad is True:
        needs_float(c, self)
    return self


def needs_float(c: Call, tensor: Tensor) -> None:
    """Fails where the tensor cannot require gradients."""
    if tensor.dtype is not None and category(tensor.dtype) < 2:
        c.fail(
            "dtype-mismatch",
            f"{c.name}: only tensors of floating point or complex numbers can require gradients, got {tensor.dtype}",
            tensor,
        )


def _moved(method: str) -> None:
    def apply(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
        return self.with_(scalars=self.scalars, origin=self.origin, device=method)

    rule(f"torch.Tensor.{method}")(apply)


for _method in ("cpu", "cuda", "xpu"):
    _moved(_method)


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
    dtype, device = self.dtype, self.device
    other = kwargs.get("other")
    for arg in (*args[:2], *([other] if other is not None else [])):
        arg = c.store.value(arg)
        if isinstance(arg, Tensor):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, Lib):
            dtype = c.dtype(arg, dtype) or dtype
        elif isinstance(arg, (str, Instance, int)) and not isinstance(arg, bool):
            device = device_of(c, arg)
        elif type(arg) is Unknown and not _names_device(arg):
            dtype = device = None  # a dtype as likely as a device
        elif arg is not None and not isinstance(arg, bool):
            device = None
    if "dtype" in kwargs and kwargs["dtype"] is not None:
        dtype = c.dtype(c.store.value(kwargs["dtype"]))
    device = device_of(c, kwargs.get("device"), device)
    return self.with_(
        dtype=dtype, device=device, scalars=self.scalars if dtype == self.dtype else None, origin=self.origin
    )


def _names_device(value: Unknown) -> bool:
    name = value.hole.name if value.hole is not None else value.why
    return isinstance(name, str) and any(word in name.lower() for word in ("dev", "cuda", "gpu", "cpu", "rank"))


# The types of tensors by their old names, without "Tensor".
LEGACY = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Byte": "uint8", "Char": "int8", "Bool": "bool",
}  # fmt: skip


@rule("torch.Tensor.type")
def type_(c: Call, self: Tensor, dtype: object = None, non_blocking: object = False) -> object:
    """Without an argument the name of the type, with one a cast."""
    if dtype is None:
        return Scalar("str")
    dtype = c.store.value(dtype)
    named = dtype.name if isinstance(dtype, Lib) else dtype.rpartition(".")[2] if isinstance(dtype, str) else ""
    found = LEGACY.get(named.removesuffix("Tensor")) if "Tensor" in named else c.dtype(dtype)
    return self.with_(dtype=found, device=None)  # "torch.cuda.FloatTensor" names a device too


@rule("torch.Tensor.type_as")
def type_as(c: Call, self: Tensor, other: Tensor) -> Tensor:
    """The other tensor's dtype."""
    return self.with_(dtype=other.dtype, device=other.device)


@rule("torch.Tensor.resize", "torch.Tensor.resize_")
def resize(c: Call, self: Tensor, *sizes: object, memory_format: object = None) -> Tensor:
    """Whatever shape is asked for."""
    return self.with_(shape=tuple([c.dim(s) for s in size_list(c, sizes)]))


@rule("torch.Tensor.resize_as", "torch.Tensor.resize_as_")
def resize_as(c: Call, self: Tensor, other: Tensor, memory_format: object = None) -> Tensor:
    """The other tensor's shape."""
    return self.with_(shape=c.shape(other))


@rule("torch.as_strided", "torch.Tensor.as_strided")
def as_strided(c: Call, input: Tensor, size: object, stride: object, storage_offset: object = None) -> Tensor:
    """Whatever shape is asked for."""
    wanted, steps = c.ints(size), c.ints(stride)
    if len(wanted) != len(steps):
        c.fail("argument-value", f"{c.name}: {len(wanted)} sizes and {len(steps)} strides", input)
    if any(less(s, 0) is True for s in steps):
        c.fail("argument-value", f"{c.name}: strides cannot be negative, got {c.text(steps)}", input)
    return input.with_(shape=tuple([c.dim(s) for s in size_list(c, (size,))]))


_PARTS = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_WHOLES = {part: whole for whole, part in _PARTS.items()}


@rule("torch.view_as_real")
def view_as_real(c: Call, input: Tensor) -> Tensor:
    """A last dim of two parts."""
    if input.dtype is not None and input.dtype not in _PARTS:
        c.fail("dtype-mismatch", f"view_as_real takes complex tensors, got {input.dtype}", input)
    return input.with_(shape=(*c.dims(input), 2), dtype=_PARTS.get(input.dtype or ""))


@rule("torch.view_as_complex")
def view_as_complex(c: Call, input: Tensor) -> Tensor:
    """The last dim, of two, made one complex number."""
    if input.dtype is not None and input.dtype not in _WHOLES:
        c.fail("dtype-mismatch", f"view_as_complex takes float16, float32 or float64, got {input.dtype}", input)
    size, replaced = axis_of(c, input, -1)
    if c.equate(size, 2) is False:
        c.fail("shape-mismatch", f"view_as_complex needs a last dim of 2, got {c.text(input)}", input)
    return input.with_(shape=replaced(), dtype=_WHOLES.get(input.dtype or ""))
