"""Without the rules, the oracle says of whole programs what the rules say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Session
from shapelens.rules import registry
from shapelens.values.text import shape_text

CASES = Path(__file__).parents[2] / "cases"
FILES = sorted([*CASES.glob("*_ok.py"), *CASES.glob("legal_*.py")])
# Plain numbers come out of these, and of none that the oracle answers for.
KEPT = frozenset(f"torch.Tensor.{name}" for name in ("size", "dim", "numel", "item", "tolist")) | {"torch.tensor"}

Seen = dict[tuple[int, int, str, str], set[tuple[str, "str | None"]]]


def seen(analysis: FileAnalysis) -> Seen:
    return {
        (f.span.line, f.span.column, f.name, f.kind): {
            (shape_text(v.shape), v.dtype) for v in f.values if isinstance(v.shape, tuple)
        }
        for f in analysis.facts
    }


def _denies(
    one: tuple[str, str | None], values: set[tuple[str, str | None]], found: set[tuple[str, str | None]]
) -> bool:
    """Whether a shape of numbers alone is another one than the rules give. One with names may be of a wider guess."""
    shape, dtype = one
    if any(letter.isalpha() for letter in shape):
        return False
    if len(values) == 1 and next(iter(values)) in found:
        return False  # where less is known, a branch is run that the rules know is not taken
    return all(shape != other or dtype != known and None not in (dtype, known) for other, known in values)


def test_it_agrees_with_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    ruled = Session([], sys.executable)
    expected = [ruled.analyse(str(file)) for file in FILES]

    asking = Session([], sys.executable)
    oracle = asking.consult()
    assert oracle is not None
    oracle.may_ask("torch.roll")
    assert oracle.wait(60)
    for path in list(registry.rules):
        if oracle.may_ask(path) and path not in KEPT:
            monkeypatch.delitem(registry.rules, path)
    same = total = 0
    wrong: list[object] = []
    for file, rules in zip(FILES, expected):
        while True:
            known = oracle.generation
            analysis = asking.analyse(str(file))
            assert oracle.wait(120)
            if oracle.generation == known:
                break
        found, alarms = seen(analysis), {(p.span.line, p.code) for p in rules.problems}
        wrong += [(file.name, p.span.line, p.message) for p in analysis.problems if (p.span.line, p.code) not in alarms]
        for place, values in seen(rules).items():
            total += 1
            same += found.get(place) == values
            wrong += [
                (file.name, place, each, values)
                for each in found.get(place, set())
                if _denies(each, values, found[place])
            ]
    assert not oracle.problem
    oracle.close()
    assert not wrong
    assert same >= 0.85 * total, f"{same} of {total}"
