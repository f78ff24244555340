"""`shapelens server --tcp`: each client that connects gets a server of its own, in a process of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import shapelens

logger = logging.getLogger(__name__)

_START = "import sys; sys.path.append(sys.argv.pop(1)); from shapelens.cli.main import main; sys.exit(main())"
"""Run isolated (-I): the folder that the server is started in is not on the path of what it imports."""
_PIECE = 1 << 16


def serve(host: str, port: int, log_level: str) -> None:
    """Listen until the process is ended. Raises OSError where it cannot."""
    with socket.create_server((host, port)) as listening:
        logger.info("listening on %s:%d", *listening.getsockname()[:2])
        while True:
            connection, address = listening.accept()
            logger.info("a client has come from %s", address)
            threading.Thread(target=_attend, args=(connection, log_level), daemon=True).start()


def _attend(connection: socket.socket, log_level: str) -> None:
    """A server for one client, from its first byte to its last."""
    home = str(Path(shapelens.__file__).parents[1])
    command = [sys.executable, "-I", "-c", _START, home, "server", "--for-a-socket", "--log-level", log_level]
    with connection, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def flushed(data: bytes) -> None:
            stdin.write(data)
            stdin.flush()

        def receive() -> None:
            _pass_on(connection.recv, flushed)
            with contextlib.suppress(OSError):
                stdin.close()

        received = threading.Thread(target=receive, daemon=True)
        received.start()
        _pass_on(lambda size: os.read(stdout.fileno(), size), connection.sendall)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)  # The server has ended, or its client does not read any more.
        received.join()
    logger.info("a client has gone; its server ended with %d", process.returncode)


def _pass_on(get: Callable[[int], bytes], put: Callable[[bytes], object]) -> None:
    """Hand on all that comes, until there is no more or nobody takes it."""
    with contextlib.suppress(OSError, ValueError):
        while data := get(_PIECE):
            put(data)
