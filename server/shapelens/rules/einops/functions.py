"""einops: rearrange, reduce, repeat, einsum, parse_shape, asnumpy."""

from __future__ import annotations

import string
from typing import Any

from shapelens.dims import Dim
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.einops.patterns import CODE, DOTS, Malformed, Side, lengths, match, parse_side, shape_of, sides_of
from shapelens.rules.einsum import einsum_multiply_adds, einsum_shape
from shapelens.rules.registry import alias, rule
from shapelens.rules.work import formula
from shapelens.values import Tensor
from shapelens.values.dtypes import category

alias("einops.einops", "einops")
REDUCTIONS = ("min", "max", "sum", "mean", "prod", "any", "all")


def _stacked(c: Call, value: object) -> Tensor:
    """A list of tensors is stacked into one first."""
    if not isinstance(value, (list, tuple)):
        return c.tensor(value)
    tensors = c.tensors(value)
    if not tensors:
        raise NotKnown
    shape = c.dims(tensors[0])
    for tensor in tensors[1:]:
        other = c.dims(tensor)
        message = f"{c.name}: the tensors of the list differ: {c.text(shape)} and {c.text(other)}"
        if len(other) != len(shape):
            c.fail(CODE, message, tensors[0], tensor)
        for a, b in zip(shape, other):
            c.require(a, b, CODE, message, tensors[0], tensor)
    return tensors[0].with_(shape=(len(tensors), *shape))


def rearranged(c: Call, tensor: Tensor, pattern: str, given: dict[str, Any]) -> Tensor:
    """Every axis is on both sides."""
    left, right = sides_of(c, pattern)
    if any(a.isdigit() for side in (left, right) for a in side.axes):
        c.fail(CODE, f"{c.name}: '{pattern}': numbers other than 1 are not allowed")
    one_sided = sorted(set(left.axes) ^ set(right.axes))
    if one_sided:
        c.fail(CODE, f"{c.name}: {', '.join(one_sided)} is on one side only of '{pattern}'")
    sizes = lengths(c, pattern, given, left, right)
    match(c, left, tensor, sizes)
    return tensor.with_(shape=shape_of(c, right, sizes))


def reduced(c: Call, tensor: Tensor, pattern: str, reduction: object, given: dict[str, Any]) -> Tensor:
    """Axes that are not on the right are reduced."""
    left, right = sides_of(c, pattern)
    if isinstance(reduction, str) and reduction not in REDUCTIONS:
        c.fail(CODE, f"{c.name}: '{reduction}' is no reduction; there are {', '.join(REDUCTIONS)}")
    extra = sorted(set(right.names) - set(left.names))
    if extra:
        c.fail(CODE, f"{c.name}: {', '.join(extra)} is on the right only of '{pattern}'")
    if any(a.isdigit() for a in right.axes):
        raise NotKnown
    sizes = lengths(c, pattern, given, left, right)
    match(c, left, tensor, sizes)
    reduces = not set(left.axes) - {"1"} <= set(right.axes)
    return tensor.with_(shape=shape_of(c, right, sizes), dtype=_reduced_dtype(c, tensor, reduction, reduces))


def _reduced_dtype(c: Call, tensor: Tensor, reduction: object, reduces: bool) -> str | None:
    dtype = tensor.dtype
    if not reduces:  # then nothing is called
        return dtype
    if not isinstance(reduction, str):
        return None
    if reduction == "mean" and dtype is not None and category(dtype) < 2 and tensor.library == "torch":
        c.fail("dtype-mismatch", f"{c.name}: the mean needs a float tensor, got {dtype}", tensor)
    if reduction in ("min", "max", "mean"):
        return dtype
    if tensor.library != "torch" or dtype is None:
        return None
    if reduction in ("any", "all"):
        return "uint8" if dtype == "uint8" else "bool"
    return "int64" if category(dtype) < 2 else dtype


@rule("einops.rearrange")
def rearrange(c: Call, /, tensor: object, pattern: str, **axes_lengths: Any) -> Tensor:
    return rearranged(c, _stacked(c, tensor), pattern, axes_lengths)


