"""Edits that give a tensor another layout or dtype at the use, or a layer another form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import combinations

from shapelens.analysis.facts import Edit, Problem, Span
from shapelens.analysis.mending.sources import Proposal, Source, after, before, callee, number
from shapelens.rules.registry import layers

_DTYPES = frozenset(("dtype-mismatch", "index-dtype", "annotation-mismatch", "target-mismatch"))
_CASTS = ("float", "long", "double", "bool")
_LAYOUTS = frozenset("T mT t transpose permute flatten squeeze unsqueeze float long double half int contiguous".split())
_OF_SIZES = frozenset(("rank-mismatch", "reshape-mismatch", "expand-mismatch", "repeat-mismatch"))
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
_CHANNELS = {
    3: ("2, 0, 1",),
    4: ("0, 3, 1, 2", "0, 2, 3, 1"),
    5: ("0, 4, 1, 2, 3", "0, 2, 3, 4, 1"),
}
"""Orders of dims that bring the channels from the end to the front, or back."""


def at_the_use(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """Each tensor that goes into the call that fails, in another layout or dtype."""
    if problem.code in ("einops-mismatch", "einsum-mismatch"):
        return  # there the pattern is what is mended
    if problem.code == "index-out-of-range" and problem.clue is not None and problem.clue.conflict is not None:
        return  # the numbers are too large, in whatever shape
    if problem.code == "not-contiguous":
        yield from _of_memory(source, problem, node)
        return
    tensors = list(_tensors(source, node))
    if problem.code == "matmul-mismatch":
        tensors.reverse()
    for tensor in tensors:
        others = [other for other in tensors if other is not tensor]
        yield from _without(source, problem, tensor)
        if source.library(tensor) != "torch":
            yield from _arrays(source, problem, tensor, others)
            continue
        if problem.code in _DTYPES:
            yield from _casts(source, problem, tensor, others)
        if problem.code not in ("dtype-mismatch", "index-dtype"):
            scores = problem.code == "target-mismatch" and tensor is tensors[0]
            yield from _layouts(source, problem, tensor, others, scores)


def _of_memory(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """`reshape` in the place of `view`, which copies where it must."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute) and function.attr in ("view", "view_as"):
        whole, new = source.span(function), function.attr.replace("view", "reshape")
        start = whole.end_column - len(function.attr)
        span = Span(whole.file, whole.end_line, start, whole.end_line, whole.end_column)
        yield Proposal(Edit(f"Change {function.attr} to {new}", span, new))


def _tensors(source: Source, node: ast.AST) -> Iterator[ast.expr]:
    """The operands and arguments that are tensors."""
    if isinstance(node, ast.BinOp):
        parts: list[ast.expr] = [node.left, node.right]
    elif isinstance(node, ast.AugAssign):
        parts = [node.value]
    elif isinstance(node, ast.Call):
        parts = [*node.args, *(k.value for k in node.keywords)]
        if isinstance(node.func, ast.Attribute):
            parts.insert(0, node.func.value)
    elif isinstance(node, ast.Subscript):
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    elif isinstance(node, ast.Return) and node.value is not None:
        parts = [node.value]
    else:
        parts = [node] if isinstance(node, ast.expr) else []
    for part in parts:
        if isinstance(part, (ast.Tuple, ast.List)):
            yield from (element for element in part.elts if source.is_tensor(element))
        elif source.is_tensor(part) and not _is_module(source, part, node):
            yield part


