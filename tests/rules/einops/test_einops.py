"""The rules of einops against einops on torch tensors."""

from __future__ import annotations

import functools
from typing import Any

import einops
import einops.layers.torch
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import shapelens.rules.einops
from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, call_layer, make_layer, rules
from shapelens.values import Hole, Instance, Lib, Open, ShapeVar, Store, Tensor, Unknown
from tests.rules.torch.harness import abstract, call, check_symbolic, compare


def check(name: str, *args: Any, **kwargs: Any) -> None:
    """Hold a rule against einops."""
    function = functools.reduce(getattr, name.split("."), einops)
    ours = [abstract(a) for a in args]
    compare(lambda: call(f"einops.{name}", *ours, **kwargs), lambda: function(*args, **kwargs), f"{name}{ours}{kwargs}")


def check_layer(name: str, args: Any, kwargs: Any, input: torch.Tensor) -> None:
    """Hold a layer against einops, its weights included."""
    path, store = f"einops.layers.torch.{name}", Store()

    def ours() -> Any:
        layer = Instance(Lib(path))
        make_layer(Call(store, path), path, layer, args, kwargs)
        return call_layer(Call(store, path), path, layer, [abstract(input)], {})

    def real() -> Any:
        layer = getattr(einops.layers.torch, name)(*args, **kwargs)
        try:
            found = layer(input)
        except KeyError as error:  # einops' own way to say that the rank is wrong
            raise RuntimeError from error
        mine = Instance(Lib(path))
        make_layer(Call(store, path), path, mine, args, kwargs)
        for key, weight in layer.named_parameters():
            assert mine.attrs[key].shape == tuple(weight.shape), key
        return found.detach()

    compare(ours, real, f"{name}{args}{kwargs}")


def ones(*shape: int) -> torch.Tensor:
    return torch.ones(shape)


X = ones(2, 4, 6)


@pytest.mark.parametrize(
    ("pattern", "sizes"),
    [
        ("a b c -> a (b c)", {}),
        ("a b c -> (c b) a", {}),
        ("a (b d) c -> a b d c", {"d": 2}),
        ("a (b d) c -> a b d c", {"d": 3}),
        ("a (b d) c -> a b d c", {"b": 2, "d": 2}),
        ("a (b d) c -> a b d c", {"b": 3, "d": 2}),
        ("a (b d) c -> a b d c", {}),
        ("a (b d e) c -> a b d e c", {"d": 2}),
        ("a b c -> a c", {}),
        ("a b -> b a", {}),
        ("a b c d -> b a c d", {}),
        ("a b c -> a b c 1", {}),
        ("a b c -> a 1 b () c", {}),
        ("a 1 b c -> a b c", {}),
        ("1 b c -> b c", {}),
        ("a b c -> a b c 2", {}),
        ("a b c -> a b c", {"d": 3}),
        ("a b c -> a b c", {"c": 6}),
        ("a b c -> a b c", {"c": 5}),
        ("a b (c 1) -> a b c", {}),
        ("... c -> c ...", {}),
        ("a b c ... -> ... c a b", {}),
        ("a b c d ... -> a", {}),
        ("a ... -> a (...)", {}),
        ("a ... c -> (a ...) c", {}),
        ("(...) c -> c ...", {}),
        ("... -> (...)", {}),
        ("a b c -> ... a b c", {}),
        ("a b c ->", {}),
        ("a a c -> a c", {}),
        ("a b c", {}),
        ("a b c -> a b c -> c", {}),
        ("a (b c -> a b c", {}),
        ("a b) c -> a b c", {}),
        ("a ((b) c) d -> a b c d", {}),
        ("a b c -> a b_ c", {}),
        ("a _ c -> a c", {}),
        ("a b c- > a b c", {}),
        ("a b c->b a c ", {}),
    ],
)
def test_rearrange(pattern: str, sizes: Any) -> None:
    check("rearrange", X, pattern, **sizes)
    check_layer("Rearrange", [pattern], sizes, X)


def test_rearrange_of_a_list() -> None:
    check("rearrange", [X, X, X], "n a b c -> a (n b) c")
    check("rearrange", [X, X[:1]], "n a b c -> a (n b) c")


