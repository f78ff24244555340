"""torch.nn's embeddings and their functional forms.

embedding       (*), weight (N, D)                            -> (*, D)
embedding_bag   (B, L), or (L,) with offsets (B,), weight (N, D)  -> (B, D)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapelens.dims import Dim
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.drawn import needed as needed_rows
from shapelens.rules.drawn import outside
from shapelens.rules.registry import layer, make_layer, rule
from shapelens.rules.torch.linear import append, needed, unclear, whole_numbers
from shapelens.rules.torch.spatial import differ, is_empty
from shapelens.values import Instance, Lib, Tensor, Unknown
from shapelens.values.dtypes import FLOATS, NAMES, promote

_INDICES = ("int64", "int32")
_WRONG = frozenset(NAMES) - frozenset(_INDICES)


def indices(c: Call, input: Tensor, what: str = "indices") -> None:
    """Fails where what should be indices has another dtype than int64 or int32."""
    if input.dtype in _WRONG:
        c.fail("dtype-mismatch", f"{c.name} needs {what} of int64 or int32, got {input.dtype}", input)


def index_tensor(c: Call, value: object) -> Tensor:
    """The value as a tensor; an open parameter is taught to be one of int64."""
    if type(value) is Tensor:
        return value
    value = c.store.value(value)
    return c.store.open_tensor(value, "int64") if type(value) is Unknown else c.tensor(value)


def table(c: Call, weight: Tensor, padding_idx: object = None) -> tuple[Dim, ...]:
    """The (N, D) of an embedding's weight; fails where the padding index is not one of its rows."""
    dims = c.dims(weight, ("N", "D"))
    if len(dims) != 2:
        c.fail("rank-mismatch", f"{c.name} needs a weight of (N, D), got {c.text(weight)}", weight)
    if isinstance(padding_idx, int) and isinstance(dims[0], int) and not -dims[0] <= padding_idx < dims[0]:
        c.fail("argument-value", f"{c.name}: padding_idx {padding_idx} is not a row of {c.text(weight)}", weight)
    return dims


@rule("torch.nn.functional.embedding")
def _functional_embedding(
    c: Call,
    input: object,
    weight: Tensor,
    padding_idx: object = None,
    max_norm: object = None,
    norm_type: object = 2.0,
    scale_grad_by_freq: object = False,
    sparse: object = False,
) -> Tensor:
    return embedding(c, index_tensor(c, input), weight, padding_idx)


@rule("torch.embedding")
def _torch_embedding(
    c: Call,
    weight: Tensor,
    indices: Tensor,
    padding_idx: object = -1,
    scale_grad_by_freq: object = False,
    sparse: object = False,
) -> Tensor:
    return embedding(c, indices, weight)


def embedding(c: Call, input: Tensor, weight: Tensor, padding_idx: object = None) -> Tensor:
    """Indices (*) into a weight (N, D) give (*, D)."""
    filters = table(c, weight, padding_idx)
    indices(c, input)
    _in_range(c, input, filters[0])
    return Tensor(append(c.shape(input), filters[1]), weight.dtype, device=input.device)


def _in_range(c: Call, input: Tensor, rows: Dim, what: str = "rows") -> None:
    """Fails where an index is not one of the rows."""
    wrong = outside(c, input, rows) if isinstance(rows, int) else ""
    if wrong:
        c.conflict = rows, needed_rows(input)
        c.fail("index-out-of-range", f"{c.name}: {wrong}: there are {rows} {what}, 0 to {rows - 1}", input)


