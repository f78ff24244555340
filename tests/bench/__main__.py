"""`python -m tests.bench`: how long a person waits. A benchmark, never a test: figures depend on the machine.

Edit to facts through a Session, and to hints and diagnostics through the language server; a cold command line; memory;
the check of a package. Needs torchvision's source beside this Python.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from shapelens.analysis.session import Session
from tests.bench.synthetic import synthetic

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
ROUNDS = 15


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.py")
        large.write_text(synthetic(3000), encoding="utf-8")
        models = _torchvision_models()
        files = [ROOT / "examples" / "cifar10.py", large]
        if models is not None:
            files[1:1] = [models / "resnet.py", models / "swin_transformer.py"]
        print(f"{'edit to facts (Session), median ms':44}{'all':>8}", *(f"{p:>9}" for p in PARTS))
        for path in files:
            _print_session(path)
        print(f"\n{'edit to answer (server), median ms':44}{'hints':>8}{'problems':>10}")
        for path in files:
            _print_server(path)
        print()
        _print_cold(files)
        if models is not None:
            _print_package(models)


PARTS = ("parse", "module", "contexts", "render")


def _torchvision_models() -> Path | None:
    spec = importlib.util.find_spec("torchvision")
    return Path(spec.origin).parent / "models" if spec is not None and spec.origin is not None else None


def edits(text: str) -> list[str]:
    """The text after each of some edits: a number typed within a function in the middle, or a line added."""
    lines = text.splitlines(keepends=True)
    at = next(i for i in range(len(lines) // 2, len(lines)) if lines[i].startswith("        ") and lines[i].strip())
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    return ["".join([*lines[:at], f"{indent}typed = {number}\n", *lines[at:]]) for number in range(ROUNDS)]


def _milliseconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def _name(path: Path) -> str:
    return f"  {path.name} ({len(path.read_text('utf-8').splitlines())} lines)"


def _print_session(path: Path) -> None:
    session = Session((ROOT,), sys.executable)
    session.analyse(str(path))
    spent: list[float] = []
    parts: dict[str, list[float]] = {part: [] for part in PARTS}
    for text in edits(path.read_text("utf-8")):
        session.update(str(path), text)
        started = time.perf_counter()
        analysis = session.analyse(str(path))
        spent.append((time.perf_counter() - started) * 1000)
        for part in PARTS:
            parts[part].append(analysis.timings.get(part, 0.0) * 1000)
    print(f"{_name(path):44}{statistics.median(spent):8.1f}", *(f"{statistics.median(parts[p]):9.1f}" for p in PARTS))


def _print_server(path: Path) -> None:
    from tests.bench.editor import Editor

    with Editor(ENVIRONMENT, ROOT) as editor:
        text = path.read_text("utf-8")
        editor.open(path, text)
        editor.hints(path)
        hints, problems = [], []
        for changed in edits(text):
            hints.append(_milliseconds(lambda changed=changed: (editor.change(path, changed), editor.hints(path))))
        for changed in edits(text):
            problems.append(
                _milliseconds(lambda changed=changed: (editor.change(path, changed + "\n"), editor.problems(path)))
            )
    print(f"{_name(path):44}{statistics.median(hints):8.1f}{statistics.median(problems):10.1f}")


def _print_cold(files: list[Path]) -> None:
    for path in files:
        command = [sys.executable, "-m", "shapelens", "hints", str(path)]
        runs = [
            _milliseconds(lambda c=command: subprocess.run(c, env=ENVIRONMENT, capture_output=True)) for _ in range(5)
        ]
        print(f"{'cold `hints` ' + path.name:44}{statistics.median(runs):8.0f} ms, {_peak(command):.0f} MB at most")


def _print_package(models: Path) -> None:
    command = [sys.executable, "-m", "shapelens", "check", str(models)]
    print(f"{'`check` torchvision/models':44}", end="", flush=True)
    print(
        f"{_milliseconds(lambda: subprocess.run(command, env=ENVIRONMENT, capture_output=True)) / 1000:8.1f} s,", end=""
    )
    print(f" {_peak(command):.0f} MB at most")


def _peak(command: list[str]) -> float:
    """The most memory that the command takes, in megabytes."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True); "
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    run = subprocess.run([sys.executable, "-c", code, *command], env=ENVIRONMENT, capture_output=True, text=True)
    return int(run.stdout) / 1024


if __name__ == "__main__":
    main()
