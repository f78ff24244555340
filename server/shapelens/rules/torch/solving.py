"""torch and torch.linalg: systems of equations solved with a factorization, and eigenvalues found step by step.

lu_solve(B (n, k), LU (n, n), pivots (n,))    (n, k)
tensorsolve(A (*b, *d), B (*b))               (*d)
ormqr(Q (m, k), tau (k,), C (m, n))           like C
"""

from __future__ import annotations

from shapelens.dims import Dim, equal, minimum, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import apply_rule, rule, rules
from shapelens.rules.torch.elementwise import require_same_dtype
from shapelens.rules.torch.linalg import batched, matrices, require_float
from shapelens.rules.torch.matmul import product_dtype
from shapelens.values import Named, Tensor
from shapelens.values.dtypes import INTEGERS


def _solved(c: Call, A: Tensor, B: Tensor, left: bool) -> Tensor:
    """AX = B, or XA = B: A is (*batch, n, n), B (*batch, n, k) or (*batch, k, n)."""
    require_float(c, A)
    run, n, _ = matrices(c, A, square=True)
    own, rows, columns = matrices(c, B)
    if not isinstance(run, tuple) or not isinstance(own, tuple):
        raise NotKnown
    size = rows if left else columns
    message = f"{c.name}: {c.text(A)} and {c.text(B)}: {c.dim_text(n)} against {c.dim_text(size)}"
    c.require(n, size, "matmul-mismatch", message, A, B)
    batch = c.broadcast(run, own, what=f"leading dims of {c.name}", tensors=(A, B))
    return Tensor((*batch, rows, columns), product_dtype(c, A, B), "torch", A.device)


def _pivots(c: Call, LU: Tensor, pivots: Tensor, dtypes: tuple[str, ...] = ("int32",)) -> None:
    """One pivot for each row."""
    matrices(c, LU, square=True)
    rows, given = c.dims(LU)[:-1], c.dims(pivots)
    if len(rows) != len(given) or any(equal(a, b) is False for a, b in zip(rows, given)):
        message = f"{c.name}: the pivots of {c.text(LU)} must be {c.text(rows)}, got {c.text(pivots)}"
        c.fail("shape-mismatch", message, pivots)
    if pivots.dtype is not None and pivots.dtype not in dtypes:
        c.fail("dtype-mismatch", f"{c.name}: the pivots must be int32, got {pivots.dtype}", pivots)


@rule("torch.lu_solve", "torch.Tensor.lu_solve")
def old_lu_solve(c: Call, b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    _pivots(c, LU_data, LU_pivots)
    return _solved(c, LU_data, b, True)


@rule("torch.linalg.lu_solve")
def lu_solve(c: Call, LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: object = False) -> Tensor:
    _pivots(c, LU, pivots)
    return _solved(c, LU, B, left)


@rule("torch.linalg.ldl_solve")
def ldl_solve(c: Call, LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: object = False) -> Tensor:
    _pivots(c, LD, pivots, INTEGERS)
    return _solved(c, LD, B, True)


@rule("torch.linalg.ldl_factor_ex")
def ldl_factor_ex(c: Call, A: Tensor, *, hermitian: object = False, check_errors: object = False) -> object:
    require_float(c, A)
    run, n, _ = matrices(c, A, square=True)
    made = {"LD": A.with_(), "pivots": batched(run, n), "info": run}
    return Named.of(
        **{k: v if isinstance(v, Tensor) else Tensor(v, "int32", "torch", A.device) for k, v in made.items()}
    )


@rule("torch.linalg.tensorsolve")
def tensorsolve(c: Call, A: Tensor, B: Tensor, dims: object = None) -> Tensor:
    """The first dims of A are those of B; behind them are those of X, as many elements in all."""
    require_float(c, A)
    a, b = c.dims(A), c.dims(B)
    if dims is not None:
        moved = c.axes(dims, len(a), A)
        a = (*(d for i, d in enumerate(a) if i not in moved), *(a[i] for i in moved))
    front, back = a[: len(b)], a[len(b) :]
    message = f"tensorsolve: the dims of {c.text(A)} before and behind those of {c.text(B)} must have as many elements"
    c.require(product(front), product(back), "not-square", message, A, B)
    return Tensor(back, product_dtype(c, A, B), "torch", A.device)


@rule("torch.triangular_solve", "torch.Tensor.triangular_solve")
def triangular_solve(
    c: Call, b: Tensor, A: Tensor, upper: object = True, transpose: object = False, unitriangular: object = False
) -> object:
    solution = _solved(c, A, b, True)
    return Named.of(solution=solution, cloned_coefficient=A.with_(shape=(*c.dims(solution)[:-2], *c.dims(A)[-2:])))


@rule("torch.lu_unpack")
def lu_unpack(
    c: Call, LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> object:
    """P (n, n), L (n, k), U (k, m) of an (n, m) matrix; what is not asked for is empty."""
    run, n, m = matrices(c, LU_data)
    k = minimum(n, m)
    empty = LU_data.with_(shape=(0,))
    return Named.of(
        P=LU_data.with_(shape=batched(run, n, n)) if unpack_pivots else empty,
        L=LU_data.with_(shape=batched(run, n, k)) if unpack_data else empty,
        U=LU_data.with_(shape=batched(run, k, m)) if unpack_data else empty,
    )


@rule("torch.orgqr", "torch.Tensor.orgqr")
def orgqr(c: Call, input: Tensor, tau: Tensor) -> Tensor:
    """The first columns of Q, from what geqrf gives."""
    return apply_rule(c, rules["torch.linalg.householder_product"], (input, tau), {})  # type: ignore[no-any-return]


@rule("torch.ormqr", "torch.Tensor.ormqr")
def ormqr(c: Call, input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: object = False) -> Tensor:
    """Q @ other, or other @ Q, with the Q of (m, m) that `input` (m, k) and tau (k,) stand for."""
    require_float(c, input)
    require_same_dtype(c, input, tau, other)
    _, rows, columns = matrices(c, input)
    if len(c.dims(tau)) != len(c.dims(input)) - 1:
        c.fail("rank-mismatch", f"ormqr: tau must have one dim less than {c.text(input)}, got {c.text(tau)}", tau)
    _, n, m = matrices(c, other)
    size = n if left else m
    message = f"ormqr: {c.text(input)} and {c.text(other)}: {c.dim_text(rows)} against {c.dim_text(size)}"
    c.require(rows, size, "matmul-mismatch", message, input, other)
    message = f"ormqr: tau {c.text(tau)} does not fit {c.text(input)}"
    c.require(c.dims(tau)[-1], minimum(size, columns), "shape-mismatch", message, input, tau)
    return other.with_()


@rule("torch.lobpcg")
def lobpcg(c: Call, A: Tensor, k: Dim | None = None, *options: object, **more: object) -> object:
    """The k largest eigenvalues (*batch, k) and their vectors (*batch, n, k); one where k was not given."""
    run, n, _ = matrices(c, A, square=True)
    if k is None:
        if options or more.get("X") is not None:
            raise NotKnown
        k = 1
    return A.with_(shape=batched(run, k)), A.with_(shape=batched(run, n, k))
