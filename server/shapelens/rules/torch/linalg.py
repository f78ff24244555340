"""torch.linalg and its older twins in torch. Shapes as in their documentation; `batch` is any leading dims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shapelens.dims import Dim, equal, less, minimum, product
from shapelens.rules.call import Call, NotKnown, Operand
from shapelens.rules.patterns import Pattern, match
from shapelens.rules.registry import rule
from shapelens.rules.torch.elementwise import require_same_dtype, unary_dtype
from shapelens.rules.torch.matmul import product_dtype
from shapelens.rules.torch.reductions import known_axes, reduced_shape
from shapelens.values import Named, Open, Shape, Tensor
from shapelens.values.dtypes import COMPLEX_OF, category

_MATRIX = Pattern.axes("*batch n m")
Run = Any  # the leading dims: a tuple or an Open


def matrices(c: Call, tensor: Tensor, square: bool = False) -> tuple[Run, Dim, Dim]:
    """The leading dims, the rows and the columns. Fails with `rank-mismatch` or `not-square`."""
    bound: dict[str, Any] = {}
    match(c, _MATRIX, tensor, bound, {}, "rank-mismatch")
    n, m = bound["n"], bound["m"]
    if square:
        message = f"{c.name} needs square matrices, got {c.dim_text(n)} by {c.dim_text(m)} in {c.text(tensor)}"
        c.require(n, m, "not-square", message, tensor)
        n = m = c.store.dim(n)
    return bound["batch"], n, m


def batched(run: Run, *dims: Dim) -> Shape:
    """The leading dims with these behind them."""
    if isinstance(run, Open):
        return Open(run.prefix, run.var, run.suffix + dims)
    return (*run, *dims)


def require_float(c: Call, tensor: Tensor) -> None:
    """linalg takes float and complex tensors only."""
    if tensor.dtype is not None and category(tensor.dtype) < 2:
        c.fail("dtype-mismatch", f"{c.name} needs a float tensor, got {tensor.dtype}; convert it with .float()", tensor)


def _dtype(kind: str, dtype: str | None) -> str | None:
    if kind == "real":
        return unary_dtype("real", dtype)
    if kind == "complex":
        return None if dtype is None else COMPLEX_OF.get(dtype, dtype)
    return dtype if kind == "same" else kind


# -- functions of one matrix -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """What comes out: `"eigenvalues: n real"` is a (*batch, n) of the real dtype; k is the smaller of n and m."""

    names: str
    square: bool
    results: tuple[str, ...]
    any_dtype: bool = False


def _both(*names: str) -> str:
    """A function of torch, its method, and its twin in linalg."""
    return " ".join(f"torch.{n} torch.Tensor.{n} torch.linalg.{n}" for n in names)


TABLE = (
    Row(f"{_both('cholesky')} torch.linalg.inv torch.inverse torch.Tensor.inverse torch.cholesky_inverse "
        "torch.Tensor.cholesky_inverse", True, ("value: n n same",)),
    Row("torch.matrix_exp torch.Tensor.matrix_exp torch.linalg.matrix_exp", True, ("value: n n same",)),
    Row("torch.linalg.matrix_power torch.matrix_power torch.Tensor.matrix_power", True, ("value: n n same",), True),
    Row(f"{_both('det')} torch.logdet torch.Tensor.logdet", True, ("value: same",)),
    Row(_both("slogdet"), True, ("sign: same", "logabsdet: real")),
    Row("torch.linalg.inv_ex", True, ("inverse: n n same", "info: int32")),
    Row("torch.linalg.cholesky_ex", True, ("L: n n same", "info: int32")),
    Row("torch.linalg.eig", True, ("eigenvalues: n complex", "eigenvectors: n n complex")),
    Row("torch.linalg.eigh", True, ("eigenvalues: n real", "eigenvectors: n n same")),
    Row("torch.linalg.eigvals", True, ("value: n complex",)),
    Row("torch.linalg.eigvalsh", True, ("value: n real",)),
    Row("torch.linalg.ldl_factor", True, ("LD: n n same", "pivots: n int32")),
    Row("torch.linalg.lu_factor", False, ("LU: n m same", "pivots: k int32")),
    Row("torch.linalg.lu_factor_ex", False, ("LU: n m same", "pivots: k int32", "info: int32")),
    Row("torch.geqrf torch.Tensor.geqrf", False, ("a: n m same", "tau: k same")),
    Row("torch.linalg.svdvals", False, ("value: k real",)),
    Row("torch.pinverse torch.Tensor.pinverse", False, ("value: m n same",)),
    Row("torch.linalg.matrix_rank", False, ("value: int64",)),
)  # fmt: skip


def _result(c: Call, text: str, run: Run, sizes: dict[str, Dim], A: Tensor) -> Tensor:
    *dims, kind = text.split()
    return Tensor(batched(run, *[sizes[d] for d in dims]), _dtype(kind, A.dtype), "torch", A.device)


def _tabled(row: Row) -> Callable[..., Any]:
    named = [text.partition(": ")[::2] for text in row.results]

    def apply(c: Call, A: Tensor, *options: object, **more: object) -> object:
        if not row.any_dtype:
            require_float(c, A)
        run, n, m = matrices(c, A, row.square)
        sizes = {"n": n, "m": m, "k": n if row.square else minimum(n, m)}
        made = {name: _result(c, text, run, sizes, A) for name, text in named}
        return made["value"] if "value" in made else Named.of(**made)

    return apply


for _row in TABLE:
    rule(*_row.names.split())(_tabled(_row))


@rule("torch.linalg.pinv")
def pinv(
    c: Call, A: Tensor, rcond: object = None, *, atol: object = None, rtol: object = None, hermitian: object = False
) -> Tensor:
    """(*batch, n, m) gives (*batch, m, n); tolerances that are tensors broadcast with the batch."""
    require_float(c, A)
    run, n, m = matrices(c, A, hermitian is True)
    limits = [c.store.value(v) for v in (rcond, atol, rtol)]
    shapes = [c.dims(v) for v in limits if isinstance(v, Tensor)]
    if any(shapes):
        if not isinstance(run, tuple):
            raise NotKnown
        if any(less(0, d) is not True for d in c.dims(A)):
            raise NotKnown  # of nothing there is nothing to cut off, and torch does not look
        run = c.broadcast(run, *shapes, what="the batch and the tolerances of pinv")
    return A.with_(shape=batched(run, m, n))


@rule("torch.linalg.svd")
def svd(c: Call, A: Tensor, full_matrices: bool = True, *, driver: object = None) -> object:
    """U (n, n), S (k,), Vh (m, m); with full_matrices=False U (n, k), Vh (k, m)."""
    require_float(c, A)
    run, n, m = matrices(c, A)
    k = minimum(n, m)
    return Named.of(
        U=A.with_(shape=batched(run, n, n if full_matrices else k)),
        S=A.with_(shape=batched(run, k), dtype=_dtype("real", A.dtype)),
        Vh=A.with_(shape=batched(run, m if full_matrices else k, m)),
    )


@rule("torch.svd", "torch.Tensor.svd")
def old_svd(c: Call, input: Tensor, some: bool = True, compute_uv: bool = True) -> object:
    """As linalg.svd, but V is not transposed and `some` is the reverse of full_matrices."""
    require_float(c, input)
    run, n, m = matrices(c, input)
    k = minimum(n, m)
    reduced = some and compute_uv
    return Named.of(
        U=input.with_(shape=batched(run, n, k if reduced else n)),
        S=input.with_(shape=batched(run, k), dtype=_dtype("real", input.dtype)),
        V=input.with_(shape=batched(run, m, k if reduced else m)),
    )


def _qr(c: Call, A: Tensor, mode: str) -> Named:
    require_float(c, A)
    run, n, m = matrices(c, A)
    k = minimum(n, m)
    if mode not in ("reduced", "complete", "r"):
        c.fail("call-arguments", f"qr: mode must be 'reduced', 'complete' or 'r', got '{mode}'")
    inner = n if mode == "complete" else k
    q: Shape = (0,) if mode == "r" else batched(run, n, inner)
    return Named.of(Q=A.with_(shape=q), R=A.with_(shape=batched(run, inner, m)))


@rule("torch.linalg.qr")
def qr(c: Call, A: Tensor, mode: str = "reduced") -> object:
    """Q (n, k), R (k, m); "complete": Q (n, n), R (n, m)."""
    return _qr(c, A, mode)


@rule("torch.qr", "torch.Tensor.qr")
def old_qr(c: Call, input: Tensor, some: bool = True) -> object:
    return _qr(c, input, "reduced" if some else "complete")


@rule("torch.linalg.lu")
def lu(c: Call, A: Tensor, *, pivot: bool = True) -> object:
    """P (n, n), L (n, k), U (k, m); P is empty without pivoting."""
    require_float(c, A)
    run, n, m = matrices(c, A)
    k = minimum(n, m)
    p: Shape = batched(run, n, n) if pivot else (0,)
    return Named.of(
        P=A.with_(shape=p), L=A.with_(shape=batched(run, n, k)), U=A.with_(shape=batched(run, k, m))
    )  # fmt: skip


@rule("torch.svd_lowrank", "torch.pca_lowrank")
def low_rank(c: Call, A: Tensor, q: Dim | None = None, *options: object, **more: object) -> object:
    """U (n, q), S (q,), V (m, q); q is 6 where it was not given, and never more than n and m."""
    run, n, m = matrices(c, A)
    if q is None:
        q = 6
    if less(q, 0) is True:
        c.fail("argument-value", f"{c.name}: q must not be negative, got {c.dim_text(q)}", A)
    q = minimum(q, minimum(n, m))
    U, V = (A.with_(shape=batched(run, size, q)) for size in (n, m))
    return U, A.with_(shape=batched(run, q), dtype=_dtype("real", A.dtype)), V


@rule("torch.linalg.householder_product")
def householder_product(c: Call, A: Tensor, tau: Tensor) -> Tensor:
    """A (*batch, m, n) with m not below n, and tau (*batch, k) with k not above n."""
    require_float(c, A)
    require_same_dtype(c, A, tau)
    run, n, m = matrices(c, A)
    given = c.dims(tau)
    if less(n, m) is True:
        c.fail("shape-mismatch", f"{c.name} needs as many rows as columns or more, got {c.text(A)}", A)
    if not isinstance(run, tuple):
        raise NotKnown
    batched_alike = len(given) == len(run) + 1 and not any(equal(a, b) is False for a, b in zip(given, run))
    if not batched_alike or less(m, given[-1]) is True:
        c.fail("shape-mismatch", f"{c.name}: tau {c.text(tau)} does not fit {c.text(A)}", A, tau)
    return A.with_()


# -- solving ---------------------------------------------------------------------------------------------------------


def _solution(c: Call, A: Tensor, B: Tensor, left: bool) -> Tensor:
    """AX = B with A (*batch, n, n) and B (*batch, n, k), or (*batch, n) where that is just A's shape less a dim."""
    require_float(c, A)
    run, n, _ = matrices(c, A, square=True)
    right = c.dims(B)
    if not isinstance(run, tuple):
        raise NotKnown
    vector = len(right) == 1 or (len(right) == len(run) + 1 and all(equal(a, b) for a, b in zip(right, (*run, n))))
    if vector and not left:
        raise NotKnown
    if not vector and len(right) == len(run) + 1 and any(equal(a, b) is None for a, b in zip(right, (*run, n))):
        raise NotKnown
    if not right:
        c.fail("rank-mismatch", f"{c.name}: B must have at least one dim", B)
    size = right[-1] if vector or not left else right[-2]
    message = f"{c.name}: A {c.text(A)} and B {c.text(B)}: {c.dim_text(n)} against {c.dim_text(size)}"
    c.require(n, size, "matmul-mismatch", message, A, B)
    own, last = (right[:-1], right[-1:]) if vector else (right[:-2], right[-2:])
    batch = c.broadcast(run, own, what=f"leading dims of {c.name}", tensors=(A, B))
    return Tensor((*batch, *last), product_dtype(c, A, B), "torch", A.device)


