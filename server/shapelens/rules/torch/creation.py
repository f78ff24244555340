"""Tensors made from sizes, from data, from ranges, and in the likeness of another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, less, maximum, product
from shapelens.rules.call import Call, NotKnown, flat
from shapelens.rules.registry import rule, rules
from shapelens.values import List, Many, Ratio, Scalar, Size, Tensor, Unknown
from shapelens.values.dtypes import ALIASES, category, promote, scalar_dtype

_KEPT = 64  # the numbers of tensors up to this size are kept


def _sized(c: Call, sizes: Sequence[Any]) -> tuple[Dim, ...]:
    """The sizes of `zeros(2, 3)` or `zeros((2, 3))`; a negative one fails."""
    dims = c.ints(flat(sizes))
    for dim in dims:
        if isinstance(dim, int) and dim < 0 or less(dim, 0) is True:
            c.fail("argument-value", f"{c.name}: a size cannot be negative, got {c.text(dims)}")
    return dims


# -- from sizes ------------------------------------------------------------------------------------------------------


@rule("torch.zeros", "torch.ones", "torch.empty", "torch.rand", "torch.randn")
def zeros(c: Call, *size: object, dtype: object = None, device: object = None, requires_grad: object = False,
          out: object = None, layout: object = None, pin_memory: object = False, generator: object = None,
          names: object = None, memory_format: object = None) -> Tensor:  # fmt: skip
    """A tensor of the given sizes."""
    return Tensor(_sized(c, size), c.dtype(dtype, "float32"))


def _keyword_size(path: str) -> None:
    """`torch.zeros(size=(2, 3))`: the sizes by keyword."""
    known = zeros

    def apply(c: Call, *size: object, **kwargs: Any) -> Tensor:
        if not size and "size" in kwargs:
            return known(c, kwargs["size"], dtype=kwargs.get("dtype"))
        return known(c, *size, dtype=kwargs.get("dtype"))

    del rules[path]
    rule(path)(apply)


for _path in ("torch.zeros", "torch.ones", "torch.empty", "torch.rand", "torch.randn"):
    _keyword_size(_path)


@rule("torch.full")
def full(c: Call, size: object, fill_value: object, *, dtype: object = None, device: object = None,
         requires_grad: object = False, out: object = None, layout: object = None, pin_memory: object = False) -> Tensor:  # fmt: skip
    """The dtype is that of the value unless given."""
    value = c.store.value(fill_value)
    default = scalar_dtype(value)
    if isinstance(value, Scalar):
        default = {"int": "int64", "float": "float32", "bool": "bool"}.get(value.type)
    elif isinstance(value, Expr):
        default = "int64"
    elif isinstance(value, Tensor):
        default = value.dtype
    return Tensor(_sized(c, (size,)), c.dtype(dtype, default))


@rule("torch.randint")
def randint(c: Call, low: object, high: object = None, size: object = None, dtype: object = None, *,
            generator: object = None, device: object = None, requires_grad: object = False, out: object = None,
            layout: object = None) -> Tensor:  # fmt: skip
    """`randint(high, size)` or `randint(low, high, size)`: int64 unless said otherwise."""
    if size is None:
        low, high, size = 0, low, high
    if isinstance(low, int) and isinstance(high, int) and high <= low:
        c.fail("argument-value", f"randint: high must be more than low, got {low} and {high}")
    return Tensor(_sized(c, (size,)), c.dtype(dtype, "int64"))


@rule("torch.randperm")
def randperm(c: Call, n: Dim, *, dtype: object = None, device: object = None, generator: object = None,
             requires_grad: object = False, out: object = None, layout: object = None, pin_memory: object = False) -> Tensor:  # fmt: skip
    """The numbers up to n in some order."""
    return Tensor(_sized(c, (n,)), c.dtype(dtype, "int64"))


@rule("torch.eye")
def eye(c: Call, n: Dim, m: Dim | None = None, *, dtype: object = None, device: object = None,
        requires_grad: object = False, out: object = None, layout: object = None) -> Tensor:  # fmt: skip
    """An identity matrix."""
    return Tensor(_sized(c, (n, n if m is None else m)), c.dtype(dtype, "float32"))


@rule("torch.empty_strided")
def empty_strided(c: Call, size: object, stride: object, *, dtype: object = None, device: object = None) -> Tensor:
    """A tensor of the given sizes."""
    return Tensor(_sized(c, (size,)), c.dtype(dtype, "float32"))


@rule("torch.hann_window", "torch.hamming_window", "torch.blackman_window", "torch.bartlett_window",
      "torch.kaiser_window")  # fmt: skip
def window(c: Call, window_length: Dim, periodic: object = True, *args: object, dtype: object = None,
           device: object = None, layout: object = None, requires_grad: object = False) -> Tensor:  # fmt: skip
    """One number for each place of the window."""
    return Tensor((window_length,), c.dtype(dtype, "float32"))


@rule("torch.tril_indices", "torch.triu_indices")
def triangle_indices(c: Call, row: Dim, col: Dim, offset: int = 0, *, dtype: object = None, device: object = None,
                     layout: object = None) -> Tensor:  # fmt: skip
    """Two rows: the places of a triangle of a matrix."""
    if isinstance(row, int) and isinstance(col, int):
        lower = c.name == "tril_indices"
        count: Dim = sum(
            max(0, min(col, i + offset + 1)) if lower else max(0, col - max(0, i + offset)) for i in range(row)
        )
    else:
        count = c.fresh("n", 0)
    return Tensor((2, count), c.dtype(dtype, "int64"))


# -- like another ------------------------------------------------------------------------------------------------------


@rule("torch.zeros_like", "torch.ones_like", "torch.empty_like", "torch.rand_like", "torch.randn_like")
def zeros_like(c: Call, input: Tensor, *, dtype: object = None, device: object = None, requires_grad: object = False,
               layout: object = None, memory_format: object = None) -> Tensor:  # fmt: skip
    """The other tensor's shape, and its dtype unless given."""
    return input.with_(dtype=c.dtype(dtype, input.dtype))


