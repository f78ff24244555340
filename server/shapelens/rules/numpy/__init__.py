"""Rules of NumPy: so far only the ranges that models compute their configuration with."""

from shapelens.rules.numpy import ranges

__all__ = ["ranges"]
