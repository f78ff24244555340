"""`python -m tests.editors.neovim [EDITS]`: from a key to what Neovim draws of it; the server's start, memory, processor time.

Neovim itself waits 150 ms before it tells the server of a key.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.editors.neovim.test_neovim import run
from tests.editors.samples import Sample, samples, summary


def measure(sample: Sample, edits: int) -> None:
    """Print the figures for one file."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        (project / "pyproject.toml").write_text("")
        (project / "net.py").write_text(sample.text)
        told = run(
            Path(folder) / "neovim",
            "measure.lua",
            project / "net.py",
            seconds=120 + 5 * edits,
            MEASURE_LINE=str(sample.typed_line - 1),
            MEASURE_HINT=str(sample.called_line - 1),
            MEASURE_TYPED=sample.typed,
            MEASURE_EDITS=str(edits),
            VIRTUAL_ENV=sys.prefix,
        )
    print(f"{sample.name}: {len(sample.text.splitlines())} lines, {edits} edits")
    print(f"  start of Neovim to first hints: {told['first_hints']:.0f} ms")
    print(f"  key to hint: {summary(told['hints'])}")
    print(f"  key to problem: {summary(told['problems'])}")
    print(f"  processor time of the server for an edit: {told['processor']:.0f} ms")
    memory = " · ".join(f"{size:.0f}" for size in told["memory"])
    print(f"  memory in MiB, before and after each fifth of the edits: {memory}", flush=True)


if __name__ == "__main__":
    for each in samples():
        measure(each, int(sys.argv[1]) if len(sys.argv) > 1 else 500)
