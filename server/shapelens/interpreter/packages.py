"""Third-party packages of which a few names are known, so that their source need not be followed."""

from __future__ import annotations

import ast
from typing import Any

from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES, UNCHANGED, Native, first_argument, nothing

for _path in ("tqdm", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.trange"):
    NATIVES[_path] = first_argument
NATIVES["numpy.random.seed"] = nothing


def _checked_class(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A decorator, with arguments or without, that only checks the types of what the fields are given."""
    return args[0] if args and args[0] is not None else UNCHANGED


INSTEAD_OF_SOURCE: dict[str, Native] = {"huggingface_hub.dataclasses.strict": _checked_class}
"""Functions that a followed package may define or import whose source is about Python's internals: by module and name."""
