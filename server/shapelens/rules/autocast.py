"""What torch.autocast makes of an operation's dtype: the lower one, float32, or what the operation gives by itself.

Source: the op lists of aten/src/ATen/autocast_mode.h, and the "Automatic Mixed Precision" page. Where the device is not
known, only what all devices agree on is; where CUDA is named but may be absent, torch switches autocast off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shapelens.values import Tensor

_CAST = frozenset(("float16", "bfloat16", "float32"))
DEFAULTS = {"cpu": "bfloat16", "cuda": "float16", "xpu": "float16", "mps": "float16"}


class Autocast(NamedTuple):
    """The state inside of `torch.autocast(device, dtype)`: None for what is not known."""

    device: str | None = None
    dtype: str | None = None


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# By the last part of a function's, method's or layer's name.
_LOWER = _names(
    "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d conv_tbc prelu addmm matmul __matmul__ mm "
    "bmm baddbmm addbmm linear scaled_dot_product_attention einsum Conv1d Conv2d Conv3d ConvTranspose1d "
    "ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d "
    "LazyConvTranspose3d Linear LazyLinear PReLU NonDynamicallyQuantizableLinear"
)
_FLOAT = _names(
    "mse_loss l1_loss smooth_l1_loss huber_loss nll_loss cross_entropy kl_div cosine_embedding_loss "
    "hinge_embedding_loss poisson_nll_loss margin_ranking_loss soft_margin_loss triplet_margin_loss multi_margin_loss "
    "multilabel_margin_loss binary_cross_entropy_with_logits cdist prod MSELoss L1Loss SmoothL1Loss HuberLoss NLLLoss "
    "CrossEntropyLoss KLDivLoss CosineEmbeddingLoss HingeEmbeddingLoss PoissonNLLLoss MarginRankingLoss SoftMarginLoss "
    "TripletMarginLoss MultiMarginLoss MultiLabelMarginLoss BCEWithLogitsLoss"
)
_FLOAT_ON_CUDA = _names(
    "exp log log10 log2 log1p expm1 pow __pow__ rsqrt reciprocal tan sinh cosh acos asin softplus layer_norm "
    "group_norm cosine_similarity softmax log_softmax softmin cumsum cumprod sum norm logsumexp renorm dist pdist Softmax "
    "LogSoftmax Softmin Softmax2d LayerNorm GroupNorm Softplus CosineSimilarity"
)
_FLOAT_ON_CPU = _names("binary_cross_entropy BCELoss quantile nanquantile stft trace")
_UNSURE = _names(  # what differs by version, or is made of several operations
    "interpolate upsample Upsample UpsamplingNearest2d UpsamplingBilinear2d grid_sample ctc_loss CTCLoss avg_pool3d "
    "AvgPool3d mv addmv addr chain_matmul multi_dot bilinear Bilinear LSTM GRU RNN LSTMCell GRUCell RNNCell "
    "MultiheadAttention multi_head_attention_forward TransformerEncoder TransformerEncoderLayer TransformerDecoder "
    "TransformerDecoderLayer Transformer EmbeddingBag tensordot cross dot vdot"
)


def cast(state: Autocast, name: str, tensors: Sequence[Tensor], result: Tensor) -> str | None:
    """The dtype of a result inside of autocast; `tensors` are those that went in."""
    known = {t.dtype for t in tensors}
    if result.dtype is not None and result.dtype not in _CAST:
        return result.dtype
    if name in _LOWER:
        certain = state.device == "cpu" or any((t.device or "").startswith("cuda") for t in tensors)
        floats = known - {"bool", "int64", "int32", "uint8"}
        return state.dtype if certain and floats and floats <= _CAST else None
    if name in _FLOAT:
        floats = {d for d in known if d in _CAST}
        return "float32" if floats and None not in known and known <= {*_CAST, "int64", "bool", "uint8"} else None
    if name in _FLOAT_ON_CUDA or name in _FLOAT_ON_CPU:
        if known == {"float32"}:
            return result.dtype
        listed = _FLOAT_ON_CUDA if state.device == "cuda" else _FLOAT_ON_CPU
        if state.device in ("cuda", "cpu") and known <= _CAST:
            return "float32" if name in listed else result.dtype
        return None
    return None if name in _UNSURE else result.dtype
