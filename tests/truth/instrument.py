"""Imports a package's modules with a call to a recorder behind every assignment, parameter list and return.

The tree is changed, not the text, so lines stay what they are. Each call names a `Point` of the source and hands over the
value that is there.
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

KEEP = "__truth_keep__"


@dataclass(frozen=True)
class Point:
    """A place where a name has a value; `kind` is assign, param or return (name "return")."""

    file: str
    line: int
    end_line: int
    name: str
    kind: str


class Rewrite(ast.NodeTransformer):
    """Adds the calls. A point is named by its number in `points`."""

    def __init__(self, file: str, points: list[Point]) -> None:
        self.file, self.points = file, points

    def _call(self, line: int, end_line: int, name: str, kind: str, value: ast.expr) -> ast.Call:
        self.points.append(Point(self.file, line, end_line, name, kind))
        return ast.Call(ast.Name(KEEP, ast.Load()), [ast.Constant(len(self.points) - 1), value], [])

    def _with_points(self, node: ast.stmt, targets: Sequence[ast.expr]) -> list[ast.stmt]:
        names = dict.fromkeys(name for target in targets for name in _stored_names(target))
        calls = [
            self._call(node.lineno, node.end_lineno or node.lineno, name, "assign", ast.Name(name, ast.Load()))
            for name in names
        ]
        self.generic_visit(node)
        return [node, *(ast.copy_location(ast.Expr(call), node) for call in calls)]

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        return self._with_points(node, node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        return self._with_points(node, [node.target])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return self._with_points(node, [node.target]) if node.value is not None else self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        self.generic_visit(node)
        if node.value is not None:
            node.value = self._call(node.lineno, node.end_lineno or node.lineno, "return", "return", node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        self.generic_visit(node)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        calls: list[ast.stmt] = [
            ast.copy_location(ast.Expr(self._call(a.lineno, a.lineno, a.arg, "param", ast.Name(a.arg, ast.Load()))), a)
            for a in arguments
        ]
        start = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body[start:start] = calls
        return node


def _stored_names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles the changed tree, and leaves no bytecode behind."""

    def __init__(self, name: str, path: str, points: list[Point]) -> None:
        super().__init__(name, path)
        self._points = points

    def get_code(self, fullname: str) -> CodeType:
        tree = ast.parse(self.get_data(self.path), self.path)
        changed = ast.fix_missing_locations(Rewrite(self.path, self._points).visit(tree))
        return compile(changed, self.path, "exec", dont_inherit=True)


class _Finder(importlib.machinery.PathFinder):
    """Finds modules as Python does, and gives those below `root` to our loader."""

    def __init__(self, root: str, points: list[Point]) -> None:
        self._root, self._points = root, points

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:  # type: ignore[override]
        spec = super().find_spec(fullname, path, target)
        if spec is not None and spec.origin and spec.origin.startswith(self._root) and spec.origin.endswith(".py"):
            spec.loader = _Loader(fullname, spec.origin, self._points)
        return spec


def install(root: str, keep: Callable[[Point, Any], None]) -> None:
    """From now on, modules below `root` tell `keep` of each value as they run."""
    import builtins

    points: list[Point] = []

    def kept(number: int, value: Any) -> Any:
        keep(points[number], value)
        return value

    setattr(builtins, KEEP, kept)
    sys.meta_path.insert(0, _Finder(root, points))
