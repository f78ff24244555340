"""Problems as a SARIF 2.1.0 log, which code hosts and editors read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shapelens import __version__
from shapelens.analysis.facts import Problem, Span
from shapelens.report.catalogue import CATALOGUE

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning"}


def sarif(problems: Sequence[Problem]) -> dict[str, Any]:
    """The log as plain data. Files below the working directory are named relative to it."""
    codes = sorted({problem.code for problem in problems})
    driver = {
        "name": "Shapelens",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"uri": Path.cwd().as_uri() + "/"}},
        "results": [_result(problem, codes.index(problem.code)) for problem in problems],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    entry = CATALOGUE.get(code)
    rule: dict[str, Any] = {"id": code}
    if entry is not None:
        rule["name"] = entry.title
        rule["shortDescription"] = {"text": entry.summary}
    return rule


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": _LEVELS.get(problem.severity, "note"),
        "message": {"text": _text(problem.message)},
        "locations": [_location(problem.span)],
    }
    if problem.related:
        result["relatedLocations"] = [
            {"id": number, **_location(place.span), "message": {"text": _text(place.message)}}
            for number, place in enumerate(problem.related)
        ]
    return result


def _text(message: str) -> str:
    """The message with no link in it: SARIF takes `[text](target)` for one."""
    return re.sub(r"\[([^\]]*)\](?=\()", r"\\[\1\\]", message)


def _location(span: Span) -> dict[str, Any]:
    path = Path(span.file)
    try:
        from urllib.parse import quote

        artifact = {"uri": quote(path.relative_to(Path.cwd()).as_posix()), "uriBaseId": "ROOT"}
    except ValueError:
        artifact = {"uri": path.as_uri() if path.is_absolute() else path.as_posix()}
    region = {
        "startLine": span.line,
        "startColumn": span.column + 1,
        "endLine": span.end_line,
        "endColumn": span.end_column + 1,
    }
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
