"""The state of one run of the abstract interpreter: what was learnt, what was seen, and how much may still be done."""

from __future__ import annotations

import ast
import gc
import math
import os
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol
from weakref import ref

from shapelens.dims import Expr, Symbol
from shapelens.rules.call import Call, Failure, Related
from shapelens.rules.work import Again
from shapelens.source.configuration import DEFAULT_MEMORY_BUDGET, StatedInput
from shapelens.source.tree import Chunk
from shapelens.values import (
    UNKNOWN,
    Class,
    Dict,
    Exceptional,
    Function,
    Hole,
    Instance,
    Iter,
    Lib,
    List,
    Origin,
    Partial,
    PyModule,
    Size,
    Store,
    Tensor,
    Unknown,
    serials,
)

# What running one followed module may use up.
FOLLOW_FUEL = 400_000
# What one of its statements may use up: what takes more is seldom about models.
STATEMENT_FUEL = 40_000
# What `_seconds_of_work` takes where that was measured; on slower machines the patience is longer.
_USUAL = 0.0032
# A decorator that takes more is one that writes documentation or the like: it is taken to pass its function through.
DECORATOR_FUEL = 4_000
# Exceptions that depend on the environment, that are no defect, or that types say more of, are not told.
_UNTOLD = frozenset(
    "SystemExit KeyboardInterrupt StopIteration StopAsyncIteration GeneratorExit AttributeError NameError ImportError "
    "ModuleNotFoundError OSError IOError FileNotFoundError PermissionError TimeoutError ConnectionError EOFError "
    "MemoryError Warning UserWarning DeprecationWarning SkipTest Skipped SkipException".split()
)


def _is_about_versions(error: Exceptional) -> bool:
    """Whether an exception is about what is installed, which may be another version elsewhere."""
    said = str(error.problem or "")
    if isinstance(error.node, (ast.Assert, ast.Raise)):
        said += ast.unparse(error.node)
    return "version" in said.lower()


class Patience(NamedTuple):
    """Seconds of the processor after which parts of an analysis end whatever fuel they have left.

    They are longer where the machine is slower than usual.
    """

    whole: float
    """All of it."""
    module: float
    """The file's own statements."""
    root: float
    """One run of a function apart."""
    is_firm: bool
    """Whether the modules that are followed on the way have to be run in that time too: else they have as much, each."""


# For somebody who types: what is not reached is looked at with more of it when they pause. Hardly any file that people
# write needs the other.
QUICK, THOROUGH = Patience(0.7, 0.55, 0.45, True), Patience(1.5, 0.9, 0.7, False)


class Place:
    """One chunk of one file, or a part of one: with an ast node it is a position. Compared by identity.

    A file that is analysed again keeps the places of what did not change, which tell where that stands by then.
    """

    __slots__ = ("_parts", "_whole", "chunk", "file", "focus", "gone", "node")

    def __init__(
        self, file: str, chunk: Chunk, focus: bool, whole: Place | None = None, node: ast.AST | None = None
    ) -> None:
        self.file, self.chunk, self.focus = file, chunk, focus
        self._whole, self.node = whole, node  # of which chunk this is a part, and what it is
        self.gone = False  # whether a later version of the file no longer has it
        self._parts: dict[ast.AST, Place] = {}

    @property
    def whole(self) -> Place:
        """The place of the chunk that this is a part of."""
        return self._whole or self

    def part(self, node: ast.AST) -> Place:
        """The place of a statement in the body of a class: one of its own for what is a part."""
        known = self._parts.get(node)
        if known is None:
            chunk = self.chunk.part(node) if self._whole is None else self.chunk
            if chunk is self.chunk:
                return self
            known = self._parts[node] = Place(self.file, chunk, self.focus, self, node)
        return known

    def move(self, chunk: Chunk) -> None:
        """What stands here has moved, and was at most changed in some of its parts, which then have other nodes."""
        self.chunk = chunk
        for node, place in list(self._parts.items()):
            if node in chunk.parsed.parts:
                place.chunk = chunk.part(node)
            else:
                place.gone = True
                del self._parts[node]

    def leave(self) -> None:
        """The file no longer has what stood here."""
        self.gone = True
        for place in self._parts.values():
            place.gone = True

    def current(self, node: ast.AST) -> ast.AST:
        """The node that stands today where this one stood: of a class that was edited, the class as it is."""
        if isinstance(node, ast.ClassDef) and self._whole is None and len(self.chunk.tree) == 1:
            return self.chunk.tree[0]
        return node


_collected = _collecting = 0.0


