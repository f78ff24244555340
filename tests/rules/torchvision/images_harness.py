"""Holds transforms and datasets against the real torchvision: sizes and dtypes where it answers, failures where it raises.

torchvision's compiled operators need not load: its transforms and datasets do without them.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import HealthCheck, settings

import shapelens.rules.torch
import shapelens.rules.torchvision  # noqa: F401  registers the rules
from shapelens.dims import Expr
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, call_layer, canonical, layers, make_layer, rules
from shapelens.rules.torch.data import is_image
from shapelens.rules.torchvision.images import make_image, picture
from shapelens.values import UNKNOWN, Instance, Lib, List, Many, Store, Tensor, Unknown
from tests.truth.recorder import declared_operators

settings.register_profile("images", max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def real_torchvision() -> Any:
    """The torchvision that is installed, its operators only named; the tests are skipped where there is none."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        pytest.skip("torchvision is not installed", allow_module_level=True)
    _KEPT.append(declared_operators())
    import torchvision

    return torchvision


_KEPT: list[object] = []
"""Operators are there for as long as the library that declared them."""


# -- our side ------------------------------------------------------------------------------------------------------


def context() -> Call:
    """A call that can call back: rules, layers of ours, Python functions on abstract values."""
    c = Call(Store(), "", None)

    def invoke(function: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(function, Instance) and isinstance(function.cls, Lib):
            return call_layer(c, function.cls.path, function, args, kwargs)
        if isinstance(function, Lib):
            if function.path == "operator.getitem":
                return get_item(c, *args)
            if function.path == "builtins.len":
                return length(c, *args)
            if function.path == "builtins.list":
                return List(args[0]) if isinstance(args[0], (list, tuple)) else UNKNOWN
            return apply_rule(c, rules[function.path], args, kwargs) if function.path in rules else UNKNOWN
        return function(*args, **kwargs) if callable(function) else UNKNOWN

    c.invoke = invoke
    return c


def get_item(c: Call, value: Any, index: Any) -> Any:
    """`value[index]`."""
    if isinstance(value, Instance):
        return apply_rule(c, rules[f"{value.cls.path}.__getitem__"], (value, index), {})
    if isinstance(value, List) and value.rest is not None:
        return value.rest
    return value[0] if isinstance(value, (list, tuple)) else UNKNOWN


def length(c: Call, value: Any) -> Any:
    """len(value)."""
    if isinstance(value, Instance):
        return apply_rule(c, rules[f"{value.cls.path}.__len__"], (value,), {})
    if isinstance(value, Many):
        return value.length
    if isinstance(value, List) and value.rest is not None:
        return value.count
    return len(value) if hasattr(value, "__len__") else UNKNOWN


def make(c: Call, path: str, *args: Any, **kwargs: Any) -> Instance:
    """Our instance of a library class."""
    path = canonical(path)
    made = Instance(Lib(path), {})
    if not make_layer(c, path, made, args, kwargs):
        made.attrs["?"] = True
    return made


def ours(c: Call, transform: Any) -> Any:
    """Our instance for a real transform, from the arguments that it was made with (see `record`)."""
    path, args, kwargs = transform._made
    return make(c, path, *[_argument(c, a) for a in args], **{k: _argument(c, v) for k, v in kwargs.items()})


def _argument(c: Call, value: Any) -> Any:
    if hasattr(value, "_made"):
        return ours(c, value)
    if isinstance(value, list):
        return List([_argument(c, v) for v in value])
    if isinstance(value, torch.dtype):
        return Lib(str(value))
    return value


def real(module: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """A real transform that remembers how it was made."""
    made = getattr(module, name)(*args, **kwargs)
    made._made = (f"{module.__name__}.{name}", args, kwargs)
    return made


def abstract(c: Call, value: Any) -> Any:
    """An image or tensor as our rules see it."""
    if isinstance(value, PIL.Image.Image):
        return make_image(c, value.mode, value.height, value.width)
    if isinstance(value, np.ndarray):
        return Tensor(tuple(value.shape), str(value.dtype), "numpy")
    if isinstance(value, torch.Tensor):
        return Tensor(tuple(value.shape), str(value.dtype)[6:])
    if isinstance(value, (tuple, list)):
        return type(value)(abstract(c, v) for v in value)
    return value


# -- both ----------------------------------------------------------------------------------------------------------


def agree(c: Call, mine: Any, theirs: Any, exact: bool = True) -> None:
    """Our value says no more than what torchvision gave, and with `exact` all of it."""
    if isinstance(mine, Unknown):
        assert not exact, f"not known: {theirs!r}"
        return
    if isinstance(theirs, PIL.Image.Image):
        assert is_image(mine), mine
        seen = picture(c, mine)
        _dims((seen.channels, seen.height, seen.width), (len(theirs.getbands()), theirs.height, theirs.width), exact)
        assert seen.mode == theirs.mode or seen.mode is None
        assert not exact or seen.mode is not None
    elif isinstance(theirs, torch.Tensor):
        assert isinstance(mine, Tensor), mine
        if mine.shape is not None or exact:
            assert isinstance(mine.shape, tuple)
            _dims(mine.shape, tuple(theirs.shape), exact)
        assert mine.dtype == str(theirs.dtype)[6:] or mine.dtype is None and not exact
    elif isinstance(theirs, (tuple, list)):
        assert isinstance(mine, (tuple, list)), mine
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs):
            agree(c, a, b, exact)


def _dims(mine: tuple[Any, ...], theirs: tuple[int, ...], exact: bool) -> None:
    assert len(mine) == len(theirs), (mine, theirs)
    for a, b in zip(mine, theirs):
        if isinstance(a, Expr):
            assert not exact, (mine, theirs)
        else:
            assert a == b, (mine, theirs)


def check(transform: Any, value: Any, exact: bool = True) -> bool:
    """Call both on a value; True where torchvision answered. Failures of ours must be failures of torchvision's."""
    c = context()
    try:
        theirs: Any = transform(value)
    except Exception as error:
        theirs = error
    try:
        made = ours(c, transform)
        mine = call_layer(c, made.cls.path, made, (abstract(c, value),), {})
    except Failure as failure:
        assert isinstance(theirs, Exception), f"torchvision gives {theirs!r}, we say {failure}"
        return False
    if isinstance(theirs, Exception):
        return False
    agree(c, mine, theirs, exact)
    return True


def fails(transform: Any, value: Any, code: str) -> str:
    """Both raise; our message."""
    c = context()
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever torchvision raises
        transform(value)
    with pytest.raises(Failure) as caught:
        made = ours(c, transform)
        call_layer(c, made.cls.path, made, (abstract(c, value),), {})
    assert caught.value.code == code
    return str(caught.value)


Maker = Callable[..., Any]
__all__ = [
    "Maker",
    "abstract",
    "agree",
    "check",
    "context",
    "fails",
    "get_item",
    "layers",
    "length",
    "make",
    "ours",
    "real",
]
