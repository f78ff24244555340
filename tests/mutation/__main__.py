"""`python -m tests.mutation [--count N] [--seed S] [--only NAME] [--recorded] [--list]`: change numbers, ask both sides.

Each program gets mutants of its share; torch runs them in a process of its own. With `--recorded`, torch's words
are read from the recorded file instead; with `--record`, they are written there.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.ourside import Judged, judge, new_session
from tests.mutation.recorded import read, write
from tests.mutation.subjects import ROOT, Subject, subjects


def main() -> int:
    """Print what was missed, where there were alarms, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=700, help="mutants, over all programs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="programs with this in their name")
    parser.add_argument("--recorded", action="store_true", help="read torch's words, do not run it")
    parser.add_argument("--record", action="store_true", help="keep torch's words")
    args = parser.parse_args()
    chosen = [subject for subject in subjects() if args.only in subject.name]
    words: dict[str, list[tuple[Mutant, Any]]] = (
        read() if args.recorded else asked(chosen, args.count, random.Random(args.seed))
    )
    judged = [one for subject in chosen for one in _judged(subject, words.get(subject.name, []), not args.recorded)]
    if args.record:
        kept: dict[str, list[tuple[Mutant, Any]]] = {}
        for one in judged:
            kept.setdefault(one.subject.name, []).append((one.mutant, one.torch))
        write(kept)
    print(figures(judged))
    return 0


def _judged(subject: Subject, words: list[tuple[Mutant, Any]], doubt: bool) -> list[Judged]:
    """The verdicts on a program's mutants, those that are not good printed.

    Where there is `doubt`, the CPU is asked too before one counts against us: the meta device does not check all.
    """
    session = new_session()
    judged = [judge(subject, mutant, said, session) for mutant, said in words]
    bad = [one for one in judged if one.verdict not in ("found", "quiet")]
    if doubt and subject.module and bad:
        second = dict(zip([one.mutant for one in bad], on_cpu(subject, [one.mutant for one in bad]), strict=True))
        judged = [replace(one, torch=second.get(one.mutant, one.torch)) for one in judged]
        judged = [one for one in judged if one.torch != "late"]
    for one in judged:
        if one.verdict not in ("found", "quiet"):
            print(described(one), flush=True)
    return judged


def asked(chosen: list[Subject], count: int, luck: random.Random) -> dict[str, list[tuple[Mutant, Any]]]:
    """Mutants of each program with torch's words: one change of each number, and others where these are too few."""
    share = -(-count // len(chosen))
    words = {}
    for subject in chosen:
        text = subject.path.read_text(encoding="utf-8")
        lines = _torch(subject, None)
        places: dict[tuple[int, int], list[Mutant]] = {}
        for mutant in mutants(text, lines):
            places.setdefault((mutant.line, mutant.start), []).append(mutant)
        picked = luck.sample(sorted(places), min(share, len(places)))
        some = [luck.choice(places[place]) for place in picked]
        others = sorted(m for found in places.values() for m in found if m not in some)
        some += luck.sample(others, min(share - len(some), len(others)))
        said = _torch(subject, [[m.line, m.start, m.end, m.old, m.new, m.kind] for m in some])
        words[subject.name] = [(m, v) for m, v in zip(some, said, strict=True) if v != "late" and not _is_no_number(v)]
        print(
            f"{subject.name}: {len(some)} of {len(places)}, {sum(v is not None for v in said)} raise", file=sys.stderr
        )
    return words


def _is_no_number(said: Any) -> bool:
    """Whether what was changed turned out to be no number at all: a tensor, a list, a layer."""
    return said is not None and any(
        words in said["error"] for words in ("unsupported operand type", "can only concatenate", "must be str, not")
    )


def on_cpu(subject: Subject, some: list[Mutant]) -> list[Any]:
    """Torch's words on the CPU."""
    return list(_torch(subject, [[m.line, m.start, m.end, m.old, m.new, m.kind] for m in some], "--cpu"))


def _torch(subject: Subject, question: Any, *flags: str) -> Any:
    command = [sys.executable, "-W", "ignore", "-m", "tests.mutation.torchside", subject.name, *flags]
    answer = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, cwd=ROOT)
    if answer.returncode:
        raise RuntimeError(f"{subject.name}:\n{answer.stderr}")
    return json.loads(answer.stdout)


def described(judged: Judged) -> str:
    """Both sides' words on one mutant."""
    mutant = judged.mutant
    lines = [
        f"{judged.verdict.upper()} {judged.subject.name}:{mutant.line} [{mutant.kind}] {mutant.old} -> {mutant.new}"
    ]
    if judged.torch is not None:
        where = " > ".join(f"{Path(file).name}:{line}" for file, line, _ in judged.torch["frames"])
        lines.append(f"    {judged.torch['by']}: {judged.torch['error']} at {where}")
    lines += [f"    {Path(p.span.file).name}:{p.span.line}: {p.code}: {p.message}" for p in judged.problems[:3]]
    return "\n".join(lines)


def figures(judged: Iterable[Judged]) -> str:
    """How many were found, by program, by kind and by who raised."""
    counts: dict[str, Counter[str]] = {}
    for one in judged:
        group = one.subject.name if not one.subject.name.startswith("cases") else "cases"
        by = "nobody raised" if one.torch is None else f"raised by {one.torch['by']}"
        for key in (group, f"[{one.mutant.kind}]", by, "all"):
            counts.setdefault(key, Counter())[one.verdict] += 1
    rows = []
    for key, count in sorted(counts.items()):
        raised = count["found"] + count["missed"] + count["elsewhere"]
        share = f"{count['found'] / raised:.1%}" if raised else "-"
        rows.append(
            f"{key:45} {share:>7} of {raised:4}  elsewhere {count['elsewhere']:3} missed {count['missed']:3}   "
            f"quiet {count['quiet']:4} alarms {count['alarm']:3}"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
