"""Where no rule answers: the oracle, if there is one. What it does not know, or not yet, stays unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapelens.interpreter.machine import Machine
from shapelens.rules.conversion import owned
from shapelens.values import UNKNOWN, List, Named, Size, Tensor, Unknown

_COST = 20  # in fuel: reading the call as a question takes about as long as a symbolic operation


class Unruled(Unknown):
    """A layer of torch's or Keras' own that has no rule: the arguments that it was made with, for the oracle to make it again."""

    __slots__ = ("args", "kwargs", "path")

    def __init__(self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__(f"{path}()")
        self.path, self.args, self.kwargs = path, args, kwargs


def asked(m: Machine, path: str, args: Sequence[Any], kwargs: Mapping[str, Any], otherwise: Any) -> Any:
    """What a library callable gives by the library's own word; `otherwise` where that is not to be had."""
    if m.oracle is None or not _is_askable(path, kwargs):
        return otherwise
    m.burn(_COST)
    m.asked += 1
    found = m.oracle.ask(path, _resolved(m, args), _resolved_table(m, kwargs))
    return _answer(m, path, found, args, kwargs, otherwise)


def unruled(m: Machine, path: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Unruled | None:
    """A layer that only the library itself knows; None where the name is none, or there is nobody to ask."""
    if (
        m.oracle is None
        or not path.startswith(("torch.nn.", "keras.layers."))
        or not path.rpartition(".")[2][:1].isupper()
    ):
        return None
    if not m.oracle.may_ask(path):
        return None
    return Unruled(path, tuple(_resolved(m, args)), _resolved_table(m, kwargs))


def asked_of_layer(m: Machine, layer: Unruled, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What such a layer gives."""
    if m.oracle is None:
        return UNKNOWN
    m.burn(_COST)
    m.asked += 1
    found = m.oracle.ask(layer.path, _resolved(m, args), _resolved_table(m, kwargs), made_of=(layer.args, layer.kwargs))
    return _answer(m, layer.path, found, args, kwargs, UNKNOWN)


def is_unanswered(value: Any) -> bool:
    """Whether a rule left the result, or the shape of its one tensor, open."""
    return type(value) is Unknown and value.hole is None or type(value) is Tensor and value.shape is None


def _is_askable(path: str, kwargs: Mapping[str, Any]) -> bool:
    if not path.startswith(("torch.", "keras.ops.")):
        return False
    name = path.rpartition(".")[2]
    return not (name.startswith("_") or name.endswith("_") or "out" in kwargs or kwargs.get("inplace", False))


def _resolved(m: Machine, given: Sequence[Any]) -> list[Any]:
    return [_value(m, each) for each in given]


def _resolved_table(m: Machine, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(m, each) for name, each in given.items()}


def _value(m: Machine, given: Any) -> Any:
    if type(given) is List and given.rest is None:
        return [_value(m, each) for each in given]
    return m.store.value(given)


def _answer(m: Machine, path: str, found: Any, args: Sequence[Any], kwargs: Mapping[str, Any], otherwise: Any) -> Any:
    if found is None:
        return otherwise
    if path.startswith("keras."):
        return owned(m.call, found, [m.store.value(each) for each in (*args, *kwargs.values())])
    return _without_dtype(found) if m.call.autocast else found


def _without_dtype(found: Any) -> Any:
    """Inside torch.autocast the library chooses dtypes by the device, which is not asked about."""
    if type(found) is Tensor:
        return Tensor(found.shape, None)
    if type(found) is List:
        return List([_without_dtype(each) for each in found])
    if type(found) is Named:
        return Named.of(**dict(zip(found.names, map(_without_dtype, found))))
    if type(found) is tuple and type(found) is not Size:
        return tuple([_without_dtype(each) for each in found])
    return found
