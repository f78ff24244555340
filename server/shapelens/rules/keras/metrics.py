"""keras.metrics: functions, which say how good each sample is, and classes, which keep count; and the names of both.

A metric is told of labels and output by calling it, or by `update_state`; `result` is one number for most.
Source: keras.src.metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, equal, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.keras import losses
from shapelens.rules.keras.losses import CODE, broadcast, differ, one_hot_advice, pair, same_rank
from shapelens.rules.keras.ops.common import dtype_name, made, of_keras, sizes
from shapelens.rules.registry import layer, rule, rules
from shapelens.values import Instance, Lib, Shape, Tensor

# -- functions -----------------------------------------------------------------------------------------------------


def _equality(c: Call, labels: Tensor, output: Tensor, shape: Shape, other: Shape) -> Shape:
    """The common shape of what is compared; fails with `target-mismatch` where there is none."""
    try:
        return common_shape(c, (Tensor(shape), Tensor(other)))
    except Failure:
        differ(c, labels, output, one_hot_advice(c, labels, output))


@rule("keras.metrics.binary_accuracy")
def binary_accuracy(c: Call, y_true: object, y_pred: object, threshold: object = 0.5) -> Tensor:
    """1 where label and output are on the same side of the threshold."""
    labels, output = pair(c, y_true, y_pred)
    return made(broadcast(c, *same_rank(c, labels, output)), "float32")


@rule("keras.metrics.categorical_accuracy")
def categorical_accuracy(c: Call, y_true: object, y_pred: object) -> Tensor:
    """Labels and output (*batch, classes), to (*batch,)."""
    labels, output = pair(c, y_true, y_pred)
    one, two = c.dims(labels), c.dims(output)
    if not one or not two:
        raise NotKnown
    if len(one) - 1 == len(two):  # Keras squeezes what it compares then
        if equal(one[-2], 1) is False:
            differ(c, labels, output)
        raise NotKnown
    return made(_equality(c, labels, output, one[:-1], two[:-1]), "float32")


@rule("keras.metrics.sparse_categorical_accuracy")
def sparse_categorical_accuracy(c: Call, y_true: object, y_pred: object) -> Tensor:
    """Labels (*batch,) or (*batch, 1) and output (*batch, classes), to (*batch,)."""
    labels, output = pair(c, y_true, y_pred)
    one, two = c.dims(labels), c.dims(output)
    if not two:
        raise NotKnown
    if len(one) == len(two):
        single = equal(one[-1], 1)
        if single is None:
            raise NotKnown
        one = one[:-1] if single else one
    shape = _equality(c, labels, output, one, two[:-1])
    if isinstance(shape, tuple) and len(shape) > 1:
        last = equal(shape[-1], 1)
        if last is None:
            raise NotKnown
        shape = shape[:-1] if last else shape
    return made(shape, "float32")


def _top(c: Call, y_true: object, y_pred: object, sparse: bool) -> Tensor:
    labels, output = pair(c, y_true, y_pred)
    one, two = c.dims(labels), c.dims(output)
    if len(two) < 2 or not one and not sparse:
        raise NotKnown
    kept = one if sparse else one[:-1]
    if not kept:
        raise NotKnown
    if not of_keras(labels, output) and c.equate(product(kept), product(two[:-1])) is False:
        differ(c, labels, output, one_hot_advice(c, labels, output))
    return made(kept, "float32")


@rule("keras.metrics.top_k_categorical_accuracy")
def top_k_categorical_accuracy(c: Call, y_true: object, y_pred: object, k: object = 5) -> Tensor:
    """Labels and output (*batch, classes), to (*batch,)."""
    return _top(c, y_true, y_pred, False)


@rule("keras.metrics.sparse_top_k_categorical_accuracy")
def sparse_top_k_categorical_accuracy(c: Call, y_true: object, y_pred: object, k: object = 5,
                                      from_sorted_ids: object = False) -> Tensor:  # fmt: skip
    """Labels (*batch,) and output (*batch, classes), to the labels' shape."""
    if c.store.value(from_sorted_ids) is not False:
        raise NotKnown
    return _top(c, y_true, y_pred, True)


