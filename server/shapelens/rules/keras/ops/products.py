"""keras.ops: products of matrices and tensors, and linear algebra."""

from __future__ import annotations

from shapelens.dims import Dim, equal, less, product
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.einsum import einsum_shape
from shapelens.rules.keras.ops.common import (
    axis_in,
    axis_list,
    dims_of_rank,
    kind_of,
    made,
    of_keras,
    op,
    operand,
    rank_at_least,
    together,
)
from shapelens.rules.keras.ops.promotion import floating, is_real_float, real, result_type
from shapelens.rules.registry import rule
from shapelens.rules.torch import matmul as products
from shapelens.values import Tensor

# -- products ------------------------------------------------------------------------------------------------------


def _pair(c: Call, x1: object, x2: object) -> tuple[Tensor, Tensor]:
    return converted(c, c.store.value(x1)), converted(c, c.store.value(x2))


def product_dtype(*tensors: Tensor) -> str | None:
    """Products of int8 are counted in int32."""
    if all(t.dtype == "int8" for t in tensors):
        return "int32"
    return result_type(*(t.dtype for t in tensors))


def multiplied(c: Call, x1: object, x2: object) -> Tensor:
    """The last dim against the last but one; the dims before them broadcast."""
    a, b = _pair(c, x1, x2)
    bare = [t.with_(dtype=None, origin=t.origin) for t in (a, b)]
    return made(products.matmul(c, *bare).shape, product_dtype(a, b))


op("matmul(x1, x2)", multiplied, "Tensor", "object")


@rule("keras.ops.dot")
def dot(c: Call, x1: object, x2: object) -> Tensor:
    """The last dim of x1 against the last but one of x2, nothing broadcast; with a number, multiplied."""
    left, right = operand(c, x1), operand(c, x2)
    if not (isinstance(left, Tensor) and isinstance(right, Tensor)) or () in (c.shape(left), c.shape(right)):
        strong = not of_keras(left, right)
        return made(together(c, (left, right)), result_type(kind_of(c, left, strong), kind_of(c, right, strong)))
    a, b = c.dims(left), c.dims(right)
    inner = b[-2] if len(b) > 1 else b[0]
    if not (of_keras(left, right) and len(a) == len(b) == 1):
        c.require(
            a[-1], inner, "matmul-mismatch",
            f"dot: inner sizes differ: {c.text(left)} · {c.text(right)} ({c.dim_text(a[-1])} against {c.dim_text(inner)})",
            left, right,
        )  # fmt: skip
    return made((*a[:-1], *b[:-2], *(b[-1:] if len(b) > 1 else ())), result_type(left.dtype, right.dtype))


@rule("keras.ops.vdot")
def vdot(c: Call, x1: object, x2: object) -> Tensor:
    """All products summed."""
    a, b = _pair(c, x1, x2)
    if not of_keras(a, b):
        shapes = c.shape(a), c.shape(b)
        if isinstance(shapes[0], tuple) and isinstance(shapes[1], tuple) and () not in shapes:
            c.require(
                product(shapes[0]), product(shapes[1]), "matmul-mismatch",
                f"vdot: {c.text(a)} and {c.text(b)} have different numbers of elements", a, b,
            )  # fmt: skip
    return made((), result_type(a.dtype, b.dtype))


@rule("keras.ops.inner")
def inner(c: Call, x1: object, x2: object) -> Tensor:
    """The last dims of both against each other."""
    left, right = operand(c, x1), operand(c, x2)
    if not (isinstance(left, Tensor) and isinstance(right, Tensor)) or () in (c.shape(left), c.shape(right)):
        strong = not of_keras(left, right)
        return made(together(c, (left, right)), result_type(kind_of(c, left, strong), kind_of(c, right, strong)))
    a, b = c.dims(left), c.dims(right)
    c.require(
        a[-1], b[-1], "matmul-mismatch",
        f"inner: the last dims of {c.text(left)} and {c.text(right)} differ", left, right,
    )  # fmt: skip
    return made((*a[:-1], *b[:-1]), result_type(left.dtype, right.dtype))


