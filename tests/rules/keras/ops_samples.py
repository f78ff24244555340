"""What each function of keras.ops is called with in the tests: fitting arguments and others, drawn by hypothesis.

A sampler takes `draw` and gives the arguments. `SAMPLES[path]` is one or several samplers; a rule without any fails a test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.rules.keras.harness import Either, Identity, X


@dataclass(frozen=True)
class Args:
    """The arguments of one call. With `loose` our side may know less: of dtypes that backends treat differently."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    loose: bool = False


Draw = Callable[[Any], Any]
Sampler = Callable[[Draw], Args]
SAMPLES: dict[str, list[Sampler]] = {}

DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool", "float16", "bfloat16")
REAL = ("float32", "float64", "int32", "int64", "uint8")


def sampler(*names: str) -> Callable[[Sampler], Sampler]:
    """Register a sampler for these functions: `ops.sum` is keras.ops.sum."""

    def register(function: Sampler) -> Sampler:
        for name in " ".join(names).split():
            SAMPLES.setdefault(full(name), []).append(function)
        return function

    return register


def full(name: str) -> str:
    """The path of a short name: keras.ops.sum of `sum`."""
    return name if name.startswith("keras.") else f"keras.ops.{name}"


def number(draw: Draw, low: int, high: int) -> int:
    """A drawn int."""
    return draw(st.integers(low, high))


def one_of(draw: Draw, *values: Any) -> Any:
    """One of the values."""
    return draw(st.sampled_from(values))


def a_shape(draw: Draw, low: int = 0, high: int = 3, sizes: Sequence[int] = (1, 2, 3, 4)) -> tuple[int, ...]:
    """A shape of a rank between low and high."""
    return tuple(draw(st.lists(st.sampled_from(sizes), min_size=low, max_size=high)))


def like(draw: Draw, shape: Sequence[int], change: Sequence[int] = (1, 5)) -> tuple[int, ...]:
    """The shape, with a dim in five as another size, so that some fit and some do not."""
    return tuple(one_of(draw, *[n] * 8, *change) for n in shape)


def axis(draw: Draw, rank: int) -> int:
    """An axis, seldom one that is not there."""
    return number(draw, -rank - (number(draw, 0, 5) == 0), rank - 1 + (number(draw, 0, 5) == 0))


# -- elementwise ---------------------------------------------------------------------------------------------------

UNARY = (
    "abs absolute conj conjugate negative sign copy imag real trunc relu relu6 arccos arccosh arcsin "
    "arcsinh arctan arctanh cos cosh exp exp2 expm1 log log10 log1p log2 sin sinc sinh sqrt tan tanh angle ceil floor fabs cbrt "
    "deg2rad rad2deg square isfinite isinf isnan isneginf isposinf isreal logical_not signbit erf erfinv rsqrt hard_sigmoid "
    "hard_silu hard_swish hard_tanh log_sigmoid selu softplus softsign sigmoid silu swish tanh_shrink sparse_plus sparse_sigmoid "
    "celu elu gelu soft_shrink hard_shrink squareplus leaky_relu reciprocal erfc round nan_to_num i0 stop_gradient "
    "zeros_like ones_like empty_like array view size dtype is_tensor shape convert_to_tensor convert_to_numpy flipud fliplr "
    "ravel transpose diag diagflat tril triu diagonal trace"
)


@sampler(UNARY)
def unary(draw: Draw) -> Args:
    dtype = one_of(draw, "float32", "float32", *DTYPES)
    return Args((X(a_shape(draw), dtype),), loose=dtype != "float32")


@sampler("bitwise_invert bitwise_not ndim nonzero")
def unary_loose(draw: Draw) -> Args:
    """Of any dtype."""
    return Args((X(a_shape(draw), one_of(draw, *DTYPES)),), loose=True)


@sampler("threshold")
def _threshold(draw: Draw) -> Args:
    return Args((X(a_shape(draw)), 0.5, 0.0))


@sampler("cast saturate_cast view")
def _cast(draw: Draw) -> Args:
    dtype = one_of(draw, *REAL)
    return Args((X(a_shape(draw), one_of(draw, *REAL)), dtype), loose=True)


@sampler("clip")
def _clip(draw: Draw) -> Args:
    return Args((X(a_shape(draw), one_of(draw, *REAL)), one_of(draw, 0, 0.5), 2), loose=True)


BINARY = (
    "add subtract multiply floor_divide power maximum minimum fmax fmin divide true_divide divide_no_nan mod fmod equal not_equal "
    "less less_equal greater greater_equal logical_and logical_or logical_xor arctan2 logaddexp logaddexp2 nextafter hypot "
    "heaviside isclose allclose isin keras.KerasTensor.__add__"
)


@sampler(BINARY.replace("keras.KerasTensor.__add__", ""))
def binary(draw: Draw) -> Args:
    """Two tensors that broadcast, or nearly."""
    shape = a_shape(draw)
    other = like(draw, shape[number(draw, 0, len(shape)) :])
    pair = [X(shape, none=(0,)), X(other, none=(0,) if len(other) == len(shape) else ())]
    return Args(tuple(draw(st.permutations(pair))))


