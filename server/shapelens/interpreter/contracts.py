"""Annotations as contracts: whether arguments, results and annotated names fit what is said of their shapes.

The verdict is jaxtyping's own, where the sizes are known; what is not certain fits. A value of which nothing is known
is taken to be what its annotation says.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, as_symbol, equal
from shapelens.interpreter import hints
from shapelens.interpreter.hints import Axes, Either, Items, Said, Shaped
from shapelens.interpreter.machine import Frame, Machine, Place
from shapelens.rules.call import Failure, Related
from shapelens.source.axes import Axis
from shapelens.values import Dict, Function, List, Open, Origin, Shape, Tensor, Unknown
from shapelens.values.text import dim_text, shape_text

_MISSING = object()
_CODE = "annotation-mismatch"
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Contract:
    """What one activation of a function has promised: what it returns, and what its axis names stand for."""

    __slots__ = ("axes", "depth", "returns")

    def __init__(self, returns: Said | None, axes: Axes, depth: int) -> None:
        self.returns, self.axes, self.depth = returns, axes, depth


def enter(m: Machine, function: Function, f: Frame, names: Sequence[str]) -> None:
    """Hold the arguments of a call, bound in the frame, against the function's annotations."""
    found = hints.signature(m, function)
    if found is None:
        return
    axes = Axes(f)
    f.contract = Contract(found.returns, axes, len(m.touched))
    known = bool(found.parameters)
    for name, what in found.parameters.items():
        value = m.store.value(f.locals.get(name))
        problem = misfit(m, what, value, axes)
        if problem:
            place, node = m.callsites[-1][:2] if m.callsites else (f.place, function.node)
            if not isinstance(node, _DEFINITIONS):
                annotated = Related(Origin((function.code, _parameter(function, name)), ""), "annotated here")
                text = f"{function.name}() is given {problem} for {name}"
                argument = _argument(node, names, name)
                _tell(m, text, place, argument, annotated)
        else:
            f.locals[name] = filled(m, what, value, axes)
        if isinstance(what, Shaped) or isinstance(value, Tensor):
            shape = value.shape if isinstance(value, Tensor) else None
            known = known and isinstance(shape, tuple) and all(isinstance(d, int) for d in shape)
    if known:
        m.met.add(function.node)


def leave(m: Machine, f: Frame, node: ast.AST, value: Any) -> Any:
    """Hold what a return statement gives against the function's annotation; the value, completed by what it says."""
    contract: Contract | None = f.contract
    if contract is None or contract.returns is None or f.yields is not None:
        return value
    value = m.store.value(value)
    # In a branch that may not be taken, names that were told apart may have been found equal.
    free = m.free if len(m.touched) == contract.depth and f.function is m.opened else frozenset()
    problem = misfit(m, contract.returns, value, contract.axes, free)
    if not problem:
        return filled(m, contract.returns, value, contract.axes)
    name = f.function.name if f.function is not None else "it"
    _tell(m, f"{name}() returns {problem}", f.place, node)
    return value


def assigned(m: Machine, f: Frame, node: ast.AnnAssign, value: Any) -> Any:
    """Hold the value of `x: Float[Tensor, "b c"] = value` against its annotation; the value, completed."""
    what = m.signatures.get(node, m)
    if what is m:
        what = m.signatures[node] = hints.said(m, node.annotation, f)
    if what is None:
        return value
    if f.contract is None and f.function is not None:
        f.contract = Contract(None, Axes(f), len(m.touched))
    # Axis names belong to a call: an attribute outlives it, and a size may be another in each turn of a loop.
    own = f.contract is not None and isinstance(node.target, ast.Name)
    axes = f.contract.axes if own else Axes(f)
    if f.loops:
        axes = axes.copy()
    value = m.store.value(value)
    problem = misfit(m, what, value, axes)
    if not problem:
        return filled(m, what, value, axes)
    name = ast.unparse(node.target)
    _tell(m, f"{name} is {problem}", f.place, node)
    return value


def _tell(m: Machine, text: str, place: Place, node: ast.AST, *related: Related) -> None:
    """Report a mismatch once at each place of the user's: two followed files that disagree are no concern of theirs."""
    if (place.focus or m.record_all) and not any(
        r.node is node and r.place is place and r.failure.code == _CODE for r in m.reports
    ):
        m.report(Failure(_CODE, text, related, severity="warning"), place, node)


def _parameter(function: Function, name: str) -> ast.AST:
    arguments: ast.arguments = function.node.args
    return next(a for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs) if a.arg == name)


