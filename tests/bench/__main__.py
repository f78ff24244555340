"""`python -m tests.bench`: how long a person waits. A benchmark, never a test: figures depend on the machine and its load.

A language server is driven over stdio as an editor does it: files are opened, edits of several kinds follow one another at
typing pace, and after each one hints and diagnostics are asked for (or waited for, where the server is to tell them).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import cold, growth, peer
from tests.bench.editor import Editor
from tests.bench.edits import kinds_of
from tests.bench.files import Case, workspace
from tests.bench.own import COMMAND, environment

PARTS = ("parse", "module", "contexts", "render")


@dataclass
class Measured:
    """Milliseconds from an edit to the answer, for each edit; `parts` are those of the analysis, as the server says."""

    hints: list[float] = field(default_factory=list)
    pulled: list[float] = field(default_factory=list)
    pushed: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)

    def add(self, other: Measured) -> None:
        """Take over the figures of another one."""
        for name in ("hints", "pulled", "pushed", "processor"):
            getattr(self, name).extend(getattr(other, name))
        for part, values in other.parts.items():
            self.parts.setdefault(part, []).extend(values)


@dataclass(frozen=True)
class Pace:
    """How many edits of each kind there are, and the seconds between two of them."""

    rounds: int
    pause: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print all figures."""
    options = _options(arguments)
    pace = Pace(options.rounds or (1 if options.quick else 8), 0.06 if options.quick else options.pause)
    found: dict[str, Any] = {"load_before": os.getloadavg()}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        if options.growth:
            found["growth"] = growth.measured(options.quick, options.only)
        else:
            cases = [c for c in workspace(root, options.quick) if options.only.lower() in c.name.lower()]
            cold.compiled(root, environment(root))
            files = {case.name: _file(case, COMMAND, environment(root), root, pace, True) for case in cases}
            found["files"] = {name: _summary(kinds) for name, kinds in files.items()}
            if options.peer:
                command = peer.prepared(root)
                others = {case.name: _file(case, command, os.environ, root, pace, False) for case in cases}
                found["peer"] = {name: _summary(kinds) for name, kinds in others.items()}
            if not options.only:
                found["cold"] = cold.measured(root, environment(root), options.quick)
    found["load_after"] = os.getloadavg()
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        _print(found, options.kinds)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small files and few edits: whether it works at all")
    parser.add_argument("--peer", action="store_true", help="drive pyrefly's server over the same edits too")
    parser.add_argument(
        "--growth", action="store_true", help="how the cost grows with length, calls, depth and imports"
    )
    parser.add_argument("--kinds", action="store_true", help="print each kind of edit by itself")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="only files (or ways to grow) with the word in their name"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="edits of each kind (8)")
    parser.add_argument("--pause", type=float, default=0.1, metavar="S", help="seconds between two edits (0.1)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


# -- typing ----------------------------------------------------------------------------------------------------------


def _file(
    case: Case, command: Sequence[str], env: Mapping[str, str], root: Path, pace: Pace, is_ours: bool
) -> dict[str, Measured]:
    """The figures of each kind of edit of one file: of an editor that pulls diagnostics, then of one that is told."""
    found: dict[str, Measured] = {}
    for pulls in (True, False) if is_ours else (False,):
        with Editor(command, env, root, pulls) as editor:
            for path in dict.fromkeys((case.shown, case.edited)):
                editor.open(path)
                editor.hints(path)
            text = case.edited.read_text("utf-8")
            for kind, texts in kinds_of(text, pace.rounds).items():
                measured = found.setdefault(kind, Measured())
                for changed in texts:
                    _type(editor, case, changed, pulls, measured)
                    time.sleep(pace.pause)
                editor.change(case.edited, text)
                editor.hints(case.shown)
                time.sleep(pace.pause)
            found.setdefault("memory", Measured()).processor[:] = editor.memory()
    return found


def _type(editor: Editor, case: Case, text: str, pulls: bool, measured: Measured) -> None:
    """One edit, and the wait for what it shows."""
    editor.split = {}
    before = editor.processor_seconds()
    started = editor.change(case.edited, text)
    asked = [editor.ask_hints(case.shown)]
    if pulls:
        asked.append(editor.ask_problems(case.shown))
        (hints, pulled), _ = editor.wait(asked)
        measured.pulled.append((pulled - started) * 1000)
    else:
        (hints,), pushed = editor.wait(asked, pushed=case.edited)
        measured.pushed.append((pushed - started) * 1000)
    measured.hints.append((hints - started) * 1000)
    measured.processor.append((editor.processor_seconds() - before) * 1000)
    if editor.split:
        for part in PARTS:
            measured.parts.setdefault(part, []).append(editor.split.get(part, 0.0))
        rest = (hints - started) * 1000 - sum(editor.split.values())
        measured.parts.setdefault("protocol", []).append(max(rest, 0.0))


# -- figures ---------------------------------------------------------------------------------------------------------


def _summary(kinds: Mapping[str, Measured]) -> dict[str, Any]:
    memory = kinds["memory"].processor
    whole = Measured()
    for kind, measured in kinds.items():
        if kind != "memory":
            whole.add(measured)
    by_kind = {kind: _figures(measured) for kind, measured in kinds.items() if kind != "memory"}
    return {"all": _figures(whole), "kinds": by_kind, "memory": memory}


def _figures(measured: Measured) -> dict[str, Any]:
    said = asdict(measured)
    parts = said.pop("parts")
    figures: dict[str, Any] = {name: _middle_and_high(values) for name, values in said.items() if values}
    figures["parts"] = {part: statistics.median(values) for part, values in parts.items()}
    return figures


def _middle_and_high(values: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def _print(found: Mapping[str, Any], by_kind: bool) -> None:
    print(
        "load",
        *(f"{load:.1f}" for load in found["load_before"]),
        "->",
        *(f"{load:.1f}" for load in found["load_after"]),
    )
    if "growth" in found:
        growth.show(found["growth"])
        return
    print("\nfrom an edit to what it shows, ms: median / 95th percentile; parts and processor time: median")
    _print_files(found["files"], by_kind, (*PARTS, "protocol"))
    if "peer" in found:
        print("\npyrefly, the same edits")
        _print_files(found["peer"], by_kind, ())
        print("\npyrefly's medians / ours (above 1: ours is faster)")
        for name, ours in found["files"].items():
            theirs = found["peer"][name]["all"]
            ratios = [
                f"{what} {theirs[what][0] / ours['all'][what][0]:6.1f}" for what in ("hints", "pushed", "processor")
            ]
            print(f"{name:34}", *ratios)
    if "cold" in found:
        cold.show(found["cold"])


def _print_files(files: Mapping[str, Any], by_kind: bool, parts: Sequence[str]) -> None:
    print(f"{'':34}{'hints':>14}{'pulled':>14}{'pushed':>14}{'cpu':>8}  ", *(f"{part:>8}" for part in parts))
    for name, said in files.items():
        _print_line(f"{name}  {said['memory'][1]:.0f} MB", said["all"], parts)
        for kind, figures in said["kinds"].items() if by_kind else ():
            _print_line(f"   {kind}", figures, parts)


def _print_line(name: str, figures: Mapping[str, Any], parts: Sequence[str]) -> None:
    def two(what: str) -> str:
        found = figures.get(what)
        return f"{found[0]:.1f} / {found[1]:.1f}" if found else "-"

    split = [f"{figures['parts'].get(part, 0.0):8.1f}" for part in parts]
    print(f"{name:34}{two('hints'):>14}{two('pulled'):>14}{two('pushed'):>14}{figures['processor'][0]:8.1f}  ", *split)


if __name__ == "__main__":
    sys.exit(main())
