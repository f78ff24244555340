"""Edits of the kind that a person makes while typing, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = ("examples/*.py", "tests/cases/*_ok.py", "tests/cases/legal_*.py")
SOURCES = sorted(path for pattern in PROGRAMS for path in ROOT.glob(pattern))

_WORDS = """( ) [ ] { } : , . = ' \\ # @ self. * ** 0 -1 None x yield await é 𝔸 nn. if for def class return f'{ import ...
:= == 1e400 0x 10**9 //0 lambda:"""
_PIECES = (*_WORDS.split(), "\n", "    ", "\t", "\x00", "\r\n", '"""')
_NUMBERS = ("0", "7", "-3", "1.5", "10000000", "None", "()", "[1, 2]", "'a'", "x")

Mutation = Callable[[random.Random, str], str]


def _deleted(draw: random.Random, text: str) -> str:
    start = draw.randrange(len(text) + 1)
    return text[:start] + text[start + draw.choice([1, 1, 2, 5, 30, 200]) :]


def _inserted(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(_PIECES) + text[at:]


def _truncated(draw: random.Random, text: str) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _line_moved(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    line = lines.pop(draw.randrange(len(lines)))
    lines.insert(draw.randrange(len(lines) + 1), line)
    return "".join(lines)


def _line_doubled(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = draw.randrange(len(lines))
    return "".join([*lines[:at], lines[at], *lines[at:]])


def _indented(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = draw.randrange(len(lines))
    lines[at] = lines[at][2:] if draw.random() < 0.5 else "  " + lines[at]
    return "".join(lines)


def _token_swapped(draw: random.Random, text: str) -> str:
    """Two words change places: names where numbers were, and the other way round."""
    words = [word for word in dict.fromkeys(text.replace("(", " ").replace(")", " ").replace(",", " ").split()) if word]
    if len(words) < 2:
        return text
    one, other = draw.sample(words, 2)
    return text.replace(one, other, 1)


def _number_changed(draw: random.Random, text: str) -> str:
    digits = [i for i, character in enumerate(text) if character.isdigit()]
    if not digits:
        return text
    at = draw.choice(digits)
    return text[:at] + draw.choice(_NUMBERS) + text[at + 1 :]


MUTATIONS: tuple[Mutation, ...] = (
    _deleted, _inserted, _truncated, _line_moved, _line_doubled, _indented, _token_swapped, _number_changed, _number_changed,
)  # fmt: skip


def mutated(seed: int) -> tuple[Path, str]:
    """The file that a seed starts from and what one to four edits make of it."""
    draw = random.Random(seed)
    path = draw.choice(SOURCES)
    text = path.read_text(encoding="utf-8")
    for _ in range(draw.choice([1, 1, 2, 4])):
        text = draw.choice(MUTATIONS)(draw, text)
    return path, text
