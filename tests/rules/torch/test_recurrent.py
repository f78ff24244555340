"""RNN, GRU, LSTM, their cells, and packed sequences, held against torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils import rnn

from shapelens.dims import symbol, text
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, layers, rules
from shapelens.rules.torch.recurrent import is_packed
from shapelens.values import Hole, List, Many, Open, Store, Tensor, Unknown
from tests.rules.torch.harness import abstract, call, check, check_layer
from tests.rules.torch.test_linear import made, run

some = st.integers(1, 3)
LAYERS = ("RNN", "GRU", "LSTM")
DTYPES = (torch.float32, torch.float64, torch.float16, torch.int64)
RNN = "torch.nn.utils.rnn."


@st.composite
def configurations(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A layer and the arguments that make it."""
    name = draw(st.sampled_from(LAYERS))
    options = {
        "input_size": draw(some),
        "hidden_size": draw(st.integers(2, 4)),
        "num_layers": draw(st.integers(1, 2)),
        "bidirectional": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bias": draw(st.booleans()),
    }
    if name == "LSTM":
        options["proj_size"] = draw(st.integers(0, 1))
    return name, options


@given(configurations(), st.lists(some, max_size=4), st.booleans())
def test_layers(configuration: tuple[str, dict[str, Any]], shape: list[int], fits: bool) -> None:
    name, options = configuration
    x = torch.ones(*shape, options["input_size"]) if fits else torch.ones(shape)
    check_layer(f"torch.nn.{name}", (), options, x)


@given(
    configurations(), st.lists(some, min_size=1, max_size=2), st.lists(some, min_size=2, max_size=3), st.integers(0, 9)
)
def test_hidden_states(
    configuration: tuple[str, dict[str, Any]], shape: list[int], wrong: list[int], change: int
) -> None:
    name, options = configuration
    x = torch.ones(*shape, options["input_size"])
    directions = 2 if options["bidirectional"] else 1
    batch = [] if len(shape) == 1 else [shape[0] if options["batch_first"] else shape[1]]
    first = options["num_layers"] * directions
    hidden, out = options["hidden_size"], options.get("proj_size") or options["hidden_size"]
    h, cell = torch.ones(first, *batch, out), torch.ones(first, *batch, hidden)
    given_states: Any = (h, cell) if name == "LSTM" else h
    bad = torch.ones(wrong)
    odd: dict[int, Any] = {
        1: (bad, cell), 2: (h, bad), 3: bad, 4: (h,), 5: (h, cell, cell), 6: (h, cell), 7: [h, cell], 8: h,
        9: (h.double(), cell),
    }  # fmt: skip
    check_layer(f"torch.nn.{name}", (), options, x, odd.get(change, given_states))


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(name: str, dtype: torch.dtype) -> None:
    check_layer(f"torch.nn.{name}", (3, 4), {}, torch.ones(5, 2, 3).to(dtype))
    if dtype == torch.float64:
        check_layer(f"torch.nn.{name}", (3, 4), {"dtype": dtype}, torch.ones(5, 2, 3).to(dtype))
    check_layer(f"torch.nn.{name}Cell", (3, 4), {}, torch.ones(2, 3).to(dtype))


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 0}, {"hidden_size": 0}, {"input_size": 0}, {"proj_size": 4}, {"proj_size": 5}, {"proj_size": -1},
        {"dropout": 2}, {"hidden_size": 4.0}, {"num_layers": 2.0}, {"dropout": 0.5}, {"bias": False},
    ],
)  # fmt: skip
def test_constructor_arguments(name: str, options: dict[str, Any]) -> None:
    check_layer(f"torch.nn.{name}", (), {"input_size": 3, "hidden_size": 4, **options}, torch.ones(5, 2, 3))


@pytest.mark.parametrize("args", [("tanh",), ("relu",), ("foo",), (True, True), ("tanh", True, True)])
def test_rnn_positional_arguments(args: tuple[Any, ...]) -> None:
    check_layer("torch.nn.RNN", (3, 4, 1, *args), {}, torch.ones(5, 2, 3))


def test_gru_and_lstm_positional_arguments() -> None:
    for name in ("GRU", "LSTM"):
        check_layer(f"torch.nn.{name}", (3, 4, 2, True, True, 0.0, True), {}, torch.ones(5, 2, 3))
    check_layer("torch.nn.LSTM", (3, 4, 2, True, True, 0.0, True, 2), {}, torch.ones(5, 2, 3))
    names = [p.name for p in layers["torch.nn.RNN"].make.parameters]
    assert names[:5] == ["input_size", "hidden_size", "num_layers", "nonlinearity", "bias"]


