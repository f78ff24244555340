"""Loops that do the same in every turn, as those over the epochs of a training: what is left of them is not run.

If a turn leaves every variable and every object as it was, and one for any number in the place of the loop's does so too
and shows nothing else, then each turn that is left would do just that. So would a turn for a module that is equal to one
that an earlier turn was run for, as in `for m in self.modules(): init(m)`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Expr
from shapelens.interpreter.joining import Outcome, run_branch
from shapelens.interpreter.machine import Budget, Frame, Machine, Unkeyable, content
from shapelens.values import Bound, Dict, Instance, Lib, List, Scalar, Size, Tensor, Unknown, serials

_FEWEST = 6
"""Turns; fewer are as soon run."""
_DEAR = 20
"""Fuel of a turn; cheaper ones are as soon run."""
_TRIED = 2, 12
"""After so many turns it is tried whether the others are alike."""


_MOST_NAMES = 256
"""Variables; to compare more of them costs more than a turn."""


class Turns:
    """The turns of one loop over numbers."""

    def __init__(self, m: Machine, f: Frame, node: ast.For, items: Sequence[Any]) -> None:
        self.m, self.f, self.node, self.items = m, f, node, items
        self._tries = 0
        self._seen = len(m.seen)
        self._grown: dict[int, tuple[List, Any]] = {}
        self._work: list[Any] = []

    def run(self, turn: Callable[[], Any]) -> tuple[Any, bool]:
        """Run a turn: the signal, and whether it left everything as it was."""
        m, f = self.m, self.f
        before, fuel, state, work = dict(f.locals), m.fuel, self._state(), len(m.call.work or ())
        log: dict[int, tuple[Any, Any]] = {}
        born = next(serials)
        m.turns.append(log)
        try:
            signal = turn()
        finally:
            m.turns.pop()
        if signal is not None and signal[0] != "continue" or fuel - m.fuel < _DEAR or state != self._state():
            return signal, False
        self._grown.clear()
        self._work = (m.call.work or [])[work:]
        # What was made in the turn is found by what is left of it elsewhere, if anything is.
        log = {key: entry for key, entry in log.items() if getattr(entry[0], "born", 0) < born}
        changed = {key: (obj, content(obj)) for key, (obj, _) in log.items()}
        return signal, self._is_like(before, f.locals, log, changed)

    def rest_is_alike(self, done: int, turn: Callable[[Any], Any]) -> bool:
        """Whether a turn with any number in the place of the loop's changes nothing; then the rest counts as run."""
        m, f = self.m, self.f
        left = len(self.items) - done
        if self._tries >= len(_TRIED) or done < _TRIED[self._tries] or left < _FEWEST // 2:
            return False
        self._tries += 1
        born = next(serials)
        grown = dict(self._grown)
        seen, reports, exits, held = len(m.seen), len(m.reports), len(f.exits), list(f.loops[-1])
        expressions, m.expressions = m.expressions, {}
        outer, work = m.call.work, len(m.call.work or ())
        before = {key: (obj, content(obj)) for key, (obj, _) in grown.items()}
        m.vague += 1
        fuel = m.fuel
        try:
            outcome = run_branch(m, f, lambda: turn(Scalar("int")))
        except Budget:
            m.fuel = fuel
            outcome = None
        finally:
            m.vague -= 1
            said, m.expressions = m.expressions, expressions
            alike = len(m.reports) == reports and len(f.exits) == exits and len(f.loops[-1]) == len(held)
            del m.reports[reports:], f.exits[exits:]
            f.loops[-1] = held
            if outer is not None:
                del outer[work:]
        known = {_what(entry) for entry in m.seen[self._seen : seen]}
        alike = alike and outcome is not None and self._leaves_all(outcome, before, grown, born)
        if not alike or not all(_what(entry) in known or _is_certain(entry[4]) for entry in m.seen[seen:]):
            del m.seen[seen:]
            m.truncations += 1
            return False
        for key, values in said.items():
            expressions.setdefault(key, values)
        if outer is not None:
            outer.extend(self._work * left)
        for obj, element in grown.values():
            m.touch(obj)
            obj.extend([_copied(element) for _ in range(left)])
        return True

    def _state(self) -> tuple[int, ...]:
        m, f = self.m, self.f
        return len(m.store._trail), len(m.reports), len(f.exits), len(f.loops[-1])

    def _leaves_all(
        self, outcome: Outcome, before: dict[int, tuple[Any, Any]], grown: dict[int, tuple[List, Any]], born: int
    ) -> bool:
        if outcome.signal is not None and outcome.signal[0] != "continue" or outcome.learnt:
            return False
        old = {k: obj for k, (obj, _) in outcome.changed.items() if getattr(obj, "born", 0) < born}
        log = {key: before.get(key) or (obj, content(obj)) for key, obj in old.items()}
        self._grown.clear()
        return (
            self._is_like(self.f.locals, outcome.locals, log, outcome.changed)
            and self._grown.keys() == grown.keys()
            and all(_is_same(self._grown[key][1], element) for key, (_, element) in grown.items())
        )

    def _is_like(
        self,
        before: dict[str, Any],
        after: dict[str, Any],
        log: dict[int, tuple[Any, Any]],
        changed: dict[int, tuple[Any, Any]],
    ) -> bool:
        """Whether variables and objects are the same after a turn, but for lists that got one plain element more."""
        targets = {n.id for n in ast.walk(self.node.target) if isinstance(n, ast.Name)}
        if before.keys() - targets != after.keys() - targets:
            return False
        if not all(_is_same(value, after[name]) for name, value in before.items() if name not in targets):
            return False
        for key, (obj, was) in log.items():
            now = changed[key][1]
            if obj is self.f.locals:
                continue  # the variables of a module are held in a scope that is logged as well
            if type(obj) is List and was[1] is None and now[1] is None and len(now[0]) == len(was[0]) + 1:
                element = now[0][-1]
                if not _is_plain(element) or not all(map(_is_same, was[0], now[0])):
                    return False
                self._grown[key] = obj, element
            elif not _is_same_content(was, now):
                return False
        return True


