"""torch.distributions: the shapes of samples, log-probabilities and entropies.

    parameters broadcast to batch_shape; samples are sample_shape + batch_shape + event_shape
    log_prob of a value (*, batch_shape, event_shape) is (*, batch_shape)

Source: the torch.distributions page and `Distribution._validate_sample`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim, Expr, equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import alias, layer, rule
from shapelens.values import Instance, Scalar, Size, Tensor
from shapelens.values.dtypes import FLOATS, promote

_D = "torch.distributions."
_BASE = _D + "Distribution"
Dims = tuple[Dim, ...]


def _parameter(c: Call, value: object) -> tuple[Dims, str | None]:
    """The shape of a parameter, () for a number, and its dtype, "" for a number."""
    value = c.store.value(value)
    if isinstance(value, (int, float, Expr, Scalar)):
        return (), ""
    tensor = c.tensor(value)
    return c.dims(tensor), tensor.dtype


def _dtype(c: Call, found: list[str | None]) -> str | None:
    dtypes = [d for d in found if d != ""]
    if not dtypes:
        return c.floating
    return dtypes[0] if all(d == dtypes[0] for d in dtypes) else None


def _settle(
    self: Instance, batch: Dims, event: Dims, dtype: str | None, sampled: str | None = "", exact: bool = True
) -> None:
    """Keep the shapes. `sampled` is the dtype of samples, that of the parameters unless given.

    With `exact`, a value must have the very event shape; without, it may be broadcast to it.
    """
    whole = Tensor((*batch, *event), dtype)
    self.attrs.update(
        batch_shape=Size(batch), event_shape=Size(event), _dtype=dtype, _sampled=dtype if sampled == "" else sampled,
        _exact=exact, mean=whole, stddev=whole.with_(), variance=whole.with_(),
    )  # fmt: skip


def _declare(name: str, declared: str, setup: Callable[[Call, Instance], None]) -> None:
    layer(_D + name, f"{declared}, validate_args=None", bases=(_BASE,), setup=setup)(_not_called)
    alias(f"{_D}{_MODULES.get(name, name.lower())}.{name}", _D + name)


def _not_called(c: Call, self: Instance, *args: object) -> object:
    raise NotKnown


_MODULES = {
    "ContinuousBernoulli": "continuous_bernoulli", "HalfCauchy": "half_cauchy", "HalfNormal": "half_normal",
    "LogNormal": "log_normal", "MixtureSameFamily": "mixture_same_family", "MultivariateNormal": "multivariate_normal",
    "NegativeBinomial": "negative_binomial", "OneHotCategorical": "one_hot_categorical", "VonMises": "von_mises",
}  # fmt: skip


# -- numbers -------------------------------------------------------------------------------------------------------


def _broadcast(*names: str, sampled: str | None = "", given: str = "") -> Callable[[Call, Instance], None]:
    """Parameters that broadcast to the batch shape; of those in `given`, either the first or the second is given."""

    def setup(c: Call, self: Instance) -> None:
        used = [n for n in names if c.store.value(self.attrs[n]) is not None]
        found = [_parameter(c, self.attrs[n]) for n in used]
        tensors = [v for n in used if isinstance(v := c.store.value(self.attrs[n]), Tensor)]
        batch = c.broadcast(*[shape for shape, _ in found], what=c.name, tensors=tensors) if found else ()
        dtype = _dtype(c, [dtype for _, dtype in found])
        for name in (*used, *given.split()):
            self.attrs[name] = Tensor(batch, dtype)
        _settle(self, batch, (), dtype, sampled)

    return setup


for _name, _declared in {
    "Normal": "loc, scale", "LogNormal": "loc, scale", "Laplace": "loc, scale", "Cauchy": "loc, scale",
    "Gumbel": "loc, scale", "Uniform": "low, high", "Beta": "concentration1, concentration0",
    "Gamma": "concentration, rate", "HalfNormal": "scale", "HalfCauchy": "scale", "Exponential": "rate",
    "Poisson": "rate", "Chi2": "df", "VonMises": "loc, concentration",
}.items():  # fmt: skip
    _declare(_name, _declared, _broadcast(*_declared.split(", ")))
_declare("StudentT", "df, loc=0.0, scale=1.0", _broadcast("df", "loc", "scale"))
for _name in ("Bernoulli", "Geometric"):
    _declare(_name, "probs=None, logits=None", _broadcast("probs", "logits", given="probs logits"))
_declare(
    "Binomial",
    "total_count=1, probs=None, logits=None",
    _broadcast("total_count", "probs", "logits", given="probs logits"),
)


# -- classes and vectors -------------------------------------------------------------------------------------------


def _weights(c: Call, self: Instance, *names: str) -> tuple[Dims, str | None]:
    """The shape of probs, logits or whichever is given; at least one dim."""
    name = next((n for n in names if c.store.value(self.attrs[n]) is not None), None)
    if name is None:
        raise NotKnown
    shape, dtype = _parameter(c, self.attrs[name])
    if not shape:
        c.fail("rank-mismatch", f"{c.name}: {name} needs at least one dim, got a number")
    for other in names:
        self.attrs[other] = Tensor(shape, dtype)
    return shape, dtype


def _categorical(c: Call, self: Instance) -> None:
    shape, dtype = _weights(c, self, "probs", "logits")
    _settle(self, shape[:-1], (), dtype, "int64")


def _one_hot(c: Call, self: Instance) -> None:
    shape, dtype = _weights(c, self, "probs", "logits")
    _settle(self, shape[:-1], shape[-1:], dtype)


def _dirichlet(c: Call, self: Instance) -> None:
    shape, dtype = _weights(c, self, "concentration")
    _settle(self, shape[:-1], shape[-1:], dtype)


def _multivariate(c: Call, self: Instance) -> None:
    loc, dtype = _parameter(c, self.attrs["loc"])
    if not loc:
        c.fail("rank-mismatch", f"{c.name}: loc needs at least one dim, got a number")
    names = ("covariance_matrix", "precision_matrix", "scale_tril")
    matrix, _ = _parameter(c, next(v for n in names if (v := c.store.value(self.attrs[n])) is not None))
    if len(matrix) < 2:
        c.fail("rank-mismatch", f"{c.name} needs a matrix of at least two dims, got {c.text(matrix)}")
    batch = c.broadcast(matrix[:-2], loc[:-1], what=c.name)
    _settle(self, batch, loc[-1:], dtype)


_declare("Categorical", "probs=None, logits=None", _categorical)
for _name in ("OneHotCategorical", "OneHotCategoricalStraightThrough"):
    _declare(_name, "probs=None, logits=None", _one_hot)
_declare("Multinomial", "total_count=1, probs=None, logits=None", _one_hot)
_declare("RelaxedOneHotCategorical", "temperature, probs=None, logits=None", _one_hot)
_declare("Dirichlet", "concentration", _dirichlet)
_declare("MultivariateNormal", "loc, covariance_matrix=None, precision_matrix=None, scale_tril=None", _multivariate)


# -- made of others ------------------------------------------------------------------------------------------------


def _shapes(c: Call, value: object) -> tuple[Dims, Dims, dict[str, Any]]:
    """Batch shape, event shape and all else of a distribution."""
    value = c.store.value(value)
    if not isinstance(value, Instance) or "?" in value.attrs or "_exact" not in value.attrs:
        raise NotKnown
    batch, event = value.attrs.get("batch_shape"), value.attrs.get("event_shape")
    if not isinstance(batch, Size) or not isinstance(event, Size):
        raise NotKnown
    return c.store.dims(tuple(batch)), c.store.dims(tuple(event)), value.attrs


def _independent(c: Call, self: Instance) -> None:
    batch, event, base = _shapes(c, self.attrs["base_distribution"])
    count = self.attrs["reinterpreted_batch_ndims"]
    if not isinstance(count, int):
        raise NotKnown
    if count > len(batch):
        c.fail("rank-mismatch", f"Independent: {count} dims are to be taken, the batch shape is {c.text(batch)}")
    self.attrs["base_dist"] = self.attrs["base_distribution"]
    cut = len(batch) - count
    _settle(
        self, batch[:cut], (*batch[cut:], *event), base["_dtype"], base["_sampled"], exact=base["_exact"] and not count
    )


def _mixture(c: Call, self: Instance) -> None:
    weights, _, mixture = _shapes(c, self.attrs["mixture_distribution"])
    batch, event, component = _shapes(c, self.attrs["component_distribution"])
    probs = mixture.get("probs")
    if not batch or not isinstance(probs, Tensor):
        raise NotKnown
    count = c.dims(probs)[-1]
    if c.equate(count, batch[-1]) is False:
        c.fail(
            "size-mismatch",
            f"MixtureSameFamily: there are {c.dim_text(count)} weights, and {c.dim_text(batch[-1])} components in the last "
            f"dim of their batch shape {c.text(batch)}",
        )
    c.broadcast(weights, batch[:-1], what="MixtureSameFamily")
    _settle(self, batch[:-1], event, component["_dtype"], component["_sampled"])


layer(_D + "Independent", "base_distribution, reinterpreted_batch_ndims, validate_args=None", bases=(_BASE,), setup=_independent)(_not_called)  # fmt: skip
alias(f"{_D}independent.Independent", _D + "Independent")
_declare("MixtureSameFamily", "mixture_distribution, component_distribution", _mixture)


# -- methods -------------------------------------------------------------------------------------------------------


@rule(f"{_BASE}.sample", f"{_BASE}.rsample")
def sample(c: Call, self: object, sample_shape: object = ()) -> Tensor:
    """sample_shape + batch_shape + event_shape."""
    batch, event, of = _shapes(c, self)
    given = c.store.value(sample_shape)
    if type(given) is int:
        c.fail("call-arguments", f"{c.name} takes its shape as a tuple: ({given},) rather than {given}")
    return Tensor((*c.ints(given), *batch, *event), of["_sampled"])


@rule(f"{_BASE}.log_prob", f"{_BASE}.cdf", f"{_BASE}.icdf")
def log_prob(c: Call, self: object, value: object) -> Tensor:
    """A number for each value: what the value's dims before the event shape and the batch shape broadcast to."""
    batch, event, of = _shapes(c, self)
    value = c.store.value(value)
    if isinstance(value, (int, float)):
        c.fail("call-arguments", f"{c.name} takes a tensor, got the number {value}")
    tensor = c.tensor(value)
    dims, count = c.dims(tensor), len(event)
    if len(dims) < count:
        raise NotKnown
    cut = len(dims) - count
    if of["_exact"] and any(c.equate(a, b) is False for a, b in zip(dims[cut:], event)):
        c.fail(
            "size-mismatch",
            f"{c.name}: a value of {c.text(tensor)} does not end in the event shape {c.text(event)} of the distribution",
            tensor,
        )
    whole = c.broadcast(dims, (*batch, *event), what=f"the value of {c.name} and the distribution", tensors=(tensor,))
    dtype = (
        of["_dtype"] if tensor.dtype not in FLOATS else promote(of["_dtype"], tensor.dtype) if of["_dtype"] else None
    )
    return Tensor(whole[: len(whole) - count], dtype)


@rule(f"{_BASE}.entropy", f"{_BASE}.perplexity")
def entropy(c: Call, self: object) -> Tensor:
    """A number for each distribution of the batch."""
    batch, _, of = _shapes(c, self)
    return Tensor(batch, of["_dtype"])


@rule(f"{_D}kl_divergence", f"{_D}kl.kl_divergence")
def kl_divergence(c: Call, p: object, q: object) -> Tensor:
    """A number for each pair of distributions; the batch shapes broadcast."""
    (a, one, of), (b, two, _) = _shapes(c, p), _shapes(c, q)
    if len(one) != len(two) or any(equal(x, y) is not True for x, y in zip(one, two)):
        raise NotKnown
    return Tensor(c.broadcast(a, b, what="kl_divergence"), of["_dtype"])
