"""Which calls of a function show what: the functions of a file of which several calls show different shapes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shapelens.analysis.facts import CallSite, Contexts, Shown, Site

if TYPE_CHECKING:
    from shapelens.analysis.rendering import Renderer


@dataclass
class _Function:
    name: str
    node: Any
    place: Any
    shown: dict[Site, set[tuple[ast.AST, str, Shown]]] = field(default_factory=dict)


def contexts_of(renderer: Renderer, path: str) -> tuple[Contexts, ...]:
    """The functions of a file whose calls differ in what they show, with these calls in the order met."""
    functions: dict[ast.AST, _Function] = {}
    owners: dict[ast.AST, _Function | None] = {}
    for (place, node, name, kind), values in renderer.facts.items():
        if place.file != path or kind == "layer":
            continue
        if node not in owners:
            for statement in place.chunk.tree:
                owners.update(_owned(statement, place.whole, functions))
        function = owners.get(node)
        if function is None:
            continue
        for shown, sites in values.items():
            for site in sites:
                function.shown.setdefault(site, set()).add((node, name, shown))
    found = []
    for function in functions.values():
        distinct: dict[frozenset[Any], Site] = {}
        for site, shapes in function.shown.items():
            distinct.setdefault(frozenset(shapes), site)
        if len(distinct) > 1:
            calls = tuple(_call(renderer, site) for site in distinct.values())
            found.append(Contexts(function.name, renderer.span(function.place, function.node), calls))
    return tuple(sorted(found, key=lambda each: each.span.line))


def _call(renderer: Renderer, site: Site) -> CallSite:
    place, node = site
    text = ast.unparse(node) if isinstance(node, ast.expr) else ""
    return CallSite(site, renderer.span(place, node), text)


def _owned(
    node: ast.AST, place: Any, functions: dict[ast.AST, _Function], owner: _Function | None = None, above: str = ""
) -> Iterator[tuple[ast.AST, _Function | None]]:
    """Each node with the innermost function that it stands in."""
    yield node, owner
    place = place.part(node)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        owner = functions.setdefault(node, _Function(above + node.name, node, place))
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        above = f"{above}{node.name}."
    for child in ast.iter_child_nodes(node):
        yield from _owned(child, place, functions, owner, above)
