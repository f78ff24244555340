"""What can be saved of a top-level statement that does not parse: everything but the broken statement itself.

The text is taken apart by indentation: blocks into statements, compound statements into headers and blocks, each
parsed by itself, and only where it fails taken apart further. So a half-typed call inside a method costs that one
statement. The parts are put together as nodes, not as text, so every position stays exact.

What is lost stays lost: a broken `x = self.conv1(` becomes `x = __lost__`, so that nobody goes on with the value that
`x` had before, and a broken header becomes one of an unknown condition, iterable, base or parameter list.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from shapelens.source.lexing import ends_in_string, is_plain, logical_line

LOST = "__lost__"
_LOST_KEYWORDS = "__lost_keywords__"
LOST_NAMES = frozenset({LOST, _LOST_KEYWORDS})
"""Names that stand for what was lost to a syntax error: nothing is known of their values."""

_FILENAME = "<shapelens>"
# The parser warns of `"\d"` and the like in the user's code: not ours to print, and no error under -W error.
warnings.filterwarnings("ignore", module="<shapelens>")

_DEEPEST = 60
"""Nested blocks that are taken apart; Python itself allows 100."""

_MESSAGE_LENGTH = 200
_BLANKS = " \t\f\n"


@dataclass(frozen=True, slots=True)
class Broken:
    """A part that was lost to a syntax error: lines count from 1, columns are code points, the end is exclusive."""

    message: str
    line: int
    column: int
    end_line: int
    end_column: int


def statements(text: str) -> list[ast.stmt] | SyntaxError:
    """The statements of a text, or why there are none."""
    try:
        return ast.parse(text, _FILENAME).body
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError):
        return SyntaxError("too deeply nested")
    except (ValueError, OverflowError, SystemError) as error:
        return SyntaxError(str(error) or "not Python")


_COMPOUND = re.compile(
    r"(?:async[ \t]+)?(def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b(?![ \t]*(?:=[^=]|[.,]))"
)
_CLAUSE = re.compile(r"(?:elif|else|except|finally)\b")
_DEFINITION = re.compile(r"(?:async[ \t]+)?(?:def|class)\b")
_PLACE = r"[*(\[]*[\w.]+(?:\[[^\[\]=]*\])?[)\]]*"
_TARGETS = re.compile(rf"({_PLACE}(?:[ \t]*,[ \t]*{_PLACE})*)[ \t]*,?[ \t]*=(?!=)[ \t]*")
_CHANGED = re.compile(rf"({_PLACE})[ \t]*(?::[^=]*=(?!=)|(?:\*\*|//|>>|<<|[-+*/%@&|^])=)")
# Lines that start so are never inside a bracket, however they are indented.
_STATEMENT = re.compile(
    r"(?:def|class|return|import|with|while|try|raise|assert|del|pass|break|continue|async def)\b|@\w"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line of a broken text: its physical lines (from 1), its indent, its code without indent or comment."""

    first: int
    last: int
    indent: int
    margin: str
    """The blanks that it starts with."""
    code: str
    closers: str
    """What would close the brackets that it leaves open."""

    @property
    def is_header(self) -> bool:
        return _COMPOUND.match(self.code) is not None


@dataclass
class _Text:
    """The text that is being recovered, and what was lost of it so far."""

    rows: list[str]
    broken: list[Broken] = field(default_factory=list)

    def lose(self, line: Line, error: SyntaxError) -> None:
        message = (error.msg or "invalid syntax").split("\n")[0][:_MESSAGE_LENGTH]
        if not self.broken or self.broken[-1].line != line.first:
            end = len(line.margin) + len(line.code) if line.first == line.last else len(self.rows[line.last - 1])
            self.broken.append(Broken(message, line.first, len(line.margin), line.last, end))


def recovered(text: str, error: SyntaxError) -> tuple[tuple[ast.stmt, ...], tuple[Broken, ...]]:
    """What is left of a text that does not parse, and what was lost. Newlines must be plain."""
    whole = _Text(text.split("\n"))
    lines = _placed(logical_lines(text))
    try:
        tree = _block(whole, lines, 0, error)
    except (RecursionError, MemoryError):
        tree = []
    if not whole.broken:
        row = min(max(error.lineno or 1, 1), len(whole.rows))
        blank = len(whole.rows[row - 1]) - len(whole.rows[row - 1].lstrip())
        message = (error.msg or "invalid syntax").split("\n")[0][:_MESSAGE_LENGTH]
        whole.broken.append(Broken(message, row, blank, row, len(whole.rows[row - 1])))
    whole.broken.sort(key=lambda b: (b.line, b.column))
    return tuple(tree), tuple(whole.broken)


