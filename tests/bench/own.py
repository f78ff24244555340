"""How our own programs are started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.bench.files import ROOT

COMMAND = [sys.executable, "-m", "shapelens", "server"]


def environment(folder: Path) -> dict[str, str]:
    """Variables for a process of ours; what Python compiles is kept, as it is where Shapelens is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(ROOT / "server"), "PYTHONPYCACHEPREFIX": str(folder / ".compiled")}
