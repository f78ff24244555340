"""Calls to hold the rules against torch with, from torch's own tests.

torch ships what its test suite calls every operator and layer with: `op_db` (the OpInfo of each operator: arguments that
work, and arguments that must fail) and `module_db` (constructor and forward arguments of each layer). `samples(path)`
gives those of a dotted path; names that torch has no entry for borrow from a twin (`torch.relu_` from
`torch.nn.functional.relu`), and the rest are in `calls.py`, written by hand.
"""

from __future__ import annotations

import functools
import itertools
import sys
import types
import unittest
import warnings
from collections.abc import Iterator
from typing import Any

import torch

from tests.rules.torch.calls import Sample, of

if "expecttest" not in sys.modules:  # torch's test helpers import it at the top; nothing that is used here needs it
    _module = types.ModuleType("expecttest")
    _module.TestCase = unittest.TestCase  # type: ignore[attr-defined]
    sys.modules["expecttest"] = _module

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.common_modules import module_db

# An operator may have thousands of samples; so many of each entry are enough, since they are varied afterwards.
MOST = 24
_DTYPES = (torch.float32, torch.int64, torch.complex64, torch.bool, torch.uint8)


@functools.cache
def _operators() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for op in op_db:
        for name in {op.name, *(a.name for a in op.aliases)}:
            found.setdefault(name, []).append(op)
    return found


@functools.cache
def _layers() -> dict[str, Any]:
    return {f"torch.nn.{info.module_cls.__name__}": info for info in module_db}


def usable(value: Any) -> bool:
    """Whether all tensors in it are plain ones of the CPU."""
    if isinstance(value, torch.Tensor):
        return value.layout is torch.strided and not value.is_quantized and value.numel() < 4096 and value.dim() < 9
    if isinstance(value, (tuple, list)):
        return all(usable(v) for v in value)
    if isinstance(value, dict):
        return all(usable(v) for v in value.values())
    return not isinstance(value, torch.nn.Module)


def detached(value: Any) -> Any:
    """The value with tensors that need no gradient, so that in-place calls work on them."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    if type(value) in (tuple, list):
        return type(value)(detached(v) for v in value)
    if isinstance(value, dict):
        return {k: detached(v) for k, v in value.items()}
    return value


@functools.cache
def _of_operators(name: str) -> list[Sample]:
    torch.manual_seed(0)
    return [s for op in _operators()[name] for s in _of_operator(op)]


def _of_operator(op: Any) -> Iterator[Sample]:
    supported = op.supported_dtypes("cpu")
    dtype = next((d for d in _DTYPES if d in supported), None)
    if dtype is None:
        return
    kinds = [op.sample_inputs("cpu", dtype)]
    if op.error_inputs_func is not None:
        kinds.append(e.sample_input for e in op.error_inputs("cpu"))
    for kind in kinds:
        try:
            for s in itertools.islice(kind, MOST):
                if isinstance(getattr(s, "input", None), torch.nn.Module):
                    continue
                sample = Sample((s.input, *s.args), dict(s.kwargs))
                if usable(sample.args) and usable(sample.kwargs):
                    yield Sample(detached(sample.args), detached(sample.kwargs))
        except (IndexError, RuntimeError, TypeError):  # a sample that needs what this machine lacks
            continue


def _of_layer(info: Any) -> Iterator[Sample]:
    for training in (False, True):
        found = info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False, training=training)
        for s in itertools.islice(found, MOST):
            if s.forward_input is None:
                continue
            made, given = s.constructor_input, s.forward_input
            if usable(given.args) and usable(given.kwargs) and usable(made.args) and usable(made.kwargs):
                yield Sample(detached(tuple(given.args)), detached(given.kwargs), (tuple(made.args), dict(made.kwargs)))


def _names(path: str) -> Iterator[str]:
    """Under which names torch may have samples of a path, the nearest first."""
    name = path.removeprefix("torch.")
    short = name.rpartition(".")[2]
    bare = short.rstrip("_") if not short.startswith("__") else short
    if name.startswith("Tensor."):
        name = short
    yield name
    if short.startswith("__i"):
        yield f"__r{short[3:]}"
        yield short[3:].rstrip("_")
    if short.startswith("__"):
        yield f"__r{short[2:]}"
        yield {"__mod__": "remainder", "__lshift__": "bitwise_left_shift"}.get(short, short.strip("_"))
    yield name.removesuffix("_")
    yield from (bare, f"nn.functional.{bare}", f"special.{bare}", f"linalg.{bare}", f"fft.{bare}")
    if bare.endswith("_copy"):
        yield bare.removesuffix("_copy")


@functools.cache
def samples(path: str) -> tuple[Sample, ...]:
    """Calls of the function, method or layer of a dotted path; nothing where none are known."""
    found = list(of(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        if path in _layers():
            found += _of_layer(_layers()[path])
        elif not found:
            for name in _names(path):
                if name in _operators():
                    found = _of_operators(name)
                    break
    if path.startswith("torch.utils."):
        found = []  # `__getitem__` is not that of a tensor
    if path.startswith("torch.Tensor."):
        found = [s for s in found if s.args and isinstance(s.args[0], torch.Tensor)]
    return tuple(found)
