"""Which functions are run with which inputs.

Module-level code runs as a script would. What it did not reach is then run on its own: functions that nobody calls,
then each class, its instances' forward first, with parameters that are open until the layers teach them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from shapelens.analysis.rendering import Renderer
from shapelens.analysis.reuse import Reuse, Run
from shapelens.analysis.unsettled import methods, unsettled
from shapelens.dims import Dim, Symbol, as_symbol, symbol
from shapelens.interpreter import calls, classes, containers, hints, prose
from shapelens.interpreter.machine import Budget, Frame, Machine, Place, Report, Unkeyable, restore
from shapelens.rules.registry import layers
from shapelens.source.tree import Chunk, Tree
from shapelens.values import (
    Bound,
    Class,
    Descriptor,
    Exceptional,
    Function,
    Instance,
    Lib,
    PyModule,
    Tensor,
    Unknown,
    serials,
)

# One run on its own may not use up what the others need.
ROOT_FUEL = 60_000
_ROOT_COST = 40
# What has met no tensor and made no model by then is most likely no code of ours.
FIRST_FUEL = 15_000
_MAX_INSTANCES = 3
_DEAR = 5_000
_SKIPPED_METHODS = frozenset(("__init__", "__repr__", "__str__", "extra_repr", "__new__", "__init_subclass__"))


class Roots:
    """Runs what a module's own code did not reach; the renderer is told of each run, before it is forgotten.

    `skipped` holds the texts of functions that can wait until nobody types: when last run, they showed nothing,
    failed nowhere, and no object that they made was used. `quiet` says which these are after this run. With `reuse`,
    what an edit did not touch is not run again.
    """

    def __init__(
        self,
        m: Machine,
        module: PyModule,
        tree: Tree,
        places: dict[int, Place],
        renderer: Renderer,
        skipped: frozenset[str] = frozenset(),
        failed: Iterable[Report] = (),
        reuse: Reuse | None = None,
    ) -> None:
        self.m, self.module, self.tree, self.places, self.renderer = m, module, tree, places, renderer
        self.skipped, self.reuse = skipped, reuse
        self.waiting = False  # whether something was skipped
        self._failed = {_key(report) for report in failed}  # one defect is told once, by the first run that met it
        self._silent: list[tuple[str, int, int]] = []  # text of a silent root, and which instances it made
        self._used: set[int] = set()
        self._users: Counter[str] = Counter()  # how many chunks use a name
        self._open: set[int] = set()  # objects made with open arguments, because nobody made one

    def quiet(self) -> frozenset[str]:
        """The texts of the functions that the next run of a changed file may skip."""
        places = {instance.born: i for i, instance in enumerate(self.m.instances)}
        used = {places[born] for born in self._used if born in places}
        found = {text for text, start, end in self._silent if not any(start <= i < end for i in used)}
        return frozenset(found) | self.skipped

    def run(self) -> None:
        """All of them, those that nothing in the file refers to first."""
        functions = [
            (c, n) for c in self.tree.chunks for n in c.tree if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        self._annotated()
        for chunk, node in functions:
            if not self._is_referred_to(node.name, chunk):
                self._function(chunk, node)
        class_nodes = [(c, n) for c in self.tree.chunks for n in c.tree if isinstance(n, ast.ClassDef)]
        # What stands last usually holds what stands before it, and its forward runs theirs with real shapes.
        for chunk, class_node in reversed(class_nodes):
            self._class(chunk, class_node)
        for chunk, node in functions:
            self._function(chunk, node)

    def _is_referred_to(self, name: str, own: Chunk) -> bool:
        if not self._users:
            for chunk in self.tree.chunks:
                self._users.update(chunk.names_used)
        return self._users[name] > (name in own.names_used)

    # -- one run ---------------------------------------------------------------------------------------------------

    def _isolated(
        self,
        chunk: Chunk,
        key: tuple[Any, ...],
        body: Callable[[Frame], Any],
        again: Callable[[Frame], Any] | None = None,
        maker: object = None,
    ) -> Any:
        """What a run gives, or gave when it was last made, if it would be the same now.

        `key` tells which run it is: its kind, the function, and what else it is given. `maker` is where the object was
        made of which it is a method: what the run tells of that place, it tells of this one.
        """
        m, reuse, name = self.m, self.reuse, getattr(chunk.tree[0], "name", "")
        if m.fuel <= 0 or not m.allow(m.patience.root):
            m.unfinished += 1
            return None
        if reuse is None:
            return self._run(chunk, body, again).result
        m.part, m.borrowed = key, set()
        known = reuse.known(m, key, key[1], min(m.fuel, ROOT_FUEL), maker)
        if known is not None:
            return self._told_again(chunk, known, maker)
        if chunk.text in self.skipped:
            self.waiting = True
            return None
        others, m.others, m.trace, m.looked_at = m.others, set(), [], []
        is_met, met, batches = key[1] in m.met, frozenset(m.met), len(m.last_batches)
        try:
            run = self._run(chunk, body, again)
            if run.is_whole and len(m.last_batches) == batches:
                run.others, run.met, run.is_met, run.maker = m.others, m.met - met, is_met, maker
                reuse.keep(m, key, name, run)
        finally:
            others |= m.others
            m.others = others
        return run.result

    def _told_again(self, chunk: Chunk, run: Run, maker: Any) -> Any:
        """Take over what a run showed and did when it was last made."""
        m = self.m
        m.others |= run.others
        m.met |= run.met
        m.executed |= run.executed
        m.fuel -= run.fuel + _ROOT_COST
        m.unfinished += run.unfinished
        made = len(m.instances)
        m.instances += run.instances
        facts = [
            ((*maker, *key[2:]) if key[:2] == run.maker else key, shown, site and (site[0], site[0].current(site[1])))
            for key, shown, site in run.told.facts
        ]
        reports = [r for r in run.reports if _key(r) not in self._failed]
        self._failed.update(map(_key, reports))
        if not self.renderer.take(replace(run.told, facts=tuple(facts), reports=tuple(reports))):
            self._silent.append((chunk.text, made, len(m.instances)))
        return run.result

    def _run(self, chunk: Chunk, body: Callable[[Frame], Any], again: Callable[[Frame], Any] | None = None) -> Run:
        """Run with fuel of its own; what it learnt, and what it changed of older objects, is forgotten afterwards.

        A problem counts only if it is there `again` (by default: in the same run) when parameters whose default
        stands for something else (None, an empty tuple, 0) are open: nobody has called with that default.
        """
        m = self.m
        place = self.places[id(chunk)]
        frame = Frame(self.module, place, {}, ())
        m.store.begin()
        m.fuel -= _ROOT_COST
        mark, fuel = m.store.mark(), m.fuel
        allowance, unfinished, started = min(fuel, ROOT_FUEL), m.unfinished, next(serials)
        m.fuel = min(fuel, FIRST_FUEL)
        m.reserve = allowance - m.fuel
        m.touched.append({})
        m.suspended.clear()
        made = m.made = len(m.instances)
        result: Any = None
        reports: list[Report] = []
        try:
            m.prose, m.trusted = True, False
            result = self._attempt(frame, body)
            if m.reports and m.trusted and not self._holds_without_prose(frame, again or body):
                # What comments say is out of date, or was read wrongly: as if they were not there.
                m.store.undo(mark)
                self._clear()
                result = self._attempt(frame, body)
            m.prose = False
            if m.reports:
                self._keep_certain(frame, again or body)
                reports = list(m.reports)
                m.reports[:] = [r for r in m.reports if _key(r) not in self._failed]
                self._failed.update(map(_key, m.reports))
        finally:
            m.prose = False
            m.depth = 0
            m.callsites.clear()
            m.caught.clear()
            m.watches.clear()
            told = self.renderer.collect()
            is_whole = self._give_back(started) and not m.is_late
            if not self.renderer.take(told) and not m.is_late:
                self._silent.append((chunk.text, made, len(m.instances)))
            m.store.undo(mark)
            used = allowance - m.reserve - max(m.fuel, 0)
            m.fuel, m.reserve = fuel - used, 0
        return Run(told, result, reports, m.instances[made:], used, allowance, m.unfinished - unfinished, is_whole)

    def _give_back(self, started: int) -> bool:
        """Give all that is older than the run the content back that it had; whether that is known of all it changed."""
        m, known = self.m, True
        for obj, before in [entry for table in reversed(m.touched) for entry in table.values()]:
            born = getattr(obj, "born", None)
            if type(obj) is dict or born is not None and born < started:
                restore(obj, before)
                if type(obj) is not dict:
                    m.version = next(serials)
            elif born is None:
                known = False
        del m.touched[:]
        return known

    def _attempt(self, frame: Any, body: Callable[[Any], Any]) -> Any:
        try:
            return body(frame)
        except (Exceptional, Budget, RecursionError):
            return None

    def _clear(self) -> None:
        """Forget what this run showed, to run again."""
        m = self.m
        m.prose, m.truncations = False, m.truncations + 1
        m.reports.clear()
        m.seen.clear()
        m.expressions.clear()
        m.call.work = []
        m.depth = 0
        m.callsites.clear()
        m.fuel = max(m.fuel, ROOT_FUEL // 4)

    def _holds_without_prose(self, frame: Frame, body: Callable[[Frame], Any]) -> bool:
        """Whether each problem is there too when comments and docstrings say nothing."""
        m = self.m
        first, seen, expressions, work = list(m.reports), list(m.seen), dict(m.expressions), m.call.work
        mark = m.store.mark()
        self._clear()
        self._attempt(frame, body)
        left = set(map(_key, m.reports))
        m.store.undo(mark)
        m.truncations += 1
        m.reports[:], m.seen[:], m.call.work = first, seen, work
        m.expressions.clear()
        m.expressions.update(expressions)
        return left.issuperset(map(_key, first))

    def _keep_certain(self, frame: Frame, body: Callable[[Frame], Any]) -> None:
        """Drop the problems that are gone when doubtful defaults are open."""
        m = self.m
        first, seen, expressions, work = list(m.reports), list(m.seen), dict(m.expressions), m.call.work
        m.reports.clear()
        m.depth, m.doubt, m.truncations, m.call.work = 0, True, m.truncations + 1, []
        m.callsites.clear()
        m.fuel = max(m.fuel, ROOT_FUEL // 4)
        try:
            self._attempt(frame, body)
        finally:
            m.doubt = False
        left = set(map(_key, m.reports))
        m.reports[:] = [r for r in first if _key(r) in left]
        m.seen[:], m.call.work = seen, work
        m.expressions.clear()
        m.expressions.update(expressions)

    def _function(self, chunk: Chunk, node: Any) -> None:
        if node in self.m.executed:
            return
        value = self.module.namespace.get(node.name)
        if isinstance(value, Function):
            key = "function", node, *self._above(value)
            self._isolated(chunk, key, lambda f: self._open_call(f, node, value))

    def _open_call(self, f: Frame, node: ast.AST, function: Any, receiver: Any = None) -> Any:
        """Call a function with open arguments for all that has no default."""
        m = self.m
        if m.doubt:
            receiver = self._unsettled(receiver)
        callee = function if receiver is None else Bound(function, receiver)
        opened = partial(open_arguments, m, f, function, receiver, receiver is not None, above=self._above(function))
        return self._both_ways(function, opened, lambda args: calls.call(m, f, node, callee, args, {}))

    def _unsettled(self, instance: Any) -> Any:
        if isinstance(instance, Instance) and isinstance(instance.cls, Class):
            self.m.looked_at += [function for _, function in methods(instance.cls)]
        return unsettled(instance)

    def _both_ways(self, function: Any, opened: Callable[..., Opened], run: Callable[[list[Any]], Any]) -> Any:
        """Run with open arguments; where one is a tensor or None, with None first, then with the tensor."""
        m = self.m
        first = opened()
        m.opened = function if isinstance(function, Function) else None
        m.free = first.free if m.opened is not None and m.opened.node not in m.met else frozenset()
        try:
            if not first.optional:
                return run(first.args)
            start, mark = len(m.seen), m.store.mark()
            result = m.store.value(self._attempt(None, lambda _: run(first.args)))
            m.settle(start)
            m.store.undo(mark)
            m.depth = 0
            m.callsites.clear()
            second = opened(names=first.names)
            m.free = second.free if m.free else m.free
            run(second.args)
            return result
        finally:
            m.opened, m.free, m.named = None, frozenset(), (None, None)

    def _above(self, function: Any) -> list[str]:
        """The comment lines right before the chunk that a function starts."""
        place = getattr(function, "code", None)
        line = place.chunk.line - 1 if place is not None and place.file == self.module.path else 0
        lines, found = self.tree.lines, []
        while 0 < line <= len(lines) and lines[line - 1].startswith("#"):
            found.append(lines[line - 1])
            line -= 1
        return found

    def _class(self, chunk: Chunk, node: ast.ClassDef) -> None:
        cls = self.module.namespace.get(node.name)
        if not isinstance(cls, Class) or cls.kind in ("enum", "namedtuple"):
            return
        m = self.m
        if classes.is_model_class(cls):
            forward = cls.attrs.get(classes.forward_name(cls))
            if isinstance(forward, Function) and forward.node not in m.executed:
                before = m.fuel
                for instance in self._instances(cls, chunk, node):
                    if before - m.fuel > _DEAR:
                        break  # one such model is enough to wait for
                    self._used.add(instance.born)
                    own = instance.born in self._open
                    again = partial(self._remade, node=node, cls=cls) if own else None
                    said = ast.get_docstring(node, clean=False)
                    which = "forward", forward.node, own, self._identity(instance), said
                    run = partial(self._forward, node=node, instance=instance)
                    self._isolated(chunk, which, run, again, _maker(instance))
        waiting = [v for v in cls.attrs.values() if self._is_waiting(v)]
        if not waiting:
            return
        instances = self._instances(cls, chunk, node)[:1]
        self._used.update(instance.born for instance in instances)
        for value in waiting:
            function: Any = value.function if isinstance(value, Descriptor) else value
            if function.node in m.executed or function.name in _SKIPPED_METHODS:
                continue
            receiver: Any = instances[0] if instances else Unknown(cls.name)
            key = ("method", function.node, self._identity(instances[0]) if instances else None)
            if isinstance(value, Descriptor) and value.kind == "staticmethod":
                self._isolated(chunk, key, partial(self._open_call, node=node, function=function))
            elif isinstance(value, Descriptor) and value.kind == "classmethod":
                self._isolated(chunk, key, partial(self._open_call, node=node, function=function, receiver=cls))
            else:
                remade = self._again(cls, node, function, instances[0] if instances else None)
                run = partial(self._open_call, node=node, function=function, receiver=receiver)
                self._isolated(chunk, key, run, remade, _maker(instances[0]) if instances else None)

    def _is_waiting(self, value: Any) -> bool:
        function = value.function if isinstance(value, Descriptor) else value
        return isinstance(function, Function) and function.node not in self.m.executed

    def _instances(self, cls: Class, chunk: Chunk, node: ast.ClassDef) -> list[Instance]:
        """Objects of the class that the program made, one of each kind; else one made with open arguments."""
        found: dict[Any, Instance] = {}
        for instance in self.m.instances:
            if instance.cls is cls and len(found) < _MAX_INSTANCES:
                try:
                    key = self.m.fingerprint(instance)
                except Exception:
                    key = ("one", instance.born)
                found.setdefault(key, instance)
        if found:
            return list(found.values())
        made = self._isolated(chunk, ("made", node.name, cls.born), lambda f: self._construct(f, node, cls))
        if not isinstance(made, Instance):
            return []
        self._open.add(made.born)
        return [made]

    def _identity(self, instance: Instance) -> Hashable:
        """What is equal for objects with which a run is the same, those of other analyses too."""
        try:
            return self.m.fingerprint(instance)
        except (Unkeyable, Budget):
            return instance.born

    def _again(
        self, cls: Class, node: ast.AST, function: Function, instance: Instance | None
    ) -> Callable[[Frame], Any] | None:
        """How to run a method once more on an object made anew: what nobody calls it on may be made with other values."""
        if instance is None:
            return None
        return lambda f: self._open_call(f, node, function, self._construct(f, node, cls) or instance)

    def _remade(self, f: Frame, node: ast.AST, cls: Class) -> Any:
        """Make the object anew and run its forward: the doubtful defaults of both are open."""
        made = self._construct(f, node, cls)
        return self._forward(f, node, made) if isinstance(made, Instance) else None

    def _construct(self, f: Frame, node: ast.AST, cls: Class) -> Any:
        init, owner = classes.find_in_class(cls, "__init__")
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        if isinstance(init, Function) and isinstance(owner, Class):
            args = open_arguments(self.m, f, init, skip=True).args
            self.m.named = (None, None)
        elif isinstance(owner, Lib) and owner.path in layers:
            needed = [p for p in layers[owner.path].make.positional if not p.has_default]
            args = [self.m.named_unknown(p.name) for p in needed]
        elif cls.kind == "dataclass":
            stated = hints.fields(self.m, cls)
            args = [stated[n] if n in stated else self.m.named_unknown(n) for n, default in cls.fields if not default]
            if self.m.doubt:
                left_out = [n for n, default in cls.fields if default and is_doubtful(cls.attrs.get(n, _MISSING))]
                kwargs = {n: self.m.named_unknown(n) for n in left_out}
        made = classes.instantiate(self.m, f, node, cls, args, kwargs)
        if isinstance(made, Instance) and containers.kind_of(made) and not containers.children(made):
            made.attrs["?"] = True  # who makes one puts modules into it
        return made

    def _forward(self, f: Frame, node: ast.AST, instance: Instance) -> Any:
        if self.m.doubt:
            instance = self._unsettled(instance)
        forward = classes.find_in_class(instance.cls, classes.forward_name(instance.cls))[0]
        owner = instance.cls.node if isinstance(instance.cls, Class) else None
        opened = partial(open_arguments, self.m, f, forward, instance, True, owner=owner)
        return self._both_ways(forward, opened, lambda args: calls.call(self.m, f, node, instance, args, {}))

    # -- annotated functions -----------------------------------------------------------------------------------------

    def _annotated(self) -> None:
        """Functions whose annotations give shapes are always run with these, whoever calls them."""
        for chunk in self.tree.chunks:
            for node in chunk.tree:
                value = self.module.namespace.get(getattr(node, "name", ""))
                if isinstance(value, Function) and value.node is node:
                    self._annotated_function(chunk, value, None)
                elif isinstance(value, Class) and value.node is node:
                    for method in list(value.attrs.values()):
                        if isinstance(method, Function):
                            self._annotated_function(chunk, method, value)

    def _annotated_function(self, chunk: Chunk, function: Function, cls: Class | None) -> None:
        m = self.m
        if not calls.code_of(function).annotated:
            return
        said = hints.signature(m, function)
        if said is None or not said.parameters:
            return
        instance = None
        if cls is not None:
            instances = self._instances(cls, chunk, cls.node)
            if not instances:
                return
            instance = instances[0]
        again = None if cls is None else self._again(cls, cls.node, function, instance)
        key = "annotated", function.node, self._identity(instance) if instance is not None else None
        self._isolated(
            chunk, key, lambda f: self._open_call(f, function.node, function, instance), again, _maker(instance)
        )


_MISSING = object()


def _maker(instance: Instance | None) -> object:
    """Where an object was made."""
    return None if instance is None or instance.origin is None else instance.origin.where


def _key(report: Report) -> tuple[Place, ast.AST, str]:
    """What two reports of one defect share."""
    return report.place, report.node, report.failure.code


def is_doubtful(default: Any) -> bool:
    """Whether a default stands for something that a caller is to give."""
    if isinstance(default, tuple):
        return all(map(is_doubtful, default))
    return default is None or default is False or isinstance(default, (int, str, list, dict)) and not default


Names: TypeAlias = "tuple[hints.Axes, prose.Names]"


@dataclass(frozen=True)
class Opened:
    """Arguments for a function that nobody called: by annotations, by prose, by default, or open.

    `optional`: one of them is None and may also be a tensor. `free` are the sizes that the names in the annotations
    stand for, `names` all that names stand for.
    """

    args: list[Any]
    optional: bool = False
    free: frozenset[Symbol] = frozenset()
    names: Names | None = None


def open_arguments(
    m: Machine,
    f: Frame,
    function: Any,
    receiver: Any = None,
    skip: bool = False,
    names: Names | None = None,
    owner: ast.AST | None = None,
    above: Sequence[str] = (),
) -> Opened:
    """A value for each parameter; `skip` leaves out the first, `receiver` is what stands there if it is known.

    With the `names` of a first time, a parameter that may also be None is the tensor that is stated of it.
    """
    target = function.function if isinstance(function, Bound) else function
    if not isinstance(target, Function):
        return Opened([])
    code = calls.code_of(target)
    inner = Frame(target.module, target.code, {}, target.cells, None, target.owner)
    inner.owner = None
    parameters = code.args[1:] if skip else code.args
    if skip and receiver is not None and code.args:
        inner.locals[code.args[0]] = receiver
    first_default = len(parameters) - len(target.defaults)
    said = hints.signature(m, target) if code.annotated else None
    stated = prose.stated_parameters(target, owner, above) if m.prose else {}
    axes, words = known = names or (hints.Axes(inner), prose.Names(m, inner, receiver))
    axes.frame = inner
    m.named = (target, words)
    optional = False
    configured = _configured(m, target)
    args: list[Any] = []
    for i, name in enumerate(parameters):
        default = target.defaults[i - first_default] if i >= first_default else _MISSING
        what = said.parameters.get(name) if said is not None else None
        shape = stated.get(name) if what is None and default in (_MISSING, None) else None
        if default is None and (what is not None or shape is not None):
            optional = True
            if names is None:
                what, shape = None, None
        value: Any = None
        if what is not None:
            value = hints.opened(m, what, axes, name)
        elif shape is not None:
            value = words.tensor(shape.axes, shape.dtype)
        elif i < len(configured):
            value = configured[i]
        elif default is not _MISSING and not (m.doubt and is_doubtful(default)):
            args.append(default)
            continue
        if value is None:
            value = hints.value_of(m, name, code.nodes[name].annotation, inner)
        inner.locals[name] = value
        args.append(value)
    symbols = [as_symbol(dim) for dim in axes.dims.values() if not isinstance(dim, int)]
    return Opened(args, optional, frozenset([s for s in symbols if s is not None]), known)


def _configured(m: Machine, function: Function) -> list[Tensor]:
    """The inputs that the project's configuration states of a function, by its full name or that of its class."""
    full = f"{function.module.name}.{function.qualname}"
    stated = m.stated.get(full) or m.stated.get(full.removesuffix(".forward")) or ()
    named: dict[str, Dim] = {}
    for axis in (axis for each in stated for axis in each.axes):
        if axis not in named:
            named[axis] = int(axis) if axis.isdigit() else symbol(axis)
    return [Tensor(tuple(named[axis] for axis in each.axes), each.dtype) for each in stated]
