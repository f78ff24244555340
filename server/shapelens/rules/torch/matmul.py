"""torch: products of matrices and vectors, and einsum."""

from __future__ import annotations

from collections.abc import Sequence

from shapelens.dims import Dim, equal, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.einsum import einsum_shape
from shapelens.rules.registry import rule
from shapelens.rules.torch.elementwise import refuse, result_dtype, shown
from shapelens.values import Open, Shape, ShapeVar, Tensor
from shapelens.values.dtypes import INTEGERS

# Autocast casts these among themselves, so that a product of two of them may well run.
_AUTOCAST = frozenset(("float16", "bfloat16", "float32"))


def product_dtype(c: Call, *tensors: Tensor) -> str | None:
    """The dtype of a product: that of all operands. Fails with `dtype-mismatch` where two differ."""
    known = [t for t in tensors if t.dtype is not None]
    for tensor in known[1:]:
        a, b = known[0].dtype, tensor.dtype
        if a != b and not {a, b} <= _AUTOCAST:
            c.fail("dtype-mismatch", f"{shown(c)}: {a} against {b}; both must have one dtype", known[0], tensor)
    same = len(known) == len(tensors) and len({t.dtype for t in known}) == 1
    return known[0].dtype if same else None


def _made(c: Call, shape: Shape, *tensors: Tensor) -> Tensor:
    return Tensor(shape, product_dtype(c, *tensors), "torch", tensors[0].device)


def _mismatch(c: Call, a: Tensor, b: Tensor, left: Dim, right: Dim) -> None:
    first, second = _NAMES if c.path.startswith("torch.") else ("", "")
    c.fail(
        "matmul-mismatch",
        f"{shown(c)}: {first}{c.text(a)} and {second}{c.text(b)}: {c.dim_text(left)} against {c.dim_text(right)}"
        f"{_transposed(c, a, b)}",
        a,
        b,
    )


_NAMES = ("mat1 ", "mat2 ")
"""What torch calls the two. Others have no names for them."""


def _transposed(c: Call, a: Tensor, b: Tensor) -> str:
    """Which operand's transpose would fit, where it is exactly one."""
    left, right = c.shape(a), c.shape(b)
    if not isinstance(left, tuple) or not isinstance(right, tuple) or not left or not right:
        return ""
    fits = []
    if len(left) > 1 and equal(left[-2], right[-2 if len(right) > 1 else -1]) is True:
        fits.append("mat1" if c.path.startswith("torch.") else "the first")
    if len(right) > 1 and equal(left[-1], right[-1]) is True:
        fits.append("mat2" if c.path.startswith("torch.") else "the second")
    return f"; {fits[0]} transposed would fit" if len(fits) == 1 else ""


def _contract(c: Call, a: Tensor, b: Tensor, left: Dim, right: Dim) -> None:
    if left != right and c.equate(left, right) is False:
        _mismatch(c, a, b, left, right)


# -- matmul ----------------------------------------------------------------------------------------------------------


@rule("torch.matmul", "torch.Tensor.matmul", "torch.Tensor.__matmul__", "torch.linalg.matmul")
def matmul(c: Call, input: Tensor, other: Tensor) -> Tensor:
    """The last dim against the last but one (the only one of a vector); the dims before them broadcast."""
    a, b = c.shape(input), c.shape(other)
    for shape in (a, b):
        if shape == ():
            c.fail("rank-mismatch", f"{shown(c)}: both operands need at least one dim", input, other)
    if isinstance(a, tuple) and isinstance(b, tuple):
        _contract(c, input, other, a[-1], b[-2] if len(b) > 1 else b[0])
        batch = a[:-2], b[:-2]
        common = batch[0] if batch[0] == batch[1] else c.broadcast(*batch, what=_batch(c), tensors=(input, other))
        return _made(c, common + a[-2:-1] + (b[-1:] if len(b) > 1 else ()), input, other)
    return _made(c, _open_product(c, input, other, a, b), input, other)


def _batch(c: Call) -> str:
    return f"leading dims of {shown(c)}"


