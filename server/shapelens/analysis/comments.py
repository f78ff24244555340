"""Comments that state a shape which is certainly another: `x = self.conv(x)  # (B, 64, 56, 56)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from shapelens.analysis.facts import Fact, Problem, Span
from shapelens.dims import Symbol
from shapelens.source.comments import ShapeComment
from shapelens.source.lexing import comments as comments_in
from shapelens.source.tree import Tree
from shapelens.values import Shape
from shapelens.values.text import shape_text

CODE = "comment-mismatch"


def contradicted(facts: Iterable[Fact], tree: Tree, names: Callable[[Symbol], str]) -> list[Problem]:
    """A problem for each comment whose rank, or one of whose numbers, no shape of that line has.

    Names in a comment are taken to be loose, and so is a batch dim that it leaves out.
    """
    comments: dict[int, tuple[ShapeComment, ...]] = {}
    for chunk in tree.chunks:
        if "#" in chunk.text:
            comments.update((line + chunk.line - 1, found) for line, found in chunk.parsed.shape_comments.items())
    if not comments:
        return []
    on_line: dict[int, list[Fact]] = {}
    for fact in facts:
        if fact.kind != "layer" and fact.span.end_line in comments:
            on_line.setdefault(fact.span.end_line, []).append(fact)
    problems = []
    for line, found in on_line.items():
        for comment in comments[line]:
            about = [fact for fact in found if comment.name in (None, fact.name)]
            stated = comment.axes if comment.arrow_axes is None else comment.arrow_axes
            if len(about) != 1 or stated is None:
                continue
            fact = about[0]
            if fact.values and all(not v.inferred and contradicts(stated, v.shape) for v in fact.values):
                shapes = " or ".join(dict.fromkeys(shape_text(v.shape, names) for v in fact.values))
                name = "what is returned" if fact.kind == "return" else fact.name
                message = f"the comment says ({', '.join(stated)}), but {name} is {shapes}"
                problems.append(Problem(CODE, "information", message, _span(fact.span.file, tree, line)))
    return problems


def _span(file: str, tree: Tree, line: int) -> Span:
    text = tree.lines[line - 1]
    start = max((start for start, _ in comments_in(text)), default=text.rfind("#"))
    return Span(file, line, start, line, len(text.rstrip()))


def contradicts(stated: Sequence[str], shape: Shape) -> bool:
    """Whether a shape is certainly not what a comment states, with or without a batch dim before it."""
    if not isinstance(shape, tuple) or any(axis in ("...", "…") or axis.startswith("*") for axis in stated):
        return False
    numbers = [int(axis) if axis.isdigit() else None for axis in stated]
    if len(shape) - len(stated) not in (0, 1):
        # Numbers alone may be a kernel or a stride.
        return None in numbers
    pairs = [(n, d) for n, d in zip(reversed(numbers), reversed(shape)) if n is not None and isinstance(d, int)]
    agree = [n for n, d in pairs if n == d]
    if len(agree) == len(pairs):
        return False
    return None in numbers or any(n > 1 for n in agree)
