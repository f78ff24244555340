"""Statements: blocks, branches, loops, exceptions, definitions and imports."""

from __future__ import annotations

import ast
import builtins as python
from collections.abc import Callable
from functools import partial
from typing import Any

from shapelens.interpreter import (
    attributes,
    calls,
    classes,
    containers,
    contracts,
    importing,
    iteration,
    memory,
    plain,
    prose,
    torch_state,
)
from shapelens.interpreter.expressions import _BINARY, binary, ev
from shapelens.interpreter.joining import (
    Outcome,
    adopt,
    branches,
    join,
    join_scopes,
    resume,
    revive,
    run_branch,
    settle_outcomes,
    suspend,
)
from shapelens.interpreter.machine import Budget, Cancelled, FirstTurn, Frame, Machine, Report
from shapelens.interpreter.truth import assume, tested, truth
from shapelens.interpreter.turns import Modules, Turns, may_be_alike
from shapelens.rules.autocast import Autocast
from shapelens.rules.call import Failure
from shapelens.rules.devices import DEVICE, device_kind
from shapelens.rules.registry import apply_rule
from shapelens.values import (
    UNKNOWN,
    Alias,
    Bound,
    Class,
    Descriptor,
    Dict,
    Exceptional,
    Function,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Scalar,
    Tensor,
    Unknown,
    serials,
)

Signal = Any
# A loop over more elements than this is taken to run an unknown number of times: over numbers, and over a table,
# whose rows stand somewhere in the source.
_MAX_TURNS = 128
_MAX_ROWS = 4096


def run_block(m: Machine, body: list[ast.stmt], f: Frame) -> Signal:
    """Run statements; a signal (return, break, continue, ended) or None."""
    for node in body:
        m.burn()
        try:
            signal = _STATEMENTS[type(node)](m, node, f)
        except Exceptional as error:
            m.locate(error, f.place, node)
            raise
        except (Budget, Cancelled, RecursionError):
            raise
        except Exception as error:  # a defect of ours: it costs this statement, not the file
            if m.strict:
                raise
            m.defects.append((node, error))
            continue
        if signal is not None:
            return signal
    return None


def _expression(m: Machine, node: ast.Expr, f: Frame) -> Signal:
    ev(m, node.value, f)
    return None


def _assign(m: Machine, node: ast.Assign, f: Frame) -> Signal:
    value = ev(m, node.value, f)
    if m.prose and (type(value) is Unknown or type(value) is Tensor and value.shape is None):
        value = prose.assigned(m, f, node, value)
    for target in node.targets:
        iteration.assign_target(m, f, target, value, node)
        saw_targets(m, f, node, target)
    return None


def saw_targets(m: Machine, f: Frame, node: ast.AST, target: ast.expr) -> None:
    """Keep what plain names hold after an assignment, for the hints."""
    kind = type(target)
    if kind is ast.Name:
        name = target.id  # type: ignore[attr-defined]
        value = f.locals.get(name)
        if type(value) is Tensor or type(value) is Unknown:
            m.saw(f.place, node, name, "assign", value)
    elif kind is ast.Tuple or kind is ast.List:
        for one in target.elts:  # type: ignore[attr-defined]
            saw_targets(m, f, node, one)
    elif kind is ast.Starred:
        saw_targets(m, f, node, target.value)  # type: ignore[attr-defined]


def _ann_assign(m: Machine, node: ast.AnnAssign, f: Frame) -> Signal:
    if node.value is not None:
        value = contracts.assigned(m, f, node, ev(m, node.value, f))
        iteration.assign_target(m, f, node.target, value, node)
        saw_targets(m, f, node, node.target)
    return None


def _aug_assign(m: Machine, node: ast.AugAssign, f: Frame) -> Signal:
    name, apply = _BINARY[type(node.op)]
    target = node.target
    if isinstance(target, ast.Name):
        before = ev(m, ast.copy_location(ast.Name(target.id, ast.Load()), target), f)
    elif isinstance(target, ast.Attribute):
        before = attributes.get(m, f, ev(m, target.value, f), attributes.private(f, target.attr), node)
    else:
        before = iteration.get_item(m, f, node, ev(m, target.value, f), ev(m, target.slice, f))
    value = ev(m, node.value, f)
    if isinstance(before, List) and name == "add":
        from shapelens.values import Plain

        plain.call_method(m, Plain(before, "extend"), [value], {})
        after: Any = before
    elif isinstance(before, Instance) and (extended := _extended(m, f, node, before, name, value)) is not None:
        after = extended
    else:
        after = binary(m, f, node, name, apply, before, value, "i" if isinstance(before, Tensor) else "")
        if type(after) is Tensor and after.shape is None and type(before) is Tensor and before.library == "torch":
            after = before  # whatever is written into it, it keeps its shape
    iteration.assign_target(m, f, target, after, node)
    saw_targets(m, f, node, target)
    return None


