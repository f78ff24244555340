"""From text to tree: top-level statements parsed one by one, kept between versions, and recovered where broken.

A file is cut into chunks, one for each top-level statement, and each chunk is parsed by itself with line numbers
counted from its own first line. So an edit in one function parses that function again and nothing else, and every
other chunk keeps the very same nodes, even when it moved. The methods of a class are parts of its chunk that keep their
nodes in the same way: an edit in one of them leaves those of the others as they were.

Cutting is by lines that start in column 0 (and do not go on with an earlier statement, as `else` or `)` do). Such a
cut can be wrong inside a string or a bracket, but then the piece before it ends inside that string or bracket, and a
piece that ends so never parses. Hence: if each piece parses, the cuts were right; where one does not, it is joined
with what follows up to where the string or bracket closes, or else it is a broken piece (see `recovery`).
"""

from __future__ import annotations

import ast
import keyword
import re
import threading
from bisect import bisect_left, bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, islice

from shapelens.source.comments import ShapeComment, shape_comments
from shapelens.source.lexing import closing_end, ends_in_string
from shapelens.source.recovery import LOST, LOST_NAMES, Broken, recovered, starts_inside_previous, statements

_STATEMENT_START = re.compile(r"^\f*(?!(?:elif|else|except|finally)\b)[^ \t\n\f#)\]}]", re.MULTILINE)
_CODE_LINE = re.compile(r"^[ \t\f]*[^ \t\n\f#]", re.MULTILINE)
_DECORATED = re.compile(r"\f*(?:def|class|async)\b")
_CODE_IN_STRING = re.compile(
    r"^(?:(?:async )?def \w+\(|class \w+[(:]|import [\w., ]+$|from [\w.]+ import|@\w)", re.MULTILINE
)
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text: lines count from 1, columns are code points and count from 0, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """A method: its text with the comments above it, and on which line of its chunk that starts.

    `shift` is how far its nodes have moved within the class since they were made.
    """

    text: str
    line: int
    shift: int = 0
    broken: bool = False


