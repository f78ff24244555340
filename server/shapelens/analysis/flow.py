"""How the tensors of one run of a model flow: its layers and operations, and what each hands to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shapelens.analysis.costs import Holdings, tensors_in
from shapelens.analysis.facts import Shown, Span
from shapelens.analysis.rendering import Renderer
from shapelens.dims import Dim
from shapelens.interpreter import classes, containers, keras
from shapelens.rules.work import Again, Called, Counter, Maybe, Step, Work
from shapelens.values import Class, Instance, Tensor


@dataclass(frozen=True)
class Node:
    """An input, a layer, a group (a module with others in it), an operation between layers, or the output.

    `name` is that of the attribute that holds a layer, or of the function called; `kind` the class of a module. `parent`
    is the number of the group that it lies in. `span` is the call, `made` where the layer is made.
    """

    number: int
    role: str
    name: str
    kind: str
    parent: int | None
    span: Span | None = None
    made: Span | None = None
    output: Shown | None = None
    parameters: Dim | None = None
    multiply_adds: Dim | None = None


@dataclass(frozen=True)
class Edge:
    """A tensor that one node gives to another, by their numbers."""

    start: int
    end: int
    shown: Shown | None


@dataclass(frozen=True)
class Flow:
    """Nodes in the order of the run, and the edges between those that are no groups."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


_MOST_NODES = 4_000


class _TooMany(Exception):
    """Nobody looks at so many nodes."""


def flow(root: Called, renderer: Renderer) -> Flow | None:
    """The flow of one call of a model, which was made with `Call.flows`; None where it is too large to be drawn."""
    drawing = _Drawing(root, renderer)
    try:
        return drawing.traced() or drawing.drawn()
    except _TooMany:
        return None


