"""How many multiply-adds a call stands for. The convention is that of rules/work.py.

    convolution   weight numel · batch · output positions      (each output is a sum over C/groups · kernel products)
    transposed    weight numel · batch · input positions       (each input is multiplied with O/groups · kernel weights)
    linear        weight numel · rows                          product of matrices    output numel · inner size
    attention     batch · heads · L · S · (E + Ev)             recurrent              matrix numels · batch · steps

Source: `conv_flop_count`, `bmm_flop` and `sdpa_flop_count` in torch/utils/flop_counter.py, halved; the equations on the
pages of torch.nn.LSTM, GRU and RNN. Biases count 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.einsum import einsum_multiply_adds
from shapelens.rules.work import formula
from shapelens.values import Instance, Tensor


def _dims(c: Call, value: object) -> tuple[Dim, ...]:
    value = c.store.value(value)
    if not isinstance(value, Tensor):
        raise NotKnown
    shape = c.store.shape(value.shape)
    if not isinstance(shape, tuple):
        raise NotKnown
    return shape


def _weight(c: Call, layer: Instance, name: str = "weight") -> tuple[Dim, ...]:
    return _dims(c, layer.attrs.get(name))


# -- convolutions ----------------------------------------------------------------------------------------------------


def _positions(dims: Sequence[Dim], n: int) -> Dim:
    """Batch times spatial positions of (B, C, *spatial) or (C, *spatial)."""
    return product(dims[: -n - 1]) * product(dims[-n:])


def _convolved(c: Call, dims: Sequence[Dim], weight: Sequence[Dim]) -> Dim:
    return product(weight) * _positions(dims, len(weight) - 2)


@formula(*(f"{module}.conv{n}d" for n in (1, 2, 3) for module in ("torch", "torch.nn.functional")))
def conv(c: Call, result: object, input: object, weight: object, *_: object) -> Dim:
    """Of a convolution by the function."""
    return _convolved(c, _dims(c, result), _dims(c, weight))


@formula(*(f"{module}.conv_transpose{n}d" for n in (1, 2, 3) for module in ("torch", "torch.nn.functional")))
def conv_transpose(c: Call, result: object, input: object, weight: object, *_: object) -> Dim:
    """Of a transposed convolution by the function."""
    return _convolved(c, _dims(c, input), _dims(c, weight))


@formula(*(f"torch.nn.{lazy}Conv{n}d" for n in (1, 2, 3) for lazy in ("", "Lazy")))
def conv_layer(c: Call, result: object, self: Instance, input: object) -> Dim:
    """Of a convolution."""
    return _convolved(c, _dims(c, result), _weight(c, self))


@formula(*(f"torch.nn.{lazy}ConvTranspose{n}d" for n in (1, 2, 3) for lazy in ("", "Lazy")))
def conv_transpose_layer(c: Call, result: object, self: Instance, input: object, output_size: object = None) -> Dim:
    """Of a transposed convolution."""
    return _convolved(c, _dims(c, input), _weight(c, self))


@formula("torch.conv_tbc", "torch.nn.functional.conv_tbc")
def conv_tbc(c: Call, result: object, input: object, weight: object, *_: object) -> Dim:
    """(T, B, O) with a weight (K, C, O)."""
    return product(_dims(c, result)[:2]) * product(_dims(c, weight))


# -- linear ----------------------------------------------------------------------------------------------------------


@formula("torch.nn.functional.linear")
def linear(c: Call, result: object, input: object, weight: object, *_: object) -> Dim:
    """Of x Wᵀ by the function."""
    return product(_dims(c, result)) * _dims(c, weight)[-1]


@formula("torch.nn.Linear", "torch.nn.LazyLinear", "torch.nn.modules.linear.NonDynamicallyQuantizableLinear")
def linear_layer(c: Call, result: object, self: Instance, input: object) -> Dim:
    """Of x Wᵀ."""
    return product(_dims(c, result)) * _weight(c, self)[-1]


@formula("torch.nn.functional.bilinear", "torch.bilinear")
def bilinear(c: Call, result: object, input1: object, input2: object, weight: object, *_: object) -> Dim:
    """Of x₁ᵀ A x₂ for each output: the weight once for each row."""
    return product(_dims(c, result)[:-1]) * product(_dims(c, weight))


@formula("torch.nn.Bilinear")
def bilinear_layer(c: Call, result: object, self: Instance, *_: object) -> Dim:
    """As the function."""
    return product(_dims(c, result)[:-1]) * product(_weight(c, self))


# -- products of matrices --------------------------------------------------------------------------------------------


@formula(
    *(f"torch.{t}{name}" for name in ("matmul", "mm", "bmm", "mv", "dot", "vdot", "inner") for t in ("", "Tensor.")),
    "torch.Tensor.__matmul__", "torch.linalg.matmul",
)  # fmt: skip
def matmul(c: Call, result: object, input: object, other: object) -> Dim:
    """Each output is a sum over the last dim of the first operand."""
    left = _dims(c, input)
    return product(_dims(c, result)) * left[-1] if left else 0


@formula(*(f"torch.{t}{name}" for name in ("addmm", "addmv", "baddbmm") for t in ("", "Tensor.")))
def added(c: Call, result: object, input: object, first: object, second: object, *_: object) -> Dim:
    """The product alone."""
    return product(_dims(c, result)) * _dims(c, first)[-1]


@formula("torch.addbmm", "torch.Tensor.addbmm")
def addbmm(c: Call, result: object, input: object, batch1: object, batch2: object, *_: object) -> Dim:
    """All products of the batch, which are then summed."""
    return product(_dims(c, batch1)) * _dims(c, batch2)[-1]


@formula("torch.chain_matmul", "torch.linalg.multi_dot")
def chain(c: Call, result: object, *tensors: Any) -> Dim:
    """Of two matrices; with more it depends on the order that torch finds."""
    listed = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    if len(listed) != 2:
        raise NotKnown
    return product(_dims(c, result)) * _dims(c, listed[0])[-1]


@formula("torch.tensordot")
def tensordot(c: Call, result: object, a: object, b: object, dims: object = 2) -> Dim:
    """Each output is a sum over the paired dims."""
    left = _dims(c, a)
    if isinstance(dims, int):
        paired: Sequence[Any] = range(len(left) - dims, len(left))
    elif isinstance(dims, (tuple, list)) and len(dims) == 2 and isinstance(dims[0], (tuple, list)):
        paired = dims[0]
    else:
        raise NotKnown
    return product(_dims(c, result)) * product([left[i] for i in paired])


@formula("torch.einsum")
def einsum(c: Call, result: object, equation: object, *operands: Any) -> Dim:
    """See `einsum_multiply_adds`."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else operands
    if not isinstance(equation, str):
        raise NotKnown
    return einsum_multiply_adds(c, equation, c.tensors(given))


