"""`shapelens check`: the problems of files and folders, as text or for other programs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from shapelens.analysis.facts import FileAnalysis, Problem
from shapelens.cli.files import project_roots, python_files
from shapelens.cli.output import Progress, complain, say, say_data, shown_path
from shapelens.cli.processes import in_order, processors
from shapelens.cli.sarif import sarif
from shapelens.cli.status import CLEAN, FAILED, FINDINGS, UsageError, internal_error, is_debugging
from shapelens.report.jsonface import diagnostics
from shapelens.report.lines import harmless
from shapelens.report.problems import problem_lines, reported


@dataclass
class Findings:
    """What a run of check has found so far."""

    problems: list[Problem] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    files: int = 0
    unreadable: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status: an input that could not be read outweighs findings."""
        if self.unreadable:
            return FAILED
        return FINDINGS if any(problem.severity != "information" for problem in self.problems) else CLEAN


def run_check(options: argparse.Namespace) -> int:
    """Check the paths and print what was found."""
    paths = [Path(path).absolute() for path in options.paths]
    findings = _findings(paths, options.python, options.oracle, fixes=options.format == "text")
    _PRINTERS[options.format](findings)
    for message in findings.unreadable:
        complain(message)
    return findings.status


@dataclass(frozen=True)
class _Checked:
    """What is known of one file: its problems and the text that they stand in, or why it could not be read."""

    path: str
    problems: tuple[Problem, ...] = ()
    text: str = ""
    unreadable: str = ""
    unfinished: int = 0


def _findings(paths: Sequence[Path], python: str | None, oracle: bool, fixes: bool) -> Findings:
    from shapelens.cli.sessions import Asking, mended, session_for, source_errors

    with source_errors():
        session = session_for(project_roots(paths), python)
    listed = dict.fromkeys(str(file) for given in paths for file in python_files(given))
    files = [file for file in listed if not session.configuration.excludes(file)]
    with Asking(session, oracle) as asking:

        def check(file: str) -> _Checked:
            return _checked(
                file,
                lambda: asking.run(lambda: session.analyse(file)),
                lambda analysis, problem: mended(session, analysis, problem) if fixes else problem,
                session.release,
            )

        # The oracle has threads, which a process of its own would not have.
        return _collected(files, in_order(check, files, 1 if oracle else processors()))


def _checked(
    path: str,
    analyse: Callable[[], FileAnalysis],
    mend: Callable[[FileAnalysis, Problem], Problem],
    release: Callable[[str], None],
) -> _Checked:
    from shapelens.cli.sessions import source_errors

    try:
        with source_errors():
            analysis = analyse()
    except UsageError as error:
        return _Checked(path, unreadable=str(error))
    except Exception as error:
        if is_debugging():
            raise
        return _Checked(path, unreadable=f"{shown_path(path)}: {internal_error(error)}")
    problems = tuple(replace(mend(analysis, problem), clue=None) for problem in reported(analysis))
    release(analysis.path)
    return _Checked(analysis.path, problems, analysis.text if problems else "", "", analysis.unfinished)


def _collected(files: Sequence[str], checked: Iterable[_Checked]) -> Findings:
    findings = Findings(files=len(files))
    seen: set[Problem] = set()
    with Progress(len(files)) as progress:
        for number, one in enumerate(checked, 1):
            progress.show(number, shown_path(one.path))
            if one.unreadable:
                findings.unreadable.append(one.unreadable)
            if one.unfinished:
                findings.unfinished.append(one.path)
            findings.texts[one.path] = one.text
            for problem in one.problems:
                if problem not in seen:
                    seen.add(problem)
                    findings.problems.append(problem)
    return findings


# -- formats ---------------------------------------------------------------------------------------------------------


def _print_text(findings: Findings) -> None:
    for problem in findings.problems:
        for line in problem_lines(problem, findings.texts.get(problem.span.file, ""), shown_path):
            say(line)
        say("")
    read = findings.files - len(findings.unreadable)
    files = f"{read} file{'' if read == 1 else 's'}"
    count = len(findings.problems)
    say(f"{count} problem{'' if count == 1 else 's'} in {files}" if count else f"No problems in {files}")
    if findings.unfinished:
        say(f"Too large to look at all of it: {', '.join(map(shown_path, findings.unfinished))}")


def _print_json(findings: Findings) -> None:
    say_data(diagnostics(findings.problems), 1)


def _print_github(findings: Findings) -> None:
    for problem in findings.problems:
        span = problem.span
        kind = {"error": "error", "warning": "warning"}.get(problem.severity, "notice")
        file = _property(shown_path(span.file))
        place = f"file={file},line={span.line},endLine={span.end_line},col={span.column + 1}"
        related = "".join(
            f"\n{shown_path(place.span.file)}:{place.span.line}: {place.message}" for place in problem.related
        )
        title = _property(f"Shapelens ({problem.code})")
        say(f"::{kind} {place},title={title}::{_data(problem.message + related)}", is_ours=True)


def _data(text: str) -> str:
    return "%0A".join(harmless(line) for line in text.replace("%", "%25").split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _print_sarif(findings: Findings) -> None:
    say_data(sarif(findings.problems), 1)


_PRINTERS: dict[str, Callable[[Findings], None]] = {
    "text": _print_text,
    "json": _print_json,
    "github": _print_github,
    "sarif": _print_sarif,
}
