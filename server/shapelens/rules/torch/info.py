"""What a tensor says of itself: shape, rank, dtype, device, number of elements; and what leaves torch again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import attribute, rule
from shapelens.values import UNKNOWN, Lib, List, Open, Scalar, Size, Tensor
from shapelens.values.dtypes import BYTES, COMPLEXES, FLOATS, category, promote

_MAX_LISTED = 4096


def size_at(c: Call, tensor: Tensor, axis: int) -> Dim:
    """The size of one axis; an open shape is taught that it has the axis."""
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        known = c.store.at_least(shape, axis + 1, 0) if axis >= 0 else c.store.at_least(shape, 0, -axis)
        return known.prefix[axis] if axis >= 0 else known.suffix[axis]
    if shape is None:
        raise NotKnown
    if not -len(shape) <= axis < len(shape):
        c.fail("axis-out-of-range", f"dim {axis} is out of range for {c.text(tensor)} of rank {len(shape)}", tensor)
    return shape[axis]


def unpack_shape(c: Call, tensor: Tensor, names: Sequence[str]) -> tuple[Dim, ...]:
    """`B, C, H, W = x.shape`: an open shape is taught its rank, with the user's own names."""
    return c.dims(tensor, names)


@attribute("torch.Tensor.shape")
def shape(c: Call, self: Tensor) -> object:
    """The dims as a torch.Size."""
    made = Size(c.dims(self))
    made.of = self
    return made


@rule("torch.Tensor.size")
def size(c: Call, self: Tensor, dim: object = None) -> object:
    """All dims, or one."""
    if dim is None:
        return shape(c, self)
    if not isinstance(dim, int):
        raise NotKnown
    return size_at(c, self, dim)


@attribute("torch.Tensor.ndim")
@rule("torch.Tensor.dim", "torch.Tensor.ndimension")
def dim(c: Call, self: Tensor) -> object:
    """The rank."""
    return len(c.dims(self))


@rule("torch.Tensor.numel", "torch.Tensor.nelement", "torch.numel")
def numel(c: Call, self: Tensor) -> object:
    """The number of elements."""
    known = c.shape(self)
    if known is None:
        raise NotKnown
    return c.store.numel(known)


@rule("torch.Tensor.__len__")
def length(c: Call, self: Tensor) -> object:
    """The size of the first axis."""
    return size_at(c, self, 0)


@attribute("torch.Tensor.dtype")
def dtype(c: Call, self: Tensor) -> object:
    """The dtype object."""
    return UNKNOWN if self.dtype is None else Lib(f"torch.{self.dtype}")


@attribute("torch.Tensor.device")
def device(c: Call, self: Tensor) -> object:
    """The device: which one is not followed."""
    return Scalar("str") if self.device is None else self.device


@attribute("torch.Tensor.is_cuda", "torch.Tensor.requires_grad", "torch.Tensor.is_leaf", "torch.Tensor.is_sparse",
           "torch.Tensor.is_quantized", "torch.Tensor.is_mps")  # fmt: skip
@rule("torch.Tensor.is_contiguous", "torch.Tensor.is_pinned", "torch.Tensor.is_shared", "torch.Tensor.is_inference")
def flag(c: Call, self: Tensor, *_: object) -> object:
    """A truth that the run decides."""
    return Scalar("bool")


@rule("torch.Tensor.is_floating_point", "torch.is_floating_point")
def is_floating_point(c: Call, self: Tensor) -> object:
    """Whether the dtype is floating point."""
    return Scalar("bool") if self.dtype is None else self.dtype in FLOATS


@rule("torch.Tensor.is_complex", "torch.is_complex")
def is_complex(c: Call, self: Tensor) -> object:
    """Whether the dtype is complex."""
    return Scalar("bool") if self.dtype is None else self.dtype in COMPLEXES


