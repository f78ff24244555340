"""Tensors made from sizes, from data, from ranges, and in the likeness of another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, less, less_equal, product
from shapelens.rules.call import Call, NotKnown, flat
from shapelens.rules.registry import rule, rules
from shapelens.rules.torch.reshaping import like, size_list
from shapelens.values import List, Many, Scalar, Shape, Size, Tensor, Unknown, turns
from shapelens.values.dtypes import ALIASES, BOOL, INTEGERS, category, promote, scalar_dtype

_KEPT = 64  # the numbers of tensors up to this size are kept


def number_dtype(c: Call, value: object) -> str | None:
    """The dtype of a tensor made of a plain number, of which only the type may be known."""
    kind = value.type if isinstance(value, Scalar) else "int" if isinstance(value, Expr) else ""
    found = {"int": "int64", "float": c.floating, "bool": "bool"}.get(kind) if kind else scalar_dtype(value)
    return c.floating if isinstance(value, float) else found


def _sized(c: Call, sizes: Sequence[Any]) -> Shape:
    """The sizes of `zeros(2, 3)`, `zeros((2, 3))` or `zeros(x.shape)`; a negative one fails."""
    known = like(c, sizes)
    if known is not None:
        return known
    if any(isinstance(s, Unknown) and isinstance(s.why, tuple) for s in flat(sizes)):
        raise NotKnown  # a whole shape among the sizes
    dims = c.ints(size_list(c, sizes))
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
    return Tensor(_sized(c, size), c.dtype(dtype, c.floating))


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
    default = number_dtype(c, value)
    if isinstance(value, Tensor):
        default = None if value.dtype is None else ("bool", "int64", c.floating, "complex64")[category(value.dtype)]
    return Tensor(_sized(c, (size,)), c.dtype(dtype, default))


@rule("torch.randint")
def randint(c: Call, low: object = None, high: object = None, size: object = None, dtype: object = None, *,
            generator: object = None, device: object = None, requires_grad: object = False, out: object = None,
            layout: object = None) -> Tensor:  # fmt: skip
    """`randint(high, size)` or `randint(low, high, size)`: int64 unless said otherwise."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    _check_bounds(c, 0 if low is None else low, high)
    return Tensor(_sized(c, (size,)), c.dtype(dtype, "int64"))


def _check_bounds(c: Call, low: object, high: object) -> None:
    low, high = c.store.value(low), c.store.value(high)
    if isinstance(low, (int, Expr)) and isinstance(high, (int, Expr)) and less_equal(high, low) is True:
        c.fail(
            "argument-value",
            f"{c.name}: high must be more than low, got {c.dim_text(low)} and {c.dim_text(high)}",
        )


@rule("torch.randperm")
def randperm(c: Call, n: Dim, *, dtype: object = None, device: object = None, generator: object = None,
             requires_grad: object = False, out: object = None, layout: object = None, pin_memory: object = False) -> Tensor:  # fmt: skip
    """The numbers up to n in some order."""
    return Tensor(_sized(c, (n,)), c.dtype(dtype, "int64"))


@rule("torch.eye")
def eye(c: Call, n: Dim, m: Dim | None = None, *, dtype: object = None, device: object = None,
        requires_grad: object = False, out: object = None, layout: object = None) -> Tensor:  # fmt: skip
    """An identity matrix."""
    return Tensor(_sized(c, (n, n if m is None else m)), c.dtype(dtype, c.floating))


@rule("torch.empty_strided", "torch.empty_permuted")
def empty_strided(c: Call, size: object, stride: object, *, dtype: object = None, device: object = None,
                  requires_grad: object = False, layout: object = None, pin_memory: object = False) -> Tensor:  # fmt: skip
    """A tensor of the given sizes."""
    dims, steps = _sized(c, (size,)), c.ints(stride)
    if isinstance(dims, tuple) and len(dims) != len(steps):
        c.fail("argument-value", f"{c.name}: {len(dims)} sizes with {len(steps)} strides or places")
    return Tensor(dims, c.dtype(dtype, c.floating))


