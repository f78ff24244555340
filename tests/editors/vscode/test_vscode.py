"""The packed extension in a real VS Code: its extension host runs suite/index.js, a browser takes the pictures.

`.ci/editors FOLDER` fetches what is needed, and SHAPELENS_EDITORS names that folder; without it these tests are skipped.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
EDITORS = os.environ.get("SHAPELENS_EDITORS")
TESTS = re.findall(
    r'^  async (?:"([^"]+)"|(\w+))\(\) \{$', (HERE / "suite" / "index.js").read_text("utf-8"), re.MULTILINE
)
NAMES = [quoted or plain for quoted, plain in TESTS]
PICTURES = ("problem", "hover", "fix", "fixed", "hints", "summary", "summary-to-line", "summary-light")
LARGEST_PICTURE = 250_000
LARGEST_EXTENSION = 5_000_000

pytestmark = [
    pytest.mark.editor,
    pytest.mark.skipif(EDITORS is None, reason="SHAPELENS_EDITORS is not set; see .ci/editors"),
]

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": name,
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for name, source in {
            "one": ["import torch\n", "a = torch.zeros(4, 5).t()"],
            "two": ["b = a @ torch.zeros(3, 2)\n", "c = a.t()"],
        }.items()
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
USES_PARTS = "import torch\nfrom parts import WIDTH\n\na = torch.zeros(WIDTH, 2).t()\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A Python with nothing installed, first on the PATH: the extension must bring all it needs. Another one with a package."""
    bare, other = tmp_path_factory.mktemp("bare"), tmp_path_factory.mktemp("other")
    for each in (bare, other):
        venv.create(each, with_pip=False, symlinks=True)
    (packages,) = other.glob("lib/python*/site-packages")
    (packages / "widths.py").write_text("import torch\n\nWIDTH = 11\n")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "CONDA"))
    }
    return {
        **kept,
        "PATH": f"{bare / 'bin'}{os.pathsep}{kept['PATH']}",
        "XDG_CACHE_HOME": str(bare / "cache"),
        "SHAPELENS_OTHER_PYTHON": str(other / "bin" / "python"),
    }


def drive(
    script: str, *arguments: object, environment: dict[str, str], seconds: int
) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts beside this file; nothing that it started outlives it."""
    command = [str(Path(str(EDITORS)) / "bin" / "node"), str(HERE / script), *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, start_new_session=True, **pipes) as process:
        try:
            out, errors = process.communicate(timeout=seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, out, errors)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A folder that all workers of this run of the tests have."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextlib.contextmanager
def alone(shared: Path) -> Iterator[None]:
    """One VS Code at a time, whichever worker wants it."""
    import fcntl  # Only where the tests run at all.

    with (shared / "vscode.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def results(tmp_path_factory, environment, shared):
    """What came of each test of the suite, and what is to be said of the whole; it runs once, whichever worker is first."""
    found = shared / "vscode-results.json"
    with alone(shared):
        if not found.exists():
            found.write_text(json.dumps(run_suite(tmp_path_factory.mktemp("vscode"), environment)))
    return json.loads(found.read_text())


def run_suite(folder: Path, environment: dict[str, str]) -> dict[str, object]:
    """Run the suite on two folders with the examples and a notebook."""
    projects = folder / "projects"
    shutil.copytree(ROOT / "examples", projects / "one")
    (projects / "two").mkdir()
    for name, width in (("one", 7), ("two", 9)):
        (projects / name / "parts.py").write_text(f"WIDTH = {width}\n")
        (projects / name / "uses_parts.py").write_text(USES_PARTS)
    (projects / "one" / "notebook.ipynb").write_text(json.dumps(NOTEBOOK))
    workspace = projects / "both.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": "one"}, {"path": "two"}]}))
    result = folder / "result.jsonl"
    run = drive(
        "host.mjs",
        folder,
        workspace,
        environment={**environment, "SHAPELENS_RESULT": str(result)},
        seconds=1500,
    )
    lines = result.read_text("utf-8").splitlines() if result.exists() else []
    log = folder / "server.log"
    said = f"{run.stdout}\n{run.stderr}\n{log.read_text('utf-8')[-3000:] if log.exists() else ''}"
    return {"tests": {each["name"]: each["error"] for each in map(json.loads, lines)}, "said": said}


@pytest.mark.parametrize("name", NAMES)
def test_in_the_extension_host(results, name):
    reached = results["tests"]
    assert name in reached, f"not reached, after {list(reached)[-1:]}:\n{results['said']}"
    assert reached[name] is None, reached[name]


def test_pictures(tmp_path, environment, shared):
    out = Path(os.environ.get("SHAPELENS_PICTURES", tmp_path / "pictures"))
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples", project)
    with alone(shared):
        run = drive("screens.mjs", tmp_path / "data", project, out, environment=environment, seconds=900)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    for name in PICTURES:
        data = (out / f"{name}.png").read_bytes()
        assert data.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", data[16:24])
        assert (width, height) == (980, 600)
        assert 10_000 < len(data) < LARGEST_PICTURE, f"{name}: {len(data)} bytes"


def test_the_extension_is_small_and_holds_nothing_compiled():
    packed = Path(str(EDITORS)) / "shapelens.vsix"
    assert packed.stat().st_size < LARGEST_EXTENSION
    with zipfile.ZipFile(packed) as files:
        names = files.namelist()
    assert "extension/bundled/libs/shapelens/lsp/server.py" in names
    assert "extension/bundled/docs/rules/feature-mismatch.md" in names
    assert not [name for name in names if name.endswith((".so", ".pyd", ".dll", ".dylib", ".pyc"))]
