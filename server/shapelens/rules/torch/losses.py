"""torch.nn's losses and their functional forms.

Reduced by mean or sum a loss is a scalar, whatever the shapes; unreduced it has the shape that each rule says.
Where torch broadcasts input and target and warns, so do we; where it refuses, the failure is a `target-mismatch`.
Source: torch/nn/functional.py and the ATen/native/Loss*.cpp kernels, each dtype tried on torch 2.13.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from shapelens.dims import Dim, equal
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.drawn import needed, outside
from shapelens.rules.registry import declare, layer, rule
from shapelens.rules.torch.attention import made
from shapelens.rules.torch.linear import features, unclear, whole_numbers
from shapelens.rules.torch.spatial import BOOL, COMPLEX, NOT_FLOAT, differ, no_dtypes, same_dtype
from shapelens.values import Instance, Lib, List, Named, Open, Tensor
from shapelens.values.dtypes import FLOATS, category, promote, promote_weak

_F = "torch.nn.functional."
_INTS = NOT_FLOAT - BOOL - COMPLEX
_LEGACY = "size_average=None, reduce=None, reduction='mean'"

Shape = tuple[Dim, ...]


# -- reductions ----------------------------------------------------------------------------------------------------


def reduction_of(c: Call, reduction: object, size_average: object = None, reduce: object = None) -> str:
    """'none', 'mean' or 'sum' (or 'batchmean'), the deprecated flags counted first; NotKnown where it is unknown."""
    if size_average is not None or reduce is not None:
        if unclear(size_average, reduce):
            raise NotKnown
        if reduce is not None and not reduce:
            return "none"
        return "mean" if size_average is None or size_average else "sum"
    if not isinstance(reduction, (str, type(None))):
        raise NotKnown
    allowed = ("none", "mean", "sum", "batchmean") if c.name in ("kl_div", "KLDivLoss") else ("none", "mean", "sum")
    if reduction not in allowed:
        listed = ", ".join(repr(a) for a in allowed)
        c.fail("argument-value", f"{c.name}: reduction must be one of {listed}, got {reduction!r}")
    return str(reduction)


def _reduced(c: Call, input: Tensor, shape: Shape | Open | None, dtype: str | None, reduction: str) -> Tensor:
    return Tensor(shape if reduction == "none" else (), dtype, device=input.device)


def _legacy_setup(c: Call, self: Instance) -> None:
    """`reduction` with the deprecated flags counted in, as torch stores it."""
    a = self.attrs
    flags = a.pop("size_average", None), a.pop("reduce", None)
    if flags != (None, None):
        a["reduction"] = reduction_of(c, a["reduction"], *flags)


def _loss_class(
    name: str,
    declared: str,
    function: Callable[..., Any],
    inputs: int = 2,
    setup: Callable[[Call, Instance], None] = _legacy_setup,
    base: str = "Module",
) -> None:
    """Register a loss class whose call is its functional: the first parameters are inputs, the others attributes."""
    parameters = list(inspect.signature(function).parameters.values())
    options = [p.name for p in parameters[inputs + 1 :]]

    def forward(c: Call, self: Instance, *args: Any) -> Tensor:
        held = self.attrs
        return function(c, *args, **{o: held[o] for o in options if o in held})  # type: ignore[no-any-return]

    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    shown = inspect.Signature([parameters[0], own, *parameters[1 : inputs + 1]])
    forward.__signature__ = shown  # type: ignore[attr-defined]
    layer(f"torch.nn.{name}", declared, setup=setup, bases=[f"torch.nn.{base}"])(forward)


def _promoted(c: Call, *tensors: Tensor) -> str | None:
    """The dtype of arithmetic on tensors of known rank: those of rank 0 count by their category."""
    found: str | None = None
    weak: str | None = None
    seen = False
    for tensor in tensors:
        shape = c.shape(tensor)
        if tensor.dtype is None or (not isinstance(shape, tuple) and any(t.dtype != tensor.dtype for t in tensors)):
            return None
        if shape == ():
            weak = tensor.dtype if weak is None else promote(weak, tensor.dtype)
        else:
            found, seen = (promote(found, tensor.dtype) if seen else tensor.dtype), True
    if not seen:
        return weak
    return found if weak is None else promote_weak(found, weak)


def _floating(dtype: str | None) -> str | None:
    return "float32" if dtype is not None and category(dtype) < 2 else dtype


def _float_tensor(tensor: Tensor) -> Tensor:
    """The tensor as it is after arithmetic with a float."""
    return Tensor(tensor.shape, _floating(tensor.dtype))


def _known(c: Call, tensor: Tensor) -> Shape | None:
    shape = c.shape(tensor)
    return shape if isinstance(shape, tuple) else None


def _refuse(c: Call, tensor: Tensor, dtypes: frozenset[str], what: str) -> None:
    if tensor.dtype in dtypes:
        c.fail("dtype-mismatch", f"{c.name}: {what} must not be {tensor.dtype}", tensor)


# -- class indices: cross_entropy, nll_loss ------------------------------------------------------------------------


@rule(_F + "cross_entropy")
def cross_entropy(
    c: Call,
    input: Tensor,
    target: Tensor,
    weight: object = None,
    size_average: object = None,
    ignore_index: object = -100,
    reduce: object = None,
    reduction: object = "mean",
    label_smoothing: object = 0.0,
) -> Tensor:
    """Scores (N, C, *) against class indices (N, *) or probabilities (N, C, *); (C,) against () or (C,)."""
    no_dtypes(c, input, NOT_FLOAT)
    if isinstance(label_smoothing, (int, float)) and not 0 <= label_smoothing <= 1:
        c.fail("argument-value", f"{c.name}: label_smoothing must be between 0 and 1, got {label_smoothing}")
    scores, classes = _known(c, input), _known(c, target)
    is_soft, shape = _classes(c, input, target, scores, classes, soft=True)
    if is_soft and isinstance(ignore_index, int) and ignore_index >= 0:
        c.fail("argument-value", f"{c.name}: ignore_index does not go with class probabilities", target)
    if is_soft is False:
        _in_range(c, target, scores, ignore_index)
    weights = c.store.value(weight)
    _class_weight(c, input, scores, weights, is_soft)
    dtype = input.dtype
    if is_soft is not False:
        dtype = _promoted(c, input, target) if is_soft else None
        if weights is not None and (not isinstance(weights, Tensor) or weights.dtype != dtype):
            dtype = None
    how = reduction_of(c, reduction, size_average, reduce)
    return _reduced(c, input, shape, None if c.autocast else dtype, how)


@rule(_F + "nll_loss")
def nll_loss(
    c: Call,
    input: Tensor,
    target: Tensor,
    weight: object = None,
    size_average: object = None,
    ignore_index: object = -100,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """Log-probabilities (N, C, *) against class indices (N, *); (C,) against ()."""
    no_dtypes(c, input, NOT_FLOAT)
    scores, classes = _known(c, input), _known(c, target)
    _, shape = _classes(c, input, target, scores, classes, soft=False)
    _in_range(c, target, scores, ignore_index)
    _class_weight(c, input, scores, c.store.value(weight), False)
    how = reduction_of(c, reduction, size_average, reduce)
    return _reduced(c, input, shape, None if c.autocast else input.dtype, how)


def _in_range(c: Call, target: Tensor, scores: Shape | None, ignored: object) -> None:
    """Fails where a known class index is not one of the classes."""
    count = scores[-1 if len(scores) == 1 else 1] if isinstance(scores, tuple) and scores else None
    if not isinstance(count, int) or not isinstance(ignored, int):
        return
    wrong = outside(c, target, count, ignored)
    if wrong:
        c.conflict = count, needed(target)
        message = f"{c.name}: class {wrong}: there are {count} classes, 0 to {count - 1}"
        c.fail("index-out-of-range", message, target)


def _classes(
    c: Call, input: Tensor, target: Tensor, scores: Shape | None, classes: Shape | None, soft: bool
) -> tuple[bool | None, Shape | None]:
    """Whether a target is probabilities (None where it cannot be told), and the shape of the unreduced loss."""
    if scores is None or classes is None:
        return (False if not soft else None), None
    if not scores:
        c.fail("rank-mismatch", f"{c.name} expects scores of (N, C, …) or (C,), got a tensor of rank 0", input)
    wanted = (scores[0], *scores[2:]) if len(scores) > 1 else ()
    if len(scores) == 1 and len(classes) == 1:
        return _one_sample(c, input, target, scores, classes, soft)
    if soft and len(classes) == len(scores):
        if any(differ(c, a, b) for a, b in zip(scores, classes)):
            _target_failure(c, input, target, scores, classes, wanted, soft)
        if target.dtype is not None and target.dtype not in FLOATS and target.dtype not in COMPLEX:
            c.fail(
                "target-mismatch",
                f"{c.name}: a target of the input's shape {c.text(target)} is read as class probabilities and must be "
                f"floating point, got {target.dtype}",
                target,
                input,
            )
        return True, c.store.dims(wanted)
    if len(classes) != len(wanted) or any(differ(c, a, b) for a, b in zip(wanted, classes)):
        _target_failure(c, input, target, scores, classes, wanted, soft)
    _index_dtype(c, input, target, soft)
    return False, c.store.dims(wanted)


def _one_sample(
    c: Call, input: Tensor, target: Tensor, scores: Shape, classes: Shape, soft: bool
) -> tuple[bool | None, Shape]:
    """Scores (C,) against probabilities (C,), or against one index (1,)."""
    is_float = None if target.dtype is None else target.dtype in FLOATS
    same, one = equal(scores[0], classes[0]), equal(classes[0], 1)
    if soft and is_float:
        if differ(c, scores[0], classes[0]):
            _target_failure(c, input, target, scores, classes, (), soft)
        return True, ()
    if one is False and (not soft or same is False or is_float is False):
        _target_failure(c, input, target, scores, classes, (), soft)
    if soft and same and is_float is False:
        _target_failure(c, input, target, scores, classes, (), soft)
    if not soft or same is False:
        _index_dtype(c, input, target, soft)
        return False, ()
    return None, ()


def _target_failure(
    c: Call, input: Tensor, target: Tensor, scores: Shape, classes: Shape, wanted: Shape, soft: bool
) -> None:
    either = f", or class probabilities of {c.text(scores)}" if soft else ""
    message = f"{c.name} expects class indices of {c.text(wanted)}{either} for {c.text(input)}, got {c.text(target)}"
    if len(classes) == len(wanted) + 1 and 1 in classes:
        place = classes.index(1) if classes[-1] != 1 else len(classes) - 1
        if classes[:place] + classes[place + 1 :] == wanted:
            message += f": squeeze({place}) drops the 1"
    elif len(scores) > 2 and classes == scores[:-1]:
        message += f": dim 1 is read as the classes, here {c.dim_text(scores[1])}"
    c.fail("target-mismatch", message, target, input)


def _index_dtype(c: Call, input: Tensor, target: Tensor, soft: bool) -> None:
    if target.dtype in (None, "int64", "uint8"):
        return
    message = f"{c.name} expects class indices of int64, got {target.dtype} in {c.text(target)}"
    if soft and target.dtype in FLOATS:
        message += f"; class probabilities would be {c.text(input)}"
    c.fail("dtype-mismatch", message, target, input)


def _class_weight(c: Call, input: Tensor, scores: Shape | None, weight: object, is_soft: bool | None) -> None:
    """Fails where the weights of the classes are not (C,)."""
    if not isinstance(weight, Tensor):
        return
    shape = _known(c, weight)
    if shape is not None and scores:
        number = scores[1] if len(scores) > 1 else scores[0]
        # Of scores (N, C, …) torch compares only the number of weights.
        by_count = len(shape) != 1 and len(scores) > 2 and is_soft is not True
        if not by_count and (len(shape) != 1 or differ(c, shape[0], number)):
            c.fail(
                "weight-mismatch",
                f"{c.name} expects a weight for each of the {c.dim_text(number)} classes, got {c.text(weight)}",
                weight,
                input,
            )
    if is_soft is False and not c.autocast:
        same_dtype(c, input, weight, "weight")


_WEIGHTED = "weight=None, size_average=None, {}reduce=None, reduction='mean'"
_loss_class("CrossEntropyLoss", _WEIGHTED.format("ignore_index=-100, ") + ", label_smoothing=0.0", cross_entropy)
_loss_class("NLLLoss", _WEIGHTED.format("ignore_index=-100, "), nll_loss)
_loss_class("NLLLoss2d", _WEIGHTED.format("ignore_index=-100, "), nll_loss, base="NLLLoss")


# -- input against target, element by element ----------------------------------------------------------------------


def _same(c: Call, input: Tensor, target: Tensor) -> Shape | None:
    """The shape that input and target share; an open one is taught the other's; fails where they differ."""
    shapes = [c.shape(input), c.shape(target)]
    ranks = [len(s) for s in shapes if isinstance(s, tuple)]
    if not ranks:
        return None
    if any(s is None for s in shapes):
        return None
    try:
        a, b = (c.dims(t, ("D",) * ranks[0]) for t in (input, target))
    except NotKnown:
        return None
    if len(a) != len(b) or any(differ(c, x, y) for x, y in zip(a, b)):
        c.fail(
            "target-mismatch",
            f"{c.name} expects input and target of the same shape, got {c.text(input)} and {c.text(target)}",
            target,
            input,
        )
    return c.store.dims(a)


