"""torch.utils.data against the real one: collating, lengths, batches, and what the constructors reject."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils import data as U

from shapelens.dims import Expr
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, layers, rules
from shapelens.rules.torch.data import collate
from shapelens.rules.torchvision.images import make_image
from shapelens.values import UNKNOWN, Dict, Hole, Instance, List, Many, Named, Open, Scalar, Tensor, Unknown
from shapelens.values.text import dim_text
from tests.rules.torchvision.images_harness import abstract, agree, context, get_item, length, make

settings.load_profile("images")
Pair = namedtuple("Pair", "a b")
shapes = st.lists(st.integers(0, 3), max_size=3)


def item(c: Call, value: Any) -> Any:
    """An item of a real dataset as ours."""
    if isinstance(value, Pair):
        return Named.of(**{n: item(c, v) for n, v in value._asdict().items()})
    if isinstance(value, tuple):
        return tuple(item(c, v) for v in value)
    if isinstance(value, list):
        return List([item(c, v) for v in value])
    if isinstance(value, dict):
        return Dict({k: item(c, v) for k, v in value.items()})
    if isinstance(value, (bool, int, float, str)):
        return Scalar(type(value).__name__)
    return abstract(c, value)


def same(c: Call, mine: Any, theirs: Any) -> None:
    """A batch of ours is that of torch."""
    if isinstance(theirs, dict):
        assert isinstance(mine, Dict)
        assert list(mine) == list(theirs)
        for key, value in theirs.items():
            same(c, mine[key], value)
    elif isinstance(theirs, (list, tuple)) and theirs and isinstance(theirs[0], str):
        assert isinstance(mine, List)
        assert isinstance(mine.rest, Scalar)
        assert mine.count == len(theirs)
    elif isinstance(theirs, (list, tuple)):
        assert isinstance(mine, Named if isinstance(theirs, Pair) else List)
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs):
            same(c, a, b)
    else:
        agree(c, mine, theirs)


leaves = st.one_of(
    st.booleans(),
    st.integers(0, 9),
    st.floats(0, 1),
    st.text(max_size=2),
    st.builds(lambda s, d: torch.zeros(s, dtype=d), shapes, st.sampled_from([torch.float32, torch.int64, torch.uint8])),
    st.builds(
        lambda s, d: np.zeros(s, d),
        st.lists(st.integers(0, 3), min_size=1, max_size=3),
        st.sampled_from(["float64", "uint8"]),
    ),
)
items = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.tuples(inner, inner),
        st.builds(Pair, inner, inner),
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1),
    ),
    max_leaves=5,
)


@settings(max_examples=300)
@given(items, st.integers(1, 4))
def test_collate(value: Any, size: int) -> None:
    c = context()
    same(c, collate(c, item(c, value), size), U.default_collate([value] * size))


@given(items)
def test_loader(value: Any) -> None:
    c = context()
    loader = make(c, "torch.utils.data.DataLoader", List([item(c, value)] * 3), 3)
    found = apply_rule(c, rules["torch.utils.data.DataLoader.__iter__"], (loader,), {})
    assert isinstance(found, Many)
    same(c, found.element, next(iter(U.DataLoader([value] * 3, 3))))  # type: ignore[arg-type]


@given(st.integers(1, 20), st.one_of(st.none(), st.integers(1, 7)), st.booleans())
def test_lengths(count: int, size: int | None, drop: bool) -> None:
    if size is None and drop:
        return
    c = context()
    dataset = make(c, "torch.utils.data.TensorDataset", Tensor((count, 2), "float32"))
    loader = make(c, "torch.utils.data.DataLoader", dataset, size, drop_last=drop)
    theirs = U.DataLoader(U.TensorDataset(torch.zeros(count, 2)), size, drop_last=drop)
    assert length(c, loader) == len(theirs)
    batches = list(theirs)
    found = apply_rule(c, rules["torch.utils.data.DataLoader.__iter__"], (loader,), {})
    if batches:
        same(c, found.element, batches[0])


@given(
    st.integers(2, 30),
    st.lists(st.one_of(st.integers(0, 9), st.sampled_from([0.1, 0.2, 0.25, 0.5])), min_size=1, max_size=4),
)
def test_random_split(count: int, parts: list[Any]) -> None:
    c = context()
    mine: Any = None
    try:
        theirs: Any = [len(s) for s in U.random_split(U.TensorDataset(torch.zeros(count)), parts)]
    except (ValueError, TypeError, RuntimeError) as error:
        theirs = error
    dataset = make(c, "torch.utils.data.TensorDataset", Tensor((count,), "float32"))
    try:
        mine = apply_rule(c, rules["torch.utils.data.random_split"], (dataset, List(parts)), {})
    except Failure as failure:
        assert failure.code == "split-mismatch"
        assert isinstance(theirs, ValueError)
        return
    if not isinstance(theirs, Exception):
        assert [length(c, s) for s in mine] == theirs


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((0,), {}), ((-1,), {}), ((2.0,), {}), ((True,), {}), ((), {"num_workers": -1}), ((), {"prefetch_factor": 2}),
        ((), {"persistent_workers": True}), ((None,), {"drop_last": True}), ((), {"transform": None}),
    ],
)  # fmt: skip
def test_rejected(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        U.DataLoader([1, 2], *args, **kwargs)  # type: ignore[arg-type]
    with pytest.raises(Failure):
        make(context(), "torch.utils.data.DataLoader", List([1, 2]), *args, **kwargs)


@pytest.mark.parametrize("kwargs", [{"shuffle": True}, {"batch_size": 2}, {"drop_last": True}])
def test_rejected_beside_a_sampler(kwargs: dict[str, Any]) -> None:
    c = context()
    sampler = make(c, "torch.utils.data.RandomSampler", List([1, 2]))
    batches = make(c, "torch.utils.data.BatchSampler", sampler, 2, False)
    theirs = U.BatchSampler(U.RandomSampler([1, 2]), 2, False)
    with pytest.raises(ValueError, match="mutually exclusive"):
        U.DataLoader([1, 2], batch_sampler=theirs, **kwargs)  # type: ignore[arg-type]
    with pytest.raises(Failure, match="does not go with"):
        make(c, "torch.utils.data.DataLoader", List([1, 2]), batch_sampler=batches, **kwargs)


@pytest.mark.parametrize("name", [p.rpartition(".")[2] for p in layers if p.startswith("torch.utils.data.")])
def test_parameters(name: str) -> None:
    import inspect

    theirs = list(inspect.signature(getattr(U, name).__init__).parameters.values())[1:]
    mine = layers[f"torch.utils.data.{name}"].make.parameters
    if name not in ("Dataset", "IterableDataset", "Sampler"):
        assert [p.name for p in mine] == [p.name for p in theirs]


def test_tensor_dataset() -> None:
    c = context()
    with pytest.raises(Failure, match="differ in their first dim: 10 against 9") as caught:
        make(c, "torch.utils.data.TensorDataset", Tensor((10, 3)), Tensor((9,)))
    assert caught.value.code == "size-mismatch"
    with pytest.raises(Failure, match="got a NumPy array"):
        make(c, "torch.utils.data.TensorDataset", Tensor((10, 3), "float32", "numpy"))
    dataset = make(c, "torch.utils.data.TensorDataset", Tensor((10, 3), "float32"), Tensor((10,), "int64"))
    assert get_item(c, dataset, Scalar("int")) == (Tensor((3,), "float32"), Tensor((), "int64"))


def test_tensor_dataset_of_what_is_not_known() -> None:
    """Open parameters are taught that they have as many rows."""
    c = context()
    x, y = c.tensor(Unknown("x", Hole("x"))), c.tensor(Unknown("y", Hole("y")))
    dataset = make(c, "torch.utils.data.TensorDataset", x, y)
    first, second = c.shape(x), c.shape(y)
    assert isinstance(first, Open)
    assert isinstance(second, Open)
    assert first.prefix == second.prefix
    assert isinstance(length(c, dataset), Expr)


def test_images_cannot_be_collated() -> None:
    c = context()
    with pytest.raises(Failure) as caught:
        collate(c, (make_image(c, "RGB", 4, 4), Scalar("int")), 4)
    assert caught.value.code == "collate-mismatch"
    assert "ends in ToTensor()" in str(caught.value)
    with pytest.raises(Failure, match="cannot batch None"):
        collate(c, (Tensor((3,)), None), 4)


def test_quiet() -> None:
    """What is not known stays so."""
    c = context()
    iterate = rules["torch.utils.data.DataLoader.__iter__"]
    loader = make(c, "torch.utils.data.DataLoader", Unknown("dataset", Hole("dataset")), 4)
    found = apply_rule(c, iterate, (loader,), {})
    assert isinstance(found, Many)
    assert found.element is UNKNOWN
    loader = make(c, "torch.utils.data.DataLoader", List([1]), 4, collate_fn=lambda batch: batch.count)
    assert apply_rule(c, iterate, (loader,), {}).element == 1
    loader.attrs["?"] = True
    assert isinstance(apply_rule(c, iterate, (loader,), {}), Unknown)


def test_unknown_batch_size() -> None:
    c = context()
    loader = make(c, "torch.utils.data.DataLoader", List([1, 2]), Unknown("n", Hole("n")))
    found = apply_rule(c, rules["torch.utils.data.DataLoader.__iter__"], (loader,), {})
    assert dim_text(found.element.shape[0]) == "B"


def test_default_collate_of_a_list() -> None:
    c = context()
    rule = rules["torch.utils.data.default_collate"]
    same(c, apply_rule(c, rule, (List([Tensor((2,), "float32")] * 3),), {}), torch.zeros(3, 2))
    with pytest.raises(Failure) as caught:
        apply_rule(c, rule, (List([Tensor((2,)), Tensor((3,))]),), {})
    assert caught.value.code == "stack-mismatch"


def test_joined_datasets() -> None:
    c = context()
    one = make(c, "torch.utils.data.TensorDataset", Tensor((10, 3), "float32"))
    two = make(c, "torch.utils.data.TensorDataset", Tensor((5, 4), "float32"))
    both = make(c, "torch.utils.data.ConcatDataset", List([one, two]))
    assert length(c, both) == 15
    (found,) = get_item(c, both, Scalar("int"))
    assert isinstance(found.shape[0], Expr)
    assert isinstance(both, Instance)
