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
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

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
