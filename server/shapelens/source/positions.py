"""Columns as clients count them: in UTF-8 bytes, UTF-16 units or UTF-32 (which are code points, as we count)."""

from __future__ import annotations

from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]


def to_client(line: str, column: int, encoding: Encoding) -> int:
    """The client's column for a column in code points; one outside of the line becomes its nearest end."""
    column = min(max(column, 0), len(line))
    if encoding == "utf-32" or line.isascii():
        return column
    return sum(_width(character, encoding) for character in line[:column])


def from_client(line: str, column: int, encoding: Encoding) -> int:
    """The column in code points for a client's; inside of a character it is the column before it."""
    if column <= 0:
        return 0
    if encoding == "utf-32" or line.isascii():
        return min(column, len(line))
    passed = 0
    for index, character in enumerate(line):
        passed += _width(character, encoding)
        if passed > column:
            return index
    return len(line)


def _width(character: str, encoding: Encoding) -> int:
    code = ord(character)
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def line_at(lines: tuple[str, ...] | list[str], number: int) -> str:
    """A line by its 1-based number; the empty line outside of the file."""
    return lines[number - 1] if 0 < number <= len(lines) else ""
