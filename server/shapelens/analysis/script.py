"""The statements of a file outside of its definitions, which an edit elsewhere leaves as they were.

A statement that did nothing but bind names and show what it shows is not run again while its text, what the names in it
and in all functions that it entered stand for, and what these hold are the same: the very objects that it made are bound
again. So what follows finds what it knew, and is not run again either. What changes one of these objects later is given
back at the end of each analysis (`Machine.shared`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from shapelens.analysis.comparison import PLAIN
from shapelens.interpreter import importing
from shapelens.interpreter.effects import Effects, Recording, constant, happen_again, modes
from shapelens.interpreter.keras import kinds
from shapelens.interpreter.keras.kinds import State
from shapelens.interpreter.machine import Machine, Place, Read, Unkeyable, content
from shapelens.source.tree import Chunk, Parsed
from shapelens.values import (
    Bound,
    Choice,
    Class,
    Descriptor,
    Dict,
    Function,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Partial,
    PyModule,
    Tensor,
    Unknown,
    serials,
)

_MISSING = object()
_MOST_HELD = 20_000
"""Of what stands for something unknown."""
MUTABLE = frozenset((Instance, List, Dict, set, Iter))
_INNOCENT = frozenset((Lib, object, type(None)))
_IMPORTED = frozenset((Lib, importing.Later))
# Cheap, or with an effect on more than the names that they bind.
_ALWAYS_RUN = (ast.Import, ast.ImportFrom, ast.Delete, ast.Global, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class _Ran:
    """What one statement did, and what that depended on."""

    parsed: Parsed
    needs: dict[str, Any]
    disturbed: tuple[tuple[Any, Any], ...]
    reads: tuple[Read, ...]
    circumstances: tuple[Any, ...]
    bound: dict[str, Any]
    names_given: dict[str, int]
    """How many layers of each name Keras had made by its end."""
    effects: Effects
    borrowed: frozenset[Any]
    """The statements before it of which it did not make the calls again."""


@dataclass
class Script:
    """The statements of one open file, as they ran last."""

    module: PyModule
    names_in: Callable[[Place], frozenset[str] | None]
    """All names that a function uses; None where it may look at anything."""
    _ran: dict[Place, _Ran] = field(default_factory=dict)
    _repeated: set[Any] = field(default_factory=set)
    """Those of this version that were not run again."""
    _keras: State | None = None
    """What Keras keeps: the symbols of the sizes that are None stay the same ones,"""
    _unbound: dict[tuple[str, str], Unknown] = field(default_factory=dict)
    """and so does what stands for names that nothing binds, and for attributes of what is not known."""
    _reached: tuple[int, dict[int, set[int]]] = (-1, {})
    """After how many changes, and what was changed by then that can be got at from each value, both by identity."""
    _far: list[int] = field(default_factory=list)
    """By identity, what was changed that anything may get at,"""
    _looked: int = 0
    """of the first so many that were."""
    _libraries: tuple[int, frozenset[str]] | None = None
    _hole_attributes: dict[tuple[int, str], Unknown] = field(default_factory=dict)

    def begin(self, m: Machine) -> None:
        """A new version of the file: what is no longer in it is forgotten."""
        self._ran = {place: ran for place, ran in self._ran.items() if not place.gone}
        self._repeated.clear()
        self._reached, self._far, self._looked, self._libraries = (-1, {}), [], 0, None
        m.unbound, m.hole_attributes = self._unbound, self._hole_attributes
        if self._keras is not None:
            self._keras.counts.clear()
            kinds.use(m, self._keras)

    def finish(self, m: Machine) -> None:
        """All statements have run."""
        self._keras = m.keras if m.keras is not None and m.keras.counts else None
        held = len(m.unbound) + len(m.hole_attributes) + (0 if self._keras is None else len(self._keras.nones))
        if m.epoch or held > _MOST_HELD:  # a tensor that was given another shape in place has it for good
            self._ran, self._keras, self._unbound, self._hole_attributes = {}, None, {}, {}

    def is_repeated(self, part: Any) -> bool:
        """Whether a part of the file is a statement that was not run again."""
        return part in self._repeated

    def run(self, m: Machine, chunk: Chunk, place: Place) -> None:
        """Run a chunk, or bind and show again what it did when it was last run."""
        known = self._ran.get(place)
        if known is not None and self._holds(m, known, chunk):
            self._repeat(m, known, place)
            return
        self._ran.pop(place, None)
        if m.kept is None or "*" in chunk.names_bound or any(isinstance(node, _ALWAYS_RUN) for node in chunk.tree):
            m.part, self._libraries = place, None
            importing.run_chunk(m, self.module, place)
            return
        self._run(m, chunk, place)

    def _run(self, m: Machine, chunk: Chunk, place: Place) -> None:
        """Run a chunk, and keep what it did if that can be repeated."""
        namespace = self.module.namespace
        circumstances, began = self._circumstances(m), constant(m)
        overwritten = {name: namespace.get(name, _MISSING) for name in chunk.names_bound}
        self.rebind(overwritten)
        recording, started = Recording(m), next(serials)
        m.part, m.borrowed = place, set()
        watch = [started, 0]
        m.watches.append(watch)
        m.reads.append({})
        try:
            importing.run_chunk(m, self.module, place)
        finally:
            reads = m.end_reads()
            m.watches.remove(watch)
            recording.end()
            self.rebind(overwritten)
        if circumstances is None or watch[1] or began != constant(m):
            return
        effects, borrowed = recording.effects(), frozenset(m.borrowed - {place})
        names = self._names(chunk, effects)
        if names is None:
            return
        try:
            depends = m.settled_reads(reads)
        except Unkeyable:
            return
        needs = {name: overwritten[name] if name in overwritten else namespace.get(name, _MISSING) for name in names}
        bound = {name: namespace.get(name, _MISSING) for name in chunk.names_bound}
        disturbed = self._disturbed(m, needs)
        given = {} if m.keras is None else dict(m.keras.counts)
        self._ran[place] = _Ran(chunk.parsed, needs, disturbed, depends, circumstances, bound, given, effects, borrowed)
        m.share(started)

    def _names(self, chunk: Chunk, effects: Effects) -> set[str] | None:
        """All names that a statement and the functions that it entered use; None where that cannot be told."""
        found = set(chunk.names_used)
        for place in {function.code for function in effects.trace}:
            names = self.names_in(place)
            if names is None:
                return None
            found |= names
        return found

    def _holds(self, m: Machine, known: _Ran, chunk: Chunk) -> bool:
        """Whether running a statement again would do the same."""
        namespace = self.module.namespace
        if not self._repeated.issuperset(known.borrowed):
            return False
        if known.parsed is not chunk.parsed or known.circumstances != self._circumstances(m):
            return False
        if any(function.code.gone for function in known.effects.trace):
            return False
        for name, before in known.needs.items():
            value = namespace.get(name, _MISSING)
            if value is not before and not (type(value) is type(before) and type(value) in PLAIN and value == before):
                return False
        if m.is_unread(known.reads):
            return False
        return _identical(known.disturbed, self._disturbed(m, known.needs))

    def _repeat(self, m: Machine, known: _Ran, place: Place) -> None:
        self._repeated.add(place)
        namespace = self.module.namespace
        self.rebind(known.bound)
        for name, value in known.bound.items():
            if value is _MISSING:
                namespace.pop(name, None)
            else:
                namespace[name] = value
        self.rebind(known.bound)
        if known.names_given:
            counts = kinds.state(m).counts
            counts.clear()
            counts.update(known.names_given)
        m.rely(known.reads, list(known.effects.trace))
        happen_again(m, known.effects)

    def rebind(self, names: Iterable[str]) -> None:
        """These names are bound, or just were."""
        namespace = self.module.namespace
        if any(type(namespace.get(name)) in _IMPORTED for name in names):
            self._libraries = None

    def _circumstances(self, m: Machine) -> tuple[Any, ...] | None:
        """On what statements depend beside what they use; None: on what was learnt of sizes, or changed in place."""
        if m.store._trail or m.store.equations or m.epoch:
            return None
        given = () if m.keras is None else tuple(m.keras.counts.items())
        if self._libraries is None or self._libraries[0] != m.rebound:
            self._libraries = m.rebound, importing.libraries_of(self.module)
        return (
            m.prose,
            m.trusted,
            self._libraries[1],
            given,
            frozenset(m.captured),
            frozenset(m.put_on_tensors),
            *modes(m),
        )

    def _disturbed(self, m: Machine, needs: dict[str, Any]) -> tuple[tuple[Any, Any], ...]:
        """What was changed of what is older than the statement, as far as it can reach that, and what that holds now."""
        if not m.shared:
            return ()
        self._far += [key for key, (obj, _) in islice(m.shared.items(), self._looked, None) if type(obj) not in MUTABLE]
        self._looked = len(m.shared)
        if self._reached[0] != m.changes:
            self._reached = m.changes, {}
        reached, found = self._reached[1], set(self._far)
        for value in needs.values():
            if type(value) not in _INNOCENT and type(value) not in PLAIN:
                if id(value) not in reached:
                    reached[id(value)] = _reached(value, m.shared)
                found |= reached[id(value)]
        objects = [m.shared[key][0] for key in sorted(found)]
        return tuple([(obj, content(obj)) for obj in objects])


def _reached(value: Any, wanted: Container[int]) -> set[int]:
    """Which of the wanted objects, by identity, can be got at from a value."""
    pending, met, found = [value], set[int](), set[int]()
    while pending:
        each = pending.pop()
        if id(each) in met:
            continue
        met.add(id(each))
        if id(each) in wanted:
            found.add(id(each))
        kind = type(each)
        if kind is Instance:
            pending += [each.cls, each.payload, *each.attrs.values()]
        elif kind is Class:
            pending += [*each.mro, *each.attrs.values()]
        elif kind is Function:
            pending += [each.owner, *each.attrs.values(), *each.defaults, *each.kw_defaults.values()]
            pending += [held for cell in each.cells for held in cell.values()]
        elif kind is Bound:
            pending += [each.receiver, each.function]
        elif kind is Partial:
            pending += [each.function, *each.args, *each.keywords.values()]
        elif kind is Descriptor:
            pending += [each.function, each.setter]
        elif kind is Iter:
            pending += [each.items, each.rest, each.result]
        elif kind is Choice:
            pending += each.values
        elif kind is Many:
            pending += [each.element, each.last]
        elif kind is Tensor:
            pending.append(each.history)
        elif kind is dict or kind is Dict:
            pending += [*each.keys(), *each.values(), getattr(each, "rest", None)]
        elif isinstance(each, (list, tuple, set, frozenset)):
            pending += [*each, getattr(each, "rest", None)]
    return found


def _identical(a: Any, b: Any) -> bool:
    """Whether two contents are of the very same objects."""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b):
        return False
    if kind in PLAIN:
        return bool(a == b)
    if kind is tuple or kind is list:
        return len(a) == len(b) and all(map(_identical, a, b))
    if kind is dict:
        return (
            len(a) == len(b)
            and all(key is other or key == other for key, other in zip(a, b))
            and all(map(_identical, a.values(), b.values()))
        )
    return kind is set and a == b
