"""Python's own types: which of them a value has, and what converting to one gives."""

from __future__ import annotations

import ast
import collections.abc
import numbers
from collections.abc import Callable
from typing import Any

from shapelens.dims import Expr, floordiv
from shapelens.interpreter import iteration, plain, pure
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES, Native
from shapelens.interpreter.truth import truth
from shapelens.rules.registry import layers, tensor_class
from shapelens.values import (
    MAYBE_ARRAY,
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
    Partial,
    Plain,
    Ratio,
    Scalar,
    Size,
    Tensor,
    Unknown,
)

_TYPE_NAMES: dict[type, tuple[str, ...]] = {
    bool: ("bool", "int"),
    int: ("int",),
    float: ("float",),
    complex: ("complex",),
    str: ("str",),
    bytes: ("bytes",),
    List: ("list",),
    Dict: ("dict",),
    tuple: ("tuple",),
    Size: ("tuple",),
    set: ("set",),
    frozenset: ("frozenset",),
    range: ("range",),
    slice: ("slice",),
}
_ABSTRACT: dict[str, tuple[str, ...]] = {
    "int": ("numbers.Number", "numbers.Integral", "numbers.Real"),
    "float": ("numbers.Number", "numbers.Real"),
    "list": (
        "collections.abc.Sequence",
        "collections.abc.Iterable",
        "typing.Sequence",
        "typing.Iterable",
        "typing.List",
    ),
    "tuple": (
        "collections.abc.Sequence",
        "collections.abc.Iterable",
        "typing.Sequence",
        "typing.Iterable",
        "typing.Tuple",
    ),
    "str": ("collections.abc.Sequence", "collections.abc.Iterable", "typing.Sequence", "typing.Iterable"),
    "dict": (
        "collections.abc.Mapping",
        "collections.abc.Iterable",
        "typing.Mapping",
        "typing.Dict",
        "collections.OrderedDict",
    ),
    "set": ("collections.abc.Iterable", "typing.Iterable"),
}


def python_class(name: str) -> Lib:
    """The library name of a builtin type."""
    return Lib(f"builtins.{name}")


_CALLABLE = frozenset(("collections.abc.Callable", "typing.Callable"))


def python_type_names(value: Any) -> set[str] | None:
    """The names of all types that a plain value is an instance of; None for what is not plain."""
    if isinstance(value, Expr):
        names: tuple[str, ...] = ("int",)
    elif value is None:
        return {"types.NoneType", "builtins.NoneType"}
    elif isinstance(value, (Function, Bound, Partial, Plain)):
        kind = {Function: "types.FunctionType", Partial: "functools.partial", Bound: "types.MethodType"}.get(
            type(value)
        )
        return {kind, *_CALLABLE} if kind else set(_CALLABLE)
    elif isinstance(value, Class) or isinstance(value, Lib) and value.path in layers:
        enum = {"enum.EnumMeta", "enum.EnumType"} if isinstance(value, Class) and value.kind == "enum" else set()
        return {"builtins.type", *_CALLABLE, *enum}
    elif isinstance(value, Lib):
        return None
    elif isinstance(value, Iter):
        return {"types.GeneratorType", "collections.abc.Iterator", "collections.abc.Iterable", "typing.Iterable"}
    else:
        found = _TYPE_NAMES.get(type(value))
        if found is None:
            found = ("tuple",) if isinstance(value, tuple) else ()
        if not found:
            return None
        names = found
    result = {f"builtins.{n}" for n in names}
    for n in names:
        result.update(_ABSTRACT.get(n, ()))
    if isinstance(value, Size):
        result.add("torch.Size")
    return result


def is_abstract_instance(value: Any, path: str) -> bool | None:
    """Whether a plain value is an instance of a class of `collections.abc`, `numbers` or `typing`; None: not to be told."""
    module, _, name = path.rpartition(".")
    if module not in ("collections.abc", "typing", "numbers") or not (
        plain.is_plain(value) or isinstance(value, _HELD)
    ):
        return None
    kind = getattr(numbers if module == "numbers" else collections.abc, name, None)
    return isinstance(value, kind) if isinstance(kind, type) else None


_HELD = (list, dict, tuple, set)


def type_of(m: Machine, value: Any) -> Any:
    """type(value)."""
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Scalar):
        return python_class(value.type)
    if isinstance(value, Tensor):
        if value.parameter:
            return Lib("torch.nn.Parameter") if value.library == "torch" else UNKNOWN
        return Lib(tensor_class(value.library))
    if isinstance(value, Expr):
        return python_class("int")
    if isinstance(value, Function):
        return Lib("types.FunctionType")
    found = _TYPE_NAMES.get(type(value))
    if found:
        return python_class(found[0])
    return Lib("types.NoneType") if value is None else UNKNOWN