@sampler(BINARY.replace("keras.KerasTensor.__add__", ""), "gcd lcm ldexp bitwise_and bitwise_or bitwise_xor left_shift "
         "right_shift bitwise_left_shift bitwise_right_shift polar")  # fmt: skip
def binary_dtypes(draw: Draw) -> Args:
    """Of any two dtypes."""
    shape = a_shape(draw)
    return Args((X(shape, one_of(draw, *DTYPES)), X(shape, one_of(draw, *DTYPES))), loose=True)


@sampler(
    "add subtract multiply floor_divide power maximum minimum divide true_divide mod equal less greater logical_and arctan2"
)
def with_number(draw: Draw) -> Args:
    """A tensor and a plain number, in either order."""
    pair = [X(a_shape(draw), one_of(draw, *DTYPES)), one_of(draw, 2, 2.5, True)]
    return Args(tuple(draw(st.permutations(pair))), loose=True)


@sampler("where")
def _where(draw: Draw) -> Args:
    shape = a_shape(draw)
    parts = [like(draw, shape[number(draw, 0, len(shape)) :]) for _ in range(3)]
    rank = max(map(len, parts))
    condition, one, two = (X(p, none=(0,) if len(p) == rank else ()) for p in parts)
    return Args((X(condition.shape, "bool", condition.none), one, one_of(draw, two, 1.0)))


@sampler("select")
def _select(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args(([X(shape, "bool"), X(shape, "bool")], [X(shape), X(shape)]))


@sampler("view_as_complex")
def _complex(draw: Draw) -> Args:
    return Args(
        (
            X(
                (*a_shape(draw), one_of(draw, 2, 2, 2, 3)),
            ),
        )
    )


@sampler("view_as_real")
def _real(draw: Draw) -> Args:
    return Args((X(a_shape(draw), "complex64"),))


# -- reductions ----------------------------------------------------------------------------------------------------

REDUCTIONS = (
    "all any amax amin max min mean var std sum prod ptp nanmax nanmin nanmean nanstd nanvar nansum nanprod median nanmedian "
    "argmax argmin nanargmax nanargmin logsumexp count_nonzero average"
)


@sampler(REDUCTIONS)
def reduction(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape),), {"axis": one_of(draw, None, axis(draw, len(shape)))})


@sampler(REDUCTIONS)
def reduction_dtypes(draw: Draw) -> Args:
    dtype = one_of(draw, *DTYPES)
    return Args((X(a_shape(draw, 1), dtype),), {"axis": 0}, loose=True)


@sampler("all any amax amin max min mean var std sum prod logsumexp median")
def reduction_kept(draw: Draw) -> Args:
    shape = a_shape(draw, 2)
    axes = one_of(draw, 0, -1, (0, 1), [1], None)
    return Args(
        (X(shape),), {"axis": tuple(axes) if isinstance(axes, list) else axes, "keepdims": one_of(draw, True, False)}
    )


@sampler("norm")
def _norm(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape, one_of(draw, "float32", "int32")),), {"axis": axis(draw, len(shape))}, loose=True)


@sampler("norm")
def _norm_whole(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 2)),), {"keepdims": one_of(draw, True, False)})


@sampler("average")
def _average(draw: Draw) -> Args:
    shape = a_shape(draw, 2, 3)
    at = number(draw, 0, len(shape) - 1)
    return Args((X(shape, none=()), at, X((one_of(draw, shape[at], shape[at], 5),), none=())))


@sampler("quantile percentile nanquantile nanpercentile")
def _quantile(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args(
        (X(shape), one_of(draw, 0.5, np.array([0.2, 0.5, 0.6], "float32"))), {"axis": one_of(draw, None, 0, -1)}
    )


@sampler("moments")
def _moments(draw: Draw) -> Args:
    shape = a_shape(draw, 2)
    return Args((X(shape), one_of(draw, [0], [0, 1], [-1])), {"keepdims": one_of(draw, True, False)})


@sampler("cumsum cumprod nancumsum nancumprod sort argsort softmax log_softmax normalize")
def along(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape),), {"axis": one_of(draw, axis(draw, len(shape)), axis(draw, len(shape)), None)})


@sampler("sparsemax roll flip")
def along_one(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape),), {"axis": axis(draw, len(shape))})


SAMPLES[full("roll")] = []


@sampler("roll")
def _roll(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape), 1), {"axis": one_of(draw, None, axis(draw, len(shape)))})


@sampler("argpartition")
def _argpartition(draw: Draw) -> Args:
    return Args((X((*a_shape(draw), 4)), 1))


@sampler("diff")
def _diff(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1)), number(draw, 0, 2)), {"axis": -1})


@sampler("trapezoid")
def _trapezoid(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1)),))


@sampler("top_k")
def _top_k(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1)), number(draw, 1, 3)))


@sampler("in_top_k")
def _in_top_k(draw: Draw) -> Args:
    n = number(draw, 1, 3)
    return Args((X((n,), "int32"), X((one_of(draw, n, n, n, 4), 5)), 2))


@sampler("unique")
def _unique(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1), one_of(draw, "float32", "int32")),), loose=True)


@sampler("unique")
def _unique_sized(draw: Draw) -> Args:
    return Args((X((4,)),), {"size": 3, "return_counts": one_of(draw, True, False)}, loose=True)


