"""Imports: library names that rules know, and modules that are followed from their source."""

from __future__ import annotations

import sys
from typing import Any

from shapelens.interpreter import attributes
from shapelens.interpreter.machine import Budget, Frame, Machine, Place
from shapelens.source.tree import Chunk
from shapelens.values import Exceptional, Lib, PyModule, Unknown

# Libraries that are known by rules, never followed from source.
RULED = frozenset(("torch", "numpy", "einops", "tensorflow", "keras", "jaxtyping", "torchtyping"))
_STDLIB = frozenset(sys.stdlib_module_names)
_MISSING = object()


def is_library(name: str) -> bool:
    """Whether a module is known by its name alone."""
    top = name.partition(".")[0]
    return top in RULED or top in _STDLIB


def absolute_name(f: Frame, module: str, level: int) -> str:
    """The full name of a relative import."""
    if level == 0:
        return module
    parts = f.module.name.split(".")
    if not f.module.is_package:
        parts = parts[:-1]
    parts = parts[: len(parts) - (level - 1)]
    return ".".join([*parts, module] if module else parts)


def imported(m: Machine, f: Frame, name: str, whole: bool) -> Any:
    """`import a.b` (the top package) or, with `whole`, `import a.b as c`."""
    if is_library(name):
        return Lib(name if whole else name.partition(".")[0])
    found = m.load_module(name, f.module.path)
    if found is None:
        return Lib(name if whole else name.partition(".")[0])
    if whole or "." not in name:
        return found
    top = name.partition(".")[0]
    package = m.load_module(top, f.module.path)
    if package is not None and isinstance(package, PyModule):
        current = package
        parts = name.split(".")
        for i, part in enumerate(parts[1:], 2):
            child = m.load_module(".".join(parts[:i]), f.module.path)
            if child is None:
                break
            current.namespace.setdefault(part, child)
            current = child
        return package
    return Lib(top)


def imported_name(m: Machine, f: Frame, module: str, name: str, level: int) -> Any:
    """`from module import name`."""
    full = absolute_name(f, module, level)
    if is_library(full) and level == 0:
        return attributes.of_lib(Lib(full), name)
    found = m.load_module(full, f.module.path)
    if found is None:
        return attributes.of_lib(Lib(full), name) if full else Unknown(name)
    value = found.namespace.get(name, _MISSING)
    if value is not _MISSING:
        return value
    if found.is_package:
        child = m.load_module(f"{full}.{name}", f.module.path)
        if child is not None:
            return child
    return Unknown(name)


def import_star(m: Machine, f: Frame, module: str, level: int) -> None:
    """`from module import *`."""
    full = absolute_name(f, module, level)
    if is_library(full) and level == 0:
        return
    found = m.load_module(full, f.module.path)
    if found is None:
        return
    listed = found.namespace.get("__all__")
    names = [n for n in listed if isinstance(n, str)] if isinstance(listed, (list, tuple)) else [
        n for n in found.namespace if not n.startswith("_")
    ]
    for name in names:
        if name in found.namespace:
            f.locals[name] = found.namespace[name]


def run_module(m: Machine, module: PyModule, chunks: tuple[Chunk, ...], focus: bool) -> Place:
    """Execute a module's statements one by one; one that fails does not stop those behind it. The last one's place."""
    from shapelens.interpreter.statements import run_block

    place = Place(module.path or module.name, chunks[0], focus) if chunks else None
    for chunk in chunks:
        place = Place(module.path or module.name, chunk, focus)
        frame = Frame(module, place, module.namespace)
        for node in chunk.tree:
            try:
                run_block(m, [node], frame)
            except Exceptional as error:
                if error.name == "SystemExit":
                    break
            except RecursionError:
                raise Budget from None
        frame.exits.clear()
    return place  # type: ignore[return-value]


