"""torch.distributions: shapes of samples, log-probabilities and entropies, and values that do not fit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, make_layer, rules
from shapelens.values import Instance, Lib, Store
from tests.rules.torch.harness import abstract, compare

D = torch.distributions
BASE = "torch.distributions.Distribution."
SHAPES = ((), (1,), (3,), (4,), (1, 3), (2, 3), (2, 1), (5, 2, 3))
UNIVARIATE = (
    "Normal LogNormal Laplace Cauchy Gumbel Uniform Beta Gamma StudentT HalfNormal HalfCauchy Exponential Poisson Chi2 "
    "VonMises Bernoulli Geometric Binomial"
).split()
TWO = frozenset("Normal LogNormal Laplace Cauchy Gumbel Uniform Beta Gamma VonMises".split())
WITHOUT = {"log_prob": (), "entropy": ("Poisson", "VonMises", "Binomial")}


def _method(c: Call, name: str, *args: Any) -> Any:
    return apply_rule(c, rules[f"{BASE}{name}"], [abstract(a) if not isinstance(a, Instance) else a for a in args], {})


def _both(name: str, args: tuple[Any, ...], shape: tuple[int, ...], value: torch.Tensor) -> None:
    """The distribution made and asked on both sides."""
    c = Call(Store(), "")

    def made() -> Instance:
        ours = Instance(Lib(f"torch.distributions.{name}"))
        assert make_layer(c, f"torch.distributions.{name}", ours, [abstract(a) for a in args], {})
        return ours

    def real() -> Any:
        with torch.no_grad():
            return getattr(D, name)(*args)

    place = f"{name}{[getattr(a, 'shape', a) for a in args]} {shape} {tuple(value.shape)}"
    compare(lambda: _method(c, "sample", made(), shape), lambda: real().sample(shape), place)
    compare(lambda: _method(c, "log_prob", made(), value), lambda: real().log_prob(value), place)
    if name not in WITHOUT["entropy"]:
        compare(lambda: _method(c, "entropy", made()), lambda: real().entropy(), place)


def _value(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A value in the support of every one of them."""
    half = name in ("Uniform", "Beta")
    return torch.full(shape, 0.5) if half else torch.ones(shape)


@settings(max_examples=150)
@given(st.sampled_from(UNIVARIATE), *[st.sampled_from(SHAPES)] * 4)
def test_of_numbers(name: str, a: Any, b: Any, value: Any, shape: Any) -> None:
    first, second = torch.rand(a) * 0.5 + 0.2, torch.rand(b) + 0.2
    if name == "Uniform":
        first, second = torch.zeros(a), torch.ones(b)
    args = (first, second) if name in TWO else (torch.tensor(3.0), first) if name == "Binomial" else (first,)
    _both(name, args, shape, _value(name, value))


@settings(max_examples=80)
@given(
    st.sampled_from(("Categorical", "OneHotCategorical", "Dirichlet", "Multinomial")), *[st.sampled_from(SHAPES)] * 3
)
def test_of_classes(name: str, a: Any, value: Any, shape: Any) -> None:
    probs = torch.rand(a) + 0.1
    found = torch.zeros(value)
    if name != "Categorical" and value:
        found[..., 0] = 1
        found = (found + 0.1) / (found + 0.1).sum(-1, keepdim=True) if name == "Dirichlet" else found
    if name != "Categorical" and len(value) < 1:
        return
    if name == "Multinomial":
        c = Call(Store(), "")
        ours = Instance(Lib("torch.distributions.Multinomial"))
        if len(a):
            make_layer(c, "torch.distributions.Multinomial", ours, [1, abstract(probs)], {})
            compare(lambda: _method(c, "sample", ours, shape), lambda: D.Multinomial(1, probs).sample(shape), name)
        return
    _both(name, (probs,), shape, found)


