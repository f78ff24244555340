"""Functional models: made of inputs and outputs; called, the new sizes take the place of the inputs' symbols."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.dims import Dim, Symbol, as_symbol, substitute
from shapelens.interpreter.keras import calling, graph, input_layers, kinds
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules.call import Failure
from shapelens.rules.conversion import owned
from shapelens.values import (
    UNKNOWN,
    Dict,
    Instance,
    List,
    Open,
    Tensor,
)


def hold_connected(m: Machine, f: Frame, node: ast.AST, model: Instance) -> None:
    """Report outputs that come from an Input which is not among the model's inputs."""
    starts = graph.flatten(model.attrs["_inputs"])
    if starts is None or not all(isinstance(t, Tensor) and t.history is not None for t in starts):
        return
    stop = {t.history[0].born for t in starts if isinstance(t.history[0], Instance)}
    for tensor in graph.tensors_between(model.attrs["_inputs"], model.attrs["_outputs"]) or ():
        layer, parents = tensor.history or (None, ())
        if (
            isinstance(layer, Instance)
            and not parents
            and kinds.kind_of(layer) == kinds.INPUT_LAYER
            and layer.born not in stop
        ):
            name = layer.attrs.get("name")
            text = f"Model: an output comes from the input {name!r}, which is not among the inputs"
            m.report(Failure("call-arguments", text, m.call.related(tensor)), f.place, node)
            model.attrs["?"] = True
            return


def call(m: Machine, f: Frame, node: ast.AST, model: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a functional model gives: its outputs, with the sizes of these inputs in the place of its symbols."""
    given = args[0] if args else kwargs.get("inputs", UNKNOWN)
    declared = graph.flatten(model.attrs["_inputs"])
    values = _by_name(model, given, declared)
    if declared is None or values is None or not all(isinstance(d, Tensor) for d in declared):
        return UNKNOWN
    if len(values) != len(declared):
        if all(isinstance(v, Tensor) for v in values):
            text = f"Model expects {len(declared)} inputs, got {len(values)}"
            m.report(Failure("input-mismatch", text), f.place, node)
        return UNKNOWN
    table: dict[Symbol, Dim] = {}
    is_symbolic = False
    for value, wanted in zip(values, declared):
        value = m.store.value(value)
        if not isinstance(value, Tensor):
            return UNKNOWN
        is_symbolic = is_symbolic or value.library == "keras"
        fitted = _fitted(m, f, node, model, value, wanted)
        if fitted is None or not _bind(m, fitted, wanted, table):
            return UNKNOWN
    if not is_symbolic and (late := _fails_late(m, model)) is not None:
        m.report(late, f.place, node)
        return UNKNOWN
    result = _substituted(m, model.attrs["_outputs"], table, "keras" if is_symbolic else "tensorflow")
    return owned(m.call, result, [model, *values]) if is_symbolic else result


def _fails_late(m: Machine, model: Instance) -> Failure | None:
    """The problem of a layer that was put together without complaint, and that fails as soon as the model runs."""
    if "_may_fail" not in model.attrs:
        tensors = graph.tensors_between(model.attrs["_inputs"], model.attrs["_outputs"]) or []
        found = [
            (given, code, text)
            for layer, parents in (t.history for t in tensors if t.history is not None)
            if isinstance(layer, Instance)
            for given, code, text in layer.attrs.get("_late", ())
            if any(parent is given for parent in parents)
        ]
        model.attrs["_may_fail"] = tuple(found[:1])  # follows from what it is, so that nothing is changed
    for given, code, text in model.attrs["_may_fail"]:
        return Failure(code, f"{text}: the model could be put together, but not run", m.call.related(given))
    return None


def _by_name(model: Instance, given: Any, declared: list[Any] | None) -> list[Any] | None:
    """The inputs in the order of the declared ones; a dict goes by the inputs' names."""
    struct = model.attrs["_inputs"]
    if isinstance(given, dict) and not isinstance(struct, dict) and declared is not None:
        names = [
            t.history[0].attrs.get("name") if isinstance(t, Tensor) and t.history and t.history[0] else None
            for t in declared
        ]
        if all(n in given for n in names):
            return [given[n] for n in names]
        return None
    if isinstance(given, dict) and isinstance(struct, dict) and getattr(given, "rest", None) is None:
        if given.keys() > struct.keys():
            given = {key: given[key] for key in struct}  # What the model does not ask for is left out, with a warning.
    return graph.flatten(given)


def _fitted(m: Machine, f: Frame, node: ast.AST, model: Instance, value: Tensor, wanted: Tensor) -> Tensor | None:
    """The input as the model takes it; None, and reported, where its InputSpec says no.

    A last axis of 1 may be there or not. Source: keras.layers.InputSpec with allow_last_axis_squeeze.
    """
    fitted = input_layers.as_declared(m, f, node, model, value, wanted)
    if fitted is None:
        return None
    declared = m.store.shape(wanted.shape)
    if not isinstance(m.store.shape(value.shape), tuple) or not isinstance(declared, tuple):
        return fitted
    if not input_layers.is_of_declared_sizes(m, f, node, model, value, wanted):
        return None
    taken = m.store.shape(fitted.shape)
    if isinstance(taken, tuple) and len(taken) == len(declared) > 1 and taken[-1] != declared[-1]:
        if value.library == "keras":
            return (
                None  # The layers are not called: what they would give is asked of each, and none looks at its weights.
            )
        return fitted if _goes_through(m, f, node, model, fitted, wanted) else None
    return fitted


def _goes_through(m: Machine, f: Frame, node: ast.AST, model: Instance, value: Tensor, wanted: Tensor) -> bool:
    """Whether the layers that take an input alone take one of another last size: its InputSpec says nothing of that."""
    reports = len(m.reports)
    for tensor in graph.tensors_between(model.attrs["_inputs"], model.attrs["_outputs"]) or ():
        if tensor.history is not None and isinstance(tensor.history[0], Instance) and len(tensor.history[1]) == 1:
            if tensor.history[1][0] is wanted:
                layer = tensor.history[0]
                calling.quietly(m, lambda layer=layer: calling.applied(m, f, node, layer, value))  # type: ignore[misc]
                if len(m.reports) > reports:
                    m.reports[reports].failure.message += f"; the model was made for {m.call.text(wanted)}"
                    return False
    return True


def _bind(m: Machine, value: Tensor, declared: Tensor, table: dict[Symbol, Dim]) -> bool:
    """Note what the declared symbols stand for in this call; False where it cannot be told."""
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    if not isinstance(wanted, tuple) or not isinstance(shape, tuple) or len(shape) != len(wanted):
        return False
    for came, asked in zip(shape, wanted):
        if isinstance(asked, int):
            continue
        name = as_symbol(asked)
        if name is not None:
            table.setdefault(name, came)
        elif asked != came:
            return False
    return True


def _substituted(m: Machine, value: Any, table: dict[Symbol, Dim], library: str) -> Any:
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        if isinstance(shape, Open):
            shape = None
        if isinstance(shape, tuple):
            shape = tuple([d if isinstance(d, int) else substitute(d, table) for d in shape])
        return Tensor(shape, value.dtype, library)
    if isinstance(value, (list, tuple)):
        made = [_substituted(m, v, table, library) for v in value]
        return tuple(made) if type(value) is tuple else List(made)
    if isinstance(value, dict):
        return Dict({k: _substituted(m, v, table, library) for k, v in value.items()})
    return UNKNOWN
