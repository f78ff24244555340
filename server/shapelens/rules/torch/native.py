"""torch: the functions that layers and functionals are built on, and a few without a better place.

gru(x, h, weights, …)                what nn.GRU calls, with its weights as a list
native_layer_norm(x, …)              the result with the mean and 1 / deviation of each sample
nonzero_static(x, size=n)            (n, rank) of int64
gradient(x)                          a tensor like x for each dim
"""

from __future__ import annotations

from shapelens.dims import Dim, equal, less, product
from shapelens.rules.broadcasting import common_shape
from shapelens.rules.call import Call, NotKnown, Operand
from shapelens.rules.registry import apply_rule, rule, rules
from shapelens.rules.torch.elementwise import BOOL, as_float, refuse, require_same_dtype, unary_dtype
from shapelens.rules.torch.reductions import reduced_shape
from shapelens.values import List, Named, Tensor

# -- recurrent -------------------------------------------------------------------------------------------------------

_RECURRENT = "torch.gru", "torch.rnn_tanh", "torch.rnn_relu"


def _sequence(c: Call, input: Tensor, h: Tensor, arguments: tuple[object, ...]) -> Tensor:
    """(T, B, in), or packed data (N, in) where the second argument is not the state: (…, directions · H).

    The last arguments are bidirectional and batch_first, of packed data bidirectional alone.
    """
    flags = [a for a in arguments if isinstance(a, bool)]
    if len(flags) not in (3, 4) or len(c.dims(input)) != len(flags) - 1:
        raise NotKnown
    both = flags[2]
    return input.with_(shape=(*c.dims(input)[:-1], c.dims(h)[-1] * (2 if both else 1)))


@rule(*_RECURRENT)
def recurrent(c: Call, input: Tensor, hx: Tensor, params: object, *arguments: object, **more: object) -> object:
    """The output and the last state. Packed: data, batch_sizes, hx, params, …"""
    if more:
        raise NotKnown
    state = hx if isinstance(c.store.value(params), (tuple, list)) else c.tensor(params)
    return _sequence(c, input, state, arguments), state.with_()


@rule("torch.lstm")
def lstm(c: Call, input: Tensor, hx: object, params: object, *arguments: object, **more: object) -> object:
    """The output and the two last states. Packed: data, batch_sizes, hx, params, …"""
    if more:
        raise NotKnown
    given = c.store.value(hx)
    h, state = c.tensors(given if isinstance(given, (tuple, list)) else params)
    return _sequence(c, input, h, arguments), h.with_(), state.with_()


def _cell(c: Call, input: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor) -> Tensor:
    """(B, in) with the state (B, H), or without a batch: the next state."""
    given, state = c.dims(input), c.dims(h)
    for name, tensor, dims, weight in (("input", input, given, w_ih), ("hidden state", h, state, w_hh)):
        size = c.dims(weight)
        if len(size) != 2 or not dims:
            raise NotKnown
        message = f"{c.name}: the {name} {c.text(tensor)} does not fit its weights {c.text(weight)}"
        c.require(dims[-1], size[1], "feature-mismatch", message, tensor, weight)
    if len(given) != len(state):
        raise NotKnown
    if len(given) == 2:
        message = f"{c.name}: the batch of {c.text(input)} and that of the hidden state {c.text(h)} differ"
        c.require(given[0], state[0], "batch-mismatch", message, input, h)
    require_same_dtype(c, input, h, w_ih, w_hh)
    return h.with_()


@rule("torch.gru_cell", "torch.rnn_tanh_cell", "torch.rnn_relu_cell")
def cell(
    c: Call, input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: object = None, b_hh: object = None
) -> Tensor:
    return _cell(c, input, hx, w_ih, w_hh)