@rule("torch.nn.functional.embedding_bag")
def embedding_bag(
    c: Call,
    input: Tensor,
    weight: Tensor,
    offsets: object = None,
    max_norm: object = None,
    norm_type: object = 2,
    scale_grad_by_freq: object = False,
    mode: object = "mean",
    sparse: object = False,
    per_sample_weights: object = None,
    include_last_offset: object = False,
    padding_idx: object = None,
) -> Tensor:
    """Indices (B, L), or (L,) with offsets (B,), into a weight (N, D) give (B, D)."""
    if weight.dtype == "int64" and input.dtype in FLOATS:
        input, weight = weight, input  # the order of old, which torch still takes with a warning
    filters = table(c, weight, padding_idx)
    shape = c.shape(input)
    if not isinstance(shape, tuple):
        raise NotKnown
    if len(shape) not in (1, 2):
        c.fail("rank-mismatch", f"{c.name} expects indices of (B, L) or (L,), got {c.text(input)}", input)
    offsets = c.store.value(offsets)
    bags: Dim
    if len(shape) == 2:
        if isinstance(offsets, Tensor):
            c.fail("argument-value", f"{c.name}: offsets go with indices of (L,), not with {c.text(input)}", input)
        indices(c, input)
        bags = shape[0]
    else:
        bags = _bags(c, input, offsets, include_last_offset)
    weights = c.store.value(per_sample_weights)
    if isinstance(weights, Tensor):
        _sample_weights(c, input, shape, weight, weights, mode)
    return Tensor((bags, filters[1]), weight.dtype, device=input.device)


def _bags(c: Call, input: Tensor, offsets: object, include_last_offset: object) -> Dim:
    """How many bags the offsets make of indices (L,)."""
    if offsets is None:
        c.fail("argument-value", f"{c.name}: indices of {c.text(input)} need offsets: one start for each bag", input)
    starts = c.tensor(offsets)
    dims = c.dims(starts, ("B",))
    if len(dims) != 1:
        c.fail("rank-mismatch", f"{c.name} expects offsets of (B,), got {c.text(starts)}", starts)
    if input.dtype is not None:  # torch brings both to their common dtype first
        common = promote(input.dtype, starts.dtype)
        indices(c, Tensor(input.shape, common, origin=input.origin), "indices and offsets")
    if unclear(include_last_offset):
        raise NotKnown
    if not include_last_offset:
        return dims[0]
    if dims[0] == 0:
        c.fail("argument-value", f"{c.name}: include_last_offset needs at least one offset", starts)
    return dims[0] - 1


def _sample_weights(
    c: Call, input: Tensor, shape: tuple[Dim, ...], weight: Tensor, weights: Tensor, mode: object
) -> None:
    if isinstance(mode, str) and mode != "sum":
        c.fail("argument-value", f"{c.name}: per_sample_weights go with mode='sum' only, not with {mode!r}", weights)
    given = c.shape(weights)
    if isinstance(given, tuple) and (len(given) != len(shape) or any(differ(c, a, b) for a, b in zip(given, shape))):
        c.fail(
            "shape-mismatch",
            f"{c.name} expects per_sample_weights of {c.text(input)} like the indices, got {c.text(weights)}",
            weights,
            input,
        )
    if weight.dtype and weights.dtype and weight.dtype != weights.dtype and not c.autocast:
        c.fail("dtype-mismatch", f"{c.name}: per_sample_weights are {weights.dtype}, weight is {weight.dtype}", weights)


@rule("torch.nn.functional.one_hot")
def one_hot(c: Call, tensor: object, num_classes: object = -1) -> Tensor:
    """Indices (*) -> (*, num_classes); without num_classes the last dim depends on the values."""
    input = index_tensor(c, tensor)
    if input.dtype not in (None, "int64"):
        c.fail("dtype-mismatch", f"{c.name} needs int64, got {input.dtype}", input)
    size: Dim = c.fresh("C") if num_classes == -1 else c.dim(num_classes)
    if isinstance(size, int) and size < 1 and not is_empty(c, input):
        c.fail("argument-value", f"{c.name}: num_classes must be at least 1 or -1, got {size}")
    if num_classes != -1:
        _in_range(c, input, size, "classes")
    return Tensor(append(c.shape(input), size), "int64", device=input.device)


# -- layers --------------------------------------------------------------------------------------------------------


