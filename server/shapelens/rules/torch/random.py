"""torch: random sampling."""

from __future__ import annotations

from shapelens.dims import Dim, less
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown, Operand
from shapelens.rules.registry import rule
from shapelens.rules.torch.elementwise import BOOL, COMPLEX, INT, refuse
from shapelens.values import Open, Tensor


@rule("torch.bernoulli", "torch.Tensor.bernoulli")
def bernoulli(c: Call, input: Tensor, p: object = None, *, generator: object = None) -> Tensor:
    """Probabilities in, zeros and ones of the same shape and dtype out."""
    if p is None:
        refuse(c, input.dtype, (BOOL, INT, COMPLEX), input)
    return input.with_()


@rule("torch.poisson")
def poisson(c: Call, input: Tensor, generator: object = None) -> Tensor:
    return input.with_()


@rule("torch.binomial")
def binomial(c: Call, count: Tensor, prob: Tensor, generator: object = None) -> Tensor:
    return count.with_(shape=common_shape(c, (count, prob)))


@rule("torch.multinomial", "torch.Tensor.multinomial")
def multinomial(
    c: Call, input: Tensor, num_samples: Dim, replacement: object = False, *, generator: object = None
) -> Tensor:
    """(N, categories) gives (N, num_samples) of int64; at most as many samples as categories without replacement."""
    refuse(c, input.dtype, (BOOL, INT, COMPLEX), input)
    if less(num_samples, 1) is True:
        c.fail(
            "argument-value", f"multinomial: at least one sample must be drawn, got {c.dim_text(num_samples)}", input
        )
    shape = c.shape(input)
    if isinstance(shape, Open) and len(shape.suffix) == 1 and len(shape.prefix) == 1:
        raise NotKnown
    if not isinstance(shape, tuple):
        raise NotKnown
    if len(shape) not in (1, 2):
        c.fail("rank-mismatch", f"multinomial needs probabilities of one or two dims, got {c.text(input)}", input)
    if replacement is False and less(shape[-1], num_samples) is True:
        c.fail(
            "index-out-of-range",
            f"multinomial: {c.dim_text(num_samples)} samples of {c.dim_text(shape[-1])} categories without replacement",
            input,
        )
    return Tensor((*shape[:-1], num_samples), "int64", "torch", input.device)


@rule("torch.normal")
def normal(
    c: Call, mean: Operand, std: Operand = 1.0, size: object = None, *, generator: object = None,
    dtype: object = None, device: object = None,
) -> Tensor:  # fmt: skip
    """Means and deviations that broadcast, or two numbers and a size."""
    tensors = [v for v in (mean, std) if isinstance(v, Tensor)]
    if size is not None:
        if tensors:
            raise NotKnown
        return Tensor(c.ints(size), c.dtype(dtype, c.floating))
    if not tensors:
        raise NotKnown
    shape = common_shape(c, tensors)
    dtypes = {t.dtype for t in tensors}
    return Tensor(shape, dtypes.pop() if len(dtypes) == 1 else None, "torch", tensors[0].device)
