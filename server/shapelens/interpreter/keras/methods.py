"""The attributes and methods that Keras gives every layer and model."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.dims import Expr, equal
from shapelens.interpreter.keras import calling, fitting, graph, input_layers, kinds, sequential
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.values import (
    UNKNOWN,
    Class,
    Instance,
    Lib,
    List,
    Scalar,
    Tensor,
    Unknown,
)


def attribute(m: Machine, instance: Instance, name: str) -> Any:
    """An attribute that Keras gives every layer or model; NO_METHOD where there is none."""
    attrs = instance.attrs
    if name == "name":
        return attrs.get("name", UNKNOWN)
    if name in ("input", "output", "inputs", "outputs", "input_shape", "output_shape"):
        side = "in" if name.startswith("in") else "out"
        tensor = attrs.get(f"_{side}puts", attrs.get(f"_{side}put", attrs.get(f"{side}put")))
        if tensor is None:
            return Unknown(f"{name} of a layer that was not called")
        if name.endswith("shape"):
            found = graph.shape_tuple(m, tensor)
            if "_batch" in attrs and isinstance(found, tuple) and found[:1] == (None,):
                return (attrs["_batch"], *found[1:])
            return found
        if name.endswith("s"):
            return List(graph.flatten(tensor) or [UNKNOWN])
        return tensor
    if name == "layers":
        layers = graph.layers_of(instance)
        if layers is None:
            return UNKNOWN
        return List(layers)
    if name in ("weights", "variables", "trainable_weights", "trainable_variables"):
        return List(graph.weights(instance)) if attrs.get("?") is None else UNKNOWN
    if name in ("trainable",):
        return attrs.get("trainable", True)
    if name in ("dtype", "variable_dtype", "compute_dtype"):
        return kinds.rules().variable_dtype(m.call, instance) or UNKNOWN
    if name in ("losses", "metrics", "metrics_names", "non_trainable_weights", "non_trainable_variables"):
        return UNKNOWN
    if name == "built":
        return attrs.get("built", Scalar("bool"))
    return kinds.NO_METHOD


def _add(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    sequential.add(m, f, node, i, args[0] if args else kwargs.get("layer", UNKNOWN))
    return None


def _pop(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    m.touch(i)
    held = i.attrs.get("_layers")
    if not isinstance(held, List) or not held:
        i.attrs["?"] = True
        return UNKNOWN
    last = held[-1]
    i.attrs["_layers"] = List(held[:-1])
    source = i.attrs.get("_input")
    if isinstance(source, Tensor):
        value: Any = source
        for layer in i.attrs["_layers"]:
            value = calling.quietly(m, lambda layer=layer, given=value: calling.applied(m, f, node, layer, given))  # type: ignore[misc]
        i.attrs["_output"] = value
    return last


def _build(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    shape = m.store.value(args[0] if args else kwargs.get("input_shape"))
    if not isinstance(shape, (tuple, list)) or getattr(shape, "rest", None) is not None:
        return None
    if (
        kinds.kind_of(i) == kinds.SEQUENTIAL
        and i.attrs.get("_input") is None
        and kinds.library_of(i) == kinds.SEQUENTIAL
    ):
        try:
            sequential.build(m, f, node, i, tuple(input_layers.dims_of(m, shape, 0)), None)
        except registry.NotKnown:
            return None
    elif (
        isinstance(i.cls, Lib)
        and i.cls.path in registry.layers
        and (len(shape) > 1 or i.cls.name == "Embedding")  # Dense.build([features]) is legal, although no input is so.
        and not _may_be_shapes(m, shape)
        and all(d is None or isinstance(d, (int, Expr)) for d in shape)
        or kinds.kind_of(i) == kinds.MODEL
        and isinstance(i.cls, Class)
        and shape
        and not isinstance(shape[0], (tuple, list))
    ):
        _shape_by_run(m, f, node, i, shape)
    return None


def _shape_by_run(m: Machine, f: Frame, node: ast.AST, i: Instance, shape: Any) -> Any:
    """What the layer gives for a symbolic input of that shape."""
    try:
        tensor = Tensor(tuple(input_layers.dims_of(m, shape, 0)), kinds.rules().variable_dtype(m.call, i), "keras")
    except registry.NotKnown:
        return UNKNOWN
    tensor.history = (None, ())
    return calling.applied(m, f, node, i, tensor)


def _may_be_shapes(m: Machine, shape: Any) -> bool:
    """Whether a list of unknowns may be one of shapes instead of sizes."""
    return bool(shape) and all(type(m.store.value(d)) is Unknown for d in shape)


def _compute_output_shape(
    m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    shape = m.store.value(args[0] if args else kwargs.get("input_shape"))
    if not isinstance(shape, (tuple, list)) or getattr(shape, "rest", None) is not None:
        return UNKNOWN
    if any(isinstance(m.store.value(d), (tuple, list)) for d in shape) or _may_be_shapes(m, shape):
        return UNKNOWN
    return calling.quietly(m, lambda: calling.shapes_of(m, _shape_by_run(m, f, node, i, shape)))


def _get_layer(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    name = m.store.value(args[0] if args else kwargs.get("name"))
    index = m.store.value(args[1] if len(args) > 1 else kwargs.get("index"))
    layers = graph.layers_of(i)
    if layers is None:
        return UNKNOWN
    if isinstance(index, int) and -len(layers) <= index < len(layers):
        return layers[index]
    if isinstance(name, str):
        return next((v for v in layers if isinstance(v, Instance) and v.attrs.get("name") == name), UNKNOWN)
    return UNKNOWN


_WEIGHT = (
    "shape",
    "initializer",
    "dtype",
    "trainable",
    "autocast",
    "regularizer",
    "constraint",
    "aggregation",
    "overwrite",
    "name",
)


def _add_weight(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = {**dict(zip(_WEIGHT, args)), **kwargs}
    shape = m.store.value(given.get("shape", ()))
    dtype = m.call.dtype(m.store.value(given.get("dtype")), kinds.rules().variable_dtype(m.call, i))
    if isinstance(shape, str):  # Keras 2: the name comes first
        shape = m.store.value(given.get("initializer"))
    dims: Any = None
    if isinstance(shape, (tuple, list)) and getattr(shape, "rest", None) is None:
        try:
            dims = tuple([m.call.dim(m.store.value(d)) for d in shape])
        except registry.NotKnown:
            dims = None
    return Tensor(dims, dtype, "tensorflow", origin=m.origin(f, node), parameter=True)


def _count_params(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("int")


def _get_weights(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if i.attrs.get("?") is not None:
        return UNKNOWN
    return List([w.with_(library="numpy") for w in graph.weights(i)])


def _set_weights(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Hold what is set against the weights that there are. Source: keras.layers.Layer.set_weights."""
    given = m.store.value(args[0] if args else kwargs.get("weights"))
    if i.attrs.get("?") is not None or not isinstance(given, (list, tuple)) or getattr(given, "rest", None) is not None:
        return None
    own = graph.weights(i)
    if len(own) != len(given):
        if own and _has_all_weights(i):
            text = f"{i.cls.name} has {len(own)} weights, and is given {len(given)}"
            m.report(Failure("call-arguments", text), f.place, node)
        return None
    for number, (have, value) in enumerate(zip(own, given)):
        value = m.store.value(value)
        if not isinstance(value, Tensor):
            continue
        shape, came = m.store.shape(have.shape), m.store.shape(value.shape)
        if not isinstance(shape, tuple) or not isinstance(came, tuple):
            continue
        if len(shape) != len(came) or any(equal(a, b) is False for a, b in zip(shape, came)):
            text = f"{i.cls.name}: weight {number} is {m.call.text(have)}, and is given {m.call.text(value)}"
            m.report(Failure("shape-mismatch", text, m.call.related(have, value)), f.place, node)
            return None
    return None


