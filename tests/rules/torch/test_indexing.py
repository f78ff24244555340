"""Indexing, and the functions that pick or place elements by index, against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from shapelens.dims import Dim, Symbol, as_symbol, equal, evaluate, symbol, symbols
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.values import Hole, List, Named, Ratio, Scalar, Size, Store, Tensor, Unknown
from tests.rules.torch.harness import abstract, call, check, compare

shapes = st.lists(st.integers(1, 4), max_size=4)
DTYPES = [torch.float32, torch.float64, torch.int64, torch.int32, torch.int16, torch.uint8, torch.bool]
GET = "torch.Tensor.__getitem__"


def zeros(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(tuple(shape), dtype=dtype)


ends = st.none() | st.integers(-5, 5)
slices = st.builds(slice, ends, ends, st.sampled_from([None, 1, 2, 3, 1, 2, 0, -1]))
places = st.lists(st.integers(1, 3), max_size=2)
parts = (
    st.integers(-4, 3)
    | slices
    | st.none()
    | st.just(Ellipsis)
    | st.booleans()
    | places.map(lambda s: zeros(s, torch.int64))
    | places.map(lambda s: zeros(s, torch.bool))
    | st.lists(st.integers(-1, 2), max_size=3)
    | st.lists(st.booleans(), min_size=1, max_size=3)
    | st.sampled_from([zeros((2,), d) for d in DTYPES])
    | st.sampled_from([1.0, range(2), (0, 1), "a"])
)


@st.composite
def cases(draw: Any) -> tuple[torch.Tensor, Any]:
    """A tensor and an index that often fits."""
    shape = draw(shapes)
    index: list[Any] = []
    for i, size in enumerate(shape):
        if draw(st.booleans()):
            index.append(
                draw(st.sampled_from([0, slice(1, None), slice(None), None, [0, 0], zeros((2, 1), torch.int64)]))
            )
        if draw(st.integers(0, 3)) == 0:
            rank = draw(st.integers(1, 2))
            index.append(torch.ones(shape[i : i + rank], dtype=torch.bool) if size else slice(None))
    if draw(st.booleans()):
        index = draw(st.lists(parts, max_size=4))
    index = [i for n, i in enumerate(index) if i is not Ellipsis or Ellipsis not in index[:n]]
    return zeros(shape), index[0] if len(index) == 1 and draw(st.booleans()) else tuple(index)


@given(cases())
def test_getitem(case: Any) -> None:
    x, index = case
    assume(not isinstance(index, str))
    every = index if isinstance(index, tuple) else (index,)
    masks = sum(isinstance(i, torch.Tensor) and i.dtype in (torch.bool, torch.uint8) for i in every)
    vague = masks > 0 or any(i is False or isinstance(i, list) and not i for i in every)
    check(GET, x, index, allow_unknown=True, may_miss=vague and len(every) > 1)


@given(cases())
def test_getitem_is_known(case: Any) -> None:
    """Without masks the result is known to the last dim."""
    x, index = case
    every = index if isinstance(index, tuple) else (index,)
    assume(not any(isinstance(i, torch.Tensor) and i.dtype in (torch.bool, torch.uint8) for i in every))
    empty = 0 in x[index].shape if _works(x, index) else False
    nothing = any(i is False or isinstance(i, list) and not i for i in every)
    check(GET, x, index, allow_unknown=empty, may_miss=nothing)


def _works(x: torch.Tensor, index: Any) -> bool:
    try:
        x[index]
    except (IndexError, TypeError, ValueError, RuntimeError):
        return False
    return True


@given(cases(), shapes, st.sampled_from(DTYPES))
def test_setitem(case: Any, shape: Any, dtype: torch.dtype) -> None:
    x, index = case
    for value in (zeros(shape), zeros(shape, dtype), 1.0):
        _set(x, index, value)
    try:
        value = x[index]
    except (IndexError, TypeError, ValueError, RuntimeError):
        return
    _set(x, index, value)
    _set(x, index, value[None])


def _set(x: torch.Tensor, index: Any, value: Any) -> None:
    ours = abstract(x), abstract(index), abstract(value)
    every = index if isinstance(index, tuple) else (index,)
    vague = any(isinstance(i, (bool, torch.Tensor, list, tuple, range)) for i in every)
    compare(
        lambda: call("torch.Tensor.__setitem__", *ours),
        lambda: x.clone().__setitem__(index, value),
        f"{ours[0]}{index} = {value}",
        may_miss=vague,
        allow_unknown=True,
    )


# -- by a dim and an index tensor ----------------------------------------------------------------------------------


@given(shapes, st.integers(-5, 5), shapes, st.sampled_from(DTYPES))
def test_select(shape: Any, dim: int, index: Any, dtype: torch.dtype) -> None:
    x = zeros(shape)
    check("torch.index_select", x, dim, zeros(index[:2], torch.int64))
    check("torch.Tensor.index_select", x, dim, zeros(index[:1], dtype))
    check("torch.select", x, dim, len(index) - 2)
    check("torch.Tensor.select", x, dim=dim, index=0)
    check("torch.take", x, zeros(index, dtype))
    check("torch.take_along_dim", x, zeros(index, torch.int64), dim)
    check("torch.take_along_dim", x, zeros([1] * len(shape), torch.int64), dim)
    check("torch.take_along_dim", x, zeros(index, torch.int64))


@given(shapes, st.integers(-3, 3), shapes, shapes, st.sampled_from(DTYPES), st.booleans())
def test_gather_and_scatter(shape: Any, dim: int, index: Any, src: Any, dtype: torch.dtype, like: bool) -> None:
    if like:
        index = [min(n, m) for n, m in zip(shape, [*index, 1, 1, 1, 1])]
    x, places = zeros(shape), zeros(index, torch.int64)
    check("torch.gather", x, dim, places)
    check("torch.Tensor.gather", x, dim, zeros(index, dtype))
    check("torch.scatter", x, dim, places, 1.0)
    check("torch.Tensor.scatter", x, dim, places, value=1.0)
    check("torch.scatter", x, dim, places, zeros(src))
    check("torch.scatter", x, dim, places, zeros(index, dtype))
    check("torch.scatter_add", x, dim, places, zeros(index))
    check("torch.Tensor.scatter_add", x, dim, places, zeros(src))
    check("torch.scatter_reduce", x, dim, places, zeros(index), "sum")


@given(shapes, st.integers(-3, 3), st.integers(1, 3), shapes, st.sampled_from(DTYPES))
def test_index_add(shape: Any, dim: int, n: int, source: Any, dtype: torch.dtype) -> None:
    x = zeros(shape)
    if shape and -len(shape) <= dim < len(shape):
        right = [n if i == dim % len(shape) else size for i, size in enumerate(shape)]
    else:
        right = source
    for name in ("index_add", "index_copy"):
        check(f"torch.{name}", x, dim, zeros((n,), torch.int64), zeros(right), may_miss=not shape)
        check(f"torch.{name}", x, dim, zeros((n,), dtype), zeros(right), may_miss=not shape)
        check(f"torch.Tensor.{name}", x, dim, zeros((n,), torch.int64), zeros(right, dtype), may_miss=not shape)
        check(f"torch.{name}", x, dim, zeros((n,), torch.int64), zeros(source), may_miss=not shape or not source)
    check("torch.index_fill", x, dim, zeros((n,), torch.int64), 1.0)
    check("torch.index_fill", x, dim, zeros((n,), torch.int64), zeros(source[:1]))
    check("torch.select_scatter", x, zeros(source), dim, 0)
    check("torch.slice_scatter", x, zeros(right), dim, 0, n)


@given(shapes, shapes, st.sampled_from(DTYPES))
def test_masks(shape: Any, mask: Any, dtype: torch.dtype) -> None:
    x = zeros(shape)
    for m in (zeros(mask, torch.bool), zeros(shape[-1:], torch.bool)):
        check("torch.masked_fill", x, m, 0.0)
        check("torch.Tensor.masked_fill", x, m, zeros(mask[:1]))
        check("torch.masked_select", x, m, allow_unknown=True)
        check("torch.masked_scatter", x, m, x)
        check("torch.Tensor.masked_fill_", x, m, 0.0)
    check("torch.masked_fill", x, zeros(shape, dtype), 0.0)
    check("torch.masked_select", x, zeros(shape, dtype), allow_unknown=True, may_miss=True)
    check("torch.nonzero", x, allow_unknown=True)
    check("torch.Tensor.nonzero", x, as_tuple=True, allow_unknown=True)
    check("torch.argwhere", x, allow_unknown=True)
    check("torch.unravel_index", zeros(mask, torch.int64), tuple(shape))


# -- symbolic sizes ------------------------------------------------------------------------------------------------


@given(st.integers(1, 9), ends, ends, st.integers(1, 3))
def test_symbolic_slices(size: int, start: Any, stop: Any, step: int) -> None:
    n = symbol("n")
    (found,) = call(GET, Tensor((n,)), slice(start, stop, step)).shape
    assert evaluate(found, {as_symbol(n): size}) == len(range(size)[start:stop:step])  # type: ignore[dict-item]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(-3, 3), st.booleans())
def test_slices_with_symbolic_ends(size: int, end: int, more: int, known: bool) -> None:
    n, e = symbol("n"), symbol("e")
    values: dict[Symbol | None, Dim] = {as_symbol(n): size, as_symbol(e): end}
    x = Tensor((size if known else n,))
    for ours, real in (
        (slice(None, e), slice(None, end)),
        (slice(e, None), slice(end, None)),
        (slice(-e, None), slice(-end, None)),
        (slice(None, -e), slice(None, -end)),
        (slice(e, e + more), slice(end, end + more)),
        (slice(None, None, e), slice(None, None, end)),
    ):
        (found,) = call(GET, x, ours).shape
        if symbols(found) <= {as_symbol(n), as_symbol(e)}:
            assert evaluate(found, values) == len(range(size)[real])  # type: ignore[arg-type]
        else:
            assert more < 0, "a slice with known signs is known"


B, H, W, D, T = (symbol(n) for n in "BHWDT")


def item(shape: Any, *index: Any) -> Any:
    return call(GET, Tensor(shape), index if len(index) > 1 else index[0]).shape


def test_symbols() -> None:
    full = slice(None)
    assert item((B, T, D), full, 0) == (B, D)
    assert item((B, T, D), full, slice(1, None)) == (B, T - 1, D)
    assert item((B, T, D), full, slice(None, -1)) == (B, T - 1, D)
    assert item((B, T, D), ..., None, full) == (B, T, 1, D)
    assert item((1, 2 * T, D), full, slice(None, T)) == (1, T, D)
    assert item((B, D), ..., slice(None, D // 2)) == (B, D // 2)
    assert item((B, T, D), full, T - 1) == (B, D)
    assert item((B, T, D), full, Scalar("int")) == (B, D)
    assert item((B, T, D), [0, 2, 3]) == (3, T, D)
    assert item((10, D), Tensor((B, T), "int64")) == (B, T, D)
    assert item((B, T, D), Tensor((B, 1), "int64"), Tensor((1, T), "int64")) == (B, T, D)
    (rest,) = {item((B, T), full, slice(None, None, 2))[1]}
    assert equal(rest, (T + 1) // 2)


def test_what_is_not_known_stays_unknown() -> None:
    x = Tensor((B, T, D))
    assert call(GET, x, Unknown("i")).shape is None
    assert call(GET, x, Unknown("i", Hole("i"))).shape is None
    assert call(GET, x, Tensor((3,))).shape is None  # a mask, or not
    assert call(GET, x, [Tensor((3,), "int64"), 0]).shape is None
    assert len(call(GET, x, slice(None, Scalar("int"))).shape) == 3


def test_known_numbers() -> None:
    x = Tensor((2, 3), "int64", scalars=[[1, 2, 3], [4, 5, 6]])
    assert call(GET, x, (1, 2)).scalars == 6
    assert call(GET, x, 0).scalars == [1, 2, 3]
    assert call(GET, x, slice(1, None)).scalars == [[4, 5, 6]]
    assert call(GET, x, (slice(None), 0)).scalars is None
    assert call(GET, Tensor((4,)), slice(None, Tensor((), "int64", scalars=3))).shape == (3,)
    call("torch.Tensor.__setitem__", x, 0, 7)
    assert x.scalars is None


def test_lists_made_in_a_loop() -> None:
    places = List()
    places.rest, places.count = Scalar("int"), T
    assert call(GET, Tensor((B, D)), places).shape == (T, D)


@pytest.mark.parametrize(
    ("shape", "index", "code", "message"),
    [
        ((3, 4), 5, "index-out-of-range", "index 5 is out of range for dim 0 of (3, 4)"),
        ((3, 4), (0, 0, 0), "index-out-of-range", "3 indices for (3, 4), which has 2 dims"),
        ((B, T), (0, T), "index-out-of-range", "index T is out of range for dim 1 of (B, T)"),
        ((3, 4), [0, 3], "index-out-of-range", "index 3 is out of range for dim 0 of (3, 4)"),
        ((3, 4), Tensor((4,), "bool"), "mask-mismatch", "a mask of (4,) does not fit dim 0 of (3, 4)"),
        ((3, 4), Tensor((4,), "float32"), "index-dtype", "an index must be of int64, int32 or bool, got float32"),
        ((3, 4), slice(None, None, -1), "argument-value", "slice step must be positive, got -1"),
        ((3, 4), slice(None, 1.5), "argument-value", "the ends of a slice must be ints, got 1.5"),
        ((3, 4), slice(Ratio(T, 2), None), "argument-value",
         "the ends of a slice must be ints, got a float (`/` gives one, `//` does not)"),
        ((3, 4), ([0, 1], [0, 1, 2]), "broadcast-mismatch",
         "the indices: (2,) and (3,) cannot be broadcast: 2 against 3 in dim -1"),
    ],
)  # fmt: skip
def test_messages(shape: Any, index: Any, code: str, message: str) -> None:
    with pytest.raises(Failure) as failure:
        call(GET, Tensor(shape, "float32"), index)
    assert (failure.value.code, failure.value.message) == (code, message)


@pytest.mark.parametrize("index", [slice(None, None, -1), "price", (slice(None), "price")])
def test_what_only_its_uses_made_a_tensor_may_be_an_array_or_a_table(index: Any) -> None:
    assert call(GET, Tensor((B, T)), index).shape is None


def test_written_values() -> None:
    write = "torch.Tensor.__setitem__"
    call(write, Tensor((B, T)), (slice(None), 0), Tensor((B,)))
    call(write, Tensor((B, T)), Tensor((B, T), "bool"), Tensor((5,)))
    with pytest.raises(Failure, match=r"\(3,\) cannot be written into \(4,\)"):
        call(write, Tensor((2, 4)), 0, Tensor((3,)))
    with pytest.raises(Failure, match=r"cannot be written into \(B,\)"):
        call(write, Tensor((B, T)), (slice(None), 0), Tensor((B + 1,)))
    with pytest.raises(Failure, match="needs one dtype"):
        call(write, Tensor((4,), "float32"), Tensor((2,), "int64"), Tensor((2,), "float16"))


# -- open shapes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "result", "taught"),
    [
        (0, "(…)", "(B, …)"),
        ((slice(None), 0), "(B, …)", "(B, C, …)"),
        ((slice(None), slice(1, None)), "(B, C - 1, …)", "(B, C, …)"),
        ((Ellipsis, 0), "(…)", "(…, D)"),
        ((Ellipsis, None), "(…, 1)", "(…)"),
        (None, "(1, …)", "(…)"),
        ((slice(None), None), "(B, 1, …)", "(B, …)"),
        ((0, Ellipsis, slice(None, 2)), "(…, min(D, 2))", "(B, …, D)"),
        ((Ellipsis, slice(0, None, 2)), "(…, ⌈D/2⌉)", "(…, D)"),
        ([0, 1], "(2, …)", "(B, …)"),
        ((slice(None), [0, 1]), "(B, 2, …)", "(B, C, …)"),
        ((Ellipsis, [0, 1]), "(…, 2)", "(…, D)"),
        (Size((0, 1)), "(…)", "(B, C, …)"),
    ],
)
def test_open(index: Any, result: str, taught: str) -> None:
    c = Call(Store())
    x = c.store.open_tensor(Unknown("x", Hole("x")))
    assert c.text(apply_rule(c, rules[GET], (x, index), {})) == result
    assert c.text(x) == taught


def test_indices_of_an_open_shape() -> None:
    c = Call(Store())
    x = c.store.open_tensor(Unknown("x", Hole("x")), "int64")
    table = Tensor((100, 64), "float32")
    assert c.text(apply_rule(c, rules[GET], (table, x), {})) == "(…, 64)"
    assert c.text(apply_rule(c, rules["torch.gather"], (Tensor((B, T)), 1, x), {})) == c.text(x) == "(D, D)"


@pytest.mark.parametrize("value", [[1.0, 2.0], (1.0, 2.0), None, "a", torch.zeros(2, 3).max(1)])
@pytest.mark.parametrize("index", [0, slice(None), torch.tensor([True, False])])
def test_what_cannot_be_assigned(value: object, index: object) -> None:
    with pytest.raises(TypeError):
        torch.zeros(2, 3)[index] = value
    named = Named.of(values=Tensor((2,)), indices=Tensor((2,))) if isinstance(value, torch.return_types.max) else value
    with pytest.raises(Failure, match="cannot be assigned to a part of a tensor"):
        call("torch.Tensor.__setitem__", abstract(torch.zeros(2, 3)), abstract(index), named)
