"""keras.layers that make one tensor of several, and the functions of the same names.

    Add, Subtract, Multiply, Average, Maximum, Minimum   (B, 3, 4), (B, 4) -> (B, 3, 4): all but the batch broadcasts
    Concatenate(axis=-1)                                 (B, 3, 4), (B, 3, 5) -> (B, 3, 9)
    Dot(axes=1)                                          (B, D), (B, D) -> (B, 1)

Source: keras.src.layers.merging.base_merge.Merge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, equal
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.layer import compute_dtype, keras_layer
from shapelens.rules.registry import rule
from shapelens.values import Instance, List, Open, Tensor, Unknown
from shapelens.values.dtypes import FLOATS

_ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")


def _listed(c: Call, inputs: object, least: int = 1, exact: int | None = None) -> list[Tensor]:
    """The inputs of a merge; fails for one tensor alone, and for a number of them that the layer does not take."""
    value = c.store.value(inputs)
    wanted = f"a list of {exact} inputs" if exact is not None else "a list of inputs"
    if isinstance(value, Tensor):
        c.fail("call-arguments", f"{c.name} expects {wanted}, got one tensor {c.text(value)}", value)
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    if len(value) < least or exact is not None and len(value) != exact:
        c.fail("call-arguments", f"{c.name} expects {wanted}, got {len(value)}")
    return [converted(c, v) for v in value]


def _same_batch(c: Call, tensors: Sequence[Tensor], shapes: Sequence[tuple[Dim, ...]]) -> Dim:
    """The batch size that all share; fails where two known ones differ. A known one goes before a symbol."""
    batch = shapes[0][0]
    for tensor, shape in zip(tensors[1:], shapes[1:]):
        if isinstance(batch, int) and isinstance(shape[0], int) and batch != shape[0]:
            c.fail(
                "batch-mismatch",
                f"{c.name} expects inputs of the same batch size, got {c.text(tensors[0])} and {c.text(tensor)}",
                tensors[0],
                tensor,
            )
        if not isinstance(batch, int) and isinstance(shape[0], int):
            batch = shape[0]
    return batch


def _merged_dtype(c: Call, self: Instance | None, tensors: Sequence[Tensor]) -> str | None:
    """Symbolic inputs give the layer's compute dtype, whatever theirs is; others what they are promoted to."""
    wanted = compute_dtype(c, self) if self is not None else c.keras_policy and "float32"
    if any(t.library == "keras" for t in tensors):
        return wanted
    # A function makes the layer and calls it, which casts what floats.
    dtypes = {wanted if self is None and t.dtype in FLOATS else t.dtype for t in tensors}
    if len(dtypes) == 1:
        return dtypes.pop()
    return wanted if None not in dtypes and any(d in FLOATS for d in dtypes) else None


def _elementwise(c: Call, self: Instance | None, inputs: object, exact: int | None = None) -> Tensor:
    tensors = _listed(c, inputs, exact=exact)
    dtype = _merged_dtype(c, self, tensors)
    if c.name.lower() == "average" and dtype not in FLOATS:
        dtype = None
    shapes = [c.shape(t) for t in tensors]
    if not all(isinstance(s, tuple) for s in shapes):
        return Tensor(common_shape(c, tensors), dtype)
    known = [c.dims(t) for t in tensors]
    if not all(known):
        raise NotKnown
    batch = _same_batch(c, tensors, known)
    out = known[0][1:]
    for tensor, shape in zip(tensors[1:], known[1:]):
        try:
            out = c.broadcast(out, shape[1:])
        except Failure:
            c.fail(
                "broadcast-mismatch",
                f"{c.name}: {c.text(tensors[0])} and {c.text(tensor)} cannot be broadcast{_at(c, out, shape[1:])}",
                *tensors,
            )
    return Tensor((batch, *out), dtype)


def _at(c: Call, a: Sequence[Dim], b: Sequence[Dim]) -> str:
    """Where two shapes differ: `: 3 against 5 in axis -2`."""
    for i in range(1, min(len(a), len(b)) + 1):
        if equal(a[-i], b[-i]) is False and a[-i] != 1 and b[-i] != 1:
            return f": {c.dim_text(a[-i])} against {c.dim_text(b[-i])} in axis -{i}"
    return ""


def _register(name: str) -> None:
    exact = 2 if name == "Subtract" else None

    def forward(c: Call, self: Instance, inputs: object) -> Tensor:
        """Elementwise over a list of inputs; a lower rank is filled up behind the batch."""
        return _elementwise(c, self, inputs, exact)

    def function(c: Call, inputs: object, **kwargs: object) -> Tensor:
        """As the layer."""
        return _elementwise(c, None, inputs, exact)

    keras_layer(name)(forward)
    rule(f"keras.layers.{name.lower()}")(function)


for _name in _ELEMENTWISE:
    _register(_name)


# -- Concatenate ---------------------------------------------------------------------------------------------------


@keras_layer("Concatenate", "axis=-1")
def concatenate_layer(c: Call, self: Instance, inputs: object) -> Tensor:
    """Along one axis; all others are the same."""
    return _concatenated(c, self, inputs, self.attrs.get("axis"))


@rule("keras.layers.concatenate")
def concatenate(c: Call, inputs: object, axis: object = -1, **kwargs: object) -> Tensor:
    """As the layer."""
    return _concatenated(c, None, inputs, axis)