def _extended(m: Machine, f: Frame, node: ast.AugAssign, target: Instance, name: str, value: Any) -> Any:
    """`modules += [layer]`, or an object's own `__iadd__`; None where it has neither."""
    if name == "add" and containers.kind_of(target):
        return containers.call_method(m, f, node, target, containers.kind_of(target), "extend", [value], {})
    method, owner = classes.find_in_class(target.cls, f"__i{name}__")
    if isinstance(owner, Class) and method is not None:
        return calls.call(m, f, node, Bound(method, target), [value], {})
    return None


def _return(m: Machine, node: ast.Return, f: Frame) -> Signal:
    value = None if node.value is None else ev(m, node.value, f)
    if f.contract is not None:
        value = contracts.leave(m, f, node, value)
    if type(value) is Tensor or type(value) is Unknown:
        m.saw(f.place, node, "return", "return", value)
    return ("return", value)


def _if(m: Machine, node: ast.If, f: Frame) -> Signal:
    test = ev(m, node.test, f)
    known = tested(m, f, node.test, test)
    if known is not None:
        return run_block(m, node.body if known else node.orelse, f)

    def side(body: list[ast.stmt], holds: bool) -> Callable[[], Signal]:
        def run() -> Signal:
            assume(m, f, node.test, test, holds)
            return run_block(m, body, f)

        return run

    return branches(m, f, [side(node.body, True), side(node.orelse, False)])


# -- loops ---------------------------------------------------------------------------------------------------------


def _for(m: Machine, node: ast.For, f: Frame) -> Signal:
    source = ev(m, node.iter, f)
    items, rest = iteration.iterate(m, f, source, node.iter)
    if items and len(items) > (_MAX_TURNS if isinstance(items[0], int) else _MAX_ROWS):
        joined = items[0]
        for item in items[1:_MAX_ROWS]:
            joined = join(joined, item)
        items, rest = [], Scalar("int") if isinstance(joined, Scalar) else joined
    f.loops.append([])
    try:

        def turn(item: Any) -> Signal:
            iteration.assign_target(m, f, node.target, item, node)
            saw_targets(m, f, node.target, node.target)
            return run_block(m, node.body, f)

        turns = Turns(m, f, node, items) if rest is None and may_be_alike(m, node, items) else None
        modules = Modules(m, f, node) if len(items) > 1 and type(node.target) is ast.Name else None
        for number, item in enumerate(items, 1):
            m.burn()
            if modules is not None and type(item) is Instance:
                signal, is_alike = modules.run(item, turn), False
            else:
                signal, is_alike = (turn(item), False) if turns is None else turns.run(partial(turn, item))
            if signal is None or signal[0] == "continue":
                _rejoin_continues(m, f)
                if is_alike and turns is not None and turns.rest_is_alike(number, turn):
                    iteration.assign_target(m, f, node.target, items[-1], node)
                    break
                continue
            if signal[0] == "break":
                return _after_loop(m, f, None)
            if signal[0] == "ended":
                if _rejoin_continues(m, f):
                    continue
                return _after_loop(m, f, signal)
            return signal
        if rest is not None:
            reports = len(m.reports)
            if isinstance(source, Instance) and m.is_certain():
                _hold_parts(m, node, f, m.store.value(rest))
            signal = unknown_turns(m, f, partial(turn, rest), node, iteration.length(m, source))
            if signal is not None:
                return signal
            last = _last_batch(m, rest) if m.last_batches else None
            if last is not None and not any(isinstance(n, (ast.Break, ast.Return)) for n in ast.walk(node)):
                _last_turn(m, f, node, *last, m.reports[reports:])
        signal = run_block(m, node.orelse, f)
        if signal is not None:
            return signal
        return _after_loop(m, f, None)
    except Exceptional:
        if not f.loops[-1]:
            raise
        return _after_loop(m, f, ("ended", None))
    finally:
        f.loops.pop()