def logical_lines(text: str) -> list[Line]:
    """The logical lines of a text, where an unclosed bracket or string does not swallow what follows it."""
    lines: list[Line] = []
    offset, row, patience = 0, 1, _PATIENCE
    while offset < len(text):
        newline = text.find("\n", offset)
        newline = len(text) if newline < 0 else newline
        physical = text[offset:newline]
        code = physical.lstrip(" \t\f")
        if not code or code[0] == "#":
            offset, row = newline + 1, row + 1
            continue
        margin = physical[: len(physical) - len(code)]
        indent = len(margin.rpartition("\f")[2].expandtabs(8))
        if is_plain(code):
            end, code_end, closers = newline, newline - len(code) + len(code.rstrip(_BLANKS)), ""
        else:
            limit = len(text) if patience > 0 else _line_end(text, offset + _LONGEST)
            end, code_end, closers, looked = _end(text, offset, newline, indent, limit)
            patience -= looked - end
        last = row + text.count("\n", offset, end)
        lines.append(Line(row, last, indent, margin, text[offset + len(margin) : code_end], closers))
        offset, row = end + 1, last + 1
    return lines


_PATIENCE = 1_000_000
"""Characters that are looked through in vain for where brackets and strings close."""
_LONGEST = 1_000
"""How far ahead is looked from then on."""


def _line_end(text: str, offset: int) -> int:
    newline = text.find("\n", offset)
    return len(text) if newline < 0 else newline


def _end(text: str, start: int, newline: int, indent: int, limit: int) -> tuple[int, int, str, int]:
    """Where the logical line at `start` ends, where its code ends, what would close its brackets, and up to where was
    looked for that, at most up to `limit`."""
    line = logical_line(text, start, limit)
    if line.end == newline and not line.string:
        return newline, line.code_end, _closers(line.brackets), newline
    margin = newline - len(text[start:newline].lstrip(" \t\f"))
    whole = not line.brackets and not line.string
    swallows = whole and _swallows(text, start, newline, line.end, indent)
    if whole and not swallows and _fits(text[margin : line.code_end]):
        return line.end, line.code_end, "", line.end
    crossed = _crossed(text, start, newline, line.end, indent)
    if whole and not swallows and crossed is None:
        return line.end, line.code_end, "", line.end
    opened = _opened(text, start, line.end) if swallows else line.string_start
    if opened >= 0 and (crossed is None or opened < crossed):
        cut = _line_end(text, opened)
        return cut, start + len(text[start:cut].rstrip(_BLANKS)), _closers(line.brackets), line.end
    if crossed is None:
        crossed = line.end
    short = logical_line(text, start, crossed)
    return crossed, short.code_end, _closers(short.brackets), line.end


_DEFINITION_IN_STRING = re.compile(
    r"^([ \t]*)(?:(?:async[ \t]+)?def[ \t]+\w+\(|class[ \t]+\w+[(:]|@[\w.]+(?:\(.*)?$)", re.MULTILINE
)


def _swallows(text: str, start: int, newline: int, end: int, indent: int) -> bool:
    """Whether a string in a logical line is likely to end where another one was meant to start.

    So it is if it goes over a definition that is not further right, and the strings of the text do not come in pairs.
    """
    for found in _DEFINITION_IN_STRING.finditer(text, newline + 1, end):
        if len(found.group(1).expandtabs(8)) <= indent:
            return ends_in_string(text, start)
    return False


def _opened(text: str, start: int, end: int) -> int:
    """Where the first triple-quoted string opens in a stretch of text, or -1."""
    places = [text.find(quotes, start, end) for quotes in ('"""', "'''")]
    return min((place for place in places if place >= 0), default=-1)


def _closers(brackets: str) -> str:
    return brackets[::-1].translate(str.maketrans("([{", ")]}"))


def _fits(code: str) -> bool:
    """Whether the code of one logical line parses, as a statement or as a header."""
    if not isinstance(statements(code), SyntaxError):
        return True
    return any(not isinstance(statements(before + code + " pass"), SyntaxError) for before in _CONTEXTS)


def _crossed(text: str, start: int, newline: int, end: int, indent: int) -> int | None:
    """The newline before the first line, behind the first one, that looks like the start of another statement."""
    header = _COMPOUND.match(text[start:newline].lstrip()) is not None
    before = text[start:newline]
    while newline < end:
        following = text.find("\n", newline + 1, end)
        following = end if following < 0 else following
        row = text[newline + 1 : following]
        code = row.lstrip(" \t\f")
        if code and code[0] not in "#)]}":
            if _STATEMENT.match(code) or len(row[: len(row) - len(code)].expandtabs(8)) <= indent:
                return newline
            if header and not (_goes_on(before) and _goes_on(code)):
                return newline
        if code:
            before = row
        newline = following
    return None


