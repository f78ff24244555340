"""Just enough lexing to find comments, open brackets and logical lines in text that may not parse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT_OR_STRING = re.compile(
    r"#[^\n]*"
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'",
    re.DOTALL,
)
# One set of characters, as the regex engine looks for that many times faster than for alternatives.
_MARK = re.compile(r"[#\"'()\[\]{}\n\\]")
_NOT_PLAIN = re.compile(r"[#\"'\\]")
_STRING_END = {
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"""', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*'''", re.DOTALL),
    '"': re.compile(r'(?:[^"\\\n]|\\.)*"', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*'", re.DOTALL),
}
# A line that starts with one of these, in column 0, is never inside a bracket.
_NEVER_INSIDE = re.compile(r"(?:def|class|import|with|while|return|try|raise|async def)\b|@\w")


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Each comment of the text with the offset of its `#`; what stands in a string is no comment."""
    for found in _COMMENT_OR_STRING.finditer(text):
        if text[found.start()] == "#":
            yield found.start(), found.group()


@dataclass(frozen=True)
class LogicalLine:
    """Where a logical line ends, and what it leaves open when the text ends before it does."""

    end: int
    """Offset of its newline, or of the end of the text."""
    code_end: int
    """Offset behind its last character that is neither blank nor comment."""
    brackets: str = ""
    string: str = ""
    string_start: int = -1


def logical_line(text: str, start: int, limit: int, stop_inside: int = -1) -> LogicalLine:
    """The logical line that starts at `start`, at most up to `limit`.

    With `stop_inside`, it goes on past the ends of logical lines up to that offset, and it gives up (leaving the
    brackets open) at a later line that cannot be inside a bracket.
    """
    brackets: list[str] = []
    offset = start
    code_end = limit
    while True:
        found = _MARK.search(text, offset, limit)
        if found is None:
            return LogicalLine(limit, _rstripped(text, start, min(code_end, limit)), "".join(brackets))
        mark, at = found.group(), found.start()
        offset = at + 1
        if mark == "\n":
            gave_up = stop_inside >= 0 and at >= stop_inside and brackets and _NEVER_INSIDE.match(text, offset)
            if (not brackets and at >= stop_inside) or gave_up:
                return LogicalLine(at, _rstripped(text, start, min(code_end, at)), "".join(brackets))
            code_end = limit
        elif mark == "#":
            code_end = at
            offset = _line_end(text, offset, limit)
        elif mark in "([{":
            brackets.append(mark)
        elif mark in ")]}":
            if brackets:
                brackets.pop()
        elif mark == "\\":
            offset += text.startswith("\n", offset)
        else:
            quotes = text[at : at + 3] if text.startswith(mark * 3, at) else mark
            closing = _STRING_END[quotes].match(text, at + len(quotes), limit)
            if closing is not None:
                offset = closing.end()
            elif len(quotes) == 3:
                return LogicalLine(limit, _rstripped(text, start, limit), "".join(brackets), quotes, at)
            else:
                offset = _line_end(text, offset, limit)


def is_plain(line: str) -> bool:
    """Whether a physical line is a logical line by the look of it: no string, no comment, brackets in pairs."""
    if _NOT_PLAIN.search(line):
        return False
    opened, closed = (sum(map(line.count, brackets)) for brackets in ("([{", ")]}"))
    return opened == closed


def _line_end(text: str, offset: int, limit: int) -> int:
    newline = text.find("\n", offset, limit)
    return limit if newline < 0 else newline


def _rstripped(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip(" \t\f\n"))


def ends_in_string(text: str, start: int) -> bool:
    """Whether a triple-quoted string is still open at the end of the text, as counted from `start`."""
    return bool(logical_line(text, start, len(text), stop_inside=len(text) + 1).string)


def closing_end(text: str, start: int, end: int) -> int | None:
    """Where the bracket or string closes that is still open at `end` when lexed from `start`.

    Returns the offset of the newline that then ends the logical line (or the end of the text), or None where nothing
    is open or nothing closes it.
    """
    line = logical_line(text, start, len(text), stop_inside=end)
    if line.brackets or line.string or line.end <= end:
        return None
    return line.end