class _Drawing:
    def __init__(self, root: Called, renderer: Renderer) -> None:
        self.root, self.renderer, self.m = root, renderer, renderer.m
        self.nodes: list[Node] = []
        self.edges: dict[tuple[int, int, Shown | None], Edge] = {}
        self.givers: dict[int, int] = {}  # a tensor's key to the node that gave it
        self.inputs: list[tuple[Tensor, int]] = []
        self.names: dict[int, str] = {}
        self._name(root.instance, {root.instance.born})
        self.holdings, self.counter = Holdings(self.m, self.m.gradients_known), Counter(self.m.call)

    def _name(self, module: Instance, seen: set[int]) -> None:
        """Name each layer by the attribute that holds it, or by its place in a list or container."""
        held = [*containers.children(module).items(), *module.attrs.items()]
        for name, child in held:
            if isinstance(child, Instance) and child.born not in seen and classes.is_model_class(child.cls):
                seen.add(child.born)
                self.names[child.born] = name
                self._name(child, seen)

    def drawn(self) -> Flow:
        value_of = self.m.store.value
        for given in (*self.root.args, *self.root.kwargs.values()):
            for tensor in tensors_in(value_of(given)):
                number = self._add("input", f"input {len(self.inputs) + 1}", "", None, output=tensor)
                self.givers.setdefault(_key(tensor), number)
                self.inputs.append((tensor, number))
        if len(self.inputs) == 1:
            self.nodes[0] = _renamed(self.nodes[0], "input")
        self._walk(self.root.work, None)
        result = list(tensors_in(value_of(self.root.result)))
        number = self._add("output", "output", "", None, output=result[0] if result else None)
        self._link(number, result)
        return Flow(tuple(self.nodes), tuple(self.edges.values()))

    def traced(self) -> Flow | None:
        """The flow of a functional Keras model: its layers as the KerasTensors remember them; None for another one."""
        value_of, attrs = self.m.store.value, self.root.instance.attrs
        ends = list(tensors_in(value_of(attrs.get("_outputs", attrs.get("_output")))))
        order = keras.tensors_between([], ends)
        if not ends or order is None:
            return None
        numbers: dict[int, int] = {}
        for tensor in order:
            layer, parents = tensor.history or (None, ())
            span = self.renderer.span(*tensor.origin.where) if tensor.origin is not None else None
            if not parents:
                numbers[id(tensor)] = self._add("input", self._layer_name(layer) or "input", "", None, output=tensor)
                continue
            if isinstance(layer, Instance):
                kind, made = str(layer.cls.name), self._made(layer)
                number = self._add("layer", self._layer_name(layer), kind, None, span=span, made=made, output=tensor)
            else:
                number = self._add("operation", "operation", "", None, span=span, output=tensor)
            numbers[id(tensor)] = number
            for parent in parents:
                self._join(numbers.get(id(parent)), number, parent)
        end = self._add("output", "output", "", None, output=ends[0] if ends else None)
        for tensor in ends:
            self._join(numbers.get(id(tensor)), end, tensor)
        return Flow(tuple(self.nodes), tuple(self.edges.values()))

    def _layer_name(self, layer: Any) -> str:
        name = layer.attrs.get("name") if isinstance(layer, Instance) else None
        return name if isinstance(name, str) else ""

    def _join(self, start: int | None, end: int, tensor: Tensor) -> None:
        if start is not None and start != end:
            shown = self.renderer.shown(tensor)
            self.edges.setdefault((start, end, shown), Edge(start, end, shown))

    def _walk(self, work: Iterable[Any], parent: int | None) -> None:
        for entry in _entries(work):
            if isinstance(entry, Step):
                self._step(entry, parent)
            else:
                self._called(entry, parent)

    def _step(self, step: Step, parent: int | None) -> None:
        results = list(tensors_in(step.result))
        if not results:
            return
        name = step.path.rpartition(".")[2].strip("_")
        name = _SIGNS.get(name, name)
        span = None if step.where is None else self.renderer.span(*step.where)
        number = self._add("operation", name, "", parent, span=span, output=results[0])
        self._link(number, [t for given in step.args for t in tensors_in(given)])
        self._gave(number, results)

    def _called(self, call: Called, parent: int | None) -> None:
        module, value_of = call.instance, self.m.store.value
        if not classes.is_model_class(module.cls):
            self._walk(call.work, parent)
            return
        results = list(tensors_in(value_of(call.result)))
        weights = self.renderer.assumed_dim(self.holdings.weights(module).count)
        work = self.renderer.assumed_dim(self.counter.total(call.work))
        inner = list(_entries(call.work))
        is_group = any(type(entry) is Called for entry in inner) or isinstance(module.cls, Class) and bool(inner)
        site = next((t.origin.where for t in results if t.origin is not None), None)
        number = self._add(
            "group" if is_group else "layer",
            self.names.get(module.born, ""),
            str(module.cls.name),
            parent,
            span=self.renderer.span(*site) if site is not None and not is_group else None,
            made=self._made(module),
            output=results[0] if results else None,
            parameters=weights,
            multiply_adds=work,
        )
        if is_group:
            self._walk(call.work, number)
            for tensor in results:
                self.givers.setdefault(_key(tensor), number)
        else:
            self._link(
                number, [t for given in (*call.args, *call.kwargs.values()) for t in tensors_in(value_of(given))]
            )
            self._gave(number, results)

    def _made(self, module: Instance) -> Span | None:
        return None if module.origin is None else self.renderer.span(*module.origin.where)

    def _add(self, role: str, name: str, kind: str, parent: int | None, *, output: Any = None, **more: Any) -> int:
        number = len(self.nodes)
        if number >= _MOST_NODES:
            raise _TooMany
        shown = self.renderer.shown(output) if output is not None else None
        self.nodes.append(Node(number, role, name, kind, parent, output=shown, **more))
        return number

    def _gave(self, number: int, results: Iterable[Tensor]) -> None:
        for tensor in results:
            self.givers[_key(tensor)] = number

    def _link(self, number: int, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            start = self.givers.get(_key(tensor))
            if start is None and tensor.origin is None and not tensor.parameter:
                start = self._input(self.m.store.value(tensor))
            self._join(start, number, tensor)

    def _input(self, tensor: Tensor) -> int | None:
        """Which input it is: what is filled in of one later makes it another object."""
        found = [number for given, number in self.inputs if given.shape == tensor.shape and given.dtype == tensor.dtype]
        return found[0] if len(found) == 1 else None


_SIGNS = {
    "add": "+", "sub": "-", "mul": "×", "truediv": "÷", "div": "÷", "matmul": "@", "getitem": "[ ]", "pow": "^",
}  # fmt: skip


def _key(tensor: Tensor) -> int:
    """What stays the same of a tensor when what was learnt is filled in."""
    return id(tensor.origin) if tensor.origin is not None else id(tensor)


def _renamed(node: Node, name: str) -> Node:
    return Node(node.number, node.role, name, node.kind, node.parent, node.span, node.made, node.output)


def _entries(work: Iterable[Any] | Work) -> Iterator[Step | Called]:
    for entry in work:
        if type(entry) is Step or type(entry) is Called:
            yield entry
        elif type(entry) is Again or type(entry) is Maybe and entry.taken is not False:
            yield from _entries(entry.work)
