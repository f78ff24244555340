"""From what a run saw to facts and problems: symbols resolved, places made absolute, duplicates merged."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from shapelens.analysis.callers import contexts_of
from shapelens.analysis.comments import contradicted
from shapelens.analysis.costs import Holdings, tensor_bytes, tensors_in, total
from shapelens.analysis.facts import (
    Clue,
    Expression,
    Fact,
    FileAnalysis,
    Gap,
    Later,
    Model,
    Place,
    Problem,
    Shown,
    Site,
    Span,
)
from shapelens.dims import Dim, Expr, Sizes, Symbol, substitute, symbols, text
from shapelens.interpreter.containers import is_child
from shapelens.interpreter.machine import Machine, Report
from shapelens.interpreter.machine import Place as Chunked
from shapelens.interpreter.memory import CODE as MEMORY_BUDGET
from shapelens.interpreter.memory import hold_activations
from shapelens.rules.call import Failure
from shapelens.rules.registry import layers
from shapelens.rules.work import Called, Counter, Work, all_calls
from shapelens.source.tree import Tree
from shapelens.values import Class, Instance, Lib, Open, Origin, Shape, Tensor
from shapelens.values.text import shape_text, size_text

_MOST_ABOUTS = 4  # what a hover says of different objects at one place
_MOST_ITEMS, _LONGEST_TEXT, _LARGEST_NUMBER = 16, 40, 10**12  # of an argument that a hover shows
_MOST_MODELS = 4  # calls of one class with inputs of different shapes
_OBVIOUS = frozenset(("zeros", "ones", "empty", "rand", "randn", "randint", "full"))


@dataclass(frozen=True)
class _Run:
    """What is kept of a run, to tell later what only a hover or a code lens asks for."""

    expressions: dict[tuple[Chunked, ast.AST], list[Any]]
    work: Work
    known: tuple[Any, ...]
    assumed: Sizes | None
    names: dict[str, Symbol]
    gradients_known: bool


@dataclass(frozen=True)
class Told:
    """What one run showed: its facts in the order met, its problems, the calls that no rule answers."""

    facts: tuple[tuple[tuple[Chunked, ast.AST, str, str], Shown, Site | None], ...]
    reports: tuple[Report, ...]
    gaps: dict[tuple[Chunked, ast.AST], str]
    run: _Run | None

    def places(self, maker: object = None) -> Iterator[Chunked]:
        """Where that is which it tells of, and where the objects come from; `maker` may be another one next time."""
        origins: list[Origin | None] = [r.origin for report in self.reports for r in report.related]
        if self.run is not None:
            origins += [v.origin for values in self.run.expressions.values() for v in values if isinstance(v, Instance)]
        found = [origin.where for origin in origins if origin is not None and origin.where is not None]
        for place, node in (*found, *(key[:2] for key, _, _ in self.facts)):
            if (place, node) != maker:
                yield place.part(node)


class Renderer:
    """Collects after each run what that run saw; `analysis` gives a file's facts and problems at the end."""

    def __init__(
        self,
        m: Machine,
        trees: dict[str, Tree],
        tree_of: Callable[[str], Tree] | None = None,
        assumes: bool = True,
    ) -> None:
        """With `assumes`, sizes that are left open are shown as those that fit."""
        self.m, self.trees, self.tree_of, self.assumes = m, trees, tree_of, assumes
        # A dict keeps the order in which they were met, and finds one among thousands at once.
        self.facts: dict[tuple[Chunked, ast.AST, str, str], dict[Shown, dict[Site, None]]] = {}
        self.reports: list[Report] = []
        self.names = Names()
        self.gaps: dict[tuple[Chunked, ast.AST], str] = {}
        self._fitting: tuple[Sizes | None] | None = None
        self._runs: list[_Run] = []
        self._details: Details | None = None

    def collect(self) -> Told:
        """What the run showed, with all that it learnt. The next one may begin."""
        m = self.m
        hold_activations(m)
        assumed = self._assumed()
        facts = []
        for place, node, name, kind, value, site in m.seen:
            shown = self._shown(m.store.value(value), assumed)
            if shown is not None:
                facts.append(((place, node, name, kind), shown, site))
        run = None
        if m.expressions or m.call.work:
            known = m.store.snapshot()
            run = _Run(m.expressions, m.call.work or [], known, assumed, {}, m.gradients_known)
            m.expressions = {}
        if m.call.work is not None:
            m.call.work = []
        told = Told(tuple(facts), tuple(m.reports), dict(m.gaps), run)
        m.seen.clear()
        m.gaps.clear()
        m.reports.clear()
        m.truncations += 1
        self._fitting = None
        return told

    def take(self, told: Told) -> bool:
        """Take over what a run showed. Whether there was anything new."""
        anything = bool(told.reports)
        for key, shown, site in told.facts:
            values = self.facts.setdefault(key, {})
            sites = values.get(shown)
            if sites is None:
                anything = True
                sites = values[shown] = {}
                self.names.name_all(shown.shape)
            if site is not None:
                sites[site] = None
        self.gaps.update(told.gaps)
        names = self.names.leave()
        if told.run is not None:
            self._runs.append(replace(told.run, names=names))
            self.m.told.append(told.run.expressions)
        self.reports.extend(told.reports)
        return anything

    def finish(self) -> bool:
        """Take over what the run showed that is over. Whether there was anything new."""
        return self.take(self.collect())

    def _assumed(self) -> Sizes | None:
        """The sizes that fit what the run has left open, worked out once at its end."""
        if self._fitting is None:
            self._fitting = (self.m.store.assumed() if self.assumes else None,)
        return self._fitting[0]

    def _shown(self, value: Any, assumed: Sizes | None) -> Shown | None:
        if not isinstance(value, Tensor):
            return None
        shape, inferred = value.shape, False
        if assumed is not None and shape is not None:
            shape, inferred = _with_sizes(shape, assumed)
        prose = self.m.store.prose
        if prose and not inferred and shape is not None:
            inferred = any(symbols(dim) & prose for dim in _dims(shape) if not isinstance(dim, int))
        return Shown(shape, value.dtype, inferred, value.shape if inferred else None, value.library)

    def details(self) -> Details:
        """What the runs saw of each expression and each model; only when all of them are over."""
        if self._details is None:
            m = self.m
            found = Details(self)
            for run in self._runs:
                m.store.recall(run.known)
                self._fitting = (run.assumed,)
                self.names.enter(run.names)
                found.add(run)
                self.names.leave()
            self._runs.clear()
            m.told.clear()
            self._details, self._fitting = found, None
        return self._details

    def shown(self, value: Any) -> Shown | None:
        """A tensor as it is shown, with the sizes that are assumed."""
        found = self._shown(self.m.store.value(value), self._assumed())
        if found is not None:
            self.names.name_all(found.shape)
        return found

    def assumed_dim(self, dim: Dim | None) -> Dim | None:
        """A number with all that was learnt, and with the sizes that are assumed."""
        if dim is None or isinstance(dim, int):
            return dim
        found, assumed = self.m.store.dim(dim), self._assumed()
        if assumed is None or isinstance(found, int):
            return found
        return substitute(found, dict(assumed.values))

    # -- one file --------------------------------------------------------------------------------------------------

    def analysis(self, path: str, tree: Tree) -> FileAnalysis:
        """The facts and problems of one file, in the order of their places."""
        self.trees.setdefault(path, tree)
        facts = [self._fact(key, values) for key, values in self.facts.items() if key[0].file == path]
        merged = tuple(sorted(_merged(facts), key=lambda f: (f.span.line, f.span.column)))
        problems = [*self._problems(path), *contradicted(merged, tree, self.names)]
        return FileAnalysis(
            path,
            tree.text,
            merged,
            tuple(sorted(problems, key=lambda p: (p.span.line, p.span.column, p.code))),
            Later(lambda: self._expressions(path)),
            Later(lambda: self._models(path)),
            Later(lambda: self._gaps(path)),
            Later(lambda: contexts_of(self, path)),
            tuple((c.line, c.line + c.text.count("\n")) for c in tree.chunks if c.broken),
            tuple((piece.line, piece.end_line) for piece in tree.problems),
            self.names,
        )

    def _expressions(self, path: str) -> tuple[Expression, ...]:
        return tuple(
            Expression(self.span(place, node), tuple(values), "\n\n".join(abouts), self._made(place, node))
            for (place, node), (values, abouts) in self.details().expressions.items()
            if place.file == path and (values or abouts)
        )

    def _made(self, place: Chunked, node: ast.AST) -> Span | None:
        places = self.details().made.get((place, node), ())
        return self.span(*places[0]) if len(places) == 1 else None

    def _models(self, path: str) -> tuple[Model, ...]:
        found = [
            Model(self.span(place, node), *model)
            for (place, node), models in self.details().models.items()
            if place.file == path
            for model in models
        ]
        return tuple(sorted(found, key=lambda model: model.span.line))

    def _gaps(self, path: str) -> tuple[Gap, ...]:
        return tuple(Gap(self.span(*key), name) for key, name in self.gaps.items() if key[0].file == path)

    def analyses(self, root: str, main: str) -> list[FileAnalysis]:
        """The analysis of every file below a folder (or of the one file) that was seen."""
        files = {key[0].file for key in self.facts} | {r.place.file for r in self.reports} | {main}
        return [
            self.analysis(file, self._tree(file))
            for file in sorted(files)
            if file == main or file.startswith(root.rstrip("/") + "/")
        ]

    def _tree(self, file: str) -> Tree:
        if file not in self.trees:
            assert self.tree_of is not None
            self.trees[file] = self.tree_of(file)
        return self.trees[file]

    def span(self, place: Chunked, node: ast.AST) -> Span:
        """Where a node stands in its file."""
        place = place.part(node)
        tree = self.trees.get(place.file)
        if tree is None and self.tree_of is not None:
            tree = self._tree(place.file)
        if tree is None:
            first = place.chunk.line - 1
            where: Any = node
            line, end = where.lineno, where.end_lineno or where.lineno
            return Span(place.file, line + first, where.col_offset, end + first, where.end_col_offset or 0)
        span = tree.span(place.chunk, node)
        return Span(place.file, span.line, span.column, span.end_line, span.end_column)

    def _fact(self, key: tuple[Chunked, ast.AST, str, str], values: dict[Shown, dict[Site, None]]) -> Fact:
        place, node, name, kind = key
        label = name
        if kind == "layer":
            label = _layer_name(node)
        obvious, mixed = kind == "assign" and _is_obvious(node), (place, node) in self.m.others
        sites = tuple(map(frozenset, values.values()))
        return Fact(self.span(place, node), label, kind, tuple(values), "", obvious, mixed, sites)

    def _problems(self, path: str) -> list[Problem]:
        found: dict[tuple[Any, ...], Problem] = {}
        for report in self.reports:
            if report.place.file != path:
                continue
            span = self.span(report.place, report.node)
            failure = report.failure
            related = tuple(self._related(r.origin, r.message) for r in report.related if r.origin.where is not None)
            severity = "information" if report.caught and failure.severity == "error" else failure.severity
            clue = self._clue(failure)
            problem = Problem(
                failure.code,
                severity,
                failure.message,
                span,
                _unique(related),
                clue=None if failure.code == MEMORY_BUDGET else clue,
            )
            found.setdefault((span, failure.code, failure.message), problem)
        return list(found.values())

    def _related(self, origin: Origin, message: str) -> Place:
        place, node = origin.where
        return Place(self.span(place, node), message)

    def _clue(self, failure: Failure) -> Clue:
        """What the search for a fix needs."""
        sizes = [d for shape in failure.shapes if isinstance(shape, tuple) for d in shape]
        layer = failure.layer
        if layer is not None:
            sizes += [value for value in layer.attrs.values() if type(value) is int]
        made = layer.origin if layer is not None else None
        wanted = tuple((fix.argument, fix.text) for fix in failure.fixes if made is not None and fix.origin is made)
        conflict = failure.conflict
        return Clue(
            (conflict[0], conflict[1])
            if conflict is not None and isinstance(conflict[0], int) and isinstance(conflict[1], int)
            else None,
            tuple(dict.fromkeys(d for d in sizes if isinstance(d, int))),
            failure.shapes,
            failure.asked,
            self.span(*made.where) if made is not None else None,
            wanted,
        )


