"""Edits that write another number: at the use, in a layer's definition, or wherever else the number is written."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from math import prod

from shapelens.analysis.facts import Edit, Problem, Span
from shapelens.analysis.mending.sources import MAKERS, Proposal, Source, callee, is_layer, number
from shapelens.rules.registry import layers

_RESHAPES = frozenset("view reshape unflatten expand repeat tile broadcast_to resize_".split())
_AXES = frozenset(("concat-mismatch", "axis-out-of-range", "stack-mismatch", "index-mismatch", "split-mismatch"))
_DIVIDED = frozenset(("heads-mismatch", "groups-mismatch", "einops-mismatch", "reshape-mismatch", "split-mismatch"))
_LISTS = (ast.List, ast.Tuple, ast.Dict, ast.Call)
_SIZES = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)
_ELSEWHERE = 24
"""How many places of one number are tried, nearest first."""


def at_the_use(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """Other numbers in the statement that fails: sizes of a view, a dim, a slice."""
    clue = problem.clue
    assert clue is not None
    statement = source.statement(node)
    inside = [n for n in ast.walk(_head(statement)) if n in source.parents and _outermost(source, n)]
    for literal in inside:
        if not is_data(source, literal) or problem.code == "hidden-state-mismatch":
            for new in _others(clue.conflict, number(literal)):
                yield replaced(source, problem, literal, new)
    yield from _last_index(source, problem, inside)
    if isinstance(node, ast.Call):
        yield from _ones(source, problem, node)
        yield from _reshape(source, problem, node)
        yield from _permutation(source, problem, node)
        if problem.code in _AXES:
            rank = max((len(s) for s in clue.shapes if isinstance(s, tuple)), default=0)
            for literal in inside:
                value = number(literal)
                if value is not None and value < 8 and literal in ast.walk(node):
                    out = problem.code == "axis-out-of-range"  # then the last dim is most likely meant
                    for axis in (rank - 1,) if out else range(rank):
                        if axis != value:
                            yield Proposal(replaced(source, problem, literal, axis).edit, f"axis {id(literal)}")


def _head(statement: ast.AST) -> ast.AST:
    """A statement without the statements in it."""
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return statement.iter
    if isinstance(statement, (ast.While, ast.If)):
        return statement.test
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return statement.args
    return statement


def _last_index(source: Source, problem: Problem, inside: Sequence[ast.AST]) -> Iterator[Proposal]:
    """The last element for one that is not there."""
    sizes = problem.clue.sizes if problem.clue is not None else ()
    if problem.code == "index-out-of-range":
        for literal in inside:
            if number(literal) in sizes:
                yield replaced(source, problem, literal, (number(literal) or 1) - 1)


def _ones(source: Source, problem: Problem, call: ast.Call) -> Iterator[Proposal]:
    """Repetitions of 1 for the dims in front that have none."""
    shape = source.shape(call.func.value) if isinstance(call.func, ast.Attribute) else None
    if callee(call) in ("repeat", "expand") and isinstance(shape, tuple) and 0 < len(call.args) < len(shape):
        if not isinstance(call.args[0], (ast.Tuple, ast.List, ast.Starred)):
            text = ("1, " if callee(call) == "repeat" else "-1, ") * (len(shape) - len(call.args))
            first = source.span(call.args[0])
            place = Span(first.file, first.line, first.column, first.line, first.column)
            yield Proposal(Edit(f"Insert {text.rstrip(', ')} first in {callee(call)}", place, text))


def _reshape(source: Source, problem: Problem, call: ast.Call) -> Iterator[Proposal]:
    """Sizes of a view: one becomes -1, or what is left for it."""
    if callee(call) not in _RESHAPES:
        return
    sizes = call.args
    if len(sizes) == 1 and isinstance(sizes[0], (ast.Tuple, ast.List)):
        sizes = sizes[0].elts
    shape = source.shape(call.func.value) if isinstance(call.func, ast.Attribute) else None
    dims = [dim if isinstance(dim, int) else None for dim in shape] if isinstance(shape, tuple) else []
    known = [dim for dim in dims if dim is not None]
    count = prod(known) if dims and len(known) == len(dims) else None
    open_ended = any(_text_is(size, -1) for size in sizes)
    receiver = source.text(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    asked = problem.clue.asked if problem.clue is not None else ()
    for i, size in enumerate(sizes):
        if isinstance(size, ast.Starred) or _text_is(size, -1):
            continue
        if isinstance(shape, tuple) and i < len(shape) and len(asked) == len(sizes) and asked[i] == shape[i]:
            continue  # This size is the tensor's own.
        others = [number(other) or 0 for other in sizes if other is not size]
        rest = prod(others)
        if count is not None and not open_ended and rest > 0 and count % rest == 0:
            yield replaced(source, problem, size, count // rest)
            if i == 0 and count // rest == dims[0]:
                # The batch is the size that is wrong.
                yield from (
                    Proposal(_edit(source, problem, size, text)) for text in ("-1", f"{receiver}.size(0)") if receiver
                )
                return
        if open_ended and i == len(sizes) - 1 and len(sizes) == 2 and len(known) == len(dims) > 1:
            yield replaced(source, problem, size, prod(known[1:]))
        own = dims[i] if i < len(dims) else None
        if own is not None and own != number(size):
            yield replaced(source, problem, size, own)
        if not open_ended:
            yield Proposal(_edit(source, problem, size, "-1"))
        elif i == 0 and len(sizes) > 1 and receiver.isidentifier():
            yield Proposal(_edit(source, problem, size, f"{receiver}.size(0)"))
    if open_ended and len(sizes) == 2 and receiver.isidentifier():
        # `view(-1, 400)`: the sizes of a batch go to whoever fits.
        span = source.span(sizes[0])
        end = source.span(sizes[1])
        edit = Edit(
            f"Change {source.text(sizes[0])}, {source.text(sizes[1])} to {receiver}.size(0), -1 in {callee(call)}"
            + source.where(call, problem.span),
            Span(span.file, span.line, span.column, end.end_line, end.end_column),
            f"{receiver}.size(0), -1",
        )
        yield Proposal(edit)


def of_batches(source: Source, problem: Problem) -> Iterator[Proposal]:
    """For a last batch that is smaller: a batch size in a view becomes -1, or the tensor's own."""
    if problem.code != "last-batch":
        return
    for call in source.calls():
        if callee(call) in ("view", "reshape") and isinstance(call.func, ast.Attribute) and len(call.args) > 1:
            receiver = source.text(call.func.value)
            if (number(call.args[0]) or 0) > 1:
                if not any(_text_is(size, -1) for size in call.args):
                    yield Proposal(_edit(source, problem, call.args[0], "-1"))
                if receiver.isidentifier():
                    yield Proposal(_edit(source, problem, call.args[0], f"{receiver}.size(0)"))


