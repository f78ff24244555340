"""Files under analysis: texts, trees, followed modules, and one file's analysis from its text to its facts."""

from __future__ import annotations

import ast
import gc
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import shapelens.rules.einops
import shapelens.rules.numpy
import shapelens.rules.torch
import shapelens.rules.torchvision  # noqa: F401  registers the rules
from shapelens.analysis import models
from shapelens.analysis.contexts import Roots
from shapelens.analysis.facts import Edit, Expression, Fact, FileAnalysis, Place, Problem, Shown, Span
from shapelens.analysis.flow import Flow, flow
from shapelens.analysis.following import Following, file_stamp
from shapelens.analysis.rendering import Renderer
from shapelens.analysis.reuse import Reuse
from shapelens.analysis.room import roomy
from shapelens.analysis.summary import Summary, summary
from shapelens.dims import Symbol
from shapelens.interpreter import calls
from shapelens.interpreter.expressions import ev
from shapelens.interpreter.importing import run_chunk
from shapelens.interpreter.machine import QUICK, THOROUGH, Budget, Cancelled, Frame, Machine, Patience, seconds_used
from shapelens.interpreter.machine import Place as Chunked
from shapelens.rules.registry import canonical, forget_names, layers, number_of_rules
from shapelens.source.configuration import FILE as CONFIGURATION_FILE
from shapelens.source.configuration import Configuration, read_configuration
from shapelens.source.environments import (
    Environment,
    EnvironmentNotFound,
    cache_folder,
    find_environment,
    interpreter_to_start,
)
from shapelens.source.imports import Resolver
from shapelens.source.reading import SourceError, read_text
from shapelens.source.tree import Chunk, Tree, forget_parsed, parse
from shapelens.values import Exceptional, Lib, PyModule, Tensor

if TYPE_CHECKING:
    from shapelens.analysis.adopting import Adoption
    from shapelens.oracle.asking import Oracles

MODULE_FUEL = 150_000
_SUMMARY_PATIENCE, _VIEW_PATIENCE = 5.0, 0.7
"""Seconds of the processor that running a file for one of its models may take, and for somebody who waits for a view."""
_MOST_SOURCE = 4_000_000
"""Characters of source that a session keeps which goes from file to file: some 160 MB with all that was made of it."""
_FEWEST_RELEASED = 32
"""Files between two times that all is dropped: one may follow more source than that, and the next one the same."""
_DTYPES = {"f": "float32", "i": "int64", "u": "uint8"}


@dataclass(frozen=True)
class InputSpec:
    """One input of an entry run: `i:2,16` is an int64 tensor of shape (2, 16)."""

    shape: tuple[int, ...]
    dtype: str = "float32"

    @staticmethod
    def parse(text: str) -> InputSpec:
        """Raises ValueError with a message for a person."""
        kind, colon, dims = text.rpartition(":")
        if colon and kind not in _DTYPES:
            raise ValueError(f"unknown input kind {kind!r} in {text!r}: use f:, i: or u:")
        try:
            shape = tuple(int(d) for d in dims.split(",") if d.strip())
        except ValueError:
            raise ValueError(f"an input is dims such as 2,3,224,224, not {text!r}") from None
        return InputSpec(shape, _DTYPES[kind] if colon else "float32")


@dataclass(frozen=True)
class EntryResult:
    """What one run of an entry expression showed, file by file."""

    analyses: tuple[FileAnalysis, ...]


@dataclass(frozen=True)
class SummaryResult:
    """A model's summary, and what was found wrong in the run: problems of the files, or the exception it ends with."""

    summary: Summary | None
    analyses: tuple[FileAnalysis, ...]
    error: str = ""
    flow: Flow | None = None
    names: Callable[[Symbol], str] = str