def _hold_parts(m: Machine, node: ast.For, f: Frame, element: Any) -> None:
    """Report a dataset or loader whose elements have another number of parts than the loop has names for them."""
    names = node.target.elts if isinstance(node.target, (ast.Tuple, ast.List)) else ()
    if not names or type(element) is not tuple or any(isinstance(n, ast.Starred) for n in names):
        return
    if len(names) != len(element):
        text = f"each element has {len(element)} parts, and the loop has {len(names)} names for them"
        m.report(Failure("unpack-mismatch", text), f.place, node.target)


def _last_batch(m: Machine, element: Any) -> tuple[Any, str] | None:
    """What the last turn of a loop over a loader gets, also below enumerate and zip; None where it is like the others."""
    known = m.last_batches.get(id(element))
    if known is not None:
        return known[1], known[2]
    if type(element) is not tuple:
        return None
    parts = [_last_batch(m, part) for part in element]
    said = [p[1] for p in parts if p is not None]
    return (tuple([e if p is None else p[0] for e, p in zip(element, parts)]), said[0]) if said else None


def _last_turn(m: Machine, f: Frame, node: ast.For, last: Any, said: str, earlier: list[Report]) -> None:
    """Run a loop's body once more for a smaller last batch, aside: what fails then and not before is a warning.

    Behind the loop, its names hold what that turn left, so what it gives another shape is known only as far as both agree.
    """

    def turn() -> Signal:
        iteration.assign_target(m, f, node.target, last, node)
        return run_block(m, node.body, f)

    saved = m.recording, m.memo, len(m.reports), len(f.exits), list(f.loops[-1])
    fuel, m.fuel = m.fuel, m.fuel // 2
    m.recording, m.memo = False, dict(m.memo)
    left: dict[str, Any] = {}
    try:
        outcome = run_branch(m, f, turn)
        left = outcome.locals if outcome.signal is None else {}
    except Budget:
        m.fuel = 0
    finally:
        m.recording, m.memo, start, exits, loops = saved
        m.fuel += fuel - fuel // 2
        del f.exits[exits:]
        f.loops[-1] = loops
        found, before = m.reports[start:], {id(r.node) for r in earlier}
        del m.reports[start:]
    for name, value in left.items():
        kept = f.locals.get(name)
        if isinstance(value, Tensor) and isinstance(kept, Tensor) and value.shape != m.store.shape(kept.shape):
            f.locals[name] = join(m.store.value(kept), value)
    for report in found:
        failure = report.failure
        if failure.severity == "error" and not report.caught and id(report.node) not in before:
            text = f"{said}: {failure.message}"
            m.reports.append(report._replace(failure=Failure("last-batch", text, failure.related, (), "warning")))
            return


def _rejoin_continues(m: Machine, f: Frame, went_on: bool = True) -> bool:
    """Branches of this turn that said continue go on with the next turn together with the rest, if that `went_on`."""
    held = f.loops[-1]
    continued = [o for o in held if o.signal[0] == "continue"]
    if not continued:
        return False
    f.loops[-1] = [o for o in held if o.signal[0] != "continue"]
    resume(m, continued)
    now = [Outcome(None, dict(f.locals), {}, [])] if went_on else []
    adopt(m, f, [*now, *continued])
    return True


def _after_loop(m: Machine, f: Frame, signal: Signal) -> Signal:
    """Join the branches that broke out with the state in which the loop ended."""
    held = [o for o in f.loops[-1] if o.signal[0] in ("break", "continue")]
    if not held:
        return signal
    f.loops[-1] = []
    resume(m, held)
    if signal is None:
        held.insert(0, Outcome(None, dict(f.locals), {}, []))
    adopt(m, f, held)
    return None


