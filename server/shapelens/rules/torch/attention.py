"""Attention and torch.nn's transformer layers.

    MultiheadAttention   (L, B, E), (S, B, Ek), (S, B, Ev)  -> (L, B, E), (B, L, S); batch in front with batch_first
    sdpa                 (*, L, E), (*, S, E), (*, S, Ev)   -> (*, L, Ev)
    Transformer          (S, B, E), (T, B, E)               -> (T, B, E)

Source: the pages of torch.nn.MultiheadAttention, Transformer and scaled_dot_product_attention, and
`_mha_shape_check` in torch/nn/functional.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapelens.dims import Dim, divides, equal, floordiv
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.registry import call_layer, layer, layers, make_layer, rule
from shapelens.rules.torch.linear import common_dtype, features, unclear, whole_numbers
from shapelens.rules.torch.spatial import NOT_FLOAT, differ, layer_fix
from shapelens.rules.work import UNKNOWN_WORK, Op, record
from shapelens.values import UNKNOWN, Instance, Lib, Tensor

_PROJECTION = "torch.nn.modules.linear.NonDynamicallyQuantizableLinear"
_MASKS = NOT_FLOAT - {"bool"}


# -- scaled_dot_product_attention ----------------------------------------------------------------------------------


@rule("torch.nn.functional.scaled_dot_product_attention")
def scaled_dot_product_attention(
    c: Call,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: object = None,
    dropout_p: object = 0.0,
    is_causal: object = False,
    scale: object = None,
    enable_gqa: object = False,
) -> Tensor:
    """(*, L, E), (*, S, E), (*, S, Ev) -> (*, L, Ev), the dims in front broadcast."""
    q, k, v = c.dims(query), c.dims(key), c.dims(value)
    for dims, tensor in ((q, query), (k, key), (v, value)):
        if len(dims) < 2:
            c.fail("rank-mismatch", f"{c.name} expects (…, length, features), got {c.text(tensor)}", tensor)
    if differ(c, q[-1], k[-1]):
        c.fail(
            "feature-mismatch",
            f"{c.name}: query and key must have the same last dim, got {c.text(query)} and {c.text(key)}",
            query,
            key,
        )
    dtype = common_dtype(c, query, key, "key")
    dtype = common_dtype(c, query, value, "value") if dtype or value.dtype else None
    if dtype in NOT_FLOAT:
        c.fail("dtype-mismatch", f"{c.name} needs floating point, got {dtype}", query)
    # On the CPU the kernel for rank 4 does not compare the lengths of key and value.
    if (max(len(q), len(k), len(v)) != 4 or equal(v[-1], k[-1]) is False) and differ(c, k[-2], v[-2]):
        c.fail(
            "shape-mismatch",
            f"{c.name}: key and value must have the same length, got {c.text(key)} and {c.text(value)}",
            key,
            value,
        )
    heads = k[:-2], v[:-2]
    if unclear(enable_gqa):
        raise NotKnown
    if enable_gqa:
        heads = _repeated(c, query, key, q, k), _repeated(c, query, value, q, v)
    batch = c.broadcast(q[:-2], *heads, tensors=(query, key, value))
    mask = c.store.value(attn_mask)
    if isinstance(mask, Tensor):
        _mask(c, mask, query, (*batch, q[-2], k[-2]))
    if isinstance(dropout_p, (int, float)) and not 0 <= dropout_p <= 1:
        c.fail("argument-value", f"{c.name}: dropout_p must be between 0 and 1, got {dropout_p}")
    return Tensor((*batch, *c.store.dims((q[-2], v[-1]))), dtype, device=query.device)


def _repeated(c: Call, query: Tensor, other: Tensor, q: tuple[Dim, ...], dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The leading dims of a key or value whose heads are repeated to be as many as the query's."""
    if len(q) < 3 or len(dims) < 3:
        c.fail("rank-mismatch", f"{c.name} with enable_gqa expects (…, heads, length, features), got "
               f"{c.text(query)} and {c.text(other)}", query, other)  # fmt: skip
    if divides(dims[-3], q[-3]) is False:
        c.fail(
            "heads-mismatch",
            f"{c.name}: {c.dim_text(q[-3])} heads of the query cannot share {c.dim_text(dims[-3])} of {c.text(other)}",
            query,
            other,
        )
    return (*dims[:-3], q[-3])


