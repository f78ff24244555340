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
        parts = [*(dim_text(d, names) for d in shape.prefix), "…", *(dim_text(d, names) for d in shape.suffix)]
        return f"({', '.join(parts)})"
    if len(shape) == 1:
        return f"({dim_text(shape[0], names)},)"
    return f"({', '.join(dim_text(d, names) for d in shape)})"


def dim_text(dim: Dim, names: Callable[[Symbol], str] | None = None) -> str:
    """A dim as people write it. Names that stay as they are may keep what was written with them, in `texts`."""
    if isinstance(dim, int):
        return str(dim)
    kept: dict[Dim, str] | None = getattr(names, "texts", None)
    if kept is None:
        return text(dim, names)
    found = kept.get(dim)
    if found is None:
        found = kept[dim] = text(dim, names)
    return found


_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def size_text(count: float) -> str:
    """A number of bytes: `1 byte`, `3.1 MiB`, `447 GiB`."""
    if count == 1:
        return "1 byte"
    for unit in _UNITS:
        if count < 1024 or unit == _UNITS[-1]:
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
