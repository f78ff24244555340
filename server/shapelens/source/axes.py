"""The axis language of jaxtyping: `"*batch 3 #h w=4 dim-1 {self.size} _ ..."`, as data.

Source: the "Array annotations" page of jaxtyping, and its own parser for what it refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Axis:
    """One word of a shape: a `name`, a fixed `size`, or an `expression`; none of them: any size.

    `many` stands for any number of axes (`*name`, `...`), `broadcast` for a size that may also be 1 (`#name`).
    `label` is what an axis of any size is called (`_label`), for display alone.
    """

    name: str = ""
    size: int | None = None
    expression: str = ""
    many: bool = False
    broadcast: bool = False
    label: str = ""


ANY = Axis()
REST = Axis(many=True)
_MOST = 200


@lru_cache(maxsize=4096)
def axes_of(text: str) -> tuple[Axis, ...] | None:
    """The axes of a jaxtyping string; None for one that jaxtyping refuses. One that is too long says nothing."""
    axes = []
    words = text.split(None, _MOST)
    if len(words) > _MOST:
        return (REST,)
    for word in words:
        axis = _axis(word)
        if axis is None:
            return None
        axes.append(axis)
    return None if sum(axis.many for axis in axes) > 1 else tuple(axes)


def _axis(word: str) -> Axis | None:
    if "," in word and "(" not in word or word.endswith("#"):
        return None
    if "..." in word:
        return REST if word == "..." else None
    marks = ""
    while word:
        if word[0] in "#*_?":
            if word[0] in marks:
                return None
            marks += word[0]
            word = word[1:]
        elif word.count("=") == 1:
            word = word.split("=")[1]
        else:
            break
    broadcast, many, nameless = "#" in marks, "*" in marks, "_" in marks
    # `?name` is another size for each leaf of a tree: nothing that one tensor could break.
    anonymous = nameless or "?" in marks
    if not word or word.isidentifier():
        if nameless and broadcast or not word and not nameless:
            return None
        return Axis(many=many, label=word) if anonymous else Axis(word, many=many, broadcast=broadcast)
    if many or anonymous:
        return None
    try:
        return Axis(size=int(word), broadcast=broadcast)
    except ValueError:
        return Axis(expression=word, broadcast=broadcast)


_HELD = re.compile(r"\{([^{}]*)\}")


def with_values(expression: str) -> tuple[str, tuple[str, ...]]:
    """`{self.size}-1` as an expression over placeholders, `(_0)-1`, and what each of them stands for."""
    held: list[str] = []

    def placeholder(found: re.Match[str]) -> str:
        held.append(found.group(1))
        return f"(_{len(held) - 1})"

    return _HELD.sub(placeholder, expression), tuple(held)
