"""The packages of the corpus: where their files lie, and what is reported in them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from shapelens.analysis.session import Session

Place: TypeAlias = tuple[str, int, str]
"""(file, line, code)"""

HERE = Path(__file__).parent
INTERPRETER = Path(os.environ.get("SHAPELENS_CORPUS", Path(sys.prefix) / "corpus" / "bin" / "python"))
"""The interpreter of the environment that the packages are installed in."""

OWN = {
    "einops": ("einops",),
    "jaxtyping": ("jaxtyping",),
    "keras": (
        "keras/src/applications", "keras/src/layers", "keras/src/losses", "keras/src/metrics", "keras/src/models",
        "keras/src/optimizers", "keras/src/utils",
    ),
    "torch": ("torch/nn", "torch/optim", "torch/distributions", "torch/utils/data"),
    "torchvision": ("torchvision",),
}  # fmt: skip
"""Of the test dependencies, what is model code."""


# Folders that several packages install, one over the other.
_SHARED = ("benchmarks", "docs", "examples", "scripts", "test", "tests", "utils")


@dataclass(frozen=True)
class Found:
    """What checking a package gave: problems by file and code, and how much there was to check."""

    problems: tuple[tuple[Place, str], ...] = ()
    """Where, and what was said."""
    files: int = 0
    lines: int = 0
    seconds: float = 0.0
    """Of processor time."""


def listed(name: str = "requirements.txt") -> list[str]:
    """The distributions that a file of requirements names."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.partition("==")[0] for line in lines if "==" in line]


def site() -> Path | None:
    """The folder that the corpus is installed in; None where it is not."""
    return next(INTERPRETER.parent.parent.glob("lib/python3.*/site-packages"), None)


def files_of(package: str) -> list[Path]:
    """The Python files of a package of the corpus, or of a test dependency; none where it is not installed."""
    if package in OWN:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            return []
        root = Path(spec.origin).parent.parent
        return sorted(file for part in OWN[package] for file in (root / part).rglob("*.py"))
    folder = site()
    found = importlib.metadata.distributions(name=package, path=[str(folder)]) if folder is not None else ()
    files = {f for d in found for f in d.files or () if f.suffix == ".py" and f.parts[0] not in _SHARED}
    return sorted(Path(str(f.locate())) for f in files)


def check(package: str) -> Found:
    """Check each file of a package as `shapelens check` does."""
    started = time.process_time()
    session = Session([], str(INTERPRETER if package not in OWN else sys.executable))
    problems: list[tuple[Place, str]] = []
    files = files_of(package)
    lines = 0
    for file in files:
        analysis = session.analyse(str(file))
        lines += analysis.text.count("\n")
        for problem in analysis.problems:
            if problem.severity != "information":
                place = _shown(problem.span.file), problem.span.line, problem.code
                problems.append((place, f"{place[0]}:{place[1]}: {problem.code}: {problem.message}"))
        session.release(str(file))
    return Found(tuple(problems), len(files), lines, time.process_time() - started)


def _shown(file: str) -> str:
    return file.replace("\\", "/").rpartition("site-packages/")[2]


def known_defects(package: str) -> Iterator[Place]:
    """The table of `defects.py`, as far as it is about a package."""
    from tests.corpus.defects import DEFECTS

    yield from (defect.place for defect in DEFECTS if defect.package == package)
