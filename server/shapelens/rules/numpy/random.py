"""numpy.random: the old functions, and the methods of RandomState and of the Generator that default_rng makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, equal
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import array, as_array, fit_into, operand, sizes
from shapelens.rules.numpy.dtypes import asked, out_of_bounds, plain
from shapelens.rules.registry import declare, layer, rule
from shapelens.values import Instance, Lib, List, Scalar, Tensor
from shapelens.values.dtypes import category

_OLD, _STATE, _GENERATOR = "numpy.random", "numpy.random.RandomState", "numpy.random.Generator"

for _path, _declared in ((_STATE, "seed=None"), (_GENERATOR, "bit_generator=None")):
    layer(_path, _declared, bases=())(lambda c, self: None)


@rule("numpy.random.default_rng")
def default_rng(c: Call, seed: object = None) -> object:
    """A Generator."""
    return Instance(Lib(_GENERATOR))


def _drawn(c: Call, size: object, dtype: str | None, *parameters: object) -> object:
    """Numbers of the given size, or one for each of the parameters' elements; a plain number where these are numbers."""
    size = c.store.value(size)
    given = (
        [operand(c, p) for p in parameters if c.store.value(p) is not None] if size is None else _arrays(c, parameters)
    )
    arrays = [v for v in given if isinstance(v, Tensor)]
    if size is None:
        if not arrays:
            return Scalar("int" if dtype is not None and category(dtype) == 1 else "float")
        return array(common_shape(c, arrays, c.name), dtype)
    room = sizes(c, size)
    if arrays:
        shape = common_shape(c, arrays, c.name)
        if isinstance(shape, tuple):
            message = f"{c.name}: a size of {c.text(room)} does not go with parameters of {c.text(shape)}"
            fit_into(c, shape, room, message, *arrays)
    return array(room, dtype)


def _arrays(c: Call, parameters: Sequence[object]) -> list[Any]:
    found = []
    for each in parameters:
        try:
            found.append(operand(c, each))
        except NotKnown:  # the size is known without it
            continue
    return found


