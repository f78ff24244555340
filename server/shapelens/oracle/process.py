"""The worker process: started on the user's interpreter, isolated, asked with a time limit, ended when in doubt."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
CALL_SECONDS = 5.0
MEMORY_BYTES = 3 << 30
_LONGEST_LINE = 8 << 20
_PROTOCOL = 1
_SCRIPT = Path(__file__).with_name("worker.py")
# Nothing that steers Python, torch or a debugger gets through; what a process needs to live at all does.
_KEPT = frozenset(
    "PATH HOME USERPROFILE SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC LANG LC_ALL LD_LIBRARY_PATH "
    "DYLD_LIBRARY_PATH LOCALAPPDATA APPDATA".split()
)
_SET = {
    "CUDA_VISIBLE_DEVICES": "",  # the user's GPU is not ours to use
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TORCH_DEVICE_BACKEND_AUTOLOAD": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class WorkerFailed(Exception):
    """The worker could not be started, died, took too long, or said what is no answer. One line, for a person."""


@dataclass(frozen=True)
class Hello:
    """What a worker says of itself: the versions of its Python and library, and the names that may be asked."""

    python: str
    version: str
    names: frozenset[str]


class Worker:
    """One process. Raises WorkerFailed where it is not to be had; it is ended then."""

    def __init__(
        self,
        python: str,
        sites: Sequence[str],
        start_seconds: float = START_SECONDS,
        script: Path = _SCRIPT,
        memory: int = MEMORY_BYTES,
        library: str = "torch",
    ) -> None:
        self._ids = 0
        self._folder = tempfile.mkdtemp(prefix="shapelens-oracle-")
        environment = {key: value for key, value in os.environ.items() if key.upper() in _KEPT}
        kind: dict[str, Any] = (
            {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
            if sys.platform == "win32"
            else {"start_new_session": True}  # Ctrl-C in a terminal is not meant for it
        )
        try:
            self._process = subprocess.Popen(
                [python, "-I", "-S", "-B", str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env={**environment, **_SET, **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), self._folder)},
                encoding="utf-8",
                errors="replace",
                **kind,
            )
        except (OSError, ValueError) as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise WorkerFailed(f"{python} does not start: {error}") from None
        said = self._exchange(
            {"sites": list(sites), "start_seconds": start_seconds, "memory": memory, "library": library},
            start_seconds,
            "to start",
        )
        try:
            self.hello = _hello(said)
        except WorkerFailed:
            self.close()
            raise

    def ask(self, question: dict[str, Any], seconds: float = CALL_SECONDS) -> dict[str, Any]:
        """The answer to a question of the protocol (see worker.py)."""
        self._ids += 1
        said = self._exchange(
            {**question, "id": self._ids, "seconds": seconds + 1, "budget": seconds / 3}, seconds, "to answer"
        )
        if said.get("id") != self._ids:
            self.close()
            raise WorkerFailed("the worker answered something else than it was asked")
        return said

    def _exchange(self, message: dict[str, Any], seconds: float, doing: str) -> dict[str, Any]:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        # A process that is ended closes its pipe, so that the read below comes back on every system.
        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            line = process.stdout.readline(_LONGEST_LINE)
        except (OSError, ValueError):
            line = ""
        finally:
            timer.cancel()
        if not line.endswith("\n"):
            self.close()
            status = "" if late.is_set() else f" (exit status {process.returncode})"
            raise WorkerFailed(
                f"the worker took more than {seconds:g} seconds {doing}"
                if late.is_set()
                else f"the worker died{status}"
            )
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            self.close()
            raise WorkerFailed("the worker said what is no answer")
        return said

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def close(self) -> None:
        """End the process."""
        process = self._process
        with contextlib.suppress(OSError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)


def _hello(said: dict[str, Any]) -> Hello:
    error = said.get("error")
    if isinstance(error, str):
        raise WorkerFailed(error)
    python, version, names = said.get("python"), said.get("version"), said.get("names")
    if said.get("hello") != _PROTOCOL or not isinstance(python, str) or not isinstance(version, str):
        raise WorkerFailed("the worker said what is no answer")
    if not isinstance(names, list):
        raise WorkerFailed("the worker said what is no answer")
    return Hello(python, version, frozenset(name for name in names if isinstance(name, str)))