def unknown_turns(m: Machine, f: Frame, turn: Callable[[], Signal], node: ast.AST, count: Any = None) -> Signal:
    """Run a loop body that runs an unknown number of times: until what it leaves no longer changes.

    Only the last pass counts for hints and problems: the passes before it saw values that were not joined yet.
    """

    def whole() -> Signal:
        signal = turn()
        if signal is None or signal[0] in ("continue", "ended"):
            rejoined = _rejoin_continues(m, f, signal is None or signal[0] == "continue")
            return None if rejoined else signal
        return signal

    lists = _lists_in(f)
    before_lengths = {id(v): len(v) for v in lists}
    outcome: Outcome | None = None
    start = len(m.reports)
    first = FirstTurn(f, len(m.touched) + 1, m.doubtful, len(m.frames), [])
    for attempt in range(4):
        seen, reports = len(m.seen), len(m.reports)
        if attempt == 0 and isinstance(node, ast.For):
            m.first_turns.append(first)
        entry = dict(f.locals)
        m.vague += 1
        try:
            outcome = run_branch(m, f, whole)
        finally:
            m.vague -= 1
            if m.first_turns and m.first_turns[-1] is first:
                m.first_turns.pop()
        went_on = outcome.signal is None or outcome.signal[0] in ("continue", "break")
        ended = outcome.signal is not None and outcome.signal[0] == "ended" and f.loops[-1]
        if not went_on and not ended:
            # Every turn returns or raises: after the loop there is only the way round it.
            if outcome.signal is not None and outcome.signal[0] == "return":
                f.exits.append(outcome)
            return None
        after = outcome.locals
        stable = all(_same(entry.get(k, UNKNOWN), v) for k, v in after.items() if k in entry) and not _changed(outcome)
        if attempt == 0:
            _note_growth(m, outcome, lists, before_lengths, count)
        if stable or attempt == 3:
            break
        # Again, from what holds after any number of turns.
        revive(m, [outcome])
        merged = join_scopes(entry, {k: v for k, v in after.items() if k in entry})
        if attempt == 2:
            merged = {k: v if _same(entry[k], v) else UNKNOWN for k, v in merged.items()}
        restart = Outcome(None, {**entry, **merged}, outcome.changed, [])
        unchanged = Outcome(None, entry, {}, [])
        adopt(m, f, [Outcome(None, {**entry, **merged}, {}, []), restart])
        del unchanged
        del m.seen[seen:]
        del m.reports[reports:]
        m.truncations += 1
        f.loops[-1] = [o for o in f.loops[-1] if o.signal[0] not in ("continue", "break")]
    assert outcome is not None
    told = {id(report.node) for report in m.reports[start:]}
    for report in first.reports:
        if id(report.node) not in told:
            m.keep_report(report)
    ways = [Outcome(None, dict(f.locals), {}, [])]
    if outcome.signal is None or outcome.signal[0] != "ended":
        ways.append(Outcome(None, outcome.locals, outcome.changed, []))
    ways += [Outcome(None, o.locals, o.changed, []) for o in f.loops[-1]]
    resume(m, f.loops[-1])
    f.loops[-1] = []
    adopt_ways(m, f, ways)
    return None


def adopt_ways(m: Machine, f: Frame, ways: list[Outcome]) -> None:
    """Join the ways out of a loop; a name first set in the body keeps its value, as it has one if the loop ran."""
    base = ways[0].locals
    for way in ways[1:]:
        for name, value in way.locals.items():
            base.setdefault(name, value)
        for name, value in base.items():
            way.locals.setdefault(name, value)
    adopt(m, f, ways)


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, Unknown) and isinstance(b, Unknown):
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, (Tensor, int, float, str, tuple)) or a is None:
        return bool(a == b)
    return isinstance(a, (Function, Class, Lib, Bound, Iter, Many))


def _changed(outcome: Outcome) -> bool:
    """Whether the body changed an object that was there before (other than by attributes of the same shape)."""
    return any(isinstance(obj, (List, dict)) for obj, _ in outcome.changed.values())


def _lists_in(f: Frame) -> list[List]:
    return [v for v in f.locals.values() if isinstance(v, List)]


def _note_growth(m: Machine, outcome: Outcome, lists: list[List], lengths: dict[int, int], count: Any) -> None:
    """A list that one turn makes longer by one element has, after the loop, as many as there were turns."""
    for obj in lists:
        changed = outcome.changed.get(id(obj))
        if changed is None:
            continue
        items, rest, _ = changed[1]
        if rest is None and len(items) == lengths[id(obj)] + 1 and lengths[id(obj)] == 0 and count is not None:
            m.growth[id(obj)] = (obj, count)


def _while(m: Machine, node: ast.While, f: Frame) -> Signal:
    f.loops.append([])
    try:
        turns = 0
        while True:
            m.burn()
            test = ev(m, node.test, f)
            known = tested(m, f, node.test, test)
            if known is False:
                signal = run_block(m, node.orelse, f)
                return signal if signal is not None else _after_loop(m, f, None)
            turns += 1
            if known is None or turns > _MAX_TURNS:
                break
            signal = run_block(m, node.body, f)
            if signal is None or signal[0] == "continue":
                _rejoin_continues(m, f)
                if f.loops[-1] and turns > 2:
                    break
                continue
            if signal[0] == "break":
                return _after_loop(m, f, None)
            if signal[0] == "ended" and _rejoin_continues(m, f):
                continue
            return signal if signal[0] == "return" else _after_loop(m, f, signal)

        def turn() -> Signal:
            value = ev(m, node.test, f)
            assume(m, f, node.test, value, True)
            return run_block(m, node.body, f)

        signal = unknown_turns(m, f, turn, node)
        return signal if signal is not None else run_block(m, node.orelse, f)
    except Exceptional:
        if not f.loops[-1]:
            raise
        return _after_loop(m, f, ("ended", None))
    finally:
        f.loops.pop()


