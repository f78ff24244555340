"""One task for each of many files, on all processors, with the results in the order of the files."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
_FEWEST = 8
"""Fewer files than this are done before further processes would be of use."""
_task: Callable[[str], Any] = str


def processors() -> int:
    """How many processes can run at once; 1 where a process cannot be forked.

    A process that is started anew would look for modules in the folder that it is started in, which may be anyone's.
    """
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def in_order(task: Callable[[str], T], files: Sequence[str], processes: int) -> Iterator[T]:
    """What the task gives for each file. With several processes each has a copy of all that the task knows."""
    if processes < 2 or len(files) < _FEWEST:
        yield from map(task, files)
        return
    import multiprocessing  # A few files need none of it.
    from concurrent.futures import ProcessPoolExecutor

    global _task
    _task = task  # A forked process finds it there: closures cannot be sent.
    gc.collect()
    gc.freeze()
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(min(processes, len(files)), mp_context=context, initializer=_leave_interrupts)
    try:
        yield from pool.map(_run, files)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


def _leave_interrupts() -> None:
    """The process that waits for the results ends the others too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(file: str) -> Any:
    return _task(file)