@rule("torch.full_like")
def full_like(c: Call, input: Tensor, fill_value: object, *, dtype: object = None, device: object = None,
              requires_grad: object = False, layout: object = None, memory_format: object = None) -> Tensor:  # fmt: skip
    """The other tensor's shape and dtype."""
    return input.with_(dtype=c.dtype(dtype, input.dtype))


@rule("torch.randint_like")
def randint_like(c: Call, input: Tensor, low: object, high: object = None, *, dtype: object = None,
                 device: object = None, requires_grad: object = False, layout: object = None,
                 memory_format: object = None) -> Tensor:  # fmt: skip
    """The other tensor's shape and dtype."""
    return input.with_(dtype=c.dtype(dtype, input.dtype))


@rule("torch.Tensor.new_zeros", "torch.Tensor.new_ones", "torch.Tensor.new_empty")
def new_zeros(c: Call, self: Tensor, *size: object, dtype: object = None, device: object = None,
              requires_grad: object = False, layout: object = None, pin_memory: object = False) -> Tensor:  # fmt: skip
    """The given sizes and the tensor's own dtype."""
    return Tensor(_sized(c, size), c.dtype(dtype, self.dtype), self.library)


@rule("torch.Tensor.new_full")
def new_full(c: Call, self: Tensor, size: object, fill_value: object, *, dtype: object = None, device: object = None,
             requires_grad: object = False, layout: object = None, pin_memory: object = False) -> Tensor:  # fmt: skip
    """The given sizes and the tensor's own dtype."""
    return Tensor(_sized(c, (size,)), c.dtype(dtype, self.dtype), self.library)


@rule("torch.Tensor.new_tensor", "torch.Tensor.new")
def new_tensor(c: Call, self: Tensor, data: object, *, dtype: object = None, device: object = None,
               requires_grad: object = False) -> Tensor:  # fmt: skip
    """Data in the tensor's own dtype."""
    shape, _, scalars = _of_data(c, data)
    return Tensor(shape, c.dtype(dtype, self.dtype), scalars=scalars)


# -- from data ----------------------------------------------------------------------------------------------------------


def _of_data(c: Call, data: object) -> tuple[Any, str | None, Any]:
    """The shape, the dtype and the known numbers of nested lists."""
    value = c.store.value(data)
    if isinstance(value, Tensor):
        return c.shape(value), value.dtype, value.scalars
    if isinstance(value, bool) or isinstance(value, (int, float, complex)):
        return (), scalar_dtype(value), None if isinstance(value, complex) else value
    if isinstance(value, Expr):
        return (), "int64", None
    if isinstance(value, Ratio) or isinstance(value, Scalar):
        return (), {"int": "int64", "float": "float32", "bool": "bool"}.get(value.type), None
    if isinstance(value, range):
        return (len(value),), "int64", list(value) if len(value) <= _KEPT else None
    if isinstance(value, Many) or isinstance(value, List) and value.rest is not None and not value:
        element = value.element if isinstance(value, Many) else value.rest
        count = value.length if isinstance(value, Many) else value.count
        inner, dtype, _ = _of_data(c, element)
        if not isinstance(inner, tuple):
            raise NotKnown
        return (count if isinstance(count, (int, Expr)) else c.fresh("n", 0), *inner), dtype, None
    if isinstance(value, (list, tuple)) and getattr(value, "rest", None) is None:
        return _of_list(c, value)
    raise NotKnown


