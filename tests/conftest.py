"""The same examples in every run, so that a red test means a change; `python -m tests.fuzz` looks for new ones."""

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.load_profile("same")
