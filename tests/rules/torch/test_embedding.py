"""Embedding and EmbeddingBag, held against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Failure
from shapelens.rules.registry import rules
from shapelens.values import Hole, Instance, Open, Tensor, Unknown
from tests.rules.torch.harness import Shaped, call, check, check_layer
from tests.rules.torch.test_linear import made, run

sizes = st.integers(0, 4)
some = st.integers(1, 4)
DTYPES = (torch.int64, torch.int32, torch.uint8, torch.int16, torch.bool, torch.float32, torch.float64)
BAG, BAG_FUNCTION = "torch.nn.EmbeddingBag", "torch.nn.functional.embedding_bag"


@given(st.lists(sizes, max_size=4), some, sizes, st.sampled_from(DTYPES))
def test_embedding(shape: list[int], rows: int, size: int, dtype: torch.dtype) -> None:
    check_layer("torch.nn.Embedding", (rows, size), {}, torch.zeros(shape).to(dtype))


@given(st.lists(some, max_size=3), st.lists(some, max_size=3), st.none() | st.integers(-5, 5))
def test_functional_embedding(shape: list[int], weight: list[int], padding: int | None) -> None:
    x = torch.zeros(shape, dtype=torch.int64)
    check("torch.nn.functional.embedding", x, torch.ones(weight), padding_idx=padding)


@given(some, st.integers(-5, 5), st.tuples(some, some))
def test_constructor(rows: int, padding: int, weight: tuple[int, int]) -> None:
    x = torch.zeros(2, dtype=torch.int64)
    check_layer("torch.nn.Embedding", (rows, 2, padding), {}, x)
    check_layer(BAG, (rows, 2), {"padding_idx": padding}, x[None])
    check_layer("torch.nn.Embedding", (rows, 2), {"_weight": torch.ones(weight)}, x)


@given(
    st.lists(some, max_size=3),
    st.none() | st.lists(st.integers(2, 4), min_size=1, max_size=2),
    st.booleans(),
    st.sampled_from(("sum", "mean", "max")),
    st.sampled_from(DTYPES),
)
def test_embedding_bag(shape: list[int], offsets: list[int] | None, last: bool, mode: str, dtype: torch.dtype) -> None:
    x = torch.zeros(shape).to(dtype)
    starts = None if offsets is None else torch.zeros(offsets, dtype=torch.int64)
    if starts is not None and last and starts.numel() > 1:
        starts[-1] = len(x) if shape else 0  # torch reads out of bounds where the last offset is not the end
    options = {"include_last_offset": last, "mode": mode}
    check_layer(BAG, (5, 3), options, x, starts)
    check(BAG_FUNCTION, x, torch.ones(5, 3), starts, **options)


@given(st.lists(some, min_size=1, max_size=2), st.lists(some, min_size=1, max_size=2), st.booleans())
def test_sample_weights(shape: list[int], weights: list[int], is_sum: bool) -> None:
    x, w = torch.zeros(shape, dtype=torch.int64), torch.ones(weights)
    offsets = torch.zeros(2, dtype=torch.int64) if len(shape) == 1 else None
    for given_weights in (w, torch.ones(shape), torch.ones(shape, dtype=torch.float64)):
        check_layer(BAG, (5, 3), {"mode": "sum" if is_sum else "mean"}, x, offsets, given_weights)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.float32])
def test_offset_dtypes(dtype: torch.dtype) -> None:
    check_layer(BAG, (5, 3), {}, torch.zeros(4, dtype=torch.int64), torch.zeros(2).to(dtype))


@given(st.lists(some, min_size=1, max_size=3))
def test_from_pretrained(shape: list[int]) -> None:
    weight = Tensor(tuple(shape), "float64")
    for name in ("Embedding", "EmbeddingBag"):
        try:
            real: Any = getattr(torch.nn, name).from_pretrained(torch.ones(shape, dtype=torch.float64))
        except AssertionError:
            with pytest.raises(Failure):
                call(f"torch.nn.{name}.from_pretrained", weight)
            continue
        layer = call(f"torch.nn.{name}.from_pretrained", weight)
        assert isinstance(layer, Instance)
        assert layer.attrs["embedding_dim"] == real.embedding_dim
        assert layer.attrs["weight"] == weight
        assert layer.attrs["weight"].parameter
    assert "torch.embedding" in rules


@given(st.lists(sizes, max_size=3), st.integers(-2, 4), st.sampled_from(DTYPES))
def test_one_hot(shape: list[int], classes: int, dtype: torch.dtype) -> None:
    check("torch.nn.functional.one_hot", torch.zeros(shape).to(dtype), classes, allow_unknown=classes == -1,
          may_miss=0 in shape)  # fmt: skip


def test_open_input_keeps_its_rank() -> None:
    store, layer = made("torch.nn.Embedding", 100, 16)
    hole = Hole("tokens")
    out = run(store, layer, Unknown(hole=hole))
    assert isinstance(out.shape, Open)
    assert (out.shape.prefix, out.shape.suffix) == ((), (16,))
    assert store.value(store.hole(hole)).dtype == "int64"
    dims = store.rank(store.value(store.hole(hole)).shape, ("B", "T"))
    assert dims is not None
    assert store.shape(out.shape) == (*dims, 16)


def test_symbolic_dims() -> None:
    store, layer = made("torch.nn.Embedding", 100, 16)
    b, t = symbol("B"), symbol("T")
    assert run(store, layer, Tensor((b, t), "int64")) == Shaped((b, t, 16), "float32")
    store, layer = made(BAG, 100, 16)
    assert run(store, layer, Tensor((b, t), "int64")) == Shaped((b, 16), "float32")


def test_float_indices() -> None:
    store, layer = made("torch.nn.Embedding", 100, 16)
    with pytest.raises(Failure) as caught:
        run(store, layer, Tensor((2, 3), "float32"))
    assert caught.value.code == "dtype-mismatch"
    assert str(caught.value) == "Embedding needs indices of int64 or int32, got float32"
