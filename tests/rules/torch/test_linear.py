"""Linear, Bilinear, Identity; and the constructors of every layer of these topics, held against torch's."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import Expr, evaluate, symbol, symbols
from shapelens.rules.autocast import Autocast
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import call_layer, layers, make_layer
from shapelens.values import Hole, Instance, Lib, Origin, Store, Tensor, Unknown
from tests.rules.torch.harness import Shaped, call, check, check_layer, real_function

TOPICS = ("linear", "embedding", "recurrent", "attention", "losses", "activations")
MINE = sorted(
    path
    for path, rule in layers.items()
    if path.startswith("torch.")
    and rule.forward is not None
    and rule.forward.function.__module__.rpartition(".")[2] in TOPICS
)
# Classes whose constructor torch writes as *args: what they really take is that of another callable.
REAL: dict[str, Any] = {"torch.nn.GRU": torch.nn.RNNBase, "torch.nn.LSTM": torch.nn.RNNBase, "torch.nn.RNN": None}

sizes = st.integers(0, 4)
some = st.integers(1, 3)
DTYPES = (torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.bool, torch.complex64)


def made(path: str, *args: Any, **kwargs: Any) -> tuple[Store, Instance]:
    """A layer of ours, made here."""
    store, layer = Store(), Instance(Lib(path), origin=Origin(None, path))
    assert make_layer(Call(store, path), path, layer, args, kwargs)
    return store, layer


def run(store: Store, layer: Instance, *args: Any, **kwargs: Any) -> Any:
    """What calling it gives."""
    return call_layer(Call(store, layer.cls.path), layer.cls.path, layer, args, kwargs)


@pytest.mark.parametrize("path", MINE)
def test_constructor_is_torchs(path: str) -> None:
    if path in REAL and REAL[path] is None:
        return
    ours = [(p.name, p.default, p.kind) for p in layers[path].make.parameters]
    real_class = REAL.get(path) or real_function(path)
    if real_class.__init__ is torch.nn.Module.__init__ and path != "torch.nn.Identity":
        assert ours == []  # Module.__init__ declares *args and refuses any
        return
    real = []
    for p in list(inspect.signature(real_class.__init__).parameters.values())[1:]:
        kind = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**", "KEYWORD_ONLY": "kw"}.get(p.kind.name, "")
        real.append((p.name, p.default, kind))
    if path in REAL:
        real = real[1:]  # the mode
    assert [(n, k) for n, _, k in ours] == [(n, k) for n, _, k in real]
    for (name, default, kind), (_, expected, _) in zip(ours, real):
        if kind in ("*", "**") or (callable(expected) and expected is not inspect.Parameter.empty):
            continue
        if expected is inspect.Parameter.empty:
            assert not isinstance(default, (int, float, str, bool, tuple, type(None))), name
        else:
            assert default == expected, name
            assert type(default) is type(expected) or {type(default), type(expected)} == {int, float}, name


@pytest.mark.parametrize("path", MINE)
def test_forward_parameters_are_torchs(path: str) -> None:
    if path in ("torch.nn.RNNBase", "torch.nn.RNNCellBase"):
        return
    rule = layers[path].forward
    assert rule is not None
    real = inspect.signature(real_function(path).forward).parameters.values()
    assert [p.name for p in rule.parameters] == [p.name for p in list(real)[1:]]


@given(st.lists(sizes, max_size=4), sizes, sizes, st.booleans())
def test_linear(shape: list[int], features: int, out: int, bias: bool) -> None:
    check_layer("torch.nn.Linear", (features, out), {"bias": bias}, torch.ones(shape))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("other", DTYPES)
def test_dtypes(dtype: torch.dtype, other: torch.dtype) -> None:
    x, weight = torch.ones(2, 4).to(dtype), torch.ones(3, 4).to(other)
    check_layer("torch.nn.Linear", (4, 3), {}, x)
    for bias in (None, torch.ones(3).to(dtype), torch.ones(3)):
        check("torch.nn.functional.linear", x, weight, bias)


@given(st.lists(sizes, max_size=4), sizes, sizes, st.booleans())
def test_linear_that_fits(shape: list[int], features: int, out: int, bias: bool) -> None:
    path = "torch.nn.modules.linear.NonDynamicallyQuantizableLinear"
    for name in ("torch.nn.Linear", path):
        check_layer(name, (features, out), {"bias": bias}, torch.ones(*shape, features))


@given(st.lists(sizes, max_size=3), st.lists(sizes, max_size=3), st.none() | sizes)
def test_functional_linear(shape: list[int], weight: list[int], bias: int | None) -> None:
    b = None if bias is None else torch.ones(bias)
    check("torch.nn.functional.linear", torch.ones(shape), torch.ones(weight), b)
    if len(weight) == 2 and shape:
        check("torch.nn.functional.linear", torch.ones(*shape, weight[1]), torch.ones(weight), b)


@given(st.lists(some, max_size=3), st.lists(some, max_size=3), some, some)
def test_bilinear(first: list[int], second: list[int], in1: int, in2: int) -> None:
    check_layer("torch.nn.Bilinear", (in1, in2, 3), {}, torch.ones(first), torch.ones(second))
    check_layer("torch.nn.Bilinear", (in1, in2, 3), {}, torch.ones(*first, in1), torch.ones(*first, in2))


@pytest.mark.parametrize("dtype", DTYPES)
def test_bilinear_dtypes(dtype: torch.dtype) -> None:
    x, y = torch.ones(2, 3).to(dtype), torch.ones(2, 4)
    check_layer("torch.nn.Bilinear", (3, 4, 5), {}, x, y)
    check_layer("torch.nn.Bilinear", (4, 3, 5), {}, y, x)
    for bias in (torch.ones(5), torch.ones(4), torch.ones(5, dtype=torch.float64)):
        check("torch.nn.functional.bilinear", x, y, torch.ones(5, 3, 4), bias)


@pytest.mark.parametrize("size", [-1, 4.0, True, "4", None])
def test_sizes_that_no_layer_takes(size: Any) -> None:
    check_layer("torch.nn.Linear", (size, 3), {}, torch.ones(2, 4))


def test_lazy_linear() -> None:
    store, layer = made("torch.nn.LazyLinear", 7)
    assert run(store, layer, Tensor((2, 5), "float32")) == Shaped((2, 7), "float32")
    with pytest.raises(Failure, match="expects 5 features"):
        run(store, layer, Tensor((2, 6), "float32"))


def test_identity() -> None:
    check_layer("torch.nn.Identity", (1, "x"), {"foo": 3}, torch.ones(2, 3))


def test_message_and_fix() -> None:
    store, layer = made("torch.nn.Linear", 400, 10)
    batch = symbol("B")
    with pytest.raises(Failure) as caught:
        run(store, layer, Tensor((batch, 256), "float32"))
    assert str(caught.value) == "Linear expects 400 features (in_features), got 256 in (B, 256)"
    assert caught.value.code == "feature-mismatch"
    (fix,) = caught.value.fixes
    assert (fix.argument, fix.text) == ("in_features", "256")


def test_dtype_message() -> None:
    store, layer = made("torch.nn.Linear", 4, 10)
    with pytest.raises(Failure) as caught:
        run(store, layer, Tensor((2, 4), "int64"))
    assert caught.value.code == "dtype-mismatch"
    assert run(store, layer, Tensor((2, 4), None)).dtype == "float32"


def test_open_input_is_taught() -> None:
    store, layer = made("torch.nn.Linear", 512, 10)
    hole = Hole("x")
    out = run(store, layer, Unknown(hole=hole))
    assert store.value(store.hole(hole)).shape.suffix == (512,)
    assert store.shape(out.shape).suffix == (10,)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 5))
def test_symbolic_dims_give_the_concrete_result(shape: list[int], out: int) -> None:
    store, layer = made("torch.nn.Linear", 3, out)
    names = tuple(symbol("d") for _ in shape)
    found = run(store, layer, Tensor((*names, 3), "float32")).shape
    assert at(found, dict(zip(names, shape))) == torch.nn.Linear(3, out)(torch.ones(*shape, 3)).shape


def at(shape: Any, values: dict[Any, int]) -> tuple[int, ...]:
    """A symbolic shape with numbers in the place of its symbols."""
    numbers = {s: n for dim, n in values.items() for s in symbols(dim)}
    return tuple(evaluate(d, numbers) if isinstance(d, Expr) else d for d in shape)


def test_unknown_sizes_are_symbols() -> None:
    store, layer = made("torch.nn.Linear", Unknown(hole=Hole("dim")), 8)
    out = run(store, layer, Tensor((2, 16), "float32"))
    assert out.shape == (2, 8)
    assert store.dims(layer.attrs["weight"].shape) == (8, 16)


def test_autocast_casts_first() -> None:
    store, layer = made("torch.nn.Linear", 4, 2)
    c = Call(store, "torch.nn.Linear")
    c.autocast = Autocast()
    out = call_layer(c, "torch.nn.Linear", layer, [Tensor((3, 4), "float16")], {})
    assert (out.shape, out.dtype) == ((3, 2), None)
    assert call("torch.nn.functional.linear", Tensor((3, 4), None), Tensor((2, 4), "float16")).dtype == "float16"
