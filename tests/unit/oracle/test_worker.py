"""The worker, with the real torch: what it answers, and what it does not let itself be made to do."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from shapelens.oracle.process import Worker

from .conftest import PYTHON, SITES, tensor, written

SCRIPT = Path(__file__).parents[3] / "server" / "shapelens" / "oracle" / "worker.py"


def results(worker: Worker, path: str, *calls: Any, layer: bool = False, check: tuple[int, ...] = ()) -> Any:
    return worker.ask({"call": path, "layer": layer, "calls": list(calls), "check": list(check)})


def test_it_says_who_it_is(worker: Worker) -> None:
    assert worker.hello.version == torch.__version__
    assert worker.hello.python == ".".join(map(str, sys.version_info[:3]))
    for name in ("torch.roll", "torch.Tensor.roll", "torch.nn.Linear", "torch.linalg.svd", "torch.fft.rfft"):
        assert name in worker.hello.names


def test_shapes_and_dtypes(worker: Worker) -> None:
    found = results(worker, "torch.max", [[tensor(5, 3), 1], {}], [[tensor(5, 3, dtype="int64")], {}])
    assert found["results"] == [
        ["t", [["x", [5], "float32"], ["x", [5], "int64"]], ["values", "indices"]],
        ["x", [], "int64"],
    ]
    found = results(worker, "torch.zeros", [[{"t": [2, 3]}], {"dtype": {"d": "int16"}}])
    assert found["results"] == [["x", [2, 3], "int16"]]


def test_what_raises_is_told_and_no_more(worker: Worker) -> None:
    found = results(worker, "torch.add", [[tensor(2, 3), tensor(4)], {}], [[tensor(2), tensor(2)], {}])
    assert found["results"][0][0] == "!"
    assert "RuntimeError" in found["results"][0][1]
    assert found["results"][1] == ["x", [2], "float32"]


def test_a_layer_is_made_and_called(worker: Worker) -> None:
    found = results(worker, "torch.nn.Linear", [[3, 4], {"bias": False}, [tensor(7, 3)], {}], layer=True)
    assert found["results"] == [["x", [7, 4], "float32"]]
    assert results(worker, "torch.nn.Linear", [[3, 4], {}])["refused"] == "torch.nn.Linear"


@pytest.mark.parametrize(
    "path",
    [
        "torch.load", "torch.save", "torch.from_file", "torch.frombuffer", "torch.from_numpy", "torch.hub.load",
        "torch.jit.load", "torch.compile", "torch.ops.load_library", "torch.classes.load_library",
        "torch.utils.cpp_extension.load", "torch.multiprocessing.spawn", "torch.serialization.load", "torch.os.system",
        "torch.nn.functional.warnings.warn", "torch.Tensor.numpy", "torch.Tensor.apply_", "torch.Tensor.map_",
        "torch.Tensor.share_memory_", "torch.Tensor.backward", "torch.Tensor.register_hook", "torch.Tensor.__class__",
        "torch.Tensor.data_ptr", "torch.set_default_dtype", "torch.set_num_threads", "torch.manual_seed",
        "torch.use_deterministic_algorithms", "torch._dynamo.reset", "torch.nn.Module", "torch.nn.Module.load_state_dict",
        "torch.nn.DataParallel", "os.system", "builtins.eval", "subprocess.run", "", "torch", "torch.nn",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused(worker: Worker, path: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    for layer in (False, True):
        given = [[f"touch {marker}"], {}] * (2 if layer else 1)
        assert results(worker, path, given, layer=layer).get("refused") == path
    assert not marker.exists()


def test_nothing_private_or_in_place_is_on_the_list(worker: Worker) -> None:
    last = [name.rpartition(".")[2] for name in worker.hello.names]
    assert not [name for name in last if name.startswith("_") or name.endswith("_")]
    assert not [n for n in last if any(part in n for part in ("load", "save", "file", "storage", "pickle", "seed"))]


def test_nothing_of_the_workspace_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "marker"
    spy = f"open({str(marker)!r}, 'a').write(__name__)\n"
    for name in ("torch", "typing_extensions", "json", "sitecustomize", "usercustomize", "contextlib"):
        written(tmp_path / f"{name}.py", spy)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    started = Worker(PYTHON, SITES)
    try:
        assert results(started, "torch.roll", [[tensor(2), 1], {}])["results"] == [["x", [2], "float32"]]
        cwd = os.readlink(f"/proc/{started.pid}/cwd") if os.path.exists("/proc/self/cwd") else None
        assert cwd is None or not Path(cwd).is_relative_to(tmp_path)
    finally:
        started.close()
    assert not marker.exists()


def test_what_libraries_print_does_no_harm(tmp_path: Path) -> None:
    import typing_extensions

    written(
        tmp_path / "typing_extensions.py",
        "import os, sys\nprint('noise {')\nos.write(1, b'\\x00\\xff noise\\n')\nprint('noise', file=sys.stderr)\n"
        + Path(typing_extensions.__file__).read_text(encoding="utf-8"),
    )
    started = Worker(PYTHON, [str(tmp_path), *SITES])
    try:
        assert results(started, "torch.roll", [[tensor(2), 1], {}])["results"] == [["x", [2], "float32"]]
    finally:
        started.close()


@pytest.mark.parametrize(
    "deed",
    [
        "open(sys.argv[2], 'w')",
        "os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)",
        "os.system('touch ' + sys.argv[2])",
        "subprocess.run(['touch', sys.argv[2]])",
        "socket.create_connection(('127.0.0.1', 9))",
        "os.remove(sys.argv[1])",
        "shutil.copy(sys.argv[1], sys.argv[2])",
        "os.fork()",
        "os.kill(os.getppid(), 9)",
        "__import__('pickle').loads(b'cos\\nsystem\\n.')",
    ],
)
def test_a_restricted_process_changes_nothing(tmp_path: Path, deed: str) -> None:
    marker, program = tmp_path / "marker", tmp_path / "inside"
    program.mkdir()
    text = (
        "import os, runpy, shutil, socket, subprocess, sys\n"
        "worker = runpy.run_path(sys.argv[1], run_name='worker')\n"
        "worker['write_nothing']()\nworker['restrict'](1 << 30)\n"
        "open('own', 'w').close()\n"  # its own folder is its own
        f"try:\n    {deed}\nexcept PermissionError:\n    print('stopped')\n"
    )
    copy = written(tmp_path / "worker.py", SCRIPT.read_text(encoding="utf-8"))
    run = subprocess.run(
        [sys.executable, "-I", "-c", text, str(copy), str(marker)],
        cwd=program, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.stdout == "stopped\n", run.stderr
    assert not marker.exists()
    assert copy.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the memory limit is Linux'")
def test_memory_is_limited() -> None:
    started = Worker(PYTHON, SITES, memory=64 << 20)
    try:
        found = results(started, "torch.Tensor.repeat", [[tensor(1000), 1_000_000], {}], check=(0,))
        assert found["results"] == [["x", [1_000_000_000], "float32"]]
        ((_, checked),) = found["checks"]
        assert checked[0] == "!"
        assert results(started, "torch.roll", [[tensor(2), 1], {}])["results"] == [["x", [2], "float32"]]
    finally:
        started.close()


def test_it_runs_on_older_pythons() -> None:
    import ast

    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert "shapelens" not in {name.partition(".")[0] for name in _imports()}


def _imports() -> set[str]:
    import ast

    found = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_names_with_effects_are_denied_whatever_torch_adds() -> None:
    is_denied = runpy.run_path(str(SCRIPT), run_name="worker")["is_denied"]
    for name in ("_private", "add_", "set_something_new", "cudnn_anything", "from_file", "load"):
        assert is_denied(name)
    for name in ("roll", "softmax", "conv2d"):
        assert is_denied(name) is False
