"""The machine-readable face. Lines count from 1; columns from 1 too, in code points, as compilers print them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shapelens.analysis.facts import Fact, FileAnalysis, Problem, Shown
from shapelens.dims import ascii_text
from shapelens.report.shapes import Names
from shapelens.values.shapes import Open, Shape

Row = dict[str, Any]


def rows(analyses: Iterable[FileAnalysis]) -> list[Row]:
    """Every fact of the files as a row, in order of place."""
    return [_row(fact, analysis.names) for analysis in analyses for fact in sorted(analysis.facts, key=_place)]


def diagnostics(problems: Iterable[Problem]) -> list[Row]:
    """Each problem as a plain dict."""
    return [
        {
            "file": problem.span.file,
            "line": problem.span.line,
            "column": problem.span.column + 1,
            "end_line": problem.span.end_line,
            "end_column": problem.span.end_column + 1,
            "code": problem.code,
            "severity": problem.severity,
            "message": problem.message,
            "related": [
                {"file": place.span.file, "line": place.span.line, "message": place.message}
                for place in problem.related
            ],
        }
        for problem in problems
    ]


def json_shape(shape: Shape, names: Names) -> list[int | str] | None:
    """A list of integers and, where a dim is symbolic, strings; "..." for an unknown run; None for an unknown rank."""
    if shape is None:
        return None
    if isinstance(shape, Open):
        if not shape.prefix and not shape.suffix:
            return None
        return [*_dims(shape.prefix, names), "...", *_dims(shape.suffix, names)]
    return _dims(shape, names)


def _dims(dims: Iterable[Any], names: Names) -> list[int | str]:
    return [int(dim) if isinstance(dim, int) else ascii_text(dim, names) for dim in dims]


def _place(fact: Fact) -> tuple[str, int, int]:
    return fact.span.file, fact.span.line, fact.span.column


def _row(fact: Fact, names: Names) -> Row:
    return {
        "file": fact.span.file,
        "line": fact.span.line,
        "end_line": fact.span.end_line,
        "column": fact.span.column + 1,
        "name": "return" if fact.kind == "return" else fact.name,
        "kind": fact.kind,
        "values": _values(fact.values, names),
    }


def _values(values: Iterable[Shown], names: Names) -> list[list[Any]]:
    found: list[list[Any]] = []
    for value in values:
        pair = [json_shape(value.shape, names), value.dtype]
        if pair not in found:
            found.append(pair)
    return found
