"""The oracle as the interpreter meets it: asked without waiting, it answers from what it knows, and finds out the rest.

`ask` gives None for what it does not know yet and keeps the question; a thread of its own asks the worker. When
something has come in, `arrived` is called (on that thread): analysing once more then gets the answers.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapelens.oracle.cache import Cache
from shapelens.oracle.fitting import Point, fit, is_evidence, points
from shapelens.oracle.packages import versions
from shapelens.oracle.process import CALL_SECONDS, Worker, WorkerFailed
from shapelens.oracle.questions import Answer, Question, answered, question

logger = logging.getLogger(__name__)

MOST_PENDING = 300
MOST_ANSWERS = 20_000
MOST_FAILURES = 3
IDLE_SECONDS = 120.0
_TELL_SECONDS = 0.5
# For a tensor of unknown dtype; the first that works is asked in full. Mixtures are not tried.
_DTYPES = ("float32", "int64", "bool", "complex64", "float64", "bfloat16")
_PROBES = 6
_LARGEST_CHECK = 1 << 20
_MISSING = object()


class Oracle:
    """Answers for one environment. Threads: `may_ask`, `ask` and `wait` may be called on any."""

    def __init__(
        self,
        python: str,
        sites: Sequence[str],
        cache: Path,
        arrived: Callable[[], None] | None = None,
        start: Callable[[], Worker] | None = None,
        library: str = "torch",
    ) -> None:
        self.problem = ""
        """Why nothing is asked any more; empty while all is well."""
        self.generation = 0
        """Grows when answers came in that an analysis did not have."""
        self._arrived = arrived
        self._start = start or (lambda: Worker(python, sites, library=library))
        self._lock = threading.Condition()
        self._answers: dict[str, Any] = {}
        self._names: frozenset[str] | None = None
        self._queue: deque[Question] = deque()
        self._pending: set[str] = set()
        self._wants_names = self._is_asking = False
        self._thread: threading.Thread | None = None
        self._worker: Worker | None = None
        self._failures = 0
        self._closed = False
        version = versions(sites, (library,)).get(library)
        self._cache = Cache(cache, version or "none", library)
        if version is None:
            self.problem = f"no {library} in this environment"
        else:
            self._answers, self._names = self._cache.load()

    # -- what the interpreter calls ------------------------------------------------------------------------------------

    def may_ask(self, path: str) -> bool:
        """Whether a library name is one that the worker answers for; False as long as that is not known."""
        names = self._names
        if names is None and not self.problem:
            with self._lock:
                self._wants_names = True
                self._wake()
        return names is not None and path in names

    def ask(
        self,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        made_of: tuple[Sequence[Any], Mapping[str, Any]] | None = None,
    ) -> Any:
        """What the call gives, or None: not known, or not yet. `made_of`: arguments of the layer that is called."""
        if not self.may_ask(path) and self._names is not None:
            return None
        asked = question(path, args, kwargs, made_of)
        if asked is None:
            return None
        known = self._answers.get(asked.key, _MISSING)
        if known is not _MISSING:
            return None if known is None else answered(asked, known)
        with self._lock:
            if not self.problem and asked.key not in self._pending and len(self._pending) < MOST_PENDING:
                self._pending.add(asked.key)
                self._queue.append(asked)
                self._wake()
        return None

    # -- waiting and ending --------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to find out; whether that is so."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._is_busy(), seconds)

    def close(self) -> None:
        """End the worker; nothing is asked any more."""
        with self._lock:
            self._closed = True
            self.problem = self.problem or "closed"
            worker, self._worker = self._worker, None
            self._lock.notify_all()
        if worker is not None:
            worker.close()

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _is_busy(self) -> bool:
        wanted = bool(self._queue) or self._is_asking or self._wants_names and self._names is None
        return wanted and not self.problem

    def _wake(self) -> None:
        """With the lock held."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="oracle", daemon=True)
            self._thread.start()
        self._lock.notify_all()

    def _run(self) -> None:
        told, told_at = self.generation, time.monotonic()
        while True:
            with self._lock:
                if not self._lock.wait_for(lambda: self._closed or self._is_busy(), IDLE_SECONDS):
                    self._thread = None  # Idle: a worker takes memory, and is started again when there is need.
                    worker, self._worker = self._worker, None
                    if worker is not None:
                        worker.close()
                    return
                if self._closed:
                    return
                asked = self._queue.popleft() if self._queue else None
                self._is_asking = True
            try:
                self._find_out(asked)
            except Exception:
                logger.exception("the oracle failed")
                self.problem = self.problem or "internal error"
            with self._lock:
                self._is_asking = False
                is_last = not self._is_busy()
                self._lock.notify_all()
            if self.generation != told and (is_last or time.monotonic() - told_at > _TELL_SECONDS):
                told, told_at = self.generation, time.monotonic()
                if self._arrived is not None:
                    self._arrived()

    def _find_out(self, asked: Question | None) -> None:
        try:
            if self._worker is None:
                self._worker = self._started()
            if asked is None:
                return
            is_listed = asked.path in (self._names or ())
            answer = answer_of(asked, self._worker) if is_listed else None
        except WorkerFailed as failure:
            self._note_failure(failure)
            answer, is_listed = None, False
        except TooSlow:
            answer, is_listed = None, False
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            self._note_failure(WorkerFailed(f"the worker said what is no answer ({type(error).__name__})"))
            answer, is_listed = None, False
        if asked is None:
            return
        with self._lock:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[asked.key] = answer
            self._pending.discard(asked.key)
            if answer is not None:
                self.generation += 1
        if is_listed:
            self._cache.add({asked.key: answer})

    def _started(self) -> Worker:
        try:
            worker = self._start()
        except WorkerFailed as failure:
            self.problem = str(failure)
            raise
        with self._lock:
            if worker.hello.names != self._names:
                self._names = worker.hello.names
                self.generation += 1
        self._cache.add_names(worker.hello.names)
        if self._closed:
            worker.close()
        return worker

    def _note_failure(self, failure: WorkerFailed) -> None:
        """The worker is gone. What it was asked last has no answer, for now; it may be started again a few times."""
        logger.info("the oracle's worker: %s", failure)
        with self._lock:
            worker, self._worker = self._worker, None
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                self.problem = self.problem or f"given up after {self._failures} failures: {failure}"
        if worker is not None:
            worker.close()