def _open_product(c: Call, input: Tensor, other: Tensor, a: Shape, b: Shape) -> Shape:
    """A product with an open shape: it is taught the dim that is summed over, where it is clear which that is."""
    if a is None or b is None:
        return None
    if isinstance(b, tuple):
        assert isinstance(a, Open)
        a = c.store.at_least(a, 0, 1) if not a.prefix or a.suffix else a
        if not a.suffix:
            return None
        _contract(c, input, other, a.suffix[-1], b[-2] if len(b) > 1 else b[0])
        a = c.shape(input)
        if not isinstance(a, Open):
            return matmul(c, input, other).shape
        if len(b) <= 2:
            return Open(a.prefix, a.var, a.suffix[:-1] + c.store.dims(b[1:]))
        return Open((), ShapeVar(), (b[-1],))
    if len(b.suffix) < 2:
        return None
    left = a[-1:] if isinstance(a, tuple) else a.suffix[-1:]
    if left:
        _contract(c, input, other, left[0], b.suffix[-2])
    a, b = c.shape(input), c.shape(other)
    if not isinstance(b, Open):
        return matmul(c, input, other).shape
    if isinstance(a, tuple) and len(a) <= 2:
        return Open(b.prefix, b.var, b.suffix[:-2] + a[:-1] + b.suffix[-1:])
    if isinstance(a, Open) and a.var is b.var and len(a.suffix) == len(b.suffix):
        prefix = c.broadcast(a.prefix, b.prefix, what=_batch(c), tensors=(input, other))
        batch = c.broadcast(a.suffix[:-2], b.suffix[:-2], what=_batch(c), tensors=(input, other))
        return Open(prefix, a.var, (*batch, a.suffix[-2], b.suffix[-1]))
    return None


# -- products of fixed rank ------------------------------------------------------------------------------------------


def _ranked(c: Call, tensor: Tensor, names: str, what: str) -> tuple[Dim, ...]:
    """The dims of an operand that must have as many as there are names; an open one is taught so."""
    wanted = names.split()
    shape = c.dims(tensor, wanted)
    if len(shape) != len(wanted):
        c.fail(
            "rank-mismatch", f"{c.name} needs {what} of rank {len(wanted)} ({', '.join(wanted)}), got {c.text(tensor)}",
            tensor,
        )  # fmt: skip
    return shape


@rule("torch.mm", "torch.Tensor.mm")
def mm(c: Call, input: Tensor, mat2: Tensor) -> Tensor:
    """(n, m) and (m, p) give (n, p)."""
    return _made(c, _mm(c, input, mat2), input, mat2)


def _mm(c: Call, a: Tensor, b: Tensor) -> tuple[Dim, ...]:
    left, right = _ranked(c, a, "n m", "mat1"), _ranked(c, b, "m p", "mat2")
    _contract(c, a, b, left[1], right[0])
    return left[0], right[1]


def _bmm(c: Call, a: Tensor, b: Tensor) -> tuple[Dim, ...]:
    left, right = _ranked(c, a, "B n m", "mat1"), _ranked(c, b, "B m p", "mat2")
    c.require(
        left[0], right[0], "matmul-mismatch",
        f"{c.name}: batch sizes of {c.text(a)} and {c.text(b)} differ: {c.dim_text(left[0])} against "
        f"{c.dim_text(right[0])}", a, b,
    )  # fmt: skip
    _contract(c, a, b, left[2], right[1])
    return left[0], left[1], right[2]


@rule("torch.bmm", "torch.Tensor.bmm")
def bmm(c: Call, input: Tensor, mat2: Tensor) -> Tensor:
    """(B, n, m) and (B, m, p) give (B, n, p), without broadcasting."""
    return _made(c, _bmm(c, input, mat2), input, mat2)


def _mv(c: Call, a: Tensor, b: Tensor) -> tuple[Dim, ...]:
    left, right = _ranked(c, a, "n m", "the matrix"), _ranked(c, b, "m", "the vector")
    _contract(c, a, b, left[1], right[0])
    return (left[0],)


