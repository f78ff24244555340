"""A sample of the recorded mutants: what torch raised on is found, and where it ran nothing is said."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutation.__main__ import described
from tests.mutation.mutants import mutants
from tests.mutation.ourside import Judged, judge, new_session
from tests.mutation.recorded import read
from tests.mutation.subjects import Subject, subjects

EACH = 4
"""One of so many recorded mutants is tried: `python -m tests.mutation --recorded` tries all."""
LEAST_FOUND = 0.95


def _sample() -> list[Judged]:
    words, judged = read(), []
    for subject in subjects():
        text = subject.path.read_text(encoding="utf-8")
        session = new_session()
        for mutant, said in words.get(subject.name, [])[::EACH]:
            # Another version of an installed package has other lines; the programs of this project have not.
            if mutant.applied(text) is not None or not subject.module:
                judged.append(judge(subject, mutant, said, session))
    return judged


def test_sample() -> None:
    judged = _sample()
    counts = Counter(one.verdict for one in judged)
    alarms = [described(one) for one in judged if one.verdict == "alarm"]
    assert not alarms, "\n".join(alarms)
    raised = counts["found"] + counts["elsewhere"] + counts["missed"]
    assert raised >= 60
    lost = "\n".join(described(one) for one in judged if one.verdict in ("elsewhere", "missed"))
    assert counts["found"] >= LEAST_FOUND * raised, lost


@pytest.mark.parametrize("subject", [s for s in subjects() if not s.module], ids=lambda s: s.name)
def test_unchanged_programs_are_quiet(subject: Subject) -> None:
    from tests.mutation.ourside import errors

    assert not errors(subject, subject.path.read_text(encoding="utf-8"), new_session())


def test_changes() -> None:
    text = "import torch\nfrom torch import nn\nlayer = nn.Linear(4, 8)\nx = torch.zeros(3).view(1, n)\nif x.size(0) == 1: pass\n"
    made = {(m.line, m.old, m.new, m.kind) for m in mutants(text, range(1, 6))}
    assert (3, "4", "5", "layer +1") in made
    assert (3, "4, 8", "8, 4", "layer swap") in made
    assert (4, "1", "0", "reshape -1") in made
    assert (4, "n", "(n) * 2", "reshape variable x2") in made
    assert (4, "3", "1", "tensor halved") in made
    assert not [m for m in made if m[0] == 5]
    assert mutants(text, [1, 2]) == []
    for mutant in mutants(text, range(1, 6)):
        changed = mutant.applied(text)
        assert changed is not None
        assert changed != text
