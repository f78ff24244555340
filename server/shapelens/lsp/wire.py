"""Messages on the wire: cut out of whatever a client sends, and written without waiting for one that does not read."""

from __future__ import annotations

import logging
import os
import queue
import re
import threading
from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)

LARGEST = 512 * 1024 * 1024
"""Bytes beyond which a message is passed over, and beyond which answers do not wait for a client: it counts as lost."""
_LONGEST_HEADER = 64 * 1024
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,18})[ \t]*$", re.IGNORECASE)
_HEADER = re.compile(rb"[A-Za-z-]+[ \t]*:")


class Frames:
    """Cuts a stream of bytes into the bodies of messages.

    A header may be written in any case and may follow garbage on its line; lines that are no header are passed over.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._length: int | None = None
        self._wanted: int | None = None  # bytes of the body that comes next; None: headers come
        self._passing = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are whole now."""
        if self._passing:
            passed = min(self._passing, len(data))
            self._passing -= passed
            data = data[passed:]
        waiting = self._waiting
        waiting += data
        while True:
            if self._wanted is not None:
                if len(waiting) < self._wanted:
                    return
                body = bytes(waiting[: self._wanted])
                del waiting[: self._wanted]
                self._wanted = None
                yield body
                continue
            end = waiting.find(b"\n")
            if end < 0:
                if len(waiting) > _LONGEST_HEADER:
                    logger.warning("what the client sends is no message: %d bytes are passed over", len(waiting))
                    waiting.clear()
                return
            line = bytes(waiting[:end]).rstrip(b"\r")
            del waiting[: end + 1]
            self._header(line)

    def _header(self, line: bytes) -> None:
        found = _LENGTH.search(line)
        if found:
            self._length = int(found[1])
        if line and (found.start() if found else not _HEADER.match(line)):
            logger.warning("what the client sends is no header: %r", line[:80])
        if line or self._length is None:
            return
        length, self._length = self._length, None
        if length <= LARGEST:
            self._wanted = length
            return
        logger.error("a message of %d bytes is passed over: it is larger than %d", length, LARGEST)
        self._passing = length - min(length, len(self._waiting))
        del self._waiting[:length]


class Writer:
    """Writes to a file descriptor on a thread of its own. `lost` is called once, where nobody reads any more."""

    def __init__(self, descriptor: int, lost: Callable[[], None]) -> None:
        self._descriptor, self._lost = descriptor, lost
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._size, self._lock = 0, threading.Lock()
        self._gone = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Write this as soon as the client reads; drop it if the client is gone."""
        if self._gone:
            return
        with self._lock:
            self._size += len(data)
        if self._size > LARGEST:
            logger.error("the client does not read: %d bytes of answers are waiting", self._size)
            self._give_up()
            return
        self._queue.put(data)

    def close(self, seconds: float = 2.0) -> None:
        """Wait so long, at most, until all is written."""
        self._queue.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                logger.warning("the client does not read any more: %s", error.strerror or error)
                self._give_up()
                return
            with self._lock:
                self._size -= len(data)

    def _give_up(self) -> None:
        gone, self._gone = self._gone, True
        if not gone:
            self._lost()


_MOST_WAITING = 1000


def read(descriptor: int, take: Callable[[bytes, Callable[[], None]], None], ended: Callable[[], None]) -> None:
    """Start a thread that reads messages and hands each over, with what to call when it has been dealt with.

    At most so many wait at a time. `ended` is called, on that thread, when no more will come.
    """
    room = threading.Semaphore(_MOST_WAITING)

    def run() -> None:
        frames = Frames()
        try:
            while data := os.read(descriptor, 1 << 16):
                for body in frames.feed(data):
                    room.acquire()
                    take(body, room.release)
        except OSError as error:
            logger.warning("the client cannot be read any more: %s", error.strerror or error)
        except RuntimeError:
            return  # The loop is closed: the server is ending.
        ended()

    # Not sys.stdin: a thread that waits in it would hold its lock when the interpreter ends.
    threading.Thread(target=run, name="reader", daemon=True).start()
