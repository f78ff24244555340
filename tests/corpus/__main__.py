"""`python -m tests.corpus [--all] [PACKAGE…]`: what is reported in each package, and how much there was to check."""

from __future__ import annotations

import argparse
import resource

from tests.corpus.packages import OWN, check, known_defects, listed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--all", action="store_true", help="the packages of all.txt too")
    parser.add_argument("packages", nargs="*", help="only these")
    options = parser.parse_args()
    files = lines = alarms = 0
    seconds = 0.0
    for package in options.packages or [*OWN, *listed(), *(listed("all.txt") if options.all else ())]:
        found = check(package)
        known = set(known_defects(package))
        new = [message for place, message in found.problems if place not in known]
        print(
            f"{package:28} {found.files:5} files {found.lines:8,} lines {found.seconds:6.1f} s  {len(new)} alarms",
            flush=True,
        )
        for message in new:
            print(f"    {message}")
        files, lines, alarms, seconds = (
            files + found.files,
            lines + found.lines,
            alarms + len(new),
            seconds + found.seconds,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{files} files, {lines:,} lines, {alarms} alarms, {seconds:.0f} s of processor time, {peak} MB at most")
    return 1 if alarms else 0


if __name__ == "__main__":
    raise SystemExit(main())
