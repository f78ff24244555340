"""Every fix that is offered for a failing program: does the program run with it, and is nothing said of it any more?

`python -m tests.cases.mending [--table] [FOLDER…]` prints each fix and the table, for the programs NAME_bad.py of the
folders (by default of this one) and those of small_failures.txt.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shapelens.analysis.facts import Edit, Problem
from shapelens.analysis.mending.sources import changed
from shapelens.analysis.session import Session
from shapelens.report.problems import reported

HERE = Path(__file__).parent
SECONDS = 30
"""A program may take this long."""


@dataclass(frozen=True)
class Program:
    """A failing program: its name, where it stands (its neighbours can be imported) and its text."""

    name: str
    path: Path
    text: str


@dataclass(frozen=True)
class Mended:
    """A fix that was offered, the text with it, and what is wrong with that: "" where it analyses and runs well."""

    program: Program
    problem: Problem
    fix: Edit
    text: str
    wrong: str = ""

    def __str__(self) -> str:
        return (
            f"{self.program.name}:{self.problem.span.line} [{self.problem.code}] {self.fix.title}: {self.wrong or 'ok'}"
        )


def programs(folder: Path = HERE) -> list[Program]:
    """The failing programs of a folder."""
    return [Program(path.stem, path, path.read_text("utf-8")) for path in sorted(folder.glob("*_bad.py"))]


def small_programs() -> list[Program]:
    """The programs of small_failures.txt, one a paragraph that starts with `# --- code`."""
    text = (HERE / "small_failures.txt").read_text("utf-8")
    found = re.split(r"^# --- (\S+)\n", text, flags=re.MULTILINE)[1:]
    count: Counter[str] = Counter()
    made = []
    for code, body in zip(found[::2], found[1::2]):
        count[code] += 1
        name = f"{code}-{count[code]}"
        made.append(Program(name, HERE / f"{name}.py", body))
    return made


def problems_of(program: Program, text: str | None = None, mend: bool = True) -> list[Problem]:
    """What is reported of a program (or of another text in its place), with the fixes."""
    session = Session((program.path.parent,), sys.executable)
    session.update(str(program.path), program.text if text is None else text)
    analysis = session.analyse(str(program.path))
    found: dict[Any, Problem] = {}
    for problem in reported(analysis):
        if problem.severity != "information":
            found.setdefault((problem.code, problem.span), problem)
    return [session.mended(analysis, p, seconds=20) if mend else p for p in found.values()]


def judged(all_programs: Iterable[Program]) -> tuple[dict[str, list[Problem]], list[Mended]]:
    """The problems of each program by its name, and each fix with what is wrong with it."""
    problems: dict[str, list[Problem]] = {}
    offered: list[Mended] = []
    for program in all_programs:
        problems[program.name] = problems_of(program)
        for problem in problems[program.name]:
            offered += [Mended(program, problem, fix, changed(program.text, fix)) for fix in problem.fixes]
    errors = run_all([(m.program, m.text) for m in offered], check=True)
    for i, mended in enumerate(offered):
        left = [str(p.message) for p in problems_of(mended.program, mended.text, mend=False)]
        said = [p.message for p in problems[mended.program.name]]
        new = [message for message in left if message not in said]
        wrong = errors[i] or (f"now says: {new[0]}" if new else "")
        offered[i] = replace(mended, wrong=wrong)
    return problems, offered


def run_all(texts: Sequence[tuple[Program, str]], check: bool = False) -> list[str]:
    """Run each text with the installed torch, in one process that forks for each; what it raises, "" for nothing.

    With `check`, annotations of jaxtyping are held against what comes.
    """
    jobs = [{"path": str(program.path), "text": text, "check": check} for program, text in texts]
    done = subprocess.run(
        [sys.executable, str(HERE / "running.py"), str(SECONDS)],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=SECONDS * (len(jobs) + 2),
        check=True,
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def table(problems: dict[str, list[Problem]], offered: Sequence[Mended]) -> list[str]:
    """Code, problems, those with a fix, fixes offered, fixes that work."""
    rows: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for found in problems.values():
        for problem in found:
            row = rows[problem.code]
            row[0] += 1
            row[1] += bool(problem.fixes)
    for mended in offered:
        rows[mended.problem.code][2] += 1
        rows[mended.problem.code][3] += not mended.wrong
    mended_programs = {m.program.name for m in offered if not m.wrong}
    lines = [f"{'code':<24} problems  with a fix  offered  work"]
    lines += [f"{code:<24} {a:8}  {b:10}  {c:7}  {d:4}" for code, (a, b, c, d) in sorted(rows.items())]
    total = [sum(row[i] for row in rows.values()) for i in range(4)]
    lines.append(f"{'all':<24} {total[0]:8}  {total[1]:10}  {total[2]:7}  {total[3]:4}")
    lines.append(f"{len(mended_programs)} of {len(problems)} programs run with a fix")
    return lines


def main() -> int:
    """Print each fix and the table."""
    folders = [Path(folder).absolute() for folder in sys.argv[1:] if not folder.startswith("-")]
    chosen = [p for folder in folders or [HERE] for p in programs(folder)] + ([] if folders else small_programs())
    problems, offered = judged(chosen)
    if "--table" not in sys.argv:
        print("\n".join(map(str, offered)))
    print("\n".join(table(problems, offered)))
    print("without a fix:", *sorted(set(problems) - {m.program.name for m in offered}))
    return 1 if any(m.wrong for m in offered) else 0


if __name__ == "__main__":
    sys.exit(main())