def _mask(c: Call, mask: Tensor, query: Tensor, wanted: tuple[Dim, ...]) -> None:
    """Fails where a mask cannot be broadcast to (*, L, S), or has a dtype that is refused."""
    if mask.dtype is not None and query.dtype is not None and not c.autocast:
        if mask.dtype not in ("bool", "float32", query.dtype):
            c.fail("dtype-mismatch", f"{c.name}: attn_mask must be bool or {query.dtype}, got {mask.dtype}", mask)
    dims = c.shape(mask)
    if not isinstance(dims, tuple) or not dims:
        return
    message = f"{c.name}: attn_mask {c.text(mask)} cannot be broadcast to {c.text(wanted)}"
    if len(dims) > len(wanted):
        c.fail("mask-mismatch", message, mask, query)
    for a, b in zip(reversed(dims), reversed(wanted)):
        if equal(a, 1) is False and differ(c, a, b):
            c.fail("mask-mismatch", message, mask, query)


# -- MultiheadAttention --------------------------------------------------------------------------------------------


class Heads:
    """The configuration of one multi-head attention, and what its sizes are called where it was made."""

    def __init__(self, c: Call, attrs: Mapping[str, Any], size_name: str = "embed_dim") -> None:
        self.embed_dim, self.heads = c.dim(attrs["embed_dim"]), c.dim(attrs["num_heads"])
        self.kdim, self.vdim = c.dim(attrs["kdim"]), c.dim(attrs["vdim"])
        self.batch_first = attrs["batch_first"]
        self.name = size_name
        weight = attrs.get("in_proj_weight") or attrs.get("q_proj_weight")
        self.weight = weight if isinstance(weight, Tensor) else None
        if unclear(self.batch_first, attrs["add_bias_kv"], attrs["add_zero_attn"]):
            raise NotKnown
        self.extra = bool(attrs["add_bias_kv"]) + bool(attrs["add_zero_attn"])


def attend(
    c: Call,
    config: Heads,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: object = None,
    need_weights: object = True,
    attn_mask: object = None,
    average_attn_weights: object = True,
    is_causal: object = False,
) -> tuple[Tensor, Any]:
    """The output, of the query's shape, and the attention weights (B, L, S), (B, heads, L, S) or None."""
    batch_first = config.batch_first
    q = c.dims(query, ("B", "T", "E") if batch_first else ("T", "B", "E"))
    if len(q) not in (2, 3):
        wanted = "(B, L, E)" if batch_first else "(L, B, E)"
        c.fail("rank-mismatch", f"{c.name} expects {wanted} or (L, E), got {c.text(query)}", query)
    names = ("S", "E") if len(q) == 2 else ("B", "S", "E") if batch_first else ("S", "B", "E")
    k, v = _others(c, query, key, names), _others(c, query, value, names)
    _size(c, query, q[-1], config.embed_dim, config.name, config)
    for tensor, dims, size, name in ((key, k, config.kdim, "kdim"), (value, v, config.vdim, "vdim")):
        if dims is not None:
            same = equal(size, config.embed_dim) is True
            _size(c, tensor, dims[-1], size, config.name if same else name, config)
    is_batched, b, t = len(q) == 3, 0 if batch_first else 1, 1 if batch_first and len(q) == 3 else 0
    if is_batched:
        for tensor, dims in ((key, k), (value, v)):
            if dims is not None and differ(c, q[b], dims[b]):
                c.fail(
                    "batch-mismatch",
                    f"{c.name} (batch_first={bool(batch_first)}): {c.text(query)} and {c.text(tensor)} must have the "
                    f"same batch dim {b}",
                    query,
                    tensor,
                )
    if k is not None and v is not None and differ(c, k[t], v[t]):
        c.fail("shape-mismatch", f"{c.name}: key {c.text(key)} and value {c.text(value)} differ in length", key, value)
    dtype = query.dtype
    if config.weight is not None:
        dtype = common_dtype(c, query, config.weight, "weight")
        for tensor in (key, value):
            common_dtype(c, tensor, config.weight, "weight")
    q = c.store.dims(q)
    target, source = q[t], None if k is None else c.store.dim(k[t])
    batch = (q[b],) if is_batched else ()
    maybe_fast = bool(batch_first) and c.store.shape(key.shape) == q
    _masks(c, config, query, key_padding_mask, attn_mask, need_weights, is_causal, batch, target, source, maybe_fast)
    output = Tensor((*q[:-1], config.embed_dim), dtype, device=query.device)
    if unclear(need_weights):
        return output, UNKNOWN
    if not need_weights:
        return output, None
    if source is None or unclear(average_attn_weights):
        return output, Tensor(None, dtype)
    heads = () if average_attn_weights else (config.heads,)
    return output, Tensor((*batch, *heads, target, source + config.extra), dtype, device=query.device)


