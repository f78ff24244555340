"""Which files a command line names, and to which project they belong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

_SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__", "venv", "build", "dist"))
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", ".git")


def python_files(path: Path) -> Iterator[Path]:
    """The file itself, or all Python files below a folder, sorted, without environments and what is hidden."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _is_wanted(here, name))
        yield from (here / name for name in sorted(files) if _is_source(here / name, path))


def _is_source(file: Path, below: Path) -> bool:
    """Whether a name is a module's, and not a link that leads out of the folder that was named."""
    if not file.name.endswith(".py") or file.name.startswith("."):
        return False
    return not file.is_symlink() or Path(os.path.realpath(file)).is_relative_to(os.path.realpath(below))


def _is_wanted(folder: Path, name: str) -> bool:
    if name.startswith(".") or (name in _SKIPPED and not (folder / name / "__init__.py").exists()):
        return False
    return not (folder / name / "pyvenv.cfg").exists()


def project_roots(paths: Sequence[Path]) -> list[Path]:
    """The folders that imports start from: for each path the project that holds it, or the folder its package is in.

    A package that is no project's is not left for what is above the working directory.
    """
    return list(dict.fromkeys(_project_root(path) for path in paths))


def _project_root(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    home = Path.home()
    for parent in (folder, *folder.parents):
        if parent == home or parent == parent.parent:
            break
        if any((parent / name).exists() for name in _PROJECT_FILES):
            return parent
    here = Path.cwd()
    while folder not in (home, here, folder.parent) and (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder
