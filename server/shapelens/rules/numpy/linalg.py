"""numpy.linalg: norms, solving, factorizations; the last two axes are matrices."""

from __future__ import annotations

from shapelens.dims import Dim, equal, minimum, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.numpy.arrays import Array, array
from shapelens.rules.numpy.dtypes import divided, promoted, real, solved
from shapelens.rules.numpy.reductions import over
from shapelens.rules.registry import rule
from shapelens.values import Named, Scalar, Tensor

_HALF = "float16"


def _matrices(c: Call, a: Tensor, square: bool = True) -> tuple[tuple[Dim, ...], Dim, Dim]:
    """The dims in front, the rows and the columns. Fails for fewer than two dims, for float16, and if not square."""
    dims = c.dims(a)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"{c.name} needs at least two dims, got {c.text(a)}", a)
    if a.dtype == _HALF and 0 not in dims:
        c.fail("dtype-mismatch", f"{c.name} is not defined for float16", a)
    if square:
        c.require(dims[-1], dims[-2], "not-square", f"{c.name} needs square matrices, got {c.text(a)}", a)
    return dims[:-2], dims[-2], dims[-1]


def _norm_dtype(dtype: str | None) -> str | None:
    return real(divided(dtype))


@rule("numpy.linalg.norm")
def norm(c: Call, x: Array, ord: object = None, axis: object = None, keepdims: bool = False) -> Tensor:
    """Of vectors along one axis, of matrices along two, of everything without an axis."""
    value = c.store.value(axis)
    rank = len(c.dims(x))
    if isinstance(value, list):
        value = tuple(value)
    if value is None and c.store.value(ord) is not None and rank > 2:
        c.fail("rank-mismatch", f"norm of {c.text(x)} with an order needs an axis", x)
    if isinstance(value, tuple) and len(value) > 2:
        c.fail("argument-value", f"norm goes along one axis or two, got {len(value)}", x)
    return over(c, x, value, keepdims, _norm_dtype(x.dtype) if ord is None else None)


@rule("numpy.linalg.vector_norm")
def vector_norm(c: Call, x: Array, *, axis: object = None, keepdims: bool = False, ord: object = 2) -> Tensor:
    """Along axes, or of all elements."""
    return over(c, x, c.store.value(axis), keepdims, _norm_dtype(x.dtype) if ord == 2 else None)


@rule("numpy.linalg.matrix_norm")
def matrix_norm(c: Call, x: Array, *, keepdims: bool = False, ord: object = "fro") -> Tensor:
    """Of each matrix."""
    dims = c.dims(x)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"matrix_norm needs at least two dims, got {c.text(x)}", x)
    return over(c, x, (-2, -1), keepdims, _norm_dtype(x.dtype) if ord == "fro" else None)


@rule("numpy.linalg.inv", "numpy.linalg.cholesky")
def inv(c: Call, a: Array, **options: object) -> Tensor:
    """Of square matrices, the same shape."""
    front, rows, columns = _matrices(c, a)
    return array((*front, rows, columns), solved(a.dtype))


@rule("numpy.linalg.pinv")
def pinv(c: Call, a: Array, rcond: object = None, hermitian: object = False, **options: object) -> Tensor:
    """The shape transposed."""
    front, rows, columns = _matrices(c, a, False)
    return array((*front, columns, rows), solved(a.dtype) if 0 not in c.dims(a) else None)


@rule("numpy.linalg.det")
def det(c: Call, a: Array) -> Tensor:
    """One number for each matrix."""
    return array(_matrices(c, a)[0], solved(a.dtype))


@rule("numpy.linalg.slogdet")
def slogdet(c: Call, a: Array) -> object:
    """The sign and the logarithm of each determinant."""
    front = _matrices(c, a)[0]
    return Named.of(sign=array(front, solved(a.dtype)), logabsdet=array(front, real(solved(a.dtype))))