@rule("keras.metrics.pearson_correlation", "keras.metrics.concordance_correlation")
def correlation(c: Call, y_true: object, y_pred: object, axis: int = -1) -> Tensor:
    """Along an axis."""
    labels, output = pair(c, y_true, y_pred)
    shape = broadcast(c, *same_rank(c, labels, output))
    if not isinstance(shape, tuple) or axis != -1 or not shape:
        raise NotKnown
    return made(shape[:-1], output.dtype)


def _exact(c: Call, y_true: object, y_pred: object) -> Tensor:
    labels, output = pair(c, y_true, y_pred)
    return made(broadcast(c, *same_rank(c, labels, output)), "float32")


def _cosine(c: Call, y_true: object, y_pred: object, axis: object = -1) -> Tensor:
    return rules["keras.losses.cosine_similarity"].function(c, y_true, y_pred, axis)  # type: ignore[no-any-return]


# -- what a class does with labels and output ----------------------------------------------------------------------


def _wrapped(path: str) -> Callable[[Call, Instance, object, object], object]:
    def update(c: Call, self: Instance, y_true: object, y_pred: object) -> object:
        found = rules[path]
        return found.function(c, y_true, y_pred, *[self.attrs.get(p.name, p.default) for p in found.parameters[2:]])

    return update


def _flat_count(c: Call, labels: Tensor, output: Tensor) -> tuple[Dim, Dim]:
    labels, output = same_rank(c, labels, output)
    return product(c.dims(labels)), product(c.dims(output))


def _confusion(c: Call, self: Instance, y_true: object, y_pred: object) -> object:
    """All labels against all outputs, one by one."""
    labels, output = pair(c, y_true, y_pred)
    if any(c.store.value(self.attrs.get(k)) is not None for k in ("top_k", "class_id")):
        return None
    counts = _flat_count(c, labels, output)
    try:
        c.broadcast(counts[:1], counts[1:])
    except Failure:
        differ(c, labels, output, f": {c.dim_text(counts[0])} labels for {c.dim_text(counts[1])} numbers")
    return None


def _area(c: Call, self: Instance, y_true: object, y_pred: object) -> object:
    """As many labels as outputs."""
    labels, output = pair(c, y_true, y_pred)
    if c.store.value(self.attrs.get("multi_label")) is not False or self.attrs.get("class_id") is not None:
        return None
    counts = _flat_count(c, labels, output)
    if c.equate(*counts) is False:
        differ(c, labels, output, f": {c.dim_text(counts[0])} labels for {c.dim_text(counts[1])} numbers")
    return None


def _scores(c: Call, self: Instance, y_true: object, y_pred: object) -> object:
    """(B, classes) both."""
    labels, output = pair(c, y_true, y_pred)
    for tensor in (labels, output):
        shape = c.shape(tensor)
        if isinstance(shape, tuple) and len(shape) != 2:
            c.fail(CODE, f"{c.name} needs labels and output of rank 2 (batch, classes), got {c.text(tensor)}", tensor)
    one, two = c.dims(labels, ("B", "C")), c.dims(output, ("B", "C"))
    broadcast(c, labels, output)
    self.attrs["_classes"] = two[1] if equal(one[1], two[1]) else None
    return None


def _regressors(c: Call, self: Instance, y_true: object, y_pred: object) -> object:
    """(B, n) both."""
    shape = c.shape(pair(c, y_true, y_pred)[1])
    self.attrs["_classes"] = shape[-1] if isinstance(shape, tuple) and len(shape) == 2 else None
    return None


def _any(c: Call, self: Instance, y_true: object, y_pred: object) -> object:
    return None


# -- classes -------------------------------------------------------------------------------------------------------

