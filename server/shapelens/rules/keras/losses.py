"""keras.losses: functions, which give a loss for each sample, and classes, which reduce it; and the names of both.

Labels and output need not have the same shape in most of them: where they broadcast, Keras broadcasts them, be that meant
or not. The crossentropies compare them. Source: keras.src.losses, with the TensorFlow backend's own checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from shapelens.dims import Dim, equal
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.common import axis_in, dtype_name, made, of_keras, reduced
from shapelens.rules.keras.ops.promotion import result_type
from shapelens.rules.registry import declare, layer, rule, rules
from shapelens.values import Instance, Open, Tensor

CODE = "target-mismatch"


# -- labels against output -----------------------------------------------------------------------------------------


def pair(c: Call, y_true: object, y_pred: object) -> tuple[Tensor, Tensor]:
    """Labels and output as tensors."""
    return converted(c, c.store.value(y_true)), converted(c, c.store.value(y_pred))


def differ(c: Call, labels: Tensor, output: Tensor, advice: str = "") -> NoReturn:
    """Report that labels do not fit an output."""
    c.fail(CODE, f"{c.name}: labels {c.text(labels)} against output {c.text(output)}{advice}", labels, output)


def same_rank(c: Call, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Where the ranks differ by one, a last axis of size 1 is dropped from the one, or added to a vector.

    Source: keras.src.losses.loss.squeeze_or_expand_to_same_rank.
    """
    one, two = c.shape(a), c.shape(b)
    if not isinstance(one, tuple) or not isinstance(two, tuple):
        if isinstance(one, Open) and isinstance(two, Open) and one == two:
            return a, b
        raise NotKnown
    if len(two) == len(one) + 1:
        swapped = same_rank(c, b, a)
        return swapped[1], swapped[0]
    if len(one) != len(two) + 1:
        return a, b
    single = equal(one[-1], 1)
    if single is None:
        raise NotKnown
    if not single:
        return a, b
    if len(two) == 1:
        return a, b.with_(shape=(*two, 1), origin=b.origin)
    return a.with_(shape=one[:-1], origin=a.origin), b


def broadcast(c: Call, labels: Tensor, output: Tensor) -> Any:
    """The common shape of both; fails with `target-mismatch` where there is none."""
    try:
        return common_shape(c, (labels, output))
    except Failure:
        differ(c, labels, output, ": they cannot be broadcast")


def equal_shapes(c: Call, labels: Tensor, output: Tensor, advice: str = "") -> tuple[Dim, ...]:
    """The shape that both must have."""
    one, two = c.shape(labels), c.shape(output)
    if isinstance(one, Open) and isinstance(two, tuple):
        one = c.dims(labels, [f"d{i}" for i in range(len(two))])
    elif isinstance(two, Open) and isinstance(one, tuple):
        two = c.dims(output, [f"d{i}" for i in range(len(one))])
    if not isinstance(one, tuple) or not isinstance(two, tuple):
        raise NotKnown
    if len(one) != len(two):
        differ(c, labels, output, advice or ": they must have the same rank")
    for a, b in zip(one, two):
        if c.equate(a, b) is False:
            differ(c, labels, output, advice or ": they must have the same shape")
    return tuple([a if isinstance(a, int) else b for a, b in zip(one, two)])


def _averaged(c: Call, shape: Any, axis: object = -1) -> Any:
    """The shape without an axis; fails for a number, which has none."""
    if isinstance(shape, Open):
        if axis != -1:
            raise NotKnown
        known = c.at_least(shape, 0, 1)
        return Open(known.prefix, known.var, known.suffix[:-1])
    if shape is None:
        raise NotKnown
    at = axis_in(c, axis, len(shape), Tensor(shape))
    return (*shape[:at], *shape[at + 1 :])


# -- functions -----------------------------------------------------------------------------------------------------


def _function(call: str, apply: Callable[..., Any]) -> None:
    names, _, declared = call.partition("(")
    paths = "|".join(f"keras.{place}.{n}" for n in names.split("|") for place in ("losses", "metrics"))
    only_losses = ("cosine_similarity", "ctc", "dice", "tversky", "circle", "categorical_generalized_cross_entropy")
    if names in only_losses:
        paths = f"keras.losses.{names}"
    declare(f"{paths}({declared}", apply, "Tensor", "object", "object")


def _regression(c: Call, y_true: object, y_pred: object, *others: object) -> Tensor:
    """Brought to one rank, broadcast, averaged over the last axis."""
    labels, output = pair(c, y_true, y_pred)
    axis = c.store.value(others[0]) if c.name == "cosine_similarity" else -1
    return made(_averaged(c, broadcast(c, *same_rank(c, labels, output)), axis), output.dtype)


