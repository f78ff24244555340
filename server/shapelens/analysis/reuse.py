"""What an edit did not touch: the definitions of a file, and the runs of its functions, kept for its next analysis.

A class or function that was defined without any effect is not defined again while its text, and what it was defined
with, stay the same; in a class of which only methods were edited, these alone are replaced, so that its objects stay its
objects. A run of a function (see contexts) is told again, as it was, while the texts of all functions that it entered
and the values of all names that these use stay the same.
"""

from __future__ import annotations

import ast
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shapelens.analysis.comparison import Comparison
from shapelens.analysis.following import Following
from shapelens.analysis.rendering import Told
from shapelens.analysis.script import MUTABLE, Script
from shapelens.interpreter.effects import constant, modes
from shapelens.interpreter.importing import libraries_of, run_chunk
from shapelens.interpreter.machine import Budget, Frame, Machine, Place, Report, content
from shapelens.interpreter.statements import run_block
from shapelens.interpreter.templates import Template
from shapelens.source.tree import Chunk, Parsed, Tree, names_used
from shapelens.values import (
    Class,
    Descriptor,
    Exceptional,
    Function,
    Instance,
    PyModule,
    serials,
)

_Definition = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_MISSING = object()
# A function that calls one of these may look at anything.
_OPEN_EYED = frozenset("globals locals vars eval exec __import__".split())
_MOST_KEPT = 12_000
"""Modules in templates that are kept: some kilobyte each."""
_MOST_INTERNED = 40_000
_HOOKS = frozenset(("__init_subclass__", "__class_getitem__", "__new__", "__getattribute__", "__set_name__"))


@dataclass
class _Defined:
    """A class or function that one chunk defines, and what it was defined with."""

    parsed: Parsed
    value: Any
    needs: dict[str, Any]
    fuel: int
    methods: dict[ast.AST, Place]
    """Those that are parts, and where: one that went and came back has another place."""


@dataclass(frozen=True)
class _Template:
    """A module that was made in an earlier analysis, and what that depended on beside its arguments."""

    template: Template
    names: dict[str, Any]
    """What names of the file stood for that the functions which made it use."""
    state: Any
    size: int


@dataclass
class Run:
    """What one run of a function on its own showed and did."""

    told: Told
    result: Any
    reports: list[Report]
    """All that certainly fails in it, also what an earlier run had told already."""
    instances: list[Instance]
    fuel: int
    allowance: int
    unfinished: int
    is_whole: bool
    """Whether all that it changed is given back, and no limit of time ended it."""
    is_met: bool = False
    """Whether a call with known sizes had been held against the annotations of the function before."""
    met: set[ast.AST] = field(default_factory=set)
    others: set[tuple[Place, ast.AST]] = field(default_factory=set)
    executed: set[ast.AST] = field(default_factory=set)
    places: tuple[Place, ...] = ()
    """Of the functions that it entered or looked at, and of all that it tells of."""
    names: frozenset[str] = frozenset()
    """All that these functions use."""
    maker: object = None
    """Where the object was made whose method it is of: another one that is alike may be told of there."""
    borrowed: frozenset[Any] = frozenset()
    """The parts of the file before it of which it did not make the calls again."""