class Oracles:
    """The oracles of an environment as one: each call is asked of the library that it is of.

    A worker starts with the first call of its library that no rule answers.
    """

    def __init__(self, torch: Oracle, keras: Oracle) -> None:
        self._torch, self._keras = torch, keras

    @property
    def problem(self) -> str:
        """Why nothing is asked any more; empty while there is a library that can be."""
        return self._torch.problem if self._torch.problem and self._keras.problem else ""

    @property
    def generation(self) -> int:
        """Grows when answers came in that an analysis did not have."""
        return self._torch.generation + self._keras.generation

    def may_ask(self, path: str) -> bool:
        """As Oracle.may_ask."""
        if path.startswith(("keras.", "tensorflow.")):
            return path.startswith(_OF_KERAS) and self._keras.may_ask(path)
        return self._torch.may_ask(path)

    def ask(
        self,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        made_of: tuple[Sequence[Any], Mapping[str, Any]] | None = None,
    ) -> Any:
        """As Oracle.ask."""
        return (self._keras if path.startswith("keras.") else self._torch).ask(path, args, kwargs, made_of)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to find out; whether that is so."""
        end = time.monotonic() + seconds
        return self._torch.wait(seconds) and self._keras.wait(max(end - time.monotonic(), 0))

    def close(self) -> None:
        """End the workers."""
        self._torch.close()
        self._keras.close()


_OF_KERAS = ("keras.layers.", "keras.ops.")


# -- one question ------------------------------------------------------------------------------------------------------


class TooSlow(Exception):
    """Not enough came back in time. Another time, or on another machine, it may."""


@dataclass(frozen=True)
class _Result:
    point: Point
    shape: Any


@dataclass(frozen=True)
class _Batch:
    """What came back where the call works; `late` where not all of it was tried in time."""

    results: tuple[_Result, ...] = ()
    late: bool = False


def answer_of(asked: Question, worker: Worker, seconds: float = CALL_SECONDS) -> Answer | None:
    """The answer that fits all that came back; None where there is none. Raises WorkerFailed, TooSlow."""
    where = [point for point in points(asked.minimums, asked.numbers) if _is_possible(asked, point)]
    if not where:
        return None
    if asked.is_typed:
        batches = [_batch(asked, worker, where, "float32", seconds)]
    else:
        probes = {dtype: _batch(asked, worker, where[:_PROBES], dtype, seconds) for dtype in _DTYPES}
        main = next((dtype for dtype, batch in probes.items() if batch.results), None)
        batches = list(probes.values())
        if main is not None:
            batches.append(_batch(asked, worker, where, main, seconds))
    results = [each for batch in batches for each in batch.results]
    found: Answer | None = None
    count = len(asked.symbols)
    if is_evidence([each.point for each in results], count):
        found = _fitted([asked.whole(each.point) for each in results], [each.shape for each in results], count)
    if found is not None and _has_tensor(found):
        return found
    if any(batch.late for batch in batches):
        raise TooSlow
    return None


def _is_possible(asked: Question, point: Point) -> bool:
    try:
        asked.call(point, "float32")
    except ZeroDivisionError:
        return False
    return True


def _batch(asked: Question, worker: Worker, where: list[Point], dtype: str, seconds: float) -> _Batch:
    """What came back at some points; nothing where a check with data says something else than the meta device."""
    calls = [asked.call(point, dtype) for point in where]
    checks = [index for index, call in enumerate(calls[:_PROBES]) if _numel(call) <= _LARGEST_CHECK]
    said = worker.ask({"call": asked.path, "layer": asked.is_layer, "calls": calls, "check": checks}, seconds)
    shapes = said.get("results")
    if not isinstance(shapes, list) or len(shapes) != len(where):
        return _Batch()
    for index, shape in said.get("checks", ()):
        if shape[0] != "!" and shape != shapes[index]:
            return _Batch()
    worked = tuple(_Result(point, shape) for point, shape in zip(where, shapes) if shape[0] != "!")
    return _Batch(worked, bool(said.get("late")))


def _numel(call: Any) -> int:
    if isinstance(call, dict) and isinstance(call.get("x"), list):
        total = 1
        for size in call["x"]:
            total *= size
        return total
    return sum(map(_numel, call.values() if isinstance(call, dict) else call if isinstance(call, list) else ()))


def _fitted(where: list[Point], shapes: list[Any], count: int) -> Answer:
    """One answer for what came back at all points; `["?"]` where they are not of one form."""
    kinds = {shape[0] for shape in shapes}
    if len(kinds) > 1:
        return ["?"]
    (kind,) = kinds
    if kind == "x":
        if len({len(shape[1]) for shape in shapes}) > 1:
            return ["?"]
        dims = [fit(where, sizes, count) for sizes in zip(*(shape[1] for shape in shapes))]
        dtypes = {shape[2] for shape in shapes}
        return ["?"] if None in dims else ["x", dims, dtypes.pop() if len(dtypes) == 1 else None]
    if kind in ("t", "l"):
        if len({len(shape[1]) for shape in shapes}) > 1:
            return ["?"]
        items = [_fitted(where, list(each), count) for each in zip(*(shape[1] for shape in shapes))]
        return [kind, items, *shapes[0][2:]]
    return [kind]


def _has_tensor(answer: Answer) -> bool:
    return answer[0] == "x" or answer[0] in ("t", "l") and any(map(_has_tensor, answer[1]))