@pytest.mark.parametrize("shape", [(0, 2, 3), (2, 0, 3), (0, 3)])
@pytest.mark.parametrize("batch_first", [True, False])
def test_empty_sequences(shape: tuple[int, ...], batch_first: bool) -> None:
    check_layer("torch.nn.GRU", (3, 4), {"batch_first": batch_first}, torch.ones(shape))


@given(
    st.sampled_from(LAYERS),
    st.lists(some, max_size=3),
    st.lists(some, min_size=1, max_size=3),
    some,
    st.booleans(),
    st.integers(0, 4),
)
def test_cells(name: str, shape: list[int], state: list[int], size: int, bias: bool, change: int) -> None:
    x, h, bad = torch.ones(*shape, size), torch.ones(*shape, 4), torch.ones(state)
    good = (h, h) if name == "LSTM" else h
    hx: Any = {0: good, 1: None, 2: bad, 3: (h, bad), 4: (h,)}[change]
    check_layer(f"torch.nn.{name}Cell", (size, 4), {"bias": bias}, x, hx)
    check_layer(f"torch.nn.{name}Cell", (size + 1, 4), {"bias": bias}, x)


# -- symbolic and open shapes --------------------------------------------------------------------------------------


def test_lstm_teaches_its_input_and_states() -> None:
    store, layer = made("torch.nn.LSTM", 32, 64, batch_first=True)
    x, hidden = Hole("x"), Hole("hidden")
    out, (h, cell) = run(store, layer, Unknown(hole=x), Unknown(hole=hidden))
    shape = store.value(store.hole(x)).shape
    assert [text(d) for d in shape[:2]] == ["B", "T"]
    assert shape[2] == 32
    assert store.shape(out.shape) == (*shape[:2], 64)
    assert store.shape(h.shape) == store.shape(cell.shape) == (1, shape[0], 64)
    assert [store.shape(t.shape) for t in store.hole(hidden)] == [(1, shape[0], 64)] * 2


def test_gru_teaches_a_state() -> None:
    store, layer = made("torch.nn.GRU", 32, 64, num_layers=2)
    hidden = Hole("hidden")
    b, t = symbol("B"), symbol("T")
    out, h = run(store, layer, Tensor((t, b, 32), "float32"), Unknown(hole=hidden))
    assert (out.shape, h.shape) == ((t, b, 64), (2, b, 64))
    assert store.value(store.hole(hidden)).shape == (2, b, 64)


@given(configurations(), some, some)
def test_symbolic_dims_give_the_concrete_result(
    configuration: tuple[str, dict[str, Any]], batch: int, length: int
) -> None:
    name, options = configuration
    store, layer = made(f"torch.nn.{name}", **options)
    b, t = symbol("B"), symbol("T")
    front, numbers = ((b, t), (batch, length)) if options["batch_first"] else ((t, b), (length, batch))
    out, states = run(store, layer, Tensor((*front, options["input_size"]), "float32"))
    real, expected = getattr(torch.nn, name)(**options)(torch.ones(*numbers, options["input_size"]))
    assert [batch if d == b else length if d == t else d for d in out.shape] == list(real.shape)
    pairs = zip(states, expected) if name == "LSTM" else [(states, expected)]
    for ours, theirs in pairs:
        assert [batch if d == b else d for d in ours.shape] == list(theirs.shape)


def test_messages() -> None:
    store, layer = made("torch.nn.LSTM", 32, 64, batch_first=True)
    with pytest.raises(Failure) as caught:
        run(store, layer, Tensor((8, 10, 16), "float32"))
    assert str(caught.value) == "LSTM expects 32 in the last dim (input_size), got 16 in (8, 10, 16)"
    assert (caught.value.code, caught.value.fixes[0].argument) == ("feature-mismatch", "input_size")
    with pytest.raises(Failure) as caught:
        run(store, layer, Tensor((8, 10, 32), "float32"), Tensor((1, 8, 64), "float32"))
    assert str(caught.value) == "LSTM expects a tuple (h_0, c_0), got one tensor (1, 8, 64)"
    h = Tensor((2, 8, 64), "float32")
    with pytest.raises(Failure, match=r"expects h_0 of \(1, 8, 64\), got \(2, 8, 64\) with input \(8, 10, 32\)"):
        run(store, layer, Tensor((8, 10, 32), "float32"), (h, h))


# -- packed and padded ---------------------------------------------------------------------------------------------


def check_packed(ours: Any, real: rnn.PackedSequence) -> None:
    assert is_packed(ours)
    for field in ("data", "batch_sizes", "sorted_indices", "unsorted_indices"):
        value, expected = ours.attrs[field], getattr(real, field)
        if expected is None:
            assert value is None, field
        else:
            assert isinstance(value, Tensor), field
            assert value.shape == tuple(expected.shape), field
            assert value.dtype == str(expected.dtype)[6:], field


