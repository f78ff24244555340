"""What the rules of keras.ops share: operands, axes, and how a function that names its parameters is declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, Expr
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.ops.promotion import result_type
from shapelens.rules.registry import declare
from shapelens.rules.torch.reductions import with_dims
from shapelens.values import Lib, List, Open, Scalar, Shape, Tensor
from shapelens.values.dtypes import NAMES

DtypeOf = Callable[[str | None, bool], str | None]  # of an argument's dtype, and whether it is a KerasTensor


def op(call: str, function: Callable[..., Any], result: str = "Tensor", *needs: str) -> None:
    """Register functions of keras.ops: `op("relu|sigmoid(x)", apply)`."""
    names, _, declared = call.partition("(")
    declare("|".join(f"keras.ops.{n}" for n in names.split("|")) + f"({declared}", function, result, *needs)


def made(shape: Shape, dtype: str | None, scalars: object = None) -> Tensor:
    """A result; whose it is follows from the arguments (rules/conversion.owned)."""
    return Tensor(shape, dtype, "tensorflow", scalars=scalars)


def of_keras(*values: object) -> bool:
    """Whether a KerasTensor is among them: Keras then asks compute_output_spec."""
    return any(type(v) is Tensor and v.library == "keras" for v in values)


_NUMBERS = (bool, int, float, complex, Expr, Scalar)


def operand(c: Call, value: object) -> Any:
    """A tensor, or a plain number as it is; arrays and lists are converted."""
    value = c.store.value(value)
    return value if isinstance(value, _NUMBERS) else converted(c, value)


def kind_of(c: Call, value: Any, strong: bool = False) -> str | None:
    """An operand's dtype; a plain number counts by its kind alone, unless it is converted first (`strong`)."""
    if isinstance(value, Tensor):
        return value.dtype
    if isinstance(value, Scalar):
        kind = value.type
    elif isinstance(value, bool):
        kind = "bool"
    else:
        kind = "float" if isinstance(value, float) else "int" if isinstance(value, (int, Expr)) else ""
    if kind not in ("bool", "int", "float"):
        return None
    return {"int": "int32", "float": "float32"}.get(kind, kind) if strong else kind


def together(c: Call, values: Sequence[Any], what: str = "") -> Shape:
    """The common shape of operands, plain numbers among them."""
    tensors = [v for v in values if isinstance(v, Tensor)]
    return common_shape(c, tensors, what or c.name) if tensors else ()


def promoted(c: Call, *values: Any) -> str | None:
    """The dtype of operands."""
    return result_type(*(kind_of(c, v) for v in values))


def dtype_name(c: Call, value: object, default: str | None = None) -> str | None:
    """A dtype argument; the default where it was left out; None where it is not known."""
    value = c.store.value(value)
    if value is None:
        return default
    if isinstance(value, type):
        return {bool: "bool", int: "int64", float: "float32", complex: "complex128"}.get(value)
    name = value.name if isinstance(value, Lib) else value if isinstance(value, str) else ""
    if not isinstance(value, Lib) or value.path.startswith("builtins."):
        name = {"int": "int64", "float": "float32"}.get(name, name)
    return name if name in NAMES else None


# -- axes ----------------------------------------------------------------------------------------------------------


def axis_in(c: Call, axis: object, rank: int, tensor: Tensor) -> int:
    """An axis counted from the front. Fails where there is none."""
    axis = c.store.value(axis)
    if not isinstance(axis, int):
        raise NotKnown
    if not -rank <= axis < rank:
        c.fail(
            "axis-out-of-range", f"{c.name}: axis {axis} is out of range for {c.text(tensor)} of rank {rank}", tensor
        )
    return axis % rank


def axis_list(c: Call, axis: object) -> tuple[int, ...]:
    """An axis or several, as given."""
    axis = c.store.value(axis)
    listed = (axis,) if isinstance(axis, int) else axis
    if not isinstance(listed, (tuple, list)) or isinstance(listed, List) and listed.rest is not None:
        raise NotKnown
    found = tuple([c.store.value(a) for a in listed])
    if not all(isinstance(a, int) for a in found):
        raise NotKnown
    return found


