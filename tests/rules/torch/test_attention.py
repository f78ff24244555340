"""Attention and the transformer layers, held against torch in training and in evaluation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import make_layer
from shapelens.values import Hole, Instance, Lib, Store, Tensor, Unknown
from tests.rules.torch.harness import abstract, call, check, check_layer, compare
from tests.rules.torch.test_linear import made, run

some = st.integers(1, 3)
SDPA = "torch.nn.functional.scaled_dot_product_attention"
MHA = "torch.nn.MultiheadAttention"
DTYPES = (torch.float32, torch.float64, torch.float16, torch.bool, torch.int64)


def ones(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.ones(shape, dtype=dtype)


# -- scaled_dot_product_attention ----------------------------------------------------------------------------------


@st.composite
def queries(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Shapes of a query, key and value that mostly fit."""
    batch = draw(st.lists(some, max_size=2))
    length, source, size, out = draw(some), draw(some), draw(some), draw(some)
    shapes = [[*batch, length, size], [*batch, source, size], [*batch, source, out]]
    if draw(st.booleans()):
        i = draw(st.integers(0, 2))
        j = draw(st.integers(0, len(shapes[i]) - 1))
        shapes[i][j] = draw(some)
    if draw(st.booleans()):
        i = draw(st.integers(0, 2))
        shapes[i] = shapes[i][draw(st.integers(0, len(shapes[i]) - 1)) :]
    return shapes[0], shapes[1], shapes[2]


@given(queries(), st.booleans())
def test_sdpa(shapes: tuple[list[int], list[int], list[int]], gqa: bool) -> None:
    check(SDPA, *(ones(*s) for s in shapes), enable_gqa=gqa)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_shared_heads(heads: int, keys: int, values: int, gqa: bool) -> None:
    check(SDPA, ones(2, heads, 5, 8), ones(2, keys, 6, 8), ones(2, values, 6, 8), enable_gqa=gqa)


@given(st.lists(st.sampled_from((1, 1, 2, 3, 4, 5)), min_size=2, max_size=5), st.integers(0, 2))
def test_sdpa_masks(mask: list[int], rank: int) -> None:
    batch = (2, 3)[:rank]
    q, k = ones(*batch, 4, 8), ones(*batch, 5, 8)
    check(SDPA, q, k, k, ones(*mask, dtype=torch.bool))
    check(SDPA, q, k, k, ones(*mask, 4, 5))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("other", DTYPES)
def test_sdpa_dtypes(dtype: torch.dtype, other: torch.dtype) -> None:
    q, k = ones(1, 2, 4, 8, dtype=dtype), ones(1, 2, 4, 8, dtype=other)
    check(SDPA, q, q, k)
    check(SDPA, q, k, k)
    if dtype.is_floating_point:
        check(SDPA, q, q, q, ones(4, 4, dtype=other))


@pytest.mark.parametrize("p", [0.0, 0.5, 1.5])
def test_sdpa_dropout(p: float) -> None:
    check(SDPA, ones(4, 8), ones(4, 8), ones(4, 8), dropout_p=p)


def test_symbolic_sdpa() -> None:
    b, t = symbol("B"), symbol("T")
    q = Tensor((b, 8, t, 64), "float32")
    assert call(SDPA, q, q, q, is_causal=True) == q
    with pytest.raises(Failure, match=r"query and key must have the same last dim"):
        call(SDPA, q, Tensor((b, 8, t, 32), "float32"), q)


# -- MultiheadAttention --------------------------------------------------------------------------------------------


def check_both(path: str, args: tuple[Any, ...], kwargs: dict[str, Any], *inputs: Any, **more: Any) -> None:
    """Hold a layer against torch in training; and what torch takes then, also in evaluation with its fast path."""
    store = Store()

    def ours() -> Any:
        layer = Instance(Lib(path))
        make_layer(Call(store, path), path, layer, [abstract(a) for a in args], abstract(kwargs))
        return run(store, layer, *[abstract(x) for x in inputs], **abstract(more))

    def real() -> Any:
        return getattr(torch.nn, path.rpartition(".")[2])(*args, **kwargs)(*inputs, **more)

    compare(ours, real, f"{path}{args}{kwargs} on {abstract(inputs)} {abstract(more)}")
    try:
        real()
    except (RuntimeError, AssertionError, ValueError):
        return
    check_layer(path, args, kwargs, *inputs, **more)