def _break(m: Machine, node: ast.Break, f: Frame) -> Signal:
    return ("break", None)


def _continue(m: Machine, node: ast.Continue, f: Frame) -> Signal:
    return ("continue", None)


def _type_alias(m: Machine, node: Any, f: Frame) -> Signal:
    iteration.assign_target(m, f, node.name, Alias(node.value, f), node)
    return None


def _pass(m: Machine, node: ast.stmt, f: Frame) -> Signal:
    return None


# -- exceptions ----------------------------------------------------------------------------------------------------


def _raise(m: Machine, node: ast.Raise, f: Frame) -> Signal:
    if node.exc is None:
        raise _raised_again(m, None) or _unknown_exception(node, "Exception")
    callee = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = getattr(callee, "id", getattr(callee, "attr", "Exception"))
    if not _is_builtin_exception(name):
        value = m.store.value(ev(m, callee, f))
        if isinstance(value, Instance) and isinstance(value.cls, Class):
            name = value.cls.name
        elif not isinstance(value, (Class, Lib)):
            raise _raised_again(m, value) or _unknown_exception(node, name)
    if callee is not node.exc and m.is_certain():
        text = [ev(m, part, f) for part in node.exc.args[:1]]  # type: ignore[attr-defined]
        raise Exceptional(name, node, text[0] if text and isinstance(text[0], str) else None)
    raise Exceptional(name, node)


def _raised_again(m: Machine, value: Any) -> Exceptional | None:
    """The exception being handled that a value stands for, the last one by itself; None where it is none."""
    for caught, failed in reversed(m.handled):
        if value is None or value is caught:
            failed.certain = failed.certain and m.is_certain()
            return failed
    return None


def _unknown_exception(node: ast.Raise, name: str) -> Exceptional:
    """What is raised where only the name that it has in the text is known."""
    error = Exceptional(name, node)
    error.is_known = False
    return error


def _assert(m: Machine, node: ast.Assert, f: Frame) -> Signal:
    test = ev(m, node.test, f)
    known = tested(m, f, node.test, test)
    if known is None:
        assume(m, f, node.test, test, True)
    elif known is False:
        raise Exceptional("AssertionError", node)
    return None


def _caught_names(node: ast.Try) -> tuple[str, ...]:
    names: list[str] = []
    for handler in node.handlers:
        if handler.type is None:
            names.append("Exception")
        for part in handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]:
            if isinstance(part, ast.Name):
                names.append(part.id)
            elif isinstance(part, ast.Attribute):
                names.append(part.attr)
    return tuple(names)


_SHAPE_ERRORS = frozenset(("Exception", "BaseException", "RuntimeError", "ValueError", "IndexError", "TypeError"))


def _try(m: Machine, node: ast.Try, f: Frame) -> Signal:
    names = _caught_names(node)
    catches = bool(_SHAPE_ERRORS.intersection(names))
    reports = len(m.reports)
    failed: Exceptional | None = None
    signal: Signal = None
    if catches:
        m.caught.append(names)
    entry = dict(f.locals)
    unsure = m.unsure
    m.trying += 1
    try:
        signal = run_block(m, node.body, f)
    except Exceptional as error:
        failed = error
    finally:
        m.trying -= 1
        if catches:
            m.caught.pop()
    if failed is not None:
        signal = _handle(m, node, f, failed, names)
    elif len(m.reports) > reports and catches:
        # The body fails at one of its lines: what follows saw either.
        def handlers() -> Signal:
            return _run_handlers(m, node, f)

        outcomes = [
            Outcome(signal, dict(f.locals), {}, []),
            run_branch(m, f, handlers),
        ]
        signal = settle_outcomes(m, f, outcomes)
    else:
        if signal is None:
            try:
                signal = run_block(m, node.orelse, f)
            except Exceptional as error:
                # What may have failed in the body, and been handled, did not come here.
                error.certain = error.certain and not (m.unsure != unsure and _may_fail(node) and node.handlers)
                raise
        if m.unsure != unsure and _may_fail(node) and signal is None and node.handlers:
            signal = _maybe_handled(m, node, f, entry)
    final = run_block(m, node.finalbody, f)
    return final if final is not None else signal