@dataclass
class Reuse:
    """One open file: what its analyses hand on to one another."""

    module: PyModule
    following: Following
    ground: object
    """What is registered, configured and answered: with another of these, nothing would be used again."""
    keeps: bool = True
    """Whether statements and modules are kept from the first analysis on; else from the second."""
    defined: dict[Place, _Defined] = field(default_factory=dict)
    runs: dict[Hashable, Run] = field(default_factory=dict)
    script: Script = field(init=False)
    interned: dict[Any, int] = field(default_factory=dict)
    """The fingerprints of objects: equal from one analysis to the next for objects that are alike."""
    _templates: OrderedDict[Hashable, _Template] = field(default_factory=OrderedDict)
    _kept: int = 0
    _settled: frozenset[int] = frozenset()
    """By identity, what the file's own statements changed of what is shared: `settle` has compared it."""
    _places: dict[Hashable, Place] = field(default_factory=dict)
    _names: dict[str, Any] = field(default_factory=dict)
    _effects: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    _state: Any = None
    _used: dict[Place, frozenset[str]] = field(default_factory=dict)
    _used_runs: set[Hashable] = field(default_factory=set)
    _told: set[Hashable] = field(default_factory=set)
    """The runs that were told again."""

    def __post_init__(self) -> None:
        self.script = Script(self.module, self._names_in)

    # -- places ------------------------------------------------------------------------------------------------------

    def begin(self, m: Machine, tree: Tree) -> dict[int, Place]:
        """A new version of the file: the place of each chunk, by its identity. What is gone is marked so."""
        self.module.namespace.clear()
        self.module.found.clear()
        self.module.state = "running"
        self.module.namespace["__name__"] = "__main__"
        if len(self.interned) > _MOST_INTERNED:  # what is known by these numbers goes with them
            for kept in (self.interned, self._templates, self.runs):
                kept.clear()
            self._kept = 0
        found: dict[int, Place] = {}
        live: dict[Hashable, Place] = {}
        for key, chunk in _keyed(tree):
            place = self._places.get(key)
            if place is None:
                place = Place(self.module.path or self.module.name, chunk, True)
            else:
                place.move(chunk)
            live[key] = found[id(chunk)] = place
        for key, place in self._places.items():
            if live.get(key) is not place:
                place.leave()
        self._places = live
        self.defined = {place: known for place, known in self.defined.items() if not place.gone}
        self.script.begin(m)
        m.kept, m.interned = self if self.keeps else None, self.interned
        self._used_runs.clear()
        self._told.clear()
        self._settled = frozenset()
        return found

    # -- definitions -------------------------------------------------------------------------------------------------

    def run(self, m: Machine, chunk: Chunk, place: Place) -> None:
        """Run a chunk of the file, or bind again what it defined when it was run before."""
        if len(chunk.tree) != 1 or not isinstance(chunk.tree[0], _Definition):
            self.script.run(m, chunk, place)
            return
        node: Any = chunk.tree[0]
        self.script.rebind((node.name,))
        known = self.defined.get(place)
        if known is not None and self._holds(m, known, chunk, place, node):
            self.module.namespace[node.name] = known.value
            m.fuel -= known.fuel
            if m.fuel < 0:
                raise Budget
            return
        self.defined.pop(place, None)
        needs = self._needed(m, node)
        fuel = m.fuel
        if self._is_pure(m, lambda: run_chunk(m, self.module, place)):
            value = self.module.namespace.get(node.name)
            self.defined[place] = _Defined(chunk.parsed, value, needs, fuel - m.fuel, _methods(place, chunk))

    def _needed(self, m: Machine, node: ast.stmt) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in (*_defining_names(node), "*"):
            unbound = m.unbound.get((self.module.name, name), _MISSING)  # what one run took it for, no other knows
            found[name] = m.store.value(self.module.namespace.get(name, unbound))
        return found

    def _is_pure(self, m: Machine, run: Callable[[], None]) -> bool:
        """Run something; whether it did nothing but make new objects. What changes these later is given back."""
        before = next(serials)
        watch = [before, 0]
        before_it = _seen_so_far(m)
        m.watches.append(watch)
        try:
            run()
        finally:
            m.watches.remove(watch)
        if watch[1] or before_it != _seen_so_far(m):
            return False
        m.share(before)
        return True

    def _holds(self, m: Machine, known: _Defined, chunk: Chunk, place: Place, node: Any) -> bool:
        """Whether a definition is what running its chunk would give. Methods that were edited are then replaced."""
        compare = Comparison()
        namespace = self.module.namespace
        for name, value in known.needs.items():
            if not compare.alike(value, m.store.value(namespace.get(name, _MISSING))):
                return False
            if m.shared and type(value) in MUTABLE:
                return False  # it may hold something else than it did
        if any(place.part(n) is not where for n, where in known.methods.items() if n in chunk.parsed.parts):
            return False
        if known.parsed is chunk.parsed:
            return True
        cls = known.value
        edited = [part for part in node.body if part in chunk.parsed.parts and part not in known.methods]
        if not isinstance(cls, Class) or not _is_simple(cls, node, chunk.parsed, edited):
            return False
        needs = self._needed(m, node)
        inner = Frame(self.module, place, cls.attrs, (), None, cls)
        try:
            kinds = [_kind(cls.attrs.get(part.name)) for part in edited]
            if not self._is_pure(m, lambda: _replace(m, inner, cls, edited)):
                return False
            if kinds != [_kind(cls.attrs.get(part.name)) for part in edited]:
                return False  # a property that becomes a method is called by others than before
        except Exceptional:
            return False
        cls.node, cls.origin = node, m.origin(Frame(self.module, place, namespace), node)
        known.parsed, known.needs, known.methods = chunk.parsed, needs, _methods(place, chunk)
        return True

    # -- runs --------------------------------------------------------------------------------------------------------

    def settle(self, m: Machine) -> None:
        """The file's own statements have run: find out what is not as it was."""
        self.script.finish(m)
        unbound = {name: value for (module, name), value in m.unbound.items() if module == self.module.name}
        names = {name: m.store.value(value) for name, value in (unbound | self.module.namespace).items()}
        effects = {key: (obj, content(obj)) for key, (obj, _) in m.shared.items()}
        now = self._now(m)
        compare = Comparison()
        before = self._names
        everything = before.keys() | names.keys()
        changed = {n for n in everything if not compare.alike(before.get(n, _MISSING), names.get(n, _MISSING))}
        for key in effects.keys() | self._effects.keys():
            obj, held = effects.get(key, (None, _MISSING))
            former, known = self._effects.get(key, (None, _MISSING))
            if not compare.alike(held, known):
                changed |= self._names_of(obj if former is None else former)
        if now is None or now != self._state or _ANYTHING in changed:
            self.runs = {}
            self._templates.clear()
            self._kept = 0
        self.runs = {key: run for key, run in self.runs.items() if run.names.isdisjoint(changed)}
        for made in [key for key, kept in self._templates.items() if not changed.isdisjoint(kept.names)]:
            self._drop(made)
        self._settled = frozenset(m.shared)
        self._names, self._effects, self._state = names, effects, now

    def _now(self, m: Machine) -> tuple[Any, ...] | None:
        """On what runs depend beside what they use. None: on more than is compared, for Keras counts its layers."""
        return None if m.keras is not None else (libraries_of(self.module), len(m.last_batches), *modes(m))

    def _names_of(self, obj: Any) -> set[str]:
        """The names under which functions of followed modules may find an object."""
        modules = [module for module in self.following.modules.values() if module is not None]
        found = {name for module in modules for name, value in module.namespace.items() if value is obj}
        return found or {_ANYTHING}

    def known(self, m: Machine, key: Hashable, function: object, allowance: int, maker: object) -> Run | None:
        """The run as it was when it was last made, if it would be the same now."""
        run = self.runs.get(key)
        if (
            run is None
            or self._now(m) != self._state
            or run.is_met != (function in m.met)
            or run.fuel > allowance
            or run.allowance != allowance
            and run.fuel == run.allowance
            or any(place.gone for place in run.places)
            or run.maker != maker
            and (run.reports or run.maker is None or maker is None)
            or not all(part in self._told or self.script.is_repeated(part) for part in run.borrowed)
        ):
            return None
        self._used_runs.add(key)
        self._told.add(key)
        return run

    def keep(self, m: Machine, key: Hashable, name: str, run: Run) -> None:
        """A run was just made, of something in the definition of that name."""
        self.runs.pop(key, None)
        if self._now(m) != self._state or self._state is None:
            return
        run.executed = {function.node for function in m.trace if function.code.focus}
        entered = dict.fromkeys(function.code for function in (*m.trace, *m.looked_at))
        run.names = frozenset({name, "*"}.union(*map(self._used_in, entered)))
        run.borrowed = frozenset(m.borrowed - {key})
        run.places = tuple(dict.fromkeys((*entered, *run.told.places(run.maker))))
        if _ANYTHING not in run.names:
            self.runs[key] = run
            self._used_runs.add(key)

    # -- modules -----------------------------------------------------------------------------------------------------

    def template(self, m: Machine, key: Hashable) -> Template | None:
        """What making a module would give, if it is what it was."""
        known = self._templates.get(key)
        if known is None:
            return None
        if any(function.code.gone for function in known.template.trace):
            self._drop(key)
            return None
        effects, namespace = known.template.effects, self.module.namespace
        if (
            known.state != self._now(m)
            or effects is None
            or effects.depth < m.depth
            or any(namespace.get(name, _MISSING) is not value for name, value in known.names.items())
            or not self._is_undisturbed(m)
            or m.is_unread(known.template.reads)
        ):
            return None
        self._templates.move_to_end(key)
        return known.template

    def keep_template(self, m: Machine, key: Hashable, template: Template) -> None:
        """A module was just made."""
        self._drop(key)
        places = dict.fromkeys(function.code for function in template.trace)
        used = frozenset[str]().union(*map(self._used_in, places))
        now = self._now(m)
        if now is None or _ANYTHING in used or not self._is_undisturbed(m) or template.effects is None:
            return
        namespace = self.module.namespace
        names = {name: namespace.get(name, _MISSING) for name in used}
        size = len(template.effects.instances) + 1
        self._templates[key] = _Template(template, names, now, size)
        self._kept += size
        while self._kept > _MOST_KEPT and len(self._templates) > 1:
            self._drop(next(iter(self._templates)))

    def _is_undisturbed(self, m: Machine) -> bool:
        """Whether of what is older than this analysis nothing else was changed but objects that have a name."""
        return all(type(obj) is Instance or key in self._settled for key, (obj, _) in m.shared.items())

    def _drop(self, key: Hashable) -> None:
        dropped = self._templates.pop(key, None)
        if dropped is not None:
            self._kept -= dropped.size

    def finish(self) -> None:
        """The analysis is complete: what it did not make or tell again is not kept."""
        self.keeps = True
        for key in [key for key in self.runs if key not in self._used_runs]:
            del self.runs[key]
        for place in [place for place in self._used if place.gone]:
            del self._used[place]

    def _names_in(self, place: Place) -> frozenset[str] | None:
        used = self._used_in(place)
        return None if _ANYTHING in used else used

    def _used_in(self, place: Place) -> frozenset[str]:
        found = self._used.get(place)
        if found is None:
            nodes = place.chunk.tree if place.node is None else (place.node,)
            found = names_used(nodes)
            if any(map(_looks_anywhere, (inner for node in nodes for inner in ast.walk(node)))):
                found |= {_ANYTHING}
            self._used[place] = found
        return found


