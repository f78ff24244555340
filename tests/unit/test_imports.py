"""Imports run downwards only, and only the rooms that may know a library import it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "server" / "shapelens"
FILES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "dims": set(),
    "source": set(),
    "values": {"dims"},
    "rules": {"values", "dims"},
    "interpreter": {"source", "rules", "values", "dims"},
    "oracle": {"values", "dims"},
    "analysis": {"oracle", "interpreter", "source", "rules", "values", "dims"},
    "report": {"analysis", "interpreter", "source", "rules", "values", "dims"},
    "lsp": {"report", "analysis", "interpreter", "source", "values", "dims"},
    "cli": {"lsp", "report", "analysis", "oracle", "interpreter", "source", "values", "dims"},
}
"""Room to the rooms below it. Files outside a room (`__init__.py`, `__main__.py`) may import any."""

PROTOCOL = {"pygls", "lsprotocol"}
FRAMEWORKS = {"torch", "torchvision", "numpy", "tensorflow", "keras", "einops", "jaxtyping"}


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each imported module, inside functions too."""
    package = ("shapelens", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) + 1 - node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            if module == "shapelens":
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def _room(module: str) -> str:
    """The room of `shapelens.ROOM.…`; "" for what is not ours or in no room."""
    parts = module.split(".")
    return parts[1] if parts[0] == "shapelens" and len(parts) > 1 and parts[1] in MAY_IMPORT else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_downwards(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    allowed = MAY_IMPORT.get(room, set(MAY_IMPORT)) | {room, ""}
    assert not [(line, module) for line, module in _imports(path) if _room(module) not in allowed]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_libraries_are_known_only_where_they_may_be(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    unwanted = FRAMEWORKS if room == "lsp" else FRAMEWORKS | PROTOCOL
    assert not [(line, module) for line, module in _imports(path) if module.partition(".")[0] in unwanted]


def test_every_folder_is_a_room() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(MAY_IMPORT)


@pytest.mark.parametrize("first", ["analysis.flow", "interpreter.classes", "interpreter.attributes", "lsp.commands"])
def test_a_module_can_be_the_first_to_be_imported(first: str) -> None:
    """Rooms whose files import each other work in whichever order a face loads them."""
    command = [sys.executable, "-c", f"import shapelens.{first}"]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    assert subprocess.run(command, env=environment, check=False).returncode == 0
