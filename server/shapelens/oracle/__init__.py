"""Asks the user's own torch, in a process of its own, where there is no rule. See docs/oracle.md."""
