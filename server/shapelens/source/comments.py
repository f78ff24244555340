"""Comments that say something to Shapelens: what to keep silent about, and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shapelens.source.lexing import comments

_IGNORE = re.compile(r"#\s*shapelens:\s*ignore(?:\s*\[([^\]]*)\]|(?![\w\[-]))")


def ignores(text: str) -> dict[int, frozenset[str] | None]:
    """The lines (from 1) with a `# shapelens: ignore` comment, with the codes in its brackets; None is all codes."""
    if "shapelens:" not in text:
        return {}
    found: dict[int, frozenset[str] | None] = {}
    for line, comment in _comments_by_line(text):
        match = _IGNORE.search(comment)
        if match:
            codes = match.group(1)
            found[line] = None if codes is None else frozenset(code.strip() for code in codes.split(",") if code.strip())
    return found


@dataclass(frozen=True, slots=True)
class ShapeComment:
    """A shape that a comment states: of which name (None: of what the line makes), its axes, and the axes after `->`."""

    name: str | None
    axes: tuple[str, ...]
    arrow_axes: tuple[str, ...] | None = None


def shape_comments(text: str) -> dict[int, tuple[ShapeComment, ...]]:
    """The shapes that comments state, by line (from 1). A comment counts only if all of it is shapes: no prose."""
    if "#" not in text:
        return {}
    found: dict[int, tuple[ShapeComment, ...]] = {}
    for line, comment in _comments_by_line(text):
        shapes = shapes_of(comment.lstrip("#"))
        if shapes:
            found[line] = shapes
    return found


def _comments_by_line(text: str) -> Iterator[tuple[int, str]]:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    line, offset = 1, 0
    for start, comment in comments(text):
        line += text.count("\n", offset, start)
        offset = start
        yield line, comment


# An axis: a name, a number, a product or other arithmetic of them without blanks, `...`, `*batch`, `_`, `?` or -1.
_ATOM = r"[A-Za-z_][A-Za-z0-9_'.]*|\d+"
_AXIS = re.compile(rf"(?:\.\.\.|…|-1|\?|[*#]?(?:{_ATOM})(?:\s*(?://|\*\*|[-+*/x×·^])\s*(?:{_ATOM}|\((?:{_ATOM})(?:\s*[-+*/]\s*(?:{_ATOM}))*\)))*)\Z")
_NAME = re.compile(r"\s*(?:(?:shape|size)\s+(?:of\s+)?)?([A-Za-z_][\w.]*)\s*(?:\.shape|\.size\(\))?\s*[:=]\s*(.*)\Z", re.I)
_SHAPE_WORD = re.compile(r"\s*(?:(?:the\s+)?(?:output|input|new|result(?:ing)?)\s+)?(?:shape|size|dims?)\s*(?:is\s+|[:=]\s*)", re.I)
_BRACKETED = re.compile(r"\s*(?:torch\.Size\(\[([^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*)\]\)|[(\[]([^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*)[)\]])\s*\.?\s*\Z")
_ARROW = re.compile(r"->|=>|→")
# One upper-case letter, with what may follow it (B, T1, H', Nq, C_in): the bare words that count without brackets.
_BARE = re.compile(r"(?:[A-Z][a-z]?[0-9']*(?:_[a-z0-9]+)?|\d+|\.\.\.|\*[a-z]+)\Z")
_NOT_NAMES = frozenset(
    "todo fixme note xxx hack warning see type noqa pragma e.g i.e eg ie default defaults args arg returns return"
    " example usage step stage ref range in out http https".split()
)


def shapes_of(comment: str) -> tuple[ShapeComment, ...]:
    """The shapes that a comment (without its `#`) states; none if any part of it is something else."""
    comment = comment.strip()
    if not comment or len(comment) > 200:
        return ()
    single = _shape(comment)
    if single:
        return (single,)
    parts = re.split(r";|,(?=\s*[A-Za-z_]\w*\s*:)", comment)
    if len(parts) < 2:
        return ()
    shapes = [_shape(part) for part in parts]
    return tuple(shape for shape in shapes if shape) if all(shape and shape.name for shape in shapes) else ()


def _shape(text: str) -> ShapeComment | None:
    name: str | None = None
    word = _SHAPE_WORD.match(text)
    said = False
    if word:
        text, said = text[word.end() :], True
    else:
        named = _NAME.match(text)
        if named:
            if named.group(1).lower() in _NOT_NAMES:
                return None
            name, text, said = named.group(1).removesuffix(".shape"), named.group(2), True
            inner = _SHAPE_WORD.match(text)
            text = text[inner.end() :] if inner else text
    sides = _ARROW.split(text)
    if len(sides) > 2:
        sides = [sides[0], sides[-1]] if all(_axes(side, False) for side in sides[1:-1]) else []
    if not sides:
        return None
    axes = [_axes(side, said) for side in sides]
    if axes[0] is None or axes[-1] is None:
        return None
    return ShapeComment(name, axes[0], axes[1] if len(axes) == 2 else None)


def _axes(text: str, said: bool) -> tuple[str, ...] | None:
    """The axes of one shape, `(B, C)` or `[B, C]`, or where a name or `shape:` announced it also `B C` and `B, C`."""
    bracketed = _BRACKETED.match(text)
    if bracketed:
        inner = (bracketed.group(1) if bracketed.group(1) is not None else bracketed.group(2)).strip()
        if not inner:
            return () if said else None
        parts = [part.strip() for part in inner.removesuffix(",").split(",")]
        if len(parts) == 1 and " " in inner and " x " not in inner:
            parts = inner.split()
            if not all(_BARE.match(part) for part in parts):
                return None
        elif len(parts) == 1 and " x " in inner:
            parts = inner.split(" x ")
        if len(parts) == 1 and not (said or inner.endswith(",") or _BARE.match(inner)):
            return None
        return tuple(parts) if all(_AXIS.match(part) for part in parts) else None
    if not said:
        return None
    parts = [part.strip() for part in text.split(",")] if "," in text else re.split(r"\s+x\s+|\s+", text.strip())
    return tuple(parts) if len(parts) > 1 and all(_BARE.match(part) for part in parts) else None
