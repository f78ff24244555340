"""train_test_split, scalers and encoders.

train_test_split(a (n, *rest), test_size=t)  ->  (n - ⌈t·n⌉, *rest), (⌈t·n⌉, *rest)
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from shapelens.dims import Dim, Expr, equal
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.values import UNKNOWN, Instance, Lib, List, Scalar, Tensor
from shapelens.values.dtypes import FLOATS


def _array(shape: Any, dtype: str | None) -> Tensor:
    return Tensor(shape, dtype, "numpy")


@rule("sklearn.model_selection.train_test_split")
def train_test_split(
    c: Call,
    *arrays: object,
    test_size: object = None,
    train_size: object = None,
    random_state: object = None,
    shuffle: object = True,
    stratify: object = None,
) -> object:
    """Two parts of each, in turn; as many of all."""
    given = [c.store.value(a) for a in arrays]
    counts = [_length(c, a) for a in given]
    known = [(a, n) for a, n in zip(given, counts) if n is not None]
    for a, n in known[1:]:
        first, count = known[0]
        if equal(n, count) is False:
            tensors = [t for t in (first, a) if isinstance(t, Tensor)]
            c.fail(
                "size-mismatch",
                f"train_test_split: inputs of {c.dim_text(count)} and {c.dim_text(n)} samples",
                *tensors,
            )
    parts = _sizes(c, known[0][1], c.store.value(test_size), c.store.value(train_size)) if known else None
    found = List()
    for a in given:
        for size in parts or (None, None):
            found.append(_part(c, a, size))
    return found


def _length(c: Call, value: Any) -> Dim | None:
    if isinstance(value, Tensor):
        shape = c.shape(value)
        return shape[0] if isinstance(shape, tuple) and shape and value.library == "numpy" else None
    if isinstance(value, List) and value.rest is None:
        return len(value)
    return None


def _sizes(c: Call, count: Dim, test: Any, train: Any) -> tuple[Dim, Dim]:
    """How many go into training and testing. Source: `_validate_shuffle_split` in sklearn/model_selection/_split.py."""
    if test is None and train is None:
        test = 0.25
    for size in (test, train):
        if size is not None and not isinstance(size, (int, float, Expr)) or isinstance(size, bool):
            return c.fresh("n", 0), c.fresh("n", 0)
    tested = _share(c, count, test, math.ceil)
    trained = _share(c, count, train, math.floor)
    if tested is None and trained is not None:
        tested = count - trained
    if trained is None and tested is not None:
        trained = count - tested
    assert tested is not None
    assert trained is not None
    return trained, tested


def _share(c: Call, count: Dim, size: Any, rounded: Any) -> Dim | None:
    if size is None:
        return None
    if isinstance(size, float):
        return rounded(size * count) if isinstance(count, int) else c.fresh("n", 0)
    return size  # type: ignore[no-any-return]


def _part(c: Call, value: Any, size: Dim | None) -> Any:
    if isinstance(value, Tensor) and value.library == "numpy":
        shape = c.shape(value)
        if isinstance(shape, tuple) and shape:
            return _array((c.fresh("n", 0) if size is None else size, *shape[1:]), value.dtype)
        return _array(None, value.dtype)
    if isinstance(value, List) and value.rest is None and value and size is not None:
        made = List()
        kinds = {type(c.store.value(v)) for v in value}
        kind = kinds.pop() if len(kinds) == 1 else None
        made.rest = Scalar(kind.__name__) if kind in (int, float, str, bool) and kind is not None else UNKNOWN
        made.count = size
        return made
    return UNKNOWN


# -- scalers -------------------------------------------------------------------------------------------------------

_SCALERS = (
    "StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "Normalizer", "PowerTransformer",
    "QuantileTransformer",
)  # fmt: skip
_P = "sklearn.preprocessing"


def _made(c: Call, *args: object, **kwargs: object) -> object:
    return Instance(Lib(c.path))


for _name in (*_SCALERS, "LabelEncoder", "LabelBinarizer"):
    rule(f"{_P}.{_name}")(_made)


def _need(c: Call, X: object, rank: int) -> tuple[tuple[Dim, ...], Tensor]:
    value = c.store.value(X)
    if not isinstance(value, Tensor) or value.library != "numpy":
        raise NotKnown
    dims = c.dims(value)
    if len(dims) != rank:
        c.fail(
            "rank-mismatch",
            f"{c.name}: scikit-learn needs an array of rank {rank} here, got {c.text(value)}",
            value,
        )
    return dims, value


@rule(*(f"{_P}.{name}.{method}" for name in _SCALERS for method in ("fit_transform", "transform", "inverse_transform")))
def scaled(c: Call, self: Instance, X: object, *args: object, **kwargs: object) -> object:
    """(samples, features) as floats."""
    dims, value = _need(c, X, 2)
    return _array(dims, value.dtype if value.dtype in FLOATS else "float64" if value.dtype else None)


@rule(*(f"{_P}.{name}.fit" for name in _SCALERS))
def fitted(c: Call, self: Instance, X: object, *args: object, **kwargs: object) -> object:
    with suppress(NotKnown):
        _need(c, X, 2)
    return self


@rule(f"{_P}.LabelEncoder.fit_transform", f"{_P}.LabelEncoder.transform")
def encoded(c: Call, self: Instance, y: object) -> object:
    """A number for each label."""
    value = c.store.value(y)
    count = _length(c, value)
    if count is None:
        raise NotKnown
    return _array((count,), "int64")


@rule(f"{_P}.LabelBinarizer.fit_transform", f"{_P}.LabelBinarizer.transform")
def binarized(c: Call, self: Instance, y: object) -> object:
    """(samples, classes), or (samples, 1) of two."""
    count = _length(c, c.store.value(y))
    if count is None:
        raise NotKnown
    return _array((count, c.fresh("classes", 1)), "int64")


@rule(f"{_P}.LabelEncoder.fit", f"{_P}.LabelBinarizer.fit")
def fitted_labels(c: Call, self: Instance, y: object) -> object:
    return self
