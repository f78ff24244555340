"""Keras: inputs, and what keras.backend and keras.config answer of the run's settings."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.interpreter.keras import graph, input_layers, kinds
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES
from shapelens.values import UNKNOWN, Instance, List, Scalar, Tensor, Unknown


def _input(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return input_layers.make_input(m, f, node, args, kwargs)


def _data_format(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return UNKNOWN if m.call.image_data_format is None else m.call.image_data_format


def _set_data_format(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0] if args else kwargs.get("data_format"))
    m.call.image_data_format = value if isinstance(value, str) and not m.touched else None
    return None


def _is_keras_tensor(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Unknown):
        return Scalar("bool")
    return isinstance(value, Tensor) and value.library == "keras"


def _int_shape(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return graph.shape_tuple(m, m.store.value(args[0])) if args else UNKNOWN


def _policy(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`keras.mixed_precision.set_global_policy("mixed_float16")`."""
    value = m.store.value(args[0] if args else next(iter(kwargs.values()), None))
    if isinstance(value, Instance):
        value = value.attrs.get("name")
    m.call.keras_policy = value if isinstance(value, str) else None
    return None


def _set_floatx(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0] if args else next(iter(kwargs.values()), None))
    m.call.keras_policy = value if isinstance(value, str) else None
    return None


def _floatx(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    policy = m.call.keras_policy
    return "float32" if policy is not None and policy.startswith("mixed_") else policy or Scalar("str")


def _clear(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    kinds.state(m).counts.clear()
    return None


def _sources(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The inputs that a symbolic tensor was computed from."""
    found: list[Tensor] = []
    stack = [v for v in args[:1] if isinstance(v, Tensor)]
    seen: set[int] = set()
    while stack:
        tensor = stack.pop()
        if id(tensor) in seen or tensor.history is None:
            continue
        seen.add(id(tensor))
        if not tensor.history[1]:
            found.append(tensor)
        stack.extend(tensor.history[1])
    return List(found)


def _clone(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`keras.models.clone_model(model)`: the same shapes, unless what it does to the layers is not known."""
    value = m.store.value(args[0] if args else kwargs.get("model", UNKNOWN))
    return value if kinds.is_layer(value) and len(args) + len(kwargs) == 1 else UNKNOWN


NATIVES.update(
    {
        "keras.Input": _input,
        **dict.fromkeys(("keras.backend.image_data_format", "keras.config.image_data_format"), _data_format),
        **dict.fromkeys(
            ("keras.backend.set_image_data_format", "keras.config.set_image_data_format"), _set_data_format
        ),
        **dict.fromkeys(("keras.backend.floatx", "keras.config.floatx"), _floatx),
        **dict.fromkeys(("keras.backend.set_floatx", "keras.config.set_floatx"), _set_floatx),
        **dict.fromkeys(("keras.backend.epsilon", "keras.config.epsilon"), lambda m, f, node, args, kwargs: 1e-07),
        **dict.fromkeys(
            ("keras.backend.backend", "keras.config.backend"), lambda m, f, node, args, kwargs: "tensorflow"
        ),
        **dict.fromkeys(
            (
                "keras.mixed_precision.set_global_policy",
                "keras.mixed_precision.set_dtype_policy",
                "keras.mixed_precision.experimental.set_policy",
                "keras.config.set_dtype_policy",
            ),
            _policy,
        ),
        **dict.fromkeys(("keras.backend.clear_session", "keras.utils.clear_session"), _clear),
        **dict.fromkeys(("keras.backend.is_keras_tensor", "keras.utils.is_keras_tensor"), _is_keras_tensor),
        "keras.backend.int_shape": _int_shape,
        **dict.fromkeys(("keras.ops.operation_utils.get_source_inputs", "keras.utils.get_source_inputs"), _sources),
        "keras.models.clone_model": _clone,
    }
)
