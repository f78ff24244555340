"""Holds the rule of a Keras layer against real Keras, twice: called on tensors of zeros, and on symbolic inputs.

    check_layer("keras.layers.Conv2D", (8, 3), {"padding": "same"}, X((2, 9, 9, 3), none=(0, 1)))

makes both layers and calls them. On tensors both give the same shapes and dtypes, or both fail. On symbolic inputs the axes
in `none` have no size (None for Keras, a symbol for us): a size that Keras knows must be ours too, and our symbolic sizes, with
the numbers put in, must be those that the tensors had. The weights must have the same shapes, trainable or not.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
from hypothesis import HealthCheck, settings

import shapelens.rules.keras  # noqa: F401  registers the rules
from shapelens.dims import Dim, Expr, as_symbol, evaluate, symbol
from shapelens.interpreter.keras.graph import weights
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, call_layer, make_layer, rules
from shapelens.values import Dict, Instance, Lib, List, Scalar, Store, Tensor, Unknown

settings.register_profile(
    "keras", max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("keras")


class Disagreement(AssertionError):
    """Our rule and Keras do not say the same."""


class Alarm(Disagreement):
    """Our rule fails where Keras does not."""


@dataclass(frozen=True)
class X:
    """An input of zeros. `none` are the axes that have no size in the symbolic call: the batch by default."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    none: Sequence[int] = (0,)

    @property
    def open(self) -> tuple[int | None, ...]:
        """Its shape in the symbolic call."""
        rank = len(self.shape)
        axes = {a % rank for a in self.none if -rank <= a < rank}
        return tuple(None if i in axes else n for i, n in enumerate(self.shape))

    def eager(self) -> Any:
        """The tensor itself."""
        return keras.ops.zeros(self.shape, self.dtype)


class Identity(X):
    """An input of identity matrices, which can be inverted."""

    def eager(self) -> Any:
        """The tensor itself."""
        return keras.ops.broadcast_to(keras.ops.eye(*self.shape[-2:], dtype=self.dtype), self.shape)


@dataclass(frozen=True)
class Either:
    """An argument that Keras is given as one thing and our rule as another, such as a function."""

    real: Any
    ours: Any


@dataclass
class Inputs:
    """One way to make the inputs of both sides: eager or symbolic, with the symbols that stand for the Nones."""

    symbolic: bool
    names: dict[int, Expr] = field(default_factory=dict)

    def real(self, value: X) -> Any:
        """What Keras is given."""
        if self.symbolic:
            return keras.KerasTensor(value.open, value.dtype)
        return value.eager()

    def ours(self, value: X) -> Tensor:
        """What our rule is given: an equal size is the same symbol."""
        if not self.symbolic:
            return Tensor(value.shape, value.dtype, "tensorflow")
        dims: list[Dim] = []
        for size, asked in zip(value.shape, value.open):
            dims.append(size if asked is not None else self.names.setdefault(size, symbol(f"n{size}", min(size, 1))))
        return Tensor(tuple(dims), value.dtype, "keras")

    def closed(self, dim: Dim) -> Dim | None:
        """A dim of ours with the numbers put in; None where it has symbols of its own."""
        if isinstance(dim, int):
            return dim
        try:
            return evaluate(dim, {as_symbol(name): size for size, name in self.names.items()})
        except (KeyError, ValueError):
            return None


def mapped(value: Any, leaf: Callable[[X], Any], ours: bool) -> Any:
    """A nested argument with each X replaced; for our side lists and layers are as the interpreter holds them."""
    if isinstance(value, X):
        return leaf(value)
    if isinstance(value, tuple):
        return tuple(mapped(v, leaf, ours) for v in value)
    if isinstance(value, list):
        found = [mapped(v, leaf, ours) for v in value]
        return List(found) if ours else found
    if isinstance(value, dict):
        entries = {k: mapped(v, leaf, ours) for k, v in value.items()}
        return Dict(entries) if ours else entries
    if isinstance(value, Layer):
        return value.ours() if ours else value.real()
    if isinstance(value, Either):
        return value.ours if ours else value.real
    if ours and isinstance(value, np.ndarray):
        return Tensor(value.shape, str(value.dtype), "numpy", scalars=value.tolist() if value.size < 100 else None)
    return value


@dataclass(frozen=True)
class Layer:
    """A layer that is an argument of another (a wrapper's layer, an RNN's cell): both sides make their own."""

    path: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def real(self) -> Any:
        """The layer of Keras."""
        args, kwargs = (mapped(v, _no_leaf, False) for v in (tuple(self.args), dict(self.kwargs)))
        return real_function(self.path)(*args, **kwargs)

    def ours(self, store: Store | None = None) -> Instance:
        """Our instance. Raises Failure."""
        args, kwargs = (mapped(v, _no_leaf, True) for v in (tuple(self.args), dict(self.kwargs)))
        made = Instance(Lib(self.path))
        if make_layer(caller(store or Store(), self.path), self.path, made, args, kwargs) is False:
            raise Disagreement(f"{self}: our layer could not be made")
        return made


