"""Products of arrays: dot, matmul, tensordot, einsum, kron, cross, outer and their like."""

from __future__ import annotations

from shapelens.dims import Dim, equal, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.einsum import einsum_shape
from shapelens.rules.numpy.arrays import Array, Arrays, array, as_array, into
from shapelens.rules.numpy.dtypes import asked, is_kept, promoted
from shapelens.rules.registry import rule
from shapelens.rules.torch import matmul as products
from shapelens.values import Open, Tensor, Unknown


def _bare(tensor: Tensor) -> Tensor:
    return tensor.with_(library="numpy", dtype=None, origin=tensor.origin)


def _multiplied(c: Call, a: Tensor, b: Tensor) -> Tensor:
    made = products.matmul(c, _bare(a), _bare(b))
    return array(c.shape(made), promoted(a.dtype, b.dtype))


def _factors(c: Call, *factors: object) -> list[Tensor]:
    """The operands of a product: beside an array that is known, an open parameter is taught to be one."""
    values = [c.store.value(v) for v in factors]
    known = any(isinstance(v, Tensor) and v.library == "numpy" and c.shape(v) not in ((), None) for v in values)
    return [
        c.store.open_tensor(v, None, "numpy") if known and type(v) is Unknown and v.hole is not None else as_array(c, v)
        for v in values
    ]


@rule("numpy.ndarray.__matmul__", "numpy.matmul", "numpy.linalg.matmul")
def matmul(c: Call, a: object, b: object, out: object = None, *, dtype: object = None, **others: object) -> Tensor:
    """The last axis against the last but one; the axes before them broadcast."""
    if others:
        raise NotKnown
    made = _multiplied(c, *_factors(c, a, b))
    return into(c, array(made.shape, asked(c, dtype, made.dtype)), out)


@rule("numpy.ndarray.__imatmul__")
def matmul_in_place(c: Call, self: Array, other: Array) -> Tensor:
    """The product must have the shape of the array."""
    made = matmul(c, self, other)
    self.scalars = None
    shape, room = c.shape(made), c.shape(self)
    if isinstance(shape, tuple) and isinstance(room, tuple):
        while len(shape) > len(room) and shape[0] == 1:
            shape = shape[1:]
        if len(shape) != len(room) or any(equal(x, y) is False for x, y in zip(shape, room)):
            c.fail("broadcast-mismatch", f"@=: the result {c.text(shape)} does not fit in {c.text(room)}", self)
    if made.dtype is not None and self.dtype is not None and not is_kept(made.dtype, self.dtype):
        c.fail("dtype-mismatch", f"@=: the result is {made.dtype}, which an array of {self.dtype} cannot hold", self)
    return array(room, self.dtype)


@rule("numpy.dot", "numpy.ndarray.dot")
def dot(c: Call, a: object, b: object, out: object = None) -> Tensor:
    """As matmul up to rank 2, with numbers a product; of more, all pairs of rows and columns."""
    first, second = _factors(c, a, b)
    x, y = c.shape(first), c.shape(second)
    dtype = promoted(first.dtype, second.dtype)
    if isinstance(x, Open) and isinstance(y, tuple) and len(y) == 2:
        return into(c, _multiplied(c, first, second), out)
    if not isinstance(x, tuple) or not isinstance(y, tuple):
        raise NotKnown
    if not x or not y:
        return into(c, array(x or y, dtype), out, exact=True)
    if len(x) <= 2 and len(y) <= 2:
        made = _multiplied(c, first, second)
    else:
        at = -2 if len(y) > 1 else -1
        _contract(c, first, second, x[-1], y[at])
        made = array((*x[:-1], *(y[:-2] + y[-1:] if len(y) > 1 else ())), dtype)
    return into(c, made, out, exact=True)


def _contract(c: Call, a: Tensor, b: Tensor, left: Dim, right: Dim) -> None:
    message = f"{c.name}: {c.text(a)} and {c.text(b)}: {c.dim_text(left)} against {c.dim_text(right)}"
    c.require(left, right, "matmul-mismatch", message, a, b)


@rule("numpy.inner")
def inner(c: Call, a: Array, b: Array) -> Tensor:
    """The last axes summed over."""
    x, y, dtype = c.dims(a), c.dims(b), promoted(a.dtype, b.dtype)
    if not x or not y:
        return array(x or y, dtype)
    _contract(c, a, b, x[-1], y[-1])
    return array((*x[:-1], *y[:-1]), dtype)


@rule("numpy.vdot")
def vdot(c: Call, a: Array, b: Array) -> Tensor:
    """All elements of both, summed over."""
    _contract(c, a, b, product(c.dims(a)), product(c.dims(b)))
    return array((), promoted(a.dtype, b.dtype))


@rule("numpy.outer", "numpy.linalg.outer")
def outer(c: Call, a: Array, b: Array, out: object = None) -> Tensor:
    """All pairs of elements of both, flattened."""
    if c.path == "numpy.linalg.outer" and (len(c.dims(a)) != 1 or len(c.dims(b)) != 1):
        c.fail("rank-mismatch", f"outer takes vectors, got {c.text(a)} and {c.text(b)}", a, b)
    return into(c, array((product(c.dims(a)), product(c.dims(b))), promoted(a.dtype, b.dtype)), out)


@rule("numpy.kron")
def kron(c: Call, a: Array, b: Array) -> Tensor:
    """The sizes of both multiplied, axis by axis from the end."""
    x, y = c.dims(a), c.dims(b)
    rank = max(len(x), len(y))
    pairs = zip((*(1,) * (rank - len(x)), *x), (*(1,) * (rank - len(y)), *y))
    return array(tuple([m * n for m, n in pairs]), promoted(a.dtype, b.dtype))


