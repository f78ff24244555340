"""Equations between dimensions: what follows for one symbol, and the sizes that fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import SYMBOLS, Tree, trees

from shapelens.dims import (
    Binding,
    Dim,
    Impossible,
    NoSolution,
    Sizes,
    Symbol,
    Undecided,
    as_symbol,
    evaluate,
    exact_quotient,
    isolate,
    minimum,
    solve,
    symbol,
    symbols,
)

B, C, H, W, T, d, h = (symbol(name) for name in ["B", "C", "H", "W", "T", "d", "h"])


def _s(dim: Dim) -> Symbol:
    found = as_symbol(dim)
    assert found is not None
    return found


def lenet(size: Dim) -> Dim:
    return ((size - 4) // 2 - 4) // 2


def dqn(size: Dim) -> Dim:
    return ((size - 8) // 4 + 1 - 4) // 2 + 1 - 2


def resnet(size: Dim) -> Dim:
    for kernel, padding in ((7, 3), (3, 1), (3, 1), (3, 1), (3, 1)):
        size = (size + 2 * padding - kernel) // 2 + 1
    return size


def alexnet(size: Dim) -> Dim:
    size = (size + 4 - 11) // 4 + 1
    for _ in range(3):
        size = (size - 3) // 2 + 1
    return size


ISOLATED: list[tuple[Dim, Dim, Dim, Dim]] = [
    (C + 3, 64, C, 61),
    (64, C + 3, C, 61),
    (4 * C, 64, C, 16),
    (H, W, W, H),
    (W, H, W, H),
    (B * C, B * 16, C, 16),
    (B * H * C, 3 * B * H, C, 3),
    (2 * C, T, T, 2 * C),
    (H * H, 49, H, 7),
    (B * T, d + 1, d, B * T - 1),
    (exact_quotient(d, h), 64, d, 64 * h),
    (exact_quotient(d, 8), 64, d, 512),
    ((T + 2) * T, 35, T, 5),
    (H // 4, W, W, H // 4),
]


@pytest.mark.parametrize(("a", "b", "bound", "value"), ISOLATED)
def test_isolated(a: Dim, b: Dim, bound: Dim, value: Dim) -> None:
    assert isolate(a, b) == Binding(_s(bound), value)


@pytest.mark.parametrize(
    ("a", "b"), [(4 * C, 66), (C + 70, 64), (3, 4), (H * H, 50), (2 * H + 2 * W, 5), (H % 4, 4), (H * (H + 1), 13)]
)
def test_impossible(a: Dim, b: Dim) -> None:
    assert isolate(a, b) == Impossible()


@pytest.mark.parametrize(("a", "b"), [(h * d, 512), (H // 4, 7), (3, 3), (H, H), (2 * H, 3 * W), (H % 4, 2)])
def test_not_isolated(a: Dim, b: Dim) -> None:
    assert isolate(a, b) is None


SQUARE: list[tuple[list[tuple[Dim, Dim]], int, tuple[int, int]]] = [
    ([(16 * lenet(H) * lenet(W), 400)], 32, (32, 35)),
    ([(16 * lenet(H) * lenet(W), 256)], 28, (28, 31)),
    ([(B * 16 * lenet(H) * lenet(W), 400 * B)], 32, (32, 35)),
    ([(400, 16 * lenet(H) * lenet(W))], 32, (32, 35)),
    ([(64 * dqn(H) * dqn(W), 3136)], 88, (84, 91)),
    ([(512 * resnet(H) * resnet(W), 25088)], 224, (193, 224)),
    ([(512 * (H // 32) * (W // 32), 25088)], 224, (224, 255)),
    ([(256 * alexnet(H) * alexnet(W), 6400)], 192, (191, 222)),
    ([(256 * alexnet(H) * alexnet(W), 9216)], 224, (223, 254)),
    ([(64 * (H - 2) * (W - 2), 64 * 26 * 26)], 28, (28, 28)),
    ([((H // 16) * (W // 16) + 1, 197)], 224, (224, 239)),
    ([((H // 16 - 1) * (W // 16 - 1) - 1, 168)], 224, (224, 239)),
    ([(10 * minimum(H, 7) * W, 490)], 7, (7, 7)),
    ([(H * W, 25)], 5, (5, 5)),
    ([(H + W, 10)], 5, (5, 5)),
    ([(lenet(H) * lenet(W), 25), (H, 2 * (H // 2)), (H % 8, 0)], 32, (32, 32)),
    ([(lenet(H) * lenet(W), 25), ((H // 2) * W, 17 * 35)], 35, (35, 35)),
]


@pytest.mark.parametrize(("equations", "size", "span"), SQUARE)
def test_square_sizes(equations: list[tuple[Dim, Dim]], size: int, span: tuple[int, int]) -> None:
    found = solve(equations)
    assert isinstance(found, Sizes)
    assert found.values == {_s(H): size, _s(W): size}
    assert found.ranges == {_s(H): span, _s(W): span}
    assert not found.unique or span[0] == span[1]


def test_one_size() -> None:
    flat = solve([(128 * ((T - 4) // 4), 12800)])
    assert flat == Sizes({_s(T): 404}, {_s(T): (404, 407)}, False)
    assert solve([(C + 3, 64)]) == Sizes({_s(C): 61}, {_s(C): (61, 61)}, True)
    assert solve([(H * H - 4 * H + 4, 49)]) == Sizes({_s(H): 9}, {_s(H): (9, 9)}, True)
    assert solve([(minimum(T, 7), 7)]) == Sizes({_s(T): 8}, {_s(T): (7, None)}, False)
    assert solve([]) == Sizes({}, {}, True)


def test_sizes_that_are_not_square() -> None:
    found = solve([(lenet(H) * lenet(W), 51)])
    assert isinstance(found, Sizes)
    assert sorted(found.values.values()) == [24, 80]
    uneven = solve([((H - 4) * (W - 2), 20)])
    assert isinstance(uneven, Sizes)
    assert (uneven.values[_s(H)] - 4) * (uneven.values[_s(W)] - 2) == 20


def test_several_symbols() -> None:
    cube = solve([(8 * (H // 4) * (W // 4) * (T // 4), 512)])
    assert isinstance(cube, Sizes)
    assert set(cube.values.values()) == {16}
    joint = solve([(H // 4, 7), (W // 8, 3), (C, H)])
    assert isinstance(joint, Sizes)
    assert joint.values == {_s(H): 28, _s(W): 24, _s(C): 28} or joint.values == {_s(H): 28, _s(W): 24}


@pytest.mark.parametrize(
    "equations",
    [
        [(16 * lenet(H) * lenet(W), 401)],
        [(16 * lenet(H) * lenet(W), 16 * 25), (lenet(H), 4), (lenet(W), 5)],
        [(C, 3), (C, 4)],
        [(H * W, 7), (H + W, 9)],
        [(H * H, 50)],
        [(minimum(H, 7) * minimum(W, 7), 53)],
        [(2 * H, 7)],
        [((H + 2) * (W + 2), 7)],
    ],
)
def test_no_solution(equations: list[tuple[Dim, Dim]]) -> None:
    assert solve(equations) == NoSolution()


def test_undecided() -> None:
    assert solve([(H % 4 + W % 4 + T % 3, 2)]) == Undecided()


def _check(found: object, equations: Sequence[tuple[Dim, Dim]], used: list[Symbol], span: range) -> None:
    def fits(point: tuple[int, ...]) -> bool:
        env = dict(zip(used, point))
        return all(evaluate(a, env) == evaluate(b, env) for a, b in equations)

    if isinstance(found, NoSolution):
        assert not any(fits(point) for point in product(span, repeat=len(used)))
    if isinstance(found, Sizes):
        assert set(found.values) == set(used)
        assert fits(tuple(found.values[each] for each in used))
        assert all(low <= found.values[each] for each, (low, _) in found.ranges.items())
        fitting = [point for point in product(span, repeat=len(used)) if fits(point)]
        if found.unique:
            assert fitting in ([], [tuple(found.values[each] for each in used)])


layers = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=3)


def _net(rows: list[tuple[int, int, int]]) -> Callable[[Dim], Dim]:
    def run(size: Dim) -> Dim:
        for kernel, stride, padding in rows:
            size = (size + 2 * padding - kernel) // stride + 1
        return size

    return run


@settings(max_examples=80, deadline=None)
@given(layers, layers, st.integers(1, 60), st.booleans())
def test_random_conv_nets(
    rows: list[tuple[int, int, int]], others: list[tuple[int, int, int]], features: int, same: bool
) -> None:
    high, wide = _net(rows), _net(rows if same else others)
    equations = [(4 * high(H) * wide(W), 4 * features)]
    found = solve(equations)
    assert not isinstance(found, Undecided) or not any(
        high(a) * wide(b) == features and high(a) > 0 and wide(b) > 0 for a, b in product(range(1, 40), repeat=2)
    )
    _check(found, equations, [_s(H), _s(W)], range(1, 40))
    if same and isinstance(found, Sizes):
        roots = [size for size in range(1, 600) if high(size) ** 2 == features and high(size) > 0]
        if roots:
            assert found.ranges[_s(H)] == (roots[0], roots[-1])
            assert found.values[_s(H)] == found.values[_s(W)]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(trees(4), st.integers(-5, 60)), min_size=1, max_size=3))
def test_random_equations(rows: list[tuple[Tree, int]]) -> None:
    equations = [(tree.dim, number) for tree, number in rows]
    used = sorted(frozenset[Symbol]().union(*(symbols(a) for a, _ in equations)), key=lambda each: each.id)
    if not used or len(used) > 2 or SYMBOLS[4] in used:
        return
    span = range(2, 30)
    try:
        for point in product(span, repeat=len(used)):
            [evaluate(a, dict(zip(used, point))) for a, _ in equations]
    except ZeroDivisionError:
        return
    found = solve(equations)
    if isinstance(found, Sizes) and set(found.values) != set(used):
        return
    _check(found, equations, used, span)
