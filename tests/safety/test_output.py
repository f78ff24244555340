"""Names and texts of a hostile program in what is printed and shown: nothing of them is obeyed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shapelens.analysis.session import Session
from shapelens.report.hover import fact_tooltip, hover

SERVER = str(Path(__file__).parents[2] / "server")
BAD = "import torch, einops\nx = torch.ones(2, 3)\n"
NAMES = (
    "\x1b[31mred\x07.py",
    "new\nline.py",
    "::error::x.py",
    "##vso[task.setvariable].py",
    "[a](command:b).py",
    " a.py",
    "\u202egnp.py",
)
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# The last one's line starts with what a build obeys; the source line is shown with its problem.
PROBLEMS = (
    'einops.rearrange(x, "\\x1b]0;title\\x07\\r\\u202e\\n::add-mask::a ##vso[task.complete]b [text](http://evil) -> c")\n'
    'y = f"""\n::stop-commands::{x.view(7)}"""\n'
    "z = x.view(8)  # \x1b[2J \x9b31m ##vso[task.complete]\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_text(BAD + PROBLEMS, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_ACTIONS", "TF_BUILD")}
    return subprocess.run(
        [sys.executable, "-m", "shapelens", *arguments],
        cwd=project, env={**kept, "PYTHONPATH": SERVER, "PYTHONUTF8": "1", **environment},
        capture_output=True, timeout=100, encoding="utf-8",
    )  # fmt: skip


def test_what_a_terminal_obeys_is_not_printed(project: Path) -> None:
    checked = run(project, "check", ".")
    assert checked.returncode == 1
    assert checked.stdout.count("reshape-mismatch") == 2 * len(NAMES)
    shown = run(project, "hints", NAMES[0])
    missing = run(project, "hints", "\x1b[31m\n::x.py")
    for done in (checked, shown, missing):
        assert done.stdout + done.stderr
        assert not CONTROL.search(done.stdout + done.stderr)
    assert "\\x1b[31mred\\x07.py:5" in checked.stdout
    assert "\\x1b[2J" in shown.stdout
    assert missing.returncode == 2
    assert len(missing.stderr.splitlines()) == 1


@pytest.mark.parametrize("style", ["text", "json", "sarif"])
def test_what_a_build_obeys_is_not_printed(project: Path, style: str) -> None:
    done = run(project, "check", ".", "--format", style, CI="true")
    assert "reshape-mismatch" in done.stdout
    for line in (done.stdout + done.stderr).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##vso[" not in line
    if style != "text":
        json.loads(done.stdout)


def test_commands_to_github_are_our_own(project: Path) -> None:
    done = run(project, "check", ".", "--format", "github", GITHUB_ACTIONS="true")
    lines = done.stdout.splitlines()
    assert len(lines) >= 3 * len(NAMES)
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) file=[^,:]+,line=\d+,endLine=\d+,col=\d+,title=[^,:]+::.*", line)
        assert not CONTROL.search(line)


def test_sarif_has_no_links_of_the_program(project: Path) -> None:
    found = json.loads(run(project, "check", ".", "--format", "sarif").stdout)
    messages = [each["message"]["text"] for each in found["runs"][0]["results"]]
    assert any("http://evil" in each for each in messages)
    assert not any(re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", each) for each in messages)


MARKUP = """\
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.layer = nn.Linear(cfg["`![b](https://evil/x.png)<img src=//evil>`"], 10)
        setattr(self.layer, "![c](https://evil/x.png)", nn.Parameter(torch.ones(3)))
    def forward(self, x):
        return self.layer(x)
def f(x, mode):
    y = x + 1
    return y
f(torch.ones(2, 3), "`![d](//evil)[e](command:x)`")
f(torch.ones(2, 4), '<img src="//evil">')
f(torch.ones(2, 5), "https://evil")
"""


def test_hovers_have_no_markup_of_the_program() -> None:
    session = Session()
    session.update("/nowhere/model.py", MARKUP)
    analysis = session.analyse("/nowhere/model.py")
    lines = MARKUP.split("\n")
    shown = {fact_tooltip(fact, analysis) for fact in analysis.facts}
    for number, line in enumerate(lines, 1):
        shown |= {found.markdown for column in range(len(line)) if (found := hover(analysis, number, column))}
    assert any("evil" in each for each in shown)
    for markdown in shown:
        prose = re.sub(r"`[^`\n]*`", "", markdown)  # what stands in code is shown as it is
        assert prose.count("`") == 0
        assert not re.search(r"<|!\[|\]\(|command:|://", prose), markdown


def test_the_page_of_a_summary_shows_text_only() -> None:
    """The extension's page is built of text nodes, under a policy that loads and runs nothing but its own files."""
    client = Path(__file__).parents[2] / "vscode-client"
    view = "".join(path.read_text(encoding="utf-8") for path in (client / "src" / "view").glob("*.ts"))
    assert "innerHTML" not in view and "insertAdjacentHTML" not in view and "document.write" not in view
    panel = (client / "src" / "summary" / "panel.ts").read_text(encoding="utf-8")
    assert "default-src 'none'" in panel and "unsafe-inline" not in panel and "unsafe-eval" not in panel
    assert "enableCommandUris" not in panel
    manifest = json.loads((client / "package.json").read_text(encoding="utf-8"))
    trust = manifest["capabilities"]["untrustedWorkspaces"]
    assert set(trust["restrictedConfigurations"]) >= {"shapelens.interpreter", "shapelens.python"}
    settings = manifest["contributes"]["configuration"]["properties"]
    assert {settings[name]["scope"] for name in trust["restrictedConfigurations"]} == {"machine-overridable"}
