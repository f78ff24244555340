"""Which Python the user's code runs on, found without running anything that the workspace holds.

A virtual environment is read: its pyvenv.cfg, its site-packages, the plain paths in its .pth files. Only an
interpreter outside of the workspace, and one that the user chose or the process was started in, is ever asked for
its sys.path, isolated (`-I -S`), so that no sitecustomize of anyone runs; and none at all in a workspace that is not
trusted. There, an environment of the workspace itself cannot lead out of it.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from shapelens.source.reading import read_bytes

_ASK = (
    "import sys,json,sysconfig;p=sysconfig.get_paths();print(json.dumps([list(sys.version_info[:2]),"
    "[x for x in sys.path if x],[p['purelib'],p['platlib']],sys.executable]))"
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

    @property
    def sites(self) -> tuple[str, ...]:
        """The folders that packages are installed in: sys_path without the standard library and linked projects."""
        return tuple(path for path in self.sys_path if os.path.basename(path) in ("site-packages", "dist-packages"))


@dataclass(frozen=True)
class _Trust:
    """What may be done with environments: whether interpreters are started, and which folders are the workspace's."""

    is_trusted: bool
    folders: tuple[Path, ...]

    def is_inside(self, path: Path) -> bool:
        """Whether a path is the workspace's own, by its name or by where its links lead."""
        try:
            name, real = Path(os.path.abspath(path)), Path(os.path.realpath(path))
        except (OSError, ValueError):
            return True  # No path at all.
        return any(
            name.is_relative_to(os.path.abspath(folder)) or real.is_relative_to(os.path.realpath(folder))
            for folder in self.folders
        )

    def may_start(self, path: Path) -> bool:
        return self.is_trusted and not self.is_inside(path)

    def confines(self, folder: Path) -> bool:
        """Whether what an environment's folder links to has to lie in the workspace too."""
        return not self.is_trusted and self.is_inside(folder)


def find_environment(
    workspace: Path | None, chosen: str | None, is_trusted: bool = True, others: Sequence[Path] = ()
) -> Environment:
    """The environment that the user chose, or else the nearest one. Raises EnvironmentNotFound for a bad choice.

    `others` are further folders of the workspace. Where it is not trusted, no interpreter is started, wherever it lies.
    """
    trust = _Trust(is_trusted, (*([workspace] if workspace is not None else []), *others))
    if chosen:
        return _chosen(Path(os.path.expanduser(chosen)), workspace, trust)
    places: list[tuple[str, Path]] = []
    if workspace is not None:
        places += [(f"workspace {name}", workspace / name) for name in (".venv", "venv")]
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        value = os.environ.get(variable)
        if value:
            places.append((variable, Path(value)))
    for found_by, folder in places:
        environment = _of_folder(folder, found_by, trust, ask=trust.may_start(folder))
        if environment is not None:
            return environment
    return _server(trust)


def interpreter_to_start(environment: Environment, folders: Sequence[Path]) -> str | None:
    """The file that is started where the environment's interpreter is; None where none may be.

    What lies in the workspace's folders is started only where it was chosen. A virtual environment's interpreter is
    mostly a link: then it is the one behind it, that reads no pyvenv.cfg.
    """
    if environment.python is None:
        return None
    trust = _Trust(True, tuple(folders))
    if not trust.is_inside(Path(environment.python)):
        return environment.python
    real = os.path.realpath(environment.python)
    if not trust.is_inside(Path(real)):
        return real if _INTERPRETER.match(os.path.basename(real)) else None
    return environment.python if environment.found_by == "chosen" else None


