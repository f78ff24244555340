"""Formulas from sizes: right where the points show enough, none where they do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import equal, symbol
from shapelens.oracle.fitting import Formula, Point, fit, is_evidence, points, value


def fitted(function: Callable[..., int], *minimums: int, where: Callable[..., bool] = lambda *_: True) -> Any:
    worked = [point for point in points(minimums) if where(*point)]
    assert is_evidence(worked, len(minimums))
    return fit(worked, [function(*point) for point in worked], len(minimums))


@pytest.mark.parametrize(
    ("function", "count", "text"),
    [
        (lambda s: 7, 1, lambda s: 7),
        (lambda s: s, 1, lambda s: s),
        (lambda s: 3 * s + 1, 1, lambda s: 3 * s + 1),
        (lambda s: s - 2, 1, lambda s: s - 2),
        (lambda s: (s + 1) // 2, 1, lambda s: (s + 1) // 2),
        (lambda s: (s - 1) // 3 + 1, 1, lambda s: (s + 2) // 3),
        (lambda s: (2 * s + 1) // 3, 1, lambda s: (2 * s + 1) // 3),
        (lambda a, b: a * b, 2, lambda a, b: a * b),
        (lambda a, b: 4 * a * b + a + 7, 2, lambda a, b: 4 * a * b + a + 7),
        (lambda a, b, c: a * b * c, 3, lambda a, b, c: a * b * c),
        (lambda a, b, c, d: a * b + c * d, 4, lambda a, b, c, d: a * b + c * d),
    ],
)
def test_what_libraries_do_to_sizes(function: Any, count: int, text: Any) -> None:
    formula = fitted(function, *[1] * count)
    dims = [symbol("s") for _ in range(count)]
    assert equal(value(formula, dims), text(*dims)) is True


def test_least_and_greatest() -> None:
    assert fitted(min, 1, 1) == ["min", ["s", 0], ["s", 1]]
    assert fitted(lambda s: max(s, 8), 1) == ["max", ["s", 0], 8]
    formula = fitted(lambda s, t: max(s - 3, 0), 1, 1)
    assert [value(formula, (size, 5)) for size in (1, 2, 3, 4, 500)] == [0, 0, 0, 1, 497]


def test_a_common_factor() -> None:
    formula = fitted(lambda s: 4 * (s // 2), 1)
    assert [value(formula, (size,)) for size in (1, 2, 3, 4, 555)] == [0, 4, 4, 8, 1108]


def test_sizes_that_only_some_multiples_have() -> None:
    formula = fitted(lambda a, b: b // 4, 1, 1, where=lambda a, b: b % 4 == 0)
    assert [value(formula, (5, size)) for size in (4, 400, 1024)] == [1, 100, 256]


@pytest.mark.parametrize(
    "function",
    [
        lambda s: s * s * s,
        lambda s: s * (s - 1) // 2,
        lambda s: 1 if s == 1 else s + 1,
        lambda s: s if s % 2 else s + 1,
        lambda s: s.bit_length(),
        lambda s: max(s * s + s, 9),
        lambda s: min(max(s - 3, 1), 100),
    ],
)
def test_no_formula_is_better_than_a_wrong_one(function: Any) -> None:
    assert fitted(function, 1) is None


def test_a_formula_that_changes_at_a_number_of_the_call() -> None:
    worked = points((1,), near=(4096,))
    assert fit(worked, [min(size, 4096) for (size,) in worked], 1) == ["min", ["s", 0], 4096]


def test_dims_of_the_call_that_are_made_of_symbols() -> None:
    worked = [(h, w, (h + 6) // 7, (w + 6) // 7) for h, w in points((1, 1))]
    assert fit(worked, [a * b for _, _, a, b in worked], 2) == ["*", ["s", 2], ["s", 3]]
    assert fit(worked, [49 * a for _, _, a, _ in worked], 2) == ["*", 49, ["s", 2]]


def test_what_works_at_few_sizes_shows_nothing() -> None:
    assert not is_evidence([], 1)
    assert not is_evidence([(1, 64), (3, 64), (1, 7), (3, 9)], 2)
    assert not is_evidence([(n,) for n in range(1, 14)], 1)
    assert is_evidence([(1,), (2,), (3,), (17,)], 1)
    assert is_evidence([()], 0) is True


def test_points_keep_to_the_least_values_and_tell_symbols_apart() -> None:
    found = points((1, 5, 0))
    assert all(b >= 5 for _, b, _ in found)
    assert {a for a, _, _ in found} >= {1, 2, 3}
    assert {c for _, _, c in found} >= {0, 1}
    assert all(len(set(point)) == 3 for point in found[:2])
    assert points(()) == ((),)


coefficients = st.integers(-5, 20)


@given(a=st.integers(1, 6), b=st.integers(-3, 20), d=st.integers(1, 6), at=st.integers(1, 5000))
def test_a_fitted_line_holds_everywhere(a: int, b: int, d: int, at: int) -> None:
    formula = fitted(lambda s: (a * s + b) // d, 5)
    if formula is not None:
        assert value(formula, (at + 5,)) == (a * (at + 5) + b) // d
    else:
        assert d > 1


@given(st.lists(coefficients, min_size=4, max_size=4), st.integers(1, 3000), st.integers(1, 3000))
def test_a_fitted_plane_holds_everywhere(c: list[int], x: int, y: int) -> None:
    def function(p: int, q: int) -> int:
        return c[0] + c[1] * p + c[2] * q + c[3] * p * q

    formula: Formula = fitted(function, 1, 1)
    assert value(formula, (x, y)) == function(x, y)


@given(st.lists(st.tuples(st.integers(1, 100)), min_size=4, max_size=12, unique=True), st.data())
def test_a_formula_gives_back_all_that_it_was_made_from(worked: list[Point], data: st.DataObject) -> None:
    sizes = [data.draw(st.integers(0, 50)) for _ in worked]
    formula = fit(worked, sizes, 1)
    if formula is not None:
        assert [value(formula, point) for point in worked] == sizes