@dataclass(frozen=True, eq=False)
class Parsed:
    """What a chunk's text says, wherever it stands.

    Line numbers count from 1 at the chunk's first line; those in a method, from where the class began when the method
    was parsed.
    """

    text: str
    whole: tuple[ast.stmt, ...]
    error: SyntaxError | None = None
    """Why the text does not parse as it is; what is left of it is then found when it is asked for."""
    kept: tuple[tuple[ast.stmt, ...], dict[ast.AST, Part]] | None = None
    """The statements with the methods that an earlier version of the class had already, and all its parts."""
    left_out: bool = False
    """The text is too large to be looked at: only the name that it binds is known."""

    @property
    def tree(self) -> tuple[ast.stmt, ...]:
        if self.kept is not None:
            return self.kept[0]
        return self.whole if self.error is None else self._recovered[0]

    @cached_property
    def parts(self) -> dict[ast.AST, Part]:
        """The methods of a class that stand on lines of their own."""
        return self.kept[1] if self.kept is not None else _parts(self.tree, self.lines, self.broken)

    @cached_property
    def frame(self) -> str:
        """What the text says apart from the docstring and the parts, each of which is but a name."""
        lines = list(self.lines)
        first = self.tree[0].body[0] if self.parts else None  # type: ignore[attr-defined]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            end = first.end_lineno or first.lineno
            lines[first.lineno - 1 : end] = ["\0", *[""] * (end - first.lineno)]
        for node, part in self.parts.items():
            count = part.text.count("\n")
            lines[part.line - 1 : part.line + count] = [f"\0{node.name}", *[""] * count]  # type: ignore[attr-defined]
        return "\n".join(filter(str.strip, lines))

    @property
    def broken(self) -> tuple[Broken, ...]:
        return () if self.error is None else self._recovered[1]

    @cached_property
    def _recovered(self) -> tuple[tuple[ast.stmt, ...], tuple[Broken, ...]]:
        assert self.error is not None
        return recovered(self.text, self.error)

    @cached_property
    def names_bound(self) -> frozenset[str]:
        return _names_bound(self.tree) - LOST_NAMES

    @cached_property
    def names_used(self) -> frozenset[str]:
        return names_used(self.tree)

    @cached_property
    def shape_comments(self) -> dict[int, tuple[ShapeComment, ...]]:
        """The shapes that comments state, by line."""
        return shape_comments(self.text)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text."""
        return tuple(self.text.split("\n"))

    @cached_property
    def wide_lines(self) -> dict[int, str]:
        """The lines that hold more than ASCII, by number: only there does a byte offset differ from a column."""
        if self.text.isascii():
            return {}
        return {n: line for n, line in enumerate(self.text.split("\n"), 1) if not line.isascii()}


@dataclass(frozen=True)
class Chunk:
    """One top-level statement (or several on one line) with its decorators; comments around it belong nowhere."""

    text: str
    line: int
    """1-based line of the chunk's first line in this version of the file."""
    parsed: Parsed = field(compare=False, repr=False)
    shift: int = 0
    """Of a part: how many lines of the class lie before those that its nodes count from."""

    @property
    def tree(self) -> tuple[ast.stmt, ...]:
        """The statements; their line numbers are relative: the chunk's first line is 1."""
        return self.parsed.tree

    @property
    def broken(self) -> tuple[Broken, ...]:
        """What was lost to syntax errors, with lines relative to the chunk."""
        return self.parsed.broken

    @property
    def names_bound(self) -> frozenset[str]:
        """Names that this chunk binds in the module; "*" for a star import."""
        return self.parsed.names_bound

    @property
    def names_used(self) -> frozenset[str]:
        """Every name read and every attribute named anywhere in this chunk."""
        return self.parsed.names_used

    def part(self, node: ast.AST) -> Chunk:
        """The chunk whose line numbers a node has, and all that it holds: a part where there is one, else this one."""
        part = self.parsed.parts.get(node)
        return self if part is None else Chunk(part.text, self.line + part.shift, self.parsed, part.shift)

    def nodes(self) -> Iterator[tuple[Chunk, ast.AST]]:
        """Every node, each before what it holds, with the chunk whose line numbers it has."""
        pending: list[tuple[Chunk, ast.AST]] = [(self, node) for node in reversed(self.tree)]
        while pending:
            chunk, node = pending.pop()
            chunk = chunk.part(node)
            yield chunk, node
            pending += [(chunk, child) for child in reversed(list(ast.iter_child_nodes(node)))]


@dataclass(frozen=True)
class Tree:
    """One version of a file: its text and its chunks in order."""

    text: str
    chunks: tuple[Chunk, ...]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends, broken where Python breaks them (\\n, \\r\\n, \\r and nowhere else)."""
        return tuple(_newlines_only(self.text).split("\n"))

    @property
    def left_out(self) -> int:
        """How many statements were not looked at because the file is too large."""
        return sum(chunk.parsed.left_out for chunk in self.chunks)

    @cached_property
    def problems(self) -> tuple[Broken, ...]:
        """Each syntax error, in absolute positions."""
        return tuple(
            Broken(b.message, b.line + c.line - 1, b.column, b.end_line + c.line - 1, b.end_column)
            for c in self.chunks
            for b in c.broken
        )

    def span(self, chunk: Chunk, node: ast.AST) -> Span:
        """Where a node of a chunk stands in the file. The node must have a position."""
        line: int = node.lineno  # type: ignore[attr-defined]
        end_line: int = node.end_lineno or line  # type: ignore[attr-defined]
        column: int = node.col_offset  # type: ignore[attr-defined]
        end_column: int = node.end_col_offset  # type: ignore[attr-defined]
        wide = chunk.parsed.wide_lines
        if wide:
            column = _code_points(wide.get(line + chunk.shift), column)
            end_column = _code_points(wide.get(end_line + chunk.shift), end_column)
        shift = chunk.line - 1
        line += shift
        end_line += shift
        if line == 1 and self.text.startswith(_BOM):
            column += 1
            end_column += end_line == 1
        return Span(line, column, end_line, end_column)

    def chunk_at(self, line: int) -> Chunk | None:
        """The chunk that covers an absolute line, or None between chunks."""
        low, high = 0, len(self.chunks)
        while low < high:
            middle = (low + high) // 2
            if self.chunks[middle].line <= line:
                low = middle + 1
            else:
                high = middle
        chunk = self.chunks[low - 1] if low else None
        return chunk if chunk and line <= chunk.line + chunk.text.count("\n") else None


def parse(text: str, previous: Tree | None = None) -> Tree:
    """The tree of a text. Never raises: what does not parse is lost statement by statement (`Tree.problems`).

    With the previous version of the same file, chunks whose text is unchanged keep their nodes for certain;
    without it they most likely do, as parsed chunks are remembered for a while.
    """
    clean = _UNREADABLE.sub("\ufffd", _newlines_only(text.removeprefix(_BOM)))
    starts = [found.start() for found in _STATEMENT_START.finditer(clean)]
    head = _CODE_LINE.search(clean, 0, starts[0] if starts else len(clean))
    if head:
        starts.insert(0, head.start())
    known = _known(previous)
    cut = _cut(clean, starts, known)
    if cut.is_doubtful and _marks(clean) < _MOST_MARKS and (exact := _exact(clean)):
        cut = _cut(clean, exact, known, trust=True)
    for chunk in cut.chunks:
        chunk.parsed.tree  # noqa: B018 - recovered here and now, so that threads which share it see one tree
    return Tree(text, tuple(_with_parts(cut.chunks, previous.chunks) if previous is not None else cut.chunks))


_MOST_MARKS = 150_000
"""How much of one file is looked at: a mark is a comma, an operator, a bracket or a line, some 400 bytes of nodes.