def _may_fail(node: ast.Try) -> bool:
    """Whether the body does what Python itself may refuse (an import is decided by whether it was found)."""
    return not all(isinstance(s, (ast.Import, ast.ImportFrom, ast.Pass)) for s in node.body)


def _maybe_handled(m: Machine, node: ast.Try, f: Frame, entry: dict[str, Any]) -> Signal:
    """The body is not known to fail, but may: names that a handler would set differently are joined."""
    through = Outcome(None, dict(f.locals), {}, [])

    def handlers() -> Signal:
        f.locals.clear()
        f.locals.update(join_scopes(entry, {k: through.locals.get(k, UNKNOWN) for k in entry}))
        return _run_handlers(m, node, f)

    mark = len(m.seen), len(m.reports)
    handled = run_branch(m, f, handlers)
    del m.reports[mark[1] :]
    if handled.signal is not None:
        if handled.signal[0] in ("break", "continue"):
            suspend(m, f, handled)
        return None
    assigned = {k for k, v in handled.locals.items() if entry.get(k) is not v or through.locals.get(k) is not v}
    for name in assigned:
        if name in through.locals and name in handled.locals:
            f.locals[name] = join(through.locals[name], handled.locals[name])
    return None


def _handle(m: Machine, node: ast.Try, f: Frame, failed: Exceptional, names: tuple[str, ...]) -> Signal:
    for handler in node.handlers:
        own = _caught_names(ast.Try(body=[], handlers=[handler], orelse=[], finalbody=[]))
        if failed.name in own or "Exception" in own or "BaseException" in own or _is_kind(failed.name, own):
            caught = Unknown(handler.name or "error")
            if handler.name:
                f.locals[handler.name] = caught
            m.handled.append((caught, failed))
            try:
                return run_block(m, handler.body, f)
            finally:
                m.handled.pop()
        # A class of the program's own may inherit from any other.
        failed.certain = failed.certain and all(_is_builtin_exception(known) for known in (failed.name, *own))
    final = run_block(m, node.finalbody, f)
    if final is not None:
        return final
    raise failed


def _is_builtin_exception(name: str) -> bool:
    found = vars(python).get(name)
    return isinstance(found, type) and issubclass(found, BaseException)


_PARENTS = {
    "KeyError": ("LookupError",),
    "IndexError": ("LookupError",),
    "ModuleNotFoundError": ("ImportError",),
    "ZeroDivisionError": ("ArithmeticError",),
    "NotImplementedError": ("RuntimeError",),
    "FileNotFoundError": ("OSError", "IOError"),
}


def _is_kind(name: str, names: tuple[str, ...]) -> bool:
    return any(parent in names for parent in _PARENTS.get(name, ()))


def _run_handlers(m: Machine, node: ast.Try, f: Frame) -> Signal:
    bodies = []
    for handler in node.handlers:

        def run(handler: ast.ExceptHandler = handler) -> Signal:
            if handler.name:
                f.locals[handler.name] = UNKNOWN
            return run_block(m, handler.body, f)

        bodies.append(run)
    return branches(m, f, bodies) if bodies else None


# Libraries whose context managers swallow no exception.
_HONEST = ("torch.", "tensorflow.", "keras.")


def _with(m: Machine, node: ast.With, f: Frame) -> Signal:
    expects = changes = shelters = untracked = False
    quiet = True
    for item in node.items:
        watch = [next(serials), 0]
        m.watches.append(watch)
        try:
            value = ev(m, item.context_expr, f)
        finally:
            m.watches.pop()
        if isinstance(value, Iter) and watch[1]:
            # A generator that changes an object for the block and changes it back: we ran both already.
            changes, value = True, UNKNOWN
        callee = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
        name = callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""
        expects = expects or name == "suppress" or "raises" in name.lower()
        untracked = untracked or name in ("no_grad", "inference_mode")
        shelters = shelters or isinstance(value, Unknown) and name not in memory.QUIET
        if item.optional_vars is not None:
            iteration.assign_target(m, f, item.optional_vars, _entered(m, f, item.context_expr, value), node)
        found, state = torch_state.autocast_state(value)
        quiet = quiet and (found or _library_path(m, f, callee).startswith(_HONEST))
        if found or name == "autocast" or isinstance(value, Unknown) and "autocast" in name:
            # What only has the name, as `accelerator.autocast()`, may be one or not.
            return _autocast(m, node, f, state if found else Autocast())
        if isinstance(value, Instance) and value.cls is DEVICE:
            return _made_on(m, node, f, device_kind(m.call, value))
    if changes:
        recording, m.recording = m.recording, False
        m.caught.append(("Exception",))
        try:
            return run_block(m, node.body, f)
        finally:
            m.recording = recording
            m.caught.pop()
    if not expects:
        m.sheltered += shelters
        m.untracked += untracked
        try:
            return run_block(m, node.body, f)
        except Exceptional as error:
            # What is entered may swallow it when it is left.
            error.certain = error.certain and quiet
            raise
        finally:
            m.sheltered -= shelters
            m.untracked -= untracked
    m.caught.append(("Exception",))
    try:
        return run_block(m, node.body, f)
    except Exceptional:
        return None
    finally:
        m.caught.pop()


