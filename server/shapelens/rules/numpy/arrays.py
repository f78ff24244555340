"""What NumPy takes for an array, what it gives, and where `out=` puts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, equal, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.dtypes import is_kept, number_dtype, plain, promoted
from shapelens.rules.registry import coercions
from shapelens.rules.torch.data import is_image
from shapelens.rules.torchvision.images import array_of
from shapelens.values import Many, Open, Shape, Tensor, Unknown, turns

_DEEPEST = 32  # dims; NumPy's own limit is 64
_KEPT = 256  # numbers that an array of known numbers keeps
Contents = tuple[Any, "str | None", Any]


def array(shape: Any, dtype: str | None, scalars: object = None) -> Tensor:
    """An array; a NumPy number is one of rank 0."""
    return Tensor(shape, dtype, "numpy", scalars=scalars)


def as_array(c: Call, value: object) -> Tensor:
    """What numpy.asarray makes of a value: NotKnown for an open parameter, which may be a list or a table too."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        if value.library == "keras":
            raise NotKnown  # a KerasTensor holds no numbers
        return value if value.library == "numpy" else _numpy(value)
    if is_image(value):
        return array_of(c, value)
    return array(*contents(c, value))


def _numpy(tensor: Tensor) -> Tensor:
    return tensor.with_(library="numpy", device=None, origin=tensor.origin, scalars=tensor.scalars)


def as_arrays(c: Call, value: object) -> list[Tensor]:
    """Each of a known sequence as an array; the rows of an array."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        dims = c.dims(value)
        if not dims or not isinstance(dims[0], int) or dims[0] > _KEPT:
            raise NotKnown
        return [array(dims[1:], value.dtype)] * dims[0]
    if not isinstance(value, (list, tuple)) or getattr(value, "rest", None) is not None:
        raise NotKnown
    return [as_array(c, v) for v in value]


coercions["Array"] = as_array
coercions["Arrays"] = as_arrays


def contents(c: Call, value: object, depth: int = 0) -> Contents:
    """The shape, the dtype and the known numbers of nested lists. Fails where their lengths differ."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        return c.shape(value), value.dtype, value.scalars
    if plain(value):
        return (), number_dtype(value), value if isinstance(value, (bool, int, float)) else None
    if value is None or isinstance(value, (str, bytes)):
        return (), None, None
    if isinstance(value, range):
        return (len(value),), "int64", list(value) if len(value) <= _KEPT else None
    rest = value.element if isinstance(value, Many) else getattr(value, "rest", None)
    if rest is not None and not (isinstance(value, (list, tuple)) and value):
        count = turns(value.length if isinstance(value, Many) else getattr(value, "count", None))
        shape, dtype, _ = contents(c, rest, depth + 1)
        if not isinstance(shape, tuple):
            raise NotKnown
        return (count if isinstance(count, (int, Expr)) else c.fresh("n", 0), *shape), dtype, None
    if not isinstance(value, (list, tuple)) or rest is not None or depth > _DEEPEST:
        raise NotKnown
    return _of_list(c, value, depth)


def _of_list(c: Call, values: Sequence[Any], depth: int) -> Contents:
    if not values:
        return (0,), "float64", []
    kinds = set(map(type, values))
    if len(values) > _KEPT and kinds <= {int, float, bool}:
        return (len(values),), "float64" if float in kinds else "int64" if int in kinds else "bool", None
    rows = {id(v): v for v in values}  # `[[0] * 3] * 1000` has one row
    known = {key: contents(c, row, depth + 1) for key, row in rows.items()}
    parts = [known[id(v)] for v in values]
    first, dtype, _ = parts[0]
    for shape, kind, _ in parts[1:]:
        if shape is not first and shape != first:
            _refuse_ragged(c, first, shape)
        dtype = dtype if kind == dtype else promoted(dtype, kind)
    if not isinstance(first, tuple):
        raise NotKnown
    shape = (len(values), *first)
    total = product(shape)
    numbers = [p[2] for p in parts] if isinstance(total, int) and total <= _KEPT else [None]
    return shape, dtype, None if any(n is None for n in numbers) else numbers


def _refuse_ragged(c: Call, a: Shape, b: Shape) -> None:
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b) or any(equal(x, y) is False for x, y in zip(a, b)):
            c.fail("ragged-data", f"{c.name}: elements of different shapes, {c.text(a)} and {c.text(b)}")
        if all(c.equate(x, y) for x, y in zip(a, b)):
            return
    raise NotKnown


def operand(c: Call, value: object) -> Any:
    """What goes into an operation: an array or tensor, or a plain number, which counts only by its kind."""
    value = c.store.value(value)
    if isinstance(value, Tensor):
        return value if value.library in ("numpy", "torch") else as_array(c, value)
    if plain(value):
        return value
    if isinstance(value, (list, tuple, range)):
        return as_array(c, value)
    raise NotKnown


