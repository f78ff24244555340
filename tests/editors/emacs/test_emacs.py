"""Emacs itself, with eglot and the configuration that docs/editors.md shows. Debian's eglot draws no hints yet: they are asked for.

`.ci/editors FOLDER` fetches it, and SHAPELENS_EDITORS names that folder; without it this test is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.editors.neovim.test_neovim import HINTS, NET, documented_configuration, environment

HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.editor,
    pytest.mark.skipif("SHAPELENS_EDITORS" not in os.environ, reason="SHAPELENS_EDITORS is not set; see .ci/editors"),
]


def test_hints_problems_and_hovers_with_the_documented_configuration(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "net.py").write_text(NET, encoding="utf-8")
    done = subprocess.run(
        ["emacs", "--batch", "-l", str(HERE / "session.el"), str(project / "net.py")],
        env=environment(tmp_path / "emacs", documented_configuration("Emacs", "elisp")),
        cwd=project,
        capture_output=True,
        timeout=600,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads((tmp_path / "emacs" / "told.json").read_text(encoding="utf-8"))
    assert dict(told["hints"]) == {line + 1: label for line, label in HINTS.items()}
    ((line, message),) = told["problems"]
    assert line == 15
    assert "Linear expects 9 features (in_features), got 8" in message
    assert "(B, 8, H - 2, W - 2) float32" in told["hover"]
    assert dict(told["mended"])[15] == "→ (B, 10)"
