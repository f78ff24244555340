"""Which functions are run with which inputs.

Module-level code runs as a script would. What it did not reach is then run on its own: functions that nobody calls,
then each class, its instances' forward first, with parameters that are open until the layers teach them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from shapelens.dims import equal
from shapelens.interpreter import calls, classes, hints
from shapelens.interpreter.machine import Budget, Frame, Machine, Place
from shapelens.rules.call import Failure
from shapelens.rules.registry import layers
from shapelens.source.tree import Chunk, Tree
from shapelens.values import Bound, Class, Descriptor, Exceptional, Function, Instance, Lib, PyModule, Tensor, Unknown
from shapelens.values.text import shape_text

# One run on its own may not use up what the others need.
ROOT_FUEL = 60_000
_MAX_INSTANCES = 3
_DEAR = 5_000
_SKIPPED_METHODS = frozenset(("__init__", "__repr__", "__str__", "extra_repr", "__new__", "__init_subclass__"))


class Roots:
    """Runs what a module's own code did not reach; `finish` is called after each run, before it is forgotten.

    `skipped` holds the texts of functions that need not be run on a keystroke: when last run, they showed nothing,
    failed nowhere, and no object that they made was used. `quiet` says which these are after this run.
    """

    def __init__(
        self,
        m: Machine,
        module: PyModule,
        tree: Tree,
        places: dict[int, Place],
        finish: Callable[[], bool],
        skipped: frozenset[str] = frozenset(),
    ) -> None:
        self.m, self.module, self.tree, self.places, self.finish = m, module, tree, places, finish
        self.skipped = skipped
        self._silent: list[tuple[str, int, int]] = []  # text of a silent root, and which instances it made
        self._used: set[int] = set()
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
        return any(name in chunk.names_used for chunk in self.tree.chunks if chunk is not own)

    # -- one run ---------------------------------------------------------------------------------------------------

    def _isolated(self, chunk: Chunk, body: Callable[[Frame], Any], again: Callable[[Frame], Any] | None = None) -> Any:
        """Run with fuel of its own; what it learnt is forgotten afterwards.

        A problem counts only if it is there `again` (by default: in the same run) when parameters whose default
        stands for something else (None, an empty tuple, 0) are open: nobody has called with that default.
        """
        m = self.m
        place = self.places[id(chunk)]
        frame = Frame(self.module, place, {}, ())
        m.store.begin()
        mark, fuel = m.store.mark(), m.fuel
        m.fuel = min(fuel, ROOT_FUEL)
        allowance = m.fuel
        m.touched.append({})
        made = len(m.instances)
        result: Any = None
        try:
            result = self._attempt(frame, body)
            if m.reports:
                self._keep_certain(frame, again or body)
        finally:
            m.depth = 0
            m.callsites.clear()
            m.caught.clear()
            m.watches.clear()
            del m.touched[:]
            if not self.finish():
                self._silent.append((chunk.text, made, len(m.instances)))
            m.store.undo(mark)
            m.fuel = fuel - (allowance - max(m.fuel, 0))
        return result

    def _attempt(self, frame: Frame, body: Callable[[Frame], Any]) -> Any:
        try:
            return body(frame)
        except (Exceptional, Budget, RecursionError):
            return None

    def _keep_certain(self, frame: Frame, body: Callable[[Frame], Any]) -> None:
        """Drop the problems that are gone when doubtful defaults are open."""
        m = self.m
        first, seen, expressions = list(m.reports), list(m.seen), dict(m.expressions)
        m.reports.clear()
        m.depth, m.doubt, m.truncations = 0, True, m.truncations + 1
        m.callsites.clear()
        m.fuel = max(m.fuel, ROOT_FUEL // 4)
        try:
            self._attempt(frame, body)
        finally:
            m.doubt = False
        left = {(r.place, r.node, r.failure.code) for r in m.reports}
        m.reports[:] = [r for r in first if (r.place, r.node, r.failure.code) in left]
        m.seen[:] = seen
        m.expressions.clear()
        m.expressions.update(expressions)

    def _function(self, chunk: Chunk, node: Any) -> None:
        if node in self.m.executed or chunk.text in self.skipped:
            return
        value = self.module.namespace.get(node.name)
        if isinstance(value, Function):
            self._isolated(chunk, lambda f: self._open_call(f, node, value))

    def _open_call(self, f: Frame, node: ast.AST, function: Any, receiver: Any = None) -> Any:
        """Call a function with open arguments for all that has no default."""
        m = self.m
        args, _ = open_arguments(m, f, function, skip=receiver is not None)
        return calls.call(m, f, node, function if receiver is None else Bound(function, receiver), args, {})

    def _class(self, chunk: Chunk, node: ast.ClassDef) -> None:
        cls = self.module.namespace.get(node.name)
        if not isinstance(cls, Class) or cls.kind in ("enum", "namedtuple"):
            return
        m = self.m
        if classes.is_module_class(cls):
            forward = cls.attrs.get("forward")
            if isinstance(forward, Function) and forward.node not in m.executed:
                before = m.fuel
                for instance in self._instances(cls, chunk, node):
                    if before - m.fuel > _DEAR:
                        break  # one such model is enough to wait for
                    self._used.add(instance.born)
                    own = instance.born in self._open
                    again = partial(self._remade, node=node, cls=cls) if own else None
                    self._isolated(chunk, partial(self._forward, node=node, instance=instance), again)
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
            if isinstance(value, Descriptor) and value.kind == "staticmethod":
                self._isolated(chunk, partial(self._open_call, node=node, function=function))
            elif isinstance(value, Descriptor) and value.kind == "classmethod":
                self._isolated(chunk, partial(self._open_call, node=node, function=function, receiver=cls))
            else:
                self._isolated(chunk, partial(self._open_call, node=node, function=function, receiver=receiver))

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
        made = self._isolated(chunk, lambda f: self._construct(f, node, cls))
        if not isinstance(made, Instance):
            return []
        self._open.add(made.born)
        return [made]

    def _remade(self, f: Frame, node: ast.AST, cls: Class) -> Any:
        """Make the object anew and run its forward: the doubtful defaults of both are open."""
        made = self._construct(f, node, cls)
        return self._forward(f, node, made) if isinstance(made, Instance) else None

    def _construct(self, f: Frame, node: ast.AST, cls: Class) -> Any:
        init, owner = classes.find_in_class(cls, "__init__")
        args: list[Any] = []
        if isinstance(init, Function) and isinstance(owner, Class):
            args, _ = open_arguments(self.m, f, init, skip=True)
        elif isinstance(owner, Lib) and owner.path in layers:
            needed = [p for p in layers[owner.path].make.positional if not p.has_default]
            args = [self.m.named_unknown(p.name) for p in needed]
        elif cls.kind == "dataclass":
            args = [self.m.named_unknown(n) for n, default in cls.fields if not default]
        return classes.instantiate(self.m, f, node, cls, args, {})

    def _forward(self, f: Frame, node: ast.AST, instance: Instance) -> Any:
        forward = classes.find_in_class(instance.cls, "forward")[0]
        args, _ = open_arguments(self.m, f, forward, skip=True)
        return calls.call(self.m, f, node, instance, args, {})

    # -- annotated functions -----------------------------------------------------------------------------------------

    def _annotated(self) -> None:
        """Functions whose annotations give shapes are always run with these, whoever calls them."""
        for chunk in self.tree.chunks:
            if "[" not in chunk.text or not _SHAPED & chunk.names_used:
                continue
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
        frame = Frame(self.module, self.places[id(chunk)], {}, function.cells)
        if not any(hints.shape_of(m, a.annotation, frame) for a in calls.code_of(function).nodes.values()):
            return
        instance = None
        if cls is not None:
            instances = self._instances(cls, chunk, cls.node)
            if not instances:
                return
            instance = instances[0]

        def run(f: Frame) -> None:
            args, axes = open_arguments(m, f, function, skip=cls is not None)
            callee = function if instance is None else Bound(function, instance)
            result = m.store.value(calls.call(m, f, function.node, callee, args, {}))
            self._check_return(f, function, axes, result)

        self._isolated(chunk, run)

    def _check_return(self, f: Frame, function: Function, axes: hints.Axes, result: Any) -> None:
        m = self.m
        said = hints.shape_of(m, function.node.returns, f)
        if said is None or not isinstance(result, Tensor):
            return
        wanted = hints.tensor_of(m, *said, axes, f)
        if wanted is None or not isinstance(wanted.shape, tuple):
            return
        shape = m.store.shape(result.shape)
        text = f'{said[0]}[Tensor, "{said[1]}"]'
        problem = ""
        if isinstance(shape, tuple):
            wanted_shape = m.store.dims(wanted.shape)
            if len(shape) != len(wanted_shape):
                problem = f"returns {shape_text(shape)} of rank {len(shape)}, annotated {text}"
            elif any(_differs(a, b) for a, b in zip(shape, wanted_shape)):
                problem = f"returns {shape_text(shape)}, annotated {text}"
        if not problem and result.dtype is not None and not hints.allows(said[0], result.dtype):
            problem = f"returns {result.dtype}, annotated {text}"
        if problem:
            place = self.places_of(function)
            returns = [n for n in ast.walk(function.node) if isinstance(n, ast.Return)]
            node = returns[0] if len(returns) == 1 else function.node.returns
            m.report(Failure("annotation-mismatch", f"{function.name} {problem}"), place, node)

    def places_of(self, function: Function) -> Place:
        """The place of a function's chunk."""
        place: Place = function.code
        return place