def _watch_collector(phase: str, info: dict[str, int]) -> None:
    global _collected, _collecting
    if phase == "start":
        _collecting = time.thread_time()
    else:
        _collected += max(time.thread_time() - _collecting, 0.0)


# How long the collector takes depends on all that the process holds, which the program that is analysed cannot help.
gc.callbacks.append(_watch_collector)


def seconds_used() -> float:
    """The processor time of this thread, but for what the collector of garbage took."""
    return time.thread_time() - _collected


def slowness() -> float:
    """How many times longer than usual this machine takes just now, from 1 to 5."""
    return min(max(_seconds_of_work() / _USUAL, 1.0), 5.0)


def _seconds_of_work() -> float:
    """How long this machine takes for a little work of the kind that an analysis does."""
    started = seconds_used()
    table: dict[int, Any] = {}
    for i in range(25_000):
        table[i % 977] = (i, str(i))
        isinstance(table, dict)
    return seconds_used() - started


class Budget(Exception):
    """The run has used up its fuel: what was not reached stays unknown."""


class Cancelled(Exception):
    """Somebody does not want the result any more."""


class Frame:
    """One activation of a function, class body or module body."""

    __slots__ = (
        "base", "cells", "contract", "exits", "function", "globals", "locals", "loops", "module", "names", "owner",
        "place", "yields",
    )  # fmt: skip

    def __init__(
        self,
        module: PyModule,
        place: Place,
        locals: dict[str, Any],
        cells: tuple[dict[str, Any], ...] = (),
        function: Function | None = None,
        owner: Class | None = None,
    ) -> None:
        self.module, self.place, self.locals, self.cells = module, place, locals, cells
        self.function, self.owner = function, owner
        self.globals: dict[str, dict[str, Any]] | None = None
        self.exits: list[Any] = []  # returns of branches that ended while another went on
        self.loops: list[list[Any]] = []  # the same for break and continue, one list a loop
        self.base = 0  # how many branches were under way when it began
        self.yields: Iter | None = None
        self.names: Any = None  # what names in its comments stand for; see prose
        self.contract: Any = None  # what its annotations promise; see contracts


class Report(NamedTuple):
    """A problem with the place where the program would raise."""

    place: Place
    node: ast.AST
    failure: Failure
    caught: bool
    related: tuple[Related, ...]


class FirstTurn(NamedTuple):
    """The first turn of a loop: the function that it is in, how many branches, doubts and functions are under way in it.

    `reports` are the problems that every run of this turn has: with what holds before the loop, none is but supposed.
    """

    frame: Frame
    branches: int
    doubtful: int
    functions: int
    reports: list[Report]


class Read(NamedTuple):
    """What a call read of a scope around it: the name's value, and what that held then, as of a version of all objects."""

    scope: dict[str, Any]
    name: str
    value: Any
    key: Any
    version: int


class Key(NamedTuple):
    """A memo entry: what a call gave, what was seen in it, and what it computed."""

    result: Any
    seen: list[list[Any]]
    reports: list[Report]
    start: int
    truncations: int
    work: Again
    unsure: bool
    reads: tuple[Read, ...]
    trace: list[Function]
    part: Any


class Unkeyable(Exception):
    """The value has no stable key, so a call with it cannot be memoised."""


class Loader(Protocol):
    """Finds the modules of the program; see analysis.following."""

    def find(self, name: str, importer: str | None) -> PyModule | None:
        """The module of that name, not run yet; None where it is not to be followed."""

    def execute(self, m: Machine, module: PyModule) -> None:
        """Run the module's statements."""

    def may_bind(self, module: PyModule, name: str) -> bool:
        """Whether a module's text may bind the name."""

    def typed_import(self, module: PyModule, name: str) -> tuple[str, str, int] | None:
        """The module, name and level of `from … import name` that a module has for type checkers only."""

    def typed_stars(self, module: PyModule) -> tuple[tuple[str, int], ...]:
        """The modules, with the level, of which a module has all names for type checkers only."""

    def is_installed(self, name: str, importer: str | None) -> bool | None:
        """Whether `import name` finds something; None where that is not known."""

    def version_of(self, distribution: str) -> str | None:
        """The version of what is installed under that name; None where it is not known."""


class Asks(Protocol):
    """The user's own library, asked where there is no rule; see oracle.asking. It never makes one wait."""

    def may_ask(self, path: str) -> bool:
        """Whether it answers for this name; False as long as that is not known."""

    def ask(
        self,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        made_of: tuple[Sequence[Any], Mapping[str, Any]] | None = None,
    ) -> Any:
        """What the call gives, or None: not known, or not yet. `made_of`: arguments of the layer that is called."""