@rule("torch.mv", "torch.Tensor.mv")
def mv(c: Call, input: Tensor, vec: Tensor) -> Tensor:
    """(n, m) and (m,) give (n,)."""
    return _made(c, _mv(c, input, vec), input, vec)


@rule("torch.dot", "torch.Tensor.dot", "torch.vdot", "torch.Tensor.vdot")
def dot(c: Call, input: Tensor, tensor: Tensor) -> Tensor:
    """Two vectors of one length give a number."""
    a, b = _ranked(c, input, "n", "input"), _ranked(c, tensor, "n", "tensor")
    _contract(c, input, tensor, a[0], b[0])
    return _made(c, (), input, tensor)


@rule("torch.inner", "torch.Tensor.inner")
def inner(c: Call, input: Tensor, other: Tensor) -> Tensor:
    """The last dims are summed over; a number scales."""
    a, b = c.dims(input), c.dims(other)
    if not a or not b:
        return Tensor(a or b, result_dtype(c, input, other), "torch", input.device)
    _contract(c, input, other, a[-1], b[-1])
    return _made(c, a[:-1] + b[:-1], input, other)


@rule("torch.outer", "torch.Tensor.outer", "torch.ger", "torch.Tensor.ger")
def outer(c: Call, input: Tensor, vec2: Tensor) -> Tensor:
    """(n,) and (m,) give (n, m)."""
    shape = _ranked(c, input, "n", "input") + _ranked(c, vec2, "m", "vec2")
    return Tensor(shape, result_dtype(c, input, vec2), "torch", input.device)


def _add(c: Call, input: Tensor, shape: tuple[Dim, ...], *tensors: Tensor) -> Tensor:
    """`input` is added to the product: it must be expandable to the product's shape."""
    into = c.shape(input)
    if isinstance(into, tuple):
        grown = c.broadcast(into, shape, what=f"{c.name}: input and product", tensors=(input, *tensors))
        if len(grown) != len(shape) or any(c.equate(a, b) is False for a, b in zip(grown, shape)):
            c.fail(
                "broadcast-mismatch",
                f"{c.name}: input {c.text(input)} cannot be expanded to the product's shape {c.text(shape)}",
                input,
                *tensors,
            )
    return _made(c, c.store.dims(shape), input, *tensors)


@rule("torch.addmm", "torch.Tensor.addmm")
def addmm(c: Call, input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: object = 1, alpha: object = 1) -> Tensor:
    """input + mat1 @ mat2."""
    return _add(c, input, _mm(c, mat1, mat2), mat1, mat2)


@rule("torch.addmv", "torch.Tensor.addmv")
def addmv(c: Call, input: Tensor, mat: Tensor, vec: Tensor, *, beta: object = 1, alpha: object = 1) -> Tensor:
    """input + mat @ vec."""
    return _add(c, input, _mv(c, mat, vec), mat, vec)


@rule("torch.baddbmm", "torch.Tensor.baddbmm")
def baddbmm(c: Call, input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: object = 1, alpha: object = 1) -> Tensor:
    """input + batch1 @ batch2."""
    return _add(c, input, _bmm(c, batch1, batch2), batch1, batch2)


@rule("torch.addbmm", "torch.Tensor.addbmm")
def addbmm(c: Call, input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: object = 1, alpha: object = 1) -> Tensor:
    """input + the sum of batch1 @ batch2 over the batch."""
    return _add(c, input, _bmm(c, batch1, batch2)[1:], batch1, batch2)


@rule("torch.addr", "torch.Tensor.addr")
def addr(c: Call, input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: object = 1, alpha: object = 1) -> Tensor:
    """input + outer(vec1, vec2)."""
    shape = _ranked(c, vec1, "n", "vec1") + _ranked(c, vec2, "m", "vec2")
    dtype = result_dtype(c, input, vec1, vec2)
    return _add(c, input.with_(dtype=dtype), shape).with_(dtype=dtype)