@sampler("nonzero bincount")
def _counts(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 2), "int32"),), loose=True)


@sampler("histogram")
def _histogram(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1)),), {"bins": number(draw, 1, 5), "range": (0, 1)}, loose=True)


@sampler("digitize")
def _digitize(draw: Draw) -> Args:
    return Args((X(a_shape(draw)), X(a_shape(draw, 1, one_of(draw, 1, 1, 2)), none=())))


@sampler("searchsorted")
def _searchsorted(draw: Draw) -> Args:
    return Args((X((4,), none=()), X(a_shape(draw, 1, 2), none=())))


# -- shapes --------------------------------------------------------------------------------------------------------


@sampler("reshape")
def _reshape(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (2, 3, 4))
    target = list(draw(st.permutations(shape)))
    if number(draw, 0, 1):
        target[number(draw, 0, len(target) - 1)] = -1
    if number(draw, 0, 3) == 0:
        target[-1] = 5
    return Args((X(shape), tuple(target)))


@sampler("transpose")
def _transpose(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape), tuple(draw(st.permutations(range(len(shape) + (number(draw, 0, 5) == 0)))))))


@sampler("swapaxes moveaxis")
def _swap(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape), axis(draw, len(shape)), axis(draw, len(shape))))


@sampler("expand_dims")
def _expand(draw: Draw) -> Args:
    shape = a_shape(draw)
    return Args((X(shape), one_of(draw, axis(draw, len(shape) + 1), (0, -1))))


@sampler("squeeze")
def _squeeze(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 4, (1, 1, 2))
    return Args((X(shape, none=()), one_of(draw, None, axis(draw, len(shape)), axis(draw, len(shape)))))


@sampler("broadcast_to")
def _broadcast_to(draw: Draw) -> Args:
    shape = a_shape(draw)
    target = tuple(number(draw, 1, 4) if n == 1 else n for n in shape)
    return Args((X(like(draw, shape), none=()), (*a_shape(draw, 0, 1), *target)))


@sampler("repeat")
def _repeat(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    at = one_of(draw, None, number(draw, 0, len(shape) - 1))
    size = int(np.prod(shape)) if at is None else shape[at]
    counts = np.arange(size + (number(draw, 0, 4) == 0)).tolist()
    return Args((X(shape, none=()), one_of(draw, 2, counts or 1)), {"axis": at})


@sampler("tile")
def _tile(draw: Draw) -> Args:
    return Args((X(a_shape(draw)), one_of(draw, 2, a_shape(draw, 1))))


@sampler("rot90")
def _rot90(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1), none=()), number(draw, 0, 3)), loose=True)


@sampler("pad")
def _pad(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    pairs = tuple((number(draw, 0, 2), number(draw, 0, 2)) for _ in range(len(shape) + (number(draw, 0, 5) == 0)))
    return Args((X(shape), one_of(draw, pairs, pairs, 1, (1, 2))))


@sampler("diagonal trace")
def _diagonal(draw: Draw) -> Args:
    shape = a_shape(draw, 2)
    return Args((X(shape), number(draw, -2, 2), *draw(st.permutations(range(len(shape))))[:2]))


@sampler("diag diagflat")
def _diag(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1)), number(draw, -2, 2)))


@sampler("concatenate")
def _concatenate(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    at = axis(draw, len(shape))
    parts = [like(draw, shape) for _ in range(number(draw, 1, 3))]
    return Args(([X(p, none=()) for p in parts],), {"axis": at})


@sampler("concatenate stack hstack vstack dstack")
def _concatenate_dtypes(draw: Draw) -> Args:
    shape = a_shape(draw, 2)
    return Args(([X(shape, one_of(draw, *DTYPES)), X(shape, one_of(draw, *DTYPES))],))


@sampler("stack")
def _stack(draw: Draw) -> Args:
    shape = a_shape(draw)
    at = axis(draw, len(shape) + 1)
    return Args(([X(like(draw, shape), none=()) for _ in range(number(draw, 1, 3))],), {"axis": at})


@sampler("hstack vstack dstack")
def _stacked(draw: Draw) -> Args:
    shape = a_shape(draw)
    return Args(([X(like(draw, shape), none=()) for _ in range(2)],), loose=len(shape) < 2)


@sampler("append")
def _append(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(like(draw, shape), none=()), X(shape, none=()), one_of(draw, None, axis(draw, len(shape)))))


@sampler("split array_split")
def _split(draw: Draw) -> Args:
    shape = (*a_shape(draw, 0, 1), number(draw, 2, 6), *a_shape(draw, 0, 1))
    parts = number(draw, 1, 3)
    at = axis(draw, len(shape))
    return Args((X(shape, none=()), parts), {"axis": at}, loose=not -len(shape) <= at < len(shape))


@sampler("split")
def _split_at(draw: Draw) -> Args:
    return Args((X((6, 2), none=()), one_of(draw, [1, 3], [2], [0, 6])), {"axis": 0})


@sampler("hsplit vsplit dsplit")
def _hsplit(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 3, (2, 4, 3)), none=()), 2))


@sampler("unstack")
def _unstack(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape, none=()),), {"axis": axis(draw, len(shape))})


# -- indexing ------------------------------------------------------------------------------------------------------