def _goes_on(row: str) -> bool:
    """Whether a line of a bracketed list goes on, by its looks."""
    return row.split("#")[0].rstrip().endswith((",", "(", "[", "{", "\\"))


def _placed(lines: list[Line]) -> list[Line]:
    """The lines, where one that stands too far left in the midst of a block is taken as a line of that block.

    That is code typed or pasted in the wrong column: what follows it belongs to the block that it interrupts.
    """
    placed: list[Line] = []
    open_indents: list[int] = []
    for n, line in enumerate(lines):
        following = lines[n + 1].indent if n + 1 < len(lines) else 0
        if following > line.indent and following in open_indents and not line.is_header and line.code[0] != "@":
            line = Line(line.first, line.last, following, line.margin, line.code, line.closers)
        while open_indents and open_indents[-1] > line.indent:
            open_indents.pop()
        if not open_indents or open_indents[-1] < line.indent:
            open_indents.append(line.indent)
        placed.append(line)
    return placed


def starts_inside_previous(piece: str) -> bool:
    """Whether a broken piece from column 0 is a stray line in the midst of the statement before it."""
    if piece[0] == "@" or _COMPOUND.match(piece):
        return False
    lines = logical_lines(piece)
    if len(lines) < 2 or lines[1].indent == 0:
        return False
    return len(lines) > 2 or isinstance(statements(lines[0].code), SyntaxError)


def _positioned(code: str, first: int, indented: bool) -> list[ast.stmt] | SyntaxError:
    """The statements of a code that starts at the beginning of line `first`, in the positions that they have there."""
    padding = first - 1 - indented
    shift = 0
    # Blank lines before the code put it in place for little; a lone line far down is cheaper to move afterwards.
    if padding < 0 or padding > _PADDING * (code.count("\n") + 1):
        padding, shift = 0, padding
    tree = statements("\n" * padding + ("if 1:\n" if indented else "") + code)
    if isinstance(tree, SyntaxError):
        return tree
    if indented:
        if len(tree) != 1 or not isinstance(tree[0], ast.If):
            return SyntaxError("unexpected indent")
        tree = tree[0].body
    if shift:
        for node in tree:
            ast.increment_lineno(node, shift)
    return tree


_PADDING = 400


def _parsed(whole: _Text, lines: Sequence[Line]) -> list[ast.stmt] | SyntaxError:
    first, last = lines[0].first, lines[-1].last
    return _positioned("\n".join(whole.rows[first - 1 : last]), first, _is_indented(lines[0]))


def _is_indented(line: Line) -> bool:
    return bool(line.margin.rpartition("\f")[2])


def _block(whole: _Text, lines: Sequence[Line], depth: int, known: SyntaxError | None = None) -> list[ast.stmt]:
    """The statements of a run of lines; lines further left than the first are taken as they come."""
    found: list[ast.stmt] = []
    start = 0
    while start < len(lines):
        end = _group_end(lines, start)
        found += _group(whole, lines[start:end], depth, known if end - start == len(lines) else None)
        start = end
    return found


def _group_end(lines: Sequence[Line], start: int) -> int:
    """Where the statement ends that starts at a line: behind its decorated definition, its blocks, its clauses."""
    indent = lines[start].indent
    end = start + 1
    while end < len(lines) and lines[end - 1].code[0] == "@" and lines[end].indent == indent:
        if lines[end].code[0] != "@" and not _DEFINITION.match(lines[end].code):
            break
        end += 1
    is_header = lines[end - 1].is_header
    while end < len(lines) and (
        lines[end].indent > indent or (is_header and lines[end].indent == indent and _CLAUSE.match(lines[end].code))
    ):
        end += 1
    return end


def _group(whole: _Text, lines: Sequence[Line], depth: int, known: SyntaxError | None = None) -> list[ast.stmt]:
    """One statement with its blocks and clauses: whole if it parses, else what is left of it."""
    tree = known or _parsed(whole, lines)
    if not isinstance(tree, SyntaxError):
        return tree
    if depth > _DEEPEST:
        return _lost(whole, lines[0], tree)
    marks = 0
    while marks < len(lines) and lines[marks].code[0] == "@" and lines[marks].indent == lines[0].indent:
        marks += 1
    rest = lines[marks:]
    if rest and rest[0].is_header and (not marks or _DEFINITION.match(rest[0].code)):
        return _compound(whole, lines[:marks], _clauses(rest), depth)
    if marks:
        found = [node for line in lines[:marks] for node in _lost(whole, line, tree)]
        return found + _block(whole, rest, depth + 1)
    own = _parsed(whole, lines[:1]) if len(lines) > 1 else tree
    found = _lost(whole, lines[0], own) if isinstance(own, SyntaxError) else own
    return found + _block(whole, rest[1:], depth + 1)


