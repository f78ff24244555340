"""Analyses off the event loop: one worker thread, immutable snapshots, newer edits cancel what runs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from shapelens.analysis.adopting import Adoption
from shapelens.analysis.facts import FileAnalysis, Problem
from shapelens.lsp.documents import Document, Documents
from shapelens.values.text import shape_text

if TYPE_CHECKING:
    from shapelens.analysis.session import InputSpec, SummaryResult

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Analyser(Protocol):
    """What the server needs of a Session."""

    def update(self, path: str, text: str | None) -> None:
        """The text of an open document; None: closed."""

    def analyse(self, path: str, cancelled: Callable[[], bool] = ..., *, thorough: bool = ...) -> FileAnalysis:
        """All that is known of a file; unless `thorough`, what most likely shows nothing may be left out."""

    def mended(
        self, analysis: FileAnalysis, problem: Problem, seconds: float, cancelled: Callable[[], bool] | None = ...
    ) -> Problem:
        """The problem with its fixes."""

    def adopted(self, analysis: FileAnalysis, line: int) -> Adoption | None:
        """The annotations for the function whose head is on the line."""

    def summarise(
        self,
        target: str,
        entry: str,
        inputs: Sequence[InputSpec],
        flows: bool = ...,
        cancelled: Callable[[], bool] | None = ...,
        *,
        thorough: bool = ...,
    ) -> SummaryResult:
        """The layers of a model of a file; unless `thorough`, in less time at most."""

    def files_changed(self, paths: Sequence[str]) -> None:
        """Files changed on disk."""

    def learn_slowly(self) -> bool:
        """Look for imports that were not found, by ways that take seconds; whether there is more to see now."""

    def look_at_disk(self) -> bool:
        """Whether files changed on disk since they were read; they are read again."""

    @property
    def complaints(self) -> Sequence[str]:
        """What is not valid in the project's configuration."""

    def limit(self, **budgets: int | None) -> None:
        """Budgets in bytes that count before those of the project."""

    def consult(self, arrived: Callable[[], None]) -> Closable | None:
        """Ask the user's own torch from now on; only in a trusted workspace. What ends that."""


class Closable(Protocol):
    """Something that runs until it is told not to."""

    def close(self) -> None:
        """End it."""


MakeAnalyser = Callable[[Sequence[Path], "str | None"], Analyser]


def _mended(analysis: FileAnalysis, problem: Problem, cancelled: Callable[[], bool], analyser: Analyser) -> Problem:
    return analyser.mended(analysis, problem, _MENDING_SECONDS, cancelled)


class Stale(Exception):
    """The document was changed or closed before its analysis was done."""


@dataclass(frozen=True)
class _Key:
    """What an analysis depends on: a version of the document, and the state of everything (see `Analyses.clock`)."""

    uri: str
    version: int
    clock: int


_STACK_BYTES = 256 * 1024 * 1024
"""Of address space: interpreted calls nest many Python calls, and a thread has little room by default."""


def _worker() -> ThreadPoolExecutor:
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="analysis")
    usual = threading.stack_size(_STACK_BYTES)
    try:
        worker.submit(int).result()  # The thread starts with its first task.
    finally:
        threading.stack_size(usual)
    return worker


_COLLECTIONS = (10_000, 10, 3)
"""How seldom Python looks for cycles to free: few analyses leave any, and what was there before is not looked at."""
_COMPLETED_SECONDS = 0.5
"""After so long without an edit, what was left out for the sake of speed is looked at."""

_ATTEMPTS = 3
"""How often work is started, at most, that something else interrupts; the last time it is not."""

_MENDING_SECONDS = 1.5
"""How long the search for the fixes of one problem may take; an edit ends it."""


class _Job:
    def __init__(self, key: _Key) -> None:
        self.key = key
        self.cancelled = threading.Event()
        self.done: asyncio.Future[FileAnalysis] = asyncio.get_running_loop().create_future()
        self.completing: asyncio.TimerHandle | None = None
        # Nobody may be waiting any more when it fails.
        self.done.add_done_callback(lambda future: future.cancelled() or future.exception())


