"""Which file a module name stands for: a search in folders, with jedi for what that does not find."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapelens.source.environments import Environment


@dataclass(frozen=True)
class ModuleFile:
    """Where a module is: `path` is None for one that has no Python source (compiled, or a namespace package)."""

    name: str
    path: Path | None
    is_package: bool = False
    is_stub: bool = False
    search: tuple[Path, ...] = ()
    """Folders of its submodules; empty for a plain module."""


class Resolver:
    """Finds modules as the chosen Python would, without running it. Warm look-ups cost microseconds."""

    def __init__(self, environment: Environment, roots: Sequence[Path] = ()) -> None:
        self.environment = environment
        self.roots = tuple(Path(r) for r in roots)
        self._found: dict[tuple[str, str], ModuleFile | None] = {}
        self._listings: dict[str, frozenset[str]] = {}

    def find(self, module: str, importer: Path | None, level: int = 0) -> ModuleFile | None:
        """The file of a module that `importer` imports (relative to it with `level` dots); None where there is none."""
        if level:
            return self._relative(module, importer, level)
        folder = str(importer.parent) if importer is not None else ""
        key = (module, folder)
        if key not in self._found:
            self._found[key] = self._search(module, folder)
        return self._found[key]

    def resolve_slow(self, module: str, importer: Path) -> ModuleFile | None:
        """As `find`, by jedi: slow, for what the search does not find (hooks, stubs, odd layouts)."""
        import jedi

        project = jedi.Project(str(self.roots[0] if self.roots else importer.parent), sys_path=self._sys_path())
        names = jedi.Script(f"import {module}", path=str(importer), project=project).goto(1, 7 + len(module))
        for name in names:
            if name.module_path is not None and str(name.module_path).endswith(".py"):
                path = Path(name.module_path)
                package = path.name == "__init__.py"
                return ModuleFile(module, path, package, False, (path.parent,) if package else ())
        return None

    def invalidate(self, paths: Sequence[str] | None = None) -> None:
        """Files came or went: look again."""
        self._found.clear()
        self._listings.clear()

    def module_name_of(self, path: Path) -> str:
        """The dotted name of a file, by the packages around it."""
        parts = [] if path.stem == "__init__" else [path.stem]
        folder = path.parent
        while (folder / "__init__.py").is_file() and folder.name.isidentifier() and folder != folder.parent:
            parts.insert(0, folder.name)
            folder = folder.parent
        return ".".join(parts)

    def _sys_path(self) -> list[str]:
        return [*map(str, self.roots), *self.environment.sys_path]

    def _relative(self, module: str, importer: Path | None, level: int) -> ModuleFile | None:
        if importer is None:
            return None
        folder = importer.parent
        for _ in range(level - 1):
            folder = folder.parent
        if not module:
            return self._package(folder.name, str(folder))
        return self._descend(module, module.split("."), (str(folder),))

    def _search(self, module: str, folder: str) -> ModuleFile | None:
        parts = module.split(".")
        places: list[str] = []
        for place in (folder, *self._parents(folder), *map(str, self.roots), *(str(r / "src") for r in self.roots)):
            if place and place not in places:
                places.append(place)
        editable = self.environment.editable.get(parts[0])
        found = self._descend(module, parts, (*places, *self.environment.sys_path))
        if found is None and editable is not None:
            target = Path(editable)
            found = self._descend(module, parts, (str(target.parent),))
        return found

    def _parents(self, folder: str) -> list[str]:
        """The folder that holds the importer's outermost package."""
        path = Path(folder) if folder else None
        if path is None or not (path / "__init__.py").is_file():
            return []
        while (path / "__init__.py").is_file() and path != path.parent:
            path = path.parent
        return [str(path)]

    def _descend(self, name: str, parts: Sequence[str], places: Sequence[str]) -> ModuleFile | None:
        namespaces: list[Path] = []
        for place in places:
            entries = self._listing(place)
            if parts[0] not in entries and f"{parts[0]}.py" not in entries:
                if any(e.startswith(f"{parts[0]}.") and e.endswith((".so", ".pyd")) for e in entries):
                    return ModuleFile(name, None) if len(parts) == 1 else None
                continue
            at = os.path.join(place, parts[0])
            inner = self._listing(at)
            if "__init__.py" in inner:
                return self._package(name, at) if len(parts) == 1 else self._descend(name, parts[1:], (at,))
            if f"{parts[0]}.py" in entries:
                return ModuleFile(name, Path(f"{at}.py")) if len(parts) == 1 else None
            if parts[0] in entries and os.path.isdir(at):
                namespaces.append(Path(at))
        if namespaces:
            if len(parts) == 1:
                return ModuleFile(name, None, True, False, tuple(namespaces))
            return self._descend(name, parts[1:], [str(n) for n in namespaces])
        return None

    def _package(self, name: str, folder: str) -> ModuleFile | None:
        init = Path(folder) / "__init__.py"
        return ModuleFile(name, init, True, False, (Path(folder),)) if init.is_file() else None

    def _listing(self, folder: str) -> frozenset[str]:
        known = self._listings.get(folder)
        if known is None:
            try:
                known = frozenset(os.listdir(folder))
            except OSError:
                known = frozenset()
            self._listings[folder] = known
        return known