def _others(c: Call, query: Tensor, other: Tensor, names: tuple[str, ...]) -> tuple[Dim, ...] | None:
    """The dims of a key or value, which must have the query's rank; None where they are unknown."""
    if c.shape(other) is None:
        return None
    dims = c.dims(other, names)
    if len(dims) != len(names):
        c.fail(
            "rank-mismatch",
            f"{c.name}: key and value must have the rank of the query {c.text(query)}, got {c.text(other)}",
            query,
            other,
        )
    return dims


def _size(c: Call, tensor: Tensor, came: Dim, expected: Dim, name: str, config: Heads) -> None:
    """Fails where a last dim is not what the layer was made for."""
    if came is expected or not differ(c, expected, came):
        return
    came, fits = c.store.dim(came), True
    if name == config.name:
        fits = divides(config.heads, came) is True
    c.fail(
        "feature-mismatch",
        f"{c.name} expects {c.counted(expected, 'feature')} ({name}), got {c.dim_text(came)} in {c.text(tensor)}",
        tensor,
        fixes=layer_fix(c, name, came) if fits else (),
    )


def _masks(
    c: Call,
    config: Heads,
    query: Tensor,
    key_padding_mask: object,
    attn_mask: object,
    need_weights: object,
    is_causal: object,
    batch: tuple[Dim, ...],
    target: Dim,
    source: Dim | None,
    maybe_fast: bool,
) -> None:
    """Hold the masks against (L, S) or (B·heads, L, S), and (B, S)."""
    padding, mask = c.store.value(key_padding_mask), c.store.value(attn_mask)
    for name, given in (("key_padding_mask", padding), ("attn_mask", mask)):
        if isinstance(given, Tensor) and given.dtype in _MASKS:
            c.fail("dtype-mismatch", f"{c.name}: {name} must be bool or floating point, got {given.dtype}", given)
    if source is None:
        return
    if isinstance(mask, Tensor):
        hinted = is_causal is not False and padding is None and need_weights is not True
        dims = c.shape(mask)
        if isinstance(dims, tuple):
            rows = config.heads * batch[0] if batch else config.heads
            wanted = (target, source) if len(dims) == 2 else (rows, target, source)
            if len(dims) not in (2, 3) or (not hinted and any(differ(c, x, y) for x, y in zip(dims, wanted))):
                both = f"{c.text((target, source))} or {c.text((rows, target, source))}"
                c.fail("mask-mismatch", f"{c.name} expects an attn_mask of {both}, got {c.text(mask)}", mask, query)
    elif mask is None and is_causal is True and not maybe_fast:
        c.fail("argument-value", f"{c.name}: is_causal=True needs an attn_mask as well")
    if isinstance(padding, Tensor):
        dims = c.shape(padding)
        expected = (*batch, source)
        if isinstance(dims, tuple):
            if len(dims) != len(expected) or any(differ(c, x, y) for x, y in zip(dims, expected)):
                c.fail(
                    "mask-mismatch",
                    f"{c.name} expects a key_padding_mask of {c.text(expected)}, got {c.text(padding)}",
                    padding,
                    query,
                )


def _split(c: Call, size: Dim, heads: Dim, size_name: str, heads_name: str) -> None:
    """Fails where features cannot be split evenly into heads."""
    for value, name in ((size, size_name), (heads, heads_name)):
        if value == 0:
            c.fail("argument-value", f"{c.name}: {name} must be at least 1, got 0")
    if divides(heads, size) is False:
        c.fail(
            "heads-mismatch",
            f"{c.name}: {size_name} = {c.dim_text(size)} cannot be split into {heads_name} = {c.dim_text(heads)} heads",
        )


