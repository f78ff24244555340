"""keras.layers: Dense and the other basic layers.

Dense                (*batch, in)  ->  (*batch, units); its kernel (in, units) is made by the first input
EinsumDense          "abc,cd->abd": as einsum with a kernel
Embedding            (*batch)      ->  (*batch, output_dim)
ReversibleEmbedding  reversed: (*batch, output_dim) -> (*batch, input_dim)
Lambda               what its function gives
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import is_symbolic
from shapelens.rules.keras.activations import activated
from shapelens.rules.keras.layer import (
    built,
    check_rank,
    compute_dtype,
    floating,
    keras_layer,
    output_dtype,
    weight,
)
from shapelens.rules.keras.options import dim_of, flag
from shapelens.rules.work import formula
from shapelens.values import Dict, Function, Instance, List, Open, Tensor, Unknown

_WEIGHTS = (
    "kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, "
)
_LORA = "lora_rank=None, lora_alpha=None"


def _check_int(c: Call, self: Instance, *arguments: str) -> None:
    """Fail where an argument is certainly no int above 0."""
    for argument in arguments:
        value = c.store.value(self.attrs.get(argument))
        if isinstance(value, (float, str, type(None), tuple, list)) or isinstance(value, int) and value <= 0:
            c.fail("argument-value", f"{c.name}: {argument} must be an int above 0, got {value!r}")


# -- Dense ---------------------------------------------------------------------------------------------------------


def _check_units(c: Call, self: Instance) -> None:
    _check_int(c, self, "units")


@keras_layer(
    "Dense",
    f"units, activation=None, use_bias=True, {_WEIGHTS}activity_regularizer=None, kernel_constraint=None, "
    f"bias_constraint=None, {_LORA}, quantization_config=None",
    min_ndim=2,
    setup=_check_units,
)
def dense(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(*batch, in) to (*batch, units)."""
    units = dim_of(c, self, "units")
    shape = c.shape(inputs)
    dtype = floating(c, self, inputs)
    activation = self.attrs.get("activation")
    if isinstance(shape, Open):
        shape = c.at_least(shape, 1, 1)
        known = c.store.value(self.attrs.get("_built-1"))
        if isinstance(known, (int, Expr)) and c.equate(known, shape.suffix[-1]) is False:
            raise NotKnown
        return activated(c, activation, Tensor(Open(shape.prefix, shape.var, (*shape.suffix[:-1], units)), dtype))
    features = built(c, self, inputs)
    weight(c, self, "kernel", (features, units))
    if flag(c, self, "use_bias"):
        weight(c, self, "bias", (units,))
    return activated(c, activation, Tensor((*c.dims(inputs)[:-1], units), dtype))


@formula("keras.layers.Dense")
def dense_layer(c: Call, result: object, self: Instance, inputs: object, *_: object) -> Dim:
    """The kernel once for each row."""
    return product(_dims(c, self.attrs.get("kernel"))) * product(_dims(c, inputs)[:-1])


def _dims(c: Call, value: object) -> tuple[Dim, ...]:
    value = c.store.value(value)
    if not isinstance(value, Tensor):
        raise NotKnown
    return c.dims(value)


# -- EinsumDense ---------------------------------------------------------------------------------------------------


class _Equation:
    """`inputs,kernel->outputs` by labels; `ellipsis` is "left", "right" or "" for none."""

    __slots__ = ("ellipsis", "inputs", "kernel", "outputs")

    def __init__(self, inputs: str, kernel: str, outputs: str, ellipsis: str) -> None:
        self.inputs, self.kernel, self.outputs, self.ellipsis = inputs, kernel, outputs, ellipsis


# Source: keras.src.layers.core.einsum_dense._analyze_einsum_string.
_EQUATIONS = {
    "": re.compile(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)"),
    "left": re.compile(r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)"),
    "right": re.compile(r"([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\."),
}


def _equation(c: Call, self: Instance) -> _Equation:
    text = c.store.value(self.attrs.get("equation"))
    if not isinstance(text, str):
        raise NotKnown
    for ellipsis, pattern in _EQUATIONS.items():
        match = pattern.match(text)
        if match is not None:
            return _Equation(match.group(1), match.group(2), match.group(3), ellipsis)
    return c.fail(
        "einsum-mismatch",
        f"{c.name}: {text!r} is no equation such as 'ab,bc->ac', '...b,bc->...c' or 'ab...,bc->ac...'",
    )


