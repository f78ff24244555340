"""Writing the shapes of a function's parameters and result into its signature, as jaxtyping annotations."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shapelens.analysis.facts import Edit, Fact, FileAnalysis, Shown, Span
from shapelens.dims import Dim, Symbol, ascii_text, symbols
from shapelens.interpreter.hints import KINDS
from shapelens.source.tree import Chunk, Tree
from shapelens.values import Open, Shape

_KINDS = ("Float", "Int", "Bool", "UInt", "Complex", "Shaped")
BATCH = "batch"
"""What the first dim is called that all tensors of a call share."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Adoption:
    """Edits that belong together: the annotations of one function, and the imports that they need."""

    title: str
    edits: tuple[Edit, ...]


def adoption(analysis: FileAnalysis, tree: Tree, line: int, trial: Callable[[str], FileAnalysis]) -> Adoption | None:
    """The annotations for the function whose head is on the line; None where nothing is known for certain.

    `trial` analyses another text: with the annotations it must show the same shapes, and no other problem.
    """
    found = _function_at(tree, line)
    if found is None or "jit.script" in analysis.text:
        return None  # TorchScript reads annotations itself, and knows only its own
    chunk, function = found
    for names_batch in (True, False):
        signature = _Signature(analysis, tree, chunk, function, names_batch)
        edits = list(signature.edits())
        imports = _imports(analysis, tree, signature.kinds)
        if not signature.has_parameters or imports is None:
            return None
        adopted = Adoption(f"Annotate {function.name} with its shapes (jaxtyping)", (*imports, *edits))
        after = trial(edited(analysis.text, adopted.edits))
        if _says_the_same(analysis, after, signature.named):
            return adopted
        if BATCH not in signature.named:
            break
    return None


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with all the edits made; of two at the same place the first comes first."""
    from shapelens.analysis.mending.sources import changed

    ordered = sorted(enumerate(edits), key=lambda each: (each[1].span.line, each[1].span.column, each[0]))
    for _, edit in reversed(ordered):
        text = changed(text, edit)
    return text


def _says_the_same(before: FileAnalysis, after: FileAnalysis, named: Mapping[str, int]) -> bool:
    """Whether each name still has the shapes that it had, `named` being names for sizes, and no problem has come."""
    if sorted(p.code for p in before.problems) != sorted(p.code for p in after.problems):
        return False
    shown = list(_shown(after))
    if BATCH in named and not any(BATCH in shape.split() for _, _, shapes in shown for shape in shapes):
        return False  # something has settled it: that is no batch

    def with_sizes(shape: str) -> str:
        return re.sub(r"[A-Za-z_]\w*", lambda found: str(named.get(found.group(), found.group())), shape)

    resolved = ((name, kind, frozenset(map(with_sizes, shapes))) for name, kind, shapes in shown)
    return Counter(_shown(before)) == Counter(resolved)


def _shown(analysis: FileAnalysis) -> Iterator[tuple[str, str, frozenset[str]]]:
    for fact in analysis.facts:
        yield fact.name, fact.kind, frozenset(_plain(value, analysis.names) for value in fact.values)


def _plain(shown: Shown, names: Callable[[Symbol], str]) -> str:
    shape = _asked(shown)
    if isinstance(shape, Open):
        front, back = ([ascii_text(dim, names) for dim in part] for part in (shape.prefix, shape.suffix))
        return " ".join([*front, "...", *back])
    return "?" if shape is None else " ".join(ascii_text(dim, names) for dim in shape)


# -- the function ----------------------------------------------------------------------------------------------------


def _function_at(tree: Tree, line: int) -> tuple[Chunk, _Function] | None:
    """The innermost function whose head, from `def` to its colon, is on the line."""
    chunk = tree.chunk_at(line)
    if chunk is None:
        return None
    found: tuple[Chunk, _Function] | None = None
    for part, node in chunk.nodes():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first, last = node.lineno + part.line - 1, node.body[0].lineno + part.line - 1
            if first <= line and (line < last or line == first):
                found = part, node
    return found


@dataclass
class _Signature:
    """The annotations that one function can have."""

    analysis: FileAnalysis
    tree: Tree
    chunk: Chunk
    function: _Function
    names_batch: bool
    kinds: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    named: dict[str, int] = field(default_factory=dict)
    has_parameters: bool = False
    doubts_first: bool = False

    def edits(self) -> Iterator[Edit]:
        """One edit for each parameter, and one for what it returns."""
        arguments = self.function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip([a.arg for a in plain[len(plain) - len(arguments.defaults) :]], arguments.defaults))
        defaults.update({a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults) if d is not None})
        parameters = [(a, fact) for a in (*plain, *arguments.kwonlyargs) if (fact := self._fact(a, "param"))]
        self._name_sizes([fact for _, fact in parameters])
        for argument, fact in parameters:
            default = defaults.get(argument.arg)
            text = None if default is not None or fact.mixed else self._annotation(fact.values)
            if text is not None:
                for edit in self._written(argument, text):
                    self.has_parameters = True
                    yield edit
        returned = self._returned()
        if returned is not None:
            text = self._annotation(returned)
            if text is not None:
                yield from self._returning(text)

    def _span(self, node: ast.AST) -> Span:
        span = self.tree.span(self.chunk, node)
        return Span(self.analysis.path, span.line, span.column, span.end_line, span.end_column)

    def _fact(self, node: ast.AST, kind: str) -> Fact | None:
        span = self._span(node)
        return next((fact for fact in self.analysis.facts if fact.kind == kind and fact.span == span), None)

    def _name_sizes(self, facts: Sequence[Fact]) -> None:
        """Sizes that are numbers in this file only: the batch of a call, the default of a constructor."""
        shapes = [shape for fact in facts for value in fact.values if isinstance(shape := _asked(value), (tuple, Open))]
        firsts = {shape[0] for shape in shapes if isinstance(shape, tuple) and shape}
        longest = max((len(shape) for shape in shapes if isinstance(shape, tuple)), default=0)
        # A number next to an open size may be the same batch, which another call has larger.
        self.doubts_first = 0 < sum(isinstance(first, int) for first in firsts) < len(firsts)
        first = firsts.pop() if len(firsts) == 1 else None
        if isinstance(first, int) and longest > 1:
            if self.names_batch:
                self.named[BATCH] = first
        elif any(isinstance(shape, Open) or any(not isinstance(dim, int) for dim in shape) for shape in shapes):
            # Nobody calls it: what was made with defaults may be made otherwise.
            self.named.update(self._defaults())

    def _defaults(self) -> dict[str, int]:
        """The whole numbers that are defaults of the constructor of the function's class."""
        for statement in self.chunk.tree:
            for owner in ast.walk(statement):
                if isinstance(owner, ast.ClassDef) and self.function in owner.body:
                    inits = [n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
                    for a in (init.args for init in inits):
                        plain = [*a.posonlyargs, *a.args]
                        pairs = [
                            *zip(plain[len(plain) - len(a.defaults) :], a.defaults),
                            *zip(a.kwonlyargs, a.kw_defaults),
                        ]
                        return {
                            p.arg: d.value
                            for p, d in pairs
                            if isinstance(d, ast.Constant) and type(d.value) is int and d.value > 1
                        }
        return {}

    def _written(self, argument: ast.arg, text: str) -> Iterator[Edit]:
        span = self._span(argument)
        title = f"{argument.arg}: {text}"
        if argument.annotation is not None:
            if _is_tensor(argument.annotation):
                yield Edit(title, self._span(argument.annotation), text)
            return
        end = span.end_line, span.end_column
        yield Edit(title, Span(span.file, *end, *end), f": {text}")

    def _returned(self) -> tuple[Shown, ...] | None:
        """What all returns of the function give; None where one of them gives something else, or may not be reached."""
        returns = list(_returns(self.function.body))
        if not returns or not isinstance(self.function.body[-1], (ast.Return, ast.Raise)):
            return None
        found: list[Shown] = []
        for node in returns:
            if _may_be_several(node.value):
                return None
            fact = self._fact(node, "return")
            if fact is None:
                return None
            found += [value for value in fact.values if value not in found]
        return tuple(found)

    def _returning(self, text: str) -> Iterator[Edit]:
        returns = self.function.returns
        if returns is not None:
            if _is_tensor(returns):
                yield Edit(f"-> {text}", self._span(returns), text)
            return
        arguments = self.function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *arguments.defaults]
        every += [d for d in (*arguments.kw_defaults, arguments.vararg, arguments.kwarg) if d is not None]
        spans = [self._span(node) for node in every]
        first = self._span(self.function)
        start = max([(s.end_line, s.end_column) for s in spans], default=(first.line, first.column))
        place = _closing(self.tree.lines, *start)
        if place is not None:
            yield Edit(f"-> {text}", Span(self.analysis.path, *place, *place), f" -> {text}")

    def _annotation(self, values: Sequence[Shown]) -> str | None:
        """`Float[Tensor, "B 3 H W"]`; None where a shape is unknown, or not the same each time."""
        shapes = {_asked(value) for value in values}
        dtypes = {value.dtype for value in values}
        libraries = {value.library for value in values}
        if len(shapes) != 1 or len(dtypes) != 1 or libraries != {"torch"}:
            return None
        (shape,), (dtype,) = shapes, dtypes
        if shape is None:
            return None
        if isinstance(shape, Open):
            if not shape.prefix and not shape.suffix:
                return None
            axes = [*self._axes(shape.prefix), "...", *self._axes(shape.suffix)]
        else:
            axes = self._axes(shape)
        kind = "Shaped"
        if dtype is not None:
            kind = next((name for name in _KINDS if dtype in (KINDS[name] or ())), "Shaped")
        self.kinds.add(kind)
        return f'{kind}[Tensor, "{" ".join(axes)}"]'

    def _axes(self, dims: Sequence[Dim]) -> list[str]:
        """The axes as jaxtyping writes them: `_` for an expression of sizes that no parameter before has named."""
        names = self.analysis.names
        written = []
        for i, dim in enumerate(dims):
            text = ascii_text(dim, names).replace(" ", "")
            if isinstance(dim, int):
                text = self._size(dim, i == 0, text)
            else:
                if text.isidentifier():
                    self.bound.add(text)
                elif not {names(symbol) for symbol in symbols(dim)} <= self.bound:
                    text = "_"
            written.append(text)
        return written

    def _size(self, size: int, is_first: bool, text: str) -> str:
        """A number, or the name that stands for it."""
        if BATCH in self.named:
            batch = self.named[BATCH]
            if size == batch:
                return BATCH if is_first else "_"  # the batch in another place, or a size that is the same by chance
            return "_" if is_first and batch > 1 and size % batch == 0 else text
        if is_first and self.doubts_first:
            return "_"
        for name, value in self.named.items():
            if value == size:
                return name
        # Made of one of the defaults, by the look of it.
        made_of = any(size > 1 and (size % value == 0 or value % size == 0) for value in self.named.values())
        return "_" if made_of else text


