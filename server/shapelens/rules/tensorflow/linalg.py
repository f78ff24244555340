"""Matrix products, einsum, and what tf.linalg computes of matrices."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, maximum, minimum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.einsum import einsum_shape
from shapelens.rules.registry import rule
from shapelens.rules.tensorflow.common import bare, known, made, named, number, operands, paths, refuse
from shapelens.rules.tensorflow.tensor import product
from shapelens.values import Named, Open, Shape, Tensor
from shapelens.values.dtypes import COMPLEX_OF, COMPLEXES, FLOATS, REAL_OF

_FLOATING = (*FLOATS, *COMPLEXES)


def _flipped(c: Call, value: object, flags: tuple[object, ...]) -> Any:
    """A matrix, transposed where a flag says so."""
    flags = tuple([c.store.value(f) for f in flags])
    if not all(isinstance(f, (bool, int)) for f in flags):
        raise NotKnown
    value = c.store.value(value)
    if not any(flags):
        return value
    (tensor,), _ = operands(c, value)
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        shape = c.at_least(shape, 0, 2)
        turned: Shape = Open(shape.prefix, shape.var, (*shape.suffix[:-2], shape.suffix[-1], shape.suffix[-2]))
    elif isinstance(shape, tuple) and len(shape) > 1:
        turned = (*shape[:-2], shape[-1], shape[-2])
    else:
        turned = shape
    return tensor.with_(shape=turned, origin=tensor.origin)


@rule("tensorflow.linalg.matmul")
def matmul(
    c: Call,
    a: object,
    b: object,
    transpose_a: object = False,
    transpose_b: object = False,
    adjoint_a: object = False,
    adjoint_b: object = False,
    a_is_sparse: object = False,
    b_is_sparse: object = False,
    output_type: object = None,
    grad_a: object = False,
    grad_b: object = False,
    name: object = None,
) -> Tensor:
    """The last axis of one against the last but one of the other; the axes before broadcast."""
    first, second = _flipped(c, a, (transpose_a, adjoint_a)), _flipped(c, b, (transpose_b, adjoint_b))
    found = product(c, first, second)
    return made(found.shape, named(c, output_type, found.dtype))


@rule("tensorflow.linalg.matvec")
def matvec(
    c: Call,
    a: object,
    b: object,
    transpose_a: object = False,
    adjoint_a: object = False,
    a_is_sparse: object = False,
    b_is_sparse: object = False,
    name: object = None,
) -> Tensor:
    """A matrix with a vector."""
    (first, second), _ = operands(c, _flipped(c, a, (transpose_a, adjoint_a)), c.store.value(b))
    vector = c.dims(second, ("n",))
    if not vector:
        c.fail("rank-mismatch", f"matvec: needs a vector, got {c.text(second)}", second)
    column = second.with_(shape=(*vector, 1), origin=second.origin)
    found = product(c, first, column)
    shape = found.shape
    return made(shape[:-1] if isinstance(shape, tuple) else None, found.dtype)


@rule(*paths("linalg.tensordot"))
def tensordot(c: Call, a: object, b: object, axes: object, name: object = None) -> Tensor:
    """A number sums over the last axes of one and the first of the other; two lists name them."""
    (first, second), dtype = operands(c, a, b)
    value = c.store.value(axes)
    if isinstance(value, int):
        if value < 0:
            c.fail("argument-value", f"tensordot: axes must not be negative, got {value}")
        asked: Any = value
    elif isinstance(value, (list, tuple)) and len(value) == 2:
        asked = tuple([_axes(c, v) for v in value])
    else:
        raise NotKnown
    left, right = c.dims(first), c.dims(second)
    if isinstance(asked, int):
        if asked > len(left) or asked > len(right):
            c.fail("rank-mismatch", f"tensordot: {asked} axes of {c.text(first)} and {c.text(second)}", first, second)
        pairs = [(len(left) - asked + i, i) for i in range(asked)]
    else:
        if len(asked[0]) != len(asked[1]):
            c.fail("argument-value", f"tensordot: {len(asked[0])} axes against {len(asked[1])}", first, second)
        pairs = [(c.axis(i, len(left), first), c.axis(j, len(right), second)) for i, j in zip(asked[0], asked[1])]
    for i, j in pairs:
        c.require(
            left[i],
            right[j],
            "matmul-mismatch",
            f"tensordot: axis {i} of {c.text(first)} is {c.dim_text(left[i])}, axis {j} of {c.text(second)} is {c.dim_text(right[j])}",
            first,
            second,
        )
    gone = [i for i, _ in pairs], [j for _, j in pairs]
    return made(
        (*[d for i, d in enumerate(left) if i not in gone[0]], *[d for j, d in enumerate(right) if j not in gone[1]]),
        dtype,
    )


def _axes(c: Call, value: object) -> list[int]:
    value = c.store.value(value)
    if isinstance(value, (list, tuple)):
        return [known(c, v) for v in value]
    return [known(c, value)]


@rule("tensorflow.linalg.einsum")
def einsum(c: Call, equation: str, *inputs: Tensor, **kwargs: object) -> Tensor:
    """By the letters of the axes."""
    tensors, dtype = operands(c, *inputs)
    return made(einsum_shape(c, equation, [bare(t) for t in tensors], ones=False), dtype)


@rule("tensorflow.linalg.cross")
def cross(c: Call, a: object, b: object, name: object = None) -> Tensor:
    """Vectors of 3, along the last axis; nothing broadcasts."""
    (first, second), dtype = operands(c, a, b)
    one, two = c.dims(first), c.dims(second)
    if len(one) != len(two) or any(c.equate(x, y) is False for x, y in zip(one, two)):
        c.fail("shape-mismatch", f"cross: {c.text(first)} and {c.text(second)} differ", first, second)
    if not one or c.equate(one[-1], 3) is False:
        c.fail("shape-mismatch", f"cross: needs vectors of 3, got {c.text(first)}", first)
    return made(one, dtype)


# -- of one matrix -------------------------------------------------------------------------------------------------


def _matrix(c: Call, tensor: Tensor, square: bool = False) -> tuple[tuple[Dim, ...], Dim, Dim]:
    """The batch, rows and columns of a matrix or of many."""
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        raise NotKnown
    dims = c.dims(tensor)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"{c.name}: needs a matrix, got {c.text(tensor)}", tensor)
    if square:
        c.require(dims[-2], dims[-1], "not-square", f"{c.name}: needs a square matrix, got {c.text(tensor)}", tensor)
    return dims[:-2], dims[-2], dims[-1]


def _float(c: Call, tensor: Tensor) -> None:
    refuse(c, tensor.dtype, _FLOATING, tensor)


@rule(*paths("linalg.cholesky expm inv logm sqrtm"))
def square(c: Call, input: Tensor, *args: object, **kwargs: object) -> Tensor:
    _float(c, input)
    _matrix(c, input, True)
    return made(c.dims(input), input.dtype)


@rule(*paths("linalg.det"))
def det(c: Call, input: Tensor, name: object = None) -> Tensor:
    _float(c, input)
    return made(_matrix(c, input, True)[0], input.dtype)


@rule("tensorflow.linalg.logdet")
def logdet(c: Call, matrix: Tensor, name: object = None) -> Tensor:
    _float(c, matrix)
    return made(_matrix(c, matrix, True)[0], REAL_OF.get(matrix.dtype or "", matrix.dtype))


@rule("tensorflow.linalg.slogdet")
def slogdet(c: Call, input: Tensor, name: object = None) -> object:
    batch = _matrix(c, input, True)[0]
    return Named.of(sign=made(batch, input.dtype), log_abs_determinant=made(batch, input.dtype))


@rule("tensorflow.linalg.trace")
def trace(c: Call, x: Tensor, name: object = None) -> Tensor:
    return made(_matrix(c, x)[0], x.dtype)


@rule("tensorflow.linalg.eigvalsh", "tensorflow.linalg.eigvals", "tensorflow.linalg.eigh", "tensorflow.linalg.eig")
def eigen(c: Call, tensor: Tensor, name: object = None) -> object:
    """The values, and for eig and eigh the vectors."""
    _float(c, tensor)
    batch, size, _ = _matrix(c, tensor, True)
    dtype = tensor.dtype
    if c.name in ("eig", "eigvals"):
        dtype = COMPLEX_OF.get(dtype or "", dtype)
    values = made((*batch, size), dtype)
    return values if "vals" in c.name else (values, made((*batch, size, size), dtype))


@rule("tensorflow.linalg.svd")
def svd(c: Call, tensor: Tensor, full_matrices: bool = False, compute_uv: bool = True, name: object = None) -> object:
    """s, u, v; the singular values come first."""
    _float(c, tensor)
    batch, rows, columns = _matrix(c, tensor)
    least = minimum(rows, columns)
    s = made((*batch, least), REAL_OF.get(tensor.dtype or "", tensor.dtype))
    if not compute_uv:
        return s
    u = (*batch, rows, rows if full_matrices else least)
    v = (*batch, columns, columns if full_matrices else least)
    return s, made(u, tensor.dtype), made(v, tensor.dtype)


@rule("tensorflow.linalg.qr")
def qr(c: Call, input: Tensor, full_matrices: bool = False, name: object = None) -> object:
    _float(c, input)
    batch, rows, columns = _matrix(c, input)
    inner = rows if full_matrices else minimum(rows, columns)
    return Named.of(q=made((*batch, rows, inner), input.dtype), r=made((*batch, inner, columns), input.dtype))


@rule("tensorflow.linalg.lu")
def lu(c: Call, input: Tensor, output_idx_type: object = "int32", name: object = None) -> object:
    batch, size, _ = _matrix(c, input, True)
    return Named.of(lu=made(c.dims(input), input.dtype), p=made((*batch, size), named(c, output_idx_type)))


@rule("tensorflow.linalg.lu_matrix_inverse", "tensorflow.linalg.lu_reconstruct")
def of_lu(c: Call, lower_upper: Tensor, perm: Tensor, validate_args: object = False, name: object = None) -> Tensor:
    return made(lower_upper.shape, lower_upper.dtype)


@rule("tensorflow.linalg.pinv")
def pinv(c: Call, a: Tensor, rcond: object = None, validate_args: object = False, name: object = None) -> Tensor:
    batch, rows, columns = _matrix(c, a)
    return made((*batch, columns, rows), a.dtype)


@rule("tensorflow.linalg.matrix_rank")
def matrix_rank(c: Call, a: Tensor, tol: object = None, validate_args: object = False, name: object = None) -> Tensor:
    return made(_matrix(c, a)[0], "int32")


@rule("tensorflow.linalg.band_part")
def band_part(c: Call, input: Tensor, num_lower: object, num_upper: object, name: object = None) -> Tensor:
    _matrix(c, input)
    return made(input.shape, input.dtype)


# -- solving -------------------------------------------------------------------------------------------------------


@rule(*paths("linalg.solve triangular_solve"))
def solve(c: Call, matrix: object, rhs: object, *args: object, **kwargs: object) -> Tensor:
    """(*batch, n, n) and (*batch, n, k); the triangular form broadcasts the batch."""
    (a, b), dtype = operands(c, matrix, rhs)
    _float(c, a)
    batch, size, _ = _matrix(c, a, True)
    others, rows, columns = _matrix(c, b)
    c.require(size, rows, "matmul-mismatch", f"{c.name}: a system of {c.text(a)} with right sides {c.text(b)}", a, b)
    if c.name == "solve":
        if len(batch) != len(others) or any(c.equate(x, y) is False for x, y in zip(batch, others)):
            c.fail("batch-mismatch", f"solve: the batches of {c.text(a)} and {c.text(b)} differ", a, b)
        return made((*batch, rows, columns), dtype)
    return made((*c.broadcast(batch, others, what=f"leading dims of {c.name}", tensors=(a, b)), rows, columns), dtype)


@rule("tensorflow.linalg.cholesky_solve")
def cholesky_solve(c: Call, chol: object, rhs: object, name: object = None) -> Tensor:
    (a, b), dtype = operands(c, chol, rhs)
    batch, size, _ = _matrix(c, a, True)
    others, rows, columns = _matrix(c, b)
    c.require(size, rows, "matmul-mismatch", f"{c.name}: a system of {c.text(a)} with right sides {c.text(b)}", a, b)
    return made(
        (*c.broadcast(batch, others, what="leading dims of cholesky_solve", tensors=(a, b)), rows, columns), dtype
    )


@rule("tensorflow.linalg.lstsq")
def lstsq(
    c: Call, matrix: object, rhs: object, l2_regularizer: object = 0.0, fast: object = True, name: object = None
) -> Tensor:
    """(*batch, m, n) and (*batch, m, k) give (*batch, n, k)."""
    (a, b), dtype = operands(c, matrix, rhs)
    batch, rows, columns = _matrix(c, a)
    _, others, width = _matrix(c, b)
    c.require(rows, others, "matmul-mismatch", f"lstsq: {c.text(a)} with right sides {c.text(b)}", a, b)
    return made((*batch, columns, width), dtype)


@rule("tensorflow.linalg.lu_solve")
def lu_solve(
    c: Call, lower_upper: Tensor, perm: Tensor, rhs: Tensor, validate_args: object = False, name: object = None
) -> Tensor:
    batch, size, _ = _matrix(c, lower_upper, True)
    others, rows, columns = _matrix(c, rhs)
    c.require(
        size,
        rows,
        "matmul-mismatch",
        f"lu_solve: {c.text(lower_upper)} with right sides {c.text(rhs)}",
        lower_upper,
        rhs,
    )
    return made((*c.broadcast(batch, others), rows, columns), rhs.dtype)


@rule("tensorflow.linalg.tridiagonal_matmul", "tensorflow.linalg.tridiagonal_solve")
def tridiagonal(
    c: Call, diagonals: object, rhs: Tensor, diagonals_format: object = "compact", *args: object, **kwargs: object
) -> Tensor:
    return made(rhs.shape, rhs.dtype)


@rule("tensorflow.linalg.banded_triangular_solve")
def banded(
    c: Call, bands: Tensor, rhs: Tensor, lower: object = True, adjoint: object = False, name: object = None
) -> Tensor:
    """(*batch, bands, n) and (*batch, n, k)."""
    batch, _, size = _matrix(c, bands)
    others, rows, columns = _matrix(c, rhs)
    c.require(size, rows, "matmul-mismatch", f"{c.name}: {c.text(bands)} with right sides {c.text(rhs)}", bands, rhs)
    return made((*c.broadcast(batch, others), rows, columns), rhs.dtype)


# -- diagonals -----------------------------------------------------------------------------------------------------


def _offset(c: Call, k: object) -> int:
    return known(c, k)


@rule("tensorflow.linalg.diag")
def diag(
    c: Call,
    diagonal: Tensor,
    name: object = "diag",
    k: object = 0,
    num_rows: object = -1,
    num_cols: object = -1,
    padding_value: object = 0,
    align: object = "RIGHT_LEFT",
) -> Tensor:
    """A vector on the diagonal of a square matrix."""
    dims = c.dims(diagonal)
    if not dims:
        c.fail("rank-mismatch", "diag: needs a vector, got a scalar", diagonal)
    offset = abs(_offset(c, k))
    rows, columns = number(c, num_rows), number(c, num_cols)
    if rows != -1 or columns != -1:
        raise NotKnown
    size = dims[-1] + offset
    return made((*dims[:-1], size, size), diagonal.dtype)


@rule("tensorflow.linalg.diag_part")
def diag_part(
    c: Call, input: Tensor, name: object = "diag_part", k: object = 0, padding_value: object = 0, align: object = None
) -> Tensor:
    batch, rows, columns = _matrix(c, input)
    offset = _offset(c, k)
    if offset:
        rows, columns = (rows, columns - offset) if offset > 0 else (rows + offset, columns)
    return made((*batch, maximum(minimum(rows, columns), 0)), input.dtype)


@rule("tensorflow.linalg.set_diag")
def set_diag(
    c: Call, input: Tensor, diagonal: Tensor, name: object = "set_diag", k: object = 0, align: object = None
) -> Tensor:
    _matrix(c, input)
    return made(input.shape, input.dtype)


@rule("tensorflow.linalg.tensor_diag")
def tensor_diag(c: Call, diagonal: Tensor, name: object = None) -> Tensor:
    """Each axis twice."""
    dims = c.dims(diagonal)
    return made((*dims, *dims), diagonal.dtype)


@rule("tensorflow.linalg.tensor_diag_part")
def tensor_diag_part(c: Call, input: Tensor, name: object = None) -> Tensor:
    dims = c.dims(input)
    half = len(dims) // 2
    if len(dims) % 2 or any(c.equate(a, b) is False for a, b in zip(dims[:half], dims[half:])):
        c.fail("not-square", f"tensor_diag_part: needs each axis twice, got {c.text(input)}", input)
    return made(dims[:half], input.dtype)


@rule("tensorflow.linalg.eigh_tridiagonal")
def eigh_tridiagonal(
    c: Call,
    alpha: Tensor,
    beta: Tensor,
    eigvals_only: bool = True,
    select: object = "a",
    *args: object,
    **kwargs: object,
) -> object:
    dims = c.dims(alpha)
    if c.store.value(select) != "a":
        raise NotKnown
    values = made(dims, REAL_OF.get(alpha.dtype or "", alpha.dtype))
    return values if eigvals_only else (values, made((*dims, dims[-1]), alpha.dtype))
