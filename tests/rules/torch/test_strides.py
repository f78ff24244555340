"""How elements lie in memory, through chains of calls: what is known is what torch has, and `view` fails where torch's does."""

from __future__ import annotations

import math
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from shapelens.rules.strides import is_packed
from shapelens.rules.torch.indexing import sliced  # noqa: F401  registers the rules
from shapelens.values.tensor import PACKED
from tests.rules.torch.harness import Call, Store, abstract, agree_on_strides, call, real_function

_AXIS = st.integers(0, 5)


@st.composite
def steps(draw: Any) -> tuple[Any, ...]:
    """One call: its name and how its arguments follow from the shape."""
    name = draw(st.sampled_from((
        "transpose", "permute", "unsqueeze", "squeeze", "expand", "chunk", "select", "narrow", "__getitem__", "flatten",
        "view", "reshape", "contiguous", "clone", "relu", "__add__", "matmul", "cat", "movedim", "unbind", "detach",
    )))  # fmt: skip
    return name, draw(_AXIS), draw(_AXIS), draw(st.randoms(use_true_random=False))


def _arguments(name: str, x: torch.Tensor, a: int, b: int, luck: Any) -> tuple[Any, ...] | None:
    """The arguments behind the tensor; None where the call does not fit it."""
    rank = x.dim()
    if name in ("contiguous", "clone", "relu", "detach"):
        return ()
    if name == "__add__":
        return (torch.rand(x.shape),)
    if name == "unsqueeze":
        return (a % (rank + 1),) if rank < 5 else None
    if rank == 0:
        return None
    if name in ("transpose", "movedim"):
        return a % rank, b % rank
    if name == "permute":
        return tuple(luck.sample(range(rank), rank))
    if name in ("squeeze", "unbind"):
        return (a % rank,)
    if name == "expand":
        return tuple(3 if size == 1 and luck.random() < 0.5 else size for size in x.shape)
    if name == "chunk":
        return 2, a % rank
    if name == "select":
        return a % rank, 0
    if name == "narrow":
        return a % rank, 0, max(1, x.shape[a % rank] - 1)
    if name == "__getitem__":
        parts: list[Any] = [
            luck.choice((slice(None), slice(1, None), slice(None, None, 2), 0)) for _ in range(a % rank + 1)
        ]
        if luck.random() < 0.3:
            parts.insert(luck.randrange(len(parts) + 1), None)
        if luck.random() < 0.3:
            parts.insert(luck.choice((0, len(parts))), Ellipsis)
        return (tuple(parts),)
    if name == "flatten":
        first, last = sorted((a % rank, b % rank))
        return first, last
    if name in ("view", "reshape"):
        return tuple(luck.choice(_factored(x.numel(), luck)))
    if name == "matmul":
        return (torch.rand(x.shape[-1], 4),) if rank > 1 else None
    return None


def _factored(count: int, luck: Any) -> list[list[int]]:
    """Shapes of so many elements."""
    shapes = [[count], [-1, 1], [1, -1]]
    for divisor in (2, 3, 4, 5, 6):
        if count % divisor == 0:
            shapes += [[divisor, count // divisor], [-1, divisor]]
            for other in (2, 3, 4):
                if count // divisor % other == 0:
                    shapes.append([divisor, other, count // divisor // other])
    return shapes


@settings(max_examples=120)
@given(st.lists(st.sampled_from((1, 2, 3, 4, 5)), min_size=1, max_size=4), st.lists(steps(), min_size=1, max_size=6))
def test_chains(shape: list[int], chain: list[tuple[Any, ...]]) -> None:
    x = torch.rand(shape)
    ours = abstract(x)
    for name, a, b, luck in chain:
        given_ = _arguments(name, x, a, b, luck)
        if given_ is None or x.numel() == 0:
            return
        path = "torch.cat" if name == "cat" else f"torch.Tensor.{name}"
        try:
            real = real_function(path)(x, *given_)
        except (RuntimeError, IndexError) as error:
            try:
                found = call(path, ours, *[abstract(v) for v in given_])
            except Failure as failure:
                assert failure.code, error
                return
            assert ours.strides is None, (
                f"{name}{given_} of {x.shape} {x.stride()}: {error}; ours {found} {ours.strides}"
            )
            return
        found = call(path, ours, *[abstract(v) for v in given_])
        x, ours = (real[0], found[0]) if isinstance(real, tuple) else (real, found)
        assert ours.shape == tuple(x.shape)
        agree_on_strides(ours, x, f"{name}{given_}")
        known = is_packed(Call(Store()), ours)
        assert known is None or known == x.is_contiguous() or math.prod(x.shape) == 0


def test_a_copy_is_packed_again() -> None:
    x = torch.rand(2, 3, 4).transpose(1, 2)
    assert call("torch.Tensor.contiguous", abstract(x)).strides is PACKED
