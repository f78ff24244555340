"""Every rule of keras.ops, held against Keras on tensors and on symbolic inputs."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.rules.keras.harness import check
from tests.rules.keras.ops_samples import SAMPLES

import shapelens.rules.keras  # noqa: F401  registers the rules
from shapelens.rules.registry import rules

PHASES = (Phase.generate, Phase.shrink)
PATHS = sorted(p for p in rules if p.startswith("keras.ops."))


def test_every_rule_has_a_sample():
    assert [p for p in PATHS if not SAMPLES.get(p)] == []
    assert [p for p in SAMPLES if p.startswith("keras.ops.") and p not in rules] == []


@pytest.mark.parametrize("path", PATHS)
def test_ops(path: str):
    @settings(max_examples=8, phases=PHASES)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(SAMPLES[path]))(data.draw)
        check(path, *call.args, allow_unknown=call.loose, may_miss=call.loose, **call.kwargs)

    run()