@rule("torch.lstm_cell")
def lstm_cell(
    c: Call, input: Tensor, hx: object, w_ih: Tensor, w_hh: Tensor, b_ih: object = None, b_hh: object = None
) -> object:
    h, state = c.tensors(c.store.value(hx))
    made = _cell(c, input, h, w_ih, w_hh)
    dims, wanted = c.dims(state), c.dims(made)
    if len(dims) != len(wanted) or any(c.equate(a, b) is False for a, b in zip(dims, wanted)):
        c.fail("hidden-state-mismatch", f"lstm_cell: the states are {c.text(h)} and {c.text(state)}", h, state)
    return made, state.with_(dtype=made.dtype if state.dtype == made.dtype else None)


# -- normalization ---------------------------------------------------------------------------------------------------


@rule("torch.native_layer_norm")
def native_layer_norm(
    c: Call, input: Tensor, normalized_shape: object, weight: object, bias: object, eps: object
) -> object:
    """The result, and the mean and 1 / deviation, whose normalized dims are 1."""
    dims, sizes = c.dims(input), c.ints(normalized_shape)
    made = apply_rule(c, rules["torch.nn.functional.layer_norm"], (input, normalized_shape, weight, bias), {})
    kept = (*dims[: len(dims) - len(sizes)], *(1 for _ in sizes))
    return made, input.with_(shape=kept), input.with_(shape=kept)


@rule("torch.native_group_norm")
def native_group_norm(
    c: Call, input: Tensor, weight: object, bias: object, N: Dim, C: Dim, HxW: Dim, group: Dim, eps: object
) -> object:
    """The result, and the mean and 1 / deviation of each sample's groups."""
    total = product(c.dims(input))
    message = f"{c.name}: {c.text(input)} does not have N · C · HxW elements"
    c.require(total, N * C * HxW, "shape-mismatch", message, input)
    return input.with_(), input.with_(shape=(N, group)), input.with_(shape=(N, group))


@rule("torch.native_batch_norm")
def native_batch_norm(
    c: Call, input: Tensor, weight: object, bias: object, running_mean: object, running_var: object, training: object,
    momentum: object, eps: object,
) -> object:  # fmt: skip
    """The result, and in training the mean and 1 / deviation of each channel."""
    if training is not True:
        return input.with_(), Tensor(None), Tensor(None)
    channels = c.dims(input)[1:2]
    if not channels:
        raise NotKnown
    return input.with_(), input.with_(shape=channels), input.with_(shape=channels)


@rule("torch.norm_except_dim")
def norm_except_dim(c: Call, v: Tensor, pow: object = 2, dim: int = 0) -> Tensor:
    """The norm over all dims but one; all of them are kept as 1. A dim of -1 reduces them all."""
    dims, v = c.dims(v), v.with_(dtype=unary_dtype("real", v.dtype))
    if dim == -1:
        return v.with_(shape=())
    if dim not in (0, len(dims) - 1):
        raise NotKnown
    return v.with_(shape=tuple(d if i == dim else 1 for i, d in enumerate(dims)))


@rule("torch.frobenius_norm")
def frobenius_norm(c: Call, input: Tensor, dim: object, keepdim: bool = False) -> Tensor:
    return apply_rule(c, rules["torch.linalg.vector_norm"], (input, 2, dim, keepdim), {})  # type: ignore[no-any-return]


@rule("torch.nuclear_norm")
def nuclear_norm(c: Call, input: Tensor, dim: object = (-2, -1), keepdim: bool = False) -> Tensor:
    """The sum of a matrix's singular values; the second argument may be keepdim."""
    axes, keep = ((-2, -1), dim) if isinstance(dim, bool) else (dim, keepdim)
    matrix = rules["torch.linalg.matrix_norm"]
    return apply_rule(c, matrix, (input, "nuc", axes, keep), {})  # type: ignore[no-any-return]


# -- others ----------------------------------------------------------------------------------------------------------


@rule("torch.fill")
def fill(c: Call, input: Tensor, value: Operand) -> Tensor:
    """A tensor like the input, all of one value."""
    if isinstance(value, Tensor) and isinstance(c.shape(value), tuple) and c.dims(value):
        c.fail("rank-mismatch", f"fill takes a number or a tensor without dims, got {c.text(value)}", value)
    return input.with_()


