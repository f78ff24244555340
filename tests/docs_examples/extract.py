"""Finds the example code in the docstrings of installed libraries and makes a program of each docstring."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import inspect
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

from tests.truth.recorder import declared_operators

# Imported so that the walk meets them; the rest of a package is met where these import it.
MODULES = (
    "torch", "torch.nn.functional", "torch.nn.utils.rnn", "torch.nn.utils.parametrizations", "torch.nn.utils.stateless",
    "torch.nn.attention", "torch.distributions", "torch.func", "torch.linalg", "torch.fft", "torch.special",
    "torch.utils.data", "torch.utils.checkpoint", "torch.optim.swa_utils", "torch.sparse", "torch.nested", "torch.masked",
    "torch.fx", "torch.jit", "torch.signal.windows", "torch.hub", "torch.autograd.forward_ad", "torch.ao.nn.quantized",
    "torch.ao.quantization", "torchvision.models", "torchvision.ops", "torchvision.transforms",
    "torchvision.transforms.v2", "torchvision.datasets", "einops", "einops.layers.torch",
)  # fmt: skip

# What the documentation takes for granted.
PRELUDE = """\
import math
import itertools
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
"""
# The name that the value of an expression behind a prompt is given, so that its shape is asked for too.
RESULT = "shown"


@dataclass(frozen=True)
class Example:
    """The statements of one docstring's example code, in order. `name` is that of the documented object."""

    name: str
    statements: tuple[str, ...]


def examples() -> list[Example]:
    """Every docstring with example code, each text once, by name."""
    found: dict[str, Example] = {}
    known: set[str] = set()
    for name, text in sorted(set(_docstrings())):
        if text in known:
            continue
        known.add(text)
        statements = tuple(statements_of(text))
        if statements:
            found.setdefault(name, Example(name, statements))
    return list(found.values())


def program(example: Example, kept: Sequence[int]) -> str:
    """The text of a program with the statements of these numbers."""
    return PRELUDE + "".join(f"{example.statements[i]}\n" for i in kept)


def load() -> None:
    """Import the documented modules."""
    global _operators
    if _operators is None and importlib.util.find_spec("torchvision") is not None:
        _operators = declared_operators()
    for name in MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


_operators: object = None

# -- docstrings ----------------------------------------------------------------------------------------------------


def _docstrings() -> Iterator[tuple[str, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load()
        packages = {name.partition(".")[0] for name in MODULES}
        for name, module in sorted(sys.modules.items()):
            if isinstance(module, ModuleType) and name.partition(".")[0] in packages and "._" not in name:
                yield from _of_module(name, module)


def _of_module(name: str, module: ModuleType) -> Iterator[tuple[str, str]]:
    if module.__doc__:
        yield name, module.__doc__
    for attribute, value in sorted(vars(module).items()):
        if attribute.startswith("_") or isinstance(value, ModuleType):
            continue
        if inspect.isclass(value):
            if (value.__module__ or "").partition(".")[0] == name.partition(".")[0]:
                yield from _of_class(f"{value.__module__}.{value.__qualname__}", value)
        elif callable(value) and isinstance(doc := getattr(value, "__doc__", None), str):
            yield f"{name}.{attribute}", doc


def _of_class(name: str, cls: type) -> Iterator[tuple[str, str]]:
    if isinstance(cls.__doc__, str):
        yield name, cls.__doc__
    bases = (*cls.__mro__[1:-1],) if name.endswith("Tensor") else ()
    for scope in (cls, *bases):
        for attribute, value in sorted(vars(scope).items()):
            doc = getattr(value, "__doc__", None)
            if isinstance(doc, str) and not attribute.startswith("_") and not inspect.isclass(value):
                yield f"{name}.{attribute}", doc


# -- example code --------------------------------------------------------------------------------------------------


def statements_of(doc: str) -> Iterator[str]:
    """The statements of the example code in a docstring: behind prompts, else in literal blocks."""
    lines = doc.expandtabs().splitlines()
    groups = _prompted(lines) if ">>>" in doc else _literal(lines)
    for group in groups:
        yield from _statements(group)


def _prompted(lines: Sequence[str]) -> Iterator[list[str]]:
    """Runs of lines with prompts: output and prose end a run."""
    group: list[str] = []
    for line in lines:
        match = re.match(r"\s*(>>>|\.\.\.)( (.*)|$)", line)
        if match:
            group.append(f"{match[1]}{match[3] or ''}")
        elif line.strip() and group:
            yield group
            group = []
    if group:
        yield group


def _literal(lines: Sequence[str]) -> Iterator[list[str]]:
    """Indented blocks behind `::` or a code-block directive."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not re.search(r"(::$|code(-block)?::\s*(python)?$)", line.rstrip()):
            continue
        indent = len(line) - len(line.lstrip())
        block = []
        while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip()) > indent):
            block.append(lines[at])
            at += 1
        text = textwrap.dedent("\n".join(block)).strip("\n")
        if text:
            yield [f">>>{part}" for part in text.splitlines()]


def _statements(group: Sequence[str]) -> Iterator[str]:
    """The statements of a run; a part of it that does not parse is left out."""
    text = textwrap.dedent("\n".join(line[3:] for line in group))
    parts = [text] if _parsed(text) is not None else _by_prompt(group)
    for part in parts:
        tree = _parsed(part)
        if tree is not None:
            rows = part.splitlines()
            for node in tree.body:
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                shown = f"{RESULT} = " if isinstance(node, ast.Expr) and _gives_something(node.value) else ""
                yield shown + "\n".join(rows[first - 1 : node.end_lineno])


def _gives_something(node: ast.expr) -> bool:
    return not isinstance(node, ast.Constant) and not (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def _by_prompt(group: Sequence[str]) -> list[str]:
    parts: list[list[str]] = []
    for line in group:
        if line.startswith("...") and parts or line[3:4] == " " and parts:
            parts[-1].append(line[3:])
        else:
            parts.append([line[3:]])
    return [textwrap.dedent("\n".join(part)) for part in parts]


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError):
        return None