class Machine:
    """Everything that a run shares. The evaluating functions take it as their first parameter."""

    def __init__(self, loader: Loader, fuel: int = 400_000) -> None:
        self.store = Store()
        self.call = Call(self.store)
        self.call.device = "cpu"
        machine = ref(self)  # what an analysis has made goes at once with it: no cycles

        def tick() -> None:
            if (running := machine()) is not None:
                running.tick()

        self.call.tick = tick
        self.loader = loader
        self.fuel = fuel
        self.reserve = 0  # fuel for a run that has met a tensor, or made a model, by the time its own is used up
        self.made = 0  # how many modules there were when it began
        self.bounded = 0  # how many parts are under way whose allowance is for the modules too that they run
        self.ticks = self.next_look = 0
        # In the processor's time of this thread: when the part under way has to end, and when all of it has to.
        self.deadline = self.limit = math.inf
        self.patience = THOROUGH
        self.is_late = False  # whether the part under way was ended for that,
        self.was_late = False  # and whether any was
        self.slowness = 0.0  # how many times slower than usual the machine is, once somebody has had to know
        self.unfinished = 0  # how many parts of the file were not run, or not to their end, for want of fuel
        self.depth = 0
        self.refused = 0  # how many calls were not made, for being too deep
        # The running calls of each function: how deep in undecided branches each was made.
        self.entered: dict[ast.AST, int] = {}  # how often each function was run
        self.slow: set[ast.AST] = set()  # decorators that took too long
        self.active: dict[ast.AST, tuple[int, ...]] = {}
        self.seen: list[list[Any]] = []  # [place, node, name, kind, value, the call of the function]
        self.reports: list[Report] = []
        self.expressions: dict[tuple[Place, ast.AST], list[Any]] = {}
        self.told: list[dict[tuple[Place, ast.AST], list[Any]]] = []  # the expressions of the runs that are over
        self.others: set[tuple[Place, ast.AST]] = set()  # parameters that were no tensor in some call
        self.gaps: dict[tuple[Place, ast.AST], str] = {}  # library calls that no rule answers
        self.recording = True
        self.doubt = False  # a run that only checks whether a problem is certain: doubtful defaults are open
        self.prose = False  # whether comments and docstrings count: in a run on its own, until they prove wrong
        self.trusted = False  # whether one of them said something in this run
        self.named: tuple[Any, Any] = (None, None)  # the function that runs on its own, and what its prose names
        self.signatures: dict[Any, Any] = {}  # what annotations say of shapes, once they were read
        self.met: set[ast.AST] = set()  # functions that a call with known sizes has held against their annotations
        self.opened: Function | None = None  # the function that runs with nothing but its annotations,
        self.free: frozenset[Symbol] = frozenset()  # and the sizes that its caller would choose
        self.record_all = False  # also what is seen in files other than the one in focus,
        self.below = ""  # and problems in those below this folder
        # The calls under way, each with how many branches and functions were under way when it was made.
        self.callsites: list[tuple[Place, ast.AST, int, int]] = []
        self.frames: list[Frame] = []
        self.cancelled: Callable[[], bool] | None = None
        # Objects older than this serial belong to followed modules, which other runs share: what this run changes
        # in them is kept here, to be given back at its end.
        self.began = next(serials)
        # Serials before and after what this run has made for others too, apart from one another and in their order.
        self.executions: list[tuple[int, int]] = []
        self.unfrozen: dict[int, tuple[Any, Any]] = {}  # what `forget_changes` gave back of tensors, by identity
        self.shared: dict[int, tuple[Any, Any]] = {}
        self.changes = self.rebound = 0  # how often something mutable was changed, and a scope from within a function
        self.touched: list[dict[int, tuple[Any, Any]]] = []
        # Branches that ended (return, break, continue) while others went on, by what they left changed, and since when.
        self.suspended: list[tuple[dict[int, tuple[Any, Any]], int]] = []
        self.trace: list[Function] = []  # the functions that were run, in this order
        self.looked_at: list[Function] = []  # those of which what they say was looked at
        self.first_turns: list[FirstTurn] = []  # of loops that run nobody knows how often
        self.turns: list[dict[int, tuple[Any, Any]]] = []  # for each turn of a loop: what it changed, as it was
        self.watches: list[list[int]] = []  # for each memoised call under way: [born before, is impure]
        self.memo: dict[Any, Key] = {}
        # For each memoised call under way: what it read of scopes around it, by scope and name.
        self.reads: list[dict[tuple[int, str], tuple[dict[str, Any], Any]]] = []
        self.epoch = 0  # grows where what calls may have read was changed in a way that `reads` does not tell
        self.tried: dict[ast.AST, int] = {}  # how often a function was called in vain with what is costly to compare
        self.memory_budget: int | None = DEFAULT_MEMORY_BUDGET  # bytes that one array may have; None: any number
        self.stated: Mapping[str, Sequence[StatedInput]] = {}  # what the project says of the inputs of functions
        self.activation_budget: int | None = None  # bytes that the activations of one call of a model may have
        self.untracked = 0  # how many torch.no_grad() are under way
        self.branching = 0  # how many branches are under way of which it is not known whether they are taken
        self.sheltered = 0  # how many context managers are under way that may change what allocates
        self.vague = 0  # how many loops are under way of which the number of turns, or the element, is not known
        self.captured: dict[int, object] = {}  # lists and tables that something unknown may fill at any time
        self.captured_fields: set[tuple[int, str]] = set()  # attributes, by owner's birth, whose lists and tables are
        self.captured_values: set[tuple[int, str]] = set()  # and those that something unknown may set
        self.hooked = False  # whether something unknown may call methods of the program at any time
        self.gradients_known = True  # whether it is known of each parameter if it requires gradients
        self.apart = False  # whether each call is run for itself, as a table of all layers needs it
        self.templates: dict[Any, Any] = {}  # modules made once, see interpreter/templates.py,
        # The part of the file under way that is told by itself, and those before whose calls it did not make again.
        self.part: Any = None
        self.borrowed: set[Any] = set()
        self.unshown = 0  # how often a recording took what was shown before it began
        self.recorded = 0  # the serial at which the innermost recording began, see interpreter/effects.py
        self.kept: Any = None  # and what is kept of them between the analyses of one file
        self.large: set[Any] = set()  # keys of large ones that were made
        self.copies = self.templated = 0  # how many objects were copied: for modules made again, and for templates
        self.making: set[int] = set()  # serials of the modules whose constructor runs: they change all the time
        self.doubtful = 0  # how many parts under way may not run at all, or later, without being branches
        self.truncations = 0
        # Of all instances: a fingerprint of an older version, or of an earlier run, is stale.
        self.version = next(serials)
        self.interned: dict[Any, int] = {}
        self.keyed = 0  # how many elements the key has that is being made
        self.fingerprinted = 0  # how many fingerprints were worked out
        self.caught: list[tuple[str, ...]] = []  # what the try statements around would catch
        self.trying = 0  # how many bodies of try statements are under way,
        self.handled: list[
            tuple[Unknown, Exceptional]
        ] = []  # exceptions being handled, and what the handlers call them
        self.unsure = 0  # and how often something in them gave what is not fully known, so that it may fail as well
        self.executed: set[ast.AST] = set()
        self.instances: list[Instance] = []
        self.training: bool | None = None
        self.keras: Any = None  # what Keras keeps throughout a run; see interpreter/keras/kinds.py
        self.hole_attributes: dict[tuple[int, str], Unknown] = {}
        self.written_holes: set[int] = set()  # serials: what was written into these is not known any more
        self.unbound: dict[tuple[str, str], Unknown] = {}
        # What a loader gives, by identity: the element, its last and smaller one, and how that comes about.
        self.last_batches: dict[int, tuple[Any, Any, str]] = {}
        self.growth: dict[int, tuple[Any, Any]] = {}  # lists that a loop makes longer by one element a turn
        self.oracle: Asks | None = None
        self.asked = 0  # questions to the oracle, answered or not
        self.strict = "SHAPELENS_STRICT" in os.environ  # tests: a defect of the interpreter ends the run
        self.defects: list[tuple[ast.AST, Exception]] = []
        self.put_on_tensors: set[str] = set()  # names of attributes that the program gave to some tensor
        self.asking: set[tuple[int, str]] = set()  # attributes that a __getattr__ is just asked for
        self.getting: set[int] = set()  # objects that a __getattribute__ is just looking into
        self.kinds: dict[tuple[Any, Lib], bool | None] = {}  # which classes' objects are of which of a library
        self.getters: dict[object, Function | None] = {}  # the __getattribute__ of each class
        self.setting: set[tuple[int, str]] = set()  # attributes that a __setattr__ is just setting

    # -- modules -------------------------------------------------------------------------------------------------

    def load_module(self, name: str, importer: str | None = None) -> PyModule | None:
        """The module of that name, not run yet; None where it is not followed."""
        return self.loader.find(name, importer)

    def execute(self, module: PyModule) -> None:
        """Run a module's statements, apart from what is going on: nothing of it is shown or reported."""
        module.state = "running"
        saved = self.recording, self.fuel, self.touched, self.watches, self.caught, self.depth, self.callsites
        work, self.call.work = self.call.work, None
        reserve, self.reserve = self.reserve, 0
        # What a decorator leads to counts as its own: documentation that is made of a whole package is none of ours.
        allowed = min(FOLLOW_FUEL, self.fuel) if self.bounded else FOLLOW_FUEL
        self.recording, self.fuel, self.depth = False, allowed, 0
        self.touched, self.watches, self.caught, self.callsites = [], [], [], []
        suspended, self.suspended = self.suspended, []
        reports, mark, before = len(self.reports), self.store.mark(), next(serials)
        # What is followed is run once, and shared: it has time of its own.
        started, deadline, limit, late = seconds_used(), self.deadline, self.limit, self.is_late
        if not self.patience.is_firm:
            self.deadline, self.limit = started + self.patience.whole * max(self.slowness, 1.0), math.inf
        self.is_late = False
        used, finished = 0, False
        try:
            self.loader.execute(self, module)
            finished = True
        except Budget:
            if self.is_late and self.patience.is_firm:
                late = True
                raise
            finished = allowed == FOLLOW_FUEL
        finally:
            if not self.patience.is_firm:
                took = seconds_used() - started
                self.deadline, self.limit = deadline + took, limit + took
            self.is_late = late
            used = allowed - max(self.fuel, 0) if self.bounded else 0
            self.recording, self.fuel, self.touched, self.watches, self.caught, self.depth, self.callsites = saved
            self.suspended = suspended
            self.reserve = reserve
            self.call.work = work
            del self.reports[reports:]
            self.store.undo(mark)
            module.state = "done"
            self.share(before)
            if not finished:  # who asks next may have more
                module.state = "new"
                module.namespace.clear()
                module.found.clear()
        self.burn(used)

    def may_bind(self, module: PyModule, name: str) -> bool:
        """Whether a module's text may bind the name, so that it has to be run to see."""
        return module.state != "new" or self.loader.may_bind(module, name)

    # -- limits --------------------------------------------------------------------------------------------------

    def burn(self, amount: int = 1) -> None:
        """Use fuel; raises Budget when there is none left, Cancelled when nobody waits any more."""
        self.fuel -= amount
        if self.fuel < 0:
            if self.reserve <= 0 or not self.has_tensors:
                raise Budget
            self.fuel, self.reserve = self.fuel + self.reserve, 0
        self.ticks += amount
        if self.ticks > self.next_look:
            self.look_up()

    def tick(self) -> None:
        """To be called at least each tenth of a millisecond; raises what `look_up` does."""
        self.ticks += 1
        if self.ticks > self.next_look:
            self.look_up()

    def look_up(self) -> None:
        """Raises Cancelled when nobody waits any more, Budget when the run has taken too long. Costs a microsecond."""
        self.next_look = self.ticks + 64
        if self.cancelled is not None and self.cancelled():
            raise Cancelled
        if seconds_used() > self.deadline and not self._is_slow_machine():
            self.is_late = self.was_late = True
            raise Budget

    def _is_slow_machine(self) -> bool:
        """Whether it is the machine that takes long: it is measured once, and has more time from then on."""
        if self.slowness:
            return False
        self.slowness = slowness()
        self.deadline += self.patience.whole / 2 * (self.slowness - 1.0)
        self.limit += self.patience.whole * (self.slowness - 1.0)
        return seconds_used() < self.deadline

    def allow(self, seconds: float) -> bool:
        """Whether there is time for another part of the analysis, which then has at most so many seconds."""
        now = seconds_used()
        self.deadline = min(now + seconds * max(self.slowness, 1.0), self.limit)
        self.is_late = now >= self.limit
        self.was_late = self.was_late or self.is_late
        return not self.is_late

    @property
    def has_tensors(self) -> bool:
        """Whether this run has met a tensor, a model or a problem: then it is worth to go on with it."""
        if self.reports or len(self.instances) > self.made:
            return True
        value_of = self.store.value
        return any(type(value_of(entry[4])) is Tensor for entry in self.seen)

    def within(self, allowance: int, body: Callable[[], Any], otherwise: Any, modules: bool = False) -> Any:
        """What `body` gives; `otherwise` where it would use more fuel, with that of `modules` it runs or without."""
        kept = self.fuel - allowance
        if kept <= 0:
            return body()
        self.fuel = allowance
        reserve, self.reserve = self.reserve, 0
        self.bounded += modules
        try:
            return body()
        except Budget:
            self.truncations += 1
            return otherwise
        finally:
            self.reserve = reserve
            self.bounded -= modules
            self.fuel = kept + max(self.fuel, 0)

    # -- what is seen --------------------------------------------------------------------------------------------

    def saw(self, place: Place, node: ast.AST, name: str, kind: str, value: Any) -> None:
        """Keep a tensor (or an unknown that may turn out to be one) for the hints."""
        if not self.recording or not (place.focus or self.record_all):
            return
        if type(value) is Tensor or type(value) is Unknown and value.hole is not None:
            self.seen.append([place, node, name, kind, value, self.callsites[-1][:2] if self.callsites else None])

    def lacks(self, place: Place, node: ast.AST, path: str) -> None:
        """Keep a call that no rule answers, where it is one that only the library itself could answer."""
        if place.focus and self.recording:
            self.gaps[place, node] = path

    def report(self, failure: Failure, place: Place, node: ast.AST) -> None:
        """Keep a problem. One that a try statement around would catch is kept as such."""
        related = tuple(failure.related)
        if not self._is_shown(place):
            # It fails in a file that was only followed: the squiggle goes to the call that led there.
            for site, call, branches, functions in reversed(self.callsites):
                if self._is_shown(site):
                    if branches < len(self.touched) or any(frame.exits for frame in self.frames[functions:]):
                        return  # in a branch over there: not every run that gets to the call fails
                    related = (Related(Origin((place, node), ""), "fails here"), *related)
                    place, node = site, call
                    break
            else:
                return
        failure.with_traceback(None)  # it would hold all that was at work then
        self.keep_report(Report(place, node, failure, bool(self.caught), related))

    def keep_report(self, report: Report) -> None:
        """Keep a problem; one that the first turn of a loop has in each of its runs is noted there too."""
        self.reports.append(report)
        for turn in self.first_turns:
            ended = turn.frame.loops[-1] or any(frame.exits for frame in self.frames[turn.functions :])
            if len(self.touched) == turn.branches and self.doubtful == turn.doubtful and not ended:
                turn.reports.append(report)

    def _is_shown(self, place: Place) -> bool:
        """Whether a problem may stand there."""
        return place.focus or self.record_all and place.file.startswith(self.below)

    def is_doubting(self) -> bool:
        """Whether the call under way is one that nobody wrote, in a run that doubts what it was not given."""
        return self.doubt and self.depth == 0

    def is_certain(self) -> bool:
        """Whether every run that gets here has come by the statements under way: no branch, no doubtful turn."""
        return not self.touched and not self.doubtful

    def locate(self, error: Exceptional, place: Place, node: ast.AST) -> None:
        """Note where an exception of the program arose; who saw it first has said it already."""
        if error.place is not None:
            return
        error.place, error.node = place, node
        if self.is_certain() and error.is_known:
            error.certain, error.callsites = True, tuple(self.callsites)

    def report_uncaught(self, error: Exceptional) -> None:
        """Report an exception that nothing catches, where every run raises it: in the files that are shown.

        Code that is followed from afar is where we are least sure, and its exceptions are seldom of shapes.
        """
        if (
            error.place is None
            or not self._is_shown(error.place)
            or not error.certain
            or error.name in _UNTOLD
            or self.hooked  # what it failed for may have been put right by then
            or _is_about_versions(error)
            or isinstance(error.node, ast.Assert)
            and isinstance(error.node.test, ast.Constant)  # that is meant
        ):
            return
        text = f": {error.problem}" if isinstance(error.problem, str) and error.problem else ""
        before, self.callsites = self.callsites, list(error.callsites)
        try:
            self.report(Failure("uncaught-exception", f"this raises {error.name}{text}"), error.place, error.node)
        finally:
            self.callsites = before

    def settle(self, since: int) -> None:
        """Resolve what was seen since, before what it was resolved with is taken back."""
        value_of = self.store.value
        for entry in self.seen[since:]:
            entry[4] = value_of(entry[4])

    def change_in_place(self, tensor: Tensor, before: Tensor) -> None:
        """A tensor is about to become another one: all that was seen of it so far stays as it was `before`."""
        for entry in self.seen:
            if entry[4] is tensor:
                entry[4] = before
        for expressions in (self.expressions, *self.told):
            for seen in expressions.values():
                seen[:] = [before if v is tensor else v for v in seen]

    def origin(self, frame: Frame, node: ast.AST) -> Origin:
        """Where the value of an expression comes from."""
        return Origin((frame.place, node), "")

    # -- mutable objects -----------------------------------------------------------------------------------------

    def touch(self, obj: Any) -> None:
        """Must be called before a mutable object is changed, so that a branch can be taken back."""
        self._log(obj)
        self.changes += 1
        born = getattr(obj, "born", 0)
        if id(obj) not in self.shared and self._is_shared(born):
            self.shared[id(obj)] = (obj, content(obj))
        if self.watches:
            for watch in self.watches:
                if born < watch[0]:
                    watch[1] = 1
        kind = type(obj)
        if kind is Instance or (kind is List or kind is Dict) and obj.held:
            self.version = next(serials)
        if kind is List and obj.others:
            for other in obj.others:
                if other or other.rest is not UNKNOWN:
                    self.touch(other)
                    list.clear(other)
                    other.rest, other.count = UNKNOWN, None

    def _log(self, obj: Any) -> None:
        """Keep what the innermost branch, and each turn of a loop under way, has to be taken back to."""
        for log in (*self.touched[-1:], *self.turns):
            if id(obj) not in log:
                log[id(obj)] = (obj, content(obj))
        if self.suspended:
            born, held = getattr(obj, "born", 0), None
            for changed, since in reversed(self.suspended):
                if since < born:
                    break
                if id(obj) not in changed:
                    held = held or (obj, content(obj))
                    changed[id(obj)] = held

    def _is_shared(self, born: int) -> bool:
        """Whether an object of that serial belongs to a followed module, so that other runs will meet it."""
        if born < self.began:
            return True
        at = bisect_right(self.executions, born, key=_first) - 1
        return at >= 0 and self.executions[at][0] < born < self.executions[at][1]

    def share(self, started: int) -> None:
        """From now on, what changes an object that was made since that serial is given back at the end."""
        while self.executions and self.executions[-1][0] >= started:
            self.executions.pop()
        self.executions.append((started, next(serials)))

    def touch_scope(self, scope: dict[str, Any]) -> None:
        """As `touch`, for the variables of an enclosing function or of a module."""
        self._log(scope)
        self.changes += 1
        self.rebound += 1
        if id(scope) not in self.shared:
            self.shared[id(scope)] = (scope, dict(scope))
        for watch in self.watches:
            watch[1] = 1

    def forget_changes(self) -> None:
        """Give the modules that other runs share back the state that they had before this run."""
        for obj, before in self.shared.values():
            if type(obj) is Tensor:
                self.unfrozen[id(obj)] = obj, obj.frozen
            restore(obj, before)
        self.shared.clear()

    def is_frozen(self, tensor: Tensor) -> bool | None:
        """Whether a weight requires no gradient at the end of this run; None where that is not known."""
        changed = self.unfrozen.get(id(tensor))
        return tensor.frozen if changed is None else changed[1]

    # -- keys ----------------------------------------------------------------------------------------------------

    def key(self, value: Any, depth: int = 0) -> Any:
        """Something hashable that is equal exactly for values with which a call would do the same."""
        kind = type(value)
        if kind is int or kind is str or kind is bool or kind is float or value is None:
            return kind, value
        if kind in _PARTED:
            self.keyed += len(value)
            if self.keyed > _MOST_KEYED:
                raise Unkeyable
        if kind is Tensor:
            if value.history is not None:
                raise Unkeyable  # each call of a Keras layer is a node of its own in the model's graph
            return value if value.scalars is None else (value, value.written)
        if kind is Instance:
            return self.fingerprint(value, depth)
        if kind is tuple or kind is Size:
            return (kind, *[self.key(v, depth) for v in value])
        if isinstance(value, (Lib, Expr, PyModule)) or isinstance(value, type) or value is Ellipsis:
            return value
        if isinstance(value, (Class, Function)):
            return value.born
        if kind is Partial:
            names = tuple([(k, self.key(v, depth)) for k, v in value.keywords.items()])
            return "partial", self.key(value.function, depth), tuple([self.key(v, depth) for v in value.args]), names
        if depth and kind is List and value.rest is None:
            value.held = True
            return ("list", *[self.key(v, depth) for v in value])
        if depth and kind is Dict and value.rest is None:
            value.held = True
            return ("dict", *[(k, self.key(v, depth)) for k, v in value.items()])
        if isinstance(value, Unknown):
            return "unknown", value
        raise Unkeyable

    def read(self, scope: dict[str, Any], name: str, value: Any) -> None:
        """Note that the call under way depends on what a name of a scope around it stands for."""
        if type(value) not in _FIXED:
            self.reads[-1][id(scope), name] = scope, value

    def end_reads(self) -> dict[tuple[int, str], tuple[dict[str, Any], Any]]:
        """What a call that is over has read, on which the one around it then depends too."""
        reads = self.reads.pop()
        if self.reads:
            self.reads[-1].update(reads)
        return reads

    def rely(self, reads: tuple[Read, ...], trace: list[Function]) -> None:
        """Take over what a call depended on that is not made again, and which functions it ran."""
        self.trace.extend(trace)
        if self.reads:
            self.reads[-1].update({(id(read.scope), read.name): (read.scope, read.value) for read in reads})

    def settled_reads(self, reads: dict[tuple[int, str], tuple[dict[str, Any], Any]]) -> tuple[Read, ...]:
        """What a call that is over depends on; raises Unkeyable where that cannot be held against later states."""
        found = []
        for (_, name), (scope, value) in reads.items():
            if scope.get(name) is value:  # else the scope was the call's own: changes of others make it impure
                found.append(Read(scope, name, value, self.key(value, 1) if type(value) in _MUTABLE else None, 0))
        return tuple([each._replace(version=self.version) for each in found])

    def is_unread(self, reads: tuple[Read, ...]) -> bool:
        """Whether something of what a call depended on is another now."""
        for read in reads:
            if read.scope.get(read.name) is not read.value:
                return True
            if read.key is not None and read.version != self.version:
                try:
                    if self.key(read.value, 1) != read.key:
                        return True
                except Unkeyable:
                    return True
        return False

    def fingerprint(self, instance: Instance, depth: int = 0) -> tuple[str, int]:
        """A number that is equal for instances of the same class with equal attributes."""
        known = instance.fingerprint
        if known is not None and known[0] == self.version:
            return "instance", known[1]
        if depth > 40 or instance.born in self.making:
            raise Unkeyable
        self.burn(len(instance.attrs) >> 4)
        self.fingerprinted += 1
        cls = instance.cls.born if isinstance(instance.cls, Class) else instance.cls.path
        parts = [(k, self.key(v, depth + 1)) for k, v in instance.attrs.items()]
        payload = None if instance.payload is None else self.key(instance.payload, depth + 1)
        number = self.interned.setdefault((cls, payload, *parts), len(self.interned))
        instance.fingerprint = (self.version, number)
        return "instance", number

    # -- unknowns ------------------------------------------------------------------------------------------------

    def named_unknown(self, name: str) -> Unknown:
        """An unknown that what it is used for may teach."""
        return Unknown(name, Hole(name))