def _made_on(m: Machine, node: ast.With, f: Frame, device: str | None) -> Signal:
    """Inside of `with torch.device("cuda"):` tensors are made there."""
    before, m.call.device = m.call.device, device
    try:
        return run_block(m, node.body, f)
    finally:
        m.call.device = before


def _library_path(m: Machine, f: Frame, node: ast.expr) -> str:
    """The name in its library of what a plain name or attribute stands for; empty for the rest."""
    value = ev(m, node, f) if isinstance(node, (ast.Name, ast.Attribute)) else None
    return value.path if isinstance(value, Lib) else ""


def _autocast(m: Machine, node: ast.With, f: Frame, state: Autocast | None) -> Signal:
    """Inside of torch.autocast mixed dtypes are cast."""
    before, m.call.autocast = m.call.autocast, state
    try:
        return run_block(m, node.body, f)
    finally:
        m.call.autocast = before


def _entered(m: Machine, f: Frame, node: ast.expr, value: Any) -> Any:
    if isinstance(value, Iter):
        return value.items[0] if value.items else UNKNOWN
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        method, owner = classes.find_in_class(value.cls, "__enter__")
        if isinstance(owner, Class) and method is not None:
            return calls.call(m, f, node, Bound(method, value), [], {})
    if isinstance(value, Instance) and value.cls is Lib("PIL.Image.Image"):
        return value
    rule = classes.library_rule(value.cls, "__enter__") if isinstance(value, Instance) else None
    if rule is not None:
        return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value,), {}), UNKNOWN)
    return UNKNOWN


# -- definitions ---------------------------------------------------------------------------------------------------


def _function(m: Machine, node: ast.FunctionDef, f: Frame) -> Signal:
    whole, f.place = f.place, f.place.part(node) if f.owner is not None else f.place
    try:
        made: Any = calls.make_function(m, node, node.name, f)
        for decorator in reversed(node.decorator_list):
            made = _decorated(m, f, decorator, made)
    finally:
        f.place = whole
    f.locals[node.name] = made
    return None


def _decorated(m: Machine, f: Frame, decorator: ast.expr, made: Any) -> Any:
    if isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "getter", "deleter"):
        known = f.locals.get(decorator.value.id) if isinstance(decorator.value, ast.Name) else None
        if isinstance(known, Descriptor):
            if decorator.attr == "setter":
                return Descriptor(known.kind, known.function, made)
            return known
    value = ev(m, decorator, f)
    result = calls.decorate(m, f, decorator, value, made)
    return made if isinstance(result, Tensor) else result


def _class(m: Machine, node: ast.ClassDef, f: Frame) -> Signal:
    def run(inner: Frame) -> None:
        run_block(m, node.body, inner)

    f.locals[node.name] = classes.define_class(m, node, f, run)
    return None


def _delete(m: Machine, node: ast.Delete, f: Frame) -> Signal:
    for target in node.targets:
        if isinstance(target, ast.Name):
            f.locals.pop(target.id, None)
        elif isinstance(target, ast.Attribute):
            value = ev(m, target.value, f)
            if isinstance(value, Instance):
                m.touch(value)
                value.attrs.pop(attributes.private(f, target.attr), None)
        elif isinstance(target, ast.Subscript):
            _delete_item(m, f, ev(m, target.value, f), ev(m, target.slice, f))
    return None


