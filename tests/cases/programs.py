"""The programs of this folder: what real torch says of each, and what Shapelens says.

NAME_bad.py raises on the line that ends in `# raises`, NAME_ok.py is its mended twin, legal_NAME.py runs, whatever it
looks like. A comment `# try: EXPRESSION` calls a net that its file does not call. `# also` marks another line where a
squiggle helps as much. `python -m tests.cases.programs` checks all this against the installed torch.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROGRAMS = sorted([*HERE.glob("*_bad.py"), *HERE.glob("*_ok.py"), *HERE.glob("legal_*.py")])


def marked(path: Path, *marks: str) -> set[tuple[str, int]]:
    """Name and line of each line that ends in one of the marks, in the file and in the helpers that it imports."""
    found = set()
    for file in (path, *(helper for helper in HERE.glob("helper_*.py") if helper.stem in path.read_text("utf-8"))):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if line.endswith(tuple(f"# {mark}" for mark in marks)):
                found.add((file.name, number))
    return found


def calls(path: Path) -> list[str]:
    """The expressions of the `# try:` comments."""
    lines = path.read_text("utf-8").splitlines()
    return [line.removeprefix("# try: ") for line in lines if line.startswith("# try: ")]


def raised(path: Path) -> set[tuple[str, int]]:
    """Run the program, then each of its tries: where they raise, by the innermost frame in this folder."""
    places: set[tuple[str, int]] = set()
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": str(path)}
    code = compile(path.read_text("utf-8"), str(path), "exec", dont_inherit=True)
    for text in (None, *calls(path)):
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                exec(code, namespace) if text is None else eval(text, namespace)
        except (Exception, SystemExit) as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == HERE]
            places.add((Path(frames[-1].filename).name, frames[-1].lineno or 0) if frames else (f"try: {text}", 0))
    return places


def disagreement(path: Path) -> str | None:
    """What is wrong with the marks of a program; None if the installed torch says the same."""
    torn, expected = raised(path), marked(path, "raises") if path.stem.endswith("_bad") else set()
    return None if torn == expected else f"{path.name}: torch raises at {sorted(torn)}, marked is {sorted(expected)}"


def main() -> int:
    """Print each disagreement."""
    sys.path.insert(0, str(HERE))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        wrong = [text for path in PROGRAMS if _chosen(path) and (text := disagreement(path))]
    print("\n".join([*wrong, f"{len(PROGRAMS)} programs, {len(wrong)} disagree"]))
    return 1 if wrong else 0


def _chosen(path: Path) -> bool:
    return not sys.argv[1:] or any(os.path.basename(name) == path.name for name in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
