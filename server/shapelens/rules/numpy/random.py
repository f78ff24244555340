"""numpy.random: the old functions, and the methods of the Generator that default_rng makes."""

from __future__ import annotations

from typing import Any

from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.creation import array
from shapelens.rules.numpy.dtypes import named, plain
from shapelens.rules.registry import declare, layer, rule
from shapelens.values import Instance, Lib, List, Scalar, Tensor

_OLD, _STATE, _GENERATOR = "numpy.random", "numpy.random.RandomState", "numpy.random.Generator"

for _path, _declared in ((_STATE, "seed=None"), (_GENERATOR, "bit_generator=None")):
    layer(_path, _declared, bases=())(lambda c, self: None)


@rule("numpy.random.default_rng")
def default_rng(c: Call, seed: object = None) -> object:
    return Instance(Lib(_GENERATOR))


def _drawn(c: Call, size: object, dtype: str | None, *parameters: object) -> object:
    """Numbers of the given size; without one, a plain number where the parameters are numbers."""
    size = c.store.value(size)
    if size is not None:
        return array(c.ints(size), dtype)
    if all(plain(c.store.value(p)) for p in parameters):
        return Scalar("int" if dtype == "int64" else "float")
    raise NotKnown


_DISTRIBUTIONS = {
    "float64": (
        "normal(loc=0.0, scale=1.0, size=None)", "uniform(low=0.0, high=1.0, size=None)", "beta(a, b, size=None)",
        "laplace(loc=0.0, scale=1.0, size=None)", "exponential(scale=1.0, size=None)", "gamma(shape, scale=1.0, size=None)",
        "lognormal(mean=0.0, sigma=1.0, size=None)", "rayleigh(scale=1.0, size=None)", "chisquare(df, size=None)",
        "gumbel(loc=0.0, scale=1.0, size=None)", "logistic(loc=0.0, scale=1.0, size=None)", "pareto(a, size=None)",
        "triangular(left, mode, right, size=None)", "standard_cauchy(size=None)", "standard_t(df, size=None)",
        "weibull(a, size=None)", "vonmises(mu, kappa, size=None)", "power(a, size=None)",
    ),
    "int64": ("poisson(lam=1.0, size=None)", "binomial(n, p, size=None)", "geometric(p, size=None)"),
}  # fmt: skip


def _distribution(call: str, dtype: str) -> None:
    name, _, declared = call.partition("(")

    def function(c: Call, *given: object) -> object:
        return _drawn(c, given[-1], dtype, *given[:-1])

    def method(c: Call, self: object, *given: object) -> object:
        return function(c, *given)

    declare(f"{_OLD}.{name}({declared}", function, "object", "object")
    declare(f"{_STATE}.{name}|{_GENERATOR}.{name}(self, {declared}", method, "object", "object")


for _dtype, _calls in _DISTRIBUTIONS.items():
    for _call in _calls:
        _distribution(_call, _dtype)


@rule("numpy.random.rand", "numpy.random.randn")
def rand(c: Call, *dims: object) -> object:
    """Of the given sizes; without any a plain float."""
    return array(c.ints(tuple(dims)), "float64") if dims else Scalar("float")


@rule("numpy.random.RandomState.rand", "numpy.random.RandomState.randn")
def rand_method(c: Call, self: object, *dims: object) -> object:
    return rand(c, *dims)


@rule(*(f"numpy.random.{name}" for name in ("random", "random_sample", "ranf", "sample", "standard_normal")))
def random(c: Call, size: object = None) -> object:
    return _drawn(c, size, "float64")


@rule(f"{_STATE}.random", f"{_STATE}.random_sample", f"{_STATE}.standard_normal")
def random_of_state(c: Call, self: object, size: object = None) -> object:
    return _drawn(c, size, "float64")


@rule(f"{_GENERATOR}.random", f"{_GENERATOR}.standard_normal", f"{_GENERATOR}.standard_exponential")
def random_of_generator(c: Call, self: object, size: object = None, dtype: object = None, out: object = None) -> object:
    return _drawn(c, size, named(c.store.value(dtype), "float64"))


@rule("numpy.random.randint")
def randint(c: Call, low: object, high: object = None, size: object = None, dtype: object = int) -> object:
    parameters = [low] if c.store.value(high) is None else [low, high]
    return _drawn(c, size, named(c.store.value(dtype)), *parameters)


@rule(f"{_STATE}.randint")
def randint_of_state(c: Call, self: object, low: object, high: object = None, size: object = None,
                     dtype: object = int) -> object:  # fmt: skip
    return randint(c, low, high, size, dtype)


@rule(f"{_GENERATOR}.integers")
def integers(c: Call, self: object, low: object, high: object = None, size: object = None, dtype: object = int,
             endpoint: object = False) -> object:  # fmt: skip
    return randint(c, low, high, size, dtype)


@rule("numpy.random.choice")
def choice(c: Call, a: object, size: object = None, replace: object = True, p: object = None) -> object:
    """Numbers below an int, or elements of an array, along its only axis."""
    value = c.store.value(a)
    if plain(value):
        return _drawn(c, size, "int64")
    if not isinstance(value, Tensor) or c.store.value(size) is None:
        raise NotKnown
    return array((*c.ints(c.store.value(size)), *c.dims(value)[1:]), value.dtype)


@rule(f"{_STATE}.choice", f"{_GENERATOR}.choice")
def choice_method(c: Call, self: object, a: object, size: object = None, replace: object = True, p: object = None,
                  axis: object = 0, shuffle: object = True) -> object:  # fmt: skip
    if c.store.value(axis) != 0:
        raise NotKnown
    return choice(c, a, size)


@rule("numpy.random.permutation")
def permutation(c: Call, x: object) -> object:
    """The numbers below an int, or an array, in another order."""
    value: Any = c.store.value(x)
    if isinstance(value, Tensor):
        return array(value.shape, value.dtype)
    if isinstance(value, (List, tuple, range)):
        raise NotKnown
    return array((c.dim(value),), "int64")


@rule(f"{_STATE}.permutation", f"{_GENERATOR}.permutation")
def permutation_method(c: Call, self: object, x: object, axis: object = 0) -> object:
    return permutation(c, x)


@rule("numpy.random.shuffle")
def shuffle(c: Call, x: object) -> object:
    return None


@rule(f"{_STATE}.shuffle", f"{_GENERATOR}.shuffle")
def shuffle_method(c: Call, self: object, x: object, axis: object = 0) -> object:
    return None
