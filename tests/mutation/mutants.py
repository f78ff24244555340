"""Which numbers of a program can be changed, and into what."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

RESHAPES = frozenset(
    "view reshape permute transpose flatten unflatten expand repeat cat stack chunk split unsqueeze squeeze rearrange "
    "movedim roll pad interpolate softmax log_softmax sum mean max topk narrow select gather scatter index_add".split()
)
_SIZES = frozenset("randn rand zeros ones empty full randint arange linspace".split())
_IGNORED = (ast.Compare, ast.Raise, ast.Assert, ast.JoinedStr, ast.Subscript, ast.Slice)


@dataclass(frozen=True, order=True)
class Mutant:
    """One change of one line: the columns from `start` to `end` (code points, from 0) become `new`."""

    line: int
    start: int
    end: int
    old: str
    new: str
    kind: str
    """Where the number stands (layer, reshape, tensor, call, default, config, plain) and what becomes of it."""

    def applied(self, text: str) -> str | None:
        """The changed text; None where `old` is not there."""
        lines = text.splitlines(keepends=True)
        if self.line > len(lines):
            return None
        line = lines[self.line - 1]
        if line[self.start : self.end] != self.old:
            return None
        lines[self.line - 1] = line[: self.start] + self.new + line[self.end :]
        return "".join(lines)


def mutants(text: str, lines: Iterable[int]) -> list[Mutant]:
    """All changes of numbers in the statements that ran, by their lines, in order of place."""
    tree = ast.parse(text)
    ran = set(lines)
    source = text.splitlines()
    found: set[Mutant] = set()
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and _reaches(statement, ran):
            for node, kind in _numbers(statement):
                found.update(_changes(node, kind, source))
    return sorted(found)


def _reaches(statement: ast.stmt, ran: set[int]) -> bool:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return statement.lineno in ran or any(d.lineno in ran for d in statement.decorator_list)
    last = statement.body[0].lineno - 1 if hasattr(statement, "body") else statement.end_lineno or statement.lineno
    return any(line in ran for line in range(statement.lineno, max(last, statement.lineno) + 1))


def _numbers(statement: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    """The numbers of one statement, without those of the statements in it, each with where it stands."""
    if isinstance(statement, ast.ClassDef):
        return
    if isinstance(statement, ast.FunctionDef):
        for default in [*statement.args.defaults, *statement.args.kw_defaults]:
            if default is not None:
                yield from _inside(default, "default")
        return
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield from _inside(child, "plain")


def _inside(node: ast.AST, kind: str) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, _IGNORED):
        if isinstance(node, ast.Subscript):
            yield from _inside(node.value, kind)
        return
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("Weights", "partial") and any(k.arg == "url" for k in node.keywords):
            return
        if isinstance(node.func, ast.Attribute):
            yield from _inside(node.func.value, kind)
        inner = (
            "reshape" if name in RESHAPES else "tensor" if name in _SIZES else "layer" if name[:1].isupper() else "call"
        )
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        for argument in arguments:
            yield from _inside(argument, inner)
        if inner in ("layer", "reshape"):
            for argument in node.args[:2]:
                if isinstance(argument, (ast.Name, ast.Attribute, ast.BinOp)):
                    yield argument, f"{inner} variable"
            for left, right in zip(node.args, node.args[1:], strict=False):
                if _are_sizes(left, right, inner) and ast.dump(left) != ast.dump(right):
                    yield ast.Tuple([left, right], ast.Load()), f"{inner} swap"
        return
    if isinstance(node, (ast.Tuple, ast.List, ast.Dict)) and kind in ("plain", "default"):
        kind = "config"
    if isinstance(node, ast.Constant):
        if type(node.value) is int:
            yield node, kind
        return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda):
            yield from _inside(child, kind)


def _are_sizes(left: ast.expr, right: ast.expr, kind: str) -> bool:
    numbers = [isinstance(node, ast.Constant) and type(node.value) is int for node in (left, right)]
    names = [isinstance(node, (ast.Name, ast.Attribute)) for node in (left, right)]
    return all(numbers) or (kind == "layer" and all(n or m for n, m in zip(numbers, names, strict=True)))


def _changes(node: Any, kind: str, source: list[str]) -> Iterator[Mutant]:
    if isinstance(node, ast.Tuple) and kind.endswith(" swap"):
        left, right = node.elts
        if left.lineno == right.end_lineno and (place := _span(left, right, source)) is not None:
            line, start, end, old = place
            first = old[: (left.end_col_offset or 0) - left.col_offset]
            second = old[right.col_offset - left.col_offset :]
            between = old[len(first) : len(old) - len(second)]
            yield Mutant(line, start, end, old, f"{second}{between}{first}", kind)
        return
    place = _span(node, node, source)
    if place is None:
        return
    line, start, end, old = place
    if not isinstance(node, ast.Constant):
        yield Mutant(line, start, end, old, f"({old}) + 1", f"{kind} +1")
        yield Mutant(line, start, end, old, f"({old}) * 2", f"{kind} x2")
        return
    number = node.value
    changed = {"x2": number * 2, "+1": number + 1, "-1": number - 1, "halved": number // 2}
    seen = {number}
    for name, value in changed.items():
        if value not in seen:
            seen.add(value)
            yield Mutant(line, start, end, old, f"({value})" if value < 0 else str(value), f"{kind} {name}")


def _span(left: Any, right: Any, source: list[str]) -> tuple[int, int, int, str] | None:
    """The place of what stands on one line of plain ASCII."""
    line = source[left.lineno - 1]
    if left.lineno != right.end_lineno or not line.isascii():
        return None
    return left.lineno, left.col_offset, right.end_col_offset, line[left.col_offset : right.end_col_offset]
