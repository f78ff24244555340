"""The programs that are changed: models of torchvision, the examples, the cases that run, and the models of this folder."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from tests.cases.programs import HERE as CASES
from tests.cases.programs import calls
from tests.truth.models import models

ROOT = Path(__file__).parents[2]
EXAMPLES = ("transformer",)
"""The examples that run and need no download."""


@dataclass(frozen=True)
class Subject:
    """A file and what is run of it.

    A `module` is imported under that name, `entry` evaluated in it and called with `inputs` (`2,3,224,224`). Where
    `module` is empty, the file is a script, and each of `entry`, one a line, is evaluated after it.
    """

    name: str
    path: Path
    module: str = ""
    entry: str = ""
    inputs: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        """The folder that all files of the program are in."""
        return self.path.parents[self.module.count(".") - 1] if "." in self.module else self.path.parent


def subjects() -> list[Subject]:
    """All of them, in a fixed order; torchvision's only where it is installed."""
    found = []
    for path in sorted((Path(__file__).parent / "models").glob("*.py")):
        library, _, rest = path.stem.partition("_")
        found.append(Subject(f"keras/{rest}" if library == "keras" else f"own/{path.stem}", path))
    found += [Subject(f"examples/{name}", ROOT / "examples" / f"{name}.py") for name in EXAMPLES]
    found += [Subject(f"cases/{p.stem}", p, "", "\n".join(calls(p))) for p in sorted(CASES.glob("*_ok.py"))]
    package = importlib.util.find_spec("torchvision")
    if package is not None and package.origin is not None:
        for model in models():
            path = Path(package.origin).parent.joinpath(*model.module.split(".")[1:])
            path = path.with_name(path.name + ".py")
            found.append(Subject(f"torchvision/{model.name}", path, model.module, model.expression, model.inputs))
    return found