def _adapt(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`Normalization.adapt(data)` builds the layer for data of that shape."""
    data = m.store.value(args[0] if args else kwargs.get("data"))
    if isinstance(data, Instance):
        data = fitting.element_of(m, f, node, data)
    shape = m.store.shape(data.shape) if isinstance(data, Tensor) else None
    if i.cls == Lib("keras.layers.Normalization") and isinstance(shape, tuple) and len(shape) > 1:
        calling.quietly(m, lambda: calling.applied(m, f, node, i, data))
    return None


def _has_all_weights(instance: Instance) -> bool:
    """Whether each layer has made what weights it will have: it has some, or was called and has none."""
    inner = graph.layers_of(instance)
    if instance.attrs.get("?") is not None or inner is None or not all(map(kinds.is_layer, inner)):
        return False
    if any(isinstance(v, Tensor) and v.parameter for v in instance.attrs.values()) or "output" in instance.attrs:
        return True
    return bool(inner) and all(kinds.kind_of(v) == kinds.INPUT_LAYER or _has_all_weights(v) for v in inner)


_METHODS: dict[str, kinds.Method] = {
    "add": _add,
    "pop": _pop,
    "build": _build,
    "compute_output_shape": _compute_output_shape,
    "get_layer": _get_layer,
    "add_weight": _add_weight,
    "add_variable": _add_weight,
    "count_params": _count_params,
    "get_weights": _get_weights,
    "set_weights": _set_weights,
    "adapt": _adapt,
    **fitting.METHODS,
}
_QUIET = frozenset(
    "summary save save_weights load_weights export to_json add_loss add_metric reset_states reset_metrics "
    "compute_loss compute_metrics make_train_function make_test_function plot get_config get_build_config quantize "
    "reset_state stateless_call enable_lora get_metrics_result get_compile_config compile_from_config".split()
)


def has_method(name: str) -> bool:
    """Whether Keras layers or models have the method."""
    return name in _METHODS or name in _QUIET or name in ("call", "__call__", "__init__")


def call_method(
    m: Machine,
    f: Frame,
    node: ast.AST,
    instance: Instance,
    owner: str,
    name: str,
    args: list[Any],
    kwargs: dict[str, Any],
) -> Any:
    """A method that a Keras class has; NO_METHOD where there is none."""
    if name == "call":
        return calling.forward(m, f, node, instance, owner, [m.store.value(a) for a in args], kwargs)
    if name == "__call__":
        return calling.call_layer(m, f, node, instance, args, kwargs)
    found = _METHODS.get(name)
    if found is not None:
        return found(m, f, node, instance, args, kwargs)
    return UNKNOWN if name in _QUIET else kinds.NO_METHOD