def _setup(c: Call, self: Instance) -> None:
    a = self.attrs
    whole_numbers(c, self, "num_embeddings", "embedding_dim")
    rows, padding = a["num_embeddings"], a["padding_idx"]
    if isinstance(padding, int) and isinstance(rows, int):
        if not -rows <= padding < rows:
            c.fail("argument-value", f"{c.name}: padding_idx {padding} is not one of the {rows} embeddings")
        a["padding_idx"] = padding % rows
    given = c.store.value(a["_weight"])
    if isinstance(given, Tensor):
        shape, wanted = c.shape(given), (rows, a["embedding_dim"])
        if isinstance(shape, tuple) and (len(shape) != 2 or any(differ(c, x, y) for x, y in zip(shape, wanted))):
            c.fail("embedding-mismatch", f"{c.name}: _weight must be {c.text(wanted)}, got {c.text(given)}", given)


def _weights(c: Call, self: Instance) -> dict[str, Any]:
    return {"weight": (self.attrs["num_embeddings"], self.attrs["embedding_dim"])}


@layer(
    "torch.nn.Embedding",
    "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, "
    "sparse=False, _weight=None, _freeze=False, device=None, dtype=None",
    parameters=_weights,
    setup=_setup,
)
def _embedding_forward(c: Call, self: Instance, input: object) -> Tensor:
    weight, input = needed(c, "weight"), index_tensor(c, input)
    if type(input.shape) is tuple and input.dtype in _INDICES and type(weight.shape) is tuple:
        _in_range(c, input, weight.shape[0])
        return Tensor((*input.shape, weight.shape[-1]), weight.dtype, device=input.device)
    return embedding(c, input, weight)


@layer(
    "torch.nn.EmbeddingBag",
    "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', "
    "sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None",
    parameters=_weights,
    setup=_setup,
)
def _bag_forward(
    c: Call, self: Instance, input: Tensor, offsets: object = None, per_sample_weights: object = None
) -> Tensor:
    a = self.attrs
    return embedding_bag(
        c,
        input,
        needed(c, "weight"),
        offsets,
        mode=a["mode"],
        per_sample_weights=per_sample_weights,
        include_last_offset=a["include_last_offset"],
    )


def _pretrained(c: Call, path: str, embeddings: Tensor, freeze: object, options: Mapping[str, Any]) -> Instance:
    """A layer whose weight is the tensor given: the classmethod `from_pretrained`."""
    rows, size = table(c, embeddings)
    made = Instance(Lib(path))
    if not make_layer(c, path, made, (rows, size), options):
        raise NotKnown
    weight = Tensor(embeddings.shape, embeddings.dtype, device=embeddings.device, parameter=True)
    weight.frozen = freeze if isinstance(freeze, bool) else None
    made.attrs["weight"] = weight
    return made


@rule("torch.nn.Embedding.from_pretrained")
def _embedding_from_pretrained(
    c: Call,
    embeddings: Tensor,
    freeze: object = True,
    padding_idx: object = None,
    max_norm: object = None,
    norm_type: object = 2.0,
    scale_grad_by_freq: object = False,
    sparse: object = False,
) -> object:
    options = {"padding_idx": padding_idx, "max_norm": max_norm}
    return _pretrained(c, "torch.nn.Embedding", embeddings, freeze, options)


@rule("torch.nn.EmbeddingBag.from_pretrained")
def _bag_from_pretrained(
    c: Call,
    embeddings: Tensor,
    freeze: object = True,
    max_norm: object = None,
    norm_type: object = 2.0,
    scale_grad_by_freq: object = False,
    mode: object = "mean",
    sparse: object = False,
    include_last_offset: object = False,
    padding_idx: object = None,
) -> object:
    options = {"mode": mode, "include_last_offset": include_last_offset, "padding_idx": padding_idx}
    return _pretrained(c, "torch.nn.EmbeddingBag", embeddings, freeze, options)
