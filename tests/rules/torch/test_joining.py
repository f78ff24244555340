"""cat, stack, split, chunk, unbind and their relatives against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import equal, symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.values import UNKNOWN, Hole, List, Many, Scalar, Store, Tensor, Unknown
from tests.rules.torch.harness import abstract, call, check, compare
from tests.rules.torch.symbolic import agrees, rule_run

shapes = st.lists(st.integers(0, 3), max_size=3)
axes = st.integers(-4, 4)
DTYPES = [
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int16,
    torch.uint8,
    torch.bool,
]


def zeros(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(tuple(shape), dtype=dtype)


@st.composite
def alike(draw: Any) -> tuple[list[torch.Tensor], int]:
    """Tensors that can be joined along an axis, more often than not."""
    shape, dim = draw(shapes), draw(axes)
    tensors = []
    for _ in range(draw(st.integers(0, 3))):
        other = list(shape)
        if shape:
            other[dim % len(shape)] = draw(st.integers(0, 3))
        if draw(st.integers(0, 7)) == 0:
            other = draw(shapes)
        if draw(st.integers(0, 7)) == 0:
            other = [0]
        tensors.append(zeros(other, draw(st.sampled_from(DTYPES))))
    return tensors, dim % max(len(shape), 1) if draw(st.booleans()) else dim


@given(alike())
def test_cat(case: Any) -> None:
    tensors, dim = case
    check("torch.cat", tensors, dim)
    check("torch.concat", tuple(tensors), dim=dim)
    check("torch.concatenate", tensors, axis=dim)
    check("torch.cat", tensors)
    check("torch.stack", tensors, dim)
    check("torch.stack", [t[:1] for t in tensors if t.dim()], dim)


@given(alike(), shapes)
def test_stacks(case: Any, shape: Any) -> None:
    tensors, _ = case
    for name in ("hstack", "vstack", "dstack", "column_stack", "row_stack"):
        check(f"torch.{name}", tensors)
        check(f"torch.{name}", [zeros(shape), zeros(shape)])
    check("torch.block_diag", *tensors)


@given(shapes, st.integers(-1, 5), st.lists(st.integers(-1, 3), max_size=3), axes)
def test_split(shape: Any, size: int, sizes: list[int], dim: int) -> None:
    x = zeros(shape)
    check("torch.split", x, size, dim)
    check("torch.Tensor.split", x, size, dim=dim)
    check("torch.split", x, sizes, dim)
    check("torch.split_with_sizes", x, sizes, dim)
    check("torch.chunk", x, size, dim)
    check("torch.Tensor.chunk", x, size)
    check("torch.tensor_split", x, size, dim)
    check("torch.Tensor.tensor_split", x, tuple(sizes), dim)
    check("torch.unbind", x, dim)
    compare(lambda: call("torch.Tensor.__iter__", abstract(x)), lambda: tuple(x), f"tuple({shape})")
    if shape:
        at = dim % len(shape)
        check("torch.Tensor.split", x, [shape[at] - 1, 1], at)
        check("torch.split", x, [1, shape[at] - 1] if shape[at] else [0, 0], at)
    for name in ("hsplit", "vsplit", "dsplit"):
        check(f"torch.{name}", x, size)
        check(f"torch.Tensor.{name}", x, sizes)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=3), axes, st.integers(1, 4))
def test_symbolic(shape: Any, dim: int, n: int) -> None:
    agrees(rule_run("torch.tensor_split", n, dim), shape)
    agrees(rule_run("torch.tensor_split", (1, -1), dim), shape)
    if -len(shape) <= dim < len(shape) and -(-shape[dim] // n) * (n - 1) < shape[dim]:
        agrees(rule_run("torch.chunk", n, dim), shape)


@given(st.lists(st.integers(1, 4), min_size=2, max_size=2), st.integers(1, 3))
def test_symbolic_joins(shape: Any, k: int) -> None:
    for path in ("torch.cat", "torch.stack", "torch.vstack", "torch.dstack"):
        rule = rule_run(path)
        agrees(lambda x, rule=rule: rule([x] * k), shape)  # type: ignore[misc]


B, C, H, T, D = (symbol(n) for n in "BCHTD")


def shape_of(path: str, *args: Any, **kwargs: Any) -> Any:
    return call(path, *args, **kwargs).shape


def texts(parts: Any) -> str:
    c = Call(Store())
    return " ".join(c.text(p) for p in parts)


def test_symbols() -> None:
    assert shape_of("torch.cat", [Tensor((B, 64, H)), Tensor((B, 32, H))], 1) == (B, 96, H)
    assert shape_of("torch.cat", [Tensor((B, 1, D)), Tensor((B, T, D))], dim=1) == (B, T + 1, D)
    assert shape_of("torch.stack", [Tensor((B, D))] * 3, 1) == (B, 3, D)
    assert texts(call("torch.Tensor.chunk", Tensor((B, T, 3 * D)), 3, -1)) == "(B, T, D) (B, T, D) (B, T, D)"
    assert texts(call("torch.Tensor.split", Tensor((B, T, 3 * D)), D, 2)) == "(B, T, D) (B, T, D) (B, T, D)"
    assert texts(call("torch.Tensor.split", Tensor((B, T + 1)), [1, T], 1)) == "(B, 1) (B, T)"
    assert texts(call("torch.chunk", Tensor((B, C)), 2, 1)) == "(B, ⌈C/2⌉) (B, ⌊C/2⌋)"
    found = call("torch.Tensor.split", Tensor((B, 10)), 64)
    assert isinstance(found, Many)
    assert equal(found.length, (B + 63) // 64)  # type: ignore[arg-type]


def test_equal_sizes_are_learnt() -> None:
    c = Call(Store())
    apply_rule(c, rules["torch.cat"], ([Tensor((B, 64, H)), Tensor((B, 32, 28))], 1), {})
    assert c.store.dim(H) == 28


def test_iterables_of_unknown_length() -> None:
    made = List()
    made.rest, made.count = Tensor((B, 10), "float32"), T
    assert shape_of("torch.stack", made) == (T, B, 10)
    assert shape_of("torch.stack", made, dim=1) == (B, T, 10)
    assert shape_of("torch.cat", made, dim=1) == (B, 10 * T)
    assert shape_of("torch.cat", Many(Tensor((1, D)), T)) == (T, D)
    assert shape_of("torch.vstack", Many(Tensor((D,)), T)) == (T, D)
    # The parts of an uneven split are not all of one size.
    parts = call("torch.split", Tensor((B, 10)), 64)
    assert equal(shape_of("torch.cat", parts)[0], B) is None
    assert call("torch.stack", List([UNKNOWN])).shape is None
    made.append(Tensor((B, 10)))
    assert call("torch.stack", made).shape is None


def test_unknown_arguments() -> None:
    x = Tensor((B, 10))
    assert isinstance(call("torch.split", x, UNKNOWN), Unknown)
    assert isinstance(call("torch.split", x, Unknown("n", Hole("n"))), Unknown)
    assert isinstance(call("torch.split", x, Scalar("int")), Many)
    assert call("torch.cat", [x, UNKNOWN]).shape is None
    assert call("torch.cat", [Tensor((symbol("n", 0),)), Tensor((2, 3))]).shape is None


@pytest.mark.parametrize(
    ("path", "args", "code", "message"),
    [
        ("cat", ([Tensor((8, 64, 32, 32)), Tensor((8, 64, 31, 31))], 1), "concat-mismatch",
         "cat: dim 1 is joined, all others must agree; (8, 64, 32, 32) and (8, 64, 31, 31) "
         "differ in dim 2 (32 against 31)"),
        ("cat", ([Tensor((B, 3)), Tensor((B, 3, 1))],), "concat-mismatch", "cat: (B, 3) and (B, 3, 1) differ in rank"),
        ("cat", ([Tensor(())],), "rank-mismatch", "cat: a tensor of rank 0 cannot be joined"),
        ("cat", (Tensor((2, 3)),), "call-arguments", "cat takes a list or tuple of tensors, got one of (2, 3)"),
        ("stack", ([Tensor((B, 3)), Tensor((B, 4))],), "stack-mismatch",
         "stack needs tensors of one shape, got (B, 3) and (B, 4)"),
        ("stack", ([],), "argument-value", "stack needs at least one tensor"),
        ("split", (Tensor((B, 10)), [3, 4], 1), "split-mismatch",
         "split: the sizes (3, 4) add up to 7, dim 1 of (B, 10) has 10"),
        ("hsplit", (Tensor((B, 10)), 3), "split-mismatch", "hsplit: 10 does not divide into 3 equal parts"),
        ("unbind", (Tensor(()),), "rank-mismatch",
         "unbind needs a tensor of at least one dim, got a tensor of rank 0"),
    ],
)  # fmt: skip
def test_messages(path: str, args: Any, code: str, message: str) -> None:
    with pytest.raises(Failure) as failure:
        call(f"torch.{path}", *args)
    assert (failure.value.code, failure.value.message) == (code, message)


# -- open shapes ---------------------------------------------------------------------------------------------------


class Two:
    """One store, and two open tensors in it."""

    def __init__(self) -> None:
        self.c = Call(Store())
        self.x, self.y = (self.c.store.open_tensor(Unknown(n, Hole(n))) for n in "xy")

    def __call__(self, path: str, *args: Any) -> Any:
        return apply_rule(self.c, rules[path], args, {})

    def texts(self, *tensors: Tensor) -> str:
        return " ".join(self.c.text(t) for t in tensors)


def test_open_with_known() -> None:
    two = Two()
    known = Tensor((8, 64, 32, 32))
    assert two.texts(two("torch.cat", [two.x, known], 1), two.x) == "(8, C + 64, 32, 32) (8, C, 32, 32)"
    assert two.texts(two("torch.stack", [two.y, known]), two.y) == "(2, 8, 64, 32, 32) (8, 64, 32, 32)"


def test_open_with_open() -> None:
    two = Two()
    made = two("torch.cat", [two.x, two.y], 1)
    assert two.texts(made, two.x, two.y) == "(B, C + C, …) (B, C, …) (B, C, …)"
    two.c.dims(two.x, ("B", "C", "H", "W"))
    assert two.texts(made, two.y) == "(B, C + C, H, W) (B, C, H, W)"


def test_open_twice() -> None:
    two = Two()
    mark = two.c.store.mark()
    assert two.texts(two("torch.cat", [two.x, two.y, two.y, two.x], 1)) == "(B, 2·C + 2·C, …)"
    two.c.store.undo(mark)
    assert two.texts(two.x, two.y) == "(…) (…)"


def test_open_along_the_last_dim() -> None:
    two = Two()
    made = two("torch.cat", [two.x, two.y], -1)
    two.c.dims(two.y, ("B", "T", "D"))
    assert two.texts(made) == "(B, T, D + D)"


def test_last_dims_that_differ_are_those_joined() -> None:
    two = Two()
    for tensor, size in ((two.x, 128), (two.y, 64)):
        shape = two.c.store.at_least(tensor.shape, 0, 1)  # type: ignore[arg-type]
        two.c.equate(shape.suffix[0], size)
    assert two.texts(two("torch.cat", [two.x, two.y], 1)) == "(B, 192)"
    assert two.texts(two.x, two.y) == "(B, 128) (B, 64)"


def test_open_stack() -> None:
    two = Two()
    assert two.texts(two("torch.stack", [two.x, two.y], 1)) == "(B, 2, …)"
    assert two.texts(two("torch.stack", [two.x, two.y], -1)) == "(B, …, 2)"


@pytest.mark.parametrize(
    ("path", "args", "result"),
    [
        ("torch.chunk", (2, 1), "(B, ⌈C/2⌉, …) (B, ⌊C/2⌋, …)"),
        ("torch.split", ([3, 4], -1), "(…, 3) (…, 4)"),
        ("torch.tensor_split", (2, 0), "(⌈B/2⌉, …) (⌊B/2⌋, …)"),
    ],
)
def test_open_splits(path: str, args: Any, result: str) -> None:
    two = Two()
    assert two.texts(*two(path, two.x, *args)) == result


def test_open_iteration() -> None:
    two = Two()
    found = two("torch.Tensor.__iter__", two.x)
    assert isinstance(found, Many)
    assert (two.c.text(found.element), two.c.text(two.x)) == ("(…)", "(B, …)")  # type: ignore[arg-type]
    assert found.length is two.c.shape(two.x).prefix[0]  # type: ignore[union-attr]
    numbers = call("torch.Tensor.__iter__", Tensor((2,), "int64", scalars=[3, 4]))
    assert [n.scalars for n in numbers] == [3, 4]
