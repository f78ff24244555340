"""`SHAPELENS_EDITORS=FOLDER python -m tests.editors.vscode [ROUNDS]`: from a key to what VS Code draws of it; the size of the extension.

FOLDER is what `.ci/editors FOLDER` has filled. A round is a key and its undoing.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.editors.samples import Sample, samples, summary
from tests.editors.vscode.test_vscode import drive


def measure(sample: Sample, rounds: int) -> None:
    """Print the figures for one file. Raises SystemExit with what the script says where it fails."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        project = Path(folder) / "project"
        project.mkdir()
        (project / "net.py").write_text(sample.text)
        middle = (sample.typed_line + sample.called_line) // 2
        arguments = (folder, project, "net.py", middle, sample.typed, sample.after, rounds)
        run = drive("measure.mjs", *arguments, environment=dict(os.environ), seconds=300 + 10 * rounds)
    if run.returncode != 0:
        raise SystemExit(f"{run.stdout}\n{run.stderr}")
    told = json.loads(run.stdout)
    print(f"{sample.name}: {len(sample.text.splitlines())} lines, {rounds} rounds")
    print(f"  page asked for to editor: {told['opened']:.0f} ms; then to first hints: {told['firstHints']:.0f} ms")
    print(f"  key to hint: {summary(told['hints'])}")
    print(f"  key to underline: {summary(told['problems'])}", flush=True)


if __name__ == "__main__":
    print(f"shapelens.vsix: {Path(os.environ['SHAPELENS_EDITORS'], 'shapelens.vsix').stat().st_size / 1e6:.2f} MB")
    for each in samples():
        measure(each, int(sys.argv[1]) if len(sys.argv) > 1 else 20)