@st.composite
def attentions(draw: st.DrawFn) -> tuple[dict[str, Any], list[list[int]]]:
    """The configuration of an attention, and shapes of its query, key and value that mostly fit."""
    heads = draw(st.integers(1, 2))
    size = heads * draw(st.integers(1, 2))
    options = {
        "embed_dim": size,
        "num_heads": heads,
        "batch_first": draw(st.booleans()),
        "bias": draw(st.booleans()),
        "add_bias_kv": draw(st.booleans()),
        "add_zero_attn": draw(st.booleans()),
        "kdim": draw(st.none() | some),
        "vdim": draw(st.none() | some),
    }
    length, source, batch = draw(some), draw(some), draw(st.none() | some)
    shapes = []
    for n, features in ((length, size), (source, options["kdim"] or size), (source, options["vdim"] or size)):
        front = [n] if batch is None else [batch, n] if options["batch_first"] else [n, batch]
        shapes.append([*front, features])
    if draw(st.booleans()):
        i = draw(st.integers(0, 2))
        shapes[i][draw(st.integers(0, len(shapes[i]) - 1))] = draw(some)
    elif draw(st.booleans()):
        i = draw(st.integers(0, 2))
        shapes[i] = shapes[i][1:] if draw(st.booleans()) else [1, *shapes[i]]
    return options, shapes


@given(attentions(), st.booleans(), st.booleans())
def test_attention(case: tuple[dict[str, Any], list[list[int]]], need_weights: bool, average: bool) -> None:
    options, shapes = case
    inputs = [ones(*s) for s in shapes]
    check_layer(MHA, (), options, *inputs, need_weights=need_weights, average_attn_weights=average)


@given(
    st.booleans(),
    st.booleans(),
    st.none() | st.lists(st.integers(2, 4), min_size=1, max_size=4),
    st.none() | st.lists(st.integers(2, 4), min_size=1, max_size=3),
    st.sampled_from((torch.bool, torch.float32, torch.int64)),
    st.booleans(),
    st.booleans(),
)
def test_masks(
    batch_first: bool,
    is_batched: bool,
    attn: list[int] | None,
    padding: list[int] | None,
    dtype: torch.dtype,
    is_self: bool,
    need_weights: bool,
) -> None:
    front = ((3, 2) if batch_first else (2, 3)) if is_batched else (2,)
    back = ((3, 4) if batch_first else (4, 3)) if is_batched else (4,)
    q = ones(*front, 8)
    k = q if is_self else ones(*back, 8)
    masks = {
        "attn_mask": None if attn is None else ones(*attn, dtype=dtype),
        "key_padding_mask": None if padding is None else ones(*padding, dtype=dtype),
    }
    check_both(MHA, (8, 2), {"batch_first": batch_first}, q, k, k, need_weights=need_weights, **masks)


@given(st.booleans(), st.sampled_from((2, 4)), st.booleans(), st.booleans())
def test_masks_that_fit(batch_first: bool, source: int, is_batched: bool, per_head: bool) -> None:
    batch = (3,) if is_batched else ()
    q = ones(*((3, 2) if batch_first else (2, 3)), 8) if is_batched else ones(2, 8)
    k = ones(*((3, source) if batch_first else (source, 3)), 8) if is_batched else ones(source, 8)
    heads = (6 if is_batched else 2,) if per_head else ()
    masks = {
        "attn_mask": ones(*heads, 2, source, dtype=torch.bool),
        "key_padding_mask": torch.zeros(*batch, source) > 0,
    }
    check_both(MHA, (8, 2), {"batch_first": batch_first}, q, k, k, **masks)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("mask", [None, (5, 5), (7, 7)])
