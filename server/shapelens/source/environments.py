"""Which Python the user's code runs on, found without running anything that the workspace holds.

A virtual environment is read: its pyvenv.cfg, its site-packages, the plain paths in its .pth files. Only an
interpreter outside of the workspace, and one that the user chose or the process was started in, is ever asked for
its sys.path, isolated (`-I -S`), so that no sitecustomize of anyone runs.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ASK = (
    "import sys,json,sysconfig;p=sysconfig.get_paths();"
    "print(json.dumps([list(sys.version_info[:2]),[x for x in sys.path if x],[p['purelib'],p['platlib']],sys.prefix]))"
)
_ASK_SECONDS = 10
_PTH_LARGEST = 100_000


class EnvironmentNotFound(Exception):
    """No Python where the user said that one is; the message is one line, for a person."""


@dataclass(frozen=True)
class Environment:
    """A Python as far as imports are concerned."""

    python: str | None
    """Path of the interpreter; None where only a folder of packages is known."""
    sys_path: tuple[str, ...]
    """Folders that modules are searched in, behind the workspace's own: standard library, then site-packages."""
    version: tuple[int, int]
    found_by: str
    """"chosen", "workspace .venv", "VIRTUAL_ENV", "CONDA_PREFIX" or "server"."""
    editable: dict[str, str] = field(default_factory=dict, compare=False)
    """Top-level modules that editable installs map to a file or folder outside of sys_path."""


def find_environment(workspace: Path | None, chosen: str | None) -> Environment:
    """The environment that the user chose, or else the nearest one. Raises EnvironmentNotFound for a bad choice."""
    if chosen:
        return _chosen(Path(os.path.expanduser(chosen)), workspace)
    places: list[tuple[str, Path | None]] = []
    if workspace is not None:
        places += [("workspace .venv", workspace / ".venv"), ("workspace venv", workspace / "venv")]
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if os.environ.get(variable):
            places.append((variable, Path(os.environ[variable])))
    for found_by, folder in places:
        if folder is not None and _python_in(folder) is not None or folder is not None and _is_venv(folder):
            environment = _of_folder(folder, found_by, workspace)
            if environment is not None:
                return environment
    return _server()


def _chosen(path: Path, workspace: Path | None) -> Environment:
    """The environment of an interpreter or of a folder that holds one."""
    if not path.exists():
        raise EnvironmentNotFound(f"no Python at {path}: there is no such file or folder")
    if path.is_dir():
        found = _of_folder(path, "chosen", workspace)
        if found is None:
            raise EnvironmentNotFound(f"no Python environment in {path}: it has neither pyvenv.cfg nor an interpreter")
        return found
    if not os.access(path, os.X_OK):
        raise EnvironmentNotFound(f"{path} is not a Python: it cannot be executed")
    folder = path.parent.parent
    if _is_venv(folder):
        found = _of_folder(folder, "chosen", workspace)
        if found is not None:
            return found
    return _asked(str(path), "chosen")


def _is_venv(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def _python_in(folder: Path) -> str | None:
    for name in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
        if (folder / name).exists():
            return str(folder / name)
    return None


def _of_folder(folder: Path, found_by: str, workspace: Path | None) -> Environment | None:
    """A virtual environment, read; another installation's interpreter is asked unless the workspace holds it."""
    python = _python_in(folder)
    if _is_venv(folder):
        return _read_venv(folder, python, found_by)
    if python is None or workspace is not None and _is_within(folder, workspace):
        return None
    return _asked(python, found_by)


def _is_within(path: Path, folder: Path) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)


def _read_venv(folder: Path, python: str | None, found_by: str) -> Environment:
    settings = _settings(folder / "pyvenv.cfg")
    packages = [*sorted(folder.glob("lib/python3*/site-packages")), *folder.glob("Lib/site-packages")]
    version = _version(settings, packages)
    paths = [*_standard_library(settings.get("home", ""), version)]
    editable: dict[str, str] = {}
    for place in packages:
        paths.append(str(place))
        paths += _pth_paths(place)
        editable.update(_editable(place))
    if settings.get("include-system-site-packages", "").lower() == "true":
        home = Path(settings.get("home", "")).parent
        paths += [str(p) for p in sorted(home.glob(f"lib/python{version[0]}.{version[1]}/site-packages"))]
    return Environment(python, tuple(dict.fromkeys(paths)), version, found_by, editable)