@rule("torch.nonzero_static", "torch.Tensor.nonzero_static")
def nonzero_static(c: Call, input: Tensor, *, size: Dim, fill_value: object = -1) -> Tensor:
    """As many rows of indices as are asked for."""
    return Tensor((size, len(c.dims(input))), "int64", "torch", input.device)


@rule("torch.hash_tensor", "torch.Tensor.hash_tensor")
def hash_tensor(c: Call, input: Tensor, dim: object = (), *, keepdim: bool = False, mode: object = 0) -> Tensor:
    return Tensor(reduced_shape(c, input, dim, keepdim), "uint64", "torch", input.device)


@rule("torch.gradient")
def gradient(c: Call, input: Tensor, *, spacing: object = None, dim: object = None, edge_order: object = 1) -> object:
    """A tensor like the input for each dim, or for each dim that is asked for."""
    dims = c.dims(input)
    if isinstance(edge_order, int) and edge_order not in (1, 2):
        c.fail("argument-value", f"gradient: edge_order must be 1 or 2, got {edge_order}")
    axes = range(len(dims)) if dim is None else c.axes(dim, len(dims), input)
    if isinstance(spacing, (tuple, list)) and not isinstance(spacing, List) and len(spacing) != len(axes):
        c.fail("argument-value", f"gradient: {len(spacing)} spacings for {len(axes)} dims")
    for axis in axes:
        if isinstance(edge_order, int) and less(dims[axis], edge_order + 1) is True:
            c.fail(
                "argument-value", f"gradient: dim {axis} of {c.text(input)} must have at least {edge_order + 1} "
                "elements for this edge_order", input,
            )  # fmt: skip
    refuse(c, input.dtype, (BOOL,), input)
    dtype = as_float(input.dtype, c.floating)
    return tuple([input.with_(dtype=dtype) for _ in axes])


@rule("torch.histogramdd")
def histogramdd(
    c: Call, input: Tensor, bins: object, range: object = None, weight: object = None, density: object = False
) -> object:
    """(…, D) samples: counts of D dims, one for each bin, and the edges of each."""
    shape = c.dims(input)
    if len(shape) < 2:
        c.fail("rank-mismatch", f"histogramdd needs samples of (…, D), got {c.text(input)}", input)
    number = shape[-1]
    if not isinstance(number, int):
        raise NotKnown
    given = c.store.value(bins)
    if isinstance(given, int):
        sizes: tuple[Dim, ...] = (given,) * number
    elif isinstance(given, (tuple, list)) and all(isinstance(v, Tensor) for v in given):
        if any(len(c.dims(edges)) != 1 for edges in given):
            c.fail("rank-mismatch", "histogramdd: the edges of each dim must be a vector", *given)
        require_same_dtype(c, input, *given)
        sizes = tuple([c.dims(edges)[0] - 1 for edges in given])
    else:
        sizes = c.ints(given)
    if len(sizes) != number:
        c.fail(
            "argument-value",
            f"histogramdd: {c.text(input)} has {number} dims to count in, got {len(sizes)} bins",
            input,
        )
    if isinstance(weight, Tensor):
        require_same_dtype(c, input, weight)
    if any(less(size, 1) is True for size in sizes):
        c.fail("argument-value", f"histogramdd: there must be at least one bin in each dim, got {c.text(sizes)}")
    edges = tuple([input.with_(shape=(size + 1,)) for size in sizes])
    return Named.of(hist=input.with_(shape=sizes), bin_edges=edges)


@rule("torch.frombuffer")
def frombuffer(
    c: Call, buffer: object, *, dtype: object, count: Dim = -1, offset: object = 0, requires_grad: object = False
) -> Tensor:
    """As many elements as are asked for, or all there are."""
    return Tensor((c.fresh("n") if less(count, 0) is not False else count,), c.dtype(dtype))


@rule("torch.from_file")
def from_file(
    c: Call, filename: object, shared: object = None, size: Dim = 0, *, dtype: object = None, layout: object = None,
    device: object = None, pin_memory: object = False, requires_grad: object = False,
) -> Tensor:  # fmt: skip
    return Tensor((size,), c.dtype(dtype, c.floating))