def _is_module(source: Source, part: ast.expr, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and part is node.func


def _behind(
    source: Source, problem: Problem, tensor: ast.expr, text: str, choice: str = "", kind: str = ""
) -> Proposal:
    """The edit that puts a method call behind an expression."""
    span, code = source.span(tensor), source.text(tensor)
    if isinstance(tensor, _ATOMS):
        return Proposal(Edit(f"Insert {text} after {_short(code)}", after(span), text), choice, kind)
    return Proposal(Edit(f"Insert {text} after ({_short(code)})", span, f"({code}){text}"), choice, kind)


def _short(code: str) -> str:
    code = " ".join(code.split())
    return code if len(code) <= 24 else f"{code[:21]}…"


def _without(source: Source, problem: Problem, tensor: ast.expr) -> Iterator[Proposal]:
    """Without the last change of its layout or dtype."""
    if isinstance(tensor, ast.Attribute) and tensor.attr in _LAYOUTS:
        inner = tensor.value
    elif isinstance(tensor, ast.Call) and isinstance(tensor.func, ast.Attribute) and tensor.func.attr in _LAYOUTS:
        inner = tensor.func.value
    else:
        return
    end, whole = source.span(inner), source.span(tensor)
    removed = source.text(tensor)[len(source.text(inner)) :]
    span = Span(whole.file, end.end_line, end.end_column, whole.end_line, whole.end_column)
    choice = "layout" if problem.code == "matmul-mismatch" else f"layout {id(tensor)}"
    yield Proposal(Edit(f"Remove {removed} after {_short(source.text(inner))}", span, ""), choice, "remove")


def _casts(source: Source, problem: Problem, tensor: ast.expr, others: list[ast.expr]) -> Iterator[Proposal]:
    came = source.dtype(tensor)
    for cast in _CASTS:
        if came not in (None, {"float": "float32", "long": "int64", "double": "float64"}.get(cast, cast)):
            yield _behind(source, problem, tensor, f".{cast}()", f"layout {id(tensor)}", "cast")


def _layouts(
    source: Source, problem: Problem, tensor: ast.expr, others: list[ast.expr], scores: bool
) -> Iterator[Proposal]:
    """In order: without a dim of 1, flat, with dims exchanged, with dims of 1 more; scores only the first."""
    shape, choice = source.shape(tensor), f"layout {id(tensor)}"
    clue = problem.clue
    assert clue is not None
    product = problem.code == "matmul-mismatch"
    if product:
        choice = "layout"  # the right one is transposed rather than the left one
    if not isinstance(shape, tuple):
        if product:
            yield _behind(source, problem, tensor, ".transpose(-2, -1)", choice, f"transpose {id(tensor)}")
        return
    rank = len(shape)
    targets = [target for other in others if isinstance(target := source.shape(other), tuple)]
    for axis, dim in enumerate(shape):
        if dim == 1 and shape[axis + 1 : axis + 2] != (1,):  # of several in a row it does not matter which
            yield _behind(source, problem, tensor, f".squeeze({axis})", choice, "squeeze")
    if scores:
        return
    sizes = isinstance(source.parents.get(tensor), ast.Attribute) and problem.code in _OF_SIZES
    if rank > 2 and not sizes and not product and problem.code != "broadcast-mismatch":
        yield _behind(source, problem, tensor, ".flatten(1)", choice, "flatten")
    if "class indices" in problem.message and rank > 1 and any(target[1:2] == shape[1:2] for target in targets):
        yield _behind(source, problem, tensor, ".argmax(1)", choice, "argmax")
    if product or clue.conflict is None or any(size in shape for size in clue.conflict) and rank > 2:
        for text in _transpositions(rank, product):
            yield _behind(source, problem, tensor, text, choice, f"transpose {id(tensor) if product else ''}")
    if targets and rank < max(map(len, targets)):
        for target in targets:
            text = _aligned(shape, target)
            if text:
                yield _behind(source, problem, tensor, text, choice, "align")
    if not targets or rank < min(map(len, targets)):
        for axis in range(rank + 1):
            yield _behind(source, problem, tensor, f".unsqueeze({axis})", choice, "unsqueeze")


def _arrays(source: Source, problem: Problem, tensor: ast.expr, others: list[ast.expr]) -> Iterator[Proposal]:
    """As `_layouts`, of NumPy's arrays and of TensorFlow's and Keras' tensors, which have no methods for it.

    In order: with a dim of 1 at the end (the channels), and of arrays without a dim of 1, with dims exchanged, flat.
    """
    shape, choice, library = source.shape(tensor), f"layout {id(tensor)}", source.library(tensor)
    product = problem.code == "matmul-mismatch"
    if not isinstance(shape, tuple) or problem.code in _DTYPES and library != "numpy":
        return
    if isinstance(tensor, ast.Call) and callee(tensor) == "Input":
        return  # it says its shape itself
    if problem.code == "dtype-mismatch":
        yield _behind(source, problem, tensor, '.astype("float32")', choice, "cast")
        return
    ranks = [len(target) for other in others if isinstance(target := source.shape(other), tuple)]
    if problem.code in ("rank-mismatch", "input-mismatch") or not product and ranks and len(shape) < max(ranks):
        yield _behind(source, problem, tensor, "[..., None]", choice, "unsqueeze")
    if library != "numpy":
        return
    if product:
        if len(shape) == 2:
            yield _behind(source, problem, tensor, ".T", "layout", f"transpose {id(tensor)}")
        return
    for axis, dim in enumerate(shape):
        if dim == 1 and shape[axis + 1 : axis + 2] != (1,):
            yield _behind(source, problem, tensor, f".squeeze({axis})", choice, "squeeze")
    for order in _CHANNELS.get(len(shape), ()) if len(shape) > 3 else ():
        yield _behind(source, problem, tensor, f".transpose({order})", choice, "transpose")
    if len(shape) > 2 and isinstance(tensor, ast.Name):
        yield _behind(source, problem, tensor, f".reshape(len({tensor.id}), -1)", choice, "flatten")


def _transpositions(rank: int, product: bool) -> Iterator[str]:
    if product:
        yield ".T" if rank == 2 else ".transpose(-2, -1)"
        return
    if rank == 3:
        yield from (".transpose(1, 2)", ".transpose(0, 1)")
    yield from (f".permute({order})" for order in _CHANNELS.get(rank, ()))


def _aligned(shape: tuple[object, ...], target: tuple[object, ...]) -> str:
    """`[:, None, None]`, where the dims of a tensor are those of a longer one in exactly one way."""
    ways = [
        places
        for places in combinations(range(len(target)), len(shape))
        if all(target[place] == dim and dim != 1 for place, dim in zip(places, shape))
    ]
    if len(ways) != 1 or not shape:
        return ""
    places = ways[0]
    index = [":" if i in places else "None" for i in range(places[0], len(target))]
    if index.count("None") == 1:
        return f".unsqueeze({index.index('None')})"
    return f"[{', '.join(index)}]" if "None" in index else ""


# -- a layer in another form -----------------------------------------------------------------------------------------


def in_the_definition(source: Source, problem: Problem, made: ast.Call) -> Iterator[Proposal]:
    """The layer of another rank, or with a Flatten before it in its Sequential."""
    name = callee(made)
    where = source.where(made, problem.span)
    function = made.func
    found = re.fullmatch(r"(.+)([123])d", name)
    if found and problem.code == "rank-mismatch":
        span = source.span(function)
        for digit in "123":
            other = f"{found.group(1)}{digit}d"
            if digit != found.group(2) and f"torch.nn.{other}" in layers:
                place = Span(span.file, span.end_line, span.end_column - len(name), span.end_line, span.end_column)
                yield Proposal(Edit(f"Change {name} to {other}{where}", place, other), "rank of layer")
    parent = source.parents.get(made)
    if isinstance(parent, ast.Call) and callee(parent) == "Sequential" and made in parent.args:
        prefix = source.text(function)[: -len(name)]
        place = before(source.span(made))
        yield Proposal(Edit(f"Insert {prefix}Flatten() before {name}{where}", place, f"{prefix}Flatten(), "), "flatten")


def of_flattening(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """A flatten() or view(-1) that takes the batch with it."""
    within = source.function(node)
    for call in source.calls(within):
        if call not in source.parents:
            continue
        name, span = callee(call), source.span(call)
        where = source.where(call, problem.span)
        if name == "flatten" and not call.keywords:
            is_method = not (isinstance(call.func, ast.Attribute) and source.text(call.func.value) == "torch")
            if len(call.args) == (0 if is_method else 1):
                text = "1" if is_method else ", 1"
                place = Span(span.file, span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)
                yield Proposal(Edit(f"Flatten from dim 1 on{where}", place, text), "flattening")
        elif name in ("view", "reshape") and len(call.args) in (1, 2) and isinstance(call.func, ast.Attribute):
            receiver = source.text(call.func.value)
            first = call.args[0]
            if not receiver.isidentifier() or not isinstance(first, ast.UnaryOp) or number(first.operand) != 1:
                continue
            start, end = source.span(first), source.span(call.args[-1])
            place = Span(span.file, start.line, start.column, end.end_line, end.end_column)
            text = f"{receiver}.size(0), -1"
            yield Proposal(Edit(f"Keep the batch: {name}({text}){where}", place, text), "flattening")


# -- equations and names ---------------------------------------------------------------------------------------------


def of_letters(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """An einsum equation with two letters of one operand, or of the result, exchanged."""
    if problem.code != "einsum-mismatch" or not isinstance(node, ast.Call):
        return
    for literal in node.args:
        if not isinstance(literal, ast.Constant) or not isinstance(literal.value, str):
            continue
        left, arrow, right = literal.value.partition("->")
        operands = left.split(",")
        quote = source.text(literal)[-1]
        for i, operand in enumerate(operands):
            letters = operand.strip()
            for a, b in combinations(letters, 2):
                swapped = letters.translate({ord(a): b, ord(b): a})
                equation = ",".join([*operands[:i], operand.replace(letters, swapped), *operands[i + 1 :]])
                text = f"{quote}{equation}{arrow}{right}{quote}"
                title = f"Change operand {i + 1} of the equation from {letters} to {swapped}"
                yield Proposal(Edit(title, source.span(literal), text), "letters")


def of_names(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """One more or one fewer name on the left of a shape that is unpacked."""
    if problem.code != "unpack-mismatch":
        return
    statement = source.statement(node)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Tuple):
        return
    names = statement.targets[0].elts
    shape = source.shape(statement.value.value) if isinstance(statement.value, ast.Attribute) else None
    if not isinstance(shape, tuple) or len(names) < 2:
        return
    if len(shape) == len(names) + 1:
        # (batch, height, width) of four dims lacks the channels; the dim in front of all others is seldom forgotten.
        span = after(source.span(names[0]))
        yield Proposal(Edit(f"Insert _ after {source.text(names[0])}", span, ", _"), "names")
