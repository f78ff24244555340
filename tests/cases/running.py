"""Runs programs with the installed torch, each in a fork of this process, so that torch is imported but once.

Reads a JSON list of {"path", "text"} and writes a JSON list of what each raised, "" for nothing. A `# try: EXPRESSION`
comment in the text is evaluated behind it. The argument is the number of seconds that each may take.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any


def raised(path: str, text: str) -> str:
    """What a program raises, in one line."""
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": path}
    tries = [line.removeprefix("# try: ") for line in text.splitlines() if line.startswith("# try: ")]
    try:
        exec(compile(text, path, "exec", dont_inherit=True), namespace)
        for expression in tries:
            eval(expression, namespace)
    except BaseException as error:
        return f"{type(error).__name__}: {error}".splitlines()[0] if str(error) else type(error).__name__
    return ""


def forked(path: str, text: str, seconds: int) -> str:
    """The same in a process of its own, with a limit on its time."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(seconds)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.path.insert(0, str(Path(path).parent))
        os.write(writing, raised(path, text).encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return said or (f"ended with status {status}" if status else "")


def main() -> None:
    """Run all that is asked for."""
    import torch

    torch.set_num_threads(1)  # a process with threads does not fork well
    jobs = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        print(json.dumps([forked(job["path"], job["text"], int(sys.argv[1])) for job in jobs]))


if __name__ == "__main__":
    main()
