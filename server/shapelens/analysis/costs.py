"""What a module's weights come to: how many, how many of them are trained, and their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shapelens.dims import Dim, TooComplex, product
from shapelens.interpreter import containers
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


def parameters(module: Instance) -> list[Tensor]:
    """The module's own parameters and those of all modules in it, each once."""
    return list({id(tensor): tensor for _, tensor in containers.weights(module)}.values())


def is_complete(module: Instance) -> bool:
    """Whether it is known of all modules in it what they hold: False where one may hold weights that are not known."""
    return not any(_is_open(each) for _, each in containers.walk(module))


def _is_open(module: Instance) -> bool:
    attrs = module.attrs
    if attrs.get("?") is not None or attrs.get("*") is not None:
        return True
    if not isinstance(module.cls, Class):
        return False
    return any(_may_hold(value) for name, value in attrs.items() if name != "training")


def _may_hold(value: Any) -> bool:
    return isinstance(value, (Unknown, Choice)) and not isinstance(value, Scalar)


def weights_of(tensors: Iterable[Tensor], complete: bool = True, gradients_known: bool = True) -> Weights:
    """What these parameters come to; not known where they are not all, or where it is not known which are frozen."""
    listed = list(tensors)
    if not complete:
        return Weights(None, None, None, None)
    count = total(numel(tensor) for tensor in listed)
    known = gradients_known and all(tensor.frozen is not None for tensor in listed)
    trainable = total(numel(tensor) for tensor in listed if not tensor.frozen) if known else None
    return Weights(count, trainable, total(tensor_bytes(tensor) for tensor in listed))


def module_weights(module: Instance, gradients_known: bool = True) -> Weights:
    """The weights of a module and of all modules in it."""
    complete = is_complete(module)
    found = weights_of(parameters(module), complete, gradients_known)
    buffers = {id(tensor): tensor for _, tensor in containers.weights(module, buffers=True)}
    size = total(tensor_bytes(tensor) for tensor in buffers.values()) if complete else None
    return Weights(found.count, found.trainable, found.bytes, size)


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