def into(c: Call, made: Tensor, out: object, what: str = "", exact: bool = False) -> Tensor:
    """The array that `out` names, after the result was put in there; the result itself where there is none.

    Fails where the result does not fit: `exact` asks for its very shape, whatever the dtype; otherwise it may be broadcast.
    """
    target = c.store.value(out)
    if isinstance(target, tuple) and len(target) == 1:
        target = c.store.value(target[0])
    if target is None:
        return made
    if not isinstance(target, Tensor):
        raise NotKnown
    what = what or c.name
    shape, room = c.shape(made), c.shape(target)
    if isinstance(shape, tuple) and isinstance(room, tuple):
        if exact and len(shape) != len(room):
            c.fail("broadcast-mismatch", f"{what}: the result {c.text(shape)} does not fit {c.text(room)}", target)
        fit_into(c, shape, room, f"{what}: the result {c.text(shape)} does not fit {c.text(room)}", target)
    if not exact and target.dtype is not None and made.dtype is not None and not is_kept(made.dtype, target.dtype):
        c.fail("dtype-mismatch", f"{what}: cannot put {made.dtype} in an array of {target.dtype}", target)
    target.scalars = None
    return target


def fit_into(c: Call, shape: tuple[Dim, ...], room: tuple[Dim, ...], message: str, *tensors: Tensor) -> None:
    """Fail where values of a shape cannot be broadcast to the very shape of what they are put in."""
    if len(shape) > len(room):
        c.fail("broadcast-mismatch", message, *tensors)
    for size, space in zip(shape[::-1], room[::-1]):
        if equal(size, space) is False and equal(size, 1) is False:
            c.conflict = size, space
            c.fail("broadcast-mismatch", message, *tensors)


def sizes(c: Call, value: object) -> tuple[Dim, ...]:
    """A shape argument: one int or several. Fails for a float and for a negative size."""
    value = c.store.value(value)
    holds = isinstance(value, Tensor) and value.dtype is not None and "float" in value.dtype and c.shape(value) != (0,)
    if isinstance(value, float) or holds:
        c.fail("argument-value", f"{c.name}: a size must be an int, got a float")
    listed = value if isinstance(value, (list, tuple)) else ()
    for each in listed:
        each = c.store.value(each)
        if isinstance(each, float):
            c.fail("argument-value", f"{c.name}: a size must be an int, got {each}")
    if isinstance(value, Tensor) and value.scalars is None and c.shape(value) != ():
        raise NotKnown
    found = c.ints(value)
    for size in found:
        if isinstance(size, int) and size < 0:
            c.fail("argument-value", f"{c.name}: a size cannot be negative, got {size}")
    return found


def known(c: Call, tensor: Tensor) -> bool:
    """Whether the rank of an array is known."""
    return isinstance(c.shape(tensor), tuple)


__all__ = [
"Array", "Arrays", "Open", "Unknown", "array", "as_array", "as_arrays", "contents", "fit_into", "into", "known", "operand", "sizes"
]  # fmt: skip

# The annotations of rules: what `coercions` makes of an argument.
Array = Tensor
Arrays = Sequence[Tensor]

# Every attribute that an array has. Source: the numpy.ndarray page.
ATTRIBUTES = frozenset(
    "T all any argmax argmin argpartition argsort astype base byteswap choose clip compress conj conjugate copy ctypes cumprod "
    "cumsum data device diagonal dot dtype dump dumps fill flags flat flatten getfield imag item itemsize mT max mean min "
    "nbytes ndim nonzero partition prod ptp put ravel real repeat reshape resize round searchsorted setfield setflags shape "
    "size sort squeeze std strides sum swapaxes take to_device tobytes tofile tolist tostring trace transpose var view "
    "newbyteorder itemset "
    # Those of a np.memmap and of x.flat, which are arrays here.
    "filename mode offset flush coords".split()
)
# What does in NumPy what these do elsewhere.
INSTEAD = {
    "append": "np.append(x, …)", "extend": "np.concatenate", "unsqueeze": "np.expand_dims(x, …)", "permute": "x.transpose(…)",
    "numpy": "it is an array already", "cpu": "it is an array already", "detach": "it is an array already",
    "cuda": "torch.from_numpy(x)", "to": "torch.from_numpy(x) or x.astype(…)", "float": "x.astype(np.float32)",
    "double": "x.astype(np.float64)", "long": "x.astype(np.int64)", "int": "x.astype(int)", "type": "x.astype(…)",
    "numel": "x.size", "dim": "x.ndim", "expand": "np.broadcast_to(x, …)", "t": "x.T", "abs": "np.abs(x)",
    "exp": "np.exp(x)", "sqrt": "np.sqrt(x)", "log": "np.log(x)", "norm": "np.linalg.norm(x)", "median": "np.median(x)",
    "length": "len(x)", "len": "len(x)", "unique": "np.unique(x)", "index": "np.where(x == …)", "pop": "np.delete(x, …)",
    "split": "np.split(x, …)", "values": "it is an array already", "pad": "np.pad(x, …)", "matmul": "x @ y", "mm": "x @ y",
    "inverse": "np.linalg.inv(x)", "flip": "np.flip(x)", "roll": "np.roll(x, …)", "tile": "np.tile(x, …)",
}  # fmt: skip
