"""keras.backend, the functions that Keras 2 programs write as K.sum: most are TensorFlow's by another name."""

from __future__ import annotations

from shapelens.dims import product
from shapelens.rules.call import Call
from shapelens.rules.registry import alias, rule, rules
from shapelens.rules.tensorflow.common import made
from shapelens.values import Tensor

_K = "keras.backend."
_SAME = {
    "math": (
        "abs cos exp log sign sigmoid sin softplus softsign sqrt square tanh maximum minimum equal not_equal greater "
        "greater_equal less less_equal cumsum cumprod pow l2_normalize"
    ),
    "nn": "elu",
    "": "cast reshape stack squeeze tile zeros_like ones_like zeros ones stop_gradient identity shape transpose",
}
_RENAMED = {
    "sum": "math.reduce_sum", "max": "math.reduce_max", "min": "math.reduce_min", "prod": "math.reduce_prod",
    "any": "math.reduce_any", "all": "math.reduce_all", "var": "math.reduce_variance", "std": "math.reduce_std",
    "logsumexp": "math.reduce_logsumexp", "clip": "clip_by_value", "permute_dimensions": "transpose", "gather": "gather",
    "reverse": "reverse", "random_normal": "random.normal", "random_uniform": "random.uniform",
    "truncated_normal": "random.truncated_normal", "one_hot": "one_hot",
}  # fmt: skip
for _module, _names in _SAME.items():
    for _name in _names.split():
        alias(f"{_K}{_name}", ".".join(part for part in ("tensorflow", _module, _name) if part))
for _name, _path in _RENAMED.items():
    alias(f"{_K}{_name}", f"tensorflow.{_path}")


@rule(f"{_K}flatten")
def flatten(c: Call, x: Tensor) -> Tensor:
    """All elements as a vector."""
    return made((c.store.numel(c.dims(x)),), x.dtype)


@rule(f"{_K}batch_flatten")
def batch_flatten(c: Call, x: Tensor) -> Tensor:
    """All but the first axis as one."""
    dims = c.dims(x)
    return made((*dims[:1], product(dims[1:])), x.dtype)


@rule(f"{_K}mean")
def mean(c: Call, x: Tensor, axis: object = None, keepdims: object = False) -> Tensor:
    """Of booleans too, which become floats."""
    if x.dtype == "bool":
        x = made(x.shape, "float32")
    found: Tensor = rules["tensorflow.math.reduce_mean"].function(c, x, axis, keepdims)
    return found


@rule(f"{_K}argmax", f"{_K}argmin")
def argmax(c: Call, x: Tensor, axis: object = -1) -> Tensor:
    """Along the last axis unless said."""
    found: Tensor = rules["tensorflow.math.argmax"].function(c, x, axis)
    return found


@rule(f"{_K}expand_dims")
def expand_dims(c: Call, x: Tensor, axis: object = -1) -> Tensor:
    found: Tensor = rules["tensorflow.expand_dims"].function(c, x, axis)
    return found


@rule(f"{_K}concatenate")
def concatenate(c: Call, tensors: object, axis: object = -1) -> Tensor:
    found: Tensor = rules["tensorflow.concat"].function(c, tensors, axis)
    return found


@rule(f"{_K}softmax")
def softmax(c: Call, x: Tensor, axis: object = -1) -> Tensor:
    return made(x.shape, x.dtype)
