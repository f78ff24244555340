"""Holds a rule's symbolic answer against its concrete one: substituting the sizes must give the same shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from shapelens.dims import Dim, as_symbol, evaluate, symbol, symbols
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, call_layer, make_layer
from shapelens.values import Instance, Lib, Store, Tensor
from tests.rules.torch.harness import rules

images = {n: st.tuples(st.integers(1, 3), st.integers(1, 6), *[st.integers(1, 9)] * n) for n in (1, 2, 3)}


def made(path: str, *args: Any, **kwargs: Any) -> tuple[Call, Instance]:
    """A layer of ours and the context that it was made in."""
    c = Call(Store(), path)
    instance = Instance(Lib(path))
    make_layer(c, path, instance, args, kwargs)
    return c, instance


def layer_run(path: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A function that makes the layer anew and calls it."""

    def run(*inputs: Tensor) -> Any:
        c, instance = made(path, *args, **kwargs)
        return c, call_layer(c, path, instance, inputs, {})

    return run


def rule_run(path: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A function that calls the rule, with `args` behind the tensor."""

    def run(*inputs: Tensor) -> Any:
        c = Call(Store(), path)
        return c, apply_rule(c, rules[path], (*inputs, *args), kwargs)

    return run


def agrees(run: Callable[..., Any], shape: Sequence[int], exact: bool = True, dtype: str = "float32") -> None:
    """Run with every dim a symbol and with numbers. Without `exact` dims may stay unknown."""
    names: tuple[Dim, ...] = tuple([symbol(f"s{i}") for i in range(len(shape))])
    env = {as_symbol(d): size for d, size in zip(names, shape)}
    try:
        _, expected = run(Tensor(tuple(shape), dtype))
    except Failure:
        return  # the symbolic run need not notice
    c, found = run(Tensor(names, dtype))
    pairs = zip(found, expected) if isinstance(found, tuple) else [(found, expected)]
    for ours, theirs in pairs:
        if theirs.shape is None:
            continue
        assert ours.dtype == theirs.dtype
        assert isinstance(ours.shape, tuple)
        assert len(ours.shape) == len(theirs.shape)
        for place, (a, b) in enumerate(zip(c.store.dims(ours.shape), theirs.shape)):
            unknown = symbols(a) - set(env)
            assert not (exact and unknown), f"dim {place} of {c.text(ours)} is not known"
            if not unknown:
                assert evaluate(a, env) == b, f"dim {place}: {c.text(ours)} for {shape} should be {theirs.shape}"  # type: ignore[arg-type]
