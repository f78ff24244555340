"""What the rules of TensorFlow share: dtypes, shapes given as arguments, and the strict dtypes of its operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.values import Lib, List, Open, Scalar, Shape, Tensor, Unknown
from shapelens.values.dtypes import BYTES, COMPLEXES, FLOATS, INTEGERS, NAMES

# TensorFlow's own names of dtypes, NumPy's and Python's, where they are not the plain ones.
_NAMED = {"half": "float16", "double": "float64", "float": "float32", "int": "int32", "complex": "complex128"}
_OF_NUMPY = {"float": "float64", "int": "int64", "float_": "float64", "int_": "int64", "bool_": "bool"}
_OF_PYTHON = {float: "float32", int: "int32", bool: "bool", complex: "complex128"}


def made(shape: Shape, dtype: str | None, scalars: object = None) -> Tensor:
    """A tf.Tensor."""
    return Tensor(shape, dtype, "tensorflow", scalars=scalars)


def named(c: Call, value: object, default: str | None = None) -> str | None:
    """A dtype argument as a name; the default where it was left out; None where it is not known, strings included."""
    value = c.store.value(value)
    if value is None:
        return default
    if isinstance(value, type):
        return _OF_PYTHON.get(value)
    if isinstance(value, Lib):
        if value.path.startswith("builtins."):
            name = _NAMED.get(value.name, value.name)
        elif value.path.startswith("numpy."):
            name = _OF_NUMPY.get(value.name, _NAMED.get(value.name, value.name))
        else:
            name = _NAMED.get(value.name, value.name)
    elif isinstance(value, str):
        name = _NAMED.get(value, value)
    else:
        return None
    return name if name in NAMES else None


# -- shapes as arguments -------------------------------------------------------------------------------------------


def number(c: Call, value: object) -> Dim:
    """A whole number that a call is given, known or symbolic; NotKnown for any other."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        value = value.scalars
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
    if isinstance(value, Scalar) or type(value) is Unknown:
        return c.dim(value)
    if isinstance(value, (int, Expr)):
        return c.dim(value)
    raise NotKnown


def sizes(c: Call, value: object) -> tuple[Dim, ...]:
    """A shape that a call is given: a list of numbers, a TensorShape, a tensor whose numbers are known, one number."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        if value.dtype in FLOATS and value.library in ("tensorflow", "numpy"):
            c.fail("dtype-mismatch", f"{shown(c)}: a shape is of integers, got {c.text(value)}", value)
        if isinstance(value.scalars, list):
            return tuple([number(c, v) for v in value.scalars])
        if isinstance(value.scalars, (int, Expr)):
            return (c.dim(value.scalars),)
        shape = c.shape(value)
        if isinstance(shape, tuple) and len(shape) == 1 and isinstance(shape[0], int) and shape[0] <= 16:
            return tuple([c.fresh("n", 0) for _ in range(shape[0])])  # of the rank at least
        raise NotKnown
    if isinstance(value, Unknown) and isinstance(value.why, tuple) and value.why[0] == "shape of":
        shape = c.shape(value.why[1])
        if isinstance(shape, tuple):
            return shape
        raise NotKnown
    if isinstance(value, (tuple, list)):
        if isinstance(value, List) and value.rest is not None:
            raise NotKnown
        return tuple([number(c, v) for v in value])
    if type(value) is Unknown:
        raise NotKnown  # It may be a list of them.
    return (number(c, value),)


def shape_like(c: Call, value: object) -> Shape:
    """As `sizes`, an open shape included: that of `tf.zeros(tf.shape(x))`."""
    value = c.store.value(value)
    if isinstance(value, Unknown) and isinstance(value.why, tuple) and value.why[0] == "shape of":
        return c.shape(value.why[1])
    return sizes(c, value)


def no_single(c: Call, value: object) -> object:
    """A shape, or a list of counts, as it is given; fails for one number, which these calls do not take for a list."""
    value = c.store.value(value)
    if type(value) is int:
        c.fail("call-arguments", f"{shown(c)} takes a list of numbers, got {value}: write [{value}]")
    return value


def known(c: Call, value: object) -> int:
    """A known whole number."""
    found = number(c, value)
    if not isinstance(found, int):
        raise NotKnown
    return found


def axes_of(c: Call, axis: object, rank: int, tensor: Tensor) -> tuple[int, ...]:
    """The axes that are named, counted from the front; NotKnown where they are not known."""
    value = c.store.value(axis)
    if isinstance(value, Tensor):
        value = value.scalars
    if isinstance(value, (tuple, list)):
        if isinstance(value, List) and value.rest is not None:
            raise NotKnown
        return tuple([axis_of(c, v, rank, tensor) for v in value])
    return (axis_of(c, value, rank, tensor),)


def axis_of(c: Call, axis: object, rank: int, tensor: Tensor, extra: int = 0) -> int:
    """One axis counted from the front; `extra` more are allowed, as for expand_dims."""
    at = known(c, axis)
    span = rank + extra
    if not -span <= at < span:
        c.fail("axis-out-of-range", f"{c.name}: axis {at} is out of range for {c.text(tensor)} of rank {rank}", tensor)
    return at % span


# -- operands ------------------------------------------------------------------------------------------------------


def is_tensor(value: object) -> bool:
    """Whether a value is a tensor of TensorFlow's own, whose dtype stands: arrays and numbers are cast to it."""
    return isinstance(value, Tensor) and value.library in ("tensorflow", "keras")