@sampler("get_item")
def _get_item(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (2, 3, 4))
    items = [
        one_of(draw, 0, -1, 1, slice(None), slice(1, None), slice(0, 2), slice(None, None, 2), None) for _ in shape
    ]
    key = tuple(items[: number(draw, 1, len(items))])
    if number(draw, 0, 2) == 0:
        key = (Ellipsis, *key)
    return Args((X(shape), one_of(draw, key, key, key[-1])), loose=True)


@sampler("take")
def _take(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    places = np.zeros(a_shape(draw, 0, 2), "int32")
    return Args((X(shape), places), {"axis": one_of(draw, axis(draw, len(shape)), axis(draw, len(shape)), None)})


@sampler("take_along_axis")
def _take_along(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    at = number(draw, 0, len(shape) - 1)
    other = like(draw, shape)
    return Args((X(shape, none=()), X(other, "int32", none=())), {"axis": at})


@sampler("slice")
def _slice(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (3, 4, 5))
    sizes = [one_of(draw, 1, 2, -1) for _ in shape]
    starts = [number(draw, 0, 2) for _ in range(len(shape) + (number(draw, 0, 5) == 0))]
    return Args((X(shape, none=()), starts, sizes), loose=-1 in sizes)


@sampler("slice_update")
def _slice_update(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (2, 3))
    return Args((X(shape, none=()), [0] * len(shape), X(like(draw, shape), none=())))


@sampler("scatter")
def _scatter(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (3, 4))
    n, depth = number(draw, 1, 2), number(draw, 1, len(shape))
    return Args((np.zeros((n, depth), "int32"), X(like(draw, (n, *shape[depth:]), (5,)), none=()), shape), loose=True)


@sampler("scatter_update")
def _scatter_update(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (3, 4))
    n, depth = number(draw, 2, 3), number(draw, 1, len(shape))
    places, updates = np.zeros((n, depth), "int32"), X(like(draw, (n, *shape[depth:]), (5,)), none=())
    return Args((X(shape, none=()), places, updates), loose=True)


@sampler("unravel_index")
def _unravel(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 2), "int32"), (2, 3)), loose=True)


@sampler("segment_sum segment_max segment_min segment_prod")
def _segments(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    ids = X((one_of(draw, shape[0], shape[0], shape[0], 5),), "int32", none=())
    return Args((X(shape, none=()), ids), {"num_segments": number(draw, 1, 3)})


# -- products ------------------------------------------------------------------------------------------------------


@sampler("matmul")
def _matmul(draw: Draw) -> Args:
    n, m, k = (number(draw, 1, 3) for _ in range(3))
    batch = a_shape(draw, 0, 1)
    left = one_of(draw, (n, m), (*batch, n, m), (m,))
    right = one_of(draw, (m, k), (*like(draw, batch), m, k), (m,))
    return Args((X(like(draw, left), none=(0,) if len(left) > 1 else ()), X(like(draw, right), none=())))


@sampler("matmul dot inner outer tensordot vdot")
def _matmul_dtypes(draw: Draw) -> Args:
    return Args((X((2, 2), one_of(draw, *DTYPES)), X((2, 2), one_of(draw, *DTYPES))), loose=True)


@sampler("dot")
def _dot(draw: Draw) -> Args:
    m = number(draw, 1, 3)
    left, right = (*a_shape(draw, 0, 2), m), (*a_shape(draw, 0, 1), *((m, 2) if number(draw, 0, 1) else (m,)))
    if len(right) == 2 and number(draw, 0, 1):
        right = (m,)
    return Args((X(like(draw, left), none=()), X(like(draw, right), none=())))


@sampler("inner")
def _inner(draw: Draw) -> Args:
    m = number(draw, 1, 3)
    return Args((X(like(draw, (*a_shape(draw, 0, 1), m)), none=()), X((*a_shape(draw, 0, 1), m), none=())))


@sampler("vdot")
def _vdot(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 2)
    return Args((X(like(draw, shape), none=()), X(shape, none=())))


@sampler("outer")
def _outer(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 2)), X(a_shape(draw, 1, 2))))


@sampler("kron")
def _kron(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 2)
    return Args((X(shape), X(like(draw, shape))))


@sampler("tensordot")
def _tensordot(draw: Draw) -> Args:
    a, b = a_shape(draw, 2), a_shape(draw, 2)
    return Args((X(a, none=()), X(b, none=())), {"axes": one_of(draw, 1, 2, 0, [[0], [1]], [[1, 0], [0, 1]])})


@sampler("cross")
def _cross(draw: Draw) -> Args:
    batch = a_shape(draw, 0, 2)
    ends = one_of(draw, 3, 3, 2, 4), one_of(draw, 3, 3, 2)
    return Args((X((*batch, ends[0]), none=()), X((*like(draw, batch), ends[1]), none=())), loose=ends[0] != ends[1])


