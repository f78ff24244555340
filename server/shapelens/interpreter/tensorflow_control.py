"""tf.cond and its kin: branches that a tensor decides between are both followed and joined."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES
from shapelens.interpreter.truth import truth
from shapelens.values import UNKNOWN, Dict, List


def _joined(m: Machine, f: Frame, node: ast.AST, functions: list[Any]) -> Any:
    """What one of the functions gives, nobody knows which."""
    from shapelens.interpreter import calls
    from shapelens.interpreter.expressions import value_of_branches

    def one(function: Any) -> Callable[[], Any]:
        return lambda: ("value", calls.call(m, f, node, function, [], {}))

    return value_of_branches(m, f, [one(function) for function in functions]) if functions else UNKNOWN


def _cond(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`tf.cond(pred, true_fn, false_fn)`."""
    from shapelens.interpreter import calls

    given = {**dict(zip(("pred", "true_fn", "false_fn"), args)), **kwargs}
    if "true_fn" not in given or "false_fn" not in given:
        return UNKNOWN
    known = truth(m, m.store.value(given.get("pred", UNKNOWN)))
    if known is not None:
        return calls.call(m, f, node, given["true_fn" if known else "false_fn"], [], {})
    return _joined(m, f, node, [given["true_fn"], given["false_fn"]])


def _cases(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`tf.switch_case(index, functions, default)` and `tf.case(pairs, default)`."""
    given = {**dict(zip(("branch_index", "branch_fns", "default"), args)), **kwargs}
    functions = m.store.value(given.get("branch_fns", given.get("pred_fn_pairs")))
    if "pred_fn_pairs" in kwargs or not isinstance(functions, (List, Dict, tuple)):
        functions = m.store.value(args[0] if args else kwargs.get("pred_fn_pairs"))
    if isinstance(functions, Dict):
        functions = List(functions.values())
    if not isinstance(functions, (List, tuple)) or getattr(functions, "rest", None) is not None:
        return UNKNOWN
    found = [v[1] if isinstance(v, tuple) and len(v) == 2 else v for v in functions]
    default = kwargs.get("default", args[1] if len(args) > 1 and functions is args[0] else None)
    return _joined(m, f, node, [*found, *([default] if default is not None else [])])


NATIVES.update(
    {
        "tensorflow.cond": _cond,
        "tensorflow.switch_case": _cases,
        "tensorflow.case": _cases,
    }
)
