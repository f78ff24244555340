"""einops: pack and unpack, which join tensors along dims of any number and split them again."""

from __future__ import annotations

from shapelens.dims import Dim, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.einops.patterns import CODE
from shapelens.rules.registry import rule
from shapelens.values import List, Size, Tensor


def _places(c: Call, pattern: str) -> tuple[list[str], list[str]]:
    """The axes before the star and those behind it."""
    words = pattern.split()
    if words.count("*") != 1:
        c.fail(CODE, f"{c.name}: '{pattern}' must have one '*'")
    if len(set(words)) != len(words):
        c.fail(CODE, f"{c.name}: '{pattern}' has an axis twice")
    star = words.index("*")
    return words[:star], words[star + 1 :]


@rule("einops.pack")
def pack(c: Call, tensors: object, pattern: str) -> object:
    """The dims at the star become one, along which all are joined; also the dims that each tensor had there."""
    front, back = _places(c, pattern)
    given = c.tensors(tensors)
    if not given:
        raise NotKnown
    runs: list[tuple[Dim, ...]] = []
    first: tuple[Dim, ...] | None = None
    for tensor in given:
        shape = c.dims(tensor)
        if len(shape) < len(front) + len(back):
            c.fail(CODE, f"pack: {c.text(tensor)} has fewer dims than '{pattern}'", tensor)
        split = len(shape) - len(back)
        named = shape[: len(front)] + shape[split:]
        runs.append(shape[len(front) : split])
        if first is None:
            first = named
            continue
        for name, a, b in zip((*front, *back), first, named):
            message = f"pack: {name} is {c.dim_text(a)} in {c.text(given[0])} and {c.dim_text(b)} in {c.text(tensor)}"
            c.require(a, b, CODE, message, given[0], tensor)
    assert first is not None
    joined: Dim = 0
    for run in runs:
        joined = joined + product(run)
    shape = (*first[: len(front)], joined, *first[len(front) :])
    same = len({t.dtype for t in given}) == 1
    packed = given[0].with_(shape=c.store.dims(shape), dtype=given[0].dtype if same else None)
    return packed, List([Size(run) for run in runs])


@rule("einops.unpack")
def unpack(c: Call, tensor: Tensor, packed_shapes: object, pattern: str) -> object:
    """Split the dim at the star into these shapes; one of them may hold a single -1."""
    front, back = _places(c, pattern)
    if not isinstance(packed_shapes, (list, tuple)) or (isinstance(packed_shapes, List) and packed_shapes.rest):
        raise NotKnown
    shape = c.dims(tensor, [*front, "N", *back])
    if len(shape) != len(front) + 1 + len(back):
        c.fail(CODE, f"unpack: '{pattern}' has {len(front) + 1 + len(back)} dims, got {c.text(tensor)}", tensor)
    runs = [c.ints(run) for run in packed_shapes]
    whole = shape[len(front)]
    unknown = [i for i, run in enumerate(runs) if -1 in run]
    if len(unknown) > 1:
        c.fail(CODE, "unpack: more than one of the shapes has a -1")
    if unknown:
        runs[unknown[0]] = _inferred(c, runs, unknown[0], whole)
    else:
        total: Dim = 0
        for run in runs:
            total = total + product(run)
        message = f"unpack: the shapes hold {c.dim_text(total)}, the dim has {c.dim_text(whole)} in {c.text(tensor)}"
        c.require(total, whole, CODE, message, tensor)
    return List([tensor.with_(shape=(*shape[: len(front)], *run, *shape[len(front) + 1 :])) for run in runs])


def _inferred(c: Call, runs: list[tuple[Dim, ...]], place: int, whole: Dim) -> tuple[Dim, ...]:
    """The shape with its -1 replaced by what the others leave."""
    run = runs[place]
    if len(run) != 1:
        raise NotKnown
    left = whole
    for i, other in enumerate(runs):
        if i != place:
            left = left - product(other)
    if isinstance(left, int) and left < 0:
        raise NotKnown
    return (left,)
