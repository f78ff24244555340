"""Edits that make an annotation say what a function returns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from shapelens.analysis.facts import Edit, Problem
from shapelens.analysis.mending.sources import Proposal, Source
from shapelens.dims import Symbol, ascii_text
from shapelens.interpreter.hints import KINDS

_KINDS = ("Float", "Int", "Bool", "UInt", "Complex")


def of_results(source: Source, problem: Problem, node: ast.AST, names: Callable[[Symbol], str]) -> Iterator[Proposal]:
    """The annotation with the shape, or the kind, of what is returned."""
    function = source.function(node)
    statement = source.statement(node)
    if problem.code != "annotation-mismatch" or not isinstance(statement, ast.Return) or statement.value is None:
        return
    said = getattr(function, "returns", None)
    if not isinstance(said, ast.Subscript) or not isinstance(said.slice, ast.Tuple) or len(said.slice.elts) != 2:
        return
    kind, (array, axes) = source.text(said.value), said.slice.elts
    base, _, name = kind.rpartition(".")
    if name not in KINDS or not isinstance(axes, ast.Constant) or not isinstance(axes.value, str):
        return
    shape, dtype = source.general_shape(statement.value), source.dtype(statement.value)
    if shape is not None:
        text = " ".join(ascii_text(dim, names).replace(" ", "") for dim in shape)
        quote = source.text(axes)[-1]
        title = f"Change the annotation to {kind}[{source.text(array)}, {quote}{text}{quote}]"
        yield Proposal(Edit(title + source.where(said, problem.span), source.span(axes), f"{quote}{text}{quote}"))
    if dtype is not None and dtype not in (KINDS[name] or (dtype,)):
        other = next((k for k in _KINDS if dtype in (KINDS[k] or ())), None)
        bound = {alias.asname or alias.name for n in source.nodes if isinstance(n, ast.ImportFrom) for alias in n.names}
        if other is not None and (base or other in bound):
            new = f"{base}.{other}" if base else other
            title = f"Change the annotation from {kind} to {new}{source.where(said, problem.span)}"
            yield Proposal(Edit(title, source.span(said.value), new))
