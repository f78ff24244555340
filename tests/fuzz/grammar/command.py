"""`python -m tests.fuzz grammar [--minutes M] [--seed N] [--count K] [--grammar torch|numpy|keras] [--show]`.

Programs from seed N on are run by the framework and judged, until the time is up; what disagrees is shrunk and printed.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fuzz.grammar.judging import Disagreement, Judged, Worker, judge, nudged
from tests.fuzz.grammar.shrinking import shrunk

GRAMMARS = ("torch", "numpy", "keras")


@dataclass(frozen=True)
class Case:
    """A program with its verdict."""

    seed: int
    changed: bool
    text: str
    judged: Judged
    truth: dict[str, Any]


def cases(worker: Worker, seed: int) -> Iterator[Case]:
    """The program of a seed, and, for about half of those that run, one with a number nudged."""
    answer = worker.ask(seed=seed)
    if "text" not in answer:
        return
    text = answer["text"]
    truth = worker.ask(text=text)
    if "rows" not in truth:
        return
    yield Case(seed, False, text, judge(text, truth), truth)
    rng = random.Random(seed)
    if truth["raised"] is None and rng.random() < 0.55:
        changed = nudged(text, rng, range(1, text.count("\n") + 1))
        if changed is not None:
            truth = worker.ask(text=changed)
            if "rows" in truth:
                yield Case(seed, True, changed, judge(changed, truth), truth)


def small(worker: Worker, case: Case, what: Disagreement, most: int = 400) -> tuple[str, Disagreement]:
    """A small program with the same disagreement, and how it stands there."""
    last = [what]

    def shows(text: str) -> bool:
        truth = worker.ask(text=text)
        if "rows" not in truth or _kind(truth) != _kind(case.truth):
            return False
        for one in judge(text, truth).disagreements:
            if what.like(one):
                last[0] = one
                return True
        return False

    text = shrunk(case.text, shows, most)
    shows(text)
    return text, last[0]


def _kind(truth: dict[str, Any]) -> str:
    """The class of what a program raises; "" for nothing."""
    return str(truth["raised"]["error"]).partition(":")[0] if truth["raised"] else ""


def main(arguments: Sequence[str]) -> int:
    """Print each disagreement as a small program, then the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz grammar", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10**9, help="at most so many seeds")
    parser.add_argument("--grammar", choices=GRAMMARS, default="torch")
    parser.add_argument("--show", action="store_true", help="print the programs themselves")
    parser.add_argument("--missed", action="store_true", help="print what was not known and what was not found")
    parser.add_argument("--most", type=int, default=400, help="trials for shrinking one program")
    options = parser.parse_args(arguments)
    os.environ["SHAPELENS_STRICT"] = "1"
    worker = Worker(options.grammar)
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    until = time.monotonic() + 60 * options.minutes
    seed = options.seed
    while time.monotonic() < until and seed < options.seed + options.count:
        for case in cases(worker, seed):
            counts["programs"] += 1
            counts["lines"] += case.text.count("\n")
            counts.update(case.judged.counts)
            if options.show:
                print(f"# ---- seed {seed}{' nudged' if case.changed else ''}: {case.truth['raised']}\n{case.text}")
            if options.missed:
                _print_missed(case)
            for what in case.judged.disagreements[:1]:
                counts["disagreements"] += 1
                key = f"{what.kind} {what.about.partition('|')[0]}"
                seen[key] += 1
                if seen[key] > 4:
                    continue
                text, now = small(worker, case, what, options.most)
                print(f"# ======== seed {seed}{' nudged' if case.changed else ''}: {now}\n{text}", flush=True)
        seed += 1
    worker.close()
    print(f"seeds {options.seed}..{seed - 1}: {figures(counts)}")
    return 1 if counts["disagreements"] else 0


def figures(counts: Counter[str]) -> str:
    """The figures in a line."""
    return (
        f"{counts['programs']} programs of {counts['lines']} lines, {counts['disagreements']} disagree; known are "
        f"{_share(counts['known'], counts['variables'])} of {counts['variables']} variables "
        f"(with dtype {_share(counts['typed'], counts['variables'])}), found "
        f"{_share(counts['found'], counts['raising'])} of {counts['raising']} raising programs"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _print_missed(case: Case) -> None:
    lines = case.text.split("\n")
    for line, text in case.judged.unknown:
        print(f"unknown {case.seed}:{line}: {lines[line - 1].strip()}   # {text}")
    if case.judged.missed:
        first = case.truth["raised"]["line"][0]
        print(f"missed {case.seed}:{first}: {lines[first - 1].strip()}   # {case.judged.missed}")
