"""Which objects are Keras layers and models, of which kind they are, and what Keras keeps throughout a run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim, Symbol, symbol, symbols
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import registry
from shapelens.values import (
    Class,
    Instance,
    Lib,
)

LAYER, MODEL, SEQUENTIAL, INPUT_LAYER = (
    "keras.layers.Layer",
    "keras.Model",
    "keras.Sequential",
    "keras.layers.InputLayer",
)
NO_METHOD = object()
Method = Callable[[Machine, Frame, ast.AST, Instance, list[Any], dict[str, Any]], Any]


registry.plain_bases.update({MODEL: (LAYER,), SEQUENTIAL: (MODEL,), INPUT_LAYER: (LAYER,)})
registry.aliases.update(
    {
        "keras.Layer": LAYER,
        "keras.layers.layer.Layer": LAYER,
        "keras.models.Model": MODEL,
        "keras.Functional": MODEL,
        "keras.models.Functional": MODEL,
        "keras.models.functional.Functional": MODEL,
        "keras.training.Model": MODEL,
        "keras.models.Sequential": SEQUENTIAL,
        "keras.layers.Input": "keras.Input",
    }
)
OWN = frozenset((LAYER, MODEL, SEQUENTIAL, INPUT_LAYER))


def rules() -> Any:
    """What the rules of Keras layers share. They are loaded with the first file that speaks of Keras."""
    from shapelens.rules.keras import layer

    return layer


class State:
    """What Keras itself keeps throughout a run: the batch's symbol, which symbols stand for None, names given out."""

    __slots__ = ("batch", "counts", "nones", "sizes")

    def __init__(self) -> None:
        self.batch: Dim = symbol("B")
        self.nones: set[Symbol] = set(symbols(self.batch))
        self.sizes: set[Symbol] = set()  # those of other axes than the batch
        self.counts: dict[str, int] = {}

    def none(self, name: str) -> Dim:
        """A new symbol for a size that is None."""
        made = symbol(name)
        self.nones |= symbols(made)
        self.sizes |= symbols(made)
        return made


def state(m: Machine) -> State:
    """The run's own."""
    if m.keras is None:
        use(m, State())
    found: State = m.keras
    return found


def use(m: Machine, kept: State) -> None:
    """Go on with what Keras keeps."""
    m.keras, m.call.nones = kept, kept.sizes


def is_keras_class(cls: Any) -> bool:
    """Whether instances are Keras layers or models."""
    kind = type(cls)
    if kind is Lib:
        return cls.path.startswith("keras.") and LAYER in registry.bases_of(cls.path)
    if kind is Class:
        for base in cls.mro:
            if type(base) is Lib and is_keras_class(base):
                return True
    return False


def is_layer(value: Any) -> bool:
    """Whether a value is a Keras layer or model."""
    return isinstance(value, Instance) and is_keras_class(value.cls)


def kind_of(instance: Instance) -> str:
    """SEQUENTIAL, MODEL, INPUT_LAYER or LAYER: the nearest of these that the instance is."""
    cls = instance.cls
    for base in cls.mro if isinstance(cls, Class) else map(Lib, registry.bases_of(cls.path)):
        if isinstance(base, Lib) and base.path in OWN:
            return base.path
    return LAYER


def snake_case(name: str) -> str:
    """The name that Keras gives a layer of that class. Source: keras.src.utils.naming.to_snake_case."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def give_name(m: Machine, instance: Instance, kind: str = "") -> None:
    """`dense`, `dense_1`, …: what Keras calls a layer of that class that the program gave no name."""
    if instance.attrs.get("name") is not None:
        return
    base = snake_case(kind or instance.cls.name)
    counts = state(m).counts
    number = counts.get(base, 0)
    counts[base] = number + 1
    instance.attrs["name"] = f"{base}_{number}" if number else base


def library_of(instance: Instance) -> str:
    """The first library class that an instance is or inherits from."""
    cls = instance.cls
    for base in cls.mro if isinstance(cls, Class) else (cls,):
        if isinstance(base, Lib):
            return base.path
    return LAYER
