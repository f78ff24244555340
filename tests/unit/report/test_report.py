"""Hovers, problems, fixes, the JSON face and annotated sources."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from shapelens.analysis.facts import Edit, Expression, Fact, FileAnalysis, Place, Problem, Shown, Span
from shapelens.analysis.mending.sources import changed
from shapelens.dims import symbol
from shapelens.report.annotate import annotated
from shapelens.report.catalogue import CATALOGUE, page, page_uri
from shapelens.report.fixes import fixes, shape_comment, silencers, touches
from shapelens.report.hover import hover, memory_text
from shapelens.report.jsonface import diagnostics, rows
from shapelens.report.lines import split_lines
from shapelens.report.problems import problem_lines, reported
from shapelens.source.comments import ignores, shape_comments
from shapelens.values.shapes import Open, ShapeVar

ROOT = Path(__file__).parents[3]
B, H = symbol("B"), symbol("H")


def names(s):
    return s.name


def span(line, column, end_line, end_column, file="f.py"):
    return Span(file, line, column, end_line, end_column)


def shown(*dims, dtype="float32", inferred=False):
    return Shown(tuple(dims), dtype, inferred)


# -- hovers ----------------------------------------------------------------------------------------------------------


def hovered(line, column, source="y = f(x)\n", **parts):
    found = hover(FileAnalysis("f.py", source, **parts), line, column)
    return found and found.markdown


def test_the_innermost_expression_counts():
    outer = Expression(span(1, 4, 1, 8), (shown(B, 10),))
    inner = Expression(span(1, 6, 1, 7), (shown(B, 400),), "`Linear(400, 10)`")
    assert hovered(1, 6, expressions=(outer, inner)) == "`(B, 400) float32` — 1.6 KiB · B\n\n`Linear(400, 10)`"
    assert hovered(1, 5, expressions=(outer, inner)) == "`(B, 10) float32` — 40 bytes · B"
    assert hovered(1, 2, expressions=(outer, inner)) is None
    assert hovered(7, 2, expressions=(outer, inner)) is None


def test_a_fact_answers_on_its_name_only():
    y = Fact(span(1, 0, 1, 8), "y", "assign", (shown(2, 3),))
    assert hovered(1, 0, facts=(y,)) == "**y** `(2, 3) float32` — 24 bytes"
    assert hovered(1, 3, facts=(y,)) is None


def test_every_context_and_what_is_assumed():
    values = (shown(2, 3), shown(4, 3, inferred=True), Shown(None), shown(2, 3))
    assert hovered(1, 4, expressions=(Expression(span(1, 4, 1, 8), values),)) == (
        "has 2 known shapes here, in the order met:\n\n"
        "- `(2, 3) float32` — 24 bytes\n"
        "- `≈(4, 3) float32` — 48 bytes\n"
        "- and calls of which the shape is not known\n\n"
        "_≈ inferred: sizes that fit what the layers ask, or that a comment or docstring states; no call says so._"
    )


def test_nothing_known_but_something_to_tell():
    assert hovered(1, 4, expressions=(Expression(span(1, 4, 1, 8), (), "`Linear(1, 2)`"),)) == "`Linear(1, 2)`"
    assert hovered(1, 4, expressions=(Expression(span(1, 4, 1, 8), (Shown(None),)),)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (shown(2, 3), "24 bytes"),
        (shown(dtype="bool"), "1 byte"),
        (shown(B, 64, 112, 112), "3.1 MiB · B"),
        (shown(B, H - 1), "4 bytes · (B·(H - 1))"),
        (shown(2, dtype=None), ""),
        (Shown(None, "float32"), ""),
        (shown(1024, 1024, 1024, 1024), "4.0 TiB"),
    ],
)
def test_memory(value, expected):
    assert memory_text(value, names) == expected


# -- problems --------------------------------------------------------------------------------------------------------

MADE = Place(span(1, 0, 1, 5), "Linear is made here")
PROBLEM = Problem("feature-mismatch", "error", "Linear: 400 expected, 256 given", span(2, 5, 2, 9), (MADE,))


def analysis(source, *problems, **rest):
    return FileAnalysis("f.py", source, problems=problems, **rest)


@pytest.mark.parametrize(
    ("comment", "count"),
    [
        ("", 1),
        ("  # shapelens: ignore", 0),
        ("  # shapelens: ignore[feature-mismatch]", 0),
        ("  # shapelens: ignore[rank-mismatch, feature-mismatch]", 0),
        ("  # shapelens: ignore[rank-mismatch]", 1),
    ],
)
def test_ignored_lines(comment, count):
    assert len(reported(analysis(f"a\n\ty = f(x){comment}\n", PROBLEM, PROBLEM))) == count


def test_a_problem_as_text():
    lines = list(problem_lines(PROBLEM, "fc = Linear()\n\ty = fc(x)\n", lambda path: f"./{path}"))
    assert lines == [
        "./f.py:2:6: error[feature-mismatch] Linear: 400 expected, 256 given",
        "    \ty = fc(x)",
        "    \t    ^^^^",
        "  ./f.py:1:1: note: Linear is made here",
    ]


def test_a_problem_beyond_the_text_has_no_excerpt():
    assert len(list(problem_lines(PROBLEM, "", str))) == 2


def test_diagnostics_count_from_one():
    (row,) = diagnostics([PROBLEM])
    assert row == {
        "file": "f.py",
        "line": 2,
        "column": 6,
        "end_line": 2,
        "end_column": 10,
        "code": "feature-mismatch",
        "severity": "error",
        "message": "Linear: 400 expected, 256 given",
        "related": [{"file": "f.py", "line": 1, "message": "Linear is made here"}],
    }


def test_fixes_of_the_problems():
    edit = Edit("Write 256", span(1, 0, 1, 3), "256")
    mended = Problem("feature-mismatch", "error", "m", span(2, 5, 3, 9), fixes=(edit,))
    assert [(o.edit, o.preferred) for o in fixes([mended, PROBLEM, mended])] == [(edit, True)]
    other = replace(mended, fixes=(edit, replace(edit, text="25")))
    assert [o.preferred for o in fixes([other])] == [False, False]
    assert [line for line in range(1, 6) if touches(mended, "f.py", line, line)] == [2, 3]
    assert not touches(mended, "other.py", 2, 2)


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("y = fc(x)", "y = fc(x)  # shapelens: ignore[feature-mismatch]"),
        ("y = fc(x)   ", "y = fc(x)  # shapelens: ignore[feature-mismatch]"),
        ("y = fc(x)  # type: ignore", "y = fc(x)  # type: ignore  # shapelens: ignore[feature-mismatch]"),
        ("y = fc(x)  # (B, C)", "y = fc(x)  # (B, C)  # shapelens: ignore[feature-mismatch]"),
        ("y = fc(x)  # shapelens: ignore[a-b]", "y = fc(x)  # shapelens: ignore[a-b, feature-mismatch]"),
        ("y = fc(x)  # shapelens: ignore[]", "y = fc(x)  # shapelens: ignore[feature-mismatch]"),
        ("y = fc('#')", "y = fc('#')  # shapelens: ignore[feature-mismatch]"),
        ("y = fc(x) + \\", None),
    ],
)
def test_keeping_silent_about_a_problem(line, becomes):
    text = f"a = 1\n{line}\nb\n"
    problem = Problem("feature-mismatch", "error", "m", span(2, 4, 2, 9))
    offers = silencers([problem, problem], split_lines(text))
    assert [o.edit.title for o in offers] == (["Disable feature-mismatch for this line"] if becomes else [])
    for offer in offers:
        after = changed(text, offer.edit)
        assert after == f"a = 1\n{becomes}\nb\n"
        assert "feature-mismatch" in ignores(after)[2]
        assert shape_comments(after) == shape_comments(text)


def test_a_problem_over_several_lines_is_silenced_where_a_comment_can_be():
    text = 'a = f("""\n""", \\\n  b)\n'
    (offer,) = silencers([Problem("feature-mismatch", "error", "m", span(1, 4, 3, 4))], split_lines(text))
    assert (
        offer.edit.span.line,
        changed(text, offer.edit).endswith("b)  # shapelens: ignore[feature-mismatch]\n"),
    ) == (3, True)


@pytest.mark.parametrize(
    ("source", "facts", "expected"),
    [
        ("x = f()  \n", [("x", "assign", shown(B, H - 2))], "x = f()  # (B, H-2)\n"),
        ("x = f()\n", [("x", "assign", shown(B))], "x = f()  # (B,)\n"),
        ("def f(x):\n", [("x", "param", shown(B, 3))], "def f(x):  # x: (B, 3)\n"),
        (
            "x, y = f()\n",
            [("x", "assign", shown(B)), ("y", "assign", shown(3, 4))],
            "x, y = f()  # x: (B,), y: (3, 4)\n",
        ),
        ("x = f()  # why\n", [("x", "assign", shown(B))], None),
        ("x = f() + \\\n 1", [("x", "assign", shown(B))], None),
        ('x = f("""\n""")', [("x", "assign", shown(B))], None),
        ("x = f()\n", [("x", "assign", Shown(None))], None),
        ("x = f()\n", [("Linear", "layer", shown(2))], None),
        ("x = f()\n", [], None),
    ],
)
def test_a_shape_written_down(source, facts, expected):
    listed = tuple(Fact(span(1, 0, 1, 1), name, kind, (value,)) for name, kind, value in facts)
    offer = shape_comment(FileAnalysis("f.py", source, listed), 1)
    if expected is None:
        assert offer is None
    else:
        assert offer is not None
        line = source.split("\n")[0]
        edit = offer.edit
        changed = line[: edit.span.column] + edit.text + line[edit.span.end_column :]
        assert changed == expected.rstrip("\n")


# -- the JSON face ---------------------------------------------------------------------------------------------------


def test_rows():
    values = (
        shown(B, 3, (H + 31) // 32),
        shown(2, dtype="int64"),
        Shown(None),
        Shown(Open((B,), ShapeVar(), (512,)), None),
        Shown(Open((), ShapeVar(), ())),
        shown(2, dtype="int64", inferred=True),
    )
    returned = Fact(span(3, 4, 4, 9), "return", "return", values, obvious=True)
    layer = Fact(span(1, 2, 1, 9), "Conv2d", "layer", (shown(1),))
    found = rows([FileAnalysis("f.py", "", (returned, layer))])
    assert json.loads(json.dumps(found)) == [
        {
            "file": "f.py",
            "line": 1,
            "end_line": 1,
            "column": 3,
            "name": "Conv2d",
            "kind": "layer",
            "values": [[[1], "float32"]],
        },
        {
            "file": "f.py",
            "line": 3,
            "end_line": 4,
            "column": 5,
            "name": "return",
            "kind": "return",
            "values": [
                [["B", 3, "(H+31)//32"], "float32"],
                [[2], "int64"],
                [None, None],
                [["B", "...", 512], None],
            ],
        },
    ]


# -- annotated sources -----------------------------------------------------------------------------------------------


def test_shapes_in_one_column_where_lines_are_short():
    source = f"x = 1\nyy = 22  \n\nz = {'1' * 90}\ns = '漢'\n"
    named = ((1, "x"), (2, "yy"), (4, "z"), (5, "s"))
    facts = tuple(Fact(span(n, 0, n, 1), name, "assign", (shown(n, inferred=n == 2),)) for n, name in named)
    lines = list(annotated(FileAnalysis("f.py", source, facts)))
    assert lines == [
        "x = 1     → (1,)",
        "yy = 22   → ≈(2,)",
        "",
        f"z = {'1' * 90}  → (4,)",
        "s = '漢'  → (5,)",
    ]
    coloured = list(annotated(FileAnalysis("f.py", source, facts), colour=True))
    assert coloured[0] == "x = 1     \x1b[36m→ (1,)\x1b[0m"
    assert coloured[1] == "yy = 22   \x1b[33m→ ≈(2,)\x1b[0m"


def test_an_empty_file():
    assert list(annotated(FileAnalysis("f.py", ""))) == []


# -- the catalogue ---------------------------------------------------------------------------------------------------

_REPORTERS = {"fail", "Failure", "Problem", "require", "warn", "crash"}


def codes_in(tree):
    """The codes that a module reports: strings with a hyphen given to what reports, or as a `code`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [*node.args] if name in _REPORTERS else []
            given += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").endswith("CODE"):
            given = [node.value]
        elif isinstance(node, ast.arguments):
            positional = [*node.posonlyargs, *node.args]
            with_default = positional[len(positional) - len(node.defaults) :]
            given = [d for a, d in zip(with_default, node.defaults) if a.arg == "code"]
            given += [d for a, d in zip(node.kwonlyargs, node.kw_defaults) if a.arg == "code" and d is not None]
        else:
            continue
        for each in given:
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and is_code(each.value):
                yield each.value


def is_code(text):
    return "-" in text and text.replace("-", "").isalpha() and text.islower()


def reported_codes():
    found = set()
    for folder in ("rules", "interpreter", "analysis"):
        for path in sorted((ROOT / "server" / "shapelens" / folder).rglob("*.py")):
            found.update(codes_in(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def test_every_code_is_in_the_catalogue_and_has_a_page():
    codes = reported_codes()
    assert {"channel-mismatch", "broadcast-mismatch", "axis-out-of-range"} <= codes
    assert codes - CATALOGUE.keys() == set()
    for code, entry in CATALOGUE.items():
        text = (ROOT / page(code)).read_text(encoding="utf-8")
        assert text.startswith(f"# {code}\n"), code
        assert entry.summary in text, code
        assert page_uri(code) is not None
    assert page_uri("unheard-of") is None


def test_no_page_without_a_code():
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("*.md")} - {"README"}
    assert pages == CATALOGUE.keys()


def test_the_examples_on_the_pages_are_python():
    for code in CATALOGUE:
        text = (ROOT / page(code)).read_text(encoding="utf-8")
        assert "```python" in text
        for block in text.split("```python\n")[1:]:
            ast.parse(block.split("```")[0])
