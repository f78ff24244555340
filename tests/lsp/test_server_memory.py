"""What the server holds after hundreds of edits: no more than what is open needs."""

from __future__ import annotations

import sys
import time

import pytest
from tests.bench.editor import Editor
from tests.bench.edits import kinds_of
from tests.bench.files import workspace
from tests.bench.own import COMMAND, environment

EDITS, MARGIN = 500, 15
"""The margin is in megabytes: a version of these files takes one to three."""


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not say how much memory a process has")
def test_memory_returns_to_where_it_was(tmp_path):
    paths = list(dict.fromkeys(path for case in workspace(tmp_path, True) for path in (case.shown, case.edited)))
    assert len(paths) > 3
    with Editor(COMMAND, environment(tmp_path), tmp_path) as editor:
        for path in paths:
            editor.open(path)
            assert editor.hints(path)
        first, _ = editor.memory()
        for path in paths:
            text = path.read_text("utf-8")
            texts = [each for made in kinds_of(text, EDITS // len(paths) // 8 + 1).values() for each in made]
            for changed in texts:
                editor.change(path, changed)
                editor.wait([editor.ask_hints(path), editor.ask_problems(path)])
        for path in paths:
            editor.close(path)
        ending = time.monotonic() + 20
        while (now := editor.memory()[0]) > first + MARGIN and time.monotonic() < ending:
            time.sleep(0.2)
        assert 0 < now <= first + MARGIN
