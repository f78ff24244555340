"""The nodes of a file's text with their parents, places and names, as those who propose edits need them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shapelens.analysis.facts import Edit, FileAnalysis, Span
from shapelens.dims import Dim
from shapelens.rules.registry import canonical, layers
from shapelens.source.tree import Chunk, Tree
from shapelens.values import Open, Shape

MAKERS = frozenset(
    "zeros ones empty full rand randn randint arange linspace tensor normal zeros_like ones_like eye FakeData".split()
)
"""Functions that make the data of an example, or a parameter."""

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Proposal:
    """An edit that may mend a problem.

    Of those that share a `choice`, only those of the first `kind` that mends are offered, and only if one does alone;
    with `first`, the first that does.
    """

    edit: Edit
    choice: str = ""
    kind: str = ""
    first: bool = False


class Source:
    """One version of a file, its nodes by place. Raises nothing: what does not parse has no nodes."""

    def __init__(self, analysis: FileAnalysis, tree: Tree) -> None:
        self.path, self.tree, self.names = analysis.path, tree, analysis.names
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        self._chunks: dict[ast.AST, Chunk] = {}
        for chunk in tree.chunks:
            for statement in chunk.tree:
                self._add(chunk, statement)
        self._shapes: dict[Span, list[Shape]] = {}
        self._dtypes: dict[Span, list[str | None]] = {}
        self._libraries: dict[Span, str] = {}
        for expression in analysis.expressions:
            if expression.values:
                self._shapes[expression.span] = [value.shape for value in expression.values]
                self._dtypes[expression.span] = [value.dtype for value in expression.values]
                self._libraries[expression.span] = expression.values[0].library

    def _add(self, chunk: Chunk, node: ast.AST) -> None:
        self.nodes.append(node)
        chunk = self._chunks[node] = chunk.part(node)
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context):
                self.parents[child] = node
                self._add(chunk, child)

    # -- places ----------------------------------------------------------------------------------------------------

    def span(self, node: ast.AST) -> Span:
        """Where a node stands."""
        span = self.tree.span(self._chunks[node], node)
        return Span(self.path, span.line, span.column, span.end_line, span.end_column)

    def text(self, node: ast.AST) -> str:
        """The text of a node, its lines joined as they are."""
        span = self.span(node)
        lines = list(self.tree.lines[span.line - 1 : span.end_line])
        lines[-1] = lines[-1][: span.end_column]
        lines[0] = lines[0][span.column :]
        return "\n".join(lines)

    def at(self, span: Span) -> ast.AST | None:
        """The innermost node that stands exactly there."""
        found = None
        for node in self.nodes:
            if hasattr(node, "lineno") and self._line(node) == span.line and self.span(node) == span:
                found = node
        return found

    def _line(self, node: ast.AST) -> int:
        return node.lineno + self._chunks[node].line - 1  # type: ignore[attr-defined,no-any-return]

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, from the inside."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def statement(self, node: ast.AST) -> ast.AST:
        """The statement that a node is in; of a compound one only the part at its head."""
        for each in (node, *self.around(node)):
            if isinstance(each, ast.stmt):
                return each
        return node

    def scope(self, node: ast.AST, kinds: tuple[type, ...] = (ast.ClassDef,)) -> ast.AST | None:
        """The class (or what kinds say) that a node is in."""
        return next((each for each in self.around(node) if isinstance(each, kinds)), None)

    def function(self, node: ast.AST) -> ast.AST | None:
        """The function that a node is in."""
        return self.scope(node, _FUNCTIONS)

    # -- what is known of an expression ------------------------------------------------------------------------------

    def shape(self, node: ast.AST) -> Shape:
        """The shape of an expression; None where it is unknown or not always of the same rank."""
        shapes = self._shapes.get(self.span(node), [])
        ranks = {len(shape) if isinstance(shape, tuple) else None for shape in shapes}
        return shapes[0] if len(ranks) == 1 and None not in ranks else None

    def general_shape(self, node: ast.AST) -> tuple[Dim, ...] | None:
        """The shape of an expression with the fewest numbers in it."""
        shapes = [shape for shape in self._shapes.get(self.span(node), []) if isinstance(shape, tuple)]
        return min(shapes, key=lambda shape: sum(isinstance(dim, int) for dim in shape), default=None)

    def is_tensor(self, node: ast.AST) -> bool:
        """Whether the expression is a tensor, of whatever shape."""
        return self.span(node) in self._shapes

    def dtype(self, node: ast.AST) -> str | None:
        """The dtype of an expression, where it has but one."""
        dtypes = set(self._dtypes.get(self.span(node), []))
        return dtypes.pop() if len(dtypes) == 1 else None

    def library(self, node: ast.AST) -> str:
        """Whose tensor an expression is: "torch", "numpy", "tensorflow" or "keras"."""
        return self._libraries.get(self.span(node), "torch")

    def known_shapes(self) -> Iterator[tuple[int, ...]]:
        """The shapes of all expressions, without the dims that are not known."""
        for shapes in self._shapes.values():
            for shape in shapes:
                dims = shape if isinstance(shape, tuple) else shape.suffix if isinstance(shape, Open) else ()
                known: list[int] = []
                for dim in dims:
                    if isinstance(dim, int):
                        known.append(dim)
                    else:
                        known.clear()
                if len(known) > 1:
                    yield tuple(known)

    # -- names -------------------------------------------------------------------------------------------------------

    def calls(self, within: ast.AST | None = None) -> Iterator[ast.Call]:
        """The calls of the file, or of what is within a node."""
        nodes = self.nodes if within is None else ast.walk(within)
        return (node for node in nodes if isinstance(node, ast.Call))

    def parameter(self, call: ast.Call, argument: ast.AST) -> str:
        """The name of the parameter that an argument of a library layer or function goes to; empty where unknown."""
        for keyword in call.keywords:
            if keyword.value is argument:
                return keyword.arg or ""
        layer = layers.get(f"torch.nn.{callee(call)}", layers.get(canonical(f"keras.layers.{callee(call)}")))
        if layer is not None and argument in call.args:
            index, names = call.args.index(argument), [p.name for p in layer.make.positional]
            return names[index] if index < len(names) else ""
        return ""

    def argument(self, call: ast.Call, name: str) -> ast.expr | None:
        """The argument of a layer's constructor that goes to a parameter."""
        return next(
            (a for a in (*call.args, *(k.value for k in call.keywords)) if self.parameter(call, a) == name), None
        )

    def definition_name(self, node: ast.AST) -> str:
        """What a person calls the thing that a call makes: `fc1` in `self.fc1 = nn.Linear(…)`, else the callee."""
        parent = self.parents.get(node)
        if isinstance(parent, (ast.Assign, ast.AnnAssign)) and parent.value is node:
            target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
            if isinstance(target, ast.Attribute):
                return target.attr
            if isinstance(target, ast.Name):
                return target.id
        outer = self.parents.get(parent) if isinstance(parent, ast.Tuple) else None
        if isinstance(parent, ast.Tuple) and isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Tuple):
            target = outer.targets[0].elts[parent.elts.index(node)]  # type: ignore[arg-type]
            if isinstance(target, (ast.Attribute, ast.Name)):
                return target.attr if isinstance(target, ast.Attribute) else target.id
        return callee(node) if isinstance(node, ast.Call) else ""

    def _owner(self, node: ast.AST) -> str:
        """The call, or the name assigned to, that a part of an expression belongs to."""
        for outer in self.around(node):
            if isinstance(outer, ast.Call):
                return self.definition_name(outer) if is_layer(outer) else callee(outer)
            if isinstance(outer, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                target = outer.targets[0] if isinstance(outer, ast.Assign) else outer.target
                return self.text(target) if isinstance(target, (ast.Name, ast.Attribute)) else ""
            if isinstance(outer, ast.stmt):
                break
        return ""

    def where(self, node: ast.AST, problem: Span) -> str:
        """` (line 11)`, unless that is where the problem is."""
        line = self.span(node).line
        return "" if problem.line <= line <= problem.end_line else f" (line {line})"

    def what(self, node: ast.AST) -> tuple[str, str]:
        """What a number says, and where: ("in_features", "fc1"), ("", "view"), ("hidden", "")."""
        for inner, outer in zip((node, *self.around(node)), self.around(node)):
            if isinstance(outer, ast.Call) and inner is not outer.func:
                argument = self.parents[inner] if isinstance(inner, ast.keyword) else inner
                name = inner.arg or "" if isinstance(inner, ast.keyword) else self.parameter(outer, argument)
                return name, self.definition_name(outer) if is_layer(outer) else callee(outer)
            if isinstance(outer, ast.BinOp):
                return "", self._owner(node)
            if isinstance(outer, ast.Subscript) and inner is outer.slice:
                return "", self.text(outer.value)
            if isinstance(outer, (ast.List, ast.Tuple, ast.Set)) and number(node) is not None:
                return "", self._owner(node)
            if isinstance(outer, ast.Dict) and inner in outer.values:
                key = outer.keys[outer.values.index(inner)]
                if isinstance(key, ast.Constant):
                    return str(key.value), ""
            if isinstance(outer, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                target = outer.targets[0] if isinstance(outer, ast.Assign) else outer.target
                if isinstance(target, (ast.Name, ast.Attribute)) and inner is node:
                    return target.id if isinstance(target, ast.Name) else target.attr, ""
                return "", ""
            if isinstance(outer, ast.arguments):
                owner = self.parents.get(outer)
                names = [a.arg for a in (*outer.posonlyargs, *outer.args)][-len(outer.defaults) or len(outer.args) :]
                if inner in outer.defaults:
                    return names[outer.defaults.index(inner)], getattr(owner, "name", "")
            if isinstance(outer, ast.stmt):
                return "", ""
        return "", ""


def callee(call: ast.Call) -> str:
    """The last name of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_layer(call: ast.Call) -> bool:
    """Whether a call makes a layer of torch.nn, by its name."""
    return f"torch.nn.{callee(call)}" in layers


def number(node: ast.AST) -> int | None:
    """The value of an int that is written out, or of a product of such."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.BinOp):
        left, right = number(node.left), number(node.right)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.FloorDiv):
            return left // right if right else None
    return None


def after(span: Span) -> Span:
    """The empty place behind a span."""
    return Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)


def before(span: Span) -> Span:
    """The empty place before a span."""
    return Span(span.file, span.line, span.column, span.line, span.column)


def changed(text: str, edit: Edit) -> str:
    """The text with the edit made; line ends and all else are kept."""
    lines = [*_LINES.findall(text), ""]
    span = edit.span
    start = sum(map(len, lines[: span.line - 1])) + span.column
    end = sum(map(len, lines[: span.end_line - 1])) + span.end_column
    return text[:start] + edit.text + text[end:]
