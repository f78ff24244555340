"""Inputs: `keras.Input` and InputLayer, and holding what a model is given against what it was declared for."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr
from shapelens.interpreter.keras import kinds
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.values import (
    Instance,
    Lib,
    List,
    Tensor,
)


def input_shape(m: Machine, shape: Any, batch_size: Any = None) -> Any:
    """The dims of an Input from its `shape`; None where they are not known. Raises Failure as Keras does for an int."""
    shape = m.store.value(shape)
    if isinstance(shape, (int, Expr)):
        text = m.call.dim_text(shape)
        raise Failure("call-arguments", f"Input: shape={text} is not a tuple; write shape=({text},)")
    if not isinstance(shape, (tuple, list)) or isinstance(shape, List) and shape.rest is not None:
        return None
    size = m.store.value(batch_size)
    batch = kinds.state(m).batch if size is None else m.call.dim(size)
    return (batch, *dims_of(m, shape, 1))


def dims_of(m: Machine, shape: Sequence[Any], offset: int) -> list[Dim]:
    """The dims of a `shape`, None becoming symbols that are named after their axes; `offset` axes stand before it."""
    names = kinds.rules().CHANNELS_LAST.get(len(shape) + offset, ())
    found: list[Dim] = []
    for i, dim in enumerate(shape, offset):
        dim = m.store.value(dim)
        if dim is None:
            found.append(kinds.state(m).batch if i == 0 else kinds.state(m).none(names[i] if i < len(names) else "n"))
        else:
            found.append(m.call.dim(dim))
    return found


def make_input(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`keras.Input(shape=(28, 28, 1))`: a symbolic tensor, made by an InputLayer."""
    if kwargs.get("tensor") is not None:
        return kwargs["tensor"]
    layer = Instance(Lib(kinds.INPUT_LAYER), {}, m.origin(f, node))
    if m.store.value(kwargs.get("name")) is not None:
        layer.attrs["name"] = m.store.value(kwargs["name"])
    kinds.give_name(m, layer)
    fill_input_layer(m, f, node, layer, args, kwargs)
    return layer.attrs["output"]


_INPUT_PARAMETERS = ("shape", "batch_size", "dtype", "sparse", "ragged", "batch_shape", "name")


def fill_input_layer(
    m: Machine, f: Frame, node: ast.AST, layer: Instance, args: list[Any], kwargs: dict[str, Any]
) -> None:
    """Give an InputLayer its symbolic tensor, from the arguments of `Input`; what cannot be one is reported."""
    given = {**dict(zip(_INPUT_PARAMETERS, args)), **kwargs}
    shape = given.get("shape", given.get("input_shape"))
    whole = m.store.value(given.get("batch_shape", given.get("batch_input_shape")))
    dims: Any = None
    try:
        if isinstance(whole, (tuple, list)):
            dims = tuple(dims_of(m, whole, 0))
        elif shape is not None:
            dims = input_shape(m, shape, given.get("batch_size"))
    except Failure as failure:
        m.report(failure, f.place, node)
    except registry.NotKnown:
        dims = None
    dtype = m.store.value(given.get("dtype"))
    tensor = Tensor(dims, m.call.dtype(dtype, m.call.keras_policy and "float32"), "keras", origin=m.origin(f, node))
    tensor.history = (layer, ())
    layer.attrs["output"] = tensor


def as_declared(m: Machine, f: Frame, node: ast.AST, model: Instance, value: Tensor, declared: Tensor) -> Tensor | None:
    """The input in the declared dtype and rank: an axis of 1 is added or taken away. None, and reported, where it cannot.

    Source: keras.models.Functional._adjust_input_rank and _convert_inputs_to_tensors.
    """
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    value = value.with_(
        library="keras" if value.library == "keras" else "tensorflow", dtype=declared.dtype, origin=value.origin
    )
    if not isinstance(shape, tuple) or not isinstance(wanted, tuple) or len(shape) == len(wanted):
        return value
    if len(shape) == len(wanted) + 1 and shape[-1] == 1:
        return value.with_(shape=shape[:-1], origin=value.origin)
    if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
        return value.with_(shape=(*shape, 1), origin=value.origin)
    if len(shape) == len(wanted) + 1 and not isinstance(shape[-1], int):
        return None
    m.report(mismatch(m, model, value, declared), f.place, node)
    return None


def is_of_declared_sizes(m: Machine, f: Frame, node: ast.AST, model: Instance, value: Tensor, declared: Tensor) -> bool:
    """Whether the axes but the batch have the declared sizes; reports where not. A last axis of 1 may be there or not.

    Source: keras.layers.InputSpec with allow_last_axis_squeeze.
    """
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    if not isinstance(shape, tuple) or not isinstance(wanted, tuple):
        return True
    ours = shape[:-1] if shape and shape[-1] == 1 else shape
    theirs = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
    for i, (came, asked) in enumerate(zip(ours, theirs)):
        if i and isinstance(came, int) and isinstance(asked, int) and came != asked:
            failure = mismatch(m, model, value, declared)
            failure.conflict = asked, came
            m.report(failure, f.place, node)
            return False
    return True


def mismatch(m: Machine, model: Instance, value: Tensor, declared: Tensor) -> Failure:
    """The problem that an input has not the declared shape, with what it lacks."""
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    why = ""
    if isinstance(shape, tuple) and isinstance(wanted, tuple):
        if len(shape) == len(wanted) - 1:
            why = "the batch axis is missing" if len(shape) and shape == wanted[1:] else "the channel axis is missing"
            if len(wanted) < 4 and shape != wanted[1:]:
                why = "an axis is missing"
        elif len(shape) == len(wanted) + 1:
            why = "there is one axis too many"
    text = f"{kinds.library_of(model).rpartition('.')[2]} expects an input of {m.call.text(declared)}, got {m.call.text(value)}"
    related = m.call.related(value, declared)
    return Failure("input-mismatch", f"{text}: {why}" if why else text, related)
