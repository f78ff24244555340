"""Which callables of Keras have a rule: `python -m tests.rules.keras.callables [--write]` makes docs/coverage-keras.md."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras

import shapelens.rules.keras  # noqa: F401  registers the rules
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import canonical, layers, plain_bases, rules

PAGE = Path(__file__).parents[3] / "docs" / "coverage-keras.md"
FAMILIES = (
    "keras.layers", "keras.ops", "keras.ops.image", "keras.ops.linalg", "keras.random", "keras.activations", "keras.losses",
    "keras.metrics", "keras.initializers", "keras.utils", "keras.preprocessing.image", "keras.preprocessing.sequence",
    "keras.applications",
)  # fmt: skip
# All of these must have a rule, but for what runs code of another framework.
COMPLETE = ("keras.random", "keras.activations", "keras.losses", "keras.metrics")
FOLLOWED = "source"  # models, which are followed like those of any package
RULE, NO_TENSOR, UNKNOWN = "rule", "no tensor", "unknown"

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


@dataclass(frozen=True)
class Entry:
    """One callable. `note`: the file of its rule, or why there is none; its kind is "" where nobody said."""

    family: str
    name: str
    kind: str
    note: str

    @property
    def path(self) -> str:
        """Its full name."""
        return f"{self.family}.{self.name}"


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
        return "interpreter"
    else:
        return None
    home = _home(function)
    return f"{home}.py" if home is not None else "interpreter"


def _home(function: Any) -> str | None:
    """The module of a rule, or of the rule that a layer's `forward` wraps."""
    for cell in getattr(function, "__closure__", None) or ():
        if inspect.isfunction(cell.cell_contents) and function.__module__ == "shapelens.rules.keras.layer":
            if cell.cell_contents.__module__ != function.__module__:
                return _home(cell.cell_contents)
    module = getattr(function, "__module__", None)
    return module.partition("shapelens.rules.")[2].replace(".", "/") or None if module is not None else None


def _entry(family: str, name: str) -> Entry:
    path = f"{family}.{name}"
    file = _file(path)
    if file is not None:
        return Entry(family, name, RULE, file)
    if family == "keras.applications":
        return Entry(family, name, RULE, FOLLOWED)
    if name in _NO_TENSOR:
        return Entry(family, name, NO_TENSOR, "")
    for reason, names in REASONS.items():
        if any(path == n or n.endswith("*") and path.startswith(n[:-1]) for n in names.split()):
            return Entry(family, name, UNKNOWN, reason)
    return Entry(family, name, "", "")


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every public callable of the families."""
    return tuple(_entry(family, name) for family in FAMILIES for name in _callables(family))


def counts(*families: str) -> Counter[str]:
    """How many callables of the families there are of each kind."""
    return Counter(e.kind for e in entries() if e.family in families)


def share(*families: str) -> float:
    """Rules over all that gives tensors."""
    found = counts(*families)
    return found[RULE] / (found[RULE] + found[UNKNOWN])


def page() -> str:
    """docs/coverage-keras.md."""
    lines = [
        "# Which callables of Keras have a rule",
        "",
        f"Made from Keras {keras.__version__} by `python -m tests.rules.keras.callables --write`; not edited by hand. Each rule is",
        "held against Keras by the tests in `tests/rules/keras`, layers on tensors and on symbolic inputs.",
        "",
        "| family | callables | rule | no tensor | unknown | of those that give tensors |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_row(f"`{family}`", family) for family in FAMILIES),
        _row("all", *FAMILIES),
        "",
        "*No tensor*: settings, registries, drawings, and what no shape depends on. What gives a tensor and has no rule is unknown,",
        "and nothing is said of it.",
        "",
        "## Unknown, and why",
        "",
    ]
    for reason in REASONS:
        names = [e.path.removeprefix("keras.") for e in entries() if e.note == reason and e.kind == UNKNOWN]
        if names:
            lines.append(f"- {reason[0].upper()}{reason[1:]}: {_joined(names)}.")
    for family in FAMILIES:
        lines += ["", f"## {family}", ""]
        mine = [e for e in entries() if e.family == family]
        for file in sorted({e.note for e in mine if e.kind == RULE}):
            names = [e.name for e in mine if e.kind == RULE and e.note == file]
            lines.append(f"- {_place(file)}: {_joined(names)}")
        rest = [e.name for e in mine if e.kind == NO_TENSOR]
        if rest:
            lines.append(f"- no tensor: {_joined(rest)}")
    return "\n".join(lines) + "\n"


def _row(title: str, *families: str) -> str:
    c = counts(*families)
    total = c[RULE] + c[NO_TENSOR] + c[UNKNOWN]
    return f"| {title} | {total} | {c[RULE]} | {c[NO_TENSOR]} | {c[UNKNOWN]} | {share(*families):.1%} |"


def _joined(names: list[str]) -> str:
    return " ".join(f"`{n}`" for n in names)


def _place(file: str) -> str:
    if file == "interpreter":
        return "the interpreter itself"
    if file == FOLLOWED:
        return "their source is followed where Keras is installed"
    return f"[{file}](../server/shapelens/rules/{file})"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())
    for each in entries():
        if not each.kind:
            print("unclassified:", each.path, file=sys.stderr)
