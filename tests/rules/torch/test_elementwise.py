"""Pointwise functions, operators and in-place methods against torch."""

from __future__ import annotations

import operator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.rules.torch.elementwise import BINARY, FILLING, OPERATORS, UNARY
from shapelens.values import UNKNOWN, Hole, Lib, Open, Scalar, ShapeVar, Store, Tensor, Unknown
from tests.rules.torch.harness import abstract, call, check, compare, real_function

DTYPES = [torch.bool, torch.uint8, torch.int32, torch.int64, torch.float16, torch.bfloat16, torch.float32,
          torch.float64, torch.complex64]  # fmt: skip
dtypes = st.sampled_from(DTYPES)
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
numbers = st.sampled_from([True, 2, 0.5, 1j])


@st.composite
def broadcastable(draw: Any, count: int = 2) -> list[tuple[int, ...]]:
    """Shapes that can mostly be broadcast: sizes of one shape, some set to 1, some leading ones dropped."""
    base = draw(st.lists(st.integers(1, 4), max_size=4))
    made = []
    for _ in range(count):
        shape = [draw(st.sampled_from([d, d, d, 1, 2])) for d in base]
        made.append(tuple(shape[draw(st.integers(0, len(shape))) :] if shape and draw(st.booleans()) else shape))
    return made


