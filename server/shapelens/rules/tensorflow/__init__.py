"""Rules of TensorFlow, one file a topic; TensorFlow itself is never imported."""

from shapelens.rules.registry import alias
from shapelens.rules.tensorflow import (
    backend,
    convolution,
    creation,
    data,
    elementwise,
    image,
    indexing,
    joining,
    linalg,
    nn,
    random,
    reductions,
    reshaping,
    signal,
    tensor,
    training,
)

# One function under several names: where it stands too, and where its rule is.
_ALIASES = {
    ("tensorflow", "tensorflow.math"): (
        "abs acos acosh add add_n argmax argmin asin asinh atan atan2 atanh cos cosh cumsum divide equal exp floor greater "
        "greater_equal less less_equal logical_and logical_not logical_or maximum minimum multiply negative not_equal pow "
        "reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum round scalar_mul "
        "sigmoid sign sin sinh sqrt square subtract tan tanh truediv"
    ),
    ("tensorflow", "tensorflow.linalg"): "eig eigvals einsum eye matmul norm tensordot",
    ("tensorflow", "tensorflow.nn"): "space_to_batch",
    ("tensorflow", "tensorflow.strings"): "as_string",
    ("tensorflow.linalg", "tensorflow.math"): "l2_normalize",
    ("tensorflow.nn", "tensorflow.math"): (
        "approx_max_k in_top_k l2_normalize log_softmax sigmoid softmax softplus softsign tanh top_k zero_fraction"
    ),
    ("tensorflow.random", "tensorflow.nn"): (
        "all_candidate_sampler fixed_unigram_candidate_sampler learned_unigram_candidate_sampler"
    ),
    ("tensorflow.io", "tensorflow.image"): (
        "decode_and_crop_jpeg decode_bmp decode_gif decode_image decode_jpeg decode_png decode_webp encode_jpeg "
        "encode_png extract_jpeg_shape is_jpeg"
    ),
    ("tensorflow.dtypes", "tensorflow"): "cast complex saturate_cast",
}
for (_there, _here), _names in _ALIASES.items():
    for _name in _names.split():
        alias(f"{_there}.{_name}", f"{_here}.{_name}")
for _new, _path in {
    "tensorflow.math.mod": "tensorflow.math.floormod",
    "tensorflow.nn.lrn": "tensorflow.nn.local_response_normalization",
    "tensorflow.nn.swish": "tensorflow.nn.silu",
    "tensorflow.matrix_square_root": "tensorflow.linalg.sqrtm",
}.items():
    alias(_new, _path)

__all__ = [
    "backend",
    "convolution",
    "creation",
    "data",
    "elementwise",
    "image",
    "indexing",
    "joining",
    "linalg",
    "nn",
    "random",
    "reductions",
    "reshaping",
    "signal",
    "tensor",
    "training",
]
