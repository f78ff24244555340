"""What a person types into a file: edits of several kinds at several places, each as the texts that follow one another."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

_LAYER = re.compile(
    r"^( *)((?:self\.)?\w+) = ((?:nn|layers|keras\.layers|tf\.keras\.layers)\.\w+\(.*\))$", re.MULTILINE
)
_NUMBER = re.compile(r"(?<![\w.\"'])\d+(?![\w.\"'])")


def kinds_of(text: str, rounds: int) -> dict[str, list[str]]:
    """For each kind of edit the texts after each of so many edits. What there is no place for is left out."""
    bodies = _bodies(text)
    middle = len(bodies) // 2
    made: dict[str, Callable[[int], str | None]] = {
        "number in the first function": lambda n: _number(text, bodies[:3], n),
        "number in a function in the middle": lambda n: _number(text, bodies[middle:] + bodies[middle - 1 :: -1], n),
        "number in the last function": lambda n: _number(text, bodies[::-1], n),
        "new line in a function": lambda n: _inserted(text, bodies, f"typed = {n}"),
        "new layer": lambda n: _layer(text, n),
        "at the end of the file": lambda n: f"{text}typed = {n}\n",
        "comment or blank line": lambda n: _inserted(
            text, bodies, "#" + " typed" * (n // 2 + 1) if n % 2 else "\n" * n
        ),
        "half a statement": lambda n: _inserted(text, bodies, "typed = self.typed("[: 19 - n % 6]),
    }
    found = {name: [make(n) for n in range(1, rounds + 1)] for name, make in made.items()}
    return {name: [t for t in texts if t is not None] for name, texts in found.items() if None not in texts}


def _bodies(text: str) -> list[tuple[int, int]]:
    """The first and last line (from 0) of each function's statements after its docstring, in order."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[ast.get_docstring(node) is not None :]
            if body and body[0].lineno > node.lineno:
                found.append((body[0].lineno - 1, (body[-1].end_lineno or body[-1].lineno) - 1))
    return sorted(found)


def _number(text: str, bodies: list[tuple[int, int]], n: int) -> str | None:
    """Another number in the place of the first one in the first of the bodies that has one."""
    lines = text.splitlines(keepends=True)
    for first, last in bodies:
        for at in range(first, last + 1):
            if (found := _NUMBER.search(lines[at])) and not lines[at].lstrip().startswith(("#", '"', "'")):
                lines[at] = f"{lines[at][: found.start()]}{int(found[0]) + n}{lines[at][found.end() :]}"
                return "".join(lines)
    return None


def _inserted(text: str, bodies: list[tuple[int, int]], line: str) -> str | None:
    """A line before the first statement of the function in the middle."""
    if not bodies:
        return None
    lines = text.splitlines(keepends=True)
    at = bodies[len(bodies) // 2][0]
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    return "".join([*lines[:at], f"{indent}{line}\n", *lines[at:]])


def _layer(text: str, n: int) -> str | None:
    """One more layer like the one in the middle of those that the file makes, under another name."""
    found = list(_LAYER.finditer(text))
    if not found:
        return None
    like = found[len(found) // 2]
    indent, name, call = like.groups()
    line = f"{indent}{name}_{'typed'[: n % 5 + 1]} = {call}\n"
    return f"{text[: like.end() + 1]}{line}{text[like.end() + 1 :]}"
