"""Python's builtins, as the interpreter knows them."""

from __future__ import annotations

import ast
import builtins as python
import operator
from typing import Any

from shapelens.dims import Expr, maximum, minimum
from shapelens.interpreter import attributes, calls, classes, importing, iteration, plain, pure, python_types
from shapelens.interpreter.joining import join, join_all
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES, Native, native, nothing
from shapelens.interpreter.truth import truth
from shapelens.rules.registry import apply_rule, known_names, operator_rule
from shapelens.values import (
    MAYBE_ARRAY,
    UNKNOWN,
    Bound,
    Choice,
    Class,
    Descriptor,
    Dict,
    Exceptional,
    Function,
    Globals,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Partial,
    Plain,
    Scalar,
    Tensor,
    Unknown,
    turns,
)


@native("builtins.len")
def _len(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        method, owner = classes.find_in_class(value.cls, "__len__")
        if isinstance(owner, Class) and method is not None:
            return calls.call(m, f, node, Bound(method, value), [], {})
    if isinstance(value, Unknown) and isinstance(value.why, tuple) and value.why[0] == "shape of":
        return Scalar("int")
    found = turns(iteration.length(m, value))
    if found is None and isinstance(value, Instance):
        rule = classes.library_rule(value.cls, "__len__")
        if rule is not None:
            return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value,), {}), Scalar("int"))
    return Scalar("int") if found is None else found


