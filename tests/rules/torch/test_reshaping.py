"""view, flatten, permute, squeeze, expand, repeat and their relatives, and casts, against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import equal, symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.values import UNKNOWN, Hole, Ratio, Scalar, Store, Tensor, Unknown
from tests.rules.torch.harness import call, check, check_layer, check_symbolic
from tests.rules.torch.symbolic import agrees, rule_run

shapes = st.lists(st.integers(0, 4), max_size=4) | st.lists(st.integers(1, 6), min_size=1, max_size=4)
axes = st.integers(-5, 5)
DTYPES = [torch.float32, torch.float64, torch.int64, torch.int16, torch.uint8, torch.bool, torch.complex64]


def zeros(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(tuple(shape), dtype=dtype)


@st.composite
def reshapes(draw: Any) -> tuple[torch.Tensor, list[int]]:
    """A tensor and sizes that its elements fill, often with a -1, now and then wrong."""
    shape = draw(shapes)
    parts = [p for n in shape for p in draw(st.sampled_from([[n], [1, n], [n, 1], [2, n // 2] if n % 2 == 0 else [n]]))]
    parts = draw(st.permutations(parts))
    if parts and draw(st.booleans()):
        parts[draw(st.integers(0, len(parts) - 1))] = -1
    if draw(st.integers(0, 4)) == 0:
        parts.insert(draw(st.integers(0, len(parts))), draw(st.integers(-2, 3)))
    return zeros(shape), parts


@given(reshapes())
def test_view(case: Any) -> None:
    x, sizes = case
    check("torch.Tensor.view", x, tuple(sizes))
    if sizes:
        check("torch.Tensor.reshape", x, *sizes)
    check("torch.reshape", x, shape=sizes)
    check("torch.Tensor.view", x, size=sizes)


@given(st.sampled_from(DTYPES), st.sampled_from(DTYPES), shapes)
def test_view_as_dtype(before: torch.dtype, after: torch.dtype, shape: Any) -> None:
    check("torch.Tensor.view", zeros(shape, before), after, may_miss=0 in shape)
    check("torch.Tensor.view", zeros(shape, before), dtype=after, may_miss=0 in shape)


@given(shapes, shapes)
def test_view_as(a: Any, b: Any) -> None:
    for method in ("view_as", "reshape_as"):
        check(f"torch.Tensor.{method}", zeros(a), zeros(b))
        check(f"torch.Tensor.{method}", zeros(a), zeros(sorted(a)))


@given(shapes, axes, axes)
def test_flatten(shape: Any, start: int, end: int) -> None:
    check("torch.flatten", zeros(shape), start, end)
    check("torch.Tensor.flatten", zeros(shape), start_dim=start)
    check("torch.ravel", zeros(shape))
    check_layer("torch.nn.Flatten", (start, end), {}, zeros(shape))
    check_layer("torch.nn.Flatten", (), {}, zeros(shape))


@given(shapes, axes, st.lists(st.integers(-2, 4), max_size=3))
def test_unflatten(shape: Any, dim: int, sizes: list[int]) -> None:
    check("torch.Tensor.unflatten", zeros(shape), dim, tuple(sizes))
    if shape:
        size = shape[dim % len(shape)]
        parts = (-1, 2) if size % 2 == 0 else (1, size)
        check("torch.unflatten", zeros(shape), dim % len(shape), parts)
        check_layer("torch.nn.Unflatten", (dim % len(shape), parts), {}, zeros(shape))


@given(shapes, st.data())
def test_permute(shape: Any, data: Any) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    if data.draw(st.integers(0, 3)) == 0:
        order = data.draw(st.lists(axes, max_size=4))
    check("torch.Tensor.permute", zeros(shape), tuple(order))
    if order:
        check("torch.Tensor.permute", zeros(shape), *order)
    check("torch.permute", zeros(shape), dims=list(order))


@given(shapes, axes, axes)
def test_transpose(shape: Any, a: int, b: int) -> None:
    x = zeros(shape)
    for name in ("transpose", "swapaxes", "swapdims"):
        check(f"torch.{name}", x, a, b)
        check(f"torch.Tensor.{name}", x, a, b)
    check("torch.swapaxes", x, axis0=a, axis1=b)
    check("torch.t", x)
    check("torch.Tensor.t", x)
    check("torch.adjoint", x)


@given(shapes, st.lists(axes, max_size=3), st.lists(axes, max_size=3))
def test_movedim(shape: Any, source: list[int], destination: list[int]) -> None:
    check("torch.movedim", zeros(shape), tuple(source), tuple(destination))
    if source and destination:
        check("torch.Tensor.moveaxis", zeros(shape), source[0], destination[0])


@given(st.lists(st.integers(0, 2), max_size=4), axes, st.lists(axes, max_size=3))
def test_squeeze(shape: Any, dim: int, dims: list[int]) -> None:
    check("torch.squeeze", zeros(shape))
    check("torch.Tensor.squeeze", zeros(shape), dim)
    check("torch.squeeze", zeros(shape), tuple(dims))
    check("torch.unsqueeze", zeros(shape), dim)
    check("torch.Tensor.unsqueeze", zeros(shape), dim=dim)


@given(st.lists(st.integers(0, 3) | st.just(1), max_size=3), st.lists(st.integers(-1, 3), max_size=4), st.data())
def test_expand(shape: Any, sizes: list[int], data: Any) -> None:
    if data.draw(st.booleans()):
        sizes = data.draw(st.lists(st.integers(0, 3), max_size=2)) + [
            data.draw(st.sampled_from([-1, n, n if n != 1 else 5])) for n in shape
        ]
    odd = 0 in sizes and min(sizes) < 0  # torch then makes a tensor of size -1
    check("torch.Tensor.expand", zeros(shape), tuple(sizes), allow_unknown=odd, may_miss=odd)
    check("torch.broadcast_to", zeros(shape), sizes, allow_unknown=odd, may_miss=odd)
    if all(s >= 0 for s in sizes):
        check("torch.Tensor.expand_as", zeros(shape), zeros(sizes))
        check("torch.broadcast_tensors", zeros(shape), zeros(sizes))


@given(shapes, st.lists(st.integers(-1, 3), max_size=4))
def test_repeat(shape: Any, repeats: list[int]) -> None:
    if repeats:
        check("torch.Tensor.repeat", zeros(shape), *repeats)
    check("torch.Tensor.repeat", zeros(shape), tuple(repeats))
    check("torch.tile", zeros(shape), tuple(repeats))
    check("torch.Tensor.tile", zeros(shape), dims=tuple(repeats))


@given(shapes, st.integers(-1, 3), st.none() | axes, st.lists(st.integers(0, 3), max_size=4))
def test_repeat_interleave(shape: Any, n: int, dim: int | None, counts: list[int]) -> None:
    check("torch.repeat_interleave", zeros(shape), n, dim)
    check("torch.Tensor.repeat_interleave", zeros(shape), n, dim=dim)
    repeats = torch.tensor(counts, dtype=torch.int64)
    check("torch.repeat_interleave", zeros(shape), repeats, dim, allow_unknown=True)
    check("torch.repeat_interleave", repeats, allow_unknown=True)


@given(shapes, st.lists(st.integers(-2, 2), max_size=3), st.lists(axes, max_size=3))
def test_order(shape: Any, shifts: list[int], dims: list[int]) -> None:
    x = zeros(shape)
    check("torch.roll", x, tuple(shifts), tuple(dims), may_miss=not shifts)
    check("torch.Tensor.roll", x, 1)
    check("torch.roll", x, 1, dims[0] if dims else 0)
    check("torch.flip", x, tuple(dims))
    check("torch.Tensor.flip", x, dims=dims)
    if dims:
        check("torch.Tensor.flip", x, *dims)
    check("torch.rot90", x, len(shifts), dims)
    for name in ("fliplr", "flipud", "tril", "triu"):
        check(f"torch.{name}", x)


@given(shapes, axes, st.integers(-1, 5), st.integers(0, 3))
def test_windows(shape: Any, dim: int, size: int, step: int) -> None:
    check("torch.Tensor.unfold", zeros(shape), dim, size, step)
    check("torch.narrow", zeros(shape), dim, step - 1, size)
    check("torch.Tensor.narrow", zeros(shape), dim, step - 2, length=size)


@given(shapes, st.integers(-5, 5), axes, axes)
def test_diagonals(shape: Any, offset: int, a: int, b: int) -> None:
    x = zeros(shape)
    check("torch.diagonal", x, offset, a, b)
    check("torch.Tensor.diagonal", x, offset)
    check("torch.linalg.diagonal", x, offset=offset)
    check("torch.diag", x, offset, may_miss=True)
    check("torch.diag_embed", x, offset, a, b)
    check("torch.diag_embed", x)
    check("torch.diagflat", x, offset)


@given(shapes, shapes)
def test_least_rank(a: Any, b: Any) -> None:
    for rank in (1, 2, 3):
        check(f"torch.atleast_{rank}d", zeros(a))
        check(f"torch.atleast_{rank}d", zeros(a), zeros(b))
        check(f"torch.atleast_{rank}d", [zeros(a), zeros(b)])


@given(shapes, st.sampled_from(DTYPES), st.sampled_from(DTYPES))
def test_casts(shape: Any, before: torch.dtype, after: torch.dtype) -> None:
    x = zeros(shape, before)
    for name in ("float", "double", "half", "long", "int", "short", "bool", "bfloat16", "byte", "char", "cfloat"):
        check(f"torch.Tensor.{name}", x)
    for name in ("clone", "contiguous", "detach", "cpu"):
        check(f"torch.Tensor.{name}", x)
    check("torch.Tensor.to", x, after)
    check("torch.Tensor.to", x, "cpu", after)
    check("torch.Tensor.to", x, "cpu")
    check("torch.Tensor.to", x, dtype=after, non_blocking=True)
    check("torch.Tensor.to", x, zeros((), after))
    check("torch.Tensor.type", x, after)
    check("torch.Tensor.type", x, "torch.LongTensor")
    check("torch.Tensor.type_as", x, zeros((), after))
    check("torch.Tensor.requires_grad_", x)
    check("torch.view_as_real", x)
    check("torch.view_as_complex", x)
    check("torch.view_as_complex", zeros((*shape, 2), before))


# -- symbolic sizes ------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 5), min_size=3, max_size=3), st.data())
def test_symbolic(shape: Any, data: Any) -> None:
    dim, other = data.draw(st.integers(-3, 2)), data.draw(st.integers(-3, 2))
    for path, args in (
        ("torch.flatten", (min(dim % 3, other % 3), max(dim % 3, other % 3))),
        ("torch.ravel", ()),
        ("torch.Tensor.view", (-1,)),
        ("torch.Tensor.permute", (2, 0, 1)),
        ("torch.transpose", (dim, other)),
        ("torch.movedim", (dim, other)),
        ("torch.unsqueeze", (dim,)),
        ("torch.Tensor.repeat", (2, 1, 3)),
        ("torch.tile", ((3,),)),
        ("torch.repeat_interleave", (3, dim)),
        ("torch.repeat_interleave", (3,)),
        ("torch.Tensor.unfold", (dim, 1, 2)),
        ("torch.diagonal", (1,)),
        ("torch.diag_embed", ()),
        ("torch.Tensor.expand", (-1, -1, -1)),
        ("torch.atleast_3d", ()),
    ):
        agrees(rule_run(path, *args), shape)


@given(st.lists(st.integers(2, 5), min_size=3, max_size=3), st.integers(1, 3))
def test_symbolic_relations(shape: Any, k: int) -> None:
    b, t, d = shape
    x = torch.zeros(b, t, d * k)
    check_symbolic("torch.Tensor.view", x, b, t, k, -1)
    check_symbolic("torch.Tensor.view", x, b, -1)
    check_symbolic("torch.Tensor.reshape", x, -1, d)
    check_symbolic("torch.Tensor.expand_as", x, x)
    check_symbolic("torch.squeeze", x[:, None], 1)


B, H, W, D = (symbol(n) for n in "BHWD")


def shape_of(path: str, *args: Any, **kwargs: Any) -> Any:
    return call(path, *args, **kwargs).shape


def test_view_with_symbols() -> None:
    assert shape_of("torch.Tensor.view", Tensor((B, 16, 5, 5)), B, -1) == (B, 400)
    assert shape_of("torch.Tensor.view", Tensor((B, 16, 5, 5)), -1, 400) == (B, 400)
    assert shape_of("torch.Tensor.view", Tensor((B, D, 6, 6)), -1, 36) == (B * D, 36)
    assert shape_of("torch.Tensor.view", Tensor((B, H, D)), B, H, 8, D // 8) == (B, H, 8, D // 8)
    assert shape_of("torch.Tensor.view", Tensor((B, H, 3 * D)), B, H, 3, -1) == (B, H, 3, D)
    made = shape_of("torch.Tensor.view", Tensor((B, D, 6, 6)), -1, 256)
    assert made[1] == 256
    assert equal(made[0] * 256, B * D * 36)


def test_view_with_unknown_ints() -> None:
    n = Scalar("int")
    shape = shape_of("torch.Tensor.view", Tensor((8, 6)), n, -1)
    assert len(shape) == 2
    assert shape_of("torch.Tensor.view", Tensor(None), 2, 3) == (2, 3)
    assert shape_of("torch.Tensor.view", Tensor((6,)), UNKNOWN) is None  # one size, or a tuple of them
    assert shape_of("torch.Tensor.view", Tensor((6,)), Unknown("shape", Hole("shape"))) is None
    assert shape_of("torch.Tensor.expand", Tensor((1, 6)), n, 6)[1] == 6
    assert shape_of("torch.Tensor.expand", Tensor((5, 6)), n, 6) == (5, 6)


@pytest.mark.parametrize(
    ("path", "args", "code", "message"),
    [
        ("view", ((16, 3, 16, 16), 16, 3072), "reshape-mismatch",
         "view(16, 3072) needs 49152 elements, (16, 3, 16, 16) has 12288"),
        ("view", ((16, 16, 5, 5), -1, 512), "reshape-mismatch",
         "view(-1, 512) needs a multiple of 512 elements, (16, 16, 5, 5) has 6400"),
        ("view", ((2, 6), 2, 3.0), "argument-value", "view: a size must be an int, got 3.0"),
        ("view", ((2, 6), 2, Ratio(D, 2)), "argument-value",
         "view: a size must be an int, got a float (`/` gives one, `//` does not)"),
        ("permute", ((2, 3), 0, 2, 1), "rank-mismatch", "permute names 3 dims, (2, 3) has 2"),
        ("expand", ((3, 4), 2, 4), "expand-mismatch", "expand to (2, 4): dim 0 of (3, 4) is 3, not 1 or 2"),
        ("squeeze", ((3, 4), 2), "axis-out-of-range",
         "squeeze: dim 2 is out of range for a tensor of shape (3, 4) of rank 2"),
        ("unflatten", ((3, 10), 1, (3, -1)), "reshape-mismatch",
         "unflatten: 10 does not divide by 3 in dim 1 of (3, 10)"),
        ("narrow", ((3, 10), 1, 8, 3), "index-out-of-range",
         "narrow: 3 elements from 8 on exceed dim 1 of (3, 10)"),
    ],
)  # fmt: skip
def test_messages(path: str, args: Any, code: str, message: str) -> None:
    with pytest.raises(Failure) as failure:
        call(f"torch.Tensor.{path}", Tensor(args[0]), *args[1:])
    assert (failure.value.code, failure.value.message) == (code, message)


def test_symbolic_failures() -> None:
    with pytest.raises(Failure, match="needs 512·B elements"):
        call("torch.Tensor.view", Tensor((B, 16, 5, 5)), B, 512)
    with pytest.raises(Failure, match="expand"):
        call("torch.Tensor.expand", Tensor((B + 1, 3)), B, 3)


# -- open shapes ---------------------------------------------------------------------------------------------------


class Run:
    """One store, and an open tensor in it."""

    def __init__(self) -> None:
        self.c = Call(Store())
        self.x = self.c.store.open_tensor(Unknown("x", Hole("x")))

    def __call__(self, path: str, *args: Any) -> Any:
        return self.c.shape(apply_rule(self.c, rules[path], args, {}))

    def text(self, path: str, *args: Any) -> str:
        return self.c.text(self(path, *args))


@pytest.mark.parametrize(
    ("path", "args", "result", "taught"),
    [
        ("torch.flatten", (1,), "(B, N)", "(B, …)"),
        ("torch.flatten", (), "(N,)", "(…)"),
        ("torch.flatten", (2,), "(B, C, N)", "(B, C, …)"),
        ("torch.flatten", (0, 1), "(B·C, …)", "(B, C, …)"),
        ("torch.flatten", (-2,), "(…, D·D)", "(…, D, D)"),
        ("torch.Tensor.permute", (0, 2, 1), "(B, H, C)", "(B, C, H)"),
        ("torch.transpose", (1, 2), "(B, H, C, …)", "(B, C, H, …)"),
        ("torch.transpose", (-1, -2), "(…, D, D)", "(…, D, D)"),
        ("torch.transpose", (1, -1), "(…)", "(…)"),
        ("torch.unsqueeze", (1,), "(B, 1, …)", "(B, …)"),
        ("torch.unsqueeze", (-1,), "(…, 1)", "(…)"),
        ("torch.unsqueeze", (-2,), "(…, 1, D)", "(…, D)"),
        ("torch.squeeze", (1,), "(…)", "(B, C, …)"),
        ("torch.Tensor.unflatten", (1, (3, -1)), "(B, 3, C/3, …)", "(B, C, …)"),
        ("torch.Tensor.contiguous", (), "(…)", "(…)"),
        ("torch.Tensor.float", (), "(…)", "(…)"),
    ],
)  # fmt: skip
def test_open(path: str, args: Any, result: str, taught: str) -> None:
    run = Run()
    assert run.text(path, run.x, *args) == result
    assert run.c.text(run.x) == taught


def test_open_flatten_teaches_the_product() -> None:
    run = Run()
    flat = run.x.with_(shape=run("torch.flatten", run.x, 1))
    dims = run.c.dims(run.x, ("B", "C", "H", "W"))
    run.c.equate(run.c.dims(flat)[1], 400)
    assert equal(run.c.store.dim(dims[1] * dims[2] * dims[3]), 400) is None
    assert run.c.dims(flat)[0] is run.c.dims(run.x)[0]


def test_open_view_of_the_batch() -> None:
    run = Run()
    batch = apply_rule(run.c, rules["torch.Tensor.size"], (run.x, 0), {})
    assert run.text("torch.Tensor.view", run.x, batch, -1) == "(B, N)"


def test_ends_that_may_meet_stay_unknown() -> None:
    """After a Linear gave (…, 512), dim 1 may be the 512 or not."""
    run = Run()
    shape = run.c.store.at_least(run.x.shape, 0, 1)  # type: ignore[arg-type]
    run.c.equate(shape.suffix[0], 512)
    assert run("torch.transpose", run.x, 0, 1) is None
    assert run.text("torch.unsqueeze", run.x, 1) == "(B, 1, …, 512)"


def test_expand_as_open() -> None:
    run = Run()
    assert run.text("torch.Tensor.expand_as", Tensor((1,)), run.x) == "(…)"
    assert run.text("torch.Tensor.view_as", Tensor((2, 3)), run.x) == "(…)"


def test_to_a_device_or_a_dtype() -> None:
    x = Tensor((2,), "float32")
    assert call("torch.Tensor.to", x, Unknown("device", Hole("device"))).dtype == "float32"
    assert call("torch.Tensor.to", x, Unknown("what", Hole("what"))).dtype is None
    assert call("torch.Tensor.to", x, "cuda:1").device == "cuda"
    assert call("torch.Tensor.cuda", x).device == "cuda"
