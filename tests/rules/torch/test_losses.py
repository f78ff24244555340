"""Every loss, held against torch: shapes, dtypes, reductions, and the warning where torch warns."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, layers, rules
from shapelens.values import Choice, Named, Store, Tensor
from tests.rules.torch.harness import Shaped, abstract, call, check, check_layer, real_function
from tests.rules.torch.test_linear import made, run

F = "torch.nn.functional."
some = st.integers(1, 3)
shapes = st.lists(some, max_size=4)
reductions = st.sampled_from(("none", "mean", "sum"))
DTYPES = (
    torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.uint8, torch.bool, torch.complex64,
)  # fmt: skip
# The loss class of each functional that takes an input and a target.
PAIRS = {
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss", "mse_loss": "MSELoss",
    "l1_loss": "L1Loss", "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss", "kl_div": "KLDivLoss",
    "poisson_nll_loss": "PoissonNLLLoss", "soft_margin_loss": "SoftMarginLoss",
    "hinge_embedding_loss": "HingeEmbeddingLoss", "multilabel_soft_margin_loss": "MultiLabelSoftMarginLoss",
}  # fmt: skip
WARNING = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def ones(shape: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.ones(tuple(shape)).to(dtype)


def zeros(shape: Any, dtype: torch.dtype = torch.int64) -> torch.Tensor:
    return torch.zeros(tuple(shape)).to(dtype)


@st.composite
def related(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Two shapes that are the same, broadcast, or nearly so."""
    first = draw(shapes)
    second = [draw(st.sampled_from((1, n, n, n))) for n in first]
    if draw(st.booleans()):
        second = second[draw(st.integers(0, len(second))) :]
    if draw(st.booleans()) and second:
        second[draw(st.integers(0, len(second) - 1))] = draw(some)
    return (first, second) if draw(st.booleans()) else (second, first)


def check_pair(name: str, a: torch.Tensor, b: torch.Tensor, **options: Any) -> None:
    """The functional and its class."""
    check(F + name, a, b, allow_unknown=True, **options)
    if "weight" not in options or PAIRS[name] in ("BCELoss", "BCEWithLogitsLoss", "MultiLabelSoftMarginLoss"):
        check_layer(f"torch.nn.{PAIRS[name]}", (), options, a, b, allow_unknown=True)


@given(st.sampled_from(sorted(PAIRS)), related(), reductions)
def test_pairs(name: str, pair: tuple[list[int], list[int]], reduction: str) -> None:
    check_pair(name, ones(pair[0]), ones(pair[1]), reduction=reduction)


@given(st.sampled_from(sorted(PAIRS)), shapes, reductions)
def test_pairs_of_one_shape(name: str, shape: list[int], reduction: str) -> None:
    check(F + name, ones(shape), ones(shape), reduction=reduction)
    check_layer(f"torch.nn.{PAIRS[name]}", (), {"reduction": reduction}, ones(shape), ones(shape))


@pytest.mark.parametrize("name", sorted(PAIRS))
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_pair_dtypes(name: str, reduction: str) -> None:
    for a in DTYPES:
        for b in DTYPES:
            # What complex targets do, and bool against bool in poisson, is left unsaid.
            miss = torch.complex64 in (a, b) or (name == "poisson_nll_loss" and a == b == torch.bool)
            x, y = ones((2, 3), a), ones((2, 3), b)
            check(F + name, x, y, reduction=reduction, may_miss=miss, allow_unknown=miss)


@pytest.mark.parametrize("name", sorted(PAIRS))
@pytest.mark.parametrize("reduction", ["foo", None, "batchmean"])
def test_wrong_reductions(name: str, reduction: Any) -> None:
    check(F + name, ones((2, 3)), ones((2, 3)), reduction=reduction)


@pytest.mark.parametrize("size_average", [None, True, False])
@pytest.mark.parametrize("reduce", [None, True, False])
def test_deprecated_flags(size_average: bool | None, reduce: bool | None) -> None:
    flags = {"size_average": size_average, "reduce": reduce}
    check(F + "mse_loss", ones((2, 3)), ones((2, 3)), **flags)
    check_layer("torch.nn.CrossEntropyLoss", (), flags, ones((2, 3)), zeros((2,)))


