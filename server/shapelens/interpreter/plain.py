"""Plain Python: which values are plain, and which of their methods are simply called."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import partial
from typing import Any

from shapelens.dims import Expr
from shapelens.interpreter import regexes
from shapelens.interpreter.machine import Machine
from shapelens.values import (
    UNKNOWN,
    Children,
    Class,
    Dict,
    Exceptional,
    Function,
    Globals,
    Iter,
    Lib,
    List,
    Many,
    Named,
    Plain,
    Scalar,
    Size,
    Unknown,
)

_ATOMS = (int, float, str, bool, complex, bytes, type(None), type(Ellipsis), range, re.Match, re.Pattern)

_ATOM_TYPES = frozenset(_ATOMS)

# Those that take no time to speak of; Python looks for others in its own folders, and some are slow.
_ENCODINGS = re.compile(r"(?:utf[-_]?(?:8|16|32)|ascii|latin[-_]?1)", re.IGNORECASE)

# The most elements that are looked at in one value, and the most that Python is asked to compute with.
_MAX_PARTS = 20_000
_MAX_LISTS = 200
_MOST_FOLDED = 2_048
LARGEST = 1 << 16

PURE_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        "capitalize casefold center count endswith find format index isalnum isalpha isdigit isidentifier islower "
        "isnumeric isspace istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind "
        "rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill "
        "encode".split()
    ),
    int: frozenset("bit_length conjugate real imag is_integer".split()),
    float: frozenset("is_integer hex real imag".split()),
    bytes: frozenset("decode split".split()),
    tuple: frozenset("count index".split()),
    frozenset: frozenset("union intersection difference issubset issuperset isdisjoint symmetric_difference".split()),
    range: frozenset("count index start stop step".split()),
    re.Match: frozenset("group groups groupdict start end span".split()),
    re.Pattern: frozenset(regexes.METHODS),
}
# Those of a deque too, which is held as a list.
_LIST = frozenset(
    "append extend insert pop remove clear reverse sort copy count index appendleft extendleft popleft rotate".split()
)
_DICT = frozenset("get items keys values pop popitem setdefault update copy clear move_to_end".split())
_SET = frozenset(
    "add discard remove update union intersection difference issubset issuperset copy pop clear isdisjoint "
    "symmetric_difference difference_update intersection_update".split()
)


def is_plain(value: Any) -> bool:
    """Whether a value is a plain Python value all the way down, and small enough to be looked at."""
    if isinstance(value, _ATOMS):
        return True
    parts, left = [value], _MAX_PARTS
    while parts:
        value = parts.pop()
        left -= 1
        if isinstance(value, (set, frozenset)):
            if UNKNOWN in value:
                return False
            continue
        if isinstance(value, _ATOMS):
            continue
        if isinstance(value, (tuple, list, dict)):
            left -= len(value) >> 4
        if left < len(parts):
            return False
        if isinstance(value, (tuple, list)) and getattr(value, "rest", None) is None:
            if not _ATOM_TYPES.issuperset(map(type, value)):
                parts.extend(value)
        elif isinstance(value, dict) and getattr(value, "rest", None) is None:
            parts.extend(value.values())
        elif isinstance(value, slice):
            parts += [value.start, value.stop, value.step]
        else:
            return False
    return True


def weight(value: Any) -> int:
    """How much there is to compute with in a plain value: digits, characters and elements."""
    if isinstance(value, int):
        return value.bit_length() >> 3
    if isinstance(value, range):
        return size(value)
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, (tuple, list, set, frozenset, dict)):
        total = len(value)
        for part in value.values() if isinstance(value, dict) else value:
            if total > LARGEST:
                break
            total += weight(part)
        return total
    return 1


def is_folded(items: list[Any]) -> bool:
    """Whether lists hold the same lists so often that walking through all would take for ever (`x = [x, x]`)."""
    if not any(isinstance(item, (tuple, list)) for item in items):
        return False
    sizes: dict[int, tuple[int, int]] = {}
    total = sum(_unfolded(item, sizes) for item in items)
    held = len(items) + sum(length for _, length in sizes.values())
    return total > LARGEST or total > _MOST_FOLDED and total > 8 * held


def _unfolded(value: Any, sizes: dict[int, tuple[int, int]]) -> int:
    """How many elements walking through a value would meet; `sizes` has that of each list in it, and its length."""
    if not isinstance(value, (tuple, list)):
        return 1
    known = sizes.get(id(value))
    if known is None:
        if len(sizes) > _MAX_LISTS:
            return 1  # so many different ones were made one by one
        sizes[id(value)] = 1, len(value)
        total = sum(_unfolded(item, sizes) for item in value) if len(value) <= _MAX_LISTS else len(value)
        known = sizes[id(value)] = total, len(value)
    return known[0]


def size(value: Any) -> int:
    """len(value), of a range of any length too."""
    if isinstance(value, range):
        return max(-((value.start - value.stop) // value.step), 0)
    return len(value)


def is_small(value: Any) -> bool:
    """Whether a plain value may be handed to Python to compute with."""
    return weight(value) <= LARGEST


_FORMATTER = string.Formatter()


def is_simple_format(text: str) -> bool:
    """Whether a format takes its arguments as they are: `{0.__class__}` and `{0[key]}` would walk through real objects."""
    try:
        fields = list(_FORMATTER.parse(text))
    except ValueError:
        return False
    return all(
        name is None
        or (not name or name.isidentifier() or name.isdigit() and len(name) < 4)
        and "{" not in (spec or "")
        for _, name, spec, _ in fields
    )


def may_grow(spec: str) -> bool:
    """Whether a format asks for a width or precision that would make a text too large: `%1000000d`, `%*d`."""
    return re.search(r"\d{4}|\*", spec) is not None


def is_member(value: Any) -> bool:
    """Whether a value can be held in a set of Python: plain, or an object of ours that is equal only to itself."""
    if isinstance(value, (Class, Lib, Function)):
        return True
    if isinstance(value, tuple):
        return len(value) <= _MAX_LISTS and all(map(is_member, value))
    return is_plain(value) and not isinstance(value, (list, dict, set))


def made_set(items: list[Any]) -> Any:
    """A set of what is known; unknown where something else is among it."""
    return set(items) if all(map(is_member, items)) else UNKNOWN


def has_method(value: Any, name: str) -> bool:
    """Whether `value.name` is a method that may be called."""
    if isinstance(value, list):
        return name in _LIST
    if isinstance(value, dict):
        return name in _DICT
    if isinstance(value, set):
        return name in _SET
    for kind, names in PURE_METHODS.items():
        if isinstance(value, kind) and name in names:
            return True
    return False


def call_method(m: Machine, bound: Plain, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`receiver.name(*args)` of a plain Python object."""
    receiver, name = bound.receiver, bound.name
    if isinstance(receiver, Named):
        return _named_method(receiver, name, args, kwargs)
    if isinstance(receiver, List):
        return _list_method(m, receiver, name, args, kwargs)
    if isinstance(receiver, dict):
        return _dict_method(m, receiver, name, args, kwargs)
    if isinstance(receiver, set):
        m.touch(receiver)
        if name == "add" and len(args) == 1:
            receiver.add(args[0] if is_member(args[0]) else UNKNOWN)
            return None
        if name == "update" and not all(isinstance(a, (set, frozenset)) or is_plain(a) for a in args):
            receiver.add(UNKNOWN)
            return None
        if UNKNOWN in receiver and name in ("pop", "remove", "discard", "intersection_update", "difference_update"):
            receiver.clear()
            receiver.add(UNKNOWN)
            return UNKNOWN
    if isinstance(receiver, (str, bytes)) and _makes_too_much(receiver, name, args):
        return Scalar("str") if isinstance(receiver, str) else UNKNOWN
    if isinstance(receiver, range) and not all(isinstance(a, int) for a in args):
        return UNKNOWN
    if all(map(is_plain, args)) and all(map(is_plain, kwargs.values())):
        if isinstance(receiver, re.Pattern):
            return compute(partial(regexes.call_method, receiver, name), [args, kwargs], {})
        return compute(getattr(receiver, name), args, kwargs)
    if isinstance(receiver, str):
        return Scalar("str") if name in ("format", "join", "replace", "strip", "lower", "upper") else UNKNOWN
    return UNKNOWN