@rule("torch.get_rng_state")
def get_rng_state(c: Call) -> Tensor:
    """How long the state is depends on the generator."""
    return Tensor((c.fresh("n"),), "uint8")


@rule("torch.as_strided_scatter", "torch.Tensor.as_strided_scatter")
def as_strided_scatter(
    c: Call, input: Tensor, src: Tensor, size: object, stride: object, storage_offset: object = None
) -> Tensor:
    """A copy of the input with `src` in a strided part of it, which is of its shape."""
    given, wanted, steps = c.dims(src), c.ints(size), c.ints(stride)
    if len(wanted) != len(steps):
        c.fail("argument-value", f"{c.name}: {len(wanted)} sizes and {len(steps)} strides")
    if any(less(s, 0) is True for s in (*steps, *(() if storage_offset is None else c.ints(storage_offset)))):
        c.fail("argument-value", f"{c.name}: strides and the offset cannot be negative")
    if len(given) != len(wanted) or any(equal(a, b) is False for a, b in zip(given, wanted)):
        c.fail("shape-mismatch", f"{c.name}: src must be {c.text(wanted)}, got {c.text(src)}", src)
    return input.with_()


@rule("torch.slice_copy")
def slice_copy(
    c: Call, input: Tensor, dim: int = 0, start: object = None, end: object = None, step: object = 1
) -> object:
    """input[start:end:step] along a dim."""
    axis = c.axis(dim, len(c.dims(input)), input)
    index = (*(slice(None) for _ in range(axis)), slice(start, end, step))
    return apply_rule(c, rules["torch.Tensor.__getitem__"], (input, index), {})


@rule("torch.slice_inverse", "torch.Tensor.slice_inverse")
def slice_inverse(
    c: Call, input: Tensor, src: Tensor, dim: object = 0, start: object = None, end: object = None, step: object = 1
) -> Tensor:
    """The tensor that `input` is a slice of, which is like `src`."""
    return src.with_(dtype=input.dtype)


@rule("torch.Tensor.sum_to_size")
def sum_to_size(c: Call, self: Tensor, *size: object) -> Tensor:
    """Summed over the dims that a broadcast of `size` to the tensor would repeat."""
    first = c.store.value(size[0]) if len(size) == 1 else None
    wanted = c.ints(first if isinstance(first, (tuple, list)) else size)
    shape = c.dims(self)
    fits = len(wanted) <= len(shape) and all(
        equal(a, b) is not False or a == 1 for a, b in zip(wanted[::-1], shape[::-1])
    )
    if not fits:
        c.fail("broadcast-mismatch", f"sum_to_size: {c.text(wanted)} does not broadcast to {c.text(self)}", self)
    summed = not wanted or len(wanted) < len(shape) or any(equal(a, b) is not True for a, b in zip(wanted, shape))
    dtype = self.dtype
    if summed and dtype is not None and dtype in ("bool", "uint8", "int8", "int16", "int32"):
        dtype = "int64"
    return self.with_(shape=wanted, dtype=dtype)


@rule("torch.Tensor.map_", "torch.Tensor.map2_")
def map_(c: Call, self: Tensor, tensor: Tensor, *more: object) -> Tensor:
    """A function of the elements of tensors that broadcast to this one."""
    common_shape(c, (self, tensor))
    return self.with_(parameter=self.parameter)


@rule("torch.Tensor.fill_diagonal_")
def fill_diagonal(c: Call, self: Tensor, fill_value: object, wrap: object = False) -> Tensor:
    shape = c.dims(self)
    if len(shape) < 2:
        c.fail("rank-mismatch", f"fill_diagonal_ needs at least two dims, got {c.text(self)}", self)
    if len(shape) > 2 and any(equal(d, shape[0]) is False for d in shape):
        c.fail("not-square", f"fill_diagonal_: all dims must be of one size, got {c.text(self)}", self)
    return self.with_(parameter=self.parameter)


# -- products of groups of matrices, scaled products -----------------------------------------------------------------


