"""keras.layers: attention.

MultiHeadAttention, GroupQueryAttention   query (B, *T, D), value (B, *S, E)  ->  (B, *T, D or output_shape)
Attention, AdditiveAttention              [query (B, T, D), value (B, S, E), key (B, S, D)]  ->  (B, T, E)
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted, symbolic
from shapelens.rules.keras.layer import compute_dtype, keras_layer, refuse, weight
from shapelens.rules.keras.options import flag
from shapelens.values import Instance, List, Tensor

_INITIAL = (
    "kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, "
    "activity_regularizer=None, kernel_constraint=None, bias_constraint=None, seed=None"
)


def _output_dims(c: Call, self: Instance, query: tuple[Dim, ...]) -> tuple[Dim, ...]:
    asked = c.store.value(self.attrs.get("output_shape"))
    if asked is None:
        return (query[-1],)
    return c.ints(asked) if isinstance(asked, (tuple, list)) else (c.dim(asked),)


def _source(c: Call, query: Tensor, value: Tensor, key: Tensor | None) -> tuple[tuple[Dim, ...], ...]:
    """The dims of query, value and key; fails where value and key do not go together."""
    ours, theirs = c.dims(query, ("B", "T", "D")), c.dims(value, ("B", "S", "D"))
    keys = theirs if key is None else c.dims(key, ("B", "S", "D"))
    if len(theirs) != len(keys) or any(c.equate(a, b) is False for a, b in zip(theirs[1:-1], keys[1:-1])):
        assert key is not None
        c.fail(
            "shape-mismatch",
            f"{c.name}: value and key need the same axes but for the last, got {c.text(value)} and {c.text(key)}",
            value,
            key,
        )
    return ours, theirs, keys


@keras_layer(
    "MultiHeadAttention",
    "num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, "
    f"sliding_window=None, flash_attention=None, {_INITIAL}, use_gate=False",
)
def multi_head_attention(
    c: Call,
    self: Instance,
    query: Tensor,
    value: Tensor,
    key: Tensor = None,  # type: ignore[assignment]
    query_mask: object = None,
    value_mask: object = None,
    key_mask: object = None,
    attention_mask: object = None,
    return_attention_scores: object = False,
    training: object = None,
    use_causal_mask: object = False,
) -> object:
    """Query (B, *T, D) and value (B, *S, E) to (B, *T, D), or the output shape asked for in place of D; and the scores."""
    ours, theirs, keys = _source(c, query, value, key)
    rank = len(ours)
    if rank != len(theirs):
        raise NotKnown
    heads, size = c.dim(self.attrs["num_heads"]), c.dim(self.attrs["key_dim"])
    asked = c.store.value(self.attrs["value_dim"])
    width = size if asked is None or asked == 0 else c.dim(asked)
    output = _output_dims(c, self, ours)
    is_biased = flag(c, self, "use_bias")
    for name, features, each in (("query", ours[-1], size), ("key", keys[-1], size), ("value", theirs[-1], width)):
        _hold_features(c, self, name, features)
        weight(c, self, f"{name}_kernel", (features, heads, each))
        if is_biased:
            weight(c, self, f"{name}_bias", (heads, each))
    weight(c, self, "output_kernel", (heads, width, *output))
    if is_biased:
        weight(c, self, "output_bias", output)
    if c.store.value(self.attrs.get("use_gate")) not in (None, False):
        raise NotKnown
    _batches(c, self, query, value, ours[0], theirs[0])
    if rank == 3 and not symbolic((query, value)):
        _hold_mask(c, attention_mask, (ours[0], heads, ours[1], theirs[1]))
    dtype = compute_dtype(c, self)
    result = Tensor((*ours[:-1], *output), dtype)
    wanted = c.store.value(return_attention_scores)
    if wanted is False or wanted is None:
        return result
    if wanted is not True:
        raise NotKnown
    if symbolic((query, value)):  # what Keras says of a model that is built: the steps of the query, twice
        return result, Tensor((ours[0], heads, ours[1], ours[1]), dtype)
    axes = c.store.value(self.attrs["attention_axes"])
    found = tuple(range(1, rank - 1)) if axes is None else c.known_ints(axes)
    found = tuple([a % rank for a in found])
    kept = [ours[i] for i in range(rank - 1) if i not in found]
    scores = (*kept, heads, *(ours[i] for i in found), *(theirs[i] for i in found))
    return result, Tensor(scores, dtype)


def _hold_mask(c: Call, mask: object, scores: tuple[Dim, ...]) -> None:
    """Fail where an attention mask, (B?, T, S), does not broadcast to the scores, (B, heads, T, S)."""
    given = c.store.value(mask)
    shape = c.shape(given) if isinstance(given, Tensor) else None
    if not isinstance(given, Tensor) or not isinstance(shape, tuple) or len(shape) not in (2, 3):
        return
    wanted = (scores[0], *scores[2:])[-len(shape) :]
    if any(equal(size, 1) is False and equal(size, asked) is False for size, asked in zip(shape, wanted)):
        c.fail(
            "mask-mismatch",
            f"{c.name}: an attention_mask of {c.text(given)} does not fit the scores, {c.text(wanted)}: batch, steps of the "
            "query, steps of the value",
            given,
        )


def _batches(c: Call, self: Instance, query: Tensor, value: Tensor, first: Dim, second: Dim) -> None:
    if isinstance(first, int) and isinstance(second, int) and first != second:
        if not symbolic((query, value)):
            c.conflict = first, second
        refuse(c, self, "batch-mismatch", f"{c.name}: query {c.text(query)} and value {c.text(value)}", query, value)


def _hold_features(c: Call, self: Instance, name: str, size: Dim) -> None:
    known = self.attrs.get(f"{name}_kernel")
    if isinstance(known, Tensor):
        had = c.dims(known)[0]
        if c.equate(had, size) is False:
            c.fail(
                "feature-mismatch",
                f"{c.name} was built for a {name} of {c.dim_text(had)} features, got {c.dim_text(size)}",
            )


@keras_layer(
    "GroupQueryAttention",
    "head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, flash_attention=None, "
    f"{_INITIAL}, use_gate=False",
)
def group_query_attention(
    c: Call,
    self: Instance,
    query: Tensor,
    value: Tensor,
    key: Tensor = None,  # type: ignore[assignment]
    query_mask: object = None,
    value_mask: object = None,
    key_mask: object = None,
    attention_mask: object = None,
    return_attention_scores: object = False,
    training: object = None,
    use_causal_mask: object = False,
) -> object:
    """Query (B, T, D) and value (B, S, E) to (B, T, D); and the scores (B, heads, T, S)."""
    ours, theirs, keys = _source(c, query, value, key)
    if len(ours) != 3 or len(theirs) != 3:
        raise NotKnown
    size, heads = c.dim(self.attrs["head_dim"]), c.dim(self.attrs["num_query_heads"])
    few = c.dim(self.attrs["num_key_value_heads"])
    is_biased = flag(c, self, "use_bias")
    for name, features, count in (("query", ours[-1], heads), ("key", keys[-1], few), ("value", theirs[-1], few)):
        weight(c, self, f"{name}_kernel", (features, count, size))
        if is_biased:
            weight(c, self, f"{name}_bias", (count, size))
    weight(c, self, "output_kernel", (heads, size, ours[-1]))
    if is_biased:
        weight(c, self, "output_bias", (ours[-1],))
    if c.store.value(self.attrs.get("use_gate")) not in (None, False):
        raise NotKnown
    dtype = compute_dtype(c, self)
    result, wanted = Tensor(ours, dtype), c.store.value(return_attention_scores)
    if wanted in (False, None):
        return result
    if wanted is not True:
        raise NotKnown
    return result, Tensor((ours[0], heads, ours[1], theirs[1]), dtype)


# -- dot-product and additive attention ------------------------------------------------------------------------------


def _attention(c: Call, self: Instance, inputs: Any, scores: Any, name: str) -> Any:
    given = c.store.value(inputs)
    if not isinstance(given, (list, tuple)) or isinstance(given, List) and given.rest is not None:
        if isinstance(given, Tensor):
            c.fail("call-arguments", f"{name} takes a list: [query, value] or [query, value, key]", given)
        raise NotKnown
    if len(given) not in (2, 3):
        c.fail(
            "call-arguments", f"{name} takes 2 or 3 inputs ([query, value] or [query, value, key]), got {len(given)}"
        )
    tensors = [converted(c, each) for each in given]
    query, value = tensors[0], tensors[1]
    key = tensors[2] if len(tensors) == 3 else value
    ours, theirs, keys = (c.dims(t, ("B", "T", "D")) for t in (query, value, key))
    if not len(ours) == len(theirs) == len(keys) == 3:
        raise NotKnown
    if c.equate(ours[2], keys[2]) is False and name == "Attention":
        refuse(
            c,
            self,
            "matmul-mismatch",
            f"{name}: query {c.text(query)} and key {c.text(key)} need the same last size, "
            f"got {c.dim_text(ours[2])} and {c.dim_text(keys[2])}",
            query,
            key,
        )
    if c.equate(keys[1], theirs[1]) is False:
        refuse(
            c,
            self,
            "matmul-mismatch",
            f"{name}: key {c.text(key)} and value {c.text(value)} need the same number of steps",
            key,
            value,
        )
    dtype = compute_dtype(c, self)
    result, wanted = Tensor((ours[0], ours[1], theirs[2]), dtype), c.store.value(scores)
    if wanted in (False, None):
        return result
    if wanted is not True:
        raise NotKnown
    return result, Tensor((ours[0], ours[1], keys[1]), dtype)


@keras_layer("Attention", "use_scale=False, score_mode='dot', dropout=0.0, seed=None")
def attention(
    c: Call,
    self: Instance,
    inputs: object,
    mask: object = None,
    training: object = False,
    return_attention_scores: object = False,
    use_causal_mask: object = False,
) -> object:
    """[query (B, T, D), value (B, S, E), key (B, S, D)] to (B, T, E); and the scores (B, T, S)."""
    if flag(c, self, "use_scale"):
        weight(c, self, "scale", ())
    if c.store.value(self.attrs.get("score_mode")) == "concat":
        weight(c, self, "concat_score_weight", ())
    return _attention(c, self, inputs, return_attention_scores, "Attention")


@keras_layer("AdditiveAttention", "use_scale=True, dropout=0.0")
def additive_attention(
    c: Call,
    self: Instance,
    inputs: object,
    mask: object = None,
    training: object = False,
    return_attention_scores: object = False,
    use_causal_mask: object = False,
) -> object:
    """As Attention; query and key are added, not multiplied."""
    result = _attention(c, self, inputs, return_attention_scores, "AdditiveAttention")
    given = c.store.value(inputs)
    if flag(c, self, "use_scale"):
        weight(c, self, "scale", (c.dims(converted(c, given[0]))[-1],))
    return result
