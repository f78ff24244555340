"""Arrays in another shape or dtype, and what an array says of itself."""

from __future__ import annotations

from typing import Any

from shapelens.rules.call import Call, NotKnown, flat
from shapelens.rules.numpy.creation import array
from shapelens.rules.numpy.dtypes import named
from shapelens.rules.registry import attribute, rule
from shapelens.rules.torch import info, reshaping
from shapelens.values import UNKNOWN, List, Scalar, Tensor


@rule("numpy.ndarray.reshape")
def reshape_method(c: Call, self: Tensor, *shape: object, order: object = "C", copy: object = None) -> Tensor:
    """The same elements in another shape; one size may be -1."""
    return reshaping.reshape(c, self, *shape)


@rule("numpy.reshape")
def reshape(c: Call, a: Tensor, shape: object, order: object = "C", *, newshape: object = None) -> Tensor:
    return reshaping.reshape(c, _array(a), shape)


@rule("numpy.ndarray.flatten", "numpy.ndarray.ravel", "numpy.ravel")
def flatten(c: Call, a: Tensor, order: object = "C") -> Tensor:
    return reshaping.flattened(c, _array(a), 0, -1)


@rule("numpy.ndarray.transpose")
def transpose_method(c: Call, self: Tensor, *axes: object) -> Tensor:
    """The dims in another order; in reverse if none is given."""
    order = flat(axes)
    if not order or order == [None]:
        return array(c.dims(self)[::-1], self.dtype)
    return reshaping.permute(c, self, *order)


@rule("numpy.transpose")
def transpose(c: Call, a: Tensor, axes: object = None) -> Tensor:
    return transpose_method(c, _array(a), axes)


@rule("numpy.swapaxes", "numpy.ndarray.swapaxes")
def swapaxes(c: Call, a: Tensor, axis1: int, axis2: int) -> Tensor:
    return reshaping.transpose(c, _array(a), axis1, axis2)


@rule("numpy.moveaxis")
def moveaxis(c: Call, a: Tensor, source: object, destination: object) -> Tensor:
    return reshaping.movedim(c, _array(a), source, destination)


@rule("numpy.expand_dims")
def expand_dims(c: Call, a: Tensor, axis: int) -> Tensor:
    return reshaping.unsqueeze(c, _array(a), axis)


@rule("numpy.squeeze", "numpy.ndarray.squeeze")
def squeeze(c: Call, a: Tensor, axis: object = None) -> Tensor:
    """As torch's for known sizes; a named dim that is not 1 raises here."""
    dims = c.dims(a)
    if any(not isinstance(d, int) for d in dims):
        raise NotKnown
    for i in c.axes(axis, len(dims), a) if axis is not None else ():
        if dims[i] != 1:
            c.fail("expand-mismatch", f"squeeze: dim {i} of {c.text(a)} is {dims[i]}, not 1", a)
    return reshaping.squeeze(c, _array(a), axis)


@rule("numpy.broadcast_to")
def broadcast_to(c: Call, array_: Tensor, shape: object) -> Tensor:
    return array(c.ints(c.store.value(shape)), array_.dtype)


@rule("numpy.atleast_2d")
def atleast_2d(c: Call, arys: Tensor) -> Tensor:
    dims = c.dims(arys)
    return array((*(1,) * (2 - len(dims)), *dims), arys.dtype)


@rule("numpy.ndarray.astype")
def astype(c: Call, self: Tensor, dtype: object, *args: object, **kwargs: object) -> Tensor:
    """The same shape in another dtype."""
    return array(self.shape, named(c.store.value(dtype)), self.scalars if self.dtype == named(dtype) else None)


@rule("numpy.ndarray.copy", "numpy.ndarray.round", "numpy.round", "numpy.around", "numpy.ndarray.conj")
def same(c: Call, a: Tensor, *args: object, **kwargs: object) -> Tensor:
    return array(a.shape, a.dtype, a.scalars)


@rule("numpy.tile")
def tile(c: Call, A: Tensor, reps: object) -> Tensor:
    value = c.store.value(reps)
    return reshaping.tile(c, _array(A), *(value if isinstance(value, (tuple, list)) else (value,)))


@rule("numpy.repeat", "numpy.ndarray.repeat")
def repeat(c: Call, a: Tensor, repeats: int, axis: object = None) -> Tensor:
    return reshaping.repeat_interleave(c, _array(a), repeats, axis)


def _array(a: Tensor) -> Tensor:
    return a if a.library == "numpy" else a.with_(library="numpy")


# -- what an array says of itself ----------------------------------------------------------------------------------

attribute("numpy.ndarray.shape")(info.shape)
attribute("numpy.ndarray.ndim")(info.dim)
attribute("numpy.ndarray.size")(info.numel)


@rule("numpy.size", "numpy.ndim", "numpy.shape")
def asked(c: Call, a: Tensor) -> object:
    return {"size": info.numel, "ndim": info.dim, "shape": info.shape}[c.name](c, a)


@attribute("numpy.ndarray.T")
def transposed(c: Call, self: Tensor) -> Tensor:
    return array(c.dims(self)[::-1], self.dtype)


@attribute("numpy.ndarray.dtype", "numpy.ndarray.flat", "numpy.ndarray.flags", "numpy.ndarray.base")
def not_followed(c: Call, self: Tensor) -> object:
    """Compared with names, types and other dtypes: not followed."""
    return UNKNOWN


@attribute("numpy.ndarray.nbytes", "numpy.ndarray.itemsize")
def bytes_of(c: Call, self: Tensor) -> object:
    return Scalar("int")


@rule("numpy.ndarray.item")
def item(c: Call, self: Tensor, *args: object) -> object:
    if args:
        raise NotKnown
    return info.item(c, self)


@rule("numpy.ndarray.tolist")
def tolist(c: Call, self: Tensor) -> Any:
    return info.tolist(c, self)


@rule("numpy.unique", "numpy.nonzero", "numpy.argwhere", "numpy.flatnonzero", "numpy.bincount")
def data_dependent(c: Call, ar: object, *args: object, **kwargs: object) -> object:
    """How many there are depends on the data."""
    value = c.store.value(ar)
    if c.name not in ("unique", "flatnonzero") or args or kwargs or not isinstance(value, Tensor):
        raise NotKnown
    return array((c.fresh("n", 0),), value.dtype if c.name == "unique" else "int64")


@rule("numpy.split", "numpy.array_split")
def split(c: Call, ary: Tensor, indices_or_sections: object, axis: int = 0) -> object:
    """Into so many parts of one size."""
    dims, count = c.dims(ary), c.store.value(indices_or_sections)
    i = c.axis(axis, len(dims), ary)
    size = dims[i]
    if not isinstance(count, int) or not isinstance(size, int) or count < 1 or size % count:
        raise NotKnown
    return List([array((*dims[:i], size // count, *dims[i + 1 :]), ary.dtype) for _ in range(count)])
