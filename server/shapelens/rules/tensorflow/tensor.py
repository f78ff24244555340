"""tf.Tensor and tf.Variable: what they say of themselves, their operators, indexing, and what a variable is assigned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, less, less_equal
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import attribute, reshaping_in_place, rule
from shapelens.rules.tensorflow.common import NUMBERS, divided, made, named, operands, refuse, shape_like, shown
from shapelens.rules.torch import indexing, info
from shapelens.rules.torch.matmul import matmul
from shapelens.values import UNKNOWN, Lib, List, Open, Scalar, Shape, Size, Tensor, Unknown
from shapelens.values.dtypes import REAL_OF

# -- what a tensor says of itself ----------------------------------------------------------------------------------

attribute("tensorflow.Tensor.shape")(info.shape)
attribute("tensorflow.Tensor.ndim")(info.dim)


@attribute("tensorflow.Tensor.dtype")
def dtype(c: Call, self: Tensor) -> object:
    """tf.float32 and the like."""
    return UNKNOWN if self.dtype is None else Lib(f"tensorflow.{self.dtype}")


@attribute(*(f"tensorflow.Tensor.{name}" for name in ("name", "op", "graph", "device", "trainable", "handle", "path")))
def not_followed(c: Call, self: Tensor) -> object:
    return UNKNOWN


@rule("tensorflow.Tensor.get_shape")
def get_shape(c: Call, self: Tensor) -> object:
    """A TensorShape."""
    if isinstance(c.shape(self), Open):
        return Unknown(("shape of", self))  # type: ignore[arg-type]  # unpacking it tells its rank
    return info.shape(c, self)


@rule("tensorflow.Tensor.numpy", "tensorflow.Tensor.__array__")
def numpy(c: Call, self: Tensor, *args: object) -> Tensor:
    """The same as an array."""
    return Tensor(self.shape, self.dtype, "numpy", scalars=self.scalars)


reshaping_in_place["tensorflow.Tensor.set_shape"] = False


@rule("tensorflow.Tensor.set_shape")
def set_shape(c: Call, self: Tensor, shape: object) -> object:
    """What a traced tensor is known to have, sizes that are None being of their own: told of one without a shape alone."""
    value = c.store.value(shape)
    dims = c.shape(self)
    if isinstance(dims, tuple) and isinstance(value, (list, tuple)) and getattr(value, "rest", None) is None:
        asked = [c.store.value(v) for v in value]
        differs = any(isinstance(a, int) and isinstance(d, int) and a != d for a, d in zip(asked, dims))
        if len(asked) != len(dims) or differs:
            shown = ", ".join(
                "None" if v is None else c.dim_text(v) if isinstance(v, (int, Expr)) else "?" for v in asked
            )
            c.fail("shape-mismatch", f"set_shape: {c.text(self)} is not of shape ({shown})", self)
    if self.shape is not None or not isinstance(value, (list, tuple)) or getattr(value, "rest", None) is not None:
        return None
    sizes = [c.store.value(v) for v in value]
    return self.with_(shape=tuple([d if isinstance(d, (int, Expr)) else c.fresh("n", 0) for d in sizes]))


@rule("tensorflow.Tensor.__len__")
def length(c: Call, self: Tensor) -> object:
    """The size of the first axis."""
    return info.length(c, self)


@rule("tensorflow.Tensor.__iter__")
def iterate(c: Call, self: Tensor) -> object:
    """The tensors along the first axis."""
    from shapelens.rules.registry import rules

    return rules["torch.Tensor.__iter__"].function(c, self)


# -- TensorShape ---------------------------------------------------------------------------------------------------


@rule("tensorflow.TensorShape")
def tensor_shape(c: Call, dims: object) -> object:
    """A tuple of dims; unknown ones are None."""
    value = c.store.value(dims)
    if isinstance(value, (tuple, list)) and getattr(value, "rest", None) is None:
        return Size(value)
    return UNKNOWN


@rule("tensorflow.TensorShape.as_list")
def as_list(c: Call, self: object) -> object:
    """The dims as a list; of an open shape, unpacking it tells the rank."""
    if isinstance(self, Tensor):
        return Unknown(("shape of", self))  # type: ignore[arg-type]
    return List(self) if isinstance(self, (tuple, list)) else UNKNOWN


@rule("tensorflow.TensorShape.num_elements")
def num_elements(c: Call, self: object) -> object:
    return c.store.numel(c.ints(self))


@attribute("tensorflow.TensorShape.rank", "tensorflow.TensorShape.ndims")
def shape_rank(c: Call, self: object) -> object:
    return len(self) if isinstance(self, tuple) else UNKNOWN


@attribute("tensorflow.TensorShape.dims")
def shape_dims(c: Call, self: object) -> object:
    return List(self)


@rule(
    *(
        f"tensorflow.TensorShape.{n}"
        for n in ("is_fully_defined", "is_compatible_with", "assert_has_rank", "assert_is_compatible_with")
    )
)
def asked(c: Call, self: object, *args: object) -> object:
    return UNKNOWN


@rule("tensorflow.TensorShape.with_rank", "tensorflow.TensorShape.merge_with")
def with_rank(c: Call, self: object, *args: object) -> object:
    return self


@rule("tensorflow.TensorShape.concatenate")
def concatenated(c: Call, self: object, other: object) -> object:
    return Size((*c.ints(self), *c.ints(c.store.value(other))))


# -- operators -----------------------------------------------------------------------------------------------------

_NO_BOOL = ("add", "sub", "floordiv", "mod", "pow")
_WHOLE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def _same(dtype: str | None) -> str | None:
    return dtype


def _operator(name: str, result: Callable[[str | None], str | None]) -> None:
    @rule(f"tensorflow.Tensor.__{name}__")
    def apply(c: Call, self: object, other: object) -> Tensor:
        return together(c, self, other, result, _allowed(name))


def _allowed(name: str) -> tuple[str, ...]:
    return NUMBERS if name in (*_NO_BOOL, "truediv") else _WHOLE if name in ("and", "or", "xor") else ()


def together(
    c: Call, a: object, b: object, result: Callable[[str | None], str | None], allowed: tuple[str, ...] = ()
) -> Tensor:
    """Two operands, element by element."""
    tensors, dtype = operands(c, a, b)
    if allowed and not any(t.library == "keras" for t in tensors):
        refuse(c, dtype, allowed, *tensors)
    shape = common_shape(c, tensors, shown(c))
    return made(shape, result(dtype))


for _name in ("add", "sub", "mul", "floordiv", "mod", "pow", "and", "or", "xor"):
    _operator(_name, _same)
_operator("truediv", divided)
for _name in ("lt", "le", "gt", "ge"):
    _operator(_name, lambda dtype: "bool")


@rule("tensorflow.Tensor.__eq__", "tensorflow.Tensor.__ne__")
def equals(c: Call, self: object, other: object) -> Tensor:
    """Shapes that do not broadcast give one False, without an error."""
    try:
        return together(c, self, other, lambda dtype: "bool")
    except Failure as failure:
        if failure.code == "dtype-mismatch":
            raise
        return made(None, "bool")


@rule("tensorflow.Tensor.__matmul__")
def matrix_product(c: Call, self: object, other: object) -> Tensor:
    """`a @ b`: both of rank 2 or more, one dtype."""
    return product(c, self, other)


def product(c: Call, a: object, b: object) -> Tensor:
    """The matrix product of two operands of rank 2 or more."""
    (first, second), dtype = operands(c, a, b)
    for each in (first, second):
        shape = c.shape(each)
        if isinstance(shape, tuple) and len(shape) < 2 and each.dtype is None:
            raise NotKnown
        if isinstance(shape, tuple) and len(shape) < 2 and not _symbolic(first, second):
            c.fail(
                "rank-mismatch",
                f"{shown(c)}: needs matrices, got {c.text(each)} of rank {len(shape)}; tf.tensordot takes vectors",
                each,
            )
    return made(matmul(c, _undtyped(first), _undtyped(second)).shape, dtype)


def _symbolic(*tensors: Tensor) -> bool:
    return any(t.library == "keras" for t in tensors)


def _undtyped(tensor: Tensor) -> Tensor:
    return tensor.with_(dtype=None, origin=tensor.origin)


@rule(
    "tensorflow.Tensor.__neg__",
    "tensorflow.Tensor.__abs__",
    "tensorflow.Tensor.__invert__",
)
def signed(c: Call, self: Tensor) -> Tensor:
    return made(self.shape, REAL_OF.get(self.dtype or "", self.dtype) if c.name == "__abs__" else self.dtype)


# -- indexing ------------------------------------------------------------------------------------------------------


@rule("tensorflow.Tensor.__getitem__")
def getitem(c: Call, self: Tensor, index: object) -> Tensor:
    """`self[index]`: numbers, slices, None, the ellipsis and scalar tensors; or one boolean mask."""
    index = c.store.value(index)
    if isinstance(index, Tensor) and index.dtype == "bool" and c.shape(index) != ():
        return made(masked(c, self, index, 0), self.dtype)
    if isinstance(index, list) and self.dtype is None:
        raise NotKnown  # of an array a list picks rows, of a tensor it is as good as a tuple
    items = list(index) if isinstance(index, (tuple, list)) else [index]
    items = [_item(c, self, i) for i in items]
    shape = c.shape(self)
    if isinstance(shape, tuple):
        return made(_picked(c, self, shape, items), self.dtype, _numbers(self.scalars, items))
    if any(isinstance(i, slice) and _step(c, i) != 1 for i in items):
        raise NotKnown
    plain = [Scalar("int") if isinstance(i, Tensor) else i for i in items]
    return made(indexing.selected(c, self, tuple(plain)), self.dtype)


def _item(c: Call, tensor: Tensor, item: object) -> Any:
    item = c.store.value(item)
    if isinstance(item, Tensor):
        if isinstance(item.scalars, (int, Expr)) and not isinstance(item.scalars, bool):
            return item.scalars
        shape = c.shape(item)
        if shape == () and item.dtype != "bool":
            return Scalar("int")
        if isinstance(shape, tuple) and shape and item.dtype is not None and item.library != "torch":
            # What was only taken for a tensor by its uses, and has no dtype, may be an array, which takes it.
            if tensor.library == "tensorflow" and tensor.dtype is not None and item.dtype != "bool":
                c.fail(
                    "index-mismatch",
                    f"a tf.Tensor takes numbers, slices and scalar tensors as indices, got {c.text(item)}; "
                    "tf.gather picks several",
                    item,
                    tensor,
                )
        raise NotKnown
    if isinstance(item, (bool, float, str, list, tuple)):
        raise NotKnown
    if type(item) is Unknown:
        raise NotKnown
    return item


def _picked(c: Call, tensor: Tensor, dims: tuple[Dim, ...], items: list[Any]) -> tuple[Dim, ...]:
    used = sum(i is not None and i is not Ellipsis for i in items)
    if items.count(Ellipsis) > 1:
        raise NotKnown
    if used > len(dims):
        c.fail("index-out-of-range", f"{used} indices for {c.text(tensor)}, which has {len(dims)} dims", tensor)
    fill = [slice(None)] * (len(dims) - used)
    cut = items.index(Ellipsis) if Ellipsis in items else len(items)
    items = [*items[:cut], *fill, *items[cut + 1 :]]
    found: list[Dim] = []
    at = 0
    for item in items:
        if item is None:
            found.append(1)
            continue
        if isinstance(item, slice):
            found.append(_sliced(c, dims[at], item, tensor))
        elif isinstance(item, (int, Expr)) and (less_equal(dims[at], item) is True or less(item, 0 - dims[at]) is True):
            c.fail(
                "index-out-of-range",
                f"index {c.dim_text(item)} is out of range for dim {at} of {c.text(tensor)}",
                tensor,
            )
        at += 1
    return tuple(found)


def _step(c: Call, index: slice) -> object:
    step = c.store.value(index.step)
    return 1 if step is None else step


def _sliced(c: Call, size: Dim, index: slice, tensor: Tensor) -> Dim:
    parts = [_end(c, p) for p in (index.start, index.stop, index.step)]
    start, stop, step = parts
    if type(size) is int and size >= 0 and all(p is None or type(p) is int for p in parts) and step != 0:
        return len(range(*slice(start, stop, step).indices(size)))
    if isinstance(step, int) and step < 0:
        return c.fresh("n", 0) if start is not None or stop is not None else ceildiv(size, -step)
    return indexing.sliced(c, size, slice(*parts), tensor)


def _end(c: Call, value: object) -> Any:
    value = c.store.value(value)
    if isinstance(value, Tensor):
        return value.scalars if isinstance(value.scalars, (int, Expr)) else Scalar("int")
    return value


def _numbers(scalars: Any, items: list[Any]) -> Any:
    """The known numbers that an index picks."""
    if not isinstance(scalars, list) or len(items) != 1:
        return None
    item = items[0]
    if type(item) is int and -len(scalars) <= item < len(scalars):
        return scalars[item]
    if isinstance(item, slice) and all(p is None or type(p) is int for p in (item.start, item.stop, item.step)):
        return scalars[item]
    return scalars if item is Ellipsis else None


def masked(c: Call, tensor: Tensor, mask: Tensor, axis: int) -> Shape:
    """What a boolean mask leaves of the axes from `axis` on: one of unknown size in place of those it covers."""
    shape, covered = c.shape(tensor), c.shape(mask)
    if not isinstance(shape, tuple) or not isinstance(covered, tuple):
        raise NotKnown
    if axis + len(covered) > len(shape):
        c.fail("mask-mismatch", f"a mask of {c.text(mask)} has more dims than {c.text(tensor)}", mask, tensor)
    for size, other in zip(covered, shape[axis:]):
        if c.equate(size, other) is False:
            c.fail("mask-mismatch", f"a mask of {c.text(mask)} does not fit {c.text(tensor)}", mask, tensor)
    return (*shape[:axis], c.fresh("n", 0), *shape[axis + len(covered) :])


@rule("tensorflow.Tensor.__setitem__")
def setitem(c: Call, self: Tensor, index: object, value: object) -> object:
    """No tensor takes it; what is only supposed to be one, of which no more is known, may."""
    shape = c.shape(self)
    if self.library == "tensorflow" and isinstance(shape, tuple) and all(isinstance(d, int) for d in shape):
        if self.dtype is not None and self.origin is not None:
            instead = (
                "x[…].assign(…)" if self.parameter else "tf.tensor_scatter_nd_update, or where it comes from NumPy,"
            )
            instead += "" if self.parameter else " change the array before"
            c.fail(
                "call-arguments", f"a tensor of TensorFlow takes no x[…] = …, got {c.text(self)}: use {instead}", self
            )
    return None


# -- variables -----------------------------------------------------------------------------------------------------


@rule("tensorflow.Variable")
def variable(
    c: Call, initial_value: object = None, trainable: object = None, validate_shape: object = True,
    caching_device: object = None, name: object = None, variable_def: object = None, dtype: object = None,
    import_scope: object = None, constraint: object = None, synchronization: object = None, aggregation: object = None,
    shape: object = None, experimental_enable_variable_lifting: object = True,
) -> Tensor:  # fmt: skip
    """Of the shape and dtype of its first value, which may be a function without arguments."""
    value = c.store.value(initial_value)
    if not isinstance(value, (Tensor, list, tuple, int, float, Expr, Scalar)):
        try:
            value = c.store.value(c.invoke(value))
        except NotKnown:
            value = UNKNOWN
    try:
        start = converted(c, value)
    except NotKnown:
        start = made(None, None)
    wanted = named(c, dtype, start.dtype)
    known = c.shape(start) if shape is None else _declared(c, shape)
    made_variable = Tensor(known, wanted, "tensorflow", parameter=True)
    made_variable.frozen = c.store.value(trainable) is False
    return made_variable


def _declared(c: Call, shape: object) -> Shape:
    if isinstance(c.store.value(shape), Unknown):
        return None  # tf.TensorShape(None): any
    try:
        return shape_like(c, shape)
    except NotKnown:
        return None


@rule(*(f"tensorflow.Tensor.assign{how}" for how in ("", "_add", "_sub")))
def assign(c: Call, self: Tensor, value: object, *args: object, **kwargs: object) -> Tensor:
    """The value must have the very shape of the variable; a tensor must have its dtype."""
    (_, given), _ = operands(c, self, value)
    shape, other = c.shape(self), c.shape(given)
    if isinstance(shape, tuple) and isinstance(other, tuple):
        same = [equal(a, b) for a, b in zip(shape, other)]
        if len(shape) != len(other) or False in same:
            c.fail(
                "shape-mismatch",
                f"{c.name}: a variable of {c.text(self)} cannot be assigned {c.text(given)}",
                given,
                self,
            )
    return Tensor(self.shape, self.dtype, "tensorflow")


@rule(*(f"tensorflow.Tensor.{n}" for n in ("read_value", "value")))
def read(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
    return made(self.shape, self.dtype)


@rule(
    *(
        f"tensorflow.Tensor.scatter_{n}"
        for n in ("update", "add", "sub", "nd_update", "nd_add", "nd_sub", "max", "min", "mul", "div")
    )
)
def scattered(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
    return made(self.shape, self.dtype)
