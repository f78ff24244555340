"""The annotations that are offered for functions: they say what comes, and nothing changes by them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from shapelens.analysis.adopting import edited
from shapelens.analysis.session import Session
from tests.cases.mending import Program, run_all
from tests.cases.programs import HERE, PROGRAMS

RUNNING = [path for path in PROGRAMS if not path.stem.endswith("_bad")]


def annotated(path: Path, text: str) -> tuple[str, int]:
    """A program with the annotations of all its functions, one after the other, and how many there are."""
    session = Session((path.parent,), sys.executable)
    count = 0
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    for function in sorted(functions, key=lambda f: -f.lineno):  # from the last one: imports move the others
        session.update(str(path), text)
        line = (
            function.lineno + text.count("\n") - path.read_text("utf-8").count("\n")
            if path.exists()
            else function.lineno
        )
        adopted = session.adopted(session.analyse(str(path)), line)
        if adopted is not None:
            text = edited(text, adopted.edits)
            count += 1
    return text, count


@pytest.fixture(scope="module")
def adoptions():
    return {path.stem: (path, *annotated(path, path.read_text("utf-8"))) for path in RUNNING}


def test_annotated_programs_parse_and_say_what_comes(adoptions):
    pytest.importorskip("torch")
    pytest.importorskip("jaxtyping")
    texts = [(Program(name, path, text), text) for name, (path, text, count) in adoptions.items() if count]
    errors = {program.name: error for (program, _), error in zip(texts, run_all(texts, check=True)) if error}
    assert errors == {}
    assert len(texts) > 50
    assert sum(count for _, _, count in adoptions.values()) > 75


def test_the_check_would_notice():
    text = 'from jaxtyping import Float\nfrom torch import Tensor, ones\n\ndef f(x: Float[Tensor, "2 n"]) -> Float[Tensor, "n"]:\n    return x\n\nf(ones({}, 3))\n'
    program = Program("f", HERE / "f.py", text)
    first, second = run_all([(program, text.format(3)), (program, text.format(2))], check=True)
    assert "x is (3, 3)" in first
    assert "return is (2, 3)" in second


@pytest.mark.parametrize(
    ("body", "stated"),
    [
        ("return x.t()", '-> Float[Tensor, "3 _"]'),
        ("return x.mean(1)", '-> Float[Tensor, "batch"]'),
        ("return x @ x.t()", '-> Float[Tensor, "batch _"]'),
        ("return x * 2", '-> Float[Tensor, "batch 3"]'),
    ],
)
def test_a_batch_has_no_number_in_what_is_returned(tmp_path: Path, body: str, stated: str) -> None:
    path = tmp_path / "a.py"
    path.write_text(f"import torch\n\n\ndef f(x):\n    {body}\n\n\nf(torch.zeros(2, 3))\n")
    text, _ = annotated(path, path.read_text())
    assert 'x: Float[Tensor, "batch 3"]' in text
    assert stated in text
