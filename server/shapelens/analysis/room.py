"""Room on Python's own stack for all that an analysis calls.

CPython (3.11 and later) keeps the frames of Python functions in chunks of 16 KB of memory, asks the system for the next
one where a call does not fit any more, and gives it back when that call returns. A loop whose calls happen to stand at
such an edge does so in every turn, which can take longer than all else that it does. A chunk is as large as its first
frame needs, rounded up to a power of two: below a frame that asks for a little more than a megabyte there is nearly
another one, and no edge within it.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SLOTS = 135_000
"""Places on the stack of a function's own frame, of 8 bytes each: only their addresses are taken, no memory."""


def _call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


_call_with_room = types.FunctionType(_call.__code__.replace(co_stacksize=_SLOTS), {})


def roomy(function: Callable[P, T]) -> Callable[P, T]:
    """The function, with a chunk of the stack for all that it calls."""

    @functools.wraps(function)
    def with_room(*args: P.args, **kwargs: P.kwargs) -> T:
        return _call_with_room(function, args, kwargs)  # type: ignore[no-any-return]

    return with_room