def _unique(places: tuple[Place, ...]) -> tuple[Place, ...]:
    found: list[Place] = []
    for place in places:
        if place not in found:
            found.append(place)
    return tuple(found)


def _merged(facts: list[Fact]) -> list[Fact]:
    """Facts of the same name at the same place, as equal chunks of one file have them, become one."""
    table: dict[tuple[Span, str, str], Fact] = {}
    for fact in facts:
        key = fact.span, fact.name, fact.kind
        known = table.get(key)
        if known is None:
            table[key] = fact
        else:
            seen = dict(zip(known.values, known.sites))
            for value, sites in zip(fact.values, fact.sites):
                seen[value] = seen.get(value, frozenset()) | sites
            table[key] = replace(known, values=tuple(seen), sites=tuple(seen.values()), mixed=known.mixed or fact.mixed)
    return list(table.values())


def _with_sizes(shape: Shape, assumed: Sizes) -> tuple[Shape, bool]:
    def one(dim: Dim) -> Dim:
        if isinstance(dim, int) or not symbols(dim) & assumed.values.keys():
            return dim
        return substitute(dim, dict(assumed.values))

    if isinstance(shape, tuple):
        new = tuple([one(d) for d in shape])
        return new, new != shape
    if isinstance(shape, Open):
        prefix, suffix = tuple([one(d) for d in shape.prefix]), tuple([one(d) for d in shape.suffix])
        return Open(prefix, shape.var, suffix), (prefix, suffix) != (shape.prefix, shape.suffix)
    return shape, False