def _pointwise(c: Call, y_true: object, y_pred: object, *others: object) -> Tensor:
    """Broadcast as they are, averaged over the last axis."""
    labels, output = pair(c, y_true, y_pred)
    axis = c.store.value(others[-1]) if others else -1
    return made(_averaged(c, broadcast(c, labels, output), axis), output.dtype)


_function("mean_squared_error|mean_absolute_error|mean_absolute_percentage_error|mean_squared_logarithmic_error|log_cosh"
          "(y_true, y_pred)", _regression)  # fmt: skip
_function("huber(y_true, y_pred, delta=1.0)", _regression)
_function("cosine_similarity(y_true, y_pred, axis=-1)", _regression)
_function("hinge|squared_hinge|categorical_hinge|kl_divergence|poisson(y_true, y_pred)", _pointwise)
_function("categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, "
          "axis=-1)", _pointwise)  # fmt: skip


def _binary(c: Call, y_true: object, y_pred: object, *others: object) -> Tensor:
    """Of one shape, averaged over the axis."""
    labels, output = pair(c, y_true, y_pred)
    one, two = c.shape(labels), c.shape(output)
    advice = ""
    if (
        isinstance(one, tuple)
        and isinstance(two, tuple)
        and len(two) > 1
        and two[-1] != 1
        and one in (two[:-1], (*two[:-1], 1))
    ):
        advice = f": for labels of 0 and 1 the output needs 1 unit, not {c.dim_text(two[-1])}"
    return made(_averaged(c, equal_shapes(c, labels, output, advice), c.store.value(others[-1])), output.dtype)


_function("binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1)", _binary)
_function("binary_focal_crossentropy(y_true, y_pred, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, "
          "label_smoothing=0.0, axis=-1)", _binary)  # fmt: skip


def one_hot_advice(c: Call, labels: Tensor, output: Tensor) -> str:
    """What to do about labels that are classes, where one-hot ones are wanted."""
    one, two = c.shape(labels), c.shape(output)
    if isinstance(one, tuple) and isinstance(two, tuple) and two:
        classes = (*two[:-1], 1)
        if (
            len(one) in (len(two) - 1, len(two))
            and (len(one) < len(two) or one[-1] == 1)
            and classes[: len(one)] != two
        ):
            return ": one-hot the labels, or use sparse_categorical_crossentropy"
    return ""


def _categorical(c: Call, y_true: object, y_pred: object, *others: object) -> Tensor:
    """(*batch, classes) both, to (*batch,)."""
    labels, output = pair(c, y_true, y_pred)
    shape = equal_shapes(c, labels, output, one_hot_advice(c, labels, output))
    return made(_averaged(c, shape, c.store.value(others[-1])), output.dtype)


_function("categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1)", _categorical)


def _sparse(c: Call, y_true: object, y_pred: object, *others: object) -> Tensor:
    """Labels (*batch,) or (*batch, 1) and output (*batch, classes), to (*batch,)."""
    labels, output = pair(c, y_true, y_pred)
    return made(sparse_shape(c, labels, output, c.store.value(others[-1])), output.dtype)


def sparse_shape(c: Call, labels: Tensor, output: Tensor, axis: object = -1) -> tuple[Dim, ...]:
    """The shape that labels of classes must have, besides a last axis of 1; fails where they have not."""
    two = c.shape(output)
    if not isinstance(two, tuple) or axis not in (-1, len(two) - 1):
        raise NotKnown
    if not two:
        c.fail(CODE, f"{c.name}: the output must have an axis of classes, got a number", output)
    one = c.dims(labels, [f"d{i}" for i in range(len(two) - 1)])
    advice = ""
    if len(one) == len(two):
        single = equal(one[-1], 1)
        if single is None and not of_keras(labels, output):
            raise NotKnown
        if single:
            one = one[:-1]
        elif one == two:
            advice = ": the labels are one-hot already; use categorical_crossentropy, or their argmax"
    if len(one) != len(two) - 1:
        differ(c, labels, output, advice or f": the labels must be {c.text(two[:-1])}, a class for each")
    for a, b in zip(one, two[:-1]):
        if c.equate(a, b) is False:
            differ(c, labels, output, f": the labels must be {c.text(two[:-1])}, a class for each")
    return tuple([a if isinstance(a, int) else b for a, b in zip(one, two)])


_function("sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1)", _sparse)