_METRIC = "keras.metrics.Metric"
_M = "keras.metrics."
_L = "keras.losses."
_TAIL = "name=None, dtype=None"
_IOU = "num_classes, {ids}name=None, dtype=None, ignore_class=None, {true}sparse_y_pred=True, axis=-1"

# The class, its constructor's arguments, and what an update does: the function that it averages, or one of the above.
_Update = Callable[[Call, Instance, object, object], object]
_CLASSES: dict[str, tuple[str, _Update]] = {
    "Accuracy": (_TAIL, lambda c, s, t, p: _exact(c, t, p)),
    "BinaryAccuracy": (f"{_TAIL}, threshold=0.5", _wrapped(f"{_M}binary_accuracy")),
    "CategoricalAccuracy": (_TAIL, _wrapped(f"{_M}categorical_accuracy")),
    "SparseCategoricalAccuracy": (_TAIL, _wrapped(f"{_M}sparse_categorical_accuracy")),
    "TopKCategoricalAccuracy": (f"k=5, {_TAIL}", _wrapped(f"{_M}top_k_categorical_accuracy")),
    "SparseTopKCategoricalAccuracy": (f"k=5, {_TAIL}, from_sorted_ids=False", _wrapped(f"{_M}sparse_top_k_categorical_accuracy")),
    **dict.fromkeys(
        ("FalsePositives", "FalseNegatives", "TrueNegatives", "TruePositives"), (f"thresholds=None, {_TAIL}", _confusion)
    ),
    **dict.fromkeys(("Precision", "Recall"), (f"thresholds=None, top_k=None, class_id=None, {_TAIL}", _confusion)),
    "SensitivityAtSpecificity": (f"specificity, num_thresholds=200, class_id=None, {_TAIL}", _area),
    "SpecificityAtSensitivity": (f"sensitivity, num_thresholds=200, class_id=None, {_TAIL}", _area),
    "PrecisionAtRecall": (f"recall, num_thresholds=200, class_id=None, {_TAIL}", _area),
    "RecallAtPrecision": (f"precision, num_thresholds=200, class_id=None, {_TAIL}", _area),
    "AUC": (
        f"num_thresholds=200, curve='ROC', summation_method='interpolation', {_TAIL}, thresholds=None, multi_label=False, "
        "num_labels=None, label_weights=None, from_logits=False",
        _area,
    ),
    "PearsonCorrelation": (f"{_TAIL}, axis=-1", _wrapped(f"{_M}pearson_correlation")),
    "ConcordanceCorrelation": (f"{_TAIL}, axis=-1", _wrapped(f"{_M}concordance_correlation")),
    "FBetaScore": (f"average=None, beta=1.0, threshold=None, {_TAIL}", _scores),
    "F1Score": (f"average=None, threshold=None, {_TAIL}", _scores),
    "Hinge": (_TAIL, _wrapped(f"{_L}hinge")),
    "SquaredHinge": (_TAIL, _wrapped(f"{_L}squared_hinge")),
    "CategoricalHinge": (_TAIL, _wrapped(f"{_L}categorical_hinge")),
    "IoU": (_IOU.format(ids="target_class_ids, ", true="sparse_y_true=True, "), _any),
    "BinaryIoU": ("target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None", _any),
    "MeanIoU": (_IOU.format(ids="", true="sparse_y_true=True, "), _any),
    "OneHotIoU": (_IOU.format(ids="target_class_ids, ", true=""), _any),
    "OneHotMeanIoU": (_IOU.format(ids="", true=""), _any),
    "KLDivergence": (_TAIL, _wrapped(f"{_L}kl_divergence")),
    "Poisson": (_TAIL, _wrapped(f"{_L}poisson")),
    "BinaryCrossentropy": (f"{_TAIL}, from_logits=False, label_smoothing=0", _wrapped(f"{_L}binary_crossentropy")),
    "CategoricalCrossentropy": (
        f"{_TAIL}, from_logits=False, label_smoothing=0, axis=-1",
        _wrapped(f"{_L}categorical_crossentropy"),
    ),
    "SparseCategoricalCrossentropy": (
        f"{_TAIL}, from_logits=False, ignore_class=None, axis=-1",
        _wrapped(f"{_L}sparse_categorical_crossentropy"),
    ),
    "MeanSquaredError": (_TAIL, _wrapped(f"{_L}mean_squared_error")),
    "RootMeanSquaredError": (_TAIL, lambda c, s, t, p: _exact(c, t, p)),
    "MeanAbsoluteError": (_TAIL, _wrapped(f"{_L}mean_absolute_error")),
    "MeanAbsolutePercentageError": (_TAIL, _wrapped(f"{_L}mean_absolute_percentage_error")),
    "MeanSquaredLogarithmicError": (_TAIL, _wrapped(f"{_L}mean_squared_logarithmic_error")),
    "CosineSimilarity": (f"{_TAIL}, axis=-1", lambda c, s, t, p: _cosine(c, t, p, s.attrs.get("axis", -1))),
    "LogCoshError": (_TAIL, _wrapped(f"{_L}log_cosh")),
    "R2Score": (f"class_aggregation='uniform_average', num_regressors=0, {_TAIL}", _regressors),
    "MeanMetricWrapper": (f"fn, {_TAIL}, **kwargs", _any),
}  # fmt: skip