@rule("einops.reduce")
def reduce(c: Call, /, tensor: object, pattern: str, reduction: object, **axes_lengths: Any) -> Tensor:
    return reduced(c, _stacked(c, tensor), pattern, reduction, axes_lengths)


@rule("einops.repeat")
def repeat(c: Call, /, tensor: object, pattern: str, **axes_lengths: Any) -> Tensor:
    """Axes that are on the right only are new; their sizes must be given."""
    left, right = sides_of(c, pattern)
    lost = sorted(set(left.names) - set(right.names))
    if lost:
        c.fail(CODE, f"repeat: {', '.join(lost)} is on the left only of '{pattern}'")
    if any(a.isdigit() for a in left.axes):
        raise NotKnown
    missing = sorted(set(right.names) - set(left.names) - set(axes_lengths))
    if missing:
        c.fail(CODE, f"repeat: the size of {', '.join(missing)} in '{pattern}' must be given")
    value = _stacked(c, tensor)
    sizes = lengths(c, pattern, axes_lengths, left, right)
    match(c, left, value, sizes)
    return value.with_(shape=shape_of(c, right, sizes))


@rule("einops.einsum")
def einsum(c: Call, *tensors_and_pattern: object) -> Tensor:
    """The pattern comes last, its axes have whole words as names."""
    *values, pattern = tensors_and_pattern
    if not isinstance(pattern, str):
        if any(isinstance(v, str) for v in values):
            c.fail("call-arguments", "einsum: the pattern must be the last argument")
        raise NotKnown
    tensors = c.tensors(values)
    letters: dict[str, str] = {}
    shape = einsum_shape(c, _equation(c, pattern, letters), tensors, {v: k for k, v in letters.items()})
    dtypes = {t.dtype for t in tensors}
    return Tensor(shape, dtypes.pop() if len(dtypes) == 1 else None, tensors[0].library, tensors[0].device)


@formula("einops.einsum")
def einsum_cost(c: Call, result: object, *tensors_and_pattern: Any) -> Dim:
    """As torch.einsum's."""
    *values, pattern = tensors_and_pattern
    return einsum_multiply_adds(c, _equation(c, pattern, {}), c.tensors(values))


def _equation(c: Call, pattern: str, letters: dict[str, str]) -> str:
    """The pattern in torch's language; `letters` takes the letter of each name."""
    left, arrow, right = pattern.partition("->")
    if not arrow:
        c.fail(CODE, f"einsum: '{pattern}': it needs an '->'")
    terms = [_letters(c, text, letters) for text in (*left.split(","), right)]
    return ",".join(terms[:-1]) + "->" + terms[-1]


def _letters(c: Call, text: str, letters: dict[str, str]) -> str:
    """A term of a pattern in torch's language: one letter for each name."""
    found = []
    for word in text.replace(DOTS, f" {DOTS} ").split():
        if word == DOTS:
            found.append(word)
        elif not word.isidentifier():
            raise NotKnown
        else:
            found.append(letters.setdefault(word, string.ascii_letters[len(letters) % 52]))
    return "".join(found)


@rule("einops.parse_shape")
def parse_shape(c: Call, x: Tensor, pattern: str) -> object:
    """The sizes of the named axes as a dict; `_` stands for any."""
    words = pattern.split()
    numbered = " ".join(f"any{i}" if w == "_" else w for i, w in enumerate(words))
    side = _side(c, numbered)
    if any(len(g) > 1 for g in side.groups):
        raise NotKnown
    sizes: dict[str, Any] = {}
    match(c, side, x, sizes)
    return {name: sizes[name] for name in words if name in sizes and name != DOTS}


def _side(c: Call, text: str) -> Side:
    try:
        return parse_side(text)
    except Malformed as error:
        c.fail(CODE, f"{c.name}: '{text}': {error}")


@rule("einops.asnumpy")
def asnumpy(c: Call, tensor: Tensor) -> Tensor:
    return tensor.with_(library="numpy")