@pytest.mark.parametrize(
    ("pattern", "sizes"),
    [
        ("a b c -> a", {}),
        ("a b c -> ", {}),
        ("a b c -> a (b c)", {}),
        ("a b (c 2) -> a b", {}),
        ("a b (c 4) -> a b", {}),
        ("a (h p) (w q) -> a h w", {"p": 2, "q": 3}),
        ("a (h p) (w q) -> a h w", {"p": 3, "q": 3}),
        ("a b c -> a b c d", {}),
        ("a b c -> a () b 1", {}),
        ("a ... -> ...", {}),
        ("... -> 1", {}),
        ("a b ... -> a", {}),
    ],
)
def test_reduce(pattern: str, sizes: Any) -> None:
    for reduction in ("min", "max", "sum", "mean", "prod"):
        check("reduce", X, pattern, reduction, **sizes)
    check("reduce", X > 0, pattern, "any", **sizes)
    check("reduce", X.long(), pattern, "sum", **sizes)
    check_layer("Reduce", [pattern, "mean"], sizes, X)


def test_reduction_names() -> None:
    check("reduce", X.long(), "a b c -> a", "mean")
    check("reduce", X.long(), "a b c -> c a b", "mean")
    check("reduce", X[..., :1].int(), "a b 1 -> a b", "mean")
    check("reduce", X[..., :1].int(), "a b 1 -> b a", "sum")
    check("reduce", X, "a b c -> a", "median")


@pytest.mark.parametrize(
    ("pattern", "sizes"),
    [
        ("a b c -> a b c 2", {}),
        ("a b c -> a b (c r)", {"r": 2}),
        ("a b c -> a (b 2) c", {}),
        ("a b c -> a b c r", {}),
        ("a b c -> a b", {}),
        ("a b c -> n a b c", {"n": 3}),
        ("a (b d) c -> a b d r c", {"d": 2, "r": 5}),
        ("... c -> ... r c", {"r": 2}),
    ],
)
def test_repeat(pattern: str, sizes: Any) -> None:
    check("repeat", X, pattern, **sizes)


AXES = st.permutations(["a", "b", "c", "d"])


@given(AXES, st.lists(st.integers(1, 3), min_size=4, max_size=4), st.integers(0, 4), st.data())
def test_split_and_join(order: Any, sizes: Any, cut: int, data: Any) -> None:
    """One dim is split, all axes are permuted and joined as it comes."""
    known = dict(zip("abcd", sizes))
    x = ones(sizes[0], sizes[1] * sizes[2], sizes[3])
    given_axes = data.draw(st.sets(st.sampled_from("abcd")))
    wrong = data.draw(st.sampled_from([0, 0, 0, 1]))
    lengths = {k: known[k] + wrong for k in given_axes}
    right = " ".join(order[:cut]) + (f" ({' '.join(order[cut:])})" if cut < 4 else "")
    check("rearrange", x, f"a (b c) d -> {right}", **lengths)
    check("reduce", x, f"a (b c) d -> {' '.join(order[:cut])}", "max", **lengths)


@pytest.mark.parametrize(
    ("shapes", "pattern"),
    [
        ([(2, 3, 4), (2, 5, 4)], "b q d, b k d -> b q k"),
        ([(2, 3, 4), (2, 5, 4)], "batch query dim, batch key dim -> batch query key"),
        ([(2, 3, 4), (2, 5, 3)], "batch query dim, batch key dim -> batch query key"),
        ([(2, 3, 4)], "a b c -> b"),
        ([(2, 3, 4), (2, 3, 4)], "... c, ... c -> ..."),
        ([(2, 3, 4), (2, 3, 4)], "a b c, a d e -> a b f"),
        ([(2, 3)], "a b c -> a"),
    ],
)
def test_einsum(shapes: Any, pattern: str) -> None:
    check("einsum", *[ones(*s) for s in shapes], pattern)


@pytest.mark.parametrize("pattern", ["a b c", "a _ c", "_ _ _", "a b", "a b c d", "a ...", "... c", "a () c", "a 4 c"])
def test_parse_shape(pattern: str) -> None:
    check("parse_shape", X, pattern)


@pytest.mark.parametrize(
    ("shapes", "pattern"),
    [
        ([(2, 3, 4), (2, 5, 4)], "a * c"),
        ([(2, 3, 4), (2, 4)], "a * c"),
        ([(2, 3, 4), (2, 5, 6, 4)], "a * c"),
        ([(2, 3, 4), (3, 5, 4)], "a * c"),
        ([(2, 3, 4), (2,)], "a * c"),
        ([(2, 3), (2, 3)], "* a b"),
        ([(3,), (2, 3)], "* a"),
        ([(3,), (2, 3)], "a b"),
        ([(3,), (2, 3)], "a * a"),
    ],
)
def test_pack(shapes: Any, pattern: str) -> None:
    check("pack", [ones(*s) for s in shapes], pattern)