def _window(c: Call, length: Dim, dtype: object) -> Tensor:
    """One number for each place of a window."""
    found = c.dtype(dtype, c.floating)
    if found is not None and category(found) < 2:
        c.fail("dtype-mismatch", f"{c.name} needs a float dtype, got {found}")
    return Tensor(_sized(c, (length,)), found)


@rule("torch.hann_window", "torch.blackman_window", "torch.bartlett_window")
def window(c: Call, window_length: Dim, periodic: object = True, *, dtype: object = None, device: object = None,
           layout: object = None, requires_grad: object = False, pin_memory: object = False) -> Tensor:  # fmt: skip
    """One number for each place of the window."""
    return _window(c, window_length, dtype)


@rule("torch.hamming_window")
def hamming_window(c: Call, window_length: Dim, periodic: object = True, alpha: object = 0.54, beta: object = 0.46, *,
                   dtype: object = None, device: object = None, layout: object = None, requires_grad: object = False,
                   pin_memory: object = False) -> Tensor:  # fmt: skip
    """One number for each place of the window."""
    return _window(c, window_length, dtype)


@rule("torch.kaiser_window")
def kaiser_window(c: Call, window_length: Dim, periodic: object = True, beta: object = 12.0, *, dtype: object = None,
                  device: object = None, layout: object = None, requires_grad: object = False,
                  pin_memory: object = False) -> Tensor:  # fmt: skip
    """One number for each place of the window."""
    return _window(c, window_length, dtype)


@rule(*(f"torch.signal.windows.{name}" for name in (
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming",
    "hann", "kaiser", "nuttall",
)))  # fmt: skip
def signal_window(c: Call, M: Dim, *, dtype: object = None, **others: object) -> Tensor:
    """One number for each place of the window."""
    return _window(c, M, dtype)


_MAX_ROWS = 1 << 16
_DEEPEST = 64  # dims that a tensor can have


@rule("torch.tril_indices", "torch.triu_indices")
def triangle_indices(c: Call, row: Dim, col: Dim, offset: int = 0, *, dtype: object = None, device: object = None,
                     layout: object = None) -> Tensor:  # fmt: skip
    """Two rows: the places of a triangle of a matrix."""
    _sized(c, (row, col))
    if isinstance(row, int) and isinstance(col, int) and row <= _MAX_ROWS:
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
def randint_like(c: Call, input: Tensor, low: object = None, high: object = None, *, dtype: object = None,
                 device: object = None, requires_grad: object = False, layout: object = None,
                 memory_format: object = None) -> Tensor:  # fmt: skip
    """The other tensor's shape and dtype."""
    if high is not None:
        _check_bounds(c, 0 if low is None else low, high)
    elif low is not None:
        _check_bounds(c, 0, low)
    return input.with_(dtype=c.dtype(dtype, input.dtype))


@rule("torch.Tensor.new_empty_strided")
def new_empty_strided(c: Call, self: Tensor, size: object, stride: object, dtype: object = None, layout: object = None,
                      device: object = None, pin_memory: object = False, requires_grad: object = False) -> Tensor:  # fmt: skip
    """The given sizes and the tensor's own dtype."""
    return Tensor(_sized(c, (size,)), c.dtype(dtype, self.dtype), self.library)


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


@rule("torch.Tensor.new_tensor")
def new_tensor(c: Call, self: Tensor, data: object, *, dtype: object = None, device: object = None,
               requires_grad: object = False) -> Tensor:  # fmt: skip
    """Data in the tensor's own dtype."""
    return _made(c, data, dtype, self.dtype)


@rule("torch.Tensor.new")
def new(c: Call, self: Tensor, *args: object, device: object = None) -> Tensor:
    """As the constructor of the tensor's own type: sizes, or data."""
    return _constructed(c, args, self.dtype)


# -- from data ----------------------------------------------------------------------------------------------------------


