"""Comments that say something to Shapelens: what to keep silent about, and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
            found[line] = (
                None if codes is None else frozenset(code.strip() for code in codes.split(",") if code.strip())
            )
    return found


@dataclass(frozen=True, slots=True)
class ShapeComment:
    """A shape that a comment states: of which name (None: of what the line makes), its axes, those after `->`.

    `axes` is None where it says only what comes out: `# -> (B, 10)`.
    """

    name: str | None
    axes: tuple[str, ...] | None
    arrow_axes: tuple[str, ...] | None = None


def shape_comments(text: str) -> dict[int, tuple[ShapeComment, ...]]:
    """The shapes that comments state, by line (from 1). A comment counts only if all of it is shapes: no prose."""
    if "#" not in text:
        return {}
    found: dict[int, tuple[ShapeComment, ...]] = {}
    for line, comment in _comments_by_line(text):
        shapes = shapes_of(_IGNORE.sub("", comment).lstrip("#"))
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


# An axis: a name, a number, arithmetic of them (`H/2`, `2*d`, `T+1`, `n*(d+1)`), `...`, `*batch`, `_`, `?` or -1.
_TERM = r"(?:[A-Za-z_]\w*(?:\.\w+)*'?|\d+)"
_SIGN = r"\s*(?://|\*\*|[-+*/x×·^])\s*"
_GROUP = rf"(?:{_TERM}|\({_TERM}(?:{_SIGN}{_TERM})*\))"
_AXIS = re.compile(rf"(?:\.\.\.|…|-1|\?|[*#]?{_GROUP}(?:{_SIGN}{_GROUP})*)\Z")
_AXIS_WORD = re.compile(
    r"(?:\.\.\.|[*#_?]*(?:[A-Za-z]\w*=)?(?:[A-Za-z_]\w*|\d+)(?:(?://|[-+*])(?:[A-Za-z_]\w*|\d+))*|_)\Z"
)
_SAYS_SHAPE = re.compile(
    r"(?:(?:the )?(?:output|input|new|result(?:ing)?) )?shape\s*(?:is\s|[:=]|(?=[(\[]))"
    r"|(?:(?:the )?(?:output|input|new|result(?:ing)?) )?(?:size|dims?)\s*:",
    re.IGNORECASE,
)
_SHAPE_OF = re.compile(r"(?:shape of )?([A-Za-z_][\w.]*?)\s*(?:\.shape\s*[:=]|\.size\(\)\s*[:=]|:)")
_INSIDE = r"[^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*"
_BRACKETED = re.compile(rf"(?:torch\.Size\(\[({_INSIDE})\]\)|\(({_INSIDE})\)|\[({_INSIDE})\])\s*\.?\Z")
_ARROW = re.compile(r"->|=>|→")
# The bare words that count without brackets: one upper-case letter and what may follow it (B, T1, H', Nq, C_in).
_BARE = re.compile(r"(?:[A-Z][a-z]?[0-9']*(?:_[a-z0-9]+)?|\d+|\.\.\.|\*[a-z]+)\Z")
# What tells an axis from any other word: `(B, n)`, `(batch, seq_len)`, but not `(train, test)` or `(x, y)`.
_DIM = re.compile(
    r"[A-Z][A-Za-z]?(?![a-z])|[A-Z][A-Z_0-9]+|[bnctdhwslm]\d*(?![a-z])|(?:n|num|max|per|total)_|bs\b|bsz"
    r"|\w*(?:batch|seq|len|dim|chan|height|width|hidden|embed|feat|head|token|time|frame|class|vocab|size|patch|sample)"
)
_NOT_NAMES = frozenset(
    [
        *("todo", "fixme", "note", "xxx", "hack", "warning", "see", "type", "noqa", "pragma", "eg", "ie", "e.g", "i.e"),
        *(
            "default",
            "defaults",
            "args",
            "arg",
            "returns",
            "return",
            "example",
            "usage",
            "step",
            "stage",
            "ref",
            "range",
        ),
    ]
)


def shapes_of(comment: str) -> tuple[ShapeComment, ...]:
    """The shapes that a comment (without its `#`) states; none if any part of it is something else."""
    comment = comment.strip()
    if not comment or len(comment) > 200:
        return ()
    single = _shape(comment)
    if single:
        return (single,)
    shapes = [_shape(part.strip()) for part in re.split(r";|,(?=\s*[A-Za-z_]\w*\s*:)", comment)]
    return tuple(shape for shape in shapes if shape) if all(shape and shape.name for shape in shapes) else ()


def _shape(text: str) -> ShapeComment | None:
    name: str | None = None
    word = _SAYS_SHAPE.match(text)
    of = None if word else _SHAPE_OF.match(text)
    if of:
        name, text = of.group(1), text[of.end() :].strip()
        if name.lower() in _NOT_NAMES:
            return None
        word = _SAYS_SHAPE.match(text)
    if word:
        text = text[word.end() :].strip()
    parts = [side.strip() for side in _ARROW.split(text)]
    if len(parts) == 2 and not parts[0] and name is None and word is None:
        only = _axes(parts[1], True)
        return ShapeComment(None, None, only) if only is not None and _is_shape(only, True, False) else None
    sides = [_axes(side, name is not None or word is not None) for side in parts]
    first, last = sides[0], sides[-1]
    if first is None or last is None or None in sides:
        return None
    said = len(sides) > 1 or any("shape" in found.group().lower() for found in (word, of) if found) or "Size(" in text
    if not all(_is_shape(axes, said, name is not None) for axes in (first, last)):
        return None
    return ShapeComment(name, first, last if len(sides) > 1 else None)


def _is_shape(axes: Sequence[str], said: bool, named: bool) -> bool:
    """Whether axes are likely to be a shape's: any numbers may be a stride or a range, any words a remark."""
    if said:
        return True
    if all(axis.lstrip("-").isdigit() for axis in axes):
        return len(axes) > 2 and not named and "0" not in axes
    letters = [axis for axis in axes if len(axis) == 1 and axis.islower()]
    if len(letters) == len(axes) and not named:
        return all(_DIM.match(letter) for letter in letters)
    return any(_DIM.match(axis.lstrip("*#(0123456789 ")) for axis in axes)


