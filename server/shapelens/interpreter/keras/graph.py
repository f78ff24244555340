"""What a model is made of: the tensors and layers of its graph, the layers in it, their weights and shapes."""

from __future__ import annotations

from typing import Any

from shapelens.dims import symbols
from shapelens.interpreter.keras import kinds
from shapelens.interpreter.machine import Machine
from shapelens.values import (
    UNKNOWN,
    Dict,
    Instance,
    List,
    Size,
    Tensor,
)


def flatten(value: Any) -> list[Any] | None:
    """The leaves of nested lists, tuples and dicts, dicts by sorted key; None where a part is not known."""
    if isinstance(value, dict):
        if getattr(value, "rest", None) is not None:
            return None
        parts = [flatten(value[k]) for k in sorted(value, key=str)]
    elif isinstance(value, (list, tuple)):
        if getattr(value, "rest", None) is not None:
            return None
        parts = [flatten(v) for v in value]
    else:
        return [value]
    return None if any(p is None for p in parts) else [leaf for p in parts if p is not None for leaf in p]


def tensors_between(inputs: Any, outputs: Any) -> list[Tensor] | None:
    """The symbolic tensors from the inputs to the outputs, each behind those that it is made of; None: not known."""
    ends, starts = flatten(outputs), flatten(inputs)
    if ends is None or starts is None or not all(isinstance(t, Tensor) and t.history for t in ends):
        return None
    order: list[Tensor] = []
    seen: set[int] = set()
    stop = {id(t) for t in starts}
    for end in ends:
        stack: list[tuple[Tensor, bool]] = [(end, False)]
        while stack:
            each, is_done = stack.pop()
            if is_done:
                order.append(each)
            elif id(each) not in seen and each.history is not None:
                seen.add(id(each))
                stack.append((each, True))
                if id(each) not in stop:
                    stack.extend((p, False) for p in reversed(each.history[1]) if id(p) not in seen)
    return order


def layers_between(inputs: Any, outputs: Any) -> list[Instance] | None:
    """The layers between inputs and outputs in Keras' order: by depth, then as they were met from the inputs on.

    Source of the order: keras.src.ops.function.map_graph.
    """
    order = tensors_between(inputs, outputs)
    if order is None:
        return None
    stop = {id(t) for t in flatten(inputs) or ()}
    depth: dict[int, int] = {}
    for tensor in reversed(order):
        own = depth.setdefault(id(tensor), 0)
        assert tensor.history is not None
        if id(tensor) not in stop:
            for parent in tensor.history[1]:
                depth[id(parent)] = max(depth.get(id(parent), 0), own + 1)
    found: dict[int, tuple[int, int, Instance]] = {}
    for position, tensor in enumerate(order):
        assert tensor.history is not None
        layer = tensor.history[0]
        if layer is None:
            continue
        deepest = max(depth[id(tensor)], found[layer.born][0] if layer.born in found else 0)
        first = found[layer.born][1] if layer.born in found else position
        found[layer.born] = deepest, first, layer
    return [layer for _, _, layer in sorted(found.values(), key=lambda e: (-e[0], e[1]))]


def layers_of(instance: Instance) -> list[Any] | None:
    """`model.layers`; None where they are not known."""
    if instance.attrs.get("?") is not None:
        return None
    if "_layers" in instance.attrs and kinds.kind_of(instance) == kinds.SEQUENTIAL:
        held = instance.attrs["_layers"]
        return list(held) if isinstance(held, List) and held.rest is None else None
    if "_inputs" in instance.attrs:
        return layers_between(instance.attrs["_inputs"], instance.attrs["_outputs"])
    return children(instance)


def children(instance: Instance) -> list[Instance]:
    """The layers among an object's attributes, in lists and dicts too, each once."""
    found: list[Instance] = []

    def collect(value: Any) -> None:
        if kinds.is_layer(value):
            if not any(value is v for v in found):
                found.append(value)
        elif isinstance(value, (list, tuple)):
            for each in value:
                collect(each)
        elif isinstance(value, dict):
            for each in value.values():
                collect(each)

    for name, value in instance.attrs.items():
        if name not in ("_inputs", "_outputs", "_input", "_output", "input", "output"):
            collect(value)
    return found


def weights(instance: Instance) -> list[Tensor]:
    """All weights of a layer or model, those of the layers in it behind its own."""
    own = [v for v in instance.attrs.values() if isinstance(v, Tensor) and v.parameter]
    for child in layers_of(instance) or []:
        if kinds.is_layer(child):
            own += weights(child)
    return own


def shape_tuple(m: Machine, tensor: Any) -> Any:
    """A symbolic tensor's shape as Keras gives it: None where a size is not fixed; the structure for several."""
    if isinstance(tensor, Tensor):
        shape = m.store.shape(tensor.shape)
        if not isinstance(shape, tuple):
            return UNKNOWN
        return Size([None if symbols(d) & kinds.state(m).nones else d for d in shape])
    if isinstance(tensor, (list, tuple)):
        return List([shape_tuple(m, t) for t in tensor])
    if isinstance(tensor, dict):
        return Dict({k: shape_tuple(m, t) for k, t in tensor.items()})
    return UNKNOWN