_SHAPED = frozenset((
    "Float", "Int", "Bool", "Shaped", "Num", "Float32", "Float16", "Int64", "Int32", "UInt8", "Complex", "Integer", "Real",
    "Inexact", "TensorType", "Annotated", "Float64", "BFloat16", "UInt",
))  # fmt: skip


def _differs(a: Any, b: Any) -> bool:
    """Whether an inferred dim cannot be the annotated one. Distinct axis names are taken to be distinct sizes."""
    return equal(a, b) is not True


def is_doubtful(default: Any) -> bool:
    """Whether a default stands for something that a caller is to give."""
    return default is None or default is False or isinstance(default, (int, str, tuple, list, dict)) and not default


def open_arguments(m: Machine, f: Frame, function: Any, skip: bool) -> tuple[list[Any], hints.Axes]:
    """A value for each parameter without default, by its annotation or open, and the axis names that they share."""
    axes = hints.Axes()
    target = function.function if isinstance(function, Bound) else function
    if not isinstance(target, Function):
        return [], axes
    code = calls.code_of(target)
    inner = Frame(target.module, target.code, {}, target.cells, None, target.owner)
    inner.owner = None
    names = code.args[1:] if skip else code.args
    first_default = len(names) - len(target.defaults)
    args = []
    for i, name in enumerate(names):
        annotation = code.nodes[name].annotation
        shaped = hints.shape_of(m, annotation, inner)
        if i >= first_default and shaped is None and not (m.doubt and is_doubtful(target.defaults[i - first_default])):
            args.append(target.defaults[i - first_default])
        else:
            args.append(hints.value_of(m, name, annotation, axes, inner))
    return args, axes