@given(st.sampled_from(("binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss",
                        "mse_loss", "l1_loss", "huber_loss")), shapes, shapes, reductions)  # fmt: skip
def test_element_weights(name: str, shape: list[int], weight: list[int], reduction: str) -> None:
    for w in (ones(weight), ones(shape), ones(shape[1:])):
        check_pair(name, ones(shape), ones(shape), weight=w, reduction=reduction)
        if name == "binary_cross_entropy_with_logits":
            check_pair(name, ones(shape), ones(shape), pos_weight=w, reduction=reduction)


@given(st.sampled_from(WARNING), related())
def test_warning_is_where_torch_warns(name: str, pair: tuple[list[int], list[int]]) -> None:
    a, b = ones(pair[0]), ones(pair[1])
    ours: list[Failure] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            real_function(F + name)(a, b)
        except RuntimeError:
            return
    apply_rule(Call(Store(), warn=ours.append), rules[F + name], [abstract(a), abstract(b)], {})
    assert len(ours) == len([w for w in caught if "target size" in str(w.message)])
    assert all(w.code == "broadcast-loss" and w.severity == "warning" for w in ours)


def test_warning_text() -> None:
    said: list[Failure] = []
    b = symbol("B")
    call_ = Call(Store(), warn=said.append)
    apply_rule(call_, rules[F + "mse_loss"], [Tensor((b, 1), "float32"), Tensor((b,), "float32")], {})
    assert str(said[0]).startswith("mse_loss broadcasts input (B, 1) and target (B,)")
    said.clear()
    apply_rule(call_, rules[F + "mse_loss"], [Tensor((b, 1), "float32"), Tensor((symbol("N"), 1), "float32")], {})
    assert said == []


# -- class indices -------------------------------------------------------------------------------------------------


@given(shapes, st.integers(0, 5), shapes, st.booleans(), reductions, st.sampled_from((0.0, 0.1, 1.5)))
def test_cross_entropy(
    shape: list[int], how: int, other: list[int], is_float: bool, reduction: str, smoothing: float
) -> None:
    wanted = {0: shape[:1] + shape[2:], 1: shape, 2: [*shape[:1], 1, *shape[2:]], 3: shape[:-1], 4: other, 5: []}[how]
    x, target = ones(shape), zeros(wanted, torch.float32 if is_float else torch.int64)
    # One sample: whether smoothing is refused depends on what the target (1,) counts as.
    miss = len(shape) == 1 and len(wanted) == 1
    for path in ("cross_entropy", "nll_loss"):
        options = {"label_smoothing": smoothing} if path == "cross_entropy" else {}
        check(F + path, x, target, reduction=reduction, may_miss=miss, **options)
        name = "CrossEntropyLoss" if path == "cross_entropy" else "NLLLoss"
        check_layer(f"torch.nn.{name}", (), {"reduction": reduction, **options}, x, target, may_miss=miss)


@pytest.mark.parametrize("target", DTYPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.int64, torch.bool])
def test_cross_entropy_dtypes(target: torch.dtype, dtype: torch.dtype) -> None:
    x = ones((4, 3), dtype)
    for path in ("cross_entropy", "nll_loss"):
        check(F + path, x, zeros((4,), target))
    check(F + "cross_entropy", x, zeros((4, 3), target), may_miss=target.is_complex, allow_unknown=target.is_complex)
    if target != torch.complex64:
        check(F + "cross_entropy", ones((3,), dtype), zeros((3,), target))


@given(st.sampled_from(([4, 3], [3], [4, 3, 5], [4, 3, 2, 2])), st.lists(some, max_size=2), st.booleans())
def test_class_weights(shape: list[int], weight: list[int], is_soft: bool) -> None:
    index = zeros(shape[:1] + shape[2:] if len(shape) > 1 else [])
    for w in (ones(weight), ones([3]), ones([3], torch.float64)):
        target, miss = ones(shape) if is_soft else index, len(shape) > 2 and w.dim() != 1
        check(F + "cross_entropy", ones(shape), target, weight=w, allow_unknown=True, may_miss=miss)
        check(F + "nll_loss", ones(shape), index, weight=w, may_miss=miss)
        check_layer("torch.nn.CrossEntropyLoss", (w,), {}, ones(shape), index, may_miss=miss)