class Session:
    """Analyses files on request. One thread at a time.

    Where the workspace is not trusted, no interpreter is started, and nothing in it leads out of it.
    """

    def __init__(self, roots: Sequence[Path] = (), python: str | None = None, is_trusted: bool = True) -> None:
        self.roots = tuple(roots)
        self._python, self._is_trusted = python, is_trusted
        self._environment: Environment | None = None
        self._resolver: Resolver | None = None
        self._texts: dict[str, str] = {}
        self._trees: dict[str, Tree] = {}
        self._disk: dict[str, tuple[tuple[int, int], Tree]] = {}
        self._following: Following | None = None
        self._released = 0
        self._quiet: dict[str, frozenset[str]] = {}
        self._reuse: dict[str, Reuse] = {}
        self.oracle: Oracles | None = None
        self._answered = 0
        self._look_again = False
        self._asked: set[tuple[str, Path | None]] = set()
        self._configuration: Configuration | None = None
        self._configured = (0, 0)
        self._budgets: dict[str, int | None] = {}

    @property
    def configuration(self) -> Configuration:
        """What the project's pyproject.toml says, with the budgets of `limit` before its own. Read once."""
        if self._configuration is None:
            found = read_configuration(self.roots[0].absolute()) if self.roots else Configuration()
            self._configuration = replace(found, **self._budgets)  # type: ignore[arg-type]
            self._configured = self._configuration_stamp()
        return self._configuration

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is not valid in the project's configuration."""
        return self.configuration.complaints

    def limit(self, **budgets: int | None) -> None:
        """Budgets in bytes (`memory_budget`, `activation_budget`) that count before the project's; None: any number."""
        self._budgets, self._configuration = budgets, None

    def _wanted(self, analysis: FileAnalysis) -> FileAnalysis:
        """Without the problems that the project does not want to see."""
        said = self.configuration
        if not said.ignore and not said.exclude or not analysis.problems:
            return analysis
        kept = () if said.excludes(analysis.path) else tuple(p for p in analysis.problems if p.code not in said.ignore)
        return replace(analysis, problems=kept)

    @property
    def environment(self) -> Environment:
        """The Python whose packages are followed. Raises EnvironmentNotFound for a bad choice."""
        if self._environment is None:
            first = self.roots[0] if self.roots else None
            self._environment = find_environment(first, self._python, self._is_trusted, self.roots[1:])
        return self._environment

    @property
    def resolver(self) -> Resolver:
        """Finds the files of imported modules."""
        if self._resolver is None:
            self._resolver = Resolver(self.environment, self.roots, self._is_trusted)
        return self._resolver

    def consult(self, arrived: Callable[[], None] | None = None) -> Oracles | None:
        """Ask the user's own torch and Keras where there is no rule, from now on. A process starts with the first question.

        `arrived` is called, on a thread of the oracle, when analysing again would show more. None where there is no
        interpreter to ask, or where it may not be started.
        """
        from shapelens.oracle.asking import (  # Loaded only here: without it a command line starts sooner.
            Oracle,
            Oracles,
        )

        if not self._is_trusted:
            return None
        try:
            environment = self.environment
        except EnvironmentNotFound:
            return None
        python = interpreter_to_start(environment, self.roots)
        if python is None:
            return None
        torch, keras = (
            Oracle(python, environment.sites, cache_folder() / "oracle", arrived, library=library)
            for library in ("torch", "keras")
        )
        self.oracle = Oracles(torch, keras)
        return self.oracle

    # -- texts ---------------------------------------------------------------------------------------------------

    def update(self, path: str, text: str | None) -> None:
        """The text of an open editor buffer; None: it was closed, the file on disk counts again."""
        if text is None or path not in self._texts:
            self._look_again = True
        if text is None:
            for known in (self._texts, self._trees, self._quiet, self._reuse):
                known.pop(path, None)
            if not self._texts:
                self._rest()
        else:
            self._texts[path] = text
        self._forget(path)

    def _rest(self) -> None:
        """Nothing is open any more: what takes memory goes, and is made anew with the next file."""
        self._following = None
        self._disk.clear()
        forget_parsed()

    def files_changed(self, paths: Sequence[str]) -> None:
        """These files changed, came or went on disk."""
        for path in paths:
            if os.path.basename(path) == CONFIGURATION_FILE:
                self._configuration = None
                self._quiet.clear()
            self._disk.pop(path, None)
            self._quiet.pop(path, None)
            self._forget(path)
        if self._resolver is not None:
            self._resolver.invalidate()
        self._asked.clear()
        self._look_again = True

    def look_at_disk(self) -> bool:
        """Whether a followed file or the configuration changed on disk since it was read; it is then read anew."""
        changed = self._following is not None and self._following.is_stale(self._texts)
        if changed:
            self._following = None
        stamp = self._configuration_stamp()
        if self._configuration is not None and stamp != self._configured:
            self._configuration, changed = None, True
        if changed:
            self._quiet.clear()
        return changed

    def _configuration_stamp(self) -> tuple[int, int]:
        return file_stamp(str(self.roots[0] / CONFIGURATION_FILE)) if self.roots else (0, 0)

    def learn_slowly(self) -> bool:
        """Ask jedi for the imports that the static search did not find; whether an analysis would now say more.

        Takes up to a second for each new name: never on a keystroke's path.
        """
        if self._following is None:
            return False
        asked = [key for key in self._following.missing if key not in self._asked]
        self._asked.update(asked)
        if not self.resolver.learn_slowly(asked):
            return False
        self._following = None
        return True

    def release(self, path: str) -> None:
        """Nobody will ask for this file again: its tree, and packages that take much memory, need not be kept."""
        if path in self._texts:
            return
        if self._following is None or not self._following.holds(path):
            self._disk.pop(path, None)
        self._released += 1
        if self._released < _FEWEST_RELEASED:
            return
        if sum(len(tree.text) for _, tree in self._disk.values()) > _MOST_SOURCE:
            self._released, self._following = 0, None
            self._disk.clear()
            forget_parsed()
            gc.collect()

    def _forget(self, path: str) -> None:
        """A followed module changed: it and all that may hold its values are followed anew."""
        if self._following is not None and self._following.holds(path):
            self._following = None

    def _fresh(self) -> None:
        """Drop what an answer of the oracle, or a followed file that changed on disk, has made old.

        What is open is told by the editor, so typing alone is no reason to look at the disk.
        """
        if self.oracle is not None and self.oracle.generation != self._answered:
            self._answered = self.oracle.generation
            self._quiet.clear()
            if self._following is not None and self._following.has_asked:
                self._following = None
        if self._look_again and self._following is not None and self._following.is_stale(self._texts):
            self._following = None
        self._look_again = False

    def _tree(self, path: str) -> Tree:
        text = self._texts.get(path)
        if text is not None:
            known = self._trees.get(path)
            if known is None or known.text != text:
                known = self._trees[path] = _parsed(text, known)
            return known
        stamp = file_stamp(path)
        held = self._disk.get(path)
        if held is None or held[0] != stamp:
            held = self._disk[path] = (stamp, _parsed(read_text(path), held[1] if held else None))
        return held[1]

    def _machine(self, module: PyModule, shared: bool = True) -> Machine:
        """A machine for one run of a file; with `shared`, modules followed before are used again."""
        following = self._followed() if shared else self._new_following()
        following.main = module
        m = Machine(following, MODULE_FUEL)
        m.oracle, m.call.work = self.oracle, []
        said = self.configuration
        m.memory_budget, m.activation_budget, m.stated = said.memory_budget, said.activation_budget, said.inputs
        return m

    def _followed(self) -> Following:
        if self._following is None:
            self._following = self._new_following()
        return self._following

    def _new_following(self) -> Following:
        return Following(self._tree, lambda: self.resolver, self.roots)

    # -- analysing -----------------------------------------------------------------------------------------------

    @roomy
    def analyse(self, path: str, cancelled: Callable[[], bool] | None = None, *, thorough: bool = True) -> FileAnalysis:
        """All that is known of a file. Raises SourceError where it cannot be read, Cancelled where asked to stop.

        Unless `thorough`, it takes less time at most, and functions that most likely show nothing may be left out: the
        result tells where either was of consequence.
        """
        patience = THOROUGH if thorough else QUICK
        started, limit = time.perf_counter(), seconds_used() + patience.whole
        if path not in self._texts:
            self._look_again = True
            path = os.path.abspath(path) if os.path.exists(path) else path
        self._fresh()
        tree = self._tree(path)
        parsed = time.perf_counter()
        limit = max(limit, seconds_used() + patience.whole / 2)  # however long it took to read
        m, module, places, renderer = self._run_main(path, tree, cancelled, True, limit, patience)
        try:
            if m.trusted and renderer.reports:
                # What a comment says may be out of date: no problem may come of it.
                m.forget_changes()
                m, module, places, renderer = self._run_main(path, tree, cancelled, False, m.limit, patience)
            ran = time.perf_counter()
            reuse = self._reuse.get(path)
            if reuse is not None:
                reuse.settle(m)
            skipped = frozenset() if thorough else self._quiet.get(path, frozenset())
            roots = Roots(m, module, tree, places, renderer, skipped, renderer.reports, reuse)
            roots.run()
            if reuse is not None:
                reuse.finish()
                self._quiet[path] = roots.quiet()
        finally:
            m.forget_changes()
        done = time.perf_counter()
        analysis = renderer.analysis(path, tree)
        waiting = roots.waiting or m.was_late and not thorough
        analysis = replace(analysis, unfinished=m.unfinished + tree.left_out, waiting=waiting)
        analysis.timings.update(
            parse=parsed - started, module=ran - parsed, contexts=done - ran, render=time.perf_counter() - done
        )
        return self._wanted(analysis)

    def _run_main(
        self,
        path: str,
        tree: Tree,
        cancelled: Callable[[], bool] | None,
        prose: bool,
        limit: float,
        patience: Patience,
    ) -> tuple[Machine, PyModule, dict[int, Chunked], Renderer]:
        """Run a file as a script; with `prose`, its comments count where nothing else is known."""
        reuse = self._reused(path)
        module = reuse.module if reuse is not None else self._main_module(path)
        m = self._machine(module)
        m.cancelled, m.prose, m.limit, m.patience = cancelled, prose, limit, patience
        m.allow(patience.module)
        renderer = Renderer(m, {path: tree})
        try:
            places = run_main(m, module, tree, reuse)
        except BaseException:
            m.forget_changes()
            raise
        m.prose = False
        renderer.finish()
        return m, module, places, renderer

    def _reused(self, path: str) -> Reuse | None:
        """What is kept of an open file from one analysis to the next."""
        if path not in self._texts:
            return None
        following = self._followed()
        ground = self.configuration, self._answered, number_of_rules()
        known = self._reuse.get(path)
        if known is None or known.following is not following or known.ground != ground:
            # Who types into a file that this one imports makes all of it anew each time: keeping it would be in vain.
            known = self._reuse[path] = Reuse(self._main_module(path), following, ground, keeps=known is None)
        return known

    def mended(
        self, analysis: FileAnalysis, problem: Problem, seconds: float, cancelled: Callable[[], bool] | None = None
    ) -> Problem:
        """The problem with its fixes: each was tried by an analysis of the edited text. Takes up to `seconds`."""
        from shapelens.analysis.mending import fixes  # A file without problems never pays for it.

        path = analysis.path
        tree = self._tree(path)
        if tree.text != analysis.text:
            return problem
        found = fixes(problem, analysis, tree, lambda text, stop: self._trial(path, text, stop), seconds, cancelled)
        return replace(problem, fixes=found)

    def adopted(self, analysis: FileAnalysis, line: int) -> Adoption | None:
        """The jaxtyping annotations for the function whose head is on the line."""
        from shapelens.analysis.adopting import adoption

        path = analysis.path
        tree = self._tree(path)
        if tree.text != analysis.text:
            return None
        return adoption(analysis, tree, line, lambda text: self._trial(path, text))

    def _trial(self, path: str, text: str, cancelled: Callable[[], bool] | None = None) -> FileAnalysis:
        """What would be known of the file if its text were this; nothing of it is remembered."""
        other = Session(self.roots, self._python)
        other._environment, other._resolver, other._following = self._environment, self._resolver, self._following
        other._texts = {**self._texts, path: text}
        other._trees = {path: self._tree(path)}
        other._disk, other.oracle, other._answered = self._disk, self.oracle, self._answered
        if other._following is not None and other._following.holds(path):
            other._following = None
        return other.analyse(path, cancelled)

    def _main_module(self, path: str) -> PyModule:
        name = self.resolver.module_name_of(Path(path)) if os.path.isabs(path) else "__main__"
        module = PyModule(name or "__main__", path, os.path.basename(path) == "__init__.py")
        module.namespace["__name__"] = "__main__"
        return module

    @roomy
    def run_entry(self, target: str, entry: str, inputs: Sequence[InputSpec], keras: bool = False) -> EntryResult:
        """Evaluate an expression in the namespace of a file or module, then call it with the inputs.

        Only what is seen in that call counts, and every problem on the way there. Raises SourceError where the target
        cannot be found or read, and ValueError where the expression does not parse.
        """
        try:
            expression = ast.parse(entry.strip(), mode="eval")
        except SyntaxError as error:
            raise ValueError(f"--entry is not an expression: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise ValueError("--entry is nested too deeply") from None
        path, tree, _, m, frame = self._namespace(target, entry)
        m.recording = keras
        try:
            model = ev(m, expression.body, frame)
            m.recording = True
            if not keras:
                args = [Tensor(spec.shape, spec.dtype) for spec in inputs]
                calls.call(m, frame, expression.body, model, args, {})
        except Exceptional as error:
            m.locate(error, frame.place, expression.body)
            m.report_uncaught(error)
        except Budget:
            pass
        m.seen = [
            entry for entry in m.seen if entry[0] is not frame.place
        ]  # the expression stands in no line of the file
        # All inputs are given: a size that is open is one that got lost on the way, not one to choose.
        renderer = Renderer(m, {path: tree}, self._tree, assumes=False)
        renderer.finish()
        return EntryResult(tuple(self._wanted(analysis) for analysis in renderer.analyses(m.below, path)))

    def _namespace(
        self,
        target: str,
        entry: str,
        counted: bool = False,
        cancelled: Callable[[], bool] | None = None,
        seconds: float = _SUMMARY_PATIENCE,
    ) -> tuple[str, Tree, PyModule, Machine, Frame]:
        """Run a file or module, so that an expression can be evaluated in its namespace. Raises SourceError.

        With `counted`, what its own statements compute is kept.
        """
        path = target if target.endswith(".py") or target in self._texts else None
        if path is None:
            found = self.resolver.find(target, None)
            if found is None or found.path is None:
                raise SourceError(f"no module {target} in {self.environment.python or 'this environment'}")
            path = str(found.path)
        path = path if path in self._texts else os.path.abspath(path)
        tree = self._tree(path)
        module = self._main_module(path)
        m = self._machine(module, shared=False)
        m.training, m.cancelled = False, cancelled
        m.fuel = 20_000_000
        m.allow(seconds)
        m.record_all = True
        m.below = _root(module, path)
        m.recording = False
        m.call.work = [] if counted else None
        run_main(m, module, tree)
        m.seen.clear()
        chunk = Chunked(path, _parsed(entry.strip(), None).chunks[0], False)
        return path, tree, module, m, Frame(module, chunk, module.namespace)

    @roomy
    def summarise(
        self,
        target: str,
        entry: str,
        inputs: Sequence[InputSpec],
        flows: bool = False,
        cancelled: Callable[[], bool] | None = None,
        *,
        thorough: bool = True,
    ) -> SummaryResult:
        """The layers of a model: a class of a file or module, or an expression that makes or names one.

        Without inputs, those of the first call in the file's own statements, else what the layers ask for. With `flows`,
        also how its tensors flow. Unless `thorough`, it takes less time at most. Raises Cancelled where asked to stop, SourceError where the target cannot be read, and ValueError, with a message for a person, where there is
        no such model or its inputs cannot be known.
        """
        try:
            expression = ast.parse(entry.strip(), mode="eval").body
        except SyntaxError as error:
            raise ValueError(f"{entry!r} is not an expression: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise ValueError("the expression is nested too deeply") from None
        seconds = _SUMMARY_PATIENCE if thorough else _VIEW_PATIENCE
        path, tree, module, m, frame = self._namespace(target, entry, True, cancelled, seconds)
        for name in {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}:
            if canonical(f"{target}.{name}") in layers and name not in module.namespace:
                module.namespace[name] = Lib(f"{target}.{name}")  # a library that is known by rules is not followed
        try:
            run = models.run(m, frame, expression, [Tensor(spec.shape, spec.dtype) for spec in inputs], flows)
        except Budget:
            raise ValueError(f"{entry} is too large to follow") from None
        renderer = Renderer(m, {path: tree}, self._tree)
        found = None if run.root is None else summary(run.root, renderer)
        drawn = flow(run.root, renderer) if flows and run.root is not None else None
        renderer.finish()
        files = {report.place.file for report in renderer.reports} | {path}
        return SummaryResult(
            found,
            tuple(self._wanted(renderer.analysis(file, self._tree(file))) for file in sorted(files)),
            run.error,
            drawn,
            renderer.names,
        )


_KERAS = re.compile(r"\b(?:keras|tensorflow|tf)\b|\blayers\.[A-Z]")


def _parsed(text: str, known: Tree | None) -> Tree:
    """The tree of a text. The rules of Keras, TensorFlow and scikit-learn are loaded with the first text that names them."""
    if "shapelens.rules.tensorflow" not in sys.modules and _KERAS.search(text):
        import shapelens.rules.keras
        import shapelens.rules.tensorflow

        forget_names()
    if "shapelens.rules.sklearn" not in sys.modules and "sklearn" in text:
        import shapelens.rules.sklearn  # noqa: F401  registers the rules

        forget_names()
    return parse(text, known)


def _root(module: PyModule, path: str) -> str:
    """The start of the paths whose problems an entry run shows: the module's whole package, or the one file."""
    levels = module.name.count(".") + module.is_package
    folder = path
    for _ in range(levels):
        folder = os.path.dirname(folder)
    return os.path.join(folder, "") if levels else path


def run_main(m: Machine, module: PyModule, tree: Tree, reuse: Reuse | None = None) -> dict[int, Chunked]:
    """Run a file's own statements, but for what an earlier version had already; the places of its chunks."""
    run: Callable[[Chunk, Chunked], None]
    if reuse is not None:
        places, run = reuse.begin(m, tree), partial(reuse.run, m)
    else:
        places = {id(chunk): Chunked(module.path or module.name, chunk, True) for chunk in tree.chunks}
        run = partial(_run_anew, m, module)
    try:
        for chunk in tree.chunks:
            run(chunk, places[id(chunk)])
    except Budget:
        m.unfinished += 1
    return places


def _run_anew(m: Machine, module: PyModule, chunk: Chunk, place: Chunked) -> None:
    run_chunk(m, module, place)


def deepen_stack() -> None:
    """Interpreted calls nest many Python calls: allow for that."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 12_000))


deepen_stack()

__all__ = [
    "Cancelled", "Edit", "EntryResult", "Expression", "Fact", "InputSpec", "Place", "Problem", "Session", "Shown", "Span",
    "Summary", "SummaryResult",
]  # fmt: skip
