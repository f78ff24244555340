"""Rules of keras.ops, one file a topic."""

from shapelens.rules.keras.ops import creation, elementwise, indexing, products, reductions, shaping

__all__ = ["creation", "elementwise", "indexing", "products", "reductions", "shaping"]