def convert(m: Machine, f: Frame | None, node: ast.AST, kind: str, args: list[Any]) -> Any:
    """int(x), list(x), tuple(x), dict(x) … ; None where it is not known."""
    value = m.store.value(args[0])
    if kind == "int" and len(args) > 1:
        base = m.store.value(args[1])
        digits = isinstance(value, str) and isinstance(base, int)
        return plain.compute(int, [value, base], {}) if digits else Scalar("int")
    if kind == "int":
        return _to_int(m, value)
    if kind == "float":
        if isinstance(value, (int, float, str)):
            return plain.compute(float, [value], {})
        if isinstance(value, Tensor) and isinstance(value.scalars, (int, float)):
            return float(value.scalars)
        return value if isinstance(value, Ratio) else Ratio(value, 1) if isinstance(value, Expr) else Scalar("float")
    if kind == "bool":
        known = truth(m, value)
        return Scalar("bool", relation=getattr(value, "relation", None)) if known is None else known
    if kind == "str":
        if isinstance(value, (str, int, float, bool, type(None))):
            return plain.compute(str, [value], {}) if plain.is_small(value) else Scalar("str")
        return _said(value) or Scalar("str")
    if kind in ("list", "tuple", "set", "frozenset"):
        items, rest = iteration.iterate(m, f, value, node)
        if kind == "list":
            made = List(items)
            made.rest = rest
            made.count = iteration.length(m, value) if rest is not None and not items else None
            return made
        if rest is not None:
            return Many(rest) if not items else UNKNOWN
        if kind == "tuple":
            return tuple(items)
        if plain.is_plain(items):
            return plain.compute(set if kind == "set" else frozenset, [items], {})
        return plain.made_set(items) if all(map(plain.is_member, items)) else List(items)
    if kind in ("dict", "OrderedDict"):
        table = Dict()
        iteration.update_dict(m, table, value)
        return table
    return None


def _said(value: Any) -> str | None:
    """What `str` gives for classes, and for tuples of them."""
    if isinstance(value, Class):
        return f"<class '{value.module.name}.{value.qualname}'>"
    if isinstance(value, Lib):
        return f"<class '{value.path}'>"
    if type(value) is tuple and value and all(isinstance(each, (Class, Lib)) for each in value):
        return f"({', '.join(str(_said(each)) for each in value)}{',' * (len(value) == 1)})"
    return None


def _to_int(m: Machine, value: Any) -> Any:
    if isinstance(value, (int, float, str)):
        return plain.compute(int, [value], {})
    if isinstance(value, Expr):
        return value
    if isinstance(value, Ratio):
        return pure.divided(m, floordiv, value)
    if isinstance(value, Tensor):
        return int(value.scalars) if isinstance(value.scalars, (int, float)) else Scalar("int")
    if isinstance(value, Unknown) and value.hole is not None:
        return value
    if isinstance(value, Instance) and isinstance(value.payload, int):
        return value.payload
    why = value.why if isinstance(value, Unknown) and isinstance(value.why, str) else ""
    return Scalar("int", "" if why == MAYBE_ARRAY else why)


def _converter(kind: str, empty: Callable[[], Any]) -> Native:
    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if kind == "int" and "base" in kwargs:
            args = [*args[:1], kwargs["base"]]
        if kind == "str" and (len(args) > 1 or kwargs):
            made = Scalar("str")
        elif not args:
            made = empty()
        else:
            made = convert(m, f, node, kind, [*args, kwargs["base"]] if "base" in kwargs else args)
        if kind == "dict" and kwargs and isinstance(made, Dict):
            made.update(kwargs)
        return UNKNOWN if made is None and args else made

    return apply


for _kind, _empty in (
    ("int", int), ("float", float), ("bool", bool), ("str", str), ("list", List), ("tuple", tuple), ("dict", Dict),
    ("set", set), ("frozenset", frozenset),
):  # fmt: skip
    NATIVES[f"builtins.{_kind}"] = _converter(_kind, _empty)
NATIVES["collections.OrderedDict"] = _converter("dict", Dict)
NATIVES["typing.OrderedDict"] = _converter("dict", Dict)
NATIVES["torch.Size"] = lambda m, f, node, args, kwargs: (
    Size(made) if args and isinstance(made := convert(m, f, node, "tuple", args), tuple) else UNKNOWN
)
