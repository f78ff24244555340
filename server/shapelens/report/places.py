"""Where the names that facts are about stand in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shapelens.analysis.facts import Fact, Span


def name_span(fact: Fact, lines: Sequence[str]) -> Span | None:
    """Where the name itself stands: a fact's span may be its whole statement. None for what is no name."""
    span = fact.span
    if fact.kind not in ("assign", "param") or not 0 < span.line <= len(lines):
        return None
    line = lines[span.line - 1]
    found = re.compile(rf"(?<![\w.]){re.escape(fact.name)}(?!\w)").search(line, span.column)
    return found and Span(span.file, span.line, found.start(), span.line, found.end())