def _permutation(source: Source, problem: Problem, call: ast.Call) -> Iterator[Proposal]:
    """A permutation of too few dims: of the same dims behind a batch dim."""
    if callee(call) != "permute" or problem.code != "rank-mismatch":
        return
    sizes = call.args
    if len(sizes) == 1 and isinstance(sizes[0], (ast.Tuple, ast.List)):
        sizes = sizes[0].elts
    order = [number(size) for size in sizes]
    if not order or sorted(order, key=str) != [*range(len(order))]:
        return
    first, last = source.span(sizes[0]), source.span(sizes[-1])
    span = Span(first.file, first.line, first.column, last.end_line, last.end_column)
    text = ", ".join(map(str, (0, *(axis + 1 for axis in order if axis is not None))))
    yield Proposal(Edit(f"Change {', '.join(map(str, order))} to {text} in permute", span, text))


def wanted(source: Source, problem: Problem, made: ast.Call) -> Iterator[Proposal]:
    """What the rule itself asks of the arguments of the layer's constructor."""
    clue = problem.clue
    assert clue is not None
    for argument, text in clue.wanted:
        given = source.argument(made, argument)
        if given is None:
            yield Proposal(_keyword(source, problem, made, argument, text))
        elif source.text(given) != text:
            if text.isdigit():
                yield from _expressions(source, problem, given, clue.conflict)
                yield replaced(source, problem, given, int(text))
            else:
                yield Proposal(_edit(source, problem, given, text))