def _argument(node: ast.AST, names: Sequence[str], name: str) -> ast.AST:
    """The argument of a call that a parameter is bound to; the call where it cannot be told."""
    if not isinstance(node, ast.Call):
        return node
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = list(names)
    if positional and positional[0] in ("self", "cls") and len(node.args) < len(positional):
        positional = positional[1:]
    index = positional.index(name) if name in positional else len(node.args)
    if index < len(node.args) and not any(isinstance(a, ast.Starred) for a in node.args[: index + 1]):
        return node.args[index]
    return node


# -- fitting -------------------------------------------------------------------------------------------------------


def misfit(m: Machine, what: Said | None, value: Any, axes: Axes, free: frozenset[Any] = frozenset()) -> str:
    """What is wrong with a value, certainly: "" where it fits or cannot be told. Binds the axis names that it meets.

    `free` holds symbols that stand for sizes that a caller chooses: none of them is always another, or a number.
    """
    if isinstance(what, Shaped):
        return _tensor_misfit(m, what, value, axes, free) if isinstance(value, Tensor) else ""
    if isinstance(what, Either):
        return _either_misfit(m, what, value, axes, free)
    if isinstance(what, Items):
        return _items_misfit(m, what, value, axes, free)
    return ""


def _either_misfit(m: Machine, what: Either, value: Any, axes: Axes, free: frozenset[Any]) -> str:
    if value is None or not isinstance(value, (Tensor, tuple, List, Dict)):
        return ""
    problem = ""
    for option in what.options:
        if option is None:
            return ""
        trial = axes.copy()
        problem = misfit(m, option, value, trial, free)
        if not problem:
            if len(what.options) == 1:
                axes.take(trial)
            return ""
    return problem


def _items_misfit(m: Machine, what: Items, value: Any, axes: Axes, free: frozenset[Any]) -> str:
    if what.kind == "tuple" and not what.more:
        if not isinstance(value, tuple) or len(value) != len(what.items):
            return ""
        pairs = list(zip(what.items, value))
    elif what.kind == "dict":
        pairs = [(what.items[0], v) for v in value.values()] if isinstance(value, dict) else []
    else:
        pairs = [(what.items[0], v) for v in value] if isinstance(value, (list, tuple)) else []
    for i, (item, element) in enumerate(pairs):
        problem = misfit(m, item, m.store.value(element), axes, free)
        if problem:
            return f"{problem} (element {i})"
    return ""


def _tensor_misfit(m: Machine, what: Shaped, value: Tensor, axes: Axes, free: frozenset[Any]) -> str:
    if value.library != what.library:
        return ""
    if value.dtype is not None and what.dtypes is not None and value.dtype not in what.dtypes:
        return f"{value.dtype} where {what.text} is stated"
    shape = m.store.shape(value.shape)
    trial = axes.copy()
    problem = _shape_misfit(m, what.axes, shape, trial, free)
    if problem:
        return f"{shape_text(shape)} where {what.text} is stated: {problem}"
    axes.take(trial)
    return ""


def _shape_misfit(m: Machine, stated: tuple[Axis, ...], shape: Shape, axes: Axes, free: frozenset[Any]) -> str:
    if shape is None:
        return ""
    many = next((i for i, axis in enumerate(stated) if axis.many), None)
    if isinstance(shape, Open):
        least = len(shape.prefix) + len(shape.suffix)
        if many is None:
            return f"at least rank {least}, not {len(stated)}" if least > len(stated) else ""
        if len(shape.prefix) != many or len(shape.suffix) != len(stated) - many - 1:
            return ""
        singles = [*zip(stated[:many], shape.prefix), *zip(stated[many + 1 :], shape.suffix)]
        run: tuple[Dim, ...] | Open = Open((), shape.var, ())
    elif many is None:
        if len(shape) != len(stated):
            return f"rank {len(shape)}, not {len(stated)}"
        return _dims_misfit(m, list(zip(stated, shape)), axes, free)
    else:
        behind = len(stated) - many - 1
        if len(shape) < many + behind:
            return f"rank {len(shape)}, not at least {many + behind}"
        end = len(shape) - behind
        singles = [*zip(stated[:many], shape[:many]), *zip(stated[many + 1 :], shape[end:])]
        run = shape[many:end]
    return _dims_misfit(m, singles, axes, free) or _run_misfit(m, stated[many], run, axes, free)


