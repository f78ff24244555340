"""Shapes that a docstring states of parameters, in the Google, NumPy and Sphinx styles and as PyTorch's own write them.

    x (torch.Tensor): input of shape (B, C, H, W)        x (Tensor[N, 4]): boxes        x: (B, T, C) tensor
    x : torch.Tensor, shape (B, T)                       :param x: the tokens, of shape ``(N, L)``
    Shape:
        - Input: :math:`(N, C, L)`

A docstring is prose. What could be read in two ways (`(N, L) or (L)`, a list of tensors) is not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from shapelens.source.comments import is_shape_text, said_axes


@dataclass(frozen=True, slots=True)
class DocShape:
    """The axes that a docstring gives a parameter, and the dtype that the name of its type says."""

    axes: tuple[str, ...]
    dtype: str | None = None


_ENTRY = re.compile(
    r"^(?P<indent>[ \t]*)(?:[-*]\s+)?"
    r"(?::(?:param|type|arg)\s+(?:[\w.\[\], ]+?\s+)?(?P<field>\w+)\s*:"
    r"|[`*]*(?P<name>\w+)[`*]*\s*(?:\((?P<type>(?:[^()]|\([^()]*\))*)\))?\s*(?::|--|—)(?!:))"
    r"[ \t]*(?P<text>.*)$"
)
_BRACKETED = r"(?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\[\]\n]*\])"
_TENSOR_OF = re.compile(r"(?P<before>\w*\[)?\b(?:torch\.)?(?P<kind>\w*)Tensor(?P<shape>\[[^\[\]\n]*\])")
_SHAPE_OF = re.compile(
    rf"\b(?:shapes?|size|dimensions?)\b(?:\s+(?:is|of|as))?\s*[:=]?\s*(?:torch\.Size)?(?P<shape>{_BRACKETED})",
    re.IGNORECASE,
)
_MATH = re.compile(rf"^\W*(?P<shape>{_BRACKETED})")
_STARTS = re.compile(
    rf"^(?:(?:a|an|the)\s+)?(?:(?:torch\.)?\w*tensor\b[,:]?\s*)?(?P<shape>{_BRACKETED})", re.IGNORECASE
)
_TIMES = re.compile(r"(?<![\w.])(?P<shape>[A-Z]\w?(?:\s?[x×]\s?(?:[A-Z]\w?|\d+)){1,5})(?![\w.])")
_SEVERAL = re.compile(
    r"\b(?:lists?|tuples?|dict(?:ionary)?|sequences?|iterables?|each|either|or)\b|ndarray|\bPIL\b", re.IGNORECASE
)
_DTYPES = {"Long": "int64", "Int": "int32", "Bool": "bool", "Double": "float64", "Half": "float16"}
_MAX_LENGTH = 20_000
_INPUTS = ("input", "inputs")


@lru_cache(maxsize=1024)
def docstring_shapes(text: str, names: tuple[str, ...]) -> dict[str, DocShape]:
    """What a docstring says of the parameters of these names; `input` in it is the only one, if there is one alone."""
    if len(text) > _MAX_LENGTH or not any(mark in text for mark in "([x"):
        return {}
    found: dict[str, DocShape] = {}
    unclear: set[str] = set()
    for name, kind, entry in _entries(text, names):
        shape = _shape(kind, entry)
        if shape is not None and found.setdefault(name, shape).axes != shape.axes:
            unclear.add(name)
    return {name: shape for name, shape in found.items() if name not in unclear}


def _entries(text: str, names: Collection[str]) -> list[tuple[str, str, str]]:
    """Name, type and text of each parameter's entry; the lines indented more than it belong to it."""
    lines = text.expandtabs().split("\n")
    only = next(iter(names)) if len(names) == 1 else None
    found = []
    for number, line in enumerate(lines):
        entry = _ENTRY.match(line)
        if entry is None:
            continue
        name = entry["field"] or entry["name"]
        if name not in names:
            if name.lower() not in _INPUTS or only is None:
                continue
            name = only
        indent = len(entry["indent"])
        parts = [entry["text"]]
        for following in lines[number + 1 :]:
            if not following.strip() or len(following) - len(following.lstrip()) <= indent:
                break
            parts.append(following.strip())
        found.append((name, entry["type"] or "", " ".join(parts)))
    return found


def _shape(kind: str, text: str) -> DocShape | None:
    """The one shape that an entry states; None where there is none, or more than one."""
    text = _without_markup(text)
    kind = _without_markup(kind)
    tensor = _TENSOR_OF.search(kind) or _TENSOR_OF.match(text)
    if tensor is not None:
        if tensor["before"] and tensor["before"] != "Optional[" or _SEVERAL.search(kind):
            return None
        axes = _axes(tensor["shape"], True)
        # `Tensor[1]` is said of one dim as well as of one element.
        return None if axes is None or axes == ("1",) else DocShape(axes, _dtype(kind))
    if _SEVERAL.search(kind.replace("or None", "")):
        return None
    candidates = [
        *((match["shape"], True) for match in _SHAPE_OF.finditer(f"{kind} {text}")),
        *((match["shape"], False) for match in (_STARTS.match(text), _MATH.match(kind)) if match),
        *((match["shape"], True) for match in _TIMES.finditer(f"{kind} {text}")),
    ]
    shapes = {axes for shape, stated in candidates if (axes := _axes(shape, stated)) is not None}
    if len(shapes) != 1 or _SEVERAL.search(text):
        return None
    return DocShape(shapes.pop(), _dtype(kind or text))


def _axes(text: str, stated: bool) -> tuple[str, ...] | None:
    if _TIMES.fullmatch(text):
        return tuple(re.split(r"\s?[x×]\s?", text))
    axes = said_axes(text.replace("(*,", "(...,").replace(", *)", ", ...)").replace(", *,", ", ...,"))
    return axes if axes is not None and (stated or is_shape_text(axes)) else None


def _dtype(text: str) -> str | None:
    found = re.search(r"\b(Long|Int|Bool|Double|Half)Tensor\b", text)
    return _DTYPES[found.group(1)] if found else None


def _without_markup(text: str) -> str:
    text = re.sub(r":\w+:`([^`]*)`", r"\1", text)
    text = re.sub(r"\\text\{([^{}]*)\}|\\(?:times|cdot)\b", lambda m: m.group(1) or "x", text)
    return re.sub(r"_\{(\w+)\}", r"_\1", text).replace("`", "").replace("\\", "").replace("**", "")