def _lost(whole: _Text, line: Line, error: SyntaxError) -> list[ast.stmt]:
    """What stands for a lost line: an unknown value for each name that it was about to bind, else `pass`."""
    whole.lose(line, error)
    indented = _is_indented(line)
    targets = _targets(line.code)
    if targets:
        tree = _positioned(f"{line.margin}{targets} = {LOST}", line.first, indented)
        if not isinstance(tree, SyntaxError):
            return tree
    tree = _positioned(f"{line.margin}pass", line.first, indented)
    return [] if isinstance(tree, SyntaxError) else tree


def _targets(code: str) -> str:
    """What a line was about to assign to, as it is written: `x`, `a, b`, `x = y`; "" for nothing."""
    changed = _CHANGED.match(code)
    if changed:
        return changed.group(1)
    targets: list[str] = []
    end = 0
    while found := _TARGETS.match(code, end):
        targets.append(found.group(1))
        end = found.end()
    return " = ".join(targets)


@dataclass(frozen=True, slots=True)
class _Clause:
    """A header and the lines of its block."""

    header: Line
    block: Sequence[Line]

    @property
    def keyword(self) -> str:
        found = _COMPOUND.match(self.header.code)
        return found.group(1) if found else ""


@dataclass(frozen=True, slots=True)
class _Part:
    """A line of a skeleton: the code that is parsed in its place, and the block that belongs under it."""

    line: Line
    code: str
    block: Sequence[Line] | None = None
    """None where the code has its block on the same line, or needs none."""


def _clauses(lines: Sequence[Line]) -> list[_Clause]:
    """The clauses of a compound statement, from lines of which the first is a header."""
    indent = lines[0].indent
    starts = [n for n, line in enumerate(lines) if n == 0 or line.indent == indent]
    return [_Clause(lines[a], lines[a + 1 : b]) for a, b in zip(starts, [*starts[1:], len(lines)])]


def _compound(whole: _Text, marks: Sequence[Line], clauses: Sequence[_Clause], depth: int) -> list[ast.stmt]:
    """A compound statement: its headers are parsed over empty blocks, and each block is parsed by itself."""
    first = clauses[0]
    if first.keyword == "match" and first.block and first.block[0].code.startswith("case"):
        clauses = [_Clause(first.header, ()), *_cases(first.block)]
    parts = [_decorator(whole, line) for line in marks] + [_header(whole, clause) for clause in clauses]
    tree = _skeleton(whole, parts, depth)
    if not isinstance(tree, SyntaxError):
        return tree
    found: list[ast.stmt] = []
    for clause, part in zip(clauses, parts[len(marks) :]):
        # `else` without `if`, `try` alone, `case` elsewhere: each clause by itself.
        if clause.keyword not in _STANDS_ALONE:
            whole.lose(clause.header, tree)
            part = _Part(clause.header, f"if {LOST}:", clause.block)
        alone = clause.keyword != "try" and _skeleton(whole, [part], depth)
        if isinstance(alone, list):
            found += alone
        else:
            found += _block(whole, clause.block, depth + 1)
    return found


def _cases(lines: Sequence[Line]) -> list[_Clause]:
    indent = lines[0].indent
    starts = [n for n, line in enumerate(lines) if line.indent <= indent and line.code.startswith("case")]
    return [_Clause(lines[a], lines[a + 1 : b]) for a, b in zip(starts, [*starts[1:], len(lines)])]


def _decorator(whole: _Text, line: Line) -> _Part:
    error = statements(f"{line.code}\ndef f(): pass")
    if isinstance(error, SyntaxError):
        whole.lose(line, error)
        return _Part(line, f"@{LOST}")
    return _Part(line, line.code)


_STANDS_ALONE = frozenset({"def", "class", "if", "for", "while", "with"})
_CONTEXTS = ("", "if 1: pass\n", "try: pass\n", "match 1:\n ")
_CONTEXT = {
    "elif": "if 1: pass\n",
    "else": "if 1: pass\n",
    "except": "try: pass\n",
    "finally": "try: pass\n",
    "case": "match 1:\n ",
}