def _asked(shown: Shown) -> Shape:
    return shown.asked if shown.asked is not None else shown.shape


def _returns(body: Sequence[ast.stmt]) -> Iterator[ast.Return]:
    """The returns of a function, without those of the functions in it."""
    for statement in body:
        if isinstance(statement, ast.Return):
            yield statement
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "orelse", "finalbody"):
                yield from _returns(getattr(statement, name, []))
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                yield from _returns(part.body)


def _may_be_several(value: ast.expr | None) -> bool:
    """Whether an expression is something else than one tensor, or may be: `(y, x) if both else y`."""
    if isinstance(value, ast.IfExp):
        return _may_be_several(value.body) or _may_be_several(value.orelse)
    return value is None or isinstance(value, (ast.Tuple, ast.List, ast.Dict, ast.Constant))


def _is_tensor(annotation: ast.expr) -> bool:
    """Whether an annotation says `Tensor` and no more."""
    name = annotation.attr if isinstance(annotation, ast.Attribute) else getattr(annotation, "id", "")
    return name == "Tensor"


def _closing(lines: Sequence[str], line: int, column: int) -> tuple[int, int] | None:
    """Behind the first closing bracket that is in no comment, from a place on."""
    for number in range(line, min(line + 20, len(lines)) + 1):
        text = lines[number - 1]
        code = text.partition("#")[0] if number > line else text[:column] + text[column:].partition("#")[0]
        at = code.find(")", column if number == line else 0)
        if at >= 0:
            return number, at + 1
    return None


