"""Makes a program small that still shows its disagreement."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any


def shrunk(text: str, shows: Callable[[str], bool], most: int = 400) -> str:
    """The smallest program found, in at most so many trials."""
    text = _normal(text, shows)
    tried = 0
    progress = True
    while progress and tried < most:
        progress = False
        for candidate in _smaller(text):
            tried += 1
            if tried >= most:
                break
            if len(candidate) < len(text) and shows(candidate):
                text, progress = candidate, True
                break
    return text


def _normal(text: str, shows: Callable[[str], bool]) -> str:
    plain = ast.unparse(ast.parse(text)) + "\n"
    return plain if shows(plain) else text


def _smaller(text: str) -> Iterator[str]:
    """Programs with less in them, the larger cuts first."""
    tree = ast.parse(text)
    edits = sorted(_edits(tree), key=lambda edit: -edit[0])
    for _, path, change in edits:
        clone = copy.deepcopy(tree)
        try:
            change(_at(clone, path))
            yield ast.unparse(ast.fix_missing_locations(clone)) + "\n"
        except Exception:
            continue


Path = tuple[Any, ...]


def _at(node: Any, path: Path) -> Any:
    for part in path:
        node = node[part] if isinstance(part, int) else getattr(node, part)
    return node


def _edits(tree: ast.AST) -> Iterator[tuple[int, Path, Callable[[Any], None]]]:
    """(size of the cut, path to a list or node, what changes it)."""

    def walk(node: ast.AST, path: Path) -> Iterator[tuple[int, Path, Callable[[Any], None]]]:
        for name, value in ast.iter_fields(node):
            here = (*path, name)
            if isinstance(value, list):
                statements = bool(value) and isinstance(value[0], ast.stmt)
                for i, element in enumerate(value):
                    if not isinstance(element, ast.AST):
                        continue
                    if statements or name in (
                        "args",
                        "elts",
                        "keywords",
                        "decorator_list",
                        "generators",
                        "handlers",
                        "ifs",
                        "values",
                    ):
                        yield _weight(element), here, _without(i, statements and len(value) == 1)
                    if (
                        statements
                        and hasattr(element, "body")
                        and not isinstance(element, (ast.FunctionDef, ast.ClassDef))
                    ):
                        yield 3, here, _unwrapped(i)
                    yield from walk(element, (*here, i))
            elif isinstance(value, ast.AST):
                yield from walk(value, here)
                for replacement in _simpler(value):
                    yield _weight(value) - 1, path, _put(name, replacement)

    yield from walk(tree, ())


def _weight(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))


def _without(i: int, alone: bool) -> Callable[[Any], None]:
    def change(items: Any) -> None:
        if alone:
            items[:] = [ast.Pass()]
        else:
            del items[i]

    return change


def _unwrapped(i: int) -> Callable[[Any], None]:
    def change(items: Any) -> None:
        items[i : i + 1] = items[i].body

    return change


def _put(name: str, value: ast.AST) -> Callable[[Any], None]:
    def change(node: Any) -> None:
        setattr(node, name, copy.deepcopy(value))

    return change


def _simpler(value: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of an expression: its parts."""
    if isinstance(value, ast.BinOp):
        yield from (value.left, value.right)
    elif isinstance(value, ast.IfExp):
        yield from (value.body, value.orelse)
    elif isinstance(value, ast.Call):
        yield from (a for a in value.args[:2] if not isinstance(a, ast.Starred))
        if isinstance(value.func, ast.Attribute):
            yield value.func.value
    elif isinstance(value, (ast.Subscript, ast.Attribute)):
        yield value.value
    elif isinstance(value, (ast.Tuple, ast.List)) and value.elts:
        yield value.elts[0]