_PARTED = frozenset((tuple, Size, List, Dict))
_MOST_KEYED = 4_096
# What a name stands for once and for all, or nearly so; and what may change while the name stays.
_FIXED = frozenset((Function, Class, Lib, PyModule))
_MUTABLE = frozenset((Instance, List, Dict, set, Iter))


def _first(execution: tuple[int, int]) -> int:
    return execution[0]


def content(obj: Any) -> Any:
    """A copy of what a mutable object holds, for `restore`."""
    kind = type(obj)
    if kind is List:
        return list(obj), obj.rest, obj.count
    if kind is Dict:
        return dict(obj), obj.rest
    if kind is Iter:
        return list(obj.items), obj.position, obj.rest
    if kind is dict:
        return dict(obj)
    if kind is set:
        return set(obj)
    if kind is Instance:
        return dict(obj.attrs), obj.payload
    if kind is Class or kind is Function:
        return dict(obj.attrs)
    if kind is PyModule:
        return dict(obj.namespace)
    return obj.frozen if kind is Tensor else None


def restore(obj: Any, saved: Any) -> None:
    """Make a mutable object hold again what `content` said."""
    kind = type(obj)
    if kind is List:
        obj[:], obj.rest, obj.count = saved
    elif kind is Dict:
        obj.clear()
        obj.update(saved[0])
        obj.rest = saved[1]
    elif kind is Iter:
        obj.items[:], obj.position, obj.rest = saved
    elif kind is dict or kind is set:
        obj.clear()
        obj.update(saved)
    elif kind is Instance:
        obj.attrs.clear()
        obj.attrs.update(saved[0])
        obj.payload = saved[1]
    elif kind is Class or kind is Function:
        obj.attrs.clear()
        obj.attrs.update(saved)
    elif kind is PyModule:
        obj.namespace.clear()
        obj.namespace.update(saved)
    elif kind is Tensor:
        obj.frozen = saved
