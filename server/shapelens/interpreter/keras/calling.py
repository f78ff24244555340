"""Making, building and calling a layer or model, as Layer.__init__ and Layer.__call__ do."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from shapelens.interpreter.keras import functional, input_layers, kinds, sequential
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules.call import Failure
from shapelens.rules.conversion import owned, symbolic
from shapelens.values import (
    UNKNOWN,
    Bound,
    Class,
    Dict,
    Function,
    Instance,
    Lib,
    List,
    Tensor,
    Unknown,
)


def make(
    m: Machine, f: Frame, node: ast.AST, path: str, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> bool:
    """Run the constructor of Layer, Model, Sequential or InputLayer; False where the path is none of these."""
    if path not in kinds.OWN:
        return False
    m.touch(instance)
    for name in ("name", "dtype", "trainable"):
        if name in kwargs:
            instance.attrs[name] = m.store.value(kwargs[name])
    is_functional = path == kinds.MODEL and bool(args or kwargs.keys() & {"inputs", "outputs"})
    kinds.give_name(m, instance, "Functional" if is_functional and isinstance(instance.cls, Lib) else "")
    if path == kinds.INPUT_LAYER:
        input_layers.fill_input_layer(m, f, node, instance, args, kwargs)
    elif path == kinds.SEQUENTIAL:
        layers = args[0] if args else kwargs.get("layers")
        instance.attrs["_layers"] = List()
        for each in _items(m, f, instance, layers, node):
            sequential.add(m, f, node, instance, each)
    elif path == kinds.MODEL:
        inputs = args[0] if args else kwargs.get("inputs", kwargs.get("input"))
        outputs = args[1] if len(args) > 1 else kwargs.get("outputs", kwargs.get("output"))
        if inputs is not None and outputs is not None:
            instance.attrs["_inputs"], instance.attrs["_outputs"] = m.store.value(inputs), m.store.value(outputs)
            if isinstance(instance.attrs["_outputs"], Unknown):
                instance.attrs["?"] = True
            functional.hold_connected(m, f, node, instance)
    return True


def _items(m: Machine, f: Frame, instance: Instance, layers: Any, node: ast.AST) -> list[Any]:
    from shapelens.interpreter.iteration import iterate

    if layers is None:
        return []
    items, rest = iterate(m, f, layers, node)
    if rest is not None:
        instance.attrs["?"] = True
    return items


def applied(m: Machine, f: Frame, node: ast.AST, layer: Any, value: Any) -> Any:
    """What calling a layer on one value gives."""
    from shapelens.interpreter import calls

    return calls.call(m, f, node, layer, [value], {})


# Layers that make numbers of what they are given, or that take texts.
_TAKES_PLAIN = re.compile(
    "Random|Rand|Aug|Auto|Cut|Mix|Solar|Equal|Resiz|Rescal|Center|Hash|Lookup|Encoding|Vectoriz|Discret|Normalization$|"
    "Spectrogram|Pipeline|MaxNum|Contrast|TFSM|TorchModule|Jax|Flax|Functional"
)


def _plain_argument(instance: Instance, args: list[Any]) -> Any:
    """The first number or text that a layer is given by position, which must be by name; None for none.

    Source: keras.layers.Layer.__call__, where tensors, arrays and None alone are positional.
    """
    library = kinds.library_of(instance)
    is_free = "_inputs" in instance.attrs or "_allow_non_tensor_positional_args" in instance.attrs
    is_free = is_free or library not in kinds.OWN and not library.startswith("keras.layers.")
    name = library.rpartition(".")[2]
    if is_free or _TAKES_PLAIN.search(name) and not name.endswith(("BatchNormalization", "LayerNormalization")):
        return None
    for value in args:
        if type(value) in (bool, int, float, str):
            return value
    return None


def call_layer(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What calling a layer or model gives."""
    from shapelens.interpreter import calls, classes

    cls = instance.cls
    method, owner = classes.find_in_class(cls, "call") if isinstance(cls, Class) else (None, None)
    args = [m.store.value(a) for a in args]
    if isinstance(node, ast.Call) and (plain := _plain_argument(instance, args)) is not None:
        text = f"{cls.name}: what is no tensor must be given by name, and {plain!r} is not"
        m.report(Failure("call-arguments", text), f.place, node)
        return UNKNOWN
    if isinstance(owner, Class) and method is not None:
        value = _own_call(m, f, node, instance, Bound(method, instance), args, kwargs)
        calls.layer_seen(m, instance, value[0] if isinstance(value, tuple) and value else value)
    else:
        value = forward(m, f, node, instance, kinds.library_of(instance), args, kwargs)
    if args and "output" not in instance.attrs and symbolic([value]):
        m.touch(instance)
        instance.attrs["input"], instance.attrs["output"] = args[0], value
    return value