@sampler("einsum")
def _einsum(draw: Draw) -> Args:
    n, m, k, b = (number(draw, 1, 3) for _ in range(4))
    text, shapes = one_of(
        draw,
        ("ij,jk->ik", [(n, m), (m, k)]),
        ("bij,bjk->bik", [(b, n, m), (b, m, k)]),
        ("...ij,...jk->...ik", [(b, n, m), (b, m, k)]),
        ("bqhd,bkhd->bhqk", [(b, n, 2, m), (b, k, 2, m)]),
        ("ij->ji", [(n, m)]),
        ("ij->i", [(n, m)]),
        ("ij->k", [(n, m)]),
    )
    fits = number(draw, 0, 1) == 1 and text != "ij->k"
    return Args((text, *[X(s if fits else like(draw, s, (5,)), none=()) for s in shapes]), loose=not fits)


@sampler("correlate")
def _correlate(draw: Draw) -> Args:
    return Args(
        (X((number(draw, 1, 5),), none=()), X((number(draw, 1, 5),), none=())),
        {"mode": one_of(draw, "same", "full")},
    )


@sampler("correlate")
def _correlate_valid(draw: Draw) -> Args:
    return Args((X((number(draw, 3, 5),), none=()), X((number(draw, 1, 5),), none=())), loose=True)


@sampler("corrcoef")
def _corrcoef(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 2, 2), one_of(draw, *REAL)),), loose=True)


@sampler("vander")
def _vander(draw: Draw) -> Args:
    return Args((X((number(draw, 1, 4),)), one_of(draw, None, 3)), loose=True)


@sampler("cdist")
def _cdist(draw: Draw) -> Args:
    m = number(draw, 1, 3)
    return Args((X(like(draw, (*a_shape(draw, 0, 1), 2, m)), none=()), X((3, m), none=())))


@sampler("cholesky cholesky_inverse inv det logdet slogdet eigh eig")
def _square(draw: Draw) -> Args:
    n = number(draw, 1, 3)
    return Args(
        (Identity((*a_shape(draw, 0, 1), n, one_of(draw, n, n, n, 4)), one_of(draw, "float32", "float64"), none=()),),
        loose=True,
    )


@sampler("cholesky cholesky_inverse inv det eigh")
def _square_fit(draw: Draw) -> Args:
    n = number(draw, 1, 3)
    return Args((Identity((*a_shape(draw, 0, 1), n, one_of(draw, n, n, n, 4)), none=(0,)),))


@sampler("lu_factor qr svd pinv matrix_rank")
def _any_matrix(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (2, 3, 4))
    return Args((Identity(shape if len(shape) > 1 else (2, 2), none=()),), loose=True)


@sampler("qr svd pinv matrix_rank")
def _matrix_fit(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 3), none=()),))


@sampler("solve solve_triangular")
def _solve(draw: Draw) -> Args:
    n = number(draw, 1, 3)
    right = one_of(draw, (n,), (n, 2), (4, 2))
    return Args((Identity((n, n), none=()), X(right, none=())))


@sampler("lstsq")
def _lstsq(draw: Draw) -> Args:
    m, n = number(draw, 2, 4), number(draw, 1, 2)
    return Args((Identity((m, n), none=()), X(one_of(draw, (m,), (m, 3), (5, 1)), none=())))


# -- creation ------------------------------------------------------------------------------------------------------


@sampler("zeros ones empty")
def _zeros(draw: Draw) -> Args:
    return Args((a_shape(draw), one_of(draw, None, "int32", "float16")))


@sampler("full")
def _full(draw: Draw) -> Args:
    return Args((a_shape(draw), 1, one_of(draw, None, "int32")))


@sampler("full_like")
def _full_like(draw: Draw) -> Args:
    return Args((X(a_shape(draw), one_of(draw, *REAL)), 1, one_of(draw, None, "int32")))


@sampler("eye tri")
def _eye(draw: Draw) -> Args:
    return Args((number(draw, 1, 4), one_of(draw, None, 3)), {"dtype": one_of(draw, None, "int32")})


@sampler("identity")
def _identity(draw: Draw) -> Args:
    return Args((number(draw, 1, 4),))


@sampler("arange")
def _arange(draw: Draw) -> Args:
    bounds = one_of(draw, (4,), (1, 5), (1, 6, 2), (0.0, 2.0, 0.5), (3, 0, -1), (2.5,), (1, 4.0))
    return Args(bounds, {"dtype": one_of(draw, None, None, "float32")})


@sampler("linspace logspace geomspace")
def _linspace(draw: Draw) -> Args:
    return Args((one_of(draw, 1, 1.0), one_of(draw, 2, 2.5), number(draw, 1, 5)))


@sampler("linspace")
def _linspace_tensors(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 2)
    return Args((X(shape), X(shape), 4), {"axis": one_of(draw, 0, -1)})


@sampler("meshgrid")
def _meshgrid(draw: Draw) -> Args:
    parts = [X(a_shape(draw, 1, 1)) for _ in range(number(draw, 2, 3))]
    return Args(tuple(parts), {"indexing": one_of(draw, "xy", "ij")})


@sampler("bartlett blackman hamming hanning")
def _window(draw: Draw) -> Args:
    return Args((number(draw, 1, 5),))


@sampler("kaiser")
def _kaiser(draw: Draw) -> Args:
    return Args((number(draw, 2, 5), 2.0))


# -- nn ------------------------------------------------------------------------------------------------------------


