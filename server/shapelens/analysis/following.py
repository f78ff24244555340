"""Which imported modules are followed from their source, and their state across runs."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from shapelens.interpreter.importing import run_module
from shapelens.interpreter.machine import Machine
from shapelens.oracle.packages import versions
from shapelens.source.imports import Resolver
from shapelens.source.reading import SourceError, read_bytes
from shapelens.source.tree import Chunk, Tree
from shapelens.values import PyModule

_MAX_MODULES = 2000
# A package outside of the workspace is followed if one of its first files speaks of torch.
_LOOKED_AT = 60


class Following:
    """The modules that runs share: found when first imported, run when first asked for something."""

    def __init__(self, tree_of: Callable[[str], Tree], resolver: Callable[[], Resolver], roots: Sequence[Path]) -> None:
        self.tree_of, self.resolver = tree_of, resolver
        self.roots = [str(r) for r in roots]
        self.modules: dict[str, PyModule | None] = {}
        self.by_path: dict[str, PyModule] = {}
        self.stamps: dict[str, tuple[int, int]] = {}
        self.packages: dict[str, bool] = {}
        self.missing: set[tuple[str, Path | None]] = set()
        self.main: PyModule | None = None
        self.has_asked = False
        """Whether a module's own statements asked the oracle, so that an answer changes what they gave."""

    def find(self, name: str, importer: str | None) -> PyModule | None:
        """The module of that name, not run yet; None where there is none or it is not to be followed."""
        if self.main is not None and name == self.main.name:
            return self.main
        folder = os.path.dirname(importer) if importer and self._is_own(importer) else ""
        for key in (name, f"{folder}:{name}") if folder else (name,):
            if key in self.modules:
                return self.modules[key]
        origin = Path(importer) if importer else None
        file = self.resolver().find(name, origin)
        if file is None:
            self.missing.add((name, origin))
        found: PyModule | None = None
        if file is not None and len(self.modules) < _MAX_MODULES:
            if file.path is None:
                if file.search:
                    found = PyModule(name, None, True)
                    found.state = "done"
            elif str(file.path).endswith(".py") and self._is_followed(str(file.path), name):
                found = self.by_path.get(str(file.path))
                if found is None:
                    found = PyModule(name, str(file.path), file.is_package)
                    found.state = "new"
                    self.by_path[str(file.path)] = found
        own = found is not None and found.path is not None and self._is_own(found.path)
        self.modules[f"{folder}:{name}" if folder and (own or found is None) else name] = found
        if found is not None and self.main is not None and found.path == self.main.path and found.path is not None:
            return self.main
        return found

    def execute(self, m: Machine, module: PyModule) -> None:
        """Run a module's statements."""
        chunks = self._chunks(module)
        if chunks is None:
            return
        module.namespace["__name__"] = module.name
        asked = m.asked
        run_module(m, module, chunks)
        self.has_asked = self.has_asked or m.asked != asked

    def may_bind(self, module: PyModule, name: str) -> bool:
        """Whether a module's text may bind the name."""
        chunks = self._chunks(module) or ()
        return any(name in c.names_bound or "*" in c.names_bound for c in chunks) or any(
            "globals" in c.names_used for c in chunks
        )

    def typed_import(self, module: PyModule, name: str) -> tuple[str, str, int] | None:
        """The module, name and level of `from … import name` that a module has for type checkers only."""
        nodes = (node for chunk in self._chunks(module) or () for node in chunk.tree)
        return next((found for node in nodes if (found := _typed(node, name))), None)

    def typed_stars(self, module: PyModule) -> tuple[tuple[str, int], ...]:
        """The modules, with the level, of which a module has all names for type checkers only."""
        nodes = (node for chunk in self._chunks(module) or () for node in chunk.tree)
        return tuple(star for node in nodes for star in _typed_stars(node))

    def _chunks(self, module: PyModule) -> tuple[Chunk, ...] | None:
        """What a module's file says, which counts as followed from now on; None where it cannot be read."""
        if module.path is None:
            return None
        try:
            chunks = self.tree_of(module.path).chunks
        except (SourceError, OSError):
            return None
        self.stamps[module.path] = file_stamp(module.path)
        return chunks

    def is_installed(self, name: str, importer: str | None) -> bool | None:
        """Whether `import name` finds something; None where only the server's own packages are known."""
        origin = Path(importer) if importer else None
        if name.partition(".")[0] in sys.stdlib_module_names or self.resolver().find(name, origin) is not None:
            return True
        self.missing.add((name, origin))
        return None if self.resolver().environment.found_by == "server" else False

    def version_of(self, distribution: str) -> str | None:
        """The version of what is installed under that name; None where it is not known."""
        return versions(self.resolver().environment.sites, [distribution]).get(distribution)

    def holds(self, path: str) -> bool:
        """Whether a file was read for a followed module."""
        return path in self.stamps

    def is_stale(self, buffers: Mapping[str, str]) -> bool:
        """Whether a followed file changed on disk since, or an import that found nothing would find something now."""
        if any(path not in buffers and file_stamp(path) != stamp for path, stamp in self.stamps.items()):
            return True
        return any(self.resolver().find(name, importer) is not None for name, importer in self.missing)

    def _is_own(self, path: str) -> bool:
        """Whether a file belongs to the user rather than to an installed package."""
        if "site-packages" in path or "dist-packages" in path:
            return False
        return True

    def _is_followed(self, path: str, name: str) -> bool:
        if self._is_own(path):
            return True
        top = name.partition(".")[0]
        known = self.packages.get(top)
        if known is None:
            parts = Path(path).parts
            index = max((i for i, part in enumerate(parts) if part == top), default=len(parts) - 1)
            known = self.packages[top] = _speaks_of_tensors(Path(*parts[: index + 1]))
        return known


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        getattr(n, "id", getattr(n, "attr", "")) == "TYPE_CHECKING" for n in ast.walk(node.test)
    )


def _typed_stars(node: ast.stmt) -> Iterator[tuple[str, int]]:
    for inner in node.body if isinstance(node, ast.If) and _is_for_types(node) else ():
        if isinstance(inner, ast.ImportFrom) and inner.names[0].name == "*":
            yield inner.module or "", inner.level


def _typed(node: ast.stmt, name: str) -> tuple[str, str, int] | None:
    if isinstance(node, ast.If) and _is_for_types(node):
        for inner in (each for statement in node.body for each in ast.walk(statement)):
            if isinstance(inner, ast.ImportFrom):
                for alias in inner.names:
                    if (alias.asname or alias.name) == name:
                        return inner.module or "", alias.name, inner.level
    return None


_FRAMEWORKS = (b"torch", b"keras", b"tensorflow")


def _speaks_of_tensors(package: Path) -> bool:
    files = [package] if package.is_file() else []
    if not files:
        files = [*sorted(package.glob("*.py")), *sorted(package.glob("*/*.py"))][:_LOOKED_AT]
    for file in files:
        try:
            text = read_bytes(file, 8192)
            if any(b"import " + name in text or b"from " + name in text for name in _FRAMEWORKS):
                return True
        except (OSError, ValueError):
            continue
    return False


def file_stamp(path: str) -> tuple[int, int]:
    """What tells whether a file on disk is still the same; zeros where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