def _result(c: Call, self: Instance) -> Tensor:
    """One number; one for each threshold or class where the metric keeps several."""
    dtype = dtype_name(c, self.attrs.get("dtype"), "float32")
    thresholds = c.store.value(self.attrs.get("thresholds"))
    name = self.cls.name if not isinstance(self.cls, str) else ""
    if isinstance(thresholds, (list, tuple)) and name != "AUC" and len(thresholds) != 1:
        return made((len(thresholds),), dtype)
    per_class = name in ("FBetaScore", "F1Score") and c.store.value(self.attrs.get("average")) is None
    if per_class or name == "R2Score" and c.store.value(self.attrs.get("class_aggregation")) is None:
        classes = self.attrs.get("_classes")
        if classes is None:
            raise NotKnown
        return made((classes,), dtype)
    return made((), dtype)


def _class(name: str, declared: str, update: _Update) -> None:
    path = f"{_M}{name}"

    def updated(c: Call, self: Instance, y_true: object, y_pred: object) -> None:
        previous, c.path = c.path, path
        try:
            update(c, self, y_true, y_pred)
        except NotKnown:
            pass  # the metric itself is one number whatever it is told
        finally:
            c.path = previous

    @layer(path, declared, bases=(_METRIC,))
    def call(c: Call, self: Instance, y_true: object, y_pred: object, sample_weight: object = None) -> Tensor:
        updated(c, self, y_true, y_pred)
        return _result(c, self)

    @rule(f"{path}.update_state")
    def update_state(c: Call, self: Any, y_true: object, y_pred: object, sample_weight: object = None) -> object:
        updated(c, self, y_true, y_pred)
        return None

    @rule(f"{path}.result")
    def result(c: Call, self: Any) -> Tensor:
        return _result(c, self)


for _name, (_declared, _update) in _CLASSES.items():
    _class(_name, _declared, _update)


def _of_values(name: str) -> None:
    path = f"{_M}{name}"

    @layer(path, _TAIL, bases=(_METRIC,))
    def call(c: Call, self: Instance, values: object, sample_weight: object = None) -> Tensor:
        return _result(c, self)

    @rule(f"{path}.update_state")
    def update_state(c: Call, self: Any, values: object, sample_weight: object = None) -> object:
        return None

    @rule(f"{path}.result")
    def result(c: Call, self: Any) -> Tensor:
        return _result(c, self)


_of_values("Mean")
_of_values("Sum")


