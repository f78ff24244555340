"""Every module of torch.nn has a rule: counted in another way than docs/coverage.md does, by what they are."""

from __future__ import annotations

import torch

from tests.rules.coverage import RULE
from tests.rules.torch.callables import entries
from tests.rules.torch.harness import real_function


def test_every_module_has_a_rule() -> None:
    for entry in entries():
        value = real_function(entry.path)
        if entry.family == "torch.nn" and isinstance(value, type) and issubclass(value, torch.nn.Module):
            assert entry.kind == RULE or entry.name == "Container", entry.path
