"""Rules of keras.ops, one file a topic."""

from shapelens.rules.keras.ops import (
    control,
    creation,
    elementwise,
    image,
    indexing,
    nn,
    products,
    reductions,
    shaping,
    signal,
)

__all__ = [
    "control",
    "creation",
    "elementwise",
    "image",
    "indexing",
    "nn",
    "products",
    "reductions",
    "shaping",
    "signal",
]