@rule("numpy.tensordot", "numpy.linalg.tensordot")
def tensordot(c: Call, a: Array, b: Array, axes: object = 2) -> Tensor:
    """The last axes of one against the first of the other, or those that are named."""
    x, y, given = c.dims(a), c.dims(b), c.store.value(axes)
    if isinstance(given, int):
        if given < 0:
            raise NotKnown
        if given > len(x) or given > len(y):
            c.fail("axis-out-of-range", f"tensordot over {given} axes of {c.text(a)} and {c.text(b)}", a, b)
        lefts, rights = tuple(range(len(x) - given, len(x))), tuple(range(given))
    elif isinstance(given, (tuple, list)) and len(given) == 2:
        first, second = (c.store.value(v) for v in given)
        if not x or not y:
            raise NotKnown
        lefts, rights = c.axes(first, len(x), a), c.axes(second, len(y), b)
    else:
        raise NotKnown
    if len(lefts) != len(rights):
        c.fail("argument-value", f"tensordot: {len(lefts)} axes against {len(rights)}", a, b)
    for i, j in zip(lefts, rights):
        _contract(c, a, b, x[i], y[j])
    left = tuple([d for i, d in enumerate(x) if i not in lefts])
    return array((*left, *[d for j, d in enumerate(y) if j not in rights]), promoted(a.dtype, b.dtype))


@rule("numpy.einsum")
def einsum(c: Call, subscripts: object, *operands: object, out: object = None, optimize: object = False,
           dtype: object = None, **others: object) -> Tensor:  # fmt: skip
    """By letters, as in `"ij,jk->ik"`."""
    if not isinstance(subscripts, str):
        raise NotKnown
    given = [as_array(c, v) for v in operands]
    shape = einsum_shape(c, subscripts, given)
    found = given[0].dtype if given else None
    for each in given[1:]:
        found = promoted(found, each.dtype)
    made = array(shape, asked(c, dtype, found))
    if c.store.value(out) is not None and (others.get("casting") is not None or optimize is not False):
        made = made.with_(dtype=None)  # What may be cast, and when, is another matter then.
    return into(c, made, out)


@rule("numpy.cross", "numpy.linalg.cross")
def cross(
    c: Call, a: Array, b: Array, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Tensor:
    """Vectors of three elements along an axis; of two, the third element of their product."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = c.dims(a), c.dims(b)
    if not x or not y:
        c.fail("rank-mismatch", f"cross needs at least one dim, got {c.text(a)} and {c.text(b)}", a, b)
    i, j = c.axis(axisa, len(x), a), c.axis(axisb, len(y), b)
    lengths = x[i], y[j]
    for size, tensor in zip(lengths, (a, b)):
        least = 3 if c.path == "numpy.linalg.cross" else 2
        if equal(size, 3) is False and (least == 3 or equal(size, 2) is False):
            c.fail("size-mismatch", f"cross takes vectors of 3 elements, got {c.text(tensor)}", tensor)
    dtype = promoted(a.dtype, b.dtype)
    if dtype == "bool":
        c.fail("dtype-mismatch", "cross is not defined for bool", a, b)
    front = (x[:i] + x[i + 1 :], y[:j] + y[j + 1 :])
    made = common_shape(c, [array(d, None) for d in front], "cross")
    if not isinstance(made, tuple) or not all(isinstance(size, int) for size in lengths):
        raise NotKnown
    if lengths == (2, 2):
        return array(made, dtype)
    at = c.axis(axisc, len(made) + 1)
    return array((*made[:at], 3, *made[at:]), dtype)


# -- functions of vectors and matrices in the last axes ------------------------------------------------------------

_CORES: dict[str, tuple[str, str, str]] = {
    "vecdot": ("n", "n", ""),
    "matvec": ("m n", "n", "m"),
    "vecmat": ("n", "n m", "m"),
}


@rule("numpy.vecdot", "numpy.matvec", "numpy.vecmat", "numpy.linalg.vecdot")
def core(c: Call, x1: Array, x2: Array, *, axis: int = -1, **others: object) -> Tensor:
    """Vectors and matrices in the last axes; the axes before them broadcast."""
    left, right, result = (part.split() for part in _CORES[c.name])
    if axis != -1 or others:
        raise NotKnown
    bound: dict[str, Dim] = {}
    leads: list[tuple[Dim, ...]] = []
    for names, tensor in ((left, x1), (right, x2)):
        dims = c.dims(tensor)
        if len(dims) < len(names):
            c.fail("rank-mismatch", f"{c.name} needs at least {len(names)} dims, got {c.text(tensor)}", tensor)
        cut = len(dims) - len(names)
        leads.append(dims[:cut])
        for name, dim in zip(names, dims[cut:]):
            if name in bound:
                _contract(c, x1, x2, bound[name], dim)
            bound.setdefault(name, dim)
    made = c.broadcast(*leads, what=c.name, tensors=(x1, x2))
    return array((*made, *[bound[n] for n in result]), promoted(x1.dtype, x2.dtype))


@rule("numpy.linalg.multi_dot")
def multi_dot(c: Call, arrays: Arrays, *, out: object = None) -> Tensor:
    """Matrices multiplied in the cheapest order; the first and the last may be vectors."""
    if len(arrays) < 2:
        c.fail("argument-value", f"multi_dot needs at least two arrays, got {len(arrays)}")
    if len(arrays) == 2:
        return dot(c, arrays[0], arrays[1], out)
    for i, each in enumerate(arrays):
        rank = len(c.dims(each))
        if rank != 2 and (rank != 1 or 0 < i < len(arrays) - 1):
            c.fail("rank-mismatch", f"multi_dot takes matrices, got {c.text(each)}", each)
    made = arrays[0]
    for each in arrays[1:]:
        made = _multiplied(c, made, each)
    return into(c, made, out)
