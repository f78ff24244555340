"""How a tensor's elements lie in memory: what `view` needs to know, and which calls keep or give the usual order.

`Tensor.strides` is PACKED where the elements lie in the order of the dims, a tuple of dims where they are known to lie
otherwise (behind `transpose`, `permute`, `expand`), and None where it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from shapelens.dims import Dim, TooComplex, equal, less
from shapelens.rules.call import Call
from shapelens.values import Instance, Shape, Tensor
from shapelens.values.tensor import PACKED, Strides


def packed(shape: Sequence[Dim]) -> tuple[Dim, ...]:
    """The strides of elements that lie in the order of the dims."""
    made: list[Dim] = []
    step: Dim = 1
    for dim in reversed(shape):
        made.append(step)
        step = step * dim
    return tuple(reversed(made))


def steps(c: Call, tensor: Tensor) -> tuple[Dim, ...] | None:
    """A tensor's strides, one for each dim; None where they are not known."""
    shape = c.shape(tensor)
    if tensor.strides is None or not isinstance(shape, tuple):
        return None
    try:
        return packed(shape) if tensor.strides is PACKED else c.store.dims(tensor.strides)
    except TooComplex:
        return None


def ordered(c: Call, tensor: Tensor, axes: Iterable[int]) -> Strides:
    """The strides with the dims in another order."""
    known = steps(c, tensor)
    return None if known is None else tuple([known[axis] for axis in axes])


def without(c: Call, tensor: Tensor, axis: int) -> Strides:
    """The strides with one dim less."""
    known = steps(c, tensor)
    return None if not known else (*known[: axis % len(known)], *known[axis % len(known) + 1 :])


def cut(c: Call, tensor: Tensor, index: Any) -> Strides:
    """The strides of `tensor[index]` for ints, slices, None and an ellipsis; None for any other index."""
    known = steps(c, tensor)
    parts = index if isinstance(index, tuple) else (index,)
    if known is None or not all(part is None or part is Ellipsis or type(part) in (int, slice) for part in parts):
        return None
    used = sum(part is not None and part is not Ellipsis for part in parts)
    made: list[Dim] = []
    at = 0
    for part in parts:
        if part is None:
            made.append(0)  # the step of a dim of 1 is never taken
        elif part is Ellipsis:
            made += known[at : len(known) - (used - at)]
            at = len(known) - (used - at)
        elif type(part) is slice:
            if part.step is not None and type(part.step) is not int:
                return None
            made.append(known[at] * (part.step or 1))
            at += 1
        else:
            at += 1
    return (*made, *known[at:])


def grown(c: Call, tensor: Tensor, target: Sequence[Dim]) -> Strides:
    """The strides of `expand`: 0 where a dim of 1 became larger, or a dim is new."""
    known, shape = steps(c, tensor), c.shape(tensor)
    if known is None or not isinstance(shape, tuple):
        return None
    if len(target) == len(shape) and all(equal(a, b) is True for a, b in zip(shape, target)):
        return tensor.strides
    lead = len(target) - len(shape)
    made: list[Dim] = [0] * lead
    for size, old, step in zip(target[lead:], shape, known):
        same = equal(size, old)
        if same is None:
            return None
        made.append(step if same else 0)
    return tuple(made)


def fits(c: Call, tensor: Tensor, target: Sequence[Dim]) -> Strides | bool:
    """The strides of a view of that shape, of as many elements; False where there can be none, None if not known.

    A run of dims that lie in order is one chunk; the new dims must divide each chunk by itself. Source: `computeStride` in
    ATen/TensorUtils.cpp.
    """
    shape, known = c.shape(tensor), steps(c, tensor)
    if known is None or not isinstance(shape, tuple):
        return None
    if tensor.strides is PACKED:
        return PACKED
    try:
        return _viewed(shape, known, c.store.dims(tuple(target)))
    except TooComplex:
        return None


