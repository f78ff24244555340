"""Edits of the text as text: what editors, keyboards and clipboards do to a file."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_PIECES = (
    "\ufeff", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x00", "\r", "\r\n", "\n\r", "\t", " \t", "\xa0", "\u3000",
    "é", "e\u0301", "𝔸", "👩‍👩‍👧", "🇩🇪", "\u202e", "\u2066x\u2069", "ﷺ", "한", "\u200b", "\ud83d", "\ude00", "\ud83d\ude00",
    "x = '𝔸' + x.𝔸  # ‮", "é = torch.zeros(2, 3)\n", "𝔸 = é.T\n", '"""', "'", "\\", "\\\n", "#", "(", ")", "]", "}", ":",
    "x = self.", "return (", "def f(", "class A(", "@", "import ", "from . import ", "lambda ", "f'{x", "*", "=", "nn.Lin",
)  # fmt: skip


def spliced(draw: random.Random, text: str) -> str:
    """Something odd, anywhere."""
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(_PIECES) + text[at:]


def cut(draw: random.Random, text: str) -> str:
    """A piece goes, from one character to half of the file."""
    at = draw.randrange(len(text) + 1)
    return text[:at] + text[at + draw.choice([1, 1, 2, 8, 60, 400, len(text) // 2]) :]


def moved(draw: random.Random, text: str) -> str:
    """A block of lines is somewhere else."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 3:
        return text
    start = draw.randrange(len(lines))
    block = lines[start : start + draw.choice([1, 3, 10])]
    rest = lines[:start] + lines[start + len(block) :]
    at = draw.randrange(len(rest) + 1)
    return "".join([*rest[:at], *block, *rest[at:]])


def line_ends(draw: random.Random, text: str) -> str:
    """Other line ends: all of them, or from somewhere on."""
    at, end = draw.choice([0, draw.randrange(len(text) + 1)]), draw.choice(["\r\n", "\n", "\r"])
    return text[:at] + re.sub(r"\r\n|\r|\n", end, text[at:])


def indentation(draw: random.Random, text: str) -> str:
    """Tabs for blanks, from somewhere on, or a block in or out."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    start = draw.randrange(len(lines))
    stop = start + draw.choice([1, 4, len(lines)])
    how = draw.randrange(4)
    for n in range(start, min(stop, len(lines))):
        line = lines[n]
        if how == 0:
            line = line.replace("    ", "\t")
        elif how == 1:
            line = line.replace("\t", "        ")
        elif how == 2:
            line = draw.choice([" ", "    ", "\t"]) + line
        elif line[:1] in " \t":
            line = line[1:]
        lines[n] = line
    return "".join(lines)


def long_line(draw: random.Random, text: str) -> str:
    """A line of some hundred thousand characters."""
    n = draw.choice([2_000, 20_000])
    line = draw.choice(
        [
            f"x = [{'1, ' * n}]",
            f"x = '{'é' * n}'",
            f"# {'𝔸' * n}",
            f"x = {'(' * 50}1{')' * 50}",
            f"x = {'1 + ' * (n // 20)}1",
        ]
    )
    lines = text.splitlines(keepends=True)
    lines.insert(draw.randrange(len(lines) + 1), line + "\n")
    return "".join(lines)


def pasted(draw: random.Random, text: str, others: Sequence[str]) -> str:
    """Another file, or some lines of one, in the middle of this one, or in place of it."""
    other = draw.choice(others)
    lines = other.splitlines(keepends=True) or [""]
    start = draw.randrange(len(lines))
    piece = draw.choice([other, "".join(lines[start : start + draw.choice([1, 5, 40])])])
    if draw.random() < 0.1:
        return piece
    at = draw.randrange(len(text) + 1)
    return text[:at] + piece + text[at:]


ODD = (spliced, spliced, spliced, cut, cut, moved, line_ends, indentation, long_line)
