"""Fixes: edits are proposed from a problem's clue, and only those are offered with which nothing is wrong any more."""

from __future__ import annotations

from shapelens.analysis.mending.search import fixes

__all__ = ["fixes"]
