"""Programs that fuzzing has found to break something, as small as they can be, with the hints that they must show."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from shapelens.analysis.session import Session
from shapelens.report.hints import hints

PROGRAMS: dict[str, tuple[str, list[str]]] = {
    "a whole shape is no size": (
        """
        import numpy as np
        noise = np.random.randn(noise.shape)
        more = np.zeros((2, 3)) + 1
        """,
        ["→ (2, 3)"],
    ),
    "a method of a dataset called with something else": (
        """
        import tensorflow as tf
        data = tf.data.Dataset.shuffle((1, 2), 4)
        x = tf.zeros((2, 3)) + 1
        """,
        ["→ (2, 3)"],
    ),
    "a method that is given nothing": (
        """
        import tensorflow as tf
        @tf.function
        def f(x):
            y = tf.py_function(len, [x], tf.int64)
            y.set_shape()
            return tf.zeros((2, 3)) + 1
        """,
        ["→ (2, 3)"],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAPELENS_STRICT", "1")
    program, expected = PROGRAMS[name]
    file = tmp_path / "found.py"
    file.write_text(textwrap.dedent(program))
    analysis = Session((tmp_path,), sys.executable).analyse(str(file))
    assert [hint.label for hint in hints(analysis)] == expected
