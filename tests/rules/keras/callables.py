"""Which callables of Keras have a rule: `python -m tests.rules.keras.callables [--write]` makes docs/coverage-keras.md."""

from __future__ import annotations

import functools
import inspect
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras

import shapelens.rules.keras  # noqa: F401  registers the rules
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import canonical, layers, plain_bases, rules
from tests.rules.coverage import INTERPRETER, NOTHING, RULE, UNKNOWN, Coverage, Entry, file_of

FAMILIES = (
    "keras.layers", "keras.ops", "keras.ops.image", "keras.ops.linalg", "keras.random", "keras.activations", "keras.losses",
    "keras.metrics", "keras.initializers", "keras.utils", "keras.preprocessing.image", "keras.preprocessing.sequence",
    "keras.applications",
)  # fmt: skip
FOLLOWED = "source"  # models, which are followed like those of any package

# Why what gives tensors has no rule.
REASONS = {
    "runs a model or a function of another framework, or one that was saved": (
        "keras.layers.FlaxLayer keras.layers.JaxLayer keras.layers.TFSMLayer keras.layers.TorchModuleWrapper"
    ),
    "calls a function that it is given": ("keras.ops.jvp keras.ops.vectorize keras.ops.linalg.jvp"),
    "what goes into a model depends on the data that it was adapted to": "keras.utils.FeatureSpace",
    "made for the convolutions of STFTSpectrogram": (
        "keras.initializers.STFT keras.initializers.STFTInitializer keras.initializers.stft"
    ),
}
# Settings, registries, texts, drawings, and what is of no shape.
_NO_TENSOR = frozenset(
    "Config CustomObjectScope InputSpec Progbar custom_object_scope deserialize deserialize_keras_object get "
    "get_custom_objects get_registered_name get_registered_object is_interactive_logging_enabled model_to_dot plot_model "
    "register_keras_serializable serialize serialize_keras_object standardize_dtype".split()
)


def _callables(family: str) -> list[str]:
    owner = functools.reduce(getattr, family.split(".")[1:], keras)
    found = []
    for name in sorted(dir(owner)):
        value = getattr(owner, name)
        if not name.startswith("_") and callable(value) and not inspect.ismodule(value):
            found.append(name)
    return found


def _file(path: str) -> str | None:
    """Where the rule lies; None where there is none."""
    path = canonical(path)
    if path in layers:
        forward = layers[path].forward
        function: Any = forward.function if forward is not None else None
    elif path in rules:
        function = rules[path].function
    elif path in plain_bases or path in NATIVES or path == "keras.layers.Layer":
        return INTERPRETER
    else:
        return None
    return INTERPRETER if function is None else file_of(_wrapped(function))


def _wrapped(function: Any) -> Any:
    """The rule that a layer's `forward` wraps, or the function itself."""
    for cell in getattr(function, "__closure__", None) or ():
        if inspect.isfunction(cell.cell_contents) and function.__module__ == "shapelens.rules.keras.layer":
            if cell.cell_contents.__module__ != function.__module__:
                return _wrapped(cell.cell_contents)
    return function


def _entry(family: str, name: str) -> Entry:
    path = f"{family}.{name}"
    file = _file(path)
    if file is not None:
        return Entry(family, name, RULE, file)
    if family == "keras.applications":
        return Entry(family, name, RULE, FOLLOWED)
    if name in _NO_TENSOR:
        return Entry(family, name, NOTHING, "")
    for reason, names in REASONS.items():
        if any(path == n or n.endswith("*") and path.startswith(n[:-1]) for n in names.split()):
            return Entry(family, name, UNKNOWN, reason)
    return Entry(family, name, "", "")


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every public callable of the families."""
    return tuple(_entry(family, name) for family in FAMILIES for name in _callables(family))


COVERAGE = Coverage(
    "keras", "Keras", keras.__version__, "coverage-keras.md", FAMILIES, entries, REASONS,
    ["Each rule is held against Keras by the tests in `tests/rules/keras`, layers on tensors and on symbolic inputs."],
    [
        "*No tensor*: settings, registries, drawings, and what no shape depends on. What gives a tensor and has no rule is unknown,",
        "and nothing is said of it.",
    ],
    places={FOLLOWED: "their source is followed where Keras is installed"},
)  # fmt: skip

if __name__ == "__main__":
    COVERAGE.main()