@settings(max_examples=80)
@given(*[st.sampled_from(SHAPES)] * 4)
def test_of_vectors(loc: Any, batch: Any, value: Any, shape: Any) -> None:
    if not loc or not value:
        return
    matrix = torch.eye(loc[-1]).expand(*batch, loc[-1], loc[-1])
    _both("MultivariateNormal", (torch.zeros(loc), matrix), shape, torch.rand(value))


@settings(max_examples=80)
@given(st.sampled_from(SHAPES), st.integers(0, 3), st.sampled_from(SHAPES), st.integers(2, 4))
def test_made_of_others(batch: Any, count: int, value: Any, components: int) -> None:
    c = Call(Store(), "")

    def make(name: str, *args: Any) -> Instance:
        ours = Instance(Lib(f"torch.distributions.{name}"))
        assert make_layer(
            c, f"torch.distributions.{name}", ours, [a if isinstance(a, Instance) else abstract(a) for a in args], {}
        )
        return ours

    loc, x, weights = torch.zeros(batch), torch.rand(value), torch.ones(components)
    compare(
        lambda: _method(c, "log_prob", make("Independent", make("Normal", loc, 1.0), count), x),
        lambda: D.Independent(D.Normal(loc, 1.0), count).log_prob(x),
        f"Independent {batch} {count} {value}",
        allow_unknown=True,
        may_miss=len(value) < count,
    )
    if len(batch) == 1:
        compare(
            lambda: _method(
                c, "log_prob", make("MixtureSameFamily", make("Categorical", weights), make("Normal", loc, 1.0)), x
            ),
            lambda: D.MixtureSameFamily(D.Categorical(weights), D.Normal(loc, 1.0)).log_prob(x),
            f"mixture of {components}: {batch} {value}",
        )
    compare(
        lambda: apply_rule(
            c, rules["torch.distributions.kl_divergence"], [make("Normal", loc, 1.0), make("Normal", x, 1.0)], {}
        ),
        lambda: D.kl_divergence(D.Normal(loc, 1.0), D.Normal(x, 1.0)),
        f"kl {batch} {value}",
    )


@settings(max_examples=40)
@given(
    st.sampled_from(SHAPES),
    st.sampled_from(SHAPES),
    st.sampled_from(("cdf", "icdf", "rsample", "perplexity")),
)
def test_other_methods(batch: Any, other: Any, method: str) -> None:
    c = Call(Store(), "")
    ours = Instance(Lib("torch.distributions.Normal"))
    make_layer(c, "torch.distributions.Normal", ours, [abstract(torch.zeros(batch)), 1.0], {})
    real = D.Normal(torch.zeros(batch), 1.0)
    argument: Any = other if method == "rsample" else torch.full(other, 0.5)
    given_ = () if method == "perplexity" else (argument,)
    compare(
        lambda: _method(c, method, ours, *given_), lambda: getattr(real, method)(*given_), f"{method} {batch} {other}"
    )


@pytest.mark.parametrize("name", ["OneHotCategoricalStraightThrough", "RelaxedOneHotCategorical"])
def test_relaxed_classes(name: str) -> None:
    probs = torch.rand(4, 3)
    args = (torch.tensor(1.0), probs) if name.startswith("Relaxed") else (probs,)
    c, ours = Call(Store(), ""), Instance(Lib(f"torch.distributions.{name}"))
    make_layer(c, f"torch.distributions.{name}", ours, [abstract(a) for a in args], {})
    compare(lambda: _method(c, "rsample", ours, (5,)), lambda: getattr(D, name)(*args).rsample((5,)), name)


def test_a_shape_that_is_a_number() -> None:
    c = Call(Store(), "")
    ours = Instance(Lib("torch.distributions.Normal"))
    make_layer(c, "torch.distributions.Normal", ours, [0.0, 1.0], {})
    with pytest.raises(Failure, match=r"sample takes its shape as a tuple: \(5,\) rather than 5"):
        _method(c, "sample", ours, 5)
    with pytest.raises(TypeError):
        D.Normal(0.0, 1.0).sample(5)  # type: ignore[arg-type]
