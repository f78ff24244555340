"""Finding the user's Python by reading, never by running what the workspace holds."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shapelens.source import environments
from shapelens.source.environments import EnvironmentNotFound, find_environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="lays out prefixes as on Unix")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environments._answer.cache_clear()


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*args: object, **options: object) -> None:
        raise AssertionError(f"ran {args}")

    monkeypatch.setattr(subprocess, "Popen", run)


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def prefix(folder: Path, version: str = "3.10") -> Path:
    """An installation, as far as it is looked at."""
    library = folder / "lib" / f"python{version}"
    (library / "site-packages").mkdir(parents=True)
    (library / "lib-dynload").mkdir()
    (library / "os.py").touch()
    executable(folder / "bin" / f"python{version}", "#!/bin/false\n")
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(f"python{version}")
    return folder


def venv(folder: Path, base: Path, version: str = "3.10", system: bool = False) -> Path:
    (folder / "lib" / f"python{version}" / "site-packages").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(base / "bin" / f"python{version}")
    (folder / "pyvenv.cfg").write_text(
        f"home = {base / 'bin'}\ninclude-system-site-packages = {str(system).lower()}\nversion = {version}.4\n"
    )
    return folder


def site(folder: Path, version: str = "3.10") -> Path:
    return folder / "lib" / f"python{version}" / "site-packages"


@pytest.mark.usefixtures("nothing_runs")
def test_a_venv_of_the_workspace(tmp_path: Path) -> None:
    base = prefix(tmp_path / "base")
    workspace = tmp_path / "work"
    folder = venv(workspace / ".venv", base)
    found = find_environment(workspace, None)
    library = base / "lib" / "python3.10"
    assert found.sys_path == (str(library), str(library / "lib-dynload"), str(site(folder)))
    assert found.version == (3, 10)
    assert found.found_by == "workspace .venv"
    assert found.python == str(folder / "bin" / "python")
    for chosen in (".venv", str(folder), ".venv/bin/python", str(folder / "bin" / "python")):
        assert find_environment(workspace, chosen).sys_path == found.sys_path


@pytest.mark.usefixtures("nothing_runs")
def test_system_packages_are_seen_where_the_venv_says_so(tmp_path: Path) -> None:
    base = prefix(tmp_path / "base")
    folder = venv(tmp_path / "work" / "venv", base, system=True)
    found = find_environment(tmp_path / "work", None)
    assert found.sys_path[-2:] == (str(site(folder)), str(site(base)))


@pytest.mark.usefixtures("nothing_runs")
def test_the_order_of_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = prefix(tmp_path / "base")
    monkeypatch.setenv("CONDA_PREFIX", str(base))
    assert find_environment(tmp_path / "work", None).found_by == "CONDA_PREFIX"
    monkeypatch.setenv("VIRTUAL_ENV", str(venv(tmp_path / "active", base)))
    assert find_environment(tmp_path / "work", None).found_by == "VIRTUAL_ENV"
    venv(tmp_path / "work" / "venv", base)
    assert find_environment(tmp_path / "work", None).found_by == "workspace venv"
    venv(tmp_path / "work" / ".venv", base)
    assert find_environment(tmp_path / "work", None).found_by == "workspace .venv"
    assert find_environment(None, None).found_by == "VIRTUAL_ENV"
    assert find_environment(tmp_path / "work", str(base)).found_by == "chosen"


def test_the_servers_own() -> None:
    found = find_environment(None, None)
    assert found.found_by == "server"
    assert found.version == sys.version_info[:2]
    assert str(Path(os.__file__).parent) in found.sys_path
    assert str(Path(pytest.__file__).parents[1]) in found.sys_path


@pytest.mark.usefixtures("nothing_runs")
def test_nothing_of_the_workspace_runs(tmp_path: Path) -> None:
    workspace = tmp_path / "work"
    mark = tmp_path / "ran"
    folder = venv(workspace / ".venv", workspace / "evil")
    evil = f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n"
    (folder / "bin" / "python").unlink()
    executable(folder / "bin" / "python", f"#!/bin/sh\ntouch {mark}\n")
    executable(workspace / "evil" / "bin" / "python3.10", f"#!/bin/sh\ntouch {mark}\n")
    (site(folder) / "sitecustomize.py").write_text(evil)
    (site(folder) / "usercustomize.py").write_text(evil)
    (workspace / "sitecustomize.py").write_text(evil)
    (workspace / "more").mkdir()
    (site(folder) / "evil.pth").write_text(f"{evil}import\tos\n# a note\n{workspace / 'more'}\n/no/such\n\0\n")
    (site(folder) / "__editable___evil_finder.py").write_text(f"{evil}MAPPING = {{'a': exit()}}\n")
    found = find_environment(workspace, None)
    assert str(workspace / "more") in found.sys_path
    assert "/no/such" not in found.sys_path
    assert str(Path(os.__file__).parent) in found.sys_path
    for chosen in (".venv", ".venv/bin/python"):
        assert find_environment(workspace, chosen).sys_path == found.sys_path
    with pytest.raises(EnvironmentNotFound, match="not a Python interpreter that can be used"):
        find_environment(workspace, "evil/bin/python3.10")
    assert not mark.exists()


@pytest.mark.usefixtures("nothing_runs")
def test_editable_installs(tmp_path: Path) -> None:
    folder = venv(tmp_path / "work" / ".venv", prefix(tmp_path / "base"))
    (tmp_path / "other").mkdir()
    (site(folder) / "_other.pth").write_text("../../../../../other\n")
    (site(folder) / "__editable___a_1_0_finder.py").write_text(
        "import sys\nMAPPING: dict[str, str] = {'a': '/src/a', 'b': '/src/b.py', 3: 4}\nNAMESPACES = {}\n"
    )
    (site(folder) / "__editable___c_1_0_finder.py").write_text("MAPPING = {'c': '/src/c'}\n")
    (site(folder) / "__editable___d_1_0_finder.py").write_text("MAPPING = (\n")
    found = find_environment(tmp_path / "work", None)
    assert found.editable == {"a": "/src/a", "b": "/src/b.py", "c": "/src/c"}
    assert os.path.realpath(found.sys_path[-1]) == str(tmp_path / "other")


def test_what_is_no_python(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("not a program")
    executable(tmp_path / "python3", "#!/bin/sh\nexit 1\n")
    executable(tmp_path / "python3.9", "#!/bin/sh\necho '[1'\n")
    for chosen, message in [
        ("/no/such/python", "/no/such/python: no such file or folder"),
        (str(tmp_path), f"{tmp_path}: no Python environment in this folder"),
        ("/bin/sh", "/bin/sh: not a Python interpreter"),
        (str(tmp_path / "python"), f"{tmp_path}/python: not a Python interpreter that can be used"),
        (str(tmp_path / "python3"), f"{tmp_path}/python3: not a Python interpreter that can be used"),
        (str(tmp_path / "python3.9"), f"{tmp_path}/python3.9: not a Python interpreter that can be used"),
    ]:
        with pytest.raises(EnvironmentNotFound) as caught:
            find_environment(None, chosen)
        assert str(caught.value) == message
    for chosen in ("a\0b", "x" * 5000):
        with pytest.raises(EnvironmentNotFound):
            find_environment(tmp_path, chosen)


def test_an_interpreter_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A script that stands before a Python, as pyenv's shims do, says nothing of where its library is.
    shim = executable(tmp_path / "shims" / "python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    runs: list[Any] = []
    real = subprocess.run

    def run(*args: Any, **options: Any) -> Any:
        runs.append(args)
        return real(*args, **options)

    monkeypatch.setattr(subprocess, "run", run)
    found = find_environment(tmp_path / "work", str(shim))
    assert str(Path(os.__file__).parent) in found.sys_path
    assert str(Path(pytest.__file__).parents[1]) in found.sys_path
    assert found.python == str(shim)
    environments._answer.cache_clear()
    assert find_environment(tmp_path / "work", str(shim)) == found
    assert len(runs) == 1
    (kept,) = (tmp_path / "cache" / "shapelens" / "environments").iterdir()
    kept.write_text(json.dumps({"odd": 1}))
    environments._answer.cache_clear()
    assert find_environment(None, str(shim)) == found
    assert len(runs) == 2