def a_layout(draw: Draw, spatial: Sequence[int], channels: int) -> tuple[tuple[int, ...], str]:
    """A batch of images in one of the layouts."""
    if number(draw, 0, 3) == 0:
        return (2, channels, *spatial), "channels_first"
    return (2, *spatial, channels), "channels_last"


@sampler("conv depthwise_conv")
def _conv(draw: Draw) -> Args:
    n, channels = number(draw, 1, 2), number(draw, 1, 3)
    spatial = [number(draw, 3, 7) for _ in range(n)]
    kernel = (*[number(draw, 1, 4) for _ in range(n)], one_of(draw, channels, channels, channels, 4), 2)
    strides, dilation = one_of(draw, (1, 1), (2, 1), (1, 2))
    loose = dilation == 2
    options = {"padding": one_of(draw, "valid", "same", "VALID"), "strides": strides, "dilation_rate": dilation}
    return Args((X((2, *spatial, channels)), X(kernel, none=())), options, loose)


@sampler("separable_conv")
def _separable(draw: Draw) -> Args:
    channels = number(draw, 1, 3)
    point = X((1, 1, one_of(draw, channels * 2, channels * 2, 5), 4), none=())
    kernel = X((2, 2, channels, 2), none=())
    return Args((X((2, 5, number(draw, 3, 6), channels)), kernel, point), {"padding": one_of(draw, "valid", "same")})


@sampler("conv_transpose")
def _conv_transpose(draw: Draw) -> Args:
    n, channels = number(draw, 1, 2), number(draw, 1, 3)
    spatial = [number(draw, 2, 5) for _ in range(n)]
    kernel = (*[number(draw, 1, 3) for _ in range(n)], 4, one_of(draw, channels, channels, channels, 5))
    options = {"padding": one_of(draw, "valid", "same"), "strides": number(draw, 1, 2)}
    return Args((X((2, *spatial, channels)), X(kernel, none=())), options)


@sampler("max_pool average_pool")
def _pool(draw: Draw) -> Args:
    n = number(draw, 1, 2)
    spatial = [number(draw, 2, 6) for _ in range(n)]
    options = {"padding": one_of(draw, "valid", "same"), "strides": one_of(draw, None, 1, 2)}
    return Args((X((2, *spatial, 3)), number(draw, 1, 2)), options)


@sampler("adaptive_average_pool adaptive_max_pool")
def _adaptive(draw: Draw) -> Args:
    return Args((X((2, 6, 6, number(draw, 1, 3)), none=()), (one_of(draw, 2, 3), 3)), loose=True)


@sampler("unfold")
def _unfold(draw: Draw) -> Args:
    return Args((X((2, 3, number(draw, 4, 6), 5), none=()), number(draw, 1, 3)), {"stride": number(draw, 1, 2)})


@sampler("fold")
def _fold(draw: Draw) -> Args:
    return Args((X((2, one_of(draw, 12, 8), 9), none=()), 4, 2), loose=True)


@sampler("depth_to_space space_to_depth")
def _blocks(draw: Draw) -> Args:
    return Args((X((2, one_of(draw, 4, 6, 4, 3), 4, one_of(draw, 4, 8, 6))), 2), loose=False)


@sampler("glu")
def _glu(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (2, 4, 3))
    return Args((X(shape, none=()), axis(draw, len(shape))))


@sampler("layer_normalization rms_normalization")
def _normalization(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 3, (2, 3, 4))
    weight = one_of(draw, None, X((shape[-1],), none=()), X((5,), none=()))
    return Args((X(shape), weight))


@sampler("batch_normalization")
def _batch_normalization(draw: Draw) -> Args:
    shape = a_shape(draw, 2, 4, (2, 3, 4))
    at = number(draw, 0, len(shape) - 1)
    size = one_of(draw, shape[at], shape[at], 5)
    return Args((X(shape, none=()), X((size,), none=()), X((size,), none=()), at))


@sampler("one_hot")
def _one_hot(draw: Draw) -> Args:
    shape = a_shape(draw)
    return Args((X(shape, "int32"), 4), {"axis": one_of(draw, -1, -1, number(draw, -2, len(shape) + 1))})


@sampler("multi_hot")
def _multi_hot(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 2), "int32"), 4))


@sampler("dot_product_attention")
def _attention(draw: Draw) -> Args:
    query, key = (2, number(draw, 1, 4), 2, 3), (2, 4, 2, one_of(draw, 3, 3, 3, 5))
    value = (2, one_of(draw, 4, 4, 4, 5), 2, 3)
    return Args((X(query, none=()), X(key, none=()), X(value, none=())))


@sampler("ctc_loss")
def _ctc_loss(draw: Draw) -> Args:
    lengths = [np.array([2, 2], "int32"), np.array([5, 5], "int32")]
    return Args((X((2, 3), "int32", none=()), X((2, 5, 4), none=()), *lengths), loose=True)


@sampler("ctc_decode")
def _ctc_decode(draw: Draw) -> Args:
    strategy = one_of(draw, "greedy", "beam_search", "other")
    return Args(
        (X((2, 5, 4), none=()), np.array([5, 5], "int32")),
        {"strategy": strategy, "top_paths": 1},
        loose=strategy == "other",
    )


@sampler("psnr")
def _psnr(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape, none=()), X(like(draw, shape), none=()), 1.0))


