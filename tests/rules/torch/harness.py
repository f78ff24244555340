"""Holds a rule against the real torch: the same shape and dtype where torch answers, a failure where torch raises.

`check("torch.cat", [a, b], dim=1)` calls torch.cat on the real tensors and our rule on their shapes.
`check_layer("torch.nn.Conv2d", (3, 8, 3), {"padding": 1}, x)` makes both layers and calls them on x.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from hypothesis import HealthCheck, settings

import shapelens.rules.torch  # noqa: F401  registers the rules
from shapelens.dims import Expr, as_symbol, evaluate, symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, call_layer, make_layer, rules
from shapelens.values import Instance, Lib, Scalar, Size, Store, Tensor, Unknown
from shapelens.values.tensor import PACKED, Strides

settings.register_profile(
    "rules", max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("rules")


class Disagreement(AssertionError):
    """Our rule and torch do not say the same."""


class Shaped(Tensor):
    """A tensor to compare with, however its elements lie in memory."""

    __hash__ = Tensor.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tensor) and (self._key(), self.scalars) == (other._key(), other.scalars)


def abstract(value: Any) -> Any:
    """The value as the interpreter would hold it."""
    if isinstance(value, torch.Tensor):
        made = Tensor(tuple(value.shape), str(value.dtype)[6:], parameter=isinstance(value, torch.nn.Parameter))
        made.strides = _strides(value)
        return made
    if isinstance(value, torch.dtype):
        return Lib(str(value))
    if isinstance(value, torch.Size):
        return Size(value)
    if isinstance(value, tuple):
        return tuple(abstract(v) for v in value)
    if isinstance(value, list):
        return [abstract(v) for v in value]
    if isinstance(value, dict):
        return {k: abstract(v) for k, v in value.items()}
    if isinstance(value, slice):
        return slice(abstract(value.start), abstract(value.stop), abstract(value.step))
    return value


def _strides(value: torch.Tensor) -> Strides:
    if value.layout is not torch.strided or type(value) not in (torch.Tensor, torch.nn.Parameter):
        return None
    return PACKED if value.is_contiguous() else value.stride()


def agree_on_strides(ours: Tensor, real: torch.Tensor, place: str) -> None:
    """What is known of how the elements lie in memory; the step of a dim of 1 says nothing."""
    if ours.strides is None or real.numel() == 0:
        return
    if ours.strides is PACKED:
        if not real.is_contiguous():
            raise Disagreement(f"{place}: torch gives strides {real.stride()}, our rule packed ones")
        return
    for size, a, b in zip(real.shape, ours.strides, real.stride(), strict=True):
        if size > 1 and isinstance(a, int) and a != b:
            raise Disagreement(f"{place}: torch gives strides {real.stride()}, our rule {ours.strides}")


def _agree(ours: Any, real: Any, place: str, allow_unknown: bool) -> None:
    if isinstance(real, torch.Tensor):
        if isinstance(ours, Unknown) or isinstance(ours, Tensor) and ours.shape is None:
            if not allow_unknown:
                raise Disagreement(f"{place}: torch gives {tuple(real.shape)}, our rule does not know")
            return
        if not isinstance(ours, Tensor):
            raise Disagreement(f"{place}: torch gives a tensor, our rule {ours!r}")
        symbolic = isinstance(ours.shape, tuple) and any(isinstance(d, Expr) for d in ours.shape)
        if symbolic and allow_unknown:
            if len(ours.shape) != real.dim():
                raise Disagreement(f"{place}: rank {real.dim()} against ours {ours.shape}")
            for a, b in zip(ours.shape, real.shape):
                if isinstance(a, int) and a != b:
                    raise Disagreement(f"{place}: {tuple(real.shape)} against ours {ours.shape}")
        elif ours.shape != tuple(real.shape):
            raise Disagreement(f"{place}: torch gives {tuple(real.shape)}, our rule {ours.shape}")
        if ours.dtype != str(real.dtype)[6:] and not (allow_unknown and ours.dtype is None):
            raise Disagreement(f"{place}: torch gives {real.dtype}, our rule {ours.dtype}")
        agree_on_strides(ours, real, place)
        return
    if isinstance(real, (tuple, list)):
        if isinstance(ours, Unknown) and allow_unknown:
            return
        if not isinstance(ours, (tuple, list)) or len(ours) != len(real):
            raise Disagreement(f"{place}: torch gives {len(real)} things, our rule {ours!r}")
        for i, (a, b) in enumerate(zip(ours, real)):
            _agree(a, b, f"{place}[{i}]", allow_unknown)
        return
    if isinstance(ours, (Unknown, Scalar)):
        return
    if isinstance(real, torch.dtype):
        real = Lib(str(real))
    if isinstance(real, torch.device):
        return
    if ours != real:
        raise Disagreement(f"{place}: torch gives {real!r}, our rule {ours!r}")


def compare(
    ours: Callable[[], Any], real: Callable[[], Any], place: str, allow_unknown: bool = False, may_miss: bool = False
) -> None:
    """Run both. `allow_unknown`: our side may not know; `may_miss`: our side may not notice an error."""
    try:
        expected = real()
    except (
        RuntimeError,
        ValueError,
        IndexError,
        TypeError,
        AssertionError,
        AttributeError,
        NotImplementedError,
    ) as error:
        try:
            found = ours()
        except Failure as failure:
            assert failure.code, "a failure has a code"
            assert failure.message, "a failure has a message"
            return
        # A kernel that the CPU lacks for a dtype may exist on another device: we need not report it.
        if not may_miss and " not implemented for '" not in str(error):
            raise Disagreement(f"{place}: torch raises {error}; our rule gives {found!r}") from None
        return
    try:
        found = ours()
    except Failure as failure:
        raise Disagreement(f"{place}: torch accepts it; our rule says {failure.code}: {failure.message}") from None
    _agree(found, expected, place, allow_unknown)


def real_function(path: str) -> Callable[..., Any]:
    """The torch callable of a dotted path."""
    return functools.reduce(getattr, path.split(".")[1:], torch)


def call(path: str, *args: Any, **kwargs: Any) -> Any:
    """Our rule on abstract arguments."""
    return apply_rule(Call(Store(), path), rules[path], args, kwargs)


def check(path: str, *args: Any, allow_unknown: bool = False, may_miss: bool = False, **kwargs: Any) -> None:
    """Hold the rule of a function or method (`torch.Tensor.view`) against torch on these real arguments."""
    shown = f"{path}{abstract(args)}{abstract(kwargs) or ''}"
    ours = [abstract(a) for a in args]
    our_kwargs = {k: abstract(v) for k, v in kwargs.items()}
    compare(
        lambda: call(path, *ours, **our_kwargs),
        lambda: real_function(path)(*args, **kwargs),
        shown,
        allow_unknown,
        may_miss,
    )


def check_symbolic(path: str, *args: Any, **kwargs: Any) -> None:
    """Our rule on symbolic sizes, with the numbers put in afterwards, says the same as on the numbers.

    Each size above 1 becomes a symbol of at least 2, equal sizes the same one. Not knowing is allowed.
    """
    names = {n: symbol(f"d{n}", 2) for n in range(2, 100)}
    values = {as_symbol(found): n for n, found in names.items()}

    def open_up(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.with_(shape=tuple(names.get(d, d) for d in value.shape))
        if isinstance(value, (tuple, list)):
            return type(value)(open_up(v) for v in value)
        return value

    def closed(value: Any) -> Any:
        if isinstance(value, Tensor) and isinstance(value.shape, tuple):
            return value.with_(shape=tuple(evaluate(d, values) for d in value.shape))
        if isinstance(value, (tuple, list)):
            return [closed(v) for v in value]
        return value

    ours = [abstract(a) for a in args]
    our_kwargs = {k: abstract(v) for k, v in kwargs.items()}
    expected = closed(call(path, *ours, **our_kwargs))
    found = closed(call(path, *open_up(ours), **our_kwargs))
    for a, b in zip(_leaves(found), _leaves(expected)):
        if a.shape is not None and a != b:
            raise Disagreement(f"{path}{ours}: {b} of numbers, {a} of symbols")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Tensor):
        return [value]
    return [leaf for v in value for leaf in _leaves(v)] if isinstance(value, (tuple, list)) else []


def check_layer(
    path: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *inputs: Any,
    allow_unknown: bool = False,
    may_miss: bool = False,
    **input_kwargs: Any,
) -> None:
    """Hold a layer against torch: made with args and kwargs, then called on inputs. Weights are compared too."""
    shown = f"{path.rpartition('.')[2]}{tuple(args)}{dict(kwargs) or ''} on {abstract(inputs)}"
    store = Store()

    def ours() -> Any:
        layer = Instance(Lib(path))
        make_layer(Call(store, path), path, layer, [abstract(a) for a in args], abstract(dict(kwargs)))
        return call_layer(Call(store, path), path, layer, [abstract(x) for x in inputs], abstract(dict(input_kwargs)))

    def real() -> Any:
        layer = real_function(path)(*args, **kwargs)
        layer.eval()
        with torch.no_grad():
            result = layer(*inputs, **input_kwargs)
        mine = Instance(Lib(path))
        try:
            make_layer(Call(store, path), path, mine, [abstract(a) for a in args], abstract(dict(kwargs)))
        except Failure:
            return result  # the comparison below says that torch accepts it
        for name, weight in layer.named_parameters():
            known = mine.attrs.get(name)
            if "." in name or not isinstance(known, Tensor) or not isinstance(known.shape, tuple):
                continue
            if all(isinstance(d, int) for d in known.shape) and known.shape != tuple(weight.shape):
                raise Disagreement(f"{shown}: {name} has {tuple(weight.shape)}, ours {known.shape}")
        return result

    compare(ours, real, shown, allow_unknown, may_miss)