def _setup(c: Call, self: Instance) -> None:
    a = self.attrs
    whole_numbers(c, self, "embed_dim", "num_heads")
    size, heads = a["embed_dim"], a["num_heads"]
    _split(c, size, heads, "embed_dim", "num_heads")
    for name in ("kdim", "vdim"):
        if a[name] is None:
            a[name] = size
        whole_numbers(c, self, name)
    a["_qkv_same_embed_dim"] = _all_same(a)
    a["head_dim"] = floordiv(size, heads)
    options = {"bias": a["bias"], "device": a["device"], "dtype": a["dtype"]}
    a["out_proj"] = made(c, _PROJECTION, size, size, **options)


def _all_same(a: Mapping[str, Any]) -> bool:
    return all(equal(a[name], a["embed_dim"]) is True for name in ("kdim", "vdim"))


def _weights(c: Call, self: Instance) -> dict[str, Any]:
    a = self.attrs
    size = a["embed_dim"]
    if a["_qkv_same_embed_dim"]:
        shapes: dict[str, Any] = {"in_proj_weight": (3 * size, size)}
        shapes |= {f"{x}_proj_weight": None for x in "qkv"}
    else:
        shapes = {"in_proj_weight": None, "q_proj_weight": (size, size)}
        shapes |= {f"{x}_proj_weight": (size, a[f"{x}dim"]) for x in "kv"}
    if not unclear(a["bias"]):
        shapes["in_proj_bias"] = (3 * size,) if a["bias"] else None
    if not unclear(a["add_bias_kv"]):
        shapes["bias_k"] = shapes["bias_v"] = (1, 1, size) if a["add_bias_kv"] else None
    return shapes


@layer(
    "torch.nn.MultiheadAttention",
    "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, "
    "batch_first=False, device=None, dtype=None",
    parameters=_weights,
    setup=_setup,
)
def _forward(
    c: Call,
    self: Instance,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: object = None,
    need_weights: object = True,
    attn_mask: object = None,
    average_attn_weights: object = True,
    is_causal: object = False,
) -> object:
    config = Heads(c, self.attrs)
    return attend(
        c, config, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
    )


@rule("torch.nn.functional.multi_head_attention_forward")
def _functional(
    c: Call,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: Dim,
    num_heads: Dim,
    in_proj_weight: object,
    in_proj_bias: object,
    bias_k: object,
    bias_v: object,
    add_zero_attn: object,
    dropout_p: object,
    out_proj_weight: object,
    out_proj_bias: object,
    training: object = True,
    key_padding_mask: object = None,
    need_weights: object = True,
    attn_mask: object = None,
    use_separate_proj_weight: object = False,
    q_proj_weight: object = None,
    k_proj_weight: object = None,
    v_proj_weight: object = None,
    static_k: object = None,
    static_v: object = None,
    average_attn_weights: object = True,
    is_causal: object = False,
) -> object:
    if static_k is not None or static_v is not None or unclear(use_separate_proj_weight):
        raise NotKnown
    attrs: dict[str, Any] = {
        "embed_dim": embed_dim_to_check,
        "num_heads": num_heads,
        "kdim": embed_dim_to_check,
        "vdim": embed_dim_to_check,
        "batch_first": False,
        "add_bias_kv": isinstance(bias_k, Tensor) if bias_k is None or isinstance(bias_k, Tensor) else UNKNOWN,
        "add_zero_attn": add_zero_attn,
        "in_proj_weight": c.store.value(in_proj_weight),
    }
    if use_separate_proj_weight:
        attrs["kdim"], attrs["vdim"] = c.dims(c.tensor(k_proj_weight))[-1], c.dims(c.tensor(v_proj_weight))[-1]
        attrs["in_proj_weight"] = c.tensor(q_proj_weight)
    _split(c, c.dim(embed_dim_to_check), c.dim(num_heads), "embed_dim_to_check", "num_heads")
    config = Heads(c, attrs, "embed_dim_to_check")
    output, weights = attend(
        c, config, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
    )
    projection = c.store.value(out_proj_weight)
    if isinstance(projection, Tensor):
        shape = c.shape(projection)
        if not isinstance(shape, tuple):
            raise NotKnown
        if len(shape) == 2 and isinstance(output.shape, tuple):
            features(c, output, output.shape[-1], shape[1], projection, "in_features")
            output = output.with_(shape=(*output.shape[:-1], shape[0]))
    return output, weights


# -- transformer layers --------------------------------------------------------------------------------------------