@pytest.mark.parametrize(
    ("shape", "parts", "pattern"),
    [
        ((2, 4, 4), [(3,), ()], "a * c"),
        ((2, 5, 4), [(3,), ()], "a * c"),
        ((2, 7, 4), [(3,), (-1,)], "a * c"),
        ((2, 7, 4), [(3,), (-1,)], "* c"),
        ((2, 7, 4), [(-1,), (-1,)], "a * c"),
        ((7,), [(2, 3), ()], "*"),
    ],
)
def test_unpack(shape: Any, parts: Any, pattern: str) -> None:
    check("unpack", ones(*shape), parts, pattern)


def test_pack_and_unpack_are_inverse() -> None:
    b = symbol("B")
    packed, parts = call("einops.pack", [Tensor((b, 7, 64)), Tensor((b, 64))], "b * d")
    assert packed.shape == (b, 8, 64)
    again = call("einops.unpack", packed, parts, "b * d")
    assert [t.shape for t in again] == [(b, 7, 64), (b, 64)]


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (["a b c -> a b d", "c d", "d"], {"c": 6, "d": 5}),
        (["a b c -> a b d", "c d"], {"c": 3, "d": 5}),
        (["a b (h c) -> a h d", "b h c d"], {"b": 4, "h": 2, "c": 3, "d": 5}),
        (["a b c -> a b (h d)", "c h d", "h d"], {"c": 6, "h": 2, "d": 5}),
        (["a b c -> a d", "c d"], {"c": 6, "d": 5}),
    ],
)
def test_ein_mix(args: Any, kwargs: Any) -> None:
    check_layer("EinMix", args, kwargs, X)


# -- symbolic and open shapes ----------------------------------------------------------------------------------------

B, C, H, W = (symbol(n) for n in "BCHW")


def test_symbolic() -> None:
    found = call("einops.rearrange", Tensor((B, C, H, W)), "b c (h p) (w q) -> b (h w) (p q c)", p=16, q=16)
    assert found.shape[2] == 256 * C
    assert found.shape[1] * 256 == H * W
    assert call("einops.rearrange", Tensor((B, 3, 32, W)), "b c h w -> b c (h w)").shape == (B, 3, 32 * W)
    check_symbolic("einops.rearrange", ones(2, 3, 4, 6), "a b c d -> (a d) b c")
    check_symbolic("einops.reduce", ones(2, 3, 8, 6), "a b (c e) d -> a c", "mean", e=2)
    check_symbolic("einops.repeat", ones(2, 3), "a b -> a r b", r=2)


def test_messages() -> None:
    def message(*args: Any, **kwargs: Any) -> str:
        with pytest.raises(Failure) as raised:
            call(*args, **kwargs)
        assert raised.value.code == "einops-mismatch"
        return raised.value.message

    x = Tensor((B, 3, 30, W))
    assert message("einops.rearrange", x, "b c (h p) w -> b c h p w", p=16) == (
        "rearrange: (h p): 30 of (B, 3, 30, W) is not divisible by 16"
    )
    assert message("einops.rearrange", x, "b h w -> b w h") == "rearrange: 'b h w' has 3 dims, got (B, 3, 30, W)"
    assert message("einops.rearrange", x, "b c h w -> b c h") == (
        "rearrange: w is on one side only of 'b c h w -> b c h'"
    )


def test_open_is_taught() -> None:
    store = Store()
    x = store.open_tensor(Unknown("x", Hole("x")))
    path = "einops.rearrange"
    found = apply_rule(Call(store, path), rules[path], (x, "b c h w -> b (h w) c"), {})
    assert len(found.shape) == 3
    assert store.shape(x.shape)[0] == found.shape[0]


def test_open_with_ellipsis() -> None:
    var = ShapeVar()
    x = Tensor(Open((), var, (T := symbol("T"), 512)), "float32")
    found = call("einops.rearrange", x, "... t (h d) -> ... h t d", h=8)
    assert found.shape == Open((), var, (8, T, 64))
    assert call("einops.rearrange", x, "... d -> (...) d").shape is None


def test_the_package_registers() -> None:
    assert shapelens.rules.einops.__all__
