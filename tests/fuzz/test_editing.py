"""A part of the editing fuzzers that is the same in every run; `python -m tests.fuzz editing` and `incremental` look on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import editing, incremental, workspaces

SEEDS = 6
EDITS = 15


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize("strength", ["typed", "saved"])
def test_edits_leave_no_trace(block: int, strength: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session after edits says what a new one says of the same texts."""
    monkeypatch.setenv("SHAPELENS_STRICT", "1")
    options = incremental.Options(edits=EDITS, strength=strength, deep=strength == "saved")
    for seed in range(block * SEEDS, (block + 1) * SEEDS):
        _, subject, steps, found = incremental.run(seed, options)
        how = f"`python -m tests.fuzz incremental --one --length {EDITS} --seed {seed}`"
        assert not found, f"{how}: {subject.files[0].parent.name}, step {len(steps)}:\n" + "\n".join(found)


def test_a_difference_is_seen() -> None:
    """The comparison sees what it is for: what was said before an edit of an imported file is not what is said after it."""
    subject = next(each for each in incremental.subjects(False) if each.root.name == "vision")
    sizes, model = (subject.root / name for name in ("sizes.py", "model.py"))
    text = sizes.read_text()
    pair = incremental.Pair(subject)
    before = incremental.view(pair.fresh(model), True)
    pair.texts[sizes] = text.replace("WIDTH = 16", "WIDTH = 24")
    found = incremental.difference(before, pair.fresh_view(model, True))
    assert any("hints: only of a new session" in line and "96" in line for line in found)


@pytest.mark.parametrize("seed", [3, 8, 11, 12])
def test_a_server_while_somebody_types(seed: int) -> None:
    """Everything is answered, nothing is logged that is a defect, and the hints are those of a new session."""
    try:
        report = editing.run(seed, 40, often=20)
    except editing.Failure as failure:
        how = f"`python -m tests.fuzz editing --edits 40 --length 40 --often 20 --seed {seed}`"
        raise AssertionError(f"{how}: {failure}") from None
    assert report.edits >= 40
    assert report.closed < 250


@pytest.mark.parametrize("seed", [0, 1])
def test_a_server_while_somebody_works_in_several_folders(seed: int, tmp_path: Path) -> None:
    """The same with a notebook, and with files that come, go and change on disk."""
    try:
        assert workspaces.run(seed, 60, tmp_path) > 5
    except workspaces.Failure as failure:
        how = f"`python -m tests.fuzz workspaces --actions 60 --length 60 --seed {seed}`"
        raise AssertionError(f"{how}: {failure}") from None