def _delete_item(m: Machine, f: Frame, container: Any, index: Any) -> None:
    if isinstance(container, Instance) and containers.kind_of(container):
        m.touch(container)
        held = list(containers.entries(container).items())
        if isinstance(index, int) and -len(held) <= index < len(held):
            del held[index]
            containers._renumber(m, container, [v for _, v in held])
        elif isinstance(index, str) and index in container.attrs:
            del container.attrs[index]
        elif isinstance(index, slice) and not isinstance(index.start, Unknown) and not isinstance(index.stop, Unknown):
            del held[index]
            containers._renumber(m, container, [v for _, v in held])
        else:
            container.attrs["?"] = True
    elif isinstance(container, (list, dict)):
        m.touch(container)
        try:
            del container[index]
        except (KeyError, IndexError, TypeError):
            if isinstance(container, List):
                list.clear(container)
                container.rest = UNKNOWN
            elif isinstance(container, Dict) and not plain.is_plain(index):
                container.clear()
                container.rest = UNKNOWN


def _global(m: Machine, node: ast.Global, f: Frame) -> Signal:
    f.globals = f.globals or {}
    for name in node.names:
        f.globals[name] = f.module.namespace
    return None


def _nonlocal(m: Machine, node: ast.Nonlocal, f: Frame) -> Signal:
    f.globals = f.globals or {}
    for name in node.names:
        scope = next((s for s in f.cells if name in s), None)
        if scope is not None:
            f.globals[name] = scope
    return None


def _import(m: Machine, node: ast.Import, f: Frame) -> Signal:
    for alias in node.names:
        f.locals[alias.asname or alias.name.partition(".")[0]] = importing.imported(
            m, f, alias.name, whole=alias.asname is not None
        )
    return None


def _import_from(m: Machine, node: ast.ImportFrom, f: Frame) -> Signal:
    for alias in node.names:
        if alias.name == "*":
            importing.import_star(m, f, node.module or "", node.level)
        else:
            f.locals[alias.asname or alias.name] = importing.imported_name(
                m, f, node.module or "", alias.name, node.level
            )
    return None


def _match(m: Machine, node: ast.Match, f: Frame) -> Signal:
    subject = ev(m, node.subject, f)
    bodies: list[Callable[[], Signal]] = []
    for case in node.cases:
        known = _matches(m, f, case.pattern, subject)
        if known is not False and case.guard is not None:
            guard = truth(m, ev(m, case.guard, f))
            known = guard if known is True else False if guard is False else None
        if known is True and not bodies:
            return run_block(m, case.body, f)
        if known is not False:
            bodies.append(lambda case=case: run_block(m, case.body, f))  # type: ignore[misc]
        if known is True:
            break
    else:
        bodies.append(lambda: None)
    return branches(m, f, bodies)


def _matches(m: Machine, f: Frame, pattern: ast.pattern, value: Any) -> bool | None:
    from shapelens.interpreter.expressions import equals

    value = m.store.value(value)
    if isinstance(pattern, ast.MatchValue):
        return equals(m, f, value, ev(m, pattern.value, f))
    if isinstance(pattern, ast.MatchSingleton):
        return None if isinstance(value, Unknown) else value is pattern.value
    if isinstance(pattern, ast.MatchAs):
        known = True if pattern.pattern is None else _matches(m, f, pattern.pattern, value)
        if pattern.name is not None and known is not False:
            iteration.assign_name(m, f, pattern.name, value)
        return known
    if isinstance(pattern, ast.MatchOr):
        answers = [_matches(m, f, p, value) for p in pattern.patterns]
        return True if True in answers else None if None in answers else False
    if isinstance(pattern, ast.MatchSequence) and plain.is_plain(value) and not isinstance(value, (tuple, list)):
        return False
    if isinstance(pattern, ast.MatchSequence):
        if isinstance(value, (tuple, list)) and not any(isinstance(p, ast.MatchStar) for p in pattern.patterns):
            if len(value) != len(pattern.patterns):
                return False
            answers = [_matches(m, f, p, v) for p, v in zip(pattern.patterns, value)]
            return False if False in answers else None if None in answers else True
    if isinstance(pattern, ast.MatchClass) and not pattern.patterns and not pattern.kwd_patterns:
        return classes.is_instance(m, value, ev(m, pattern.cls, f))
    for inner in ast.walk(pattern):
        if isinstance(inner, (ast.MatchAs, ast.MatchStar)) and inner.name is not None:
            iteration.assign_name(m, f, inner.name, UNKNOWN)
    return None


_STATEMENTS: dict[type, Callable[..., Signal]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Return: _return,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Pass: _pass,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Try: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Delete: _delete,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
}
for _newer in ("TryStar", "TypeAlias"):
    if hasattr(ast, _newer):
        _STATEMENTS[getattr(ast, _newer)] = _try if _newer == "TryStar" else _type_alias
