"""Calls that work, of every rule of NumPy: what `varying` starts from.

A line is a name below `numpy`, then its calls, divided by bars. A method that has no line of its own is called as the
function of its name; those of random generators as the functions of numpy.random.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from shapelens.rules.numpy.ufuncs import _TWO, UFUNCS
from shapelens.rules.registry import rules
from tests.rules.numpy.harness import Sample

_x = np.arange(12.0).reshape(3, 4) + 1
SCOPE: dict[str, Any] = {
    "np": np,
    "x": _x,
    "y": np.ones((3, 4), "float32"),
    "i": np.arange(12).reshape(3, 4) % 3,
    "u": np.ones((3, 4), "uint8"),
    "b": np.array([[True, False, True, True]] * 3),
    "v": np.arange(1.0, 5.0),
    "w": np.arange(1.0, 4.0),
    "iv": np.array([0, 2, 1]),
    "bv": np.array([True, False, True]),
    "t": np.arange(24.0).reshape(2, 3, 4),
    "s": np.eye(3) * 2 + 0.5,
    "ss": np.stack([np.eye(3) * 2 + 0.5] * 2),
    "z": np.ones((3, 3), "complex64"),
    "f32": np.float32,
    "o": np.zeros((3, 4)),
}
EACH_AXIS = "x | x, 0 | x, axis=1 | t, axis=-1 | v | x, axis=None"
CALLS = f"""
sum: {EACH_AXIS} | x, axis=(0, 1) | x, axis=1, keepdims=True | i | u, 0 | x, dtype=f32 | x, 0, out=np.zeros(4) | [1, 2] | 3 | x, axis=()
prod nansum nanprod: {EACH_AXIS} | i, axis=(0, 1) | x, axis=0, keepdims=True
max min amax amin nanmax nanmin: {EACH_AXIS} | t, axis=(0, 2) | x, axis=1, keepdims=True | x, 0, np.zeros(4) | [3, 1]
ndarray.max ndarray.min: x | x, 0 | t, axis=(0, 2) | x, axis=1, keepdims=True
any all: {EACH_AXIS} | b, axis=0 | b, axis=1, keepdims=True
mean std var nanmean nanstd nanvar: {EACH_AXIS} | t, axis=(0, 2) | x, axis=1, keepdims=True | i, axis=0 | x, axis=0, dtype=f32
median nanmedian: {EACH_AXIS} | t, axis=(0, 1) | i, axis=1, keepdims=True
ptp: {EACH_AXIS} | x, axis=1, keepdims=True
argmax argmin nanargmax nanargmin: x | x, 0 | x, axis=1 | t, axis=-1 | x, axis=1, keepdims=True
count_nonzero: i | i, 0 | i, axis=(0, 1) | i, axis=1, keepdims=True
average: x | x, axis=0 | x, axis=1, weights=v | x, weights=y | x, axis=0, weights=w, keepdims=True | i, axis=1 | x, 0, w, True
quantile nanquantile: x, 0.5 | x, 0.5, 1 | x, [0.1, 0.9], axis=0 | t, 0.3, axis=(0, 1) | x, 0.5, axis=1, keepdims=True | y, 0.5
percentile nanpercentile: x, 50 | x, 50, 1 | x, [10, 90], axis=0 | y, 50.0 | x, 50, axis=1, keepdims=True | x, np.array([10., 20.])
trace: x | t | x, 1 | t, 0, 1, 2 | i
cumsum cumprod nancumsum nancumprod: {EACH_AXIS} | u, axis=1 | x, 0, f32
cumulative_sum cumulative_prod: v | x, axis=0 | x, axis=1, include_initial=True | np.ones(3, "int8")
diff: x | x, 2 | x, axis=0 | x, axis=1, prepend=0 | i | v, 1 | x, n=1, axis=0, append=y
ediff1d: v | x | v, to_end=w
gradient: v | x | t, axis=0 | x, axis=(0, 1) | x, 2.0
trapezoid: v | x | x, axis=0 | x, v | v, v | x, dx=0.5
cov corrcoef: x | x, rowvar=False | v, v | x, x | v
apply_along_axis: np.sum, 0, x | np.cumsum, 1, x | np.max, -1, t | np.sort, 0, t
apply_over_axes: np.sum, t, [0, 2]
zeros ones empty: 3 | (2, 3) | [2, 3], int | (2,), f32 | np.array([2, 3]) | (2, 3), "float16" | np.int64(3)
ndarray: (2, 3) | (3,), int
full: (2, 3), 7 | 3, 1.5 | (2, 2), True | (2, 3), [1, 2, 3] | (2,), 1, f32
eye: 3 | 3, 4 | 3, dtype=int
identity: 3 | 2, int
tri: 3 | 3, 4 | 3, 4, 1, int
zeros_like ones_like empty_like: x | i | y | x, dtype=int | x, shape=(2, 2) | [1, 2]
full_like: x, 1 | i, 2.5 | x, v | y, 3, dtype=int
array asarray asanyarray: x | [1, 2] | [[1.0, 2], [3, 4]] | 3 | [x, x] | [v, [1, 2, 3, 4]] | x, f32 | [True] | (1, 2j) | [[v, v]] | range(4) | []
array: [1, 2], ndmin=2
ascontiguousarray asfortranarray copy asarray_chkfinite require: x | [1, 2] | u | 2.0
atleast_1d atleast_2d atleast_3d: x | v | 3 | t | x, v | [1]
{" ".join("float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128 single double half".split())}: 1 | x | [1, 2] | i
intp int_ intc short byte ubyte ushort uintc uint bool_ bool csingle cdouble long longlong ulong ulonglong uintp: 1 | u | [1, 2] | i
dtype: f32 | "int8"
result_type: x, y | y, 2.0 | f32, "int64"
promote_types: f32, "int64"
meshgrid: v, w | v, w, indexing="ij" | v, w, sparse=True | v | v, w, [1, 2]
indices: (2, 3) | (2, 3), sparse=True | [4]
ix_: iv, [1, 2] | [0, 1] | iv, iv, iv
diag_indices: 3 | 4, 3
diag_indices_from: s | np.zeros((2, 2, 2))
tril_indices triu_indices: 3 | 4, 1 | 3, -1, 5
tril_indices_from triu_indices_from: s | x | x, 1
unravel_index: 5, (3, 4) | iv, (3, 4) | i, (2, 2)
ravel_multi_index: (iv, iv), (3, 4) | ([1, 2], [0, 1]), (4, 4)
diag: v | x | s, 1 | v, -2
diagonal: x | t | t, 0, 1, 2 | x, 1
linalg.diagonal: x | t | x, offset=1
diagflat: v | x | v, 1
tril triu: x | t | s, 1 | v
fill_diagonal: s, 1 | x, v
fromstring: "1 2 3", sep=" " | "1,2", int, sep=","
vander: v | v, 3 | iv
fromfunction: np.add, (3, 4) | np.multiply, (2, 2)
frombuffer: b"12345678" | b"12345678", np.uint8 | b"12345678", np.uint8, 4
fromiter: [1, 2, 3], int | range(4), float | [1, 2, 3], float, 2
bartlett blackman hamming hanning: 5 | 1
kaiser: 5, 14.0
linspace: 0, 1 | 0, 1, 5 | 0.0, 10, num=7, endpoint=False | 0, 1, 3, retstep=True | v, v, 3 | x, 0, 4, axis=1 | 0, 5, 6, dtype=int | w, 2.0, 3
logspace geomspace: 1, 2 | 1, 2, 5 | 1.0, 3, num=4 | w, w, 3 | 1, 2, 3, dtype=f32
arange: 5 | 2, 8 | 0, 10, 3 | 0.0, 1, 0.25 | 5, dtype=f32 | 10, 0, -2 | np.int64(4) | 3.0
concatenate concat: [x, x] | (x, y), 1 | [v, w] | [t, t], axis=-1 | [x, i], axis=None | [[1, 2], [3]] | t | [x, x], dtype=f32
stack: [x, x] | (x, y), 1 | [v, v], axis=-1 | t | [1, 2]
vstack hstack dstack column_stack: [x, x] | (v, v) | [t, t] | t | [1, 2, 3] | (x, y) | [[1, 2], [3, 4]]
row_stack: [x, x] | (v, v)
append: x, y | x, x, axis=0 | v, 3 | x, y, 1
block: [[x, x], [x, x]] | [v, w] | x | [[x], [x]]
split: x, 3 | v, 2 | x, [1, 2] | x, 2, axis=1 | t, [1, 3], 2 | x, (1,), 0
array_split: x, 2 | v, 3 | x, 3, axis=1
vsplit: x, 3 | t, [1]
hsplit: x, 2 | v, 2 | t, [1]
dsplit: t, 2
unstack: x | t, axis=1
reshape: x, (4, 3) | x, -1 | x, (2, -1) | t, (6, 4) | x, [12] | x, (3, 2, 2), order="F" | v, (2, 2)
ndarray.reshape: x, 4, 3 | x, -1 | x, (2, -1) | t, 6, 4 | x, 2, -1, 2 | x, (12,)
resize: x, (2, 3) | v, 10
ravel: x | t | v | [[1, 2]]
ndarray.flatten: x | t
ndarray.view: x | x, np.int64 | x, np.float32 | u, np.int32 | x, "int8"
transpose permute_dims: x | t | t, (2, 0, 1) | x, (1, 0) | v
ndarray.transpose: x | t, 2, 0, 1 | t, (1, 0, 2) | x, None
matrix_transpose linalg.matrix_transpose: x | t
swapaxes: x, 0, 1 | t, 0, -1
moveaxis: t, 0, -1 | t, (0, 1), (1, 2) | t, [0], [1]
rollaxis: t, 2 | t, 0, 2 | t, 1, 3
flip: x | x, 0 | t, (0, 2)
fliplr flipud: x | t
rot90: x | x, 2 | t, 1, (1, 2)
roll: x, 1 | x, 1, axis=0 | t, (1, 2), axis=(0, 1)
expand_dims: x, 0 | x, -1 | x, (0, 3) | v, 1
squeeze: np.ones((1, 3, 1)) | np.ones((1, 3, 1)), 0 | np.ones((1, 3, 1)), axis=(0, 2) | x
broadcast_to: v, (3, 4) | x, (2, 3, 4) | np.ones((3, 1)), (3, 5) | 1, (2, 2)
broadcast_arrays: x, v | x, 1 | v, np.ones((3, 1))
broadcast_shapes: (3, 1), (4,) | (2, 3), 3
tile: x, 2 | x, (2, 1) | v, (2, 2) | t, [1, 2]
repeat: x, 2 | x, 2, axis=0 | v, [1, 2, 3, 4] | x, 3, 1 | x, [1, 2, 3], 0
delete: v, 1 | x, 0, 0 | x, [0, 2], axis=1 | v, slice(0, 2) | x, [1, 1], 0 | x, 3
insert: v, 1, 9 | x, 0, 5, axis=0 | v, [0, 2], 9 | x, 1, v, axis=0 | x, 1, 7, axis=1
trim_zeros: v
ndarray.astype astype: x, f32 | x, "int64" | i, float | x, int | x, bool
ndarray.copy ndarray.__copy__: x | t
ndarray.__deepcopy__: x, {{}}
ndarray.to_device: x, "cpu"
ndarray.fill: x, 3
ndarray.setflags: x
copyto: o, x | o, v | o, 3 | o, i | o, x, where=b
put: x, [0, 1], 3 | x, iv, w
place putmask: x, b, v
put_along_axis: x, i, 0.0, 1
ndim shape: x | t | 3 | [1, 2]
size: x | t, 1 | 3
ndarray.item: np.ones(1) | np.array(3.0) | x, 3
ndarray.tolist: x | v
sort argsort: x | x, 0 | x, axis=None | t, axis=1 | v | i
partition argpartition: x, 1 | x, 1, axis=0 | v, 2 | x, 3, axis=None
ndarray.sort: x | x, 0 | t, axis=1
ndarray.partition: x, 1
sort_complex: v | i | z | u
lexsort: x | (w, w) | t
searchsorted: v, 2.5 | v, x | [1, 2, 3], iv
digitize: x, v | iv, [0, 1]
argwhere flatnonzero: x | i | v | t
nonzero: x | i | t
extract: b, x | i, x
compress: bv, x, axis=0 | [True, False], x, axis=1 | bv, v | [1, 0, 1], t, 1
ndarray.compress: x, bv, 0 | x, [True, False]
unique: i | i, return_counts=True | x, axis=0 | v, True, True, True | [1, 1, 2] | iv, axis=0
unique_all unique_counts unique_inverse unique_values: i | iv | v
intersect1d union1d setdiff1d setxor1d: iv, iv | v, w | i, i
isin: i, [1, 2] | x, v
bincount: iv | iv, w | iv, minlength=5
histogram: x | v, 5 | v, [0, 1, 2] | v, bins=4, density=True | i, 3 | iv, weights=w
histogram_bin_edges: x | v, 5 | v, [0, 1, 2] | i
histogram2d: v, v | v, v, 4 | v, v, [3, 4]
histogramdd: x | x, 3 | x, [2, 3, 4, 5]
take_along_axis: x, i, 1 | x, i, axis=0 | v, iv, 0 | x, np.zeros((3, 1), int), 1 | v, iv, None
take: x, iv | x, iv, 0 | x, [0, 1], axis=1 | t, i, 1 | v, 2 | x, 1, 0
choose: i, [x, x, y] | iv, [w, w, w] | i, (1, 2, 3)
where: b, x, y | b, x, 0 | b, 1, 2.0 | b | b, v, 3 | i > 1, i, 0.5
clip: x, 0, 1 | i, 0, 2 | i, 0, 1.5 | x, v, None | u, 1, 5 | x, 0, 1, o
round around: x | x, 2 | i | b
nan_to_num real imag sinc i0 iscomplex isreal angle real_if_close unwrap: x | i | v | y
ndarray.conj ndarray.conjugate ndarray.byteswap: x | z | i
isclose allclose: x, y | x, 1 | v, v
select: [b, b], [x, y] | [b], [x], 5 | [x > 1, x > 2], [x, 0]
piecewise: x, [x > 3], [1] | v, [v > 2, v < 1], [1, 2, 3]
dot: x, v | x, np.ones((4, 2)) | v, v | 2, x | t, v | x, 3.0 | t, np.ones((2, 4, 5))
matmul linalg.matmul: x, np.ones((4, 2)) | s, s | t, np.ones((4, 2)) | ss, ss | t, np.ones((2, 4, 5))
matmul: x, v | v, v | w, x
inner: x, v | v, v | x, x | 2, x | t, x
vdot: v, v | x, x | z, z
outer linalg.outer: v, w | v, v
outer: x, v | 2, v
kron: x, s | v, w | v, x | t, v
tensordot: x, np.ones((4, 2)), 1 | t, t, ([0, 1], [0, 1]) | x, y, 2 | x, v, ([1], [0]) | x, x, (0, 0) | x, w, 0 | t, np.ones((3, 4, 2))
linalg.tensordot: x, y | x, np.ones((4, 2)), axes=1 | t, t, axes=([0, 1], [0, 1])
einsum: "ij,jk->ik", x, np.ones((4, 2)) | "ij->ji", x | "ii", s | "ij,j", x, v | "...i,i->...", t, v | "i,j->ij", v, w
cross linalg.cross: w, w | s, s | s, w
cross: v[:2], v[:2] | w, v[:2] | s, s, axis=0
vecdot linalg.vecdot: v, v | x, x | x, v
matvec: x, v | t, v | ss, w
vecmat: w, x | w, t
linalg.multi_dot: [x, np.ones((4, 2))] | [w, x, v] | [s, s, s]
linalg.norm: x | v | x, axis=1 | x, 2 | t, axis=(1, 2) | x, axis=0, keepdims=True | x, "fro" | v, 1
linalg.vector_norm: x | x, axis=1 | x, axis=0, keepdims=True | t, axis=(0, 1)
linalg.matrix_norm: x | t | t, keepdims=True
linalg.inv linalg.cholesky linalg.det linalg.slogdet linalg.eig linalg.eigvals linalg.eigh linalg.eigvalsh: s | ss
linalg.pinv linalg.svdvals linalg.matrix_rank: x | s | ss | t
linalg.cond: s | x | t | s, 1
linalg.matrix_power: s, 2 | ss, 3 | s, -1 | s, 0
linalg.svd: x | t | x, False | x, compute_uv=False | x, full_matrices=False
linalg.qr: x | t | x, "complete" | x, "r"
linalg.solve: s, w | s, np.ones((3, 2)) | ss, np.ones((3, 2)) | ss, ss
linalg.lstsq: x, w | x, s | s, w, None
linalg.tensorinv: np.eye(6).reshape(2, 3, 6), 2 | np.eye(6).reshape(6, 2, 3), 1
linalg.tensorsolve: np.eye(6).reshape(2, 3, 6), np.ones((2, 3))
linalg.trace: x | t | x, offset=1
fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft: v | x | x, 6 | x, axis=0 | t, 5, 1 | y | u
fft.fft2 fft.ifft2 fft.rfft2 fft.irfft2: x | t | x, (2, 2) | t, (4, 4), (0, 1) | t, axes=(1, 2)
fft.fftn fft.ifftn fft.rfftn fft.irfftn: x | t | t, axes=(0, 1) | x, (2, 2), (0, 1)
fft.fftshift fft.ifftshift: x | x, 0 | t, (0, 1)
fft.fftfreq fft.rfftfreq: 8 | 5, 0.1
polyfit: v, v, 1 | w, s, 2 | v, v, 1, cov=True | v, v, deg=2
polyval: w, x | [1, 2], 3 | iv, iv
polyadd polysub polymul: v, w | [1, 2], [1, 2, 3]
polyder: v | v, 2 | iv
polyint: v | v, 2
poly: w | s | [1, 2]
roots: w | [1, -3, 2]
polydiv: v, w | [1.0, 2.0, 3.0], [1.0, 1.0]
pad: x, 1 | x, (1, 2) | x, ((1, 2), (0, 1)) | v, 2, "reflect" | t, [(0, 0), (1, 1), (2, 2)], mode="edge" | v, (1, 2)
convolve correlate: v, w | v, w, "same" | w, v, "valid" | v, w, mode="full"
interp: 2.5, v, v | x, v, v | [1, 2], w, w
packbits: u | u, 0 | b, axis=1
unpackbits: u | u, 0 | u, axis=1 | u, 1, 12
lib.stride_tricks.sliding_window_view: v, 3 | x, (2, 2) | x, 2, axis=1 | t, (2, 2), (1, 2)
lib.stride_tricks.as_strided: x, (2, 2), (8, 8) | x
ndarray.__getitem__: x, 0 | x, (0, 1) | x, (slice(None), 1) | t, (0, slice(None), [0, 1]) | t, ([0, 1], slice(None), [0, 1]) | x, b | x, bv | x, [0, 2] | x, slice(None, None, -1) | x, (slice(2, 0, -1),) | x, (None, iv) | t, (Ellipsis, 1) | x, [[0, 1], [1, 2]] | x, (bv, 0) | t, (0, iv[:2], slice(1, 3)) | x, u | x, (iv, [0, 1, 2]) | t, (iv[:2], 0, slice(None)) | x, np.int64(2)
ndarray.__setitem__: x, 0, v | x, (slice(None), 1), w | x, b, 3.0 | x, [0, 1], v | x, (0, 0), 1 | t, 0, x | x, slice(0, 2), [1, 2, 3, 4] | x, 1, np.ones((1, 4))
ndarray.__matmul__: x, np.ones((4, 2)) | s, w
ndarray.__imatmul__: s, s
ndarray.__divmod__: x, 2 | i, v
random.rand random.randn: 3, 4 | 2 |
random.random random.random_sample random.ranf random.sample random.standard_normal random.standard_exponential: (2, 3) | 4 | | size=(2,)
random.RandomState.tomaxint: (2, 3) | 3 |
random.Generator.random random.Generator.standard_normal random.Generator.standard_exponential: (2, 3) | 4 | | (2,), f32 | size=3
random.normal random.uniform random.laplace random.gumbel random.logistic random.lognormal: 0, 1, (2, 3) | | size=4 | w, 5.0 | w, 9.0, (2, 3) | 0.0, 1.0
random.beta random.f random.wald random.vonmises random.gamma random.noncentral_chisquare: 1.0, 2.0, (2, 3) | 1.0, 2.0 | w, 1.0, 3
random.noncentral_f: 3.0, 4.0, 1.0, (2, 2)
random.exponential random.rayleigh random.poisson: 1.0, (2, 3) | | size=3 | w
random.chisquare random.pareto random.standard_t random.weibull random.power random.standard_gamma: 2.0, (2, 3) | 2.0, 4 | w | 2.0
random.zipf: 2.0, (2, 3) | 2.0, 4
random.standard_cauchy: (2, 3) | | 4
random.triangular: 0.0, 1.0, 2.0, (2, 3) | 0.0, 1.0, 2.0
random.binomial random.negative_binomial: 5, 0.5, (2, 3) | 5, 0.5 | iv + 1, 0.5
random.geometric random.logseries: 0.5, (2, 3) | 0.5, 4
random.hypergeometric: 10, 10, 5, (2, 3)
random.randint: 10 | 0, 10, (2, 3) | 5, size=4 | 0, 255, (3, 3), np.uint8 | 0, 10, size=(2,), dtype="int32"
random.Generator.integers: 10 | 0, 10, (2, 3) | 5, size=4 | 0, 255, (3, 3), np.uint8 | 0, 255, 3, np.uint8, True
random.random_integers: 5, size=(2, 3)
random.multivariate_normal: w, s | w, s, 5 | [0, 0], [[1, 0], [0, 1]], (2, 3)
random.dirichlet: w | w, 4 | w, (2, 2)
random.multinomial: 10, [0.5, 0.5] | 10, [0.5, 0.5], 4 | 10, [0.2, 0.8], (2, 2)
random.Generator.multivariate_hypergeometric: [5, 6, 7], 4 | [5, 6, 7], 4, 3
random.choice: 5, 3 | v, (2, 3) | 5 | v | [1, 2, 3], 2 | 4, 2, False | 3, 5, True, [0.2, 0.3, 0.5]
random.Generator.choice: 5, 3 | x, 2 | x, 2, axis=1 | v, (2, 3) | x, 2, False
random.permutation: 5 | x | v | [1, 2, 3]
random.Generator.permuted: x | x, axis=0 | v
random.shuffle: x | v
random.Generator.shuffle: x | x, 1
"""
# These are no functions: `np.r_[a, b]`.
BY_INDEX = ("mgrid", "ogrid", "r_", "c_", "s_", "index_exp")
OF_UFUNCS = {
    "reduce": "x | x, 0 | x, 1 | x, None | t, (0, 1) | x, keepdims=True | i",
    "accumulate": "x | x, 1 | i",
    "outer": "v, w | x, v | iv, iv",
    "at": "i, iv, 1 | x, iv, 1.0",
}
ONE, TWO = "x | i | y | v | 3 | 2.5 | [1, 2] | u | b", (
    "x, y | x, v | i, 2 | i, 2.5 | y, 2.0 | 1, x | x, i | [1, 2, 3], w | x, x, o | i, i | u, u | i, u | x, y, where=b | b, b"
)  # fmt: skip


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for line in CALLS.strip().splitlines():
        names, _, calls = line.partition(":")
        for name in names.split():
            table[name] = f"{table[name]} | {calls}" if name in table else calls
    for name in UFUNCS:
        table.setdefault(name, TWO if name in _TWO else ONE)
    return table


def _text(path: str) -> str | None:
    table, name = _table(), path.removeprefix("numpy.")
    if name in table:
        return table[name]
    owner, _, last = name.rpartition(".")
    if owner == "ndarray" and last.startswith("__"):
        return ONE if last in ("__neg__", "__pos__", "__invert__", "__abs__") else TWO.replace(" | x, x, o", "").replace(
            " | x, y, where=b", "")  # fmt: skip
    if owner in UFUNCS:
        return OF_UFUNCS[last]
    if owner in ("random.Generator", "random.RandomState"):
        return table.get(f"random.{last}")
    return table.get(last) if owner == "ndarray" else None


def is_of_two(name: str) -> bool:
    """Whether a universal function takes two arrays."""
    return name in _TWO


def samples(path: str) -> list[Sample]:
    """The calls of a rule; none where there is no line for it."""
    text = _text(path)
    if text is None:
        return []
    kept = {**SCOPE, "capture": lambda *args, **kwargs: Sample(args, kwargs)}
    found = [eval(f"capture({call.strip()})", kept) for call in text.split("|")]
    return [s for s in found if isinstance(s.args[0], np.ndarray)] if path.startswith("numpy.ndarray.") else found


PATHS = sorted(p for p in rules if p.startswith("numpy.") and p.split(".")[1] not in BY_INDEX)