Ten thousand lines of code are some 90,000; what has more holds data.
"""
_LEAST = 10
"""What a statement counts beside its marks."""
_MARKS = ",.:;=+-*/%<>&|^~([{!\n"
_DEFINES = re.compile(r"(?:@[^\n]*\n)*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_BINDS = re.compile(r"(\w+)[ \t]*(?::[^=\n]*)?=(?!=)")
_IDENTIFIER = re.compile(r"(?<![\w.])[^\W\d]\w*")
_STARTS = re.compile(r"^(?:(?:async[ \t]+)?(?:def|class)[ \t]+)?([^\W\d]\w*)", re.MULTILINE)
_MOST_NAMES, _MOST_LINES = 500, 5_000


def _marks(text: str) -> int:
    """How much there is in a text, in marks."""
    return min(len(text), sum(map(text.count, _MARKS)) + text.count(" ") // 2)


def _unread(text: str) -> Parsed:
    """What stands for a statement that is not looked at: what it binds is unknown, and what it may have changed."""
    if text.count("\n") > _MOST_LINES:  # the rest of a file
        names = list(islice(dict.fromkeys(map(_bound, _STARTS.finditer(text))), _MOST_LINES))
        return Parsed(text, (_lost([name for name in names if _is_name(name)]),), left_out=True)
    if defined := _DEFINES.match(text):
        return Parsed(text, (_lost([defined.group(1)]),), left_out=True)
    names = list(islice(dict.fromkeys(filter(_is_name, map(re.Match.group, _IDENTIFIER.finditer(text)))), _MOST_NAMES))
    if bound := _BINDS.match(text):
        handed: list[ast.expr] = [ast.Name(name, ast.Load()) for name in names if name != bound.group(1)]
        call = ast.Expr(ast.Call(ast.Name(LOST, ast.Load()), handed, []))
        return Parsed(text, (_placed(call), _lost([bound.group(1)])), left_out=True)
    return Parsed(text, (_lost(names),) if names else (), left_out=True)


def _bound(found: re.Match[str]) -> str:
    return found.group(1)


def _is_name(word: str) -> bool:
    return not keyword.iskeyword(word)


def _lost(names: Sequence[str]) -> ast.stmt:
    """`a = b = __lost__`"""
    return _placed(ast.Assign([ast.Name(name, ast.Store()) for name in names], ast.Name(LOST, ast.Load())))


def _placed(statement: ast.stmt) -> ast.stmt:
    """The statement with all its nodes at the start of the first line."""
    for node in ast.walk(statement):
        if isinstance(node, (ast.expr, ast.stmt)):
            node.lineno = node.end_lineno = 1
            node.col_offset = node.end_col_offset = 0
    return statement


_Key = tuple[str, int]
"""A chunk's text, and how many chunks of the same text stand before it in its file.