def nested(c: Call, data: object, depth: int = 0) -> tuple[Any, str | None, Any]:
    """The shape, the dtype and the known numbers of nested lists."""
    if depth > _DEEPEST:
        raise NotKnown
    value = c.store.value(data)
    if isinstance(value, Tensor):
        return c.shape(value), value.dtype, value.scalars
    if isinstance(value, (bool, int, float, complex, Expr, Scalar)):
        known = isinstance(value, (bool, int, float))
        return (), number_dtype(c, value), value if known else None
    if isinstance(value, range):
        size = max(-((value.start - value.stop) // value.step), 0)
        return (size,), "int64", list(value) if size <= _KEPT else None
    if isinstance(value, Many) or isinstance(value, List) and value.rest is not None and not value:
        element = value.element if isinstance(value, Many) else value.rest
        count = turns(value.length if isinstance(value, Many) else value.count)
        inner, dtype, _ = nested(c, element)
        if not isinstance(inner, tuple):
            raise NotKnown
        return (count if isinstance(count, (int, Expr)) else c.fresh("n", 0), *inner), dtype, None
    if isinstance(value, (list, tuple)) and getattr(value, "rest", None) is None:
        return _of_list(c, value, depth)
    raise NotKnown


def _of_element(c: Call, value: Any) -> tuple[Any, str | None, Any]:
    """An element of a list of numbers: torch takes the number out of a tensor of one element, whatever its rank."""
    if not isinstance(value, Tensor) or value.library != "torch":
        return nested(c, value)
    shape = c.shape(value)
    if isinstance(shape, tuple) and equal(product(shape), 1) is False:
        c.fail(
            "item-size",
            f"{c.name}: a list may only hold tensors of one element, got {c.text(value)}; torch.stack joins larger ones",
            value,
        )
    return (), value.dtype, None if isinstance(value.scalars, list) else value.scalars


def _of_list(c: Call, value: Sequence[Any], depth: int) -> tuple[Any, str | None, Any]:
    if not value:
        return (0,), c.floating, []
    kinds = set(map(type, value))
    if len(value) > _KEPT and kinds <= {int, float, bool}:
        return (len(value),), number_dtype(c, 0.5 if float in kinds else 1 if int in kinds else True), None
    value = [c.store.value(v) for v in value]
    if isinstance(value[0], (list, tuple)):
        leading = nested(c, value[0], depth + 1)
        empty, kind, _ = leading
        if isinstance(empty, tuple) and 0 in empty:  # torch does not look at the others then
            return (len(value), *empty), kind, None
        rows = {id(v): v for v in value}  # `[[0] * 3] * 1000` has one row
        known = {key: leading if row is value[0] else nested(c, row, depth + 1) for key, row in rows.items()}
        parts = [known[id(v)] for v in value]
    else:
        parts = [_of_element(c, v) for v in value]
    first = parts[0][0]
    dtype = parts[0][1]
    for shape, kind, _ in parts[1:]:
        if shape != first:
            if isinstance(shape, tuple) and isinstance(first, tuple):
                sized = all(isinstance(d, int) for d in (*shape, *first))
                if sized and not any(isinstance(v, Tensor) for v in value):
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


def _made(c: Call, data: object, dtype: object, default: str | None = None) -> Tensor:
    """Data as a tensor of the dtype asked for, or of the default, or of the dtype that the data has."""
    try:
        shape, found, scalars = nested(c, data)
    except NotKnown:
        return Tensor(None, c.dtype(dtype, default))
    wanted = c.dtype(dtype, default or found)
    if scalars is not None and (wanted is None or found is None or category(wanted) != category(found)):
        scalars = None
    return Tensor(shape, wanted, scalars=scalars)


@rule("torch.from_numpy")
def from_numpy(c: Call, ndarray: object) -> Tensor:
    """The array's shape and dtype. An open parameter is taught to be an array of NumPy."""
    value = c.store.value(ndarray)
    array = c.store.open_tensor(value, library="numpy") if type(value) is Unknown else c.tensor(value)
    return array.with_(library="torch")


def _constructed(c: Call, args: Sequence[object], dtype: str | None) -> Tensor:
    """What the constructor of a tensor type gives: of sizes, of data in a list, or of another tensor."""
    given = [c.store.value(a) for a in args]
    if not given:
        return Tensor((0,), dtype)
    only = given[0] if len(given) == 1 else None
    if isinstance(only, (list, tuple)) and not isinstance(only, Size):
        return _made(c, only, None, dtype)
    if isinstance(only, Tensor):
        return only.with_(library="torch", dtype=only.dtype if only.library == "torch" else dtype)
    if isinstance(only, Unknown) and not isinstance(only, Scalar) and like(c, (only,)) is None:
        return Tensor(None, dtype)
    return Tensor(_sized(c, given), dtype)


def _legacy(path: str, dtype: str) -> None:
    def apply(c: Call, *args: object, device: object = None) -> Tensor:
        return _constructed(c, args, dtype)

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
    if requires_grad is True and value.dtype is not None and category(value.dtype) < 2:
        c.fail(
            "dtype-mismatch",
            f"{c.name}: only floats can require gradients, got {value.dtype}; pass requires_grad=False",
            value,
        )
    made = value.with_(parameter=True)
    made.frozen = not requires_grad if isinstance(requires_grad, bool) else None
    return made


@rule("torch.nn.Buffer", "torch.nn.parameter.Buffer")
def buffer(c: Call, data: Tensor | None = None, *, persistent: object = True) -> Tensor:
    """The same tensor."""
    return Tensor((0,), "float32") if data is None else data.with_()


@rule("torch.nn.UninitializedParameter", "torch.nn.parameter.UninitializedParameter")
def uninitialized_parameter(
    c: Call, requires_grad: object = True, device: object = None, dtype: object = None
) -> Tensor:
    """A parameter whose shape is not known yet."""
    return Tensor(None, c.dtype(dtype, c.floating), parameter=True)


@rule("torch.nn.UninitializedBuffer", "torch.nn.parameter.UninitializedBuffer")
def uninitialized_buffer(c: Call, requires_grad: object = False, device: object = None, dtype: object = None,
                         persistent: object = True) -> Tensor:  # fmt: skip
    """A buffer whose shape is not known yet."""
    return Tensor(None, c.dtype(dtype, c.floating))


@rule("torch.scalar_tensor")
def scalar_tensor(c: Call, s: object, *, dtype: object = None, device: object = None, layout: object = None,
                  pin_memory: object = False, requires_grad: object = False) -> Tensor:  # fmt: skip
    """A tensor of rank 0."""
    return Tensor((), c.dtype(dtype, c.floating))


# The ranks that an initialisation takes, and how torch says so. The others take any.
_FANS = (range(2, 99), "at least two dims")
_RANKS = {
    **{f"{name}_{kind}": _FANS for name in ("xavier", "kaiming") for kind in ("uniform", "normal")},
    "orthogonal": _FANS,
    "eye": (range(2, 3), "two dims"),
    "sparse": (range(2, 3), "two dims"),
    "dirac": (range(3, 6), "three, four or five dims"),
}


@rule(*(f"torch.nn.init.{name}" for name in (
    "uniform_", "normal_", "trunc_normal_", "constant_", "ones_", "zeros_", "eye_", "dirac_", "xavier_uniform_",
    "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "sparse_", "xavier_uniform", "xavier_normal",
    "kaiming_uniform", "kaiming_normal", "uniform", "normal", "constant", "dirac", "eye", "orthogonal", "sparse",
)))  # fmt: skip
def initialised(c: Call, tensor: Tensor, *args: object, **kwargs: object) -> Tensor:
    """The same tensor with other numbers."""
    shape = c.shape(tensor)
    ranks, text = _RANKS.get(c.name.rstrip("_"), (None, ""))
    if (
        ranks is not None
        and isinstance(shape, tuple)
        and len(shape) not in ranks
        and all(less(0, d) is True for d in shape)
    ):
        c.fail("rank-mismatch", f"{c.name} needs a tensor of {text}, got {c.text(tensor)}", tensor)
    tensor.scalars = None
    return tensor


@rule("torch.nn.init.calculate_gain")
def calculate_gain(c: Call, nonlinearity: object, param: object = None) -> object:
    """A number."""
    return Scalar("float")


# -- ranges --------------------------------------------------------------------------------------------------------------


_Bounds = tuple[Any, Any, Any]


def _bounds(c: Call, *given: object) -> _Bounds:
    """Start, end and step: numbers, dims, or what stands for an unknown number."""
    found = []
    for value in given:
        value = c.store.value(value)
        if isinstance(value, Tensor):
            if c.shape(value) not in ((), None):
                raise NotKnown  # torch takes only tensors of rank 0 here
            value = value.scalars if isinstance(value.scalars, (int, float)) else _number_of(value)
        elif type(value) is Unknown and value.hole is not None:
            value = c.dim(value)
        found.append(value)
    return found[0], found[1], found[2]


def _number_of(tensor: Tensor) -> Unknown:
    kind = 3 if tensor.dtype is None else category(tensor.dtype)
    return Unknown() if kind == 3 else Scalar(("bool", "int", "float")[kind])


def _range_dtype(bounds: _Bounds, floating: str | None) -> str | None:
    """int64 if all bounds are integers, the default float type if one is a float; None where that is not known."""
    if any(isinstance(v, float) or isinstance(v, Scalar) and v.type == "float" for v in bounds):
        return floating
    whole = all(isinstance(v, (int, Expr)) or isinstance(v, Scalar) and v.type in ("int", "bool") for v in bounds)
    return "int64" if whole else None


def _stepped(c: Call, bounds: _Bounds, closed: bool) -> Dim:
    """⌈(end - start) / step⌉, and for the closed `torch.range` ⌊(end - start) / step⌋ + 1."""
    low, high, by = bounds
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and isinstance(by, (int, float)):
        if not all(math.isfinite(v) for v in bounds):
            raise NotKnown
        if by == 0 or (high - low) * by < 0:
            c.fail("argument-value", f"{c.name}: from {low} to {high} in steps of {by} has no end")
        return math.floor((high - low) / by) + 1 if closed else math.ceil((high - low) / by)
    low, high, by = (c.dim(v) if isinstance(v, Scalar) and v.type == "int" else v for v in bounds)
    if not all(isinstance(v, (int, Expr)) for v in (low, high, by)):
        return c.fresh("n", 0)
    if less(by, 0) is True:
        low, high, by = 0 - low, 0 - high, 0 - by
    if less(0, by) is not True:
        return c.fresh("n", 0)
    span = high - low  # every run in which it is negative fails
    if less(span, 0) is True:
        c.fail("argument-value", f"{c.name}: the end is before the start, by {c.dim_text(0 - span)}")
    return span // by + 1 if closed else span if by == 1 else ceildiv(span, by)


@rule("torch.arange")
def arange(c: Call, start: object = None, end: object = None, step: object = 1, *, dtype: object = None,
           device: object = None, requires_grad: object = False, out: object = None, layout: object = None,
           pin_memory: object = False) -> Tensor:  # fmt: skip
    """⌈(end - start) / step⌉ numbers (torch.arange page)."""
    if end is None:
        start, end = 0, start
    bounds = _bounds(c, 0 if start is None else start, end, step)
    name = c.dtype(dtype, _range_dtype(bounds, c.floating))
    if name == "int64" and any(type(v) is float for v in bounds):
        _stepped(c, bounds, False)  # the bounds must fit together before they are cut to integers too
    if name == "int64":  # RangeFactories.cpp counts in integers then
        bounds = tuple(int(v) if type(v) is float and math.isfinite(v) else v for v in bounds)  # type: ignore[assignment]
    if requires_grad is True and name is not None and category(name) < 2:
        c.fail("dtype-mismatch", f"{c.name}: only tensors of floating point numbers can require gradients, got {name}")
    return Tensor((_stepped(c, bounds, False),), name)


@rule("torch.range")
def closed_range(c: Call, start: object, end: object = None, step: object = 1, *, dtype: object = None,
                 device: object = None, requires_grad: object = False, out: object = None, layout: object = None) -> Tensor:  # fmt: skip
    """As arange, the end included, and of floats."""
    bounds = _bounds(c, 0 if end is None else start, start if end is None else end, step)
    return Tensor((_stepped(c, bounds, True),), c.dtype(dtype, c.floating))


@rule("torch.linspace", "torch.logspace")
def linspace(c: Call, start: object, end: object, steps: Dim, base: object = 10.0, *, dtype: object = None,
             device: object = None, requires_grad: object = False, out: object = None, layout: object = None) -> Tensor:  # fmt: skip
    """`steps` numbers."""
    if less(steps, 0) is True:
        c.fail("argument-value", f"{c.name}: steps must not be negative, got {c.dim_text(steps)}")
    ends = [c.store.value(v) for v in (start, end)]
    for one in ends:
        if isinstance(one, Tensor) and isinstance(c.shape(one), tuple) and c.shape(one) != ():
            c.fail("rank-mismatch", f"{c.name}: start and end must be numbers, got {c.text(one)}", one)
    plain = all(isinstance(v, (int, float, Expr, Scalar)) for v in ends)
    return Tensor((steps,), c.dtype(dtype, c.floating if plain else None))


# -- combinations ----------------------------------------------------------------------------------------------------------


def _of_one_dtype(c: Call, tensors: Sequence[Tensor]) -> None:
    for one in tensors:
        if one.dtype != tensors[0].dtype and None not in (one.dtype, tensors[0].dtype):
            c.fail(
                "dtype-mismatch", f"{c.name} needs vectors of one dtype, got {tensors[0].dtype} and {one.dtype}",
                tensors[0], one,
            )  # fmt: skip


@rule("torch.meshgrid")
def meshgrid(c: Call, *tensors: object, indexing: object = "ij") -> object:
    """One grid for each vector; with indexing "xy" the first two dims are exchanged."""
    given = c.tensors(flat(tensors)) if len(tensors) == 1 else tuple([c.tensor(t) for t in tensors])
    if not given:
        c.fail("argument-value", "meshgrid needs at least one vector")
    _of_one_dtype(c, given)
    sizes: list[Dim] = []
    for one in given:
        dims = c.dims(one, ("n",))
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
    if not sizes:
        c.fail("argument-value", "cartesian_prod needs at least one vector")
    _of_one_dtype(c, tensors)
    if len(sizes) == 1:
        return tensors[0].with_()
    return tensors[0].with_(shape=(product(s[0] for s in sizes), len(sizes)))


@rule("torch.combinations")
def combinations(c: Call, input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """One row for each way to take r elements."""
    dims = c.dims(input, ("n",))
    if len(dims) != 1:
        c.fail("rank-mismatch", f"combinations takes a vector, got {c.text(input)}", input)
    if r < 0:
        c.fail("argument-value", f"combinations: r must not be negative, got {r}")
    if r == 2:
        return input.with_(shape=(dims[0] * (dims[0] + (1 if with_replacement else -1)) // 2, 2))
    if not isinstance(dims[0], int):
        raise NotKnown
    count = math.comb(dims[0] + r - 1, r) if with_replacement and dims[0] + r > 0 else math.comb(dims[0], r)
    return input.with_(shape=(count, r) if r else (0,))


@rule("torch.vander")
def vander(c: Call, x: Tensor, N: Dim | None = None, increasing: object = False) -> Tensor:
    """The powers of each number in a row."""
    dims = c.dims(x, ("n",))
    if len(dims) != 1:
        c.fail("rank-mismatch", f"vander takes a vector, got {c.text(x)}", x)
    return x.with_(
        shape=_sized(c, (dims[0], dims[0] if N is None else N)),
        dtype="int64" if x.dtype in (BOOL, *INTEGERS) else x.dtype,
    )