def _chosen(path: Path, workspace: Path | None, trust: _Trust) -> Environment:
    if workspace is not None and not path.is_absolute():
        path = workspace / path
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:
        raise EnvironmentNotFound(f"{str(path)!r} cannot be looked at ({error})") from None
    ask = trust.may_start(path)
    if is_folder:
        environment = _of_folder(path, "chosen", trust, ask)
        if environment is None:
            raise EnvironmentNotFound(f"{path}: no Python environment in this folder")
        return environment
    if not is_file:
        raise EnvironmentNotFound(f"{path}: no such file or folder")
    if not _INTERPRETER.match(path.name):
        raise EnvironmentNotFound(f"{path}: not a Python interpreter")
    # First as it is called, for a venv's interpreter is a link into another prefix; then where the link leads.
    for python in dict.fromkeys((path, Path(os.path.realpath(path)))):
        version = _version_in_name(python)
        environment = _of_folder(_prefix(python), "chosen", trust, ask=False, python=path, version=version)
        if environment is not None:
            return environment
    answer = _asked(path, trust) if ask else None
    if answer is None:
        if not trust.is_trusted:
            raise EnvironmentNotFound(f"{path}: not known without starting it, and the workspace is not trusted")
        raise EnvironmentNotFound(f"{path}: not a Python interpreter that can be used")
    return answer


_INTERPRETER = re.compile(r"(?:python|pypy)w?[\d.]*(?:\.exe)?\Z", re.IGNORECASE)


def _prefix(python: Path) -> Path:
    folder = python.parent
    return folder.parent if folder.name.lower() in ("bin", "scripts") else folder


def _version_in_name(python: Path) -> tuple[int, int] | None:
    found = re.search(r"(\d+)\.(\d+)", python.name)
    return (int(found.group(1)), int(found.group(2))) if found else None


def _of_folder(
    folder: Path,
    found_by: str,
    trust: _Trust,
    ask: bool,
    python: Path | None = None,
    version: tuple[int, int] | None = None,
) -> Environment | None:
    """The environment in a folder (of venv, of conda, or an installation's), read from its files."""
    if python is None:
        python = _python_in(folder)
    settings = _venv_settings(folder)
    if settings is None:
        version, library = _library(folder, version)
        if library is None or version is None:
            return _asked(python, trust, found_by) if ask and python is not None else None
        sites = [*_sites(folder, version), *_system_sites(folder, version)]
        return _environment(python, version, library, sites, found_by, trust)
    version = _version_in_settings(settings) or version or _version_of_sites(folder)
    if version is None:
        version = sys.version_info[:2]
    sites = _sites(folder, version)
    if not sites:
        return None
    library, base = _base_library(settings, version)
    if base is not None and settings.get("include-system-site-packages", "").lower() == "true":
        sites += [*_sites(base, version), *_system_sites(base, version)]
    return _environment(python, version, library or Path(os.__file__).parent, sites, found_by, trust)


def _environment(
    python: Path | None, version: tuple[int, int], library: Path, sites: list[Path], found_by: str, trust: _Trust
) -> Environment:
    folders = [library]
    if (library / "lib-dynload").is_dir():
        folders.append(library / "lib-dynload")
    folders += sites
    editable: dict[str, str] = {}
    for site in sites:
        linked, mapped = _linked(site), _editable(site)
        if trust.confines(site):
            linked = [path for path in linked if trust.is_inside(path)]
            mapped = {name: path for name, path in mapped.items() if trust.is_inside(Path(path))}
        folders += linked
        editable.update(mapped)
    return Environment(
        str(python) if python else None, tuple(dict.fromkeys(map(str, folders))), version, found_by, editable
    )


def _server(trust: _Trust) -> Environment:
    """The environment of the interpreter that runs this process."""
    version = sys.version_info[:2]
    python = Path(sys.executable) if sys.executable else None
    environment = _of_folder(Path(sys.prefix), "server", trust, ask=False, python=python, version=version)
    if environment is not None:
        added = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        return replace(environment, sys_path=tuple(dict.fromkeys([*added, *environment.sys_path])))
    # A script's own folder comes first on sys.path and is no part of the environment.
    folders = tuple(path for path in sys.path if path and path != os.getcwd() and os.path.isdir(path))
    return Environment(sys.executable or None, folders, version, "server")


def _python_in(folder: Path) -> Path | None:
    for name in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
        if (folder / name).is_file():
            return folder / name
    return None