@sampler("binary_crossentropy categorical_crossentropy")
def _crossentropy(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    other = one_of(draw, shape, shape, like(draw, shape), (*shape, 1))
    return Args((X(other, none=()), X(shape, none=())))


@sampler("sparse_categorical_crossentropy")
def _sparse_crossentropy(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    labels = one_of(draw, shape[:-1], shape[:-1], (*shape[:-1], 1), shape, like(draw, shape[:-1]))
    return Args((X(labels, one_of(draw, "int32", "float32"), none=()), X(shape, none=())))


# -- signals -------------------------------------------------------------------------------------------------------


@sampler("fft fft2 ifft2 irfft")
def _fft(draw: Draw) -> Args:
    shape = a_shape(draw, 2, 3, (2, 3, 4))
    return Args(((X(shape, none=()), X(like(draw, shape, (5,)), none=())),))


@sampler("rfft")
def _rfft(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1)), one_of(draw, None, 3, 6)))


@sampler("irfft")
def _irfft(draw: Draw) -> Args:
    shape = (*a_shape(draw, 0, 2), number(draw, 2, 4))
    return Args(((X(shape, none=()), X(shape, none=())), one_of(draw, None, 3, 6)))


@sampler("stft")
def _stft(draw: Draw) -> Args:
    length = number(draw, 2, 6)
    options = {"center": one_of(draw, True, False)}
    return Args(
        (X((*a_shape(draw, 0, 1), number(draw, 8, 20))), length, number(draw, 1, 3), one_of(draw, length, 8, 4)),
        options,
    )


@sampler("istft")
def _istft(draw: Draw) -> Args:
    shape = (*a_shape(draw, 0, 1), number(draw, 2, 5), 5)
    options = {"center": one_of(draw, True, False), "length": one_of(draw, None, 7)}
    return Args(
        ((X(shape, none=()), X(shape, none=())), 8, number(draw, 1, 4), 8), options, loose=options["length"] == 7
    )


@sampler("extract_sequences")
def _sequences(draw: Draw) -> Args:
    return Args((X((*a_shape(draw, 0, 1), number(draw, 4, 9))), number(draw, 1, 4), number(draw, 1, 3)))


# -- images --------------------------------------------------------------------------------------------------------

PICTURES = "rgb_to_grayscale rgb_to_hsv hsv_to_rgb gaussian_blur elastic_transform sobel_edges"


@sampler(*(f"keras.ops.image.{name}" for name in PICTURES.split()))
def _picture(draw: Draw) -> Args:
    spatial = [number(draw, 4, 6), 5]
    shape = one_of(draw, (2, *spatial, 3), (*spatial, 3), (2, *spatial, one_of(draw, 1, 2)), (5, 5))
    return Args((X(shape, none=()),))


@sampler("keras.ops.image.resize")
def _resize(draw: Draw) -> Args:
    shape = one_of(draw, (2, 4, 5, 3), (4, 5, 3), (5, 3))
    size = one_of(draw, (3, 6), (3, 6), (3, 6, 1))
    return Args(
        (X(shape, one_of(draw, "float32", "float32", "uint8"), none=()), size), loose=len(size) == 3 or shape[0] == 2
    )


@sampler("keras.ops.image.affine_transform")
def _affine(draw: Draw) -> Args:
    transform = one_of(draw, np.ones((8,), "float32"), np.ones((2, 8), "float32"))
    return Args((X((2, 4, 5, 3) if transform.ndim == 2 else (4, 5, 3), none=()), transform))


@sampler("keras.ops.image.perspective_transform")
def _perspective(draw: Draw) -> Args:
    corners = np.array([[0, 0], [0, 3], [4, 0], [4, 3]], "float32")
    points = one_of(draw, corners, corners[:3])
    return Args((X((4, 5, 3), none=()), points, points))


@sampler("keras.ops.image.ssim")
def _ssim(draw: Draw) -> Args:
    shape = one_of(draw, (2, 12, 12, 3), (12, 12, 3))
    return Args((X(shape, none=()), X(shape, none=())))


@sampler("keras.ops.image.map_coordinates")
def _map_coordinates(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 2, (3, 4))
    places = (one_of(draw, len(shape), len(shape), 3), *a_shape(draw, 1, 2))
    return Args((X(shape, none=()), X(places, none=()), 1))


@sampler("keras.ops.image.scale_and_translate")
def _scale(draw: Draw) -> Args:
    vectors = [np.ones((2,), "float32"), np.zeros((2,), "float32")]
    return Args((X((4, 5, 3), none=()), (number(draw, 2, 6), 7, 3), *vectors, (0, 1), "linear"))


@sampler("keras.ops.image.pad_images")
def _pad_images(draw: Draw) -> Args:
    options = one_of(
        draw, {"top_padding": 1, "left_padding": 2, "target_height": 8, "target_width": 9},
        {"top_padding": 1, "left_padding": 2, "bottom_padding": 0, "right_padding": 1},
        {"top_padding": 1, "left_padding": 2, "target_height": 3, "target_width": 9},
    )  # fmt: skip
    return Args((X(one_of(draw, (2, 4, 5, 3), (4, 5, 3)), none=()),), options)


