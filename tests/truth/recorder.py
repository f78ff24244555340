"""Runs one model in a process of its own and prints the shapes of its tensors, place by place, as JSON rows.

    python -m tests.truth.recorder torchvision.models.resnet:resnet18() 2,3,224,224
    python -m tests.truth.recorder "keras.applications.vgg16:VGG16(weights=None)" keras

The model is built and called on the meta device: sizes and weights cost nothing. What cannot be built there is built on
the CPU first. For Keras, making the model is the run. A row is {file, line, end_line, name, kind, values} with the distinct [shape, dtype] in the order met.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.truth.instrument import Point, install

DTYPES = {"f": "float32", "i": "int64", "u": "uint8"}


def record(model: str, inputs: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of one run of `MODULE:EXPRESSION`, called with inputs such as `2,3,224,224` or `i:2,16`."""
    if list(inputs) == ["keras"]:
        return record_keras(model)
    import torch

    library = declared_operators()
    module_name, _, expression = model.partition(":")
    seen: dict[Point, list[Any]] = {}
    running = False

    def keep(point: Point, value: Any) -> None:
        if running and isinstance(value, torch.Tensor):
            shape = [list(value.shape), str(value.dtype).removeprefix("torch.")]
            shapes = seen.setdefault(point, [])
            if shape not in shapes:
                shapes.append(shape)

    install(_root(module_name), keep)
    namespace = vars(importlib.import_module(module_name))
    network = built(expression, namespace).eval()
    arguments = [input_tensor(text) for text in inputs]
    with torch.device("meta"), torch.no_grad():
        running = True
        network(*arguments)
        running = False
    del library
    return _rows(seen)


def record_keras(model: str) -> list[dict[str, Any]]:
    """The rows of making a Keras model; a size of None stays one."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    module_name, _, expression = model.partition(":")
    seen: dict[Point, list[Any]] = {}
    running = False

    def keep(point: Point, value: Any) -> None:
        if running and "Tensor" in type(value).__name__ and hasattr(value, "shape"):
            shape = [list(value.shape), str(getattr(value.dtype, "name", value.dtype))]
            shapes = seen.setdefault(point, [])
            if shape not in shapes:
                shapes.append(shape)

    spec = importlib.util.find_spec("keras")
    assert spec is not None
    assert spec.origin is not None
    install(os.path.join(os.path.dirname(spec.origin), "src", "applications", ""), keep)
    namespace = vars(importlib.import_module(module_name))
    running = True
    eval(expression, namespace)
    running = False
    return _rows(seen)


def _rows(seen: dict[Point, list[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "file": point.file,
            "line": point.line,
            "end_line": point.end_line,
            "name": point.name,
            "kind": point.kind,
            "values": values,
        }
        for point, values in sorted(seen.items(), key=lambda item: (item[0].file, item[0].line, item[0].name))
    ]


def built(expression: str, namespace: dict[str, Any]) -> Any:
    """The model, on the meta device."""
    import torch

    try:
        with torch.device("meta"):
            return eval(expression, namespace)
    except (NotImplementedError, RuntimeError):
        return eval(expression, namespace).to("meta")


def input_tensor(text: str) -> Any:
    """A meta tensor as `i:2,16` describes it."""
    import torch

    kind, _, dims = text.rpartition(":")
    shape = [int(dim) for dim in dims.split(",") if dim]
    return torch.empty(shape, dtype=getattr(torch, DTYPES[kind or "f"]), device="meta")


def _root(module_name: str) -> str:
    """The folder whose files are recorded: the module's own package."""
    spec = importlib.util.find_spec(module_name.partition(".")[0])
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module_name)
    parts = module_name.split(".")
    folder = Path(spec.origin).parent.joinpath(*parts[1:-1])
    return f"{folder}{os.sep}" if len(parts) > 1 else spec.origin


def declared_operators() -> object:
    """Declare torchvision's compiled operators, so that its Python imports where they were built for another torch."""
    import torch

    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in sorted(set(_operator_names(Path(spec.origin).with_name("_meta_registrations.py")))):
        with contextlib.suppress(RuntimeError):  # they are there: torchvision's own, or from an earlier call
            library.define(f"{name}(Tensor a) -> Tensor")
    return library


def _operator_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call):
                for argument in decorator.args[:1]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value.removeprefix("torchvision::")


if __name__ == "__main__":
    json.dump(record(sys.argv[1], sys.argv[2:]), sys.stdout)