@rule("keras.ops.outer")
def outer(c: Call, x1: object, x2: object) -> Tensor:
    """Both flattened: (n,) and (m,) to (n, m)."""
    left, right = operand(c, x1), operand(c, x2)
    strong = not of_keras(left, right)
    counts: list[Dim] = []
    for value in (left, right):
        shape = c.shape(value) if isinstance(value, Tensor) else ()
        if shape is None:
            raise NotKnown
        counts.append(c.store.numel(shape))
    return made(tuple(counts), result_type(kind_of(c, left, strong), kind_of(c, right, strong)))


@rule("keras.ops.tensordot")
def tensordot(c: Call, x1: object, x2: object, axes: object = 2) -> Tensor:
    """The last axes of x1 against the first of x2, or two lists of axes that are paired."""
    a, b = _pair(c, x1, x2)
    value = c.store.value(axes)
    left, right = c.dims(a), c.dims(b)
    if isinstance(value, int):
        if value > min(len(left), len(right)) or value < 0:
            if of_keras(a, b):
                raise NotKnown
            c.fail("rank-mismatch", f"tensordot: {value} axes of {c.text(a)} and {c.text(b)}", a, b)
        pairs = [(len(left) - value + i, i) for i in range(value)]
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        listed = [axis_list(c, v) for v in value]
        if len(listed[0]) != len(listed[1]):
            c.fail("matmul-mismatch", f"tensordot: {len(listed[0])} axes of x1 against {len(listed[1])} of x2", a, b)
        pairs = [(axis_in(c, i, len(left), a), axis_in(c, j, len(right), b)) for i, j in zip(*listed)]
    else:
        raise NotKnown
    if not (of_keras(a, b) and isinstance(value, int)):  # of a number of axes Keras does not compare the sizes
        sizes = product([left[i] for i, _ in pairs]), product([right[j] for _, j in pairs])
        c.require(*sizes, "matmul-mismatch", f"tensordot: the axes {value} of {c.text(a)} and {c.text(b)} differ", a, b)
    kept = [d for i, d in enumerate(left) if i not in {p[0] for p in pairs}]
    kept += [d for i, d in enumerate(right) if i not in {p[1] for p in pairs}]
    return made(tuple(kept), result_type(a.dtype, b.dtype))


@rule("keras.ops.kron")
def kron(c: Call, x1: object, x2: object) -> Tensor:
    """Sizes multiply."""
    a, b = _pair(c, x1, x2)
    left, right = c.dims(a), c.dims(b)
    if len(left) != len(right):
        raise NotKnown
    return made(tuple([x * y for x, y in zip(left, right)]), result_type(a.dtype, b.dtype))


@rule("keras.ops.cross")
def cross(
    c: Call, x1: object, x2: object, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: object = None
) -> Tensor:
    """Vectors of 3, or of 2 (a number comes out then)."""
    a, b = _pair(c, x1, x2)
    if c.store.value(axis) is not None or (axisa, axisb, axisc) != (-1, -1, -1):
        raise NotKnown
    left, right = c.dims(a), c.dims(b)
    if not left or not right:
        raise NotKnown
    for tensor, dim in ((a, left[-1]), (b, right[-1])):
        if equal(dim, 2) is False and equal(dim, 3) is False:
            c.fail("shape-mismatch", f"cross: the last dim of {c.text(tensor)} is neither 2 nor 3", tensor)
    batch = c.broadcast(left[:-1], right[:-1], tensors=(a, b))
    ends = (left[-1], right[-1])
    if not all(isinstance(d, int) for d in ends):
        raise NotKnown
    return made((*batch, 3) if 3 in ends else batch, result_type(a.dtype, b.dtype))


@rule("keras.ops.einsum")
def einsum(c: Call, subscripts: str, *operands: object, **others: object) -> Tensor:
    """`einsum("bij,bjk->bik", a, b)`."""
    tensors = [converted(c, c.store.value(v)) for v in operands]
    if "->" not in subscripts and of_keras(*tensors):
        raise NotKnown
    try:
        shape = einsum_shape(c, subscripts, tensors)
    except Failure:
        if of_keras(*tensors):  # Keras does not look at what is summed over
            raise NotKnown from None
        raise
    kinds = {t.dtype for t in tensors}
    return made(shape, "int32" if kinds == {"int8"} else result_type(*kinds))


