"""Runs programs with the real libraries, each in a forked process without a network, and records their shapes.

    python -m tests.docs_examples.recorder < PROGRAMS > RESULTS

Both are JSON. A program is [prelude, [statement…]]; its result is null, or {"kept": numbers of the statements that run,
"rows": [[line, name, kind, [[shape, dtype]…]]…]} for the program that is made of these.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from tests.docs_examples.extract import load
from tests.truth.instrument import KEEP, Point, Rewrite

SECONDS = 20
MEMORY = 6 << 30


def record(prelude: str, statements: Sequence[str]) -> dict[str, Any]:
    """Drop the statements that raise, then run what is left and record it."""
    import torch

    kept = []
    namespace: dict[str, Any] = {"__name__": "__main__"}
    torch.manual_seed(0)
    exec(compile(prelude, "<prelude>", "exec", dont_inherit=True), namespace)
    for number, text in enumerate(statements):
        try:
            exec(compile(text, "<example>", "exec", dont_inherit=True), namespace)
        except (Exception, SystemExit):
            continue
        kept.append(number)
    torch.manual_seed(0)
    return {"kept": kept, "rows": rows(prelude + "".join(f"{statements[i]}\n" for i in kept))}


def rows(text: str) -> list[list[Any]]:
    """Run a program and record the shapes of its assignments, parameters and returns. Raises what the program raises."""
    import torch

    points: list[Point] = []
    seen: dict[Point, list[Any]] = {}

    def keep(number: int, value: Any) -> Any:
        if type(value) in (torch.Tensor, torch.nn.Parameter) and not value.is_nested:
            shape = [list(value.shape), str(value.dtype).removeprefix("torch.")]
            shapes = seen.setdefault(points[number], [])
            if shape not in shapes and len(shapes) < 64:
                shapes.append(shape)
        else:
            # Something else than a plain tensor was here: nothing can be said of the point.
            seen.setdefault(points[number], []).append(None)
        return value

    tree = ast.fix_missing_locations(Rewrite("", points).visit(ast.parse(text)))
    exec(compile(tree, "<example>", "exec", dont_inherit=True), {"__name__": "__main__", KEEP: keep})
    return [
        [point.line, point.name, point.kind, values]
        for point, values in sorted(seen.items(), key=lambda item: (item[0].line, item[0].name, item[0].kind))
        if None not in values
    ]


# -- processes -----------------------------------------------------------------------------------------------------


def main() -> None:
    """Answer the programs on standard input."""
    import numpy  # noqa: F401
    import torch

    load()
    torch.set_num_threads(1)
    programs = json.load(sys.stdin)
    json.dump([_forked(prelude, statements) for prelude, statements in programs], sys.stdout)


def _forked(prelude: str, statements: Sequence[str]) -> dict[str, Any] | None:
    receive, send = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            os.close(receive)
            _child(send, folder, prelude, statements)
        os.close(send)
        answer = _read(receive, time.monotonic() + SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return json.loads(answer) if answer else None


def _read(receive: int, until: float) -> bytes:
    """All that comes before the time is up; empty if it never ends."""
    found = b""
    with os.fdopen(receive, "rb", buffering=0) as stream:
        while select.select([stream], [], [], max(until - time.monotonic(), 0))[0]:
            part = stream.read(1 << 16)
            if not part:
                return found
            found += part
    return b""


def _child(send: int, folder: str, prelude: str, statements: Sequence[str]) -> NoReturn:
    try:
        os.setpgrp()
        os.chdir(folder)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        setattr(socket, "socket", _no_network)  # noqa: B010
        for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
            os.dup2(os.open(os.devnull, mode), number)
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            answer = record(prelude, statements)
        with os.fdopen(send, "wb") as stream:
            stream.write(json.dumps(answer).encode())
    finally:
        os._exit(0)


def _no_network(*_: object, **__: object) -> NoReturn:
    raise OSError("no network here")


if __name__ == "__main__":
    main()