def test_ignored_index_of_probabilities() -> None:
    check(F + "cross_entropy", ones((4, 3)), ones((4, 3)), ignore_index=1)
    check(F + "cross_entropy", ones((4, 3)), zeros((4,)), ignore_index=1)


def test_cross_entropy_messages() -> None:
    def message(scores: tuple[Any, ...], target: tuple[Any, ...], dtype: str = "int64") -> str:
        with pytest.raises(Failure) as caught:
            call(F + "cross_entropy", Tensor(scores, "float32"), Tensor(target, dtype))
        assert caught.value.code in ("target-mismatch", "dtype-mismatch")
        return str(caught.value)

    b = symbol("B")
    assert message((b, 10), (b, 1)) == (
        "cross_entropy expects class indices of (B,), or class probabilities of (B, 10) for (B, 10), got (B, 1): "
        "squeeze(1) drops the 1"
    )
    assert "dim 1 is read as the classes, here 7" in message((2, 7, 100), (2, 7))
    assert message((2, 7), (2,), "float32") == (
        "cross_entropy expects class indices of int64, got float32 in (2,); class probabilities would be (2, 7)"
    )
    assert "must be floating point, got int64" in message((2, 7), (2, 7))


def test_symbolic_cross_entropy() -> None:
    b, t = symbol("B"), symbol("T")
    store = Store()
    scores, target = Tensor((b, 10, t), "float32"), Tensor((b, symbol("L")), "int64")
    out = apply_rule(Call(store), rules[F + "cross_entropy"], [scores, target], {"reduction": "none"})
    assert out == Shaped((b, t), "float32")
    assert store.shape(target.shape) == (b, t)
    assert call(F + "cross_entropy", Tensor(None), Tensor(None)).shape == ()
    assert call(F + "cross_entropy", Tensor(None), Tensor(None), reduction="none").shape is None


def test_losses_of_unknown_shapes_are_scalars() -> None:
    for name in PAIRS:
        assert call(F + name, Tensor(None), Tensor((2, 3), "float32")).shape == ()


# -- margins, pairs and triples ------------------------------------------------------------------------------------


@given(st.sampled_from(("multi_margin_loss", "multilabel_margin_loss")), shapes, shapes, st.integers(0, 3), reductions)
def test_margins(name: str, shape: list[int], other: list[int], how: int, reduction: str) -> None:
    target = zeros({0: shape, 1: shape[:1], 2: [], 3: other}[how])
    check(F + name, ones(shape), target, reduction=reduction)
    layer = {"multi_margin_loss": "MultiMarginLoss", "multilabel_margin_loss": "MultiLabelMarginLoss"}[name]
    check_layer(f"torch.nn.{layer}", (), {"reduction": reduction}, ones(shape), target)


@pytest.mark.parametrize("dtype", DTYPES)
def test_margin_dtypes(dtype: torch.dtype) -> None:
    check(F + "multi_margin_loss", ones((4, 3)), zeros((4,), dtype))
    check(F + "multilabel_margin_loss", ones((4, 3)), zeros((4, 3), dtype))
    check(F + "multi_margin_loss", ones((4, 3), dtype), zeros((4,)))
    check(F + "multilabel_margin_loss", ones((4, 3), dtype), zeros((4, 3)))


@given(st.lists(some, min_size=1, max_size=2), st.integers(0, 3))
def test_multi_margin_arguments(weight: list[int], p: int) -> None:
    check(F + "multi_margin_loss", ones((4, 3)), zeros((4,)), p, weight=ones(weight))
    check_layer("torch.nn.MultiMarginLoss", (p,), {"weight": ones(weight)}, ones((4, 3)), zeros((4,)))


