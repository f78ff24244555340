"""Every rule of NumPy on symbolic sizes: with the numbers put in, it says what it says of the numbers, or less."""

from __future__ import annotations

from typing import Any

import pytest

from shapelens.dims import Expr, as_symbol, evaluate, symbol, symbols
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, rules
from shapelens.values import Instance, Lib, List, Store, Tensor
from tests.rules.numpy.calls import PATHS, samples
from tests.rules.numpy.harness import Sample, abstract, ours

_NAMES = {n: symbol(f"d{n}", 2) for n in range(2, 100)}
_VALUES = {as_symbol(found): n for n, found in _NAMES.items()}


def _opened(value: Any) -> Any:
    """Each size above 1 as a symbol of at least 2, equal sizes the same one; without known numbers."""
    if isinstance(value, Tensor):
        return Tensor(tuple(_NAMES.get(d, d) for d in value.shape), value.dtype, "numpy")
    if isinstance(value, List):
        return List([_opened(v) for v in value])
    return tuple(_opened(v) for v in value) if isinstance(value, tuple) else value


def _leaves(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [leaf for v in value for leaf in _leaves(v)] if isinstance(value, (tuple, list)) else []


def _agrees(size: Any, number: Any) -> bool:
    """Whether a size is that number; one that depends on data, on either side, may be any."""
    if isinstance(size, Expr):
        return not symbols(size) <= set(_VALUES) or isinstance(number, Expr) or evaluate(size, _VALUES) == number
    return isinstance(number, Expr) or size == number


@pytest.mark.parametrize("path", PATHS)
def test_symbolic(path: str) -> None:
    for sample in samples(path):
        try:
            expected = ours(path, sample)
        except Failure:
            continue
        found = _of_symbols(path, sample)
        for a, b in zip(_leaves(found), _leaves(expected)):
            if isinstance(a.shape, tuple) and isinstance(b.shape, tuple):
                assert len(a.shape) == len(b.shape), f"{path}{abstract(sample.args)}: {a} of symbols, {b} of numbers"
                same = all(_agrees(x, y) for x, y in zip(a.shape, b.shape))
                assert same, f"{path}{abstract(sample.args)}: {a.shape} of symbols, {b.shape} of numbers"


def _of_symbols(path: str, sample: Sample) -> Any:
    args = [_opened(abstract(a)) for a in sample.args]
    owner = path.rpartition(".")[0]
    if owner in ("numpy.random.Generator", "numpy.random.RandomState"):
        args = [Instance(Lib(owner)), *args]
    call = Call(Store(), path)
    kwargs = {k: _opened(abstract(v)) for k, v in sample.kwargs.items()}
    try:
        return apply_rule(call, rules[path], args, kwargs)
    except Failure as failure:
        raise AssertionError(f"{path}{args}{kwargs}: {failure.message}") from None