def _of_floats(c: Call, self: Instance) -> None:
    if c.store.value(self.attrs.get("dtype")) is None:
        self.attrs["dtype"] = "float32"


@layer(_METRIC, "dtype=None, name=None", setup=_of_floats, bases=())
def metric_of_the_program(c: Call, self: Instance, *args: object, **kwargs: object) -> object:
    """What its own `update_state` and `result` do."""
    raise NotKnown


@rule(f"{_METRIC}.reset_state", f"{_METRIC}.reset_states")
def reset_state(c: Call, self: object) -> object:
    return None


@rule(f"{_METRIC}.add_weight", f"{_METRIC}.add_variable")
def add_weight(c: Call, self: object, shape: object = (), initializer: object = None, dtype: object = None,
               name: object = None, **others: object) -> Tensor:  # fmt: skip
    """A variable that counts."""
    value = c.store.value(shape)
    if isinstance(value, str):  # Keras 2: the name comes first
        value = c.store.value(initializer)
        value = None if isinstance(value, (str, Instance, Lib)) else value
    dtype = dtype_name(c, dtype, "float32")
    return made(() if value is None else sizes(c, value), dtype).with_(parameter=True)


# -- names ---------------------------------------------------------------------------------------------------------

# What `compile(metrics=…)` makes of a name that has no function of its own.
_NAMED = {
    "auc": "AUC", "precision": "Precision", "recall": "Recall", "f1_score": "F1Score", "f_beta_score": "FBetaScore",
    "false_positives": "FalsePositives", "false_negatives": "FalseNegatives", "true_positives": "TruePositives",
    "true_negatives": "TrueNegatives", "r2_score": "R2Score", "io_u": "IoU", "mean_io_u": "MeanIoU", "binary_io_u": "BinaryIoU",
    "root_mean_squared_error": "RootMeanSquaredError", "cosine_similarity": "CosineSimilarity",
}  # fmt: skip
_FUNCTIONS = ("binary_accuracy categorical_accuracy sparse_categorical_accuracy top_k_categorical_accuracy "
              "sparse_top_k_categorical_accuracy pearson_correlation concordance_correlation").split()  # fmt: skip
_WRAPPERS = {
    "BinaryAccuracy": "binary_accuracy",
    "CategoricalAccuracy": "categorical_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
    "TopKCategoricalAccuracy": "top_k_categorical_accuracy",
    "SparseTopKCategoricalAccuracy": "sparse_top_k_categorical_accuracy",
}
METRICS: dict[str, str] = {
    **{name: path for name, path in losses.LOSSES.items() if path.replace(_L, _M) in rules},
    **{name: f"{_M}{name}" for name in _FUNCTIONS},
    **{name: f"{_M}{function}" for name, function in _WRAPPERS.items()},
    **{name: f"{_M}{cls}" for name, cls in _NAMED.items()},
    **{cls: f"{_M}{cls}" for cls in _NAMED.values()},
}
"""The names under which `compile(metrics=…)` finds a metric: its function, or its class where it has none."""

_ACCURACY = ("accuracy", "acc", "crossentropy", "ce")


def by_shapes(name: str, labels: Sequence[Dim] | None, output: Sequence[Dim] | None) -> str | None:
    """The function that "accuracy" or "crossentropy" stands for with these shapes; None where that is not known.

    Source: keras.src.trainers.compile_utils.is_binary_or_sparse_categorical.
    """
    if name.lower() not in _ACCURACY or labels is None or output is None or not labels or not output:
        return None
    kind = "accuracy" if name.lower() in ("accuracy", "acc") else "crossentropy"
    place = _M if kind == "accuracy" else _L
    single = equal(output[-1], 1)
    if single is None:
        return None
    if single:
        return f"{place}binary_{kind}"
    one = True if len(labels) < len(output) else equal(labels[-1], 1)
    if one is None:
        return None
    return f"{place}sparse_categorical_{kind}" if one else f"{place}categorical_{kind}"
