"""What a run has computed, for counting multiply-adds afterwards.

A run keeps a list of entries: an `Op` for each library call that multiplies and adds, a `Called` for each call of a
module with the entries of its own, `Maybe` for a branch of which it is not known whether it is taken, `Again` for a
function that is not run a second time. Where the flow of tensors is asked for, a `Step` for each call of a rule. Counting comes last, when all that can be known of the shapes is known.

The convention: one multiply-add is one multiplication with the addition that goes with it, in convolutions, linear
layers, matrix products, attention and recurrent layers. It is half of what torch.utils.flop_counter counts, and what
torchinfo calls mult-adds without its share for biases and for the weights of norms and embeddings. What follows no
formula (elementwise functions, norms, pooling, looking up an embedding) counts 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from shapelens.dims import Dim, TooComplex
from shapelens.rules.call import Call, NotKnown


class Op:
    """One call of a rule that has a formula, or with path "" of something that nothing is known of."""

    __slots__ = ("args", "path", "result")

    def __init__(self, path: str, args: tuple[Any, ...] = (), result: Any = None) -> None:
        self.path, self.args, self.result = path, args, result


class Step:
    """One call of a rule that gave a tensor, kept where the flow of tensors is asked for; it counts nothing itself."""

    __slots__ = ("args", "path", "result", "where", "work")

    def __init__(self, path: str, args: tuple[Any, ...], result: Any) -> None:
        self.path, self.args, self.result = path, args, result
        self.where: Any = None  # the place and node of the call
        self.work: tuple[Any, ...] = ()


class Called:
    """One call of a module, with what was done in it."""

    __slots__ = ("args", "instance", "kwargs", "result", "site", "work")

    def __init__(self, instance: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any, work: Work) -> None:
        self.instance, self.args, self.kwargs, self.result, self.work = instance, tuple(args), kwargs, result, work
        self.site: Any = None  # where a step of training may start: its frame and node


class Again:
    """What a function did that was not run again, because it would do the same."""

    __slots__ = ("work",)

    def __init__(self, work: Work) -> None:
        self.work = work


class Maybe:
    """What one branch did. `taken`: True, False, or None where the run decides.

    `others` are then its alternatives, with which these are counted.
    """

    __slots__ = ("is_counted", "others", "taken", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.taken: bool | None = None
        self.others: tuple[Maybe, ...] = ()
        self.is_counted = False


Work: TypeAlias = list[Any]
Formula: TypeAlias = Callable[..., Dim]

formulas: dict[str, Formula] = {}
"""Path of a rule to its formula: given the call, the rule's result, and then what the rule itself was given."""

UNKNOWN_WORK = Op("")


def formula(*paths: str) -> Callable[[Formula], Formula]:
    """Register how many multiply-adds the rules of these paths stand for."""

    def register(function: Formula) -> Formula:
        for path in paths:
            if path in formulas:
                raise ValueError(f"two formulas for {path}")
            formulas[path] = function
        return function

    return register


class Counter:
    """Counts the multiply-adds of entries with what a run has learnt so far; each entry is counted once."""

    def __init__(self, c: Call) -> None:
        self.c = c
        self._known: dict[int, tuple[Any, Dim | None]] = {}

    def total(self, work: Work) -> Dim | None:
        """The multiply-adds of all entries; None where one is not known."""
        sum: Dim = 0
        for entry in work:
            count = self.of(entry)
            if count is None:
                return None
            try:
                sum = sum + count
            except TooComplex:
                return None
        return sum

    def of(self, entry: Any) -> Dim | None:
        """The multiply-adds of one entry."""
        known = self._known.get(id(entry))
        if known is None or known[0] is not entry:
            known = self._known[id(entry)] = entry, self._count(entry)
        return known[1]

    def _count(self, entry: Any) -> Dim | None:
        if type(entry) is Op:
            return self._op(entry)
        if type(entry) is not Maybe:
            return self.total(entry.work)
        if entry.taken is not None:
            return self.total(entry.work) if entry.taken else 0
        if entry.is_counted:
            return 0
        counts = [self.total(other.work) for other in (entry, *entry.others)]
        if not entry.others:
            return 0 if counts[0] == 0 else None
        return counts[0] if all(count == counts[0] for count in counts) else None

    def _op(self, op: Op) -> Dim | None:
        found = formulas.get(op.path)
        if found is None:
            return None
        try:
            value = self.c.store.value
            return self.c.store.dim(found(self.c, value(op.result), *[value(a) for a in op.args]))
        except (NotKnown, TooComplex):
            return None


def calls(work: Work, seen: set[int] | None = None) -> Iterator[Called]:
    """The calls of modules among the entries, without those inside of others, in order. Branches not taken are left out.

    With `seen`, what was met before is left out too: a walk over all calls then takes no longer than there are entries.
    """
    for entry in work:
        if seen is not None:
            if id(entry) in seen:
                continue
            seen.add(id(entry))
        if type(entry) is Called:
            yield entry
        elif type(entry) is Again or type(entry) is Maybe and entry.taken is not False:
            yield from calls(entry.work, seen)


def all_calls(work: Work) -> Iterator[Called]:
    """Every call of a module, those inside of others too, each entry once; the outer ones first."""
    seen: set[int] = set()
    stack = [work]
    while stack:
        found = list(calls(stack.pop(), seen))
        yield from found
        stack.extend(call.work for call in reversed(found))


def record(c: Call, instance: Any, args: Sequence[Any], kwargs: Mapping[str, Any], function: Callable[[], Any]) -> Any:
    """What the function gives, which calls a module; what it does is kept with the call."""
    outer = c.work
    if outer is None:
        return function()
    inner: Work = []
    c.work = inner
    try:
        value = function()
    finally:
        c.work = outer
    outer.append(Called(instance, args, kwargs, value, inner))
    return value