def _makes_too_much(receiver: str | bytes, name: str, args: list[Any]) -> bool:
    """Whether a method of a text would make one that is too large."""
    if name == "format":
        text = receiver if isinstance(receiver, str) else ""
        return may_grow(text) or not is_simple_format(text) or not all(map(is_plain, args))
    if name == "encode" or name == "decode":
        return not all(isinstance(a, str) and _ENCODINGS.fullmatch(a) for a in args[:1])
    if name in ("replace", "join", "translate"):
        return len(receiver) * max(weight(a) if is_plain(a) else LARGEST for a in (*args, "")) > LARGEST
    return any(isinstance(a, int) and a > LARGEST for a in args)


def _named_method(receiver: Named, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    table = dict(zip(receiver.names, receiver))
    if name == "_asdict":
        return Dict(table)
    if name == "_replace":
        return Named.of(**{**table, **kwargs}) if kwargs.keys() <= table.keys() else UNKNOWN
    return compute(getattr(tuple(receiver), name), args, kwargs) if is_plain(receiver) and is_plain(args) else UNKNOWN


def compute(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A pure function on plain values, computed by Python; lists and dicts become the program's own."""
    if not all(map(is_small, args)) or not all(map(is_small, kwargs.values())):
        return UNKNOWN
    try:
        value = function(*args, **kwargs)
        return adopted(value) if isinstance(value, range) or not is_plain(value) or is_small(value) else UNKNOWN
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise Exceptional(type(error).__name__) from None
    except Exception:
        return UNKNOWN


def adopted(value: Any) -> Any:
    """A value that Python computed, as the interpreter holds it."""
    if type(value) is list:
        return List([adopted(v) for v in value])
    if type(value) is dict:
        return Dict({k: adopted(v) for k, v in value.items()})
    if type(value) is tuple:
        return tuple([adopted(v) for v in value])
    return value


def _list_method(m: Machine, receiver: List, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.iteration import iterate
    from shapelens.interpreter.joining import join

    if name not in ("copy", "count", "index"):
        m.touch(receiver)
    if name == "appendleft" and len(args) == 1:
        name, args = "insert", [0, args[0]]
    elif name == "popleft":
        name, args = "pop", [0]
    if name == "append" and len(args) == 1:
        if receiver.rest is None:
            list.append(receiver, args[0])
        else:
            receiver.rest = join(receiver.rest, args[0])
        return None
    if name == "extend" and len(args) == 1:
        items, rest = iterate(m, None, args[0], None)
        if len(receiver) + len(items) > LARGEST:
            list.clear(receiver)
            receiver.rest = UNKNOWN
        elif receiver.rest is None:
            list.extend(receiver, items)
            receiver.rest = rest
        else:
            for item in [*items, *([] if rest is None else [rest])]:
                receiver.rest = join(receiver.rest, item)
        return None
    if name == "clear":
        receiver.rest = UNKNOWN if id(receiver) in m.captured else None
        list.clear(receiver)
        return None
    if name == "copy":
        made = List(receiver)
        made.rest, made.count = receiver.rest, receiver.count
        return made
    if receiver.rest is not None:
        if name not in ("count", "index", "pop"):
            list.clear(receiver)
            receiver.rest = UNKNOWN
            return None
        return UNKNOWN
    if name == "pop":
        if not receiver:
            raise Exceptional("IndexError")
        if not args:
            return list.pop(receiver)
        if isinstance(args[0], int) and -len(receiver) <= args[0] < len(receiver):
            return list.pop(receiver, args[0])
        receiver.clear()
        receiver.rest = UNKNOWN
        return UNKNOWN
    if name == "insert" and len(args) == 2 and isinstance(args[0], int):
        list.insert(receiver, *args)
        return None
    if name == "reverse":
        list.reverse(receiver)
        return None
    if name == "sort":
        if is_plain(receiver) and not kwargs.get("key"):
            try:
                list.sort(receiver, reverse=kwargs.get("reverse") is True)
                return None
            except TypeError:
                pass
        receiver.rest = UNKNOWN
        list.clear(receiver)
        return None
    if name == "extendleft" and len(args) == 1:
        items, rest = iterate(m, None, args[0], None)
        if rest is None:
            list.__setitem__(receiver, slice(0, 0), items[::-1])
            return None
    if name == "rotate" and all(isinstance(a, int) for a in args):
        if receiver:
            turns = -(args[0] if args else 1) % len(receiver)
            list.__setitem__(receiver, slice(None), [*receiver[turns:], *receiver[:turns]])
        return None
    if name in ("extendleft", "rotate"):
        receiver.clear()
        receiver.rest = UNKNOWN
        return None
    if name in ("index", "count") and is_plain(receiver) and is_plain(args):
        return compute(getattr(list(receiver), name), args, {})
    if name == "remove" and len(args) == 1:
        for i, item in enumerate(receiver):
            if item is args[0] or is_plain(item) and is_plain(args[0]) and item == args[0]:
                list.pop(receiver, i)
                return None
        receiver.clear()
        receiver.rest = UNKNOWN
        return None
    return UNKNOWN


def _dict_method(m: Machine, receiver: dict[Any, Any], name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.iteration import forget_names, one_of_values, set_key, update_dict
    from shapelens.interpreter.joining import join, one_of

    rest = getattr(receiver, "rest", None)
    if name in ("pop", "popitem", "setdefault", "update", "clear", "move_to_end"):
        m.touch(receiver)
        if isinstance(receiver, Children):
            m.touch(receiver.owner)
            receiver.owner.attrs["?"] = True
        elif isinstance(receiver, Globals):
            given = args[0] if args else {}
            m.touch_scope(receiver.scope)
            if name == "update" and type(given) is Dict and given.rest is None and all(type(k) is str for k in given):
                receiver.scope.update({**given, **kwargs})
            else:
                forget_names(receiver.scope)
    if name == "items":
        pairs = List([(k, v) for k, v in receiver.items()])
        pairs.rest = None if rest is None else (UNKNOWN, rest)
        return pairs
    if name in ("keys", "values"):
        listed = List(receiver.keys() if name == "keys" else receiver.values())
        listed.rest = None if rest is None else UNKNOWN if name == "keys" else rest
        return listed
    if name in ("get", "pop", "setdefault"):
        key = args[0] if args else kwargs.get("key")
        default = args[1] if len(args) > 1 else kwargs.get("default")
        if isinstance(key, (Unknown, Many, Expr)) or not _hashable(key):
            if name != "get" and isinstance(receiver, Dict):
                receiver.clear()
                receiver.rest = UNKNOWN
            found = one_of_values(receiver) if name == "get" else None
            return UNKNOWN if found is None else join(found, default)
        if key in receiver:
            return receiver.pop(key) if name == "pop" else receiver[key]
        if rest is not None:
            return one_of(rest) if type(rest) is List else UNKNOWN
        if name == "pop" and len(args) < 2:
            raise Exceptional("KeyError")
        if name == "setdefault":
            receiver[key] = default
        return default
    if name == "update":
        for arg in args:
            update_dict(m, receiver, arg)
        for key, value in kwargs.items():
            set_key(m, receiver, key, value)
        return None
    if name == "copy":
        made = Dict(receiver)
        made.rest, made.factory = rest, getattr(receiver, "factory", None)
        return made
    if name == "clear":
        receiver.clear()
        return None
    if name in ("popitem", "move_to_end"):
        return _moved(receiver, name, args, kwargs)
    return UNKNOWN


def _moved(receiver: dict[Any, Any], name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`popitem` and `move_to_end`, of an OrderedDict too: what is at one of the ends changes."""
    given = args[name == "move_to_end" :]
    last = given[0] if given else kwargs.get("last", True)
    key = args[0] if name == "move_to_end" and args else kwargs.get("key")
    known = isinstance(last, bool) and getattr(receiver, "rest", None) is None
    if not known or name == "move_to_end" and (isinstance(key, (Unknown, Many, Expr)) or not _hashable(key)):
        receiver.clear()
        if isinstance(receiver, Dict):
            receiver.rest = UNKNOWN
        return UNKNOWN
    if not receiver or name == "move_to_end" and key not in receiver:
        raise Exceptional("KeyError")
    if name == "popitem":
        key = list(receiver)[-1 if last else 0]
        return key, receiver.pop(key)
    others = {k: v for k, v in receiver.items() if k != key}
    moved = {key: receiver[key]}
    receiver.clear()
    receiver.update({**others, **moved} if last else {**moved, **others})
    return None


def _hashable(value: Any) -> bool:
    parts, left = [value], _MAX_PARTS
    while parts and isinstance(value, tuple):
        part = parts.pop()
        if isinstance(part, tuple):
            left -= len(part)
            if left < 0:
                return False
            parts.extend(part)
    try:
        hash(value)
    except TypeError:
        return False
    return True


def iterator_of(value: Any) -> Iter | None:
    """iter() of a known sequence."""
    if isinstance(value, Iter):
        return value
    if isinstance(value, range) and weight(value) > LARGEST:
        return Iter([], Scalar("int"))
    if isinstance(value, (tuple, list, str, range, Size)):
        return Iter(value, getattr(value, "rest", None))
    if isinstance(value, dict):
        return Iter(value, None if getattr(value, "rest", None) is None else UNKNOWN)
    return None