def axes_in(c: Call, axis: object, rank: int, tensor: Tensor) -> tuple[int, ...]:
    """Axes counted from the front, each once; NotKnown where one is named twice."""
    found = tuple([axis_in(c, a, rank, tensor) for a in axis_list(c, axis)])
    if len(set(found)) != len(found):
        raise NotKnown
    return found


def changed(c: Call, x: Tensor, axes: Sequence[int], change: Callable[[Dim], tuple[Dim, ...]]) -> Shape:
    """The shape with `change` applied to these dims; an open shape is taught that it has them."""
    shape = c.shape(x)
    if isinstance(shape, tuple):
        found = axes_in(c, tuple(axes), len(shape), x)
        return tuple([d for i, dim in enumerate(shape) for d in (change(dim) if i in found else (dim,))])
    return with_dims(c, x, axes, change)


def reduced(c: Call, x: Tensor, axis: object, keepdims: bool) -> Shape:
    """The shape after reducing these axes; all of them for None."""
    axis = c.store.value(axis)
    if axis is None:
        shape = c.shape(x)
        return () if not keepdims else (1,) * len(shape) if isinstance(shape, tuple) else None
    return changed(c, x, axis_list(c, axis), lambda _: (1,) if keepdims else ())


def kept(c: Call, x: Tensor, axis: object) -> Shape:
    """The shape of what works along an axis and keeps it; fails where there is no such axis."""
    return changed(c, x, axis_list(c, axis), lambda d: (d,))


def rank_at_least(c: Call, x: Tensor, least: int, noun: str = "") -> None:
    """Fail where a tensor has fewer dims."""
    shape = c.shape(x)
    if isinstance(shape, tuple) and len(shape) < least:
        c.fail(
            "rank-mismatch",
            f"{c.name} needs {noun or 'a tensor'} of at least {least} dims, got {c.text(x)}",
            x,
        )


def dims_of_rank(c: Call, x: Tensor, rank: int, names: Sequence[str] = (), noun: str = "a tensor") -> tuple[Dim, ...]:
    """The dims of a tensor that must have this rank; an open shape is taught it."""
    if isinstance(c.shape(x), Open):
        return c.dims(x, names or [f"d{i}" for i in range(rank)])
    dims = c.dims(x)
    if len(dims) != rank:
        c.fail("rank-mismatch", f"{c.name} needs {noun} of rank {rank}, got {c.text(x)}", x)
    return dims


def sizes(c: Call, value: object) -> tuple[Dim, ...]:
    """A shape argument: a tuple or list of dims, or one dim; a small tensor of known numbers."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        if isinstance(value.scalars, int):
            return (value.scalars,)
        if not isinstance(value.scalars, (list, tuple)):
            raise NotKnown
        value = tuple(value.scalars)
    if isinstance(value, (tuple, list)):
        if isinstance(value, List) and value.rest is not None:
            raise NotKnown
        return tuple([size(c, v) for v in value])
    if isinstance(value, (int, Expr)):
        return (c.dim(value),)
    raise NotKnown


def size(c: Call, value: object) -> Dim:
    """One dim; a tensor's whose number is known."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        if not isinstance(value.scalars, int):
            return c.fresh("n", 0)
        return value.scalars
    return c.dim(value)


def sequence(c: Call, value: object) -> list[Tensor]:
    """A known sequence of tensors; a tensor alone stands for those along its first axis."""
    value = c.store.value(value)
    if isinstance(value, List) and value.rest is not None:
        raise NotKnown
    if isinstance(value, (list, tuple)):
        return [converted(c, v) for v in value]
    if isinstance(value, Tensor):
        dims = c.dims(value)
        if dims and isinstance(dims[0], int) and dims[0] <= 256:
            return [value.with_(shape=dims[1:], origin=value.origin) for _ in range(dims[0])]
    raise NotKnown


_FORMATS = ("channels_last", "channels_first")


def is_first(c: Call, data_format: object) -> bool:
    """Whether channels come before the spatial axes; NotKnown where that is not known."""
    value = c.store.value(data_format)
    value = c.image_data_format if value is None else value
    if value not in _FORMATS:
        raise NotKnown
    return bool(value == "channels_first")


def per_axis(c: Call, value: object, n: int) -> tuple[Dim, ...]:
    """A size for each of n axes; one number stands for all."""
    found = sizes(c, value)
    if len(found) == 1:
        return found * n
    if len(found) != n:
        raise NotKnown
    return found
