"""Keras: compile, fit, evaluate, predict and their per-batch forms: data against the model, labels against its output.

Arrays are taken as a whole: the model is run on all samples at once, as the sizes of a batch differ in the first axis only.
A model whose `call` is the program's own is run on one batch, whose sizes are what its lines then show. Datasets, loaders
and generators give what one of their elements looks like: `x`, `(x, y)` or `(x, y, sample_weight)`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shapelens.dims import Dim, equal
from shapelens.interpreter import memory
from shapelens.interpreter.keras import calling, graph, judges, kinds
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.values import (
    UNKNOWN,
    Bound,
    Class,
    Dict,
    Function,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Scalar,
    Tensor,
    Unknown,
)

_MISSING = object()
_DEFAULT_BATCH = 32


@dataclass(frozen=True)
class Data:
    """What a model is trained on: `x`, `y` and `weights` in their structures, None for what there is not.

    `whole` says that the first axis counts all samples, `batch` how many of these make a batch.
    """

    x: Any
    y: Any = None
    weights: Any = None
    whole: bool = False
    batch: Dim = _DEFAULT_BATCH


def _arguments(names: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    return {**dict(zip(names.split(), args)), **kwargs}


# -- data ----------------------------------------------------------------------------------------------------------


def data_of(m: Machine, f: Frame, node: ast.AST, given: dict[str, Any], is_cast: bool = True) -> Data | None:
    """The data of a fit, evaluate or predict; None where it is not known. Reports arrays of different lengths.

    With `is_cast`, floats of arrays become Keras' own; what is given for one batch stays as it is.
    """
    x = m.store.value(given.get("x", UNKNOWN))
    y, weights = m.store.value(given.get("y")), m.store.value(given.get("sample_weight"))
    for name in ("x", "y", "sample_weight") if is_cast else ():
        if _is_plain(m, given.get(name)) and (name == "x" or _is_arrays(m, x)):
            text = f"arrays are needed, and {name} is a list of plain values: make it one with np.array"
            m.report(Failure("input-mismatch", text), f.place, node)
            return None
    if _is_arrays(m, x):
        if is_cast:
            x, y, weights = (_leaf_by_leaf(m, v, lambda t: judges.in_floatx(m, t)) for v in (x, y, weights))
        if m.store.value(given.get("validation_split")) not in (None, 0, 0.0):
            y, weights = _cut(m, x, y), _cut(m, x, weights)
        if not _same_lengths(m, f, node, x, y, weights):
            return None
        return Data(x, y, weights, True, _batch_size(m, given.get("batch_size")))
    element = element_of(m, f, node, x)
    if element is None:
        return None
    if isinstance(element, (tuple, List)) and len(element) in (1, 2, 3) and getattr(element, "rest", None) is None:
        parts = [m.store.value(p) for p in element]
        if isinstance(element, tuple) or len(parts) > 1:
            return Data(*parts)
    return Data(element)


def _is_plain(m: Machine, value: Any) -> bool:
    """Whether a list begins with a number or a text, not with an array.

    Source: keras.src.trainers.data_adapters.get_data_adapter.
    """
    value = m.store.value(value)
    if not isinstance(value, (list, tuple)) or not value:
        return False
    first = m.store.value(value[0])
    return isinstance(first, (int, float, str)) or _is_plain(m, first)


def _batch_size(m: Machine, value: Any) -> Dim:
    value = m.store.value(value)
    if value is None:
        return _DEFAULT_BATCH
    try:
        return m.call.dim(value)
    except registry.NotKnown:
        return kinds.state(m).batch


def _is_arrays(m: Machine, value: Any) -> bool:
    """Whether all leaves are arrays or tensors."""
    leaves = graph.flatten(value)
    return bool(leaves) and all(isinstance(m.store.value(leaf), Tensor) for leaf in leaves or ())


def element_of(m: Machine, f: Frame, node: ast.AST, source: Any) -> Any:
    """What a dataset, a loader, a PyDataset or a generator gives at a time; None where that is not known."""
    from shapelens.interpreter import calls, classes

    if isinstance(source, Instance):
        if "element" in source.attrs:
            return m.store.value(source.attrs["element"])
        method, owner = classes.find_in_class(source.cls, "__getitem__")
        if isinstance(owner, Class) and method is not None:
            return calls.call(m, f, node, Bound(method, source), [Scalar("int")], {})
        return None
    if isinstance(source, Iter):
        return m.store.value(source.items[0]) if source.items else source.rest
    if isinstance(source, Many):
        return m.store.value(source.element)
    return None


def _same_lengths(m: Machine, f: Frame, node: ast.AST, *parts: Any) -> bool:
    """Whether all arrays may have as many samples as each other; reports where they cannot."""
    first: Tensor | None = None
    for part in parts:
        for leaf in graph.flatten(part) or ():
            leaf = m.store.value(leaf)
            shape = m.store.shape(leaf.shape) if isinstance(leaf, Tensor) else None
            if not isinstance(shape, tuple) or not shape:
                continue
            if first is None:
                first = leaf
                continue
            known = m.store.shape(first.shape)
            assert isinstance(known, tuple)
            if equal(known[0], shape[0]) is False and isinstance(known[0], int) and isinstance(shape[0], int):
                text = (
                    f"the arrays have {known[0]} and {shape[0]} samples: {m.call.text(first)} and {m.call.text(leaf)}"
                )
                failure = Failure("size-mismatch", text, m.call.related(first, leaf))
                failure.conflict = known[0], shape[0]
                m.report(failure, f.place, node)
                return False
    return True


def _cut(m: Machine, x: Any, value: Any) -> Any:
    """What is split for validation: arrays that are longer than the first are cut to its length.

    Source: keras.src.trainers.data_adapters.array_slicing.train_validation_split.
    """
    first = next((m.store.value(leaf) for leaf in graph.flatten(x) or ()), None)
    shape = m.store.shape(first.shape) if isinstance(first, Tensor) else None
    count = shape[0] if isinstance(shape, tuple) and shape else None

    def cut(leaf: Any) -> Any:
        leaf = m.store.value(leaf)
        own = m.store.shape(leaf.shape) if isinstance(leaf, Tensor) else None
        if not isinstance(own, tuple) or not own or not isinstance(count, int):
            return leaf
        is_longer = isinstance(own[0], int) and own[0] > count
        return leaf.with_(shape=(count, *own[1:]), origin=leaf.origin) if is_longer else leaf

    value = m.store.value(value)
    if isinstance(value, dict):
        return Dict({k: cut(v) for k, v in value.items()})
    if isinstance(value, (list, tuple)):
        return List([cut(v) for v in value])
    return cut(value)


def _batched(m: Machine, value: Any, size: Dim) -> Any:
    """One batch of arrays."""
    value = m.store.value(value)
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        if not isinstance(shape, tuple) or not shape:
            return value
        own = shape[0] if isinstance(shape[0], int) and isinstance(size, int) and shape[0] < size else size
        return value.with_(shape=(own, *shape[1:]), library="tensorflow", origin=value.origin)
    if isinstance(value, tuple):
        return tuple([_batched(m, v, size) for v in value])
    if isinstance(value, list):
        return List([_batched(m, v, size) for v in value])
    if isinstance(value, dict):
        return Dict({k: _batched(m, v, size) for k, v in value.items()})
    return value


def _leaf_by_leaf(m: Machine, value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The structure with each of its tensors changed."""
    value = m.store.value(value)
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple([_leaf_by_leaf(m, v, change) for v in value])
    if isinstance(value, list):
        return List([_leaf_by_leaf(m, v, change) for v in value])
    if isinstance(value, dict):
        return Dict({k: _leaf_by_leaf(m, v, change) for k, v in value.items()})
    return value