def _no_leaf(value: X) -> Any:
    raise TypeError(f"{value} is no argument of a constructor")


def caller(store: Store, path: str) -> Call:
    """The context of a call, in which a layer that holds another can call it."""
    c = Call(store, path)

    def invoke(target: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(target, Instance) and isinstance(target.cls, Lib):
            previous, c.path = c.path, target.cls.path
            try:
                return call_layer(c, target.cls.path, target, args, kwargs)
            finally:
                c.path = previous
        if callable(target):
            return target(*args, **kwargs)
        raise TypeError(f"cannot call {target}")

    c.invoke = invoke
    return c


def real_function(path: str) -> Any:
    """What Keras has under a dotted path."""
    return functools.reduce(getattr, path.split(".")[1:], keras)


def check_layer(
    path: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *inputs: Any,
    allow_unknown: bool = False,
    may_miss: bool = False,
    eager: bool = True,
    symbolic: bool = True,
    again: Sequence[Any] | None = None,
    weights: bool = True,
    **input_kwargs: Any,
) -> None:
    """Hold a layer against Keras: made with args and kwargs, then called on inputs (and on `again`, a second time).

    `allow_unknown`: our side may not know a result; `may_miss`: our side may not notice an error, which it need not either
    where another axis than the batch has no size.
    """
    spec = Layer(path, tuple(args), dict(kwargs))
    calls = [inputs] if again is None else [inputs, again]
    lenient = any(set(x.none) - {0} for x in _inputs([*calls, *input_kwargs.values()]))
    known: list[Any] = []
    raises = False
    for way in ([Inputs(False)] if eager else []) + ([Inputs(True)] if symbolic else []):
        shown = (
            f"{path.rpartition('.')[2]}{tuple(args)}{dict(kwargs) or ''} on {calls} {input_kwargs or ''}"
            f"{' (symbolic)' if way.symbolic else ''}"
        )
        ours, real, store = _Run(), _Run(), Store()

        def run_ours(way: Inputs = way, store: Store = store, run: _Run = ours) -> Any:
            run.layer = spec.ours(store)
            c = caller(store, path)
            for given in calls:
                args = [mapped(v, way.ours, True) for v in given]
                keywords = {k: mapped(v, way.ours, True) for k, v in input_kwargs.items()}
                run.result = call_layer(c, path, run.layer, args, keywords)
            return run.result

        def run_real(way: Inputs = way, run: _Run = real) -> Any:
            run.layer = spec.real()
            for given in calls:
                args = [mapped(v, way.real, False) for v in given]
                keywords = {k: mapped(v, way.real, False) for k, v in input_kwargs.items()}
                run.result = run.layer(*args, **keywords)
            return run.result

        unsized = way.symbolic and lenient
        try:
            agreed = compare(run_ours, run_real, shown, store, way, allow_unknown, may_miss or unsized)
        except Alarm:
            if raises:
                continue  # building a model checks less than running it: what fails on tensors is wrong here too
            raise
        if not agreed:
            raises = True
            continue
        if weights:
            _compare_weights(ours.layer, real.layer, shown, store, way)
        if not way.symbolic:
            known.append(real.result)
        elif known:
            _put_in(ours.result, known[0], shown, store, way)


def _inputs(value: Any) -> list[X]:
    if isinstance(value, X):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [x for v in value for x in _inputs(v)] if isinstance(value, (tuple, list)) else []


class _Run:
    layer: Any = None
    result: Any = None


def check(
    path: str, *args: Any, allow_unknown: bool = False, may_miss: bool = False, eager: bool = True, **kwargs: Any
) -> None:
    """Hold the rule of a function (`keras.layers.add`) against Keras, on tensors and on symbolic inputs."""
    known: list[Any] = []
    for way in (Inputs(False), Inputs(True)) if eager else (Inputs(True),):
        shown = f"{path}{args}{kwargs or ''}{' (symbolic)' if way.symbolic else ''}"
        ours, real, store = _Run(), _Run(), Store()

        def run_ours(way: Inputs = way, store: Store = store, run: _Run = ours) -> Any:
            given, keywords = (mapped(v, way.ours, True) for v in (tuple(args), kwargs))
            run.result = apply_rule(caller(store, path), rules[path], given, dict(keywords))
            return run.result

        def run_real(way: Inputs = way, run: _Run = real) -> Any:
            given, keywords = (mapped(v, way.real, False) for v in (tuple(args), kwargs))
            run.result = real_function(path)(*given, **keywords)
            return run.result

        if compare(run_ours, run_real, shown, store, way, allow_unknown, may_miss or way.symbolic):
            if not way.symbolic:
                known.append(real.result)
            elif known:
                _put_in(ours.result, known[0], shown, store, way)


# Of the backend on this machine, or of a dtype: another device may have the kernel, and a model casts what it is given.
_NO_KERNEL = (
    "only supports", "No OpKernel", "not support", "Could not find device", "CPU", "XLA", "not implemented",
    "list of allowed values", "dtype", "type float", "as input #",
)  # fmt: skip


def compare(
    ours: Callable[[], Any],
    real: Callable[[], Any],
    place: str,
    store: Store,
    way: Inputs,
    allow_unknown: bool,
    may_miss: bool,
) -> bool:
    """Run both; whether both gave a result. Keras raises errors of many kinds, TensorFlow's own among them."""
    try:
        expected = real()
    except Exception as error:
        try:
            found = ours()
        except Failure as failure:
            assert failure.code, "a failure has a code"
            assert failure.message, "a failure has a message"
            return False
        if not may_miss and not any(word in str(error) for word in _NO_KERNEL):
            raise Disagreement(f"{place}: Keras raises {_short(error)}; our rule gives {found!r}") from None
        return False
    try:
        found = ours()
    except Failure as failure:
        raise Alarm(f"{place}: Keras accepts it; our rule says {failure.code}: {failure.message}") from None
    _agree(found, expected, place, store, way, allow_unknown)
    return True


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _agree(ours: Any, real: Any, place: str, store: Store, way: Inputs, allow_unknown: bool) -> None:
    if _is_tensor(real):
        expected = tuple(real.shape)
        if isinstance(ours, Unknown) or isinstance(ours, Tensor) and ours.shape is None:
            if not allow_unknown:
                raise Disagreement(f"{place}: Keras gives {expected}, our rule does not know")
            return
        if not isinstance(ours, Tensor):
            raise Disagreement(f"{place}: Keras gives a tensor, our rule {ours!r}")
        shape = store.shape(ours.shape)
        if not isinstance(shape, tuple) or len(shape) != len(expected):
            raise Disagreement(f"{place}: Keras gives {expected}, our rule {shape}")
        for a, b in zip(shape, expected):
            if b is not None and a != b and not (allow_unknown and isinstance(a, Expr)) and way.closed(a) != b:
                raise Disagreement(f"{place}: Keras gives {expected}, our rule {shape}")
        dtype = keras.backend.standardize_dtype(real.dtype)
        if ours.dtype != dtype and not (allow_unknown and ours.dtype is None):
            raise Disagreement(f"{place}: Keras gives {dtype}, our rule {ours.dtype}")
        library = "keras" if isinstance(real, keras.KerasTensor) else "tensorflow"
        if ours.library != library and not isinstance(real, np.ndarray):
            raise Disagreement(f"{place}: Keras gives a tensor of {library}, our rule of {ours.library}")
        return
    if isinstance(real, Mapping):
        if not isinstance(ours, Mapping) or list(ours) != list(real):
            raise Disagreement(f"{place}: Keras gives {list(real)}, our rule {ours!r}")
        for key in real:
            _agree(ours[key], real[key], f"{place}[{key!r}]", store, way, allow_unknown)
        return
    if isinstance(real, (tuple, list)):
        if isinstance(ours, Unknown) and allow_unknown:
            return
        if not isinstance(ours, (tuple, list)) or len(ours) != len(real):
            raise Disagreement(f"{place}: Keras gives {len(real)} things, our rule {ours!r}")
        for i, (a, b) in enumerate(zip(ours, real)):
            _agree(a, b, f"{place}[{i}]", store, way, allow_unknown)
        return
    if isinstance(ours, (Unknown, Scalar)) or isinstance(ours, Expr) and real is None:
        return
    if ours != real:
        raise Disagreement(f"{place}: Keras gives {real!r}, our rule {ours!r}")


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for v in value.values() for leaf in _leaves(v)]
    if isinstance(value, (tuple, list)):
        return [leaf for v in value for leaf in _leaves(v)]
    return [value] if _is_tensor(value) else []


def _put_in(ours: Any, real: Any, place: str, store: Store, way: Inputs) -> None:
    """Our symbolic sizes, with the numbers put in, against those of the tensors."""
    for a, b in zip(_leaves(ours), _leaves(real)):
        shape = store.shape(a.shape)
        if not isinstance(shape, tuple):
            continue
        for found, size in zip(shape, b.shape):
            if way.closed(found) not in (None, size):
                raise Disagreement(f"{place}: {tuple(b.shape)} with numbers, {shape} with symbols for {way.names}")


def _compare_weights(ours: Instance, real: Any, place: str, store: Store, way: Inputs) -> None:
    expected = sorted((tuple(w.shape), bool(w.trainable), w.dtype) for w in real.weights)
    found = []
    for weight in weights(ours):
        shape = store.shape(weight.shape)
        closed = tuple(way.closed(d) for d in shape) if isinstance(shape, tuple) else None
        if closed is None or None in closed:
            raise Disagreement(f"{place}: a weight of ours is {shape}, those of Keras are {expected}")
        found.append((closed, not weight.frozen, weight.dtype))
    if sorted(found) != expected:
        raise Disagreement(f"{place}: the weights of Keras are {expected}, ours {sorted(found)}")
