"""`python -m tests.fuzz SEED…` or `python -m tests.fuzz FIRST..LAST`: run edits, and print each failure once.

`python -m tests.fuzz grammar …`: random programs (`tests.fuzz.grammar.command`).
"""

from __future__ import annotations

import os
import sys
import time
import traceback

from shapelens.analysis.session import Session
from tests.fuzz.mutations import ROOT, mutated

SLOW = 2.0
"""Seconds after which an answer is worth a line."""


def main() -> None:
    """Print one traceback's end for each place that fails, with the seeds that lead there."""
    os.environ.setdefault("SHAPELENS_STRICT", "1")
    seeds = [seed for text in sys.argv[1:] for seed in _seeds(text)]
    failures: dict[str, list[int]] = {}
    session = Session((ROOT,), sys.executable)
    for seed in seeds:
        path, text = mutated(seed)
        if len(seeds) == 1:
            print(text)
        started = time.perf_counter()
        session.update(str(path), text)
        try:
            session.analyse(str(path))
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__}: {error}"[:200] + f" at {frame.filename}:{frame.lineno}"
            failures.setdefault(where, []).append(seed)
            if len(seeds) == 1:
                raise
        session.update(str(path), None)
        took = time.perf_counter() - started
        if took > SLOW:
            print(f"seed {seed}: {took:.1f} s on an edit of {path.name}")
    for where, found in failures.items():
        print(f"{where}\n    seeds {found[:8]}")
    print(f"{len(seeds)} edits, {sum(map(len, failures.values()))} failures in {len(failures)} places")


def _seeds(text: str) -> range:
    first, _, last = text.partition("..")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["grammar"]:
        from tests.fuzz.grammar import command

        sys.exit(command.main(sys.argv[2:]))
    main()
