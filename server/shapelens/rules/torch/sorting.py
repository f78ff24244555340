"""torch: sorting, the k largest, and searching in sorted values."""

from __future__ import annotations

from shapelens.dims import Dim, less
from shapelens.rules.call import Call, NotKnown, Operand
from shapelens.rules.registry import rule
from shapelens.rules.torch.elementwise import COMPLEX, refuse
from shapelens.rules.torch.reductions import check_axis, with_dims
from shapelens.values import Named, Tensor


def _indices(input: Tensor) -> Tensor:
    return Tensor(input.shape, "int64", "torch", input.device)


@rule("torch.sort", "torch.Tensor.sort")
def sort(c: Call, input: Tensor, dim: int = -1, descending: object = False, *, stable: object = False) -> object:
    check_axis(c, input, dim)
    refuse(c, input.dtype, (COMPLEX,), input)
    return Named.of(values=input.with_(), indices=_indices(input))


@rule("torch.argsort", "torch.Tensor.argsort")
def argsort(c: Call, input: Tensor, dim: int = -1, descending: object = False, *, stable: object = False) -> Tensor:
    check_axis(c, input, dim)
    refuse(c, input.dtype, (COMPLEX,), input)
    return _indices(input)


@rule("torch.msort", "torch.Tensor.msort")
def msort(c: Call, input: Tensor) -> Tensor:
    check_axis(c, input, 0)
    return input.with_()


def _check_k(c: Call, input: Tensor, k: Dim, dim: int, least: int) -> None:
    """k must lie between `least` and the size of the dim; a tensor of rank 0 counts as one element."""

    def check(size: Dim) -> tuple[Dim, ...]:
        if less(size, k) is True or less(k, least) is True:
            c.fail(
                "index-out-of-range",
                f"{c.name}: k = {c.dim_text(k)} is out of range for dim {dim} of size {c.dim_text(size)} "
                f"in {c.text(input)}",
                input,
            )
        return (size,)

    if c.shape(input) == ():
        check(1)
    else:
        with_dims(c, input, (dim,), check)


@rule("torch.topk", "torch.Tensor.topk")
def topk(c: Call, input: Tensor, k: Dim, dim: int = -1, largest: object = True, sorted: object = True) -> object:
    """The dim gets size k."""
    check_axis(c, input, dim)
    _check_k(c, input, k, dim, 0)
    refuse(c, input.dtype, (COMPLEX,), input)
    values = input.with_(shape=with_dims(c, input, (dim,), lambda _: (k,)))
    return Named.of(values=values, indices=_indices(values))


@rule("torch.kthvalue", "torch.Tensor.kthvalue")
def kthvalue(c: Call, input: Tensor, k: Dim, dim: int = -1, keepdim: bool = False) -> object:
    check_axis(c, input, dim)
    _check_k(c, input, k, dim, 1)
    values = input.with_(shape=with_dims(c, input, (dim,), lambda _: (1,) if keepdim else ()))
    return Named.of(values=values, indices=_indices(values))


@rule("torch.searchsorted")
def searchsorted(
    c: Call, sorted_sequence: Tensor, input: Operand, *, out_int32: bool = False, right: object = False,
    side: object = None, sorter: object = None,
) -> Tensor:  # fmt: skip
    """The shape of what is looked up. A sequence of more dims must have the same leading dims."""
    dtype = "int32" if out_int32 else "int64"
    if not isinstance(input, Tensor):
        return Tensor((), dtype, "torch", sorted_sequence.device)
    sequence = c.shape(sorted_sequence)
    if isinstance(sequence, tuple) and len(sequence) > 1:
        values = c.dims(input)
        if len(values) != len(sequence) or any(c.equate(a, b) is False for a, b in zip(values[:-1], sequence[:-1])):
            c.fail(
                "shape-mismatch",
                f"searchsorted: leading dims of the sequence {c.text(sequence)} and the values {c.text(values)} differ",
                sorted_sequence,
                input,
            )
    elif not isinstance(sequence, tuple):
        raise NotKnown
    elif not sequence:
        c.fail("rank-mismatch", "searchsorted: the sorted sequence must have at least one dim", sorted_sequence)
    return Tensor(input.shape, dtype, "torch", input.device)


@rule("torch.bucketize")
def bucketize(c: Call, input: Operand, boundaries: Tensor, *, out_int32: bool = False, right: object = False) -> Tensor:
    """The shape of what is looked up."""
    limits = c.dims(boundaries, ("N",))
    if len(limits) != 1:
        c.fail("rank-mismatch", f"bucketize: the boundaries must have one dim, got {c.text(boundaries)}", boundaries)
    dtype = "int32" if out_int32 else "int64"
    if not isinstance(input, Tensor):
        return Tensor((), dtype, "torch", boundaries.device)
    return Tensor(input.shape, dtype, "torch", input.device)