def _viewed(shape: tuple[Dim, ...], known: tuple[Dim, ...], target: tuple[Dim, ...]) -> Strides | bool:
    if not shape or any(less(0, dim) is not True for dim in (*shape, *target)):
        return None
    made: list[Dim] = [0] * len(target)
    at = len(target) - 1
    base: Dim = known[-1]
    count: Dim = 1
    new: Dim = 1
    for axis in range(len(shape) - 1, -1, -1):
        count = count * shape[axis]
        if axis > 0:
            goes_on = equal(known[axis - 1], count * base)
            if goes_on is not True:
                single = equal(shape[axis - 1], 1)
                goes_on = True if single else None if single is None else goes_on
            if goes_on is None:
                return None
            if goes_on:
                continue
        while at >= 0:
            is_less, is_one = less(new, count), equal(target[at], 1)
            if is_less is None and is_one is not True or is_less is False and is_one is None:
                return None
            if not is_less and not is_one:
                break
            made[at] = new * base
            new = new * target[at]
            at -= 1
        same = equal(new, count)
        if not same:
            return None if same is None else False
        if axis > 0:
            base, count, new = known[axis - 1], 1, 1
    return tuple(made) if at == -1 else None


def is_packed(c: Call, tensor: Tensor) -> bool | None:
    """Whether the elements lie in the order of the dims."""
    shape, known = c.shape(tensor), steps(c, tensor)
    if known is None or not isinstance(shape, tuple):
        return None
    if tensor.strides is PACKED:
        return True
    found: bool | None = True
    for dim, step, wanted in zip(shape, known, packed(shape)):
        same, single = equal(step, wanted), equal(dim, 1)
        if same is False and single is False:
            return False
        if same is not True and single is not True:
            found = None
    return found


# What gives a packed tensor, whatever it is given.
_PACKED = frozenset(
    "zeros ones empty rand randn full randint randperm eye arange linspace logspace "
    "contiguous embedding linear one_hot tril triu".split()
) | {"repeat", "tile"}
# What gives one where all tensors that go in are.
_KEPT = frozenset(
    "add sub mul div true_divide pow __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __pow__ "
    "__neg__ neg abs exp log sqrt rsqrt sin cos tanh sigmoid relu gelu silu elu leaky_relu softplus square clamp clamp_min "
    "softmax log_softmax dropout layer_norm group_norm batch_norm masked_fill cat concat stack where "
    "conv1d conv2d conv3d max_pool1d max_pool2d avg_pool2d clone detach float double half long int bool to cuda cpu "
    "tensor as_tensor zeros_like ones_like rand_like randn_like unsqueeze squeeze flatten unflatten normal_ uniform_ zero_ fill_ "
    "Conv1d Conv2d Conv3d MaxPool1d MaxPool2d AvgPool2d BatchNorm1d BatchNorm2d LayerNorm GroupNorm Dropout Dropout1d "
    "Dropout2d ReLU GELU SiLU Tanh Sigmoid LeakyReLU ELU Softplus Softmax LogSoftmax Identity Flatten Unflatten".split()
)
_LAYERS = frozenset(("Embedding", "Linear"))
_PRODUCTS = frozenset(("matmul", "__matmul__", "mm", "bmm"))


def laid_out(c: Call, path: str, given: Sequence[Any], layer: Instance | None) -> Strides:
    """The strides of what a call gave, where the rule has not said it."""
    if c.formats:
        return None  # channels may be told to lie last
    name = path.rpartition(".")[2]
    if name in _PACKED or layer is not None and name in _LAYERS:
        return PACKED
    if name in _PRODUCTS:
        return PACKED if _rank(given[0]) >= _rank(given[1]) > 1 else None
    return PACKED if name in _KEPT and all(map(_are_packed, given)) else None


# Elements of a list of arguments that are looked at: data may be long and deep.
_LOOKED_AT = 256


def _are_packed(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) <= _LOOKED_AT and all(not isinstance(v, (list, tuple)) and _are_packed(v) for v in value)
    return not isinstance(value, Tensor) or value.strides is PACKED or value.shape == ()


def _rank(value: Any) -> int:
    shape: Shape = value.shape if isinstance(value, Tensor) else None
    return len(shape) if isinstance(shape, tuple) else -1
