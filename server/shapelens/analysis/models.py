"""One run of one model, for a table of its layers: which object it is, and what it is called with."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shapelens.analysis.contexts import open_arguments
from shapelens.interpreter import calls, classes, containers, keras
from shapelens.interpreter.expressions import ev
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules.registry import bases_of, layers
from shapelens.rules.work import Called, all_calls
from shapelens.values import Class, Exceptional, Function, Instance, Lib, Tensor


@dataclass(frozen=True)
class ModelRun:
    """The call of the model, None where it was not reached; `error` is the Python exception that it ends with."""

    root: Called | None
    error: str = ""


def run(m: Machine, frame: Frame, expression: ast.expr, inputs: Sequence[Tensor], flows: bool = False) -> ModelRun:
    """Call a model that an expression names, with the inputs, or with those that can be known.

    What the file's own statements did must lie in `m.call.work`. Raises ValueError with a message for a person.
    """
    made_before = [call for call in all_calls(m.call.work or []) if isinstance(call.instance, Instance)]
    m.call.work = None
    try:
        model, known = _model(m, frame, expression, made_before)
        root = _built(model, made_before)
        if root is not None and not inputs:
            return ModelRun(root)
        args, kwargs = _arguments(m, frame, expression, model, known, inputs)
    except Exceptional as error:
        return ModelRun(None, _text(error))
    m.recording = m.apart = True
    m.call.flows = flows
    m.reports.clear()
    m.call.work = work = []  # type: ignore[var-annotated]
    error_text = ""
    try:
        calls.call(m, frame, expression, model, args, kwargs)
    except Exceptional as error:
        error_text = _text(error)
    finally:
        m.call.work, m.call.flows = None, False
    error_text = _moved(m, frame) or error_text
    root = next((call for call in work if type(call) is Called and call.instance is model), None)
    if (
        root is not None
        and not inputs
        and not m.reports
        and not error_text
        and known is None
        and not _says_a_size(m, root)
    ):
        raise ValueError(f"the input of {_name(model)} cannot be known: give it with --input, such as 2,3,224,224")
    return ModelRun(root, error_text)


def _built(model: Instance, made_before: Sequence[Called]) -> Called | None:
    """The calls of a Keras model's layers when it was made; None where it is run when it is called."""
    inputs = model.attrs.get("_inputs", model.attrs.get("_input"))
    outputs = model.attrs.get("_outputs", model.attrs.get("_output"))
    if not keras.is_keras_class(model.cls) or inputs is None or model.attrs.get("?") is not None:
        return None
    tensors = keras.tensors_between(inputs, outputs)
    if tensors is None:
        return None
    order = {id(tensor): i for i, tensor in enumerate(tensors)}
    entries = {order[id(call.result)]: call for call in made_before if id(call.result) in order}
    return Called(model, keras.flatten(inputs) or [], {}, outputs, [entries[i] for i in sorted(entries)])


def _moved(m: Machine, frame: Frame) -> str:
    """Problems of the call that stands in no file are told where the layer was made; else the message of one."""
    kept, told = [], ""
    for report in m.reports:
        related = tuple(
            r for r in report.related if r.origin.where is not None and r.origin.where[0] is not frame.place
        )
        if report.place is not frame.place:
            kept.append(report._replace(related=related))
        elif related:
            place, node = related[0].origin.where
            kept.append(report._replace(place=place, node=node, related=related[1:]))
        else:
            told = report.failure.message
    m.reports[:] = kept
    return told


def _text(error: Exceptional) -> str:
    return f"{error.name}: {error.problem}" if error.problem else error.name


def _name(model: Instance) -> str:
    return str(model.cls.name)


def _model(
    m: Machine, frame: Frame, expression: ast.expr, made_before: Sequence[Called]
) -> tuple[Instance, Called | None]:
    """The model, and a call of it that the file makes."""
    written = ast.unparse(expression)
    value = m.store.value(ev(m, expression, frame))
    for name in {n.id for n in ast.walk(expression) if isinstance(n, ast.Name)}:
        if (frame.module.name, name) in m.unbound and name not in frame.locals:
            raise ValueError(f"there is no {name} in {frame.module.path or frame.module.name}")
    if isinstance(value, Class) and classes.is_model_class(value):
        called = next((call for call in made_before if call.instance.cls is value), None)
        if called is not None:
            return called.instance, called
        made = next((each for each in m.instances if each.cls is value), None)
        if made is not None:
            return made, None
        missing = _missing_arguments(value)
        if missing:
            raise ValueError(f"{written} needs {', '.join(missing)}: name it as {written}(…) with values for these")
        value = calls.call(m, frame, expression, value, [], {})
    elif isinstance(value, Lib) and value.path in layers:
        raise ValueError(f"{written} is a class: name it as {written}(…) with its arguments")
    if not isinstance(value, Instance) or not classes.is_model_class(value.cls):
        raise ValueError(f"{written} is not known to be a torch.nn.Module or a Keras model")
    return value, next((call for call in made_before if call.instance is value), None)


def _missing_arguments(cls: Class) -> list[str]:
    init, owner = classes.find_in_class(cls, "__init__")
    if not isinstance(init, Function) or not isinstance(owner, Class):
        return []
    code = calls.code_of(init)
    needed = code.args[1 : len(code.args) - len(init.defaults)]
    return needed + [name for name in code.kwonly if name not in init.kw_defaults]


def _arguments(
    m: Machine, frame: Frame, node: ast.AST, model: Instance, known: Called | None, inputs: Sequence[Tensor]
) -> tuple[list[Any], dict[str, Any]]:
    """What the model is called with: the inputs, or those of a call in the file, or open ones."""
    forward, owner = classes.find_in_class(model.cls, classes.forward_name(model.cls))
    if isinstance(forward, Function) and isinstance(owner, Class):
        if inputs:
            _hold_count(model, forward, len(inputs))
            return list(inputs), {}
        if known is not None:
            return [m.store.value(a) for a in known.args], {k: m.store.value(v) for k, v in known.kwargs.items()}
        return open_arguments(m, frame, forward, model, True).args, {}
    if inputs:
        return list(inputs), {}
    if known is not None:
        return [m.store.value(a) for a in known.args], {k: m.store.value(v) for k, v in known.kwargs.items()}
    path = model.cls.path if isinstance(model.cls, Lib) else classes.library_base(model.cls) or ""
    rule = next((layers[base].forward for base in bases_of(path) if base in layers), None)
    if rule is None:
        return [m.named_unknown("x")] if containers.kind_of(model) else [], {}
    return [m.named_unknown(p.name) for p in rule.positional if not p.has_default], {}


def _hold_count(model: Instance, forward: Function, given: int) -> None:
    """Raises ValueError where a forward takes another number of inputs than were given."""
    code = calls.code_of(forward)
    names, optional = code.args[1:], len(forward.defaults)
    least = len(names) - optional
    if least <= given and (given <= len(names) or code.vararg is not None):
        return
    count = least if given < least else len(names)
    wanted = f"{'at most ' if optional and given > least else ''}{count} input{'' if count == 1 else 's'}"
    listed = f" ({', '.join(names)})" if names else ""
    raise ValueError(f"{_name(model)}.forward takes {wanted}{listed}, {given} given with --input")


def _says_a_size(m: Machine, root: Called) -> bool:
    """Whether the layers have taught an input that nobody gave: it is a tensor of known rank."""
    given = [m.store.value(value) for value in (*root.args, *root.kwargs.values())]
    return not given or any(isinstance(value, Tensor) and isinstance(value.shape, tuple) for value in given)