def _concatenated(c: Call, self: Instance | None, inputs: object, axis: Any) -> Tensor:
    tensors = _listed(c, inputs)
    dtype = _merged_dtype(c, self, tensors)
    axis = c.store.value(axis)
    if len(tensors) == 1:
        return Tensor(c.shape(tensors[0]), dtype)  # whatever the axis
    if not isinstance(axis, int):
        raise NotKnown
    shapes = _ranked(c, tensors)
    if any(isinstance(s, Open) for s in shapes):
        return Tensor(_open_concatenated(c, shapes, axis), dtype)
    first = shapes[0]
    for tensor, shape in zip(tensors, shapes):
        if len(shape) != len(first):
            c.fail(
                "concat-mismatch",
                f"{c.name} expects inputs of one rank, got {c.text(tensors[0])} and {c.text(tensor)}",
                tensors[0],
                tensor,
            )
    at = c.axis(axis, len(first), tensors[0])
    out = list(first)
    for tensor, shape in zip(tensors[1:], shapes[1:]):
        for i, (a, b) in enumerate(zip(out, shape)):
            if i == at:
                out[i] = a + b
            elif i == 0 and not (isinstance(a, int) and isinstance(b, int)):
                out[i] = a if isinstance(a, int) else b if isinstance(b, int) else a
            elif c.equate(a, b) is False:
                c.fail(
                    "concat-mismatch",
                    f"{c.name}: {c.text(tensors[0])} and {c.text(tensor)} differ in axis {i}: {c.dim_text(a)} against "
                    f"{c.dim_text(b)}; only axis {axis} may",
                    tensors[0],
                    tensor,
                )
    return Tensor(tuple(out), dtype)


def _ranked(c: Call, tensors: Sequence[Tensor]) -> list[Any]:
    """The inputs' shapes; an open one is taught the rank of a known one."""
    ranks = {len(s) for s in map(c.shape, tensors) if isinstance(s, tuple)}
    if len(ranks) == 1:
        names = tuple(f"d{i}" for i in range(ranks.pop()))
        return [c.dims(t, names) for t in tensors]
    shapes = [c.shape(t) for t in tensors]
    if None in shapes:
        raise NotKnown
    return shapes


def _open_concatenated(c: Call, shapes: Sequence[Any], axis: int) -> Any:
    """Of open shapes along their last axis."""
    if axis != -1 or not all(isinstance(s, Open) for s in shapes):
        raise NotKnown
    known = [c.at_least(s, 0, 1) for s in shapes]
    total = sum([k.suffix[-1] for k in known[1:]], start=known[0].suffix[-1])
    return Open(known[0].prefix, known[0].var, (*known[0].suffix[:-1], total))


# -- Dot -----------------------------------------------------------------------------------------------------------


def _check_axes(c: Call, self: Instance) -> None:
    value = c.store.value(self.attrs.get("axes"))
    if isinstance(value, (float, str, type(None))):
        c.fail("argument-value", f"{c.name}: axes must be an int or 2 ints, got {value!r}")
    if (
        isinstance(value, (tuple, list))
        and not (isinstance(value, List) and value.rest is not None)
        and len(value) != 2
    ):
        c.fail("argument-value", f"{c.name}: axes must be an int or 2 ints, got {len(value)}")


@keras_layer("Dot", "axes, normalize=False", setup=_check_axes)
def dot_layer(c: Call, self: Instance, inputs: object) -> Tensor:
    """The products of one axis of each, summed, for each sample."""
    return _dotted(c, self, inputs, self.attrs.get("axes"))


@rule("keras.layers.dot")
def dot(c: Call, inputs: object, axes: object = -1, **kwargs: object) -> Tensor:
    """As the layer."""
    return _dotted(c, None, inputs, axes)


def _dotted(c: Call, self: Instance | None, inputs: object, axes: Any) -> Tensor:
    x, y = _listed(c, inputs, exact=2)
    axes = c.store.value(axes)
    pair = (axes, axes) if isinstance(axes, int) else tuple(c.store.value(a) for a in axes) if _is_pair(axes) else ()
    if len(pair) != 2 or not all(isinstance(a, int) for a in pair):
        raise NotKnown
    a, b = c.dims(x), c.dims(y)
    if len(a) < 2 or len(b) < 2:
        tensor = x if len(a) < 2 else y
        if x.library == "keras":
            raise NotKnown  # building a model does not ask, running it does
        c.fail("rank-mismatch", f"{c.name} expects inputs of rank 2 or more, got {c.text(tensor)}", tensor)
    if isinstance(axes, int) and axes < 0:
        pair = (axes % len(a), axes % len(b))  # one below -rank wraps around too
    at = c.axis(pair[0], len(a), x), c.axis(pair[1], len(b), y)
    if c.equate(a[at[0]], b[at[1]]) is False:
        c.fail(
            "shape-mismatch",
            f"{c.name}: axis {pair[0]} of {c.text(x)} has {c.dim_text(a[at[0]])}, axis {pair[1]} of {c.text(y)} has "
            f"{c.dim_text(b[at[1]])}: they must be the same",
            x,
            y,
        )
    if 0 in at:
        if x.library == "keras":
            raise NotKnown  # building a model does not ask, running it does
        c.fail("axis-out-of-range", f"{c.name}: axis 0 is the batch, it cannot be summed over", x, y)
    batch = a[0] if x.library == "keras" else _same_batch(c, (x, y), (a, b))
    rest = (*_without(a, at[0]), *_without(b, at[1]))
    return Tensor((batch, *(rest or (1,))), _merged_dtype(c, self, (x, y)))


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and not isinstance(value, Unknown) and len(value) == 2


def _without(dims: Sequence[Dim], axis: int) -> tuple[Dim, ...]:
    """All but the batch and one axis."""
    return (*dims[1:axis], *dims[axis + 1 :])