# -- imports ---------------------------------------------------------------------------------------------------------


def _imports(analysis: FileAnalysis, tree: Tree, kinds: set[str]) -> list[Edit] | None:
    """The edits that import the names; None where the file has another meaning for one of them."""
    bound: dict[str, str] = {}
    block: ast.stmt | None = None
    place: tuple[Chunk, ast.stmt] | None = None
    known: tuple[Chunk, ast.ImportFrom] | None = None
    for chunk in tree.chunks:
        for node in chunk.tree:
            is_import = isinstance(node, (ast.Import, ast.ImportFrom))
            docstring = place is None and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if (is_import or docstring) and block is None:
                place = chunk, node
            elif not is_import:
                block = block or node
            if isinstance(node, ast.ImportFrom) and node.level == 0 and all(a.name != "*" for a in node.names):
                bound.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
                if node.module == "jaxtyping":
                    known = chunk, node
            else:
                bound.update(dict.fromkeys(chunk.names_bound - bound.keys(), ""))
    wanted = {**{kind: f"jaxtyping.{kind}" for kind in sorted(kinds)}, "Tensor": "torch.Tensor"}
    if any(bound.get(name, meaning) != meaning for name, meaning in wanted.items()):
        return None
    missing = [name for name in wanted if name not in bound]
    edits: list[Edit] = []
    types = [name for name in missing if name != "Tensor"]
    path = analysis.path
    if types and known is not None:
        span = tree.span(known[0], known[1].names[-1])
        end = span.end_line, span.end_column
        edits.append(Edit("import", Span(path, *end, *end), "".join(f", {name}" for name in types)))
        types = []
    text = f"from jaxtyping import {', '.join(types)}\n" if types else ""
    text += "from torch import Tensor\n" if "Tensor" in missing else ""
    if text:
        line, blank = 1, "\n"
        if place is not None:
            line = tree.span(*place).end_line + 1
            blank = "" if isinstance(place[1], (ast.Import, ast.ImportFrom)) else "\n"
            future = isinstance(place[1], ast.ImportFrom) and place[1].module == "__future__"
            text = f"\n{text}" if blank or future else text
            blank = ""
        if line > len(tree.lines):
            return None
        edits.append(Edit("import", Span(path, line, 0, line, 0), text + blank))
    return edits
