"""What a module's weights come to: how many, how many of them are trained, and their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shapelens.dims import Dim, TooComplex, product
from shapelens.interpreter import containers
from shapelens.interpreter.machine import Machine
from shapelens.values import Choice, Class, Instance, Scalar, Tensor, Unknown
from shapelens.values.dtypes import BYTES


@dataclass(frozen=True)
class Weights:
    """Numbers and bytes; each None where it is not known. A weight that several modules share counts once."""

    count: Dim | None = 0
    trainable: Dim | None = 0
    bytes: Dim | None = 0
    buffer_bytes: Dim | None = 0


def numel(tensor: Tensor) -> Dim | None:
    """The number of elements; None where it is not known."""
    if not isinstance(tensor.shape, tuple):
        return None
    try:
        return product(tensor.shape)
    except TooComplex:
        return None


def tensor_bytes(tensor: Tensor) -> Dim | None:
    """The bytes of the elements; None where the shape or the dtype is not known."""
    count = numel(tensor)
    return None if count is None or tensor.dtype not in BYTES else count * BYTES[tensor.dtype]


def total(parts: Iterable[Dim | None]) -> Dim | None:
    """The sum; None where a part is not known."""
    found: Dim = 0
    for part in parts:
        if part is None:
            return None
        try:
            found = found + part
        except TooComplex:
            return None
    return found


class Holdings:
    """What modules hold, each looked at once. Only for as long as none of them changes."""

    def __init__(self, m: Machine, gradients_known: bool) -> None:
        self._is_frozen, self._gradients_known = m.is_frozen, gradients_known
        self._known: dict[int, _Held] = {}

    def parameters(self, module: Instance) -> list[Tensor]:
        """The module's own parameters and those of all modules in it, each once."""
        return list(self._of(module).parameters.values())

    def is_complete(self, module: Instance) -> bool:
        """Whether it is known of all modules in it what they hold: False where one may hold weights not known."""
        return self._of(module).complete

    def weights(self, module: Instance) -> Weights:
        """The weights of a module and of all modules in it."""
        held = self._of(module)
        found = self.of(held.parameters.values(), held.complete)
        size = total(tensor_bytes(tensor) for tensor in held.buffers.values()) if held.complete else None
        return Weights(found.count, found.trainable, found.bytes, size)

    def of(self, tensors: Iterable[Tensor], complete: bool = True) -> Weights:
        """What these parameters come to; not known where they are not all, or where it is not known which are frozen."""
        listed = list(tensors)
        if not complete:
            return Weights(None, None, None, None)
        frozen = [self._is_frozen(tensor) for tensor in listed]
        trainable = None
        if self._gradients_known and None not in frozen:
            trainable = total(numel(tensor) for tensor, is_frozen in zip(listed, frozen) if not is_frozen)
        return Weights(total(map(numel, listed)), trainable, total(map(tensor_bytes, listed)))

    def _of(self, module: Instance) -> _Held:
        found = self._known.get(module.born)
        if found is None:
            found = self._known[module.born] = _Held({}, {}, not _is_open(module))
            for tensor in containers.own_weights(module):
                found.parameters[id(tensor)] = tensor
            for tensor in containers.own_weights(module, buffers=True):
                found.buffers[id(tensor)] = tensor
            for child in containers.children(module).values():
                inner = self._of(child)
                found.parameters.update(inner.parameters)
                found.buffers.update(inner.buffers)
                found.complete = found.complete and inner.complete
        return found


@dataclass
class _Held:
    parameters: dict[int, Tensor]
    buffers: dict[int, Tensor]
    complete: bool


def _is_open(module: Instance) -> bool:
    attrs = module.attrs
    if attrs.get("?") is not None or attrs.get("*") is not None:
        return True
    if not isinstance(module.cls, Class):
        return False
    return any(_may_hold(value) for name, value in attrs.items() if name != "training")


def _may_hold(value: Any) -> bool:
    return isinstance(value, (Unknown, Choice)) and not isinstance(value, Scalar)


def tensors_in(value: Any, depth: int = 0) -> Iterator[Tensor]:
    """The tensors of a result or argument: itself, or those in its tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list)) and depth < 4:
        for each in value:
            yield from tensors_in(each, depth + 1)
    elif isinstance(value, dict) and depth < 4:
        for each in value.values():
            yield from tensors_in(each, depth + 1)