@pytest.mark.parametrize("need_weights", [True, False])
def test_causal_hint(batch_first: bool, mask: tuple[int, int] | None, need_weights: bool) -> None:
    q, k = ones(5, 5, 8), ones(5, 5, 8)
    options: dict[str, Any] = {"is_causal": True, "need_weights": need_weights}
    if mask is not None:
        options["attn_mask"] = ones(*mask, dtype=torch.bool)
    # In evaluation the fast path forgets the hint, so that nothing is certain for equal shapes.
    check_layer(MHA, (8, 2), {"batch_first": batch_first}, q, k, k, may_miss=True, **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_attention_dtypes(dtype: torch.dtype) -> None:
    q, k = ones(5, 3, 8, dtype=dtype), ones(5, 3, 8)
    check_layer(MHA, (8, 2), {}, q, q, q)
    check_layer(MHA, (8, 2), {}, k, q, q)
    check_layer(MHA, (8, 2), {}, k, k, q)


@pytest.mark.parametrize("args", [(8, 3), (8, 0), (0, 2), (8.0, 2), (-8, 2), (6, 6)])
def test_heads(args: tuple[Any, Any]) -> None:
    check_layer(MHA, args, {}, ones(5, 3, 6), ones(5, 3, 6), ones(5, 3, 6))


def test_attention_of_open_input() -> None:
    store, layer = made(MHA, 64, 4, batch_first=True)
    hole = Hole("x")
    x = Unknown(hole=hole)
    out, weights = run(store, layer, x, x, x)
    shape = store.value(store.hole(hole)).shape
    assert shape[2] == 64
    assert out.shape == shape
    assert weights.shape == (shape[0], shape[1], shape[1])


def test_attention_messages() -> None:
    store, layer = made(MHA, 64, 4, batch_first=True)
    x = Tensor((2, 5, 32), "float32")
    with pytest.raises(Failure) as caught:
        run(store, layer, x, x, x)
    assert str(caught.value) == "MultiheadAttention expects 64 features (embed_dim), got 32 in (2, 5, 32)"
    assert (caught.value.code, caught.value.fixes[0].text) == ("feature-mismatch", "32")
    with pytest.raises(Failure) as caught:
        made(MHA, 64, 5)
    assert (caught.value.code, str(caught.value)) == (
        "heads-mismatch",
        "MultiheadAttention: embed_dim = 64 cannot be split into num_heads = 5 heads",
    )


def test_functional_attention() -> None:
    q, k = ones(5, 3, 8), ones(6, 3, 8)
    weights = (ones(24, 8), ones(24), None, None, False, 0.0, ones(8, 8), ones(8))
    path = "torch.nn.functional.multi_head_attention_forward"
    check(path, q, k, k, 8, 2, *weights)
    check(path, q, k, k, 8, 3, *weights)
    check(path, q, ones(6, 2, 8), ones(6, 2, 8), 8, 2, *weights, need_weights=False)
    check(path, q, k, k, 8, 2, *weights, attn_mask=ones(5, 5, dtype=torch.bool))
    separate = {
        "use_separate_proj_weight": True,
        "q_proj_weight": ones(8, 8),
        "k_proj_weight": ones(8, 3),
        "v_proj_weight": ones(8, 4),
    }
    check(path, q, ones(6, 3, 3), ones(6, 3, 4), 8, 2, None, *weights[1:], **separate)
    check(path, q, ones(6, 3, 4), ones(6, 3, 4), 8, 2, None, *weights[1:], **separate)


# -- transformers --------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(("TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer")),
    st.booleans(),
    st.booleans(),
    st.lists(some, min_size=1, max_size=3),
    st.lists(some, min_size=1, max_size=3),
)
def test_transformer_layers(name: str, batch_first: bool, fits: bool, first: list[int], second: list[int]) -> None:
    options: dict[str, Any] = {"d_model": 4, "nhead": 2, "dim_feedforward": 3, "batch_first": batch_first}
    if name == "Transformer":
        options |= {"num_encoder_layers": 1, "num_decoder_layers": 1}
    x, y = (ones(*first, 4), ones(*second, 4)) if fits else (ones(*first), ones(*second))
    check_layer(f"torch.nn.{name}", (), options, *((x,) if name == "TransformerEncoderLayer" else (x, y)))


@given(st.booleans(), st.booleans(), st.integers(0, 3), st.integers(0, 3))
def test_transformer_masks(batch_first: bool, norm_first: bool, mask: int, padding: int) -> None:
    options = {"dim_feedforward": 3, "batch_first": batch_first, "norm_first": norm_first}
    x = ones(3, 5, 4) if batch_first else ones(5, 3, 4)
    attn = [None, ones(5, 5), ones(6, 5, 5, dtype=torch.bool), ones(4, 5, dtype=torch.bool)][mask]
    pads = [None, torch.zeros(3, 5) > 0, torch.zeros(5, 3) > 0, torch.zeros(5) > 0][padding]
    check_both("torch.nn.TransformerEncoderLayer", (4, 2), options, x, attn, pads)
    check_both("torch.nn.TransformerDecoderLayer", (4, 2), options, x, x, memory_mask=attn, tgt_key_padding_mask=pads)