def tensor(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    return torch.ones(shape).to(dtype)


def names(families: Any) -> list[str]:
    return [name for family in families for name in family.names.split()]


def lenient(*kinds: Any) -> bool:
    """Complex numbers: not every refusal of torch's is worth a rule."""
    return any(k in (torch.complex64, 1j) for k in kinds)


@pytest.mark.parametrize("name", [*names(UNARY), "nan_to_num", "round", "logit"])
@pytest.mark.parametrize("place", ["torch", "torch.Tensor"])
def test_unary(name: str, place: str) -> None:
    for dtype in DTYPES:
        for shape in ((), (3,), (2, 0, 4)):
            check(f"{place}.{name}", tensor(shape, dtype), may_miss=lenient(dtype))


def test_unary_with_parameters() -> None:
    x = torch.rand(2, 3) * 0.5 + 3
    check("torch.round", x, decimals=2)
    check("torch.nan_to_num", x, nan=0.0, posinf=1.0)
    check("torch.mvlgamma", x, 2)
    check("torch.polygamma", 1, x)
    check("torch.Tensor.polygamma", x, 1)
    check("torch.real", tensor((2,), torch.complex64))
    check("torch.real", x)
    check("torch.imag", tensor((2,), torch.complex64))
    check("torch.imag", x)


@pytest.mark.parametrize("name", names(BINARY))
@given(broadcastable(), dtypes, dtypes)
def test_binary(name: str, both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    check(f"torch.{name}", tensor(both[0], a), tensor(both[1], b), may_miss=lenient(a, b))


@given(st.sampled_from(names(BINARY)), shapes, shapes)
def test_binary_of_any_shapes(name: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    dtype = torch.int64 if name.startswith(("bitwise", "gcd", "lcm")) else torch.float32
    if name == "rsub":
        name = "sub"
    check(f"torch.Tensor.{name}", tensor(a, dtype), tensor(b, dtype))


def check_operator(sign: str, *operands: Any) -> None:
    """Hold an operator against Python's on real tensors and numbers."""
    ours = [abstract(v) for v in operands]
    compare(
        lambda: call(f"torch.Tensor.__{sign}__", *ours),
        lambda: getattr(operator, f"__{sign}__")(*operands),
        f"{sign} {ours}",
        may_miss=lenient(*[getattr(v, "dtype", v) for v in operands]),
    )


@pytest.mark.parametrize("sign", OPERATORS)
@given(shapes, dtypes, numbers)
def test_operator_with_number(sign: str, shape: tuple[int, ...], dtype: torch.dtype, number: Any) -> None:
    x = tensor(shape, dtype)
    check_operator(sign, x, number)
    if sign not in ("lt", "le", "gt", "ge"):  # Python turns these around
        check_operator(sign, number, x)


@pytest.mark.parametrize("sign", OPERATORS)
@given(broadcastable(), dtypes, dtypes)
def test_operator(sign: str, both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    check_operator(sign, tensor(both[0], a), tensor(both[1], b))


@pytest.mark.parametrize("sign", [s for s in OPERATORS if s not in ("lt", "le", "gt", "ge", "eq", "ne")])
@given(broadcastable(), dtypes, dtypes)
def test_in_place_operator(sign: str, both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    check_operator("i" + sign, tensor(both[0], a), tensor(both[1], b))


def test_unary_operators() -> None:
    for sign in ("neg", "pos", "invert", "abs"):
        for dtype in DTYPES:
            check_operator(sign, tensor((2, 3), dtype))


IN_PLACE = sorted(p for p in rules if p.startswith("torch.Tensor.") and p.endswith("_") and not p.endswith("__"))


def test_in_place_methods_exist() -> None:
    for path in IN_PLACE:
        assert hasattr(torch.Tensor, path.rpartition(".")[2]), path


@pytest.mark.parametrize("name", [n for n in names(BINARY) if f"torch.Tensor.{n}_" in rules])
@given(broadcastable(), dtypes, dtypes)
def test_in_place_binary(name: str, both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    check(f"torch.Tensor.{name}_", tensor(both[0], a), tensor(both[1], b), may_miss=lenient(a, b))


@pytest.mark.parametrize("name", [n for n in names(UNARY) if f"torch.Tensor.{n}_" in rules])
def test_in_place_unary(name: str) -> None:
    for dtype in DTYPES:
        check(f"torch.Tensor.{name}_", tensor((2, 3), dtype), may_miss=lenient(dtype))


def test_filling() -> None:
    for name in FILLING:
        if name not in ("fill_", "apply_", "geometric_"):
            check(f"torch.Tensor.{name}", torch.zeros(2, 3))
    check("torch.Tensor.fill_", torch.zeros(2, 3), 1)
    check("torch.Tensor.normal_", torch.zeros(2, 3), mean=0.0, std=0.1)


@given(broadcastable(), dtypes, dtypes)
def test_copy(both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    check("torch.Tensor.copy_", tensor(both[0], a), tensor(both[1], b))


@given(broadcastable(3), dtypes, dtypes, dtypes)
def test_where(three: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype, d: torch.dtype) -> None:
    check("torch.where", tensor(three[0], a), tensor(three[1], b), tensor(three[2], d))
    check("torch.Tensor.where", tensor(three[1], b), tensor(three[0], torch.bool), tensor(three[2], d))


@given(broadcastable(2), dtypes, numbers, numbers)
def test_where_with_numbers(two: list[tuple[int, ...]], b: torch.dtype, n: Any, m: Any) -> None:
    mask = tensor(two[0], torch.bool)
    check("torch.where", mask, tensor(two[1], b), n)
    check("torch.where", mask, n, tensor(two[1], b))
    check("torch.where", mask, n, m)


def test_isin_and_frexp() -> None:
    check("torch.isin", torch.ones(2, 3), torch.ones(4))
    check("torch.isin", torch.ones(2, 3), 1)
    check("torch.isin", 1, torch.ones(4))
    check("torch.frexp", torch.ones(2, 3))
    check("torch.frexp", torch.ones(2, 3).long())


def test_where_of_a_condition() -> None:
    check("torch.where", tensor((2, 3), torch.bool), allow_unknown=True)


@given(broadcastable(3), dtypes, dtypes)
def test_clamp(three: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    x, low, high = tensor(three[0], a), tensor(three[1], b), tensor(three[2], b)
    check("torch.clamp", x, low, high, may_miss=lenient(a, b))
    check("torch.clamp", x, min=low, may_miss=lenient(a, b))
    check("torch.clamp", x, 0, 1.5, may_miss=lenient(a))
    check("torch.Tensor.clip", x, max=2, may_miss=lenient(a))
    check("torch.Tensor.clamp_min", x, 0, may_miss=lenient(a))
    check("torch.clamp_max", x, high, may_miss=lenient(a, b))
    check("torch.clamp", x)


@given(broadcastable(3), dtypes, dtypes, dtypes)
def test_three_operands(three: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype, d: torch.dtype) -> None:
    x, y, z = (tensor(s, t) for s, t in zip(three, (a, b, d)))
    check("torch.addcmul", x, y, z, value=2, may_miss=lenient(a, b, d))
    check("torch.addcdiv", x, y, z, may_miss=lenient(a, b, d))
    check("torch.lerp", x, y, z, may_miss=True)
    check("torch.lerp", tensor(three[0], torch.float32), tensor(three[1], torch.float32), 0.5)


@given(broadcastable(), dtypes, dtypes)
def test_close(both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    x, y = tensor(both[0], a), tensor(both[1], b)
    check("torch.isclose", x, y, may_miss=lenient(a, b))
    check("torch.allclose", x, y, atol=1e-3, may_miss=lenient(a, b))
    check("torch.equal", x, y, may_miss=True)
    check("torch.complex", x, y, may_miss=True)


@given(broadcastable(), dtypes, dtypes, st.sampled_from([None, "floor", "trunc", "round"]))
def test_div(both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype, mode: Any) -> None:
    check("torch.div", tensor(both[0], a), tensor(both[1], b), rounding_mode=mode, may_miss=lenient(a, b))


@given(broadcastable(), dtypes, dtypes)
def test_add_alpha(both: list[tuple[int, ...]], a: torch.dtype, b: torch.dtype) -> None:
    check("torch.add", tensor(both[0], a), tensor(both[1], b), alpha=0.5, may_miss=lenient(a, b))
    check("torch.Tensor.sub", tensor(both[0], a), tensor(both[1], b), alpha=2, may_miss=lenient(a, b))


# -- symbolic and open shapes ----------------------------------------------------------------------------------------


def plus(store: Store, a: Any, b: Any, path: str = "torch.Tensor.__add__") -> Any:
    return apply_rule(Call(store, path), rules[path], (a, b), {})


B, H = symbol("B"), symbol("H")


def test_symbolic_dims_broadcast() -> None:
    store = Store()
    assert plus(store, Tensor((B, 3, H), "float32"), Tensor((3, 1), "float32")).shape == (B, 3, H)
    assert plus(store, Tensor((B, H + 1)), Tensor((B, 2 * H))).shape[0] == B
    with pytest.raises(Failure, match=r"\+: \(B, 3\) and \(B, 4\) cannot be broadcast: 3 against 4 in dim -1"):
        plus(store, Tensor((B, 3)), Tensor((B, 4)))


def test_open_shapes() -> None:
    store = Store()
    x = Tensor(Open((B,), ShapeVar(), (64,)), "float32")
    assert plus(store, x, 2.0) == x
    assert plus(store, x, Scalar("float")) == x
    assert plus(store, x, Tensor((64,), "float32")) == x
    assert plus(store, x, x) == x
    assert plus(store, x, Tensor((), "float32")) == x
    reached = plus(store, x, Tensor((1, 196, 64), "float32")).shape
    assert (reached.prefix, reached.suffix) == ((), (196, 64))
    other = Tensor(Open((B,), ShapeVar(), (64,)), "float32")
    assert plus(store, x, other).shape is None
    assert plus(store, x, Tensor(None, "float32")).shape is None
    with pytest.raises(Failure) as raised:
        plus(store, x, Tensor((10, 32), "float32"))
    assert raised.value.code == "broadcast-mismatch"


def test_open_parameter_is_taught_to_be_a_tensor() -> None:
    store = Store()
    hole = Unknown("x", Hole("x"))
    assert isinstance(plus(store, hole, 1), Tensor)
    assert isinstance(store.value(hole), Tensor)
    assert plus(store, UNKNOWN, Tensor((2,))).shape is None


def test_numbers_of_unknown_value() -> None:
    store = Store()
    for kind, dtype in (("float", "float32"), ("int", "int64"), ("bool", "int64")):
        assert plus(store, Tensor((2,), "int64"), Scalar(kind)).dtype == dtype
    assert plus(store, Tensor((2,), "int64"), Scalar("number")).dtype is None
    assert plus(store, Tensor((2,), "float32"), H).dtype == "float32"
    assert plus(store, H, Tensor((), "int32")).dtype == "int32"
    assert plus(store, Tensor((2,), None), 1.0).dtype is None


def test_in_place_keeps_the_left_shape() -> None:
    store, path = Store(), "torch.Tensor.__iadd__"
    assert plus(store, Tensor((B, 3), "float32"), Tensor((3,), "float32"), path).shape == (B, 3)
    with pytest.raises(Failure) as raised:
        plus(store, Tensor((3,), "float32"), Tensor((4, 3), "float32"), path)
    assert raised.value.code == "broadcast-mismatch"
    with pytest.raises(Failure) as raised:
        plus(store, Tensor((3,), "int64"), Tensor((3,), "float32"), path)
    assert raised.value.code == "dtype-mismatch"
    assert "float32 result cannot be stored in a int64 tensor" in raised.value.message


def test_equality_with_what_is_no_tensor() -> None:
    assert call("torch.Tensor.__eq__", Tensor((2,)), None) is False
    assert call("torch.Tensor.__ne__", Tensor((2,)), None) is True
    assert call("torch.Tensor.__eq__", Tensor((2,)), 3).dtype == "bool"


def test_inverting_a_mask_by_subtraction() -> None:
    with pytest.raises(Failure, match="use ~ or logical_not to invert a mask"):
        call("torch.Tensor.__sub__", 1, Tensor((2,), "bool"))


def test_every_function_exists_in_torch() -> None:
    import shapelens.rules.torch.elementwise as module

    for path, found in rules.items():
        if found.function.__module__ == module.__name__:
            assert callable(real_function(path)), path


def test_dtype_argument_is_a_library_name() -> None:
    assert abstract(torch.float32) is Lib("torch.float32")


def test_a_size_that_may_be_zero() -> None:
    found, other = symbol("found", 0), symbol("other", 1)
    assert call("torch.Tensor.__add__", Tensor((found,)), Tensor((1,))).shape == (found,)
    assert call("torch.Tensor.__add__", Tensor((found,)), Tensor((other,))).shape is None
    assert call("torch.Tensor.__add__", Tensor((found,)), Tensor((3,))).shape == (3,)