def made(c: Call, path: str, *args: Any, **kwargs: Any) -> Any:
    """A layer of the library made by another one; unknown where its class has no rule."""
    if path not in layers:
        return UNKNOWN
    instance = Instance(Lib(path))
    make_layer(c, path, instance, args, kwargs)
    return instance


def run(c: Call, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None) -> Any:
    """What calling a module gives that another one holds."""
    if isinstance(module, Instance) and isinstance(module.cls, Lib) and module.cls.path in layers:
        path, given = module.cls.path, kwargs or {}
        return record(c, module, args, given, lambda: call_layer(c, path, module, args, given))
    return c.invoke(module, *args, **(kwargs or {}))


def _cloned(value: Any) -> Any:
    """A deep copy of a layer: torch's `_get_clones`."""
    if isinstance(value, Tensor) and value.parameter:
        return value.with_(parameter=True, origin=value.origin)
    if not isinstance(value, Instance):
        return value
    copy = Instance(value.cls, {name: _cloned(v) for name, v in value.attrs.items()}, value.origin)
    copy.payload = value.payload
    return copy


def _layer_setup(c: Call, self: Instance) -> None:
    """The parts of a TransformerEncoderLayer or TransformerDecoderLayer."""
    a = self.attrs
    whole_numbers(c, self, "d_model", "nhead", "dim_feedforward")
    size, heads, bias = a["d_model"], a["nhead"], a["bias"]
    _split(c, size, heads, "d_model", "nhead")
    activation, p = a["activation"], a["dropout"]
    if isinstance(activation, str) and activation not in ("relu", "gelu"):
        c.fail("argument-value", f"{c.name}: activation must be 'relu' or 'gelu', got {activation!r}")
    options = {"bias": bias, "device": a["device"], "dtype": a["dtype"]}
    is_decoder = c.name.endswith("DecoderLayer")
    for name in ("self_attn", "multihead_attn") if is_decoder else ("self_attn",):
        a[name] = made(
            c, "torch.nn.MultiheadAttention", size, heads, dropout=p, batch_first=a["batch_first"], **options
        )
    a["linear1"] = made(c, "torch.nn.Linear", size, a["dim_feedforward"], **options)
    a["dropout"] = made(c, "torch.nn.Dropout", p)
    a["linear2"] = made(c, "torch.nn.Linear", a["dim_feedforward"], size, **options)
    for i in (1, 2, 3) if is_decoder else (1, 2):
        a[f"norm{i}"] = made(c, "torch.nn.LayerNorm", size, eps=a["layer_norm_eps"], **options)
    for i in (1, 2, 3) if is_decoder else (1, 2):
        a[f"dropout{i}"] = made(c, "torch.nn.Dropout", p)


def _attended(
    c: Call, self: Instance, name: str, query: Tensor, key: Tensor, mask: object, padding: object, is_causal: object
) -> Tensor:
    """The query after one of the layer's attentions."""
    attention = c.child(self, name)
    if not isinstance(attention, Instance) or attention.cls is not Lib("torch.nn.MultiheadAttention"):
        found = run(c, attention, (query, key, key), {"attn_mask": mask, "key_padding_mask": padding})
        if not isinstance(found, tuple) or not found or not isinstance(found[0], Tensor):
            raise NotKnown
        return found[0]
    size_name = "d_model" if "d_model" in self.attrs else "embed_dim"
    config = Heads(c, attention.attrs, size_name)

    def attended() -> tuple[Tensor, Any]:
        found = attend(c, config, query, key, key, padding, False, mask, True, is_causal)
        if c.work is not None:
            c.work.append(Op("torch.nn.MultiheadAttention", (attention, query, key, key), found))
        return found

    output, _ = record(c, attention, (query, key, key), {}, attended)
    return c.tensor(output)


def _passed(c: Call, self: Instance, x: Tensor, *names: str) -> None:
    """Run parts of a layer that leave the shape of what passes through as it is, for the record of what is computed."""
    if c.work is None:
        return
    try:
        for name in names:
            x = c.tensor(run(c, c.child(self, name), (x,)))
    except (NotKnown, Failure):
        c.work.append(UNKNOWN_WORK)


_FORWARD = ("linear1", "dropout", "linear2")

_LAYER = (
    "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-5, batch_first=False, "
    "norm_first=False, bias=True, device=None, dtype=None"
)


