"""What a run has learnt so far: bindings of symbols, open ranks and open parameters, and equations not yet solved.

Everything is kept on a trail, so that what one branch learnt can be taken back before the other one runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import (
    Binding,
    Dim,
    Expr,
    Impossible,
    NoSolution,
    Sizes,
    Symbol,
    TooComplex,
    as_symbol,
    equal,
    isolate,
    product,
    solve,
    substitute,
    symbol,
    symbols,
)
from shapelens.values.objects import UNKNOWN, Hole, Unknown
from shapelens.values.shapes import Open, Shape, ShapeVar
from shapelens.values.tensor import Size, Tensor

_MAX_EQUATIONS = 24
_LARGEST_RANK = 64
# The solver is asked only what it can answer in a few milliseconds, and not too often in one run.
_MAX_UNKNOWNS, _MAX_SIZE, _MAX_PENDING, _MAX_SOLVED = 3, 100, 6, 60


def _size(dim: Dim) -> int:
    return 1 if isinstance(dim, int) else len(dim.key)


class Store:
    """Bindings with a trail. `dim`, `shape` and `value` resolve; `equate` and `rank` learn."""

    def __init__(self) -> None:
        self._dims: dict[Symbol, Dim] = {}
        self._runs: dict[ShapeVar, tuple[Dim, ...] | Open] = {}
        self._holes: dict[Hole, Any] = {}
        self._numels: dict[ShapeVar, Expr] = {}
        self._named: dict[int, tuple[Unknown, Expr]] = {}
        self.equations: list[tuple[Dim, Dim]] = []
        self._solved = 0
        self._stated: dict[Expr, int] = {}
        self.prose: set[Symbol] = set()
        self._trail: list[tuple[dict[Any, Any], Any]] = []

    # -- taking back ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A new run starts: the solver may be asked again."""
        self._solved = 0

    def mark(self) -> tuple[int, int]:
        """A place to return to with `undo`."""
        return len(self._trail), len(self.equations)

    def undo(self, mark: tuple[int, int]) -> list[tuple[dict[Any, Any], Any, Any]]:
        """Forget what was learnt since the mark; the answer can be handed to `redo`."""
        learnt = []
        while len(self._trail) > mark[0]:
            table, key = self._trail.pop()
            learnt.append((table, key, table.pop(key)))
        del self.equations[mark[1] :]
        learnt.reverse()
        return learnt

    def redo(self, learnt: Sequence[tuple[dict[Any, Any], Any, Any]]) -> None:
        """Learn again what `undo` took back."""
        for table, key, value in learnt:
            if key not in table:
                self._set(table, key, value)

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        table[key] = value
        self._trail.append((table, key))

    def snapshot(self) -> tuple[Any, ...]:
        """What is known now, for `recall`: what was said of a value can so be worked out when the run is over."""
        return dict(self._dims), dict(self._runs), dict(self._holes), set(self.prose)

    def recall(self, known: tuple[Any, ...]) -> None:
        """Know again what was known at a snapshot. Nothing can be learnt or taken back after that."""
        self._dims, self._runs, self._holes, self.prose = known

    # -- resolving --------------------------------------------------------------------------------------------

    def dim(self, dim: Dim) -> Dim:
        """The dim with every symbol replaced that is bound."""
        if isinstance(dim, int) or not self._dims:
            return dim
        for _ in range(8):
            known = symbols(dim)
            if self._dims.keys().isdisjoint(known):
                return dim
            bound = {s: self._dims[s] for s in known if s in self._dims}
            dim = substitute(dim, bound)
            if isinstance(dim, int):
                return dim
        return dim

    def dims(self, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        """Each dim resolved."""
        if not self._dims:
            return dims
        for dim in dims:
            if not isinstance(dim, int):
                return tuple([d if isinstance(d, int) else self.dim(d) for d in dims])
        return dims

    def shape(self, shape: Shape) -> Shape:
        """The shape with its open rank and its symbols replaced where they are bound."""
        if shape is None:
            return None
        if isinstance(shape, tuple):
            return self.dims(shape)
        while isinstance(shape, Open):
            run = self._runs.get(shape.var)
            if run is None:
                return Open(self.dims(shape.prefix), shape.var, self.dims(shape.suffix))
            if isinstance(run, tuple):
                return self.dims(shape.prefix + run + shape.suffix)
            shape = Open(shape.prefix + run.prefix, run.var, run.suffix + shape.suffix)
        return shape

    def value(self, value: Any) -> Any:
        """The value with what was learnt filled in: tensors, dims, parameters, and tuples and lists of them."""
        kind = type(value)
        if kind is int or kind is str or value is None:
            return value
        if kind is Tensor:
            shape = self.shape(value.shape)
            if shape is value.shape:
                return value
            return value.with_(shape=shape, origin=value.origin, scalars=value.scalars, parameter=value.parameter)
        if isinstance(value, Unknown):
            if value.hole is not None and value.hole in self._holes:
                return self.value(self._holes[value.hole])
            return value
        if isinstance(value, Expr):
            return self.dim(value)
        if kind is tuple:
            return self._tuple(value, {})
        if kind is Size:
            size = Size([self.value(v) for v in value])
            size.of = value.of
            return size
        return value

    def _tuple(self, value: tuple[Any, ...], known: dict[int, tuple[Any, ...]]) -> tuple[Any, ...]:
        """A tuple of values, where one that it holds many times over is looked through once."""
        found = known.get(id(value))
        if found is None:
            new = tuple([self._tuple(v, known) if type(v) is tuple else self.value(v) for v in value])
            found = known[id(value)] = value if all(a is b for a, b in zip(new, value)) else new
        return found

    def hole(self, hole: Hole) -> Any:
        """What an open parameter was taught to be, or None."""
        return self._holes.get(hole)

    # -- learning ---------------------------------------------------------------------------------------------

    def teach(self, hole: Hole, value: Any) -> Any:
        """Say what an open parameter is."""
        self._set(self._holes, hole, value)
        return value

    def open_tensor(self, value: Unknown, dtype: str | None = None, library: str = "torch") -> Tensor:
        """A tensor of unknown rank for an unknown value; an open parameter is taught to be that tensor."""
        if value.hole is None:
            return Tensor(None, dtype, library)
        known = self._holes.get(value.hole)
        if isinstance(known, Tensor):
            resolved: Tensor = self.value(known)
            return resolved
        taught: Tensor = self.teach(value.hole, Tensor(Open((), ShapeVar(value.hole.computed), ()), dtype, library))
        return taught

    def dim_of(self, value: Unknown, name: str = "n") -> Dim:
        """A dim for an unknown int, which may be 0: the same symbol each time that the same unknown is met."""
        if value.hole is not None:
            known = self._holes.get(value.hole)
            if isinstance(known, (int, Expr)):
                return self.dim(known)
            if known is None:
                made: Expr = self.teach(value.hole, symbol(value.hole.name, 0))
                return made
        if value is UNKNOWN:  # one object that stands for many values: never the same dim twice
            return symbol(name, 0)
        found = self._named.get(id(value))
        if found is None:
            found = value, symbol(value.why if value.why and isinstance(value.why, str) else name, 0)
            self._named[id(value)] = found
        return self.dim(found[1])

    def equate(self, a: Dim, b: Dim) -> bool | None:
        """Learn that two dims are equal. False: they cannot be. None: undecided, kept as an equation."""
        a, b = self.dim(a), self.dim(b)
        if isinstance(a, int) and isinstance(b, int):
            return a == b
        known = equal(a, b)
        if known is not None:
            return known
        found = isolate(a, b)
        if isinstance(found, Impossible):
            return False
        if isinstance(found, Binding):
            self._set(self._dims, found.symbol, found.value)
            if self.equations and self._contradicts(()):
                return False
            return True
        if len(self.equations) < _MAX_EQUATIONS:
            if self._contradicts(((a, b),)):
                return False
            self.equations.append((a, b))
        return None

    def _contradicts(self, more: Sequence[tuple[Dim, Dim]]) -> bool:
        pending = self._solvable((*self.equations, *more))
        if not pending or self._solved >= _MAX_SOLVED:
            return False
        self._solved += 1
        return isinstance(solve(pending), NoSolution)

    def _solvable(self, equations: Sequence[tuple[Dim, Dim]]) -> list[tuple[Dim, Dim]]:
        """Those still undecided that are small enough for the solver to be quick."""
        pending = []
        for a, b in equations:
            a, b = self.dim(a), self.dim(b)
            if len(symbols(a) | symbols(b)) <= _MAX_UNKNOWNS and _size(a) + _size(b) <= _MAX_SIZE:
                if equal(a, b) is None:
                    pending.append((a, b))
        return pending[:_MAX_PENDING]

    def state(self, name: str, size: int | None = None) -> Expr:
        """A dim of which only prose says something: its name, or its size, which holds unless the program says else."""
        made = symbol(name)
        found = as_symbol(made)
        assert found is not None
        self.prose.add(found)
        if size is not None:
            self._set(self._stated, made, size)
        return made

    def _stated_sizes(self) -> dict[Symbol, int]:
        """The sizes that prose states of symbols that are still free."""
        sizes: dict[Symbol, int] = {}
        for stated, size in self._stated.items():
            now = as_symbol(self.dim(stated))
            if now is not None:
                sizes.setdefault(now, size)
        return sizes

    def assumed(self) -> Sizes | None:
        """The sizes that satisfy the equations that are left: an assumption, not a certainty."""
        stated = self._stated_sizes() if self._stated else {}
        if not self.equations:
            return Sizes(dict(stated), {}, False) if stated else None
        pending = self._solvable(self.equations)
        if stated:
            left = [(substitute(a, stated), substitute(b, stated)) for a, b in pending]
            if not any(equal(a, b) is False for a, b in left):
                open_ones = [(a, b) for a, b in left if equal(a, b) is None]
                rest = solve(open_ones) if open_ones else None
                if not isinstance(rest, NoSolution):
                    return Sizes({**(rest.values if isinstance(rest, Sizes) else {}), **stated}, {}, False)
        found = solve(pending) if pending else None
        return found if isinstance(found, Sizes) else None

    def bind_run(self, var: ShapeVar, run: tuple[Dim, ...] | Open) -> None:
        """Say which dims an open run stands for."""
        self._set(self._runs, var, run)
        numel = self._numels.get(var)
        if numel is not None:
            if isinstance(run, tuple):
                self.equate(numel, product(run))
            else:
                if run.var not in self._numels:
                    self._set(self._numels, run.var, symbol("N"))
                self.equate(numel, product(run.prefix + run.suffix) * self._numels[run.var])

    def numel(self, shape: tuple[Dim, ...] | Open) -> Dim:
        """The number of elements; of an open run a symbol that its rank will be held against."""
        shape = self.shape(shape)  # type: ignore[assignment]
        if isinstance(shape, tuple):
            return product(shape)
        if shape.var not in self._numels:
            self._set(self._numels, shape.var, symbol("N"))
        return self.dim(product(shape.prefix + shape.suffix) * self._numels[shape.var])

    def rank(self, shape: Open, names: Sequence[str]) -> tuple[Dim, ...] | None:
        """Teach that an open shape has as many dims as there are names; None if it has more already."""
        known = len(shape.prefix) + len(shape.suffix)
        if known > len(names):
            return None
        free = names[len(shape.prefix) : len(names) - len(shape.suffix)]
        self.bind_run(shape.var, tuple(symbol(n) for n in free))
        return self.shape(shape)  # type: ignore[return-value]

    def at_least(self, shape: Open, front: int, back: int, names: Sequence[str] = ("B", "C", "H", "W")) -> Open:
        """Teach that an open shape has at least `front` dims before its open run and `back` behind it."""
        if front + back > _LARGEST_RANK:
            raise TooComplex
        more = max(0, front - len(shape.prefix)), max(0, back - len(shape.suffix))
        if more == (0, 0):
            return shape
        start = len(shape.prefix)
        front_names = [names[start + i] if start + i < len(names) else f"d{start + i}" for i in range(more[0])]
        prefix = tuple(symbol(n) for n in front_names)
        suffix = tuple(symbol("D") for _ in range(more[1]))
        self.bind_run(shape.var, Open(prefix, ShapeVar(shape.var.computed), suffix))
        return self.shape(shape)  # type: ignore[return-value]
