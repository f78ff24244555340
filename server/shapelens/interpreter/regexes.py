"""Regular expressions on known strings, computed by Python itself where that is sure to be quick.

A pattern may take a time that is exponential in the length of the string, and nothing can interrupt it: so a pattern
is only used if its repeats are not nested, and if a bound on its steps is small.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

_MAX_STEPS = 200_000
_MAX_TEXT, _MAX_MADE = 10_000, 1 << 18


@lru_cache(256)
def open_repeats(pattern: str, flags: int = 0) -> int | None:
    """How many repeats of a pattern have no small upper limit; None for a pattern that may take exponential time.

    Repeats inside repeats and alternatives inside repeats may, and so may references to groups.
    """
    parser: Any = getattr(re, "_parser", None)
    if parser is None:  # Python 3.10
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parser = importlib.import_module("sre_parse")
    try:
        parsed = parser.parse(pattern, flags)
    except Exception:
        return None
    count = 0
    for name, argument, inside in _parts(parsed, False):
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            if argument[1] > 1 and inside:
                return None
            count += argument[1] > 16
        elif name.startswith("GROUPREF") or (inside and name == "BRANCH"):
            return None
    return count


def _parts(parsed: Any, inside: bool) -> Iterator[tuple[str, Any, bool]]:
    """Every operation of a parsed pattern with its argument, and whether it stands in a repeat."""
    for op, argument in parsed:
        name = str(op)
        yield name, argument, inside
        deeper = inside or (name.endswith("_REPEAT") and argument[1] > 1)
        for part in _subpatterns(argument):
            yield from _parts(part, deeper)


def _subpatterns(argument: Any) -> Iterator[Any]:
    if hasattr(argument, "data") and hasattr(argument, "state"):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for each in argument:
            yield from _subpatterns(each)


def _is_quick(pattern: str, flags: int, text: str) -> bool:
    repeats = open_repeats(pattern, flags)
    length = len(text) + 1
    return repeats is not None and len(text) <= _MAX_TEXT and length ** (repeats + 1) <= _MAX_STEPS * length


class TooSlow(Exception):
    """The expression is not computed."""


def _call(name: str, pattern: Any, *args: Any, **kwargs: Any) -> Any:
    """`re.name(pattern, ...)` on plain values. Raises TooSlow, and what `re` raises."""
    flags = kwargs.get("flags", 0)
    if isinstance(pattern, re.Pattern):
        flags, pattern = pattern.flags & ~re.UNICODE.value, pattern.pattern
    text = kwargs.get("string", args[1] if name in ("sub", "subn") and len(args) > 1 else args[0] if args else "")
    if not isinstance(pattern, str) or not isinstance(text, str) or not isinstance(flags, int):
        raise TooSlow
    if not _is_quick(pattern, flags, text):
        raise TooSlow
    if name in ("sub", "subn") and len(str(kwargs.get("repl", args[0] if args else ""))) * (len(text) + 1) > _MAX_MADE:
        raise TooSlow
    found = getattr(re.compile(pattern, flags), name)(*args, **{k: v for k, v in kwargs.items() if k != "flags"})
    return list(found) if name == "finditer" else found


METHODS = ("match", "search", "fullmatch", "split", "findall", "finditer", "sub", "subn")
"""Of the module `re` and of compiled patterns alike."""

PURE: dict[str, tuple[Callable[..., Any], str]] = {
    **{f"re.{name}": (partial(_call, name), "") for name in METHODS},
    "re.compile": (lambda pattern, flags=0: re.compile(pattern, flags), ""),
    "re.escape": (re.escape, "str"),
}


def call_method(pattern: re.Pattern[str], name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A method of a compiled pattern on plain values. Raises TooSlow."""
    return _call(name, pattern, *args, **kwargs)
