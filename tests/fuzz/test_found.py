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


_CLASS = """\
class Head(nn.Module):
    def __init__(self, width=WIDTH):
        super().__init__()
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        return self.fc(x)


"""
_INSIDE = _CLASS.replace("=WIDTH", "=4").replace("(width", "(WIDTH")
_FUNCTION = "def f(x):\n    return nn.Linear(WIDTH, 3)(x)\n\n\n"
_USE, _TAUGHT, _TOLD = "x = torch.rand(7, WIDTH)\n", "k = nn.Linear(WIDTH, 2)(torch.rand(2, 5))\n", "WIDTH = 7\n"
_CALL = "y = Head()(torch.rand(2, 5))\n"

EDITS = [
    (_USE + _CLASS + _CALL, _USE.replace("7", "8") + _CLASS + _CALL),
    (_CLASS + _USE + _CALL, _CLASS + _USE.replace("7", "8") + _CALL),
    (_FUNCTION + _TAUGHT, _FUNCTION + _TAUGHT.replace("5", "6")),
    (_FUNCTION, _FUNCTION + _TAUGHT),
    (_TAUGHT + _FUNCTION, _FUNCTION),
    (_INSIDE + _TAUGHT, _INSIDE),
    (_INSIDE, _TAUGHT + _INSIDE),
    (_FUNCTION, _FUNCTION + _TOLD),
    (_INSIDE + _TOLD, _INSIDE),
]
"""Snippets with a name that nothing binds, of which an edit changes what is learnt of it."""


@pytest.mark.parametrize("number", range(len(EDITS)))
def test_what_is_learnt_of_an_unbound_name_is_of_now(number: int) -> None:
    before, after = EDITS[number]

    def said(session: Session, text: str) -> list[tuple[int, str]]:
        session.update("net.py", text)
        return [(hint.line, hint.label) for hint in hints(session.analyse("net.py"))]

    session = Session()
    assert said(session, before)
    assert said(session, after) == said(Session(), after)
