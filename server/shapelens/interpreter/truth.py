"""The truth of a value, and what a branch learns from its test."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.dims import Expr, less, product
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.rules.placeholders import is_placeholder
from shapelens.values import Bound, Choice, Class, Dict, Function, Instance, Lib, List, Many, Partial, Tensor, Unknown
from shapelens.values.dtypes import NAMES
from shapelens.values.objects import Iter, PyModule
from shapelens.values.text import shape_text

AMBIGUOUS = "ambiguous-truth"
_AMBIGUOUS = ("torch", "numpy")
# Libraries whose objects may be tensors, and plain Python's, which an open parameter may be taught to be.
_OF_TENSORS = frozenset("torch numpy tensorflow keras builtins typing collections numbers torchvision PIL".split())


def truth(m: Machine, value: Any) -> bool | None:
    """bool(value), where it can be told."""
    kind = type(value)
    if kind is bool:
        return value  # type: ignore[no-any-return]
    if value is None:
        return False
    if isinstance(value, Tensor) and value.library == "numpy" and isinstance(value.scalars, (bool, int, float)):
        return bool(value.scalars)
    if isinstance(value, (Unknown, Tensor, Many)):
        return None
    if kind is List or kind is Dict and value.rest is None:
        return True if len(value) else None if value.rest is not None else False
    if kind is Dict:
        # Keys that only some branches left there hold an unknown.
        return True if any(type(v) is not Unknown for v in value.values()) else None
    if isinstance(value, Instance):
        return _instance_truth(m, value)
    if isinstance(value, Expr):
        return True if less(0, m.store.dim(value)) else None
    if isinstance(value, Choice):
        answers = {truth(m, v) for v in value.values}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(value, (Function, Class, Bound, Partial, PyModule, Iter)):
        return True
    if kind is Lib:
        return True if _is_object(value) else None
    try:
        return bool(value)
    except Exception:
        return None


def tested(m: Machine, f: Frame, node: ast.AST, value: Any) -> bool | None:
    """The truth of what a program tests: an array of several elements has none, which is reported."""
    if type(value) is Tensor and value.library in _AMBIGUOUS:
        shape = m.store.shape(value.shape)
        if isinstance(shape, tuple) and less(1, product(shape)) is True:
            advice = "use .any() or .all()" if value.dtype == "bool" else "compare it, and use .any() or .all()"
            text = f"{shape_text(shape)}{f' {value.dtype}' if value.dtype else ''}"
            m.report(
                Failure(AMBIGUOUS, f"several elements, {text}, are neither true nor false: {advice}"), f.place, node
            )
    elif is_placeholder(value):
        text = f"{m.call.text(value)} is a KerasTensor, which stands for what a model will be given: it is neither true nor"
        m.report(Failure(AMBIGUOUS, f"{text} false. Use keras.ops.where or keras.ops.cond"), f.place, node)
    return truth(m, value)


def _is_object(value: Lib) -> bool:
    """Whether a library name is known to stand for a module, class, function or dtype, rather than for a plain value."""
    path = registry.canonical(value.path)
    if (
        "." not in path
        or path.startswith(("builtins.", "typing."))
        or path in registry.rules
        or path in registry.layers
    ):
        return True
    return path in registry.plain_bases or path.startswith("torch.") and value.name in NAMES


def _instance_truth(m: Machine, value: Instance) -> bool | None:
    if value.payload is not None:
        return truth(m, value.payload)
    from shapelens.interpreter import containers
    from shapelens.interpreter.classes import find_in_class

    if isinstance(value.cls, Class):
        for name in ("__bool__", "__len__"):
            if find_in_class(value.cls, name)[0] is not None:
                return None
    size = containers.container_length(value)
    return True if size is None else size > 0


def assume(m: Machine, f: Frame, test: ast.expr, value: Any, holds: bool) -> None:
    """Learn what a test that came out so says: equal dims, and which of a choice a name holds."""
    relation = value.relation if isinstance(value, Unknown) else None
    while relation is not None and relation[0] == "not":
        holds, relation = not holds, relation[1]  # type: ignore[assignment]
    if relation is not None:
        name, a, b = relation
        if (name == "eq") is holds and name in ("eq", "ne"):
            sides: list[Any] = [
                m.store.dim_of(x) if isinstance(x, Unknown) and x.hole is not None else x for x in (a, b)
            ]
            if all(isinstance(x, (int, Expr)) for x in sides):
                m.store.equate(*sides)
    _narrow(m, f, test, holds)


def _narrow(m: Machine, f: Frame, test: ast.expr, holds: bool) -> None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        _narrow(m, f, test.operand, not holds)
        return
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for part in test.values:
            _narrow(m, f, part, holds)
        return
    if isinstance(test, ast.Name):
        _keep(m, f, test.id, lambda v: truth(m, v) is not (not holds))
    elif isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name):
        op, right = test.ops[0], test.comparators[0]
        if isinstance(right, ast.Constant) and right.value is None and isinstance(op, (ast.Is, ast.IsNot)):
            wants_none = isinstance(op, ast.Is) is holds
            _keep(m, f, test.left.id, lambda v: (v is None) is wants_none)
    elif isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "isinstance":
        if len(test.args) == 2 and isinstance(test.args[0], ast.Name):
            from shapelens.interpreter import classes
            from shapelens.interpreter.expressions import ev

            kinds = ev(m, test.args[1], f)
            _untaught(f, test.args[0].id, kinds, holds)
            _keep(m, f, test.args[0].id, lambda v: classes.is_instance(m, v, kinds) is not (not holds))


def _untaught(f: Frame, name: str, kinds: Any, holds: bool) -> None:
    """What is an object of a library that nothing is known of is no tensor, whatever its methods are called."""
    value = f.locals.get(name)
    if holds and type(value) is Unknown and value.hole is not None:
        parts = kinds if isinstance(kinds, tuple) else (kinds,)
        if parts and all(isinstance(k, Lib) and k.path.partition(".")[0] not in _OF_TENSORS for k in parts):
            f.locals[name] = Unknown(name)


def _keep(m: Machine, f: Frame, name: str, fits: Any) -> None:
    value = f.locals.get(name)
    if isinstance(value, Choice):
        kept = tuple(v for v in value.values if fits(v))
        if kept and len(kept) < len(value.values):
            f.locals[name] = kept[0] if len(kept) == 1 else Choice(kept)