@rule("keras.ops.correlate")
def correlate(c: Call, x1: object, x2: object, mode: str = "valid") -> Tensor:
    """Of two vectors."""
    a, b = _pair(c, x1, x2)
    n, m = (dims_of_rank(c, t, 1, ("n",), "a vector")[0] for t in (a, b))
    if not isinstance(n, int) or not isinstance(m, int):
        raise NotKnown
    if n < m and mode == "valid" and not of_keras(a, b):
        raise NotKnown
    length = {"valid": max(n, m) - min(n, m) + 1, "same": max(n, m), "full": n + m - 1}.get(mode)
    if length is None:
        c.fail("argument-value", f"correlate: mode must be 'valid', 'same' or 'full', got '{mode}'")
    found = result_type(a.dtype, b.dtype)
    return made((length,), "float64" if found == "int64" else floating(found))


@rule("keras.ops.corrcoef")
def corrcoef(c: Call, x: Tensor) -> Tensor:
    """Of n rows (n, n)."""
    dims = c.dims(x)
    if len(dims) != 2 or of_keras(x) and dims[0] != dims[1]:
        raise NotKnown
    dtype = "float64" if x.dtype == "int64" else floating(x.dtype)
    return made((dims[0], dims[0]), None if x.dtype == "uint64" else dtype)


@rule("keras.ops.vander")
def vander(c: Call, x: Tensor, N: Dim | None = None, increasing: object = False) -> Tensor:
    """Powers of a vector (n,): (n, N)."""
    dims = c.dims(x)
    if len(dims) != 1:
        raise NotKnown
    return made((dims[0], dims[0] if N is None else N), x.dtype if is_real_float(x.dtype) or of_keras(x) else None)


@rule("keras.ops.cdist")
def cdist(c: Call, x: object, y: object) -> Tensor:
    """(*B, P, M) and (*B, R, M) to (*B, P, R)."""
    a, b = _pair(c, x, y)
    for tensor in (a, b):
        rank_at_least(c, tensor, 2, "points")
    left, right = c.dims(a), c.dims(b)
    c.require(left[-1], right[-1], "feature-mismatch",
              f"cdist: points of {c.dim_text(left[-1])} and of {c.dim_text(right[-1])} features", a, b)  # fmt: skip
    batch = c.broadcast(left[:-2], right[:-2], tensors=(a, b))
    return made((*batch, left[-2], right[-2]), result_type(a.dtype, b.dtype, "float"))


# -- linear algebra ------------------------------------------------------------------------------------------------


def _matrix(c: Call, x: Tensor, square: bool = True) -> tuple[Dim, ...]:
    rank_at_least(c, x, 2, "matrices")
    dims = c.dims(x)
    if square:
        c.require(dims[-2], dims[-1], "not-square", f"{c.name} needs square matrices, got {c.text(x)}", x)
    return dims


def _dtype(x: Tensor) -> str | None:
    """Integers are refused or not, as the backend likes."""
    return real(x.dtype) if of_keras(x) or x.dtype in ("float32", "float64") else None


def _of_square(c: Call, x: Tensor, *others: object) -> Tensor:
    return made(_matrix(c, x), _dtype(x))


def _determinant(c: Call, x: Tensor) -> Tensor:
    return made(_matrix(c, x)[:-2], _dtype(x))


op("cholesky|cholesky_inverse(x, upper=False)", _of_square)
op("inv(x)", _of_square)
op("det(x)", _determinant)


@rule("keras.ops.logdet")
def logdet(c: Call, x: Tensor) -> Tensor:
    dims = c.dims(x)
    if len(dims) < 2 or not equal(dims[-1], dims[-2]):
        raise NotKnown
    return made(dims[:-2], _dtype(x))


@rule("keras.ops.slogdet")
def slogdet(c: Call, x: Tensor) -> object:
    """Sign and logarithm."""
    dims = c.dims(x)
    if len(dims) < 2 or not equal(dims[-1], dims[-2]) or of_keras(x) and len(dims) != 2:
        raise NotKnown
    return (made(dims[:-2], _dtype(x)), made(dims[:-2], _dtype(x)))


