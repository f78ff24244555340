"""How a shape is written in a message or a hint."""

from __future__ import annotations

from collections.abc import Callable

from shapelens.dims import Dim, Symbol, text
from shapelens.values.shapes import Open, Shape


def shape_text(shape: Shape, names: Callable[[Symbol], str] | None = None) -> str:
    """`(B, 3, H, W)`; `(B, …, 512)` for an open rank; `(…)` where nothing is known."""
    if shape is None:
        return "(…)"
    if isinstance(shape, Open):
        parts = [*(text(d, names) for d in shape.prefix), "…", *(text(d, names) for d in shape.suffix)]
        return f"({', '.join(parts)})"
    if len(shape) == 1:
        return f"({text(shape[0], names)},)"
    return f"({', '.join(text(d, names) for d in shape)})"


def dim_text(dim: Dim, names: Callable[[Symbol], str] | None = None) -> str:
    """A dim as people write it."""
    return str(dim) if isinstance(dim, int) else text(dim, names)
