"""Which callables of a library have a rule: the pages docs/coverage*.md, one way for all libraries.

Each library's `callables.py` says what it offers and which of that has a rule; `python -m tests.rules.LIBRARY.callables`
prints its page, `--write` writes it.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
RULE, NOTHING, UNKNOWN = "rule", "nothing", "unknown"
INTERPRETER = "interpreter"  # the file of what is no rule, but a native of the interpreter


@dataclass(frozen=True)
class Entry:
    """One callable. `kind` is RULE, NOTHING (it gives no tensor), UNKNOWN, or "" where nobody said.

    `note` is the rule's file below `server/shapelens/rules`, or why there is none.
    """

    family: str
    name: str
    kind: str
    note: str

    @property
    def path(self) -> str:
        """Its full name."""
        return f"{self.family}.{self.name}"


@dataclass(frozen=True)
class Coverage:
    """A library's callables, and the page that lists them.

    `reasons` are those for having no rule where a tensor comes out, in the page's order; `held` says how rules are held
    against the library, `remarks` is what stands below the table; `places` are files that are none of ours, with what the page
    says of them; `gives` tells rules whose result is a tensor from the others, for the share.
    """

    package: str
    title: str
    version: str
    file: str
    families: Sequence[str]
    entries: Callable[[], Sequence[Entry]]
    reasons: Mapping[str, str]
    held: Sequence[str]
    remarks: Sequence[str] = ()
    tensor: str = "tensor"
    places: Mapping[str, str] | None = None
    gives: Callable[[Entry], bool] = lambda entry: True
    short: Callable[[str], str] = lambda path: path

    @property
    def page(self) -> Path:
        """Where the page is."""
        return DOCS / self.file

    @property
    def command(self) -> str:
        """What writes the page."""
        return f"python -m tests.rules.{self.package}.callables --write"

    def counts(self, *families: str) -> Counter[str]:
        """How many entries of the families there are of each kind."""
        return Counter(e.kind for e in self.entries() if e.family in families)

    def share(self, *families: str) -> float:
        """Rules over all that gives tensors."""
        listed = [e for e in self.entries() if e.family in families]
        ruled = sum(e.kind == RULE and self.gives(e) for e in listed)
        return ruled / (ruled + sum(e.kind == UNKNOWN for e in listed))

    def text(self) -> str:
        """The page."""
        lines = [
            f"# Which callables of {self.title} have a rule",
            "",
            f"Made from {self.title} {self.version} by `{self.command}`; not edited by hand.",
            *self.held,
            "",
            f"| family | callables | rule | no {self.tensor} | unknown | of those that give {self.tensor}s |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
            *(self._row(f"`{self.short(family)}`", family) for family in self.families),
            self._row("all", *self.families),
            "",
            *([*self.remarks, ""] if self.remarks else []),
            "## Unknown, and why",
            "",
        ]
        for reason in self.reasons:
            names = [self._in_library(e) for e in self.entries() if e.note == reason and e.kind == UNKNOWN]
            if names:
                lines.append(f"- {reason[0].upper()}{reason[1:]}: {_joined(dict.fromkeys(names))}.")
        for family in self.families:
            lines += ["", f"## {self.short(family)}", ""]
            mine = [e for e in self.entries() if e.family == family]
            for file in sorted({e.note for e in mine if e.kind == RULE}):
                names = [e.name for e in mine if e.kind == RULE and e.note == file]
                lines.append(f"- {self._place(file)}: {_joined(names)}")
            rest = [e.name for e in mine if e.kind == NOTHING]
            if rest:
                lines.append(f"- no {self.tensor}: {_joined(rest)}")
        return "\n".join(lines) + "\n"

    def _row(self, title: str, *families: str) -> str:
        c = self.counts(*families)
        total = c[RULE] + c[NOTHING] + c[UNKNOWN]
        return f"| {title} | {total} | {c[RULE]} | {c[NOTHING]} | {c[UNKNOWN]} | {self.share(*families):.1%} |"

    def _in_library(self, entry: Entry) -> str:
        short = self.short(entry.path)
        return short if short != entry.path else entry.path.partition(".")[2]

    def _place(self, file: str) -> str:
        if file == INTERPRETER:
            return "the interpreter itself"
        short = file.removeprefix(f"{self.package}/")
        return (self.places or {}).get(file) or f"[{short}](../server/shapelens/rules/{file})"

    def main(self) -> None:
        """Print the page, or write it where the command line says so; what nobody classified goes to stderr."""
        if "--write" in sys.argv:
            self.page.write_text(self.text(), encoding="utf-8")
        else:
            print(self.text())
        for entry in self.entries():
            if not entry.kind:
                print("unclassified:", entry.path, file=sys.stderr)


def file_of(function: Any) -> str:
    """The file of a rule's function below `server/shapelens/rules`."""
    name = inspect.unwrap(function).__module__.partition("shapelens.rules.")[2]
    return f"{name.replace('.', '/')}.py" if name else INTERPRETER


def _joined(names: Sequence[str] | dict[str, None]) -> str:
    return " ".join(f"`{name}`" for name in names)
