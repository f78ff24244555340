"""Every law of the algebra, held against plain integers on random trees."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from trees import EXPRS, SYMBOLS, Inexact, Tree, assignments, envs, trees

from shapelens.dims import (
    Binding,
    Dim,
    Expr,
    Impossible,
    Symbol,
    TooComplex,
    ascii_text,
    bounds,
    ceildiv,
    divides,
    equal,
    evaluate,
    exact_quotient,
    isolate,
    less,
    less_equal,
    product,
    substitute,
    text,
)

FAST = settings(max_examples=120, deadline=None)


def value_at(tree: Tree, env: dict[Symbol, int]) -> int | None:
    try:
        return tree.value(env)
    except (ZeroDivisionError, Inexact):
        return None


@FAST
@given(trees(), envs())
def test_expression_has_the_value_that_python_computes(tree: Tree, samples: list[dict[Symbol, int]]) -> None:
    for env in samples:
        value = value_at(tree, env)
        if value is not None:
            assert evaluate(tree.dim, env) == value


@FAST
@given(trees(exact=True), envs())
def test_exact_quotients_have_the_value_of_the_division(tree: Tree, samples: list[dict[Symbol, int]]) -> None:
    for env in samples:
        value = value_at(tree, env)
        if value is not None:
            assert evaluate(tree.dim, env) == value


@FAST
@given(trees(), envs())
def test_bounds_hold(tree: Tree, samples: list[dict[Symbol, int]]) -> None:
    low, high = bounds(tree.dim)
    for env in samples:
        value = value_at(tree, env)
        if value is not None:
            assert low is None or low <= value
            assert high is None or value <= high


@FAST
@given(trees(6), trees(6), envs(8))
def test_comparisons_hold(left: Tree, right: Tree, samples: list[dict[Symbol, int]]) -> None:
    same, below, at_most = equal(left.dim, right.dim), less(left.dim, right.dim), less_equal(left.dim, right.dim)
    divided = divides(right.dim, left.dim)
    for env in samples:
        a, b = value_at(left, env), value_at(right, env)
        if a is None or b is None:
            continue
        assert same is None or same is (a == b)
        assert below is None or below is (a < b)
        assert at_most is None or at_most is (a <= b)
        assert divided is None or b == 0 or divided is (a % b == 0)


@FAST
@given(trees(5), st.integers(-20, 20), envs(8))
def test_comparisons_with_numbers_hold(tree: Tree, number: int, samples: list[dict[Symbol, int]]) -> None:
    same, below, above = equal(tree.dim, number), less(tree.dim, number), less(number, tree.dim)
    divided = divides(number, tree.dim)
    for env in samples:
        value = value_at(tree, env)
        if value is None:
            continue
        assert same is None or same is (value == number)
        assert below is None or below is (value < number)
        assert above is None or above is (number < value)
        assert divided is None or number == 0 or divided is (value % number == 0)


@FAST
@given(
    trees(), st.dictionaries(st.sampled_from(SYMBOLS), st.one_of(st.integers(1, 40), st.sampled_from(EXPRS))), envs(3)
)
def test_substitution_commutes_with_evaluation(
    tree: Tree, mapping: dict[Symbol, Dim], samples: list[dict[Symbol, int]]
) -> None:
    try:
        replaced = substitute(tree.dim, mapping)
    except (ZeroDivisionError, TooComplex):
        return
    for env in samples:
        moved = {**env, **{each: evaluate(value, env) for each, value in mapping.items()}}
        if any(each.minimum is not None and value < each.minimum for each, value in moved.items()):
            continue
        value = value_at(tree, moved)
        if value is not None:
            assert evaluate(replaced, env) == value


@FAST
@given(trees(), assignments())
def test_substituting_every_symbol_gives_a_number(tree: Tree, env: dict[Symbol, int]) -> None:
    value = value_at(tree, env)
    assume(value is not None)
    replaced = substitute(tree.dim, env)
    assert type(replaced) is int
    assert replaced == value


@FAST
@given(trees())
def test_ascii_text_is_a_python_expression_of_the_same_value(tree: Tree) -> None:
    env = {each: 7 + index * 5 for index, each in enumerate(SYMBOLS)}
    value = value_at(tree, env)
    if value is not None:
        names = {each.name: number for each, number in env.items()} | {"min": min, "max": max}
        assert eval(ascii_text(tree.dim), {"__builtins__": {}}, names) == value
    assert " " not in ascii_text(tree.dim)
    assert text(tree.dim) == text(substitute(tree.dim, dict(zip(SYMBOLS, EXPRS))))


@FAST
@given(trees(5), trees(5), trees(5))
def test_ring_laws_hold_structurally(a: Tree, b: Tree, c: Tree) -> None:
    x, y, z = a.dim, b.dim, c.dim
    assert x + y == y + x
    assert hash(x + y) == hash(y + x)
    assert x * y == y * x
    assert equal((x + y) + z, x + (y + z))
    assert equal(x * (y + z), x * y + x * z)
    assert x - x == 0
    assert equal(0 - (0 - x), x)
    assert x + 0 == x
    assert x * 1 == x
    assert x * 0 == 0


@FAST
@given(trees(6, operators=("+", "-", "*")), st.integers(1, 12), st.integers(1, 12), st.integers(-12, 12))
def test_divisions_by_numbers_have_one_form(tree: Tree, a: int, c: int, b: int) -> None:
    x = tree.dim
    assert (x // a) // c == x // (a * c)
    assert equal(x // a * a + x % a, x)
    assert equal((x // a + b) // c, (x + a * b) // (a * c))
    assert equal(ceildiv(x, a), (x + a - 1) // a)
    assert equal(x - x // 2, (x + 1) // 2) is not False


@FAST
@given(trees(6), st.integers(1, 12), st.integers(1, 12), st.integers(-12, 12))
def test_laws_of_division_hold_for_all_trees(tree: Tree, a: int, c: int, b: int) -> None:
    x = tree.dim
    assert equal((x * c) // (a * c), x // a)
    assert equal((a * x + b) // a, x + b // a)
    assert equal((a * x) % a, 0)
    assert equal(x // a * a + x % a, x) is not False


@FAST
@given(trees(5, operators=("+", "*")), trees(4, operators=("+", "*")))
def test_exact_quotient_times_divisor_is_the_dividend(num: Tree, den: Tree) -> None:
    if den.dim == 0:
        return
    try:
        quotient = exact_quotient(num.dim, den.dim)
    except ValueError:
        assert divides(den.dim, num.dim) is False
        return
    assert equal(quotient * den.dim, num.dim)
    assert equal(product((quotient, den.dim)), num.dim)


@FAST
@given(trees(5), trees(4), envs(8))
def test_isolate_says_only_what_follows(left: Tree, right: Tree, samples: list[dict[Symbol, int]]) -> None:
    found = isolate(left.dim, right.dim)
    for env in samples:
        a, b = value_at(left, env), value_at(right, env)
        if a is None or b is None or a != b:
            continue
        assert not isinstance(found, Impossible)
        if isinstance(found, Binding):
            with suppress(ZeroDivisionError):
                assert env[found.symbol] == evaluate(found.value, env)


@FAST
@given(trees(5), st.integers(-8, 60))
def test_isolate_against_a_number_agrees_with_all_small_values(tree: Tree, number: int) -> None:
    found = isolate(tree.dim, number)
    if found is None or not isinstance(tree.dim, Expr):
        return
    used = [each for each in SYMBOLS if each.name in tree.source]
    if len(used) != 1:
        return
    least = -40 if used[0].minimum is None else used[0].minimum
    fitting = [value for value in range(least, 200) if value_at(tree, {used[0]: value}) == number]
    if isinstance(found, Impossible):
        assert not fitting
    else:
        assert fitting in ([], [found.value])


@FAST
@given(trees())
def test_no_symbolic_result_is_ever_a_test(tree: Tree) -> None:
    if isinstance(tree.dim, Expr):
        with pytest.raises(TypeError):
            bool(tree.dim)
    else:
        assert type(tree.dim) is int