def said_axes(text: str) -> tuple[str, ...] | None:
    """The axes of a text that is nothing but a shape: `(B, C, 3)`, `[B, T]`, `B T 512`, `batch seq_len dim`, `*b d`."""
    text = text.strip()
    axes = _axes(text, True)
    if axes is not None:
        return axes if axes and (text[0] not in "([" or all(map(_AXIS.match, axes))) else None
    words = text.replace(",", " ").split()
    if not words or not all(_AXIS_WORD.match(word) for word in words):
        return None
    return tuple(words) if all(word[0] in "*#_.0123456789" or _looks_like_axis(word) for word in words) else None


def is_shape_text(axes: Sequence[str]) -> bool:
    """Whether the parts of a bracket that nothing announced as a shape are likely to be one."""
    return bool(axes) and _is_shape(axes, False, False)


def _looks_like_axis(word: str) -> bool:
    return bool(len(word) == 1 or "=" in word or _DIM.match(word))


def _axes(text: str, said: bool) -> tuple[str, ...] | None:
    """The axes of one shape, `(B, C)` or `[B, C]`, or where a name or `shape:` announced it also `B C` and `B, C`."""
    bracketed = _BRACKETED.match(text)
    if not bracketed:
        words = re.split(r"\s+[x×]\s+", text)
        if len(words) < 3 and said:
            words = [part.strip() for part in text.split(",")] if "," in text else text.split()
        return tuple(words) if len(words) > (1 if said else 2) and all(map(_BARE.match, words)) else None
    inner = next(group for group in bracketed.groups() if group is not None).strip()
    if not inner:
        return () if said else None
    parts = [part.strip() for part in inner.removesuffix(",").split(",")]
    if len(parts) == 1 and re.search(r"\s[x×]\s", inner):
        parts = re.split(r"\s+[x×]\s+", inner)
    elif len(parts) == 1 and " " in inner and all(map(_BARE.match, inner.split())):
        parts = inner.split()
    if len(parts) == 1 and not (said or inner.endswith(",") or _BARE.match(inner)):
        return None
    return tuple(parts) if all(map(_AXIS.match, parts)) else None