def _as_tensors(m: Machine, value: Any) -> Any:
    """Arrays as the tensors that a training step gets."""
    return _leaf_by_leaf(m, value, _as_tensor)


def _as_tensor(tensor: Tensor) -> Tensor:
    return tensor if tensor.library == "tensorflow" else tensor.with_(library="tensorflow", origin=tensor.origin)


# -- running -------------------------------------------------------------------------------------------------------


def _own(model: Instance, name: str) -> Any:
    from shapelens.interpreter import classes

    method, owner = classes.find_in_class(model.cls, name)
    return Bound(method, model) if isinstance(owner, Class) and method is not None else None


def run(m: Machine, f: Frame, node: ast.AST, model: Instance, data: Data, whole: bool = False) -> Any:
    """What the model gives for the data: for one batch where its `call` is the program's, unless `whole` is set."""
    from shapelens.interpreter import calls

    x = _as_tensors(m, data.x)
    if data.whole and not whole and _own(model, "call") is not None:
        x = _batched(m, x, data.batch)
    return calls.call(m, f, node, model, [x], {})


def _step(m: Machine, f: Frame, node: ast.AST, model: Instance, data: Data, name: str) -> Any:
    """One step on the data: the program's own `train_step`, or the model and its loss."""
    from shapelens.interpreter import calls

    own = _own(model, name)
    if own is not None:
        parts = [_as_tensors(m, p) for p in (data.x, data.y, data.weights)]
        if data.whole:
            parts = [_batched(m, p, data.batch) for p in parts]
        held = tuple(p for i, p in enumerate(parts) if p is not None or i == 0)
        return calls.call(m, f, node, own, [held if len(held) > 1 else held[0]], {})
    reports = len(m.reports)
    output = run(m, f, node, model, data)
    if len(m.reports) == reports and data.y is not None:
        y = _as_tensors(m, data.y)
        is_whole = data.whole
        if data.whole and _own(model, "call") is not None:
            y, is_whole = _batched(m, y, data.batch), False
        judge(m, f, node, model, y, output, data.batch if is_whole else None)
    return None


