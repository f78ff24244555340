"""`shapelens hints`: one file with its shapes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from shapelens.analysis.facts import FileAnalysis
from shapelens.cli.files import project_roots
from shapelens.cli.output import complain, has_colour, say, say_data, shown_path
from shapelens.cli.status import CLEAN, UsageError
from shapelens.report.annotate import annotated
from shapelens.report.jsonface import diagnostics, rows
from shapelens.report.problems import problem_lines, reported


def run_hints(options: argparse.Namespace) -> int:
    """Print the hints of a file or module; 0 unless it cannot be read."""
    if options.entry is None and (options.inputs or options.keras):
        raise UsageError("--input and --keras need --entry")
    analyses = _analyses(options)
    if options.json:
        found = [problem for analysis in analyses for problem in reported(analysis)]
        say_data({"hints": rows(analyses), "diagnostics": diagnostics(found)})
        return CLEAN
    for number, analysis in enumerate(analyses):
        if len(analyses) > 1:
            if number:
                say("")
            say(f"# {shown_path(analysis.path)}")
        _print(analysis)
    return CLEAN


def _print(analysis: FileAnalysis) -> None:
    colour = has_colour()
    for line in annotated(analysis, colour):
        say(line, is_ours=colour)
    problems = reported(analysis)
    for problem in problems:
        say("")
        for line in problem_lines(problem, analysis.text, shown_path):
            say(line)
    if not problems and not any(not fact.obvious for fact in analysis.facts):
        complain(f"{shown_path(analysis.path)}: no tensors found")


def _analyses(options: argparse.Namespace) -> Sequence[FileAnalysis]:
    from shapelens.cli.sessions import Asking, entry_analyses, module_path, session_for, source_errors

    path = Path(options.target)
    is_file = options.target.endswith(".py") or path.exists()
    with source_errors():
        session = session_for(project_roots([path.absolute()]) if is_file else [Path.cwd()], options.python)
        with Asking(session, options.oracle) as asking:
            if options.entry is not None:
                target = str(path.absolute()) if is_file else options.target
                return asking.run(lambda: entry_analyses(session, target, options.entry, options.inputs, options.keras))
            file = str(path.absolute() if is_file else module_path(session, options.target))
            return [asking.run(lambda: session.analyse(file))]
