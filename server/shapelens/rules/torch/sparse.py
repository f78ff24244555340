"""torch: sparse and quantized tensors. How a tensor is stored is not followed, only its shape and dtype.

sparse_coo_tensor(indices (S, N), values (N, *D), size)    size, or S unknown dims and D
sparse_csr_tensor(crow (*B, R + 1), col, values, size)     size, or (*B, R, unknown)
quantize_per_tensor(x, scale, zero_point, dtype)           the shape of x, of a quantized dtype
"""

from __future__ import annotations

from shapelens.dims import Dim, less
from shapelens.rules.call import Call, NotKnown, Operand
from shapelens.rules.registry import rule
from shapelens.values import Tensor, Unknown


def _sized(c: Call, values: object, size: object, dtype: object) -> Tensor:
    given = c.store.value(values)
    dims = c.ints(size)
    if any(less(d, 0) is True for d in dims):
        raise NotKnown
    known = given.dtype if isinstance(given, Tensor) else None
    return Tensor(dims, c.dtype(dtype, known))


@rule("torch.sparse_coo_tensor")
def sparse_coo_tensor(
    c: Call, indices: object, values: object = None, size: object = None, *, dtype: object = None,
    device: object = None, requires_grad: object = False, check_invariants: object = None, is_coalesced: object = None,
) -> Tensor:  # fmt: skip
    """Indices (S, N) say where the N values go."""
    if size is not None:
        return _sized(c, values, size, dtype)
    if isinstance(c.store.value(indices), (tuple, list)) and values is None:
        raise NotKnown  # the indices are the size
    where, what = c.store.value(indices), c.store.value(values)
    if not isinstance(where, Tensor) or not isinstance(what, Tensor):
        raise NotKnown
    dims, dense = c.dims(where), c.dims(what)
    if len(dims) != 2 or not dense or not isinstance(dims[0], int):
        raise NotKnown
    message = f"sparse_coo_tensor: {c.text(where)} are indices of {c.dim_text(dims[1])} values, got {c.text(what)}"
    c.require(dims[1], dense[0], "shape-mismatch", message, where, what)
    found = tuple(c.fresh(f"n{i}", 0) for i in range(dims[0]))
    return Tensor((*found, *dense[1:]), c.dtype(dtype, what.dtype))


@rule(*(f"torch.sparse_{n}_tensor" for n in ("csr", "csc", "bsr", "bsc")))
def sparse_compressed(
    c: Call, compressed: object, plain: object, values: object, size: object = None, *, dtype: object = None,
    device: object = None, requires_grad: object = False, check_invariants: object = None,
) -> Tensor:  # fmt: skip
    if size is None:
        raise NotKnown
    return _sized(c, values, size, dtype)


@rule("torch.sparse_compressed_tensor")
def sparse_compressed_tensor(
    c: Call, compressed_indices: object, plain_indices: object, values: object, size: object = None, *,
    dtype: object = None, layout: object = None, device: object = None, requires_grad: object = False,
    check_invariants: object = None,
) -> Tensor:  # fmt: skip
    return sparse_compressed(c, compressed_indices, plain_indices, values, size, dtype=dtype)


@rule("torch.Tensor.sparse_mask")
def sparse_mask(c: Call, self: Tensor, mask: Tensor) -> Tensor:
    """The elements that a sparse mask names; both are of one shape."""
    if len(c.dims(self)) != len(c.dims(mask)) or any(
        c.equate(a, b) is False for a, b in zip(c.dims(self), c.dims(mask))
    ):
        c.fail("shape-mismatch", f"sparse_mask: {c.text(self)} and the mask {c.text(mask)} differ", self, mask)
    return self.with_()


@rule("torch.Tensor.to_sparse_bsr", "torch.Tensor.to_sparse_bsc", "torch.Tensor.to_sparse_csc")
def to_sparse(c: Call, self: Tensor, *args: object, **kwargs: object) -> Tensor:
    return self.with_()


# -- quantized -------------------------------------------------------------------------------------------------------


@rule("torch.quantize_per_tensor")
def quantize_per_tensor(c: Call, input: object, scale: object, zero_point: object, dtype: object) -> object:
    """Of one tensor, or of each in a list."""
    given = c.store.value(input)
    if isinstance(given, (tuple, list)):
        return tuple([_quantized(c, t) for t in c.tensors(given)])
    if isinstance(given, Unknown):
        raise NotKnown
    return _quantized(c, c.tensor(given))


