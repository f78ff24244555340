"""`shapelens summary`: the layers of a model as a table, without running it."""

from __future__ import annotations

import argparse
from pathlib import Path

from shapelens.cli.files import project_roots
from shapelens.cli.output import complain, say, say_data, shown_path
from shapelens.cli.status import CLEAN, FINDINGS, UsageError
from shapelens.report.jsonface import diagnostics
from shapelens.report.problems import problem_lines, reported
from shapelens.report.summary import as_data, table


def run_summary(options: argparse.Namespace) -> int:
    """Print the table of a model; 1 where the model fails, with the problem."""
    from shapelens.cli.sessions import Asking, session_for, source_errors

    target, entry = _split(options.target)
    if options.depth < 0:
        raise UsageError(f"--depth must be 0 or more, not {options.depth}")
    path = Path(target)
    is_file = target.endswith(".py") or path.exists()
    with source_errors():
        from shapelens.analysis.session import InputSpec

        try:
            inputs = [InputSpec.parse(spec) for spec in options.inputs]
            session = session_for(project_roots([path.absolute()]) if is_file else [Path.cwd()], options.python)
            file = str(path.absolute()) if is_file else target
            with Asking(session, options.oracle) as asking:
                result = asking.run(lambda: session.summarise(file, entry, inputs))
        except ValueError as error:
            raise UsageError(str(error)) from None
    summary = result.summary
    problems = [problem for analysis in result.analyses for problem in reported(analysis)]
    failed = bool(result.error) or any(problem.severity == "error" for problem in problems)
    names = result.names
    if options.format == "json":
        data = None if summary is None else as_data(summary, names)
        say_data({"summary": data, "diagnostics": diagnostics(problems), "error": result.error}, 1)
    else:
        for line in table(summary, names, options.depth) if summary is not None else ():
            say(line)
        for analysis in result.analyses:
            for problem in reported(analysis):
                for line in problem_lines(problem, analysis.text, shown_path):
                    say(line)
    if result.error:
        complain(f"{entry} fails: {result.error}")
    return FINDINGS if failed else CLEAN


def _split(target: str) -> tuple[str, str]:
    """`model.py::Net(10)` as the file or module, and the expression in it."""
    place, mark, entry = target.partition("::")
    if not mark or not place or not entry.strip():
        raise UsageError(f"name the model as FILE::Model or MODULE::Model, such as net.py::Net, not {target!r}")
    return place, entry.strip()
