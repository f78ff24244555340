"""Sequential: adding layers, building it once its input is known, calling it."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.dims import Expr, as_symbol
from shapelens.interpreter.keras import calling, input_layers, kinds
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules.call import Failure
from shapelens.values import (
    UNKNOWN,
    Function,
    Instance,
    Lib,
    List,
    Tensor,
)


def add(m: Machine, f: Frame, node: ast.AST, model: Instance, layer: Any) -> None:
    """`model.add(layer)`: with a known input, the layer is built on what came out of those before it."""
    layer = m.store.value(layer)
    m.touch(model)
    held = model.attrs.get("_layers")
    if not isinstance(held, List):
        model.attrs["?"] = True
        return
    layers = model.attrs["_layers"] = List(held)
    if (
        isinstance(layer, Tensor)
        and layer.history is not None
        and kinds.is_layer(layer.history[0])
        and kinds.kind_of(layer.history[0]) == kinds.INPUT_LAYER
    ):
        layer = layer.history[0]
    if not kinds.is_layer(layer):
        if isinstance(layer, (Function, Lib, int, float, str, tuple, list)):
            failure = Failure("call-arguments", "Sequential: only layers can be added, got something else")
            m.report(failure, f.place, node)
        model.attrs["?"] = True
        layers.append(layer)
        return
    if kinds.kind_of(layer) == kinds.INPUT_LAYER and isinstance(layer.cls, Lib):
        if not layers:
            set_input(m, model, layer.attrs.get("output"))
        return
    if not layers and model.attrs.get("_input") is None:
        declared = _declared_input(m, f, node, layer)
        if declared is not None:
            set_input(m, model, declared)
    layers.append(layer)
    if model.attrs.get("_input") is not None and model.attrs.get("?") is None:
        model.attrs["_output"] = calling.applied(m, f, node, layer, model.attrs["_output"])


def set_input(m: Machine, model: Instance, tensor: Any) -> None:
    """The symbolic input of a Sequential, of which nothing has come out yet."""
    model.attrs["_input"] = model.attrs["_output"] = tensor


def _declared_input(m: Machine, f: Frame, node: ast.AST, layer: Instance) -> Any:
    """The input that a first layer declares by `input_shape`, or that a first model has; None for none."""
    inputs = layer.attrs.get("_inputs", layer.attrs.get("_input"))
    if isinstance(inputs, Tensor):
        return inputs.with_(origin=inputs.origin)
    whole = m.store.value(layer.attrs.get("batch_input_shape"))
    shape = m.store.value(layer.attrs.get("input_shape"))
    size = m.store.value(layer.attrs.get("input_dim"))
    extra = layer.attrs.get("kwargs")
    if isinstance(extra, dict) and shape is None and size is None:  # handed on by a layer of the program
        shape, size = m.store.value(extra.get("input_shape")), m.store.value(extra.get("input_dim"))
    if shape is None and isinstance(size, (int, Expr)) and layer.cls is not Lib("keras.layers.Embedding"):
        shape = (size,)
    if shape is None and not isinstance(whole, (tuple, list)):
        return None
    made = Instance(Lib(kinds.INPUT_LAYER), {}, layer.origin)
    kinds.give_name(m, made)
    given = {"batch_shape": whole} if shape is None else {"shape": shape, "batch_size": layer.attrs.get("batch_size")}
    input_layers.fill_input_layer(m, f, node, made, [], given)
    return made.attrs["output"]


def build(m: Machine, f: Frame, node: ast.AST, model: Instance, shape: Any, dtype: str | None) -> None:
    """Build a Sequential without a declared input for inputs of this shape, the batch of which may be any."""
    layers = model.attrs.get("_layers")
    if not isinstance(layers, List) or not isinstance(shape, tuple) or not shape or model.attrs.get("?") is not None:
        return
    m.touch(model)
    symbolic_shape = tuple(d if as_symbol(d) not in kinds.state(m).nones or i == 0 else d for i, d in enumerate(shape))
    source = Instance(Lib(kinds.INPUT_LAYER), {}, model.origin)
    kinds.give_name(m, source)
    tensor = Tensor((kinds.state(m).batch, *symbolic_shape[1:]), dtype or "float32", "keras", origin=model.origin)
    tensor.history = (source, ())
    source.attrs["output"] = tensor
    set_input(m, model, tensor)
    if isinstance(shape[0], int):
        model.attrs["_batch"] = shape[0]  # what `input_shape` says, though it takes any
    value: Any = tensor
    reports = len(m.reports)
    for layer in layers:
        value = calling.applied(m, f, node, layer, value)
        if len(m.reports) > reports:
            break
    model.attrs["_output"] = value if len(m.reports) == reports else UNKNOWN
    if len(m.reports) > reports:
        model.attrs["_input"] = None


def call(m: Machine, f: Frame, node: ast.AST, model: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a Sequential gives: its layers run again, without hints; it is built by its first input."""
    layers = model.attrs.get("_layers")
    value = args[0] if args else kwargs.get("inputs", UNKNOWN)
    if not isinstance(layers, List):
        return UNKNOWN
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        if model.attrs.get("_input") is None:
            reports = len(m.reports)
            build(m, f, node, model, shape, value.dtype)
            if len(m.reports) > reports:
                return UNKNOWN
        declared = model.attrs.get("_input")
        if isinstance(declared, Tensor):
            value = input_layers.as_declared(m, f, node, model, value, declared)
            if value is None:
                return UNKNOWN
            if value.library == "keras" and (
                not input_layers.is_of_declared_sizes(m, f, node, model, value, declared)
                or _is_squeezable(m, value, declared)
            ):
                return UNKNOWN
    given = value
    for layer in layers:
        reports = len(m.reports)
        value = calling.quietly(m, lambda layer=layer, given=value: calling.applied(m, f, node, layer, given))  # type: ignore[misc]
        if len(m.reports) > reports:
            _say_declared(m, model, given, m.reports[reports].failure)
            return UNKNOWN
    return value


def _say_declared(m: Machine, model: Instance, given: Any, failure: Failure) -> None:
    """Add to a problem inside a model that its input is not what it was declared, or built, for: there it began."""
    declared = model.attrs.get("_input")
    if not isinstance(given, Tensor) or not isinstance(declared, Tensor):
        return
    shape, wanted = m.store.shape(given.shape), m.store.shape(declared.shape)
    if isinstance(shape, tuple) and isinstance(wanted, tuple) and shape[1:] != wanted[1:]:
        failure.message += f"; the model was made for {m.call.text(declared)} and is given {m.call.text(given)}"


def _is_squeezable(m: Machine, value: Tensor, declared: Tensor) -> bool:
    """Whether the two differ in a last axis that is 1 in one of them: a symbolic call takes that unseen."""
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    if not isinstance(shape, tuple) or not isinstance(wanted, tuple) or not shape or not wanted:
        return False
    return len(shape) == len(wanted) and shape[-1] != wanted[-1] and 1 in (shape[-1], wanted[-1])
