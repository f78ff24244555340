"""One real worker, and oracles, on the Python that runs the tests."""

from __future__ import annotations

import site
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shapelens.oracle.asking import Oracle
from shapelens.oracle.process import Worker

PYTHON, SITES = sys.executable, site.getsitepackages()


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    made = Worker(PYTHON, SITES)
    yield made
    made.close()


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = Oracle(PYTHON, SITES, tmp_path_factory.mktemp("cache"))
    yield made
    made.close()


def tensor(*dims: int, dtype: str = "float32") -> dict[str, Any]:
    """A tensor of the protocol."""
    return {"x": list(dims), "d": dtype}


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