class Modules:
    """The turns of one loop over modules, or the calls that `apply` makes, which have no loop.

    A turn that left all as it was, and showed nothing, is not run again for an equal module. It may have set variables
    that each turn sets before it reads them: those are set to what it left in them.
    """

    def __init__(self, m: Machine, f: Frame, loop: ast.For | None = None) -> None:
        self.m, self.f = m, f
        self._name = loop.target.id if loop is not None and isinstance(loop.target, ast.Name) else ""
        self._body = loop.body if loop is not None else []
        self._own: frozenset[str] | None = None
        self._alike: dict[Any, dict[str, Any]] = {}
        self._flagged: dict[int, int | None] = {}
        self._numbers: dict[tuple[object, ...], int] = {}

    def run(self, module: Instance, turn: Callable[[Any], Any]) -> Any:
        """Run the turn for a module, unless one for its like changed nothing; its signal."""
        m, f = self.m, self.f
        key = self._key(module) if self._may_skip() else None
        if key is None and not self._alike:
            return turn(module)
        left = self._alike.get(key) if key is not None else None
        if left is not None:
            if self._name:
                f.locals[self._name] = module
            f.locals.update(left)
            return None
        if self._own is None:
            self._own = _set_in_each(f, self._body)
        taken = {name: f.locals.pop(name) for name in self._own if name in f.locals}
        before, state = dict(f.locals), self._state()
        watch = [next(serials), 0]
        m.watches.append(watch)
        try:
            signal = turn(module)
            left = {name: f.locals[name] for name in self._own if name in f.locals}
        finally:
            m.watches.pop()
            for name, value in taken.items():
                f.locals.setdefault(name, value)
        if signal is None and not watch[1] and state == self._state() and self._is_kept(before, left):
            if key is not None:
                self._alike[key] = left
        else:
            self._alike.clear()  # what they would do now is another question
            self._flagged.clear()
        return signal

    def _may_skip(self) -> bool:
        m, f = self.m, self.f
        return f.yields is None and not f.globals and not m.apart and len(f.locals) <= _MOST_NAMES

    def _key(self, module: Instance) -> Any:
        """What makes modules equal; None where that is not known."""
        flags = self._flags(module)
        try:
            return None if flags is None else (self.m.fingerprint(module), flags)
        except Unkeyable:
            return None

    def _flags(self, module: Instance) -> int | None:
        """A number that is equal where the weights in modules are frozen alike, which fingerprints do not tell."""
        if module.born in self._flagged:
            return self._flagged[module.born]
        self._flagged[module.born] = None
        found: list[object] = []
        for value in module.attrs.values():
            kind = type(value)
            if kind is Tensor:
                found.append((value.frozen, value.parameter))
            elif kind is Instance:
                inner = self._flags(value)
                if inner is None:
                    return None
                found.append(inner)
            elif kind in _HOLDERS and value and any(type(v) not in _PLAIN for v in value):
                return None
        number = self._flagged[module.born] = self._numbers.setdefault(tuple(found), len(self._numbers))
        return number

    def _state(self) -> tuple[int, ...]:
        m, f = self.m, self.f
        shown = len(m.seen), len(m.reports), len(m.instances), len(m.call.work or ()), m.asked
        left = len(f.exits), len(f.loops and f.loops[-1])
        return *shown, len(m.store._trail), m.truncations, m.epoch, m.unsure, *left

    def _is_kept(self, before: dict[str, Any], left: dict[str, Any]) -> bool:
        """Whether all variables are what they were, but for the loop's own and plain ones that each turn sets."""
        before.pop(self._name, None)
        after, taken = self.f.locals, self._own or frozenset()
        if not all(type(value) in _PLAIN for value in left.values()):
            return False
        if any(after.get(name) is not value for name, value in before.items()):
            return False
        return all(name in before or name in taken or name == self._name for name in after)


