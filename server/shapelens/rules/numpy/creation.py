"""Arrays from sizes, from data, and in the likeness of others."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, Expr, equal, maximum, product
from shapelens.rules.call import Call, Failure, NotKnown, flat
from shapelens.rules.numpy.arrays import Array, array, as_array, contents, operand, sizes
from shapelens.rules.numpy.dtypes import asked, dtype_value, named, number_dtype, out_of_bounds, plain, promoted
from shapelens.rules.registry import rule
from shapelens.rules.torch.data import is_image
from shapelens.rules.torchvision.images import array_of
from shapelens.values import List, Many, Scalar, Tensor
from shapelens.values.dtypes import category


@rule("numpy.zeros", "numpy.ones", "numpy.empty", "numpy.ndarray")
def zeros(c: Call, shape: object, dtype: object = None, order: object = "C", **others: object) -> Tensor:
    """Of float64 unless told otherwise."""
    return array(sizes(c, shape), asked(c, dtype, "float64"))


@rule("numpy.full")
def full(
    c: Call, shape: object, fill_value: object, dtype: object = None, order: object = "C", **others: object
) -> Tensor:
    """The dtype is that of the value unless given; a value of several elements is broadcast."""
    found = contents(c, fill_value)
    room = sizes(c, shape)
    if isinstance(found[0], tuple):
        _fits(c, found[0], room)
    return array(room, asked(c, dtype, found[1]))


def _fits(c: Call, value: tuple[Dim, ...], room: tuple[Dim, ...]) -> None:
    from shapelens.rules.numpy.arrays import fit_into

    fit_into(c, value, room, f"{c.name}: a value of {c.text(value)} does not fit {c.text(room)}")


@rule("numpy.eye")
def eye(c: Call, N: Dim, M: Dim | None = None, k: object = 0, dtype: object = float, *others: object,
        **options: object) -> Tensor:  # fmt: skip
    """Ones on a diagonal."""
    return array(sizes(c, (N, N if M is None else M)), asked(c, dtype, "float64"))


@rule("numpy.identity")
def identity(c: Call, n: Dim, dtype: object = None, **options: object) -> Tensor:
    """A square of ones on the diagonal."""
    return array(sizes(c, (n, n)), asked(c, dtype, "float64"))


@rule("numpy.tri")
def tri(c: Call, N: Dim, M: Dim | None = None, k: object = 0, dtype: object = float, **options: object) -> Tensor:
    """Ones at and below a diagonal."""
    return array((_count(N), _count(N if M is None else M)), asked(c, dtype, "float64"))


def _count(size: Dim) -> Dim:
    return max(size, 0) if isinstance(size, int) else maximum(size, 0)


@rule("numpy.zeros_like", "numpy.ones_like", "numpy.empty_like")
def zeros_like(c: Call, a: Array, dtype: object = None, order: object = "K", subok: object = True,
               shape: object = None, **others: object) -> Tensor:  # fmt: skip
    """The shape and dtype of another unless told otherwise."""
    return array(c.shape(a) if c.store.value(shape) is None else sizes(c, shape), asked(c, dtype, a.dtype))


@rule("numpy.full_like")
def full_like(c: Call, a: Array, fill_value: object, dtype: object = None, order: object = "K", subok: object = True,
              shape: object = None, **others: object) -> Tensor:  # fmt: skip
    """As `full`, in the likeness of another."""
    room = c.shape(a) if c.store.value(shape) is None else sizes(c, shape)
    value = operand(c, fill_value)
    if isinstance(value, Tensor) and isinstance(room, tuple):
        _fits(c, c.dims(value), room)
    return array(room, asked(c, dtype, a.dtype))


@rule("numpy.array", "numpy.asarray", "numpy.ascontiguousarray", "numpy.asfortranarray", "numpy.asanyarray", "numpy.copy",
      "numpy.asarray_chkfinite", "numpy.require")  # fmt: skip
def from_data(
    c: Call, object: object, dtype: object = None, *others: object, ndmin: int = 0, **options: object
) -> Tensor:
    """The shape of nested lists; an image as its pixels (H, W, C); a tensor or array as it is."""
    if c.name == "copy":
        dtype = None
    value = c.store.value(object)
    wanted = asked(c, dtype)
    if is_image(value):
        made = array_of(c, value)
        return made.with_(dtype=wanted or made.dtype)
    if isinstance(value, (list, tuple)) and not _is_plain_dtype(c.store.value(dtype)) or "ndmax" in options:
        raise NotKnown
    shape, found, scalars = _contents(c, value, c.store.value(dtype))
    if dtype is None:
        wanted = found
    if wanted is None or found is None or category(wanted) != category(found):
        scalars = None
    if c.name in ("ascontiguousarray", "asfortranarray"):
        ndmin = 1
    if ndmin and isinstance(shape, tuple) and len(shape) < ndmin:
        shape, scalars = (*(1,) * (ndmin - len(shape)), *shape), None
    return array(shape, wanted, scalars)


def _is_plain_dtype(dtype: object) -> bool:
    """Whether elements of a dtype are single values: of a structured one, a tuple is one element."""
    texts = isinstance(dtype, str) and dtype.lstrip("<>=|").startswith(
        ("U", "S", "O", "M8", "m8", "datetime64", "object", "str")
    )
    return dtype is None or named(dtype) is not None or texts or dtype in (str, object, bytes)


def _contents(c: Call, value: Any, dtype: Any) -> Any:
    try:
        shape, found, scalars = contents(c, value)
    except NotKnown:
        return None, None, None
    except Failure:
        if dtype is not None and named(dtype) is None:
            return None, None, None  # an array of objects holds lists of any lengths
        raise
    wanted = named(dtype)
    if wanted is not None and not isinstance(value, Tensor):
        wrong = next((n for n in _leaves(scalars) if out_of_bounds(wanted, n)), None)
        if wrong is not None:
            c.fail("dtype-mismatch", f"{c.name}: {wrong} is out of bounds for {wanted}")
    return shape, found, scalars


def _leaves(scalars: Any) -> list[Any]:
    return [leaf for each in scalars for leaf in _leaves(each)] if isinstance(scalars, list) else [scalars]


@rule("numpy.atleast_1d", "numpy.atleast_2d", "numpy.atleast_3d")
def atleast(c: Call, *arys: object) -> object:
    """Dims of size 1 put in where there are too few: in front for 2, in front and behind for 3."""
    made = [_atleast(c, as_array(c, a), int(c.name[8])) for a in arys]
    return made[0] if len(made) == 1 else tuple(made)


def _atleast(c: Call, a: Tensor, rank: int) -> Tensor:
    dims = c.dims(a)
    if len(dims) >= rank:
        return array(dims, a.dtype, a.scalars)
    if rank < 3:
        scalars = a.scalars
        if scalars is not None:
            scalars = [scalars] if rank == 1 or dims else [[scalars]]
        return array((*(1,) * (rank - len(dims)), *dims), a.dtype, scalars)
    return array({0: (1, 1, 1), 1: (1, *dims, 1), 2: (*dims, 1)}[len(dims)], a.dtype)


_CASTS = (
    "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128 single double half "
    "intp int_ intc short byte ubyte ushort uintc uint bool_ bool csingle cdouble long longlong ulong ulonglong uintp"
)


@rule(*(f"numpy.{name}" for name in _CASTS.split()))
def cast(c: Call, x: object = 0) -> Tensor:
    """A number, or all numbers of an array, in that dtype."""
    value, dtype = c.store.value(x), named(c.name)
    if isinstance(value, (bool, int, float, complex, Expr, Scalar)):
        if out_of_bounds(dtype, value):
            c.fail("dtype-mismatch", f"{c.name}: {value} is out of bounds")
        same = isinstance(value, (bool, int, float)) and dtype in ("int64", "float64") and number_dtype(value) == dtype
        return array((), dtype, value if same else None)
    shape, _, scalars = contents(c, value)
    wrong = None if isinstance(value, Tensor) else next((n for n in _leaves(scalars) if out_of_bounds(dtype, n)), None)
    if wrong is not None:
        c.fail("dtype-mismatch", f"{c.name}: {wrong} is out of bounds")
    return array(shape, dtype)


@rule("numpy.dtype")
def dtype_of(c: Call, dtype: object, *others: object, **options: object) -> object:
    """A dtype as a value."""
    return dtype_value(asked(c, dtype, "float64"))


@rule("numpy.result_type")
def result_type(c: Call, *arrays_and_dtypes: object) -> object:
    """What these promote to; a plain number counts only by its kind."""
    from shapelens.rules.numpy.dtypes import together

    values = [c.store.value(v) for v in arrays_and_dtypes]
    return dtype_value(together([v if isinstance(v, Tensor) or plain(v) else array((), named(v)) for v in values]))


@rule("numpy.promote_types")
def promote_types(c: Call, type1: object, type2: object) -> object:
    """What arrays of both give together."""
    return dtype_value(promoted(asked(c, type1), asked(c, type2)))


# -- grids and indices ---------------------------------------------------------------------------------------------


@rule("numpy.meshgrid")
def meshgrid(c: Call, *xi: object, indexing: object = "xy", sparse: object = False, copy: object = True) -> object:
    """Each vector spread over the grid of all; with "xy" the first two axes change places."""
    given = [as_array(c, x) for x in xi]
    if indexing not in ("xy", "ij") or not isinstance(sparse, bool):
        raise NotKnown
    lengths = [product(c.dims(x)) for x in given]
    places = list(range(len(given)))
    if indexing == "xy" and len(given) > 1:
        places[0], places[1] = 1, 0
    made = []
    for i, x in enumerate(given):
        shape: tuple[Dim, ...] = tuple([lengths[p] if not sparse or p == i else 1 for p in places])
        made.append(array(shape, x.dtype))
    return tuple(made)


@rule("numpy.indices")
def indices(c: Call, dimensions: object, dtype: object = int, sparse: bool = False) -> object:
    """One grid for each axis, one above the other."""
    dims = sizes(c, dimensions) if not sparse else tuple([_count(d) for d in c.ints(c.store.value(dimensions))])
    found = asked(c, dtype, "int64")
    if sparse:
        return tuple([array(tuple([d if i == j else 1 for j, d in enumerate(dims)]), found) for i in range(len(dims))])
    return array((len(dims), *dims), found)


@rule("numpy.ix_")
def ix_(c: Call, *args: object) -> object:
    """Each vector along an axis of its own; of booleans, the places that hold."""
    made = []
    for i, each in enumerate(args):
        given = as_array(c, each)
        dims = c.dims(given)
        if len(dims) != 1:
            c.fail("rank-mismatch", f"ix_ takes vectors, got {c.text(given)}", given)
        size = c.fresh("n", 0) if given.dtype == "bool" else dims[0]
        empty = size == 0 and not isinstance(c.store.value(each), Tensor)
        dtype = "int64" if given.dtype == "bool" or empty else given.dtype
        made.append(array((*(1,) * i, size, *(1,) * (len(args) - 1 - i)), dtype))
    return tuple(made)


@rule("numpy.diag_indices")
def diag_indices(c: Call, n: Dim, ndim: int = 2) -> object:
    """Where the diagonal is."""
    return tuple([array((_count(n),), "int64") for _ in range(ndim)])


@rule("numpy.diag_indices_from")
def diag_indices_from(c: Call, arr: Array) -> object:
    """Where the diagonal of a cube is."""
    dims = c.dims(arr)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"diag_indices_from needs at least two dims, got {c.text(arr)}", arr)
    if any(equal(dims[0], d) is False for d in dims[1:]):
        c.fail("not-square", f"diag_indices_from needs equal sizes, got {c.text(arr)}", arr)
    return tuple([array((dims[0],), "int64") for _ in dims])


def triangle(n: Dim, m: Dim, k: int, lower: bool) -> int | None:
    """How many places of an n × m matrix are at or below (or above) its k-th diagonal; None for symbolic sizes."""
    if not isinstance(n, int) or not isinstance(m, int):
        return None
    kept = [min(max(i + k + 1, 0), m) if lower else m - min(max(i + k, 0), m) for i in range(n)]
    total = 0
    for count in kept:
        total += count
    return total


@rule("numpy.tril_indices", "numpy.triu_indices")
def tril_indices(c: Call, n: Dim, k: int = 0, m: Dim | None = None) -> object:
    """Where the triangle is: its rows and columns."""
    return _triangle(c, n, n if m is None else m, k, c.name.startswith("tril"))


@rule("numpy.tril_indices_from", "numpy.triu_indices_from")
def tril_indices_from(c: Call, arr: Array, k: int = 0) -> object:
    """Where the triangle of a matrix is."""
    dims = c.dims(arr)
    if len(dims) != 2:
        c.fail("rank-mismatch", f"{c.name} takes a matrix, got {c.text(arr)}", arr)
    return _triangle(c, dims[0], dims[1], k, c.name.startswith("tril"))


def _triangle(c: Call, n: Dim, m: Dim, k: int, lower: bool) -> object:
    count = triangle(n, m, k, lower)
    size = c.fresh("n", 0) if count is None else count
    return (array((size,), "int64"), array((size,), "int64"))


def _places(rank: int) -> tuple[Scalar, ...]:
    return tuple([Scalar("int") for _ in range(rank)])


@rule("numpy.ndindex")
def ndindex(c: Call, *shape: object) -> object:
    """The places of an array of that shape, one after the other."""
    dims = sizes(c, tuple(flat(shape)))
    return Many(_places(len(dims)), product(dims))


@rule("numpy.ndenumerate")
def ndenumerate(c: Call, arr: Array) -> object:
    """The places of an array, each with its element."""
    dims = c.dims(arr)
    return Many((_places(len(dims)), array((), arr.dtype)), product(dims))


@rule("numpy.unravel_index")
def unravel_index(c: Call, indices: object, shape: object, order: object = "C") -> object:
    """One array of places for each axis, in the shape of the indices."""
    given = as_array(c, indices)
    return tuple([array(c.shape(given), "int64") for _ in c.ints(c.store.value(shape))])


@rule("numpy.ravel_multi_index")
def ravel_multi_index(
    c: Call, multi_index: object, dims: object, mode: object = "raise", order: object = "C"
) -> Tensor:
    """The places in the flattened array."""
    given = c.store.value(multi_index)
    if not isinstance(given, (tuple, list)) or getattr(given, "rest", None) is not None:
        raise NotKnown
    arrays = [as_array(c, v) for v in given]
    wanted = c.ints(c.store.value(dims))
    if len(wanted) != len(arrays):
        c.fail("argument-value", f"ravel_multi_index: {len(arrays)} indices for {len(wanted)} dims", *arrays)
    return array(c.broadcast(*[c.dims(a) for a in arrays], what="ravel_multi_index"), "int64")


# -- diagonals and triangles ---------------------------------------------------------------------------------------


@rule("numpy.diag")
def diag(c: Call, v: Array, k: int = 0) -> Tensor:
    """A vector on the diagonal of a square; the diagonal of a matrix."""
    dims = c.dims(v)
    if len(dims) == 1:
        return array((dims[0] + abs(k),) * 2, v.dtype)
    if len(dims) != 2:
        c.fail("rank-mismatch", f"diag takes a vector or a matrix, got {c.text(v)}", v)
    return array((_diagonal(c, dims[0], dims[1], k),), v.dtype)


def _diagonal(c: Call, rows: Dim, columns: Dim, k: int) -> Dim:
    from shapelens.dims import minimum

    rows, columns = (rows, columns - k) if k >= 0 else (rows + k, columns)
    return maximum(minimum(rows, columns), 0)


@rule("numpy.diagonal", "numpy.ndarray.diagonal", "numpy.linalg.diagonal")
def diagonal(c: Call, a: Array, offset: int = 0, axis1: int | None = None, axis2: int | None = None) -> Tensor:
    """The diagonals of two axes, as the last one. In numpy.linalg, of the last two."""
    dims = c.dims(a)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"diagonal needs at least two dims, got {c.text(a)}", a)
    first = (-2, -1) if c.path.startswith("numpy.linalg") else (0, 1)
    axes = (first[0] if axis1 is None else axis1, first[1] if axis2 is None else axis2)
    i, j = c.axes(axes, len(dims), a)
    rest = [d for n, d in enumerate(dims) if n not in (i, j)]
    return array((*rest, _diagonal(c, dims[i], dims[j], offset)), a.dtype)


@rule("numpy.diagflat")
def diagflat(c: Call, v: Array, k: int = 0) -> Tensor:
    """All elements on the diagonal of a square."""
    return array((product(c.dims(v)) + abs(k),) * 2, v.dtype)


@rule("numpy.tril", "numpy.triu")
def tril(c: Call, m: Array, k: object = 0) -> Tensor:
    """A triangle of each matrix; of a vector, of the square that it is the row of."""
    dims = c.dims(m)
    if not dims:
        raise NotKnown
    return array(dims if len(dims) > 1 else (dims[0], dims[0]), m.dtype)


@rule("numpy.fill_diagonal")
def fill_diagonal(c: Call, a: Array, val: object, wrap: object = False) -> object:
    """In place."""
    dims = c.dims(a)
    if len(dims) < 2:
        c.fail("rank-mismatch", f"fill_diagonal needs at least two dims, got {c.text(a)}", a)
    if len(dims) > 2 and any(equal(dims[0], d) is False for d in dims[1:]):
        c.fail("not-square", f"fill_diagonal needs equal sizes, got {c.text(a)}", a)
    a.scalars = None
    return None


@rule("numpy.vander")
def vander(c: Call, x: Array, N: Dim | None = None, increasing: object = False) -> Tensor:
    """The powers of each element of a vector, in a row."""
    dims = c.dims(x)
    if len(dims) != 1:
        c.fail("rank-mismatch", f"vander takes a vector, got {c.text(x)}", x)
    return array((dims[0], dims[0] if N is None else N), promoted(x.dtype, "int64"))


@rule("numpy.fromfunction")
def fromfunction(c: Call, function: object, shape: object, *, dtype: object = float, like: object = None,
                 **kwargs: object) -> object:  # fmt: skip
    """What the function gives for the grids of indices."""
    dims = c.ints(c.store.value(shape))
    found = asked(c, dtype, "float64")
    return c.invoke(function, *[array(dims, found) for _ in dims], **kwargs)


@rule("numpy.frombuffer", "numpy.fromfile")
def frombuffer(c: Call, buffer: object, dtype: object = float, count: object = -1, *others: object,
               **options: object) -> Tensor:  # fmt: skip
    """A vector of as many as there are, or `count`."""
    wanted = c.store.value(count)
    size = wanted if isinstance(wanted, int) and wanted >= 0 else c.fresh("n", 0)
    return array((size,), asked(c, dtype, "float64"))


@rule("numpy.fromiter")
def fromiter(c: Call, iter: object, dtype: object, count: object = -1, **options: object) -> Tensor:
    """A vector of what an iterable gives."""
    if asked(c, dtype) is None:
        raise NotKnown  # each may be several
    wanted = c.store.value(count)
    given = c.store.value(iter)
    size: Dim = c.fresh("n", 0)
    if isinstance(wanted, int) and wanted >= 0:
        size = wanted
    elif isinstance(given, (List, tuple, range)) and getattr(given, "rest", None) is None:
        size = len(given) if wanted == -1 else size
    return array((size,), asked(c, dtype, "float64"))


@rule("numpy.fromstring")
def fromstring(
    c: Call, string: object, dtype: object = float, count: object = -1, *, sep: object, like: object = None
) -> Tensor:
    """A vector of the numbers in a text."""
    wanted = c.store.value(count)
    size = wanted if isinstance(wanted, int) and wanted >= 0 else c.fresh("n", 0)
    return array((size,), asked(c, dtype, "float64"))


@rule("numpy.memmap")
def memmap(c: Call, filename: object, dtype: object = None, mode: object = "r+", offset: object = 0,
           shape: object = None, order: object = "C") -> Tensor:  # fmt: skip
    """Of the given shape, or a vector of what the file holds; uint8 unless told otherwise."""
    wanted = c.store.value(shape)
    return array((c.fresh("n", 0),) if wanted is None else sizes(c, wanted), asked(c, dtype, "uint8"))


@rule("numpy.bartlett", "numpy.blackman", "numpy.hamming", "numpy.hanning")
def window(c: Call, M: Dim) -> Tensor:
    """A window of so many points."""
    return array((_count(M),), "float64")


@rule("numpy.kaiser")
def kaiser(c: Call, M: Dim, beta: object) -> Tensor:
    """A Kaiser window of so many points."""
    return window(c, M)
