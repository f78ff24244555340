"""A hostile workspace for every test, and the client of the server's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .hostile import Hostile

sys.path.insert(0, str(Path(__file__).parents[1] / "lsp"))


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    if sys.platform == "win32":
        pytest.skip("links, pipes and scripts as POSIX has them")
    made = Hostile(tmp_path)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONSTARTUP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(made.root)
    return made
