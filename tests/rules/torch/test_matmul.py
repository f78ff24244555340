"""Products of matrices and einsum against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.values import Hole, Open, ShapeVar, Store, Tensor, Unknown
from tests.rules.torch.harness import call, check

sizes = st.integers(1, 3)
shapes = st.lists(sizes, max_size=4).map(tuple)
any_dtypes = st.sampled_from([torch.int64, torch.float32, torch.float64])


def tensor(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.ones(tuple(shape), dtype=dtype)


@st.composite
def factors(draw: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that mostly can be multiplied."""
    n, m, p = draw(sizes), draw(sizes), draw(sizes)
    batch = draw(st.lists(sizes, max_size=2))
    left = draw(st.sampled_from([(m,), (n, m), (*batch, n, m), (1, n, m)]))
    right = draw(st.sampled_from([(m,), (m, p), (*batch, m, p), (*batch[:1], m, p), (p, m)]))
    return left, right


@given(factors(), any_dtypes, any_dtypes)
def test_matmul(both: Any, a: torch.dtype, b: torch.dtype) -> None:
    x, y = tensor(both[0], a), tensor(both[1], b)
    check("torch.matmul", x, y)
    check("torch.Tensor.__matmul__", x, y)
    for name in ("mm", "bmm", "mv", "dot", "vdot", "inner"):
        check(f"torch.{name}", x, y)
        check(f"torch.Tensor.{name}", x, y)
    check("torch.outer", x, y)
    check("torch.kron", x, y)


@given(shapes, shapes)
def test_matmul_of_any_shapes(a: Any, b: Any) -> None:
    for name in ("matmul", "mm", "bmm", "mv", "dot", "inner", "outer", "kron", "cdist", "linalg.vecdot"):
        check(f"torch.{name}", tensor(a), tensor(b))


@given(shapes, factors(), any_dtypes)
def test_with_addition(input: Any, both: Any, dtype: torch.dtype) -> None:
    for name in ("addmm", "addmv", "baddbmm", "addbmm"):
        check(f"torch.{name}", tensor(input, dtype), tensor(both[0]), tensor(both[1]), may_miss=dtype != torch.float32)
    check("torch.Tensor.addmm", tensor(input[-2:]), tensor(both[0]), tensor(both[1]), alpha=2)
    check("torch.addr", tensor(input), tensor(both[0][-1:]), tensor(both[1][-1:]))


@given(st.lists(st.lists(sizes, min_size=1, max_size=3), min_size=1, max_size=4))
def test_chains(shapes: Any) -> None:
    check("torch.linalg.multi_dot", [tensor(s) for s in shapes])
    check("torch.linalg.multi_dot", [tensor((2, 3)), tensor((3, 4)), tensor((shapes[0][0], 2))])
    check("torch.chain_matmul", tensor((2, 3)), tensor((3, 1)), tensor(shapes[0]))


@given(shapes, shapes, st.integers(-1, 4), st.lists(st.integers(-3, 3), max_size=3), st.data())
def test_tensordot(a: Any, b: Any, dims: int, left: Any, data: Any) -> None:
    right = data.draw(st.lists(st.integers(-3, 3), min_size=len(left), max_size=len(left)))
    check("torch.tensordot", tensor(a), tensor(b), dims)
    check("torch.tensordot", tensor(a), tensor(b), dims=(left, right))


@given(shapes, shapes, st.integers(-3, 3))
def test_cross(a: Any, b: Any, dim: int) -> None:
    for x, y in ((a, b), ((*a, 3), (*b, 3)), ((*a, 3), (*a, 3)), ((*a, 3), (*a, 1))):
        check("torch.cross", tensor(x), tensor(y), dim)
        check("torch.linalg.cross", tensor(x), tensor(y))
        check("torch.linalg.cross", tensor(x), tensor(y), dim=dim)
        if len(x) == len(y):
            check("torch.cross", tensor(x), tensor(y), may_miss=x != y)


@given(shapes, any_dtypes)
def test_trace(shape: Any, dtype: torch.dtype) -> None:
    check("torch.trace", tensor(shape, dtype))


# -- einsum ----------------------------------------------------------------------------------------------------------


@st.composite
def equations(draw: Any) -> tuple[str, list[tuple[int, ...]]]:
    """An equation over the letters i to m and shapes that mostly fit it."""
    letters = "ijklm"
    size = {x: draw(sizes) for x in letters}
    terms, shapes = [], []
    batch = draw(st.lists(sizes, max_size=2))
    for _ in range(draw(st.integers(1, 3))):
        term = draw(st.lists(st.sampled_from(letters), max_size=3))
        shape = [draw(st.sampled_from([size[x]] * 8 + [1, 4])) for x in term]
        if draw(st.booleans()):
            at = draw(st.integers(0, len(term)))
            term.insert(at, "...")
            shape[at:at] = batch[draw(st.integers(0, len(batch))) :]
        terms.append("".join(term))
        shapes.append(tuple(shape))
    equation = ",".join(terms)
    used = sorted(set(equation) - set(",."))
    if draw(st.booleans()):
        output = draw(st.permutations(used)) if used else []
        output = output[: draw(st.integers(0, len(output)))]
        if "..." in equation and draw(st.integers(0, 3)):
            output.insert(draw(st.integers(0, len(output))), "...")
        equation += "->" + draw(st.sampled_from(["", " "])) + "".join(output)
    return equation, shapes