def _ctc(c: Call, y_true: object, y_pred: object) -> Tensor:
    """Labels (B, length) and output (B, time, classes), to (B,)."""
    labels, output = pair(c, y_true, y_pred)
    for tensor, rank, noun in ((labels, 2, "labels (batch, length)"), (output, 3, "output (batch, time, classes)")):
        shape = c.shape(tensor)
        if isinstance(shape, tuple) and len(shape) != rank:
            c.fail(CODE, f"ctc needs {noun}, got {c.text(tensor)}", tensor)
    one, two = c.dims(labels, ("B", "L")), c.dims(output, ("B", "T", "C"))
    if c.equate(one[0], two[0]) is False:
        differ(c, labels, output, ": the batches differ")
    return made((one[0],), result_type(output.dtype, "float32"))


def _overlap(c: Call, y_true: object, y_pred: object, *others: object) -> Tensor:
    """Over all axes, or those named."""
    labels, output = pair(c, y_true, y_pred)
    shape, axis = broadcast(c, labels, output), c.store.value(others[-1])
    if axis is not None and c.shape(labels) != c.shape(output):
        raise NotKnown
    return made(reduced(c, Tensor(shape), axis, False), output.dtype)


_function("ctc(y_true, y_pred)", _ctc)
_function("dice(y_true, y_pred, axis=None)", _overlap)
_function("tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None)", _overlap)


def _circle(
    c: Call, y_true: object, y_pred: object, ref_labels: object, ref_embeddings: object, *others: object
) -> Tensor:
    """Embeddings (B, D) to (B,)."""
    if c.store.value(ref_labels) is not None or c.store.value(ref_embeddings) is not None:
        raise NotKnown
    _, output = pair(c, y_true, y_pred)
    dims = c.dims(output)
    if len(dims) != 2:
        raise NotKnown
    return made((dims[0],), output.dtype)


_function(
    "circle(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4)", _circle
)


def _generalized(c: Call, y_true: object, y_pred: object, q: object) -> Tensor:
    """Labels (*batch,) and output (*batch, classes), to (*batch,)."""
    labels, output = pair(c, y_true, y_pred)
    one, two = c.dims(labels), c.dims(output)
    if not two or len(one) != len(two) - 1:
        raise NotKnown
    shape = broadcast(c, labels.with_(shape=(*one, two[-1]), origin=labels.origin), output)
    return made(shape[:-1], output.dtype)


_function("categorical_generalized_cross_entropy(y_true, y_pred, q)", _generalized)


# -- keras.ops -----------------------------------------------------------------------------------------------------


@rule("keras.ops.binary_crossentropy")
def binary_of_each(c: Call, target: object, output: object, from_logits: object = False) -> Tensor:
    """Of one shape, which stays."""
    labels, came = pair(c, target, output)
    return made(equal_shapes(c, labels, came), came.dtype)


@rule("keras.ops.categorical_crossentropy")
def categorical_of_each(c: Call, target: object, output: object, from_logits: object = False, axis: int = -1) -> Tensor:
    """(*batch, classes) both, to (*batch,)."""
    labels, came = pair(c, target, output)
    shape = equal_shapes(c, labels, came, one_hot_advice(c, labels, came))
    return made(_averaged(c, shape, -1 if of_keras(labels, came) else axis), came.dtype)


@rule("keras.ops.sparse_categorical_crossentropy")
def sparse_of_each(c: Call, target: object, output: object, from_logits: object = False, axis: int = -1) -> Tensor:
    """Labels (*batch,) and output (*batch, classes), to (*batch,)."""
    labels, came = pair(c, target, output)
    return made(sparse_shape(c, labels, came, axis), came.dtype)


# -- classes -------------------------------------------------------------------------------------------------------