@sampler("keras.ops.image.crop_images")
def _crop_images(draw: Draw) -> Args:
    options = one_of(
        draw, {"top_cropping": 1, "left_cropping": 2, "target_height": 2, "target_width": 2},
        {"top_cropping": 1, "left_cropping": 2, "bottom_cropping": 0, "right_cropping": 1},
        {"top_cropping": 1, "left_cropping": 2, "target_height": 8, "target_width": 2},
    )  # fmt: skip
    return Args((X(one_of(draw, (2, 4, 5, 3), (4, 5, 3)), none=()),), options)


@sampler("keras.ops.image.extract_patches")
def _patches(draw: Draw) -> Args:
    options = {"strides": one_of(draw, None, 1, 2), "padding": one_of(draw, "valid", "same")}
    return Args((X(one_of(draw, (2, 6, 5, 3), (6, 5, 3)), none=()), one_of(draw, 2, (3, 2))), options)


@sampler("keras.ops.image.extract_patches_3d")
def _patches_3d(draw: Draw) -> Args:
    return Args((X((2, 4, 6, 5, 3), none=()), one_of(draw, 2, (1, 3, 2))))


# -- control -------------------------------------------------------------------------------------------------------


def doubled(name: str) -> Callable[..., Any]:
    """A function that both sides can call: the sum of a tensor with itself, or of two."""
    import keras

    from shapelens.rules.call import Call
    from shapelens.rules.registry import apply_rule, rules
    from shapelens.values import Store

    def ours(a: Any, b: Any = None) -> Any:
        return apply_rule(Call(Store()), rules["keras.ops.add"], (a, a if b is None else b), {})

    def real(a: Any, b: Any = None) -> Any:
        return keras.ops.add(a, a if b is None else b)

    return ours if name == "ours" else real


def function(change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Either:
    """A function of the program, made of an addition."""
    return Either(change(doubled("real")), change(doubled("ours")))


@sampler("map vectorized_map")
def _map(draw: Draw) -> Args:
    return Args((function(lambda add: lambda x: add(x)), X(a_shape(draw, 1))))


@sampler("scan")
def _scan(draw: Draw) -> Args:
    shape = a_shape(draw, 1, 2)
    return Args(
        (function(lambda add: lambda carry, x: (add(carry, x), add(x))), X(shape[1:], none=()), X(shape, none=()))
    )


@sampler("associative_scan")
def _associative(draw: Draw) -> Args:
    return Args((function(lambda add: lambda a, b: add(a, b)), X(a_shape(draw, 1), none=())))


@sampler("while_loop")
def _while(draw: Draw) -> Args:
    shape = a_shape(draw)
    return Args((Either(lambda x: False, None), function(lambda add: lambda x: add(x)), X(shape, none=())), loose=True)


@sampler("fori_loop")
def _fori(draw: Draw) -> Args:
    return Args((0, 2, function(lambda add: lambda i, x: add(x)), X(a_shape(draw), none=())))


@sampler("cond")
def _cond(draw: Draw) -> Args:
    from shapelens.values import Tensor

    branch = Either(lambda: np.ones((2, 3)), lambda: Tensor((2, 3), "float64", "tensorflow"))
    return Args((True, branch, branch), loose=True)


@sampler("switch")
def _switch(draw: Draw) -> Args:
    branches = [function(lambda add: lambda x: add(x)), function(lambda add: lambda x: add(x, x))]
    return Args((np.array(0, "int32"), branches, X(a_shape(draw), none=())), loose=True)


@sampler("custom_gradient")
def _gradient(draw: Draw) -> Args:
    return Args((None,), loose=True)


@sampler("rearrange")
def _rearrange(draw: Draw) -> Args:
    pattern, shape = one_of(
        draw, ("b h w c -> b (h w) c", (2, 3, 4, 5)), ("b (h k) -> b h k", (2, 6)), ("b c -> c b", (2, 3)), ("b c -> c b", (2,))
    )  # fmt: skip
    return Args((X(shape, none=()), pattern), {"k": 2} if "k" in pattern else {})


# -- keras.random --------------------------------------------------------------------------------------------------


@sampler("keras.random.normal keras.random.truncated_normal keras.random.uniform")
def _random(draw: Draw) -> Args:
    return Args((a_shape(draw),), {"dtype": one_of(draw, None, "float16")})


@sampler("keras.random.randint")
def _randint(draw: Draw) -> Args:
    return Args((a_shape(draw), 0, 5))


@sampler("keras.random.beta keras.random.binomial")
def _gamma(draw: Draw) -> Args:
    return Args((a_shape(draw), 0.5, 0.5), loose=True)


@sampler("keras.random.categorical")
def _categorical(draw: Draw) -> Args:
    return Args((X(a_shape(draw, 1, 3), none=()), number(draw, 1, 4)))


@sampler("keras.random.dropout")
def _dropout(draw: Draw) -> Args:
    return Args((X(a_shape(draw)), 0.5))


@sampler("keras.random.shuffle")
def _shuffle(draw: Draw) -> Args:
    shape = a_shape(draw, 1)
    return Args((X(shape, none=()), axis(draw, len(shape))))


@sampler("keras.random.gamma")
def _of_gamma(draw: Draw) -> Args:
    return Args((a_shape(draw), 0.5))