def in_the_definition(source: Source, problem: Problem, made: ast.Call) -> Iterator[Proposal]:
    """Other arguments of the layer that failed."""
    clue = problem.clue
    assert clue is not None
    yield from wanted(source, problem, made)
    for given in (*made.args, *(k.value for k in made.keywords)):
        if not isinstance(given, ast.Starred):
            value = number(given)
            for new in _others(clue.conflict, value):
                yield replaced(source, problem, given, new)
            for literal in ast.walk(given):
                if literal is not given and _outermost(source, literal) and not _is_index(source, literal):
                    for new in _others(clue.conflict, number(literal)):
                        yield replaced(source, problem, literal, new)
            if value is None and isinstance(given, _SIZES) and not source.is_tensor(given):
                yield from _expressions(source, problem, given, clue.conflict)
                if clue.conflict:
                    for new in clue.conflict:
                        yield replaced(source, problem, given, new)
    for name in _defaulted(made):
        for new in clue.conflict or ():
            yield Proposal(_keyword(source, problem, made, name, str(new)))


def _defaulted(made: ast.Call) -> list[str]:
    """The parameters that a call to a layer leaves to their defaults."""
    layer = layers.get(f"torch.nn.{callee(made)}")
    if layer is None or any(keyword.arg is None for keyword in made.keywords):
        return []
    given = {keyword.arg for keyword in made.keywords}
    return [
        p.name
        for i, p in enumerate(layer.make.positional)
        if i >= len(made.args) and p.name not in given and p.name in ("embed_dim", "kdim", "vdim", "num_parameters")
    ]


def elsewhere(source: Source, problem: Problem, node: ast.AST, made: ast.AST | None) -> Iterator[Proposal]:
    """The numbers that disagree, wherever they are written but in example data; the nearest first."""
    clue = problem.clue
    assert clue is not None
    if clue.conflict is None:
        return
    done = {id(n) for n in ast.walk(_head(source.statement(node)))} | {id(n) for n in ast.walk(made or ast.Pass())}
    found = []
    for literal in source.nodes:
        value = number(literal)
        if value in clue.conflict and id(literal) not in done and _outermost(source, literal):
            if not is_data(source, literal) and not _is_index(source, literal) and not _is_claim(source, literal):
                found.append(literal)
    found.sort(key=lambda literal: _distance(source, literal, node, made))
    for literal in found[:_ELSEWHERE]:
        for new in _others(clue.conflict, number(literal)):
            yield replaced(source, problem, literal, new)


