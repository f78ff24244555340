"""What a session says after edits is what a new one says of the same text: random editing, compared at each step.

Two strengths. `typed`: hints, problems and the rest are equal after every keystroke. `saved`: they are equal once the file
has been saved, which makes the session look at all of it again.
"""

from __future__ import annotations

import random
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shapelens.analysis import session as session_module
from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Cancelled, Session
from shapelens.interpreter.machine import Patience
from shapelens.report.hints import HintSettings, hints
from shapelens.report.hover import markdown
from shapelens.report.jsonface import diagnostics, rows
from shapelens.report.lenses import lenses
from shapelens.report.problems import reported
from shapelens.source import tree
from tests.fuzz.edits import EDITS, Text
from tests.fuzz.mutations import MUTATIONS, ROOT

PROJECTS = Path(__file__).parent / "projects"
PACKAGES = Path(sys.prefix) / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
_SMALL = (
    "examples/*.py",
    "tests/cases/*_ok.py",
    "tests/cases/*_bad.py",
    "tests/cases/legal_*.py",
    "tests/mutation/models/*.py",
)
_LARGE = (
    "torchvision/models/resnet.py", "torchvision/models/swin_transformer.py", "torchvision/models/densenet.py",
    "keras/src/applications/resnet.py", "keras/src/applications/mobilenet_v2.py", "numpy/linalg/_linalg.py",
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """Files that are open together in one folder."""

    root: Path
    files: tuple[Path, ...]


def subjects(large: bool) -> list[Subject]:
    """Each small program of ours alone, each project thrice; or files of installed packages."""
    if large:
        return [Subject(path.parents[1], (path,)) for path in map(PACKAGES.joinpath, _LARGE) if path.exists()]
    single = [Subject(path.parent, (path,)) for pattern in _SMALL for path in sorted(ROOT.glob(pattern))]
    return single + _projects() * max(len(single) // 8, 1)


def _projects() -> list[Subject]:
    return [
        Subject(folder, tuple(sorted(folder.glob("*.py")))) for folder in sorted(PROJECTS.iterdir()) if folder.is_dir()
    ]


@dataclass(frozen=True)
class Step:
    """One thing that an editor does, and the file that it then shows.

    `text`: the new text, None: unchanged. `kind`: "edit"; "save"; "close" (the disk counts again); "cancel" (an edit whose
    analysis is given up after some looks at whether it should be).
    """

    file: Path
    text: str | None
    kind: str = "edit"
    looks: int = 0


# -- what is seen --------------------------------------------------------------------------------------------------------


def view(analysis: FileAnalysis, deep: bool) -> dict[str, Any]:
    """All that a person can see of an analysis, as plain data; with `deep` what hovers and code lenses say as well."""
    settings = HintSettings(max_length=None)
    seen: dict[str, Any] = {
        "problems": diagnostics(reported(analysis)),
        "hints": [(hint.line, hint.column, hint.label) for hint in hints(analysis, settings)],
        "rows": rows([analysis]),
        "broken": (analysis.broken, analysis.lost),
        "unfinished": analysis.unfinished,
    }
    if deep:
        names = analysis.names
        seen["hovers"] = sorted((repr(e.span), markdown(e.values, e.about, "", names)) for e in analysis.expressions)
        seen["lenses"] = lenses(analysis)
        seen["gaps"] = sorted((repr(gap.span), gap.path) for gap in analysis.gaps)
        seen["contexts"] = [(c.name, c.span, [(s.span, s.text) for s in c.calls]) for c in analysis.contexts]
    return seen


def difference(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What one view has and the other has not, as lines for a person."""
    lines: list[str] = []
    for part in wanted:
        if found[part] == wanted[part]:
            continue
        if not isinstance(wanted[part], list):
            lines.append(f"{part}: {found[part]} but a new session says {wanted[part]}")
            continue
        lines += [f"{part}: only after edits: {_short(each)}" for each in found[part] if each not in wanted[part]]
        lines += [f"{part}: only of a new session: {_short(each)}" for each in wanted[part] if each not in found[part]]
        lines = lines or [f"{part}: in another order"]
    return lines


def _short(each: Any) -> str:
    if isinstance(each, dict):
        each = {key: value for key, value in each.items() if key not in ("file", "end_line", "end_column", "related")}
    return str(each)[:300]


# -- sessions ------------------------------------------------------------------------------------------------------------


class Pair:
    """A session that follows all edits, and new ones of the same texts that share no tree with it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.texts: dict[Path, str] = {}
        self._trees: OrderedDict[Any, Any] = OrderedDict()
        self._worn = Session((subject.root,), sys.executable)
        for file in subject.files:
            self.texts[file] = _on_disk(file)
            self._worn.update(str(file), self.texts[file])

    def take(self, step: Step) -> FileAnalysis | None:
        """What the session says after the step; None where its analysis was given up."""
        path = str(step.file)
        if step.kind == "save":
            self._worn.files_changed([path])
        if step.kind == "close":
            self.texts.pop(step.file, None)
            self._worn.update(path, None)
        elif step.text is not None:
            self.texts[step.file] = step.text
            self._worn.update(path, step.text)
        left = [step.looks]

        def given_up() -> bool:
            left[0] -= 1
            return left[0] < 0

        try:
            with _unhurried():
                return self._worn.analyse(path, given_up if step.kind == "cancel" else None)
        except Cancelled:
            return None

    def fresh(self, file: Path) -> FileAnalysis:
        """What a new session says."""
        with self._apart():
            session = Session((self.subject.root,), sys.executable)
            for path, text in self.texts.items():
                session.update(str(path), text)
            with _unhurried():
                return session.analyse(str(file))

    def fresh_view(self, file: Path, deep: bool) -> dict[str, Any]:
        """All that is seen of what a new session says."""
        with self._apart():
            return view(self.fresh(file), deep)

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Parsed text is remembered for all sessions of a process: here by those of this pair that are new."""
        usual = tree._remembered
        tree._remembered = self._trees
        try:
            yield
        finally:
            tree._remembered = usual


@contextmanager
def _unhurried() -> Iterator[None]:
    """No limit but that of fuel: where one of two analyses is ended by the clock, they say different things."""
    usual = session_module.THOROUGH
    session_module.THOROUGH = Patience(60.0, 60.0, 60.0, False)
    try:
        yield
    finally:
        session_module.THOROUGH = usual


def _on_disk(file: Path) -> str:
    return file.read_bytes().decode("utf-8-sig")


def failure(subject: Subject, steps: Sequence[Step], deep: bool = True) -> list[str]:
    """How the view after the last step differs from a new session's; nothing where it does not."""
    pair = Pair(subject)
    analysis: FileAnalysis | None = None
    for step in steps:
        analysis = pair.take(step)
    if analysis is None:
        return []
    return difference(view(analysis, deep), pair.fresh_view(steps[-1].file, deep))


# -- a run ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Options:
    """What is done and compared."""

    edits: int = 20
    """Edits of one run: then the files are opened anew."""
    large: bool = False
    """Files of installed packages instead of small programs."""
    strength: str = "typed"
    deep: bool = True
    noise: float = 0.15


def drawn_steps(draw: random.Random, subject: Subject, options: Options) -> Iterator[Step]:
    """Steps without end. Broken text is mended soon, mostly by undoing."""
    texts = {file: _on_disk(file) for file in subject.files}
    past: dict[Path, list[str]] = {file: [] for file in subject.files}
    whole = dict(texts)
    for file in subject.files:
        yield Step(file, None)
    while True:
        file = draw.choice(subject.files)
        text, parsed, luck = texts[file], Text.of(texts[file]), draw.random()
        if parsed is not None:
            whole[file] = text
        if luck < 0.12 and past[file]:
            following = [past[file].pop(draw.randrange(-min(3, len(past[file])), 0))]
        elif parsed is None and luck < 0.6:
            following = [whole[file]]
        elif parsed is None or luck > 1 - options.noise:
            following = [draw.choice(MUTATIONS)(draw, text)]
        else:
            following = draw.choice(EDITS)(draw, parsed)
        for new in following:
            past[file].append(texts[file])
            texts[file] = new
            kind = draw.choices(("edit", "cancel"), (9, 1))[0]
            yield Step(file, new, kind, draw.choice([0, 1, 3, 10, 50, 200]))
        kind = draw.choices(("edit", "save", "close"), (90, 8, 2))[0]
        if kind == "close":
            yield Step(file, None, "close")
            yield Step(file, texts[file])
        elif kind == "save" or options.strength == "saved":
            yield Step(file, None, "save")
        other = draw.choice(subject.files)
        if other != file:
            yield Step(other, None, "save" if options.strength == "saved" else "edit")


def run(seed: int, options: Options) -> tuple[int, Subject, list[Step], list[str]]:
    """Edits of one subject until one differs: how many, the subject, the steps so far, and the differences."""
    draw = random.Random(seed)
    subject = draw.choice(subjects(options.large))
    pair, steps, edits = Pair(subject), [], 0
    for step in drawn_steps(draw, subject, options):
        steps.append(step)
        edits += step.text is not None
        try:
            analysis = pair.take(step)
            found: list[str] = []
            if analysis is not None and (options.strength == "typed" or step.kind == "save"):
                found = difference(view(analysis, options.deep), pair.fresh_view(step.file, options.deep))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {step.file.name} after {len(steps)} steps") from error
        if found:
            return edits, subject, steps, found
        if edits >= options.edits:
            break
    return edits, subject, steps, []


# -- shrinking -----------------------------------------------------------------------------------------------------------


def shrunk(subject: Subject, steps: Sequence[Step], deep: bool = True, seconds: float = 60) -> list[Step]:
    """Fewer steps and shorter texts of which the last still differs: what is left is needed."""
    until = time.monotonic() + seconds

    def still(candidate: Sequence[Step]) -> bool:
        if time.monotonic() > until:
            return False
        try:
            return bool(candidate) and bool(failure(subject, candidate, deep))
        except Exception:
            return False

    # What is open from the start is a step like any other from here on, so that its text can shrink.
    first = [Step(file, _on_disk(file)) for file in subject.files]
    best = [*first, *steps] if still([*first, *steps]) else list(steps)
    while True:
        before = best
        best = _fewer(best, still)
        best = _shorter(best, still)
        if best == before or time.monotonic() > until:
            return best


def _fewer(steps: list[Step], still: Callable[[Sequence[Step]], bool]) -> list[Step]:
    size = max(len(steps) // 2, 1)
    while True:
        start = 0
        while start < len(steps) - 1:
            candidate = steps[:start] + steps[min(start + size, len(steps) - 1) :]
            if still(candidate):
                steps = candidate
            else:
                start += size
        if size == 1:
            return steps
        size //= 2


def _shorter(steps: list[Step], still: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Lines that all versions of a file have are taken out of all of them; then lines of single versions."""
    for file in dict.fromkeys(step.file for step in steps):
        steps = _without_lines(steps, [i for i, s in enumerate(steps) if s.file == file and s.text is not None], still)
    for i, step in enumerate(steps):
        if step.text is not None:
            steps = _without_lines(steps, [i], still)
    return steps


def _without_lines(steps: list[Step], which: list[int], still: Callable[[Sequence[Step]], bool]) -> list[Step]:
    if not which:
        return steps

    def lines() -> list[str]:
        return (steps[which[0]].text or "").splitlines(keepends=True)

    size = max(len(lines()) // 2, 1)
    while size:
        start = 0
        while start < len(lines()):
            block = "".join(lines()[start : start + size])
            candidate = list(steps)
            for i in which:
                if block in (steps[i].text or ""):
                    candidate[i] = replace(steps[i], text=(steps[i].text or "").replace(block, "", 1))
            if still(candidate):
                steps = candidate
            else:
                start += size
        size //= 2
    return steps


def told(subject: Subject, steps: Sequence[Step], differences: Sequence[str]) -> Iterator[str]:
    """A failure for a person: what was done, and how the views differ."""
    for step in steps:
        looks = f" after {step.looks} looks" if step.kind == "cancel" else ""
        yield f"--- {step.kind}{looks} {step.file.relative_to(subject.root)}"
        if step.text is not None:
            yield from step.text.splitlines() if "\r" not in step.text else [repr(step.text)]
    yield "==="
    yield from differences[:12]
