"""What a name holds after two branches: joining values, mutable contents and whole states.

A lost shape stays lost: joining with unknown gives unknown, never the other member alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from shapelens.dims import Expr, symbol
from shapelens.interpreter.machine import Frame, Machine, content, restore
from shapelens.rules.work import UNKNOWN_WORK, Maybe
from shapelens.values import (
    UNKNOWN,
    Bound,
    Choice,
    Class,
    Dict,
    Exceptional,
    Function,
    Instance,
    Iter,
    Lib,
    List,
    Named,
    Open,
    Partial,
    Scalar,
    Size,
    Tensor,
    Unknown,
    serials,
)

_MISSING = object()
_CHOOSABLE = (Instance, Function, Class, Lib, Bound, Partial, tuple, Tensor, str, type(None), List, Dict)
_MAX_CHOICES = 4
_MAX_OTHERS = 32

Signal = tuple[str, Any]


def join(a: Any, b: Any) -> Any:
    """One value that stands for either."""
    if a is b:
        return a
    kind = type(a)
    if kind is type(b):
        if kind is Tensor:
            return join_tensors(a, b)
        if kind in (int, float, bool, str):
            return a if a == b else Scalar(kind.__name__)
        if kind is tuple or kind is Size:
            if len(a) == len(b):
                joined = tuple([join(x, y) for x, y in zip(a, b)])
                return Size(joined) if kind is Size else joined
        elif kind is Named and a.names == b.names:
            return Named.of(**{name: join(x, y) for name, x, y in zip(a.names, a, b)})
        elif kind is List:
            return join_lists(a, b)
        elif kind is Bound and a.function is b.function and a.receiver is b.receiver:
            return a
    if isinstance(a, (int, Expr)) and isinstance(b, (int, Expr)) and not isinstance(a, bool):
        return a if a == b else Scalar("int")
    if isinstance(a, Scalar) and _scalar_type(b) == a.type or isinstance(b, Scalar) and _scalar_type(a) == b.type:
        return Scalar(_scalar_type(a) or "int")
    numbers = {_scalar_type(a), _scalar_type(b)}
    if numbers == {"int", "float"}:
        return Scalar("float")
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return Unknown("differs between branches")
    return choice((a, b))


def _scalar_type(value: Any) -> str:
    if isinstance(value, Scalar):
        return value.type
    if isinstance(value, Expr):
        return "int"
    return type(value).__name__ if isinstance(value, (int, float, bool, str)) else ""


def join_all(values: Iterable[Any]) -> Any:
    """One value that stands for each of several; unknown for none."""
    joined: Any = _MISSING
    for value in values:
        joined = value if joined is _MISSING else join(joined, value)
    return UNKNOWN if joined is _MISSING else joined


def choice(values: Sequence[Any]) -> Any:
    """One of these values, flattened; unknown where they are too many or of a kind that cannot be followed."""
    flat: list[Any] = []
    for value in values:
        for one in value.values if isinstance(value, Choice) else (value,):
            if not isinstance(one, _CHOOSABLE) or isinstance(one, Unknown):
                return UNKNOWN
            if not any(one is f or type(one) is type(f) and isinstance(one, (str, Tensor)) and one == f for f in flat):
                flat.append(one)
    if len(flat) == 1:
        return flat[0]
    return Choice(tuple(flat)) if len(flat) <= _MAX_CHOICES else UNKNOWN


def join_tensors(a: Tensor, b: Tensor) -> Tensor:
    """Dims that differ become a new symbol; ranks that differ leave no shape."""
    if a == b:
        return a if a.origin is b.origin else a.with_(scalars=a.scalars, origin=a.origin, parameter=a.parameter)
    dtype = a.dtype if a.dtype == b.dtype else None
    library = a.library
    if library != b.library:
        library = "torch" if "torch" in (library, b.library) else "tensorflow"
        # TensorFlow casts an array where it would refuse a tensor.
        dtype = dtype if library == "torch" else None
    if a.shape == b.shape:
        return Tensor(a.shape, dtype, library, a.device if a.device == b.device else None, a.origin)
    if isinstance(a.shape, tuple) and isinstance(b.shape, tuple) and len(a.shape) == len(b.shape):
        dims = tuple([x if x == y else symbol("n", varies=True) for x, y in zip(a.shape, b.shape)])
        return Tensor(dims, dtype, library, None, a.origin)
    if isinstance(a.shape, Open) or isinstance(b.shape, Open) or a.shape is None or b.shape is None:
        return Tensor(None, dtype, library)
    return Tensor(None, dtype, library, None, a.origin)


def join_lists(a: List, b: List) -> Any:
    """A new list, where two different lists were in one name."""
    joined = List()
    _join_list_into(joined, (list(a), a.rest, a.count), (list(b), b.rest, b.count))
    joined.others = (*(a.others or (a,)), *(b.others or (b,)))[:_MAX_OTHERS]
    return joined


def one_of(value: List) -> List:
    """One of several lists that all look like this one: what changes it changes but one of them."""
    made = List(value)
    made.rest, made.count, made.others = value.rest, value.count, value.others or (value,)
    return made


def _join_list_into(target: List, a: Any, b: Any) -> None:
    shared = [join(x, y) for x, y in zip(a[0], b[0])]
    longer = a[0][len(shared) :] or b[0][len(shared) :]
    rest = _MISSING if a[1] is None and b[1] is None else (a[1] if a[1] is not None else b[1])
    if a[1] is not None and b[1] is not None:
        rest = join(a[1], b[1])
    for extra in longer:
        rest = extra if rest is _MISSING else join(rest, extra)
    target[:] = shared
    target.rest = None if rest is _MISSING else rest
    target.count = None


def join_contents(obj: Any, a: Any, b: Any) -> Any:
    """The content of a mutable object that two branches left different."""
    kind = type(obj)
    if kind is List:
        holder = List()
        _join_list_into(holder, a, b)
        return list(holder), holder.rest, holder.count
    if kind is Dict:
        rest = a[1] if b[1] is None else b[1] if a[1] is None else join(a[1], b[1])
        for one, other in ((a[0], b[0]), (b[0], a[0])):
            for key, value in one.items():
                if key not in other:  # it may be there
                    rest = value if rest is None else join(rest, value)
        return {k: v if b[0][k] is v else join(v, b[0][k]) for k, v in a[0].items() if k in b[0]}, rest
    if kind is Iter:
        return _join_iterators(a, b)
    if kind is Instance:
        return join_scopes(a[0], b[0]), a[1] if a[1] == b[1] else UNKNOWN
    if isinstance(a, dict):
        return join_scopes(a, b)
    if kind is set:
        return a if a == b else (a & b) | {UNKNOWN}
    if kind is Tensor:  # whether it is frozen
        return a if a == b else None
    return a


def _join_iterators(a: Any, b: Any) -> Any:
    """Elements that both have are joined one by one; what only one has, or has read, comes an unknown number of times."""
    if a[1] != b[1]:
        return [], 0, UNKNOWN
    shared = [join(x, y) for x, y in zip(a[0], b[0])]
    rest = a[2] if b[2] is None else b[2] if a[2] is None else join(a[2], b[2])
    for extra in a[0][len(shared) :] or b[0][len(shared) :]:
        rest = extra if rest is None else join(rest, extra)
    return shared, a[1], rest


def join_scopes(a: dict[Any, Any], b: dict[Any, Any]) -> dict[Any, Any]:
    """Names that only one side has become unknown."""
    joined: dict[Any, Any] = {}
    for name, value in a.items():
        other = b.get(name, _MISSING)
        joined[name] = value if other is value else UNKNOWN if other is _MISSING else join(value, other)
    for name in b:
        if name not in a:
            joined[name] = UNKNOWN
    if "*" in joined:  # the modules of which all names were imported
        stars = a.get("*", ()), b.get("*", ())
        if all(type(each) is tuple for each in stars):
            joined["*"] = tuple(dict.fromkeys((*stars[0], *stars[1])))
    return joined


class Outcome:
    """How one branch ended: `signal` is None (it went on), a return, break, continue, or an exception."""

    __slots__ = ("began", "changed", "learnt", "locals", "signal", "work")

    def __init__(
        self,
        signal: Any,
        locals: dict[str, Any],
        changed: dict[int, tuple[Any, Any]],
        learnt: Any,
        work: Maybe | None = None,
    ) -> None:
        self.signal, self.locals, self.changed, self.learnt, self.work = signal, locals, changed, learnt, work
        self.began = 0  # a serial before all that the branch made; 0 where that is not known


_FUEL = 3  # what it takes to run a branch apart, in statements


def run_branch(m: Machine, frame: Frame, body: Callable[[], Any]) -> Outcome:
    """Run a branch and take back all it did; the outcome says what that was."""
    m.burn(_FUEL + (len(frame.locals) >> 4))
    m.unsure += 1
    began = next(serials)
    mark, seen, saved = m.store.mark(), len(m.seen), dict(frame.locals)
    outer = m.call.work
    work = None if outer is None else Maybe([])
    if outer is not None and work is not None:
        outer.append(work)
        m.call.work = work.work
    m.touched.append({})
    m.branching += 1
    signal: Any
    try:
        try:
            signal = body()
        except Exceptional as error:
            signal = ("raise", error.with_traceback(None))
        if isinstance(signal, tuple) and signal[0] == "return":
            signal = ("return", m.store.value(signal[1]))
        m.settle(seen)
        value_of = m.store.value
        after = (
            {k: value_of(v) for k, v in frame.locals.items()} if len(m.store._trail) > mark[0] else dict(frame.locals)
        )
        changed = {key: (obj, content(obj)) for key, (obj, _) in m.touched[-1].items()}
    finally:
        m.branching -= 1
        m.call.work = outer
        table = m.touched.pop()
        for obj, before in table.values():
            restore(obj, before)
        if table:
            m.version = next(serials)
        learnt = m.store.undo(mark)
        frame.locals.clear()
        frame.locals.update(saved)
    outcome = Outcome(signal, after, changed, learnt, work)
    outcome.began = began
    return outcome


def adopt(m: Machine, frame: Frame, outcomes: Sequence[Outcome]) -> None:
    """Go on with what the branches left, joined; what only some of them learnt is forgotten."""
    revive(m, outcomes)
    merged = outcomes[0].locals
    for other in outcomes[1:]:
        merged = join_scopes(merged, other.locals)
    adopt_heap(m, outcomes)
    frame.locals.clear()
    frame.locals.update(merged)
    m.store.redo(common(outcomes))


def _held(saved: Any) -> int:
    """How much there is to join in what `content` gave."""
    first = saved[0] if isinstance(saved, tuple) and saved else saved
    return len(first) if isinstance(first, (list, dict, set)) else 0


def revive(m: Machine, outcomes: Sequence[Outcome]) -> None:
    """Make what the branches made hold what they left in it: names and older objects are joined by that."""
    for outcome in outcomes:
        for obj, left in outcome.changed.values() if outcome.began else ():
            if getattr(obj, "born", 0) > outcome.began:
                m.touch(obj)
                restore(obj, left)


def adopt_heap(m: Machine, outcomes: Sequence[Outcome]) -> None:
    """Join what the branches did to mutable objects."""
    objects = {key: entry[0] for outcome in outcomes for key, entry in outcome.changed.items()}
    m.burn(sum(_held(entry[1]) for outcome in outcomes for entry in outcome.changed.values()) >> 4)
    for key, obj in objects.items():
        merged: Any = _MISSING
        born = getattr(obj, "born", 0)
        own = any(key in o.changed and o.began and born > o.began for o in outcomes)  # made in a branch
        if own and sum(key in o.changed for o in outcomes) == 1:
            continue  # as it was left there: see `revive`
        for outcome in outcomes:
            entry = outcome.changed.get(key)
            if own and entry is None:
                continue
            now = content(obj) if entry is None else entry[1]
            merged = now if merged is _MISSING else join_contents(obj, merged, now)
        if type(obj) is dict:
            m.touch_scope(obj)
        else:
            m.touch(obj)
        restore(obj, merged)


def common(outcomes: Sequence[Outcome]) -> list[Any]:
    """What every branch learnt alike."""
    first = outcomes[0].learnt
    if len(outcomes) == 1 or not first:
        return list(first)
    others = [{(id(t), k): v for t, k, v in o.learnt} for o in outcomes[1:]]
    return [e for e in first if all(o.get((id(e[0]), e[1]), _MISSING) == e[2] for o in others)]


def branches(m: Machine, frame: Frame, bodies: Sequence[Callable[[], Any]]) -> Any:
    """Run alternatives, one of which a run takes, and go on with what they share. Answers a signal or None."""
    outcomes = [run_branch(m, frame, body) for body in bodies]
    return settle_outcomes(m, frame, outcomes)


def settle_outcomes(m: Machine, frame: Frame, outcomes: Sequence[Outcome]) -> Any:
    """What follows after the branches: one signal where they agree, else the live ones joined."""
    alive = [o for o in outcomes if not (isinstance(o.signal, tuple) and o.signal[0] == "raise")]
    _settle_work(m, outcomes, alive)
    if not alive:
        raise outcomes[-1].signal[1]
    if len(alive) == 1:
        adopt(m, frame, alive)
        return alive[0].signal
    going = [o for o in alive if o.signal is None]
    for outcome in alive:
        if outcome.signal is None:
            continue
        suspend(m, frame, outcome)
    if going:
        adopt(m, frame, going)
        return None
    return ("ended", None)


def suspend(m: Machine, frame: Frame, outcome: Outcome) -> None:
    """Keep a branch that ended by return, break or continue while others go on: what they change is not its doing."""
    held = frame.exits if outcome.signal[0] == "return" else frame.loops[-1] if frame.loops else None
    if held is None:
        return
    for table in m.touched[frame.base :]:
        for key, (obj, _) in table.items():
            if key not in outcome.changed:
                outcome.changed[key] = obj, content(obj)
    held.append(outcome)
    m.suspended.append((outcome.changed, next(serials)))


def resume(m: Machine, outcomes: Sequence[Outcome]) -> None:
    """These branches are joined with the others: what is changed from here on is changed for them too."""
    resumed = {id(outcome.changed) for outcome in outcomes}
    m.suspended = [entry for entry in m.suspended if id(entry[0]) not in resumed]


def _settle_work(m: Machine, outcomes: Sequence[Outcome], alive: Sequence[Outcome]) -> None:
    """Say which of the branches' work is done: that of the only one that does not raise, or of one of several."""
    for outcome in outcomes:
        if outcome.work is not None:
            outcome.work.taken = False
    works = tuple(o.work for o in alive if o.work is not None)
    for work in works:
        work.taken = True if len(alive) == 1 else None
    if len(works) == len(alive) > 1:
        works[0].others = works[1:]
        for work in works[1:]:
            work.is_counted = True
    if m.call.work is not None and len({o.signal is None for o in alive}) > 1:
        m.call.work.append(UNKNOWN_WORK)  # whether what follows is run, the run decides