Two equal chunks of one file must not share nodes, or what is known of one would be said of the other.
"""


@dataclass
class _Cut:
    """A text cut into chunks."""

    chunks: list[Chunk] = field(default_factory=list)
    is_doubtful: bool = False
    """A broken piece may be whole if it were cut otherwise."""
    patience: int = 3_000_000
    """How many characters may still be looked through for where brackets and strings close."""


def _cut(text: str, starts: Sequence[int], known: Mapping[_Key, Parsed], trust: bool = False) -> _Cut:
    """The chunks of a text from the offsets where statements may start; `trust` takes each start as one for sure."""
    cut = _Cut()
    chunks = cut.chunks
    used: Counter[str] = Counter()
    offset, line = 0, 1
    n = 0
    limited = len(text) + _LEAST * len(starts) > _MOST_MARKS
    left = _MOST_MARKS
    while n < len(starts):
        start = starts[n]
        end, n = (_next(text, starts, n), n + 1) if trust else _decorated_end(text, starts, n)
        piece = _trimmed(text[start:end])
        if limited:
            much = _marks(piece) + _LEAST
            if much > left and left < _MOST_MARKS // 20:  # nearly all is read: so much for the rest
                left = 0
            if left < _LEAST:
                piece, n = text[start:].rstrip(_BLANKS), len(starts)
            if much > left or not left:
                line += text.count("\n", offset, start)
                offset = start
                chunks.append(Chunk(piece, line, _unread(piece)))
                continue
            left -= much
        parsed = _parsed(piece, used[piece], known)
        if parsed.error is not None:
            joined = _joined(text, starts, start, piece) if cut.patience > 0 else ""
            cut.patience -= len(text) - start
            # Untrimmed as well, for what looks like a comment may be the end of a string.
            for joint in dict.fromkeys((_trimmed(joined), joined)) if joined else ():
                attempt = _parsed(joint, used[joint], known)
                if attempt.error is None:
                    piece, parsed = joint, attempt
                    n = bisect_right(starts, start + len(joined) - 1)
                    break
            else:
                cut.is_doubtful |= bool(joined) or piece[0] == "@"
                if chunks and starts_inside_previous(piece) and _has_block(chunks[-1]):
                    stray = chunks.pop()
                    used[stray.text] -= 1
                    start = offset
                    piece = _trimmed(text[start:end])
                    parsed = _parsed(piece, used[piece], known)
        used[piece] += 1
        line += text.count("\n", offset, start)
        offset = start
        chunks.append(Chunk(piece, line, parsed))
    return cut


def _known(previous: Tree | None) -> dict[_Key, Parsed]:
    """The parsed chunks of the previous version."""
    known: dict[_Key, Parsed] = {}
    used: Counter[str] = Counter()
    for chunk in previous.chunks if previous is not None else ():
        known[chunk.text, used[chunk.text]] = chunk.parsed
        used[chunk.text] += 1
    return known


def _with_parts(chunks: list[Chunk], before: Sequence[Chunk]) -> list[Chunk]:
    """The chunks, where the classes among them that were edited keep the methods that they had before."""
    old = {key: chunk.parsed for key, chunk in _classes(before)}
    known = set(map(id, old.values()))
    kept: dict[int, Parsed] = {}
    held: set[ast.AST] = set()
    new = list(_classes(chunks))
    twice = {name for (name, number), _ in new if number}
    for key, chunk in new:
        parsed = chunk.parsed
        if key in old and id(parsed) not in known:
            parsed = _keeping(parsed, old[key])
        if key[0] in twice:
            # Another class of that name may once have had this very text: no two may share nodes.
            if not held.isdisjoint(parsed.parts):
                parsed = _keeping(Parsed(parsed.text, tuple(_statements_of(parsed.text))), None)
            held.update(parsed.parts)
        if parsed is not chunk.parsed:
            kept[id(chunk)] = parsed
    if not kept:
        return chunks
    return [Chunk(c.text, c.line, kept[id(c)]) if id(c) in kept else c for c in chunks]


def _statements_of(text: str) -> Sequence[ast.stmt]:
    found = statements(text)
    return recovered(text, found)[0] if isinstance(found, SyntaxError) else found


def _classes(chunks: Sequence[Chunk]) -> Iterator[tuple[tuple[str, int], Chunk]]:
    """The chunks that are one class each, by its name and how many of that name stand before it."""
    used: Counter[str] = Counter()
    for chunk in chunks:
        tree = chunk.tree
        if len(tree) == 1 and isinstance(tree[0], ast.ClassDef):
            name = tree[0].name
            yield (name, used[name]), chunk
            used[name] += 1


def _keeping(parsed: Parsed, old: Parsed | None) -> Parsed:
    """The class as it is now, made of the nodes that its methods had before where their texts are the same."""
    (cls,) = parsed.tree
    assert isinstance(cls, ast.ClassDef)
    before: dict[tuple[str, int], ast.AST] = {}
    used: Counter[str] = Counter()
    for node, part in old.parts.items() if old is not None else ():
        if not part.broken:
            before[part.text, used[part.text]] = node
        used[part.text] += 1
    used.clear()
    parts: dict[ast.AST, Part] = {}
    body: list[ast.stmt] = []
    for statement in cls.body:
        if statement in parsed.parts:
            part = parsed.parts[statement]
            held: ast.AST = before.get((part.text, used[part.text]), statement)
            used[part.text] += 1
            if held is not statement and not part.broken:
                part = Part(part.text, part.line, part.shift + statement.lineno - held.lineno)  # type: ignore[attr-defined]
                statement = held  # type: ignore[assignment]
            parts[statement] = part
        body.append(statement)
    made = ast.ClassDef(**{**{name: getattr(cls, name) for name in cls._fields if hasattr(cls, name)}, "body": body})
    return Parsed(parsed.text, parsed.whole, parsed.error, ((ast.copy_location(made, cls),), parts))


def _parts(tree: Sequence[ast.stmt], lines: Sequence[str], broken: Sequence[Broken]) -> dict[ast.AST, Part]:
    """The methods of a class just parsed."""
    if len(tree) != 1 or not isinstance(tree[0], ast.ClassDef):
        return {}
    body = tree[0].body
    firsts = [min([n.lineno, *(d.lineno for d in getattr(n, "decorator_list", ()))]) for n in body]
    found: dict[ast.AST, Part] = {}
    above = tree[0].lineno
    rows = [piece.line for piece in broken]  # in order
    for i, (node, first) in enumerate(zip(body, firsts)):
        following = firsts[i + 1] if i + 1 < len(body) else len(lines) + 1
        end = node.end_lineno or node.lineno
        inside = broken[bisect_left(rows, first) : bisect_left(rows, following)]
        lost = max([end, *(piece.end_line for piece in inside)])
        lost = min(lost, following - 1)
        while lost > end and (not lines[lost - 1].strip() or lines[lost - 1].lstrip().startswith("#")):
            lost -= 1
        end = lost
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and above < first <= end < following:
            start = first
            while start - 1 > above and (not lines[start - 2].strip() or lines[start - 2].lstrip().startswith("#")):
                start -= 1
            while not lines[start - 1].strip():
                start += 1
            is_broken = bisect_left(rows, start) < bisect_right(rows, end)
            found[node] = Part("\n".join(lines[start - 1 : end]), start, broken=is_broken)
        above = end
    return found


def _joined(text: str, starts: Sequence[int], start: int, piece: str) -> str:
    """A piece that ends in a bracket or string, with the pieces up to where all that closes; "" where it does not."""
    neutral, end = start, start + len(piece)
    joined = ""
    while (close := closing_end(text, neutral, end)) is not None:
        following = bisect_right(starts, close)
        neutral, end = close, starts[following] if following < len(starts) else len(text)
        joined = text[start:end]
        end = start + len(joined.rstrip(_BLANKS))
        if neutral >= end:
            break
    swallowed = joined and _CODE_IN_STRING.search(text, start + len(piece), start + len(joined))
    # A string that closes where another was meant to open: then the strings of the text do not come in pairs.
    return "" if swallowed and ends_in_string(text, start) else joined


def _exact(text: str) -> list[int]:
    """Where the chunks of a text start that parses, as the parser says; nothing for one that does not."""
    tree = statements(text)
    if isinstance(tree, SyntaxError):
        return []
    offsets = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    starts: list[int] = []
    last = 0
    for node in tree:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        if first > last and not (starts and text[: offsets[first - 1]].endswith("\\\n")):
            starts.append(offsets[first - 1])
        last = node.end_lineno or first
    return starts


def _next(text: str, starts: Sequence[int], n: int) -> int:
    return starts[n + 1] if n + 1 < len(starts) else len(text)


def _decorated_end(text: str, starts: Sequence[int], n: int) -> tuple[int, int]:
    """Where the piece ends that starts at `starts[n]`, and the number of the start that follows it."""
    following = n + 1
    if text[starts[n]] == "@":
        while following < len(starts) and text[starts[following]] == "@":
            following += 1
        if following < len(starts) and _DECORATED.match(text, starts[following]):
            following += 1
    return _next(text, starts, following - 1), following


_BLANKS = " \t\f\n"


def _trimmed(piece: str) -> str:
    """A piece without the blank lines and comment lines at its end."""
    piece = piece.rstrip(_BLANKS)
    while True:
        start = piece.rfind("\n") + 1
        if not start or not piece[start:].lstrip(" \t\f").startswith("#"):
            return piece
        piece = piece[:start].rstrip(_BLANKS)


def _has_block(chunk: Chunk) -> bool:
    return bool(chunk.tree) and hasattr(chunk.tree[-1], "body")


def _newlines_only(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _code_points(line: str | None, column: int) -> int:
    """The code points in the first `column` UTF-8 bytes of a line."""
    return column if line is None else len(line.encode()[:column].decode(errors="ignore"))


_MEMORY = 60_000
"""Characters of source whose trees are remembered: some 6 MB of nodes at most. Each version of a class that one types
into is another text; what a file holds now is kept with the file."""
_remembered: OrderedDict[_Key, Parsed] = OrderedDict()
_remembered_size = 0
_lock = threading.Lock()


def _parsed(text: str, number: int, known: Mapping[_Key, Parsed]) -> Parsed:
    """A chunk's text parsed, or as it was parsed before."""
    global _remembered_size
    key = text, number
    parsed = known.get(key)
    if parsed is not None:
        return parsed
    with _lock:
        parsed = _remembered.get(key)
        if parsed is not None:
            _remembered.move_to_end(key)
            return parsed
    tree = statements(text)
    parsed = Parsed(text, (), tree) if isinstance(tree, SyntaxError) else Parsed(text, tuple(tree))
    with _lock:
        first = _remembered.setdefault(key, parsed)
        if first is parsed:
            _remembered_size += len(text)
            while _remembered_size > _MEMORY and len(_remembered) > 1:
                (dropped, _), _ = _remembered.popitem(last=False)
                _remembered_size -= len(dropped)
        return first


