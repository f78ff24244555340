"""Arrays from sizes, from data, and in the likeness of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.dtypes import named, plain
from shapelens.rules.registry import rule
from shapelens.rules.torch.creation import nested
from shapelens.rules.torch.data import is_image
from shapelens.rules.torchvision.images import array_of
from shapelens.values import List, Many, Scalar, Tensor
from shapelens.values.dtypes import category


def array(shape: Any, dtype: str | None, scalars: object = None) -> Tensor:
    """An array; a NumPy number is one of rank 0."""
    return Tensor(shape, dtype, "numpy", scalars=scalars)


@rule("numpy.zeros", "numpy.ones", "numpy.empty")
def zeros(c: Call, shape: object, dtype: object = float, order: object = "C", **others: object) -> Tensor:
    return array(c.ints(c.store.value(shape)), named(c.store.value(dtype), "float64"))


@rule("numpy.full")
def full(c: Call, shape: object, fill_value: object, dtype: object = None, order: object = "C") -> Tensor:
    """The dtype is that of the value unless given."""
    found = named(c.store.value(dtype), _data(c, fill_value)[1])
    return array(c.ints(c.store.value(shape)), found)


@rule("numpy.eye", "numpy.identity")
def eye(c: Call, N: Dim, M: Dim | None = None, k: object = 0, dtype: object = float, **others: object) -> Tensor:
    return array((N, N if M is None else M), named(c.store.value(dtype), "float64"))


@rule("numpy.zeros_like", "numpy.ones_like", "numpy.empty_like")
def zeros_like(c: Call, a: Tensor, dtype: object = None, **others: object) -> Tensor:
    return array(a.shape, named(c.store.value(dtype), a.dtype))


@rule("numpy.full_like")
def full_like(c: Call, a: Tensor, fill_value: object, dtype: object = None, **others: object) -> Tensor:
    return array(a.shape, named(c.store.value(dtype), a.dtype))


@rule("numpy.atleast_1d")
def atleast_1d(c: Call, object: object) -> Tensor:
    """A number becomes an array of one."""
    made = from_data(c, object)
    if made.shape != ():
        return made
    return array((1,), made.dtype, None if made.scalars is None else [made.scalars])


@rule("numpy.array", "numpy.asarray", "numpy.ascontiguousarray", "numpy.asanyarray", "numpy.copy")
def from_data(c: Call, object: object, dtype: object = None, **others: object) -> Tensor:
    """The shape of nested lists; an image as its pixels (H, W, C); a tensor or array as it is."""
    value = c.store.value(object)
    if is_image(value):
        made = array_of(c, value)
        return made.with_(dtype=named(c.store.value(dtype), made.dtype))
    try:
        shape, found, scalars = _data(c, value)
    except NotKnown:
        return array(None, named(c.store.value(dtype)))
    wanted = named(c.store.value(dtype), found)
    if wanted is None or found is None or category(wanted) != category(found):
        scalars = None
    return array(shape, wanted, scalars)


def _data(c: Call, value: object) -> tuple[Any, str | None, Any]:
    before, c.floating = c.floating, "float64"  # Python's floats stay what they are
    try:
        return nested(c, _as_arrays(c, value))
    finally:
        c.floating = before


def _as_arrays(c: Call, value: object) -> Any:
    """Nested lists with the tensors in them as arrays, of which a list may hold larger ones."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        return value if value.library == "numpy" else value.with_(library="numpy")
    if isinstance(value, Many):
        return Many(_as_arrays(c, value.element), value.length)
    if isinstance(value, List):
        made = List([_as_arrays(c, v) for v in value])
        made.rest, made.count = None if value.rest is None else _as_arrays(c, value.rest), value.count
        return made
    if type(value) is tuple:
        return tuple([_as_arrays(c, v) for v in value])
    if isinstance(value, (list, range)) or plain(value):
        return value
    raise NotKnown


def _cast(name: str) -> None:
    @rule(f"numpy.{name}")
    def cast(c: Call, x: object = 0) -> Tensor:
        """A number, or all numbers of an array, in that dtype."""
        value = c.store.value(x)
        if isinstance(value, (int, float, Expr, Scalar)):
            return array((), name)
        return array(_data(c, value)[0], name)


for _name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"):
    _cast(_name)


@rule("numpy.meshgrid")
def meshgrid(c: Call, *xi: Tensor, indexing: object = "xy", sparse: object = False, copy: object = True) -> object:
    """Each vector spread over the grid of all; with "xy" the first two axes change places."""
    sizes = [_only(c.dims(x)) for x in xi]
    if indexing not in ("xy", "ij") or sparse is not False:
        raise NotKnown
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return List([array(tuple(sizes), x.dtype) for x in xi])


def _only(dims: Sequence[Dim]) -> Dim:
    if len(dims) > 1:
        raise NotKnown
    return dims[0] if dims else 1