def judge(m: Machine, f: Frame, node: ast.AST, model: Instance, y: Any, output: Any, batch: Dim | None = None) -> None:
    """Hold the labels against the output, by the losses and metrics that the model was compiled with.

    With a `batch`, both are those of all samples, of which so many make a batch.
    """
    if _own(model, "compute_loss") is not None:
        return
    compiled = model.attrs.get("_compiled")
    if not isinstance(compiled, dict):
        return
    failure = judges.structures(m, compiled, m.store.value(y), m.store.value(output))
    if failure is not None:
        m.report(failure, f.place, node)
        return
    for name, loss in (("loss", compiled.get("loss")), ("metric", compiled.get("metrics"))):
        for each, labels, came in paired(m, model, m.store.value(loss), m.store.value(y), m.store.value(output), name):
            failure = _judged(m, f, node, each, labels, came, name, batch)
            if failure is not None:
                m.report(failure, f.place, node)
                return


def output_names(model: Instance) -> list[Any]:
    """The names of a functional model's output layers."""
    leaves = graph.flatten(model.attrs.get("_outputs", model.attrs.get("_output"))) or []
    found = []
    for leaf in leaves:
        layer = leaf.history[0] if isinstance(leaf, Tensor) and leaf.history is not None else None
        found.append(layer.attrs.get("name") if isinstance(layer, Instance) else None)
    return found


