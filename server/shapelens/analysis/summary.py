"""The layers of a model in the order of one run, with what each gives, holds and computes.

The rows are those of torchinfo: one for each call of a module, indented as the modules lie in each other, with a row for
a container that is never called itself (a ModuleList) before the first of what it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shapelens.analysis.costs import Holdings, Weights, tensor_bytes, tensors_in, total
from shapelens.analysis.facts import Shown, Span
from shapelens.analysis.rendering import Renderer
from shapelens.dims import Dim
from shapelens.interpreter import containers, keras
from shapelens.rules.work import Again, Called, Counter, Maybe, Work, calls
from shapelens.values import Instance


@dataclass(frozen=True)
class Layer:
    """One row. `own` and `own_multiply_adds` leave out what the rows below it show; the others hold everything.

    `name` is that of the attribute that holds it. `output` is the first tensor of the result. A `recursive` one was
    shown before: its weights count there. `output_bytes` is of all tensors of the result, None where not known. `made` is where it is made.
    """

    name: str
    kind: str
    depth: int
    output: Shown | None
    weights: Weights
    own: Weights
    multiply_adds: Dim | None
    own_multiply_adds: Dim | None
    output_bytes: Dim | None
    is_leaf: bool
    is_recursive: bool
    made: Span | None = None


@dataclass(frozen=True)
class Summary:
    """A model's rows and totals, all bytes in numbers of bytes; None where not known.

    `activation_bytes` is what torchinfo calls the forward/backward pass: twice (for the gradients) the outputs of the
    layers with weights of their own, at the batch size of this run.
    """

    name: str
    inputs: tuple[Shown, ...]
    output: Shown | None
    layers: tuple[Layer, ...]
    weights: Weights
    multiply_adds: Dim | None
    input_bytes: Dim | None
    activation_bytes: Dim | None

    @property
    def total_bytes(self) -> Dim | None:
        """Input, activations and weights together."""
        return total((self.input_bytes, self.activation_bytes, self.weights.bytes))


@dataclass
class _Row:
    module: Instance
    name: str
    depth: int
    call: Called | None
    children: list[_Row] = field(default_factory=list)
    is_recursive: bool = False

    @property
    def is_leaf(self) -> bool:
        return not self.children


def summary(root: Called, renderer: Renderer) -> Summary:
    """The summary of one call of a model. The run's own `Renderer` says how sizes and names are resolved."""
    m = renderer.m
    model = root.instance
    counter = Counter(m.call)
    paths = _paths(model)
    top = _Row(model, "", 0, root)
    _add_rows(top, root.work, paths, {model.born})
    listed = {row.module.born for row in _flat(top)}
    shown_before: set[int] = set()
    holdings = Holdings(m, m.gradients_known)
    layers: list[Layer] = []
    activations: list[Dim | None] = []
    for row in _flat(top):
        module = row.module
        every = holdings.parameters(module)
        inner = [each for _, each in containers.walk(module)[1:] if each.born in listed]
        below = {id(t) for each in inner for t in holdings.parameters(each)}
        own = [t for t in every if id(t) not in below and id(t) not in shown_before]
        shown_before.update(id(t) for t in own)
        result = None if row.call is None else m.store.value(row.call.result)
        found = [m.store.value(t) for t in tensors_in(result)]
        is_whole = holdings.is_complete(module)
        sizes = total(renderer.assumed_dim(tensor_bytes(t)) for t in found) if found else None
        if row.is_leaf and every:
            activations.append(None if sizes is None else 2 * sizes)
        work = [] if row.call is None else row.call.work
        layers.append(
            Layer(
                row.name,
                _kind(module),
                row.depth,
                renderer.shown(found[0]) if found else None,
                holdings.of(every, is_whole),
                Weights() if row.is_recursive else holdings.of(own, is_whole or row.is_leaf),
                renderer.assumed_dim(counter.total(work)) if row.call else None,
                renderer.assumed_dim(_own_work(work, counter, {c.call for c in _flat(row)[1:] if c.call})),
                sizes,
                row.is_leaf,
                row.is_recursive,
                None if module.origin is None else renderer.span(*module.origin.where),
            )
        )
    given = [m.store.value(t) for t in tensors_in([m.store.value(v) for v in (*root.args, *root.kwargs.values())])]
    results = [m.store.value(t) for t in tensors_in(m.store.value(root.result))]
    layers = [
        replace(layer, weights=_settled(layer.weights, renderer), own=_settled(layer.own, renderer)) for layer in layers
    ]
    return Summary(
        _kind(model),
        tuple(shown for t in given if (shown := renderer.shown(t)) is not None),
        renderer.shown(results[0]) if results else None,
        tuple(layers),
        _settled(holdings.weights(model), renderer),
        renderer.assumed_dim(counter.total(root.work)),
        total(renderer.assumed_dim(tensor_bytes(t)) for t in given),
        total(activations),
    )


def _settled(weights: Weights, renderer: Renderer) -> Weights:
    """With what the run has taught of sizes: those of lazy layers."""
    settle = renderer.assumed_dim
    return Weights(
        settle(weights.count), settle(weights.trainable), settle(weights.bytes), settle(weights.buffer_bytes)
    )


def _kind(module: Instance) -> str:
    return str(module.cls.name)


def _paths(model: Instance) -> dict[int, tuple[tuple[str, Instance], ...]]:
    """Where each module lies below the model: names and modules on the way. The last place of several counts."""
    found: dict[int, tuple[tuple[str, Instance], ...]] = {}

    def walk(module: Instance, path: tuple[tuple[str, Instance], ...], above: frozenset[int]) -> None:
        is_keras = keras.is_keras_class(module.cls)
        for name, child in (containers.children(module) if is_keras else module.attrs).items():
            if isinstance(child, Instance) and (is_keras or containers.is_child(child)) and child.born not in above:
                found[child.born] = (*path, (name, child))
                walk(child, found[child.born], above | {child.born})

    walk(model, (), frozenset((model.born,)))
    return found


def _add_rows(top: _Row, work: Work, paths: dict[int, tuple[tuple[str, Instance], ...]], met: set[int]) -> None:
    """A row below `top` for each call of a module, at the depth at which it lies in the model."""
    way: list[_Row] = [top]  # the rows that the next one may lie in

    def visit(entries: Work) -> None:
        for call in calls(entries):
            path = paths.get(call.instance.born)
            if path is not None:
                place(call, path)
            visit(call.work)

    def place(call: Called, path: Sequence[tuple[str, Instance]]) -> None:
        while len(way) > len(path):
            way.pop()
        # What it lies in, where that has no row yet, or not here.
        depth = 1
        while depth < len(way) and way[depth].module is path[depth - 1][1]:
            depth += 1
        del way[depth:]
        for i in range(depth, len(path) + 1):
            name, module = path[i - 1]
            row = _Row(module, name, i, call if i == len(path) else None, [], module.born in met)
            met.add(module.born)
            way[-1].children.append(row)
            way.append(row)

    visit(work)


def _flat(row: _Row) -> list[_Row]:
    """The row and all below it, in order."""
    return [row, *(each for child in row.children for each in _flat(child))]


def _own_work(work: Work, counter: Counter, others: set[Called]) -> Dim | None:
    """The multiply-adds of entries without the calls that have rows of their own."""
    counts: list[Dim | None] = []
    for entry in work:
        if type(entry) is Called:
            if entry not in others:
                counts.append(_own_work(entry.work, counter, others))
        elif type(entry) is Again or type(entry) is Maybe and entry.taken is True:
            counts.append(_own_work(entry.work, counter, others))
        else:
            counts.append(counter.of(entry))
    return total(counts)
