"""Runs a command of Shapelens, and writes down what its process opens, executes and starts.

`audited.py LOG server …`, or `audited.py LOG learn ROOT FILE`: what the slow search for imports does in a workspace
that is not trusted.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
TOLD = ("subprocess.", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.fork", "pty.", "ctypes.dlopen",
        "socket.connect", "socket.bind", "webbrowser.", "pickle.")  # fmt: skip
busy = False


def hook(event: str, args: Any) -> None:
    global busy
    if busy:
        return
    busy = True
    try:
        told: list[Any] | None = None
        if event == "open" and isinstance(args[0], (str, bytes)):
            mode, flags = args[1], args[2] or 0
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR)) or (
                isinstance(mode, str) and bool(set(mode) & set("wax+"))
            )
            told = [event, os.path.abspath(os.fsdecode(args[0])), writes]
        elif event == "exec":
            told = [event, str(getattr(args[0], "co_filename", ""))]
        elif event == "import" and args[1]:
            told = [event, str(args[1])]
        elif event.startswith(TOLD):
            first = args[0] if args else ""
            told = [event, os.fsdecode(first) if isinstance(first, (str, bytes)) else repr(first)]
        if told is not None:
            os.write(log, (json.dumps(told) + "\n").encode())
    finally:
        busy = False


if __name__ == "__main__":
    given = sys.argv[2:]
    sys.addaudithook(hook)
    sys.path[0:1] = []
    if given[0] == "learn":
        from pathlib import Path

        from shapelens.analysis.session import Session

        session = Session([Path(given[1])], None, False)
        session.analyse(given[2])
        print(session.learn_slowly(), len(session.analyse(given[2]).facts))
    else:
        import shapelens.rules.torch  # noqa: F401
        from shapelens.cli.main import main
        from shapelens.rules import registry

        registry.rules.pop("torch.roll", None)  # so that there is something to ask the oracle about
        sys.exit(main(given))