@rule("torch.is_tensor")
def is_tensor(c: Call, obj: object) -> object:
    """Whether the argument is a tensor."""
    return True if isinstance(obj, Tensor) else Scalar("bool")


@attribute("torch.Tensor.itemsize")
@rule("torch.Tensor.element_size")
def element_size(c: Call, self: Tensor) -> object:
    """Bytes of one element."""
    return Scalar("int") if self.dtype is None else BYTES[self.dtype]


@attribute("torch.Tensor.nbytes")
def nbytes(c: Call, self: Tensor) -> object:
    """Bytes of all elements."""
    if self.dtype is None:
        raise NotKnown
    return product(c.dims(self)) * BYTES[self.dtype]


@rule("torch.Tensor.stride")
def stride(c: Call, self: Tensor, dim: object = None) -> object:
    """Strides are layout, not shape: only their number is known."""
    rank = len(c.dims(self))
    return tuple([Scalar("int")] * rank) if dim is None else Scalar("int")


@attribute("torch.Tensor.data")
def data(c: Call, self: Tensor) -> Tensor:
    """The same tensor."""
    return self


@attribute("torch.Tensor.grad")
def grad(c: Call, self: Tensor) -> object:
    """A tensor of the same shape, or None before the first backward."""
    return UNKNOWN


@attribute("torch.Tensor.real", "torch.Tensor.imag")
def part(c: Call, self: Tensor) -> Tensor:
    """One part of a complex tensor, in the real dtype of its width."""
    parts = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
    return self.with_(dtype=parts.get(self.dtype or "", self.dtype))


@rule("torch.Tensor.item")
def item(c: Call, self: Tensor) -> object:
    """The only element as a Python number; torch raises where there are more."""
    known = c.shape(self)
    if isinstance(known, tuple) and all(isinstance(d, int) for d in known) and product(known) != 1:
        c.fail("item-size", f"item() needs a tensor of one element, got {c.text(self)}", self)
    if isinstance(self.scalars, (int, float)):
        return self.scalars
    return _scalar(self.dtype)


def _scalar(name: str | None) -> Any:
    if name is None:
        return UNKNOWN
    return Scalar(("bool", "int", "float", "complex")[category(name)])


@rule("torch.Tensor.tolist")
def tolist(c: Call, self: Tensor) -> object:
    """Nested lists of as many numbers as the dims say."""
    if self.scalars is not None:
        return _lists(self.scalars)
    dims = c.dims(self)
    if not all(isinstance(d, int) for d in dims) or (product(dims) if dims else 1) > _MAX_LISTED:  # type: ignore[operator]
        raise NotKnown
    return _nested(dims, self.dtype)


def _lists(values: object) -> Any:
    return List([_lists(v) for v in values]) if isinstance(values, (list, tuple)) else values


def _nested(dims: Sequence[Dim], name: str | None) -> Any:
    if not dims:
        return _scalar(name)
    first = dims[0]
    assert isinstance(first, int)
    return List([_nested(dims[1:], name) for _ in range(first)])


@rule("torch.Tensor.numpy")
def numpy(c: Call, self: Tensor, *, force: object = False) -> Tensor:
    """The same shape as a NumPy array."""
    return self.with_(library="numpy")


@rule("torch.Tensor.backward", "torch.Tensor.retain_grad", "torch.Tensor.register_hook")
def nothing(c: Call, self: Tensor, *args: object, **kwargs: object) -> object:
    """Changes no shape."""
    return None


@rule("torch.promote_types")
def promote_types(c: Call, type1: object, type2: object) -> object:
    """The dtype that both promote to."""
    found = promote(c.dtype(type1), c.dtype(type2))
    return UNKNOWN if found is None else Lib(f"torch.{found}")


@rule("torch.broadcast_shapes")
def broadcast_shapes(c: Call, *shapes: object) -> object:
    """The common shape of several shapes."""
    return Size(c.broadcast(*[c.ints(s) for s in shapes]))