def operands(c: Call, *values: object) -> tuple[list[Tensor], str | None]:
    """The operands of one operation as tensors, and their common dtype.

    Tensors must be of one dtype; arrays and numbers are cast to it, but no float to an integer. A KerasTensor promotes
    as Keras does, which its own rules know.
    """
    values = tuple([c.store.value(v) for v in values])
    tensors = [v for v in values if isinstance(v, Tensor) and v.library in ("tensorflow", "keras")]
    symbolic = any(t.library == "keras" for t in tensors)
    found = [t.dtype for t in tensors if t.dtype is not None]
    dtype = found[0] if found else None
    if len(set(found)) > 1:
        is_operator = c.path.startswith("tensorflow.Tensor.")
        if (
            symbolic
            or any(
                t.parameter for t in tensors
            )  # an operator of Keras' weights promotes, one of a tf.Variable does not,
            and (is_operator or not set(found) <= {"float32", "float64"})  # and in a layer a weight may be cast
        ):
            dtype = None
        else:
            differing = next(t for t in tensors if t.dtype not in (None, dtype))
            first = next(t for t in tensors if t.dtype == dtype)
            c.fail(
                "dtype-mismatch",
                f"{shown(c)}: TensorFlow does not mix dtypes, got {dtype} and {differing.dtype}",
                first,
                differing,
            )
    if dtype in INTEGERS and not symbolic:
        for value in values:
            if _has_float(c, value):
                c.fail(
                    "dtype-mismatch",
                    f"{shown(c)}: a float cannot be converted to {dtype}, the dtype of the other operand",
                    *tensors[:1],
                )
    made_of = [converted(c, v) for v in values]
    if not tensors:
        dtype = made_of[0].dtype if len({t.dtype for t in made_of}) == 1 else None
    return made_of, dtype


def _has_float(c: Call, value: object) -> bool:
    if isinstance(value, Scalar):
        return value.type == "float"
    if isinstance(value, (list, tuple)):
        return any(_has_float(c, c.store.value(v)) for v in value)
    return isinstance(value, float)


_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@", "and": "&",
    "or": "|", "xor": "^", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip


def shown(c: Call) -> str:
    """How the user writes what was called: `+`, `matmul`."""
    return _SIGNS.get(c.name.strip("_"), c.name)


def refuse(c: Call, dtype: str | None, allowed: Sequence[str], *tensors: Tensor) -> None:
    """Fail where the dtype of tensors is known and not among those that the operation takes; arrays are cast."""
    if dtype is not None and dtype not in allowed and all(t.library == "tensorflow" for t in tensors):
        c.fail("dtype-mismatch", f"{shown(c)}: {dtype} is not among the dtypes that it takes", *tensors)


NUMBERS = (*INTEGERS, *FLOATS, *COMPLEXES)
REALS = (*INTEGERS, *FLOATS)


def divided(dtype: str | None) -> str | None:
    """What true division gives: integers become float64, the small ones float32."""
    if dtype in INTEGERS:
        return "float32" if BYTES[dtype] < 4 else "float64"
    return dtype


def rank_of(c: Call, tensor: Tensor) -> int | None:
    """The rank, where it is known."""
    shape = c.shape(tensor)
    return len(shape) if isinstance(shape, tuple) else None


def need_rank(c: Call, tensor: Tensor, *ranks: int, names: Sequence[str] = ()) -> tuple[Dim, ...]:
    """The dims of a tensor that must have one of these ranks; an open shape is taught the one, with its names."""
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        if len(ranks) != 1:
            raise NotKnown
        return c.dims(tensor, names or [f"d{i}" for i in range(ranks[0])])
    if shape is None:
        raise NotKnown
    if len(shape) not in ranks:
        wanted = " or ".join(map(str, ranks))
        c.fail("rank-mismatch", f"{c.name}: needs a tensor of rank {wanted}, got {c.text(tensor)}", tensor)
    return shape


def items_of(c: Call, value: object) -> list[Any]:
    """A known sequence: a list, a tuple, or a tensor taken apart along its first axis."""
    value = c.store.value(value)
    if isinstance(value, List) and value.rest is not None:
        raise NotKnown
    if isinstance(value, (list, tuple)):
        return [c.store.value(v) for v in value]
    if isinstance(value, Tensor):
        dims = c.dims(value)
        if dims and isinstance(dims[0], int) and dims[0] <= 256:
            return [Tensor(dims[1:], value.dtype, value.library) for _ in range(dims[0])]
    raise NotKnown


def bare(tensor: Tensor) -> Tensor:
    """The tensor's shape alone, for rules that other libraries share."""
    return tensor.with_(dtype=None, library="torch", origin=tensor.origin)


def paths(*names: str) -> tuple[str, ...]:
    """`paths("math.sin cos")` is tensorflow.math.sin and tensorflow.math.cos; `paths("zeros")` tensorflow.zeros."""
    found = []
    for text in names:
        first, *others = text.split()
        module = first.rpartition(".")[0]
        found += [f"tensorflow.{first}", *(f"tensorflow.{module}.{o}" if module else f"tensorflow.{o}" for o in others)]
    return tuple(found)