_PLAIN = frozenset((int, float, str, bool))
_HOLDERS = frozenset((tuple, Size, List, Dict, set))


def _set_in_each(f: Frame, body: list[ast.stmt]) -> frozenset[str]:
    """The variables that a loop's body sets before it reads them, so that no turn depends on what they held."""
    if f.function is None or f.locals is f.module.namespace:
        return frozenset()
    if any(isinstance(n, _SCOPES) for part in f.function.node.body for n in ast.walk(part)):
        return frozenset()  # what is defined in the function may read its variables at any time
    found: set[str] = set()
    read: set[str] = set()
    _follow(body, set(), found, read)
    return frozenset(found - read)


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)


def _follow(body: list[ast.stmt], known: set[str], found: set[str], read: set[str]) -> set[str]:
    """Add to `found` what assignments set, and to `read` what is read where it may not be set; what is set at the end."""
    for node in body:
        if isinstance(node, ast.If):
            read |= _names(node.test) - known
            known = _follow(node.body, set(known), found, read) & _follow(node.orelse, set(known), found, read)
        elif isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
            read |= _names(node.value) - known
            names = {name for target in node.targets for name in _names(target)}
            found |= names
            known = known | names
        else:
            read |= _names(node) - known
    return known


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def may_be_alike(m: Machine, node: ast.For, items: Sequence[Any]) -> bool:
    """Whether a loop is one over so many numbers that it is worth to look for turns that are alike."""
    if (
        len(items) < _FEWEST
        or type(items[0]) is not int
        or type(items[-1]) is not int
        or not isinstance(node.target, ast.Name)
    ):
        return False
    return not m.apart and not any(_is_index(n, node.target.id) for part in node.body for n in ast.walk(part))


def _is_index(node: ast.AST, name: str) -> bool:
    """Whether something is looked up with the loop's number: then no two turns are alike, or all are cheap."""
    return isinstance(node, ast.Subscript) and any(
        isinstance(n, ast.Name) and n.id == name for n in ast.walk(node.slice)
    )


def _is_same(a: Any, b: Any) -> bool:
    """Whether two values are the same for all that can be done with them."""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is Tensor:
        return a.history is None and b.history is None and a.parameter == b.parameter and bool(a == b)
    if kind is Scalar:
        return bool(a.type == b.type)
    if kind is Unknown:
        return a.hole is None and b.hole is None
    if kind in (int, float, str, bool, bytes, Expr, Lib):
        return bool(a == b)
    if kind is tuple or kind is Size:
        return len(a) == len(b) and all(map(_is_same, a, b))
    return kind is Bound and a.function is b.function and a.receiver is b.receiver


def _is_same_content(a: Any, b: Any) -> bool:
    """The same of what `content` gives."""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is dict:
        return a.keys() == b.keys() and all(_is_same(value, b[key]) for key, value in a.items())
    if kind is list or kind is tuple:
        return len(a) == len(b) and all(map(_is_same_content, a, b))
    return _is_same(a, b) or kind is set and a == b


def _is_plain(value: Any) -> bool:
    """Whether copies of a value may stand in a list without being told apart."""
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return value is None or type(value) in (int, float, str, bool, Scalar, Unknown, Tensor)


def _copied(value: Any) -> Any:
    return value.with_(origin=value.origin, scalars=value.scalars) if type(value) is Tensor else value


def _what(entry: list[Any]) -> tuple[Any, ...]:
    """What was seen where, hashable."""
    value = entry[4]
    return entry[0], entry[1], entry[2], entry[3], value if type(value) is Tensor else None


def _is_certain(value: Any) -> bool:
    """Whether nothing of a tensor's shape is unknown."""
    return type(value) is Tensor and isinstance(value.shape, tuple) and all(type(dim) is int for dim in value.shape)
