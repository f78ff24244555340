"""Tensors made from sizes, data and ranges, against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import ceildiv, symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.values import Hole, Lib, List, Many, Open, Ratio, Scalar, Size, Store, Tensor, Unknown
from tests.rules.torch.harness import Shaped, call, check

B, T, D = (symbol(n) for n in "BTD")
dtypes = st.sampled_from([torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.bool])
sizes = st.lists(st.integers(-1, 4) | st.integers(0, 4), max_size=4)


def zeros(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(tuple(shape), dtype=dtype)


# -- from sizes ------------------------------------------------------------------------------------------------------


@given(sizes, dtypes)
def test_sizes(size: list[int], dtype: torch.dtype) -> None:
    for name in ("zeros", "ones", "empty", "rand", "randn"):
        path = f"torch.{name}"
        given_dtype = {} if name.startswith("rand") else {"dtype": dtype}
        if size:
            check(path, *size)
        check(path, tuple(size), **given_dtype)
        check(path, size, requires_grad=False, device="cpu")
        check(path, size=tuple(size))
        check(path, torch.Size(abs(n) for n in size))
    check("torch.empty_strided", size, [1] * len(size))
    check("torch.empty_permuted", size, list(range(len(size))))
    x = zeros((2,), dtype)
    for name in ("new_zeros", "new_ones", "new_empty"):
        check(f"torch.Tensor.{name}", x, size)
        check(f"torch.Tensor.{name}", x, *(size or [1]))
        check(f"torch.Tensor.{name}", x, tuple(size), dtype=torch.float64)
    check("torch.Tensor.new_full", x, size, 1)
    check("torch.Tensor.new", zeros(()), *size)
    check("torch.Tensor.new_empty_strided", x, size, [1] * len(size))


@given(sizes, st.sampled_from([1, 1.5, True, 1j]), dtypes)
def test_full(size: list[int], value: Any, dtype: torch.dtype) -> None:
    check("torch.full", size, value)
    check("torch.full", size=size, fill_value=value)
    check("torch.full", size, 1, dtype=dtype)
    check("torch.full", size, torch.tensor(1, dtype=dtype))
    check("torch.full_like", zeros((2, 3), dtype), 1)


@given(sizes, st.integers(-2, 3), st.integers(-2, 3))
def test_random_integers(size: list[int], low: int, high: int) -> None:
    check("torch.randint", low, high, size)
    check("torch.randint", high, size)
    check("torch.randint", high, size=size)
    check("torch.randint", low=low, high=high, size=size, dtype=torch.int32)
    check("torch.randint", high=high, size=size)
    check("torch.randperm", high)
    x = zeros((2, 3))
    check("torch.randint_like", x, high)
    check("torch.randint_like", x, low, high)
    check("torch.randint_like", x, low=low, high=high, dtype=torch.int64)


@given(st.integers(-1, 5), st.integers(-1, 5), st.integers(-3, 3), dtypes)
def test_matrices_and_windows(n: int, m: int, offset: int, dtype: torch.dtype) -> None:
    check("torch.eye", n)
    check("torch.eye", n, m, dtype=torch.int64)
    for name in ("tril_indices", "triu_indices"):
        check(f"torch.{name}", n, m, offset)
        check(f"torch.{name}", n, m, offset=offset, dtype=torch.int32)
        check(f"torch.{name}", row=n, col=m)
    for name in ("hann", "hamming", "blackman", "bartlett", "kaiser"):
        check(f"torch.{name}_window", n)
        check(f"torch.{name}_window", n, periodic=False, dtype=dtype, device="cpu")
        if m > 0:
            check(f"torch.signal.windows.{name}", m, sym=False)
    check("torch.hamming_window", m, True, 0.5, 0.5)
    check("torch.kaiser_window", m, periodic=True, beta=8.0)
    check("torch.vander", zeros((3,), torch.int64), m)
    check("torch.vander", zeros((max(n, 0), 2)))


@given(st.lists(st.integers(0, 4), max_size=4), dtypes, dtypes)
def test_like(shape: list[int], dtype: torch.dtype, other: torch.dtype) -> None:
    x = zeros(shape, dtype)
    for name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"):
        check(f"torch.{name}", x)
        check(f"torch.{name}", x, dtype=other, device="cpu", requires_grad=False)
    check("torch.as_tensor", x)
    check("torch.asarray", x, dtype=other)
    check("torch.Tensor.new_tensor", x, x)
    check("torch.Tensor", zeros(shape))
    check("torch.LongTensor", zeros(shape, torch.int64))


# -- from data ----------------------------------------------------------------------------------------------------------

numbers = st.integers(-3, 3) | st.floats(-2, 2, width=16) | st.booleans()
data = st.recursive(numbers, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner), max_leaves=8)


@given(data, dtypes)
def test_data(value: Any, dtype: torch.dtype) -> None:
    check("torch.tensor", value, may_miss=_mixed(value))
    check("torch.tensor", value, dtype=dtype, may_miss=_mixed(value))
    check("torch.as_tensor", value, dtype=dtype, may_miss=_mixed(value))
    check("torch.Tensor.new_tensor", zeros((2,), dtype), value, may_miss=_mixed(value))
    if isinstance(value, (list, tuple)):
        for name in ("Tensor", "FloatTensor", "LongTensor", "DoubleTensor", "BoolTensor"):
            check(f"torch.{name}", value, may_miss=_mixed(value))
        check("torch.Tensor.new", zeros((2,)), value, may_miss=_mixed(value))


def _mixed(value: Any) -> bool:
    """Whether numbers stand beside lists, which we do not report."""
    if not isinstance(value, (list, tuple)):
        return False
    return len({isinstance(v, (list, tuple)) for v in value}) > 1 or any(_mixed(v) for v in value)


@given(data)
def test_kept_numbers(value: Any) -> None:
    try:
        real = torch.tensor(value)
    except (TypeError, ValueError, RuntimeError):
        return
    kept = call("torch.tensor", value).scalars
    assert kept is not None or real.numel() == 0
    assert kept is None or torch.equal(torch.tensor(kept, dtype=real.dtype), real)


@given(st.lists(st.lists(st.integers(0, 2), max_size=2), min_size=1, max_size=3), numbers, dtypes)
def test_lists_of_tensors(shapes: Any, number: Any, dtype: torch.dtype) -> None:
    tensors = [zeros(s, dtype) for s in shapes]
    for name in ("tensor", "as_tensor", "Tensor"):
        check(f"torch.{name}", tensors)
        check(f"torch.{name}", [tensors])
        check(f"torch.{name}", [number, *tensors])
        check(f"torch.{name}", [*tensors, number])
        check(f"torch.{name}", [[number], *tensors], may_miss=True, allow_unknown=True)


def test_data_of_unknown_numbers() -> None:
    assert call("torch.tensor", [Scalar("int"), Scalar("int")]) == Shaped((2,), "int64")
    assert call("torch.tensor", [Scalar("int"), 1.0]) == Shaped((2,), "float32")
    assert call("torch.tensor", [[T, Ratio(T, 2)]]) == Shaped((1, 2), "float32")
    assert call("torch.tensor", [Tensor(None, "int64"), Tensor((B,), "int64")]) == Shaped((2,), "int64")
    assert call("torch.tensor", Many(Scalar("float"), T)) == Shaped((T,), "float32")
    made = List()
    made.rest, made.count = Tensor((), "int64"), T
    assert call("torch.tensor", made) == Shaped((T,), "int64")
    assert call("torch.tensor", Unknown()).shape is None
    assert call("torch.tensor", [Unknown(), 1]).shape is None
    assert call("torch.tensor", Unknown(), dtype=Lib("torch.long")) == Shaped(None, "int64")
    assert call("torch.Tensor", Scalar("int")).shape is not None
    made = call("torch.from_numpy", Tensor((B, 3), "float64", "numpy"))
    assert (made.shape, made.dtype, made.library) == ((B, 3), "float64", "torch")
    assert call("torch.tensor", [Tensor((3,), "float64", "numpy")] * 2) == Shaped((2, 3), "float64")
    assert call("torch.tensor", [1, 2], dtype=Lib("torch.float")).scalars is None
    assert call("torch.tensor", list(range(100))).scalars is None


# -- ranges --------------------------------------------------------------------------------------------------------------

ends = st.integers(-6, 6) | st.sampled_from([0.5, 2.5, -1.5, 3.0])
steps = st.sampled_from([1, 2, 3, -1, -2, 0.5, -0.25, 0])


@given(ends, ends, steps, dtypes)
def test_arange(start: Any, end: Any, step: Any, dtype: torch.dtype) -> None:
    check("torch.arange", end)
    check("torch.arange", end=end)
    check("torch.arange", start, end)
    check("torch.arange", start, end, step)
    check("torch.arange", start=start, end=end, step=step)
    check("torch.arange", start, end, step, dtype=dtype)
    check("torch.arange", torch.tensor(end), allow_unknown=True, may_miss=True)
    check("torch.range", start, end, step)


@given(ends | st.just(1j), ends, st.integers(-1, 5), dtypes)
def test_linspace(start: Any, end: Any, count: int, dtype: torch.dtype) -> None:
    for name in ("linspace", "logspace"):
        check(f"torch.{name}", start, end, count, allow_unknown=isinstance(start, complex))
        check(f"torch.{name}", 0, end, steps=count, dtype=dtype)
        check(f"torch.{name}", zeros((max(count, 0),)), end, 3, allow_unknown=True)
    check("torch.logspace", 0, end, count, 2)


def test_symbolic_ranges() -> None:
    def length(*bounds: Any) -> Any:
        (found,) = call("torch.arange", *bounds).shape
        return found

    assert length(T) == T
    assert length(0, T, 2) == ceildiv(T, 2)
    assert length(T - 1, -1, -1) == T
    assert length(B, B + T) == T
    assert length(0, B * T, T) == B
    assert length(0, T, T) == 1
    assert length(T - 3) == T - 3, "every run in which it is negative fails"
    assert call("torch.arange", T).dtype == "int64"
    assert call("torch.arange", T, dtype=Lib("torch.float")).dtype == "float32"
    assert call("torch.arange", Scalar("int")).dtype == "int64"
    assert call("torch.arange", Scalar("float")).dtype == "float32"
    assert call("torch.arange", Tensor((), "int64")).dtype == "int64"
    assert call("torch.arange", Unknown()).dtype is None
    assert (
        call("torch.arange", Unknown("n", Hole("n"))) == call("torch.arange", Unknown("n", Hole("n"))).with_() or True
    )
    assert call("torch.range", 1, T).shape == (T,)
    assert call("torch.linspace", 0, 1, T) == Shaped((T,), "float32")
    with pytest.raises(Failure, match="the end is before the start, by T"):
        length(T, 0)


def test_symbolic_sizes() -> None:
    assert call("torch.zeros", B, T, 3) == Shaped((B, T, 3), "float32")
    assert call("torch.zeros", Size((B, T))) == Shaped((B, T), "float32")
    assert call("torch.full", (B, T), 0) == Shaped((B, T), "int64")
    assert call("torch.full", (B,), Scalar("float")) == Shaped((B,), "float32")
    assert call("torch.full", (B,), Unknown()) == Shaped((B,), None)
    assert call("torch.eye", T).shape == (T, T)
    assert len(call("torch.zeros", Unknown("n"), 3).shape) == 2
    assert call("torch.zeros", Unknown("n")).shape is None, "one size or a tuple of sizes"
    assert call("torch.zeros", Tensor((), "int64", scalars=4), 3).shape == (4, 3)
    assert len(call("torch.zeros", Tensor((), "int64"), 3).shape) == 2
    assert call("torch.ones_like", Tensor((B, T), "float16")) == Shaped((B, T), "float16")
    assert call("torch.tril_indices", T, T).shape[0] == 2
    assert call("torch.randint", 0, T, (B,)) == Shaped((B,), "int64")
    assert call("torch.hann_window", T) == Shaped((T,), "float32")


def test_open_shapes() -> None:
    c = Call(Store())
    x = c.store.open_tensor(Unknown("x", Hole("x")), "float16")
    assert isinstance(x.shape, Open)
    assert apply_rule(c, rules["torch.zeros_like"], (x,), {}) == x
    shape_of = Unknown(("shape of", x))  # type: ignore[arg-type]  as the interpreter gives x.shape
    assert apply_rule(c, rules["torch.zeros"], (shape_of,), {}) == Shaped(x.shape, "float32")
    assert apply_rule(c, rules["torch.Tensor.new_ones"], (x, shape_of), {}) == Shaped(x.shape, "float16")


# -- parameters ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), max_size=5), dtypes, st.booleans())
def test_parameters(shape: list[int], dtype: torch.dtype, grad: bool) -> None:
    x = zeros(shape, dtype)
    check("torch.nn.Parameter", x)
    check("torch.nn.parameter.Parameter", x, requires_grad=grad)
    check("torch.nn.Parameter")
    check("torch.nn.Buffer", x, persistent=grad)
    assert call("torch.nn.Parameter", Tensor((B,), "float32")).parameter
    assert not call("torch.nn.Buffer", Tensor((B,), "float32")).parameter
    assert call("torch.nn.UninitializedParameter") == Shaped(None, "float32")


@given(st.lists(st.integers(1, 3), max_size=6))
def test_initialisation(shape: list[int]) -> None:
    for name in ("uniform", "normal", "trunc_normal", "ones", "zeros", "eye", "dirac", "orthogonal", "xavier_uniform",
                 "xavier_normal", "kaiming_uniform", "kaiming_normal"):  # fmt: skip
        check(f"torch.nn.init.{name}_", zeros(shape))
    check("torch.nn.init.constant_", zeros(shape), 1.0)
    check("torch.nn.init.sparse_", zeros(shape), sparsity=0.5)
    check("torch.nn.init.kaiming_normal_", zeros(shape), mode="fan_out", nonlinearity="relu")


# -- combinations ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=3), dtypes, st.sampled_from(["ij", "xy"]))
def test_meshgrid(shapes: Any, dtype: torch.dtype, indexing: str) -> None:
    tensors = [zeros(s) for s in shapes]
    check("torch.meshgrid", *tensors, indexing=indexing)
    check("torch.meshgrid", tensors, indexing=indexing)
    check("torch.meshgrid", *tensors, zeros((2,), dtype))
    check("torch.cartesian_prod", *tensors)
    check("torch.cartesian_prod", *tensors, zeros((2,), dtype))
    grids = call("torch.meshgrid", Tensor((B,)), Tensor((T,)), indexing="xy")
    assert [g.shape for g in grids] == [(T, B)] * 2


@given(st.lists(st.integers(0, 5), max_size=2), st.integers(-1, 4), st.booleans())
def test_combinations(shape: Any, r: int, again: bool) -> None:
    check("torch.combinations", zeros(shape), r, again)
    check("torch.combinations", zeros(shape))
    check("torch.combinations", zeros(shape), with_replacement=again)


# -- messages --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "args", "code", "message"),
    [
        ("zeros", (2, -1), "argument-value", "zeros: a size cannot be negative, got (2, -1)"),
        ("zeros", (B, Ratio(T, 2)), "argument-value",
         "zeros: a size must be an int, got a float (`/` gives one, `//` does not)"),
        ("tensor", ([[1, 2], [3]],), "ragged-data", "tensor: nested lists of different lengths, (2,) and (1,)"),
        ("tensor", ([Tensor((3,)), Tensor((3,))],), "item-size",
         "tensor: a list may only hold tensors of one element, got (3,); torch.stack joins larger ones"),
        ("arange", (0, 5, -1), "argument-value", "arange: from 0 to 5 in steps of -1 has no end"),
        ("randint", (3, 3, (2,)), "argument-value", "randint: high must be more than low, got 3 and 3"),
        ("nn.init.xavier_uniform_", (Tensor((T,)),), "rank-mismatch",
         "xavier_uniform_ needs a tensor of at least two dims, got (T,)"),
        ("nn.Parameter", (Tensor((T,), "int64"),), "dtype-mismatch",
         "Parameter: only floats can require gradients, got int64; pass requires_grad=False"),
        ("meshgrid", (Tensor((2,), "int64"), Tensor((2,), "float32")), "dtype-mismatch",
         "meshgrid needs vectors of one dtype, got int64 and float32"),
    ],
)  # fmt: skip
def test_messages(path: str, args: Any, code: str, message: str) -> None:
    with pytest.raises(Failure) as failure:
        call(f"torch.{path}", *args)
    assert (failure.value.code, failure.value.message) == (code, message)
