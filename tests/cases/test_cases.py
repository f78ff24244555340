"""Each failing program is found where it fails, and nothing is said of programs that run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shapelens.analysis.session import Session
from shapelens.report.problems import reported
from tests.cases.programs import HERE, PROGRAMS, disagreement, marked

NOT_YET: dict[str, str] = {}
"""Programs that we do not judge rightly yet, and why."""


def _programs() -> list[object]:
    return [
        pytest.param(path, marks=pytest.mark.xfail(reason=NOT_YET[path.stem], strict=True))
        if path.stem in NOT_YET
        else path
        for path in PROGRAMS
    ]


@pytest.mark.parametrize("path", _programs(), ids=lambda path: path.stem)
def test_program(path: Path) -> None:
    session = Session((HERE,), sys.executable)
    problems = [p for p in reported(session.analyse(str(path))) if p.severity in ("error", "warning")]
    lines = {(Path(p.span.file).name, p.span.line) for p in problems}
    said = [f"{Path(p.span.file).name}:{p.span.line} [{p.code}] {p.message}" for p in problems]
    if path.stem.endswith("_bad"):
        assert lines & marked(path, "raises", "also"), said or "nothing is reported"
    else:
        assert not said


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_marks_are_what_torch_says(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.chdir(tmp_path)
    assert disagreement(path) is None
