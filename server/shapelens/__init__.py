"""Shapelens: the shape of every tensor in the editor, and what cannot fit, without running the code."""

__version__ = "0.1.0"
