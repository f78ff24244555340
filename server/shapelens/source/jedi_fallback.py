"""Jedi as the second opinion on an import: slower to start, but it knows rarer ways of packaging.

Jedi imports compiled modules to look into them. Here it may not: a workspace's files are never executed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shapelens.source.imports import ModuleFile

# Jedi swaps sys.path while it works and is not made for threads.
_lock = threading.Lock()


def module_by_jedi(module: str, importer: Path | None, root: Path, sys_path: Sequence[str]) -> ModuleFile | None:
    """The module that jedi finds for an absolute name; None as well where jedi fails."""
    if not all(part.isidentifier() for part in module.split(".")):
        return None
    with _lock:
        try:
            return _found(module, importer, root, sys_path)
        except Exception:
            return None


def _found(module: str, importer: Path | None, root: Path, sys_path: Sequence[str]) -> ModuleFile | None:
    import jedi  # type: ignore[import-untyped]
    from jedi.api.environment import InterpreterEnvironment  # type: ignore[import-untyped]
    from jedi.inference.compiled.subprocess import InferenceStateSameProcess  # type: ignore[import-untyped]

    class NothingLoaded(InferenceStateSameProcess):  # type: ignore[misc]
        def load_module(self, dotted_name: str, sys_path: list[str]) -> Any:
            if dotted_name in sys.modules or dotted_name in sys.builtin_module_names:
                return self.__getattr__("load_module")(dotted_name=dotted_name, sys_path=sys_path)
            return None

    class Static(InterpreterEnvironment):  # type: ignore[misc]
        def get_inference_state_subprocess(self, inference_state: Any) -> Any:
            return NothingLoaded(inference_state)

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