@rule("numpy.linalg.cond")
def cond(c: Call, x: Array, p: object = None) -> Tensor:
    """One number for each matrix."""
    value = c.store.value(p)
    return array(_matrices(c, x, value not in (None, 2, -2))[0], real(solved(x.dtype)) if value is None else None)


@rule("numpy.linalg.matrix_rank")
def matrix_rank(c: Call, A: Array, tol: object = None, hermitian: object = False, **options: object) -> object:
    """One number for each matrix; a vector has rank 0 or 1, as a plain int."""
    if len(c.dims(A)) < 2:
        return Scalar("int")
    return array(_matrices(c, A, False)[0], "int64")


@rule("numpy.linalg.matrix_power")
def matrix_power(c: Call, a: Array, n: object) -> Tensor:
    """Of square matrices, the same shape."""
    dims = c.dims(a)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"matrix_power needs at least two dims, got {c.text(a)}", a)
    c.require(dims[-1], dims[-2], "not-square", f"matrix_power needs square matrices, got {c.text(a)}", a)
    power = c.store.value(n)
    if not isinstance(power, int):
        return array(dims, None)
    return array(dims, solved(a.dtype) if power < 0 else a.dtype)


@rule("numpy.linalg.eig")
def eig(c: Call, a: Array) -> object:
    """Eigenvalues and eigenvectors; whether they are complex, only the run knows."""
    front, rows, columns = _matrices(c, a)
    dtype = solved(a.dtype) if a.dtype is not None and "complex" in a.dtype else None
    return Named.of(eigenvalues=array((*front, rows), dtype), eigenvectors=array((*front, rows, columns), dtype))


@rule("numpy.linalg.eigvals")
def eigvals(c: Call, a: Array) -> Tensor:
    """The eigenvalues alone."""
    front, rows, _ = _matrices(c, a)
    return array((*front, rows), solved(a.dtype) if a.dtype is not None and "complex" in a.dtype else None)


@rule("numpy.linalg.eigh")
def eigh(c: Call, a: Array, UPLO: object = "L") -> object:
    """Of symmetric matrices: the eigenvalues are real."""
    front, rows, columns = _matrices(c, a)
    values = array((*front, rows), real(solved(a.dtype)))
    return Named.of(eigenvalues=values, eigenvectors=array((*front, rows, columns), solved(a.dtype)))


@rule("numpy.linalg.eigvalsh")
def eigvalsh(c: Call, a: Array, UPLO: object = "L") -> Tensor:
    """The eigenvalues alone."""
    front, rows, _ = _matrices(c, a)
    return array((*front, rows), real(solved(a.dtype)))


@rule("numpy.linalg.svd")
def svd(c: Call, a: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: object = False) -> object:
    """U, S and Vh; S alone without `compute_uv`."""
    front, rows, columns = _matrices(c, a, hermitian is True)
    least, dtype = minimum(rows, columns), solved(a.dtype)
    singular = array((*front, least), real(dtype))
    if not compute_uv:
        return singular
    left, right = (rows, columns) if full_matrices else (least, least)
    return Named.of(U=array((*front, rows, left), dtype), S=singular, Vh=array((*front, right, columns), dtype))


@rule("numpy.linalg.svdvals")
def svdvals(c: Call, x: Array) -> Tensor:
    """The singular values alone."""
    front, rows, columns = _matrices(c, x, False)
    return array((*front, minimum(rows, columns)), real(solved(x.dtype)))


@rule("numpy.linalg.qr")
def qr(c: Call, a: Array, mode: str = "reduced") -> object:
    """Q and R; R alone for "r"."""
    front, rows, columns = _matrices(c, a, False)
    least, dtype = minimum(rows, columns), solved(a.dtype)
    if mode == "r":
        return array((*front, least, columns), dtype)
    if mode not in ("reduced", "complete"):
        raise NotKnown
    inner = least if mode == "reduced" else rows
    return Named.of(Q=array((*front, rows, inner), dtype), R=array((*front, inner, columns), dtype))


