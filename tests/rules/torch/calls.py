"""Calls written by hand, for what torch's own tests have no samples of.

`C(…)` is a call, `L(constructor, …)` makes a layer and calls it. `x(2, 3)` is a float tensor of that shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

Q = torch.quint8
F32, F64, I64 = torch.float32, torch.float64, torch.int64


@dataclass(frozen=True)
class Sample:
    """The arguments of one call; of a layer, those of its constructor and then those of its call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    made: tuple[tuple[Any, ...], dict[str, Any]] | None = None


def C(*args: Any, **kwargs: Any) -> Sample:
    """A call."""
    return Sample(args, kwargs)


class L:
    """A layer's constructor; called, it gives the sample."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.made = args, kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Sample:
        return Sample(args, kwargs, self.made)


def x(*shape: int, dtype: torch.dtype = F32) -> torch.Tensor:
    """Numbers between 0 and 1; of an integer dtype zeros."""
    return torch.rand(shape).to(dtype)


def i(*shape: int) -> torch.Tensor:
    """Indices that are in range everywhere."""
    return torch.zeros(shape, dtype=I64)


def q(*shape: int) -> torch.Tensor:
    return torch.quantize_per_tensor(x(*shape), 0.1, 0, Q)


def qc(*shape: int) -> torch.Tensor:
    return torch.quantize_per_channel(x(*shape), x(shape[0]), i(shape[0]), 0, Q)


def sparse(*shape: int) -> torch.Tensor:
    return x(*shape).to_sparse()


def _all(names: str, *calls: Any) -> dict[str, Any]:
    return dict.fromkeys(names.split(), calls)


def _each(prefix: str, names: str, *calls: Any) -> dict[str, Any]:
    return {prefix + n: calls for n in names.split()}


def _rnn(gates: int, two: bool) -> tuple[Sample, ...]:
    weights = [x(gates * 4, 3), x(gates * 4, 4), x(gates * 4), x(gates * 4)]

    def state(n: int) -> Any:
        return (x(n, 2, 4), x(n, 2, 4)) if two else x(n, 2, 4)

    packed = C(x(7, 3), torch.tensor([2, 2, 1, 1, 1]), state(1), weights, True, 1, 0.0, False, False)
    return (
        C(x(5, 2, 3), state(1), weights, True, 1, 0.0, False, False, False),
        C(x(2, 5, 3), state(1), weights, True, 1, 0.0, False, False, True),
        C(x(5, 2, 3), state(2), weights * 2, True, 1, 0.0, False, True, False),
        packed,
    )


TABLE: dict[str, Any] = {
    # -- making tensors ------------------------------------------------------------------------------------------
    **_each("torch.", "BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor BFloat16Tensor IntTensor "
            "LongTensor ShortTensor Tensor", C(2, 3), C(4), C([1, 2]), C([[1], [2]]), C()),
    **_all("torch.tensor torch.as_tensor torch.asarray", C([1, 2]), C([[1.0], [2.0]]), C(3), C(True), C([[1, 2], [3, 4]]),
           C(x(2)), C([1], dtype=F64), C([]), C([[]])),
    "torch.rand": (C(2, 3), C((2, 3)), C(4, dtype=F64), C(0)),
    "torch.randperm": (C(5), C(0), C(3, dtype=torch.int32)),
    "torch.range": (C(0, 4), C(1, 9, 2), C(1.5, 3.0), C(0, 3, dtype=I64)),
    **_each("torch.", "bartlett_window blackman_window hamming_window hann_window kaiser_window",
            C(5), C(5, False), C(1), C(4, dtype=F64)),
    **_all("torch.fft.fftfreq torch.fft.rfftfreq", C(5), C(6, 0.5), C(1), C(4, dtype=F64)),
    "torch.from_numpy": (),
    "torch.frombuffer": (C(bytearray(16), dtype=F32), C(bytearray(16), dtype=F32, count=2), C(bytearray(8), dtype=I64)),
    "torch.get_rng_state": (C(),),
    "torch.Tensor.new": (C(x(2), 3, 4), C(x(2)), C(x(2), [1.0])),
    "torch.Tensor.new_tensor": (C(x(2), [1, 2]), C(x(2), 3.0), C(i(2), [[1.0]]), C(x(2), [1], dtype=I64)),
    **_all("torch.nn.Parameter torch.nn.Buffer torch.nn.parameter.Parameter torch.nn.parameter.Buffer",
           C(x(2, 3)), C(x(4)), C(x(2, dtype=F64))),
    "torch.can_cast": (C(F32, F64), C(F32, I64), C(I64, F32)),
    **_all("torch.promote_types", C(F32, F64), C(F32, I64), C(torch.bool, torch.uint8)),
    **_all("torch.result_type", C(x(2), 1.0), C(i(2), 1.0), C(i(2), x(2))),
    # -- about a tensor ------------------------------------------------------------------------------------------
    **_each("torch.Tensor.", "coalesce_ detach_" , C(x(2, 3))),
    **_each("torch.Tensor.", "cpu detach dim ndimension nelement numel element_size is_complex is_conj is_contiguous "
            "is_floating_point is_inference is_neg is_pinned is_shared is_signed stride size tolist share_memory_ "
            "requires_grad_ get_device storage_offset dim_order data_ptr __len__ __pos__ to_dense to_mkldnn storage "
            "untyped_storage storage_type to_sparse_coo to_sparse_csr to_sparse_csc dense_dim sparse_dim numpy "
            "retain_grad __iter__ apply_ random_ type dequantize register_hook "
            "register_post_accumulate_grad_hook as_subclass", C(x(2, 3)), C(x(4, 2)), C(x(3, 1))),
    **_each("torch.", "is_complex is_conj is_floating_point is_neg is_signed is_tensor numel detach detach_ detach_copy",
            C(x(2, 3)), C(x(4)), C(i(2))),
    "torch.Tensor.size": (C(x(2, 3)), C(x(2, 3), 0), C(x(2, 3, 4), -1)),
    "torch.Tensor.stride": (C(x(2, 3)), C(x(2, 3), 0), C(x(2, 3, 4), -1)),
    "torch.Tensor.type": (C(x(2, 3), F64), C(x(2), I64), C(i(3), F32)),
    "torch.Tensor.to_dense": (C(x(2, 3)), C(x(2), F64), C(sparse(2, 3))),
    "torch.Tensor.coalesce": (C(sparse(2, 3)), C(sparse(4))),
    "torch.Tensor.is_coalesced": (C(sparse(2, 3)), C(sparse(4))),
    **_each("torch.Tensor.", "dense_dim sparse_dim", C(sparse(2, 3)), C(sparse(4))),
    "torch.Tensor.to_mkldnn": (),
    **_each("torch.Tensor.", "to_sparse_coo to_sparse_csr to_sparse_csc", C(x(2, 3)), C(x(4, 4))),
    "torch.Tensor.to_sparse_bsr": (C(x(4, 4), (2, 2)), C(x(2, 4), (1, 2))),
    "torch.Tensor.to_sparse_bsc": (C(x(4, 4), (2, 2)), C(x(2, 4), (1, 2))),
    "torch.Tensor.sparse_mask": (C(x(2, 3), sparse(2, 3)), C(x(4), sparse(4))),
    **_all("torch.Tensor.is_same_size torch.is_same_size torch.Tensor.is_set_to", C(x(2, 3), x(2, 3)), C(x(2), x(3))),
    "torch.Tensor.type_as": (C(x(2, 3), i(2)), C(i(2), x(3)), C(x(2), x(1, dtype=F64))),
    "torch.Tensor.copy_": (C(x(2, 3), x(3)), C(x(2, 3), i(2, 3)), C(i(4), x(4)), C(x(2), 3.0)),
    "torch.Tensor.resize": (C(x(2, 3), 3, 2), C(x(2, 3), (6,))),
    "torch.Tensor.resize_as": (C(x(2, 3), x(3, 2)), C(x(6), x(2, 3))),
    "torch.Tensor.fill_diagonal_": (C(x(3, 3), 1.0), C(x(3, 2), 1.0), C(x(2, 2, 2), 0), C(x(4, 3), 1, wrap=True)),
    "torch.Tensor.map_": (C(x(2, 3), x(3), lambda a, b: a), C(x(2), x(2), lambda a, b: b)),
    "torch.Tensor.map2_": (C(x(2, 3), x(3), x(1), lambda a, b, c: a), C(x(2), x(2), x(2), lambda a, b, c: b)),
    "torch.Tensor.apply_": (C(x(2, 3), lambda a: a), C(x(2), lambda a: 0.0)),
    "torch.Tensor.random_": (C(x(2, 3)), C(i(4), 5), C(x(2), 1, 5)),
    "torch.Tensor.as_subclass": (C(x(2, 3), torch.Tensor), C(x(2), torch.nn.Parameter)),
    "torch.Tensor.backward": (C(x().requires_grad_()), C(x(2).requires_grad_().sum()), C(x(1).requires_grad_())),
    "torch.Tensor.retain_grad": (C(x(2).requires_grad_()),),
    **_each("torch.Tensor.", "register_hook register_post_accumulate_grad_hook",
            C(x(2).requires_grad_(), lambda g: None)),
    # -- arithmetic ----------------------------------------------------------------------------------------------
    **_each("torch.Tensor.", "__floordiv__ __truediv__ __ifloordiv__ __itruediv__",
            C(x(2, 3), x(3) + 1), C(x(2), 2.0), C(x(2, 1), x(2, 1) + 1), C(x(2, 3), i(3) + 1)),
    **_each("torch.Tensor.", "__rshift__ __irshift__ __ilshift__ __lshift__", C(i(2, 3), i(3)), C(i(2), 1), C(i(2, 1), i(2, 1))),
    "torch.Tensor.__invert__": (C(i(2, 3)), C(i(2) > 0), C(i())),
    "torch.Tensor.__setitem__": (C(x(2, 3), 0, 1.0), C(x(2, 3), 0, x(3)), C(x(2, 3), slice(None), x(2, 1)),
                                 C(x(4, 3), (slice(0, 2), 1), x(2)), C(x(2, 3), i(2), x(2, 3))),
    "torch.where": (C(x(2, 3) > 0.5, x(2, 3), x(3)), C(x(2) > 0.5, x(2), 0.0), C(x(2, 3) > 0.5), C(x(2) > 0.5, 1, i(2))),
    **_all("torch.polygamma torch.special.polygamma", C(1, x(2, 3)), C(0, x(4)), C(2, i(3))),
    **_all("torch.special.gammainc torch.special.gammaincc", C(x(2, 3), x(3)), C(x(2, 1), x(2, 3)), C(x(4), x(4))),
    "torch.binomial": (C(x(2, 3) * 9, x(2, 3)), C(x(4), x(4)), C(x(2, 3), x(3))),
    "torch.poisson": (C(x(2, 3)), C(x(4)), C(x(1, dtype=F64))),
    "torch.Tensor.bernoulli": (C(x(2, 3)), C(x(2), 0.5), C(i(3), 0.5)),
    **_all("torch.dot torch.vdot torch.Tensor.dot torch.Tensor.vdot", C(x(3), x(3)), C(x(1), x(1)), C(i(4), i(4)),
           C(x(5), x(5))),
    "torch.chain_matmul": (C(x(2, 3), x(3, 4)), C(x(2, 3), x(3, 4), x(4, 5)), C(x(2, 2))),
    "torch.einsum": (C("ij,jk->ik", x(2, 3), x(3, 4)), C("ij->ji", x(2, 3)), C("bij,bjk", x(2, 3, 4), x(2, 4, 5)),
                     C("...i,i->...", x(2, 3), x(3)), C("ii", x(3, 3))),
    **_all("torch.dsmm torch.hsmm torch.spmm", C(sparse(2, 3), x(3, 4)), C(sparse(4, 4), x(4, 1)), C(sparse(1, 3), x(3, 3))),
    "torch.hspmm": (C(sparse(2, 3), x(3, 4)), C(sparse(4, 4), x(4, 1))),
    **_all("torch.smm torch.Tensor.smm", C(sparse(2, 3), x(3, 4)), C(sparse(4, 4), x(4, 1))),
    "torch.saddmm": (C(sparse(2, 4), sparse(2, 3), x(3, 4)), C(sparse(1, 4), sparse(1, 3), x(3, 4))),
    **_all("torch.sspaddmm torch.Tensor.sspaddmm", C(sparse(2, 4), sparse(2, 3), x(3, 4)), C(sparse(1, 4), sparse(1, 3), x(3, 4))),
    "torch.frobenius_norm": (C(x(2, 3), 1), C(x(2, 3), (0, 1)), C(x(2, 3, 4), 1, True), C(x(4), 0)),
    "torch.nuclear_norm": (C(x(2, 3)), C(x(4, 2, 3), (1, 2)), C(x(2, 3), True), C(x(2, 3, 4), (0, 1), True)),
    "torch.norm_except_dim": (C(x(2, 3)), C(x(2, 3), 2, 1), C(x(2, 3, 4), 2, 0), C(x(4, 2), 2, -1)),
    **_all("torch.svd_lowrank torch.pca_lowrank", C(x(4, 5), 2), C(x(3, 6, 5), 3), C(x(8, 7)), C(x(5, 2), q=1)),
    "torch.lobpcg": (C(torch.eye(12), 2), C(torch.eye(9)), C(torch.eye(12) + torch.ones(12, 12), 3)),
    # -- indexing and shapes -------------------------------------------------------------------------------------
    **_all("torch.Tensor.movedim torch.movedim torch.moveaxis torch.Tensor.moveaxis", C(x(2, 3, 4), 0, 2), C(x(2, 3), 1, 0),
           C(x(2, 3, 4), (0, 1), (1, 2)), C(x(2, 3, 4, 5), -1, 1)),
    **_all("torch.slice_scatter torch.Tensor.slice_scatter", C(x(4, 3), x(2, 3), 0, 1, 3), C(x(4, 3), x(4, 3)),
           C(x(4, 6), x(4, 3), 1, 0, 6, 2)),
    **_all("torch.slice_inverse torch.Tensor.slice_inverse", C(x(2, 3), x(4, 3), 0, 1, 3), C(x(4, 3), x(4, 3))),
    **_all("torch.unsafe_split_with_sizes torch.Tensor.unsafe_split_with_sizes", C(x(5, 2), (2, 3)), C(x(2, 4), (1, 3), 1)),
    # -- sparse and quantized ------------------------------------------------------------------------------------
    "torch.sparse_coo_tensor": (C(i(2, 3), x(3), (4, 5)), C(i(1, 2), x(2, 3), (4, 3)), C(i(2, 3), x(3)), C(i(2, 0), x(0), (2, 2))),
    **_all("torch.sparse_csr_tensor", C(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), x(2), (2, 3)),
           C(torch.tensor([0, 1]), torch.tensor([0]), x(1), (1, 4))),
    **_all("torch.sparse_csc_tensor", C(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), x(2), (3, 2)),
           C(torch.tensor([0, 1]), torch.tensor([0]), x(1), (4, 1))),
    "torch.sparse_bsr_tensor": (C(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), x(2, 1, 2), (2, 4)),),
    "torch.sparse_bsc_tensor": (C(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), x(2, 2, 1), (4, 2)),),
    "torch.sparse_compressed_tensor": (
        C(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), x(2), (2, 3), layout=torch.sparse_csr),),
    "torch.quantize_per_tensor": (C(x(2, 3), 0.1, 0, Q), C(x(4), 0.5, 2, torch.qint8), C([x(2), x(3)], x(2), i(2), Q)),
    "torch.quantize_per_tensor_dynamic": (C(x(2, 3), Q, False), C(x(4), torch.qint8, True)),
    "torch.quantize_per_channel": (C(x(2, 3), x(2), i(2), 0, Q), C(x(2, 3), x(3), i(3), 1, torch.qint8)),
    "torch.fake_quantize_per_tensor_affine": (C(x(2, 3), 0.1, 0, 0, 255), C(x(4), 0.5, 2, -128, 127)),
    "torch.fake_quantize_per_channel_affine": (
        C(x(2, 3), x(2), i(2).int(), 0, 0, 255), C(x(2, 3), x(3), i(3).int(), 1, -128, 127)),
    "torch.fused_moving_avg_obs_fake_quant": (
        C(x(2, 3), i(1), i(1), x(1), x(1), x(1), i(1).int(), 0.01, 0, 255, 0, False, False),
        C(x(4), i(1), i(1), x(1), x(1), x(1), i(1).int(), 0.01, 0, 255, 0, False, True)),
    **_all("torch.dequantize torch.Tensor.dequantize", C(q(2, 3)), C(q(4)), C(x(2))),
    **_all("torch.int_repr torch.Tensor.int_repr", C(q(2, 3)), C(q(4))),
    **_all("torch.q_per_channel_scales torch.Tensor.q_per_channel_scales torch.q_per_channel_zero_points "
           "torch.Tensor.q_per_channel_zero_points", C(qc(2, 3)), C(qc(4, 1))),
    "torch.empty_quantized": (C((2, 3), q(4)), C((5,), q(2, 2))),
    **_each("torch.", "Tensor.crow_indices Tensor.col_indices crow_indices_copy col_indices_copy",
            C(torch.eye(3).to_sparse_csr()), C(x(2, 4).to_sparse_csr())),
    **_each("torch.", "Tensor.ccol_indices Tensor.row_indices ccol_indices_copy row_indices_copy",
            C(torch.eye(3).to_sparse_csc()), C(x(2, 4).to_sparse_csc())),
    **_each("torch.", "Tensor.indices", C(sparse(2, 3).coalesce()), C(sparse(4).coalesce())),
    "torch.embedding_renorm_": (C(x(5, 3), i(4), 1.0, 2.0), C(x(2, 3), i(1), 0.5, 1.0)),
    "torch.quantized_max_pool1d": (C(q(2, 3, 8), 2), C(q(1, 2, 9), 3, 2, 1)),
    "torch.quantized_max_pool2d": (C(q(2, 3, 8, 8), 2), C(q(1, 2, 9, 9), 3, 2, 1)),
    "torch.quantized_max_pool3d": (C(q(1, 3, 8, 8, 8), 2), C(q(1, 2, 9, 9, 9), [3, 3, 3], [2, 2, 2], [1, 1, 1])),
    # -- functions below the functionals -------------------------------------------------------------------------
    "torch.affine_grid_generator": (C(x(2, 2, 3), (2, 1, 4, 5), False), C(x(1, 3, 4), (1, 2, 3, 4, 5), True)),
    **_all("torch.grid_sampler torch.grid_sampler_2d", C(x(2, 3, 4, 5), x(2, 6, 7, 2), 0, 0, True),
           C(x(1, 1, 2, 2), x(1, 3, 3, 2), 1, 1, False)),
    "torch.grid_sampler_3d": (C(x(2, 3, 4, 5, 2), x(2, 6, 7, 1, 3), 0, 0, True), C(x(1, 1, 2, 2, 2), x(1, 3, 3, 2, 3), 1, 2, False)),
    "torch.convolution": (
        C(x(2, 3, 8), x(4, 3, 3), x(4), (1,), (0,), (1,), False, (0,), 1),
        C(x(2, 3, 8, 8), x(6, 1, 3, 3), None, (2, 2), (1, 1), (1, 1), False, (0, 0), 3),
        C(x(2, 3, 5, 5), x(3, 4, 3, 3), x(4), (2, 2), (1, 1), (1, 1), True, (1, 1), 1)),
    "torch.embedding_bag": (C(x(5, 3), i(6), torch.tensor([0, 2])), C(x(5, 3), i(4), torch.tensor([0, 2]), False, 1)),
    "torch.ctc_loss": (C(x(9, 2, 5), i(2, 3) + 1, (9, 9), (3, 2)), C(x(9, 2, 5), i(2, 3) + 1, (9, 8), (3, 2), 0, 1),
                       C(x(9, 2, 5), i(2, 3) + 1, torch.tensor([9, 9]), torch.tensor([3, 2]), 0, 2)),
    "torch.kl_div": (C(x(2, 3), x(2, 3)), C(x(2, 3), x(2, 3), 1), C(x(4), x(4), 2, log_target=True), C(x(4), x(4), 0)),
    "torch.binary_cross_entropy_with_logits": (
        C(x(2, 3), x(2, 3)), C(x(4), x(4), None, None, 1), C(x(2, 3), x(2, 3), x(3), None, 2), C(x(2, 3), x(3))),
    "torch.cosine_embedding_loss": (C(x(2, 3), x(2, 3), x(2)), C(x(2, 3), x(2, 3), x(2), 0.1, 1), C(x(3), x(3), x(), 0.0, 2)),
    "torch.hinge_embedding_loss": (C(x(2, 3), x(2, 3)), C(x(4), x(4), 1.0, 1), C(x(4), x(4), 0.5, 2)),
    "torch.margin_ranking_loss": (C(x(4), x(4), x(4)), C(x(4), x(4), x(4), 0.1, 1), C(x(2, 3), x(2, 3), x(2, 3), 0.0, 2)),
    "torch.poisson_nll_loss": (C(x(2, 3), x(2, 3), True, False, 1e-8, 0), C(x(4), x(4), False, True, 1e-8, 1), C(x(4), x(4), True, True, 1e-8, 2)),
    "torch.triplet_margin_loss": (C(x(2, 3), x(2, 3), x(2, 3)), C(x(2, 3), x(2, 3), x(2, 3), 1.0, 2, 1e-6, False, 1),
                                  C(x(3), x(3), x(3), reduction=2)),
    "torch.gru": _rnn(3, False),
    "torch.rnn_tanh": _rnn(1, False),
    "torch.rnn_relu": _rnn(1, False),
    "torch.lstm": _rnn(4, True),
    "torch.gru_cell": (C(x(2, 3), x(2, 4), x(12, 3), x(12, 4)), C(x(2, 3), x(2, 4), x(12, 3), x(12, 4), x(12), x(12))),
    **_all("torch.rnn_tanh_cell torch.rnn_relu_cell", C(x(2, 3), x(2, 4), x(4, 3), x(4, 4)), C(x(2, 3), x(2, 4), x(4, 3), x(4, 4), x(4), x(4))),
    "torch.lstm_cell": (C(x(2, 3), (x(2, 4), x(2, 4)), x(16, 3), x(16, 4)),
                        C(x(2, 3), (x(2, 4), x(2, 4)), x(16, 3), x(16, 4), x(16), x(16))),
    **_all("torch.dropout torch.alpha_dropout torch.feature_dropout torch.feature_alpha_dropout torch.dropout_ "
           "torch.alpha_dropout_ torch.feature_dropout_ torch.feature_alpha_dropout_ torch.native_dropout",
           C(x(2, 3), 0.5, True), C(x(4, 2), 0.1, False), C(x(2, 3, 4), 0.0, True)),
    "torch.batch_norm": (C(x(2, 3, 4), x(3), x(3), x(3), x(3), False, 0.1, 1e-5, False),
                         C(x(2, 3), None, None, x(3), x(3), True, 0.1, 1e-5, False)),
    "torch.instance_norm": (C(x(2, 3, 4), x(3), x(3), None, None, True, 0.1, 1e-5, False),
                            C(x(2, 3, 4, 5), None, None, x(3), x(3), True, 0.1, 1e-5, False)),
    "torch.polar": (C(x(2, 3), x(2, 3)), C(x(4), x(4)), C(x(2, 3, dtype=F64), x(3, dtype=F64))),
    **_all("torch.native_channel_shuffle torch.nn.functional.native_channel_shuffle", C(x(2, 4, 3, 3), 2), C(x(1, 6, 2, 2), 3)),
    **_all("torch.conv_tbc torch.nn.functional.conv_tbc", C(x(5, 2, 3), x(3, 3, 4), x(4), 0), C(x(5, 2, 3), x(1, 3, 4), x(4), 1)),
    "torch.embedding": (C(x(5, 3), i(2)), C(x(5, 3), i(2, 4), 1), C(x(2, 3), i())),
    # -- functionals ---------------------------------------------------------------------------------------------
    **{f"torch.{p}max_pool{n}d{s}": (C(x(2, 3, *[8] * n), 2), C(x(3, *[7] * n), 3, 2, 1), C(x(1, 2, *[9] * n), 2, 2, 0, 1, True))
       for n in (1, 2, 3) for p in ("", "nn.functional.") for s in ("", "_with_indices")},
    **{f"torch.nn.functional.adaptive_max_pool{n}d_with_indices": (C(x(2, 3, *[8] * n), 2), C(x(3, *[7] * n), 3, True))
       for n in (1, 2, 3)},
    "torch.adaptive_max_pool1d": (C(x(2, 3, 8), 2), C(x(3, 7), 3), C(x(1, 2, 5), 1)),
    **{f"torch.nn.functional.fractional_max_pool{n}d_with_indices": (C(x(2, 3, *[8] * n), 2, 3), C(x(3, *[7] * n), 2, output_ratio=0.5))
       for n in (2, 3)},
    **{f"torch.nn.FractionalMaxPool{n}d": (L(2, output_size=3)(x(2, 3, *[8] * n)), L(2, output_ratio=0.5)(x(3, *[8] * n)),
                                           L(2, 3, return_indices=True)(x(2, 3, *[8] * n))) for n in (2, 3)},
    **{f"torch.nn.functional.lp_pool{n}d": (C(x(2, 3, *[8] * n), 2, 2), C(x(3, *[7] * n), 2, 3, 1)) for n in (1, 2, 3)},
    "torch.nn.functional.affine_grid": (C(x(2, 2, 3), (2, 1, 4, 5)), C(x(1, 3, 4), (1, 2, 3, 4, 5)), C(x(3, 2, 3), [3, 2, 1, 1], True)),
    "torch.nn.functional.ctc_loss": (C(x(9, 2, 5), i(2, 3) + 1, (9, 9), (3, 2)), C(x(9, 2, 5), i(2, 3) + 1, torch.tensor([9, 9]), torch.tensor([3, 2])),
                                     C(x(9, 5), i(3) + 1, torch.tensor([9]), torch.tensor([3]), reduction="none")),
    "torch.nn.functional.dropout1d": (C(x(2, 3, 4)), C(x(3, 4), 0.1), C(x(2, 3, 4), 0.5, False)),
    "torch.nn.functional.embedding": (C(i(2), x(5, 3)), C(i(2, 4), x(5, 3), 1), C(i(), x(2, 3))),
    "torch.nn.functional.fold": (C(x(2, 12, 12), (4, 5), (2, 2)), C(x(8, 4), (4, 4), 2, stride=2), C(x(1, 9, 16), (4, 4), 3, padding=1)),
    "torch.nn.functional.grouped_mm": (
        C(x(2, 3, 16, dtype=torch.bfloat16), x(2, 16, 8, dtype=torch.bfloat16)),
        C(x(8, 16, dtype=torch.bfloat16), x(2, 16, 8, dtype=torch.bfloat16), offs=torch.tensor([4, 8], dtype=torch.int32)),
        C(x(8, 16, dtype=torch.bfloat16), x(16, 8, dtype=torch.bfloat16), offs=torch.tensor([8, 16], dtype=torch.int32))),
    "torch.nn.functional.gumbel_softmax": (C(x(2, 3)), C(x(4), 0.5, True), C(x(2, 3), dim=0)),
    "torch.nn.functional.upsample": (C(x(1, 2, 4), 8), C(x(1, 2, 3, 3), scale_factor=2), C(x(1, 2, 4, 4), (2, 3), mode="bilinear")),
    "torch.nn.functional.triplet_margin_with_distance_loss": (
        C(x(2, 3), x(2, 3), x(2, 3)), C(x(3), x(3), x(3)), C(x(2, 3), x(2, 3), x(2, 3), reduction="none"), C(x(2, 3), x(2, 3), x(2, 3), swap=True)),
    # -- layers --------------------------------------------------------------------------------------------------
    "torch.nn.AdaptiveLogSoftmaxWithLoss": (L(6, 10, [3, 5])(x(4, 6), i(4)), L(3, 8, (2,))(x(2, 3), i(2)), L(6, 10, [3])(x(6), i())),
    **_each("torch.nn.", "AlphaDropout Dropout FeatureAlphaDropout Hardsigmoid Identity RReLU", L()(x(2, 3)), L()(x(4)), L()(x(2, 3, 4, 5))),
    "torch.nn.Dropout1d": (L()(x(2, 3, 4)), L(0.1)(x(3, 4))),
    "torch.nn.Dropout2d": (L()(x(2, 3, 4, 5)), L(0.1)(x(3, 4, 5))),
    "torch.nn.Dropout3d": (L()(x(2, 3, 4, 5, 2)), L(0.1)(x(3, 4, 5, 2))),
    "torch.nn.ChannelShuffle": (L(2)(x(2, 4, 3, 3)), L(3)(x(1, 6, 2, 2))),
    "torch.nn.CosineSimilarity": (L()(x(2, 3), x(2, 3)), L(0)(x(4), x(4)), L(2)(x(2, 3, 4), x(2, 3, 4))),
    "torch.nn.PairwiseDistance": (L()(x(2, 3), x(2, 3)), L(1.0)(x(4), x(4)), L(keepdim=True)(x(2, 3), x(3))),
    "torch.nn.CrossMapLRN2d": (L(2)(x(2, 3, 4, 4)), L(1)(x(1, 2, 3, 3))),
    "torch.nn.EmbeddingBag": (L(5, 3)(i(6), torch.tensor([0, 2])), L(5, 3)(i(2, 4)), L(5, 3, mode="sum")(i(2, 4), None, x(2, 4))),
    "torch.nn.Flatten": (L()(x(2, 3, 4)), L(0)(x(2, 3)), L(1, 2)(x(2, 3, 4, 5)), L(-2)(x(2, 3, 4))),
    "torch.nn.Unflatten": (L(1, (2, 3))(x(2, 6)), L(0, (2, 2))(x(4, 5)), L(-1, (3, -1))(x(2, 6))),
    "torch.nn.Fold": (L((4, 5), (2, 2))(x(2, 12, 12)), L((4, 4), 2, stride=2)(x(8, 4))),
    "torch.nn.Unfold": (L(2)(x(2, 3, 4, 4)), L((2, 3), padding=1)(x(1, 2, 4, 5)), L(3)(x(2, 5, 5))),
    **{f"torch.nn.LazyBatchNorm{n}d": (L()(x(2, 3, *[4] * n)), L(affine=False)(x(2, 5, *[4] * n))) for n in (1, 2, 3)},
    **{f"torch.nn.LazyInstanceNorm{n}d": (L()(x(2, 3, *[4] * n)), L(affine=False)(x(2, 5, *[4] * n))) for n in (1, 2, 3)},
    "torch.nn.LazyLinear": (L(4)(x(2, 3)), L(5, bias=False)(x(2, 3, 6)), L(1)(x(4))),
    **{f"torch.nn.MaxUnpool{n}d": (L(2)(x(2, 3, *[4] * n), i(2, 3, *[4] * n)), L(2, 2)(x(3, *[4] * n), i(3, *[4] * n))) for n in (1, 2, 3)},
    "torch.nn.NLLLoss2d": (L()(x(2, 3, 4, 4), i(2, 4, 4)), L(reduction="none")(x(1, 3, 2, 2), i(1, 2, 2))),
    "torch.nn.PixelShuffle": (L(2)(x(2, 8, 3, 3)), L(3)(x(9, 2, 2))),
    "torch.nn.PixelUnshuffle": (L(2)(x(2, 3, 4, 6)), L(3)(x(2, 6, 3))),
    "torch.Tensor.float_power_": (C(x(2, 3, dtype=F64), 2), C(x(4, dtype=F64), x(4)), C(x(2, 3, dtype=F64), x(3))),
    "torch.nn.SyncBatchNorm": (L(3)(x(2, 3, 4)), L(3, affine=False)(x(2, 3, 4, 5))),
    "torch.nn.TripletMarginLoss": (L()(x(2, 3), x(2, 3), x(2, 3)), L(reduction="none")(x(2, 3), x(2, 3), x(2, 3)), L(swap=True)(x(3), x(3), x(3))),
    "torch.nn.TripletMarginWithDistanceLoss": (L()(x(2, 3), x(2, 3), x(2, 3)), L(reduction="none")(x(2, 3), x(2, 3), x(2, 3))),
    "torch.nn.Upsample": (L(scale_factor=2)(x(1, 2, 3, 3)), L(5)(x(1, 2, 4)), L((4, 5), mode="bilinear")(x(1, 2, 3, 3))),
    **_each("torch.nn.", "UpsamplingBilinear2d UpsamplingNearest2d", L(scale_factor=2)(x(1, 2, 3, 3)), L(5)(x(1, 2, 4, 4)), L((4, 5))(x(2, 1, 3, 3))),
    "torch.nn.modules.linear.NonDynamicallyQuantizableLinear": (L(3, 4)(x(2, 3)), L(3, 4, bias=False)(x(3)), L(2, 5)(x(1, 3, 2))),
    "torch.nn.Transformer.generate_square_subsequent_mask": (C(5), C(1), C(3, dtype=F64)),
    # -- torch.nn.init, torch.nn.utils ---------------------------------------------------------------------------
    **_each("torch.nn.init.", "kaiming_normal kaiming_normal_ kaiming_uniform kaiming_uniform_ xavier_normal xavier_normal_ "
            "xavier_uniform xavier_uniform_ trunc_normal_ orthogonal orthogonal_", C(x(3, 4)), C(x(2, 3, 3)), C(x(4, 2, 3, 3))),
    **_each("torch.nn.init.", "ones_ zeros_ normal normal_ uniform uniform_", C(x(3, 4)), C(x(2)), C(x(2, 3, 4))),
    **_each("torch.nn.init.", "constant constant_", C(x(3, 4), 1.0), C(x(2), 0), C(x(2, 3, 4), 0.5)),
    **_each("torch.nn.init.", "eye eye_", C(x(3, 4)), C(x(2, 2)), C(x(1, 5))),
    **_each("torch.nn.init.", "dirac dirac_", C(x(3, 4, 3)), C(x(2, 2, 3, 3)), C(x(1, 5, 2, 2, 2))),
    **_each("torch.nn.init.", "sparse sparse_", C(x(3, 4), 0.1), C(x(2, 2), 0.5), C(x(1, 5), sparsity=0.2)),
    "torch.nn.init.calculate_gain": (C("relu"), C("tanh"), C("leaky_relu", 0.2)),
    "torch.nn.utils.parameters_to_vector": (C([x(2, 3), x(4)]), C((x(2),)), C([x(2), x(1, 1), x()])),
    "torch.nn.utils.rnn.invert_permutation": (C(torch.tensor([1, 0, 2])), C(torch.tensor([0]))),
    "torch.nn.utils.rnn.pad_sequence": (C([x(3, 2), x(4, 2)]), C([x(3), x(1)], True), C([x(2, 1), x(2, 1), x(5, 1)], batch_first=True)),
    **_each("torch.nn.utils.", "clip_grad_norm clip_grad_norm_", C([x(2).requires_grad_()], 1.0), C(x(3).requires_grad_(), 0.5)),
    "torch.nn.utils.get_total_norm": (C([x(2), x(3)]), C((x(2, 3),), 1.0)),
}  # fmt: skip


def of(path: str) -> tuple[Sample, ...]:
    """The calls of a path."""
    found: tuple[Sample, ...] = TABLE.get(path, ())
    return found
