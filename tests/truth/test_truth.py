"""The thresholds: 95 % of the points of each model exact, nothing wrong, no alarm."""

from __future__ import annotations

import importlib.util

import pytest

from tests.truth.comparer import compare
from tests.truth.models import HERE, Model, comparison, models

LEAST_EXACT = 0.95


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")
@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_model(model: Model) -> None:
    found = comparison(model)
    wrong = [(row["file"], row["line"], row["name"], values) for v, row, values in found.verdicts if v == "wrong"]
    assert not wrong
    assert not found.alarms
    assert found.exact >= LEAST_EXACT, dict(found.counts)


IN_CI = ("VGG16", "Xception", "MobileNetV3Small", "NASNetMobile")
"""`python -m tests.truth --keras` takes all of the list."""


@pytest.mark.parametrize("model", [m for m in models(HERE / "keras.tsv") if m.name in IN_CI], ids=lambda m: m.name)
def test_keras_model(model: Model) -> None:
    found = comparison(model)
    wrong = [(row["file"], row["line"], row["name"], values) for v, row, values in found.verdicts if v == "wrong"]
    assert not wrong
    assert not found.alarms
    assert found.exact >= LEAST_EXACT, dict(found.counts)


def _row(values: list[object], line: int = 1) -> dict[str, object]:
    return {"file": "m.py", "line": line, "name": "x", "kind": "assign", "values": values}


@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [
        ([[[2, 3], "float32"]], "exact"),
        ([[["B", 3], "float32"]], "partial"),
        ([[["...", 3], "float32"]], "partial"),
        ([[["...", 4], "float32"]], "wrong"),
        ([[[2, 3], "float32"], [[2, 4], "float32"]], "wrong"),
        ([[[2, 3, 1], "float32"]], "wrong"),
        ([[None, None]], "missing"),
        ([], "missing"),
    ],
)
def test_verdict(claimed: list[object], verdict: str) -> None:
    found = compare([_row([[[2, 3], "float32"]])], {"hints": [_row(claimed)], "diagnostics": []})
    assert [v for v, _, _ in found.verdicts] == [verdict]