@rule("numpy.linalg.solve")
def solve(c: Call, a: Array, b: Array) -> Tensor:
    """`a @ x = b` for one vector or for matrices, which broadcast."""
    front, rows, _ = _matrices(c, a)
    dims = c.dims(b)
    if b.dtype == _HALF:
        c.fail("dtype-mismatch", "solve is not defined for float16", b)
    if not dims:
        c.fail("rank-mismatch", "solve needs a right side of at least one dim", b)
    dtype = promoted(solved(a.dtype), solved(b.dtype))
    at = -1 if len(dims) == 1 else -2
    message = f"solve: {c.text(a)} against {c.text(b)}: {c.dim_text(rows)} rows against {c.dim_text(dims[at])}"
    c.require(rows, dims[at], "matmul-mismatch", message, a, b)
    if len(dims) == 1:
        return array((*front, rows), dtype)
    return array((*c.broadcast(front, dims[:-2], what="solve", tensors=(a, b)), rows, dims[-1]), dtype)


@rule("numpy.linalg.lstsq")
def lstsq(c: Call, a: Array, b: Array, rcond: object = None) -> object:
    """The solution, the residues, the rank and the singular values."""
    rows, columns = _matrices(c, a, False)[1:]
    if len(c.dims(a)) != 2:
        c.fail("rank-mismatch", f"lstsq takes one matrix, got {c.text(a)}", a)
    dims = c.dims(b)
    if b.dtype == _HALF:
        c.fail("dtype-mismatch", "lstsq is not defined for float16", b)
    if len(dims) not in (1, 2):
        c.fail("rank-mismatch", f"lstsq takes a right side of one or two dims, got {c.text(b)}", b)
    message = f"lstsq: {c.text(a)} against {c.text(b)}: {c.dim_text(rows)} rows against {c.dim_text(dims[0])}"
    c.require(rows, dims[0], "matmul-mismatch", message, a, b)
    dtype = promoted(solved(a.dtype), solved(b.dtype))
    values = array((minimum(rows, columns),), real(dtype))
    return array((columns, *dims[1:]), dtype), array((c.fresh("n", 0),), real(dtype)), array((), "int32"), values


@rule("numpy.linalg.tensorinv")
def tensorinv(c: Call, a: Array, ind: int = 2) -> Tensor:
    """The first `ind` axes behind the others."""
    dims = c.dims(a)
    if ind <= 0:
        c.fail("argument-value", f"tensorinv: ind must be positive, got {ind}", a)
    front, back = dims[:ind], dims[ind:]
    if equal(product(front), product(back)) is False:
        c.fail("not-square", f"tensorinv: {c.text(front)} and {c.text(back)} differ in their products", a)
    return array((*back, *front), solved(a.dtype))


@rule("numpy.linalg.tensorsolve")
def tensorsolve(c: Call, a: Array, b: Array, axes: object = None) -> Tensor:
    """The axes of `a` behind those of `b`."""
    if c.store.value(axes) is not None:
        raise NotKnown
    x, y = c.dims(a), c.dims(b)
    wanted = x[len(y) :]
    if equal(product(x[: len(y)]), product(wanted)) is False or equal(product(y), product(wanted)) is False:
        c.fail("not-square", f"tensorsolve: {c.text(a)} does not go with {c.text(b)}", a, b)
    return array(wanted, promoted(solved(a.dtype), solved(b.dtype)))


@rule("numpy.linalg.trace")
def trace(c: Call, x: Array, *, offset: object = 0, dtype: object = None) -> Tensor:
    """The sum along the diagonal of each matrix."""
    from shapelens.rules.numpy.dtypes import asked, summed

    dims = c.dims(x)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"trace needs at least two dims, got {c.text(x)}", x)
    return array(dims[:-2], asked(c, dtype, summed(x.dtype)))
