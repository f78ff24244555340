"""`python -m tests.hurt [WORD…]`: what the programs whose names hold a word take; those over their budget are marked."""

from __future__ import annotations

import sys

import shapelens.rules.keras
import shapelens.rules.tensorflow  # noqa: F401  forked from here
from tests.hurt.programs import PROGRAMS
from tests.hurt.running import SECONDS, Outcome, run
from tests.hurt.served import SERVED, served


def main() -> None:
    """Print a line for each program, the worst last."""
    words = sys.argv[1:]
    names = [name for name in (*PROGRAMS, *SERVED) if not words or any(word in name for word in words)]
    done: list[tuple[str, Outcome]] = []
    for name in names:
        outcome = run(PROGRAMS[name]()) if name in PROGRAMS else served(name)
        done.append((name, outcome))
        _print(name, outcome)
    over = [(name, outcome) for name, outcome in done if outcome.is_over]
    print(f"\n{len(done)} programs, {len(over)} over their budget")
    for name, outcome in sorted(over, key=lambda each: each[1].worst):
        _print(name, outcome)
    if done:
        print(
            f"slowest {max(outcome.worst for _, outcome in done):.2f} s, "
            f"largest {max(outcome.megabytes for _, outcome in done):.0f} MB, "
            f"together {sum(sum(outcome.steps.values()) for _, outcome in done):.0f} s"
        )


def _print(name: str, outcome: Outcome) -> None:
    steps = " ".join(f"{step} {seconds:.2f}" for step, seconds in outcome.steps.items())
    mark = "!" if outcome.is_over else " "
    left = f" unfinished {outcome.unfinished}" if outcome.unfinished else ""
    slow = f" at a slowness of {outcome.slowness:.2f}" if outcome.worst > SECONDS else ""
    print(f"{mark} {name:40} {steps}  {outcome.megabytes:.0f} MB{left}{slow} {outcome.wrong}", flush=True)


main()
