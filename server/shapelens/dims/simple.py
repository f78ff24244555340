"""A limit on how large a symbolic dim may grow: past it, it is only known to be some integer."""

from __future__ import annotations

from shapelens.dims.compare import bounds
from shapelens.dims.expr import Dim, symbol

# The length of an expression's key: `H` has 5, `⌈H/32⌉` about 15, a product of windows and heads 60.
LARGEST = 64


def simple(dim: Dim) -> Dim:
    """The dim itself, or a fresh symbol (with the dim's lower bound) where it has grown too large to be of use."""
    if isinstance(dim, int) or len(dim.key) <= LARGEST:
        return dim
    return symbol("n", bounds(dim)[0])


def simple_dims(dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Each dim by itself; the same tuple where nothing changes."""
    for dim in dims:
        if not isinstance(dim, int) and len(dim.key) > LARGEST:
            return tuple([simple(d) for d in dims])
    return dims