@keras_layer(
    "EinsumDense",
    f"equation, output_shape, activation=None, bias_axes=None, {_WEIGHTS}kernel_constraint=None, bias_constraint=None, "
    f"{_LORA}, gptq_unpacked_column_size=None, quantization_config=None",
)
def einsum_dense(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """einsum of the input with a kernel whose sizes are those of the input and of `output_shape`, without the batch."""
    e = _equation(c, self)
    dims = c.dims(inputs, tuple(e.inputs)) if not e.ellipsis else c.dims(inputs)
    extra = len(dims) - len(e.inputs)
    if extra > 0 and not e.ellipsis or extra == 0 and e.ellipsis == "left":
        raise NotKnown  # Keras takes some equations for a matrix product, which has more axes; `...` is the batch at least
    if extra < 0:
        c.fail(
            "einsum-mismatch",
            f"{c.name}: {self.attrs['equation']!r} takes an input of rank {len(e.inputs)}"
            f"{' or more' if e.ellipsis else ''}, got {c.text(inputs)}",
            inputs,
        )
    left = extra if e.ellipsis == "left" else 0
    sizes = dict(zip(e.inputs, dims[left : left + len(e.inputs)]))
    for i, label in enumerate(e.inputs):
        if label in e.kernel:
            built(c, self, inputs, left + i - len(dims))
    _output_sizes(c, self, e, inputs, sizes, left)
    unknown = [label for label in e.kernel if label not in sizes]
    if unknown:
        c.fail("einsum-mismatch", f"{c.name}: {unknown[0]!r} of the kernel is in neither the input nor the output")
    loose = [label for label in e.outputs if label not in sizes]
    if loose:
        c.fail("einsum-mismatch", f"{c.name}: {loose[0]!r} of the output is in neither the input nor the kernel")
    weight(c, self, "kernel", tuple(sizes[label] for label in e.kernel))
    _einsum_bias(c, self, e, sizes, extra)
    out = tuple(sizes[label] for label in e.outputs)
    shape = (*dims[:left], *out) if e.ellipsis != "right" else (*out, *dims[len(e.inputs) :])
    return activated(c, self.attrs.get("activation"), Tensor(shape, floating(c, self, inputs)))


def _output_sizes(c: Call, self: Instance, e: _Equation, inputs: Tensor, sizes: dict[str, Dim], left: int) -> None:
    """Add the sizes that `output_shape` gives to the labels of the output; its None stand for the input's own."""
    given = c.store.value(self.attrs.get("output_shape"))
    listed: Sequence[Any] = given if isinstance(given, (tuple, list)) else (given,)
    if isinstance(given, Unknown) and not isinstance(given, List) or isinstance(given, List) and given.rest is not None:
        raise NotKnown
    labels = e.outputs if left else e.outputs[1:]  # the batch is the first dim of the ellipsis, or the first label
    for label, value in zip(labels, listed):
        value = c.store.value(value)
        if value is None:
            continue
        dim = c.dim(value)
        known = sizes.get(label)
        if known is not None and c.equate(known, dim) is False:
            c.fail(
                "einsum-mismatch",
                f"{c.name}: {label!r} is {c.dim_text(known)} in {c.text(inputs)} and {c.dim_text(dim)} in output_shape",
                inputs,
            )
        if known is None and (label in e.kernel):
            sizes[label] = dim


def _einsum_bias(c: Call, self: Instance, e: _Equation, sizes: dict[str, Dim], extra: int) -> None:
    axes = c.store.value(self.attrs.get("bias_axes"))
    if axes is None:
        return
    if not isinstance(axes, str) or not axes:
        raise NotKnown
    wrong = [label for label in axes if label not in e.outputs]
    if wrong:
        c.fail("einsum-mismatch", f"{c.name}: bias_axes names {wrong[0]!r}, which is not in the output {e.outputs!r}")
    first = min(e.outputs.find(label) for label in axes)
    shape = tuple(sizes[label] if label in axes else 1 for label in e.outputs[first:])
    weight(c, self, "bias", shape if e.ellipsis == "left" else (*shape, *(1,) * extra))


@formula("keras.layers.EinsumDense")
def einsum_layer(c: Call, result: object, self: Instance, inputs: object, *_: object) -> Dim:
    """Each element of the input once for each size of the kernel that the input does not have."""
    e, kernel = _equation(c, self), _dims(c, self.attrs.get("kernel"))
    return product(_dims(c, inputs)) * product([d for label, d in zip(e.kernel, kernel) if label not in e.inputs])


# -- embeddings ----------------------------------------------------------------------------------------------------


def _check_embedding(c: Call, self: Instance) -> None:
    _check_int(c, self, "input_dim", "output_dim")
    self.attrs["autocast"] = False


_EMBEDDING = "input_dim, output_dim, {}embeddings_initializer='uniform', embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, "


@keras_layer(
    "Embedding", f"{_EMBEDDING.format('')}weights=None, {_LORA}, quantization_config=None", setup=_check_embedding
)
def embedding(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(*batch) of indices below input_dim, of any dtype, to (*batch, output_dim)."""
    return _embedded(c, self, inputs)


def _embedded(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    size = dim_of(c, self, "output_dim")
    weight(c, self, "embeddings", (dim_of(c, self, "input_dim"), size))
    shape = c.shape(inputs)
    if isinstance(shape, Open):
        return Tensor(Open(shape.prefix, shape.var, (*shape.suffix, size)), compute_dtype(c, self))
    return Tensor((*c.dims(inputs), size), compute_dtype(c, self))


@keras_layer(
    "ReversibleEmbedding",
    f"{_EMBEDDING.format('tie_weights=True, ')}reverse_dtype=None, logit_soft_cap=None, weights=None, {_LORA}, "
    "quantization_config=None",
    setup=_check_embedding,
    bases=("keras.layers.Embedding",),
)
def reversible_embedding(c: Call, self: Instance, inputs: Tensor, reverse: bool = False) -> Tensor:
    """As Embedding; with `reverse` (*batch, output_dim) to (*batch, input_dim)."""
    words, size = dim_of(c, self, "input_dim"), dim_of(c, self, "output_dim")
    weight(c, self, "embeddings", (words, size))
    if not flag(c, self, "tie_weights"):
        weight(c, self, "reverse_embeddings", (size, words))
    if not reverse:
        return _embedded(c, self, inputs)
    dims = c.dims(inputs)
    if not dims:
        c.fail("rank-mismatch", f"{c.name} expects an input of rank 1 or more, got {c.text(inputs)}", inputs)
    if c.equate(size, dims[-1]) is False:
        c.fail(
            "feature-mismatch",
            f"{c.name} expects {c.dim_text(size)} features (output_dim), got {c.dim_text(dims[-1])} in {c.text(inputs)}",
            inputs,
        )
    dtype = self.attrs.get("reverse_dtype")
    is_plain = dtype is None and inputs.dtype == compute_dtype(c, self) or inputs.library == "keras"
    return Tensor((*dims[:-1], words), compute_dtype(c, self) if is_plain else None)


# -- what keeps the shape, and Lambda ------------------------------------------------------------------------------


@keras_layer("Activation", "activation")
def activation_layer(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """The activation of each element (of each row for softmax)."""
    result = activated(c, self.attrs.get("activation"), inputs)
    if result is inputs and isinstance(self.attrs.get("activation"), (str, type(None))):
        dtype = output_dtype(c, self, inputs)
        return Tensor(c.shape(inputs), dtype if dtype == compute_dtype(c, self) else None)
    return result


@keras_layer("Identity")
def identity(c: Call, self: Instance, inputs: object) -> object:
    """The inputs as they are."""
    return inputs


@keras_layer("Masking", "mask_value=0.0")
def masking(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(B, T, D), steps of which all are `mask_value` are marked to be left out."""
    shape = c.shape(inputs)
    if shape == ():
        check_rank(c, self, inputs, None, 1)
    return Tensor(shape, output_dtype(c, self, inputs))


@keras_layer("Lambda", "function, output_shape=None, mask=None, arguments=None")
def lambda_layer(c: Call, self: Instance, inputs: object, mask: object = None, training: object = None) -> object:
    """What the function gives; for a symbolic input of the shape that `output_shape` says, where that is given."""
    function = c.store.value(self.attrs.get("function"))
    declared = c.store.value(self.attrs.get("output_shape"))
    symbolic = is_symbolic([inputs])
    extra = c.store.value(self.attrs.get("arguments"))
    if extra is None:
        extra = {}
    if not isinstance(extra, dict) or isinstance(extra, Dict) and extra.rest is not None:
        raise NotKnown
    keywords = dict(extra)
    if isinstance(function, Function):
        names = _parameter_names(function)
        if "training" in names:
            keywords["training"] = training
        if "mask" in names:
            keywords["mask"] = mask
    result = c.store.value(c.invoke(function, _eager(inputs), **keywords))
    if not symbolic:
        return result
    dtype = compute_dtype(c, self)
    if declared is not None:
        return _declared_output(c, inputs, declared, dtype)
    return _retyped(result, dtype)


def _parameter_names(function: Function) -> set[str]:
    arguments = getattr(function.node, "args", None)
    return {a.arg for a in arguments.args} if arguments is not None else set()


def _eager(value: Any) -> Any:
    """The tensors that a function sees inside of a layer: those of the backend."""
    if isinstance(value, Tensor):
        made = value.with_(library="tensorflow", origin=value.origin)
        made.history = None
        return made
    if type(value) is tuple:
        return tuple([_eager(v) for v in value])
    if isinstance(value, List) and value.rest is None:
        return List([_eager(v) for v in value])
    return value


def _retyped(value: Any, dtype: str | None) -> Any:
    """Of a symbolic call the shapes alone: Keras gives them all the compute dtype."""
    if isinstance(value, Tensor):
        return Tensor(value.shape, dtype, value.library, origin=value.origin)
    if isinstance(value, (tuple, list)) and not (isinstance(value, List) and value.rest is not None):
        made = [_retyped(v, dtype) for v in value]
        return tuple(made) if isinstance(value, tuple) else List(made)
    return value


def _declared_output(c: Call, inputs: Any, declared: Any, dtype: str | None) -> Tensor:
    """Keras takes `output_shape`, which is without the batch, at its word."""
    first = inputs
    while isinstance(first, (tuple, list)) and first:
        first = first[0]
    if not isinstance(declared, (tuple, list)) or not isinstance(first, Tensor):
        return Tensor(None, dtype, "keras")
    if any(isinstance(c.store.value(d), (tuple, list)) for d in declared):
        return Tensor(None, dtype, "keras")
    dims = [c.fresh("n") if c.store.value(d) is None else c.dim(d) for d in declared]
    return Tensor((c.dims(first)[0], *dims), dtype, "keras")