@rule("torch.chain_matmul")
def chain_matmul(c: Call, *matrices: Tensor) -> Tensor:
    """A product of matrices, in order."""
    return _chain(c, matrices)


def _chain(c: Call, matrices: Sequence[Tensor]) -> Tensor:
    found = matrices[0]
    for matrix in matrices[1:]:
        found = _made(c, _mm(c, found, matrix), found, matrix)
    return found.with_()


@rule("torch.linalg.multi_dot")
def multi_dot(c: Call, tensors: Sequence[Tensor]) -> Tensor:
    """A product of matrices, of which the first and the last may be vectors."""
    listed = c.tensors(tensors)
    if len(listed) < 2:
        c.fail("call-arguments", f"multi_dot needs at least two tensors, got {len(listed)}")
    shapes = [c.dims(t) for t in listed]
    for i, (shape, tensor) in enumerate(zip(shapes, listed)):
        if len(shape) != 2 and not (len(shape) == 1 and i in (0, len(listed) - 1)):
            c.fail("rank-mismatch", f"multi_dot: tensor {i} must be a matrix, got {c.text(tensor)}", tensor)
    for a, b, left, right in zip(listed, listed[1:], shapes, shapes[1:]):
        _contract(c, a, b, left[-1], right[0])
    ends = (shapes[0][:-1], shapes[-1][1:])
    return _made(c, ends[0] + ends[1], *listed)


@rule("torch.tensordot")
def tensordot(c: Call, a: Tensor, b: Tensor, dims: object = 2) -> Tensor:
    """The last `dims` dims of a against the first of b, or two lists of dims that are paired."""
    left, right = c.dims(a), c.dims(b)
    if isinstance(dims, int):
        if dims < 0 or dims > min(len(left), len(right)):
            c.fail("rank-mismatch", f"tensordot: {dims} dims of {c.text(a)} and {c.text(b)}", a, b)
        pairs = tuple(range(len(left) - dims, len(left))), tuple(range(dims))
    elif isinstance(dims, (tuple, list)) and len(dims) == 2:
        pairs = c.axes(dims[0], len(left), a), c.axes(dims[1], len(right), b)
    else:
        raise NotKnown
    if len(pairs[0]) != len(pairs[1]):
        c.fail("matmul-mismatch", f"tensordot: {len(pairs[0])} dims of a against {len(pairs[1])} of b")
    for i, j in zip(*pairs):
        if left[i] != 1 and right[j] != 1:  # a dim of size 1 is broadcast
            _contract_maybe_one(c, a, b, left[i], right[j])
    kept = [d for i, d in enumerate(left) if i not in pairs[0]] + [d for i, d in enumerate(right) if i not in pairs[1]]
    return _made(c, tuple(kept), a, b)


def _contract_maybe_one(c: Call, a: Tensor, b: Tensor, left: Dim, right: Dim) -> None:
    try:
        c.broadcast((left,), (right,))
    except Failure:
        _mismatch(c, a, b, left, right)


