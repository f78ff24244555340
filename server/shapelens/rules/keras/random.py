"""keras.random and keras.initializers: tensors of a shape that is asked for, and tensors at random in the likeness of others."""

from __future__ import annotations

from shapelens.dims import Dim
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import axis_in, dims_of_rank, dtype_name, made, sizes
from shapelens.rules.registry import alias, declare, layer, rule
from shapelens.rules.tensorflow.common import no_single
from shapelens.values import Instance, Tensor

_R = "keras.random."


def _drawn(c: Call, shape: object, *others: object) -> Tensor:
    return made(sizes(c, no_single(c, shape)), dtype_name(c, others[-2], "int32" if c.name == "randint" else "float32"))


declare(
    f"{_R}normal|{_R}truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None)", _drawn, "Tensor", "object"
)
declare(f"{_R}uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None)", _drawn, "Tensor", "object")
declare(f"{_R}randint(shape, minval, maxval, dtype='int32', seed=None)", _drawn, "Tensor", "object")


def _from(c: Call, shape: object, *others: object) -> Tensor:
    """Of the shape asked for, with which the parameters must broadcast."""
    wanted = sizes(c, shape)
    for value in others[:-2]:
        found = converted(c, c.store.value(value))
        own = c.shape(found)
        if isinstance(own, tuple) and own:
            try:
                common = c.broadcast(own, wanted)
            except Failure:
                c.fail(
                    "broadcast-mismatch", f"{c.name}: {c.text(found)} cannot be broadcast to {c.text(wanted)}", found
                )
            if common != wanted:
                raise NotKnown
    return made(wanted, dtype_name(c, others[-2], "float32"))


declare(f"{_R}gamma(shape, alpha, dtype=None, seed=None)", _from, "Tensor", "object")
declare(f"{_R}beta(shape, alpha, beta, dtype=None, seed=None)", _from, "Tensor", "object")
declare(f"{_R}binomial(shape, counts, probabilities, dtype=None, seed=None)", _from, "Tensor", "object")


@rule(f"{_R}categorical")
def categorical(c: Call, logits: Tensor, num_samples: Dim, dtype: object = "int32", seed: object = None) -> Tensor:
    """(B, classes) to (B, num_samples)."""
    dims = dims_of_rank(c, logits, 2, ("B", "C"), "logits")
    return made((dims[0], num_samples), dtype_name(c, dtype, "int32"))


@rule(f"{_R}dropout")
def dropout(c: Call, inputs: Tensor, rate: object, noise_shape: object = None, seed: object = None) -> Tensor:
    """The shape stays."""
    return made(inputs.shape, inputs.dtype)


@rule(f"{_R}shuffle")
def shuffle(c: Call, x: Tensor, axis: int = 0, seed: object = None) -> Tensor:
    """The same elements in another order along an axis."""
    shape = c.shape(x)
    if isinstance(shape, tuple):
        axis_in(c, axis, len(shape), x)
    return made(shape, x.dtype)


@layer(f"{_R}SeedGenerator", "seed=None, name=None, **kwargs", bases=())
def seed_generator(c: Call, self: Instance, *args: object) -> object:
    raise NotKnown


@rule(f"{_R}SeedGenerator.next")
def next_seed(c: Call, self: object, ordered: object = True) -> Tensor:
    """Two numbers."""
    return made((2,), "uint32")


# -- initializers --------------------------------------------------------------------------------------------------

_I = "keras.initializers."
_SPREAD = "seed=None, input_axes=None, output_axes=None"
# The class, its arguments, and its other names.
_INITIALIZERS: dict[str, tuple[str, str]] = {
    "RandomNormal": ("mean=0.0, stddev=0.05, seed=None", "random_normal"),
    "TruncatedNormal": ("mean=0.0, stddev=0.05, seed=None", "truncated_normal"),
    "RandomUniform": ("minval=-0.05, maxval=0.05, seed=None", "random_uniform"),
    "VarianceScaling": (
        "scale=1.0, mode='fan_in', distribution='truncated_normal', seed=None, input_axes=None, output_axes=None",
        "variance_scaling",
    ),
    "GlorotUniform": (_SPREAD, "glorot_uniform"),
    "GlorotNormal": (_SPREAD, "glorot_normal"),
    "LecunNormal": (_SPREAD, "lecun_normal"),
    "LecunUniform": (_SPREAD, "lecun_uniform"),
    "HeNormal": (_SPREAD, "he_normal"),
    "HeUniform": (_SPREAD, "he_uniform"),
    "Orthogonal": ("gain=1.0, seed=None", "orthogonal OrthogonalInitializer"),
    "Constant": ("value=0.0", "constant"),
    "Zeros": ("", "zeros"),
    "Ones": ("", "ones"),
    "Identity": ("gain=1.0", "identity IdentityInitializer"),
}
_RANKS = {"Orthogonal": (2, None), "Identity": (2, 2)}  # at the least and at the most


def _initializer(name: str, declared: str) -> None:
    @layer(f"{_I}{name}", declared, bases=(f"{_I}Initializer",))
    def apply(c: Call, self: Instance, shape: object, dtype: object = None) -> Tensor:
        wanted = sizes(c, shape)
        least, most = _RANKS.get(name, (0, None))
        if len(wanted) < least or most is not None and len(wanted) > most:
            rank = f"{least}" if most is not None else f"at least {least}"
            c.fail("rank-mismatch", f"{name} makes tensors of rank {rank}, asked for {c.text(wanted)}")
        return made(wanted, dtype_name(c, dtype, "float32"))


for _name, (_declared, _others) in _INITIALIZERS.items():
    _initializer(_name, _declared)
    for _other in _others.split():
        alias(f"{_I}{_other}", f"{_I}{_name}")


@layer(f"{_I}Initializer", "", bases=())
def initializer_of_the_program(
    c: Call, self: Instance, shape: object, dtype: object = None, **others: object
) -> Tensor:
    """Weights of the shape asked for, or they could not be used."""
    return made(sizes(c, shape), dtype_name(c, dtype, "float32"))