def divisors(source: Source, problem: Problem, node: ast.AST, made: ast.AST | None) -> Iterator[Proposal]:
    """For a size that cannot be divided: the nearest number that divides it, and the nearest multiple."""
    clue = problem.clue
    assert clue is not None
    if problem.code not in _DIVIDED:
        return
    near = [_head(source.statement(node)), *([made] if made is not None else [])]
    sizes = {*clue.sizes, *(n for each in near for n in map(number, ast.walk(each)) if n)}
    where = [n for each in near for n in ast.walk(each)]
    if (function := source.function(node)) is not None or (function := source.scope(node)) is not None:
        where += list(ast.walk(function))
    where += source.nodes
    written = {n for n in map(number, source.nodes) if n}
    for literal in dict.fromkeys(where):
        value = number(literal)
        if value is None or value < 2 or literal not in source.parents or not _outermost(source, literal):
            continue
        if literal not in where[: len(where) - len(source.nodes)] and value not in written:
            continue
        for size in sorted(
            sizes | (written if problem.code in ("heads-mismatch", "groups-mismatch") else set()), reverse=True
        ):
            if size > value and size % value:
                fitting = [d for d in range(2, min(size, 4096)) if size % d == 0]
                for new in sorted(fitting, key=lambda d: (abs(d - value), -d))[:2]:
                    yield Proposal(replaced(source, problem, literal, new).edit, f"divisor {id(literal)}", first=True)
            elif size < value and value % size and problem.code in ("heads-mismatch", "groups-mismatch"):
                for new in (value // size * size, -(-value // size) * size):
                    yield Proposal(replaced(source, problem, literal, new).edit, f"divisor {id(literal)}", first=True)


def smaller(source: Source, problem: Problem, made: ast.Call | None, node: ast.AST) -> Iterator[Proposal]:
    """For a window that is too large: the largest that fits."""
    clue = problem.clue
    assert clue is not None
    if problem.code not in ("kernel-too-large", "padding-too-large", "crop-too-large", "size-too-small"):
        return
    call = made if made is not None else node if isinstance(node, ast.Call) else None
    if call is None:
        return
    for given in (*call.args, *(k.value for k in call.keywords)):
        value = number(given)
        if value is None or source.parameter(call, given) in ("in_channels", "out_channels", "stride", "dilation"):
            continue
        sizes = [size for size in range(min(value, 64) - 1, 0, -1) if size % 2 or size == 2 or value % 2 == 0]
        for new in sizes[:12]:
            yield Proposal(replaced(source, problem, given, new).edit, f"smaller {id(given)}", first=True)


def derived(source: Source, problem: Problem, node: ast.AST, made: ast.AST | None) -> Iterator[Proposal]:
    """The last resort: numbers in which those that disagree are a factor or a term, strides, paddings."""
    clue = problem.clue
    assert clue is not None
    if clue.conflict is None:
        return
    a, b = clue.conflict
    owner = source.scope(node) or source.function(node)
    for inside in source.nodes if owner is None else ast.walk(owner):
        if isinstance(inside, ast.Call) and inside in source.parents and (is_layer(inside) or callee(inside) in MAKERS):
            for given in inside.args:
                if number(given) is None and not isinstance(given, (ast.Starred, ast.Constant, ast.Tuple, ast.List)):
                    yield from _expressions(source, problem, given, clue.conflict)
    for inside in dict.fromkeys(n for each in (made, owner) if each is not None for n in ast.walk(each)):
        if isinstance(inside, ast.BinOp) and inside in source.parents and not source.is_tensor(inside):
            if _goes_to_a_size(source, inside) and not any(isinstance(p, _LISTS) for p in ast.walk(inside)):
                for part in (inside.left, inside.right):
                    yield Proposal(_edit(source, problem, inside, source.text(part)), f"part {id(inside)}")
    near = [source.statement(node), *([made] if made is not None else []), *([owner] if owner is not None else [])]
    for literal in dict.fromkeys(n for each in near for n in ast.walk(each)):
        value = number(literal)
        if not value or literal not in source.parents or _is_index(source, literal) or is_data(source, literal):
            continue
        if not _outermost(source, literal) or isinstance(source.parents[literal], ast.BinOp):
            continue
        for top, bottom in ((a, b), (b, a)):
            if bottom and value * top % bottom == 0 and value * top // bottom not in (value, top):
                yield replaced(source, problem, literal, value * top // bottom)


def windows(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """The padding that keeps a size, or the stride that another path has, where paths of a net do not meet."""
    clue = problem.clue
    assert clue is not None
    if problem.code not in ("broadcast-mismatch", "concat-mismatch"):
        return
    calls = [*source.calls(source.scope(node))]
    for call in calls + [call for call in source.calls() if call not in calls]:
        if call not in source.parents or not _window_name(call).startswith(("Conv", "MaxPool", "AvgPool")):
            continue
        window = source.argument(call, "kernel_size")
        size = number(window) if window is not None else None
        padding, stride = source.argument(call, "padding"), source.argument(call, "stride")
        if size and size % 2 and size > 1:
            if padding is None:
                yield Proposal(_keyword(source, problem, call, "padding", str(size // 2)))
            elif number(padding) not in (None, size // 2):
                yield replaced(source, problem, padding, size // 2)
        for new in _strides(clue.conflict):
            if stride is None:
                yield Proposal(_keyword(source, problem, call, "stride", str(new)))
            elif number(stride) != new:
                yield replaced(source, problem, stride, new)


def _window_name(call: ast.Call) -> str:
    """The layer that a call makes, or will make: `partial(nn.Conv1d, kernel_size=3)`."""
    if callee(call) == "partial" and call.args:
        first = call.args[0]
        return first.attr if isinstance(first, ast.Attribute) else getattr(first, "id", "")
    return callee(call)


def _strides(conflict: tuple[int, int] | None) -> Sequence[int]:
    if conflict is None:
        return (1, 2)
    low, high = sorted(conflict)
    return list(dict.fromkeys((1, high // low if low else 2, 2)))


def in_data(source: Source, problem: Problem, node: ast.AST) -> Iterator[Proposal]:
    """The numbers that disagree where example data are made; not what a function makes to go with its parameters."""
    clue = problem.clue
    assert clue is not None
    for literal in source.nodes:
        value = number(literal)
        function = source.function(literal)
        if function is not None and function is source.function(node) and _parameters(function):
            continue
        if clue.conflict and value in clue.conflict and is_data(source, literal) and _outermost(source, literal):
            for new in _others(clue.conflict, value):
                yield replaced(source, problem, literal, new)


def _parameters(function: ast.AST) -> list[ast.arg]:
    arguments = getattr(function, "args", None)
    return arguments.args if isinstance(arguments, ast.arguments) else []


# -- edits -----------------------------------------------------------------------------------------------------------


def replaced(source: Source, problem: Problem, old: ast.AST, new: int) -> Proposal:
    """The edit that writes a number for an expression; a product stays one where a known shape says which."""
    text = str(new)
    if isinstance(old, ast.BinOp):
        text = _product(source, old, new) or text
    return Proposal(_edit(source, problem, old, text))


def _product(source: Source, old: ast.BinOp, new: int) -> str:
    factors = _factors(old)
    for shape in source.known_shapes():
        tail = shape[-len(factors) :]
        if len(factors) > 1 and len(tail) == len(factors) and prod(tail) == new:
            return " * ".join(map(str, tail))
    return ""


def _factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node]


def _edit(source: Source, problem: Problem, old: ast.AST, text: str) -> Edit:
    name, owner = source.what(old)
    where = source.where(old, problem.span)
    before = source.text(old)
    said = f"{name} to {text}" if name else f"{before if len(before) < 30 else 'it'} to {text}"
    return Edit(f"Change {said}{f' in {owner}' if owner else ''}{where}", source.span(old), text)


def _keyword(source: Source, problem: Problem, call: ast.Call, name: str, text: str) -> Edit:
    """The edit that adds a keyword argument."""
    last = [*call.args, *(k.value for k in call.keywords)]
    span = source.span(call)
    title = f"Add {name}={text} to {source.definition_name(call)}{source.where(call, problem.span)}"
    if not last:
        return Edit(
            title,
            Span(span.file, span.end_line, span.end_column - 1, span.end_line, span.end_column - 1),
            f"{name}={text}",
        )
    end = max((source.span(a) for a in last), key=lambda s: (s.end_line, s.end_column))
    return Edit(title, Span(end.file, end.end_line, end.end_column, end.end_line, end.end_column), f", {name}={text}")


def _expressions(
    source: Source, problem: Problem, given: ast.expr, conflict: tuple[int, int] | None
) -> Iterator[Proposal]:
    """`2 * hidden` or `patches + 1` for an expression, by what the two sizes have to do with each other."""
    if number(given) is not None:
        return
    if conflict is None or isinstance(given, (ast.Tuple, ast.List, ast.Lambda, ast.IfExp)) or source.is_tensor(given):
        return
    text = source.text(given)
    if "\n" in text:
        return
    atom = text if isinstance(given, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)) else f"({text})"
    for a, b in (conflict, conflict[::-1]):
        if a and b % a == 0 and b != a:
            # `x // 2` that must be twice as large is `x`.
            if isinstance(given, ast.BinOp) and isinstance(given.op, ast.FloorDiv) and number(given.right) == b // a:
                yield Proposal(_edit(source, problem, given, source.text(given.left)))
            else:
                factors = text if isinstance(given, ast.BinOp) and isinstance(given.op, ast.Mult) else atom
                yield Proposal(_edit(source, problem, given, f"{b // a} * {factors}"))
        elif b and a % b == 0 and b != a:
            factor = a // b
            if isinstance(given, ast.BinOp) and isinstance(given.op, ast.Mult) and number(given.left) == factor:
                yield Proposal(_edit(source, problem, given, source.text(given.right)))
            elif isinstance(given, ast.BinOp) and isinstance(given.op, ast.Mult) and number(given.right) == factor:
                yield Proposal(_edit(source, problem, given, source.text(given.left)))
            else:
                yield Proposal(_edit(source, problem, given, f"{atom} // {factor}"))
        if abs(a - b) == 1:
            back = ast.Sub if b > a else ast.Add
            if isinstance(given, ast.BinOp) and isinstance(given.op, back) and number(given.right) == 1:
                yield Proposal(_edit(source, problem, given, source.text(given.left)))
            else:
                yield Proposal(_edit(source, problem, given, f"{text} {'+' if b > a else '-'} 1"))


# -- numbers ---------------------------------------------------------------------------------------------------------


def _others(conflict: tuple[int, int] | None, value: int | None) -> Iterable[int]:
    if conflict is None or value is None or conflict[0] == conflict[1]:
        return ()
    if value == conflict[0]:
        return (conflict[1],)
    return (conflict[0],) if value == conflict[1] else ()


def _text_is(node: ast.AST, value: int) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number(node.operand)
        return inner is not None and -inner == value
    return number(node) == value


def _outermost(source: Source, node: ast.AST) -> bool:
    """Whether a number is written here, and is not a part of one that is: `64 * 8 * 8` is one number."""
    return number(node) is not None and number(source.parents[node]) is None if node in source.parents else False


def _goes_to_a_size(source: Source, node: ast.AST) -> bool:
    """Whether an expression is, or is an element of, an argument of a call in a constructor."""
    for outer in source.around(node):
        if isinstance(outer, ast.Call):
            return callee(outer)[:1].isupper() or isinstance(source.parents.get(outer), (ast.Assign, ast.AnnAssign))
        if not isinstance(outer, (ast.List, ast.Tuple, ast.BinOp, ast.Starred, ast.keyword)):
            return False
    return False


def _is_index(source: Source, literal: ast.AST) -> bool:
    """`x.shape[1]`, `features[0]`, `dim=1`: these count dims and elements, they are no sizes."""
    parent = source.parents.get(literal)
    if isinstance(parent, ast.Subscript):
        return parent.slice is literal
    return isinstance(parent, ast.keyword) and parent.arg in ("dim", "axis", "start_dim", "end_dim")


def _is_claim(source: Source, literal: ast.AST) -> bool:
    """`x.set_shape((None, 8))` says what is so, and makes nothing so."""
    calls = (outer for outer in source.around(literal) if isinstance(outer, ast.Call))
    return callee(next(calls, ast.Call(ast.Name("", ast.Load()), [], []))) in ("set_shape", "ensure_shape")


def is_data(source: Source, literal: ast.AST) -> bool:
    """Whether a number says how large example data are: in a call such as torch.randn outside of a class."""
    for outer in source.around(literal):
        if isinstance(outer, ast.ClassDef):
            return False
        if isinstance(outer, ast.Call) and callee(outer) == "Parameter":
            return False
    return any(isinstance(outer, ast.Call) and callee(outer) in MAKERS for outer in source.around(literal))


def _distance(source: Source, literal: ast.AST, node: ast.AST, made: ast.AST | None) -> tuple[int, int]:
    """How far a number is from the failure: in the class of the layer, in that of the use, behind; then in lines."""
    scope = source.scope(literal)
    first = made if made is not None else node
    level = 0 if scope is source.scope(first) else 1 if scope is source.scope(node) else 2
    return level, abs(source.span(literal).line - source.span(first).line)