def forget_parsed() -> None:
    """Drop what was remembered of texts that nobody may ask for again."""
    global _remembered_size
    with _lock:
        _remembered.clear()
        _remembered_size = 0


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _names_bound(tree: Sequence[ast.stmt]) -> frozenset[str]:
    names: set[str] = set()
    pending: list[tuple[ast.AST, bool]] = [(node, True) for node in tree]
    while pending:
        node, at_module = pending.pop()
        if isinstance(node, ast.Global):
            # Bound from inside a function: most likely assigned there too.
            names.update(node.names)
            continue
        if not at_module:
            pending += [(child, False) for child in ast.iter_child_nodes(node)]
            continue
        if isinstance(node, _SCOPES):
            names.add(node.name)
            inside = set(map(id, node.body))
            pending += [(child, id(child) not in inside) for child in ast.iter_child_nodes(node)]
            continue
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                names.add(node.id)
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
        elif isinstance(node, ast.Lambda):
            pending.append((node.args, True))
            continue
        elif isinstance(node, ast.comprehension):
            # Its targets are its own; a walrus in its conditions binds outside.
            pending += [(child, True) for child in (node.iter, *node.ifs)]
            continue
        pending += [(child, True) for child in ast.iter_child_nodes(node)]
    return frozenset(names)


def names_used(tree: Sequence[ast.AST]) -> frozenset[str]:
    """Every name read and every attribute named anywhere in these nodes."""
    names: set[str] = set()
    pending: list[ast.AST] = list(tree)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                names.add(node.id)
            continue
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                pending.append(value)
            elif isinstance(value, list):
                pending += [item for item in value if isinstance(item, ast.AST)]
    return frozenset(names) - LOST_NAMES
