"""tf.random: of a shape, or of a shape in front of that of the parameters."""

from __future__ import annotations

from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import known, made, named, no_single, number, paths, shape_like, sizes
from shapelens.values import Instance, Lib, Tensor


@rule(*paths("random.normal truncated_normal"))
def normal(
    c: Call,
    shape: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = "float32",
    seed: object = None,
    name: object = None,
) -> Tensor:
    return made(shape_like(c, no_single(c, shape)), named(c, dtype))


@rule(*paths("random.stateless_normal stateless_truncated_normal stateless_parameterized_truncated_normal"))
def stateless_normal(c: Call, shape: object, seed: object, *args: object, **kwargs: object) -> Tensor:
    dtype: object = kwargs.get("dtype", args[2] if len(args) > 2 else "float32")
    return made(shape_like(c, no_single(c, shape)), named(c, dtype))


@rule("tensorflow.random.uniform")
def uniform(
    c: Call,
    shape: object,
    minval: object = 0,
    maxval: object = None,
    dtype: object = "float32",
    seed: object = None,
    name: object = None,
) -> Tensor:
    """Integers need to be told up to which."""
    found = named(c, dtype)
    if found in ("int32", "int64") and c.store.value(maxval) is None:
        c.fail("argument-value", "uniform: integers need a maxval")
    return made(shape_like(c, no_single(c, shape)), found)


@rule("tensorflow.random.stateless_uniform")
def stateless_uniform(
    c: Call,
    shape: object,
    seed: object,
    minval: object = 0,
    maxval: object = None,
    dtype: object = "float32",
    name: object = None,
    alg: object = None,
) -> Tensor:
    return made(shape_like(c, no_single(c, shape)), named(c, dtype))


@rule("tensorflow.random.shuffle")
def shuffle(c: Call, value: Tensor, seed: object = None, name: object = None) -> Tensor:
    return made(value.shape, value.dtype)


def _drawn(c: Call, shape: object, dtype: object, *parameters: object) -> Tensor:
    given = [converted(c, p) for p in parameters if c.store.value(p) is not None]
    behind = common_shape(c, given)
    if not isinstance(behind, tuple):
        raise NotKnown
    return made((*sizes(c, no_single(c, shape)), *behind), named(c, dtype))


@rule("tensorflow.random.gamma")
def gamma(
    c: Call,
    shape: object,
    alpha: object,
    beta: object = None,
    dtype: object = "float32",
    seed: object = None,
    name: object = None,
) -> Tensor:
    return _drawn(c, shape, dtype, alpha, beta)


@rule("tensorflow.random.poisson")
def poisson(
    c: Call, shape: object, lam: object, dtype: object = "float32", seed: object = None, name: object = None
) -> Tensor:
    return _drawn(c, shape, dtype, lam)


@rule(*paths("random.stateless_binomial stateless_gamma stateless_poisson"))
def stateless_of_parameters(c: Call, shape: object, seed: object, *args: object, **kwargs: object) -> Tensor:
    """The shape is the whole one here."""
    default, place, name = {
        "stateless_binomial": ("int32", 2, "output_dtype"),
        "stateless_gamma": ("float32", 2, "dtype"),
        "stateless_poisson": ("int32", 1, "dtype"),
    }[c.name]
    dtype: object = kwargs.get(name, args[place] if len(args) > place else default)
    return made(sizes(c, no_single(c, shape)), named(c, dtype))


@rule("tensorflow.random.categorical")
def categorical(
    c: Call, logits: Tensor, num_samples: object, dtype: object = None, seed: object = None, name: object = None
) -> Tensor:
    """(batch, classes) to (batch, samples)."""
    dims = c.dims(logits, ("B", "classes"))
    if len(dims) != 2:
        c.fail("rank-mismatch", f"categorical: needs logits (batch, classes), got {c.text(logits)}", logits)
    return made((dims[0], number(c, num_samples)), named(c, dtype, "int64"))


@rule("tensorflow.random.stateless_categorical")
def stateless_categorical(
    c: Call, logits: Tensor, num_samples: object, seed: object, dtype: object = "int64", name: object = None
) -> Tensor:
    return categorical(c, logits, num_samples, dtype)


@rule("tensorflow.random.split")
def split(c: Call, seed: Tensor, num: object = 2, alg: object = None) -> Tensor:
    return made((number(c, num), 2), seed.dtype)


@rule("tensorflow.random.fold_in")
def fold_in(c: Call, seed: Tensor, data: object, alg: object = None) -> Tensor:
    return made((2,), seed.dtype)


@rule(
    *paths(
        "random.log_uniform_candidate_sampler uniform_candidate_sampler",
        "nn.all_candidate_sampler fixed_unigram_candidate_sampler learned_unigram_candidate_sampler",
    )
)
def candidates(
    c: Call,
    true_classes: Tensor,
    num_true: object,
    num_sampled: object,
    unique: object,
    *args: object,
    **kwargs: object,
) -> object:
    """Sampled classes, and how often each is expected."""
    from shapelens.values import Named

    count = number(c, num_sampled)
    return Named.of(
        sampled_candidates=made((count,), "int64"),
        true_expected_count=made(true_classes.shape, "float32"),
        sampled_expected_count=made((count,), "float32"),
    )


# -- generators ----------------------------------------------------------------------------------------------------


@rule(
    *(
        f"tensorflow.random.{name}"
        for name in (
            "Generator.from_seed",
            "Generator.from_non_deterministic_state",
            "Generator",
            "get_global_generator",
        )
    )
)
def generator(c: Call, *args: object, **kwargs: object) -> object:
    return Instance(Lib("tensorflow.random.Generator"))


@rule("tensorflow.random.Generator.normal", "tensorflow.random.Generator.truncated_normal")
def generator_normal(
    c: Call,
    self: object,
    shape: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = "float32",
    name: object = None,
) -> Tensor:
    return made(shape_like(c, no_single(c, shape)), named(c, dtype))


@rule("tensorflow.random.Generator.uniform")
def generator_uniform(
    c: Call,
    self: object,
    shape: object,
    minval: object = 0,
    maxval: object = None,
    dtype: object = "float32",
    name: object = None,
) -> Tensor:
    return made(shape_like(c, no_single(c, shape)), named(c, dtype))


@rule("tensorflow.random.Generator.make_seeds")
def make_seeds(c: Call, self: object, count: object = 1) -> Tensor:
    return made((2, number(c, count)), "int64")


@rule("tensorflow.random.Generator.split")
def generator_split(c: Call, self: object, count: object = 1) -> object:
    from shapelens.values import List

    return List([Instance(Lib("tensorflow.random.Generator")) for _ in range(min(known(c, count), 64))])