# -- attention -------------------------------------------------------------------------------------------------------


@formula("torch.nn.functional.scaled_dot_product_attention")
def attention(c: Call, result: object, query: object, key: object, value: object, *_: object) -> Dim:
    """Scores and weighted sums: (*, L, E), (*, S, E), (*, S, Ev). A causal mask saves nothing in this count."""
    q, out = _dims(c, query), _dims(c, result)
    return product(out[:-1]) * _dims(c, key)[-2] * (q[-1] + out[-1])


@formula("torch.nn.MultiheadAttention")
def multihead(c: Call, result: object, self: Instance, query: object, key: object, value: object, *_: object) -> Dim:
    """The projections of query, key, value and output, and the attention of all heads together."""
    a, out = self.attrs, result[0] if isinstance(result, tuple) and result else None
    size, kdim, vdim = (c.dim(a[name]) for name in ("embed_dim", "kdim", "vdim"))
    q, k = product(_dims(c, out)[:-1]), product(_dims(c, key)[:-1])
    if (
        isinstance(a["add_bias_kv"], bool)
        and isinstance(a["add_zero_attn"], bool)
        and isinstance(a["batch_first"], bool)
    ):
        extra = a["add_bias_kv"] + a["add_zero_attn"]
    else:
        raise NotKnown
    keys = _dims(c, key)
    source = keys[1 if a["batch_first"] and len(keys) == 3 else 0] + extra
    return 2 * q * size * size + k * size * (kdim + vdim) + 2 * q * source * size


# -- recurrent -------------------------------------------------------------------------------------------------------


def _matrices(c: Call, layer: Instance) -> Dim:
    """The numbers in all weights of a recurrent layer, of all layers and directions."""
    return sum([product(_dims(c, w)) for name, w in layer.attrs.items() if name.startswith("weight_")], start=0)


@formula("torch.nn.RNN", "torch.nn.GRU", "torch.nn.LSTM")
def recurrent(c: Call, result: object, self: Instance, input: object, hx: object = None) -> Dim:
    """Every matrix once for each step of each sequence: (T, B, input_size), or packed (N, input_size)."""
    layers = c.store.value(self.attrs["num_layers"])
    if not isinstance(layers, int) or not isinstance(self.attrs["bidirectional"], (bool, int)):
        raise NotKnown
    value = c.store.value(input)
    data = value.attrs.get("data") if isinstance(value, Instance) else value
    return product(_dims(c, data)[:-1]) * _matrices(c, self)


@formula("torch.nn.RNNCell", "torch.nn.GRUCell", "torch.nn.LSTMCell")
def cell(c: Call, result: object, self: Instance, input: object, hx: object = None) -> Dim:
    """One step: (B, input_size) or (input_size,)."""
    return product(_dims(c, input)[:-1]) * _matrices(c, self)
