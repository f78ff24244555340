"""`shapelens doctor`, and `--oracle`, run as a person runs them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import torch
from tests.unit.cli.test_cli import ROOT, run

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


PROGRAM = "import torch\nx = torch.rand(4, 6)\ny = torch.roll(x, 1)\n"
RULELESS = (str(ROOT / "tests" / "ruleless.py"),)


def test_hints_with_the_oracle(tmp_path, cache):
    (tmp_path / "a.py").write_text(PROGRAM)
    without = run("hints", "a.py", "--python", VENV, cwd=tmp_path, program=RULELESS)
    assert "→ (4, 6)" not in without.stdout
    assert not cache.exists()
    first = run("hints", "a.py", "--oracle", "--python", VENV, cwd=tmp_path, program=RULELESS)
    assert "→ (4, 6)" in first.stdout, first.stdout + first.stderr
    assert first.stderr == ""
    assert len(list(cache.iterdir())) == 1
    assert run("hints", "a.py", "--oracle", "--python", VENV, cwd=tmp_path, program=RULELESS).stdout == first.stdout


def test_check_with_the_oracle(tmp_path, cache):
    (tmp_path / "a.py").write_text(PROGRAM + "z = y.reshape(1000003)\n")
    assert run("check", ".", "--python", VENV, cwd=tmp_path, program=RULELESS).returncode == 0
    done = run("check", ".", "--oracle", "--python", VENV, cwd=tmp_path, program=RULELESS)
    assert done.returncode == 1, done.stdout
    assert "a.py:4" in done.stdout


def test_the_oracle_without_torch(tmp_path, cache):
    (tmp_path / "a.py").write_text("import torch\nx = torch.rand(4, 6)\n")
    done = run("hints", "a.py", "--oracle", "--python", venv(tmp_path / "v"), cwd=tmp_path)
    assert done.returncode == 0
    assert "shapelens: --oracle: no torch in this environment\n" in done.stderr
