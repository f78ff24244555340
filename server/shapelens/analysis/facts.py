"""What an analysis of a file says: facts (a name has these shapes here) and problems (this cannot work)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, overload

from shapelens.dims import Dim, Symbol
from shapelens.values import Shape

T = TypeVar("T")


class Later(Sequence[T]):
    """What is worked out when it is first looked at: no keystroke pays for what only a hover tells."""

    def __init__(self, make: Callable[[], Sequence[T]]) -> None:
        self._make: Callable[[], Sequence[T]] | None = make
        self._made: Sequence[T] = ()

    @property
    def all(self) -> Sequence[T]:
        """The elements."""
        if self._make is not None:
            self._made = self._make()
            self._make = None
        return self._made

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self.all[index]

    def __len__(self) -> int:
        return len(self.all)

    def __iter__(self) -> Iterator[T]:
        return iter(self.all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self.all) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self.all))


@dataclass(frozen=True)
class Span:
    """A place in a file: lines count from 1, columns are code points from 0."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Shown:
    """One shape that a value has. `inferred`: some of its sizes are an assumption that fits what the layers ask.

    `asked` is the shape without the assumption, where there is one. `library` says whose tensor it is.
    """

    shape: Shape
    dtype: str | None = None
    inferred: bool = False
    asked: Shape = field(default=None, compare=False)
    library: str = field(default="torch", compare=False)


Site: TypeAlias = tuple[Any, Any]
"""A call of a function, opaque here: a place and a node."""


@dataclass(frozen=True)
class Fact:
    """A name has these shapes here, one for each way in which the line is reached, in the order met.

    `kind` is "assign", "param", "return" (name "return") or "layer" (an element of a Sequential, or a layer made in
    `__init__`: its output shape). `about` adds to a hover: the layer's signature, its parameters.
    `obvious`: the source says the shape itself (`torch.zeros(2, 3)`), so no hint is wanted. `mixed`: a parameter that
    is no tensor in some calls. `sites` says of each value in which calls of the function it was seen.
    """

    span: Span
    name: str
    kind: str
    values: tuple[Shown, ...]
    about: str = ""
    obvious: bool = False
    mixed: bool = field(default=False, compare=False)
    sites: tuple[frozenset[Site], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Expression:
    """What is known of one expression, for a hover. `made`: where the layer is made that it stands for."""

    span: Span
    values: tuple[Shown, ...]
    about: str = ""
    made: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Model:
    """A class of modules as one call shows it. `parameters` and `multiply_adds` are None where they are not known."""

    span: Span
    name: str
    inputs: tuple[Shown, ...]
    output: Shown | None
    parameters: Dim | None
    multiply_adds: Dim | None


@dataclass(frozen=True)
class Gap:
    """A call of a library that no rule answers: what it gives is not known without the library itself."""

    span: Span
    path: str


@dataclass(frozen=True)
class CallSite:
    """A call of a function: the text of the call, "" where nobody calls it and its inputs were inferred."""

    site: Site
    span: Span
    text: str


@dataclass(frozen=True)
class Contexts:
    """A function of which several calls show different things: its qualified name, its head's span, and the calls."""

    name: str
    span: Span
    calls: tuple[CallSite, ...]


@dataclass(frozen=True)
class Place:
    """Another place that has to do with a problem, and what."""

    span: Span
    message: str


@dataclass(frozen=True)
class Edit:
    """A change of text that mends a problem."""

    title: str
    span: Span
    text: str


@dataclass(frozen=True)
class Clue:
    """Where the search for a fix starts: the two sizes that should have been equal, all known sizes involved, the
    shapes of the tensors, the one that a reshape asks for, where the layer is made, and what its arguments would have
    to say (argument, text)."""

    conflict: tuple[int, int] | None = None
    sizes: tuple[int, ...] = ()
    shapes: tuple[Shape, ...] = ()
    asked: tuple[Dim, ...] = ()
    made: Span | None = None
    wanted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Problem:
    """A diagnostic: every run that reaches `span` with these inputs fails. `severity`: error, warning, information.

    `fixes` are edits each of which mends it; they are looked for when they are asked for (`analysis.mending`), from
    the `clue`.
    """

    code: str
    severity: str
    message: str
    span: Span
    related: tuple[Place, ...] = ()
    fixes: tuple[Edit, ...] = ()
    clue: Clue | None = field(default=None, compare=False)


@dataclass(frozen=True)
class FileAnalysis:
    """All that is known of one version of one file. `names` says how a symbol is shown (`B`, `H`).

    `facts` and `problems` are in the order of their places. `broken` are the first and last lines of the top-level statements that do not parse, `lost` those of the parts of
    them that were lost by it. `unfinished` is how many parts of it were not looked at, because the file had
    used up its budget; `waiting` tells that there is more to see for one who waits: functions were left out which most
    likely show nothing, or there was no time for all of it.
    """

    path: str
    text: str
    facts: tuple[Fact, ...] = ()
    problems: tuple[Problem, ...] = ()
    expressions: Sequence[Expression] = ()
    models: Sequence[Model] = ()
    gaps: Sequence[Gap] = ()
    contexts: Sequence[Contexts] = ()
    broken: tuple[tuple[int, int], ...] = ()
    lost: tuple[tuple[int, int], ...] = ()
    names: Callable[[Symbol], str] = field(default=lambda symbol: symbol.name, compare=False)
    unfinished: int = field(default=0, compare=False)
    waiting: bool = field(default=False, compare=False)
    timings: dict[str, float] = field(default_factory=dict, compare=False)