def _of_list(c: Call, value: Sequence[Any]) -> tuple[Any, str | None, Any]:
    if not value:
        return (0,), "float32", []
    parts = [_of_data(c, v) for v in value]
    first = parts[0][0]
    dtype = parts[0][1]
    for shape, kind, _ in parts[1:]:
        if shape != first:
            if isinstance(shape, tuple) and isinstance(first, tuple):
                known = all(isinstance(d, int) for d in (*shape, *first))
                if known and not any(isinstance(v, Tensor) for v in value):
                    c.fail(
                        "ragged-data",
                        f"{c.name}: nested lists of different lengths, {c.text(first)} and {c.text(shape)}",
                    )
            raise NotKnown
        dtype = dtype if kind == dtype else promote(dtype, kind)
    if not isinstance(first, tuple):
        raise NotKnown
    shape = (len(value), *first)
    numbers = [p[2] for p in parts]
    kept = None if any(n is None for n in numbers) or (product(shape) or 0) > _KEPT else numbers  # type: ignore[operator]
    return shape, dtype, kept


@rule("torch.tensor")
def tensor(c: Call, data: object, *, dtype: object = None, device: object = None, requires_grad: object = False,
           pin_memory: object = False, names: object = None) -> Tensor:  # fmt: skip
    """The shape of nested lists, and the dtype that all their numbers fit."""
    return _made(c, data, dtype)


@rule("torch.as_tensor", "torch.asarray")
def as_tensor(c: Call, data: object, dtype: object = None, device: object = None, *, copy: object = None,
              requires_grad: object = False) -> Tensor:  # fmt: skip
    """As torch.tensor."""
    return _made(c, data, dtype)


def _made(c: Call, data: object, dtype: object) -> Tensor:
    try:
        shape, found, scalars = _of_data(c, data)
    except NotKnown:
        return Tensor(None, c.dtype(dtype, None))
    wanted = c.dtype(dtype, found)
    if scalars is not None and (wanted is None or found is None or category(wanted) != category(found)):
        scalars = None
    return Tensor(shape, wanted, scalars=scalars)


@rule("torch.from_numpy")
def from_numpy(c: Call, ndarray: Tensor) -> Tensor:
    """The array's shape and dtype."""
    return ndarray.with_(library="torch")


def _legacy(path: str, dtype: str) -> None:
    def apply(c: Call, *args: object, device: object = None) -> Tensor:
        given = [c.store.value(a) for a in args]
        if len(given) == 1 and isinstance(given[0], (list, tuple)) and not isinstance(given[0], Size):
            shape, _, _ = _of_data(c, given[0])
            return Tensor(shape, dtype)
        if len(given) == 1 and isinstance(given[0], Tensor):
            return given[0].with_(dtype=dtype, library="torch")
        if len(given) == 1 and isinstance(given[0], Unknown) and not isinstance(given[0], Scalar):
            return Tensor(None, dtype)
        if not given:
            return Tensor((0,), dtype)
        return Tensor(_sized(c, given), dtype)

    rule(path)(apply)


for _name in ("Float", "Double", "Half", "Long", "Int", "Short", "Bool", "BFloat16"):
    for _prefix in ("torch", "torch.cuda"):
        _legacy(f"{_prefix}.{_name}Tensor", ALIASES.get(_name.lower(), _name.lower()))
_legacy("torch.ByteTensor", "uint8")
_legacy("torch.CharTensor", "int8")
_legacy("torch.Tensor", "float32")


@rule("torch.nn.Parameter", "torch.nn.parameter.Parameter")
def parameter(c: Call, data: object = None, requires_grad: object = True) -> Tensor:
    """The same tensor, as a parameter of the module that it is stored in."""
    if data is None:
        return Tensor((0,), "float32", parameter=True)
    value = c.tensor(data)
    return value.with_(parameter=True)


@rule("torch.nn.Buffer", "torch.nn.parameter.Buffer")
def buffer(c: Call, data: Tensor, *, persistent: object = True) -> Tensor:
    """The same tensor."""
    return data.with_()


@rule(*(f"torch.nn.init.{name}" for name in (
    "uniform_", "normal_", "trunc_normal_", "constant_", "ones_", "zeros_", "eye_", "dirac_", "xavier_uniform_",
    "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_", "xavier_uniform", "xavier_normal",
    "kaiming_uniform", "kaiming_normal", "uniform", "normal", "constant",
)))  # fmt: skip
def initialised(c: Call, tensor: Tensor, *args: object, **kwargs: object) -> Tensor:
    """The same tensor with other numbers."""
    return tensor


