"""`shapelens doctor`: which Python and which libraries are used for a project, and whether the oracle works."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapelens import __version__
from shapelens.cli.files import project_roots
from shapelens.cli.output import say, say_data
from shapelens.cli.status import CLEAN, FINDINGS

PACKAGES = ("torch", "torchvision", "einops", "keras", "tensorflow", "numpy")
_PROBE = {
    "call": "torch.matmul",
    "layer": False,
    "calls": [[[{"x": [2, 3], "d": "float32"}, {"x": [3, 4], "d": "float32"}], {}]],
    "check": [0],
}
_PROBED = [["x", [2, 4], "float32"]]
_FOUND_BY = {
    "chosen": "chosen with --python",
    "VIRTUAL_ENV": "the active virtual environment (VIRTUAL_ENV)",
    "CONDA_PREFIX": "the active conda environment (CONDA_PREFIX)",
    "server": "the Python that runs Shapelens, as no other was found",
}


@dataclass
class Diagnosis:
    """What was found out. `problems` is what is wrong, `notes` what is only good to know."""

    python: str | None = None
    found_by: str | None = None
    version: str | None = None
    packages: dict[str, str] = field(default_factory=dict)
    oracle: dict[str, Any] = field(default_factory=lambda: {"works": False})
    cache: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def run_doctor(options: argparse.Namespace) -> int:
    """Print the diagnosis; 1 where something is wrong."""
    found = diagnosis(Path.cwd(), options.python)
    if options.format == "json":
        say_data({"shapelens": __version__, **vars(found)}, 1)
    else:
        _print(found)
    return FINDINGS if found.problems else CLEAN


def diagnosis(folder: Path, python: str | None) -> Diagnosis:
    """Look at the environment that is used for a folder's project."""
    from shapelens.oracle.cache import size
    from shapelens.oracle.packages import versions
    from shapelens.source.environments import EnvironmentNotFound, cache_folder, find_environment, interpreter_to_start

    found = Diagnosis()
    cache = cache_folder() / "oracle"
    files, bytes_ = size(cache)
    found.cache = {"folder": str(cache), "files": files, "bytes": bytes_}
    try:
        environment = find_environment(project_roots([folder])[0], python)
    except EnvironmentNotFound as error:
        found.problems.append(str(error))
        return found
    found.python, found.found_by = environment.python, environment.found_by
    found.version = ".".join(map(str, environment.version))
    found.packages = versions(environment.sites, PACKAGES)
    if environment.python is None:
        found.problems.append("this environment has packages, but no interpreter: nothing of it can be asked")
    elif "torch" not in found.packages:
        found.notes.append("There is no torch here. Shapelens works without it; the oracle needs it.")
    elif environment.found_by.startswith("workspace") and not _is_active(environment.python):
        found.notes.append(f"The oracle was not tried: with --python {environment.python} that interpreter is started.")
    else:
        python = interpreter_to_start(environment, [folder])
        if python is None:
            found.problems.append(f"{environment.python} lies in the project and is not started unless it is named")
        else:
            _probe(found, python, environment.sites)
    return found


def _is_active(python: str) -> bool:
    """Whether a person has activated the environment of an interpreter, or runs this with it."""
    active = [os.path.realpath(each) for each in (os.environ.get("VIRTUAL_ENV"), sys.prefix) if each]
    return os.path.realpath(Path(python).parent.parent) in active


def _probe(found: Diagnosis, python: str, sites: tuple[str, ...]) -> None:
    from shapelens.oracle.process import Worker, WorkerFailed

    started = time.perf_counter()
    try:
        worker = Worker(python, sites)
    except WorkerFailed as failure:
        found.problems.append(f"the oracle does not start: {failure}")
        return
    start_seconds = time.perf_counter() - started
    try:
        found.version = worker.hello.python
        said = worker.hello.version
        if said.partition("+")[0] != found.packages["torch"].partition("+")[0]:
            found.problems.append(f"torch says that it is {said}, its metadata says {found.packages['torch']}")
        found.packages["torch"] = said
        asked = time.perf_counter()
        answer = worker.ask(dict(_PROBE))
        seconds = time.perf_counter() - asked
        found.oracle = {
            "works": answer.get("results") == _PROBED,
            "start_seconds": round(start_seconds, 3),
            "answer_seconds": round(seconds, 4),
            "memory_bytes": _memory(worker.pid),
            "callables": len(worker.hello.names),
        }
        if not found.oracle["works"]:
            found.problems.append(f"the oracle gives a wrong answer to a simple question: {answer.get('results')}")
    except WorkerFailed as failure:
        found.problems.append(f"the oracle does not answer: {failure}")
    finally:
        worker.close()


def _memory(pid: int) -> int | None:
    """Resident bytes of a process, where the system tells."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))
    except (OSError, ValueError, StopIteration):
        return None


def _print(found: Diagnosis) -> None:
    say(f"Shapelens  {__version__}")
    if found.found_by is not None:
        say(f"Python     {found.version}  {found.python or '(no interpreter)'}")
        say(f"           {_FOUND_BY.get(found.found_by, f'the {found.found_by} folder')}")
        for name in PACKAGES:
            say(f"{name:<10} {found.packages.get(name, '-')}")
        say(f"Oracle     {_oracle_text(found)}")
    files = found.cache["files"]
    say(f"Cache      {found.cache['folder']} ({files} file{'' if files == 1 else 's'}, {_bytes(found.cache['bytes'])})")
    for note in found.notes:
        say("")
        say(note)
    for problem in found.problems:
        say("")
        say(f"Problem: {problem}")


def _oracle_text(found: Diagnosis) -> str:
    told = found.oracle
    if not told["works"]:
        if found.problems:
            return "does not work"
        return "not tried" if "torch" in found.packages else "off"
    memory = f", {_bytes(told['memory_bytes'])}" if told["memory_bytes"] else ""
    return (
        f"works: started in {told['start_seconds']:.1f} s, answered in {told['answer_seconds'] * 1000:.0f} ms, "
        f"knows {told['callables']} callables{memory}"
    )


def _bytes(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB" if count >= 1 << 20 else f"{count / 1024:.1f} KiB"