def _dims(shape: Shape) -> tuple[Dim, ...]:
    if isinstance(shape, Open):
        return (*shape.prefix, *shape.suffix)
    return shape or ()


def _layer_name(node: ast.AST) -> str:
    callee = node.func if isinstance(node, ast.Call) else None
    if isinstance(callee, ast.Attribute):
        return callee.attr
    return callee.id if isinstance(callee, ast.Name) else "layer"


def _is_obvious(node: ast.AST) -> bool:
    """`x = torch.zeros(2, 3)`: the source says the shape itself."""
    value = getattr(node, "value", None)
    if not isinstance(value, ast.Call):
        return False
    name = value.func.attr if isinstance(value.func, ast.Attribute) else ""
    return name in _OBVIOUS and all(isinstance(a, ast.Constant) for a in value.args)


class Details:
    """What a hover says of each expression, and what a code lens says of each model, from all runs."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self.expressions: dict[tuple[Chunked, ast.AST], tuple[list[Shown], list[str]]] = {}
        self.models: dict[tuple[Chunked, ast.AST], list[Any]] = {}
        self.made: dict[tuple[Chunked, ast.AST], list[tuple[Chunked, ast.AST]]] = {}

    def add(self, run: _Run) -> None:
        """Add what one run saw; the store knows what it knew then."""
        m = self.renderer.m
        self._abouts: dict[int, str] = {}
        self._calls: dict[int, list[Called]] = {}
        self._holdings, self._counter = Holdings(m, run.gradients_known), Counter(m.call)
        for call in all_calls(run.work):
            self._calls.setdefault(call.instance.born, []).append(call)
            cls = call.instance.cls
            if isinstance(cls, Class) and cls.origin is not None and cls.origin.where[0].focus:
                self._add_model(cls, call)
        for key, found in run.expressions.items():
            listed, abouts = self.expressions.setdefault(key, ([], []))
            for value in found:
                resolved = m.store.value(value)
                shown = self.renderer.shown(resolved)
                if shown is not None and shown not in listed:
                    listed.append(shown)
                if isinstance(resolved, Instance) and resolved.origin is not None:
                    places = self.made.setdefault(key, [])
                    if resolved.origin.where not in places:
                        places.append(resolved.origin.where)
                about = self._about(resolved) if len(abouts) < _MOST_ABOUTS else ""
                # Of what two runs say of one layer, the one that knows less may be the beginning of the other.
                if about and not any(each.startswith(about) for each in abouts):
                    abouts[:] = [*(each for each in abouts if not about.startswith(each)), about]

    def _about(self, value: Any) -> str:
        """What a hover says of an object, worked out once for each run."""
        if not isinstance(value, Instance):
            return ""
        known = self._abouts.get(value.born)
        if known is None:
            known = self._abouts[value.born] = self._layer_text(value)
        return known

    def _add_model(self, cls: Class, call: Called) -> None:
        renderer = self.renderer
        found = self.models.setdefault(cls.origin.where, [])  # type: ignore[union-attr]
        if len(found) >= _MOST_MODELS:
            return
        value_of = renderer.m.store.value
        given = [renderer.shown(t) for t in tensors_in([value_of(a) for a in (*call.args, *call.kwargs.values())])]
        inputs = tuple(shown for shown in given if shown is not None)
        if any(inputs == model[1] for model in found):
            return
        results = list(tensors_in(value_of(call.result)))
        parameters = renderer.assumed_dim(self._holdings.weights(call.instance).count)
        work = renderer.assumed_dim(self._counter.total(call.work))
        found.append((cls.name, inputs, renderer.shown(results[0]) if results else None, parameters, work))

    def _layer_text(self, value: Instance) -> str:
        """`torch.nn.Conv2d(in_channels=3, …)`: weight (64, 3, 7, 7); its parameters, what its calls compute and give."""
        if not isinstance(value.cls, Lib) and not is_child(value):
            return ""
        if isinstance(value.cls, Lib):
            own = {
                n: w
                for n, w in value.attrs.items()
                if isinstance(w, Tensor) and w.parameter and isinstance(w.shape, tuple) and n.isidentifier()
            }
            written = f"`{value.cls.path}{self._made_with(value)}`" + (": " if own else "")
            written += ", ".join(f"{name} {shape_text(weight.shape)}" for name, weight in own.items())
        else:
            written = f"`{value.cls.name}`"
        said = [*self._weights_said(value), *self._work_said(value)] if is_child(value) else []
        return written + ("; " + ", ".join(said) if said else "")

    def _made_with(self, layer: Instance) -> str:
        """`(in_features=16, out_features=4, bias=False)`: the constructor's arguments but those that are as by default."""
        known = layers.get(layer.cls.path) if isinstance(layer.cls, Lib) else None
        if known is None or layer.attrs.get("?") is not None:
            return ""
        said = []
        for parameter in known.make.parameters:
            held = layer.attrs.get(parameter.name, parameter.default)
            if parameter.kind in ("*", "**") or parameter.has_default and _is_default(held, parameter.default):
                continue
            if parameter.default is True and (held is None or isinstance(held, Tensor)):
                if held is not None:
                    continue  # `bias` was the question, and is the weight now
                held = False
            said.append(f"{parameter.name}={self._argument(held)}")
        return f"({', '.join(said)})"

    def _argument(self, value: Any) -> str:
        value = self.renderer.m.store.value(value)
        if isinstance(value, Expr):
            return text(value, self.renderer.names)
        if type(value) is tuple and len(value) <= _MOST_ITEMS:
            return f"({', '.join(map(self._argument, value))}{',' * (len(value) == 1)})"
        if isinstance(value, Lib):
            return value.path
        if isinstance(value, str):
            # A hover is Markdown, and the text is the program's own.
            return repr(value) if len(value) <= _LONGEST_TEXT and value.replace("_", "").isalnum() else "…"
        if isinstance(value, int):
            return str(value) if abs(value) < _LARGEST_NUMBER else "…"
        return str(value) if value is None or isinstance(value, float) else "…"

    def _weights_said(self, module: Instance) -> list[str]:
        weights = self._holdings.weights(module)
        if not isinstance(weights.count, int) or not weights.count:
            return []
        size = f" ({size_text(weights.bytes)})" if isinstance(weights.bytes, int) else ""
        frozen = weights.count - weights.trainable if isinstance(weights.trainable, int) else 0
        return [f"{weights.count:,} parameters{size}" + (f", {frozen:,} of them frozen" if frozen else "")]

    def _work_said(self, module: Instance) -> list[str]:
        """The multiply-adds and the bytes of the outputs of a module's calls in the run; nothing where calls differ."""
        renderer, value_of = self.renderer, self.renderer.m.store.value
        calls = self._calls.get(module.born, ())
        counts = {renderer.assumed_dim(self._counter.total(call.work)) for call in calls}
        sizes = set()
        for call in calls:
            parts = [tensor_bytes(value_of(t)) for t in tensors_in(value_of(call.result))]
            sizes.add(renderer.assumed_dim(total(parts)) if parts else None)
        count, size = counts.pop() if len(counts) == 1 else None, sizes.pop() if len(sizes) == 1 else None
        names, said = renderer.names, []
        if count is not None and count != 0:
            said.append(f"{count:,} multiply-adds" if isinstance(count, int) else f"{text(count, names)} multiply-adds")
        if size is not None:
            said.append(f"output {size_text(size) if isinstance(size, int) else text(size, names) + ' bytes'}")
        return said


