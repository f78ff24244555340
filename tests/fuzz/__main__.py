"""Fuzzers by command, for as long as one likes.

python -m tests.fuzz SEED… | FIRST..LAST                       single texts: analysis never raises
python -m tests.fuzz incremental [--edits N] [--seed N] …      a session after edits against a new one
python -m tests.fuzz editing [--edits N] [--seed N] …          a server over stdio while somebody types
python -m tests.fuzz workspaces [--actions N] [--seed N] …     the same with folders, a notebook, and files on disk
python -m tests.fuzz grammar [--minutes M] [--seed N] …        random programs against their real runs
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from shapelens.analysis.session import Session
from tests.fuzz import editing, incremental, workspaces
from tests.fuzz.grammar import command
from tests.fuzz.mutations import ROOT, mutated

SLOW = 2.0
"""Seconds after which an answer is worth a line."""


def main(arguments: list[str]) -> int:
    """Run one fuzzer; the exit status says whether it found anything."""
    os.environ.setdefault("SHAPELENS_STRICT", "1")
    if arguments[:1] == ["incremental"]:
        return _incremental(arguments[1:])
    if arguments[:1] == ["editing"]:
        return _editing(arguments[1:])
    if arguments[:1] == ["workspaces"]:
        return _workspaces(arguments[1:])
    if arguments[:1] == ["grammar"]:
        return command.main(arguments[1:])
    return _single([seed for text in arguments for seed in _seeds(text)])


def _single(seeds: list[int]) -> int:
    """Print one traceback's end for each place that fails, with the seeds that lead there."""
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
    return bool(failures)


def _seeds(text: str) -> range:
    first, _, last = text.partition("..")
    return range(int(first), int(last or first) + 1)


def _incremental(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz incremental", description=incremental.__doc__)
    parser.add_argument("--edits", type=int, default=1000, help="edits in all")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; each opens one program")
    parser.add_argument("--one", action="store_true", help="only that seed")
    parser.add_argument("--length", type=int, default=20, help="edits of one program")
    parser.add_argument("--large", action="store_true", help="files of torchvision, Keras and NumPy")
    parser.add_argument("--saved", action="store_true", help="compare only what is said once the file is saved")
    parser.add_argument("--shallow", action="store_true", help="do not compare what only hovers and lenses say")
    parser.add_argument("--shrink", type=float, default=60, help="seconds for shrinking a failure; 0: print no steps")
    parser.add_argument("--failures", type=int, default=5, help="stop after so many")
    asked = parser.parse_args(arguments)
    options = incremental.Options(asked.length, asked.large, "saved" if asked.saved else "typed", not asked.shallow)
    edits, seed, parts, failed = 0, asked.seed, Counter[str](), 0
    started = time.process_time()
    while edits < asked.edits and failed < asked.failures:
        try:
            done, subject, steps, differences = incremental.run(seed, options)
        except AssertionError as error:
            frames = traceback.extract_tb((error.__cause__ or error).__traceback__)[-2:]
            print(
                f"=== {error}: {error.__cause__!r}",
                *(f"    {f.filename}:{f.lineno} {f.name}" for f in frames),
                sep="\n",
            )
            done, differences, failed = options.edits, [], failed + 1
        edits += done
        if differences:
            failed += 1
            parts.update({line.partition(":")[0] for line in differences})
            print(
                f"=== seed {seed}: {subject.files[0].parent.name}/{steps[-1].file.name}, step {len(steps)}", flush=True
            )
            if asked.shrink:
                steps = incremental.shrunk(subject, steps, options.deep, asked.shrink)
                differences = incremental.failure(subject, steps, options.deep) or differences
                print("\n".join(incremental.told(subject, steps, differences)), flush=True)
            else:
                print("\n".join(differences[:12]), flush=True)
        if asked.one:
            break
        seed += 1
    took = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{edits} edits, seeds {asked.seed}..{seed - 1}, {failed} failures ({dict(parts)}), {took:.0f} s, {memory} MB at most"
    )
    return bool(failed)


def _editing(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz editing", description=editing.__doc__)
    parser.add_argument("--edits", type=int, default=1000, help="edits in all")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; each starts a server")
    parser.add_argument("--length", type=int, default=250, help="edits of one server")
    parser.add_argument("--large", action="store_true", help="files of torchvision, Keras and NumPy")
    parser.add_argument("--often", type=int, default=25, help="compare after so many edits")
    parser.add_argument("--shrink", type=int, default=60, help="attempts to shrink a failure")
    parser.add_argument("--failures", type=int, default=5, help="stop after so many")
    asked = parser.parse_args(arguments)
    total, seed, failed = editing.Report(), asked.seed, 0
    while total.edits < asked.edits and failed < asked.failures:
        report = editing.Report()
        try:
            editing.run(seed, min(asked.length, asked.edits), asked.large, asked.often, report)
            print(f"seed {seed}: {report}", flush=True)
        except editing.Failure as failure:
            failed += 1
            print(f"=== seed {seed}: {failure.subject.root.name} in {failure.encoding}: {failure}", flush=True)
            if asked.shrink:
                actions, how = editing.shrunk(failure, asked.shrink)
                for action in actions:
                    print(f"--- {action.kind} {action.file.name}\n{action.text!r}")
                print(how, flush=True)
        total.edits += report.edits or asked.length
        total.requests += report.requests
        total.comparisons += report.comparisons
        seed += 1
    print(f"{total.edits} edits, {total.requests} requests, {total.comparisons} comparisons, {failed} failures")
    return bool(failed)


def _workspaces(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz workspaces", description=workspaces.__doc__)
    parser.add_argument("--actions", type=int, default=1000, help="in all")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; each starts a server")
    parser.add_argument("--length", type=int, default=200, help="what is done with one server")
    parser.add_argument("--often", type=int, default=20, help="compare after so many")
    parser.add_argument("--failures", type=int, default=5, help="stop after so many")
    asked = parser.parse_args(arguments)
    done, seed, compared, failed = 0, asked.seed, 0, 0
    while done < asked.actions and failed < asked.failures:
        with tempfile.TemporaryDirectory() as folder:
            try:
                compared += workspaces.run(seed, asked.length, Path(folder).resolve(), asked.often)
            except workspaces.Failure as failure:
                failed += 1
                print(f"=== seed {seed}: {failure}", flush=True)
        done, seed = done + asked.length, seed + 1
    print(f"{done} actions, {compared} comparisons, {failed} failures")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
