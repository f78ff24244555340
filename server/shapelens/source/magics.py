"""Cells of a notebook as plain Python: IPython's magics, shell lines and help requests made harmless, line by line."""

from __future__ import annotations

import ast
import re

_LINE_END = re.compile(r"\r\n|\r|\n")
_PYTHON_CELLS = frozenset(("time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "matplotlib", "autoreload"))
_MAGIC = re.compile(r"\s*[%!?]")
_TIMED = re.compile(r"(\s*)(%(?:time|timeit)\s+)(?!-)(\S.*)")
_ASSIGNED = re.compile(r"(\s*[\w.,\s\[\]'\"]+=\s*)(?:%\w|!)")
_HELP = re.compile(r"(\s*)(?:\?{1,2}\s*[\w.]+|[\w.]+\s*\?{1,2})\s*(?:#.*)?$")


def without_magics(text: str) -> str:
    """The text of a cell, with as many lines, without what only IPython understands.

    `x = !ls` makes x something unknown, `%time x = f()` is the statement, `%%bash` makes the whole cell empty. What
    stays is not moved. A cell that is plain Python stays as it is: `%` may start a line there.
    """
    lines = _LINE_END.split(text)
    if _parses("\n".join(lines)):
        return "\n".join(lines)
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = re.match(r"%%(\w*)", lines[first])
        if name is None or name.group(1) not in _PYTHON_CELLS:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
        if _parses("\n".join(lines)):
            return "\n".join(lines)
    continued = False
    for i, line in enumerate(lines):
        before = line
        lines[i] = _blank(line) if continued else _without_magic(line)
        continued = before.rstrip().endswith("\\") and (continued or lines[i] != before)
    return "\n".join(lines)


def _without_magic(line: str) -> str:
    timed = _TIMED.match(line)
    if timed is not None:
        indent, magic, statement = timed.groups()
        if _parses(f"0;{statement}"):
            return f"{indent}0{' ' * (len(magic) - 2)};{statement}"
    assigned = _ASSIGNED.match(line)
    if assigned is not None:
        return f"{assigned.group(1)}get_ipython()"
    if _MAGIC.match(line) or _HELP.match(line):
        return _blank(line)
    return line


def _blank(line: str) -> str:
    """Nothing, at the same indent: the line may be all that a block has."""
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass" if line.strip() else line


def _parses(code: str) -> bool:
    try:
        compile(code, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