def forward(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, path: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """What the library's own `call` gives: that of Sequential, of a functional model, or a layer's rule."""
    from shapelens.interpreter import calls

    if instance.attrs.get("?") is not None:
        return calls.not_counted(m, UNKNOWN)
    if path == kinds.SEQUENTIAL:
        return sequential.call(m, f, node, instance, args, kwargs)
    if "_inputs" in instance.attrs:
        return functional.call(m, f, node, instance, args, kwargs)
    if path in kinds.OWN:
        return UNKNOWN
    m.touch(instance)
    return calls.forward_of_library(m, f, node, instance, path, args, kwargs)


def _own_call(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, method: Any, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Run the program's `call` as Layer.__call__ does: inputs cast, `build` first, KerasTensors traced."""
    from shapelens.interpreter import calls

    cast_input = kinds.rules().cast_input
    given = [_traced(cast_input(m.call, instance, a)) for a in args]
    named = {k: _traced(cast_input(m.call, instance, m.store.value(v))) for k, v in kwargs.items()}
    first = given[0] if given else next(iter(named.values()), None)
    build(m, f, node, instance, first)
    if "training" in named and isinstance(method.function, Function):
        code = calls.code_of(method.function)
        if "training" not in code.nodes and code.kwarg is None:  # Layer.__call__ keeps it to itself
            del named["training"]
    value = calls.call(m, f, node, method, given, named)
    parents = symbolic([*args, *kwargs.values()])
    return owned(m.call, value, [instance, *args, *kwargs.values()]) if parents else value


def _traced(value: Any) -> Any:
    """A KerasTensor as the tf.Tensor that stands for it while `call` is traced."""
    if type(value) is Tensor and value.library == "keras":
        made = value.with_(library="tensorflow", origin=value.origin, history=None)
        return made
    if type(value) is tuple:
        return tuple([_traced(v) for v in value])
    if isinstance(value, List) and value.rest is None:
        return List([_traced(v) for v in value])
    if isinstance(value, Dict) and value.rest is None:
        return Dict({k: _traced(v) for k, v in value.items()})
    return value


def shapes_of(m: Machine, value: Any) -> Any:
    """The `input_shape` that `build` gets: a tuple of dims, or the same structure of such tuples."""
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        return shape if isinstance(shape, tuple) else UNKNOWN
    if isinstance(value, (list, tuple)):
        return List([shapes_of(m, v) for v in value])
    if isinstance(value, dict):
        return Dict({k: shapes_of(m, v) for k, v in value.items()})
    return UNKNOWN


def build(m: Machine, f: Frame, node: ast.AST, instance: Instance, first: Any) -> None:
    """Run the program's `build` once, with the shape of the first input."""
    from shapelens.interpreter import calls, classes

    if instance.attrs.get("built") is True:
        return
    m.touch(instance)
    method, owner = classes.find_in_class(instance.cls, "build")
    if isinstance(owner, Class) and method is not None:
        calls.call(m, f, node, Bound(method, instance), [shapes_of(m, first)], {})
    instance.attrs["built"] = True


def quietly(m: Machine, run: Callable[[], Any]) -> Any:
    """Run without hints: what the layers give was shown when the model was built, for any batch."""
    before, m.recording = m.recording, False
    try:
        return run()
    finally:
        m.recording = before