def stacks(d_model: int, layers: int, norm: int | None, batch_first: bool) -> tuple[Any, Any, Store]:
    """Torch's encoder, and ours."""
    real_layer = torch.nn.TransformerEncoderLayer(d_model, 2, 3, batch_first=batch_first)
    real = torch.nn.TransformerEncoder(
        real_layer, layers, None if norm is None else torch.nn.LayerNorm(norm), enable_nested_tensor=False
    )
    store, layer = made("torch.nn.TransformerEncoderLayer", d_model, 2, 3, batch_first=batch_first)
    ours = Instance(Lib("torch.nn.TransformerEncoder"))
    held = None if norm is None else made("torch.nn.LayerNorm", norm)[1]
    assert make_layer(Call(store), "torch.nn.TransformerEncoder", ours, [layer, layers, held], {})
    return real, ours, store


@given(st.lists(some, min_size=2, max_size=3), st.booleans(), st.integers(0, 2), st.sampled_from((None, 4, 4, 3)))
def test_encoder(shape: list[int], batch_first: bool, layers: int, norm: int | None) -> None:
    real, ours, store = stacks(4, layers, norm, batch_first)
    x = ones(*shape[:-1], 4 if shape[-1] > 1 else 3)
    if layers:
        compare(lambda: run(store, ours, abstract(x)), lambda: real(x), f"encoder on {shape}")
    assert len(ours.attrs["layers"].attrs) == layers


def test_decoder_and_its_clones() -> None:
    real = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(4, 2, 3), 2)
    store, layer = made("torch.nn.TransformerDecoderLayer", 4, 2, 3)
    ours = Instance(Lib("torch.nn.TransformerDecoder"))
    assert make_layer(Call(store), "torch.nn.TransformerDecoder", ours, [layer, 2], {})
    first, second = ours.attrs["layers"].attrs.values()
    assert first is not second
    assert first.attrs["linear1"] is not layer.attrs["linear1"]
    for tgt, memory in (((5, 3, 4), (6, 3, 4)), ((5, 3, 4), (6, 2, 4)), ((5, 4), (6, 4)), ((5, 3, 4), (6, 3, 5))):
        x, y = ones(*tgt), ones(*memory)
        compare(lambda x=x, y=y: run(store, ours, abstract(x), abstract(y)), lambda x=x, y=y: real(x, y), f"{tgt}")


def test_encoder_of_open_and_symbolic_input() -> None:
    _, ours, store = stacks(16, 6, None, True)
    hole = Hole("x")
    out = run(store, ours, Unknown(hole=hole))
    shape = store.value(store.hole(hole)).shape
    assert store.shape(out.shape) == shape
    assert shape[2] == 16
    b = symbol("B")
    assert run(store, ours, Tensor((b, 9, 16), "float32")).shape == (b, 9, 16)
    with pytest.raises(Failure, match=r"TransformerEncoderLayer expects 16 features \(d_model\), got 15"):
        run(store, ours, Tensor((b, 9, 15), "float32"))


def test_a_stack_of_the_users_own_layers_calls_back() -> None:
    own = Instance(Lib("model.Block"))
    store, ours = Store(), Instance(Lib("torch.nn.TransformerEncoder"))
    assert make_layer(Call(store), "torch.nn.TransformerEncoder", ours, [own, 3], {})
    seen = []

    def invoke(module: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(module)
        return args[0]

    from shapelens.rules.registry import call_layer

    ours.attrs["layers"].attrs.update(dict.fromkeys("012"))
    c = Call(store, invoke=invoke)
    x = Tensor((2, 3, 4), "float32")
    assert call_layer(c, "torch.nn.TransformerEncoder", ours, [x], {}) == x
    assert len(seen) == 3


def test_parts_of_a_layer() -> None:
    _, layer = made("torch.nn.TransformerEncoderLayer", 8, 2, 32)
    real = torch.nn.TransformerEncoderLayer(8, 2, 32)
    for name, module in real.named_children():
        part = layer.attrs[name]
        for key, weight in module.named_parameters(recurse=False):
            assert part.attrs[key].shape == tuple(weight.shape), (name, key)
    _, whole = made("torch.nn.Transformer", 8, 2, 1, 1, 32)
    assert {"encoder", "decoder"} <= set(whole.attrs)


def test_causal_mask() -> None:
    check("torch.nn.Transformer.generate_square_subsequent_mask", 5)
    t = symbol("T")
    assert call("torch.nn.Transformer.generate_square_subsequent_mask", t).shape == (t, t)
