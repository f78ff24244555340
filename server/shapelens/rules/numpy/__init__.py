"""Rules of NumPy: how arrays are made, joined, reshaped, reduced and computed with, as training code does it."""

from shapelens.rules.numpy import arithmetic, creation, joining, random, ranges, reductions, reshaping

__all__ = ["arithmetic", "creation", "joining", "random", "ranges", "reductions", "reshaping"]