@rule("torch.kron", "torch.Tensor.kron")
def kron(c: Call, input: Tensor, other: Tensor) -> Tensor:
    """Sizes multiply; the shorter shape gets leading ones."""
    a, b = c.dims(input), c.dims(other)
    rank = max(len(a), len(b))
    padded = ((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b)
    shape = tuple(product(pair) for pair in zip(*padded))
    return Tensor(shape, result_dtype(c, input, other), "torch", input.device)


@rule("torch.cdist")
def cdist(c: Call, x1: Tensor, x2: Tensor, p: object = 2.0, compute_mode: object = None) -> Tensor:
    """(*B, P, M) and (*B, R, M) give (*B, P, R)."""
    a, b = c.dims(x1), c.dims(x2)
    for shape, tensor in ((a, x1), (b, x2)):
        if len(shape) < 2:
            c.fail("rank-mismatch", f"cdist needs tensors of at least two dims, got {c.text(tensor)}", tensor)
    c.require(
        a[-1], b[-1], "feature-mismatch",
        f"cdist: points of {c.dim_text(a[-1])} and of {c.dim_text(b[-1])} features, {c.text(x1)} and {c.text(x2)}",
        x1, x2,
    )  # fmt: skip
    refuse(c, x1.dtype, (0, 1, 3), x1)
    refuse(c, x2.dtype, (0, 1, 3), x2)
    batch = c.broadcast(a[:-2], b[:-2], what=_batch(c), tensors=(x1, x2))
    return Tensor((*batch, a[-2], b[-2]), x1.dtype if x1.dtype == x2.dtype else None, "torch", x1.device)


def _cross(c: Call, input: Tensor, other: Tensor, dim: int | None) -> Tensor:
    a, b = c.dims(input), c.dims(other)
    if len(a) != len(b):
        c.fail("rank-mismatch", f"{c.name}: {c.text(input)} and {c.text(other)} differ in rank", input, other)
    shape = common_shape(c, (input, other))
    assert isinstance(shape, tuple)
    if dim is not None:
        if not shape:
            c.fail("axis-out-of-range", f"{c.name}: dim {dim} of a tensor that has no dims", input, other)
        axis = c.axis(dim, len(shape), input)
        for tensor, size in ((input, a[axis]), (other, b[axis])):
            c.require(size, 3, "shape-mismatch", f"{c.name}: dim {dim} of {c.text(tensor)} must be 3", tensor)
    elif all(equal(d, 3) is False for d in a):
        c.fail("shape-mismatch", f"{c.name}: no dim of {c.text(input)} has size 3", input)
    return _made(c, shape, input, other)


@rule("torch.cross", "torch.Tensor.cross")
def cross(c: Call, input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Along `dim`, which must be 3; without it along the first dim of size 3."""
    return _cross(c, input, other, dim)


@rule("torch.linalg.cross")
def linalg_cross(c: Call, input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    return _cross(c, input, other, dim)


@rule("torch.linalg.vecdot")
def vecdot(c: Call, x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The sum of products along a dim, the others broadcast."""
    a, b = c.dims(x), c.dims(y)
    if len(a) == len(b) == 1:
        _contract(c, x, y, a[0], b[0])  # two vectors are not broadcast
        return _made(c, (), x, y)
    shape = c.broadcast(a, b, tensors=(x, y))
    axis = c.axis(dim, len(shape), x)
    return _made(c, shape[:axis] + shape[axis + 1 :], x, y)


@rule("torch.trace", "torch.Tensor.trace")
def trace(c: Call, input: Tensor) -> Tensor:
    """Of a matrix; integers are summed as int64."""
    _ranked(c, input, "n m", "a matrix")
    dtype = input.dtype
    return Tensor((), "int64" if dtype is not None and "int" in dtype else dtype, "torch", input.device)


# -- einsum ----------------------------------------------------------------------------------------------------------


@rule("torch.einsum")
def einsum(c: Call, equation: object, *operands: object) -> Tensor:
    """`einsum("bij,bjk->bik", a, b)`; the operands may come as one list. The form with lists of ints is not known."""
    if not isinstance(equation, str):
        raise NotKnown
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else operands
    tensors = c.tensors(given)
    shape = einsum_shape(c, equation, tensors)
    dtypes = {t.dtype for t in tensors}
    if len(dtypes) == 1:
        dtype = dtypes.pop()
        if len(tensors) == 1 and dtype in ("bool", *INTEGERS):
            dtype = None  # what is summed over becomes int64
        return Tensor(shape, dtype, "torch", tensors[0].device)
    return Tensor(shape, _einsum_dtype(c, equation, tensors), "torch", tensors[0].device)


def _einsum_dtype(c: Call, equation: str, tensors: Sequence[Tensor]) -> str | None:
    """Two operands that are summed over go through bmm, which wants one dtype; otherwise they are multiplied."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != 2 or not arrow or "." in left:
        return None
    summed = set(terms[0]) & set(terms[1]) - set(right)
    if summed:
        return None
    return result_dtype(c, *tensors)
