"""A session's answers follow the files: buffers as they are typed, the disk where it is told of a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapelens.analysis import following
from shapelens.analysis.session import Session
from shapelens.source import tree
from shapelens.source.imports import ModuleFile

MAIN = "import torch\nfrom helper import f\nx = f(torch.zeros(2, 3))\n"


def _shapes(session: Session, path: Path) -> list[object]:
    return [value.shape for fact in session.analyse(str(path)).facts for value in fact.values]


def test_a_helper_that_comes_and_changes_on_disk(tmp_path: Path) -> None:
    main, helper = tmp_path / "main.py", tmp_path / "helper.py"
    session = Session([tmp_path])
    session.update(str(main), MAIN)
    assert _shapes(session, main) == []
    helper.write_text("def f(x):\n    return x.t()\n")
    session.files_changed([str(helper)])
    assert _shapes(session, main) == [(3, 2)]
    helper.write_text("def f(x):\n    return x.t()[None]\n")
    session.files_changed([str(helper)])
    assert _shapes(session, main) == [(1, 3, 2)]


def test_typing_does_not_look_at_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main, helper = tmp_path / "main.py", tmp_path / "helper.py"
    helper.write_text("def f(x):\n    return x.t()\n")
    session = Session([tmp_path])
    session.update(str(main), MAIN)
    assert _shapes(session, main) == [(3, 2)]

    def touched(*_: object) -> tuple[int, int]:
        raise AssertionError("looked at the disk")

    monkeypatch.setattr(following, "file_stamp", touched)
    monkeypatch.setattr("shapelens.analysis.session.file_stamp", touched)
    monkeypatch.setattr("os.scandir", touched)
    session.update(str(main), MAIN + "y = x + 1\n")
    assert _shapes(session, main) == [(3, 2), (3, 2)]


def test_what_only_jedi_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main, hidden = tmp_path / "main.py", tmp_path / "elsewhere" / "helper.py"
    hidden.parent.mkdir()
    hidden.write_text("def f(x):\n    return x.t()\n")
    asked: list[str] = []

    def jedi(module: str, *_: object) -> ModuleFile | None:
        asked.append(module)
        return ModuleFile(module, hidden) if module == "helper" else None

    monkeypatch.setattr("shapelens.source.jedi_fallback.module_by_jedi", jedi)
    session = Session([tmp_path])
    session.update(str(main), MAIN)
    assert _shapes(session, main) == []
    assert session.learn_slowly()
    assert _shapes(session, main) == [(3, 2)]
    assert not session.learn_slowly()
    assert asked == ["helper"]


def test_nothing_is_kept_of_a_file_that_was_closed(tmp_path: Path) -> None:
    session = Session([tmp_path])
    paths = [str(tmp_path / f"{number}.py") for number in range(3)]
    for path in paths:
        session.update(path, "import torch\nx = torch.zeros(2, 3).t()\n")
        session.analyse(path)
        session.update(path, None)
    assert not tree._remembered
    kept = {name: table for name, table in vars(session).items() if isinstance(table, dict) and set(table) & set(paths)}
    assert not kept
