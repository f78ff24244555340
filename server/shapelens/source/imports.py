"""From the name in an import to the file that it means, by looking at folders only: nothing is ever imported.

What is found lies in the workspace's folders or in the environment's. A link, or the package that the workspace may be
a part of, leads nowhere else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shapelens.source.environments import Environment

_SOURCE, _STUB, _COMPILED, _FOLDER = 1, 2, 4, 8
_KINDS = {".py": _SOURCE, ".pyi": _STUB, ".so": _COMPILED, ".pyd": _COMPILED}
_NO_NAMES: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A module that was found."""

    name: str
    """Dotted name."""
    path: Path | None
    """Its source (or stub); None for a compiled or built-in module and for a namespace package."""
    is_package: bool = False
    is_stub: bool = False
    search: tuple[Path, ...] = ()
    """The folders that its submodules are in."""


class Resolver:
    """Finds modules as the environment's Python would, for files under the given roots (best first).

    Where the workspace is not trusted, an environment that lies in it leads out of it no more than the rest.
    """

    def __init__(self, environment: Environment, roots: Sequence[Path] = (), is_trusted: bool = True) -> None:
        self.environment = environment
        self.roots = tuple(Path(os.path.abspath(root)) for root in roots)
        self._real_roots = tuple(os.path.realpath(root) for root in self.roots)
        places = (*environment.sys_path, *environment.editable.values())
        own = tuple(map(str, self.roots))
        self._free = tuple(place for place in places if is_trusted or not _is_below(place, own))
        self._real_free: tuple[str, ...] | None = None
        self._listings: dict[str, dict[str, int]] = {}
        self._found: dict[tuple[str, str, int], ModuleFile | None] = {}
        self._slow: dict[tuple[str, str], ModuleFile | None] = {}

    def find(self, module: str, importer: Path | None, level: int = 0) -> ModuleFile | None:
        """The module that `import module` (or, with a level, `from ..module import`) means in the importer's file.

        `level` counts the leading dots; with one, `module` may be empty and the importer must be known.
        """
        folder = os.path.dirname(os.path.abspath(importer)) if importer is not None else ""
        key = (folder, module, level)
        try:
            return self._found[key]
        except KeyError:
            pass
        try:
            found = self._relative(module, folder, level) if level else self._absolute(module, folder)
        except ValueError:
            # A name with a NUL or a lone surrogate in it is no file's.
            found = None
        if found is not None and not self._is_permitted(found, folder):
            found = None
        self._found[key] = found
        return found

    def _is_permitted(self, found: ModuleFile, folder: str) -> bool:
        """Whether a module lies where an importer in `folder` may look; links count by where they lead."""
        paths = [str(path) for path in ((found.path,) if found.path is not None else found.search)]
        if all(_is_below(path, self._free) for path in paths):
            return True
        if self._real_free is None:
            self._real_free = tuple(map(os.path.realpath, self._free))
        homes = [*self._real_roots, *self._real_free]
        if folder:
            top, above = self._package(folder)
            homes.append(os.path.realpath(top if self._is_home(folder) else above))
        return all(_is_below(os.path.realpath(path), homes) for path in paths)

    def _package(self, folder: str) -> tuple[str, str]:
        """The outermost package that a folder belongs to and the folder that this is in; twice itself if none."""
        top = above = folder
        while self._is_package(above):
            top, above = above, os.path.dirname(above)
        return top, above

    def _is_home(self, folder: str) -> bool:
        """Whether a folder is the workspace's or the environment's, rather than that of a file from elsewhere."""
        return _is_below(folder, map(str, self.roots)) or _is_below(folder, self._free)

    def resolve_slow(self, module: str, importer: Path | None) -> ModuleFile | None:
        """What jedi finds for a name that `find` does not know. Takes up to a second: not for a keystroke's path."""
        key = (str(importer or ""), module)
        if key not in self._slow:
            from shapelens.source.jedi_fallback import module_by_jedi

            root = self.roots[0] if self.roots else Path(os.path.dirname(key[0]) or os.curdir)
            folder = os.path.dirname(os.path.abspath(importer)) if importer is not None else ""

            def may_read(path: Path) -> bool:
                return self._is_permitted(ModuleFile(module, path), folder)

            found = module_by_jedi(module, importer, root, self.environment.sys_path, may_read)
            self._slow[key] = found if found is not None and self._is_permitted(found, folder) else None
        return self._slow[key]

    def learn_slowly(self, names: Iterable[tuple[str, Path | None]]) -> bool:
        """Ask jedi for names (with their importers) that `find` does not know; whether it knew any. Takes seconds."""
        learnt = False
        for module, importer in names:
            found = self.resolve_slow(module, importer)
            if found is not None:
                folder = os.path.dirname(os.path.abspath(importer)) if importer is not None else ""
                self._found[folder, module, 0] = found
                learnt = True
        return learnt

    def invalidate(self, paths: Iterable[str | Path] | None = None) -> None:
        """Forgets what was seen on disk: all, or what may have changed as these files came, changed or went."""
        if paths is None:
            self._listings.clear()
        else:
            for path in paths:
                text = os.path.abspath(path)
                for folder in [text, os.path.dirname(text), os.path.dirname(os.path.dirname(text))]:
                    self._listings.pop(folder, None)
        self._found.clear()
        self._slow.clear()

    def module_name_of(self, path: Path) -> str:
        """The dotted name of a file, counted from the outermost folder around it that is a package."""
        text = os.path.abspath(path)
        folder, name = os.path.split(text)
        stem = name.partition(".")[0]
        names = [] if stem == "__init__" else [stem]
        while self._is_package(folder):
            folder, name = os.path.split(folder)
            names.append(name)
        return ".".join(reversed(names)) or os.path.basename(folder)

    def _relative(self, module: str, folder: str, level: int) -> ModuleFile | None:
        if not folder:
            return None
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        package = self.module_name_of(Path(folder, "__init__.py"))
        name = package if self._is_package(folder) else os.path.basename(folder)
        if not module:
            return self._in_package_folder(name, folder, self._listing(folder))
        return self._below(name, [folder], module.split("."))

    def _absolute(self, module: str, folder: str) -> ModuleFile | None:
        first, *rest = module.split(".")
        if not first:
            return None
        found = self._top(first, self._path(folder, first))
        mapped = self.environment.editable.get(first)
        if mapped and (found is None or _is_namespace(found)):
            found = self._mapped(first, mapped) or found
        if found is None and first in sys.builtin_module_names:
            found = ModuleFile(first, None, False)
        if (found is None or _is_namespace(found)) and folder and self._is_package(folder):
            # A script that is run in its package's folder sees its siblings, as `import sibling`.
            found = self._top(first, [folder]) or found
        return self._below(first, [str(path) for path in found.search], rest) if found and rest else found

    def _path(self, folder: str, name: str) -> list[str]:
        """The folders of a top-level module for an importer in `folder`: what sys.path is likely to be."""
        places: list[str] = []
        if folder:
            top, above = self._package(folder)
            # Where the workspace is itself a package, what else lies beside it is none of its business.
            if name == os.path.basename(top) or self._is_home(above) or not self._is_home(folder):
                places.append(above)
        for root in map(str, self.roots):
            places.append(root)
            if self._listing(root).get("src", 0) & _FOLDER:
                places.append(os.path.join(root, "src"))
        return list(dict.fromkeys([*places, *self.environment.sys_path]))

    def _top(self, name: str, folders: Sequence[str]) -> ModuleFile | None:
        return self._in_folders(name, name, folders)

    def _mapped(self, name: str, mapped: str) -> ModuleFile | None:
        folder, last = os.path.split(mapped)
        return self._in_folders(name, last.partition(".")[0], [folder])

    def _below(self, package: str, folders: Sequence[str], rest: Sequence[str]) -> ModuleFile | None:
        """The submodule named by `rest` of a package whose submodules are in `folders`."""
        found: ModuleFile | None = None
        name = package
        for part in rest:
            name = f"{name}.{part}"
            found = self._in_folders(name, part, folders)
            if found is None:
                return None
            folders = [str(path) for path in found.search]
        return found

    def _in_folders(self, name: str, part: str, folders: Sequence[str]) -> ModuleFile | None:
        """The first folder's package or module of that name, or the namespace package that all of them make up."""
        portions: list[Path] = []
        for folder in folders:
            kinds = self._listing(folder).get(part, 0)
            if not kinds:
                continue
            if kinds & _FOLDER:
                inner = os.path.join(folder, part)
                listing = self._listing(inner)
                if listing.get("__init__", 0) & ~_FOLDER:
                    return self._in_package_folder(name, inner, listing)
                portions.append(Path(inner))
            if kinds & _SOURCE:
                return ModuleFile(name, Path(folder, f"{part}.py"), False)
            if kinds & _COMPILED:
                return ModuleFile(name, None, False)
            if kinds & _STUB:
                return ModuleFile(name, Path(folder, f"{part}.pyi"), False, is_stub=True)
        return ModuleFile(name, None, True, search=tuple(portions)) if portions else None

    def _in_package_folder(self, name: str, folder: str, listing: dict[str, int]) -> ModuleFile:
        kinds = listing.get("__init__", 0)
        suffix = ".py" if kinds & _SOURCE else "" if kinds & _COMPILED else ".pyi" if kinds & _STUB else ""
        path = Path(folder, f"__init__{suffix}") if suffix else None
        return ModuleFile(name, path, True, suffix == ".pyi", (Path(folder),))

    def _is_package(self, folder: str) -> bool:
        return bool(self._listing(folder).get("__init__", 0) & ~_FOLDER) and os.path.dirname(folder) != folder

    def _listing(self, folder: str) -> dict[str, int]:
        """What a folder holds, by name up to the first dot: files that are modules, and folders."""
        listing = self._listings.get(folder)
        if listing is None:
            listing = self._listings[folder] = _names_in(folder)
        return listing


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(os.path.join(folder, "")) for folder in folders)


def _is_namespace(module: ModuleFile) -> bool:
    return module.path is None and module.is_package


def _names_in(folder: str) -> dict[str, int]:
    names: dict[str, int] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                stem, _, rest = entry.name.partition(".")
                if not rest:
                    # Links are followed only here, where there is a chance of a package.
                    if stem.isidentifier() and entry.is_dir():
                        names[stem] = names.get(stem, 0) | _FOLDER
                    continue
                kind = _KINDS.get("." + entry.name.rpartition(".")[2], 0)
                if kind and (kind == _COMPILED or "." not in rest):
                    names[stem] = names.get(stem, 0) | kind
    except (OSError, ValueError):
        return _NO_NAMES
    return names