@given(equations(), st.booleans())
def test_einsum(case: Any, listed: bool) -> None:
    equation, shapes = case
    operands = [tensor(s) for s in shapes]
    if listed:
        check("torch.einsum", equation, operands)
    else:
        check("torch.einsum", equation, *operands)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
        ("bij,bjk->bik", [(2, 3, 4), (2, 5, 5)]),
        ("bij,bjk->bik", [(2, 3, 4)]),
        ("ii->i", [(3, 4)]),
        ("ii->i", [(1, 4)]),
        ("ij->k", [(3, 4)]),
        ("ij->ii", [(3, 4)]),
        ("i...->...", [(3, 4, 5)]),
        ("...ij,...jk", [(7, 3, 4), (4, 2)]),
        ("i1->i", [(3, 4)]),
    ],
)
def test_einsum_examples(equation: str, shapes: Any) -> None:
    check("torch.einsum", equation, *[tensor(s) for s in shapes])


@given(any_dtypes, any_dtypes)
def test_einsum_dtypes(a: torch.dtype, b: torch.dtype) -> None:
    check("torch.einsum", "i,j->ij", tensor((2,), a), tensor((3,), b))
    check("torch.einsum", "ij,jk->ik", tensor((2, 3), a), tensor((3, 2), b), may_miss=True)


# -- symbolic and open shapes ----------------------------------------------------------------------------------------

B, T = symbol("B"), symbol("T")


def run(store: Store, path: str, *args: Any) -> Any:
    return apply_rule(Call(store, path), rules[path], args, {})


def message(path: str, *args: Any) -> str:
    with pytest.raises(Failure) as raised:
        call(path, *args)
    return f"{raised.value.code} {raised.value.message}"


def test_messages() -> None:
    x = Tensor((B, 256), "float32")
    assert message("torch.Tensor.__matmul__", x, Tensor((400, 120), "float32")) == (
        "matmul-mismatch @: mat1 (B, 256) and mat2 (400, 120): 256 against 400"
    )
    assert message("torch.matmul", x, Tensor((120, 256), "float32")).endswith("; mat2 transposed would fit")
    assert message("torch.mm", Tensor((5, 3), "float32"), Tensor((5, 9), "float32")).endswith(
        "mat1 (5, 3) and mat2 (5, 9): 3 against 5; mat1 transposed would fit"
    )
    assert message("torch.mm", Tensor((5, 3), "float32"), Tensor((5, 3), "float32")).endswith("3 against 5")
    assert message("torch.matmul", x, Tensor((256, 4), "int64")) == (
        "dtype-mismatch matmul: float32 against int64; both must have one dtype"
    )
    assert message("torch.einsum", "bi,ij->bj", x, Tensor((400, 120))) == (
        "einsum-mismatch einsum: 'i' is 256 in one operand, 400 in another"
    )


def test_autocast_may_cast_half_and_float() -> None:
    assert call("torch.matmul", Tensor((2, 3), "float16"), Tensor((3, 2), "float32")).dtype is None


def test_symbolic() -> None:
    q = Tensor((B, 8, T, 64), "float32")
    k = Tensor((B, 8, 64, T), "float32")
    assert call("torch.matmul", q, k).shape == (B, 8, T, T)
    assert call("torch.einsum", "bhtd,bhsd->bhts", q, q).shape == (B, 8, T, T)
    assert call("torch.bmm", Tensor((B, T, 3)), Tensor((B, 3, T))).shape == (B, T, T)
    assert call("torch.kron", Tensor((B, 3)), Tensor((2, T))).shape == (2 * B, 3 * T)


def test_open_is_taught() -> None:
    store = Store()
    x = store.open_tensor(Unknown("x", Hole("x")))
    found = run(store, "torch.matmul", x, Tensor((64, 10), "float32"))
    assert found.shape.suffix == (10,)
    assert store.shape(x.shape).suffix == (64,)
    with pytest.raises(Failure):
        run(store, "torch.matmul", x, Tensor((32, 10), "float32"))
    store = Store()
    x = store.open_tensor(Unknown("x", Hole("x")))
    assert run(store, "torch.einsum", "bi,ij->bj", x, Tensor((5, 3))).shape[1] == 3
    assert len(store.shape(x.shape)) == 2
    assert len(run(Store(), "torch.bmm", Tensor(Open((), ShapeVar(), ())), Tensor((B, 3, 4))).shape) == 3


def test_open_against_its_transpose() -> None:
    var = ShapeVar()
    q, k = Tensor(Open((), var, (T, 64)), "float32"), Tensor(Open((), var, (64, T)), "float32")
    assert call("torch.matmul", q, k).shape == Open((), var, (T, T))
