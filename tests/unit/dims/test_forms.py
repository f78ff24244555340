"""Canonical forms and how they are written."""

from __future__ import annotations

import copy
from functools import reduce

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.dims import (
    Dim,
    Expr,
    TooComplex,
    as_symbol,
    ascii_text,
    bounds,
    ceildiv,
    divides,
    equal,
    evaluate,
    exact_quotient,
    floordiv,
    is_known,
    less,
    less_equal,
    maximum,
    minimum,
    mod,
    product,
    substitute,
    symbol,
    symbols,
    text,
)

B, C, H, W, T, d, h, n, m = (symbol(name) for name in ["B", "C", "H", "W", "T", "d", "h", "n", "m"])


def conv(size: Dim, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Dim:
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def resnet(size: Dim) -> Dim:
    return reduce(lambda each, layer: conv(each, *layer), [(7, 2, 3), (3, 2, 1), (3, 2, 1), (3, 2, 1), (3, 2, 1)], size)


WRITTEN: list[tuple[Dim, str, str]] = [
    (H, "H", "H"),
    (2 * d, "2·d", "2*d"),
    (H - 2, "H - 2", "H-2"),
    (T + 1, "T + 1", "T+1"),
    (64 - H, "64 - H", "64-H"),
    (-H, "-H", "-H"),
    (-H - 1, "-H - 1", "-H-1"),
    (1 - W + H, "H - W + 1", "H-W+1"),
    (B * T, "B·T", "B*T"),
    (T * B, "B·T", "B*T"),
    (n + m, "n + m", "n+m"),
    (m + n, "n + m", "n+m"),
    (H * H, "H²", "H**2"),
    (3 * H * H * W + H + 1, "3·H²·W + H + 1", "3*H**2*W+H+1"),
    (2 * H + 2, "2·H + 2", "2*H+2"),
    (B * (T + 1), "B·(T + 1)", "B*(T+1)"),
    (16 * (H - 2) * (W - 2), "16·(H - 2)·(W - 2)", "16*(H-2)*(W-2)"),
    (-(H - 2) * (W - 2), "-(H - 2)·(W - 2)", "-(H-2)*(W-2)"),
    ((H + 31) // 32, "⌈H/32⌉", "(H+31)//32"),
    (ceildiv(H, 32), "⌈H/32⌉", "(H+31)//32"),
    (H // 32, "⌊H/32⌋", "H//32"),
    (-(H // 32), "-⌊H/32⌋", "-(H//32)"),
    ((H - 2) // 4, "⌊(H - 2)/4⌋", "(H+2)//4-1"),
    ((H + 1) // 3, "⌊(H + 1)/3⌋", "(H+1)//3"),
    ((H - 4) // 2, "⌊H/2⌋ - 2", "H//2-2"),
    (((H - 4) // 2 - 4) // 2, "⌊H/4⌋ - 3", "H//4-3"),
    (conv(H, 7, 2, 3), "⌈H/2⌉", "(H+1)//2"),
    (conv(conv(H, 7, 2, 3), 3, 2, 1), "⌈H/4⌉", "(H+3)//4"),
    (resnet(H), "⌈H/32⌉", "(H+31)//32"),
    (((H + 1) // 2 + 1) // 2, "⌈H/4⌉", "(H+3)//4"),
    (3 * (H // 2), "3·⌊H/2⌋", "3*(H//2)"),
    (3 * H // 2, "⌊3·H/2⌋", "3*H//2"),
    (16 * (H // 4 - 3) * (W // 4 - 3), "16·(⌊H/4⌋ - 3)·(⌊W/4⌋ - 3)", "16*(H//4-3)*(W//4-3)"),
    ((H + T - 1) // T, "⌈H/T⌉", "(H-1)//T+1"),
    (ceildiv(H, T), "⌈H/T⌉", "(H-1)//T+1"),
    (H // (T + 1), "⌊H/(T + 1)⌋", "H//(T+1)"),
    (H // (2 * T), "⌊H/(2·T)⌋", "H//(2*T)"),
    (H % 4, "H mod 4", "H%4"),
    (2 * (H % 4), "2·(H mod 4)", "2*(H%4)"),
    (-(H % 4), "-(H mod 4)", "-(H%4)"),
    ((H + 1) % 4, "(H + 1) mod 4", "(H+1)%4"),
    (minimum(T, 8), "min(T, 8)", "min(T,8)"),
    (maximum(T - 8, 0), "max(T - 8, 0)", "max(T-8,0)"),
    (maximum(H, W) - 1, "max(H, W) - 1", "max(H,W)-1"),
    (exact_quotient(B * T * d, h), "B·T·d/h", "B*T*d//h"),
    (exact_quotient(d, 8), "d/8", "d//8"),
    (2 * exact_quotient(d, h), "2·(d/h)", "2*(d//h)"),
]


@pytest.mark.parametrize(("dim", "pretty", "plain"), WRITTEN, ids=[row[2] for row in WRITTEN])
def test_writing(dim: Dim, pretty: str, plain: str) -> None:
    assert text(dim) == pretty
    assert ascii_text(dim) == plain


def test_numbers_and_names_in_writing() -> None:
    assert text(64) == ascii_text(64) == "64"
    assert text(-3) == "-3"
    assert text(H + W, lambda each: each.name.lower()) == "h + w"
    assert repr(H + 1) == "Expr(H+1)"


SAME: list[tuple[Dim, Dim]] = [
    ((4 * H + 2) // 2, 2 * H + 1),
    ((H * W * 6) // 3, 2 * H * W),
    ((2 * H + 2) // 4, (H + 1) // 2),
    ((B * T * d) // (B * T), d),
    (((B + 1) * H * W) // (H * W), B + 1),
    ((H * H - W * W) // (H + W), H - W),
    ((B * T + T - 1) // T, B),
    ((B * T - 1) // T, B - 1),
    ((H // T) // W, H // (T * W)),
    ((H // T) // 2, H // (2 * T)),
    (2 * H // (2 * W), H // W),
    (H * T // (W * T), H // W),
    (H // -2, -((H + 1) // 2)),
    ((4 * H + 6) % 4, 2),
    ((5 * H) % 4, H % 4),
    ((H % 8) % 4, H % 4),
    ((H % 4) % 8, H % 4),
    ((H % 4) // 4, 0),
    ((2 * H + 1) % 4, 2 * (H % 2) + 1),
    ((H * T) % T, 0),
    ((H * W) % (T * W), W * (H % T)),
    (H - H % 4, 4 * (H // 4)),
    (4 * (H // 4) + H % 4, H),
    (H + (-H) % 7, 7 * ((H + 6) // 7)),
    (H + (7 - H % 7) % 7, 7 * ((H + 6) // 7)),
    ((H + (7 - H % 7) % 7) // 7, (H + 6) // 7),
    (H + H % 2, 2 * ((H + 1) // 2)),
    (W + H + (-H) % 7, W + 7 * ((H + 6) // 7)),
    (minimum(H, H + 1), H),
    (minimum(H // 2, H), H // 2),
    (maximum(H, 1), H),
    (maximum(H, 0, 1), H),
    (minimum(minimum(H, 5), minimum(7, W)), minimum(W, H, 5)),
    (maximum(3, 4), 4),
    (product([]), 1),
    (product([2, H, 3]), 6 * H),
    (H**2, H * H),
    (H**0, 1),
]


@pytest.mark.parametrize(("left", "right"), SAME, ids=[ascii_text(right) for _, right in SAME])
def test_one_form(left: Dim, right: Dim) -> None:
    assert left == right
    assert hash(left) == hash(right)


def test_rounded_division_is_not_undone() -> None:
    assert (H // 4) * 4 != H
    assert equal((H // 4) * 4, H) is None
    assert ((B * T * d) // h) * h != B * T * d


def test_exact_quotient_is_undone() -> None:
    rest = exact_quotient(B * T * d, B * T * h)
    assert product((B, T, h, rest)) == B * T * d
    assert rest * h == d
    assert ((rest * B) * h) * T == B * T * d
    for order in ((h, rest, B, T), (rest, T, h, B)):
        assert product(order) == B * T * d
    spread = exact_quotient(d, (H + 1) * (W + 1))
    assert spread * (H + 1) * (W + 1) == d
    assert exact_quotient(d, 8) * 3 + 5 * exact_quotient(d, 8) == d
    assert exact_quotient(exact_quotient(d, h), 2) * 2 * h == d
    assert exact_quotient(H + (-H) % 7, 7) == (H + 6) // 7
    assert exact_quotient(12, 4) == 3
    with pytest.raises(ValueError, match="5 does not divide 12"):
        exact_quotient(12, 5)


def test_results_without_symbols_are_plain_integers() -> None:
    for dim in (H - H, H // H, (H + 1) - H, 0 * H, H % 1, (H * 2) % 2, minimum(H, 1), substitute(H + 1, {_s(H): 2})):
        assert type(dim) is int
    assert is_known(3)
    assert not is_known(H)


def _s(dim: Dim):
    found = as_symbol(dim)
    assert found is not None
    return found


def test_symbols() -> None:
    first, second = symbol("x"), symbol("x")
    assert first != second
    assert as_symbol(first + 1) is None
    assert as_symbol(2 * first) is None
    assert as_symbol(3) is None
    assert symbols((first + second) // 2 * H) == {_s(first), _s(second), _s(H)}
    assert symbols(3) == frozenset()
    assert copy.deepcopy(first) == first


def test_errors() -> None:
    with pytest.raises(TypeError):
        bool(H)
    with pytest.raises(TypeError):
        H < 3  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError):
        H + "1"  # type: ignore[operator]
    for divide in (floordiv, mod, exact_quotient):
        with pytest.raises(ZeroDivisionError):
            divide(H, 0)
    with pytest.raises(TooComplex):
        (H + W + T + 1) ** 20
    with pytest.raises(TypeError):
        H**-1
    with pytest.raises(KeyError):
        evaluate(H, {})


DECIDED: list[tuple[bool | None, bool | None]] = [
    (equal(16 * H, 500), False),
    (equal(2 * H + 1, 4), False),
    (equal(H, 0), False),
    (equal(H, 1), None),
    (equal(H, W), None),
    (equal(H * H, 50), False),
    (equal(H * H, 49), None),
    (equal(H, H + 1), False),
    (equal((H - 1) // 2 + 1, (H + 1) // 2), True),
    (equal(H // 2 + (H + 1) // 2, H), True),
    (equal(H - H // 2, (H + 1) // 2), True),
    (equal(H // 2 - H // 4, (H // 2 + 1) // 2), True),
    (equal(2 * (H // 2), H), None),
    (equal(2 * (H // 2), H + 1), False),
    (equal(ceildiv(H, 32), 0), False),
    (equal(H % 4, 4), False),
    (equal(minimum(H, 8), 9), False),
    (equal(H + (7 - H % 7) % 7, 7 * ceildiv(H, 7)), True),
    (equal(exact_quotient(H, W), H // W), True),
    (less(H // 2, H), True),
    (less_equal(H % 4, 3), True),
    (less(H, H + W), True),
    (less(H + 1, H), False),
    (less(B * T - T, 0), False),
    (less_equal(T, B * T), True),
    (less(H, W), None),
    (less(0, ceildiv(H, 32)), True),
    (less_equal(minimum(H, W), W), True),
    (less_equal(W, maximum(H, W)), True),
    (less(H % T, T), True),
    (divides(4, 4 * H), True),
    (divides(4, H), None),
    (divides(4, 4 * H + 2), False),
    (divides(7, H + (-H) % 7), True),
    (divides(H, H * W + H), True),
    (divides(H + 9, 8), False),
    (divides(T, 0), True),
    (divides(5, 12), False),
]


@pytest.mark.parametrize("index", range(len(DECIDED)))
def test_decisions(index: int) -> None:
    found, wanted = DECIDED[index]
    assert found is wanted


def test_bounds() -> None:
    assert bounds(5) == (5, 5)
    assert bounds(H) == (1, None)
    assert bounds(minimum(H, 8)) == (1, 8)
    assert bounds(H % 4) == (0, 3)
    assert bounds(-H) == (None, -1)
    assert bounds(H - H // 2) == (1, None)
    assert bounds(H - 2 * (H // 2)) == (0, 1)
    assert bounds(symbol("k", None)) == (None, None)
    assert bounds(symbol("k", 3) * 2) == (6, None)


monomials = st.lists(st.tuples(st.integers(-5, 5), st.lists(st.integers(0, 2), max_size=3)), min_size=1, max_size=4)
NAMES = sympy.symbols("H W T")


def _both(rows: list[tuple[int, list[int]]]) -> tuple[Dim, sympy.Expr]:
    mine: Dim = 0
    theirs: sympy.Expr = sympy.Integer(0)
    for coef, powers in rows:
        mine = mine + product([coef, *((H, W, T)[index] for index in powers)])
        theirs = theirs + sympy.Integer(coef) * sympy.prod([NAMES[index] for index in powers])
    return mine, theirs


def _coefficients(dim: Dim) -> dict[tuple[int, int, int], int]:
    if not isinstance(dim, Expr):
        return {(0, 0, 0): dim} if dim else {}
    atoms = [_s(H), _s(W), _s(T)]
    return {tuple(mono.count(atom) for atom in atoms): coef for mono, coef in dim.terms.items()}


@settings(max_examples=60, deadline=None)
@given(monomials, monomials)
def test_polynomials_are_what_sympy_says(left: list[tuple[int, list[int]]], right: list[tuple[int, list[int]]]) -> None:
    a, sym_a = _both(left)
    b, sym_b = _both(right)
    for mine, theirs in ((a * b, sym_a * sym_b), (a - b, sym_a - sym_b), (a * a - b, sym_a**2 - sym_b)):
        expected = {key: int(value) for key, value in sympy.Poly(theirs, *NAMES).as_dict().items() if value}
        assert _coefficients(mine) == expected
    if not (isinstance(b, int) and b == 0):
        assert (a * b) // b == a
        assert (a * b) % b == 0
