"""Branches that end by continue, break, return or an exception: what the others change behind them is not their doing.

Each program is run with every choice that its tests may take: a length that is shown is the one of every run.
"""

from __future__ import annotations

import ast
import itertools
import textwrap
from pathlib import Path

import pytest

from shapelens.analysis.session import Session

PROGRAMS = {
    "continue": """\
        for i in range(3):
            if c[i]:
                continue
            kept.append(i)
        """,
    "continue with a flag": """\
        for i in c:
            if i:
                flag = True
                continue
            if flag:
                kept.append(i)
            else:
                other.append(i)
        """,
    "break": """\
        for i in range(3):
            if c[i]:
                break
            kept.append(i)
        """,
    "break behind": """\
        for i in range(3):
            kept.append(i)
            if c[i]:
                break
        other.append(0)
        """,
    "while": """\
        while len(kept) < 3:
            kept.append(0)
            if c[len(kept) - 1]:
                break
            other.append(0)
        """,
    "caught": """\
        for i in range(3):
            try:
                found = {True: 1}[c[i]]
            except KeyError:
                continue
            kept.append(found)
        """,
    "return": """\
        def add(to):
            if c[0]:
                return
            to.append(1)
        add(kept)
        """,
    "return in a branch": """\
        def add(to, too):
            if c[0]:
                to.append(1)
                if c[1]:
                    return
            else:
                too.append(1)
            to.append(2)
        add(kept, other)
        """,
    "method": """\
        class Store:
            def __init__(self):
                self.held, self.left = kept, other
            def fill(self, value):
                for n in c:
                    if n:
                        return
                    self.held.append(value)
                self.left.append(value)
        Store().fill(3)
        """,
    "made in branches": """
        if c[0]:
            kept = []
            for i in c:
                kept.append(i)
        else:
            kept = []
            for i in c:
                kept.append(i)
                other.append(i)
        """,
    "given back": """
        def made():
            if c[0]:
                found = [1]
                found.append(2)
                return found
            found = []
            found.append(1)
            return found
        kept = made()
        """,
    "all the same": """\
        for i in range(3):
            kept.append(i)
            if c[i]:
                continue
            other.append(i)
        """,
}


def _lengths(body: str, choice: tuple[bool, ...]) -> tuple[int, int]:
    names: dict[str, object] = {"c": choice, "kept": [], "other": [], "flag": False}
    exec(body, names)
    return len(names["kept"]), len(names["other"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_length_is_that_of_every_run(name: str, tmp_path: Path) -> None:
    body = textwrap.dedent(PROGRAMS[name])
    real = {_lengths(body, choice) for choice in itertools.product((False, True), repeat=3)}
    text = "import torch\ndef program(c):\n    kept, other, flag = [], [], False\n" + textwrap.indent(body, "    ")
    text += "    a = torch.zeros(len(kept))\n    b = torch.zeros(len(other))\n"
    ast.parse(text)
    file = tmp_path / "program.py"
    file.write_text(text)
    facts = {f.name: f.values for f in Session([tmp_path]).analyse(str(file)).facts}
    for shown, lengths in zip((facts["a"], facts["b"]), zip(*real)):
        sizes = {v.shape for v in shown}
        if len(set(lengths)) > 1:
            assert not any(shape is not None and isinstance(shape[0], int) for shape in sizes)
        elif name == "all the same":
            assert sizes == {(lengths[0],)}