def _venv_settings(folder: Path) -> dict[str, str] | None:
    """The lines of pyvenv.cfg; None where there is none, so that the folder is no virtual environment."""
    text = _small_text(folder / "pyvenv.cfg")
    if text is None:
        return None
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, sign, value in pairs if sign}


def _small_text(path: Path) -> str | None:
    try:
        return read_bytes(path, _PTH_LARGEST).decode("utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return None


def _version_in_settings(settings: dict[str, str]) -> tuple[int, int] | None:
    found = re.match(r"(\d+)\.(\d+)", settings.get("version") or settings.get("version_info") or "")
    return (int(found.group(1)), int(found.group(2))) if found else None


def _version_of_sites(folder: Path) -> tuple[int, int] | None:
    return max((version for version, _ in _versioned(folder)), default=None)


def _versioned(folder: Path) -> Iterator[tuple[tuple[int, int], Path]]:
    """The folders lib/pythonX.Y of a prefix."""
    for parent in ("lib", "lib64"):
        names: list[str] = []
        with contextlib.suppress(OSError, ValueError):
            names = os.listdir(folder / parent)
        for name in names:
            found = re.fullmatch(r"(?:python|pypy)(\d+)\.(\d+)", name)
            if found:
                yield (int(found.group(1)), int(found.group(2))), folder / parent / name


def _library(prefix: Path, version: tuple[int, int] | None) -> tuple[tuple[int, int] | None, Path | None]:
    """The standard library of an installation, and its version; the newest where none is asked for."""
    libraries = {found: path for found, path in _versioned(prefix) if (path / "os.py").is_file()}
    if version is None and libraries:
        link = os.path.realpath(prefix / "bin" / "python3")
        version = _version_in_name(Path(link))
        version = version if version in libraries else max(libraries)
    if version in libraries:
        return version, libraries[version]
    if (prefix / "Lib" / "os.py").is_file() and (prefix / "python.exe").is_file():
        return version or sys.version_info[:2], prefix / "Lib"
    return version, None


def _base_library(settings: dict[str, str], version: tuple[int, int]) -> tuple[Path | None, Path | None]:
    """The standard library behind a virtual environment and the prefix that it is in."""
    home = settings.get("home")
    if not home or _is_remote(home):
        return None, None
    name = f"python{version[0]}.{version[1]}"
    for python in (Path(home, name), Path(os.path.realpath(os.path.join(home, name)))):
        prefix = _prefix(python)
        _, library = _library(prefix, version)
        if library is not None:
            return library, prefix
    return None, None


def _sites(prefix: Path, version: tuple[int, int]) -> list[Path]:
    name = f"python{version[0]}.{version[1]}"
    places = [prefix / "lib" / name, prefix / "lib64" / name, prefix / "Lib"]
    sites: list[Path] = []
    for place in places:
        site = place / "site-packages"
        if site.is_dir() and os.path.realpath(site) not in map(os.path.realpath, sites):
            sites.append(site)
    return sites


def _system_sites(prefix: Path, version: tuple[int, int]) -> list[Path]:
    """Where Debian and a user's own installs keep packages of an installation."""
    name = f"python{version[0]}.{version[1]}"
    places = [Path.home() / ".local" / "lib" / name / "site-packages"]
    if prefix == Path("/usr"):
        places += [Path("/usr/local/lib", name, "dist-packages"), Path("/usr/lib/python3/dist-packages")]
    return [place for place in places if place.is_dir()]


def _site_files(site: Path) -> list[str]:
    try:
        return sorted(os.listdir(site))
    except OSError:
        return []


def _linked(site: Path) -> list[Path]:
    """The folders that .pth files add: their plain path lines. `import` lines are code and are passed over."""
    folders: list[Path] = []
    for name in _site_files(site):
        if not name.endswith(".pth") or name.startswith("."):
            continue
        for line in (_small_text(site / name) or "").splitlines():
            line = line.strip()
            if not line or line.startswith(("#", "import ", "import\t")) or "\0" in line or _is_remote(line):
                continue
            folder = site / line
            with contextlib.suppress(OSError, ValueError):
                if folder.is_dir():
                    folders.append(folder)
    return folders


def _is_remote(path: str) -> bool:
    """Whether Windows would look for a path on another machine, and tell that one who is asking."""
    return sys.platform == "win32" and path.replace("/", "\\").startswith("\\\\")


def _editable(site: Path) -> dict[str, str]:
    """What setuptools' editable finders map: top-level module to its file or folder. The finder is read, never run."""
    found: dict[str, str] = {}
    for name in _site_files(site):
        if not (name.startswith("__editable___") and name.endswith("_finder.py")):
            continue
        try:
            tree = ast.parse(_small_text(site / name) or "")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target: ast.expr = node.targets[0]
            elif isinstance(node, ast.AnnAssign):
                target = node.target
            else:
                continue
            if isinstance(target, ast.Name) and target.id == "MAPPING" and node.value is not None:
                found.update(_mapping(node.value))
    return found


def _mapping(value: ast.expr) -> dict[str, str]:
    try:
        mapping = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return {}
    if not isinstance(mapping, dict):
        return {}
    texts = {key: path for key, path in mapping.items() if isinstance(key, str) and isinstance(path, str)}
    return {key: path for key, path in texts.items() if "\0" not in path and not _is_remote(path)}


def _asked(python: Path, trust: _Trust, found_by: str = "chosen") -> Environment | None:
    """What an interpreter itself says, remembered on disk for as long as its file stays the same."""
    import hashlib

    try:
        stat = os.stat(python)
    except OSError:
        return None
    key = hashlib.sha256(f"2 {os.path.abspath(python)} {stat.st_mtime_ns} {stat.st_size}".encode()).hexdigest()[:32]
    answer = _answer(str(python), str(cache_folder() / "environments" / f"{key}.json"))
    if answer is None:
        return None
    version, library, sites, executable = answer
    # It may only have led to a virtual environment's, which without `site` does not know that it is one.
    real = _of_folder(_prefix(Path(executable)), found_by, trust, ask=False, python=python, version=version)
    if real is not None:
        return real
    folders = [*library, *(path for path in sites if os.path.isdir(path))]
    editable: dict[str, str] = {}
    for site in sites:
        folders += map(str, _linked(Path(site)))
        editable.update(_editable(Path(site)))
    return Environment(str(python), tuple(dict.fromkeys(folders)), version, found_by, editable)


_Answer = tuple[tuple[int, int], tuple[str, ...], tuple[str, ...], str]
"""Version, sys.path without site-packages, site-packages, and the interpreter's own path."""
_NO_ANSWER = (OSError, ValueError, TypeError, KeyError, IndexError)


@lru_cache(maxsize=64)
def _answer(python: str, kept: str) -> _Answer | None:
    # Loaded only here, as most environments are read from their files and a command line has to start at once.
    import json
    import subprocess
    import tempfile

    with contextlib.suppress(*_NO_ANSWER), open(kept, encoding="utf-8") as file:
        return _understood(json.load(file))
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            # Isolated and without `site`: nobody's sitecustomize, .pth code or PYTHON* variable has a say.
            run = subprocess.run(
                [python, "-I", "-S", "-c", _ASK],
                cwd=elsewhere,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ASK_SECONDS,
                check=True,
            )
            said = json.loads(run.stdout)
            answer = _understood(said)
        except (*_NO_ANSWER, subprocess.SubprocessError):
            return None
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        written = f"{kept}.{os.getpid()}"
        with open(written, "w", encoding="utf-8") as file:
            json.dump(said, file)
        os.replace(written, kept)
    return answer


def _understood(said: object) -> _Answer:
    if not isinstance(said, list) or len(said) != 4:
        raise ValueError("not an answer")
    (major, minor), library, sites, executable = said
    return (int(major), int(minor)), tuple(map(str, library)), tuple(dict.fromkeys(map(str, sites))), str(executable)


def cache_folder() -> Path:
    """Where this user's caches of ours are kept."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "shapelens"
