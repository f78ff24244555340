"""How hints are written and where they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shapelens.analysis.facts import Fact, FileAnalysis, Shown, Span
from shapelens.dims import ceildiv, symbol
from shapelens.report.hints import HintSettings, Labels, hints
from shapelens.report.lines import plain, split_lines
from shapelens.report.shapes import full_text, written
from shapelens.values.shapes import Open, ShapeVar

B, H = symbol("B"), symbol("H")


def names(s):
    return s.name


def shown(*dims, dtype="float32", inferred=False):
    return Shown(tuple(dims), dtype, inferred)


def text(*values, dtype="nonDefault"):
    found = written(values, names, dtype)
    return found and found.text()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([shown(B, 64, ceildiv(H, 2), H - 2)], "(B, 64, ⌈H/2⌉, H - 2)"),
        ([shown()], "()"),
        ([shown(B)], "(B,)"),
        ([shown(B, 1, 28, 28, inferred=True)], "≈(B, 1, 28, 28)"),
        ([shown(B, 2, dtype="int64")], "(B, 2) int64"),
        ([shown(B, 2, dtype=None)], "(B, 2)"),
        ([Shown((3, 4), "float64", library="numpy")], "(3, 4)"),
        ([Shown((3, 4), "float32", library="numpy")], "(3, 4) float32"),
        ([shown(2, dtype="int64"), shown(2)], "(2,) int64|float32"),
        ([shown(2, dtype="int64"), shown(2, dtype=None)], "(2,)"),
        ([shown(B, 64, 7), shown(B, 128, 7)], "(B, 64|128, 7)"),
        ([shown(1, 2), shown(H - 2, 2)], "(1 | H - 2, 2)"),
        ([shown(1), shown(2), shown(3)], "(1|2|3,)"),
        ([shown(1), shown(2), shown(3), shown(4)], "(?,)"),
        ([shown(B, 64), shown(B, 3, H, H, inferred=True)], "(B, 64) or ≈(B, 3, H, H)"),
        ([shown(1), shown(1, 2), shown(1, 2, 3)], "(1,) or (1, 2) or …"),
        ([Shown(Open((B,), ShapeVar(), (512,)), "float32")], "(B, …, 512)"),
        ([Shown(Open((), ShapeVar(), ()), "float32")], None),
        ([Shown(None, "float32")], None),
        # What is not known is not hidden by what is.
        ([shown(2), Shown(None)], "(2,) or (…)"),
    ],
)
def test_texts(values, expected):
    assert text(*values) == expected


def test_dtypes_as_set():
    assert text(shown(2), dtype="always") == "(2,) float32"
    assert text(shown(2, dtype="bool"), dtype="never") == "(2,)"
    assert full_text(shown(2, inferred=True), names) == "≈(2,) float32"


def fact(name, line, column, *values, kind="assign", **rest):
    return Fact(Span("f.py", line, column, line, column + 1), name, kind, values, **rest)


def labels(source, *facts, **settings):
    analysis = FileAnalysis("f.py", source, tuple(sorted(facts, key=lambda f: (f.span.line, f.span.column))))
    return [(h.line, h.column, h.label) for h in hints(analysis, HintSettings(**settings))]


def test_one_hint_a_line_end():
    x, y, z = fact("x", 1, 0, shown(B, 3)), fact("yy", 1, 3, shown(B)), fact("z", 1, 7, shown(B, 3))
    assert labels("x, yy, z = f()\n", z, x, y) == [(1, 14, "x, z (B, 3), yy (B,)")]
    assert labels("x = f()  # é\n", x) == [(1, 12, "→ (B, 3)")]


def test_a_parameter_is_always_named():
    assert labels("def f(x):", fact("x", 1, 6, shown(B, 3), kind="param")) == [(1, 9, "x (B, 3)")]


def test_layers_on_one_line_are_a_chain():
    sizes = {"Conv2d": shown(B, 8, 26, 26), "ReLU": shown(B, 8, 26, 26), "Flatten": shown(B, 5408)}
    layers = [fact(name, 1, 5, value, kind="layer") for name, value in sizes.items()]
    assert labels("y = Sequential(…)(x)", fact("y", 1, 0, shown(B, 5408)), *layers) == [(1, 20, "→ (B, 5408)")]
    assert labels("Sequential(…)", *layers) == [(1, 13, "→ (B, 8, 26, 26) → (B, 5408)")]


def test_nothing_on_the_obvious_the_unknown_and_what_is_switched_off():
    source = "x = torch.zeros(2)\n"
    assert labels(source, fact("x", 1, 0, shown(2), obvious=True)) == []
    assert labels(source, fact("x", 1, 0, Shown(None))) == []
    assert labels(source, fact("x", 1, 0, shown(2)), kinds=frozenset({"param"})) == []
    other = Fact(Span("g.py", 1, 0, 1, 1), "x", "assign", (shown(2),))
    assert labels(source, other) == []
    assert labels(source, fact("x", 7, 0, shown(2))) == []


def test_behind_the_name():
    facts = [
        fact("x", 1, 0, shown(2, 3)),
        fact("self.y", 1, 0, shown(4)),
        fact("return", 2, 0, shown(5), kind="return"),
        fact("gone", 2, 0, shown(6)),
    ]
    source = "x, self.y = xx, x\nreturn x\n"
    assert labels(source, *facts, position="name") == [
        (1, 1, ": (2, 3)"),
        (1, 9, ": (4,)"),
        (2, 8, "return (5,), gone (6,)"),
    ]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, "→ (B, 1024, ⌈H/32⌉, ⌈H/32⌉, 1, 5, 1000)"),
        (36, "→ (B, 1024, ⌈H/32⌉, …, 1, 5, 1000)"),
        (25, "→ (B, 1024, …, 5, 1000)"),
        (20, "→ (B, 1024, …, 1000)"),
        (8, "→ (B, …)"),
    ],
)
def test_middle_dims_go_first(limit, expected):
    dims = (B, 1024, ceildiv(H, 32), ceildiv(H, 32), 1, 5, 1000)
    assert labels("x = f()", fact("x", 1, 0, shown(*dims)), max_length=limit) == [(1, 7, expected)]


def test_the_longest_shape_is_shortened_first_and_names_are_cut_last():
    x, y = fact("x", 1, 0, shown(B, 100, 200, 300, 400)), fact("y", 1, 3, shown(B, 3))
    assert labels("x, y = f()", x, y, max_length=30) == [(1, 10, "x (B, 100, …, 400), y (B, 3)")]
    assert labels("x, y = f()", x, y, max_length=12) == [(1, 10, "x (B, …) …")]


def test_only_the_lines_that_are_asked_for():
    facts = tuple(fact("x", n, 0, shown(n)) for n in range(1, 9))
    analysis = FileAnalysis("f.py", "x\n" * 8, facts)
    assert [h.line for h in hints(analysis, first=3, last=4)] == [3, 4]
    assert hints(analysis, first=30, last=40) == []


def test_labels_that_are_used_again_are_those_of_now():
    table = Labels(HintSettings())
    values = shown(B, 3), shown(B, 4)
    x, y = fact("x", 1, 0, values[0]), fact("y", 1, 3, values[1])

    def labels(called, *facts):
        analysis = FileAnalysis("f.py", "x, y = f()\n\nx, y = f()", facts, names=called)
        found = hints(analysis, labels=table)
        assert found == hints(analysis)
        assert {f for hint in found for f in hint.facts} <= set(facts)
        return [(h.line, h.label) for h in found]

    assert labels(names, x, y) == [(1, "x (B, 3), y (B, 4)")]
    moved = [replace(each, span=replace(each.span, line=3, end_line=3)) for each in (x, y)]
    assert labels(names, *moved) == [(3, "x (B, 3), y (B, 4)")]
    assert labels(lambda s: f"{s.name}2", x, y) == [(1, "x (B2, 3), y (B2, 4)")]
    assert labels(names, replace(x, values=(*x.values, shown(B, 5))), y) == [(1, "x (B, 3|5), y (B, 4)")]
    assert labels(names, replace(x, name="z"), y) == [(1, "z (B, 3), y (B, 4)")]
    assert labels(names, replace(x, kind="layer"), y) == [(1, "→ (B, 4)")]
    assert labels(names, replace(x, values=(shown(B, 4),)), y) == [(1, "x, y (B, 4)")]


def test_lines_are_those_of_editors():
    assert split_lines("a\x0cb\u2028c\r\nd\re\n") == ["a\x0cb\u2028c", "d", "e", ""]


def test_ascii_for_plain_terminals():
    assert plain("→ ≈(B, ⌈H/32⌉, 2·d², ⌊H/2⌋, …)") == "-> ~(B, ceil(H/32), 2*d**2, floor(H/2), ...)"