_DISTRIBUTIONS = {
    "float64": (
        "normal(loc=0.0, scale=1.0, size=None)", "uniform(low=0.0, high=1.0, size=None)", "beta(a, b, size=None)",
        "laplace(loc=0.0, scale=1.0, size=None)", "exponential(scale=1.0, size=None)", "gamma(shape, scale=1.0, size=None)",
        "lognormal(mean=0.0, sigma=1.0, size=None)", "rayleigh(scale=1.0, size=None)", "chisquare(df, size=None)",
        "gumbel(loc=0.0, scale=1.0, size=None)", "logistic(loc=0.0, scale=1.0, size=None)", "pareto(a, size=None)",
        "triangular(left, mode, right, size=None)", "standard_cauchy(size=None)", "standard_t(df, size=None)",
        "weibull(a, size=None)", "vonmises(mu, kappa, size=None)", "power(a, size=None)", "f(dfnum, dfden, size=None)",
        "noncentral_f(dfnum, dfden, nonc, size=None)", "noncentral_chisquare(df, nonc, size=None)",
        "wald(mean, scale, size=None)",
    ),
    "int64": (
        "poisson(lam=1.0, size=None)", "binomial(n, p, size=None)", "geometric(p, size=None)", "logseries(p, size=None)",
        "hypergeometric(ngood, nbad, nsample, size=None)", "negative_binomial(n, p, size=None)", "zipf(a, size=None)",
    ),
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


# -- uniform and normal numbers ------------------------------------------------------------------------------------


@rule("numpy.random.rand", "numpy.random.randn")
def rand(c: Call, *dims: object) -> object:
    """Of the given sizes; without any a plain float. The sizes are arguments, not one tuple."""
    if len(dims) == 1 and isinstance(c.store.value(dims[0]), (tuple, list)):
        c.fail("argument-value", f"{c.name} takes its sizes as arguments, got one tuple")
    return array(sizes(c, tuple(dims)), "float64") if dims else Scalar("float")


@rule("numpy.random.RandomState.rand", "numpy.random.RandomState.randn")
def rand_method(c: Call, self: object, *dims: object) -> object:
    """As the function."""
    return rand(c, *dims)


_PLAIN_OLD = ("random", "random_sample", "ranf", "sample", "standard_normal", "standard_exponential")


@rule(*(f"numpy.random.{name}" for name in _PLAIN_OLD))
def random(c: Call, size: object = None) -> object:
    """The size is one argument: an int or a tuple."""
    return _drawn(c, size, "float64")


@rule(*(f"{_STATE}.{name}" for name in ("random", "random_sample", "standard_normal", "standard_exponential")))
def random_of_state(c: Call, self: object, size: object = None) -> object:
    """As the function."""
    return _drawn(c, size, "float64")


@rule(f"{_STATE}.tomaxint")
def tomaxint(c: Call, self: object, size: object = None) -> object:
    """Ints from 0 to the largest."""
    return _drawn(c, size, "int64")


def _of_dtype(c: Call, size: object, dtype: object, out: object, *parameters: object) -> object:
    target = c.store.value(out)
    if target is not None:
        if not isinstance(target, Tensor):
            raise NotKnown
        return target
    return _drawn(c, size, asked(c, dtype, "float64"), *parameters)


@rule(f"{_GENERATOR}.random", f"{_GENERATOR}.standard_normal")
def random_of_generator(c: Call, self: object, size: object = None, dtype: object = None, out: object = None) -> object:
    """As the function, of float64 or float32."""
    return _of_dtype(c, size, dtype, out)


@rule(f"{_GENERATOR}.standard_exponential")
def standard_exponential(c: Call, self: object, size: object = None, dtype: object = None, method: object = "zig",
                         out: object = None) -> object:  # fmt: skip
    """As the function, of float64 or float32."""
    return _of_dtype(c, size, dtype, out)


@rule("numpy.random.standard_gamma")
def standard_gamma(c: Call, shape: object, size: object = None) -> object:
    """`shape` is a parameter of the distribution."""
    return _drawn(c, size, "float64", shape)


@rule(f"{_STATE}.standard_gamma")
def standard_gamma_of_state(c: Call, self: object, shape: object, size: object = None) -> object:
    """As the function."""
    return _drawn(c, size, "float64", shape)


@rule(f"{_GENERATOR}.standard_gamma")
def standard_gamma_of_generator(c: Call, self: object, shape: object, size: object = None, dtype: object = None,
                                out: object = None) -> object:  # fmt: skip
    """As the function, of float64 or float32."""
    return _of_dtype(c, size, dtype, out, shape)


# -- integers ------------------------------------------------------------------------------------------------------


@rule("numpy.random.randint")
def randint(c: Call, low: object, high: object = None, size: object = None, dtype: object = int) -> object:
    """Integers, int64 unless told otherwise, below `low` or between both."""
    ends = [v for v in (c.store.value(low), c.store.value(high)) if v is not None]
    if not ends:
        raise NotKnown  # None is no end: what that leads to is another's to tell
    drawn = 0 not in _rows(c, size)
    if drawn and all(type(v) is int for v in ends):
        first, last = (0, *ends) if len(ends) == 1 else ends
        if first > last or first == last and c.name != "integers":
            c.fail("argument-value", f"{c.name}: low {first} must be below high {last}")
    found = asked(c, dtype)
    if drawn and (len(ends) == 2 and out_of_bounds(found, ends[0]) or out_of_bounds(found, _less(ends[-1]))):
        c.fail("argument-value", f"{c.name}: {ends} is out of bounds for {found}")
    return _drawn(c, size, found, *ends)


def _less(value: Any) -> Any:
    return value - 1 if type(value) is int else value


@rule(f"{_STATE}.randint")
def randint_of_state(c: Call, self: object, low: object, high: object = None, size: object = None,
                     dtype: object = int) -> object:  # fmt: skip
    """As the function."""
    return randint(c, low, high, size, dtype)


@rule(f"{_GENERATOR}.integers")
def integers(c: Call, self: object, low: object, high: object = None, size: object = None, dtype: object = int,
             endpoint: object = False) -> object:  # fmt: skip
    """As randint; with `endpoint` the upper end is drawn too."""
    ends = [v for v in (c.store.value(low), c.store.value(high)) if v is not None]
    if c.store.value(endpoint) is False:
        return randint(c, low, high, size, dtype)
    return _drawn(c, size, asked(c, dtype), *ends)


@rule("numpy.random.random_integers")
def random_integers(c: Call, low: object, high: object = None, size: object = None) -> object:
    """Both ends are drawn."""
    return _drawn(c, size, "int64", low, high)


@rule(f"{_STATE}.random_integers")
def random_integers_of_state(c: Call, self: object, low: object, high: object = None, size: object = None) -> object:
    """As the function."""
    return _drawn(c, size, "int64", low, high)


# -- vectors -------------------------------------------------------------------------------------------------------


def _rows(c: Call, size: object) -> tuple[Dim, ...]:
    return () if c.store.value(size) is None else sizes(c, size)


@rule("numpy.random.multivariate_normal")
def multivariate_normal(
    c: Call, mean: object, cov: object, size: object = None, *others: object, **options: object
) -> Tensor:
    """A vector as long as the mean for each draw."""
    center, spread = as_array(c, mean), as_array(c, cov)
    dims, square = c.dims(center), c.dims(spread)
    if len(dims) != 1:
        c.fail("rank-mismatch", f"multivariate_normal: the mean must be a vector, got {c.text(center)}", center)
    if len(square) != 2 or equal(square[0], square[1]) is False:
        c.fail("not-square", f"multivariate_normal: the covariance must be a square, got {c.text(spread)}", spread)
    message = f"multivariate_normal: a mean of {c.text(center)} and a covariance of {c.text(spread)}"
    c.require(dims[0], square[0], "size-mismatch", message, center, spread)
    return array((*_rows(c, size), dims[0]), "float64")


@rule(f"{_STATE}.multivariate_normal", f"{_GENERATOR}.multivariate_normal")
def multivariate_normal_method(c: Call, self: object, mean: object, cov: object, size: object = None, *others: object,
                               **options: object) -> Tensor:  # fmt: skip
    """As the function."""
    return multivariate_normal(c, mean, cov, size)


@rule("numpy.random.dirichlet")
def dirichlet(c: Call, alpha: object, size: object = None) -> Tensor:
    """A vector as long as alpha for each draw."""
    given = as_array(c, alpha)
    if len(c.dims(given)) != 1:
        raise NotKnown
    return array((*_rows(c, size), *c.dims(given)), "float64")


@rule(f"{_STATE}.dirichlet", f"{_GENERATOR}.dirichlet")
def dirichlet_method(c: Call, self: object, alpha: object, size: object = None) -> Tensor:
    """As the function."""
    return dirichlet(c, alpha, size)


@rule("numpy.random.multinomial")
def multinomial(c: Call, n: object, pvals: object, size: object = None) -> Tensor:
    """How often each of the outcomes came, for each draw."""
    given, count = as_array(c, pvals), operand(c, n)
    if len(c.dims(given)) != 1 or isinstance(count, Tensor) and c.shape(count) != ():
        raise NotKnown
    return array((*_rows(c, size), *c.dims(given)), "int64")


@rule(f"{_STATE}.multinomial", f"{_GENERATOR}.multinomial")
def multinomial_method(c: Call, self: object, n: object, pvals: object, size: object = None) -> Tensor:
    """As the function."""
    return multinomial(c, n, pvals, size)


@rule(f"{_GENERATOR}.multivariate_hypergeometric")
def multivariate_hypergeometric(c: Call, self: object, colors: object, nsample: object, size: object = None,
                                method: object = "marginals") -> Tensor:  # fmt: skip
    """How many of each color were drawn."""
    return array((*_rows(c, size), *c.dims(as_array(c, colors))), "int64")


# -- choosing and shuffling ----------------------------------------------------------------------------------------


@rule("numpy.random.choice")
def choice(c: Call, a: object, size: object = None, replace: object = True, p: object = None) -> object:
    """Numbers below an int, or elements of a vector."""
    return _chosen(c, a, size, replace, p, 0)


def _chosen(c: Call, a: object, size: object, replace: object, p: object, axis: int) -> object:
    value = c.store.value(a)
    rows = _rows(c, size)
    if plain(value):
        count, rest, dtype = c.dim(value), (), "int64"
    else:
        given = as_array(c, value)
        dims, found = c.dims(given), given.dtype
        if not dims:
            raise NotKnown
        if c.path == "numpy.random.choice" and len(dims) != 1:
            c.fail("rank-mismatch", f"choice takes an int or a vector, got {c.text(given)}", given)
        at = c.axis(axis, len(dims), given)
        count, dtype = dims[at], found  # type: ignore[assignment]
        rest = (*dims[:at], *rows, *dims[at + 1 :])  # type: ignore[assignment]
    weights = c.store.value(p)
    if weights is not None:
        given = as_array(c, weights)
        if len(c.dims(given)) != 1 or equal(c.dims(given)[0], count) is False:
            c.conflict = (c.dims(given) or (0,))[0], count
            c.fail("size-mismatch", f"choice: {c.text(given)} probabilities for {c.dim_text(count)} elements", given)
    if c.store.value(replace) is False:
        _refuse_too_many(c, rows, count)
    if plain(value):
        return array(rows, dtype) if c.store.value(size) is not None else Scalar("int")
    return array(rest, dtype)


def _refuse_too_many(c: Call, rows: tuple[Dim, ...], count: Dim) -> None:
    from shapelens.dims import less, product

    if less(count, product(rows)) is True:
        text = f"{c.dim_text(product(rows))} of {c.dim_text(count)} elements"
        c.fail("argument-value", f"choice without replacement cannot draw {text}")


@rule(f"{_STATE}.choice", f"{_GENERATOR}.choice")
def choice_method(c: Call, self: object, a: object, size: object = None, replace: object = True, p: object = None,
                  axis: int = 0, shuffle: object = True) -> object:  # fmt: skip
    """Parts along an axis of an array, for a Generator."""
    return _chosen(c, a, size, replace, p, axis)


@rule("numpy.random.permutation")
def permutation(c: Call, x: object) -> object:
    """The numbers below an int, or an array, in another order."""
    value: Any = c.store.value(x)
    if isinstance(value, Tensor) and c.shape(value) != () or isinstance(value, (List, tuple, range)):
        given = as_array(c, value)
        return array(c.shape(given), given.dtype)
    if isinstance(value, Tensor) and isinstance(value.scalars, int):
        value = value.scalars
    count = c.dim(value)
    return array((max(count, 0) if isinstance(count, int) else count,), "int64")


@rule(f"{_STATE}.permutation", f"{_GENERATOR}.permutation")
def permutation_method(c: Call, self: object, x: object, axis: object = 0) -> object:
    """As the function."""
    return permutation(c, x)


@rule(f"{_GENERATOR}.permuted")
def permuted(c: Call, self: object, x: object, axis: int | None = None, out: object = None) -> Tensor:
    """The elements in another order, along an axis each for itself."""
    given = as_array(c, x)
    if axis is not None:
        c.axis(axis, len(c.dims(given)), given)
    return array(c.shape(given), given.dtype)


@rule("numpy.random.shuffle")
def shuffle(c: Call, x: object) -> object:
    """In place; nothing comes back."""
    return None


@rule(f"{_STATE}.shuffle", f"{_GENERATOR}.shuffle")
def shuffle_method(c: Call, self: object, x: object, axis: int = 0) -> object:
    """As the function, along an axis."""
    value = c.store.value(x)
    if isinstance(value, Tensor) and isinstance(c.shape(value), tuple):
        c.axis(axis, len(c.dims(value)), value)
    return None
