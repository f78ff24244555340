"""What a tensor says of itself: shape, rank, dtype, device, number of elements; and what leaves torch again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, TooComplex, equal, product
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.devices import DEVICE
from shapelens.rules.registry import attribute, rule
from shapelens.values import UNKNOWN, Choice, Instance, Lib, List, Open, Scalar, Shape, Size, Tensor, Unknown
from shapelens.values.dtypes import BYTES, COMPLEXES, FLOATS, category, promote, promote_weak, scalar_dtype

_MAX_LISTED = 4096
_PARTS = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}


# -- sizes ---------------------------------------------------------------------------------------------------------


def size_at(c: Call, tensor: Tensor, axis: int) -> Dim:
    """The size of one axis; an open shape is taught that it has the axis.

    Where that axis may be one that is known from the other end, the size is one of its own.
    """
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        try:
            known = c.at_least(shape, axis + 1, 0) if axis >= 0 else c.at_least(shape, 0, -axis)
        except (NotKnown, TooComplex):
            return c.fresh("n")
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
        if isinstance(c.shape(self), Open):
            return Unknown(("shape of", self))  # type: ignore[arg-type]  # unpacking it tells its rank
        return shape(c, self)
    dim = c.store.value(dim)
    if not isinstance(dim, int):
        raise NotKnown
    return size_at(c, self, dim)


@attribute("torch.Tensor.ndim")
@rule("torch.Tensor.dim", "torch.Tensor.ndimension")
def dim(c: Call, self: Tensor) -> object:
    """The rank."""
    known = c.shape(self)
    return len(known) if isinstance(known, tuple) else Scalar("int")


@rule("torch.Tensor.numel", "torch.Tensor.nelement", "torch.numel")
def numel(c: Call, input: Tensor) -> object:
    """The number of elements."""
    known = c.shape(input)
    if known is None:
        raise NotKnown
    return c.store.numel(known)


@rule("torch.Tensor.__len__")
def length(c: Call, self: Tensor) -> object:
    """The size of the first axis."""
    if c.shape(self) == ():
        c.fail("rank-mismatch", "len() of a tensor of rank 0", self)
    return size_at(c, self, 0)


@rule("torch.Tensor.stride", "torch.Tensor.dim_order")
def stride(c: Call, self: Tensor, dim: object = None) -> object:
    """Strides are layout, not shape: only their number is known."""
    rank = len(c.dims(self))
    if isinstance(dim, int):
        c.axis(dim, rank, self)
    return Scalar("int") if isinstance(dim, (int, Expr, Scalar)) else tuple([Scalar("int")] * rank)


@rule("torch.broadcast_shapes")
def broadcast_shapes(c: Call, *shapes: object) -> object:
    """The common shape of several shapes."""
    return Size(c.broadcast(*[c.ints(s) for s in shapes])) if shapes else Size(())


@rule("torch.Tensor.is_same_size", "torch.is_same_size")
def is_same_size(c: Call, input: Tensor, other: Tensor) -> object:
    """Whether the shapes are the same."""
    a, b = c.shape(input), c.shape(other)
    if not isinstance(a, tuple) or not isinstance(b, tuple):
        return Scalar("bool")
    found = [equal(x, y) for x, y in zip(a, b)] + [len(a) == len(b)]
    return False if False in found else True if all(found) else Scalar("bool")


# -- dtype and device ----------------------------------------------------------------------------------------------


@attribute("torch.Tensor.dtype")
def dtype(c: Call, self: Tensor) -> object:
    """The dtype object."""
    return UNKNOWN if self.dtype is None else Lib(f"torch.{self.dtype}")


@attribute("torch.Tensor.device")
def device(c: Call, self: Tensor) -> object:
    """A device object; of which kind, where that is known."""
    return Instance(DEVICE, {"type": self.device or Scalar("str"), "index": UNKNOWN})


@attribute(*(f"torch.Tensor.{name}" for name in (
    "is_cpu", "is_cuda", "is_leaf", "is_meta", "is_mps", "is_nested", "is_quantized", "is_sparse", "is_sparse_csr",
    "is_vulkan", "is_xla", "is_xpu", "requires_grad", "retains_grad",
)))  # fmt: skip
@rule(*(f"torch.Tensor.{name}" for name in (
    "is_coalesced", "is_conj", "is_contiguous", "is_inference", "is_neg", "is_pinned", "is_set_to", "is_shared",
)), "torch.is_conj", "torch.is_neg")  # fmt: skip
def flag(c: Call, self: Tensor, *_: object, **__: object) -> object:
    """A truth that the run decides."""
    return Scalar("bool")


@rule(*(f"torch.Tensor.{name}" for name in ("data_ptr", "dense_dim", "get_device", "sparse_dim", "storage_offset")))
def number(c: Call, self: Tensor) -> object:
    """A number that the run decides."""
    return Scalar("int")


@attribute("torch.Tensor.grad")
def gradient(c: Call, self: Tensor) -> object:
    """None or a tensor of the same shape, as the run decides."""
    return Choice((None, Tensor(self.shape, self.dtype, device=self.device)))


@attribute("torch.Tensor.grad_fn", "torch.Tensor.layout", "torch.Tensor.names")
@rule("torch.Tensor.storage", "torch.Tensor.untyped_storage", "torch.Tensor.storage_type")
def not_followed(c: Call, self: Tensor) -> object:
    """What is not followed: layout, and what autograd holds."""
    return UNKNOWN


def _of_dtype(holds: Any, *paths: str) -> None:
    """Questions that the dtype answers."""

    def apply(c: Call, input: Tensor) -> object:
        return Scalar("bool") if input.dtype is None else holds(input.dtype)

    rule(*paths)(apply)


for _name, _holds in {
    "is_floating_point": lambda d: d in FLOATS,
    "is_complex": lambda d: d in COMPLEXES,
    "is_signed": lambda d: d != "bool" and not d.startswith("uint"),
}.items():
    _of_dtype(_holds, f"torch.{_name}", f"torch.Tensor.{_name}")


@rule("torch.is_tensor")
def is_tensor(c: Call, obj: object) -> object:
    """Whether the argument is a tensor."""
    obj = c.store.value(obj)
    if isinstance(obj, Tensor):
        return obj.library == "torch"
    plain = isinstance(obj, (int, float, str, list, tuple, dict, Expr, Scalar)) or obj is None
    return False if plain else Scalar("bool")


@attribute("torch.Tensor.itemsize")
@rule("torch.Tensor.element_size")
def element_size(c: Call, self: Tensor) -> object:
    """Bytes of one element."""
    return Scalar("int") if self.dtype is None else BYTES[self.dtype]


@attribute("torch.Tensor.nbytes")
def nbytes(c: Call, self: Tensor) -> object:
    """Bytes of all elements."""
    known = c.shape(self)
    if self.dtype is None or known is None:
        raise NotKnown
    return c.store.numel(known) * BYTES[self.dtype]


@rule("torch.promote_types")
def promote_types(c: Call, type1: object, type2: object) -> object:
    """The dtype that both promote to."""
    found = promote(c.dtype(type1), c.dtype(type2))
    return UNKNOWN if found is None else Lib(f"torch.{found}")


@rule("torch.result_type")
def result_type(c: Call, tensor1: object, tensor2: object) -> object:
    """The dtype of an operation on two tensors or numbers; a number, or rank 0, counts only by its category."""
    values = [c.store.value(v) for v in (tensor1, tensor2)]
    names = [v.dtype if isinstance(v, Tensor) else scalar_dtype(v) for v in values]
    if any(isinstance(v, Tensor) and not isinstance(c.shape(v), tuple) for v in values):
        raise NotKnown
    ranks = [2 if isinstance(v, Tensor) and c.shape(v) else 1 if isinstance(v, Tensor) else 0 for v in values]
    if ranks[0] == ranks[1]:
        found = promote(*names)
    else:
        strong, weak = (0, 1) if ranks[0] > ranks[1] else (1, 0)
        found = promote_weak(names[strong], names[weak])
    return UNKNOWN if found is None else Lib(f"torch.{found}")


@rule("torch.can_cast")
def can_cast(c: Call, from_: object, to: object) -> object:
    """A truth that is not followed."""
    return Scalar("bool")


# -- the tensor itself, and parts of it ----------------------------------------------------------------------------


@attribute("torch.Tensor.data")
def data(c: Call, self: Tensor) -> Tensor:
    """The same tensor, no parameter any more."""
    return self.with_(scalars=self.scalars, origin=self.origin)


@attribute("torch.Tensor.real")
def real(c: Call, self: Tensor) -> Tensor:
    """The real part, in the real dtype of the same width; a real tensor itself."""
    return self.with_(dtype=_PARTS.get(self.dtype or "", self.dtype))


@attribute("torch.Tensor.imag")
def imag(c: Call, self: Tensor) -> Tensor:
    """The imaginary part of a complex tensor."""
    if self.dtype is not None and self.dtype not in _PARTS:
        c.fail("dtype-mismatch", f"imag needs a complex tensor, got {self.dtype}", self)
    return self.with_(dtype=_PARTS.get(self.dtype or ""))


@rule(*(f"torch.Tensor.{name}" for name in ("to_sparse", "to_sparse_coo", "to_sparse_csr", "to_mkldnn")))
def kept(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
    """The same shape in another layout."""
    return self.with_()


@rule("torch.Tensor.dequantize")
def dequantize(c: Call, self: Tensor) -> Tensor:
    """float32, whatever it was."""
    return self.with_(dtype="float32")


@rule("torch.Tensor.to_dense")
def to_dense(c: Call, self: Tensor, dtype: object = None, *, masked_grad: object = None) -> Tensor:
    return self.with_(dtype=c.dtype(dtype, self.dtype))


# -- out of torch --------------------------------------------------------------------------------------------------


@rule("torch.Tensor.item")
def item(c: Call, self: Tensor) -> object:
    """The only element as a Python number; torch raises where there are more."""
    known = c.shape(self)
    if isinstance(known, tuple) and known and equal(product(known), 1) is False:
        c.fail("item-size", f"item() needs a tensor of one element, got {c.text(self)}", self)
    value = self.scalars
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, (int, float)) else _scalar(self.dtype)


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
    if any(not isinstance(d, int) for d in dims[1:]):
        raise NotKnown
    inner = product(dims[1:])
    if dims and not isinstance(dims[0], int) and isinstance(inner, int) and inner <= _MAX_LISTED:
        made = List()
        made.rest, made.count = _nested(dims[1:], self.dtype), dims[0]
        return made
    total = product(dims)
    if not isinstance(total, int) or total > _MAX_LISTED:
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
    """The same shape as a NumPy array, which has no bfloat16."""
    if self.dtype == "bfloat16":
        c.fail("dtype-mismatch", "numpy() cannot hold bfloat16: cast to float32 first", self)
    return self.with_(library="numpy", scalars=self.scalars)


@rule("torch.Tensor.backward")
def backward(c: Call, self: Tensor, gradient: object = None, retain_graph: object = None, create_graph: object = False,
             inputs: object = None) -> object:  # fmt: skip
    """Of one element, or with a gradient of its shape. Source: `_make_grads` in torch/autograd/__init__.py."""
    _start(c, "backward()", self, gradient)
    return None


@rule("torch.autograd.grad")
def grad(c: Call, outputs: object, inputs: object, grad_outputs: object = None, retain_graph: object = None,
         create_graph: object = False, only_inputs: object = True, allow_unused: object = None,
         is_grads_batched: object = False, materialize_grads: object = False) -> object:  # fmt: skip
    """A tuple with a gradient for each input, of its shape."""
    if c.store.value(is_grads_batched) is not False:
        raise NotKnown
    ends, starts = _several(c, outputs), _several(c, inputs)
    given = [None] * len(ends) if c.store.value(grad_outputs) is None else _several(c, grad_outputs, True)
    if len(given) != len(ends):
        raise NotKnown
    for end, gradient in zip(ends, given):
        _start(c, "grad()", end, gradient)
    found = [Tensor(c.shape(start), start.dtype, device=start.device) for start in starts]
    if c.store.value(allow_unused) in (None, False):
        return tuple(found)
    return tuple([Choice((None, one)) for one in found])


def _several(c: Call, value: object, may_be_none: bool = False) -> list[Any]:
    """One tensor or a sequence of them as a list."""
    value = c.store.value(value)
    if not isinstance(value, (list, tuple)):
        return [c.tensor(value)]
    if getattr(value, "rest", None) is not None:
        raise NotKnown
    return [None if may_be_none and c.store.value(each) is None else c.tensor(each) for each in value]


def _start(c: Call, name: str, self: Tensor, gradient: object) -> None:
    """Where gradients start: at one element, or with a gradient of the tensor's shape."""
    gradient, shape = c.store.value(gradient), c.shape(self)
    if gradient is None and isinstance(shape, tuple) and equal(product(shape), 1) is False:
        c.fail(
            "item-size",
            f"{name} needs a loss of one element, got {c.text(self)}: reduce it with .mean() or .sum()",
            self,
        )
    other = c.shape(gradient) if isinstance(gradient, Tensor) else None
    if isinstance(shape, tuple) and isinstance(other, tuple):
        if len(shape) != len(other) or any(equal(a, b) is False for a, b in zip(shape, other)):
            c.fail(
                "shape-mismatch",
                f"{name} needs a gradient of the tensor's shape {c.text(self)}, got {c.text(shape_of(gradient))}",
                self,
            )


def shape_of(value: object) -> Shape:
    """The shape of a tensor, None for anything else."""
    return value.shape if isinstance(value, Tensor) else None


@rule("torch.Tensor.retain_grad", "torch.Tensor.record_stream")
def nothing(c: Call, self: Tensor, *args: object, **kwargs: object) -> object:
    """Changes no shape."""
    return None


@rule("torch.Tensor.register_hook", "torch.Tensor.register_post_accumulate_grad_hook")
def hooked(c: Call, self: Tensor, hook: object) -> object:
    """A handle that takes the hook away again."""
    return UNKNOWN