@rule("torch.nn.functional.grouped_mm")
def grouped_mm(
    c: Call, mat_a: Tensor, mat_b: Tensor, *, offs: Tensor | None = None, bias: object = None, out_dtype: object = None
) -> Tensor:
    """Several products at once: the groups are a dim of both, or run along a dim that `offs` (G,) cuts.

    (G, m, k) @ (G, k, n) and (m, k) @ (G, k, n), (G, m, k) @ (k, n), (m, k) @ (k, n). Source: its page.
    """
    a, b = c.dims(mat_a), c.dims(mat_b)
    for tensor, dims in ((mat_a, a), (mat_b, b)):
        if len(dims) not in (2, 3):
            c.fail("rank-mismatch", f"grouped_mm needs two or three dims, got {c.text(tensor)}", tensor)
    message = f"grouped_mm: {c.text(mat_a)} and {c.text(mat_b)}: {c.dim_text(a[-1])} against {c.dim_text(b[-2])}"
    c.require(a[-1], b[-2], "matmul-mismatch", message, mat_a, mat_b)
    if len(a) == len(b) == 3:
        c.require(a[0], b[0], "batch-mismatch", f"grouped_mm: {c.text(mat_a)} and {c.text(mat_b)}", mat_a, mat_b)
        batch: tuple[Dim, ...] = (a[0],)
    elif len(a) == len(b):
        if offs is None:
            raise NotKnown
        batch = c.dims(offs)[:1]
    else:
        batch = ()
    return Tensor((*batch, a[-2], b[-1]), c.dtype(out_dtype, mat_a.dtype), "torch", mat_a.device)


@rule("torch.nn.functional.scaled_mm")
def scaled_mm(
    c: Call, mat_a: Tensor, mat_b: Tensor, scale_a: object, scale_recipe_a: object, scale_b: object,
    scale_recipe_b: object, swizzle_a: object = None, swizzle_b: object = None, bias: object = None,
    output_dtype: object = None, contraction_dim: object = (), use_fast_accum: object = False,
) -> Tensor:  # fmt: skip
    """(m, k) @ (k, n) of small floats with scales; the result is bfloat16 where no other dtype is asked for."""
    a, b = c.dims(mat_a), c.dims(mat_b)
    for tensor, dims in ((mat_a, a), (mat_b, b)):
        if len(dims) != 2:
            c.fail("rank-mismatch", f"scaled_mm needs two dims, got {c.text(tensor)}", tensor)
    return Tensor((a[0], b[1]), c.dtype(output_dtype, "bfloat16"), "torch", mat_a.device)


@rule("torch.nn.functional.scaled_grouped_mm")
def scaled_grouped_mm(
    c: Call, mat_a: Tensor, mat_b: Tensor, scale_a: object, scale_recipe_a: object, scale_b: object,
    scale_recipe_b: object, swizzle_a: object = None, swizzle_b: object = None, bias: object = None,
    offs: Tensor | None = None, output_dtype: object = None, contraction_dim: object = (),
    use_fast_accum: object = False,
) -> Tensor:  # fmt: skip
    """grouped_mm of small floats with scales; bfloat16 where no other dtype is asked for."""
    made = grouped_mm(c, mat_a, mat_b, offs=offs)
    return made.with_(dtype=c.dtype(output_dtype, "bfloat16"))


# -- torch.nn.utils --------------------------------------------------------------------------------------------------


@rule("torch.nn.utils.parameters_to_vector")
def parameters_to_vector(c: Call, parameters: object) -> Tensor:
    """All of them in one vector."""
    tensors = c.tensors(c.store.value(parameters))
    if not tensors:
        raise NotKnown
    total: Dim = 0
    for tensor in tensors:
        total = total + product(c.dims(tensor))
    return Tensor((total,), tensors[0].dtype if len({t.dtype for t in tensors}) == 1 else None)


@rule("torch.nn.utils.rnn.invert_permutation")
def invert_permutation(c: Call, permutation: Tensor | None) -> object:
    return None if permutation is None else permutation.with_()