class Analyses:
    """The newest analysis of each open document. All methods are called on the event loop."""

    def __init__(
        self,
        documents: Documents,
        make: Callable[[Sequence[Path], str | None, bool], Analyser],
        completed: Callable[[], None] = lambda: None,
    ) -> None:
        """`completed` is called when an analysis that somebody may have asked for shows more than it did."""
        self.clock = 0
        self._documents, self._make, self._completed = documents, make, completed
        self._worker = _worker()
        gc.set_threshold(*_COLLECTIONS)
        self._roots: tuple[Path, ...] = ()
        self._python: str | None = None
        self._oracle = False
        self._others: tuple[object, ...] = ()
        self._analyser: Analyser | None = None
        self._renewed = True
        self._dirty: dict[str, str | None] = {}
        self._on_disk: list[str] = []
        self._jobs: dict[str, _Job] = {}
        self._mended: dict[str, dict[Problem, tuple[_Key, Problem]]] = {}
        self._aside: set[threading.Event] = set()
        self._stopped = False

    # -- what changed ------------------------------------------------------------------------------------------------

    def configure(
        self, roots: Sequence[Path], python: str | None, oracle: bool = False, others: tuple[object, ...] = ()
    ) -> bool:
        """Use these folders and this interpreter, and ask that one's torch or not; whether that is a change.

        `others` is what else the analyser is made with.
        """
        known = self._roots, self._python, self._oracle, self._others
        if (tuple(roots), python, oracle, others) == known and not self._renewed:
            return False
        self._others = others
        self._roots, self._python, self._oracle = tuple(roots), python, oracle
        self._renewed = True
        self._tick()
        return True

    def renew(self) -> None:
        """Make the analyser anew."""
        self._renewed = True
        self._tick()

    def document_changed(self, document: Document) -> None:
        """The document was opened or edited."""
        self._dirty[document.path] = document.text
        self._tick()

    def document_closed(self, document: Document) -> None:
        """The file counts again as it is on disk."""
        self._dirty[document.path] = None
        self._tick()
        self._drop(document.uri)
        if not self._documents.programs and not self._stopped:
            self.warm_up()  # No analysis comes that would tell it: what it keeps of files may go now.
            self._worker.submit(_give_back)

    def files_changed(self, paths: Sequence[str]) -> None:
        """Files changed on disk."""
        self._on_disk += paths
        self._tick()

    def answers_arrived(self) -> None:
        """The oracle knows more than it did: all analyses would show more."""
        self._tick()

    def _tick(self) -> None:
        """Every analysis so far is of an older state; those that run are worth nothing to anyone any more."""
        self.clock += 1
        for job in self._jobs.values():
            job.cancelled.set()
        for cancelled in self._aside:
            cancelled.set()

    def _drop(self, uri: str) -> None:
        self._mended.pop(uri, None)
        job = self._jobs.pop(uri, None)
        if job is not None and job.completing is not None:
            job.completing.cancel()  # it would keep the analysis
        if job is not None and not job.done.done():
            job.done.set_exception(Stale())

    # -- analyses ----------------------------------------------------------------------------------------------------

    async def of(self, document: Document) -> FileAnalysis:
        """The analysis of this version of the document. Raises Stale if the document changes meanwhile."""
        while True:
            if self._stopped or self._documents.get(document.uri) is not document:
                raise Stale
            job = self._job(document)
            try:
                # Shielded: that one client request is cancelled must not fail the others that wait.
                analysis = await asyncio.shield(job.done)
            except Stale:
                if self._documents.get(document.uri) is not document:
                    raise
                continue  # Only something else changed: once more, with that.
            if self._documents.get(document.uri) is not document:
                raise Stale
            return analysis

    def _complete_soon(self, job: _Job, document: Document) -> None:
        """Where the analysis has left something out, look at that as well once nobody types."""
        if job.done.cancelled() or job.done.exception() is not None or not job.done.result().waiting:
            return
        loop = asyncio.get_running_loop()
        job.completing = loop.call_later(_COMPLETED_SECONDS, lambda: loop.create_task(self._complete(job, document)))

    async def _complete(self, job: _Job, document: Document) -> None:
        if self._stopped or job.cancelled.is_set() or self._jobs.get(document.uri) is not job:
            return
        whole = _Job(job.key)
        whole.cancelled = job.cancelled
        with contextlib.suppress(RuntimeError, Stale):  # the worker is gone; the document has changed
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._worker, self._run, whole, document, self._changes(), True)
            result = await whole.done
            if not job.cancelled.is_set() and self._jobs.get(document.uri) is job:
                self._jobs[document.uri] = whole
                self._mended.pop(document.uri, None)
                if _said(result) != _said(job.done.result()):
                    self._completed()

    async def mended(self, document: Document, problems: Sequence[Problem]) -> list[Problem]:
        """Those problems of the document with their fixes. Raises Stale if the document changes meanwhile."""

        async def mend_all(job: _Job, analysis: FileAnalysis) -> list[Problem]:
            known = self._mended.setdefault(job.key.uri, {})
            for problem in [p for p in known if known[p][0] != job.key]:
                del known[problem]
            for problem in problems:
                if problem not in known and not job.cancelled.is_set():
                    search = partial(_mended, analysis, problem, job.cancelled.is_set)
                    found = await self._asked(job, search, problem)
                    if not job.cancelled.is_set():
                        known[problem] = job.key, found
            return [known[problem][1] if problem in known else problem for problem in problems]

        return await self._while_unchanged(document, mend_all, list(problems))

    async def adopted(self, document: Document, line: int) -> Adoption | None:
        """The annotations for the function whose head is on the line. Raises Stale where the document changes."""

        async def adopt(job: _Job, analysis: FileAnalysis) -> Adoption | None:
            return await self._asked(job, lambda analyser: analyser.adopted(analysis, line), None)

        return await self._while_unchanged(document, adopt, None)

    async def _while_unchanged(
        self, document: Document, find: Callable[[_Job, FileAnalysis], Awaitable[T]], otherwise: T
    ) -> T:
        """What is found for an analysis of the document that holds until then; `otherwise` where there is none.

        It is looked for again where only something else changed. Raises Stale if the document changes meanwhile.
        """
        for _ in range(_ATTEMPTS):
            analysis = await self.of(document)
            job = self._jobs.get(document.uri)
            if job is None:
                return otherwise
            found = await find(job, analysis)
            if not job.cancelled.is_set():
                return found
        raise Stale

    async def _asked(self, job: _Job, ask: Callable[[Analyser], T], otherwise: T) -> T:
        """What the analyser answers, on the worker thread; `otherwise` where it fails, or the job counts no more."""

        def run() -> T:
            if self._analyser is None or job.cancelled.is_set():
                return otherwise
            try:
                return ask(self._analyser)
            except Exception:
                logger.exception("a search failed")
                return otherwise

        return await asyncio.get_running_loop().run_in_executor(self._worker, run)

    async def worked(self, document: Document, work: Callable[[Analyser, Callable[[], bool]], T]) -> T:
        """What the work gives, done on the worker thread for this version of the document.

        It is told when to stop, and is started again where only something else changed. Raises Stale if the document
        changes meanwhile, and what the work raises.
        """
        loop = asyncio.get_running_loop()
        for attempt in range(_ATTEMPTS):
            if self._stopped or self._documents.get(document.uri) is not document:
                raise Stale
            cancelled = threading.Event()
            if attempt < _ATTEMPTS - 1:
                self._aside.add(cancelled)
            apply = self._changes()
            try:
                return await loop.run_in_executor(self._worker, lambda: work(apply(), cancelled.is_set))  # noqa: B023
            except Exception:
                if not cancelled.is_set():
                    raise
            finally:
                self._aside.discard(cancelled)
        raise Stale

    async def learn_slowly(self) -> bool:
        """Look for imports that were not found, aside; whether analyses would now show more."""
        analyser = self._analyser
        if analyser is None or self._stopped:
            return False
        learnt = await asyncio.get_running_loop().run_in_executor(None, analyser.learn_slowly)
        if learnt:
            self._tick()
        return learnt

    async def look_at_disk(self) -> bool:
        """Whether a file that was read has changed on disk, where nobody watches: analyses then say something else."""
        if self._analyser is None or self._stopped or self._is_busy:
            return False
        changed = await asyncio.get_running_loop().run_in_executor(self._worker, self._analyser.look_at_disk)
        if changed:
            self._tick()
        return changed

    @property
    def _is_busy(self) -> bool:
        return any(not job.done.done() for job in self._jobs.values())

    def warm_up(self) -> None:
        """Make the analyser now, so that the first document does not wait for it."""
        self._worker.submit(self._changes())
        self._worker.submit(gc.freeze)

    def tidy(self) -> None:
        """Free what analyses have left behind, on the worker thread."""
        if not self._stopped and not self._is_busy:
            self._worker.submit(_tidy)

    def _job(self, document: Document) -> _Job:
        key = _Key(document.uri, document.version, self.clock)
        job = self._jobs.get(document.uri)
        if job is not None and job.key == key and not (job.done.done() and job.cancelled.is_set()):
            return job
        self._drop(document.uri)
        job = self._jobs[document.uri] = _Job(key)
        job.done.add_done_callback(lambda _: self._complete_soon(job, document))
        asyncio.get_running_loop().run_in_executor(self._worker, self._run, job, document, self._changes(), False)
        return job

    def _changes(self) -> Callable[[], Analyser]:
        """What the worker has to tell the analyser first; handed over at once, so that the order is kept."""
        renewed, self._renewed = self._renewed, False
        dirty, self._dirty = self._dirty, {}
        on_disk, self._on_disk = self._on_disk, []
        if renewed:
            dirty = {document.path: document.text for document in self._documents.programs}
        roots, python, oracle = self._roots, self._python, self._oracle

        def apply() -> Analyser:
            if renewed or self._analyser is None:
                try:
                    self._analyser = self._make(roots, python, oracle)
                except BaseException:
                    self._renewed = True  # The next job starts anew, with all documents.
                    raise
            for path, text in dirty.items():
                try:
                    self._analyser.update(path, text)
                except Exception:
                    logger.exception("update of %s failed", path)
            if on_disk and not renewed:
                self._analyser.files_changed(on_disk)
            return self._analyser

        return apply

    def _run(self, job: _Job, document: Document, apply: Callable[[], Analyser], thorough: bool) -> None:
        """On the worker thread."""
        result: FileAnalysis | BaseException
        try:
            analyser = apply()
            if job.cancelled.is_set():
                raise Stale
            result = analyser.analyse(document.path, job.cancelled.is_set, thorough=thorough)
        except BaseException as error:
            result = error if not job.cancelled.is_set() else Stale()
        # The loop may be gone when the server is shutting down.
        with contextlib.suppress(RuntimeError):
            job.done.get_loop().call_soon_threadsafe(_finish, job, result)

    def stop(self) -> None:
        """End what runs; nothing is started any more."""
        self._stopped = True
        for job in self._jobs.values():
            job.cancelled.set()
        self._worker.shutdown(wait=False, cancel_futures=True)


def _tidy() -> None:
    """Free all cycles. What is left is most likely kept: until the next time Python does not look at it again."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _give_back() -> None:
    """Hand the memory of what is gone back to the system, as far as it lies together."""
    _tidy()
    if sys.platform == "linux":
        import ctypes  # Only here: no keystroke waits for it.

        with contextlib.suppress(OSError, AttributeError):  # a C library that knows no such thing
            ctypes.CDLL(None).malloc_trim(0)


def _said(analysis: FileAnalysis) -> list[object]:
    """What hints and problems say."""
    names = analysis.names
    facts = [
        (f.span, f.name, f.kind, [(shape_text(v.shape, names), v.dtype) for v in f.values]) for f in analysis.facts
    ]
    return [facts, [(p.span, p.code, p.message) for p in analysis.problems]]


def _finish(job: _Job, result: FileAnalysis | BaseException) -> None:
    if job.done.done():
        return
    if isinstance(result, FileAnalysis):
        job.done.set_result(result)
        return
    if not isinstance(result, Stale):
        logger.error("analysis of %s failed", job.key.uri, exc_info=result)
    job.done.set_exception(result)