@rule("torch.nn.init.calculate_gain")
def calculate_gain(c: Call, nonlinearity: object, param: object = None) -> object:
    """A number."""
    return Scalar("float")


# -- ranges --------------------------------------------------------------------------------------------------------------


@rule("torch.arange", "torch.range")
def arange(c: Call, start: object, end: object = None, step: object = 1, *, dtype: object = None, device: object = None,
           requires_grad: object = False, out: object = None, layout: object = None, pin_memory: object = False) -> Tensor:  # fmt: skip
    """⌈(end - start) / step⌉ numbers (torch.arange page)."""
    if end is None:
        start, end = 0, start
    bounds = [c.store.value(v) for v in (start, end, step)]
    bounds = [v.scalars if isinstance(v, Tensor) and isinstance(v.scalars, (int, float)) else v for v in bounds]
    integral = all(isinstance(v, (int, Expr)) or isinstance(v, Scalar) and v.type == "int" for v in bounds)
    kind = "int64" if integral else "float32"
    if any(isinstance(v, (Unknown, Tensor)) and not isinstance(v, Scalar) for v in bounds):
        bounds = [c.dim(v) if isinstance(v, Unknown) and v.hole is not None else v for v in bounds]
        kind = "int64" if all(isinstance(v, (int, Expr)) for v in bounds) else ""
    name = c.dtype(dtype, kind or None)
    low, high, by = bounds
    extra = 1 if c.name == "range" else 0
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and isinstance(by, (int, float)):
        if by == 0 or (high - low) * by < 0:
            c.fail("argument-value", f"arange: from {low} to {high} in steps of {by} has no end")
        count = math.floor((high - low) / by) + 1 if extra else math.ceil((high - low) / by)
        return Tensor((max(count, 0),), name)
    low, high = (c.store.dim_of(v) if isinstance(v, Scalar) and v.type == "int" else v for v in (low, high))
    if isinstance(low, (int, Expr)) and isinstance(high, (int, Expr)) and isinstance(by, int) and by:
        span = high - low if by > 0 else low - high
        steps = -((-span) // abs(by))
        return Tensor((steps if less(0, steps) is True else maximum(steps, 0),), name)
    return Tensor((c.fresh("n", 0),), name)


@rule("torch.linspace", "torch.logspace")
def linspace(c: Call, start: object, end: object, steps: Dim, base: object = 10.0, *, dtype: object = None,
             device: object = None, requires_grad: object = False, out: object = None, layout: object = None) -> Tensor:  # fmt: skip
    """`steps` numbers."""
    if isinstance(steps, int) and steps < 0:
        c.fail("argument-value", f"{c.name}: steps must not be negative, got {steps}")
    return Tensor((steps,), c.dtype(dtype, "float32"))


# -- combinations ----------------------------------------------------------------------------------------------------------


@rule("torch.meshgrid")
def meshgrid(c: Call, *tensors: object, indexing: object = "ij") -> object:
    """One grid for each vector; with indexing "xy" the first two dims are exchanged."""
    given = c.tensors(flat(tensors)) if len(tensors) == 1 else tuple([c.tensor(t) for t in tensors])
    sizes: list[Dim] = []
    for one in given:
        dims = c.dims(one)
        if len(dims) > 1:
            c.fail("rank-mismatch", f"meshgrid takes vectors, got {c.text(one)}", one)
        sizes.append(dims[0] if dims else 1)
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    elif indexing not in ("ij", "xy"):
        raise NotKnown
    return tuple([one.with_(shape=tuple(sizes)) for one in given])


@rule("torch.cartesian_prod")
def cartesian_prod(c: Call, *tensors: Tensor) -> Tensor:
    """One row for each combination."""
    sizes = [c.dims(t, ("n",)) for t in tensors]
    if any(len(s) != 1 for s in sizes):
        c.fail("rank-mismatch", "cartesian_prod takes vectors", *tensors)
    if len(sizes) == 1:
        return tensors[0].with_()
    return tensors[0].with_(shape=(product(s[0] for s in sizes), len(sizes)))


@rule("torch.combinations")
def combinations(c: Call, input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """One row for each way to take r elements."""
    dims = c.dims(input)
    if len(dims) != 1:
        c.fail("rank-mismatch", f"combinations takes a vector, got {c.text(input)}", input)
    if not isinstance(dims[0], int):
        raise NotKnown
    count = math.comb(dims[0] + r - 1, r) if with_replacement and dims[0] + r > 0 else math.comb(dims[0], r)
    return input.with_(shape=(count, r) if r else (0,))
