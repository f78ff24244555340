"""Starts: a cold command line, a server's first hints, and the check of a package, with their memory."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.editor import Editor
from tests.bench.own import COMMAND


def measured(root: Path, environment: Mapping[str, str], is_quick: bool) -> dict[str, Any]:
    """Seconds by the clock and of processor time, and megabytes at most, for each."""
    medium, package = root / "medium.py", root / "torchvision"
    runs = 1 if is_quick else 5
    found = {"cold `hints`, 60 lines": _median([_run(["hints", str(medium)], environment) for _ in range(runs)])}
    first = [_first_hints(medium, root, environment) for _ in range(runs)]
    found["server start to first hints, 60 lines"] = _median(first)
    if package.exists():
        found["`check` of torchvision"] = _run(["check", str(package)], environment)
    return found


def compiled(root: Path, environment: Mapping[str, str]) -> None:
    """Let Python compile all of us, as it has where Shapelens was started before."""
    for name in ("medium.py", "keras_script.py"):
        _run(["hints", str(root / name)], environment)
    _first_hints(root / "medium.py", root, environment)


def _run(arguments: list[str], environment: Mapping[str, str]) -> tuple[float, float, float]:
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, sys.executable, "-m", "shapelens", *arguments]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    run = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True)
    passed, now = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return passed, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, int(run.stdout) / 1024


def _first_hints(path: Path, root: Path, environment: Mapping[str, str]) -> tuple[float, float, float]:
    started = time.perf_counter()
    with Editor(COMMAND, environment, root) as editor:
        editor.open(path)
        editor.hints(path)
        passed = time.perf_counter() - started
        return passed, editor.processor_seconds(), editor.memory()[1]


def _median(runs: list[tuple[float, float, float]]) -> tuple[float, ...]:
    return tuple(statistics.median(values) for values in zip(*runs))


def show(found: Mapping[str, Any]) -> None:
    """Print the figures."""
    print(f"\n{'':40}{'clock s':>9}{'cpu s':>8}{'MB':>6}")
    for name, (passed, used, memory) in found.items():
        print(f"{name:40}{passed:9.2f}{used:8.2f}{memory:6.0f}")
