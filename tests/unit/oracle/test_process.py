"""Workers that misbehave: each failure is one line for a person, and leaves no process and no folder behind."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from shapelens.oracle.process import Worker, WorkerFailed

from .conftest import PYTHON, SITES, written

HELLO = 'import json, os, sys, time\nsys.stdin.readline()\ndef say(x): print(x, flush=True)\nsay(json.dumps({"hello": 1, "python": "3", "version": "9", "names": ["torch.roll"]}))\nsys.stdin.readline()\n'
QUESTION = {"call": "torch.roll", "layer": False, "calls": [], "check": []}


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def nothing_left(tmp_path: Path) -> bool:
    return not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import time; time.sleep(60)", "took more than 1 seconds to start"),
        ("raise SystemExit(7)", r"died \(exit status 7\)"),
        ("import os; os.abort()", "died"),
        ("print('garbage')", "no answer|died"),
        ("print('[]')", "no answer|died"),
        ('print(\'{"hello": 99, "python": "3", "version": "2", "names": []}\')', "no answer|died"),
        ('print(\'{"hello": 1, "python": "3", "version": "2"}\')', "no answer|died"),
        ("print('x' * 100_000_000, end='', flush=True); import time; time.sleep(60)", "died|no answer"),
    ],
)
def test_a_bad_start(tmp_path: Path, script: str, message: str) -> None:
    started = time.monotonic()
    with pytest.raises(WorkerFailed, match=message):
        Worker(PYTHON, SITES, start_seconds=1 if "took" in message else 20, script=written(tmp_path / "bad.py", script))
    assert time.monotonic() - started < 20
    assert nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("time.sleep(60)", "took more than 0.5 seconds to answer"),
        ("os._exit(3)", r"died \(exit status 3\)"),
        ("say('}{')", "no answer|died"),
        ("say(json.dumps({'id': 77, 'results': []}))", "something else than it was asked"),
        ("os.close(1); time.sleep(60)", "died"),
    ],
)
def test_a_bad_answer(tmp_path: Path, script: str, message: str) -> None:
    worker = Worker(PYTHON, SITES, script=written(tmp_path / "bad.py", HELLO + script))
    with pytest.raises(WorkerFailed, match=message):
        worker.ask(QUESTION, 0.5 if "took" in message else 10)
    assert nothing_left(tmp_path)
    with pytest.raises(OSError, match=r".*"):
        os.kill(worker.pid, 0)
    with pytest.raises(WorkerFailed):
        worker.ask(QUESTION)


def test_no_such_interpreter(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match="does not start"):
        Worker(str(tmp_path / "python"), [])
    assert nothing_left(tmp_path)


def test_something_that_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed):
        Worker("/bin/true", [])
    assert nothing_left(tmp_path)


def test_an_interpreter_without_torch(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match="torch cannot be imported: ModuleNotFoundError"):
        Worker(PYTHON, [])
    assert nothing_left(tmp_path)


def test_a_broken_torch(tmp_path: Path) -> None:
    written(tmp_path / "site" / "torch" / "__init__.py", "raise RuntimeError('no\\nluck')")
    with pytest.raises(WorkerFailed, match="torch cannot be imported: RuntimeError: no luck"):
        Worker(PYTHON, [str(tmp_path / "site")])


def test_variables_that_steer_python_or_torch_do_not_get_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "PYTHONSTARTUP", "TORCH_LOGS", "PYTORCH_JIT", "LD_PRELOAD_NOT", "SECRET_TOKEN"):
        monkeypatch.setenv(name, "x")
    script = "import json, os, sys\nsys.stdin.readline()\nprint(json.dumps({'error': ' '.join(sorted(os.environ))}), flush=True)"
    with pytest.raises(WorkerFailed) as failure:
        Worker(PYTHON, SITES, script=written(tmp_path / "tell.py", script))
    told = set(str(failure.value).rpartition(": ")[2].split())
    assert "CUDA_VISIBLE_DEVICES" in told
    assert not [name for name in told if name.startswith(("PYTHON", "PYTORCH", "SECRET", "LD_PRELOAD"))]