@given(st.lists(some, max_size=4), st.lists(some, min_size=1, max_size=3), st.booleans(), st.booleans(), st.booleans())
def test_packing(shape: list[int], lengths: list[int], batch_first: bool, is_sorted: bool, from_tensor: bool) -> None:
    if is_sorted:
        lengths = sorted(lengths, reverse=True)
    if len(shape) > 1:
        longest = shape[1] if batch_first else shape[0]
        lengths = [min(x, longest) for x in lengths]
    x, options = torch.ones(shape), {"batch_first": batch_first, "enforce_sorted": is_sorted}
    args = [abstract(x), Tensor((len(lengths),), "int64", scalars=lengths) if from_tensor else lengths]
    try:
        real = rnn.pack_padded_sequence(x, torch.tensor(lengths) if from_tensor else lengths, **options)
    except (RuntimeError, IndexError):
        with pytest.raises(Failure):
            call(RNN + "pack_padded_sequence", *args, **options)
        return
    ours = call(RNN + "pack_padded_sequence", *args, **options)
    check_packed(ours, real)
    for first in (True, False):
        unpacked = call(RNN + "pad_packed_sequence", ours, batch_first=first, total_length=7)
        expected = rnn.pad_packed_sequence(real, batch_first=first, total_length=7)
        assert [u.shape for u in unpacked] == [tuple(e.shape) for e in expected]
        unpacked = call(RNN + "pad_packed_sequence", ours, first)
        expected = rnn.pad_packed_sequence(real, first)
        assert [u.shape for u in unpacked] == [tuple(e.shape) for e in expected]


@given(configurations(), st.lists(some, min_size=1, max_size=3))
def test_packed_through_a_layer(configuration: tuple[str, dict[str, Any]], lengths: list[int]) -> None:
    name, options = configuration
    lengths = sorted(lengths, reverse=True)
    x = torch.ones(len(lengths), lengths[0], options["input_size"])
    real = getattr(torch.nn, name)(**options)(rnn.pack_padded_sequence(x, lengths, True))
    store, layer = made(f"torch.nn.{name}", **options)
    ours = run(store, layer, call(RNN + "pack_padded_sequence", abstract(x), lengths, True))
    check_packed(ours[0], real[0])
    states = zip(ours[1], real[1]) if name == "LSTM" else [(ours[1], real[1])]
    assert all(a.shape == tuple(b.shape) for a, b in states)
    unpacked, _ = call(RNN + "pad_packed_sequence", ours[0], batch_first=True)
    assert unpacked.shape == tuple(rnn.pad_packed_sequence(real[0], True)[0].shape)


def test_open_input_packed() -> None:
    store, layer = made("torch.nn.LSTM", 32, 64, batch_first=True)
    c, x = Call(store), Hole("x")

    def ours(name: str, *args: Any, **kwargs: Any) -> Any:
        return apply_rule(c, rules[RNN + name], args, kwargs)

    packed = ours("pack_padded_sequence", Unknown(hole=x), Unknown(hole=Hole("lengths")), True, enforce_sorted=False)
    assert isinstance(store.value(store.hole(x)).shape, Open)
    out, _ = run(store, layer, packed)
    padded, lengths = ours("pad_packed_sequence", out, batch_first=True)
    b, _, size = store.value(store.hole(x)).shape
    assert size == 32
    assert (padded.shape[0], padded.shape[2], lengths.shape) == (b, 64, (b,))


@given(st.lists(st.lists(some, max_size=3), max_size=3), st.booleans())
def test_pad_sequence(shapes: list[list[int]], batch_first: bool) -> None:
    tensors = [torch.ones(s) for s in shapes]
    check(RNN + "pad_sequence", tensors, batch_first, may_miss=any(len(s) != len(shapes[0]) for s in shapes))


@given(st.lists(some, min_size=1, max_size=3), st.lists(some, max_size=2), st.booleans())
def test_pad_sequence_that_fits(lengths: list[int], trailing: list[int], batch_first: bool) -> None:
    tensors = [torch.ones(n, *trailing) for n in lengths]
    check(RNN + "pad_sequence", tensors, batch_first=batch_first)
    ours = call(RNN + "pack_sequence", abstract(tensors), enforce_sorted=False)
    real = rnn.pack_sequence(tensors, enforce_sorted=False)
    assert ours.attrs["batch_sizes"].shape == tuple(real.batch_sizes.shape)
    assert ours.attrs["data"].shape[1:] == tuple(real.data.shape[1:])


def test_pad_sequence_of_unknown_number() -> None:
    sequences = List()
    sequences.rest = Tensor((symbol("n"), 8), "float32")
    for value in (sequences, Many(Tensor((symbol("n"), 8), "float32"))):
        out = apply_rule(Call(Store()), rules[RNN + "pad_sequence"], [value, True], {})
        assert len(out.shape) == 3
        assert out.shape[2] == 8