@rule("keras.ops.eig", "keras.ops.eigh")
def eig(c: Call, x: Tensor) -> object:
    """Values and vectors; those of `eig` are complex."""
    dims = _matrix(c, x)
    dtype = _dtype(x)
    if c.name == "eig" and not of_keras(x):
        dtype = {"float32": "complex64", "float64": "complex128"}.get(dtype or "")
    return (made(dims[:-1], dtype), made(dims, dtype))


def _least(c: Call, a: Dim, b: Dim) -> Dim:
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    if equal(a, b) or less(a, b) is True:
        return a
    return b if less(b, a) is True else c.fresh("k", 0)


@rule("keras.ops.lu_factor")
def lu_factor(c: Call, x: Tensor) -> object:
    """The factors, and the pivots."""
    dims = _matrix(c, x, False)
    return (made(dims, _dtype(x)), made(dims[:-1] if equal(dims[-1], dims[-2]) else (*dims[:-2], c.fresh("k")),
                                        x.dtype if of_keras(x) else "int32"))  # fmt: skip


@rule("keras.ops.qr")
def qr(c: Call, x: Tensor, mode: str = "reduced") -> object:
    """(*B, m, n) to (*B, m, k) and (*B, k, n), k the smaller of both."""
    dims = _matrix(c, x, False)
    m, n = dims[-2:]
    k = m if mode != "reduced" else _least(c, m, n)
    dtype = _dtype(x)
    return (made((*dims[:-2], m, k), dtype), made((*dims[:-2], k, n), dtype))


@rule("keras.ops.svd")
def svd(c: Call, x: Tensor, full_matrices: bool = True, compute_uv: bool = True) -> object:
    """u, s and v of (*B, m, n)."""
    dims = _matrix(c, x, False)
    m, n = dims[-2:]
    k, batch, dtype = _least(c, m, n), dims[:-2], _dtype(x)
    values = made((*batch, k), dtype)
    if not compute_uv:
        return values
    u, v = ((*batch, m, m), (*batch, n, n)) if full_matrices else ((*batch, m, k), (*batch, k, n))
    return (made(u, dtype), values, made(v, dtype))


@rule("keras.ops.solve", "keras.ops.solve_triangular")
def solve(c: Call, a: Tensor, b: object, lower: object = False) -> Tensor:
    """a (*B, n, n) and b (*B, n, k) or (*B, n)."""
    right = converted(c, c.store.value(b))
    dims, other = _matrix(c, a), c.dims(right)
    if not other:
        c.fail("rank-mismatch", f"{c.name} needs a right side of at least one dim, got a number", right)
    if len(dims) == len(other):
        wrong = c.equate(dims[-2], other[-2]) is False
    else:
        wrong = len(dims) - 1 == len(other) and c.equate(dims[-1], other[-1]) is False
    if wrong:
        c.fail("matmul-mismatch", f"{c.name}: {c.text(a)} against {c.text(right)}: the rows differ", a, right)
    if len(dims) != len(other) and len(dims) - 1 != len(other) or len(dims) > 2:
        if not (len(dims) == len(other) and dims[:-2] == other[:-2]):
            raise NotKnown
    return made(other, _dtype(right))


@rule("keras.ops.lstsq")
def lstsq(c: Call, a: Tensor, b: object, rcond: object = None) -> Tensor:
    """a (m, n) and b (m, k) to (n, k)."""
    right = converted(c, c.store.value(b))
    dims, other = dims_of_rank(c, a, 2, ("m", "n"), "a matrix"), c.dims(right)
    if len(other) not in (1, 2):
        c.fail("rank-mismatch", f"lstsq needs a right side of rank 1 or 2, got {c.text(right)}", right)
    c.require(dims[0], other[0], "matmul-mismatch",
              f"lstsq: {c.text(a)} against {c.text(right)}: the rows differ", a, right)  # fmt: skip
    return made((dims[1], *other[1:]), _dtype(a))


@rule("keras.ops.matrix_rank")
def matrix_rank(c: Call, x: Tensor, tol: object = None) -> Tensor:
    return made(_matrix(c, x, False)[:-2], "int32")


@rule("keras.ops.pinv")
def pinv(c: Call, x: Tensor, rcond: object = None) -> Tensor:
    """(*B, m, n) to (*B, n, m)."""
    dims = _matrix(c, x, False)
    return made((*dims[:-2], dims[-1], dims[-2]), _dtype(x))