def _quantized(c: Call, tensor: Tensor) -> Tensor:
    if tensor.dtype is not None and tensor.dtype != "float32":
        c.fail("dtype-mismatch", f"{c.name} needs a float32 tensor, got {tensor.dtype}", tensor)
    return tensor.with_(dtype=None)


@rule("torch.quantize_per_channel")
def quantize_per_channel(
    c: Call, input: Tensor, scales: Tensor, zero_points: Tensor, axis: int, dtype: object
) -> Tensor:
    """One scale and one zero point for each channel of the axis."""
    return _quantized(c, input)


@rule("torch.quantize_per_tensor_dynamic")
def quantize_per_tensor_dynamic(c: Call, input: Tensor, dtype: object, reduce_range: object) -> Tensor:
    return _quantized(c, input)


@rule("torch.int_repr", "torch.Tensor.int_repr")
def int_repr(c: Call, input: Tensor) -> Tensor:
    """The integers that a quantized tensor stores."""
    return input.with_(dtype=None)


@rule("torch.q_per_channel_scales", "torch.Tensor.q_per_channel_scales")
def channel_scales(c: Call, input: Tensor) -> Tensor:
    """One for each channel of an axis that is not followed."""
    return Tensor((c.fresh("C"),), "float64")


@rule("torch.q_per_channel_zero_points", "torch.Tensor.q_per_channel_zero_points")
def channel_zero_points(c: Call, input: Tensor) -> Tensor:
    return Tensor((c.fresh("C"),), "int64")


@rule("torch.fake_quantize_per_tensor_affine")
def fake_quantize_per_tensor(
    c: Call, input: Tensor, scale: Operand, zero_point: Operand, quant_min: object, quant_max: object
) -> Tensor:
    """Rounded to what a quantized tensor could hold; the dtype stays."""
    return input.with_()


@rule("torch.fake_quantize_per_channel_affine")
def fake_quantize_per_channel(
    c: Call, input: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: object, quant_max: object
) -> Tensor:
    shape = c.dims(input)
    channels = shape[c.axis(axis, len(shape), input)] if shape else 1
    for name, given in (("scale", scale), ("zero_point", zero_point)):
        dims = c.dims(given)
        if len(dims) == 1:
            message = (
                f"{c.name}: {c.text(input)} has {c.dim_text(channels)} channels in dim {axis}, {name} {c.text(given)}"
            )
            c.require(channels, dims[0], "shape-mismatch", message, input, given)
    return input.with_()


@rule("torch.fused_moving_avg_obs_fake_quant")
def fused_observer(c: Call, input: Tensor, *options: object, **more: object) -> Tensor:
    return input.with_()


@rule("torch.empty_quantized")
def empty_quantized(
    c: Call, size: object, qtensor: Tensor, *, memory_format: object = None, dtype: object = None,
    layout: object = None, device: object = None, pin_memory: object = False, requires_grad: object = False,
) -> Tensor:  # fmt: skip
    """Of the given size, quantized as another tensor is."""
    return Tensor(c.ints(size), None)


# -- the structure of sparse tensors ---------------------------------------------------------------------------------


@rule("torch.Tensor.indices")
def indices(c: Call, input: Tensor) -> Tensor:
    """A row for each sparse dim, a column for each value."""
    return Tensor((c.fresh("dims"), c.fresh("n", 0)), "int64")


@rule(*(f"torch.{n}" for n in ("Tensor.col_indices", "Tensor.row_indices", "col_indices_copy", "row_indices_copy")))
def plain_indices(c: Call, input: Tensor) -> Tensor:
    """One for each value of a matrix."""
    return Tensor((*_batch(c, input), c.fresh("n", 0)), None)


@rule(*(f"torch.{n}" for n in ("Tensor.crow_indices", "Tensor.ccol_indices", "crow_indices_copy", "ccol_indices_copy")))
def compressed_indices(c: Call, input: Tensor) -> Tensor:
    """One for each row, column or block of a matrix, and one more."""
    return Tensor((*_batch(c, input), c.fresh("n")), None)


def _batch(c: Call, tensor: Tensor) -> tuple[Dim, ...]:
    if len(c.dims(tensor)) != 2:
        raise NotKnown  # dims in front are batches, dims behind may be dense
    return ()


@rule("torch.embedding_renorm_")
def embedding_renorm_(c: Call, input: Tensor, indices: Tensor, max_norm: object, norm_type: object) -> Tensor:
    """Rows that are too long are made shorter, in place."""
    return input.with_(parameter=input.parameter)