def _broadcast(c: Call, *tensors: Tensor) -> Shape | None:
    """The common shape of input, target and others; fails where there is none."""
    shapes = [c.shape(t) for t in tensors]
    known = [s for s in shapes if isinstance(s, tuple)]
    if len(known) != len(shapes):
        return None
    try:
        return c.broadcast(*known)
    except Failure:
        listed = ", ".join(c.text(t) for t in tensors)
        c.fail("target-mismatch", f"{c.name}: the shapes {listed} do not fit together", *reversed(tensors))


def _warned(c: Call, input: Tensor, target: Tensor) -> Shape | None:
    """The broadcast shape, with torch's warning where input and target differ."""
    shape = _broadcast(c, input, target)
    a, b = _known(c, input), _known(c, target)
    if a is not None and b is not None:
        if len(a) != len(b) or any(equal(x, y) is False for x, y in zip(a, b)):
            became = "" if shape is None else f" to {c.text(shape)}"
            c.warn(
                Failure(
                    "broadcast-loss",
                    f"{c.name} broadcasts input {c.text(input)} and target {c.text(target)}{became}: "
                    "they should have the same shape",
                    c.related(target, input),
                    severity="warning",
                )
            )
    return shape


def _element_weight(c: Call, input: Tensor, shape: Shape | None, weight: object, name: str) -> None:
    """Fails where a weight cannot be broadcast to the loss of each element."""
    given = _known(c, weight) if isinstance(weight, Tensor) else None
    if given is None or shape is None:
        return
    assert isinstance(weight, Tensor)
    pairs = zip(reversed(given), reversed(shape))
    if len(given) > len(shape) or any(equal(a, 1) is False and differ(c, a, b) for a, b in pairs):
        c.fail(
            "weight-mismatch",
            f"{c.name}: {name} {c.text(weight)} cannot be broadcast to {c.text(shape)}",
            weight,
            input,
        )