@st.composite
def three(draw: st.DrawFn) -> list[list[int]]:
    """Three shapes that mostly broadcast."""
    common = draw(st.lists(some, max_size=3))
    made = [[draw(st.sampled_from((1, n, n, n))) for n in common] for _ in range(3)]
    if draw(st.booleans()):
        i = draw(st.integers(0, 2))
        made[i] = draw(st.sampled_from((made[i][1:], made[i][:-1], [*made[i], 2])))
    return made


@given(three(), reductions, st.booleans())
def test_triples(trio: list[list[int]], reduction: str, swap: bool) -> None:
    x = [ones(s) for s in trio]
    how = {"reduction": reduction}
    check(F + "margin_ranking_loss", *x, **how, allow_unknown=True)
    check_layer("torch.nn.MarginRankingLoss", (), how, *x, allow_unknown=True)
    check(F + "cosine_embedding_loss", *x, **how, allow_unknown=True)
    check(F + "cosine_embedding_loss", x[0], x[1], ones(trio[2][:-1]), **how, allow_unknown=True)
    check_layer("torch.nn.CosineEmbeddingLoss", (), how, x[0], x[1], ones(trio[2][:-1]), allow_unknown=True)
    check(F + "triplet_margin_loss", *x, swap=swap, **how, allow_unknown=True)
    check(F + "triplet_margin_with_distance_loss", *x, swap=swap, **how, allow_unknown=True)
    check_layer("torch.nn.TripletMarginLoss", (), {"swap": swap, **how}, *x, allow_unknown=True)
    check_layer("torch.nn.TripletMarginWithDistanceLoss", (), {"swap": swap, **how}, *x, allow_unknown=True)


@pytest.mark.parametrize("a", DTYPES[:5])
@pytest.mark.parametrize("b", DTYPES[:5])
def test_triple_dtypes(a: torch.dtype, b: torch.dtype) -> None:
    x, y = ones((2, 3), a), ones((2, 3), b)
    check(F + "margin_ranking_loss", x, x, y)
    check(F + "cosine_embedding_loss", x, y, ones((2,)))
    check(F + "triplet_margin_loss", x, y, x)


@given(three(), reductions)
def test_gaussian(trio: list[list[int]], reduction: str) -> None:
    x, y, var = (ones(s) for s in trio)
    for v in (var, ones(trio[0][:-1]), ones([*trio[0][:-1], 1]), 0.5):
        check(F + "gaussian_nll_loss", x, y, v, reduction=reduction, allow_unknown=True)
        check_layer("torch.nn.GaussianNLLLoss", (), {"reduction": reduction}, x, y, v, allow_unknown=True)


@pytest.mark.parametrize("dtype", DTYPES[:7])
def test_gaussian_dtypes(dtype: torch.dtype) -> None:
    check(F + "gaussian_nll_loss", ones((2, 3)), ones((2, 3), dtype), ones((2, 3)))
    check(F + "gaussian_nll_loss", ones((2, 3), dtype), ones((2, 3)), ones((2, 3)))


@pytest.mark.parametrize("shape", [(5, 2, 4), (5, 4), (2, 5, 4), (4,), (5, 2, 4, 3)])
@pytest.mark.parametrize("targets", [(2, 3), (1, 3), (6,), (3,), (1, 2, 3), ()])
@pytest.mark.parametrize("lengths", [(2, 2), (1, 2), (2, 1), (1, 1)])
@pytest.mark.parametrize("listed", [True, False])
def test_ctc(shape: tuple[int, ...], targets: tuple[int, ...], lengths: tuple[int, int], listed: bool) -> None:
    number = targets[0] // lengths[1] if len(targets) == 1 else 1
    if len(targets) == 1 and number * lengths[1] != targets[0]:
        return  # the sum of the lengths is the targets' own
    of_input: Any = torch.full((lengths[0],), shape[0] if len(shape) > 1 else 1)
    of_target: Any = torch.full((lengths[1],), number)
    if listed:
        of_input, of_target = of_input.tolist(), of_target.tolist()
    args = ones(shape).log_softmax(-1), torch.ones(targets, dtype=torch.int64), of_input, of_target
    for reduction in ("mean", "none"):
        check(F + "ctc_loss", *args, reduction=reduction, may_miss=len(targets) == 0 or len(shape) == 2)
    check_layer("torch.nn.CTCLoss", (), {}, *args, may_miss=len(targets) == 0 or len(shape) == 2)


