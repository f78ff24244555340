"""`shapelens doctor`, and `--oracle`, run as a person runs them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import torch
from tests.unit.cli.test_cli import run

VENV = Path(sys.prefix)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "shapelens" / "oracle"


def venv(folder: Path, *packages: str) -> Path:
    """An environment with nothing but these packages' metadata."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (folder / "bin").mkdir(parents=True)
    os.symlink(os.path.realpath(sys.executable), folder / "bin" / "python")
    home = os.path.dirname(os.path.realpath(sys.executable))
    (folder / "pyvenv.cfg").write_text(f"home = {home}\nversion = {version}.0\n")
    for package in packages:
        (folder / "lib" / f"python{version}" / "site-packages" / f"{package}.dist-info").mkdir(parents=True)
    (folder / "lib" / f"python{version}" / "site-packages").mkdir(parents=True, exist_ok=True)
    return folder


def test_all_is_well(tmp_path, cache):
    done = run("doctor", "--python", sys.executable, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for text in (f"torch      {torch.__version__}", "chosen with --python", "Oracle     works: started in", str(cache)):
        assert text in done.stdout
    assert "Problem" not in done.stdout


def test_for_programs(tmp_path, cache):
    done = run("doctor", "--python", VENV, "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["packages"]["torch"] == torch.__version__
    assert found["oracle"]["works"] is True
    assert found["oracle"]["start_seconds"] > 0
    assert found["oracle"]["callables"] > 500
    assert (found["problems"], found["found_by"]) == ([], "chosen")
    assert found["cache"] == {"folder": str(cache), "files": 0, "bytes": 0}


def test_no_such_interpreter(tmp_path, cache):
    done = run("doctor", "--python", tmp_path / "nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert f"Problem: {tmp_path / 'nowhere'}: no such file or folder" in done.stdout
    done = run("doctor", "--python", tmp_path / "nowhere", "--format", "json", cwd=tmp_path)
    assert (done.returncode, len(json.loads(done.stdout)["problems"])) == (1, 1)


def test_without_torch(tmp_path, cache):
    project = tmp_path / "project"
    venv(project / ".venv", "numpy-1.26.4")
    done = run("doctor", cwd=project, VIRTUAL_ENV="")
    assert done.returncode == 0, done.stdout
    assert "the workspace .venv folder" in done.stdout
    assert "numpy      1.26.4" in done.stdout
    assert "torch      -" in done.stdout
    assert "Shapelens works without it" in done.stdout
    assert "Oracle     off" in done.stdout


def test_the_active_environment(tmp_path, cache):
    done = run("doctor", "--format", "json", cwd=tmp_path, VIRTUAL_ENV=str(venv(tmp_path / "v")))
    assert json.loads(done.stdout)["found_by"] == "VIRTUAL_ENV"


def test_a_torch_that_cannot_be_imported(tmp_path, cache):
    folder = venv(tmp_path / "v", "torch-2.1.0")
    done = run("doctor", "--python", folder, cwd=tmp_path)
    assert done.returncode == 1
    assert "Problem: the oracle does not start: torch cannot be imported: ModuleNotFoundError" in done.stdout
    assert "Oracle     does not work" in done.stdout


PROGRAM = "import torch\nx = torch.rand(4, 6)\ny = torch.{call}\n"


@pytest.fixture
def call():
    """A call that has no rule, and the shape that it gives; none of these need stay without one."""
    import shapelens.rules.torch  # noqa: F401
    from shapelens.rules import registry

    for path, text, shape in (
        ("torch.slice_inverse", "slice_inverse(x, torch.rand(8, 6), 0, 0, 4)", "(8, 6)"),
        ("torch.as_strided_copy", "as_strided_copy(x, (3, 2), (1, 1))", "(3, 2)"),
        ("torch.unfold_copy", "unfold_copy(x, 0, 2, 1)", "(3, 6, 2)"),
        ("torch.native_norm", "native_norm(x)", "()"),
    ):
        if path not in registry.rules:
            return text, shape
    pytest.skip("all of these have rules")


def test_hints_with_the_oracle(tmp_path, cache, call):
    (tmp_path / "a.py").write_text(PROGRAM.format(call=call[0]))
    without = run("hints", "a.py", "--python", VENV, cwd=tmp_path)
    assert f"→ {call[1]}" not in without.stdout
    assert not cache.exists()
    first = run("hints", "a.py", "--oracle", "--python", VENV, cwd=tmp_path)
    assert f"→ {call[1]}" in first.stdout, first.stdout + first.stderr
    assert first.stderr == ""
    assert len(list(cache.iterdir())) == 1
    assert run("hints", "a.py", "--oracle", "--python", VENV, cwd=tmp_path).stdout == first.stdout


def test_check_with_the_oracle(tmp_path, cache, call):
    (tmp_path / "a.py").write_text(PROGRAM.format(call=call[0]) + "z = y.reshape(1000003)\n")
    assert run("check", ".", "--python", VENV, cwd=tmp_path).returncode == 0
    done = run("check", ".", "--oracle", "--python", VENV, cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    assert "a.py:4" in done.stdout


def test_the_oracle_without_torch(tmp_path, cache):
    (tmp_path / "a.py").write_text("import torch\nx = torch.rand(4, 6)\n")
    done = run("hints", "a.py", "--oracle", "--python", venv(tmp_path / "v"), cwd=tmp_path)
    assert done.returncode == 0
    assert "shapelens: --oracle: no torch in this environment\n" in done.stderr
