"""functools, itertools and operator: what makes functions of functions and iterators of iterators."""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable
from typing import Any

from shapelens.interpreter import attributes, calls, iteration
from shapelens.interpreter.joining import join_all
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES, Native, decorator_or_factory, first_argument, native
from shapelens.values import UNKNOWN, Function, Iter, Lib, Many, Partial, Scalar


@native("operator.getitem")
def _getitem(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return iteration.get_item(m, f, node, args[0], args[1]) if len(args) == 2 else UNKNOWN


@native("functools.partial", "functools.partialmethod")
def _partial(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if args and type(args[0]) is Partial:  # Python makes one of the two
        inner = args[0]
        return Partial(inner.function, (*inner.args, *args[1:]), {**inner.keywords, **kwargs})
    return Partial(args[0], tuple(args[1:]), dict(kwargs)) if args else UNKNOWN


@native("functools.wraps")
def _wraps(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    wrapped = args[0] if args else kwargs.get("wrapped", UNKNOWN)
    return Partial(Lib("functools.update_wrapper"), (), {"wrapped": wrapped})


@native("functools.update_wrapper")
def _update_wrapper(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    wrapper = args[0] if args else UNKNOWN
    wrapped = args[1] if len(args) > 1 else kwargs.get("wrapped", UNKNOWN)
    if isinstance(wrapper, Function) and isinstance(wrapped, Function):
        m.touch(wrapper)
        wrapper.attrs.update(wrapped.attrs)
        wrapper.attrs.update(__wrapped__=wrapped, __name__=attributes.get(m, f, wrapped, "__name__", node))
        wrapper.attrs["__module__"] = attributes.get(m, f, wrapped, "__module__", node)
    return wrapper


@native("functools.reduce")
def _reduce(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2:
        return UNKNOWN
    items, rest = iteration.iterate(m, f, args[1], node)
    if rest is not None:
        return UNKNOWN
    if len(args) > 2:
        items.insert(0, args[2])
    if not items:
        return UNKNOWN
    total = items[0]
    for item in items[1:]:
        total = calls.call(m, f, node, args[0], [total, item], {})
    return total


_MOST_PRODUCTS, _LONGEST_PRODUCT = 100_000, 1_000


def _pure_iterator(function: Callable[..., Any], is_counted: bool) -> Native:
    """`is_counted`: how long its tuples are is said by an argument, or by the number of them."""

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        counts = [len(args), *(a for a in (*args, *kwargs.values()) if isinstance(a, int))]
        if is_counted and max(counts) > _LONGEST_PRODUCT:
            return Many(UNKNOWN)
        parts: list[Any] = []
        for arg in args:
            if isinstance(arg, (int, str)) and not isinstance(arg, bool):
                parts.append(arg)
                continue
            items, rest = iteration.iterate(m, f, arg, node)
            if rest is not None:
                return Many(UNKNOWN)
            parts.append(items)
        try:
            left, made = _MOST_PRODUCTS, []
            for item in function(*parts, **kwargs):
                left -= len(item) if is_counted and isinstance(item, tuple) else 1
                if left < 0:
                    return Many(UNKNOWN)
                made.append(item)
        except Exception:
            return UNKNOWN
        m.burn((_MOST_PRODUCTS - left) >> 4)
        return Iter(made)

    return apply


for (
    _name
) in "product permutations combinations combinations_with_replacement chain islice zip_longest pairwise".split():
    if hasattr(itertools, _name):
        NATIVES[f"itertools.{_name}"] = _pure_iterator(getattr(itertools, _name), _name not in ("chain", "islice"))


_slice = NATIVES["itertools.islice"]


@native("itertools.islice")
def _islice(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Of an iterator, only what is taken is gone."""
    source = m.store.value(args[0]) if args else UNKNOWN
    if type(source) is not Iter or len(args) < 2:
        return _slice(m, f, node, args, kwargs)
    ends = slice(*args[1:4])
    plain = all(part is None or type(part) is int for part in (ends.start, ends.stop, ends.step))
    if not plain or source.rest is not None:
        m.touch(source)
        source.rest = UNKNOWN  # how many are left is not known
        source.items[:], source.position = [], 0
        return Many(UNKNOWN)
    left = source.items[source.position :]
    m.touch(source)
    source.position = len(source.items) if ends.stop is None else min(source.position + ends.stop, len(source.items))
    return Iter(left[ends])


@native("itertools.accumulate")
def _accumulate(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import binary

    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    function = args[1] if len(args) > 1 else kwargs.get("func")
    if rest is not None or "initial" in kwargs:
        return Many(UNKNOWN)
    made: list[Any] = []
    for item in items:
        if not made:
            made.append(item)
        elif function is None:
            made.append(binary(m, f, node, "add", operator.add, made[-1], item))
        else:
            made.append(calls.call(m, f, node, function, [made[-1], item], {}))
    return Iter(made)


@native("itertools.chain.from_iterable")
def _chain(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    made: list[Any] = []
    for item in items:
        inner, more = iteration.iterate(m, f, item, node)
        if rest is None:
            made.extend(inner)
            rest = more
        else:
            rest = join_all([rest, *inner, *([] if more is None else [more])])
    return Iter(made, rest)


@native("itertools.repeat")
def _repeat(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) > 1 and isinstance(args[1], int) and 0 <= args[1] <= 100_000:
        return Iter([args[0]] * args[1])
    return Many(args[0]) if args else UNKNOWN


@native("itertools.count")
def _count(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Many(Scalar("int"))


for _path in ("functools.wraps()", "functools.lru_cache()", "functools.cache"):
    NATIVES[_path] = first_argument
for _path in ("functools.lru_cache", "functools.singledispatch"):
    NATIVES[_path] = decorator_or_factory
