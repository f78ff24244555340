"""Jedi as the second opinion on an import: slower to start, but it knows rarer ways of packaging.

Jedi imports compiled modules to look into them, asks every finder of this process for a module with `sys.path` being
the workspace's meanwhile, and opens whatever has a module's name. Here it may do none of that: a workspace's files are
never executed, a named pipe is not waited for, and no file is too large.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

from shapelens.source.imports import ModuleFile
from shapelens.source.reading import LARGEST, read_bytes

# Jedi swaps sys.path while it works and is not made for threads.
_lock = threading.Lock()


def module_by_jedi(
    module: str, importer: Path | None, root: Path, sys_path: Sequence[str], may_read: Callable[[Path], bool]
) -> ModuleFile | None:
    """The module that jedi finds for an absolute name; None as well where jedi fails. It opens what it may read."""
    if not all(part.isidentifier() for part in module.split(".")):
        return None
    with _lock:
        try:
            return _found(module, importer, root, sys_path, may_read)
        except Exception:
            return None


def _found(
    module: str, importer: Path | None, root: Path, sys_path: Sequence[str], may_read: Callable[[Path], bool]
) -> ModuleFile | None:
    import jedi  # type: ignore[import-untyped]
    from jedi import file_io
    from jedi.api.environment import InterpreterEnvironment  # type: ignore[import-untyped]
    from jedi.inference.compiled.subprocess import InferenceStateSameProcess  # type: ignore[import-untyped]
    from jedi.inference.compiled.subprocess.functions import ImplicitNSInfo  # type: ignore[import-untyped]

    class NothingLoaded(InferenceStateSameProcess):  # type: ignore[misc]
        def load_module(self, dotted_name: str, sys_path: list[str]) -> Any:
            if dotted_name in sys.modules or dotted_name in sys.builtin_module_names:
                return self.__getattr__("load_module")(dotted_name=dotted_name, sys_path=list(sys.path))
            return None

        def get_module_info(
            self,
            string: str,
            sys_path: list[str] | None = None,
            full_name: str | None = None,
            path: list[str] | None = None,
            is_global_search: bool = True,
        ) -> tuple[Any, bool | None]:
            spec = PathFinder.find_spec(string, sys_path if path is None else path)
            if spec is None:
                return None, (False if string in sys.builtin_module_names else None)
            if spec.loader is None:
                return ImplicitNSInfo(full_name or string, list(spec.submodule_search_locations or ())), True
            is_package = spec.submodule_search_locations is not None
            if not isinstance(spec.loader, SourceFileLoader) or spec.origin is None:
                return None, is_package
            return file_io.FileIO(spec.origin), is_package

    class Static(InterpreterEnvironment):  # type: ignore[misc]
        def get_inference_state_subprocess(self, inference_state: Any) -> Any:
            return NothingLoaded(inference_state)

    own = Path(jedi.__file__).parent  # the stubs that it brings along

    def read(file: Any) -> bytes:
        """What jedi reads of a file. Raises FileNotFoundError, as jedi expects, for what is none, or none to read."""
        try:
            path = Path(file.path)
            data = read_bytes(path, LARGEST + 1) if path.is_relative_to(own) or may_read(path) else None
        except (OSError, ValueError):
            data = None
        if data is None or len(data) > LARGEST:
            raise FileNotFoundError(file.path) from None
        return data

    file_io.FileIO.read = read
    places = ([str(importer.parent)] if importer else []) + [str(root), *sys_path]
    project = jedi.Project(root, sys_path=places, smart_sys_path=False)
    code = f"import {module}"
    script = jedi.Script(code, path=importer, project=project, environment=Static())
    for name in script.goto(1, len(code), follow_imports=True, prefer_stubs=False):
        path = name.module_path
        if name.type in ("module", "namespace") and (path is None or path.suffix in (".py", ".pyi")):
            is_package = name.type == "namespace" or (path is not None and path.stem == "__init__")
            if path is None and not is_package:
                continue
            search = (path.parent,) if path is not None and is_package else ()
            return ModuleFile(module, path, is_package, path is not None and path.suffix == ".pyi", search)
    return None
