"""The einsum language, `"bij,bjk->bik"`: torch, numpy and keras share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shapelens.dims import Dim, equal, product
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.values import Open, Tensor

CODE = "einsum-mismatch"


@dataclass(frozen=True)
class Term:
    """The letters before an ellipsis and behind it; without one all letters are in front."""

    front: str
    back: str
    ellipsis: bool

    @property
    def letters(self) -> str:
        """All letters in order."""
        return self.front + self.back


def _term(c: Call, text: str) -> Term:
    front, dots, back = text.partition("...")
    if "." in front or "." in back or (not (front + back).isalpha() and front + back):
        c.fail(CODE, f"einsum: '{text}' must be letters and at most one ellipsis")
    return Term(front, back, bool(dots))


def _implicit(terms: Sequence[Term]) -> Term:
    """Without an arrow: the ellipsis, then the letters that occur once, in alphabetical order."""
    every = "".join(t.letters for t in terms)
    once = "".join(sorted(x for x in set(every) if every.count(x) == 1))
    return Term("", once, any(t.ellipsis for t in terms))


def einsum_shape(
    c: Call, equation: str, tensors: Sequence[Tensor], names: Mapping[str, str] | None = None, ones: bool = True
) -> tuple[Dim, ...]:
    """The shape that comes out. Open operands without an ellipsis are taught their rank.

    `names` says what the letters are called in messages, where they are not called so.

    Fails with `einsum-mismatch`, naming the letter and both sizes. With `ones`, a size of 1 is broadcast between operands.
    """
    names = names or {}
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = [_term(c, text) for text in left.split(",")]
    if len(terms) != len(tensors):
        c.fail(CODE, f"einsum: '{equation}' has {len(terms)} operands, {len(tensors)} tensors were given", *tensors)
    output = _term(c, right) if arrow else _implicit(terms)
    sizes: dict[str, Dim] = {}
    rest: tuple[Dim, ...] = ()
    for index, (term, tensor) in enumerate(zip(terms, tensors)):
        dims = _dims(c, term, tensor, index, names)
        split = len(dims) - len(term.back)
        if term.ellipsis:
            rest = _joined_rest(c, rest, dims[len(term.front) : split], tensors)
        ends = dims[: len(term.front)] + dims[split:]
        for letter, dim in _own_sizes(c, zip(term.letters, ends), tensor, names).items():
            if not ones and letter in sizes and equal(sizes[letter], dim) is False:
                had = c.dim_text(sizes[letter])
                c.fail(CODE, f"einsum: '{letter}' is {had} in one operand, {c.dim_text(dim)} in another", *tensors)
            sizes[letter] = (
                _joined(c, names.get(letter, letter), sizes[letter], dim, tensors) if letter in sizes else dim
            )
    for letter in output.letters:
        if letter not in sizes:
            c.fail(CODE, f"einsum: '{names.get(letter, letter)}' of the output is in no operand")
        if output.letters.count(letter) > 1:
            c.fail(CODE, f"einsum: '{names.get(letter, letter)}' is twice in the output")
    front, back = [sizes[x] for x in output.front], [sizes[x] for x in output.back]
    return (*front, *(rest if output.ellipsis else ()), *back)


def _dims(c: Call, term: Term, tensor: Tensor, index: int, names: Mapping[str, str]) -> tuple[Dim, ...]:
    shape = c.shape(tensor)
    if isinstance(shape, Open) and not term.ellipsis:
        shape = c.store.rank(shape, [names.get(x, x) for x in term.letters])
    if not isinstance(shape, tuple):
        raise NotKnown
    fits = len(shape) >= len(term.letters) if term.ellipsis else len(shape) == len(term.letters)
    if not fits:
        parts = [*term.front, *(["..."] if term.ellipsis else []), *term.back]
        named = (" " if names else "").join(names.get(x, x) for x in parts)
        c.fail(
            CODE,
            f"einsum: operand {index + 1} is '{named}' ({len(term.letters)} dims), got {c.text(tensor)}",
            tensor,
        )
    return shape


def _own_sizes(c: Call, pairs: Iterable[tuple[str, Dim]], tensor: Tensor, names: Mapping[str, str]) -> dict[str, Dim]:
    """The size of each letter in one operand: a repeated letter (a diagonal) must have one size."""
    found: dict[str, Dim] = {}
    for letter, dim in pairs:
        if letter in found:
            sizes = f"{c.dim_text(found[letter])} and {c.dim_text(dim)}"
            message = f"einsum: '{names.get(letter, letter)}' is {sizes} in {c.text(tensor)}"
            c.require(found[letter], dim, CODE, message, tensor)
        else:
            found[letter] = dim
    return found


def _joined(c: Call, letter: str, a: Dim, b: Dim, tensors: Sequence[Tensor]) -> Dim:
    try:
        return c.broadcast((a,), (b,))[0]
    except Failure:
        c.fail(CODE, f"einsum: '{letter}' is {c.dim_text(a)} in one operand, {c.dim_text(b)} in another", *tensors)


def _joined_rest(c: Call, a: tuple[Dim, ...], b: tuple[Dim, ...], tensors: Sequence[Tensor]) -> tuple[Dim, ...]:
    try:
        return c.broadcast(a, b)
    except Failure:
        c.fail(CODE, f"einsum: the dims {c.text(a)} and {c.text(b)} of '...' cannot be broadcast", *tensors)


def einsum_multiply_adds(c: Call, equation: str, tensors: Sequence[Tensor]) -> Dim:
    """Of two operands: the product of all sizes, if a letter is summed over that both have; else none.

    A letter that one operand alone has, and not the output, is summed away before. One operand is never multiplied;
    of more than two it depends on the order.
    """
    if len(tensors) == 1:
        return 0
    if len(tensors) != 2:
        raise NotKnown
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = [_term(c, text) for text in left.split(",")]
    output = _term(c, right) if arrow else _implicit(terms)
    shared = set(terms[0].letters) & set(terms[1].letters)
    if not shared - set(output.letters):
        return 0
    sizes: dict[str, Dim] = {}
    rests: list[tuple[Dim, ...]] = []
    for term, tensor in zip(terms, tensors):
        dims = c.dims(tensor)
        split = len(dims) - len(term.back)
        rests.append(dims[len(term.front) : split])
        for letter, dim in zip(term.letters, dims[: len(term.front)] + dims[split:]):
            if sizes.get(letter, 1) == 1:
                sizes[letter] = dim
    rest = c.broadcast(*rests)
    return product([sizes[x] for x in sizes if x in shared or x in output.letters]) * product(rest)
