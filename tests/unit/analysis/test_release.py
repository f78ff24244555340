"""What a session keeps that goes from file to file of a package."""

from pathlib import Path

from shapelens.analysis import session as module
from shapelens.analysis.session import Session


def test_a_session_that_goes_through_a_package_lets_go_of_what_it_followed(tmp_path: Path, monkeypatch: object) -> None:
    monkeypatch.setattr(module, "_MOST_SOURCE", 20_000)  # type: ignore[attr-defined]
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    filler = "def unused():\n" + "    x = 1\n" * 200
    names = [f"part{n}" for n in range(100)]
    for number, name in enumerate(names):
        before = f"from package.{names[number - 1]} import make as inner\n" if number % 10 else ""
        inner = "inner(x)" if number % 10 else "x"
        text = (
            f"import torch\n{before}\ndef make(x):\n    return torch.cat([{inner}, x])\n\ny = make(torch.zeros(1, 2))\n"
        )
        (tmp_path / "package" / f"{name}.py").write_text(text + filler)
    session = Session((tmp_path,))
    most = 0
    for number, name in enumerate(names):
        path = str(tmp_path / "package" / f"{name}.py")
        analysis = session.analyse(path)
        shapes = [value.shape for fact in analysis.facts if fact.name == "y" for value in fact.values]
        assert shapes == [(number % 10 + 2, 2)]
        session.release(path)
        most = max(most, len(session._disk))
    assert most < 60