@rule("torch.linalg.solve")
def solve(c: Call, A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    return _solution(c, A, B, left)


@rule("torch.linalg.solve_ex")
def solve_ex(c: Call, A: Tensor, B: Tensor, *, left: bool = True, check_errors: object = False) -> object:
    result = _solution(c, A, B, left)
    return Named.of(result=result, info=Tensor(matrices(c, A)[0], "int32", "torch", A.device))


def _triangular(c: Call, A: Tensor, B: Tensor, left: bool, mixed: bool = False) -> Tensor:
    run, n, _ = matrices(c, A, square=True)
    batch, rows, columns = matrices(c, B)
    if not isinstance(run, tuple) or not isinstance(batch, tuple):
        raise NotKnown
    size = rows if left else columns
    message = f"{c.name}: {c.text(A)} and {c.text(B)}: {c.dim_text(n)} against {c.dim_text(size)}"
    c.require(n, size, "matmul-mismatch", message, A, B)
    shape = c.broadcast(run, batch, what=f"leading dims of {c.name}", tensors=(A, B))
    dtype = None if mixed and A.dtype != B.dtype else product_dtype(c, A, B)
    return Tensor((*shape, rows, columns), dtype, "torch", A.device)


@rule("torch.linalg.solve_triangular")
def solve_triangular(
    c: Call, A: Tensor, B: Tensor, *, upper: object, left: bool = True, unitriangular: object = False
) -> Tensor:
    return _triangular(c, A, B, left, mixed=True)  # torch does not compare the dtypes in every case


@rule("torch.cholesky_solve", "torch.Tensor.cholesky_solve")
def cholesky_solve(c: Call, B: Tensor, L: Tensor, upper: object = False) -> Tensor:
    return _triangular(c, L, B, True)


@rule("torch.linalg.lstsq")
def lstsq(c: Call, A: Tensor, B: Tensor, rcond: object = None, *, driver: object = None) -> object:
    """A (*batch, n, m), B (*batch, n, k) or (*batch, n): the solution is (*batch, m, k) or (*batch, m).

    The other fields depend on the driver and on the device.
    """
    require_float(c, A)
    run, n, m = matrices(c, A)
    right = c.dims(B)
    if not isinstance(run, tuple):
        raise NotKnown
    vector = len(right) == len(run) + 1
    if vector and any(equal(a, b) is not True for a, b in zip(right, (*run, n))):
        raise NotKnown
    if not vector and len(right) < 2:
        raise NotKnown
    size = right[-1] if vector else right[-2]
    message = f"lstsq: A {c.text(A)} and B {c.text(B)}: {c.dim_text(n)} against {c.dim_text(size)}"
    c.require(n, size, "matmul-mismatch", message, A, B)
    batch = c.broadcast(run, right[:-1] if vector else right[:-2], what="leading dims of lstsq", tensors=(A, B))
    dtype = product_dtype(c, A, B)
    solution = Tensor((*batch, m) if vector else (*batch, m, right[-1]), dtype, "torch", A.device)
    rest = Tensor(None, dtype)
    return Named.of(solution=solution, residuals=rest, rank=Tensor(None, "int64"), singular_values=rest)


@rule("torch.linalg.tensorinv")
def tensorinv(c: Call, A: Tensor, ind: int = 2) -> Tensor:
    """The first `ind` dims change places with the others; both sorts have as many elements."""
    shape = c.dims(A)
    if ind <= 0:
        c.fail("call-arguments", f"tensorinv: ind must be positive, got {ind}")
    message = f"tensorinv: the first {ind} dims of {c.text(A)} and the others must have as many elements"
    c.require(product(shape[:ind]), product(shape[ind:]), "not-square", message, A)
    return A.with_(shape=shape[ind:] + shape[:ind])


@rule("torch.linalg.vander")
def vander(c: Call, x: Tensor, *, N: Dim | None = None) -> Tensor:
    """(*batch, n) gives (*batch, n, N); N is n where it was not given."""
    shape = c.dims(x) or (1,)
    size = shape[-1] if N is None else N
    if less(size, 2) is True:
        c.fail("call-arguments", f"vander: N must be greater than 1, got {c.dim_text(size)}", x)
    dtype = x.dtype if x.dtype is None or category(x.dtype) >= 2 else "int64"
    return x.with_(shape=(*shape, size), dtype=dtype)


# -- norms -----------------------------------------------------------------------------------------------------------


def _norm(c: Call, A: Tensor, shape: Shape, dtype: object) -> Tensor:
    require_float(c, A)
    return Tensor(shape, _dtype("real", c.dtype(dtype, A.dtype)), "torch", A.device)


@rule("torch.linalg.vector_norm")
def vector_norm(
    c: Call, x: Tensor, ord: object = 2, dim: object = None, keepdim: bool = False, *, dtype: object = None
) -> Tensor:
    return _norm(c, x, reduced_shape(c, x, dim, keepdim), dtype)


@rule("torch.linalg.matrix_norm")
def matrix_norm(
    c: Call, A: Tensor, ord: object = "fro", dim: object = (-2, -1), keepdim: bool = False, *, dtype: object = None
) -> Tensor:
    matrices(c, A)
    axes = known_axes(dim)
    if len(axes) != 2:
        c.fail("axis-out-of-range", f"matrix_norm: dim must name two dims, got {axes}")
    return _norm(c, A, reduced_shape(c, A, axes, keepdim), dtype)


@rule("torch.linalg.norm")
def norm(
    c: Call, A: Tensor, ord: Operand | str | None = None, dim: object = None, keepdim: bool = False,
    *, dtype: object = None,
) -> Tensor:  # fmt: skip
    """Of all elements without ord and dim; a vector or matrix norm by the number of dims otherwise."""
    shape = c.shape(A)
    if dim is None and ord is not None and isinstance(shape, tuple) and len(shape) not in (1, 2):
        c.fail("rank-mismatch", f"norm: with ord and without dim it needs one or two dims, got {c.text(A)}", A)
    if dim is not None and len(known_axes(dim)) not in (1, 2) and ord is not None:
        c.fail("axis-out-of-range", f"norm: dim must name one or two dims, got {known_axes(dim)}")
    return _norm(c, A, reduced_shape(c, A, dim, keepdim), dtype)


@rule("torch.linalg.cond")
def cond(c: Call, A: Tensor, p: object = None) -> Tensor:
    require_float(c, A)
    run, _, _ = matrices(c, A, square=p not in (None, 2, -2))
    return Tensor(run, _dtype("real", A.dtype), "torch", A.device)