def _header(whole: _Text, clause: _Clause) -> _Part:
    """A clause's header as it is, or as near to it as parses, told as lost."""
    header, keyword = clause.header, clause.keyword
    if keyword == "match" and not clause.block:
        context, block = "", " \n case _: pass"
    else:
        context, block = _CONTEXT.get(keyword, ""), " pass\n"
    after = "\nfinally: pass" if keyword == "try" else ""
    if header.code.endswith(":"):
        error = statements(f"{context}{header.code}{block}{after}")
        if not isinstance(error, SyntaxError):
            if not clause.block and keyword != "match":
                whole.lose(header, SyntaxError("expected an indented block"))
            return _Part(header, header.code, None if keyword == "match" else clause.block)
    else:
        error = statements(f"{context}{header.code}{after}")
        if not isinstance(error, SyntaxError):
            if clause.block:
                # `if x: y` and then a block: the first is whole, and so may the rest be.
                whole.lose(clause.block[0], SyntaxError("unexpected indent"))
            return _Part(header, header.code)
    whole.lose(header, error)
    for code in _repairs(header, keyword):
        if not isinstance(statements(f"{context}{code}{block}{after}"), SyntaxError):
            return _Part(header, code, None if keyword == "match" else clause.block)
    return _Part(header, f"if {LOST}:", clause.block)


_NAMED = re.compile(r"((?:async[ \t]+)?(?:def|class))[ \t]+(\w+)")
_FOR = re.compile(r"((?:async[ \t]+)?for\b.+?)[ \t]+in\b")
_AS = re.compile(r"\bas[ \t]+(\w+)")


def _repairs(header: Line, keyword: str) -> list[str]:
    """Headers that a broken one may stand for, nearest first; of what is not written, nothing is known."""
    code = header.code.rstrip(" \t\\")
    inline = [code[: at + 1] for at, c in enumerate(code) if c == ":"][:8]
    plain = [*reversed(inline), f"{code}:"]
    if keyword in ("def", "class"):
        closed = [f"{code}{header.closers}:"]
        found = _NAMED.match(code)
        start = f"{found.group(1)} {found.group(2)}" if found else f"{keyword} {LOST}"
        if keyword == "class":
            return plain + (closed if code[-1] not in "(,." else []) + [f"{start}({LOST}):"]
        return plain + (closed if code[-1] != "(" else []) + [f"{start}(*{LOST}, **{_LOST_KEYWORDS}):"]
    if keyword == "for":
        loop = _FOR.match(code)
        return plain + ([f"{loop.group(1)} in {LOST}:"] if loop else []) + [f"for {LOST} in {LOST}:"]
    if keyword == "with":
        name = _AS.search(code)
        return [*plain, f"with {LOST} as {name.group(1)}:" if name else f"with {LOST}:"]
    if keyword in ("if", "elif", "while", "match"):
        return [*plain, f"{keyword} {LOST}:"]
    if keyword == "case":
        return [*plain, "case _:"]
    return [*plain, f"{keyword}:"]


def _skeleton(whole: _Text, parts: Sequence[_Part], depth: int) -> list[ast.stmt] | SyntaxError:
    """The statement that the headers make over empty blocks, with the real blocks put in."""
    first = parts[0].line
    rows = [""] * (max(part.line.last for part in parts) - first.first + 1)
    blocks: dict[int, Sequence[Line]] = {}
    for part in parts:
        codes = part.code.split("\n")
        margin = part.line.margin if part.line.indent > first.indent else first.margin
        row = part.line.first - first.first
        rows[row : row + len(codes)] = [margin + codes[0], *codes[1:]]
        if part.block is not None:
            last = row + len(codes) - 1
            rows[last] += " pass"
            blocks[first.first + last] = part.block
    tree = _positioned("\n".join(rows), first.first, _is_indented(first))
    if isinstance(tree, SyntaxError):
        return tree

    def fill(node: ast.AST) -> tuple[int, int]:
        """Puts the blocks in below a node; returns where the node then ends."""
        end = (getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0))
        for name in ("body", "handlers", "cases", "orelse", "finalbody"):
            children = getattr(node, name, None)
            if not isinstance(children, list) or not children:
                continue
            only = children[0]
            if isinstance(only, ast.Pass) and only.lineno in blocks:
                block = _block(whole, blocks[only.lineno], depth + 1)
                if block:
                    children[:] = block
                    last = block[-1]
                    end = max(end, (last.end_lineno or 0, last.end_col_offset or 0))
            else:
                end = max([end, *map(fill, children)])
        if isinstance(node, (ast.stmt, ast.ExceptHandler)):
            node.end_lineno, node.end_col_offset = end
        return end

    for node in tree:
        fill(node)
    return tree