def _methods(place: Place, chunk: Chunk) -> dict[ast.AST, Place]:
    return {node: place.part(node) for node in chunk.parsed.parts}


def _keyed(tree: Tree) -> Iterator[tuple[Hashable, Chunk]]:
    """The chunks, each with what tells that it is still the same: its text, of a class all but its methods."""
    used: Counter[tuple[str, str]] = Counter()
    for chunk in tree.chunks:
        if chunk.parsed.parts:
            name = chunk.tree[0].name  # type: ignore[attr-defined]
            said = name, chunk.parsed.frame
            used[said] += 1
            yield (*said, used[said]), chunk
        else:
            yield chunk.parsed, chunk


_ANYTHING = "\0"
"""Stands for every name."""


def _looks_anywhere(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _OPEN_EYED
    if isinstance(node, ast.Attribute):
        is_of_sys = isinstance(node.value, ast.Name) and node.value.id == "sys"
        return node.attr == "import_module" or node.attr == "modules" and is_of_sys
    return False


def _seen_so_far(m: Machine) -> tuple[Any, ...]:
    """What a definition that has no effect leaves as it was."""
    return (
        len(m.seen), len(m.gaps), len(m.expressions), len(m.instances), len(m.trace), len(m.last_batches), len(m.met),
        len(m.call.work or ()), len(m.unbound), m.truncations, m.keras is None or dict(m.keras.counts), *constant(m),
    )  # fmt: skip


def _replace(m: Machine, inner: Frame, cls: Class, edited: list[Any]) -> None:
    """Define methods of a class anew."""
    for node in edited:
        run_block(m, [node], inner)
        value = cls.attrs.get(node.name)
        function = value.function if isinstance(value, Descriptor) else value
        if isinstance(function, Function) and function.owner is None:
            function.owner = cls


def _kind(value: Any) -> tuple[type, str]:
    return type(value), value.kind if isinstance(value, Descriptor) else ""


def _is_simple(cls: Class, node: ast.ClassDef, parsed: Parsed, edited: list[Any]) -> bool:
    """Whether in this class methods can be replaced without anything else becoming another."""
    if cls.kind or node.decorator_list or node.keywords or cls.attrs.keys() & _HOOKS:
        return False
    if any(isinstance(base, Class) and base.attrs.keys() & _HOOKS for base in cls.mro[1:]):
        return False
    rest = [statement for statement in node.body if statement not in parsed.parts]
    for statement in rest:
        if not isinstance(statement, (ast.Expr, ast.Pass, ast.Assign, ast.AnnAssign)):
            return False
        if any(isinstance(inner, _INVOLVED) for inner in ast.walk(statement)):
            return False
    names = Counter(part.name for part in parsed.parts)  # type: ignore[attr-defined]
    used = _defining_names(node)
    return all(names[part.name] == 1 and part.name not in used and part.name not in _HOOKS for part in edited)


_INVOLVED = (ast.Call, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr)


def _defining_names(node: ast.AST) -> frozenset[str]:
    """The names that a definition uses when it is executed, which is all but those in the bodies of functions."""
    known: frozenset[str] | None = getattr(node, "_defining", None)
    if known is None:
        names: set[str] = set()
        pending: list[ast.AST] = [node]
        while pending:
            each = pending.pop()
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                pending += [*each.decorator_list, *each.args.defaults, *filter(None, each.args.kw_defaults)]
                continue
            if isinstance(each, ast.Name):
                names.add(each.id)
            pending += ast.iter_child_nodes(each)
        known = frozenset(names)
        node._defining = known  # type: ignore[attr-defined]
    return known
