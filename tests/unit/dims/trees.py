"""Random dimensions, each with a plain Python function that computes the same number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from shapelens.dims import Dim, Symbol, TooComplex, as_symbol, exact_quotient, maximum, minimum, symbol

EXPRS = (
    symbol("H"),
    symbol("W"),
    symbol("T", 2),
    symbol("n", 0),
    symbol("k", None),
)
SYMBOLS = tuple(found for found in map(as_symbol, EXPRS) if found is not None)


class Inexact(ArithmeticError):
    """An exact division that leaves a remainder at this assignment."""


@dataclass(frozen=True)
class Tree:
    """`dim` is None where building it failed, because it divides by zero or is too long."""

    dim: Dim | None
    value: Callable[[Mapping[Symbol, int]], int]
    source: str

    def __repr__(self) -> str:
        return self.source


def _leaf_symbol(index: int) -> Tree:
    found = SYMBOLS[index]
    return Tree(EXPRS[index], lambda env: env[found], found.name)


def _leaf_int(number: int) -> Tree:
    return Tree(number, lambda env: number, str(number))


def _exact(a: int, b: int) -> int:
    if a % b:
        raise Inexact
    return a // b


BINARY: dict[str, tuple[Callable[[Dim, Dim], Dim], Callable[[int, int], int]]] = {
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: a - b, lambda a, b: a - b),
    "*": (lambda a, b: a * b, lambda a, b: a * b),
    "//": (lambda a, b: a // b, lambda a, b: a // b),
    "%": (lambda a, b: a % b, lambda a, b: a % b),
    "min": (minimum, min),
    "max": (maximum, max),
}
EXACT = (exact_quotient, _exact)


def _join(operator: str, left: Tree, right: Tree) -> Tree:
    symbolic, plain = EXACT if operator == "exact" else BINARY[operator]
    dim: Dim | None = None
    if left.dim is not None and right.dim is not None:
        try:
            dim = symbolic(left.dim, right.dim)
        except (ZeroDivisionError, TooComplex, ValueError):
            dim = None
    return Tree(dim, lambda env: plain(left.value(env), right.value(env)), f"({left} {operator} {right})")


def trees(leaves: int = 8, exact: bool = False, operators: tuple[str, ...] = tuple(BINARY)) -> st.SearchStrategy[Tree]:
    """Random trees over the five symbols and small numbers."""
    leaf = st.one_of(
        st.integers(0, len(EXPRS) - 1).map(_leaf_symbol),
        st.integers(-4, 12).map(_leaf_int),
    )
    names = [*operators, "exact"] if exact else list(operators)

    by_numbers = [name for name in operators if name not in ("min", "max")]

    def extend(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        number = st.integers(1, 12).map(_leaf_int)
        by_number = st.builds(_join, st.sampled_from(by_numbers), inner, number)
        return st.one_of(st.builds(_join, st.sampled_from(names), inner, inner), by_number)

    return st.recursive(leaf, extend, max_leaves=leaves).filter(lambda tree: tree.dim is not None)


@st.composite
def assignments(draw: st.DrawFn) -> dict[Symbol, int]:
    """Values at or above each symbol's minimum; small ones mostly."""
    values = {}
    for each in SYMBOLS:
        least = -20 if each.minimum is None else each.minimum
        values[each] = draw(st.one_of(st.integers(least, least + 9), st.integers(least, 300)))
    return values


def envs(count: int = 5) -> st.SearchStrategy[list[dict[Symbol, int]]]:
    return st.lists(assignments(), min_size=count, max_size=count)
