"""Exit statuses, and the error that ends a command with one line."""

CLEAN, FINDINGS, FAILED = 0, 1, 2


class UsageError(Exception):
    """What was asked for cannot be done; the message is one line, for a person."""