_TAIL = "reduction='sum_over_batch_size', name=None, dtype=None"
# The class, the function that it wraps, and its own arguments, which the function takes too.
CLASSES: dict[str, tuple[str, str]] = {
    "MeanSquaredError": ("mean_squared_error", ""),
    "MeanAbsoluteError": ("mean_absolute_error", ""),
    "MeanAbsolutePercentageError": ("mean_absolute_percentage_error", ""),
    "MeanSquaredLogarithmicError": ("mean_squared_logarithmic_error", ""),
    "CosineSimilarity": ("cosine_similarity", "axis=-1"),
    "Huber": ("huber", "delta=1.0"),
    "LogCosh": ("log_cosh", ""),
    "Hinge": ("hinge", ""),
    "SquaredHinge": ("squared_hinge", ""),
    "CategoricalHinge": ("categorical_hinge", ""),
    "KLDivergence": ("kl_divergence", ""),
    "Poisson": ("poisson", ""),
    "BinaryCrossentropy": ("binary_crossentropy", "from_logits=False, label_smoothing=0.0, axis=-1"),
    "BinaryFocalCrossentropy": (
        "binary_focal_crossentropy",
        "apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1",
    ),
    "CategoricalCrossentropy": ("categorical_crossentropy", "from_logits=False, label_smoothing=0.0, axis=-1"),
    "CategoricalFocalCrossentropy": (
        "categorical_focal_crossentropy",
        "alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1",
    ),
    "SparseCategoricalCrossentropy": ("sparse_categorical_crossentropy", "from_logits=False, ignore_class=None"),
    "CTC": ("ctc", ""),
    "Dice": ("dice", ""),
    "Tversky": ("tversky", "alpha=0.5, beta=0.5"),
    "Circle": ("circle", "gamma=80.0, margin=0.4, remove_diagonal=True"),
    "CategoricalGeneralizedCrossEntropy": ("categorical_generalized_cross_entropy", "q=0.5"),
}
_AFTER = {"SparseCategoricalCrossentropy": ", axis=-1", "Dice": ", axis=None", "Tversky": ", axis=None"}
_BASE = "keras.losses.Loss"


def reduced_loss(c: Call, self: Instance, values: Tensor, sample_weight: object) -> Tensor:
    """The loss of a batch: one number, or one for each sample where nothing is reduced."""
    dtype = dtype_name(c, self.attrs.get("dtype"), "float32")
    reduction = c.store.value(self.attrs.get("reduction"))
    if c.store.value(sample_weight) is not None:
        weights = converted(c, c.store.value(sample_weight))
        a, b = same_rank(c, values, weights)
        try:
            values = a.with_(shape=common_shape(c, (a, b)))
        except Failure:
            c.fail(
                "weight-mismatch",
                f"{c.name}: sample_weight {c.text(weights)} cannot be broadcast with the losses {c.text(values)}",
                weights,
            )
    if reduction is None or reduction == "none":
        return made(values.shape, dtype)
    if not isinstance(reduction, str):
        raise NotKnown
    return made((), dtype)


def _class(name: str, function: str, own: str) -> None:
    declared = f"{own}{', ' if own else ''}{_TAIL}{_AFTER.get(name, '')}"

    @layer(f"keras.losses.{name}", declared, bases=(_BASE,))
    def apply(c: Call, self: Instance, y_true: object, y_pred: object, sample_weight: object = None) -> Tensor:
        found = rules[f"keras.losses.{function}"]
        given = [self.attrs.get(p.name, p.default) for p in found.parameters[2:]]
        previous, c.path = c.path, found.path
        try:
            labels, output = same_rank(c, *pair(c, y_true, y_pred))
            values = found.function(c, labels, output, *given)
        finally:
            c.path = previous
        return reduced_loss(c, self, values, sample_weight)


for _name, (_wrapped, _own) in CLASSES.items():
    _class(_name, _wrapped, _own)


@layer(_BASE, "name=None, reduction='sum_over_batch_size', dtype=None", bases=())
def loss_of_the_program(
    c: Call, self: Instance, y_true: object, y_pred: object, sample_weight: object = None
) -> Tensor:
    """What its own `call` gives, reduced."""
    if self.attrs.get("reduction", "sum_over_batch_size") in (
        "sum_over_batch_size",
        "sum",
        "mean",
        "mean_with_sample_weight",
    ):
        return made((), dtype_name(c, self.attrs.get("dtype"), "float32"))
    raise NotKnown


# -- names ---------------------------------------------------------------------------------------------------------

_SHORT = {
    "mse": "mean_squared_error", "MSE": "mean_squared_error", "mae": "mean_absolute_error", "MAE": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error", "MAPE": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "MSLE": "mean_squared_logarithmic_error", "bce": "binary_crossentropy", "BCE": "binary_crossentropy", "kld": "kl_divergence",
    "KLD": "kl_divergence",
}  # fmt: skip

_FUNCTIONS = [
    p.rpartition(".")[2] for p in rules if p.startswith("keras.losses.") and p != _BASE and "generalized" not in p
]
LOSSES: dict[str, str] = {
    **{name: f"keras.losses.{name}" for name in _FUNCTIONS},
    **{name: f"keras.losses.{function}" for name, (function, own) in CLASSES.items() if own != "q=0.5"},
    **{short: f"keras.losses.{name}" for short, name in _SHORT.items()},
}
"""The names under which `compile(loss=…)` finds a loss: its function."""