def _is_default(held: Any, default: Any) -> bool:
    """Whether an argument is as by default; a layer keeps one size as a tuple of as many as it has axes."""
    return held == default or isinstance(held, tuple) and bool(held) and all(each == default for each in held)


class Names:
    """How symbols are shown: by their own name, with a number behind it where another one of the same run has that."""

    def __init__(self) -> None:
        self._taken: dict[str, Symbol] = {}
        self._names: dict[Symbol, str] = {}
        self._numbers: dict[str, int] = {}  # below which all are taken
        self.texts: dict[Dim, str] = {}
        """What was written with them: a dim is on many lines, and a name once given stays."""

    def __call__(self, symbol: Symbol) -> str:
        known = self._names.get(symbol)
        if known is None:
            known, number = symbol.name, self._numbers.get(symbol.name, 1)
            while known in self._taken:
                number += 1
                known = f"{symbol.name}{number}"
            self._numbers[symbol.name] = number
            self._taken[known] = symbol
            self._names[symbol] = known
        return known

    def name_all(self, shape: Shape) -> None:
        """Give names to the symbols of a shape."""
        dims = shape if isinstance(shape, tuple) else (*shape.prefix, *shape.suffix) if isinstance(shape, Open) else ()
        for dim in dims:
            if not isinstance(dim, int):
                for symbol in sorted(symbols(dim), key=lambda s: s.id):
                    self(symbol)

    def leave(self) -> dict[str, Symbol]:
        """A run is over: the next one may use the same names for its own symbols. Which this one has used."""
        taken, self._taken, self._numbers = self._taken, {}, {}
        return taken

    def enter(self, taken: dict[str, Symbol]) -> None:
        """Go on with the names of a run that is over."""
        self._taken, self._numbers = taken, {}
