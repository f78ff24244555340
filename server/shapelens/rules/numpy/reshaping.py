"""Arrays in another shape, order or dtype, and what an array says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, divides, equal, product
from shapelens.rules.call import Call, NotKnown, flat
from shapelens.rules.numpy.arrays import Array, array, as_array, operand, sizes
from shapelens.rules.numpy.dtypes import asked, dtype_value, named, real
from shapelens.rules.registry import attribute, reshaping_in_place, rule
from shapelens.rules.torch import info, reshaping
from shapelens.rules.torch.reductions import check_axis
from shapelens.values import UNKNOWN, Scalar, Tensor
from shapelens.values.dtypes import BYTES

# -- reshape -------------------------------------------------------------------------------------------------------


@rule("numpy.ndarray.reshape")
def reshape_method(c: Call, self: Tensor, *shape: object, order: object = "C", copy: object = None) -> Tensor:
    """The same elements in another shape; one size may be -1."""
    return _reshaped(c, self, shape)


@rule("numpy.reshape")
def reshape(c: Call, a: Array, shape: object = None, order: object = "C", *, newshape: object = None,
            copy: object = None) -> Tensor:  # fmt: skip
    """As the method; the shape is one argument."""
    return _reshaped(c, a, (newshape if shape is None else shape,))


def _reshaped(c: Call, a: Tensor, shape: Sequence[object]) -> Tensor:
    made = reshaping.reshape(c, a, *_sizes(c, shape))
    return _kept(a, made)


def _kept(a: Tensor, made: Tensor) -> Tensor:
    """A vector made of known numbers keeps them."""
    if (
        isinstance(a.scalars, list)
        and isinstance(made.shape, tuple)
        and len(made.shape) == 1
        and not any(isinstance(v, list) for v in a.scalars)
    ):
        made.scalars = a.scalars
    return made


def _sizes(c: Call, shape: Sequence[object]) -> Sequence[object]:
    """Arrays of known numbers as the sizes that they hold."""
    if len(shape) == 1:
        value = c.store.value(shape[0])
        if isinstance(value, Tensor) and isinstance(value.scalars, list):
            shape = value.scalars
        elif isinstance(value, Tensor):
            raise NotKnown  # sizes that are computed: nobody knows how many
        elif isinstance(value, (tuple, list)) and getattr(value, "rest", None) is None:
            shape = value
    # Any negative size is the one that is not given.
    return [-1 if type(v) is int and v < -1 else v for v in shape]


@rule("numpy.resize")
def resize(c: Call, a: Array, new_shape: object) -> Tensor:
    """The elements over and over, to fill any shape."""
    return array(sizes(c, new_shape), a.dtype)


reshaping_in_place["numpy.ndarray.resize"] = False


@rule("numpy.ndarray.resize")
def resize_method(c: Call, self: Tensor, *new_shape: object, refcheck: object = True) -> Tensor:
    """What the array is from then on, in any shape."""
    return array(sizes(c, tuple(flat(new_shape))), self.dtype)


@rule("numpy.ravel", "numpy.ndarray.flatten", "numpy.ndarray.ravel")
def flatten(c: Call, a: Array, order: object = "C") -> Tensor:
    """All axes made one."""
    return _kept(a, array(c.dims(reshaping.flattened(c, a, 0, -1)) or (1,), a.dtype))


@rule("numpy.ndarray.view")
def view(c: Call, self: Tensor, dtype: object = None, type: object = None) -> Tensor:
    """The same memory; read as another dtype the last axis may change. Sizes are what torch's view takes."""
    value = c.store.value(dtype)
    if isinstance(value, tuple) and not all(isinstance(v, int) for v in value):
        raise NotKnown  # (dtype, shape)
    if isinstance(value, (int, tuple)) and not isinstance(value, bool):
        c.fail("call-arguments", "view of an array takes a dtype, not sizes: use reshape", self)
    found = named(value)
    if value is None and type is None:
        return array(c.shape(self), self.dtype)
    if found is None or self.dtype is None:
        raise NotKnown
    before, after = BYTES[self.dtype], BYTES[found]
    dims = c.dims(self)
    if before == after:
        return array(dims, found)
    if not dims:
        c.fail("rank-mismatch", f"view: a number of {self.dtype} cannot be read as {found}", self)
    if before > after:
        return array((*dims[:-1], dims[-1] * (before // after)), found)
    ratio = after // before
    if divides(ratio, dims[-1]) is False:
        c.fail("reshape-mismatch", f"view({found}): the last axis of {c.text(self)} is no multiple of {ratio}", self)
    return array((*dims[:-1], dims[-1] // ratio), found)


# -- the order of axes ---------------------------------------------------------------------------------------------


@rule("numpy.ndarray.transpose")
def transpose_method(c: Call, self: Tensor, *axes: object) -> Tensor:
    """The dims in another order; in reverse if none is given."""
    order = flat(axes)
    if not axes or order == [None]:
        return array(c.dims(self)[::-1], self.dtype)
    dims = c.dims(self)
    if len(order) != len(dims) and all(isinstance(i, int) for i in order):
        c.fail("rank-mismatch", f"transpose names {len(order)} axes, {c.text(self)} has {len(dims)}", self)
    return reshaping.permute(c, self, *order)


@rule("numpy.transpose", "numpy.permute_dims")
def transpose(c: Call, a: Array, axes: object = None) -> Tensor:
    """As the method."""
    value = c.store.value(axes)
    return transpose_method(c, a, *([] if value is None else [value]))


@rule("numpy.matrix_transpose", "numpy.linalg.matrix_transpose")
def matrix_transpose(c: Call, x: Array) -> Tensor:
    """The last two axes exchanged."""
    return matrix_transposed(c, x)


@rule("numpy.swapaxes", "numpy.ndarray.swapaxes")
def swapaxes(c: Call, a: Array, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    return reshaping.transpose(c, a, axis1, axis2)


@rule("numpy.moveaxis")
def moveaxis(c: Call, a: Array, source: object, destination: object) -> Tensor:
    """Some axes moved, the others in their order."""
    return reshaping.movedim(c, a, c.store.value(source), c.store.value(destination))


@rule("numpy.rollaxis")
def rollaxis(c: Call, a: Array, axis: int, start: int = 0) -> Tensor:
    """One axis moved to before another."""
    dims = list(c.dims(a))
    at = c.axis(axis, len(dims), a)
    to = start + len(dims) if start < 0 else start
    if not 0 <= to <= len(dims):
        c.fail("axis-out-of-range", f"rollaxis: start {start} is out of range for {c.text(a)}", a)
    moved = dims.pop(at)
    dims.insert(to - 1 if at < to else to, moved)
    return array(tuple(dims), a.dtype)


@rule("numpy.flip")
def flip(c: Call, m: Array, axis: object = None) -> Tensor:
    """In reverse along axes; the shape stays."""
    value = c.store.value(axis)
    if value is not None:
        c.axes(value, len(c.dims(m)), m)
    return array(c.shape(m), m.dtype)


@rule("numpy.fliplr", "numpy.flipud")
def fliplr(c: Call, m: Array) -> Tensor:
    """In reverse along axis 1 or 0."""
    least = 2 if c.name == "fliplr" else 1
    if len(c.dims(m)) < least:
        c.fail("rank-mismatch", f"{c.name} needs at least {least} dims, got {c.text(m)}", m)
    return array(c.shape(m), m.dtype)


@rule("numpy.rot90")
def rot90(c: Call, m: Array, k: int = 1, axes: object = (0, 1)) -> Tensor:
    """Turned by right angles in the plane of two axes."""
    dims = list(c.dims(m))
    if len(dims) < 2:
        c.fail("rank-mismatch", f"rot90 needs at least two dims, got {c.text(m)}", m)
    plane = c.axes(c.store.value(axes), len(dims), m)
    if len(plane) != 2:
        c.fail("argument-value", f"rot90 turns in the plane of two axes, got {len(plane)}", m)
    i, j = plane
    if k % 2:
        dims[i], dims[j] = dims[j], dims[i]
    return array(tuple(dims), m.dtype)


@rule("numpy.roll")
def roll(c: Call, a: Array, shift: object, axis: object = None) -> Tensor:
    """Shifted along axes; the shape stays."""
    value = c.store.value(axis)
    if value is not None:
        for each in value if isinstance(value, (tuple, list)) else (value,):
            check_axis(c, a, each)
    return array(c.shape(a), a.dtype)


# -- axes of size one ----------------------------------------------------------------------------------------------


@rule("numpy.expand_dims")
def expand_dims(c: Call, a: Array, axis: object) -> Tensor:
    """Axes of size 1 put in, at their places in the result."""
    value = c.store.value(axis)
    if isinstance(value, int):
        return _put_in(c, a, (value,))
    if isinstance(value, (tuple, list)) and all(isinstance(v, int) for v in value):
        return _put_in(c, a, value)
    raise NotKnown


def _put_in(c: Call, a: Tensor, axes: Sequence[int]) -> Tensor:
    dims = c.dims(a)
    rank = len(dims) + len(axes)
    for axis in axes:
        if not -rank <= axis < rank:
            c.fail("axis-out-of-range", f"expand_dims: axis {axis} is out of range for {c.text(a)}", a)
    places = {axis % rank for axis in axes}
    if len(places) != len(axes):
        c.fail("axis-out-of-range", f"expand_dims: the same axis appears twice in {tuple(axes)}", a)
    rest = iter(dims)
    return array(tuple([1 if i in places else next(rest) for i in range(rank)]), a.dtype)


@rule("numpy.squeeze", "numpy.ndarray.squeeze")
def squeeze(c: Call, a: Array, axis: object = None) -> Tensor:
    """As torch's for known sizes; a named axis that is not 1 raises here."""
    dims, value = c.dims(a), c.store.value(axis)
    if value is None:
        return reshaping.squeeze(c, a)
    axes = c.axes(value, len(dims), a)
    for i in axes if dims else ():
        if equal(dims[i], 1) is False:
            c.fail("expand-mismatch", f"squeeze: axis {i} of {c.text(a)} is {c.dim_text(dims[i])}, not 1", a)
    return array(tuple([d for i, d in enumerate(dims) if i not in axes]), a.dtype)


@rule("numpy.broadcast_to")
def broadcast_to(c: Call, array: Array, shape: object, subok: object = False) -> Tensor:
    """Axes of size 1 made larger, and new ones in front."""
    room = sizes(c, shape)
    return reshaping._expanded(c, array, room)


# -- repeating -----------------------------------------------------------------------------------------------------


@rule("numpy.tile")
def tile(c: Call, A: Array, reps: object) -> Tensor:
    """Each axis repeated; more repeats than axes put new ones in front."""
    value = c.store.value(reps)
    if isinstance(value, Tensor) and isinstance(value.scalars, list):
        value = value.scalars
    return reshaping.tile(c, A, *(value if isinstance(value, (tuple, list)) else (value,)))


@rule("numpy.repeat", "numpy.ndarray.repeat")
def repeat(c: Call, a: Array, repeats: object, axis: object = None) -> Tensor:
    """Each element repeated along an axis, or of the flattened array."""
    if c.shape(a) == () and axis is not None:
        raise NotKnown
    value = c.store.value(repeats)
    counts = as_array(c, value) if isinstance(value, (list, tuple, range)) else value
    return reshaping.repeat_interleave(c, a, counts, c.store.value(axis))


@rule("numpy.delete")
def delete(c: Call, arr: Array, obj: object, axis: int | None = None) -> Tensor:
    """Without what an index, a list of indices or a slice names."""
    dims = c.dims(arr)
    if axis is None:
        dims = (product(dims),)
    at = c.axis(axis or 0, len(dims), arr)
    if not dims:
        raise NotKnown
    size = dims[at]
    return array((*dims[:at], _without(c, arr, size, c.store.value(obj), at), *dims[at + 1 :]), arr.dtype)


def _without(c: Call, arr: Tensor, size: Dim, obj: Any, at: int) -> Dim:
    if isinstance(obj, Tensor) and obj.dtype not in (None, "bool") and obj.scalars is not None:
        obj = obj.scalars
    if isinstance(obj, slice):
        from shapelens.rules.torch.indexing import sliced

        if isinstance(obj.step, int) and obj.step < 0:
            raise NotKnown
        return size - sliced(c, size, obj, arr)
    listed = [obj] if isinstance(obj, (int, Expr)) else obj
    if not isinstance(listed, (list, tuple, range)) or getattr(listed, "rest", None) is not None:
        return c.fresh("n", 0)
    values = [c.store.value(v) for v in listed]
    if not all(type(v) is int for v in values) or not isinstance(size, int):
        return size - 1 if isinstance(obj, (int, Expr)) else c.fresh("n", 0)
    for v in values:
        if not -size <= v < size:
            c.fail("index-out-of-range", f"delete: index {v} is out of range for axis {at} of {c.text(arr)}", arr)
    return size - len({v % size for v in values})


@rule("numpy.insert")
def insert(c: Call, arr: Array, obj: object, values: Array, axis: int | None = None) -> Tensor:
    """With as many more as an index, or a list of them, names."""
    dims = c.dims(arr)
    given = c.store.value(obj)
    if axis is None:
        dims = (product(dims),)
    if not dims:
        raise NotKnown
    at = c.axis(axis or 0, len(dims), arr)
    if isinstance(given, int):
        _check_place(c, arr, dims[at], given)
        if axis is None or len(dims) == 1:
            more: Dim = product(c.dims(values))
        else:
            more = _rows(c, arr, values, dims, at)
    elif isinstance(given, (list, tuple, range)) and getattr(given, "rest", None) is None:
        if any(type(c.store.value(v)) is not int for v in given) or len(given) == 1:
            raise NotKnown
        more = len(given)
    else:
        raise NotKnown
    return array((*dims[:at], dims[at] + more, *dims[at + 1 :]), arr.dtype)


def _check_place(c: Call, arr: Tensor, size: Dim, place: int) -> None:
    if isinstance(size, int) and not -size <= place <= size:
        c.fail("index-out-of-range", f"insert: index {place} is out of range for {c.text(arr)}", arr)


def _rows(c: Call, arr: Tensor, values: Tensor, dims: Sequence[Dim], at: int) -> Dim:
    """How many rows an index puts in: a number, or what lacks the first axis, is one along that axis."""
    given = c.dims(values)
    if not given or at == 0 and len(given) < len(dims):
        return 1
    raise NotKnown


@rule("numpy.trim_zeros")
def trim_zeros(c: Call, filt: Array, trim: object = "fb", axis: object = None) -> Tensor:
    """Without the zeros at the ends, of which only the run knows how many there are."""
    return array(tuple([c.fresh("n", 0) for _ in c.dims(filt)]), filt.dtype)


# -- copies and casts ----------------------------------------------------------------------------------------------


@rule("numpy.ndarray.astype", "numpy.astype")
def astype(c: Call, self: Tensor, dtype: object, *args: object, **kwargs: object) -> Tensor:
    """The same shape in another dtype."""
    found = asked(c, dtype)
    whole = (
        isinstance(self.scalars, int) or isinstance(self.scalars, list) and all(type(v) is int for v in self.scalars)
    )
    kept = found is not None and (found == self.dtype or whole and found == "int64")
    return array(c.shape(self), found, self.scalars if kept else None)


@rule("numpy.ndarray.copy", "numpy.ndarray.__copy__", "numpy.ndarray.__deepcopy__", "numpy.ndarray.to_device")
def same(c: Call, a: Tensor, *args: object, **kwargs: object) -> Tensor:
    """An array like it."""
    return array(c.shape(a), a.dtype, a.scalars)


# -- in place ------------------------------------------------------------------------------------------------------


@rule("numpy.ndarray.fill", "numpy.ndarray.setflags")
def filled(c: Call, self: Tensor, *args: object, **kwargs: object) -> object:
    """In place, the shape stays."""
    self.scalars = None
    return None


@rule("numpy.copyto")
def copyto(c: Call, dst: Tensor, src: object, casting: object = "same_kind", where: object = True) -> object:
    """In place: the source must be broadcast to the target's shape."""
    from shapelens.rules.numpy.arrays import into

    given = operand(c, src)
    if isinstance(given, Tensor):
        shape = c.shape(given)
        while isinstance(shape, tuple) and len(shape) > len(c.dims(dst)) and shape[0] == 1:
            shape = shape[1:]
        into(c, array(shape, given.dtype if casting == "same_kind" else None), dst)
    dst.scalars = None
    return None


@rule("numpy.place", "numpy.putmask")
def place(c: Call, arr: Array, mask: Array, vals: object) -> object:
    """In place where the mask holds, which has as many elements as the array."""
    arr.scalars = None
    if equal(product(c.dims(arr)), product(c.dims(mask))) is False:
        c.conflict = product(c.dims(mask)), product(c.dims(arr))
        c.fail("mask-mismatch", f"{c.name}: a mask of {c.text(mask)} for {c.text(arr)}", arr, mask)
    return None


@rule("numpy.put", "numpy.ndarray.put")
def put(c: Call, a: Array, *args: object, **kwargs: object) -> object:
    """In place, the shape stays."""
    a.scalars = None
    return None


# -- what an array says of itself ----------------------------------------------------------------------------------

attribute("numpy.ndarray.shape")(info.shape)
attribute("numpy.ndarray.ndim")(info.dim)
attribute("numpy.ndarray.size")(info.numel)


@rule("numpy.ndim", "numpy.shape")
def of_itself(c: Call, a: Array) -> object:
    """As the attribute."""
    return {"ndim": info.dim, "shape": info.shape}[c.name](c, a)


@rule("numpy.size")
def size_of(c: Call, a: Array, axis: object = None) -> object:
    """The number of elements, or the size of one axis."""
    value = c.store.value(axis)
    if value is None:
        return info.numel(c, a)
    if not isinstance(value, int):
        raise NotKnown
    return c.dims(a)[c.axis(value, len(c.dims(a)), a)]


@attribute("numpy.ndarray.T")
def transposed(c: Call, self: Tensor) -> Tensor:
    """All axes in reverse."""
    return array(c.dims(self)[::-1], self.dtype)


@attribute("numpy.ndarray.mT")
def matrix_transposed(c: Call, self: Tensor) -> Tensor:
    """The last two axes exchanged."""
    dims = c.dims(self)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"{c.name} needs at least two dims, got {c.text(self)}", self)
    return array((*dims[:-2], dims[-1], dims[-2]), self.dtype)


@attribute("numpy.ndarray.real", "numpy.ndarray.imag")
def part(c: Call, self: Tensor) -> Tensor:
    """The real or the imaginary parts."""
    return array(c.shape(self), real(self.dtype))


@attribute("numpy.ndarray.dtype")
def dtype(c: Call, self: Tensor) -> object:
    """A value that says which dtype it is where one is asked for."""
    return dtype_value(self.dtype)


@attribute("numpy.ndarray.flat")
def flat_elements(c: Call, self: Tensor) -> object:
    """The elements one after the other."""
    return array((product(c.dims(self)),), self.dtype)


@attribute("numpy.ndarray.flags", "numpy.ndarray.base", "numpy.ndarray.strides", "numpy.ndarray.data", "numpy.ndarray.ctypes",
           "numpy.ndarray.device")  # fmt: skip
def not_followed(c: Call, self: Tensor) -> object:
    """No arrays."""
    return UNKNOWN


@attribute("numpy.ndarray.nbytes", "numpy.ndarray.itemsize")
def bytes_of(c: Call, self: Tensor) -> object:
    """In bytes."""
    item = BYTES.get(self.dtype or "")
    if item is None:
        return Scalar("int")
    if c.name == "itemsize":
        return item
    shape = c.shape(self)
    return product(shape) * item if isinstance(shape, tuple) else Scalar("int")


@rule("numpy.ndarray.item")
def item(c: Call, self: Tensor, *args: object) -> object:
    """The only element as a Python number, or the one at a place."""
    if args:
        raise NotKnown
    return info.item(c, self)


@rule("numpy.ndarray.tolist")
def tolist(c: Call, self: Tensor) -> Any:
    """Nested lists of numbers."""
    return info.tolist(c, self)
