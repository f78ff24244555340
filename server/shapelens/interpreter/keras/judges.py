"""Keras: losses and metrics that the program writes itself, as subclasses of keras.losses.Loss and keras.metrics.Metric."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.values import UNKNOWN, Bound, Class, Dict, Function, Instance, Lib, List, Tensor
from shapelens.values.dtypes import FLOATS

LOSS, METRIC = "keras.losses.Loss", "keras.metrics.Metric"


def floatx(m: Machine) -> str | None:
    """The dtype that Keras computes losses in; None where the program may have set another."""
    policy = m.call.keras_policy
    return "float32" if policy is not None and (policy == "float32" or policy.startswith("mixed_")) else None


def base_of(value: Any) -> str | None:
    """LOSS or METRIC for an object of a class of the program that is one of these; None for others."""
    if not isinstance(value, Instance) or not isinstance(value.cls, Class):
        return None
    for base in value.cls.mro:
        if isinstance(base, Lib):
            found = {*registry.bases_of(registry.canonical(base.path)), registry.canonical(base.path)}
            return next((each for each in (LOSS, METRIC) if each in found), None)
    return None


def own_method(instance: Instance, name: str) -> Bound | None:
    """A method that the program itself wrote; None where the library's is used."""
    from shapelens.interpreter import classes

    method, owner = classes.find_in_class(instance.cls, name)
    return Bound(method, instance) if isinstance(owner, Class) and method is not None else None


def call_loss(m: Machine, f: Frame, node: ast.AST, loss: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`loss(y_true, y_pred, sample_weight)`: the program's `call` on both in the loss's dtype, then reduced.

    Source: keras.losses.Loss.__call__.
    """
    from shapelens.interpreter import calls
    from shapelens.rules.keras.losses import reduced_loss

    given = {**dict(zip(("y_true", "y_pred", "sample_weight"), args)), **kwargs}
    method = own_method(loss, "call")
    if method is None or not {"y_true", "y_pred"} <= given.keys():
        return UNKNOWN
    dtype = m.store.value(loss.attrs.get("dtype"))
    dtype = dtype if isinstance(dtype, str) else floatx(m) if dtype is None else None
    both = [cast(m, given[name], dtype) for name in ("y_true", "y_pred")]
    values = m.store.value(calls.call(m, f, node, method, both, {}))
    if not isinstance(values, Tensor):
        return UNKNOWN
    return calls.guarded(
        m, f, node, lambda: reduced_loss(m.call, loss, values, given.get("sample_weight")), Tensor(None)
    )


def call_metric(m: Machine, f: Frame, node: ast.AST, metric: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`metric(…)`: the program's `update_state`, then its `result`. Source: keras.metrics.Metric.__call__."""
    from shapelens.interpreter import calls

    update, result = own_method(metric, "update_state"), own_method(metric, "result")
    reports = len(m.reports)
    if update is not None:
        calls.call(m, f, node, update, args, kwargs)
    return calls.call(m, f, node, result, [], {}) if result is not None and len(m.reports) == reports else UNKNOWN


def structures(m: Machine, compiled: dict[str, Any], y: Any, output: Any) -> Failure | None:
    """Why labels, losses and metrics do not go with the outputs, one by one; None where they do, or it is not known.

    Source: keras.src.trainers.compile_utils, CompileLoss.call and CompileMetrics._build_metrics_set.
    """
    loss, metrics = m.store.value(compiled.get("loss")), m.store.value(compiled.get("metrics"))
    outputs, labels, losses = _count(m, output), _count(m, y), _count(m, loss)
    if outputs is None or labels is None or losses is None or loss is None:
        return None
    are_many = outputs > 1
    wanted = 1 if losses == -1 else sum(m.store.value(v) is not None for v in loss)
    given = "one array of labels" if labels == -1 else f"{labels} arrays of labels"
    if are_many and abs(labels) != outputs and (losses == -1 or wanted != abs(labels)):
        return Failure("target-mismatch", f"the model has {outputs} outputs, and {given}: each output needs its own")
    if not are_many and labels > 1:
        return Failure("target-mismatch", f"the model has one output, and {given}")
    if are_many and wanted == losses > outputs:
        return Failure("target-mismatch", f"compile was given {losses} losses, and the model has {outputs} outputs")
    if are_many and isinstance(metrics, (list, tuple)) and getattr(metrics, "rest", None) is None:
        if len(metrics) not in (0, outputs):
            text = f"compile was given a list of {len(metrics)} metrics, and the model has {outputs} outputs"
            return Failure(
                "target-mismatch", f"{text}: it must have an entry for each, in order; an entry may be a list"
            )
    return None


def _count(m: Machine, value: Any) -> int | None:
    """How many leaves a flat list or tuple has, -1 for what is one leaf itself; None for what is nested or not known."""
    if isinstance(value, (Tensor, str, Function, Instance, Lib)):
        return -1
    if isinstance(value, (list, tuple)) and getattr(value, "rest", None) is None:
        items = [m.store.value(v) for v in value]
        return (
            len(items)
            if all(v is None or isinstance(v, (Tensor, str, Function, Instance, Lib)) for v in items)
            else None
        )
    return None


def cast(m: Machine, value: Any, dtype: str | None) -> Any:
    """The tensors of a structure in a loss's dtype, arrays as tensors."""
    value = m.store.value(value)
    if isinstance(value, Tensor):
        library = "keras" if value.library == "keras" else "tensorflow"
        return value.with_(library=library, dtype=dtype, origin=value.origin)
    if isinstance(value, tuple):
        return tuple([cast(m, v, dtype) for v in value])
    if isinstance(value, List) and value.rest is None:
        return List([cast(m, v, dtype) for v in value])
    if isinstance(value, Dict) and value.rest is None:
        return Dict({k: cast(m, v, dtype) for k, v in value.items()})
    return value


def in_floatx(m: Machine, tensor: Tensor) -> Tensor:
    """An array as `fit` takes it: floats of another precision are cast, all else stays.

    Source: keras.src.trainers.data_adapters.array_slicing.convert_to_sliceable.
    """
    dtype = floatx(m)
    is_cast = tensor.dtype in FLOATS and tensor.dtype != dtype
    return tensor.with_(dtype=dtype, origin=tensor.origin) if is_cast else tensor


__all__ = [
    "LOSS",
    "METRIC",
    "base_of",
    "call_loss",
    "call_metric",
    "cast",
    "floatx",
    "in_floatx",
    "own_method",
    "structures",
]
