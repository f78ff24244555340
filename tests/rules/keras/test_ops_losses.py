"""Losses and metrics, functions and classes, held against Keras on labels and outputs that fit and that do not."""

from __future__ import annotations

import keras
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.keras.losses import CLASSES, LOSSES
from shapelens.rules.keras.metrics import METRICS, by_shapes
from shapelens.rules.registry import apply_rule, layers, rules
from shapelens.values import Store, Tensor
from tests.rules.keras.harness import X, check, check_layer
from tests.rules.keras.ops_samples import Args, Draw, a_shape, like, number, one_of

PHASES = (Phase.generate, Phase.shrink)
FUNCTIONS = sorted(
    p for p in rules if p.count(".") == 2 and p.startswith(("keras.losses.", "keras.metrics.")) and p not in layers
)
METRIC_CLASSES = sorted(p for p in layers if p.startswith("keras.metrics.") and p != "keras.metrics.Metric")
OPTIONS = {
    "keras.metrics.SensitivityAtSpecificity": {"specificity": 0.5},
    "keras.metrics.SpecificityAtSensitivity": {"sensitivity": 0.5},
    "keras.metrics.PrecisionAtRecall": {"recall": 0.5},
    "keras.metrics.RecallAtPrecision": {"precision": 0.5},
    "keras.metrics.IoU": {"num_classes": 2, "target_class_ids": [0]},
    "keras.metrics.MeanIoU": {"num_classes": 2},
    "keras.metrics.OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "keras.metrics.OneHotMeanIoU": {"num_classes": 3},
}
# These compare what the labels hold, which a shape does not show.
LENIENT = ("IoU", "circle", "Circle", "generalized", "Generalized", "R2Score", "Metric", "ctc", "CTC")


def labels_and_output(draw: Draw) -> tuple[X, X]:
    """An output (*batch, classes) and labels in one of the shapes that people give."""
    batch = (number(draw, 2, 4), *a_shape(draw, 0, 1, (2, 3)))
    output = (*batch, one_of(draw, 1, 3, 3, 5))
    labels = one_of(
        draw, output, output, batch, (*batch, 1), like(draw, output, (1, 6)), like(draw, batch, (1, 6)), (*batch, 2)
    )
    if number(draw, 0, 5) == 0:
        output = batch
    return X(labels, one_of(draw, "float32", "int32"), none=()), X(output, none=())


def arguments(path: str, draw: Draw) -> Args:
    """Labels and output, and for some functions an argument."""
    kwargs = {"q": 0.5} if path.endswith("generalized_cross_entropy") else {}
    return Args(labels_and_output(draw), kwargs, loose=any(word in path for word in LENIENT))


@pytest.mark.parametrize("path", FUNCTIONS)
def test_functions(path: str):
    @settings(max_examples=8, phases=PHASES)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        call = arguments(path, data.draw)
        check(path, *call.args, allow_unknown=True, may_miss=call.loose, **call.kwargs)

    run()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_classes(name: str):
    @settings(max_examples=5, phases=PHASES)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        pair = labels_and_output(data.draw)
        reduction = one_of(data.draw, "sum_over_batch_size", "sum", "none", None)
        weight = one_of(data.draw, None, None, X(pair[1].shape[:1], none=()))
        check_layer(
            f"keras.losses.{name}", (), {"reduction": reduction}, *pair, weight, weights=False, symbolic=False,
            allow_unknown=True, may_miss=any(word in name for word in LENIENT),
        )  # fmt: skip

    run()


@pytest.mark.parametrize("path", METRIC_CLASSES)
def test_metrics(path: str):
    if path == "keras.metrics.MeanMetricWrapper":
        pytest.skip("is given a function")
    one_input = path in ("keras.metrics.Mean", "keras.metrics.Sum")

    @settings(max_examples=5, phases=PHASES)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        pair = labels_and_output(data.draw)
        check_layer(
            path, (), OPTIONS.get(path, {}), *(pair[:1] if one_input else pair), weights=False, symbolic=False,
            allow_unknown=True, may_miss=True,
        )  # fmt: skip

    run()


def test_names_are_those_of_keras():
    from keras.src import losses, metrics

    assert set(LOSSES) <= set(losses.ALL_OBJECTS_DICT)
    assert set(losses.ALL_OBJECTS_DICT) - set(LOSSES) <= {"Loss", "LossFunctionWrapper"}
    assert all(path in rules for path in LOSSES.values())
    assert all(path in rules or path in layers for path in METRICS.values())
    missing = set(metrics.ALL_OBJECTS_DICT) - set(METRICS) - {"accuracy", "Accuracy"}
    assert {n for n in missing if not n[0].isupper()} <= {
        "hinge", "log_cosh_error", "mean", "mean_metric_wrapper", "metric", "one_hot_io_u", "one_hot_mean_io_u", "sum",
        "precision_at_recall", "recall_at_precision", "sensitivity_at_specificity", "specificity_at_sensitivity",
    }  # fmt: skip


def test_accuracy_is_the_one_that_keras_takes():
    from keras.src.trainers.compile_utils import get_metric

    shapes = [
        ((8,), (8, 3)),
        ((8, 1), (8, 3)),
        ((8, 3), (8, 3)),
        ((8,), (8, 1)),
        ((8, 4), (8, 4, 5)),
        ((8, 4, 5), (8, 4, 5)),
    ]
    for labels, output in shapes:
        taken = get_metric("accuracy", keras.ops.zeros(labels), keras.ops.zeros(output))
        assert by_shapes("acc", labels, output) == f"keras.metrics.{taken._fn.__name__}"


B = symbol("B")


def problem(path: str, labels: tuple, output: tuple) -> str:
    """The message of a loss that does not fit."""
    given = [Tensor(labels, "int64", "numpy"), Tensor(output, "float32", "tensorflow")]
    with pytest.raises(Failure) as raised:
        apply_rule(Call(Store(), path), rules[path], given, {})
    assert raised.value.code == "target-mismatch"
    return raised.value.message


def test_messages_name_both_ends_and_what_to_do():
    assert problem("keras.losses.categorical_crossentropy", (B, 1), (B, 10)) == (
        "categorical_crossentropy: labels (B, 1) against output (B, 10): "
        "one-hot the labels, or use sparse_categorical_crossentropy"
    )
    assert problem("keras.losses.sparse_categorical_crossentropy", (B, 10), (B, 10)) == (
        "sparse_categorical_crossentropy: labels (B, 10) against output (B, 10): "
        "the labels are one-hot already; use categorical_crossentropy, or their argmax"
    )
    assert "needs 1 unit, not 2" in problem("keras.losses.binary_crossentropy", (B, 1), (B, 2))


def test_silent_broadcasts_stay_silent():
    for labels, output in (((8, 1), (8, 3)), ((8,), (8, 1)), ((8, 3), (8, 3))):
        given = [Tensor(labels, "float32", "numpy"), Tensor(output, "float32", "tensorflow")]
        found = apply_rule(Call(Store()), rules["keras.losses.mean_squared_error"], given, {})
        assert found.shape == (8,)