def _dims_misfit(m: Machine, pairs: list[tuple[Axis, Dim]], axes: Axes, free: frozenset[Any]) -> str:
    for axis, dim in pairs:
        size: Dim | None = axis.size
        word = axis.name or axis.expression
        if axis.broadcast and dim == 1:
            continue
        if axis.expression:
            size = hints.size_of(m, axis.expression, axes)
        elif axis.name:
            size = axes.dims.get(axis.name)
            if size is None and (not axis.broadcast or equal(dim, 1) is False):
                axes.dims[axis.name] = dim
        if size is None:
            continue
        size = m.store.dim(size)
        if axis.broadcast and equal(dim, 1) is not False:
            continue
        if differ(dim, size, free):
            found, wanted = dim_text(dim), dim_text(size)
            return f"{word} is {wanted}, not {found}" if word not in ("", wanted) else f"{found}, not {wanted}"
    return ""


def differ(a: Dim, b: Dim, free: frozenset[Any]) -> bool:
    """Whether two dims are certainly not the same, or are so only if a caller happens to choose so."""
    known = equal(a, b)
    if known is False and 0 in (a, b):  # a stated axis may be empty, though a symbol is taken to be 1 or more
        return isinstance(a, int) and isinstance(b, int)
    if known is not None:
        return not known
    if not free:
        return False
    symbols = [None if isinstance(x, int) else as_symbol(x) for x in (a, b)]
    numbers = [x for x in (a, b) if isinstance(x, int)]
    return all(x in free for x in symbols if x is not None) and (
        None not in symbols or len(numbers) == 1 and numbers[0] > 1
    )


def _run_misfit(m: Machine, axis: Axis, run: tuple[Dim, ...] | Open, axes: Axes, free: frozenset[Any]) -> str:
    if not axis.name:
        return ""
    known: Any = axes.runs.get(axis.name, _MISSING)
    if known is _MISSING:
        axes.runs[axis.name] = (axis.broadcast, run)
        return ""
    if known is None:
        return ""
    before = m.store.shape(known[1])
    if not isinstance(before, tuple) or not isinstance(run, tuple):
        if known[0] or axis.broadcast:
            axes.runs[axis.name] = None
        return ""
    problem = f"*{axis.name} is {shape_text(before)}, not {shape_text(run)}"
    if not known[0] and not axis.broadcast:
        different = len(run) != len(before) or any(differ(a, b, free) for a, b in zip(run, before))
        return problem if different else ""
    common = _broadcast(run, before)
    if common is None:
        axes.runs[axis.name] = None
        return ""
    held = run if not axis.broadcast else before if not known[0] else common
    if common is _MISSING or len(common) != len(held) or any(equal(a, b) is False for a, b in zip(common, held)):
        return problem
    if known[0]:
        axes.runs[axis.name] = (axis.broadcast, common)
    return ""


def _broadcast(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> Any:
    """The common shape of two runs, _MISSING where there is none, None where that is not known."""
    size = max(len(a), len(b))
    common: list[Dim] = []
    unknown = False
    for x, y in zip((1,) * (size - len(a)) + a, (1,) * (size - len(b)) + b):
        if x == 1 or y == 1:
            common.append(y if x == 1 else x)
        elif equal(x, y):
            common.append(x)
        elif equal(x, y) is False and equal(x, 1) is False and equal(y, 1) is False:
            return _MISSING
        else:
            unknown = True
    return None if unknown else tuple(common)


# -- completing ----------------------------------------------------------------------------------------------------


def filled(m: Machine, what: Said | None, value: Any, axes: Axes) -> Any:
    """The value; where nothing was known of it, or not its rank or dtype, what its annotation says."""
    if type(value) is Unknown:
        if not isinstance(what, (Shaped, Items)):
            return value
        made = hints.opened(m, what, axes, value.hole.name if value.hole is not None else value.why)
        if isinstance(made, Unknown):
            return value
        return made if value.hole is None or m.store.hole(value.hole) is not None else m.store.teach(value.hole, made)
    if type(value) is tuple and isinstance(what, Items) and len(value) == len(what.items) and not what.more:
        return tuple([filled(m, item, m.store.value(element), axes) for item, element in zip(what.items, value)])
    if not isinstance(value, Tensor) or not isinstance(what, Shaped) or value.library != what.library:
        return value
    if value.shape is None:
        made = hints.tensor_of(m, what, axes)
        if made is None:
            return value
        return value.with_(shape=made.shape, dtype=value.dtype or made.dtype, origin=value.origin)
    shape = m.store.shape(value.shape)
    if isinstance(shape, Open):
        wanted = hints.shape_of(m, what, axes)
        front, back = len(shape.prefix), len(shape.suffix)
        if isinstance(wanted, tuple) and len(wanted) >= front + back:
            m.store.bind_run(shape.var, wanted[front : len(wanted) - back])
            for a, b in [*zip(shape.prefix, wanted), *zip(shape.suffix, wanted[len(wanted) - back :])]:
                m.store.equate(a, b)
    return value
