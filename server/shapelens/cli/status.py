"""Exit statuses, and the error that ends a command with one line."""

from __future__ import annotations

import os

CLEAN, FINDINGS, FAILED = 0, 1, 2


class UsageError(Exception):
    """What was asked for cannot be done; the message is one line, for a person."""


def is_debugging() -> bool:
    """Whether an error of ours is to be shown with its traceback."""
    return bool(os.environ.get("SHAPELENS_DEBUG"))


def internal_error(error: Exception) -> str:
    """An error of ours, in one line."""
    text = " ".join(str(error).split())[:300]
    return f"internal error: {type(error).__name__}: {text} (SHAPELENS_DEBUG=1 shows where)"