@layer("torch.nn.TransformerEncoderLayer", _LAYER, setup=_layer_setup)
def _encoder_layer(
    c: Call,
    self: Instance,
    src: Tensor,
    src_mask: object = None,
    src_key_padding_mask: object = None,
    is_causal: object = False,
) -> Tensor:
    first = bool(self.attrs["norm_first"])
    _passed(c, self, src, *(("norm1",) if first else ()))
    x = _attended(c, self, "self_attn", src, src, src_mask, src_key_padding_mask, is_causal)
    _passed(
        c, self, x, "dropout1", "norm2" if first else "norm1", *_FORWARD, "dropout2", *(() if first else ("norm2",))
    )
    return x


@layer("torch.nn.TransformerDecoderLayer", _LAYER, setup=_layer_setup)
def _decoder_layer(
    c: Call,
    self: Instance,
    tgt: Tensor,
    memory: Tensor,
    tgt_mask: object = None,
    memory_mask: object = None,
    tgt_key_padding_mask: object = None,
    memory_key_padding_mask: object = None,
    tgt_is_causal: object = False,
    memory_is_causal: object = False,
) -> Tensor:
    first = bool(self.attrs["norm_first"])
    _passed(c, self, tgt, *(("norm1",) if first else ()))
    x = _attended(c, self, "self_attn", tgt, tgt, tgt_mask, tgt_key_padding_mask, tgt_is_causal)
    x = x.with_(origin=tgt.origin)
    _passed(c, self, x, "dropout1", "norm2" if first else "norm1")
    x = _attended(c, self, "multihead_attn", x, memory, memory_mask, memory_key_padding_mask, memory_is_causal)
    _passed(
        c, self, x, "dropout2", "norm3" if first else "norm2", *_FORWARD, "dropout3", *(() if first else ("norm3",))
    )
    return x


def _stack_setup(c: Call, self: Instance) -> None:
    """`layers`: as many clones of the layer given as `num_layers` says."""
    a = self.attrs
    kind = "encoder_layer" if "encoder_layer" in a else "decoder_layer"
    given, number = c.store.value(a.pop(kind)), a["num_layers"]
    if not isinstance(given, Instance):
        raise NotKnown
    listed = Instance(Lib("torch.nn.ModuleList"))
    if isinstance(number, int) and not isinstance(number, bool):
        for i in range(min(number, 200)):
            listed.attrs[str(i)] = _cloned(given)
    else:
        listed.attrs["*"] = _cloned(given)
    norm = a.pop("norm")
    a["layers"] = listed
    a["norm"] = norm


