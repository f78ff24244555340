"""KerasTensors where numbers are needed: functions of TensorFlow and NumPy, which take none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.rules.call import Call
from shapelens.rules.conversion import symbolic
from shapelens.rules.registry import rules
from shapelens.values import List, Tensor

# Where these functions are, how their users write them, and those that take a KerasTensor all the same: they look at the
# shape alone, use the tensor's own operators, or hand it on.
_LIBRARIES = {
    "tensorflow": (
        ("", "math.", "nn.", "linalg.", "image."),
        "tf",
        frozenset(
            "is_tensor print cond case switch_case tuple function py_function numpy_function batch_normalization "
            "batch_norm_with_global_normalization".split()
        ),
    ),
    "numpy": (
        ("", "linalg.", "fft."),
        "np",
        frozenset(
            "ndim shape squeeze flip size isscalar iterable diag_indices_from tril_indices_from triu_indices_from".split()
        ),
    ),
}
_IN_KERAS = {"concat": "concatenate", "pow": "power", "convert_to_tensor": ""}

ATTRIBUTES = frozenset(
    "dtype name ndim ragged ragged_rank record_history reshape row_splits_dtype shape sparse squeeze".split()
)
"""What a KerasTensor has besides its operators."""


def is_placeholder(value: object) -> bool:
    """Whether it is a KerasTensor of a model that is being put together."""
    return type(value) is Tensor and value.library == "keras" and value.history is not None


def refuse_symbolic(c: Call, path: str, values: Sequence[Any]) -> None:
    """Fail where a function of TensorFlow or NumPy is given a KerasTensor, which holds no numbers.

    Source: keras.src.backend.common.keras_tensor.KerasTensor.__tf_tensor__ and __array__.
    """
    library, _, rest = path.partition(".")
    rooms, short, taken = _LIBRARIES[library]
    name = rest.rpartition(".")[2]
    if rest.removesuffix(name) not in rooms or name in taken:
        return
    found = symbolic([v for v in values if type(v) in (Tensor, List, tuple)])
    if not found or not all(is_placeholder(t) for t in found):
        return
    same = _IN_KERAS.get(name, name.removeprefix("reduce_"))
    places = [f"keras.ops.{room}{same}" for room in ("", "image.", "linalg.", "nn.")] if same else []
    instead = next((p for p in places if p in rules), "keras.ops")
    c.fail(
        "argument-value",
        f"{short}.{rest} takes no KerasTensor, and {c.text(found[0])} is one: it stands for what a model will be given. "
        f"Use {instead}, or call it in a layer's `call`",
        found[0],
    )