def _settings(file: Path) -> dict[str, str]:
    found = {}
    with contextlib.suppress(OSError):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            key, equals, value = line.partition("=")
            if equals:
                found[key.strip().lower()] = value.strip()
    return found


def _version(settings: dict[str, str], packages: list[Path]) -> tuple[int, int]:
    texts = [settings.get("version_info", ""), settings.get("version", ""), *(p.parent.name for p in packages)]
    for text in texts:
        match = re.search(r"(\d+)\.(\d+)", text)
        if match:
            return int(match[1]), int(match[2])
    return sys.version_info[0], sys.version_info[1]


def _standard_library(home: str, version: tuple[int, int]) -> list[str]:
    name = f"python{version[0]}.{version[1]}"
    places = [Path(home).parent / "lib" / name, Path(home) / "Lib"] if home else []
    return [str(p) for p in places if p.is_dir()]


def _pth_paths(packages: Path) -> list[str]:
    """The plain path lines of .pth files; `import …` lines are what Python would run, and are passed over."""
    found = []
    for file in sorted(packages.glob("*.pth")):
        with contextlib.suppress(OSError):
            if file.stat().st_size > _PTH_LARGEST:
                continue
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                line = line.strip()
                if line and not line.startswith(("#", "import ", "import\t")):
                    path = Path(os.path.join(packages, line))
                    if path.is_dir():
                        found.append(str(path))
    return found


def _editable(packages: Path) -> dict[str, str]:
    """What editable installs map to files: the literal MAPPING of setuptools' finder modules, parsed."""
    found: dict[str, str] = {}
    for file in packages.glob("__editable__*_finder.py"):
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                target = node.target if isinstance(node, ast.AnnAssign) else None
                if isinstance(node, ast.Assign) and len(node.targets) == 1:
                    target = node.targets[0]
                if isinstance(target, ast.Name) and target.id == "MAPPING" and node.value is not None:  # type: ignore[attr-defined]
                    value = ast.literal_eval(node.value)  # type: ignore[attr-defined]
                    found.update({str(k): str(v) for k, v in value.items()})
    return found


def _server() -> Environment:
    """The Python that runs the server."""
    paths = [p for p in sys.path if p and os.path.isdir(p)]
    return Environment(sys.executable, tuple(paths), (sys.version_info[0], sys.version_info[1]), "server")


def _asked(python: str, found_by: str) -> Environment:
    """Ask an interpreter for its sys.path; the answer is kept on disk until the interpreter changes."""
    answer = _kept(python)
    if answer is None:
        try:
            run = subprocess.run(
                [python, "-I", "-S", "-c", _ASK], capture_output=True, text=True, timeout=_ASK_SECONDS, check=True
            )
            answer = json.loads(run.stdout)
            version, paths, packages, _ = answer
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise EnvironmentNotFound(f"{python} does not answer as a Python: {type(error).__name__}") from None
        _keep(python, answer)
    version, paths, packages, _ = answer
    places = [*paths, *packages]
    for package in packages:
        places += _pth_paths(Path(package))
    return Environment(python, tuple(dict.fromkeys(places)), (version[0], version[1]), found_by)


def _cache_file(python: str) -> Path:
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    with contextlib.suppress(OSError):
        status = os.stat(os.path.realpath(python))
        mark = f"{python}:{status.st_mtime_ns}:{status.st_size}"
        return Path(folder) / "shapelens" / f"python-{hashlib.sha256(mark.encode()).hexdigest()[:16]}.json"
    return Path(folder) / "shapelens" / "python-none.json"


def _kept(python: str) -> Any:
    with contextlib.suppress(OSError, ValueError):
        return json.loads(_cache_file(python).read_text(encoding="utf-8"))
    return None


def _keep(python: str, answer: Any) -> None:
    with contextlib.suppress(OSError):
        file = _cache_file(python)
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(answer, stream)
        os.replace(name, file)