@pytest.mark.parametrize("blank", [-1, 0, 3, 4])
def test_ctc_blank_and_dtypes(blank: int) -> None:
    lengths = torch.tensor([5, 5]), torch.tensor([2, 2])
    x, targets = ones((5, 2, 4)).log_softmax(-1), torch.ones(2, 2, dtype=torch.int64)
    check(F + "ctc_loss", x, targets, *lengths, blank=blank)
    check(F + "ctc_loss", x, targets, lengths[0].float(), lengths[1])
    check(F + "ctc_loss", x.long(), targets, *lengths)


# -- losses with weights of their own ------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 3), max_size=3), shapes, st.booleans())
def test_adaptive(shape: list[int], target: list[int], fits: bool) -> None:
    x = ones([*shape, 8]) if fits else ones(shape)
    for t in (zeros(target), zeros(x.shape[:-1])):
        check_layer("torch.nn.AdaptiveLogSoftmaxWithLoss", (8, 20, [5, 10]), {}, x, t)


@pytest.mark.parametrize("cutoffs", [[], [20], [5, 5], [10, 5], [0, 5], [19], [5, 10]])
def test_cutoffs(cutoffs: list[int]) -> None:
    check_layer("torch.nn.AdaptiveLogSoftmaxWithLoss", (8, 20, cutoffs), {}, ones((4, 8)), zeros((4,)))


def test_adaptive_parts() -> None:
    store, layer = made("torch.nn.AdaptiveLogSoftmaxWithLoss", 8, 20, [5, 10])
    real = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10])
    assert layer.attrs["cutoffs"] == real.cutoffs
    assert layer.attrs["head_size"] == real.head_size
    assert layer.attrs["head"].attrs["weight"].shape == tuple(real.head.weight.shape)
    out = run(store, layer, Tensor((4, 8), "float32"), Tensor((4,), "int64"))
    assert isinstance(out, Named)
    x = Tensor((4, 8), "float32")
    assert call("torch.nn.AdaptiveLogSoftmaxWithLoss.log_prob", layer, x) == Shaped((4, 20), "float32")
    assert call("torch.nn.AdaptiveLogSoftmaxWithLoss.predict", layer, x) == Shaped((4,), "int64")


def test_a_flag_that_depends_on_the_run_is_not_judged() -> None:
    store, layer = made("torch.nn.CrossEntropyLoss", reduction=Choice(("mean", "none")))
    out = run(store, layer, Tensor((4, 8), "float32"), Tensor((4,), "int64"))
    assert out.shape is None


@given(st.lists(some, max_size=3), st.booleans(), st.sampled_from(((), (3,))), reductions)
def test_linear_cross_entropy(shape: list[int], fits: bool, more: tuple[int, ...], reduction: str) -> None:
    name = "torch.nn.LinearCrossEntropyLoss"
    x = ones([*shape, 8]) if fits else ones(shape)
    for t in (zeros((*x.shape[:-1], *more)), ones((*x.shape[:-1], 5, *more))):
        miss = bool(more) and x.dim() == 1
        check_layer(name, (8, 5), {"out_features": more, "reduction": reduction}, x, t, may_miss=miss)
        check(F + "linear_cross_entropy", x, ones((5, *more, 8)), t, reduction=reduction, may_miss=miss)


def test_every_loss_is_there() -> None:
    real = {n for n in dir(torch.nn) if n.endswith("Loss") or "Loss2d" in n}
    assert {f"torch.nn.{n}" for n in real} <= set(layers)
    functions = {n for n in dir(torch.nn.functional) if n.endswith(("_loss", "entropy", "kl_div", "with_logits"))}
    assert {F + n for n in functions if not n.startswith("_")} <= set(rules)