def paired(m: Machine, model: Instance, wanted: Any, y: Any, output: Any, kind: str) -> list[tuple[Any, Any, Any]]:
    """Which loss (or metric) is computed of which labels and output; nothing where that is not known.

    Source: keras.src.trainers.compile_utils.
    """
    if wanted is None or isinstance(wanted, Unknown):
        return []
    if isinstance(output, Tensor):
        if isinstance(y, (list, tuple)) and len(y) == 1:
            y = m.store.value(y[0])
        if isinstance(y, dict) and len(y) == 1:
            y = m.store.value(next(iter(y.values())))
        if not isinstance(y, Tensor):
            return []
        if isinstance(wanted, dict):
            wanted = next(iter(wanted.values())) if len(wanted) == 1 else None
        several = list(wanted) if isinstance(wanted, (list, tuple)) else [wanted]
        return [(m.store.value(w), y, output) for w in several if w is not None and not isinstance(w, (list, tuple))]
    names = output_names(model)
    if isinstance(output, dict):
        keys: list[Any] = list(output)
        outputs = [m.store.value(v) for v in output.values()]
    elif isinstance(output, (list, tuple)):
        outputs = [m.store.value(v) for v in output]
        keys = names if len(names) == len(outputs) else [None] * len(outputs)
    else:
        return []
    labels = _in_order(m, y, keys)
    if isinstance(wanted, (list, tuple, dict)):
        losses = _in_order(m, wanted, keys)
    else:
        losses = [wanted] * len(outputs) if kind == "loss" else None
    if labels is None or losses is None:
        return []
    return [
        (loss, label, came)
        for loss, label, came in zip(losses, labels, outputs)
        if loss is not None and isinstance(label, Tensor) and isinstance(came, Tensor)
        if not isinstance(loss, (list, tuple, dict))
    ]


def _in_order(m: Machine, value: Any, keys: list[Any]) -> list[Any] | None:
    if isinstance(value, dict):
        return [m.store.value(value.get(k)) for k in keys] if set(value) <= set(keys) else None
    if isinstance(value, (list, tuple)) and len(value) == len(keys) and getattr(value, "rest", None) is None:
        return [m.store.value(v) for v in value]
    return None


