"""keras.ops.core: loops and branches, which call functions of the program; and einops' rearrange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.einops.functions import rearranged
from shapelens.rules.keras.ops.common import made, of_keras, size
from shapelens.rules.registry import rule
from shapelens.values import Dict, List, Tensor, Unknown


def _each(c: Call, value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The same structure with every tensor changed."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        return change(value)
    if value is None:
        return None
    if type(value) is tuple:
        return tuple([_each(c, v, change) for v in value])
    if isinstance(value, List) and value.rest is None:
        return List([_each(c, v, change) for v in value])
    if isinstance(value, Dict) and value.rest is None:
        return Dict({k: _each(c, v, change) for k, v in value.items()})
    if isinstance(value, Unknown):
        raise NotKnown
    return change(converted(c, value))


def _leaves(c: Call, value: Any) -> list[Tensor]:
    found: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    _each(c, value, keep)
    return found


def _taken(c: Call, value: Any) -> tuple[Any, Dim]:
    """One element along the first axis of all tensors, and how many there are."""
    tensors = _leaves(c, value)
    if not tensors:
        raise NotKnown
    for tensor in tensors:
        if not c.dims(tensor):
            c.fail("rank-mismatch", f"{c.name}: a tensor of rank 0 has no elements to go over", tensor)
    return _each(c, value, lambda t: t.with_(shape=c.dims(t)[1:])), c.dims(tensors[0])[0]


def _stacked(c: Call, value: Any, count: Dim) -> Any:
    return _each(c, value, lambda t: t.with_(shape=(count, *c.dims(t))))


def _alike(c: Call, a: Any, b: Any) -> bool:
    """Whether two results have the same shapes and dtypes."""
    one, two = _leaves(c, a), _leaves(c, b)
    return len(one) == len(two) and all(c.shape(x) == c.shape(y) and x.dtype == y.dtype for x, y in zip(one, two))


@rule("keras.ops.map", "keras.ops.vectorized_map")
def map_(c: Call, f: object, xs: object) -> object:
    """The function of each element along the first axis, stacked."""
    element, count = _taken(c, xs)
    return _stacked(c, c.invoke(f, element), count)


@rule("keras.ops.scan")
def scan(c: Call, f: object, init: object, xs: object = None, length: object = None, reverse: object = False,
         unroll: object = 1) -> object:  # fmt: skip
    """`f(carry, x)` gives (carry, y): the last carry, and all y stacked."""
    given = c.store.value(xs)
    if given is None:
        element, count = None, size(c, length)
    else:
        element, count = _taken(c, given)
    result = c.store.value(c.invoke(f, init, element))
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise NotKnown
    if not _alike(c, result[0], init):
        raise NotKnown
    return (_each(c, result[0], lambda t: t), _stacked(c, result[1], count))


@rule("keras.ops.associative_scan")
def associative_scan(c: Call, f: object, elems: object, reverse: object = False, axis: int = 0) -> object:
    """The shape stays."""
    for tensor in _leaves(c, elems):
        dims = c.dims(tensor)
        if not -len(dims) <= axis < len(dims):
            raise NotKnown
    if not _alike(c, c.invoke(f, elems, elems), elems):
        raise NotKnown
    return _each(c, elems, lambda t: made(t.shape, t.dtype))


@rule("keras.ops.while_loop")
def while_loop(c: Call, cond: object, body: object, loop_vars: object, maximum_iterations: object = None) -> object:
    """The variables as the body gives them, where they keep their shapes."""
    value = c.store.value(loop_vars)
    given = list(value) if isinstance(value, (tuple, list)) else [value]
    result = c.store.value(c.invoke(body, *given))
    found = list(result) if isinstance(result, (tuple, list)) else [result]
    if not _alike(c, tuple(found), tuple(given)):
        raise NotKnown
    return _each(c, value, lambda t: made(t.shape, t.dtype))


@rule("keras.ops.fori_loop")
def fori_loop(c: Call, lower: object, upper: object, body_fun: object, init_val: object) -> object:
    """The value as the body gives it, where it keeps its shape."""
    if not _alike(c, c.invoke(body_fun, made((), "int32"), init_val), init_val):
        raise NotKnown
    return _each(c, init_val, lambda t: made(t.shape, t.dtype))


@rule("keras.ops.cond")
def cond(c: Call, pred: object, true_fn: object, false_fn: object) -> object:
    """What both branches give, where that is alike."""
    first, second = c.invoke(true_fn), c.invoke(false_fn)
    if not _alike(c, first, second):
        raise NotKnown
    return _each(c, first, lambda t: made(t.shape, t.dtype) if not of_keras(t) else t)


@rule("keras.ops.switch")
def switch(c: Call, index: object, branches: object, *operands: object) -> object:
    """What all branches give, where that is alike."""
    value = c.store.value(branches)
    if not isinstance(value, (tuple, list)) or not value or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    results = [c.invoke(branch, *operands) for branch in value]
    if not all(_alike(c, results[0], r) for r in results[1:]):
        raise NotKnown
    return _each(c, results[0], lambda t: t)


@rule("keras.ops.custom_gradient")
def custom_gradient(c: Call, f: object) -> object:
    """What the function gives besides its gradient is not followed."""
    raise NotKnown


@rule("keras.ops.rearrange")
def rearrange(c: Call, tensor: object, pattern: str, **axes_lengths: object) -> Tensor:
    """einops' language: `rearrange(x, "b h w c -> b (h w) c")`."""
    return rearranged(c, converted(c, c.store.value(tensor)), pattern, dict(axes_lengths))
