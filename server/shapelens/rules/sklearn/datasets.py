"""sklearn.datasets: the small ones that come with it, and those that are made."""

from __future__ import annotations

from shapelens.rules.call import Call
from shapelens.rules.registry import rule
from shapelens.values import UNKNOWN, Instance, Lib, Tensor

# Samples, features, dtype of the target.
_LOADED = {
    "load_iris": (150, 4, "int64"), "load_wine": (178, 13, "int64"), "load_breast_cancer": (569, 30, "int64"),
    "load_digits": (1797, 64, "int64"), "load_diabetes": (442, 10, "float64"),
    "fetch_california_housing": (20640, 8, "float64"),
}  # fmt: skip


def _array(shape: object, dtype: str | None) -> Tensor:
    return Tensor(shape, dtype, "numpy")  # type: ignore[arg-type]


@rule(*(f"sklearn.datasets.{name}" for name in _LOADED))
def loaded(c: Call, *args: object, return_X_y: object = False, as_frame: object = False, **kwargs: object) -> object:
    """The whole set; a Bunch unless data and target are asked for alone."""
    if args or kwargs or c.store.value(as_frame) is not False:
        return UNKNOWN
    samples, features, dtype = _LOADED[c.name]
    data, target = _array((samples, features), "float64"), _array((samples,), dtype)
    if c.store.value(return_X_y) is True:
        return data, target
    attrs = {"data": data, "target": target}
    if c.name == "load_digits":
        attrs["images"] = _array((samples, 8, 8), "float64")
    return Instance(Lib("sklearn.utils.Bunch"), attrs)


@rule("sklearn.utils.Bunch.__getitem__")
def item(c: Call, self: Instance, key: object) -> object:
    return self.attrs.get(key, UNKNOWN) if isinstance(key, str) else UNKNOWN


@rule("sklearn.datasets.make_classification", "sklearn.datasets.make_regression")
def made(c: Call, n_samples: object = 100, n_features: object = None, **kwargs: object) -> object:
    if "n_targets" in kwargs or "coef" in kwargs or "weights" in kwargs:
        return UNKNOWN
    default = 20 if c.name == "make_classification" else 100
    asked = c.store.value(n_features)
    rows, columns = c.dim(n_samples), default if asked is None else c.dim(asked)
    return _array((rows, columns), "float64"), _array((rows,), "int64" if default == 20 else "float64")


@rule("sklearn.datasets.make_moons", "sklearn.datasets.make_circles")
def points(c: Call, n_samples: object = 100, **kwargs: object) -> object:
    rows = c.dim(n_samples)
    return _array((rows, 2), "float64"), _array((rows,), "int64")