def squeezed(m: Machine, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Labels and output in the same rank, where their ranks differ by one and a last axis of 1 may be added or dropped.

    Source: keras.src.losses.loss.squeeze_or_expand_to_same_rank.
    """
    one, two = m.store.shape(a.shape), m.store.shape(b.shape)
    if not isinstance(one, tuple) or not isinstance(two, tuple) or abs(len(one) - len(two)) != 1:
        return a, b
    if len(one) < len(two):
        b, a = squeezed(m, b, a)
        return a, b
    if one[-1] != 1:
        return a, b
    if len(two) == 1:
        return a, b.with_(shape=(*two, 1), origin=b.origin)
    return a.with_(shape=one[:-1], origin=a.origin), b


def _judged(
    m: Machine, f: Frame, node: ast.AST, judge: Any, y: Tensor, output: Tensor, kind: str, batch: Dim | None
) -> Failure | None:
    """Why the loss or metric cannot be computed of these labels and this output; None where it can, or is not known.

    What the program wrote itself is run, on one batch. A loss gets both in its dtype, one that is a function in the same
    rank too. Source: keras.src.losses.losses.LossFunctionWrapper, keras.src.metrics.MeanMetricWrapper.
    """
    path = loss_path(judge) if kind == "loss" else metric_path(m, judge, y, output)
    if path is not None and path in registry.rules:
        labels = y.with_(dtype="float32", origin=y.origin)
        if kind == "loss":
            labels, output = squeezed(m, labels, output)
        try:
            registry.apply_rule(m.call, registry.rules[path], [labels, output], {})
        except Failure as failure:
            return failure
        return None
    is_function = isinstance(judge, Function)
    own = judges.base_of(judge)
    if batch is not None and (is_function or own is not None):
        y, output = _batched(m, y, batch), _batched(m, output, batch)
    if own == judges.METRIC and kind == "metric":
        judges.call_metric(m, f, node, judge, [y, output], {"sample_weight": None})
    elif is_function and kind == "loss":
        both = squeezed(m, *(judges.cast(m, v, judges.floatx(m)) for v in (y, output)))
        _call(m, f, node, judge, *both)
    elif (
        is_function or kind == "loss" and (own == judges.LOSS or isinstance(judge, Instance) and type(judge.cls) is Lib)
    ):
        _call(m, f, node, judge, y, output)
    return None


def _call(m: Machine, f: Frame, node: ast.AST, function: Any, *args: Any) -> Any:
    from shapelens.interpreter import calls

    return calls.call(m, f, node, function, list(args), {})


def loss_path(loss: Any) -> str | None:
    """The library function that a loss given by name or function means."""
    if isinstance(loss, Lib):
        return registry.canonical(loss.path)
    if isinstance(loss, str):
        from shapelens.rules.keras.losses import LOSSES  # with Keras' rules, which are loaded where a text speaks of it

        return LOSSES.get(loss)
    return None


def metric_path(m: Machine, metric: Any, y: Tensor, output: Tensor) -> str | None:
    """The library function that a metric given by name or function means; "accuracy" goes by the shapes."""
    if isinstance(metric, Lib):
        return registry.canonical(metric.path)
    if not isinstance(metric, str):
        return None
    from shapelens.rules.keras.metrics import METRICS, by_shapes

    labels, came = m.store.shape(y.shape), m.store.shape(output.shape)
    found = by_shapes(metric, labels if isinstance(labels, tuple) else None, came if isinstance(came, tuple) else None)
    return found or METRICS.get(metric)


# -- methods -------------------------------------------------------------------------------------------------------


_OPTIMIZERS = frozenset(
    "adadelta adafactor adagrad adam adamax adamw ftrl lion lossscaleoptimizer multioptimizer muon nadam optimizer "
    "optimizermap rmsprop schedulefreeadamw sgd auto".split()
)
"""What `compile(optimizer=…)` finds by name. Source: keras.src.optimizers.ALL_OBJECTS."""


def _compile(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = _arguments("optimizer loss loss_weights metrics weighted_metrics", args, kwargs)
    m.touch(i)
    optimizer = m.store.value(given.get("optimizer"))
    if isinstance(optimizer, str) and optimizer.lower() not in _OPTIMIZERS:
        named = next((v for v in (given.get("loss"), *args) if isinstance(v, str) and v.lower() in _OPTIMIZERS), None)
        text = f"compile: there is no optimizer '{optimizer}'"
        text += f", and '{named}' is one: the optimizer comes first, then the loss" if named is not None else ""
        m.report(Failure("argument-value", text), f.place, node)
    metrics = m.store.value(given.get("metrics"))
    if isinstance(metrics, (str, Function)) and metrics:
        shown = f"'{metrics}'" if isinstance(metrics, str) else metrics.name
        text = f"compile: metrics must be a list, a tuple or a dict; write metrics=[{shown}]"
        m.report(Failure("call-arguments", text), f.place, node)
    i.attrs["_compiled"] = Dict({"loss": given.get("loss"), "metrics": given.get("metrics")})
    return None


_FIT = (
    "x y batch_size epochs verbose callbacks validation_split validation_data shuffle class_weight sample_weight "
    "initial_epoch steps_per_epoch validation_steps validation_batch_size validation_freq"
)


def _fit(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = _arguments(_FIT, args, kwargs)
    if i.attrs.get("?") is not None:
        return UNKNOWN
    data = data_of(m, f, node, given)
    reports = len(m.reports)
    if data is not None:
        _step(m, f, node, i, data, "train_step")
        if len(m.reports) == reports:
            arrays = graph.flatten(data.x) or []
            memory.hold_step(m, f, node, i, [m.store.value(a) for a in arrays], lambda: _one_batch(m, f, node, i, data))
    validation = m.store.value(given.get("validation_data"))
    if validation is not None and len(m.reports) == reports and not isinstance(validation, Unknown):
        held = _validation(m, f, node, validation, given)
        if held is not None:
            calling.quietly(m, lambda: _step(m, f, node, i, held, "test_step"))
    if len(m.reports) == reports:
        _call_back(m, f, node, i, m.store.value(given.get("callbacks")))
    return UNKNOWN


_HOOKS = {
    "on_train_begin": 0,
    "on_epoch_begin": 1,
    "on_train_batch_begin": 1,
    "on_batch_begin": 1,
    "on_train_batch_end": 1,
    "on_batch_end": 1,
    "on_epoch_end": 1,
    "on_train_end": 0,
}
"""What `fit` calls of a callback, in order, and how many numbers each gets before its logs. Source: keras.callbacks."""


def _call_back(m: Machine, f: Frame, node: ast.AST, model: Instance, callbacks: Any) -> None:
    """Run the hooks that the program's own callbacks have, once each; those of a LambdaCallback too."""
    given = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
    for callback in map(m.store.value, given):
        if not isinstance(callback, Instance):
            continue
        if isinstance(callback.cls, Class):
            m.touch(callback)
            callback.attrs["model"] = model
        for name, numbers in _HOOKS.items():
            own = _own(callback, name) if isinstance(callback.cls, Class) else callback.attrs.get(name)
            reports = len(m.reports)
            if isinstance(own, (Bound, Function)):
                _call(m, f, node, own, *[Scalar("int")] * numbers, Unknown("logs"))
            if len(m.reports) > reports:
                return


def _one_batch(m: Machine, f: Frame, node: ast.AST, model: Instance, data: Data) -> Any:
    from shapelens.interpreter import calls

    x = _as_tensors(m, data.x)
    return calls.call(m, f, node, model, [_batched(m, x, data.batch) if data.whole else x], {})


def _validation(m: Machine, f: Frame, node: ast.AST, value: Any, given: dict[str, Any]) -> Data | None:
    if isinstance(value, (tuple, list)) and len(value) in (2, 3) and getattr(value, "rest", None) is None:
        names = ("x", "y", "sample_weight")
        size = given.get("validation_batch_size") or given.get("batch_size")
        return data_of(m, f, node, {**dict(zip(names, value)), "batch_size": size})
    return data_of(m, f, node, {"x": value})


def _evaluate(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = _arguments("x y batch_size verbose sample_weight steps", args, kwargs)
    if i.attrs.get("?") is None:
        data = data_of(m, f, node, given)
        if data is not None:
            _step(m, f, node, i, data, "test_step")
    return UNKNOWN


def _predict(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = _arguments("x batch_size verbose steps", args, kwargs)
    if i.attrs.get("?") is not None or _own(i, "predict_step") is not None:
        return UNKNOWN
    data = data_of(m, f, node, given)
    if data is None:
        return UNKNOWN
    reports = len(m.reports)
    output = run(m, f, node, i, data)
    if len(m.reports) > reports:
        return UNKNOWN
    if data.whole and _own(i, "call") is not None:
        output = calling.quietly(m, lambda: run(m, f, node, i, data, whole=True))
    return _arrays(m, output, data.whole)


def _arrays(m: Machine, value: Any, whole: bool) -> Any:
    """Tensors as the arrays that `predict` gives; of a dataset's, only the number of samples is not known."""
    value = m.store.value(value)
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        if isinstance(shape, tuple) and shape and not whole:
            shape = (m.call.fresh("N", 0), *shape[1:])
        return Tensor(shape, value.dtype, "numpy")
    if isinstance(value, (list, tuple)):
        return List([_arrays(m, v, whole) for v in value])
    if isinstance(value, dict):
        return Dict({k: _arrays(m, v, whole) for k, v in value.items()})
    return UNKNOWN


def _on_batch(step: str) -> Callable[..., Any]:
    def method(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
        given = _arguments("x y sample_weight", args, kwargs)
        if i.attrs.get("?") is not None:
            return UNKNOWN
        data = data_of(m, f, node, given, is_cast=False)
        if data is None:
            return UNKNOWN
        whole = Data(data.x, data.y, data.weights)
        if step == "predict":
            return _arrays(m, run(m, f, node, i, whole), True)
        _step(m, f, node, i, whole, step)
        return UNKNOWN

    return method


METHODS: dict[str, kinds.Method] = {
    "compile": _compile,
    "fit": _fit,
    "evaluate": _evaluate,
    "predict": _predict,
    "train_on_batch": _on_batch("train_step"),
    "test_on_batch": _on_batch("test_step"),
    "predict_on_batch": _on_batch("predict"),
}
