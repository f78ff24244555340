"""`python -m tests.docs_examples [--record] [--show] [NAME…]`: alarms and wrong shapes on the docstrings' examples.

`--record` runs every example with the installed libraries first (a few minutes) and writes `recorded.json`.
`--show` lists the assignments without a shape though the run gave one, by what was called, the most frequent first.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from shapelens.analysis.session import Session
from tests.docs_examples.checking import RECORDED, Recorded, comparison, recorded, stamp
from tests.docs_examples.extract import PRELUDE, examples
from tests.truth.comparer import CLASSES


def main() -> int:
    """Print the figures; 1 if there is an alarm or a wrong shape."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs_examples", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="documented objects, such as torch.nn.Conv2d")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    if options.record:
        record()
    return report([one for one in recorded() if not options.names or one.name in options.names], options.show)


def record() -> None:
    """Run the examples and keep what ran."""
    found = examples()
    command = [sys.executable, "-m", "tests.docs_examples.recorder"]
    programs = json.dumps([[PRELUDE, example.statements] for example in found])
    run = subprocess.run(command, input=programs, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    run.check_returncode()
    lines = []
    for example, result in zip(found, json.loads(run.stdout)):
        if result is not None and result["kept"]:
            entry = {"stamp": stamp(example), "kept": result["kept"], "rows": result["rows"]}
            lines.append(f"{json.dumps(example.name)}: {json.dumps(entry, separators=(',', ':'))}")
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    statements = sum(len(example.statements) for example in found)
    print(f"{len(found)} docstrings with {statements} statements, {len(lines)} programs that run")


def report(programs: list[Recorded], show: bool) -> int:
    """Compare each program and print what is wrong, then the sums."""
    session = Session((), sys.executable)
    counts: Counter[str] = Counter()
    without: dict[str, list[str]] = defaultdict(list)
    dtypes = alarms = 0
    for one in programs:
        lines = one.text.splitlines()
        found = comparison(one, session)
        counts += found.counts
        dtypes += found.dtypes
        alarms += len(found.alarms)
        for alarm in found.alarms:
            print(f"alarm {one.name}: {lines[alarm['line'] - 1].strip()}\n    [{alarm['code']}] {alarm['message']}")
        for verdict, row, claimed in found.verdicts:
            line = lines[row["line"] - 1].strip()
            if verdict == "wrong":
                print(f"wrong {one.name}: {line}\n    {row['name']} is {row['values']}, claimed {claimed}")
            elif verdict == "missing":
                without[_called(line)].append(f"{one.name}: {line}")
    if show:
        for called, places in sorted(without.items(), key=lambda item: -len(item[1])):
            print(len(places), called, *(f"    {place}" for place in places[:5]), sep="\n")
    points = ", ".join(f"{counts[name]} {name}" for name in CLASSES)
    print(f"{len(programs)} programs, {alarms} alarms; {counts.total()} points: {points}; {dtypes} dtypes exact")
    return 1 if alarms or counts["wrong"] else 0


def _called(line: str) -> str:
    """What an assignment calls: `torch.roll`, `.view` of a value, else the kind of the expression."""
    try:
        value = getattr(ast.parse(line).body[0], "value", None)
    except SyntaxError:
        return "more than a line"
    if not isinstance(value, ast.Call):
        return type(value).__name__
    called = ast.unparse(value.func)
    if isinstance(value.func, ast.Attribute) and called.partition(".")[0] not in ("torch", "F", "nn", "einops"):
        return f".{value.func.attr}"
    return called


if __name__ == "__main__":
    sys.exit(main())
