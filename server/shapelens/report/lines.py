"""Lines as editors count them, and texts for terminals that know no Unicode."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\r|\n")
_PLAIN = str.maketrans({"→": "->", "≈": "~", "…": "...", "·": "*", "×": "x"})
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def split_lines(text: str) -> list[str]:
    """The lines of a text without their ends. A form feed or a Unicode separator ends no line, as for editors."""
    return _LINE_END.split(text) if "\r" in text else text.split("\n")


# Control characters but tab, and those that turn the direction of text.
_OBEYED = re.compile("[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with the characters that a terminal, or the eye, would obey written as escapes."""
    return _OBEYED.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def plain(text: str) -> str:
    """The text with our own signs written in ASCII: `->`, `ceil(H/2)`, `2*d`."""
    text = text.translate(_PLAIN)
    for left, right, name in (("⌈", "⌉", "ceil"), ("⌊", "⌋", "floor")):
        text = text.replace(left, f"{name}(").replace(right, ")")
    return _POWER.sub(lambda found: "**" + found.group().translate(_SUPERSCRIPTS), text)