@rule(_F + "binary_cross_entropy")
def binary_cross_entropy(
    c: Call,
    input: Tensor,
    target: Tensor,
    weight: object = None,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """Probabilities and targets of the same shape and dtype."""
    shape = _same(c, input, target)
    no_dtypes(c, input, NOT_FLOAT)
    if input.dtype and target.dtype and input.dtype != target.dtype and not c.autocast:
        c.fail("dtype-mismatch", f"{c.name}: input is {input.dtype}, target is {target.dtype}: they must be the same",
               target, input)  # fmt: skip
    _element_weight(c, input, shape, c.store.value(weight), "weight")
    how = reduction_of(c, reduction, size_average, reduce)
    return _reduced(c, input, shape, input.dtype or target.dtype, how)


@rule(_F + "binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    c: Call,
    input: Tensor,
    target: Tensor,
    weight: object = None,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
    pos_weight: object = None,
) -> Tensor:
    """Scores and floating targets of the same shape; the loss has the target's dtype."""
    shape = _same(c, input, target)
    no_dtypes(c, input, NOT_FLOAT)
    if target.dtype in _INTS | BOOL:
        c.fail("dtype-mismatch", f"{c.name} expects a floating point target, got {target.dtype}", target, input)
    dtype = None if c.autocast else target.dtype
    for name, value in (("weight", c.store.value(weight)), ("pos_weight", c.store.value(pos_weight))):
        _element_weight(c, input, shape, value, name)
        if value is not None and (not isinstance(value, Tensor) or value.dtype != dtype):
            dtype = None
    return _reduced(c, input, shape, dtype, reduction_of(c, reduction, size_average, reduce))


_loss_class("BCELoss", _WEIGHTED.format(""), binary_cross_entropy)
_loss_class("BCEWithLogitsLoss", _WEIGHTED.format("") + ", pos_weight=None", binary_cross_entropy_with_logits)


def _squared(c: Call, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """mse_loss and smooth_l1_loss: the promoted dtype, which must be floating point."""
    shape = _warned(c, input, target)
    dtype = _promoted(c, input, target)
    if dtype in COMPLEX and c.name.startswith(("smooth", "Smooth")):
        raise NotKnown  # with a beta of 0 it is l1_loss
    if dtype in NOT_FLOAT:
        c.fail("dtype-mismatch", f"{c.name} needs floating point, got {input.dtype} and {target.dtype}", input, target)
    return _reduced(c, input, shape, dtype, reduction)


def _absolute(c: Call, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """l1_loss: the promoted dtype; integers have no mean."""
    shape = _warned(c, input, target)
    _refuse(c, input, BOOL, "input")
    _refuse(c, target, BOOL, "target")
    dtype = _promoted(c, input, target)
    if dtype in COMPLEX:
        dtype = {"complex64": "float32", "complex128": "float64"}.get(dtype or "")
    if dtype in _INTS and reduction == "mean":
        c.fail("dtype-mismatch", f"{c.name} has no mean of integers, got {input.dtype} and {target.dtype}", input)
    return _reduced(c, input, shape, "int64" if dtype in _INTS and reduction == "sum" else dtype, reduction)


def _huber(c: Call, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """The input's dtype, which must be floating point."""
    shape = _warned(c, input, target)
    no_dtypes(c, input, NOT_FLOAT)
    _refuse(c, target, COMPLEX, "target")
    return _reduced(c, input, shape, input.dtype, reduction)


@rule(_F + "kl_div")
def kl_div(
    c: Call,
    input: Tensor,
    target: Tensor,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
    log_target: object = False,
) -> Tensor:
    """Log-probabilities and probabilities, broadcast."""
    shape = _broadcast(c, input, target)
    no_dtypes(c, input, NOT_FLOAT)
    if log_target is False:
        no_dtypes(c, target, NOT_FLOAT)
    known = input.dtype is not None and target.dtype in FLOATS
    dtype = _promoted(c, input, target) if known else None
    return _reduced(c, input, shape, dtype, reduction_of(c, reduction, size_average, reduce))


_loss_class("KLDivLoss", _LEGACY + ", log_target=False", kl_div)


def _poisson(c: Call, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    shape = _broadcast(c, input, target)
    dtype = _floating(_promoted(c, _float_tensor(input), target))
    return _reduced(c, input, shape, dtype, reduction)


def _soft_margin(c: Call, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """The target must broadcast to the input's shape."""
    shape, both = _known(c, input), _broadcast(c, input, target)
    if shape is not None and both is not None:
        if len(both) != len(shape) or any(equal(a, b) is False for a, b in zip(both, shape)):
            c.fail("target-mismatch", f"{c.name}: target {c.text(target)} does not fit into {c.text(input)}",
                   target, input)  # fmt: skip
    no_dtypes(c, input, _INTS | BOOL)
    return _reduced(c, input, shape, input.dtype, reduction)


def _hinge(c: Call, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    shape = _broadcast(c, input, target)
    no_dtypes(c, input, BOOL | COMPLEX)
    if input.dtype in _INTS and reduction == "mean":
        c.fail("dtype-mismatch", f"{c.name} has no mean of integers, got {input.dtype}", input)
    return _reduced(c, input, shape, "int64" if input.dtype in _INTS and reduction == "sum" else input.dtype, reduction)


@rule(_F + "multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(
    c: Call,
    input: Tensor,
    target: Tensor,
    weight: object = None,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """(N, C) against (N, C): one loss for each sample, the mean over the classes."""
    shape = _broadcast(c, input, target)
    no_dtypes(c, input, NOT_FLOAT)
    _refuse(c, target, BOOL, "target")
    scores, weights = _known(c, input), c.store.value(weight)
    if scores == ():
        c.fail("rank-mismatch", f"{c.name} expects (N, C) or (C,), got a tensor of rank 0", input)
    dtype = _promoted(c, input, target)
    if weights is not None:
        weights = c.tensor(weights)
        if shape is not None and scores is not None:
            shape = _broadcast(c, Tensor(shape), weights)
        dtype = dtype if weights.dtype == dtype else None
    how = reduction_of(c, reduction, size_average, reduce)
    if shape is None or scores is None:
        return _reduced(c, input, None, dtype, how)
    place = len(scores) - 1
    return _reduced(c, input, shape[:place] + shape[place + 1 :], dtype, how)


_loss_class("MultiLabelSoftMarginLoss", _WEIGHTED.format(""), multilabel_soft_margin_loss)


# The class, what comes before and after reduction in its constructor and its functional, and the loss.
_Loss = Callable[[Call, Tensor, Tensor, str], Tensor]
_SIMPLE: tuple[tuple[str, str, str, str, _Loss], ...] = (
    ("MSELoss", _LEGACY, "mse_loss", _LEGACY + ", weight=None", _squared),
    ("L1Loss", _LEGACY, "l1_loss", _LEGACY + ", weight=None", _absolute),
    ("SmoothL1Loss", _LEGACY + ", beta=1.0", "smooth_l1_loss", _LEGACY + ", beta=1.0", _squared),
    ("HuberLoss", "reduction='mean', delta=1.0", "huber_loss", "reduction='mean', delta=1.0, weight=None", _huber),
    ("SoftMarginLoss", _LEGACY, "soft_margin_loss", _LEGACY, _soft_margin),
    ("HingeEmbeddingLoss", "margin=1.0, " + _LEGACY, "hinge_embedding_loss", "margin=1.0, " + _LEGACY, _hinge),
    ("PoissonNLLLoss", "log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction='mean'",
     "poisson_nll_loss", "log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction='mean'",
     _poisson),
)  # fmt: skip


def _simple(name: str, made: str, function: str, given: str, loss: _Loss) -> None:
    names = [part.partition("=")[0].strip() for part in given.split(",")]

    def forward(c: Call, self: Instance, input: Tensor, target: Tensor) -> Tensor:
        return loss(c, input, target, reduction_of(c, self.attrs["reduction"]))

    def functional(c: Call, input: Tensor, target: Tensor, *options: object) -> Tensor:
        bound = dict(zip(names, options))
        how = reduction_of(c, bound["reduction"], bound.get("size_average"), bound.get("reduce"))
        weight = c.store.value(bound.get("weight"))
        result = loss(c, input, target, how)
        if weight is None:
            return result
        if isinstance(weight, Tensor):
            a, b = _known(c, input), _known(c, weight)
            if a is not None and b is not None and (len(a) != len(b) or any(differ(c, x, y) for x, y in zip(a, b))):
                c.fail("weight-mismatch", f"{c.name} expects a weight of {c.text(input)}, got {c.text(weight)}",
                       weight, input)  # fmt: skip
        return result.with_(dtype=result.dtype if isinstance(weight, Tensor) and weight.dtype == result.dtype else None)

    def poisson_forward(c: Call, self: Instance, log_input: Tensor, target: Tensor) -> Tensor:
        return forward(c, self, log_input, target)

    layer(f"torch.nn.{name}", made, setup=_legacy_setup)(poisson_forward if name == "PoissonNLLLoss" else forward)
    declare(f"{_F}{function}(input, target, {given})", functional, "Tensor", "Tensor", "Tensor")


for _row in _SIMPLE:
    _simple(*_row)


# -- margins -------------------------------------------------------------------------------------------------------


def _samples(c: Call, input: Tensor) -> Shape | None:
    """The dims of (N, C), (C,) or (); fails on others."""
    dims = _known(c, input)
    if dims is not None and (len(dims) > 2 or (dims and dims[-1] == 0)):
        c.fail("rank-mismatch", f"{c.name} expects (N, C) or (C,), got {c.text(input)}", input)
    return dims


def _long(c: Call, target: Tensor) -> None:
    if target.dtype not in (None, "int64"):
        c.fail("dtype-mismatch", f"{c.name} expects class indices of int64, got {target.dtype}", target)


@rule(_F + "multi_margin_loss")
def multi_margin_loss(
    c: Call,
    input: Tensor,
    target: Tensor,
    p: object = 1,
    margin: object = 1.0,
    weight: object = None,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """(N, C) against (N,), or (C,) against () or (1,)."""
    scores, classes = _samples(c, input), _known(c, target)
    no_dtypes(c, input, NOT_FLOAT)
    _exponent(c, p)
    if scores is not None and classes is not None:
        number = scores[0] if len(scores) == 2 else 1
        count = classes[0] if len(classes) == 1 else 1
        if len(classes) > 1 or differ(c, number, count):
            c.fail(
                "target-mismatch",
                f"{c.name} expects class indices of ({c.dim_text(number)},) for {c.text(input)}, got {c.text(target)}",
                target,
                input,
            )
    _long(c, target)
    _class_weight(c, input, (1, scores[-1]) if scores else None, c.store.value(weight), False)
    return _reduced(c, input, classes, input.dtype, reduction_of(c, reduction, size_average, reduce))


def _exponent(c: Call, p: object) -> None:
    if isinstance(p, (int, float)) and p not in (1, 2):
        c.fail("argument-value", f"{c.name}: p must be 1 or 2, got {p}")


@rule(_F + "multilabel_margin_loss")
def multilabel_margin_loss(
    c: Call,
    input: Tensor,
    target: Tensor,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """(N, C) against (N, C), or (C,) against (C,)."""
    scores, classes = _samples(c, input), _known(c, target)
    no_dtypes(c, input, NOT_FLOAT)
    if scores is not None and classes is not None:
        if len(scores) == 2 or len(classes) == 2:
            wrong = len(classes) != len(scores) or any(differ(c, a, b) for a, b in zip(scores, classes))
        else:
            wrong = len(classes) > 1 or differ(c, scores[0] if scores else 1, classes[0] if classes else 1)
        if wrong:
            c.fail("target-mismatch", f"{c.name} expects a target of {c.text(input)}, got {c.text(target)}",
                   target, input)  # fmt: skip
    _long(c, target)
    how = reduction_of(c, reduction, size_average, reduce)
    return _reduced(c, input, None if scores is None else scores[:-1], input.dtype, how)


def _multi_margin_setup(c: Call, self: Instance) -> None:
    _exponent(c, self.attrs["p"])
    _legacy_setup(c, self)


_loss_class("MultiMarginLoss", "p=1, margin=1.0, " + _WEIGHTED.format(""), multi_margin_loss, setup=_multi_margin_setup)
_loss_class("MultiLabelMarginLoss", _LEGACY, multilabel_margin_loss)


# -- pairs and triples ---------------------------------------------------------------------------------------------


@rule(_F + "margin_ranking_loss")
def margin_ranking_loss(
    c: Call,
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: object = 0,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """Three tensors of the same rank, broadcast."""
    ranks = {len(s) for s in (_known(c, t) for t in (input1, input2, target)) if s is not None}
    if len(ranks) > 1:
        listed = f"{c.text(input1)}, {c.text(input2)} and {c.text(target)}"
        c.fail("target-mismatch", f"{c.name} expects inputs and target of the same rank, got {listed}", target, input1)
    how = reduction_of(c, reduction, size_average, reduce)
    shape = _broadcast(c, input1, input2, target)
    return _reduced(c, input1, shape, _floating(_promoted(c, input1, input2, target)), how)


@rule(_F + "cosine_embedding_loss")
def cosine_embedding_loss(
    c: Call,
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: object = 0,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """(N, D), (N, D) and (N,), or (D,), (D,) and ()."""
    labels, how = _known(c, target), reduction_of(c, reduction, size_average, reduce)
    dtype = _promoted(c, _float_tensor(input1), _float_tensor(input2))
    if labels is None:
        return _reduced(c, input1, None, dtype, how)
    if len(labels) > 1:
        c.fail("target-mismatch", f"{c.name} expects a target of (N,) or (), got {c.text(target)}", target)
    for tensor in (input1, input2):
        dims = _known(c, tensor)
        if dims is not None and len(dims) != len(labels) + 1:
            wanted = "(N, D)" if labels else "(D,)"
            c.fail(
                "target-mismatch",
                f"{c.name} with a target of {c.text(target)} expects inputs of {wanted}, got {c.text(tensor)}",
                tensor,
                target,
            )
    both = _broadcast(c, input1, input2)
    shape = None if both is None else _broadcast(c, Tensor(both[:-1]), target)
    return _reduced(c, input1, shape, dtype, how)


@rule(_F + "triplet_margin_loss")
def triplet_margin_loss(
    c: Call,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: object = 1.0,
    p: object = 2,
    eps: object = 1e-6,
    swap: object = False,
    size_average: object = None,
    reduce: object = None,
    reduction: object = "mean",
) -> Tensor:
    """Three tensors (*, D) of the same rank -> (*)."""
    tensors = (anchor, positive, negative)
    ranks = {len(s) for s in (_known(c, t) for t in tensors) if s is not None}
    if len(ranks) > 1:
        listed = ", ".join(c.text(t) for t in tensors)
        c.fail("rank-mismatch", f"{c.name} expects three tensors of the same rank, got {listed}", *tensors)
    pairs = [(anchor, positive), (anchor, negative)] + ([(positive, negative)] if swap is True else [])
    shapes = [_broadcast(c, a, b) for a, b in pairs]
    known = [Tensor(s[:-1]) for s in shapes if s is not None]
    shape = _broadcast(c, *known) if len(known) == len(shapes) else None
    first, *others = [_floating(_promoted(c, a, b)) for a, b in pairs]
    for other in others:
        first = promote(first, other)
    if first in COMPLEX:
        first = None  # distances are real
    return _reduced(c, anchor, shape, first, reduction_of(c, reduction, size_average, reduce))


@rule(_F + "triplet_margin_with_distance_loss")
def triplet_margin_with_distance_loss(
    c: Call,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: object = None,
    margin: object = 1.0,
    swap: object = False,
    reduction: object = "mean",
) -> Tensor:
    """As triplet_margin_loss; with a distance of the user's own only a reduced loss is known."""
    if distance_function is None:
        return triplet_margin_loss(c, anchor, positive, negative, swap=swap, reduction=reduction)
    if reduction_of(c, reduction) == "none":
        raise NotKnown
    return Tensor((), None)


_loss_class("MarginRankingLoss", "margin=0.0, " + _LEGACY, margin_ranking_loss, 3)
_loss_class("CosineEmbeddingLoss", "margin=0.0, " + _LEGACY, cosine_embedding_loss, 3)
_loss_class("TripletMarginLoss", "margin=1.0, p=2.0, eps=1e-6, swap=False, " + _LEGACY, triplet_margin_loss, 3)
_loss_class(
    "TripletMarginWithDistanceLoss",
    "*, distance_function=None, margin=1.0, swap=False, reduction='mean'",
    triplet_margin_with_distance_loss,
    3,
)


# -- distributions -------------------------------------------------------------------------------------------------


@rule(_F + "gaussian_nll_loss")
def gaussian_nll_loss(
    c: Call,
    input: Tensor,
    target: Tensor,
    var: object,
    full: object = False,
    eps: object = 1e-6,
    reduction: object = "mean",
) -> Tensor:
    """Means and targets broadcast; a variance of the input's shape, without its last dim, or with a 1 in it."""
    _refuse(c, input, BOOL, "input")
    _refuse(c, target, BOOL, "target")
    variance, how = c.store.value(var), reduction_of(c, reduction)
    if not isinstance(variance, Tensor):
        shape = _broadcast(c, input, target)
        known = isinstance(variance, float) and input.dtype in FLOATS
        return _reduced(c, input, shape, _promoted(c, input, target) if known else None, how)
    scores, sizes = _known(c, input), _known(c, variance)
    shape = None
    if scores is not None and sizes is not None:
        _variance(c, input, variance, scores, sizes)
        if sizes and len(sizes) == len(scores) - 1:
            sizes = (*sizes, 1)
        both = _broadcast(c, input, target)
        shape = None if both is None else _broadcast(c, Tensor(both), Tensor(sizes))
    dtypes = {input.dtype, target.dtype, variance.dtype}
    dtype = dtypes.pop() if len(dtypes) == 1 else _floating(_promoted(c, input, target, variance))
    return _reduced(c, input, shape, dtype, how)


def _variance(c: Call, input: Tensor, variance: Tensor, scores: Shape, sizes: Shape) -> None:
    wrong = False
    if len(sizes) == len(scores):
        others = [b for a, b in zip(scores, sizes) if equal(a, b) is False]
        wrong = len(others) > 1 or any(equal(b, 1) is False for b in others)
    elif len(sizes) == len(scores) - 1:
        wrong = any(differ(c, a, b) for a, b in zip(scores, sizes))
    else:
        wrong = True
    if wrong:
        c.fail(
            "target-mismatch",
            f"{c.name} expects a variance of {c.text(input)}, without its last dim, or with a 1 there, got "
            f"{c.text(variance)}",
            variance,
            input,
        )


_loss_class("GaussianNLLLoss", "*, full=False, eps=1e-6, reduction='mean'", gaussian_nll_loss, 3)


# -- ctc -----------------------------------------------------------------------------------------------------------


@rule(_F + "ctc_loss")
def ctc_loss(
    c: Call,
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: object,
    target_lengths: object,
    blank: object = 0,
    reduction: object = "mean",
    zero_infinity: object = False,
) -> Tensor:
    """(T, N, C) with targets (N, S) or (sum of lengths,) and lengths (N,); or (T, C) with (S,) and ()."""
    dims, how = _known(c, log_probs), reduction_of(c, reduction)
    if dims is None:
        return _reduced(c, log_probs, None, log_probs.dtype, how)
    if len(dims) not in (2, 3):
        c.fail("rank-mismatch", f"{c.name} expects log_probs of (T, N, C) or (T, C), got {c.text(log_probs)}",
               log_probs)  # fmt: skip
    no_dtypes(c, log_probs, NOT_FLOAT)
    batch = dims[1] if len(dims) == 3 else 1
    wanted = _known(c, targets)
    if wanted is not None:
        if len(dims) == 3 and len(wanted) not in (1, 2):
            c.fail("target-mismatch", f"{c.name} expects targets of (N, S) or (S,), got {c.text(targets)}", targets)
        if len(wanted) == 2 and differ(c, wanted[0], batch):
            _ctc_batch(c, log_probs, targets, "targets", batch)
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        _ctc_lengths(c, log_probs, batch, name, c.store.value(lengths), len(dims) == 3)
    if isinstance(blank, int) and isinstance(dims[-1], int) and not 0 <= blank < dims[-1]:
        c.fail("argument-value", f"{c.name}: blank {blank} is not one of the {dims[-1]} classes", log_probs)
    return _reduced(c, log_probs, (batch,) if len(dims) == 3 else (), log_probs.dtype, how)


def _ctc_batch(c: Call, log_probs: Tensor, other: Tensor | None, name: str, batch: Dim, came: str = "") -> None:
    got = c.text(other) if other is not None else came
    c.fail(
        "target-mismatch",
        f"{c.name}: log_probs {c.text(log_probs)} is (T, N, C) with N = {c.dim_text(batch)}, but {name} is {got}",
        *([other] if other is not None else []),
        log_probs,
    )


def _ctc_lengths(c: Call, log_probs: Tensor, batch: Dim, name: str, lengths: object, is_batched: bool) -> None:
    if isinstance(lengths, Tensor):
        shape = _known(c, lengths)
        if is_batched and shape is not None and len(shape) == 1 and differ(c, shape[0], batch):
            _ctc_batch(c, log_probs, lengths, name, batch)
        if lengths.dtype in FLOATS:
            c.fail("dtype-mismatch", f"{c.name}: {name} must be integers, got {lengths.dtype}", lengths)
    elif isinstance(lengths, (tuple, list)) and not (isinstance(lengths, List) and lengths.rest is not None):
        if is_batched and differ(c, len(lengths), batch):
            _ctc_batch(c, log_probs, None, name, batch, f"{len(lengths)} lengths")


_loss_class("CTCLoss", "blank=0, reduction='mean', zero_infinity=False", ctc_loss, 4)


# -- losses with weights of their own ------------------------------------------------------------------------------


def _adaptive_setup(c: Call, self: Instance) -> None:
    a = self.attrs
    whole_numbers(c, self, "in_features", "n_classes")
    cutoffs, classes, options = a["cutoffs"], a["n_classes"], {"device": a["device"], "dtype": a["dtype"]}
    if not isinstance(cutoffs, (tuple, list)) or not all(type(x) is int for x in cutoffs):
        raise NotKnown
    known = list(cutoffs)
    if not known or known != sorted(set(known)) or known[0] < 1 or (isinstance(classes, int) and known[-1] >= classes):
        c.fail("argument-value", f"{c.name}: cutoffs must rise from 1 to n_classes - 1, got {known}")
    a["cutoffs"] = [*known, classes]
    a["shortlist_size"], a["n_clusters"] = known[0], len(known)
    a["head_size"] = known[0] + len(known)
    a["head"] = made(c, "torch.nn.Linear", a["in_features"], a["head_size"], bias=a["head_bias"], **options)
    a["tail"] = Instance(Lib("torch.nn.ModuleList"), {})
    if not (isinstance(a["in_features"], int) and isinstance(a["div_value"], (int, float)) and a["div_value"] > 0):
        a["tail"].attrs["?"] = True
        return
    for i, (first, last) in enumerate(zip(a["cutoffs"], a["cutoffs"][1:])):
        inner = int(a["in_features"] // a["div_value"] ** (i + 1))
        layers = [
            made(c, "torch.nn.Linear", wide, thin, bias=False, **options)
            for wide, thin in ((a["in_features"], inner), (inner, last - first))
        ]
        a["tail"].attrs[str(i)] = Instance(Lib("torch.nn.Sequential"), {str(n): each for n, each in enumerate(layers)})


@layer(
    "torch.nn.AdaptiveLogSoftmaxWithLoss",
    "in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None",
    setup=_adaptive_setup,
)
def _adaptive_forward(c: Call, self: Instance, input_: Tensor, target_: Tensor) -> object:
    scores, classes = _known(c, input_), _known(c, target_)
    head = c.child(self, "head")
    weight = c.tensor(head.attrs.get("weight")) if isinstance(head, Instance) else None
    if classes is not None and len(classes) > 1:
        c.fail("target-mismatch", f"{c.name} expects class indices of (N,) or (), got {c.text(target_)}", target_)
    if scores is not None and classes is not None:
        if len(scores) != len(classes) + 1 or (classes and differ(c, scores[0], classes[0])):
            c.fail("target-mismatch", f"{c.name} expects (N, in_features) and (N,), got {c.text(input_)} and "
                   f"{c.text(target_)}", target_, input_)  # fmt: skip
    if target_.dtype not in (None, "int64", "int32"):
        c.fail("dtype-mismatch", f"{c.name} expects class indices of int64, got {target_.dtype}", target_)
    if scores:
        features(c, input_, scores[-1], c.dim(self.attrs["in_features"]), None, "in_features")
    dtype = same_dtype(c, input_, weight, "weight") if weight is not None else input_.dtype
    return Named.of(output=Tensor(classes, dtype, device=input_.device), loss=Tensor((), dtype, device=input_.device))


@rule("torch.nn.AdaptiveLogSoftmaxWithLoss.log_prob")
def _log_prob(c: Call, self: object, input: Tensor) -> Tensor:
    if not isinstance(self, Instance):
        raise NotKnown
    dims = c.dims(input, ("N", "D"))
    if dims:
        features(c, input, dims[-1], c.dim(self.attrs["in_features"]), None, "in_features")
    return Tensor((*dims[:-1], c.dim(self.attrs["n_classes"])), input.dtype, device=input.device)


@rule("torch.nn.AdaptiveLogSoftmaxWithLoss.predict")
def _predict(c: Call, self: object, input: Tensor) -> Tensor:
    return Tensor(_log_prob(c, self, input).shape[:-1], "int64", device=input.device)  # type: ignore[index]


def _linear_cross_entropy_setup(c: Call, self: Instance) -> None:
    a = self.attrs
    whole_numbers(c, self, "in_features", "num_classes")
    extra = c.known_ints(a["out_features"]) if a["out_features"] != () else ()
    rows = a["num_classes"]
    for size in extra:
        rows = rows * size
    options = {name: a[name] for name in ("bias", "device", "dtype")}
    a["linear"] = made(c, "torch.nn.Linear", a["in_features"], rows, **options)


@layer(
    "torch.nn.LinearCrossEntropyLoss",
    "in_features, num_classes, *, out_features=(), bias=False, device=None, dtype=None, reduction='mean', weight=None, "
    "ignore_index=None, label_smoothing=0.0, options=None",
    setup=_linear_cross_entropy_setup,
)
def _linear_cross_entropy_forward(c: Call, self: Instance, input: Tensor, target: Tensor) -> Tensor:
    a = self.attrs
    weight: dict[str, Any] = {"size": c.dim(a["in_features"]), "classes": c.dim(a["num_classes"])}
    more = c.known_ints(a["out_features"]) if a["out_features"] != () else ()
    return _linear_scores(c, input, target, weight, more, a)


@rule(_F + "linear_cross_entropy")
def _functional_linear_cross_entropy(
    c: Call,
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: object = None,
    weight: object = None,
    reduction: object = "mean",
    ignore_index: object = None,
    label_smoothing: object = 0.0,
    options: object = None,
) -> Tensor:
    dims = c.dims(linear_weight)
    if len(dims) < 2 or options is not None:
        raise NotKnown  # in chunks it looks at less
    config = {
        "weight": weight,
        "reduction": reduction,
        "ignore_index": ignore_index,
        "label_smoothing": label_smoothing,
    }
    return _linear_scores(c, input, target, {"size": dims[-1], "classes": dims[0]}, dims[1:-1], config)


def _linear_scores(
    c: Call, input: Tensor, target: Tensor, sizes: Mapping[str, Dim], more: Shape, config: Mapping[str, Any]
) -> Tensor:
    """cross_entropy of the scores that a weight (C, *, in) makes of (N, in) or (in,)."""
    dims = c.dims(input, ("N", "D"))
    if len(dims) not in (1, 2):
        c.fail("rank-mismatch", f"{c.name} expects (N, in_features) or (in_features,), got {c.text(input)}", input)
    features(c, input, dims[-1], sizes["size"], None, "in_features")
    scores = Tensor((*dims[:-1], sizes["classes"], *more), input.dtype, device=input.device)
    ignored = -100 if config["ignore_index"] is None else config["ignore_index"]
    options = {name: config[name] for name in ("weight", "reduction", "label_smoothing")}
    return cross_entropy(c, scores, target, ignore_index=ignored, **options)
