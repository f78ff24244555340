"""Rules of NumPy: one file a topic. What goes in is made an array first, as NumPy does it (`arrays`)."""

from shapelens.rules.numpy import (
    creation,
    fft,
    indexing,
    joining,
    linalg,
    polynomials,
    products,
    random,
    ranges,
    reductions,
    reshaping,
    signals,
    sorting,
    ufuncs,
)

__all__ = [
    "creation", "fft", "indexing", "joining", "linalg", "polynomials", "products", "random", "ranges", "reductions",
    "reshaping", "signals", "sorting", "ufuncs",
]  # fmt: skip