@native("builtins.range")
def _range(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    args = [m.store.value(a) for a in args]
    if args and all(isinstance(a, int) for a in args):
        return plain.compute(range, args, {})
    length = None
    if len(args) == 1 and isinstance(args[0], (Expr, Unknown)):
        length = args[0] if isinstance(args[0], Expr) else None
    elif len(args) == 2 and all(isinstance(a, (int, Expr)) for a in args):
        length = args[1] - args[0]
    return Many(Scalar("int"), length)


@native("builtins.enumerate")
def _enumerate(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    if not isinstance(start, int):
        start = 0
    made = Iter([(i + start, v) for i, v in enumerate(items)], None if rest is None else (Scalar("int"), rest))
    if rest is not None and not items:
        return Many(made.rest, iteration.length(m, args[0]) if args else None)
    return made


@native("builtins.zip")
def _zip(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    parts = [iteration.iterate(m, f, a, node) for a in args]
    if not parts:
        return Iter([])
    known = [p for p in parts if p[1] is None]
    if len(known) == len(parts):
        return Iter(zip(*[p[0] for p in parts]))
    # An endless part takes the length of the known ones.
    if known and all(not p[0] for p in parts if p[1] is not None):
        count = min(len(p[0]) for p in known)
        rows = [tuple(p[0][i] if p[1] is None else iteration.another(p[1]) for p in parts) for i in range(count)]
        return Iter(rows)
    return Many(tuple(join_all([*items, *([] if rest is None else [rest])]) for items, rest in parts))


@native("builtins.reversed")
def _reversed(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    return Iter(items[::-1]) if rest is None else Many(join_all([*items, rest]))


@native("builtins.sorted")
def _sorted(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    made = sort(m, f, node, args[0] if args else UNKNOWN, kwargs)
    if made is None:
        items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
        made = List()
        made.rest = join_all([*items, *([] if rest is None else [rest])])
        if rest is None and items:
            # In an unknown order, but as many.
            made[:], made.rest = [iteration.another(made.rest) for _ in items], None
    return made


def sort(m: Machine, f: Frame, node: ast.AST, value: Any, kwargs: dict[str, Any]) -> List | None:
    """sorted(value, key=…, reverse=…) where every key is plain; None otherwise."""
    items, rest = iteration.iterate(m, f, value, node)
    if rest is not None:
        return None
    key = kwargs.get("key")
    marks = items if key is None else [calls.call(m, f, node, key, [i], {}) for i in items]
    if not plain.is_plain(marks):
        return None
    try:
        order = sorted(range(len(items)), key=lambda i: marks[i], reverse=kwargs.get("reverse") is True)
    except TypeError:
        return None
    return List([items[i] for i in order])


@native("builtins.map")
def _map(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2:
        return UNKNOWN
    rows = _zip(m, f, node, args[1:], {})
    items, rest = iteration.iterate(m, f, rows, node)
    m.doubtful += 1  # It runs when, and as far as, somebody takes its elements.
    try:
        made = [calls.call(m, f, node, args[0], list(row), {}) for row in items]
        if rest is not None:
            more = calls.call(m, f, node, args[0], list(rest) if isinstance(rest, tuple) else [rest], {})
            return Many(more) if not made else Iter(made, more)
        return Iter(made)
    finally:
        m.doubtful -= 1


@native("builtins.filter")
def _filter(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[1] if len(args) > 1 else UNKNOWN, node)
    kept = []
    for item in items:
        known = truth(m, item if args[0] is None else calls.call(m, f, node, args[0], [item], {}))
        if known is None:
            return Many(join_all(items))
        if known:
            kept.append(item)
    return Iter(kept, rest)


@native("builtins.sum")
def _sum(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import binary

    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    total = args[1] if len(args) > 1 else kwargs.get("start", 0)
    for item in items:
        total = binary(m, f, node, "add", operator.add, total, item)
    if rest is not None:
        more = binary(m, f, node, "add", operator.add, total, rest)
        if isinstance(rest, Tensor) and not items:
            return rest if isinstance(more, Tensor) and more.shape == rest.shape else Tensor(None)
        return join(total, more) if items else more
    return total


@native("builtins.abs")
def _abs(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Tensor):
        rule = operator_rule({value.library}, "abs")
        if rule is None:
            return value.with_(origin=value.origin)
        return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value,), {}), Tensor(None))
    kind = "int" if isinstance(value, Expr) else value.type if isinstance(value, Scalar) else ""
    if kind not in ("int", "float") or getattr(value, "why", "") == MAYBE_ARRAY:
        kind = ""
    return pure.call(m, f, node, "builtins.abs", (abs, kind), [value], {})


def _extreme(larger: bool) -> Native:
    pick, name = (maximum, "max") if larger else (minimum, "min")

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        items = list(args)
        if len(args) == 1:
            if isinstance(args[0], Tensor):
                return Tensor((), args[0].dtype, args[0].library)
            items, rest = iteration.iterate(m, f, args[0], node)
            if rest is not None:
                return rest if isinstance(rest, Scalar) else UNKNOWN
            if not items:
                if "default" in kwargs:
                    return kwargs["default"]
                raise Exceptional("ValueError")
        items = [pure.plain_number(m.store.value(i)) for i in items]
        key = kwargs.get("key")
        if key is not None:
            marks = [calls.call(m, f, node, key, [i], {}) for i in items]
            if not plain.is_plain(marks):
                return join_all(items)
            try:
                best = (max if larger else min)(range(len(items)), key=lambda i: marks[i])
            except TypeError as error:
                raise Exceptional("TypeError", None, str(error)) from None
            return items[best]
        if plain.is_plain(items):
            return plain.compute(max if larger else min, [items], {})
        if all(isinstance(i, (int, Expr)) for i in items):
            return pick(*items)
        kinds = {i.type if isinstance(i, Scalar) else type(i).__name__ for i in items}
        return Scalar("float" if "float" in kinds else "int") if kinds <= {"int", "float", "Expr"} else UNKNOWN

    del name
    return apply


NATIVES["builtins.max"], NATIVES["builtins.min"] = _extreme(True), _extreme(False)


def _quantifier(stops: bool) -> Native:
    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
        sure = rest is None
        for item in items:
            known = truth(m, item)
            if known is stops:
                return stops
            sure = sure and known is not None
        return (not stops) if sure else Scalar("bool")

    return apply


NATIVES["builtins.any"], NATIVES["builtins.all"] = _quantifier(True), _quantifier(False)


@native("builtins.isinstance", "torch.jit.isinstance")
def _isinstance(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 2:
        return Scalar("bool")
    written = node.args[1] if isinstance(node, ast.Call) and len(node.args) == 2 else None
    kinds = _kinds(m, f, written) if isinstance(written, ast.BinOp) else args[1]
    known = classes.is_instance(m, args[0], kinds)
    return Scalar("bool") if known is None else known


def _kinds(m: Machine, f: Frame, node: ast.expr) -> Any:
    """The types that `nn.Linear | nn.Conv2d` means."""
    from shapelens.interpreter.expressions import ev

    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return (_kinds(m, f, node.left), _kinds(m, f, node.right))
    found = ev(m, node, f)
    return Lib("types.NoneType") if found is None else found


@native("builtins.issubclass")
def _issubclass(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 2:
        return Scalar("bool")
    if isinstance(args[1], tuple):
        answers = [_issubclass(m, f, node, [args[0], k], {}) for k in args[1]]
        return True if True in answers else Scalar("bool") if any(isinstance(a, Unknown) for a in answers) else False
    if isinstance(args[0], Class) and isinstance(args[1], (Class, Lib)):
        if args[1] in args[0].mro:
            return True
        return Scalar("bool") if any(isinstance(c, Unknown) for c in args[0].mro) else False
    if isinstance(args[0], Lib) and isinstance(args[1], Lib):
        return True if args[1] in classes._library_mro(args[0]) else Scalar("bool")
    return Scalar("bool")


@native("builtins.callable")
def _callable(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, (Function, Class, Lib, Bound, Partial, Plain)):
        return True
    if isinstance(value, Instance):
        if classes.is_module(value):
            return True
        return classes.find_in_class(value.cls, "__call__")[0] is not None
    return Scalar("bool") if isinstance(value, (Unknown, Choice)) else False


@native("builtins.type")
def _type(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return python_types.type_of(m, m.store.value(args[0])) if len(args) == 1 else UNKNOWN


@native("builtins.getattr")
def _getattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2 or not isinstance(args[1], str):
        return UNKNOWN
    if len(args) == 3:
        known = attributes.attribute_or_none(m, f, m.store.value(args[0]), args[1], node)
        if known is False:
            return args[2]
        if known is None and isinstance(args[0], Lib):
            return attributes.get(m, f, args[0], args[1], node)
        if known is None:
            return join(attributes.get(m, f, args[0], args[1], node), args[2])
    return attributes.get(m, f, args[0], args[1], node)


@native("builtins.dir")
def _dir(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What is known to be there of a library's module; it may hold more."""
    if len(args) != 1 or not isinstance(args[0], Lib):
        return UNKNOWN
    listed = List(known_names(args[0].path))
    listed.rest = UNKNOWN
    return listed


@native("builtins.hasattr")
def _hasattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 2 or not isinstance(args[1], str):
        return Scalar("bool")
    known = attributes.attribute_or_none(m, f, m.store.value(args[0]), args[1], node)
    return Scalar("bool") if known is None else known


@native("builtins.setattr")
def _setattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 3:
        if isinstance(args[1], str):
            attributes.set_attribute(m, f, args[0], args[1], args[2], node)
        elif isinstance(args[0], Instance):
            m.touch(args[0])
            args[0].attrs["?"] = True
    return None


@native("builtins.delattr")
def _delattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 2 and isinstance(args[0], Instance) and isinstance(args[1], str):
        m.touch(args[0])
        args[0].attrs.pop(args[1], None)
    return None


@native("builtins.vars")
def _vars(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Dict(args[0].attrs) if args and isinstance(args[0], Instance) else UNKNOWN


@native("builtins.globals")
def _globals(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    scope = f.module.namespace
    made = Globals(scope, {name: importing.member(m, f.module, name) for name in list(scope) if name != "*"})
    made.rest = UNKNOWN  # what other modules and star imports put there
    return made


@native("builtins.locals")
def _locals(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Dict(f.locals)


@native("builtins.iter")
def _iter(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    known = plain.iterator_of(value)
    if known is not None:
        return known
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Instance) and classes.library_rule(value.cls, "__iter__") is not None:
        if not isinstance(classes.find_in_class(value.cls, "__iter__")[1], Class):
            return value  # nothing happens before the first `next`
    items, rest = iteration.iterate(m, f, value, node)
    return Many(rest) if rest is not None and not items else Iter(items, rest)


@native("builtins.next")
def _next(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Iter):
        m.touch(value)
        if value.position < len(value.items):
            value.position += 1
            return value.items[value.position - 1]
        if value.rest is not None:
            m.unsure += 1
            return value.rest
        if len(args) > 1:
            return args[1]
        raise Exceptional("StopIteration")
    m.unsure += 1  # it may be at its end
    if isinstance(value, Many):
        return value.element
    if isinstance(value, Instance):
        method = classes.find_in_class(value.cls, "__next__")[0]
        if isinstance(method, Function):
            return calls.call(m, f, node, Bound(method, value), [], {})
        items, rest = iteration.iterate(m, f, value, node)
        return items[0] if items else rest if rest is not None else UNKNOWN
    return UNKNOWN


def _make_descriptor(kind: str) -> Native:
    return lambda m, f, node, args, kwargs: Descriptor(kind, args[0] if args else kwargs.get("fget", UNKNOWN))


for _path, _kind in (
    ("builtins.property", "property"),
    ("functools.cached_property", "property"),
    ("abc.abstractproperty", "property"),
    ("builtins.classmethod", "classmethod"),
    ("builtins.staticmethod", "staticmethod"),
):
    NATIVES[_path] = _make_descriptor(_kind)


@native("builtins.object")
def _object(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Instance(Lib("builtins.object"))


@native("builtins.object.__new__")
def _new(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    cls = args[0] if args else UNKNOWN
    return Instance(cls, {}, m.origin(f, node)) if isinstance(cls, (Class, Lib)) else UNKNOWN


@native("builtins.divmod")
def _divmod(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import binary

    if len(args) != 2:
        return UNKNOWN
    return (
        binary(m, f, node, "floordiv", operator.floordiv, *args),
        binary(m, f, node, "mod", operator.mod, *args),
    )


@native("builtins.round")
def _round(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Expr):
        return value
    if all(map(plain.is_plain, args)) and all(isinstance(a, int) and abs(a) < 400 for a in args[1:] if a is not None):
        return plain.compute(round, args, {})
    return Scalar("int" if len(args) == 1 else "float")


@native("builtins.slice")
def _slice(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return slice(*args) if 1 <= len(args) <= 3 else UNKNOWN


@native("builtins.exec")
def _exec(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Code that is not followed: what it may put in its namespaces is unknown."""
    for value in (*args, *kwargs.values()):
        calls.havoc(m, m.store.value(value))
    return None


@native("builtins.hash", "builtins.id")
def _number(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("int")


@native("builtins.input", "builtins.repr", "builtins.ascii")
def _text(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("str")


NAMES: dict[str, Any] = {
    name: Lib(f"builtins.{name}")
    for name in dir(python)
    if not name.startswith("_") and name not in ("True", "False", "None", "Ellipsis", "NotImplemented", "torch")
}
NAMES["Ellipsis"] = Ellipsis
NAMES["NotImplemented"] = UNKNOWN
NAMES["__build_class__"] = UNKNOWN
NAMES["__import__"] = UNKNOWN


for _path in (
    "builtins.print", "builtins.object.__init__", "builtins.object.__init_subclass__", "builtins.object.__post_init__",
):  # fmt: skip
    NATIVES[_path] = nothing
