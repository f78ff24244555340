"""Where tensors are: what the text says of it, and which operations need their tensors in one place.

A device is its kind ("cpu", "cuda"), None where it is not known: a device that a condition chose is never known. A tensor
of rank 0 on the CPU goes with any other. Source: the "Tensor Attributes" page, torch.device.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from shapelens.rules.call import Call
from shapelens.values import Instance, Lib, Many, Tensor

DEVICE = Lib("torch.device")

# Their result is not where their arguments are, or says so itself; by the last part of their names.
_ELSEWHERE = frozenset(
    "to type type_as cpu cuda xpu numpy new_tensor set_ copy_ as_tensor asarray _to_copy data".split()
)
# Only the first argument says where the result is.
_FIRST = frozenset("__getitem__ expand_as view_as reshape_as resize_as __setitem__ masked_fill masked_fill_".split())
# Made where torch makes tensors by default, whatever they are made of.
_MADE = frozenset(
    (
        "zeros ones empty rand randn full randint randperm arange range linspace logspace eye tensor from_numpy normal "
        "tril_indices triu_indices hann_window hamming_window Tensor FloatTensor DoubleTensor HalfTensor LongTensor "
        "IntTensor ShortTensor BoolTensor ByteTensor BFloat16Tensor scalar_tensor"
    ).split()
)
_TOGETHER = frozenset(
    (
        "__add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__ __rmul__ __imul__ __truediv__ __rtruediv__ "
        "__itruediv__ __floordiv__ __mod__ __pow__ __matmul__ __rmatmul__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ "
        "__and__ __or__ __xor__ add sub subtract mul multiply div divide eq ne lt le gt ge maximum minimum atan2 matmul "
        "mm bmm mv dot addmm baddbmm linear bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d "
        "conv_transpose3d cat concat stack embedding cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss "
        "binary_cross_entropy binary_cross_entropy_with_logits kl_div scaled_dot_product_attention layer_norm "
        "group_norm gather lerp addcmul addcdiv cdist"
    ).split()
)
_SIGNS = {
    "__add__": "+", "__radd__": "+", "__iadd__": "+=", "__sub__": "-", "__rsub__": "-", "__isub__": "-=", "__mul__": "*",
    "__rmul__": "*", "__imul__": "*=", "__truediv__": "/", "__rtruediv__": "/", "__itruediv__": "/=", "__pow__": "**",
    "__floordiv__": "//", "__mod__": "%", "__matmul__": "@", "__rmatmul__": "@", "__eq__": "==", "__ne__": "!=",
    "__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">=", "__and__": "&", "__or__": "|", "__xor__": "^",
}  # fmt: skip


def device_kind(c: Call, value: object) -> str | None:
    """The kind of a device argument; None where it is not known."""
    value = c.store.value(value)
    if isinstance(value, Instance) and value.cls is DEVICE:
        value = value.attrs.get("type")
    if isinstance(value, int) and not isinstance(value, bool):
        return "cuda"
    return value.partition(":")[0] if isinstance(value, str) else None


def together(c: Call, given: Sequence[Any], layer: Instance | None) -> None:
    """Fail where tensors that an operation needs in one place are certainly on two devices."""
    if not _is_elsewhere(given) and not (layer is not None and _is_elsewhere(layer.attrs.values())):
        return
    weights: Iterable[Any] = () if layer is None or not isinstance(layer.cls, Lib) else layer.attrs.values()
    found = [v for v in (*_tensors(given), *weights) if isinstance(v, Tensor) and v.device not in (None, "meta")]
    first = next((t for t in found if t.device == "cpu" and c.shape(t) != () and isinstance(c.shape(t), tuple)), None)
    other = next((t for t in found if t.device != "cpu"), None)
    if first is None or other is None:
        return
    given_ones = _tensors(given)

    def said(tensor: Tensor) -> str:
        ours = layer is not None and not any(tensor is t for t in given_ones)
        return "its weights are" if ours else f"{c.text(tensor)} is"

    name = _SIGNS.get(c.name, c.name)
    message = f"{name}: {said(first)} on the CPU, {said(other)} on {other.device}"
    c.fail("device-mismatch", message, first, other)


def _is_elsewhere(given: Iterable[Any]) -> bool:
    """Whether there may be a tensor that is not on the CPU among the values."""
    for value in given:
        kind = type(value)
        if kind is Tensor:
            if value.device != "cpu" and value.device is not None and value.device != "meta":
                return True
        elif kind is Many:
            if _is_elsewhere((value.element,)):
                return True
        elif isinstance(value, (list, tuple)) and _is_elsewhere((*value, getattr(value, "rest", None))):
            return True
    return False


def _tensors(given: Sequence[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in given:
        if isinstance(value, Tensor):
            found += [value] if value.library == "torch" else []
        elif isinstance(value, (list, tuple)):
            found += [v for v in (*value, getattr(value, "rest", None)) if isinstance(v, Tensor)]
        elif isinstance(value, Many) and isinstance(value.element, Tensor):
            found.append(value.element)
    return found


@lru_cache(maxsize=4096)
def _last_name(path: str) -> str:
    return path.rpartition(".")[2]


def needs_one_device(path: str, layer: Instance | None) -> bool:
    """Whether an operation, or a layer's call, takes all its tensors from one device."""
    return layer is not None or _last_name(path) in _TOGETHER


def placed(c: Call, path: str, result: Any, given: Sequence[Any], asked: object, layer: Instance | None) -> None:
    """Say where results are that do not say so themselves: where asked for, where the arguments are, by default."""
    name = _last_name(path)
    if name in _ELSEWHERE and asked is None:
        return
    tensors = _tensors(given)
    if asked is not None:
        device = device_kind(c, asked)
    elif tensors and name not in ("tensor", "FloatTensor", "LongTensor", "Tensor"):
        kinds = {t.device for t in (tensors[:1] if name in _FIRST else tensors)}
        if layer is not None:
            kinds |= {v.device for v in layer.attrs.values() if isinstance(v, Tensor)}
        if "cpu" in kinds and len(kinds) > 1 and None not in kinds:
            kinds.discard("cpu")  # numbers on the CPU
        device = kinds.pop() if len(kinds) == 1 else None
    elif path.startswith("torch.cuda."):
        device = "cuda"
    elif name in _MADE and path.startswith("torch."):
        device = "cpu" if name == "from_numpy" else c.device
    else:
        device = None
    for made in result if isinstance(result, tuple) else (result,):
        if type(made) is Tensor and made.library == "torch" and not any(made is t for t in tensors):
            if made.device is None or asked is not None:
                made.device = device
