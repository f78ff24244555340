"""Runs programs from a process that holds nothing but the server: what runs the tests holds gigabytes of frameworks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict

import shapelens.rules.keras
import shapelens.rules.tensorflow  # noqa: F401  forked from here
from tests.hurt.programs import PROGRAMS
from tests.hurt.running import Outcome, run


class Runner:
    """A process that runs programs, one after the other."""

    def __enter__(self) -> Runner:
        command = [sys.executable, "-m", "tests.hurt.apart"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.communicate()

    def run(self, steps: Sequence[str], name: str = "", text: str = "") -> Outcome:
        """What becomes of a program of the table, or of a text."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([name, text, steps]), file=self._process.stdin, flush=True)
        return Outcome(**json.loads(self._process.stdout.readline()))


def _main() -> None:
    for line in sys.stdin:
        name, text, steps = json.loads(line)
        print(json.dumps(asdict(run(PROGRAMS[name]() if name else text, steps=steps))), flush=True)


if __name__ == "__main__":
    _main()