def _stacked(c: Call, self: Instance, x: Tensor, more: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor:
    """A tensor after each of the stack's layers. Those of the library keep the shape, so one is asked for all."""
    held = c.child(self, "layers")
    if not isinstance(held, Instance):
        raise NotKnown
    modules = [value for name, value in held.attrs.items() if name != "training"]
    if all(isinstance(m, Instance) and isinstance(m.cls, Lib) for m in modules):
        modules = modules[:1] if c.work is None else modules
    elif "*" in held.attrs:
        raise NotKnown
    if c.work is not None and c.store.value(self.attrs["num_layers"]) != len(modules):
        c.work.append(UNKNOWN_WORK)
    for module in modules:
        x = c.tensor(run(c, module, (x, *more), kwargs))
    norm = c.child(self, "norm")
    return x if norm is None else c.tensor(run(c, norm, (x,)))


@layer(
    "torch.nn.TransformerEncoder",
    "encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True",
    setup=_stack_setup,
)
def _encoder(
    c: Call,
    self: Instance,
    src: Tensor,
    mask: object = None,
    src_key_padding_mask: object = None,
    is_causal: object = None,
) -> Tensor:
    options = {
        "src_mask": mask,
        "is_causal": False if is_causal is None else is_causal,
        "src_key_padding_mask": src_key_padding_mask,
    }
    return _stacked(c, self, src, (), options)


@layer("torch.nn.TransformerDecoder", "decoder_layer, num_layers, norm=None", setup=_stack_setup)
def _decoder(
    c: Call,
    self: Instance,
    tgt: Tensor,
    memory: Tensor,
    tgt_mask: object = None,
    memory_mask: object = None,
    tgt_key_padding_mask: object = None,
    memory_key_padding_mask: object = None,
    tgt_is_causal: object = None,
    memory_is_causal: object = False,
) -> Tensor:
    options = {
        "tgt_mask": tgt_mask,
        "memory_mask": memory_mask,
        "tgt_key_padding_mask": tgt_key_padding_mask,
        "memory_key_padding_mask": memory_key_padding_mask,
        "tgt_is_causal": False if tgt_is_causal is None else tgt_is_causal,
        "memory_is_causal": memory_is_causal,
    }
    return _stacked(c, self, tgt, (memory,), options)


def _transformer_setup(c: Call, self: Instance) -> None:
    a = self.attrs
    whole_numbers(c, self, "d_model", "nhead")
    _split(c, a["d_model"], a["nhead"], "d_model", "nhead")
    options = {name: a[name] for name in ("bias", "device", "dtype")}
    norm = {"eps": a["layer_norm_eps"], **options}
    settings = [a[n] for n in ("dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first")]
    for kind, number in (("encoder", a["num_encoder_layers"]), ("decoder", a["num_decoder_layers"])):
        given = a.pop(f"custom_{kind}")
        if given is None:
            title = kind.capitalize()
            one = made(
                c,
                f"torch.nn.Transformer{title}Layer",
                a["d_model"],
                a["nhead"],
                *settings,
                norm_first=a["norm_first"],
                **options,
            )
            given = made(
                c, f"torch.nn.Transformer{title}", one, number, made(c, "torch.nn.LayerNorm", a["d_model"], **norm)
            )
        a[kind] = given


@layer(
    "torch.nn.Transformer",
    "d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, "
    "activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-5, batch_first=False, "
    "norm_first=False, bias=True, device=None, dtype=None",
    setup=_transformer_setup,
)
def _transformer(
    c: Call,
    self: Instance,
    src: Tensor,
    tgt: Tensor,
    src_mask: object = None,
    tgt_mask: object = None,
    memory_mask: object = None,
    src_key_padding_mask: object = None,
    tgt_key_padding_mask: object = None,
    memory_key_padding_mask: object = None,
    src_is_causal: object = None,
    tgt_is_causal: object = None,
    memory_is_causal: object = False,
) -> Tensor:
    batch_first, size = self.attrs["batch_first"], c.dim(self.attrs["d_model"])
    if unclear(batch_first):
        raise NotKnown
    dims = []
    for tensor, length in ((src, "S"), (tgt, "T")):
        known = c.dims(tensor, ("B", length, "E") if batch_first else (length, "B", "E"))
        if len(known) not in (2, 3):
            wanted = f"(B, {length}, E)" if batch_first else f"({length}, B, E)"
            c.fail("rank-mismatch", f"{c.name} expects {wanted} or ({length}, E), got {c.text(tensor)}", tensor)
        features(c, tensor, known[-1], size, None, "d_model")
        dims.append(known)
    b = 0 if batch_first else 1
    if len(dims[0]) != len(dims[1]):
        c.fail("rank-mismatch", f"{c.name}: src {c.text(src)} and tgt {c.text(tgt)} must have the same rank", src, tgt)
    if len(dims[0]) == 3 and differ(c, dims[0][b], dims[1][b]):
        c.fail(
            "batch-mismatch",
            f"{c.name} (batch_first={bool(batch_first)}): src {c.text(src)} and tgt {c.text(tgt)} must have the same "
            f"batch dim {b}",
            src,
            tgt,
        )
    memory = run(
        c,
        c.child(self, "encoder"),
        (src,),
        {"mask": src_mask, "src_key_padding_mask": src_key_padding_mask, "is_causal": src_is_causal},
    )
    options = {
        "tgt_mask": tgt_mask,
        "memory_mask": memory_mask,
        "tgt_key_padding_mask": tgt_key_padding_mask,
        "memory_key_padding_mask": memory_key_padding_mask,
        "tgt_is_causal": tgt_is_causal,
        "memory_is_causal": memory_is_causal,
    }
    return c.tensor(run(c, c.child(self, "decoder"), (tgt, memory), options))


@rule("torch.nn.Transformer.generate_square_subsequent_mask")
def _causal_mask(c: Call, sz: object, device: object = None, dtype: object = None) -> Tensor:
    if isinstance(sz, Instance):  # a method of the instance: the receiver comes first
        sz, dtype = device, None
    size = c.dim(sz)
    return Tensor((size, size), c.dtype(dtype, c.floating))
