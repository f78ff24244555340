"""shape, size, dim, dtype, item, tolist and their relatives, against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, attributes, rules
from shapelens.rules.torch import info
from shapelens.values import UNKNOWN, Hole, Instance, Lib, List, Scalar, Size, Store, Tensor, Unknown
from tests.rules.torch.harness import abstract, call, check, compare

shapes = st.lists(st.integers(0, 3), max_size=3)
DTYPES = [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int8, torch.uint8,
    torch.bool, torch.complex64, torch.complex128,
]  # fmt: skip
dtypes = st.sampled_from(DTYPES)
B, T, D = (symbol(n) for n in "BTD")


def zeros(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(tuple(shape), dtype=dtype)


def attribute(name: str, tensor: Tensor) -> Any:
    rule = attributes[f"torch.Tensor.{name}"]
    return apply_rule(Call(Store(), rule.path), rule, (tensor,), {})


@given(shapes, st.integers(-4, 4), dtypes)
def test_sizes(shape: Any, dim: int, dtype: torch.dtype) -> None:
    x = zeros(shape, dtype)
    check("torch.Tensor.size", x)
    check("torch.Tensor.size", x, dim)
    check("torch.Tensor.size", x, dim=dim)
    check("torch.Tensor.__len__", x)
    check("torch.Tensor.stride", x, dim, may_miss=not shape)
    for name in ("dim", "ndimension", "numel", "nelement", "element_size", "is_complex", "is_floating_point"):
        check(f"torch.Tensor.{name}", x)
    for name in ("numel", "is_complex", "is_floating_point", "is_signed"):
        check(f"torch.{name}", x)


@given(shapes, dtypes)
def test_attributes(shape: Any, dtype: torch.dtype) -> None:
    x = zeros(shape, dtype)
    for name in ("shape", "ndim", "dtype", "itemsize", "nbytes", "data", "real", "imag", "is_cuda", "is_sparse"):
        compare(lambda: attribute(name, abstract(x)), lambda: getattr(x, name), f"{x.shape}.{name}")


@given(shapes, dtypes)
def test_leaving_torch(shape: Any, dtype: torch.dtype) -> None:
    x = zeros(shape, dtype)
    check("torch.Tensor.item", x)
    check("torch.Tensor.tolist", x)
    compare(
        lambda: call("torch.Tensor.numpy", abstract(x)),
        lambda: torch.from_numpy(x.numpy()),
        f"{x.shape} {x.dtype}.numpy()",
    )


@given(shapes, shapes, dtypes, dtypes)
def test_two(a: Any, b: Any, first: torch.dtype, second: torch.dtype) -> None:
    check("torch.broadcast_shapes", tuple(a), tuple(b))
    check("torch.broadcast_shapes", tuple(a), 1)
    check("torch.promote_types", first, second)
    check("torch.result_type", zeros(a, first), zeros(b, second))
    check("torch.result_type", zeros(a, first), 1.0)
    check("torch.result_type", 2, zeros(a, first))
    check("torch.is_same_size", zeros(a), zeros(b))
    check("torch.is_tensor", zeros(a))
    check("torch.is_tensor", a)


def test_symbols() -> None:
    x = Tensor((B, T, 4), "float32")
    assert call("torch.Tensor.size", x, 1) is T
    assert call("torch.Tensor.numel", x) == 4 * B * T
    assert attribute("nbytes", x) == 16 * B * T
    shape = attribute("shape", x)
    assert isinstance(shape, Size)
    assert (shape, shape.of) == ((B, T, 4), x)
    assert call("torch.is_same_size", x, x) is True
    assert isinstance(call("torch.is_same_size", x, Tensor((B, 3, 4))), Scalar)


def test_numbers() -> None:
    assert call("torch.Tensor.item", Tensor((), "int64", scalars=3)) == 3
    assert call("torch.Tensor.item", Tensor((1, 1), "float32", scalars=[[0.5]])) == 0.5
    assert call("torch.Tensor.item", Tensor((B,), "int64")).type == "int"
    assert call("torch.Tensor.item", Tensor(None)) is UNKNOWN
    assert call("torch.Tensor.tolist", Tensor((2, 2), "int64", scalars=[[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
    made = call("torch.Tensor.tolist", Tensor((B, 2), "bool"))
    assert isinstance(made, List)
    assert made.count is B
    assert [one.type for one in made.rest] == ["bool", "bool"]  # type: ignore[attr-defined]
    assert isinstance(call("torch.Tensor.tolist", Tensor((2, T))), Unknown)


def test_what_is_not_known() -> None:
    x = Tensor(None)
    assert isinstance(call("torch.Tensor.size", x), Unknown)
    assert call("torch.Tensor.dim", x).type == "int"
    assert attribute("dtype", x) is UNKNOWN
    assert attribute("requires_grad", x).type == "bool"
    assert call("torch.is_floating_point", x).type == "bool"
    device = attribute("device", x)
    assert isinstance(device, Instance)
    assert device.cls is Lib("torch.device")
    assert not attribute("data", Tensor((2,), parameter=True)).parameter


def test_open_shapes() -> None:
    c = Call(Store())
    x = c.store.open_tensor(Unknown("x", Hole("x")))
    first = info.size_at(c, x, 0)
    last = info.size_at(c, x, -1)
    assert (c.text(x), c.dim_text(first), c.dim_text(last)) == ("(B, …, D)", "B", "D")
    # dim 1 may be the last one
    info.size_at(c, x, 1)
    assert c.text(x) == "(B, …, D)"
    assert [c.dim_text(d) for d in info.unpack_shape(c, x, ("B", "T", "features"))] == ["B", "T", "D"]
    assert c.dim_text(apply_rule(c, rules["torch.Tensor.numel"], (x,), {})) == "B·D·T"


@pytest.mark.parametrize(
    ("path", "shape", "args", "code", "message"),
    [
        ("item", (B, 3), (), "item-size", "item() needs a tensor of one element, got (B, 3)"),
        ("size", (2, 3), (2,), "axis-out-of-range", "dim 2 is out of range for (2, 3) of rank 2"),
        ("__len__", (), (), "rank-mismatch", "len() of a tensor of rank 0"),
    ],
)
def test_messages(path: str, shape: Any, args: Any, code: str, message: str) -> None:
    with pytest.raises(Failure) as failure:
        call(f"torch.Tensor.{path}", Tensor(shape), *args)
    assert (failure.value.code, failure.value.message) == (code, message)


@pytest.mark.parametrize("shape", [(), (1,), (4,), (4, 1)])
@pytest.mark.parametrize("given", [None, (), (4,), (4, 1)])
def test_autograd_grad(shape: tuple[int, ...], given: tuple[int, ...] | None) -> None:
    w, v = torch.ones(shape, requires_grad=True), torch.ones(3, requires_grad=True)
    gradient = None if given is None else torch.ones(given)
    check("torch.autograd.grad", w * 2, w, gradient)
    check("torch.autograd.grad", [w * v.sum()], (w, v), None if gradient is None else [gradient])
