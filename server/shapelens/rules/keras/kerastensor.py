"""keras.KerasTensor: its attributes, its operators and its indexing, which are functions of keras.ops."""

from __future__ import annotations

from shapelens.rules.call import Call
from shapelens.rules.keras.ops import elementwise, indexing, products, shaping  # noqa: F401  their rules are the operators
from shapelens.rules.keras.ops.common import dtype_name, made, sizes
from shapelens.rules.registry import attribute, declare, rule, rules
from shapelens.rules.torch import info
from shapelens.values import UNKNOWN, Scalar, Tensor

T = "keras.KerasTensor"

attribute(f"{T}.shape")(info.shape)
attribute(f"{T}.ndim", f"{T}.rank")(info.dim)

# Two KerasTensors are never compared with `==`: that asks whether they are the same object.
_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide", "mod": "mod",
    "pow": "power", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "ne": "not_equal",
    "and": "logical_and", "or": "logical_or", "xor": "logical_xor", "matmul": "matmul",
}  # fmt: skip
_REFLECTED = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor")

for _name, _function in _OPERATORS.items():
    _names = [f"{T}.__{_name}__", *([f"{T}.__r{_name}__"] if _name in _REFLECTED else [])]
    declare(f"{'|'.join(_names)}(self, other)", rules[f"keras.ops.{_function}"].function, "Tensor", "object", "object")


@rule(f"{T}.__rmatmul__")
def reflected_product(c: Call, self: object, other: object) -> Tensor:
    """`other @ self`."""
    return products.multiplied(c, other, self)


@rule(f"{T}.__neg__", f"{T}.__pos__", f"{T}.__abs__", f"{T}.__round__")
def signed(c: Call, self: Tensor, ndigits: object = None) -> Tensor:
    return made(self.shape, self.dtype)


@rule(f"{T}.__invert__")
def inverted(c: Call, self: Tensor) -> Tensor:
    """As logical_not."""
    return made(self.shape, "bool")


@rule(f"{T}.__getitem__")
def getitem(c: Call, self: Tensor, key: object) -> Tensor:
    """Ints, slices, None and the ellipsis."""
    return indexing.taken(c, self, key)


@rule(f"{T}.reshape")
def reshape(c: Call, self: Tensor, newshape: object) -> Tensor:
    return shaping.reshape(c, self, newshape)


@rule(f"{T}.squeeze")
def squeeze(c: Call, self: Tensor, axis: object = None) -> Tensor:
    return shaping.squeeze(c, self, axis)


@rule(T)
def made_by_hand(c: Call, shape: object, dtype: object = "float32", sparse: object = False, ragged: object = False,
                 record_history: object = True, name: object = None, **others: object) -> Tensor:  # fmt: skip
    """A symbolic tensor; a size of None is not known."""
    value = c.store.value(shape)
    dims = None
    if isinstance(value, (tuple, list)) and getattr(value, "rest", None) is None:
        names = ("B", *(f"d{i}" for i in range(1, len(value))))
        dims = tuple([c.fresh(n) if c.store.value(v) is None else sizes(c, [v])[0] for n, v in zip(names, value)])
    found = Tensor(dims, dtype_name(c, dtype), "keras")
    found.history = None, ()  # nothing made it: it is an input
    return found


@attribute(f"{T}.dtype")
def dtype(c: Call, self: Tensor) -> object:
    """Its name."""
    return self.dtype if self.dtype is not None else Scalar("str")


@attribute(*(f"{T}.{name}" for name in ("name", "sparse", "ragged", "record_history")))
def not_followed(c: Call, self: Tensor) -> object:
    return UNKNOWN
